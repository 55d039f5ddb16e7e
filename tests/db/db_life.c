/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "db_life.h"

#include <string.h>

#include <apr_strings.h>

db_env_t *env;
apr_pool_t *pool;
scim_tenant_t *tenant;
scim_life_t life;

void life_setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
    tenant = db_env_tenant(env);
    tenant->deprovision = SCIM_DEPROVISION_DELETE;
    memset(&life, 0, sizeof(life));
    tenant->life = &life;
}

void life_teardown(void)
{
    db_env_close(env);
}

/* ---- writes ---- */

scim_row_t *life_change(const char *id, const json_t *doc)
{
    db_request_t r = db_request(env);
    scim_row_t *row;

    db_ok(db_change(&row, &r, "User", id, doc));
    row = apr_pmemdup(pool, row, sizeof(*row));
    db_request_end(&r);
    return row;
}

json_t *life_user(const char *id, const char *name)
{
    json_t *doc = db_user(name, pool);

    if (id) {
        json_object_set_new(doc, "id", json_string(id));
    }
    json_object_set_new(doc, "externalId", json_string(apr_pstrcat(pool, "ext ", name, NULL)));
    json_object_set_new(doc, "displayName", json_string(apr_pstrcat(pool, "Full ", name, NULL)));
    return doc;
}

const char *life_put(const char *name)
{
    return db_put(env, life_user(NULL, name));
}

scim_row_t *life_bury(const char *id, const char *name)
{
    const scim_resource_type_t *type = db_type("User");
    json_t *doc = scim_life_deactivate(life_user(id, name), type, pool);

    return life_change(id, scim_life_shrink(doc, type, pool));
}

void life_age(const char *id, apr_int64_t seconds)
{
    apr_int64_t rid =
        db_int(env, apr_psprintf(pool, "SELECT rid FROM scim_resource WHERE id = '%s'", id));
    apr_int64_t since = db_int(env, apr_psprintf(pool,
                                                 "SELECT tombstone FROM scim_resource "
                                                 "WHERE rid = %" APR_INT64_T_FMT,
                                                 rid)) -
                        seconds * 1000;

    db_sql(env, apr_psprintf(pool,
                             "UPDATE scim_resource SET tombstone = %" APR_INT64_T_FMT
                             " WHERE rid = %" APR_INT64_T_FMT,
                             since, rid));
    db_sql(env, apr_psprintf(pool,
                             "UPDATE scim_value SET value = '%016" APR_INT64_T_FMT
                             "' WHERE attr = '#tombstone' AND rid = %" APR_INT64_T_FMT,
                             since, rid));
}

/* ---- reads ---- */

scim_row_t *life_get(const char *type, const char *id)
{
    db_request_t r = db_request(env);
    scim_row_t *row;

    db_ok(scim_store_get(&row, r.store, db_type(type), id, pool));
    db_request_end(&r);
    return row;
}

apr_int64_t life_count(const char *what)
{
    return db_count(env,
                    apr_pstrcat(pool, "SELECT COUNT(*) FROM ", what, " AND tenant = %s", NULL));
}

apr_int64_t life_counter(const char *column)
{
    return db_count(env, apr_psprintf(pool,
                                      "SELECT SUM(%s) FROM scim_counter "
                                      "WHERE type = 'User' AND tenant = %%s",
                                      column));
}

apr_int64_t life_found(const char *filter)
{
    scim_list_t l = {db_type("User"), NULL, 0, 100, NULL};
    db_request_t r = db_request(env);
    apr_array_header_t *rows;
    apr_int64_t total;

    l.filter = filter ? db_filter(filter, "User", pool) : NULL;
    db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
    ck_assert_int_eq(rows->nelts, total > 100 ? 100 : total);
    db_request_end(&r);
    return total;
}
