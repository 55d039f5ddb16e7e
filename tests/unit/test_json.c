/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "counting.h"
#include "golden.h"
#include "scim_error.h"
#include "scim_json.h"
#include "scim_json_peek.h"
#include "scim_tenant.h"
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

START_TEST(json_quotes_as_jansson_does)
{
    char all[128];
    char *expected;
    int i;

    for (i = 1; i < 128; i++) {
        all[i - 1] = (char)i;
    }
    all[127] = '\0';
    json_t *value = scim_json_own(json_string(all), pool);
    expected = apr_pstrdup(pool, scim_json_quote(all, pool));
    json_t *back = NULL;
    ck_assert_ptr_null(scim_json_load(&back, expected, strlen(expected), NULL, pool));
    ck_assert_int_eq(json_equal(value, back), 1);
    ck_assert_str_eq(scim_json_quote("a\"b\\c\n\x01\xC3\xA4/", pool),
                     "\"a\\\"b\\\\c\\n\\u0001\xC3\xA4/\"");
}
END_TEST

static const char *json_golden(scim_error_t **err, const golden_case_t *c, void *baton)
{
    const scim_json_limits_t *limits = baton;
    apr_size_t len;
    const char *data = golden_bytes(c, "in", &len);
    json_t *root = NULL;

    *err = scim_json_load(&root, data, len, limits, c->pool);
    if (*err) {
        ck_assert_ptr_null(root);
        return NULL;
    }
    return scim_json_dump(root, NULL, c->pool);
}

START_TEST(json_golden_directories)
{
    scim_json_limits_t limits = {2000, 5, 40};

    ck_assert_int_eq(golden_run("json", GOLDEN_TEXT, json_golden, &limits), 0);
}
END_TEST

static scim_error_t *load(const char *text, const scim_json_limits_t *limits)
{
    json_t *root = NULL;
    scim_error_t *err = scim_json_load(&root, text, strlen(text), limits, pool);

    ck_assert(!err == !!root);
    return err;
}

START_TEST(json_default_limits)
{
    char *deep = apr_pcalloc(pool, 200002);
    scim_buf_t *wide = scim_buf_make(0, pool);
    scim_error_t *err;
    int i;

    memset(deep, '[', 32);
    memset(deep + 32, ']', 32);
    ck_assert_ptr_null(load(deep, NULL));
    memset(deep, '[', 33);
    memset(deep + 33, ']', 33);
    err = load(deep, NULL);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 400);
    /* Far beyond any stack, were it parsed by recursion. */
    memset(deep, '[', 200000);
    ck_assert_ptr_nonnull(load(deep, NULL));

    scim_buf_puts(wide, "[0");
    for (i = 1; i < 400000; i++) {
        scim_buf_add(wide, ",0", 2);
    }
    scim_buf_puts(wide, "]");
    ck_assert_ptr_null(load(wide->data, NULL));
    wide->len--;
    scim_buf_puts(wide, ",0]");
    err = load(wide->data, NULL);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_SYNTAX);
}
END_TEST

/* A group as a client replaces it: each member is an element and two members of an object. */
START_TEST(json_limits_take_a_big_group)
{
    const scim_tenant_t *tenant = scim_tenant_make("acme", pool);
    scim_buf_t *group = scim_buf_make(0, pool);
    int i;

    scim_buf_puts(group, "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"displayName\":\"g\"");
    for (i = 0; i < 100000; i++) {
        scim_buf_puts(group, i ? "," : ",\"members\":[");
        scim_buf_printf(group, "{\"value\":\"01a20672-eb02-7fd2-a20e-6c57%08d\",", i);
        scim_buf_puts(group, "\"display\":\"user\"}");
    }
    scim_buf_puts(group, "]}");
    ck_assert_ptr_null(load(group->data, &tenant->json));
}
END_TEST

START_TEST(json_byte_limit_is_413)
{
    scim_json_limits_t limits = {10, 0, 0};
    scim_error_t *err;

    ck_assert_ptr_null(load("[1,2,3,45]", &limits));
    err = load("[1,2,3,456]", &limits);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 413);
}
END_TEST

/* A secret in a body must not come back in an error's detail. */
START_TEST(json_errors_do_not_quote_the_input)
{
    static const char *const bad[] = {
        "{\"password\":\"hunter2\"",   "{\"a\":hunter2}", "{\"hunter2\":1,\"hunter2\":2}",
        "{\"a\":\"hunter2\\u0000\"}",  "\"hunter2\\x\"",  "{\"a\":\"hunter2\x80\"}",
        "{\"a\":\"hunter2\"} hunter2",
    };
    scim_error_t *err = load(bad[_i], NULL);

    ck_assert_ptr_nonnull(err);
    ck_assert_ptr_null(strstr(err->detail, "hunter2"));
    ck_assert_ptr_null(err->log);
}
END_TEST

START_TEST(json_get_ci_finds_any_case)
{
    json_t *o = NULL;
    const char *key = NULL;
    const char *text = "{\"USERNAME\":1,\"userName\":2,\"Title\":3}";

    ck_assert_ptr_null(scim_json_load(&o, text, strlen(text), NULL, pool));
    ck_assert_int_eq(json_integer_value(scim_json_get_ci(o, "userName", &key)), 2);
    ck_assert_str_eq(key, "userName");
    ck_assert_int_eq(json_integer_value(scim_json_get_ci(o, "username", &key)), 1);
    ck_assert_str_eq(key, "USERNAME");
    ck_assert_int_eq(json_integer_value(scim_json_get_ci(o, "title", NULL)), 3);
    ck_assert_ptr_null(scim_json_get_ci(o, "titles", &key));
    ck_assert_ptr_null(scim_json_get_ci(json_object_get(o, "Title"), "x", NULL));
}
END_TEST

START_TEST(json_roots_die_with_their_pool)
{
    apr_pool_t *sub;
    json_t *root = NULL;

    ck_assert_int_eq(counting_live(), 0);
    apr_pool_create(&sub, pool);
    ck_assert_ptr_null(scim_json_load(&root, "{\"a\":[1,{\"b\":\"c\"}]}", 19, NULL, sub));
    scim_json_dump(root, NULL, sub);
    ck_assert_int_gt(counting_live(), 0);
    apr_pool_destroy(sub);
    ck_assert_int_eq(counting_live(), 0);
}
END_TEST

static int leave(int status)
{
    exit(status == APR_ENOMEM ? 7 : 8);
}

/* No caller checks for want of memory: the process ends, as it does when APR wants for it. */
START_TEST(json_own_ends_the_process_without_memory)
{
    apr_pool_abort_set(leave, pool);
    scim_json_own(NULL, pool);
}
END_TEST

START_TEST(json_dump_tells_its_length)
{
    const json_t *root = scim_json_own(json_string("\xC3\xA4"), pool);
    apr_size_t len = 0;

    ck_assert_str_eq(scim_json_dump(root, &len, pool), "\"\xC3\xA4\"");
    ck_assert_uint_eq(len, 4);
}
END_TEST

/* ---- the scan before parsing counts as the parsed tree does ---- */

static unsigned random_below(unsigned *state, unsigned n)
{
    *state = *state * 1103515245u + 12345u;
    return (*state >> 16) % n;
}

static json_t *random_new(unsigned *state, unsigned depth)
{
    static const char *const strings[] = {"", "x", "[[{", "\"", "\\", "\\\"]}", "a,b", "\xC3\xA4"};
    unsigned kind = random_below(state, depth ? 6 : 3);
    unsigned n = random_below(state, 4);
    json_t *value;
    unsigned i;

    if (kind < 3) {
        return kind == 0 ? json_integer(7) : json_string(strings[random_below(state, 8)]);
    }
    value = kind == 3 ? json_object() : json_array();
    for (i = 0; i < n; i++) {
        json_t *child = random_new(state, depth - 1);

        if (kind == 3) {
            json_object_set_new(value, strings[random_below(state, 8)], child);
        } else {
            json_array_append_new(value, child);
        }
    }
    return value;
}

static void measure(const json_t *value, unsigned depth, unsigned *deepest, apr_size_t *members)
{
    const char *key;
    json_t *child;
    size_t i;

    if (json_is_object(value) || json_is_array(value)) {
        depth++;
    }
    *deepest = depth > *deepest ? depth : *deepest;
    *members += json_object_size(value) + json_array_size(value);
    json_object_foreach(scim_json_walk(value), key, child)
    {
        measure(child, depth, deepest, members);
    }
    json_array_foreach(value, i, child)
    {
        measure(child, depth, deepest, members);
    }
}

START_TEST(json_limits_are_exact_on_random_documents)
{
    unsigned state = 20261123;
    int refused = 0;
    int i;

    for (i = 0; i < 2000; i++) {
        const json_t *value = scim_json_own(random_new(&state, 6), pool);
        const char *text = scim_json_dump(value, NULL, pool);
        unsigned deepest = 0;
        apr_size_t members = 0;

        measure(value, 0, &deepest, &members);
        scim_json_limits_t limits = {0, deepest, members};
        ck_assert_msg(load(text, &limits) == NULL, "%s", text);
        /* 0 would mean the default. */
        limits.depth = deepest - 1;
        if (deepest > 1) {
            ck_assert_msg(load(text, &limits) != NULL, "%s", text);
            refused++;
        }
        limits.depth = deepest;
        limits.members = members - 1;
        if (members > 1) {
            ck_assert_msg(load(text, &limits) != NULL, "%s", text);
            refused++;
        }
    }
    ck_assert_int_gt(refused, 500);
}
END_TEST

/* ---- peeking ---- */

START_TEST(a_string_is_read_without_the_rest)
{
    static const char *const texts[] = {
        "{}",
        "{\"a\":\"x\"}",
        "{\"a\":\"\"}",
        "{\"b\":1,\"a\":\"x\"}",
        "{\"b\":{\"a\":\"no\",\"c\":[{\"a\":\"no\"},\"}\"]},\"a\":\"yes\"}",
        "{\"b\":\"\\\"a\\\":\\\"no\\\"\",\"a\":\"a \\\"quoted\\\" \\u0007 \\\\\"}",
        "{\"b\":\"\\\\\",\"a\":\"\xC3\xA9\"}",
        "{\"aa\":\"no\",\"\":\"no\",\"A\":\"no\"}",
        "{\"a\":1}",
        "{\"a\":null}",
        "{\"a\":[\"x\"]}",
        "{\"a\":{\"a\":\"x\"}}",
        "{\"b\":[],\"c\":{},\"d\":true,\"e\":-1.5e3,\"a\":\"last\"}",
        "{\"b\":\",\\\"a\\\":\",\"c\":[[[\"]\"]]],\"a\":\"deep\"}",
    };
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        json_t *doc;
        const char *all;
        apr_size_t len;

        ck_assert_ptr_null(scim_json_load(&doc, texts[i], strlen(texts[i]), NULL, pool));
        all = scim_json_dump(doc, &len, pool);
        ck_assert_pstr_eq(scim_json_peek(all, len, "a", pool),
                          json_string_value(json_object_get(doc, "a")));
    }
}
END_TEST

/* Whatever is cut off or mixed up is nothing, and nothing beyond its end is read. */
START_TEST(what_is_no_document_has_no_strings)
{
    static const char whole[] = "{\"b\":{\"c\":[\"\\\"\"]},\"a\":\"x\\\"y\",\"d\":1}";
    static const char *const others[] = {"", "[]", "x", "{", "{\"", "{\"a\"", "{\"a\":", "{\"a\"}",
                                         "{\"a\" :\"x\"}", "{a:\"x\"}", "\"a\":\"x\""};
    size_t len;
    size_t i;

    for (len = 0; len < sizeof(whole); len++) {
        char *cut = apr_pmemdup(pool, whole, len + 1);
        cut[len] = '"';
        ck_assert_pstr_eq(scim_json_peek(cut, len, "a", pool), len > 28 ? "x\"y" : NULL);
    }
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ck_assert_ptr_null(scim_json_peek(others[i], strlen(others[i]), "a", pool));
    }
}
END_TEST

static Suite *json_suite(void)
{
    Suite *s = suite_create("json");
    TCase *tc = tcase_create("json");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, json_quotes_as_jansson_does);
    tcase_add_test(tc, json_golden_directories);
    tcase_add_test(tc, json_default_limits);
    tcase_add_test(tc, json_limits_take_a_big_group);
    tcase_add_test(tc, json_byte_limit_is_413);
    tcase_add_loop_test(tc, json_errors_do_not_quote_the_input, 0, 7);
    tcase_add_test(tc, json_get_ci_finds_any_case);
    tcase_add_exit_test(tc, json_own_ends_the_process_without_memory, 7);
    tcase_add_test(tc, json_dump_tells_its_length);
    tcase_add_test(tc, json_limits_are_exact_on_random_documents);
    tcase_add_test(tc, json_roots_die_with_their_pool);
    tcase_add_test(tc, a_string_is_read_without_the_rest);
    tcase_add_test(tc, what_is_no_document_has_no_strings);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *sr = srunner_create(json_suite());
    int failed;

    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
