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

#endif
