/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_id.h"

/* ---- one resource ---- */

scim_error_t *scim_store_get(scim_row_t **row, scim_store_t *store,
                             const scim_resource_type_t *type, const char *id, apr_pool_t *p)
{
    scim_reading_t reading = {store, apr_array_make(p, 1, sizeof(scim_row_t)), p, 0};
    scim_sql_t *sql = scim_sql_make(p);
    scim_row_t *found;
    scim_error_t *err;

    *row = NULL;
    if (strlen(id) > SCIM_ID_MAX) {
        return NULL;
    }
    err = scim_dbd_open(store->db);
    if (err) {
        return err;
    }
    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, scim_dbd_dialect(store->db), 0);
    scim_sql_addv(sql, " FROM scim_resource r WHERE r.tenant = %s AND r.id = %s AND r.type = %s",
                  store->tenant->name, id, type->name, NULL);
    err = scim_store_select(store, sql, 1, SCIM_ROW_COLUMNS, scim_store_read_row, &reading);
    if (err || reading.rows->nelts == 0) {
        return err;
    }
    found = &APR_ARRAY_IDX(reading.rows, 0, scim_row_t);
    err = scim_store_complete(store, found, 1, "", p);
    if (err) {
        return err;
    }
    *row = found->rid ? found : NULL;
    return NULL;
}

/* ---- members ---- */

static scim_error_t *make_ref(scim_ref_t *ref, const scim_store_t *store, const char *const *cols,
                              apr_pool_t *p)
{
    ref->id = apr_pstrdup(p, cols[0]);
    ref->display = apr_pstrdup(p, cols[1]);
    ref->type = scim_catalog_type(store->tenant->catalog, cols[2] ? cols[2] : "");
    if (!ref->type) {
        return scim_error_internal(
            store->pool, 500, "SCIM2017",
            apr_psprintf(store->pool, "resource %s has a type that the tenant does not offer",
                         ref->id),
            "A member of the group could not be read.");
    }
    return NULL;
}

typedef struct members_t {
    const scim_store_t *store;
    apr_array_header_t *refs;
    apr_int64_t last;
    apr_pool_t *pool;
} members_t;

static scim_error_t *read_member(void *baton, const char *const *cols)
{
    members_t *m = baton;

    m->last = apr_atoi64(cols[0]);
    return make_ref(apr_array_push(m->refs), m->store, cols + 1, m->pool);
}

scim_error_t *scim_store_members(apr_array_header_t **refs, apr_int64_t *after, scim_store_t *store,
                                 apr_int64_t group, int limit, apr_pool_t *p)
{
    members_t m = {store, apr_array_make(p, limit < 64 ? limit + 1 : 64, sizeof(scim_ref_t)),
                   *after, p};
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT m.member_rid, u.id, u.display, u.type FROM scim_member m "
                  "JOIN scim_resource u ON u.rid = m.member_rid "
                  "WHERE m.tenant = %s AND u.tenant = %s AND m.group_rid = %s "
                  "AND m.member_rid > %s ORDER BY m.member_rid LIMIT %s",
                  store->tenant->name, store->tenant->name, scim_store_int(group, p),
                  scim_store_int(*after, p), scim_store_int(limit, p), NULL);
    err = scim_store_select(store, sql, 1, 4, read_member, &m);
    if (err) {
        return err;
    }
    *after = m.last;
    *refs = m.refs;
    return NULL;
}

scim_error_t *scim_store_member_count(int *n, scim_store_t *store, apr_int64_t group, int limit,
                                      apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    apr_int64_t count = 0;
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT COUNT(*) FROM (SELECT 1 AS one FROM scim_member m WHERE m.tenant = %s "
                  "AND m.group_rid = %s LIMIT %s) c",
                  store->tenant->name, scim_store_int(group, p), scim_store_int(limit, p), NULL);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_int, &count);
    if (!err) {
        *n = (int)count;
    }
    return err;
}
