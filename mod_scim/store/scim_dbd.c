/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_dbd.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_dbd_impl.h"

#define STATE_KEY "scim:state"

/* As often and as long as SQLite's driver waits for a lock. */
#define LOCK_TRIES 15
#define LOCK_PAUSE apr_time_from_msec(100)

typedef struct prepared_t {
    apr_dbd_prepared_t *stmt;
    int nargs; /* counted in the text: the driver trusts its caller blindly */
} prepared_t;

/* ---- the connection ---- */

static scim_dbd_state_t *state_of(const scim_dbd_conn_t *conn)
{
    scim_dbd_state_t *state = apr_hash_get(conn->prepared, STATE_KEY, APR_HASH_KEY_STRING);
    apr_pool_t *pool;

    if (!state) {
        apr_pool_create(&pool, conn->pool);
        state = apr_pcalloc(pool, sizeof(*state));
        state->pool = pool;
        state->stmts = apr_hash_make(pool);
        state->notes = apr_hash_make(pool);
        apr_hash_set(conn->prepared, STATE_KEY, APR_HASH_KEY_STRING, state);
    }
    return state;
}

/* Forget everything kept with the connection: its statements are dead, or one of them is broken. */
static void forget(scim_dbd_t *db)
{
    apr_hash_set(db->conn.prepared, STATE_KEY, APR_HASH_KEY_STRING, NULL);
    apr_pool_destroy(db->state->pool);
    db->state = NULL;
}

/* Tell the source what was done, where it wants to know. */
static void tell(scim_dbd_t *db)
{
    scim_dbd_work_t work;

    if (!db->source->worked || memcmp(&db->work, &db->told, sizeof(db->work)) == 0) {
        return;
    }
    work.statements = db->work.statements - db->told.statements;
    work.takes = db->work.takes - db->told.takes;
    work.lost = db->work.lost - db->told.lost;
    work.again_busy = db->work.again_busy - db->told.again_busy;
    work.again_lost = db->work.again_lost - db->told.again_lost;
    db->told = db->work;
    db->source->worked(&work, db->source->baton);
}

void scim_dbd_release(scim_dbd_t *db, int healthy)
{
    int rows;

    if (!db->open) {
        db->in_tx = 0;
        scim_dbd_unlock(db);
        tell(db);
        return;
    }
    /* Also on a connection believed dead: a source may not be able to throw it away (SQLite). */
    if (db->in_tx && apr_dbd_query(db->conn.driver, db->conn.handle, &rows, "ROLLBACK") != 0 &&
        db->dialect->frees_statements) {
        healthy = 0;
    }
    db->in_tx = 0;
    scim_dbd_unlock(db);
    if (!healthy && db->state) {
        forget(db);
    }
    db->state = NULL;
    db->open = 0;
    db->source->give(&db->conn, healthy, db->source->baton);
    tell(db);
}

static apr_status_t release_cleanup(void *data)
{
    scim_dbd_release(data, 1);
    return APR_SUCCESS;
}

scim_dbd_t *scim_dbd_make(const scim_dbd_source_t *source, apr_pool_t *p)
{
    scim_dbd_t *db = apr_pcalloc(p, sizeof(*db));

    db->source = source;
    db->pool = p;
    apr_pool_cleanup_register(p, db, release_cleanup, apr_pool_cleanup_null);
    return db;
}

static scim_error_t *take(scim_dbd_t *db)
{
    memset(&db->conn, 0, sizeof(db->conn));
    db->work.takes++;
    if (!db->source->take(&db->conn, db->source->baton, db->pool)) {
        scim_error_t *err =
            scim_error_internal(db->pool, 503, "SCIM2001", "no database connection can be had",
                                "The database is not reachable at the moment.");
        err->cause = SCIM_CAUSE_GONE;
        return err;
    }
    db->open = 1;
    db->dialect = scim_dialect_find(apr_dbd_name(db->conn.driver));
    if (!db->dialect) {
        const char *log = apr_psprintf(db->pool,
                                       "the database driver %s is not supported, use "
                                       "mysql or sqlite3",
                                       apr_dbd_name(db->conn.driver));
        db->open = 0;
        db->source->give(&db->conn, 1, db->source->baton);
        return scim_error_internal(db->pool, 503, "SCIM2002", log,
                                   "The database is not set up for this service provider.");
    }
    db->state = state_of(&db->conn);
    return NULL;
}

/*
 * SQLite locks everyone out for a moment when a connection is closed. The driver waits when that is
 * in the way of running a statement, but not of preparing one, which on a new connection reads the
 * file.
 */
static scim_error_t *check(scim_dbd_t *db)
{
    scim_error_t *err = scim_dbd_check(db);
    int tries;

    for (tries = 0;
         err && err->cause == SCIM_CAUSE_RETRY && db->dialect->one_writer && tries < LOCK_TRIES;
         tries++) {
        apr_sleep(LOCK_PAUSE);
        err = scim_dbd_check(db);
    }
    return err;
}

scim_error_t *scim_dbd_open(scim_dbd_t *db)
{
    scim_error_t *err = NULL;
    int tries;

    for (tries = 0; !db->open && tries <= SCIM_DBD_RETRIES; tries++) {
        err = take(db);
        if (err) {
            return err;
        }
        if (!db->state->checked) {
            err = check(db);
        }
        if (!err) {
            db->state->checked = !db->any_schema;
            return NULL;
        }
        scim_dbd_release(db, err->cause != SCIM_CAUSE_GONE);
        if (err->cause != SCIM_CAUSE_GONE) {
            return err;
        }
    }
    return err;
}

void scim_dbd_any_schema(scim_dbd_t *db)
{
    db->any_schema = 1;
}

const scim_dialect_t *scim_dbd_dialect(const scim_dbd_t *db)
{
    return db->dialect;
}

void scim_dbd_counts(const scim_dbd_t *db, unsigned *statements, unsigned *takes)
{
    *statements = db->work.statements;
    *takes = db->work.takes;
}

void scim_dbd_again(scim_dbd_t *db, int lost)
{
    if (lost) {
        db->work.again_lost++;
    } else {
        db->work.again_busy++;
    }
}

const char *scim_dbd_recall(const scim_dbd_t *db, const char *key)
{
    return db->state ? apr_hash_get(db->state->notes, key, APR_HASH_KEY_STRING) : NULL;
}

void scim_dbd_remember(scim_dbd_t *db, const char *key, const char *text)
{
    if (db->state) {
        apr_pool_t *p = db->state->pool;

        apr_hash_set(db->state->notes, apr_pstrdup(p, key), APR_HASH_KEY_STRING,
                     apr_pstrdup(p, text));
    }
}

int scim_dbd_noted(const scim_dbd_t *db, const char *key)
{
    return scim_dbd_recall(db, key) != NULL;
}

void scim_dbd_note(scim_dbd_t *db, const char *key)
{
    scim_dbd_remember(db, key, "");
}

/* ---- statements ---- */

/* The error of a failed call. It stays with a transaction; a dead connection is given back. */
static scim_error_t *fail(scim_dbd_t *db, int number, const char *sql)
{
    int in_tx = db->in_tx;
    scim_error_t *err =
        scim_dbd_error(db, number, apr_dbd_error(db->conn.driver, db->conn.handle, number), sql);

    if (err->cause == SCIM_CAUSE_GONE) {
        db->work.lost++;
        scim_dbd_release(db, 0);
        db->in_tx = in_tx;
    }
    if (in_tx && !db->failed) {
        db->failed = err;
    }
    return err;
}

static scim_error_t *bad_statement(scim_dbd_t *db, const char *sql, const char *what)
{
    scim_error_t *err = scim_error_internal(
        db->pool, 500, "SCIM2013", apr_psprintf(db->pool, "%s (in: %.100s)", what, sql),
        "The request failed because of an error in the service provider.");

    err->cause = SCIM_CAUSE_OTHER;
    if (db->in_tx && !db->failed) {
        db->failed = err;
    }
    return err;
}

static int count_args(const char *sql)
{
    int n = 0;

    for (sql = strstr(sql, "%s"); sql; sql = strstr(sql + 2, "%s")) {
        n++;
    }
    return n;
}

int scim_dbd_room(const scim_dbd_t *db, int n)
{
    return db->dialect->frees_statements || db->state->dynamic + n <= db->dialect->max_dynamic;
}

int scim_dbd_can_prepare(const scim_dbd_t *db, const char *sql)
{
    /* Room for two: a page and its count. */
    return scim_dbd_room(db, 2) || apr_hash_get(db->state->stmts, sql, APR_HASH_KEY_STRING) != NULL;
}

static scim_error_t *prepare_in(prepared_t **out, scim_dbd_t *db, const char *sql, apr_pool_t *p)
{
    prepared_t *prepared = apr_pcalloc(p, sizeof(*prepared));
    int number = apr_dbd_prepare(db->conn.driver, p, db->conn.handle, sql, NULL, &prepared->stmt);

    if (number != 0) {
        scim_error_t *err = fail(db, number, sql);
        /* The driver leaves the broken statement in its pool, which must not grow by each try. */
        if (db->open && p == db->state->pool) {
            forget(db);
            db->state = state_of(&db->conn);
            db->state->checked = 1;
        }
        return err;
    }
    prepared->nargs = count_args(sql);
    *out = prepared;
    return NULL;
}

static scim_error_t *prepare(prepared_t **out, scim_dbd_t *db, const scim_stmt_t *stmt,
                             apr_pool_t *p)
{
    scim_dbd_state_t *state = db->state;
    scim_error_t *err;

    *out = apr_hash_get(state->stmts, stmt->sql, APR_HASH_KEY_STRING);
    if (*out) {
        return NULL;
    }
    if (!stmt->keep && state->dynamic >= db->dialect->max_dynamic) {
        if (!db->dialect->frees_statements) {
            return bad_statement(db, stmt->sql, "too many statements on one connection");
        }
        return prepare_in(out, db, stmt->sql, p);
    }
    err = prepare_in(out, db, stmt->sql, state->pool);
    if (err) {
        return err;
    }
    state->dynamic += !stmt->keep;
    apr_hash_set(state->stmts, apr_pstrdup(state->pool, stmt->sql), APR_HASH_KEY_STRING, *out);
    return NULL;
}

/* Everything before a statement's execution. @param args a copy that the driver may hold */
static scim_error_t *start(prepared_t **prepared, const char ***args, scim_dbd_t *db,
                           const scim_stmt_t *stmt, apr_pool_t *p)
{
    scim_error_t *err;

    if (db->in_tx && db->failed) {
        return db->failed;
    }
    err = scim_dbd_open(db);
    if (err) {
        return err;
    }
    err = prepare(prepared, db, stmt, p);
    if (err) {
        return err;
    }
    if ((*prepared)->nargs != stmt->nargs) {
        return bad_statement(db, stmt->sql, "wrong number of values");
    }
    *args = apr_palloc(p, sizeof(**args) * (apr_size_t)(stmt->nargs + 1));
    if (stmt->nargs) {
        memcpy(*args, stmt->args, sizeof(**args) * (apr_size_t)stmt->nargs);
    }
    db->work.statements++;
    return NULL;
}

scim_error_t *scim_dbd_exec(int *rows, scim_dbd_t *db, const scim_stmt_t *stmt, apr_pool_t *p)
{
    prepared_t *prepared;
    const char **args;
    int n = 0;
    int number;
    scim_error_t *err = start(&prepared, &args, db, stmt, p);

    if (err) {
        return err;
    }
    number =
        apr_dbd_pquery(db->conn.driver, p, db->conn.handle, &n, prepared->stmt, stmt->nargs, args);
    if (number != 0) {
        return fail(db, number, stmt->sql);
    }
    if (rows) {
        *rows = n;
    }
    return NULL;
}

typedef struct reader_t {
    scim_dbd_row_fn *fn;
    void *baton;
    int ncols;
    int delivered; /* rows given to fn */
} reader_t;

/* Rows are read to the end whatever fn says: the connection is not usable before. */
static scim_error_t *read_rows(reader_t *reader, scim_dbd_t *db, apr_dbd_results_t *res,
                               const char *sql, apr_pool_t *p)
{
    const char **cols = apr_palloc(p, sizeof(*cols) * (apr_size_t)reader->ncols);
    apr_dbd_row_t *row = NULL;
    scim_error_t *err = NULL;
    int number;
    int i;

    number = apr_dbd_get_row(db->conn.driver, p, res, &row, -1);
    while (number == 0) {
        for (i = 0; i < reader->ncols; i++) {
            cols[i] = apr_dbd_get_entry(db->conn.driver, row, i);
        }
        if (!err) {
            reader->delivered++;
            err = reader->fn(reader->baton, cols);
        }
        number = apr_dbd_get_row(db->conn.driver, p, res, &row, -1);
    }
    if (number != -1) {
        return fail(db, number, sql);
    }
    return err;
}

static scim_error_t *select_once(reader_t *reader, scim_dbd_t *db, const scim_stmt_t *stmt,
                                 apr_pool_t *p)
{
    prepared_t *prepared;
    const char **args;
    apr_dbd_results_t *res = NULL;
    int number;
    scim_error_t *err = start(&prepared, &args, db, stmt, p);

    if (err) {
        return err;
    }
    number = apr_dbd_pselect(db->conn.driver, p, db->conn.handle, &res, prepared->stmt, 0,
                             stmt->nargs, args);
    if (number != 0) {
        return fail(db, number, stmt->sql);
    }
    if (apr_dbd_num_cols(db->conn.driver, res) != stmt->ncols) {
        return bad_statement(db, stmt->sql, "wrong number of columns");
    }
    return read_rows(reader, db, res, stmt->sql, p);
}

scim_error_t *scim_dbd_select(scim_dbd_t *db, const scim_stmt_t *stmt, scim_dbd_row_fn *fn,
                              void *baton, apr_pool_t *p)
{
    reader_t reader = {fn, baton, stmt->ncols, 0};
    scim_error_t *err;
    int tries = 0;

    do {
        err = select_once(&reader, db, stmt, p);
    } while (err && err->cause == SCIM_CAUSE_GONE && !db->in_tx && reader.delivered == 0 &&
             tries++ < SCIM_DBD_RETRIES);
    return err;
}

scim_error_t *scim_dbd_text(scim_dbd_t *db, const char *sql)
{
    int rows;
    int number = apr_dbd_query(db->conn.driver, db->conn.handle, &rows, sql);

    return number ? scim_dbd_error(db, number,
                                   apr_dbd_error(db->conn.driver, db->conn.handle, number), sql)
                  : NULL;
}

scim_error_t *scim_dbd_text_value(const char **value, scim_dbd_t *db, const char *sql)
{
    const apr_dbd_driver_t *driver = db->conn.driver;
    apr_dbd_results_t *res = NULL;
    apr_dbd_row_t *row = NULL;
    apr_pool_t *scratch;
    scim_error_t *err = NULL;
    int number;

    *value = NULL;
    apr_pool_create(&scratch, db->pool);
    number = apr_dbd_select(driver, scratch, db->conn.handle, &res, sql, 0);
    if (number == 0 && res) {
        number = apr_dbd_get_row(driver, scratch, res, &row, -1);
        while (number == 0) {
            *value = apr_pstrdup(db->pool, apr_dbd_get_entry(driver, row, 0));
            number = apr_dbd_get_row(driver, scratch, res, &row, -1);
        }
    }
    if (number != -1) {
        err = scim_dbd_error(db, number, apr_dbd_error(driver, db->conn.handle, number), sql);
    }
    apr_pool_destroy(scratch);
    return err;
}
