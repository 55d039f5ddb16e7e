/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Tombstones: what is left of a user, who sees it, and for how long. */
#include "db_world.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_life.h"
#include "scim_store_impl.h"

/* More than one list deletes. */
#define MANY 270

#define HOUR APR_INT64_C(3600)

static db_env_t *env;
static apr_pool_t *pool;
static scim_tenant_t *tenant;
static scim_life_t life;

static void setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
    tenant = db_env_tenant(env);
    tenant->deprovision = SCIM_DEPROVISION_DELETE;
    memset(&life, 0, sizeof(life));
    tenant->life = &life;
}

static void teardown(void)
{
    db_env_close(env);
}

/* ---- writes ---- */

static scim_row_t *change(const char *id, const json_t *doc)
{
    db_request_t r = db_request(env);
    scim_row_t *row;

    db_ok(db_change(&row, &r, "User", id, doc));
    row = apr_pmemdup(pool, row, sizeof(*row));
    db_request_end(&r);
    return row;
}

static json_t *user(const char *id, const char *name)
{
    json_t *doc = db_user(name, pool);

    if (id) {
        json_object_set_new(doc, "id", json_string(id));
    }
    json_object_set_new(doc, "externalId", json_string(apr_pstrcat(pool, "ext ", name, NULL)));
    json_object_set_new(doc, "displayName", json_string(apr_pstrcat(pool, "Full ", name, NULL)));
    return doc;
}

static const char *put(const char *name)
{
    return db_put(env, user(NULL, name));
}

static scim_row_t *bury(const char *id, const char *name)
{
    const scim_resource_type_t *type = db_type("User");
    json_t *doc = scim_life_deactivate(user(id, name), type, pool);

    return change(id, scim_life_shrink(doc, type, pool));
}

static void revive(const char *id, const char *name)
{
    ck_assert_int_eq(change(id, user(id, name))->tombstone, 0);
}

/* As if it had been buried so much earlier. */
static void age(const char *id, apr_int64_t seconds)
{
    apr_int64_t rid = db_int(env, apr_psprintf(pool, "SELECT rid FROM scim_resource WHERE id = '%s'",
                                               id));
    apr_int64_t since = db_int(env, apr_psprintf(pool, "SELECT tombstone FROM scim_resource "
                                                       "WHERE rid = %" APR_INT64_T_FMT, rid)) -
                        seconds * 1000;

    db_sql(env, apr_psprintf(pool, "UPDATE scim_resource SET tombstone = %" APR_INT64_T_FMT
                                   " WHERE rid = %" APR_INT64_T_FMT, since, rid));
    db_sql(env, apr_psprintf(pool, "UPDATE scim_value SET value = '%016" APR_INT64_T_FMT
                                   "' WHERE attr = '#tombstone' AND rid = %" APR_INT64_T_FMT,
                             since, rid));
}

/* @return how many of the ids are unknown */
static int add(const char *group, const char *const *ids, int n)
{
    scim_member_step_t step = {SCIM_MEMBER_ADD, ids, n, NULL};
    db_request_t r = db_request(env);
    int unknown;

    db_ok(db_members(NULL, &unknown, &r, group, &step));
    db_request_end(&r);
    return unknown;
}

/* ---- reads ---- */

static scim_row_t *get(const char *type, const char *id)
{
    db_request_t r = db_request(env);
    scim_row_t *row;

    db_ok(scim_store_get(&row, r.store, db_type(type), id, pool));
    db_request_end(&r);
    return row;
}

static apr_int64_t count(const char *what)
{
    return db_count(env, apr_pstrcat(pool, "SELECT COUNT(*) FROM ", what, " AND tenant = %s",
                                     NULL));
}

static apr_int64_t counter(const char *column)
{
    return db_count(env, apr_psprintf(pool, "SELECT SUM(%s) FROM scim_counter "
                                            "WHERE type = 'User' AND tenant = %%s", column));
}

static apr_int64_t found(const char *filter)
{
    scim_list_t l = {db_type("User"), NULL, 0, 100, NULL};
    db_request_t r = db_request(env);
    apr_array_header_t *rows;
    apr_int64_t total;

    l.filter = filter ? db_filter(filter, "User", pool) : NULL;
    db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
    ck_assert_int_eq(rows->nelts, total > 100 ? 100 : total);
    db_request_end(&r);
    return total;
}

/* ---- what is left ---- */

START_TEST(nothing_of_the_person_stays)
{
    const char *id = put("gone");
    const char *group = db_put(env, db_group("team", pool));
    scim_row_t *row;

    add(group, &id, 1);
    row = bury(id, "gone");
    ck_assert_int_ne(row->tombstone, 0);
    ck_assert_ptr_null(row->member_of);
    row = get("User", id);
    ck_assert_str_eq(row->doc, apr_psprintf(pool,
                                            "{\"schemas\":[\"" SCIM_URN_USER "\"],\"id\":\"%s\","
                                            "\"userName\":\"gone\",\"active\":false,"
                                            "\"externalId\":\"ext gone\"}", id));
    ck_assert_ptr_null(row->display);
    ck_assert_ptr_null(row->member_of);
    ck_assert_int_eq(row->version, 3); /* made, in a group, buried */
    /* What sorts by an attribute finds it among those without; beside that, when it died. */
    ck_assert_int_eq(count("scim_value WHERE attr NOT LIKE '#none %%'"), 1);
    ck_assert_int_eq(count("scim_value WHERE attr = '#tombstone'"), 1);
    ck_assert_int_eq(count("scim_value WHERE value LIKE '%%gone%%'"), 0);
    ck_assert_int_eq(count("scim_member WHERE 1 = 1"), 0);
    ck_assert_int_eq(get("Group", group)->members, 0);
    ck_assert_int_eq(get("Group", group)->version, 3);
}
END_TEST

START_TEST(nobody_reports_to_it)
{
    const char *boss = put("boss");
    json_t *doc = user(NULL, "worker");
    const char *id = db_id(doc);
    json_t *extension = json_object();
    json_t *manager = json_object();

    json_object_set_new(manager, "value", json_string(boss));
    json_object_set_new(manager, "displayName", json_string("Full boss"));
    json_object_set_new(extension, "department", json_string("D"));
    json_object_set_new(extension, "manager", manager);
    json_object_set_new(doc, SCIM_URN_ENTERPRISE, extension);
    db_put(env, doc);
    bury(boss, "boss");
    ck_assert_ptr_null(strstr(get("User", id)->doc, "boss"));
    ck_assert_ptr_nonnull(strstr(get("User", id)->doc, "department"));
    ck_assert_int_eq(get("User", id)->version, 2);
}
END_TEST

typedef struct naming_t {
    json_t *doc;
} naming_t;

static scim_error_t *name_manager(void *baton, scim_store_t *store, apr_pool_t *p)
{
    naming_t *naming = baton;
    scim_row_t *row;
    scim_error_t *err = scim_store_manager(store, db_type("User"), NULL, naming->doc, p);

    return err ? err : scim_store_insert(&row, store, db_type("User"), naming->doc, p);
}

/* Named as a manager it is nobody; when it lives again its report shows it. */
START_TEST(it_is_no_manager)
{
    const char *boss = put("boss");
    json_t *extension = json_object();
    json_t *manager = json_object();
    naming_t naming = {user(NULL, "worker")};
    db_request_t r;

    bury(boss, "boss");
    json_object_set_new(manager, "value", json_string(boss));
    json_object_set_new(extension, "manager", manager);
    json_object_set_new(naming.doc, SCIM_URN_ENTERPRISE, extension);
    r = db_request(env);
    db_ok(scim_store_write(r.store, name_manager, &naming));
    db_request_end(&r);
    ck_assert_ptr_null(strstr(get("User", db_id(naming.doc))->doc, "Full boss"));
    revive(boss, "boss");
    ck_assert_ptr_nonnull(strstr(get("User", db_id(naming.doc))->doc, "Full boss"));
}
END_TEST

START_TEST(it_lives_again)
{
    const char *ids[] = {put("one"), put("two")};
    const char *group = db_put(env, db_group("team", pool));

    bury(ids[0], "one");
    ck_assert_int_eq(add(group, ids, 2), 1);
    ck_assert_int_eq(get("Group", group)->members, 1);
    revive(ids[0], "one");
    ck_assert_int_eq(count("scim_value WHERE attr = '#tombstone'"), 0);
    ck_assert_str_eq(get("User", ids[0])->display, "Full one");
    ck_assert_int_eq(found("emails.value eq \"one@example.com\""), 1);
    ck_assert_int_eq(add(group, ids, 2), 0);
    ck_assert_int_eq(get("Group", group)->members, 2);
}
END_TEST

/* When it became one is what counts, not when it was written last. */
START_TEST(its_age_is_that_of_the_first)
{
    const char *id = put("one");
    apr_time_t since = bury(id, "one")->tombstone;

    age(id, 10);
    ck_assert_int_eq(bury(id, "renamed")->tombstone, since - apr_time_from_sec(10));
    ck_assert_int_eq(count("scim_value WHERE attr = '#tombstone'"), 1);
    ck_assert_int_eq(counter("tombs"), 1);
    ck_assert_int_eq(found("userName eq \"renamed\""), 1);
}
END_TEST

/* A tenant that disables, and a document that has more, make none. */
START_TEST(what_is_none)
{
    const char *id = put("one");
    json_t *doc = scim_life_deactivate(user(id, "one"), db_type("User"), pool);

    ck_assert_int_eq(change(id, doc)->tombstone, 0);
    ck_assert_str_eq(get("User", id)->display, "Full one");
    tenant->deprovision = SCIM_DEPROVISION_DISABLE;
    ck_assert_int_eq(bury(id, "one")->tombstone, 0);
    ck_assert_int_eq(counter("tombs"), 0);
}
END_TEST

/* Made as one: a POST with active false. */
START_TEST(made_as_one)
{
    const scim_resource_type_t *type = db_type("User");
    json_t *doc = scim_life_deactivate(user(NULL, "one"), type, pool);
    const char *id = db_put(env, scim_life_shrink(doc, type, pool));

    ck_assert_int_ne(get("User", id)->tombstone, 0);
    ck_assert_ptr_null(get("User", id)->display);
    ck_assert_int_eq(counter("n"), 1);
    ck_assert_int_eq(counter("tombs"), 1);
    ck_assert_int_eq(count("scim_value WHERE attr = '#tombstone'"), 1);
}
END_TEST

START_TEST(counters)
{
    const char *ids[] = {put("a"), put("b"), put("c")};
    db_request_t r;

    bury(ids[0], "a");
    bury(ids[1], "b");
    ck_assert_int_eq(counter("n"), 3);
    ck_assert_int_eq(counter("tombs"), 2);
    ck_assert_int_eq(counter("gone"), 2);
    revive(ids[0], "a");
    ck_assert_int_eq(counter("tombs"), 1);
    ck_assert_int_eq(counter("gone"), 3);
    r = db_request(env);
    db_ok(db_change(NULL, &r, "User", ids[1], NULL));
    db_request_end(&r);
    ck_assert_int_eq(counter("n"), 2);
    ck_assert_int_eq(counter("tombs"), 0);
    ck_assert_int_eq(count("scim_value WHERE attr = '#tombstone'"), 0);
}
END_TEST

/* Indexed anew, as after a change of ScimIndex, its mark stays. */
START_TEST(indexed_anew)
{
    const char *id = put("one");
    scim_resource_type_t type = *db_type("User");
    db_request_t r = db_request(env);
    int stale;

    bury(id, "one");
    type.indexed = "other";
    db_ok(scim_store_reindex(&stale, r.store, &type));
    ck_assert_int_eq(stale, 0);
    ck_assert_int_eq(count("scim_resource WHERE indexed = 'other'"), 1);
    ck_assert_int_eq(count("scim_value WHERE attr = '#tombstone'"), 1);
    db_request_end(&r);
}
END_TEST

/* ---- who sees it ---- */

/* Users, some of which are tombstones, at both ends and in rows. */
static const char **population(int n)
{
    const char **ids = apr_palloc(pool, sizeof(*ids) * (size_t)n);
    int i;

    for (i = 0; i < n; i++) {
        ids[i] = put(apr_psprintf(pool, "u%03d", i));
    }
    for (i = 0; i < n; i++) {
        if (i % 4 == 0 || i % 4 == 1 || i == n - 1) {
            bury(ids[i], apr_psprintf(pool, "u%03d", i));
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
    scim_search_t s = {&part, 1, sort != NULL, descending, 0, 7, NULL, NULL, ""};
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
    static const char *const filters[] = {
        NULL, "active eq false", "userName sw \"u0\"", "externalId pr", "not (name pr)",
        "emails.value eq \"u002@example.com\"", "nickName pr or userName co \"2\""};
    static const char *const sorts[] = {NULL, "userName", "emails.value", "meta.created", "title",
                                        "nickName"};

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
    ck_assert_int_ne(get("User", ids[0])->tombstone, 0);
    ck_assert_int_eq(found("userName eq \"u000\""), 0);
    ck_assert_int_eq(found("userName eq \"u002\""), 1);
    ck_assert_int_eq(found(apr_psprintf(pool, "id eq \"%s\"", ids[0])), 0);
}
END_TEST

START_TEST(shown_by_default)
{
    population(30);
    ck_assert_int_eq(found(NULL), 30);
    ck_assert_int_eq(found("userName eq \"u000\""), 1);
    ck_assert_int_eq(found("active eq false"), 16);
    ck_assert_int_eq(found("active eq true"), 14);
}
END_TEST

/* ---- for how long ---- */

START_TEST(past_its_time)
{
    const char **ids = population(30);
    db_request_t r;
    scim_row_t *row;

    life.seconds = HOUR;
    ck_assert_int_eq(found(NULL), 30);
    ck_assert_ptr_nonnull(get("User", ids[0]));
    for (int i = 0; i < 30; i++) {
        if (get("User", ids[i])->tombstone) {
            age(ids[i], HOUR - 60);
        }
    }
    ck_assert_int_eq(found(NULL), 30);
    ck_assert_int_eq(found("active eq false"), 16);
    for (int i = 0; i < 30; i++) {
        if (get("User", ids[i])->tombstone) {
            age(ids[i], 120);
        }
    }
    ck_assert_ptr_null(get("User", ids[0]));
    r = db_request(env);
    ck_assert_int_eq(db_change(&row, &r, "User", ids[0], user(ids[0], "u000"))->status, 404);
    db_request_end(&r);
    /* A filter leaves them out; a list of all takes them away. */
    ck_assert_int_eq(found("active eq false"), 0);
    ck_assert_int_eq(found("externalId pr"), 14);
    ck_assert_int_eq(count("scim_resource WHERE type = 'User'"), 30);
    check_lists();
    ck_assert_int_eq(count("scim_resource WHERE type = 'User'"), 14);
    ck_assert_int_eq(count("scim_value WHERE attr = '#tombstone'"), 0);
    ck_assert_int_eq(counter("n"), 14);
    ck_assert_int_eq(counter("tombs"), 0);
}
END_TEST

/* The list of the moment is right although it cannot delete them all. */
START_TEST(too_many_at_once)
{
    int i;

    life.seconds = HOUR;
    put("first");
    for (i = 0; i < MANY; i++) {
        const char *name = apr_psprintf(pool, "u%03d", i);
        const char *id = put(name);
        bury(id, name);
        age(id, 2 * HOUR);
    }
    put("last");
    ck_assert_int_eq(found(NULL), 2);
    ck_assert_int_eq(count("scim_resource WHERE type = 'User'"), MANY + 2 - 250);
    ck_assert_int_eq(found(NULL), 2);
    ck_assert_int_eq(count("scim_resource WHERE type = 'User'"), 2);
}
END_TEST

/* The same while they cannot be deleted at all: by a list that is sorted, and by cursor. */
START_TEST(not_deleted_yet)
{
    db_fault_t fault = {DB_FAULT_NUMBER, "DELETE FROM scim_resource", 1114, 10000, NULL, NULL};
    const char **ids = population(30);

    life.seconds = HOUR;
    for (int i = 0; i < 30; i++) {
        if (get("User", ids[i])->tombstone) {
            age(ids[i], 2 * HOUR);
        }
    }
    db_fault(env, &fault);
    check_list(NULL, NULL, 0);
    check_list(NULL, "userName", 0);
    check_list(NULL, "emails.value", 1);
    check_list(NULL, "meta.created", 1);
    check_list("active eq false", NULL, 0);
    ck_assert_int_gt(db_fault_count(env), 0);
    ck_assert_int_eq(count("scim_resource WHERE type = 'User'"), 30);
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

    bury(put("one"), "one");
    put("two");
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

/* ---- who has a name ---- */

typedef struct holding_t {
    const json_t *doc;
    const char *id; /* of who has the name, or NULL */
} holding_t;

static scim_error_t *hold(void *baton, scim_store_t *store, apr_pool_t *p)
{
    holding_t *holding = baton;
    scim_row_t *row;
    scim_error_t *err = scim_store_lock_holder(&row, store, db_type("User"), holding->doc, p);

    holding->id = !err && row ? apr_pstrdup(pool, row->id) : NULL;
    return err;
}

static const char *holder(const json_t *doc)
{
    holding_t holding = {doc, NULL};
    db_request_t r = db_request(env);

    db_ok(scim_store_write(r.store, hold, &holding));
    db_request_end(&r);
    return holding.id;
}

START_TEST(holders)
{
    const char *id = put("One");
    db_env_t *other;

    ck_assert_str_eq(holder(user(NULL, "oNE")), id);
    ck_assert_ptr_null(holder(user(NULL, "two")));
    ck_assert_ptr_null(holder(user(id, "one")));
    bury(id, "One");
    life.seconds = HOUR;
    age(id, 2 * HOUR);
    ck_assert_str_eq(holder(user(NULL, "one")), id);
    other = db_env_open(NULL);
    db_put(other, user(NULL, "two"));
    ck_assert_ptr_null(holder(user(NULL, "two")));
    db_env_close(other);
}
END_TEST

/* ---- races ---- */

typedef struct burial_t {
    const char *id;
    const char *name;
} burial_t;

static void bury_hook(void *baton)
{
    const burial_t *burial = baton;

    bury(burial->id, burial->name);
}

/* Buried after a group's PATCH has looked it up: the PATCH runs again and finds nobody. */
START_TEST(buried_before_it_is_a_member)
{
    burial_t burial = {put("one"), "one"};
    const char *ids[] = {burial.id, put("two")};
    const char *group = db_put(env, db_group("team", pool));
    db_fault_t fault = {DB_FAULT_CALL, "INTO scim_member", 0, 1, bury_hook, &burial};

    db_fault(env, &fault);
    ck_assert_int_eq(add(group, ids, 2), 1);
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(get("Group", group)->members, 1);
    ck_assert_int_eq(count("scim_member WHERE 1 = 1"), 1);
    ck_assert_ptr_null(get("User", ids[0])->member_of);
    ck_assert_ptr_nonnull(get("User", ids[1])->member_of);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store life");
    TCase *tc = tcase_create("life");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, nothing_of_the_person_stays);
    tcase_add_test(tc, nobody_reports_to_it);
    tcase_add_test(tc, it_is_no_manager);
    tcase_add_test(tc, it_lives_again);
    tcase_add_test(tc, its_age_is_that_of_the_first);
    tcase_add_test(tc, what_is_none);
    tcase_add_test(tc, made_as_one);
    tcase_add_test(tc, counters);
    tcase_add_test(tc, indexed_anew);
    tcase_add_test(tc, hidden_from_every_list);
    tcase_add_test(tc, shown_by_default);
    tcase_add_test(tc, past_its_time);
    tcase_add_test(tc, too_many_at_once);
    tcase_add_test(tc, costs);
    tcase_add_test(tc, holders);
    if (db_is_mariadb()) {
        tcase_add_test(tc, not_deleted_yet); /* SQLite has no numbers for errors */
        tcase_add_test(tc, buried_before_it_is_a_member); /* SQLite has one writer at a time */
    }
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
