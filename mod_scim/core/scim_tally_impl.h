/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_TALLY_IMPL_H
#define SCIM_TALLY_IMPL_H

#include "scim_tally.h"

/** Private to scim_tally*.c. */

#define SCIM_TALLY_OPS 20
#define SCIM_TALLY_CODES 32
#define SCIM_TALLY_BOUNDS 14
#define SCIM_TALLY_CHILDREN 1024
#define SCIM_TALLY_NAME 72 /* a tenant's name has 64 at most */

/** Names of operations; the last one stands for all others. NULL behind them. */
extern const char *const scim_tally_ops[SCIM_TALLY_OPS];

/** Statuses; 0 behind them stands for all others. */
extern const short scim_tally_codes[SCIM_TALLY_CODES];

/** Upper bounds of the buckets in microseconds. Slower ones are in one more bucket. */
extern const apr_interval_time_t scim_tally_bounds[SCIM_TALLY_BOUNDS];

typedef struct scim_tally_histogram_t {
    volatile apr_uint64_t total; /* microseconds */
    volatile apr_uint64_t n[SCIM_TALLY_BOUNDS + 1];
} scim_tally_histogram_t;

/* Of one tenant. Whoever finds a hash may write the name: it is the same for all. */
typedef struct scim_tally_place_t {
    volatile apr_uint64_t hash;  /* of the name; 0: free */
    volatile apr_uint32_t named; /* 1: the name can be read */
    char name[SCIM_TALLY_NAME];
    volatile apr_uint64_t n[SCIM_TALLY_OPS][SCIM_TALLY_CODES];
} scim_tally_place_t;

/* As large as what a processor reads at once, so that processes do not disturb each other. */
struct scim_tally_child_t {
    volatile apr_uint64_t pid; /* 0: free */
    volatile apr_uint64_t n[SCIM_TALLY_GAUGES];
    apr_uint64_t unused[5];
};

struct scim_tally_t {
    int tenants;
    volatile apr_uint64_t counts[SCIM_TALLY_COUNTS];
    scim_tally_histogram_t took[SCIM_TALLY_OPS];
    scim_tally_histogram_t waited;
    volatile apr_uint32_t children; /* no process has a place behind so many */
    scim_tally_child_t child[SCIM_TALLY_CHILDREN];
    scim_tally_place_t place[]; /* of tenants, then the two */
};

/** All that a histogram has counted. */
apr_uint64_t scim_tally_histogram_count(const scim_tally_histogram_t *histogram);

/** A number that others may be changing. */
apr_uint64_t scim_tally_read(const volatile apr_uint64_t *n);

#endif
