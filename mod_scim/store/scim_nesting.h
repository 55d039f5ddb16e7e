/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_NESTING_H
#define SCIM_NESTING_H

#include "scim_store_impl.h"

/**
 * Groups in groups. scim_nesting has the rows of scim_member whose member is a group, so that no
 * walk passes by users; a group's own row says in member_of whether it has any, so that nothing is
 * asked where there is none. A user's entry of a group that is itself in a group bears a mark
 * (scim_member_of.h): only then is a second statement needed to read the user's indirect groups.
 *
 * Changes of the nesting of one tenant happen one after the other: they lock a row of the tenant's
 * before they look. What they change is seen by every user below, so the users' versions go up, and
 * the groups below are locked meanwhile: whoever adds a user there waits before its COMMIT.
 */

/** Levels of groups in groups; more are refused. */
#define SCIM_NESTING_LEVELS 32

/** Groups above one and below one that a change may have to deal with; more are refused. */
#define SCIM_NESTING_GROUPS 1000

/** A constant as text. */
#define SCIM_NESTING_TEXT(n) SCIM_NESTING_TEXT_(n)
#define SCIM_NESTING_TEXT_(n) #n

/** Whether a group's row says that it is a member of a group. */
int scim_nesting_is_inner(const scim_row_t *group);

/** Whether a group's row says that groups are, or were until now, members of it. */
int scim_nesting_is_outer(const scim_row_t *group);

/**
 * Nest those of some keys that are groups in a group. Their rows of scim_member are the caller's to
 * write, before or after it.
 * @param group  gets its new marks
 * @param column what the keys are: "id" or "rid"
 * @param keys   at most SCIM_SQL_LIST
 * @return 400 invalidValue where a cycle would come about, or more levels or groups than there may
 *         be; cause RETRY where the group was read without its lock and has changed since
 */
scim_error_t *scim_nesting_add(scim_store_t *store, scim_row_t *group, const char *column,
                               const char *const *keys, int n, apr_pool_t *p) SCIM_CHECKED;

/**
 * After members of a group were removed: take back the nesting of those that were groups. Without
 * any statement if no groups are in it.
 * @param group gets its new marks
 */
scim_error_t *scim_nesting_settle(scim_store_t *store, scim_row_t *group,
                                  apr_pool_t *p) SCIM_CHECKED;

/** After a group's display name changed: the users below it show it. */
scim_error_t *scim_nesting_renamed(scim_store_t *store, const scim_row_t *group,
                                   apr_pool_t *p) SCIM_CHECKED;

/** Before a locked group is deleted. */
scim_error_t *scim_nesting_delete(scim_store_t *store, const scim_row_t *group,
                                  apr_pool_t *p) SCIM_CHECKED;

/**
 * The groups above some groups, which are in groups themselves, all of them in one statement or
 * remembered from an earlier call of this request.
 * @param above hash of id to array of scim_ref_t, indirect set, in order of rid; lives as long as
 *              the store or until its next write
 * @param ids   array of const char *
 */
scim_error_t *scim_nesting_above(apr_hash_t **above, scim_store_t *store,
                                 const scim_resource_type_t *type, const apr_array_header_t *ids,
                                 apr_pool_t *p) SCIM_CHECKED;

#endif
