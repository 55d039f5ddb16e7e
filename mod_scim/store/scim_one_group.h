/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_ONE_GROUP_H
#define SCIM_ONE_GROUP_H

#include "scim_store_impl.h"

/**
 * ScimOneGroupPerUser: who gets into a group leaves the one it was in. A late removal from that one
 * then finds nothing to remove, so the order in which a client sends the two does not matter.
 *
 * All changes of members lock the users first, in order of their numbers, and then the groups, in
 * order of theirs; else a user that two groups get at once would be in both, and two groups that
 * swap their users would deadlock. A write that has to lock its group before (PUT, a rename) is
 * alone with it: a lock of the tenant's is taken first, by it exclusively and by others shared.
 */

/** Whether the tenant has it so. */
int scim_one_group_only(const scim_store_t *store);

/**
 * At the beginning of a write of a group. @param alone 1: its row is going to be locked first
 */
scim_error_t *scim_one_group_begin(scim_store_t *store, const scim_resource_type_t *type, int alone,
                                   apr_pool_t *p) SCIM_CHECKED;

/** Lock users whose membership is going to change; nothing where they may be in many groups. */
scim_error_t *scim_one_group_lock(scim_store_t *store, const apr_array_header_t *rids,
                                  apr_pool_t *p) SCIM_CHECKED;

/**
 * Take locked users out of all groups but one, which they get into.
 * @param rids array of apr_int64_t, sorted; groups among them stay in theirs
 */
scim_error_t *scim_one_group_leave(scim_store_t *store, const scim_group_t *group,
                                   const apr_array_header_t *rids, apr_pool_t *p) SCIM_CHECKED;

#endif
