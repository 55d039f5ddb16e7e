/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "counting.h"
#include "golden.h"
#include "scim_discovery.h"

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

static json_t *parse(const char *text)
{
    json_t *root = NULL;
    scim_error_t *err;

    ck_assert_ptr_nonnull(text);
    err = scim_json_load(&root, text, strlen(text), NULL, pool);
    ck_assert_msg(!err, "%s", err ? err->detail : "");
    return root;
}

static const char *text_of(const json_t *o, const char *name)
{
    const char *value = json_string_value(json_object_get(o, name));

    ck_assert_msg(value != NULL, "no %s", name);
    return value;
}

/* `in`: "config", "types", "types NAME", "schemas" or "schemas URN". */
static const char *discovery_golden(scim_error_t **err, const golden_case_t *c, void *baton)
{
    const scim_tenant_t *t = baton;
    const char *space = strchr(c->in, ' ');
    const char *name = space ? space + 1 : NULL;
    const char *text;

    if (strncmp(c->in, "config", 6) == 0) {
        text = scim_discovery_config(t, BASE, c->pool);
    } else if (strncmp(c->in, "types", 5) == 0) {
        text = scim_discovery_types(t, name, BASE, c->pool);
    } else {
        text = scim_discovery_schemas(t, name, BASE, c->pool);
    }
    if (!text) {
        *err = scim_error_make(c->pool, 404, SCIM_TYPE_NONE, "Not found.");
    }
    return text;
}

START_TEST(discovery_golden_directories)
{
    ck_assert_int_eq(golden_run("discovery", GOLDEN_JSON, discovery_golden, tenant), 0);
}
END_TEST

START_TEST(config_follows_the_tenant)
{
    const json_t *o;

    tenant->page_size = 50;
    tenant->max_page_size = 200;
    o = parse(scim_discovery_config(tenant, BASE, pool));
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(o, "filter"), "maxResults")), 200);
    o = json_object_get(o, "pagination");
    ck_assert_int_eq(json_integer_value(json_object_get(o, "defaultPageSize")), 50);
    ck_assert_int_eq(json_integer_value(json_object_get(o, "maxPageSize")), 200);
    tenant->bulk_operations = 7;
    tenant->bulk_payload = 2048;
    o = json_object_get(parse(scim_discovery_config(tenant, BASE, pool)), "bulk");
    ck_assert_int_eq(json_integer_value(json_object_get(o, "maxOperations")), 7);
    ck_assert_int_eq(json_integer_value(json_object_get(o, "maxPayloadSize")), 2048);
    tenant->page_size = 300;
    o = parse(scim_discovery_config(tenant, BASE, pool));
    o = json_object_get(o, "pagination");
    ck_assert_int_eq(json_integer_value(json_object_get(o, "defaultPageSize")), 200);
}
END_TEST

static void no_nulls(const json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;

    ck_assert(!json_is_null(value));
    json_object_foreach(scim_json_walk(value), key, member)
    {
        no_nulls(member);
    }
    json_array_foreach(value, i, member)
    {
        no_nulls(member);
    }
}

static void check_strings(const json_t *array, const char *const *strings)
{
    size_t n = 0;

    for (; strings && strings[n]; n++) {
        ck_assert_str_eq(json_string_value(json_array_get(array, n)), strings[n]);
    }
    ck_assert_uint_eq(json_array_size(array), n);
    ck_assert_int_eq(array != NULL, strings != NULL);
}

static int has_case(const scim_attr_t *attr)
{
    return attr->type == SCIM_ATTR_STRING || attr->type == SCIM_ATTR_REFERENCE ||
           attr->type == SCIM_ATTR_BINARY;
}

/* The names are written out here again, as RFC 7643 section 7 has them. */
static void check_attr(const json_t *o, const scim_attr_t *attr)
{
    static const char *const types[] = {
        [SCIM_ATTR_STRING] = "string",       [SCIM_ATTR_BOOLEAN] = "boolean",
        [SCIM_ATTR_DECIMAL] = "decimal",     [SCIM_ATTR_INTEGER] = "integer",
        [SCIM_ATTR_DATETIME] = "dateTime",   [SCIM_ATTR_BINARY] = "binary",
        [SCIM_ATTR_REFERENCE] = "reference", [SCIM_ATTR_COMPLEX] = "complex",
    };
    static const char *const mutabilities[] = {
        [SCIM_READ_WRITE] = "readWrite",
        [SCIM_READ_ONLY] = "readOnly",
        [SCIM_IMMUTABLE] = "immutable",
        [SCIM_WRITE_ONLY] = "writeOnly",
    };
    static const char *const returned[] = {
        [SCIM_RETURNED_DEFAULT] = "default",
        [SCIM_RETURNED_ALWAYS] = "always",
        [SCIM_RETURNED_NEVER] = "never",
        [SCIM_RETURNED_REQUEST] = "request",
    };
    static const char *const uniqueness[] = {
        [SCIM_UNIQUE_NONE] = "none",
        [SCIM_UNIQUE_SERVER] = "server",
        [SCIM_UNIQUE_GLOBAL] = "global",
    };
    const json_t *subs = json_object_get(o, "subAttributes");
    const json_t *exact = json_object_get(o, "caseExact");
    int i;

    ck_assert_str_eq(text_of(o, "name"), attr->name);
    ck_assert_str_eq(text_of(o, "type"), types[attr->type]);
    ck_assert_str_eq(text_of(o, "mutability"), mutabilities[attr->mutability]);
    ck_assert_str_eq(text_of(o, "returned"), returned[attr->returned]);
    ck_assert_str_eq(text_of(o, "uniqueness"), uniqueness[attr->uniqueness]);
    ck_assert(json_is_boolean(json_object_get(o, "multiValued")));
    ck_assert_int_eq(json_is_true(json_object_get(o, "multiValued")), !!attr->multi);
    ck_assert(json_is_boolean(json_object_get(o, "required")));
    ck_assert_int_eq(json_is_true(json_object_get(o, "required")), !!attr->required);
    ck_assert_int_eq(exact != NULL, has_case(attr));
    ck_assert_int_eq(json_is_true(exact), has_case(attr) && attr->case_exact);
    check_strings(json_object_get(o, "canonicalValues"), attr->canonical);
    check_strings(json_object_get(o, "referenceTypes"), attr->ref_types);
    ck_assert_int_eq(subs != NULL, attr->type == SCIM_ATTR_COMPLEX);
    ck_assert_uint_eq(json_array_size(subs), attr->nsubs);
    for (i = 0; i < attr->nsubs; i++) {
        check_attr(json_array_get(subs, i), &attr->subs[i]);
    }
}

static void check_schema(const json_t *o, const scim_schema_t *schema)
{
    const json_t *attrs = json_object_get(o, "attributes");
    const json_t *meta = json_object_get(o, "meta");
    int i;

    ck_assert_str_eq(text_of(o, "id"), schema->urn);
    ck_assert_str_eq(text_of(o, "name"), schema->name);
    ck_assert_str_eq(text_of(meta, "resourceType"), "Schema");
    ck_assert_str_eq(text_of(meta, "location"),
                     apr_pstrcat(pool, BASE "/Schemas/", schema->urn, NULL));
    ck_assert_uint_eq(json_array_size(attrs), schema->nattrs);
    for (i = 0; i < schema->nattrs; i++) {
        check_attr(json_array_get(attrs, i), &schema->attrs[i]);
    }
}

START_TEST(schemas_are_those_the_types_name)
{
    static const char *const urns[] = {SCIM_URN_USER, SCIM_URN_ENTERPRISE, SCIM_URN_GROUP};
    const json_t *list = parse(scim_discovery_schemas(tenant, NULL, BASE, pool));
    const json_t *resources = json_object_get(list, "Resources");
    size_t i;

    no_nulls(list);
    ck_assert_int_eq(json_integer_value(json_object_get(list, "totalResults")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(list, "itemsPerPage")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(list, "startIndex")), 1);
    ck_assert_uint_eq(json_array_size(resources), 3);
    for (i = 0; i < 3; i++) {
        const json_t *one = parse(scim_discovery_schemas(tenant, urns[i], BASE, pool));

        check_schema(one, scim_catalog_schema(tenant->catalog, urns[i]));
        ck_assert_int_eq(json_equal(one, json_array_get(resources, i)), 1);
    }
}
END_TEST

/* ---- a catalog with everything, and with an extension that two types share ---- */

static const char *const colours[] = {"red", "blue", NULL};
static const char *const targets[] = {"User", "external", NULL};
static const scim_attr_t every_subs[] = {
    {.name = "day", .type = SCIM_ATTR_DATETIME, .mutability = SCIM_IMMUTABLE},
    {.name = "link", .type = SCIM_ATTR_REFERENCE, .case_exact = 1, .ref_types = targets},
};
static const scim_attr_t every_attrs[] = {
    {.name = "colour", .description = "Colour \"c\"", .canonical = colours, .required = 1},
    {.name = "size", .type = SCIM_ATTR_DECIMAL, .uniqueness = SCIM_UNIQUE_GLOBAL},
    {.name = "count", .type = SCIM_ATTR_INTEGER, .returned = SCIM_RETURNED_REQUEST, .multi = 1},
    {.name = "blob", .type = SCIM_ATTR_BINARY, .case_exact = 1, .returned = SCIM_RETURNED_ALWAYS},
    {.name = "key", .mutability = SCIM_WRITE_ONLY, .returned = SCIM_RETURNED_NEVER},
    {.name = "part", .type = SCIM_ATTR_COMPLEX, .multi = 1, .subs = every_subs, .nsubs = 2},
};
static const scim_schema_t every = {
    .urn = "urn:x:Every", .name = "Every", .attrs = every_attrs, .nattrs = 6};
static const scim_schema_t shared = {.urn = "urn:x:Shared",
                                     .name = "Shared",
                                     .description = "Both",
                                     .attrs = every_attrs,
                                     .nattrs = 1};
static const scim_extension_t extensions[] = {{.schema = &shared, .required = 1}};
static const scim_resource_type_t first = {.name = "First",
                                           .endpoint = "Firsts",
                                           .schema = &every,
                                           .extensions = extensions,
                                           .nextensions = 1};
static const scim_resource_type_t second = {.name = "Second",
                                            .endpoint = "Seconds",
                                            .schema = &every,
                                            .extensions = extensions,
                                            .nextensions = 1};
static const scim_resource_type_t *const types[] = {&first, &second};
static const scim_catalog_t catalog = {types, 2};

START_TEST(schemas_come_from_the_catalog)
{
    const json_t *list;
    const json_t *o;

    tenant->catalog = &catalog;
    list = parse(scim_discovery_schemas(tenant, NULL, BASE, pool));
    no_nulls(list);
    ck_assert_int_eq(json_integer_value(json_object_get(list, "totalResults")), 2);
    list = json_object_get(list, "Resources");
    ck_assert_uint_eq(json_array_size(list), 2);
    check_schema(json_array_get(list, 0), &every);
    check_schema(json_array_get(list, 1), &shared);
    ck_assert_ptr_null(scim_discovery_schemas(tenant, SCIM_URN_USER, BASE, pool));
    check_schema(parse(scim_discovery_schemas(tenant, "URN:X:shared", BASE, pool)), &shared);

    o = parse(scim_discovery_types(tenant, "Second", BASE, pool));
    no_nulls(o);
    ck_assert_str_eq(text_of(o, "endpoint"), "/Seconds");
    o = json_array_get(json_object_get(o, "schemaExtensions"), 0);
    ck_assert_str_eq(text_of(o, "schema"), "urn:x:Shared");
    ck_assert(json_is_true(json_object_get(o, "required")));
}
END_TEST

static Suite *discovery_suite(void)
{
    Suite *s = suite_create("discovery");
    TCase *tc = tcase_create("discovery");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, discovery_golden_directories);
    tcase_add_test(tc, config_follows_the_tenant);
    tcase_add_test(tc, schemas_are_those_the_types_name);
    tcase_add_test(tc, schemas_come_from_the_catalog);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *sr = srunner_create(discovery_suite());
    int failed;

    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
