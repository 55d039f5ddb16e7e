/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_PATH_H
#define SCIM_PATH_H

#include <apr_pools.h>

#include "scim_error.h"
#include "scim_schema.h"

struct scim_filter_t;

/**
 * An attribute path (RFC 7644 figure 7): [URN ":"] attr ["[" filter "]"] ["." sub], resolved
 * against a resource type. `schema` alone (attr NULL) is the whole extension object named by its
 * URN (the main schema's URN alone is an error).
 */
typedef struct scim_path_t {
    const scim_schema_t *schema;         /* extension the attribute is in; NULL: main or common */
    const scim_attr_t *attr;             /* NULL: the whole extension object */
    const struct scim_filter_t *filter;  /* value filter, bound to attr; or NULL */
    const scim_attr_t *sub;              /* or NULL */
} scim_path_t;

/** Longest path text accepted, in bytes. */
#define SCIM_PATH_MAX 2048

/**
 * Parse and resolve a path, names without case. The main schema's URN as a prefix is accepted.
 * @param errtype scimType of refusals: SCIM_TYPE_INVALID_PATH for PATCH, SCIM_TYPE_INVALID_FILTER …
 *                Inside a value filter it is SCIM_TYPE_INVALID_FILTER always.
 * @param filter_ok 0: a value filter is refused
 */
scim_error_t *scim_path_parse(scim_path_t *out, const char *text, const scim_resource_type_t *type,
                              scim_error_type_t errtype, int filter_ok, apr_pool_t *p) SCIM_CHECKED;

/** The path's canonical text: schema's own spelling of every name; URN prefix for extensions. */
const char *scim_path_print(const scim_path_t *path, apr_pool_t *p);

#endif
