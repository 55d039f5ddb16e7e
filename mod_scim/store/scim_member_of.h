/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MEMBER_OF_H
#define SCIM_MEMBER_OF_H

#include "scim_store_impl.h"

/**
 * scim_resource.member_of: the groups that a user is a direct member of, repeated from scim_member
 * in the transaction that changes it, so that reading a user takes one row of one table. An entry
 * is LF, the group's id, a space, its display name, CR; LF, CR and the backslash in a name are
 * escaped, so that no name can look like an entry. What a user shows has changed with it, so the
 * user's version goes up in the same statement (first in SET: MySQL assigns from left to right).
 */

/** The entry of a group, in p. */
const char *scim_member_of_entry(const scim_row_t *group, apr_pool_t *p);

/**
 * Lock members, for a change that takes more than one statement: each would lock in an order of its
 * own, and two changes that have users in common would deadlock.
 * @param rids array of apr_int64_t, sorted
 */
scim_error_t *scim_member_of_lock(scim_store_t *store, const apr_array_header_t *rids,
                                  apr_pool_t *p) SCIM_CHECKED;

/**
 * Append the group to the users that do not show it yet. Before scim_member's rows: so users are
 * locked for writing first, and two groups that add one user do not deadlock.
 * @param column what the keys are: "id" or "rid"
 * @param keys   at most SCIM_SQL_LIST, sorted
 */
scim_error_t *scim_member_of_add(scim_store_t *store, const scim_row_t *group, const char *column,
                                 const char *const *keys, int n, apr_pool_t *p) SCIM_CHECKED;

/**
 * Put one entry in the place of another in the rows of some users.
 * @param rids array of apr_int64_t
 * @param to   "" to remove the entry
 */
scim_error_t *scim_member_of_replace(scim_store_t *store, const apr_array_header_t *rids,
                                     const char *from, const char *to, apr_pool_t *p) SCIM_CHECKED;

/** Put one entry in the place of another in the rows of all members of a group. */
scim_error_t *scim_member_of_replace_all(scim_store_t *store, const scim_row_t *group,
                                         const char *from, const char *to,
                                         apr_pool_t *p) SCIM_CHECKED;

#endif
