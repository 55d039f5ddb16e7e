/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_http.h"

#include <string.h>

#include <apr_strings.h>
#include <util_filter.h>

#include <http_core.h>
#include <http_protocol.h>

#include "mod_scim_brigade.h"
#include "mod_scim_error.h"

/* ---- request ---- */

static scim_method_t method_of(const request_rec *r)
{
    switch (r->method_number) {
    case M_GET: /* HEAD too */
        return SCIM_GET;
    case M_POST:
        return SCIM_POST;
    case M_PUT:
        return SCIM_PUT;
    case M_PATCH:
        return SCIM_PATCH;
    case M_DELETE:
        return SCIM_DELETE;
    default:
        return SCIM_METHOD_OTHER;
    }
}

/* By its number: httpd knows a method by its exact name only, and "post" is none. */
int scim_http_allows(const request_rec *r, const char *allow)
{
    return (r->method_number == M_GET && strstr(allow, "GET")) ||
           (r->method_number == M_POST && strstr(allow, "POST"));
}

/* A host name goes into every location; one that is more than a name does not come from a client.
 */
static int is_host(const char *host)
{
    return host && host[strcspn(host, "\"\\<> \t")] == '\0';
}

const char *scim_http_url(request_rec *r, const char *path)
{
    if (r->hostname && !is_host(r->hostname)) {
        r->hostname = r->server->server_hostname;
    }
    return ap_construct_url(r->pool, path, r);
}

void scim_http_decode(scim_call_t *call, const scim_route_t *route)
{
    request_rec *r = call->r;

    call->request.method = method_of(r);
    call->request.base = scim_http_url(r, route->base);
    call->request.path = route->path;
    call->request.query = r->args;
    call->request.if_match = apr_table_get(r->headers_in, "If-Match");
    call->request.if_none_match = apr_table_get(r->headers_in, "If-None-Match");
}

/* ---- reply ---- */

static void set_header(request_rec *r, const char *name, const char *value)
{
    if (value) {
        apr_table_setn(r->headers_out, name, value);
    }
}

static void headers(scim_call_t *call, int status)
{
    request_rec *r = call->r;

    r->status = status;
    /* A part of a JSON document is of use to nobody. */
    apr_table_unset(r->headers_in, "Range");
    set_header(r, "Cache-Control", "no-store");
    set_header(r, "Location", call->reply.location);
    if (!ap_is_HTTP_ERROR(status)) {
        set_header(r, "Content-Location", call->reply.location); /* RFC 7643 section 3.1: meta */
    }
    set_header(r, "ETag", call->reply.etag);
    set_header(r, "Allow", call->reply.allow);
    if (!AP_STATUS_IS_HEADER_ONLY(status)) {
        ap_set_content_type(r, SCIM_MEDIA_TYPE);
    }
}

static scim_error_t *client_gone(scim_call_t *call)
{
    call->gone = 1;
    return scim_error_make(call->r->pool, HTTP_INTERNAL_SERVER_ERROR, SCIM_TYPE_NONE,
                           "The client closed the connection.");
}

/*
 * The flush makes the network the pace of the reply: the next piece is not read from the database
 * before this one is gone.
 */
static scim_error_t *sink_write(void *baton, const char *data, apr_size_t len)
{
    scim_call_t *call = baton;
    request_rec *r = call->r;

    if (!call->started) {
        headers(call, HTTP_OK);
        call->started = 1;
    }
    if (r->header_only) {
        return NULL;
    }
    return ap_rwrite(data, (int)len, r) < 0 || ap_rflush(r) < 0 ? client_gone(call) : NULL;
}

scim_sink_t scim_http_sink(scim_call_t *call)
{
    scim_sink_t sink = {sink_write, call};

    return sink;
}

void scim_http_send(scim_call_t *call)
{
    request_rec *r = call->r;
    const scim_buf_t *body = call->reply.body;

    if (!call->started) {
        headers(call, call->reply.status);
        call->started = 1;
        if (!AP_STATUS_IS_HEADER_ONLY(r->status)) {
            ap_set_content_length(r, (apr_off_t)(body ? body->len : 0));
        }
    }
    if (body && body->len > 0 && !AP_STATUS_IS_HEADER_ONLY(r->status)) {
        call->gone = ap_rwrite(body->data, (int)body->len, r) < 0;
    }
}

/*
 * What has been sent looks like a success, so its end must not. In HTTP/1 the error bucket keeps
 * the last chunk from being written and the connection is closed; HTTP/2 resets the stream.
 */
static void abort_reply(request_rec *r)
{
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);

    r->connection->keepalive = AP_CONN_CLOSE;
    scim_brigade_break(bb, r->pool);
    (void)ap_pass_brigade(r->output_filters, bb);
}

/* A body that nobody read, and that is not worth reading, ends with its connection. */
static void drop_body(const scim_call_t *call)
{
    const request_rec *r = call->r;
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    if (apr_table_get(r->headers_in, "Transfer-Encoding") ||
        (length && apr_atoi64(length) > scim_config_max_body(call->dir))) {
        r->connection->keepalive = AP_CONN_CLOSE;
    }
}

void scim_http_fail(scim_call_t *call, const scim_error_t *err)
{
    request_rec *r = call->r;
    const char *body;

    if (call->started) {
        abort_reply(r);
        return;
    }
    call->started = 1;
    body = scim_error_render(err, r->pool);
    call->reply.etag = NULL;
    headers(call, err->status);
    scim_error_headers(r, err->status);
    ap_set_content_length(r, (apr_off_t)strlen(body));
    if (!call->request.body) {
        drop_body(call);
    }
    ap_rputs(body, r);
}
