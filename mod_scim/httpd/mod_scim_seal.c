/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_seal.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <apr_escape.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "scim_store.h"

const char *scim_seal_make(const unsigned char *key, apr_int64_t until, const char *about,
                           apr_pool_t *p)
{
    const char *text = apr_psprintf(p, "%" APR_INT64_T_FMT "\n%s", until, about);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    if (!HMAC(EVP_sha256(), key, SCIM_STORE_KEY, (const unsigned char *)text, strlen(text), mac,
              &len)) {
        return NULL;
    }
    return apr_psprintf(p, "%" APR_INT64_T_FMT ".%s", until, apr_pescape_hex(p, mac, len, 0));
}

apr_int64_t scim_seal_until(const char *seal)
{
    return seal ? apr_atoi64(seal) : 0;
}

int scim_seal_holds(const char *seal, const char *real)
{
    return seal && scim_seal_until(seal) >= apr_time_sec(apr_time_now()) &&
           strlen(seal) == strlen(real) && CRYPTO_memcmp(seal, real, strlen(real)) == 0;
}
