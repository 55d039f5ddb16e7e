/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_EVENTS_H
#define MOD_SCIM_EVENTS_H

#include "mod_scim_config.h"

/**
 * Security events (scim_event.h) are delivered by httpd: a thread in each child looks once a second
 * whether any wait (scim_outbox.h), and whoever gets a tenant's lease POSTs them (RFC 8935).
 */

/**
 * Remember whom the events of a place's tenant are for, and read the files that it takes. At the
 * configuration's check, behind scim_policies_agree(). Nothing where the tenant has none.
 * @param database where the tenant is kept
 * @return NULL, or what is wrong
 */
const char *scim_events_note(server_rec *main_server, server_rec *s, const scim_dir_t *dir,
                             const char *database, apr_pool_t *pconf);

/** post_config: what requests are sent with, if any tenant has events. */
void scim_events_setup(apr_pool_t *pconf, server_rec *main_server);

/** child_init: start the thread, behind scim_db_child(). It ends before pchild does. */
void scim_events_child(apr_pool_t *pchild, server_rec *main_server);

#endif
