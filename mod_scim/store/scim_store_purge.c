/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include <apr_strings.h>
#include <apr_time.h>

#include "scim_index.h"
#include "scim_life.h"

/* Tombstones of one transaction: few enough that nobody waits long for their locks. */
#define BATCH 50

/* Transactions that one request makes. */
#define BATCHES 5

/* One transaction that deletes tombstones past their life time. */
typedef struct purge_t {
    const scim_resource_type_t *type;
    apr_time_t cutoff;
    int found;
} purge_t;

static scim_error_t *find_gone(apr_array_header_t *rids, scim_store_t *store, const purge_t *purge,
                               int limit, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql,
                  "SELECT v.rid FROM scim_value v WHERE v.tenant = %s AND v.type = %s "
                  "AND v.attr = %s AND v.value < %s ORDER BY v.value, v.rid LIMIT %s",
                  store->tenant->name, purge->type->name, SCIM_INDEX_TOMBSTONE,
                  scim_index_tombstone(purge->cutoff, p), scim_store_int(limit, p), NULL);
    return scim_store_select(store, sql, 1, 1, scim_store_read_rid, rids);
}

/* Their rows, locked, as far as they still are what was found. */
static scim_error_t *lock_gone(apr_array_header_t *rows, scim_store_t *store, const purge_t *purge,
                               const char *const *rids, int n, apr_pool_t *p)
{
    const scim_dialect_t *dialect = scim_dbd_dialect(store->db);
    scim_reading_t reading = {store, rows, p, 0};
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, dialect, SCIM_STORE_BEGINNING);
    scim_sql_add(sql, " FROM scim_resource r");
    scim_sql_add(sql, dialect->by_rid);
    scim_sql_addv(sql, " WHERE r.tenant = %s AND r.tombstone < %s AND r.rid IN ",
                  store->tenant->name, scim_store_int(purge->cutoff / 1000, p), NULL);
    scim_sql_list(sql, rids, n);
    scim_sql_add(sql, dialect->for_update);
    return scim_store_select(store, sql, 1, SCIM_ROW_COLUMNS, scim_store_read_row, &reading);
}

typedef struct purging_t {
    const purge_t *purge;
    scim_store_t *store;
} purging_t;

static scim_error_t *purge_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    const purging_t *purging = baton;
    apr_array_header_t *rows = apr_array_make(p, n, sizeof(scim_row_t));
    scim_error_t *err = lock_gone(rows, purging->store, purging->purge, rids, n, p);
    int i;

    for (i = 0; i < rows->nelts && !err; i++) {
        err = scim_store_delete(purging->store, purging->purge->type,
                                &APR_ARRAY_IDX(rows, i, scim_row_t), p);
    }
    return err;
}

static scim_error_t *purge_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    purge_t *purge = baton;
    purging_t purging = {purge, store};
    apr_array_header_t *rids = apr_array_make(p, BATCH, sizeof(apr_int64_t));
    scim_error_t *err = find_gone(rids, store, purge, BATCH, p);

    purge->found = rids->nelts;
    scim_store_sort_rids(rids); /* the order in which others lock them too */
    return err ? err : scim_store_each_rids(rids, purge_some, &purging, p);
}

/* One lookup in an index. */
static scim_error_t *any_gone(int *any, scim_store_t *store, const purge_t *purge)
{
    apr_array_header_t *rids = apr_array_make(store->pool, 1, sizeof(apr_int64_t));
    scim_error_t *err = find_gone(rids, store, purge, 1, store->pool);

    *any = rids->nelts > 0;
    return err;
}

scim_error_t *scim_store_purge(int *left, scim_store_t *store, const scim_resource_type_t *type)
{
    purge_t purge = {type, scim_life_cutoff(store->tenant, apr_time_now()), 0};
    scim_error_t *err;
    int i;

    *left = 0;
    if (!purge.cutoff || !scim_type_attr_at(type, SCIM_AT_ACTIVE)) {
        return NULL;
    }
    err = any_gone(left, store, &purge);
    if (err || !*left) {
        return err;
    }
    for (i = 0; i < BATCHES && !err; i++) {
        err = scim_store_write(store, purge_tx, &purge);
        if (!err && purge.found < BATCH) {
            break;
        }
    }
    /* A list must not fail because they cannot be deleted now; it can leave them out. */
    if (err && err->cause != SCIM_CAUSE_GONE) {
        return scim_dbd_open(store->db);
    }
    return err ? err : any_gone(left, store, &purge);
}
