/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MAP_READ_H
#define SCIM_MAP_READ_H

#include "scim_map.h"
#include "scim_store.h"

/** What the application's row of a resource says, for whoever wants to see where values land. */

typedef struct scim_map_seen_t {
    const char *table;
    const char *column;
    const char *label; /* the attribute's path as it was written; NULL: the row's key */
    const char *value; /* as text; NULL: SQL NULL, or hidden */
    int hidden;        /* 1: the attribute is never shown, so neither is the column */
} scim_map_seen_t;

/**
 * The mapped columns of a resource's row, in one SELECT behind that of its link. Locks nothing.
 * @param seen array of scim_map_seen_t; NULL: the type is not mapped, or the resource has no row
 * @param map  the tenant's
 * @param rid  the resource's number
 */
scim_error_t *scim_map_read(apr_array_header_t **seen, scim_store_t *store, const scim_map_t *map,
                            const scim_resource_type_t *type, apr_int64_t rid,
                            apr_pool_t *p) SCIM_CHECKED;

#endif
