/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_JOSE_IMPL_H
#define SCIM_JOSE_IMPL_H

#include <cjose/cjose.h>
#include <openssl/evp.h>

#include "scim_jose.h"

/** Private to mod_scim/jose. */

/**
 * Give a key to a set, which releases it.
 * @param kid copied; or NULL
 * @return NULL, or why the set does not take it
 */
const char *scim_jose_keep(scim_jose_keys_t *keys, cjose_jwk_t *jwk, const char *kid,
                           unsigned algs);

/** Let a key be released with a pool. */
void scim_jose_own(cjose_jwk_t *jwk, apr_pool_t *p);

/** The algorithms that a kind of key is for; of a secret, as far as it is long enough. */
unsigned scim_jose_algs_of(scim_jwt_key_t kind, apr_size_t secret_len);

/** NULL, or what is wrong with the size of an RSA key. */
const char *scim_jose_rsa_size(apr_size_t bits, apr_pool_t *p);

/** Nobody is asked for a passphrase while httpd starts: OpenSSL's callback that knows none. */
int scim_jose_no_passphrase(char *buf, int size, int rwflag, void *baton);

/**
 * A key of OpenSSL's as cjose has it.
 * @param jwk     to be released by the caller
 * @param algs    that it is for
 * @param private 1: with its private part, which pkey has
 * @param p       for what is needed only meanwhile
 * @return NULL, or what is wrong with it
 */
const char *scim_jose_jwk_of(cjose_jwk_t **jwk, unsigned *algs, const EVP_PKEY *pkey, int private,
                             apr_pool_t *p);

/**
 * Sign claims.
 * @param header to which alg is added; typ and kid are the caller's
 * @return the token in p; NULL if it cannot be signed
 */
const char *scim_jose_signed(cjose_jwk_t *jwk, const char *alg, json_t *header, const char *claims,
                             apr_pool_t *p);

#endif
