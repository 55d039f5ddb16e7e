/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_guard.h"

#include "scim_token_impl.h"

void scim_store_guard(scim_store_t *store, scim_guard_t *guard)
{
    store->guard = guard;
}

static scim_error_t *judge(scim_guard_t *guard, const scim_token_found_t *found)
{
    guard->judged = 1;
    guard->verdict = guard->judge(guard->baton, found);
    return guard->verdict;
}

scim_error_t *scim_store_admit(scim_store_t *store)
{
    scim_guard_t *guard = store->guard;
    scim_token_found_t *found;
    scim_error_t *err;

    if (!guard || guard->judged) {
        return guard ? guard->verdict : NULL;
    }
    store->guard = NULL; /* the look-up itself needs no leave */
    err = scim_token_find(&found, store, guard->hash, guard->tenant, 0, store->pool);
    store->guard = guard;
    return err ? err : judge(guard, found);
}

typedef struct passing_t {
    scim_reading_t *reading; /* skips the token's columns */
    scim_token_found_t *found;
} passing_t;

/* The token's row, and the resource's if there is one. */
static scim_error_t *read_both(void *baton, const char *const *cols)
{
    passing_t *passing = baton;
    apr_pool_t *p = passing->reading->pool;

    passing->found = apr_palloc(p, sizeof(*passing->found));
    scim_token_read(passing->found, cols, p);
    return cols[SCIM_TOKEN_COLUMNS] ? scim_store_read_row(passing->reading, cols) : NULL;
}

/*
 * The token's tenant is the resource's: it is the guard's where that has one, else the judge says
 * whether it will do.
 */
scim_error_t *scim_guard_read(scim_reading_t *reading, const scim_resource_type_t *type,
                              const char *id)
{
    scim_store_t *store = reading->store;
    scim_guard_t *guard = store->guard;
    scim_sql_t *sql = scim_sql_make(reading->pool);
    passing_t passing = {reading, NULL};
    scim_error_t *err;

    scim_sql_add(sql, "SELECT ");
    scim_token_columns(sql);
    scim_sql_add(sql, ", ");
    scim_store_columns(sql, scim_dbd_dialect(store->db), SCIM_STORE_BEGINNING);
    scim_token_from(sql);
    scim_sql_addv(sql,
                  " LEFT JOIN scim_resource r ON r.tenant = k.tenant AND r.id = %s AND r.type = %s",
                  id, type->name, NULL);
    scim_token_where(sql, guard->hash, guard->tenant);
    reading->skip = SCIM_TOKEN_COLUMNS;
    store->guard = NULL;
    err = scim_store_select(store, sql, 1, SCIM_TOKEN_COLUMNS + SCIM_ROW_COLUMNS, read_both,
                            &passing);
    store->guard = guard;
    return err ? err : judge(guard, passing.found);
}
