/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_TOKEN_H
#define SCIM_TOKEN_H

#include <apr_time.h>

#include "scim_audit.h"
#include "scim_store.h"

/**
 * Tokens kept in the database (scim_token): many for each tenant, only their SHA-256, with a state
 * that goes one way and holds on the next request. No function here brings a revoked token back.
 */

/* Kinds. Only the first two open SCIM; the others belong to the OAuth endpoints. */
#define SCIM_TOKEN_API "token"       /* made by an admin and sent as it is */
#define SCIM_TOKEN_ACCESS "access"   /* OAuth 2.0 access token */
#define SCIM_TOKEN_REFRESH "refresh" /* OAuth 2.0 refresh token */
#define SCIM_TOKEN_CODE "code"       /* OAuth 2.0 authorization code */

#define SCIM_TOKEN_HASH 64            /* hexadecimal digits of a SHA-256 */
#define SCIM_TOKEN_LABEL_CHARS 255    /* longest label or creator */
#define SCIM_TOKEN_DATA_CHARS 4000    /* longest data */
#define SCIM_TOKEN_LIFE_MAX 315360000 /* ten years: the longest life with an end, in seconds */

/** A token without its secret. Text that is not known is NULL, a time that never was is 0. */
typedef struct scim_token_row_t {
    const char *id; /* public: may be shown and logged */
    const char *tenant;
    const char *kind;
    const char *label;
    const char *creator;
    const char *owner;  /* id of the User that it is bound to */
    const char *client; /* OAuth client */
    const char *grant;  /* what an OAuth grant's tokens have in common */
    const char *scope;
    const char *data; /* of a code; not read by a guard or a list */
    apr_time_t created;
    apr_time_t expires; /* 0: never */
    apr_time_t used;    /* last use, to the minute */
    apr_time_t revoked;
} scim_token_row_t;

/**
 * A token with the state of all that it depends on, as one statement found it. The tenant's is the
 * copy in the token's row, which scim_tenants_create() and scim_tenants_switch() keep.
 */
typedef struct scim_token_found_t {
    scim_token_row_t row;
    const char *owner_name; /* userName (folded) of its owner; NULL: none, or dead */
    int owner_dead;         /* 1: bound to a User that is inactive or gone */
    int tenant_known;       /* 1: the tenant is in scim_tenant */
    int tenant_off;         /* 1: it is switched off there */
} scim_token_found_t;

/** What directives say of tokens at issue. */
typedef struct scim_token_rules_t {
    int limit;          /* active tokens of kind "token" that a tenant may have; 0: any number */
    int min_life;       /* seconds */
    int max_life;       /* seconds; 0: a token need not expire */
    int default_life;   /* seconds where none is asked for; 0: never */
    int owner_required; /* 1: every token is bound to a User */
} scim_token_rules_t;

/** ScimTokenLife's and ScimTokenLimit's defaults. */
extern const scim_token_rules_t scim_token_rules_default;

#define SCIM_TOKEN_LIFE_NEVER 0
#define SCIM_TOKEN_LIFE_DEFAULT (-1)

/** What a new token shall be. Members that are NULL are not known. */
typedef struct scim_token_new_t {
    const char *kind;  /* NULL: SCIM_TOKEN_API */
    const char *label; /* needed for SCIM_TOKEN_API */
    const char *creator;
    const char *owner; /* id of a User of the tenant; must be active */
    const char *client;
    const char *grant;
    const char *scope;
    const char *data;
    int life; /* seconds, SCIM_TOKEN_LIFE_NEVER, SCIM_TOKEN_LIFE_DEFAULT */
    const scim_audit_who_t *who; /* who makes it, for a row in the audit trail; NULL: none */
} scim_token_new_t;

/** The SHA-256 of a token in lower-case hexadecimal digits, in p. NULL: no memory. */
const char *scim_token_hash(const char *token, apr_size_t len, apr_pool_t *p);

/** A fresh secret: "scim_" and 43 characters that carry 256 random bits, in p. */
const char *scim_token_secret(apr_pool_t *p);

/** 1 if it is neither revoked nor expired. */
int scim_token_is_live(const scim_token_row_t *row, apr_time_t now);

/**
 * Find a token by its hash, with its owner's and its tenant's state, in one SELECT.
 * @param found  NULL: there is none
 * @param tenant whose it must be; NULL: anyone's
 * @param lock   1: also lock its row; inside scim_store_write()
 */
scim_error_t *scim_token_find(scim_token_found_t **found, scim_store_t *store, const char *hash,
                              const char *tenant, int lock, apr_pool_t *p) SCIM_CHECKED;

/** A token of the store's tenant by its public id. @param row NULL: there is none */
scim_error_t *scim_token_get(scim_token_row_t **row, scim_store_t *store, const char *id,
                             apr_pool_t *p) SCIM_CHECKED;

/**
 * The store's tenant's tokens in order of creation, revoked and expired ones too.
 * @param rows array of scim_token_row_t, without data
 * @param kind NULL: all
 */
scim_error_t *scim_token_list(apr_array_header_t **rows, scim_store_t *store, const char *kind,
                              apr_pool_t *p) SCIM_CHECKED;

/**
 * A page of the store's tenant's tokens of a kind, the newest first.
 * @param rows  array of scim_token_row_t, without data, at most limit
 * @param after the last one of the page before: its id and when it was made; NULL: the first page
 */
scim_error_t *scim_token_page(apr_array_header_t **rows, scim_store_t *store, const char *kind,
                              const scim_token_row_t *after, int limit, apr_pool_t *p) SCIM_CHECKED;

/** What is known of all tokens of a tenant that open SCIM. */
typedef struct scim_token_summary_t {
    int live;        /* how many can be used */
    apr_time_t used; /* the last use of any, live or not; 0: never */
} scim_token_summary_t;

scim_error_t *scim_token_summary(scim_token_summary_t *out, scim_store_t *store,
                                 apr_pool_t *p) SCIM_CHECKED;

/**
 * The id of the tenant's User with a userName.
 * @param id NULL: there is none, or it is not active
 */
scim_error_t *scim_token_owner(const char **id, scim_store_t *store, const char *user_name,
                               apr_pool_t *p) SCIM_CHECKED;

/**
 * Make a token for the store's tenant. Inside scim_store_write().
 * @param secret to be shown once; it is kept nowhere
 * @param rules  as configured for the place
 * @return 400 invalidValue where the rules or the texts forbid it, or the owner is no active User;
 *         409 where the tenant has as many active tokens as it may have
 */
scim_error_t *scim_token_issue(const char **secret, scim_token_row_t **row, scim_store_t *store,
                               const scim_token_rules_t *rules, const scim_token_new_t *wanted,
                               apr_pool_t *p) SCIM_CHECKED;

/** scim_token_issue() in a transaction of its own. */
scim_error_t *scim_token_create(const char **secret, scim_token_row_t **row, scim_store_t *store,
                                const scim_token_rules_t *rules, const scim_token_new_t *wanted,
                                apr_pool_t *p) SCIM_CHECKED;

/**
 * Revoke a token of the store's tenant for ever. Inside scim_store_write().
 * @param done 1 if this call revoked it; 0: there is none, or it had been before. May be NULL
 */
scim_error_t *scim_token_revoke(int *done, scim_store_t *store, const char *id,
                                apr_pool_t *p) SCIM_CHECKED;

/**
 * scim_token_revoke() in a transaction of its own.
 * @param who who does it, for a row in the audit trail; NULL: none
 */
scim_error_t *scim_token_end(int *done, scim_store_t *store, const char *id,
                             const scim_audit_who_t *who) SCIM_CHECKED;

/**
 * Revoke every token of a grant that is not yet. Inside scim_store_write().
 * @param n how many; may be NULL
 */
scim_error_t *scim_token_revoke_grant(int *n, scim_store_t *store, const char *grant,
                                      apr_pool_t *p) SCIM_CHECKED;

/**
 * Delete a hundred of the tenant's tokens of a kind that expired before a time, so that short-lived
 * ones do not pile up. Inside scim_store_write().
 */
scim_error_t *scim_token_purge(scim_store_t *store, const char *kind, apr_time_t before,
                               apr_pool_t *p) SCIM_CHECKED;

/** Whether a use is worth scim_token_used(): the last that is known is a minute old. */
int scim_token_is_stale(const scim_token_row_t *row, apr_time_t now);

/** Note that a token was used. A transaction of its own; whoever comes second changes nothing. */
scim_error_t *scim_token_used(scim_store_t *store, const scim_token_row_t *row, apr_time_t now,
                              apr_pool_t *p) SCIM_CHECKED;

#endif
