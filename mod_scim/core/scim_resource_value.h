/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_RESOURCE_VALUE_H
#define SCIM_RESOURCE_VALUE_H

#include <apr_hash.h>

#include "scim_resource.h"
#include "scim_rules.h"
#include "scim_text.h"

/**
 * Values from outside, attribute by attribute. Used by scim_resource and scim_patch only.
 *
 * Results are built from the top down: a container is put into its parent, which some pool owns,
 * before it is filled. So an error halfway leaves nothing that nobody releases.
 */

/** Names that were met, each once; both NULL: none yet. */
typedef struct scim_names_t {
    apr_hash_t *seen;
    scim_buf_t *list;
} scim_names_t;

/** One decoding: its tenant's rules, and what it met. */
typedef struct scim_decode_t {
    const scim_tenant_t *tenant;
    apr_pool_t *pool;
    const scim_resource_type_t *type; /* what is decoded is one of these; NULL: not known */
    scim_names_t ignored;             /* names that were dropped */
    scim_names_t refused;             /* attributes that are not offered, for one error */
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
 * A name was met that leads nowhere: at the resource's top level, in a schema's object, in a
 * complex attribute's. One that is not defined is noted, or refused where the tenant wants that; of
 * one that is defined but not offered, the type's rules say what becomes of it.
 * @param value what is given for it, or NULL
 */
scim_error_t *scim_value_unknown(scim_decode_t *d, const char *name,
                                 const json_t *value) SCIM_CHECKED;
scim_error_t *scim_value_unknown_in(scim_decode_t *d, const scim_schema_t *schema, const char *name,
                                    const json_t *value) SCIM_CHECKED;
scim_error_t *scim_value_unknown_sub(scim_decode_t *d, const scim_attr_t *attr, const char *name,
                                     const json_t *value) SCIM_CHECKED;

/**
 * The same for a path that could not be resolved.
 * @param taken set to 1 where it names what is only not offered; else 0, and nothing was done
 */
scim_error_t *scim_value_unknown_path(int *taken, scim_decode_t *d, const char *path,
                                      const json_t *value) SCIM_CHECKED;

/** At the end: 400 invalidValue with all names that were met and are refused; NULL: none was. */
scim_error_t *scim_value_refused(const scim_decode_t *d) SCIM_CHECKED;

/** The names that were dropped, comma-separated, for the log; NULL: none. */
const char *scim_value_ignored(const scim_decode_t *d);

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
