/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "ctl_life.h"
#include "ctl_lines.h"
#include "ctl_out.h"
#include "ctl_params.h"
#include "scim_json.h"
#include "scim_migrate.h"
#include "scim_tenant_settings.h"

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

static const json_t *parse(const char *text)
{
    json_t *out;

    ck_assert_ptr_null(scim_json_load(&out, text, strlen(text), NULL, pool));
    return out;
}

/* ---- tables ---- */

START_TEST(values_are_shown_as_people_read_them)
{
    static const char *const pairs[][2] = {
        {"\"plain\"", "plain"},
        {"\"\"", "-"},
        {"null", "-"},
        {"true", "yes"},
        {"false", "no"},
        {"12", "12"},
        {"[\"a\",\"b\"]", "a, b"},
        {"[]", "-"},
        {"{\"a\":1}", "{\"a\":1}"},
        {"\"J\\u00f6rg\"", "J\xc3\xb6rg"},
    };
    size_t i;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const json_t *value =
            json_array_get(parse(apr_pstrcat(pool, "[", pairs[i][0], "]", NULL)), 0);
        ck_assert_str_eq(ctl_out_text(value, pool), pairs[i][1]);
    }
    ck_assert_str_eq(ctl_out_text(NULL, pool), "-");
}
END_TEST

/* A terminal obeys ESC, and C1 controls such as U+009B, which begins what ESC [ begins. */
START_TEST(a_terminal_is_told_nothing_by_a_value)
{
    const json_t *value = parse("[\"a\\u001b[2Jb\\n\\u007f\\u009b31m\\u00a0c\"]");

    ck_assert_str_eq(ctl_out_text(json_array_get(value, 0), pool), "a?[2Jb????31m\xc2\xa0"
                                                                   "c");
}
END_TEST

static const ctl_column_t columns[] = {
    {"name", "NAME"}, {"hidden", NULL}, {"n", "N"}, {"last", "LAST"}, {NULL, NULL}};

static const char *table(ctl_rows_t *rows)
{
    scim_buf_t *out = scim_buf_make(0, pool);

    ctl_rows_flush(out, rows);
    return out->data;
}

START_TEST(columns_are_as_wide_as_their_widest)
{
    ctl_rows_t *rows = ctl_rows_make(columns, 0, pool);

    ctl_rows_add(rows, parse("{\"name\":\"J\\u00f6rgen\",\"n\":1,\"last\":\"x\",\"hidden\":9}"));
    ctl_rows_add(rows, parse("{\"name\":\"a\",\"n\":12345}"));
    ck_assert_int_eq(ctl_rows_count(rows), 2);
    ck_assert_str_eq(table(rows), "NAME    N      LAST\n"
                                  "J\xc3\xb6rgen  1      x\n"
                                  "a       12345  -\n");
    /* What follows keeps the widths, and has no title. */
    ctl_rows_add(rows, parse("{\"name\":\"b\",\"n\":2,\"last\":\"y\"}"));
    ck_assert_str_eq(table(rows), "b       2      y\n");
}
END_TEST

START_TEST(the_last_column_is_cut_to_the_terminal)
{
    ctl_rows_t *rows = ctl_rows_make(columns, 20, pool);

    ctl_rows_add(rows, parse("{\"name\":\"a\",\"n\":1,\"last\":\"abcdefghijklmnopqrst\"}"));
    ck_assert_str_eq(table(rows), "NAME  N  LAST\n"
                                  "a     1  abcdefghij\xe2\x80\xa6\n");
}
END_TEST

START_TEST(an_object_is_shown_by_paths)
{
    scim_buf_t *out = scim_buf_make(0, pool);

    ctl_out_flat(
        out,
        parse("{\"id\":\"7\",\"name\":{\"familyName\":\"J\"},\"emails\":[{\"value\":\"a\"},"
              "{\"value\":\"b\"}],\"urn:x:2.0:User\":{\"dept\":\"d\"},\"tags\":[\"x\"]}"),
        pool);
    ck_assert_str_eq(out->data, "id                   7\n"
                                "name.familyName      J\n"
                                "emails[0].value      a\n"
                                "emails[1].value      b\n"
                                "urn:x:2.0:User:dept  d\n"
                                "tags                 x\n");
}
END_TEST

START_TEST(progress_fits_the_terminal)
{
    ctl_progress_t half = {50, 100, 1234567, "lines", APR_USEC_PER_SEC * 10};
    ctl_progress_t unknown = {50, 0, 5, "lines", 0};
    ctl_progress_t over = {200, 100, 1, "lines", APR_USEC_PER_SEC};

    ck_assert_str_eq(ctl_progress_text(&half, 79, pool),
                     "[====================>                   ]  50%  1,234,567 lines  123,456/s");
    ck_assert_uint_le(strlen(ctl_progress_text(&half, 60, pool)), 60);
    ck_assert_str_eq(ctl_progress_text(&half, 20, pool), " 50%  1,234,567 lines  123,456/s");
    ck_assert_str_eq(ctl_progress_text(&unknown, 79, pool), "5 lines  5/s");
    ck_assert_ptr_nonnull(strstr(ctl_progress_text(&over, 79, pool), "] 100%"));
}
END_TEST

/* ---- words ---- */

START_TEST(how_long_something_lives)
{
    static const struct {
        const char *text;
        int seconds; /* -1: refused */
    } texts[] = {{"90d", 7776000},   {"12h", 43200},      {"3600", 3600},     {"3600s", 3600},
                 {"30m", 1800},      {"2w", 1209600},     {"10y", 315360000}, {"never", 0},
                 {"0", -1},          {"0d", -1},          {"", -1},           {"d", -1},
                 {"-1d", -1},        {"1.5h", -1},        {"90dd", -1},       {"99y", -1},
                 {"9999999999", -1}, {"99999999999", -1}, {"5 d", -1},        {"Never", -1}};
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int seconds = -1;
        int ok = ctl_life_parse(&seconds, texts[i].text);
        ck_assert_msg(ok == (texts[i].seconds >= 0), "%s", texts[i].text);
        ck_assert_msg(seconds == texts[i].seconds, "%s: %d", texts[i].text, seconds);
    }
}
END_TEST

START_TEST(a_password_is_found_wherever_it_stands)
{
    static const char *const secret[] = {"pass=x", "host=a pass=x", "host=a,pass=x",
                                         "pa=x",   "host=a;p = x",  "dbname=a\tpas=x"};
    static const char *const plain[] = {
        "",      "host=a user=b", "passport=x", "dbname=pass", "sock=/a/pass", "/var/lib/x.db",
        "PASS=x"};
    size_t i;

    for (i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
        ck_assert_msg(ctl_params_secret(secret[i]), "%s", secret[i]);
    }
    for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        ck_assert_msg(!ctl_params_secret(plain[i]), "%s", plain[i]);
    }
}
END_TEST

START_TEST(another_account)
{
    ck_assert_str_eq(ctl_params_account("host=a user=b pass=c", "root", NULL, pool),
                     "host=a user=b pass=c user=root pass=");
    ck_assert_str_eq(ctl_params_account("host=a", "root", "s=cret", pool),
                     "host=a user=root pass=s=cret");
    ck_assert_ptr_null(ctl_params_account("host=a", "root", "with blank", pool));
    ck_assert_ptr_null(ctl_params_account("host=a", "ro,ot", "x", pool));
    ck_assert_ptr_null(ctl_params_account("host=a", "", "x", pool));
}
END_TEST

START_TEST(labels_hold_no_secret)
{
    ck_assert_str_eq(
        ctl_params_label("mysql", "host=db.example.com dbname=scim user=u pass=secret", pool),
        "scim at db.example.com");
    ck_assert_str_eq(ctl_params_label("mysql", "sock=/run/x.sock pass=secret dbname=a", pool),
                     "a at /run/x.sock");
    ck_assert_str_eq(ctl_params_label("mysql", "pass=secret", pool), "? at localhost");
    ck_assert_str_eq(ctl_params_label("sqlite3", "/a/b.db", pool), "/a/b.db");
}
END_TEST

/* ---- lines ---- */

static FILE *file_of(const char *text, size_t len)
{
    FILE *out = tmpfile();

    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(text, 1, len, out), len);
    rewind(out);
    return out;
}

START_TEST(lines_of_any_length)
{
    static const char text[] = "one\r\n\n12345678\n123456789\nnul\0x\nlast";
    FILE *in = file_of(text, sizeof(text) - 1);
    ctl_lines_t *lines = ctl_lines_make(in, 8, pool);
    const char *data;
    apr_size_t len;

    ck_assert(ctl_lines_next(&data, &len, lines));
    ck_assert_str_eq(data, "one");
    ck_assert(ctl_lines_next(&data, &len, lines));
    ck_assert_str_eq(data, "");
    ck_assert(ctl_lines_next(&data, &len, lines));
    ck_assert_str_eq(data, "12345678");
    ck_assert(ctl_lines_next(&data, &len, lines));
    ck_assert_ptr_null(data);
    ck_assert_uint_eq(ctl_lines_number(lines), 4);
    ck_assert(ctl_lines_next(&data, &len, lines));
    ck_assert_uint_eq(len, 5);
    ck_assert_mem_eq(data, "nul\0x", 5);
    ck_assert(ctl_lines_next(&data, &len, lines));
    ck_assert_str_eq(data, "last");
    ck_assert_uint_eq(ctl_lines_bytes(lines), sizeof(text) - 1);
    ck_assert(!ctl_lines_next(&data, &len, lines));
    fclose(in);
}
END_TEST

/* ---- migrations ---- */

START_TEST(statements_one_by_one)
{
    static const char text[] = "-- a comment; with a semicolon\n"
                               "/* and; another */ ;;\n"
                               "CREATE TABLE a (b TEXT DEFAULT 'it''s; -- here', -- why; so\n"
                               "  \"c;d\" INT, `e;f` INT);\n"
                               "/*!40101 SET x = 1 */;\n"
                               "  INSERT INTO a VALUES (1) ; \n-- the end";
    static const char *const wanted[] = {
        "CREATE TABLE a (b TEXT DEFAULT 'it''s; -- here',   \"c;d\" INT, `e;f` INT)",
        "/*!40101 SET x = 1 */", "INSERT INTO a VALUES (1)"};
    const char *at = text;
    size_t i;

    for (i = 0; i < 3; i++) {
        ck_assert_str_eq(scim_migrate_next(&at, pool), wanted[i]);
    }
    ck_assert_ptr_null(scim_migrate_next(&at, pool));
    ck_assert_ptr_null(scim_migrate_next(&at, pool));
}
END_TEST

START_TEST(what_is_not_closed_ends_with_the_file)
{
    static const char *const texts[] = {"a 'b", "/* x", "-- x", "", ";", "'"};
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *at = texts[i];
        while (scim_migrate_next(&at, pool)) {
        }
        ck_assert_int_eq(*at, '\0');
    }
}
END_TEST

/* ---- settings ---- */

START_TEST(settings_there_and_back)
{
    scim_tenant_t *one = scim_tenant_make("a", pool);
    scim_tenant_t *other = scim_tenant_make("b", pool);
    const char *name;
    json_t *value;
    json_t *settings = scim_tenant_settings(one, pool);
    int n = 0;

    /* A value of its own for each, so that none can stand for another. */
    json_object_foreach(settings, name, value)
    {
        json_object_set_new(settings, name, json_integer(1000 + n++));
    }
    ck_assert_int_gt(n, 20);
    ck_assert_ptr_null(scim_tenant_set(other, settings, pool));
    ck_assert(json_equal(scim_tenant_settings(other, pool), settings));
    ck_assert_uint_eq(other->json.bytes, 1000);
    ck_assert_ptr_nonnull(scim_tenant_set(other, parse("{\"nonsense\":1}"), pool));
    ck_assert_ptr_nonnull(scim_tenant_set(other, parse("{\"page_size\":\"x\"}"), pool));
    ck_assert_ptr_nonnull(scim_tenant_set(other, parse("{\"page_size\":-1}"), pool));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ctl");
    TCase *tc = tcase_create("ctl");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, values_are_shown_as_people_read_them);
    tcase_add_test(tc, a_terminal_is_told_nothing_by_a_value);
    tcase_add_test(tc, columns_are_as_wide_as_their_widest);
    tcase_add_test(tc, the_last_column_is_cut_to_the_terminal);
    tcase_add_test(tc, an_object_is_shown_by_paths);
    tcase_add_test(tc, progress_fits_the_terminal);
    tcase_add_test(tc, how_long_something_lives);
    tcase_add_test(tc, a_password_is_found_wherever_it_stands);
    tcase_add_test(tc, another_account);
    tcase_add_test(tc, labels_hold_no_secret);
    tcase_add_test(tc, lines_of_any_length);
    tcase_add_test(tc, statements_one_by_one);
    tcase_add_test(tc, what_is_not_closed_ends_with_the_file);
    tcase_add_test(tc, settings_there_and_back);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
