/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl_config.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "ctl_httpd.h"
#include "ctl_params.h"
#include "scim_json.h"
#include "scim_policy.h"
#include "scim_profile.h"
#include "scim_schema_file.h"
#include "scim_tenant_settings.h"
#include "scim_tenants.h"

/* ---- the places ---- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static int add_place(ctl_t *c, const char *line, apr_size_t len)
{
    ctl_place_t *place = apr_pcalloc(c->pool, sizeof(*place));
    json_t *json;
    scim_error_t *err = scim_json_load(&json, line, len, NULL, c->pool);

    if (err || !json_is_object(json)) {
        return ctl_fail(c, CTL_FAILED,
                        "httpd's mod_scim printed something that this scimctl does "
                        "not read: are both of one version?");
    }
    place->json = json;
    place->server = text_of(json, "server");
    place->base = text_of(json, "base");
    place->at = text_of(json, "at");
    place->tenant = text_of(json, "tenant");
    place->driver = text_of(json, "driver");
    place->params = text_of(json, "params");
    APR_ARRAY_PUSH(c->places, ctl_place_t *) = place;
    return CTL_OK;
}

/* Without httpd: a database is named, and no configuration. */
static int without_httpd(const ctl_t *c)
{
    return (c->opt.driver || c->opt.params || c->opt.params_file) && !c->opt.config &&
           !c->opt.server_root && !c->opt.httpd;
}

static int by_name(const void *a, const void *b)
{
    const ctl_place_t *one = *(const ctl_place_t *const *)a;
    const ctl_place_t *other = *(const ctl_place_t *const *)b;
    int order = strcmp(one->tenant, other->tenant);

    order = order ? order : strcmp(one->server, other->server);
    return order ? order : strcmp(one->base, other->base);
}

int ctl_config_read(ctl_t *c)
{
    const char *text;
    const char *at;
    int rc;

    if (without_httpd(c)) {
        return CTL_OK;
    }
    rc = ctl_httpd_dump(&text, c);
    c->places = apr_array_make(c->pool, 8, sizeof(ctl_place_t *));
    for (at = text; rc == CTL_OK && *at;) {
        const char *end = strchr(at, '\n');
        apr_size_t len = end ? (apr_size_t)(end - at) : strlen(at);
        if (*at == '{') {
            rc = add_place(c, at, len);
        }
        at += len + (end != NULL);
    }
    qsort(c->places->elts, (apr_size_t)c->places->nelts, sizeof(ctl_place_t *), by_name);
    if (rc == CTL_OK && c->places->nelts == 0) {
        return ctl_fail(c, CTL_NOT_FOUND,
                        "httpd's configuration serves no SCIM: either ScimEnable On stands "
                        "nowhere, or the module is not loaded (or is older than scimctl)");
    }
    return rc;
}

/* ---- choosing ---- */

/* Whether a server is called just as --server says. */
static int is_server_exact(const ctl_t *c)
{
    int i;

    for (i = 0; c->opt.server && i < c->places->nelts; i++) {
        const ctl_place_t *place = APR_ARRAY_IDX(c->places, i, const ctl_place_t *);
        if (scim_text_ieq(c->opt.server, place->server)) {
            return 1;
        }
    }
    return 0;
}

/*
 * @param exact the server is meant by all of its name; else without its port, whichever it has. The
 *              main server may have no port in its name, and others that name with one.
 */
static int place_matches(const ctl_t *c, const ctl_place_t *place, int exact)
{
    const char *server = c->opt.server;

    if (server && !scim_text_ieq(server, place->server) &&
        (exact || !scim_text_ieqn(place->server, strcspn(place->server, ":"), server))) {
        return 0;
    }
    if (c->opt.base && strcmp(c->opt.base, place->base) != 0) {
        return 0;
    }
    return !c->opt.tenant || !*place->tenant || strcmp(c->opt.tenant, place->tenant) == 0;
}

apr_array_header_t *ctl_config_matching(const ctl_t *c)
{
    apr_array_header_t *out = apr_array_make(c->pool, 8, sizeof(const ctl_place_t *));
    int named = 0; /* a place that names the tenant goes before those of any tenant */
    int server = is_server_exact(c);
    int pass;
    int i;

    for (pass = 0; pass < 2 && !named; pass++) {
        for (i = 0; i < c->places->nelts; i++) {
            const ctl_place_t *place = APR_ARRAY_IDX(c->places, i, const ctl_place_t *);
            int exact = c->opt.tenant && *place->tenant;
            if (place_matches(c, place, server) && (pass == 1 || exact)) {
                APR_ARRAY_PUSH(out, const ctl_place_t *) = place;
                named |= exact;
            }
        }
    }
    return out;
}

/* What a place is, apart from where it is reached. */
static const json_t *nature(const ctl_place_t *place, apr_pool_t *p)
{
    static const char *const where[] = {"server", "base", "at"};
    json_t *copy = scim_json_own(json_copy((json_t *)(intptr_t)place->json), p);
    apr_size_t i;

    for (i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        json_object_del(copy, where[i]);
    }
    return copy;
}

static int ambiguous(ctl_t *c, const apr_array_header_t *places, const char *question)
{
    int i;

    ctl_fail(c, CTL_USAGE, "%s Say --tenant, or --server and --base, of one of these:", question);
    for (i = 0; i < places->nelts; i++) {
        const ctl_place_t *place = APR_ARRAY_IDX(places, i, const ctl_place_t *);
        fprintf(stderr, "  --tenant %s --server %s --base %s\n",
                *place->tenant ? place->tenant : "NAME", place->server,
                *place->base ? place->base : "''");
    }
    return CTL_USAGE;
}

static int no_place(ctl_t *c)
{
    return ctl_fail(c, CTL_NOT_FOUND,
                    "httpd's configuration has no such place; scimctl tenant "
                    "list shows what it has");
}

static int choose_place(ctl_t *c)
{
    apr_array_header_t *places = ctl_config_matching(c);
    const json_t *first;
    int i;

    if (places->nelts == 0) {
        return no_place(c);
    }
    c->place = APR_ARRAY_IDX(places, 0, const ctl_place_t *);
    first = nature(c->place, c->pool);
    for (i = 1; i < places->nelts; i++) {
        if (!json_equal((json_t *)(intptr_t)first,
                        (json_t *)(intptr_t)nature(APR_ARRAY_IDX(places, i, const ctl_place_t *),
                                                   c->pool))) {
            return ambiguous(c, places, "which tenant?");
        }
    }
    return CTL_OK;
}

/* The file of --params-file: one line, which may hold a password. */
static int read_params(const char **out, ctl_t *c, const char *path)
{
    const char *text;
    int rc = ctl_httpd_file(&text, c, path);

    if (rc == CTL_OK) {
        *out = apr_pstrmemdup(c->pool, text, strcspn(text, "\r\n"));
    }
    return rc;
}

/* The chosen place's database, or that of the options. */
static int take_database(ctl_t *c)
{
    int rc = CTL_OK;

    c->driver = c->opt.driver ? c->opt.driver : c->place ? c->place->driver : NULL;
    c->params = c->opt.params ? c->opt.params : c->place ? c->place->params : NULL;
    if (c->opt.params && c->opt.params_file) {
        return ctl_fail(c, CTL_USAGE, "--params and --params-file contradict each other");
    }
    if (c->opt.params && ctl_params_secret(c->opt.params)) {
        return ctl_fail(c, CTL_USAGE,
                        "a password in --params can be seen by everyone on this host "
                        "(ps); use --params-file, or --db-user with a prompt");
    }
    if (c->opt.params_file) {
        rc = read_params(&c->params, c, c->opt.params_file);
    }
    if (rc == CTL_OK && (!c->driver || !*c->driver || !c->params || !*c->params)) {
        return ctl_fail(c, CTL_USAGE,
                        "--driver and --params go together: mysql or sqlite3, and "
                        "what DBDParams would say");
    }
    return rc;
}

int ctl_config_choose(ctl_t *c)
{
    int rc = c->places ? choose_place(c) : CTL_OK;

    return rc == CTL_OK ? take_database(c) : rc;
}

/* Any of the places, if all have the same database. */
static int choose_any_place(ctl_t *c)
{
    apr_array_header_t *places = ctl_config_matching(c);
    int i;

    if (places->nelts == 0) {
        return no_place(c);
    }
    c->place = APR_ARRAY_IDX(places, 0, const ctl_place_t *);
    for (i = 1; i < places->nelts; i++) {
        const ctl_place_t *other = APR_ARRAY_IDX(places, i, const ctl_place_t *);
        if (strcmp(other->driver, c->place->driver) != 0 ||
            strcmp(other->params, c->place->params) != 0) {
            return ambiguous(c, places, "which database?");
        }
    }
    return CTL_OK;
}

int ctl_config_choose_database(ctl_t *c)
{
    int rc = c->places ? choose_any_place(c) : CTL_OK;

    return rc == CTL_OK ? take_database(c) : rc;
}

const char *ctl_config_base(const ctl_t *c)
{
    const char *base;
    const char *at;

    if (!c->place) {
        return "https://localhost/scim/v2";
    }
    base = c->place->base;
    at = strstr(base, "{tenant}");
    if (at && c->tenant) {
        base = apr_psprintf(c->pool, "%.*s%s%s", (int)(at - base), base, c->tenant->name,
                            at + strlen("{tenant}"));
    }
    return apr_pstrcat(c->pool, "https://", c->place->server, base, NULL);
}

/* ---- the tenant ---- */

static const char *load_schemas(scim_tenant_t *tenant, const json_t *place, apr_pool_t *p)
{
    const json_t *files = json_object_get(place, "schemas");
    const json_t *indexes = json_object_get(place, "indexes");
    scim_schema_set_t *set = scim_schema_set_make(p);
    const char *wrong = NULL;
    scim_error_t *err;
    apr_size_t i;

    for (i = 0; i < json_array_size(files) && !wrong; i++) {
        const char *path = json_string_value(json_array_get(files, i));
        wrong = path ? scim_schema_set_file(set, path, p, p) : "a schema file without a name";
    }
    for (i = 0; i < json_array_size(indexes) && !wrong; i++) {
        const json_t *pair = json_array_get(indexes, i);
        const char *type = json_string_value(json_array_get(pair, 0));
        const char *path = json_string_value(json_array_get(pair, 1));
        if (!type || !path) {
            return "an index without a type or an attribute";
        }
        scim_schema_set_index(set, type, path);
    }
    if (wrong || (json_array_size(files) == 0 && json_array_size(indexes) == 0)) {
        return wrong;
    }
    err = scim_schema_set_catalog(&tenant->catalog, set);
    return err ? err->detail : NULL;
}

static const char *load_profile(scim_tenant_t *tenant, const json_t *place, apr_pool_t *p)
{
    const char *name = text_of(place, "profile");
    const scim_profile_t *profile;

    if (!*name) {
        return NULL;
    }
    profile = scim_profile_find(name);
    if (!profile) {
        return apr_pstrcat(p, "there is no profile ", name, " in this version", NULL);
    }
    tenant->catalog = scim_profile_catalog(profile, tenant->catalog, p);
    scim_profile_apply(tenant, profile);
    return NULL;
}

static void load_words(scim_policy_line_t *line, const json_t *words, apr_pool_t *p)
{
    const char **argv = apr_pcalloc(p, sizeof(*argv) * (json_array_size(words) + 1));
    apr_size_t i;

    for (i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        argv[i] = word ? word : "";
    }
    line->argc = (int)json_array_size(words);
    line->argv = argv;
}

static const char *load_policies(scim_tenant_t *tenant, const json_t *place, apr_pool_t *p)
{
    const json_t *list = json_object_get(place, "policies");
    apr_array_header_t *lines = apr_array_make(p, 16, sizeof(scim_policy_line_t));
    apr_size_t i;

    for (i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *name = json_string_value(json_array_get(one, 0));
        const char *at = json_string_value(json_array_get(one, 2));
        scim_policy_line_t line = {name ? name : "", 0, NULL, at ? at : "?"};

        load_words(&line, json_array_get(one, 1), p);
        APR_ARRAY_PUSH(lines, scim_policy_line_t) = line;
    }
    return lines->nelts ? scim_policy_compile(tenant, lines, p) : NULL;
}

const char *ctl_config_compile(scim_tenant_t **out, const ctl_place_t *place, apr_pool_t *p)
{
    const char *wrong;

    /* The same steps in the same order as httpd. */
    *out = scim_tenant_make("", p);
    wrong = load_schemas(*out, place->json, p);
    wrong = wrong ? wrong : load_profile(*out, place->json, p);
    wrong = wrong ? wrong : load_policies(*out, place->json, p);
    return wrong ? wrong : scim_tenant_set(*out, json_object_get(place->json, "settings"), p);
}

int ctl_config_tenant(ctl_t *c)
{
    const char *name = c->place && *c->place->tenant ? c->place->tenant : c->opt.tenant;
    const char *wrong = NULL;

    if (!name) {
        return ctl_fail(c, CTL_USAGE, "which tenant? Say --tenant NAME");
    }
    if (!scim_tenants_is_name(name)) {
        return ctl_fail(c, CTL_USAGE,
                        "a tenant's name is 1 to 64 of the characters A-Z a-z 0-9 . _ -");
    }
    c->tenant = scim_tenant_make("", c->pool);
    if (c->place) {
        wrong = ctl_config_compile(&c->tenant, c->place, c->pool);
    }
    if (wrong) {
        return ctl_fail(c, CTL_FAILED, "the tenant of %s cannot be made: %s", c->place->at, wrong);
    }
    c->tenant->name = apr_pstrdup(c->pool, name);
    c->tenant->offered = NULL;     /* an operator sees what is hidden from clients, */
    c->tenant->cursor_timeout = 0; /* and takes as long as it takes */
    return CTL_OK;
}
