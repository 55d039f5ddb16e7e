/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_JWT_REVOKED_H
#define SCIM_JWT_REVOKED_H

#include "scim_store.h"

/**
 * The list of revoked tokens that were issued elsewhere, or signed by scim_jwt_issue(): they are in
 * no table while they are good. A token is known by its `jti`; one without, by the part of it that
 * is signed. Kept of it is only the SHA-256. Revoking is one-way and holds on the next request of
 * every host.
 */

/** What the database knows of a signed token. */
typedef struct scim_jwt_state_t {
    int revoked;
    int owner_dead; /* its owner is no active User of the tenant; 0 where none was asked for */
} scim_jwt_state_t;

/**
 * Look a token up, and its owner, in one SELECT.
 * @param id    its jti or signed part, NUL-terminated; NULL: not looked up
 * @param owner a userName, or NULL
 */
scim_error_t *scim_jwt_state(scim_jwt_state_t *out, scim_store_t *store, const char *id,
                             const char *owner, apr_pool_t *p) SCIM_CHECKED;

/**
 * Put a token of the store's tenant on the list, in a transaction of its own. Deletes a few rows
 * of tokens that have expired long ago, so that the list does not grow for ever.
 * @param done    1: it was not on it before; may be NULL
 * @param id      its jti, or signed part
 * @param expires when it expires; 0: not known, it stays on the list
 */
scim_error_t *scim_jwt_revoke(int *done, scim_store_t *store, const char *id,
                              apr_time_t expires) SCIM_CHECKED;

#endif
