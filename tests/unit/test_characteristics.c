/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/*
 * Mutability and returned (RFC 7643 section 7) of every attribute and sub-attribute of User,
 * EnterpriseUser and Group, and of a type that has every combination of the two: what POST, PUT,
 * PATCH, filters and replies do with each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "sample.h"
#include "scim_filter.h"
#include "scim_patch.h"
#include "scim_project.h"

static apr_pool_t *pool;
static scim_tenant_t *tenant;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    tenant = scim_tenant_make("t", pool);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* ---- values ---- */

/* The least that a resource must have. */
static json_t *minimal(const scim_resource_type_t *type)
{
    json_t *body = scim_json_own(json_object(), pool);
    json_t *schemas = json_array();
    int i;

    json_array_append_new(schemas, json_string(type->schema->urn));
    json_object_set_new(body, "schemas", schemas);
    for (i = 0; i < type->schema->nattrs; i++) {
        const scim_attr_t *attr = &type->schema->attrs[i];
        if (attr->required) {
            json_object_set_new(body, attr->name, sample_value_new(attr, 0));
        }
    }
    return body;
}

/* The minimal resource with a value at the place. */
static json_t *body_with(const sample_place_t *place, int which)
{
    json_t *body = minimal(place->type);
    json_t *to = body;

    if (strcmp(place->name, "schemas") == 0) {
        return body;
    }
    if (place->path.schema) {
        to = json_object();
        json_object_set_new(body, place->path.schema->urn, to);
    }
    json_object_set_new(to, place->path.attr->name,
                        sample_attr_new(place->path.attr, place->path.sub, which));
    return body;
}

/* What a document has at the place: of many elements, the last one that has it. */
static const json_t *at(const json_t *doc, const sample_place_t *place)
{
    const json_t *found = NULL;
    const json_t *value;
    apr_size_t i;

    if (place->path.schema) {
        doc = json_object_get(doc, place->path.schema->urn);
    }
    value = json_object_get(doc, place->path.attr->name);
    if (!place->path.sub) {
        return value;
    }
    for (i = 0; i < json_array_size(value); i++) {
        const json_t *sub = json_object_get(json_array_get(value, i), place->path.sub->name);
        found = sub ? sub : found;
    }
    return json_is_array(value) ? found : json_object_get(value, place->path.sub->name);
}

static int has(const sample_place_t *place, scim_mutability_t mutability)
{
    return place->path.attr->mutability == mutability || place->leaf->mutability == mutability;
}

/* Whether a client's value is stored. */
static int is_kept(const sample_place_t *place)
{
    return !has(place, SCIM_READ_ONLY) && !has(place, SCIM_WRITE_ONLY);
}

static json_t *create(const sample_place_t *place, int which)
{
    json_t *doc = NULL;
    scim_error_t *err =
        scim_resource_create(&doc, NULL, body_with(place, which), place->type, tenant, pool);

    ck_assert_msg(!err, "%s: %s", place->name, err ? err->detail : "");
    return doc;
}

/* ---- POST and PUT ---- */

static void check_create(const sample_place_t *place)
{
    int whole = !place->path.sub && place->path.attr->nsubs > 0;
    int there = at(create(place, 0), place) != NULL;

    if (whole && is_kept(place)) {
        return; /* some sub-attributes stay, as each of them says */
    }
    ck_assert_msg(there == (is_kept(place) || strcmp(place->name, "schemas") == 0),
                  "%s is %sin the document", place->name, there ? "" : "not ");
}

START_TEST(bodies_keep_what_may_be_written)
{
    sample_walk_all(check_create, pool);
}
END_TEST

static scim_error_t *replace(json_t **doc, const sample_place_t *place, const json_t *old,
                             json_t *body)
{
    return scim_resource_replace(doc, NULL, body, old, place->type, tenant, pool);
}

static void refused(const scim_error_t *err, const sample_place_t *place, const char *what)
{
    ck_assert_msg(err != NULL, "%s: %s was not refused", place->name, what);
    ck_assert_msg(err->status == 400 && err->type == SCIM_TYPE_MUTABILITY, "%s: %s: %d %s",
                  place->name, what, err->status, err->detail);
}

static void check_replace(const sample_place_t *place)
{
    json_t *old = create(place, 0);
    json_t *doc = NULL;
    scim_error_t *err;

    if (!place->path.sub && place->path.attr->nsubs > 0) {
        return;
    }
    err = replace(&doc, place, old, body_with(place, 1));
    /* Elements of a list have no identity: one that is not there any more is another one. */
    if (has(place, SCIM_IMMUTABLE) && is_kept(place) && !place->path.attr->multi) {
        refused(err, place, "another value by PUT");
        err = replace(&doc, place, old, body_with(place, 0));
    }
    ck_assert_msg(!err, "%s: %s", place->name, err ? err->detail : "");
    ck_assert_msg((at(doc, place) != NULL) == (at(old, place) != NULL), "%s", place->name);
    /* Not given: an immutable value stays, any other goes, but for `active`. */
    if (!err && is_kept(place) && !place->leaf->required && !place->path.attr->multi) {
        int stays = has(place, SCIM_IMMUTABLE) || place->leaf->at == SCIM_AT_ACTIVE;
        ck_assert_ptr_null(replace(&doc, place, old, minimal(place->type)));
        ck_assert_msg((at(doc, place) != NULL) == stays, "%s", place->name);
    }
}

START_TEST(put_follows_mutability)
{
    sample_walk_all(check_replace, pool);
}
END_TEST

/* ---- PATCH ---- */

/* @param path NULL: a value without a path that has the place in it */
static scim_error_t *patch(json_t **doc, const sample_place_t *place, const json_t *old,
                           const char *op, const char *path, json_t *value)
{
    json_t *body = scim_json_own(
        json_pack("{s:[s],s:[{s:s}]}", "schemas", SCIM_URN_PATCH, "Operations", "op", op), pool);
    json_t *operation = json_array_get(json_object_get(body, "Operations"), 0);
    const scim_patch_t *parsed;
    scim_error_t *err;

    if (path) {
        json_object_set_new(operation, "path", json_string(path));
    }
    if (value) {
        json_object_set_new(operation, "value", value);
    }
    err = scim_patch_parse(&parsed, body, place->type, tenant, pool);
    if (!err) {
        err = scim_patch_apply(doc, old, parsed, place->type, tenant, pool);
    }
    return err;
}

static json_t *value_for(const sample_place_t *place, int which)
{
    return place->path.sub ? sample_value_new(place->leaf, which)
                           : sample_attr_new(place->leaf, NULL, which);
}

static void check_patch(const sample_place_t *place)
{
    json_t *before = create(place, 0);
    json_t *old = NULL;
    json_t *doc = NULL;
    scim_error_t *err;

    ck_assert_ptr_null(
        scim_resource_create(&old, NULL, minimal(place->type), place->type, tenant, pool));
    if (strcmp(place->name, "schemas") == 0) {
        return;
    }
    err = patch(&doc, place, old, "replace", place->name, value_for(place, 1));
    if (has(place, SCIM_READ_ONLY)) {
        refused(err, place, "replace");
        refused(patch(&doc, place, old, "add", place->name, value_for(place, 1)), place, "add");
        refused(patch(&doc, place, old, "remove", place->name, NULL), place, "remove");
        /* In a value without a path it is dropped. */
        ck_assert_ptr_null(
            patch(&doc, place, old, "replace", NULL, json_incref(body_with(place, 1))));
        ck_assert_ptr_null(at(doc, place));
        return;
    }
    if (place->path.attr->at == SCIM_AT_MEMBERS && place->path.sub) {
        refused(err, place, "replace");
        return;
    }
    ck_assert_msg(!err, "%s: %s", place->name, err ? err->detail : "");
    if (has(place, SCIM_WRITE_ONLY)) {
        ck_assert_msg(json_equal(doc, old), "%s changed the document", place->name);
        return;
    }
    if (place->path.sub || !place->leaf->nsubs) {
        ck_assert_msg(at(doc, place) != NULL, "%s was not set", place->name);
    }
    if (has(place, SCIM_IMMUTABLE)) {
        refused(patch(&doc, place, before, "replace", place->name, value_for(place, 1)), place,
                "another value by PATCH");
        refused(patch(&doc, place, before, "remove", place->name, NULL), place, "remove");
        ck_assert_ptr_null(patch(&doc, place, before, "add", place->name, value_for(place, 0)));
    }
}

START_TEST(patch_follows_mutability)
{
    sample_walk_all(check_patch, pool);
}
END_TEST

static void check_required(const sample_place_t *place)
{
    json_t *doc = NULL;
    scim_error_t *err;

    if (!place->leaf->required || place->path.sub || has(place, SCIM_READ_ONLY)) {
        return;
    }
    err = patch(&doc, place, create(place, 0), "remove", place->name, NULL);
    refused(err, place, "removing what is required");
}

START_TEST(what_is_required_stays)
{
    sample_walk_all(check_required, pool);
}
END_TEST

/* ---- returned ---- */

/* A stored document with everything in it, whether it could get there or not. */
static json_t *everything(const scim_resource_type_t *type)
{
    json_t *doc = scim_json_own(json_object(), pool);
    int n;
    const scim_attr_t *common = scim_common_attrs(&n);
    int i;
    int k;

    for (i = 0; i < n; i++) {
        json_object_set_new(doc, common[i].name, sample_attr_new(&common[i], NULL, 0));
    }
    for (i = 0; i < type->schema->nattrs; i++) {
        const scim_attr_t *attr = &type->schema->attrs[i];
        json_object_set_new(doc, attr->name, sample_attr_new(attr, NULL, 0));
    }
    for (k = 0; k < type->nextensions; k++) {
        const scim_schema_t *schema = type->extensions[k].schema;
        json_t *object = json_object();
        for (i = 0; i < schema->nattrs; i++) {
            json_object_set_new(object, schema->attrs[i].name,
                                sample_attr_new(&schema->attrs[i], NULL, 0));
        }
        json_object_set_new(doc, schema->urn, object);
    }
    return doc;
}

static int is_shown(const sample_place_t *place, const char *attributes, const char *excluded)
{
    const scim_projection_t *pr;

    ck_assert_ptr_null(scim_project_parse(&pr, attributes, excluded, place->type, pool));
    return at(scim_project_apply(pr, everything(place->type), place->type, pool), place) != NULL;
}

static int returns(const sample_place_t *place, scim_returned_t returned)
{
    return place->path.attr->returned == returned || place->leaf->returned == returned;
}

static void shown_is(const sample_place_t *place, const char *when, int shown, int wanted)
{
    ck_assert_msg(shown == wanted, "%s is %sshown %s", place->name, shown ? "" : "not ", when);
}

static void check_returned(const sample_place_t *place)
{
    int never = returns(place, SCIM_RETURNED_NEVER);
    int request = returns(place, SCIM_RETURNED_REQUEST);
    int always =
        place->leaf->returned == SCIM_RETURNED_ALWAYS && (!place->path.sub || !(never || request));
    const char *other = place->type == &sample_type ? "simple0" : "displayName";

    shown_is(place, "by default", is_shown(place, NULL, NULL), !never && !request);
    shown_is(place, "when asked for", is_shown(place, place->name, NULL), !never);
    shown_is(place, "when excluded", is_shown(place, NULL, place->name), always);
    if (strcmp(place->path.attr->name, other)) {
        int wanted = always && place->path.attr->returned == SCIM_RETURNED_ALWAYS;
        shown_is(place, "when another is asked for", is_shown(place, other, NULL), wanted);
    }
}

START_TEST(replies_follow_returned)
{
    sample_walk_all(check_returned, pool);
}
END_TEST

/* Nobody may find out by filters what is never shown. */
static void check_filter(const sample_place_t *place)
{
    const scim_filter_t *f;
    scim_error_t *err =
        scim_filter_parse(&f, apr_psprintf(pool, "%s pr", place->name), place->type, NULL, pool);
    int never = returns(place, SCIM_RETURNED_NEVER);

    ck_assert_msg((err != NULL) == never, "%s: %s", place->name, err ? err->detail : "accepted");
    if (err) {
        ck_assert_int_eq(err->status, 400);
        ck_assert_int_eq(err->type, SCIM_TYPE_SENSITIVE);
    }
}

START_TEST(filters_follow_returned)
{
    sample_walk_all(check_filter, pool);
}
END_TEST

/* ---- primary (RFC 7643 section 2.4, RFC 7644 section 3.5.2) ---- */

/* "ab", with each that is primary in upper case. */
static const char *primaries(const json_t *doc, const sample_place_t *place)
{
    const json_t *array = json_object_get(doc, place->path.attr->name);
    const char *text = "";
    apr_size_t i;

    for (i = 0; i < json_array_size(array); i++) {
        const json_t *element = json_array_get(array, i);
        const char *type = json_string_value(json_object_get(element, "type"));
        int primary = json_is_true(json_object_get(element, "primary"));
        text = apr_psprintf(pool, "%s%c", text, primary ? *type - 'a' + 'A' : *type);
    }
    return text;
}

static json_t *element_new(const sample_place_t *place, const char *type, int primary)
{
    json_t *array = sample_attr_new(place->path.attr, NULL, *type - 'a');
    json_t *element = json_incref(json_array_get(array, 0));

    json_decref(array);
    json_object_set_new(element, "type", json_string(type));
    json_object_set_new(element, "primary", json_boolean(primary));
    return element;
}

static int primary_attrs;

static void check_primary(const sample_place_t *place)
{
    const char *name = place->path.attr->name;
    json_t *body = minimal(place->type);
    json_t *array;
    json_t *doc = NULL;
    json_t *next = NULL;

    if (place->path.sub || !place->leaf->multi || !place->leaf->nsubs ||
        !scim_attr_sub(place->leaf, "primary")) {
        return;
    }
    primary_attrs++;
    array = json_array();
    json_array_append_new(array, element_new(place, "a", 1));
    json_array_append_new(array, element_new(place, "b", 1));
    json_object_set_new(body, name, array);
    /* Of several, the first stays; in POST and in PUT. */
    ck_assert_ptr_null(scim_resource_create(&doc, NULL, body, place->type, tenant, pool));
    ck_assert_str_eq(primaries(doc, place), "Ab");
    ck_assert_ptr_null(replace(&next, place, doc, body));
    ck_assert_str_eq(primaries(next, place), "Ab");
    /* PATCH: who becomes primary takes it from the others. */
    ck_assert_ptr_null(patch(&next, place, doc, "add", name, element_new(place, "c", 1)));
    ck_assert_str_eq(primaries(next, place), "abC");
    ck_assert_ptr_null(patch(&next, place, doc, "add", name, element_new(place, "b", 1)));
    ck_assert_str_eq(primaries(next, place), "aB");
    ck_assert_ptr_null(patch(&next, place, doc, "replace",
                             apr_pstrcat(pool, name, "[type eq \"b\"].primary", NULL),
                             json_true()));
    ck_assert_str_eq(primaries(next, place), "aB");
    ck_assert_ptr_null(patch(&next, place, doc, "replace",
                             apr_pstrcat(pool, name, "[type eq \"b\"]", NULL),
                             element_new(place, "b", 1)));
    ck_assert_str_eq(primaries(next, place), "aB");
    ck_assert_ptr_null(patch(&next, place, doc, "add",
                             apr_pstrcat(pool, name, "[type eq \"b\"].primary", NULL),
                             json_string("True")));
    ck_assert_str_eq(primaries(next, place), "aB");
    /* One that says it is not takes it from nobody. */
    ck_assert_ptr_null(patch(&next, place, doc, "add", name, element_new(place, "c", 0)));
    ck_assert_str_eq(primaries(next, place), "Abc");
    ck_assert_ptr_null(patch(&next, place, doc, "replace",
                             apr_pstrcat(pool, name, "[type eq \"a\"].primary", NULL),
                             json_false()));
    ck_assert_str_eq(primaries(next, place), "ab");
}

START_TEST(at_most_one_is_primary)
{
    primary_attrs = 0;
    sample_walk(scim_catalog_type(scim_catalog_default(), "User"), check_primary, pool);
    ck_assert_int_eq(primary_attrs, 8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("characteristics");
    TCase *tc = tcase_create("characteristics");
    SRunner *runner;
    int failed;

    apr_initialize();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, bodies_keep_what_may_be_written);
    tcase_add_test(tc, put_follows_mutability);
    tcase_add_test(tc, patch_follows_mutability);
    tcase_add_test(tc, what_is_required_stays);
    tcase_add_test(tc, replies_follow_returned);
    tcase_add_test(tc, filters_follow_returned);
    tcase_add_test(tc, at_most_one_is_primary);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
