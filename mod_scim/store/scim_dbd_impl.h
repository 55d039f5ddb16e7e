/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_DBD_IMPL_H
#define SCIM_DBD_IMPL_H

#include "scim_dbd.h"

/** Private to scim_dbd*.c. */

/** A connection may have died since it was handed out; so often another one is taken. */
#define SCIM_DBD_RETRIES 2

/** What we keep with a connection, in its own table under "scim:state". */
typedef struct scim_dbd_state_t {
    apr_pool_t *pool;  /* below the connection's; destroyed when its statements are dead */
    apr_hash_t *stmts; /* text -> prepared statement */
    apr_hash_t *notes; /* key to text: what was done or read once on this connection */
    int dynamic;       /* statements in stmts that are not fixed texts */
    int checked;
} scim_dbd_state_t;

struct scim_dbd_t {
    const scim_dbd_source_t *source;
    apr_pool_t *pool;
    scim_dbd_conn_t conn;
    const scim_dialect_t *dialect; /* of the last connection; stays set when it is given back */
    scim_dbd_state_t *state;
    int open;
    int in_tx;
    int any_schema; /* 1: the schema version is not checked */
    int locked; /* the source's write lock is held */
    scim_error_t *failed; /* first error of the transaction */
    scim_dbd_work_t work; /* since it was made */
    scim_dbd_work_t told; /* of it, what the source knows */
};

/** Run a statement without parameters by the text protocol. An error as for any statement. */
scim_error_t *scim_dbd_text(scim_dbd_t *db, const char *sql) SCIM_CHECKED;

/**
 * The first column of the last row of a SELECT without parameters.
 * @param value NULL for no row or SQL NULL
 */
scim_error_t *scim_dbd_text_value(const char **value, scim_dbd_t *db, const char *sql) SCIM_CHECKED;

/** Give the source's write lock back, if it is held. */
void scim_dbd_unlock(scim_dbd_t *db);

/** The checks at a connection's first use: session, character set, schema version. */
scim_error_t *scim_dbd_check(scim_dbd_t *db) SCIM_CHECKED;

/** An error of the database: status, text and message id by its cause. Changes nothing in db. */
scim_error_t *scim_dbd_error(const scim_dbd_t *db, int number, const char *text, const char *sql);

/** Make an error say that the outcome of a COMMIT is not known. */
scim_error_t *scim_dbd_error_unknown(const scim_dbd_t *db, const scim_error_t *err);

#endif
