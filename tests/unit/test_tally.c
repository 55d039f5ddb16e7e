/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "scim_tally.h"

#define TENANTS 8

static apr_pool_t *pool;
static void *memory;
static scim_tally_t *tally;

static void setup(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    memory = mmap(NULL, scim_tally_size(TENANTS), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    tally = scim_tally_at(memory, TENANTS);
}

static void teardown(void)
{
    munmap(memory, scim_tally_size(TENANTS));
    apr_pool_destroy(pool);
    apr_terminate();
}

static void request(const char *tenant, const char *op, int status, apr_interval_time_t took)
{
    const scim_tally_request_t done = {tenant, op, status, took};

    scim_tally_request(tally, &done);
}

static const char *text(void)
{
    return scim_tally_text(tally, "1.0\"\\\n", pool)->data;
}

static void ck_has(const char *line)
{
    ck_assert_msg(strstr(text(), apr_pstrcat(pool, "\n", line, "\n", NULL)) != NULL,
                  "no line %s in\n%s", line, text());
}

START_TEST(requests_by_tenant_operation_and_status)
{
    request("acme", "get", 200, 10);
    request("acme", "get", 200, 10);
    request("acme", "create", 409, 10);
    request("", NULL, 401, 10);
    request(NULL, "none", 401, 10);
    request("-", "no such operation", 299, 10);
    ck_has("scim_requests_total{tenant=\"acme\",op=\"get\",code=\"200\"} 2");
    ck_has("scim_requests_total{tenant=\"acme\",op=\"create\",code=\"409\"} 1");
    ck_has("scim_requests_total{tenant=\"(none)\",op=\"none\",code=\"401\"} 2");
    ck_has("scim_requests_total{tenant=\"(none)\",op=\"other\",code=\"other\"} 1");
    ck_has("scim_module_info{version=\"1.0\\\"\\\\\\n\"} 1");
    ck_assert_str_eq(text() + strlen(text()) - 6, "# EOF\n");
}
END_TEST

START_TEST(tenants_beyond_the_room_are_counted_together)
{
    apr_uint64_t all = 0;
    int named = 0;
    int others = 0;

    for (int i = 0; i < 100; i++) {
        request(apr_psprintf(pool, "tenant-%d", i), "get", i % 3 ? 200 : 500, 1);
    }
    for (int i = 0; i < scim_tally_places(tally); i++) {
        scim_tally_sum_t sum;

        if (scim_tally_sum(&sum, tally, i)) {
            ck_assert_uint_eq(sum.refused, 0);
            all += sum.good + sum.failed;
            named += *sum.tenant != '(';
            others += strcmp(sum.tenant, "(other)") == 0;
        }
    }
    ck_assert_uint_eq(all, 100);
    ck_assert_int_eq(named, TENANTS);
    ck_assert_int_eq(others, 1);
}
END_TEST

START_TEST(times_fall_into_buckets)
{
    const apr_interval_time_t times[] = {-5, 0, 500, 501, 1000000, 9999999, 10000001, 3600000000};

    for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        request("acme", "get", 200, times[i]);
        scim_tally_waited(tally, times[i]);
    }
    ck_has("scim_request_duration_seconds_bucket{op=\"get\",le=\"0.0005\"} 3");
    ck_has("scim_request_duration_seconds_bucket{op=\"get\",le=\"0.001\"} 4");
    ck_has("scim_request_duration_seconds_bucket{op=\"get\",le=\"1.0\"} 5");
    ck_has("scim_request_duration_seconds_bucket{op=\"get\",le=\"10.0\"} 6");
    ck_has("scim_request_duration_seconds_bucket{op=\"get\",le=\"+Inf\"} 8");
    ck_has("scim_request_duration_seconds_count{op=\"get\"} 8");
    ck_has("scim_request_duration_seconds_sum{op=\"get\"} 3621.001001");
    ck_has("scim_database_wait_seconds_count 8");
    ck_assert_uint_eq(scim_tally_times(tally, 0).n, 8);
    ck_assert_uint_eq(scim_tally_times(tally, 1).total, 3621001001u);
}
END_TEST

START_TEST(the_same_memory_goes_on)
{
    request("acme", "get", 200, 1);
    scim_tally_add(tally, SCIM_TALLY_LOST, 3);
    tally = scim_tally_at(memory, TENANTS);
    request("acme", "get", 200, 1);
    ck_has("scim_requests_total{tenant=\"acme\",op=\"get\",code=\"200\"} 2");
    ck_has("scim_database_lost_total 3");
}
END_TEST

START_TEST(what_a_process_had_ends_with_it)
{
    scim_tally_child_t *one = scim_tally_child(tally, 100);
    scim_tally_child_t *two = scim_tally_child(tally, 200);
    scim_tally_now_t now;

    scim_tally_change(one, SCIM_TALLY_OPEN, 3);
    scim_tally_change(one, SCIM_TALLY_USED, 2);
    scim_tally_change(two, SCIM_TALLY_OPEN, 1);
    scim_tally_change(NULL, SCIM_TALLY_OPEN, 1);
    now = scim_tally_now(tally);
    ck_assert_int_eq(now.children, 2);
    ck_assert_int_eq(now.used, 2);
    ck_assert_int_eq(now.kept, 2);
    scim_tally_child_gone(tally, 100);
    scim_tally_child_gone(tally, 300);
    now = scim_tally_now(tally);
    ck_assert_int_eq(now.children, 1);
    ck_assert_int_eq(now.used, 0);
    ck_assert_int_eq(now.kept, 1);
    ck_assert_ptr_eq(scim_tally_child(tally, 200), one); /* the number came again */
    now = scim_tally_now(tally);
    ck_assert_int_eq(now.children, 1);
    ck_assert_int_eq(now.kept, 0);
}
END_TEST

START_TEST(there_are_places_for_so_many_processes)
{
    int n = 0;

    while (n < 100000 && scim_tally_child(tally, n + 1)) {
        n++;
    }
    ck_assert_int_eq(n, 1024);
    ck_assert_int_eq(scim_tally_now(tally).children, n);
}
END_TEST

/* Processes at once, some for tenants that the others do not know yet: nothing is lost. */
START_TEST(processes_lose_nothing)
{
    enum { PROCESSES = 4, EACH = 20000 };
    apr_uint64_t all = 0;

    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            for (int k = 0; k < EACH; k++) {
                request(k % 2 ? "acme" : k % 4 ? "b" : "c", "get", 200, 1);
                scim_tally_add(tally, SCIM_TALLY_STATEMENTS, 2);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    for (int i = 0; i < scim_tally_places(tally); i++) {
        scim_tally_sum_t sum;

        all += scim_tally_sum(&sum, tally, i) ? sum.good : 0;
    }
    ck_assert_uint_eq(all, PROCESSES * EACH);
    ck_assert_uint_eq(scim_tally_get(tally, SCIM_TALLY_STATEMENTS), 2 * PROCESSES * EACH);
    ck_has("scim_requests_total{tenant=\"acme\",op=\"get\",code=\"200\"} 40000");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tally");
    TCase *tc = tcase_create("tally");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, requests_by_tenant_operation_and_status);
    tcase_add_test(tc, tenants_beyond_the_room_are_counted_together);
    tcase_add_test(tc, times_fall_into_buckets);
    tcase_add_test(tc, the_same_memory_goes_on);
    tcase_add_test(tc, what_a_process_had_ends_with_it);
    tcase_add_test(tc, there_are_places_for_so_many_processes);
    tcase_add_test(tc, processes_lose_nothing);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
