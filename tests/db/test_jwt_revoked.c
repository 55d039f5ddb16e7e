/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* The list of revoked tokens, and the owner who must live. */
#include "db_env.h"
#include "db_fault.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_jwt_revoked.h"

static db_env_t *env;
static apr_pool_t *pool;

static void setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
}

static void teardown(void)
{
    db_env_close(env);
}

static scim_jwt_state_t state(const char *id, const char *owner)
{
    db_request_t r = db_request(env);
    scim_jwt_state_t out;

    db_ok(scim_jwt_state(&out, r.store, id, owner, r.pool));
    db_request_end(&r);
    return out;
}

static int put_on_list(const char *id, apr_time_t expires)
{
    db_request_t r = db_request(env);
    int done = -1;

    db_ok(scim_jwt_revoke(&done, r.store, id, expires));
    db_request_end(&r);
    return done;
}

static apr_int64_t listed(void)
{
    return db_count(env, "SELECT COUNT(*) FROM scim_jwt_revoked WHERE tenant = %s");
}

START_TEST(revoked_is_revoked)
{
    ck_assert_int_eq(state("one", NULL).revoked, 0);
    ck_assert_int_eq(put_on_list("one", 0), 1);
    ck_assert_int_eq(state("one", NULL).revoked, 1);
    ck_assert_int_eq(state("One", NULL).revoked, 0);
    ck_assert_int_eq(state("one ", NULL).revoked, 0);
    ck_assert_int_eq(state("", NULL).revoked, 0);
    ck_assert_int_eq(state(NULL, NULL).revoked, 0);
    ck_assert_int_eq(put_on_list("one", 0), 0); /* it was */
    ck_assert_int_eq(put_on_list("one", apr_time_now()), 0);
    ck_assert_int_eq(state("one", NULL).revoked, 1);
    ck_assert_int_eq(listed(), 1);
}
END_TEST

/* Nothing of a token is stored but a hash. */
START_TEST(a_hash_is_stored)
{
    ck_assert_int_eq(put_on_list("abc", 0), 1);
    ck_assert_int_eq(
        db_count(env, "SELECT COUNT(*) FROM scim_jwt_revoked WHERE tenant = %s AND jti_hash = "
                      "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'"),
        1);
}
END_TEST

START_TEST(a_list_is_its_tenants)
{
    db_env_t *other;

    ck_assert_int_eq(put_on_list("one", 0), 1);
    other = db_env_open(NULL);
    ck_assert_str_ne(db_env_tenant(env)->name, db_env_tenant(other)->name);
    {
        db_request_t r = db_request(other);
        scim_jwt_state_t out;
        db_ok(scim_jwt_state(&out, r.store, "one", NULL, r.pool));
        ck_assert_int_eq(out.revoked, 0);
        db_request_end(&r);
    }
    db_env_close(other);
    ck_assert_int_eq(state("one", NULL).revoked, 1);
}
END_TEST

/* What expired more than a day ago goes when the next one comes, a hundred at a time. */
START_TEST(expired_rows_go)
{
    apr_time_t day = apr_time_from_sec(86400);
    int i;

    for (i = 0; i < 101; i++) {
        db_sql(env, apr_psprintf(pool,
                                 "INSERT INTO scim_jwt_revoked (tenant, jti_hash, expires) VALUES "
                                 "('%s', 'old-%d', 1000)",
                                 db_env_tenant(env)->name, i));
    }
    ck_assert_int_eq(put_on_list("never", 0), 1);
    ck_assert_int_eq(listed(), 2);
    ck_assert_int_eq(put_on_list("yesterday", apr_time_now() - day / 2), 1);
    ck_assert_int_eq(listed(), 2);
    ck_assert_int_eq(put_on_list("before", apr_time_now() - 2 * day), 1);
    ck_assert_int_eq(listed(), 2); /* itself it was of no use any more */
    ck_assert_int_eq(put_on_list("tomorrow", apr_time_now() + day), 1);
    ck_assert_int_eq(listed(), 3);
    ck_assert_int_eq(state("never", NULL).revoked, 1);
    ck_assert_int_eq(state("yesterday", NULL).revoked, 1);
}
END_TEST

static const char *user(const char *name, const char *active)
{
    json_t *doc = db_user(name, pool);

    if (active) {
        json_object_set_new(doc, "active", json_boolean(strcmp(active, "true") == 0));
    } else {
        json_object_del(doc, "active");
    }
    return db_put(env, doc);
}

START_TEST(an_owner_is_an_active_user)
{
    user("Alive", "true");
    user("dead", "false");
    user("unsaid", NULL);
    db_put(env, db_group("group", pool));
    ck_assert_int_eq(state("id", "alive").owner_dead, 0);
    ck_assert_int_eq(state(NULL, "ALIVE").owner_dead, 0);
    ck_assert_int_eq(state("id", "unsaid").owner_dead, 0);
    ck_assert_int_eq(state("id", "dead").owner_dead, 1);
    ck_assert_int_eq(state("id", "nobody").owner_dead, 1);
    ck_assert_int_eq(state("id", "group").owner_dead, 1);
    ck_assert_int_eq(state("id", "' OR '1'='1").owner_dead, 1);
    ck_assert_int_eq(state("id", NULL).owner_dead, 0);
    ck_assert_int_eq(put_on_list("id", 0), 1);
    ck_assert_int_eq(state("id", "alive").revoked, 1);
    ck_assert_int_eq(state("id", "alive").owner_dead, 0);
}
END_TEST

START_TEST(a_deleted_owner)
{
    db_request_t r;
    const char *id = user("gone", "true");

    ck_assert_int_eq(state(NULL, "gone").owner_dead, 0);
    r = db_request(env);
    db_ok(db_change(NULL, &r, "User", id, NULL));
    db_request_end(&r);
    ck_assert_int_eq(state(NULL, "gone").owner_dead, 1);
}
END_TEST

/* A deadlock, or an answer that is lost: it is on the list all the same. */
START_TEST(faults_while_revoking)
{
    static const db_fault_kind_t kinds[] = {DB_FAULT_NUMBER, DB_FAULT_LOSE_ANSWER};
    db_fault_t fault = {kinds[_i], _i ? "COMMIT" : "scim_jwt_revoked", _i ? 2013 : 1213, 1, NULL,
                        NULL};

    db_fault(env, &fault);
    put_on_list("one", 0);
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(state("one", NULL).revoked, 1);
    ck_assert_int_eq(listed(), 1);
}
END_TEST

START_TEST(the_database_is_away)
{
    db_request_t r = db_request(env);
    scim_jwt_state_t out;
    scim_error_t *err;

    db_env_drop_idle(env);
    db_env_away(env, 1);
    err = scim_jwt_state(&out, r.store, "one", NULL, r.pool);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 503);
    db_env_away(env, 0);
    db_request_end(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jwt_revoked");
    TCase *tc = tcase_create("jwt_revoked");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, revoked_is_revoked);
    tcase_add_test(tc, a_hash_is_stored);
    tcase_add_test(tc, a_list_is_its_tenants);
    tcase_add_test(tc, expired_rows_go);
    tcase_add_test(tc, an_owner_is_an_active_user);
    tcase_add_test(tc, a_deleted_owner);
    if (db_is_mariadb()) {
        tcase_add_loop_test(tc, faults_while_revoking, 0, 2);
    }
    tcase_add_test(tc, the_database_is_away);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
