/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>
#include <util_filter.h>

#include <http_protocol.h>

#include "mod_scim_brigade.h"
#include "mod_scim_http.h"

/* What is allocated before the first byte is here, whatever length was announced. */
#define FIRST_ROOM 65536

/* Bytes asked for at once. */
#define PIECE 8192

/* ---- headers of a body ---- */

static scim_error_t *refuse(const request_rec *r, int status, const char *detail)
{
    return scim_error_make(r->pool, status, SCIM_TYPE_NONE, "%s", detail);
}

static int is_type(const char *value, apr_size_t len, const char *type)
{
    return strlen(type) == len && ap_cstr_casecmpn(value, type, len) == 0;
}

/* The value of a media type's charset parameter is UTF-8, or there is none. */
static int is_utf8(const char *parameters)
{
    const char *at;

    for (at = parameters; *at; at += strcspn(at, ";")) {
        apr_size_t quoted;
        at += strspn(at, "; \t");
        if (ap_cstr_casecmpn(at, "charset=", 8) != 0) {
            continue;
        }
        at += 8;
        quoted = *at == '"';
        at += quoted;
        if (!is_type(at, strcspn(at, quoted ? "\"" : "; \t"), "utf-8")) {
            return 0;
        }
    }
    return 1;
}

/* A body without a Content-Type is taken for JSON: it will be parsed or refused as that. */
static scim_error_t *check_type(const request_rec *r)
{
    const apr_table_t *headers = r->headers_in;
    const char *type = apr_table_get(headers, "Content-Type");
    const char *encoding = apr_table_get(headers, "Content-Encoding");
    apr_size_t len;

    if (encoding && *encoding && ap_cstr_casecmp(encoding, "identity") != 0) {
        return refuse(r, HTTP_UNSUPPORTED_MEDIA_TYPE, "The body must not have a Content-Encoding.");
    }
    if (!type || !*type) {
        return NULL;
    }
    len = strcspn(type, "; \t");
    if (!is_type(type, len, SCIM_MEDIA_TYPE) && !is_type(type, len, "application/json")) {
        return refuse(r, HTTP_UNSUPPORTED_MEDIA_TYPE,
                      "The Content-Type must be application/scim+json or application/json.");
    }
    if (!is_utf8(type + len)) {
        return refuse(r, HTTP_UNSUPPORTED_MEDIA_TYPE, "The body's charset must be utf-8.");
    }
    return NULL;
}

static scim_error_t *too_large(const request_rec *r, apr_size_t max)
{
    return scim_error_make(r->pool, HTTP_REQUEST_ENTITY_TOO_LARGE, SCIM_TYPE_NONE,
                           "The request's body is larger than %" APR_SIZE_T_FMT " bytes.", max);
}

static scim_error_t *check_length(const request_rec *r, apr_size_t max)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    /* In HTTP/2 a body may come without either header. */
    if (!length && !apr_table_get(r->headers_in, "Transfer-Encoding")) {
        return refuse(r, HTTP_LENGTH_REQUIRED, "This request needs a body and its Content-Length.");
    }
    if (length && apr_atoi64(length) > (apr_int64_t)max) {
        return too_large(r, max);
    }
    return NULL;
}

/* ---- reading ---- */

static scim_error_t *read_failed(const request_rec *r, apr_status_t rv)
{
    switch (ap_map_http_request_error(rv, HTTP_BAD_REQUEST)) {
    case HTTP_REQUEST_ENTITY_TOO_LARGE:
        return refuse(r, HTTP_REQUEST_ENTITY_TOO_LARGE,
                      "The request's body is larger than this server accepts.");
    case HTTP_REQUEST_TIME_OUT:
        return refuse(r, HTTP_REQUEST_TIME_OUT, "The request's body did not arrive in time.");
    default:
        return refuse(r, HTTP_BAD_REQUEST,
                      "The request's body ended early or was not sent as HTTP demands.");
    }
}

/* Append a brigade's bytes: at most as many as were asked for. */
static scim_error_t *append(scim_buf_t *out, apr_bucket_brigade *bb, const request_rec *r,
                            apr_size_t max)
{
    char piece[PIECE];
    apr_size_t len = sizeof(piece);
    apr_status_t rv = apr_brigade_flatten(bb, piece, &len);

    if (rv != APR_SUCCESS) {
        return read_failed(r, rv);
    }
    if (len > max - out->len) {
        return too_large(r, max);
    }
    scim_buf_add(out, piece, len);
    return NULL;
}

static apr_size_t first_room(const request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");
    apr_int64_t n = length ? apr_atoi64(length) + 1 : FIRST_ROOM;

    return (apr_size_t)(n > FIRST_ROOM ? FIRST_ROOM : n);
}

scim_error_t *scim_body_bytes(scim_buf_t **body, request_rec *r, apr_size_t max)
{
    scim_error_t *err = check_length(r, max);
    apr_bucket_brigade *bb;
    scim_buf_t *out;
    int end = 0;

    if (err) {
        return err;
    }
    out = scim_buf_make(first_room(r), r->pool);
    bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    while (!end && !err) {
        apr_status_t rv =
            ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES, APR_BLOCK_READ, PIECE);
        err = rv == APR_SUCCESS ? append(out, bb, r, max) : read_failed(r, rv);
        end = scim_brigade_ended(bb);
        apr_brigade_cleanup(bb);
    }
    apr_brigade_destroy(bb);
    if (err) {
        r->connection->keepalive = AP_CONN_CLOSE;
    } else {
        *body = out;
    }
    return err;
}

scim_error_t *scim_body_read(scim_call_t *call)
{
    apr_size_t max = (apr_size_t)scim_config_max_body(call->dir);
    scim_buf_t *out = NULL;
    scim_error_t *err = check_length(call->r, max);

    if (!err) {
        err = check_type(call->r);
    }
    if (!err) {
        err = scim_body_bytes(&out, call->r, max);
    }
    if (err) {
        return err;
    }
    call->request.body = out->len > 0 ? out->data : NULL;
    call->request.body_len = out->len;
    return NULL;
}
