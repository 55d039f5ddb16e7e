/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include <apr_strings.h>

#include "scim_index.h"
#include "scim_seat.h"

/* Resources of one transaction: few enough that nobody waits long for their locks. */
#define BATCH 200

/* Transactions that one request makes. */
#define BATCHES 5

/* One transaction that indexes resources anew. */
typedef struct reindex_t {
    const scim_resource_type_t *type;
    const char *wanted; /* what rows should say */
    int found;
} reindex_t;

static const char *wanted_of(const scim_resource_type_t *type)
{
    return type->indexed ? type->indexed : "";
}

/* One row that says less and one that says more, so that two lookups in an index answer. */
static scim_error_t *find_stale(int *stale, scim_store_t *store, const scim_resource_type_t *type)
{
    scim_sql_t *sql = scim_sql_make(store->pool);
    const char *tenant = store->tenant->name;
    const char *wanted = wanted_of(type);
    apr_int64_t rid = 0;
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT a.rid FROM (SELECT r.rid FROM scim_resource r WHERE r.tenant = %s "
                  "AND r.type = %s AND r.indexed < %s LIMIT 1) a",
                  tenant, type->name, wanted, NULL);
    scim_sql_addv(sql,
                  " UNION ALL SELECT b.rid FROM (SELECT r.rid FROM scim_resource r "
                  "WHERE r.tenant = %s AND r.type = %s AND r.indexed > %s LIMIT 1) b",
                  tenant, type->name, wanted, NULL);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_int, &rid);
    *stale = rid != 0;
    return err;
}

/* Lock and read resources that say less (or more) than wanted. */
static scim_error_t *lock_stale(apr_array_header_t *rows, scim_store_t *store, const reindex_t *r,
                                const char *than, apr_pool_t *p)
{
    const scim_dialect_t *dialect = scim_dbd_dialect(store->db);
    scim_reading_t reading = {store, rows, p, 0};
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, dialect, 0);
    scim_sql_addv(sql, " FROM scim_resource r WHERE r.tenant = %s AND r.type = %s AND r.indexed ",
                  store->tenant->name, r->type->name, NULL);
    scim_sql_add(sql, than);
    scim_sql_addv(sql, " %s LIMIT %s", r->wanted, scim_store_int(BATCH, p), NULL);
    scim_sql_add(sql, dialect->for_update);
    err = scim_store_select(store, sql, 1, SCIM_ROW_COLUMNS, scim_store_read_row, &reading);
    return err ? err
               : scim_store_complete(store, (scim_row_t *)(void *)rows->elts, rows->nelts,
                                     dialect->for_update, p);
}

/* The version stays: nothing that a client sees has changed. */
static scim_error_t *index_row(scim_store_t *store, const reindex_t *r, const scim_row_t *row,
                               apr_pool_t *p)
{
    const char *rid = scim_store_int(row->rid, p);
    scim_sql_t *values = scim_sql_make(p);
    scim_sql_t *update = scim_sql_make(p);
    scim_index_columns_t cols;
    apr_array_header_t *rows;
    json_t *doc;
    scim_error_t *err = scim_json_load(&doc, row->doc, row->doc_len, NULL, p);

    if (err) {
        return err;
    }
    scim_index_columns(&cols, r->type, doc, p);
    scim_seat_recount(store, r->type);
    scim_sql_addv(values, "DELETE FROM scim_value WHERE tenant = %s AND rid = %s",
                  store->tenant->name, rid, NULL);
    scim_sql_addv(update,
                  "UPDATE scim_resource SET ukey = %s, indexed = %s WHERE tenant = %s AND rid = %s",
                  cols.ukey, r->wanted, store->tenant->name, rid, NULL);
    err = scim_store_exec(NULL, store, values);
    if (!err) {
        err = scim_store_exec(NULL, store, update);
    }
    rows = scim_index_rows(r->type, doc, p);
    scim_index_add_tombstone(rows, row->tombstone);
    return err ? err : scim_store_insert_values(store, r->type, rows, rid);
}

static scim_error_t *reindex_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    reindex_t *r = baton;
    apr_array_header_t *rows;
    apr_pool_t *batch;
    apr_pool_t *one;
    scim_error_t *err;
    int i;

    apr_pool_create(&batch, p);
    apr_pool_create(&one, batch);
    rows = apr_array_make(batch, BATCH, sizeof(scim_row_t));
    /* Whatever comes of it, doing it again does no harm. */
    store->mark = SCIM_MARK_AGAIN;
    err = lock_stale(rows, store, r, "<", batch);
    if (!err && rows->nelts == 0) {
        err = lock_stale(rows, store, r, ">", batch);
    }
    r->found = rows->nelts;
    for (i = 0; i < rows->nelts && !err; i++) {
        const scim_row_t *row = &APR_ARRAY_IDX(rows, i, scim_row_t);
        err = row->rid ? index_row(store, r, row, one) : NULL;
        if (!err) {
            apr_pool_clear(one);
        }
    }
    if (!err) {
        apr_pool_destroy(batch);
    }
    return err;
}

scim_error_t *scim_store_reindex(int *stale, scim_store_t *store, const scim_resource_type_t *type)
{
    reindex_t r = {type, wanted_of(type), 0};
    scim_error_t *err = find_stale(stale, store, type);
    int i;

    if (err || !*stale) {
        return err;
    }
    for (i = 0; i < BATCHES && !err; i++) {
        err = scim_store_write(store, reindex_tx, &r);
        if (!err && r.found == 0) {
            break;
        }
    }
    /* A list must not fail because the index cannot be completed now; it can do without. */
    if (err && err->cause != SCIM_CAUSE_GONE) {
        err = scim_dbd_open(store->db);
        return err;
    }
    return err ? err : find_stale(stale, store, type);
}
