/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_OAUTH_H
#define MOD_SCIM_OAUTH_H

#include "mod_scim_config.h"

/**
 * The OAuth 2.0 authorization server (RFC 6749, RFC 7009, RFC 7523, RFC 7636, RFC 8414). It has no
 * passwords: whoever gives access has been authenticated by httpd. All that it remembers is in the
 * database, so any host may serve the next step.
 */

/** Which of its endpoints a request is for. */
typedef struct scim_oauth_route_t scim_oauth_route_t;

/**
 * The endpoint of a request, or NULL. Its URL path has been normalised, and the <Location>s around
 * it are known.
 */
const scim_oauth_route_t *scim_oauth_find(request_rec *r);

/** The content handler of all its endpoints. */
int scim_oauth_run(request_rec *r);

#endif
