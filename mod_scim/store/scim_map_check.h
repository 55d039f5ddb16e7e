/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MAP_CHECK_H
#define SCIM_MAP_CHECK_H

#include "scim_dbd.h"
#include "scim_map.h"

/**
 * Hold a mapping to the tables that there are: every table and column named must exist, the key
 * must be mapped or counted up by the database, and the join table must have a unique key so that
 * nobody is in a group twice.
 * @param tenant its name is for the message only
 * @return 503 with SCIM2240 and a log text that names the directive's place, table and column; what
 *         the database answers when it is away
 */
scim_error_t *scim_map_check(scim_dbd_t *db, const scim_map_t *map, const char *tenant,
                             apr_pool_t *p) SCIM_CHECKED;

#endif
