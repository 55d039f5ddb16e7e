/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_JOSE_H
#define SCIM_JOSE_H

#include "scim_jwt.h"

/**
 * Keys and signatures, by cjose (MIT; RFC 7515 to 7518 over OpenSSL). No cryptography of our own.
 *
 * What the library does by itself, and what is done about it here:
 * - cjose_jws_verify() takes the algorithm from the token's header. Here it is first held against
 *   the configured list and against the key's own kind, so that a public key is never used as an
 *   HMAC secret, nor a curve with another's algorithm.
 * - It compares an HMAC without looking at the length of the signature it was given, and computes
 *   it from the key's memory whatever kind of key that is: both would read beyond their buffers.
 *   scim_jwt_parse() has checked the length, and only a secret is used with HMAC.
 * - Its base64 decoder of 0.6.2.1 (Debian 12) ends the process by an assertion on some input with
 *   padding. Nothing but strict base64url gets to it.
 * - Its JSON parser takes the last of two members of the same name. scim_jwt_parse() has refused
 *   such headers.
 * - It has no global state and needs no initialisation. A key is not changed by verifying; counting
 *   its users (cjose_jwk_retain()) is not thread safe and never done. So one set of keys serves all
 *   threads, and a child inherits it by fork.
 * - It allocates by malloc(); what it made for a token is freed before scim_jose_verify() returns.
 */

/** Keys that signatures are verified with. Made once, then only read. */
typedef struct scim_jose_keys_t scim_jose_keys_t;

/** The most keys of a set. */
#define SCIM_JOSE_KEYS_MAX 64

/** The least size of an RSA key, in bits (RFC 7518 section 3.3), and the largest. */
#define SCIM_JOSE_RSA_MIN 2048
#define SCIM_JOSE_RSA_MAX 8192

/** An empty set. Its keys are released with p. */
scim_jose_keys_t *scim_jose_keys_make(apr_pool_t *p);

int scim_jose_keys_count(const scim_jose_keys_t *keys);

/** The algorithms that some key of the set fits: set of scim_jwt_alg_t.bit. */
unsigned scim_jose_keys_algs(const scim_jose_keys_t *keys);

/**
 * Add a secret for HMAC, byte by byte as given.
 * @return NULL, or what is wrong in words that never repeat it
 */
const char *scim_jose_add_secret(scim_jose_keys_t *keys, const char *bytes, apr_size_t len);

/**
 * Add the public key of a PEM text: "PUBLIC KEY" or "CERTIFICATE", the first of them. RSA of at
 * least 2048 bits, or EC on P-256, P-384 or P-521. A private key is refused: it has no business
 * here.
 * @param kid the key's name, copied; NULL: it is tried for every token
 * @param p   for what is needed only meanwhile
 */
const char *scim_jose_add_pem(scim_jose_keys_t *keys, const char *pem, apr_size_t len,
                              const char *kid, apr_pool_t *p);

/**
 * Add the keys of a JSON Web Key Set (RFC 7517 section 5). Left out: keys for encryption, secrets,
 * private keys, and kinds that are not known here.
 * @param p for what is needed only meanwhile
 * @return NULL; or what is wrong: not a key set, or not one key that can be used
 */
const char *scim_jose_add_jwks(scim_jose_keys_t *keys, const char *json, apr_size_t len,
                               apr_pool_t *p);

/** What became of a signature. */
typedef enum scim_jose_result_t {
    SCIM_JOSE_VALID,
    SCIM_JOSE_INVALID, /* some key was meant, and it is not its signature */
    SCIM_JOSE_NO_KEY   /* no key of this name and kind */
} scim_jose_result_t;

/**
 * Verify a token's signature with the key that its kid names, or, where it or the keys have no
 * name, with each of the right kind, at most eight. keys may be NULL: there are none.
 */
scim_jose_result_t scim_jose_verify(const scim_jwt_t *jwt, const scim_jose_keys_t *keys);

/* ---- signing ---- */

/** A private key that tokens are signed with. Only read once it is made. */
typedef struct scim_jose_signer_t scim_jose_signer_t;

/**
 * Take a private key in PEM without a passphrase: RSA of at least 2048 bits (RS256), or EC on
 * P-256, P-384 or P-521 (ES256, ES384, ES512).
 * @param kid the key's name, copied; or NULL
 * @param p   holds it
 * @return NULL, or what is wrong in words that never repeat it
 */
const char *scim_jose_signer_make(scim_jose_signer_t **out, const char *pem, apr_size_t len,
                                  const char *kid, apr_pool_t *p);

/**
 * Sign claims (RFC 7515 section 7.1).
 * @param typ of the header
 * @return the token in p; NULL: it cannot be signed
 */
const char *scim_jose_sign(const scim_jose_signer_t *signer, const char *typ, const char *claims,
                           apr_pool_t *p);

/** Bounds of an issued token's life in seconds: 60 s to 10 years. */
#define SCIM_JWT_LIFE_MIN 60
#define SCIM_JWT_LIFE_MAX 315360000

/** What an issued token says. */
typedef struct scim_jwt_issue_t {
    const char *issuer;
    const char *audience;
    const char *subject;      /* who it is for; the label in the logs */
    const char *tenant_claim; /* name of the claim with the tenant's name, or NULL */
    const char *tenant;
    const char *owner_claim; /* name of the claim with the owner's userName, or NULL */
    const char *owner;
    const char *scope; /* or NULL */
    apr_time_t now;
    apr_int64_t life; /* seconds */
} scim_jwt_issue_t;

/** An issued token. */
typedef struct scim_jwt_issued_t {
    const char *token; /* to be shown once; a secret */
    const char *id;    /* its jti, by which it can be revoked */
    apr_int64_t expires; /* seconds since 1970 */
} scim_jwt_issued_t;

/**
 * Sign a token with HS256 (RFC 7518 section 3.2).
 * @param secret at least 32 bytes
 * @return NULL, or what is wrong
 */
const char *scim_jwt_issue(scim_jwt_issued_t *out, const scim_jwt_issue_t *what, const char *secret,
                           apr_size_t len, apr_pool_t *p);

#endif
