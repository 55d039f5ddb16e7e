/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

#include "scim_match.h"
#include "scim_patch_impl.h"
#include "scim_resource_value.h"

/* So many bytes of a value that is copied count as one element looked at. */
#define BYTES_OF_ONE 64

/* ---- what a filter describes ---- */

static json_t *literal_new(const scim_filter_t *f)
{
    switch (f->path.attr->type) {
    case SCIM_ATTR_BOOLEAN:
        return json_boolean(f->kind == JSON_TRUE);
    case SCIM_ATTR_INTEGER:
    case SCIM_ATTR_DECIMAL:
        return f->kind == JSON_INTEGER ? json_integer(f->integer) : json_real(f->real);
    default:
        return json_string(f->string);
    }
}

/*
 * Sets the sub-attributes that a filter fixes by `eq` terms joined by `and`, where the element has
 * none yet. Returns 1 if that is all the filter says, so that the element satisfies it.
 */
static int describe(json_t *element, const scim_filter_t *f, apr_pool_t *p)
{
    int whole = 1;

    while (f->op == SCIM_OP_AND) {
        whole &= describe(element, f->left, p);
        f = f->right;
    }
    if (f->op != SCIM_OP_EQ || f->kind == JSON_NULL) {
        return whole && f->op == SCIM_OP_EQ;
    }
    if (!json_object_get(element, f->path.attr->name)) {
        scim_value_put(element, f->path.attr->name, literal_new(f), p);
    }
    return whole;
}

/* Comparisons in a filter, as a measure of what one match costs. */
static apr_size_t count_terms(const scim_filter_t *f)
{
    apr_size_t n = 1;

    while (f->op == SCIM_OP_AND || f->op == SCIM_OP_OR || f->op == SCIM_OP_NOT) {
        if (f->op != SCIM_OP_NOT) {
            n += count_terms(f->left);
        }
        f = f->op == SCIM_OP_NOT ? f->left : f->right;
    }
    return n;
}

/* ---- one element ---- */

static scim_error_t *set_sub(scim_patch_run_t *run, json_t *element, const scim_patch_step_t *step)
{
    const scim_attr_t *sub = step->path.sub;
    const json_t *before = json_object_get(element, sub->name);

    if (before && sub->mutability == SCIM_IMMUTABLE && !(sub->ruled & SCIM_RULED_IMMUTABLE) &&
        (!step->value || !json_equal(before, step->value))) {
        return scim_error_make(run->pool, 400, SCIM_TYPE_MUTABILITY,
                               "%s cannot be changed once it is set.",
                               scim_value_label(sub, step->path.attr, run->pool));
    }
    if (step->op == SCIM_PATCH_REMOVE) {
        json_object_del(element, sub->name);
    } else {
        scim_value_put(element, sub->name, json_deep_copy(step->value), run->pool);
    }
    return NULL;
}

static void merge_value(json_t *element, const json_t *value, apr_pool_t *p)
{
    json_t *walk = scim_json_walk(value);
    const char *name;
    json_t *sub;

    json_object_foreach(walk, name, sub)
    {
        scim_value_put(element, name, json_deep_copy(sub), p);
    }
}

/*
 * A replaced element is the new value (RFC 7644 section 3.5.2.3), and keeps what the path's filter
 * says of it: `emails[type eq "work"]` replaced by {"value": …} is still the work address.
 */
static scim_error_t *change_element(scim_patch_run_t *run, json_t *element,
                                    const scim_patch_step_t *step)
{
    if (step->path.sub) {
        return set_sub(run, element, step);
    }
    if (step->op != SCIM_PATCH_ADD) {
        json_object_clear(element);
    }
    if (step->op != SCIM_PATCH_REMOVE) {
        merge_value(element, step->value, run->pool);
    }
    if (step->op == SCIM_PATCH_REPLACE) {
        describe(element, step->path.filter, run->pool);
    }
    return NULL;
}

/* ---- all of them ---- */

static int matches(scim_patch_run_t *run, const scim_filter_t *filter, const json_t *element)
{
    int result = !filter || scim_match_element(filter, element, run->scratch);

    apr_pool_clear(run->scratch);
    return result;
}

static scim_error_t *no_target(const scim_patch_run_t *run, const scim_attr_t *attr)
{
    return scim_error_make(run->pool, 400, SCIM_TYPE_NO_TARGET,
                           "No value of %s matches the filter of the path.", attr->name);
}

/* What a filter puts into a new element has not been decoded as other values are. */
static scim_error_t *check_described(const scim_patch_run_t *run, const json_t *element,
                                     const scim_attr_t *attr)
{
    scim_error_t *err = NULL;

    for (int i = 0; !err && run->tenant->reject_other_values && i < attr->nsubs; i++) {
        const json_t *value = json_object_get(element, attr->subs[i].name);

        if (value && !(attr->subs[i].ruled & SCIM_RULED_VALUES)) {
            err = scim_value_canonical(value, &attr->subs[i], attr, run->pool);
        }
    }
    return err;
}

/* The element that an operation asks for and that is not there. */
static scim_error_t *create_element(json_t **out, scim_patch_run_t *run, json_t *array,
                                    const scim_patch_step_t *step)
{
    json_t *element;
    scim_error_t *err;

    if (step->path.filter && step->op == SCIM_PATCH_REPLACE &&
        !run->tenant->patch_replace_creates) {
        return no_target(run, step->path.attr);
    }
    element = json_object();
    scim_value_put(array, NULL, element, run->pool);
    if (step->path.filter && !describe(element, step->path.filter, run->pool)) {
        return no_target(run, step->path.attr);
    }
    err = change_element(run, element, step);
    if (!err) {
        err = check_described(run, element, step->path.attr);
    }
    if (!err) {
        *out = element;
    }
    return err;
}

/* A single-valued attribute is its own only element; it is not created for a filter's sake. */
static scim_error_t *change_single(scim_patch_run_t *run, json_t *container,
                                   const scim_patch_step_t *step)
{
    json_t *object = json_object_get(container, step->path.attr->name);

    if (!object || !matches(run, step->path.filter, object)) {
        return step->op == SCIM_PATCH_REMOVE ? NULL : no_target(run, step->path.attr);
    }
    return change_element(run, object, step);
}

/*
 * What it costs to write a value into one element, beside looking at it: a long text written into
 * many elements makes a document that no request could have brought.
 */
static apr_size_t copy_cost(scim_patch_run_t *run, const json_t *value)
{
    apr_size_t bytes = 0;

    if (value) {
        (void)scim_json_dump(value, &bytes, run->scratch);
        apr_pool_clear(run->scratch);
    }
    return bytes / BYTES_OF_ONE;
}

static scim_error_t *several(const scim_patch_run_t *run, const scim_attr_t *attr)
{
    return scim_error_make(run->pool, 400, SCIM_TYPE_INVALID_FILTER,
                           "The path's filter matches more than one value of %s.", attr->name);
}

/* *first is the first element that was changed, or NULL. */
static scim_error_t *change_all(json_t **first, scim_patch_run_t *run, json_t *array,
                                const scim_patch_step_t *step)
{
    const scim_filter_t *filter = step->path.filter;
    apr_size_t cost = filter ? count_terms(filter) : 1;
    apr_size_t copy = copy_cost(run, step->value);
    scim_error_t *err = scim_patch_spend(run, json_array_size(array) * cost);

    *first = NULL;
    for (apr_size_t i = 0; !err && i < json_array_size(array); i++) {
        json_t *element = json_array_get(array, i);

        if (matches(run, filter, element)) {
            if (*first && filter && run->tenant->patch_one_element) {
                return several(run, step->path.attr);
            }
            *first = *first ? *first : element;
            err = scim_patch_spend(run, copy);
            err = err ? err : change_element(run, element, step);
        }
    }
    return err;
}

/* 1 if an operation may have made its element primary. */
static int sets_primary(const json_t *element, const scim_patch_step_t *step, int created)
{
    const scim_attr_t *flag = scim_attr_sub(step->path.attr, "primary");

    if (!flag || step->op == SCIM_PATCH_REMOVE || !element) {
        return 0;
    }
    return (created || !step->path.sub || step->path.sub == flag) &&
           json_is_true(json_object_get(element, flag->name));
}

scim_error_t *scim_patch_elements(scim_patch_run_t *run, json_t *container,
                                  const scim_patch_step_t *step)
{
    const scim_attr_t *attr = step->path.attr;
    json_t *array = json_object_get(container, attr->name);
    json_t *first = NULL;
    int created = 0;
    scim_error_t *err;

    run->index.array = NULL;
    if (!attr->multi) {
        return change_single(run, container, step);
    }
    if (!array && step->op == SCIM_PATCH_REMOVE) {
        return NULL;
    }
    if (!array) {
        array = json_array();
        scim_value_put(container, attr->name, array, run->pool);
    }
    err = change_all(&first, run, array, step);
    if (!err && !first && step->op != SCIM_PATCH_REMOVE) {
        created = 1;
        err = create_element(&first, run, array, step);
    }
    if (err) {
        return err;
    }
    scim_value_compact(array);
    if (sets_primary(first, step, created)) {
        err = scim_patch_primary(run, array, first, attr);
    }
    return err;
}
