/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_config.h"

#include <stddef.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <http_core.h>
#include <util_cfgtree.h>

#include "mod_scim_access.h"
#include "mod_scim_audit.h"
#include "mod_scim_authz_conf.h"
#include "mod_scim_base.h"
#include "mod_scim_console_config.h"
#include "mod_scim_jwt_conf.h"
#include "mod_scim_oauth_config.h"
#include "mod_scim_policy.h"
#include "mod_scim_profile.h"
#include "mod_scim_schema.h"
#include "mod_scim_static.h"
#include "scim_file.h"
#include "scim_tenants.h"

/* Directives whose one value is a number. */
typedef struct number_t {
    const char *name;
    apr_size_t offset; /* of the int in scim_dir_t */
    int min;
    int max;
} number_t;

/* ScimMaxDocument: the MySQL driver cuts a field at 1,048,575 bytes without saying so. */
static const number_t numbers[] = {
    {"ScimMaxBody", offsetof(scim_dir_t, max_body), 1024, 1073741824},
    {"ScimMaxDocument", offsetof(scim_dir_t, max_document), 1024, 999999},
    {"ScimMaxScan", offsetof(scim_dir_t, max_scan), 1, 10000000},
    {"ScimCursorTimeout", offsetof(scim_dir_t, cursor_timeout), 0, 31536000},
    {"ScimMaxFilterTerms", offsetof(scim_dir_t, max_terms), 1, 10000},
    {"ScimMaxOperations", offsetof(scim_dir_t, max_operations), 1, 100000},
    {"ScimBulkMaxOperations", offsetof(scim_dir_t, bulk_operations), 1, 100000},
    {"ScimBulkMaxPayload", offsetof(scim_dir_t, bulk_payload), 1024, 1073741824},
    {"ScimGroupReplyMembers", offsetof(scim_dir_t, group_reply_members), 0, 100000},
    {"ScimTokenLimit", offsetof(scim_dir_t, token_limit), 0, 100000},
};

/* Directives whose one value is one of two words. */
typedef struct switch_t {
    const char *name;
    apr_size_t offset;
    const char *off; /* 0 */
    const char *on;  /* 1 */
} switch_t;

static const switch_t switches[] = {
    {"ScimUnknownMembers", offsetof(scim_dir_t, reject_unknown_members), "skip", "reject"},
    {"ScimUnknownManager", offsetof(scim_dir_t, reject_unknown_manager), "keep", "reject"},
    {"ScimUnknownAttributes", offsetof(scim_dir_t, reject_unknown_attrs), "ignore", "reject"},
    {"ScimTokenOwner", offsetof(scim_dir_t, token_owner), "optional", "required"},
};

/* ---- directives ---- */

static const char *path_trim(const char *path, apr_pool_t *p)
{
    apr_size_t len = strlen(path);

    while (len > 0 && path[len - 1] == '/') {
        len--;
    }
    return apr_pstrmemdup(p, path, len);
}

const char *scim_config_at(const cmd_parms *cmd)
{
    return apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename, cmd->directive->line_num);
}

const char *scim_config_location(const cmd_parms *cmd)
{
    return cmd->path ? path_trim(cmd->path, cmd->pool) : NULL;
}

/* The section around a directive, or NULL. */
static const ap_directive_t *section_of(const cmd_parms *cmd, const char *name)
{
    const ap_directive_t *d;

    for (d = cmd->directive; d; d = d->parent) {
        if (ap_cstr_casecmp(d->directive, name) == 0) {
            return d;
        }
    }
    return NULL;
}

const char *scim_config_context(cmd_parms *cmd)
{
    const ap_directive_t *location = section_of(cmd, "<Location");
    const char *wrong;

    wrong = ap_check_cmd_context(cmd, NOT_IN_DIRECTORY | NOT_IN_FILES | NOT_IN_LIMIT |
                                          NOT_IN_PROXY | NOT_IN_HTACCESS);
    if (wrong) {
        return wrong;
    }
    if (section_of(cmd, "<LocationMatch") || (location && location->args[0] == '~') ||
        (location && cmd->path && ap_is_matchexp(cmd->path))) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name,
                           " cannot stand in a <Location> with a pattern: its base would not be "
                           "known; name the path",
                           NULL);
    }
    return NULL;
}

static const char *set_enable(cmd_parms *cmd, void *config, int on)
{
    scim_dir_t *dir = config;
    const char *wrong = scim_config_context(cmd);

    if (wrong) {
        return wrong;
    }
    dir->enable = on ? 1 : 0;
    dir->enable_at = scim_config_at(cmd);
    dir->enable_path = scim_config_location(cmd);
    return NULL;
}

static const char *set_base(cmd_parms *cmd, void *config, const char *value)
{
    scim_dir_t *dir = config;
    const char *wrong = scim_config_context(cmd);

    wrong = wrong ? wrong : scim_base_check(value, cmd);
    if (!wrong) {
        dir->base = path_trim(value, cmd->pool);
    }
    return wrong;
}

static const char *set_tenant(cmd_parms *cmd, void *config, const char *value)
{
    scim_dir_t *dir = config;
    const char *wrong = scim_config_context(cmd);

    if (wrong) {
        return wrong;
    }
    if (!scim_tenants_is_name(value)) {
        return "ScimTenant must be 1 to 64 of the characters A-Z a-z 0-9 . _ -";
    }
    dir->tenant = value;
    return NULL;
}

static apr_array_header_t *tokens_of(scim_dir_t *dir, apr_pool_t *p)
{
    if (!dir->tokens) {
        dir->tokens = apr_array_make(p, 4, sizeof(scim_static_t));
    }
    return dir->tokens;
}

static const char *set_token(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    const char *const *words = (const char *const *)argv;
    scim_dir_t *dir = config;
    const char *wrong = scim_config_context(cmd);

    if (!wrong) {
        wrong = scim_static_add(tokens_of(dir, cmd->pool), argc, words, cmd->pool);
        wrong = wrong ? apr_pstrcat(cmd->pool, "ScimToken: ", wrong, NULL) : NULL;
    }
    return wrong;
}

static const char *set_token_file(cmd_parms *cmd, void *config, const char *value)
{
    scim_dir_t *dir = config;
    const char *path = ap_server_root_relative(cmd->pool, value);
    const char *wrong = scim_config_context(cmd);

    if (wrong) {
        return wrong;
    }
    if (!path) {
        return apr_pstrcat(cmd->pool, "ScimTokenFile: not a path: ", value, NULL);
    }
    wrong = scim_static_file(tokens_of(dir, cmd->pool), path, cmd->pool, cmd->temp_pool);
    return wrong ? apr_pstrcat(cmd->pool, "ScimTokenFile: ", wrong, NULL) : NULL;
}

static scim_schemas_t *schemas_of(scim_dir_t *dir, const cmd_parms *cmd)
{
    if (!dir->schemas) {
        dir->schemas = scim_schemas_make(cmd);
    }
    return dir->schemas;
}

static const char *set_schema_file(cmd_parms *cmd, void *config, const char *value)
{
    const char *path = ap_server_root_relative(cmd->pool, value);
    const char *wrong = scim_config_context(cmd);

    if (wrong) {
        return wrong;
    }
    if (!path) {
        return apr_pstrcat(cmd->pool, "ScimSchemaFile: not a path: ", value, NULL);
    }
    wrong = scim_schemas_file(schemas_of(config, cmd), path, cmd->pool, cmd->temp_pool);
    return wrong ? apr_pstrcat(cmd->pool, "ScimSchemaFile: ", wrong, NULL) : NULL;
}

static const char *set_index(cmd_parms *cmd, void *config, const char *type, const char *path)
{
    const char *wrong = scim_config_context(cmd);

    if (!wrong) {
        scim_schemas_index(schemas_of(config, cmd), type, path);
    }
    return wrong;
}

static const char *set_flag(cmd_parms *cmd, void *config, int on)
{
    const char *wrong = scim_config_context(cmd);

    return wrong ? wrong : ap_set_flag_slot(cmd, config, on);
}

static int *int_at(scim_dir_t *dir, apr_size_t offset)
{
    return (int *)(void *)((char *)dir + offset);
}

const char *scim_config_file(const char **data, apr_size_t *len, const char *path, apr_size_t max,
                             apr_pool_t *p, apr_pool_t *ptemp)
{
    const char *full = ap_server_root_relative(p, path);

    return full ? scim_file_read(data, len, full, max, p, ptemp)
                : apr_pstrcat(p, "not a path: ", path, NULL);
}

const char *scim_config_number(int *out, const char *value, const cmd_parms *cmd, int min, int max)
{
    apr_int64_t n = 0;
    apr_size_t len = strspn(value, "0123456789");

    if (len > 0 && len <= 10 && value[len] == '\0') {
        n = apr_atoi64(value);
    }
    if (len == 0 || len > 10 || value[len] != '\0' || n < min || n > max) {
        return apr_psprintf(cmd->pool, "%s must be a whole number from %d to %d", cmd->cmd->name,
                            min, max);
    }
    *out = (int)n;
    return NULL;
}

static const char *set_number(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = scim_config_context(cmd);
    apr_size_t i;

    for (i = 0; !wrong && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (ap_cstr_casecmp(cmd->cmd->name, numbers[i].name) == 0) {
            return scim_config_number(int_at(config, numbers[i].offset), value, cmd, numbers[i].min,
                                      numbers[i].max);
        }
    }
    return wrong;
}

static const char *set_switch(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = scim_config_context(cmd);
    apr_size_t i;

    for (i = 0; !wrong && i < sizeof(switches) / sizeof(switches[0]); i++) {
        const switch_t *s = &switches[i];
        int on = ap_cstr_casecmp(value, s->on) == 0;
        if (ap_cstr_casecmp(cmd->cmd->name, s->name) != 0) {
            continue;
        }
        if (!on && ap_cstr_casecmp(value, s->off) != 0) {
            return apr_psprintf(cmd->pool, "%s must be %s or %s", s->name, s->off, s->on);
        }
        *int_at(config, s->offset) = on;
    }
    return wrong;
}

static const char *set_page_size(cmd_parms *cmd, void *config, const char *size, const char *max)
{
    scim_dir_t *dir = config;
    const char *wrong = scim_config_context(cmd);

    if (!wrong) {
        wrong = scim_config_number(&dir->page_size, size, cmd, 1, 100000);
    }
    if (!wrong && max) {
        wrong = scim_config_number(&dir->max_page_size, max, cmd, 1, 100000);
    }
    if (!wrong && max && dir->page_size > dir->max_page_size) {
        wrong = "ScimPageSize: the default must not be larger than the maximum";
    }
    return wrong;
}

#define ANYWHERE (RSRC_CONF | ACCESS_CONF)

const command_rec scim_config_commands[] = {
    AP_INIT_FLAG("ScimEnable", set_enable, NULL, ANYWHERE, "On: serve SCIM 2.0 here"),
    AP_INIT_TAKE1("ScimBase", set_base, NULL, ANYWHERE,
                  "URL path below which SCIM is served (default: the Location's, else /scim/v2)"),
    AP_INIT_TAKE1("ScimTenant", set_tenant, NULL, ANYWHERE,
                  "name under which the resources are kept in the database"),
    AP_INIT_TAKE_ARGV("ScimToken", set_token, NULL, ANYWHERE,
                      "sha256:<64 hex digits> of a bearer token, a label for the log, "
                      "owner=userName for /Me, tenant=name"),
    AP_INIT_TAKE1("ScimTokenFile", set_token_file, NULL, ANYWHERE,
                  "file of lines as ScimToken takes them"),
    /* tokens in the database, and tenants: mod_scim_access.h */
    AP_INIT_FLAG("ScimTokenStore", set_flag, (void *)offsetof(scim_dir_t, token_store), ANYWHERE,
                 "On: accept tokens that are kept in the database (default Off)"),
    AP_INIT_TAKE23("ScimTokenLifetime", scim_access_set_life, NULL, ANYWHERE,
                   "shortest and longest life of a token in seconds, or never, and what is usual "
                   "(default 60 never never)"),
    AP_INIT_TAKE1("ScimTokenLimit", set_number, NULL, ANYWHERE,
                  "active tokens that a tenant may have in the database, 0 any (default 0)"),
    AP_INIT_TAKE1("ScimTokenOwner", set_switch, NULL, ANYWHERE,
                  "optional or required: whether a token in the database must be bound to a User "
                  "(default optional)"),
    AP_INIT_FLAG("ScimTrustUser", set_flag, (void *)offsetof(scim_dir_t, trust_user), ANYWHERE,
                 "On: accept the user whom another module has authenticated (default Off)"),
    AP_INIT_TAKE1("ScimTenantBy", scim_access_set_tenant_by, NULL, ANYWHERE,
                  "name, path or token: what says whose resources a request is about (default "
                  "name)"),
    AP_INIT_ITERATE("ScimBaseAlias", scim_access_set_alias, NULL, ANYWHERE,
                    "URL paths that are answered as the base is"),
    AP_INIT_FLAG("ScimProvisioning", set_flag, (void *)offsetof(scim_dir_t, provisioning), ANYWHERE,
                 "Off: answer every request with 403 (default On)"),
    AP_INIT_FLAG("ScimRequireTLS", set_flag, (void *)offsetof(scim_dir_t, require_tls), ANYWHERE,
                 "Off: answer plain HTTP from other hosts too (default On)"),
    AP_INIT_TAKE1("ScimMaxBody", set_number, NULL, ANYWHERE,
                  "largest request body in bytes (default 8388608)"),
    AP_INIT_TAKE1("ScimMaxDocument", set_number, NULL, ANYWHERE,
                  "largest stored resource in bytes (default 262144)"),
    AP_INIT_TAKE12("ScimPageSize", set_page_size, NULL, ANYWHERE,
                   "resources in a list page by default, and at most (default 100 500)"),
    AP_INIT_TAKE1("ScimMaxScan", set_number, NULL, ANYWHERE,
                  "resources one list may look at beyond the indexes (default 10000)"),
    AP_INIT_TAKE1("ScimCursorTimeout", set_number, NULL, ANYWHERE,
                  "seconds that a list's cursor can be used, 0 for ever (default 3600)"),
    AP_INIT_TAKE1("ScimMaxFilterTerms", set_number, NULL, ANYWHERE,
                  "comparisons in one filter (default 200)"),
    AP_INIT_TAKE1("ScimMaxOperations", set_number, NULL, ANYWHERE,
                  "operations in one PATCH (default 2000)"),
    AP_INIT_TAKE1("ScimBulkMaxOperations", set_number, NULL, ANYWHERE,
                  "operations in one Bulk request (default 1000)"),
    AP_INIT_TAKE1("ScimBulkMaxPayload", set_number, NULL, ANYWHERE,
                  "largest body of a Bulk request in bytes (default 1048576)"),
    AP_INIT_TAKE1("ScimGroupReplyMembers", set_number, NULL, ANYWHERE,
                  "a PATCH of a group with more members answers 204 (default 200)"),
    AP_INIT_TAKE1("ScimUnknownMembers", set_switch, NULL, ANYWHERE,
                  "skip or reject members that do not exist (default skip)"),
    AP_INIT_TAKE1("ScimUnknownManager", set_switch, NULL, ANYWHERE,
                  "keep or reject a manager that is no user (default keep)"),
    AP_INIT_TAKE1("ScimUnknownAttributes", set_switch, NULL, ANYWHERE,
                  "ignore or reject attributes that no schema defines (default ignore)"),
    AP_INIT_FLAG("ScimPatchReplaceCreates", set_flag,
                 (void *)offsetof(scim_dir_t, patch_replace_creates), ANYWHERE,
                 "On: a PATCH replace whose filter matches nothing creates the element"),
    AP_INIT_TAKE1("ScimProfile", scim_profile_set, NULL, ANYWHERE,
                  "tolerant, interop or ipsie: what is promised to clients (default tolerant)"),
    AP_INIT_TAKE12("ScimRateLimit", scim_profile_set_rate, NULL, ANYWHERE,
                   "Off, or requests/seconds and a burst: how much a tenant may send"),
    AP_INIT_ITERATE("ScimSchemaFile", set_schema_file, NULL, ANYWHERE,
                    "JSON files of Schema and ResourceType objects of the tenant's own"),
    AP_INIT_ITERATE2("ScimIndex", set_index, NULL, ANYWHERE,
                     "a resource type, and attributes of it to index beside the usual ones"),
    /* the audit trail: mod_scim_audit.h */
    AP_INIT_FLAG("ScimAudit", set_flag, (void *)offsetof(scim_dir_t, audit), ANYWHERE,
                 "Off: keep no record of who changed what (default On)"),
    AP_INIT_TAKE12("ScimAuditKeep", scim_audit_set_keep, NULL, ANYWHERE,
                   "days that the record is kept, and rows at most, 0 any (default 90 1000000)"),
    /* tokens issued elsewhere: mod_scim_jwt_conf.h */
    AP_INIT_TAKE1("ScimJWTIssuer", scim_jwt_conf_set, NULL, ANYWHERE,
                  "iss of the JSON Web Tokens that are accepted"),
    AP_INIT_ITERATE("ScimJWTAudience", scim_jwt_conf_set, NULL, ANYWHERE,
                    "one of these must be in aud"),
    AP_INIT_ITERATE("ScimJWTAlgorithms", scim_jwt_conf_set, NULL, ANYWHERE,
                    "algorithms of signatures that are accepted"),
    AP_INIT_TAKE12("ScimJWTKeyFile", scim_jwt_conf_key_file, NULL, ANYWHERE,
                   "public key or certificate in PEM, and its kid"),
    AP_INIT_TAKE1("ScimJWTSecretFile", scim_jwt_conf_set, NULL, ANYWHERE,
                  "file with the secret for HMAC, at least 32 bytes"),
    AP_INIT_ITERATE("ScimJWKSFile", scim_jwt_conf_set, NULL, ANYWHERE,
                    "files with JSON Web Key Sets"),
    AP_INIT_TAKE123("ScimJWKSURI", scim_jwt_conf_uri, NULL, ANYWHERE,
                    "where a JSON Web Key Set is, refresh=seconds, wait=seconds"),
    AP_INIT_TAKE1("ScimJWTLeeway", scim_jwt_conf_set, NULL, ANYWHERE,
                  "seconds that clocks may differ (default 60)"),
    AP_INIT_TAKE1("ScimJWTScope", scim_jwt_conf_set, NULL, ANYWHERE,
                  "a word that must be in scope or scp"),
    AP_INIT_TAKE1("ScimJWTOwner", scim_jwt_conf_set, NULL, ANYWHERE,
                  "the claim with the userName of the token's owner"),
    AP_INIT_TAKE1("ScimJWTTenant", scim_jwt_conf_set, NULL, ANYWHERE,
                  "the claim with the tenant's name"),
    AP_INIT_FLAG("ScimJWTRevocation", scim_jwt_conf_revocation, NULL, ANYWHERE,
                 "Off: do not look tokens up on the list of revoked ones (default On)"),
    AP_INIT_TAKE3("ScimIntrospection", scim_jwt_conf_introspection, NULL, ANYWHERE,
                  "URL of an introspection endpoint, client id, file with its secret"),
    AP_INIT_TAKE1("ScimIntrospectionCache", scim_jwt_conf_set, NULL, ANYWHERE,
                  "seconds that an active token is not asked about again (default 0)"),
    AP_INIT_TAKE1("ScimHTTPTimeout", scim_jwt_conf_set, NULL, ANYWHERE,
                  "seconds that a key set or an introspection may take (default 5)"),
    AP_INIT_TAKE1("ScimHTTPCAFile", scim_jwt_conf_set, NULL, ANYWHERE,
                  "certificates in PEM to trust for these, instead of the system's"),
    /* OAuth 2.0: mod_scim_oauth_config.h */
    AP_INIT_FLAG("ScimOAuth", scim_oauth_set, NULL, ACCESS_CONF,
                 "On: give tokens by OAuth 2.0 below this <Location>"),
    AP_INIT_TAKE1("ScimOAuthBase", scim_oauth_set_base, NULL, ANYWHERE,
                  "URL path below which its endpoints are (default: the Location's)"),
    AP_INIT_TAKE1("ScimOAuthIssuer", scim_oauth_set_issuer, NULL, ANYWHERE,
                  "URL under which clients know the place (default: made from the request)"),
    AP_INIT_ITERATE("ScimOAuthClientAuth", scim_oauth_set_auth, NULL, ANYWHERE,
                    "basic, body, private_key_jwt: how clients prove who they are (default basic "
                    "body)"),
    AP_INIT_ITERATE("ScimOAuthGrants", scim_oauth_set_grant, NULL, ANYWHERE,
                    "authorization_code, refresh_token, client_credentials (default the first "
                    "two)"),
    AP_INIT_TAKE123("ScimOAuthLifetime", scim_oauth_set_lifetime, NULL, ANYWHERE,
                    "seconds that access tokens, refresh tokens (or never) and codes live (default "
                    "3600 never 60)"),
    AP_INIT_TAKE1("ScimOAuthRefreshGrace", scim_oauth_set_grace, NULL, ANYWHERE,
                  "seconds in which a refresh token may be used again (default 0)"),
    /* authorisation for the rest of the fleet: mod_scim_authz_conf.h */
    AP_INIT_TAKE1("ScimAuthzTenant", scim_authz_set_tenant, NULL, ANYWHERE,
                  "the tenant whose users Require scim-user and its like ask for"),
    AP_INIT_TAKE1("ScimAuthzMatch", scim_authz_set_match, NULL, ANYWHERE,
                  "the attribute that has the authenticated user's name (default userName)"),
    AP_INIT_TAKE1("ScimAuthzCache", scim_authz_set_cache, NULL, ANYWHERE,
                  "seconds that who was found active is not asked for again (default 0)"),
    AP_INIT_TAKE_ARGV("ScimExportEnv", scim_authz_set_export, NULL, ANYWHERE,
                      "a variable, and attributes of which the first that has a value is its "
                      "value"),
    /* console: mod_scim_console_config.h */
    AP_INIT_FLAG("ScimConsole", scim_console_set, NULL, ACCESS_CONF,
                 "On: the console of the tenant's admin below this <Location>"),
    AP_INIT_TAKE1("ScimConsoleFiles", scim_console_set_files, NULL, ANYWHERE,
                  "directory with the console's page (default: where it is installed)"),
    /* policies: scim_policy.h */
    AP_INIT_RAW_ARGS("ScimGroups", scim_policies_set, NULL, ANYWHERE,
                     "Off: clients see no groups (default On)"),
    AP_INIT_RAW_ARGS("ScimDeprovision", scim_policies_set, NULL, ANYWHERE,
                     "disable, delete or unlink: what active false does (default disable)"),
    AP_INIT_RAW_ARGS("ScimTombstone", scim_policies_set, NULL, ANYWHERE,
                     "seconds or forever, and show or hide: what stays of a deleted or unlinked "
                     "user (default forever show)"),
    AP_INIT_RAW_ARGS("ScimRehire", scim_policies_set, NULL, ANYWHERE,
                     "restore or conflict: what a POST for a deactivated user does (default "
                     "conflict)"),
    AP_INIT_RAW_ARGS("ScimDelete", scim_policies_set, NULL, ANYWHERE,
                     "remove or deactivate: what DELETE of a user does (default remove)"),
    AP_INIT_RAW_ARGS("ScimAttribute", scim_policies_set, NULL, ANYWHERE,
                     "a resource type, an attribute's path, and rules for its values"),
    AP_INIT_RAW_ARGS("ScimAttributeAllow", scim_policies_set, NULL, ANYWHERE,
                     "a resource type, and the attributes that are offered of it"),
    AP_INIT_RAW_ARGS("ScimOtherAttributes", scim_policies_set, NULL, ANYWHERE,
                     "a resource type, and ignore or reject for attributes that are not offered"),
    AP_INIT_RAW_ARGS("ScimSeats", scim_policies_set, NULL, ANYWHERE,
                     "how many active users there may be, and path=value of which ones"),
    AP_INIT_RAW_ARGS("ScimKeepOne", scim_policies_set, NULL, ANYWHERE,
                     "a path and a value, or groups and a name: the last such user stays active"),
    AP_INIT_RAW_ARGS("ScimOneGroupPerUser", scim_policies_set, NULL, ANYWHERE,
                     "On: who gets into a group leaves the one it was in (default Off)"),
    AP_INIT_RAW_ARGS("ScimGroupFrom", scim_policies_set, NULL, ANYWHERE,
                     "an attribute whose value names a group that the user is in; existing or "
                     "create, exact or ignore, error=text"),
    AP_INIT_RAW_ARGS("ScimNestedGroups", scim_policies_set, NULL, ANYWHERE,
                     "allow, skip or reject groups as members of groups (default allow)"),
    /* mappings */
    AP_INIT_RAW_ARGS("ScimMapTable", scim_policies_set, NULL, ANYWHERE,
                     "type table key=column [id=column] [match=column]"),
    AP_INIT_RAW_ARGS("ScimMap", scim_policies_set, NULL, ANYWHERE,
                     "type path column [translate=a:B,c:D] [true=x false=y]"),
    AP_INIT_RAW_ARGS("ScimMapConstant", scim_policies_set, NULL, ANYWHERE, "type column value"),
    AP_INIT_RAW_ARGS("ScimMapMembers", scim_policies_set, NULL, ANYWHERE,
                     "table group=column user=column [column=value]..."),
    AP_INIT_RAW_ARGS("ScimMapLink", scim_policies_set, NULL, ANYWHERE,
                     "type table account=column [column=value]..."),
    AP_INIT_RAW_ARGS("ScimMapOn", scim_policies_set, NULL, ANYWHERE,
                     "type deactivate|activate|delete keep|delete|unlink|set:column=value"),
    AP_INIT_RAW_ARGS("ScimAdopt", scim_policies_set, NULL, ANYWHERE, "type On|Off"),
    /* security events */
    AP_INIT_RAW_ARGS("ScimEventURL", scim_policies_set, NULL, ANYWHERE,
                     "to whom it is told that a user's account ends or begins anew, or Off"),
    AP_INIT_RAW_ARGS("ScimEventKeyFile", scim_policies_set, NULL, ANYWHERE,
                     "file with the private key that signs events, and the key's name"),
    AP_INIT_RAW_ARGS("ScimEventIssuer", scim_policies_set, NULL, ANYWHERE,
                     "who tells events: their claim iss"),
    AP_INIT_RAW_ARGS("ScimEventAudience", scim_policies_set, NULL, ANYWHERE,
                     "whom events are for: their claim aud (default: the URL)"),
    AP_INIT_RAW_ARGS("ScimEventTypes", scim_policies_set, NULL, ANYWHERE,
                     "deactivate, activate, delete, session-revoked: what is told (default: the "
                     "first three)"),
    AP_INIT_RAW_ARGS("ScimEventTokenFile", scim_policies_set, NULL, ANYWHERE,
                     "file with the token that the receiver of events asks for"),
    AP_INIT_RAW_ARGS("ScimEventCAFile", scim_policies_set, NULL, ANYWHERE,
                     "certificates to trust when events are sent (default: the system's)"),
    AP_INIT_RAW_ARGS("ScimEventKeep", scim_policies_set, NULL, ANYWHERE,
                     "days that an event is tried to be delivered (default 7)"),
    {0}};
