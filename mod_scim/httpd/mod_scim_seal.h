/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_SEAL_H
#define MOD_SCIM_SEAL_H

#include <apr_pools.h>

/**
 * Seals of pages: what a page sends back counts only if it comes with the seal that the page was
 * given. Any host that knows the key can check it; nothing is kept.
 */

/**
 * A seal over what a page is about, good until a time.
 * @param key   SCIM_STORE_KEY bytes, of scim_store_key()
 * @param until in seconds since 1970
 * @param about who sees it, where, and what it would do; whatever may hold line ends comes last
 * @return in p; NULL: libcrypto makes no HMAC
 */
const char *scim_seal_make(const unsigned char *key, apr_int64_t until, const char *about,
                           apr_pool_t *p);

/** Until when a seal says that it is good; NULL and nonsense: 0. */
apr_int64_t scim_seal_until(const char *seal);

/**
 * Whether a seal is good now, in a time that does not depend on where it differs.
 * @param real scim_seal_make() for its scim_seal_until()
 */
int scim_seal_holds(const char *seal, const char *real);

#endif
