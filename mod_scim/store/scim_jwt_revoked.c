/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_jwt_revoked.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_store_impl.h"
#include "scim_token.h"

/* Longer than any leeway of clocks (ScimJWTLeeway), and than any clock is wrong. */
#define KEEP (apr_time_from_sec(86400))

/* Rows deleted at a time. */
#define PURGE_MANY 100

static scim_error_t *no_hash(apr_pool_t *p)
{
    return scim_error_internal(p, 500, "SCIM2260", "SHA-256 cannot be computed",
                               "The token could not be checked.");
}

/* ---- looking up ---- */

static scim_error_t *read_state(void *baton, const char *const *cols)
{
    scim_jwt_state_t *state = baton;

    state->revoked = cols[0] && apr_atoi64(cols[0]) > 0;
    state->owner_dead = !cols[1] || apr_atoi64(cols[1]) == 0;
    return NULL;
}

/* Its owner's row, if there is one, and beside it whether it is on the list. */
static void ask_both(scim_sql_t *sql, const scim_store_t *store, const char *hash,
                     const char *owner, apr_pool_t *p)
{
    const scim_resource_type_t *type = scim_catalog_type(store->tenant->catalog, "User");
    const scim_attr_t *unique = type ? scim_type_attr_at(type, SCIM_AT_UNIQUE) : NULL;

    scim_sql_addv(sql,
                  "SELECT (SELECT COUNT(*) FROM scim_jwt_revoked j WHERE j.tenant = %s "
                  "AND j.jti_hash = %s), COALESCE(o.active, 1) FROM scim_resource o "
                  "WHERE o.tenant = %s AND o.type = 'User' AND o.ukey = %s",
                  store->tenant->name, hash ? hash : "", store->tenant->name,
                  unique && unique->case_exact ? owner : scim_text_fold(owner, p), NULL);
}

scim_error_t *scim_jwt_state(scim_jwt_state_t *out, scim_store_t *store, const char *id,
                             const char *owner, apr_pool_t *p)
{
    const char *hash = id ? scim_token_hash(id, strlen(id), p) : NULL;
    scim_sql_t *sql = scim_sql_make(p);

    /* What holds if no row is found. */
    out->revoked = 0;
    out->owner_dead = owner != NULL;
    if (id && !hash) {
        return no_hash(p);
    }
    if (owner) {
        ask_both(sql, store, hash, owner, p);
    } else if (hash) {
        scim_sql_addv(sql,
                      "SELECT 1, 1 FROM scim_jwt_revoked j WHERE j.tenant = %s "
                      "AND j.jti_hash = %s",
                      store->tenant->name, hash, NULL);
    } else {
        return NULL;
    }
    return scim_store_select(store, sql, 1, 2, read_state, out);
}

/* ---- revoking ---- */

typedef struct revoking_t {
    const char *hash;
    const char *expires; /* milliseconds, or NULL */
    int done;
} revoking_t;

static scim_error_t *read_hash(void *baton, const char *const *cols)
{
    apr_array_header_t *hashes = baton;

    APR_ARRAY_PUSH(hashes, const char *) = apr_pstrdup(hashes->pool, cols[0]);
    return NULL;
}

static scim_error_t *purge(scim_store_t *store, apr_pool_t *p)
{
    apr_array_header_t *hashes = apr_array_make(p, PURGE_MANY, sizeof(const char *));
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT j.jti_hash FROM scim_jwt_revoked j WHERE j.tenant = %s "
                  "AND j.expires < %s ORDER BY j.expires LIMIT 100",
                  store->tenant->name, scim_store_int(apr_time_as_msec(scim_store_now() - KEEP), p),
                  NULL);
    err = scim_store_select(store, sql, 1, 1, read_hash, hashes);
    if (err || hashes->nelts == 0) {
        return err;
    }
    sql = scim_sql_make(p);
    scim_sql_addv(sql, "DELETE FROM scim_jwt_revoked WHERE tenant = %s AND jti_hash IN ",
                  store->tenant->name, NULL);
    scim_sql_list(sql, (const char *const *)(const void *)hashes->elts, hashes->nelts);
    return scim_store_exec(NULL, store, sql);
}

static scim_error_t *write_revoked(void *baton, scim_store_t *store, apr_pool_t *p)
{
    revoking_t *r = baton;
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    /* Whoever comes second, this write run again included, changes nothing. */
    scim_store_mark(store, SCIM_MARK_AGAIN, NULL, 0);
    scim_sql_add(sql, scim_dbd_dialect(store->db)->insert_ignore);
    scim_sql_addv(sql, " INTO scim_jwt_revoked (tenant, jti_hash, expires) VALUES (%s, %s, ",
                  store->tenant->name, r->hash, NULL);
    scim_sql_bind(sql, r->expires);
    scim_sql_add(sql, ")");
    err = scim_store_exec(&r->done, store, sql);
    return err ? err : purge(store, p);
}

scim_error_t *scim_jwt_revoke(int *done, scim_store_t *store, const char *id, apr_time_t expires)
{
    revoking_t r = {scim_token_hash(id, strlen(id), store->pool),
                    expires ? scim_store_int(apr_time_as_msec(expires), store->pool) : NULL, 0};
    scim_error_t *err;

    if (!r.hash) {
        return no_hash(store->pool);
    }
    err = scim_store_write(store, write_revoked, &r);
    if (!err && done) {
        *done = r.done > 0;
    }
    return err;
}
