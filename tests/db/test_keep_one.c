/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* ScimKeepOne, alone and with many at once. */
#include "db_policy.h"

#include <string.h>

#include <apr_strings.h>

#define MANY 64

#define OFF "{\"op\":\"replace\",\"path\":\"active\",\"value\":false}"
#define ON "{\"op\":\"replace\",\"path\":\"active\",\"value\":true}"
#define ADMIN "\"userType\":\"admin\""
#define VIEW "\"userType\":\"view\""
#define TO_VIEW "{\"op\":\"replace\",\"path\":\"userType\",\"value\":\"view\"}"
#define TITLE "{\"op\":\"replace\",\"path\":\"title\",\"value\":\"Dr\"}"

static int statuses[MANY];
static const char *ids[MANY];

static const char *path_of(const char *id)
{
    return apr_pstrcat(pool, "/Users/", id, NULL);
}

static int active_users(void)
{
    return (int)db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE active = 1 "
                              "AND type = 'User' AND tenant = %s");
}

static int with_status(int n, int status)
{
    int found = 0;
    int i;

    for (i = 0; i < n; i++) {
        found += statuses[i] == status;
    }
    return found;
}

START_TEST(the_last_one_stays)
{
    const char *a;
    const char *b;
    policy_answer_t answer;

    policy_use("ScimKeepOne userType admin");
    a = policy_add_user("a", ADMIN);
    b = policy_add_user("b", ADMIN);
    policy_add_user("c", VIEW);
    ck_assert_int_eq(policy_patch("Users", a, OFF), 200);
    ck_assert_int_eq(policy_patch("Users", b, OFF), 403);
    ck_assert_int_eq(policy_patch("Users", b, TO_VIEW), 403);
    ck_assert_int_eq(policy_patch("Users", b, TITLE), 200);
    ck_assert_int_eq(policy_status(SCIM_PUT, path_of(b), policy_user("b", "", pool)), 403);
    answer = policy_send(SCIM_DELETE, path_of(b), NULL, pool);
    ck_assert_int_eq(answer.status, 403);
    ck_assert_str_eq(answer.text, "At least one active user with userType admin must remain.");
    /* Who is no active one may go. */
    ck_assert_int_eq(policy_status(SCIM_DELETE, path_of(a), NULL), 204);
    ck_assert_int_eq(active_users(), 2);
}
END_TEST

static void *deactivate_one(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    policy_wait();
    statuses[i] =
        i % 2 ? policy_send(SCIM_DELETE, apr_pstrcat(p, "/Users/", ids[i], NULL), NULL, p).status
              : policy_patch_by("Users", ids[i], OFF, p);
    apr_pool_destroy(p);
    return NULL;
}

START_TEST(the_last_two_at_once)
{
    int round;

    policy_use("ScimKeepOne userType admin");
    for (round = 0; round < 20; round++) {
        int n = round % 2 ? 2 : 5;
        int i;
        for (i = 0; i < n; i++) {
            ids[i] = policy_add_user(apr_psprintf(pool, "admin %d %d", round, i), ADMIN);
        }
        if (round) {
            /* Who stayed last time goes now that there are others. */
            ck_assert_int_eq(policy_status(SCIM_DELETE, path_of(ids[MANY - 1]), NULL), 204);
        }
        policy_run(n, deactivate_one);
        ck_assert_int_eq(with_status(n, 403), 1);
        ck_assert_int_eq(active_users(), 1);
        for (i = 0; i < n; i++) {
            ids[MANY - 1] = statuses[i] == 403 ? ids[i] : ids[MANY - 1];
        }
    }
}
END_TEST

START_TEST(the_last_one_of_a_group)
{
    const char *group;
    const char *path;
    const char *a;
    const char *b;
    policy_answer_t answer;

    policy_use("ScimKeepOne groups Admins");
    group = policy_add_group("ADMINS");
    path = apr_pstrcat(pool, "/Groups/", group, NULL);
    a = policy_add_user("a", "");
    b = policy_add_user("b", "");
    /* An empty one has no last one. */
    ck_assert_int_eq(policy_patch("Users", b, OFF), 200);
    ck_assert_int_eq(policy_patch("Groups", group, policy_add_member(b, pool)), 200);
    ck_assert_int_eq(policy_patch("Groups", group, policy_drop_member(b, pool)), 200);
    ck_assert_int_eq(policy_patch("Users", b, ON), 200);
    ck_assert_int_eq(policy_patch("Groups", group, policy_add_member(a, pool)), 200);
    ck_assert_int_eq(policy_patch("Groups", group, policy_add_member(b, pool)), 200);
    ck_assert_int_eq(policy_patch("Users", a, OFF), 200);
    ck_assert_int_eq(policy_patch("Users", b, OFF), 403);
    ck_assert_int_eq(policy_patch("Groups", group, policy_drop_member(b, pool)), 403);
    ck_assert_int_eq(policy_patch("Groups", group, policy_drop_member(a, pool)), 200);
    ck_assert_int_eq(policy_status(SCIM_DELETE, path_of(b), NULL), 403);
    ck_assert_int_eq(policy_status(SCIM_DELETE, path, NULL), 403);
    ck_assert_int_eq(
        policy_patch("Groups", group, "{\"op\":\"replace\",\"path\":\"members\",\"value\":[]}"),
        403);
    answer = policy_send(SCIM_PUT, path,
                         "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"displayName\":\"Others\"}", pool);
    ck_assert_int_eq(answer.status, 403);
    ck_assert_str_eq(answer.text, "At least one active user must stay in the group Admins.");
    ck_assert_str_eq(policy_groups_of(b), "ADMINS");
    policy_check_members();
}
END_TEST

static const char *admins;

static void *leave_one(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    policy_wait();
    statuses[i] = i % 2 ? policy_patch_by("Users", ids[i], OFF, p)
                        : policy_patch_by("Groups", admins, policy_drop_member(ids[i], p), p);
    apr_pool_destroy(p);
    return NULL;
}

START_TEST(the_last_two_of_a_group_at_once)
{
    int round;

    policy_use("ScimKeepOne groups Admins");
    admins = policy_add_group("Admins");
    for (round = 0; round < 20; round++) {
        int i;
        for (i = 0; i < 2; i++) {
            ids[i] = policy_add_user(apr_psprintf(pool, "admin %d %d", round, i), "");
            ck_assert_int_eq(policy_patch("Groups", admins, policy_add_member(ids[i], pool)), 200);
        }
        if (round) {
            ck_assert_int_eq(policy_status(SCIM_DELETE, path_of(ids[MANY - 1]), NULL), 204);
        }
        policy_run(2, leave_one);
        ck_assert_msg(with_status(2, 403) == 1 && with_status(2, 200) == 1, "%d and %d",
                      statuses[0], statuses[1]);
        ids[MANY - 1] = statuses[0] == 403 ? ids[0] : ids[1];
    }
    policy_check_members();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keep one");
    TCase *tc = tcase_create("keep one");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, policy_setup, policy_teardown);
    tcase_add_test(tc, the_last_one_stays);
    tcase_add_test(tc, the_last_two_at_once);
    tcase_add_test(tc, the_last_one_of_a_group);
    tcase_add_test(tc, the_last_two_of_a_group_at_once);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
