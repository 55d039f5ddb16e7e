/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Tokens in the database. */
#include "db_env.h"

#include <pthread.h>
#include <string.h>

#include <apr_strings.h>

#include "db_tokens.h"

#define THREADS 12

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

static const char *tenant(void)
{
    return db_env_tenant(env)->name;
}

/* ---- tokens ---- */

static int end(const char *id)
{
    db_request_t r = db_request(env);
    int done = -1;

    db_ok(scim_token_end(&done, r.store, id, NULL));
    db_request_end(&r);
    return done;
}

START_TEST(made_and_found)
{
    scim_token_row_t *row;
    const char *secret = db_token(env, &row, NULL, 3600);
    const char *other = db_token(env, NULL, NULL, SCIM_TOKEN_LIFE_NEVER);
    scim_token_found_t *found = db_token_find(env, secret, tenant());

    ck_assert(strncmp(secret, "scim_", 5) == 0);
    ck_assert_int_eq((int)strlen(secret), 48);
    ck_assert_str_ne(secret, other);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->row.id, row->id);
    ck_assert_str_eq(found->row.tenant, tenant());
    ck_assert_str_eq(found->row.kind, SCIM_TOKEN_API);
    ck_assert_str_eq(found->row.label, "Okta, production");
    ck_assert_str_eq(found->row.creator, "admin@example.com");
    ck_assert_int_eq(found->row.expires, found->row.created + apr_time_from_sec(3600));
    ck_assert_int_eq(found->row.created, row->created);
    ck_assert_int_eq(found->row.used, 0);
    ck_assert_int_eq(found->row.revoked, 0);
    ck_assert_int_eq(found->owner_dead, 0);
    ck_assert_int_eq(db_token_find(env, other, NULL)->row.expires, 0);
    ck_assert_ptr_null(db_token_find(env, "scim_nobody-has-this", NULL));
    ck_assert_ptr_null(db_token_find(env, secret, "another-tenant"));
}
END_TEST

/* What is kept is the hash of the secret, and it is nowhere else in the row. */
START_TEST(only_the_hash_is_kept)
{
    scim_token_row_t *row;
    const char *secret = db_token(env, &row, NULL, SCIM_TOKEN_LIFE_NEVER);

    ck_assert_str_eq(
        db_value(env, apr_psprintf(pool, "SELECT hash FROM scim_token WHERE id = '%s'", row->id)),
        db_token_hash(env, secret));
    ck_assert_int_eq(db_int(env, apr_psprintf(pool,
                                              "SELECT COUNT(*) FROM scim_token WHERE id = '%s' OR "
                                              "label = '%s' OR data = '%s' OR hash = '%s'",
                                              secret, secret, secret, secret)),
                     0);
}
END_TEST

/* Known by what SHA-256 is; the second is longer than a block. */
START_TEST(hash_is_sha256)
{
    ck_assert_str_eq(scim_token_hash("", 0, pool),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ck_assert_str_eq(
        scim_token_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, pool),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
END_TEST

START_TEST(revoked_for_ever)
{
    scim_token_row_t *row;
    const char *secret = db_token(env, &row, NULL, SCIM_TOKEN_LIFE_NEVER);
    apr_time_t revoked;

    ck_assert_int_eq(scim_token_is_live(&db_token_find(env, secret, NULL)->row, apr_time_now()), 1);
    ck_assert_int_eq(end("not-there"), 0);
    ck_assert_int_eq(scim_token_is_live(&db_token_find(env, secret, NULL)->row, apr_time_now()), 1);
    ck_assert_int_eq(end(row->id), 1);
    revoked = db_token_find(env, secret, NULL)->row.revoked;
    ck_assert_int_gt(revoked, 0);
    ck_assert_int_eq(scim_token_is_live(&db_token_find(env, secret, NULL)->row, apr_time_now()), 0);
    ck_assert_int_eq(end(row->id), 0);
    ck_assert_int_eq(db_token_find(env, secret, NULL)->row.revoked, revoked);
}
END_TEST

START_TEST(nobody_revokes_anothers)
{
    db_request_t r = db_stranger(env);
    scim_token_row_t *row;
    scim_token_row_t *seen;
    apr_array_header_t *rows;
    const char *secret = db_token(env, &row, NULL, SCIM_TOKEN_LIFE_NEVER);
    int done = -1;

    db_ok(scim_token_end(&done, r.store, row->id, NULL));
    ck_assert_int_eq(done, 0);
    db_ok(scim_token_get(&seen, r.store, row->id, r.pool));
    ck_assert_ptr_null(seen);
    db_ok(scim_token_list(&rows, r.store, NULL, r.pool));
    ck_assert_int_eq(rows->nelts, 0);
    db_request_end(&r);
    ck_assert_int_eq(db_token_find(env, secret, NULL)->row.revoked, 0);
}
END_TEST

typedef struct life_case_t {
    scim_token_rules_t rules;
    int life;
    int status;
    int seconds; /* until it expires; 0: never */
} life_case_t;

static const life_case_t lives[] = {
    {{0, 60, 0, 0, 0}, 60, 200, 60},
    {{0, 60, 0, 0, 0}, 59, 400, 0},
    {{0, 60, 0, 0, 0}, 315360000, 200, 315360000},
    {{0, 60, 0, 0, 0}, 315360001, 400, 0},
    {{0, 60, 0, 0, 0}, SCIM_TOKEN_LIFE_NEVER, 200, 0},
    {{0, 60, 0, 0, 0}, SCIM_TOKEN_LIFE_DEFAULT, 200, 0},
    {{0, 60, 3600, 600, 0}, SCIM_TOKEN_LIFE_DEFAULT, 200, 600},
    {{0, 60, 3600, 600, 0}, SCIM_TOKEN_LIFE_NEVER, 400, 0},
    {{0, 60, 3600, 600, 0}, 3600, 200, 3600},
    {{0, 60, 3600, 600, 0}, 3601, 400, 0},
    {{0, 60, 3600, 600, 0}, -7, 400, 0},
};

START_TEST(lives_as_the_rules_say)
{
    const life_case_t *c = &lives[_i];
    scim_token_new_t wanted = {.label = "x", .life = c->life};
    const char *secret;
    scim_token_row_t *row;
    scim_error_t *err = db_token_create(env, &secret, &row, &c->rules, &wanted);

    ck_assert_int_eq(err ? err->status : 200, c->status);
    if (err) {
        ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_VALUE);
        ck_assert_ptr_nonnull(strstr(err->detail, "60"));
        ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s"), 0);
    } else {
        ck_assert_int_eq(row->expires,
                         c->seconds ? row->created + apr_time_from_sec(c->seconds) : 0);
        ck_assert_int_eq(scim_token_is_live(row, row->created), 1);
        ck_assert_int_eq(scim_token_is_live(row, row->created + apr_time_from_sec(315360001)),
                         c->seconds == 0);
    }
}
END_TEST

/* Codes and refresh tokens are not what the bounds are about. */
START_TEST(other_kinds_live_as_they_like)
{
    static const scim_token_rules_t rules = {1, 60, 3600, 600, 0};
    scim_token_new_t wanted = {.kind = SCIM_TOKEN_CODE,
                               .label = "x",
                               .life = 10,
                               .data = "d",
                               .grant = "g",
                               .client = "c",
                               .scope = "scim"};
    const char *secret;
    scim_token_row_t *row;
    scim_token_found_t *found;

    db_ok(db_token_create(env, &secret, &row, &rules, &wanted));
    found = db_token_find(env, secret, NULL);
    ck_assert_str_eq(found->row.data, "d");
    ck_assert_str_eq(found->row.grant, "g");
    ck_assert_str_eq(found->row.client, "c");
    ck_assert_str_eq(found->row.scope, "scim");
    wanted.kind = SCIM_TOKEN_REFRESH;
    wanted.life = SCIM_TOKEN_LIFE_NEVER;
    db_ok(db_token_create(env, &secret, &row, &rules, &wanted));
    wanted.kind = SCIM_TOKEN_ACCESS;
    ck_assert_int_eq(db_token_create(env, &secret, &row, &rules, &wanted)->status, 400);
}
END_TEST

/* 256 characters, of two bytes each */
static const char *long_text(int chars)
{
    char *text = apr_pcalloc(pool, 2 * (apr_size_t)chars + 1);
    int i;

    for (i = 0; i < chars; i++) {
        memcpy(text + 2 * i, "\xC3\xA4", 2);
    }
    return text;
}

START_TEST(texts_are_bounded)
{
    scim_token_new_t wanted = {.life = SCIM_TOKEN_LIFE_NEVER};
    const char *labels[] = {NULL, "", "a\nb", "\xFF", long_text(256)};
    const char *secret;
    scim_token_row_t *row;
    apr_size_t i;

    for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        wanted.label = labels[i];
        ck_assert_int_eq(db_token_create(env, &secret, &row, NULL, &wanted)->status, 400);
    }
    wanted.label = long_text(255);
    wanted.creator = long_text(256);
    ck_assert_int_eq(db_token_create(env, &secret, &row, NULL, &wanted)->status, 400);
    wanted.creator = long_text(255);
    db_ok(db_token_create(env, &secret, &row, NULL, &wanted));
    ck_assert_str_eq(db_token_find(env, secret, NULL)->row.label, long_text(255));
    wanted.data = apr_pstrcat(pool, long_text(2000), "x", NULL);
    ck_assert_int_eq(db_token_create(env, &secret, &row, NULL, &wanted)->status, 400);
}
END_TEST

/* ---- owners ---- */

START_TEST(a_token_dies_with_its_owner)
{
    const char *id = db_put(env, db_user("Owner", pool));
    const char *secret = db_token(env, NULL, id, SCIM_TOKEN_LIFE_NEVER);
    const char *free_one = db_token(env, NULL, NULL, SCIM_TOKEN_LIFE_NEVER);
    db_request_t r;

    ck_assert_int_eq(db_token_find(env, secret, NULL)->owner_dead, 0);
    ck_assert_str_eq(db_token_find(env, secret, NULL)->owner_name, "owner");
    db_owner_active(env, id, 0);
    ck_assert_int_eq(db_token_find(env, secret, NULL)->owner_dead, 1);
    ck_assert_ptr_null(db_token_find(env, secret, NULL)->owner_name);
    ck_assert_int_eq(db_token_find(env, free_one, NULL)->owner_dead, 0);
    db_owner_active(env, id, 1);
    ck_assert_int_eq(db_token_find(env, secret, NULL)->owner_dead, 0);
    r = db_request(env);
    db_ok(db_change(NULL, &r, "User", id, NULL));
    db_request_end(&r);
    ck_assert_int_eq(db_token_find(env, secret, NULL)->owner_dead, 1);
    ck_assert_int_eq(db_token_find(env, free_one, NULL)->owner_dead, 0);
}
END_TEST

START_TEST(an_owner_must_be_an_active_user)
{
    static const scim_token_rules_t required = {0, 60, 0, 0, 1};
    db_request_t strange = db_stranger(env);
    json_t *strangers = db_user("Owner", pool);
    const char *user = db_put(env, db_user("Owner", pool));
    const char *group = db_put(env, db_group("Owner", pool));
    scim_token_new_t wanted = {.label = "x", .life = SCIM_TOKEN_LIFE_NEVER};
    db_request_t r = db_request(env);
    const char *id;
    const char *secret;
    scim_token_row_t *row;

    db_ok(db_insert(NULL, &strange, strangers));
    ck_assert_int_eq(db_token_create(env, &secret, &row, &required, &wanted)->status, 400);
    wanted.owner = db_id(strangers);
    ck_assert_int_eq(db_token_create(env, &secret, &row, &required, &wanted)->status, 400);
    wanted.owner = group;
    ck_assert_int_eq(db_token_create(env, &secret, &row, &required, &wanted)->status, 400);
    wanted.owner = user;
    db_ok(db_token_create(env, &secret, &row, &required, &wanted));
    db_ok(scim_token_owner(&id, r.store, "oWNER", r.pool));
    ck_assert_str_eq(id, user);
    db_ok(scim_token_owner(&id, r.store, "nobody", r.pool));
    ck_assert_ptr_null(id);
    db_owner_active(env, user, 0);
    db_ok(scim_token_owner(&id, r.store, "owner", r.pool));
    ck_assert_ptr_null(id);
    db_request_end(&r);
    ck_assert_int_eq(db_token_create(env, &secret, &row, &required, &wanted)->status, 400);
    db_request_end(&strange);
}
END_TEST

/* ---- how many ---- */

START_TEST(no_more_than_the_limit)
{
    static const scim_token_rules_t two = {2, 60, 0, 0, 0};
    scim_token_new_t wanted = {.label = "x", .life = 60};
    const char *secret;
    scim_token_row_t *first;
    scim_token_row_t *row;

    db_ok(db_token_create(env, &secret, &first, &two, &wanted));
    db_ok(db_token_create(env, &secret, &row, &two, &wanted));
    ck_assert_int_eq(db_token_create(env, &secret, &row, &two, &wanted)->status, 409);
    ck_assert_int_eq(end(first->id), 1);
    db_ok(db_token_create(env, &secret, &row, &two, &wanted));
    ck_assert_int_eq(db_token_create(env, &secret, &row, &two, &wanted)->status, 409);
    db_sql(env, apr_psprintf(pool, "UPDATE scim_token SET expires = 1 WHERE id = '%s'", row->id));
    db_ok(db_token_create(env, &secret, &row, &two, &wanted));
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s"), 4);
}
END_TEST

static pthread_barrier_t barrier;
static int statuses[THREADS];

static void *create_at_once(void *baton)
{
    static const scim_token_rules_t one = {1, 60, 0, 0, 0};
    scim_token_new_t wanted = {.label = "x", .life = 60};
    db_request_t r = db_request(env);
    const char *secret;
    scim_token_row_t *row;
    scim_error_t *err;

    pthread_barrier_wait(&barrier);
    err = scim_token_create(&secret, &row, r.store, &one, &wanted, r.pool);
    *(int *)baton = err ? err->status : 200;
    db_request_end(&r);
    return NULL;
}

START_TEST(one_of_many_at_once)
{
    pthread_t threads[THREADS];
    int won = 0;
    int i;

    pthread_barrier_init(&barrier, NULL, THREADS);
    for (i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, create_at_once, &statuses[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        won += statuses[i] == 200;
        ck_assert(statuses[i] == 200 || statuses[i] == 409);
    }
    pthread_barrier_destroy(&barrier);
    ck_assert_int_eq(won, 1);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s"), 1);
}
END_TEST

/* ---- lists, grants, old ones, use ---- */

START_TEST(listed_in_order)
{
    db_request_t r = db_request(env);
    apr_array_header_t *rows;
    scim_token_row_t *row;

    db_token(env, NULL, NULL, 60);
    db_token(env, &row, NULL, 60);
    db_sql(env, apr_psprintf(pool,
                             "UPDATE scim_token SET kind = 'access', created = created + 5 "
                             "WHERE id = '%s'",
                             row->id));
    ck_assert_int_eq(end(row->id), 1);
    db_ok(scim_token_list(&rows, r.store, NULL, r.pool));
    ck_assert_int_eq(rows->nelts, 2);
    ck_assert_str_eq(APR_ARRAY_IDX(rows, 1, scim_token_row_t).id, row->id);
    ck_assert_str_eq(APR_ARRAY_IDX(rows, 1, scim_token_row_t).creator, "admin@example.com");
    db_ok(scim_token_list(&rows, r.store, SCIM_TOKEN_API, r.pool));
    ck_assert_int_eq(rows->nelts, 1);
    db_ok(scim_token_get(&row, r.store, row->id, r.pool));
    ck_assert_int_gt(row->revoked, 0);
    db_request_end(&r);
}
END_TEST

static int grant_revoked;

static scim_error_t *revoke_grant(void *baton, scim_store_t *store, apr_pool_t *p)
{
    return scim_token_revoke_grant(&grant_revoked, store, baton, p);
}

START_TEST(a_grant_goes_as_a_whole)
{
    scim_token_new_t wanted = {.label = "x", .life = 60, .grant = "one"};
    db_request_t r = db_request(env);
    const char *secrets[3];
    scim_token_row_t *row;
    static char one[] = "one";
    int i;

    for (i = 0; i < 3; i++) {
        wanted.grant = i < 2 ? "one" : "two";
        db_ok(db_token_create(env, &secrets[i], &row, NULL, &wanted));
    }
    db_ok(scim_store_write(r.store, revoke_grant, one));
    ck_assert_int_eq(grant_revoked, 2);
    for (i = 0; i < 3; i++) {
        ck_assert_int_eq(db_token_find(env, secrets[i], NULL)->row.revoked != 0, i < 2);
    }
    db_request_end(&r);
}
END_TEST

static scim_error_t *purge(void *baton, scim_store_t *store, apr_pool_t *p)
{
    return scim_token_purge(store, SCIM_TOKEN_CODE, *(apr_time_t *)baton, p);
}

START_TEST(old_ones_go)
{
    scim_token_new_t wanted = {.kind = SCIM_TOKEN_CODE, .label = "x", .life = 1};
    apr_time_t before = apr_time_now() + apr_time_from_sec(100);
    db_request_t r = db_request(env);
    const char *secret;
    scim_token_row_t *row;
    int i;

    for (i = 0; i < 102; i++) {
        db_ok(db_token_create(env, &secret, &row, NULL, &wanted));
    }
    wanted.life = 1000;
    db_ok(db_token_create(env, &secret, &row, NULL, &wanted));
    db_token(env, NULL, NULL, 60);
    db_ok(scim_store_write(r.store, purge, &before));
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s"), 4);
    db_ok(scim_store_write(r.store, purge, &before));
    db_ok(scim_store_write(r.store, purge, &before));
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s"), 2);
    ck_assert_ptr_nonnull(db_token_find(env, secret, NULL));
    db_request_end(&r);
}
END_TEST

static void use(const scim_token_row_t *row, apr_time_t at)
{
    db_request_t r = db_request(env);

    db_ok(scim_token_used(r.store, row, at, r.pool));
    db_request_end(&r);
}

START_TEST(used_is_kept_to_the_minute)
{
    apr_time_t now = apr_time_from_sec(2000000000);
    scim_token_row_t *row;
    const char *secret = db_token(env, &row, NULL, SCIM_TOKEN_LIFE_NEVER);

    ck_assert_int_eq(scim_token_is_stale(row, now), 1);
    use(row, now);
    ck_assert_int_eq(db_token_find(env, secret, NULL)->row.used, now);
    ck_assert_int_eq(
        scim_token_is_stale(&db_token_find(env, secret, NULL)->row, now + apr_time_from_sec(59)),
        0);
    use(row, now + apr_time_from_sec(59)); /* by who has read an older row */
    ck_assert_int_eq(db_token_find(env, secret, NULL)->row.used, now);
    ck_assert_int_eq(
        scim_token_is_stale(&db_token_find(env, secret, NULL)->row, now + apr_time_from_sec(60)),
        1);
    use(row, now + apr_time_from_sec(60));
    ck_assert_int_eq(db_token_find(env, secret, NULL)->row.used, now + apr_time_from_sec(60));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store tokens");
    TCase *tc = tcase_create("tokens");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, made_and_found);
    tcase_add_test(tc, only_the_hash_is_kept);
    tcase_add_test(tc, hash_is_sha256);
    tcase_add_test(tc, revoked_for_ever);
    tcase_add_test(tc, nobody_revokes_anothers);
    tcase_add_loop_test(tc, lives_as_the_rules_say, 0, (int)(sizeof(lives) / sizeof(lives[0])));
    tcase_add_test(tc, other_kinds_live_as_they_like);
    tcase_add_test(tc, texts_are_bounded);
    tcase_add_test(tc, a_token_dies_with_its_owner);
    tcase_add_test(tc, an_owner_must_be_an_active_user);
    tcase_add_test(tc, no_more_than_the_limit);
    tcase_add_test(tc, one_of_many_at_once);
    tcase_add_test(tc, listed_in_order);
    tcase_add_test(tc, a_grant_goes_as_a_whole);
    tcase_add_test(tc, old_ones_go);
    tcase_add_test(tc, used_is_kept_to_the_minute);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
