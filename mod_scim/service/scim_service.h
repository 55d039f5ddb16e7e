/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SERVICE_H
#define SCIM_SERVICE_H

#include "scim_audit.h"
#include "scim_map_adopt.h"
#include "scim_query.h"
#include "scim_store.h"

/**
 * The use cases: a request value in, a reply value out. Knows neither httpd nor SQL.
 */

typedef enum scim_method_t {
    SCIM_GET, /* HEAD too: the server drops the body */
    SCIM_POST,
    SCIM_PUT,
    SCIM_PATCH,
    SCIM_DELETE,
    SCIM_METHOD_OTHER
} scim_method_t;

typedef struct scim_request_t scim_request_t;
typedef struct scim_reply_t scim_reply_t;

/**
 * Told of every operation of a Bulk request that was tried, as if it were a request of its own,
 * before the next one begins. What it is given lives until it returns.
 */
typedef struct scim_watch_t {
    void (*done)(void *baton, const scim_request_t *request, const scim_reply_t *reply,
                 const scim_error_t *err);
    void *baton;
} scim_watch_t;

struct scim_request_t {
    scim_method_t method;
    const char *base;  /* absolute URL of the tenant, no slash at the end */
    const char *path;  /* what follows the base in the request's path, still percent-encoded */
    const char *query; /* or NULL */
    const char *body;  /* bytes of a POST, PUT or PATCH; NULL: none */
    apr_size_t body_len;
    const char *if_match;      /* header, or NULL */
    const char *if_none_match; /* header, or NULL */
    const char *owner;         /* userName of the authenticated subject, whom /Me is; or NULL */
    const json_t *json;        /* the body where it is parsed already; NULL: look at body */
    const char *create_id;     /* id of the resource that a POST makes, 1 to SCIM_ID_MAX bytes: for
                                  an operator's import, never from a client; NULL: a new one */
    int bare;                  /* 1: nobody will read the reply's body, so make none */
    const scim_watch_t *watch; /* or NULL */
    const scim_audit_who_t *who; /* or NULL */
};

/**
 * Takes a piece of a reply's body. The first call also sends status and headers, so it comes only
 * after the commit. Bodies of any size pass through in pieces of bounded size. No statement is
 * running during a call, so the database connection may be given back in it.
 */
typedef struct scim_sink_t {
    scim_error_t *(*write)(void *baton, const char *data, apr_size_t len);
    void *baton;
} scim_sink_t;

struct scim_reply_t {
    int status;
    const char *location; /* URL of the resource that was asked for or changed, or NULL; of an error
                             only where /Me was asked for */
    const char *etag;     /* or NULL */
    const char *allow;    /* with 405 */
    scim_buf_t *body;     /* what the sink has not been given yet; NULL: no body */
    /* for the access and error log, never shown to the client: */
    const char *op;          /* "create", "replace", "patch", "delete", "get", "list", … */
    const char *type;        /* resource type name, or NULL */
    const char *id;          /* or NULL */
    const char *ignored;     /* undefined attribute names dropped from a body, or NULL */
    int unknown_members;     /* member ids skipped */
    int bulk_done;           /* operations of a Bulk request: done, */
    int bulk_failed;         /* failed, */
    int bulk_left;           /* and not tried */
    int changed;             /* 1: a resource was created, changed or deleted */
    const char *attrs;       /* names of what changed (scim_changed.h), or NULL */
    const scim_error_t *audit_error; /* old rows of the audit trail could not be deleted; or NULL */
};

/**
 * Which methods a request's path takes: for 405's Allow. Static text such as "GET, POST", or NULL:
 * 404 or 501. /Me takes those of a resource where the request has an owner.
 */
const char *scim_service_allow(const scim_tenant_t *tenant, const scim_request_t *request,
                               apr_pool_t *p);

/** 1 if a request is a read of one resource by its id. */
int scim_service_reads_one(const scim_tenant_t *tenant, const scim_request_t *request,
                           apr_pool_t *p);

/**
 * Serve a request.
 * @param reply filled also on error as far as op, type, id and allow are known
 * @param sink  may be given pieces of the body of a 200 before this returns; an error after the
 *              first piece can only end the connection
 * @return NULL and the reply, or the error to render (RFC 7644 section 3.12)
 */
scim_error_t *scim_service_handle(scim_reply_t *reply, const scim_request_t *request,
                                  const scim_tenant_t *tenant, scim_store_t *store,
                                  const scim_sink_t *sink, apr_pool_t *p) SCIM_CHECKED;

/**
 * Whether a refusal belongs into the audit trail: where the tenant keeps one, every refused write,
 * and reads by whoever is not let in or asks what makes no sense. Not what is only busy or away.
 */
int scim_service_audits(const scim_request_t *request, const scim_reply_t *reply,
                        const scim_error_t *err, const scim_tenant_t *tenant);

/**
 * Put a refusal into the audit trail, in a transaction of its own. What is done is there already.
 * @param reply as scim_service_handle() left it, or empty where it was not called
 * @param store not the request's own where that has a guard that has not let anybody in
 * @return why it could not be written, which changes nothing for who asked
 */
scim_error_t *scim_service_audit_refused(const scim_request_t *request, const scim_reply_t *reply,
                                         const scim_error_t *refusal, const scim_tenant_t *tenant,
                                         scim_store_t *store, apr_pool_t *p) SCIM_CHECKED;

/**
 * After a row was put into the audit trail, whatever it tells of: from time to time, by chance,
 * take old rows of the tenant out of it. Not inside scim_store_write().
 * @return why they could not be taken out, which changes nothing for who asked
 */
scim_error_t *scim_service_audit_tend(scim_store_t *store) SCIM_CHECKED;

/** What is told of each row of scim_service_adopt(). */
typedef struct scim_adopt_watch_t {
    int dry; /* 1: nothing is written */
    /** @param refused why it stays what it is, or NULL */
    void (*row)(void *baton, const scim_adoptable_t *found, const scim_error_t *refused);
    void *baton;
    const scim_audit_who_t *who; /* who does it, for the audit trail; or NULL */
} scim_adopt_watch_t;

/**
 * Make resources of some hundred rows that the application had before (ScimAdopt), each in a
 * transaction of its own; for an operator who does not wait for clients to ask for them.
 * @param after key to go on behind; NULL: from the first. Set for the next call; NULL: that was all
 */
scim_error_t *scim_service_adopt(const char **after, const scim_adopt_watch_t *watch,
                                 const scim_tenant_t *tenant, scim_store_t *store,
                                 const scim_resource_type_t *type, apr_pool_t *p) SCIM_CHECKED;

#endif
