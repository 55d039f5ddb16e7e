/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* A database that is away, restarted, killed, locked, full, not set up. */
#include "db_env.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

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

static int rows(const char *table)
{
    return (int)db_count(env, apr_psprintf(pool, "SELECT COUNT(*) FROM %s WHERE tenant = %%s",
                                           table));
}

static void check_consistent(void)
{
    ck_assert_int_eq(
        db_count(env, "SELECT COALESCE(SUM(n), 0) FROM scim_counter WHERE tenant = %s"),
        rows("scim_resource"));
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_value v WHERE v.tenant = %s AND "
                                   "v.rid NOT IN (SELECT r.rid FROM scim_resource r)"),
                     0);
}

static scim_error_t *copy(const scim_error_t *err)
{
    scim_error_t *out = err ? apr_pmemdup(pool, err, sizeof(*err)) : NULL;

    if (out) {
        out->detail = apr_pstrdup(pool, err->detail);
        out->log = apr_pstrdup(pool, err->log);
    }
    return out;
}

/* Insert in a request of its own while a fault waits. */
static scim_error_t *insert_with(const json_t *doc, const db_fault_t *fault)
{
    db_request_t r = db_request(env);
    scim_error_t *err;

    if (fault) {
        db_fault(env, fault);
    }
    err = copy(db_insert(NULL, &r, doc));
    db_request_end(&r);
    return err;
}

static void is_unavailable(const scim_error_t *err, const char *msgid)
{
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 503);
    ck_assert_ptr_nonnull(err->msgid);
    ck_assert_str_eq(err->msgid, msgid);
    ck_assert_ptr_nonnull(err->log);
    ck_assert_int_eq(err->detail[strlen(err->detail) - 1], '.');
}

START_TEST(away)
{
    db_request_t r = db_request(env);
    scim_row_t *row;

    db_env_away(env, 1);
    is_unavailable(scim_store_get(&row, r.store, db_type("User"), "x", pool), "SCIM2001");
    is_unavailable(db_insert(NULL, &r, db_user("u", pool)), "SCIM2001");
    db_env_away(env, 0);
    db_ok(db_insert(NULL, &r, db_user("u", pool)));
    db_request_end(&r);
}
END_TEST

/* Every statement of a write in turn fails as at a deadlock: the write is done again. */
START_TEST(retried_at_every_statement)
{
    static const char *const places[] = {"INSERT INTO scim_resource", "INSERT INTO scim_value",
                                         "UPDATE scim_counter", "COMMIT"};
    size_t i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        db_fault_t fault = {DB_FAULT_NUMBER, places[i], db_env_is_mysql(env) ? 1213 : 5, 1, NULL,
                            NULL};
        db_ok(insert_with(db_user(apr_psprintf(pool, "user%d", (int)i), pool), &fault));
        ck_assert_int_eq(db_fault_count(env), 1);
        ck_assert_int_eq(rows("scim_resource"), (int)i + 1);
        check_consistent();
    }
}
END_TEST

START_TEST(retried_three_times_at_most)
{
    db_fault_t fault = {DB_FAULT_NUMBER, "INSERT INTO scim_value",
                        db_env_is_mysql(env) ? 1205 : 5, 100, NULL, NULL};

    is_unavailable(insert_with(db_user("u", pool), &fault), "SCIM2008");
    ck_assert_int_eq(db_fault_count(env), 3);
    ck_assert_int_eq(rows("scim_resource"), 0);
    check_consistent();
    db_fault(env, &(db_fault_t){DB_FAULT_NONE, "", 0, 0, NULL, NULL});
    db_ok(insert_with(db_user("u", pool), NULL));
}
END_TEST

START_TEST(other_errors_are_not_retried)
{
    db_fault_t fault = {DB_FAULT_NUMBER, "INSERT INTO scim_value",
                        db_env_is_mysql(env) ? 1054 : 25, 100, NULL, NULL};
    scim_error_t *err;

    err = insert_with(db_user("u", pool), &fault);
    ck_assert_int_eq(err->status, 500);
    ck_assert_str_eq(err->msgid, "SCIM2011");
    ck_assert_int_eq(db_fault_count(env), 1);
    ck_assert_int_eq(rows("scim_resource"), 0);
    ck_assert_ptr_null(strstr(err->detail, "scim_value"));
}
END_TEST

static scim_error_t *ignore_row(void *baton, const char *const *cols)
{
    (void)baton;
    (void)cols;
    return NULL;
}

START_TEST(full)
{
    db_fault_t fault = {DB_FAULT_NUMBER, "INSERT INTO scim_resource", 1114, 100, NULL, NULL};

    if (db_env_is_mysql(env)) {
        is_unavailable(insert_with(db_user("u", pool), &fault), "SCIM2009");
        ck_assert_int_eq(db_fault_count(env), 1);
        return;
    }
    /* The real thing, where it can be had. */
    db_put(env, db_user("first", pool));
    fault.kind = DB_FAULT_NONE;
    {
        db_request_t r = db_request(env);
        json_t *doc = db_user("big", pool);
        char *big = apr_pcalloc(pool, 200001);
        scim_error_t *err;
        memset(big, 'x', 200000);
        json_object_set_new(doc, "title", json_string(big));
        db_ok(scim_dbd_select(r.db, &(scim_stmt_t){"PRAGMA max_page_count = 1", 1, NULL, 0, 1},
                              ignore_row, NULL, r.pool));
        err = db_insert(NULL, &r, doc);
        is_unavailable(err, "SCIM2009");
        db_request_end(&r);
    }
    ck_assert_int_eq(rows("scim_resource"), 1);
    check_consistent();
}
END_TEST

START_TEST(causes)
{
    static const struct {
        int number;
        const char *text;
        scim_db_cause_t mysql;
        scim_db_cause_t sqlite;
    } cases[] = {
        {0, "", SCIM_CAUSE_NONE, SCIM_CAUSE_NONE},
        {1062, "Duplicate entry", SCIM_CAUSE_DUPLICATE, SCIM_CAUSE_OTHER},
        {1, "UNIQUE constraint failed: t.c", SCIM_CAUSE_OTHER, SCIM_CAUSE_DUPLICATE},
        {1205, "", SCIM_CAUSE_RETRY, SCIM_CAUSE_OTHER},
        {1213, "", SCIM_CAUSE_RETRY, SCIM_CAUSE_OTHER},
        {1, "database is locked", SCIM_CAUSE_OTHER, SCIM_CAUSE_RETRY},
        {5, NULL, SCIM_CAUSE_OTHER, SCIM_CAUSE_RETRY},
        {2006, "", SCIM_CAUSE_GONE, SCIM_CAUSE_OTHER},
        {2013, "", SCIM_CAUSE_GONE, SCIM_CAUSE_OTHER},
        {2030, "", SCIM_CAUSE_GONE, SCIM_CAUSE_OTHER},
        {1243, "", SCIM_CAUSE_GONE, SCIM_CAUSE_OTHER},
        {1, "not an error", SCIM_CAUSE_OTHER, SCIM_CAUSE_GONE},
        {1406, "", SCIM_CAUSE_TRUNCATED, SCIM_CAUSE_OTHER},
        {1, "CHECK constraint failed: too_long_ukey", SCIM_CAUSE_OTHER, SCIM_CAUSE_TRUNCATED},
        {1114, "", SCIM_CAUSE_FULL, SCIM_CAUSE_OTHER},
        {1, "database or disk is full", SCIM_CAUSE_OTHER, SCIM_CAUSE_FULL},
        {1, "attempt to write a readonly database", SCIM_CAUSE_OTHER, SCIM_CAUSE_FULL},
        {1064, "near", SCIM_CAUSE_OTHER, SCIM_CAUSE_OTHER},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(scim_dialect_mysql.cause(cases[i].number, cases[i].text), cases[i].mysql);
        ck_assert_int_eq(scim_dialect_sqlite.cause(cases[i].number, cases[i].text),
                         cases[i].sqlite);
    }
}
END_TEST

/* ---- connections that die (MariaDB) ---- */

START_TEST(killed_between_statements)
{
    static const char *const places[] = {"START TRANSACTION", "INSERT INTO scim_resource",
                                         "INSERT INTO scim_value", "UPDATE scim_counter", "COMMIT"};
    size_t i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        db_fault_t fault = {DB_FAULT_KILL, places[i], 0, 1, NULL, NULL};
        json_t *doc = db_user(apr_psprintf(pool, "user%d", (int)i), pool);
        db_ok(insert_with(doc, &fault));
        ck_assert_int_eq(db_fault_count(env), 1);
        ck_assert_int_eq(rows("scim_resource"), (int)i + 1);
        check_consistent();
    }
}
END_TEST

START_TEST(killed_every_time)
{
    db_fault_t fault = {DB_FAULT_KILL, "UPDATE scim_counter", 0, 100, NULL, NULL};

    is_unavailable(insert_with(db_user("u", pool), &fault), "SCIM2007");
    ck_assert_int_eq(db_fault_count(env), 3);
    ck_assert_int_eq(rows("scim_resource"), 0);
    check_consistent();
    ck_assert_int_eq(db_env_connections(env), 0); /* none of the dead ones was kept */
}
END_TEST

/* A read on a connection that died in the pool, with its statements. */
START_TEST(killed_while_idle)
{
    const char *id;
    db_request_t r;
    scim_row_t *row;

    id = db_put(env, db_user("u", pool));
    db_kill_others(env);
    r = db_request(env);
    db_ok(scim_store_get(&row, r.store, db_type("User"), id, pool));
    ck_assert_ptr_nonnull(row);
    db_request_end(&r);
    db_kill_others(env);
    db_ok(insert_with(db_user("v", pool), NULL));
}
END_TEST

/* The driver's default: the client library connects anew, and all prepared statements are dead. */
START_TEST(silent_reconnect)
{
    db_options_t options = {NULL, "fldsz=1048575 reconnect=1", 0};
    db_env_t *re;
    db_request_t r;
    const char *id;
    scim_row_t *row;

    re = db_env_open(&options);
    id = db_put(re, db_user("u", pool));
    r = db_request(re);
    db_ok(scim_store_get(&row, r.store, db_type("User"), id, pool));
    db_request_end(&r);
    db_kill_others(re);
    r = db_request(re);
    db_ok(scim_store_get(&row, r.store, db_type("User"), id, pool));
    ck_assert_ptr_nonnull(row);
    db_request_end(&r);
    db_kill_others(re);
    id = db_put(re, db_user("v", pool));
    /* Nor may it connect anew in the middle of a transaction, and commit each half by itself. */
    r = db_request(re);
    db_fault(re, &(db_fault_t){DB_FAULT_KILL, "INSERT INTO scim_value", 0, 1, NULL, NULL});
    db_ok(db_insert(NULL, &r, db_user("w", pool)));
    ck_assert_int_eq(db_fault_count(re), 1);
    db_request_end(&r);
    ck_assert_int_eq(db_count(re, "SELECT SUM(n) FROM scim_counter WHERE tenant = %s"), 3);
    ck_assert_int_eq(db_count(re, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), 3);
    db_env_close(re);
}
END_TEST

/* ---- locks ---- */

START_TEST(lock_wait_ends)
{
    db_request_t holder = db_request(env);
    db_request_t r = db_request(env);
    json_t *doc = db_user("u", pool);
    scim_row_t *row;
    apr_time_t begin;

    db_put(env, doc);
    db_ok(scim_dbd_begin(holder.db));
    db_ok(scim_store_lock(&row, holder.store, db_type("User"), db_id(doc), pool));
    ck_assert_ptr_nonnull(row);
    /* Shorter than the module's five seconds, on the connection that the request will use. */
    db_ok(scim_dbd_open(r.db));
    db_ok(scim_dbd_exec(NULL, r.db,
                        &(scim_stmt_t){"SET SESSION innodb_lock_wait_timeout = 1", 1, NULL, 0, 0},
                        pool));
    begin = apr_time_now();
    is_unavailable(db_change(NULL, &r, "User", db_id(doc), doc), "SCIM2008");
    ck_assert_int_ge(apr_time_now() - begin, 2 * APR_USEC_PER_SEC); /* three waits */
    scim_dbd_rollback(holder.db);
    db_ok(db_change(&row, &r, "User", db_id(doc), doc));
    ck_assert_int_eq(row->version, 2);
    db_request_end(&r);
    db_request_end(&holder);
}
END_TEST

START_TEST(sqlite_is_locked)
{
    db_options_t options = {NULL, NULL, 1};
    db_env_t *two;
    db_request_t holder;
    db_request_t r;

    two = db_env_open(&options);
    db_put(two, db_user("first", pool));
    holder = db_request(two);
    r = db_request(two);
    db_ok(scim_dbd_begin(holder.db));
    is_unavailable(db_insert(NULL, &r, db_user("u", pool)), "SCIM2008");
    scim_dbd_rollback(holder.db);
    db_ok(db_insert(NULL, &r, db_user("u", pool)));
    ck_assert_int_eq(db_count(two, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), 2);
    db_request_end(&r);
    db_request_end(&holder);
    db_env_close(two);
}
END_TEST

/* ---- transactions of the wrapper ---- */

START_TEST(transactions_are_guarded)
{
    db_request_t r = db_request(env);
    scim_stmt_t bad = {"INSERT INTO no_such_table VALUES (1)", 1, NULL, 0, 0};
    const char *args[] = {"guard", "User", "0", "0"};
    scim_stmt_t good = {"INSERT INTO scim_counter (tenant, type, slot, n) VALUES (%s, %s, %s, %s)",
                        1, args, 4, 0};
    scim_error_t *first;

    db_ok(scim_dbd_begin(r.db));
    ck_assert_int_eq(scim_dbd_begin(r.db)->status, 500);
    first = scim_dbd_exec(NULL, r.db, &bad, pool);
    ck_assert_int_eq(first->status, 500);
    /* After an error nothing more is done, and COMMIT says no. */
    ck_assert_ptr_eq(scim_dbd_exec(NULL, r.db, &good, pool), first);
    ck_assert_ptr_eq(scim_dbd_commit(r.db), first);
    ck_assert_int_eq(scim_dbd_commit(r.db)->status, 500);
    /* A forgotten transaction is rolled back. */
    db_ok(scim_dbd_begin(r.db));
    db_ok(scim_dbd_exec(NULL, r.db, &good, pool));
    db_request_end(&r);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM scim_counter WHERE tenant = 'guard'"), 0);
    r = db_request(env);
    db_ok(scim_dbd_begin(r.db));
    db_ok(scim_dbd_exec(NULL, r.db, &good, pool));
    db_ok(scim_dbd_commit(r.db));
    db_request_end(&r);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM scim_counter WHERE tenant = 'guard'"), 1);
    db_sql(env, "DELETE FROM scim_counter WHERE tenant = 'guard'");
}
END_TEST

static scim_error_t *keep_text(void *baton, const char *const *cols)
{
    *(const char **)baton = apr_pstrdup(pool, cols[0]);
    return NULL;
}

/* What the module sets on a connection, whatever the server's defaults are. */
START_TEST(session_is_set)
{
    db_request_t r = db_request(env);
    const char *text = NULL;
    scim_stmt_t mysql = {"SELECT CONCAT(@@innodb_lock_wait_timeout, ' ', "
                         "FLOOR(@@max_statement_time), ' ', @@character_set_client, ' ', "
                         "FIND_IN_SET('STRICT_TRANS_TABLES', @@sql_mode) > 0)",
                         1, NULL, 0, 1};
    scim_stmt_t sqlite = {"PRAGMA foreign_keys", 1, NULL, 0, 1};

    if (db_env_is_mysql(env)) {
        db_ok(scim_dbd_select(r.db, &mysql, keep_text, &text, r.pool));
        ck_assert_str_eq(text, "5 20 utf8mb4 1");
    } else {
        db_ok(scim_dbd_select(r.db, &sqlite, keep_text, &text, r.pool));
        ck_assert_str_eq(text, "1");
    }
    db_request_end(&r);
}
END_TEST

START_TEST(statements_are_checked)
{
    db_request_t r = db_request(env);
    const char *args[] = {"1"};
    scim_stmt_t few = {"SELECT %s, %s", 1, args, 1, 2};
    scim_stmt_t many = {"SELECT %s", 1, args, 1, 2};
    apr_int64_t n;

    ck_assert_str_eq(scim_dbd_select(r.db, &few, NULL, &n, pool)->msgid, "SCIM2013");
    ck_assert_str_eq(scim_dbd_select(r.db, &many, NULL, &n, pool)->msgid, "SCIM2013");
    db_request_end(&r);
}
END_TEST

START_TEST(cut_by_fldsz)
{
    db_options_t options = {NULL, "fldsz=6000 reconnect=0", 0};
    db_env_t *small;
    json_t *doc = db_user("u", pool);
    char *title = apr_pcalloc(pool, 7001);
    db_request_t r;
    scim_error_t *err;
    scim_row_t *row;

    small = db_env_open(&options);
    memset(title, 't', 7000);
    json_object_set_new(doc, "title", json_string(title));
    db_put(small, doc);
    r = db_request(small);
    err = scim_store_get(&row, r.store, db_type("User"), db_id(doc), pool);
    ck_assert_int_eq(err->status, 500);
    ck_assert_str_eq(err->msgid, "SCIM2014");
    db_request_end(&r);
    db_env_close(small);
}
END_TEST

/* ---- a database that is not set up ---- */

static void check_schema_error(db_env_t *other, const char *msgid, const char *words)
{
    db_request_t r = db_request(other);
    scim_row_t *row;
    scim_error_t *err = scim_store_get(&row, r.store, db_type("User"), "x", pool);

    is_unavailable(err, msgid);
    ck_assert_msg(strstr(err->log, words) != NULL, "%s", err->log);
    is_unavailable(db_insert(NULL, &r, db_user("u", pool)), msgid);
    db_request_end(&r);
}

START_TEST(schema_versions)
{
    db_options_t options = {"schema", NULL, 0};
    db_env_t *other = db_env_open(&options);

    if (db_env_is_mysql(other)) {
        db_sql(other, "DROP TABLE IF EXISTS scim_schema_version");
    }
    check_schema_error(other, "SCIM2004", "001-base.sql");
    db_sql(other, "CREATE TABLE scim_schema_version (version INT)");
    check_schema_error(other, "SCIM2005", "up to 001");
    db_sql(other, "INSERT INTO scim_schema_version VALUES (2)");
    check_schema_error(other, "SCIM2006", "newer");
    db_env_close(other);
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_test(tc, away);
    tcase_add_test(tc, retried_at_every_statement);
    tcase_add_test(tc, retried_three_times_at_most);
    tcase_add_test(tc, other_errors_are_not_retried);
    tcase_add_test(tc, full);
    tcase_add_test(tc, causes);
    tcase_add_test(tc, transactions_are_guarded);
    tcase_add_test(tc, session_is_set);
    tcase_add_test(tc, statements_are_checked);
    tcase_add_test(tc, schema_versions);
}

static void add_mariadb_tests(TCase *tc)
{
    tcase_add_test(tc, killed_between_statements);
    tcase_add_test(tc, killed_every_time);
    tcase_add_test(tc, killed_while_idle);
    tcase_add_test(tc, silent_reconnect);
    tcase_add_test(tc, lock_wait_ends);
    tcase_add_test(tc, cut_by_fldsz);
}

int main(void)
{
    Suite *suite = suite_create("store faults");
    TCase *tc = tcase_create("faults");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    add_tests(tc);
    if (db_is_mariadb()) {
        add_mariadb_tests(tc);
    } else {
        tcase_add_test(tc, sqlite_is_locked);
    }
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
