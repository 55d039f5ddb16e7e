/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_DBD_H
#define SCIM_DBD_H

#include <apr_dbd.h>
#include <apr_hash.h>

#include "scim_dialect.h"
#include "scim_error.h"

/**
 * The only caller of apr_dbd_*. It hides that library's traps: result and row pointers, values
 * overwritten by the next row, rows that must be read to the end, errors that stick, transactions
 * that commit when forgotten, silent truncation.
 *
 * Statements are prepared on a connection when they are first used there and kept with it, never
 * by mod_dbd at connect time: one missing table would otherwise disable the pool for every other
 * module of the vhost.
 */

/** A connection as its owner hands it out. */
typedef struct scim_dbd_conn_t {
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    apr_pool_t *pool;      /* lives as long as the connection */
    apr_hash_t *prepared;  /* the connection's own table; entries of ours start with "scim:" */
    void *owner;           /* the source's own handle of it */
} scim_dbd_conn_t;

/** What was done, for operators to see. */
typedef struct scim_dbd_work_t {
    unsigned statements; /* without BEGIN, COMMIT and a connection's first checks */
    unsigned takes;      /* connections taken */
    unsigned lost;       /* connections that were found dead while they were used */
    unsigned again_busy; /* writes run again after a deadlock or a lock timeout */
    unsigned again_lost; /* writes run again after their connection was lost */
} scim_dbd_work_t;

/** Where connections come from: mod_dbd in httpd, a plain open in tests and scimctl. */
typedef struct scim_dbd_source_t {
    /** Fill out with a live connection. Returns 1, or 0 when there is none after all tries. Called
     *  again after give() for a retry. */
    int (*take)(scim_dbd_conn_t *out, void *baton, apr_pool_t *p);
    /** Give it back; healthy 0: it must not be used again by anyone. */
    void (*give)(scim_dbd_conn_t *conn, int healthy, void *baton);
    /** Optional: serialise writers over all processes of this host, where the dialect has one
     *  writer at a time (SQLite). Both or neither. write_lock returns 1 with the lock held, 0 if it
     *  cannot be had. */
    int (*write_lock)(void *baton);
    void (*write_unlock)(void *baton);
    void *baton;
    /** Optional: told what was done since it was told last, whenever a connection has gone back. */
    void (*worked)(const scim_dbd_work_t *work, void *baton);
} scim_dbd_source_t;

/** One request's use of a database. Its pool's cleanup rolls back and gives the connection back. */
typedef struct scim_dbd_t scim_dbd_t;

/** Nothing is opened before the first statement. */
scim_dbd_t *scim_dbd_make(const scim_dbd_source_t *source, apr_pool_t *p);

/**
 * Make sure a connection is there; at its first use ever, check character set and schema version
 * and set the session's lock wait timeout. 503 with cause GONE when the database is away, 503 with
 * its own text when the schema is missing, older or newer than this module.
 */
scim_error_t *scim_dbd_open(scim_dbd_t *db) SCIM_CHECKED;

/**
 * Do without the check of the schema version from now on: for whoever makes or looks at the schema
 * (scim_migrate.h), where none need be yet. Before the first use.
 */
void scim_dbd_any_schema(scim_dbd_t *db);

/** The dialect of the open connection. */
const scim_dialect_t *scim_dbd_dialect(const scim_dbd_t *db);

/** Give the connection back now, before a reply is sent. An open transaction is rolled back. */
void scim_dbd_release(scim_dbd_t *db, int healthy);

/** A statement with its values. */
typedef struct scim_stmt_t {
    const char *sql;         /* %s for every parameter, nothing else with % (dbd.md C) */
    int keep;                /* 1: a fixed text, prepared once per connection and kept;
                                0: made for one request (filters, multi-row), kept up to a bound */
    const char *const *args; /* NULL in an element: SQL NULL */
    int nargs;
    int ncols;               /* columns of a SELECT */
} scim_stmt_t;

/** Called for each row; cols live until the call returns. An error stops further calls. */
typedef scim_error_t *(scim_dbd_row_fn)(void *baton, const char *const *cols);

/** Run a SELECT and call fn for every row. p is for the driver's buffers: a scratch pool. */
scim_error_t *scim_dbd_select(scim_dbd_t *db, const scim_stmt_t *stmt, scim_dbd_row_fn *fn,
                              void *baton, apr_pool_t *p) SCIM_CHECKED;

/**
 * Whether a statement with keep 0 may be prepared on this connection: 0 where the driver never
 * frees statements (SQLite) and the connection already keeps as many as it may. Needs an open
 * connection.
 */
int scim_dbd_can_prepare(const scim_dbd_t *db, const char *sql);

/** Whether n more statements with keep 0 may be prepared; as scim_dbd_can_prepare(). */
int scim_dbd_room(const scim_dbd_t *db, int n);

/** Run INSERT, UPDATE or DELETE. @param rows rows matched; may be NULL */
scim_error_t *scim_dbd_exec(int *rows, scim_dbd_t *db, const scim_stmt_t *stmt,
                            apr_pool_t *p) SCIM_CHECKED;

/**
 * Statements run (without BEGIN, COMMIT and a connection's first checks) and connections taken
 * since scim_dbd_make(); tests and the bench count them.
 */
void scim_dbd_counts(const scim_dbd_t *db, unsigned *statements, unsigned *takes);

/** Count a write that is run again. @param lost 1: because its connection was lost */
void scim_dbd_again(scim_dbd_t *db, int lost);

/**
 * Ask the database for as little as possible: whether it answers, and has the module's tables. For
 * health checks.
 */
scim_error_t *scim_dbd_probe(scim_dbd_t *db, apr_pool_t *p) SCIM_CHECKED;

/** Whether scim_dbd_note() was called with this key on the open connection, by any request. */
int scim_dbd_noted(const scim_dbd_t *db, const char *key);

/** Remember with the open connection that something was done on it; forgotten when it dies. */
void scim_dbd_note(scim_dbd_t *db, const char *key);

/** A text kept with the open connection under a key, or NULL; as scim_dbd_note() keeps keys. */
const char *scim_dbd_recall(const scim_dbd_t *db, const char *key);

/** Keep a text, copied, with the open connection. */
void scim_dbd_remember(scim_dbd_t *db, const char *key, const char *text);

/**
 * Start a transaction. Never nested: a second begin is a 500. After a failed statement every other
 * one of the transaction fails with the same error, without being run.
 */
scim_error_t *scim_dbd_begin(scim_dbd_t *db) SCIM_CHECKED;

/**
 * Commit. An error if any statement failed since begin (then rolled back). Cause UNKNOWN if COMMIT
 * was sent and its answer lost.
 */
scim_error_t *scim_dbd_commit(scim_dbd_t *db) SCIM_CHECKED;

/** Roll back; harmless without a transaction. */
void scim_dbd_rollback(scim_dbd_t *db);

#endif
