/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "counting.h"
#include "gadget.h"
#include "ruled.h"
#include "scim_discovery.h"
#include "scim_filter.h"
#include "scim_profile.h"
#include "scim_resource.h"

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

/* ---- lines that are wrong ---- */

typedef struct mistake_t {
    const char *lines;
    const char *said; /* a part of what is said of it */
} mistake_t;

static const mistake_t mistakes[] = {
    {"ScimAttribute User shoeSize max=3", "line 1: The path"},
    {"ScimAttribute User name.shoe max=3", "name has no attribute shoe"},
    {"ScimAttribute User 'emails[kind eq \"a\"].value' max=3", "emails has no attribute kind"},
    {"ScimAttribute Device title max=3",
     "line 1: there is no resource type Device; there are User"},
    {"ScimAttribute user title max=3", "there is no resource type user"},
    {"ScimAttribute User urn:ietf:params:scim:schemas:extension:enterprise:2.0:User max=3",
     "it names a schema"},
    {"ScimAttribute User title size=3", "\"size=3\" is no rule; there are required, "},
    {"ScimAttribute User title required=yes", "is no rule"},
    {"ScimAttribute User title values", "is no rule"},
    {"ScimAttribute User title max=3 max=4", "max is given twice"},
    {"ScimAttribute User title required required", "required is given twice"},
    {"ScimAttribute User title required optional", "contradict each other"},
    {"ScimAttribute User title readonly required", "readonly contradicts required"},
    {"ScimAttribute User title readonly immutable", "readonly contradicts required"},
    {"ScimAttribute User title readonly max=3", "no client can give one"},
    {"ScimAttribute User title values-exact", "values-exact needs values="},
    {"ScimAttribute User title min=4 max=3", "min= is more than max="},
    {"ScimAttribute User userName min=256", "min= is more than the attribute may have"},
    {"ScimAttribute User title max=0", "a number of characters"},
    {"ScimAttribute User title max=three", "a number of characters"},
    {"ScimAttribute User title max=99999999999", "a number of characters"},
    {"ScimAttribute User title min=-1", "a number of characters"},
    {"ScimAttribute User title values=", "values= needs a value"},
    {"ScimAttribute User title values=a,,b", "empty value"},
    {"ScimAttribute User title values=a,A", "values= has A twice"},
    {"ScimAttribute User title pattern=[", "pattern= is no regular expression"},
    {"ScimAttribute User title pattern=(a", "pattern= is no regular expression"},
    {"ScimAttribute User title format=colour", "format= must be one of language, locale, "},
    {"ScimAttribute User title fold=title", "fold= must be lower or upper"},
    {"ScimAttribute User title returned=often", "returned= must be always"},
    {"ScimAttribute User title values=a,b default=c", "the default c contradicts"},
    {"ScimAttribute User title max=2 default=abc", "the default abc contradicts"},
    {"ScimAttribute User userType values=admin,user max=4", "the legal value admin contradicts"},
    {"ScimAttribute User title pattern=[a-z]+ values=ab,1", "the legal value 1 contradicts"},
    {"ScimAttribute User title fold=lower default=Abc", "contradicts fold="},
    {"ScimAttribute User title fold=upper values=ABC,abd", "contradicts fold="},
    {"ScimAttribute User active default=perhaps", "the default is no value: active must be true"},
    {"ScimAttribute User active max=3", "for strings and references"},
    {"ScimAttribute User name max=3", "it is complex"},
    {"ScimAttribute User emails default=x", "it is complex"},
    {"ScimAttribute User userName optional", "cannot be optional"},
    {"ScimAttribute User userName readonly", "cannot be readonly"},
    {"ScimAttribute User userName returned=never", "it must be returned"},
    {"ScimAttribute User id max=3", "the server keeps it"},
    {"ScimAttribute User schemas required", "the server keeps it"},
    {"ScimAttribute User meta.created returned=never", "the server keeps it"},
    {"ScimAttribute User externalId readonly", "it can be required"},
    {"ScimAttribute User externalId default=x", "it can be required"},
    {"ScimAttribute User groups required", "it is readOnly"},
    {"ScimAttribute User groups.value max=3", "it is readOnly"},
    {"ScimAttribute User password min=8", "it is writeOnly"},
    {"ScimAttribute Group members required", "only returned= can be said"},
    {"ScimAttribute Group members.value max=3", "only returned= can be said"},
    {"ScimAttribute User emails.value readonly", "name the whole"},
    {"ScimAttribute User 'emails[primary eq true].value' returned=never", "depend on a filter"},
    {"ScimAttribute User 'name[givenName pr].familyName' max=3",
     "of many values can have a filter"},
    {"ScimAttribute User title max=3\nScimAttribute User TITLE min=1",
     "line 2: title has a line already, line 1"},
    {"ScimAttributeAllow User userName shoeSize", "line 1: The path"},
    {"ScimAttributeAllow Device title", "there is no resource type Device"},
    {"ScimOtherAttributes User perhaps", "ignore or reject"},
    {"ScimOtherAttributes User ignore\nScimOtherAttributes User reject", "given twice"},
    {"ScimOtherAttributes Device reject", "there is no resource type Device"},
};

START_TEST(mistakes_are_named)
{
    const mistake_t *m = &mistakes[_i];
    const char *said = ruled_compile(tenant, m->lines, pool);

    ck_assert_msg(said != NULL, "%s: nothing is said", m->lines);
    ck_assert_msg(strstr(said, m->said) != NULL, "%s: %s", m->lines, said);
    ck_assert_ptr_eq(tenant->catalog, scim_catalog_default());
}
END_TEST

START_TEST(a_profile_is_not_contradicted)
{
    scim_profile_apply(tenant, scim_profile_find("interop"));
    ck_assert_ptr_nonnull(
        strstr(ruled_compile(tenant, "ScimOtherAttributes User ignore", pool), "ScimProfile"));
    ck_assert_ptr_null(ruled_compile(tenant, "ScimOtherAttributes User reject", pool));
}
END_TEST

START_TEST(no_line_changes_nothing)
{
    ck_assert_ptr_null(ruled_compile(tenant, "", pool));
    ck_assert_ptr_eq(tenant->catalog, scim_catalog_default());
    ruled_type(tenant, "ScimAttribute Group displayName max=40", "Group", pool);
    ck_assert_ptr_eq(scim_catalog_type(tenant->catalog, "User"),
                     scim_catalog_type(scim_catalog_default(), "User"));
}
END_TEST

/* ---- values ---- */

typedef struct value_t {
    const char *rules;
    const char *value; /* of nickName; stored with case */
    const char *kept;  /* as it is stored; NULL: refused */
    const char *said;  /* the detail, where it is refused */
} value_t;

static const value_t values[] = {
    {"values=admin,user,view", "user", "user", NULL},
    {"values=admin,user,view", "USER", "user", NULL},
    {"values=admin,user,view", "guest", NULL, "nickName must be admin, user or view."},
    {"values=admin,user,view", "user ", NULL, "nickName must be admin, user or view."},
    {"values=one", "two", NULL, "nickName must be one."},
    {"'values=Sales Seat, Demo Creator'", "demo creator", "Demo Creator", NULL},
    {"'values=a\\\\,b,c'", "a,b", "a,b", NULL},
    {"values=Straße", "STRAßE", "Straße", NULL},
    {"values=admin,user values-exact", "user", "user", NULL},
    {"values=admin,user values-exact", "User", NULL, "nickName must be admin or user."},
    {"values=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22", "0", NULL,
     "nickName must be 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 or "
     "one of 2 more."},
    {"pattern=[0-9]{6}", "123456", "123456", NULL},
    {"pattern=[0-9]{6}", "1234567", NULL, "nickName must match the pattern [0-9]{6}."},
    {"pattern=[0-9]{6}", "x123456", NULL, "nickName must match the pattern [0-9]{6}."},
    {"pattern=\\\\p{L}+", "Zoë", "Zoë", NULL},
    {"pattern=(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL,
     "nickName must match the pattern (a*)*b."},
    {"max=3", "abc", "abc", NULL},
    {"max=3", "äöü", "äöü", NULL},
    {"max=3", "abcd", NULL, "nickName must not be longer than 3 characters."},
    {"min=3", "abc", "abc", NULL},
    {"min=3", "äö", NULL, "nickName must have at least 3 characters."},
    {"forbid=_#", "a-b", "a-b", NULL},
    {"forbid=_#", "a_b", NULL, "nickName must not contain any of _#."},
    {"forbid=é€", "a€", NULL, "nickName must not contain any of é€."},
    {"forbid=é€", "aè", "aè", NULL},
    {"fold=lower", "ÄbC", "äbc", NULL},
    {"fold=upper", "äbc", "ÄBC", NULL},
    {"fold=upper format=country", "gb", "GB", NULL},
    {"fold=lower max=3 forbid=x", "ABX", NULL, "nickName must not contain any of x."},
    {"max=3 'error=See the handbook (400.76).'", "abcd", NULL,
     "nickName must not be longer than 3 characters. See the handbook (400.76)."},
    {"format=language", "en", "en", NULL},
    {"format=language", "en-GB", "en-GB", NULL},
    {"format=language", "DE-at", "DE-at", NULL},
    {"format=language", "english", NULL, "nickName must be a language code such as en or en-GB."},
    {"format=language", "eng", NULL, NULL},
    {"format=language", "xx", NULL, NULL},
    {"format=language", "en_GB", NULL, NULL},
    {"format=language", "en-", NULL, NULL},
    {"format=language", "en-GBR", NULL, NULL},
    {"format=locale", "en", "en", NULL},
    {"format=locale", "en_US", "en_US", NULL},
    {"format=locale", "zh-Hans-CN", "zh-Hans-CN", NULL},
    {"format=locale", "zh_Hans", "zh_Hans", NULL},
    {"format=locale", "en-US-x", NULL, "nickName must be a locale such as en-GB."},
    {"format=locale", "-US", NULL, NULL},
    {"format=locale", "en-Latn-", NULL, NULL},
    {"format=country", "GB", "GB", NULL},
    {"format=country", "de", "de", NULL},
    {"format=country", "Germany", NULL,
     "nickName must be a country code of two letters such as GB."},
    {"format=country", "ZZ", NULL, NULL},
    {"format=email", "jane.doe+x@example.com", "jane.doe+x@example.com", NULL},
    {"format=email", "jörg@müller.example", "jörg@müller.example", NULL},
    {"format=email", "jane", NULL, "nickName must be an e-mail address."},
    {"format=email", "@example.com", NULL, NULL},
    {"format=email", "jane@", NULL, NULL},
    {"format=email", "jane@example..com", NULL, NULL},
    {"format=email", ".jane@example.com", NULL, NULL},
    {"format=email", "jane.@example.com", NULL, NULL},
    {"format=email", "ja ne@example.com", NULL, NULL},
    {"format=email", "jane@-example.com", NULL, NULL},
    {"format=email", "jane@exam_ple.com", NULL, NULL},
    {"format=email", "a@b@example.com", NULL, NULL},
    {"format=phone", "+44 20 7946 0958", "+44 20 7946 0958", NULL},
    {"format=phone", "(030) 123-45", "(030) 123-45", NULL},
    {"format=phone", "tel:+1-201-555-0123", "tel:+1-201-555-0123", NULL},
    {"format=phone", "555-0123 x12", "555-0123 x12", NULL},
    {"format=phone", "555-0123;ext=12", "555-0123;ext=12", NULL},
    {"format=phone", "call me", NULL,
     "nickName must be a telephone number such as +44 20 7946 0958."},
    {"format=phone", "+", NULL, NULL},
    {"format=phone", "1", NULL, NULL},
    {"format=phone", "123456789012345678901", NULL, NULL},
    {"format=phone", "555-0123 ext", NULL, NULL},
    {"format=phone", "555-0123 home", NULL, NULL},
    {"format=uri", "https://example.com/a?b=c%20d", "https://example.com/a?b=c%20d", NULL},
    {"format=uri", "urn:example:1", "urn:example:1", NULL},
    {"format=uri", "host.test", NULL, "nickName must be a URI such as https://example.com/jane."},
    {"format=uri", "ftp:", NULL, NULL},
    {"format=uri", "https://a b", NULL, NULL},
    {"format=uri", "https://a/%zz", NULL, NULL},
    {"format=uri", "1http://a", NULL, NULL},
    {"format=timezone", "Europe/Berlin", "Europe/Berlin", NULL},
    {"format=timezone", "UTC", "UTC", NULL},
    {"format=timezone", "Europe/Berlino", NULL,
     "nickName must be a time zone such as Europe/London."},
    {"format=timezone", "GMT+3:30", NULL, NULL},
    {"format=timezone", "europe", NULL, NULL},
    {"format=date", "2024-02-29", "2024-02-29", NULL},
    {"format=date", "2026-02-29", NULL, "nickName must be a date such as 2026-01-31."},
    {"format=date", "31.01.2026", NULL, NULL},
    {"format=date", "2026-01-31T00:00:00Z", NULL, NULL},
};

static json_t *user_with(const char *name, const char *value)
{
    json_t *body = gadget_json(pool, "{'schemas':['" SCIM_URN_USER "'],'userName':'jane'}");

    json_object_set_new(body, name, json_string(value));
    return body;
}

START_TEST(values_are_held_to_rules)
{
    const value_t *v = &values[_i];
    const char *line = apr_pstrcat(pool, "ScimAttribute User nickName ", v->rules, NULL);
    const scim_resource_type_t *type = ruled_type(tenant, line, "User", pool);
    json_t *doc = NULL;
    scim_error_t *err =
        scim_resource_create(&doc, NULL, user_with("nickName", v->value), type, tenant, pool);

    ck_assert_msg((err == NULL) == (v->kept != NULL), "%s, %s: %s", v->rules, v->value,
                  err ? err->detail : "accepted");
    if (v->kept) {
        ck_assert_str_eq(json_string_value(json_object_get(doc, "nickName")), v->kept);
        return;
    }
    ck_assert_int_eq(err->status, 400);
    ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_VALUE);
    if (v->said) {
        ck_assert_str_eq(err->detail, v->said);
    }
    ck_assert_msg(strlen(v->value) < 6 || !strstr(err->detail, v->value), "%s", err->detail);
}
END_TEST

/* ---- what discovery and filters tell ---- */

static const scim_attr_t *attr_at(const scim_resource_type_t *type, const char *text)
{
    scim_path_t path;
    scim_error_t *err = scim_path_parse(&path, text, type, SCIM_TYPE_INVALID_PATH, 1, pool);

    return err ? NULL : path.sub ? path.sub : path.attr;
}

#define DEPARTMENT SCIM_URN_ENTERPRISE ":department"

START_TEST(the_schema_tells_of_rules)
{
    const scim_resource_type_t *type =
        ruled_type(tenant,
                   "ScimAttribute User userType required values=admin,user\n"
                   "ScimAttribute User name.givenName required\n"
                   "ScimAttribute User 'emails[primary eq true].value' required values=a@b,c@d\n"
                   "ScimAttribute User nickName immutable returned=request\n"
                   "ScimAttribute User title readonly\n"
                   "ScimAttribute User " DEPARTMENT " required",
                   "User", pool);
    const scim_resource_type_t *old = scim_catalog_type(scim_catalog_default(), "User");

    ck_assert_int_eq(attr_at(type, "userType")->required, 1);
    ck_assert_str_eq(attr_at(type, "userType")->canonical[1], "user");
    ck_assert_int_eq(attr_at(type, "userType")->case_exact, attr_at(old, "userType")->case_exact);
    ck_assert_int_eq(attr_at(type, "name")->required, 1);
    ck_assert_int_eq(attr_at(type, "name.givenName")->required, 1);
    ck_assert_int_eq(attr_at(type, "emails")->required, 1);
    ck_assert_int_eq(attr_at(type, "emails.value")->required, 0);
    ck_assert_ptr_null(attr_at(type, "emails.value")->canonical);
    ck_assert_int_eq(attr_at(type, "nickName")->mutability, SCIM_IMMUTABLE);
    ck_assert_int_eq(attr_at(type, "nickName")->returned, SCIM_RETURNED_REQUEST);
    ck_assert_int_eq(attr_at(type, "title")->mutability, SCIM_READ_ONLY);
    ck_assert_int_eq(attr_at(type, DEPARTMENT)->required, 1);
    ck_assert_int_eq(type->extensions[0].required, 1);
    ck_assert_int_eq(attr_at(old, "userType")->required, 0);
    ck_assert_int_eq(old->extensions[0].required, 0);
}
END_TEST

static int is_listed(const char *text, const char *name)
{
    return strstr(text, apr_pstrcat(pool, "\"name\":\"", name, "\"", NULL)) != NULL;
}

START_TEST(rules_are_told_in_words)
{
    static const struct {
        const char *urn;
        const char *attr;
        const char *sub;
        const char *label;
        const char *words;
    } expected[] = {
        {NULL, "userType", NULL, NULL, "required; must be admin or user"},
        {NULL, "addresses", "country", "addresses[type eq \"work\"].country",
         "must be a country code of two letters such as GB"},
        {SCIM_URN_ENTERPRISE, "division", NULL, NULL,
         "cannot be changed once it is set; at least 2 characters; at most 9 characters"},
        {NULL, "nickName", NULL, NULL,
         "none of the characters <>; must match the pattern [a-z]+; kept in lower case"},
        {NULL, "title", NULL, NULL, "without a value it becomes Dr"},
    };
    const scim_resource_type_t *type =
        ruled_type(tenant,
                   "ScimAttribute User userType required values=admin,user\n"
                   "ScimAttribute User \"addresses[type eq \\\"work\\\"].country\" format=country\n"
                   "ScimAttribute User " SCIM_URN_ENTERPRISE ":division immutable min=2 max=9\n"
                   "ScimAttribute User nickName forbid=<> pattern=[a-z]+ fold=lower\n"
                   "ScimAttribute User name returned=request\n"
                   "ScimAttribute User title default=Dr",
                   "User", pool);
    const apr_array_header_t *all = scim_rules_words(type, pool);
    int i;

    ck_assert_int_eq(all->nelts, 5);
    for (i = 0; i < all->nelts; i++) {
        const scim_rule_words_t *one = &APR_ARRAY_IDX(all, i, scim_rule_words_t);
        ck_assert_pstr_eq(one->urn, expected[i].urn);
        ck_assert_str_eq(one->attr, expected[i].attr);
        ck_assert_pstr_eq(one->sub, expected[i].sub);
        ck_assert_pstr_eq(one->label, expected[i].label);
        ck_assert_str_eq(one->words, expected[i].words);
    }
    type = scim_catalog_type(scim_catalog_default(), "User");
    ck_assert_int_eq(scim_rules_words(type, pool)->nelts, 0);
}
END_TEST

START_TEST(what_is_not_offered_is_nowhere)
{
    const scim_resource_type_t *type =
        ruled_type(tenant,
                   "ScimAttributeAllow User name.givenName emails.value phoneNumbers\n"
                   "ScimAttribute User 'addresses[region eq \"x\"].country' max=2",
                   "User", pool);
    const char *text = scim_discovery_schemas(tenant, SCIM_URN_USER, "", pool);
    const scim_filter_t *filter;
    scim_error_t *err;

    ck_assert(is_listed(text, "userName") && is_listed(text, "active"));
    ck_assert(is_listed(text, "groups") && is_listed(text, "givenName"));
    ck_assert(!is_listed(text, "familyName") && !is_listed(text, "title"));
    ck_assert(!is_listed(text, "password") && !is_listed(text, "locality"));
    ck_assert(is_listed(text, "country") && is_listed(text, "region"));
    ck_assert_ptr_nonnull(attr_at(type, "emails.type"));
    ck_assert_ptr_nonnull(attr_at(type, "emails.primary"));
    ck_assert_ptr_null(attr_at(type, "emails.display"));
    ck_assert_ptr_nonnull(attr_at(type, "phoneNumbers.display"));
    ck_assert_ptr_null(attr_at(type, DEPARTMENT));
    ck_assert_ptr_null(scim_discovery_schemas(tenant, SCIM_URN_ENTERPRISE, "", pool));
    ck_assert_ptr_null(strstr(scim_discovery_schemas(tenant, NULL, "", pool), SCIM_URN_ENTERPRISE));
    ck_assert_ptr_null(strstr(scim_discovery_types(tenant, NULL, "", pool), SCIM_URN_ENTERPRISE));
    err = scim_filter_parse(&filter, "title eq \"x\"", type, NULL, pool);
    ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_FILTER);
    err = scim_filter_parse(&filter, "emails.value eq \"x\"", type, NULL, pool);
    ck_assert_ptr_null(err);
}
END_TEST

START_TEST(a_whole_schema_can_be_offered)
{
    const scim_resource_type_t *type =
        ruled_type(tenant, "ScimAttributeAllow User " SCIM_URN_ENTERPRISE, "User", pool);

    ck_assert_ptr_nonnull(attr_at(type, DEPARTMENT));
    ck_assert_ptr_nonnull(attr_at(type, SCIM_URN_ENTERPRISE ":manager.value"));
    ck_assert_ptr_null(attr_at(type, "title"));
}
END_TEST

START_TEST(a_secret_is_no_filter)
{
    const scim_resource_type_t *type =
        ruled_type(tenant, "ScimAttribute User nickName returned=never", "User", pool);
    const scim_filter_t *filter;
    scim_error_t *err = scim_filter_parse(&filter, "nickName sw \"x\"", type, NULL, pool);

    ck_assert_int_eq(err->type, SCIM_TYPE_SENSITIVE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("rules");
    TCase *tc = tcase_create("rules");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, mistakes_are_named, 0, sizeof(mistakes) / sizeof(mistakes[0]));
    tcase_add_test(tc, a_profile_is_not_contradicted);
    tcase_add_test(tc, no_line_changes_nothing);
    tcase_add_loop_test(tc, values_are_held_to_rules, 0, sizeof(values) / sizeof(values[0]));
    tcase_add_test(tc, the_schema_tells_of_rules);
    tcase_add_test(tc, rules_are_told_in_words);
    tcase_add_test(tc, what_is_not_offered_is_nowhere);
    tcase_add_test(tc, a_whole_schema_can_be_offered);
    tcase_add_test(tc, a_secret_is_no_filter);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
