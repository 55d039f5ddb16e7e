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
#include "scim_patch.h"
#include "scim_profile.h"
#include "scim_project.h"
#include "scim_resource.h"

#define ENT SCIM_URN_ENTERPRISE
#define USER "'schemas':['" SCIM_URN_USER "'],'userName':'jane'"
#define EMAILS "ScimAttribute User 'emails[primary eq true].value' required"
#define WORK "'emails':[{'value':'a@b','type':'work','primary':true},{'value':'h@b'}]"

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

/*
 * One write. old: what is stored, without schemas; NULL: none. body: a POST's or a PUT's, or, in an
 * array, a PATCH's operations. out: what is stored afterwards, without schemas, behind a "!" where
 * no PUT could have brought it; or the error, its scimType and the beginning of its detail.
 */
typedef struct step_t {
    const char *lines;
    const char *old;
    const char *body;
    const char *out;
} step_t;

static const step_t steps[] = {
    /* required */
    {"ScimAttribute User title required", NULL, "{" USER ",'title':'x'}",
     "{'userName':'jane','title':'x'}"},
    {"ScimAttribute User title required", NULL, "{" USER "}", "invalidValue title is required."},
    {"ScimAttribute User title required", NULL, "{" USER ",'title':''}",
     "invalidValue title is required."},
    {"ScimAttribute User title required \"error=Ask HR (7).\"", NULL, "{" USER "}",
     "invalidValue title is required. Ask HR (7)."},
    {"ScimAttribute User title required", "{'title':'x'}", "{" USER "}",
     "invalidValue title is required."},
    {"ScimAttribute User title required", "{}", "{" USER "}", "invalidValue title is required."},
    {"ScimAttribute User title required", "{'title':'x'}", "[{'op':'remove','path':'title'}]",
     "mutability title is required and cannot be removed."},
    {"ScimAttribute User title required", "{'title':'x'}",
     "[{'op':'replace','path':'title','value':''}]", "mutability title is required"},
    {"ScimAttribute User title required", "{'title':'x'}",
     "[{'op':'remove','path':'title'},{'op':'add','path':'title','value':'y'}]",
     "{'userName':'jane','title':'y'}"},
    {"ScimAttribute User title required", "{}", "[{'op':'add','value':{'active':false}}]",
     "!{'userName':'jane','active':false}"},
    {"ScimAttribute User userName required \"error=No name\"", NULL,
     "{'schemas':['" SCIM_URN_USER "']}", "invalidValue userName is required. No name."},
    {"ScimAttribute User active required", NULL, "{" USER "}", "invalidValue active is required."},
    {"ScimAttribute User externalId required", NULL, "{" USER "}",
     "invalidValue externalId is required."},
    {"ScimAttribute User name.givenName required", NULL, "{" USER "}",
     "invalidValue name.givenName is required."},
    {"ScimAttribute User name.givenName required", NULL, "{" USER ",'name':{'familyName':'D'}}",
     "invalidValue name.givenName is required."},
    {"ScimAttribute User name.givenName required", "{'name':{'givenName':'J'}}",
     "[{'op':'remove','path':'name'}]", "mutability name.givenName is required"},
    {"ScimAttribute User emails required", NULL, "{" USER ",'emails':[]}",
     "invalidValue emails is required."},
    {"ScimAttribute User emails.value required", NULL, "{" USER ",'emails':[{'type':'work'}]}",
     "invalidValue emails.value is required."},
    {"ScimAttribute User emails.value required", NULL,
     "{" USER ",'emails':[{'value':'a'},{'type':'work'}]}",
     "invalidValue emails.value is required."},
    {"ScimAttribute User " ENT ":department required", NULL, "{" USER "}",
     "invalidValue department is required."},
    {"ScimAttribute User " ENT ":department required", "{'" ENT "':{'department':'d'}}",
     "[{'op':'remove','path':'" ENT "'}]", "mutability department is required"},
    /* with a filter */
    {EMAILS, NULL, "{" USER "," WORK "}", "{'userName':'jane'," WORK "}"},
    {EMAILS, NULL, "{" USER ",'emails':[{'value':'a','primary':'True'}]}",
     "{'userName':'jane','emails':[{'value':'a','primary':true}]}"},
    {EMAILS, NULL, "{" USER ",'emails':[{'value':'a'}]}",
     "invalidValue emails[primary eq true].value is required."},
    {EMAILS, NULL, "{" USER ",'emails':[{'type':'work','primary':true}]}",
     "invalidValue emails[primary eq true].value is required."},
    {EMAILS, "{" WORK "}",
     "[{'op':'replace','path':'emails[type eq \\'work\\'].primary',"
     "'value':false}]",
     "mutability emails[primary eq true].value is required"},
    {"ScimAttribute User 'addresses[type eq \"work\"].country' format=country fold=upper", NULL,
     "{" USER ",'addresses':[{'type':'work','country':'gb'},{'country':'Somewhere'}]}",
     "{'userName':'jane','addresses':[{'country':'GB','type':'work'},{'country':'Somewhere'}]}"},
    {"ScimAttribute User 'addresses[type eq \"work\"].country' format=country",
     "{'addresses':[{'type':'home','country':'Somewhere'}]}",
     "[{'op':'replace','path':'addresses[type eq \\'home\\'].type','value':'work'}]",
     "invalidValue addresses[type eq \"work\"].country must be a country code"},
    /* legal values, and what a PATCH is not blamed for */
    {"ScimAttribute User userType values=admin,user", "{'userType':'user'}",
     "{" USER ",'userType':'ADMIN'}", "{'userName':'jane','userType':'admin'}"},
    {"ScimAttribute User userType values=admin,user", "{'userType':'user'}",
     "{" USER ",'userType':'boss'}", "invalidValue userType must be admin or user."},
    {"ScimAttribute User userType values=admin,user", "{'userType':'user'}",
     "[{'op':'replace','path':'userType','value':'Admin'}]",
     "{'userName':'jane','userType':'admin'}"},
    {"ScimAttribute User userType values=admin,user", "{'userType':'user'}",
     "[{'op':'replace','path':'userType','value':'boss'}]", "invalidValue userType must be"},
    {"ScimAttribute User userType values=admin,user", "{'userType':'boss'}",
     "[{'op':'replace','value':{'active':false}}]",
     "!{'userName':'jane','userType':'boss','active':false}"},
    {"ScimAttribute User userType values=admin,user", "{'userType':'boss'}",
     "{" USER ",'userType':'boss'}", "invalidValue userType must be admin or user."},
    {"ScimAttribute User emails.value format=email", "{'emails':[{'value':'old'},{'value':'a@b'}]}",
     "[{'op':'add','path':'emails','value':[{'value':'c@d'}]}]",
     "!{'userName':'jane','emails':[{'value':'old'},{'value':'a@b'},{'value':'c@d'}]}"},
    {"ScimAttribute User emails.value format=email", "{'emails':[{'value':'old'},{'value':'a@b'}]}",
     "[{'op':'add','path':'emails','value':[{'value':'new'}]}]",
     "invalidValue emails.value must be an e-mail address."},
    /* immutable */
    {"ScimAttribute User externalId immutable", "{'externalId':'e'}", "{" USER ",'externalId':'e'}",
     "{'userName':'jane','externalId':'e'}"},
    {"ScimAttribute User externalId immutable", "{'externalId':'e'}", "{" USER ",'externalId':'f'}",
     "mutability externalId cannot be changed once it is set."},
    {"ScimAttribute User externalId immutable", "{'externalId':'e'}", "{" USER "}",
     "{'userName':'jane','externalId':'e'}"},
    {"ScimAttribute User externalId immutable", "{}", "{" USER ",'externalId':'f'}",
     "{'userName':'jane','externalId':'f'}"},
    {"ScimAttribute User externalId immutable", "{'externalId':'e'}",
     "[{'op':'replace','path':'externalId','value':'f'}]", "mutability externalId"},
    {"ScimAttribute User externalId immutable", "{'externalId':'e'}",
     "[{'op':'replace','value':{'externalId':'e','title':'t'}}]",
     "{'userName':'jane','externalId':'e','title':'t'}"},
    {"ScimAttribute User externalId immutable", "{'externalId':'e'}",
     "[{'op':'remove','path':'externalId'}]", "mutability externalId"},
    {"ScimAttribute User userType immutable values=admin,user", "{'userType':'user'}",
     "{" USER ",'userType':'USER'}", "{'userName':'jane','userType':'user'}"},
    {"ScimAttribute User title immutable fold=lower", "{'title':'Boss'}",
     "{" USER ",'title':'BOSS'}", "{'userName':'jane','title':'boss'}"},
    {"ScimAttribute User name.givenName immutable", "{'name':{'givenName':'J','familyName':'D'}}",
     "{" USER ",'name':{'familyName':'E'}}",
     "{'userName':'jane','name':{'familyName':'E','givenName':'J'}}"},
    {"ScimAttribute User name.givenName immutable", "{'name':{'givenName':'J'}}", "{" USER "}",
     "{'userName':'jane','name':{'givenName':'J'}}"},
    {"ScimAttribute User emails.value immutable \"error=Call us.\"", "{" WORK "}",
     "{" USER ",'emails':[{'value':'x@b','type':'work','primary':true},{'value':'h@b'}]}",
     "mutability emails.value cannot be changed once it is set. Call us."},
    {"ScimAttribute User emails.value immutable", "{" WORK "}",
     "{" USER ",'emails':[{'value':'h@b','type':'home'},{'value':'a@b'}]}",
     "{'userName':'jane','emails':[{'value':'h@b','type':'home'},{'value':'a@b'}]}"},
    {"ScimAttribute User 'emails[primary eq true].value' immutable", "{" WORK "}",
     "[{'op':'add','path':'emails','value':{'value':'new@b'}}]",
     "{'userName':'jane','emails':[{'value':'a@b','type':'work','primary':true},{'value':'h@b'},"
     "{'value':'new@b'}]}"},
    {"ScimAttribute User 'emails[primary eq true].value' immutable", "{" WORK "}",
     "[{'op':'replace','path':'emails[type eq \\'work\\'].value','value':'new@b'}]", "mutability"},
    {"ScimAttribute User emails.value immutable fold=lower", "{" WORK "}",
     "[{'op':'replace','path':'emails[type eq \\'work\\'].value','value':'A@B'}]",
     "{'userName':'jane'," WORK "}"},
    {"ScimAttribute User emails immutable", "{" WORK "}",
     "[{'op':'remove','path':'emails[type eq \\'work\\']'}]",
     "mutability emails cannot be changed"},
    /* readonly */
    {"ScimAttribute User title readonly", NULL, "{" USER ",'title':'x'}", "{'userName':'jane'}"},
    {"ScimAttribute User title readonly", "{'title':'x'}", "{" USER ",'title':'y'}",
     "{'userName':'jane','title':'x'}"},
    {"ScimAttribute User title readonly", "{'title':'x'}",
     "[{'op':'replace','path':'title','value':'y'}]", "mutability title is readOnly."},
    {"ScimAttribute User title readonly", "{'title':'x'}",
     "[{'op':'replace','value':{'title':'y','nickName':'n'}}]",
     "{'userName':'jane','title':'x','nickName':'n'}"},
    {"ScimAttribute User userType readonly default=user", NULL, "{" USER ",'userType':'admin'}",
     "{'userName':'jane','userType':'user'}"},
    {"ScimAttribute User name.formatted readonly", "{'name':{'formatted':'F'}}",
     "[{'op':'remove','path':'name'}]", "{'userName':'jane','name':{'formatted':'F'}}"},
    {"ScimAttribute User " ENT ":division readonly", "{'" ENT "':{'division':'d'}}", "{" USER "}",
     "{'userName':'jane','" ENT "':{'division':'d'}}"},
    {"ScimAttribute User roles readonly", "{'roles':[{'value':'r'}]}",
     "{" USER ",'roles':[{'value':'s'}]}", "{'userName':'jane','roles':[{'value':'r'}]}"},
    /* default */
    {"ScimAttribute User active default=false", NULL, "{" USER "}",
     "{'userName':'jane','active':false}"},
    {"ScimAttribute User active default=false", "{'active':true}", "{" USER "}",
     "{'userName':'jane','active':true}"},
    {"ScimAttribute User userType default=user values=user,admin", NULL, "{" USER "}",
     "{'userName':'jane','userType':'user'}"},
    {"ScimAttribute User userType default=user values=user,admin", "{'userType':'admin'}",
     "{" USER "}", "{'userName':'jane','userType':'user'}"},
    {"ScimAttribute User userType required default=user", "{'userType':'admin'}",
     "[{'op':'remove','path':'userType'}]", "{'userName':'jane','userType':'user'}"},
    {"ScimAttribute User name.familyName default=?", NULL, "{" USER "}",
     "{'userName':'jane','name':{'familyName':'?'}}"},
    {"ScimAttribute User emails.type default=work", NULL,
     "{" USER ",'emails':[{'value':'a'},{'value':'b','type':'home'}]}",
     "{'userName':'jane','emails':[{'value':'a','type':'work'},{'value':'b','type':'home'}]}"},
    {"ScimAttribute User emails.type default=work", NULL, "{" USER "}", "{'userName':'jane'}"},
    {"ScimAttribute User " ENT ":costCenter default=none", NULL, "{" USER "}",
     "{'userName':'jane','" ENT "':{'costCenter':'none'}}"},
    /* what is not offered */
    {"ScimAttributeAllow User title", NULL,
     "{" USER ",'title':'t','nickName':'n','name':{'givenName':'J'},'password':'p','x':1,"
     "'" ENT "':{'department':'d'},'emails.value':'e'}",
     "{'userName':'jane','title':'t'}"},
    {"ScimAttributeAllow User title", "{'title':'t'}",
     "[{'op':'replace','path':'nickName','value':'n'},"
     "{'op':'add','path':'" ENT ":department','value':'d'},{'op':'remove','path':'name'},"
     "{'op':'add','path':'emails[type eq \\'work\\'].value','value':'v'},"
     "{'op':'replace','value':{'title':'u','displayName':'d','" ENT ":costCenter':'c'}}]",
     "{'userName':'jane','title':'u'}"},
    {"ScimAttributeAllow User title\nScimOtherAttributes User reject", NULL,
     "{" USER ",'title':'t','nickName':'n','name':{'givenName':'J'},'x':1,'displayName':null,"
     "'" ENT "':{},'emails.value':'e'}",
     "invalidValue Not accepted here: nickName, name, emails.value. Take it out"},
    {"ScimAttributeAllow User name.givenName\nScimOtherAttributes User reject", NULL,
     "{" USER ",'name':{'givenName':'J','familyName':'D','middleName':''}}",
     "invalidValue Not accepted here: name.familyName. "},
    {"ScimAttributeAllow User " ENT ":department\nScimOtherAttributes User reject", NULL,
     "{" USER ",'" ENT "':{'department':'d','costCenter':'c'}}",
     "invalidValue Not accepted here: EnterpriseUser.costCenter. "},
    {"ScimOtherAttributes User reject\nScimAttribute User title max=9", NULL,
     "{'schemas':['" SCIM_URN_USER "','" ENT "'],'userName':'jane','title':'t','externalId':'e',"
     "'id':'i','groups':[{'value':'g'}],'active':true,'" ENT "':{}}",
     "{'userName':'jane','externalId':'e','title':'t','active':true}"},
    {"ScimOtherAttributes User reject", "{}",
     "[{'op':'replace','path':'nickName','value':'n'},{'op':'remove','path':'displayName'},"
     "{'op':'add','value':{'title':'t'}}]",
     "invalidValue Not accepted here: nickName, title. "},
    {"ScimOtherAttributes User reject", "{}", "[{'op':'replace','path':'shoe','value':'n'}]",
     "invalidPath "},
    {"ScimAttributeAllow User title", "{'nickName':'old'}",
     "[{'op':'replace','path':'title','value':'t'}]",
     "!{'userName':'jane','title':'t','nickName':'old'}"},
};

/* A document as the tables write it, with what they leave out. */
static json_t *stored(const char *text)
{
    json_t *doc = gadget_json(pool, text);

    if (!json_object_get(doc, "userName")) {
        json_object_set_new(doc, "userName", json_string("jane"));
    }
    return doc;
}

static scim_error_t *patch(json_t **out, const json_t *old, json_t *operations,
                           const scim_resource_type_t *type, const scim_tenant_t *tenant)
{
    json_t *body = gadget_json(pool, "{'schemas':['" SCIM_URN_PATCH "']}");
    const scim_patch_t *plan;
    scim_error_t *err;

    json_object_set(body, "Operations", operations);
    err = scim_patch_parse(&plan, body, type, tenant, pool);
    return err ? err : scim_patch_apply(out, old, plan, type, tenant, pool);
}

static scim_error_t *run(json_t **out, const step_t *step, const scim_resource_type_t *type,
                         const scim_tenant_t *tenant)
{
    json_t *body = gadget_json(pool, step->body);
    json_t *old = step->old ? stored(step->old) : NULL;

    if (json_is_array(body)) {
        return patch(out, old, body, type, tenant);
    }
    return old ? scim_resource_replace(out, NULL, body, old, type, tenant, pool)
               : scim_resource_create(out, NULL, body, type, tenant, pool);
}

static void check_error(const step_t *step, const scim_error_t *err)
{
    const char *said = apr_pstrcat(pool, scim_error_type_name(err->type), " ", err->detail, NULL);

    ck_assert_int_eq(err->status, 400);
    ck_assert_msg(strncmp(said, step->out, strlen(step->out)) == 0, "%s, %s: %s", step->lines,
                  step->body, said);
}

START_TEST(writes_are_held_to_rules)
{
    const step_t *step = &steps[_i];
    scim_tenant_t *tenant = scim_tenant_make("acme", pool);
    const scim_resource_type_t *type = ruled_type(tenant, step->lines, "User", pool);
    json_t *doc = NULL;
    scim_error_t *err = run(&doc, step, type, tenant);
    json_t *again = NULL;

    if (!strchr("!{", step->out[0])) {
        ck_assert_msg(err != NULL, "%s, %s: accepted", step->lines, step->body);
        check_error(step, err);
        return;
    }
    ck_assert_msg(err == NULL, "%s, %s: %s", step->lines, step->body, err ? err->detail : "");
    ck_assert_ptr_nonnull(json_object_get(doc, "schemas"));
    err = scim_resource_replace(&again, NULL, doc, doc, type, tenant, pool);
    ck_assert_msg((!err && json_equal(doc, again)) == (step->out[0] == '{'),
                  "%s, %s: sent back, it is another one", step->lines, step->body);
    json_object_del(doc, "schemas");
    ck_assert_msg(json_equal(doc, gadget_json(pool, step->out + (step->out[0] == '!'))),
                  "%s, %s: %s", step->lines, step->body, scim_json_dump(doc, NULL, pool));
}
END_TEST

/* A profile that refuses what no schema defines takes what is not offered for undefined. */
START_TEST(a_strict_profile_knows_no_others)
{
    scim_tenant_t *tenant = scim_tenant_make("acme", pool);
    const scim_resource_type_t *type;
    json_t *doc;
    scim_error_t *err;

    scim_profile_apply(tenant, scim_profile_find("interop"));
    type = ruled_type(tenant, "ScimAttributeAllow User title", "User", pool);
    err = scim_resource_create(&doc, NULL, gadget_json(pool, "{" USER ",'nickName':'n'}"), type,
                               tenant, pool);
    ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_SYNTAX);
    ck_assert_str_eq(err->detail, "The attribute nickName is not defined.");
    err = patch(&doc, stored("{}"),
                gadget_json(pool, "[{'op':'add','path':'nickName','value':'n'}]"), type, tenant);
    ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_SYNTAX);
}
END_TEST

/* What no schema has is still ScimUnknownAttributes' matter, and the other way round. */
START_TEST(undefined_is_another_matter)
{
    scim_tenant_t *tenant = scim_tenant_make("acme", pool);
    const char *ignored = NULL;
    const scim_resource_type_t *type =
        ruled_type(tenant, "ScimAttributeAllow User title", "User", pool);
    json_t *doc;
    scim_error_t *err;

    err = scim_resource_create(&doc, &ignored,
                               gadget_json(pool, "{" USER ",'nickName':'n','shoe':1}"), type,
                               tenant, pool);
    ck_assert_ptr_null(err);
    ck_assert_str_eq(ignored, "nickName,shoe");
    tenant->reject_unknown_attrs = 1;
    err = scim_resource_create(&doc, &ignored, gadget_json(pool, "{" USER ",'nickName':'n'}"), type,
                               tenant, pool);
    ck_assert_ptr_null(err);
    err = scim_resource_create(&doc, &ignored, gadget_json(pool, "{" USER ",'shoe':'n'}"), type,
                               tenant, pool);
    ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_SYNTAX);
}
END_TEST

/* An operator's own change goes on where a rule would ask for more. */
START_TEST(the_servers_own_changes_are_not_ruled)
{
    scim_tenant_t *tenant = scim_tenant_make("acme", pool);
    const scim_resource_type_t *type =
        ruled_type(tenant, "ScimAttribute User title required\n" EMAILS, "User", pool);

    ck_assert_ptr_null(scim_resource_finish(stored("{}"), type, pool));
}
END_TEST

static const char *view(const scim_resource_type_t *type, const char *attributes, const char *doc)
{
    const scim_projection_t *projection = NULL;

    ck_assert_ptr_null(scim_project_parse(&projection, attributes, NULL, type, pool));
    ck_assert_ptr_nonnull(projection);
    return scim_json_dump(scim_project_apply(projection, stored(doc), type, pool), NULL, pool);
}

START_TEST(returned_is_obeyed)
{
    scim_tenant_t *tenant = scim_tenant_make("acme", pool);
    const scim_resource_type_t *type =
        ruled_type(tenant,
                   "ScimAttribute User title returned=never\n"
                   "ScimAttribute User nickName returned=request\n"
                   "ScimAttribute User name.givenName returned=never\n"
                   "ScimAttribute User locale returned=always",
                   "User", pool);
    const char *doc = "{'title':'t','nickName':'n','locale':'l','name':{'givenName':'G',"
                      "'familyName':'F'}}";
    const char *text = view(type, NULL, doc);

    ck_assert_str_eq(text,
                     "{\"locale\":\"l\",\"name\":{\"familyName\":\"F\"},\"userName\":\"jane\"}");
    text = view(type, "title,nickName", doc);
    ck_assert_str_eq(text, "{\"nickName\":\"n\",\"locale\":\"l\"}");
}
END_TEST

START_TEST(members_only_on_request)
{
    scim_tenant_t *tenant = scim_tenant_make("acme", pool);
    const scim_resource_type_t *type =
        ruled_type(tenant, "ScimAttribute Group members returned=request", "Group", pool);
    const scim_projection_t *projection;

    ck_assert_ptr_null(scim_project_parse(&projection, NULL, NULL, type, pool));
    ck_assert_int_eq(scim_project_wants(projection, type, SCIM_AT_MEMBERS), 0);
    ck_assert_ptr_null(scim_project_parse(&projection, "members", NULL, type, pool));
    ck_assert_int_eq(scim_project_wants(projection, type, SCIM_AT_MEMBERS), 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("rules_write");
    TCase *tc = tcase_create("rules_write");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, writes_are_held_to_rules, 0, sizeof(steps) / sizeof(steps[0]));
    tcase_add_test(tc, a_strict_profile_knows_no_others);
    tcase_add_test(tc, undefined_is_another_matter);
    tcase_add_test(tc, the_servers_own_changes_are_not_ruled);
    tcase_add_test(tc, returned_is_obeyed);
    tcase_add_test(tc, members_only_on_request);
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
