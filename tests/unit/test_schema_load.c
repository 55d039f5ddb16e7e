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
#include "scim_path.h"
#include "scim_schema_load.h"

#define BASE "https://scim.example.com/scim/v2"

static apr_pool_t *pool;

static void setup(void)
{
    counting_start();
    apr_initialize();
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    ck_assert_int_eq(counting_live(), 0);
    apr_terminate();
}

/* ---- what a catalog says, as JSON ---- */

static json_t *load(const char *text, apr_pool_t *p)
{
    json_t *root = NULL;
    scim_error_t *err = scim_json_load(&root, text, strlen(text), NULL, p);

    ck_assert_msg(!err, "%s", err ? err->detail : "");
    return root;
}

/* The paths of a schema's attributes that are stored at `at`. */
static void list_at(json_t *out, const scim_schema_t *schema, int extension, scim_at_t at,
                    apr_pool_t *p)
{
    for (int i = 0; i < schema->nattrs; i++) {
        scim_path_t path = {extension ? schema : NULL, &schema->attrs[i], NULL, NULL};

        if (path.attr->at == at) {
            json_array_append_new(out, json_string(scim_path_print(&path, p)));
        }
        for (int j = 0; j < path.attr->nsubs; j++) {
            path.sub = &path.attr->subs[j];
            if (path.sub->at == at) {
                json_array_append_new(out, json_string(scim_path_print(&path, p)));
            }
        }
    }
}

static json_t *type_json(const scim_resource_type_t *type, apr_pool_t *p)
{
    json_t *o = json_object();
    json_t *extensions = json_array();
    json_t *indexed = json_array();
    json_t *unique = json_array();

    json_object_set_new(o, "name", json_string(type->name));
    json_object_set_new(o, "endpoint", json_string(type->endpoint));
    json_object_set_new(o, "schema", json_string(type->schema->urn));
    json_object_set_new(o, "custom", json_boolean(type->custom));
    json_object_set_new(o, "extensions", extensions);
    json_object_set_new(o, "indexed", indexed);
    json_object_set_new(o, "unique", unique);
    list_at(indexed, type->schema, 0, SCIM_AT_INDEXED, p);
    list_at(unique, type->schema, 0, SCIM_AT_UNIQUE, p);
    for (int i = 0; i < type->nextensions; i++) {
        const scim_extension_t *e = &type->extensions[i];

        json_array_append_new(
            extensions,
            json_string(apr_pstrcat(p, e->schema->urn, e->required ? " required" : "", NULL)));
        list_at(indexed, e->schema, 1, SCIM_AT_INDEXED, p);
        list_at(unique, e->schema, 1, SCIM_AT_UNIQUE, p);
    }
    return o;
}

/* Every type, and the schemas that are not built in as /Schemas shows them. */
static const char *catalog_text(const scim_catalog_t *catalog, apr_pool_t *p)
{
    scim_tenant_t *tenant = scim_tenant_make("acme", p);
    json_t *o = scim_json_own(json_object(), p);
    json_t *types = json_array();
    json_t *schemas = json_array();
    json_t *all;

    tenant->catalog = catalog;
    json_object_set_new(o, "types", types);
    json_object_set_new(o, "schemas", schemas);
    for (int i = 0; i < catalog->ntypes; i++) {
        json_array_append_new(types, type_json(catalog->types[i], p));
    }
    all = json_object_get(load(scim_discovery_schemas(tenant, NULL, BASE, p), p), "Resources");
    for (apr_size_t i = 0; i < json_array_size(all); i++) {
        json_t *schema = json_array_get(all, i);

        if (!scim_catalog_schema(scim_catalog_default(),
                                 json_string_value(json_object_get(schema, "id")))) {
            json_object_del(schema, "meta");
            json_array_append(schemas, schema);
        }
    }
    return scim_json_dump(o, NULL, p);
}

static void add_indexes(scim_schema_set_t *set, const char *lines, apr_pool_t *p)
{
    char *rest = lines ? apr_pstrdup(p, lines) : NULL;
    char *line = rest ? apr_strtok(rest, "\n", &rest) : NULL;

    for (; line; line = apr_strtok(NULL, "\n", &rest)) {
        char *space = strchr(line, ' ');

        *space = '\0';
        scim_schema_set_index(set, line, space + 1);
    }
}

/* `in`: a document; `more`: another one; `index`: lines of a type and a path. */
static const char *schema_golden(scim_error_t **err, const golden_case_t *c, void *baton)
{
    scim_schema_set_t *set = scim_schema_set_make(c->pool);
    const char *more = golden_read(c, "more");
    const scim_catalog_t *catalog;

    (void)baton;
    *err = scim_schema_set_add(set, load(c->in, c->pool));
    if (!*err && more) {
        *err = scim_schema_set_add(set, load(more, c->pool));
    }
    add_indexes(set, golden_read(c, "index"), c->pool);
    if (!*err) {
        *err = scim_schema_set_catalog(&catalog, set);
    }
    return *err ? NULL : catalog_text(catalog, c->pool);
}

START_TEST(schema_golden_directories)
{
    ck_assert_int_eq(golden_run("schema", GOLDEN_JSON, schema_golden, NULL), 0);
}
END_TEST

/* ---- the name of an index ---- */

static const char *const device =
    "[{\"id\":\"urn:example:schemas:Device\",\"attributes\":["
    "{\"name\":\"serial\",\"required\":true,\"uniqueness\":\"server\"},"
    "{\"name\":\"room\"},{\"name\":\"floor\"}]},"
    "{\"name\":\"Device\",\"endpoint\":\"/Devices\",\"schema\":\"urn:example:schemas:Device\"}]";

static const char *index_name(const char *text, const char *type, const char *lines)
{
    scim_schema_set_t *set = scim_schema_set_make(pool);
    const scim_catalog_t *catalog = NULL;
    scim_error_t *err = scim_schema_set_add(set, load(text, pool));

    add_indexes(set, lines, pool);
    if (!err) {
        err = scim_schema_set_catalog(&catalog, set);
    }
    ck_assert_msg(!err, "%s", err ? err->detail : "");
    return scim_catalog_type(catalog, type)->indexed;
}

/* Every host names the same thing alike, and another thing otherwise. */
START_TEST(index_has_a_name)
{
    const char *plain = index_name(device, "Device", NULL);
    const char *room = index_name(device, "Device", "Device room");
    const char *both = index_name(device, "Device", "Device room\nDevice floor");

    ck_assert_ptr_nonnull(plain); /* the unique key is an index too */
    ck_assert_str_ne(plain, room);
    ck_assert_str_ne(room, both);
    ck_assert_str_eq(both, index_name(device, "Device", "Device FLOOR\nDevice room\nDevice room"));
    ck_assert_ptr_null(index_name(device, "User", "Device room"));
    ck_assert_ptr_null(index_name(device, "User", "User userName\nUser emails.value"));
    ck_assert_ptr_nonnull(index_name(device, "User", "User title"));
    ck_assert_ptr_null(index_name("[]", "Group", NULL));
}
END_TEST

/* Folding is part of what is in the index. */
START_TEST(index_name_tells_case)
{
    const char *folded = index_name(device, "Device", "Device room");
    char *exact = apr_pstrdup(pool, device);
    char *at = strstr(exact, "{\"name\":\"room\"}");

    ck_assert_ptr_nonnull(at);
    exact = apr_pstrcat(pool, apr_pstrmemdup(pool, exact, (apr_size_t)(at - exact)),
                        "{\"name\":\"room\",\"caseExact\":true}",
                        at + strlen("{\"name\":\"room\"}"), NULL);
    ck_assert_str_ne(index_name(exact, "Device", "Device room"), folded);
}
END_TEST

/* What is built in is never changed: another tenant has it too. */
START_TEST(built_in_tables_stay)
{
    const scim_resource_type_t *user = scim_catalog_type(scim_catalog_default(), "User");

    (void)index_name("[]", "User", "User title\nUser name.formatted");
    ck_assert_int_eq(scim_type_attr(user, "title", 5)->at, SCIM_AT_DOC);
    ck_assert_int_eq(scim_attr_sub(scim_type_attr(user, "name", 4), "formatted")->at, SCIM_AT_DOC);
}
END_TEST

/* ---- bounds ---- */

/* A schema with n attributes and a type for it. */
static const char *schema_text(int n, int subs)
{
    scim_buf_t *b = scim_buf_make(0, pool);

    scim_buf_puts(b, "[{\"id\":\"urn:example:schemas:Big\",\"attributes\":[");
    for (int i = 0; i < n; i++) {
        scim_buf_printf(b, "%s{\"name\":\"a%d\"", i ? "," : "", i);
        for (int j = 0; j < subs; j++) {
            scim_buf_printf(b, "%s{\"name\":\"s%d\"}",
                            j ? "," : ",\"type\":\"complex\",\"subAttributes\":[", j);
        }
        scim_buf_puts(b, subs ? "]}" : "}");
    }
    scim_buf_puts(b, "]},{\"name\":\"Big\",\"endpoint\":\"Bigs\","
                     "\"schema\":\"urn:example:schemas:Big\"}]");
    return b->data;
}

static scim_error_t *try_text(const char *text)
{
    scim_schema_set_t *set = scim_schema_set_make(pool);
    const scim_catalog_t *catalog;
    scim_error_t *err = scim_schema_set_add(set, load(text, pool));

    return err ? err : scim_schema_set_catalog(&catalog, set);
}

START_TEST(numbers_are_bounded)
{
    ck_assert_ptr_null(try_text(schema_text(SCIM_SCHEMA_ATTRS_MAX, 0)));
    ck_assert_ptr_null(try_text(schema_text(1, SCIM_SCHEMA_SUBS_MAX)));
    ck_assert_ptr_nonnull(try_text(schema_text(SCIM_SCHEMA_ATTRS_MAX + 1, 0)));
    ck_assert_ptr_nonnull(try_text(schema_text(1, SCIM_SCHEMA_SUBS_MAX + 1)));
    ck_assert_ptr_nonnull(
        try_text(schema_text(SCIM_SCHEMA_TOTAL_MAX / SCIM_SCHEMA_SUBS_MAX, SCIM_SCHEMA_SUBS_MAX)));
}
END_TEST

START_TEST(schemas_and_types_are_bounded)
{
    scim_buf_t *schemas = scim_buf_make(0, pool);
    scim_buf_t *types = scim_buf_make(0, pool);
    scim_error_t *err;

    scim_buf_puts(schemas, "[");
    scim_buf_puts(types, "[");
    for (int i = 0; i <= SCIM_SCHEMAS_MAX; i++) {
        scim_buf_printf(schemas, "%s{\"id\":\"urn:example:s%d\",\"attributes\":[{\"name\":\"a\"}]}",
                        i ? "," : "", i);
        scim_buf_printf(types, "%s{\"name\":\"T%d\",\"endpoint\":\"T%d\",\"schema\":\"urn:x:y\"}",
                        i ? "," : "", i, i);
    }
    scim_buf_puts(schemas, "]");
    scim_buf_puts(types, "]");
    err = try_text(schemas->data);
    ck_assert_ptr_nonnull(err);
    ck_assert_ptr_nonnull(strstr(err->detail, "more than 200 schemas"));
    err = try_text(types->data);
    ck_assert_ptr_nonnull(err);
    ck_assert_ptr_nonnull(strstr(err->detail, "more than 100 resource types"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("schema_load");
    TCase *tc = tcase_create("schema_load");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, schema_golden_directories);
    tcase_add_test(tc, index_has_a_name);
    tcase_add_test(tc, index_name_tells_case);
    tcase_add_test(tc, built_in_tables_stay);
    tcase_add_test(tc, numbers_are_bounded);
    tcase_add_test(tc, schemas_and_types_are_bounded);
    suite_add_tcase(s, tc);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
