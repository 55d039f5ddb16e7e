/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_PROFILE_H
#define MOD_SCIM_PROFILE_H

#include "mod_scim_config.h"

/** ScimProfile and ScimRateLimit, as httpd calls them. */
const char *scim_profile_set(cmd_parms *cmd, void *config, const char *name);
const char *scim_profile_set_rate(cmd_parms *cmd, void *config, const char *rate,
                                  const char *burst);

/**
 * Whether the other directives leave the profile's promises true.
 * @param dir what holds in a place, merged
 * @return NULL, or what contradicts it, naming both directives
 */
const char *scim_profile_check(const scim_dir_t *dir, apr_pool_t *p);

#endif
