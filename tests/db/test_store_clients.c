/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* OAuth clients, the assertions that they have used, and keys. */
#include "db_env.h"

#include <pthread.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_client.h"

#define THREADS 20

#define SECRET_HASH "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
#define REDIRECT "https://example.com/cb"
#define KEYS "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}"

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

/* ---- clients ---- */

static const char *const redirects[] = {REDIRECT, "https://example.com/other?a=1"};

static scim_client_t sample(void)
{
    scim_client_t client = {
        id, tenant(), "Okta \xC3\xA4", SCIM_CLIENT_SECRET, SECRET_HASH, redirects, 2, NULL, NULL,
        0,  0};

    return client;
}

static int create(const scim_client_t *client)
{
    db_request_t r = db_request(env);
    const scim_error_t *err = scim_client_create(r.store, client, NULL, r.pool);
    int status = err ? err->status : 200;

    ck_assert(status != 500);
    db_request_end(&r);
    return status;
}

static scim_client_t *find_as(db_request_t r, const char *name)
{
    scim_client_t *client = NULL;

    db_ok(scim_client_find(&client, r.store, name, pool));
    db_request_end(&r);
    return client;
}

START_TEST(a_client_is_kept)
{
    scim_client_t client = sample();
    scim_client_t *found;

    ck_assert_int_eq(create(&client), 200);
    found = find_as(db_request(env), id);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->id, id);
    ck_assert_str_eq(found->tenant, tenant());
    ck_assert_str_eq(found->name, client.name);
    ck_assert_str_eq(found->auth, SCIM_CLIENT_SECRET);
    ck_assert_str_eq(found->secret, SECRET_HASH);
    ck_assert_int_eq(found->nredirects, 2);
    ck_assert_str_eq(found->redirects[0], redirects[0]);
    ck_assert_str_eq(found->redirects[1], redirects[1]);
    ck_assert_ptr_null(found->jwks);
    ck_assert(found->created > 0 && found->revoked == 0);
    ck_assert_ptr_null(find_as(db_request(env), "C"));
    ck_assert_ptr_null(find_as(db_request(env), apr_pstrcat(pool, id, " ", NULL)));
    ck_assert_ptr_null(find_as(stranger(), id));
    ck_assert_int_eq(create(&client), 409);
}
END_TEST

START_TEST(a_client_with_keys)
{
    scim_client_t client = sample();
    scim_client_t *found;

    client.auth = SCIM_CLIENT_JWT;
    client.secret = NULL;
    client.jwks = KEYS;
    client.nredirects = 0;
    ck_assert_int_eq(create(&client), 200);
    found = find_as(db_request(env), id);
    ck_assert_str_eq(found->jwks, KEYS);
    ck_assert_int_eq(found->nredirects, 0);
    ck_assert_ptr_null(found->secret);
}
END_TEST

START_TEST(a_client_of_every_tenant)
{
    scim_client_t client = sample();
    db_request_t r = db_request(env);
    apr_array_header_t *all;
    int done;

    client.tenant = SCIM_CLIENT_EVERY_TENANT;
    ck_assert_int_eq(create(&client), 200);
    ck_assert_ptr_nonnull(find_as(db_request(env), id));
    ck_assert_ptr_nonnull(find_as(stranger(), id));
    db_ok(scim_client_list(&all, r.store, r.pool));
    ck_assert_int_ge(all->nelts, 1);
    db_ok(scim_client_revoke(&done, r.store, tenant(), id, NULL));
    ck_assert_int_eq(done, 0);
    db_ok(scim_client_revoke(&done, r.store, SCIM_CLIENT_EVERY_TENANT, id, NULL));
    ck_assert_int_eq(done, 1);
    ck_assert_ptr_null(find_as(stranger(), id));
    db_request_end(&r);
}
END_TEST

static char *of_length(apr_size_t n)
{
    char *text = apr_pcalloc(pool, n + 1);

    memset(text, 'x', n);
    return text;
}

static void refuses(const scim_client_t *client)
{
    ck_assert_int_eq(create(client), 400);
}

START_TEST(what_a_client_cannot_be)
{
    static const char *const uris[] = {"",
                                       "/cb",
                                       "javascript:x",
                                       "https://",
                                       "https:///x",
                                       "//a/b",
                                       "https://a/b#c",
                                       "https://a b/",
                                       "https://u@a/",
                                       "ftp://a/",
                                       "https://a/\n",
                                       "https://a/\xC3\xA4",
                                       "https://:1/",
                                       "HTTPS://a/"};
    const char *const bad_keys[] = {"{}",
                                    "[]",
                                    "x",
                                    "{\"keys\":[]}",
                                    "{\"keys\":[1]}",
                                    "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}",
                                    "{\"keys\":[{\"kty\":\"RSA\",\"d\":\"AA\"}]}",
                                    of_length(SCIM_CLIENT_JWKS_BYTES + 1)};
    apr_size_t i;
    scim_client_t client;

    client = sample();
    client.id = "";
    refuses(&client);
    client = sample();
    client.id = "a b";
    refuses(&client);
    client = sample();
    client.id = of_length(65);
    refuses(&client);
    client = sample();
    client.tenant = "another";
    refuses(&client);
    client = sample();
    client.name = "";
    refuses(&client);
    client = sample();
    client.name = "a\nb";
    refuses(&client);
    client = sample();
    client.name = of_length(256);
    refuses(&client);
    client = sample();
    client.auth = "none";
    refuses(&client);
    client = sample();
    client.secret = NULL;
    refuses(&client);
    client = sample();
    client.secret = "password";
    refuses(&client);
    client = sample();
    client.jwks = KEYS;
    refuses(&client);
    client = sample();
    client.auth = SCIM_CLIENT_JWT;
    client.secret = NULL;
    refuses(&client);
    client = sample();
    client.auth = SCIM_CLIENT_JWT;
    client.jwks = KEYS;
    refuses(&client);
    client = sample();
    client.auth = SCIM_CLIENT_JWT;
    client.secret = NULL;
    client.jwks_uri = "http://127.0.0.1.example.com/keys";
    refuses(&client);
    for (i = 0; i < sizeof(bad_keys) / sizeof(bad_keys[0]); i++) {
        client = sample();
        client.auth = SCIM_CLIENT_JWT;
        client.secret = NULL;
        client.jwks = bad_keys[i];
        refuses(&client);
    }
    for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        client = sample();
        client.redirects = &uris[i];
        client.nredirects = 1;
        refuses(&client);
    }
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_client WHERE tenant = %s"), 0);
    ck_assert_ptr_null(scim_client_redirect_wrong("http://127.0.0.1:8080/cb?a=%20"));
}
END_TEST

/* ---- assertions ---- */

static int assert_once(const char *jti, apr_time_t expires)
{
    db_request_t r = db_request(env);
    int fresh = -1;

    db_ok(scim_client_assert(&fresh, r.store, id, jti, expires, r.pool));
    db_request_end(&r);
    return fresh;
}

START_TEST(an_assertion_is_good_once)
{
    apr_time_t later = apr_time_now() + apr_time_from_sec(60);
    db_request_t other = stranger();
    int fresh;

    ck_assert_int_eq(assert_once("a", later), 1);
    ck_assert_int_eq(assert_once("a", later + 1000), 0);
    ck_assert_int_eq(assert_once("A", later), 1);
    ck_assert_int_eq(assert_once(of_length(255), later), 1);
    db_ok(scim_client_assert(&fresh, other.store, id, "a", later, other.pool));
    ck_assert_int_eq(fresh, 1);
    db_ok(scim_client_assert(&fresh, other.store, "another", "a", later, other.pool));
    ck_assert_int_eq(fresh, 1);
    db_request_end(&other);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_jti WHERE tenant = %s"), 3);
    db_sql(env, "UPDATE scim_jti SET expires = 1");
    ck_assert_int_eq(assert_once("b", later), 1);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_jti WHERE tenant = %s"), 1);
}
END_TEST

/* ---- many at once ---- */

static pthread_barrier_t barrier;
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

static void *assert_shared(void *baton)
{
    int i = *(int *)baton;

    pthread_barrier_wait(&barrier);
    freshes[i] = assert_once("the same", apr_time_now() + apr_time_from_sec(60));
    return NULL;
}

START_TEST(one_assertion_for_many)
{
    int n = 0;
    int i;

    run(assert_shared);
    for (i = 0; i < THREADS; i++) {
        n += freshes[i];
    }
    ck_assert_int_eq(n, 1);
}
END_TEST

/* ---- keys ---- */

START_TEST(a_key_for_each_use_and_tenant)
{
    unsigned char keys[4][SCIM_STORE_KEY];
    db_request_t r = db_request(env);
    db_request_t other = stranger();

    db_ok(scim_store_key(keys[0], r.store, "consent"));
    db_ok(scim_store_key(keys[1], r.store, "another"));
    db_ok(scim_store_key(keys[2], other.store, "consent"));
    db_request_end(&r);
    db_request_end(&other);
    db_env_drop_idle(env);
    r = db_request(env);
    db_ok(scim_store_key(keys[3], r.store, "consent"));
    db_request_end(&r);
    ck_assert_mem_eq(keys[0], keys[3], SCIM_STORE_KEY);
    ck_assert_mem_ne(keys[0], keys[1], SCIM_STORE_KEY);
    ck_assert_mem_ne(keys[0], keys[2], SCIM_STORE_KEY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store clients");
    TCase *tc = tcase_create("clients");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_client_is_kept);
    tcase_add_test(tc, a_client_with_keys);
    tcase_add_test(tc, a_client_of_every_tenant);
    tcase_add_test(tc, what_a_client_cannot_be);
    tcase_add_test(tc, an_assertion_is_good_once);
    tcase_add_test(tc, one_assertion_for_many);
    tcase_add_test(tc, a_key_for_each_use_and_tenant);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
