/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_OUTBOX_H
#define SCIM_OUTBOX_H

#include "scim_event.h"
#include "scim_store.h"

/**
 * The outbox (scim_event): events that wait for being delivered. An event is written in the
 * transaction of the change that it tells of, so one is never there without the other, and it is
 * deleted once its receiver has it: it is delivered at least once. A user's events are in the order
 * of its changes, because each is written while the user's row is locked.
 *
 * And the lease (scim_event_lease): who of all processes of all hosts delivers a tenant's events.
 * Nobody compares clocks: whoever wants the lease of another watches its beat stand still.
 */

/**
 * Add an event. Inside scim_store_write(), as part of the change that it tells of.
 * @param event seq, jti, at, tries and due are not looked at
 */
scim_error_t *scim_outbox_add(scim_store_t *store, const scim_event_t *event,
                              apr_pool_t *p) SCIM_CHECKED;

/**
 * The next tenant of those for which something waits, in the order of their names. One look at an
 * index, whatever waits.
 * @param tenant in: "" or the one before; out: NULL: there is none
 */
scim_error_t *scim_outbox_next(const char **tenant, scim_store_t *store,
                               apr_pool_t *p) SCIM_CHECKED;

/** Events that scim_outbox_due() reads at most. */
#define SCIM_OUTBOX_PAGE 50

/**
 * The tenant's events whose turn it is: of each user the first one, unless it was postponed.
 * @param events array of scim_event_t
 */
scim_error_t *scim_outbox_due(apr_array_header_t **events, scim_store_t *store, apr_time_t now,
                              apr_pool_t *p) SCIM_CHECKED;

/**
 * Some of what waits, in the order of the changes.
 * @param events array of scim_event_t
 * @param after seq of the one before; 0: from the first
 * @param limit how many at most
 */
scim_error_t *scim_outbox_list(apr_array_header_t **events, scim_store_t *store,
                               apr_int64_t after, int limit, apr_pool_t *p) SCIM_CHECKED;

/** Delete an event that was delivered, in a transaction of its own. */
scim_error_t *scim_outbox_done(scim_store_t *store, const scim_event_t *event) SCIM_CHECKED;

/** Postpone an event that was refused, and with it its user's later ones. */
scim_error_t *scim_outbox_postpone(scim_store_t *store, const scim_event_t *event,
                                   apr_time_t until) SCIM_CHECKED;

/** Events that scim_outbox_expire() deletes at most. */
#define SCIM_OUTBOX_EXPIRE 1000

/** Delete some of the tenant's events of before a time. @param n how many, also after an error */
scim_error_t *scim_outbox_expire(int *n, scim_store_t *store, apr_time_t before) SCIM_CHECKED;

/** Who delivers. */
typedef struct scim_lease_t {
    const char *holder; /* "": nobody */
    apr_int64_t beat;   /* goes up while the holder is alive and when it is taken; 0: never was */
} scim_lease_t;

/** Bytes of a holder's name. */
#define SCIM_LEASE_NAME_MAX 64

/** Look who holds the tenant's lease. */
scim_error_t *scim_lease_read(scim_lease_t *out, scim_store_t *store, apr_pool_t *p) SCIM_CHECKED;

/**
 * Take the lease from whoever had it when it was looked at.
 * @param taken 0: somebody was faster, or the holder is alive
 */
scim_error_t *scim_lease_take(int *taken, scim_store_t *store, const scim_lease_t *seen,
                              const char *me) SCIM_CHECKED;

/** Beat. @param held 0: somebody else has taken it */
scim_error_t *scim_lease_renew(int *held, scim_store_t *store, const char *me) SCIM_CHECKED;

/** Give it back, if it is still ours. */
scim_error_t *scim_lease_release(scim_store_t *store, const char *me) SCIM_CHECKED;

#endif
