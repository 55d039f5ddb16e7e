/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SCHEMA_LOAD_H
#define SCIM_SCHEMA_LOAD_H

#include <jansson.h>

#include "scim_error.h"
#include "scim_schema.h"

/**
 * A tenant's own schemas and resource types: JSON documents (RFC 7643 sections 6 and 7) into a
 * constant catalog. Everything is checked, here or when the catalog is made, so that nothing that
 * uses a catalog has to: a document that is not refused is safe to serve. Time and memory are
 * bounded by the limits below.
 *
 * What is refused beside plain errors, because it could not be kept:
 *  - another definition of a built-in schema, or of User and Group beyond their extensions;
 *  - readOnly and required: nobody could give the value;
 *  - writeOnly without returned never, and the other way round; writeOnly and required: such values
 *    are accepted and not kept;
 *  - uniqueness of anything but one required, single-valued string or reference at the top level of
 *    a type's main schema: one unique key is kept per resource;
 *  - a schema that no resource type uses.
 */
typedef struct scim_schema_set_t scim_schema_set_t;

#define SCIM_SCHEMAS_MAX 200          /* schemas of one set */
#define SCIM_SCHEMA_TYPES_MAX 100     /* resource types of one set */
#define SCIM_SCHEMA_EXTENSIONS_MAX 32 /* extensions of one type */
#define SCIM_SCHEMA_ATTRS_MAX 1000    /* attributes of one schema */
#define SCIM_SCHEMA_SUBS_MAX 64       /* sub-attributes of one attribute */
#define SCIM_SCHEMA_TOTAL_MAX 20000   /* attributes and sub-attributes of one set */
#define SCIM_SCHEMA_URN_MAX 200       /* bytes of a schema's URN */
#define SCIM_SCHEMA_NAME_MAX 64       /* bytes of an attribute's name or an endpoint */
#define SCIM_SCHEMA_TYPE_MAX 32       /* bytes of a resource type's name */
#define SCIM_SCHEMA_TEXT_MAX 4096     /* bytes of a description, a schema's name or a value */

/** An empty set: its catalog is scim_catalog_default(). Everything it makes lives in p. */
scim_schema_set_t *scim_schema_set_make(apr_pool_t *p);

/**
 * Add what a document holds: a Schema object, a ResourceType object, an array of them, or a
 * ListResponse of them. Names are taken without case; members that RFC 7643 does not define, and
 * null, are ignored. Strings are copied.
 *
 * A ResourceType with the name of a built-in one replaces that type's list of extensions.
 * @return 400 invalidValue whose detail names the schema, the attribute and the rule
 */
scim_error_t *scim_schema_set_add(scim_schema_set_t *set, const json_t *root) SCIM_CHECKED;

/**
 * Add an attribute to those that the value index keeps for a type (SCIM_AT_INDEXED). Looked at by
 * scim_schema_set_catalog().
 * @param path as in a filter, without a value filter: "title", "urn:…:User:costCenter"
 */
void scim_schema_set_index(scim_schema_set_t *set, const char *type, const char *path);

/**
 * Check what the parts mean together, and make the catalog: User and Group, then the set's own
 * types in order.
 *
 * Each type's `indexed` is a name for what is kept in the index of it as configured here, beyond
 * what every mod_scim keeps: another choice has another name. It is made of the paths, so the same
 * configuration has the same name on every host. NULL: nothing.
 * @param out in the set's pool
 */
scim_error_t *scim_schema_set_catalog(const scim_catalog_t **out,
                                      scim_schema_set_t *set) SCIM_CHECKED;

#endif
