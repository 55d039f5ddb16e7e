/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MAP_ADOPT_H
#define SCIM_MAP_ADOPT_H

#include "scim_store.h"

/**
 * Rows that the application's table had before SCIM knew of them (ScimAdopt). Found by look-up, by
 * id or by a list, one becomes a resource with an id that stays, linked to its row; the row itself
 * is not written. Who is in which group is taken over as far as both are resources.
 */

/** Which rows are looked for; one of match and id may be given. */
typedef struct scim_adopt_query_t {
    const scim_resource_type_t *type;
    const char *match; /* value of the attribute that ScimMapTable's match maps; NULL: any */
    const char *id;    /* value of its id column; NULL: any */
    const char *after; /* key after which to go on, in the column's order; NULL: from the first */
    int limit;         /* at most so many rows */
} scim_adopt_query_t;

/** A row without a resource, as it would become one. */
typedef struct scim_adoptable_t {
    const char *key;
    int linked;  /* 1: it has a resource after all, perhaps since a moment ago */
    json_t *doc; /* canonical, with its id and active; may lack what a new resource must have */
} scim_adoptable_t;

/** Whether a type's rows are adopted at all. */
int scim_adopt_is_on(const scim_tenant_t *tenant, const scim_resource_type_t *type);

/** Whether a resource's id can be that of a row which no one has looked up yet. */
int scim_adopt_has_ids(const scim_tenant_t *tenant, const scim_resource_type_t *type);

/** The attribute by which rows are looked up: the value of scim_adopt_query_t.match. Or NULL. */
const scim_path_t *scim_adopt_match(const scim_tenant_t *tenant, const scim_resource_type_t *type);

/**
 * The rows that are the tenant's and no resource is linked to, in order of their keys; by match or
 * id also one that a resource is linked to. One SELECT, by match or id one that an index serves if
 * the application has it.
 * @param rows array of scim_adoptable_t. Rows without the unique attribute are passed over.
 * @param last key of the last row that was looked at, for the next query; NULL: there was none
 */
scim_error_t *scim_adopt_find(apr_array_header_t **rows, const char **last, scim_store_t *store,
                              const scim_adopt_query_t *query, apr_pool_t *p) SCIM_CHECKED;

/** How many such rows there are, and how many rows of the tenant in all; for a dry run. */
scim_error_t *scim_adopt_count(apr_int64_t *adoptable, apr_int64_t *rows, scim_store_t *store,
                               const scim_resource_type_t *type, apr_pool_t *p) SCIM_CHECKED;

/**
 * Look for a resource that has a row's name already. Inside scim_store_write(). If it has no row it
 * gets this one, unless it is a tombstone: that has an account again when a client says so.
 * @param there     1: there is one, so the row is not to be adopted
 * @param tombstone since when it is one; 0: it is none
 */
scim_error_t *scim_adopt_namesake(int *there, apr_time_t *tombstone, scim_store_t *store,
                                  const scim_resource_type_t *type, const scim_adoptable_t *found,
                                  apr_pool_t *p) SCIM_CHECKED;

/**
 * Make one row a resource. Inside scim_store_write().
 * @return 409 uniqueness where someone else was faster
 */
scim_error_t *scim_adopt(scim_row_t **row, scim_store_t *store, const scim_resource_type_t *type,
                         const scim_adoptable_t *found, apr_pool_t *p) SCIM_CHECKED;

#endif
