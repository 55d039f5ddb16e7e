/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_GUARD_H
#define SCIM_GUARD_H

#include "scim_token.h"

/**
 * A token that has yet to be looked up before a store may be used. A read of one resource looks it
 * up in its own SELECT, so that it costs no statement; any other statement of a guarded store is
 * preceded by the look-up. Nothing that was read is given out before the judge has agreed.
 */
typedef struct scim_guard_t {
    const char *hash;   /* of the token that came with the request: scim_token_hash() */
    const char *tenant; /* whose it must be; NULL: anyone's, and the judge names the tenant */
    int owned;          /* 1: it is bound to a User if it is any good; 0: it may be, which then
                           costs a statement more */
    /** Says whether the request may go on. Called once. @param found NULL: there is no such token
     */
    scim_error_t *(*judge)(void *baton, const scim_token_found_t *found);
    void *baton;
    int judged;            /* set by the store: the judge was called, */
    scim_error_t *verdict; /* and said this */
} scim_guard_t;

/** Put a guard before a store. It must outlive the store. */
void scim_store_guard(scim_store_t *store, scim_guard_t *guard);

/** Have the guard judge now if it has not; its verdict. NULL without a guard. */
scim_error_t *scim_store_admit(scim_store_t *store) SCIM_CHECKED;

#endif
