/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "db_env.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_id.h"

const scim_resource_type_t *db_type(const char *name)
{
    return scim_catalog_type(scim_catalog_default(), name);
}

static json_t *resource(const char *urn, apr_pool_t *p)
{
    json_t *doc = scim_json_own(json_object(), p);
    json_t *schemas = json_array();

    json_array_append_new(schemas, json_string(urn));
    json_object_set_new(doc, "schemas", schemas);
    json_object_set_new(doc, "id", json_string(scim_id_make(p)));
    return doc;
}

json_t *db_user(const char *name, apr_pool_t *p)
{
    json_t *doc = resource(SCIM_URN_USER, p);
    json_t *full = json_object();
    json_t *email = json_object();
    json_t *emails = json_array();

    json_object_set_new(doc, "userName", json_string(name));
    json_object_set_new(full, "givenName", json_string("Given"));
    json_object_set_new(full, "familyName", json_string("Family"));
    json_object_set_new(doc, "name", full);
    json_object_set_new(email, "value", json_string(apr_pstrcat(p, name, "@example.com", NULL)));
    json_object_set_new(email, "type", json_string("work"));
    json_array_append_new(emails, email);
    json_object_set_new(doc, "emails", emails);
    json_object_set_new(doc, "active", json_true());
    return doc;
}

json_t *db_group(const char *name, apr_pool_t *p)
{
    json_t *doc = resource(SCIM_URN_GROUP, p);

    json_object_set_new(doc, "displayName", json_string(name));
    return doc;
}

const char *db_id(const json_t *doc)
{
    return json_string_value(json_object_get(doc, "id"));
}

static const scim_resource_type_t *type_of(const json_t *doc)
{
    return db_type(json_object_get(doc, "userName") ? "User" : "Group");
}

/* ---- writes ---- */

typedef struct write_t {
    const scim_resource_type_t *type;
    const char *id;
    const json_t *doc;
    const scim_member_step_t *step;
    scim_row_t *row;
    int changed;
    int unknown;
} write_t;

static scim_error_t *insert_fn(void *baton, scim_store_t *store, apr_pool_t *p)
{
    write_t *w = baton;

    return scim_store_insert(&w->row, store, w->type, w->doc, p);
}

scim_error_t *db_insert(scim_row_t **row, db_request_t *r, const json_t *doc)
{
    write_t w = {type_of(doc), NULL, doc, NULL, NULL, 0, 0};
    scim_error_t *err = scim_store_write(r->store, insert_fn, &w);

    if (!err && row) {
        *row = w.row;
    }
    return err;
}

const char *db_put(db_env_t *env, const json_t *doc)
{
    db_request_t r = db_request(env);

    db_ok(db_insert(NULL, &r, doc));
    db_request_end(&r);
    return db_id(doc);
}

static scim_error_t *lock(scim_row_t **row, const write_t *w, scim_store_t *store, apr_pool_t *p)
{
    scim_error_t *err = scim_store_lock(row, store, w->type, w->id, p);

    if (!err && !*row) {
        return scim_error_make(p, 404, SCIM_TYPE_NONE, "There is no such resource.");
    }
    return err;
}

static scim_error_t *members_fn(void *baton, scim_store_t *store, apr_pool_t *p)
{
    write_t *w = baton;
    scim_patch_t plan = {NULL, 0, w->step, 1, NULL};
    scim_group_t group = {.access = SCIM_GROUP_LOCKED};
    scim_membership_t done;
    scim_error_t *err = lock(&group.row, w, store, p);

    if (!err) {
        err = scim_store_members_apply(&done, store, &group, &plan, p);
    }
    if (!err) {
        w->changed = done.changed;
        w->unknown = done.unknown;
        w->row = done.row;
    }
    return err;
}

scim_error_t *db_members(int *changed, int *unknown, db_request_t *r, const char *group,
                         const scim_member_step_t *step)
{
    write_t w = {db_type("Group"), group, NULL, step, NULL, 0, 0};
    scim_error_t *err = scim_store_write(r->store, members_fn, &w);

    if (!err && changed) {
        *changed = w.changed;
    }
    if (!err && unknown) {
        *unknown = w.unknown;
    }
    return err;
}

static scim_error_t *change_fn(void *baton, scim_store_t *store, apr_pool_t *p)
{
    write_t *w = baton;
    scim_row_t *old;
    json_t *old_doc;
    scim_error_t *err = lock(&old, w, store, p);

    if (!err && !w->doc) {
        return scim_store_delete(store, w->type, old, p);
    }
    if (!err) {
        err = scim_json_load(&old_doc, old->doc, old->doc_len, NULL, p);
    }
    return err ? err : scim_store_update(&w->row, store, w->type, old, old_doc, w->doc, p);
}

scim_error_t *db_change(scim_row_t **row, db_request_t *r, const char *type, const char *id,
                        const json_t *doc)
{
    write_t w = {db_type(type), id, doc, NULL, NULL, 0, 0};
    scim_error_t *err = scim_store_write(r->store, change_fn, &w);

    if (!err && row) {
        *row = w.row;
    }
    return err;
}

const scim_filter_t *db_filter(const char *text, const char *type, apr_pool_t *p)
{
    const scim_filter_t *f;

    db_ok(scim_filter_parse(&f, text, db_type(type), NULL, p));
    return f;
}
