/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_TIME_H
#define SCIM_TIME_H

#include <apr_pools.h>
#include <apr_time.h>

/**
 * Parse an xsd:dateTime (RFC 7643 section 2.3.5, RFC 3339 form; fraction and zone optional, no zone
 * means UTC).
 * @return 1 and *out in microseconds since 1970, or 0 if s is not such a time
 */
int scim_time_parse(apr_time_t *out, const char *s);

/** "2026-11-23T01:02:03.456Z": UTC, always three decimals. In p. */
const char *scim_time_format(apr_time_t t, apr_pool_t *p);

/**
 * Nanoseconds since the host started: one clock for all processes of a host, and nobody sets it.
 * For how long something takes, never for when it was.
 */
apr_int64_t scim_time_steady(void);

#endif
