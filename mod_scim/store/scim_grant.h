/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_GRANT_H
#define SCIM_GRANT_H

#include "scim_client.h"
#include "scim_token.h"

/**
 * OAuth 2.0 grants: from an administrator's consent to a code, from the code to an access and a
 * refresh token, and on from one refresh token to the next. All of one consent have the same
 * scim_token_row_t.grant; used codes and refresh tokens are revoked ones that stay for a while, so
 * that a second use is noticed and ends them all.
 *
 * What concerns one client is done one after the other: each write locks the client's row first. So
 * of many who bring the same code one is served, and nothing that is given out meanwhile survives
 * the end of its grant or of its client.
 */

/** What directives say. Times in seconds. */
typedef struct scim_grant_rules_t {
    int code;           /* life of a code */
    int access;         /* life of an access token */
    int refresh;        /* life of a refresh token that is not used; 0: for ever */
    int refreshing;     /* 1: give refresh tokens */
    int grace;          /* a refresh token may be used again so soon after its use */
    int owner_required; /* 1: whoever agrees must be a User of the tenant */
} scim_grant_rules_t;

/** What an administrator agreed to. */
typedef struct scim_consent_t {
    const char *client;    /* client_id */
    const char *user;      /* who agreed; the User with this userName becomes the owner */
    const char *redirect;  /* redirect_uri of the request; NULL: it had none */
    const char *challenge; /* code_challenge (S256), or NULL */
    const char *scope;
    const scim_audit_who_t *who; /* the same, for a row in the audit trail; NULL: none */
} scim_consent_t;

/** What became of a request for tokens. Whatever it is, the write is done. */
typedef enum scim_grant_outcome_t {
    SCIM_GRANT_GIVEN,
    SCIM_GRANT_INVALID,  /* unknown, expired, of another client or of another tenant */
    SCIM_GRANT_REUSED,   /* had been used or revoked: all tokens of its grant are revoked now */
    SCIM_GRANT_MISMATCH, /* redirect_uri or code_verifier are not the code's, which is used up */
    SCIM_GRANT_OWNER     /* the User that it is bound to is inactive or gone */
} scim_grant_outcome_t;

typedef struct scim_grant_t {
    scim_grant_outcome_t outcome;
    const char *access;  /* the secrets, to be shown once; NULL unless GIVEN */
    const char *refresh; /* NULL: none is given */
    const char *scope;
    const char *user; /* who agreed, for the log; NULL: not known, or nobody had to */
} scim_grant_t;

/**
 * Give a code for a consent. A transaction of its own.
 * @param code the secret, good once
 * @return 403 where whoever agreed is an inactive User, or no User and rules want one; 400 where
 *         the client is gone
 */
scim_error_t *scim_grant_code(const char **code, scim_store_t *store,
                              const scim_grant_rules_t *rules, const scim_consent_t *consent,
                              apr_pool_t *p) SCIM_CHECKED;

/** What a client brings to the token endpoint. */
typedef struct scim_grant_ask_t {
    const char *client;    /* who it has proved to be */
    const char *secret;    /* the code or refresh token */
    const char *redirect;  /* with a code: redirect_uri, or NULL */
    const char *challenge; /* with a code: what its code_verifier hashes to, or NULL */
} scim_grant_ask_t;

/** Exchange a code for tokens (RFC 6749 section 4.1.3, RFC 7636). A transaction of its own. */
scim_error_t *scim_grant_redeem(scim_grant_t *out, scim_store_t *store,
                                const scim_grant_rules_t *rules, const scim_grant_ask_t *ask,
                                apr_pool_t *p) SCIM_CHECKED;

/** Exchange a refresh token for new ones (RFC 6749 section 6). A transaction of its own. */
scim_error_t *scim_grant_refresh(scim_grant_t *out, scim_store_t *store,
                                 const scim_grant_rules_t *rules, const scim_grant_ask_t *ask,
                                 apr_pool_t *p) SCIM_CHECKED;

/**
 * An access token for the client itself (RFC 6749 section 4.4), bound to no User. A transaction of
 * its own.
 */
scim_error_t *scim_grant_self(scim_grant_t *out, scim_store_t *store,
                              const scim_grant_rules_t *rules, const char *client,
                              const char *scope, apr_pool_t *p) SCIM_CHECKED;

/**
 * Revoke a client's access token, or a refresh token with all of its grant (RFC 7009). A
 * transaction of its own.
 * @param foreign 1: it is another client's, and nothing was done. An unknown one is no error
 */
scim_error_t *scim_grant_revoke(int *foreign, scim_store_t *store, const char *client,
                                const char *secret, apr_pool_t *p) SCIM_CHECKED;

/**
 * End a grant for ever, whichever of its tokens is in use. A transaction of its own.
 * @param client the grant's
 * @param done   1 if this call ended it; 0: nothing of it was left, or there is no such grant
 * @param who    who does it, for a row in the audit trail; NULL: none
 */
scim_error_t *scim_grant_end(int *done, scim_store_t *store, const char *client, const char *grant,
                             const scim_audit_who_t *who) SCIM_CHECKED;

#endif
