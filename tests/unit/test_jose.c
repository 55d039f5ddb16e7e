/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Keys from files and key sets, and whose signatures are taken. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <cjose/cjose.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <apr_encode.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "scim_jose.h"
#include "scim_json.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define ALL (~0u)

static apr_pool_t *pool;
static cjose_err ignored;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static apr_status_t release(void *jwk)
{
    cjose_jwk_release(jwk);
    return APR_SUCCESS;
}

static cjose_jwk_t *owned(cjose_jwk_t *jwk)
{
    ck_assert_ptr_nonnull(jwk);
    apr_pool_cleanup_register(pool, jwk, release, apr_pool_cleanup_null);
    return jwk;
}

static cjose_jwk_t *rsa(size_t size)
{
    return owned(cjose_jwk_create_RSA_random(size, NULL, 0, &ignored));
}

static cjose_jwk_t *ec(cjose_jwk_ec_curve curve)
{
    return owned(cjose_jwk_create_EC_random(curve, &ignored));
}

/* A key as JSON, with some more members. */
static const char *jwk_text(const cjose_jwk_t *jwk, int private, const char *more)
{
    char *json = cjose_jwk_to_json(jwk, private, &ignored);
    char *text = apr_pstrdup(pool, json);

    free(json);
    text[strlen(text) - 1] = '\0';
    return apr_pstrcat(pool, text, more, "}", NULL);
}

static const char *add(scim_jose_keys_t *keys, const char *one, const char *two)
{
    const char *set =
        apr_psprintf(pool, "{\"keys\":[%s%s%s]}", one, two ? "," : "", two ? two : "");

    return scim_jose_add_jwks(keys, set, strlen(set), pool);
}

static scim_jose_keys_t *keys_of(const char *one, const char *two)
{
    scim_jose_keys_t *keys = scim_jose_keys_make(pool);

    ck_assert_ptr_null(add(keys, one, two));
    return keys;
}

static const char *sign(cjose_jwk_t *jwk, const char *alg, const char *kid)
{
    json_t *header = scim_json_own(json_object(), pool);
    cjose_jws_t *jws;
    const char *text = NULL;
    const char *out;

    json_object_set_new(header, "alg", json_string(alg));
    if (kid) {
        json_object_set_new(header, "kid", json_string(kid));
    }
    jws = cjose_jws_sign(jwk, (cjose_header_t *)header, (const uint8_t *)"{\"a\":1}", 7, &ignored);
    ck_assert_ptr_nonnull(jws);
    ck_assert(cjose_jws_export(jws, &text, &ignored));
    out = apr_pstrdup(pool, text);
    cjose_jws_release(jws);
    return out;
}

static scim_jose_result_t verify(const char *token, const scim_jose_keys_t *keys)
{
    scim_jwt_t jwt;
    const char *reason = scim_jwt_parse(&jwt, token, strlen(token), ALL, pool);

    ck_assert_msg(!reason, "%s", reason);
    return scim_jose_verify(&jwt, keys);
}

/* The same for {"a":2}. */
static const char *changed(const char *token)
{
    char *copy = apr_pstrdup(pool, token);
    char *dot = strrchr(copy, '.');

    ck_assert_ptr_nonnull(dot);
    ck_assert_int_eq(dot[-3], 'x');
    dot[-3] = 'y';
    return copy;
}

static cjose_jwk_t *key_for(const scim_jwt_alg_t *alg)
{
    switch (alg->key) {
    case SCIM_JWT_KEY_RSA:
        return rsa(2048);
    case SCIM_JWT_KEY_P256:
        return ec(CJOSE_JWK_EC_P_256);
    case SCIM_JWT_KEY_P384:
        return ec(CJOSE_JWK_EC_P_384);
    case SCIM_JWT_KEY_P521:
        return ec(CJOSE_JWK_EC_P_521);
    default:
        return owned(cjose_jwk_create_oct_spec((const uint8_t *)SECRET SECRET, 64, &ignored));
    }
}

START_TEST(every_algorithm_verifies)
{
    const scim_jwt_alg_t *alg = scim_jwt_alg_at(_i);
    cjose_jwk_t *jwk = key_for(alg);
    const char *token = sign(jwk, alg->name, NULL);
    scim_jose_keys_t *keys = scim_jose_keys_make(pool);

    if (alg->key == SCIM_JWT_KEY_SECRET) {
        ck_assert_ptr_null(scim_jose_add_secret(keys, SECRET SECRET, 64));
    } else {
        ck_assert_ptr_null(add(keys, jwk_text(jwk, 0, ""), NULL));
    }
    ck_assert_uint_ne(scim_jose_keys_algs(keys) & alg->bit, 0);
    ck_assert_int_eq(verify(token, keys), SCIM_JOSE_VALID);
    ck_assert_int_eq(verify(token, keys), SCIM_JOSE_VALID);
    ck_assert_int_eq(verify(changed(token), keys), SCIM_JOSE_INVALID);
    ck_assert_int_eq(verify(token, NULL), SCIM_JOSE_NO_KEY);
    ck_assert_int_eq(verify(token, scim_jose_keys_make(pool)), SCIM_JOSE_NO_KEY);
}
END_TEST

/* A key is used with its own kind of algorithm only. */
START_TEST(no_key_takes_another_kinds_signature)
{
    cjose_jwk_t *p256 = ec(CJOSE_JWK_EC_P_256);
    cjose_jwk_t *p384 = ec(CJOSE_JWK_EC_P_384);
    cjose_jwk_t *public = rsa(2048);
    const char *text = jwk_text(public, 0, "");
    const char *hs256;

    /* The library by itself would compare them all. */
    ck_assert_int_eq(verify(sign(p256, "ES256", NULL), keys_of(jwk_text(p384, 0, ""), NULL)),
                     SCIM_JOSE_NO_KEY);
    hs256 = sign(owned(cjose_jwk_create_oct_spec((const uint8_t *)text, strlen(text), &ignored)),
                 "HS256", NULL);
    ck_assert_int_eq(verify(hs256, keys_of(text, NULL)), SCIM_JOSE_NO_KEY);
    ck_assert_int_eq(verify(sign(public, "RS256", NULL), keys_of(jwk_text(p256, 0, ""), text)),
                     SCIM_JOSE_VALID);
}
END_TEST

START_TEST(a_kid_chooses)
{
    cjose_jwk_t *one = ec(CJOSE_JWK_EC_P_256);
    cjose_jwk_t *two = ec(CJOSE_JWK_EC_P_256);
    scim_jose_keys_t *keys =
        keys_of(jwk_text(one, 0, ",\"kid\":\"one\""), jwk_text(two, 0, ",\"kid\":\"two\""));
    scim_jose_keys_t *nameless = keys_of(jwk_text(one, 0, ""), jwk_text(two, 0, ""));

    ck_assert_int_eq(verify(sign(one, "ES256", "one"), keys), SCIM_JOSE_VALID);
    ck_assert_int_eq(verify(sign(two, "ES256", "two"), keys), SCIM_JOSE_VALID);
    ck_assert_int_eq(verify(sign(two, "ES256", "one"), keys), SCIM_JOSE_INVALID);
    ck_assert_int_eq(verify(sign(two, "ES256", "ONE"), keys), SCIM_JOSE_NO_KEY);
    ck_assert_int_eq(verify(sign(two, "ES256", ""), keys), SCIM_JOSE_NO_KEY);
    ck_assert_int_eq(verify(sign(two, "ES256", "../../one"), keys), SCIM_JOSE_NO_KEY);
    ck_assert_int_eq(verify(sign(two, "ES256", NULL), keys), SCIM_JOSE_VALID);
    ck_assert_int_eq(verify(sign(two, "ES256", "any"), nameless), SCIM_JOSE_VALID);
}
END_TEST

START_TEST(no_more_than_eight_keys_are_tried)
{
    scim_jose_keys_t *keys = scim_jose_keys_make(pool);
    cjose_jwk_t *last = NULL;
    int i;

    for (i = 0; i < 9; i++) {
        last = ec(CJOSE_JWK_EC_P_256);
        ck_assert_ptr_null(add(keys, jwk_text(last, 0, ""), NULL));
        if (i == 7) {
            ck_assert_int_eq(verify(sign(last, "ES256", NULL), keys), SCIM_JOSE_VALID);
        }
    }
    ck_assert_int_eq(verify(sign(last, "ES256", NULL), keys), SCIM_JOSE_INVALID);
}
END_TEST

/* More members, and whether the key is taken for signatures. */
static const struct {
    const char *more;
    int taken;
} members[] = {
    {"", 1},
    {",\"use\":\"sig\"", 1},
    {",\"use\":\"enc\"", 0},
    {",\"use\":7", 0},
    {",\"key_ops\":[\"verify\"]", 1},
    {",\"key_ops\":[\"sign\",\"verify\"]", 1},
    {",\"key_ops\":[\"encrypt\"]", 0},
    {",\"key_ops\":[]", 0},
    {",\"key_ops\":\"verify\"", 0},
    {",\"alg\":\"RS256\"", 1},
    {",\"alg\":\"RSA-OAEP\"", 0},
    {",\"alg\":\"HS256\"", 0},
    {",\"alg\":\"ES256\"", 0},
    {",\"alg\":\"none\"", 0},
    {",\"alg\":7", 0},
    {",\"kid\":7", 0},
    {",\"kid\":null", 0},
    {",\"x5c\":[\"AA\"],\"x5t\":\"AA\"", 1},
};

START_TEST(what_a_key_says_of_itself_counts)
{
    scim_jose_keys_t *keys = scim_jose_keys_make(pool);
    const char *wrong = add(keys, jwk_text(rsa(2048), 0, members[_i].more), NULL);

    ck_assert_msg((wrong == NULL) == members[_i].taken, "%s: %s", members[_i].more, wrong);
    ck_assert_int_eq(scim_jose_keys_count(keys), members[_i].taken);
}
END_TEST

START_TEST(a_named_algorithm_is_the_only_one)
{
    cjose_jwk_t *jwk = rsa(2048);
    scim_jose_keys_t *keys = keys_of(jwk_text(jwk, 0, ",\"alg\":\"RS256\""), NULL);

    ck_assert_int_eq(verify(sign(jwk, "RS256", NULL), keys), SCIM_JOSE_VALID);
    ck_assert_int_eq(verify(sign(jwk, "PS256", NULL), keys), SCIM_JOSE_NO_KEY);
}
END_TEST

/* Key sets without a key that can be used. */
static const char *const bad_sets[] = {
    "",
    "[]",
    "{}",
    "{\"keys\":{}}",
    "{\"keys\":[]}",
    "{\"keys\":[7,null,[],{}]}",
    "{\"keys\":[{\"kty\":\"oct\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}]}",
    "{\"keys\":[{\"kty\":\"RSA\"}]}",
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"abcde===\",\"e\":\"AQAB\"}]}",
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQAB\",\"y\":\"AQAB\"}]}",
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"a\",\"y\":\"a\"}]}",
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AQAB\",\"y\":\"AQAB\"}]}",
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQAB\"}]}",
    "{\"keys\":[],\"keys\":[]}",
    "{\"keys\":[[[[[[[[[1]]]]]]]]]}",
};

START_TEST(a_bad_key_set_is_refused)
{
    scim_jose_keys_t *keys = scim_jose_keys_make(pool);

    ck_assert_ptr_nonnull(scim_jose_add_jwks(keys, bad_sets[_i], strlen(bad_sets[_i]), pool));
    ck_assert_int_eq(scim_jose_keys_count(keys), 0);
}
END_TEST

/* One bad key does not hide the others, and a private one leaves only its public half. */
START_TEST(keys_beside_bad_ones_are_taken)
{
    cjose_jwk_t *jwk = rsa(2048);
    scim_jose_keys_t *keys = keys_of("{\"kty\":\"RSA\"}", jwk_text(jwk, 1, ""));

    ck_assert_int_eq(scim_jose_keys_count(keys), 1);
    ck_assert_int_eq(verify(sign(jwk, "RS256", NULL), keys), SCIM_JOSE_VALID);
}
END_TEST

START_TEST(small_and_too_many_keys)
{
    scim_jose_keys_t *keys = scim_jose_keys_make(pool);
    const char *text = jwk_text(ec(CJOSE_JWK_EC_P_256), 0, "");
    int i;

    ck_assert_ptr_nonnull(add(keys, jwk_text(rsa(1024), 0, ""), NULL));
    for (i = 0; i < SCIM_JOSE_KEYS_MAX; i++) {
        ck_assert_ptr_null(add(keys, text, NULL));
    }
    ck_assert_ptr_nonnull(add(keys, text, NULL));
}
END_TEST

/* ---- PEM ---- */

static const char *pem_of(EVP_PKEY *pkey, int private)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    const char *text;
    long len;

    if (private) {
        ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    } else {
        ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, pkey), 1);
    }
    len = BIO_get_mem_data(bio, &data);
    text = apr_pstrmemdup(pool, data, (apr_size_t)len);
    BIO_free(bio);
    return text;
}

static const char *add_pem(scim_jose_keys_t *keys, const char *pem)
{
    return scim_jose_add_pem(keys, pem, strlen(pem), NULL, pool);
}

START_TEST(public_keys_in_pem)
{
    static const char *const curves[] = {"P-256", "P-384", "P-521"};
    scim_jose_keys_t *keys = scim_jose_keys_make(pool);
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    int i;

    ck_assert_ptr_null(add_pem(keys, pem_of(pkey, 0)));
    ck_assert_ptr_nonnull(add_pem(keys, pem_of(pkey, 1)));
    EVP_PKEY_free(pkey);
    for (i = 0; i < 3; i++) {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curves[i]);
        ck_assert_ptr_null(add_pem(keys, pem_of(pkey, 0)));
        EVP_PKEY_free(pkey);
    }
    ck_assert_int_eq(scim_jose_keys_count(keys), 4);
}
END_TEST

START_TEST(other_things_in_pem)
{
    scim_jose_keys_t *keys = scim_jose_keys_make(pool);
    EVP_PKEY *small = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    EVP_PKEY *curve = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");
    EVP_PKEY *edwards = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

    ck_assert_ptr_nonnull(add_pem(keys, ""));
    ck_assert_ptr_nonnull(
        add_pem(keys, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"));
    ck_assert_ptr_nonnull(add_pem(keys, pem_of(small, 0)));
    ck_assert_ptr_nonnull(add_pem(keys, pem_of(curve, 0)));
    ck_assert_ptr_nonnull(add_pem(keys, pem_of(edwards, 0)));
    ck_assert_int_eq(scim_jose_keys_count(keys), 0);
    EVP_PKEY_free(small);
    EVP_PKEY_free(curve);
    EVP_PKEY_free(edwards);
}
END_TEST

START_TEST(secrets_have_a_least_length)
{
    scim_jose_keys_t *keys = scim_jose_keys_make(pool);

    ck_assert_ptr_nonnull(scim_jose_add_secret(keys, SECRET, 31));
    ck_assert_ptr_null(scim_jose_add_secret(keys, SECRET, 32));
    ck_assert_uint_eq(scim_jose_keys_algs(keys), scim_jwt_alg_find("HS256")->bit);
    ck_assert_ptr_null(scim_jose_add_secret(keys, SECRET SECRET, 64));
    ck_assert_uint_ne(scim_jose_keys_algs(keys) & scim_jwt_alg_find("HS512")->bit, 0);
}
END_TEST

/* ---- issuing ---- */

START_TEST(an_issued_token_is_accepted)
{
    scim_jwt_issue_t what = {
        "https://scim.example", "scim",         "okta", "org", "acme", "email", "jane",
        "scim.write",           apr_time_now(), 3600};
    scim_jwt_issued_t one;
    scim_jwt_issued_t two;
    scim_jose_keys_t *keys = scim_jose_keys_make(pool);
    apr_array_header_t *audiences = apr_array_make(pool, 1, sizeof(const char *));
    scim_jwt_policy_t policy = {0};
    scim_jwt_identity_t who;
    scim_jwt_t jwt;

    APR_ARRAY_PUSH(audiences, const char *) = "scim";
    policy.audiences = audiences;
    policy.issuer = "https://scim.example";
    policy.expires = 1;
    policy.owner_claim = "email";
    policy.tenant_claim = "org";
    policy.scope = "scim.write";
    ck_assert_ptr_null(scim_jose_add_secret(keys, SECRET, 32));
    ck_assert_ptr_null(scim_jwt_issue(&one, &what, SECRET, 32, pool));
    ck_assert_ptr_null(scim_jwt_issue(&two, &what, SECRET, 32, pool));
    ck_assert_str_ne(one.id, two.id);
    ck_assert_ptr_null(
        scim_jwt_parse(&jwt, one.token, strlen(one.token), scim_jwt_alg_find("HS256")->bit, pool));
    ck_assert_int_eq(scim_jose_verify(&jwt, keys), SCIM_JOSE_VALID);
    ck_assert_ptr_null(scim_jwt_claims(&who, jwt.claims, &policy, what.now, pool));
    ck_assert_str_eq(who.id, one.id);
    ck_assert_str_eq(who.owner, "jane");
    ck_assert_str_eq(who.tenant, "acme");
    ck_assert_str_eq(who.subject, "okta");
    ck_assert_int_eq(who.expires, one.expires);
    ck_assert_ptr_nonnull(
        scim_jwt_claims(&who, jwt.claims, &policy, what.now + apr_time_from_sec(3600), pool));
}
END_TEST

START_TEST(an_issued_token_has_bounds)
{
    scim_jwt_issue_t what = {"i", "a", "s", NULL, NULL, NULL, NULL, NULL, 0, SCIM_JWT_LIFE_MIN};
    scim_jwt_issued_t out;

    ck_assert_ptr_null(scim_jwt_issue(&out, &what, SECRET, 32, pool));
    ck_assert_ptr_nonnull(scim_jwt_issue(&out, &what, SECRET, 31, pool));
    what.life = SCIM_JWT_LIFE_MIN - 1;
    ck_assert_ptr_nonnull(scim_jwt_issue(&out, &what, SECRET, 32, pool));
    what.life = SCIM_JWT_LIFE_MAX;
    ck_assert_ptr_null(scim_jwt_issue(&out, &what, SECRET, 32, pool));
    what.life = SCIM_JWT_LIFE_MAX + 1;
    ck_assert_ptr_nonnull(scim_jwt_issue(&out, &what, SECRET, 32, pool));
}
END_TEST

/* ---- signing ---- */

static EVP_PKEY *openssl_key(const char *kind, const char *group)
{
    EVP_PKEY *pkey = group ? EVP_PKEY_Q_keygen(NULL, NULL, kind, group)
                           : EVP_PKEY_Q_keygen(NULL, NULL, kind, (size_t)2048);

    ck_assert_ptr_nonnull(pkey);
    return pkey;
}

/* The PEM text that one of OpenSSL's writers makes. */
static const char *pem_text(BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    const char *text = apr_pstrmemdup(pool, data, (apr_size_t)len);

    BIO_free(bio);
    return text;
}

static const char *private_pem(EVP_PKEY *pkey, const char *passphrase)
{
    BIO *bio = BIO_new(BIO_s_mem());

    ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, pkey, passphrase ? EVP_aes_128_cbc() : NULL,
                                              NULL, 0, NULL, (void *)(intptr_t)passphrase),
                     1);
    return pem_text(bio);
}

static const char *public_pem(EVP_PKEY *pkey)
{
    BIO *bio = BIO_new(BIO_s_mem());

    ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, pkey), 1);
    return pem_text(bio);
}

static const char *signer(scim_jose_signer_t **out, const char *pem)
{
    return scim_jose_signer_make(out, pem, strlen(pem), "k1", pool);
}

typedef struct signing_t {
    const char *kind;
    const char *group;
    const char *alg;
} signing_t;

static const signing_t signings[] = {
    {"RSA", NULL, "RS256"},
    {"EC", "P-256", "ES256"},
    {"EC", "P-384", "ES384"},
    {"EC", "P-521", "ES512"},
};

/* Some hundred tokens: the numbers of a signature begin with zeros now and then. */
START_TEST(what_is_signed_verifies)
{
    const signing_t *how = &signings[_i];
    EVP_PKEY *pkey = openssl_key(how->kind, how->group);
    const char *public = public_pem(pkey);
    scim_jose_keys_t *keys = scim_jose_keys_make(pool);
    scim_jose_signer_t *made;
    const char *token = NULL;
    scim_jwt_t jwt;
    int i;

    ck_assert_ptr_null(signer(&made, private_pem(pkey, NULL)));
    ck_assert_ptr_null(scim_jose_add_pem(keys, public, strlen(public), "k1", pool));
    EVP_PKEY_free(pkey);
    for (i = 0; i < (how->group ? 600 : 10); i++) {
        token = scim_jose_sign(made, "JWT", apr_psprintf(pool, "{\"n\":%d}", i), pool);
        ck_assert_ptr_nonnull(token);
        ck_assert_int_eq(verify(token, keys), SCIM_JOSE_VALID);
    }
    ck_assert_ptr_null(scim_jwt_parse(&jwt, token, strlen(token), ALL, pool));
    ck_assert_str_eq(jwt.alg->name, how->alg);
    ck_assert_str_eq(jwt.kid, "k1");
    /* What is told to an application is no token that lets anybody in. */
    token = scim_jose_sign(made, "secevent+jwt", "{}", pool);
    ck_assert_ptr_nonnull(scim_jwt_parse(&jwt, token, strlen(token), ALL, pool));
}
END_TEST

START_TEST(keys_that_sign_nothing)
{
    scim_jose_signer_t *made;
    EVP_PKEY *pkey = openssl_key("EC", "P-256");
    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_PKEY *curve = openssl_key("EC", "secp256k1");
    EVP_PKEY *small = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);

    ck_assert_ptr_nonnull(strstr(signer(&made, public_pem(pkey)), "no private key"));
    ck_assert_ptr_nonnull(strstr(signer(&made, private_pem(pkey, "secret")), "passphrase"));
    ck_assert_ptr_nonnull(strstr(signer(&made, ""), "no private key"));
    ck_assert_ptr_nonnull(strstr(signer(&made, private_pem(other, NULL)), "neither RSA nor EC"));
    ck_assert_ptr_nonnull(strstr(signer(&made, private_pem(curve, NULL)), "P-256, P-384"));
    ck_assert_ptr_nonnull(strstr(signer(&made, private_pem(small, NULL)), "2048"));
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(other);
    EVP_PKEY_free(curve);
    EVP_PKEY_free(small);
}
END_TEST

static TCase *cases(void)
{
    TCase *tc = tcase_create("jose");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, every_algorithm_verifies, 0, 12);
    tcase_add_test(tc, no_key_takes_another_kinds_signature);
    tcase_add_test(tc, a_kid_chooses);
    tcase_add_test(tc, no_more_than_eight_keys_are_tried);
    tcase_add_loop_test(tc, what_a_key_says_of_itself_counts, 0,
                        (int)(sizeof(members) / sizeof(members[0])));
    tcase_add_test(tc, a_named_algorithm_is_the_only_one);
    tcase_add_loop_test(tc, a_bad_key_set_is_refused, 0,
                        (int)(sizeof(bad_sets) / sizeof(bad_sets[0])));
    tcase_add_test(tc, keys_beside_bad_ones_are_taken);
    tcase_add_test(tc, small_and_too_many_keys);
    tcase_add_test(tc, public_keys_in_pem);
    tcase_add_test(tc, other_things_in_pem);
    tcase_add_test(tc, secrets_have_a_least_length);
    tcase_add_test(tc, an_issued_token_is_accepted);
    tcase_add_test(tc, an_issued_token_has_bounds);
    tcase_add_loop_test(tc, what_is_signed_verifies, 0,
                        (int)(sizeof(signings) / sizeof(signings[0])));
    tcase_add_test(tc, keys_that_sign_nothing);
    tcase_set_timeout(tc, 120);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("jose");
    SRunner *runner;
    int failed;

    apr_initialize();
    suite_add_tcase(suite, cases());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
