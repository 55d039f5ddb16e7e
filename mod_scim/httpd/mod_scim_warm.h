/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_WARM_H
#define MOD_SCIM_WARM_H

#include <apr_pools.h>
#include <apr_time.h>

/**
 * Connections of a child that were in use a moment ago. mod_dbd asks the database each time that it
 * hands a connection out whether it is alive, which doubles the round trips of a read; one that has
 * just answered need not be asked. So a few stay here between requests, and are taken for a second
 * at the most; older ones go back with the next request, not before. The others go back to mod_dbd
 * for everyone, and all of them do as soon as someone here may have to wait there for a connection.
 */
typedef struct scim_warm_t scim_warm_t;

/** Called for a connection that goes back. */
typedef void(scim_warm_fn)(void *conn, void *owner);

/**
 * None, with room for `most`. What is left goes back before anything in p is destroyed.
 * @return NULL if most is 0 or there is no lock to be had: then nothing stays
 */
scim_warm_t *scim_warm_make(int most, scim_warm_fn *back, apr_pool_t *p);

/**
 * The connection of an owner that was used last. If there is none (NULL), every other one has gone
 * back, and none stays until scim_warm_waited() tells that the caller has got one elsewhere, or
 * none. warm may be NULL here and below, except for scim_warm_give().
 */
void *scim_warm_take(scim_warm_t *warm, void *owner);

/** After a scim_warm_take() that found none. */
void scim_warm_waited(scim_warm_t *warm);

/** A healthy connection that is not used any more: it stays, or goes back at once. */
void scim_warm_give(scim_warm_t *warm, void *owner, void *conn);

/** All go back: one was dead, and so may be the others. */
void scim_warm_empty(scim_warm_t *warm);

#endif
