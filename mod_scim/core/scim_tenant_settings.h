/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_TENANT_SETTINGS_H
#define SCIM_TENANT_SETTINGS_H

#include <jansson.h>

#include "scim_tenant.h"

/**
 * A tenant's numbers and switches as JSON and back: httpd prints what its directives made of a
 * tenant, and scimctl makes the same tenant of it. tests/guard/check_settings holds the table to
 * the struct.
 */

/** Every number and switch of a tenant, by the name of its member; owned by p. */
json_t *scim_tenant_settings(const scim_tenant_t *tenant, apr_pool_t *p);

/**
 * Give a tenant settings as scim_tenant_settings() writes them; those that are absent stay.
 * @return NULL, or what is wrong: a setting that this version does not have, or no whole number
 */
const char *scim_tenant_set(scim_tenant_t *tenant, const json_t *settings, apr_pool_t *p);

#endif
