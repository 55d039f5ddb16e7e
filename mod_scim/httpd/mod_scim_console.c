/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_console.h"

#include <string.h>

#include <apr_strings.h>

#include <http_core.h>
#include <http_protocol.h>

#include "mod_scim_audit.h"
#include "mod_scim_auth.h"
#include "mod_scim_base.h"
#include "mod_scim_console_files.h"
#include "mod_scim_console_impl.h"
#include "mod_scim_db.h"
#include "mod_scim_http.h"
#include "scim_json.h"

#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "                    \
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/* Longer than any request that has a meaning: a client's keys may have 16 kB. */
#define BODY_MAX 65536

/* ---- which endpoint ---- */

#define API "/api/"

static const struct endpoint_t {
    const char *path; /* below api/; a "*" stands for one segment */
    scim_console_fn *get;
    scim_console_fn *post;
} endpoints[] = {
    {"session", scim_console_session, NULL},
    {"tokens", scim_console_tokens, scim_console_token_create},
    {"tokens/*/revoke", NULL, scim_console_token_revoke},
    {"users", scim_console_users, NULL},
    {"users/*", scim_console_user, NULL},
    {"groups", scim_console_groups, NULL},
    {"groups/*", scim_console_group, NULL},
    {"clients", scim_console_clients, scim_console_client_create},
    {"clients/*/revoke", NULL, scim_console_client_revoke},
    {"grants", scim_console_grants, NULL},
    {"grants/*/revoke", NULL, scim_console_grant_revoke},
    {"activity", scim_console_activity, NULL},
    {"setup", scim_console_setup, NULL},
};

const scim_console_t *scim_console_find(request_rec *r)
{
    const scim_dir_t *dir = ap_get_module_config(r->per_dir_config, &scim_module);
    const scim_server_t *server = scim_server_get(r->server);
    int i;

    if (!dir->console || dir->console->on != 1 || !scim_base_below(dir->console->path, r->uri)) {
        return NULL;
    }
    for (i = 0; i < server->consoles->nelts; i++) {
        const scim_console_t *console = APR_ARRAY_IDX(server->consoles, i, const scim_console_t *);
        if (strcmp(console->path, dir->console->path) == 0) {
            return console;
        }
    }
    return NULL;
}

/* Whether a path is the pattern's. @param id set to what stands for "*", still encoded, or NULL */
static int matches(const char *pattern, const char *path, const char **id, apr_pool_t *p)
{
    const char *star = strchr(pattern, '*');
    apr_size_t before = star ? (apr_size_t)(star - pattern) : 0;
    apr_size_t len;

    *id = NULL;
    if (!star) {
        return strcmp(pattern, path) == 0;
    }
    if (strncmp(pattern, path, before) != 0) {
        return 0;
    }
    len = strcspn(path + before, "/");
    *id = apr_pstrmemdup(p, path + before, len);
    return len > 0 && strcmp(star + 1, path + before + len) == 0;
}

static const struct endpoint_t *find_endpoint(const char **id, const char *path, apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        if (matches(endpoints[i].path, path, id, p)) {
            return &endpoints[i];
        }
    }
    return NULL;
}

/* ---- what endpoints use ---- */

scim_error_t *scim_console_refuse(const scim_console_call_t *call, int status, const char *detail)
{
    return scim_error_make(call->r->pool, status, SCIM_TYPE_NONE, "%s", detail);
}

scim_error_t *scim_console_reply(scim_console_call_t *call, int status, json_t *fresh)
{
    call->status = status;
    call->reply = scim_json_own(fresh, call->r->pool);
    return NULL;
}

scim_error_t *scim_console_query(const scim_console_call_t *call, scim_form_field_t *fields, int n)
{
    const char *args = call->r->args ? call->r->args : "";

    return scim_form_read(fields, n, args, strlen(args), call->r->pool);
}

scim_error_t *scim_console_count(int *count, const scim_console_call_t *call,
                                 const scim_form_field_t *field, int usual, int max)
{
    const char *text = field->value;
    apr_size_t len = text ? strlen(text) : 0;
    apr_int64_t n = usual;

    if (text) {
        n = len <= 9 && strspn(text, "0123456789") == len ? apr_atoi64(text) : 0;
    }
    if (n < 1) {
        return scim_console_refuse(call, HTTP_BAD_REQUEST, "count must be a whole number above 0.");
    }
    *count = n > max ? max : (int)n;
    return NULL;
}

scim_error_t *scim_console_text(const char **text, const scim_console_call_t *call,
                                const char *name)
{
    const json_t *value = json_object_get(call->body, name);

    *text = NULL;
    if (value && !json_is_null(value) && !json_is_string(value)) {
        return scim_error_make(call->r->pool, HTTP_BAD_REQUEST, SCIM_TYPE_NONE,
                               "%s must be a string.", name);
    }
    if (json_is_string(value)) {
        *text = json_string_value(value);
    }
    return NULL;
}

json_t *scim_console_text_new(const char *text)
{
    return text ? json_string(text) : json_null();
}

json_t *scim_console_time_new(apr_time_t t)
{
    return t ? json_integer(apr_time_as_msec(t)) : json_null();
}

/* ---- replies ---- */

static void set_headers(request_rec *r, int status, const char *type)
{
    r->status = status;
    apr_table_unset(r->headers_in, "Range");
    apr_table_setn(r->headers_out, "Content-Security-Policy", POLICY);
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "X-Frame-Options", "DENY");
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    apr_table_setn(r->headers_out, "Cross-Origin-Resource-Policy", "same-origin");
    apr_table_setn(r->headers_out, "Cross-Origin-Opener-Policy", "same-origin");
    ap_set_content_type(r, type);
}

static void send_json(request_rec *r, int status, const json_t *value)
{
    apr_size_t len;
    const char *text = scim_json_dump(value, &len, r->pool);

    set_headers(r, status, "application/json");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_set_content_length(r, (apr_off_t)len);
    ap_rwrite(text, (int)len, r);
}

/* Of what is away one line tells, where that was found out; not every request that it costs. */
static void log_error(const scim_console_call_t *call, const scim_error_t *err)
{
    request_rec *r = call->r;

    if (!err->msgid && (err->status < 500 || err->status == HTTP_SERVICE_UNAVAILABLE)) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "SCIM3393: console refused with %d: %s",
                      err->status, err->detail);
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "%s: the console of tenant %s failed with %d: %s",
                  err->msgid ? err->msgid : "SCIM3394", call->console->tenant, err->status,
                  err->log ? err->log : err->detail);
}

static void send_error(const scim_console_call_t *call, const scim_error_t *err)
{
    request_rec *r = call->r;
    json_t *value = scim_json_own(json_object(), r->pool);

    json_object_set_new(value, "status", json_integer(err->status));
    json_object_set_new(value, "detail", json_string(err->detail));
    if (err->status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(r->headers_out, "Retry-After", SCIM_RETRY_AFTER);
    }
    apr_table_setn(r->notes, "scim-error", err->detail);
    send_json(r, err->status, value);
}

/* ---- the page and its parts ---- */

static scim_error_t *check_method(const scim_console_call_t *call, const char *allow)
{
    request_rec *r = call->r;

    if (scim_http_allows(r, allow)) {
        return NULL;
    }
    apr_table_setn(r->headers_out, "Allow", allow);
    return scim_console_refuse(call, HTTP_METHOD_NOT_ALLOWED, "This method is not allowed here.");
}

static scim_error_t *send_file(const scim_console_call_t *call, const char *name)
{
    request_rec *r = call->r;
    const scim_file_t *file = scim_files_find(call->console->files, name);
    scim_error_t *err;
    int rc;

    if (!file) {
        return scim_console_refuse(call, HTTP_NOT_FOUND, "The console has no such page.");
    }
    err = check_method(call, "GET, HEAD");
    if (err) {
        return err;
    }
    set_headers(r, HTTP_OK, file->type);
    apr_table_setn(r->headers_out, "Cache-Control", "no-cache");
    apr_table_setn(r->headers_out, "ETag", file->etag);
    rc = ap_meets_conditions(r);
    if (rc != OK) {
        r->status = rc;
        return NULL;
    }
    ap_set_content_length(r, (apr_off_t)file->len);
    ap_rwrite(file->data, (int)file->len, r);
    return NULL;
}

/* The page's own links are relative to the path with the slash. */
static scim_error_t *send_to_slash(const scim_console_call_t *call)
{
    request_rec *r = call->r;
    scim_error_t *err = check_method(call, "GET, HEAD");

    if (err) {
        return err;
    }
    set_headers(r, HTTP_MOVED_TEMPORARILY, "text/plain");
    apr_table_setn(r->headers_out, "Location", apr_pstrcat(r->pool, r->uri, "/", NULL));
    ap_set_content_length(r, 0);
    return NULL;
}

/* ---- the API ---- */

static int is_json(const request_rec *r)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    apr_size_t len = type ? strcspn(type, "; \t") : 0;

    return len == strlen("application/json") &&
           ap_cstr_casecmpn(type, "application/json", len) == 0;
}

static int has_body(const request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    return length ? apr_atoi64(length) != 0
                  : apr_table_get(r->headers_in, "Transfer-Encoding") != NULL;
}

static scim_error_t *read_body(scim_console_call_t *call)
{
    request_rec *r = call->r;
    scim_buf_t *bytes = NULL;
    scim_error_t *err;

    if (!has_body(r)) {
        return NULL;
    }
    if (!is_json(r)) {
        return scim_console_refuse(call, HTTP_UNSUPPORTED_MEDIA_TYPE,
                                   "The body must be application/json.");
    }
    scim_dbd_release(call->db, 1); /* the network may be slow */
    err = scim_body_bytes(&bytes, r, BODY_MAX);
    if (!err) {
        err =
            scim_json_load(&call->body, bytes->data ? bytes->data : "", bytes->len, NULL, r->pool);
    }
    if (!err && !json_is_object(call->body)) {
        err = scim_console_refuse(call, HTTP_BAD_REQUEST, "The body must be a JSON object.");
    }
    return err;
}

static scim_error_t *open_store(scim_console_call_t *call)
{
    request_rec *r = call->r;
    const scim_dbd_source_t *source = scim_db_source(r->server);

    call->tenant = source ? scim_config_tenant(call->console->scim, r->pool) : NULL;
    if (!call->tenant) {
        return scim_error_internal(r->pool, HTTP_SERVICE_UNAVAILABLE, "SCIM3392",
                                   "the tenant's SCIM base was not there when the server started",
                                   "The service is not available here.");
    }
    call->tenant->name = call->console->tenant;
    call->map = call->tenant->map;
    call->tenant->map = NULL;
    call->base = scim_http_url(r, call->console->base);
    call->db = scim_dbd_make(source, r->pool);
    call->store = scim_store_make(call->db, call->tenant, r->pool);
    return NULL;
}

static scim_error_t *find_id(scim_console_call_t *call, const char *encoded)
{
    const char *why;

    call->id = scim_form_decode(encoded, strlen(encoded), 0, &why, call->r->pool);
    return call->id ? NULL
                    : scim_error_make(call->r->pool, HTTP_BAD_REQUEST, SCIM_TYPE_NONE,
                                      "The path has %s.", why);
}

static scim_error_t *run_endpoint(scim_console_call_t *call, const struct endpoint_t *endpoint)
{
    scim_error_t *err;

    if (call->r->method_number != M_POST) {
        return endpoint->get(call);
    }
    err = scim_console_check_seal(call);
    if (!err) {
        err = read_body(call);
    }
    if (!err) {
        scim_audit_user(&call->who, call->r);
        err = endpoint->post(call);
    }
    if (!err && call->tenant->audit) {
        scim_audit_tend(call->r, call->tenant->name, call->store);
    }
    return err;
}

static scim_error_t *serve_api(scim_console_call_t *call, const char *path)
{
    const char *encoded;
    const struct endpoint_t *endpoint = find_endpoint(&encoded, path, call->r->pool);
    scim_error_t *err;

    if (!endpoint) {
        return scim_console_refuse(call, HTTP_NOT_FOUND, "The console has no such endpoint.");
    }
    err = check_method(call, !endpoint->post ? "GET, HEAD"
                             : endpoint->get ? "GET, HEAD, POST"
                                             : "POST");
    if (!err && encoded) {
        err = find_id(call, encoded);
    }
    if (!err) {
        err = open_store(call);
    }
    if (!err) {
        err = run_endpoint(call, endpoint);
    }
    if (call->db) {
        scim_dbd_release(call->db, 1);
    }
    if (!err) {
        send_json(call->r, call->status, call->reply);
    }
    return err;
}

/* ---- the request ---- */

/* httpd has signed somebody in, and what it calls them can be shown and kept. */
static scim_error_t *check_user(const scim_console_call_t *call)
{
    const char *user = call->r->user;

    if (!user || !*user) {
        return scim_error_internal(
            call->r->pool, HTTP_FORBIDDEN, "SCIM3395",
            "nobody is signed in: set AuthType and Require for the path of ScimConsole",
            "The console needs a sign-in, which is not set up here.");
    }
    if (!scim_text_is_line(user, SCIM_TOKEN_LABEL_CHARS)) {
        return scim_console_refuse(call, HTTP_FORBIDDEN, "Your user name cannot be used here.");
    }
    return NULL;
}

static scim_error_t *serve(scim_console_call_t *call)
{
    const char *path = scim_base_below(call->console->path, call->r->uri);
    const scim_dir_t *dir = ap_get_module_config(call->r->per_dir_config, &scim_module);
    scim_error_t *err = scim_auth_transport(call->r, dir);

    if (!err) {
        err = check_user(call);
    }
    if (err) {
        return err;
    }
    if (!*path) {
        return send_to_slash(call);
    }
    if (strncmp(path, API, strlen(API)) == 0) {
        return serve_api(call, path + strlen(API));
    }
    return send_file(call, path + 1);
}

int scim_console_run(request_rec *r)
{
    const scim_route_t *route = scim_route_get(r);
    scim_console_call_t call = {0};
    scim_error_t *err;

    if (!route || !route->console) {
        return DECLINED;
    }
    call.r = r;
    call.console = route->console;
    apr_table_setn(r->notes, "scim-tenant", call.console->tenant);
    apr_table_setn(r->notes, "scim-op", "console");
    err = serve(&call);
    if (err) {
        log_error(&call, err);
        send_error(&call, err);
    }
    return OK;
}
