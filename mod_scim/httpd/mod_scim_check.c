/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_check.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <http_core.h>
#include <mpm_common.h>
#include <util_cfgtree.h>

#include "mod_scim_access.h"
#include "mod_scim_authz_conf.h"
#include "mod_scim_base.h"
#include "mod_scim_console_config.h"
#include "mod_scim_db.h"
#include "mod_scim_dump.h"
#include "mod_scim_events.h"
#include "mod_scim_jwt.h"
#include "mod_scim_oauth_config.h"
#include "mod_scim_map.h"
#include "mod_scim_policy.h"
#include "mod_scim_profile.h"
#include "mod_scim_rate.h"
#include "mod_scim_schema.h"
#include "mod_scim_sections.h"
#include "scim_dialect.h"

/*
 * mod_dbd's default for DBDMax, and the most that is believed of a directive. A pool holds more
 * idle connections than DBDKeep until DBDExptime has passed for them.
 */
#define POOL_DEFAULT 10
#define POOL_MAX 1000

/* The MySQL driver's own limit of a field, FIELDSIZE in apr_dbd_mysql.c. */
#define FLDSZ_DEFAULT 1048575

/* One place where SCIM is served: a server, a base, and what holds there. */
typedef struct place_t {
    server_rec *server;
    const char *base;
    const scim_dir_t *dir;           /* merged as for a request to the base */
    const char *driver;              /* the server's DBDriver, in pconf, or NULL */
    const char *params;              /* its DBDParams */
    const scim_sections_t *sections; /* the server's */
    scim_mapped_t *mapped;           /* databases that mappings were compared with */
    int quiet;                       /* 1: warnings have their turn in the second pass of a start */
    int oauth;                       /* 1: not a SCIM base but a place of ScimOAuth */
    apr_pool_t *pool;                /* for this run only */
    apr_pool_t *pconf;
    server_rec *main_server;
} place_t;

/* ---- mod_dbd's directives, which its own configuration keeps private ---- */

static const char *directive_args(const ap_directive_t *first, const char *name)
{
    const ap_directive_t *d;
    const char *args = NULL;

    for (d = first; d; d = d->next) {
        if (ap_cstr_casecmp(d->directive, name) == 0) {
            args = d->args;
        }
    }
    return args;
}

static const ap_directive_t *virtual_host(const server_rec *s)
{
    const ap_directive_t *d;

    for (d = s->is_virtual && s->defn_name ? ap_conftree : NULL; d; d = d->next) {
        if (ap_cstr_casecmp(d->directive, "<VirtualHost") == 0 &&
            (unsigned)d->line_num == s->defn_line_number &&
            strcmp(d->filename, s->defn_name) == 0) {
            return d;
        }
    }
    return NULL;
}

/* A directive's first word as it holds for a server: its own, else the main server's; or NULL. */
static const char *server_directive(const server_rec *s, const char *name, apr_pool_t *p)
{
    const ap_directive_t *host = virtual_host(s);
    const char *args = host ? directive_args(host->first_child, name) : NULL;

    if (!args) {
        args = directive_args(ap_conftree, name);
    }
    return args ? ap_getword_conf(p, &args) : NULL;
}

/* The most connections that the pool of one child can hold, dead ones after an outage. */
static int server_pool(const server_rec *s, apr_pool_t *p)
{
    const char *max = server_directive(s, "DBDMax", p);
    int n = max ? atoi(max) : POOL_DEFAULT;

    return n < 0 || n > POOL_MAX ? POOL_MAX : n;
}

/*
 * SQLite's driver asks nobody when it hands a connection out, so there is nothing to be saved. With
 * DBDPersist Off a connection belongs to the request's pool and ends with it.
 */
static int server_warm(const server_rec *s, apr_pool_t *p)
{
    const char *driver = server_directive(s, "DBDriver", p);
    const char *persist = server_directive(s, "DBDPersist", p);

    if (!driver || strcmp(driver, "mysql") != 0 ||
        (persist && ap_cstr_casecmp(persist, "Off") == 0)) {
        return 0;
    }
    return server_pool(s, p) / 2;
}

/* ---- checks of one place ---- */

/* The directive that makes it a place, with its file and line. */
static const char *origin(const place_t *place)
{
    return apr_pstrcat(place->pool, place->oauth ? "ScimOAuth in " : "ScimEnable in ",
                       place->oauth ? place->dir->oauth->at : place->dir->enable_at, NULL);
}

static int fail(const place_t *place, const char *msgid, const char *wrong)
{
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, place->server, "%s: %s, for %s%s: %s",
                 msgid, origin(place), scim_server_label(place->server), place->base, wrong);
    return HTTP_INTERNAL_SERVER_ERROR;
}

static void warn(const place_t *place, const char *msgid, const char *wrong)
{
    if (!place->quiet) {
        ap_log_error(APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, place->server, "%s: %s: %s",
                     msgid, origin(place), wrong);
    }
}

/* The number behind "fldsz=" in DBDParams, else the driver's default. */
static apr_int64_t params_fldsz(const char *params)
{
    const char *at = strstr(params, "fldsz=");

    return at ? apr_atoi64(at + strlen("fldsz=")) : FLDSZ_DEFAULT;
}

static int check_params(const place_t *place, const char *driver, const char *params)
{
    apr_int64_t document = (apr_int64_t)scim_config_tenant(place->dir, place->pool)->max_document;

    if (strcmp(driver, "mysql") != 0) {
        return OK;
    }
    if (params_fldsz(params) <= document) {
        return fail(
            place, "SCIM3007",
            apr_psprintf(place->pool,
                         "fldsz in DBDParams must be larger than ScimMaxDocument (%" APR_INT64_T_FMT
                         "), or the driver cuts documents when it reads them",
                         document));
    }
    if (!strstr(params, "reconnect=0")) {
        warn(place, "SCIM3008",
             "DBDParams lacks reconnect=0: a connection that the driver reopens by itself has lost "
             "its prepared statements and fails the request that gets it");
    }
    if (!strstr(params, "CLIENT_FOUND_ROWS")) {
        warn(place, "SCIM3011",
             "DBDParams lacks flags=CLIENT_FOUND_ROWS: a write that changes nothing fails, because "
             "the server counts it as none");
    }
    return OK;
}

/*
 * Only when httpd starts or its configuration is tested: a reload must not end a running server
 * because the application has changed its tables meanwhile.
 */
static int check_map(const place_t *place, const char *driver, const char *params)
{
    const scim_tenant_t *tenant = scim_config_tenant(place->dir, place->pool);
    const char *unknown;
    const char *misfit;

    scim_mapped_note(place->server, tenant, place->pconf);
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    misfit = scim_mapped_compare(&unknown, place->mapped, tenant, driver, params, place->pool);
    if (misfit) {
        return fail(place, "SCIM3290", misfit);
    }
    if (unknown) {
        ap_log_error(APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, place->server,
                     "SCIM3291: ScimEnable in %s: whether the mapping fits the application's "
                     "tables is not known before a child starts: %s",
                     place->dir->enable_at, unknown);
    }
    return OK;
}

static int check_database(const place_t *place)
{
    const char *driver = place->driver;
    const char *params = place->params;
    const char *wrong;
    int rc;

    if (!scim_db_available()) {
        return fail(place, "SCIM3004",
                    "mod_dbd is not loaded; load it and set DBDriver and DBDParams");
    }
    if (!driver || !params) {
        return fail(place, "SCIM3005",
                    apr_psprintf(place->pool,
                                 "this server has no %s; set DBDriver and DBDParams here "
                                 "or in the main server",
                                 driver ? "DBDParams" : "DBDriver"));
    }
    if (!scim_dialect_find(driver)) {
        return fail(place, "SCIM3006",
                    apr_psprintf(place->pool, "DBDriver %s is not supported; use mysql or sqlite3",
                                 driver));
    }
    rc = check_params(place, driver, params);
    if (rc != OK) {
        return rc;
    }
    wrong = scim_policies_agree(place->main_server, place->dir, params, place->pconf);
    if (wrong) {
        return fail(place, "SCIM3202", wrong);
    }
    wrong = scim_events_note(place->main_server, place->server, place->dir, params, place->pconf);
    return wrong ? fail(place, "SCIM3360", wrong) : check_map(place, driver, params);
}

static int check_place(const place_t *place)
{
    const scim_dir_t *dir = place->dir;
    const scim_tenant_t *tenant;
    const char *msgid;
    const char *wrong;

    wrong = scim_access_check(&msgid, dir, place->pool);
    if (wrong) {
        return fail(place, msgid, wrong);
    }
    wrong = scim_jwt_note(place->main_server, dir, place->pconf);
    if (wrong) {
        return fail(place, "SCIM3230", wrong);
    }
    wrong = scim_policies_compile(dir, scim_config_base_tenant(dir, place->pconf), place->pconf);
    if (wrong) {
        return fail(place, "SCIM3200", wrong);
    }
    tenant = scim_config_tenant(dir, place->pool);
    if (tenant->page_size > tenant->max_page_size) {
        return fail(place, "SCIM3009",
                    apr_psprintf(place->pool,
                                 "ScimPageSize: the default, %d, is larger than the "
                                 "maximum, %d",
                                 tenant->page_size, tenant->max_page_size));
    }
    wrong = scim_profile_check(dir, place->pool);
    if (wrong) {
        return fail(place, "SCIM3163", wrong);
    }
    wrong = scim_rate_note(place->main_server, dir, place->pconf);
    if (wrong) {
        return fail(place, "SCIM3164", wrong);
    }
    if (tenant->bulk_payload > tenant->json.bytes) {
        return fail(place, "SCIM3121",
                    apr_psprintf(place->pool,
                                 "ScimBulkMaxPayload, %" APR_SIZE_T_FMT
                                 ", is larger than ScimMaxBody, %" APR_SIZE_T_FMT
                                 ", so such a body would never be read",
                                 tenant->bulk_payload, tenant->json.bytes));
    }
    if (strchr(place->base, '_')) {
        warn(place, "SCIM3010",
             "the base has an underscore, which Okta does not accept in a base URL");
    }
    return check_database(place);
}

/* ---- finding the places ---- */

/*
 * Sections below the base may say otherwise for a part of it. The longest section around a path has
 * all others around it, so there is nothing that holds anywhere and is not looked at here.
 */
static int check_inner(const place_t *outer)
{
    int n;
    const scim_section_t *inner =
        scim_sections_from(&n, outer->sections, outer->base, scim_base_fixed(outer->base));
    int rc = OK;
    int i;

    for (i = 0; rc == OK && i < n; i++) {
        place_t place = *outer;

        if (!scim_base_meets(outer->base, inner[i].path)) {
            continue;
        }
        place.base = inner[i].path;
        place.dir = scim_sections_merge(outer->sections, place.base, outer->pool);
        place.quiet = 1; /* the base has had its warnings */
        if (place.dir->enable == 1 &&
            strcmp(scim_config_base(place.dir), scim_config_base(outer->dir)) == 0) {
            rc = check_place(&place);
        }
    }
    return rc;
}

/* What the dump shows of a place; it runs before the memory of the check is given back. */
static void note_place(const place_t *place)
{
    if (scim_dump_wanted()) {
        scim_place_t note = {place->base, place->dir, place->driver, place->params};
        APR_ARRAY_PUSH(scim_server_get(place->server)->places, scim_place_t) = note;
    }
}

/* Remember a base of the server. 0: it was there. */
static int add_base(const place_t *place)
{
    apr_array_header_t *bases = scim_server_get(place->server)->bases;
    int i;

    for (i = 0; i < bases->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(bases, i, const char *), place->base) == 0) {
            return 0;
        }
    }
    APR_ARRAY_PUSH(bases, const char *) = apr_pstrdup(place->pconf, place->base);
    return 1;
}

/* What holds at an alias must be a part of the same place, or it would be another one. */
static int add_alias(const place_t *place, const scim_dir_t *own, const char *alias)
{
    place_t other = *place;
    const char *base = NULL;

    other.base = alias;
    other.quiet = 1;
    other.dir = scim_sections_merge(place->sections, alias, place->pool);
    if ((own->enable_path && !scim_base_below(own->enable_path, alias)) || other.dir->enable != 1 ||
        !scim_base_of(&base, other.dir, alias) ||
        strcmp(scim_config_base(other.dir), place->base) != 0) {
        return fail(place, "SCIM3214",
                    apr_psprintf(place->pool,
                                 "ScimBaseAlias %s is not within the sections that hold for the "
                                 "base, so what holds there is not known",
                                 alias));
    }
    if (!add_base(&other) || strcmp(base, alias) != 0) {
        return fail(
            place, "SCIM3215",
            apr_psprintf(place->pool, "ScimBaseAlias %s is a base already, or below one", alias));
    }
    return check_place(&other) == OK ? check_inner(&other) : HTTP_INTERNAL_SERVER_ERROR;
}

static int add_aliases(const place_t *place, const scim_dir_t *own)
{
    const apr_array_header_t *aliases = place->dir->aliases;
    int rc = OK;
    int i;

    for (i = 0; rc == OK && aliases && i < aliases->nelts; i++) {
        rc = add_alias(place, own, APR_ARRAY_IDX(aliases, i, const char *));
    }
    return rc;
}

static int add_place(place_t *place, const scim_dir_t *own)
{
    int rc;

    place->base = scim_config_base(own);
    place->dir = own;
    if (own->enable_path && !scim_base_below(own->enable_path, place->base)) {
        return fail(place, "SCIM3003",
                    apr_psprintf(place->pool,
                                 "ScimBase is outside <Location %s>, which would never see its "
                                 "requests",
                                 own->enable_path));
    }
    place->dir =
        scim_sections_merge(place->sections, place->base[0] ? place->base : "/", place->pool);
    if (place->dir->enable != 1) {
        return OK;
    }
    if (!add_base(place)) {
        return OK;
    }
    note_place(place);
    rc = check_place(place);
    rc = rc == OK ? check_inner(place) : rc;
    return rc == OK ? add_aliases(place, own) : rc;
}

/* A place of ScimOAuth, once all bases of the server are known. */
static int add_oauth(place_t *place, const scim_dir_t *own)
{
    apr_array_header_t *places = scim_server_get(place->server)->oauth;
    const char *wrong;

    place->oauth = 1;
    place->base = scim_oauth_base(own->oauth);
    place->dir = own;
    wrong = scim_oauth_check_path(own, place->pool);
    if (wrong) {
        return fail(place, "SCIM3252", wrong);
    }
    place->dir = scim_sections_merge(place->sections, place->base, place->pconf);
    if (!scim_oauth_is_on(place->dir) ||
        strcmp(scim_oauth_base(place->dir->oauth), place->base) != 0) {
        return OK;
    }
    wrong = scim_oauth_check(place->dir, scim_base_find(place->server, place->base), place->pool);
    if (wrong) {
        return fail(place, "SCIM3250", wrong);
    }
    wrong = scim_rate_note(place->main_server, place->dir, place->pconf);
    if (wrong) {
        return fail(place, "SCIM3251", wrong);
    }
    APR_ARRAY_PUSH(places, const scim_dir_t *) = place->dir;
    return check_database(place);
}

static int add_oauths(place_t *place)
{
    const core_server_config *core = ap_get_core_module_config(place->server->module_config);
    int rc = OK;
    int i;

    for (i = 0; rc == OK && i < core->sec_url->nelts; i++) {
        const scim_dir_t *own =
            ap_get_module_config(APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *), &scim_module);

        if (scim_oauth_is_on(own)) {
            rc = add_oauth(place, own);
        }
    }
    place->oauth = 0;
    return rc;
}

/* Each section's files are put together once, whether or not SCIM is enabled in it. */
static int finish_schemas(const server_rec *s, const scim_dir_t *dir)
{
    const char *wrong = dir && dir->schemas ? scim_schemas_finish(dir->schemas) : NULL;

    if (!wrong) {
        return OK;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, s,
                 "SCIM3140: ScimSchemaFile or ScimIndex in %s, for %s: %s", dir->schemas->at,
                 scim_server_label(s), wrong);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* Every place of place->server; the rest of it is filled for each of them in turn. */
static int check_server(place_t *place)
{
    const server_rec *s = place->server;
    const core_server_config *core = ap_get_core_module_config(s->module_config);
    const scim_dir_t *own = ap_get_module_config(s->lookup_defaults, &scim_module);
    int rc;
    int i;

    rc = finish_schemas(s, own);
    for (i = 0; rc == OK && i < core->sec_url->nelts; i++) {
        rc = finish_schemas(
            s, ap_get_module_config(APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *),
                                    &scim_module));
    }
    if (rc == OK && own && own->enable == 1) {
        rc = add_place(place, own);
    }
    for (i = 0; rc == OK && i < core->sec_url->nelts; i++) {
        own =
            ap_get_module_config(APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *), &scim_module);
        if (own && own->enable == 1) {
            rc = add_place(place, own);
        }
    }
    rc = rc == OK ? add_oauths(place) : rc;
    return rc == OK ? scim_console_check(place->server, place->sections, place->quiet, place->pconf,
                                         place->pool)
                    : rc;
}

int scim_check_run(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server)
{
    /* A start reads its configuration twice; a warning is wanted once. */
    int quiet = ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG &&
                ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_NORMAL;
    place_t place = {.quiet = quiet, .pool = ptemp, .pconf = pconf, .main_server = main_server};
    apr_pool_t *connections;
    server_rec *s;
    int rc = OK;

    (void)plog;
    apr_pool_create(&connections, ptemp);
    place.mapped = scim_mapped_make(connections);
    for (s = main_server; s && rc == OK; s = s->next) {
        scim_server_t *server = apr_pcalloc(pconf, sizeof(*server));
        server->bases = apr_array_make(pconf, 2, sizeof(const char *));
        server->places = apr_array_make(pconf, 2, sizeof(scim_place_t));
        server->oauth = apr_array_make(pconf, 2, sizeof(const scim_dir_t *));
        server->consoles = apr_array_make(pconf, 2, sizeof(const struct scim_console_t *));
        /* Each dead connection of the pool costs a try, then one to open and one to spare. */
        server->tries = server_pool(s, ptemp) + 2;
        server->warm = server_warm(s, ptemp);
        ap_set_module_config(s->module_config, &scim_module, server);
        place.server = s;
        place.sections = scim_sections_make(s, ptemp);
        /* Once: each walks through all directives, of which there are some for each place. */
        place.driver = server_directive(s, "DBDriver", pconf);
        place.params = server_directive(s, "DBDParams", pconf);
        server->database = place.driver && place.params && scim_dialect_find(place.driver);
        rc = check_server(&place);
    }
    apr_pool_destroy(connections);
    return rc == OK ? scim_authz_check(main_server, pconf) : rc;
}
