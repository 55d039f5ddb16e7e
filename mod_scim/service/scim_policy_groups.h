/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_POLICY_GROUPS_H
#define SCIM_POLICY_GROUPS_H

#include "scim_policy.h"

/** The directives of scim_quota.h and scim_grouping.h, for the table of scim_policy.c. */

/** ScimSeats number [path=value]... */
scim_policy_add_fn scim_policy_add_seats;

/** ScimKeepOne path value, or groups name. */
scim_policy_add_fn scim_policy_add_keep_one;

/** ScimOneGroupPerUser On|Off. */
scim_policy_add_fn scim_policy_add_one_group;

/** ScimGroupFrom path existing|create [exact|ignore] [error=text]. */
scim_policy_add_fn scim_policy_add_group_from;

/** ScimNestedGroups allow|skip|reject. */
scim_policy_add_fn scim_policy_add_nested;

/** What they mean for the tenant; behind those that change its catalog. */
const char *scim_policy_finish_groups(scim_policy_build_t *build, apr_pool_t *p);

#endif
