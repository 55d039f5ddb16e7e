/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_console_config.h"

#include <string.h>

#include <apr_strings.h>

#include <http_core.h>
#include <util_cfgtree.h>

#include "mod_scim_base.h"
#include "mod_scim_console_files.h"
#include "mod_scim_oauth_config.h"
#include "mod_scim_sections.h"

/* ---- sections ---- */

static scim_console_conf_t *conf_of(scim_dir_t *dir, apr_pool_t *p)
{
    scim_console_conf_t *conf = apr_pcalloc(p, sizeof(*conf));

    if (dir->console) {
        *conf = *dir->console;
    } else {
        conf->on = SCIM_UNSET;
    }
    dir->console = conf;
    return conf;
}

const scim_console_conf_t *scim_console_merge(apr_pool_t *p, const scim_console_conf_t *outer,
                                              const scim_console_conf_t *inner)
{
    scim_console_conf_t *conf;

    if (!outer || !inner) {
        return inner ? inner : outer;
    }
    conf = apr_pmemdup(p, inner->on == SCIM_UNSET ? outer : inner, sizeof(*conf));
    conf->files = inner->files ? inner->files : outer->files;
    return conf;
}

/* ---- directives ---- */

static int has_require(const ap_directive_t *d)
{
    for (; d; d = d->next) {
        if (ap_cstr_casecmp(d->directive, "Require") == 0 ||
            (d->first_child && has_require(d->first_child))) {
            return 1;
        }
    }
    return 0;
}

const char *scim_console_set(cmd_parms *cmd, void *config, int on)
{
    const char *wrong = scim_config_context(cmd);
    scim_console_conf_t *conf;

    if (wrong) {
        return wrong;
    }
    if (!cmd->path) {
        return "ScimConsole must stand in a <Location>, whose path the console is below";
    }
    conf = conf_of(config, cmd->pool);
    conf->on = on ? 1 : 0;
    conf->at = scim_config_at(cmd);
    conf->path = scim_config_location(cmd);
    conf->guarded = cmd->directive->parent && has_require(cmd->directive->parent->first_child);
    return NULL;
}

const char *scim_console_set_files(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = scim_config_context(cmd);
    const char *path = ap_server_root_relative(cmd->pool, value);

    if (!wrong && !path) {
        wrong = apr_pstrcat(cmd->pool, "ScimConsoleFiles: not a path: ", value, NULL);
    }
    if (!wrong) {
        conf_of(config, cmd->pool)->files = path;
    }
    return wrong;
}

/* ---- whom a console shows ---- */

/* A place that tenants are served at. */
typedef struct place_t {
    const char *base;      /* may have a segment for the tenant */
    const scim_dir_t *dir; /* of ScimOAuth; NULL: of SCIM, where it is merged when it is wanted */
} place_t;

/* The places of a server, looked through once for all of its consoles. */
typedef struct places_t {
    apr_hash_t *named;    /* tenant -> place_t, of those that name it */
    const place_t *path;  /* the first of those whose path does */
    const place_t *token; /* the first of those whose token does */
} places_t;

/* A server while its consoles are looked for. */
typedef struct finding_t {
    server_rec *server;
    const scim_sections_t *sections;
    const scim_dir_t *dir; /* of the console, merged as for a request to it */
    places_t scim;
    places_t oauth;
    apr_hash_t *files; /* directory -> scim_files_t */
    int quiet;
    apr_pool_t *pconf;
    apr_pool_t *ptemp;
} finding_t;

static int fail(const finding_t *f, const char *wrong)
{
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, f->server,
                 "SCIM3390: ScimConsole in %s, for %s%s: %s", f->dir->console->at,
                 scim_server_label(f->server), f->dir->console->path, wrong);
    return HTTP_INTERNAL_SERVER_ERROR;
}

static const scim_dir_t *dir_at(const finding_t *f, const char *path, apr_pool_t *p)
{
    return scim_sections_merge(f->sections, *path ? path : "/", p);
}

static void note(places_t *places, const scim_dir_t *dir, const place_t *place, apr_pool_t *ptemp)
{
    const place_t *copy = apr_pmemdup(ptemp, place, sizeof(*place));

    switch (scim_config_tenant_by(dir)) {
    case SCIM_TENANT_BY_PATH:
        places->path = places->path ? places->path : copy;
        return;
    case SCIM_TENANT_BY_TOKEN:
        places->token = places->token ? places->token : copy;
        return;
    default:
        if (dir->tenant && !apr_hash_get(places->named, dir->tenant, APR_HASH_KEY_STRING)) {
            apr_hash_set(places->named, dir->tenant, APR_HASH_KEY_STRING, copy);
        }
    }
}

static void note_all(finding_t *f)
{
    const scim_server_t *server = scim_server_get(f->server);
    int i;

    f->scim.named = apr_hash_make(f->ptemp);
    f->oauth.named = apr_hash_make(f->ptemp);
    f->files = apr_hash_make(f->ptemp);
    for (i = 0; i < server->bases->nelts; i++) {
        place_t place = {APR_ARRAY_IDX(server->bases, i, const char *), NULL};
        const scim_dir_t *dir = dir_at(f, place.base, f->ptemp);
        /* An alias is a base too, but not the one to show. */
        if (strcmp(scim_config_base(dir), place.base) == 0) {
            note(&f->scim, dir, &place, f->ptemp);
        }
    }
    for (i = 0; i < server->oauth->nelts; i++) {
        const scim_dir_t *dir = APR_ARRAY_IDX(server->oauth, i, const scim_dir_t *);
        place_t place = {scim_oauth_base(dir->oauth), dir};
        note(&f->oauth, dir, &place, f->ptemp);
    }
}

/* A base with a tenant's name in the place of its segment. */
static const char *base_of(const char *base, const char *tenant, apr_pool_t *p)
{
    const char *hole = strstr(base, SCIM_BASE_TENANT);

    return hole ? apr_pstrcat(p, apr_pstrmemdup(p, base, (apr_size_t)(hole - base)), tenant,
                              hole + strlen(SCIM_BASE_TENANT), NULL)
                : apr_pstrdup(p, base);
}

/*
 * A place that names the tenant comes before one that serves any. Beside a base that names it, a
 * place of ScimOAuth for any tenant is not this one's.
 */
static void find_places(scim_console_t *console, const finding_t *f)
{
    const char *tenant = console->tenant;
    const place_t *named = apr_hash_get(f->scim.named, tenant, APR_HASH_KEY_STRING);
    const place_t *scim = named ? named : f->scim.path ? f->scim.path : f->scim.token;
    const place_t *oauth = apr_hash_get(f->oauth.named, tenant, APR_HASH_KEY_STRING);

    if (scim) {
        console->base = base_of(scim->base, tenant, f->pconf);
        console->scim = dir_at(f, console->base, f->pconf);
    }
    oauth = oauth || named ? oauth : f->oauth.path;
    if (oauth) {
        console->oauth = oauth->dir;
        console->oauth_base = base_of(oauth->base, tenant, f->pconf);
    }
}

static const char *find_files(scim_console_t *console, const finding_t *f)
{
    const char *given = f->dir->console->files;
    const char *path = given ? given : SCIM_CONSOLE_FILES;
    const char *wrong;

    console->files = apr_hash_get(f->files, path, APR_HASH_KEY_STRING);
    if (console->files) {
        return NULL;
    }
    wrong = scim_files_load(&console->files, path, f->pconf, f->ptemp);
    if (!wrong) {
        apr_hash_set(f->files, path, APR_HASH_KEY_STRING, console->files);
    }
    return wrong;
}

static const char *path_wrong(const finding_t *f)
{
    const char *path = f->dir->console->path;

    if (!*path) {
        return "the console needs a path of its own; put it in a <Location> with one";
    }
    if (scim_base_find(f->server, path)) {
        return "the console is below a SCIM base, which would take its requests";
    }
    if (!f->dir->tenant) {
        return "ScimTenant is missing; it names whose tokens, users and groups the console shows";
    }
    return NULL;
}

static int add(const finding_t *f)
{
    const scim_console_conf_t *conf = f->dir->console;
    scim_console_t *console = apr_pcalloc(f->pconf, sizeof(*console));
    const char *wrong = path_wrong(f);

    if (wrong) {
        return fail(f, wrong);
    }
    console->path = conf->path;
    console->tenant = f->dir->tenant;
    find_places(console, f);
    if (!console->scim) {
        return fail(f, apr_psprintf(f->ptemp,
                                    "no place of this server with ScimEnable On serves the tenant "
                                    "%s, so there is nothing to show",
                                    console->tenant));
    }
    wrong = find_files(console, f);
    if (wrong) {
        return fail(f, wrong);
    }
    if (!conf->guarded && !f->quiet) {
        ap_log_error(APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, f->server,
                     "SCIM3391: ScimConsole in %s: no Require stands in the same <Location>; if "
                     "none holds there, nobody is signed in and the console shows nothing",
                     conf->at);
    }
    APR_ARRAY_PUSH(scim_server_get(f->server)->consoles, const scim_console_t *) = console;
    return OK;
}

/* Sections with the same path are one console. */
static int is_known(const server_rec *s, const char *path)
{
    const apr_array_header_t *all = scim_server_get(s)->consoles;
    int i;

    for (i = 0; i < all->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(all, i, const scim_console_t *)->path, path) == 0) {
            return 1;
        }
    }
    return 0;
}

int scim_console_check(server_rec *s, const scim_sections_t *sections, int quiet, apr_pool_t *pconf,
                       apr_pool_t *ptemp)
{
    const core_server_config *core = ap_get_core_module_config(s->module_config);
    finding_t f = {
        .server = s, .sections = sections, .quiet = quiet, .pconf = pconf, .ptemp = ptemp};
    int rc = OK;
    int i;

    for (i = 0; rc == OK && i < core->sec_url->nelts; i++) {
        const scim_dir_t *own =
            ap_get_module_config(APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *), &scim_module);

        if (!own || !own->console || own->console->on != 1 || is_known(s, own->console->path)) {
            continue;
        }
        if (!f.files) {
            note_all(&f);
        }
        f.dir = dir_at(&f, own->console->path, pconf);
        if (f.dir->console->on == 1 && strcmp(f.dir->console->path, own->console->path) == 0) {
            rc = add(&f);
        }
    }
    return rc;
}
