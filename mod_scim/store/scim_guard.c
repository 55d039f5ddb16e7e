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

typedef struct passing_t {
    scim_reading_t *reading; /* skips the token's columns; or NULL */
    int owner;               /* 1: the token's columns have the owner's behind them */
    scim_token_found_t *found;
    apr_pool_t *pool;
} passing_t;

/* The token's row, and the resource's if there is one. */
static scim_error_t *read_both(void *baton, const char *const *cols)
{
    passing_t *passing = baton;

    passing->found = apr_palloc(passing->pool, sizeof(*passing->found));
    scim_token_read(passing->found, cols, passing->owner, passing->pool);
    return passing->reading && cols[passing->reading->skip]
               ? scim_store_read_row(passing->reading, cols)
               : NULL;
}

/* A SELECT of the guard's own, which needs no leave. */
static scim_error_t *select_passing(passing_t *passing, scim_store_t *store, const scim_sql_t *sql,
                                    int ncols)
{
    scim_guard_t *guard = store->guard;
    scim_error_t *err;

    store->guard = NULL;
    err = scim_store_select(store, sql, 1, ncols, read_both, passing);
    store->guard = guard;
    return err;
}

static scim_error_t *find(passing_t *passing, scim_store_t *store)
{
    scim_sql_t *sql = scim_sql_make(store->pool);

    passing->reading = NULL;
    passing->owner = 1;
    passing->found = NULL;
    scim_sql_add(sql, "SELECT ");
    scim_token_columns(sql, 1);
    scim_token_from(sql, 1);
    scim_token_where(sql, store->guard->hash, store->guard->tenant);
    return select_passing(passing, store, sql, SCIM_TOKEN_COLUMNS + SCIM_TOKEN_OWNER_COLUMNS);
}

scim_error_t *scim_store_admit(scim_store_t *store)
{
    passing_t passing = {NULL, 1, NULL, store->pool};
    scim_guard_t *guard = store->guard;
    scim_error_t *err;

    if (!guard || guard->judged) {
        return guard ? guard->verdict : NULL;
    }
    err = find(&passing, store);
    return err ? err : judge(guard, passing.found);
}

/*
 * The token's tenant is the resource's: it is the guard's where that has one, else the judge says
 * whether it will do.
 */
static scim_sql_t *statement_for_both(const scim_store_t *store, int owner,
                                      const scim_resource_type_t *type, const char *id)
{
    scim_sql_t *sql = scim_sql_make(store->pool);

    scim_sql_add(sql, "SELECT ");
    scim_token_columns(sql, owner);
    scim_sql_add(sql, ", ");
    scim_store_columns(sql, scim_dbd_dialect(store->db), SCIM_STORE_BEGINNING);
    scim_token_from(sql, owner);
    scim_sql_addv(sql,
                  " LEFT JOIN scim_resource r ON r.tenant = k.tenant AND r.id = %s AND r.type = %s",
                  id, type->name, NULL);
    scim_token_where(sql, store->guard->hash, store->guard->tenant);
    return sql;
}

scim_error_t *scim_guard_read(scim_reading_t *reading, const scim_resource_type_t *type,
                              const char *id)
{
    scim_store_t *store = reading->store;
    int owner = store->guard->owned;
    passing_t passing = {reading, owner, NULL, reading->pool};
    scim_error_t *err;

    reading->skip = SCIM_TOKEN_COLUMNS + (owner ? SCIM_TOKEN_OWNER_COLUMNS : 0);
    err = select_passing(&passing, store, statement_for_both(store, owner, type, id),
                         reading->skip + SCIM_ROW_COLUMNS);
    if (!err && !owner && passing.found && passing.found->row.owner) {
        err = find(&passing, store);
    }
    return err ? err : judge(store->guard, passing.found);
}
