/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "scim_resource_value.h"

/* Makes a member the last one of its object. key must outlive the member's own. */
static void move_last(json_t *object, const char *key, apr_pool_t *p)
{
    json_t *value = json_incref(json_object_get(object, key));

    if (value) {
        json_object_del(object, key);
        scim_value_put(object, key, value, p);
    }
}

/* 1 if the members stand in the schema's order, so that most elements are left alone. */
static int in_order(const json_t *object, const scim_attr_t *attrs, int nattrs)
{
    json_t *walk = scim_json_walk(object);
    const scim_attr_t *last = NULL;

    for (void *it = json_object_iter(walk); it; it = json_object_iter_next(walk, it)) {
        const char *key = json_object_iter_key(it);
        const scim_attr_t *attr = scim_attr_find(attrs, nattrs, key, strlen(key));

        if (!attr || (last && attr <= last)) {
            return 0;
        }
        last = attr;
    }
    return 1;
}

static void sort_members(json_t *object, const scim_attr_t *attrs, int nattrs, apr_pool_t *p)
{
    if (in_order(object, attrs, nattrs)) {
        return;
    }
    for (int i = 0; i < nattrs; i++) {
        move_last(object, attrs[i].name, p);
    }
}

/* Drops what is empty, sorts, and checks the sub-attributes of one complex value. */
static scim_error_t *finish_complex(json_t *object, const scim_attr_t *attr, apr_pool_t *p)
{
    for (int i = 0; i < attr->nsubs; i++) {
        const json_t *value = json_object_get(object, attr->subs[i].name);

        if (value && scim_value_nothing(value)) {
            json_object_del(object, attr->subs[i].name);
        }
    }
    if (json_object_size(object) == 0) {
        return NULL;
    }
    for (int i = 0; i < attr->nsubs; i++) {
        const scim_attr_t *sub = &attr->subs[i];

        if (sub->required && sub->mutability != SCIM_READ_ONLY &&
            sub->mutability != SCIM_WRITE_ONLY && !json_object_get(object, sub->name)) {
            return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "%s is required.",
                                   scim_value_label(sub, attr, p));
        }
    }
    sort_members(object, attr->subs, attr->nsubs, p);
    return NULL;
}

/* Of several elements that say primary, the first one stays it (RFC 7643 section 2.4). */
static void keep_one_primary(const json_t *array, const scim_attr_t *attr, apr_pool_t *p)
{
    const scim_attr_t *primary = scim_attr_sub(attr, "primary");
    int seen = 0;

    for (apr_size_t i = 0; primary && i < json_array_size(array); i++) {
        json_t *element = json_array_get(array, i);

        if (json_is_true(json_object_get(element, primary->name))) {
            if (seen) {
                scim_value_put(element, primary->name, json_false(), p);
            }
            seen = 1;
        }
    }
}

static scim_error_t *finish_attr(json_t *object, const scim_attr_t *attr, apr_pool_t *p)
{
    json_t *value = json_object_get(object, attr->name);
    scim_error_t *err = NULL;

    if (json_is_array(value)) {
        for (apr_size_t i = 0; !err && attr->nsubs && i < json_array_size(value); i++) {
            err = finish_complex(json_array_get(value, i), attr, p);
        }
        scim_value_compact(value);
        keep_one_primary(value, attr, p);
    } else if (value && attr->nsubs) {
        err = finish_complex(value, attr, p);
    }
    if (err) {
        return err;
    }
    if (value && scim_value_nothing(value)) {
        json_object_del(object, attr->name);
        value = NULL;
    }
    if (!value && attr->required && attr->mutability != SCIM_READ_ONLY &&
        attr->mutability != SCIM_WRITE_ONLY) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "%s is required.", attr->name);
    }
    return NULL;
}

static scim_error_t *finish_attrs(json_t *object, const scim_attr_t *attrs, int nattrs,
                                  apr_pool_t *p)
{
    scim_error_t *err = NULL;

    for (int i = 0; !err && i < nattrs; i++) {
        err = finish_attr(object, &attrs[i], p);
    }
    return err;
}

static scim_error_t *finish_extension(json_t *resource, const scim_extension_t *extension,
                                      apr_pool_t *p)
{
    const scim_schema_t *schema = extension->schema;
    json_t *object = json_object_get(resource, schema->urn);
    scim_error_t *err;

    if (object && json_object_size(object) > 0) {
        err = finish_attrs(object, schema->attrs, schema->nattrs, p);
        if (err) {
            return err;
        }
        sort_members(object, schema->attrs, schema->nattrs, p);
    }
    if (object && json_object_size(object) == 0) {
        json_object_del(resource, schema->urn);
        object = NULL;
    }
    if (!object && extension->required) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "The extension %s is required.",
                               schema->urn);
    }
    return NULL;
}

/* The main schema, and each extension that has a value. */
static void write_schemas(json_t *resource, const scim_resource_type_t *type, apr_pool_t *p)
{
    json_t *schemas = json_array();

    scim_value_put(resource, "schemas", schemas, p);
    scim_value_put(schemas, NULL, json_string(type->schema->urn), p);
    for (int i = 0; i < type->nextensions; i++) {
        const char *urn = type->extensions[i].schema->urn;

        if (json_object_get(resource, urn)) {
            scim_value_put(schemas, NULL, json_string(urn), p);
        }
    }
}

/* What no schema of the type defines (any more) stands at the end, in the order it had. */
static apr_array_header_t *list_undefined(const json_t *resource, const scim_resource_type_t *type,
                                          apr_pool_t *p)
{
    json_t *walk = scim_json_walk(resource);
    apr_array_header_t *keys = apr_array_make(p, 1, sizeof(char *));

    for (void *it = json_object_iter(walk); it; it = json_object_iter_next(walk, it)) {
        const char *key = json_object_iter_key(it);

        if (!scim_type_attr(type, key, strlen(key)) && !scim_type_schema(type, key, strlen(key))) {
            *(const char **)apr_array_push(keys) = apr_pstrdup(p, key);
        }
    }
    return keys;
}

static void sort_resource(json_t *resource, const scim_resource_type_t *type, apr_pool_t *p)
{
    apr_array_header_t *undefined = list_undefined(resource, type, p);
    int ncommon;
    const scim_attr_t *common = scim_common_attrs(&ncommon);

    for (int i = 0; i < ncommon; i++) {
        move_last(resource, common[i].name, p);
    }
    for (int i = 0; i < type->schema->nattrs; i++) {
        move_last(resource, type->schema->attrs[i].name, p);
    }
    for (int i = 0; i < type->nextensions; i++) {
        move_last(resource, type->extensions[i].schema->urn, p);
    }
    for (int i = 0; i < undefined->nelts; i++) {
        move_last(resource, ((const char **)undefined->elts)[i], p);
    }
}

scim_error_t *scim_resource_finish(json_t *resource, const scim_resource_type_t *type,
                                   apr_pool_t *p)
{
    const scim_schema_t *schema = type->schema;
    scim_error_t *err = NULL;
    int ncommon;
    const scim_attr_t *common = scim_common_attrs(&ncommon);

    for (int i = 0; !err && i < type->nextensions; i++) {
        err = finish_extension(resource, &type->extensions[i], p);
    }
    if (err) {
        return err;
    }
    write_schemas(resource, type, p);
    err = finish_attrs(resource, common, ncommon, p);
    if (!err) {
        err = finish_attrs(resource, schema->attrs, schema->nattrs, p);
    }
    if (!err) {
        sort_resource(resource, type, p);
    }
    return err;
}

void scim_resource_arrange(json_t *resource, const scim_resource_type_t *type, apr_pool_t *p)
{
    write_schemas(resource, type, p);
    sort_resource(resource, type, p);
}
