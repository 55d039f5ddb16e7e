/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_atomic.h>
#include <apr_strings.h>

#include <ap_mpm.h>

#include "mod_scim_db.h"
#include "mod_scim_events_impl.h"
#include "mod_scim_stats.h"
#include "scim_time.h"

#define SECOND APR_INT64_C(1000000000)

/* How often it is looked whether something waits. */
#define LOOK_EVERY APR_USEC_PER_SEC

/* How many times in between it is looked whether the child is to end. */
#define SLICES 5

/* After so long, and the attempt that is under way, other tenants have their turn. */
#define TURN SECOND

/* A receiver that cannot be reached is left alone for 1 s, 2 s, 4 s … and so long at the most. */
#define REST_MAX (300 * SECOND)

/* The same of one event that is refused, in seconds. */
#define POSTPONE 10
#define POSTPONE_MAX 3600

/*
 * A child of before a reload may stay for as long as one of its connections. What it knows of a
 * receiver may not be true any more, so it leaves the events to others from then on.
 */
static int is_leaving(void)
{
    int state;

    return ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS && state == AP_MPMQ_STOPPING;
}

static int is_stopped(scim_events_all_t *all)
{
    return apr_atomic_read32(&all->stop) != 0 || is_leaving();
}

static void count(const scim_feed_t *feed, scim_tally_count_t which, int n)
{
    scim_stats_add(feed->server, which, (apr_uint64_t)n);
}

/* ---- what becomes of an event ---- */

static void is_back(scim_feed_state_t *state)
{
    const scim_feed_t *feed = state->feed;

    if (state->away) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, feed->server,
                     "SCIM3362: the receiver of tenant %s's security events answers again",
                     feed->tenant->name);
    }
    state->away = 0;
    state->rests = 0;
}

static scim_error_t *delivered(const scim_events_all_t *all, scim_feed_state_t *state,
                               const scim_event_t *event, apr_pool_t *p)
{
    const scim_feed_t *feed = state->feed;

    count(feed, SCIM_TALLY_EVENT_DELIVERED, 1);
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, feed->server,
                 "SCIM3365: tenant %s: event %s (%s of user %s) is delivered", feed->tenant->name,
                 event->jti, event->kind, event->id);
    is_back(state);
    return scim_outbox_done(scim_events_store(all, feed, p), event);
}

static scim_error_t *refused(const scim_events_all_t *all, scim_feed_state_t *state,
                             const scim_event_t *event, const char *why, apr_pool_t *p)
{
    const scim_feed_t *feed = state->feed;
    int seconds = event->tries < 9 ? POSTPONE << event->tries : POSTPONE_MAX;

    is_back(state);
    count(feed, SCIM_TALLY_EVENT_REFUSED, 1);
    if (event->tries == 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, feed->server,
                     "SCIM3363: the receiver of tenant %s's security events refuses event %s (%s "
                     "of user %s), which is tried again for %d days: %s",
                     feed->tenant->name, event->jti, event->kind, event->id,
                     feed->tenant->events->days, why);
    }
    seconds = seconds < POSTPONE_MAX ? seconds : POSTPONE_MAX;
    return scim_outbox_postpone(scim_events_store(all, feed, p), event,
                                apr_time_now() + apr_time_from_sec(seconds));
}

static void is_away(scim_feed_state_t *state, const char *why)
{
    const scim_feed_t *feed = state->feed;
    apr_int64_t rest = SECOND << (state->rests < 9 ? state->rests : 9);

    count(feed, SCIM_TALLY_EVENT_AWAY, 1);
    if (!state->away) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, feed->server,
                     "SCIM3361: the receiver of tenant %s's security events cannot be reached, and "
                     "they wait: %s",
                     feed->tenant->name, why);
    }
    state->away = 1;
    state->rests++;
    state->rest_until = scim_time_steady() + (rest < REST_MAX ? rest : REST_MAX);
}

/* Whatever waits for too long is given up, and somebody has to know. */
static scim_error_t *expire(scim_events_all_t *all, const scim_feed_t *feed, apr_pool_t *p)
{
    int days = feed->tenant->events->days;
    apr_time_t before = apr_time_now() - apr_time_from_sec((apr_int64_t)days * 86400);
    scim_error_t *err;
    int some;
    int n = 0;

    do {
        err = scim_outbox_expire(&some, scim_events_store(all, feed, p), before);
        n += some;
    } while (!err && some == SCIM_OUTBOX_EXPIRE && !is_stopped(all));
    if (n > 0) {
        count(feed, SCIM_TALLY_EVENT_DROPPED, n);
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, feed->server,
                     "SCIM3364: %d security events of tenant %s could not be delivered for %d days "
                     "(ScimEventKeep) and are dropped: the application does not know of them",
                     n, feed->tenant->name, days);
    }
    return err;
}

/* ---- a tenant ---- */

/*
 * Of a type that was switched off while it waited, nothing is told: a token needs an event.
 * @param go_on 0: the receiver is away, or httpd stops
 */
static scim_error_t *deliver(int *go_on, scim_events_all_t *all, scim_feed_state_t *state,
                             const scim_event_t *event, apr_pool_t *p)
{
    const char *why = NULL;
    scim_error_t *err;

    if (!scim_event_wanted(state->feed->tenant->events, scim_event_type(event->kind))) {
        return scim_outbox_done(scim_events_store(all, state->feed, p), event);
    }
    scim_dbd_release(all->db, 1); /* nobody else must wait for a receiver */
    switch (scim_events_push(&why, state->feed, event, all, p)) {
    case SCIM_PUSH_DONE:
        return delivered(all, state, event, p);
    case SCIM_PUSH_REFUSED:
        err = refused(all, state, event, why, p);
        return err ? err : expire(all, state->feed, p);
    case SCIM_PUSH_AWAY:
    default:
        *go_on = 0;
        if (is_stopped(all)) {
            return NULL;
        }
        is_away(state, why);
        return expire(all, state->feed, p);
    }
}

static scim_error_t *deliver_page(scim_events_all_t *all, scim_feed_state_t *state, apr_pool_t *p)
{
    apr_int64_t until = scim_time_steady() + TURN;
    apr_array_header_t *events;
    scim_error_t *err =
        scim_outbox_due(&events, scim_events_store(all, state->feed, p), apr_time_now(), p);
    apr_pool_t *scratch;
    int go_on = 1;
    int i;

    apr_pool_create(&scratch, p);
    for (i = 0; !err && go_on && i < events->nelts && !is_stopped(all) &&
                (i == 0 || scim_time_steady() < until);
         i++) {
        err = scim_events_hold(all, state, scratch);
        go_on = state->held;
        if (!err && go_on) {
            err = deliver(&go_on, all, state, &APR_ARRAY_IDX(events, i, scim_event_t), scratch);
        }
        apr_pool_clear(scratch);
    }
    state->more = !err && go_on && events->nelts > 0;
    return err;
}

/*
 * A receiver that is away is one process's to watch, and so is an event that waits for another try:
 * the lease is kept until nothing waits any more. Of those that are away one is tried at a time, so
 * that many that do not even hang up do not keep all others waiting.
 */
static scim_error_t *serve(scim_events_all_t *all, scim_feed_state_t *state, apr_pool_t *p)
{
    scim_error_t *err;

    state->waits = 1;
    err = scim_events_hold(all, state, p);
    if (err || !state->held || scim_time_steady() < state->rest_until ||
        (state->away && all->tried)) {
        return err;
    }
    all->tried |= state->away;
    return deliver_page(all, state, p);
}

/* ---- all of them ---- */

/* @param first of the states of a database, as below */
static scim_feed_state_t *state_of(scim_feed_state_t *first, const char *tenant)
{
    scim_feed_state_t *state = first;

    while (state && strcmp(state->feed->tenant->name, tenant) != 0) {
        state = state->next;
    }
    return state;
}

/* Those of a database's tenants for whom something waits. What fails for one may do for another. */
static scim_error_t *serve_tenants(scim_events_all_t *all, scim_feed_state_t *first, apr_pool_t *p)
{
    const char *tenant = "";
    scim_error_t *failed = NULL;

    while (!is_stopped(all) && !(failed && failed->cause == SCIM_CAUSE_GONE)) {
        scim_error_t *err = scim_outbox_next(&tenant, scim_events_store(all, first->feed, p), p);
        scim_feed_state_t *state;

        if (err || !tenant) {
            return failed ? failed : err;
        }
        state = state_of(first, tenant);
        err = state ? serve(all, state, p) : NULL;
        failed = failed ? failed : err;
    }
    return failed;
}

/* Give the leases of a database back where nothing waits, or httpd stops. */
static scim_error_t *let_go(scim_events_all_t *all, scim_feed_state_t *first, apr_pool_t *p)
{
    scim_feed_state_t *state;
    scim_error_t *err = NULL;

    for (state = first; state; state = state->next) {
        if (!state->waits || is_stopped(all)) {
            scim_error_t *late = scim_events_let_go(all, state, p);
            err = err ? err : late;
        }
    }
    return err;
}

/* Nothing is lost: the next look goes on where this one stopped. */
static void log_failure(const scim_feed_t *feed, const scim_error_t *err)
{
    ap_log_error(APLOG_MARK, scim_db_log_level(err), 0, feed->server,
                 "SCIM3366: security events wait for the database of %s: %s: %s",
                 scim_server_label(feed->server), err->msgid ? err->msgid : "no id",
                 err->log ? err->log : err->detail);
}

/* @param more set to 1: some can be delivered now */
static void look_at(int *more, scim_events_all_t *all, scim_feed_state_t *first, apr_pool_t *p)
{
    scim_feed_state_t *state;
    scim_error_t *err;
    scim_error_t *late;

    for (state = first; state; state = state->next) {
        state->more = 0;
        state->waits = 0;
    }
    all->tried = 0;
    all->db = scim_dbd_make(scim_db_source(first->feed->server), p);
    err = serve_tenants(all, first, p);
    late = let_go(all, first, p);
    err = err ? err : late;
    if (err && !first->failed) {
        log_failure(first->feed, err);
    }
    first->failed = err != NULL;
    for (state = first; !err && state; state = state->next) {
        *more |= state->more;
    }
}

static int look(scim_events_all_t *all, apr_pool_t *p)
{
    int more = 0;
    int i;

    for (i = 0; i < all->feeds->nelts; i++) {
        if (all->states[i].first) {
            look_at(&more, all, &all->states[i], p);
            apr_pool_clear(p);
        }
    }
    return more;
}

/* By relative times: a clock that is set back does not make it longer. */
static void pause_between(scim_events_all_t *all)
{
    int i;

    for (i = 0; i < SLICES && !is_stopped(all); i++) {
        apr_sleep(LOOK_EVERY / SLICES);
    }
}

void *APR_THREAD_FUNC scim_events_run(apr_thread_t *thread, void *data)
{
    scim_events_all_t *all = data;
    apr_pool_t *p;

    (void)thread;
    apr_setup_signal_thread(); /* signals are the other threads' */
    apr_pool_create(&p, all->pool);
    while (!is_stopped(all)) {
        if (!look(all, p)) {
            pause_between(all);
        }
    }
    /* This one only gives leases back: others need not wait until they saw them stand still. */
    (void)look(all, p);
    /* Not apr_thread_exit(): to a sanitizer it would leave the frames of those it was called by. */
    return NULL;
}
