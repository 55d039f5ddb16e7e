/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* The directives of a mapping: what they may say, and what a column gets from a document. */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "scim_policy.h"

#define ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static void add_line(apr_array_header_t *lines, const char *text)
{
    scim_policy_line_t *line = apr_array_push(lines);
    char **words;

    ck_assert_int_eq(apr_tokenize_to_argv(text, &words, pool), APR_SUCCESS);
    line->name = words[0];
    line->argv = (const char *const *)(words + 1);
    for (line->argc = 0; words[line->argc + 1]; line->argc++) {
    }
    line->at = apr_psprintf(pool, "c:%d", lines->nelts);
}

static const char *compile(scim_tenant_t **tenant, const char *text)
{
    apr_array_header_t *lines = apr_array_make(pool, 8, sizeof(scim_policy_line_t));
    char *state;
    char *line = apr_strtok(apr_pstrdup(pool, text), "\n", &state);

    for (; line; line = apr_strtok(NULL, "\n", &state)) {
        add_line(lines, line);
    }
    *tenant = scim_tenant_make("acme", pool);
    return scim_policy_compile(*tenant, lines, pool);
}

#define T "ScimMapTable User people key=id\n"
#define U T "ScimMap User userName login\n"

typedef struct wrong_t {
    const char *lines;
    const char *says;
} wrong_t;

static const wrong_t wrongs[] = {
    {"ScimMapTable User people", "too few"},
    {"ScimMapTable User people id=uuid", "needs key=column"},
    {"ScimMapTable User people key=id what=x", "what=x is not understood"},
    {"ScimMapTable User people;drop key=id", "no name of a table"},
    {"ScimMapTable User a.b.c key=id", "no name of a table"},
    {"ScimMapTable User .people key=id", "no name of a table"},
    {"ScimMapTable User people key=1id", "1id is no name of a column"},
    {"ScimMapTable User people key=", "no name of a column"},
    {"ScimMapTable User people "
     "key=a2345678901234567890123456789012345678901234567890123456789012345",
     "no name of a column"},
    {"ScimMapTable Robot people key=id\nScimMap Robot userName login", "no resource type Robot"},
    {U T, "User has a table already"},
    {T, "no ScimMap of User"},
    {"ScimMap User userName login", "ScimMap in c:1: there is no ScimMapTable for User"},
    {T "ScimMap User shoeSize login", "shoeSize"},
    {T "ScimMap User userName log`in", "no name of a column"},
    {T "ScimMap User name login", "complex; name one of its sub-attributes"},
    {T "ScimMap User meta.created login", "changes with every write"},
    {T "ScimMap User password login", "never kept"},
    {T "ScimMap User schemas login", "cannot be mapped"},
    {T "ScimMap User groups login", "ScimMapMembers"},
    {T "ScimMap User " ENTERPRISE " login", "names an extension"},
    {T "ScimMap User \"emails[type eq].value\" login", "The path is wrong"},
    {U "ScimMap User title LOGIN", "column LOGIN has a value from another directive"},
    {U "ScimMapConstant User login x", "column login is the key or has a value"},
    {U "ScimMapConstant User id x", "column id is the key"},
    {U "ScimMap User title t true=1", "both be there"},
    {U "ScimMap User active t true=1 false=1", "must be different"},
    {U "ScimMap User title t true=1 false=0", "for Booleans"},
    {U "ScimMap User active t translate=true:1,false:0", "for texts"},
    {U "ScimMap User title t translate=a", "of the form"},
    {U "ScimMap User title t translate=a:", "X"},
    {U "ScimMap User title t translate=a:b:c", "two colons"},
    {U "ScimMap User title t translate=a:b,", "of the form"},
    {U "ScimMap User title t readonly", "readonly is not understood"},
    {"ScimMapTable User people key=id match=mail\nScimMap User userName login",
     "match=mail: no ScimMap of User"},
    {"ScimMapTable User people key=id match=active\nScimMap User active active", "by a text"},
    {T "ScimMap User title t\nScimAdopt User On", "rows must be found"},
    {"ScimMapTable User people key=id match=t\nScimMap User title t\nScimAdopt User On",
     "needs a ScimMap of userName"},
    {U "ScimAdopt User Perhaps", "On or Off"},
    {U "ScimAdopt Group On", "no ScimMapTable for Group"},
    {T "ScimMap User title t\nScimMapLink User seats account=a", "rows must be found"},
    {U "ScimMapLink User seats what=a", "account=column"},
    {U "ScimMapLink User seats account=a team", "of the form column=value"},
    {U "ScimMapLink User seats account=a\nScimMapLink User s account=a", "link table already"},
    {U "ScimMapOn User sleep keep", "activate, deactivate or delete"},
    {U "ScimMapOn User delete forget", "keep, delete, unlink or set:"},
    {U "ScimMapOn User delete set:x", "of the form column=value"},
    {U "ScimMapOn User activate keep", "only set:"},
    {U "ScimMapOn User delete unlink", "unlink needs a ScimMapLink"},
    {U "ScimMapOn User delete keep\nScimMapOn User delete keep", "twice"},
    {"ScimMapTable Group t key=id\nScimMap Group displayName n\nScimMapOn Group activate set:a=b",
     "Group has no attribute active"},
    {U "ScimMapMembers m group=g user=u", "one for Group"},
    {U "ScimMapMembers m user=u group=g", "in this order"},
    {"ScimMapMembers m group=g user=u\nScimMapMembers m group=g user=u", "twice"},
};

START_TEST(what_contradicts_is_refused)
{
    const wrong_t *w = &wrongs[_i];
    scim_tenant_t *tenant;
    const char *wrong = compile(&tenant, w->lines);

    if (strcmp(w->says, "X") == 0) {
        ck_assert_msg(!wrong, "%s", wrong); /* an empty text in the column is a text */
        return;
    }
    ck_assert_msg(wrong && strstr(wrong, w->says), "%s: %s", w->lines, wrong ? wrong : "nothing");
    ck_assert_ptr_null(tenant->map);
}
END_TEST

START_TEST(without_directives_there_is_no_map)
{
    scim_tenant_t *tenant;

    ck_assert_ptr_null(compile(&tenant, "ScimGroups On"));
    ck_assert_ptr_null(tenant->map);
}
END_TEST

typedef struct value_t {
    const char *path;
    const char *options;
    const char *doc;
    const char *value; /* NULL: none; "!": refused */
} value_t;

static const value_t values[] = {
    {"userName", "", "{\"userName\":\"jane\"}", "jane"},
    {"userName", "", "{}", NULL},
    {"name.givenName", "", "{\"name\":{\"givenName\":\"J\"}}", "J"},
    {"name.givenName", "", "{\"name\":{}}", NULL},
    {"active", "", "{\"active\":true}", "1"},
    {"active", "", "{\"active\":false}", "0"},
    {"active", " true=Y false=N", "{\"active\":false}", "N"},
    {"emails", "", "{\"emails\":[{\"value\":\"a\"},{\"value\":\"b\",\"primary\":true}]}", "b"},
    {"emails.value", "", "{\"emails\":[{\"value\":\"a\"},{\"value\":\"b\"}]}", "a"},
    {"emails[primary eq true].value", "", "{\"emails\":[{\"value\":\"a\"}]}", NULL},
    {"emails[type eq \\\"work\\\"].value", "",
     "{\"emails\":[{\"value\":\"a\",\"type\":\"home\"},{\"value\":\"b\",\"type\":\"Work\"},"
     "{\"value\":\"c\",\"type\":\"work\"}]}",
     "b"},
    {"emails.type", "", "{\"emails\":[]}", NULL},
    {ENTERPRISE ":department", "", "{\"" ENTERPRISE "\":{\"department\":\"D\"}}", "D"},
    {ENTERPRISE ":manager", "", "{\"" ENTERPRISE "\":{\"manager\":{\"value\":\"m\"}}}", "m"},
    {"userType", " translate=admin:ADMIN,user:CREATOR", "{\"userType\":\"Admin\"}", "ADMIN"},
    {"userType", " translate=admin:ADMIN,user:CREATOR", "{\"userType\":\"boss\"}", "!"},
    {"userType", " translate=a\\\\:b:C\\\\,D,x:y", "{\"userType\":\"a:b\"}", "C,D"},
};

START_TEST(a_column_gets_a_value)
{
    const value_t *v = &values[_i];
    const scim_map_column_t *column;
    scim_tenant_t *tenant;
    scim_error_t *err;
    const char *value;
    json_t *doc;
    const char *wrong =
        compile(&tenant, apr_psprintf(pool, T "ScimMap User \"%s\" c%s", v->path, v->options));

    ck_assert_msg(!wrong, "%s", wrong);
    column = &APR_ARRAY_IDX(APR_ARRAY_IDX(tenant->map->tables, 0, scim_map_table_t).columns, 0,
                            scim_map_column_t);
    ck_assert_ptr_null(scim_json_load(&doc, v->doc, strlen(v->doc), NULL, pool));
    err = scim_map_value(&value, column, doc, pool);
    if (v->value && strcmp(v->value, "!") == 0) {
        ck_assert_int_eq(err->status, 400);
        ck_assert_ptr_nonnull(strstr(err->detail, "userType"));
        ck_assert_ptr_nonnull(strstr(err->detail, "admin, user"));
        ck_assert_ptr_null(strstr(err->detail, "boss"));
        return;
    }
    ck_assert_ptr_null(err);
    ck_assert_msg(!v->value == !value && (!value || strcmp(value, v->value) == 0), "%s: %s",
                  v->path, value ? value : "NULL");
    if (value) {
        /* And back: a document made of the value gives the value again. */
        json_t *made = scim_json_own(json_object(), pool);
        scim_map_set(made, column, value, pool);
        ck_assert_ptr_null(scim_map_value(&value, column, made, pool));
        ck_assert_str_eq(value, v->value);
    }
}
END_TEST

START_TEST(what_no_value_is_made_into_is_left_out)
{
    scim_tenant_t *tenant;
    const scim_map_table_t *t;
    json_t *doc = scim_json_own(json_object(), pool);
    int i;

    ck_assert_ptr_null(compile(&tenant, T "ScimMap User userType c translate=a:A\n"
                                          "ScimMap User active d true=Y false=N\n"
                                          "ScimMap User title e\n"));
    t = &APR_ARRAY_IDX(tenant->map->tables, 0, scim_map_table_t);
    for (i = 0; i < 3; i++) {
        const scim_map_column_t *column = &APR_ARRAY_IDX(t->columns, i, scim_map_column_t);
        scim_map_set(doc, column, NULL, pool);
        scim_map_set(doc, column, i < 2 ? "B" : "", pool);
        scim_map_set(doc, column, "\xff", pool);
    }
    ck_assert_uint_eq(json_object_size(doc), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("map_words");
    TCase *tc = tcase_create("map_words");
    SRunner *runner;
    int failed;

    apr_initialize();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, what_contradicts_is_refused, 0,
                        (int)(sizeof(wrongs) / sizeof(wrongs[0])));
    tcase_add_test(tc, without_directives_there_is_no_map);
    tcase_add_loop_test(tc, a_column_gets_a_value, 0, (int)(sizeof(values) / sizeof(values[0])));
    tcase_add_test(tc, what_no_value_is_made_into_is_left_out);
    suite_add_tcase(s, tc);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
