/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_map_adopt.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_index.h"
#include "scim_map_impl.h"

/* ---- memberships ---- */

static scim_error_t *read_text(void *baton, const char *const *cols)
{
    apr_array_header_t *found = baton;

    if (cols[0]) {
        APR_ARRAY_PUSH(found, const char *) = apr_pstrdup(found->pool, cols[0]);
    }
    return NULL;
}

/* The keys that the join table has beside one: of a group its users, of a user its groups. */
static scim_error_t *select_others(apr_array_header_t *keys, scim_store_t *store,
                                   const scim_map_members_t *m, int of_group, const char *key)
{
    scim_map_target_t target = {NULL, m->table, "membership", 0};
    scim_sql_t *sql = scim_sql_make(keys->pool);

    scim_sql_add(sql, "SELECT ");
    scim_map_as_text(sql, store, "j", of_group ? m->user : m->group);
    scim_sql_add(sql, " FROM ");
    scim_map_name(sql, store, NULL, m->table);
    scim_sql_add(sql, " j WHERE ");
    scim_map_name(sql, store, "j", of_group ? m->group : m->user);
    scim_sql_addv(sql, " = %s", key, NULL);
    scim_map_where(sql, store, "j", m->pairs);
    return scim_map_select(store, &target, sql, 1, read_text, keys);
}

/* The ids of the resources that rows with these keys are linked to. */
static scim_error_t *select_ids(apr_array_header_t *ids, scim_store_t *store, const char *type,
                                const char *const *keys, int n)
{
    scim_sql_t *sql = scim_sql_make(ids->pool);

    scim_sql_addv(sql,
                  "SELECT r.id FROM scim_link l JOIN scim_resource r ON r.rid = l.rid "
                  "WHERE r.tenant = %s AND l.tenant = %s AND l.type = %s AND l.app_key IN ",
                  store->tenant->name, store->tenant->name, type, NULL);
    scim_sql_list(sql, keys, n);
    return scim_store_select(store, sql, 1, 1, read_text, ids);
}

static scim_error_t *others_of(apr_array_header_t **ids, scim_store_t *store, int of_group,
                               const char *key, apr_pool_t *p)
{
    const scim_map_t *map = store->tenant->map;
    const scim_map_table_t *others = of_group ? map->users : map->groups;
    apr_array_header_t *keys = apr_array_make(p, 16, sizeof(const char *));
    scim_error_t *err = select_others(keys, store, map->members, of_group, key);
    int i;

    *ids = apr_array_make(p, 16, sizeof(const char *));
    for (i = 0; i < keys->nelts && !err; i += SCIM_SQL_LIST) {
        int n = keys->nelts - i < SCIM_SQL_LIST ? keys->nelts - i : SCIM_SQL_LIST;
        err = select_ids(*ids, store, others->type->name, &APR_ARRAY_IDX(keys, i, const char *), n);
    }
    return err;
}

static scim_error_t *add_members(scim_store_t *store, scim_row_t *group, scim_group_access_t access,
                                 const char *const *ids, int n, apr_pool_t *p)
{
    scim_member_step_t step = {SCIM_MEMBER_ADD, ids, n, NULL};
    scim_patch_t plan = {.members = &step, .nmembers = 1};
    scim_group_t state = {.row = group, .access = access};
    scim_membership_t done;
    scim_error_t *err;

    store->adopting = 1; /* the join table has them already */
    err = scim_store_members_apply(&done, store, &state, &plan, p);
    store->adopting = 0;
    return err;
}

static scim_error_t *join_groups(scim_store_t *store, const char *id,
                                 const apr_array_header_t *groups, apr_pool_t *p)
{
    const scim_resource_type_t *type = store->tenant->map->groups->type;
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < groups->nelts && !err; i++) {
        scim_row_t *group;
        err = scim_store_lock(&group, store, type, APR_ARRAY_IDX(groups, i, const char *), p);
        if (!err && group) {
            err = add_members(store, group, SCIM_GROUP_LOCKED, &id, 1, p);
        }
    }
    return err;
}

scim_error_t *scim_adopt_members(int *any, scim_store_t *store, const scim_map_table_t *t,
                                 scim_row_t *row, scim_group_access_t access, const char *key,
                                 apr_pool_t *p)
{
    const scim_map_t *map = store->tenant->map;
    int of_group = t == map->groups;
    apr_array_header_t *ids;
    scim_error_t *err;

    *any = 0;
    if (!map->members || (!of_group && t != map->users)) {
        return NULL;
    }
    err = others_of(&ids, store, of_group, key, p);
    if (err || ids->nelts == 0) {
        return err;
    }
    *any = 1;
    return of_group ? add_members(store, row, access, (const char *const *)(const void *)ids->elts,
                                  ids->nelts, p)
                    : join_groups(store, row->id, ids, p);
}

/* ---- the resource ---- */

/* A resource that has the name already. */
typedef struct namesake_t {
    const char *id; /* NULL: there is none */
    int linked;
    apr_time_t tombstone; /* since when it is one; 0: it is none */
    apr_pool_t *pool;
} namesake_t;

static scim_error_t *read_namesake(void *baton, const char *const *cols)
{
    namesake_t *n = baton;

    n->id = apr_pstrdup(n->pool, cols[0]);
    n->linked = cols[1] != NULL;
    n->tombstone = cols[2] ? (apr_time_t)apr_atoi64(cols[2]) * 1000 : 0;
    return NULL;
}

static scim_error_t *find_namesake(namesake_t *n, scim_store_t *store,
                                   const scim_resource_type_t *type, const json_t *doc)
{
    scim_sql_t *sql = scim_sql_make(n->pool);
    scim_index_columns_t cols;

    scim_index_columns(&cols, type, doc, n->pool);
    scim_sql_addv(sql,
                  "SELECT r.id, l.app_key, r.tombstone FROM scim_resource r LEFT JOIN scim_link l "
                  "ON l.tenant = %s AND l.type = %s AND l.rid = r.rid "
                  "WHERE r.tenant = %s AND r.type = %s AND r.ukey = %s",
                  store->tenant->name, type->name, store->tenant->name, type->name, cols.ukey,
                  NULL);
    return scim_store_select(store, sql, 1, 3, read_namesake, n);
}

scim_error_t *scim_adopt_namesake(int *there, apr_time_t *tombstone, scim_store_t *store,
                                  const scim_resource_type_t *type, const scim_adoptable_t *found,
                                  apr_pool_t *p)
{
    const scim_map_table_t *t = scim_map_table(store->tenant->map, type);
    namesake_t same = {NULL, 0, 0, p};
    scim_error_t *err = find_namesake(&same, store, type, found->doc);

    *there = same.id != NULL;
    *tombstone = same.tombstone;
    return err || !same.id || same.linked || same.tombstone
               ? err
               : scim_map_link(store, t, same.id, found->key, p);
}

scim_error_t *scim_adopt(scim_row_t **row, scim_store_t *store, const scim_resource_type_t *type,
                         const scim_adoptable_t *found, apr_pool_t *p)
{
    const scim_map_table_t *t = scim_map_table(store->tenant->map, type);
    scim_error_t *err;
    int any;

    scim_store_grant_seats(store); /* a lookup must find who is there, whatever was bought */
    err = scim_store_insert_linked(row, store, type, found->doc, found->key, p);

    return err ? err : scim_adopt_members(&any, store, t, *row, SCIM_GROUP_NEW, found->key, p);
}
