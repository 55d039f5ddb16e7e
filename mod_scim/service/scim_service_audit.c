/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_service_audit.h"

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "scim_changed.h"
#include "scim_life.h"

/* ---- what was done ---- */

void service_audit_begin(service_t *sv)
{
    sv->reply->changed = 0;
    sv->reply->attrs = NULL;
}

/* Who became active or inactive is what people look for, by whichever request it was. */
static const char *op_of(const service_change_t *change)
{
    const service_t *sv = change->sv;
    int turn = change->old && change->doc ? scim_life_turn(change->old, change->doc, sv->type) : 0;

    return turn < 0 ? SCIM_AUDIT_DEACTIVATE : turn > 0 ? SCIM_AUDIT_ACTIVATE : sv->reply->op;
}

/* HTTP's status of a write that is done; the reply's own is set later, or by who asked. */
static int status_of(const char *op)
{
    return strcmp(op, SCIM_AUDIT_CREATE) == 0   ? 201
           : strcmp(op, SCIM_AUDIT_DELETE) == 0 ? 204
                                                : 200;
}

static void set_who(scim_audit_row_t *row, const scim_request_t *request)
{
    const scim_audit_who_t *who = request->who;

    if (who) {
        row->request = who->request;
        row->actor = who->actor;
        row->actor_id = who->actor_id;
    }
}

static scim_error_t *add(service_t *sv, scim_audit_row_t *row, apr_pool_t *p)
{
    sv->reply->changed = 1;
    sv->reply->attrs = row->attrs;
    if (!sv->tenant->audit) {
        return NULL;
    }
    row->type = sv->type->name;
    row->status = status_of(sv->reply->op);
    set_who(row, sv->request);
    return scim_audit_add(sv->store, row, p);
}

/* A tombstone has no name but the one before. */
static const char *name_of(service_change_t *change, apr_pool_t *p)
{
    const scim_resource_type_t *type = change->sv->type;
    const char *name = scim_changed_label(service_document(change, p), type);

    return name || !change->old ? name : scim_changed_label(change->old, type);
}

/* "members" behind the other names. */
static const char *with_members(const char *names, const service_t *sv, apr_pool_t *p)
{
    const scim_attr_t *attr = scim_type_attr_at(sv->type, SCIM_AT_MEMBERS);

    if (!attr) {
        return names;
    }
    return names ? apr_pstrcat(p, names, " ", attr->name, NULL) : attr->name;
}

scim_error_t *service_audit(service_change_t *change, int members, apr_pool_t *p)
{
    service_t *sv = change->sv;
    scim_audit_row_t row = {0};

    row.op = op_of(change);
    row.id = change->row->id;
    row.attrs = scim_changed_names(change->old, change->doc, sv->type, p);
    if (members) {
        row.attrs = with_members(row.attrs, sv, p);
    }
    if (sv->tenant->audit) {
        row.name = name_of(change, p);
    }
    return add(sv, &row, p);
}

scim_error_t *service_audit_members(service_t *sv, const scim_row_t *group, apr_pool_t *p)
{
    scim_audit_row_t row = {0};

    row.op = sv->reply->op;
    row.id = group->id;
    row.name = group->display;
    row.attrs = with_members(NULL, sv, p);
    return add(sv, &row, p);
}

scim_error_t *service_audit_adopted(service_t *sv, const scim_row_t *adopted, const json_t *doc,
                                    apr_pool_t *p)
{
    scim_audit_row_t row = {0};

    if (!sv->tenant->audit) {
        return NULL;
    }
    row.op = SCIM_AUDIT_ADOPT;
    row.type = sv->type->name;
    row.id = adopted->id;
    row.name = scim_changed_label(doc, sv->type);
    row.status = 200;
    set_who(&row, sv->request);
    return scim_audit_add(sv->store, &row, p);
}

void service_audit_tend(const service_t *sv, int added)
{
    const scim_error_t *err =
        sv->tenant->audit && added ? scim_service_audit_tend(sv->store) : NULL;

    if (err) {
        sv->reply->audit_error = err;
    }
}

/* By chance, so that no host need know of what another does. */
scim_error_t *scim_service_audit_tend(scim_store_t *store)
{
    unsigned char random = 1;

    apr_generate_random_bytes(&random, 1);
    return random % SCIM_AUDIT_PURGE_EVERY == 0 ? scim_audit_purge(store) : NULL;
}

/* ---- what was refused ---- */

/* What a request asked for, where nobody had looked at it before it was refused. */
static const char *asked_for(const scim_request_t *request, const scim_reply_t *reply)
{
    static const char *const ops[] = {"get", SCIM_AUDIT_CREATE, SCIM_AUDIT_REPLACE,
                                      SCIM_AUDIT_PATCH, SCIM_AUDIT_DELETE};

    if (reply->op && strcmp(reply->op, "none") != 0) {
        return reply->op;
    }
    return request->method < SCIM_METHOD_OTHER ? ops[request->method] : "other";
}

int scim_service_audits(const scim_request_t *request, const scim_reply_t *reply,
                        const scim_error_t *err, const scim_tenant_t *tenant)
{
    int reads = request->method == SCIM_GET || request->method == SCIM_METHOD_OTHER ||
                (reply->op && strcmp(reply->op, "list") == 0);

    if (!tenant->audit || !*tenant->name || err->status == 503 || err->status == 429 ||
        err->cause == SCIM_CAUSE_GONE) {
        return 0;
    }
    return !reads || err->status < 404 || err->status == 500;
}

/* The name in the body of a POST that was refused, or of the resource that stays as it is. */
static const char *refused_name(const scim_request_t *request, const scim_reply_t *reply,
                                const scim_tenant_t *tenant, scim_store_t *store, apr_pool_t *p)
{
    const scim_resource_type_t *type =
        reply->type ? scim_catalog_type(tenant->catalog, reply->type) : NULL;
    const json_t *body = request->json;
    json_t *parsed = NULL;
    scim_row_t *row = NULL;
    scim_error_t *err = NULL;

    if (!type) {
        return NULL;
    }
    if (reply->id) {
        err = scim_store_get(&row, store, type, reply->id, p);
        body = NULL;
        if (!err && row) {
            err = scim_json_load(&parsed, row->doc, row->doc_len, NULL, p);
        }
    } else if (!body && request->body && request->method == SCIM_POST) {
        err = scim_json_load(&parsed, request->body, request->body_len, &tenant->json, p);
    }
    if (err) {
        return NULL; /* it may be what was wrong with it */
    }
    return scim_changed_label(parsed ? parsed : body, type);
}

scim_error_t *scim_service_audit_refused(const scim_request_t *request, const scim_reply_t *reply,
                                         const scim_error_t *refusal, const scim_tenant_t *tenant,
                                         scim_store_t *store, apr_pool_t *p)
{
    scim_audit_row_t row = {0};

    row.op = asked_for(request, reply);
    row.type = reply->type;
    row.id = reply->id;
    row.status = refusal->status;
    row.scim_type = scim_error_type_name(refusal->type);
    row.detail = refusal->detail;
    set_who(&row, request);
    /* Whoever was not let in is told nothing, and costs as little as can be. */
    if (refusal->status != 401 && refusal->status != 403) {
        row.name = refused_name(request, reply, tenant, store, p);
    }
    return scim_audit_add_alone(store, &row);
}
