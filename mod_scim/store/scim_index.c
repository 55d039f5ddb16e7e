/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_index.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_quota.h"
#include "scim_sort.h"
#include "scim_text.h"

/* Code points of the display column. */
#define DISPLAY_CHARS 255

/* Bytes of the attr column. */
#define ATTR_MAX 255

typedef struct collect_t {
    apr_array_header_t *rows;
    const json_t *doc;
    int cut; /* some value was cut */
    apr_pool_t *pool;
} collect_t;

const char *scim_index_attr(const scim_path_t *path, apr_pool_t *p)
{
    const scim_attr_t *leaf = path->sub ? path->sub : path->attr;
    scim_path_t plain = *path;
    const char *name;

    if ((leaf->at != SCIM_AT_VALUE && leaf->at != SCIM_AT_INDEXED) ||
        (leaf->type != SCIM_ATTR_STRING && leaf->type != SCIM_ATTR_REFERENCE)) {
        return NULL;
    }
    plain.filter = NULL;
    name = scim_path_print(&plain, p);
    return strlen(name) <= ATTR_MAX ? name : NULL;
}

int scim_index_may_lack(const scim_attr_t *leaf, const scim_resource_type_t *type)
{
    return leaf->at == SCIM_AT_INDEXED || (leaf->at == SCIM_AT_UNIQUE && type->custom);
}

static int is_multi(const scim_path_t *path)
{
    return path->attr->multi || (path->sub && path->sub->multi);
}

int scim_index_sort(const char **with, const char **without, const scim_path_t *path, apr_pool_t *p)
{
    const char *name = scim_index_attr(path, p);

    if (!name || strlen(name) + strlen(SCIM_INDEX_SORT) > ATTR_MAX) {
        return 0;
    }
    *with = is_multi(path) ? apr_pstrcat(p, SCIM_INDEX_SORT, name, NULL) : name;
    *without = apr_pstrcat(p, SCIM_INDEX_NONE, name, NULL);
    return 1;
}

/* At most max bytes of s, not cutting a code point. */
static const char *cut(const char *s, apr_size_t max, apr_pool_t *p)
{
    while (max > 0 && ((unsigned char)s[max] & 0xC0) == 0x80) {
        max--;
    }
    return apr_pstrmemdup(p, s, max);
}

static void add_row(collect_t *c, const char *name, const char *value)
{
    scim_index_row_t *row = apr_array_push(c->rows);

    row->attr = name;
    row->value = value;
    if (strlen(value) > SCIM_INDEX_MAX) {
        row->value = cut(value, SCIM_INDEX_MAX, c->pool);
        c->cut = 1;
    }
}

static void add_string(collect_t *c, const char *name, const scim_attr_t *leaf, const json_t *value)
{
    const char *text = json_string_value(value);

    if (text) {
        add_row(c, name, leaf->case_exact ? text : scim_text_fold(text, c->pool));
    }
}

/* By what a resource is sorted, or that it has nothing to be sorted by. */
static void add_sort(collect_t *c, const scim_path_t *path, const json_t *doc)
{
    const char *with;
    const char *without;
    scim_key_t key;

    if (!scim_index_sort(&with, &without, path, c->pool)) {
        return;
    }
    scim_sort_key(&key, path, doc, c->pool);
    if (key.kind != SCIM_KEY_STRING) {
        add_row(c, without, "");
    } else if (is_multi(path)) {
        add_row(c, with, key.string);
    }
}

/* The values of one attribute or sub-attribute, over all elements if it is multi-valued. */
static void add_values(collect_t *c, const scim_path_t *path, const json_t *value)
{
    const scim_attr_t *leaf = path->sub ? path->sub : path->attr;
    const char *name = scim_index_attr(path, c->pool);
    size_t i;

    if (!name) {
        return;
    }
    if (!json_is_array(value)) {
        add_string(c, name, leaf, path->sub ? json_object_get(value, path->sub->name) : value);
        return;
    }
    for (i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        add_string(c, name, leaf, path->sub ? json_object_get(item, path->sub->name) : item);
    }
}

static void add_attr(collect_t *c, const scim_path_t *path, const json_t *value)
{
    if (value) {
        add_values(c, path, value);
    }
    add_sort(c, path, c->doc);
}

static void add_attrs(collect_t *c, const scim_schema_t *ext, const scim_attr_t *attrs, int n,
                      const json_t *object)
{
    int i;
    int j;

    for (i = 0; i < n; i++) {
        const json_t *value = json_object_get(object, attrs[i].name);
        scim_path_t path = {ext, &attrs[i], NULL, NULL};

        if (attrs[i].type != SCIM_ATTR_COMPLEX) {
            add_attr(c, &path, value);
        }
        for (j = 0; j < attrs[i].nsubs; j++) {
            path.sub = &attrs[i].subs[j];
            add_attr(c, &path, value);
        }
    }
}

int scim_index_compare(const scim_index_row_t *a, const scim_index_row_t *b)
{
    int order = strcmp(a->attr, b->attr);

    return order ? order : strcmp(a->value, b->value);
}

static int compare_rows(const void *a, const void *b)
{
    return scim_index_compare(a, b);
}

static void sort_unique(apr_array_header_t *rows)
{
    scim_index_row_t *row = (scim_index_row_t *)(void *)rows->elts;
    int kept = 0;
    int i;

    if (rows->nelts == 0) {
        return;
    }
    qsort(row, (size_t)rows->nelts, sizeof(*row), compare_rows);
    for (i = 1; i < rows->nelts; i++) {
        if (scim_index_compare(&row[kept], &row[i]) != 0) {
            row[++kept] = row[i];
        }
    }
    rows->nelts = kept + 1;
}

static void add_extension(collect_t *c, const scim_schema_t *ext, const json_t *doc)
{
    add_attrs(c, ext, ext->attrs, ext->nattrs, json_object_get(doc, ext->urn));
}

/*
 * Extensions that a built-in type has elsewhere and this tenant took away from it: what of them is
 * always indexed must be so in every row, or it would not be true when they are back.
 */
static void add_taken_away(collect_t *c, const scim_resource_type_t *type, const json_t *doc)
{
    const scim_resource_type_t *core =
        type->custom ? NULL : scim_catalog_type(scim_catalog_default(), type->name);
    int i;

    for (i = 0; core && core != type && i < core->nextensions; i++) {
        const scim_schema_t *ext = core->extensions[i].schema;
        if (!scim_type_schema(type, ext->urn, strlen(ext->urn))) {
            add_extension(c, ext, doc);
        }
    }
}

/* The sets of users that it is counted in. */
static void add_sets(collect_t *c, const scim_resource_type_t *type)
{
    int i;

    for (i = 0; type->quota && i < type->quota->nsets; i++) {
        if (scim_quota_holds(&type->quota->sets[i], c->doc, c->pool)) {
            add_row(c, type->quota->sets[i].name, "");
        }
    }
}

apr_array_header_t *scim_index_rows(const scim_resource_type_t *type, const json_t *doc,
                                    apr_pool_t *p)
{
    collect_t c = {apr_array_make(p, 16, sizeof(scim_index_row_t)), doc, 0, p};
    const scim_attr_t *common;
    int n;
    int i;

    common = scim_common_attrs(&n);
    add_attrs(&c, NULL, common, n, doc);
    add_attrs(&c, NULL, type->schema->attrs, type->schema->nattrs, doc);
    for (i = 0; i < type->nextensions; i++) {
        add_extension(&c, type->extensions[i].schema, doc);
    }
    add_taken_away(&c, type, doc);
    add_sets(&c, type);
    if (c.cut) {
        scim_index_row_t *row = apr_array_push(c.rows);
        row->attr = SCIM_INDEX_CUT_ATTR;
        row->value = "";
    }
    sort_unique(c.rows);
    return c.rows;
}

const char *scim_index_tombstone(apr_time_t tombstone, apr_pool_t *p)
{
    return apr_psprintf(p, "%016" APR_INT64_T_FMT, tombstone / 1000);
}

void scim_index_add_tombstone(apr_array_header_t *rows, apr_time_t tombstone)
{
    scim_index_row_t *row;

    if (tombstone) {
        row = apr_array_push(rows);
        row->attr = SCIM_INDEX_TOMBSTONE;
        row->value = scim_index_tombstone(tombstone, rows->pool);
        sort_unique(rows);
    }
}

static const char *string_at(const scim_resource_type_t *type, const json_t *doc, scim_at_t at)
{
    const scim_attr_t *attr = scim_type_attr_at(type, at);

    return attr ? json_string_value(json_object_get(doc, attr->name)) : NULL;
}

/* The first code points of a text. */
static const char *shorten(const char *s, apr_size_t chars, apr_pool_t *p)
{
    const char *end = s;

    if (!s || scim_text_chars(s) <= chars) {
        return s;
    }
    for (; *end; end++) {
        if (((unsigned char)*end & 0xC0) != 0x80 && chars-- == 0) {
            break;
        }
    }
    return apr_pstrmemdup(p, s, (apr_size_t)(end - s));
}

void scim_index_columns(scim_index_columns_t *out, const scim_resource_type_t *type,
                        const json_t *doc, apr_pool_t *p)
{
    const scim_attr_t *unique = scim_type_attr_at(type, SCIM_AT_UNIQUE);
    const scim_attr_t *active = scim_type_attr_at(type, SCIM_AT_ACTIVE);
    const json_t *flag = active ? json_object_get(doc, active->name) : NULL;
    const char *key = string_at(type, doc, SCIM_AT_UNIQUE);
    const char *display = json_string_value(json_object_get(doc, "displayName"));

    out->id = string_at(type, doc, SCIM_AT_ID);
    /* A type without a unique attribute is unique by id. */
    out->ukey = !unique ? out->id : !key ? "" : unique->case_exact ? key : scim_text_fold(key, p);
    out->indexed = type->indexed ? type->indexed : "";
    out->external_id = string_at(type, doc, SCIM_AT_EXTERNAL);
    out->display = shorten(display && *display ? display : key, DISPLAY_CHARS, p);
    out->active = json_is_boolean(flag) ? (json_is_true(flag) ? "1" : "0") : NULL;
}
