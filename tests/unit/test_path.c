/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "filter_tree.h"
#include "golden.h"
#include "scim_filter.h"
#include "widget.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* in: the path; type: resource type; nofilter: value filters are not allowed. */
static const char *parse_and_print(scim_error_t **err, const golden_case_t *c, void *baton)
{
    const char *name = golden_read(c, "type");
    const scim_resource_type_t *type = widget_type_named(name ? name : "User");
    int filter_ok = golden_read(c, "nofilter") == NULL;
    scim_path_t path;
    scim_path_t again;
    const char *text;

    (void)baton;
    *err = scim_path_parse(&path, c->in, type, SCIM_TYPE_INVALID_PATH, filter_ok, c->pool);
    if (*err) {
        return NULL;
    }
    text = scim_path_print(&path, c->pool);
    *err = scim_path_parse(&again, text, type, SCIM_TYPE_INVALID_PATH, filter_ok, c->pool);
    if (!*err && !filter_tree_path_equal(&path, &again)) {
        return "(the printed path is another one)";
    }
    return text;
}

START_TEST(golden_cases)
{
    ck_assert_int_eq(golden_run("path", GOLDEN_TEXT, parse_and_print, NULL), 0);
}
END_TEST

static scim_path_t must_parse(const char *text)
{
    scim_path_t path;
    scim_error_t *err =
        scim_path_parse(&path, text, widget_type_named("User"), SCIM_TYPE_INVALID_PATH, 1, pool);

    ck_assert_msg(err == NULL, "%s: %s", text, err ? err->detail : "");
    return path;
}

START_TEST(parts_of_a_path)
{
    scim_path_t path = must_parse(SCIM_URN_USER ":emails[type eq \"work\"].value");

    ck_assert_ptr_null(path.schema);
    ck_assert_str_eq(path.attr->name, "emails");
    ck_assert_int_eq(path.filter->op, SCIM_OP_EQ);
    ck_assert_str_eq(path.filter->path.attr->name, "type");
    ck_assert_ptr_null(path.filter->path.sub);
    ck_assert_str_eq(path.sub->name, "value");
}
END_TEST

START_TEST(extension_alone)
{
    scim_path_t path = must_parse(SCIM_URN_ENTERPRISE);

    ck_assert_str_eq(path.schema->urn, SCIM_URN_ENTERPRISE);
    ck_assert_ptr_null(path.attr);
    ck_assert_ptr_null(path.filter);
    ck_assert_ptr_null(path.sub);
}
END_TEST

START_TEST(output_is_set_only_on_success)
{
    scim_path_t path;
    scim_path_t before;
    scim_error_t *err;

    memset(&path, 0x5A, sizeof(path));
    before = path;
    err = scim_path_parse(&path, "emails[type eq \"work\"].foo", widget_type_named("User"),
                          SCIM_TYPE_INVALID_FILTER, 1, pool);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_FILTER);
    ck_assert_mem_eq(&path, &before, sizeof(path));
}
END_TEST

START_TEST(longest_path)
{
    char *text = apr_palloc(pool, SCIM_PATH_MAX + 2);
    scim_path_t path;
    scim_error_t *err;

    memset(text, ' ', SCIM_PATH_MAX + 1);
    memcpy(text, "title", 5);
    text[SCIM_PATH_MAX] = '\0';
    must_parse(text);
    text[SCIM_PATH_MAX] = ' ';
    text[SCIM_PATH_MAX + 1] = '\0';
    err = scim_path_parse(&path, text, widget_type_named("User"), SCIM_TYPE_INVALID_PATH, 1, pool);
    ck_assert_ptr_nonnull(err);
    ck_assert_str_eq(err->detail, "The path is longer than 2048 bytes.");
}
END_TEST

START_TEST(bytes_that_are_not_utf8)
{
    scim_path_t path;
    scim_error_t *err = scim_path_parse(&path, "emails[type eq \"\xFF\"]",
                                        widget_type_named("User"), SCIM_TYPE_INVALID_PATH, 1, pool);

    ck_assert_ptr_nonnull(err);
    ck_assert_str_eq(err->detail, "The path is not valid UTF-8.");
}
END_TEST

static Suite *path_suite(void)
{
    Suite *s = suite_create("path");
    TCase *tc = tcase_create("path");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, golden_cases);
    tcase_add_test(tc, parts_of_a_path);
    tcase_add_test(tc, extension_alone);
    tcase_add_test(tc, output_is_set_only_on_success);
    tcase_add_test(tc, longest_path);
    tcase_add_test(tc, bytes_that_are_not_utf8);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner;
    int failed;

    apr_initialize();
    runner = srunner_create(path_suite());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
