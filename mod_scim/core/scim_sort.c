/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_sort.h"

#include <stdlib.h>
#include <string.h>

#include <apr_time.h>

#include "scim_text.h"
#include "scim_time.h"

static const scim_attr_t *leaf_of(const scim_path_t *path)
{
    return path->sub ? path->sub : path->attr;
}

static scim_error_t *refuse(const char *why, apr_pool_t *p)
{
    return scim_error_make(p, 400, SCIM_TYPE_INVALID_PATH, "sortBy names %s.", why);
}

scim_error_t *scim_sort_parse(scim_path_t *out, const char *text, const scim_resource_type_t *type,
                              apr_pool_t *p)
{
    scim_path_t path;
    scim_error_t *err = scim_path_parse(&path, text, type, SCIM_TYPE_INVALID_PATH, 0, p);

    if (err) {
        return err;
    }
    if (!path.attr) {
        return refuse("a schema, not an attribute", p);
    }
    if (!path.sub && path.attr->type == SCIM_ATTR_COMPLEX) {
        path.sub = scim_attr_sub(path.attr, "value");
    }
    if (leaf_of(&path)->type == SCIM_ATTR_COMPLEX) {
        return refuse("a complex attribute that has no value of its own; name a sub-attribute", p);
    }
    if (path.attr->returned == SCIM_RETURNED_NEVER ||
        leaf_of(&path)->returned == SCIM_RETURNED_NEVER) {
        return refuse("an attribute that is never returned", p);
    }
    *out = path;
    return NULL;
}

const json_t *scim_sort_element(const json_t *values)
{
    size_t i;

    for (i = 0; i < json_array_size(values); i++) {
        const json_t *element = json_array_get(values, i);

        if (json_is_true(json_object_get(element, "primary"))) {
            return element;
        }
    }
    return json_array_get(values, 0);
}

static void set_string(scim_key_t *out, const scim_attr_t *leaf, const char *text, apr_pool_t *p)
{
    apr_time_t instant;

    if (leaf->type == SCIM_ATTR_DATETIME) {
        if (scim_time_parse(&instant, text)) {
            out->kind = SCIM_KEY_INTEGER;
            out->integer = instant;
        }
        return;
    }
    out->kind = SCIM_KEY_STRING;
    out->string =
        leaf->case_exact || leaf->type == SCIM_ATTR_BINARY ? text : scim_text_fold(text, p);
}

void scim_sort_key(scim_key_t *out, const scim_path_t *path, const json_t *resource, apr_pool_t *p)
{
    const scim_attr_t *leaf = leaf_of(path);
    const json_t *value;

    memset(out, 0, sizeof(*out));
    if (path->schema) {
        resource = json_object_get(resource, path->schema->urn);
    }
    value = json_object_get(resource, path->attr->name);
    if (json_is_array(value)) {
        value = scim_sort_element(value);
    }
    if (path->sub) {
        value = json_object_get(value, path->sub->name);
    }
    if (json_is_array(value)) {
        value = scim_sort_element(value); /* a multi-valued sub-attribute */
    }
    if (json_is_string(value)) {
        set_string(out, leaf, json_string_value(value), p);
    } else if (json_is_boolean(value)) {
        out->kind = SCIM_KEY_INTEGER;
        out->integer = json_is_true(value);
    } else if (json_is_number(value) && leaf->type == SCIM_ATTR_DECIMAL) {
        out->kind = SCIM_KEY_REAL;
        out->real = json_number_value(value);
    } else if (json_is_integer(value)) {
        out->kind = SCIM_KEY_INTEGER;
        out->integer = json_integer_value(value);
    }
}

static int compare_keys(const scim_key_t *a, const scim_key_t *b)
{
    if (a->kind != b->kind) {
        /* No value comes last; two types of one name may differ in kind. */
        return a->kind == SCIM_KEY_NONE   ? 1
               : b->kind == SCIM_KEY_NONE ? -1
                                          : (int)a->kind - (int)b->kind;
    }
    switch (a->kind) {
    case SCIM_KEY_STRING:
        return strcmp(a->string, b->string);
    case SCIM_KEY_INTEGER:
        return (a->integer > b->integer) - (a->integer < b->integer);
    case SCIM_KEY_REAL:
        return (a->real > b->real) - (a->real < b->real);
    default:
        return 0;
    }
}

int scim_sort_compare(const scim_sort_entry_t *a, const scim_sort_entry_t *b)
{
    int order = compare_keys(&a->key, &b->key);

    return order ? order : (a->rid > b->rid) - (a->rid < b->rid);
}

static int up(const void *a, const void *b)
{
    return scim_sort_compare(a, b);
}

static int down(const void *a, const void *b)
{
    return scim_sort_compare(b, a);
}

void scim_sort_entries(apr_array_header_t *entries, int descending)
{
    if (entries->nelts > 1) {
        qsort(entries->elts, (size_t)entries->nelts, sizeof(scim_sort_entry_t),
              descending ? down : up);
    }
}
