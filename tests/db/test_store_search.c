/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Sorted lists, cursors and lists over several types, held against the core's own sorting. */
#include "db_world.h"

#include <string.h>

#include <apr_strings.h>

#define URN SCIM_URN_ENTERPRISE

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

/* ---- resources ---- */

static void set(json_t *doc, const char *name, const char *value)
{
    if (value) {
        json_object_set_new(doc, name, json_string(value));
    }
}

static json_t *emails_of(int i)
{
    json_t *emails = json_array();
    int n = i % 4;
    int j;

    for (j = 0; j < n; j++) {
        json_t *email = json_object();
        set(email, "value", apr_psprintf(pool, "%c%d@example.com", "Ab"[j % 2], (i * 7) % 11));
        set(email, "display", (i + j) % 3 ? "same" : NULL);
        if (j == n - 1 && i % 3 == 0) {
            json_object_set_new(email, "primary", json_true());
        }
        json_array_append_new(emails, email);
    }
    return emails;
}

/* Many equals, many without, letters of both cases and of more than one byte. */
static json_t *user(int i)
{
    static const char *const words[] = {"a", "B", "b", "\xc3\x84", "\xc3\xa4", "Z", "", "aa",
                                        "a b"};
    json_t *doc = db_user(apr_psprintf(pool, "%c%02d", "nNmM"[i % 4], (i * 37) % 100), pool);
    json_t *ext = json_object();

    set(doc, "displayName", i % 5 ? words[(i * 5) % 9] : NULL);
    set(doc, "externalId", i % 3 ? words[(i * 4) % 9] : NULL);
    set(doc, "title", i % 2 ? words[i % 9] : NULL);
    set(ext, "department", i % 4 ? words[(i * 2) % 9] : NULL);
    json_object_set_new(doc, "emails", emails_of(i));
    if (i % 7 == 0) {
        json_object_del(doc, "active");
    } else {
        json_object_set_new(doc, "active", json_boolean(i % 2));
    }
    if (json_object_size(ext)) {
        json_object_set_new(doc, URN, ext);
    } else {
        json_decref(ext);
    }
    return doc;
}

static void fill(int users, int groups)
{
    int i;

    for (i = 0; i < users || i < groups; i++) {
        if (i < users) {
            db_put(env, user(i));
        }
        if (i < groups) {
            json_t *group = db_group(apr_psprintf(pool, "%cg%d", "bBzA"[i % 4], i), pool);
            set(group, "externalId", i % 2 ? "b" : NULL);
            db_put(env, group);
        }
    }
    /* Times apart and not in the order of creation. */
    db_sql(env, apr_psprintf(pool,
                             "UPDATE scim_resource SET created = 1000000 + (rid * 7919) %% 40, "
                             "modified = 2000000 + (rid * 104729) %% 9 WHERE tenant = '%s'",
                             db_env_tenant(env)->name));
}

/* ---- searches ---- */

typedef struct search_t {
    scim_search_part_t parts[2];
    scim_search_t s;
    const scim_filter_t *filters[2];
    const scim_path_t *sorts[2];
} search_t;

static const char *const both[] = {"User", "Group"};

/* Over users (n 1), or users and groups (n 2). */
static search_t *make(int n, const char *filter, const char *sort, int descending)
{
    search_t *out = apr_pcalloc(pool, sizeof(*out));
    int i;

    for (i = 0; i < n; i++) {
        const scim_resource_type_t *type = db_type(both[i]);
        scim_path_t *path = apr_palloc(pool, sizeof(*path));
        if (filter) {
            db_ok(scim_filter_parse_any(&out->filters[i], filter, type, scim_catalog_default(),
                                        NULL, pool));
        }
        if (sort && !scim_sort_parse(path, sort, type, pool)) {
            out->sorts[i] = path;
        }
        out->parts[i] = (scim_search_part_t){type, out->filters[i], out->sorts[i]};
    }
    out->s.parts = out->parts;
    out->s.nparts = n;
    out->s.sorted = sort != NULL;
    out->s.descending = descending;
    out->s.binding = apr_psprintf(pool, "%d %s %s", n, filter ? filter : "", sort ? sort : "");
    return out;
}

static apr_array_header_t *wanted(const db_world_t *worlds, const search_t *q)
{
    return db_world_list(worlds, q->s.nparts, q->filters, q->s.sorted ? q->sorts : NULL,
                         q->s.descending, pool);
}

static scim_page_t page(search_t *q, apr_int64_t offset, int limit, const char *cursor)
{
    db_request_t r = db_request(env);
    scim_page_t out;

    q->s.offset = offset;
    q->s.limit = limit;
    q->s.cursor = cursor;
    db_ok(scim_store_search(&out, r.store, &q->s, pool));
    db_request_end(&r);
    return out;
}

static void check_rows(const scim_page_t *got, const apr_array_header_t *ids, int from,
                       const char *what)
{
    int i;

    for (i = 0; i < got->rows->nelts; i++) {
        const scim_row_t *row = &APR_ARRAY_IDX(got->rows, i, scim_row_t);
        ck_assert_msg(from + i < ids->nelts, "%s: a row too many: %d", what, from + i);
        ck_assert_msg(strcmp(row->id, APR_ARRAY_IDX(ids, from + i, const char *)) == 0,
                      "%s: number %d is %s (%s)", what, from + i, row->display, row->type->name);
    }
}

static void check_offsets(search_t *q, const apr_array_header_t *ids, const char *what)
{
    static const int offsets[] = {0, 1, 7, 20, 38, 39, 60, 100};
    size_t i;

    for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        int left = ids->nelts > offsets[i] ? ids->nelts - offsets[i] : 0;
        scim_page_t got = page(q, offsets[i], 9, NULL);
        ck_assert_msg(got.total == ids->nelts, "%s: total %d instead of %d", what, (int)got.total,
                      ids->nelts);
        ck_assert_msg(got.rows->nelts == (left < 9 ? left : 9), "%s: %d rows at %d of %d", what,
                      got.rows->nelts, offsets[i], ids->nelts);
        ck_assert_ptr_null(got.next_cursor);
        check_rows(&got, ids, offsets[i], what);
    }
    ck_assert_int_eq(page(q, 0, 0, NULL).total, ids->nelts);
}

static void check_cursors(search_t *q, const apr_array_header_t *ids, int limit, const char *what)
{
    const char *cursor = "";
    int from = 0;

    while (cursor) {
        scim_page_t got = page(q, 0, limit, cursor);
        ck_assert_msg(got.total == ids->nelts, "%s: total %d instead of %d", what, (int)got.total,
                      ids->nelts);
        check_rows(&got, ids, from, what);
        from += got.rows->nelts;
        cursor = got.next_cursor;
        ck_assert_msg(!cursor || got.rows->nelts == limit, "%s: a short page", what);
        ck_assert_msg(!cursor || strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                                "tuvwxyz0123456789-._~") == strlen(cursor),
                      "%s: %s", what, cursor);
    }
    ck_assert_msg(from == ids->nelts, "%s: %d rows instead of %d", what, from, ids->nelts);
}

static const char *const sorts[] = {
    NULL, "userName", "displayName", "id", "externalId", "meta.created", "meta.lastModified",
    "emails", "emails.display", "name.familyName", "active", "title", URN ":department",
    URN ":employeeNumber", "meta.resourceType", "groups.display", "schemas", "phoneNumbers"};

static const char *const filters[] = {
    NULL, "displayName pr", "userName sw \"n\"", "title eq \"a\"", "userName eq \"nobody\"",
    "meta.resourceType eq \"User\"", "externalId eq \"b\" or title eq \"b\"",
    "not (displayName eq \"a\")"};

static void check_all(int n)
{
    db_world_t worlds[] = {db_world(env, "User"), db_world(env, "Group")};
    size_t i;
    size_t j;
    int down;

    for (i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
        for (j = 0; j < sizeof(filters) / sizeof(filters[0]); j++) {
            for (down = 0; down < (sorts[i] ? 2 : 1); down++) {
                search_t *q = make(n, filters[j], sorts[i], down);
                apr_array_header_t *ids = wanted(worlds, q);
                const char *what = apr_psprintf(pool, "%s by %s %s, %d types",
                                                filters[j] ? filters[j] : "all",
                                                sorts[i] ? sorts[i] : "-", down ? "down" : "up", n);
                check_offsets(q, ids, what);
                check_cursors(q, ids, 4, what);
                check_cursors(q, ids, 500, what);
            }
            db_env_drop_idle(env);
        }
    }
}

START_TEST(every_order_of_users)
{
    fill(40, 3);
    check_all(1);
}
END_TEST

/* The same where filters select more than are sorted here: the index is walked. */
START_TEST(every_order_of_users_by_walking)
{
    size_t i;
    int down;

    fill(40, 3);
    db_world_t w = db_world(env, "User");
    db_env_tenant(env)->max_scan = 10;
    for (i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
        for (down = 0; sorts[i] && down < 2; down++) {
            search_t *q = make(1, "userName sw \"n\"", sorts[i], down);
            db_request_t r = db_request(env);
            scim_page_t got;
            scim_error_t *err;
            q->s.limit = 4;
            err = scim_store_search(&got, r.store, &q->s, pool);
            db_request_end(&r);
            if (err) {
                /* Only the documents could tell. */
                ck_assert_int_eq(err->type, SCIM_TYPE_TOO_MANY);
                continue;
            }
            check_offsets(q, wanted(&w, q), sorts[i]);
            check_cursors(q, wanted(&w, q), 4, sorts[i]);
        }
        db_env_drop_idle(env);
    }
}
END_TEST

START_TEST(every_order_of_all_types)
{
    fill(30, 12);
    check_all(2);
}
END_TEST

/* What is stored of an index follows a change of which element is the primary one. */
START_TEST(a_change_of_the_primary)
{
    static const char *const names[] = {"x", "y", "z"};
    json_t *docs[3];
    db_request_t r = db_request(env);
    search_t *q = make(1, NULL, "emails", 0);
    scim_page_t got;
    int i;

    for (i = 0; i < 3; i++) {
        docs[i] = db_user(names[i], pool);
        json_object_set_new(docs[i], "emails",
                            json_pack("[{s:s}, {s:s}]", "value", names[i], "value",
                                      names[2 - i]));
        db_put(env, docs[i]);
    }
    got = page(q, 0, 10, NULL);
    ck_assert_str_eq(APR_ARRAY_IDX(got.rows, 0, scim_row_t).display, "x");
    for (i = 0; i < 3; i++) {
        json_object_set_new(json_array_get(json_object_get(docs[i], "emails"), 1), "primary",
                            json_true());
        db_ok(db_change(NULL, &r, "User", db_id(docs[i]), docs[i]));
    }
    got = page(q, 0, 10, NULL);
    ck_assert_str_eq(APR_ARRAY_IDX(got.rows, 0, scim_row_t).display, "z");
    ck_assert_str_eq(APR_ARRAY_IDX(got.rows, 2, scim_row_t).display, "x");
    json_object_del(docs[2], "emails");
    db_ok(db_change(NULL, &r, "User", db_id(docs[2]), docs[2]));
    got = page(q, 0, 10, NULL);
    ck_assert_str_eq(APR_ARRAY_IDX(got.rows, 2, scim_row_t).display, "z");
    db_request_end(&r);
}
END_TEST

/* Values that the index cuts off are told apart behind its end, also from cursor to cursor. */
START_TEST(long_values)
{
    int i;

    fill(6, 0);
    for (i = 0; i < 9; i++) {
        json_t *doc = db_user(apr_psprintf(pool, "long%d", i), pool);
        char *text = apr_pcalloc(pool, 1501);
        memset(text, 'b', 1500);
        text[1300] = (char)('a' + (i * 5) % 9);
        if (i == 3) {
            text[1018] = '\0';
        }
        set(doc, "displayName", text);
        db_put(env, doc);
    }
    db_world_t w = db_world(env, "User");
    for (i = 0; i < 2; i++) {
        search_t *q = make(1, NULL, "displayName", i);
        check_offsets(q, wanted(&w, q), "long values");
        check_cursors(q, wanted(&w, q), 2, "long values");
        check_cursors(q, wanted(&w, q), 3, "long values");
        q = make(1, "userName pr", "displayName", i);
        check_cursors(q, wanted(&w, q), 2, "long values, filtered");
    }
}
END_TEST

/* Whoever is there all the time is seen once, whatever others write between the pages. */
START_TEST(cursors_while_others_write)
{
    static const char *const some[] = {NULL, "userName", "displayName", "externalId", "title"};
    size_t k;

    fill(40, 0);
    for (k = 0; k < sizeof(some) / sizeof(some[0]); k++) {
        db_world_t w = db_world(env, "User");
        int *seen = apr_pcalloc(pool, sizeof(int) * (size_t)w.n);
        search_t *q = make(1, NULL, some[k], (int)k % 2);
        db_request_t r = db_request(env);
        const char *cursor = "";
        int gone = 0;
        int i;
        int j;
        while (cursor) {
            scim_page_t got = page(q, 0, 5, cursor);
            for (i = 0; i < got.rows->nelts; i++) {
                const char *id = APR_ARRAY_IDX(got.rows, i, scim_row_t).id;
                for (j = 0; j < w.n; j++) {
                    seen[j] += strcmp(w.rows[j].id, id) == 0;
                }
            }
            /* The one that the page ended with goes, and one comes. */
            i = got.rows->nelts - 1;
            db_ok(db_change(NULL, &r, "User", APR_ARRAY_IDX(got.rows, i, scim_row_t).id, NULL));
            db_put(env, db_user(apr_psprintf(pool, "new%d-%d", (int)k, gone++), pool));
            cursor = got.next_cursor;
        }
        for (j = 0; j < w.n; j++) {
            ck_assert_msg(seen[j] == 1, "%s: %s was seen %d times", some[k], w.rows[j].display,
                          seen[j]);
        }
        db_request_end(&r);
    }
}
END_TEST

static void drop_hook(void *baton)
{
    db_request_t r = db_request(env);

    db_ok(db_change(NULL, &r, "User", baton, NULL));
    db_request_end(&r);
}

/* Who is deleted between the keys and the rows is not on the page, and nobody else is missing. */
START_TEST(a_delete_in_between)
{
    search_t *q = make(1, NULL, "userName", 0);
    apr_array_header_t *ids;
    scim_page_t got;
    int i;

    fill(12, 0);
    for (i = 0; i < 5; i += 2) {
        db_world_t w = db_world(env, "User");
        db_fault_t fault = {DB_FAULT_CALL, "AND r.rid IN", 0, 1, drop_hook, NULL};
        const char *cursor = "";
        int from = 0;
        ids = wanted(&w, q);
        fault.baton = apr_pstrdup(pool, APR_ARRAY_IDX(ids, i, const char *));
        db_fault(env, &fault);
        got = page(q, 0, 5, cursor);
        ck_assert_int_eq(db_fault_count(env), 1);
        ck_assert_int_eq(got.rows->nelts, 4);
        w = db_world(env, "User");
        ids = wanted(&w, q);
        check_rows(&got, ids, 0, "before");
        from = got.rows->nelts;
        got = page(q, 0, 5, got.next_cursor);
        check_rows(&got, ids, from, "behind");
    }
}
END_TEST

static scim_error_type_t refused(search_t *q, const char *cursor)
{
    db_request_t r = db_request(env);
    scim_page_t out;
    scim_error_t *err;

    q->s.limit = 2;
    q->s.cursor = cursor;
    err = scim_store_search(&out, r.store, &q->s, pool);
    db_request_end(&r);
    ck_assert_msg(!err || err->status == 400, "%s", err ? err->detail : "");
    return err ? err->type : SCIM_TYPE_NONE;
}

START_TEST(cursors_are_bound)
{
    scim_tenant_t *tenant = db_env_tenant(env);
    const char *name = tenant->name;
    search_t *q = make(1, NULL, "userName", 0);
    const char *cursor;
    db_request_t r;
    scim_page_t first;

    fill(6, 6);
    cursor = page(q, 0, 2, "").next_cursor;
    ck_assert_ptr_nonnull(cursor);
    ck_assert_int_eq(refused(q, cursor), SCIM_TYPE_NONE);
    ck_assert_int_eq(refused(make(1, NULL, "userName", 1), cursor), SCIM_TYPE_INVALID_CURSOR);
    ck_assert_int_eq(refused(make(1, NULL, "displayName", 0), cursor), SCIM_TYPE_INVALID_CURSOR);
    ck_assert_int_eq(refused(make(1, NULL, NULL, 0), cursor), SCIM_TYPE_INVALID_CURSOR);
    ck_assert_int_eq(refused(make(1, "id pr", "userName", 0), cursor), SCIM_TYPE_INVALID_CURSOR);
    ck_assert_int_eq(refused(make(2, NULL, "userName", 0), cursor), SCIM_TYPE_INVALID_CURSOR);
    tenant->name = apr_pstrcat(pool, name, "-x", NULL);
    ck_assert_int_eq(refused(q, cursor), SCIM_TYPE_INVALID_CURSOR);
    /* Nor if both had one key. */
    db_sql(env, apr_psprintf(pool, "DELETE FROM scim_secret WHERE tenant = '%s'", tenant->name));
    db_sql(env, apr_psprintf(pool, "INSERT INTO scim_secret (tenant, name, value) "
                                   "SELECT '%s', name, value FROM scim_secret WHERE tenant = '%s'",
                             tenant->name, name));
    db_env_drop_idle(env);
    ck_assert_int_eq(refused(q, cursor), SCIM_TYPE_INVALID_CURSOR);
    tenant->name = name;
    /* A host that has not seen the key takes it from the database. */
    db_env_drop_idle(env);
    ck_assert_int_eq(refused(q, cursor), SCIM_TYPE_NONE);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_secret WHERE tenant = %s"), 1);
    db_sql(env, apr_psprintf(pool, "DELETE FROM scim_secret WHERE tenant = '%s'", name));
    db_env_drop_idle(env);
    ck_assert_int_eq(refused(q, cursor), SCIM_TYPE_INVALID_CURSOR);
    /* A key that is none. */
    db_sql(env, apr_psprintf(pool, "UPDATE scim_secret SET value = 'x' WHERE tenant = '%s'", name));
    db_env_drop_idle(env);
    r = db_request(env);
    scim_error_t *err = scim_store_search(&first, r.store, &q->s, pool);
    ck_assert_int_eq(err->status, 500);
    ck_assert_str_eq(err->msgid, "SCIM2100");
    db_request_end(&r);
}
END_TEST

START_TEST(sorting_is_bounded)
{
    search_t *q;

    fill(12, 12);
    db_env_tenant(env)->max_scan = 11;
    ck_assert_int_eq(refused(make(1, NULL, "title", 0), NULL), SCIM_TYPE_TOO_MANY);
    ck_assert_int_eq(refused(make(1, NULL, "title", 0), ""), SCIM_TYPE_TOO_MANY);
    ck_assert_int_eq(refused(make(1, NULL, "userName", 0), NULL), SCIM_TYPE_NONE);
    ck_assert_int_eq(refused(make(1, "userName sw \"n\"", "title", 0), NULL), SCIM_TYPE_NONE);
    q = make(2, NULL, "meta.created", 0);
    ck_assert_int_eq(refused(q, NULL), SCIM_TYPE_NONE);
    q->s.offset = 11;
    ck_assert_int_eq(refused(q, NULL), SCIM_TYPE_NONE);
    q->s.offset = 12;
    ck_assert_int_eq(refused(q, NULL), SCIM_TYPE_TOO_MANY);
}
END_TEST

static unsigned statements(search_t *q, int limit, const char *cursor)
{
    db_request_t r = db_request(env);
    scim_page_t out;
    unsigned n;
    unsigned takes;

    q->s.limit = limit;
    q->s.cursor = cursor;
    db_ok(scim_store_search(&out, r.store, &q->s, pool));
    scim_dbd_counts(r.db, &n, &takes);
    db_request_end(&r);
    return n;
}

START_TEST(statement_counts)
{
    search_t *q;

    fill(30, 0);
    page(make(1, NULL, NULL, 0), 0, 2, ""); /* the key */
    /* counters, keys, rows */
    ck_assert_uint_eq(statements(make(1, NULL, "userName", 0), 5, NULL), 3);
    ck_assert_uint_eq(statements(make(1, NULL, "emails", 0), 5, NULL), 3);
    ck_assert_uint_eq(statements(make(1, NULL, "emails", 1), 5, NULL), 3);
    /* and those without, where the page reaches them */
    ck_assert_uint_eq(statements(make(1, NULL, "emails", 0), 30, NULL), 4);
    q = make(1, NULL, NULL, 0);
    ck_assert_uint_eq(statements(q, 5, ""), 2);
    ck_assert_uint_eq(statements(q, 5, page(q, 0, 5, "").next_cursor), 1);
    /* the rest of the equals, what is beyond them, rows */
    q = make(1, NULL, "displayName", 0);
    ck_assert_uint_le(statements(q, 5, page(q, 0, 5, "").next_cursor), 3);
    /* count, keys, rows */
    ck_assert_uint_eq(statements(make(1, "userName sw \"n\"", "displayName", 0), 5, NULL), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store search");
    TCase *tc = tcase_create("search");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 500);
    tcase_add_test(tc, every_order_of_users);
    tcase_add_test(tc, every_order_of_users_by_walking);
    tcase_add_test(tc, every_order_of_all_types);
    tcase_add_test(tc, a_change_of_the_primary);
    tcase_add_test(tc, long_values);
    tcase_add_test(tc, cursors_while_others_write);
    tcase_add_test(tc, a_delete_in_between);
    tcase_add_test(tc, cursors_are_bound);
    tcase_add_test(tc, sorting_is_bounded);
    tcase_add_test(tc, statement_counts);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
