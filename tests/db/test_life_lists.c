/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Tombstones: which lists show them, and for how long. */
#include "db_life.h"

#include <string.h>

#include <apr_strings.h>

/* More than one list deletes. */
#define MANY 270

#define HOUR APR_INT64_C(3600)

/* ---- who sees it ---- */

/* Users, some of which are tombstones, at both ends and in rows. */
static const char **population(int n)
{
    const char **ids = apr_palloc(pool, sizeof(*ids) * (size_t)n);
    int i;

    for (i = 0; i < n; i++) {
        ids[i] = life_put(apr_psprintf(pool, "u%03d", i));
    }
    for (i = 0; i < n; i++) {
        if (i % 4 == 0 || i % 4 == 1 || i == n - 1) {
            life_bury(ids[i], apr_psprintf(pool, "u%03d", i));
        }
    }
    return ids;
}

/* The world without its tombstones. */
static db_world_t living(void)
{
    const scim_life_t *own = tenant->life;
    db_world_t w;
    int kept = 0;
    int i;

    tenant->life = NULL;
    w = db_world(env, "User");
    tenant->life = own;
    for (i = 0; i < w.n; i++) {
        if (!w.rows[i].tombstone) {
            w.rows[kept] = w.rows[i];
            w.trees[kept++] = w.trees[i];
        }
    }
    w.n = kept;
    return w;
}

static scim_page_t page(scim_search_t *s, apr_int64_t offset, const char *cursor)
{
    db_request_t r = db_request(env);
    scim_page_t out;

    s->offset = offset;
    s->cursor = cursor;
    db_ok(scim_store_search(&out, r.store, s, pool));
    db_request_end(&r);
    return out;
}

static void check_rows(const scim_page_t *got, const apr_array_header_t *ids, int from)
{
    int i;

    ck_assert_int_eq(got->total, ids->nelts);
    for (i = 0; i < got->rows->nelts; i++) {
        ck_assert_int_lt(from + i, ids->nelts);
        ck_assert_str_eq(APR_ARRAY_IDX(got->rows, i, scim_row_t).id,
                         APR_ARRAY_IDX(ids, from + i, const char *));
    }
}

/* A list, page by page by offset and by cursor, against what must be in it. */
static void check_list(const char *filter, const char *sort, int descending)
{
    db_world_t world = living();
    const scim_filter_t *f = filter ? db_filter(filter, "User", pool) : NULL;
    scim_path_t path;
    const scim_path_t *sorted = sort ? &path : NULL;
    scim_search_part_t part = {world.type, f, sorted};
    scim_search_t s = {&part, 1, sort != NULL, descending, 0, 7, NULL, NULL, "", 0};
    const char *cursor = "";
    apr_array_header_t *ids;
    int from;

    if (sort) {
        db_ok(scim_sort_parse(&path, sort, world.type, pool));
    }
    ids = db_world_list(&world, 1, &f, sort ? &sorted : NULL, descending, pool);
    for (from = 0; from <= ids->nelts + 7; from += 7) {
        scim_page_t got = page(&s, from, NULL);
        int left = ids->nelts > from ? ids->nelts - from : 0;
        check_rows(&got, ids, from);
        ck_assert_int_eq(got.rows->nelts, left < 7 ? left : 7);
    }
    for (from = 0; cursor; from += 7) {
        scim_page_t got = page(&s, 0, cursor);
        check_rows(&got, ids, from);
        cursor = got.next_cursor;
    }
    ck_assert_int_ge(from, ids->nelts);
}

static void check_lists(void)
{
    static const char *const filters[] = {NULL,
                                          "active eq false",
                                          "userName sw \"u0\"",
                                          "externalId pr",
                                          "not (name pr)",
                                          "emails.value eq \"u002@example.com\"",
                                          "nickName pr or userName co \"2\""};
    static const char *const sorts[] = {NULL,           "userName", "emails.value",
                                        "meta.created", "title",    "nickName"};

    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        for (size_t j = 0; j < sizeof(sorts) / sizeof(sorts[0]); j++) {
            check_list(filters[i], sorts[j], 0);
            check_list(filters[i], sorts[j], 1);
        }
    }
}

START_TEST(hidden_from_every_list)
{
    const char **ids = population(30);

    life.hide = 1;
    check_lists();
    tenant->max_scan = 3; /* by the indexes alone, where they can */
    check_list(NULL, NULL, 0);
    check_list(NULL, "userName", 1);
    check_list(NULL, "emails.value", 0);
    check_list("userName sw \"u0\"", "userName", 0);
    check_list("userName sw \"u0\"", "emails.value", 1);
    /* Who has the id still gets it. */
    ck_assert_int_ne(life_get("User", ids[0])->tombstone, 0);
    ck_assert_int_eq(life_found("userName eq \"u000\""), 0);
    ck_assert_int_eq(life_found("userName eq \"u002\""), 1);
    ck_assert_int_eq(life_found(apr_psprintf(pool, "id eq \"%s\"", ids[0])), 0);
}
END_TEST

START_TEST(shown_by_default)
{
    population(30);
    ck_assert_int_eq(life_found(NULL), 30);
    ck_assert_int_eq(life_found("userName eq \"u000\""), 1);
    ck_assert_int_eq(life_found("active eq false"), 16);
    ck_assert_int_eq(life_found("active eq true"), 14);
}
END_TEST

/* ---- for how long ---- */

START_TEST(past_its_time)
{
    const char **ids = population(30);
    db_request_t r;
    scim_row_t *row;

    life.seconds = HOUR;
    ck_assert_int_eq(life_found(NULL), 30);
    ck_assert_ptr_nonnull(life_get("User", ids[0]));
    for (int i = 0; i < 30; i++) {
        if (life_get("User", ids[i])->tombstone) {
            life_age(ids[i], HOUR - 60);
        }
    }
    ck_assert_int_eq(life_found(NULL), 30);
    ck_assert_int_eq(life_found("active eq false"), 16);
    for (int i = 0; i < 30; i++) {
        if (life_get("User", ids[i])->tombstone) {
            life_age(ids[i], 120);
        }
    }
    ck_assert_ptr_null(life_get("User", ids[0]));
    r = db_request(env);
    ck_assert_int_eq(db_change(&row, &r, "User", ids[0], life_user(ids[0], "u000"))->status, 404);
    db_request_end(&r);
    /* A filter leaves them out; a list of all takes them away. */
    ck_assert_int_eq(life_found("active eq false"), 0);
    ck_assert_int_eq(life_found("externalId pr"), 14);
    ck_assert_int_eq(life_count("scim_resource WHERE type = 'User'"), 30);
    check_lists();
    ck_assert_int_eq(life_count("scim_resource WHERE type = 'User'"), 14);
    ck_assert_int_eq(life_count("scim_value WHERE attr = '#tombstone'"), 0);
    ck_assert_int_eq(life_counter("n"), 14);
    ck_assert_int_eq(life_counter("tombs"), 0);
}
END_TEST

/* The list of the moment is right although it cannot delete them all. */
START_TEST(too_many_at_once)
{
    int i;

    life.seconds = HOUR;
    life_put("first");
    for (i = 0; i < MANY; i++) {
        const char *name = apr_psprintf(pool, "u%03d", i);
        const char *id = life_put(name);
        life_bury(id, name);
        life_age(id, 2 * HOUR);
    }
    life_put("last");
    ck_assert_int_eq(life_found(NULL), 2);
    ck_assert_int_eq(life_count("scim_resource WHERE type = 'User'"), MANY + 2 - 250);
    ck_assert_int_eq(life_found(NULL), 2);
    ck_assert_int_eq(life_count("scim_resource WHERE type = 'User'"), 2);
}
END_TEST

/* The same while they cannot be deleted at all: by a list that is sorted, and by cursor. */
START_TEST(not_deleted_yet)
{
    db_fault_t fault = {DB_FAULT_NUMBER, "DELETE FROM scim_resource", 1114, 10000, NULL, NULL};
    const char **ids = population(30);

    life.seconds = HOUR;
    for (int i = 0; i < 30; i++) {
        if (life_get("User", ids[i])->tombstone) {
            life_age(ids[i], 2 * HOUR);
        }
    }
    db_fault(env, &fault);
    check_list(NULL, NULL, 0);
    check_list(NULL, "userName", 0);
    check_list(NULL, "emails.value", 1);
    check_list(NULL, "meta.created", 1);
    check_list("active eq false", NULL, 0);
    ck_assert_int_gt(db_fault_count(env), 0);
    ck_assert_int_eq(life_count("scim_resource WHERE type = 'User'"), 30);
}
END_TEST

/* Without tombstones past their time, a list of all costs one lookup more, and a filter nothing. */
START_TEST(costs)
{
    scim_list_t l = {db_type("User"), NULL, 0, 100, NULL};
    apr_array_header_t *rows;
    apr_int64_t total;
    unsigned statements[2][2];
    unsigned takes;

    life_bury(life_put("one"), "one");
    life_put("two");
    for (int i = 0; i < 2; i++) {
        life.seconds = i ? HOUR : 0;
        for (int j = 0; j < 2; j++) {
            db_request_t r = db_request(env);
            l.filter = j ? db_filter("userName eq \"one\"", "User", pool) : NULL;
            db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
            scim_dbd_counts(r.db, &statements[i][j], &takes);
            db_request_end(&r);
        }
    }
    ck_assert_uint_eq(statements[1][0], statements[0][0] + 1);
    ck_assert_uint_eq(statements[1][1], statements[0][1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("life and lists");
    TCase *tc = tcase_create("life");

    tcase_add_checked_fixture(tc, life_setup, life_teardown);
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, hidden_from_every_list);
    tcase_add_test(tc, shown_by_default);
    tcase_add_test(tc, past_its_time);
    tcase_add_test(tc, too_many_at_once);
    tcase_add_test(tc, costs);
    if (db_is_mariadb()) {
        tcase_add_test(tc, not_deleted_yet); /* SQLite has no numbers for errors */
    }
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
