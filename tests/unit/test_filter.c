/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "filter_tree.h"
#include "golden.h"
#include "scim_text.h"
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

static const scim_resource_type_t *user_type(void)
{
    return widget_type_named("User");
}

static const scim_filter_t *must_parse(const char *text, const scim_filter_limits_t *limits)
{
    const scim_filter_t *f = NULL;
    scim_error_t *err = scim_filter_parse(&f, text, user_type(), limits, pool);

    ck_assert_msg(err == NULL, "%s: %s", text, err ? err->detail : "");
    return f;
}

static const scim_error_t *must_fail(const char *text, const scim_filter_limits_t *limits)
{
    static const scim_filter_t untouched;
    const scim_filter_t *f = &untouched;
    scim_error_t *err = scim_filter_parse(&f, text, user_type(), limits, pool);

    ck_assert_msg(err != NULL, "%s was accepted", text);
    ck_assert_ptr_eq(f, &untouched);
    ck_assert_int_eq(err->status, 400);
    ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_FILTER);
    return err;
}

/* in: the filter; type: resource type; value: an attribute whose value filter it is. */
static const char *parse_and_print(scim_error_t **err, const golden_case_t *c, void *baton)
{
    const char *name = golden_read(c, "type");
    const char *value = golden_read(c, "value");
    const scim_resource_type_t *type = widget_type_named(name ? name : "User");
    const scim_filter_t *f = NULL;
    const scim_filter_t *again = NULL;
    const char *text;

    (void)baton;
    if (value) {
        const scim_attr_t *attr = scim_type_attr(type, value, strlen(value));
        *err = scim_filter_parse_value(&f, c->in, strlen(c->in), attr, NULL, SCIM_TYPE_INVALID_PATH,
                                       c->pool);
        return *err ? NULL : scim_filter_print(f, c->pool);
    }
    *err = scim_filter_parse(&f, c->in, type, NULL, c->pool);
    if (*err) {
        return NULL;
    }
    text = scim_filter_print(f, c->pool);
    *err = scim_filter_parse(&again, text, type, NULL, c->pool);
    if (!*err && !filter_tree_equal(f, again)) {
        return "(the printed filter is another one)";
    }
    return text;
}

START_TEST(golden_cases)
{
    ck_assert_int_eq(golden_run("filter", GOLDEN_TEXT, parse_and_print, NULL), 0);
}
END_TEST

START_TEST(tree_shape)
{
    const scim_filter_t *f =
        must_parse("userName eq \"A\" or title pr or not (active eq true)", NULL);

    ck_assert_int_eq(f->op, SCIM_OP_OR);
    ck_assert_int_eq(f->left->op, SCIM_OP_EQ);
    ck_assert_str_eq(f->left->path.attr->name, "userName");
    ck_assert_str_eq(f->left->string, "A");
    ck_assert_str_eq(f->left->folded, "a");
    ck_assert_int_eq(f->right->op, SCIM_OP_OR);
    ck_assert_int_eq(f->right->left->op, SCIM_OP_PR);
    ck_assert_int_eq(f->right->right->op, SCIM_OP_NOT);
    ck_assert_int_eq(f->right->right->left->kind, JSON_TRUE);
}
END_TEST

START_TEST(value_path_with_sub_attribute)
{
    const scim_filter_t *f = must_parse("emails[type eq \"work\"].value eq \"X\"", NULL);

    ck_assert_int_eq(f->op, SCIM_OP_PATH);
    ck_assert_str_eq(f->path.attr->name, "emails");
    ck_assert_int_eq(f->left->op, SCIM_OP_AND);
    ck_assert_str_eq(f->left->left->path.attr->name, "type");
    ck_assert_str_eq(f->left->right->path.attr->name, "value");
    ck_assert_ptr_null(f->left->right->path.sub);
    ck_assert_str_eq(f->left->right->folded, "x");
}
END_TEST

START_TEST(dates_keep_text_and_instant)
{
    const scim_filter_t *f = must_parse("meta.created gt \"1970-01-01T00:00:01+00:00\"", NULL);

    ck_assert_int_eq(f->kind, JSON_STRING);
    ck_assert_str_eq(f->string, "1970-01-01T00:00:01+00:00");
    ck_assert(f->integer == 1000000);
}
END_TEST

START_TEST(exact_attributes_are_not_folded)
{
    const scim_filter_t *f = must_parse("externalId eq \"AbC\"", NULL);

    ck_assert_str_eq(f->folded, "AbC");
}
END_TEST

static const char *repeat(const char *head, const char *part, int n, const char *foot)
{
    scim_buf_t *b = scim_buf_make(0, pool);

    scim_buf_puts(b, head);
    while (n-- > 0) {
        scim_buf_puts(b, part);
    }
    scim_buf_puts(b, foot);
    return b->data;
}

START_TEST(limit_of_bytes)
{
    scim_filter_limits_t limits = {11, 0, 0};

    must_parse("userName pr", &limits);
    must_fail("userName pr ", &limits);
    must_parse(repeat("userName pr", " ", 8192 - 11, ""), NULL);
    must_fail(repeat("userName pr", " ", 8192 - 10, ""), NULL);
}
END_TEST

START_TEST(limit_of_terms)
{
    scim_filter_limits_t limits = {100000, 0, 0};
    scim_filter_limits_t three = {0, 3, 0};

    must_parse(repeat("title pr", " or title pr", 199, ""), &limits);
    must_fail(repeat("title pr", " or title pr", 200, ""), &limits);
    must_parse("title pr and (title pr or title pr)", &three);
    must_fail("title pr and (title pr or title pr) and title pr", &three);
    must_fail("emails[type pr and value pr or primary pr].value pr", &three);
}
END_TEST

START_TEST(limit_of_depth)
{
    scim_filter_limits_t two = {0, 0, 2};

    must_parse(repeat("", "(", 32, repeat("title pr", ")", 32, "")), NULL);
    must_fail(repeat("", "(", 33, repeat("title pr", ")", 33, "")), NULL);
    must_parse(repeat("", "not (", 32, repeat("title pr", ")", 32, "")), NULL);
    must_fail(repeat("", "not (", 33, repeat("title pr", ")", 33, "")), NULL);
    must_parse("(title pr) and ((title pr)) and not (emails[type pr])", &two);
    must_fail("(not (emails[type pr]))", &two);
    must_fail(repeat("", "(", 8000, ""), NULL);
}
END_TEST

START_TEST(long_chains_do_not_recurse)
{
    scim_filter_limits_t limits = {64 << 20, 1000000, 0};
    const char *text = repeat("title pr", " or title pr", 299999, "");
    const scim_filter_t *f = must_parse(text, &limits);

    ck_assert_str_eq(scim_filter_print(f, pool), text);
    ck_assert_int_eq(scim_filter_uses(f, SCIM_AT_ACTIVE), 0);
    f = must_parse(repeat("title pr", " and title pr", 299999, ""), &limits);
    ck_assert_int_eq(scim_filter_uses(f, SCIM_AT_DOC), 1);
}
END_TEST

START_TEST(uses)
{
    const scim_filter_t *f =
        must_parse("title pr and not (groups.display eq \"x\" or active pr)", NULL);

    ck_assert_int_eq(scim_filter_uses(f, SCIM_AT_GROUPS), 1);
    ck_assert_int_eq(scim_filter_uses(f, SCIM_AT_ACTIVE), 1);
    ck_assert_int_eq(scim_filter_uses(f, SCIM_AT_MEMBERS), 0);
    f = must_parse("title pr or groups[value eq \"x\"]", NULL);
    ck_assert_int_eq(scim_filter_uses(f, SCIM_AT_GROUPS), 1);
    ck_assert_int_eq(scim_filter_uses(f, SCIM_AT_ACTIVE), 0);
    f = must_parse("meta.created gt \"2020-01-01T00:00:00Z\"", NULL);
    ck_assert_int_eq(scim_filter_uses(f, SCIM_AT_CREATED), 1);
    ck_assert_int_eq(scim_filter_uses(f, SCIM_AT_META), 0);
    f = must_parse("meta pr and emails.value pr", NULL);
    ck_assert_int_eq(scim_filter_uses(f, SCIM_AT_META), 1);
    ck_assert_int_eq(scim_filter_uses(f, SCIM_AT_VALUE), 1);
}
END_TEST

START_TEST(bytes_that_are_not_utf8)
{
    const scim_error_t *err = must_fail("title eq \"\xC3\"", NULL);
    const scim_attr_t *emails = scim_type_attr(user_type(), "emails", 6);
    const scim_filter_t *f;
    scim_error_t *nul;

    ck_assert_str_eq(err->detail, "The filter is not valid UTF-8.");
    must_fail("title eq \"\xED\xA0\x80\"", NULL);
    must_fail("title eq \"\xF8\x88\x80\x80\x80\"", NULL);
    nul = scim_filter_parse_value(&f, "value eq \"a\0b\"", 14, emails, NULL, SCIM_TYPE_INVALID_PATH,
                                  pool);
    ck_assert_ptr_nonnull(nul);
    ck_assert_int_eq(nul->type, SCIM_TYPE_INVALID_PATH);
}
END_TEST

START_TEST(value_filter_ends_where_told)
{
    const scim_attr_t *emails = scim_type_attr(user_type(), "emails", 6);
    const scim_filter_t *f;
    scim_error_t *err = scim_filter_parse_value(&f, "type eq \"work\"].value", 14, emails, NULL,
                                                SCIM_TYPE_INVALID_PATH, pool);

    ck_assert_ptr_null(err);
    ck_assert_str_eq(scim_filter_print(f, pool), "type eq \"work\"");
}
END_TEST

START_TEST(details_hold_no_values_and_no_long_names)
{
    const scim_error_t *err = must_fail("userName eq \"secret\" xor title eq \"hidden\"", NULL);

    ck_assert_ptr_null(strstr(err->detail, "secret"));
    ck_assert_ptr_null(strstr(err->detail, "hidden"));
    err = must_fail(repeat("", "abcdefgh", 500, " pr"), NULL);
    ck_assert_uint_lt(strlen(err->detail), 160);
    ck_assert_ptr_nonnull(strstr(err->detail, repeat(" ", "abcdefgh", 8, ".")));
}
END_TEST

START_TEST(positions_count_characters)
{
    const scim_error_t *err = must_fail("title eq \"\xC3\xA9\xF0\x9F\x98\x80\" xor", NULL);

    ck_assert_str_eq(err->detail,
                     "The filter is wrong at character 15: and, or or the end is expected.");
}
END_TEST

static Suite *filter_suite(void)
{
    Suite *s = suite_create("filter");
    TCase *tc = tcase_create("filter");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, golden_cases);
    tcase_add_test(tc, tree_shape);
    tcase_add_test(tc, value_path_with_sub_attribute);
    tcase_add_test(tc, dates_keep_text_and_instant);
    tcase_add_test(tc, exact_attributes_are_not_folded);
    tcase_add_test(tc, limit_of_bytes);
    tcase_add_test(tc, limit_of_terms);
    tcase_add_test(tc, limit_of_depth);
    tcase_add_test(tc, long_chains_do_not_recurse);
    tcase_add_test(tc, uses);
    tcase_add_test(tc, bytes_that_are_not_utf8);
    tcase_add_test(tc, value_filter_ends_where_told);
    tcase_add_test(tc, details_hold_no_values_and_no_long_names);
    tcase_add_test(tc, positions_count_characters);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner;
    int failed;

    apr_initialize();
    runner = srunner_create(filter_suite());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
