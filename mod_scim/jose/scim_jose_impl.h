/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_JOSE_IMPL_H
#define SCIM_JOSE_IMPL_H

#include <cjose/cjose.h>

#include "scim_jose.h"

/** Private to mod_scim/jose. */

/**
 * Give a key to a set, which releases it.
 * @param kid copied; or NULL
 * @return NULL, or why the set does not take it
 */
const char *scim_jose_keep(scim_jose_keys_t *keys, cjose_jwk_t *jwk, const char *kid,
                           unsigned algs);

/** The algorithms that a kind of key is for; of a secret, as far as it is long enough. */
unsigned scim_jose_algs_of(scim_jwt_key_t kind, apr_size_t secret_len);

/** NULL, or what is wrong with the size of an RSA key. */
const char *scim_jose_rsa_size(apr_size_t bits, apr_pool_t *p);

#endif
