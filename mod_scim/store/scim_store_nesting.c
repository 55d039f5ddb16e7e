/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_nesting_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_member_of.h"

/* ---- marks ---- */

static int has_mark(const scim_row_t *group, char mark)
{
    return group->member_of && strchr(group->member_of, mark);
}

int scim_nesting_is_inner(const scim_row_t *group)
{
    return has_mark(group, SCIM_NESTING_INNER);
}

int scim_nesting_is_outer(const scim_row_t *group)
{
    return has_mark(group, SCIM_NESTING_OUTER);
}

/* Put a mark into a locked row or take it out; in the database too. */
static scim_error_t *set_mark(scim_store_t *store, scim_row_t *group, char mark, int on,
                              apr_pool_t *p)
{
    int inner = mark == SCIM_NESTING_INNER ? on : scim_nesting_is_inner(group);
    int outer = mark == SCIM_NESTING_OUTER ? on : scim_nesting_is_outer(group);
    scim_sql_t *sql = scim_sql_make(p);

    if (has_mark(group, mark) == on) {
        return NULL;
    }
    group->member_of = apr_pstrcat(store->pool, inner ? "i" : "", outer ? "h" : "", NULL);
    group->member_of_len = strlen(group->member_of);
    scim_sql_addv(sql, "UPDATE scim_resource SET member_of = %s WHERE tenant = %s AND rid = %s",
                  group->member_of, store->tenant->name, scim_store_int(group->rid, p), NULL);
    return scim_store_exec(NULL, store, sql);
}

/* ---- begin ---- */

/*
 * Begin a change. A group that was read without its lock may have been nested by others since; its
 * users' entries would get the wrong mark.
 */
static scim_error_t *begin(scim_nesting_t *n, scim_store_t *store, scim_row_t *group, apr_pool_t *p)
{
    apr_array_header_t *rows = apr_array_make(p, 1, sizeof(scim_row_t));
    const char *marks = group->member_of ? group->member_of : "";
    const char *found;
    scim_error_t *err = scim_nesting_lock(store, p);

    n->store = store;
    n->group = group;
    n->rid = scim_store_int(group->rid, p);
    n->pool = p;
    if (!err) {
        err = scim_nesting_lock_groups(rows, store, "rid", &n->rid, 1, p);
    }
    if (err) {
        return err;
    }
    found = rows->nelts ? APR_ARRAY_IDX(rows, 0, scim_row_t).member_of : NULL;
    if (rows->nelts && strcmp(found ? found : "", marks) == 0) {
        return NULL;
    }
    err = scim_error_internal(store->pool, 503, "SCIM2180", "a group was nested during a write",
                              "The group is being changed by others; try again.");
    err->cause = SCIM_CAUSE_RETRY;
    return err;
}

/* @param text a SELECT of one number, with the tenant and a group for %s */
static scim_error_t *select_edges(apr_array_header_t **rids, const scim_nesting_t *n,
                                  const char *text)
{
    scim_sql_t *sql = scim_sql_make(n->pool);
    scim_error_t *err;

    *rids = apr_array_make(n->pool, 8, sizeof(apr_int64_t));
    scim_sql_addv(sql, text, n->store->tenant->name, n->rid, NULL);
    err = scim_store_select(n->store, sql, 1, 1, scim_store_read_rid, *rids);
    scim_store_sort_rids(*rids);
    return err;
}

/* ---- what users see ---- */

/* A group's direct users show something else because of it: their version goes up. */
static scim_error_t *show_again(scim_store_t *store, const scim_row_t *group, apr_pool_t *p)
{
    const char *entry = scim_member_of_entry(group, p);

    return scim_member_of_replace_all(store, group, entry, entry, p);
}

/* The same for all of some groups, which are locked first. */
static scim_error_t *show_all_again(scim_store_t *store, const scim_walk_t *below, apr_pool_t *p)
{
    apr_array_header_t *rows;
    scim_error_t *err = scim_nesting_lock_rids(&rows, store, below->rids, p);
    apr_pool_t *one;
    int i;

    apr_pool_create(&one, p);
    for (i = 0; i < rows->nelts && !err; i++) {
        err = show_again(store, &APR_ARRAY_IDX(rows, i, scim_row_t), one);
        apr_pool_clear(one);
    }
    apr_pool_destroy(one);
    return err;
}

/* A group becomes an inner one, or is none any more, or stays one and has other groups above it. */
static scim_error_t *show_inner(scim_store_t *store, scim_row_t *group, int inner, apr_pool_t *p)
{
    const char *from = scim_member_of_entry(group, p);
    scim_error_t *err = set_mark(store, group, SCIM_NESTING_INNER, inner, p);

    return err ? err
               : scim_member_of_replace_all(store, group, from, scim_member_of_entry(group, p), p);
}

/* ---- add ---- */

static scim_error_t *refuse(const scim_nesting_t *n, const char *detail)
{
    return scim_error_make(n->store->pool, 400, SCIM_TYPE_INVALID_VALUE, "%s", detail);
}

/* Whether the fresh members may be put into the group. @param below all groups below them */
static scim_error_t *check(const scim_nesting_t *n, const apr_array_header_t *fresh,
                           const scim_walk_t *below)
{
    apr_array_header_t *group = apr_array_make(n->pool, 1, sizeof(apr_int64_t));
    scim_walk_t above;
    scim_error_t *err;
    int i;

    scim_store_push_rid(group, n->group->rid);
    err = scim_nesting_walk(&above, n->store, group, 0, n->pool);
    if (err) {
        return err;
    }
    for (i = 0; i < fresh->nelts; i++) {
        apr_int64_t rid = APR_ARRAY_IDX(fresh, i, apr_int64_t);
        if (rid == n->group->rid || scim_store_has_rid(above.rids, rid)) {
            return refuse(n, "A group in members already contains this group, directly or through "
                             "other groups.");
        }
    }
    if (above.depth + 1 + below->depth > SCIM_NESTING_LEVELS) {
        return refuse(n,
                      "With these members, groups would be nested in more than " SCIM_NESTING_TEXT(
                          SCIM_NESTING_LEVELS) " levels.");
    }
    if (above.rids->nelts > SCIM_NESTING_GROUPS || below->rids->nelts > SCIM_NESTING_GROUPS) {
        return refuse(n, "With these members, more than " SCIM_NESTING_TEXT(
                             SCIM_NESTING_GROUPS) " groups would be nested in one another.");
    }
    return NULL;
}

static scim_error_t *nest_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    const scim_nesting_t *nesting = baton;
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql,
                  "INSERT INTO scim_nesting (tenant, group_rid, member_rid) "
                  "SELECT r.tenant, %s, r.rid FROM scim_resource r WHERE r.tenant = %s "
                  "AND r.rid IN ",
                  nesting->rid, nesting->store->tenant->name, NULL);
    scim_sql_list(sql, rids, n);
    return scim_store_exec(NULL, nesting->store, sql);
}

/* The rows of fresh members, which are nested by now, and what is below them. */
static scim_error_t *show_nested(scim_nesting_t *n, const apr_array_header_t *rows,
                                 const apr_array_header_t *fresh, const scim_walk_t *below)
{
    scim_error_t *err = set_mark(n->store, n->group, SCIM_NESTING_OUTER, 1, n->pool);
    int i;

    for (i = 0; i < rows->nelts && !err; i++) {
        scim_row_t *row = &APR_ARRAY_IDX(rows, i, scim_row_t);
        if (scim_store_has_rid(fresh, row->rid)) {
            err = show_inner(n->store, row, 1, n->pool);
        }
    }
    return err ? err : show_all_again(n->store, below, n->pool);
}

static scim_error_t *nest(scim_nesting_t *n, const apr_array_header_t *rows,
                          apr_array_header_t *fresh)
{
    scim_walk_t below;
    scim_error_t *err = scim_nesting_walk(&below, n->store, fresh, 1, n->pool);

    if (!err) {
        err = check(n, fresh, &below);
    }
    if (!err) {
        err = scim_store_each_rids(fresh, nest_some, n, n->pool);
    }
    return err ? err : show_nested(n, rows, fresh, &below);
}

scim_error_t *scim_nesting_add(scim_store_t *store, scim_row_t *group, const char *column,
                               const char *const *keys, int n, apr_pool_t *p)
{
    apr_array_header_t *rows = apr_array_make(p, 8, sizeof(scim_row_t));
    apr_array_header_t *fresh = apr_array_make(p, 8, sizeof(apr_int64_t));
    apr_array_header_t *there;
    scim_nesting_t nesting;
    scim_error_t *err = begin(&nesting, store, group, p);
    int i;

    if (!err) {
        err = select_edges(&there, &nesting,
                           "SELECT n.member_rid FROM scim_nesting n WHERE n.tenant = %s AND "
                           "n.group_rid = %s");
    }
    if (!err) {
        err = scim_nesting_lock_groups(rows, store, column, keys, n, p);
    }
    for (i = 0; i < rows->nelts && !err; i++) {
        apr_int64_t rid = APR_ARRAY_IDX(rows, i, scim_row_t).rid;
        if (!scim_store_has_rid(there, rid)) {
            scim_store_push_rid(fresh, rid);
        }
    }
    scim_store_sort_rids(fresh);
    return err || fresh->nelts == 0 ? err : nest(&nesting, rows, fresh);
}

/* ---- remove ---- */

/* Some numbers of groups, and those among them for which a statement finds something. */
typedef struct some_t {
    const scim_nesting_t *n;
    apr_array_header_t *found;
} some_t;

static scim_error_t *drop_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    const some_t *s = baton;
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql,
                  "DELETE FROM scim_nesting WHERE tenant = %s AND group_rid = %s "
                  "AND member_rid IN ",
                  s->n->store->tenant->name, s->n->rid, NULL);
    scim_sql_list(sql, rids, n);
    return scim_store_exec(NULL, s->n->store, sql);
}

static scim_error_t *find_inner(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    some_t *s = baton;
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql,
                  "SELECT DISTINCT n.member_rid FROM scim_nesting n WHERE n.tenant = %s "
                  "AND n.member_rid IN ",
                  s->n->store->tenant->name, NULL);
    scim_sql_list(sql, rids, n);
    return scim_store_select(s->n->store, sql, 1, 1, scim_store_read_rid, s->found);
}

/* Take members out of the nesting; those of the group as far as they are in `gone`. */
static scim_error_t *unnest(scim_nesting_t *n, const apr_array_header_t *gone)
{
    some_t some = {n, apr_array_make(n->pool, 8, sizeof(apr_int64_t))};
    apr_array_header_t *rows;
    scim_walk_t below;
    scim_error_t *err = scim_nesting_lock_rids(&rows, n->store, gone, n->pool);
    int i;

    if (!err) {
        err = scim_nesting_walk(&below, n->store, gone, 1, n->pool);
    }
    if (!err) {
        err = scim_store_each_rids(gone, drop_some, &some, n->pool);
    }
    if (!err) {
        err = scim_store_each_rids(gone, find_inner, &some, n->pool);
    }
    scim_store_sort_rids(some.found);
    for (i = 0; i < rows->nelts && !err; i++) {
        scim_row_t *row = &APR_ARRAY_IDX(rows, i, scim_row_t);
        err = show_inner(n->store, row, scim_store_has_rid(some.found, row->rid), n->pool);
    }
    return err ? err : show_all_again(n->store, &below, n->pool);
}

/* Groups that are in it by scim_nesting, and no more by scim_member. */
static scim_error_t *find_gone(apr_array_header_t **gone, const scim_nesting_t *n)
{
    return select_edges(gone, n,
                        "SELECT n.member_rid FROM scim_nesting n WHERE n.tenant = %s "
                        "AND n.group_rid = %s AND NOT EXISTS (SELECT 1 FROM scim_member m "
                        "WHERE m.group_rid = n.group_rid AND m.member_rid = n.member_rid)");
}

scim_error_t *scim_nesting_settle(scim_store_t *store, scim_row_t *group, apr_pool_t *p)
{
    scim_nesting_t n = {store, group, scim_store_int(group->rid, p), p};
    apr_array_header_t *gone;
    apr_array_header_t *left;
    scim_error_t *err;

    if (!scim_nesting_is_outer(group)) {
        return NULL;
    }
    err = find_gone(&gone, &n);
    if (err || gone->nelts == 0) {
        return err;
    }
    err = begin(&n, store, group, p);
    if (!err) {
        err = find_gone(&gone, &n);
    }
    if (!err) {
        err = unnest(&n, gone);
    }
    if (!err) {
        err = select_edges(&left, &n,
                           "SELECT n.member_rid FROM scim_nesting n WHERE n.tenant = %s AND "
                           "n.group_rid = %s LIMIT 1");
    }
    return err ? err : set_mark(store, group, SCIM_NESTING_OUTER, left->nelts > 0, p);
}

scim_error_t *scim_nesting_renamed(scim_store_t *store, const scim_row_t *group, apr_pool_t *p)
{
    apr_array_header_t *rids = apr_array_make(p, 1, sizeof(apr_int64_t));
    scim_walk_t below;
    scim_error_t *err;

    if (!scim_nesting_is_outer(group)) {
        return NULL;
    }
    scim_store_push_rid(rids, group->rid);
    err = scim_nesting_lock(store, p);
    if (!err) {
        err = scim_nesting_walk(&below, store, rids, 1, p);
    }
    return err ? err : show_all_again(store, &below, p);
}

/* The groups that a deleted one was in may hold none any more. */
static scim_error_t *clear_outer(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    const scim_nesting_t *nesting = baton;
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql,
                  "UPDATE scim_resource SET member_of = REPLACE(member_of, 'h', '') "
                  "WHERE tenant = %s AND NOT EXISTS (SELECT 1 FROM scim_nesting n WHERE "
                  "n.tenant = scim_resource.tenant AND n.group_rid = scim_resource.rid) "
                  "AND rid IN ",
                  nesting->store->tenant->name, NULL);
    scim_sql_list(sql, rids, n);
    return scim_store_exec(NULL, nesting->store, sql);
}

static scim_error_t *leave_outer(scim_nesting_t *n)
{
    apr_array_header_t *outer;
    scim_sql_t *sql = scim_sql_make(n->pool);
    scim_error_t *err = select_edges(&outer, n,
                                     "SELECT n.group_rid FROM scim_nesting n WHERE n.tenant = %s "
                                     "AND n.member_rid = %s");

    if (err) {
        return err;
    }
    scim_sql_addv(sql, "DELETE FROM scim_nesting WHERE tenant = %s AND member_rid = %s",
                  n->store->tenant->name, n->rid, NULL);
    err = scim_store_exec(NULL, n->store, sql);
    return err ? err : scim_store_each_rids(outer, clear_outer, n, n->pool);
}

scim_error_t *scim_nesting_delete(scim_store_t *store, const scim_row_t *group, apr_pool_t *p)
{
    scim_nesting_t n;
    apr_array_header_t *inner;
    scim_error_t *err;

    if (!group->member_of) {
        return NULL;
    }
    err = begin(&n, store, apr_pmemdup(p, group, sizeof(*group)), p);
    if (!err && scim_nesting_is_outer(group)) {
        err = select_edges(&inner, &n,
                           "SELECT n.member_rid FROM scim_nesting n WHERE n.tenant = %s AND "
                           "n.group_rid = %s");
        if (!err) {
            err = unnest(&n, inner);
        }
    }
    if (!err && scim_nesting_is_inner(group)) {
        err = leave_outer(&n);
    }
    return err;
}
