/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SERVICE_ADOPT_H
#define SCIM_SERVICE_ADOPT_H

#include "scim_map_adopt.h"
#include "scim_service_impl.h"

/**
 * Private to the service's own files: when rows that the application had before become resources
 * (ScimAdopt). Each in a transaction of its own; one that a policy refuses stays what it is.
 */

/**
 * The row whose id column says this.
 * @param found how many rows there were: for them it is worth to look again, also where another
 *              request was faster
 */
scim_error_t *service_adopt_id(int *found, service_t *sv, const char *id) SCIM_CHECKED;

/**
 * What a list asks for and has not found: without a filter, some hundred rows that are no resources
 * yet; by a filter that compares id, or the attribute that rows are found by, with eq, the row with
 * this value. Others find only what is a resource already.
 */
scim_error_t *service_adopt_listed(int *found, service_t *sv,
                                   const scim_search_part_t *part) SCIM_CHECKED;

/** The type that has members, offered to clients or not; NULL: there is none. */
const scim_resource_type_t *service_group_type(const scim_tenant_t *tenant);

/**
 * scim_store_write() for a write that puts users into groups by name (ScimGroupFrom): where it
 * stops at names of no group, rows of the application with these names are adopted, and it runs
 * again.
 */
scim_error_t *service_write(service_t *sv, scim_store_write_fn *fn, void *baton) SCIM_CHECKED;

#endif
