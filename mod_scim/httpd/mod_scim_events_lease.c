/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "mod_scim_events_impl.h"
#include "scim_time.h"

#define SECOND APR_INT64_C(1000000000)

/* Of the time between two beats at the most: one attempt to deliver, and some statements. */
#define BEAT_EVERY (5 * SECOND)

/* Well beyond that. */
#define DEAD_AFTER (30 * SECOND)

/* Whether the holder's beat has stood still for long enough, by our own clock. */
static int is_dead(scim_feed_state_t *state, const scim_lease_t *lease)
{
    apr_int64_t now = scim_time_steady();

    if (strcmp(lease->holder, state->other) != 0 || lease->beat != state->beat) {
        apr_cpystrn(state->other, lease->holder, sizeof(state->other));
        state->beat = lease->beat;
        state->seen_at = now;
    }
    return now - state->seen_at >= DEAD_AFTER;
}

static scim_error_t *take(const scim_events_all_t *all, scim_feed_state_t *state, apr_pool_t *p)
{
    scim_store_t *store = scim_events_store(all, state->feed, p);
    scim_lease_t lease;
    scim_error_t *err = scim_lease_read(&lease, store, p);

    if (err || (*lease.holder && strcmp(lease.holder, all->me) != 0 && !is_dead(state, &lease))) {
        return err;
    }
    return scim_lease_take(&state->held, store, &lease, all->me);
}

scim_error_t *scim_events_hold(const scim_events_all_t *all, scim_feed_state_t *state,
                               apr_pool_t *p)
{
    apr_int64_t now = scim_time_steady();
    scim_error_t *err = NULL;

    if (!state->held) {
        err = take(all, state, p);
        state->beat_at = now;
    } else if (now - state->beat_at >= BEAT_EVERY) {
        err = scim_lease_renew(&state->held, scim_events_store(all, state->feed, p), all->me);
        state->beat_at = now;
    }
    /* It may be ours all the same: then it is found under our name next time. */
    state->held = !err && state->held;
    return err;
}

scim_error_t *scim_events_let_go(const scim_events_all_t *all, scim_feed_state_t *state,
                                 apr_pool_t *p)
{
    if (!state->held) {
        return NULL;
    }
    state->held = 0;
    return scim_lease_release(scim_events_store(all, state->feed, p), all->me);
}
