/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <jansson.h>

#include "scim_path.h"

/**
 * A resource type "Sample" with every combination of mutability and returned, in simple attributes,
 * in sub-attributes of one and of many values, and in an extension; and a walk over all attributes
 * of a type.
 */
extern const scim_resource_type_t sample_type;

/** An attribute or sub-attribute of a type. */
typedef struct sample_place_t {
    const scim_resource_type_t *type;
    scim_path_t path;
    const scim_attr_t *leaf;
    const char *name; /* the path as text */
} sample_place_t;

typedef void(sample_check_fn)(const sample_place_t *place);

/** Call check for every attribute and sub-attribute of a type, common ones and extensions too. */
void sample_walk(const scim_resource_type_t *type, sample_check_fn *check, apr_pool_t *p);

/** The same for User, Group and Sample. */
void sample_walk_all(sample_check_fn *check, apr_pool_t *p);

/** One of two values (0 or 1) of an attribute's type. */
json_t *sample_value_new(const scim_attr_t *attr, int which);

/**
 * A whole attribute, in an array where there are many.
 * @param only this sub-attribute alone; NULL: all
 */
json_t *sample_attr_new(const scim_attr_t *attr, const scim_attr_t *only, int which);

#endif
