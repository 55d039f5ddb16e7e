/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_id.h"
#include "scim_index.h"
#include "scim_manager.h"

/* Reports read and written at a time. */
#define BATCH 32

/* ---- the manager that a document names ---- */

static scim_error_t *read_display(void *baton, const char *const *cols)
{
    apr_array_header_t *found = baton;

    APR_ARRAY_PUSH(found, const char *) = apr_pstrdup(found->pool, cols[0] ? cols[0] : "");
    return NULL;
}

/*
 * What is shown of a user, NULL if there is none. Its row is locked against changes, else one that
 * is on its way would not find this report.
 */
static scim_error_t *find_user(const char **display, scim_store_t *store,
                               const scim_resource_type_t *type, const char *id, apr_pool_t *p)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(const char *));
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    *display = NULL;
    if (strlen(id) > SCIM_ID_MAX) {
        return NULL;
    }
    scim_sql_addv(sql,
                  "SELECT r.display FROM scim_resource r WHERE r.tenant = %s AND r.id = %s "
                  "AND r.type = %s AND r.tombstone IS NULL",
                  store->tenant->name, id, type->name, NULL);
    scim_sql_add(sql, scim_dbd_dialect(store->db)->for_share);
    err = scim_store_select(store, sql, 1, 1, read_display, found);
    if (!err && found->nelts) {
        *display = APR_ARRAY_IDX(found, 0, const char *);
    }
    return err;
}

/* Who is their own manager shows the name that this very document has. Returns 0 for others. */
static int derive_self(json_t *doc, const scim_resource_type_t *type, apr_pool_t *p)
{
    const char *id = scim_manager_id(doc, type);
    scim_index_columns_t cols;

    if (!id) {
        return 0;
    }
    scim_index_columns(&cols, type, doc, p);
    if (!cols.id || strcmp(cols.id, id)) {
        return 0;
    }
    scim_manager_derive(doc, type, cols.display, p);
    return 1;
}

scim_error_t *scim_store_manager(scim_store_t *store, const scim_resource_type_t *type,
                                 const json_t *old, json_t *doc, apr_pool_t *p)
{
    const char *display;
    const char *id;
    scim_error_t *err = scim_manager_begin(&id, doc, old, type, p);

    if (err || derive_self(doc, type, p) || !id) {
        return err;
    }
    err = find_user(&display, store, type, id, p);
    if (!err && display) {
        scim_manager_derive(doc, type, display, p);
    } else if (!err && store->tenant->reject_unknown_manager) {
        err = scim_error_make(store->pool, 400, SCIM_TYPE_INVALID_VALUE,
                              "The value of manager names no user.");
    }
    return err;
}

/* ---- the reports of a manager ---- */

/* The next reports in order of rid. */
static scim_error_t *find_reports(apr_array_header_t *rids, scim_store_t *store,
                                  const scim_resource_type_t *type, const char *id,
                                  apr_int64_t after, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    scim_path_t path;

    if (!scim_manager_path(&path, type) || !scim_index_attr(&path, p)) {
        return NULL;
    }
    scim_sql_addv(sql,
                  "SELECT v.rid FROM scim_value v WHERE v.tenant = %s AND v.type = %s "
                  "AND v.attr = %s AND v.value = %s AND v.rid > %s ORDER BY v.rid LIMIT %s",
                  store->tenant->name, type->name, scim_index_attr(&path, p), id,
                  scim_store_int(after, p), scim_store_int(BATCH, p), NULL);
    return scim_store_select(store, sql, 1, 1, scim_store_read_rid, rids);
}

/* A manager that changed, and its reports. */
typedef struct following_t {
    scim_store_t *store;
    const scim_resource_type_t *type;
    const char *id;
    const char *display; /* NULL: deleted */
} following_t;

static scim_error_t *change_report(const following_t *f, const scim_row_t *row, apr_pool_t *p)
{
    const char *id;
    scim_row_t *next;
    json_t *old;
    json_t *doc;
    scim_error_t *err = scim_json_load(&old, row->doc, row->doc_len, NULL, p);

    if (err) {
        return err;
    }
    id = scim_manager_id(old, f->type);
    if (!id || strcmp(id, f->id)) {
        return NULL;
    }
    doc = scim_json_own(json_deep_copy(old), p);
    if (f->display) {
        scim_manager_derive(doc, f->type, f->display, p);
    } else {
        err = scim_manager_drop(doc, f->type, p);
    }
    if (!err && json_equal(old, doc)) {
        return NULL; /* who is their own manager has it already */
    }
    if (!err) {
        err = scim_store_update(&next, f->store, f->type, row, old, doc, p);
    }
    if (err && err->status == 413) {
        /* A report that is as large as it may be must not keep its manager from being renamed. */
        scim_manager_derive(doc, f->type, NULL, p);
        err = scim_store_update(&next, f->store, f->type, row, old, doc, p);
    }
    return err;
}

static scim_error_t *change_reports(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    const following_t *f = baton;
    const scim_dialect_t *dialect = scim_dbd_dialect(f->store->db);
    scim_reading_t reading = {f->store, apr_array_make(p, BATCH, sizeof(scim_row_t)), p, 0};
    scim_sql_t *sql = scim_sql_make(p);
    scim_row_t *rows;
    scim_error_t *err;
    int i;

    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, dialect, 0);
    scim_sql_add(sql, " FROM scim_resource r");
    scim_sql_add(sql, dialect->by_rid);
    scim_sql_addv(sql, " WHERE r.tenant = %s AND r.rid IN ", f->store->tenant->name, NULL);
    scim_sql_list(sql, rids, n);
    scim_sql_add(sql, dialect->for_update);
    err = scim_store_select(f->store, sql, 1, SCIM_ROW_COLUMNS, scim_store_read_row, &reading);
    rows = (scim_row_t *)(void *)reading.rows->elts;
    if (!err) {
        err = scim_store_complete(f->store, rows, reading.rows->nelts, dialect->for_update, p);
    }
    for (i = 0; i < reading.rows->nelts && !err; i++) {
        if (rows[i].rid) {
            err = change_report(f, &rows[i], p);
        }
    }
    return err;
}

scim_error_t *scim_store_manager_changed(scim_store_t *store, const scim_resource_type_t *type,
                                         const char *id, const char *display, apr_pool_t *p)
{
    following_t f = {store, type, id, display};
    apr_array_header_t *rids;
    apr_int64_t after = 0;
    apr_pool_t *batch;
    scim_error_t *err;
    int found;

    apr_pool_create(&batch, p);
    do {
        apr_pool_clear(batch);
        rids = apr_array_make(batch, BATCH, sizeof(apr_int64_t));
        err = find_reports(rids, store, type, id, after, batch);
        found = rids->nelts;
        if (!err && found) {
            after = APR_ARRAY_IDX(rids, found - 1, apr_int64_t);
            err = scim_store_each_rids(rids, change_reports, &f, batch);
        }
    } while (!err && found == BATCH);
    if (!err) {
        apr_pool_destroy(batch); /* an error may live in it */
    }
    return err;
}
