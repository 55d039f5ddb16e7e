/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include "fuzz.h"
#include "scim_jose.h"
#include "scim_json.h"

const char fuzz_name[] = "jwt";

#define SECRET "0123456789abcdef0123456789abcdef"

/* Set in every accepted token: what a policy can ask for. */
static scim_jwt_policy_t policy(apr_pool_t *p)
{
    scim_jwt_policy_t out = {0};
    apr_array_header_t *audiences = apr_array_make(p, 1, sizeof(const char *));

    APR_ARRAY_PUSH(audiences, const char *) = "a";
    out.audiences = audiences;
    out.issuer = "i";
    out.leeway = 60;
    out.expires = 1;
    out.scope = "s";
    out.owner_claim = "o";
    out.tenant_claim = "t";
    return out;
}

static void check_claims(const json_t *claims, apr_pool_t *p)
{
    const scim_jwt_policy_t strict = policy(p);
    const scim_jwt_policy_t lax = {0};
    scim_jwt_identity_t who;
    const char *reason = scim_jwt_claims(&who, claims, &strict, apr_time_from_sec(1000), p);

    if (!reason) {
        fuzz_require(who.owner && who.tenant, "what was asked for is there");
        fuzz_require(who.expires > 1000 - 61, "no expired token is accepted");
    }
    if (!scim_jwt_claims(&who, claims, &lax, apr_time_from_sec(1000), p)) {
        fuzz_require(who.subject && strlen(who.subject) <= 64, "a subject has a bound");
        fuzz_require(strspn(who.subject, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789._@+-") == strlen(who.subject),
                     "a subject is fit for a log");
    }
}

/* The input as a token. */
static void try_token(const char *text, apr_size_t size, const scim_jose_keys_t *keys,
                      apr_pool_t *p)
{
    scim_jwt_t jwt;

    if (scim_jwt_parse(&jwt, text, size, ~0u, p) != NULL) {
        return;
    }
    fuzz_require(scim_jwt_shape(text, size), "what is parsed has the form of a token");
    fuzz_require(jwt.signed_len < size && text[jwt.signed_len] == '.', "the signed part ends");
    fuzz_require(json_is_object(jwt.claims), "claims are an object");
    fuzz_require(scim_jose_verify(&jwt, keys) != SCIM_JOSE_VALID, "nobody guesses a signature");
    check_claims(jwt.claims, p);
}

/* The input as header, and the rest behind its first NUL as claims, of a token. */
static void try_parts(const char *text, apr_size_t size, const scim_jose_keys_t *keys,
                      apr_pool_t *p)
{
    const char *end = memchr(text, '\0', size);
    apr_size_t n = end ? (apr_size_t)(end - text) : size;
    const char *rest = end ? end + 1 : "{}";
    const char *token =
        apr_pstrcat(p, apr_pencode_base64(p, text, (apr_ssize_t)n, APR_ENCODE_BASE64URL, NULL), ".",
                    apr_pencode_base64(p, rest, end ? (apr_ssize_t)(size - n - 1) : 2,
                                       APR_ENCODE_BASE64URL, NULL),
                    ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL);

    try_token(token, strlen(token), keys, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    scim_jose_keys_t *keys = scim_jose_keys_make(p);
    const char *text = apr_pstrmemdup(p, (const char *)data, size);
    const char *wrong = scim_jose_add_secret(keys, SECRET, strlen(SECRET));

    fuzz_require(!wrong, "a secret is a key");
    try_token(text, size, keys, p);
    try_parts(text, size, keys, p);
    wrong = scim_jose_add_jwks(keys, text, size, p);
    fuzz_require(wrong || scim_jose_keys_count(keys) > 1, "a key set that is accepted has a key");
    fuzz_require(scim_jose_keys_count(keys) <= SCIM_JOSE_KEYS_MAX, "a set has a bound");
    apr_pool_destroy(p);
    return 0;
}
