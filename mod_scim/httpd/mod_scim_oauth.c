/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_oauth.h"

#include <string.h>

#include <apr_strings.h>

#include <http_core.h>
#include <http_protocol.h>

#include "mod_scim_auth.h"
#include "mod_scim_base.h"
#include "mod_scim_db.h"
#include "mod_scim_http.h"
#include "mod_scim_oauth_impl.h"
#include "scim_form.h"
#include "scim_tenants.h"

#define WELL_KNOWN "/.well-known/oauth-authorization-server"
#define FORM_TYPE "application/x-www-form-urlencoded"

/* Longer than any request that has a meaning; an assertion may have 8 kB. */
#define FORM_MAX 32768

/* ---- which endpoint ---- */

typedef scim_oauth_error_t *(endpoint_fn)(scim_oauth_call_t *call);

struct scim_oauth_route_t {
    const scim_dir_t *dir;
    const char *path;   /* of the place, as in the request */
    const char *tenant; /* whom it names, or NULL */
    endpoint_fn *run;
    const char *allow; /* methods */
    int page;          /* 1: for browsers */
    const char *op;    /* for the logs */
};

static scim_oauth_error_t *metadata(scim_oauth_call_t *call)
{
    scim_oauth_meta_t meta = {0};

    meta.issuer = call->issuer;
    meta.grants = scim_oauth_grants(call->conf);
    meta.auths = scim_oauth_auths(call->conf);
    meta.algs = scim_oauth_algorithms(call->r->pool);
    scim_oauth_send_json(call, HTTP_OK, scim_oauth_metadata(&meta, call->r->pool));
    return NULL;
}

static const struct {
    const char *path; /* below the place's */
    endpoint_fn *run;
    const char *allow;
    int page;
    const char *op;
} endpoints[] = {
    {"/authorize", scim_oauth_authorize, "GET, HEAD, POST", 1, "oauth-authorize"},
    {"/token", scim_oauth_token, "POST", 0, "oauth-token"},
    {"/revoke", scim_oauth_revoke, "POST", 0, "oauth-revoke"},
    {WELL_KNOWN, metadata, "GET, HEAD", 0, "oauth-metadata"},
};

/*
 * path is that of the place in the request, with what the base says of it; below is what follows.
 */
static const scim_oauth_route_t *make_route(const scim_dir_t *dir, const char *path,
                                            const char *below, apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        if (strcmp(below, endpoints[i].path) == 0) {
            scim_oauth_route_t *route = apr_pcalloc(p, sizeof(*route));
            route->dir = dir;
            route->path = path;
            route->tenant = scim_base_tenant(scim_oauth_base(dir->oauth), path, p);
            route->run = endpoints[i].run;
            route->allow = endpoints[i].allow;
            route->page = endpoints[i].page;
            route->op = endpoints[i].op;
            return route;
        }
    }
    return NULL;
}

/* RFC 8414 section 3: the well-known path comes before that of the issuer. */
static const scim_oauth_route_t *well_known(request_rec *r)
{
    const scim_server_t *server = scim_server_get(r->server);
    const char *path = scim_base_below(WELL_KNOWN, r->uri);
    int i;

    for (i = 0; path && server && i < server->oauth->nelts; i++) {
        const scim_dir_t *dir = APR_ARRAY_IDX(server->oauth, i, const scim_dir_t *);
        const char *below = scim_base_below(scim_oauth_base(dir->oauth), path);
        if (below && !*below) {
            return make_route(dir, path, WELL_KNOWN, r->pool);
        }
    }
    return NULL;
}

const scim_oauth_route_t *scim_oauth_find(request_rec *r)
{
    const scim_dir_t *dir = ap_get_module_config(r->per_dir_config, &scim_module);
    const char *below;

    if (!scim_oauth_is_on(dir)) {
        return well_known(r);
    }
    below = scim_base_below(scim_oauth_base(dir->oauth), r->uri);
    return below ? make_route(dir, apr_pstrmemdup(r->pool, r->uri, (apr_size_t)(below - r->uri)),
                              below, r->pool)
                 : NULL;
}

/* ---- errors ---- */

scim_oauth_error_t *scim_oauth_fail(const scim_oauth_call_t *call, int status, const char *code,
                                    const char *detail)
{
    scim_oauth_error_t *err = apr_pcalloc(call->r->pool, sizeof(*err));

    err->status = status;
    err->code = code;
    err->detail = detail;
    return err;
}

scim_oauth_error_t *scim_oauth_from(const scim_oauth_call_t *call, const scim_error_t *err)
{
    scim_oauth_error_t *out;
    const char *code = "invalid_request";

    if (!err) {
        return NULL;
    }
    if (err->status == HTTP_SERVICE_UNAVAILABLE || err->status == HTTP_TOO_MANY_REQUESTS) {
        code = "temporarily_unavailable";
    } else if (err->status >= 500) {
        code = "server_error";
    }
    out = scim_oauth_fail(call, err->status, code, err->detail);
    out->cause = err;
    return out;
}

static const char *tenant_name(const scim_oauth_call_t *call)
{
    return call->tenant ? call->tenant->name : call->dir->tenant ? call->dir->tenant : "-";
}

static void log_error(const scim_oauth_call_t *call, const scim_oauth_error_t *err)
{
    request_rec *r = call->r;

    if (err->status < 500) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "SCIM3260: OAuth refused with %d %s: %s",
                      err->status, err->code, err->detail);
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "%s: OAuth in tenant %s failed with %d: %s",
                  err->cause && err->cause->msgid ? err->cause->msgid : "SCIM3261",
                  tenant_name(call), err->status,
                  err->cause && err->cause->log ? err->cause->log : err->detail);
}

static void send_error(const scim_oauth_call_t *call, const scim_oauth_error_t *err)
{
    request_rec *r = call->r;

    if (err->status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(r->headers_out, "Retry-After", SCIM_RETRY_AFTER);
    }
    if (call->page) {
        scim_oauth_send_error_page(call, err);
    } else {
        scim_oauth_send_json(call, err->status, scim_oauth_error(err->code, err->detail, r->pool));
    }
}

/* ---- bodies ---- */

static int is_form(const request_rec *r)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    const char *encoding = apr_table_get(r->headers_in, "Content-Encoding");
    apr_size_t len = type ? strcspn(type, "; \t") : 0;

    return len == strlen(FORM_TYPE) && ap_cstr_casecmpn(type, FORM_TYPE, len) == 0 &&
           (!encoding || ap_cstr_casecmp(encoding, "identity") == 0);
}

scim_oauth_error_t *scim_oauth_form(scim_oauth_call_t *call, scim_form_field_t *fields, int n)
{
    scim_buf_t *body = NULL;
    scim_error_t *err;

    if (!is_form(call->r)) {
        return scim_oauth_fail(call, HTTP_BAD_REQUEST, "invalid_request",
                               "The body must be " FORM_TYPE ".");
    }
    /* A client may be slow; nobody else should wait for this connection meanwhile. */
    scim_dbd_release(call->db, 1);
    err = scim_body_bytes(&body, call->r, FORM_MAX);
    if (!err) {
        err = scim_form_read(fields, n, body->data, body->len, call->r->pool);
    }
    return scim_oauth_from(call, err);
}

/* ---- replies ---- */

void scim_oauth_send_json(const scim_oauth_call_t *call, int status, const char *body)
{
    request_rec *r = call->r;

    r->status = status;
    apr_table_unset(r->headers_in, "Range");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "Pragma", "no-cache"); /* RFC 6749 section 5.1 */
    ap_set_content_type(r, "application/json");
    ap_set_content_length(r, (apr_off_t)strlen(body));
    ap_rputs(body, r);
}

void scim_oauth_send_redirect(const scim_oauth_call_t *call, const char *url)
{
    request_rec *r = call->r;

    r->status = HTTP_SEE_OTHER; /* RFC 9700 section 4.12: never again with the body */
    apr_table_setn(r->headers_out, "Location", url);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    ap_set_content_type(r, "text/plain");
    ap_set_content_length(r, 0);
}

/* ---- the request ---- */

/* Whoever asks may choose the host name: where it matters, ScimOAuthIssuer is set. */
static const char *issuer_of(const scim_oauth_call_t *call, const scim_oauth_route_t *route)
{
    const char *issuer = call->conf->issuer;
    const char *hole = issuer ? strstr(issuer, SCIM_BASE_TENANT) : NULL;
    apr_pool_t *p = call->r->pool;

    if (!issuer) {
        return scim_http_url(call->r, route->path);
    }
    return hole && route->tenant
               ? apr_pstrcat(p, apr_pstrmemdup(p, issuer, (apr_size_t)(hole - issuer)),
                             route->tenant, hole + strlen(SCIM_BASE_TENANT), NULL)
               : issuer;
}

/* One that a path names must be known; any may be switched off. */
static scim_oauth_error_t *check_tenant(scim_oauth_call_t *call, const char *named)
{
    const char *name = named ? named : call->dir->tenant;
    scim_tenant_row_t *row = NULL;
    scim_error_t *err = NULL;

    if (scim_tenants_is_name(name)) {
        err = scim_tenants_find(&row, call->db, name, call->r->pool);
    }
    if (err) {
        return scim_oauth_from(call, err);
    }
    if (named && !row) {
        return scim_oauth_fail(call, HTTP_NOT_FOUND, "invalid_request",
                               "There is no such tenant here.");
    }
    if ((row && !row->on) || call->dir->provisioning == 0) {
        return scim_oauth_fail(call, HTTP_FORBIDDEN, "access_denied",
                               "Provisioning is switched off for this tenant.");
    }
    return NULL;
}

static scim_oauth_error_t *check_method(const scim_oauth_call_t *call, const char *allow)
{
    request_rec *r = call->r;

    if (scim_http_allows(r, allow)) {
        return NULL;
    }
    apr_table_setn(r->headers_out, "Allow", allow);
    return scim_oauth_fail(call, HTTP_METHOD_NOT_ALLOWED, "invalid_request",
                           "This method is not allowed here.");
}

static scim_oauth_error_t *serve(scim_oauth_call_t *call, const scim_oauth_route_t *route)
{
    request_rec *r = call->r;
    const scim_dbd_source_t *source = scim_db_source(r->server);
    scim_oauth_error_t *err = scim_oauth_from(call, scim_auth_transport(r, call->dir));
    scim_tenant_t *tenant;

    if (!err) {
        err = check_method(call, route->allow);
    }
    if (err) {
        return err;
    }
    if (!source) {
        return scim_oauth_from(
            call, scim_error_internal(r->pool, HTTP_SERVICE_UNAVAILABLE, "SCIM3262",
                                      "ScimOAuth was not on here when the server started",
                                      "The service is not available here."));
    }
    call->db = scim_dbd_make(source, r->pool);
    err = check_tenant(call, route->tenant);
    if (err) {
        return err;
    }
    tenant = scim_config_base_tenant(call->dir, r->pool);
    tenant->name = route->tenant ? route->tenant : call->dir->tenant;
    call->tenant = tenant;
    call->issuer = issuer_of(call, route);
    call->store = scim_store_make(call->db, tenant, r->pool);
    return route->run(call);
}

int scim_oauth_run(request_rec *r)
{
    const scim_route_t *route = scim_route_get(r);
    scim_oauth_call_t call = {0};
    scim_oauth_error_t *err;

    if (!route || !route->oauth) {
        return DECLINED;
    }
    call.r = r;
    call.dir = route->oauth->dir;
    call.conf = call.dir->oauth;
    call.page = route->oauth->page;
    err = serve(&call, route->oauth);
    if (call.db) {
        scim_dbd_release(call.db, 1);
    }
    apr_table_setn(r->notes, "scim-tenant", tenant_name(&call));
    apr_table_setn(r->notes, "scim-op", route->oauth->op);
    if (err) {
        log_error(&call, err);
        send_error(&call, err);
    }
    return OK;
}
