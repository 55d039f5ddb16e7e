/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_manager.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_resource_value.h"

#define MANAGER "manager"
#define VALUE "value"
#define REF "$ref"
#define DISPLAY "displayName"

int scim_manager_path(scim_path_t *path, const scim_resource_type_t *type)
{
    const scim_schema_t *schema =
        scim_type_schema(type, SCIM_URN_ENTERPRISE, strlen(SCIM_URN_ENTERPRISE));

    memset(path, 0, sizeof(*path));
    if (!schema || strcmp(type->name, "User")) {
        return 0; /* of another type with this extension, no user's name is looked after */
    }
    path->schema = schema;
    path->attr = scim_attr_find(schema->attrs, schema->nattrs, MANAGER, strlen(MANAGER));
    path->sub = path->attr ? scim_attr_sub(path->attr, VALUE) : NULL;
    return path->sub != NULL && scim_attr_sub(path->attr, REF) &&
           scim_attr_sub(path->attr, DISPLAY);
}

/* The manager's object, or NULL. */
static json_t *manager_of(const json_t *doc, const scim_resource_type_t *type)
{
    scim_path_t path;

    if (!doc || !scim_manager_path(&path, type)) {
        return NULL;
    }
    return json_object_get(json_object_get(doc, path.schema->urn), MANAGER);
}

const char *scim_manager_id(const json_t *doc, const scim_resource_type_t *type)
{
    return json_string_value(json_object_get(manager_of(doc, type), VALUE));
}

/* As RFC 7643 section 8.3 writes it; the server's name is in no stored document. */
static json_t *ref_new(const scim_resource_type_t *type, const char *id, apr_pool_t *p)
{
    return json_string(apr_psprintf(p, "../%s/%s", type->endpoint, id));
}

/* Whether the manager's reference is the one that was derived for an id. */
static int is_derived(const json_t *manager, const scim_resource_type_t *type, const char *id,
                      apr_pool_t *p)
{
    json_t *ref = id ? ref_new(type, id, p) : NULL;
    int same = ref && json_equal(json_object_get(manager, REF), ref);

    json_decref(ref);
    return same;
}

/* Puts the derived members at the end, where the schema has them; NULL takes one away. */
static void put_derived(json_t *manager, json_t *ref, json_t *display, apr_pool_t *p)
{
    json_object_del(manager, REF);
    json_object_del(manager, DISPLAY);
    if (ref) {
        scim_value_put(manager, REF, ref, p);
    }
    if (display) {
        scim_value_put(manager, DISPLAY, display, p);
    }
}

scim_error_t *scim_manager_begin(const char **look, json_t *doc, const json_t *old,
                                 const scim_resource_type_t *type, apr_pool_t *p)
{
    json_t *manager = manager_of(doc, type);
    const json_t *before = manager_of(old, type);
    const char *id = json_string_value(json_object_get(manager, VALUE));
    const char *old_id = json_string_value(json_object_get(before, VALUE));
    json_t *display = json_object_get(before, DISPLAY);
    json_t *ref = json_object_get(before, REF);

    *look = NULL;
    if (!manager) {
        return NULL;
    }
    if (id && old_id && strcmp(id, old_id) == 0) {
        if (display) {
            put_derived(manager, json_incref(ref), json_incref(display), p);
        }
        return NULL;
    }
    *look = id;
    json_object_del(manager, DISPLAY);
    if (is_derived(manager, type, id, p) || (display && is_derived(manager, type, old_id, p))) {
        json_object_del(manager, REF);
    }
    return json_object_size(manager) ? NULL : scim_resource_finish(doc, type, p);
}

void scim_manager_derive(json_t *doc, const scim_resource_type_t *type, const char *display,
                         apr_pool_t *p)
{
    json_t *manager = manager_of(doc, type);
    const char *id = json_string_value(json_object_get(manager, VALUE));

    if (id) {
        put_derived(manager, ref_new(type, id, p), display ? json_string(display) : NULL, p);
    }
}

scim_error_t *scim_manager_drop(json_t *doc, const scim_resource_type_t *type, apr_pool_t *p)
{
    scim_path_t path;

    if (!scim_manager_path(&path, type)) {
        return NULL;
    }
    json_object_del(json_object_get(doc, path.schema->urn), MANAGER);
    return scim_resource_finish(doc, type, p);
}
