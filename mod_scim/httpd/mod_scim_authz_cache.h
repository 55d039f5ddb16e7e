/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_AUTHZ_CACHE_H
#define MOD_SCIM_AUTHZ_CACHE_H

#include <apr_time.h>

#include "scim_who.h"

/**
 * Who was found active lately (ScimAuthzCache): a table of fixed size in a child. Nobody else is
 * remembered, so who is provisioned need not wait. What is old is never given out; it makes room
 * for others. One entry holds at most 16 kB, all of them together some megabytes.
 */
typedef struct scim_authz_cache_t scim_authz_cache_t;

/** An empty one, or NULL, with which the others do nothing. */
scim_authz_cache_t *scim_authz_cache_make(apr_pool_t *p);

/**
 * What is known of a key that is not older than so long, and enough for what is wanted.
 * @param key text that says whose database, tenant, attribute and value
 * @return 1, out copied to p; or 0
 */
int scim_authz_cache_get(scim_who_t *out, scim_authz_cache_t *cache, const char *key,
                         unsigned wants, apr_time_t now, apr_interval_time_t age, apr_pool_t *p);

/** Remember an active user. @param since when it was asked for, before the database answered */
void scim_authz_cache_put(scim_authz_cache_t *cache, const char *key, unsigned wants,
                          const scim_who_t *who, apr_time_t since, apr_pool_t *p);

#endif
