/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MAP_CHECK_H
#define SCIM_MAP_CHECK_H

#include <apr_hash.h>

#include "scim_dbd.h"
#include "scim_map.h"

/**
 * Hold a mapping to the tables that there are: every table and column named must exist, the key
 * must be mapped or counted up by the database, and the join table must have a unique key so that
 * nobody is in a group twice.
 * @param seen   what other calls have read of the same database's tables on the same connection,
 * and this one adds to; made by apr_hash_make(). NULL: nothing
 * @param misfit NULL if all of it fits; else the directive, its place, the table and column
 * @return what the database answers when it is away or is not set up
 */
scim_error_t *scim_map_check(const char **misfit, scim_dbd_t *db, apr_hash_t *seen,
                             const scim_map_t *map, apr_pool_t *p) SCIM_CHECKED;

#endif
