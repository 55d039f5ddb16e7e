/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_console_impl.h"

#include "scim_json.h"

static scim_error_t *collect(void *baton, const char *data, apr_size_t len)
{
    scim_buf_add(baton, data, len);
    return NULL;
}

scim_error_t *scim_console_get(json_t **out, const scim_console_call_t *call, const char *path,
                               const char *query)
{
    static const scim_json_limits_t ours = {APR_SIZE_MAX, 0, APR_SIZE_MAX};
    apr_pool_t *p = call->r->pool;
    scim_buf_t *text = scim_buf_make(0, p);
    const scim_sink_t sink = {collect, text};
    scim_request_t request = {0};
    scim_reply_t reply;
    scim_error_t *err;

    request.method = SCIM_GET;
    request.base = call->base;
    request.path = path;
    request.query = query;
    err = scim_service_handle(&reply, &request, call->tenant, scim_store_fork(call->store, p),
                              &sink, p);
    if (err) {
        return err;
    }
    if (reply.body) {
        scim_buf_add(text, reply.body->data, reply.body->len);
    }
    return scim_json_load(out, text->data ? text->data : "", text->len, &ours, p);
}
