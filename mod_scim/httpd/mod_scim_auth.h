/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_AUTH_H
#define MOD_SCIM_AUTH_H

#include "mod_scim_config.h"
#include "scim_error.h"

/** Who a request is from, whichever way that was found out. */
typedef struct scim_caller_t {
    const char *label;  /* for the logs; becomes the request's user. NULL: nobody yet */
    const char *owner;  /* userName of the User that /Me is, or NULL */
    const char *tenant; /* whose data the caller may see, or NULL: the place's one tenant's */
    const char *token;  /* public id of a token in the database, or NULL */
} scim_caller_t;

/**
 * Find out who a request is from: `Authorization: Bearer x` or the raw token. Sets r->user to the
 * caller's label. On failure the reply's WWW-Authenticate is set.
 * @return NULL, or 401
 */
scim_error_t *scim_auth_check(scim_caller_t *out, request_rec *r,
                              const scim_dir_t *dir) SCIM_CHECKED;

/** 403 where plain HTTP is refused and the peer is not this host itself. */
scim_error_t *scim_auth_transport(request_rec *r, const scim_dir_t *dir) SCIM_CHECKED;

#endif
