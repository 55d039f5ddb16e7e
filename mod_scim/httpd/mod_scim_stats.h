/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_STATS_H
#define MOD_SCIM_STATS_H

#include "mod_scim_config.h"
#include "scim_dbd.h"
#include "scim_tally.h"

typedef struct scim_stats_t scim_stats_t;

/**
 * What operators count (scim_tally.h), in memory that all children share. It belongs to the parent
 * process and stays over restarts, so numbers only rise until httpd is stopped. Where that memory
 * cannot be had nothing is counted, and everything else goes on.
 */

/** post_config: find or make the memory. A failure is a warning in the log. */
void scim_stats_setup(apr_pool_t *pconf, server_rec *main_server);

/** child_init: give this process its place. Before it opens connections. */
void scim_stats_child(server_rec *main_server);

/** Hook the ends of requests and of children. */
void scim_stats_hooks(void);

/** All numbers; NULL: nothing is counted. */
const scim_tally_t *scim_stats_tally(const server_rec *s);

/** Add to a number. */
void scim_stats_add(const server_rec *s, scim_tally_count_t which, apr_uint64_t n);

/** Count a look-up. @param hit SCIM_TALLY_..._HIT, behind which the miss follows */
void scim_stats_lookup(const server_rec *s, scim_tally_count_t hit, int found);

/**
 * A connection was taken.
 * @param waited for so long; 0: it was at hand
 * @param got    0: there was none; 1: from the pool; 2: it was kept here
 */
void scim_stats_taken(const server_rec *s, apr_interval_time_t waited, int got);

/** It is used no more, by this request. */
void scim_stats_given(const server_rec *s);

/** It is back in the pool. */
void scim_stats_back(const server_rec *s);

/** What was done on it. */
void scim_stats_worked(const server_rec *s, const scim_dbd_work_t *work);

#endif
