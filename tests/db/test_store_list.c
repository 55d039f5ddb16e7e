/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Lists, and what requests cost. */
#include "db_env.h"

#include <string.h>

#include <apr_strings.h>

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

static apr_array_header_t *list(const char *type, const char *filter, int offset, int limit,
                                apr_int64_t *total)
{
    db_request_t r = db_request(env);
    scim_list_t l = {db_type(type), filter ? db_filter(filter, type, pool) : NULL, offset, limit,
                     NULL};
    apr_array_header_t *rows;

    db_ok(scim_store_list(&rows, total, r.store, &l, pool));
    db_request_end(&r);
    return rows;
}

START_TEST(pages)
{
    apr_array_header_t *rows;
    apr_int64_t total;
    int i;

    for (i = 0; i < 25; i++) {
        json_t *doc = db_user(apr_psprintf(pool, "page%02d", i), pool);
        json_object_set_new(doc, "title", json_string(i % 2 ? "odd" : "even"));
        db_put(env, doc);
    }
    rows = list("User", NULL, 0, 10, &total);
    ck_assert_int_eq(total, 25);
    ck_assert_int_eq(rows->nelts, 10);
    ck_assert_str_eq(APR_ARRAY_IDX(rows, 0, scim_row_t).display, "page00");
    rows = list("User", NULL, 20, 10, &total);
    ck_assert_int_eq(total, 25);
    ck_assert_int_eq(rows->nelts, 5);
    ck_assert_str_eq(APR_ARRAY_IDX(rows, 4, scim_row_t).display, "page24");
    rows = list("User", NULL, 25, 10, &total);
    ck_assert_int_eq(total, 25);
    ck_assert_int_eq(rows->nelts, 0);
    rows = list("User", NULL, 40, 10, &total);
    ck_assert_int_eq(total, 25);
    ck_assert_int_eq(rows->nelts, 0);
    rows = list("User", "userName sw \"page1\"", 40, 10, &total);
    ck_assert_int_eq(total, 10);
    ck_assert_int_eq(rows->nelts, 0);
    rows = list("User", NULL, 0, 0, &total);
    ck_assert_int_eq(total, 25);
    ck_assert_int_eq(rows->nelts, 0);
    /* In SQL, and finished by the matcher. */
    rows = list("User", "userName sw \"page1\"", 2, 3, &total);
    ck_assert_int_eq(total, 10);
    ck_assert_int_eq(rows->nelts, 3);
    ck_assert_str_eq(APR_ARRAY_IDX(rows, 0, scim_row_t).display, "page12");
    rows = list("User", "title eq \"odd\" and userName sw \"page1\"", 1, 3, &total);
    ck_assert_int_eq(total, 5);
    ck_assert_int_eq(rows->nelts, 3);
    ck_assert_str_eq(APR_ARRAY_IDX(rows, 0, scim_row_t).display, "page13");
    rows = list("User", "title eq \"odd\"", 0, 0, &total);
    ck_assert_int_eq(total, 12);
    ck_assert_int_eq(rows->nelts, 0);
    rows = list("Group", NULL, 0, 10, &total);
    ck_assert_int_eq(total, 0);
}
END_TEST

START_TEST(scan_is_bounded)
{
    db_request_t r = db_request(env);
    scim_list_t l = {db_type("User"), db_filter("title pr", "User", pool), 0, 10, NULL};
    apr_array_header_t *rows;
    apr_int64_t total;
    scim_error_t *err;
    int i;

    db_env_tenant(env)->max_scan = 20;
    for (i = 0; i < 21; i++) {
        db_put(env, db_user(apr_psprintf(pool, "scan%02d", i), pool));
    }
    err = scim_store_list(&rows, &total, r.store, &l, pool);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 400);
    ck_assert_int_eq(err->type, SCIM_TYPE_TOO_MANY);
    /* Narrowed by an index, it can be answered. */
    l.filter = db_filter("title pr or (userName eq \"scan03\" and not (title pr))", "User", pool);
    err = scim_store_list(&rows, &total, r.store, &l, pool);
    ck_assert_int_eq(err->type, SCIM_TYPE_TOO_MANY);
    l.filter = db_filter("userName sw \"scan0\" and not (title pr)", "User", pool);
    db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
    ck_assert_int_eq(total, 10);
    db_request_end(&r);
}
END_TEST

/* What a request costs, on a connection that was used before. */
static unsigned statements(const db_request_t *r)
{
    unsigned n;
    unsigned takes;

    scim_dbd_counts(r->db, &n, &takes);
    ck_assert_uint_eq(takes, 1);
    return n;
}

START_TEST(statement_counts)
{
    json_t *user = db_user("counted", pool);
    json_t *group = db_group("counted", pool);
    const char *id = db_put(env, user);
    scim_member_step_t add = {SCIM_MEMBER_ADD, &id, 1, NULL};
    scim_list_t l = {db_type("User"), db_filter("userName eq \"Counted\"", "User", pool), 0, 100,
                     NULL};
    apr_array_header_t *groups;
    apr_array_header_t *rows;
    apr_int64_t total;
    scim_row_t *row;
    db_request_t r;

    db_put(env, group);
    r = db_request(env);
    db_ok(db_members(NULL, NULL, &r, db_id(group), &add));
    ck_assert_uint_eq(statements(&r), 4); /* lock, the user's row, insert, touch */
    db_request_end(&r);

    r = db_request(env);
    db_ok(scim_store_get(&row, r.store, db_type("User"), id, pool));
    db_ok(scim_store_groups_of(&groups, r.store, row, pool));
    ck_assert_int_eq(groups->nelts, 1);
    ck_assert_uint_eq(statements(&r), 1);
    db_request_end(&r);

    r = db_request(env);
    db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
    ck_assert_int_eq(total, 1);
    db_ok(scim_store_groups_of(&groups, r.store, &APR_ARRAY_IDX(rows, 0, scim_row_t), pool));
    ck_assert_int_eq(groups->nelts, 1);
    ck_assert_uint_eq(statements(&r), 1);
    db_request_end(&r);

    r = db_request(env);
    db_ok(db_insert(NULL, &r, db_user("posted", pool)));
    ck_assert_uint_eq(statements(&r), 3); /* resource, index rows, counter */
    db_request_end(&r);

    r = db_request(env);
    json_object_set_new(user, "active", json_false());
    db_ok(db_change(NULL, &r, "User", id, user));
    ck_assert_uint_eq(statements(&r), 2); /* lock, update */
    db_request_end(&r);

    r = db_request(env);
    l.filter = NULL;
    l.limit = 1;
    db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
    ck_assert_int_eq(total, 2);
    ck_assert_uint_eq(statements(&r), 2); /* page, counters */
    db_request_end(&r);
}
END_TEST

START_TEST(groups_of_a_user)
{
    const char *id = db_put(env, db_user("member", pool));
    scim_member_step_t add = {SCIM_MEMBER_ADD, &id, 1, NULL};
    apr_array_header_t *groups;
    apr_array_header_t *rows;
    apr_int64_t total;
    scim_row_t *row;
    db_request_t r = db_request(env);
    int i;

    db_put(env, db_user("alone", pool));
    for (i = 0; i < 12; i++) {
        json_t *g = db_group(apr_psprintf(pool, "group %02d", i), pool);
        db_put(env, g);
        db_ok(db_members(NULL, NULL, &r, db_id(g), &add));
    }
    db_ok(scim_store_get(&row, r.store, db_type("User"), id, pool));
    db_ok(scim_store_groups_of(&groups, r.store, row, pool));
    ck_assert_int_eq(groups->nelts, 12);
    for (i = 0; i < 12; i++) {
        const scim_ref_t *ref = &APR_ARRAY_IDX(groups, i, scim_ref_t);
        ck_assert_str_eq(ref->display, apr_psprintf(pool, "group %02d", i));
        ck_assert_ptr_eq(ref->type, db_type("Group"));
    }
    rows = list("User", NULL, 0, 10, &total);
    db_ok(scim_store_groups_of(&groups, r.store, &APR_ARRAY_IDX(rows, 0, scim_row_t), pool));
    ck_assert_int_eq(groups->nelts, 12);
    ck_assert_str_eq(APR_ARRAY_IDX(groups, 11, scim_ref_t).display, "group 11");
    db_ok(scim_store_groups_of(&groups, r.store, &APR_ARRAY_IDX(rows, 1, scim_row_t), pool));
    ck_assert_int_eq(groups->nelts, 0);
    db_request_end(&r);
}
END_TEST

/* The error must not live in what the scan gives back: whoever allocates next writes over it. */
START_TEST(a_broken_document)
{
    scim_list_t l = {db_type("User"), db_filter("title eq \"odd\"", "User", pool), 0, 10, NULL};
    db_request_t r = db_request(env);
    apr_array_header_t *rows;
    apr_int64_t total;
    scim_error_t *err;
    int i;

    db_put(env, db_user("broken", pool));
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), 1);
    db_sql(env, apr_psprintf(pool, "UPDATE scim_resource SET doc = '[]' WHERE tenant = '%s'",
                             db_env_tenant(env)->name));
    err = scim_store_list(&rows, &total, r.store, &l, pool);
    for (i = 0; i < 100; i++) {
        apr_pool_t *other;
        apr_pool_create(&other, pool);
        memset(apr_palloc(other, 4000), 'x', 4000);
    }
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 500);
    ck_assert_str_eq(err->msgid, "SCIM1001");
    ck_assert_str_eq(err->detail, "The stored resource cannot be read.");
    db_request_end(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store list");
    TCase *tc = tcase_create("lists");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, pages);
    tcase_add_test(tc, scan_is_bounded);
    tcase_add_test(tc, statement_counts);
    tcase_add_test(tc, groups_of_a_user);
    tcase_add_test(tc, a_broken_document);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
