/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_AUDIT_H
#define SCIM_AUDIT_H

#include <apr_tables.h>
#include <apr_time.h>

#include "scim_store.h"

/**
 * The audit trail (scim_audit): who changed what and when, and what was refused. Names of
 * attributes, never values. What was done has its row in the transaction that did it, so one is
 * never there without the other. Rows do not change; old ones go (scim_audit_purge()).
 */

/** What a row says was done; of a refused request, what it asked for. */
#define SCIM_AUDIT_CREATE "create"
#define SCIM_AUDIT_REPLACE "replace"
#define SCIM_AUDIT_PATCH "patch"
#define SCIM_AUDIT_DELETE "delete"
#define SCIM_AUDIT_ACTIVATE "activate"     /* a user became active, by whichever request */
#define SCIM_AUDIT_DEACTIVATE "deactivate" /* became inactive; the row's attrs tell what else */
#define SCIM_AUDIT_ADOPT "adopt"           /* a row of the application's became a resource */
#define SCIM_AUDIT_BULK "bulk"             /* a Bulk request that was refused as a whole */

/* What administrators do: a row without a type, whose id and name are the token's or client's. */
#define SCIM_AUDIT_TOKEN_CREATE "token-create"
#define SCIM_AUDIT_TOKEN_REVOKE "token-revoke"
#define SCIM_AUDIT_CLIENT_CREATE "client-create"
#define SCIM_AUDIT_CLIENT_REVOKE "client-revoke" /* and with it all that it was given */
#define SCIM_AUDIT_GRANT_CREATE "grant-create"   /* a consent; id and name as below */
#define SCIM_AUDIT_GRANT_REVOKE "grant-revoke"   /* id of the grant, name of its client */

/** Longest texts; what is longer is cut off, at a character. */
#define SCIM_AUDIT_NAME_CHARS 255
#define SCIM_AUDIT_ATTRS_CHARS 1000
#define SCIM_AUDIT_DETAIL_CHARS 1000

/** One row. Strings are NULL where nothing is known. */
typedef struct scim_audit_row_t {
    apr_int64_t seq;       /* in the order of the changes of each resource; unique over tenants */
    apr_time_t at;         /* whole milliseconds */
    const char *request;   /* id of the request, as the access log may have it */
    const char *actor;     /* who asked: the label of a token, a user's or client's name */
    const char *actor_id;  /* public id of a token in the database */
    const char *op;        /* one of SCIM_AUDIT_…, or another operation's name */
    const char *type;      /* resource type */
    const char *id;        /* of the resource */
    const char *name;      /* its userName or displayName, as it is or, deleted, was */
    const char *attrs;     /* names of the attributes that changed, with blanks between */
    int status;            /* of HTTP */
    const char *scim_type; /* of a refusal */
    const char *detail;    /* of a refusal: the sentence that the client got */
} scim_audit_row_t;

/** Whose request it is. NULL where it is not known. */
typedef struct scim_audit_who_t {
    const char *request;
    const char *actor;
    const char *actor_id;
} scim_audit_who_t;

/** Which rows to list. */
typedef struct scim_audit_filter_t {
    const char *who;    /* a resource's id or name (without case), or an actor; NULL: all */
    const char *op;     /* NULL: all */
    int failed;         /* -1: all; 0: what was done; 1: what was refused */
    apr_int64_t before; /* the page behind this seq; 0: from the newest */
    apr_int64_t after;  /* what came after this seq, the oldest first; 0: the newest first */
    int limit;          /* at least 1 */
} scim_audit_filter_t;

/**
 * A page of the tenant's trail, each by an index. Rows of transactions that run at the same time
 * need not appear in the order of seq: whoever follows by `after` looks again behind what is a
 * minute old.
 * @param rows array of scim_audit_row_t, at most limit
 */
scim_error_t *scim_audit_list(apr_array_header_t **rows, scim_store_t *store,
                              const scim_audit_filter_t *filter, apr_pool_t *p) SCIM_CHECKED;

/**
 * Add a row. Inside scim_store_write(), as part of the change that it tells of.
 * @param row seq and at are not looked at; texts that are no UTF-8 are cleaned
 */
scim_error_t *scim_audit_add(scim_store_t *store, const scim_audit_row_t *row,
                             apr_pool_t *p) SCIM_CHECKED;

/**
 * Add a row of what was done to a token, a client or a grant, if the tenant keeps a trail. Inside
 * scim_store_write(), as part of the change that it tells of.
 * @param who who did it; NULL: no row is wanted
 * @param op  SCIM_AUDIT_TOKEN_CREATE or one of those below it
 */
scim_error_t *scim_audit_deed(scim_store_t *store, const scim_audit_who_t *who, const char *op,
                              const char *id, const char *name, apr_pool_t *p) SCIM_CHECKED;

/**
 * Add a row in a transaction of its own: of what was refused. Tried once; without a row nothing is
 * wrong but the trail. Not inside scim_store_write().
 */
scim_error_t *scim_audit_add_alone(scim_store_t *store, const scim_audit_row_t *row) SCIM_CHECKED;

/** Rows that one scim_audit_purge() deletes at most, and that it counts. */
#define SCIM_AUDIT_PURGE 512

/**
 * Delete some of the tenant's oldest rows where they are past tenant->audit_days or where there are
 * more than tenant->audit_rows; what was done and what was refused are counted apart, so that
 * neither pushes the other out. Each call does a bounded piece of the work, so it is called with
 * one of SCIM_AUDIT_PURGE_EVERY rows that are added, of what was done or refused. Not inside
 * scim_store_write().
 */
scim_error_t *scim_audit_purge(scim_store_t *store) SCIM_CHECKED;

/** At most 256: calls delete rows four times as fast as they are added. */
#define SCIM_AUDIT_PURGE_EVERY 128

#endif
