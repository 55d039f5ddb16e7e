/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_grouping.h"
#include "scim_id.h"
#include "scim_life.h"
#include "scim_service_adopt.h"
#include "scim_service_audit.h"
#include "scim_service_change.h"

/* One write: what was decoded before the transaction, and what each attempt sets anew. */
typedef struct write_t {
    service_t *sv;
    const json_t *body;
    const scim_patch_t *patch; /* PATCH */
    int again;                 /* PATCH: not the first attempt */
    const scim_patch_t *plan;  /* POST: members to add; NULL: none */
    json_t *doc;               /* POST: the document with its id */
    int taken;                 /* an attempt found the unique name of the document in use */
    int members;               /* members came or went */
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
    w->reply->location = scim_render_location(w->sv->view.base, w->sv->type, row->id, p);
    w->reply->body = NULL;
    if (w->sv->request->bare) {
        return NULL;
    }
    w->reply->body = scim_buf_make(row->doc_len + 512, p);
    return service_render(w->sv, w->reply->body, row, p);
}

scim_error_t *service_body(json_t **out, service_t *sv)
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
    json_t *body = NULL;
    scim_error_t *err;

    sv->reply->op = op;
    sv->sink = NULL;
    w->sv = sv;
    w->reply = sv->reply;
    err = service_view(sv);
    w->body = sv->request->json;
    if (!err && !w->body) {
        err = service_body(&body, sv);
        w->body = body;
    }
    return err;
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

static scim_error_t *check_version(const service_t *sv, const scim_row_t *row, apr_pool_t *p)
{
    switch (scim_etag_check(sv->request->if_match, sv->request->if_none_match, row->version)) {
    case SCIM_ETAG_OTHER:
        return service_stale(p);
    case SCIM_ETAG_MATCHES:
        return scim_error_make(p, 412, SCIM_TYPE_NONE,
                               "If-None-Match names the resource's version.");
    case SCIM_ETAG_GO_ON:
    default:
        return NULL;
    }
}

/* Lock the row, check the preconditions against it, parse its document. */
static scim_error_t *lock_row(scim_row_t **row, json_t **doc, service_t *sv, apr_pool_t *p)
{
    scim_error_t *err;

    service_audit_begin(sv);
    err = scim_store_lock(row, sv->store, sv->type, sv->id, p);
    if (err) {
        return err;
    }
    if (!*row) {
        return service_not_found(sv);
    }
    err = check_version(sv, *row, p);
    if (err) {
        return err;
    }
    return doc ? scim_json_load(doc, (*row)->doc, (*row)->doc_len, NULL, p) : NULL;
}

/* @param group its row is the new one afterwards, where it was locked */
static scim_error_t *apply_members(write_t *w, scim_group_t *group, const scim_patch_t *plan,
                                   apr_pool_t *p)
{
    scim_membership_t done;
    scim_error_t *err = scim_store_members_apply(&done, w->sv->store, group, plan, p);

    if (!err) {
        w->reply->unknown_members = done.unknown;
        w->members = done.changed > 0;
        group->row = done.row;
    }
    return err;
}

/* Write what changed: the document, the membership, or both. */
static scim_error_t *store_changes(scim_row_t **row, write_t *w, const json_t *old, json_t *doc,
                                   const scim_patch_t *plan, apr_pool_t *p)
{
    service_t *sv = w->sv;
    scim_group_t group = {.row = *row, .access = SCIM_GROUP_LOCKED};
    service_change_t change = {.sv = sv, .row = *row, .old = old, .doc = doc};
    scim_error_t *err = service_before(&change, p);

    w->reply->unknown_members = 0;
    w->members = 0;
    if (!err && w->taken) {
        err = service_free_name(sv, change.doc, p);
    }
    if (!err && plan && plan->nmembers > 0) {
        err = apply_members(w, &group, plan, p);
    }
    if (err || json_equal(old, change.doc)) {
        *row = group.row;
        if (!err && w->members) {
            err = service_audit_members(sv, *row, p);
        }
        /* A PUT says what all of it shall be, so also what the application has changed since. */
        return err || w->patch ? err : scim_store_refresh(sv->store, sv->type, *row, old, p);
    }
    err = scim_store_update(&change.row, sv->store, sv->type, *row, old, change.doc, p);
    if (!err) {
        change.row->members = group.row->members;
        err = service_after(&change, p);
        *row = change.row;
    }
    return err ? err : service_audit(&change, w->members, p);
}

/*
 * Run a write. If its resource's name is in use, run it again, knowing that: who has the name may
 * be a tombstone that nobody sees, or a user to restore. The unique index decides; nothing is
 * looked up before it did.
 */
static scim_error_t *write_named(write_t *w, scim_store_write_fn *fn)
{
    service_t *sv = w->sv;
    scim_error_t *err = service_write(sv, fn, w);

    if (!err || err->cause != SCIM_CAUSE_DUPLICATE || !service_has_life(sv)) {
        return err;
    }
    w->taken = 1;
    return service_write(sv, fn, w);
}

/* A POST for a deactivated user gives it the new data, and the answer that a new one gets. */
static scim_error_t *restore(write_t *w, scim_row_t *row, apr_pool_t *p)
{
    json_t *doc = scim_json_own(json_deep_copy(w->doc), p);
    json_t *old;
    scim_error_t *err = scim_json_load(&old, row->doc, row->doc_len, NULL, p);

    json_object_set_new(doc, "id", json_string(row->id));
    if (!err) {
        err = store_changes(&row, w, old, doc, NULL, p);
    }
    return err ? err : reply_row(w, 201, row, p);
}

static scim_error_t *insert(write_t *w, scim_store_t *store, apr_pool_t *p)
{
    scim_group_t group = {.access = SCIM_GROUP_NEW};
    service_change_t change = {.sv = w->sv, .doc = w->doc};
    scim_error_t *err = service_before(&change, p);

    w->members = 0;
    if (!err) {
        err = scim_store_insert(&change.row, store, w->sv->type, change.doc, p);
    }
    if (!err && w->plan) {
        group.row = change.row;
        err = apply_members(w, &group, w->plan, p);
    }
    if (!err) {
        err = service_after(&change, p);
    }
    if (!err) {
        err = service_audit(&change, w->members, p);
    }
    return err ? err : reply_row(w, 201, change.row, p);
}

static scim_error_t *create_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    write_t *w = baton;
    scim_row_t *deactivated = NULL;
    scim_error_t *err = NULL;

    service_audit_begin(w->sv);
    if (w->taken) {
        err = service_take_name(&deactivated, w->sv, w->doc, p);
    }
    if (err) {
        return err;
    }
    return deactivated ? restore(w, deactivated, p) : insert(w, store, p);
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
    const char *given = sv->request->create_id;
    const char *id = given ? given : scim_id_make(sv->pool);
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
    scim_resource_arrange(w.doc, sv->type, sv->pool);
    if (w.plan && w.plan->members->n == 0) {
        w.plan = NULL;
    }
    return write_named(&w, create_tx);
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
    return write_named(&w, replace_tx);
}

/*
 * A changed group answers with itself only while it is small, or where the client chose what it
 * wants to see: the cost of a membership change must not depend on the group.
 */
static int too_large(const service_t *sv, const scim_row_t *row)
{
    return row->members > sv->tenant->group_reply_members && !sv->view.projection &&
           !sv->request->bare;
}

/* Nothing of what an earlier attempt would have answered stays. */
static void reply_empty(write_t *w, apr_pool_t *p)
{
    const service_t *sv = w->sv;

    w->reply->status = 204;
    w->reply->etag = NULL;
    w->reply->location = scim_render_location(sv->view.base, sv->type, sv->id, p);
    w->reply->body = NULL;
}

/* Whether a patch does nothing but add and remove members that it names. */
static int names_members_only(const write_t *w)
{
    const scim_grouping_t *grouping = w->sv->tenant->grouping;
    int i;

    if (grouping && grouping->one_group && w->patch->nsteps) {
        return 0; /* it might have to lock the group after all, which must come first there */
    }
    for (i = 0; i < w->patch->nmembers; i++) {
        scim_member_op_t op = w->patch->members[i].op;
        if (op != SCIM_MEMBER_ADD && op != SCIM_MEMBER_REMOVE) {
            return 0;
        }
    }
    return w->patch->nmembers > 0 && !w->sv->request->if_match && !w->sv->request->if_none_match;
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
static scim_error_t *patch_members(write_t *w, scim_group_t *group, apr_pool_t *p)
{
    service_t *sv = w->sv;
    scim_row_t *row;
    scim_error_t *err = apply_members(w, group, w->patch, p);

    if (!err && w->members) {
        err = service_audit_members(sv, group->row, p);
    }
    if (err) {
        return err;
    }
    if (too_large(sv, group->row)) {
        reply_empty(w, p);
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
    scim_error_t *err;

    err = lock_row(&row, &old, sv, p);
    if (!err) {
        err = scim_patch_apply(&doc, old, w->patch, sv->type, sv->tenant, p);
    }
    if (!err) {
        err = store_changes(&row, w, old, doc, w->patch, p);
    }
    if (err) {
        return err;
    }
    if (!too_large(sv, row)) {
        return reply_row(w, 200, row, p);
    }
    reply_empty(w, p);
    w->reply->etag = scim_render_etag(row->version, p);
    return NULL;
}

/* *shared 1: done. 0: the patch changes the document too, so the group must be locked. */
static scim_error_t *patch_shared(int *shared, write_t *w, scim_store_t *store, apr_pool_t *p)
{
    service_t *sv = w->sv;
    scim_group_t group;
    scim_error_t *err = scim_store_share(&group, store, sv->type, sv->id, w->patch, p);

    if (!err && !group.row) {
        err = service_not_found(sv);
    }
    if (!err) {
        err = keeps_document(shared, w, group.row, p);
    }
    return err || !*shared ? err : patch_members(w, &group, p);
}

static scim_error_t *patch_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    write_t *w = baton;
    int shared = names_members_only(w) && !w->again;
    scim_error_t *err = NULL;

    w->again = 1;
    service_audit_begin(w->sv);
    if (shared) {
        err = patch_shared(&shared, w, store, p);
    }
    return err || shared ? err : patch_locked(w, p);
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
    sv->reply->ignored = w.patch->ignored;
    return write_named(&w, patch_tx);
}

static scim_error_t *delete_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    write_t *w = baton;
    service_change_t change = {.sv = w->sv};
    scim_error_t *err;

    err = lock_row(&change.row, NULL, w->sv, p);
    if (!err) {
        err = service_before(&change, p);
    }
    if (!err) {
        err = scim_store_delete(store, w->sv->type, change.row, p);
    }
    if (!err) {
        err = service_after(&change, p);
    }
    if (!err) {
        err = service_audit(&change, 0, p);
    }
    if (!err) {
        w->reply->status = 204;
    }
    return err;
}

/* Where the tenant deletes nobody: what active false does. */
static scim_error_t *deactivate_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    write_t *w = baton;
    service_t *sv = w->sv;
    scim_row_t *row;
    json_t *old;
    scim_error_t *err;

    (void)store;
    err = lock_row(&row, &old, sv, p);
    if (!err) {
        err = store_changes(&row, w, old, scim_life_deactivate(old, sv->type, p), NULL, p);
    }
    if (!err) {
        w->reply->status = 204;
    }
    return err;
}

scim_error_t *service_delete(service_t *sv)
{
    int keeps = scim_life_of(sv->tenant)->delete_deactivates && service_has_life(sv);
    write_t w = {0};

    sv->reply->op = "delete";
    w.sv = sv;
    w.reply = sv->reply;
    return scim_store_write(sv->store, keeps ? deactivate_tx : delete_tx, &w);
}
