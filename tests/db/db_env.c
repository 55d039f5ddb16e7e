/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "db_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_dbd.h>
#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "db_fault.h"

typedef struct conn_t {
    apr_pool_t *pool;
    apr_pool_t *users; /* below pool: what the store keeps with the connection */
    apr_dbd_t *handle;
    apr_hash_t *prepared;
} conn_t;

struct db_env_t {
    apr_pool_t *pool;
    const apr_dbd_driver_t *driver;
    const char *params;
    int mysql;
    int away;
    int opened;
    apr_array_header_t *idle; /* conn_t * */
    apr_thread_mutex_t *mutex;
    apr_thread_mutex_t *writers;
    scim_tenant_t *tenant;
    scim_dbd_source_t source;
    conn_t *admin;
};

void db_check_ok(const scim_error_t *err, const char *file, int line)
{
    if (err) {
        ck_abort_msg("%s:%d: %d %s (%s)", file, line, err->status, err->detail,
                     err->log ? err->log : "no log");
    }
}

/* ---- connections ---- */

static const char *value_on(const db_env_t *env, apr_dbd_t *handle, const char *sql, apr_pool_t *p)
{
    apr_dbd_results_t *res = NULL;
    apr_dbd_row_t *row = NULL;
    const char *value = NULL;
    int rv = apr_dbd_select(env->driver, p, handle, &res, sql, 0);

    ck_assert_msg(rv == 0, "%s: %s", sql, apr_dbd_error(env->driver, handle, rv));
    while (apr_dbd_get_row(env->driver, p, res, &row, -1) == 0) {
        value = apr_pstrdup(p, apr_dbd_get_entry(env->driver, row, 0));
    }
    return value;
}

static conn_t *conn_open(db_env_t *env)
{
    apr_pool_t *pool;
    conn_t *c;

    apr_pool_create(&pool, env->pool);
    c = apr_pcalloc(pool, sizeof(*c));
    c->pool = pool;
    if (apr_dbd_open(env->driver, pool, env->params, &c->handle) != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return NULL;
    }
    apr_pool_create(&c->users, pool);
    c->prepared = apr_hash_make(c->users);
    env->opened++;
    return c;
}

static void conn_close(db_env_t *env, conn_t *c)
{
    /* Statements are closed by cleanups in the pool, and must be before the connection is. */
    apr_pool_destroy(c->users);
    apr_dbd_close(env->driver, c->handle);
    apr_pool_destroy(c->pool);
    env->opened--;
}

static int take(scim_dbd_conn_t *out, void *baton, apr_pool_t *p)
{
    db_env_t *env = baton;
    conn_t *c = NULL;

    (void)p;
    apr_thread_mutex_lock(env->mutex);
    if (!env->away) {
        conn_t **idle = apr_array_pop(env->idle);
        c = idle ? *idle : conn_open(env);
    }
    apr_thread_mutex_unlock(env->mutex);
    if (!c) {
        return 0;
    }
    out->driver = env->driver;
    out->handle = c->handle;
    out->pool = c->users;
    out->prepared = c->prepared;
    out->owner = c;
    db_fault_watch(c->handle);
    return 1;
}

static void give(scim_dbd_conn_t *conn, int healthy, void *baton)
{
    db_env_t *env = baton;

    apr_thread_mutex_lock(env->mutex);
    if (healthy) {
        APR_ARRAY_PUSH(env->idle, conn_t *) = conn->owner;
    } else {
        conn_close(env, conn->owner);
    }
    apr_thread_mutex_unlock(env->mutex);
}

static int write_lock(void *baton)
{
    return apr_thread_mutex_lock(((db_env_t *)baton)->writers) == APR_SUCCESS;
}

static void write_unlock(void *baton)
{
    apr_thread_mutex_unlock(((db_env_t *)baton)->writers);
}

/* ---- the environment ---- */

static const char *mysql_params(const db_options_t *o, apr_pool_t *p)
{
    const char *socket = getenv("SCIM_TEST_MARIADB");

    ck_assert_msg(socket != NULL, "SCIM_TEST_MARIADB is not set; run tests/db/run");
    return apr_psprintf(p, "sock=%s user=scim pass=scim dbname=scim%s%s flags=CLIENT_FOUND_ROWS %s",
                        socket, o->database ? "_" : "", o->database ? o->database : "",
                        o->extra ? o->extra : "fldsz=1048575 reconnect=0");
}

/* A fresh copy of the file that tests/db/run made. */
static const char *sqlite_file(const db_options_t *o, apr_pool_t *p)
{
    static int number;
    const char *from = getenv("SCIM_TEST_SQLITE");
    const char *to;

    ck_assert_msg(from != NULL, "SCIM_TEST_SQLITE is not set; run tests/db/run");
    to = apr_psprintf(p, "%s.%d.%d", from, (int)getpid(), number++);
    if (!o->database) {
        ck_assert_int_eq(apr_file_copy(from, to, APR_FILE_SOURCE_PERMS, p), APR_SUCCESS);
    }
    return to;
}

int db_is_mariadb(void)
{
    const char *which = getenv("SCIM_TEST_DB");

    return which && strcmp(which, "mariadb") == 0;
}

db_env_t *db_env_open(const db_options_t *options)
{
    static const db_options_t none;
    static int number;
    apr_pool_t *pool;
    db_env_t *env;

    options = options ? options : &none;
    apr_pool_create(&pool, NULL);
    env = apr_pcalloc(pool, sizeof(*env));
    env->pool = pool;
    env->mysql = db_is_mariadb();
    ck_assert_int_eq(apr_dbd_get_driver(pool, env->mysql ? "mysql" : "sqlite3", &env->driver),
                     APR_SUCCESS);
    env->params = env->mysql ? mysql_params(options, pool) : sqlite_file(options, pool);
    env->idle = apr_array_make(pool, 8, sizeof(conn_t *));
    apr_thread_mutex_create(&env->mutex, APR_THREAD_MUTEX_DEFAULT, pool);
    apr_thread_mutex_create(&env->writers, APR_THREAD_MUTEX_DEFAULT, pool);
    env->tenant =
        scim_tenant_make(apr_psprintf(pool, "t%d-%d", (int)getpid(), number++), pool);
    env->tenant->audit = 0; /* tests of statements count those of the change itself */
    env->source.take = take;
    env->source.give = give;
    env->source.baton = env;
    if (!env->mysql && !options->no_write_lock) {
        env->source.write_lock = write_lock;
        env->source.write_unlock = write_unlock;
    }
    env->admin = conn_open(env);
    ck_assert_msg(env->admin != NULL, "the database cannot be opened (%s)", env->params);
    db_fault_clear();
    return env;
}

void db_env_drop_idle(db_env_t *env)
{
    conn_t **c;

    for (c = apr_array_pop(env->idle); c; c = apr_array_pop(env->idle)) {
        conn_close(env, *c);
    }
}

void db_env_close(db_env_t *env)
{
    db_env_drop_idle(env);
    conn_close(env, env->admin);
    ck_assert_int_eq(env->opened, 0);
    if (!env->mysql) {
        unlink(env->params);
    }
    apr_pool_destroy(env->pool);
}

int db_env_is_mysql(const db_env_t *env)
{
    return env->mysql;
}

apr_pool_t *db_env_pool(db_env_t *env)
{
    return env->pool;
}

scim_tenant_t *db_env_tenant(db_env_t *env)
{
    return env->tenant;
}

const scim_dbd_source_t *db_env_source(db_env_t *env)
{
    return &env->source;
}

void db_env_away(db_env_t *env, int away)
{
    env->away = away;
}

int db_env_connections(const db_env_t *env)
{
    return env->opened - 1;
}

static db_request_t request_in(db_env_t *env, apr_pool_t *p)
{
    scim_dbd_t *db = scim_dbd_make(&env->source, p);
    db_request_t r = {.pool = p, .db = db, .store = scim_store_make(db, env->tenant, p)};

    return r;
}

db_request_t db_request(db_env_t *env)
{
    apr_pool_t *p;

    apr_pool_create(&p, env->pool);
    return request_in(env, p);
}

db_request_t db_request_alone(db_env_t *env)
{
    apr_allocator_t *allocator;
    apr_pool_t *p;

    apr_allocator_create(&allocator);
    apr_allocator_max_free_set(allocator, 1);
    apr_pool_create_ex(&p, env->pool, NULL, allocator);
    apr_allocator_owner_set(allocator, p);
    return request_in(env, p);
}

void db_request_end(db_request_t *r)
{
    apr_pool_destroy(r->pool);
}

/* ---- beside the store ---- */

void db_sql(db_env_t *env, const char *sql)
{
    int rows;
    int rv = apr_dbd_query(env->driver, env->admin->handle, &rows, sql);

    ck_assert_msg(rv == 0, "%s: %s", sql, apr_dbd_error(env->driver, env->admin->handle, rv));
}

const char *db_value(db_env_t *env, const char *sql)
{
    return value_on(env, env->admin->handle, sql, env->pool);
}

apr_int64_t db_int(db_env_t *env, const char *sql)
{
    const char *value = db_value(env, sql);

    return value ? apr_atoi64(value) : 0;
}

apr_int64_t db_count(db_env_t *env, const char *fmt)
{
    const char *hole = strstr(fmt, "%s");

    return db_int(env, apr_pstrcat(env->pool, apr_pstrmemdup(env->pool, fmt, (size_t)(hole - fmt)),
                                   "'", env->tenant->name, "'", hole + 2, NULL));
}

#define OTHERS "FROM information_schema.processlist WHERE user = 'scim' AND id <> CONNECTION_ID()"

void db_kill_others(db_env_t *env)
{
    const char *id = db_value(env, "SELECT MIN(id) " OTHERS);

    while (id) {
        int rows;
        /* It may end by itself meanwhile. */
        apr_dbd_query(env->driver, env->admin->handle, &rows,
                      apr_pstrcat(env->pool, "KILL ", id, NULL));
        apr_sleep(1000);
        id = db_value(env, "SELECT MIN(id) " OTHERS);
    }
}

int db_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    setvbuf(stdout, NULL, _IOLBF, 0);
    apr_initialize();
    {
        apr_pool_t *pool;
        apr_pool_create(&pool, NULL);
        apr_dbd_init(pool);
        srunner_run_all(runner, CK_NORMAL);
    }
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
