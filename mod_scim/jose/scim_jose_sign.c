/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <apr_strings.h>

#include "scim_jose_impl.h"
#include "scim_json.h"

struct scim_jose_signer_t {
    cjose_jwk_t *jwk;
    const char *alg;
    const char *kid; /* or NULL */
};

const char *scim_jose_signed(cjose_jwk_t *jwk, const char *alg, json_t *header, const char *claims,
                             apr_pool_t *p)
{
    cjose_jws_t *jws;
    cjose_err err;
    const char *exported = NULL;
    const char *token = NULL;

    json_object_set_new(header, "alg", json_string(alg));
    jws = cjose_jws_sign(jwk, (cjose_header_t *)header, (const uint8_t *)claims, strlen(claims),
                         &err);
    if (jws && cjose_jws_export(jws, &exported, &err) && exported) {
        token = apr_pstrdup(p, exported);
    }
    cjose_jws_release(jws);
    ERR_clear_error();
    return token;
}

/* The first of its algorithms: RS256 of RSA's, the only one of a curve. */
static const char *alg_of(unsigned algs)
{
    int i = 0;

    while (!(scim_jwt_alg_at(i)->bit & algs)) {
        i++;
    }
    return scim_jwt_alg_at(i)->name;
}

static const char *keep(scim_jose_signer_t **out, const EVP_PKEY *pkey, const char *kid,
                        apr_pool_t *p)
{
    scim_jose_signer_t *signer = apr_pcalloc(p, sizeof(*signer));
    unsigned algs;
    apr_pool_t *scratch;
    const char *wrong;

    apr_pool_create(&scratch, p);
    wrong = scim_jose_jwk_of(&signer->jwk, &algs, pkey, 1, scratch);
    wrong = wrong ? apr_pstrdup(p, wrong) : NULL;
    apr_pool_destroy(scratch);
    if (wrong) {
        return wrong;
    }
    scim_jose_own(signer->jwk, p);
    signer->alg = alg_of(algs);
    signer->kid = kid ? apr_pstrdup(p, kid) : NULL;
    *out = signer;
    return NULL;
}

const char *scim_jose_signer_make(scim_jose_signer_t **out, const char *pem, apr_size_t len,
                                  const char *kid, apr_pool_t *p)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, scim_jose_no_passphrase, NULL) : NULL;
    const char *wrong =
        pkey ? keep(out, pkey, kid, p) : "it is no private key in PEM, or one with a passphrase";

    EVP_PKEY_free(pkey);
    BIO_free(bio);
    ERR_clear_error();
    return wrong;
}

const char *scim_jose_sign(const scim_jose_signer_t *signer, const char *typ, const char *claims,
                           apr_pool_t *p)
{
    json_t *header = scim_json_own(json_object(), p);

    json_object_set_new(header, "typ", json_string(typ));
    if (signer->kid) {
        json_object_set_new(header, "kid", json_string(signer->kid));
    }
    return scim_jose_signed(signer->jwk, signer->alg, header, claims, p);
}
