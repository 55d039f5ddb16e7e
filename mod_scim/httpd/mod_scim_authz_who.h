/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_AUTHZ_WHO_H
#define MOD_SCIM_AUTHZ_WHO_H

#include "mod_scim_authz_conf.h"
#include "scim_who.h"

/** What authorisation knows in a request, its subrequests and internal redirects together. */
typedef struct scim_authz_state_t {
    struct scim_authz_seen_t *seen; /* who was looked up */
    const request_rec *inside;      /* whose hooks are run within ours */
    int failed;                     /* the status of a look-up that failed; 0: none did */
} scim_authz_state_t;

scim_authz_state_t *scim_authz_state(request_rec *r);

/** A user as it was found. */
typedef struct scim_authz_who_t {
    scim_who_t found;
    const json_t *tree; /* the whole resource, with its groups if they were wanted; or NULL */
} scim_authz_who_t;

/**
 * Who r->user is, by the directives that hold for a request. The database is asked once, whatever
 * lines and variables need it. Logs what goes wrong.
 * @param who   set unless it fails
 * @param wants SCIM_WHO_*
 * @return OK, or the status to refuse the request with
 */
int scim_authz_who(const scim_authz_who_t **who, request_rec *r, unsigned wants);

/** The path that r->user is a value of. */
scim_path_t scim_authz_match(const scim_authz_conf_t *conf);

#endif
