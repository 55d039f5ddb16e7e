/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_CHECK_H
#define MOD_SCIM_CHECK_H

#include "mod_scim_config.h"

/**
 * The check_config hook: what directives mean together, for every place where SCIM is enabled, so
 * that `apachectl configtest` finds it too. Also makes every server's scim_server_t.
 * @return OK, or an error after one message that names the directive's file and line
 */
int scim_check_run(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server);

#endif
