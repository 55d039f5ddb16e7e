/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CLIENT_H
#define SCIM_CLIENT_H

#include <apr_time.h>

#include "scim_audit.h"
#include "scim_store.h"

/**
 * OAuth 2.0 clients (scim_client): who may ask for tokens of a tenant, or of every tenant. A
 * client's secret is kept as its SHA-256 only.
 */

/* How a client proves who it is. */
#define SCIM_CLIENT_SECRET "secret"       /* a secret, by Basic or in the body */
#define SCIM_CLIENT_JWT "private_key_jwt" /* RFC 7523 section 2.2 */

#define SCIM_CLIENT_EVERY_TENANT "*"

#define SCIM_CLIENT_ID_MAX 64            /* characters of a client_id */
#define SCIM_CLIENT_NAME_CHARS 255       /* longest name */
#define SCIM_CLIENT_REDIRECT_MAX 1000    /* bytes of one redirect URI */
#define SCIM_CLIENT_REDIRECTS_BYTES 4000 /* of all of them together */
#define SCIM_CLIENT_JWKS_BYTES 16000     /* of a key set */

typedef struct scim_client_t {
    const char *id;     /* client_id: 1 to 64 of A-Z a-z 0-9 . _ - */
    const char *tenant; /* a tenant's name or SCIM_CLIENT_EVERY_TENANT */
    const char *name;   /* what the consent page calls it */
    const char *auth;   /* SCIM_CLIENT_SECRET or SCIM_CLIENT_JWT */
    const char *secret; /* SHA-256 in lower-case hexadecimal digits; NULL with SCIM_CLIENT_JWT */
    const char *const *redirects; /* redirect URIs, in the order they were given */
    int nredirects;               /* 0: no authorization code for it */
    const char *jwks;             /* public keys (RFC 7517), or NULL */
    const char *jwks_uri;         /* where they are fetched from, or NULL */
    apr_time_t created;
    apr_time_t revoked; /* 0: is not */
} scim_client_t;

/**
 * Whether a text can be registered as a redirect URI: an absolute https or http URI of printable
 * ASCII with a host, without a fragment and without credentials.
 * @return NULL, or what is wrong in words
 */
const char *scim_client_redirect_wrong(const char *uri);

/**
 * A client of the store's tenant, or of every tenant, that is not revoked.
 * @param client NULL: there is none
 */
scim_error_t *scim_client_find(scim_client_t **client, scim_store_t *store, const char *id,
                               apr_pool_t *p) SCIM_CHECKED;

/**
 * All clients of the store's tenant and of every tenant, by id, the revoked ones too.
 * @param clients array of scim_client_t
 */
scim_error_t *scim_client_list(apr_array_header_t **clients, scim_store_t *store,
                               apr_pool_t *p) SCIM_CHECKED;

/**
 * Make a client, in a transaction of its own; created and revoked are ignored.
 * @param client its tenant must be the store's or SCIM_CLIENT_EVERY_TENANT
 * @param who    who does it, for a row in the audit trail; NULL: none. A client of every tenant has
 *               none: the trail is one tenant's
 * @return 400 invalidValue for what cannot be, 409 where the id is taken, by whichever tenant
 */
scim_error_t *scim_client_create(scim_store_t *store, const scim_client_t *client,
                                 const scim_audit_who_t *who, apr_pool_t *p) SCIM_CHECKED;

/**
 * Revoke a client for ever, and with it all codes and tokens that it was given: in the store's
 * tenant, and for a client of every tenant in all of them. A transaction of its own.
 * @param tenant the client's: the store's or SCIM_CLIENT_EVERY_TENANT
 * @param done   1 if this call revoked it; 0: there is none, or it had been before
 * @param who    as of scim_client_create()
 */
scim_error_t *scim_client_revoke(int *done, scim_store_t *store, const char *tenant, const char *id,
                                 const scim_audit_who_t *who) SCIM_CHECKED;

/**
 * The name of a client of the store's tenant or of every tenant, revoked or not.
 * @param name NULL: there is none
 */
scim_error_t *scim_client_name(const char **name, scim_store_t *store, const char *id,
                               apr_pool_t *p) SCIM_CHECKED;

/**
 * Use up an assertion by which a client proved who it is. A transaction of its own: an assertion is
 * gone even if what it was brought for fails.
 * @param fresh   1: nobody had used it before
 * @param jti     its id; hashed here
 * @param expires when it can be forgotten, because its `exp` refuses it
 */
scim_error_t *scim_client_assert(int *fresh, scim_store_t *store, const char *client,
                                 const char *jti, apr_time_t expires, apr_pool_t *p) SCIM_CHECKED;

#endif
