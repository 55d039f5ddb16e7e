/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SERVICE_IMPL_H
#define SCIM_SERVICE_IMPL_H

#include "scim_etag.h"
#include "scim_service.h"

/** Private to the service's own files. */

/** A body is passed to the sink when it has grown to this many bytes. */
#define SERVICE_PIECE 65536

/** Members read and rendered at a time. */
#define SERVICE_MEMBER_CHUNK 1000

/** One request on its way through the use cases. */
typedef struct service_t {
    const scim_request_t *request;
    const scim_tenant_t *tenant;
    scim_store_t *store;
    const scim_sink_t *sink; /* NULL inside a write: nothing may leave before the commit */
    scim_reply_t *reply;
    apr_pool_t *pool;
    const scim_resource_type_t *type; /* NULL: all types */
    const char *id; /* decoded; NULL on a collection */
    scim_query_t query;
    scim_view_t view;
    apr_array_header_t *unknown_groups; /* of const char *, by service_groups_before(); or NULL */
    int groups_adopted;                 /* 1: they have been looked for, see service_write() */
} service_t;

/** 404 for an id of this type. */
scim_error_t *service_not_found(const service_t *sv) SCIM_CHECKED;

/** The parsed body of a request: a JSON object. */
scim_error_t *service_body(json_t **out, service_t *sv) SCIM_CHECKED;

/** Parse the query string and the projection into sv->query and sv->view. */
scim_error_t *service_view(service_t *sv) SCIM_CHECKED;

/**
 * The error of a filter that was not accepted, or NULL. About a secret in a URL, where it is in
 * every log by now, 403 sensitive (RFC 7644 section 7.5.2); in a body 400 invalidFilter.
 */
scim_error_t *service_filter_refused(const service_t *sv, scim_error_t *err) SCIM_CHECKED;

/** 412 for an If-Match that names another version than the resource's. */
scim_error_t *service_stale(apr_pool_t *p) SCIM_CHECKED;

/**
 * The User whose userName is the request's owner, by the unique key and its rule of case: sets
 * sv->id, or 404.
 */
scim_error_t *service_find_owner(service_t *sv) SCIM_CHECKED;

/** GET of one resource. */
scim_error_t *service_get(service_t *sv) SCIM_CHECKED;

/** GET of a collection or, with sv->type NULL, of all types; the same by POST to .search. */
scim_error_t *service_list(service_t *sv) SCIM_CHECKED;
scim_error_t *service_search(service_t *sv) SCIM_CHECKED;

/** Pass on what is rendered so far, so that a reply's memory does not grow with its size. */
scim_error_t *service_drain(service_t *sv, scim_buf_t *out) SCIM_CHECKED;

/** The writes: one transaction each. */
scim_error_t *service_create(service_t *sv) SCIM_CHECKED;
scim_error_t *service_replace(service_t *sv) SCIM_CHECKED;
scim_error_t *service_patch(service_t *sv) SCIM_CHECKED;
scim_error_t *service_delete(service_t *sv) SCIM_CHECKED;

/** A Bulk request (RFC 7644 section 3.7): each operation is a transaction of its own. */
scim_error_t *service_bulk(service_t *sv) SCIM_CHECKED;

/**
 * Serve one operation of a Bulk request as a request of its own, on the same connection. Its path
 * must be that of resources: 400 for any other.
 * @param reply filled as scim_service_handle() does
 * @param p     holds reply and error; everything else of the operation too
 */
scim_error_t *service_operation(scim_reply_t *reply, const scim_request_t *request,
                                const service_t *outer, apr_pool_t *p) SCIM_CHECKED;

/** Append one resource as the view shows it, reading its members where shown. */
scim_error_t *service_render(service_t *sv, scim_buf_t *out, const scim_row_t *row,
                             apr_pool_t *p) SCIM_CHECKED;

#endif
