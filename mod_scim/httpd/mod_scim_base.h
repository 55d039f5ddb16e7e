/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_BASE_H
#define MOD_SCIM_BASE_H

#include "mod_scim_config.h"

/**
 * Bases: the URL paths below which SCIM is served. One segment of a base may be SCIM_BASE_TENANT;
 * any segment of a path matches that.
 */
#define SCIM_BASE_TENANT "{tenant}"

/** @return NULL, or what is wrong with a base as a directive's value */
const char *scim_base_check(const char *value, const cmd_parms *cmd);

/** 1 if the base has a segment for the tenant. */
int scim_base_has_tenant(const char *base);

/** How many bytes of a base every path below it begins with: those before the tenant's segment. */
apr_size_t scim_base_fixed(const char *base);

/**
 * What follows a base in a URL path: "" or what begins with a slash. NULL: the path is not below
 * the base.
 */
const char *scim_base_below(const char *base, const char *path);

/**
 * 1 if a section's path lies inside a base: below it, or with a tenant's name in the place of its
 * segment.
 */
int scim_base_meets(const char *base, const char *path);

/** The tenant that a path below a base names, in p. NULL: the base has no segment for it. */
const char *scim_base_tenant(const char *base, const char *path, apr_pool_t *p);

/** The server's base that a URL path is below, or NULL. path may be NULL. */
const char *scim_base_find(const server_rec *s, const char *path);

/**
 * What follows the base, or one of its aliases, that holds for a path.
 * @param base set to which of them
 */
const char *scim_base_of(const char **base, const scim_dir_t *dir, const char *path);

#endif
