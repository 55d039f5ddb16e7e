/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_KNOWN_H
#define MOD_SCIM_KNOWN_H

#include "scim_token.h"

/**
 * What a child remembers of tokens of the database: only what a token never changes, so that a read
 * need not fetch it again each time. Whether the token is still good is asked for every request
 * (scim_guard.h); nothing here lets anybody in. For a minute each, after which the last use is
 * looked at anew, and so many that a child's memory does not grow. May be used by many threads.
 */
typedef struct scim_known_t scim_known_t;

/** Bytes of a token's SHA-256. */
#define SCIM_KNOWN_HASH 32

/** An empty memory, in p. NULL: there is none to be had, and none is needed. */
scim_known_t *scim_known_make(apr_pool_t *p);

/**
 * What is known of the token with this hash.
 * @param known may be NULL
 * @return a token as it was when it was good, without the owner's name, in p; or NULL
 */
const scim_token_found_t *scim_known_get(scim_known_t *known,
                                         const unsigned char hash[SCIM_KNOWN_HASH], apr_time_t now,
                                         apr_pool_t *p);

/** Remember a token that is good. Texts that are unusually long are not remembered. */
void scim_known_put(scim_known_t *known, const unsigned char hash[SCIM_KNOWN_HASH],
                    const scim_token_found_t *found, apr_time_t now);

#endif
