/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_map.h"
#include "scim_match.h"
#include "scim_sort.h"
#include "scim_text.h"
#include "scim_time.h"

static const scim_attr_t *leaf_of(const scim_map_column_t *column)
{
    return column->path.sub ? column->path.sub : column->path.attr;
}

/* ---- from a document ---- */

/* Of several elements: the first that matches; without a filter the primary one, else the first. */
static const json_t *element_of(const scim_path_t *path, const json_t *value, apr_pool_t *p)
{
    size_t i;

    if (!json_is_array(value)) {
        return value;
    }
    if (!path->filter) {
        return scim_sort_element(value);
    }
    for (i = 0; i < json_array_size(value); i++) {
        const json_t *element = json_array_get(value, i);
        if (scim_match_element(path->filter, element, p)) {
            return element;
        }
    }
    return NULL;
}

static const json_t *value_at(const scim_path_t *path, const json_t *doc, apr_pool_t *p)
{
    const json_t *value = path->schema ? json_object_get(doc, path->schema->urn) : doc;

    value = element_of(path, json_object_get(value, path->attr->name), p);
    if (path->sub) {
        value = json_object_get(value, path->sub->name);
    }
    return json_is_array(value) ? scim_sort_element(value) : value;
}

static int same_word(const scim_attr_t *leaf, const char *a, const char *b, apr_pool_t *p)
{
    return leaf->case_exact ? strcmp(a, b) == 0
                            : strcmp(scim_text_fold(a, p), scim_text_fold(b, p)) == 0;
}

static scim_error_t *translate(const char **out, const scim_map_column_t *column, const char *word,
                               apr_pool_t *p)
{
    const char *legal = "";
    int i;

    for (i = 0; i < column->words->nelts; i++) {
        const scim_map_word_t *w = &APR_ARRAY_IDX(column->words, i, scim_map_word_t);
        if (same_word(leaf_of(column), w->scim, word, p)) {
            *out = w->column;
            return NULL;
        }
        legal = apr_pstrcat(p, legal, i ? ", " : "", w->scim, NULL);
    }
    return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE,
                           "The value of %s is none that the application knows; it knows %.1024s.",
                           column->label, legal);
}

/* Databases know no "T" and no zone: UTC, with milliseconds where there are any. */
static const char *datetime(const char *text, apr_pool_t *p)
{
    apr_time_t t;
    char *out;

    if (!scim_time_parse(&t, text)) {
        return text;
    }
    out = apr_pstrdup(p, scim_time_format(t, p));
    out[10] = ' ';
    out[strlen(out) - 1] = '\0';
    if (strcmp(out + 19, ".000") == 0) {
        out[19] = '\0';
    }
    return out;
}

scim_error_t *scim_map_value(const char **value, const scim_map_column_t *column, const json_t *doc,
                             apr_pool_t *p)
{
    const json_t *found = value_at(&column->path, doc, p);
    const char *text;

    *value = NULL;
    switch (found ? json_typeof(found) : JSON_NULL) {
    case JSON_STRING:
        text = json_string_value(found);
        if (column->words) {
            return translate(value, column, text, p);
        }
        *value = leaf_of(column)->type == SCIM_ATTR_DATETIME ? datetime(text, p) : text;
        return NULL;
    case JSON_TRUE:
    case JSON_FALSE:
        *value = json_is_true(found) ? column->yes : column->no;
        return NULL;
    case JSON_INTEGER:
        *value = apr_psprintf(p, "%" JSON_INTEGER_FORMAT, json_integer_value(found));
        return NULL;
    case JSON_REAL:
        *value = scim_json_dump(found, NULL, p);
        return NULL;
    default:
        return NULL;
    }
}

/* ---- into a document ---- */

static json_t *boolean_new(const scim_map_column_t *column, const char *value)
{
    if (scim_text_ieq(value, column->yes) || strcmp(value, "\x01") == 0) {
        return json_true();
    }
    return scim_text_ieq(value, column->no) || !*value ? json_false() : NULL;
}

static json_t *text_new(const scim_map_column_t *column, const char *value, apr_pool_t *p)
{
    apr_time_t t;
    int i;

    if (leaf_of(column)->type == SCIM_ATTR_DATETIME) {
        char *iso = apr_pstrdup(p, value);
        if (strlen(iso) > 10 && iso[10] == ' ') {
            iso[10] = 'T';
        }
        return scim_time_parse(&t, iso) ? json_string(scim_time_format(t, p)) : NULL;
    }
    for (i = 0; column->words && i < column->words->nelts; i++) {
        const scim_map_word_t *w = &APR_ARRAY_IDX(column->words, i, scim_map_word_t);
        if (strcmp(w->column, value) == 0) {
            return json_string(w->scim);
        }
    }
    return column->words || !*value ? NULL : json_string(value);
}

/* A new reference, or NULL where the attribute has no such value. */
static json_t *value_new(const scim_map_column_t *column, const char *value, apr_pool_t *p)
{
    switch (leaf_of(column)->type) {
    case SCIM_ATTR_BOOLEAN:
        return boolean_new(column, value);
    case SCIM_ATTR_INTEGER:
        return *value ? json_integer(apr_atoi64(value)) : NULL;
    case SCIM_ATTR_DECIMAL:
        return *value ? json_real(strtod(value, NULL)) : NULL;
    default:
        return scim_text_utf8(value, strlen(value)) ? text_new(column, value, p) : NULL;
    }
}

/* The member of an object, made where it is missing. */
static json_t *member(json_t *object, const char *name, int array)
{
    json_t *found = json_object_get(object, name);

    if (!found) {
        found = array ? json_array() : json_object();
        json_object_set_new(object, name, found);
    }
    return found;
}

/* What an element must have to match: the comparisons by eq that are all to be true. */
static void describe(json_t *element, const scim_filter_t *f)
{
    for (; f; f = f->right) {
        const scim_filter_t *one = f->op == SCIM_OP_AND ? f->left : f;

        if (one->op == SCIM_OP_EQ && one->path.attr && !one->path.sub) {
            json_t *value = one->kind == JSON_STRING ? json_string(one->string)
                            : one->kind == JSON_TRUE ? json_true()
                                                     : NULL;
            if (value) {
                json_object_set_new(element, one->path.attr->name, value);
            }
        }
        if (f->op != SCIM_OP_AND) {
            return;
        }
    }
}

/* The element of a multi-valued attribute that the path is about, made where it is missing. */
static json_t *element_for(json_t *array, const scim_path_t *path, apr_pool_t *p)
{
    json_t *element = (json_t *)(apr_uintptr_t)element_of(path, array, p);

    if (!element) {
        element = json_object();
        json_array_append_new(array, element);
        describe(element, path->filter);
    }
    return element;
}

void scim_map_set(json_t *doc, const scim_map_column_t *column, const char *value, apr_pool_t *p)
{
    const scim_path_t *path = &column->path;
    json_t *fresh = value ? value_new(column, value, p) : NULL;
    json_t *to = doc;

    if (!fresh) {
        return;
    }
    if (path->schema) {
        to = member(to, path->schema->urn, 0);
    }
    if (path->attr->multi) {
        to = member(to, path->attr->name, 1);
        if (!path->sub) {
            json_array_append_new(to, fresh);
            return;
        }
        to = element_for(to, path, p);
    } else if (path->sub) {
        to = member(to, path->attr->name, 0);
    }
    json_object_set_new(to, path->sub ? path->sub->name : path->attr->name, fresh);
}
