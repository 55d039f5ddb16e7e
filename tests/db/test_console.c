/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/*
 * What the console reads of the store: pages of tokens and grants, seats, mapped columns. And the
 * rows of the audit trail that what is done there leaves.
 */
#include "db_fault.h"
#include "db_map.h"

#include <string.h>

#include <apr_strings.h>

#include "db_tokens.h"
#include "scim_grant.h"
#include "scim_grant_list.h"
#include "scim_map_read.h"
#include "scim_quota.h"

#define SECRET_HASH "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
#define REDIRECT "https://example.com/cb"

static const scim_grant_rules_t rules = {60, 3600, 0, 1, 0, 0};

static const scim_audit_who_t admin = {"req", "admin@example.com", NULL};

static db_env_t *env;
static apr_pool_t *pool;
static const scim_audit_who_t *who; /* does what is done below */

static void setup(void)
{
    who = NULL;
    env = db_env_open(NULL);
    pool = db_env_pool(env);
}

static void teardown(void)
{
    db_env_close(env);
}

/* ---- tokens ---- */

static void put_token(const char *id, const char *kind, int created)
{
    db_sql(env, apr_psprintf(pool,
                             "INSERT INTO scim_token (id, tenant, hash, kind, label, created) "
                             "VALUES ('%s-%s', '%s', '%s-%s', '%s', 'x', %d)",
                             db_env_tenant(env)->name, id, db_env_tenant(env)->name, id,
                             db_env_tenant(env)->name, kind, created));
}

/* The ends of the ids of a page, one after the other. */
static const char *page_of(const scim_token_row_t *after, int limit, scim_token_row_t *last)
{
    db_request_t r = db_request(env);
    apr_array_header_t *rows;
    const char *all = "";
    int i;

    db_ok(scim_token_page(&rows, r.store, SCIM_TOKEN_API, after, limit, pool));
    for (i = 0; i < rows->nelts; i++) {
        *last = APR_ARRAY_IDX(rows, i, scim_token_row_t);
        all = apr_pstrcat(pool, all, strrchr(last->id, '-') + 1, NULL);
    }
    db_request_end(&r);
    return all;
}

START_TEST(tokens_come_in_pages)
{
    scim_token_row_t last = {0};
    scim_token_row_t end = {0};

    put_token("a", SCIM_TOKEN_API, 1000);
    put_token("c", SCIM_TOKEN_API, 2000);
    put_token("b", SCIM_TOKEN_API, 2000);
    put_token("x", SCIM_TOKEN_ACCESS, 2500);
    put_token("d", SCIM_TOKEN_API, 3000);
    ck_assert_str_eq(page_of(NULL, 10, &last), "dcba");
    ck_assert_str_eq(page_of(NULL, 2, &last), "dc");
    ck_assert_str_eq(page_of(&last, 2, &end), "ba");
    ck_assert_str_eq(page_of(&end, 2, &last), "");
}
END_TEST

START_TEST(pages_are_of_one_tenant)
{
    scim_token_row_t last = {0};
    db_request_t r = db_stranger(env);
    apr_array_header_t *rows;
    scim_token_summary_t is;

    put_token("a", SCIM_TOKEN_API, 1000);
    db_ok(scim_token_page(&rows, r.store, SCIM_TOKEN_API, NULL, 10, pool));
    ck_assert_int_eq(rows->nelts, 0);
    db_ok(scim_token_summary(&is, r.store, pool));
    ck_assert_int_eq(is.live, 0);
    db_request_end(&r);
    ck_assert_str_eq(page_of(NULL, 10, &last), "a");
}
END_TEST

static scim_token_summary_t summary(void)
{
    db_request_t r = db_request(env);
    scim_token_summary_t is;

    db_ok(scim_token_summary(&is, r.store, pool));
    db_request_end(&r);
    return is;
}

START_TEST(a_summary_counts_what_opens_scim)
{
    const char *whose = db_env_tenant(env)->name;

    ck_assert_int_eq(summary().live, 0);
    ck_assert(summary().used == 0);
    put_token("a", SCIM_TOKEN_API, 1000);
    put_token("b", SCIM_TOKEN_ACCESS, 1000);
    put_token("c", SCIM_TOKEN_REFRESH, 1000);
    ck_assert_int_eq(summary().live, 2);
    db_sql(env,
           apr_psprintf(pool, "UPDATE scim_token SET used = 7000, revoked = 8000 WHERE id = '%s-a'",
                        whose));
    db_sql(env,
           apr_psprintf(pool, "UPDATE scim_token SET expires = 9000 WHERE id = '%s-b'", whose));
    ck_assert_int_eq(summary().live, 0);
    ck_assert_int_eq(apr_time_as_msec(summary().used), 7000);
}
END_TEST

/* ---- grants ---- */

static const char *client_id(void)
{
    return apr_pstrcat(pool, "g.", db_env_tenant(env)->name, NULL);
}

static void make_client(void)
{
    static const char *const redirects[] = {REDIRECT};
    const scim_client_t client = {.id = client_id(),
                                  .tenant = db_env_tenant(env)->name,
                                  .name = "An application",
                                  .auth = SCIM_CLIENT_SECRET,
                                  .secret = SECRET_HASH,
                                  .redirects = redirects,
                                  .nredirects = 1};
    db_request_t r = db_request(env);

    db_ok(scim_client_create(r.store, &client, who, r.pool));
    db_request_end(&r);
}

static scim_grant_t give(const char *user)
{
    const scim_consent_t consent = {client_id(), user, REDIRECT, NULL, "scim", who};
    scim_grant_ask_t ask = {client_id(), NULL, REDIRECT, NULL};
    db_request_t r = db_request(env);
    scim_grant_t given;

    db_ok(scim_grant_code(&ask.secret, r.store, &rules, &consent, pool));
    db_ok(scim_grant_redeem(&given, r.store, &rules, &ask, pool));
    ck_assert_int_eq(given.outcome, SCIM_GRANT_GIVEN);
    db_request_end(&r);
    return given;
}

static apr_array_header_t *grants(const char *after, int limit)
{
    db_request_t r = db_request(env);
    apr_array_header_t *rows;

    db_ok(scim_grant_list(&rows, r.store, after, limit, pool));
    db_request_end(&r);
    return rows;
}

static const scim_grant_row_t *grant(const apr_array_header_t *rows, int i)
{
    ck_assert_int_lt(i, rows->nelts);
    return &APR_ARRAY_IDX(rows, i, scim_grant_row_t);
}

static int end_grant(const char *id)
{
    db_request_t r = db_request(env);
    int done;

    db_ok(scim_grant_end(&done, r.store, client_id(), id, who));
    db_request_end(&r);
    return done;
}

START_TEST(grants_are_one_row_each)
{
    apr_time_t before = apr_time_now() - APR_USEC_PER_SEC;
    const apr_array_header_t *rows;

    make_client();
    give("first");
    give("second");
    rows = grants(NULL, 10);
    ck_assert_int_eq(rows->nelts, 2);
    ck_assert_str_eq(grant(rows, 0)->creator, "second");
    ck_assert_str_eq(grant(rows, 1)->creator, "first");
    ck_assert_str_eq(grant(rows, 0)->client, client_id());
    ck_assert(grant(rows, 0)->live && !grant(rows, 0)->ended);
    ck_assert(grant(rows, 0)->expires == 0 && grant(rows, 0)->used == 0);
    ck_assert(grant(rows, 0)->created >= before && grant(rows, 0)->created <= apr_time_now());
    ck_assert_int_eq(grants(NULL, 1)->nelts, 1);
    ck_assert_str_eq(grant(grants(grant(rows, 0)->id, 10), 0)->creator, "first");
    ck_assert_int_eq(grants(grant(rows, 1)->id, 10)->nelts, 0);
}
END_TEST

START_TEST(grants_end_for_ever)
{
    const scim_grant_row_t *row;
    scim_grant_row_t *again = NULL;
    db_request_t r = db_stranger(env);

    make_client();
    give("first");
    row = grant(grants(NULL, 1), 0);
    db_ok(scim_grant_get(&again, r.store, row->id, pool));
    ck_assert_ptr_null(again);
    db_request_end(&r);
    ck_assert_int_eq(end_grant(row->id), 1);
    ck_assert_int_eq(end_grant(row->id), 0);
    row = grant(grants(NULL, 1), 0);
    ck_assert(!row->live && row->ended);
    r = db_request(env);
    db_ok(scim_grant_get(&again, r.store, row->id, pool));
    ck_assert_str_eq(again->creator, "first");
    db_ok(scim_grant_get(&again, r.store, "nothing", pool));
    ck_assert_ptr_null(again);
    db_request_end(&r);
    ck_assert_int_eq(end_grant("nothing"), 0);
}
END_TEST

START_TEST(grants_expire)
{
    make_client();
    give("first");
    db_sql(env, apr_psprintf(pool,
                             "UPDATE scim_token SET expires = 5000 WHERE tenant = '%s' AND kind = "
                             "'refresh'",
                             db_env_tenant(env)->name));
    ck_assert(grant(grants(NULL, 1), 0)->live); /* by its access token */
    ck_assert(grant(grants(NULL, 1), 0)->expires > apr_time_now());
    db_sql(env, apr_psprintf(pool, "UPDATE scim_token SET expires = 5000 WHERE tenant = '%s'",
                             db_env_tenant(env)->name));
    ck_assert(!grant(grants(NULL, 1), 0)->live && !grant(grants(NULL, 1), 0)->ended);
}
END_TEST

/* ---- the audit trail ---- */

static scim_error_t *make_token(db_request_t *r, scim_token_row_t **row)
{
    const scim_token_new_t wanted = {.label = "Okta", .life = SCIM_TOKEN_LIFE_NEVER, .who = who};
    const char *secret;

    return scim_token_create(&secret, row, r->store, &scim_token_rules_default, &wanted, pool);
}

static apr_array_header_t *trail(void)
{
    static const scim_audit_filter_t all = {NULL, NULL, -1, 0, 0, 100};
    db_request_t r = db_request(env);
    apr_array_header_t *rows = NULL;

    db_ok(scim_audit_list(&rows, r.store, &all, pool));
    db_request_end(&r);
    return rows;
}

/* "op id name status" of the newest row. */
static const char *deed(void)
{
    apr_array_header_t *rows = trail();
    const scim_audit_row_t *row = &APR_ARRAY_IDX(rows, 0, scim_audit_row_t);

    ck_assert_int_gt(rows->nelts, 0);
    ck_assert_str_eq(row->request, "req");
    ck_assert_str_eq(row->actor, "admin@example.com");
    ck_assert_ptr_null(row->type);
    return apr_psprintf(pool, "%s %s %s %d", row->op, row->id, row->name, row->status);
}

static const char *words(const char *op, const char *id, const char *rest)
{
    return apr_pstrcat(pool, op, " ", id, " ", rest, NULL);
}

START_TEST(each_deed_has_one_row)
{
    const char *tenant = db_env_tenant(env)->name;
    db_request_t r = db_request(env);
    scim_token_row_t *row;
    const char *id;
    int done;

    who = &admin;
    db_env_tenant(env)->audit = 1;
    db_ok(make_token(&r, &row));
    ck_assert_str_eq(deed(), words("token-create", row->id, "Okta 201"));
    db_ok(scim_token_end(&done, r.store, row->id, who));
    db_ok(scim_token_end(&done, r.store, row->id, who));
    ck_assert_str_eq(deed(), words("token-revoke", row->id, "Okta 200"));
    make_client();
    ck_assert_str_eq(deed(), words("client-create", client_id(), "An application 201"));
    give("jane");
    id = grant(grants(NULL, 1), 0)->id;
    ck_assert_str_eq(deed(), words("grant-create", id, "An application 201"));
    ck_assert_int_eq(end_grant(id), 1);
    ck_assert_int_eq(end_grant(id), 0);
    ck_assert_str_eq(deed(), words("grant-revoke", id, "An application 200"));
    db_ok(scim_client_revoke(&done, r.store, tenant, client_id(), who));
    db_ok(scim_client_revoke(&done, r.store, tenant, client_id(), who));
    ck_assert_str_eq(deed(), words("client-revoke", client_id(), "An application 200"));
    ck_assert_int_eq(trail()->nelts, 6);
    db_request_end(&r);
}
END_TEST

/* Nobody to tell of, no trail, or not the tenant's own affair. */
START_TEST(deeds_without_a_row)
{
    scim_client_t shared = {.id = client_id(),
                            .tenant = SCIM_CLIENT_EVERY_TENANT,
                            .name = "An application",
                            .auth = SCIM_CLIENT_SECRET,
                            .secret = SECRET_HASH};
    db_request_t r = db_request(env);
    scim_token_row_t *row;
    int done = 0;

    db_env_tenant(env)->audit = 1;
    db_ok(make_token(&r, &row));
    db_ok(scim_token_end(&done, r.store, row->id, who));
    who = &admin;
    db_ok(scim_client_create(r.store, &shared, who, r.pool));
    db_ok(scim_client_revoke(&done, r.store, shared.tenant, shared.id, who));
    ck_assert_int_eq(done, 1);
    db_env_tenant(env)->audit = 0;
    db_ok(make_token(&r, &row));
    ck_assert_int_eq(trail()->nelts, 0);
    db_request_end(&r);
}
END_TEST

/* Without its row a deed is not done. */
START_TEST(a_deed_whose_row_cannot_be_written)
{
    db_fault_t fault = {DB_FAULT_NUMBER, "INTO scim_audit", 1114, 2, NULL, NULL};
    db_request_t r = db_request(env);
    scim_token_row_t *row;
    scim_token_row_t *other;
    int done = 0;

    db_ok(make_token(&r, &row));
    who = &admin;
    db_env_tenant(env)->audit = 1;
    db_fault(env, &fault);
    ck_assert_ptr_nonnull(scim_token_end(&done, r.store, row->id, who));
    ck_assert_int_eq(done, 0);
    db_ok(scim_token_get(&row, r.store, row->id, pool));
    ck_assert(row->revoked == 0);
    ck_assert_ptr_nonnull(make_token(&r, &other));
    ck_assert_int_eq(db_fault_count(env), 2);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_token WHERE tenant = %s"), 1);
    db_request_end(&r);
}
END_TEST

/* ---- seats ---- */

static apr_int64_t seats(const char *words)
{
    const scim_quota_t *quota = db_env_tenant(env)->quota;
    db_request_t r = db_request(env);
    apr_int64_t used = -1;
    int i;

    for (i = 0; i < quota->nsets; i++) {
        if (strcmp(quota->sets[i].words, words) == 0) {
            db_ok(scim_store_seats(&used, r.store, &quota->sets[i], pool));
        }
    }
    db_request_end(&r);
    return used;
}

START_TEST(seats_are_counted)
{
    db_policy(env, "ScimSeats 5\nScimSeats 2 userType=admin\n");
    ck_assert_int_eq(seats(""), 0);
    ck_assert_int_eq(db_post_user(env, "a", "\"userType\":\"admin\"").status, 201);
    ck_assert_int_eq(db_post_user(env, "b", "\"userType\":\"user\"").status, 201);
    ck_assert_int_eq(seats(""), 2);
    ck_assert_int_eq(seats("userType admin"), 1);
}
END_TEST

/* ---- mapped columns ---- */

#define MAPPED                                                                                     \
    "ScimMapTable User app_user key=id\n"                                                          \
    "ScimMap User userName login\n"                                                                \
    "ScimMap User name.givenName given\n"                                                          \
    "ScimMap User userType role translate=admin:ADMIN,user:CREATOR,view:SEAT\n"                    \
    "ScimAttribute User nickName returned=never\n"                                                 \
    "ScimMap User nickName note\n"                                                                 \
    "ScimMap User active active\n"

static const scim_map_seen_t *seen_of(const apr_array_header_t *seen, const char *column)
{
    int i;

    for (i = 0; i < seen->nelts; i++) {
        const scim_map_seen_t *one = &APR_ARRAY_IDX(seen, i, scim_map_seen_t);
        if (strcmp(one->column, column) == 0) {
            return one;
        }
    }
    ck_abort_msg("no column %s", column);
    return NULL;
}

static apr_array_header_t *seen(const char *id)
{
    const scim_resource_type_t *type = scim_catalog_type(db_env_tenant(env)->catalog, "User");
    db_request_t r = db_request(env);
    apr_array_header_t *out;
    scim_row_t *row;

    db_ok(scim_store_get(&row, r.store, type, id, pool));
    db_ok(scim_map_read(&out, r.store, db_env_tenant(env)->map, type, row->rid, pool));
    db_request_end(&r);
    return out;
}

START_TEST(mapped_columns_are_the_applications)
{
    const apr_array_header_t *all;
    const char *id;

    db_app_create(env);
    db_policy(env, MAPPED);
    id = db_post_user(env, "jane", "\"name\":{\"givenName\":\"J\"},\"userType\":\"admin\"").id;
    all = seen(id);
    ck_assert_int_eq(all->nelts, 6);
    ck_assert_str_eq(seen_of(all, "login")->value, "jane");
    ck_assert_str_eq(seen_of(all, "login")->label, "userName");
    ck_assert_str_eq(seen_of(all, "login")->table, "app_user");
    ck_assert_str_eq(seen_of(all, "role")->value, "ADMIN");
    ck_assert_str_eq(seen_of(all, "active")->value, "1");
    ck_assert_ptr_null(seen_of(all, "id")->label);
    db_sql(env, "UPDATE app_user SET given = NULL, note = 'secret'");
    all = seen(id);
    ck_assert_ptr_null(seen_of(all, "given")->value);
    ck_assert_ptr_null(seen_of(all, "note")->value);
    ck_assert_int_eq(seen_of(all, "note")->hidden, 1);
    db_sql(env, "DELETE FROM app_user");
    ck_assert_ptr_null(seen(id));
}
END_TEST

START_TEST(nothing_is_mapped)
{
    const char *id = db_put(env, db_user("jane", pool));

    ck_assert_ptr_null(seen(id));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("console");
    TCase *tests = tcase_create("store");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, tokens_come_in_pages);
    tcase_add_test(tests, pages_are_of_one_tenant);
    tcase_add_test(tests, a_summary_counts_what_opens_scim);
    tcase_add_test(tests, grants_are_one_row_each);
    tcase_add_test(tests, grants_end_for_ever);
    tcase_add_test(tests, grants_expire);
    tcase_add_test(tests, each_deed_has_one_row);
    tcase_add_test(tests, deeds_without_a_row);
    if (db_is_mariadb()) {
        tcase_add_test(tests, a_deed_whose_row_cannot_be_written);
    }
    tcase_add_test(tests, seats_are_counted);
    tcase_add_test(tests, mapped_columns_are_the_applications);
    tcase_add_test(tests, nothing_is_mapped);
    suite_add_tcase(suite, tests);
    return db_main(suite);
}
