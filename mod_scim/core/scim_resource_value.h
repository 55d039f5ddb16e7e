/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_RESOURCE_VALUE_H
#define SCIM_RESOURCE_VALUE_H

#include <apr_hash.h>

#include "scim_resource.h"
#include "scim_text.h"

/**
 * Values from outside, attribute by attribute. Used by scim_resource and scim_patch only.
 *
 * Results are built from the top down: a container is put into its parent, which some pool owns,
 * before it is filled. So an error halfway leaves nothing that nobody releases.
 */

/** One decoding: its tenant's rules, and what it met. */
typedef struct scim_decode_t {
    const scim_tenant_t *tenant;
    apr_pool_t *pool;
    apr_hash_t *noted;   /* names in `ignored`; NULL: none yet */
    scim_buf_t *ignored; /* undefined names that were dropped; NULL: none yet */
} scim_decode_t;

/** The attribute that a value is for, and where the result goes. */
typedef struct scim_place_t {
    json_t *to; /* an object: set under attr's name; an array: appended */
    const scim_attr_t *attr;
    const scim_attr_t *parent; /* of a sub-attribute; or NULL */
} scim_place_t;

/** 1 for what means "no value": null, "", [] and {}. */
int scim_value_nothing(const json_t *value);

/** Steal fresh into a container, under key or, with key NULL, at the end of an array. */
void scim_value_put(json_t *to, const char *key, json_t *fresh, apr_pool_t *p);

/** "familyName" or "name.familyName", for a detail. */
const char *scim_value_label(const scim_attr_t *attr, const scim_attr_t *parent, apr_pool_t *p);

/** "name.familyName is given more than once." */
scim_error_t *scim_value_twice(const scim_attr_t *attr, const scim_attr_t *parent,
                               apr_pool_t *p) SCIM_CHECKED;

/**
 * An undefined name was met: note it, or refuse it where the tenant wants that.
 * @param parent attribute or schema it was met in, or NULL
 */
scim_error_t *scim_value_unknown(scim_decode_t *d, const char *parent,
                                 const char *name) SCIM_CHECKED;

/**
 * Decode a value into its place; nothing is put there for a value that is empty.
 * @param multi_ok as in scim_resource_value_new()
 */
scim_error_t *scim_value_decode(const scim_place_t *place, const json_t *value, int multi_ok,
                                scim_decode_t *d) SCIM_CHECKED;

/**
 * Hold a value to its attribute's canonicalValues, if there are any: 400 invalidValue for another
 * text. Numbers and Booleans are not compared with them.
 * For tenants that want that (reject_other_values).
 * @param parent of a sub-attribute; or NULL
 */
scim_error_t *scim_value_canonical(const json_t *value, const scim_attr_t *attr,
                                   const scim_attr_t *parent, apr_pool_t *p) SCIM_CHECKED;

/** Drop the empty elements of an array, in one pass. */
void scim_value_compact(json_t *array);

/**
 * Hold immutable attributes to what `old` has for them; where it has no value, any is fine. The
 * sub-attributes of multi-valued attributes are not looked at.
 * @param keep 1: an absent one gets its old value back; 0: it is an error too
 */
scim_error_t *scim_value_immutables(json_t *doc, const json_t *old, int keep,
                                    const scim_resource_type_t *type, apr_pool_t *p) SCIM_CHECKED;

#endif
