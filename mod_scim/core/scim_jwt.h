/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_JWT_H
#define SCIM_JWT_H

#include <apr_tables.h>
#include <apr_time.h>
#include <jansson.h>

#include "scim_error.h"

/**
 * What a JSON Web Token says (RFC 7519, RFC 7515 compact form), and whether that is good enough.
 * Pure: nothing here knows keys or checks a signature (scim_jose.h). What is refused here is
 * refused before any key is looked at; what is read here means nothing before the signature was
 * verified.
 *
 * A reason is a short text for the debug log: it names the rule, never a value of the token. The
 * client is told one and the same sentence whatever the reason.
 */

/** Longest token that is looked at; httpd takes header lines of 8190 bytes. */
#define SCIM_JWT_BYTES_MAX 8192

/** Longest jti and kid, in bytes. */
#define SCIM_JWT_ID_MAX 255

/** What kind of key an algorithm needs. */
typedef enum scim_jwt_key_t {
    SCIM_JWT_KEY_RSA,
    SCIM_JWT_KEY_P256,
    SCIM_JWT_KEY_P384,
    SCIM_JWT_KEY_P521,
    SCIM_JWT_KEY_SECRET
} scim_jwt_key_t;

/** A signature algorithm of RFC 7518 section 3. There is no entry for "none". */
typedef struct scim_jwt_alg_t {
    const char *name;
    unsigned bit; /* of a set of algorithms */
    scim_jwt_key_t key;
    apr_size_t secret_min; /* HMAC: least bytes of a secret (section 3.2); else 0 */
    apr_size_t signature;  /* bytes of a signature, exactly; 0: as long as the RSA modulus */
} scim_jwt_alg_t;

/** By its name, which is compared exactly; NULL: unknown or unwanted. */
const scim_jwt_alg_t *scim_jwt_alg_find(const char *name);

/** The algorithms one after the other, from 0; NULL behind the last. */
const scim_jwt_alg_t *scim_jwt_alg_at(int i);

/** A token taken apart. Nothing of it is verified. */
typedef struct scim_jwt_t {
    const char *token; /* the whole; not NUL-terminated */
    apr_size_t len;
    apr_size_t signed_len;    /* its beginning that the signature covers */
    apr_size_t signature_len; /* bytes of the decoded signature */
    const scim_jwt_alg_t *alg;
    const char *kid;      /* or NULL */
    const json_t *claims; /* an object, owned by the pool */
} scim_jwt_t;

/** 1 if a token has the form of a JWS in compact form: three parts of base64url between dots. */
int scim_jwt_shape(const char *token, apr_size_t len);

/**
 * Take a token apart. Refused: not three parts of strict base64url (no padding, no other alphabet);
 * JSON that is malformed, deep or names a member twice; an algorithm outside of algs (so "none",
 * always); `crit`, `b64`, `zip`, `enc`, and a `typ` that is neither JWT nor at+jwt (RFC 8725
 * sections 3.1, 3.10 and 3.11; RFC 7515 section 4.1.11). Keys that a header brings along or points
 * to (jwk, jku, x5c, x5u) are never looked at.
 * @param algs set of scim_jwt_alg_t.bit
 * @return NULL, or the reason
 */
const char *scim_jwt_parse(scim_jwt_t *out, const char *token, apr_size_t len, unsigned algs,
                           apr_pool_t *p);

/** What a token's claims must say. */
typedef struct scim_jwt_policy_t {
    unsigned algs;                       /* set of scim_jwt_alg_t.bit */
    const char *issuer;                  /* `iss` is exactly this; NULL: not looked at */
    const apr_array_header_t *audiences; /* of const char *: `aud` has one; NULL: not looked at */
    int leeway;                          /* seconds that clocks may differ */
    int expires;                         /* 1: `exp` must be there */
    const char *scope;                   /* a word of `scope` or `scp`; NULL: not looked at */
    const char *owner_claim;             /* must be there: the owner's userName; or NULL */
    const char *tenant_claim;            /* must be there: the tenant's name; or NULL */
} scim_jwt_policy_t;

/** Whom a token speaks for, if it is valid. Strings in the pool. */
typedef struct scim_jwt_identity_t {
    const char *subject;  /* `client_id`, `azp`, `cid`, `username` or `sub`; never NULL; made
                             fit for a log */
    const char *owner;    /* value of owner_claim, or NULL */
    const char *tenant;   /* value of tenant_claim, or NULL */
    const char *id;       /* `jti`, or NULL */
    apr_int64_t expires;  /* seconds since 1970, rounded down; 0: never */
} scim_jwt_identity_t;

/**
 * Hold claims (of a JWT, or of an introspection's answer) to a policy: RFC 7519 section 4.1, RFC
 * 8725 sections 3.8 to 3.10. `exp` and `nbf` are numbers, fractions allowed.
 * @return NULL, or the reason
 */
const char *scim_jwt_claims(scim_jwt_identity_t *out, const json_t *claims,
                            const scim_jwt_policy_t *policy, apr_time_t now, apr_pool_t *p);

#endif
