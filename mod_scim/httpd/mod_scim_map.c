/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_map.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_hash.h>
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

/* One of the databases. */
typedef struct asked_t {
    scim_dbd_own_t *own;
    scim_dbd_t *db;
    apr_hash_t *seen;    /* what is known of its tables */
    const char *unknown; /* why it cannot be asked, or NULL */
} asked_t;

struct scim_mapped_t {
    apr_hash_t *databases; /* of asked_t, by driver and parameters */
};

scim_mapped_t *scim_mapped_make(apr_pool_t *p)
{
    scim_mapped_t *mapped = apr_palloc(p, sizeof(*mapped));

    mapped->databases = apr_hash_make(p);
    return mapped;
}

static asked_t *database(scim_mapped_t *mapped, const char *driver, const char *params)
{
    apr_pool_t *p = apr_hash_pool_get(mapped->databases);
    const char *name = apr_pstrcat(p, driver, " ", params, NULL);
    asked_t *asked = apr_hash_get(mapped->databases, name, APR_HASH_KEY_STRING);

    if (!asked) {
        asked = apr_pcalloc(p, sizeof(*asked));
        asked->own = scim_dbd_own_make(driver, params, p);
        asked->db = scim_dbd_make(scim_dbd_own_source(asked->own), p);
        asked->seen = apr_hash_make(p);
        asked->unknown = is_missing(driver, params, p) ? "the database's file is not there" : NULL;
        apr_hash_set(mapped->databases, name, APR_HASH_KEY_STRING, asked);
    }
    return asked;
}

const char *scim_mapped_compare(const char **unknown, scim_mapped_t *mapped,
                                const scim_tenant_t *tenant, const char *driver, const char *params,
                                apr_pool_t *p)
{
    const char *misfit = NULL;
    scim_error_t *err;
    asked_t *asked;

    *unknown = NULL;
    if (!tenant->map) {
        return NULL;
    }
    asked = database(mapped, driver, params);
    if (!asked->unknown) {
        err = scim_map_check(&misfit, asked->db, asked->seen, tenant->map, p);
        if (err) {
            const char *why =
                scim_dbd_own_error(asked->own) ? scim_dbd_own_error(asked->own) : err->log;
            asked->unknown = why ? why : "no reason is known";
        }
    }
    *unknown = asked->unknown;
    return misfit;
}

scim_error_t *scim_mapped_child(const server_rec *s, scim_dbd_t *db, apr_pool_t *p)
{
    const apr_array_header_t *maps = scim_server_get(s)->maps;
    apr_hash_t *seen = apr_hash_make(p);
    int i;

    for (i = 0; maps && i < maps->nelts; i++) {
        const mapped_t *mapped = &APR_ARRAY_IDX(maps, i, mapped_t);
        const char *misfit;
        scim_error_t *err = scim_map_check(&misfit, db, seen, mapped->map, p);
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
