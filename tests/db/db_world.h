/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef DB_WORLD_H
#define DB_WORLD_H

#include "db_env.h"
#include "scim_sort.h"

/**
 * All resources of a type as the matcher sees them: what lists are held against. Sorted and
 * filtered here by the core's own rules, one by one.
 */
typedef struct db_world_t {
    const scim_resource_type_t *type;
    int n;
    scim_row_t *rows;
    json_t **trees;
} db_world_t;

/** At most 1000 resources. */
db_world_t db_world(db_env_t *env, const char *type);

/**
 * The ids that a list over worlds must give, in order: array of const char *.
 * @param filters one for each world, or NULL; in each, NULL: all
 * @param sorts one for each world, or NULL: in order of creation, one world after the other
 */
apr_array_header_t *db_world_list(const db_world_t *worlds, int n,
                                  const scim_filter_t *const *filters,
                                  const scim_path_t *const *sorts, int descending, apr_pool_t *p);

#endif
