/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_dbd_impl.h"

/*
 * Transactions by SQL text, not by apr_dbd_transaction_*: those commit when forgotten, hide the
 * number of a failed COMMIT, take a third round trip, and begin with SET autocommit=0, after which
 * the client library does not yet know of a transaction and may reconnect in the middle of it.
 */

void scim_dbd_unlock(scim_dbd_t *db)
{
    if (db->locked) {
        db->locked = 0;
        db->source->write_unlock(db->source->baton);
    }
}

static scim_error_t *misuse(const scim_dbd_t *db, const char *what)
{
    return scim_error_internal(db->pool, 500, "SCIM2012", what,
                               "The request failed because of an error in the service provider.");
}

static scim_error_t *lock(scim_dbd_t *db)
{
    if (!db->dialect->one_writer || !db->source->write_lock) {
        return NULL;
    }
    if (!db->source->write_lock(db->source->baton)) {
        scim_error_t *err =
            scim_error_internal(db->pool, 503, "SCIM2016", "the writers' lock cannot be had",
                                "The database is busy at the moment; try again.");
        err->cause = SCIM_CAUSE_RETRY;
        return err;
    }
    db->locked = 1;
    return NULL;
}

static scim_error_t *begin_once(scim_dbd_t *db)
{
    scim_error_t *err = scim_dbd_open(db);

    if (!err) {
        err = lock(db);
    }
    if (err) {
        return err;
    }
    err = scim_dbd_text(db, db->dialect->begin);
    if (!err) {
        db->in_tx = 1;
        return NULL;
    }
    scim_dbd_unlock(db);
    if (err->cause == SCIM_CAUSE_GONE) {
        db->work.lost++;
        scim_dbd_release(db, 0);
    }
    return err;
}

scim_error_t *scim_dbd_begin(scim_dbd_t *db)
{
    scim_error_t *err;
    int tries = 0;

    if (db->in_tx) {
        return misuse(db, "a transaction is already open");
    }
    db->failed = NULL;
    do {
        err = begin_once(db);
    } while (err && err->cause == SCIM_CAUSE_GONE && db->dialect && tries++ < SCIM_DBD_RETRIES);
    return err;
}

void scim_dbd_rollback(scim_dbd_t *db)
{
    int was_open = db->in_tx && db->open;
    scim_error_t *err;

    db->in_tx = 0;
    db->failed = NULL;
    if (was_open) {
        err = scim_dbd_text(db, "ROLLBACK");
        /* SQLite rolls back by itself after some errors, and then refuses to do it again. */
        if (err && db->dialect->frees_statements) {
            scim_dbd_release(db, 0);
        }
    }
    scim_dbd_unlock(db);
}

scim_error_t *scim_dbd_commit(scim_dbd_t *db)
{
    scim_error_t *err = db->failed;

    if (!db->in_tx || err) {
        scim_dbd_rollback(db);
        return err ? err : misuse(db, "no transaction is open");
    }
    err = scim_dbd_text(db, "COMMIT");
    if (!err) {
        db->in_tx = 0;
        scim_dbd_unlock(db);
        return NULL;
    }
    if (err->cause == SCIM_CAUSE_RETRY || err->cause == SCIM_CAUSE_FULL) {
        /* An answer, and it says no. SQLite finds only here that its disk is full. */
        scim_dbd_rollback(db);
        return err;
    }
    db->work.lost++;
    scim_dbd_release(db, 0);
    return scim_dbd_error_unknown(db, err);
}
