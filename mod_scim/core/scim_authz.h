/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_AUTHZ_H
#define SCIM_AUTHZ_H

#include <jansson.h>

#include "scim_filter.h"

/**
 * What authorisation asks of a user's document: paths as an operator writes them, comparisons, and
 * values as text for an application's environment.
 */

/**
 * Parse the path of something that has values one can compare: a complex attribute means its
 * `value`. Beside the grammar of RFC 7644, `emails[primary].value` is short for
 * `emails[primary eq true].value`.
 * @return 400 for what is no path of the type, what has no value, and what is never returned
 */
scim_error_t *scim_authz_path(scim_path_t *out, const char *text, const scim_resource_type_t *type,
                              apr_pool_t *p) SCIM_CHECKED;

/**
 * The comparison of a path with one value, for scim_match(): true if any value that the resource
 * has there is equal, by the attribute's own rule (RFC 7643 sections 2.2 and 2.3).
 * @param path from scim_authz_path()
 * @return 400 for a value that the attribute cannot have
 */
scim_error_t *scim_authz_test(const scim_filter_t **out, const scim_path_t *path, const char *value,
                              const scim_resource_type_t *type, apr_pool_t *p) SCIM_CHECKED;

/**
 * The values that a resource has at a path, as one text: control characters become spaces. Of what
 * can have several values they are joined by ";", and a ";" or "\" inside of one has a "\" before
 * it.
 * @param path from scim_authz_path()
 * @return in p, or NULL where there is no value
 */
const char *scim_authz_text(const scim_path_t *path, const json_t *resource, apr_pool_t *p);

#endif
