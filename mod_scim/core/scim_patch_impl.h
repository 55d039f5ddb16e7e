/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_PATCH_IMPL_H
#define SCIM_PATCH_IMPL_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "scim_patch.h"
#include "scim_resource_value.h"

/** What the files of scim_patch share among themselves. */

/* ---- the membership plan, while it is made ---- */

typedef struct scim_member_plan_t {
    apr_pool_t *pool;
    apr_array_header_t *steps; /* of a kind that only scim_patch_members.c knows */
} scim_member_plan_t;

scim_member_plan_t *scim_member_plan_make(apr_pool_t *p);

/**
 * Add one operation whose target is the members or a part of them.
 * @param step op and path; its value is not looked at
 * @param value as given by the client, or NULL
 */
scim_error_t *scim_member_plan_add(scim_member_plan_t *plan, const scim_patch_step_t *step,
                                   const json_t *value, const scim_tenant_t *tenant) SCIM_CHECKED;

/** The finished plan, in the plan's pool. */
const scim_member_step_t *scim_member_plan_steps(int *n, const scim_member_plan_t *plan);

/* ---- parsing ---- */

/**
 * One parse. Whatever stands for several targets (a pathless value, an extension object, a complex
 * attribute) is taken apart here, so that a step has one target, its value is decoded, and "the
 * sub-attributes that are not given stay" needs no rule of its own.
 */
typedef struct scim_patch_parse_t {
    const scim_resource_type_t *type;
    scim_decode_t decode;
    apr_array_header_t *steps; /* of scim_patch_step_t */
    scim_member_plan_t *members;
    json_t *values; /* array that holds every step's value */
} scim_patch_parse_t;

/** One target as it comes: before its value is decoded. */
typedef struct scim_patch_target_t {
    scim_patch_step_t step; /* value not set yet */
    const json_t *given;    /* NULL: no value at all */
    int explicit_path;      /* 0: found inside a value, where what cannot be set is dropped */
} scim_patch_target_t;

/** Turn a target into steps, or into a part of the membership plan. */
scim_error_t *scim_patch_take(scim_patch_parse_t *ps, const scim_patch_target_t *t) SCIM_CHECKED;

/**
 * Every member of an object becomes a target of its own.
 * @param schema what the object belongs to; NULL: the resource itself
 */
scim_error_t *scim_patch_take_object(scim_patch_parse_t *ps, scim_patch_op_t op,
                                     const scim_schema_t *schema,
                                     const json_t *object) SCIM_CHECKED;

/* ---- applying ---- */

/** Which elements an array holds, for adding many values one by one. */
typedef struct scim_patch_index_t {
    const json_t *array; /* NULL: nothing is known */
    apr_hash_t *elements;
    apr_pool_t *pool;
} scim_patch_index_t;

/** One run of scim_patch_apply(). */
typedef struct scim_patch_run_t {
    json_t *doc;
    const scim_tenant_t *tenant;
    apr_pool_t *pool;
    apr_pool_t *scratch; /* for comparing one element */
    apr_size_t spent;    /* elements looked at so far */
    scim_patch_index_t index;
} scim_patch_run_t;

/**
 * Account for looking at n elements, or for copying as much. Operations times elements is what a
 * client can make us do, and neither factor alone is large; past a bound the request is refused
 * (413).
 */
scim_error_t *scim_patch_spend(scim_patch_run_t *run, apr_size_t n) SCIM_CHECKED;

/** All other elements but this one are no longer primary. */
scim_error_t *scim_patch_primary(scim_patch_run_t *run, json_t *array, const json_t *element,
                                 const scim_attr_t *attr) SCIM_CHECKED;

/** Add the values of a list to a multi-valued attribute; those that are there already are not. */
scim_error_t *scim_patch_list_add(scim_patch_run_t *run, json_t *container, const scim_attr_t *attr,
                                  const json_t *list) SCIM_CHECKED;

/** Take away the elements that have all the sub-attributes of some entry of a list. */
scim_error_t *scim_patch_list_remove(scim_patch_run_t *run, json_t *container,
                                     const scim_attr_t *attr, const json_t *list) SCIM_CHECKED;

/** An operation on some or all elements: attr[filter], attr[filter].sub or attr.sub. */
scim_error_t *scim_patch_elements(scim_patch_run_t *run, json_t *container,
                                  const scim_patch_step_t *step) SCIM_CHECKED;

#endif
