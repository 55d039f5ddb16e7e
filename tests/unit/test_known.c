/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* What a child remembers of tokens. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "mod_scim_known.h"

static apr_pool_t *pool;
static scim_known_t *known;
static const apr_time_t start = 1000 * APR_USEC_PER_SEC;

static void setup(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    known = scim_known_make(pool);
    ck_assert_ptr_nonnull(known);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    apr_terminate();
}

static scim_token_found_t token(const char *label)
{
    scim_token_found_t found;

    memset(&found, 0, sizeof(found));
    found.row.id = "id";
    found.row.tenant = "acme";
    found.row.kind = SCIM_TOKEN_API;
    found.row.label = label;
    found.row.expires = 5;
    found.tenant_known = 1;
    return found;
}

static const unsigned char *hash(int first, int last)
{
    unsigned char *h = apr_pcalloc(pool, SCIM_KNOWN_HASH);

    h[0] = (unsigned char)first;
    h[SCIM_KNOWN_HASH - 1] = (unsigned char)last;
    return h;
}

START_TEST(what_does_not_change_is_remembered)
{
    scim_token_found_t one = token("Okta");
    const scim_token_found_t *got;

    ck_assert_ptr_null(scim_known_get(known, hash(1, 1), start, pool));
    scim_known_put(known, hash(1, 1), &one, start);
    got = scim_known_get(known, hash(1, 1), start + 1, pool);
    ck_assert_ptr_nonnull(got);
    ck_assert_str_eq(got->row.id, "id");
    ck_assert_str_eq(got->row.tenant, "acme");
    ck_assert_str_eq(got->row.kind, SCIM_TOKEN_API);
    ck_assert_str_eq(got->row.label, "Okta");
    ck_assert_ptr_null(got->row.owner);
    ck_assert_int_eq(got->row.expires, 5);
    ck_assert_int_eq(got->tenant_known, 1);
    ck_assert_int_eq(scim_token_is_stale(&got->row, start + 1), 0);
    one.row.owner = "jane";
    scim_known_put(known, hash(1, 1), &one, start);
    ck_assert_str_eq(scim_known_get(known, hash(1, 1), start, pool)->row.owner, "jane");
}
END_TEST

START_TEST(for_a_minute)
{
    scim_token_found_t one = token("Okta");

    scim_known_put(known, hash(1, 1), &one, start);
    ck_assert_ptr_nonnull(
        scim_known_get(known, hash(1, 1), start + 60 * APR_USEC_PER_SEC - 1, pool));
    ck_assert_ptr_null(scim_known_get(known, hash(1, 1), start + 60 * APR_USEC_PER_SEC, pool));
    ck_assert_ptr_null(scim_known_get(known, hash(1, 1), start - 1, pool));
}
END_TEST

/* Two tokens in one place: the last one stays, and neither is taken for the other. */
START_TEST(one_in_each_place)
{
    scim_token_found_t one = token("one");
    scim_token_found_t two = token("two");

    scim_known_put(known, hash(1, 1), &one, start);
    ck_assert_ptr_null(scim_known_get(known, hash(1, 2), start, pool));
    scim_known_put(known, hash(1, 2), &two, start);
    ck_assert_ptr_null(scim_known_get(known, hash(1, 1), start, pool));
    ck_assert_str_eq(scim_known_get(known, hash(1, 2), start, pool)->row.label, "two");
    scim_known_put(known, hash(2, 1), &one, start);
    ck_assert_ptr_nonnull(scim_known_get(known, hash(1, 2), start, pool));
}
END_TEST

START_TEST(nothing_is_cut)
{
    char label[257];
    scim_token_found_t one;

    memset(label, 'x', 256);
    label[256] = '\0';
    one = token(label);
    scim_known_put(known, hash(1, 1), &one, start);
    ck_assert_ptr_null(scim_known_get(known, hash(1, 1), start, pool));
    label[255] = '\0';
    scim_known_put(known, hash(1, 1), &one, start);
    ck_assert_str_eq(scim_known_get(known, hash(1, 1), start, pool)->row.label, label);
    scim_known_put(NULL, hash(1, 1), &one, start);
    ck_assert_ptr_null(scim_known_get(NULL, hash(1, 1), start, pool));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("known");
    TCase *tc = tcase_create("known");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_does_not_change_is_remembered);
    tcase_add_test(tc, for_a_minute);
    tcase_add_test(tc, one_in_each_place);
    tcase_add_test(tc, nothing_is_cut);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
