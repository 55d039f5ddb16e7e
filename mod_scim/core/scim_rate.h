/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_RATE_H
#define SCIM_RATE_H

#include <apr.h>

/**
 * A rate limit as pure arithmetic (the generic cell rate algorithm). All that is kept of a client
 * is one number, the time at which everything it has used so far would be paid off at the agreed
 * pace. Times are nanoseconds of a clock that never goes back; 0 is "never used".
 */
typedef struct scim_rate_t {
    int requests; /* so many … */
    int seconds;  /* … in so many seconds; 0 in both: no limit */
    int burst;    /* so many at once after a pause */
} scim_rate_t;

/** Bounds of the members above, and of the time in which a whole burst comes back. */
#define SCIM_RATE_REQUESTS_MAX 1000000
#define SCIM_RATE_SECONDS_MAX 86400
#define SCIM_RATE_REFILL_MAX (30 * 86400)

/** 1 if every member is within its bounds and not 0. */
int scim_rate_valid(const scim_rate_t *rate);

/** 1 if a rate allows at least n requests a second over any longer time. No limit allows any. */
int scim_rate_at_least(const scim_rate_t *rate, int n);

/**
 * May one more request pass now?
 * @param paid_at what is kept of the client. Where it is later than this limit can have made it
 *                (there was a stricter one), the client has just what it has at the agreed pace
 * @param now     the time; not before the one by which paid_at was made
 * @param rate    a valid rate
 * @param next    set to what to keep, where it may
 * @return 0: it may; else after how many nanoseconds the next one may
 */
apr_int64_t scim_rate_ask(apr_int64_t *next, apr_int64_t paid_at, apr_int64_t now,
                          const scim_rate_t *rate);

/** Nanoseconds as whole seconds for Retry-After: rounded up, at least 1. */
int scim_rate_seconds(apr_int64_t wait);

#endif
