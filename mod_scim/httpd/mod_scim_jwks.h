/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_JWKS_H
#define MOD_SCIM_JWKS_H

#include <httpd.h>

#include "mod_scim_fetch.h"
#include "scim_jose.h"

/**
 * Key sets behind a URI, which change (ScimJWKSURI). Fetched at start by the parent, so that every
 * child has the keys; then by each child for itself: when they are older than `refresh`, or when
 * they do not verify a token, which is how a rotation shows. However many bad tokens come, a child
 * asks once in `wait` seconds, by one thread. Who needs the new keys waits for it, no longer than
 * the time limit of one request; everybody else goes on with the old ones.
 *
 * When the URI cannot be read the old keys are good for another day, so that an outage of the
 * issuer's is not one of ours.
 */

/** Where keys come from. */
typedef struct scim_jwks_source_t {
    const char *uri;
    const char *ca_file; /* or NULL */
    int timeout;         /* seconds */
    int refresh;         /* seconds */
    int wait;            /* seconds */
} scim_jwks_source_t;

/** Old keys are used for so many seconds beyond `refresh`. */
#define SCIM_JWKS_STALE_MAX 86400

typedef struct scim_jwks_t scim_jwks_t;

/** The keys of a source without having fetched them. Threads and children may share it. */
scim_jwks_t *scim_jwks_make(const scim_jwks_source_t *source, scim_fetcher_t *fetcher,
                            apr_pool_t *pconf);

/** post_config: the first try. A failure is a warning in the log. */
void scim_jwks_start(scim_jwks_t *jwks, const server_rec *s, apr_pool_t *ptemp);

/** What became of a token's signature. */
typedef enum scim_jwks_result_t {
    SCIM_JWKS_VALID,
    SCIM_JWKS_INVALID, /* also: no such key */
    SCIM_JWKS_UNKNOWN  /* there are no keys to tell it by, and why has been logged */
} scim_jwks_result_t;

/** Verify a token's signature; may fetch the keys before. */
scim_jwks_result_t scim_jwks_verify(scim_jwks_t *jwks, const scim_jwt_t *jwt, request_rec *r);

#endif
