/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_jwt_conf.h"

#include <stddef.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <http_config.h>
#include <util_cfgtree.h>

#include "scim_text.h"

#define LEEWAY_DEFAULT 60
#define LEEWAY_MAX 600
#define TIMEOUT_DEFAULT 5
#define TIMEOUT_MAX 60
#define REFRESH_DEFAULT 3600
#define REFRESH_MIN 60
#define REFRESH_MAX 86400
#define WAIT_DEFAULT 10
#define WAIT_MAX 3600
#define CACHE_MAX 3600

/* Files of keys, secrets and certificates. */
#define FILE_MAX 524288
#define SECRET_MAX 4096

/* Values that are compared with a claim, and names of claims. */
#define TEXT_MAX 1024

static scim_jwt_conf_t *conf_of(void *config, const cmd_parms *cmd)
{
    scim_dir_t *dir = config;

    if (!dir->jwt) {
        scim_jwt_conf_t *conf = apr_pcalloc(cmd->pool, sizeof(*conf));
        conf->at = scim_config_at(cmd);
        conf->keys = scim_jose_keys_make(cmd->pool);
        conf->revocation = 1;
        conf->policy.leeway = SCIM_UNSET;
        conf->policy.expires = 1;
        conf->timeout = SCIM_UNSET;
        conf->endpoint.cache = SCIM_UNSET;
        dir->jwt = conf;
    }
    return dir->jwt;
}

static const char *named(const cmd_parms *cmd, const char *wrong)
{
    return wrong ? apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", wrong, NULL) : NULL;
}

/* The content of a file; at most max bytes. */
static const char *file_of(const char **data, apr_size_t *len, const cmd_parms *cmd,
                           const char *value, apr_size_t max)
{
    return scim_config_file(data, len, value, max, cmd->pool, cmd->temp_pool);
}

/* ---- directives of one value ---- */

static const char *text_check(const char *value)
{
    apr_size_t len = strlen(value);
    apr_size_t i;

    for (i = 0; i < len; i++) {
        if (apr_iscntrl(value[i])) {
            return "a control character is in the value";
        }
    }
    return len == 0 || len > TEXT_MAX || !scim_text_utf8(value, len)
               ? "the value must have 1 to 1024 bytes in UTF-8"
               : NULL;
}

static const char *set_issuer(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    (void)cmd;
    conf->policy.issuer = value;
    return text_check(value);
}

static const char *set_audience(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    if (!conf->audiences) {
        conf->audiences = apr_array_make(cmd->pool, 2, sizeof(const char *));
        conf->policy.audiences = conf->audiences;
    }
    APR_ARRAY_PUSH(conf->audiences, const char *) = value;
    return text_check(value);
}

static const char *set_algorithm(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    const scim_jwt_alg_t *alg = scim_jwt_alg_find(value);
    const char *all = "";
    int i;

    if (alg) {
        conf->policy.algs |= alg->bit;
        return NULL;
    }
    if (ap_cstr_casecmp(value, "none") == 0) {
        return "a token without a signature is never accepted";
    }
    for (i = 0; scim_jwt_alg_at(i); i++) {
        all = apr_pstrcat(cmd->pool, all, " ", scim_jwt_alg_at(i)->name, NULL);
    }
    return apr_pstrcat(cmd->pool, "an algorithm must be one of", all, NULL);
}

/* One line end behind the secret is the editor's. */
static apr_size_t trimmed(const char *data, apr_size_t len)
{
    if (len > 0 && data[len - 1] == '\n') {
        len--;
        len -= len > 0 && data[len - 1] == '\r';
    }
    return len;
}

static const char *set_secret_file(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    const char *data = "";
    apr_size_t len = 0;
    const char *wrong = file_of(&data, &len, cmd, value, SECRET_MAX);

    if (wrong) {
        return wrong;
    }
    if (conf->secret) {
        return "there can be only one secret";
    }
    conf->secret_file = ap_server_root_relative(cmd->pool, value);
    conf->secret_len = trimmed(data, len);
    conf->secret = apr_pstrmemdup(cmd->pool, data, conf->secret_len);
    return scim_jose_add_secret(conf->keys, conf->secret, conf->secret_len);
}

static const char *set_jwks_file(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    const char *data = "";
    apr_size_t len = 0;
    const char *wrong = file_of(&data, &len, cmd, value, FILE_MAX);

    if (wrong) {
        return wrong;
    }
    wrong = scim_jose_add_jwks(conf->keys, data, len, cmd->temp_pool);
    return wrong ? apr_pstrcat(cmd->pool, value, ": ", wrong, NULL) : NULL;
}

static const char *set_leeway(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    return scim_config_number(&conf->policy.leeway, value, cmd, 0, LEEWAY_MAX);
}

static const char *set_scope(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    (void)cmd;
    conf->policy.scope = value;
    return strchr(value, ' ') ? "a scope is one word" : text_check(value);
}

static const char *set_owner(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    (void)cmd;
    conf->policy.owner_claim = value;
    return text_check(value);
}

static const char *set_tenant(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    (void)cmd;
    conf->policy.tenant_claim = value;
    return text_check(value);
}

static const char *set_cache(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    return scim_config_number(&conf->endpoint.cache, value, cmd, 0, CACHE_MAX);
}

static const char *set_timeout(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    return scim_config_number(&conf->timeout, value, cmd, 1, TIMEOUT_MAX);
}

static const char *set_ca_file(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value)
{
    const char *data = "";
    apr_size_t len = 0;
    const char *wrong = file_of(&data, &len, cmd, value, FILE_MAX);

    if (!wrong && !strstr(data, "-----BEGIN CERTIFICATE-----")) {
        wrong = apr_pstrcat(cmd->pool, value, " holds no certificate in PEM", NULL);
    }
    conf->ca_file = ap_server_root_relative(cmd->pool, value);
    return wrong;
}

/* What a directive does with its value. @return NULL, or what is wrong */
typedef const char *(setter_fn)(scim_jwt_conf_t *conf, const cmd_parms *cmd, const char *value);

typedef struct setter_t {
    const char *name;
    setter_fn *set;
} setter_t;

static const setter_t setters[] = {
    {"ScimJWTIssuer", set_issuer},        {"ScimJWTAudience", set_audience},
    {"ScimJWTAlgorithms", set_algorithm}, {"ScimJWTSecretFile", set_secret_file},
    {"ScimJWKSFile", set_jwks_file},      {"ScimJWTLeeway", set_leeway},
    {"ScimJWTScope", set_scope},          {"ScimJWTOwner", set_owner},
    {"ScimJWTTenant", set_tenant},        {"ScimIntrospectionCache", set_cache},
    {"ScimHTTPTimeout", set_timeout},     {"ScimHTTPCAFile", set_ca_file},
};

const char *scim_jwt_conf_set(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = scim_config_context(cmd);
    apr_size_t i;

    for (i = 0; !wrong && i < sizeof(setters) / sizeof(setters[0]); i++) {
        if (ap_cstr_casecmp(cmd->cmd->name, setters[i].name) == 0) {
            return named(cmd, setters[i].set(conf_of(config, cmd), cmd, value));
        }
    }
    return wrong;
}

/* ---- the others ---- */

const char *scim_jwt_conf_revocation(cmd_parms *cmd, void *config, int on)
{
    const char *wrong = scim_config_context(cmd);

    if (!wrong) {
        conf_of(config, cmd)->revocation = on ? 1 : 0;
    }
    return wrong;
}

const char *scim_jwt_conf_key_file(cmd_parms *cmd, void *config, const char *path, const char *kid)
{
    const char *data = "";
    apr_size_t len = 0;
    const char *wrong = scim_config_context(cmd);

    if (wrong) {
        return wrong;
    }
    wrong = file_of(&data, &len, cmd, path, FILE_MAX);
    if (!wrong && kid && (!*kid || strlen(kid) > SCIM_JWT_ID_MAX)) {
        wrong = "a key's name must have 1 to 255 bytes";
    }
    if (!wrong) {
        wrong = scim_jose_add_pem(conf_of(config, cmd)->keys, data, len, kid, cmd->temp_pool);
        wrong = wrong ? apr_pstrcat(cmd->pool, path, ": ", wrong, NULL) : NULL;
    }
    return named(cmd, wrong);
}

/* refresh=… or wait=… */
static const char *uri_option(scim_jwks_source_t *source, const cmd_parms *cmd, const char *option)
{
    if (!option) {
        return NULL;
    }
    if (strncmp(option, "refresh=", 8) == 0) {
        return scim_config_number(&source->refresh, option + 8, cmd, REFRESH_MIN, REFRESH_MAX);
    }
    if (strncmp(option, "wait=", 5) == 0) {
        return scim_config_number(&source->wait, option + 5, cmd, 1, WAIT_MAX);
    }
    return "what follows the URI must be refresh= or wait= and seconds";
}

const char *scim_jwt_conf_uri(cmd_parms *cmd, void *config, const char *uri, const char *one,
                              const char *two)
{
    const char *wrong = scim_config_context(cmd);
    scim_jwks_source_t *source;

    if (wrong) {
        return wrong;
    }
    source = &conf_of(config, cmd)->source;
    wrong = source->uri ? "there can be only one" : scim_fetch_refuses(uri, cmd->temp_pool);
    source->uri = uri;
    source->refresh = REFRESH_DEFAULT;
    source->wait = WAIT_DEFAULT;
    wrong = wrong ? wrong : uri_option(source, cmd, one);
    wrong = wrong ? wrong : uri_option(source, cmd, two);
    return named(cmd, wrong);
}

const char *scim_jwt_conf_introspection(cmd_parms *cmd, void *config, const char *url,
                                        const char *client, const char *path)
{
    const char *data = "";
    apr_size_t len = 0;
    const char *wrong = scim_config_context(cmd);
    scim_introspect_source_t *endpoint;

    if (wrong) {
        return wrong;
    }
    endpoint = &conf_of(config, cmd)->endpoint;
    endpoint->url = url;
    endpoint->client = client;
    wrong = scim_fetch_refuses(url, cmd->temp_pool);
    wrong = wrong ? wrong : text_check(client);
    wrong = wrong ? wrong : file_of(&data, &len, cmd, path, SECRET_MAX);
    endpoint->secret = apr_pstrmemdup(cmd->pool, data, trimmed(data, len));
    if (!wrong && (!*endpoint->secret || strlen(endpoint->secret) != trimmed(data, len))) {
        wrong = apr_pstrcat(cmd->pool, path, " holds no secret of one line", NULL);
    }
    return named(cmd, wrong);
}

/* ---- what they mean together ---- */

int scim_jwt_conf_has_keys(const scim_jwt_conf_t *conf)
{
    return conf->source.uri || scim_jose_keys_count(conf->keys) > 0;
}

/* The algorithms that a secret, or a public key, is for. */
static unsigned algs_of(int secret)
{
    unsigned algs = 0;
    int i;

    for (i = 0; scim_jwt_alg_at(i); i++) {
        if ((scim_jwt_alg_at(i)->key == SCIM_JWT_KEY_SECRET) == secret) {
            algs |= scim_jwt_alg_at(i)->bit;
        }
    }
    return algs;
}

/* Every algorithm has a key that fits, and every key in a file is of use. */
static const char *check_algs(const scim_jwt_conf_t *conf, apr_pool_t *p)
{
    unsigned fitting = scim_jose_keys_algs(conf->keys) | (conf->source.uri ? algs_of(0) : 0);
    unsigned algs = conf->policy.algs;
    int i;

    if (!algs) {
        return "ScimJWTAlgorithms is missing; a token must never choose its algorithm itself";
    }
    if ((algs & algs_of(0) || conf->source.uri) && algs & algs_of(1)) {
        return "ScimJWTAlgorithms mixes HMAC with algorithms of public keys; a place takes "
               "either";
    }
    for (i = 0; scim_jwt_alg_at(i); i++) {
        if (algs & ~fitting & scim_jwt_alg_at(i)->bit) {
            return apr_psprintf(p, "no key fits %s of ScimJWTAlgorithms", scim_jwt_alg_at(i)->name);
        }
    }
    if (scim_jose_keys_count(conf->keys) > 0 && !(scim_jose_keys_algs(conf->keys) & algs)) {
        return "no algorithm of ScimJWTAlgorithms is for the keys that are given in files";
    }
    if (conf->secret && !(algs & algs_of(1))) {
        return "ScimJWTSecretFile is given, and no HMAC among ScimJWTAlgorithms";
    }
    return NULL;
}

static const char *check_keys(const scim_jwt_conf_t *conf, apr_pool_t *p)
{
    if (!conf->policy.issuer) {
        return "ScimJWTIssuer is missing; whoever has these keys may sign for others too";
    }
    if (!conf->audiences) {
        return "ScimJWTAudience is missing; a token for another service must not be good here";
    }
    return check_algs(conf, p);
}

const char *scim_jwt_conf_finish(scim_jwt_conf_t *conf, apr_pool_t *p)
{
    const char *wrong = NULL;

    if (conf->finished) {
        return NULL;
    }
    if (scim_jwt_conf_has_keys(conf)) {
        wrong = check_keys(conf, p);
    } else if (conf->policy.algs) {
        wrong = "ScimJWTAlgorithms is given, and no key: set ScimJWTKeyFile, ScimJWTSecretFile, "
                "ScimJWKSFile or ScimJWKSURI";
    } else if (!conf->endpoint.url) {
        wrong = "there is neither a key nor ScimIntrospection, so these directives mean nothing";
    }
    if (!wrong && conf->endpoint.cache > 0 && !conf->endpoint.url) {
        wrong = "ScimIntrospectionCache is given without ScimIntrospection";
    }
    conf->policy.leeway = conf->policy.leeway == SCIM_UNSET ? LEEWAY_DEFAULT : conf->policy.leeway;
    conf->timeout = conf->timeout == SCIM_UNSET ? TIMEOUT_DEFAULT : conf->timeout;
    conf->endpoint.cache = conf->endpoint.cache == SCIM_UNSET ? 0 : conf->endpoint.cache;
    conf->source.timeout = conf->endpoint.timeout = conf->timeout;
    conf->source.ca_file = conf->endpoint.ca_file = conf->ca_file;
    conf->finished = 1;
    return wrong;
}
