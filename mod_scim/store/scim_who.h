/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_WHO_H
#define SCIM_WHO_H

#include "scim_store.h"

/**
 * Who somebody is whom another module of the fleet has authenticated: the user with a value of an
 * attribute that has an index, looked up in one SELECT together with the tenant's state.
 */

/** What is wanted of the user beside whether it is active: any of these. */
#define SCIM_WHO_DOC 1
#define SCIM_WHO_GROUPS 2

typedef enum scim_who_state_t {
    SCIM_WHO_ACTIVE,
    SCIM_WHO_UNKNOWN,
    SCIM_WHO_INACTIVE,  /* or only a tombstone is left */
    SCIM_WHO_AMBIGUOUS, /* more than one active user has the value */
    SCIM_WHO_OFF        /* the tenant is switched off */
} scim_who_state_t;

typedef struct scim_who_t {
    scim_who_state_t state;
    const scim_row_t *row; /* of an active user with SCIM_WHO_DOC or SCIM_WHO_GROUPS, else NULL */
    apr_array_header_t *groups; /* of scim_ref_t, with SCIM_WHO_GROUPS; else NULL */
} scim_who_t;

/** Whether users can be looked up by a path: it has an index, and no value filter. */
int scim_who_can_match(const scim_path_t *path);

/**
 * Look a user up. One SELECT; another one where its document is longer than 4,096 characters, and
 * with SCIM_WHO_GROUPS those of scim_store_groups_of().
 * @param match as scim_who_can_match() accepts
 * @param value any bytes: what is not UTF-8, or too long for the index, is nobody's
 * @param wants SCIM_WHO_*
 */
scim_error_t *scim_who_find(scim_who_t *out, scim_store_t *store, const scim_path_t *match,
                            const char *value, unsigned wants, apr_pool_t *p) SCIM_CHECKED;

#endif
