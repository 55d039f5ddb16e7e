/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl_import.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "ctl_lines.h"
#include "ctl_print.h"
#include "scim_json.h"
#include "scim_resource.h"

/*
 * Each line is a transaction of its own, through the same use cases as a client's requests. What
 * refers to other lines waits in a file until all are there.
 */

#define BUSY_TRIES 10
#define BUSY_PAUSE (APR_USEC_PER_SEC / 2)

typedef struct import_t {
    ctl_t *c;
    FILE *waits; /* lines of ctl_item_wait_text() */
    ctl_bar_t bar;
    int skip; /* 1: bad lines are passed over */
    int away; /* 1: the database is */
    apr_uint64_t created;
    apr_uint64_t replaced;
    apr_uint64_t bad;
    apr_uint64_t unknown; /* members that are not there */
} import_t;

/* ---- lines ---- */

/* Say what is wrong with a line. @return whether the import goes on */
static int report(import_t *im, apr_uint64_t line, const scim_error_t *err)
{
    ctl_bar_hide(&im->bar);
    ctl_error_at(im->c, apr_psprintf(im->c->pool, "line %" APR_UINT64_T_FMT, line), err);
    im->bad++;
    im->away = ctl_error_code(err) == CTL_AWAY;
    return im->skip && !im->away;
}

static scim_error_t *keep(import_t *im, const ctl_item_t *item, ctl_stored_t how, apr_uint64_t line,
                          apr_pool_t *p)
{
    apr_size_t len;
    const char *text = ctl_item_wait_text(item, how, line, &len, p);

    if (fwrite(text, 1, len, im->waits) != len || fputc('\n', im->waits) == EOF) {
        return scim_error_make(p, 500, SCIM_TYPE_NONE,
                               "The file for what waits cannot be written: %s.", strerror(errno));
    }
    return NULL;
}

static scim_error_t *check_only(import_t *im, const ctl_item_t *item, apr_pool_t *p)
{
    json_t *doc;
    scim_error_t *err = scim_resource_create(&doc, NULL, item->body, item->type, im->c->tenant, p);

    im->created += !err;
    return err;
}

static scim_error_t *import_line(import_t *im, const char *data, apr_size_t len, apr_uint64_t line,
                                 apr_pool_t *p)
{
    ctl_item_t item = {0};
    ctl_stored_t how;
    scim_error_t *err;

    if (!data) {
        return scim_error_make(p, 413, SCIM_TYPE_NONE,
                               "The line is longer than %" APR_SIZE_T_FMT " bytes.",
                               im->c->tenant->json.bytes);
    }
    err = ctl_item_read(&item, im->c, data, len, p);
    if (err || im->c->opt.dry_run) {
        return err ? err : check_only(im, &item, p);
    }
    err = ctl_item_store(&how, &item, im->c, p);
    if (err) {
        return err;
    }
    im->created += how == CTL_CREATED;
    im->replaced += how == CTL_REPLACED;
    return ctl_item_waits(&item, how) ? keep(im, &item, how, line, p) : NULL;
}

/* A deadlock or a lock that was waited for too long passes by. */
static int is_busy(const scim_error_t *err)
{
    return err && err->cause == SCIM_CAUSE_RETRY;
}

/* @return whether the import goes on */
static int one_line(import_t *im, const char *data, apr_size_t len, apr_uint64_t line)
{
    scim_error_t *err;
    apr_pool_t *p;
    int go_on = 1;
    int tries = 0;

    apr_pool_create(&p, im->c->pool);
    err = import_line(im, data, len, line, p);
    while (is_busy(err) && tries++ < BUSY_TRIES) {
        apr_pool_clear(p);
        apr_sleep(BUSY_PAUSE);
        err = import_line(im, data, len, line, p);
    }
    if (err) {
        go_on = report(im, line, err);
    }
    apr_pool_destroy(p);
    return go_on;
}

static int is_blank(const char *data)
{
    return data && strspn(data, " \t\r") == strlen(data);
}

/* @return whether all lines were read */
static int all_lines(import_t *im, FILE *in)
{
    ctl_lines_t *lines = ctl_lines_make(in, im->c->tenant->json.bytes, im->c->pool);
    const char *data;
    apr_size_t len;
    int go_on = 1;

    while (go_on && ctl_lines_next(&data, &len, lines)) {
        if (!is_blank(data)) {
            go_on = one_line(im, data, len, ctl_lines_number(lines));
        }
        ctl_bar_set(&im->bar, ctl_lines_bytes(lines), ctl_lines_number(lines));
    }
    return go_on;
}

/* ---- what waited ---- */

static int finish_line(import_t *im, const char *data, apr_size_t len)
{
    apr_uint64_t line = 0;
    int unknown = 0;
    scim_error_t *err;
    apr_pool_t *p;
    int go_on = 1;
    int tries = 0;

    apr_pool_create(&p, im->c->pool);
    err = ctl_item_finish(&line, &unknown, im->c, data, len, p);
    while (is_busy(err) && tries++ < BUSY_TRIES) {
        apr_sleep(BUSY_PAUSE);
        err = ctl_item_finish(&line, &unknown, im->c, data, len, p);
    }
    if (err) {
        go_on = report(im, line, err);
    } else if (unknown > 0) {
        ctl_bar_hide(&im->bar);
        ctl_say(im->c,
                "line %" APR_UINT64_T_FMT ": %d of its members are not there and were left "
                "out",
                line, unknown);
        im->unknown += (apr_uint64_t)unknown;
    }
    apr_pool_destroy(p);
    return go_on;
}

static void finish_all(import_t *im)
{
    ctl_lines_t *lines = ctl_lines_make(im->waits, APR_SIZE_MAX, im->c->pool);
    const char *data;
    apr_size_t len;
    int go_on = !im->away;

    rewind(im->waits);
    while (go_on && ctl_lines_next(&data, &len, lines)) {
        go_on = finish_line(im, data, len);
        ctl_bar_set(&im->bar, im->bar.progress.total, im->bar.progress.count);
    }
}

/* ---- the run ---- */

static int result(import_t *im, int complete)
{
    ctl_t *c = im->c;
    json_t *out = scim_json_own(json_object(), c->pool);

    json_object_set_new(out, c->opt.dry_run ? "right" : "created",
                        json_integer((json_int_t)im->created));
    json_object_set_new(out, "replaced", json_integer((json_int_t)im->replaced));
    json_object_set_new(out, "bad", json_integer((json_int_t)im->bad));
    json_object_set_new(out, "unknownMembers", json_integer((json_int_t)im->unknown));
    json_object_set_new(out, "complete", json_boolean(complete));
    ctl_print_object(c, out);
    if (!complete && !c->opt.dry_run) {
        ctl_say(c, "It stopped there. Put the line right and run the same import again with "
                   "--update: what is in the tenant already stays as it is. (--on-error skip goes "
                   "on.)");
    }
    if (im->away) {
        return CTL_AWAY;
    }
    return im->bad || !complete ? CTL_FAILED : CTL_OK;
}

static apr_uint64_t size_of(FILE *in)
{
    struct stat info;

    return fstat(fileno(in), &info) == 0 && S_ISREG(info.st_mode) ? (apr_uint64_t)info.st_size : 0;
}

static int run(import_t *im, FILE *in)
{
    int complete;

    ctl_bar_begin(&im->bar, im->c, size_of(in), "lines");
    complete = all_lines(im, in);
    if (ferror(in)) {
        ctl_bar_hide(&im->bar);
        ctl_fail(im->c, 0, "the lines cannot be read on: %s", strerror(errno));
        im->bad++;
        complete = 0;
    }
    finish_all(im);
    ctl_bar_end(&im->bar);
    return result(im, complete && !im->away);
}

static int open_input(FILE **in, ctl_t *c)
{
    const char *path = c->nargs ? c->args[0] : "-";

    if (strcmp(path, "-") != 0) {
        *in = fopen(path, "r");
        return *in ? CTL_OK : ctl_fail(c, CTL_FAILED, "cannot read %s: %s", path, strerror(errno));
    }
    *in = stdin;
    if (!c->nargs && isatty(STDIN_FILENO)) {
        return ctl_fail(c, CTL_USAGE,
                        "import reads lines of JSON: name a file, or feed it by a "
                        "pipe");
    }
    return CTL_OK;
}

int ctl_import(ctl_t *c)
{
    import_t im = {.c = c};
    FILE *in;
    int rc;

    im.skip = c->opt.on_error && strcmp(c->opt.on_error, "skip") == 0;
    if (c->opt.on_error && !im.skip && strcmp(c->opt.on_error, "stop") != 0) {
        return ctl_fail(c, CTL_USAGE, "--on-error is stop or skip");
    }
    rc = open_input(&in, c);
    if (rc != CTL_OK) {
        return rc;
    }
    im.waits = tmpfile(); /* without a name: gone with the process */
    if (!im.waits) {
        return ctl_fail(c, CTL_FAILED, "a temporary file cannot be made: %s", strerror(errno));
    }
    rc = run(&im, in);
    fclose(im.waits);
    if (in != stdin) {
        fclose(in);
    }
    return rc;
}
