/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_ACCESS_H
#define MOD_SCIM_ACCESS_H

#include "mod_scim_config.h"

/** Directives about who may come in, and whose resources they are then. */

/** ScimTokenLifetime, ScimTenantBy, ScimBaseAlias. */
const char *scim_access_set_life(cmd_parms *cmd, void *config, const char *min, const char *max,
                                 const char *usual);
const char *scim_access_set_tenant_by(cmd_parms *cmd, void *config, const char *value);
const char *scim_access_set_alias(cmd_parms *cmd, void *config, const char *value);

/**
 * What these directives mean together at a place.
 * @param msgid set to the message's id
 * @return NULL, or what is wrong
 */
const char *scim_access_check(const char **msgid, const scim_dir_t *dir, apr_pool_t *p);

#endif
