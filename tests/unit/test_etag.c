/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>

#include <check.h>

#include "scim_etag.h"

static const char *const matching[] = {
    "*",
    " \t*\t ",
    "W/\"3\"",
    "\"3\"",
    " W/\"3\" ",
    "\"other\", W/\"3\"",
    "W/\"3\",\"other\"",
    ",, \"x\" ,, W/\"3\" ,",
    "\"a,b\", W/\"3\"",
    "\"\", \"3\"",
    "W/\"3-gzip\"",
    "\"3-br\"",
};

static const char *const others[] = {
    "",
    " ",
    ",",
    "W/\"4\"",
    "W/\"33\"",
    "W/\"\"",
    "\"3 \"",
    "\"-3\"",
    "\"03\"",
    "\"3-zip\"",
    "\"3-gzip-gzip\"",
    "\"a,3\"",
    /* malformed: nothing of it counts */
    "3",
    "W/3",
    "w/\"3\"",
    "W/",
    "W",
    "\"3",
    "3\"",
    "W/\"3",
    "W/ \"3\"",
    "W/\"3\"\"4\"",
    "W/\"3\" \"4\"",
    "W/\"3\"; q=1",
    "W/\"3\", *",
    "*, W/\"3\"",
    "**",
    "\"*\"",
    "W/\"3\", x",
    "'3'",
    "\xff\xfe",
};

#define COUNT(list) (int)(sizeof(list) / sizeof((list)[0]))

START_TEST(values_that_match)
{
    ck_assert_msg(scim_etag_match(matching[_i], 3) == 1, "%s", matching[_i]);
}
END_TEST

START_TEST(values_that_do_not)
{
    ck_assert_msg(scim_etag_match(others[_i], 3) == 0, "%s", others[_i]);
}
END_TEST

START_TEST(large_versions)
{
    ck_assert_int_eq(scim_etag_match("W/\"9223372036854775807\"", APR_INT64_MAX), 1);
    ck_assert_int_eq(scim_etag_match("W/\"9223372036854775806\"", APR_INT64_MAX), 0);
}
END_TEST

/* RFC 9110 section 13.2.2: If-Match first. */
START_TEST(both_headers)
{
    ck_assert_int_eq(scim_etag_check(NULL, NULL, 3), SCIM_ETAG_GO_ON);
    ck_assert_int_eq(scim_etag_check("W/\"3\"", NULL, 3), SCIM_ETAG_GO_ON);
    ck_assert_int_eq(scim_etag_check("W/\"2\"", NULL, 3), SCIM_ETAG_OTHER);
    ck_assert_int_eq(scim_etag_check(NULL, "W/\"3\"", 3), SCIM_ETAG_MATCHES);
    ck_assert_int_eq(scim_etag_check(NULL, "W/\"2\"", 3), SCIM_ETAG_GO_ON);
    ck_assert_int_eq(scim_etag_check("W/\"2\"", "W/\"3\"", 3), SCIM_ETAG_OTHER);
    ck_assert_int_eq(scim_etag_check("W/\"3\"", "*", 3), SCIM_ETAG_MATCHES);
    ck_assert_int_eq(scim_etag_check("*", "W/\"2\"", 3), SCIM_ETAG_GO_ON);
    ck_assert_int_eq(scim_etag_check("nonsense", NULL, 3), SCIM_ETAG_OTHER);
    ck_assert_int_eq(scim_etag_check(NULL, "nonsense", 3), SCIM_ETAG_GO_ON);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("etag");
    TCase *tc = tcase_create("etag");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tc, values_that_match, 0, COUNT(matching));
    tcase_add_loop_test(tc, values_that_do_not, 0, COUNT(others));
    tcase_add_test(tc, large_versions);
    tcase_add_test(tc, both_headers);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
