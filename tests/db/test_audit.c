/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* The audit trail: what a row keeps, and every way to list it. */
#include "db_env.h"
#include "db_fault.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_audit.h"
#include "scim_text.h"

static db_env_t *env;
static apr_pool_t *pool;

static void setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
}

static void teardown(void)
{
    db_env_close(env);
}

static void add_alone(const scim_audit_row_t *row)
{
    db_request_t r = db_request(env);

    db_ok(scim_audit_add_alone(r.store, row));
    db_request_end(&r);
}

/* A row of a user, by an actor. */
static void add(const char *op, const char *name, const char *actor, int status)
{
    scim_audit_row_t row = {0};

    row.op = op;
    row.type = "User";
    row.id = apr_pstrcat(pool, "id-", scim_text_fold(name, pool), NULL);
    row.name = name;
    row.actor = actor;
    row.status = status;
    add_alone(&row);
}

static const scim_audit_filter_t all = {NULL, NULL, -1, 0, 0, 100};

static apr_array_header_t *list_as(db_env_t *whose, const scim_audit_filter_t *filter)
{
    db_request_t r = db_request(whose);
    apr_array_header_t *rows = NULL;

    db_ok(scim_audit_list(&rows, r.store, filter, pool));
    db_request_end(&r);
    return rows;
}

/* "op:name op:name …" of a list. */
static const char *listed(const scim_audit_filter_t *filter)
{
    apr_array_header_t *rows = list_as(env, filter);
    const char *out = "";
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const scim_audit_row_t *row = &APR_ARRAY_IDX(rows, i, scim_audit_row_t);
        out = apr_pstrcat(pool, out, i ? " " : "", row->op, ":", row->name, NULL);
    }
    return out;
}

static const char *listed_by(const char *who, const char *op, int failed)
{
    scim_audit_filter_t filter = all;

    filter.who = who;
    filter.op = op;
    filter.failed = failed;
    return listed(&filter);
}

START_TEST(a_row_keeps_what_it_is_given)
{
    scim_audit_row_t in = {.request = "req-1",
                           .actor = "okta",
                           .actor_id = "t1",
                           .op = "patch",
                           .type = "User",
                           .id = "u1",
                           .name = "Bj\xC3\xB6rn",
                           .attrs = "name.givenName emails",
                           .status = 409,
                           .scim_type = "uniqueness",
                           .detail = "The value of userName is already in use."};
    apr_time_t before = apr_time_now() / 1000 * 1000;
    const scim_audit_row_t *out;
    apr_array_header_t *rows;

    add_alone(&in);
    rows = list_as(env, &all);
    ck_assert_int_eq(rows->nelts, 1);
    out = &APR_ARRAY_IDX(rows, 0, scim_audit_row_t);
    ck_assert(out->seq > 0);
    ck_assert(out->at >= before && out->at <= apr_time_now());
    ck_assert_str_eq(out->request, in.request);
    ck_assert_str_eq(out->actor, in.actor);
    ck_assert_str_eq(out->actor_id, in.actor_id);
    ck_assert_str_eq(out->op, in.op);
    ck_assert_str_eq(out->type, in.type);
    ck_assert_str_eq(out->id, in.id);
    ck_assert_str_eq(out->name, in.name);
    ck_assert_str_eq(out->attrs, in.attrs);
    ck_assert_int_eq(out->status, 409);
    ck_assert_str_eq(out->scim_type, in.scim_type);
    ck_assert_str_eq(out->detail, in.detail);
}
END_TEST

START_TEST(what_is_not_known_is_null)
{
    scim_audit_row_t in = {.op = "create", .status = 401};
    const scim_audit_row_t *out;

    add_alone(&in);
    out = &APR_ARRAY_IDX(list_as(env, &all), 0, scim_audit_row_t);
    ck_assert_ptr_null(out->request);
    ck_assert_ptr_null(out->actor);
    ck_assert_ptr_null(out->actor_id);
    ck_assert_ptr_null(out->type);
    ck_assert_ptr_null(out->id);
    ck_assert_ptr_null(out->name);
    ck_assert_ptr_null(out->attrs);
    ck_assert_ptr_null(out->scim_type);
    ck_assert_ptr_null(out->detail);
}
END_TEST

/* Strict databases refuse what is too long or no UTF-8, and the row's transaction with it. */
START_TEST(hostile_texts_fit)
{
    char *lots = apr_pcalloc(pool, 8001);
    scim_audit_row_t in = {.status = 400};
    const scim_audit_row_t *out;
    int i;

    for (i = 0; i < 4000; i++) {
        memcpy(lots + 2 * i, "\xC3\xA4", 2);
    }
    in.request = in.actor = in.actor_id = in.op = in.type = in.id = in.name = in.attrs = lots;
    in.scim_type = in.detail = lots;
    add_alone(&in);
    out = &APR_ARRAY_IDX(list_as(env, &all), 0, scim_audit_row_t);
    ck_assert_uint_eq(scim_text_chars(out->name), SCIM_AUDIT_NAME_CHARS);
    ck_assert_uint_eq(scim_text_chars(out->detail), SCIM_AUDIT_DETAIL_CHARS);
    ck_assert_uint_eq(strlen(out->id), 64);
    in.actor = "caf\xE9 \xF0\x9F";
    in.name = "<script>\xFF'\"; DROP TABLE scim_audit; --%s";
    add_alone(&in);
    out = &APR_ARRAY_IDX(list_as(env, &all), 0, scim_audit_row_t);
    ck_assert_str_eq(out->actor, "caf? ??");
    ck_assert_str_eq(out->name, "<script>?'\"; DROP TABLE scim_audit; --%s");
}
END_TEST

static void add_some(void)
{
    add("create", "Ada", "okta", 201);
    add("patch", "bob", "okta", 200);
    add("patch", "ADA", "entra", 200);
    add("delete", "bob", "entra", 412);
    add("patch", "ada", "okta", 400);
    add("delete", "bob", "okta", 204);
}

START_TEST(lists_are_filtered)
{
    add_some();
    ck_assert_str_eq(listed(&all),
                     "delete:bob patch:ada delete:bob patch:ADA patch:bob create:Ada");
    ck_assert_str_eq(listed_by("aDa", NULL, -1), "patch:ada patch:ADA create:Ada");
    ck_assert_str_eq(listed_by("id-bob", NULL, -1), "delete:bob delete:bob patch:bob");
    ck_assert_str_eq(listed_by("entra", NULL, -1), "delete:bob patch:ADA");
    ck_assert_str_eq(listed_by("Entra", NULL, -1), "");
    ck_assert_str_eq(listed_by("nobody", NULL, -1), "");
    ck_assert_str_eq(listed_by("", NULL, -1), "");
    ck_assert_str_eq(listed_by(NULL, "patch", -1), "patch:ada patch:ADA patch:bob");
    ck_assert_str_eq(listed_by(NULL, "patch", 0), "patch:ADA patch:bob");
    ck_assert_str_eq(listed_by(NULL, "delete", 1), "delete:bob");
    ck_assert_str_eq(listed_by(NULL, NULL, 1), "patch:ada delete:bob");
    ck_assert_str_eq(listed_by(NULL, NULL, 0), "delete:bob patch:ADA patch:bob create:Ada");
    ck_assert_str_eq(listed_by("okta", "patch", 0), "patch:bob");
    ck_assert_str_eq(listed_by("ada", "patch", 1), "patch:ada");
    ck_assert_str_eq(listed_by("' OR '1'='1", NULL, -1), "");
}
END_TEST

/* A name that is an actor's too: each row is there once. */
START_TEST(nothing_is_listed_twice)
{
    add("patch", "okta", "okta", 200);
    add("patch", "ada", "okta", 200);
    ck_assert_str_eq(listed_by("okta", NULL, -1), "patch:ada patch:okta");
}
END_TEST

START_TEST(pages_follow_each_other)
{
    static const char *const whose[] = {NULL, "okta", "user-7"};
    scim_audit_filter_t filter = all;
    apr_array_header_t *rows;
    apr_int64_t last = 0;
    int seen = 0;
    int i;

    for (i = 0; i < 25; i++) {
        add("patch", "user-7", "okta", i % 5 ? 200 : 400);
    }
    filter.limit = 10;
    filter.who = whose[_i];
    do {
        rows = list_as(env, &filter);
        for (i = 0; i < rows->nelts; i++) {
            const scim_audit_row_t *row = &APR_ARRAY_IDX(rows, i, scim_audit_row_t);
            ck_assert(!last || row->seq < last);
            last = row->seq;
        }
        seen += rows->nelts;
        filter.before = last;
    } while (rows->nelts == 10);
    ck_assert_int_eq(seen, 25);
    filter.before = 0;
    filter.after = last; /* the oldest */
    for (seen = 1; seen < 25; seen += rows->nelts) {
        rows = list_as(env, &filter);
        ck_assert_int_gt(rows->nelts, 0);
        for (i = 0; i < rows->nelts; i++) {
            const scim_audit_row_t *row = &APR_ARRAY_IDX(rows, i, scim_audit_row_t);
            ck_assert(row->seq > filter.after);
            filter.after = row->seq;
        }
    }
    ck_assert_int_eq(seen, 25);
    ck_assert_int_eq(list_as(env, &filter)->nelts, 0);
}
END_TEST

START_TEST(a_trail_is_its_tenants)
{
    db_env_t *other;
    scim_audit_filter_t filter = all;
    apr_int64_t seq;

    add_some();
    seq = APR_ARRAY_IDX(list_as(env, &all), 0, scim_audit_row_t).seq;
    other = db_env_open(NULL);
    ck_assert_int_eq(list_as(other, &filter)->nelts, 0);
    filter.who = "ada";
    ck_assert_int_eq(list_as(other, &filter)->nelts, 0);
    filter.before = seq + 1;
    ck_assert_int_eq(list_as(other, &filter)->nelts, 0);
    db_env_close(other);
}
END_TEST

typedef struct two_t {
    scim_audit_row_t row;
    scim_error_t *refusal;
} two_t;

static scim_error_t *add_then_fail(void *baton, scim_store_t *store, apr_pool_t *p)
{
    two_t *two = baton;
    scim_error_t *err = scim_audit_add(store, &two->row, p);

    return err ? err : two->refusal;
}

/* A row is part of its transaction. */
START_TEST(what_is_rolled_back_leaves_no_row)
{
    db_request_t r = db_request(env);
    two_t two = {{.op = "patch", .name = "ada", .status = 200},
                 scim_error_make(pool, 409, SCIM_TYPE_NONE, "No.")};
    scim_error_t *err = scim_store_write(r.store, add_then_fail, &two);

    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 409);
    ck_assert_str_eq(listed(&all), "");
    two.refusal = NULL;
    db_ok(scim_store_write(r.store, add_then_fail, &two));
    ck_assert_str_eq(listed(&all), "patch:ada");
    db_request_end(&r);
}
END_TEST

/* As part of a write it is run again with it; a refusal's row is tried once. */
START_TEST(a_deadlock)
{
    db_fault_t fault = {DB_FAULT_NUMBER, "INTO scim_audit", 1213, 1, NULL, NULL};
    db_request_t r = db_request(env);
    two_t two = {{.op = "patch", .name = "ada", .status = 200}, NULL};

    db_fault(env, &fault);
    ck_assert_ptr_nonnull(scim_audit_add_alone(r.store, &two.row));
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_str_eq(listed(&all), "");
    db_request_end(&r);
    db_env_drop_idle(env); /* so that the statement is new to the connection */
    r = db_request(env);
    db_fault(env, &fault);
    db_ok(scim_store_write(r.store, add_then_fail, &two));
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_str_eq(listed(&all), "patch:ada");
    db_ok(scim_audit_add_alone(r.store, &two.row));
    ck_assert_str_eq(listed(&all), "patch:ada patch:ada");
    db_request_end(&r);
}
END_TEST

START_TEST(the_database_is_away)
{
    db_request_t r = db_request(env);
    scim_audit_row_t row = {.op = "patch", .status = 400};
    apr_array_header_t *rows;
    scim_error_t *err;

    db_env_drop_idle(env);
    db_env_away(env, 1);
    err = scim_audit_list(&rows, r.store, &all, r.pool);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 503);
    err = scim_audit_add_alone(r.store, &row);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 503);
    db_env_away(env, 0);
    db_request_end(&r);
}
END_TEST

/* ---- old rows ---- */

/* Rows of a day, straight into the table. */
static void fill(int n, int failed, int days_ago)
{
    apr_time_t at = apr_time_now() - apr_time_from_sec((apr_int64_t)days_ago * 86400 + 120);
    const char *values = "";
    int i;

    for (i = 0; i < n; i++) {
        values =
            apr_psprintf(pool, "%s%s('%s', %" APR_INT64_T_FMT ", 'patch', 'd%d', %d, %d)", values,
                         i ? "," : "", db_env_tenant(env)->name, (apr_int64_t)apr_time_as_msec(at),
                         days_ago, failed ? 400 : 200, failed);
        if (i % 100 == 99 || i == n - 1) {
            db_sql(env, apr_pstrcat(pool,
                                    "INSERT INTO scim_audit (tenant, at, op, name, status, failed) "
                                    "VALUES ",
                                    *values == ',' ? values + 1 : values, NULL));
            values = "";
        }
    }
}

static void purge_once(void)
{
    db_request_t r = db_request(env);

    db_ok(scim_audit_purge(r.store));
    db_request_end(&r);
}

static void purge_all(void)
{
    int i;

    for (i = 0; i < 20; i++) {
        purge_once();
    }
}

static apr_int64_t rows_left(int failed, int days_ago)
{
    return db_count(env, apr_psprintf(pool,
                                      "SELECT COUNT(*) FROM scim_audit WHERE tenant = %%s "
                                      "AND failed = %d AND name = 'd%d'",
                                      failed, days_ago));
}

START_TEST(rows_past_their_days_go)
{
    db_env_tenant(env)->audit_days = 90;
    db_env_tenant(env)->audit_rows = 0;
    fill(1100, 0, 100);
    fill(10, 1, 91);
    fill(5, 0, 89);
    fill(5, 1, 0);
    purge_once();
    ck_assert_int_eq(rows_left(0, 100), 1100 - SCIM_AUDIT_PURGE); /* a piece at a time */
    ck_assert_int_eq(rows_left(1, 91), 0);
    purge_all();
    ck_assert_int_eq(rows_left(0, 100), 0);
    ck_assert_int_eq(rows_left(0, 89), 5);
    ck_assert_int_eq(rows_left(1, 0), 5);
}
END_TEST

/* Each outcome has its own number, so refusals push nothing out that was done. */
START_TEST(rows_that_are_too_many_go)
{
    db_env_tenant(env)->audit_days = 0;
    db_env_tenant(env)->audit_rows = 300;
    fill(100, 0, 3);
    fill(290, 0, 2);
    fill(1000, 1, 1);
    purge_all();
    ck_assert_int_eq(rows_left(0, 3), 10);
    ck_assert_int_eq(rows_left(0, 2), 290);
    ck_assert_int_eq(rows_left(1, 1), 300);
    fill(15, 0, 0);
    purge_all();
    ck_assert_int_eq(rows_left(0, 3), 0);
    ck_assert_int_eq(rows_left(0, 2), 285);
    ck_assert_int_eq(rows_left(0, 0), 15);
    ck_assert_int_eq(db_count(env, "SELECT SUM(n) FROM scim_counter WHERE tenant = %s AND "
                                   "type = '#audit'"),
                     600);
}
END_TEST

/* What a minute ago was not settled is not counted yet, and nothing of it goes. */
START_TEST(fresh_rows_stay)
{
    db_env_tenant(env)->audit_rows = 1;
    add_some();
    purge_all();
    ck_assert_int_eq(list_as(env, &all)->nelts, 6);
}
END_TEST

START_TEST(for_ever)
{
    db_env_tenant(env)->audit_days = 0;
    db_env_tenant(env)->audit_rows = 0;
    fill(300, 0, 4000);
    purge_all();
    ck_assert_int_eq(rows_left(0, 4000), 300);
}
END_TEST

START_TEST(nobody_elses_rows_go)
{
    db_env_t *other = db_env_open(NULL);
    db_env_t *mine = env;

    fill(20, 0, 200);
    env = other;
    db_env_tenant(other)->audit_days = 1;
    purge_all();
    env = mine;
    ck_assert_int_eq(rows_left(0, 200), 20);
    db_env_close(other);
}
END_TEST

/* The statements of a piece of work do not depend on how much there is to do. */
START_TEST(a_piece_is_bounded)
{
    unsigned statements[2];
    unsigned takes;
    int i;

    db_env_tenant(env)->audit_days = 1;
    for (i = 0; i < 2; i++) {
        db_request_t r;
        fill(i ? 2000 : 600, 0, 5);
        r = db_request(env);
        db_ok(scim_audit_purge(r.store));
        scim_dbd_counts(r.db, &statements[i], &takes);
        db_request_end(&r);
    }
    ck_assert_uint_le(statements[1], statements[0]);
}
END_TEST

static Suite *suite(void)
{
    TCase *old = tcase_create("old");
    Suite *s = suite_create("audit");
    TCase *rows = tcase_create("rows");
    TCase *lists = tcase_create("lists");

    tcase_add_checked_fixture(rows, setup, teardown);
    tcase_add_test(rows, a_row_keeps_what_it_is_given);
    tcase_add_test(rows, what_is_not_known_is_null);
    tcase_add_test(rows, hostile_texts_fit);
    tcase_add_test(rows, what_is_rolled_back_leaves_no_row);
    if (db_is_mariadb()) {
        tcase_add_test(rows, a_deadlock);
    }
    tcase_add_test(rows, the_database_is_away);
    suite_add_tcase(s, rows);
    tcase_add_checked_fixture(lists, setup, teardown);
    tcase_set_timeout(lists, 60);
    tcase_add_test(lists, lists_are_filtered);
    tcase_add_test(lists, nothing_is_listed_twice);
    tcase_add_loop_test(lists, pages_follow_each_other, 0, 3);
    tcase_add_test(lists, a_trail_is_its_tenants);
    suite_add_tcase(s, lists);
    tcase_add_checked_fixture(old, setup, teardown);
    tcase_set_timeout(old, 120);
    tcase_add_test(old, rows_past_their_days_go);
    tcase_add_test(old, rows_that_are_too_many_go);
    tcase_add_test(old, fresh_rows_stay);
    tcase_add_test(old, for_ever);
    tcase_add_test(old, nobody_elses_rows_go);
    tcase_add_test(old, a_piece_is_bounded);
    suite_add_tcase(s, old);
    return s;
}

int main(void)
{
    return db_main(suite());
}
