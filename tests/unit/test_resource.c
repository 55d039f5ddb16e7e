/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "counting.h"
#include "gadget.h"
#include "golden.h"
#include "scim_resource.h"
#include "scim_text.h"

#define URN "urn:example:params:scim:schemas:Gadget"
#define SHELF "urn:example:params:scim:schemas:extension:shelf:1.0:Gadget"

static apr_pool_t *pool;
static scim_tenant_t *tenant;
static const scim_resource_type_t *user_type;
static const scim_resource_type_t *group_type;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    tenant = scim_tenant_make("test", pool);
    user_type = scim_catalog_type(tenant->catalog, "User");
    group_type = scim_catalog_type(tenant->catalog, "Group");
}

/* Every test ends with this: the pool took all JSON with it. */
static void teardown(void)
{
    apr_pool_destroy(pool);
    ck_assert_int_eq(counting_live(), 0);
}

/* A document is in canonical form already: sent back as it is, it stays what it is. */
static int is_fixed_point(const json_t *doc, const scim_resource_type_t *type, apr_pool_t *p)
{
    json_t *again = NULL;
    scim_error_t *err = scim_resource_replace(&again, NULL, doc, doc, type, tenant, p);

    return !err && strcmp(scim_json_dump(doc, NULL, p), scim_json_dump(again, NULL, p)) == 0;
}

/*
 * in: the body; type: resource type; old: the stored document, for a PUT; reject: present if the
 * tenant refuses undefined attributes; ignored: the names that are expected to be dropped.
 */
static const char *decode_case(scim_error_t **err, const golden_case_t *c, void *baton)
{
    const char *name = golden_read(c, "type");
    const char *old_text = golden_read(c, "old");
    const char *expected = golden_read(c, "ignored");
    const scim_resource_type_t *type = gadget_type_named(name ? name : "User");
    scim_tenant_t *t = scim_tenant_make("test", c->pool);
    const char *ignored = NULL;
    json_t *body;
    json_t *old = NULL;
    json_t *doc = NULL;

    (void)baton;
    t->reject_unknown_attrs = golden_read(c, "reject") != NULL;
    *err = scim_json_load(&body, c->in, strlen(c->in), NULL, c->pool);
    if (!*err && old_text) {
        *err = scim_json_load(&old, old_text, strlen(old_text), NULL, c->pool);
    }
    if (*err) {
        return NULL;
    }
    *err = old ? scim_resource_replace(&doc, &ignored, body, old, type, t, c->pool)
               : scim_resource_create(&doc, &ignored, body, type, t, c->pool);
    if (*err) {
        return NULL;
    }
    if (strcmp(ignored ? ignored : "", expected ? expected : "")) {
        return apr_psprintf(c->pool, "(ignored: %s)", ignored ? ignored : "nothing");
    }
    if (!is_fixed_point(doc, type, c->pool)) {
        return "(sent back, it becomes another one)";
    }
    return scim_json_dump(doc, NULL, c->pool);
}

START_TEST(golden_cases)
{
    ck_assert_int_eq(golden_run("resource", GOLDEN_TEXT, decode_case, NULL), 0);
}
END_TEST

static json_t *must_create(const json_t *body, const scim_resource_type_t *type)
{
    json_t *doc = NULL;
    scim_error_t *err = scim_resource_create(&doc, NULL, body, type, tenant, pool);

    ck_assert_msg(err == NULL, "%s", err ? err->detail : "");
    return doc;
}

static const scim_error_t *must_refuse(const json_t *body, const scim_resource_type_t *type)
{
    json_t *doc = NULL;
    scim_error_t *err = scim_resource_create(&doc, NULL, body, type, tenant, pool);

    ck_assert_ptr_nonnull(err);
    ck_assert_ptr_null(doc);
    return err;
}

static json_t *must_replace(const json_t *body, const json_t *old)
{
    json_t *doc = NULL;
    scim_error_t *err = scim_resource_replace(&doc, NULL, body, old, &gadget_type, tenant, pool);

    ck_assert_msg(err == NULL, "%s", err ? err->detail : "");
    return doc;
}

static const scim_error_t *must_not_replace(const json_t *body, const json_t *old)
{
    json_t *doc = NULL;
    scim_error_t *err = scim_resource_replace(&doc, NULL, body, old, &gadget_type, tenant, pool);

    ck_assert_ptr_nonnull(err);
    ck_assert_ptr_null(doc);
    return err;
}

START_TEST(bodies_that_are_no_object)
{
    static const char *const bodies[] = {"null", "true", "7", "'x'", "[]", "[{}]"};

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const scim_error_t *err = must_refuse(gadget_json(pool, bodies[i]), user_type);

        ck_assert_int_eq(err->status, 400);
        ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_SYNTAX);
        ck_assert_str_eq(err->detail, "The body must be a JSON object.");
    }
}
END_TEST

static const struct {
    const char *name;
    const char *bad;
    const char *detail;
} bad_values[] = {
    {"title", "7", "title must be a string."},
    {"title", "true", "title must be a string."},
    {"title", "['a']", "title must be a string."},
    {"title", "{'value':'a'}", "title must be a string."},
    {"on", "'yes'", "on must be true or false."},
    {"on", "1", "on must be true or false."},
    {"on", "'true '", "on must be true or false."},
    {"count", "1.5", "count must be an integer."},
    {"count", "1.0", "count must be an integer."},
    {"count", "'1.5'", "count must be an integer."},
    {"count", "'1x'", "count must be an integer."},
    {"count", "'0x10'", "count must be an integer."},
    {"count", "'[1]'", "count must be an integer."},
    {"count", "true", "count must be an integer."},
    {"price", "'a lot'", "price must be a number."},
    {"price", "'true'", "price must be a number."},
    {"price", "'NaN'", "price must be a number."},
    {"price", "[1]", "price must be a number."},
    {"sold", "'yesterday'", "sold must be a date and time such as 2026-01-31T12:00:00Z."},
    {"sold", "'2026-02-30T00:00:00Z'",
     "sold must be a date and time such as 2026-01-31T12:00:00Z."},
    {"sold", "1700000000", "sold must be a date and time such as 2026-01-31T12:00:00Z."},
    {"image", "'a'", "image must be a string in base64."},
    {"image", "'abcde'", "image must be a string in base64."},
    {"image", "'ab=c'", "image must be a string in base64."},
    {"image", "'abcd='", "image must be a string in base64."},
    {"image", "'ab==='", "image must be a string in base64."},
    {"image", "'ab_-'", "image must be a string in base64."},
    {"page", "7", "page must be a string with a URI."},
    {"tags", "['a',7]", "tags must be a string."},
    {"tags", "[['a']]", "tags must be a string."},
    {"sizes", "[1,'x']", "sizes must be an integer."},
    {"origin", "'Rome'", "origin must be an object."},
    {"origin", "7", "origin must be an object."},
    {"origin", "[{},{}]", "origin must be an object."},
    {"origin", "[[{'note':'x'}]]", "origin must be an object."},
    {"origin", "{'note':7}", "origin.note must be a string."},
    {"parts", "7", "parts must be an object."},
    {"parts", "[7]", "parts must be an object."},
    {"parts", "[[{'value':'a'}]]", "parts must be an object."},
    {"parts", "[{'value':'a','size':'big'}]", "parts.size must be an integer."},
    {"parts", "[{'size':1}]", "parts.value is required."},
    {"title", "'12345678901'", "title must not be longer than 10 characters."},
};

/* No wrong type of value gets past any attribute, and each refusal names the attribute. */
START_TEST(types_of_values)
{
    for (size_t i = 0; i < sizeof(bad_values) / sizeof(bad_values[0]); i++) {
        const json_t *body = gadget_jsonf(
            pool, "{'schemas':['" URN "'],'%s':%s%s,'" SHELF "':{'row':1}}", bad_values[i].name,
            bad_values[i].bad, strcmp(bad_values[i].name, "title") ? ",'title':'t'" : "");
        const scim_error_t *err = must_refuse(body, &gadget_type);

        ck_assert_str_eq(err->detail, bad_values[i].detail);
        ck_assert_int_eq(err->status, 400);
        ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_VALUE);
    }
}
END_TEST

START_TEST(values_become_their_type)
{
    const json_t *body = gadget_json(
        pool, "{'schemas':['" URN "'],'TITLE':'\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4"
              "\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4','on':'TRUE','count':'-12',"
              "'price':'1e2','sold':'2026-02-28T00:00:00+01:00','image':'YWI','page':'x',"
              "'tags':'one','sizes':['3',4],'parts':{'value':'p','primary':'False'},"
              "'" SHELF "':{'ROW':'5'}}");

    ck_assert_str_eq(
        scim_json_dump(must_create(body, &gadget_type), NULL, pool),
        "{\"schemas\":[\"" URN "\",\"" SHELF "\"],\"title\":\"\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4"
        "\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\",\"on\":true,\"count\":-12,"
        "\"price\":100.0,\"sold\":\"2026-02-28T00:00:00+01:00\",\"image\":\"YWI\",\"page\":\"x\","
        "\"tags\":[\"one\"],\"sizes\":[3,4],\"parts\":[{\"value\":\"p\",\"primary\":false}],"
        "\"" SHELF "\":{\"row\":5}}");
}
END_TEST

START_TEST(required_extensions)
{
    const json_t *without = gadget_json(pool, "{'schemas':['" URN "'],'title':'t'}");
    const json_t *empty =
        gadget_json(pool, "{'schemas':['" URN "'],'title':'t','" SHELF "':{'row':null}}");
    const json_t *partial = gadget_json(pool, "{'schemas':['" URN "'],'title':'t','" SHELF
                                              "':{'since':'2026-01-01T00:00:00Z'}}");

    ck_assert_str_eq(must_refuse(without, &gadget_type)->detail,
                     "The extension " SHELF " is required.");
    ck_assert_str_eq(must_refuse(empty, &gadget_type)->detail,
                     "The extension " SHELF " is required.");
    ck_assert_str_eq(must_refuse(partial, &gadget_type)->detail, "row is required.");
}
END_TEST

static json_t *old_gadget(void)
{
    return gadget_json(pool, "{'schemas':['" URN "','" SHELF "'],'id':'g1','title':'t',"
                             "'serial':'S1','origin':{'place':'Rome','note':'n'},"
                             "'" SHELF "':{'row':1,'since':'2026-01-01T00:00:00Z'}}");
}

START_TEST(immutable_attributes_stay)
{
    const json_t *old = old_gadget();
    const json_t *before = scim_json_own(json_deep_copy(old), pool);
    const json_t *absent = gadget_json(
        pool, "{'schemas':['" URN "'],'title':'u','origin':{'note':'m'},'" SHELF "':{'row':2}}");
    const json_t *same = gadget_json(pool, "{'schemas':['" URN "'],'title':'u','serial':'S1',"
                                           "'origin':{'place':'Rome'},'" SHELF "':{'row':2}}");
    const json_t *kept =
        gadget_json(pool, "{'schemas':['" URN "','" SHELF "'],'id':'g1','title':'u','serial':'S1',"
                          "'origin':{'place':'Rome','note':'m'},"
                          "'" SHELF "':{'row':2,'since':'2026-01-01T00:00:00Z'}}");
    json_t *doc = must_replace(absent, old);

    ck_assert_str_eq(scim_json_dump(doc, NULL, pool), scim_json_dump(kept, NULL, pool));
    doc = must_replace(same, old);
    ck_assert_str_eq(json_string_value(json_object_get(doc, "serial")), "S1");
    ck_assert(json_equal(old, before));
}
END_TEST

START_TEST(immutable_attributes_do_not_change)
{
    static const struct {
        const char *body;
        const char *detail;
    } rows[] = {
        {"'serial':'s1','" SHELF "':{'row':1}", "serial cannot be changed once it is set."},
        {"'origin':{'place':'Oslo'},'" SHELF "':{'row':1}",
         "origin.place cannot be changed once it is set."},
        {"'" SHELF "':{'row':1,'since':'2026-01-02T00:00:00Z'}",
         "since cannot be changed once it is set."},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const json_t *body =
            gadget_jsonf(pool, "{'schemas':['" URN "'],'title':'t',%s}", rows[i].body);
        const scim_error_t *err = must_not_replace(body, old_gadget());

        ck_assert_int_eq(err->status, 400);
        ck_assert_int_eq(err->type, SCIM_TYPE_MUTABILITY);
        ck_assert_str_eq(err->detail, rows[i].detail);
    }
}
END_TEST

START_TEST(immutable_attributes_can_be_set_once)
{
    const json_t *old = gadget_json(pool, "{'schemas':['" URN "','" SHELF "'],'id':'g1',"
                                          "'title':'t','" SHELF "':{'row':1}}");
    const json_t *body = gadget_json(pool, "{'schemas':['" URN "'],'title':'t','serial':'S2',"
                                           "'origin':{'place':'Oslo'},'" SHELF "':{'row':1}}");
    const json_t *doc = must_replace(body, old);

    ck_assert_str_eq(json_string_value(json_object_get(doc, "serial")), "S2");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(doc, "origin"), "place")),
                     "Oslo");
}
END_TEST

START_TEST(write_only_and_read_only_parts_are_dropped)
{
    const json_t *body =
        gadget_json(pool, "{'schemas':['" URN "'],'title':'t','origin':{'pin':'1234',"
                          "'checked':'nonsense'},'" SHELF "':{'row':1}}");
    const json_t *doc = must_create(body, &gadget_type);

    ck_assert_ptr_null(json_object_get(doc, "origin"));
}
END_TEST

START_TEST(one_value)
{
    const scim_attr_t *parts = scim_type_attr(&gadget_type, "parts", 5);
    json_t *out = NULL;
    scim_error_t *err;

    err = scim_resource_value_new(&out, gadget_json(pool, "{'VALUE':'a','size':'7'}"), parts, 0,
                                  tenant, pool);
    ck_assert_ptr_null(err);
    scim_json_own(out, pool);
    ck_assert_str_eq(scim_json_dump(out, NULL, pool), "{\"value\":\"a\",\"size\":7}");
    err = scim_resource_value_new(&out, gadget_json(pool, "['a',{'value':'b'}]"), parts, 1, tenant,
                                  pool);
    ck_assert_ptr_null(err);
    scim_json_own(out, pool);
    ck_assert_str_eq(scim_json_dump(out, NULL, pool), "[{\"value\":\"a\"},{\"value\":\"b\"}]");
    err = scim_resource_value_new(&out, gadget_json(pool, "['a']"), parts, 0, tenant, pool);
    ck_assert_ptr_nonnull(err);
    ck_assert_str_eq(err->detail, "parts must be an object.");
}
END_TEST

START_TEST(one_empty_value)
{
    static const char *const empty[] = {"null", "''", "[]", "{}", "[null,{},'']"};
    const scim_attr_t *parts = scim_type_attr(&gadget_type, "parts", 5);

    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        json_t *out = scim_json_own(json_true(), pool);
        scim_error_t *err =
            scim_resource_value_new(&out, gadget_json(pool, empty[i]), parts, 1, tenant, pool);

        ck_assert_ptr_null(err);
        ck_assert_ptr_null(out);
    }
}
END_TEST

START_TEST(finish_sorts_and_cleans)
{
    json_t *doc = gadget_json(
        pool, "{'gone':'x','" SHELF "':{'since':'2026-01-01T00:00:00Z','row':1},"
              "'parts':[{},{'primary':true,'value':'b'},{'value':'c','primary':true},null],"
              "'tags':['',null,'a',''],'origin':{'place':'','note':null},'title':'t','id':'g1'}");

    ck_assert_ptr_null(scim_resource_finish(doc, &gadget_type, pool));
    ck_assert_str_eq(
        scim_json_dump(doc, NULL, pool),
        "{\"schemas\":[\"" URN "\",\"" SHELF "\"],\"id\":\"g1\",\"title\":\"t\",\"tags\":[\"a\"],"
        "\"parts\":[{\"value\":\"b\",\"primary\":true},{\"value\":\"c\",\"primary\":false}],"
        "\"" SHELF "\":{\"row\":1,\"since\":\"2026-01-01T00:00:00Z\"},\"gone\":\"x\"}");
}
END_TEST

static const char *ignored_of(const json_t *body)
{
    const char *ignored = NULL;
    json_t *doc;

    ck_assert_ptr_null(scim_resource_create(&doc, &ignored, body, user_type, tenant, pool));
    return ignored;
}

START_TEST(ignored_names_are_bounded)
{
    json_t *body = gadget_json(pool, "{'schemas':['" SCIM_URN_USER "'],'userName':'u'}");
    const char *ignored;
    int commas = 0;

    ck_assert_ptr_null(ignored_of(body));
    for (int i = 0; i < 1000; i++) {
        /* 204 bytes in characters of three: they may be cut, but not inside a character. */
        char *name = apr_psprintf(pool, "%03d", i);

        for (int j = 0; j < 67; j++) {
            name = apr_pstrcat(pool, name, "\xE2\x82\xAC", NULL);
        }
        json_object_set_new(body, name, json_true());
    }
    ignored = ignored_of(body);
    for (const char *s = ignored; *s; s++) {
        commas += *s == ',';
    }
    ck_assert_int_eq(commas, 31);
    ck_assert_uint_le(strlen(ignored), 32 * 129);
    ck_assert(scim_text_utf8(ignored, strlen(ignored)));
}
END_TEST

START_TEST(refused_names_are_shown_in_part)
{
    char *name = apr_palloc(pool, 5001);
    json_t *body = gadget_json(pool, "{'schemas':['" SCIM_URN_USER "'],'userName':'u'}");
    const scim_error_t *err;

    memset(name, 'n', 5000);
    name[5000] = '\0';
    json_object_set_new(body, name, json_string("secret"));
    tenant->reject_unknown_attrs = 1;
    err = must_refuse(body, user_type);
    ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_SYNTAX);
    ck_assert_uint_lt(strlen(err->detail), 180);
    ck_assert_ptr_null(strstr(err->detail, "secret"));
}
END_TEST

START_TEST(details_hold_no_values)
{
    const json_t *body = gadget_json(pool, "{'schemas':['" SCIM_URN_USER
                                           "'],'userName':'u','name':'hidden','title':'x'}");
    const scim_error_t *err = must_refuse(body, user_type);

    ck_assert_str_eq(err->detail, "name must be an object.");
    ck_assert_ptr_null(err->log);
}
END_TEST

START_TEST(many_members)
{
    json_t *body = gadget_json(pool, "{'schemas':['" SCIM_URN_GROUP "'],'displayName':'g'}");
    json_t *members = json_array();
    const json_t *doc;

    json_object_set_new(body, "members", members);
    for (int i = 0; i < 100000; i++) {
        json_array_append_new(members, json_pack("{s:s,s:s}", "display", "x", "Value",
                                                 apr_psprintf(pool, "id-%d", i)));
    }
    doc = must_create(body, group_type);
    members = json_object_get(doc, "members");
    ck_assert_uint_eq(json_array_size(members), 100000);
    ck_assert_str_eq(scim_json_dump(json_array_get(members, 99999), NULL, pool),
                     "{\"value\":\"id-99999\"}");
}
END_TEST

START_TEST(many_empty_elements)
{
    json_t *body = gadget_json(pool, "{'schemas':['" SCIM_URN_USER "'],'userName':'u'}");
    json_t *emails = json_array();
    const json_t *doc;

    json_object_set_new(body, "emails", emails);
    for (int i = 0; i < 100000; i++) {
        json_array_append_new(emails, i % 50000 ? json_object() : json_string("a@example.com"));
    }
    doc = must_create(body, user_type);
    ck_assert_str_eq(scim_json_dump(json_object_get(doc, "emails"), NULL, pool),
                     "[{\"value\":\"a@example.com\"},{\"value\":\"a@example.com\"}]");
}
END_TEST

static Suite *resource_suite(void)
{
    Suite *s = suite_create("resource");
    TCase *tc = tcase_create("resource");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, golden_cases);
    tcase_add_test(tc, bodies_that_are_no_object);
    tcase_add_test(tc, types_of_values);
    tcase_add_test(tc, values_become_their_type);
    tcase_add_test(tc, required_extensions);
    tcase_add_test(tc, immutable_attributes_stay);
    tcase_add_test(tc, immutable_attributes_do_not_change);
    tcase_add_test(tc, immutable_attributes_can_be_set_once);
    tcase_add_test(tc, write_only_and_read_only_parts_are_dropped);
    tcase_add_test(tc, one_value);
    tcase_add_test(tc, one_empty_value);
    tcase_add_test(tc, finish_sorts_and_cleans);
    tcase_add_test(tc, ignored_names_are_bounded);
    tcase_add_test(tc, refused_names_are_shown_in_part);
    tcase_add_test(tc, details_hold_no_values);
    tcase_add_test(tc, many_members);
    tcase_add_test(tc, many_empty_elements);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner;
    int failed;

    counting_start();
    apr_initialize();
    runner = srunner_create(resource_suite());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
