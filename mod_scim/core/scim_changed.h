/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CHANGED_H
#define SCIM_CHANGED_H

#include <jansson.h>

#include "scim_schema.h"

/**
 * What a change of a resource changed, by name only: for the audit trail and the logs.
 */

/**
 * The names of the attributes in which two documents differ, in the schema's order and spelling,
 * with blanks between: "userName name.givenName emails urn:…:User:department". Of a complex
 * attribute with one value its sub-attributes, of one with many its own name. What clients cannot
 * write (id, meta, what the server derives) and what the type does not define is not named.
 * @param old a canonical document; NULL: a new resource
 * @param doc as it is now; NULL: none, and so nothing is named
 * @return in p; NULL where there is none
 */
const char *scim_changed_names(const json_t *old, const json_t *doc,
                               const scim_resource_type_t *type, apr_pool_t *p);

/**
 * What people know a resource by: the value of its unique attribute (userName, a group's
 * displayName), else displayName; NULL: neither is there. Lives as long as the document.
 */
const char *scim_changed_label(const json_t *doc, const scim_resource_type_t *type);

#endif
