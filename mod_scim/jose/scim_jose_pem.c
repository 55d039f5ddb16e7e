/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <apr_strings.h>

#include "scim_jose_impl.h"

/* The three curves of RFC 7518 section 3.4, by OpenSSL's names. */
typedef struct curve_t {
    const char *name;
    scim_jwt_key_t kind;
    cjose_jwk_ec_curve crv;
} curve_t;

static const curve_t curves[] = {
    {"prime256v1", SCIM_JWT_KEY_P256, CJOSE_JWK_EC_P_256},
    {"secp384r1", SCIM_JWT_KEY_P384, CJOSE_JWK_EC_P_384},
    {"secp521r1", SCIM_JWT_KEY_P521, CJOSE_JWK_EC_P_521},
};

int scim_jose_no_passphrase(char *buf, int size, int rwflag, void *baton)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)baton;
    return -1;
}

static EVP_PKEY *read_pem(const char *pem, apr_size_t len)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, scim_jose_no_passphrase, NULL) : NULL;

    BIO_free(bio);
    if (!pkey) {
        X509 *cert = NULL;
        bio = BIO_new_mem_buf(pem, (int)len);
        cert = bio ? PEM_read_bio_X509(bio, NULL, scim_jose_no_passphrase, NULL) : NULL;
        pkey = cert ? X509_get_pubkey(cert) : NULL;
        X509_free(cert);
        BIO_free(bio);
    }
    return pkey;
}

/* A number of a key as bytes, filled up with zeros to at least size. NULL: there is none. */
static uint8_t *number(size_t *len, const EVP_PKEY *pkey, const char *name, int size, apr_pool_t *p)
{
    BIGNUM *bn = NULL;
    uint8_t *bytes = NULL;

    if (EVP_PKEY_get_bn_param(pkey, name, &bn) == 1) {
        int n = BN_num_bytes(bn) > size ? BN_num_bytes(bn) : size;
        bytes = apr_palloc(p, (apr_size_t)n + 1);
        BN_bn2binpad(bn, bytes, n);
        *len = (size_t)n;
    }
    BN_free(bn);
    return bytes;
}

static const char *rsa_of(cjose_jwk_t **jwk, unsigned *algs, const EVP_PKEY *pkey, int private,
                          apr_pool_t *p)
{
    cjose_jwk_rsa_keyspec spec;
    cjose_err err;
    const char *wrong = scim_jose_rsa_size((apr_size_t)EVP_PKEY_get_bits(pkey), p);

    if (wrong) {
        return wrong;
    }
    memset(&spec, 0, sizeof(spec));
    spec.n = number(&spec.nlen, pkey, OSSL_PKEY_PARAM_RSA_N, 0, p);
    spec.e = number(&spec.elen, pkey, OSSL_PKEY_PARAM_RSA_E, 0, p);
    if (private) {
        spec.d = number(&spec.dlen, pkey, OSSL_PKEY_PARAM_RSA_D, 0, p);
        spec.p = number(&spec.plen, pkey, OSSL_PKEY_PARAM_RSA_FACTOR1, 0, p);
        spec.q = number(&spec.qlen, pkey, OSSL_PKEY_PARAM_RSA_FACTOR2, 0, p);
        spec.dp = number(&spec.dplen, pkey, OSSL_PKEY_PARAM_RSA_EXPONENT1, 0, p);
        spec.dq = number(&spec.dqlen, pkey, OSSL_PKEY_PARAM_RSA_EXPONENT2, 0, p);
        spec.qi = number(&spec.qilen, pkey, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 0, p);
    }
    *jwk = cjose_jwk_create_RSA_spec(&spec, &err);
    *algs = scim_jose_algs_of(SCIM_JWT_KEY_RSA, 0);
    return *jwk ? NULL : "the RSA key cannot be used";
}

static const char *ec_of(cjose_jwk_t **jwk, unsigned *algs, const EVP_PKEY *pkey, int private,
                         apr_pool_t *p)
{
    cjose_jwk_ec_keyspec spec;
    cjose_err err;
    char name[64] = "";
    const curve_t *curve = NULL;
    int size = (EVP_PKEY_get_bits(pkey) + 7) / 8;
    apr_size_t i;

    (void)EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL);
    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        curve = strcmp(name, curves[i].name) == 0 ? &curves[i] : curve;
    }
    if (!curve) {
        return "an EC key must be on P-256, P-384 or P-521";
    }
    memset(&spec, 0, sizeof(spec));
    spec.crv = curve->crv;
    spec.x = number(&spec.xlen, pkey, OSSL_PKEY_PARAM_EC_PUB_X, size, p);
    spec.y = number(&spec.ylen, pkey, OSSL_PKEY_PARAM_EC_PUB_Y, size, p);
    if (private) {
        spec.d = number(&spec.dlen, pkey, OSSL_PKEY_PARAM_PRIV_KEY, size, p);
    }
    *jwk = spec.x && spec.y ? cjose_jwk_create_EC_spec(&spec, &err) : NULL;
    *algs = scim_jose_algs_of(curve->kind, 0);
    return *jwk ? NULL : "the EC key cannot be used";
}

const char *scim_jose_jwk_of(cjose_jwk_t **jwk, unsigned *algs, const EVP_PKEY *pkey, int private,
                             apr_pool_t *p)
{
    switch (EVP_PKEY_get_base_id(pkey)) {
    case EVP_PKEY_RSA:
        return rsa_of(jwk, algs, pkey, private, p);
    case EVP_PKEY_EC:
        return ec_of(jwk, algs, pkey, private, p);
    default:
        return "its key is neither RSA nor EC";
    }
}

/* NUL-terminated in p, for strstr(). */
static int says(const char *pem, apr_size_t len, const char *what, apr_pool_t *p)
{
    return strstr(apr_pstrmemdup(p, pem, len), what) != NULL;
}

const char *scim_jose_add_pem(scim_jose_keys_t *keys, const char *pem, apr_size_t len,
                              const char *kid, apr_pool_t *p)
{
    EVP_PKEY *pkey;
    cjose_jwk_t *jwk;
    unsigned algs;
    const char *wrong;

    if (says(pem, len, "PRIVATE KEY-----", p)) {
        return "it holds a private key; only the public one is needed here, and safe";
    }
    pkey = read_pem(pem, len);
    wrong = pkey ? scim_jose_jwk_of(&jwk, &algs, pkey, 0, p)
                 : "it is no public key and no certificate in PEM";
    if (!wrong) {
        wrong = scim_jose_keep(keys, jwk, kid, algs);
    }
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return wrong;
}
