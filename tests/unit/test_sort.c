/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "scim_json.h"
#include "scim_sort.h"
#include "widget.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    apr_terminate();
}

static const scim_resource_type_t *user(void)
{
    return scim_catalog_type(scim_catalog_default(), "User");
}

static scim_key_t key_of(const char *path_text, const char *json)
{
    scim_path_t path;
    scim_key_t key;
    json_t *doc;

    ck_assert_ptr_null(scim_sort_parse(&path, path_text, user(), pool));
    ck_assert_ptr_null(scim_json_load(&doc, json, strlen(json), NULL, pool));
    scim_sort_key(&key, &path, doc, pool);
    return key;
}

static void is_string(const char *path, const char *json, const char *wanted)
{
    scim_key_t key = key_of(path, json);

    if (!wanted) {
        ck_assert_int_eq(key.kind, SCIM_KEY_NONE);
        return;
    }
    ck_assert_int_eq(key.kind, SCIM_KEY_STRING);
    ck_assert_str_eq(key.string, wanted);
}

START_TEST(keys_of_strings)
{
    is_string("userName", "{\"userName\":\"STRA\xc3\x9f\x65\"}", "stra\xc3\x9f\x65");
    is_string("id", "{\"id\":\"Ab\"}", "Ab");
    is_string("USERNAME", "{\"userName\":\"a\"}", "a");
    is_string("name.familyName", "{\"name\":{\"familyName\":\"F\"}}", "f");
    is_string("name.familyName", "{\"name\":{}}", NULL);
    is_string("name.familyName", "{}", NULL);
    is_string("title", "{\"title\":null}", NULL);
    is_string("title", "{\"title\":\"\"}", "");
    is_string(SCIM_URN_ENTERPRISE ":department",
              "{\"" SCIM_URN_ENTERPRISE "\":{\"department\":\"D\"}}", "d");
    is_string(SCIM_URN_ENTERPRISE ":manager", "{\"" SCIM_URN_ENTERPRISE
              "\":{\"manager\":{\"value\":\"M\"}}}", "M");
    is_string(SCIM_URN_USER ":title", "{\"title\":\"T\"}", "t");
    is_string("x509Certificates", "{\"x509Certificates\":[{\"value\":\"Ab\"}]}", "Ab");
    is_string("schemas", "{\"schemas\":[\"B\",\"a\"]}", "b");
}
END_TEST

START_TEST(keys_of_many_values)
{
    is_string("emails", "{\"emails\":[{\"value\":\"B\"},{\"value\":\"a\"}]}", "b");
    is_string("emails", "{\"emails\":[{\"value\":\"B\"},{\"value\":\"a\",\"primary\":true}]}", "a");
    is_string("emails.value", "{\"emails\":[{\"value\":\"B\",\"primary\":false}]}", "b");
    is_string("emails.display", "{\"emails\":[{\"display\":\"x\"},{\"primary\":true}]}", NULL);
    is_string("emails", "{\"emails\":[]}", NULL);
}
END_TEST

START_TEST(keys_of_other_types)
{
    scim_key_t key = key_of("active", "{\"active\":true}");

    ck_assert_int_eq(key.kind, SCIM_KEY_INTEGER);
    ck_assert_int_eq(key.integer, 1);
    key = key_of("active", "{\"active\":false}");
    ck_assert_int_eq(key.kind, SCIM_KEY_INTEGER);
    ck_assert_int_eq(key.integer, 0);
    key = key_of("meta.created", "{\"meta\":{\"created\":\"1970-01-01T00:00:01.5Z\"}}");
    ck_assert_int_eq(key.kind, SCIM_KEY_INTEGER);
    ck_assert_int_eq(key.integer, 1500000);
    key = key_of("meta.created", "{\"meta\":{\"created\":\"yesterday\"}}");
    ck_assert_int_eq(key.kind, SCIM_KEY_NONE);
    key = key_of("emails.primary", "{\"emails\":[{\"primary\":true}]}");
    ck_assert_int_eq(key.integer, 1);
}
END_TEST

START_TEST(keys_of_numbers)
{
    const scim_resource_type_t *type = &widget_type;
    scim_path_t path;
    scim_key_t key;
    json_t *doc = scim_json_own(json_object(), pool);
    int i;

    for (i = 0; i < type->schema->nattrs; i++) {
        const scim_attr_t *attr = &type->schema->attrs[i];
        if (attr->multi ||
            (attr->type != SCIM_ATTR_DECIMAL && attr->type != SCIM_ATTR_INTEGER)) {
            continue;
        }
        ck_assert_ptr_null(scim_sort_parse(&path, attr->name, type, pool));
        json_object_set_new(doc, attr->name, json_integer(7));
        scim_sort_key(&key, &path, doc, pool);
        if (attr->type == SCIM_ATTR_DECIMAL) {
            ck_assert_int_eq(key.kind, SCIM_KEY_REAL);
            ck_assert(key.real > 6.9 && key.real < 7.1);
        } else {
            ck_assert_int_eq(key.kind, SCIM_KEY_INTEGER);
            ck_assert_int_eq(key.integer, 7);
        }
    }
}
END_TEST

START_TEST(what_cannot_be_sorted_by)
{
    static const char *const wrong[] = {
        "password", "name", "addresses", "meta", "nosuch", "name.nosuch", "", " ", "emails[", "a b",
        "emails[type eq \"work\"].value", SCIM_URN_USER, SCIM_URN_ENTERPRISE, "urn:x:y:title",
        SCIM_URN_ENTERPRISE ":nosuch", "userName,title"};
    scim_path_t path;
    size_t i;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        scim_error_t *err = scim_sort_parse(&path, wrong[i], user(), pool);
        ck_assert_msg(err != NULL, "%s", wrong[i]);
        ck_assert_int_eq(err->status, 400);
        ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_PATH);
    }
}
END_TEST

static void add(apr_array_header_t *entries, scim_key_t key, apr_int64_t rid)
{
    scim_sort_entry_t *entry = apr_array_push(entries);

    memset(entry, 0, sizeof(*entry));
    entry->key = key;
    entry->rid = rid;
}

START_TEST(order_of_entries)
{
    static const scim_key_t none = {SCIM_KEY_NONE, NULL, 0, 0};
    static const scim_key_t a = {SCIM_KEY_STRING, "a", 0, 0};
    static const scim_key_t empty = {SCIM_KEY_STRING, "", 0, 0};
    static const scim_key_t umlaut = {SCIM_KEY_STRING, "\xc3\xa4", 0, 0};
    static const scim_key_t minus = {SCIM_KEY_INTEGER, NULL, -5, 0};
    static const scim_key_t real = {SCIM_KEY_REAL, NULL, 0, 0.5};
    static const int up[] = {4, 3, 6, 2, 7, 8, 1, 5};
    apr_array_header_t *entries = apr_array_make(pool, 8, sizeof(scim_sort_entry_t));
    int i;

    add(entries, none, 5);
    add(entries, none, 1);
    add(entries, a, 6);
    add(entries, a, 3);
    add(entries, umlaut, 2);
    add(entries, empty, 4);
    add(entries, minus, 7);
    add(entries, real, 8);
    scim_sort_entries(entries, 0);
    for (i = 0; i < 8; i++) {
        ck_assert_int_eq(APR_ARRAY_IDX(entries, i, scim_sort_entry_t).rid, up[i]);
    }
    scim_sort_entries(entries, 1);
    for (i = 0; i < 8; i++) {
        ck_assert_int_eq(APR_ARRAY_IDX(entries, 7 - i, scim_sort_entry_t).rid, up[i]);
    }
    entries->nelts = 0;
    scim_sort_entries(entries, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sort");
    TCase *tc = tcase_create("sort");
    SRunner *sr;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, keys_of_strings);
    tcase_add_test(tc, keys_of_many_values);
    tcase_add_test(tc, keys_of_other_types);
    tcase_add_test(tc, keys_of_numbers);
    tcase_add_test(tc, what_cannot_be_sorted_by);
    tcase_add_test(tc, order_of_entries);
    suite_add_tcase(s, tc);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
