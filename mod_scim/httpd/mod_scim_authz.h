/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_AUTHZ_H
#define MOD_SCIM_AUTHZ_H

#include <apr_pools.h>

/** Register the providers of Require, and the hooks around them and ScimExportEnv. */
void scim_authz_hooks(apr_pool_t *p);

#endif
