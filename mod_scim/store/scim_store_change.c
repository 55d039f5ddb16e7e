/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_map_impl.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "scim_index.h"
#include "scim_life.h"
#include "scim_member_of.h"
#include "scim_nesting_impl.h"
#include "scim_one_group.h"
#include "scim_seat.h"

/* Bytes of the columns ukey and external_id. */
#define KEY_MAX 1020

void scim_store_mark(scim_store_t *store, scim_mark_kind_t kind, const char *id,
                     apr_int64_t version)
{
    if (kind > store->mark) {
        store->mark = kind;
        store->mark_id = apr_pstrdup(store->pool, id);
        store->mark_version = version;
    }
}

/* ---- columns and their errors ---- */

static scim_error_t *too_long(const scim_store_t *store, const scim_attr_t *attr)
{
    return scim_error_make(store->pool, 400, SCIM_TYPE_INVALID_VALUE,
                           "The value of %s is longer than the %d bytes that can be stored.",
                           attr->name, KEY_MAX);
}

/* What a tombstone shows is not the name of a person: groups and reports have nothing of it. */
static void mark_tombstone(scim_index_columns_t *cols, scim_row_t *row, const scim_store_t *store,
                           const scim_resource_type_t *type, const json_t *doc)
{
    if (!scim_life_ends(store->tenant, doc, type) || !scim_life_is_tombstone(doc, type)) {
        row->tombstone = 0;
        return;
    }
    row->tombstone = row->tombstone ? row->tombstone : row->modified;
    cols->display = NULL;
}

/*
 * The row's columns and text, checked against what the table holds.
 * @param row what it is based on; modified is when
 */
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
    mark_tombstone(cols, row, store, type, doc);
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
    named =
        scim_error_make(store->pool, 409, SCIM_TYPE_UNIQUENESS,
                        "The value of %s is already in use by another %s.", attr->name, type->name);
    named->cause = err->cause;
    named->dberr = err->dberr;
    return named;
}

/* ---- values of a row ---- */

/* All index rows of a resource. */
static apr_array_header_t *values_of(const scim_resource_type_t *type, const json_t *doc,
                                     const scim_row_t *row, apr_pool_t *p)
{
    apr_array_header_t *rows = scim_index_rows(type, doc, p);

    scim_index_add_tombstone(rows, row->tombstone);
    return rows;
}

/* A column's value, NULL for none. */
static const char *tombstone_column(const scim_row_t *row, apr_pool_t *p)
{
    return row->tombstone ? scim_store_int(row->tombstone / 1000, p) : NULL;
}

/* ---- insert ---- */

static scim_error_t *insert_resource(scim_store_t *store, const scim_resource_type_t *type,
                                     const scim_index_columns_t *cols, const scim_row_t *row)
{
    scim_sql_t *sql = scim_sql_make(store->pool);
    const char *now = scim_store_int(row->created / 1000, store->pool);

    scim_sql_addv(sql,
                  "INSERT INTO scim_resource (tenant, type, id, ukey, version, created, modified, "
                  "write_id, indexed, external_id, display, active, tombstone, doc) "
                  "VALUES (%s, %s, %s, %s, 1, %s, %s, %s, %s, ",
                  store->tenant->name, type->name, cols->id, cols->ukey, now, now, store->write_id,
                  cols->indexed, NULL);
    scim_sql_bind(sql, cols->external_id);
    scim_sql_add(sql, ", ");
    scim_sql_bind(sql, cols->display);
    scim_sql_add(sql, ", ");
    scim_sql_bind(sql, cols->active);
    scim_sql_add(sql, ", ");
    scim_sql_bind(sql, tombstone_column(row, store->pool));
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
    scim_error_t *err;

    made->version = 1;
    made->created = scim_store_now();
    made->modified = made->created;
    err = make_columns(&cols, made, store, type, doc, p);
    if (!err) {
        err = scim_one_group_begin(store, type, 0, p);
    }
    if (err) {
        return err;
    }
    scim_store_mark(store, SCIM_MARK_INSERT, made->id, 0);
    err = insert_resource(store, type, &cols, made);
    if (!err) {
        err = scim_store_insert_values(store, type, values_of(type, doc, made, p), NULL);
    }
    if (!err && scim_type_attr_at(type, SCIM_AT_MEMBERS)) {
        err = read_rid(store, made);
    }
    if (!err) {
        err = scim_store_count(store, type, 1, made->tombstone != 0);
    }
    if (!err) {
        err = scim_seat_change(store, type, NULL, doc, p);
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

/* Lock some groups, and with them those that the write changes later. */
static scim_error_t *lock_coming(scim_store_t *store, const apr_array_header_t *rids, apr_pool_t *p)
{
    apr_array_header_t *all = apr_array_copy(p, rids);
    apr_array_header_t *rows;

    apr_array_cat(all, store->coming);
    scim_store_sort_rids(all);
    return scim_nesting_lock_rids(&rows, store, all, p);
}

/* The groups of a member show its name, or one less when it goes. */
static scim_error_t *touch_groups(scim_store_t *store, const scim_row_t *member, int leaves,
                                  apr_pool_t *p)
{
    touching_t t = {store, leaves};
    apr_array_header_t *rids;
    scim_error_t *err = scim_store_group_rids(&rids, store, member->rid, p);

    if (!err && store->coming) {
        err = lock_coming(store, rids, p);
    }
    return err ? err : scim_store_each_rids(rids, touch_some, &t, p);
}

static int renamed(const scim_row_t *old, const scim_row_t *row)
{
    return strcmp(old->display ? old->display : "", row->display ? row->display : "") != 0;
}

/*
 * Who shows the name of a resource: the users whose manager it is, the members of a group and the
 * users further down, the groups that it is a member of. Users before groups: the order of locks.
 */
static scim_error_t *follow_name(scim_store_t *store, const scim_resource_type_t *type,
                                 const scim_row_t *old, const scim_row_t *row, apr_pool_t *p)
{
    int is_group = scim_type_attr_at(type, SCIM_AT_MEMBERS) != NULL;
    scim_error_t *err = NULL;

    if (!renamed(old, row)) {
        return NULL;
    }
    err = scim_store_manager_changed(store, type, row->id, row->display, p);
    if (!err && is_group) {
        err = scim_member_of_replace_all(store, row, scim_member_of_entry(old, p),
                                         scim_member_of_entry(row, p), p);
    }
    if (!err && is_group) {
        err = scim_nesting_renamed(store, row, p);
    }
    if (!err && (is_group ? scim_nesting_is_inner(row) : row->member_of != NULL)) {
        err = touch_groups(store, row, 0, p);
    }
    return err;
}

/* Who was in groups and is a tombstone now is in none. */
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
    scim_sql_add(sql, ", tombstone = ");
    scim_sql_bind(sql, tombstone_column(next, store->pool));
    scim_sql_add(sql, next->tombstone ? ", member_of = NULL," : ",");
    return sql;
}

static scim_error_t *delete_where(scim_store_t *store, const char *text, apr_int64_t rid)
{
    scim_sql_t *sql = scim_sql_make(store->pool);

    scim_sql_addv(sql, text, store->tenant->name, scim_store_int(rid, store->pool), NULL);
    return scim_store_exec(NULL, store, sql);
}

/*
 * A row that was indexed otherwise: what index rows it has is not known, so all are made anew. Of a
 * tombstone too: whatever there is of the person must go.
 */
static scim_error_t *update_anew(scim_store_t *store, const scim_resource_type_t *type,
                                 const scim_index_columns_t *cols, const scim_row_t *next,
                                 const json_t *doc)
{
    scim_error_t *err = run_update(document_update(store, cols, next), store, next);

    err = name_duplicate(err, store, type);
    if (!err) {
        err =
            delete_where(store, "DELETE FROM scim_value WHERE tenant = %s AND rid = %s", next->rid);
    }
    return err ? err
               : scim_store_insert_values(store, type, values_of(type, doc, next, store->pool),
                                          scim_store_int(next->rid, store->pool));
}

/* @param old_doc what old's index rows were made of */
static scim_error_t *update_row(scim_store_t *store, const scim_resource_type_t *type,
                                const scim_index_columns_t *cols, const scim_row_t *old,
                                const scim_row_t *next, const json_t *old_doc, const json_t *doc)
{
    apr_pool_t *p = store->pool;
    scim_error_t *err;
    int rows = 0;

    if (next->tombstone && !old->tombstone) {
        return update_anew(store, type, cols, next, doc);
    }
    err = exec_update(&rows, document_update(store, cols, next), store, next, cols->indexed);
    err = name_duplicate(err, store, type);
    if (err) {
        return err;
    }
    if (rows) {
        return scim_store_update_values(store, type, values_of(type, old_doc, old, p),
                                        values_of(type, doc, next, p), next->rid);
    }
    scim_seat_recount(store, type);
    return update_anew(store, type, cols, next, doc);
}

/* It is in no group any more. */
static scim_error_t *leave_groups(scim_store_t *store, const scim_row_t *row, apr_pool_t *p)
{
    scim_error_t *err = touch_groups(store, row, 1, p);

    return err ? err
               : delete_where(store,
                              "DELETE FROM scim_member WHERE tenant = %s AND member_rid = %s",
                              row->rid);
}

scim_error_t *scim_store_update(scim_row_t **row, scim_store_t *store,
                                const scim_resource_type_t *type, const scim_row_t *old,
                                const json_t *old_doc, const json_t *doc, apr_pool_t *p)
{
    scim_row_t *next = scim_store_next(old, scim_store_now(), p);
    scim_index_columns_t cols;
    scim_error_t *err = make_columns(&cols, next, store, type, doc, p);

    if (!err) {
        err = scim_seat_change(store, type, old_doc, doc, p);
    }
    if (!err && renamed(old, next) && scim_type_attr_at(type, SCIM_AT_MEMBERS)) {
        err = scim_seat_group(store, old, p);
    }
    if (!err && next->tombstone && old->member_of) {
        err = leave_groups(store, old, p);
        next->member_of = NULL;
        next->member_of_len = 0;
    }
    if (!err) {
        err = update_row(store, type, &cols, old, next, old_doc, doc);
    }
    if (!err && !next->tombstone != !old->tombstone) {
        err = scim_store_count(store, type, 0, next->tombstone ? 1 : -1);
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
                                 scim_row_t *row, const json_t *doc, apr_pool_t *p)
{
    if (scim_map_table(store->tenant->map, type)) {
        scim_store_mark(store, SCIM_MARK_AGAIN, row->id, row->version);
    }
    return scim_map_updated(store, type, row, doc, doc, p);
}

/* ---- delete ---- */

static scim_error_t *delete_row(scim_store_t *store, const scim_row_t *row)
{
    scim_sql_t *sql = scim_sql_make(store->pool);

    scim_store_mark(store, SCIM_MARK_DELETE, row->id, row->version);
    scim_sql_add(sql, "DELETE FROM scim_resource");
    scim_sql_add(sql, scim_dbd_dialect(store->db)->delete_by_rid);
    scim_sql_addv(sql, " WHERE tenant = %s AND rid = %s", store->tenant->name,
                  scim_store_int(row->rid, store->pool), NULL);
    return scim_store_exec(NULL, store, sql);
}

scim_error_t *scim_store_delete(scim_store_t *store, const scim_resource_type_t *type,
                                const scim_row_t *row, apr_pool_t *p)
{
    int is_group = scim_type_attr_at(type, SCIM_AT_MEMBERS) != NULL;
    scim_error_t *err = scim_map_deleted(store, type, row, p);

    if (!err) {
        err = scim_seat_delete(store, type, row, p);
    }
    /* Its own index rows first: it must not be found as its own manager's report. */
    if (!err) {
        err =
            delete_where(store, "DELETE FROM scim_value WHERE tenant = %s AND rid = %s", row->rid);
    }
    if (!err) {
        err = scim_store_manager_changed(store, type, row->id, NULL, p);
    }
    if (!err && is_group) {
        err = scim_nesting_delete(store, row, p);
    }
    if (!err && is_group) {
        err = scim_member_of_replace_all(store, row, scim_member_of_entry(row, p), "", p);
    }
    if (!err) {
        err = leave_groups(store, row, p);
    }
    if (!err && is_group) {
        err = delete_where(store, "DELETE FROM scim_member WHERE tenant = %s AND group_rid = %s",
                           row->rid);
    }
    if (!err) {
        err = delete_row(store, row);
    }
    return err ? err : scim_store_count(store, type, -1, row->tombstone ? -1 : 0);
}
