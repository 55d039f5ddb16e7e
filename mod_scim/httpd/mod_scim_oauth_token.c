/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_oauth_impl.h"

#include <string.h>

#include <openssl/evp.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include "mod_scim_rate.h"
#include "scim_form.h"

/* The token endpoint (RFC 6749 section 3.2) and the revocation endpoint (RFC 7009). */

/* Parameters of both, in the order of names[]. */
enum {
    CLIENT_ID,
    CLIENT_SECRET,
    ASSERTION_TYPE,
    ASSERTION,
    GRANT_TYPE,
    CODE,
    REDIRECT_URI,
    VERIFIER,
    REFRESH_TOKEN,
    SCOPE,
    TOKEN,
    PARAMETERS
};

/* The parameters, and the client that has proved who it is and has budget left. */
static scim_oauth_error_t *admit(scim_form_field_t *fields, scim_oauth_call_t *call)
{
    static const char *const names[] = {
        "client_id", "client_secret", "client_assertion_type", "client_assertion", "grant_type",
        "code",      "redirect_uri",  "code_verifier",         "refresh_token",    "scope",
        "token"};
    scim_oauth_proof_t proof;
    scim_oauth_error_t *err;
    int i;

    for (i = 0; i < PARAMETERS; i++) {
        fields[i].name = names[i];
    }
    err = scim_oauth_form(call, fields, PARAMETERS);
    if (err) {
        return err;
    }
    proof.id = fields[CLIENT_ID].value;
    proof.secret = fields[CLIENT_SECRET].value;
    proof.assertion_type = fields[ASSERTION_TYPE].value;
    proof.assertion = fields[ASSERTION].value;
    err = scim_oauth_client(call, &proof);
    if (!err) {
        call->r->user = apr_pstrdup(call->r->pool, call->client->id); /* for the access log */
        err = scim_oauth_from(call, scim_rate_check(call->r, call->dir, call->tenant->name));
    }
    return err;
}

/* ---- tokens ---- */

static scim_oauth_error_t *missing(const scim_oauth_call_t *call, const char *name)
{
    return scim_oauth_fail(
        call, HTTP_BAD_REQUEST, "invalid_request",
        apr_pstrcat(call->r->pool, "The parameter ", name, " is missing.", NULL));
}

static scim_oauth_error_t *invalid_grant(const scim_oauth_call_t *call, const char *detail)
{
    return scim_oauth_fail(call, HTTP_BAD_REQUEST, "invalid_grant", detail);
}

/* Sends the tokens, or says why there are none. */
static scim_oauth_error_t *conclude(const scim_oauth_call_t *call, const scim_grant_t *grant,
                                    const char *what)
{
    request_rec *r = call->r;
    const char *user = grant->user ? grant->user : "nobody";

    switch (grant->outcome) {
    case SCIM_GRANT_GIVEN:
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "SCIM3254: client %s got a token of tenant %s for its %s, by consent of %s",
                      call->client->id, call->tenant->name, what, user);
        scim_oauth_send_json(call, HTTP_OK,
                             scim_oauth_tokens(grant->access, scim_oauth_rules(call->dir).access,
                                               grant->refresh, grant->scope, r->pool));
        return NULL;
    case SCIM_GRANT_REUSED:
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "SCIM3255: client %s of tenant %s brought a %s that had been used or "
                      "revoked: all tokens from the consent of %s are revoked now",
                      call->client->id, call->tenant->name, what, user);
        break;
    case SCIM_GRANT_MISMATCH:
        return invalid_grant(call, "The redirect_uri or the code_verifier is not that of the "
                                   "request that the code was given for; the code is used up.");
    case SCIM_GRANT_OWNER:
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "SCIM3256: client %s of tenant %s got no token: %s, by whose consent it has "
                      "access, is no longer active",
                      call->client->id, call->tenant->name, user);
        return invalid_grant(call, "The administrator who gave access is no longer active; another "
                                   "one must authenticate again.");
    default:
        break;
    }
    return invalid_grant(call, apr_pstrcat(r->pool, "The ", what,
                                           " is not valid, has expired or has been used; an "
                                           "administrator must authenticate again.",
                                           NULL));
}

/* Base64url of the verifier's SHA-256 (RFC 7636 section 4.6); NULL: it can be none. */
static const char *challenge_of(const char *verifier, apr_pool_t *p)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    if (!scim_oauth_is_verifier(verifier) ||
        EVP_Digest(verifier, strlen(verifier), hash, &len, EVP_sha256(), NULL) != 1) {
        return NULL;
    }
    return apr_pencode_base64_binary(p, hash, len, APR_ENCODE_BASE64URL | APR_ENCODE_NOPADDING,
                                     NULL);
}

static int is_registered(const scim_client_t *client, const char *uri)
{
    int i;

    for (i = 0; i < client->nredirects; i++) {
        if (strcmp(client->redirects[i], uri) == 0) {
            return 1;
        }
    }
    return 0;
}

static scim_oauth_error_t *by_code(scim_oauth_call_t *call, const scim_form_field_t *fields)
{
    const scim_grant_rules_t rules = scim_oauth_rules(call->dir);
    const char *verifier = fields[VERIFIER].value;
    scim_grant_ask_t ask = {0};
    scim_grant_t grant;
    scim_error_t *err;

    if (!fields[CODE].value) {
        return missing(call, "code");
    }
    ask.client = call->client->id;
    ask.secret = fields[CODE].value;
    ask.redirect = fields[REDIRECT_URI].value;
    if (ask.redirect && !is_registered(call->client, ask.redirect)) {
        return invalid_grant(call, "The redirect_uri is not one of the client's.");
    }
    if (verifier) {
        ask.challenge = challenge_of(verifier, call->r->pool);
        if (!ask.challenge) {
            return scim_oauth_fail(call, HTTP_BAD_REQUEST, "invalid_request",
                                   "The code_verifier must be 43 to 128 characters of those that "
                                   "need no encoding.");
        }
    }
    err = scim_grant_redeem(&grant, call->store, &rules, &ask, call->r->pool);
    return err ? scim_oauth_from(call, err) : conclude(call, &grant, "code");
}

static scim_oauth_error_t *by_refresh(scim_oauth_call_t *call, const scim_form_field_t *fields)
{
    const scim_grant_rules_t rules = scim_oauth_rules(call->dir);
    scim_grant_ask_t ask = {0};
    scim_grant_t grant;
    scim_error_t *err;

    if (!fields[REFRESH_TOKEN].value) {
        return missing(call, "refresh_token");
    }
    ask.client = call->client->id;
    ask.secret = fields[REFRESH_TOKEN].value;
    err = scim_grant_refresh(&grant, call->store, &rules, &ask, call->r->pool);
    return err ? scim_oauth_from(call, err) : conclude(call, &grant, "refresh token");
}

static scim_oauth_error_t *by_itself(scim_oauth_call_t *call)
{
    const scim_grant_rules_t rules = scim_oauth_rules(call->dir);
    scim_grant_t grant;
    scim_error_t *err = scim_grant_self(&grant, call->store, &rules, call->client->id,
                                        SCIM_OAUTH_SCOPE, call->r->pool);

    return err ? scim_oauth_from(call, err) : conclude(call, &grant, "own credentials");
}

scim_oauth_error_t *scim_oauth_token(scim_oauth_call_t *call)
{
    scim_form_field_t fields[PARAMETERS];
    scim_oauth_error_t *err = admit(fields, call);
    unsigned grant;

    if (err) {
        return err;
    }
    if (!fields[GRANT_TYPE].value) {
        return missing(call, "grant_type");
    }
    grant = scim_oauth_grant(fields[GRANT_TYPE].value) & scim_oauth_grants(call->conf);
    if (!grant) {
        return scim_oauth_fail(call, HTTP_BAD_REQUEST, "unsupported_grant_type",
                               "This grant_type is not offered here.");
    }
    if (!scim_oauth_scope_ok(fields[SCOPE].value)) {
        return scim_oauth_fail(call, HTTP_BAD_REQUEST, "invalid_scope",
                               "The only scope here is " SCIM_OAUTH_SCOPE ".");
    }
    if (grant == SCIM_OAUTH_GRANT_CODE) {
        return by_code(call, fields);
    }
    return grant == SCIM_OAUTH_GRANT_REFRESH ? by_refresh(call, fields) : by_itself(call);
}

/* ---- revocation ---- */

scim_oauth_error_t *scim_oauth_revoke(scim_oauth_call_t *call)
{
    scim_form_field_t fields[PARAMETERS];
    scim_oauth_error_t *err = admit(fields, call);
    int foreign = 0;

    if (!err && !fields[TOKEN].value) {
        err = missing(call, "token");
    }
    if (!err) {
        err = scim_oauth_from(call, scim_grant_revoke(&foreign, call->store, call->client->id,
                                                      fields[TOKEN].value, call->r->pool));
    }
    if (err) {
        return err;
    }
    if (foreign) {
        return invalid_grant(call, "The token was given to another client.");
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, call->r,
                  "SCIM3257: client %s revoked a token of tenant %s", call->client->id,
                  call->tenant->name);
    scim_oauth_send_json(call, HTTP_OK, "{}");
    return NULL;
}
