/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SERVICE_AUDIT_H
#define SCIM_SERVICE_AUDIT_H

#include "scim_service_change.h"

/** Private to the service's own files. The audit trail of what is done; scim_audit.h. */

/** An attempt of a write begins; what an earlier one changed was rolled back. */
void service_audit_begin(service_t *sv);

/**
 * Note a change that is stored, as the last part of its transaction: in the reply what changed, and
 * in the audit trail, where the tenant keeps one.
 * @param members 1: a group's members came or went
 */
scim_error_t *service_audit(service_change_t *change, int members, apr_pool_t *p) SCIM_CHECKED;

/** The same of a group of which only members came or went, and whose document was not read. */
scim_error_t *service_audit_members(service_t *sv, const scim_row_t *group,
                                    apr_pool_t *p) SCIM_CHECKED;

/** The same of a row that the application had before and that is a resource now. */
scim_error_t *service_audit_adopted(service_t *sv, const scim_row_t *row, const json_t *doc,
                                    apr_pool_t *p) SCIM_CHECKED;

/**
 * After a write: from time to time, take old rows out of the trail.
 * @param added 1: the write was noted there
 */
void service_audit_tend(const service_t *sv, int added);

#endif
