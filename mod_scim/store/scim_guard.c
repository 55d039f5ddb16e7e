/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_guard.h"

#include <string.h>

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

/* The token without its columns: a row only if it is as good as it was, and the resource is there.
 */
static scim_sql_t *statement_for_known(const scim_store_t *store, const scim_guard_t *guard,
                                       const scim_resource_type_t *type, const char *id)
{
    const scim_dialect_t *dialect = scim_dbd_dialect(store->db);
    const scim_token_found_t *known = guard->known;
    scim_sql_t *sql = scim_sql_make(store->pool);

    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, dialect, SCIM_STORE_BEGINNING);
    scim_sql_add(sql, " FROM scim_token k");
    scim_sql_add(sql, dialect->join_in_order);
    scim_sql_addv(sql, "scim_resource r ON r.tenant = %s AND r.id = %s AND r.type = %s",
                  known->row.tenant, id, type->name, NULL);
    if (known->row.owner) {
        scim_sql_add(sql, dialect->join_in_order);
        scim_sql_addv(sql,
                      "scim_resource o ON o.tenant = %s AND o.id = %s AND o.type = 'User' "
                      "AND (o.active IS NULL OR o.active <> 0)",
                      known->row.tenant, known->row.owner, NULL);
    }
    scim_token_where(sql, guard->hash, known->row.tenant);
    scim_sql_add(sql, " AND k.revoked IS NULL");
    scim_sql_add(sql, known->tenant_known ? " AND k.state = 'on'" : " AND k.state IS NULL");
    return sql;
}

/* @param done 1: the token is as good as it was, and the resource read; 0: ask for all of it */
static scim_error_t *read_known(int *done, scim_reading_t *reading,
                                const scim_resource_type_t *type, const char *id)
{
    scim_store_t *store = reading->store;
    scim_guard_t *guard = store->guard;
    scim_error_t *err;

    *done = 0;
    if (!guard->known || (guard->tenant && strcmp(guard->tenant, guard->known->row.tenant) != 0)) {
        return NULL;
    }
    store->guard = NULL;
    err = scim_store_select(store, statement_for_known(store, guard, type, id), 1, SCIM_ROW_COLUMNS,
                            scim_store_read_row, reading);
    store->guard = guard;
    *done = !err && reading->rows->nelts > 0;
    return err;
}

scim_error_t *scim_guard_read(int *done, scim_reading_t *reading, const scim_resource_type_t *type,
                              const char *id)
{
    scim_store_t *store = reading->store;
    int owner = store->guard->owned;
    passing_t passing = {reading, owner, NULL, reading->pool};
    scim_error_t *err = read_known(done, reading, type, id);

    if (err || *done) {
        return err ? err : judge(store->guard, store->guard->known);
    }
    reading->skip = SCIM_TOKEN_COLUMNS + (owner ? SCIM_TOKEN_OWNER_COLUMNS : 0);
    err = select_passing(&passing, store, statement_for_both(store, owner, type, id),
                         reading->skip + SCIM_ROW_COLUMNS);
    if (!err && !owner && passing.found && passing.found->row.owner) {
        err = find(&passing, store);
    }
    reading->skip = 0;
    *done = passing.found != NULL;
    return err ? err : judge(store->guard, passing.found);
}
