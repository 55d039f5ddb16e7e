/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

#include <string.h>

#include <apr_strings.h>

#include "scim_patch_impl.h"

/* Distinct ids, in the order they came. */
typedef struct id_set_t {
    apr_pool_t *pool;
    apr_array_header_t *ids;
    apr_hash_t *seen;
} id_set_t;

typedef struct plan_step_t {
    scim_member_op_t op;
    id_set_t ids;
    const scim_filter_t *filter;
} plan_step_t;

static void set_init(id_set_t *set, apr_pool_t *p)
{
    set->pool = p;
    set->ids = apr_array_make(p, 8, sizeof(const char *));
    set->seen = apr_hash_make(p);
}

static void set_add(id_set_t *set, const char *id)
{
    const char *copy;

    if (apr_hash_get(set->seen, id, APR_HASH_KEY_STRING)) {
        return;
    }
    copy = apr_pstrdup(set->pool, id);
    apr_hash_set(set->seen, copy, APR_HASH_KEY_STRING, copy);
    APR_ARRAY_PUSH(set->ids, const char *) = copy;
}

static scim_error_t *set_add_members(id_set_t *set, const json_t *members)
{
    for (apr_size_t i = 0; i < json_array_size(members); i++) {
        const char *id = json_string_value(json_object_get(json_array_get(members, i), "value"));

        if (!id) {
            return scim_error_make(set->pool, 400, SCIM_TYPE_INVALID_VALUE,
                                   "members.value is required.");
        }
        set_add(set, id);
    }
    return NULL;
}

scim_error_t *scim_member_ids(const char *const **ids, int *n, const json_t *members, apr_pool_t *p)
{
    id_set_t set;
    scim_error_t *err;

    set_init(&set, p);
    err = set_add_members(&set, members);
    if (err) {
        return err;
    }
    *ids = (const char *const *)set.ids->elts;
    *n = set.ids->nelts;
    return NULL;
}

/*
 * The ids of a filter that is nothing but `value eq "…"`, or several of them joined by `or`.
 * Returns 0 for any other filter.
 */
static int filter_ids(id_set_t *set, const scim_filter_t *f)
{
    while (f->op == SCIM_OP_OR) {
        if (!filter_ids(set, f->left)) {
            return 0;
        }
        f = f->right;
    }
    if (f->op != SCIM_OP_EQ || f->kind != JSON_STRING || strcmp(f->path.attr->name, "value")) {
        return 0;
    }
    set_add(set, f->string);
    return 1;
}

scim_member_plan_t *scim_member_plan_make(apr_pool_t *p)
{
    scim_member_plan_t *plan = apr_palloc(p, sizeof(*plan));

    plan->pool = p;
    plan->steps = apr_array_make(p, 4, sizeof(plan_step_t));
    return plan;
}

/* The step that takes more of a kind: the last one if it is of that kind, else a new one. */
static plan_step_t *step_for(scim_member_plan_t *plan, scim_member_op_t op)
{
    plan_step_t *step = NULL;

    if (plan->steps->nelts > 0) {
        step = &APR_ARRAY_IDX(plan->steps, plan->steps->nelts - 1, plan_step_t);
    }
    if (!step || step->op != op || op == SCIM_MEMBER_FILTER) {
        step = apr_array_push(plan->steps);
        step->op = op;
        step->filter = NULL;
        set_init(&step->ids, plan->pool);
    } else if (op == SCIM_MEMBER_REPLACE) {
        set_init(&step->ids, plan->pool); /* the last replacement counts */
    }
    return step;
}

static scim_error_t *immutable(const scim_member_plan_t *plan)
{
    return scim_error_make(plan->pool, 400, SCIM_TYPE_MUTABILITY,
                           "A member of members cannot be changed; add or remove it instead.");
}

/*
 * members[filter] without a sub-attribute. Adding it is adding the member it names; the value, if
 * there is one, may not name another.
 */
static scim_error_t *add_filtered(scim_member_plan_t *plan, const scim_patch_step_t *step,
                                  const json_t *value)
{
    const json_t *named = json_is_object(value) ? scim_json_get_ci(value, "value", NULL) : value;
    id_set_t ids;

    if (step->op == SCIM_PATCH_REPLACE) {
        return immutable(plan);
    }
    set_init(&ids, plan->pool);
    if (!filter_ids(&ids, step->path.filter)) {
        if (step->op == SCIM_PATCH_ADD) {
            return scim_error_make(plan->pool, 400, SCIM_TYPE_NO_TARGET,
                                   "The path's filter does not name a member to add.");
        }
        step_for(plan, SCIM_MEMBER_FILTER)->filter = step->path.filter;
        return NULL;
    }
    if (step->op == SCIM_PATCH_ADD && json_is_string(named) &&
        (ids.ids->nelts != 1 ||
         strcmp(json_string_value(named), APR_ARRAY_IDX(ids.ids, 0, char *)))) {
        return immutable(plan);
    }
    for (int i = 0; i < ids.ids->nelts; i++) {
        scim_member_op_t op = step->op == SCIM_PATCH_ADD ? SCIM_MEMBER_ADD : SCIM_MEMBER_REMOVE;

        set_add(&step_for(plan, op)->ids, APR_ARRAY_IDX(ids.ids, i, char *));
    }
    return NULL;
}

static scim_error_t *add_plain(scim_member_plan_t *plan, const scim_patch_step_t *step,
                               const json_t *value, const scim_tenant_t *tenant)
{
    scim_member_op_t op = SCIM_MEMBER_ADD;
    json_t *members = NULL;
    scim_error_t *err;

    if (step->op == SCIM_PATCH_REPLACE) {
        op = SCIM_MEMBER_REPLACE;
    } else if (step->op == SCIM_PATCH_REMOVE) {
        op = !value || json_is_null(value) ? SCIM_MEMBER_REPLACE : SCIM_MEMBER_REMOVE;
    }
    if (value) {
        err = scim_resource_value_new(&members, value, step->path.attr, 1, tenant, plan->pool);
        if (err) {
            return err;
        }
    }
    if (members) {
        scim_json_own(members, plan->pool);
    } else if (op != SCIM_MEMBER_REPLACE) {
        return NULL;
    }
    return set_add_members(&step_for(plan, op)->ids, members);
}

/*
 * members[value eq "…"].value, for tenants that allow no path to an element itself. A member is
 * nothing without its value: removing that is removing the member. Which members another filter
 * matches, and whether it is one, only the group knows.
 */
static scim_error_t *remove_one(scim_member_plan_t *plan, const scim_patch_step_t *step)
{
    id_set_t ids;

    set_init(&ids, plan->pool);
    if (!filter_ids(&ids, step->path.filter) || ids.ids->nelts != 1) {
        return scim_error_make(plan->pool, 400, SCIM_TYPE_INVALID_FILTER,
                               "A filter on members must name one member by its value here.");
    }
    set_add(&step_for(plan, SCIM_MEMBER_REMOVE)->ids, APR_ARRAY_IDX(ids.ids, 0, char *));
    return NULL;
}

static int is_value_of_one(const scim_patch_step_t *step, const scim_tenant_t *tenant)
{
    return tenant->patch_one_element && step->op == SCIM_PATCH_REMOVE && step->path.filter &&
           step->path.sub && strcmp(step->path.sub->name, "value") == 0;
}

scim_error_t *scim_member_plan_add(scim_member_plan_t *plan, const scim_patch_step_t *step,
                                   const json_t *value, const scim_tenant_t *tenant)
{
    if (is_value_of_one(step, tenant)) {
        return remove_one(plan, step);
    }
    if (step->path.sub) {
        return immutable(plan);
    }
    if (step->path.filter) {
        return add_filtered(plan, step, value);
    }
    return add_plain(plan, step, value, tenant);
}

const scim_member_step_t *scim_member_plan_steps(int *n, const scim_member_plan_t *plan)
{
    apr_array_header_t *steps =
        apr_array_make(plan->pool, plan->steps->nelts, sizeof(scim_member_step_t));

    for (int i = 0; i < plan->steps->nelts; i++) {
        const plan_step_t *from = &APR_ARRAY_IDX(plan->steps, i, plan_step_t);
        scim_member_step_t *to = apr_array_push(steps);

        to->op = from->op;
        to->ids = (const char *const *)from->ids.ids->elts;
        to->n = from->ids.ids->nelts;
        to->filter = from->filter;
    }
    *n = steps->nelts;
    return (const scim_member_step_t *)steps->elts;
}
