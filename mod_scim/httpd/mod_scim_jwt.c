/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_jwt.h"

#include <string.h>

#include <apr_signal.h>
#include <apr_strings.h>

#include <http_log.h>

#include "mod_scim_jwt_conf.h"

/* Of all places of all servers. */
struct scim_jwt_all_t {
    apr_array_header_t *confs; /* of scim_jwt_conf_t *, each once */
    scim_fetcher_t *fetcher;   /* NULL: nothing is fetched */
};

/* ---- the configuration ---- */

static const char *check_with(const scim_jwt_conf_t *conf, const scim_dir_t *dir)
{
    if (scim_config_tenant_by(dir) != SCIM_TENANT_BY_NAME && !conf->policy.tenant_claim) {
        return "ScimTenantBy is not name, so ScimJWTTenant must say which claim has the tenant";
    }
    if (dir->token_owner == 1 && !conf->policy.owner_claim) {
        return "ScimTokenOwner is required, so ScimJWTOwner must say which claim has the owner's "
               "userName";
    }
    return NULL;
}

const char *scim_jwt_note(server_rec *main_server, const scim_dir_t *dir, apr_pool_t *pconf)
{
    scim_server_t *server = scim_server_get(main_server);
    scim_jwt_conf_t *conf = dir->jwt;
    const char *wrong;
    int i;

    if (!conf) {
        return NULL;
    }
    wrong = scim_jwt_conf_finish(conf, pconf);
    wrong = wrong ? wrong : check_with(conf, dir);
    if (wrong) {
        return apr_psprintf(pconf, "%s (the first of these directives is in %s)", wrong, conf->at);
    }
    if (!server->jwt) {
        server->jwt = apr_pcalloc(pconf, sizeof(*server->jwt));
        server->jwt->confs = apr_array_make(pconf, 4, sizeof(scim_jwt_conf_t *));
    }
    for (i = 0; i < server->jwt->confs->nelts; i++) {
        if (APR_ARRAY_IDX(server->jwt->confs, i, scim_jwt_conf_t *) == conf) {
            return NULL;
        }
    }
    APR_ARRAY_PUSH(server->jwt->confs, scim_jwt_conf_t *) = conf;
    return NULL;
}

/* ---- the start ---- */

static scim_fetcher_t *fetcher_of(struct scim_jwt_all_t *all, apr_pool_t *pconf)
{
    if (!all->fetcher) {
        all->fetcher = scim_fetcher_make(pconf);
    }
    return all->fetcher;
}

static int same_source(const scim_jwks_source_t *a, const scim_jwks_source_t *b)
{
    return strcmp(a->uri, b->uri) == 0 && a->timeout == b->timeout && a->refresh == b->refresh &&
           a->wait == b->wait &&
           strcmp(a->ca_file ? a->ca_file : "", b->ca_file ? b->ca_file : "") == 0;
}

/* Many tenants may have one issuer: its keys are fetched once for all of them. */
static void set_jwks(scim_jwt_conf_t *conf, struct scim_jwt_all_t *all, const server_rec *s,
                     apr_pool_t *pconf, apr_pool_t *ptemp)
{
    int i;

    for (i = 0; i < all->confs->nelts; i++) {
        const scim_jwt_conf_t *other = APR_ARRAY_IDX(all->confs, i, scim_jwt_conf_t *);
        if (other->jwks && same_source(&other->source, &conf->source)) {
            conf->jwks = other->jwks;
            return;
        }
    }
    conf->jwks = scim_jwks_make(&conf->source, fetcher_of(all, pconf), pconf);
    if (conf->jwks) {
        scim_jwks_start(conf->jwks, s, ptemp);
    }
}

static int setup_all(struct scim_jwt_all_t *all, apr_pool_t *pconf, apr_pool_t *ptemp,
                     const server_rec *main_server)
{
    int i;

    for (i = 0; i < all->confs->nelts; i++) {
        scim_jwt_conf_t *conf = APR_ARRAY_IDX(all->confs, i, scim_jwt_conf_t *);
        if (conf->source.uri) {
            set_jwks(conf, all, main_server, pconf, ptemp);
        }
        if (conf->endpoint.url) {
            conf->introspect = scim_introspect_make(&conf->endpoint, fetcher_of(all, pconf), pconf);
        }
        if ((conf->source.uri && !conf->jwks) || (conf->endpoint.url && !conf->introspect)) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                         "SCIM3233: the locks for key sets and introspection cannot be made");
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
}

int scim_jwt_setup(apr_pool_t *pconf, apr_pool_t *ptemp, server_rec *main_server)
{
    struct scim_jwt_all_t *all = scim_server_get(main_server)->jwt;
    apr_sigfunc_t *before;
    int rc;

    if (!all) {
        return OK;
    }
    /* Children ignore it; the parent does not yet, and a peer that hangs up must not end it. */
    before = apr_signal(SIGPIPE, SIG_IGN);
    rc = setup_all(all, pconf, ptemp, main_server);
    apr_signal(SIGPIPE, before);
    return rc;
}

void scim_jwt_child(apr_pool_t *pchild, server_rec *main_server)
{
    struct scim_jwt_all_t *all = scim_server_get(main_server)->jwt;

    if (all && all->fetcher) {
        scim_fetcher_child(all->fetcher, pchild);
    }
}

/* ---- a request ---- */

int scim_jwt_takes(const scim_dir_t *dir, const char *token, apr_size_t len)
{
    return dir->jwt && scim_jwt_conf_has_keys(dir->jwt) && scim_jwt_shape(token, len);
}

int scim_jwt_asks(const scim_dir_t *dir)
{
    return dir->jwt && dir->jwt->endpoint.url;
}

static void refuse(const request_rec *r, const char *reason)
{
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "SCIM3235: a token is refused: %s", reason);
}

static scim_error_t *not_set_up(const request_rec *r)
{
    return scim_error_internal(r->pool, HTTP_SERVICE_UNAVAILABLE, "SCIM3236",
                               "ScimJWT… and ScimIntrospection of this section were not there when "
                               "the server started",
                               "Tokens cannot be checked here.");
}

static void set_bearer(scim_bearer_t *out, const char *prefix, const scim_jwt_identity_t *who,
                       apr_pool_t *p)
{
    out->label = apr_pstrcat(p, prefix, who->subject, NULL);
    out->owner = who->owner;
    out->tenant = who->tenant;
}

/* The keys of files first, which cost no request. NULL: valid. */
static scim_error_t *check_signature(int *valid, const scim_jwt_t *jwt, const scim_jwt_conf_t *conf,
                                     request_rec *r)
{
    *valid = scim_jose_verify(jwt, conf->keys) == SCIM_JOSE_VALID;
    if (*valid || !conf->source.uri) {
        return NULL;
    }
    if (!conf->jwks) {
        return not_set_up(r);
    }
    switch (scim_jwks_verify(conf->jwks, jwt, r)) {
    case SCIM_JWKS_VALID:
        *valid = 1;
        return NULL;
    case SCIM_JWKS_INVALID:
        return NULL;
    default:
        return scim_error_make(r->pool, HTTP_SERVICE_UNAVAILABLE, SCIM_TYPE_NONE,
                               "Tokens cannot be checked at the moment; please try again.");
    }
}

/*
 * Claims before the signature: a token that would be refused anyway costs no signature, and never a
 * request for new keys.
 */
scim_error_t *scim_jwt_check(scim_bearer_t *out, request_rec *r, const scim_dir_t *dir,
                             const char *token, apr_size_t len)
{
    const scim_jwt_conf_t *conf = dir->jwt;
    scim_jwt_identity_t who;
    scim_jwt_t jwt;
    scim_error_t *err;
    const char *reason = scim_jwt_parse(&jwt, token, len, conf->policy.algs, r->pool);
    int valid = 0;

    memset(out, 0, sizeof(*out));
    reason =
        reason ? reason : scim_jwt_claims(&who, jwt.claims, &conf->policy, apr_time_now(), r->pool);
    if (reason) {
        refuse(r, reason);
        return NULL;
    }
    err = check_signature(&valid, &jwt, conf, r);
    if (err) {
        return err;
    }
    if (!valid) {
        refuse(r, "no key that is known here verifies its signature");
        return NULL;
    }
    set_bearer(out, "jwt:", &who, r->pool);
    if (conf->revocation) {
        out->id = who.id ? who.id : apr_pstrmemdup(r->pool, token, jwt.signed_len);
    }
    return NULL;
}

scim_error_t *scim_jwt_introspect(scim_bearer_t *out, request_rec *r, const scim_dir_t *dir,
                                  const char *token, apr_size_t len)
{
    const scim_jwt_conf_t *conf = dir->jwt;
    scim_jwt_policy_t policy = conf->policy;
    scim_jwt_identity_t who;
    scim_error_t *err;
    const char *reason;

    memset(out, 0, sizeof(*out));
    if (!conf->introspect) {
        return not_set_up(r);
    }
    policy.expires = 0; /* RFC 7662 section 2.2: the server has looked; if it says when, so do we */
    err = scim_introspect(&who, &reason, conf->introspect, &policy, token, len, r);
    if (err) {
        return err;
    }
    if (reason) {
        refuse(r, reason);
        return NULL;
    }
    set_bearer(out, "oauth:", &who, r->pool);
    out->id = conf->revocation ? who.id : NULL;
    return NULL;
}
