/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Groups that are put into groups while others do so too, or change their users. */
#include "db_nesting.h"

#include <pthread.h>
#include <string.h>

#include <apr_strings.h>

#define THREADS 8

static pthread_barrier_t barrier;
static int statuses[THREADS];

static void run(int n, void *(*fn)(void *))
{
    static int numbers[THREADS];
    pthread_t threads[THREADS];
    int i;

    pthread_barrier_init(&barrier, NULL, (unsigned)n);
    for (i = 0; i < n; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fn, &numbers[i]), 0);
    }
    for (i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&barrier);
}

static int ring; /* how many */

/* Every group into the next one. */
static void *close_ring(void *baton)
{
    int i = *(int *)baton;
    scim_member_step_t step = {SCIM_MEMBER_ADD, &groups[(i + 1) % ring], 1, NULL};

    pthread_barrier_wait(&barrier);
    statuses[i] = nest_patch(groups[i], &step, 1, NULL);
    return NULL;
}

/* The same with each group's lock first, as PUT has it. */
static void *close_locked(void *baton)
{
    int i = *(int *)baton;

    pthread_barrier_wait(&barrier);
    statuses[i] = nest_add(groups[i], groups[(i + 1) % ring]);
    return NULL;
}

START_TEST(two_into_each_other_at_once)
{
    int round;

    ring = 2;
    for (round = 0; round < 20; round++) {
        nest_make(2, 0);
        run(2, round % 2 ? close_ring : close_locked);
        ck_assert_msg((statuses[0] == 200 && statuses[1] == 400) ||
                          (statuses[0] == 400 && statuses[1] == 200),
                      "round %d: %d and %d", round, statuses[0], statuses[1]);
        ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_nesting WHERE tenant = %s"), 1);
        nest_remove_resource("Group", groups[0]);
        nest_remove_resource("Group", groups[1]);
    }
}
END_TEST

START_TEST(a_ring_at_once)
{
    int refused = 0;
    int i;

    ring = THREADS;
    nest_make(ring, 0);
    run(ring, close_ring);
    for (i = 0; i < ring; i++) {
        ck_assert_msg(statuses[i] == 200 || statuses[i] == 400, "%d: %d", i, statuses[i]);
        refused += statuses[i] == 400;
    }
    ck_assert_int_eq(refused, 1);
}
END_TEST

#define LONG 17
#define SHORT 15

/* Group 0 is the lowest of a long chain, LONG that of a short one, LONG + SHORT that of two. */
static void *lengthen(void *baton)
{
    int i = *(int *)baton;
    int outer = i ? LONG : 0;
    scim_member_step_t step = {SCIM_MEMBER_ADD, &groups[i ? LONG - 1 : LONG + SHORT + 1], 1, NULL};

    pthread_barrier_wait(&barrier);
    statuses[i] = nest_patch(groups[outer], &step, 1, NULL);
    return NULL;
}

/* Each alone would be in order, both together are one level too many. */
START_TEST(levels_at_once)
{
    int round;
    int i;

    nest_make(LONG + SHORT + 2, 0);
    for (i = 0; i < LONG + SHORT + 1; i++) {
        if (i != LONG - 1 && i != LONG + SHORT - 1) {
            ck_assert_int_eq(nest_add(groups[i + 1], groups[i]), 200);
        }
    }
    for (round = 0; round < 20; round++) {
        run(2, lengthen);
        ck_assert_msg((statuses[0] == 200 && statuses[1] == 400) ||
                          (statuses[0] == 400 && statuses[1] == 200),
                      "round %d: %d and %d", round, statuses[0], statuses[1]);
        nest_drop(groups[0], groups[LONG + SHORT + 1]);
        nest_drop(groups[LONG], groups[LONG - 1]);
    }
}
END_TEST

static void nest_first(void)
{
    ck_assert_int_eq(nest_add(groups[1], groups[0]), 200);
}

/* A user gets into group 0, which meanwhile gets into group 1. */
START_TEST(nested_while_a_user_comes)
{
    scim_member_step_t step = {SCIM_MEMBER_ADD, users, 1, NULL};
    nest_plan_t b = {NULL, {NULL, 0, &step, 1, NULL}, 0, nest_first};
    db_request_t r = db_request(env);

    nest_make(2, 1);
    b.group = groups[0];
    db_ok(scim_store_write(r.store, nest_apply, &b));
    ck_assert_int_eq(b.tries, 2);
    ck_assert_str_eq(nest_shown(users[0]), "G0 (G1)");
    db_request_end(&r);
}
END_TEST

/* Even ones nest groups 0 and 1 and take them apart again; odd ones change group 0's users. */
static void *nest_or_join(void *baton)
{
    int i = *(int *)baton;
    int round;

    statuses[i] = 200;
    pthread_barrier_wait(&barrier);
    for (round = 0; round < 10 && statuses[i] == 200; round++) {
        scim_member_step_t users_step = {round % 3 == 2 ? SCIM_MEMBER_REMOVE : SCIM_MEMBER_ADD,
                                         &users[i / 2 * 10 + round], 1, NULL};
        scim_member_step_t group_step = {round % 2 ? SCIM_MEMBER_REMOVE : SCIM_MEMBER_ADD,
                                         i % 4 ? &groups[0] : &groups[1], 1, NULL};
        if (i % 2) {
            statuses[i] = nest_patch(groups[0], &users_step, 1, NULL);
        } else {
            statuses[i] = nest_patch(groups[i % 4 ? 1 : 2], &group_step, 1, NULL);
        }
    }
    return NULL;
}

/* Users come while their group is nested: in the end every entry's mark is right. */
START_TEST(users_come_while_their_group_is_nested)
{
    int i;

    nest_make(3, MOST);
    run(4, nest_or_join);
    for (i = 0; i < 4; i++) {
        ck_assert_msg(statuses[i] == 200, "%d: %d", i, statuses[i]);
    }
    ck_assert_int_eq(
        db_count(env, "SELECT COUNT(*) FROM scim_member m JOIN scim_resource u ON u.rid = "
                      "m.member_rid JOIN scim_resource g ON g.rid = m.group_rid WHERE u.type = "
                      "'User' AND (INSTR(u.member_of, '+') > 0) <> (INSTR(COALESCE(g.member_of, "
                      "''), 'i') > 0) AND m.tenant = %s"),
        0);
    ck_assert_int_eq(
        db_count(env, "SELECT COUNT(*) FROM scim_resource g WHERE g.type = 'Group' AND "
                      "(INSTR(COALESCE(g.member_of, ''), 'i') > 0) <> EXISTS (SELECT 1 FROM "
                      "scim_nesting n WHERE n.member_rid = g.rid) AND g.tenant = %s"),
        0);
    ck_assert_int_eq(db_count(env,
                              "SELECT COUNT(*) FROM scim_member m JOIN scim_resource g ON g.rid = "
                              "m.member_rid WHERE g.type = 'Group' AND m.tenant = %s"),
                     db_count(env, "SELECT COUNT(*) FROM scim_nesting n WHERE n.tenant = %s"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nesting races");
    TCase *tc = tcase_create("races");

    tcase_add_checked_fixture(tc, nest_setup, nest_teardown);
    tcase_set_timeout(tc, 180);
    tcase_add_test(tc, two_into_each_other_at_once);
    tcase_add_test(tc, a_ring_at_once);
    tcase_add_test(tc, levels_at_once);
    tcase_add_test(tc, users_come_while_their_group_is_nested);
    if (db_is_mariadb()) {
        tcase_add_test(tc, nested_while_a_user_comes); /* SQLite has one writer at a time */
    }
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
