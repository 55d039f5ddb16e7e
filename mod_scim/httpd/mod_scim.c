/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim.h"

#include <jansson.h>

#include <http_core.h>
#include <http_protocol.h>
#include <mpm_common.h>

#include "mod_scim_audit.h"
#include "mod_scim_authz.h"
#include "mod_scim_check.h"
#include "mod_scim_config.h"
#include "mod_scim_console.h"
#include "mod_scim_db.h"
#include "mod_scim_dump.h"
#include "mod_scim_error.h"
#include "mod_scim_events.h"
#include "mod_scim_handler.h"
#include "mod_scim_health.h"
#include "mod_scim_jwt.h"
#include "mod_scim_metrics.h"
#include "mod_scim_oauth.h"
#include "mod_scim_oauth_keys.h"
#include "mod_scim_rate.h"
#include "mod_scim_route.h"
#include "mod_scim_stats.h"

static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    return scim_db_register(pconf);
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)plog;
    /* The first pass of a start is a rehearsal; its locks would be made twice. */
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    /* Before there are threads, and before children could share one seed by accident. */
    json_object_seed(0);
    scim_stats_setup(pconf, s);
    if (scim_rate_setup(pconf, s) != OK || scim_jwt_setup(pconf, ptemp, s) != OK ||
        scim_oauth_keys_setup(pconf, s) != OK) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    scim_events_setup(pconf, s);
    return scim_db_setup(pconf, s);
}

static void child_init(apr_pool_t *pchild, server_rec *s)
{
    scim_stats_child(s);
    scim_jwt_child(pchild, s);
    scim_oauth_keys_child(pchild, s);
    scim_db_child(pchild, s);
    scim_audit_child(pchild, s);
    scim_health_child(pchild, s);
    scim_events_child(pchild, s);
}

static void register_hooks(apr_pool_t *p)
{
    static const char *const after_dbd[] = {"mod_dbd.c", NULL};

    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(scim_check_run, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(scim_dump_run, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, after_dbd, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(scim_handler_run, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(scim_oauth_run, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(scim_console_run, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(scim_metrics_run, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(scim_health_run, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(scim_handler_logged, NULL, NULL, APR_HOOK_LAST);
    scim_stats_hooks();
    scim_metrics_hooks();
    scim_route_hooks();
    scim_error_hooks();
    scim_authz_hooks(p);
}

module AP_MODULE_DECLARE_DATA scim_module = {STANDARD20_MODULE_STUFF,
                                             scim_config_create,
                                             scim_config_merge,
                                             NULL,
                                             NULL,
                                             scim_config_commands,
                                             register_hooks,
                                             0};
