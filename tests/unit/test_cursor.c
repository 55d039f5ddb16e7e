/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "scim_cursor.h"

static const unsigned char key[SCIM_CURSOR_KEY] = "0123456789abcde";
static const unsigned char other_key[SCIM_CURSOR_KEY] = "0123456789abcdf";

#define NOW apr_time_from_sec(1795000000)
#define HOUR 3600

static apr_pool_t *pool;

static void setup(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    apr_terminate();
}

static const char *encode(const scim_key_t *k)
{
    scim_position_t position = {3, *k, 0, APR_INT64_C(5000000000), 77};

    return scim_cursor_encode(&position, key, "query", NOW, pool);
}

static scim_error_type_t decode(scim_position_t *out, const char *text, const char *binding,
                                apr_time_t now, int timeout)
{
    scim_error_t *err = scim_cursor_decode(out, text, key, binding, now, timeout, pool);

    ck_assert(!err || err->status == 400);
    return err ? err->type : SCIM_TYPE_NONE;
}

static void comes_back(const scim_key_t *k)
{
    const char *text = encode(k);
    scim_position_t got;

    ck_assert_int_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_"), strlen(text));
    ck_assert_uint_le(strlen(text), SCIM_CURSOR_MAX);
    ck_assert_int_eq(decode(&got, text, "query", NOW, HOUR), SCIM_TYPE_NONE);
    ck_assert_int_eq(got.part, 3);
    ck_assert_int_eq(got.rid, APR_INT64_C(5000000000));
    ck_assert_int_eq(got.total, 77);
    ck_assert_int_eq(got.cut, 0);
    ck_assert_int_eq(got.key.kind, k->kind);
    ck_assert_int_eq(got.key.integer, k->integer);
    ck_assert(got.key.real >= k->real && got.key.real <= k->real);
    if (k->string) {
        ck_assert_str_eq(got.key.string, k->string);
    }
}

START_TEST(what_goes_in_comes_out)
{
    static const scim_key_t keys[] = {
        {SCIM_KEY_NONE, NULL, 0, 0}, {SCIM_KEY_STRING, "", 0, 0},
        {SCIM_KEY_STRING, "\xf0\x9f\x90\x8e \n\"", 0, 0}, {SCIM_KEY_INTEGER, NULL, -1, 0},
        {SCIM_KEY_INTEGER, NULL, APR_INT64_MAX, 0}, {SCIM_KEY_REAL, NULL, 0, -1.25e-7}};
    char *longest = apr_pcalloc(pool, SCIM_CURSOR_STRING + 1);
    scim_key_t k = {SCIM_KEY_STRING, longest, 0, 0};
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        comes_back(&keys[i]);
    }
    memset(longest, 'x', SCIM_CURSOR_STRING);
    comes_back(&k);
}
END_TEST

START_TEST(a_long_string_is_cut)
{
    char *text = apr_pcalloc(pool, 3000);
    scim_key_t k = {SCIM_KEY_STRING, text, 0, 0};
    scim_position_t got;

    memset(text, 'x', 2999);
    ck_assert_int_eq(decode(&got, encode(&k), "query", NOW, HOUR), SCIM_TYPE_NONE);
    ck_assert_int_eq(got.cut, 1);
    ck_assert_uint_eq(strlen(got.key.string), SCIM_CURSOR_STRING);
}
END_TEST

/* Every character, changed or left out, and everything before and behind. */
START_TEST(what_was_altered_is_refused)
{
    scim_key_t k = {SCIM_KEY_STRING, "ab", 0, 0};
    const char *text = encode(&k);
    size_t n = strlen(text);
    scim_position_t got;
    size_t i;

    for (i = 0; i < n; i++) {
        char *altered = apr_pstrdup(pool, text);
        altered[i] = text[i] == 'A' ? 'B' : 'A';
        ck_assert_int_eq(decode(&got, altered, "query", NOW, HOUR), SCIM_TYPE_INVALID_CURSOR);
        altered[i] = '=';
        ck_assert_int_eq(decode(&got, altered, "query", NOW, HOUR), SCIM_TYPE_INVALID_CURSOR);
        ck_assert_int_eq(decode(&got, apr_pstrmemdup(pool, text, i), "query", NOW, HOUR),
                         SCIM_TYPE_INVALID_CURSOR);
        ck_assert_int_eq(decode(&got, text + i + 1, "query", NOW, HOUR), SCIM_TYPE_INVALID_CURSOR);
    }
    ck_assert_int_eq(decode(&got, apr_pstrcat(pool, text, "A", NULL), "query", NOW, HOUR),
                     SCIM_TYPE_INVALID_CURSOR);
    ck_assert_int_eq(decode(&got, apr_pstrcat(pool, text, "=", NULL), "query", NOW, HOUR),
                     SCIM_TYPE_INVALID_CURSOR);
    ck_assert_int_eq(decode(&got, apr_pstrcat(pool, text, text, NULL), "query", NOW, HOUR),
                     SCIM_TYPE_INVALID_CURSOR);
    ck_assert_int_eq(decode(&got, "\xc3\xa4", "query", NOW, HOUR), SCIM_TYPE_INVALID_CURSOR);
}
END_TEST

/* The unused bits of the last character are part of the text, too. */
START_TEST(one_text_for_one_cursor)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_";
    scim_key_t k = {SCIM_KEY_STRING, "", 0, 0};
    char *text = apr_pstrdup(pool, encode(&k));
    size_t last = strlen(text) - 1;
    scim_position_t got;
    int accepted = 0;
    size_t i;

    for (i = 0; i < 64; i++) {
        text[last] = letters[i];
        accepted += decode(&got, text, "query", NOW, HOUR) == SCIM_TYPE_NONE;
    }
    ck_assert_int_eq(accepted, 1);
}
END_TEST

START_TEST(bound_to_key_and_query)
{
    scim_key_t k = {SCIM_KEY_NONE, NULL, 0, 0};
    const char *text = encode(&k);
    scim_position_t got;

    ck_assert_int_eq(decode(&got, text, "querx", NOW, HOUR), SCIM_TYPE_INVALID_CURSOR);
    ck_assert_int_eq(decode(&got, text, "", NOW, HOUR), SCIM_TYPE_INVALID_CURSOR);
    ck_assert_int_eq(decode(&got, text, "query ", NOW, HOUR), SCIM_TYPE_INVALID_CURSOR);
    ck_assert_ptr_nonnull(scim_cursor_decode(&got, text, other_key, "query", NOW, HOUR, pool));
}
END_TEST

START_TEST(they_expire)
{
    scim_key_t k = {SCIM_KEY_NONE, NULL, 0, 0};
    const char *text = encode(&k);
    scim_position_t got;

    ck_assert_int_eq(decode(&got, text, "query", NOW + apr_time_from_sec(HOUR), HOUR),
                     SCIM_TYPE_NONE);
    ck_assert_int_eq(decode(&got, text, "query", NOW + apr_time_from_sec(HOUR + 1), HOUR),
                     SCIM_TYPE_EXPIRED_CURSOR);
    ck_assert_int_eq(decode(&got, text, "query", NOW + apr_time_from_sec(HOUR + 1), 0),
                     SCIM_TYPE_NONE);
    /* Another host's clock may be behind. */
    ck_assert_int_eq(decode(&got, text, "query", NOW - apr_time_from_sec(5), HOUR),
                     SCIM_TYPE_NONE);
    /* A forged one is not called expired. */
    ck_assert_int_eq(decode(&got, text, "x", NOW + apr_time_from_sec(HOUR + 1), HOUR),
                     SCIM_TYPE_INVALID_CURSOR);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cursor");
    TCase *tc = tcase_create("cursor");
    SRunner *sr;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_goes_in_comes_out);
    tcase_add_test(tc, a_long_string_is_cut);
    tcase_add_test(tc, what_was_altered_is_refused);
    tcase_add_test(tc, one_text_for_one_cursor);
    tcase_add_test(tc, bound_to_key_and_query);
    tcase_add_test(tc, they_expire);
    suite_add_tcase(s, tc);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
