/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef GADGET_H
#define GADGET_H

#include "scim_json.h"
#include "scim_schema.h"
#include "scim_tenant.h"

/**
 * A resource type "Gadget" with the characteristics that no attribute of RFC 7643's own types has:
 * immutable attributes and sub-attributes, required and writeOnly sub-attributes, numbers, times,
 * simple multi-valued attributes, a required extension.
 */
extern const scim_resource_type_t gadget_type;

/** User, Group or Gadget; NULL for another name. */
const scim_resource_type_t *gadget_type_named(const char *name);

/** JSON from C source: ' stands for ". Ends the process on a mistake. Owned by p. */
json_t *gadget_json(apr_pool_t *p, const char *text);

/** As gadget_json(), of a printf format; ' in arguments is replaced too. */
json_t *gadget_jsonf(apr_pool_t *p, const char *fmt, ...) SCIM_PRINTF(2, 3);

/** A tenant named "test"; profile: the name of its profile, or NULL. */
scim_tenant_t *gadget_tenant(const char *profile, apr_pool_t *p);

#endif
