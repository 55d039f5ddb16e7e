/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* ScimSeats, alone and with many at once. */
#include "db_policy.h"

#include <string.h>

#include <apr_strings.h>

#include "db_fault.h"

#define MANY 64
#define SEATS 10

#define OFF "{\"op\":\"replace\",\"path\":\"active\",\"value\":false}"
#define ON "{\"op\":\"replace\",\"path\":\"active\",\"value\":true}"
#define ADMIN "\"userType\":\"admin\""
#define VIEW "\"userType\":\"view\""
#define TO_ADMIN "{\"op\":\"replace\",\"path\":\"userType\",\"value\":\"Admin\"}"
#define TO_VIEW "{\"op\":\"replace\",\"path\":\"userType\",\"value\":\"view\"}"
#define TITLE "{\"op\":\"replace\",\"path\":\"title\",\"value\":\"Dr\"}"

static int statuses[MANY];
static const char *ids[MANY];

static const char *path_of(const char *id)
{
    return apr_pstrcat(pool, "/Users/", id, NULL);
}

static int post(const char *name, const char *more)
{
    return policy_status(SCIM_POST, "/Users", policy_user(name, more, pool));
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

/* ---- seats, one after the other ---- */

START_TEST(no_more_than_there_are)
{
    policy_answer_t answer;

    policy_use("ScimSeats 2");
    policy_add_user("a", "");
    policy_add_user("b", "");
    answer = policy_send(SCIM_POST, "/Users", policy_user("c", "", pool), pool);
    ck_assert_int_eq(answer.status, 403);
    ck_assert_str_eq(answer.text, "The limit of 2 active users is reached; deactivate another user "
                                  "first, or have the limit raised.");
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), 2);
    ck_assert_int_eq(db_count(env, "SELECT SUM(n) FROM scim_counter WHERE tenant = %s"), 2);
    /* Who is not active has no seat; groups have none either. */
    policy_add_user("d", "\"active\":false");
    policy_add_group("g");
}
END_TEST

START_TEST(who_goes_frees_a_seat)
{
    const char *a;
    const char *b;

    policy_use("ScimSeats 2");
    a = policy_add_user("a", "");
    b = policy_add_user("b", "");
    ck_assert_int_eq(policy_patch("Users", a, OFF), 200);
    policy_add_user("c", "");
    ck_assert_int_eq(policy_patch("Users", a, ON), 403);
    ck_assert_int_eq(policy_patch("Users", a, TITLE), 200);
    ck_assert_int_eq(policy_status(SCIM_DELETE, path_of(b), NULL), 204);
    ck_assert_int_eq(policy_patch("Users", a, ON), 200);
    ck_assert_int_eq(policy_patch("Users", a, ON), 200);
    ck_assert_int_eq(post("d", ""), 403);
    ck_assert_int_eq(
        policy_status(SCIM_PUT, path_of(a), policy_user("a", "\"active\":false", pool)), 200);
    ck_assert_int_eq(post("d", ""), 201);
    ck_assert_int_eq(active_users(), 2);
}
END_TEST

START_TEST(seats_of_one_value)
{
    const char *a;
    const char *b;

    policy_use("ScimSeats 1 userType=ADMIN\nScimSeats 3");
    a = policy_add_user("a", ADMIN);
    b = policy_add_user("b", VIEW);
    ck_assert_int_eq(post("c", ADMIN), 403);
    ck_assert_int_eq(policy_patch("Users", b, TO_ADMIN), 403);
    ck_assert_int_eq(policy_patch("Users", a, TO_VIEW), 200);
    ck_assert_int_eq(policy_patch("Users", b, TO_ADMIN), 200);
    ck_assert_int_eq(policy_patch("Users", a, TO_ADMIN), 403);
    policy_add_user("c", "");
    ck_assert_int_eq(post("d", ""), 403);
    /* A taken name is still a taken name. */
    ck_assert_int_eq(policy_patch("Users", a, OFF), 200);
    ck_assert_int_eq(post("c", ""), 409);
    ck_assert_int_eq(post("d", ""), 201);
}
END_TEST

START_TEST(conditions_on_elements_and_several)
{
    policy_use("ScimSeats 1 addresses[type_eq_\"work\"].country=DE userType=view");
    policy_add_user("a", VIEW ",\"addresses\":[{\"type\":\"work\",\"country\":\"DE\"}]");
    policy_add_user("b", ADMIN ",\"addresses\":[{\"type\":\"work\",\"country\":\"DE\"}]");
    policy_add_user("c", VIEW ",\"addresses\":[{\"type\":\"home\",\"country\":\"DE\"}]");
    ck_assert_int_eq(post("d", VIEW ",\"addresses\":[{\"type\":\"work\",\"country\":\"DE\"}]"),
                     403);
}
END_TEST

/* ---- users from before, and other configurations ---- */

START_TEST(users_from_before_are_counted)
{
    const char *a = policy_add_user("a", ADMIN);
    int i;

    policy_add_user("b", VIEW);
    policy_add_user("c", ADMIN ",\"active\":false");
    for (i = 0; i < 300; i++) {
        policy_add_user(apr_psprintf(pool, "more %d", i), VIEW);
    }
    policy_use("ScimSeats 2 userType=admin");
    policy_add_user("d", ADMIN);
    ck_assert_int_eq(post("e", ADMIN), 403);
    ck_assert_int_eq(policy_patch("Users", a, OFF), 200);
    ck_assert_int_eq(post("e", ADMIN), 201);
    ck_assert_int_eq(post("f", ADMIN), 403);
}
END_TEST

/* Without the rule users come, go and change; it is right when it comes back. */
START_TEST(another_configuration_in_between)
{
    const char *a;
    const char *b;

    policy_use("ScimSeats 3");
    a = policy_add_user("a", "");
    b = policy_add_user("b", "");
    policy_use("");
    ck_assert_int_eq(policy_status(SCIM_DELETE, path_of(a), NULL), 204);
    ck_assert_int_eq(policy_patch("Users", b, OFF), 200);
    policy_add_user("c", "");
    policy_add_user("d", "");
    db_env_drop_idle(env); /* as a child has it that was started with the other configuration */
    policy_use("ScimSeats 3");
    policy_add_user("e", "");
    ck_assert_int_eq(post("f", ""), 403);
    ck_assert_int_eq(policy_patch("Users", b, ON), 403);
    policy_use("ScimSeats 4");
    ck_assert_int_eq(policy_patch("Users", b, ON), 200);
    /* A limit below what is used refuses who comes, and nobody who is there. */
    policy_use("ScimSeats 2");
    ck_assert_int_eq(policy_patch("Users", b, TITLE), 200);
    ck_assert_int_eq(post("f", ""), 403);
    ck_assert_int_eq(policy_patch("Users", b, OFF), 200);
    ck_assert_int_eq(policy_patch("Users", b, ON), 403);
    ck_assert_int_eq(active_users(), 3);
}
END_TEST

/* A host with another configuration writes while this one goes on. */
START_TEST(another_host_without_the_rule)
{
    const char *a;

    policy_use("ScimSeats 2");
    a = policy_add_user("a", "");
    policy_use("");
    policy_add_user("b", "");
    ck_assert_int_eq(policy_patch("Users", a, TITLE), 200);
    policy_use("ScimSeats 2");
    ck_assert_int_eq(policy_patch("Users", a, TITLE), 200); /* indexed anew with the write */
    db_env_drop_idle(env);
    ck_assert_int_eq(post("c", ""), 403);
}
END_TEST

START_TEST(rows_that_are_taken_away_come_back)
{
    policy_use("ScimSeats 1");
    policy_add_user("a", "");
    db_sql(env, "DELETE FROM scim_seat");
    ck_assert_int_eq(post("b", ""), 403);
    policy_use("ScimSeats 2");
    ck_assert_int_eq(post("b", ""), 201);
    ck_assert_int_eq(post("c", ""), 403);
}
END_TEST

static scim_error_t *insert_granted(void *baton, scim_store_t *store, apr_pool_t *p)
{
    scim_row_t *row;
    const scim_resource_type_t *type = scim_catalog_type(db_env_tenant(env)->catalog, "User");

    scim_store_grant_seats(store);
    return scim_store_insert(&row, store, type, baton, p);
}

/* Who was there before is taken over, and counted. */
START_TEST(users_that_are_taken_over)
{
    db_request_t r = db_request(env);

    policy_use("ScimSeats 2");
    policy_add_user("a", "");
    db_ok(scim_store_write(r.store, insert_granted, db_user("b", pool)));
    db_ok(scim_store_write(r.store, insert_granted, db_user("c", pool)));
    db_request_end(&r);
    ck_assert_int_eq(active_users(), 3);
    ck_assert_int_eq(post("d", ""), 403);
    policy_use("ScimSeats 4");
    ck_assert_int_eq(post("d", ""), 201);
    ck_assert_int_eq(post("e", ""), 403);
}
END_TEST

/* ---- what it costs ---- */

START_TEST(statements)
{
    const char *title = "{\"schemas\":[\"" SCIM_URN_PATCH "\"],\"Operations\":[" TITLE "]}";
    const char *a = policy_add_user("warm", "");
    unsigned create;
    unsigned patch;
    unsigned group;

    policy_add_group("warm");
    patch = policy_send(SCIM_PATCH, path_of(a), title, pool).statements;
    create = policy_send(SCIM_POST, "/Users", policy_user("a", "", pool), pool).statements;
    group = policy_send(SCIM_POST, "/Groups",
                        "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"displayName\":\"a\"}", pool)
                .statements;
    policy_use("ScimSeats 100 userType=admin");
    a = policy_add_user("b", "");
    /* Who is in no set pays nothing. */
    ck_assert_uint_eq(policy_send(SCIM_POST, "/Users", policy_user("c", "", pool), pool).statements,
                      create);
    ck_assert_uint_eq(policy_send(SCIM_POST, "/Groups",
                                  "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"displayName\":\"b\"}",
                                  pool)
                          .statements,
                      group);
    ck_assert_uint_eq(policy_send(SCIM_PATCH, path_of(a), title, pool).statements, patch);
    /* The first one counts, every other one takes a seat in one statement. */
    policy_add_user("d", ADMIN);
    ck_assert_uint_eq(
        policy_send(SCIM_POST, "/Users", policy_user("e", ADMIN, pool), pool).statements,
        create + 1);
}
END_TEST

/* ---- many at once ---- */

static void *create_one(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    policy_wait();
    statuses[i] =
        policy_send(SCIM_POST, "/Users", policy_user(apr_psprintf(p, "user %d", i), ADMIN, p), p)
            .status;
    apr_pool_destroy(p);
    return NULL;
}

START_TEST(many_for_few_seats)
{
    policy_use("ScimSeats 10");
    policy_run(MANY, create_one);
    ck_assert_int_eq(with_status(MANY, 201), SEATS);
    ck_assert_int_eq(with_status(MANY, 403), MANY - SEATS);
    ck_assert_int_eq(active_users(), SEATS);
}
END_TEST

static void *switch_one(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;
    int round;

    apr_pool_create(&p, NULL);
    policy_wait();
    for (round = 0; round < 6; round++) {
        statuses[i] = policy_patch_by("Users", ids[i], (round + i) % 2 ? OFF : ON, p);
        if (statuses[i] != 200 && statuses[i] != 403) {
            break;
        }
    }
    apr_pool_destroy(p);
    return NULL;
}

/* On and off and between two kinds of seats, without ever being more than there are. */
START_TEST(switched_on_and_off)
{
    int most = 24;
    int i;

    policy_use("ScimSeats 10\nScimSeats 7 userType=admin");
    for (i = 0; i < most; i++) {
        ids[i] = policy_add_user(apr_psprintf(pool, "user %d", i),
                                 i % 2 ? ADMIN ",\"active\":false" : VIEW ",\"active\":false");
    }
    policy_run(most, switch_one);
    for (i = 0; i < most; i++) {
        ck_assert_msg(statuses[i] == 200 || statuses[i] == 403, "%d: %d", i, statuses[i]);
    }
    ck_assert_int_le(active_users(), 10);
    /* What is free can be had, and not one more. */
    for (i = active_users(); i < 10; i++) {
        policy_add_user(apr_psprintf(pool, "last %d", i), "");
    }
    ck_assert_int_eq(post("too many", ""), 403);
    ck_assert_int_eq(active_users(), 10);
}
END_TEST

static void *anything(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;
    int round;

    apr_pool_create(&p, NULL);
    policy_wait();
    for (round = 0; round < 4; round++) {
        const char *name = apr_psprintf(p, "own %d %d", i, round);
        policy_answer_t made = policy_send(SCIM_POST, "/Users", policy_user(name, ADMIN, p), p);
        const char *other = ids[(i * 7 + round * 3) % 8];

        statuses[i] = made.status;
        if (made.status == 201) {
            json_t *root;
            const char *id;
            db_ok(scim_json_load(&root, made.text, strlen(made.text), NULL, p));
            id = json_string_value(json_object_get(root, "id"));
            statuses[i] =
                policy_send(SCIM_DELETE, apr_pstrcat(p, "/Users/", id, NULL), NULL, p).status;
        }
        if (statuses[i] != 204 && statuses[i] != 403) {
            break;
        }
        statuses[i] = policy_patch_by("Users", other, round % 2 ? TO_ADMIN : TO_VIEW, p);
        if (statuses[i] != 200 && statuses[i] != 403) {
            break;
        }
    }
    apr_pool_destroy(p);
    return NULL;
}

START_TEST(made_deleted_and_changed)
{
    int i;

    policy_use("ScimSeats 12\nScimSeats 6 userType=admin\nScimKeepOne userType admin");
    policy_add_user("boss", ADMIN);
    for (i = 0; i < 8; i++) {
        ids[i] = policy_add_user(apr_psprintf(pool, "user %d", i), VIEW);
    }
    policy_run(16, anything);
    for (i = 0; i < 16; i++) {
        ck_assert_msg(statuses[i] == 200 || statuses[i] == 403, "%d: %d", i, statuses[i]);
    }
    ck_assert_int_eq(active_users(), 9);
    ck_assert_int_le(db_count(env, "SELECT COUNT(*) FROM scim_value WHERE attr LIKE '#set %%user%%'"
                                   " AND tenant = %s"),
                     6);
}
END_TEST

/* ---- attempts that fail ---- */

static void fail_once(const char *at, int number)
{
    db_fault_t fault = {.kind = DB_FAULT_NUMBER, .at = at, .number = number};

    db_fault(env, &fault);
}

START_TEST(an_attempt_that_is_run_again)
{
    int deadlock = db_env_is_mysql(env) ? 1213 : 5;

    policy_use("ScimSeats 2");
    policy_add_user("a", "");
    fail_once("COMMIT", deadlock);
    ck_assert_int_eq(post("b", ""), 201);
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(active_users(), 2);
    ck_assert_int_eq(post("c", ""), 403);
    ck_assert_int_eq(db_count(env, "SELECT used FROM scim_seat WHERE tenant = %s"), 2);
    policy_use("ScimSeats 9"); /* with more left, nothing is counted anew */
    fail_once("UPDATE scim_seat", deadlock);
    ck_assert_int_eq(post("c", ""), 201);
    ck_assert_int_eq(db_count(env, "SELECT used FROM scim_seat WHERE tenant = %s"), 3);
}
END_TEST

static void lose_answer(const char *at)
{
    db_fault_t fault = {.kind = DB_FAULT_LOSE_ANSWER, .at = at, .number = 2013};

    db_fault(env, &fault);
}

/* COMMIT was done, and its answer is lost: the user has one seat, not two. */
START_TEST(a_lost_answer)
{
    policy_use("ScimSeats 2");
    policy_add_user("a", "");
    lose_answer("COMMIT");
    ck_assert_int_eq(post("b", ""), 201);
    ck_assert_int_eq(active_users(), 2);
    ck_assert_int_eq(db_count(env, "SELECT used FROM scim_seat WHERE tenant = %s"), 2);
    ck_assert_int_eq(post("c", ""), 403);
}
END_TEST

static void kill_at(const char *at)
{
    db_fault_t fault = {.kind = DB_FAULT_KILL, .at = at};

    db_fault(env, &fault);
}

/* The connection dies before a seat is taken, and before COMMIT. */
START_TEST(a_lost_connection)
{
    policy_use("ScimSeats 3");
    policy_add_user("a", "");
    kill_at("UPDATE scim_seat");
    ck_assert_int_eq(post("b", ""), 201);
    kill_at("COMMIT");
    ck_assert_int_eq(post("c", ""), 201);
    ck_assert_int_eq(db_count(env, "SELECT used FROM scim_seat WHERE tenant = %s"), 3);
    ck_assert_int_eq(post("d", ""), 403);
    ck_assert_int_eq(active_users(), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("seats");
    TCase *tc = tcase_create("seats");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, policy_setup, policy_teardown);
    tcase_add_test(tc, no_more_than_there_are);
    tcase_add_test(tc, who_goes_frees_a_seat);
    tcase_add_test(tc, seats_of_one_value);
    tcase_add_test(tc, conditions_on_elements_and_several);
    tcase_add_test(tc, users_from_before_are_counted);
    tcase_add_test(tc, another_configuration_in_between);
    tcase_add_test(tc, another_host_without_the_rule);
    tcase_add_test(tc, rows_that_are_taken_away_come_back);
    tcase_add_test(tc, users_that_are_taken_over);
    tcase_add_test(tc, statements);
    tcase_add_test(tc, many_for_few_seats);
    tcase_add_test(tc, switched_on_and_off);
    tcase_add_test(tc, made_deleted_and_changed);
    tcase_add_test(tc, an_attempt_that_is_run_again);
    if (db_is_mariadb()) {
        tcase_add_test(tc, a_lost_answer);
        tcase_add_test(tc, a_lost_connection);
    }
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
