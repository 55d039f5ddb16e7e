/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_STATIC_H
#define MOD_SCIM_STATIC_H

#include <apr_tables.h>

#define SCIM_HASH_BYTES 32

/** A token as it is configured: never the token, only its SHA-256. */
typedef struct scim_static_t {
    unsigned char hash[SCIM_HASH_BYTES];
    const char *label;  /* who it was given to; becomes the request's user */
    const char *owner;  /* userName of the User that /Me is for this token, or NULL */
    const char *tenant; /* the only tenant that it opens, or NULL: the place's */
} scim_static_t;

/**
 * Add a token to a section's list.
 * @param argv "sha256:" and 64 hexadecimal digits; a label, without which it is made from the hash;
 *             "owner=" and a userName; "tenant=" and a name
 * @return NULL, or what is wrong in words that never repeat the value
 */
const char *scim_static_add(apr_array_header_t *tokens, int argc, const char *const *argv,
                            apr_pool_t *p);

/**
 * Add every token of a file: lines of words as scim_static_add() takes them, # comments.
 * @return as scim_static_add()
 */
const char *scim_static_file(apr_array_header_t *tokens, const char *path, apr_pool_t *p,
                             apr_pool_t *ptemp);

/** The token with a hash of SCIM_HASH_BYTES, or NULL; takes the same time wherever it is. */
const scim_static_t *scim_static_match(const apr_array_header_t *tokens, const unsigned char *hash);

#endif
