/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* A COMMIT whose answer was lost (MariaDB; SQLite answers within the process). */
#include "db_env.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_grant.h"

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

static int rows(const char *table)
{
    return (int)db_count(env,
                         apr_psprintf(pool, "SELECT COUNT(*) FROM %s WHERE tenant = %%s", table));
}

static void check_consistent(void)
{
    ck_assert_int_eq(
        db_count(env, "SELECT COALESCE(SUM(n), 0) FROM scim_counter WHERE tenant = %s"),
        rows("scim_resource"));
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_value v WHERE v.tenant = %s AND "
                                   "v.rid NOT IN (SELECT r.rid FROM scim_resource r)"),
                     0);
}

static scim_error_t *copy(const scim_error_t *err)
{
    scim_error_t *out = err ? apr_pmemdup(pool, err, sizeof(*err)) : NULL;

    if (out) {
        out->detail = apr_pstrdup(pool, err->detail);
        out->log = apr_pstrdup(pool, err->log);
    }
    return out;
}

/* Insert in a request of its own while a fault waits. */
static scim_error_t *insert_with(const json_t *doc, const db_fault_t *fault)
{
    db_request_t r = db_request(env);
    scim_error_t *err;

    if (fault) {
        db_fault(env, fault);
    }
    err = copy(db_insert(NULL, &r, doc));
    db_request_end(&r);
    return err;
}

static void is_unavailable(const scim_error_t *err, const char *msgid)
{
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 503);
    ck_assert_ptr_nonnull(err->msgid);
    ck_assert_str_eq(err->msgid, msgid);
    ck_assert_ptr_nonnull(err->log);
    ck_assert_int_eq(err->detail[strlen(err->detail) - 1], '.');
}

START_TEST(insert_committed_but_not_answered)
{
    db_fault_t fault = {DB_FAULT_LOSE_ANSWER, "COMMIT", 2013, 1, NULL, NULL};
    json_t *doc = db_user("u", pool);

    db_put(env, db_user("before", pool)); /* the counters are made by a COMMIT of their own */
    db_ok(insert_with(doc, &fault));
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(rows("scim_resource"), 2);
    check_consistent();
}
END_TEST

START_TEST(insert_not_committed_and_not_answered)
{
    /* Neither run nor answered. The connection is thrown away, which rolls back. */
    db_fault_t fault = {DB_FAULT_NUMBER, "COMMIT", 2013, 1, NULL, NULL};

    db_put(env, db_user("before", pool));
    db_ok(insert_with(db_user("u", pool), &fault));
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(rows("scim_resource"), 2);
    check_consistent();
}
END_TEST

/* The very first write of a tenant, which makes its counters. */
START_TEST(counters_committed_but_not_answered)
{
    db_fault_t fault = {DB_FAULT_LOSE_ANSWER, "COMMIT", 2013, 1, NULL, NULL};

    db_ok(insert_with(db_user("u", pool), &fault));
    ck_assert_int_eq(db_fault_count(env), 1);
    check_consistent();
    ck_assert_int_eq(rows("scim_counter"), 32);
}
END_TEST

START_TEST(change_and_delete_not_answered)
{
    db_fault_t lost = {DB_FAULT_LOSE_ANSWER, "COMMIT", 2013, 1, NULL, NULL};
    db_fault_t never = {DB_FAULT_NUMBER, "COMMIT", 2013, 1, NULL, NULL};
    json_t *doc = db_user("u", pool);
    scim_row_t *row;
    db_request_t r;

    db_put(env, doc);
    r = db_request(env);
    json_object_set_new(doc, "title", json_string("one"));
    db_fault(env, &lost);
    db_ok(db_change(&row, &r, "User", db_id(doc), doc));
    ck_assert_int_eq(row->version, 2);
    json_object_set_new(doc, "title", json_string("two"));
    db_fault(env, &never);
    db_ok(db_change(&row, &r, "User", db_id(doc), doc));
    ck_assert_int_eq(row->version, 3);
    db_fault(env, &lost);
    db_ok(db_change(NULL, &r, "User", db_id(doc), NULL));
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(rows("scim_resource"), 0);
    db_request_end(&r);
    check_consistent();
}
END_TEST

static void write_over(void *baton)
{
    db_sql(env, apr_psprintf(pool,
                             "UPDATE scim_resource SET version = version + 2, "
                             "write_id = 'someone else' WHERE id = '%s'",
                             (const char *)baton));
}

/* Others wrote twice since: nobody can tell, so nobody does. */
START_TEST(outcome_that_cannot_be_told)
{
    json_t *doc = db_user("u", pool);
    db_fault_t fault = {DB_FAULT_LOSE_ANSWER, "COMMIT", 2013, 1, NULL, NULL};
    db_request_t r;

    db_put(env, doc);
    r = db_request(env);
    /* Between the COMMIT and its lookup. */
    fault.hook = write_over;
    fault.baton = apr_pstrdup(pool, db_id(doc));
    db_fault(env, &fault);
    json_object_set_new(doc, "title", json_string("x"));
    is_unavailable(db_change(NULL, &r, "User", db_id(doc), doc), "SCIM2010");
    db_request_end(&r);
}
END_TEST

/* A server without room that says so to COMMIT: an answer, so there is nothing to look up. */
START_TEST(full_at_commit)
{
    db_fault_t fault = {DB_FAULT_NUMBER, "COMMIT", 1021, 100, NULL, NULL};

    db_put(env, db_user("before", pool));
    is_unavailable(insert_with(db_user("u", pool), &fault), "SCIM2009");
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(rows("scim_resource"), 1);
    check_consistent();
}
END_TEST

START_TEST(away_after_commit)
{
    db_fault_t fault = {DB_FAULT_KILL, "COMMIT", 0, 1, NULL, NULL};
    db_request_t r = db_request(env);

    db_put(env, db_user("first", pool));
    db_fault(env, &fault);
    db_ok(scim_dbd_open(r.db));
    db_env_away(env, 1);
    is_unavailable(db_insert(NULL, &r, db_user("u", pool)), "SCIM2010");
    db_env_away(env, 0);
    ck_assert_int_eq(rows("scim_resource"), 1);
    db_request_end(&r);
}
END_TEST

static const char *group;
static const char *member;

static scim_error_t *add_late(void *baton, scim_store_t *store, apr_pool_t *p)
{
    scim_member_step_t step = {SCIM_MEMBER_ADD, &member, 1, NULL};
    scim_patch_t plan = {NULL, 0, &step, 1, NULL};
    scim_membership_t done;
    scim_group_t shared;
    scim_error_t *err = scim_store_share(&shared, store, db_type("Group"), group, &plan, p);

    (void)baton;
    return err ? err : scim_store_members_apply(&done, store, &shared, &plan, p);
}

static void take_away(void *baton)
{
    (void)baton;
    db_env_away(env, 1);
}

/* What is done again instead of being looked up, and then cannot be: it may have been done. */
START_TEST(away_before_it_is_done_again)
{
    db_fault_t fault = {DB_FAULT_LOSE_ANSWER, "COMMIT", 2013, 1, take_away, NULL};
    db_request_t r;

    group = db_put(env, db_group("Group", pool));
    member = db_put(env, db_user("member", pool));
    r = db_request(env);
    db_fault(env, &fault);
    is_unavailable(scim_store_write(r.store, add_late, NULL), "SCIM2010");
    db_env_away(env, 0);
    ck_assert_int_eq(rows("scim_member"), 1);
    db_ok(scim_store_write(r.store, add_late, NULL));
    ck_assert_int_eq(rows("scim_member"), 1);
    db_request_end(&r);
}
END_TEST

/* ---- grants ---- */

static const scim_grant_rules_t rules = {60, 3600, 0, 1, 0, 0};

static const char *a_client(void)
{
    static const char *const uri = "https://example.com/cb";
    db_request_t r = db_request(env);
    scim_client_t client = {.id = apr_pstrcat(pool, "c.", db_env_tenant(env)->name, NULL),
                            .tenant = db_env_tenant(env)->name,
                            .name = "An application",
                            .auth = SCIM_CLIENT_JWT,
                            .jwks = "{\"keys\":[{\"kty\":\"EC\"}]}",
                            .redirects = &uri,
                            .nredirects = 1};

    db_ok(scim_client_create(r.store, &client, NULL, r.pool));
    db_request_end(&r);
    return client.id;
}

static const char *a_code(const char *client)
{
    const scim_consent_t consent = {.client = client, .user = "admin", .scope = "scim"};
    db_request_t r = db_request(env);
    const char *code = NULL;

    db_ok(scim_grant_code(&code, r.store, &rules, &consent, pool));
    db_request_end(&r);
    return code;
}

static scim_grant_t exchange(const char *client, const char *secret, int is_code,
                             const db_fault_t *fault)
{
    const scim_grant_ask_t ask = {.client = client, .secret = secret};
    db_request_t r = db_request(env);
    scim_grant_t grant;

    if (fault) {
        db_fault(env, fault);
    }
    db_ok(is_code ? scim_grant_redeem(&grant, r.store, &rules, &ask, pool)
                  : scim_grant_refresh(&grant, r.store, &rules, &ask, pool));
    db_request_end(&r);
    return grant;
}

/* What was given by a COMMIT that was not answered is the answer of the next attempt. */
START_TEST(a_grant_is_given_once)
{
    static const db_fault_kind_t kinds[] = {DB_FAULT_LOSE_ANSWER, DB_FAULT_NUMBER};
    db_fault_t fault = {kinds[_i], "COMMIT", 2013, 1, NULL, NULL};
    const char *client = a_client();
    scim_grant_t one = exchange(client, a_code(client), 1, &fault);
    scim_grant_t two;

    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(one.outcome, SCIM_GRANT_GIVEN);
    ck_assert_str_eq(one.user, "admin");
    ck_assert_int_eq(rows("scim_token"), 3);
    two = exchange(client, one.refresh, 0, &fault);
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(two.outcome, SCIM_GRANT_GIVEN);
    ck_assert_int_eq(rows("scim_token"), 5);
    ck_assert_int_eq(exchange(client, two.refresh, 0, NULL).outcome, SCIM_GRANT_GIVEN);
    ck_assert_int_eq(exchange(client, two.refresh, 0, NULL).outcome, SCIM_GRANT_REUSED);
}
END_TEST

START_TEST(a_clients_own_token_is_given_once)
{
    db_fault_t fault = {DB_FAULT_LOSE_ANSWER, "COMMIT", 2013, 1, NULL, NULL};
    const char *client = a_client();
    db_request_t r = db_request(env);
    scim_token_found_t *found = NULL;
    scim_grant_t grant;

    db_fault(env, &fault);
    db_ok(scim_grant_self(&grant, r.store, &rules, client, "scim", pool));
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(rows("scim_token"), 1);
    db_ok(scim_token_find(
        &found, r.store, scim_token_hash(grant.access, strlen(grant.access), pool), NULL, 0, pool));
    ck_assert_ptr_nonnull(found);
    db_request_end(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store commit");
    TCase *tc = tcase_create("commit");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, insert_committed_but_not_answered);
    tcase_add_test(tc, insert_not_committed_and_not_answered);
    tcase_add_test(tc, counters_committed_but_not_answered);
    tcase_add_test(tc, change_and_delete_not_answered);
    tcase_add_test(tc, outcome_that_cannot_be_told);
    tcase_add_test(tc, full_at_commit);
    tcase_add_test(tc, away_after_commit);
    tcase_add_test(tc, away_before_it_is_done_again);
    tcase_add_loop_test(tc, a_grant_is_given_once, 0, 2);
    tcase_add_test(tc, a_clients_own_token_is_given_once);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
