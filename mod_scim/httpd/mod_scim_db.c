/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_db.h"

#include <apr_atomic.h>
#include <apr_strings.h>

#include <mod_dbd.h>
#include <util_mutex.h>

#include "mod_scim_authz_cache.h"
#include "mod_scim_bookmarks.h"
#include "mod_scim_known.h"
#include "mod_scim_map.h"
#include "mod_scim_stats.h"
#include "mod_scim_warm.h"

#define MUTEX_TYPE "scim-sqlite"

/*
 * A dead pooled connection answers the ping with an error at once. A try that took longer was
 * waiting for a server that is away, and so would the next be.
 */
#define SLOW_TRY (APR_USEC_PER_SEC)

/* With an empty pool: one to connect, one for a connection that another module left there. */
#define TRIES_EMPTY 2

/*
 * At a graceful restart the last child of before may be closing a SQLite file that the first new
 * one opens, and has it for itself that long.
 */
#define BUSY_WAITS 20
#define BUSY_WAIT (APR_USEC_PER_SEC / 10)

/* What the functions of a source are given back. */
typedef struct source_t {
    server_rec *server;
    APR_OPTIONAL_FN_TYPE(ap_dbd_open) * open;
    APR_OPTIONAL_FN_TYPE(ap_dbd_close) * close;
    apr_global_mutex_t *mutex;
    int tries;
    scim_warm_t *warm;              /* of this child, for all servers; NULL: none stay */
    volatile apr_uint32_t given;    /* counts what this process gave back to the pool */
    volatile apr_uint32_t empty_at; /* given, when every try failed: nothing is pooled since */
} source_t;

int scim_db_available(void)
{
    return APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open) != NULL &&
           APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close) != NULL;
}

/*
 * mod_dbd pings a pooled connection when it is opened. One that died since, as all have after a
 * restart of the database, is thrown away and answered with NULL; the next try gets the next one.
 * Once none is left each try is an attempt to connect, and while the database is away it would be
 * pointless, and a page of log, to repeat them all for each request. What is remembered for that is
 * only how to ask, never an answer.
 */
static ap_dbd_t *open_pooled(source_t *source, apr_pool_t *p)
{
    apr_uint32_t given = apr_atomic_read32(&source->given);
    int tries = apr_atomic_read32(&source->empty_at) == given ? TRIES_EMPTY : source->tries;
    ap_dbd_t *dbd = NULL;
    int i;

    for (i = 0; i < tries && !dbd; i++) {
        apr_time_t start = apr_time_now();
        dbd = source->open(p, source->server);
        if (!dbd && apr_time_now() - start > SLOW_TRY) {
            break;
        }
    }
    if (!dbd && i == tries) {
        apr_atomic_set32(&source->empty_at, given);
    }
    return dbd;
}

static int take(scim_dbd_conn_t *out, void *baton, apr_pool_t *p)
{
    source_t *source = baton;
    ap_dbd_t *dbd = scim_warm_take(source->warm, source);

    if (dbd) {
        scim_stats_taken(source->server, 0, 2);
    } else {
        apr_time_t since = apr_time_now();

        dbd = open_pooled(source, p);
        scim_warm_waited(source->warm);
        scim_stats_taken(source->server, apr_time_now() - since, dbd != NULL);
    }
    if (!dbd) {
        return 0;
    }
    out->driver = dbd->driver;
    out->handle = dbd->handle;
    out->pool = dbd->pool;
    out->prepared = dbd->prepared;
    out->owner = dbd;
    return 1;
}

static void give_pooled(void *conn, void *owner)
{
    source_t *source = owner;

    scim_stats_back(source->server);
    source->close(source->server, conn);
    apr_atomic_inc32(&source->given);
}

/*
 * mod_dbd cannot be told that a connection is bad. With reconnect=0 its ping finds out at the next
 * open and closes it. Where the driver has reconnected by itself the ping succeeds, and what keeps
 * the connection usable is that the store has forgotten its statements there.
 */
static void give(scim_dbd_conn_t *conn, int healthy, void *baton)
{
    source_t *source = baton;

    scim_stats_given(source->server);
    if (healthy && source->warm) {
        scim_warm_give(source->warm, source, conn->owner);
    } else {
        scim_warm_empty(healthy ? NULL : source->warm);
        give_pooled(conn->owner, source);
    }
    conn->owner = NULL;
}

static void worked(const scim_dbd_work_t *work, void *baton)
{
    const source_t *source = baton;

    scim_stats_worked(source->server, work);
}

static int write_lock(void *baton)
{
    const source_t *source = baton;
    apr_status_t rv = apr_global_mutex_lock(source->mutex);

    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, source->server,
                     "SCIM3023: the lock for SQLite's writers cannot be had");
    }
    return rv == APR_SUCCESS;
}

static void write_unlock(void *baton)
{
    const source_t *source = baton;

    (void)apr_global_mutex_unlock(source->mutex);
}

static const scim_dbd_source_t *source_make(server_rec *s, apr_global_mutex_t *mutex, apr_pool_t *p)
{
    scim_dbd_source_t *out = apr_pcalloc(p, sizeof(*out));
    source_t *source = apr_pcalloc(p, sizeof(*source));

    source->server = s;
    source->open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    source->close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    source->mutex = mutex;
    source->tries = scim_server_get(s)->tries;
    source->given = 1;
    out->take = take;
    out->give = give;
    out->write_lock = mutex ? write_lock : NULL;
    out->write_unlock = mutex ? write_unlock : NULL;
    out->baton = source;
    out->worked = worked;
    return out;
}

const scim_dbd_source_t *scim_db_source(const server_rec *s)
{
    return scim_server_get(s)->source;
}

const scim_dbd_source_t *scim_db_probe_source(server_rec *s, apr_pool_t *p)
{
    const scim_dbd_source_t *source = scim_db_source(s);

    if (source || !scim_server_get(s)->database || !scim_db_available()) {
        return source;
    }
    return source_make(s, NULL, p);
}

int scim_db_register(apr_pool_t *pconf)
{
    return ap_mutex_register(pconf, MUTEX_TYPE, NULL, APR_LOCK_DEFAULT, 0) == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

static int serves_scim(const server_rec *s)
{
    return scim_server_get(s)->bases->nelts > 0 || scim_server_get(s)->oauth->nelts > 0;
}

static int uses_database(const server_rec *s)
{
    return serves_scim(s) || scim_server_get(s)->authz;
}

int scim_db_setup(apr_pool_t *pconf, server_rec *main_server)
{
    apr_global_mutex_t *mutex = NULL;
    const scim_bookmarks_t *bookmarks = NULL;
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        if (!uses_database(s)) {
            continue;
        }
        if (!mutex && ap_global_mutex_create(&mutex, NULL, MUTEX_TYPE, NULL, main_server, pconf,
                                             0) != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                         "SCIM3020: the lock for SQLite's writers cannot be made; see the message "
                         "before this one and the Mutex directive (type " MUTEX_TYPE ")");
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (!bookmarks) {
            bookmarks = scim_bookmarks_make(pconf, main_server);
        }
        scim_server_get(s)->bookmarks = bookmarks;
        scim_server_get(s)->mutex = mutex;
        scim_server_get(s)->source = source_make(s, mutex, pconf);
    }
    return OK;
}

static void check_database(server_rec *s, apr_pool_t *p)
{
    scim_dbd_t *db = scim_dbd_make(scim_db_source(s), p);
    scim_error_t *err = scim_dbd_open(db);
    int waits;

    for (waits = 0; err && err->cause == SCIM_CAUSE_RETRY && waits < BUSY_WAITS; waits++) {
        apr_sleep(BUSY_WAIT);
        err = scim_dbd_open(db);
    }
    err = err ? err : scim_mapped_child(s, db, p);
    if (err) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                     "SCIM3022: the database of %s cannot be used yet, and SCIM requests are "
                     "answered with 503 until it can: %s: %s",
                     scim_server_label(s), err->msgid ? err->msgid : "no id",
                     err->log ? err->log : err->detail);
    }
    scim_dbd_release(db, !err);
}

static void mutex_child(server_rec *s, apr_pool_t *pchild)
{
    apr_global_mutex_t **mutex = &scim_server_get(s)->mutex;
    apr_status_t rv = apr_global_mutex_child_init(mutex, apr_global_mutex_lockfile(*mutex), pchild);

    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                     "SCIM3021: the lock for SQLite's writers cannot be opened in a child");
    }
}

/* Servers may share a pool of mod_dbd's, and so they share what is kept: half of the smallest. */
static void keep_warm(const server_rec *main_server, apr_pool_t *pchild)
{
    scim_warm_t *warm;
    const server_rec *s;
    int most = -1;

    for (s = main_server; s; s = s->next) {
        if (uses_database(s) && scim_server_get(s)->warm > 0) {
            most = most < 0 || scim_server_get(s)->warm < most ? scim_server_get(s)->warm : most;
        }
    }
    warm = scim_warm_make(most, give_pooled, pchild);
    for (s = main_server; s; s = s->next) {
        if (uses_database(s) && scim_server_get(s)->warm > 0) {
            ((source_t *)scim_db_source(s)->baton)->warm = warm;
        }
    }
}

void scim_db_child(apr_pool_t *pchild, server_rec *main_server)
{
    const server_rec *first = NULL;
    scim_known_t *known = NULL;
    scim_authz_cache_t *users = NULL;
    server_rec *s;
    apr_pool_t *p;

    keep_warm(main_server, pchild);
    for (s = main_server; s; s = s->next) {
        if (!uses_database(s)) {
            continue;
        }
        known = known ? known : scim_known_make(pchild);
        scim_server_get(s)->known = known;
        users = users ? users : scim_authz_cache_make(pchild);
        scim_server_get(s)->authz_cache = users;
        if (!first) {
            first = s;
            mutex_child(s, pchild);
        }
        /* Who has a database for something else may not have our tables. */
        if (serves_scim(s) || scim_server_get(s)->authz_here) {
            apr_pool_create(&p, pchild);
            check_database(s, p);
            apr_pool_destroy(p);
        }
    }
}

int scim_db_log_level(const scim_error_t *err)
{
    return err->cause == SCIM_CAUSE_GONE || err->cause == SCIM_CAUSE_UNKNOWN ? APLOG_INFO
                                                                             : APLOG_WARNING;
}
