/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_map_impl.h"

static scim_map_target_t target_of(const scim_map_members_t *m, int deletes)
{
    scim_map_target_t target = {NULL, m->table, "membership", deletes};

    return target;
}

static const scim_map_members_t *members_of(const scim_store_t *store)
{
    return store->tenant->map ? store->tenant->map->members : NULL;
}

/* ---- keys of both sides ---- */

typedef struct keys_t {
    const scim_map_t *map;
    const char *group;         /* NULL: it has no row */
    apr_array_header_t *users; /* const char * */
    apr_pool_t *pool;
} keys_t;

static scim_error_t *read_keys(void *baton, const char *const *cols)
{
    keys_t *k = baton;

    if (strcmp(cols[0], k->map->groups->type->name) == 0) {
        k->group = apr_pstrdup(k->pool, cols[1]);
    } else {
        APR_ARRAY_PUSH(k->users, const char *) = apr_pstrdup(k->pool, cols[1]);
    }
    return NULL;
}

/* One SELECT by the primary key, for the group and for whom comes or goes. */
static scim_error_t *select_keys(keys_t *k, scim_store_t *store, const char *group_rid,
                                 const char *const *rids, int n)
{
    scim_sql_t *sql = scim_sql_make(k->pool);

    scim_sql_addv(sql,
                  "SELECT l.type, l.app_key FROM scim_link l WHERE l.tenant = %s "
                  "AND l.type = %s AND l.rid = %s UNION ALL "
                  "SELECT l.type, l.app_key FROM scim_link l WHERE l.tenant = %s "
                  "AND l.type = %s AND l.rid IN ",
                  store->tenant->name, k->map->groups->type->name, group_rid, store->tenant->name,
                  k->map->users->type->name, NULL);
    scim_sql_list(sql, rids, n);
    return scim_store_select(store, sql, 1, 2, read_keys, k);
}

/* ---- rows of the join table ---- */

static void add_names(scim_sql_t *sql, const scim_store_t *store, const scim_map_members_t *m)
{
    int i;

    scim_sql_add(sql, " (");
    scim_map_name(sql, store, NULL, m->group);
    scim_sql_add(sql, ", ");
    scim_map_name(sql, store, NULL, m->user);
    for (i = 0; i < m->pairs->nelts; i++) {
        scim_sql_add(sql, ", ");
        scim_map_name(sql, store, NULL, APR_ARRAY_IDX(m->pairs, i, scim_map_pair_t).column);
    }
    scim_sql_add(sql, ")");
}

static void add_values(scim_sql_t *sql, const scim_store_t *store, const scim_map_members_t *m,
                       const char *group, const char *user)
{
    int i;

    scim_sql_addv(sql, "(%s, %s", group, user, NULL);
    for (i = 0; i < m->pairs->nelts; i++) {
        scim_sql_add(sql, ", ");
        scim_sql_bind(sql, scim_map_text(store, APR_ARRAY_IDX(m->pairs, i, scim_map_pair_t).value,
                                         sql->text->pool));
    }
    scim_sql_add(sql, ")");
}

/* Filled up as a list is: a row that is there twice is skipped. */
static scim_error_t *insert_rows(scim_store_t *store, const scim_map_members_t *m,
                                 const char *group, const char *const *users, int n, apr_pool_t *p)
{
    scim_map_target_t target = target_of(m, 0);
    scim_sql_t *sql = scim_sql_make(p);
    int size = scim_sql_list_size(n);
    int i;

    scim_sql_add(sql, "INSERT INTO ");
    scim_map_name(sql, store, NULL, m->table);
    add_names(sql, store, m);
    for (i = 0; i < size; i++) {
        scim_sql_add(sql, i ? ", " : " VALUES ");
        add_values(sql, store, m, group, users[i < n ? i : n - 1]);
    }
    scim_map_skip_duplicate(sql, store, m->group);
    return scim_map_exec(NULL, store, &target, sql, 1);
}

static void delete_from(scim_sql_t *sql, const scim_store_t *store, const scim_map_members_t *m,
                        const char *column, const char *key)
{
    scim_sql_add(sql, "DELETE FROM ");
    scim_map_name(sql, store, NULL, m->table);
    scim_sql_add(sql, " WHERE ");
    scim_map_name(sql, store, NULL, column);
    scim_sql_add(sql, " = ");
    scim_sql_bind(sql, key);
    scim_map_where(sql, store, NULL, m->pairs);
}

static scim_error_t *delete_rows(scim_store_t *store, const scim_map_members_t *m,
                                 const char *group, const char *const *users, int n, apr_pool_t *p)
{
    scim_map_target_t target = target_of(m, 1);
    scim_sql_t *sql = scim_sql_make(p);

    delete_from(sql, store, m, m->group, group);
    scim_sql_add(sql, " AND ");
    scim_map_name(sql, store, NULL, m->user);
    scim_sql_add(sql, " IN ");
    scim_sql_list(sql, users, n);
    return scim_map_exec(NULL, store, &target, sql, 1);
}

scim_error_t *scim_map_members(scim_store_t *store, const char *group_rid, const char *const *rids,
                               int n, int add, apr_pool_t *p)
{
    const scim_map_members_t *m = members_of(store);
    keys_t k = {store->tenant->map, NULL, NULL, p};
    const char *const *users;
    scim_error_t *err;

    if (!m || store->adopting || n == 0) {
        return NULL;
    }
    k.users = apr_array_make(p, n, sizeof(const char *));
    err = select_keys(&k, store, group_rid, rids, n);
    if (err || !k.group || k.users->nelts == 0) {
        return err;
    }
    users = (const char *const *)(const void *)k.users->elts;
    return add ? insert_rows(store, m, k.group, users, k.users->nelts, p)
               : delete_rows(store, m, k.group, users, k.users->nelts, p);
}

/* ---- one side ends ---- */

static const char *column_of(const scim_store_t *store, const scim_map_table_t *of)
{
    const scim_map_members_t *m = members_of(store);

    return of == store->tenant->map->groups  ? m->group
           : of == store->tenant->map->users ? m->user
                                             : NULL;
}

scim_error_t *scim_map_members_end(scim_store_t *store, const scim_map_table_t *of, const char *key,
                                   apr_pool_t *p)
{
    const scim_map_members_t *m = members_of(store);
    scim_sql_t *sql = scim_sql_make(p);
    scim_map_target_t target;

    if (!m || !column_of(store, of)) {
        return NULL;
    }
    target = target_of(m, 1);
    delete_from(sql, store, m, column_of(store, of), key);
    return scim_map_exec(NULL, store, &target, sql, 1);
}

scim_error_t *scim_map_members_leave(scim_store_t *store, const char *key, apr_pool_t *p)
{
    const scim_map_members_t *m = members_of(store);
    const scim_map_table_t *groups;
    scim_sql_t *sql = scim_sql_make(p);
    scim_map_target_t target;

    if (!m) {
        return NULL;
    }
    groups = store->tenant->map->groups;
    target = target_of(m, 1);
    delete_from(sql, store, m, m->user, key);
    if (groups->constants->nelts) {
        scim_sql_add(sql, " AND ");
        scim_map_name(sql, store, NULL, m->group);
        scim_sql_add(sql, " IN (SELECT ");
        scim_map_name(sql, store, "g", groups->key);
        scim_sql_add(sql, " FROM ");
        scim_map_name(sql, store, NULL, groups->table);
        scim_sql_add(sql, " g WHERE 1 = 1");
        scim_map_where(sql, store, "g", groups->constants);
        scim_sql_add(sql, ")");
    }
    return scim_map_exec(NULL, store, &target, sql, 1);
}

scim_error_t *scim_map_members_rename(scim_store_t *store, const scim_map_table_t *of,
                                      const char *from, const char *to, apr_pool_t *p)
{
    const scim_map_members_t *m = members_of(store);
    scim_sql_t *sql = scim_sql_make(p);
    scim_map_target_t target;
    const char *column;

    if (!m || !column_of(store, of)) {
        return NULL;
    }
    column = column_of(store, of);
    target = target_of(m, 0);
    scim_sql_add(sql, "UPDATE ");
    scim_map_name(sql, store, NULL, m->table);
    scim_sql_add(sql, " SET ");
    scim_map_name(sql, store, NULL, column);
    scim_sql_addv(sql, " = %s WHERE ", to, NULL);
    scim_map_name(sql, store, NULL, column);
    scim_sql_addv(sql, " = %s", from, NULL);
    scim_map_where(sql, store, NULL, m->pairs);
    return scim_map_exec(NULL, store, &target, sql, 1);
}

/* ---- written anew ---- */

typedef struct restoring_t {
    scim_store_t *store;
    const char *rid;
    int of_group;
} restoring_t;

static scim_error_t *restore_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    const restoring_t *r = baton;
    scim_error_t *err = NULL;
    int i;

    if (r->of_group) {
        return scim_map_members(r->store, r->rid, rids, n, 1, p);
    }
    for (i = 0; i < n && !err; i++) {
        err = scim_map_members(r->store, rids[i], &r->rid, 1, 1, p);
    }
    return err;
}

scim_error_t *scim_map_members_restore(scim_store_t *store, const scim_map_table_t *of,
                                       const char *rid, apr_pool_t *p)
{
    restoring_t r = {store, rid, 0};
    apr_array_header_t *rids;
    scim_error_t *err;

    if (!members_of(store) || !column_of(store, of)) {
        return NULL;
    }
    r.of_group = of == store->tenant->map->groups;
    err = r.of_group ? scim_store_member_rids(&rids, store, apr_atoi64(rid), p)
                     : scim_store_group_rids(&rids, store, apr_atoi64(rid), p);
    return err ? err : scim_store_each_rids(rids, restore_some, &r, p);
}
