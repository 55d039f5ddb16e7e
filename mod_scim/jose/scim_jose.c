/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_jose.h"

#include <string.h>

#include <cjose/cjose.h>
#include <openssl/err.h>

#include <apr_strings.h>

#include "scim_jose_impl.h"
#include "scim_json.h"

/* Signatures that one token may cost where no name says which key it is. */
#define TRIES 8

struct scim_jose_keys_t {
    apr_pool_t *pool;
    apr_array_header_t *keys; /* of jose_key_t */
};

typedef struct jose_key_t {
    cjose_jwk_t *jwk;
    const char *kid;    /* or NULL */
    unsigned algs;      /* that it may be used with */
    apr_size_t modulus; /* RSA: bytes of a signature; else 0 */
} jose_key_t;

scim_jose_keys_t *scim_jose_keys_make(apr_pool_t *p)
{
    scim_jose_keys_t *keys = apr_palloc(p, sizeof(*keys));

    keys->pool = p;
    keys->keys = apr_array_make(p, 4, sizeof(jose_key_t));
    return keys;
}

int scim_jose_keys_count(const scim_jose_keys_t *keys)
{
    return keys->keys->nelts;
}

unsigned scim_jose_keys_algs(const scim_jose_keys_t *keys)
{
    unsigned algs = 0;
    int i;

    for (i = 0; i < keys->keys->nelts; i++) {
        algs |= APR_ARRAY_IDX(keys->keys, i, jose_key_t).algs;
    }
    return algs;
}

static apr_status_t release(void *jwk)
{
    cjose_jwk_release(jwk);
    return APR_SUCCESS;
}

void scim_jose_own(cjose_jwk_t *jwk, apr_pool_t *p)
{
    apr_pool_cleanup_register(p, jwk, release, apr_pool_cleanup_null);
}

const char *scim_jose_keep(scim_jose_keys_t *keys, cjose_jwk_t *jwk, const char *kid, unsigned algs)
{
    cjose_err err;
    jose_key_t *key;

    scim_jose_own(jwk, keys->pool);
    if (keys->keys->nelts >= SCIM_JOSE_KEYS_MAX) {
        return apr_psprintf(keys->pool, "more than %d keys", SCIM_JOSE_KEYS_MAX);
    }
    key = apr_array_push(keys->keys);
    key->jwk = jwk;
    key->kid = kid ? apr_pstrdup(keys->pool, kid) : NULL;
    key->algs = algs;
    key->modulus = cjose_jwk_get_kty(jwk, &err) == CJOSE_JWK_KTY_RSA
                       ? cjose_jwk_get_keysize(jwk, &err) / 8
                       : 0;
    return NULL;
}

unsigned scim_jose_algs_of(scim_jwt_key_t kind, apr_size_t secret_len)
{
    unsigned algs = 0;
    int i;

    for (i = 0; scim_jwt_alg_at(i); i++) {
        if (scim_jwt_alg_at(i)->key == kind && scim_jwt_alg_at(i)->secret_min <= secret_len) {
            algs |= scim_jwt_alg_at(i)->bit;
        }
    }
    return algs;
}

const char *scim_jose_rsa_size(apr_size_t bits, apr_pool_t *p)
{
    if (bits < SCIM_JOSE_RSA_MIN || bits > SCIM_JOSE_RSA_MAX) {
        return apr_psprintf(p, "an RSA key must have %d to %d bits", SCIM_JOSE_RSA_MIN,
                            SCIM_JOSE_RSA_MAX);
    }
    return NULL;
}

const char *scim_jose_add_secret(scim_jose_keys_t *keys, const char *bytes, apr_size_t len)
{
    unsigned algs = scim_jose_algs_of(SCIM_JWT_KEY_SECRET, len);
    cjose_err err;
    cjose_jwk_t *jwk;

    if (!algs) {
        return "a secret must have at least 32 bytes";
    }
    jwk = cjose_jwk_create_oct_spec((const uint8_t *)bytes, len, &err);
    return jwk ? scim_jose_keep(keys, jwk, NULL, algs) : "the secret cannot be used as a key";
}

/* ---- verifying ---- */

static int is_meant(const jose_key_t *key, const scim_jwt_t *jwt)
{
    return (key->algs & jwt->alg->bit) &&
           (!jwt->kid || !key->kid || strcmp(jwt->kid, key->kid) == 0);
}

/* The library has no way to be told the length of a signature it must have. */
static int fits(const jose_key_t *key, const scim_jwt_t *jwt)
{
    return !key->modulus || key->modulus == jwt->signature_len;
}

scim_jose_result_t scim_jose_verify(const scim_jwt_t *jwt, const scim_jose_keys_t *keys)
{
    scim_jose_result_t result = SCIM_JOSE_NO_KEY;
    cjose_jws_t *jws = NULL;
    cjose_err err;
    int tried = 0;
    int i;

    for (i = 0; keys && i < keys->keys->nelts && tried < TRIES; i++) {
        const jose_key_t *key = &APR_ARRAY_IDX(keys->keys, i, jose_key_t);
        if (!is_meant(key, jwt)) {
            continue;
        }
        result = SCIM_JOSE_INVALID;
        tried++;
        jws = jws ? jws : cjose_jws_import(jwt->token, jwt->len, &err);
        if (!jws) {
            break;
        }
        if (fits(key, jwt) && cjose_jws_verify(jws, key->jwk, &err)) {
            result = SCIM_JOSE_VALID;
            break;
        }
    }
    if (jws) {
        cjose_jws_release(jws);
    }
    /* OpenSSL's queue of errors belongs to the thread, and so to mod_ssl too. */
    ERR_clear_error();
    return result;
}
