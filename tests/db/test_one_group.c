/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* ScimOneGroupPerUser, alone and with many at once. */
#include "db_policy.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#define MANY 48

static int statuses[MANY];
static char texts[MANY][256];
static const char *ids[MANY];
static const char *teams[MANY];

static int statuses_are(int n, int status)
{
    int i;

    for (i = 0; i < n; i++) {
        ck_assert_msg(statuses[i] == status, "%d: %d %s", i, statuses[i], texts[i]);
    }
    return 1;
}

static void make_teams(int nteams, int nusers)
{
    int i;

    for (i = 0; i < nteams; i++) {
        teams[i] = policy_add_group(apr_psprintf(pool, "T%d", i));
    }
    for (i = 0; i < nusers; i++) {
        ids[i] = policy_add_user(apr_psprintf(pool, "user %d", i), "");
    }
}

static int join(int team, int user)
{
    return policy_patch("Groups", teams[team], policy_add_member(ids[user], pool));
}

static int leave(int team, int user)
{
    return policy_patch("Groups", teams[team], policy_drop_member(ids[user], pool));
}

START_TEST(moved_in_either_order)
{
    policy_use("ScimOneGroupPerUser On");
    make_teams(2, 1);
    ck_assert_int_eq(join(0, 0), 200);
    /* Into the new one first, out of the old one late. */
    ck_assert_int_eq(join(1, 0), 200);
    ck_assert_str_eq(policy_groups_of(ids[0]), "T1");
    ck_assert_int_eq(leave(0, 0), 200);
    ck_assert_str_eq(policy_groups_of(ids[0]), "T1");
    /* Out of the old one first. */
    ck_assert_int_eq(leave(1, 0), 200);
    ck_assert_str_eq(policy_groups_of(ids[0]), "");
    ck_assert_int_eq(join(0, 0), 200);
    ck_assert_str_eq(policy_groups_of(ids[0]), "T0");
    policy_check_members();
}
END_TEST

static const char *body_with(const char *name, const char *a, const char *b)
{
    return apr_psprintf(pool,
                        "{\"schemas\":[\"%s\"],\"displayName\":\"%s\",\"members\":[{\"value\":"
                        "\"%s\"},{\"value\":\"%s\"}]}",
                        SCIM_URN_GROUP, name, a, b);
}

START_TEST(moved_by_every_way_to_add)
{
    policy_use("ScimOneGroupPerUser On");
    make_teams(3, 3);
    ck_assert_int_eq(join(0, 0), 200);
    ck_assert_int_eq(join(1, 1), 200);
    ck_assert_int_eq(policy_status(SCIM_POST, "/Groups", body_with("New", ids[0], ids[1])), 201);
    ck_assert_str_eq(policy_groups_of(ids[0]), "New");
    ck_assert_str_eq(policy_groups_of(ids[1]), "New");
    ck_assert_int_eq(policy_status(SCIM_PUT, apr_pstrcat(pool, "/Groups/", teams[2], NULL),
                                   body_with("T2", ids[1], ids[2])),
                     200);
    ck_assert_str_eq(policy_groups_of(ids[1]), "T2");
    ck_assert_str_eq(policy_groups_of(ids[2]), "T2");
    ck_assert_int_eq(
        policy_patch("Groups", teams[0],
                     apr_psprintf(pool,
                                  "{\"op\":\"replace\",\"path\":\"members\",\"value\":[{\"value\":"
                                  "\"%s\"}]},{\"op\":\"replace\",\"path\":\"displayName\","
                                  "\"value\":\"Renamed\"}",
                                  ids[2])),
        200);
    ck_assert_str_eq(policy_groups_of(ids[2]), "Renamed");
    policy_check_members();
}
END_TEST

/* Who is in several groups from before is in one after it was put into one of them again. */
START_TEST(in_several_from_before)
{
    make_teams(3, 1);
    ck_assert_int_eq(join(0, 0), 200);
    ck_assert_int_eq(join(1, 0), 200);
    ck_assert_int_eq(join(2, 0), 200);
    policy_use("ScimOneGroupPerUser On");
    ck_assert_str_eq(policy_groups_of(ids[0]), "T0,T1,T2");
    ck_assert_int_eq(join(1, 0), 200);
    ck_assert_str_eq(policy_groups_of(ids[0]), "T1");
    policy_check_members();
}
END_TEST

/* A group may be in several groups still: it is no user. */
START_TEST(groups_stay_where_they_are)
{
    policy_use("ScimOneGroupPerUser On");
    make_teams(3, 1);
    ck_assert_int_eq(policy_patch("Groups", teams[0], policy_add_member(teams[2], pool)), 200);
    ck_assert_int_eq(policy_patch("Groups", teams[1], policy_add_member(teams[2], pool)), 200);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_nesting WHERE tenant = %s"), 2);
    ck_assert_int_eq(join(2, 0), 200);
    ck_assert_str_eq(policy_groups_of(ids[0]), "T0,T1,T2");
    policy_check_members();
}
END_TEST

static void *push(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;
    policy_answer_t answer;

    apr_pool_create(&p, NULL);
    policy_wait();
    answer.status = policy_patch_by("Groups", teams[i], policy_add_member(ids[0], p), p);
    statuses[i] = answer.status;
    texts[i][0] = '\0';
    apr_pool_destroy(p);
    return NULL;
}

START_TEST(several_want_the_same_user)
{
    int round;

    policy_use("ScimOneGroupPerUser On");
    make_teams(8, 1);
    for (round = 0; round < 20; round++) {
        policy_run(8, push);
        statuses_are(8, 200);
        ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s"), 1);
        policy_check_members();
    }
}
END_TEST

/* Okta's two requests for each user, in both orders and at once. */
static void *move_users(void *baton)
{
    int i = *(int *)baton;
    int user = i / 2;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    policy_wait();
    statuses[i] =
        i % 2
            ? policy_patch_by("Groups", teams[user % 4], policy_drop_member(ids[user], p), p)
            : policy_patch_by("Groups", teams[(user + 1) % 4], policy_add_member(ids[user], p), p);
    texts[i][0] = '\0';
    apr_pool_destroy(p);
    return NULL;
}

START_TEST(everybody_moves_at_once)
{
    int n = MANY / 2;
    int round;
    int i;

    policy_use("ScimOneGroupPerUser On");
    make_teams(4, n);
    for (round = 0; round < 5; round++) {
        for (i = 0; i < n; i++) {
            ck_assert_int_eq(join(i % 4, i), 200);
        }
        policy_run(MANY, move_users);
        statuses_are(MANY, 200);
        for (i = 0; i < n; i++) {
            ck_assert_str_eq(policy_groups_of(ids[i]), apr_psprintf(pool, "T%d", (i + 1) % 4));
        }
        policy_check_members();
    }
}
END_TEST

/* Two teams swap their users, many at a time, by PATCH, by PUT and with a rename. */
static void *swap_teams(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;
    int round;

    apr_pool_create(&p, NULL);
    policy_wait();
    for (round = 0; round < 6; round++) {
        int team = (i + round) % 4;
        const char *members =
            apr_psprintf(p, "[{\"value\":\"%s\"},{\"value\":\"%s\"},{\"value\":\"%s\"}]",
                         ids[i % 8], ids[(i + 3) % 8], ids[(i * 5 + round) % 8]);
        const char *path = apr_pstrcat(p, "/Groups/", teams[team], NULL);
        policy_answer_t answer;

        if ((i + round) % 3 == 0) {
            answer = policy_send(SCIM_PUT, path,
                                 apr_psprintf(p,
                                              "{\"schemas\":[\"%s\"],\"displayName\":\"T%d\","
                                              "\"members\":%s}",
                                              SCIM_URN_GROUP, team, members),
                                 p);
        } else {
            answer = policy_send(SCIM_PATCH, path,
                                 apr_psprintf(p,
                                              "{\"schemas\":[\"%s\"],\"Operations\":[{\"op\":"
                                              "\"add\",\"path\":\"members\",\"value\":%s}]}",
                                              SCIM_URN_PATCH, members),
                                 p);
        }
        statuses[i] = answer.status;
        apr_cpystrn(texts[i], answer.text, sizeof(texts[i]));
        if (answer.status != 200) {
            break;
        }
    }
    apr_pool_destroy(p);
    return NULL;
}

START_TEST(teams_swap_at_once)
{
    policy_use("ScimOneGroupPerUser On");
    make_teams(4, 8);
    policy_run(12, swap_teams);
    statuses_are(12, 200);
    policy_check_members();
    ck_assert_int_eq(
        db_count(env, "SELECT COUNT(*) FROM (SELECT member_rid FROM scim_member WHERE tenant = %s "
                      "GROUP BY member_rid HAVING COUNT(*) > 1) t"),
        0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("one group");
    TCase *tc = tcase_create("one group");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, policy_setup, policy_teardown);
    tcase_add_test(tc, moved_in_either_order);
    tcase_add_test(tc, moved_by_every_way_to_add);
    tcase_add_test(tc, in_several_from_before);
    tcase_add_test(tc, groups_stay_where_they_are);
    tcase_add_test(tc, several_want_the_same_user);
    tcase_add_test(tc, everybody_moves_at_once);
    tcase_add_test(tc, teams_swap_at_once);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
