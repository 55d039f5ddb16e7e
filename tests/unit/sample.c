/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "sample.h"

#include <string.h>

#include <apr_strings.h>
#include <check.h>

#define URN_SAMPLE "urn:example:params:scim:schemas:Sample"
#define URN_MORE "urn:example:params:scim:schemas:extension:more:1.0:Sample"

/* ---- a type with every combination ---- */

#define MUTABILITIES 4
#define RETURNED 4
#define ALL (MUTABILITIES * RETURNED)

static scim_attr_t sample_simple[ALL];
static scim_attr_t sample_subs[ALL];
static scim_attr_t sample_attrs[ALL + 2];
static scim_attr_t more_attrs[ALL];
static scim_schema_t sample_schema = {URN_SAMPLE, "Sample", "Sample", sample_attrs, ALL + 2};
static scim_schema_t more_schema = {URN_MORE, "More", "More", more_attrs, ALL};
static const scim_extension_t sample_extensions[] = {{.schema = &more_schema, .required = 0}};
const scim_resource_type_t sample_type = {
    .name = "Sample",
    .endpoint = "Samples",
    .description = "Sample",
    .schema = &sample_schema,
    .extensions = sample_extensions,
    .nextensions = 1,
};

static void fill_all(scim_attr_t *attrs, const char *prefix, apr_pool_t *p)
{
    int i;

    for (i = 0; i < ALL; i++) {
        scim_attr_t attr = {.description = "Sample."};
        attr.name = apr_psprintf(p, "%s%d", prefix, i);
        attr.mutability = (scim_mutability_t)(i / RETURNED);
        attr.returned = (scim_returned_t)(i % RETURNED);
        attrs[i] = attr;
    }
}

static const scim_resource_type_t *sample_make(apr_pool_t *p)
{
    scim_attr_t one = {.name = "one", .description = "Sample.", .type = SCIM_ATTR_COMPLEX};
    scim_attr_t many = one;

    fill_all(sample_simple, "simple", p);
    fill_all(sample_subs, "sub", p);
    fill_all(more_attrs, "more", p);
    memcpy(sample_attrs, sample_simple, sizeof(sample_simple));
    one.subs = many.subs = sample_subs;
    one.nsubs = many.nsubs = ALL;
    many.name = "many";
    many.multi = 1;
    sample_attrs[ALL] = one;
    sample_attrs[ALL + 1] = many;
    return &sample_type;
}

/* ---- every path of a type ---- */

static int walked;

static void walk_attr(const scim_resource_type_t *type, const scim_schema_t *extension,
                      const scim_attr_t *attr, sample_check_fn *check, apr_pool_t *p)
{
    sample_place_t place = {type, {extension, attr, NULL, NULL}, attr, NULL};
    int i;

    place.name = scim_path_print(&place.path, p);
    check(&place);
    walked++;
    for (i = 0; i < attr->nsubs; i++) {
        place.path.sub = &attr->subs[i];
        place.leaf = place.path.sub;
        place.name = scim_path_print(&place.path, p);
        check(&place);
        walked++;
    }
}

void sample_walk(const scim_resource_type_t *type, sample_check_fn *check, apr_pool_t *p)
{
    int n;
    const scim_attr_t *common = scim_common_attrs(&n);
    int i;
    int k;

    for (i = 0; i < n; i++) {
        walk_attr(type, NULL, &common[i], check, p);
    }
    for (i = 0; i < type->schema->nattrs; i++) {
        walk_attr(type, NULL, &type->schema->attrs[i], check, p);
    }
    for (k = 0; k < type->nextensions; k++) {
        const scim_schema_t *schema = type->extensions[k].schema;
        for (i = 0; i < schema->nattrs; i++) {
            walk_attr(type, schema, &schema->attrs[i], check, p);
        }
    }
}

void sample_walk_all(sample_check_fn *check, apr_pool_t *p)
{
    walked = 0;
    sample_walk(scim_catalog_type(scim_catalog_default(), "User"), check, p);
    ck_assert_int_gt(walked, 80);
    sample_walk(scim_catalog_type(scim_catalog_default(), "Group"), check, p);
    sample_walk(sample_make(p), check, p);
    ck_assert_int_gt(walked, 160);
}

/* ---- values ---- */

json_t *sample_value_new(const scim_attr_t *attr, int which)
{
    switch (attr->type) {
    case SCIM_ATTR_BOOLEAN:
        return json_boolean(which == 0);
    case SCIM_ATTR_INTEGER:
        return json_integer(7 + which);
    case SCIM_ATTR_DECIMAL:
        return json_real(1.5 + which);
    case SCIM_ATTR_DATETIME:
        return json_string(which ? "2026-01-31T12:00:00Z" : "2025-01-31T12:00:00Z");
    case SCIM_ATTR_BINARY:
        return json_string(which ? "TWFu" : "TWFy");
    case SCIM_ATTR_REFERENCE:
        return json_string(which ? "https://example.com/1" : "https://example.com/0");
    default:
        return json_string(which ? "other" : "value");
    }
}

/* A whole attribute: all its sub-attributes, in an array where there are many. */
json_t *sample_attr_new(const scim_attr_t *attr, const scim_attr_t *only, int which)
{
    json_t *value = attr->nsubs ? json_object() : sample_value_new(attr, which);
    int i;

    for (i = 0; i < attr->nsubs; i++) {
        if (!only || only == &attr->subs[i]) {
            json_object_set_new(value, attr->subs[i].name, sample_value_new(&attr->subs[i], which));
        }
    }
    if (attr->at == SCIM_AT_MEMBERS && only) {
        json_object_set_new(value, "value", json_string("member"));
    }
    if (attr->multi) {
        json_t *array = json_array();
        json_array_append_new(array, value);
        return array;
    }
    return value;
}
