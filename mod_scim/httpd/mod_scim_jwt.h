/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_JWT_H
#define MOD_SCIM_JWT_H

#include "mod_scim_config.h"
#include "scim_error.h"

/** Tokens that were issued elsewhere: signed ones, and those an authorization server knows. */

/**
 * Check what a place accepts, and note it for the setup.
 * @return NULL, or what is wrong
 */
const char *scim_jwt_note(server_rec *main_server, const scim_dir_t *dir, apr_pool_t *pconf);

/** post_config: fetch every key set once. OK, or an error that has been logged. */
int scim_jwt_setup(apr_pool_t *pconf, apr_pool_t *ptemp, server_rec *main_server);

/** child_init. */
void scim_jwt_child(apr_pool_t *pchild, server_rec *main_server);

/** Whether a token, which the configuration does not have, is to be verified by its signature. */
int scim_jwt_takes(const scim_dir_t *dir, const char *token, apr_size_t len);

/** Whether the authorization server is asked for what nobody here knows. */
int scim_jwt_asks(const scim_dir_t *dir);

/** Whom a token speaks for. Strings in the request's pool. */
typedef struct scim_bearer_t {
    const char *label;  /* for the logs; NULL: the token is not valid, and the log says why */
    const char *owner;  /* userName that must be an active User, or NULL */
    const char *tenant; /* or NULL: the token does not say */
    const char *id;     /* to be looked up on the list of revoked tokens, or NULL */
} scim_bearer_t;

/**
 * Verify a token that scim_jwt_takes(). What the database must say is for the caller to ask.
 * @return NULL; 503 where the keys cannot be had
 */
scim_error_t *scim_jwt_check(scim_bearer_t *out, request_rec *r, const scim_dir_t *dir,
                             const char *token, apr_size_t len) SCIM_CHECKED;

/**
 * Ask the authorization server, where scim_jwt_asks(). As scim_jwt_check().
 * @return NULL; 503 where it does not answer
 */
scim_error_t *scim_jwt_introspect(scim_bearer_t *out, request_rec *r, const scim_dir_t *dir,
                                  const char *token, apr_size_t len) SCIM_CHECKED;

#endif
