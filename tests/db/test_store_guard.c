/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* The guard at a store's door, and the tenants that a database knows. */
#include "db_env.h"

#include <string.h>

#include <apr_strings.h>

#include "db_tokens.h"
#include "scim_guard.h"
#include "scim_tenants.h"

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

/* ---- the guard ---- */

typedef struct door_t {
    scim_guard_t guard;
    int asked;
    int refuses;
    char id[65]; /* of the token that was found */
    char owner[65];
    int owner_dead;
    int judges_known; /* as httpd does: revoked, switched off and dead owners are refused */
    int opens_anyway; /* the caller is known by other means than a token */
} door_t;

static scim_error_t *judge(void *baton, const scim_token_found_t *found)
{
    door_t *door = baton;

    door->asked++;
    apr_cpystrn(door->id, found ? found->row.id : "", sizeof(door->id));
    apr_cpystrn(door->owner, found && found->owner_name ? found->owner_name : "",
                sizeof(door->owner));
    door->owner_dead = found && found->owner_dead;
    if (door->judges_known && found && found != door->guard.known &&
        (found->row.revoked || found->tenant_off || found->owner_dead)) {
        return scim_error_make(pool, 401, SCIM_TYPE_NONE, "No more.");
    }
    if (door->opens_anyway) {
        return NULL;
    }
    return door->refuses || !found ? scim_error_make(pool, 401, SCIM_TYPE_NONE, "No.") : NULL;
}

static void guard(door_t *door, db_request_t *r, const char *secret, int refuses)
{
    memset(door, 0, sizeof(*door));
    door->guard.hash = db_token_hash(env, secret);
    door->guard.tenant = tenant();
    door->guard.judge = judge;
    door->guard.baton = door;
    door->refuses = refuses;
    scim_store_guard(r->store, &door->guard);
}

static unsigned count(const db_request_t *r)
{
    unsigned n;
    unsigned takes;

    scim_dbd_counts(r->db, &n, &takes);
    return n;
}

/* What a read costs: with a token of nobody; bound to a User, unexpectedly and as expected. */
START_TEST(a_read_takes_its_token_along)
{
    static const unsigned costs[] = {1, 2, 1};
    const char *id = db_put(env, db_user("Somebody", pool));
    scim_token_row_t *made;
    const char *secret = db_token(env, &made, _i ? id : NULL, SCIM_TOKEN_LIFE_NEVER);
    db_request_t r = db_request(env);
    scim_row_t *row;
    door_t door;

    guard(&door, &r, secret, 0);
    door.guard.owned = _i == 2;
    db_ok(scim_store_get(&row, r.store, db_type("User"), id, r.pool));
    ck_assert_int_eq(count(&r), costs[_i]);
    ck_assert_str_eq(row->id, id);
    ck_assert_str_eq(row->display, "Somebody");
    ck_assert_str_eq(door.id, made->id);
    ck_assert_str_eq(door.owner, _i ? "somebody" : "");
    db_ok(scim_store_get(&row, r.store, db_type("User"), id, r.pool));
    ck_assert_int_eq(door.asked, 1);
    ck_assert_int_eq(count(&r), costs[_i] + 1);
    db_ok(scim_store_admit(r.store));
    ck_assert_int_eq(door.asked, 1);
    db_request_end(&r);

    /* what is not there, or is of another type, changes nothing about the token */
    r = db_request(env);
    guard(&door, &r, secret, 0);
    db_ok(scim_store_get(&row, r.store, db_type("Group"), id, r.pool));
    ck_assert_ptr_null(row);
    ck_assert_str_eq(door.id, made->id);
    db_request_end(&r);
}
END_TEST

/* The owner's end is seen by a read as by anything else. */
START_TEST(a_read_sees_the_owners_end)
{
    const char *id = db_put(env, db_user("Owner", pool));
    const char *other = db_put(env, db_user("Somebody", pool));
    const char *secret = db_token(env, NULL, id, SCIM_TOKEN_LIFE_NEVER);
    db_request_t r;
    scim_row_t *row;
    door_t door;
    int owned;

    db_owner_active(env, id, 0);
    for (owned = 0; owned < 2; owned++) {
        r = db_request(env);
        guard(&door, &r, secret, 0);
        door.guard.owned = owned;
        db_ok(scim_store_get(&row, r.store, db_type("User"), other, r.pool));
        ck_assert_int_eq(door.owner_dead, 1);
        db_request_end(&r);
    }
}
END_TEST

/* What changes about a token that is known: each time, a read must see it. */
static const char *const changes[] = {
    "UPDATE scim_token SET revoked = 1 WHERE tenant = %s",
    "UPDATE scim_token SET expires = 1 WHERE tenant = %s AND revoked IS NULL",
    "UPDATE scim_token SET state = 'off' WHERE tenant = %s",
    "UPDATE scim_resource SET active = 0 WHERE tenant = %s",
    "DELETE FROM scim_token WHERE tenant = %s",
};

/* Known, a token costs no column, and whether it is still good is asked all the same. */
START_TEST(a_known_token_is_asked_for_too)
{
    const char *id = db_put(env, db_user("Owner", pool));
    const char *secret = db_token(env, NULL, _i % 2 ? id : NULL, SCIM_TOKEN_LIFE_NEVER);
    const char *change = changes[_i / 2];
    const char *at = strstr(change, "%s");
    db_request_t r;
    scim_row_t *row;
    door_t door;

    r = db_request(env);
    guard(&door, &r, secret, 0);
    door.guard.known = db_token_find(env, secret, NULL);
    db_ok(scim_store_get(&row, r.store, db_type("User"), id, r.pool));
    ck_assert_int_eq(count(&r), 1);
    ck_assert_str_eq(row->id, id);
    ck_assert_int_eq(door.asked, 1);
    ck_assert_str_eq(door.id, door.guard.known->row.id);
    db_request_end(&r);

    r = db_request(env);
    guard(&door, &r, secret, 0);
    door.guard.known = db_token_find(env, secret, NULL);
    db_ok(scim_store_get(&row, r.store, db_type("User"), "nobody", r.pool));
    ck_assert_ptr_null(row);
    ck_assert_int_eq(door.asked, 1);
    db_request_end(&r);

    r = db_request(env);
    guard(&door, &r, secret, 0);
    door.judges_known = 1;
    door.guard.known = db_token_find(env, secret, NULL);
    db_sql(env, apr_pstrcat(pool, apr_pstrmemdup(pool, change, (apr_size_t)(at - change)), "'",
                            tenant(), "'", at + 2, NULL));
    row = NULL;
    if (scim_store_get(&row, r.store, db_type("User"), id, r.pool)) {
        ck_assert_ptr_null(row);
    } else {
        /* an end that is known needs no database; an owner that there is not has none */
        ck_assert(_i / 2 == 1 || (_i / 2 == 3 && _i % 2 == 0));
    }
    ck_assert_int_eq(door.asked, 1);
    db_request_end(&r);
}
END_TEST

/* What is known of another tenant's token opens nothing. */
START_TEST(a_known_token_of_another_tenant)
{
    const char *id = db_put(env, db_user("Somebody", pool));
    const char *secret = db_token(env, NULL, NULL, SCIM_TOKEN_LIFE_NEVER);
    db_request_t r = db_request(env);
    scim_row_t *row = NULL;
    door_t door;

    guard(&door, &r, secret, 0);
    door.guard.tenant = "another-tenant";
    door.guard.known = db_token_find(env, secret, NULL);
    ck_assert_int_eq(scim_store_get(&row, r.store, db_type("User"), id, r.pool)->status, 401);
    ck_assert_ptr_null(row);
    db_request_end(&r);
}
END_TEST

START_TEST(what_was_read_is_kept_from_strangers)
{
    const char *id = db_put(env, db_user("Somebody", pool));
    const char *secret = db_token(env, NULL, NULL, SCIM_TOKEN_LIFE_NEVER);
    db_request_t r;
    scim_row_t *row = NULL;
    door_t door;
    int i;

    for (i = 0; i < 3; i++) {
        r = db_request(env);
        guard(&door, &r, i == 0 ? "scim_unknown" : secret, i == 1);
        if (i == 2) {
            door.guard.tenant = "another-tenant";
        }
        row = NULL;
        ck_assert_int_eq(scim_store_get(&row, r.store, db_type("User"), id, r.pool)->status, 401);
        ck_assert_ptr_null(row);
        ck_assert_int_eq(door.asked, 1);
        ck_assert_int_eq(scim_store_admit(r.store)->status, 401);
        ck_assert_int_eq(scim_store_get(&row, r.store, db_type("User"), id, r.pool)->status, 401);
        ck_assert_int_eq(door.asked, 1);
        db_request_end(&r);
    }
}
END_TEST

/* Who is let in although there is no such token reads what is there. */
START_TEST(who_needs_no_token_reads_too)
{
    const char *id = db_put(env, db_user("Somebody", pool));
    const char *secret = db_token(env, NULL, NULL, SCIM_TOKEN_LIFE_NEVER);
    db_request_t r = db_request(env);
    scim_row_t *row = NULL;
    door_t door;

    guard(&door, &r, _i ? secret : "scim_unknown", 0);
    door.opens_anyway = 1;
    db_ok(scim_store_get(&row, r.store, db_type("User"), id, r.pool));
    ck_assert_int_eq(door.asked, 1);
    ck_assert_ptr_nonnull(row);
    ck_assert_str_eq(row->id, id);
    db_ok(scim_store_get(&row, r.store, db_type("Group"), id, r.pool));
    ck_assert_ptr_null(row);
    db_request_end(&r);
}
END_TEST

/* Whatever the statement, the guard comes first. */
START_TEST(nothing_passes_an_unasked_guard)
{
    static const scim_list_t all = {.limit = 10};
    scim_list_t list = all;
    db_request_t r = db_request(env);
    apr_array_header_t *rows;
    apr_int64_t total;
    door_t door;

    list.type = db_type("User");
    guard(&door, &r, "scim_unknown", 0);
    ck_assert_int_eq(scim_store_list(&rows, &total, r.store, &list, r.pool)->status, 401);
    ck_assert_int_eq(door.asked, 1);
    db_request_end(&r);

    r = db_request(env);
    guard(&door, &r, "scim_unknown", 0);
    ck_assert_int_eq(db_insert(NULL, &r, db_user("New", r.pool))->status, 401);
    db_request_end(&r);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), 0);

    r = db_request(env);
    guard(&door, &r, db_token(env, NULL, NULL, 60), 0);
    db_ok(scim_store_list(&rows, &total, r.store, &list, r.pool));
    ck_assert_int_eq(door.asked, 1);
    db_ok(db_insert(NULL, &r, db_user("New", r.pool)));
    db_request_end(&r);
}
END_TEST

/* The token names the tenant: what is read is that tenant's, though nobody had named it. */
START_TEST(a_token_may_name_the_tenant)
{
    const char *id = db_put(env, db_user("Somebody", pool));
    const char *secret = db_token(env, NULL, NULL, SCIM_TOKEN_LIFE_NEVER);
    db_request_t r = db_stranger(env);
    scim_row_t *row;
    door_t door;

    guard(&door, &r, secret, 0);
    door.guard.tenant = NULL;
    db_ok(scim_store_get(&row, r.store, db_type("User"), id, r.pool));
    ck_assert_ptr_nonnull(row);
    db_request_end(&r);
}
END_TEST

/* ---- tenants ---- */

START_TEST(tenants_come_and_are_switched)
{
    const char *secret = db_token(env, NULL, NULL, SCIM_TOKEN_LIFE_NEVER);
    db_request_t r = db_request(env);
    scim_tenant_row_t *row;
    apr_array_header_t *rows;
    int found = 0;
    int i;

    db_ok(scim_tenants_find(&row, r.db, tenant(), r.pool));
    ck_assert_ptr_null(row);
    ck_assert_int_eq(db_token_find(env, secret, NULL)->tenant_known, 0);
    ck_assert_int_eq(scim_tenants_switch(r.db, tenant(), 0, r.pool)->status, 404);
    db_ok(scim_tenants_create(r.db, tenant(), "\xC3\x84 note", r.pool));
    ck_assert_int_eq(scim_tenants_create(r.db, tenant(), NULL, r.pool)->status, 409);
    ck_assert_int_eq(db_token_find(env, secret, NULL)->tenant_known, 1);
    ck_assert_int_eq(db_token_find(env, secret, NULL)->tenant_off, 0);
    db_ok(scim_tenants_switch(r.db, tenant(), 0, r.pool));
    db_ok(scim_tenants_switch(r.db, tenant(), 0, r.pool));
    ck_assert_int_eq(db_token_find(env, secret, NULL)->tenant_off, 1);
    ck_assert_int_eq(db_token_find(env, db_token(env, NULL, NULL, 60), NULL)->tenant_off, 1);
    db_ok(scim_tenants_find(&row, r.db, tenant(), r.pool));
    ck_assert_int_eq(row->on, 0);
    ck_assert_str_eq(row->note, "\xC3\x84 note");
    db_ok(scim_tenants_switch(r.db, tenant(), 1, r.pool));
    db_ok(scim_tenants_list(&rows, r.db, r.pool));
    for (i = 0; i < rows->nelts; i++) {
        row = &APR_ARRAY_IDX(rows, i, scim_tenant_row_t);
        found += strcmp(row->name, tenant()) == 0 && row->on && row->created > 0;
    }
    ck_assert_int_eq(found, 1);
    db_request_end(&r);
}
END_TEST

START_TEST(tenants_have_names)
{
    static const char *const bad[] = {
        "",         "a b",
        "a/b",      "{tenant}",
        "\xC3\xA4", "0123456789012345678901234567890123456789012345678901234567890123x"};
    db_request_t r = db_request(env);
    apr_size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_eq(scim_tenants_create(r.db, bad[i], NULL, r.pool)->status, 400);
    }
    ck_assert_int_eq(scim_tenants_create(r.db, tenant(), "a\tb", r.pool)->status, 400);
    ck_assert_int_eq(
        scim_tenants_is_name("0123456789012345678901234567890123456789012345678901234567890-_."),
        1);
    db_request_end(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store guard");
    TCase *tc = tcase_create("guard");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_read_takes_its_token_along, 0, 3);
    tcase_add_test(tc, a_read_sees_the_owners_end);
    tcase_add_loop_test(tc, a_known_token_is_asked_for_too, 0,
                        2 * (int)(sizeof(changes) / sizeof(changes[0])));
    tcase_add_test(tc, a_known_token_of_another_tenant);
    tcase_add_test(tc, what_was_read_is_kept_from_strangers);
    tcase_add_loop_test(tc, who_needs_no_token_reads_too, 0, 2);
    tcase_add_test(tc, nothing_passes_an_unasked_guard);
    tcase_add_test(tc, a_token_may_name_the_tenant);
    tcase_add_test(tc, tenants_come_and_are_switched);
    tcase_add_test(tc, tenants_have_names);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
