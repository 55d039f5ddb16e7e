/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_service_groups.h"

#include <stdlib.h>
#include <string.h>

#include "scim_grouping.h"
#include "scim_life.h"
#include "scim_service_adopt.h"
#include "scim_store_groups.h"

/* A user's way from the groups that its attributes named to those that they name. */
struct service_moving_t {
    service_t *sv;
    const scim_row_t *row;      /* NULL: a new user, not stored yet */
    apr_array_header_t *before; /* of scim_group_name_t */
    apr_array_header_t *after;
    apr_array_header_t *join;  /* of those after, where it is not yet */
    apr_array_header_t *leave; /* of those before, where it still may be */
    apr_array_header_t *rows;  /* of scim_row_t: the groups of join and leave */
    apr_array_header_t *moves; /* of move_t */
    apr_pool_t *pool;
};

typedef struct service_moving_t moving_t;

typedef struct move_t {
    scim_row_t *group;
    int add;
} move_t;

static int is_among(const apr_array_header_t *names, const scim_group_name_t *name)
{
    int i;

    for (i = 0; i < names->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(names, i, scim_group_name_t).folded, name->folded) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_member(const apr_array_header_t *refs, const scim_group_name_t *name, apr_pool_t *p)
{
    int i;

    for (i = 0; i < refs->nelts; i++) {
        if (scim_grouping_is(name, APR_ARRAY_IDX(refs, i, scim_ref_t).display, p)) {
            return 1;
        }
    }
    return 0;
}

/* Compare what the attributes say with the groups that the row shows. No statement. */
static scim_error_t *compare(moving_t *m)
{
    apr_array_header_t *refs = apr_array_make(m->pool, 1, sizeof(scim_ref_t));
    int all = 1;
    scim_error_t *err = NULL;
    int i;

    if (m->row) {
        err = scim_store_direct_groups(&refs, &all, m->sv->store, m->row, m->pool);
    }

    for (i = 0; i < m->after->nelts && !err; i++) {
        const scim_group_name_t *name = &APR_ARRAY_IDX(m->after, i, scim_group_name_t);
        if (all ? !is_member(refs, name, m->pool) : !is_among(m->before, name)) {
            APR_ARRAY_PUSH(m->join, scim_group_name_t) = *name;
        }
    }
    for (i = 0; i < m->before->nelts && !err; i++) {
        const scim_group_name_t *name = &APR_ARRAY_IDX(m->before, i, scim_group_name_t);
        if (!is_among(m->after, name) && (!all || is_member(refs, name, m->pool))) {
            APR_ARRAY_PUSH(m->leave, scim_group_name_t) = *name;
        }
    }
    return err;
}

/* ---- groups ---- */

static scim_row_t *find_group(const moving_t *m, const scim_group_name_t *name)
{
    int i;

    for (i = 0; i < m->rows->nelts; i++) {
        scim_row_t *row = &APR_ARRAY_IDX(m->rows, i, scim_row_t);
        if (row->display && scim_grouping_is(name, row->display, m->pool)) {
            return row;
        }
    }
    return NULL;
}

static scim_error_t *read_groups(moving_t *m)
{
    apr_array_header_t *folded = apr_array_make(m->pool, 8, sizeof(const char *));
    int i;

    for (i = 0; i < m->join->nelts; i++) {
        APR_ARRAY_PUSH(folded, const char *) = APR_ARRAY_IDX(m->join, i, scim_group_name_t).folded;
    }
    for (i = 0; i < m->leave->nelts; i++) {
        APR_ARRAY_PUSH(folded, const char *) = APR_ARRAY_IDX(m->leave, i, scim_group_name_t).folded;
    }
    return scim_store_groups_named(m->rows, m->sv->store, folded, m->pool);
}

/*
 * Groups that are not there may be rows that the application had before (ScimAdopt): stop once, so
 * that service_write() looks for them.
 */
static scim_error_t *ask_for_adoption(const moving_t *m)
{
    service_t *sv = m->sv;
    const scim_resource_type_t *type = service_group_type(sv->tenant);
    const scim_group_from_t *from = NULL;
    int i;

    if (sv->groups_adopted || !type || !scim_adopt_is_on(sv->tenant, type)) {
        return NULL;
    }
    sv->unknown_groups = apr_array_make(m->pool, 4, sizeof(const char *));
    for (i = 0; i < m->join->nelts; i++) {
        const scim_group_name_t *name = &APR_ARRAY_IDX(m->join, i, scim_group_name_t);
        if (!find_group(m, name)) {
            APR_ARRAY_PUSH(sv->unknown_groups, const char *) = name->name;
            from = name->from;
        }
    }
    return from ? scim_grouping_unknown(from, sv->pool) : NULL;
}

/* A group that is not there and is not to be made: refuse a value that is new. */
static scim_error_t *check_groups(const moving_t *m)
{
    int i;

    for (i = 0; i < m->join->nelts; i++) {
        const scim_group_name_t *name = &APR_ARRAY_IDX(m->join, i, scim_group_name_t);
        if (!name->from->create && !is_among(m->before, name) && !find_group(m, name)) {
            return scim_grouping_unknown(name->from, m->sv->pool);
        }
    }
    return NULL;
}

static scim_error_t *make_groups(moving_t *m)
{
    apr_array_header_t *missing = apr_array_make(m->pool, 4, sizeof(scim_store_name_t));
    int i;

    for (i = 0; i < m->join->nelts; i++) {
        const scim_group_name_t *name = &APR_ARRAY_IDX(m->join, i, scim_group_name_t);
        scim_store_name_t new_one = {name->name, name->folded};
        if (name->from->create && !find_group(m, name)) {
            APR_ARRAY_PUSH(missing, scim_store_name_t) = new_one;
        }
    }
    return scim_store_groups_make(m->rows, m->sv->store, missing, m->pool);
}

/* Tell the store, whose write of the user may lock groups before they are changed here. */
static void announce(const moving_t *m)
{
    apr_array_header_t *rids = apr_array_make(m->pool, 8, sizeof(apr_int64_t));
    int i;

    for (i = 0; i < m->rows->nelts; i++) {
        APR_ARRAY_PUSH(rids, apr_int64_t) = APR_ARRAY_IDX(m->rows, i, scim_row_t).rid;
    }
    scim_store_groups_coming(m->sv->store, rids);
}

/* ---- moves ---- */

static void add_moves(moving_t *m, const apr_array_header_t *names, int add)
{
    int i;
    int k;

    for (i = 0; i < names->nelts; i++) {
        move_t move = {find_group(m, &APR_ARRAY_IDX(names, i, scim_group_name_t)), add};
        for (k = 0; move.group && k < m->moves->nelts; k++) {
            if (APR_ARRAY_IDX(m->moves, k, move_t).group->rid == move.group->rid) {
                move.group = NULL; /* two attributes name it */
            }
        }
        if (move.group) {
            APR_ARRAY_PUSH(m->moves, move_t) = move;
        }
    }
}

static int compare_moves(const void *a, const void *b)
{
    apr_int64_t x = ((const move_t *)a)->group->rid;
    apr_int64_t y = ((const move_t *)b)->group->rid;

    return (x > y) - (x < y);
}

/* All in the order of the groups' numbers, which is that of their locks. */
static scim_error_t *run_moves(moving_t *m)
{
    const char *id = m->row->id;
    scim_member_step_t step = {SCIM_MEMBER_ADD, &id, 1, NULL};
    scim_patch_t plan = {NULL, 0, &step, 1, NULL};
    apr_hash_t *named = apr_hash_make(m->pool);
    scim_error_t *err = NULL;
    int i;

    apr_hash_set(named, id, APR_HASH_KEY_STRING, &m->row->rid);
    qsort(m->moves->elts, (size_t)m->moves->nelts, sizeof(move_t), compare_moves);
    for (i = 0; i < m->moves->nelts && !err; i++) {
        const move_t *move = &APR_ARRAY_IDX(m->moves, i, move_t);
        scim_group_t group = {.row = move->group, .access = SCIM_GROUP_SHARED, .named = named};
        scim_membership_t done;

        step.op = move->add ? SCIM_MEMBER_ADD : SCIM_MEMBER_REMOVE;
        err = scim_store_members_apply(&done, m->sv->store, &group, &plan, m->pool);
    }
    return err;
}

/* ---- the change ---- */

/* The row as it is now; one that was just inserted has no number yet. */
static scim_error_t *read_again(scim_row_t **row, const service_t *sv, const char *id,
                                apr_pool_t *p)
{
    scim_row_t *now;
    scim_error_t *err = scim_store_get(&now, sv->store, sv->type, id, p);

    if (!err && !now) {
        err = service_not_found(sv);
    }
    if (!err) {
        *row = now;
    }
    return err;
}

scim_error_t *service_groups_before(service_change_t *change, apr_pool_t *p)
{
    const scim_grouping_t *grouping = change->sv->tenant->grouping;
    moving_t *m;
    scim_error_t *err;

    change->moving = NULL;
    if (!grouping || !grouping->nfrom || !scim_type_attr_at(change->sv->type, SCIM_AT_GROUPS)) {
        return NULL;
    }
    m = apr_pcalloc(p, sizeof(*m));
    m->sv = change->sv;
    m->row = change->row;
    m->pool = p;
    m->join = apr_array_make(p, 4, sizeof(scim_group_name_t));
    m->leave = apr_array_make(p, 4, sizeof(scim_group_name_t));
    m->rows = apr_array_make(p, 8, sizeof(scim_row_t));
    m->moves = apr_array_make(p, 8, sizeof(move_t));
    err = scim_grouping_names(&m->before, grouping, change->old, p);
    if (!err) { /* what a tombstone still has of the user names no group */
        int ends = scim_life_ends(change->sv->tenant, change->doc, change->sv->type);
        err = scim_grouping_names(&m->after, grouping, ends ? NULL : change->doc, p);
    }
    if (!err) {
        err = compare(m);
    }
    if (err || (m->join->nelts == 0 && m->leave->nelts == 0)) {
        return err;
    }
    err = read_groups(m);
    if (!err) {
        err = ask_for_adoption(m);
    }
    if (!err) {
        err = check_groups(m);
    }
    announce(m);
    change->moving = m;
    return err;
}

scim_error_t *service_groups_after(service_change_t *change, apr_pool_t *p)
{
    moving_t *m = change->moving;
    scim_error_t *err;

    if (!m) {
        return NULL;
    }
    err = make_groups(m);
    add_moves(m, m->join, 1);
    if (change->row->member_of) {
        add_moves(m, m->leave, 0); /* else it has left all already */
    }
    if (err || m->moves->nelts == 0) {
        return err;
    }
    if (!change->row->rid) {
        err = read_again(&change->row, m->sv, change->row->id, p);
    }
    m->row = change->row;
    if (!err) {
        err = run_moves(m);
    }
    return err ? err : read_again(&change->row, m->sv, change->row->id, p);
}
