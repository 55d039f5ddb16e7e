/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>

#include "scim_rate.h"

#define SECOND ((apr_int64_t)1000000000)
#define START (12345 * SECOND) /* some time after the clock's beginning */

/* A client's account, and how many requests pass at once. */
static int pass(apr_int64_t *account, apr_int64_t now, const scim_rate_t *rate, int asked)
{
    int passed = 0;

    for (int i = 0; i < asked; i++) {
        apr_int64_t next = -1;

        if (scim_rate_ask(&next, *account, now, rate) == 0) {
            ck_assert_int_gt(next, now);
            *account = next;
            passed++;
        } else {
            ck_assert_int_eq(next, -1); /* nothing to keep of a refusal */
        }
    }
    return passed;
}

START_TEST(a_burst_then_the_agreed_pace)
{
    const scim_rate_t rate = {10, 1, 30};
    apr_int64_t account = 0;

    ck_assert_int_eq(pass(&account, START, &rate, 1000), 30);
    ck_assert_int_eq(pass(&account, START + SECOND / 10 - 1, &rate, 10), 0);
    ck_assert_int_eq(pass(&account, START + SECOND / 10, &rate, 10), 1);
    ck_assert_int_eq(pass(&account, START + SECOND, &rate, 100), 9);
    ck_assert_int_eq(pass(&account, START + 2 * SECOND, &rate, 100), 10);
    ck_assert_int_eq(pass(&account, START + 5 * SECOND, &rate, 100), 30);    /* all of it again */
    ck_assert_int_eq(pass(&account, START + 1000 * SECOND, &rate, 100), 30); /* but no more */
}
END_TEST

START_TEST(a_burst_of_one_spaces_requests_evenly)
{
    const scim_rate_t rate = {2, 1, 1};
    apr_int64_t account = 0;

    ck_assert_int_eq(pass(&account, START, &rate, 5), 1);
    ck_assert_int_eq(pass(&account, START + SECOND / 2 - 1, &rate, 5), 0);
    ck_assert_int_eq(pass(&account, START + SECOND / 2, &rate, 5), 1);
}
END_TEST

/* Whatever a client tries, in any window it gets the burst and what the pace gives, never more. */
START_TEST(no_window_gives_more)
{
    static const scim_rate_t rates[] = {{1, 1, 1},      {3, 1, 7},       {7, 3, 2},
                                        {20, 3600, 20}, {1000000, 1, 5}, {999983, 86399, 100}};
    const scim_rate_t *rate = &rates[_i];
    apr_int64_t account = 0;
    apr_int64_t at = START;
    apr_int64_t passed = 0;
    unsigned seed = 7;

    for (int i = 0; i < 20000; i++) {
        apr_int64_t most;

        passed += pass(&account, at, rate, 2);
        most = rate->burst + (at - START) / SECOND * rate->requests / rate->seconds +
               (at - START) % SECOND * rate->requests / rate->seconds / SECOND + 1;
        ck_assert_int_le(passed, most);
        seed = seed * 1103515245u + 12345u;
        at += (apr_int64_t)(seed >> 8) * (seed % 7 == 0 ? 100 : 3);
    }
    ck_assert_int_gt(passed, rate->burst);
}
END_TEST

START_TEST(the_wait_is_exact)
{
    const scim_rate_t rate = {3, 1, 2}; /* an interval that is no whole number */
    apr_int64_t account = 0;
    apr_int64_t next = 0;
    apr_int64_t wait;

    ck_assert_int_eq(pass(&account, START, &rate, 9), 2);
    wait = scim_rate_ask(&next, account, START, &rate);
    ck_assert_int_gt(wait, 0);
    ck_assert_int_ne(scim_rate_ask(&next, account, START + wait - 1, &rate), 0);
    ck_assert_int_eq(scim_rate_ask(&next, account, START + wait, &rate), 0);
}
END_TEST

START_TEST(seconds_for_retry_after)
{
    ck_assert_int_eq(scim_rate_seconds(1), 1);
    ck_assert_int_eq(scim_rate_seconds(SECOND), 1);
    ck_assert_int_eq(scim_rate_seconds(SECOND + 1), 2);
    ck_assert_int_eq(scim_rate_seconds(180 * SECOND), 180);
    ck_assert_int_eq(scim_rate_seconds((apr_int64_t)SCIM_RATE_SECONDS_MAX * SECOND),
                     SCIM_RATE_SECONDS_MAX);
}
END_TEST

/* After a reload with a laxer limit nobody waits for what the stricter one would have wanted. */
START_TEST(a_debt_of_a_stricter_limit_is_forgiven)
{
    const scim_rate_t strict = {20, 3600, 20};
    const scim_rate_t lax = {100, 1, 200};
    apr_int64_t account = 0;

    ck_assert_int_eq(pass(&account, START, &strict, 100), 20);
    ck_assert_int_eq(pass(&account, START, &lax, 100), 1);
    ck_assert_int_eq(pass(&account, START + SECOND, &lax, 1000), 100);
    /* And back: a little of the burst is used. */
    account = 0;
    ck_assert_int_eq(pass(&account, START, &lax, 100), 100);
    ck_assert_int_eq(pass(&account, START, &strict, 100), 19);
}
END_TEST

START_TEST(the_largest_numbers_do_not_overflow)
{
    const scim_rate_t rate = {1, 86400, 30};
    apr_int64_t account = 0;

    ck_assert_int_eq(scim_rate_valid(&rate), 1);
    ck_assert_int_eq(pass(&account, APR_INT64_MAX / 4, &rate, 100), 30);
    ck_assert_int_eq(pass(&account, APR_INT64_MAX / 4 + 86400 * SECOND, &rate, 100), 1);
}
END_TEST

START_TEST(what_is_valid)
{
    static const struct {
        scim_rate_t rate;
        int valid;
    } rows[] = {
        {{1, 1, 1}, 1},
        {{SCIM_RATE_REQUESTS_MAX, SCIM_RATE_SECONDS_MAX, SCIM_RATE_REQUESTS_MAX}, 1},
        {{0, 0, 0}, 0},
        {{0, 1, 1}, 0},
        {{1, 0, 1}, 0},
        {{1, 1, 0}, 0},
        {{-1, 1, 1}, 0},
        {{SCIM_RATE_REQUESTS_MAX + 1, 1, 1}, 0},
        {{1, SCIM_RATE_SECONDS_MAX + 1, 1}, 0},
        {{1, 1, SCIM_RATE_REQUESTS_MAX + 1}, 0},
        {{1, 86400, 30}, 1},
        {{1, 86400, 31}, 0}, /* comes back too slowly */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_int_eq(scim_rate_valid(&rows[i].rate), rows[i].valid);
    }
}
END_TEST

START_TEST(at_least)
{
    const scim_rate_t none = {0, 0, 0};
    const scim_rate_t enough = {1500, 60, 1};
    const scim_rate_t slow = {1499, 60, 5000};

    ck_assert_int_eq(scim_rate_at_least(&none, 25), 1);
    ck_assert_int_eq(scim_rate_at_least(&enough, 25), 1);
    ck_assert_int_eq(scim_rate_at_least(&slow, 25), 0);
    ck_assert_int_eq(scim_rate_at_least(&slow, 0), 1);
}
END_TEST

static Suite *rate_suite(void)
{
    Suite *s = suite_create("rate");
    TCase *tc = tcase_create("rate");

    tcase_add_test(tc, a_burst_then_the_agreed_pace);
    tcase_add_test(tc, a_burst_of_one_spaces_requests_evenly);
    tcase_add_loop_test(tc, no_window_gives_more, 0, 6);
    tcase_add_test(tc, the_wait_is_exact);
    tcase_add_test(tc, seconds_for_retry_after);
    tcase_add_test(tc, a_debt_of_a_stricter_limit_is_forgiven);
    tcase_add_test(tc, the_largest_numbers_do_not_overflow);
    tcase_add_test(tc, what_is_valid);
    tcase_add_test(tc, at_least);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *sr = srunner_create(rate_suite());
    int failed;

    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
