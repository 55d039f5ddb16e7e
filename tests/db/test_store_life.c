/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Tombstones: what is left of a user. */
#include "db_life.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_store_impl.h"

#define HOUR APR_INT64_C(3600)

static void revive(const char *id, const char *name)
{
    ck_assert_int_eq(life_change(id, life_user(id, name))->tombstone, 0);
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

/* ---- what is left ---- */

START_TEST(nothing_of_the_person_stays)
{
    const char *id = life_put("gone");
    const char *group = db_put(env, db_group("team", pool));
    scim_row_t *row;

    add(group, &id, 1);
    row = life_bury(id, "gone");
    ck_assert_int_ne(row->tombstone, 0);
    ck_assert_ptr_null(row->member_of);
    row = life_get("User", id);
    ck_assert_str_eq(row->doc, apr_psprintf(pool,
                                            "{\"schemas\":[\"" SCIM_URN_USER "\"],\"id\":\"%s\","
                                            "\"userName\":\"gone\",\"active\":false,"
                                            "\"externalId\":\"ext gone\"}",
                                            id));
    ck_assert_ptr_null(row->display);
    ck_assert_ptr_null(row->member_of);
    ck_assert_int_eq(row->version, 3); /* made, in a group, buried */
    /* What sorts by an attribute finds it among those without; beside that, when it died. */
    ck_assert_int_eq(life_count("scim_value WHERE attr NOT LIKE '#none %%'"), 1);
    ck_assert_int_eq(life_count("scim_value WHERE attr = '#tombstone'"), 1);
    ck_assert_int_eq(life_count("scim_value WHERE value LIKE '%%gone%%'"), 0);
    ck_assert_int_eq(life_count("scim_member WHERE 1 = 1"), 0);
    ck_assert_int_eq(life_get("Group", group)->members, 0);
    ck_assert_int_eq(life_get("Group", group)->version, 3);
}
END_TEST

/* Index rows that an earlier configuration left, and no document tells of. */
START_TEST(strays_go_too)
{
    const char *id = life_put("gone");

    db_sql(env, apr_psprintf(pool,
                             "INSERT INTO scim_value (tenant, type, attr, value, rid) SELECT "
                             "tenant, type, 'hobby', 'secret', rid FROM scim_resource WHERE "
                             "id = '%s'",
                             id));
    life_bury(id, "gone");
    ck_assert_int_eq(life_count("scim_value WHERE attr NOT LIKE '#none %%'"), 1);
}
END_TEST

START_TEST(nobody_reports_to_it)
{
    const char *boss = life_put("boss");
    json_t *doc = life_user(NULL, "worker");
    const char *id = db_id(doc);
    json_t *extension = json_object();
    json_t *manager = json_object();

    json_object_set_new(manager, "value", json_string(boss));
    json_object_set_new(manager, "displayName", json_string("Full boss"));
    json_object_set_new(extension, "department", json_string("D"));
    json_object_set_new(extension, "manager", manager);
    json_object_set_new(doc, SCIM_URN_ENTERPRISE, extension);
    db_put(env, doc);
    life_bury(boss, "boss");
    ck_assert_ptr_null(strstr(life_get("User", id)->doc, "boss"));
    ck_assert_ptr_nonnull(strstr(life_get("User", id)->doc, "department"));
    ck_assert_int_eq(life_get("User", id)->version, 2);
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
    const char *boss = life_put("boss");
    json_t *extension = json_object();
    json_t *manager = json_object();
    naming_t naming = {life_user(NULL, "worker")};
    db_request_t r;

    life_bury(boss, "boss");
    json_object_set_new(manager, "value", json_string(boss));
    json_object_set_new(extension, "manager", manager);
    json_object_set_new(naming.doc, SCIM_URN_ENTERPRISE, extension);
    r = db_request(env);
    db_ok(scim_store_write(r.store, name_manager, &naming));
    db_request_end(&r);
    ck_assert_ptr_null(strstr(life_get("User", db_id(naming.doc))->doc, "Full boss"));
    revive(boss, "boss");
    ck_assert_ptr_nonnull(strstr(life_get("User", db_id(naming.doc))->doc, "Full boss"));
}
END_TEST

START_TEST(it_lives_again)
{
    const char *ids[] = {life_put("one"), life_put("two")};
    const char *group = db_put(env, db_group("team", pool));

    life_bury(ids[0], "one");
    ck_assert_int_eq(add(group, ids, 2), 1);
    ck_assert_int_eq(life_get("Group", group)->members, 1);
    revive(ids[0], "one");
    ck_assert_int_eq(life_count("scim_value WHERE attr = '#tombstone'"), 0);
    ck_assert_str_eq(life_get("User", ids[0])->display, "Full one");
    ck_assert_int_eq(life_found("emails.value eq \"one@example.com\""), 1);
    ck_assert_int_eq(add(group, ids, 2), 0);
    ck_assert_int_eq(life_get("Group", group)->members, 2);
}
END_TEST

/* When it became one is what counts, not when it was written last. */
START_TEST(its_age_is_that_of_the_first)
{
    const char *id = life_put("one");
    apr_time_t since = life_bury(id, "one")->tombstone;

    life_age(id, 10);
    ck_assert_int_eq(life_bury(id, "renamed")->tombstone, since - apr_time_from_sec(10));
    ck_assert_int_eq(life_count("scim_value WHERE attr = '#tombstone'"), 1);
    ck_assert_int_eq(life_counter("tombs"), 1);
    ck_assert_int_eq(life_found("userName eq \"renamed\""), 1);
}
END_TEST

/* A tenant that disables, and a document that has more, make none. */
START_TEST(what_is_none)
{
    const char *id = life_put("one");
    json_t *doc = scim_life_deactivate(life_user(id, "one"), db_type("User"), pool);

    ck_assert_int_eq(life_change(id, doc)->tombstone, 0);
    ck_assert_str_eq(life_get("User", id)->display, "Full one");
    tenant->deprovision = SCIM_DEPROVISION_DISABLE;
    ck_assert_int_eq(life_bury(id, "one")->tombstone, 0);
    ck_assert_int_eq(life_counter("tombs"), 0);
}
END_TEST

/* Made as one: a POST with active false. */
START_TEST(made_as_one)
{
    const scim_resource_type_t *type = db_type("User");
    json_t *doc = scim_life_deactivate(life_user(NULL, "one"), type, pool);
    const char *id = db_put(env, scim_life_shrink(doc, type, pool));

    ck_assert_int_ne(life_get("User", id)->tombstone, 0);
    ck_assert_ptr_null(life_get("User", id)->display);
    ck_assert_int_eq(life_counter("n"), 1);
    ck_assert_int_eq(life_counter("tombs"), 1);
    ck_assert_int_eq(life_count("scim_value WHERE attr = '#tombstone'"), 1);
}
END_TEST

START_TEST(counters)
{
    const char *ids[] = {life_put("a"), life_put("b"), life_put("c")};
    db_request_t r;

    life_bury(ids[0], "a");
    life_bury(ids[1], "b");
    ck_assert_int_eq(life_counter("n"), 3);
    ck_assert_int_eq(life_counter("tombs"), 2);
    ck_assert_int_eq(life_counter("gone"), 2);
    revive(ids[0], "a");
    ck_assert_int_eq(life_counter("tombs"), 1);
    ck_assert_int_eq(life_counter("gone"), 3);
    r = db_request(env);
    db_ok(db_change(NULL, &r, "User", ids[1], NULL));
    db_request_end(&r);
    ck_assert_int_eq(life_counter("n"), 2);
    ck_assert_int_eq(life_counter("tombs"), 0);
    ck_assert_int_eq(life_count("scim_value WHERE attr = '#tombstone'"), 0);
}
END_TEST

/* Indexed anew, as after a change of ScimIndex, its mark stays. */
START_TEST(indexed_anew)
{
    const char *id = life_put("one");
    scim_resource_type_t type = *db_type("User");
    db_request_t r = db_request(env);
    int stale;

    life_bury(id, "one");
    type.indexed = "other";
    db_ok(scim_store_reindex(&stale, r.store, &type));
    ck_assert_int_eq(stale, 0);
    ck_assert_int_eq(life_count("scim_resource WHERE indexed = 'other'"), 1);
    ck_assert_int_eq(life_count("scim_value WHERE attr = '#tombstone'"), 1);
    db_request_end(&r);
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
    const char *id = life_put("One");
    db_env_t *other;

    ck_assert_str_eq(holder(life_user(NULL, "oNE")), id);
    ck_assert_ptr_null(holder(life_user(NULL, "two")));
    ck_assert_ptr_null(holder(life_user(id, "one")));
    life_bury(id, "One");
    life.seconds = HOUR;
    life_age(id, 2 * HOUR);
    ck_assert_str_eq(holder(life_user(NULL, "one")), id);
    other = db_env_open(NULL);
    db_put(other, life_user(NULL, "two"));
    ck_assert_ptr_null(holder(life_user(NULL, "two")));
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

    life_bury(burial->id, burial->name);
}

/* Buried after a group's PATCH has looked it up: the PATCH runs again and finds nobody. */
START_TEST(buried_before_it_is_a_member)
{
    burial_t burial = {life_put("one"), "one"};
    const char *ids[] = {burial.id, life_put("two")};
    const char *group = db_put(env, db_group("team", pool));
    db_fault_t fault = {DB_FAULT_CALL, "INTO scim_member", 0, 1, bury_hook, &burial};

    db_fault(env, &fault);
    ck_assert_int_eq(add(group, ids, 2), 1);
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(life_get("Group", group)->members, 1);
    ck_assert_int_eq(life_count("scim_member WHERE 1 = 1"), 1);
    ck_assert_ptr_null(life_get("User", ids[0])->member_of);
    ck_assert_ptr_nonnull(life_get("User", ids[1])->member_of);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store life");
    TCase *tc = tcase_create("life");

    tcase_add_checked_fixture(tc, life_setup, life_teardown);
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, nothing_of_the_person_stays);
    tcase_add_test(tc, strays_go_too);
    tcase_add_test(tc, nobody_reports_to_it);
    tcase_add_test(tc, it_is_no_manager);
    tcase_add_test(tc, it_lives_again);
    tcase_add_test(tc, its_age_is_that_of_the_first);
    tcase_add_test(tc, what_is_none);
    tcase_add_test(tc, made_as_one);
    tcase_add_test(tc, counters);
    tcase_add_test(tc, indexed_anew);
    tcase_add_test(tc, holders);
    if (db_is_mariadb()) {
        tcase_add_test(tc, buried_before_it_is_a_member); /* SQLite has one writer at a time */
    }
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
