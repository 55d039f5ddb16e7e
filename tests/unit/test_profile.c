/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "counting.h"
#include "scim_discovery.h"
#include "scim_profile.h"
#include "scim_resource.h"
#include "scim_schema_load.h"

#define BASE "https://scim.example.com/scim/v2"

static apr_pool_t *pool;
static scim_tenant_t *tenant;

static void setup(void)
{
    counting_start();
    apr_initialize();
    apr_pool_create(&pool, NULL);
    tenant = scim_tenant_make("acme", pool);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    ck_assert_int_eq(counting_live(), 0);
    apr_terminate();
}

static void use(const char *name)
{
    const scim_profile_t *profile = scim_profile_find(name);

    ck_assert_ptr_nonnull(profile);
    scim_profile_apply(tenant, profile);
    tenant->catalog = scim_profile_catalog(profile, tenant->catalog, pool);
}

static const json_t *parse(const char *text)
{
    json_t *root = NULL;
    scim_error_t *err;

    ck_assert_ptr_nonnull(text);
    err = scim_json_load(&root, text, strlen(text), NULL, pool);
    ck_assert_msg(!err, "%s", err ? err->detail : "");
    return root;
}

START_TEST(profiles_by_name)
{
    ck_assert_str_eq(scim_profile_find("tolerant")->name, "tolerant");
    ck_assert_str_eq(scim_profile_find("INTEROP")->name, "interop");
    ck_assert_str_eq(scim_profile_find("ipsie")->name, "ipsie");
    ck_assert_ptr_null(scim_profile_find("strict"));
    ck_assert_ptr_null(scim_profile_find(""));
}
END_TEST

START_TEST(tolerant_changes_nothing)
{
    scim_tenant_t before = *tenant;

    use("tolerant");
    ck_assert_int_eq(memcmp(&before, tenant, sizeof(before)), 0);
    ck_assert_ptr_eq(tenant->catalog, scim_catalog_default());
    ck_assert_ptr_null(json_object_get(parse(scim_discovery_config(tenant, BASE, pool)),
                                       "interopProfileConformant"));
    ck_assert_ptr_null(scim_discovery_schemas(tenant, SCIM_URN_SPC, BASE, pool));
}
END_TEST

static const scim_attr_t *user_attr(const char *name)
{
    return scim_type_attr(scim_catalog_type(tenant->catalog, "User"), name, strlen(name));
}

/* Every multi-valued attribute with a type says which there are. */
static void check_types(const scim_schema_t *schema)
{
    for (int i = 0; i < schema->nattrs; i++) {
        const scim_attr_t *attr = &schema->attrs[i];
        const scim_attr_t *type = attr->multi ? scim_attr_sub(attr, "type") : NULL;

        ck_assert_msg(!type || (type->canonical && type->canonical[0]), "%s", attr->name);
    }
}

START_TEST(types_are_published)
{
    const scim_catalog_t *plain = scim_catalog_default();
    const scim_resource_type_t *user;

    ck_assert_ptr_null(scim_attr_sub(user_attr("roles"), "type")->canonical);
    use("interop");
    ck_assert_int_eq(tenant->catalog->ntypes, plain->ntypes);
    for (int i = 0; i < tenant->catalog->ntypes; i++) {
        check_types(tenant->catalog->types[i]->schema);
    }
    user = scim_catalog_type(tenant->catalog, "User");
    ck_assert_int_eq(user->schema->nattrs, plain->types[0]->schema->nattrs);
    ck_assert_int_eq(user->nextensions, 1);
    ck_assert_ptr_nonnull(scim_catalog_schema(tenant->catalog, SCIM_URN_ENTERPRISE));
    /* What had its own keeps it, and the default catalog is as it was. */
    ck_assert_str_eq(scim_attr_sub(user_attr("ims"), "type")->canonical[0], "aim");
    tenant->catalog = plain;
    ck_assert_ptr_null(scim_attr_sub(user_attr("roles"), "type")->canonical);
}
END_TEST

START_TEST(only_ipsie_has_no_password)
{
    use("interop");
    ck_assert_ptr_nonnull(user_attr("password"));
    tenant->catalog = scim_catalog_default();
    use("ipsie");
    ck_assert_ptr_null(user_attr("password"));
    ck_assert_ptr_nonnull(user_attr("userName"));
    ck_assert_ptr_nonnull(user_attr("displayName"));
    ck_assert_ptr_nonnull(user_attr("active"));
    ck_assert_ptr_nonnull(user_attr("externalId"));
    ck_assert_ptr_nonnull(user_attr("x509Certificates")); /* the last one is still there */
    ck_assert_int_eq(
        scim_type_attr_at(scim_catalog_type(tenant->catalog, "User"), SCIM_AT_UNIQUE)->uniqueness,
        SCIM_UNIQUE_SERVER);
    ck_assert_ptr_null(
        strstr(scim_discovery_schemas(tenant, SCIM_URN_USER, BASE, pool), "password"));
}
END_TEST

/* The bounds are what the profiles ask for, and the defaults are within them. */
START_TEST(bounds)
{
    const scim_profile_t *interop = scim_profile_find("interop");
    const scim_profile_t *ipsie = scim_profile_find("ipsie");

    ck_assert_int_eq(interop->min_page_size, 100);
    ck_assert_int_eq(interop->rate.requests, 0);
    ck_assert_int_eq(ipsie->min_page_size, 100);
    ck_assert_int_eq(ipsie->min_operations, 50);
    ck_assert_int_eq(ipsie->min_per_second, 25);
    ck_assert_int_eq(scim_rate_valid(&ipsie->rate), 1);
    ck_assert_int_eq(scim_rate_at_least(&ipsie->rate, ipsie->min_per_second), 1);
    ck_assert_int_ge(tenant->page_size, interop->min_page_size);
    ck_assert_int_ge(tenant->max_page_size, interop->min_page_size);
    ck_assert_int_ge(tenant->max_operations, ipsie->min_operations);
}
END_TEST

/* interopProfileConformant as the profile defines it, and only what the document has. */
START_TEST(conformance_is_announced_and_defined)
{
    const json_t *config;
    const json_t *schema;
    const json_t *attrs;
    const char *key;
    json_t *value;
    int found = 0;

    use("interop");
    config = parse(scim_discovery_config(tenant, BASE, pool));
    ck_assert(json_is_true(json_object_get(config, "interopProfileConformant")));
    schema = parse(scim_discovery_schemas(tenant, SCIM_URN_SPC, BASE, pool));
    attrs = json_object_get(schema, "attributes");
    json_object_foreach(scim_json_walk(config), key, value)
    {
        ck_assert_msg(strcmp(key, "schemas") == 0 || strcmp(key, "meta") == 0 ||
                          scim_attr_find(tenant->config_schema->attrs,
                                         tenant->config_schema->nattrs, key, strlen(key)),
                      "%s is not defined", key);
    }
    for (size_t i = 0; i < json_array_size(attrs); i++) {
        const json_t *attr = json_array_get(attrs, i);
        const char *name = json_string_value(json_object_get(attr, "name"));

        ck_assert_msg(json_object_get(config, name) != NULL, "%s is never there", name);
        ck_assert_str_eq(json_string_value(json_object_get(attr, "mutability")), "readOnly");
        if (strcmp(name, "interopProfileConformant") == 0) {
            found = 1;
            ck_assert_str_eq(json_string_value(json_object_get(attr, "type")), "boolean");
            ck_assert_str_eq(json_string_value(json_object_get(attr, "returned")), "default");
            ck_assert(json_is_false(json_object_get(attr, "multiValued")));
            ck_assert(json_is_false(json_object_get(attr, "required")));
        }
    }
    ck_assert_int_eq(found, 1);
}
END_TEST

static scim_error_t *create(const char *extra)
{
    const char *text = apr_pstrcat(pool, "{\"schemas\":[\"" SCIM_URN_USER "\"],\"userName\":\"u\"",
                                   extra, "}", NULL);
    json_t *body = NULL;
    json_t *doc = NULL;
    scim_error_t *err = scim_json_load(&body, text, strlen(text), NULL, pool);

    ck_assert_ptr_null(err);
    return scim_resource_create(&doc, NULL, body, scim_catalog_type(tenant->catalog, "User"),
                                tenant, pool);
}

static void refused(const char *extra, scim_error_type_t type, const char *names)
{
    const scim_error_t *err = create(extra);

    ck_assert_msg(err != NULL, "%s was accepted", extra);
    ck_assert_int_eq(err->status, 400);
    ck_assert_int_eq(err->type, type);
    ck_assert_msg(strstr(err->detail, names) != NULL, "%s", err->detail);
}

START_TEST(bodies)
{
    ck_assert_ptr_null(
        create(",\"shoeSize\":1,\"emails\":[{\"value\":\"a@b\",\"type\":\"moon\"}]"));
    use("interop");
    refused(",\"shoeSize\":1", SCIM_TYPE_INVALID_SYNTAX, "shoeSize");
    refused(",\"emails\":[{\"value\":\"a@b\",\"type\":\"moon\"}]", SCIM_TYPE_INVALID_VALUE,
            "emails.type");
    ck_assert_ptr_null(create(",\"emails\":[{\"value\":\"a@b\",\"type\":\"WORK\"}]"));
    ck_assert_ptr_null(create(",\"password\":\"1mz050nq\",\"groups\":[],\"id\":\"x\""));
    tenant->catalog = scim_catalog_default();
    use("ipsie");
    refused(",\"password\":\"1mz050nq\"", SCIM_TYPE_INVALID_SYNTAX, "password");
    refused(",\"PassWord\":\"1mz050nq\"", SCIM_TYPE_INVALID_SYNTAX, "PassWord");
}
END_TEST

/* A tenant's own types: the words of RFC 7643 are of no use to a `type` that is a number. */
START_TEST(types_that_are_not_words)
{
    static const char files[] =
        "[{\"id\":\"urn:example:meter\",\"name\":\"Meter\",\"attributes\":["
        "{\"name\":\"phase\",\"type\":\"integer\",\"canonicalValues\":[\"1\",\"2\"]},"
        "{\"name\":\"lines\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":["
        "{\"name\":\"value\"},{\"name\":\"type\",\"type\":\"integer\"}]},"
        "{\"name\":\"places\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":["
        "{\"name\":\"value\"},{\"name\":\"type\"}]}]},"
        "{\"name\":\"Meter\",\"endpoint\":\"/Meters\",\"schema\":\"urn:example:meter\"}]";
    static const char body[] = "{\"schemas\":[\"urn:example:meter\"],\"phase\":2,"
                               "\"lines\":[{\"value\":\"a\",\"type\":3}],\"places\":"
                               "[{\"value\":\"a\",\"type\":\"work\"}]}";
    scim_schema_set_t *set = scim_schema_set_make(pool);
    const scim_resource_type_t *meter;
    json_t *doc = NULL;

    ck_assert_ptr_null(scim_schema_set_add(set, parse(files)));
    ck_assert_ptr_null(scim_schema_set_catalog(&tenant->catalog, set));
    use("interop");
    meter = scim_catalog_type(tenant->catalog, "Meter");
    ck_assert_ptr_null(
        scim_attr_sub(scim_type_attr(meter, "lines", strlen("lines")), "type")->canonical);
    ck_assert_ptr_nonnull(
        scim_attr_sub(scim_type_attr(meter, "places", strlen("places")), "type")->canonical);
    ck_assert_ptr_null(scim_resource_create(&doc, NULL, parse(body), meter, tenant, pool));
}
END_TEST

static Suite *profile_suite(void)
{
    Suite *s = suite_create("profile");
    TCase *tc = tcase_create("profile");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, profiles_by_name);
    tcase_add_test(tc, tolerant_changes_nothing);
    tcase_add_test(tc, types_are_published);
    tcase_add_test(tc, only_ipsie_has_no_password);
    tcase_add_test(tc, bounds);
    tcase_add_test(tc, conformance_is_announced_and_defined);
    tcase_add_test(tc, bodies);
    tcase_add_test(tc, types_that_are_not_words);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *sr = srunner_create(profile_suite());
    int failed;

    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
