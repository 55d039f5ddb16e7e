/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "gadget.h"
#include "scim_life.h"
#include "scim_patch.h"

#define HEAD "{'schemas':['" SCIM_URN_USER "'],'id':'1','externalId':'e','userName':'u'"

static apr_pool_t *pool;
static const scim_resource_type_t *user;
static const scim_resource_type_t *group;
static scim_tenant_t *tenant;
static scim_life_t life;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    user = scim_catalog_type(scim_catalog_default(), "User");
    group = scim_catalog_type(scim_catalog_default(), "Group");
    tenant = gadget_tenant(NULL, pool);
    memset(&life, 0, sizeof(life));
    tenant->life = &life;
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static json_t *doc(const char *rest)
{
    return gadget_json(pool, apr_pstrcat(pool, HEAD, rest, "}", NULL));
}

static const char *text(const json_t *value)
{
    return scim_json_dump(value, NULL, pool);
}

START_TEST(what_a_tombstone_is)
{
    static const struct {
        const char *rest;
        int inactive;
        int tombstone;
    } cases[] = {
        {"", 0, 0},
        {",'active':true", 0, 0},
        {",'active':false", 1, 1},
        {",'active':false,'name':{'givenName':'G'}", 1, 0},
        {",'active':false,'displayName':'D'", 1, 0},
        {",'active':false,'" SCIM_URN_ENTERPRISE "':{'department':'d'}", 1, 0},
        {",'active':true,'title':'t'", 0, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(scim_life_is_inactive(doc(cases[i].rest), user), cases[i].inactive);
        ck_assert_int_eq(scim_life_is_tombstone(doc(cases[i].rest), user), cases[i].tombstone);
    }
    ck_assert_int_eq(scim_life_is_inactive(doc(",'active':false"), group), 0);
    ck_assert_int_eq(scim_life_is_tombstone(doc(",'active':false"), group), 0);
    ck_assert_int_eq(scim_life_is_tombstone(NULL, user), 0);
}
END_TEST

START_TEST(shrinking)
{
    json_t *whole = doc(",'name':{'givenName':'G'},'displayName':'D','emails':[{'value':'a@b'}],"
                        "'active':false,'" SCIM_URN_ENTERPRISE "':{'department':'d'}");
    json_t *small;

    json_array_append_new(json_object_get(whole, "schemas"), json_string(SCIM_URN_ENTERPRISE));
    small = scim_life_shrink(whole, user, pool);
    ck_assert_str_eq(text(small), text(doc(",'active':false")));
    ck_assert_int_eq(scim_life_is_tombstone(small, user), 1);
    ck_assert_str_eq(text(scim_life_shrink(small, user, pool)), text(small));
    /* The document that was given is as it was. */
    ck_assert_uint_eq(json_object_size(whole), 9);
    ck_assert_uint_eq(json_array_size(json_object_get(whole, "schemas")), 2);
}
END_TEST

START_TEST(deactivating)
{
    json_t *on = doc(",'active':true,'title':'t'");

    ck_assert_str_eq(text(scim_life_deactivate(on, user, pool)),
                     text(doc(",'active':false,'title':'t'")));
    ck_assert_str_eq(text(scim_life_deactivate(doc(""), user, pool)), text(doc(",'active':false")));
    ck_assert_str_eq(text(on), text(doc(",'active':true,'title':'t'")));
}
END_TEST

START_TEST(what_ends_an_account)
{
    static const scim_deprovision_t policies[] = {SCIM_DEPROVISION_DISABLE, SCIM_DEPROVISION_DELETE,
                                                  SCIM_DEPROVISION_UNLINK};

    for (int i = 0; i < 3; i++) {
        tenant->deprovision = policies[i];
        ck_assert_int_eq(scim_life_ends(tenant, doc(",'active':false"), user), i > 0);
        ck_assert_int_eq(scim_life_ends(tenant, doc(",'active':true"), user), 0);
        ck_assert_int_eq(scim_life_ends(tenant, doc(""), user), 0);
        ck_assert_int_eq(scim_life_ends(tenant, doc(",'active':false"), group), 0);
    }
}
END_TEST

START_TEST(life_time)
{
    apr_time_t now = apr_time_from_sec(1000000);
    apr_time_t since = now - apr_time_from_sec(60);

    /* Without any setting, and for ever. */
    tenant->life = NULL;
    ck_assert_int_eq(scim_life_cutoff(tenant, now), 0);
    ck_assert_int_eq(scim_life_is_gone(tenant, since, now), 0);
    ck_assert_int_eq(scim_life_is_hidden(tenant, since, now), 0);
    tenant->life = &life;
    ck_assert_int_eq(scim_life_is_gone(tenant, since, now), 0);
    life.seconds = 60;
    ck_assert_int_eq(scim_life_is_gone(tenant, since, now), 0);
    ck_assert_int_eq(scim_life_is_gone(tenant, since - 1, now), 1);
    ck_assert_int_eq(scim_life_is_hidden(tenant, since - 1, now), 1);
    ck_assert_int_eq(scim_life_is_hidden(tenant, since, now), 0);
    /* Who is none never is gone. */
    ck_assert_int_eq(scim_life_is_gone(tenant, 0, now), 0);
    life.hide = 1;
    ck_assert_int_eq(scim_life_is_hidden(tenant, 0, now), 0);
    ck_assert_int_eq(scim_life_is_hidden(tenant, since, now), 1);
    ck_assert_int_eq(scim_life_is_gone(tenant, since, now), 0);
}
END_TEST

/* ---- what a tombstone lacks ---- */

static const scim_attr_t needy_attrs[] = {
    {.name = "userName", .required = 1, .at = SCIM_AT_UNIQUE, .type = SCIM_ATTR_STRING},
    {.name = "userType", .required = 1, .type = SCIM_ATTR_STRING},
    {.name = "active", .at = SCIM_AT_ACTIVE, .type = SCIM_ATTR_BOOLEAN},
};
static const scim_attr_t needy_more[] = {
    {.name = "department", .required = 1, .type = SCIM_ATTR_STRING},
};
static const scim_schema_t needy_schema = {SCIM_URN_USER, "User", "", needy_attrs, 3};
static const scim_schema_t needy_extension_schema = {SCIM_URN_ENTERPRISE, "E", "", needy_more, 1};
static const scim_extension_t needy_extensions[] = {
    {.schema = &needy_extension_schema, .required = 1}};

/* A User of which more is required than a tombstone has. */
static const scim_resource_type_t needy = {.name = "User",
                                           .endpoint = "Users",
                                           .description = "",
                                           .schema = &needy_schema,
                                           .extensions = needy_extensions,
                                           .nextensions = 1};

#define NEEDY_TOMBSTONE "{'schemas':['" SCIM_URN_USER "'],'id':'1','userName':'u','active':false}"

/* The outcome of a PATCH with one value, as text, or the error's. */
static const char *patched(const char *old, const char *value)
{
    const scim_patch_t *patch;
    json_t *out;
    json_t *body = gadget_jsonf(pool,
                                "{'schemas':['" SCIM_URN_PATCH "'],'Operations':[{'op':"
                                "'replace','value':%s}]}",
                                value);
    scim_error_t *err = scim_patch_parse(&patch, body, &needy, tenant, pool);

    ck_assert_ptr_null(err);
    err = scim_patch_apply(&out, gadget_json(pool, old), patch, &needy, tenant, pool);
    return err ? err->detail : text(out);
}

static const char *replaced(const char *old, const char *body)
{
    json_t *out;
    scim_error_t *err = scim_resource_replace(
        &out, NULL, gadget_jsonf(pool, "{'schemas':['" SCIM_URN_USER "'],'userName':'u'%s}", body),
        gadget_json(pool, old), &needy, tenant, pool);

    return err ? err->detail : text(out);
}

START_TEST(what_a_tombstone_lacks)
{
    const char *off = NEEDY_TOMBSTONE;

    tenant->deprovision = SCIM_DEPROVISION_UNLINK;
    /* By PATCH it begins again as it is. */
    ck_assert_str_eq(patched(off, "{'active':true}"),
                     "{\"schemas\":[\"" SCIM_URN_USER
                     "\"],\"id\":\"1\",\"userName\":\"u\",\"active\":true}");
    ck_assert_ptr_nonnull(strstr(patched(off, "{'active':true,'userType':'t'}"), "userType"));
    /* PUT says what there is, so it is all there, unless nothing is to be there. */
    ck_assert_ptr_nonnull(strstr(replaced(off, ",'active':true"), "required"));
    ck_assert_str_eq(replaced(off, ",'active':false"), text(gadget_json(pool, off)));
    ck_assert_str_eq(replaced(off, ""), text(gadget_json(pool, off)));
    /* Who has more than a tombstone lacks nothing. */
    off = "{'schemas':['" SCIM_URN_USER "'],'id':'1','userName':'u','userType':'t','active':true}";
    ck_assert_ptr_nonnull(strstr(patched(off, "{'active':false}"), "required"));
    /* Nor does anybody where there are no tombstones. */
    tenant->deprovision = SCIM_DEPROVISION_DISABLE;
    ck_assert_ptr_nonnull(strstr(patched(NEEDY_TOMBSTONE, "{'active':true}"), "required"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("life");
    TCase *tc = tcase_create("life");
    SRunner *runner;
    int failed;

    apr_initialize();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_a_tombstone_is);
    tcase_add_test(tc, shrinking);
    tcase_add_test(tc, deactivating);
    tcase_add_test(tc, what_ends_an_account);
    tcase_add_test(tc, life_time);
    tcase_add_test(tc, what_a_tombstone_lacks);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
