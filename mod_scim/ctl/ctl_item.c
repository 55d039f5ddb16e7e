/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "ctl_import.h"
#include "scim_id.h"
#include "scim_json.h"
#include "scim_manager.h"

#define PATCH_MEMBERS 1000 /* members that one request adds */
#define LINE_DEPTH 64

/* ---- what a line is ---- */

static const scim_resource_type_t *type_by_schema(const scim_catalog_t *catalog,
                                                  const json_t *schemas)
{
    apr_size_t i;
    int t;

    for (i = 0; i < json_array_size(schemas); i++) {
        const char *urn = json_string_value(json_array_get(schemas, i));
        for (t = 0; urn && t < catalog->ntypes; t++) {
            if (scim_text_ieq(urn, catalog->types[t]->schema->urn)) {
                return catalog->types[t];
            }
        }
    }
    return NULL;
}

/* By meta.resourceType, as an export has it, else by schemas, which every resource has. */
static const scim_resource_type_t *type_of(const scim_catalog_t *catalog, const json_t *body)
{
    const json_t *meta = scim_json_get_ci(body, "meta", NULL);
    const char *name = json_string_value(scim_json_get_ci(meta, "resourceType", NULL));
    const scim_resource_type_t *type = name ? scim_catalog_type(catalog, name) : NULL;

    return type ? type : type_by_schema(catalog, scim_json_get_ci(body, "schemas", NULL));
}

static scim_error_t *read_id(ctl_item_t *item, apr_pool_t *p)
{
    const json_t *id = scim_json_get_ci(item->body, "id", NULL);

    item->id = json_string_value(id);
    if (!id || json_is_null(id)) {
        return NULL;
    }
    if (!item->id || !*item->id || strlen(item->id) > SCIM_ID_MAX) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE,
                               "id must be a string of 1 to %d bytes.", SCIM_ID_MAX);
    }
    return NULL;
}

/* Members wait for the end: they may be on later lines. */
static void take_members(ctl_item_t *item)
{
    const scim_attr_t *attr = scim_type_attr_at(item->type, SCIM_AT_MEMBERS);
    const char *key;

    item->members = attr ? scim_json_get_ci(item->body, attr->name, &key) : NULL;
    if (item->members) {
        json_incref((json_t *)(intptr_t)item->members);
        json_object_del(item->body, key);
    }
}

scim_error_t *ctl_item_read(ctl_item_t *item, ctl_t *c, const char *line, apr_size_t len,
                            apr_pool_t *p)
{
    const scim_json_limits_t limits = {c->tenant->json.bytes, LINE_DEPTH, c->tenant->json.members};
    const scim_attr_t *unique;
    scim_error_t *err = scim_json_load(&item->body, line, len, &limits, p);

    if (err) {
        return err;
    }
    if (!json_is_object(item->body)) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX, "The line is no JSON object.");
    }
    item->type = type_of(c->tenant->catalog, item->body);
    if (!item->type) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE,
                               "Neither schemas nor meta.resourceType names a resource type of "
                               "the tenant.");
    }
    unique = scim_type_attr_at(item->type, SCIM_AT_UNIQUE);
    item->name =
        unique ? json_string_value(scim_json_get_ci(item->body, unique->name, NULL)) : NULL;
    take_members(item);
    if (item->members) {
        scim_json_own((json_t *)(intptr_t)item->members, p);
    }
    return read_id(item, p);
}

/* ---- storing it ---- */

static scim_error_t *exists(int *there, ctl_t *c, const scim_resource_type_t *type, const char *id,
                            apr_pool_t *p)
{
    ctl_call_t call = {.method = SCIM_GET, .query = "attributes=id"};
    scim_error_t *err;

    call.path = ctl_call_path(type, id, p);
    err = ctl_call(c, &call, p);
    *there = !err;
    return err && err->status == 404 ? NULL : err;
}

/* A manager who is not there yet waits too, so that its name can be shown. */
static scim_error_t *take_manager(ctl_item_t *item, ctl_t *c, apr_pool_t *p)
{
    const char *id = scim_manager_id(item->body, item->type);
    scim_error_t *err;
    int there;
    int i;

    if (!id || (item->id && strcmp(id, item->id) == 0)) {
        return NULL;
    }
    err = exists(&there, c, item->type, id, p);
    if (err || there) {
        return err;
    }
    item->manager = apr_pstrdup(p, id);
    for (i = 0; i < item->type->nextensions; i++) {
        json_object_del(json_object_get(item->body, item->type->extensions[i].schema->urn),
                        "manager");
    }
    return NULL;
}

/* The resource that an item is to be written over, by its id or by its name; or NULL. */
static scim_error_t *find_old(const char **id, const ctl_item_t *item, ctl_t *c, apr_pool_t *p)
{
    scim_error_t *err = NULL;
    int there = 0;

    *id = NULL;
    if (item->id) {
        err = exists(&there, c, item->type, item->id, p);
        *id = there ? item->id : NULL;
    }
    if (!err && !*id && item->name) {
        err = ctl_call_by_name(id, c, item->type, item->name, p);
    }
    return err;
}

/* A 409 is about the name, or about the id that no client could have chosen. */
static scim_error_t *conflict(scim_error_t *err, const ctl_item_t *item, ctl_t *c, apr_pool_t *p)
{
    int i;

    for (i = 0; item->id && i < c->tenant->catalog->ntypes; i++) {
        int there = 0;
        scim_error_t *other = exists(&there, c, c->tenant->catalog->types[i], item->id, p);
        if (!other && there) {
            return scim_error_make(p, 409, SCIM_TYPE_UNIQUENESS,
                                   "A resource with this id is there already (--update writes over "
                                   "it).");
        }
    }
    return err;
}

static scim_error_t *create(ctl_item_t *item, ctl_t *c, apr_pool_t *p)
{
    ctl_call_t call = {.method = SCIM_POST, .body = item->body, .id = item->id, .bare = 1};
    scim_error_t *err;

    call.path = ctl_call_path(item->type, NULL, p);
    err = ctl_call(c, &call, p);
    if (err) {
        return err->status == 409 ? conflict(err, item, c, p) : err;
    }
    item->id = call.reply.id;
    return NULL;
}

static scim_error_t *replace(int *unknown, ctl_t *c, const scim_resource_type_t *type,
                             const char *id, const json_t *body, apr_pool_t *p)
{
    ctl_call_t call = {.method = SCIM_PUT, .body = body, .bare = 1};
    scim_error_t *err;

    call.path = ctl_call_path(type, id, p);
    err = ctl_call(c, &call, p);
    *unknown = err ? 0 : call.reply.unknown_members;
    return err;
}

scim_error_t *ctl_item_store(ctl_stored_t *how, ctl_item_t *item, ctl_t *c, apr_pool_t *p)
{
    const char *old = NULL;
    scim_error_t *err = take_manager(item, c, p);
    int unknown;

    *how = CTL_CREATED;
    if (!err && c->opt.update) {
        err = find_old(&old, item, c, p);
    }
    if (err) {
        return err;
    }
    if (!old) {
        return create(item, c, p);
    }
    item->id = old;
    *how = CTL_REPLACED;
    /* With members it waits as a whole: without them it would have none meanwhile. */
    return scim_type_attr_at(item->type, SCIM_AT_MEMBERS)
               ? NULL
               : replace(&unknown, c, item->type, old, item->body, p);
}

/* ---- what waits ---- */

int ctl_item_waits(const ctl_item_t *item, ctl_stored_t how)
{
    return json_array_size(item->members) > 0 || item->manager ||
           (how == CTL_REPLACED && scim_type_attr_at(item->type, SCIM_AT_MEMBERS));
}

const char *ctl_item_wait_text(const ctl_item_t *item, ctl_stored_t how, apr_uint64_t line,
                               apr_size_t *len, apr_pool_t *p)
{
    const scim_attr_t *members = scim_type_attr_at(item->type, SCIM_AT_MEMBERS);
    json_t *out = scim_json_own(json_object(), p);

    json_object_set_new(out, "line", json_integer((json_int_t)line));
    json_object_set_new(out, "type", json_string(item->type->name));
    json_object_set_new(out, "id", json_string(item->id));
    if (item->manager) {
        json_object_set_new(out, "manager", json_string(item->manager));
    }
    if (how == CTL_REPLACED && members) {
        json_t *body = json_copy(item->body);
        if (item->members) {
            json_object_set(body, members->name, (json_t *)(intptr_t)item->members);
        }
        json_object_set_new(out, "body", body);
    } else if (item->members) {
        json_object_set(out, "members", (json_t *)(intptr_t)item->members);
    }
    return scim_json_dump(out, len, p);
}

/* A PATCH with one operation: add value at path. */
static scim_error_t *add(int *unknown, ctl_t *c, const char *target, const char *path,
                         json_t *fresh_value, apr_pool_t *p)
{
    ctl_call_t call = {.method = SCIM_PATCH, .path = target, .bare = 1};
    json_t *op = json_object();
    json_t *ops = json_array();
    json_t *schemas = json_array();
    json_t *body = scim_json_own(json_object(), p);
    scim_error_t *err;

    json_object_set_new(op, "op", json_string("add"));
    json_object_set_new(op, "path", json_string(path));
    json_object_set_new(op, "value", fresh_value);
    json_array_append_new(ops, op);
    json_array_append_new(schemas, json_string("urn:ietf:params:scim:api:messages:2.0:PatchOp"));
    json_object_set_new(body, "schemas", schemas);
    json_object_set_new(body, "Operations", ops);
    call.body = body;
    err = ctl_call(c, &call, p);
    *unknown += err ? 0 : call.reply.unknown_members;
    return err;
}

static scim_error_t *add_members(int *unknown, ctl_t *c, const char *target, const char *path,
                                 const json_t *members, apr_pool_t *p)
{
    apr_size_t n = json_array_size(members);
    scim_error_t *err = NULL;
    apr_size_t at;
    apr_size_t i;

    for (at = 0; at < n && !err; at += PATCH_MEMBERS) {
        json_t *some = json_array();
        for (i = at; i < n && i < at + PATCH_MEMBERS; i++) {
            json_array_append(some, json_array_get(members, i));
        }
        err = add(unknown, c, target, path, some, p);
    }
    return err;
}

static scim_error_t *add_manager(ctl_t *c, const scim_resource_type_t *type, const char *target,
                                 const char *manager, apr_pool_t *p)
{
    json_t *value = json_object();
    const char *path = NULL;
    int unknown = 0;
    int i;

    for (i = 0; i < type->nextensions && !path; i++) {
        const scim_schema_t *schema = type->extensions[i].schema;
        if (scim_attr_find(schema->attrs, schema->nattrs, "manager", strlen("manager"))) {
            path = apr_pstrcat(p, schema->urn, ":manager", NULL);
        }
    }
    json_object_set_new(value, "value", json_string(manager));
    return add(&unknown, c, target, path ? path : "manager", value, p);
}

scim_error_t *ctl_item_finish(apr_uint64_t *line, int *unknown, ctl_t *c, const char *text,
                              apr_size_t len, apr_pool_t *p)
{
    static const scim_json_limits_t ours = {APR_SIZE_MAX, 2 * LINE_DEPTH, APR_SIZE_MAX};
    const scim_resource_type_t *type;
    const char *target;
    const char *manager;
    const char *id;
    json_t *waits;
    const json_t *body;
    scim_error_t *err = scim_json_load(&waits, text, len, &ours, p);

    *unknown = 0;
    if (err) {
        return err;
    }
    *line = (apr_uint64_t)json_integer_value(json_object_get(waits, "line"));
    id = json_string_value(json_object_get(waits, "id"));
    type = scim_catalog_type(c->tenant->catalog, json_string_value(json_object_get(waits, "type")));
    body = json_object_get(waits, "body");
    manager = json_string_value(json_object_get(waits, "manager"));
    target = ctl_call_path(type, id, p);
    if (body) {
        err = replace(unknown, c, type, id, body, p);
    } else if (json_object_get(waits, "members")) {
        err = add_members(unknown, c, target, scim_type_attr_at(type, SCIM_AT_MEMBERS)->name,
                          json_object_get(waits, "members"), p);
    }
    return err || !manager ? err : add_manager(c, type, target, manager, p);
}
