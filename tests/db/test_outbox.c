/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* The outbox: what of a change gets into it, in which order it leaves, and who may deliver. */
#include "db_fault.h"
#include "db_policy.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_outbox.h"

#define DIRECTIVES                                                                                 \
    "ScimEventURL https://app.example/events\nScimEventKeyFile key.pem\nScimEventIssuer us"

#define TAKERS 24 /* of the lease at a time */

static void events_setup(void)
{
    policy_setup();
    policy_use(DIRECTIVES);
}

static apr_array_header_t *due_at(apr_time_t now)
{
    db_request_t r = db_request(env);
    apr_array_header_t *events = NULL;

    db_ok(scim_outbox_due(&events, r.store, now, pool));
    db_request_end(&r);
    return events;
}

/* Kinds and ids of what is due, such as "deactivate:<id> delete:<id>". */
static const char *due(void)
{
    const apr_array_header_t *events = due_at(apr_time_now());
    const char *text = "";
    int i;

    for (i = 0; i < events->nelts; i++) {
        const scim_event_t *event = &APR_ARRAY_IDX(events, i, scim_event_t);
        text = apr_pstrcat(pool, text, i ? " " : "", event->kind, ":", event->id, NULL);
    }
    return text;
}

static const char *said(const char *kind, const char *id)
{
    return apr_pstrcat(pool, kind, ":", id, NULL);
}

static scim_event_t first_due(void)
{
    const apr_array_header_t *events = due_at(apr_time_now());

    ck_assert_int_gt(events->nelts, 0);
    return APR_ARRAY_IDX(events, 0, scim_event_t);
}

static void done(const scim_event_t *event)
{
    db_request_t r = db_request(env);

    db_ok(scim_outbox_done(r.store, event));
    db_request_end(&r);
}

static void set_active(const char *id, const char *value)
{
    ck_assert_int_eq(policy_patch("Users", id,
                                  apr_pstrcat(pool, "{\"op\":\"replace\",\"value\":{\"active\":",
                                              value, "}}", NULL)),
                     200);
}

static apr_int64_t waiting(void)
{
    return db_count(env, "SELECT COUNT(*) FROM scim_event WHERE tenant = %s");
}

/* ---- what gets in ---- */

START_TEST(one_row_of_each_end)
{
    const char *ada = policy_add_user("ada", "\"externalId\":\"7\"");
    scim_event_t event;

    ck_assert_int_eq((int)waiting(), 0);
    set_active(ada, "false");
    set_active(ada, "false");
    ck_assert_int_eq((int)waiting(), 1);
    event = first_due();
    ck_assert_str_eq(event.kind, "deactivate");
    ck_assert_str_eq(event.id, ada);
    ck_assert_str_eq(event.subject, apr_psprintf(pool,
                                                 "{\"format\":\"scim\",\"uri\":\"/Users/%s\","
                                                 "\"externalId\":\"7\",\"userName\":\"ada\"}",
                                                 ada));
    ck_assert_int_eq((int)strlen(event.jti), 32);
    ck_assert_int_eq(event.tries, 0);
    done(&event);
    set_active(ada, "true");
    ck_assert_str_eq(due(), said("activate", ada));
    event = first_due();
    done(&event);
    ck_assert_int_eq(policy_status(SCIM_DELETE, apr_pstrcat(pool, "/Users/", ada, NULL), NULL),
                     204);
    event = first_due();
    ck_assert_str_eq(event.kind, "delete");
    ck_assert_ptr_nonnull(strstr(event.subject, "\"userName\":\"ada\""));
}
END_TEST

START_TEST(nothing_else_gets_in)
{
    const char *ada = policy_add_user("ada", "");
    const char *group = policy_add_group("g");

    policy_add_user("eve", "\"active\":false");
    ck_assert_int_eq(
        policy_patch("Users", ada, "{\"op\":\"replace\",\"value\":{\"title\":\"Boss\"}}"), 200);
    ck_assert_int_eq(policy_patch("Groups", group, policy_add_member(ada, pool)), 200);
    ck_assert_int_eq(policy_status(SCIM_DELETE, apr_pstrcat(pool, "/Groups/", group, NULL), NULL),
                     204);
    ck_assert_int_eq(policy_patch("Users", ada,
                                  "{\"op\":\"replace\",\"value\":{\"active\":false,"
                                  "\"userName\":\"eve\"}}"),
                     409);
    ck_assert_int_eq((int)waiting(), 0);
    policy_use("");
    set_active(ada, "false");
    ck_assert_int_eq((int)waiting(), 0);
}
END_TEST

/* A change whose COMMIT fails leaves no event; the one that is run again leaves one. */
START_TEST(as_durable_as_the_change)
{
    const char *ada = policy_add_user("ada", "");
    db_fault_t fault = {.kind = DB_FAULT_NUMBER, .at = "INSERT INTO scim_event", .number = 1213};

    db_fault(env, &fault);
    set_active(ada, "false");
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq((int)waiting(), 1);
    fault.times = 3;
    db_fault(env, &fault);
    ck_assert_int_eq(policy_patch("Users", ada, "{\"op\":\"replace\",\"value\":{\"active\":true}}"),
                     503);
    ck_assert_int_eq((int)waiting(), 1);
}
END_TEST

/* ---- the order ---- */

START_TEST(the_first_of_each_user)
{
    const char *ada = policy_add_user("ada", "");
    const char *bob = policy_add_user("bob", "");
    scim_event_t event;
    db_request_t r;
    apr_time_t now = apr_time_now();

    set_active(ada, "false");
    set_active(ada, "true");
    set_active(bob, "false");
    ck_assert_str_eq(due(), apr_psprintf(pool, "deactivate:%s deactivate:%s", ada, bob));
    event = first_due();
    r = db_request(env);
    db_ok(scim_outbox_postpone(r.store, &event, now + apr_time_from_sec(60)));
    db_request_end(&r);
    ck_assert_str_eq(due(), said("deactivate", bob));
    ck_assert_int_eq(due_at(now + apr_time_from_sec(61))->nelts, 2);
    event = APR_ARRAY_IDX(due_at(now + apr_time_from_sec(61)), 1, scim_event_t);
    ck_assert_str_eq(event.id, ada);
    ck_assert_int_eq(event.tries, 1);
    done(&event);
    ck_assert_str_eq(due(), apr_psprintf(pool, "activate:%s deactivate:%s", ada, bob));
}
END_TEST

START_TEST(a_page_at_a_time)
{
    int i;

    for (i = 0; i <= SCIM_OUTBOX_PAGE; i++) {
        set_active(policy_add_user(apr_psprintf(pool, "user%d", i), ""), "false");
    }
    ck_assert_int_eq(due_at(apr_time_now())->nelts, SCIM_OUTBOX_PAGE);
}
END_TEST

static apr_array_header_t *listed(apr_int64_t after, int limit)
{
    db_request_t r = db_request(env);
    apr_array_header_t *events;

    db_ok(scim_outbox_list(&events, r.store, after, limit, pool));
    db_request_end(&r);
    return events;
}

/* With those whose turn it is not. */
START_TEST(all_are_listed)
{
    const char *ada = policy_add_user("ada", "");
    const char *bob = policy_add_user("bob", "");
    scim_event_t event;
    db_request_t r;

    set_active(ada, "false");
    set_active(bob, "false");
    set_active(ada, "true");
    event = first_due();
    r = db_request(env);
    db_ok(scim_outbox_postpone(r.store, &event, apr_time_from_sec(7)));
    db_request_end(&r);
    ck_assert_int_eq(listed(0, 2)->nelts, 2);
    event = APR_ARRAY_IDX(listed(0, 2), 0, scim_event_t);
    ck_assert_str_eq(event.id, ada);
    ck_assert_int_eq(event.tries, 1);
    ck_assert_int_eq(event.due, apr_time_from_sec(7));
    event = APR_ARRAY_IDX(listed(event.seq, 9), 0, scim_event_t);
    ck_assert_str_eq(event.id, bob);
    ck_assert_int_eq(event.due, 0);
    event = APR_ARRAY_IDX(listed(event.seq, 9), 0, scim_event_t);
    ck_assert_str_eq(event.kind, "activate");
    ck_assert_int_eq(listed(event.seq, 9)->nelts, 0);
}
END_TEST

START_TEST(old_ones_go)
{
    db_request_t r;
    int n = -1;

    set_active(policy_add_user("ada", ""), "false");
    set_active(policy_add_user("bob", ""), "false");
    db_sql(env, apr_psprintf(pool, "UPDATE scim_event SET at = 5 WHERE tenant = '%s' AND id = '%s'",
                             db_env_tenant(env)->name, first_due().id));
    r = db_request(env);
    db_ok(scim_outbox_expire(&n, r.store, apr_time_from_msec(5)));
    ck_assert_int_eq(n, 0);
    db_ok(scim_outbox_expire(&n, r.store, apr_time_from_msec(6)));
    ck_assert_int_eq(n, 1);
    db_request_end(&r);
    ck_assert_int_eq((int)waiting(), 1);
}
END_TEST

START_TEST(tenants_that_wait)
{
    const char *mine = db_env_tenant(env)->name;
    db_request_t r = db_request(env);
    const char *tenant = "";
    int seen = 0;

    set_active(policy_add_user("ada", ""), "false");
    set_active(policy_add_user("bob", ""), "false");
    while (tenant) {
        db_ok(scim_outbox_next(&tenant, r.store, pool));
        seen += tenant && strcmp(tenant, mine) == 0;
    }
    ck_assert_int_eq(seen, 1);
    db_request_end(&r);
}
END_TEST

/* ---- the lease ---- */

static int take(const scim_lease_t *seen, const char *me)
{
    db_request_t r = db_request(env);
    int taken = -1;

    db_ok(scim_lease_take(&taken, r.store, seen, me));
    db_request_end(&r);
    return taken;
}

static int renew(const char *me)
{
    db_request_t r = db_request(env);
    int held = -1;

    db_ok(scim_lease_renew(&held, r.store, me));
    db_request_end(&r);
    return held;
}

static scim_lease_t lease(void)
{
    db_request_t r = db_request(env);
    scim_lease_t out;

    db_ok(scim_lease_read(&out, r.store, pool));
    db_request_end(&r);
    return out;
}

START_TEST(one_holder)
{
    scim_lease_t nobody = lease();
    scim_lease_t seen;
    db_request_t r;

    ck_assert_str_eq(nobody.holder, "");
    ck_assert_int_eq(take(&nobody, "a"), 1);
    ck_assert_int_eq(take(&nobody, "b"), 0);
    seen = lease();
    ck_assert_str_eq(seen.holder, "a");
    ck_assert_int_eq(renew("b"), 0);
    ck_assert_int_eq(renew("a"), 1);
    ck_assert_int_eq((int)(lease().beat - seen.beat), 1);
    ck_assert_int_eq(take(&seen, "b"), 0); /* it is alive */
    seen = lease();
    ck_assert_int_eq(take(&seen, "b"), 1);
    ck_assert_int_eq(take(&seen, "c"), 0); /* b was faster */
    ck_assert_int_eq(renew("a"), 0);
    r = db_request(env);
    db_ok(scim_lease_release(r.store, "a"));
    ck_assert_str_eq(lease().holder, "b");
    db_ok(scim_lease_release(r.store, "b"));
    ck_assert_str_eq(lease().holder, "");
    db_request_end(&r);
}
END_TEST

/* Who saw the lease of before does not take the holder of now for one that stands still. */
START_TEST(taken_again_is_not_the_same)
{
    scim_lease_t nobody = lease();
    scim_lease_t given_back;
    scim_lease_t seen;
    db_request_t r;

    ck_assert_int_eq(take(&nobody, "a"), 1);
    seen = lease();
    r = db_request(env);
    db_ok(scim_lease_release(r.store, "a"));
    db_request_end(&r);
    given_back = lease();
    ck_assert_int_eq(take(&nobody, "a"), 0);
    ck_assert_int_eq(take(&given_back, "a"), 1);
    ck_assert_int_eq(take(&given_back, "b"), 0);
    ck_assert_int_ne(lease().beat, seen.beat);
    ck_assert_int_eq(take(&seen, "b"), 0);
}
END_TEST

static int holders;
static int two_hold; /* 1: they did */
static const scim_error_t *errors[TAKERS];

/* What a process does whose events are delivered at once. */
static const scim_error_t *have_it(const db_request_t *r, const char *me)
{
    scim_lease_t seen;
    scim_error_t *err = scim_lease_read(&seen, r->store, r->pool);
    int taken = 0;

    if (!err && !*seen.holder) {
        err = scim_lease_take(&taken, r->store, &seen, me);
    }
    if (err || !taken) {
        return err;
    }
    if (__atomic_add_fetch(&holders, 1, __ATOMIC_SEQ_CST) > 1) {
        two_hold = 1;
    }
    __atomic_sub_fetch(&holders, 1, __ATOMIC_SEQ_CST);
    return scim_lease_release(r->store, me);
}

static void *take_turns(void *baton)
{
    int i = *(int *)baton;
    int turn;

    policy_wait();
    for (turn = 0; turn < 500 && !errors[i]; turn++) {
        db_request_t r = db_request(env);
        errors[i] = have_it(&r, apr_psprintf(r.pool, "process %d", i));
        db_request_end(&r);
    }
    return NULL;
}

START_TEST(many_want_it)
{
    int i;

    policy_run(TAKERS, take_turns);
    for (i = 0; i < TAKERS; i++) {
        ck_assert_msg(!errors[i], "process %d was told of an error", i);
    }
    ck_assert_int_eq(two_hold, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outbox");
    TCase *tc = tcase_create("outbox");

    tcase_add_checked_fixture(tc, events_setup, policy_teardown);
    tcase_add_test(tc, one_row_of_each_end);
    tcase_add_test(tc, nothing_else_gets_in);
    if (db_is_mariadb()) {
        tcase_add_test(tc, as_durable_as_the_change);
    }
    tcase_add_test(tc, the_first_of_each_user);
    tcase_add_test(tc, a_page_at_a_time);
    tcase_add_test(tc, all_are_listed);
    tcase_add_test(tc, old_ones_go);
    tcase_add_test(tc, tenants_that_wait);
    tcase_add_test(tc, one_holder);
    tcase_add_test(tc, taken_again_is_not_the_same);
    tcase_add_test(tc, many_want_it);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
