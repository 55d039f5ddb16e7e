/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "gadget.h"
#include "scim_manager.h"

static apr_pool_t *pool;
static const scim_resource_type_t *type;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    type = scim_catalog_type(scim_catalog_default(), "User");
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* A user whose EnterpriseUser has these members. */
static json_t *user(const char *members)
{
    return gadget_json(pool, apr_pstrcat(pool, "{'schemas':['" SCIM_URN_USER "'],'userName':'u','",
                                         SCIM_URN_ENTERPRISE, "':{", members, "}}", NULL));
}

static const char *extension(const json_t *doc)
{
    const json_t *object = json_object_get(doc, SCIM_URN_ENTERPRISE);

    return object ? scim_json_dump(object, NULL, pool) : "none";
}

/* What begins for a document over an old one: the id to look up, or "-". */
static const char *begin(json_t *doc, const json_t *old)
{
    const char *look;
    scim_error_t *err = scim_manager_begin(&look, doc, old, type, pool);

    ck_assert_msg(!err, "%s", err ? err->detail : "");
    return look ? look : "-";
}

#define DERIVED "'manager':{'value':'m','$ref':'../Users/m','displayName':'M'}"
#define DERIVED_OUT "{\"manager\":{\"value\":\"m\",\"$ref\":\"../Users/m\",\"displayName\":\"M\"}}"

START_TEST(ids)
{
    ck_assert_str_eq(scim_manager_id(user(DERIVED), type), "m");
    ck_assert_ptr_null(scim_manager_id(user("'department':'d'"), type));
    ck_assert_ptr_null(scim_manager_id(gadget_json(pool, "{}"), type));
    ck_assert_ptr_null(scim_manager_id(NULL, type));
    ck_assert_ptr_null(scim_manager_id(user(DERIVED), &gadget_type));
}
END_TEST

START_TEST(new_ones_are_looked_up)
{
    json_t *doc = user("'manager':{'value':'m'}");

    ck_assert_str_eq(begin(doc, NULL), "m");
    scim_manager_derive(doc, type, "M", pool);
    ck_assert_str_eq(extension(doc), DERIVED_OUT);
    scim_manager_derive(doc, type, "M", pool);
    ck_assert_str_eq(extension(doc), DERIVED_OUT);
    ck_assert_str_eq(begin(user("'department':'d'"), NULL), "-");
}
END_TEST

START_TEST(the_same_one_keeps_what_was_derived)
{
    json_t *doc = user("'manager':{'value':'m'}");

    ck_assert_str_eq(begin(doc, user(DERIVED)), "-");
    ck_assert_str_eq(extension(doc), DERIVED_OUT);
    /* Whatever the client makes of the reference. */
    doc = user("'manager':{'value':'m','$ref':'https://elsewhere.example/1'}");
    ck_assert_str_eq(begin(doc, user(DERIVED)), "-");
    ck_assert_str_eq(extension(doc), DERIVED_OUT);
    /* Of an unknown one nothing was derived. */
    doc = user("'manager':{'value':'m','$ref':'a'}");
    ck_assert_str_eq(begin(doc, user("'manager':{'value':'m','$ref':'b'}")), "-");
    ck_assert_str_eq(extension(doc), "{\"manager\":{\"value\":\"m\",\"$ref\":\"a\"}}");
}
END_TEST

START_TEST(another_one_loses_it)
{
    json_t *doc = user("'manager':{'value':'n','$ref':'../Users/m','displayName':'M'}");

    ck_assert_str_eq(begin(doc, user(DERIVED)), "n");
    ck_assert_str_eq(extension(doc), "{\"manager\":{\"value\":\"n\"}}");
    doc = user("'manager':{'value':'n','$ref':'own'}");
    ck_assert_str_eq(begin(doc, user(DERIVED)), "n");
    ck_assert_str_eq(extension(doc), "{\"manager\":{\"value\":\"n\",\"$ref\":\"own\"}}");
    /* Only the value was removed: nothing of it stays. */
    doc = user("'manager':{'$ref':'../Users/m','displayName':'M'}");
    ck_assert_str_eq(begin(doc, user(DERIVED)), "-");
    ck_assert_str_eq(extension(doc), "none");
    ck_assert_uint_eq(json_array_size(json_object_get(doc, "schemas")), 1);
}
END_TEST

START_TEST(dropping)
{
    json_t *doc = user(DERIVED ",'department':'d'");

    ck_assert_ptr_null(scim_manager_drop(doc, type, pool));
    ck_assert_str_eq(extension(doc), "{\"department\":\"d\"}");
    doc = user(DERIVED);
    ck_assert_ptr_null(scim_manager_drop(doc, type, pool));
    ck_assert_str_eq(extension(doc), "none");
    ck_assert_ptr_null(scim_manager_drop(doc, &gadget_type, pool));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("manager");
    TCase *tc = tcase_create("manager");
    SRunner *runner;
    int failed;

    apr_initialize();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, ids);
    tcase_add_test(tc, new_ones_are_looked_up);
    tcase_add_test(tc, the_same_one_keeps_what_was_derived);
    tcase_add_test(tc, another_one_loses_it);
    tcase_add_test(tc, dropping);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
