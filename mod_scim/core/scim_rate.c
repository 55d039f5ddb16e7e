/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_rate.h"

#define SECOND ((apr_int64_t)1000000000)

/* Rounded up: never more requests than agreed. */
static apr_int64_t interval(const scim_rate_t *rate)
{
    return (rate->seconds * SECOND + rate->requests - 1) / rate->requests;
}

int scim_rate_valid(const scim_rate_t *rate)
{
    return rate->requests >= 1 && rate->requests <= SCIM_RATE_REQUESTS_MAX && rate->seconds >= 1 &&
           rate->seconds <= SCIM_RATE_SECONDS_MAX && rate->burst >= 1 &&
           rate->burst <= SCIM_RATE_REQUESTS_MAX &&
           (apr_int64_t)rate->burst * rate->seconds <=
               (apr_int64_t)SCIM_RATE_REFILL_MAX * rate->requests;
}

int scim_rate_at_least(const scim_rate_t *rate, int n)
{
    return rate->requests == 0 || rate->requests >= (apr_int64_t)n * rate->seconds;
}

apr_int64_t scim_rate_ask(apr_int64_t *next, apr_int64_t paid_at, apr_int64_t now,
                          const scim_rate_t *rate)
{
    apr_int64_t one = interval(rate);
    apr_int64_t ahead = one * (rate->burst - 1); /* so far before its time a request may come */
    apr_int64_t debt = paid_at > now ? paid_at - now : 0;

    /* Within this limit it is ahead + one at most; a second more, should clocks be a little off. */
    if (debt > ahead + one + SECOND) {
        debt = ahead;
    }
    if (debt > ahead) {
        return debt - ahead;
    }
    *next = now + debt + one;
    return 0;
}

int scim_rate_seconds(apr_int64_t wait)
{
    return wait <= SECOND ? 1 : (int)((wait + SECOND - 1) / SECOND);
}
