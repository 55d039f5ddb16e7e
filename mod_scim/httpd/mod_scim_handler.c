/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_handler.h"

#include <string.h>

#include <apr_strings.h>

#include "mod_scim_audit.h"
#include "mod_scim_auth.h"
#include "mod_scim_db.h"
#include "mod_scim_http.h"
#include "mod_scim_rate.h"
#include "mod_scim_stats.h"

/* Longest list of attribute names in a log line; a client chose them. */
#define IGNORED_LOG "%.400s"

/* The same of names that schemas have. */
#define ATTRS_LOG "%.1000s"

/* ---- what the logs are told, once, at the request's end ---- */

static const char *or_dash(const char *s)
{
    return s ? s : "-";
}

/* For LogFormat's %{scim-…}n. */
static void notes(scim_call_t *call, const scim_error_t *err)
{
    apr_table_t *notes = call->r->notes;

    apr_table_setn(notes, "scim-tenant", call->tenant->name);
    if (call->reply.op) {
        apr_table_setn(notes, "scim-op", call->reply.op);
    }
    if (call->reply.type) {
        apr_table_setn(notes, "scim-type", call->reply.type);
    }
    if (call->reply.id) {
        apr_table_setn(notes, "scim-id", call->reply.id);
    }
    if (!err && call->auth.caller.label) {
        scim_audit_who(call, 1);
    }
    if (!err && call->reply.attrs) {
        apr_table_setn(notes, "scim-attrs", call->reply.attrs);
    }
    if (err) {
        apr_table_setn(notes, "scim-error", err->detail);
    }
}

static int is_write(const scim_call_t *call)
{
    /* A POST to .search is a list. */
    return call->request.method != SCIM_GET && call->request.method != SCIM_METHOD_OTHER &&
           !(call->reply.op && strcmp(call->reply.op, "list") == 0);
}

/* The method of the request, or of an operation inside it. */
static const char *method_name(const scim_call_t *call)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    scim_method_t method = call->request.method;

    return method == SCIM_GET || method == SCIM_METHOD_OTHER ? call->r->method : names[method];
}

static void log_write(const scim_call_t *call)
{
    const scim_reply_t *reply = &call->reply;
    request_rec *r = call->r;

    if (strcmp(reply->op, "bulk") == 0) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "SCIM3120: bulk by %s in tenant %s: %d operations done, %d failed, %d not "
                      "tried",
                      or_dash(r->user), call->tenant->name, reply->bulk_done, reply->bulk_failed,
                      reply->bulk_left);
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "SCIM3030: %s %s by %s in tenant %s: type %s, id %s, status %d, "
                  "changed " ATTRS_LOG,
                  method_name(call), or_dash(reply->op), or_dash(r->user), call->tenant->name,
                  or_dash(reply->type), or_dash(reply->id), reply->status,
                  reply->attrs    ? reply->attrs
                  : reply->changed ? "the whole"
                                   : "nothing");
}

static void log_success(const scim_call_t *call)
{
    const scim_reply_t *reply = &call->reply;
    request_rec *r = call->r;

    if (is_write(call)) {
        log_write(call);
    }
    if (reply->ignored) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "SCIM3031: attributes that no schema defines were ignored: " IGNORED_LOG,
                      reply->ignored);
    }
    if (reply->unknown_members > 0) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "SCIM3032: %d members that do not exist were skipped in %s %s",
                      reply->unknown_members, or_dash(reply->type), or_dash(reply->id));
    }
    if (reply->audit_error) {
        scim_audit_tend_failed(r, call->tenant->name, reply->audit_error);
    }
    if (call->gone) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "SCIM3033: the client closed the connection before the reply was out");
    }
}

/* Of what is away one line tells, where that was found out; not every request that it costs. */
static int is_known(const scim_error_t *err)
{
    return err->status == HTTP_SERVICE_UNAVAILABLE && !err->msgid;
}

static void log_error(const scim_call_t *call, const scim_error_t *err)
{
    request_rec *r = call->r;

    if (call->gone) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "SCIM3034: the client closed the connection during the reply");
    } else if (err->status == HTTP_TOO_MANY_REQUESTS) {
        return; /* told once for many of them, by mod_scim_rate.c */
    } else if (err->status < 500 || err->status == HTTP_NOT_IMPLEMENTED || is_known(err)) {
        const char *type = scim_error_type_name(err->type);
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "SCIM3035: refused with %d%s%s: %s",
                      err->status, type ? " " : "", type ? type : "", err->detail);
    } else {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "%s: %s %s in tenant %s failed with %d%s: %s",
                      err->msgid ? err->msgid : "SCIM3036", method_name(call),
                      or_dash(call->reply.op), call->tenant->name, err->status,
                      call->started ? " after its reply had begun, which was cut off" : "",
                      err->log ? err->log : err->detail);
    }
}

/* An operation of a Bulk request is logged as a request is. */
static void operation_done(void *baton, const scim_request_t *request, const scim_reply_t *reply,
                           const scim_error_t *err)
{
    scim_call_t call = *(const scim_call_t *)baton;

    call.request = *request;
    call.reply = *reply;
    if (err) {
        scim_audit_operation(&call, err);
        log_error(&call, err);
    } else {
        log_success(&call);
    }
}

/* ---- the request ---- */

/* A sink in front of the network's. */
typedef struct gate_t {
    scim_sink_t next;
    scim_dbd_t *db;
} gate_t;

/* The network may be slow; nobody else should wait for this connection meanwhile. */
static scim_error_t *gate_write(void *baton, const char *data, apr_size_t len)
{
    gate_t *gate = baton;

    scim_dbd_release(gate->db, 1);
    return gate->next.write(gate->next.baton, data, len);
}

static scim_error_t *run_service(scim_call_t *call)
{
    gate_t gate = {scim_http_sink(call), call->auth.db};
    const scim_sink_t sink = {gate_write, &gate};
    const scim_watch_t watch = {operation_done, call};
    scim_error_t *err;

    call->request.watch = &watch;
    scim_store_bookmarks(call->store, scim_server_get(call->r->server)->bookmarks);
    err = scim_service_handle(&call->reply, &call->request, call->tenant, call->store, &sink,
                              call->r->pool);
    call->request.watch = NULL;
    return err;
}

static int takes_body(scim_method_t method)
{
    return method == SCIM_POST || method == SCIM_PUT || method == SCIM_PATCH;
}

/* No database work yet. */
static scim_error_t *open_store(scim_call_t *call)
{
    request_rec *r = call->r;
    const scim_dbd_source_t *source = scim_db_source(r->server);

    if (!source) {
        return scim_error_internal(r->pool, HTTP_SERVICE_UNAVAILABLE, "SCIM3037",
                                   "SCIM was not enabled here when the server started",
                                   "The service is not available here.");
    }
    call->auth.db = scim_dbd_make(source, r->pool);
    call->store = scim_store_make(call->auth.db, call->tenant, r->pool);
    return NULL;
}

/*
 * What a request must pass before anything is done for it. A read of one resource asks for its
 * token in its own statement (scim_guard.h); what it finds stays here until the guard has judged.
 */
static scim_error_t *admit(scim_call_t *call)
{
    scim_error_t *err = scim_auth_transport(call->r, call->dir);

    err = err ? err : open_store(call);
    if (err) {
        return err;
    }
    return scim_auth_check(&call->auth, call->store,
                           scim_service_reads_one(call->tenant, &call->request, call->r->pool));
}

/* A body is read only where it will be used: elsewhere the path or the method is the error. */
static scim_error_t *serve(scim_call_t *call)
{
    request_rec *r = call->r;
    const char *allow;
    scim_error_t *err = admit(call);

    if (err) {
        return err;
    }
    call->request.owner = call->auth.caller.owner;
    if (is_write(call)) {
        scim_audit_who(call, 1);
    }
    allow = scim_service_allow(call->tenant, &call->request, r->pool);
    if (allow && r->method_number == M_OPTIONS) {
        call->reply.op = "options";
        call->reply.allow = allow;
        call->reply.status = HTTP_NO_CONTENT;
        return NULL;
    }
    if (allow && takes_body(call->request.method) && ap_find_token(r->pool, allow, r->method)) {
        scim_dbd_release(call->auth.db, 1); /* the network may be slow here too */
        err = scim_body_read(call);
        if (err) {
            return err;
        }
    }
    return run_service(call);
}

/* A label alone proves nothing: it may be that of a token which is not good here. */
static int is_let_in(const scim_call_t *call, const scim_error_t *err)
{
    return call->auth.caller.label && err->status != HTTP_UNAUTHORIZED;
}

/* Nobody learns what an error was before it is known who asks. */
static scim_error_t *serve_admitted(scim_call_t *call)
{
    scim_error_t *err = serve(call);
    scim_error_t *refusal = NULL;

    if (call->store && (!err || err->status < 500)) {
        refusal = scim_store_admit(call->store);
    }
    if (refusal && refusal != err) {
        const char *op = call->reply.op;

        memset(&call->reply, 0, sizeof(call->reply));
        call->reply.op = op;
        err = refusal;
    }
    if (err) {
        scim_audit_who(call, is_let_in(call, err));
        scim_audit_refused(call, err);
    }
    if (call->auth.db) {
        scim_dbd_release(call->auth.db, 1);
    }
    return err;
}

/* A section that was not there when the configuration was checked. */
static int fail_uncompiled(scim_call_t *call)
{
    scim_error_t *err =
        scim_error_internal(call->r->pool, HTTP_INTERNAL_SERVER_ERROR, "SCIM3201",
                            "the directives of this place were not compiled at the start",
                            "The service is not configured here.");

    call->tenant = scim_config_base_tenant(call->dir, call->r->pool);
    notes(call, err);
    log_error(call, err);
    scim_http_fail(call, err);
    return OK;
}

/* What the log_transaction hook does not see (mod_scim_stats.c). */
static void count(const scim_call_t *call, const scim_error_t *err)
{
    const server_rec *s = call->r->server;

    if (err && call->auth.refusal) {
        scim_stats_add(s, call->auth.refusal, 1);
    }
    scim_stats_add(s, SCIM_TALLY_BULK_DONE, (apr_uint64_t)call->reply.bulk_done);
    scim_stats_add(s, SCIM_TALLY_BULK_FAILED, (apr_uint64_t)call->reply.bulk_failed);
    scim_stats_add(s, SCIM_TALLY_BULK_LEFT, (apr_uint64_t)call->reply.bulk_left);
}

int scim_handler_run(request_rec *r)
{
    scim_route_t *route = scim_route_get(r);
    scim_call_t call = {0};
    scim_error_t *err;

    if (!route || !route->base || !route->path) {
        return DECLINED;
    }
    call.r = r;
    call.dir = ap_get_module_config(r->per_dir_config, &scim_module);
    call.tenant = scim_config_tenant(call.dir, r->pool);
    if (!call.tenant) {
        return fail_uncompiled(&call);
    }
    call.auth.r = r;
    call.auth.dir = call.dir;
    call.auth.tenant = call.tenant;
    call.auth.path_tenant = route->tenant;
    scim_http_decode(&call, route);
    err = serve_admitted(&call);
    route->used = call.auth.used;
    notes(&call, err);
    count(&call, err);
    if (err) {
        log_error(&call, err);
        scim_http_fail(&call, err);
    } else {
        scim_http_send(&call);
        log_success(&call);
    }
    return OK;
}

int scim_handler_logged(request_rec *r)
{
    const scim_route_t *route = scim_route_get(r);
    const scim_dbd_source_t *source = route && route->used ? scim_db_source(r->server) : NULL;
    scim_error_t *err;
    scim_dbd_t *db;

    scim_audit_logged(r);
    if (!source) {
        return DECLINED;
    }
    db = scim_dbd_make(source, r->pool);
    err = scim_token_used(
        scim_store_make(db, scim_tenant_make(route->used->tenant, r->pool), r->pool), route->used,
        apr_time_now(), r->pool);
    scim_dbd_release(db, 1);
    if (err) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "SCIM3213: the use of token %s of tenant %s could not be noted: %s: %s",
                      route->used->id, route->used->tenant, err->msgid ? err->msgid : "no id",
                      err->log ? err->log : err->detail);
    }
    return DECLINED;
}
