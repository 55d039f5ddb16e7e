/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* scimctl audit: who changed what, and what was refused. */
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "ctl_life.h"
#include "ctl_print.h"
#include "ctl_tokens.h"
#include "scim_audit.h"
#include "scim_json.h"
#include "scim_time.h"

/* Rows of one query. */
#define PAGE 500

/* Rows that are listed where nothing else is said, and that --follow begins with. */
#define USUAL 100
#define USUAL_BEFORE 10
#define MOST_BEFORE 1000

#define POLL APR_USEC_PER_SEC

/*
 * A transaction commits within this time of writing its row, which is its last statement. Clocks of
 * hosts may differ by as much.
 */
#define SETTLED (apr_time_from_sec(30))

static const ctl_column_t columns[] = {{"at", "TIME (UTC)"}, {"actor", "BY"},  {"op", "DID"},
                                       {"type", "TYPE"},     {"name", "NAME"}, {"status", "STATUS"},
                                       {"what", "WHAT"},     {NULL, NULL}};

typedef struct audit_t {
    ctl_t *c;
    ctl_list_t *list;
    scim_audit_filter_t filter;
    apr_time_t since; /* 0: from the first */
    int limit;        /* rows; 0: any number */
} audit_t;

/* ---- rows ---- */

static json_t *names_new(const char *attrs)
{
    json_t *out = json_array();

    while (attrs && *attrs) {
        apr_size_t len = strcspn(attrs, " ");
        json_array_append_new(out, json_stringn(attrs, len));
        attrs += len + (attrs[len] == ' ');
    }
    return out;
}

static void print_row(const audit_t *a, const scim_audit_row_t *row)
{
    json_t *out;
    apr_pool_t *p;

    apr_pool_create(&p, a->c->pool);
    out = scim_json_own(json_object(), p);
    json_object_set_new(out, "seq", json_integer(row->seq));
    json_object_set_new(out, "at", ctl_time_new(a->c, row->at, p));
    json_object_set_new(out, "request", ctl_token_text_new(row->request));
    json_object_set_new(out, "actor", ctl_token_text_new(row->actor));
    json_object_set_new(out, "actorId", ctl_token_text_new(row->actor_id));
    json_object_set_new(out, "op", json_string(row->op));
    json_object_set_new(out, "type", ctl_token_text_new(row->type));
    json_object_set_new(out, "id", ctl_token_text_new(row->id));
    json_object_set_new(out, "name", ctl_token_text_new(row->name));
    json_object_set_new(out, "attrs", names_new(row->attrs));
    json_object_set_new(out, "status", json_integer(row->status));
    json_object_set_new(out, "scimType", ctl_token_text_new(row->scim_type));
    json_object_set_new(out, "detail", ctl_token_text_new(row->detail));
    if (a->c->format == CTL_TABLE) {
        if (!row->name) {
            json_object_set_new(out, "name", ctl_token_text_new(row->id));
        }
        json_object_set_new(out, "what",
                            row->detail ? json_string(row->detail) : names_new(row->attrs));
    }
    ctl_list_add(a->list, out);
    apr_pool_destroy(p);
}

/* ---- listing ---- */

/* @param left rows still wanted; of no meaning without a limit. @return 1 if all behind are older
 */
static int print_page(audit_t *a, int *left, const apr_array_header_t *rows)
{
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const scim_audit_row_t *row = &APR_ARRAY_IDX(rows, i, scim_audit_row_t);
        a->filter.before = row->seq;
        if (row->at >= a->since) {
            print_row(a, row);
            --*left;
        } else if (row->at < a->since - SETTLED) {
            return 1;
        }
    }
    return 0;
}

/* Print rows from the newest on, a page at a time. */
static int list_rows(audit_t *a)
{
    apr_array_header_t *rows;
    scim_error_t *err;
    apr_pool_t *p;
    int left = a->limit;
    int end = 0;

    apr_pool_create(&p, a->c->pool);
    while (!end && (!a->limit || left > 0)) {
        a->filter.limit = a->limit && left < PAGE ? left : PAGE;
        err = scim_audit_list(&rows, ctl_store(a->c, p), &a->filter, p);
        if (err) {
            return ctl_error(a->c, err);
        }
        end = print_page(a, &left, rows) || rows->nelts < a->filter.limit;
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    ctl_list_end(a->list, "No such rows.");
    return CTL_OK;
}

/* ---- following ---- */

/* What has been shown of the rows that may still be joined by others with a smaller seq. */
typedef struct following_t {
    audit_t *audit;
    apr_int64_t after;
    apr_hash_t *shown; /* by seq */
    apr_pool_t *pool;  /* of shown */
} following_t;

static void show(following_t *f, const scim_audit_row_t *row)
{
    apr_int64_t *key;

    if (apr_hash_get(f->shown, &row->seq, sizeof(row->seq))) {
        return;
    }
    key = apr_pmemdup(f->pool, &row->seq, sizeof(row->seq));
    apr_hash_set(f->shown, key, sizeof(*key), key);
    print_row(f->audit, row);
}

/* Forget what no query asks for any more. */
static void forget(following_t *f)
{
    apr_hash_t *kept;
    apr_hash_index_t *hi;
    apr_pool_t *p;

    apr_pool_create(&p, f->audit->c->pool);
    kept = apr_hash_make(p);
    for (hi = apr_hash_first(p, f->shown); hi; hi = apr_hash_next(hi)) {
        const apr_int64_t *key = apr_hash_this_key(hi);
        if (*key > f->after) {
            apr_int64_t *copy = apr_pmemdup(p, key, sizeof(*key));
            apr_hash_set(kept, copy, sizeof(*copy), copy);
        }
    }
    apr_pool_destroy(f->pool);
    f->pool = p;
    f->shown = kept;
}

/* What came since the last time, and what came late. */
static scim_error_t *look(following_t *f, apr_pool_t *p)
{
    scim_audit_filter_t filter = f->audit->filter;
    apr_time_t settled = apr_time_now() - SETTLED;
    apr_array_header_t *rows;
    scim_error_t *err;
    int i;

    filter.after = f->after;
    filter.before = 0;
    filter.limit = PAGE;
    do {
        err = scim_audit_list(&rows, ctl_store(f->audit->c, p), &filter, p);
        for (i = 0; !err && i < rows->nelts; i++) {
            const scim_audit_row_t *row = &APR_ARRAY_IDX(rows, i, scim_audit_row_t);
            show(f, row);
            filter.after = row->seq;
            if (row->at < settled && row->seq > f->after) {
                f->after = row->seq;
            }
        }
    } while (!err && rows->nelts == PAGE);
    return err;
}

/* The last rows before, the oldest first; from there on everything is followed. */
static scim_error_t *show_before(following_t *f, apr_pool_t *p)
{
    audit_t *a = f->audit;
    apr_array_header_t *rows;
    scim_error_t *err;
    int i;

    a->filter.limit = a->limit;
    err = scim_audit_list(&rows, ctl_store(a->c, p), &a->filter, p);
    if (err) {
        return err;
    }
    f->after = -1; /* there are none: everything is new */
    for (i = rows->nelts - 1; i >= 0; i--) {
        const scim_audit_row_t *row = &APR_ARRAY_IDX(rows, i, scim_audit_row_t);
        if (row->at >= a->since) {
            show(f, row);
        }
        f->after = i == rows->nelts - 1 ? row->seq : f->after;
    }
    return NULL;
}

static int follow(audit_t *a)
{
    following_t f = {a, 0, NULL, NULL};
    apr_pool_t *p;
    scim_error_t *err;

    apr_pool_create(&f.pool, a->c->pool);
    apr_pool_create(&p, a->c->pool);
    f.shown = apr_hash_make(f.pool);
    err = show_before(&f, p);
    while (!err && !ferror(stdout)) {
        ctl_list_end(a->list, NULL);
        fflush(stdout);
        apr_pool_clear(p);
        forget(&f);
        apr_sleep(POLL);
        err = look(&f, p);
    }
    return err ? ctl_error(a->c, err) : CTL_OK;
}

/* ---- the command ---- */

/* A time, or how long ago. */
static int parse_since(audit_t *a, const char *text)
{
    apr_pool_t *p = a->c->pool;
    char *form = apr_pstrdup(p, text);
    int seconds = 0;

    if (ctl_life_parse(&seconds, text) && seconds) {
        a->since = apr_time_now() - apr_time_from_sec(seconds);
        return CTL_OK;
    }
    if (strlen(form) == 10) {
        form = apr_pstrcat(p, form, "T00:00:00Z", NULL);
    } else if (strlen(form) > 10 && form[10] == ' ') {
        form[10] = 'T';
    }
    if (strlen(form) == 16) {
        form = apr_pstrcat(p, form, ":00Z", NULL);
    }
    if (!scim_time_parse(&a->since, form)) {
        return ctl_fail(a->c, CTL_USAGE,
                        "--since is a time such as 2026-11-26 05:10 (UTC), or how long ago: 90d, "
                        "12h, 30m");
    }
    return CTL_OK;
}

int ctl_audit(ctl_t *c)
{
    audit_t a = {.c = c, .filter = {c->opt.user, c->opt.op, c->opt.failed ? 1 : -1, 0, 0, 0}};
    int most = c->opt.follow ? MOST_BEFORE : 2000000000;
    int rc = CTL_OK;

    a.limit =
        c->opt.since ? (c->opt.follow ? MOST_BEFORE : 0) : (c->opt.follow ? USUAL_BEFORE : USUAL);
    if (!ctl_number(c, &a.limit, "limit", c->opt.limit, 1, most)) {
        return CTL_USAGE;
    }
    if (c->opt.since) {
        rc = parse_since(&a, c->opt.since);
    }
    if (rc != CTL_OK) {
        return rc;
    }
    a.list = ctl_list_begin(c, columns);
    return c->opt.follow ? follow(&a) : list_rows(&a);
}
