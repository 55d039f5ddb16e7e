/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef DB_ENV_H
#define DB_ENV_H

#include <apr_pools.h>
#include <check.h>

#include "scim_store.h"

/**
 * A database for the store's tests: SQLite in a file of its own, or the MariaDB server whose socket
 * is in SCIM_TEST_MARIADB. SCIM_TEST_DB says which ("sqlite" or "mariadb"); tests/db/run makes
 * both. Each environment has a tenant of its own, so tests do not see each other's rows.
 */
typedef struct db_env_t db_env_t;

/** Options of an environment; zero is the default of each. */
typedef struct db_options_t {
    const char *database; /* another database: "schema" is empty, without any migration */
    const char *extra;    /* more DBDParams (MariaDB) */
    int no_write_lock;    /* SQLite: no lock around writers */
} db_options_t;

/** An environment in a pool of its own. */
db_env_t *db_env_open(const db_options_t *options);
void db_env_close(db_env_t *env);

int db_env_is_mysql(const db_env_t *env);
apr_pool_t *db_env_pool(db_env_t *env);
scim_tenant_t *db_env_tenant(db_env_t *env);
const scim_dbd_source_t *db_env_source(db_env_t *env);

/** A store as one request has it, in a pool of its own below the environment's. */
typedef struct db_request_t {
    apr_pool_t *pool;
    scim_dbd_t *db;
    scim_store_t *store;
} db_request_t;
db_request_t db_request(db_env_t *env);
/** As db_request(), in a pool that gives to nobody else what it frees: its size can be measured. */
db_request_t db_request_alone(db_env_t *env);
void db_request_end(db_request_t *r);

/** Run SQL outside of the store; the test fails if it fails. */
void db_sql(db_env_t *env, const char *sql);
/** First column of the last row, or NULL. */
const char *db_value(db_env_t *env, const char *sql);
apr_int64_t db_int(db_env_t *env, const char *sql);
/** As db_int() with %s for the environment's tenant in quotes, once. */
apr_int64_t db_count(db_env_t *env, const char *fmt);

/** No connection can be had from now on (1), or again (0). */
void db_env_away(db_env_t *env, int away);
/** Connections opened and not yet closed. */
int db_env_connections(const db_env_t *env);
/** Close the idle connections. */
void db_env_drop_idle(db_env_t *env);
/** End all connections but the test's own, and wait until they are gone (MariaDB). */
void db_kill_others(db_env_t *env);

/**
 * A fault, once, at the first statement whose text contains `at` (the text protocol's BEGIN, COMMIT
 * and ROLLBACK too). The program is linked with wrappers around the calls of apr_dbd.
 */
typedef enum db_fault_kind_t {
    DB_FAULT_NONE,
    DB_FAULT_NUMBER,      /* not run; fails with this number */
    DB_FAULT_LOSE_ANSWER, /* run; calls hook if there is one; then fails with this number */
    DB_FAULT_KILL,        /* the server ends the connection before it is run (MariaDB) */
    DB_FAULT_CALL         /* calls hook, then runs it */
} db_fault_kind_t;

typedef struct db_fault_t {
    db_fault_kind_t kind;
    const char *at;
    int number;
    int times; /* how often; 0: once */
    void (*hook)(void *baton);
    void *baton;
} db_fault_t;

void db_fault(db_env_t *env, const db_fault_t *fault);
/** How often the last fault happened. */
int db_fault_count(const db_env_t *env);

/* ---- resources ---- */

const scim_resource_type_t *db_type(const char *name);

/** A User with this name and a few attributes; a Group with this displayName. Fresh id. */
json_t *db_user(const char *name, apr_pool_t *p);
json_t *db_group(const char *name, apr_pool_t *p);
const char *db_id(const json_t *doc);

/** Insert in a write of its own. */
scim_error_t *db_insert(scim_row_t **row, db_request_t *r, const json_t *doc);
/** The same; the test fails if it fails. @return the id */
const char *db_put(db_env_t *env, const json_t *doc);
/** Membership plan of one step in a write of its own, with a touch of the group. */
scim_error_t *db_members(int *changed, int *unknown, db_request_t *r, const char *group,
                         const scim_member_step_t *step);
/** Lock, then update to doc (NULL: delete) in a write of its own. 404 if there is no such row. */
scim_error_t *db_change(scim_row_t **row, db_request_t *r, const char *type, const char *id,
                        const json_t *doc);

/** The filter for a type; the test fails if it does not parse. */
const scim_filter_t *db_filter(const char *text, const char *type, apr_pool_t *p);

#define db_ok(err) db_check_ok((err), __FILE__, __LINE__)
void db_check_ok(const scim_error_t *err, const char *file, int line);

/** Whether this program runs on MariaDB; tests that make no sense elsewhere are not added. */
int db_is_mariadb(void);

/** Run a suite on the database that the environment names. @return exit code */
int db_main(Suite *suite);

#endif
