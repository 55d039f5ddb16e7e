/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_CONSOLE_IMPL_H
#define MOD_SCIM_CONSOLE_IMPL_H

#include <jansson.h>

#include "mod_scim_console.h"
#include "scim_audit.h"
#include "scim_form.h"
#include "scim_service.h"

/** Private to mod_scim_console*.c. */

/** Characters of what is looked for. */
#define SCIM_CONSOLE_QUERY_CHARS 200

/** One request to the API. */
typedef struct scim_console_call_t {
    request_rec *r;
    const scim_console_t *console;
    scim_tenant_t *tenant; /* as its SCIM base has it, but without mappings: nothing is adopted */
    const struct scim_map_t *map; /* they are here; or NULL */
    scim_dbd_t *db;
    scim_store_t *store;
    scim_audit_who_t who; /* the user, for the audit trail */
    const char *base; /* URL of the SCIM base */
    const char *id;   /* what the path names, decoded; or NULL */
    json_t *body;     /* of a POST: an object; or NULL */
    int status;       /* of the reply */
    json_t *reply;
} scim_console_call_t;

/** An endpoint: sets status and reply, which live in the request's pool. */
typedef scim_error_t *(scim_console_fn)(scim_console_call_t *call);

/** An error of the page's, in one sentence. */
scim_error_t *scim_console_refuse(const scim_console_call_t *call, int status,
                                  const char *detail) SCIM_CHECKED;

/** Answer with a fresh object, which is owned from here on. @return NULL */
scim_error_t *scim_console_reply(scim_console_call_t *call, int status, json_t *fresh);

/** The parameters of the query string: as scim_form_read(). */
scim_error_t *scim_console_query(const scim_console_call_t *call, scim_form_field_t *fields,
                                 int n) SCIM_CHECKED;

/** The parameter count as a number from 1 to max; without one, usual. */
scim_error_t *scim_console_count(int *count, const scim_console_call_t *call,
                                 const scim_form_field_t *field, int usual, int max) SCIM_CHECKED;

/** A member of call->body that is a string or not there (NULL). */
scim_error_t *scim_console_text(const char **text, const scim_console_call_t *call,
                                const char *name) SCIM_CHECKED;

/* Values for a reply. */
json_t *scim_console_text_new(const char *text); /* NULL: null */
json_t *scim_console_time_new(apr_time_t t);     /* milliseconds; 0: null */

/* mod_scim_console_session.c */

/** The proof that a page of this user's sends with what it changes. */
scim_error_t *scim_console_seal(const char **seal, const scim_console_call_t *call) SCIM_CHECKED;

/** 403 unless a request that changes something comes from a page of this console and user. */
scim_error_t *scim_console_check_seal(const scim_console_call_t *call) SCIM_CHECKED;

scim_console_fn scim_console_session;

/* mod_scim_console_tokens.c */

/**
 * The userName of a token's owner; its id where there is no such user any more, or it cannot be
 * read. @param known id -> name, of this request
 */
const char *scim_console_owner(const scim_console_call_t *call, apr_hash_t *known, const char *id);

scim_console_fn scim_console_tokens;
scim_console_fn scim_console_token_create;
scim_console_fn scim_console_token_revoke;

/* mod_scim_console_oauth.c */

scim_console_fn scim_console_clients;
scim_console_fn scim_console_client_create;
scim_console_fn scim_console_client_revoke;
scim_console_fn scim_console_grants;
scim_console_fn scim_console_grant_revoke;

/* mod_scim_console_activity.c */

/**
 * A page of the audit trail, each row with what to do about it.
 * @param rows array, owned by the request
 * @param next filter->before of the next page; 0: that was all
 */
scim_error_t *scim_console_trail(json_t **rows, apr_int64_t *next, const scim_console_call_t *call,
                                 const scim_audit_filter_t *filter) SCIM_CHECKED;

scim_console_fn scim_console_activity;

/* mod_scim_console_setup.c */

scim_console_fn scim_console_setup;

/* mod_scim_console_service.c */

/**
 * Ask the service, as a client that may read everything.
 * @param path  "/Users", encoded
 * @param query or NULL
 * @param out   the parsed reply
 */
scim_error_t *scim_console_get(json_t **out, const scim_console_call_t *call, const char *path,
                               const char *query) SCIM_CHECKED;

/* mod_scim_console_resources.c */

scim_console_fn scim_console_users;
scim_console_fn scim_console_user;
scim_console_fn scim_console_groups;
scim_console_fn scim_console_group;

#endif
