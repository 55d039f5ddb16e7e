/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_dump.h"

#include <apr_file_io.h>
#include <apr_strings.h>

#include <http_core.h>

#include "mod_scim_config.h"
#include "mod_scim_jwt_conf.h"
#include "mod_scim_policy.h"
#include "mod_scim_schema.h"
#include "scim_json.h"
#include "scim_policy.h"
#include "scim_tenant_settings.h"

int scim_dump_wanted(void)
{
    return ap_exists_config_define(SCIM_DUMP);
}

/* jansson keeps only UTF-8; what a configuration has otherwise is shown with a "?". */
static json_t *text_new(const char *text, apr_pool_t *p)
{
    char *clean;

    if (!text) {
        return json_null();
    }
    clean = apr_pstrdup(p, text);
    scim_text_clean(clean);
    return json_string(clean);
}

static json_t *files_new(const scim_schemas_t *schemas, apr_pool_t *p)
{
    json_t *out = json_array();
    int i;

    for (i = 0; schemas && i < schemas->files->nelts; i++) {
        json_array_append_new(out, text_new(APR_ARRAY_IDX(schemas->files, i, const char *), p));
    }
    return out;
}

static json_t *indexes_new(const scim_schemas_t *schemas, apr_pool_t *p)
{
    json_t *out = json_array();
    int i;

    for (i = 0; schemas && i < schemas->indexes->nelts; i++) {
        const scim_index_line_t *line = &APR_ARRAY_IDX(schemas->indexes, i, scim_index_line_t);
        json_t *pair = json_array();

        json_array_append_new(pair, text_new(line->type, p));
        json_array_append_new(pair, text_new(line->path, p));
        json_array_append_new(out, pair);
    }
    return out;
}

/* [name, [words], "file:line"] of each directive, in the order in which they are compiled. */
static json_t *policies_new(const scim_dir_t *dir, apr_pool_t *p)
{
    const apr_array_header_t *lines = scim_policies_lines(dir, p);
    json_t *out = json_array();
    int i;
    int j;

    for (i = 0; i < lines->nelts; i++) {
        const scim_policy_line_t *line = &APR_ARRAY_IDX(lines, i, scim_policy_line_t);
        json_t *words = json_array();
        json_t *one = json_array();

        for (j = 0; j < line->argc; j++) {
            json_array_append_new(words, text_new(line->argv[j], p));
        }
        json_array_append_new(one, json_string(line->name));
        json_array_append_new(one, words);
        json_array_append_new(one, text_new(line->at, p));
        json_array_append_new(out, one);
    }
    return out;
}

static json_t *tokens_new(const scim_dir_t *dir)
{
    scim_token_rules_t rules = scim_config_token_rules(dir);
    json_t *out = json_object();

    json_object_set_new(out, "configured", json_integer(dir->tokens ? dir->tokens->nelts : 0));
    json_object_set_new(out, "store", json_boolean(dir->token_store == 1));
    json_object_set_new(out, "limit", json_integer(rules.limit));
    json_object_set_new(out, "min_life", json_integer(rules.min_life));
    json_object_set_new(out, "max_life", json_integer(rules.max_life));
    json_object_set_new(out, "default_life", json_integer(rules.default_life));
    json_object_set_new(out, "owner_required", json_integer(rules.owner_required));
    return out;
}

/* What signing a token takes: names and the secret's file, never the secret. */
static json_t *jwt_new(const scim_jwt_conf_t *conf, apr_pool_t *p)
{
    json_t *audiences = json_array();
    json_t *out = json_object();
    int i;

    for (i = 0; conf->audiences && i < conf->audiences->nelts; i++) {
        json_array_append_new(audiences,
                              text_new(APR_ARRAY_IDX(conf->audiences, i, const char *), p));
    }
    json_object_set_new(out, "issuer", text_new(conf->policy.issuer, p));
    json_object_set_new(out, "audiences", audiences);
    json_object_set_new(out, "scope", text_new(conf->policy.scope, p));
    json_object_set_new(out, "ownerClaim", text_new(conf->policy.owner_claim, p));
    json_object_set_new(out, "tenantClaim", text_new(conf->policy.tenant_claim, p));
    json_object_set_new(out, "secretFile", text_new(conf->secret_file, p));
    json_object_set_new(out, "hs256",
                        json_boolean(conf->policy.algs & scim_jwt_alg_find("HS256")->bit));
    json_object_set_new(out, "revocation", json_boolean(conf->revocation));
    return out;
}

/* "name:port" as the ServerName or the address of the virtual host has it. */
static const char *server_name(const server_rec *s, apr_pool_t *p)
{
    int port = s->port ? s->port : s->addrs ? s->addrs->host_port : 0;
    const char *name = s->server_hostname ? s->server_hostname : "";

    return port ? apr_psprintf(p, "%s:%d", name, port) : name;
}

static json_t *place_json(const server_rec *s, const scim_place_t *place, apr_pool_t *p)
{
    static const char *const by[] = {"name", "path", "token"}; /* as scim_tenant_by_t */
    const scim_dir_t *dir = place->dir;
    json_t *out = scim_json_own(json_object(), p);

    json_object_set_new(out, "server", text_new(server_name(s, p), p));
    json_object_set_new(out, "base", text_new(place->base, p));
    json_object_set_new(out, "at", text_new(dir->enable_at, p));
    json_object_set_new(out, "tenant", text_new(dir->tenant, p));
    json_object_set_new(out, "tenantBy", json_string(by[scim_config_tenant_by(dir)]));
    json_object_set_new(out, "provisioning", json_boolean(dir->provisioning != 0));
    json_object_set_new(out, "tokens", tokens_new(dir));
    json_object_set_new(out, "jwt", dir->jwt ? jwt_new(dir->jwt, p) : json_null());
    json_object_set_new(out, "driver", text_new(place->driver, p));
    json_object_set_new(out, "params", text_new(place->params, p));
    json_object_set_new(out, "profile", text_new(dir->profile ? dir->profile->name : NULL, p));
    json_object_set_new(out, "schemas", files_new(dir->schemas, p));
    json_object_set_new(out, "indexes", indexes_new(dir->schemas, p));
    json_object_set_new(out, "policies", policies_new(dir, p));
    json_object_set(out, "settings", scim_tenant_settings(scim_config_tenant(dir, p), p));
    return out;
}

void scim_dump_run(apr_pool_t *p, server_rec *main_server)
{
    apr_file_t *out;
    server_rec *s;
    int i;

    if (!scim_dump_wanted() || apr_file_open_stdout(&out, p) != APR_SUCCESS) {
        return;
    }
    for (s = main_server; s; s = s->next) {
        const scim_server_t *server = scim_server_get(s);
        for (i = 0; i < server->places->nelts; i++) {
            const scim_place_t *place = &APR_ARRAY_IDX(server->places, i, scim_place_t);
            apr_file_printf(out, "%s\n", scim_json_dump(place_json(s, place, p), NULL, p));
        }
    }
}
