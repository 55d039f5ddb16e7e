/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "scim_id.h"
#include "scim_index.h"
#include "scim_life.h"
#include "scim_one_group.h"

/* @param ukey NULL, or the unique key that it must have */
static scim_error_t *lock_row(scim_row_t **row, scim_store_t *store,
                              const scim_resource_type_t *type, const char *id, const char *ukey,
                              apr_pool_t *p)
{
    const scim_dialect_t *dialect = scim_dbd_dialect(store->db);
    scim_reading_t reading = {store, apr_array_make(p, 1, sizeof(scim_row_t)), p, 0};
    scim_sql_t *sql = scim_sql_make(p);
    scim_row_t *found;
    scim_error_t *err;

    *row = NULL;
    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, dialect, 0);
    scim_sql_addv(sql, " FROM scim_resource r WHERE r.tenant = %s AND r.id = %s AND r.type = %s",
                  store->tenant->name, id, type->name, NULL);
    if (ukey) {
        scim_sql_addv(sql, " AND r.ukey = %s", ukey, NULL);
    }
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

scim_error_t *scim_store_lock(scim_row_t **row, scim_store_t *store,
                              const scim_resource_type_t *type, const char *id, apr_pool_t *p)
{
    scim_error_t *err;

    *row = NULL;
    if (strlen(id) > SCIM_ID_MAX) {
        return NULL;
    }
    err = scim_one_group_begin(store, type, 1, p);
    if (!err) {
        err = lock_row(row, store, type, id, NULL, p);
    }
    if (!err && *row && scim_life_is_gone(store->tenant, (*row)->tombstone, apr_time_now())) {
        *row = NULL;
    }
    return err;
}

static scim_error_t *read_id(void *baton, const char *const *cols)
{
    apr_array_header_t *ids = baton;

    APR_ARRAY_PUSH(ids, const char *) = apr_pstrdup(ids->pool, cols[0]);
    return NULL;
}

/*
 * Found by the unique key first and locked by the id then, as everyone locks: a row that is locked
 * by way of two indexes deadlocks with whoever locks it by one and changes the other.
 */
scim_error_t *scim_store_lock_holder(scim_row_t **row, scim_store_t *store,
                                     const scim_resource_type_t *type, const json_t *doc,
                                     apr_pool_t *p)
{
    apr_array_header_t *ids = apr_array_make(p, 1, sizeof(const char *));
    scim_sql_t *sql = scim_sql_make(p);
    scim_index_columns_t cols;
    scim_error_t *err;

    *row = NULL;
    scim_index_columns(&cols, type, doc, p);
    scim_sql_addv(sql,
                  "SELECT r.id FROM scim_resource r WHERE r.tenant = %s AND r.type = %s "
                  "AND r.ukey = %s",
                  store->tenant->name, type->name, cols.ukey, NULL);
    err = scim_store_select(store, sql, 1, 1, read_id, ids);
    if (err || ids->nelts == 0 || strcmp(APR_ARRAY_IDX(ids, 0, const char *), cols.id) == 0) {
        return err;
    }
    return lock_row(row, store, type, APR_ARRAY_IDX(ids, 0, const char *), cols.ukey, p);
}
