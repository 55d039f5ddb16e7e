/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_GRANT_LIST_H
#define SCIM_GRANT_LIST_H

#include "scim_store.h"

/** OAuth 2.0 grants as an administrator sees them: one row for each consent, whatever follows. */

typedef struct scim_grant_row_t {
    const char *id;
    const char *client;  /* client_id */
    const char *creator; /* the administrator who agreed */
    const char *owner;   /* id of the User that it is bound to, or NULL */
    apr_time_t created;  /* when access was given */
    apr_time_t used;     /* last use of a token of it; 0: never */
    apr_time_t expires;  /* of what lives longest; 0: never, or nothing lives any more */
    int live;            /* 1: a code or token of it can still be used */
    int ended;           /* 1: all of it was revoked */
} scim_grant_row_t;

/**
 * A page of the store's tenant's grants, the newest first.
 * @param rows  array of scim_grant_row_t, at most limit
 * @param after id of the last one of the page before; NULL: the first page
 */
scim_error_t *scim_grant_list(apr_array_header_t **rows, scim_store_t *store, const char *after,
                              int limit, apr_pool_t *p) SCIM_CHECKED;

/** One of them. @param row NULL: there is none */
scim_error_t *scim_grant_get(scim_grant_row_t **row, scim_store_t *store, const char *id,
                             apr_pool_t *p) SCIM_CHECKED;

#endif
