/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_oauth_config.h"

#include <string.h>

#include <apr_strings.h>

#include "mod_scim_base.h"
#include "scim_oauth.h"

#define ACCESS_DEFAULT 3600
#define CODE_DEFAULT 60
#define LIFE_MIN 60
#define LIFE_MAX SCIM_TOKEN_LIFE_MAX

/* A code is on its way through a browser, and no longer than that. */
#define CODE_MIN 10
#define CODE_MAX 600

#define GRACE_MAX 300

/* ---- sections ---- */

static scim_oauth_conf_t *conf_of(scim_dir_t *dir, apr_pool_t *p)
{
    scim_oauth_conf_t *conf = apr_pcalloc(p, sizeof(*conf));

    if (dir->oauth) {
        *conf = *dir->oauth;
    } else {
        conf->on = SCIM_UNSET;
        conf->access = SCIM_UNSET;
        conf->refresh = SCIM_UNSET;
        conf->code = SCIM_UNSET;
        conf->grace = SCIM_UNSET;
    }
    dir->oauth = conf;
    return conf;
}

static int inner_or(int inner, int outer)
{
    return inner == SCIM_UNSET ? outer : inner;
}

const scim_oauth_conf_t *scim_oauth_merge(apr_pool_t *p, const scim_oauth_conf_t *outer,
                                          const scim_oauth_conf_t *inner)
{
    scim_oauth_conf_t *conf;

    if (!outer || !inner) {
        return inner ? inner : outer;
    }
    conf = apr_palloc(p, sizeof(*conf));
    conf->on = inner_or(inner->on, outer->on);
    conf->at = inner->on == SCIM_UNSET ? outer->at : inner->at;
    conf->path = inner->on == SCIM_UNSET ? outer->path : inner->path;
    /* A <Location> with ScimOAuth has its own path. */
    conf->base = inner->base || inner->on != SCIM_UNSET ? inner->base : outer->base;
    conf->issuer = inner->issuer ? inner->issuer : outer->issuer;
    conf->auths = inner->auths ? inner->auths : outer->auths;
    conf->grants = inner->grants ? inner->grants : outer->grants;
    conf->access = inner_or(inner->access, outer->access);
    conf->refresh = inner_or(inner->refresh, outer->refresh);
    conf->code = inner_or(inner->code, outer->code);
    conf->grace = inner_or(inner->grace, outer->grace);
    return conf;
}

/* ---- directives ---- */

const char *scim_oauth_set(cmd_parms *cmd, void *config, int on)
{
    const char *wrong = scim_config_context(cmd);
    scim_oauth_conf_t *conf;

    if (wrong) {
        return wrong;
    }
    if (!cmd->path) {
        return "ScimOAuth must stand in a <Location>, whose path its endpoints are below";
    }
    conf = conf_of(config, cmd->pool);
    conf->on = on ? 1 : 0;
    conf->at = scim_config_at(cmd);
    conf->path = scim_config_location(cmd);
    return NULL;
}

const char *scim_oauth_set_base(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = scim_config_context(cmd);

    wrong = wrong ? wrong : scim_base_check(value, cmd);
    if (!wrong) {
        conf_of(config, cmd->pool)->base = value;
    }
    return wrong;
}

/* With a tenant's name in the place of its segment it must be a URL. */
static int is_issuer(const char *value, apr_pool_t *p)
{
    const char *hole = strstr(value, SCIM_BASE_TENANT);
    const char *url = value;

    if (hole) {
        url = apr_pstrcat(p, apr_pstrmemdup(p, value, (apr_size_t)(hole - value)), "t",
                          hole + strlen(SCIM_BASE_TENANT), NULL);
    }
    return !scim_client_redirect_wrong(url) && !strchr(url, '?') && url[strlen(url) - 1] != '/';
}

const char *scim_oauth_set_issuer(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = scim_config_context(cmd);

    if (!wrong && !is_issuer(value, cmd->temp_pool)) {
        wrong = "ScimOAuthIssuer must be the URL under which clients know the place of ScimOAuth: "
                "https://, a host and the path, without a slash at its end, a query or a fragment";
    }
    if (!wrong) {
        conf_of(config, cmd->pool)->issuer = value;
    }
    return wrong;
}

const char *scim_oauth_set_auth(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = scim_config_context(cmd);
    unsigned bit = scim_oauth_auth(value);

    if (!wrong && !bit) {
        wrong = "ScimOAuthClientAuth takes basic, body and private_key_jwt";
    }
    if (!wrong) {
        conf_of(config, cmd->pool)->auths |= bit;
    }
    return wrong;
}

const char *scim_oauth_set_grant(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = scim_config_context(cmd);
    unsigned bit = scim_oauth_grant(value);

    if (!wrong && !bit) {
        wrong = "ScimOAuthGrants takes authorization_code, refresh_token and client_credentials";
    }
    if (!wrong) {
        conf_of(config, cmd->pool)->grants |= bit;
    }
    return wrong;
}

static const char *seconds(int *out, const cmd_parms *cmd, const char *what, const char *value,
                           int min, int max)
{
    apr_size_t len = strlen(value);
    apr_int64_t n = len <= 10 && strspn(value, "0123456789") == len ? apr_atoi64(value) : -1;

    if (len == 0 || n < min || n > max) {
        return apr_psprintf(cmd->pool, "%s: %s must be a whole number of seconds from %d to %d",
                            cmd->cmd->name, what, min, max);
    }
    *out = (int)n;
    return NULL;
}

const char *scim_oauth_set_lifetime(cmd_parms *cmd, void *config, const char *access,
                                    const char *refresh, const char *code)
{
    const char *wrong = scim_config_context(cmd);
    scim_oauth_conf_t *conf;

    if (wrong) {
        return wrong;
    }
    conf = conf_of(config, cmd->pool);
    wrong = seconds(&conf->access, cmd, "the access token's", access, LIFE_MIN, LIFE_MAX);
    if (!wrong && refresh) {
        if (ap_cstr_casecmp(refresh, "never") == 0) {
            conf->refresh = 0;
        } else {
            wrong = seconds(&conf->refresh, cmd, "the refresh token's, if not \"never\",", refresh,
                            LIFE_MIN, LIFE_MAX);
        }
    }
    if (!wrong && code) {
        wrong = seconds(&conf->code, cmd, "the code's", code, CODE_MIN, CODE_MAX);
    }
    return wrong;
}

const char *scim_oauth_set_grace(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = scim_config_context(cmd);

    return wrong
               ? wrong
               : seconds(&conf_of(config, cmd->pool)->grace, cmd, "the time", value, 0, GRACE_MAX);
}

/* ---- what they mean together ---- */

int scim_oauth_is_on(const scim_dir_t *dir)
{
    return dir && dir->oauth && dir->oauth->on == 1;
}

const char *scim_oauth_base(const scim_oauth_conf_t *conf)
{
    return conf->base ? conf->base : conf->path;
}

unsigned scim_oauth_auths(const scim_oauth_conf_t *conf)
{
    return conf->auths ? conf->auths : SCIM_OAUTH_AUTH_BASIC | SCIM_OAUTH_AUTH_BODY;
}

unsigned scim_oauth_grants(const scim_oauth_conf_t *conf)
{
    return conf->grants ? conf->grants : SCIM_OAUTH_GRANT_CODE | SCIM_OAUTH_GRANT_REFRESH;
}

scim_grant_rules_t scim_oauth_rules(const scim_dir_t *dir)
{
    const scim_oauth_conf_t *conf = dir->oauth;
    scim_grant_rules_t rules = {0};

    rules.code = inner_or(conf->code, CODE_DEFAULT);
    rules.access = inner_or(conf->access, ACCESS_DEFAULT);
    rules.refresh = inner_or(conf->refresh, 0);
    rules.grace = inner_or(conf->grace, 0);
    rules.owner_required = scim_config_token_rules(dir).owner_required;
    rules.refreshing = (scim_oauth_grants(conf) & SCIM_OAUTH_GRANT_REFRESH) != 0;
    return rules;
}

static const char *check_tenant(const scim_dir_t *dir, const char *path)
{
    scim_tenant_by_t by = scim_config_tenant_by(dir);
    const char *issuer = dir->oauth->issuer;

    if (by == SCIM_TENANT_BY_TOKEN) {
        return "ScimTenantBy token cannot hold here, where tokens are made; name the tenant or "
               "take it from the path";
    }
    if (by == SCIM_TENANT_BY_NAME && !dir->tenant) {
        return "ScimTenant is missing; it names whose tokens these are";
    }
    if (by == SCIM_TENANT_BY_PATH && dir->tenant) {
        return "ScimTenant names one tenant, and ScimTenantBy says that the path does; leave one "
               "of them out";
    }
    if (scim_base_has_tenant(path) != (by == SCIM_TENANT_BY_PATH)) {
        return "ScimOAuthBase has a segment " SCIM_BASE_TENANT
               " where ScimTenantBy is path, and only there";
    }
    if (issuer && (strstr(issuer, SCIM_BASE_TENANT) != NULL) != (by == SCIM_TENANT_BY_PATH)) {
        return "ScimOAuthIssuer has " SCIM_BASE_TENANT
               " where ScimTenantBy is path, and only there";
    }
    return NULL;
}

static const char *check_tokens(const scim_dir_t *dir, apr_pool_t *p)
{
    scim_token_rules_t rules = scim_config_token_rules(dir);
    scim_grant_rules_t ours = scim_oauth_rules(dir);
    unsigned grants = scim_oauth_grants(dir->oauth);

    if ((grants & SCIM_OAUTH_GRANT_REFRESH) && !(grants & SCIM_OAUTH_GRANT_CODE)) {
        return "ScimOAuthGrants has refresh_token without authorization_code, so nobody would ever "
               "get a refresh token";
    }
    if ((grants & SCIM_OAUTH_GRANT_CLIENT) && rules.owner_required) {
        return "ScimOAuthGrants has client_credentials, whose tokens are bound to no User, and "
               "ScimTokenOwner is required";
    }
    if (ours.access < rules.min_life || (rules.max_life && ours.access > rules.max_life)) {
        return apr_psprintf(p,
                            "access tokens live %d seconds (ScimOAuthLifetime), which "
                            "ScimTokenLifetime does not allow",
                            ours.access);
    }
    return NULL;
}

const char *scim_oauth_check_path(const scim_dir_t *own, apr_pool_t *p)
{
    const char *path = scim_oauth_base(own->oauth);

    if (!*path || strcmp(path, "/") == 0) {
        return "the endpoints need a path of their own; put them in a <Location> with one or give "
               "ScimOAuthBase";
    }
    if (!scim_base_below(own->oauth->path, path)) {
        return apr_psprintf(p,
                            "ScimOAuthBase is outside <Location %s>, which would never see its "
                            "requests",
                            own->oauth->path);
    }
    return NULL;
}

const char *scim_oauth_check(const scim_dir_t *dir, const char *below, apr_pool_t *p)
{
    const scim_oauth_conf_t *conf = dir->oauth;
    const char *wrong;

    if (below) {
        return apr_psprintf(p, "the place is below the SCIM base %s, which would take its requests",
                            *below ? below : "/");
    }
    wrong = check_tenant(dir, scim_oauth_base(conf));
    wrong = wrong ? wrong : check_tokens(dir, p);
    if (!wrong && (scim_oauth_auths(conf) & SCIM_OAUTH_AUTH_JWT) && !conf->issuer) {
        wrong = "ScimOAuthClientAuth private_key_jwt needs ScimOAuthIssuer: an assertion names "
                "whom it is for, which must not be taken from the request";
    }
    return wrong;
}
