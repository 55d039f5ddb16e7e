/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef RULED_H
#define RULED_H

#include "scim_rules.h"
#include "scim_tenant.h"

/**
 * Make a tenant obey the lines of a configuration, each a directive of scim_rules.h with its words
 * (quotes as in httpd's configuration).
 * @return NULL, or what is wrong
 */
const char *ruled_compile(scim_tenant_t *tenant, const char *lines, apr_pool_t *p);

/** The tenant's type; lines that are wrong end the process. */
const scim_resource_type_t *ruled_type(scim_tenant_t *tenant, const char *lines, const char *type,
                                       apr_pool_t *p);

#endif
