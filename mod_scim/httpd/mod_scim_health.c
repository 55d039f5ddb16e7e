/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_health.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

#include <http_protocol.h>

#include "mod_scim_db.h"
#include "mod_scim_metrics.h"
#include "scim_dbd.h"

#define HANDLER "scim-health"

/* An answer that is not older is given again. */
#define FRESH (APR_USEC_PER_SEC)

/* Below what balancers wait. A database that takes longer for nothing is of no use. */
#define PATIENCE (2 * APR_USEC_PER_SEC)

#define REASON_MAX 400

static const char late[] = "it does not answer in time, or no connection of the pool is free";

/* Of one server in one child. */
typedef struct scim_health_t {
    server_rec *server;
    apr_thread_mutex_t *lock; /* of all below */
    apr_thread_cond_t *done;
    apr_thread_t *thread; /* the last one that asked, until it is joined; or NULL */
    apr_pool_t *pool;     /* its own */
    int asking;
    apr_time_t began;
    apr_time_t answered;
    int up;      /* the last answer */
    int is_down; /* 1: the log says so */
    char reason[REASON_MAX];
} scim_health_t;

/* ---- asking ---- */

/* @return NULL: the database answers; else why not, in p */
static const char *ask(server_rec *s, apr_pool_t *p)
{
    const scim_dbd_source_t *source = scim_db_probe_source(s, p);
    scim_error_t *err;
    scim_dbd_t *db;

    if (!source) {
        return "this server has no DBDriver and DBDParams, or mod_dbd is not loaded";
    }
    db = scim_dbd_make(source, p);
    err = scim_dbd_probe(db, p);
    scim_dbd_release(db, !err);
    return err ? apr_psprintf(p, "%s: %s", err->msgid ? err->msgid : "no id",
                              err->log ? err->log : err->detail)
               : NULL;
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    scim_health_t *health = data;
    const char *reason;
    apr_time_t now;

    apr_setup_signal_thread(); /* signals are the other threads' */
    reason = ask(health->server, health->pool);
    apr_thread_mutex_lock(health->lock);
    now = apr_time_now();
    /* Who waited for it has been told so. A database that is always late is not up in between. */
    if (!reason && now - health->began >= PATIENCE) {
        reason = late;
    }
    health->up = reason == NULL;
    apr_cpystrn(health->reason, reason ? reason : "", REASON_MAX);
    health->answered = now;
    health->asking = 0;
    apr_thread_cond_broadcast(health->done);
    apr_thread_mutex_unlock(health->lock);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* The thread has done its work, or is waited for as a request would be that uses the database. */
static void join(scim_health_t *health)
{
    apr_status_t rv;

    if (health->thread) {
        (void)apr_thread_join(&rv, health->thread);
        apr_pool_destroy(health->pool);
        health->thread = NULL;
    }
}

/* With the lock held. */
static void begin(scim_health_t *health, apr_time_t now)
{
    apr_status_t rv;

    join(health);
    /* No pool's child: threads make and end these side by side. */
    apr_pool_create_unmanaged_ex(&health->pool, NULL, NULL);
    health->began = now;
    health->asking = 1;
    rv = apr_thread_create(&health->thread, NULL, run, health, health->pool);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(health->pool);
        health->thread = NULL;
        health->asking = 0;
        health->up = 0;
        health->answered = now;
        apr_cpystrn(health->reason, "no thread can be made to ask it", REASON_MAX);
    }
}

/* Also where the clock was set back. */
static int is_fresh(const scim_health_t *health, apr_time_t now)
{
    return health->answered && now >= health->answered && now - health->answered < FRESH;
}

/* With the lock held. 0: no answer in time. Another question may be under way by then. */
static int wait_for(scim_health_t *health)
{
    apr_time_t since = health->began;
    apr_time_t now = apr_time_now();

    while (health->asking && health->began == since && now >= since && now - since < PATIENCE) {
        (void)apr_thread_cond_timedwait(health->done, health->lock, PATIENCE - (now - since));
        now = apr_time_now();
    }
    return !health->asking || health->began != since;
}

/* @param news set to 1 where it is to be logged. @param reason in p */
static int is_up(int *news, const char **reason, scim_health_t *health, apr_pool_t *p)
{
    apr_time_t now;
    int answered;
    int up;

    apr_thread_mutex_lock(health->lock);
    now = apr_time_now();
    if (!health->asking && !is_fresh(health, now)) {
        begin(health, now);
    }
    answered = wait_for(health);
    up = answered && health->up;
    *reason = answered ? apr_pstrdup(p, health->reason) : late;
    *news = up == health->is_down;
    health->is_down = !up;
    apr_thread_mutex_unlock(health->lock);
    return up;
}

/* ---- the handler ---- */

static void tell(const request_rec *r, int up, const char *reason)
{
    const char *label = scim_server_label(r->server);

    if (up) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, r->server,
                     "SCIM3321: the health check finds the database of %s usable again", label);
    } else {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, r->server,
                     "SCIM3322: the health check says that %s is down until its database can be "
                     "used: %s",
                     label, reason);
    }
}

static void answer(request_rec *r, int up)
{
    const char *body = up ? "{\"status\":\"up\"}\n" : "{\"status\":\"down\"}\n";

    r->status = up ? HTTP_OK : HTTP_SERVICE_UNAVAILABLE;
    ap_set_content_type(r, "application/json");
    ap_set_content_length(r, (apr_off_t)strlen(body));
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_rputs(body, r);
}

int scim_health_run(request_rec *r)
{
    scim_health_t *health;
    const char *reason = "this child has no memory for it";
    int news = 0;
    int up = 0;
    int rc = scim_metrics_takes(r, HANDLER);

    if (rc != OK) {
        return rc;
    }
    health = scim_server_get(r->server) ? scim_server_get(r->server)->health : NULL;
    if (health) {
        up = is_up(&news, &reason, health, r->pool);
    }
    if (news) {
        tell(r, up, reason);
    }
    answer(r, up);
    return OK;
}

/* ---- the child ---- */

/* Before the connections of the child's pools are closed. */
static apr_status_t end(void *data)
{
    join(data);
    return APR_SUCCESS;
}

void scim_health_child(apr_pool_t *pchild, server_rec *main_server)
{
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        scim_health_t *health = apr_pcalloc(pchild, sizeof(*health));

        health->server = s;
        if (apr_thread_mutex_create(&health->lock, APR_THREAD_MUTEX_DEFAULT, pchild) !=
                APR_SUCCESS ||
            apr_thread_cond_create(&health->done, pchild) != APR_SUCCESS) {
            continue;
        }
        apr_pool_pre_cleanup_register(pchild, health, end);
        scim_server_get(s)->health = health;
    }
}
