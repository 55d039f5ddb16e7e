/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Reading and writing resources. */
#include "db_env.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_id.h"

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

static scim_row_t *get(const char *type, const char *id)
{
    db_request_t r = db_request(env);
    scim_row_t *row;

    /* The row outlives the request: it is read into the environment's pool. */
    db_ok(scim_store_get(&row, r.store, db_type(type), id, pool));
    db_request_end(&r);
    return row;
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

static const char *only(const char *type, const char *filter)
{
    apr_int64_t total;
    apr_array_header_t *rows = list(type, filter, 0, 10, &total);

    ck_assert_int_eq(total, rows->nelts);
    return rows->nelts == 1 ? APR_ARRAY_IDX(rows, 0, scim_row_t).id : NULL;
}

START_TEST(insert_and_get)
{
    json_t *doc = db_user("Bj\xc3\xb6rn \xf0\x9f\x98\x80", pool);
    db_request_t r = db_request(env);
    scim_row_t *made;
    scim_row_t *row;

    json_object_set_new(doc, "displayName", json_string("Bj\xc3\xb6rn"));
    db_ok(db_insert(&made, &r, doc));
    row = get("User", db_id(doc));
    ck_assert_ptr_nonnull(row);
    ck_assert_str_eq(row->doc, scim_json_dump(doc, NULL, pool));
    ck_assert_uint_eq(row->doc_len, strlen(row->doc));
    ck_assert_str_eq(row->id, db_id(doc));
    ck_assert_str_eq(row->display, "Bj\xc3\xb6rn");
    ck_assert_int_eq(row->version, 1);
    ck_assert_int_eq(row->active, 1);
    ck_assert_int_eq(row->created, made->created);
    ck_assert_int_eq(row->modified, made->modified);
    ck_assert_int_eq(row->created % 1000, 0);
    ck_assert_ptr_null(get("Group", db_id(doc)));
    ck_assert_ptr_null(get("User", "nobody"));
    ck_assert_ptr_null(get("User", ""));
    ck_assert_ptr_null(get("User", apr_pstrcat(pool, db_id(doc), " ", NULL)));
    db_request_end(&r);
}
END_TEST

START_TEST(long_id_needs_no_query)
{
    db_request_t r = db_request(env);
    scim_row_t *row;
    char id[SCIM_ID_MAX + 2];
    unsigned statements;
    unsigned takes;

    memset(id, 'x', sizeof(id) - 1);
    id[sizeof(id) - 1] = '\0';
    db_ok(scim_store_get(&row, r.store, db_type("User"), id, pool));
    ck_assert_ptr_null(row);
    scim_dbd_counts(r.db, &statements, &takes);
    ck_assert_uint_eq(statements, 0);
    ck_assert_uint_eq(takes, 0);
    db_request_end(&r);
}
END_TEST

START_TEST(update_raises_version)
{
    json_t *doc = db_user("before", pool);
    json_t *other = json_deep_copy(doc);
    db_request_t r = db_request(env);
    scim_row_t *made;
    scim_row_t *row;

    scim_json_own(other, pool);
    db_ok(db_insert(&made, &r, doc));
    json_object_set_new(other, "userName", json_string("After"));
    json_object_set_new(other, "active", json_false());
    db_ok(db_change(&row, &r, "User", db_id(doc), other));
    ck_assert_int_eq(row->version, 2);
    ck_assert_int_gt(row->modified, made->modified);
    ck_assert_int_eq(row->created, made->created);
    row = get("User", db_id(doc));
    ck_assert_int_eq(row->version, 2);
    ck_assert_int_gt(row->modified, made->modified);
    ck_assert_int_eq(row->active, 0);
    ck_assert_str_eq(row->display, "After");
    ck_assert_str_eq(row->doc, scim_json_dump(other, NULL, pool));
    ck_assert_ptr_null(only("User", "userName eq \"before\""));
    ck_assert_str_eq(only("User", "userName eq \"AFTER\""), db_id(doc));
    db_request_end(&r);
}
END_TEST

START_TEST(members_raise_version_only)
{
    json_t *doc = db_group("g", pool);
    const char *user = db_put(env, db_user("user", pool));
    scim_member_step_t none = {SCIM_MEMBER_ADD, NULL, 0, NULL};
    scim_member_step_t one = {SCIM_MEMBER_ADD, &user, 1, NULL};
    db_request_t r = db_request(env);
    scim_row_t *row;

    db_put(env, doc);
    db_ok(db_members(NULL, NULL, &r, db_id(doc), &none));
    ck_assert_int_eq(get("Group", db_id(doc))->version, 1);
    db_ok(db_members(NULL, NULL, &r, db_id(doc), &one));
    db_ok(db_members(NULL, NULL, &r, db_id(doc), &one)); /* is one already */
    row = get("Group", db_id(doc));
    ck_assert_int_eq(row->version, 2);
    ck_assert_int_eq(row->members, 1);
    ck_assert_str_eq(row->doc, scim_json_dump(doc, NULL, pool));
    db_request_end(&r);
}
END_TEST

START_TEST(index_follows_the_document)
{
    json_t *doc = db_user("indexed", pool);
    json_t *email = json_array_get(json_object_get(doc, "emails"), 0);
    db_request_t r = db_request(env);

    db_put(env, doc);
    ck_assert_str_eq(only("User", "emails.value eq \"INDEXED@example.com\""), db_id(doc));
    json_object_set_new(email, "value", json_string("new@example.com"));
    json_object_set_new(doc, "displayName", json_string("Shown"));
    json_object_del(doc, "name");
    db_ok(db_change(NULL, &r, "User", db_id(doc), doc));
    ck_assert_ptr_null(only("User", "emails.value eq \"indexed@example.com\""));
    ck_assert_str_eq(only("User", "emails.value eq \"new@example.com\""), db_id(doc));
    ck_assert_str_eq(only("User", "displayName eq \"shown\""), db_id(doc));
    ck_assert_ptr_null(only("User", "name.familyName pr"));
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_value WHERE tenant = %s "
                                   "AND SUBSTR(attr, 1, 1) <> '#'"), 2);
    db_request_end(&r);
}
END_TEST

START_TEST(delete_leaves_nothing)
{
    json_t *user = db_user("gone", pool);
    json_t *group = db_group("stays", pool);
    const char *id = db_put(env, user);
    scim_member_step_t add = {SCIM_MEMBER_ADD, &id, 1, NULL};
    db_request_t r = db_request(env);

    db_put(env, group);
    db_ok(db_members(NULL, NULL, &r, db_id(group), &add));
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s"), 1);
    db_ok(db_change(NULL, &r, "User", id, NULL));
    ck_assert_ptr_null(get("User", id));
    ck_assert_ptr_nonnull(get("Group", db_id(group)));
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s"), 0);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_value WHERE tenant = %s"), 0);
    ck_assert_int_eq(db_count(env, "SELECT SUM(n) FROM scim_counter WHERE type = 'User' AND "
                                   "tenant = %s"), 0);
    ck_assert_int_eq(db_change(NULL, &r, "User", id, NULL)->status, 404);
    db_request_end(&r);
}
END_TEST

/* Names that are the same, and names that are not although a collation may think so. */
START_TEST(uniqueness_is_case_folding)
{
    static const char *const same[][2] = {
        {"anna", "ANNA"},
        {"Bj\xc3\xb6rn", "BJ\xc3\x96RN"},
        {"\xce\xa3igma", "\xcf\x82IGMA"}, /* capital and final sigma */
        {"\xf0\x90\x90\x80", "\xf0\x90\x90\xa8"}, /* Deseret, beyond the BMP */
    };
    static const char *const different[][2] = {
        {"carl", "carl "},
        {"doris", " doris"},
        {"stra\xc3\x9f" "e", "strasse"},
        {"jos\xc3\xa9", "jose"},
        {"emil\xf0\x9f\x98\x80", "emil\xf0\x9f\x98\x81"},
        {"\xef\xac\x81", "fi"}, /* ligature */
        {"100%", "100_"},
    };
    db_request_t r = db_request(env);
    scim_error_t *err;
    size_t i;

    for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        db_ok(db_insert(NULL, &r, db_user(same[i][0], pool)));
        err = db_insert(NULL, &r, db_user(same[i][1], pool));
        ck_assert_msg(err != NULL, "%s and %s are the same", same[i][0], same[i][1]);
        ck_assert_int_eq(err->status, 409);
        ck_assert_int_eq(err->type, SCIM_TYPE_UNIQUENESS);
        ck_assert_ptr_nonnull(strstr(err->detail, "userName"));
        ck_assert_ptr_null(strstr(err->detail, same[i][1]));
        ck_assert_ptr_nonnull(only("User", apr_psprintf(pool, "userName eq \"%s\"", same[i][1])));
    }
    for (i = 0; i < sizeof(different) / sizeof(different[0]); i++) {
        db_ok(db_insert(NULL, &r, db_user(different[i][0], pool)));
        err = db_insert(NULL, &r, db_user(different[i][1], pool));
        ck_assert_msg(err == NULL, "%s and %s differ", different[i][0], different[i][1]);
    }
    /* A group may bear a user's name, but not another group's. */
    db_ok(db_insert(NULL, &r, db_group("anna", pool)));
    err = db_insert(NULL, &r, db_group("Anna", pool));
    ck_assert_int_eq(err->status, 409);
    ck_assert_ptr_nonnull(strstr(err->detail, "displayName"));
    db_request_end(&r);
}
END_TEST

START_TEST(update_to_a_taken_name)
{
    json_t *one = db_user("one", pool);
    json_t *two = db_user("two", pool);
    db_request_t r = db_request(env);
    scim_error_t *err;

    db_put(env, one);
    db_put(env, two);
    json_object_set_new(two, "userName", json_string("ONE"));
    err = db_change(NULL, &r, "User", db_id(two), two);
    ck_assert_int_eq(err->status, 409);
    ck_assert_int_eq(get("User", db_id(two))->version, 1);
    ck_assert_str_eq(only("User", "userName eq \"two\""), db_id(two));
    db_request_end(&r);
}
END_TEST

START_TEST(tenants_do_not_see_each_other)
{
    scim_tenant_t *other = scim_tenant_make("another", pool);
    json_t *doc = db_user("shared", pool);
    json_t *group = db_group("shared", pool);
    db_request_t r = db_request(env);
    scim_store_t *store = scim_store_make(r.db, other, pool);
    scim_list_t l = {db_type("User"), NULL, 0, 10, NULL};
    apr_array_header_t *rows;
    apr_int64_t total;
    scim_row_t *row;

    db_put(env, doc);
    db_put(env, group);
    db_ok(scim_store_get(&row, store, db_type("User"), db_id(doc), pool));
    ck_assert_ptr_null(row);
    db_ok(scim_store_list(&rows, &total, store, &l, pool));
    ck_assert_int_eq(total, 0);
    l.filter = db_filter("userName eq \"shared\" or emails.value pr or groups pr", "User", pool);
    db_ok(scim_store_list(&rows, &total, store, &l, pool));
    ck_assert_int_eq(total, 0);
    db_request_end(&r);
}
END_TEST

START_TEST(documents_of_any_length)
{
    /* Around the beginning that the first statement reads, in bytes and in characters. */
    static const int sizes[] = {1, 3500, 3850, 3900, 4000, 4095, 4096, 4097, 20000, 200000};
    const char *units[] = {"a", "\xc3\xa4", "\xf0\x9f\x98\x80"};
    db_request_t r = db_request(env);
    const char *ids[64];
    json_t *docs[64];
    apr_int64_t total;
    apr_array_header_t *rows;
    size_t i;
    int n = 0;
    int u;

    for (u = 0; u < 3; u++) {
        for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            scim_buf_t *b = scim_buf_make(0, pool);
            while ((int)b->len < sizes[i]) {
                scim_buf_puts(b, units[u]);
            }
            docs[n] = db_user(apr_psprintf(pool, "user%d", n), pool);
            json_object_set_new(docs[n], "title", json_string(b->data));
            ids[n] = db_put(env, docs[n]);
            ck_assert_str_eq(get("User", ids[n])->doc, scim_json_dump(docs[n], NULL, pool));
            db_ok(db_change(NULL, &r, "User", ids[n], docs[n]));
            n++;
        }
    }
    rows = list("User", NULL, 0, 100, &total);
    ck_assert_int_eq(rows->nelts, n);
    while (n-- > 0) {
        ck_assert_str_eq(APR_ARRAY_IDX(rows, n, scim_row_t).doc,
                         scim_json_dump(docs[n], NULL, pool));
        ck_assert_int_eq(APR_ARRAY_IDX(rows, n, scim_row_t).version, 2);
    }
    rows = list("User", "title co \"aaaa\"", 0, 100, &total);
    ck_assert_int_eq(rows->nelts, 9);
    db_request_end(&r);
}
END_TEST

static char *repeat(const char *unit, int n)
{
    scim_buf_t *b = scim_buf_make(0, pool);

    while (n-- > 0) {
        scim_buf_puts(b, unit);
    }
    return b->data;
}

START_TEST(what_does_not_fit_is_refused)
{
    db_request_t r = db_request(env);
    json_t *doc = db_user(repeat("\xf0\x9f\x98\x80", 255), pool);
    scim_error_t *err;

    db_ok(db_insert(NULL, &r, doc));
    ck_assert_uint_eq(scim_text_chars(get("User", db_id(doc))->display), 255);
    err = db_insert(NULL, &r, db_user(repeat("\xf0\x9f\x98\x80", 256), pool));
    ck_assert_int_eq(err->status, 400);
    ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_VALUE);
    ck_assert_ptr_nonnull(strstr(err->detail, "userName"));
    doc = db_user("x", pool);
    json_object_set_new(doc, "externalId", json_string(repeat("e", 1021)));
    err = db_insert(NULL, &r, doc);
    ck_assert_int_eq(err->status, 400);
    ck_assert_ptr_nonnull(strstr(err->detail, "externalId"));
    doc = db_user("y", pool);
    json_object_set_new(doc, "title", json_string(repeat("t", 262144)));
    ck_assert_int_eq(db_insert(NULL, &r, doc)->status, 413);
    doc = db_user("z", pool);
    json_object_set_new(doc, "displayName", json_string(repeat("\xf0\x9f\x98\x80", 300)));
    db_ok(db_insert(NULL, &r, doc));
    ck_assert_uint_eq(scim_text_chars(get("User", db_id(doc))->display), 255);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), 2);
    ck_assert_int_eq(db_count(env, "SELECT SUM(n) FROM scim_counter WHERE tenant = %s"), 2);
    db_request_end(&r);
}
END_TEST

/* Random inserts, updates and deletes: the counters are the number of rows. */
START_TEST(counters_hold)
{
    const char *ids[100];
    int n = 0;
    int i;
    apr_int64_t total;

    srand(4711);
    for (i = 0; i < 150; i++) {
        db_request_t r = db_request(env);
        int what = rand() % 4;
        if (n && what == 0) {
            int at = rand() % n;
            db_ok(db_change(NULL, &r, "User", ids[at], NULL));
            ids[at] = ids[--n];
        } else if (n && what == 1) {
            json_t *again = db_user(apr_psprintf(pool, "renamed%d", i), pool);
            json_object_set_new(again, "id", json_string(ids[rand() % n]));
            db_ok(db_change(NULL, &r, "User", db_id(again), again));
        } else {
            json_t *doc = db_user(apr_psprintf(pool, "counted%d", i), pool);
            db_ok(db_insert(NULL, &r, doc));
            ids[n++] = db_id(doc);
            ck_assert_int_eq(db_insert(NULL, &r, db_user(apr_psprintf(pool, "COUNTED%d", i), pool))
                                 ->status, 409);
        }
        db_request_end(&r);
    }
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), n);
    ck_assert_int_eq(db_count(env, "SELECT SUM(n) FROM scim_counter WHERE tenant = %s"), n);
    list("User", NULL, 0, 1, &total);
    ck_assert_int_eq(total, n);
    ck_assert_int_gt(
        db_count(env, "SELECT COUNT(*) FROM scim_counter WHERE n <> 0 AND tenant = %s"), 3);
}
END_TEST

START_TEST(counters_come_back)
{
    apr_int64_t total;

    db_put(env, db_user("one", pool));
    db_sql(env, apr_psprintf(pool, "DELETE FROM scim_counter WHERE tenant = '%s'",
                             db_env_tenant(env)->name));
    db_put(env, db_user("two", pool));
    list("User", NULL, 0, 1, &total);
    ck_assert_int_eq(total, 1); /* what was taken away is not known any more */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tc = tcase_create("resources");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, insert_and_get);
    tcase_add_test(tc, long_id_needs_no_query);
    tcase_add_test(tc, update_raises_version);
    tcase_add_test(tc, members_raise_version_only);
    tcase_add_test(tc, index_follows_the_document);
    tcase_add_test(tc, delete_leaves_nothing);
    tcase_add_test(tc, uniqueness_is_case_folding);
    tcase_add_test(tc, update_to_a_taken_name);
    tcase_add_test(tc, tenants_do_not_see_each_other);
    tcase_add_test(tc, documents_of_any_length);
    tcase_add_test(tc, what_does_not_fit_is_refused);
    tcase_add_test(tc, counters_hold);
    tcase_add_test(tc, counters_come_back);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
