/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_escape.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "scim_jose_impl.h"
#include "scim_json.h"

#define ID_BYTES 16

static void put(json_t *claims, const char *name, const char *value)
{
    if (name && value) {
        json_object_set_new(claims, name, json_string(value));
    }
}

static json_t *claims_of(const scim_jwt_issued_t *out, const scim_jwt_issue_t *what, apr_pool_t *p)
{
    json_t *claims = scim_json_own(json_object(), p);

    put(claims, "iss", what->issuer);
    put(claims, "aud", what->audience);
    put(claims, "sub", what->subject);
    put(claims, "scope", what->scope);
    put(claims, what->tenant_claim, what->tenant);
    put(claims, what->owner_claim, what->owner);
    put(claims, "jti", out->id);
    json_object_set_new(claims, "iat", json_integer(apr_time_sec(what->now)));
    json_object_set_new(claims, "exp", json_integer(out->expires));
    return claims;
}

static const char *sign(scim_jwt_issued_t *out, const json_t *claims, cjose_jwk_t *jwk,
                        apr_pool_t *p)
{
    json_t *header = scim_json_own(json_object(), p);

    json_object_set_new(header, "typ", json_string("JWT"));
    out->token = scim_jose_signed(jwk, "HS256", header, scim_json_dump(claims, NULL, p), p);
    return out->token ? NULL : "the token cannot be signed";
}

const char *scim_jwt_issue(scim_jwt_issued_t *out, const scim_jwt_issue_t *what, const char *secret,
                           apr_size_t len, apr_pool_t *p)
{
    unsigned char id[ID_BYTES];
    cjose_jwk_t *jwk;
    cjose_err err;
    const char *wrong;

    if (what->life < SCIM_JWT_LIFE_MIN || what->life > SCIM_JWT_LIFE_MAX) {
        return "a token must be valid for 60 seconds to 10 years (315360000)";
    }
    if (len < scim_jwt_alg_find("HS256")->secret_min) {
        return "a secret must have at least 32 bytes";
    }
    apr_generate_random_bytes(id, sizeof(id));
    out->id = apr_pescape_hex(p, id, sizeof(id), 0);
    out->expires = apr_time_sec(what->now) + what->life;
    jwk = cjose_jwk_create_oct_spec((const uint8_t *)secret, len, &err);
    wrong = jwk ? sign(out, claims_of(out, what, p), jwk, p) : "the secret cannot be used as a key";
    cjose_jwk_release(jwk);
    return wrong;
}
