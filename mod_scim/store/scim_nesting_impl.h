/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_NESTING_IMPL_H
#define SCIM_NESTING_IMPL_H

#include "scim_nesting.h"

/** Private to scim_store_nesting.c and scim_nesting_walk.c. */

/** The marks in a group's member_of: it is a member of a group; groups are members of it. */
#define SCIM_NESTING_INNER 'i'
#define SCIM_NESTING_OUTER 'h'

/** A change of the nesting of one tenant. */
typedef struct scim_nesting_t {
    scim_store_t *store;
    scim_row_t *group; /* the outer one; its row is locked */
    const char *rid;   /* its number */
    apr_pool_t *pool;
} scim_nesting_t;

/** Groups below or above some others. */
typedef struct scim_walk_t {
    scim_store_t *store;
    int down;
    apr_array_header_t *rids; /* of apr_int64_t; sorted, each once */
    int depth;                /* the longest way to one of them */
} scim_walk_t;

/** One change of a tenant's nesting at a time: wait for those that are under way. */
scim_error_t *scim_nesting_lock(scim_store_t *store, apr_pool_t *p) SCIM_CHECKED;

/**
 * Read and lock those of some resources that are groups.
 * @param rows   array of scim_row_t to append to: rid, id, display and marks
 * @param column what the keys are: "id" or "rid"
 * @param keys   at most SCIM_SQL_LIST
 */
scim_error_t *scim_nesting_lock_groups(apr_array_header_t *rows, scim_store_t *store,
                                       const char *column, const char *const *keys, int n,
                                       apr_pool_t *p) SCIM_CHECKED;

/** The same by number. @param rids array of apr_int64_t */
scim_error_t *scim_nesting_lock_rids(apr_array_header_t **rows, scim_store_t *store,
                                     const apr_array_header_t *rids, apr_pool_t *p) SCIM_CHECKED;

/** All groups below (down 1) or above some groups; past SCIM_NESTING_LEVELS it goes no further. */
scim_error_t *scim_nesting_walk(scim_walk_t *w, scim_store_t *store, const apr_array_header_t *rids,
                                int down, apr_pool_t *p) SCIM_CHECKED;

#endif
