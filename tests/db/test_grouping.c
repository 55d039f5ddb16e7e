/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* ScimGroupFrom, ScimOneGroupPerUser and ScimNestedGroups, alone and with many at once. */
#include "db_policy.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#define MANY 48
#define WORKERS 12

#define FROM                                                                                       \
    "ScimGroupFrom addresses[type_eq_\"work\"].country existing "                                  \
    "error=Group_does_not_exist_(400.76)."
#define TEAMS                                                                                      \
    "ScimGroupFrom addresses[type_eq_\"work\"].locality create\n"                                  \
    "ScimGroupFrom addresses[type_eq_\"work\"].region create"

static int statuses[MANY];
static char texts[MANY][256];
static const char *ids[MANY];
static const char *teams[MANY];

static const char *path_of(const char *id)
{
    return apr_pstrcat(pool, "/Users/", id, NULL);
}

static const char *address_by(const char *country, const char *locality, const char *region,
                              apr_pool_t *p)
{
    return apr_psprintf(p,
                        "\"addresses\":[{\"type\":\"work\",\"country\":\"%s\",\"locality\":\"%s\","
                        "\"region\":\"%s\"},{\"type\":\"home\",\"country\":\"XX\"}]",
                        country, locality, region);
}

static const char *address(const char *country, const char *locality, const char *region)
{
    return address_by(country, locality, region, pool);
}

static int put(const char *id, const char *name, const char *more)
{
    return policy_status(SCIM_PUT, path_of(id), policy_user(name, more, pool));
}

static int count_groups(void)
{
    return (int)db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE type = 'Group' "
                              "AND tenant = %s");
}

static int statuses_are(int n, int status)
{
    int i;

    for (i = 0; i < n; i++) {
        ck_assert_msg(statuses[i] == status, "%d: %d %s", i, statuses[i], texts[i]);
    }
    return 1;
}

/* ---- ScimGroupFrom existing ---- */

START_TEST(the_group_must_exist)
{
    policy_answer_t answer;

    policy_use(FROM);
    policy_add_group("DE");
    answer = policy_send(SCIM_POST, "/Users", policy_user("a", address("de", "", ""), pool), pool);
    ck_assert_int_eq(answer.status, 400);
    ck_assert_ptr_nonnull(strstr(answer.text, "spelling. Group does not exist (400.76)."));
    answer = policy_send(SCIM_POST, "/Users", policy_user("a", address("FR", "", ""), pool), pool);
    ck_assert_int_eq(answer.status, 400);
    /* Nothing of it is there. */
    ck_assert_int_eq(
        db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE type = 'User' AND tenant = %s"), 0);
    ck_assert_str_eq(policy_groups_of(policy_add_user("a", address("DE", "", ""))), "DE");
    ck_assert_str_eq(policy_groups_of(policy_add_user("b", "")), "");
    policy_use("ScimGroupFrom title existing ignore");
    answer = policy_send(SCIM_POST, "/Users", policy_user("c", "\"title\":\"Boss\"", pool), pool);
    ck_assert_str_eq(answer.text, "The value of title must be the name of a group that exists.");
    ck_assert_str_eq(policy_groups_of(policy_add_user("c", "\"title\":\"de\"")), "DE");
    policy_check_members();
}
END_TEST

START_TEST(the_answer_shows_the_group)
{
    policy_answer_t answer;
    const char *path;
    json_t *root;
    json_t *groups;

    policy_use(FROM);
    policy_add_group("DE");
    answer = policy_send(SCIM_POST, "/Users", policy_user("a", address("DE", "", ""), pool), pool);
    ck_assert_int_eq(answer.status, 201);
    db_ok(scim_json_load(&root, answer.text, strlen(answer.text), NULL, pool));
    groups = json_object_get(root, "groups");
    ck_assert_uint_eq(json_array_size(groups), 1);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(groups, 0), "display")),
                     "DE");
    /* And the version that a GET has, too. */
    path = path_of(json_string_value(json_object_get(root, "id")));
    ck_assert_str_eq(policy_send(SCIM_GET, path, NULL, pool).text, answer.text);
    answer = policy_send(SCIM_PUT, path, policy_user("a", "", pool), pool);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_ptr_null(strstr(answer.text, "groups"));
    ck_assert_str_eq(policy_send(SCIM_GET, path, NULL, pool).text, answer.text);
}
END_TEST

START_TEST(another_value_moves)
{
    const char *a;
    const char *b;

    policy_use(FROM);
    policy_add_group("DE");
    policy_add_group("FR");
    a = policy_add_user("a", address("DE", "", ""));
    ck_assert_int_eq(put(a, "a", address("FR", "", "")), 200);
    ck_assert_str_eq(policy_groups_of(a), "FR");
    ck_assert_int_eq(put(a, "a", address("IT", "", "")), 400);
    ck_assert_str_eq(policy_groups_of(a), "FR");
    ck_assert_int_eq(policy_patch("Users", a,
                                  "{\"op\":\"replace\",\"path\":\"addresses[type eq "
                                  "\\\"work\\\"].country\",\"value\":\"DE\"}"),
                     200);
    ck_assert_str_eq(policy_groups_of(a), "DE");
    ck_assert_int_eq(policy_patch("Users", a, "{\"op\":\"remove\",\"path\":\"addresses\"}"), 200);
    ck_assert_str_eq(policy_groups_of(a), "");
    b = policy_add_user("b", address("FR", "", ""));
    ck_assert_int_eq(policy_status(SCIM_DELETE, path_of(b), NULL), 204);
    policy_check_members();
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s"), 0);
}
END_TEST

/* What a client did to the group itself is not undone by halves, nor held against the user. */
START_TEST(groups_changed_by_hand)
{
    const char *de;
    const char *a;

    policy_use(FROM);
    de = policy_add_group("DE");
    a = policy_add_user("a", address("DE", "", ""));
    ck_assert_int_eq(policy_status(SCIM_DELETE, apr_pstrcat(pool, "/Groups/", de, NULL), NULL),
                     204);
    ck_assert_int_eq(
        policy_patch("Users", a, "{\"op\":\"replace\",\"path\":\"title\",\"value\":\"Dr\"}"), 200);
    ck_assert_str_eq(policy_groups_of(a), "");
    policy_add_group("DE");
    ck_assert_int_eq(
        policy_patch("Users", a, "{\"op\":\"replace\",\"path\":\"title\",\"value\":\"Mr\"}"), 200);
    ck_assert_str_eq(policy_groups_of(a), "DE");
}
END_TEST

/* ---- ScimGroupFrom create ---- */

START_TEST(groups_on_demand)
{
    const char *a;
    const char *b;

    policy_use(TEAMS);
    a = policy_add_user("a", address("", "Berlin", "North"));
    b = policy_add_user("b", address("", "BERLIN", "berlin"));
    ck_assert_int_eq(count_groups(), 2);
    ck_assert_str_eq(policy_groups_of(a), "Berlin,North");
    ck_assert_str_eq(policy_groups_of(b), "Berlin");
    ck_assert_int_eq(put(b, "b", address("", "north", "Berlin")), 200);
    ck_assert_str_eq(policy_groups_of(b), "Berlin,North");
    ck_assert_int_eq(put(b, "b", address("", "north", "Süd")), 200);
    ck_assert_str_eq(policy_groups_of(b), "North,Süd");
    ck_assert_int_eq(put(b, "b", address("", "north", "SÜD")), 200);
    ck_assert_str_eq(policy_groups_of(b), "North,Süd");
    ck_assert_int_eq(count_groups(), 3);
    policy_check_members();
}
END_TEST

START_TEST(a_refused_user_makes_no_group)
{
    policy_use(TEAMS "\nScimSeats 1");
    policy_add_user("a", address("", "Berlin", ""));
    ck_assert_int_eq(
        policy_status(SCIM_POST, "/Users", policy_user("b", address("", "Paris", ""), pool)), 403);
    ck_assert_int_eq(
        policy_status(SCIM_POST, "/Users", policy_user("A", address("", "Paris", ""), pool)), 409);
    ck_assert_int_eq(count_groups(), 1);
}
END_TEST

START_TEST(too_long_or_too_many_names)
{
    char name[257];

    memset(name, 'x', 256);
    name[256] = '\0';
    policy_use(TEAMS);
    ck_assert_int_eq(
        policy_status(SCIM_POST, "/Users", policy_user("a", address("", name, ""), pool)), 400);
    ck_assert_int_eq(count_groups(), 0);
}
END_TEST

/* Users from before the directive get into their groups with their next change. */
START_TEST(users_from_before)
{
    const char *a = policy_add_user("a", address("", "Berlin", ""));

    policy_use(TEAMS);
    ck_assert_str_eq(policy_groups_of(a), "");
    ck_assert_int_eq(
        policy_patch("Users", a, "{\"op\":\"replace\",\"path\":\"title\",\"value\":\"Dr\"}"), 200);
    ck_assert_str_eq(policy_groups_of(a), "Berlin");
}
END_TEST

static unsigned patch_title(const char *id, int n)
{
    const char *body = apr_psprintf(pool,
                                    "{\"schemas\":[\"%s\"],\"Operations\":[{\"op\":\"replace\","
                                    "\"path\":\"title\",\"value\":\"%d\"}]}",
                                    SCIM_URN_PATCH, n);

    return policy_send(SCIM_PATCH, path_of(id), body, pool).statements;
}

START_TEST(statements)
{
    const char *a = policy_add_user("warm", "");
    unsigned create;
    unsigned patch;

    patch = patch_title(a, 1);
    create = policy_send(SCIM_POST, "/Users", policy_user("x", "", pool), pool).statements;
    policy_use(TEAMS);
    a = policy_add_user("a", address("", "Berlin", "North"));
    /* Whom the directive does not concern pays nothing, nor who stays where it is. */
    ck_assert_uint_eq(policy_send(SCIM_POST, "/Users", policy_user("y", "", pool), pool).statements,
                      create);
    ck_assert_uint_eq(patch_title(a, 2), patch);
}
END_TEST

static void *create_in_team(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;
    policy_answer_t answer;

    apr_pool_create(&p, NULL);
    policy_wait();
    answer = policy_send(
        SCIM_POST, "/Users",
        policy_user(apr_psprintf(p, "user %d", i),
                    address_by("", i % 2 ? "Berlin" : "BERLIN", i % 3 ? "North" : "South", p), p),
        p);
    statuses[i] = answer.status;
    apr_cpystrn(texts[i], answer.text, sizeof(texts[i]));
    apr_pool_destroy(p);
    return NULL;
}

/* All with values that no group has yet. */
START_TEST(new_values_at_once)
{
    policy_use(TEAMS);
    policy_run(MANY, create_in_team);
    statuses_are(MANY, 201);
    ck_assert_int_eq(count_groups(), 3);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s"), 2 * MANY);
    policy_check_members();
}
END_TEST

static void *make_or_name(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;
    policy_answer_t answer;

    apr_pool_create(&p, NULL);
    policy_wait();
    if (i % 4) {
        answer = policy_send(
            SCIM_POST, "/Users",
            policy_user(apr_psprintf(p, "user %d", i), address_by("", "Berlin", "North", p), p), p);
    } else {
        answer =
            policy_send(SCIM_POST, "/Groups",
                        "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"displayName\":\"berlin\"}", p);
        answer.status = answer.status == 409 ? 201 : answer.status;
    }
    statuses[i] = answer.status;
    apr_cpystrn(texts[i], answer.text, sizeof(texts[i]));
    apr_pool_destroy(p);
    return NULL;
}

/* A client makes the same group by a request of its own. */
START_TEST(made_by_hand_at_once)
{
    policy_use(TEAMS);
    policy_run(MANY, make_or_name);
    statuses_are(MANY, 201);
    ck_assert_int_eq(count_groups(), 2);
    policy_check_members();
}
END_TEST

static const char *const towns[] = {"Berlin", "Paris", "Rome", "Oslo", "Bern"};

static void *wander(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;
    int round;

    apr_pool_create(&p, NULL);
    policy_wait();
    for (round = 0; round < 8; round++) {
        policy_answer_t answer;
        const char *more =
            address_by("", towns[(i + round * 3) % 5], towns[(i * 2 + round) % 5], p);
        answer = policy_send(SCIM_PUT, apr_pstrcat(p, "/Users/", ids[i], NULL),
                             policy_user(apr_psprintf(p, "user %d", i), more, p), p);
        statuses[i] = answer.status;
        apr_cpystrn(texts[i], answer.text, sizeof(texts[i]));
        if (answer.status != 200) {
            break;
        }
    }
    apr_pool_destroy(p);
    return NULL;
}

START_TEST(wandering_at_once)
{
    int most = 24;
    int i;

    policy_use(TEAMS "\nScimSeats 30\nScimKeepOne userName user_3");
    for (i = 0; i < most; i++) {
        ids[i] = policy_add_user(apr_psprintf(pool, "user %d", i), "");
    }
    policy_run(most, wander);
    statuses_are(most, 200);
    ck_assert_int_eq(count_groups(), 5);
    policy_check_members();
}
END_TEST

/* A user with a place and, but for the first, a manager; its name shows how often it changed. */
static const char *worker(int i, int round, apr_pool_t *p)
{
    const char *place = address_by("", towns[(i + round) % 5], towns[(i * 3 + round) % 5], p);
    const char *name = apr_psprintf(p, "worker %d", i);

    place = apr_psprintf(p, "%s,\"displayName\":\"Worker %d %d\"", place, i, round);
    if (i == 0) {
        return policy_user(name, place, p);
    }
    return policy_user(name,
                       apr_psprintf(p, "%s,\"%s\":{\"manager\":{\"value\":\"%s\"}}", place,
                                    SCIM_URN_ENTERPRISE, ids[i / 2]),
                       p);
}

static void *change_names(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;
    int round;

    apr_pool_create(&p, NULL);
    policy_wait();
    for (round = 0; round < 6; round++) {
        const char *path = apr_pstrcat(p, "/Users/", ids[i], NULL);
        policy_answer_t answer = policy_send(SCIM_PUT, path, worker(i, round, p), p);

        if (answer.status == 200 && round == 5 && i % 3 == 0) {
            answer = policy_send(SCIM_DELETE, path, NULL, p);
            answer.status = answer.status == 204 ? 200 : answer.status;
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

/* Managers are renamed and deleted while they and their reports change their groups. */
START_TEST(managers_at_once)
{
    int i;

    policy_use(TEAMS "\nScimSeats 30");
    for (i = 0; i < WORKERS; i++) {
        ids[i] = policy_add_user(apr_psprintf(pool, "worker %d", i), "");
    }
    for (i = 0; i < WORKERS; i++) {
        ck_assert_int_eq(policy_status(SCIM_PUT, path_of(ids[i]), worker(i, 9, pool)), 200);
    }
    policy_run(WORKERS, change_names);
    statuses_are(WORKERS, 200);
    policy_check_members();
}
END_TEST

/* ---- ScimNestedGroups ---- */

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

START_TEST(no_groups_in_groups)
{
    policy_answer_t answer;
    const char *both;

    make_teams(3, 1);
    ck_assert_int_eq(policy_patch("Groups", teams[0], policy_add_member(teams[1], pool)), 200);
    policy_use("ScimNestedGroups skip");
    both = apr_psprintf(pool,
                        "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"%s\"},"
                        "{\"value\":\"%s\"},{\"value\":\"%s\"}]}",
                        teams[2], ids[0], teams[1]);
    db_env_tenant(env)->reject_unknown_members = 1; /* they are known, and skipped all the same */
    ck_assert_int_eq(policy_patch("Groups", teams[0], both), 200);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_nesting WHERE tenant = %s"), 1);
    ck_assert_str_eq(policy_groups_of(ids[0]), "T0");
    policy_use("ScimNestedGroups reject");
    answer = policy_send(
        SCIM_PATCH, apr_pstrcat(pool, "/Groups/", teams[1], NULL),
        apr_psprintf(pool, "{\"schemas\":[\"%s\"],\"Operations\":[%s]}", SCIM_URN_PATCH, both),
        pool);
    ck_assert_int_eq(answer.status, 400);
    ck_assert_str_eq(policy_groups_of(ids[0]), "T0");
    answer = policy_send(SCIM_POST, "/Groups",
                         apr_psprintf(pool,
                                      "{\"schemas\":[\"%s\"],\"displayName\":\"x\",\"members\":[{"
                                      "\"value\":\"%s\"}]}",
                                      SCIM_URN_GROUP, teams[0]),
                         pool);
    ck_assert_int_eq(answer.status, 400);
    ck_assert_str_eq(answer.text, "A group cannot be a member of another group here.");
    ck_assert_int_eq(count_groups(), 3);
    /* One that is in there from before can still be taken out. */
    ck_assert_int_eq(policy_patch("Groups", teams[0], policy_drop_member(teams[1], pool)), 200);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_nesting WHERE tenant = %s"), 0);
    policy_check_members();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grouping");
    TCase *tc = tcase_create("grouping");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, policy_setup, policy_teardown);
    tcase_add_test(tc, the_group_must_exist);
    tcase_add_test(tc, the_answer_shows_the_group);
    tcase_add_test(tc, another_value_moves);
    tcase_add_test(tc, groups_changed_by_hand);
    tcase_add_test(tc, groups_on_demand);
    tcase_add_test(tc, a_refused_user_makes_no_group);
    tcase_add_test(tc, too_long_or_too_many_names);
    tcase_add_test(tc, users_from_before);
    tcase_add_test(tc, statements);
    tcase_add_test(tc, new_values_at_once);
    tcase_add_test(tc, made_by_hand_at_once);
    tcase_add_test(tc, wandering_at_once);
    tcase_add_test(tc, managers_at_once);
    tcase_add_test(tc, no_groups_in_groups);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
