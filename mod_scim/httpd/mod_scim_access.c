/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_access.h"

#include <string.h>

#include <apr_strings.h>

#include "mod_scim_base.h"
#include "mod_scim_static.h"

/* ---- directives ---- */

/* @param never what "never" is; negative: it is not allowed here */
static int seconds_of(int *out, const char *text, int never)
{
    apr_size_t len = strspn(text, "0123456789");
    apr_int64_t n;

    if (never >= 0 && ap_cstr_casecmp(text, "never") == 0) {
        *out = never;
        return 1;
    }
    n = len > 0 && len <= 10 && text[len] == '\0' ? apr_atoi64(text) : 0;
    *out = (int)n;
    return n >= 1 && n <= SCIM_TOKEN_LIFE_MAX;
}

const char *scim_access_set_life(cmd_parms *cmd, void *config, const char *min, const char *max,
                                 const char *usual)
{
    scim_dir_t *dir = config;
    scim_token_rules_t *rules = apr_pcalloc(cmd->pool, sizeof(*rules));
    const char *wrong = scim_config_context(cmd);

    if (wrong) {
        return wrong;
    }
    if (!seconds_of(&rules->min_life, min, -1) || !seconds_of(&rules->max_life, max, 0) ||
        (usual && !seconds_of(&rules->default_life, usual, 0))) {
        return "ScimTokenLifetime takes whole numbers of seconds from 1 to 315360000; the second "
               "and third may be never";
    }
    if (!usual) {
        rules->default_life = rules->max_life;
    }
    if (rules->max_life && rules->min_life > rules->max_life) {
        return "ScimTokenLifetime: the shortest life is longer than the longest";
    }
    if ((rules->default_life == 0 && rules->max_life) ||
        (rules->default_life && (rules->default_life < rules->min_life ||
                                 (rules->max_life && rules->default_life > rules->max_life)))) {
        return "ScimTokenLifetime: the usual life is not within the shortest and the longest";
    }
    dir->token_life = rules;
    return NULL;
}

const char *scim_access_set_tenant_by(cmd_parms *cmd, void *config, const char *value)
{
    static const char *const words[] = {"name", "path", "token"};
    scim_dir_t *dir = config;
    const char *wrong = scim_config_context(cmd);
    int i;

    if (wrong) {
        return wrong;
    }
    for (i = 0; i < 3; i++) {
        if (ap_cstr_casecmp(value, words[i]) == 0) {
            dir->tenant_by = i;
            return NULL;
        }
    }
    return "ScimTenantBy must be name, path or token";
}

const char *scim_access_set_alias(cmd_parms *cmd, void *config, const char *value)
{
    scim_dir_t *dir = config;
    const char *wrong = scim_config_context(cmd);

    wrong = wrong ? wrong : scim_base_check(value, cmd);
    if (wrong) {
        return wrong;
    }
    if (strcmp(value, "/") == 0) {
        return "ScimBaseAlias cannot be the whole server; make that ScimBase";
    }
    if (!dir->aliases) {
        dir->aliases = apr_array_make(cmd->pool, 2, sizeof(const char *));
    }
    APR_ARRAY_PUSH(dir->aliases, const char *) = value;
    return NULL;
}

/* ---- what they mean together ---- */

static int count_tokens(const scim_dir_t *dir)
{
    return dir->tokens ? dir->tokens->nelts : 0;
}

static const char *check_ways(const char **msgid, const scim_dir_t *dir)
{
    *msgid = "SCIM3002";
    if (!count_tokens(dir) && dir->token_store != 1 && dir->trust_user != 1 && !dir->jwt) {
        return "nobody could use it: there is neither a token (ScimToken, ScimTokenFile) nor "
               "ScimTokenStore On nor a key for JSON Web Tokens nor ScimIntrospection nor "
               "ScimTrustUser On";
    }
    *msgid = "SCIM3211";
    if (dir->token_owner == 1 && count_tokens(dir)) {
        return "ScimTokenOwner is required, but the tokens of ScimToken and ScimTokenFile are "
               "bound to no User; keep them in the database, with ScimTokenStore";
    }
    return NULL;
}

/* 1 if the base and its aliases have a segment for the tenant where one is wanted, and only there
 */
static int has_segments(const scim_dir_t *dir, int wanted)
{
    int i;

    for (i = 0; dir->aliases && i < dir->aliases->nelts; i++) {
        if (scim_base_has_tenant(APR_ARRAY_IDX(dir->aliases, i, const char *)) != wanted) {
            return 0;
        }
    }
    return scim_base_has_tenant(scim_config_base(dir)) == wanted;
}

static const char *check_tenant(const char **msgid, const scim_dir_t *dir)
{
    scim_tenant_by_t by = scim_config_tenant_by(dir);

    *msgid = "SCIM3001";
    if (by == SCIM_TENANT_BY_NAME && !dir->tenant) {
        return "ScimTenant is missing; it names whose resources these are";
    }
    *msgid = "SCIM3210";
    if (by != SCIM_TENANT_BY_NAME && dir->tenant) {
        return "ScimTenant names one tenant, and ScimTenantBy says that another thing does; leave "
               "one of them out";
    }
    if (!has_segments(dir, by == SCIM_TENANT_BY_PATH)) {
        return by == SCIM_TENANT_BY_PATH ? "ScimTenantBy path needs a segment " SCIM_BASE_TENANT
                                           " in ScimBase and in each ScimBaseAlias"
                                         : "a base with " SCIM_BASE_TENANT
                                           " needs ScimTenantBy path";
    }
    if (by != SCIM_TENANT_BY_NAME && dir->trust_user == 1) {
        return "ScimTrustUser On tells nothing of a user's tenant, so ScimTenantBy must be name";
    }
    return NULL;
}

static const char *check_token(const scim_static_t *token, const scim_dir_t *dir, apr_pool_t *p)
{
    if (scim_config_tenant_by(dir) != SCIM_TENANT_BY_NAME && !token->tenant) {
        return apr_psprintf(p,
                            "the token \"%s\" would open every tenant; give it tenant= and a name, "
                            "or keep it in the database",
                            token->label);
    }
    if (token->tenant && dir->tenant && strcmp(token->tenant, dir->tenant) != 0) {
        return apr_psprintf(p, "the token \"%s\" is for the tenant %s, and ScimTenant is %s",
                            token->label, token->tenant, dir->tenant);
    }
    return NULL;
}

const char *scim_access_check(const char **msgid, const scim_dir_t *dir, apr_pool_t *p)
{
    const char *wrong = check_tenant(msgid, dir);
    int i;

    wrong = wrong ? wrong : check_ways(msgid, dir);
    for (i = 0; !wrong && i < count_tokens(dir); i++) {
        *msgid = "SCIM3212";
        wrong = check_token(&APR_ARRAY_IDX(dir->tokens, i, scim_static_t), dir, p);
    }
    return wrong;
}
