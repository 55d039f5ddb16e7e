/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <openssl/err.h>

#include <apr_strings.h>

#include "scim_jose_impl.h"
#include "scim_json.h"

#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* The kinds of key that are used (RFC 7518 section 6). */
typedef struct kind_t {
    const char *kty;
    const char *crv; /* or NULL */
    scim_jwt_key_t kind;
    const char *one; /* names of the two numbers of the public key */
    const char *two;
} kind_t;

static const kind_t kinds[] = {
    {"RSA", NULL, SCIM_JWT_KEY_RSA, "n", "e"},
    {"EC", "P-256", SCIM_JWT_KEY_P256, "x", "y"},
    {"EC", "P-384", SCIM_JWT_KEY_P384, "x", "y"},
    {"EC", "P-521", SCIM_JWT_KEY_P521, "x", "y"},
};

static int is_text(const json_t *jwk, const char *name, const char *wanted)
{
    const char *text = json_string_value(json_object_get(jwk, name));

    return text && strcmp(text, wanted) == 0;
}

/* What cjose's decoder may see: see scim_jose.h. */
static int is_number(const json_t *jwk, const char *name)
{
    const json_t *value = json_object_get(jwk, name);
    const char *text = json_string_value(value);
    apr_size_t len = text ? strspn(text, BASE64URL) : 0;

    return len > 0 && len == json_string_length(value) && len % 4 != 1;
}

static const kind_t *kind_of(const json_t *jwk)
{
    apr_size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const kind_t *kind = &kinds[i];
        if (is_text(jwk, "kty", kind->kty) && (!kind->crv || is_text(jwk, "crv", kind->crv)) &&
            is_number(jwk, kind->one) && is_number(jwk, kind->two)) {
            return kind;
        }
    }
    return NULL;
}

/* RFC 7517 sections 4.2 and 4.3: where they are said, they must say that it is for signatures. */
static int is_for_signatures(const json_t *jwk)
{
    const json_t *ops = json_object_get(jwk, "key_ops");
    size_t i;

    if (json_object_get(jwk, "use") && !is_text(jwk, "use", "sig")) {
        return 0;
    }
    for (i = 0; i < json_array_size(ops); i++) {
        const char *op = json_string_value(json_array_get(ops, i));
        if (op && strcmp(op, "verify") == 0) {
            return 1;
        }
    }
    return ops == NULL;
}

/* Its algorithms: those of its kind, or the one that it names, which then is one of these. */
static unsigned algs_of(const json_t *jwk, const kind_t *kind)
{
    const json_t *alg = json_object_get(jwk, "alg");
    unsigned algs = scim_jose_algs_of(kind->kind, 0);
    const scim_jwt_alg_t *named;

    if (!alg) {
        return algs;
    }
    named = json_is_string(alg) ? scim_jwt_alg_find(json_string_value(alg)) : NULL;
    return named ? named->bit & algs : 0;
}

/* Only the public numbers go to the library, so that a private key is never held. */
static cjose_jwk_t *import(const json_t *jwk, const kind_t *kind, apr_pool_t *p)
{
    json_t *public = scim_json_own(json_object(), p);
    cjose_err err;
    cjose_jwk_t *made;

    json_object_set_new(public, "kty", json_string(kind->kty));
    if (kind->crv) {
        json_object_set_new(public, "crv", json_string(kind->crv));
    }
    json_object_set(public, kind->one, json_object_get(jwk, kind->one));
    json_object_set(public, kind->two, json_object_get(jwk, kind->two));
    made = cjose_jwk_import_json((cjose_header_t *)public, &err);
    if (made && kind->kind == SCIM_JWT_KEY_RSA &&
        scim_jose_rsa_size(cjose_jwk_get_keysize(made, &err), p)) {
        cjose_jwk_release(made);
        made = NULL;
    }
    return made;
}

/* A key that cannot be used is left out; only a set that is too large is an error. */
static const char *add_one(scim_jose_keys_t *keys, const json_t *jwk, apr_pool_t *p)
{
    const json_t *kid = json_object_get(jwk, "kid");
    const kind_t *kind = kind_of(jwk);
    unsigned algs = kind ? algs_of(jwk, kind) : 0;
    cjose_jwk_t *made;

    if (!algs || !is_for_signatures(jwk) || (kid && !json_is_string(kid)) ||
        json_string_length(kid) > SCIM_JWT_ID_MAX) {
        return NULL;
    }
    made = import(jwk, kind, p);
    return made ? scim_jose_keep(keys, made, json_string_value(kid), algs) : NULL;
}

const char *scim_jose_add_jwks(scim_jose_keys_t *keys, const char *json, apr_size_t len,
                               apr_pool_t *p)
{
    const scim_json_limits_t limits = {0, 8, 20000};
    const char *wrong = NULL;
    const json_t *list;
    json_t *root = NULL;
    scim_error_t *err = scim_json_load(&root, json, len, &limits, p);
    int before = scim_jose_keys_count(keys);
    size_t i;

    list = err ? NULL : json_object_get(root, "keys");
    if (!json_is_array(list)) {
        return "it is no JSON Web Key Set, an object with an array named keys";
    }
    for (i = 0; !wrong && i < json_array_size(list); i++) {
        wrong = add_one(keys, json_array_get(list, i), p);
    }
    ERR_clear_error();
    if (!wrong && scim_jose_keys_count(keys) == before) {
        wrong = "it holds no key that can be used: a public RSA key of at least 2048 bits or an EC "
                "key on P-256, P-384 or P-521, for signatures";
    }
    return wrong;
}
