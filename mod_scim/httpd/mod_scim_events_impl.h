/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_EVENTS_IMPL_H
#define MOD_SCIM_EVENTS_IMPL_H

#include <apr_thread_proc.h>

#include "mod_scim_events.h"
#include "mod_scim_fetch.h"
#include "scim_jose.h"
#include "scim_outbox.h"

/** Private to mod_scim_events*.c. */

/** One tenant's events and whom they are for; what the configuration says, and files hold. */
typedef struct scim_feed_t {
    server_rec *server;
    const scim_tenant_t *tenant;
    const char *database; /* DBDParams */
    const scim_jose_signer_t *signer;
    const char *token;   /* or NULL */
    const char *ca_file; /* or NULL */
} scim_feed_t;

/** What a child's thread knows of a feed. Times are scim_time_steady()'s. */
typedef struct scim_feed_state_t {
    const scim_feed_t *feed;
    struct scim_feed_state_t *next; /* of the same database; or NULL */
    int first;             /* 1: of those of its database; for it */
    int failed;            /* 1: the log says that it cannot be asked */
    int waits;             /* 1: there is something in the outbox, */
    int more;              /* and 1: some of it may be delivered now */
    int held;              /* 1: the lease is ours, */
    apr_int64_t beat_at;   /* and was so then */
    char other[SCIM_LEASE_NAME_MAX + 1]; /* who else had it when it was looked at last, */
    apr_int64_t beat;      /* its beat, */
    apr_int64_t seen_at;   /* and when it was seen first */
    int away;              /* 1: the log says that the receiver cannot be reached */
    int rests;             /* how often in a row it could not */
    apr_int64_t rest_until;
} scim_feed_state_t;

/** All feeds of all servers; the child's own from scim_events_child() on. */
typedef struct scim_events_all_t {
    apr_array_header_t *feeds; /* of scim_feed_t */
    scim_fetcher_t *fetcher;
    /* a child's: */
    scim_feed_state_t *states; /* of each feed */
    char me[SCIM_LEASE_NAME_MAX + 1];
    apr_pool_t *pool; /* the thread's own */
    apr_thread_t *thread;
    volatile apr_uint32_t stop;
    scim_dbd_t *db; /* of the database that is looked at */
    int tried;      /* 1: one of its receivers that were away has been tried */
} scim_events_all_t;

/** A store for a feed's tenant on all->db, which is the feed's database. */
scim_store_t *scim_events_store(const scim_events_all_t *all, const scim_feed_t *feed,
                                apr_pool_t *p);

/* ---- the lease: mod_scim_events_lease.c ---- */

/**
 * Have the lease of a tenant, or go on having it: taken if nobody has it or whoever has it gave no
 * sign of life for 30 s; renewed if the last beat is older than a few seconds. state->held says
 * whether it is ours.
 */
scim_error_t *scim_events_hold(const scim_events_all_t *all, scim_feed_state_t *state,
                               apr_pool_t *p) SCIM_CHECKED;

/** Give it back, if it is held. */
scim_error_t *scim_events_let_go(const scim_events_all_t *all, scim_feed_state_t *state,
                                 apr_pool_t *p) SCIM_CHECKED;

/* ---- one event: mod_scim_events_push.c ---- */

/** What became of an attempt. */
typedef enum scim_push_result_t {
    SCIM_PUSH_DONE,    /* the receiver has it */
    SCIM_PUSH_REFUSED, /* it does not take this one */
    SCIM_PUSH_AWAY     /* nobody can say: the same holds for all others */
} scim_push_result_t;

/**
 * Sign an event and POST it (RFC 8935 section 2).
 * @param why for the log where it is not done; never what the receiver may choose freely
 */
scim_push_result_t scim_events_push(const char **why, const scim_feed_t *feed,
                                    const scim_event_t *event, scim_events_all_t *all,
                                    apr_pool_t *p);

/* ---- the thread: mod_scim_events_worker.c ---- */

/** Its main function; data is the scim_events_all_t. */
void *APR_THREAD_FUNC scim_events_run(apr_thread_t *thread, void *data);

#endif
