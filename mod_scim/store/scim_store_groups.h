/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_STORE_GROUPS_H
#define SCIM_STORE_GROUPS_H

#include "scim_store.h"

/** Groups by their names, for ScimGroupFrom. Inside scim_store_write(). */

/** The most names of one call. */
#define SCIM_STORE_NAMES_MAX 256

/**
 * The groups with these names, read without a lock, in one SELECT.
 * @param rows  array of scim_row_t to append to; without their documents
 * @param names array of const char *, folded (scim_text_fold()); at most SCIM_STORE_NAMES_MAX
 */
scim_error_t *scim_store_groups_named(apr_array_header_t *rows, scim_store_t *store,
                                      const apr_array_header_t *names, apr_pool_t *p) SCIM_CHECKED;

/** A group to be made. */
typedef struct scim_store_name_t {
    const char *name;
    const char *folded;
} scim_store_name_t;

/**
 * Make groups that were not there a moment ago. Who does so waits for others that do and looks
 * again, so that two users with a new value make one group; who makes one of the same name by a
 * request of its own meanwhile is found out by the unique index, and the write runs again.
 * @param rows  array of scim_row_t to append to: those made here, and those that others have made
 * @param names array of scim_store_name_t, of different groups
 */
scim_error_t *scim_store_groups_make(apr_array_header_t *rows, scim_store_t *store,
                                     const apr_array_header_t *names, apr_pool_t *p) SCIM_CHECKED;

/**
 * This attempt of a write is going to change members of these groups. Whatever locks groups before
 * that locks these too, all in the order of their numbers.
 * @param rids array of apr_int64_t; must live as long as the attempt
 */
void scim_store_groups_coming(scim_store_t *store, const apr_array_header_t *rids);

/**
 * The groups that a user's row says it is a direct member of; no statement.
 * @param refs array of scim_ref_t
 * @param all  0: the row has only a beginning, and refs is empty
 */
scim_error_t *scim_store_direct_groups(apr_array_header_t **refs, int *all,
                                       const scim_store_t *store, const scim_row_t *row,
                                       apr_pool_t *p) SCIM_CHECKED;

#endif
