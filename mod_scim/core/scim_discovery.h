/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_DISCOVERY_H
#define SCIM_DISCOVERY_H

#include "scim_tenant.h"

/**
 * Discovery documents (RFC 7643 sections 5 to 7, RFC 7644 section 4), made from the same tables
 * that validate. They tell the truth of this tenant: what is not built is `supported: false`.
 * All return JSON text in p.
 */
const char *scim_discovery_config(const scim_tenant_t *tenant, const char *base, apr_pool_t *p);

/** ListResponse of all schemas, or one by URN (without case). NULL: no such schema. */
const char *scim_discovery_schemas(const scim_tenant_t *tenant, const char *urn, const char *base,
                                   apr_pool_t *p);

/** ListResponse of all resource types, or one by name. NULL: no such type. */
const char *scim_discovery_types(const scim_tenant_t *tenant, const char *name, const char *base,
                                 apr_pool_t *p);

#endif
