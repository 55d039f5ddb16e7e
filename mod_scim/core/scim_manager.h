/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MANAGER_H
#define SCIM_MANAGER_H

#include <jansson.h>

#include "scim_error.h"
#include "scim_path.h"

/**
 * EnterpriseUser.manager (RFC 7643 section 4.3): `value` is the client's, `displayName` and `$ref`
 * follow from the user that it names. Both are in the stored document, as it is answered. A manager
 * that names nobody stays as the client sent it, without a displayName.
 */

/** The path of a User's manager.value. Returns 0 for another type, or one without it. */
int scim_manager_path(scim_path_t *path, const scim_resource_type_t *type);

/** The manager's id in a canonical document, or NULL. It lives as long as the document's value. */
const char *scim_manager_id(const json_t *doc, const scim_resource_type_t *type);

/**
 * Prepare a new document: with the manager that the old one has, what was derived stays; with
 * another one it goes, and the id is to be looked up.
 * @param old  NULL for a new resource
 * @param look set to the id to look up, or NULL
 */
scim_error_t *scim_manager_begin(const char **look, json_t *doc, const json_t *old,
                                 const scim_resource_type_t *type, apr_pool_t *p) SCIM_CHECKED;

/** Set what follows from the user that the manager's id names. @param display NULL: no name */
void scim_manager_derive(json_t *doc, const scim_resource_type_t *type, const char *display,
                         apr_pool_t *p);

/** Take the manager out of a document. */
scim_error_t *scim_manager_drop(json_t *doc, const scim_resource_type_t *type,
                                apr_pool_t *p) SCIM_CHECKED;

#endif
