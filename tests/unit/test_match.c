/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "golden.h"
#include "scim_json.h"
#include "scim_match.h"
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

/* One filter on the case's value: 1, 0 or an error. */
static scim_error_t *match_line(int *out, const char *line, const json_t *value,
                                const golden_case_t *c)
{
    const char *name = golden_read(c, "type");
    const char *element = golden_read(c, "element");
    const scim_resource_type_t *type = widget_type_named(name ? name : "User");
    const scim_filter_t *f;
    scim_error_t *err;

    if (element) {
        const scim_attr_t *attr = scim_type_attr(type, element, strlen(element));
        err = scim_filter_parse_value(&f, line, strlen(line), attr, NULL, SCIM_TYPE_INVALID_FILTER,
                                      c->pool);
    } else {
        err = scim_filter_parse(&f, line, type, NULL, c->pool);
    }
    if (!err) {
        *out = element ? scim_match_element(f, value, c->pool) : scim_match(f, value, c->pool);
    }
    return err;
}

/*
 * in: a resource, or an element of the attribute in `element`; filters: one a line. The result has
 * the same lines with 1 or 0 before them.
 */
static const char *match_lines(scim_error_t **err, const golden_case_t *c, void *baton)
{
    scim_buf_t *out = scim_buf_make(0, c->pool);
    char *lines = apr_pstrdup(c->pool, golden_read(c, "filters"));
    char *state = NULL;
    char *line;
    json_t *value;

    (void)baton;
    *err = scim_json_load(&value, c->in, strlen(c->in), NULL, c->pool);
    for (line = apr_strtok(lines, "\n", &state); line && !*err;
         line = apr_strtok(NULL, "\n", &state)) {
        int matched = 0;

        *err = match_line(&matched, line, value, c);
        scim_buf_printf(out, "%s%d %s", out->len ? "\n" : "", matched, line);
    }
    return out->data;
}

START_TEST(golden_cases)
{
    ck_assert_int_eq(golden_run("match", GOLDEN_TEXT, match_lines, NULL), 0);
}
END_TEST

/* A chain longer than any stack of frames would allow, and the last term decides. */
START_TEST(long_chains_do_not_recurse)
{
    scim_filter_limits_t limits = {64 << 20, 1000000, 0};
    json_t *user = scim_json_own(json_pack("{s:s}", "title", "x"), pool);
    scim_buf_t *text = scim_buf_make(0, pool);
    const scim_filter_t *f;
    int i;

    for (i = 0; i < 300000; i++) {
        scim_buf_puts(text, "nickName pr or ");
    }
    scim_buf_puts(text, "title eq \"X\"");
    ck_assert_ptr_null(scim_filter_parse(&f, text->data, widget_type_named("User"), &limits, pool));
    ck_assert_int_eq(scim_match(f, user, pool), 1);
    json_object_set_new(user, "title", json_string("y"));
    ck_assert_int_eq(scim_match(f, user, pool), 0);
}
END_TEST

/* ASCII values need no memory, whatever their case: the pool's first block must do. */
START_TEST(ascii_needs_no_memory)
{
    json_t *user = scim_json_own(json_pack("{s:s}", "userName", "Some.User@Example.COM"), pool);
    const scim_filter_t *f;
    char *before;
    char *after;
    int i;

    ck_assert_ptr_null(scim_filter_parse(&f,
                                         "userName eq \"some.user@example.com\" and "
                                         "userName sw \"SOME\" and userName gt \"A\"",
                                         widget_type_named("User"), NULL, pool));
    before = apr_palloc(pool, 8);
    for (i = 0; i < 100; i++) {
        ck_assert_int_eq(scim_match(f, user, pool), 1);
    }
    after = apr_palloc(pool, 8);
    ck_assert_ptr_eq(after, before + 8);
}
END_TEST

static Suite *match_suite(void)
{
    Suite *s = suite_create("match");
    TCase *tc = tcase_create("match");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, golden_cases);
    tcase_add_test(tc, long_chains_do_not_recurse);
    tcase_add_test(tc, ascii_needs_no_memory);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner;
    int failed;

    apr_initialize();
    runner = srunner_create(match_suite());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
