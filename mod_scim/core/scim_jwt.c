/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_jwt.h"

#include <string.h>

#include <apr_encode.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "scim_json.h"

#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* The largest modulus that a key may have, 8192 bits. */
#define SIGNATURE_MAX 1024

/* Longest subject in a log line, and longest userName (scim_resource.ukey). */
#define SUBJECT_MAX 64
#define OWNER_CHARS_MAX 255

/* A time beyond these many seconds is none: microseconds of it still fit into 64 bits. */
#define TIME_MAX 9e12

static const scim_jwt_alg_t algorithms[] = {
    {"RS256", 1u << 0, SCIM_JWT_KEY_RSA, 0, 0},
    {"RS384", 1u << 1, SCIM_JWT_KEY_RSA, 0, 0},
    {"RS512", 1u << 2, SCIM_JWT_KEY_RSA, 0, 0},
    {"PS256", 1u << 3, SCIM_JWT_KEY_RSA, 0, 0},
    {"PS384", 1u << 4, SCIM_JWT_KEY_RSA, 0, 0},
    {"PS512", 1u << 5, SCIM_JWT_KEY_RSA, 0, 0},
    {"ES256", 1u << 6, SCIM_JWT_KEY_P256, 0, 64},
    {"ES384", 1u << 7, SCIM_JWT_KEY_P384, 0, 96},
    {"ES512", 1u << 8, SCIM_JWT_KEY_P521, 0, 132},
    {"HS256", 1u << 9, SCIM_JWT_KEY_SECRET, 32, 32},
    {"HS384", 1u << 10, SCIM_JWT_KEY_SECRET, 48, 48},
    {"HS512", 1u << 11, SCIM_JWT_KEY_SECRET, 64, 64},
};

#define ALGORITHMS ((int)(sizeof(algorithms) / sizeof(algorithms[0])))

const scim_jwt_alg_t *scim_jwt_alg_at(int i)
{
    return i >= 0 && i < ALGORITHMS ? &algorithms[i] : NULL;
}

const scim_jwt_alg_t *scim_jwt_alg_find(const char *name)
{
    int i;

    for (i = 0; i < ALGORITHMS; i++) {
        if (strcmp(algorithms[i].name, name) == 0) {
            return &algorithms[i];
        }
    }
    return NULL;
}

/* ---- the three parts ---- */

/* Where the parts are, in bytes. */
typedef struct parts_t {
    apr_size_t start[3];
    apr_size_t len[3];
} parts_t;

/*
 * Strict: what the JOSE library would decode leniently (padding, a cut last group) never gets to
 * it. A group of one character holds no byte.
 */
static int split(parts_t *out, const char *token, apr_size_t len)
{
    apr_size_t at = 0;
    int i;

    if (len > SCIM_JWT_BYTES_MAX) {
        return 0;
    }
    for (i = 0; i < 3; i++) {
        apr_size_t from = at;
        while (at < len && token[at] != '\0' && strchr(BASE64URL, token[at])) {
            at++;
        }
        out->start[i] = from;
        out->len[i] = at - from;
        if (at == from || (at - from) % 4 == 1 || (i < 2 && (at == len || token[at] != '.'))) {
            return 0;
        }
        at += i < 2;
    }
    return at == len;
}

int scim_jwt_shape(const char *token, apr_size_t len)
{
    parts_t parts;

    return split(&parts, token, len);
}

/* A part that holds a JSON object. */
static const json_t *part_object(const char *data, apr_size_t len, apr_pool_t *p)
{
    const scim_json_limits_t limits = {SCIM_JWT_BYTES_MAX, 8, 2000};
    unsigned char *bytes = apr_palloc(p, len + 1);
    apr_size_t n = 0;
    json_t *root = NULL;
    scim_error_t *err;

    if (apr_decode_base64_binary(bytes, data, (apr_ssize_t)len, APR_ENCODE_BASE64URL, &n) !=
        APR_SUCCESS) {
        return NULL;
    }
    err = scim_json_load(&root, (const char *)bytes, n, &limits, p);
    return !err && json_is_object(root) ? root : NULL;
}

/* ---- the header ---- */

/* RFC 7515 section 4.1.9: "application/" may be left out. Tokens that mean something else have a
   type of their own (logout+jwt, secevent+jwt …) and must not be taken for one of these. */
static int is_wanted_type(const json_t *typ)
{
    static const char application[] = "application/";
    const char *name = json_string_value(typ);

    if (!typ) {
        return 1;
    }
    if (!name) {
        return 0;
    }
    if (scim_text_ieqn(name, strlen(application), application)) {
        name += strlen(application);
    }
    return scim_text_ieq(name, "JWT") || scim_text_ieq(name, "at+jwt");
}

static const char *header_check(scim_jwt_t *out, const json_t *header, unsigned algs)
{
    static const char *const refused[] = {"crit", "b64", "zip", "enc"};
    const json_t *alg = json_object_get(header, "alg");
    const json_t *kid = json_object_get(header, "kid");
    apr_size_t i;

    out->alg = json_is_string(alg) ? scim_jwt_alg_find(json_string_value(alg)) : NULL;
    if (!out->alg || !(out->alg->bit & algs)) {
        return "its algorithm is not among those that are accepted here";
    }
    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (json_object_get(header, refused[i])) {
            return "its header asks for something that is not supported (crit, b64, zip or enc)";
        }
    }
    if (!is_wanted_type(json_object_get(header, "typ"))) {
        return "it is another type of token";
    }
    out->kid = json_string_value(kid);
    if (kid && (!out->kid || json_string_length(kid) > SCIM_JWT_ID_MAX)) {
        return "its kid is not a string of at most 255 bytes";
    }
    return NULL;
}

const char *scim_jwt_parse(scim_jwt_t *out, const char *token, apr_size_t len, unsigned algs,
                           apr_pool_t *p)
{
    parts_t parts;
    const json_t *header;
    const char *reason;

    memset(out, 0, sizeof(*out));
    if (!split(&parts, token, len)) {
        return "it does not have the form of a JWT";
    }
    out->token = token;
    out->len = len;
    out->signed_len = parts.len[0] + 1 + parts.len[1];
    out->signature_len = parts.len[2] * 3 / 4;
    header = part_object(token, parts.len[0], p);
    if (!header) {
        return "its header is not a JSON object with each member once";
    }
    reason = header_check(out, header, algs);
    if (reason) {
        return reason;
    }
    if (out->alg->signature ? out->signature_len != out->alg->signature
                            : out->signature_len > SIGNATURE_MAX) {
        return "its signature has another length than its algorithm's";
    }
    out->claims = part_object(token + parts.start[1], parts.len[1], p);
    return out->claims ? NULL : "its claims are not a JSON object with each member once";
}

/* ---- the claims ---- */

/* 1 and the seconds if the claim is a time; 0 if it is something else. */
static int claim_time(double *out, const json_t *value)
{
    if (!json_is_number(value)) {
        return 0;
    }
    *out = json_number_value(value);
    return *out >= -TIME_MAX && *out <= TIME_MAX;
}

static const char *times_check(scim_jwt_identity_t *out, const json_t *claims,
                               const scim_jwt_policy_t *policy, apr_time_t now)
{
    const json_t *exp = json_object_get(claims, "exp");
    const json_t *nbf = json_object_get(claims, "nbf");
    double at = (double)apr_time_sec(now);
    double when;

    if (exp) {
        if (!claim_time(&when, exp)) {
            return "its exp is not a time";
        }
        if (when <= at - policy->leeway) {
            return "it has expired";
        }
        out->expires = (apr_int64_t)when;
    } else if (policy->expires) {
        return "it has no exp";
    }
    if (nbf) {
        if (!claim_time(&when, nbf)) {
            return "its nbf is not a time";
        }
        if (when > at + policy->leeway) {
            return "it is not valid yet (nbf)";
        }
    }
    return NULL;
}

static int is_listed(const apr_array_header_t *list, const json_t *value)
{
    const char *text = json_string_value(value);
    int i;

    for (i = 0; text && i < list->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(list, i, const char *), text) == 0) {
            return 1;
        }
    }
    return 0;
}

/* RFC 7519 section 4.1.3: one string, or an array of them. */
static int has_audience(const json_t *aud, const apr_array_header_t *audiences)
{
    size_t i;

    for (i = 0; i < json_array_size(aud); i++) {
        if (is_listed(audiences, json_array_get(aud, i))) {
            return 1;
        }
    }
    return is_listed(audiences, aud);
}

static int has_word(const char *text, const char *word)
{
    apr_size_t len = strlen(word);
    const char *at = text;

    while (*at) {
        apr_size_t n = strcspn(at, " ");
        if (n == len && strncmp(at, word, len) == 0) {
            return 1;
        }
        at += n;
        at += strspn(at, " ");
    }
    return 0;
}

/* `scope` is words in a string (RFC 8693 section 4.2); `scp` is that, or an array. */
static int has_scope(const json_t *claims, const char *word)
{
    static const char *const names[] = {"scope", "scp"};
    size_t n;
    size_t i;

    for (n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        const json_t *value = json_object_get(claims, names[n]);
        if (json_is_string(value) && has_word(json_string_value(value), word)) {
            return 1;
        }
        for (i = 0; i < json_array_size(value); i++) {
            const char *one = json_string_value(json_array_get(value, i));
            if (one && strcmp(one, word) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

static int is_name(const char *name)
{
    const char *at;

    for (at = name; at && *at; at++) {
        if (apr_iscntrl(*at)) {
            return 0;
        }
    }
    return name && *name && scim_text_chars(name) <= OWNER_CHARS_MAX;
}

/* Who it is, for the logs: the client if one is named, for these are what an operator knows. */
static const char *subject_of(const json_t *claims, apr_pool_t *p)
{
    static const char *const names[] = {"client_id", "azp", "cid", "username", "sub"};
    const char *found = NULL;
    char *out;
    char *at;
    apr_size_t i;

    for (i = 0; !found && i < sizeof(names) / sizeof(names[0]); i++) {
        found = json_string_value(json_object_get(claims, names[i]));
        found = found && *found ? found : NULL;
    }
    out = apr_pstrndup(p, found ? found : "unnamed", SUBJECT_MAX);
    for (at = out; *at; at++) {
        if (!apr_isalnum(*at) && !strchr("._@+-", *at)) {
            *at = '_';
        }
    }
    return out;
}

/* Set what a valid token says of its bearer. */
static const char *identity(scim_jwt_identity_t *out, const json_t *claims,
                            const scim_jwt_policy_t *policy, apr_pool_t *p)
{
    const json_t *jti = json_object_get(claims, "jti");

    out->id = json_string_value(jti);
    if (jti && (!out->id || !*out->id || json_string_length(jti) > SCIM_JWT_ID_MAX)) {
        return "its jti is not a string of 1 to 255 bytes";
    }
    if (policy->owner_claim) {
        out->owner = json_string_value(json_object_get(claims, policy->owner_claim));
        if (!is_name(out->owner)) {
            return "the claim of ScimJWTOwner is missing or no userName";
        }
    }
    if (policy->tenant_claim) {
        out->tenant = json_string_value(json_object_get(claims, policy->tenant_claim));
        if (!out->tenant) {
            return "the claim of ScimJWTTenant is missing";
        }
    }
    out->subject = subject_of(claims, p);
    return NULL;
}

const char *scim_jwt_claims(scim_jwt_identity_t *out, const json_t *claims,
                            const scim_jwt_policy_t *policy, apr_time_t now, apr_pool_t *p)
{
    const char *reason;
    const char *iss = json_string_value(json_object_get(claims, "iss"));

    memset(out, 0, sizeof(*out));
    if (policy->issuer && (!iss || strcmp(iss, policy->issuer) != 0)) {
        return "its issuer is another (iss)";
    }
    if (policy->audiences && !has_audience(json_object_get(claims, "aud"), policy->audiences)) {
        return "it is meant for others (aud)";
    }
    reason = times_check(out, claims, policy, now);
    if (reason) {
        return reason;
    }
    if (policy->scope && !has_scope(claims, policy->scope)) {
        return "it lacks the scope of ScimJWTScope";
    }
    return identity(out, claims, policy, p);
}
