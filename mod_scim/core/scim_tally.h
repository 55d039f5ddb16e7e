/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_TALLY_H
#define SCIM_TALLY_H

#include <apr_time.h>

#include "scim_text.h"

/**
 * What operators want to know in numbers: requests by tenant, operation and status, how long they
 * took, what the database and the caches did. All of it lies in one piece of memory that any number
 * of processes may share. Numbers are only added to, atomically: nobody waits for anybody, and a
 * process that dies takes nothing along. Relies on 64-bit operations that are atomic between
 * processes, as those of 64-bit hosts are.
 */
typedef struct scim_tally_t scim_tally_t;

/** Bytes that a tally needs with room for so many tenants. */
apr_size_t scim_tally_size(int tenants);

/**
 * An empty tally in memory of scim_tally_size() bytes, all of them 0. The same memory, given again
 * with the same number, is the tally with what it has counted.
 */
scim_tally_t *scim_tally_at(void *memory, int tenants);

/** A request that is done. */
typedef struct scim_tally_request_t {
    const char *tenant; /* at most 64 bytes; NULL, "" or "-": it is not known */
    const char *op;     /* as scim_reply_t has it, or an endpoint's of OAuth; NULL: none */
    int status;
    apr_interval_time_t took; /* a clock that was set back may make it negative */
} scim_tally_request_t;

/**
 * Count a request. Tenants get places in the order in which they come; who finds none is counted
 * under "(other)". So are operations and statuses that nobody has heard of, under "other".
 */
void scim_tally_request(scim_tally_t *tally, const scim_tally_request_t *request);

/** Plain numbers; their names and labels are in scim_tally_text.c, in this order. */
typedef enum scim_tally_count_t {
    SCIM_TALLY_STATEMENTS,   /* of the database */
    SCIM_TALLY_UNAVAILABLE,  /* no connection could be had */
    SCIM_TALLY_LOST,         /* a connection was found dead while it was used */
    SCIM_TALLY_RETRY_BUSY,   /* writes run again after a deadlock or a lock timeout */
    SCIM_TALLY_RETRY_LOST,   /* writes run again after their connection was lost */
    SCIM_TALLY_TOKEN_ABSENT, /* callers that were not let in: no token */
    SCIM_TALLY_TOKEN_UNKNOWN,
    SCIM_TALLY_TOKEN_EXPIRED,
    SCIM_TALLY_TOKEN_REVOKED,
    SCIM_TALLY_TOKEN_OWNER,  /* its owner is not active, or it has none and needs one */
    SCIM_TALLY_TOKEN_TENANT, /* it is another tenant's */
    SCIM_TALLY_TOKEN_ISSUER, /* issued elsewhere: claims, signature, or what the issuer said */
    SCIM_TALLY_KNOWN_HIT,    /* what a child remembers of tokens of the database */
    SCIM_TALLY_KNOWN_MISS,
    SCIM_TALLY_BOOKMARK_HIT, /* places in long lists */
    SCIM_TALLY_BOOKMARK_MISS,
    SCIM_TALLY_JWKS_HIT, /* key sets of an URI: verified without a fetch */
    SCIM_TALLY_JWKS_MISS,
    SCIM_TALLY_INTROSPECTION_HIT,
    SCIM_TALLY_INTROSPECTION_MISS,
    SCIM_TALLY_BULK_DONE, /* operations of Bulk requests */
    SCIM_TALLY_BULK_FAILED,
    SCIM_TALLY_BULK_LEFT, /* not tried */
    SCIM_TALLY_EVENT_DELIVERED, /* security events: the receiver has it, */
    SCIM_TALLY_EVENT_REFUSED,   /* does not want it, and is asked again, */
    SCIM_TALLY_EVENT_AWAY,      /* or could not be asked */
    SCIM_TALLY_EVENT_DROPPED,   /* it was tried for too long */
    SCIM_TALLY_COUNTS
} scim_tally_count_t;

/** Add to a number. */
void scim_tally_add(scim_tally_t *tally, scim_tally_count_t which, apr_uint64_t n);

/** A connection to the database was had, or not, after waiting for so long. */
void scim_tally_waited(scim_tally_t *tally, apr_interval_time_t took);

/* ---- what is so now, by process ---- */

typedef struct scim_tally_child_t scim_tally_child_t;

/** What a process has at the moment. */
typedef enum scim_tally_gauge_t {
    SCIM_TALLY_OPEN, /* connections to the database that it has taken out of the pool */
    SCIM_TALLY_USED, /* of these, those that a request uses; the others are kept for the next one */
    SCIM_TALLY_GAUGES
} scim_tally_gauge_t;

/** A process's place, with nothing in it. NULL: there is none left, and it is not counted. */
scim_tally_child_t *scim_tally_child(scim_tally_t *tally, apr_int64_t pid);

/** A process has ended, however it did: whatever it had is gone. For whoever outlives it. */
void scim_tally_child_gone(scim_tally_t *tally, apr_int64_t pid);

/** Change what a process has. @param child NULL: nothing happens */
void scim_tally_change(scim_tally_child_t *child, scim_tally_gauge_t which, int by);

/* ---- reading ---- */

apr_uint64_t scim_tally_get(const scim_tally_t *tally, scim_tally_count_t which);

/** All processes together. */
typedef struct scim_tally_now_t {
    int children;
    apr_int64_t used; /* connections */
    apr_int64_t kept;
} scim_tally_now_t;

scim_tally_now_t scim_tally_now(const scim_tally_t *tally);

/** Requests of a tenant. */
typedef struct scim_tally_sum_t {
    const char *tenant;   /* "(other)" and "(none)" are no tenants' names; lives as the tally */
    apr_uint64_t good;    /* below 400 */
    apr_uint64_t refused; /* 400 to 499 */
    apr_uint64_t failed;  /* the others */
} scim_tally_sum_t;

/** Places there are, in any of which a tenant may be. */
int scim_tally_places(const scim_tally_t *tally);

/** What is in a place. @return 0: nothing */
int scim_tally_sum(scim_tally_sum_t *sum, const scim_tally_t *tally, int place);

/** How many times were measured, and all of them together. @param waits 1: for connections */
typedef struct scim_tally_times_t {
    apr_uint64_t n;
    apr_uint64_t total; /* microseconds */
} scim_tally_times_t;

scim_tally_times_t scim_tally_times(const scim_tally_t *tally, int waits);

/** The Content-Type of scim_tally_text(). */
#define SCIM_TALLY_MEDIA_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/** Everything as OpenMetrics text. @param version the module's */
scim_buf_t *scim_tally_text(const scim_tally_t *tally, const char *version, apr_pool_t *p);

#endif
