/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_map.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "scim_dbd_own.h"
#include "scim_map_check.h"

/* A tenant's mapping, of which a server may have the same in several places. */
typedef struct mapped_t {
    const scim_map_t *map;
    const char *tenant;
} mapped_t;

void scim_mapped_note(server_rec *s, const scim_tenant_t *tenant, apr_pool_t *pconf)
{
    scim_server_t *server = scim_server_get(s);
    mapped_t mapped = {tenant->map, apr_pstrdup(pconf, tenant->name)};

    if (!tenant->map) {
        return;
    }
    if (!server->maps) {
        server->maps = apr_array_make(pconf, 4, sizeof(mapped_t));
    }
    APR_ARRAY_PUSH(server->maps, mapped_t) = mapped;
}

/* SQLite makes the file that it is to open, and a test of the configuration must not. */
static int is_missing(const char *driver, const char *params, apr_pool_t *p)
{
    apr_finfo_t info;

    return strcmp(driver, "sqlite3") == 0 &&
           apr_stat(&info, params, APR_FINFO_TYPE, p) != APR_SUCCESS;
}

const char *scim_mapped_compare(const char **unknown, const scim_tenant_t *tenant,
                                const char *driver, const char *params, apr_pool_t *p)
{
    const char *misfit = NULL;
    apr_pool_t *scratch;
    scim_dbd_own_t *own;
    scim_error_t *err;

    *unknown = NULL;
    if (!tenant->map) {
        return NULL;
    }
    if (is_missing(driver, params, p)) {
        *unknown = "the database's file is not there";
        return NULL;
    }
    apr_pool_create(&scratch, p);
    own = scim_dbd_own_make(driver, params, scratch);
    err = scim_map_check(&misfit, scim_dbd_make(scim_dbd_own_source(own), scratch), tenant->map, p);
    if (err) {
        const char *why = scim_dbd_own_error(own) ? scim_dbd_own_error(own) : err->log;
        *unknown = apr_pstrdup(p, why ? why : "no reason is known");
    }
    apr_pool_destroy(scratch);
    return misfit;
}

scim_error_t *scim_mapped_child(const server_rec *s, scim_dbd_t *db, apr_pool_t *p)
{
    const apr_array_header_t *maps = scim_server_get(s)->maps;
    int i;

    for (i = 0; maps && i < maps->nelts; i++) {
        const mapped_t *mapped = &APR_ARRAY_IDX(maps, i, mapped_t);
        const char *misfit;
        scim_error_t *err = scim_map_check(&misfit, db, mapped->map, p);
        if (err && err->cause == SCIM_CAUSE_GONE) {
            return err;
        }
        if (err || misfit) {
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, "SCIM3292: mappings of tenant %s: %s: %s",
                         mapped->tenant,
                         misfit ? "writes are answered with 503 until the application's tables fit"
                                : "they could not be compared with the application's tables",
                         misfit     ? misfit
                         : err->log ? err->log
                                    : err->detail);
        }
        if (err) {
            break; /* the others would not be answered either; each write asks again */
        }
    }
    return NULL;
}
