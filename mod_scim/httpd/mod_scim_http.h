/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_HTTP_H
#define MOD_SCIM_HTTP_H

#include "mod_scim_auth.h"
#include "mod_scim_route.h"
#include "scim_service.h"

/** The Content-Type of every reply: clients compare it to the letter, so no charset. */
#define SCIM_MEDIA_TYPE "application/scim+json"

/** Seconds after which a client may come back when the database is away. */
#define SCIM_RETRY_AFTER "10"

/** One SCIM request on its way through the module. */
typedef struct scim_call_t {
    request_rec *r;
    const scim_dir_t *dir;
    scim_tenant_t *tenant;
    scim_auth_t auth;
    scim_store_t *store;
    scim_request_t request;
    scim_reply_t reply;
    scim_audit_who_t who; /* mod_scim_audit.h */
    int started; /* 1: status and headers are on their way */
    int gone;    /* 1: the client no longer reads */
} scim_call_t;

/** The URL of a path here, as the client reaches it. */
const char *scim_http_url(request_rec *r, const char *path);

/** Whether the method is one of allow, "GET, HEAD, POST" or less, in upper case as methods are. */
int scim_http_allows(const request_rec *r, const char *allow);

/** Fill call->request from the request line and headers, without its body. */
void scim_http_decode(scim_call_t *call, const scim_route_t *route);

/**
 * Read the body of a POST, PUT or PATCH. 400 and 408 where it ends early, 411 where there is none,
 * 413 where it is larger than ScimMaxBody, 415 where it is not JSON by its headers.
 */
scim_error_t *scim_body_read(scim_call_t *call) SCIM_CHECKED;

/** The bytes of any body, at most max: 400, 408, 411 and 413 as scim_body_read(). */
scim_error_t *scim_body_bytes(scim_buf_t **body, request_rec *r, apr_size_t max) SCIM_CHECKED;

/** The sink for pieces of a body; the first also sends status and headers. */
scim_sink_t scim_http_sink(scim_call_t *call);

/** Send call->reply, or the rest of it. */
void scim_http_send(scim_call_t *call);

/** Send an error, or end the connection if a reply has started. */
void scim_http_fail(scim_call_t *call, const scim_error_t *err);

#endif
