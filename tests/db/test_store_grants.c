/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* OAuth grants, from the consent to their end. */
#include "db_env.h"

#include <pthread.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_grant.h"

#define THREADS 20

#define SECRET_HASH "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
#define REDIRECT "https://example.com/cb"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static const scim_grant_rules_t rules = {60, 3600, 0, 1, 0, 0};

static db_env_t *env;
static apr_pool_t *pool;
static const char *id;

static void setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
    id = apr_pstrcat(pool, "c.", db_env_tenant(env)->name, NULL); /* unique over all tenants */
}

static void teardown(void)
{
    db_env_close(env);
}

static const char *tenant(void)
{
    return db_env_tenant(env)->name;
}

/* A request of another tenant in the same database. */
static db_request_t stranger(void)
{
    db_request_t r = db_request(env);

    r.store = scim_store_make(r.db, scim_tenant_make(apr_pstrcat(pool, tenant(), "-b", NULL), pool),
                              r.pool);
    return r;
}

/* ---- the client ---- */

static const char *const redirects[] = {REDIRECT, "https://example.com/other?a=1"};

static void make_client_of(const char *whose)
{
    const scim_client_t client = {
        id, whose, "An application", SCIM_CLIENT_SECRET, SECRET_HASH, redirects, 2, NULL, NULL,
        0,  0};
    db_request_t r = db_request(env);

    db_ok(scim_client_create(r.store, &client, NULL, r.pool));
    db_request_end(&r);
}

static void make_client(void)
{
    make_client_of(tenant());
}

/* ---- grants ---- */

static scim_consent_t consent_of(const char *user)
{
    scim_consent_t consent = {id, user, REDIRECT, NULL, "scim", NULL};

    return consent;
}

static int code_status(const char **code, const scim_consent_t *consent,
                       const scim_grant_rules_t *with)
{
    db_request_t r = db_request(env);
    const scim_error_t *err = scim_grant_code(code, r.store, with ? with : &rules, consent, pool);
    int status = err ? err->status : 200;

    db_request_end(&r);
    return status;
}

static const char *code_for(const char *user)
{
    scim_consent_t consent = consent_of(user);
    const char *code = NULL;

    ck_assert_int_eq(code_status(&code, &consent, NULL), 200);
    return code;
}

static scim_grant_t exchange(const char *secret, int is_code, const scim_grant_rules_t *with)
{
    const scim_grant_ask_t ask = {id, secret, is_code ? REDIRECT : NULL, NULL};
    db_request_t r = db_request(env);
    scim_grant_t grant;

    db_ok(is_code ? scim_grant_redeem(&grant, r.store, with ? with : &rules, &ask, pool)
                  : scim_grant_refresh(&grant, r.store, with ? with : &rules, &ask, pool));
    db_request_end(&r);
    return grant;
}

static scim_grant_t redeem(const char *code)
{
    return exchange(code, 1, NULL);
}

static scim_grant_t refresh(const char *token)
{
    return exchange(token, 0, NULL);
}

static scim_token_found_t *token(const char *secret)
{
    db_request_t r = db_request(env);
    scim_token_found_t *found = NULL;

    db_ok(scim_token_find(&found, r.store, scim_token_hash(secret, strlen(secret), pool), tenant(),
                          0, pool));
    db_request_end(&r);
    return found;
}

static int is_live(const char *secret)
{
    const scim_token_found_t *found = token(secret);

    return found && !found->owner_dead && scim_token_is_live(&found->row, apr_time_now());
}

START_TEST(from_consent_to_tokens)
{
    const char *code;
    scim_grant_t grant;
    const scim_token_row_t *access;
    const scim_token_row_t *fresh;

    make_client();
    code = code_for("admin");
    grant = redeem(code);
    ck_assert_int_eq(grant.outcome, SCIM_GRANT_GIVEN);
    ck_assert_str_eq(grant.scope, "scim");
    ck_assert_str_eq(grant.user, "admin");
    access = &token(grant.access)->row;
    fresh = &token(grant.refresh)->row;
    ck_assert_str_eq(access->kind, SCIM_TOKEN_ACCESS);
    ck_assert_str_eq(fresh->kind, SCIM_TOKEN_REFRESH);
    ck_assert_str_eq(access->client, id);
    ck_assert_str_eq(access->creator, "admin");
    ck_assert_ptr_null(access->owner);
    ck_assert_str_eq(access->grant, fresh->grant);
    ck_assert_str_eq(access->grant, token(code)->row.grant);
    ck_assert_int_eq(access->expires - access->created, apr_time_from_sec(3600));
    ck_assert_int_eq(fresh->expires, 0);
    grant = refresh(grant.refresh);
    ck_assert_int_eq(grant.outcome, SCIM_GRANT_GIVEN);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s AND revoked "
                                   "IS NULL"),
                     3);
}
END_TEST

START_TEST(a_code_is_used_up)
{
    const char *code;
    scim_grant_t grant;

    make_client();
    code = code_for("admin");
    grant = redeem(code);
    ck_assert(is_live(grant.access));
    ck_assert_int_eq(redeem(code).outcome, SCIM_GRANT_REUSED);
    ck_assert(!is_live(grant.access));
    ck_assert(!is_live(grant.refresh));
    ck_assert_int_eq(refresh(grant.refresh).outcome, SCIM_GRANT_REUSED);
    ck_assert_int_eq(redeem("nothing").outcome, SCIM_GRANT_INVALID);
}
END_TEST

START_TEST(a_used_refresh_token_ends_its_grant)
{
    scim_grant_t one;
    scim_grant_t two;
    scim_grant_t other;

    make_client();
    one = redeem(code_for("admin"));
    other = redeem(code_for("admin"));
    two = refresh(one.refresh);
    ck_assert(is_live(two.access) && is_live(one.access) && is_live(other.access));
    ck_assert_int_eq(refresh(one.refresh).outcome, SCIM_GRANT_REUSED);
    ck_assert(!is_live(one.access) && !is_live(two.access) && !is_live(two.refresh));
    ck_assert(is_live(other.access) && is_live(other.refresh));
    ck_assert_int_eq(refresh(two.refresh).outcome, SCIM_GRANT_REUSED);
}
END_TEST

START_TEST(within_the_grace)
{
    static const scim_grant_rules_t lenient = {60, 3600, 0, 1, 60, 0};
    scim_grant_t one;
    scim_grant_t two;

    make_client();
    one = redeem(code_for("admin"));
    two = exchange(one.refresh, 0, &lenient);
    ck_assert_int_eq(exchange(one.refresh, 0, &lenient).outcome, SCIM_GRANT_GIVEN);
    ck_assert(is_live(two.access) && is_live(two.refresh));
    db_sql(env, apr_psprintf(pool,
                             "UPDATE scim_token SET revoked = 1 WHERE revoked IS NOT NULL "
                             "AND tenant = '%s'",
                             tenant()));
    ck_assert_int_eq(exchange(one.refresh, 0, &lenient).outcome, SCIM_GRANT_REUSED);
    ck_assert(!is_live(two.access));
    /* All of it was ended just now: grace does not bring it back. */
    ck_assert_int_eq(exchange(two.refresh, 0, &lenient).outcome, SCIM_GRANT_REUSED);
}
END_TEST

START_TEST(what_a_code_is_bound_to)
{
    scim_consent_t consent = consent_of("admin");
    scim_grant_ask_t ask = {id, NULL, REDIRECT, CHALLENGE};
    db_request_t r = db_request(env);
    scim_grant_t grant;

    make_client();
    consent.challenge = CHALLENGE;
    ck_assert_int_eq(code_status(&ask.secret, &consent, NULL), 200);
    db_ok(scim_grant_redeem(&grant, r.store, &rules, &ask, pool));
    ck_assert_int_eq(grant.outcome, SCIM_GRANT_GIVEN);

    ck_assert_int_eq(code_status(&ask.secret, &consent, NULL), 200);
    ask.challenge = NULL;
    db_ok(scim_grant_redeem(&grant, r.store, &rules, &ask, pool));
    ck_assert_int_eq(grant.outcome, SCIM_GRANT_MISMATCH);
    ck_assert_ptr_null(grant.access);
    ask.challenge = CHALLENGE;
    db_ok(scim_grant_redeem(&grant, r.store, &rules, &ask, pool));
    ck_assert_int_eq(grant.outcome, SCIM_GRANT_REUSED);

    ask.secret = code_for("admin"); /* without a challenge */
    db_ok(scim_grant_redeem(&grant, r.store, &rules, &ask, pool));
    ck_assert_int_eq(grant.outcome, SCIM_GRANT_MISMATCH);

    ask.secret = code_for("admin");
    ask.challenge = NULL;
    ask.redirect = redirects[1];
    db_ok(scim_grant_redeem(&grant, r.store, &rules, &ask, pool));
    ck_assert_int_eq(grant.outcome, SCIM_GRANT_MISMATCH);
    db_request_end(&r);
}
END_TEST

START_TEST(whose_it_is)
{
    db_request_t other = stranger();
    scim_grant_ask_t ask = {id, NULL, REDIRECT, NULL};
    scim_grant_t grant;
    const char *mine = id;

    make_client_of(SCIM_CLIENT_EVERY_TENANT);
    ask.secret = code_for("admin");
    db_ok(scim_grant_redeem(&grant, other.store, &rules, &ask, pool));
    ck_assert_int_eq(grant.outcome, SCIM_GRANT_INVALID);
    db_request_end(&other);

    id = apr_pstrcat(pool, id, ".2", NULL);
    make_client();
    ck_assert_int_eq(redeem(ask.secret).outcome, SCIM_GRANT_INVALID);
    id = mine;
    ck_assert_int_eq(refresh(ask.secret).outcome, SCIM_GRANT_INVALID);
    ck_assert_int_eq(redeem(ask.secret).outcome, SCIM_GRANT_GIVEN);
}
END_TEST

START_TEST(after_its_time)
{
    const char *code;
    scim_grant_t grant;

    make_client();
    code = code_for("admin");
    db_sql(env, apr_psprintf(pool, "UPDATE scim_token SET expires = created WHERE tenant = '%s'",
                             tenant()));
    ck_assert_int_eq(redeem(code).outcome, SCIM_GRANT_INVALID);
    grant = redeem(code_for("admin"));
    db_sql(env, apr_psprintf(pool, "UPDATE scim_token SET expires = created WHERE tenant = '%s'",
                             tenant()));
    ck_assert_int_eq(refresh(grant.refresh).outcome, SCIM_GRANT_INVALID);
}
END_TEST

START_TEST(old_ones_are_forgotten)
{
    scim_grant_t grant;
    int i;

    make_client();
    grant = redeem(code_for("admin"));
    for (i = 0; i < 5; i++) {
        db_sql(env, apr_psprintf(pool,
                                 "UPDATE scim_token SET created = created - 4000000000, "
                                 "expires = expires - 4000000000, revoked = revoked - 4000000000 "
                                 "WHERE tenant = '%s'",
                                 tenant()));
        grant = refresh(grant.refresh);
        ck_assert_int_eq(grant.outcome, SCIM_GRANT_GIVEN);
    }
    code_for("admin");
    /* The used refresh token, two new tokens, and the new code. */
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s"), 4);
}
END_TEST

/* ---- owners ---- */

static void activate(const char *user, int active)
{
    db_request_t r = db_request(env);
    scim_row_t *row;
    json_t *doc = db_user("Jane@Example.com", r.pool);

    json_object_set_new(doc, "id", json_string(user));
    json_object_set_new(doc, "active", json_boolean(active));
    db_ok(db_change(&row, &r, "User", user, doc));
    db_request_end(&r);
}

START_TEST(it_lives_and_dies_with_its_owner)
{
    scim_consent_t consent = consent_of("jane@EXAMPLE.com");
    const char *user = db_put(env, db_user("Jane@Example.com", pool));
    const char *code;
    scim_grant_t grant;

    make_client();
    grant = redeem(code_for(consent.user));
    ck_assert_str_eq(token(grant.access)->row.owner, user);
    code = code_for(consent.user);
    activate(user, 0);
    ck_assert(!is_live(grant.access));
    ck_assert_int_eq(redeem(code).outcome, SCIM_GRANT_OWNER);
    ck_assert_int_eq(refresh(grant.refresh).outcome, SCIM_GRANT_OWNER);
    ck_assert_int_eq(code_status(&code, &consent, NULL), 403);
    activate(user, 1);
    ck_assert_int_eq(refresh(grant.refresh).outcome, SCIM_GRANT_GIVEN);
}
END_TEST

START_TEST(an_owner_may_be_required)
{
    static const scim_grant_rules_t strict = {60, 3600, 0, 1, 0, 1};
    scim_consent_t consent = consent_of("nobody");
    const char *code;

    make_client();
    ck_assert_int_eq(code_status(&code, &consent, NULL), 200);
    ck_assert_int_eq(code_status(&code, &consent, &strict), 403);
    db_put(env, db_user("nobody", pool));
    ck_assert_int_eq(code_status(&code, &consent, &strict), 200);
}
END_TEST

/* ---- the client itself, and the end ---- */

START_TEST(the_client_itself)
{
    db_request_t r = db_request(env);
    scim_grant_t grant;

    make_client();
    db_ok(scim_grant_self(&grant, r.store, &rules, id, "scim", pool));
    ck_assert_int_eq(grant.outcome, SCIM_GRANT_GIVEN);
    ck_assert_ptr_null(grant.refresh);
    ck_assert(is_live(grant.access));
    ck_assert_ptr_null(token(grant.access)->row.grant);
    db_ok(scim_grant_self(&grant, r.store, &rules, "another", "scim", pool));
    ck_assert_int_eq(grant.outcome, SCIM_GRANT_INVALID);
    db_request_end(&r);
}
END_TEST

static int revoke_token(const char *client, const char *secret)
{
    db_request_t r = db_request(env);
    int foreign = -1;

    db_ok(scim_grant_revoke(&foreign, r.store, client, secret, r.pool));
    db_request_end(&r);
    return foreign;
}

START_TEST(revocation)
{
    scim_grant_t one;
    scim_grant_t two;

    make_client();
    one = redeem(code_for("admin"));
    two = refresh(one.refresh);
    ck_assert_int_eq(revoke_token("another", two.access), 1);
    ck_assert_int_eq(revoke_token(id, "nothing"), 0);
    ck_assert(is_live(two.access));
    ck_assert_int_eq(revoke_token(id, two.access), 0);
    ck_assert(!is_live(two.access) && is_live(two.refresh) && is_live(one.access));
    ck_assert_int_eq(revoke_token(id, two.refresh), 0);
    ck_assert(!is_live(two.refresh) && !is_live(one.access));
}
END_TEST

START_TEST(a_clients_end_is_that_of_its_tokens)
{
    db_request_t r = db_request(env);
    scim_grant_t grant;
    const char *code;
    scim_consent_t consent = consent_of("admin");
    int done;

    make_client();
    grant = redeem(code_for("admin"));
    code = code_for("admin");
    db_ok(scim_client_revoke(&done, r.store, "another", id, NULL));
    ck_assert_int_eq(done, 0);
    ck_assert(is_live(grant.access));
    db_ok(scim_client_revoke(&done, r.store, tenant(), id, NULL));
    ck_assert_int_eq(done, 1);
    db_ok(scim_client_revoke(&done, r.store, tenant(), id, NULL));
    ck_assert_int_eq(done, 0);
    ck_assert(!is_live(grant.access) && !is_live(grant.refresh));
    ck_assert_int_eq(redeem(code).outcome, SCIM_GRANT_INVALID);
    ck_assert_int_eq(refresh(grant.refresh).outcome, SCIM_GRANT_INVALID);
    ck_assert_int_eq(code_status(&code, &consent, NULL), 400);
    db_request_end(&r);
}
END_TEST

/* ---- many at once ---- */

static pthread_barrier_t barrier;
static const char *shared;
static int shared_is_code;
static scim_grant_t grants[THREADS];
static int freshes[THREADS];

static void run(void *(*fn)(void *))
{
    static int numbers[THREADS];
    pthread_t threads[THREADS];
    int i;

    pthread_barrier_init(&barrier, NULL, THREADS);
    for (i = 0; i < THREADS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fn, &numbers[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&barrier);
}

/* Each with a request of its own, whose pool the answer needs not outlive but in its outcome. */
static void *exchange_shared(void *baton)
{
    int i = *(int *)baton;
    const scim_grant_ask_t ask = {id, shared, NULL, NULL};
    db_request_t r = db_request(env);
    scim_error_t *err;

    pthread_barrier_wait(&barrier);
    err = shared_is_code ? scim_grant_redeem(&grants[i], r.store, &rules, &ask, r.pool)
                         : scim_grant_refresh(&grants[i], r.store, &rules, &ask, r.pool);
    freshes[i] = err ? err->status : 200;
    db_request_end(&r);
    return NULL;
}

static int with_outcome(scim_grant_outcome_t outcome)
{
    int n = 0;
    int i;

    for (i = 0; i < THREADS; i++) {
        ck_assert_int_eq(freshes[i], 200);
        n += grants[i].outcome == outcome;
    }
    return n;
}

static void check_one_of_many(void)
{
    ck_assert_int_eq(with_outcome(SCIM_GRANT_GIVEN), 1);
    ck_assert_int_eq(with_outcome(SCIM_GRANT_REUSED), THREADS - 1);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s AND revoked "
                                   "IS NULL"),
                     0);
}

START_TEST(one_code_for_many)
{
    scim_consent_t consent = consent_of("admin");

    make_client();
    consent.redirect = NULL;
    ck_assert_int_eq(code_status(&shared, &consent, NULL), 200);
    shared_is_code = 1;
    run(exchange_shared);
    check_one_of_many();
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s"), 3);
}
END_TEST

START_TEST(one_refresh_token_for_many)
{
    make_client();
    shared = redeem(code_for("admin")).refresh;
    shared_is_code = 0;
    run(exchange_shared);
    check_one_of_many();
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s"), 5);
}
END_TEST

/* Half of them ask for tokens, while the other half ends the client. */
static void *give_or_end(void *baton)
{
    int i = *(int *)baton;
    db_request_t r = db_request(env);
    scim_error_t *err;
    int done;

    pthread_barrier_wait(&barrier);
    err = i % 2 ? scim_grant_self(&grants[i], r.store, &rules, id, "scim", r.pool)
                : scim_client_revoke(&done, r.store, tenant(), id, NULL);
    freshes[i] = err ? err->status : 200;
    db_request_end(&r);
    return NULL;
}

START_TEST(nothing_outlives_its_client)
{
    make_client();
    run(give_or_end);
    with_outcome(SCIM_GRANT_GIVEN);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s AND revoked "
                                   "IS NULL"),
                     0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store grants");
    TCase *tc = tcase_create("grants");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, from_consent_to_tokens);
    tcase_add_test(tc, a_code_is_used_up);
    tcase_add_test(tc, a_used_refresh_token_ends_its_grant);
    tcase_add_test(tc, within_the_grace);
    tcase_add_test(tc, what_a_code_is_bound_to);
    tcase_add_test(tc, whose_it_is);
    tcase_add_test(tc, after_its_time);
    tcase_add_test(tc, old_ones_are_forgotten);
    tcase_add_test(tc, it_lives_and_dies_with_its_owner);
    tcase_add_test(tc, an_owner_may_be_required);
    tcase_add_test(tc, the_client_itself);
    tcase_add_test(tc, revocation);
    tcase_add_test(tc, a_clients_end_is_that_of_its_tokens);
    tcase_add_test(tc, one_code_for_many);
    tcase_add_test(tc, one_refresh_token_for_many);
    tcase_add_test(tc, nothing_outlives_its_client);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
