/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_error.h"

#include <string.h>

#include <apr_strings.h>
#include <util_filter.h>

#include <http_protocol.h>
#include <http_request.h>

#include "mod_scim_brigade.h"
#include "mod_scim_http.h"
#include "mod_scim_route.h"

#define FILTER_NAME "SCIM_ERROR"

typedef struct sentence_t {
    int status;
    const char *detail;
} sentence_t;

static const sentence_t sentences[] = {
    {400,
     "The request's line, headers or URL break the rules of HTTP or exceed this server's limits."},
    {401, "This request needs valid credentials."},
    {403, "This server's configuration does not allow the request."},
    {404, "There is no such SCIM endpoint."},
    {405, "This method is not allowed here."},
    {408, "The request did not arrive in time."},
    {411, "The request needs a Content-Length header."},
    {413, "The request's body is larger than this server accepts."},
    {414, "The request's URL is longer than this server accepts."},
    {415, "The body must be application/scim+json or application/json."},
    {417, "The only expectation this server meets is 100-continue."},
    {421, "This connection was opened for another host name."},
    {429, "There are too many requests; try again later."},
    {431, "The request's headers are larger than this server accepts."},
    {500, "The server met an error; its operator finds more in the error log."},
    {501, "This server does not support the request's method."},
    {502, "The server got no valid answer from the system behind it."},
    {503, "The service is not available at the moment; try again later."},
    {504, "The server got no answer in time from the system behind it."},
    {505, "This server does not support the request's version of HTTP."},
};

static const char *sentence_for(int status, apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        if (sentences[i].status == status) {
            return sentences[i].detail;
        }
    }
    return apr_psprintf(p, "The request failed with status %d.", status);
}

void scim_error_headers(request_rec *r, int status)
{
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    if (status == HTTP_SERVICE_UNAVAILABLE && !apr_table_get(r->headers_out, "Retry-After")) {
        apr_table_setn(r->headers_out, "Retry-After", SCIM_RETRY_AFTER);
    }
}

/* What the page that is thrown away said of itself. */
static void headers_forget(request_rec *r)
{
    static const char *const names[] = {
        "Content-Encoding", "Content-Language", "Content-Location", "ETag",
        "Last-Modified",    "Accept-Ranges",    "Expires",          "Vary",
        "Content-MD5"};
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        apr_table_unset(r->headers_out, names[i]);
    }
    r->content_encoding = NULL;
    r->content_languages = NULL;
}

/* The status of the error a page is for. */
static int error_status(request_rec *r)
{
    const request_rec *first = r;

    while (first->prev) {
        first = first->prev;
    }
    if (ap_is_HTTP_ERROR(first->status)) {
        return first->status;
    }
    /* Only of a request that could not be read is a redirect an ErrorDocument in disguise. */
    apr_table_unset(r->headers_out, "Location");
    if (r->the_request && strlen(r->the_request) >= (apr_size_t)r->server->limit_req_line) {
        return HTTP_REQUEST_URI_TOO_LARGE;
    }
    return HTTP_BAD_REQUEST;
}

/* Lets nothing through but the end, in front of which it puts the SCIM error. */
static apr_status_t error_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;
    scim_error_t *err;
    const char *body;
    apr_size_t len;
    int ended = scim_brigade_ended(bb);
    int status;

    apr_brigade_cleanup(bb);
    if (!ended) {
        return APR_SUCCESS;
    }
    ap_remove_output_filter(f);
    status = error_status(r);
    err = scim_error_make(r->pool, status, SCIM_TYPE_NONE, "%s", sentence_for(status, r->pool));
    body = scim_error_render(err, r->pool);
    len = strlen(body);
    headers_forget(r);
    r->status = status;
    r->status_line = NULL;
    ap_set_content_type(r, SCIM_MEDIA_TYPE);
    ap_set_content_length(r, (apr_off_t)len);
    scim_error_headers(r, status);
    apr_table_setn(r->notes, "scim-error", err->detail);
    scim_brigade_end(bb, body, len, r->pool);
    return ap_pass_brigade(f->next, bb);
}

/* Redirects that other modules answer with are passed on: they are not errors. */
static void insert_error_filter(request_rec *r)
{
    int unread = scim_route_get(r) == NULL && !r->prev;

    if ((ap_is_HTTP_ERROR(r->status) || (unread && ap_is_HTTP_REDIRECT(r->status))) &&
        scim_route_is_ours(r)) {
        ap_add_output_filter(FILTER_NAME, NULL, r, r->connection);
    }
}

/* The page of an ErrorDocument on its way as an internal redirect. */
static void insert_filter(request_rec *r)
{
    const request_rec *first = r;

    while (first->prev) {
        first = first->prev;
    }
    if (first != r && ap_is_HTTP_ERROR(first->status) && scim_route_is_ours(r)) {
        ap_add_output_filter(FILTER_NAME, NULL, r, r->connection);
    }
}

void scim_error_hooks(void)
{
    ap_register_output_filter(FILTER_NAME, error_filter, NULL, AP_FTYPE_RESOURCE);
    ap_hook_insert_error_filter(insert_error_filter, NULL, NULL, APR_HOOK_LAST);
    ap_hook_insert_filter(insert_filter, NULL, NULL, APR_HOOK_LAST);
}
