/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_POLICY_EVENTS_H
#define SCIM_POLICY_EVENTS_H

#include "scim_policy.h"

/**
 * The directives of security events (scim_event.h), for the table of scim_policy.c. Files are only
 * named here: whoever delivers reads them.
 */

/** ScimEventURL url|Off. */
scim_policy_add_fn scim_policy_add_event_url;

/** ScimEventKeyFile file [kid]. */
scim_policy_add_fn scim_policy_add_event_key;

/** ScimEventIssuer text. */
scim_policy_add_fn scim_policy_add_event_issuer;

/** ScimEventAudience text. */
scim_policy_add_fn scim_policy_add_event_audience;

/** ScimEventTypes deactivate|activate|delete|session-revoked... */
scim_policy_add_fn scim_policy_add_event_types;

/** ScimEventTokenFile file. */
scim_policy_add_fn scim_policy_add_event_token;

/** ScimEventCAFile file. */
scim_policy_add_fn scim_policy_add_event_ca;

/** ScimEventKeep days. */
scim_policy_add_fn scim_policy_add_event_keep;

/** What they mean together. @return NULL, or what is missing */
const char *scim_policy_finish_events(scim_policy_build_t *build);

#endif
