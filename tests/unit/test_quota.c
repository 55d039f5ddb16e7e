/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Seats, guards and groups by attribute: their directives, and what they make of a document. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "counting.h"
#include "scim_grouping.h"
#include "scim_match.h"
#include "scim_quota.h"

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
    scim_error_t *err = scim_json_load(&root, text, strlen(text), NULL, pool);

    ck_assert_msg(!err, "%s", err ? err->detail : "");
    return root;
}

/* Words separated by a bar. */
static int split(const char *text, const char **words)
{
    char *copy = apr_pstrdup(pool, text);
    char *state;
    char *word;
    int n = 0;

    for (word = apr_strtok(copy, "|", &state); word; word = apr_strtok(NULL, "|", &state)) {
        words[n++] = word;
    }
    return n;
}

/* "seats 10|userType=a", "keep userType|a", "from title|create", "one On", "nested skip". */
static const char *add_line(scim_quota_build_t *quota, scim_grouping_build_t *grouping,
                            const char *line)
{
    const char *words[8];
    int n = split(strchr(line, ' ') + 1, words);

    switch (line[0]) {
    case 's':
        return scim_quota_add_seats(quota, n, words, "f:1");
    case 'k':
        return scim_quota_add_keep(quota, n, words, "f:1");
    case 'f':
        return scim_grouping_add_from(grouping, n, words, "f:1");
    case 'o':
        return scim_grouping_set_one(grouping, words[0], "f:1");
    default:
        return scim_grouping_set_nested(grouping, words[0]);
    }
}

/* Make the tenant obey lines; the first complaint, or NULL. */
static const char *use(const char *lines)
{
    scim_quota_build_t *quota = scim_quota_build(pool);
    scim_grouping_build_t *grouping = scim_grouping_build(pool);
    char *copy = apr_pstrdup(pool, lines);
    const char *wrong = NULL;
    char *state;
    char *line;

    tenant = scim_tenant_make("acme", pool);
    for (line = apr_strtok(copy, "\n", &state); line && !wrong;
         line = apr_strtok(NULL, "\n", &state)) {
        wrong = add_line(quota, grouping, line);
    }
    wrong = wrong ? wrong : scim_grouping_finish(tenant, grouping, pool);
    return wrong ? wrong : scim_quota_finish(tenant, quota, pool);
}

static void good(const char *lines)
{
    const char *wrong = use(lines);

    ck_assert_msg(!wrong, "%s", wrong);
}

static void wrong(const char *lines, const char *with)
{
    const char *said = use(lines);

    ck_assert_msg(said && strstr(said, with), "%s: %s", lines, said ? said : "nothing");
}

START_TEST(lines_that_are_wrong)
{
    wrong("seats x", "number of seats");
    wrong("seats 1x", "number of seats");
    wrong("seats 0", "number of seats");
    wrong("seats 9999999999", "number of seats");
    wrong("seats 1|=a", "path=value");
    wrong("seats 1|title", "path=value");
    wrong("seats 1|emails[value eq \"a=b\"]", "path=value");
    wrong("seats 1|shoeSize=4", "ScimSeats in f:1: shoeSize: ");
    wrong("seats 1|title eq \"x\" or title=x", "ScimSeats in f:1: title eq");
    wrong("seats 1|meta.created=2020-01-01T00:00:00Z", "not part of what is stored");
    wrong("seats 1|groups.value=x", "not part of what is stored");
    wrong("seats 1|title=\xff", "UTF-8");
    wrong("seats 1|title=a\nseats 2|TITLE=A\nseats 3|title=b\nseats 4|title=a", "another line");
    wrong("seats 1\nseats 2", "another line");
    wrong("keep title|a\nkeep title|a", "another line");
    wrong("keep title", "a path and a value");
    wrong("keep shoeSize|4", "ScimKeepOne in f:1: shoeSize: ");
    wrong("from title", "existing or create");
    wrong("from title|make", "existing or create");
    wrong("from title|create|exact", "differ by case");
    wrong("from title|create|error=x", "no value is refused");
    wrong("from title|existing|error=", "needs a text");
    wrong("from title|existing|never", "exact or ignore");
    wrong("from shoeSize|create", "ScimGroupFrom in f:1: shoeSize: ");
    wrong("from id|create", "cannot set");
    wrong("from password|create", "ScimGroupFrom in f:1: password: ");
    wrong("from active|create", "only a string");
    wrong("from urn:ietf:params:scim:schemas:extension:enterprise:2.0:User|create",
          "names a schema");
    wrong("from title|create\none On", "ScimOneGroupPerUser in f:1");
    wrong("one Perhaps", "On or Off");
    wrong("nested perhaps", "allow, skip or reject");
}
END_TEST

START_TEST(too_many_lines)
{
    const char *lines = "";
    int i;

    for (i = 0; i < SCIM_QUOTA_SETS_MAX; i++) {
        lines = apr_psprintf(pool, "%sseats 1|title=%d\n", lines, i);
    }
    good(lines);
    wrong(apr_pstrcat(pool, lines, "seats 1|title=x", NULL), "too many lines");
}
END_TEST

/* The sets of a document by their names, one after the other. */
static const char *sets_of(const char *doc)
{
    const char *out = "";
    int i;

    for (i = 0; i < tenant->quota->nsets; i++) {
        if (scim_quota_holds(&tenant->quota->sets[i], parse(doc), pool)) {
            out = apr_pstrcat(pool, out, tenant->quota->sets[i].name, ";", NULL);
        }
    }
    return out;
}

START_TEST(who_is_counted)
{
    good("seats 5\nseats 2|userType=admin\nkeep groups|Admins\nkeep usertype|ADMIN\n"
         "seats 1|emails[type eq \"work\"].value=a@b|active=true|externalId=X");
    ck_assert_int_eq(tenant->quota->nsets, 4);
    ck_assert_int_eq(tenant->quota->groups, 1);
    ck_assert_str_eq(tenant->quota->sets[0].name, "#group admins");
    ck_assert_str_eq(sets_of("{}"), "#set active;");
    ck_assert_str_eq(sets_of("{\"active\":false,\"userType\":\"admin\"}"), "");
    ck_assert_str_eq(sets_of("{\"active\":true,\"userType\":\"AdMin\"}"),
                     "#set active;#set userType eq \"admin\";");
    ck_assert_str_eq(sets_of("{\"externalId\":\"X\",\"active\":true,\"emails\":[{\"type\":"
                             "\"home\",\"value\":\"a@b\"}]}"),
                     "#set active;");
    ck_assert_ptr_nonnull(
        strstr(sets_of("{\"externalId\":\"X\",\"active\":true,\"emails\":[{\"type\":\"home\"},"
                       "{\"type\":\"work\",\"value\":\"A@b\"}]}"),
               "#set = "));
}
END_TEST

/* One set of both directives; what is indexed has a name of its own for each choice. */
START_TEST(names_of_what_is_indexed)
{
    const char *first;
    const scim_resource_type_t *type;

    good("seats 2|userType=admin\nkeep userType|admin");
    ck_assert_int_eq(tenant->quota->nsets, 1);
    ck_assert_int_eq(tenant->quota->sets[0].seats, 2);
    ck_assert_int_eq(tenant->quota->sets[0].keep, 1);
    type = scim_catalog_type(tenant->catalog, "User");
    ck_assert_ptr_eq(type->quota, tenant->quota);
    ck_assert_ptr_null(scim_catalog_type(tenant->catalog, "Group")->quota);
    first = type->indexed;
    ck_assert_ptr_nonnull(first);
    good("seats 9|userType=admin");
    ck_assert_str_eq(scim_catalog_type(tenant->catalog, "User")->indexed, first);
    good("seats 9|userType=view");
    ck_assert_str_ne(scim_catalog_type(tenant->catalog, "User")->indexed, first);
    good("keep groups|Admins");
    ck_assert_ptr_null(scim_catalog_type(tenant->catalog, "User")->indexed);
    ck_assert_ptr_null(scim_catalog_type(scim_catalog_default(), "User")->quota);
}
END_TEST

START_TEST(what_is_said_of_it)
{
    scim_error_t *err;

    good("seats 5\nseats 2|userType=admin|title=Dr\nkeep groups|Admins");
    err = scim_quota_full(&tenant->quota->sets[1], pool);
    ck_assert_int_eq(err->status, 403);
    ck_assert_str_eq(err->detail, "The limit of 5 active users is reached; deactivate another user "
                                  "first, or have the limit raised.");
    err = scim_quota_full(&tenant->quota->sets[2], pool);
    ck_assert_ptr_nonnull(strstr(err->detail, "users with userType admin and title Dr is"));
    err = scim_quota_last(&tenant->quota->sets[0], pool);
    ck_assert_str_eq(err->detail, "At least one active user must stay in the group Admins.");
}
END_TEST

static const char *names_of(const char *doc)
{
    apr_array_header_t *names;
    const char *out = "";
    scim_error_t *err = scim_grouping_names(&names, tenant->grouping, parse(doc), pool);
    int i;

    if (err) {
        return err->detail;
    }
    for (i = 0; i < names->nelts; i++) {
        out = apr_pstrcat(pool, out, APR_ARRAY_IDX(names, i, scim_group_name_t).name, ";", NULL);
    }
    return out;
}

START_TEST(groups_that_a_user_names)
{
    scim_group_name_t name = {"Berlin", "berlin", NULL};

    good(
        "from addresses[type eq \"work\"].country|existing\nfrom title|create\nfrom emails|create\n"
        "from urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division|create");
    ck_assert_str_eq(names_of("{}"), "");
    ck_assert_str_eq(names_of("{\"title\":\"\"}"), "");
    ck_assert_str_eq(names_of("{\"title\":\"Berlin\",\"emails\":[{\"value\":\"BERLIN\"},{\"value\":"
                              "\"a@b\"},{\"type\":\"x\"}],\"addresses\":[{\"type\":\"home\","
                              "\"country\":\"DE\"},{\"type\":\"work\",\"country\":\"Berlin\"}]}"),
                     "Berlin;Berlin;a@b;"); /* exact and not are two names */
    ck_assert_str_eq(
        names_of("{\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\":{\"division\":"
                 "\"Q\"}}"),
        "Q;");
    name.from = &tenant->grouping->from[0];
    ck_assert_int_eq(scim_grouping_is(&name, "Berlin", pool), 1);
    ck_assert_int_eq(scim_grouping_is(&name, "BERLIN", pool), 0);
    name.from = &tenant->grouping->from[1];
    ck_assert_int_eq(scim_grouping_is(&name, "BERLIN", pool), 1);
    ck_assert_int_eq(scim_grouping_is(&name, "Berlin ", pool), 0);
    ck_assert_str_eq(scim_grouping_unknown(&tenant->grouping->from[0], pool)->detail,
                     "The value of addresses[type eq \"work\"].country must be the name of a group "
                     "that exists, in its exact spelling.");
}
END_TEST

START_TEST(too_many_or_too_long)
{
    const char *doc = "{\"emails\":[{\"value\":\"x\"}";
    char name[300];
    int i;

    good("from emails|create\nfrom title|create");
    for (i = 0; i < SCIM_GROUP_NAMES_MAX - 1; i++) {
        doc = apr_psprintf(pool, "%s,{\"value\":\"%d\"}", doc, i);
    }
    ck_assert_ptr_null(strstr(names_of(apr_pstrcat(pool, doc, "]}", NULL)), "more than"));
    ck_assert_ptr_nonnull(
        strstr(names_of(apr_pstrcat(pool, doc, ",{\"value\":\"z\"}]}", NULL)), "more than 64"));
    memset(name, 'x', 256);
    name[256] = '\0';
    ck_assert_ptr_nonnull(
        strstr(names_of(apr_psprintf(pool, "{\"title\":\"%s\"}", name)), "longer than the 255"));
    name[255] = '\0';
    ck_assert_ptr_null(
        strstr(names_of(apr_psprintf(pool, "{\"title\":\"%s\"}", name)), "longer than"));
}
END_TEST

/* The number of values at a path. */
static int values(const char *path, const char *doc)
{
    scim_path_t parsed;
    scim_error_t *err = scim_path_parse(&parsed, path, scim_catalog_type(tenant->catalog, "User"),
                                        SCIM_TYPE_INVALID_PATH, 1, pool);

    ck_assert_msg(!err, "%s", err ? err->detail : "");
    return scim_match_values(&parsed, doc ? parse(doc) : NULL, pool)->nelts;
}

START_TEST(values_at_paths)
{
    ck_assert_int_eq(values("title", NULL), 0);
    ck_assert_int_eq(values("title", "{}"), 0);
    ck_assert_int_eq(values("title", "{\"title\":\"x\"}"), 1);
    ck_assert_int_eq(values("name.givenName", "{\"name\":{\"givenName\":\"x\"}}"), 1);
    ck_assert_int_eq(values("name.givenName", "{\"name\":{\"familyName\":\"x\"}}"), 0);
    ck_assert_int_eq(values("emails", "{\"emails\":[{},{\"value\":\"x\"}]}"), 2);
    ck_assert_int_eq(values("emails.value", "{\"emails\":[{},{\"value\":\"x\"}]}"), 1);
    ck_assert_int_eq(values("emails[primary eq true].value",
                            "{\"emails\":[{\"value\":\"y\"},{\"value\":\"x\",\"primary\":true}]}"),
                     1);
    ck_assert_int_eq(values("emails[type eq \"home\"]", "{\"emails\":[{\"type\":\"work\"}]}"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quota");
    TCase *tc = tcase_create("quota");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, lines_that_are_wrong);
    tcase_add_test(tc, too_many_lines);
    tcase_add_test(tc, who_is_counted);
    tcase_add_test(tc, names_of_what_is_indexed);
    tcase_add_test(tc, what_is_said_of_it);
    tcase_add_test(tc, groups_that_a_user_names);
    tcase_add_test(tc, too_many_or_too_long);
    tcase_add_test(tc, values_at_paths);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
