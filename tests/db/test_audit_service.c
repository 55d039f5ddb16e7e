/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* What each write leaves in the audit trail: one row, in its own transaction, or none. */
#include "db_fault.h"
#include "db_policy.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_audit.h"

static void setup(void)
{
    policy_setup();
    db_env_tenant(env)->audit = 1;
}

static void use(const char *text)
{
    policy_use(text);
    db_env_tenant(env)->audit = 1;
}

static apr_array_header_t *rows_of(const char *who)
{
    static const scim_audit_filter_t all = {NULL, NULL, -1, 0, 0, 1000};
    scim_audit_filter_t filter = all;
    db_request_t r = db_request(env);
    apr_array_header_t *rows = NULL;

    filter.who = who;
    db_ok(scim_audit_list(&rows, r.store, &filter, pool));
    db_request_end(&r);
    return rows;
}

/* "op name status: attrs" of the newest row; "" if there are not so many. */
static const char *newest(int wanted)
{
    apr_array_header_t *rows = rows_of(NULL);
    const scim_audit_row_t *row = &APR_ARRAY_IDX(rows, 0, scim_audit_row_t);

    ck_assert_int_eq(rows->nelts, wanted);
    return apr_psprintf(pool, "%s %s %s %d: %s", row->op, row->type, row->name, row->status,
                        row->attrs ? row->attrs : "-");
}

static const char *path(const char *type, const char *id)
{
    return apr_pstrcat(pool, "/", type, "/", id, NULL);
}

static const char set_active[] = "{\"op\":\"replace\",\"value\":{\"active\":%s}}";

static const char *active(const char *word)
{
    return apr_psprintf(pool, set_active, word);
}

START_TEST(every_write_has_one_row)
{
    const char *id = policy_add_user("Ada", "\"name\":{\"givenName\":\"A\",\"familyName\":\"L\"},"
                                            "\"emails\":[{\"value\":\"a@example.com\"}]");

    ck_assert_str_eq(newest(1),
                     "create User Ada 201: userName name.familyName name.givenName active emails");
    ck_assert_int_eq(policy_patch("Users", id,
                                  "{\"op\":\"replace\",\"value\":{\"name\":{\"givenName\":\"B\"},"
                                  "\"title\":\"x\"}}"),
                     200);
    ck_assert_str_eq(newest(2), "patch User Ada 200: name.givenName title");
    ck_assert_int_eq(policy_status(SCIM_PUT, path("Users", id), policy_user("ada2", "", pool)),
                     200);
    ck_assert_ptr_nonnull(strstr(newest(3), "replace User ada2 200: userName name.familyName"));
    ck_assert_int_eq(policy_patch("Users", id, active("false")), 200);
    ck_assert_str_eq(newest(4), "deactivate User ada2 200: active");
    ck_assert_int_eq(policy_patch("Users", id, active("true")), 200);
    ck_assert_str_eq(newest(5), "activate User ada2 200: active");
    ck_assert_int_eq(policy_status(SCIM_DELETE, path("Users", id), NULL), 204);
    ck_assert_str_eq(newest(6), "delete User ada2 204: -");
    ck_assert_int_eq(rows_of(id)->nelts, 6);
    ck_assert_int_eq(rows_of("ADA")->nelts, 2);
}
END_TEST

START_TEST(members_are_named_and_only_the_group_has_a_row)
{
    const char *user = policy_add_user("ada", "");
    const char *group = policy_add_group("Staff");
    const char *remove =
        apr_psprintf(pool, "{\"op\":\"remove\",\"path\":\"members[value eq \\\"%s\\\"]\"}", user);

    ck_assert_str_eq(newest(2), "create Group Staff 201: displayName");
    ck_assert_int_eq(policy_patch("Groups", group, policy_add_member(user, pool)), 200);
    ck_assert_str_eq(newest(3), "patch Group Staff 200: members");
    /* Okta's push names the group too, and changes nothing by that. */
    ck_assert_int_eq(
        policy_patch("Groups", group,
                     apr_pstrcat(pool,
                                 "{\"op\":\"replace\",\"value\":{\"displayName\":\"Staff\"}},",
                                 remove, NULL)),
        200);
    ck_assert_str_eq(newest(4), "patch Group Staff 200: members");
    ck_assert_int_eq(
        policy_patch("Groups", group,
                     apr_pstrcat(pool, "{\"op\":\"replace\",\"value\":{\"displayName\":\"All\"}},",
                                 policy_add_member(user, pool), NULL)),
        200);
    ck_assert_str_eq(newest(5), "patch Group All 200: displayName members");
    ck_assert_int_eq(policy_status(SCIM_DELETE, path("Groups", group), NULL), 204);
    ck_assert_str_eq(newest(6), "delete Group All 204: -");
    ck_assert_int_eq(rows_of(user)->nelts, 1);
}
END_TEST

START_TEST(what_changes_nothing_has_no_row)
{
    const char *user = policy_add_user("ada", "\"title\":\"x\"");
    const char *group = policy_add_group("Staff");

    ck_assert_int_eq(policy_patch("Groups", group, policy_add_member(user, pool)), 200);
    newest(3);
    ck_assert_int_eq(policy_patch("Groups", group, policy_add_member(user, pool)), 200);
    ck_assert_int_eq(policy_patch("Groups", group, policy_add_member("nobody", pool)), 200);
    ck_assert_int_eq(
        policy_status(SCIM_PUT, path("Users", user), policy_user("ada", "\"title\":\"x\"", pool)),
        200);
    ck_assert_int_eq(policy_patch("Users", user, active("true")), 200);
    newest(3);
}
END_TEST

/* A refusal is told by who asked for it; the change itself leaves nothing. */
START_TEST(what_is_refused_leaves_no_row_of_its_own)
{
    const char *user = policy_add_user("ada", "");

    ck_assert_int_eq(policy_status(SCIM_POST, "/Users", policy_user("ADA", "", pool)), 409);
    ck_assert_int_eq(policy_status(SCIM_DELETE, "/Users/nobody", NULL), 404);
    ck_assert_int_eq(policy_patch("Users", user, "{\"op\":\"add\",\"path\":\"x y\",\"value\":1}"),
                     400);
    newest(1);
}
END_TEST

/* Nothing of an attempt that was rolled back stays, and its row comes once. */
START_TEST(a_write_that_is_run_again)
{
    db_fault_t fault = {DB_FAULT_NUMBER, "INTO scim_audit", 1213, 2, NULL, NULL};

    db_fault(env, &fault);
    policy_add_user("ada", "");
    ck_assert_int_eq(db_fault_count(env), 2);
    newest(1);
}
END_TEST

/* Without its row there is no change. */
START_TEST(a_row_that_cannot_be_written)
{
    db_fault_t fault = {DB_FAULT_NUMBER, "INTO scim_audit", 1114, 1, NULL, NULL};

    db_fault(env, &fault);
    ck_assert_int_ge(policy_status(SCIM_POST, "/Users", policy_user("ada", "", pool)), 500);
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), 0);
    ck_assert_int_eq(rows_of(NULL)->nelts, 0);
}
END_TEST

START_TEST(off_is_off)
{
    db_env_tenant(env)->audit = 0;
    policy_add_user("ada", "");
    ck_assert_int_eq(rows_of(NULL)->nelts, 0);
}
END_TEST

/* The end of an account: the tombstone has no name left, the trail has the one it had. */
START_TEST(an_account_that_ends)
{
    const char *id;

    use("ScimDeprovision delete");
    id = policy_add_user("ada", "\"title\":\"x\"");
    ck_assert_int_eq(policy_patch("Users", id, active("false")), 200);
    ck_assert_str_eq(newest(2), "deactivate User ada 200: title active");
}
END_TEST

START_TEST(a_delete_that_deactivates)
{
    const char *id;

    use("ScimDelete deactivate\nScimRehire restore");
    id = policy_add_user("ada", "");
    ck_assert_int_eq(policy_status(SCIM_DELETE, path("Users", id), NULL), 204);
    ck_assert_str_eq(newest(2), "deactivate User ada 204: active");
    ck_assert_str_eq(policy_add_user("ada", "\"title\":\"x\""), id);
    ck_assert_str_eq(newest(3), "activate User ada 201: title active");
}
END_TEST

/* Rows that follow from a change have none: a report's manager, a group by attribute. */
START_TEST(what_follows_has_no_row)
{
    const char *boss = policy_add_user("boss", "\"displayName\":\"One\"");

    policy_add_user("ada", apr_psprintf(pool, "\"%s\":{\"manager\":{\"value\":\"%s\"}}",
                                        SCIM_URN_ENTERPRISE, boss));
    ck_assert_str_eq(newest(2),
                     "create User ada 201: userName active " SCIM_URN_ENTERPRISE ":manager.value");
    ck_assert_int_eq(
        policy_patch("Users", boss, "{\"op\":\"replace\",\"value\":{\"displayName\":\"Two\"}}"),
        200);
    ck_assert_str_eq(newest(3), "patch User boss 200: displayName");
}
END_TEST

START_TEST(each_operation_of_a_bulk_request)
{
    const char *body = apr_psprintf(
        pool,
        "{\"schemas\":[\"%s\"],\"Operations\":["
        "{\"method\":\"POST\",\"path\":\"/Users\",\"bulkId\":\"a\",\"data\":%s},"
        "{\"method\":\"POST\",\"path\":\"/Users\",\"bulkId\":\"b\",\"data\":%s},"
        "{\"method\":\"PATCH\",\"path\":\"/Users/bulkId:a\",\"data\":{\"schemas\":[\"%s\"],"
        "\"Operations\":[{\"op\":\"add\",\"path\":\"title\",\"value\":\"x\"}]}}]}",
        SCIM_URN_BULK, policy_user("ada", "", pool), policy_user("bob", "", pool), SCIM_URN_PATCH);

    ck_assert_int_eq(policy_status(SCIM_POST, "/Bulk", body), 200);
    ck_assert_str_eq(newest(3), "patch User ada 200: title");
    ck_assert_int_eq(rows_of("ada")->nelts, 2);
    ck_assert_int_eq(rows_of("bob")->nelts, 1);
}
END_TEST

/* ---- refusals ---- */

static const scim_audit_who_t who = {"req", "okta", "t1"};

static const scim_audit_row_t *refuse(scim_request_t *request, scim_reply_t *reply,
                                      scim_error_t *err)
{
    db_request_t r = db_request(env);

    request->who = &who;
    ck_assert_int_eq(scim_service_audits(request, reply, err, db_env_tenant(env)), 1);
    db_ok(scim_service_audit_refused(request, reply, err, db_env_tenant(env), r.store, r.pool));
    db_request_end(&r);
    return &APR_ARRAY_IDX(rows_of(NULL), 0, scim_audit_row_t);
}

START_TEST(a_refusal_tells_what_the_client_got)
{
    scim_request_t request = {.method = SCIM_POST, .path = "/Users"};
    scim_reply_t reply = {.op = "create", .type = "User"};
    const scim_audit_row_t *row;

    request.body = policy_user("Ada", "\"title\":\"secret title\"", pool);
    request.body_len = strlen(request.body);
    row =
        refuse(&request, &reply, scim_error_make(pool, 409, SCIM_TYPE_UNIQUENESS, "It is in use."));
    ck_assert_str_eq(row->request, "req");
    ck_assert_str_eq(row->actor, "okta");
    ck_assert_str_eq(row->actor_id, "t1");
    ck_assert_str_eq(row->op, "create");
    ck_assert_str_eq(row->type, "User");
    ck_assert_ptr_null(row->id);
    ck_assert_str_eq(row->name, "Ada");
    ck_assert_ptr_null(row->attrs);
    ck_assert_int_eq(row->status, 409);
    ck_assert_str_eq(row->scim_type, "uniqueness");
    ck_assert_str_eq(row->detail, "It is in use.");
}
END_TEST

START_TEST(a_refusal_names_the_resource_that_stays)
{
    scim_request_t request = {.method = SCIM_PATCH, .path = "/Users/x", .body = "{", .body_len = 1};
    scim_reply_t reply = {.op = "none", .type = "User"};
    const scim_audit_row_t *row;

    reply.id = policy_add_user("ada", "");
    row = refuse(&request, &reply, scim_error_make(pool, 412, SCIM_TYPE_NONE, "It has changed."));
    ck_assert_str_eq(row->op, "patch");
    ck_assert_str_eq(row->id, reply.id);
    ck_assert_str_eq(row->name, "ada");
    reply.id = "nobody";
    row = refuse(&request, &reply, scim_error_make(pool, 404, SCIM_TYPE_NONE, "Nobody."));
    ck_assert_str_eq(row->id, "nobody");
    ck_assert_ptr_null(row->name);
}
END_TEST

START_TEST(a_body_that_is_nothing_has_no_name)
{
    static const char *const bodies[] = {
        "", "{", "[]", "{\"userName\":7}", "{\"userName\":{}}", "\xFF\xFE"};
    scim_request_t request = {.method = SCIM_POST, .path = "/Users", .body = bodies[_i]};
    scim_reply_t reply = {.op = "create", .type = "User"};

    request.body_len = strlen(bodies[_i]);
    ck_assert_ptr_null(
        refuse(&request, &reply, scim_error_make(pool, 400, SCIM_TYPE_INVALID_SYNTAX, "No."))
            ->name);
}
END_TEST

/* Whoever is not let in learns no name by way of the trail, and costs no look-up. */
START_TEST(a_stranger_costs_one_row)
{
    scim_request_t request = {.method = SCIM_POST, .path = "/Users"};
    scim_reply_t reply = {.type = "User"};

    request.body = policy_user("Ada", "", pool);
    request.body_len = strlen(request.body);
    ck_assert_ptr_null(
        refuse(&request, &reply, scim_error_make(pool, 401, SCIM_TYPE_NONE, "No."))->name);
}
END_TEST

static int audits(scim_method_t method, const char *op, int status, scim_db_cause_t cause)
{
    scim_request_t request = {.method = method, .path = "/Users"};
    scim_reply_t reply = {.op = op};
    scim_error_t *err = scim_error_make(pool, status, SCIM_TYPE_NONE, "No.");

    err->cause = cause;
    return scim_service_audits(&request, &reply, err, db_env_tenant(env));
}

START_TEST(which_refusals_belong_there)
{
    ck_assert(audits(SCIM_POST, "create", 409, SCIM_CAUSE_DUPLICATE));
    ck_assert(audits(SCIM_DELETE, "delete", 404, SCIM_CAUSE_NONE));
    ck_assert(audits(SCIM_PUT, NULL, 401, SCIM_CAUSE_NONE));
    ck_assert(audits(SCIM_PATCH, "patch", 500, SCIM_CAUSE_OTHER));
    ck_assert(audits(SCIM_GET, NULL, 401, SCIM_CAUSE_NONE));
    ck_assert(audits(SCIM_GET, "list", 400, SCIM_CAUSE_NONE));
    ck_assert(!audits(SCIM_GET, "get", 404, SCIM_CAUSE_NONE));
    ck_assert(!audits(SCIM_POST, "list", 404, SCIM_CAUSE_NONE));
    ck_assert(!audits(SCIM_METHOD_OTHER, "none", 405, SCIM_CAUSE_NONE));
    ck_assert(!audits(SCIM_POST, "create", 503, SCIM_CAUSE_NONE));
    ck_assert(!audits(SCIM_POST, "create", 429, SCIM_CAUSE_NONE));
    ck_assert(!audits(SCIM_POST, "create", 500, SCIM_CAUSE_GONE));
    db_env_tenant(env)->audit = 0;
    ck_assert(!audits(SCIM_POST, "create", 409, SCIM_CAUSE_NONE));
    db_env_tenant(env)->audit = 1;
    db_env_tenant(env)->name = ""; /* nobody knows yet whose request it is */
    ck_assert(!audits(SCIM_POST, "create", 401, SCIM_CAUSE_NONE));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("audit_service");
    TCase *done = tcase_create("done");
    TCase *refused = tcase_create("refused");

    tcase_add_checked_fixture(done, setup, policy_teardown);
    tcase_set_timeout(done, 120);
    tcase_add_test(done, every_write_has_one_row);
    tcase_add_test(done, members_are_named_and_only_the_group_has_a_row);
    tcase_add_test(done, what_changes_nothing_has_no_row);
    tcase_add_test(done, what_is_refused_leaves_no_row_of_its_own);
    if (db_is_mariadb()) {
        tcase_add_test(done, a_write_that_is_run_again);
        tcase_add_test(done, a_row_that_cannot_be_written);
    }
    tcase_add_test(done, off_is_off);
    tcase_add_test(done, an_account_that_ends);
    tcase_add_test(done, a_delete_that_deactivates);
    tcase_add_test(done, what_follows_has_no_row);
    tcase_add_test(done, each_operation_of_a_bulk_request);
    suite_add_tcase(s, done);
    tcase_add_checked_fixture(refused, setup, policy_teardown);
    tcase_set_timeout(refused, 120);
    tcase_add_test(refused, a_refusal_tells_what_the_client_got);
    tcase_add_test(refused, a_refusal_names_the_resource_that_stays);
    tcase_add_loop_test(refused, a_body_that_is_nothing_has_no_name, 0, 6);
    tcase_add_test(refused, a_stranger_costs_one_row);
    tcase_add_test(refused, which_refusals_belong_there);
    suite_add_tcase(s, refused);
    return s;
}

int main(void)
{
    return db_main(suite());
}
