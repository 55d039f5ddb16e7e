/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef WIDGET_H
#define WIDGET_H

#include "scim_schema.h"

/** A resource type "Widget" with every attribute type, for tests: RFC 7643's own lack some. */
extern const scim_resource_type_t widget_type;

/** User, Group or Widget; NULL for another name. */
const scim_resource_type_t *widget_type_named(const char *name);

#endif
