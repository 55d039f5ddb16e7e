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
#include "scim_patch.h"

#define HEAD "{'schemas':['" SCIM_URN_PATCH "'],'Operations':["
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

/* ---- golden cases ---- */

static json_t *plan_to_json(const scim_patch_t *patch, apr_pool_t *p)
{
    static const char *const names[] = {"add", "remove", "replace", "filter"};
    json_t *plan = scim_json_own(json_array(), p);

    for (int i = 0; i < patch->nmembers; i++) {
        const scim_member_step_t *step = &patch->members[i];
        json_t *entry = json_pack("{s:s}", "op", names[step->op]);
        json_t *ids = json_array();

        json_array_append_new(plan, entry);
        for (int j = 0; j < step->n; j++) {
            json_array_append_new(ids, json_string(step->ids[j]));
        }
        if (step->op == SCIM_MEMBER_FILTER) {
            json_object_set_new(entry, "filter", json_string(scim_filter_print(step->filter, p)));
            json_array_extend(plan, ids); /* there must be none */
            json_decref(ids);
        } else {
            json_object_set_new(entry, "ids", ids);
        }
    }
    return plan;
}

static int has_add_or_filter(const scim_patch_t *patch)
{
    for (int i = 0; i < patch->nsteps; i++) {
        if (patch->steps[i].op == SCIM_PATCH_ADD || patch->steps[i].path.filter) {
            return 1;
        }
    }
    return 0;
}

/* What holds for every patch beside its result. Returns what does not hold, or NULL. */
static const char *check_laws(const json_t *doc, const json_t *old, const scim_patch_t *patch,
                              const scim_resource_type_t *type, const scim_tenant_t *t,
                              apr_pool_t *p)
{
    json_t *again = NULL;

    if (scim_patch_apply(&again, old, patch, type, t, p) || !json_equal(again, doc)) {
        return "(applied to the same document again, it gives another result)";
    }
    if (!has_add_or_filter(patch) &&
        (scim_patch_apply(&again, doc, patch, type, t, p) || !json_equal(again, doc))) {
        return "(replace and remove done twice do more than once)";
    }
    return NULL;
}

static const char *render(const json_t *doc, const scim_patch_t *patch, apr_pool_t *p)
{
    const char *text = apr_pstrcat(p, "{\"doc\":", scim_json_dump(doc, NULL, p), NULL);

    if (patch->nmembers > 0) {
        text = apr_pstrcat(p, text,
                           ",\"members\":", scim_json_dump(plan_to_json(patch, p), NULL, p), NULL);
    }
    return apr_pstrcat(p, text, "}", NULL);
}

/*
 * in: the PatchOp message; type: resource type; old: the document (else ../user.json or
 * ../group.json); creates, reject: present if the tenant says so; profile: its profile.
 */
static const char *patch_case(scim_error_t **err, const golden_case_t *c, void *baton)
{
    const char *name = golden_read(c, "type");
    const scim_resource_type_t *type = gadget_type_named(name ? name : "User");
    const char *profile = golden_read(c, "profile");
    const char *old_text = golden_read(c, "old");
    scim_tenant_t *t = gadget_tenant(profile, c->pool);
    const scim_patch_t *patch = NULL;
    const char *broken;
    const char *before;
    json_t *body;
    json_t *old;
    json_t *doc = NULL;

    (void)baton;
    t->reject_unknown_attrs |= golden_read(c, "reject") != NULL;
    t->patch_replace_creates = golden_read(c, "creates") != NULL;
    if (profile) {
        type = scim_catalog_type(t->catalog, name ? name : "User");
    }
    if (!old_text) {
        old_text = golden_read(c, name ? "../group.json" : "../user.json");
    }
    *err = scim_json_load(&old, old_text, strlen(old_text), NULL, c->pool);
    if (!*err) {
        *err = scim_json_load(&body, c->in, strlen(c->in), NULL, c->pool);
    }
    if (*err) {
        return NULL;
    }
    before = scim_json_dump(old, NULL, c->pool);
    *err = scim_patch_parse(&patch, body, type, t, c->pool);
    if (!*err) {
        *err = scim_patch_apply(&doc, old, patch, type, t, c->pool);
    }
    if (strcmp(before, scim_json_dump(old, NULL, c->pool))) {
        return "(the old document was changed)";
    }
    if (*err) {
        return NULL;
    }
    broken = check_laws(doc, old, patch, type, t, c->pool);
    return broken ? broken : render(doc, patch, c->pool);
}

START_TEST(golden_cases)
{
    ck_assert_int_eq(golden_run("patch", GOLDEN_TEXT, patch_case, NULL), 0);
}
END_TEST

/* ---- helpers ---- */

static const scim_patch_t *must_parse(const json_t *body, const scim_resource_type_t *type)
{
    const scim_patch_t *patch = NULL;
    scim_error_t *err = scim_patch_parse(&patch, body, type, tenant, pool);

    ck_assert_msg(err == NULL, "%s", err ? err->detail : "");
    return patch;
}

static json_t *must_apply(const json_t *old, const scim_patch_t *patch,
                          const scim_resource_type_t *type)
{
    json_t *doc = NULL;
    scim_error_t *err = scim_patch_apply(&doc, old, patch, type, tenant, pool);

    ck_assert_msg(err == NULL, "%s", err ? err->detail : "");
    return doc;
}

static json_t *gadget(void)
{
    return gadget_json(pool, "{'schemas':['urn:example:params:scim:schemas:Gadget','" SHELF "'],"
                             "'id':'g1','title':'t','serial':'S1','tags':['a','b'],'sizes':[1,2],"
                             "'origin':{'place':'Rome'},"
                             "'parts':[{'value':'p','code':'C1'},{'value':'q'}],"
                             "'" SHELF "':{'row':1,'since':'2026-01-01T00:00:00Z'}}");
}

static const char *patched(const char *operations, const char *part)
{
    const scim_patch_t *patch =
        must_parse(gadget_jsonf(pool, HEAD "%s]}", operations), &gadget_type);
    const json_t *doc = must_apply(gadget(), patch, &gadget_type);
    const json_t *value = json_object_get(doc, part);

    return value ? scim_json_dump(value, NULL, pool) : "absent";
}

static const scim_error_t *refused(const char *operations)
{
    const scim_patch_t *patch = NULL;
    json_t *doc = NULL;
    scim_error_t *err = scim_patch_parse(&patch, gadget_jsonf(pool, HEAD "%s]}", operations),
                                         &gadget_type, tenant, pool);

    if (!err) {
        err = scim_patch_apply(&doc, gadget(), patch, &gadget_type, tenant, pool);
    }
    ck_assert_msg(err != NULL, "%s was accepted", operations);
    ck_assert_ptr_null(doc);
    return err;
}

/* ---- simple multi-valued attributes ---- */

START_TEST(simple_lists)
{
    static const struct {
        const char *op;
        const char *part;
        const char *result;
    } rows[] = {
        {"{'op':'add','path':'tags','value':['c','a','c']}", "tags", "[\"a\",\"b\",\"c\"]"},
        {"{'op':'add','path':'tags','value':'d'}", "tags", "[\"a\",\"b\",\"d\"]"},
        {"{'op':'add','path':'tags','value':'A'}", "tags", "[\"a\",\"b\",\"A\"]"},
        {"{'op':'add','path':'sizes','value':[2,'3']}", "sizes", "[1,2,3]"},
        {"{'op':'replace','path':'tags','value':['z']}", "tags", "[\"z\"]"},
        {"{'op':'remove','path':'tags','value':['A','x']}", "tags", "[\"b\"]"},
        {"{'op':'remove','path':'sizes','value':['2']}", "sizes", "[1]"},
        {"{'op':'remove','path':'sizes','value':[1,2]}", "sizes", "absent"},
        {"{'op':'remove','path':'tags'}", "tags", "absent"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_str_eq(patched(rows[i].op, rows[i].part), rows[i].result);
    }
}
END_TEST

/* ---- mutability ---- */

START_TEST(immutable_is_refused)
{
    static const char *const ops[] = {
        "{'op':'replace','path':'serial','value':'S2'}",
        "{'op':'add','path':'serial','value':'S2'}",
        "{'op':'remove','path':'serial'}",
        "{'op':'replace','value':{'serial':null}}",
        "{'op':'replace','path':'origin.place','value':'Oslo'}",
        "{'op':'replace','path':'origin','value':{'place':'Oslo'}}",
        "{'op':'remove','path':'origin.place'}",
        "{'op':'remove','path':'origin'}",
        "{'op':'remove','path':'" SHELF ":since'}",
        "{'op':'replace','path':'" SHELF "','value':{'since':'2026-01-02T00:00:00Z'}}",
        "{'op':'replace','path':'parts[value eq \\'p\\'].code','value':'C2'}",
        "{'op':'remove','path':'parts.code'}",
    };

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        const scim_error_t *err = refused(ops[i]);

        ck_assert_int_eq(err->status, 400);
        ck_assert_int_eq(err->type, SCIM_TYPE_MUTABILITY);
        ck_assert_ptr_nonnull(strstr(err->detail, "cannot be changed once it is set."));
    }
}
END_TEST

START_TEST(immutable_can_stay_and_be_set_once)
{
    ck_assert_str_eq(patched("{'op':'replace','path':'serial','value':'S1'}", "serial"), "\"S1\"");
    ck_assert_str_eq(
        patched("{'op':'add','path':'origin','value':{'place':'Rome','note':'n'}}", "origin"),
        "{\"place\":\"Rome\",\"note\":\"n\"}");
    ck_assert_str_eq(
        patched("{'op':'add','path':'parts[value eq \\'q\\'].code','value':'C2'}", "parts"),
        "[{\"value\":\"p\",\"code\":\"C1\"},{\"value\":\"q\",\"code\":\"C2\"}]");
    ck_assert_str_eq(patched("{'op':'remove','path':'parts[value eq \\'p\\']'}", "parts"),
                     "[{\"value\":\"q\"}]");
}
END_TEST

START_TEST(required_parts)
{
    static const struct {
        const char *op;
        scim_error_type_t type;
        const char *detail;
    } rows[] = {
        {"{'op':'remove','path':'parts.value'}", SCIM_TYPE_MUTABILITY,
         "parts.value is required and cannot be removed."},
        {"{'op':'remove','path':'parts[value eq \\'p\\'].value'}", SCIM_TYPE_MUTABILITY,
         "parts.value is required and cannot be removed."},
        {"{'op':'replace','path':'parts[value eq \\'p\\'].value','value':''}",
         SCIM_TYPE_INVALID_VALUE, "parts.value is required."},
        {"{'op':'add','path':'parts','value':[{'size':3}]}", SCIM_TYPE_INVALID_VALUE,
         "parts.value is required."},
        {"{'op':'remove','path':'" SHELF ":row'}", SCIM_TYPE_MUTABILITY,
         "row is required and cannot be removed."},
        {"{'op':'replace','path':'title','value':'more than ten'}", SCIM_TYPE_INVALID_VALUE,
         "title must not be longer than 10 characters."},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const scim_error_t *err = refused(rows[i].op);

        ck_assert_str_eq(err->detail, rows[i].detail);
        ck_assert_int_eq(err->status, 400);
        ck_assert_int_eq(err->type, rows[i].type);
    }
}
END_TEST

START_TEST(write_only_parts_are_dropped)
{
    ck_assert_str_eq(patched("{'op':'add','path':'origin.pin','value':'1234'}", "origin"),
                     "{\"place\":\"Rome\"}");
    ck_assert_str_eq(
        patched("{'op':'add','value':{'origin':{'pin':'1','checked':true}}}", "origin"),
        "{\"place\":\"Rome\"}");
    ck_assert_str_eq(patched("{'op':'add','path':'parts','value':{'value':'r','size':'7'}},"
                             "{'op':'remove','path':'parts[size eq 7]'}",
                             "parts"),
                     "[{\"value\":\"p\",\"code\":\"C1\"},{\"value\":\"q\"}]");
}
END_TEST

/* What a filter fixes comes in the attribute's own type. */
START_TEST(elements_made_from_filters)
{
    ck_assert_str_eq(
        patched("{'op':'add','path':'parts[size eq 7 and primary eq true and made eq "
                "\\'2026-01-01T00:00:00Z\\'].value','value':'n'}",
                "parts"),
        "[{\"value\":\"p\",\"code\":\"C1\"},{\"value\":\"q\"},{\"value\":\"n\",\"size\":7,"
        "\"made\":\"2026-01-01T00:00:00Z\",\"primary\":true}]");
    ck_assert_int_eq(refused("{'op':'add','path':'parts[size gt 7].value','value':'n'}")->type,
                     SCIM_TYPE_NO_TARGET);
    ck_assert_int_eq(refused("{'op':'add','path':'parts[not (size eq 7)].size','value':7},"
                             "{'op':'add','path':'parts[not (size eq 7)].size','value':8}")
                         ->type,
                     SCIM_TYPE_NO_TARGET);
}
END_TEST

/* ---- limits ---- */

static json_t *many_operations(int n, const char *operation)
{
    json_t *body = gadget_json(pool, HEAD "]}");
    json_t *operations = json_object_get(body, "Operations");

    for (int i = 0; i < n; i++) {
        json_array_append(operations, gadget_json(pool, operation));
    }
    return body;
}

START_TEST(too_many_operations)
{
    const json_t *body = many_operations(2001, "{'op':'remove','path':'title'}");
    const scim_patch_t *patch = NULL;
    scim_error_t *err = scim_patch_parse(&patch, body, user_type, tenant, pool);

    ck_assert_ptr_nonnull(err);
    ck_assert_ptr_null(patch);
    ck_assert_int_eq(err->status, 413);
    ck_assert_int_eq(err->type, SCIM_TYPE_NONE);
    ck_assert_str_eq(err->detail, "Operations must not hold more than 2000 operations.");
    body = many_operations(2000, "{'op':'remove','path':'title'}");
    ck_assert_int_eq(must_parse(body, user_type)->nsteps, 2000);
}
END_TEST

/* As Okta removes and as JumpCloud adds: one operation per member. */
START_TEST(many_operations_with_one_member_each)
{
    json_t *body = gadget_json(pool, HEAD "]}");
    json_t *operations = json_object_get(body, "Operations");
    const scim_patch_t *patch;

    for (int i = 0; i < 2000; i++) {
        json_array_append(operations, i < 1000
                                          ? gadget_jsonf(pool,
                                                         "{'op':'add','path':'members','value':"
                                                         "[{'value':'id-%d'}]}",
                                                         i % 900)
                                          : gadget_jsonf(pool,
                                                         "{'op':'remove','path':"
                                                         "'members[value eq \\'id-%d\\']'}",
                                                         i));
    }
    patch = must_parse(body, group_type);
    ck_assert_int_eq(patch->nsteps, 0);
    ck_assert_int_eq(patch->nmembers, 2);
    ck_assert_int_eq(patch->members[0].op, SCIM_MEMBER_ADD);
    ck_assert_int_eq(patch->members[0].n, 900);
    ck_assert_str_eq(patch->members[0].ids[899], "id-899");
    ck_assert_int_eq(patch->members[1].op, SCIM_MEMBER_REMOVE);
    ck_assert_int_eq(patch->members[1].n, 1000);
    ck_assert_str_eq(patch->members[1].ids[0], "id-1000");
}
END_TEST

START_TEST(one_operation_with_many_members)
{
    json_t *body = gadget_json(pool, HEAD "{'op':'replace','path':'members','value':[]}]}");
    json_t *members =
        json_object_get(json_array_get(json_object_get(body, "Operations"), 0), "value");
    const scim_patch_t *patch;

    for (int i = 0; i < 100000; i++) {
        json_array_append_new(members,
                              json_pack("{s:s}", "value", apr_psprintf(pool, "id-%d", i % 60000)));
    }
    patch = must_parse(body, group_type);
    ck_assert_int_eq(patch->nmembers, 1);
    ck_assert_int_eq(patch->members[0].op, SCIM_MEMBER_REPLACE);
    ck_assert_int_eq(patch->members[0].n, 60000);
    ck_assert_str_eq(patch->members[0].ids[59999], "id-59999");
}
END_TEST

static json_t *many_values(int n)
{
    json_t *list = scim_json_own(json_array(), pool);

    for (int i = 0; i < n; i++) {
        json_array_append_new(list, json_pack("{s:s}", "value", apr_psprintf(pool, "%d@e.c", i)));
    }
    return list;
}

START_TEST(many_values_at_once)
{
    json_t *body = gadget_json(pool, HEAD "{'op':'add','path':'emails'},"
                                          "{'op':'add','path':'emails'},"
                                          "{'op':'remove','path':'emails'}]}");
    const json_t *operations = json_object_get(body, "Operations");
    const json_t *old = gadget_json(pool, "{'schemas':['" SCIM_URN_USER "'],'userName':'u'}");
    json_t *list = many_values(50000);
    const json_t *doc;

    json_object_set(json_array_get(operations, 0), "value", list);
    json_object_set(json_array_get(operations, 1), "value", list);
    json_object_set(json_array_get(operations, 2), "value", many_values(49999));
    doc = must_apply(old, must_parse(body, user_type), user_type);
    ck_assert_str_eq(scim_json_dump(json_object_get(doc, "emails"), NULL, pool),
                     "[{\"value\":\"49999@e.c\"}]");
}
END_TEST

START_TEST(many_adds_of_one_value)
{
    json_t *body = gadget_json(pool, HEAD "]}");
    json_t *operations = json_object_get(body, "Operations");
    const json_t *old = gadget_json(pool, "{'schemas':['" SCIM_URN_USER "'],'userName':'u'}");
    const json_t *doc;

    for (int i = 0; i < 2000; i++) {
        json_array_append(
            operations,
            gadget_jsonf(pool, "{'op':'add','path':'emails','value':'%d@e.c'}", i % 1500));
    }
    doc = must_apply(old, must_parse(body, user_type), user_type);
    ck_assert_uint_eq(json_array_size(json_object_get(doc, "emails")), 1500);
}
END_TEST

/* One list of so many values, then operations that look at them through a filter. */
static scim_error_t *filter_often(int values, int operations, const char *filter)
{
    const json_t *old = gadget_json(pool, "{'schemas':['" SCIM_URN_USER "'],'userName':'u'}");
    const json_t *body = many_operations(
        operations, apr_psprintf(pool, "{'op':'remove','path':'emails[%s].type'}", filter));
    json_t *first = gadget_json(pool, "{'op':'add','path':'emails'}");
    json_t *doc = NULL;
    scim_error_t *err;

    json_object_set(first, "value", many_values(values));
    json_array_insert(json_object_get(body, "Operations"), 0, first);
    err = scim_patch_apply(&doc, old, must_parse(body, user_type), user_type, tenant, pool);
    ck_assert_int_eq(err == NULL, doc != NULL);
    return err;
}

/* Neither the operations nor the values nor the filter's terms are too many: their product is. */
START_TEST(work_is_bounded)
{
    const scim_error_t *err;

    ck_assert_ptr_null(filter_often(1000, 600, "type eq \\'x\\'"));
    err = filter_often(1000, 600,
                       "type eq \\'x\\' or not (value pr and value pr) or type eq \\'y\\'");
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 413);
    err = filter_often(20000, 600, "type eq \\'x\\'");
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 413);
    ck_assert_int_eq(err->type, SCIM_TYPE_NONE);
}
END_TEST

static scim_error_t *set_in_all(int values, apr_size_t bytes)
{
    const json_t *old = gadget_json(pool, "{'schemas':['x'],'id':'1','userName':'a'}");
    json_t *body = gadget_json(pool, HEAD "{'op':'replace','path':'emails.display'}]}");
    json_t *operations = json_object_get(body, "Operations");
    json_t *first = gadget_json(pool, "{'op':'add','path':'emails'}");
    char *text = apr_palloc(pool, bytes);
    json_t *doc = NULL;

    memset(text, 'x', bytes);
    json_object_set_new(json_array_get(operations, 0), "value", json_stringn(text, bytes));
    json_object_set(first, "value", many_values(values));
    json_array_insert(operations, 0, first);
    return scim_patch_apply(&doc, old, must_parse(body, user_type), user_type, tenant, pool);
}

/* One value written into every element: neither is large, the result would be their product. */
START_TEST(copies_are_bounded)
{
    const scim_error_t *err;

    ck_assert_ptr_null(set_in_all(20000, 100));
    ck_assert_ptr_null(set_in_all(20, 1000000));
    err = set_in_all(200, 1000000);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 413);
    ck_assert_int_eq(err->type, SCIM_TYPE_NONE);
}
END_TEST

/* ---- ids of a canonical array ---- */

START_TEST(member_ids)
{
    const char *const *ids = NULL;
    int n = -1;
    scim_error_t *err = scim_member_ids(&ids, &n, NULL, pool);
    json_t *members;

    ck_assert_ptr_null(err);
    ck_assert_int_eq(n, 0);
    members = json_loads("[{\"value\":\"b\"},{\"value\":\"a\",\"type\":\"User\"},"
                         "{\"value\":\"b\"}]",
                         0, NULL);
    err = scim_member_ids(&ids, &n, members, pool);
    json_decref(members); /* the ids are their own */
    ck_assert_ptr_null(err);
    ck_assert_int_eq(n, 2);
    ck_assert_str_eq(ids[0], "b");
    ck_assert_str_eq(ids[1], "a");
    err = scim_member_ids(&ids, &n, gadget_json(pool, "[{'type':'User'}]"), pool);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_VALUE);
    ck_assert_int_eq(n, 2);
}
END_TEST

static Suite *patch_suite(void)
{
    Suite *s = suite_create("patch");
    TCase *tc = tcase_create("patch");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, golden_cases);
    tcase_add_test(tc, simple_lists);
    tcase_add_test(tc, immutable_is_refused);
    tcase_add_test(tc, immutable_can_stay_and_be_set_once);
    tcase_add_test(tc, required_parts);
    tcase_add_test(tc, write_only_parts_are_dropped);
    tcase_add_test(tc, elements_made_from_filters);
    tcase_add_test(tc, too_many_operations);
    tcase_add_test(tc, many_operations_with_one_member_each);
    tcase_add_test(tc, one_operation_with_many_members);
    tcase_add_test(tc, many_values_at_once);
    tcase_add_test(tc, many_adds_of_one_value);
    tcase_add_test(tc, work_is_bounded);
    tcase_add_test(tc, copies_are_bounded);
    tcase_add_test(tc, member_ids);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner;
    int failed;

    counting_start();
    apr_initialize();
    runner = srunner_create(patch_suite());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
