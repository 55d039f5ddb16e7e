/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_one_group.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_grouping.h"
#include "scim_member_of.h"
#include "scim_nesting_impl.h"
#include "scim_seat.h"

/* Users that leave one group. */
typedef struct left_t {
    apr_array_header_t *ids; /* of const char * */
    apr_hash_t *named;       /* as in scim_group_t */
} left_t;

/* Those that leave any. */
typedef struct leaving_t {
    scim_store_t *store;
    const scim_group_t *group; /* where they get in */
    apr_hash_t *by_group;      /* number as text -> left_t */
    apr_array_header_t *rids;  /* of the groups */
    apr_pool_t *pool;
} leaving_t;

int scim_one_group_only(const scim_store_t *store)
{
    return store->tenant->grouping && store->tenant->grouping->one_group;
}

scim_error_t *scim_one_group_begin(scim_store_t *store, const scim_resource_type_t *type, int alone,
                                   apr_pool_t *p)
{
    if (!scim_one_group_only(store) || !scim_type_attr_at(type, SCIM_AT_MEMBERS)) {
        return NULL;
    }
    return scim_seat_lock(store, SCIM_SEAT_MOVES, !alone, p);
}

scim_error_t *scim_one_group_lock(scim_store_t *store, const apr_array_header_t *rids,
                                  apr_pool_t *p)
{
    return scim_one_group_only(store) ? scim_member_of_lock(store, rids, p) : NULL;
}

static left_t *left_of(const leaving_t *l, const char *rid)
{
    left_t *left = apr_hash_get(l->by_group, rid, APR_HASH_KEY_STRING);

    if (!left) {
        left = apr_palloc(l->pool, sizeof(*left));
        left->ids = apr_array_make(l->pool, 8, sizeof(const char *));
        left->named = apr_hash_make(l->pool);
        apr_hash_set(l->by_group, apr_pstrdup(l->pool, rid), APR_HASH_KEY_STRING, left);
        scim_store_push_rid(l->rids, apr_atoi64(rid));
    }
    return left;
}

static scim_error_t *read_left(void *baton, const char *const *cols)
{
    const leaving_t *l = baton;
    left_t *left = left_of(l, cols[0]);
    apr_int64_t *rid = apr_palloc(l->pool, sizeof(*rid));
    const char *id = apr_pstrdup(l->pool, cols[2]);

    *rid = apr_atoi64(cols[1]);
    apr_hash_set(left->named, id, APR_HASH_KEY_STRING, rid);
    APR_ARRAY_PUSH(left->ids, const char *) = id;
    return NULL;
}

static scim_error_t *find_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    const leaving_t *l = baton;
    const char *tenant = l->store->tenant->name;
    const scim_resource_type_t *user = scim_store_type_with(l->store, SCIM_AT_GROUPS);
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql,
                  "SELECT m.group_rid, r.rid, r.id FROM scim_member m JOIN scim_resource r "
                  "ON r.rid = m.member_rid WHERE m.tenant = %s AND r.tenant = %s AND r.type = %s "
                  "AND m.group_rid <> %s AND m.member_rid IN ",
                  tenant, tenant, user ? user->name : "", scim_store_int(l->group->row->rid, p),
                  NULL);
    scim_sql_list(sql, rids, n);
    return scim_store_select(l->store, sql, 1, 3, read_left, baton);
}

static scim_error_t *leave_one(const leaving_t *l, scim_row_t *row)
{
    const left_t *left =
        apr_hash_get(l->by_group, scim_store_int(row->rid, l->pool), APR_HASH_KEY_STRING);
    scim_member_step_t step = {SCIM_MEMBER_REMOVE, NULL, 0, NULL};
    scim_patch_t plan = {NULL, 0, &step, 1, NULL};
    scim_group_t group = {.row = row, .access = SCIM_GROUP_SHARED};
    scim_membership_t done;

    if (!left) {
        return NULL; /* the one that they get into */
    }
    step.ids = (const char *const *)(const void *)left->ids->elts;
    step.n = left->ids->nelts;
    group.named = left->named;
    return scim_store_members_apply(&done, l->store, &group, &plan, l->pool);
}

scim_error_t *scim_one_group_leave(scim_store_t *store, const scim_group_t *group,
                                   const apr_array_header_t *rids, apr_pool_t *p)
{
    leaving_t l = {store, group, apr_hash_make(p), apr_array_make(p, 4, sizeof(apr_int64_t)), p};
    apr_array_header_t *rows;
    scim_error_t *err;
    int i;

    /* What is taken over from the application's join table is as the application has it. */
    if (!scim_one_group_only(store) || store->adopting) {
        return NULL;
    }
    err = scim_store_each_rids(rids, find_some, &l, p);
    if (err || l.rids->nelts == 0) {
        return err;
    }
    if (group->access == SCIM_GROUP_SHARED) {
        scim_store_push_rid(l.rids, group->row->rid);
    }
    scim_store_sort_rids(l.rids);
    err = scim_nesting_lock_rids(&rows, store, l.rids, p);
    for (i = 0; !err && i < rows->nelts; i++) {
        err = leave_one(&l, &APR_ARRAY_IDX(rows, i, scim_row_t));
    }
    return err;
}
