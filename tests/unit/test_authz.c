/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "scim_authz.h"
#include "scim_json.h"
#include "scim_match.h"

static apr_pool_t *pool;
static const scim_resource_type_t *user;
static const json_t *jane;

static void setup(void)
{
    static const char text[] =
        "{\"id\":\"1\",\"userName\":\"Jane\",\"active\":true,"
        "\"title\":\"a\\r\\nb\\u0085\\u00a0;c\","
        "\"emails\":[{\"value\":\"a;b\\\\c@x.y\",\"type\":\"work\"},"
        "{\"value\":\"d@x.y\",\"type\":\"home\",\"primary\":true}],\"nickName\":\"\","
        "\"" SCIM_URN_ENTERPRISE "\":{\"department\":\"R&D\"},"
        "\"groups\":[{\"value\":\"g\",\"display\":\"Staff\"}]}";
    json_t *root = NULL;

    apr_pool_create(&pool, NULL);
    user = scim_catalog_type(scim_catalog_default(), "User");
    ck_assert_ptr_null(scim_json_load(&root, text, strlen(text), NULL, pool));
    jane = root;
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static scim_path_t path(const char *text)
{
    scim_path_t out;
    scim_error_t *err = scim_authz_path(&out, text, user, pool);

    ck_assert_msg(err == NULL, "%s: %s", text, err ? err->detail : "");
    return out;
}

static const char *value(const char *text)
{
    scim_path_t p = path(text);
    const char *out = scim_authz_text(&p, jane, pool);

    return out ? out : "(none)";
}

static int equals(const char *text, const char *with)
{
    scim_path_t p = path(text);
    const scim_filter_t *test = NULL;
    scim_error_t *err = scim_authz_test(&test, &p, with, user, pool);

    return err ? -1 : scim_match(test, jane, pool);
}

START_TEST(values_as_text)
{
    static const char *const cases[][2] = {
        {"userName", "Jane"},
        {"USERNAME", "Jane"},
        {"active", "true"},
        {"title", "a  b \xc2\xa0;c"}, /* of one value nothing is escaped */
        {"emails", "a\\;b\\\\c@x.y;d@x.y"},
        {"emails.type", "work;home"},
        {"emails[primary].value", "d@x.y"},
        {"emails[primary eq true]", "d@x.y"},
        {"emails[type eq \"other\"].value", "(none)"},
        {"nickName", "(none)"},
        {"displayName", "(none)"},
        {SCIM_URN_ENTERPRISE ":department", "R&D"},
        {"groups", "g"},
        {"groups.display", "Staff"},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_str_eq(value(cases[i][0]), cases[i][1]);
    }
}
END_TEST

START_TEST(paths_that_are_refused)
{
    static const char *const texts[] = {"",
                                        "nosuch",
                                        "name",
                                        SCIM_URN_ENTERPRISE,
                                        "password",
                                        "emails[",
                                        "emails[]",
                                        "emails[nosuch].value",
                                        "emails[value].value",
                                        "userName eq \"x\" or active"};
    scim_path_t out;
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ck_assert_msg(scim_authz_path(&out, texts[i], user, pool) != NULL, "%s", texts[i]);
    }
}
END_TEST

START_TEST(comparisons)
{
    ck_assert_int_eq(equals("userName", "jANE"), 1);
    ck_assert_int_eq(equals("userName", "jan"), 0);
    ck_assert_int_eq(equals("id", "1"), 1);
    ck_assert_int_eq(equals("active", "true"), 1);
    ck_assert_int_eq(equals("active", "false"), 0);
    ck_assert_int_eq(equals("active", "1"), -1);
    ck_assert_int_eq(equals("emails", "D@X.Y"), 1);
    ck_assert_int_eq(equals("emails[primary].value", "d@x.y"), 1);
    ck_assert_int_eq(equals("emails[primary].value", "a;b\\c@x.y"), 0);
    ck_assert_int_eq(equals("emails.value", "a;b\\c@x.y"), 1);
    ck_assert_int_eq(equals("groups.display", "staff"), 1);
    ck_assert_int_eq(equals("displayName", ""), 0);
    ck_assert_int_eq(equals("nickName", "x"), 0);
    /* A value is a value, whatever it looks like. */
    ck_assert_int_eq(equals("userName", "x\" or userName pr or userName eq \"x"), 0);
    ck_assert_int_eq(equals("userName", "\xff"), -1);
    ck_assert_int_eq(equals("meta.created", "yesterday"), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("authz");
    TCase *tc = tcase_create("authz");
    SRunner *runner;
    int failed;

    apr_initialize();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, values_as_text);
    tcase_add_test(tc, paths_that_are_refused);
    tcase_add_test(tc, comparisons);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
