/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "golden.h"
#include "scim_query.h"

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

static const char *line(const char *name, const char *value, apr_pool_t *p)
{
    return apr_psprintf(p, "%s %s\n", name, value ? scim_json_quote(value, p) : "-");
}

static const char *query_golden(scim_error_t **err, const golden_case_t *c, void *baton)
{
    scim_query_t q;

    *err = scim_query_parse(&q, c->in, baton, c->pool);
    if (*err) {
        return NULL;
    }
    return apr_pstrcat(
        c->pool, line("filter", q.filter, c->pool), line("attributes", q.attributes, c->pool),
        line("excludedAttributes", q.excluded, c->pool),
        apr_psprintf(c->pool, "startIndex %" APR_INT64_T_FMT "\ncount %d\n", q.start_index,
                     q.count),
        line("sortBy", q.sort_by, c->pool),
        apr_psprintf(c->pool, "descending %d\ncursor %s", q.descending,
                     q.cursor ? scim_json_quote(q.cursor, c->pool) : "-"),
        NULL);
}

START_TEST(query_golden_directories)
{
    ck_assert_int_eq(golden_run("query", GOLDEN_TEXT, query_golden, scim_tenant_make("t", pool)),
                     0);
}
END_TEST

static scim_error_t *body(scim_query_t *q, const char *members)
{
    const char *text = apr_psprintf(pool, "{\"schemas\":[\"" SCIM_URN_SEARCH "\"]%s%s}",
                                    *members ? "," : "", members);
    json_t *root;

    ck_assert_ptr_null(scim_json_load(&root, text, strlen(text), NULL, pool));
    return scim_query_body(q, root, scim_tenant_make("t", pool), pool);
}

START_TEST(search_body_is_as_a_query)
{
    scim_query_t q;

    ck_assert_ptr_null(body(&q, ""));
    ck_assert_int_eq(q.start_index, 1);
    ck_assert_int_eq(q.count, 100);
    ck_assert_ptr_null(q.filter);
    ck_assert_ptr_null(q.cursor);
    ck_assert_ptr_null(body(&q, "\"attributes\":[\"a\",\"b.c\"],\"excludedAttributes\":\"d,e\","
                                "\"FILTER\":\"f\",\"sortBy\":\"g\",\"sortOrder\":\"descending\","
                                "\"startIndex\":5,\"count\":7,\"unknown\":{}"));
    ck_assert_str_eq(q.attributes, "a,b.c");
    ck_assert_str_eq(q.excluded, "d,e");
    ck_assert_str_eq(q.filter, "f");
    ck_assert_str_eq(q.sort_by, "g");
    ck_assert_int_eq(q.descending, 1);
    ck_assert_int_eq(q.start_index, 5);
    ck_assert_int_eq(q.count, 7);
    ck_assert_ptr_null(body(&q, "\"count\":9999,\"startIndex\":-3,\"cursor\":null"));
    ck_assert_int_eq(q.count, 500);
    ck_assert_int_eq(q.start_index, 1);
    ck_assert_ptr_null(q.cursor);
    ck_assert_ptr_null(body(&q, "\"cursor\":\"\",\"count\":3"));
    ck_assert_str_eq(q.cursor, "");
    ck_assert_ptr_null(body(&q, "\"cursor\":\"\",\"count\":-1"));
    ck_assert_int_eq(q.count, 0);
}
END_TEST

START_TEST(search_body_names_what_is_wrong)
{
    static const struct {
        const char *members;
        const char *name;
        scim_error_type_t type;
    } wrong[] = {
        {"\"attributes\":1", "attributes", SCIM_TYPE_INVALID_VALUE},
        {"\"attributes\":[1]", "attributes", SCIM_TYPE_INVALID_VALUE},
        {"\"excludedAttributes\":{}", "excludedAttributes", SCIM_TYPE_INVALID_VALUE},
        {"\"filter\":[]", "filter", SCIM_TYPE_INVALID_VALUE},
        {"\"sortBy\":true", "sortBy", SCIM_TYPE_INVALID_VALUE},
        {"\"sortBy\":\"a\",\"sortOrder\":1", "sortOrder", SCIM_TYPE_INVALID_VALUE},
        {"\"sortBy\":\"a\",\"sortOrder\":\"up\"", "sortOrder", SCIM_TYPE_INVALID_VALUE},
        {"\"startIndex\":\"1\"", "startIndex", SCIM_TYPE_INVALID_VALUE},
        {"\"startIndex\":1.0", "startIndex", SCIM_TYPE_INVALID_VALUE},
        {"\"count\":\"1\"", "count", SCIM_TYPE_INVALID_VALUE},
        {"\"cursor\":1", "cursor", SCIM_TYPE_INVALID_VALUE},
        {"\"cursor\":\"\",\"startIndex\":2", "startIndex", SCIM_TYPE_INVALID_VALUE},
        {"\"count\":1,\"Count\":2", "count", SCIM_TYPE_INVALID_SYNTAX},
        {"\"Schemas\":[\"" SCIM_URN_SEARCH "\"]", "schemas", SCIM_TYPE_INVALID_SYNTAX},
    };
    scim_query_t q;
    size_t i;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        scim_error_t *err = body(&q, wrong[i].members);
        ck_assert_msg(err != NULL, "%s", wrong[i].members);
        ck_assert_int_eq(err->status, 400);
        ck_assert_int_eq(err->type, wrong[i].type);
        ck_assert_msg(strstr(err->detail, wrong[i].name) != NULL, "%s", err->detail);
    }
    ck_assert_int_eq(scim_query_body(&q, NULL, scim_tenant_make("t", pool), pool)->type,
                     SCIM_TYPE_INVALID_SYNTAX);
    ck_assert_int_eq(scim_query_body(&q, scim_json_own(json_object(), pool),
                                     scim_tenant_make("t", pool), pool)->type,
                     SCIM_TYPE_INVALID_SYNTAX);
}
END_TEST

START_TEST(query_absent_is_all_defaults)
{
    scim_tenant_t *t = scim_tenant_make("t", pool);
    scim_query_t q;

    t->page_size = 7;
    memset(&q, 0xFF, sizeof(q));
    ck_assert_ptr_null(scim_query_parse(&q, NULL, t, pool));
    ck_assert_ptr_null(q.filter);
    ck_assert_ptr_null(q.attributes);
    ck_assert_ptr_null(q.excluded);
    ck_assert_int_eq(q.start_index, 1);
    ck_assert_int_eq(q.count, 7);
    /* A default above the maximum is a mistake of the configuration; the maximum holds. */
    t->max_page_size = 5;
    ck_assert_ptr_null(scim_query_parse(&q, "", t, pool));
    ck_assert_int_eq(q.count, 5);
}
END_TEST

START_TEST(query_refusal_leaves_the_output_alone)
{
    scim_query_t q;
    scim_query_t before;

    memset(&q, 0x5A, sizeof(q));
    before = q;
    scim_error_t *err = scim_query_parse(&q, "filter=x&count=y", scim_tenant_make("t", pool), pool);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(memcmp(&q, &before, sizeof(q)), 0);
}
END_TEST

START_TEST(unescape_takes_path_segments)
{
    ck_assert_str_eq(scim_query_unescape("a%2Bb+c%7c%40%25", 16, pool), "a+b+c|@%");
    ck_assert_str_eq(scim_query_unescape("abc", 2, pool), "ab");
    ck_assert_str_eq(scim_query_unescape("", 0, pool), "");
    ck_assert_str_eq(scim_query_unescape("%C3%A4", 6, pool), "\xC3\xA4");
    /* The escape must end within the n bytes, whatever follows them. */
    ck_assert_ptr_null(scim_query_unescape("a%41", 3, pool));
    ck_assert_ptr_null(scim_query_unescape("a%", 2, pool));
    ck_assert_ptr_null(scim_query_unescape("%G1", 3, pool));
    ck_assert_ptr_null(scim_query_unescape("%1g", 3, pool));
    ck_assert_ptr_null(scim_query_unescape("a%00b", 5, pool));
    ck_assert_ptr_null(scim_query_unescape("a\0b", 3, pool));
    ck_assert_ptr_null(scim_query_unescape("%FF", 3, pool));
    ck_assert_ptr_null(scim_query_unescape("\xC3", 1, pool));
}
END_TEST

static Suite *query_suite(void)
{
    Suite *s = suite_create("query");
    TCase *tc = tcase_create("query");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, query_golden_directories);
    tcase_add_test(tc, search_body_is_as_a_query);
    tcase_add_test(tc, search_body_names_what_is_wrong);
    tcase_add_test(tc, query_absent_is_all_defaults);
    tcase_add_test(tc, query_refusal_leaves_the_output_alone);
    tcase_add_test(tc, unescape_takes_path_segments);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *sr = srunner_create(query_suite());
    int failed;

    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
