/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_INTROSPECT_H
#define MOD_SCIM_INTROSPECT_H

#include <httpd.h>

#include "mod_scim_fetch.h"
#include "scim_jwt.h"

/**
 * Token introspection (RFC 7662): the authorization server is asked for every token, or, with a
 * cache, at most once in some seconds. Each child has a cache of its own; it holds what was active,
 * by the token's SHA-256, never the token, and never beyond its `exp`.
 */

/** An endpoint. */
typedef struct scim_introspect_source_t {
    const char *url;
    const char *client; /* the module's own client id there, and its secret */
    const char *secret;
    const char *ca_file; /* or NULL */
    int timeout;         /* seconds */
    int cache;           /* seconds; 0: none */
} scim_introspect_source_t;

typedef struct scim_introspect_t scim_introspect_t;

/** NULL: no memory. */
scim_introspect_t *scim_introspect_make(const scim_introspect_source_t *source,
                                        scim_fetcher_t *fetcher, apr_pool_t *pconf);

/**
 * Ask what a token is good for.
 * @param out    set where *reason is NULL
 * @param reason NULL: it is valid; else why it is not, for the log
 * @return NULL: it was found out; 503: it could not be, as the server did not answer
 */
scim_error_t *scim_introspect(scim_jwt_identity_t *out, const char **reason,
                              scim_introspect_t *endpoint, const scim_jwt_policy_t *policy,
                              const char *token, apr_size_t len, request_rec *r) SCIM_CHECKED;

#endif
