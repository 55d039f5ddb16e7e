/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_map_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_grouping.h"
#include "scim_id.h"
#include "scim_match.h"
#include "scim_member_of.h"
#include "scim_nesting.h"
#include "scim_one_group.h"
#include "scim_seat.h"

/* Ids of one statement. */
#define CHUNK SCIM_SQL_LIST

/* Members of one statement while a filter is matched against them. */
#define FILTER_PAGE 1000

/* So many members may a plan's filters have looked at when one more begins; the row is locked. */
#define FILTER_LOOKS 1000000

/* A membership plan being run. */
typedef struct plan_t {
    scim_store_t *store;
    const scim_group_t *group;
    const char *group_rid;
    scim_membership_t done;
    apr_time_t now;
    apr_int64_t looks; /* members that filters have looked at */
    apr_pool_t *pool;
    apr_pool_t *chunk; /* cleared for each statement */
    /* Who came or went last, and whose rows do not show it yet: with the last ones the group's
     * row changes in the same statement. */
    apr_array_header_t *pending;
    int pending_add;
    int grown;            /* members that came, less those that went */
    int groups;           /* groups are among those whose numbers were read */
    int gone;             /* groups may be among those that went */
    scim_nested_t nested; /* what becomes of groups in the step whose numbers are being read */
} plan_t;

typedef scim_error_t *(ids_fn)(plan_t *plan, const char *const *ids, int n,
                               apr_array_header_t *rids);

/* Calls fn for chunks of the ids. Longer ones than any that exists are unknown without a query. */
static scim_error_t *each_chunk(plan_t *plan, const scim_member_step_t *step, ids_fn *fn,
                                apr_array_header_t *rids)
{
    const char *ids[CHUNK];
    scim_error_t *err = NULL;
    int n = 0;
    int i;

    for (i = 0; i < step->n && !err; i++) {
        if (strlen(step->ids[i]) <= SCIM_ID_MAX) {
            ids[n++] = step->ids[i];
        } else {
            plan->done.unknown += step->op != SCIM_MEMBER_REMOVE;
        }
        if (n == CHUNK) {
            err = fn(plan, ids, n, rids);
            n = 0;
        }
    }
    return n && !err ? fn(plan, ids, n, rids) : err;
}

/* ---- numbers of rows ---- */

typedef struct resolving_t {
    apr_array_header_t *rids;
    int groups;
    int leave_groups; /* 1: only count them */
} resolving_t;

static scim_error_t *read_known(void *baton, const char *const *cols)
{
    resolving_t *r = baton;
    int is_group = strcmp(cols[1], "Group") == 0;

    r->groups += is_group;
    return is_group && r->leave_groups ? NULL : scim_store_read_rid(r->rids, cols);
}

static scim_error_t *no_groups_in_groups(const plan_t *plan)
{
    return scim_error_make(plan->store->pool, 400, SCIM_TYPE_INVALID_VALUE,
                           "A group cannot be a member of another group here.");
}

static scim_error_t *select_ids(plan_t *plan, const char *const *ids, int n,
                                apr_array_header_t *rids)
{
    scim_sql_t *sql = scim_sql_make(plan->chunk);
    resolving_t r = {rids, 0, plan->nested != SCIM_NESTED_ALLOW};
    int before = rids->nelts;
    scim_error_t *err;

    scim_sql_add(sql, "SELECT r.rid, r.type FROM scim_resource r");
    scim_store_hint(sql, scim_dbd_dialect(plan->store->db), "scim_resource_id");
    scim_sql_addv(sql,
                  " WHERE r.tenant = %s AND r.type IN (%s, %s) AND r.tombstone IS NULL "
                  "AND r.id IN ",
                  plan->store->tenant->name, "User", "Group", NULL);
    scim_sql_list(sql, ids, n);
    err = scim_store_select(plan->store, sql, 1, 2, read_known, &r);
    apr_pool_clear(plan->chunk);
    plan->done.unknown += n - (rids->nelts - before);
    if (!r.leave_groups) {
        plan->groups |= r.groups > 0;
        return err;
    }
    plan->done.unknown -= r.groups;
    return !err && r.groups && plan->nested == SCIM_NESTED_REJECT ? no_groups_in_groups(plan) : err;
}

/* Those that were read with the group. */
static scim_error_t *look_up_ids(plan_t *plan, const char *const *ids, int n,
                                 apr_array_header_t *rids)
{
    int i;

    plan->groups |= plan->group->groups;
    for (i = 0; i < n; i++) {
        const apr_int64_t *rid = apr_hash_get(plan->group->named, ids[i], APR_HASH_KEY_STRING);
        if (rid) {
            APR_ARRAY_PUSH(rids, apr_int64_t) = *rid;
        } else {
            plan->done.unknown++;
        }
    }
    return NULL;
}

/* The row numbers of a step's users and groups, sorted. */
static scim_error_t *resolve(apr_array_header_t **rids, plan_t *plan,
                             const scim_member_step_t *step)
{
    const scim_grouping_t *grouping = plan->store->tenant->grouping;
    int adds = step->op == SCIM_MEMBER_ADD || step->op == SCIM_MEMBER_REPLACE;
    int named = plan->group->named && step->op != SCIM_MEMBER_FILTER;
    scim_error_t *err;

    plan->nested = adds && grouping ? grouping->nested : SCIM_NESTED_ALLOW;
    if (plan->nested != SCIM_NESTED_ALLOW && plan->group->groups) {
        named = 0; /* which of them are groups is not in there */
    }

    *rids = apr_array_make(plan->pool, step->n < 64 ? step->n + 1 : 64, sizeof(apr_int64_t));
    err = each_chunk(plan, step, named ? look_up_ids : select_ids, *rids);
    scim_store_sort_rids(*rids);
    return err;
}

/* ---- who comes and who goes ---- */

/* Change the rows that do not show yet what came last; the group's too if touch. */
static scim_error_t *flush(plan_t *plan, int touch)
{
    int new_version = plan->group->access != SCIM_GROUP_NEW;
    scim_member_of_change_t change = {plan->group->row, plan->pending_add, touch,
                                      new_version,      plan->grown,       plan->now};
    scim_error_t *err;

    if (!plan->pending) {
        return NULL;
    }
    err = scim_member_of_change(plan->store, &change, plan->pending, plan->chunk);
    apr_pool_clear(plan->chunk);
    plan->pending = NULL;
    return err;
}

/* "INSERT … VALUES (…), …"; filled up as a list is, for what is there twice is ignored. */
static void add_values(scim_sql_t *sql, const plan_t *plan, const char *const *rids, int n)
{
    int size = scim_sql_list_size(n);
    int i;

    scim_sql_add(sql, scim_dbd_dialect(plan->store->db)->insert_ignore);
    scim_sql_add(sql, " INTO scim_member (tenant, group_rid, member_rid) VALUES ");
    for (i = 0; i < size; i++) {
        scim_sql_addv(sql, i ? ", (%s, %s, %s)" : "(%s, %s, %s)", plan->store->tenant->name,
                      plan->group_rid, rids[i < n ? i : n - 1], NULL);
    }
}

/*
 * Their rows, and then their users': who waits for a row of scim_member waits for whoever is
 * changing this member of this group, and nobody is kept from other groups' changes by it.
 */
static scim_error_t *change_some(plan_t *plan, const apr_array_header_t *rids, int add)
{
    scim_sql_t *sql = scim_sql_make(plan->chunk);
    const char *list[SCIM_MEMBER_OF_MOST];
    scim_error_t *err;
    int rows = 0;
    int i;

    for (i = 0; i < rids->nelts; i++) {
        list[i] = scim_store_int(APR_ARRAY_IDX(rids, i, apr_int64_t), plan->chunk);
    }
    if (add) {
        add_values(sql, plan, list, rids->nelts);
    } else {
        scim_sql_addv(sql,
                      "DELETE FROM scim_member WHERE tenant = %s AND group_rid = %s "
                      "AND member_rid IN ",
                      plan->store->tenant->name, plan->group_rid, NULL);
        scim_sql_list(sql, list, rids->nelts);
    }
    err = scim_store_exec(&rows, plan->store, sql);
    if (!err && rows && add && plan->groups) {
        err =
            scim_nesting_add(plan->store, plan->group->row, "rid", list, rids->nelts, plan->chunk);
    }
    if (!err && rows) {
        err = scim_map_members(plan->store, plan->group_rid, list, rids->nelts, add, plan->chunk);
    }
    apr_pool_clear(plan->chunk);
    if (err || rows == 0) {
        return err;
    }
    plan->done.changed += rows;
    plan->grown += add ? rows : -rows;
    err = flush(plan, 0);
    plan->pending = apr_array_copy(plan->pool, rids);
    plan->pending_add = add;
    return err;
}

/* @param rids sorted, without duplicates */
static scim_error_t *change_rids(plan_t *plan, const apr_array_header_t *rids, int add)
{
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < rids->nelts && !err; i += SCIM_MEMBER_OF_MOST) {
        apr_array_header_t some = *rids;
        some.elts += i * (int)sizeof(apr_int64_t);
        some.nelts = rids->nelts - i < SCIM_MEMBER_OF_MOST ? rids->nelts - i : SCIM_MEMBER_OF_MOST;
        err = change_some(plan, &some, add);
    }
    return err;
}

/* Where a user is in one group only, who gets in leaves the other one. */
static scim_error_t *enter(plan_t *plan, const apr_array_header_t *rids)
{
    scim_error_t *err = scim_one_group_leave(plan->store, plan->group, rids, plan->pool);

    return err ? err : change_rids(plan, rids, 1);
}

static scim_error_t *add_members(plan_t *plan, const scim_member_step_t *step)
{
    apr_array_header_t *rids;
    scim_error_t *err = resolve(&rids, plan, step);

    if (!err) {
        err = scim_one_group_lock(plan->store, rids, plan->pool);
    }
    return err ? err : enter(plan, rids);
}

static scim_error_t *remove_members(plan_t *plan, const scim_member_step_t *step)
{
    int unknown = plan->done.unknown;
    apr_array_header_t *rids;
    scim_error_t *err = resolve(&rids, plan, step);

    /* Who is gone is no member any more: what the client wants is so. */
    plan->done.unknown = unknown;
    plan->gone |= plan->groups;
    if (!err) {
        err = scim_one_group_lock(plan->store, rids, plan->pool);
    }
    return err ? err : change_rids(plan, rids, 0);
}

/* ---- replace ---- */

static scim_error_t *select_rids(apr_array_header_t **rids, scim_store_t *store, const char *text,
                                 apr_int64_t rid, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    *rids = apr_array_make(p, 64, sizeof(apr_int64_t));
    scim_sql_addv(sql, text, store->tenant->name, scim_store_int(rid, p), NULL);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_rid, *rids);
    if (!err) {
        scim_store_sort_rids(*rids);
    }
    return err;
}

scim_error_t *scim_store_member_rids(apr_array_header_t **rids, scim_store_t *store,
                                     apr_int64_t group, apr_pool_t *p)
{
    return select_rids(rids, store,
                       "SELECT m.member_rid FROM scim_member m "
                       "WHERE m.tenant = %s AND m.group_rid = %s",
                       group, p);
}

scim_error_t *scim_store_group_rids(apr_array_header_t **rids, scim_store_t *store,
                                    apr_int64_t member, apr_pool_t *p)
{
    return select_rids(rids, store,
                       "SELECT m.group_rid FROM scim_member m "
                       "WHERE m.tenant = %s AND m.member_rid = %s",
                       member, p);
}

/* The members that go, those that come, and both: all by number, sorted. */
static void compare_members(apr_array_header_t *gone, apr_array_header_t *fresh,
                            apr_array_header_t *both, const apr_array_header_t *there,
                            const apr_array_header_t *wanted)
{
    int i = 0;
    int j = 0;

    while (i < there->nelts || j < wanted->nelts) {
        apr_int64_t a = i < there->nelts ? APR_ARRAY_IDX(there, i, apr_int64_t) : APR_INT64_MAX;
        apr_int64_t b = j < wanted->nelts ? APR_ARRAY_IDX(wanted, j, apr_int64_t) : APR_INT64_MAX;

        if (a != b) {
            APR_ARRAY_PUSH(a < b ? gone : fresh, apr_int64_t) = a < b ? a : b;
            APR_ARRAY_PUSH(both, apr_int64_t) = a < b ? a : b;
        }
        i += a <= b;
        j += b <= a;
    }
}

static scim_error_t *replace_members(plan_t *plan, const scim_member_step_t *step)
{
    apr_array_header_t *gone = apr_array_make(plan->pool, 64, sizeof(apr_int64_t));
    apr_array_header_t *fresh = apr_array_make(plan->pool, 64, sizeof(apr_int64_t));
    apr_array_header_t *both = apr_array_make(plan->pool, 64, sizeof(apr_int64_t));
    apr_array_header_t *wanted;
    apr_array_header_t *there;
    scim_error_t *err = resolve(&wanted, plan, step);

    if (!err) {
        err = scim_store_member_rids(&there, plan->store, plan->group->row->rid, plan->pool);
    }
    if (err) {
        return err;
    }
    compare_members(gone, fresh, both, there, wanted);
    plan->gone |= gone->nelts > 0;
    if ((gone->nelts && fresh->nelts) || scim_one_group_only(plan->store)) {
        err = scim_member_of_lock(plan->store, both, plan->pool);
    }
    if (!err) {
        err = change_rids(plan, gone, 0);
    }
    return err ? err : enter(plan, fresh);
}

/* ---- remove by filter ---- */

static void set_string(json_t *object, const char *name, const char *value)
{
    if (value) {
        json_object_set_new(object, name, json_string(value));
    }
}

/* Members of one page that match, by id. */
static void match_page(apr_array_header_t *matched, const apr_array_header_t *refs,
                       const scim_filter_t *filter, apr_pool_t *p)
{
    int i;

    for (i = 0; i < refs->nelts; i++) {
        const scim_ref_t *ref = &APR_ARRAY_IDX(refs, i, scim_ref_t);
        json_t *element = scim_json_own(json_object(), p);
        set_string(element, "value", ref->id);
        set_string(element, "display", ref->display);
        set_string(element, "type", ref->type->name);
        if (scim_match_element(filter, element, p)) {
            APR_ARRAY_PUSH(matched, const char *) = apr_pstrdup(matched->pool, ref->id);
        }
    }
}

static scim_error_t *remove_matching(plan_t *plan, const scim_member_step_t *step)
{
    apr_array_header_t *matched = apr_array_make(plan->pool, 64, sizeof(const char *));
    scim_member_step_t remove = {SCIM_MEMBER_FILTER, NULL, 0, NULL};
    apr_array_header_t *refs;
    apr_int64_t after = 0;
    apr_pool_t *page;
    scim_error_t *err;
    int full;

    if (plan->looks > FILTER_LOOKS) {
        return scim_error_make(plan->store->pool, 413, SCIM_TYPE_NONE,
                               "The operations have to look at too many members; send them in "
                               "several requests.");
    }
    apr_pool_create(&page, plan->pool);
    do {
        err = scim_store_members(&refs, &after, plan->store, plan->group->row->rid, FILTER_PAGE,
                                 page);
        full = !err && refs->nelts == FILTER_PAGE;
        if (!err) {
            match_page(matched, refs, step->filter, page);
            plan->looks += refs->nelts;
        }
        apr_pool_clear(page);
    } while (full);
    apr_pool_destroy(page);
    if (err) {
        return err;
    }
    remove.ids = (const char *const *)(const void *)matched->elts;
    remove.n = matched->nelts;
    return remove_members(plan, &remove);
}

/* ---- the plan ---- */

static scim_error_t *refuse_self(const plan_t *plan, const scim_member_step_t *step)
{
    int i;

    for (i = 0; i < step->n && step->op != SCIM_MEMBER_REMOVE; i++) {
        if (strcmp(step->ids[i], plan->group->row->id) == 0) {
            return scim_error_make(plan->store->pool, 400, SCIM_TYPE_INVALID_VALUE,
                                   "A group cannot be a member of itself.");
        }
    }
    return NULL;
}

static scim_error_t *run_step(plan_t *plan, const scim_member_step_t *step)
{
    scim_error_t *err = refuse_self(plan, step);

    if (err) {
        return err;
    }
    switch (step->op) {
    case SCIM_MEMBER_ADD:
        return add_members(plan, step);
    case SCIM_MEMBER_REMOVE:
        return remove_members(plan, step);
    case SCIM_MEMBER_REPLACE:
        return replace_members(plan, step);
    default:
        return remove_matching(plan, step);
    }
}

/* Whom several steps name is locked before the first of them, all in one order. */
static scim_error_t *lock_named(plan_t *plan, const scim_patch_t *patch)
{
    apr_array_header_t *all = apr_array_make(plan->pool, 64, sizeof(apr_int64_t));
    apr_array_header_t *rids;
    scim_error_t *err = NULL;
    int i;

    if (patch->nmembers < 2 || scim_dbd_dialect(plan->store->db)->one_writer) {
        return NULL;
    }
    for (i = 0; i < patch->nmembers && !err; i++) {
        err = resolve(&rids, plan, &patch->members[i]);
        if (!err) {
            apr_array_cat(all, rids);
        }
    }
    plan->done.unknown = 0; /* each step counts again */
    scim_store_sort_rids(all);
    return err ? err : scim_member_of_lock(plan->store, all, plan->pool);
}

static scim_error_t *run_steps(plan_t *plan, const scim_patch_t *patch)
{
    scim_error_t *err = lock_named(plan, patch);
    int i;

    for (i = 0; i < patch->nmembers && !err; i++) {
        if (patch->members[i].op != SCIM_MEMBER_ADD) {
            err = scim_seat_group(plan->store, plan->group->row, plan->pool);
        }
        if (!err) {
            err = run_step(plan, &patch->members[i]);
        }
    }
    return err;
}

/* With the last users' rows the group's, and by what the outcome is looked up if COMMIT's answer is
 * lost. A group that is not locked has no known version; members come and go twice as well as once.
 */
static scim_error_t *finish(plan_t *plan)
{
    const scim_group_t *group = plan->group;
    scim_row_t *row = group->row;

    if (group->access != SCIM_GROUP_NEW) {
        int known = plan->pending && group->access == SCIM_GROUP_LOCKED;
        scim_store_mark(plan->store, known ? SCIM_MARK_UPDATE : SCIM_MARK_AGAIN, row->id,
                        row->version);
        row = plan->pending ? scim_store_next(row, plan->now, plan->pool) : row;
    }
    row->members += plan->grown;
    plan->done.row = row;
    return flush(plan, 1);
}

scim_error_t *scim_store_members_apply(scim_membership_t *done, scim_store_t *store,
                                       const scim_group_t *group, const scim_patch_t *plan,
                                       apr_pool_t *p)
{
    /* A group that comes with its members has changed when it was made. */
    plan_t state = {.store = store,
                    .group = group,
                    .group_rid = scim_store_int(group->row->rid, p),
                    .now =
                        group->access == SCIM_GROUP_NEW ? group->row->modified : scim_store_now(),
                    .pool = p};
    scim_error_t *err;

    apr_pool_create(&state.chunk, p);
    err = run_steps(&state, plan);
    if (!err && state.gone) {
        err = scim_nesting_settle(store, group->row, p);
    }
    if (!err && state.done.unknown && store->tenant->reject_unknown_members && !store->adopting) {
        err = scim_error_make(store->pool, 400, SCIM_TYPE_INVALID_VALUE,
                              "%d of the values of members name no user or group.",
                              state.done.unknown);
    }
    if (!err) {
        err = finish(&state);
    }
    apr_pool_destroy(state.chunk);
    if (!err) {
        *done = state.done;
    }
    return err;
}
