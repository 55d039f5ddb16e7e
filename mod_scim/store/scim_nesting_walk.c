/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_nesting_impl.h"

#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

/* Where changes of a tenant's nesting queue. */
#define QUEUE "#nesting"

/* ---- locks ---- */

scim_error_t *scim_nesting_lock(scim_store_t *store, apr_pool_t *p)
{
    return scim_store_queue(store, QUEUE, p);
}

typedef struct locking_t {
    scim_store_t *store;
    apr_array_header_t *rows; /* of scim_row_t */
    const char *type;         /* the groups' resource type */
} locking_t;

static scim_error_t *read_group(void *baton, const char *const *cols)
{
    const locking_t *l = baton;
    scim_row_t *row;

    if (strcmp(cols[4], l->type)) {
        return NULL;
    }
    row = apr_array_push(l->rows);
    memset(row, 0, sizeof(*row));
    row->rid = apr_atoi64(cols[0]);
    row->id = apr_pstrdup(l->rows->pool, cols[1]);
    row->display = apr_pstrdup(l->rows->pool, cols[2]);
    row->member_of = apr_pstrdup(l->rows->pool, cols[3]);
    return NULL;
}

/* The type is not in WHERE: see scim_member_of.c. */
scim_error_t *scim_nesting_lock_groups(apr_array_header_t *rows, scim_store_t *store,
                                       const char *column, const char *const *keys, int n,
                                       apr_pool_t *p)
{
    locking_t l = {store, rows, scim_store_type_with(store, SCIM_AT_MEMBERS)->name};
    const scim_dialect_t *dialect = scim_dbd_dialect(store->db);
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_add(sql, "SELECT r.rid, r.id, r.display, SUBSTR(r.member_of, 1, 8), r.type "
                      "FROM scim_resource r");
    if (strcmp(column, "rid") == 0) {
        scim_sql_add(sql, dialect->by_rid);
    } else {
        scim_store_hint(sql, dialect, "scim_resource_id");
    }
    scim_sql_addv(sql, " WHERE r.tenant = %s AND r.", store->tenant->name, NULL);
    scim_sql_add(sql, column);
    scim_sql_add(sql, " IN ");
    scim_sql_list(sql, keys, n);
    scim_sql_add(sql, dialect->for_update);
    return scim_store_select(store, sql, 1, 5, read_group, &l);
}

static scim_error_t *lock_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    const locking_t *l = baton;

    return scim_nesting_lock_groups(l->rows, l->store, "rid", rids, n, p);
}

scim_error_t *scim_nesting_lock_rids(apr_array_header_t **rows, scim_store_t *store,
                                     const apr_array_header_t *rids, apr_pool_t *p)
{
    locking_t l = {store, apr_array_make(p, rids->nelts + 1, sizeof(scim_row_t)), NULL};

    *rows = l.rows;
    return scim_store_each_rids(rids, lock_some, &l, p);
}

/* ---- walks ---- */

static scim_error_t *read_place(void *baton, const char *const *cols)
{
    scim_walk_t *w = baton;
    int depth = atoi(cols[1]);

    scim_store_push_rid(w->rids, apr_atoi64(cols[0]));
    w->depth = depth > w->depth ? depth : w->depth;
    return NULL;
}

#define WALK(from, to)                                                                             \
    "WITH RECURSIVE walk (rid, depth) AS (SELECT n." to ", 1 FROM scim_nesting n "                 \
    "WHERE n.tenant = %s AND n." from " IN "

#define WALK_ON(from, to)                                                                          \
    " UNION SELECT n." to ", w.depth + 1 FROM walk w JOIN scim_nesting n ON n." from " = w.rid "   \
    "WHERE n.tenant = %s AND w.depth <= " SCIM_NESTING_TEXT(                                       \
        SCIM_NESTING_LEVELS) ") "                                                                  \
                             "SELECT w.rid, MAX(w.depth) FROM walk w GROUP BY w.rid ORDER BY "     \
                             "w.rid"

static scim_error_t *walk_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    scim_walk_t *w = baton;
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql, w->down ? WALK("group_rid", "member_rid") : WALK("member_rid", "group_rid"),
                  w->store->tenant->name, NULL);
    scim_sql_list(sql, rids, n);
    scim_sql_addv(sql,
                  w->down ? WALK_ON("group_rid", "member_rid") : WALK_ON("member_rid", "group_rid"),
                  w->store->tenant->name, NULL);
    return scim_store_select(w->store, sql, 1, 2, read_place, w);
}

scim_error_t *scim_nesting_walk(scim_walk_t *w, scim_store_t *store, const apr_array_header_t *rids,
                                int down, apr_pool_t *p)
{
    scim_error_t *err;

    w->store = store;
    w->down = down;
    w->rids = apr_array_make(p, 8, sizeof(apr_int64_t));
    w->depth = 0;
    err = scim_store_each_rids(rids, walk_some, w, p);
    scim_store_sort_rids(w->rids);
    return err;
}

/* ---- the groups above, for a reply ---- */

typedef struct above_t {
    scim_store_t *store;
    const scim_resource_type_t *type;
} above_t;

static scim_error_t *read_above(void *baton, const char *const *cols)
{
    const above_t *a = baton;
    apr_array_header_t *refs = apr_hash_get(a->store->above, cols[0], APR_HASH_KEY_STRING);
    scim_ref_t *ref;

    if (!refs) {
        return NULL;
    }
    ref = apr_array_push(refs);
    ref->id = apr_pstrdup(refs->pool, cols[1]);
    ref->display = apr_pstrdup(refs->pool, cols[2]);
    ref->type = a->type;
    ref->indirect = 1;
    return NULL;
}

static scim_error_t *select_above(above_t *a, const char *const *ids, int n, apr_pool_t *p)
{
    const char *tenant = a->store->tenant->name;
    scim_sql_t *sql = scim_sql_make(p);
    int i;

    for (i = 0; i < n; i++) {
        apr_hash_set(a->store->above, apr_pstrdup(a->store->pool, ids[i]), APR_HASH_KEY_STRING,
                     apr_array_make(a->store->pool, 2, sizeof(scim_ref_t)));
    }
    scim_sql_addv(sql,
                  "WITH RECURSIVE walk (origin, rid) AS (SELECT n.member_rid, n.group_rid "
                  "FROM scim_nesting n JOIN scim_resource o ON o.rid = n.member_rid "
                  "WHERE n.tenant = %s AND o.tenant = %s AND o.id IN ",
                  tenant, tenant, NULL);
    scim_sql_list(sql, ids, n);
    scim_sql_addv(sql,
                  " UNION SELECT w.origin, n.group_rid FROM walk w JOIN scim_nesting n "
                  "ON n.member_rid = w.rid WHERE n.tenant = %s) "
                  "SELECT o.id, g.id, g.display FROM walk w JOIN scim_resource o "
                  "ON o.rid = w.origin JOIN scim_resource g ON g.rid = w.rid "
                  "WHERE o.tenant = %s AND g.tenant = %s ORDER BY g.rid",
                  tenant, tenant, tenant, NULL);
    return scim_store_select(a->store, sql, 1, 3, read_above, a);
}

scim_error_t *scim_nesting_above(apr_hash_t **above, scim_store_t *store,
                                 const scim_resource_type_t *type, const apr_array_header_t *ids,
                                 apr_pool_t *p)
{
    above_t a = {store, type};
    const char *list[SCIM_SQL_LIST];
    scim_error_t *err = NULL;
    int n = 0;
    int i;

    if (!store->above) {
        store->above = apr_hash_make(store->pool);
    }
    for (i = 0; i < ids->nelts && !err; i++) {
        const char *id = APR_ARRAY_IDX(ids, i, const char *);
        if (!apr_hash_get(store->above, id, APR_HASH_KEY_STRING)) {
            list[n++] = id;
        }
        if (n == SCIM_SQL_LIST) {
            err = select_above(&a, list, n, p);
            n = 0;
        }
    }
    if (n && !err) {
        err = select_above(&a, list, n, p);
    }
    *above = store->above;
    return err;
}
