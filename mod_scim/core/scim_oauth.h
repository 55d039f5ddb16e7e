/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_OAUTH_H
#define SCIM_OAUTH_H

#include <apr_tables.h>

#include "scim_error.h"

/** What OAuth 2.0 says on the wire: names, URLs and JSON. Pure. */

/** The only scope there is: everything that SCIM offers of a tenant. */
#define SCIM_OAUTH_SCOPE "scim"

/* Grants (RFC 6749 sections 4.1, 6, 4.4): a set of these. */
#define SCIM_OAUTH_GRANT_CODE 1u
#define SCIM_OAUTH_GRANT_REFRESH 2u
#define SCIM_OAUTH_GRANT_CLIENT 4u

/* How clients prove who they are (RFC 6749 section 2.3.1, RFC 7523 section 2.2): a set of these. */
#define SCIM_OAUTH_AUTH_BASIC 1u
#define SCIM_OAUTH_AUTH_BODY 2u
#define SCIM_OAUTH_AUTH_JWT 4u

/** The grant of a grant_type; 0: none that is known here. */
unsigned scim_oauth_grant(const char *name);

/** The bit of "basic", "body" or "private_key_jwt"; 0: none of them. */
unsigned scim_oauth_auth(const char *name);

/**
 * Whether a scope can be granted: nothing but `scim`, and `offline_access`, by which clients ask
 * for the refresh token that they get anyway. What is granted is always SCIM_OAUTH_SCOPE.
 * @param asked NULL: nothing is asked for in particular
 */
int scim_oauth_scope_ok(const char *asked);

/** 1 if it can be the S256 code_challenge of a code_verifier (RFC 7636 section 4.2). */
int scim_oauth_is_challenge(const char *s);

/** 1 if it can be a code_verifier (RFC 7636 section 4.1). */
int scim_oauth_is_verifier(const char *s);

/** What is sent back to a client through the browser. */
typedef struct scim_oauth_answer_t {
    const char *code;   /* or NULL: */
    const char *error;  /* its code */
    const char *detail; /* and a sentence */
    const char *state;  /* as it was sent, still encoded; NULL: there was none */
} scim_oauth_answer_t;

/**
 * The URL of a redirect: the redirect URI, its own query kept, and the answer (RFC 6749 sections
 * 4.1.2 and 4.1.2.1). `state` is repeated byte by byte; only what cannot stand in a URL is encoded.
 */
const char *scim_oauth_redirect(const char *uri, const scim_oauth_answer_t *answer, apr_pool_t *p);

/** The answer to a request for tokens (RFC 6749 section 5.1). @param refresh or NULL */
const char *scim_oauth_tokens(const char *access, int life, const char *refresh, const char *scope,
                              apr_pool_t *p);

/**
 * An error as JSON (RFC 6749 section 5.2).
 * @param detail a sentence; what error_description may not hold is replaced
 */
const char *scim_oauth_error(const char *code, const char *detail, apr_pool_t *p);

/** What a server says of itself. */
typedef struct scim_oauth_meta_t {
    const char *issuer;
    unsigned grants;                /* set of SCIM_OAUTH_GRANT_* */
    unsigned auths;                 /* set of SCIM_OAUTH_AUTH_* */
    const apr_array_header_t *algs; /* of const char *: signatures of private_key_jwt */
} scim_oauth_meta_t;

/** The metadata of RFC 8414 as JSON. */
const char *scim_oauth_metadata(const scim_oauth_meta_t *meta, apr_pool_t *p);

#endif
