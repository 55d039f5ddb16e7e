/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl_call.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "ctl_config.h"
#include "ctl_tokens.h"
#include "scim_json.h"

static scim_error_t *collect(void *baton, const char *data, apr_size_t len)
{
    scim_buf_add(baton, data, len);
    return NULL;
}

const scim_audit_who_t *ctl_call_who(ctl_t *c, apr_pool_t *p)
{
    scim_audit_who_t *who = apr_pcalloc(p, sizeof(*who));
    const char *name = ctl_token_creator(c);

    who->actor = apr_pstrcat(p, "scimctl", name ? ":" : "", name ? name : "", NULL);
    return who;
}

/* A write that was refused is in the trail as a client's would be. Whoever asked is told why. */
static void note_refusal(ctl_t *c, const ctl_call_t *call, const scim_request_t *request,
                         const scim_error_t *refusal, scim_store_t *store, apr_pool_t *p)
{
    const scim_error_t *err;

    if (call->method == SCIM_GET ||
        !scim_service_audits(request, &call->reply, refusal, c->tenant)) {
        return;
    }
    err = scim_service_audit_refused(request, &call->reply, refusal, c->tenant, store, p);
    err = err ? err : scim_service_audit_tend(store);
    if (err) {
        ctl_say(c, "The audit trail could not be written: %s", err->log ? err->log : err->detail);
    }
}

scim_error_t *ctl_call(ctl_t *c, ctl_call_t *call, apr_pool_t *p)
{
    static const scim_json_limits_t ours = {APR_SIZE_MAX, 0, APR_SIZE_MAX};
    scim_buf_t *out = scim_buf_make(0, p);
    scim_sink_t sink = {collect, out};
    scim_request_t request = {0};
    scim_dbd_t *db = ctl_dbd(c, p);
    scim_store_t *store = scim_store_make(db, c->tenant, p);
    scim_error_t *err;

    request.method = call->method;
    request.base = ctl_config_base(c);
    request.path = call->path;
    request.query = call->query;
    request.json = call->body;
    request.create_id = call->id;
    request.bare = call->bare;
    request.who = ctl_call_who(c, p);
    call->json = NULL;
    err = scim_service_handle(&call->reply, &request, c->tenant, store, &sink, p);
    if (err) {
        note_refusal(c, call, &request, err, store, p);
    }
    /* There may be another call in the same pool. */
    scim_dbd_release(db, !err || err->cause != SCIM_CAUSE_GONE);
    if (err) {
        return err;
    }
    if (call->reply.body) {
        scim_buf_add(out, call->reply.body->data, call->reply.body->len);
    }
    return out->len && !call->bare ? scim_json_load(&call->json, out->data, out->len, &ours, p)
                                   : NULL;
}

const char *ctl_call_escape(const char *text, apr_pool_t *p)
{
    scim_buf_t *out = scim_buf_make(0, p);

    for (; *text; text++) {
        if (apr_isalnum(*text) || strchr("-._~", *text)) {
            scim_buf_add(out, text, 1);
        } else {
            scim_buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
        }
    }
    return out->data ? out->data : "";
}

const char *ctl_call_path(const scim_resource_type_t *type, const char *id, apr_pool_t *p)
{
    const char *slash = *type->endpoint == '/' ? "" : "/";

    return id ? apr_pstrcat(p, slash, type->endpoint, "/", ctl_call_escape(id, p), NULL)
              : apr_pstrcat(p, slash, type->endpoint, NULL);
}

scim_error_t *ctl_call_by_name(const char **id, ctl_t *c, const scim_resource_type_t *type,
                               const char *name, apr_pool_t *p)
{
    const scim_attr_t *attr = scim_type_attr_at(type, SCIM_AT_UNIQUE);
    ctl_call_t call = {.method = SCIM_GET};
    scim_error_t *err;

    *id = NULL;
    if (!attr) {
        return NULL;
    }
    call.path = ctl_call_path(type, NULL, p);
    call.query = apr_pstrcat(
        p, "attributes=id&filter=",
        ctl_call_escape(apr_pstrcat(p, attr->name, " eq ", scim_json_quote(name, p), NULL), p),
        NULL);
    err = ctl_call(c, &call, p);
    if (!err) {
        *id = json_string_value(
            json_object_get(json_array_get(json_object_get(call.json, "Resources"), 0), "id"));
    }
    return err;
}
