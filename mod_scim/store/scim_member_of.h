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
 *
 * A backslash and a plus sign before the name say that the group is itself in a group: only then
 * has the user indirect groups (scim_nesting.h). Of a group, member_of has the marks of its nesting
 * instead.
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

/** How the rows of some users change when they get into a group or leave it. */
typedef struct scim_member_of_change_t {
    const scim_row_t *group;
    int add;         /* 1: they got into the group, 0: they left it */
    int touch_group; /* 1: the group's own row too, */
    int new_version; /* whose version goes up by 0 or 1, */
    int grown;       /* and its number of members by this many */
    apr_time_t now;
} scim_member_of_change_t;

/** Users of one scim_member_of_change(). */
#define SCIM_MEMBER_OF_MOST (SCIM_SQL_LIST - 1)

/**
 * Change the rows of users whose rows in scim_member were just written, and the group's with them
 * in one statement. Their locks are taken in the order of the row numbers.
 * @param rids array of apr_int64_t, sorted, without duplicates, 1 to SCIM_MEMBER_OF_MOST
 * @return an error with cause RETRY if one of the rows is gone or a tombstone, or the group shows
 *         another name than it did when it was read
 */
scim_error_t *scim_member_of_change(scim_store_t *store, const scim_member_of_change_t *change,
                                    const apr_array_header_t *rids, apr_pool_t *p) SCIM_CHECKED;

/** Put one entry in the place of another in the rows of all members of a group. */
scim_error_t *scim_member_of_replace_all(scim_store_t *store, const scim_row_t *group,
                                         const char *from, const char *to,
                                         apr_pool_t *p) SCIM_CHECKED;

#endif
