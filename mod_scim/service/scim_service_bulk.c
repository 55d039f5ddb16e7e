/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_bulk.h"
#include "scim_life.h"
#include "scim_service_impl.h"

/* What is kept of an operation until the reply. */
typedef struct result_t {
    int status;           /* 0: not tried */
    const char *location; /* or NULL */
    const char *etag;     /* or NULL */
    const char *error;    /* the error's message, or NULL: done */
} result_t;

/* A Bulk request on its way. */
typedef struct bulk_t {
    service_t *sv;
    const scim_bulk_t *plan;
    result_t *results;
    const char **ids;    /* by operation: of what it created, or NULL */
    int stopped;         /* failOnErrors is reached */
    int gone;            /* the database is away */
    apr_pool_t *scratch; /* one operation's */
} bulk_t;

/* ---- one operation ---- */

static scim_request_t request_make(const bulk_t *b, scim_method_t method, const char *path)
{
    scim_request_t request = {0};

    request.method = method;
    request.base = b->sv->request->base;
    request.path = path;
    request.bare = 1;
    request.who = b->sv->request->who;
    return request;
}

static scim_request_t operation_request(const bulk_t *b, const scim_bulk_op_t *op)
{
    static const scim_method_t methods[] = {SCIM_POST, SCIM_PUT, SCIM_PATCH, SCIM_DELETE,
                                            SCIM_METHOD_OTHER};
    scim_request_t request =
        request_make(b, methods[op->method], scim_bulk_path(op, b->ids, b->scratch));

    request.json = op->data;
    request.if_match = op->method == SCIM_BULK_POST ? NULL : op->version;
    return request;
}

/* The resource that an operation created. */
static const char *created_path(const bulk_t *b, int i)
{
    const char *path = b->plan->ops[i].path;
    apr_size_t len = strlen(path);

    len -= path[len - 1] == '/';
    return apr_pstrcat(b->scratch, apr_pstrmemdup(b->scratch, path, len), "/", b->ids[i], NULL);
}

/* A PATCH that adds what a creation had to leave out. */
static scim_request_t rest_request(const bulk_t *b, int i)
{
    scim_request_t request = request_make(b, SCIM_PATCH, created_path(b, i));
    json_t *patch = scim_json_own(json_object(), b->scratch);
    json_t *schemas = json_array();
    json_t *operations = json_array();
    json_t *add = json_object();

    json_array_append_new(schemas, json_string(SCIM_URN_PATCH));
    json_object_set_new(add, "op", json_string("add"));
    json_object_set(add, "value", b->plan->ops[i].rest);
    json_array_append_new(operations, add);
    json_object_set_new(patch, "schemas", schemas);
    json_object_set_new(patch, "Operations", operations);
    request.json = patch;
    return request;
}

/* What keeps an operation from being tried, or NULL. */
static scim_error_t *check_operation(const bulk_t *b, const scim_bulk_step_t *step)
{
    const scim_bulk_op_t *op = &b->plan->ops[step->op];
    int missing;

    if (b->gone) {
        return scim_error_make(b->scratch, 503, SCIM_TYPE_NONE,
                               "The database is not reachable at the moment.");
    }
    if (op->method == SCIM_BULK_OTHER) {
        return scim_error_make(b->scratch, 400, SCIM_TYPE_INVALID_VALUE,
                               "method must be POST, PUT, PATCH or DELETE.");
    }
    if (op->unknown) {
        return scim_error_make(b->scratch, 400, SCIM_TYPE_INVALID_VALUE,
                               "The operation refers to a bulkId that no POST of the request has.");
    }
    missing = scim_bulk_resolve(op, step->rest, b->ids);
    if (missing >= 0) {
        return scim_error_make(b->scratch, 409, SCIM_TYPE_NONE,
                               "The operation refers to the resource of operation %d, whose "
                               "creation did not succeed.",
                               missing + 1);
    }
    return NULL;
}

/* The PATCH is the server's own; what a profile demands of a client's does not hold for it. */
static scim_error_t *run_rest(scim_reply_t *reply, const scim_request_t *request, const bulk_t *b)
{
    scim_tenant_t tenant = *b->sv->tenant;
    service_t sv = *b->sv;

    tenant.patch_needs_path = 0;
    sv.tenant = &tenant;
    return service_operation(reply, request, &sv, b->scratch);
}

/* Run one step of the plan as a request of its own. */
static scim_error_t *run_operation(scim_reply_t *reply, scim_request_t *request, const bulk_t *b,
                                   const scim_bulk_step_t *step)
{
    scim_error_t *err = check_operation(b, step);

    memset(reply, 0, sizeof(*reply));
    reply->op = "none";
    *request =
        step->rest ? rest_request(b, step->op) : operation_request(b, &b->plan->ops[step->op]);
    if (err) {
        return err;
    }
    return step->rest ? run_rest(reply, request, b)
                      : service_operation(reply, request, b->sv, b->scratch);
}

static void tell(const bulk_t *b, const scim_request_t *request, const scim_reply_t *reply,
                 const scim_error_t *err)
{
    const scim_watch_t *watch = b->sv->request->watch;

    if (watch) {
        watch->done(watch->baton, request, reply, err);
    }
}

/* ---- results ---- */

/* Where the operation's resource is, or was looked for. */
static const char *location_of(const bulk_t *b, const scim_request_t *request,
                               const scim_reply_t *reply)
{
    apr_pool_t *p = b->sv->pool;
    const scim_resource_type_t *type =
        reply->type ? scim_catalog_type(b->sv->tenant->catalog, reply->type) : NULL;

    if (type && reply->id) {
        return scim_render_location(request->base, type, reply->id, p);
    }
    return apr_pstrcat(p, request->base, request->path[0] == '/' ? "" : "/", request->path, NULL);
}

static void note_success(bulk_t *b, const scim_bulk_step_t *step, const scim_request_t *request,
                         const scim_reply_t *reply)
{
    result_t *result = &b->results[step->op];
    apr_pool_t *p = b->sv->pool;

    result->etag = apr_pstrdup(p, reply->etag);
    if (step->rest) {
        return;
    }
    result->status = reply->status;
    result->location = location_of(b, request, reply);
    if (b->plan->ops[step->op].method == SCIM_BULK_POST) {
        b->ids[step->op] = apr_pstrdup(p, reply->id);
    }
}

static void note_error(bulk_t *b, int i, const scim_error_t *err)
{
    result_t *result = &b->results[i];
    scim_reply_t *reply = b->sv->reply;

    result->status = err->status;
    result->etag = NULL;
    result->error = scim_error_render(err, b->sv->pool);
    b->ids[i] = NULL;
    reply->bulk_failed++;
    if (b->plan->fail_on_errors && reply->bulk_failed >= b->plan->fail_on_errors) {
        b->stopped = 1;
    }
}

/*
 * A creation that could not be completed has failed, so nothing of it may stay, whatever DELETE
 * does for clients. Should it stay all the same, the client is told where.
 */
static void undo(bulk_t *b, int i)
{
    scim_request_t request = request_make(b, SCIM_DELETE, created_path(b, i));
    scim_tenant_t tenant = *b->sv->tenant;
    scim_life_t life = *scim_life_of(&tenant);
    service_t sv = *b->sv;
    scim_reply_t reply;
    scim_error_t *err;

    life.delete_deactivates = 0;
    tenant.life = &life;
    sv.tenant = &tenant;
    err = service_operation(&reply, &request, &sv, b->scratch);
    tell(b, &request, &reply, err);
    if (!err) {
        b->results[i].location = NULL;
    }
}

/* ---- the request ---- */

static int anything_done(const bulk_t *b)
{
    for (int i = 0; i < b->plan->nops; i++) {
        if (b->results[i].status && !b->results[i].error) {
            return 1;
        }
    }
    return 0;
}

/* What was created is completed, or undone, also after the other operations were stopped. */
static int is_due(const bulk_t *b, const scim_bulk_step_t *step)
{
    const result_t *result = &b->results[step->op];

    return step->rest ? result->status && !result->error : !b->stopped;
}

/*
 * While the database is away each operation would wait for it in vain. If nothing was done before,
 * the whole request has failed; else the client must learn what was.
 */
static scim_error_t *step_failed(bulk_t *b, const scim_bulk_step_t *step,
                                 const scim_request_t *request, const scim_reply_t *reply,
                                 scim_error_t *err)
{
    int tried = !b->gone;

    if (err->cause == SCIM_CAUSE_GONE) {
        b->gone = 1;
        if (!anything_done(b)) {
            return err;
        }
    }
    if (tried) {
        tell(b, request, reply, err);
    }
    if (step->rest && !b->gone) {
        undo(b, step->op);
        if (err->status == 400) {
            err->status = 409; /* a circle that cannot be closed (RFC 7644 section 3.7.1) */
            err->type = SCIM_TYPE_NONE;
        }
    }
    if (!step->rest && b->plan->ops[step->op].method != SCIM_BULK_POST) {
        b->results[step->op].location = location_of(b, request, reply);
    }
    note_error(b, step->op, err);
    return NULL;
}

static scim_error_t *run_step(bulk_t *b, const scim_bulk_step_t *step)
{
    scim_request_t request;
    scim_reply_t reply;
    scim_error_t *err;

    if (!is_due(b, step)) {
        return NULL;
    }
    err = run_operation(&reply, &request, b, step);
    if (err) {
        return step_failed(b, step, &request, &reply, err);
    }
    tell(b, &request, &reply, NULL);
    note_success(b, step, &request, &reply);
    return NULL;
}

static void render_result(scim_buf_t *out, const scim_bulk_op_t *op, const result_t *result)
{
    scim_buf_puts(out, "{\"method\":");
    scim_buf_quote(out, op->method_name);
    if (op->bulk_id) {
        scim_buf_puts(out, ",\"bulkId\":");
        scim_buf_quote(out, op->bulk_id);
    }
    if (result->location) {
        scim_buf_puts(out, ",\"location\":");
        scim_buf_quote(out, result->location);
    }
    if (result->etag) {
        scim_buf_puts(out, ",\"version\":");
        scim_buf_quote(out, result->etag);
    }
    scim_buf_printf(out, ",\"status\":\"%d\"", result->status);
    if (result->error) {
        scim_buf_puts(out, ",\"response\":");
        scim_buf_puts(out, result->error);
    }
    scim_buf_puts(out, "}");
}

static void render(const bulk_t *b)
{
    scim_reply_t *reply = b->sv->reply;
    scim_buf_t *out = scim_buf_make((apr_size_t)256 * (apr_size_t)(b->plan->nops + 1), b->sv->pool);
    int any = 0;

    scim_buf_puts(out, "{\"schemas\":[\"" SCIM_URN_BULK_REPLY "\"],\"Operations\":[");
    for (int i = 0; i < b->plan->nops; i++) {
        if (!b->results[i].status) {
            reply->bulk_left++;
            continue;
        }
        reply->bulk_done += b->results[i].error == NULL;
        scim_buf_puts(out, any ? "," : "");
        render_result(out, &b->plan->ops[i], &b->results[i]);
        any = 1;
    }
    scim_buf_puts(out, "]}");
    reply->status = 200;
    reply->body = out;
}

static scim_error_t *parse(bulk_t *b)
{
    service_t *sv = b->sv;
    json_t *body;
    scim_error_t *err;

    if (sv->request->body_len > sv->tenant->bulk_payload) {
        return scim_error_make(sv->pool, 413, SCIM_TYPE_NONE,
                               "The size of the bulk operation exceeds maxPayloadSize "
                               "(%" APR_SIZE_T_FMT ").",
                               sv->tenant->bulk_payload);
    }
    err = service_body(&body, sv);
    return err ? err : scim_bulk_parse(&b->plan, body, sv->tenant, sv->pool);
}

scim_error_t *service_bulk(service_t *sv)
{
    bulk_t b = {0};
    scim_error_t *err;

    sv->reply->op = "bulk";
    b.sv = sv;
    err = parse(&b);
    if (err) {
        return err;
    }
    b.results = apr_pcalloc(sv->pool, sizeof(*b.results) * (apr_size_t)b.plan->nops);
    b.ids = apr_pcalloc(sv->pool, sizeof(*b.ids) * (apr_size_t)b.plan->nops);
    apr_pool_create(&b.scratch, sv->pool);
    for (int i = 0; i < b.plan->nsteps; i++) {
        err = run_step(&b, &b.plan->steps[i]);
        if (err) {
            return err; /* it may live in scratch, which goes with the request's pool */
        }
        apr_pool_clear(b.scratch);
    }
    render(&b);
    return NULL;
}
