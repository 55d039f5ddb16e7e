/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Walks by startIndex that go on from where the page before ended. */
#include "db_world.h"

#include <string.h>

#include <apr_strings.h>

#define MOST 256

/* Bookmarks in memory, none of which is ever too old. */
typedef struct memory_t {
    scim_bookmark_t marks[MOST];
    int n;
    int hits;
} memory_t;

static db_env_t *env;
static apr_pool_t *pool;
static memory_t memory;
static scim_bookmarks_t bookmarks;

static int same(const scim_bookmark_t *a, const scim_bookmark_t *b)
{
    return strcmp(a->tenant, b->tenant) == 0 && strcmp(a->type, b->type) == 0 &&
           a->start == b->start;
}

static int get(scim_bookmark_t *mark, void *baton)
{
    memory_t *m = baton;
    int i;

    for (i = m->n - 1; i >= 0; i--) {
        if (same(&m->marks[i], mark)) {
            if (m->marks[i].gone != mark->gone) {
                return 0;
            }
            m->hits++;
            mark->rid = m->marks[i].rid;
            return 1;
        }
    }
    return 0;
}

static void put(const scim_bookmark_t *mark, void *baton)
{
    memory_t *m = baton;

    ck_assert_int_lt(m->n, MOST);
    m->marks[m->n] = *mark;
    m->n++;
}

static void setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
    memset(&memory, 0, sizeof(memory));
    bookmarks = (scim_bookmarks_t){get, put, &memory};
}

static void teardown(void)
{
    db_env_close(env);
}

static const char **fill(int n)
{
    const char **ids = apr_palloc(pool, sizeof(*ids) * (size_t)n);
    int i;

    for (i = 0; i < n; i++) {
        ids[i] = db_put(env, db_user(apr_psprintf(pool, "u%03d", i), pool));
    }
    return ids;
}

static unsigned statements;

static apr_array_header_t *page(apr_int64_t offset, int limit, apr_int64_t *total)
{
    db_request_t r = db_request(env);
    scim_list_t l = {db_type("User"), NULL, offset, limit, NULL};
    apr_array_header_t *rows;
    unsigned takes;

    scim_store_bookmarks(r.store, &bookmarks);
    db_ok(scim_store_list(&rows, total, r.store, &l, pool));
    scim_dbd_counts(r.db, &statements, &takes);
    db_request_end(&r);
    return rows;
}

/* The page is what counting gives, and the total what there is. */
static void check(apr_int64_t offset, int limit)
{
    db_world_t w = db_world(env, "User");
    apr_int64_t total;
    apr_array_header_t *rows = page(offset, limit, &total);
    int left = w.n > offset ? w.n - (int)offset : 0;
    int i;

    ck_assert_int_eq(total, w.n);
    ck_assert_int_eq(rows->nelts, left < limit ? left : limit);
    for (i = 0; i < rows->nelts; i++) {
        ck_assert_str_eq(APR_ARRAY_IDX(rows, i, scim_row_t).id, w.rows[offset + i].id);
    }
}

static void drop(const char *id)
{
    db_request_t r = db_request(env);

    db_ok(db_change(NULL, &r, "User", id, NULL));
    db_request_end(&r);
}

START_TEST(a_walk)
{
    apr_int64_t offset;

    fill(35);
    for (offset = 0; offset < 40; offset += 10) {
        check(offset, 10);
        ck_assert_uint_eq(statements, 2);
    }
    ck_assert_int_eq(memory.hits, 3);
    /* The same page again, and one with another length from the same place. */
    check(20, 10);
    check(20, 3);
    ck_assert_int_eq(memory.hits, 5);
    check(23, 5);
    ck_assert_int_eq(memory.hits, 6);
    /* A place where no page ended. */
    check(17, 5);
    ck_assert_int_eq(memory.hits, 6);
    check(35, 5);
    check(100, 5);
}
END_TEST

/* Whatever is deleted, before the place, at it or behind it, the next page is right. */
START_TEST(deletes)
{
    const char **ids = fill(40);
    static const int gone[] = {3, 19, 20, 30, 39};
    size_t i;

    for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        int hits;
        check(0, 10);
        check(10, 10);
        hits = memory.hits;
        drop(ids[gone[i]]);
        check(20, 10);
        ck_assert_int_eq(memory.hits, hits);
        check(10, 10);
        check(20, 10);
        check(30, 10);
        ck_assert_int_gt(memory.hits, hits);
    }
    ck_assert_int_eq(db_count(env, "SELECT SUM(gone) FROM scim_counter WHERE tenant = %s"), 5);
}
END_TEST

START_TEST(what_is_new_comes_at_the_end)
{
    fill(20);
    check(0, 10);
    db_put(env, db_user("later", pool));
    check(10, 10);
    check(20, 10);
    ck_assert_int_eq(memory.hits, 2);
}
END_TEST

/* A deletion while a page is being read: the mark that is made of it is not believed. */
static void drop_hook(void *baton)
{
    drop(*(const char **)baton);
}

START_TEST(a_delete_in_between)
{
    const char **ids = fill(30);
    db_fault_t fault = {DB_FAULT_CALL, "ORDER BY r.rid LIMIT", 0, 1, drop_hook, &ids[2]};
    apr_int64_t total;

    db_fault(env, &fault);
    page(0, 10, &total);
    ck_assert_int_eq(db_fault_count(env), 1);
    check(10, 10);
    ck_assert_int_eq(memory.hits, 0);
    check(20, 10);
}
END_TEST

/* Filters, cursors and other orders have nothing to do with them. */
START_TEST(only_for_walks_through_all)
{
    scim_search_part_t part = {db_type("User"), db_filter("userName pr", "User", pool), NULL};
    scim_search_t s = {&part, 1, 0, 0, 10, 5, NULL, NULL, "", 0};
    scim_path_t path;
    scim_page_t got;
    db_request_t r;

    fill(20);
    r = db_request(env);
    scim_store_bookmarks(r.store, &bookmarks);
    db_ok(scim_store_search(&got, r.store, &s, pool));
    part.filter = NULL;
    part.sort = &path;
    db_ok(scim_sort_parse(&path, "userName", part.type, pool));
    s.sorted = 1;
    db_ok(scim_store_search(&got, r.store, &s, pool));
    s.sorted = 0;
    s.offset = 0;
    s.cursor = "";
    db_ok(scim_store_search(&got, r.store, &s, pool));
    s.cursor = got.next_cursor;
    db_ok(scim_store_search(&got, r.store, &s, pool));
    ck_assert_int_eq(memory.hits, 0);
    db_request_end(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store bookmarks");
    TCase *tc = tcase_create("bookmarks");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, a_walk);
    tcase_add_test(tc, deletes);
    tcase_add_test(tc, what_is_new_comes_at_the_end);
    tcase_add_test(tc, a_delete_in_between);
    tcase_add_test(tc, only_for_walks_through_all);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
