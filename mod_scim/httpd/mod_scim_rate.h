/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_RATE_H
#define MOD_SCIM_RATE_H

#include "mod_scim_config.h"
#include "scim_error.h"

/**
 * Rate limits (ScimRateLimit): one account for each tenant name, in memory that all children share
 * and that stays over restarts, so that neither the number of children nor a reload gives a tenant
 * more than its limit. An account is two words that are only changed atomically; nobody waits.
 */

/**
 * Note a place that is served, while the configuration is checked.
 * @return NULL, or what is wrong: another place gives the same tenant another limit
 */
const char *scim_rate_note(server_rec *main_server, const scim_dir_t *dir, apr_pool_t *pconf);

/**
 * In post_config: find or make the account of every tenant that was noted.
 * @return OK, or HTTP_INTERNAL_SERVER_ERROR with the reason in the log
 */
int scim_rate_setup(apr_pool_t *pconf, server_rec *main_server);

/**
 * Count a request, once it is known whose it is and before anything is done for it.
 * @param tenant whose it is; has an account of its own also where a path or token names it
 * @return NULL; or 429, with Retry-After set
 */
scim_error_t *scim_rate_check(request_rec *r, const scim_dir_t *dir,
                              const char *tenant) SCIM_CHECKED;

#endif
