/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "counting.h"
#include "scim_error.h"
#include "scim_id.h"
#include "scim_tenant.h"
#include "scim_text.h"
#include "scim_time.h"

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

/* ---- text ---- */

START_TEST(text_ignores_ascii_case_only)
{
    ck_assert_int_eq(scim_text_ieq("UserName", "userNAME"), 1);
    ck_assert_int_eq(scim_text_ieq("", ""), 1);
    ck_assert_int_eq(scim_text_ieq("userName", "userNam"), 0);
    ck_assert_int_eq(scim_text_ieq("userNam", "userName"), 0);
    ck_assert_int_eq(scim_text_ieq("@", "`"), 0);
    ck_assert_int_eq(scim_text_ieq("\xC3\x84", "\xC3\xA4"), 0);
    ck_assert_int_eq(scim_text_ieqn("userName eq", 8, "USERNAME"), 1);
    ck_assert_int_eq(scim_text_ieqn("userName", 7, "userName"), 0);
    ck_assert_int_eq(scim_text_ieqn("userNames", 9, "userName"), 0);
    ck_assert_int_eq(scim_text_ieqn("x", 0, ""), 1);
}
END_TEST

START_TEST(text_lines_have_no_control_characters)
{
    ck_assert_int_eq(scim_text_is_line("a", 1), 1);
    ck_assert_int_eq(scim_text_is_line("Okta, production (2026)", 255), 1);
    ck_assert_int_eq(scim_text_is_line("\xC3\xA4\xC3\xA4", 2), 1);
    ck_assert_int_eq(scim_text_is_line("\xC3\xA4\xC3\xA4", 1), 0);
    ck_assert_int_eq(scim_text_is_line("", 5), 0);
    ck_assert_int_eq(scim_text_is_line("a\nb", 5), 0);
    ck_assert_int_eq(scim_text_is_line("a\x7f", 5), 0);
    ck_assert_int_eq(scim_text_is_line("\xC3", 5), 0);
}
END_TEST

/* Both sides from CaseFolding.txt, status C and S. */
static const char *const folds[][2] = {
    {"", ""},
    {"plain.user@example.com", "plain.user@example.com"},
    {"Plain.USER@Example.COM", "plain.user@example.com"},
    {"\xC3\x84rger", "\xC3\xA4rger"}, /* Ä */
    {"M\xC3\x84X", "m\xC3\xA4x"},     /* ASCII on both sides */
    {"Stra\xC3\x9F"
     "e",
     "stra\xC3\x9F"
     "e"},                        /* ß stays: no full folding */
    {"\xE1\xBA\x9E", "\xC3\x9F"}, /* ẞ: three bytes to two */
    {"\xC8\xBA\xC8\xBA\xC8\xBA", "\xE2\xB1\xA5\xE2\xB1\xA5\xE2\xB1\xA5"}, /* Ⱥ: two to three */
    {"\xE2\x84\xAA"
     "elvin",
     "kelvin"},                                               /* Kelvin sign */
    {"\xC4\xB0", "\xC4\xB0"},                                 /* İ has no simple folding */
    {"I", "i"},                                               /* not Turkish */
    {"\xCE\xA3\xCF\x83\xCF\x82", "\xCF\x83\xCF\x83\xCF\x83"}, /* Σ σ ς are one */
    {"\xF0\x90\x90\x80", "\xF0\x90\x90\xA8"},                 /* Deseret, four bytes */
    {"A\xFF\xC3\x84\xE2\x82", "a\xFF\xC3\xA4\xE2\x82"},       /* malformed: kept as it is */
    {"e\xCC\x81 ", "e\xCC\x81 "},                             /* no normalisation, no trimming */
};

START_TEST(text_folds)
{
    const char *given = folds[_i][0];
    const char *folded = scim_text_fold(given, pool);

    ck_assert_str_eq(folded, folds[_i][1]);
    ck_assert_ptr_eq(scim_text_fold(folded, pool), folded);
    if (strcmp(given, folded) == 0) {
        ck_assert_ptr_eq(folded, given);
    }
}
END_TEST

START_TEST(text_counts_and_checks_utf8)
{
    static const char *const bad[] = {
        "\x80",         "\xC3",         "a\xC3(",           "\xC0\x80",
        "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80",
        "\xE2\x82",     "\xFF",
    };
    apr_size_t i;

    ck_assert_uint_eq(scim_text_chars(""), 0);
    ck_assert_uint_eq(scim_text_chars("abc"), 3);
    ck_assert_uint_eq(scim_text_chars("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z"), 4);
    ck_assert_int_eq(scim_text_utf8("", 0), 1);
    ck_assert_int_eq(scim_text_utf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 10), 1);
    ck_assert_int_eq(scim_text_utf8("a\0b", 3), 0);
    ck_assert_int_eq(scim_text_utf8("\xC3\xA4", 1), 0);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!scim_text_utf8(bad[i], strlen(bad[i])), "case %d", (int)i);
    }
}
END_TEST

START_TEST(buffer_grows_and_stays_terminated)
{
    scim_buf_t *b = scim_buf_make(1, pool);
    char long_text[5001];
    int i;

    ck_assert_str_eq(b->data, "");
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    scim_buf_add(b, "ab", 2);
    scim_buf_puts(b, "");
    scim_buf_printf(b, "%d-%s", 7, long_text);
    ck_assert_uint_eq(b->len, 2 + 2 + 5000);
    ck_assert_uint_eq(strlen(b->data), b->len);
    ck_assert_int_eq(strncmp(b->data, "ab7-xxx", 7), 0);
    for (i = 0; i < 10000; i++) {
        scim_buf_add(b, "0123456789", 10);
    }
    ck_assert_uint_eq(b->len, 5004 + 100000);
    ck_assert_str_eq(b->data + b->len - 11, "90123456789");
}
END_TEST

/* ---- time ---- */

static const struct {
    const char *text;
    apr_time_t time;
    const char *printed;
} times[] = {
    {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z"},
    {"1970-01-01T00:00:00", 0, "1970-01-01T00:00:00.000Z"},
    {"1969-12-31T23:59:59.999Z", -1000, "1969-12-31T23:59:59.999Z"},
    {"2008-01-23T04:56:22Z", APR_INT64_C(1201064182000000), "2008-01-23T04:56:22.000Z"},
    {"2011-05-13T04:42:34.5Z", APR_INT64_C(1305261754500000), "2011-05-13T04:42:34.500Z"},
    {"2018-02-13T15:05:24.000-08:00", APR_INT64_C(1518563124000000), "2018-02-13T23:05:24.000Z"},
    {"2018-02-13T15:05:24+05:30", APR_INT64_C(1518514524000000), "2018-02-13T09:35:24.000Z"},
    {"2000-02-29T12:00:00z", APR_INT64_C(951825600000000), "2000-02-29T12:00:00.000Z"},
    {"2016-12-31t24:00:00Z", APR_INT64_C(1483228800000000), "2017-01-01T00:00:00.000Z"},
    {"2026-11-23T01:02:03.4567891234Z", APR_INT64_C(1795395723456789), "2026-11-23T01:02:03.456Z"},
    {"0001-01-01T00:00:00Z", APR_INT64_C(-62135596800000000), "0001-01-01T00:00:00.000Z"},
    {"9999-12-31T23:59:59.999999Z", APR_INT64_C(253402300799999999), "9999-12-31T23:59:59.999Z"},
};

START_TEST(time_parses_and_prints)
{
    apr_time_t t = 42;

    ck_assert_int_eq(scim_time_parse(&t, times[_i].text), 1);
    ck_assert_int_eq(t, times[_i].time);
    ck_assert_str_eq(scim_time_format(t, pool), times[_i].printed);
}
END_TEST

START_TEST(time_refuses)
{
    static const char *const bad[] = {
        "",
        "2011",
        "2011-05-13",
        "2011-05-13 04:42:34Z",
        "2011-05-13T04:42Z",
        "2011-05-13T04:42:34.Z",
        "2011-05-13T04:42:34ZZ",
        "2011-05-13T04:42:34+1",
        "2011-05-13T04:42:34+0100",
        "2011-05-13T04:42:34+ab:00",
        "2011-05-13T04:42:34+14:01",
        "2011-05-13T04:42:34+01:60",
        "2011-13-13T04:42:34Z",
        "2011-00-13T04:42:34Z",
        "2011-02-29T04:42:34Z",
        "1900-02-29T04:42:34Z",
        "2011-04-31T04:42:34Z",
        "2011-05-00T04:42:34Z",
        "2011-05-13T25:00:00Z",
        "2011-05-13T24:00:01Z",
        "2011-05-13T24:00:00.1Z",
        "2011-05-13T04:60:34Z",
        "2011-05-13T04:42:60Z",
        "0000-01-01T00:00:00Z",
        "-001-01-01T00:00:00Z",
        "12011-05-13T04:42:34Z",
        " 2011-05-13T04:42:34Z",
    };
    apr_size_t i;
    apr_time_t t = 42;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!scim_time_parse(&t, bad[i]), "%s", bad[i]);
        ck_assert_int_eq(t, 42);
    }
}
END_TEST

/* Against APR's own calendar, on days spread over four centuries. */
START_TEST(time_agrees_with_apr)
{
    apr_time_t t;

    for (t = 0; t < APR_INT64_C(12622780800000000); t += APR_INT64_C(8640000000123000) / 997) {
        apr_time_exp_t e;
        apr_time_t back = 0;
        const char *text = scim_time_format(t, pool);

        apr_time_exp_gmt(&e, t);
        ck_assert_str_eq(text, apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                            e.tm_year + 1900, e.tm_mon + 1, e.tm_mday, e.tm_hour,
                                            e.tm_min, e.tm_sec, e.tm_usec / 1000));
        ck_assert_int_eq(scim_time_parse(&back, text), 1);
        ck_assert_int_eq(back, t - t % 1000);
    }
}
END_TEST

/* ---- id ---- */

START_TEST(id_is_uuid_version_7)
{
    const char *previous = "";
    apr_uint64_t ms;
    int i;

    for (i = 0; i < 1000; i++) {
        const char *id = scim_id_make(pool);
        char stamp[13];

        ck_assert_uint_eq(strlen(id), 36);
        ck_assert_uint_eq(strspn(id, "0123456789abcdef-"), 36);
        ck_assert(id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-');
        ck_assert_int_eq(id[14], '7');
        ck_assert_ptr_nonnull(strchr("89ab", id[19]));
        /* Time, to about a quarter of a microsecond, comes first; the clock may stand still. */
        ck_assert_int_ge(strncmp(id, previous, 18), 0);
        ck_assert_str_ne(id, previous);
        memcpy(stamp, id, 8);
        memcpy(stamp + 8, id + 9, 4);
        stamp[12] = '\0';
        ms = strtoull(stamp, NULL, 16);
        ck_assert_uint_le(ms, (apr_uint64_t)(apr_time_now() / 1000));
        ck_assert_uint_gt(ms, (apr_uint64_t)(apr_time_now() / 1000) - 60000);
        previous = id;
    }
}
END_TEST

START_TEST(an_id_tells_when_it_was_made)
{
    static const char *const others[] = {"", "x", "01a217b7-af71-46d9-a793-7dc85ccf37b1",
                                         "01a217b7-af71-76d9-a793-7dc85ccf37b1x",
                                         "01A217B7-AF71-76D9-A793-7DC85CCF37B1",
                                         "01a217b7aaf71a76d9aa793a7dc85ccf37b1"};
    apr_time_t before = apr_time_now() / 1000 * 1000;
    apr_time_t made = scim_id_time(scim_id_make(pool));
    size_t i;

    ck_assert(made >= before && made <= apr_time_now());
    ck_assert_int_eq(apr_time_as_msec(scim_id_time("018c2e4f-0000-7000-8000-000000000000")),
                     0x018c2e4f0000);
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ck_assert_int_eq(scim_id_time(others[i]), 0);
    }
}
END_TEST

/* ---- tenant ---- */

START_TEST(tenant_has_the_documented_defaults)
{
    scim_tenant_t *t = scim_tenant_make("acme", pool);

    ck_assert_str_eq(t->name, "acme");
    ck_assert_ptr_eq(t->catalog, scim_catalog_default());
    ck_assert_uint_eq(t->json.bytes, 8388608);
    ck_assert_uint_eq(t->json.depth, 32);
    ck_assert_uint_eq(t->json.members, 400000);
    ck_assert_uint_eq(t->filter.bytes, 8192);
    ck_assert_uint_eq(t->filter.terms, 200);
    ck_assert_uint_eq(t->filter.depth, 32);
    ck_assert_uint_eq(t->max_document, 262144);
    ck_assert_int_eq(t->page_size, 100);
    ck_assert_int_eq(t->max_page_size, 500);
    ck_assert_int_eq(t->max_scan, 10000);
    ck_assert_int_eq(t->max_operations, 2000);
    ck_assert_int_eq(t->bulk_operations, 1000);
    ck_assert_uint_eq(t->bulk_payload, 1048576);
    ck_assert_int_eq(t->group_reply_members, 200);
    ck_assert_int_eq(t->reject_unknown_members, 0);
    ck_assert_int_eq(t->reject_unknown_attrs, 0);
    ck_assert_int_eq(t->patch_replace_creates, 0);
}
END_TEST

/* ---- errors ---- */

START_TEST(error_renders_as_the_rfc_says)
{
    scim_error_t *err =
        scim_error_make(pool, 409, SCIM_TYPE_UNIQUENESS, "%s is \"taken\".", "userName");

    ck_assert_str_eq(scim_error_render(err, pool),
                     "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],"
                     "\"status\":\"409\",\"scimType\":\"uniqueness\","
                     "\"detail\":\"userName is \\\"taken\\\".\"}");
    err = scim_error_make(pool, 404, SCIM_TYPE_NONE, "No such resource.");
    ck_assert_str_eq(scim_error_render(err, pool),
                     "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],"
                     "\"status\":\"404\",\"detail\":\"No such resource.\"}");
}
END_TEST

START_TEST(error_internal_keeps_the_log_apart)
{
    char log[] = "table scim_resource is missing";
    scim_error_t *err =
        scim_error_internal(pool, 503, "SCIM2003", log, "The database is not available.");

    log[0] = 'X';
    ck_assert_str_eq(err->log, "table scim_resource is missing");
    ck_assert_str_eq(err->msgid, "SCIM2003");
    ck_assert_int_eq(err->type, SCIM_TYPE_NONE);
    ck_assert_ptr_null(strstr(scim_error_render(err, pool), "table"));
}
END_TEST

START_TEST(error_detail_is_bounded_between_characters)
{
    scim_buf_t *b = scim_buf_make(0, pool);
    scim_error_t *err;
    int i;

    scim_buf_add(b, "xx", _i); /* so that the bound falls on each byte of a character */
    for (i = 0; i < 5000; i++) {
        scim_buf_puts(b, "\xE2\x82\xAC");
    }
    err = scim_error_make(pool, 400, SCIM_TYPE_INVALID_PATH, "%s", b->data);
    ck_assert_uint_le(strlen(err->detail), 1024);
    ck_assert_uint_ge(strlen(err->detail), 1022);
    ck_assert_int_eq(strncmp(err->detail, b->data, strlen(err->detail)), 0);
    ck_assert_int_eq(scim_text_utf8(err->detail, strlen(err->detail)), 1);
}
END_TEST

START_TEST(error_detail_is_always_utf8)
{
    scim_error_t *err = scim_error_make(pool, 400, SCIM_TYPE_INVALID_PATH, "no %.*s here, %s", 4,
                                        "a\xC3\xA4\xE2\x82\xAC", "\xFFz\xE2\x82");

    ck_assert_str_eq(err->detail, "no a\xC3\xA4? here, ?z??");
}
END_TEST

START_TEST(error_types_have_the_rfc_names)
{
    static const char *const names[] = {
        NULL,
        "invalidFilter",
        "tooMany",
        "uniqueness",
        "mutability",
        "invalidSyntax",
        "invalidPath",
        "noTarget",
        "invalidValue",
        "invalidVers",
        "sensitive",
        "invalidCursor",
        "expiredCursor",
        "invalidCount",
    };
    int i;

    ck_assert_ptr_null(scim_error_type_name(SCIM_TYPE_NONE));
    for (i = 1; i <= SCIM_TYPE_INVALID_COUNT; i++) {
        ck_assert_str_eq(scim_error_type_name((scim_error_type_t)i), names[i]);
    }
}
END_TEST

static Suite *base_suite(void)
{
    Suite *s = suite_create("base");
    TCase *tc = tcase_create("base");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, text_ignores_ascii_case_only);
    tcase_add_test(tc, text_lines_have_no_control_characters);
    tcase_add_loop_test(tc, text_folds, 0, (int)(sizeof(folds) / sizeof(folds[0])));
    tcase_add_test(tc, text_counts_and_checks_utf8);
    tcase_add_test(tc, buffer_grows_and_stays_terminated);
    tcase_add_loop_test(tc, time_parses_and_prints, 0, (int)(sizeof(times) / sizeof(times[0])));
    tcase_add_test(tc, time_refuses);
    tcase_add_test(tc, time_agrees_with_apr);
    tcase_add_test(tc, id_is_uuid_version_7);
    tcase_add_test(tc, an_id_tells_when_it_was_made);
    tcase_add_test(tc, tenant_has_the_documented_defaults);
    tcase_add_test(tc, error_renders_as_the_rfc_says);
    tcase_add_test(tc, error_internal_keeps_the_log_apart);
    tcase_add_loop_test(tc, error_detail_is_bounded_between_characters, 0, 3);
    tcase_add_test(tc, error_detail_is_always_utf8);
    tcase_add_test(tc, error_types_have_the_rfc_names);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *sr = srunner_create(base_suite());
    int failed;

    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
