/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_id.h"
#include "scim_service_impl.h"

/* One write: what was decoded before the transaction, and what each attempt sets anew. */
typedef struct write_t {
    service_t *sv;
    const json_t *body;
    const scim_patch_t *patch; /* PATCH */
    int again;                 /* PATCH: not the first attempt */
    const scim_patch_t *plan;  /* POST: members to add; NULL: none */
    json_t *doc;               /* POST: the document with its id */
    scim_reply_t *reply;
} write_t;

/* A plan with one step, from a canonical document's members, which leave the document. */
static scim_error_t *take_members(const scim_patch_t **plan, json_t *doc, scim_member_op_t op,
                                  const service_t *sv, apr_pool_t *p)
{
    const scim_attr_t *attr = scim_type_attr_at(sv->type, SCIM_AT_MEMBERS);
    scim_member_step_t *step;
    scim_patch_t *patch;
    scim_error_t *err;

    *plan = NULL;
    if (!attr) {
        return NULL;
    }
    step = apr_pcalloc(p, sizeof(*step));
    step->op = op;
    err = scim_member_ids(&step->ids, &step->n, json_object_get(doc, attr->name), p);
    if (err) {
        return err;
    }
    json_object_del(doc, attr->name);
    patch = apr_pcalloc(p, sizeof(*patch));
    patch->members = step;
    patch->nmembers = 1;
    *plan = patch;
    return NULL;
}

/* Render the reply inside the transaction: an error here still means that nothing changed. */
static scim_error_t *reply_row(write_t *w, int status, const scim_row_t *row, apr_pool_t *p)
{
    w->reply->status = status;
    w->reply->id = row->id;
    w->reply->etag = scim_render_etag(row->version, p);
    w->reply->body = scim_buf_make(row->doc_len + 512, p);
    return service_render(w->sv, w->reply->body, row, p);
}

scim_error_t *service_body(const json_t **out, service_t *sv)
{
    json_t *root;
    scim_error_t *err;

    if (!sv->request->body) {
        return scim_error_make(sv->pool, 400, SCIM_TYPE_INVALID_SYNTAX,
                               "The request needs a JSON body.");
    }
    err = scim_json_load(&root, sv->request->body, sv->request->body_len, &sv->tenant->json,
                         sv->pool);
    if (err) {
        return err;
    }
    if (!json_is_object(root)) {
        return scim_error_make(sv->pool, 400, SCIM_TYPE_INVALID_SYNTAX,
                               "The request body must be a JSON object.");
    }
    *out = root;
    return NULL;
}

/* What every write with a body begins with, before its transaction. */
static scim_error_t *write_begin(write_t *w, service_t *sv, const char *op)
{
    scim_error_t *err;

    sv->reply->op = op;
    sv->sink = NULL;
    w->sv = sv;
    w->reply = sv->reply;
    err = service_view(sv);
    return err ? err : service_body(&w->body, sv);
}

/* An unknown id is 404 whatever the body is worth. */
static scim_error_t *unknown_id_first(scim_error_t *body_err, service_t *sv)
{
    scim_row_t *row;
    scim_error_t *err;

    if (body_err->status == 413) {
        return body_err;
    }
    err = scim_store_get(&row, sv->store, sv->type, sv->id, sv->pool);
    if (err) {
        return err;
    }
    return row ? body_err : service_not_found(sv);
}

/* Lock the row, check If-Match against it, parse its document. */
static scim_error_t *lock_row(scim_row_t **row, json_t **doc, service_t *sv, apr_pool_t *p)
{
    const char *wanted = sv->request->if_match;
    scim_error_t *err;

    err = scim_store_lock(row, sv->store, sv->type, sv->id, p);
    if (err) {
        return err;
    }
    if (!*row) {
        return service_not_found(sv);
    }
    if (wanted && !service_etag_match(wanted, (*row)->version, p)) {
        return scim_error_make(p, 412, SCIM_TYPE_NONE,
                               "The resource has changed: If-Match names another version.");
    }
    return doc ? scim_json_load(doc, (*row)->doc, (*row)->doc_len, NULL, p) : NULL;
}

/* Write what changed: the document, or only the version when just the membership did. */
static scim_error_t *store_changes(scim_row_t **row, write_t *w, const json_t *old, json_t *doc,
                                   const scim_patch_t *plan, apr_pool_t *p)
{
    service_t *sv = w->sv;
    int changed = 0;
    scim_error_t *err;

    w->reply->unknown_members = 0;
    if (plan && plan->nmembers > 0) {
        err = scim_store_members_apply(&changed, &w->reply->unknown_members, sv->store, *row, plan,
                                       p);
        if (err) {
            return err;
        }
    }
    if (!json_equal(old, doc)) {
        return scim_store_update(row, sv->store, sv->type, *row, old, doc, p);
    }
    return changed ? scim_store_touch(row, sv->store, sv->type, *row, p) : NULL;
}

static scim_error_t *create_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    write_t *w = baton;
    scim_row_t *row;
    scim_error_t *err;
    int changed;

    err = scim_store_insert(&row, store, w->sv->type, w->doc, p);
    if (err) {
        return err;
    }
    if (w->plan) {
        err = scim_store_members_apply(&changed, &w->reply->unknown_members, store, row, w->plan,
                                       p);
        if (err) {
            return err;
        }
    }
    return reply_row(w, 201, row, p);
}

/* A user is active unless the client says otherwise. */
static void default_active(json_t *doc, const scim_resource_type_t *type)
{
    const scim_attr_t *active = scim_type_attr_at(type, SCIM_AT_ACTIVE);

    if (active && !json_object_get(doc, active->name)) {
        json_object_set_new(doc, active->name, json_true());
    }
}

scim_error_t *service_create(service_t *sv)
{
    write_t w = {0};
    const char *id = scim_id_make(sv->pool);
    scim_error_t *err = write_begin(&w, sv, "create");

    if (!err) {
        err = scim_resource_create(&w.doc, &sv->reply->ignored, w.body, sv->type, sv->tenant,
                                   sv->pool);
    }
    if (!err) {
        err = take_members(&w.plan, w.doc, SCIM_MEMBER_ADD, sv, sv->pool);
    }
    if (err) {
        return err;
    }
    default_active(w.doc, sv->type);
    json_object_set_new(w.doc, "id", json_string(id));
    err = scim_resource_finish(w.doc, sv->type, sv->pool); /* into the schema's order again */
    if (err) {
        return err;
    }
    if (w.plan && w.plan->members->n == 0) {
        w.plan = NULL;
    }
    err = scim_store_write(sv->store, create_tx, &w);
    if (!err) {
        sv->reply->location = scim_render_location(sv->view.base, sv->type, id, sv->pool);
    }
    return err;
}

static scim_error_t *replace_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    write_t *w = baton;
    service_t *sv = w->sv;
    const scim_patch_t *plan;
    scim_row_t *row;
    json_t *old;
    json_t *doc;
    scim_error_t *err;

    (void)store;
    err = lock_row(&row, &old, sv, p);
    if (!err) {
        err = scim_resource_replace(&doc, &w->reply->ignored, w->body, old, sv->type, sv->tenant,
                                    p);
    }
    if (!err) {
        err = take_members(&plan, doc, SCIM_MEMBER_REPLACE, sv, p);
    }
    if (!err) {
        err = store_changes(&row, w, old, doc, plan, p);
    }
    return err ? err : reply_row(w, 200, row, p);
}

scim_error_t *service_replace(service_t *sv)
{
    write_t w = {0};
    scim_error_t *err = write_begin(&w, sv, "replace");

    if (err) {
        return unknown_id_first(err, sv);
    }
    return scim_store_write(sv->store, replace_tx, &w);
}

/*
 * A changed group answers with itself only while it is small, or where the client chose what it
 * wants to see: the cost of a membership change must not depend on the group.
 */
static scim_error_t *answers_with_itself(int *yes, const service_t *sv, const scim_row_t *row,
                                         apr_pool_t *p)
{
    int most = sv->tenant->group_reply_members;
    scim_error_t *err;
    int n;

    *yes = !scim_type_attr_at(sv->type, SCIM_AT_MEMBERS) || sv->view.projection;
    if (*yes) {
        return NULL;
    }
    err = scim_store_member_count(&n, sv->store, row->rid, most + 1, p);
    if (!err) {
        *yes = n <= most;
    }
    return err;
}

static void reply_empty(write_t *w)
{
    w->reply->status = 204;
    w->reply->body = NULL;
}

/* Whether a patch does nothing but add and remove members that it names. */
static int names_members_only(const write_t *w)
{
    int i;

    for (i = 0; i < w->patch->nmembers; i++) {
        scim_member_op_t op = w->patch->members[i].op;
        if (op != SCIM_MEMBER_ADD && op != SCIM_MEMBER_REMOVE) {
            return 0;
        }
    }
    return w->patch->nmembers > 0 && !w->sv->request->if_match;
}

/* Whether the rest of a patch leaves the document as it is, as Okta's rename of every push does. */
static scim_error_t *keeps_document(int *yes, const write_t *w, const scim_row_t *row,
                                    apr_pool_t *p)
{
    json_t *old;
    json_t *doc;
    scim_error_t *err;

    *yes = 1;
    if (w->patch->nsteps == 0) {
        return NULL;
    }
    err = scim_json_load(&old, row->doc, row->doc_len, NULL, p);
    if (!err) {
        err = scim_patch_apply(&doc, old, w->patch, w->sv->type, w->sv->tenant, p);
    }
    if (!err) {
        *yes = json_equal(old, doc);
    }
    return err;
}

/*
 * Members come and go without the group's lock, which is taken only when all is done: so clients
 * that push one group at once wait for each other's COMMIT, not for each other's work.
 */
static scim_error_t *patch_members(write_t *w, scim_row_t *row, apr_pool_t *p)
{
    service_t *sv = w->sv;
    int changed;
    int whole;
    scim_error_t *err;

    err = scim_store_members_apply(&changed, &w->reply->unknown_members, sv->store, row, w->patch,
                                   p);
    if (!err) {
        err = answers_with_itself(&whole, sv, row, p);
    }
    if (!err && changed) {
        err = scim_store_touch_late(sv->store, row);
    }
    if (err) {
        return err;
    }
    if (!whole) {
        reply_empty(w);
        return NULL;
    }
    err = scim_store_get(&row, sv->store, sv->type, sv->id, p);
    if (!err && !row) {
        err = service_not_found(sv); /* without its lock, it may have been deleted meanwhile */
    }
    return err ? err : reply_row(w, 200, row, p);
}

static scim_error_t *patch_locked(write_t *w, apr_pool_t *p)
{
    service_t *sv = w->sv;
    scim_row_t *row;
    json_t *old;
    json_t *doc;
    int whole;
    scim_error_t *err;

    err = lock_row(&row, &old, sv, p);
    if (!err) {
        err = scim_patch_apply(&doc, old, w->patch, sv->type, sv->tenant, p);
    }
    if (!err) {
        err = store_changes(&row, w, old, doc, w->patch, p);
    }
    if (!err) {
        err = answers_with_itself(&whole, sv, row, p);
    }
    if (err) {
        return err;
    }
    if (whole) {
        return reply_row(w, 200, row, p);
    }
    reply_empty(w);
    w->reply->etag = scim_render_etag(row->version, p);
    return NULL;
}

static scim_error_t *patch_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    write_t *w = baton;
    service_t *sv = w->sv;
    scim_row_t *row;
    scim_error_t *err;
    int unlocked = names_members_only(w) && !w->again;

    w->again = 1;
    if (unlocked) {
        err = scim_store_get(&row, store, sv->type, sv->id, p);
        if (!err && !row) {
            err = service_not_found(sv);
        }
        if (!err) {
            err = keeps_document(&unlocked, w, row, p);
        }
        if (err) {
            return err;
        }
    }
    return unlocked ? patch_members(w, row, p) : patch_locked(w, p);
}

scim_error_t *service_patch(service_t *sv)
{
    write_t w = {0};
    scim_error_t *err = write_begin(&w, sv, "patch");

    if (!err) {
        err = scim_patch_parse(&w.patch, w.body, sv->type, sv->tenant, sv->pool);
    }
    if (err) {
        return unknown_id_first(err, sv);
    }
    return scim_store_write(sv->store, patch_tx, &w);
}

static scim_error_t *delete_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    write_t *w = baton;
    scim_row_t *row;
    scim_error_t *err;

    err = lock_row(&row, NULL, w->sv, p);
    if (!err) {
        err = scim_store_delete(store, w->sv->type, row, p);
    }
    if (!err) {
        w->reply->status = 204;
    }
    return err;
}

scim_error_t *service_delete(service_t *sv)
{
    write_t w = {0};

    sv->reply->op = "delete";
    w.sv = sv;
    w.reply = sv->reply;
    return scim_store_write(sv->store, delete_tx, &w);
}
