/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>

#include <apr_general.h>
#include <apr_time.h>
#include <check.h>

#include "mod_scim_warm.h"

static apr_pool_t *pool;
static apr_pool_t *child;
static int conns[20];
static void *back[20]; /* what went back, in order */
static int nback;

static int one; /* owners */
static int other;

static void note(void *conn, void *owner)
{
    ck_assert_ptr_eq(owner, conn == &conns[19] ? &other : &one);
    back[nback++] = conn;
}

static void setup(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    apr_pool_create(&child, pool);
    nback = 0;
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    apr_terminate();
}

START_TEST(the_last_comes_first)
{
    scim_warm_t *warm = scim_warm_make(2, note, child);

    ck_assert_ptr_null(scim_warm_take(warm, &one));
    scim_warm_waited(warm);
    scim_warm_give(warm, &one, &conns[0]);
    scim_warm_give(warm, &one, &conns[1]);
    scim_warm_give(warm, &one, &conns[2]); /* no room */
    ck_assert_int_eq(nback, 1);
    ck_assert_ptr_eq(back[0], &conns[2]);
    ck_assert_ptr_eq(scim_warm_take(warm, &one), &conns[1]);
    ck_assert_ptr_eq(scim_warm_take(warm, &one), &conns[0]);
    ck_assert_ptr_null(scim_warm_take(warm, &one));
    ck_assert_int_eq(nback, 1);
}
END_TEST

START_TEST(old_ones_go_back)
{
    scim_warm_t *warm = scim_warm_make(20, note, child);
    int i;

    for (i = 0; i < 10; i++) {
        scim_warm_give(warm, &one, &conns[i]);
    }
    apr_sleep(APR_USEC_PER_SEC + 1000);
    scim_warm_give(warm, &one, &conns[10]);
    ck_assert_ptr_eq(scim_warm_take(warm, &one), &conns[10]);
    ck_assert_ptr_null(scim_warm_take(warm, &one));
    ck_assert_int_eq(nback, 10);
    for (i = 0; i < 10; i++) {
        ck_assert_ptr_eq(back[i], &conns[i]);
    }
}
END_TEST

START_TEST(all_go_back)
{
    scim_warm_t *warm = scim_warm_make(20, note, child);
    int i;

    for (i = 0; i < 17; i++) {
        scim_warm_give(warm, &one, &conns[i]);
    }
    scim_warm_empty(warm);
    ck_assert_int_eq(nback, 17);
    scim_warm_give(warm, &one, &conns[17]);
    apr_pool_destroy(child);
    ck_assert_int_eq(nback, 18);
    ck_assert_ptr_eq(back[17], &conns[17]);
}
END_TEST

/* Nobody waits in mod_dbd's pool for a connection that lies here. */
START_TEST(who_waits_gets_them)
{
    scim_warm_t *warm = scim_warm_make(20, note, child);

    scim_warm_give(warm, &one, &conns[0]);
    scim_warm_give(warm, &other, &conns[19]);
    scim_warm_give(warm, &one, &conns[1]);
    ck_assert_ptr_eq(scim_warm_take(warm, &other), &conns[19]);
    ck_assert_int_eq(nback, 0);
    ck_assert_ptr_null(scim_warm_take(warm, &other)); /* and waits */
    ck_assert_int_eq(nback, 2);
    scim_warm_give(warm, &other, &conns[19]);
    ck_assert_int_eq(nback, 3);
    scim_warm_waited(warm);
    scim_warm_give(warm, &other, &conns[19]);
    ck_assert_int_eq(nback, 3);
    ck_assert_ptr_eq(scim_warm_take(warm, &other), &conns[19]);
}
END_TEST

START_TEST(none_where_none_may_stay)
{
    ck_assert_ptr_null(scim_warm_make(0, note, child));
    ck_assert_ptr_null(scim_warm_take(NULL, &one));
    scim_warm_empty(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("warm");
    TCase *tc = tcase_create("warm");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_last_comes_first);
    tcase_add_test(tc, old_ones_go_back);
    tcase_add_test(tc, all_go_back);
    tcase_add_test(tc, who_waits_gets_them);
    tcase_add_test(tc, none_where_none_may_stay);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
