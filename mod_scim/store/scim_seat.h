/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SEAT_H
#define SCIM_SEAT_H

#include <jansson.h>

#include "scim_store_impl.h"

/**
 * Seats and guards (scim_quota.h) in the database. Who is in a set is what scim_value says, whoever
 * wrote it; so nothing is counted wrong after a crash, or by a host with another configuration.
 *
 * scim_seat has a row for each set, which whoever fills a set locks. Its `used` is never less than
 * the users in the set: a user that comes raises it, and where it has reached the limit, or is
 * NULL, it is counted anew from the index. Who leaves a set touches nothing.
 *
 * Rows of scim_seat are locked behind everything else, in the order of their names, as the last
 * thing before COMMIT: so they are part of no deadlock, and held no longer than a COMMIT takes.
 */

/* Two rows that are no set's, and are locked before: by whoever makes groups on demand, and by
 * whoever changes who is in which group where a user may be in one only. */
#define SCIM_SEAT_GROUPS "#groups"
#define SCIM_SEAT_MOVES "#moves"

/**
 * Before a transaction: have the rows that this tenant needs, and the index complete. Statements
 * once per connection; none for a tenant without such rules.
 * @return 503 where more users are to be indexed than one request does; the next one goes on
 */
scim_error_t *scim_seat_ready(scim_store_t *store, apr_pool_t *p) SCIM_CHECKED;

/** Forget what an earlier attempt of the write did. */
void scim_seat_begin(scim_store_t *store);

/*
 * Note what a change means for the tenant's sets. Statements only where a user of a guarded group
 * goes, or the group.
 */

/**
 * @param old NULL: a new resource
 * @param doc NULL: it is deleted
 */
scim_error_t *scim_seat_change(scim_store_t *store, const scim_resource_type_t *type,
                               const json_t *old, const json_t *doc, apr_pool_t *p) SCIM_CHECKED;

/** A resource is deleted; its row is locked. */
scim_error_t *scim_seat_delete(scim_store_t *store, const scim_resource_type_t *type,
                               const scim_row_t *row, apr_pool_t *p) SCIM_CHECKED;

/** A group's members go, or it changes its name, or it goes itself. */
scim_error_t *scim_seat_group(scim_store_t *store, const scim_row_t *group,
                              apr_pool_t *p) SCIM_CHECKED;

/** A user is indexed that was not, or otherwise: what is used is to be counted anew. */
void scim_seat_recount(scim_store_t *store, const scim_resource_type_t *type);

/**
 * Before COMMIT: take the seats, and look whether the guarded ones are still there.
 * @return 403 where they are not
 */
scim_error_t *scim_seat_settle(scim_store_t *store, apr_pool_t *p) SCIM_CHECKED;

/**
 * Lock a row of scim_seat, made if it is not there. Nothing where there is one writer at a time.
 * @param shared 1: others may have it too if they want it shared
 */
scim_error_t *scim_seat_lock(scim_store_t *store, const char *name, int shared,
                             apr_pool_t *p) SCIM_CHECKED;

#endif
