/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_AUTH_H
#define MOD_SCIM_AUTH_H

#include <apr_tables.h>

#include "mod_scim_config.h"
#include "scim_error.h"

#define SCIM_HASH_BYTES 32

/** A token as it is configured: never the token, only its SHA-256. */
typedef struct scim_token_t {
    unsigned char hash[SCIM_HASH_BYTES];
    const char *label; /* who it was given to; becomes the request's user */
    const char *owner; /* userName of the User that /Me is for this token, or NULL */
} scim_token_t;

/**
 * Add a token to a section's list.
 * @param hash "sha256:" and 64 hexadecimal digits
 * @param one  a label, "owner=" and a userName, or NULL. Without a label it is made from the hash
 * @param two  the owner if one is a label, else NULL
 * @return NULL, or what is wrong in words that never repeat the value
 */
const char *scim_token_add(apr_array_header_t *tokens, const char *hash, const char *one,
                           const char *two, apr_pool_t *p);

/**
 * Add every token of a file ("sha256:<hex> [label] [owner=<userName>]" lines, # comments). As
 * scim_token_add().
 */
const char *scim_token_file(apr_array_header_t *tokens, const char *path, apr_pool_t *p,
                            apr_pool_t *ptemp);

/**
 * Check a request's token: `Authorization: Bearer x` or the raw token. Sets r->user to the token's
 * label. On failure the reply's WWW-Authenticate is set.
 * @param out the token that it is
 * @return NULL, or 401
 */
scim_error_t *scim_auth_check(const scim_token_t **out, request_rec *r,
                              const scim_dir_t *dir) SCIM_CHECKED;

/** 403 where plain HTTP is refused and the peer is not this host itself. */
scim_error_t *scim_auth_transport(request_rec *r, const scim_dir_t *dir) SCIM_CHECKED;

#endif
