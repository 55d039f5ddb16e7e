/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_oauth_impl.h"

#include <string.h>

#include <openssl/crypto.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include "mod_scim_oauth_keys.h"
#include "scim_form.h"
#include "scim_jose.h"

/* How clients prove who they are. What was wrong is in the log, and the client is told one text. */

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* An assertion is made for one request: it may live so long at most, and clocks may differ. */
#define ASSERTION_LIFE 600
#define LEEWAY 60

#define SECRET_MAX 255

/* ---- answers ---- */

static scim_oauth_error_t *refuse(scim_oauth_call_t *call, const char *why)
{
    request_rec *r = call->r;

    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "SCIM3265: a client of tenant %s was not let in: %s", call->tenant->name, why);
    call->client = NULL;
    apr_table_setn(r->err_headers_out, "WWW-Authenticate", "Basic realm=\"oauth\"");
    return scim_oauth_fail(call, HTTP_UNAUTHORIZED, "invalid_client",
                           "The client is not known here, or has not proved that it is.");
}

static scim_oauth_error_t *two_kinds(const scim_oauth_call_t *call)
{
    return scim_oauth_fail(call, HTTP_BAD_REQUEST, "invalid_request",
                           "A client must prove who it is in one way only.");
}

/* ---- Basic ---- */

static const char *part_decode(const char *s, apr_size_t n, apr_pool_t *p)
{
    const char *why;

    return scim_form_decode(s, n, 1, &why, p);
}

/* Id and secret, each form-encoded before they were joined (RFC 6749 section 2.3.1). */
static int read_basic(scim_oauth_proof_t *proof, const char *header, apr_pool_t *p)
{
    const char *at = header + strlen("Basic");
    const char *text;
    const char *colon;
    apr_size_t len = 0;

    at += strspn(at, " ");
    text = apr_pdecode_base64(p, at, APR_ENCODE_STRING, APR_ENCODE_NONE, &len);
    colon = text ? memchr(text, ':', len) : NULL;
    if (!colon) {
        return 0;
    }
    proof->id = part_decode(text, (apr_size_t)(colon - text), p);
    proof->secret = part_decode(colon + 1, len - (apr_size_t)(colon + 1 - text), p);
    return proof->id && *proof->id && proof->secret && *proof->secret;
}

static int is_basic(const char *header)
{
    return header && ap_cstr_casecmpn(header, "Basic ", 6) == 0;
}

/* ---- a secret ---- */

/* Takes as long whether there is such a client or not. */
static int secret_fits(const scim_client_t *client, const char *secret, apr_pool_t *p)
{
    static const char none[SCIM_TOKEN_HASH + 1] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    apr_size_t len = strlen(secret);
    const char *hash = len <= SECRET_MAX ? scim_token_hash(secret, len, p) : NULL;
    const char *real = client && client->secret ? client->secret : none;

    return hash && strlen(real) == SCIM_TOKEN_HASH &&
           CRYPTO_memcmp(hash, real, SCIM_TOKEN_HASH) == 0 && real != none;
}

static scim_oauth_error_t *by_secret(scim_oauth_call_t *call, const scim_client_t *client,
                                     const char *secret)
{
    if (!secret_fits(client, secret, call->r->pool)) {
        return refuse(call, client ? client->secret ? "wrong secret" : "it has no secret"
                                   : "unknown client_id");
    }
    return NULL;
}

/* ---- private_key_jwt ---- */

static unsigned allowed_algs(void)
{
    const scim_jwt_alg_t *alg;
    unsigned set = 0;
    int i;

    for (i = 0; (alg = scim_jwt_alg_at(i)) != NULL; i++) {
        set |= alg->key == SCIM_JWT_KEY_SECRET ? 0 : alg->bit;
    }
    return set;
}

const apr_array_header_t *scim_oauth_algorithms(apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 9, sizeof(const char *));
    const scim_jwt_alg_t *alg;
    int i;

    for (i = 0; (alg = scim_jwt_alg_at(i)) != NULL; i++) {
        if (alg->key != SCIM_JWT_KEY_SECRET) {
            APR_ARRAY_PUSH(names, const char *) = alg->name;
        }
    }
    return names;
}

/* The endpoint and the issuer (RFC 7523 section 3 and RFC 8414): as configured, never as asked. */
static const apr_array_header_t *audiences(const scim_oauth_call_t *call)
{
    apr_pool_t *p = call->r->pool;
    apr_array_header_t *all = apr_array_make(p, 3, sizeof(const char *));

    APR_ARRAY_PUSH(all, const char *) = call->issuer;
    APR_ARRAY_PUSH(all, const char *) = apr_pstrcat(p, call->issuer, "/token", NULL);
    APR_ARRAY_PUSH(all, const char *) = apr_pstrcat(p, call->issuer, "/revoke", NULL);
    return all;
}

/* RFC 7523 section 3: who, for whom, for how long. */
static const char *claims_wrong(scim_jwt_identity_t *out, const scim_oauth_call_t *call,
                                const scim_jwt_t *jwt, const char *id)
{
    scim_jwt_policy_t policy = {0};
    const char *sub = json_string_value(json_object_get(jwt->claims, "sub"));
    apr_time_t now = apr_time_now();
    const char *wrong;

    policy.algs = allowed_algs();
    policy.issuer = id;
    policy.audiences = audiences(call);
    policy.leeway = LEEWAY;
    policy.expires = 1;
    wrong = scim_jwt_claims(out, jwt->claims, &policy, now, call->r->pool);
    if (wrong) {
        return wrong;
    }
    if (!sub || strcmp(sub, id) != 0) {
        return "its subject is not the client (sub)";
    }
    if (!out->id) {
        return "it has no id (jti)";
    }
    return out->expires > apr_time_sec(now) + ASSERTION_LIFE + LEEWAY
               ? "it lives longer than ten minutes (exp)"
               : NULL;
}

static scim_jwks_result_t verify(const scim_oauth_call_t *call, const scim_client_t *client,
                                 const scim_jwt_t *jwt)
{
    apr_pool_t *p = call->r->pool;
    scim_jose_keys_t *keys;

    if (client->jwks_uri) {
        scim_dbd_release(call->db, 1); /* its server may be slow */
        return scim_oauth_keys_verify(client->jwks_uri, jwt, call->r, call->dir);
    }
    keys = scim_jose_keys_make(p);
    if (!client->jwks || scim_jose_add_jwks(keys, client->jwks, strlen(client->jwks), p)) {
        return SCIM_JWKS_INVALID;
    }
    return scim_jose_verify(jwt, keys) == SCIM_JOSE_VALID ? SCIM_JWKS_VALID : SCIM_JWKS_INVALID;
}

static scim_oauth_error_t *check_signature(scim_oauth_call_t *call, const scim_client_t *client,
                                           const scim_jwt_t *jwt)
{
    switch (verify(call, client, jwt)) {
    case SCIM_JWKS_VALID:
        return NULL;
    case SCIM_JWKS_UNKNOWN:
        return scim_oauth_fail(call, HTTP_SERVICE_UNAVAILABLE, "temporarily_unavailable",
                               "The client's keys cannot be had at the moment.");
    default:
        return refuse(call, "no key of the client's made its assertion's signature");
    }
}

static scim_oauth_error_t *use_up(scim_oauth_call_t *call, const char *id,
                                  const scim_jwt_identity_t *who)
{
    int fresh = 0;
    scim_error_t *err =
        scim_client_assert(&fresh, call->store, id, who->id,
                           apr_time_from_sec(who->expires + LEEWAY + 1), call->r->pool);

    if (err) {
        return scim_oauth_from(call, err);
    }
    return fresh ? NULL : refuse(call, "its assertion has been used before (jti)");
}

static scim_oauth_error_t *by_assertion(scim_oauth_call_t *call, const scim_client_t *client,
                                        const scim_jwt_t *jwt, const char *id)
{
    scim_oauth_error_t *err;
    scim_jwt_identity_t who;
    const char *wrong;

    if (!client || strcmp(client->auth, SCIM_CLIENT_JWT) != 0) {
        return refuse(call, client ? "it has no key" : "unknown client_id");
    }
    wrong = claims_wrong(&who, call, jwt, id);
    if (wrong) {
        return refuse(call, apr_pstrcat(call->r->pool, "of its assertion, ", wrong, NULL));
    }
    err = check_signature(call, client, jwt);
    return err ? err : use_up(call, id, &who);
}

/* ---- which of them ---- */

static scim_oauth_error_t *find(const scim_client_t **client, scim_oauth_call_t *call,
                                const char *id)
{
    scim_client_t *found = NULL;
    scim_error_t *err = scim_client_find(&found, call->store, id, call->r->pool);

    *client = found;
    return scim_oauth_from(call, err);
}

static scim_oauth_error_t *assertion_client(scim_oauth_call_t *call,
                                            const scim_oauth_proof_t *proof)
{
    const scim_client_t *client = NULL;
    scim_jwt_t jwt;
    const char *id;
    const char *wrong;
    scim_oauth_error_t *err;

    if (!(scim_oauth_auths(call->conf) & SCIM_OAUTH_AUTH_JWT)) {
        return refuse(call, "assertions are not taken here (ScimOAuthClientAuth)");
    }
    if (!proof->assertion || !proof->assertion_type ||
        strcmp(proof->assertion_type, ASSERTION_TYPE) != 0) {
        return refuse(call, "an assertion of another type, or none");
    }
    wrong = scim_jwt_parse(&jwt, proof->assertion, strlen(proof->assertion), allowed_algs(),
                           call->r->pool);
    if (wrong) {
        return refuse(call, apr_pstrcat(call->r->pool, "of its assertion, ", wrong, NULL));
    }
    id = json_string_value(json_object_get(jwt.claims, "iss"));
    if (!id || (proof->id && strcmp(proof->id, id) != 0)) {
        return refuse(call, "an assertion that is not of the client it names (iss)");
    }
    err = find(&client, call, id);
    if (!err) {
        err = by_assertion(call, client, &jwt, id);
    }
    if (!err) {
        call->client = client;
    }
    return err;
}

static scim_oauth_error_t *secret_client(scim_oauth_call_t *call, const scim_oauth_proof_t *proof,
                                         unsigned how)
{
    const scim_client_t *client = NULL;
    scim_oauth_error_t *err;

    if (!(scim_oauth_auths(call->conf) & how)) {
        return refuse(call, "secrets are not taken this way here (ScimOAuthClientAuth)");
    }
    if (!proof->id || !proof->secret) {
        return refuse(call, "client_id or client_secret is missing");
    }
    err = find(&client, call, proof->id);
    if (!err) {
        err = by_secret(call, client, proof->secret);
    }
    if (!err) {
        call->client = client;
    }
    return err;
}

scim_oauth_error_t *scim_oauth_client(scim_oauth_call_t *call, const scim_oauth_proof_t *proof)
{
    const char *header = apr_table_get(call->r->headers_in, "Authorization");
    scim_oauth_proof_t basic = {0};

    if (proof->assertion || proof->assertion_type) {
        return header || proof->secret ? two_kinds(call) : assertion_client(call, proof);
    }
    if (!header) {
        return secret_client(call, proof, SCIM_OAUTH_AUTH_BODY);
    }
    if (proof->secret) {
        return two_kinds(call);
    }
    if (!is_basic(header) || !read_basic(&basic, header, call->r->pool)) {
        return refuse(call, "an Authorization header that is not Basic");
    }
    if (proof->id && strcmp(proof->id, basic.id) != 0) {
        return refuse(call, "another client_id in the body than in the Authorization header");
    }
    return secret_client(call, &basic, SCIM_OAUTH_AUTH_BASIC);
}
