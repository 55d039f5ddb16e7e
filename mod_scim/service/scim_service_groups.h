/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SERVICE_GROUPS_H
#define SCIM_SERVICE_GROUPS_H

#include "scim_service_change.h"

/** Private to the service's own files. */

/*
 * ScimGroupFrom: a user is put into the groups that its attributes name, and taken out of those
 * that they named before. Statements only where the two differ from what the user's row shows.
 */

/**
 * Compare, and read the groups; sets change->moving where there is something to do.
 * @return 400 invalidValue for a group that does not exist and is not to be made
 */
scim_error_t *service_groups_before(service_change_t *change, apr_pool_t *p) SCIM_CHECKED;

/** Once the user is stored: make the groups that are missing, and move it. */
scim_error_t *service_groups_after(service_change_t *change, apr_pool_t *p) SCIM_CHECKED;

#endif
