/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

#include <string.h>

#include <apr_strings.h>

#include "scim_patch_impl.h"
#include "scim_resource_value.h"

/*
 * Lists against lists: both sides may be long, so elements are found by a key, the text of those of
 * their parts that count.
 */

/* ---- add ---- */

static const scim_attr_t *primary_of(const scim_attr_t *attr)
{
    return scim_attr_sub(attr, "primary");
}

/*
 * What makes two elements the same: every sub-attribute but `primary`, of which there is only one,
 * so that it moves from element to element.
 */
static const char *element_key(const json_t *element, const scim_attr_t *attr, apr_pool_t *p)
{
    const scim_attr_t *primary = primary_of(attr);
    scim_buf_t *key;

    if (!json_is_object(element)) {
        return scim_json_dump(element, NULL, p);
    }
    key = scim_buf_make(0, p);
    for (int i = 0; i < attr->nsubs; i++) {
        const json_t *value = json_object_get(element, attr->subs[i].name);

        if (value && &attr->subs[i] != primary) {
            scim_buf_printf(key, "%d", i);
            scim_buf_puts(key, scim_json_dump(value, NULL, p));
        }
    }
    return key->data;
}

/* Returns the element that is there already, or NULL after noting this one. */
static json_t *index_put(scim_patch_run_t *run, json_t *element, const scim_attr_t *attr)
{
    scim_patch_index_t *index = &run->index;
    const char *key = element_key(element, attr, run->scratch);
    json_t *known = apr_hash_get(index->elements, key, APR_HASH_KEY_STRING);

    if (!known) {
        apr_hash_set(index->elements, apr_pstrdup(index->pool, key), APR_HASH_KEY_STRING, element);
    }
    apr_pool_clear(run->scratch);
    return known;
}

/* The index of an array; kept from one add to the next, as clients send one value per operation. */
static scim_error_t *index_array(scim_patch_run_t *run, const json_t *array,
                                 const scim_attr_t *attr)
{
    scim_patch_index_t *index = &run->index;
    scim_error_t *err;

    if (index->array == array) {
        return NULL;
    }
    err = scim_patch_spend(run, json_array_size(array));
    if (err) {
        return err;
    }
    apr_pool_clear(index->pool);
    index->array = array;
    index->elements = apr_hash_make(index->pool);
    for (apr_size_t i = 0; i < json_array_size(array); i++) {
        index_put(run, json_array_get(array, i), attr);
    }
    return NULL;
}

scim_error_t *scim_patch_primary(scim_patch_run_t *run, json_t *array, const json_t *element,
                                 const scim_attr_t *attr)
{
    const char *name = primary_of(attr)->name;
    scim_error_t *err = scim_patch_spend(run, json_array_size(array));

    for (apr_size_t i = 0; !err && i < json_array_size(array); i++) {
        json_t *other = json_array_get(array, i);

        if (other != element && json_is_true(json_object_get(other, name))) {
            scim_value_put(other, name, json_false(), run->pool);
        }
    }
    return err;
}

/* Adds one value; *primary is set to the first element of a list that says it is primary. */
static void add_one(scim_patch_run_t *run, json_t *array, const scim_attr_t *attr,
                    const json_t *value, json_t **primary)
{
    const scim_attr_t *flag = primary_of(attr);
    json_t *fresh = json_deep_copy(value);
    json_t *element;

    scim_value_put(array, NULL, fresh, run->pool);
    element = index_put(run, fresh, attr);
    if (flag && !*primary && json_is_true(json_object_get(value, flag->name))) {
        *primary = element ? element : fresh;
        scim_value_put(*primary, flag->name, json_true(), run->pool);
    }
    if (element) {
        json_array_remove(array, json_array_size(array) - 1);
    }
}

scim_error_t *scim_patch_list_add(scim_patch_run_t *run, json_t *container, const scim_attr_t *attr,
                                  const json_t *list)
{
    json_t *array = json_object_get(container, attr->name);
    json_t *primary = NULL;
    scim_error_t *err;

    if (!array) {
        array = json_array();
        scim_value_put(container, attr->name, array, run->pool);
        run->index.array = NULL;
    }
    err = index_array(run, array, attr);
    if (err) {
        return err;
    }
    for (apr_size_t i = 0; i < json_array_size(list); i++) {
        add_one(run, array, attr, json_array_get(list, i), &primary);
    }
    return primary ? scim_patch_primary(run, array, primary, attr) : NULL;
}

/* ---- remove ---- */

/* Entries of a list that give the same sub-attributes, and so are compared by the same ones. */
typedef struct shape_t {
    const json_t *sample;
    apr_hash_t *keys;
} shape_t;

/* A value as it compares: folded where the attribute is not case exact. */
static const char *compared(const json_t *value, const scim_attr_t *attr, apr_pool_t *p)
{
    const char *text = scim_json_dump(value, NULL, p);

    return json_is_string(value) && !attr->case_exact ? scim_text_fold(text, p) : text;
}

/* The key of an element by the sub-attributes that `shape` has; NULL if it lacks one of them. */
static const char *shaped_key(const json_t *element, const json_t *shape, const scim_attr_t *attr,
                              apr_pool_t *p)
{
    scim_buf_t *key;

    if (!json_is_object(shape)) {
        return compared(element, attr, p);
    }
    key = scim_buf_make(0, p);
    for (int i = 0; i < attr->nsubs; i++) {
        const json_t *value = json_object_get(element, attr->subs[i].name);

        if (!json_object_get(shape, attr->subs[i].name)) {
            continue;
        }
        if (!value) {
            return NULL;
        }
        scim_buf_printf(key, "%d", i);
        scim_buf_puts(key, compared(value, &attr->subs[i], p));
    }
    return key->data;
}

/* Names of the sub-attributes that an entry gives, in the schema's order. */
static const char *shape_name(const json_t *entry, const scim_attr_t *attr, apr_pool_t *p)
{
    scim_buf_t *name = scim_buf_make(0, p);

    for (int i = 0; i < attr->nsubs; i++) {
        if (json_object_get(entry, attr->subs[i].name)) {
            scim_buf_printf(name, "%d,", i);
        }
    }
    return name->data;
}

static apr_array_header_t *list_shapes(const json_t *list, const scim_attr_t *attr, apr_pool_t *p)
{
    apr_array_header_t *shapes = apr_array_make(p, 1, sizeof(shape_t *));
    apr_hash_t *known = apr_hash_make(p);

    for (apr_size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const char *name = shape_name(entry, attr, p);
        shape_t *shape = apr_hash_get(known, name, APR_HASH_KEY_STRING);
        const char *key = shaped_key(entry, entry, attr, p);

        if (!shape) {
            shape = apr_palloc(p, sizeof(*shape));
            shape->sample = entry;
            shape->keys = apr_hash_make(p);
            apr_hash_set(known, name, APR_HASH_KEY_STRING, shape);
            APR_ARRAY_PUSH(shapes, shape_t *) = shape;
        }
        apr_hash_set(shape->keys, key, APR_HASH_KEY_STRING, entry);
    }
    return shapes;
}

static int is_listed(const json_t *element, const apr_array_header_t *shapes,
                     const scim_attr_t *attr, apr_pool_t *p)
{
    for (int i = 0; i < shapes->nelts; i++) {
        const shape_t *shape = APR_ARRAY_IDX(shapes, i, shape_t *);
        const char *key = shaped_key(element, shape->sample, attr, p);

        if (key && apr_hash_get(shape->keys, key, APR_HASH_KEY_STRING)) {
            return 1;
        }
    }
    return 0;
}

scim_error_t *scim_patch_list_remove(scim_patch_run_t *run, json_t *container,
                                     const scim_attr_t *attr, const json_t *list)
{
    json_t *array = json_object_get(container, attr->name);
    apr_pool_t *p;
    apr_array_header_t *shapes;
    scim_error_t *err;

    if (!array) {
        return NULL;
    }
    run->index.array = NULL;
    apr_pool_create(&p, run->pool);
    shapes = list_shapes(list, attr, p);
    err = scim_patch_spend(run, json_array_size(array) * (apr_size_t)shapes->nelts);
    for (apr_size_t i = 0; !err && i < json_array_size(array); i++) {
        if (is_listed(json_array_get(array, i), shapes, attr, run->scratch)) {
            json_array_set_new(array, i, json_null());
        }
        apr_pool_clear(run->scratch);
    }
    scim_value_compact(array);
    apr_pool_destroy(p);
    return err;
}
