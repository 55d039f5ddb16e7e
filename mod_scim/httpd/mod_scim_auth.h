/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_AUTH_H
#define MOD_SCIM_AUTH_H

#include "mod_scim_config.h"
#include "mod_scim_static.h"
#include "scim_error.h"
#include "scim_guard.h"
#include "scim_tally.h"

/** Who a request is from, whichever way that was found out. */
typedef struct scim_caller_t {
    const char *label;  /* for the logs; becomes the request's user. NULL: nobody yet */
    const char *owner;  /* userName of the User that /Me is, or NULL */
    const char *tenant; /* whose resources the caller may see; NULL: the place's one tenant's */
    const char *token;  /* public id of a token in the database, or NULL */
    const char *title;  /* the label as it was given, where that is another; or NULL */
} scim_caller_t;

/** A request at the door. The first members are set by whoever lets it in. */
typedef struct scim_auth_t {
    request_rec *r;
    const scim_dir_t *dir;
    scim_tenant_t *tenant;   /* gets the name of the tenant that path or token name */
    const char *path_tenant; /* what stands for {tenant} in the path, or NULL */
    scim_dbd_t *db;
    scim_caller_t caller; /* from here on it is the door's */
    const char *token;    /* as it came, or NULL */
    apr_size_t token_len;
    unsigned char hash[SCIM_HASH_BYTES]; /* of it */
    scim_store_t *store;
    scim_guard_t guard;           /* of a token that may be in the database */
    const scim_token_row_t *used; /* a token of the database whose use is to be noted, or NULL */
    scim_tally_count_t refusal;   /* why the token did not open the door, for statistics; 0: it did,
                                     or something else is the matter */
} scim_auth_t;

/**
 * Find out who a request is from and whether it may go on: `Authorization: Bearer x` or the raw
 * token. One way after the other is tried: tokens of the configuration, tokens of the database, the
 * user whom another module has authenticated. Sets r->user to the caller's label.
 * @param store gets a guard where the database must be asked
 * @param defer 1: then it is asked with the store's first statement and not now; as long as the
 *              guard has not judged, nothing is known of the caller
 * @return NULL, 401 with WWW-Authenticate set, 403 for a tenant that is switched off, 429; 503
 *         where keys or the authorization server cannot be had
 */
scim_error_t *scim_auth_check(scim_auth_t *auth, scim_store_t *store, int defer) SCIM_CHECKED;

/** 403 where plain HTTP is refused and the peer is not this host itself. */
scim_error_t *scim_auth_transport(request_rec *r, const scim_dir_t *dir) SCIM_CHECKED;

#endif
