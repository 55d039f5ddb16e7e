/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_id.h"
#include "scim_life.h"
#include "scim_one_group.h"

/* ---- one resource ---- */

static scim_error_t *read_one(scim_reading_t *reading, const scim_resource_type_t *type,
                              const char *id)
{
    scim_store_t *store = reading->store;
    scim_sql_t *sql = scim_sql_make(reading->pool);

    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, scim_dbd_dialect(store->db), SCIM_STORE_BEGINNING);
    scim_sql_addv(sql, " FROM scim_resource r WHERE r.tenant = %s AND r.id = %s AND r.type = %s",
                  store->tenant->name, id, type->name, NULL);
    return scim_store_select(store, sql, 1, SCIM_ROW_COLUMNS, scim_store_read_row, reading);
}

scim_error_t *scim_store_get(scim_row_t **row, scim_store_t *store,
                             const scim_resource_type_t *type, const char *id, apr_pool_t *p)
{
    scim_reading_t reading = {store, apr_array_make(p, 1, sizeof(scim_row_t)), p, 0};
    scim_row_t *found;
    scim_error_t *err;
    int done = 0;

    *row = NULL;
    if (strlen(id) > SCIM_ID_MAX) {
        return NULL;
    }
    err = scim_dbd_open(store->db);
    if (err) {
        return err;
    }
    if (store->guard && !store->guard->judged) {
        err = scim_guard_read(&done, &reading, type, id);
    }
    if (!err && !done) {
        err = read_one(&reading, type, id);
    }
    if (err || reading.rows->nelts == 0) {
        return err;
    }
    found = &APR_ARRAY_IDX(reading.rows, 0, scim_row_t);
    err = scim_store_complete(store, found, 1, "", p);
    if (err) {
        return err;
    }
    if (found->rid && !scim_life_is_gone(store->tenant, found->tombstone, apr_time_now())) {
        *row = found;
    }
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

/* ---- a group and whom a plan names ---- */

typedef struct sharing_t {
    scim_reading_t reading; /* of the group's row */
    scim_group_t *group;
    const scim_resource_type_t *type;
    const char *id;
} sharing_t;

/* The resource's type, its row, and the number, id and type of someone named. */
static scim_error_t *read_shared(void *baton, const char *const *cols)
{
    sharing_t *s = baton;
    apr_pool_t *p = s->reading.pool;
    const char *const *named = cols + 1 + SCIM_ROW_COLUMNS;

    if (named[0]) {
        apr_int64_t *rid = apr_palloc(p, sizeof(*rid));
        *rid = apr_atoi64(named[0]);
        apr_hash_set(s->group->named, apr_pstrdup(p, named[1]), APR_HASH_KEY_STRING, rid);
        s->group->groups |= strcmp(named[2], s->type->name) == 0 && strcmp(named[1], s->id) != 0;
    }
    if (strcmp(cols[2], s->id) == 0 && strcmp(cols[0], s->type->name) == 0) {
        return scim_store_read_row(&s->reading, cols);
    }
    return NULL;
}

/* Append the ids that a plan names, as far as they fit. */
static void list_named(apr_array_header_t *ids, const scim_patch_t *plan)
{
    int i;
    int j;

    for (i = 0; i < plan->nmembers; i++) {
        const scim_member_step_t *step = &plan->members[i];
        for (j = 0; j < step->n && ids->nelts <= SCIM_SQL_LIST; j++) {
            if (strlen(step->ids[j]) <= SCIM_ID_MAX) {
                APR_ARRAY_PUSH(ids, const char *) = step->ids[j];
            }
        }
    }
}

/* " FROM …" for a group and one more: two rows found by their whole keys, before any planning. */
static void from_two(scim_sql_t *sql, const scim_store_t *store, const char *const *ids)
{
    scim_sql_addv(
        sql,
        "m.rid, m.id, m.type FROM scim_resource r LEFT JOIN scim_resource m ON m.tenant = %s "
        "AND m.id = %s AND m.type IN (%s, %s) AND m.tombstone IS NULL "
        "WHERE r.tenant = %s AND r.id = %s",
        store->tenant->name, ids[1], "User", "Group", store->tenant->name, ids[0], NULL);
}

static void from_list(scim_sql_t *sql, const scim_store_t *store, const char *const *ids, int n)
{
    scim_sql_add(sql, "r.rid, r.id, r.type FROM scim_resource r");
    scim_store_hint(sql, scim_dbd_dialect(store->db), "scim_resource_id");
    scim_sql_addv(sql,
                  " WHERE r.tenant = %s AND r.type IN (%s, %s) AND r.tombstone IS NULL "
                  "AND r.id IN ",
                  store->tenant->name, "User", "Group", NULL);
    scim_sql_list(sql, ids, n);
}

/* Of many, only the group: whom the plan names is looked up in pieces. */
static scim_sql_t *share_statement(const scim_store_t *store, const apr_array_header_t *ids)
{
    const char *const *list = (const char *const *)(const void *)ids->elts;
    scim_sql_t *sql = scim_sql_make(ids->pool);

    scim_sql_add(sql, "SELECT r.type, ");
    scim_store_columns(sql, scim_dbd_dialect(store->db), SCIM_STORE_GROUPS);
    scim_sql_add(sql, ", ");
    if (ids->nelts == 2) {
        from_two(sql, store, list);
    } else {
        from_list(sql, store, list, ids->nelts > SCIM_SQL_LIST ? 1 : ids->nelts);
    }
    return sql;
}

scim_error_t *scim_store_share(scim_group_t *group, scim_store_t *store,
                               const scim_resource_type_t *type, const char *id,
                               const scim_patch_t *plan, apr_pool_t *p)
{
    sharing_t s = {{store, apr_array_make(p, 1, sizeof(scim_row_t)), p, 1}, group, type, id};
    apr_array_header_t *ids = apr_array_make(p, 8, sizeof(const char *));
    scim_row_t *row;
    scim_error_t *err = scim_dbd_open(store->db);

    memset(group, 0, sizeof(*group));
    group->access = SCIM_GROUP_SHARED;
    group->named = apr_hash_make(p);
    if (err || strlen(id) > SCIM_ID_MAX) {
        return err;
    }
    err = scim_one_group_begin(store, type, 0, p);
    if (err) {
        return err;
    }
    APR_ARRAY_PUSH(ids, const char *) = id;
    list_named(ids, plan);
    err = scim_store_select(store, share_statement(store, ids), 1, SCIM_ROW_COLUMNS + 4,
                            read_shared, &s);
    if (err || s.reading.rows->nelts == 0) {
        return err;
    }
    if (ids->nelts > SCIM_SQL_LIST) {
        group->named = NULL;
    }
    row = &APR_ARRAY_IDX(s.reading.rows, 0, scim_row_t);
    err = scim_store_complete(store, row, 1, "", p);
    group->row = !err && row->rid ? row : NULL;
    return err;
}
