/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_map_impl.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "scim_id.h"
#include "scim_index.h"
#include "scim_member_of.h"
#include "scim_nesting.h"

/* Bytes of the columns ukey and external_id. */
#define KEY_MAX 1020

/* Index rows of one statement: any number up to 16, or 64, so that there are few texts. */
#define VALUES_FEW 16
#define VALUES_MANY 64

/* Index rows deleted by one statement. */
#define DELETE_MANY 8

void scim_store_mark(scim_store_t *store, scim_mark_kind_t kind, const char *id,
                     apr_int64_t version)
{
    if (kind > store->mark) {
        store->mark = kind;
        store->mark_id = apr_pstrdup(store->pool, id);
        store->mark_version = version;
    }
}

/* ---- lock ---- */

scim_error_t *scim_store_lock(scim_row_t **row, scim_store_t *store,
                              const scim_resource_type_t *type, const char *id, apr_pool_t *p)
{
    const scim_dialect_t *dialect = scim_dbd_dialect(store->db);
    scim_reading_t reading = {store, apr_array_make(p, 1, sizeof(scim_row_t)), p, 0};
    scim_sql_t *sql = scim_sql_make(p);
    scim_row_t *found;
    scim_error_t *err;

    *row = NULL;
    if (strlen(id) > SCIM_ID_MAX) {
        return NULL;
    }
    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, dialect, 0);
    scim_sql_addv(sql,
                  " FROM scim_resource r WHERE r.tenant = %s AND r.id = %s AND r.type = %s",
                  store->tenant->name, id, type->name, NULL);
    scim_sql_add(sql, dialect->for_update);
    err = scim_store_select(store, sql, 1, SCIM_ROW_COLUMNS, scim_store_read_row, &reading);
    if (err || reading.rows->nelts == 0) {
        return err;
    }
    found = &APR_ARRAY_IDX(reading.rows, 0, scim_row_t);
    err = scim_store_complete(store, found, 1, dialect->for_update, p);
    if (err) {
        return err;
    }
    *row = found->rid ? found : NULL;
    return NULL;
}

/* ---- columns and their errors ---- */

static scim_error_t *too_long(const scim_store_t *store, const scim_attr_t *attr)
{
    return scim_error_make(store->pool, 400, SCIM_TYPE_INVALID_VALUE,
                           "The value of %s is longer than the %d bytes that can be stored.",
                           attr->name, KEY_MAX);
}

/* The row's columns and text, checked against what the table holds. */
static scim_error_t *make_columns(scim_index_columns_t *cols, scim_row_t *row, scim_store_t *store,
                                  const scim_resource_type_t *type, const json_t *doc,
                                  apr_pool_t *p)
{
    scim_index_columns(cols, type, doc, p);
    if (strlen(cols->ukey) > KEY_MAX) {
        return too_long(store, scim_type_attr_at(type, SCIM_AT_UNIQUE));
    }
    if (cols->external_id && strlen(cols->external_id) > KEY_MAX) {
        return too_long(store, scim_type_attr_at(type, SCIM_AT_EXTERNAL));
    }
    row->doc = scim_json_dump(doc, &row->doc_len, p);
    if (row->doc_len > store->tenant->max_document) {
        return scim_error_make(store->pool, 413, SCIM_TYPE_NONE,
                               "The resource is larger than the %" APR_SIZE_T_FMT
                               " bytes that can be stored.",
                               store->tenant->max_document);
    }
    row->id = apr_pstrdup(p, cols->id);
    row->display = apr_pstrdup(p, cols->display);
    row->active = !cols->active || *cols->active == '1';
    return NULL;
}

/* What a unique index said, in the client's words. */
static scim_error_t *name_duplicate(scim_error_t *err, const scim_store_t *store,
                                    const scim_resource_type_t *type)
{
    const scim_attr_t *attr = scim_type_attr_at(type, SCIM_AT_UNIQUE);
    scim_error_t *named;

    if (!err || err->cause != SCIM_CAUSE_DUPLICATE || !attr) {
        return err;
    }
    named = scim_error_make(store->pool, 409, SCIM_TYPE_UNIQUENESS,
                            "The value of %s is already in use by another %s.", attr->name,
                            type->name);
    named->cause = err->cause;
    named->dberr = err->dberr;
    return named;
}

/* ---- index rows ---- */

/* @param rid an expression of ours, or NULL: the number */
static scim_error_t *insert_values(scim_store_t *store, const scim_resource_type_t *type,
                                   const scim_index_row_t *rows, int n, const char *rid)
{
    scim_sql_t *sql = scim_sql_make(store->pool);
    int i;

    scim_sql_add(sql, "INSERT INTO scim_value (tenant, type, attr, value, rid) VALUES ");
    for (i = 0; i < n; i++) {
        scim_sql_addv(sql, i ? ", (%s, %s, %s, %s, " : "(%s, %s, %s, %s, ", store->tenant->name,
                      type->name, rows[i].attr, rows[i].value, NULL);
        if (rid) {
            scim_sql_bind(sql, rid);
        } else {
            scim_sql_add(sql, scim_dbd_dialect(store->db)->last_id);
        }
        scim_sql_add(sql, ")");
    }
    return scim_store_exec(NULL, store, sql);
}

scim_error_t *scim_store_insert_values(scim_store_t *store, const scim_resource_type_t *type,
                                       const apr_array_header_t *rows, const char *rid)
{
    const scim_index_row_t *row = (const scim_index_row_t *)(const void *)rows->elts;
    scim_error_t *err = NULL;
    int left = rows->nelts;

    while (left > 0 && !err) {
        int n = left >= VALUES_MANY ? VALUES_MANY : left >= VALUES_FEW ? VALUES_FEW : left;
        err = insert_values(store, type, row, n, rid);
        row += n;
        left -= n;
    }
    return err;
}

/* Every row by its whole primary key, so that no gap between rows is locked. */
static scim_error_t *delete_values(scim_store_t *store, const scim_resource_type_t *type,
                                   const scim_index_row_t *rows, int n, const char *rid)
{
    scim_sql_t *sql = scim_sql_make(store->pool);
    int i;

    scim_sql_addv(sql, "DELETE FROM scim_value WHERE tenant = %s AND type = %s AND rid = %s AND (",
                  store->tenant->name, type->name, rid, NULL);
    for (i = 0; i < n; i++) {
        scim_sql_addv(sql, i ? " OR (attr = %s AND value = %s)" : "(attr = %s AND value = %s)",
                      rows[i].attr, rows[i].value, NULL);
    }
    scim_sql_add(sql, ")");
    return scim_store_exec(NULL, store, sql);
}

static scim_error_t *delete_some_values(scim_store_t *store, const scim_resource_type_t *type,
                                        const apr_array_header_t *rows, const char *rid)
{
    const scim_index_row_t *row = (const scim_index_row_t *)(const void *)rows->elts;
    scim_error_t *err = NULL;
    int left = rows->nelts;

    while (left > 0 && !err) {
        int n = left < DELETE_MANY ? left : DELETE_MANY;
        err = delete_values(store, type, row, n, rid);
        row += n;
        left -= n;
    }
    return err;
}

/* Rows of a that are not in b; both sorted. */
static apr_array_header_t *difference(const apr_array_header_t *a, const apr_array_header_t *b,
                                      apr_pool_t *p)
{
    apr_array_header_t *out = apr_array_make(p, 8, sizeof(scim_index_row_t));
    int i;
    int j = 0;

    for (i = 0; i < a->nelts; i++) {
        const scim_index_row_t *row = &APR_ARRAY_IDX(a, i, scim_index_row_t);
        while (j < b->nelts &&
               scim_index_compare(&APR_ARRAY_IDX(b, j, scim_index_row_t), row) < 0) {
            j++;
        }
        if (j == b->nelts || scim_index_compare(&APR_ARRAY_IDX(b, j, scim_index_row_t), row) != 0) {
            APR_ARRAY_PUSH(out, scim_index_row_t) = *row;
        }
    }
    return out;
}

/* ---- counters ---- */

/* One of 16 rows, by chance, so that writes do not queue behind one. */
static scim_error_t *count_resource(scim_store_t *store, const scim_resource_type_t *type, int up)
{
    const char *digit = strchr("0123456789abcdef", store->write_id[0]);
    const char *slot = scim_store_int(digit ? digit - "0123456789abcdef" : 0, store->pool);
    scim_sql_t *count = scim_sql_make(store->pool);
    scim_sql_t *make = scim_sql_make(store->pool);
    scim_error_t *err;
    int rows;

    scim_sql_add(count, up ? "UPDATE scim_counter SET n = n + 1"
                           : "UPDATE scim_counter SET n = n - 1, gone = gone + 1");
    scim_sql_addv(count, " WHERE tenant = %s AND type = %s AND slot = %s", store->tenant->name,
                  type->name, slot, NULL);
    err = scim_store_exec(&rows, store, count);
    if (err || rows) {
        return err;
    }
    /* Someone took the rows away since this connection saw them. */
    scim_sql_add(make, scim_dbd_dialect(store->db)->insert_ignore);
    scim_sql_addv(make, " INTO scim_counter (tenant, type, slot, n) VALUES (%s, %s, %s, 0)",
                  store->tenant->name, type->name, slot, NULL);
    err = scim_store_exec(NULL, store, make);
    return err ? err : scim_store_exec(NULL, store, count);
}

/* ---- insert ---- */

static scim_error_t *insert_resource(scim_store_t *store, const scim_resource_type_t *type,
                                     const scim_index_columns_t *cols, const scim_row_t *row)
{
    scim_sql_t *sql = scim_sql_make(store->pool);
    const char *now = scim_store_int(row->created / 1000, store->pool);

    scim_sql_addv(sql,
                  "INSERT INTO scim_resource (tenant, type, id, ukey, version, created, modified, "
                  "write_id, indexed, external_id, display, active, doc) "
                  "VALUES (%s, %s, %s, %s, 1, %s, %s, %s, %s, ",
                  store->tenant->name, type->name, cols->id, cols->ukey, now, now, store->write_id,
                  cols->indexed, NULL);
    scim_sql_bind(sql, cols->external_id);
    scim_sql_add(sql, ", ");
    scim_sql_bind(sql, cols->display);
    scim_sql_add(sql, ", ");
    scim_sql_bind(sql, cols->active);
    scim_sql_addv(sql, ", %s)", row->doc, NULL);
    return name_duplicate(scim_store_exec(NULL, store, sql), store, type);
}

static scim_error_t *read_rid(scim_store_t *store, scim_row_t *row)
{
    scim_sql_t *sql = scim_sql_make(store->pool);

    scim_sql_addv(sql, "SELECT r.rid FROM scim_resource r WHERE r.tenant = %s AND r.id = %s",
                  store->tenant->name, row->id, NULL);
    return scim_store_select(store, sql, 1, 1, scim_store_read_int, &row->rid);
}

apr_time_t scim_store_now(void)
{
    apr_time_t now = apr_time_now();

    return now - now % 1000;
}

static scim_error_t *insert_whole(scim_row_t **row, scim_store_t *store,
                                  const scim_resource_type_t *type, const json_t *doc,
                                  apr_pool_t *p)
{
    scim_row_t *made = apr_pcalloc(p, sizeof(*made));
    scim_index_columns_t cols;
    scim_error_t *err = make_columns(&cols, made, store, type, doc, p);

    if (err) {
        return err;
    }
    made->version = 1;
    made->created = scim_store_now();
    made->modified = made->created;
    scim_store_mark(store, SCIM_MARK_INSERT, made->id, 0);
    err = insert_resource(store, type, &cols, made);
    if (!err) {
        err = scim_store_insert_values(store, type, scim_index_rows(type, doc, p), NULL);
    }
    if (!err && scim_type_attr_at(type, SCIM_AT_MEMBERS)) {
        err = read_rid(store, made);
    }
    if (!err) {
        err = count_resource(store, type, 1);
    }
    if (!err) {
        *row = made;
    }
    return err;
}

scim_error_t *scim_store_insert(scim_row_t **row, scim_store_t *store,
                                const scim_resource_type_t *type, const json_t *doc, apr_pool_t *p)
{
    scim_map_found_t *found;
    scim_row_t *made;
    scim_error_t *err = scim_map_before_insert(&found, &doc, store, type, p);

    if (!err) {
        err = insert_whole(&made, store, type, doc, p);
    }
    if (!err) {
        err = scim_map_inserted(store, type, made, doc, found, p);
    }
    if (!err) {
        *row = made;
    }
    return err;
}

scim_error_t *scim_store_insert_linked(scim_row_t **row, scim_store_t *store,
                                       const scim_resource_type_t *type, const json_t *doc,
                                       const char *key, apr_pool_t *p)
{
    const scim_map_table_t *t = scim_map_table(store->tenant->map, type);
    scim_row_t *made;
    scim_error_t *err = insert_whole(&made, store, type, doc, p);

    if (!err) {
        err = scim_map_link(store, t, made->id, key, p);
    }
    if (!err) {
        *row = made;
    }
    return err;
}

/* ---- update ---- */

scim_row_t *scim_store_next(const scim_row_t *old, apr_time_t now, apr_pool_t *p)
{
    scim_row_t *row = apr_pmemdup(p, old, sizeof(*old));

    row->version++;
    row->modified = now > old->modified ? now : old->modified + 1000;
    return row;
}

/*
 * " version = …, modified = …, write_id = … WHERE …", and run it.
 * @param indexed NULL, or what the row must say of its index
 * @param rows 0: it says something else
 */
static scim_error_t *exec_update(int *rows, scim_sql_t *sql, scim_store_t *store,
                                 const scim_row_t *row, const char *indexed)
{
    scim_sql_addv(sql, " version = %s, modified = %s, write_id = %s WHERE tenant = %s AND rid = %s",
                  scim_store_int(row->version, store->pool),
                  scim_store_int(row->modified / 1000, store->pool), store->write_id,
                  store->tenant->name, scim_store_int(row->rid, store->pool), NULL);
    if (indexed) {
        scim_sql_addv(sql, " AND indexed = %s", indexed, NULL);
    }
    scim_store_mark(store, SCIM_MARK_UPDATE, row->id, row->version - 1);
    return scim_store_exec(rows, store, sql);
}

static scim_error_t *run_update(scim_sql_t *sql, scim_store_t *store, const scim_row_t *row)
{
    int rows = 0;
    scim_error_t *err = exec_update(&rows, sql, store, row, NULL);

    if (!err && rows != 1) {
        return scim_error_internal(store->pool, 500, "SCIM2015", "a locked row was not there",
                                   "The request failed because of an error in the service "
                                   "provider's database.");
    }
    return err;
}

static scim_error_t *update_values(scim_store_t *store, const scim_resource_type_t *type,
                                   const json_t *old_doc, const json_t *doc, const scim_row_t *row)
{
    apr_pool_t *p = store->pool;
    const apr_array_header_t *before = scim_index_rows(type, old_doc, p);
    const apr_array_header_t *after = scim_index_rows(type, doc, p);
    const char *rid = scim_store_int(row->rid, p);
    scim_error_t *err = delete_some_values(store, type, difference(before, after, p), rid);

    return err ? err : scim_store_insert_values(store, type, difference(after, before, p), rid);
}

/* The groups that a member is in, and whether it leaves them. */
typedef struct touching_t {
    scim_store_t *store;
    int leaves;
} touching_t;

static scim_error_t *touch_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    const touching_t *t = baton;
    const char *now = scim_store_int(scim_store_now() / 1000, p);
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_add(sql, "UPDATE scim_resource");
    scim_sql_add(sql, scim_dbd_dialect(t->store->db)->by_rid);
    scim_sql_addv(sql,
                  " SET version = version + 1, members = members - %s, "
                  "modified = CASE WHEN modified < %s THEN %s ELSE modified + 1 END "
                  "WHERE tenant = %s AND rid IN ",
                  t->leaves ? "1" : "0", now, now, t->store->tenant->name, NULL);
    scim_sql_list(sql, rids, n);
    return scim_store_exec(NULL, t->store, sql);
}

/* The groups of a member show its name, or one less when it goes. */
static scim_error_t *touch_groups(scim_store_t *store, const scim_row_t *member, int leaves,
                                  apr_pool_t *p)
{
    touching_t t = {store, leaves};
    apr_array_header_t *rids;
    scim_error_t *err = scim_store_group_rids(&rids, store, member->rid, p);

    return err ? err : scim_store_each_rids(rids, touch_some, &t, p);
}

/*
 * Who shows the name of a resource: the members of a group and the users further down, the groups
 * that it is a member of, the users whose manager it is.
 */
static scim_error_t *follow_name(scim_store_t *store, const scim_resource_type_t *type,
                                 const scim_row_t *old, const scim_row_t *row, apr_pool_t *p)
{
    int is_group = scim_type_attr_at(type, SCIM_AT_MEMBERS) != NULL;
    scim_error_t *err = NULL;

    if (strcmp(old->display ? old->display : "", row->display ? row->display : "") == 0) {
        return NULL;
    }
    if (is_group) {
        err = scim_member_of_replace_all(store, row, scim_member_of_entry(old, p),
                                         scim_member_of_entry(row, p), p);
    }
    if (!err && is_group) {
        err = scim_nesting_renamed(store, row, p);
    }
    if (!err && (is_group ? scim_nesting_is_inner(row) : row->member_of != NULL)) {
        err = touch_groups(store, row, 0, p);
    }
    return err ? err : scim_store_manager_changed(store, type, row->id, row->display, p);
}

static scim_sql_t *document_update(scim_store_t *store, const scim_index_columns_t *cols,
                                   const scim_row_t *next)
{
    scim_sql_t *sql = scim_sql_make(store->pool);

    scim_sql_add(sql, "UPDATE scim_resource");
    scim_sql_add(sql, scim_dbd_dialect(store->db)->by_rid);
    scim_sql_addv(sql, " SET ukey = %s, doc = %s, indexed = %s, external_id = ", cols->ukey,
                  next->doc, cols->indexed, NULL);
    scim_sql_bind(sql, cols->external_id);
    scim_sql_add(sql, ", display = ");
    scim_sql_bind(sql, cols->display);
    scim_sql_add(sql, ", active = ");
    scim_sql_bind(sql, cols->active);
    scim_sql_add(sql, ",");
    return sql;
}

static scim_error_t *delete_where(scim_store_t *store, const char *text, apr_int64_t rid)
{
    scim_sql_t *sql = scim_sql_make(store->pool);

    scim_sql_addv(sql, text, store->tenant->name, scim_store_int(rid, store->pool), NULL);
    return scim_store_exec(NULL, store, sql);
}

/* A row that was indexed otherwise: what index rows it has is not known, so all are made anew. */
static scim_error_t *update_anew(scim_store_t *store, const scim_resource_type_t *type,
                                 const scim_index_columns_t *cols, const scim_row_t *next,
                                 const json_t *doc)
{
    scim_error_t *err = run_update(document_update(store, cols, next), store, next);

    err = name_duplicate(err, store, type);
    if (!err) {
        err = delete_where(store, "DELETE FROM scim_value WHERE tenant = %s AND rid = %s",
                           next->rid);
    }
    return err ? err
               : scim_store_insert_values(store, type, scim_index_rows(type, doc, store->pool),
                                          scim_store_int(next->rid, store->pool));
}

scim_error_t *scim_store_update(scim_row_t **row, scim_store_t *store,
                                const scim_resource_type_t *type, const scim_row_t *old,
                                const json_t *old_doc, const json_t *doc, apr_pool_t *p)
{
    scim_row_t *next = scim_store_next(old, scim_store_now(), p);
    scim_index_columns_t cols;
    scim_error_t *err = make_columns(&cols, next, store, type, doc, p);
    int rows = 0;

    if (!err) {
        err = exec_update(&rows, document_update(store, &cols, next), store, next, cols.indexed);
        err = name_duplicate(err, store, type);
    }
    if (!err) {
        err = rows ? update_values(store, type, old_doc, doc, next)
                   : update_anew(store, type, &cols, next, doc);
    }
    if (!err) {
        err = follow_name(store, type, old, next, p);
    }
    if (!err) {
        err = scim_map_updated(store, type, next, old_doc, doc, p);
    }
    if (!err) {
        *row = next;
    }
    return err;
}

scim_error_t *scim_store_refresh(scim_store_t *store, const scim_resource_type_t *type,
                                 const scim_row_t *row, const json_t *doc, apr_pool_t *p)
{
    if (scim_map_table(store->tenant->map, type)) {
        scim_store_mark(store, SCIM_MARK_AGAIN, row->id, row->version);
    }
    return scim_map_updated(store, type, row, doc, doc, p);
}

/* ---- delete ---- */

scim_error_t *scim_store_delete(scim_store_t *store, const scim_resource_type_t *type,
                                const scim_row_t *row, apr_pool_t *p)
{
    int is_group = scim_type_attr_at(type, SCIM_AT_MEMBERS) != NULL;
    scim_error_t *err = scim_map_deleted(store, type, row, p);

    if (!err && is_group) {
        err = scim_nesting_delete(store, row, p);
    }
    if (!err && is_group) {
        err = scim_member_of_replace_all(store, row, scim_member_of_entry(row, p), "", p);
    }
    if (!err) {
        err = touch_groups(store, row, 1, p);
    }
    if (!err) {
        err = delete_where(
            store, "DELETE FROM scim_member WHERE tenant = %s AND member_rid = %s", row->rid);
    }
    if (!err && is_group) {
        err = delete_where(store, "DELETE FROM scim_member WHERE tenant = %s AND group_rid = %s",
                           row->rid);
    }
    if (!err) {
        err = delete_where(store, "DELETE FROM scim_value WHERE tenant = %s AND rid = %s",
                           row->rid);
    }
    if (!err) {
        scim_store_mark(store, SCIM_MARK_DELETE, row->id, row->version);
        err = delete_where(store, "DELETE FROM scim_resource WHERE tenant = %s AND rid = %s",
                           row->rid);
    }
    if (!err) {
        err = scim_store_manager_changed(store, type, row->id, NULL, p);
    }
    return err ? err : count_resource(store, type, 0);
}
