/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_HEALTH_H
#define MOD_SCIM_HEALTH_H

#include "mod_scim.h"

/**
 * SetHandler scim-health: for whoever decides which hosts get requests. 200 and {"status":"up"} if
 * the server's database answers, 503 and {"status":"down"} if it does not do so in time. What comes
 * later counts as no answer, also for those who ask after that. A child asks the database at most
 * once a second, however often it is asked itself, in a thread of its own: a database that hangs
 * costs one thread, not one for each probe. Why it is down stands in the log, once until it is up
 * again.
 */

/** child_init: a memory of the last answer for each server. */
void scim_health_child(apr_pool_t *pchild, server_rec *main_server);

/** The handler. */
int scim_health_run(request_rec *r);

#endif
