/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_POLICY_LIFE_H
#define SCIM_POLICY_LIFE_H

#include "scim_policy.h"

/** The directives of the life cycle (scim_life.h), for the table of scim_policy.c. */

/** ScimDeprovision disable|delete|unlink. */
scim_policy_add_fn scim_policy_add_deprovision;

/** ScimTombstone seconds|forever [show|hide]. */
scim_policy_add_fn scim_policy_add_tombstone;

/** ScimRehire restore|conflict. */
scim_policy_add_fn scim_policy_add_rehire;

/** ScimDelete remove|deactivate. */
scim_policy_add_fn scim_policy_add_delete;

#endif
