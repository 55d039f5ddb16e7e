/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_OAUTH_KEYS_H
#define MOD_SCIM_OAUTH_KEYS_H

#include "mod_scim_config.h"
#include "mod_scim_jwks.h"

/**
 * The key sets of OAuth clients with a jwks_uri: each child keeps those that it needed, fetched
 * and renewed as mod_scim_jwks.h says.
 */

/** The most key sets that a child keeps; a client beyond them is not let in. */
#define SCIM_OAUTH_KEYS_MAX 256

/** post_config: get ready, where some place takes assertions. OK, or an error in the log. */
int scim_oauth_keys_setup(apr_pool_t *pconf, server_rec *main_server);

/** child_init. */
void scim_oauth_keys_child(apr_pool_t *pchild, server_rec *main_server);

/** Verify an assertion's signature with the keys behind a URI; may fetch them before. */
scim_jwks_result_t scim_oauth_keys_verify(const char *uri, const scim_jwt_t *jwt, request_rec *r,
                                          const scim_dir_t *dir);

#endif
