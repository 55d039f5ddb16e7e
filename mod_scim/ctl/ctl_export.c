/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "ctl_call.h"
#include "ctl_config.h"
#include "ctl_print.h"
#include "scim_json.h"
#include "scim_time.h"

/*
 * An export is what is stored, not what a client would see of it: rules that hide attributes do not
 * apply. Types that are members of others come before those that have members, so that an import
 * finds them.
 */

#define PAGE 200         /* resources read at a time */
#define MEMBER_PAGE 1000 /* members read at a time */

typedef struct export_t {
    ctl_t *c;
    FILE *out;
    ctl_bar_t bar;
    apr_uint64_t count;
} export_t;

/* ---- one resource ---- */

static scim_error_t *add_members(json_t *doc, export_t *e, const scim_row_t *row, const char *name,
                                 apr_pool_t *p)
{
    scim_store_t *store = ctl_store(e->c, p);
    json_t *members = json_array();
    apr_int64_t after = 0;
    apr_array_header_t *refs;
    scim_error_t *err;
    int i;

    do {
        err = scim_store_members(&refs, &after, store, row->rid, MEMBER_PAGE, p);
        for (i = 0; !err && i < refs->nelts; i++) {
            const scim_ref_t *ref = &APR_ARRAY_IDX(refs, i, scim_ref_t);
            json_t *member = json_object();
            json_object_set_new(member, "value", json_string(ref->id));
            json_object_set_new(member, "type", json_string(ref->type->name));
            json_array_append_new(members, member);
        }
    } while (!err && refs->nelts > 0);
    if (!err && json_array_size(members) > 0) {
        json_object_set(doc, name, members);
    }
    json_decref(members);
    return err;
}

static json_t *meta_new(const scim_row_t *row, const scim_resource_type_t *type, apr_pool_t *p)
{
    json_t *meta = json_object();

    json_object_set_new(meta, "resourceType", json_string(type->name));
    json_object_set_new(meta, "created", json_string(scim_time_format(row->created, p)));
    json_object_set_new(meta, "lastModified", json_string(scim_time_format(row->modified, p)));
    json_object_set_new(meta, "version", json_string(scim_render_etag(row->version, p)));
    return meta;
}

static scim_error_t *write_row(export_t *e, const scim_row_t *row, const scim_resource_type_t *type,
                               apr_pool_t *p)
{
    const scim_attr_t *members = scim_type_attr_at(type, SCIM_AT_MEMBERS);
    const char *text;
    apr_size_t len;
    json_t *doc;
    scim_error_t *err = scim_json_load(&doc, row->doc, row->doc_len, NULL, p);

    if (!err && members) {
        err = add_members(doc, e, row, members->name, p);
    }
    if (err) {
        return err;
    }
    json_object_set_new(doc, "meta", meta_new(row, type, p));
    text = scim_json_dump(doc, &len, p);
    fwrite(text, 1, len, e->out);
    fputc('\n', e->out);
    e->count++;
    ctl_bar_set(&e->bar, e->count, e->count);
    return NULL;
}

/* ---- all of them ---- */

static scim_error_t *write_rows(export_t *e, const apr_array_header_t *rows,
                                const scim_resource_type_t *type)
{
    scim_error_t *err = NULL;
    apr_pool_t *p;
    int i;

    for (i = 0; i < rows->nelts && !err && !ferror(e->out); i++) {
        apr_pool_create(&p, e->c->pool);
        err = write_row(e, &APR_ARRAY_IDX(rows, i, scim_row_t), type, p);
        if (!err) {
            apr_pool_destroy(p); /* an error lives in it */
        }
    }
    return err;
}

/* A page, and the cursor of the next one in the run's pool; NULL: it was the last. */
static scim_error_t *write_page(const char **cursor, export_t *e, const scim_resource_type_t *type)
{
    scim_search_part_t part = {.type = type};
    scim_search_t search = {.parts = &part, .nparts = 1, .limit = PAGE, .binding = "export"};
    scim_page_t page;
    apr_pool_t *p;
    apr_pool_t *statement;
    scim_error_t *err;

    apr_pool_create(&p, e->c->pool);
    apr_pool_create(&statement, p);
    search.base = ctl_config_base(e->c);
    search.cursor = *cursor;
    /* Rows live in p, and the connection is given back for their members. */
    err = scim_store_search(&page, scim_store_fork(ctl_store(e->c, statement), p), &search, p);
    if (err) {
        return err;
    }
    apr_pool_destroy(statement);
    *cursor = page.next_cursor ? apr_pstrdup(e->c->pool, page.next_cursor) : NULL;
    err = write_rows(e, page.rows, type);
    if (!err) {
        apr_pool_destroy(p);
    }
    return err;
}

static scim_error_t *write_type(export_t *e, const scim_resource_type_t *type)
{
    const char *cursor = "";
    scim_error_t *err = NULL;

    while (!err && cursor && !ferror(e->out)) {
        err = write_page(&cursor, e, type);
    }
    return err;
}

static int wanted(const ctl_t *c, const scim_resource_type_t *type)
{
    return !c->opt.type || scim_text_ieq(c->opt.type, type->name);
}

/*
 * Types with members first (pass 0), then those without (pass 1): users may name groups by their
 * attributes (ScimGroupFrom), and an import keeps members until all lines are read.
 */
static scim_error_t *write_all(export_t *e, int *types)
{
    const scim_catalog_t *catalog = e->c->tenant->catalog;
    scim_error_t *err = NULL;
    int pass;
    int i;

    for (pass = 0; pass < 2; pass++) {
        for (i = 0; i < catalog->ntypes && !err; i++) {
            int has_members = scim_type_attr_at(catalog->types[i], SCIM_AT_MEMBERS) != NULL;
            if (has_members != pass && wanted(e->c, catalog->types[i])) {
                err = write_type(e, catalog->types[i]);
                (*types)++;
            }
        }
    }
    return err;
}

static scim_error_t *count_all(apr_uint64_t *total, ctl_t *c)
{
    const scim_catalog_t *catalog = c->tenant->catalog;
    scim_error_t *err = NULL;
    int i;

    *total = 0;
    for (i = 0; i < catalog->ntypes && !err; i++) {
        scim_search_part_t part = {.type = catalog->types[i]};
        scim_search_t search = {.parts = &part, .nparts = 1};
        scim_page_t page;
        apr_pool_t *p;

        if (!wanted(c, catalog->types[i])) {
            continue;
        }
        apr_pool_create(&p, c->pool);
        err = scim_store_search(&page, ctl_store(c, p), &search, p);
        if (!err) {
            *total += (apr_uint64_t)page.total;
            apr_pool_destroy(p);
        }
    }
    return err;
}

static int run(export_t *e)
{
    ctl_t *c = e->c;
    apr_uint64_t total = 0;
    int types = 0;
    scim_error_t *err = c->live ? count_all(&total, c) : NULL;

    ctl_bar_begin(&e->bar, c, total, "resources");
    err = err ? err : write_all(e, &types);
    if (!err && types == 0) {
        return ctl_fail(c, CTL_USAGE, "the tenant has no resource type %s", c->opt.type);
    }
    ctl_bar_end(&e->bar);
    return err ? ctl_error(c, err) : CTL_OK;
}

int ctl_export(ctl_t *c)
{
    export_t e = {.c = c, .out = stdout};
    int rc;

    if (c->opt.output) {
        /* For the owner only: it holds every personal detail. */
        mode_t mask = umask(077);
        e.out = fopen(c->opt.output, "w");
        umask(mask);
        if (!e.out) {
            return ctl_fail(c, CTL_FAILED, "cannot write %s: %s", c->opt.output, strerror(errno));
        }
    } else if (isatty(STDOUT_FILENO)) {
        c->live = 0; /* the lines themselves are the progress */
    }
    rc = run(&e);
    if (ferror(e.out) || (e.out != stdout && fclose(e.out) != 0)) {
        return ctl_fail(c, CTL_FAILED, "cannot write %s: %s",
                        c->opt.output ? c->opt.output : "the export", strerror(errno));
    }
    return rc;
}
