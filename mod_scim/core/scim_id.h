/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_ID_H
#define SCIM_ID_H

#include <apr_pools.h>
#include <apr_time.h>

#define SCIM_ID_MAX 64 /* longest id that can exist; anything longer is 404 without a query */

/** A new resource id: UUID version 7 (RFC 9562) in lower case, 36 characters, in p. */
const char *scim_id_make(apr_pool_t *p);

/** When an id of scim_id_make() was made, to the millisecond; 0: it is none. */
apr_time_t scim_id_time(const char *id);

#endif
