/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_ROUTE_H
#define MOD_SCIM_ROUTE_H

#include "mod_scim_config.h"

/** What a request is to this module; made for every request that httpd could read. */
typedef struct scim_route_t {
    const char *base;   /* the path of the base it is below, or NULL: not a SCIM request */
    const char *path;   /* what follows, still percent-encoded */
    const char *tenant; /* whom the path names as its tenant, or NULL */
    const scim_token_row_t *used; /* a token whose use is to be noted afterwards, or NULL */
    const struct scim_oauth_route_t *oauth; /* an endpoint of ScimOAuth, or NULL */
    const struct scim_audit_refusal_t *refusal; /* for the audit trail: mod_scim_audit.h; NULL */
    const struct scim_console_t *console;   /* the console that it is for, or NULL */
} scim_route_t;

/** The request's route, or NULL: its request line or headers could not be read. */
scim_route_t *scim_route_get(const request_rec *r);

/** 1 if an error of this request must be a SCIM error. Works at any stage of any request. */
int scim_route_is_ours(const request_rec *r);

/** Hook the stages between reading a request and its handler. */
void scim_route_hooks(void);

#endif
