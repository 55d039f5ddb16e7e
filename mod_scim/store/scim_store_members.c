/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_id.h"
#include "scim_match.h"
#include "scim_member_of.h"

/* Ids or row numbers of one statement. */
#define CHUNK SCIM_SQL_LIST

/* Members of one statement while a filter is matched against them. */
#define FILTER_PAGE 1000

/* So many members may a plan's filters have looked at when one more begins; the row is locked. */
#define FILTER_LOOKS 1000000

/* A membership plan being run. */
typedef struct plan_t {
    scim_store_t *store;
    const scim_row_t *group;
    const char *group_rid;
    int changed;
    int unknown;
    int locked;        /* whom it names was locked before the first step */
    apr_int64_t looks; /* members that filters have looked at */
    apr_pool_t *pool;
    apr_pool_t *chunk; /* cleared for each statement */
} plan_t;

typedef scim_error_t *(ids_fn)(plan_t *plan, const char *const *ids, int n, void *baton);

static scim_error_t *run(int *rows, plan_t *plan, const scim_sql_t *sql)
{
    scim_error_t *err = scim_store_exec(rows, plan->store, sql);

    apr_pool_clear(plan->chunk);
    return err;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * Calls fn for chunks of the ids. Longer ones than any that exists are unknown without a query.
 * In the order of the ids, whatever the client's was: plans that have users in common would
 * otherwise lock them crosswise and deadlock, again at every retry.
 */
static scim_error_t *each_chunk(plan_t *plan, const scim_member_step_t *step, ids_fn *fn,
                                void *baton)
{
    const char **sorted =
        apr_pmemdup(plan->pool, step->ids, sizeof(*sorted) * (apr_size_t)step->n);
    const char *ids[CHUNK];
    scim_error_t *err = NULL;
    int n = 0;
    int i;

    if (step->n == 0) {
        return NULL;
    }
    qsort(sorted, (size_t)step->n, sizeof(*sorted), compare_ids);
    for (i = 0; i < step->n && !err; i++) {
        if (strlen(sorted[i]) <= SCIM_ID_MAX) {
            ids[n++] = sorted[i];
        } else {
            plan->unknown += step->op != SCIM_MEMBER_REMOVE;
        }
        if (n == CHUNK) {
            err = fn(plan, ids, n, baton);
            n = 0;
        }
    }
    return n && !err ? fn(plan, ids, n, baton) : err;
}

/* " FROM scim_resource r WHERE …": the users and groups of this tenant among the keys. */
static void add_known(scim_sql_t *sql, const plan_t *plan, const char *column,
                      const char *const *keys, int n)
{
    scim_sql_addv(sql, " FROM scim_resource r WHERE r.tenant = %s AND r.type IN (%s, %s) AND r.",
                  plan->store->tenant->name, "User", "Group", NULL);
    scim_sql_add(sql, column);
    scim_sql_add(sql, " IN ");
    scim_sql_list(sql, keys, n);
}

/* ---- numbers of rows ---- */

static scim_error_t *read_rid(void *baton, const char *const *cols)
{
    APR_ARRAY_PUSH((apr_array_header_t *)baton, apr_int64_t) = apr_atoi64(cols[0]);
    return NULL;
}

/* @param baton array of apr_int64_t to append to */
static scim_error_t *resolve_ids(plan_t *plan, const char *const *ids, int n, void *baton)
{
    apr_array_header_t *rids = baton;
    scim_sql_t *sql = scim_sql_make(plan->chunk);
    int before = rids->nelts;
    scim_error_t *err;

    scim_sql_add(sql, "SELECT r.rid");
    add_known(sql, plan, "id", ids, n);
    err = scim_store_select(plan->store, sql, 1, 1, read_rid, rids);
    apr_pool_clear(plan->chunk);
    plan->unknown += n - (rids->nelts - before);
    return err;
}

static int compare_rids(const void *a, const void *b)
{
    apr_int64_t x = *(const apr_int64_t *)a;
    apr_int64_t y = *(const apr_int64_t *)b;

    return (x > y) - (x < y);
}

static void sort_rids(apr_array_header_t *rids)
{
    qsort(rids->elts, (size_t)rids->nelts, sizeof(apr_int64_t), compare_rids);
}

/* ---- add ---- */

/*
 * The insert itself finds the rows.
 * @param column "id" or "rid", which the keys are
 */
static scim_error_t *add_some(int *added, plan_t *plan, const char *column, const char *const *keys,
                              int n)
{
    scim_sql_t *sql;
    scim_error_t *err =
        scim_member_of_add(plan->store, plan->group, column, keys, n, plan->chunk);

    if (err) {
        return err;
    }
    sql = scim_sql_make(plan->chunk);
    scim_sql_add(sql, scim_dbd_dialect(plan->store->db)->insert_ignore);
    scim_sql_addv(sql,
                  " INTO scim_member (tenant, group_rid, member_rid) SELECT r.tenant, %s, r.rid",
                  plan->group_rid, NULL);
    add_known(sql, plan, column, keys, n);
    err = run(added, plan, sql);
    plan->changed += *added;
    return err;
}

/* Fewer than asked for: some were members, or are unknown. */
static scim_error_t *add_ids(plan_t *plan, const char *const *ids, int n, void *baton)
{
    scim_sql_t *count;
    apr_int64_t known = 0;
    int added = 0;
    scim_error_t *err = add_some(&added, plan, "id", ids, n);

    (void)baton;
    if (err || added == n) {
        return err;
    }
    count = scim_sql_make(plan->chunk);
    scim_sql_add(count, "SELECT COUNT(*)");
    add_known(count, plan, "id", ids, n);
    err = scim_store_select(plan->store, count, 1, 1, scim_store_read_int, &known);
    apr_pool_clear(plan->chunk);
    plan->unknown += n - (int)known;
    return err;
}

static scim_error_t *add_some_rids(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    int added = 0;

    (void)p;
    return add_some(&added, baton, "rid", rids, n);
}

/* @param rids sorted */
static scim_error_t *add_rids(plan_t *plan, const apr_array_header_t *rids)
{
    return scim_store_each_rids(rids, add_some_rids, plan, plan->pool);
}

static scim_error_t *add_members(plan_t *plan, const scim_member_step_t *step)
{
    apr_array_header_t *rids = apr_array_make(plan->pool, 64, sizeof(apr_int64_t));
    scim_error_t *err;

    if (!plan->locked) {
        return each_chunk(plan, step, add_ids, NULL);
    }
    err = each_chunk(plan, step, resolve_ids, rids);
    sort_rids(rids);
    return err ? err : add_rids(plan, rids);
}

/* ---- remove ---- */

static scim_error_t *delete_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    plan_t *plan = baton;
    scim_sql_t *sql = scim_sql_make(p);
    int rows = 0;
    scim_error_t *err;

    scim_sql_addv(sql,
                  "DELETE FROM scim_member WHERE tenant = %s AND group_rid = %s AND member_rid IN ",
                  plan->store->tenant->name, plan->group_rid, NULL);
    scim_sql_list(sql, rids, n);
    err = scim_store_exec(&rows, plan->store, sql);
    plan->changed += rows;
    return err;
}

static scim_error_t *delete_rids(plan_t *plan, const apr_array_header_t *rids)
{
    const char *entry = scim_member_of_entry(plan->group, plan->pool);
    scim_error_t *err = scim_member_of_replace(plan->store, rids, entry, "", plan->pool);

    return err ? err : scim_store_each_rids(rids, delete_some, plan, plan->pool);
}

static scim_error_t *remove_ids(plan_t *plan, const scim_member_step_t *step)
{
    apr_array_header_t *rids = apr_array_make(plan->pool, 64, sizeof(apr_int64_t));
    int unknown = plan->unknown;
    scim_error_t *err = each_chunk(plan, step, resolve_ids, rids);

    /* Who is gone is no member any more: what the client wants is so. */
    plan->unknown = unknown;
    sort_rids(rids);
    return err ? err : delete_rids(plan, rids);
}

/* ---- replace ---- */

static scim_error_t *select_rids(apr_array_header_t **rids, scim_store_t *store, const char *text,
                                 apr_int64_t rid, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    *rids = apr_array_make(p, 64, sizeof(apr_int64_t));
    scim_sql_addv(sql, text, store->tenant->name, scim_store_int(rid, p), NULL);
    err = scim_store_select(store, sql, 1, 1, read_rid, *rids);
    if (!err) {
        sort_rids(*rids);
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

static scim_error_t *replace_ids(plan_t *plan, const scim_member_step_t *step)
{
    apr_array_header_t *wanted = apr_array_make(plan->pool, 64, sizeof(apr_int64_t));
    apr_array_header_t *gone = apr_array_make(plan->pool, 64, sizeof(apr_int64_t));
    apr_array_header_t *fresh = apr_array_make(plan->pool, 64, sizeof(apr_int64_t));
    apr_array_header_t *both = apr_array_make(plan->pool, 64, sizeof(apr_int64_t));
    apr_array_header_t *there;
    scim_error_t *err = each_chunk(plan, step, resolve_ids, wanted);

    if (!err) {
        err = scim_store_member_rids(&there, plan->store, plan->group->rid, plan->pool);
    }
    if (err) {
        return err;
    }
    sort_rids(wanted);
    compare_members(gone, fresh, both, there, wanted);
    if (gone->nelts && fresh->nelts) {
        err = scim_member_of_lock(plan->store, both, plan->pool);
    }
    if (!err) {
        err = delete_rids(plan, gone);
    }
    return err ? err : add_rids(plan, fresh);
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
    scim_member_step_t remove = {SCIM_MEMBER_REMOVE, NULL, 0, NULL};
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
        err = scim_store_members(&refs, &after, plan->store, plan->group->rid, FILTER_PAGE, page);
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
    return remove_ids(plan, &remove);
}

/* ---- the plan ---- */

static scim_error_t *refuse_self(const plan_t *plan, const scim_member_step_t *step)
{
    int i;

    for (i = 0; i < step->n && step->op != SCIM_MEMBER_REMOVE; i++) {
        if (strcmp(step->ids[i], plan->group->id) == 0) {
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
        return remove_ids(plan, step);
    case SCIM_MEMBER_REPLACE:
        return replace_ids(plan, step);
    default:
        return remove_matching(plan, step);
    }
}

/* Whom several steps name is locked before the first of them, all in one order. */
static scim_error_t *lock_named(plan_t *plan, const scim_patch_t *patch)
{
    apr_array_header_t *rids = apr_array_make(plan->pool, 64, sizeof(apr_int64_t));
    scim_error_t *err = NULL;
    int i;

    if (patch->nmembers < 2 || scim_dbd_dialect(plan->store->db)->one_writer) {
        return NULL;
    }
    for (i = 0; i < patch->nmembers && !err; i++) {
        err = each_chunk(plan, &patch->members[i], resolve_ids, rids);
    }
    plan->unknown = 0; /* each step counts again */
    plan->locked = 1;
    sort_rids(rids);
    return err ? err : scim_member_of_lock(plan->store, rids, plan->pool);
}

scim_error_t *scim_store_members_apply(int *changed, int *unknown, scim_store_t *store,
                                       const scim_row_t *group, const scim_patch_t *plan,
                                       apr_pool_t *p)
{
    plan_t state = {store, group, scim_store_int(group->rid, p), 0, 0, 0, 0, p, NULL};
    scim_error_t *err;
    int i;

    apr_pool_create(&state.chunk, p);
    err = lock_named(&state, plan);
    for (i = 0; i < plan->nmembers && !err; i++) {
        err = run_step(&state, &plan->members[i]);
    }
    apr_pool_destroy(state.chunk);
    if (!err && state.unknown && store->tenant->reject_unknown_members) {
        err = scim_error_make(store->pool, 400, SCIM_TYPE_INVALID_VALUE,
                              "%d of the values of members name no user or group.", state.unknown);
    }
    if (err) {
        return err;
    }
    *changed = state.changed;
    *unknown = state.unknown;
    return NULL;
}
