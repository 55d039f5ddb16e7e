/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Security events: of which change, about whom, and in which words. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "scim_event.h"
#include "scim_json.h"

static apr_pool_t *pool;
static const scim_resource_type_t *user;
static const scim_resource_type_t *group;

static void setup(void)
{
    const scim_tenant_t *tenant;

    apr_pool_create(&pool, NULL);
    tenant = scim_tenant_make("test", pool);
    user = scim_catalog_type(tenant->catalog, "User");
    group = scim_catalog_type(tenant->catalog, "Group");
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static json_t *json(const char *text)
{
    return text ? scim_json_own(json_loads(text, 0, NULL), pool) : NULL;
}

static unsigned change(const char *old, const char *doc, const scim_resource_type_t *type)
{
    return scim_event_of(json(old), json(doc), type);
}

START_TEST(kinds_of_changes)
{
    static const char on[] = "{\"active\":true}";
    static const char off[] = "{\"active\":false}";

    ck_assert_uint_eq(change(on, off, user), SCIM_EVENT_DEACTIVATE);
    ck_assert_uint_eq(change("{}", off, user), SCIM_EVENT_DEACTIVATE);
    ck_assert_uint_eq(change(off, on, user), SCIM_EVENT_ACTIVATE);
    ck_assert_uint_eq(change(off, "{}", user), SCIM_EVENT_ACTIVATE);
    ck_assert_uint_eq(change(on, NULL, user), SCIM_EVENT_DELETE);
    ck_assert_uint_eq(change(off, NULL, user), SCIM_EVENT_DELETE);
    ck_assert_uint_eq(change(NULL, NULL, user), SCIM_EVENT_DELETE);
    ck_assert_uint_eq(change(NULL, on, user), 0);
    ck_assert_uint_eq(change(NULL, off, user), 0);
    ck_assert_uint_eq(change(on, "{}", user), 0);
    ck_assert_uint_eq(change(off, off, user), 0);
    ck_assert_uint_eq(change(on, NULL, group), 0);
    ck_assert_uint_eq(change(on, off, group), 0);
}
END_TEST

START_TEST(what_is_wanted)
{
    scim_events_t events = {.types = SCIM_EVENT_DELETE};

    ck_assert_int_eq(scim_event_wanted(NULL, SCIM_EVENT_DELETE), 0);
    ck_assert_int_eq(scim_event_wanted(&events, SCIM_EVENT_DELETE), 1);
    ck_assert_int_eq(scim_event_wanted(&events, SCIM_EVENT_DEACTIVATE), 0);
    ck_assert_int_eq(scim_event_wanted(&events, 0), 0);
    events.types = SCIM_EVENT_SESSION;
    ck_assert_int_eq(scim_event_wanted(&events, SCIM_EVENT_DELETE), 1);
    ck_assert_int_eq(scim_event_wanted(&events, SCIM_EVENT_DEACTIVATE), 1);
    ck_assert_int_eq(scim_event_wanted(&events, SCIM_EVENT_ACTIVATE), 0);
    ck_assert_int_eq(scim_event_wanted(&events, 0), 0);
}
END_TEST

START_TEST(words)
{
    ck_assert_uint_eq(scim_event_type("Deactivate"), SCIM_EVENT_DEACTIVATE);
    ck_assert_uint_eq(scim_event_type("session-revoked"), SCIM_EVENT_SESSION);
    ck_assert_uint_eq(scim_event_type("create"), 0);
    ck_assert_str_eq(scim_event_word(SCIM_EVENT_DELETE), "delete");
    ck_assert_str_eq(scim_event_uri(SCIM_EVENT_ACTIVATE),
                     "urn:ietf:params:scim:event:prov:activate");
    ck_assert_ptr_null(scim_event_uri(0));
}
END_TEST

START_TEST(subjects)
{
    char *name = apr_pstrcat(pool, "{\"userName\":\"", NULL);
    int i;

    ck_assert_str_eq(scim_event_subject(NULL, "a b", user, pool),
                     "{\"format\":\"scim\",\"uri\":\"/Users/a%20b\"}");
    ck_assert_str_eq(scim_event_subject(json("{\"userName\":\"ada\",\"externalId\":\"7\","
                                             "\"title\":\"Boss\"}"),
                                        "x", user, pool),
                     "{\"format\":\"scim\",\"uri\":\"/Users/x\",\"externalId\":\"7\","
                     "\"userName\":\"ada\"}");
    for (i = 0; i < SCIM_EVENT_SUBJECT_MAX / 2; i++) {
        name = apr_pstrcat(pool, name, "\\u00e4", NULL);
    }
    name = apr_pstrcat(pool, name, "\"}", NULL);
    ck_assert_str_eq(scim_event_subject(json(name), "x", user, pool),
                     "{\"format\":\"scim\",\"uri\":\"/Users/x\"}");
}
END_TEST

static const char *claims(const char *kind, unsigned types, const char *txn, const char *subject)
{
    scim_events_t events = {.types = types, .issuer = "us", .audience = "them"};
    scim_event_t event = {.jti = "j", .kind = kind, .id = "x", .txn = txn, .subject = subject};

    event.at = apr_time_from_msec(1700000000999);
    return scim_event_claims(&event, &events, pool);
}

START_TEST(claims_of_a_token)
{
    ck_assert_str_eq(claims("deactivate", ~0u, "t", "{\"a\":1}"),
                     "{\"iss\":\"us\",\"aud\":\"them\",\"iat\":1700000000,\"jti\":\"j\","
                     "\"txn\":\"t\",\"sub_id\":{\"a\":1},\"events\":{"
                     "\"urn:ietf:params:scim:event:prov:deactivate\":{},"
                     "\"https://schemas.openid.net/secevent/caep/event-type/session-revoked\":"
                     "{\"event_timestamp\":1700000000}}}");
    ck_assert_str_eq(claims("activate", ~0u, NULL, "{\"a\":1}"),
                     "{\"iss\":\"us\",\"aud\":\"them\",\"iat\":1700000000,\"jti\":\"j\","
                     "\"sub_id\":{\"a\":1},\"events\":{"
                     "\"urn:ietf:params:scim:event:prov:activate\":{}}}");
    ck_assert_ptr_nonnull(strstr(claims("delete", SCIM_EVENT_SESSION, NULL, "{}"),
                                 "\"events\":{\"https://schemas.openid.net/"));
    ck_assert_ptr_null(claims("delete", ~0u, NULL, "{"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event");
    TCase *tc = tcase_create("event");
    SRunner *runner;
    int failed;

    apr_initialize();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, kinds_of_changes);
    tcase_add_test(tc, what_is_wanted);
    tcase_add_test(tc, words);
    tcase_add_test(tc, subjects);
    tcase_add_test(tc, claims_of_a_token);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
