/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_PROJECT_H
#define SCIM_PROJECT_H

#include "scim_json.h"
#include "scim_schema.h"

/**
 * `attributes` and `excludedAttributes` (RFC 7644 section 3.9) with each attribute's `returned`
 * (RFC 7643 section 2.2).
 */
typedef struct scim_projection_t scim_projection_t;

/**
 * Parse the two parameters, comma-separated paths in any of the standard's notations; unknown names
 * are ignored. With both given, `attributes` selects and `excludedAttributes` takes away. A value
 * filter in `attributes` (Entra: emails[type eq "work"]) selects the attribute with all its values;
 * in `excludedAttributes`, where that would take away too much, it makes the name unknown.
 * @param out NULL when both are NULL or empty and the type has nothing that is stored and not shown
 *            by default: that view, for which a stored document needs no parsing
 */
scim_error_t *scim_project_parse(const scim_projection_t **out, const char *attributes,
                                 const char *excluded, const scim_resource_type_t *type,
                                 apr_pool_t *p) SCIM_CHECKED;

/** Whether the view shows an attribute stored at `at` (members, groups, meta): 1 or 0. NULL: 1. */
int scim_project_wants(const scim_projection_t *pr, const scim_resource_type_t *type, scim_at_t at);

/**
 * The view of a resource, owned by p; pr NULL: the default view. Values that are shown whole are
 * shared with `resource`, so neither may be changed afterwards. `returned: never` is never in it.
 */
json_t *scim_project_apply(const scim_projection_t *pr, const json_t *resource,
                           const scim_resource_type_t *type, apr_pool_t *p);

#endif
