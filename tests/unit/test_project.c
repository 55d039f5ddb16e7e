/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "counting.h"
#include "golden.h"
#include "scim_project.h"
#include "scim_text.h"

static apr_pool_t *pool;

static void setup(void)
{
    counting_start();
    apr_initialize();
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    ck_assert_int_eq(counting_live(), 0);
    apr_terminate();
}

static json_t *parse(const char *text, apr_pool_t *p)
{
    json_t *root = NULL;
    scim_error_t *err = scim_json_load(&root, text, strlen(text), NULL, p);

    ck_assert_msg(!err, "%s: %s", text, err ? err->detail : "");
    return root;
}

/*
 * `in` has type, attributes, excludedAttributes and perhaps resource; without it the case reads
 * User.json or Group.json beside the cases.
 */
static const char *project_golden(scim_error_t **err, const golden_case_t *c, void *baton)
{
    const json_t *in = parse(c->in, c->pool);
    const char *name = json_string_value(json_object_get(in, "type"));
    const scim_resource_type_t *type = scim_catalog_type(scim_catalog_default(), name);
    const json_t *resource = json_object_get(in, "resource");
    const scim_projection_t *pr = NULL;
    const char *before;

    (void)baton;
    if (!resource) {
        resource = parse(golden_read(c, apr_pstrcat(c->pool, "../", name, ".json", NULL)), c->pool);
    }
    before = scim_json_dump(resource, NULL, c->pool);
    *err = scim_project_parse(&pr, json_string_value(json_object_get(in, "attributes")),
                              json_string_value(json_object_get(in, "excludedAttributes")), type,
                              c->pool);
    if (*err) {
        return NULL;
    }
    json_t *view = scim_project_apply(pr, resource, type, c->pool);
    ck_assert_str_eq(scim_json_dump(resource, NULL, c->pool), before);
    return scim_json_dump(view, NULL, c->pool);
}

START_TEST(project_golden_directories)
{
    ck_assert_int_eq(golden_run("project", GOLDEN_JSON, project_golden, NULL), 0);
}
END_TEST

/* ---- a type with every kind of `returned` ---- */

static const scim_attr_t part_subs[] = {
    {.name = "key", .returned = SCIM_RETURNED_ALWAYS},
    {.name = "plain"},
    {.name = "costly", .returned = SCIM_RETURNED_REQUEST},
    {.name = "secret", .returned = SCIM_RETURNED_NEVER},
};

static const scim_attr_t thing_attrs[] = {
    {.name = "plain"},
    {.name = "always", .returned = SCIM_RETURNED_ALWAYS},
    {.name = "costly", .returned = SCIM_RETURNED_REQUEST},
    {.name = "secret", .returned = SCIM_RETURNED_NEVER},
    {.name = "part", .type = SCIM_ATTR_COMPLEX, .subs = part_subs, .nsubs = 4},
    {.name = "parts", .type = SCIM_ATTR_COMPLEX, .multi = 1, .subs = part_subs, .nsubs = 4},
};

static const scim_attr_t extra_attrs[] = {
    {.name = "plain"},
    {.name = "always", .returned = SCIM_RETURNED_ALWAYS},
    {.name = "costly", .returned = SCIM_RETURNED_REQUEST},
};

static const scim_schema_t thing_schema = {
    .urn = "urn:example:Thing", .name = "Thing", .attrs = thing_attrs, .nattrs = 6};
static const scim_schema_t extra_schema = {
    .urn = "urn:example:2.0:Extra", .name = "Extra", .attrs = extra_attrs, .nattrs = 3};
static const scim_extension_t thing_extensions[] = {{.schema = &extra_schema}};
static const scim_resource_type_t thing_type = {.name = "Thing",
                                                .endpoint = "Things",
                                                .schema = &thing_schema,
                                                .extensions = thing_extensions,
                                                .nextensions = 1};

#define PART "{\"key\":1,\"plain\":2,\"costly\":3,\"secret\":4}"
static const char thing[] = "{\"schemas\":[\"urn:example:Thing\"],\"id\":\"7\",\"plain\":1,"
                            "\"always\":2,\"costly\":3,\"secret\":4,\"part\":" PART
                            ",\"parts\":[" PART "," PART "],\"urn:example:2.0:Extra\":"
                            "{\"plain\":1,\"always\":2,\"costly\":3}}";

/* What is left beside schemas and id, which are always there. */
static const struct {
    const char *attributes;
    const char *excluded;
    const char *rest;
} views[] = {
    {NULL, NULL,
     "\"plain\":1,\"always\":2,\"part\":{\"key\":1,\"plain\":2},\"parts\":[{\"key\":1,\"plain\":2},"
     "{\"key\":1,\"plain\":2}],\"urn:example:2.0:Extra\":{\"plain\":1,\"always\":2}"},
    {"plain", NULL, "\"plain\":1,\"always\":2,\"urn:example:2.0:Extra\":{\"always\":2}"},
    {"costly", NULL, "\"always\":2,\"costly\":3,\"urn:example:2.0:Extra\":{\"always\":2}"},
    {"secret", NULL, "\"always\":2,\"urn:example:2.0:Extra\":{\"always\":2}"},
    {"unknown", NULL, "\"always\":2,\"urn:example:2.0:Extra\":{\"always\":2}"},
    {"part", NULL,
     "\"always\":2,\"part\":{\"key\":1,\"plain\":2},\"urn:example:2.0:Extra\":{\"always\":2}"},
    {"part.costly", NULL,
     "\"always\":2,\"part\":{\"key\":1,\"costly\":3},\"urn:example:2.0:Extra\":{\"always\":2}"},
    {"part,part.costly", NULL,
     "\"always\":2,\"part\":{\"key\":1,\"plain\":2,\"costly\":3},"
     "\"urn:example:2.0:Extra\":{\"always\":2}"},
    {"part.secret", NULL,
     "\"always\":2,\"part\":{\"key\":1},\"urn:example:2.0:Extra\":{\"always\":2}"},
    {"parts.plain", "parts.key",
     "\"always\":2,\"parts\":[{\"key\":1,\"plain\":2},{\"key\":1,\"plain\":2}],"
     "\"urn:example:2.0:Extra\":{\"always\":2}"},
    {"urn:example:Thing", NULL,
     "\"plain\":1,\"always\":2,\"part\":{\"key\":1,\"plain\":2},\"parts\":[{\"key\":1,\"plain\":2},"
     "{\"key\":1,\"plain\":2}],\"urn:example:2.0:Extra\":{\"always\":2}"},
    {"URN:EXAMPLE:2.0:EXTRA", NULL,
     "\"always\":2,\"urn:example:2.0:Extra\":{\"plain\":1,\"always\":2}"},
    {"urn:example:2.0:Extra:Costly", NULL,
     "\"always\":2,\"urn:example:2.0:Extra\":{\"always\":2,\"costly\":3}"},
    {NULL, "always,id,schemas,plain,part.plain,parts,urn:example:2.0:Extra",
     "\"always\":2,\"part\":{\"key\":1},\"urn:example:2.0:Extra\":{\"always\":2}"},
    {NULL, "part.key,parts.plain,parts.key",
     "\"plain\":1,\"always\":2,\"part\":{\"key\":1,\"plain\":2},\"parts\":[{\"key\":1},{\"key\":1}]"
     ","
     "\"urn:example:2.0:Extra\":{\"plain\":1,\"always\":2}"},
    {NULL, "urn:example:Thing",
     "\"always\":2,"
     "\"urn:example:2.0:Extra\":{\"plain\":1,\"always\":2}"},
    {"costly,plain", "costly",
     "\"plain\":1,\"always\":2,"
     "\"urn:example:2.0:Extra\":{\"always\":2}"},
};

START_TEST(project_every_kind_of_returned)
{
    const scim_projection_t *pr = NULL;
    const char *expected = apr_pstrcat(pool, "{\"schemas\":[\"urn:example:Thing\"],\"id\":\"7\",",
                                       views[_i].rest, "}", NULL);
    json_t *view;

    ck_assert_ptr_null(
        scim_project_parse(&pr, views[_i].attributes, views[_i].excluded, &thing_type, pool));
    ck_assert_ptr_nonnull(pr);
    view = scim_project_apply(pr, parse(thing, pool), &thing_type, pool);
    /* As text: the order of the resource is kept. */
    ck_assert_str_eq(scim_json_dump(view, NULL, pool), expected);
}
END_TEST

START_TEST(project_null_is_the_default_view)
{
    json_t *view = scim_project_apply(NULL, parse(thing, pool), &thing_type, pool);

    ck_assert_str_eq(scim_json_dump(view, NULL, pool),
                     apr_pstrcat(pool, "{\"schemas\":[\"urn:example:Thing\"],\"id\":\"7\",",
                                 views[0].rest, "}", NULL));
}
END_TEST

START_TEST(project_default_needs_no_parsing)
{
    const scim_resource_type_t *user = scim_catalog_type(scim_catalog_default(), "User");
    static const scim_projection_t *const other = (const scim_projection_t *)&thing_type;
    const scim_projection_t *pr = other;

    ck_assert_ptr_null(scim_project_parse(&pr, NULL, NULL, user, pool));
    ck_assert_ptr_null(pr);
    pr = other;
    ck_assert_ptr_null(scim_project_parse(&pr, "", " , ,,", user, pool));
    ck_assert_ptr_null(pr);
    ck_assert_ptr_null(scim_project_parse(&pr, "nosuch", NULL, user, pool));
    ck_assert_ptr_nonnull(pr);
}
END_TEST

static int wants(const char *type_name, const char *attributes, const char *excluded, scim_at_t at)
{
    const scim_resource_type_t *type = scim_catalog_type(scim_catalog_default(), type_name);
    const scim_projection_t *pr = NULL;

    ck_assert_ptr_null(scim_project_parse(&pr, attributes, excluded, type, pool));
    return scim_project_wants(pr, type, at);
}

START_TEST(project_wants_what_it_shows)
{
    ck_assert_int_eq(wants("Group", NULL, NULL, SCIM_AT_MEMBERS), 1);
    ck_assert_int_eq(wants("Group", NULL, "members", SCIM_AT_MEMBERS), 0);
    ck_assert_int_eq(wants("Group", NULL, "MEMBERS", SCIM_AT_MEMBERS), 0);
    ck_assert_int_eq(wants("Group", NULL, SCIM_URN_GROUP ":members", SCIM_AT_MEMBERS), 0);
    ck_assert_int_eq(wants("Group", NULL, SCIM_URN_GROUP, SCIM_AT_MEMBERS), 0);
    ck_assert_int_eq(wants("Group", NULL, "members.display", SCIM_AT_MEMBERS), 1);
    ck_assert_int_eq(wants("Group", "displayName", NULL, SCIM_AT_MEMBERS), 0);
    ck_assert_int_eq(wants("Group", "members.value", NULL, SCIM_AT_MEMBERS), 1);
    ck_assert_int_eq(wants("Group", "members", "members", SCIM_AT_MEMBERS), 0);
    ck_assert_int_eq(wants("User", "userName", NULL, SCIM_AT_GROUPS), 0);
    ck_assert_int_eq(wants("User", "userName", NULL, SCIM_AT_META), 0);
    ck_assert_int_eq(wants("User", "meta.created", NULL, SCIM_AT_META), 1);
    ck_assert_int_eq(wants("User", "meta.created", NULL, SCIM_AT_CREATED), 1);
    ck_assert_int_eq(wants("User", "meta.created", NULL, SCIM_AT_MODIFIED), 0);
    ck_assert_int_eq(wants("User", "userName", NULL, SCIM_AT_ID), 1);
    ck_assert_int_eq(wants("User", "userName", NULL, SCIM_AT_MEMBERS), 0);
    ck_assert_int_eq(wants("User", NULL, NULL, SCIM_AT_MEMBERS), 1);
}
END_TEST

/* As many names as a request line holds: the work is done once, not for each resource. */
START_TEST(project_takes_a_long_list)
{
    const scim_resource_type_t *user = scim_catalog_type(scim_catalog_default(), "User");
    const scim_projection_t *pr = NULL;
    scim_buf_t *list = scim_buf_make(0, pool);
    int i;

    for (i = 0; i < 20000; i++) {
        scim_buf_puts(list, "x,emails.value,,name.");
    }
    scim_buf_puts(list, ",userName");
    ck_assert_ptr_null(scim_project_parse(&pr, list->data, NULL, user, pool));
    json_t *view = scim_project_apply(
        pr,
        parse("{\"id\":\"1\",\"userName\":\"u\",\"emails\":[{\"value\":\"v\",\"type\":\"w\"}]}",
              pool),
        user, pool);
    ck_assert_str_eq(scim_json_dump(view, NULL, pool),
                     "{\"id\":\"1\",\"userName\":\"u\",\"emails\":[{\"value\":\"v\"}]}");
}
END_TEST

static Suite *project_suite(void)
{
    Suite *s = suite_create("project");
    TCase *tc = tcase_create("project");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, project_golden_directories);
    tcase_add_loop_test(tc, project_every_kind_of_returned, 0,
                        (int)(sizeof(views) / sizeof(views[0])));
    tcase_add_test(tc, project_null_is_the_default_view);
    tcase_add_test(tc, project_default_needs_no_parsing);
    tcase_add_test(tc, project_wants_what_it_shows);
    tcase_add_test(tc, project_takes_a_long_list);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *sr = srunner_create(project_suite());
    int failed;

    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
