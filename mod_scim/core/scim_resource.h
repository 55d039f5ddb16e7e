/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_RESOURCE_H
#define SCIM_RESOURCE_H

#include "scim_json.h"
#include "scim_tenant.h"

/**
 * Resources from outside (RFC 7643 sections 2 and 3; RFC 7644 sections 3.3 and 3.5.1) into the
 * canonical form that is stored:
 *  - every name in the schema's spelling; extension attributes under their URN;
 *  - `schemas` rebuilt: the main URN, and each extension with a value;
 *  - no null, no "" for complex or multi-valued, no empty arrays or objects;
 *  - no readOnly attribute (id, meta, groups … are dropped silently), no writeOnly one (password);
 *  - booleans as strings ("True") and numbers as strings become their type; a single value for a
 *    multi-valued attribute becomes an array of one; a string for a complex attribute with a
 *    `value` sub-attribute (manager, members) becomes {"value": …};
 *  - at most one primary: of several, the first stays (Ping sends two);
 *  - URN-qualified and dotted keys at top level are resolved as paths;
 *  - the type's rules hold (scim_rules.h): values in the spelling that is kept, defaults given, and
 *    nothing of what the tenant does not offer.
 * Group.members stays in the tree as an array of {value, …}, each with a value; the service takes
 * it out. Members stand in the schema's order: schemas, id, externalId, main schema, extensions.
 */

/**
 * Decode a POST body. One that has nothing but what a tombstone of this tenant has may lack what is
 * required (scim_life_may_lack()).
 * @param out     borrowed, owned by p
 * @param ignored names of the undefined attributes dropped, comma-separated, for the log; NULL if
 *                none. May be NULL itself.
 */
scim_error_t *scim_resource_create(json_t **out, const char **ignored, const json_t *body,
                                   const scim_resource_type_t *type, const scim_tenant_t *tenant,
                                   apr_pool_t *p) SCIM_CHECKED;

/**
 * Decode a PUT body. Absent `active` keeps its stored value; every other absent attribute is
 * cleared. A changed immutable attribute with a stored value is 400 mutability.
 * `name.formatted` that merely echoes the stored one while another part of the name changed is
 * dropped (okta-client.md 4.3).
 * @param old the stored document
 */
scim_error_t *scim_resource_replace(json_t **out, const char **ignored, const json_t *body,
                                    const json_t *old, const scim_resource_type_t *type,
                                    const scim_tenant_t *tenant, apr_pool_t *p) SCIM_CHECKED;

/**
 * Decode one value for an attribute, as it comes in a body or a PATCH operation.
 * @param out a new reference to steal; NULL where the value is empty (null, "", [] or {})
 * @param multi_ok 1: an array is decoded element by element for a multi-valued attribute;
 *        0: value is one element
 */
scim_error_t *scim_resource_value_new(json_t **out, const json_t *value, const scim_attr_t *attr,
                                      int multi_ok, const scim_tenant_t *tenant,
                                      apr_pool_t *p) SCIM_CHECKED;

/**
 * Check and finish a canonical tree after a change: required attributes, `schemas`, one primary,
 * no empty containers. Called by create, replace and PATCH alike, and by the server's own changes,
 * which the tenant's rules do not ask about: what they require is not looked at here.
 */
scim_error_t *scim_resource_finish(json_t *resource, const scim_resource_type_t *type,
                                   apr_pool_t *p) SCIM_CHECKED;

/**
 * The same where required attributes and extensions may be missing (scim_life_may_lack()); of a
 * value that is there, its required sub-attributes may not.
 */
scim_error_t *scim_resource_finish_lacking(json_t *resource, const scim_resource_type_t *type,
                                           apr_pool_t *p) SCIM_CHECKED;

/**
 * Put a tree that was made of parts into the canonical order, with `schemas`. Nothing is refused
 * that it lacks: for resources that others made.
 */
void scim_resource_arrange(json_t *resource, const scim_resource_type_t *type, apr_pool_t *p);

#endif
