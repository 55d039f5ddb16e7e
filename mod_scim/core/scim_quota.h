/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_QUOTA_H
#define SCIM_QUOTA_H

#include "scim_tenant.h"

/**
 * How many users a tenant may have at most (ScimSeats), and of which the last one must stay
 * (ScimKeepOne). Both are about sets of active users; who is in a set follows from the user's
 * document alone, but for the members of a guarded group. The value index has a row for each user
 * in each set (scim_index.h), so that a set is counted without reading a document.
 */

/** A set of active users. */
typedef struct scim_quota_set_t {
    const char *name;            /* of the set in scim_seat and in scim_value */
    const scim_filter_t *filter; /* what its users match beside being active; NULL: nothing */
    const char *group;           /* it is the users of the group of this name, folded; or NULL */
    const char *words;           /* for messages: "userType admin"; "": all users */
    int seats;                   /* so many at most; 0: any number */
    int keep;                    /* 1: one at least */
} scim_quota_set_t;

typedef struct scim_quota_t {
    const scim_quota_set_t *sets; /* in order of their names, which is the order of their locks */
    int nsets;
    int groups; /* 1: there are guarded groups among them */
} scim_quota_t;

/** Bytes of a set's name. */
#define SCIM_QUOTA_NAME_MAX 255

/** The most sets of one tenant: each costs every write of a user a comparison. */
#define SCIM_QUOTA_SETS_MAX 32

/** A tenant's directives while they are read. */
typedef struct scim_quota_build_t scim_quota_build_t;

scim_quota_build_t *scim_quota_build(apr_pool_t *p);

/**
 * Take the words of ScimSeats: a number, and path=value conditions, each of which a user must meet.
 * @param at  where it stands, for the messages of scim_quota_finish()
 * @return NULL, or what is wrong
 */
const char *scim_quota_add_seats(scim_quota_build_t *build, int argc, const char *const *argv,
                                 const char *at);

/** The same for ScimKeepOne: a path and a value, or "groups" and a group's displayName. */
const char *scim_quota_add_keep(scim_quota_build_t *build, int argc, const char *const *argv,
                                const char *at);

/**
 * Bind the directives to the tenant's User: sets tenant->quota and, because what is indexed of
 * users is more now, tenant->catalog.
 * @param p holds what the tenant points to
 * @return NULL, or what is wrong, with the directive and where it stands
 */
const char *scim_quota_finish(scim_tenant_t *tenant, scim_quota_build_t *build, apr_pool_t *p);

/** Whether a user with this document is in a set. Never in that of a group. */
int scim_quota_holds(const scim_quota_set_t *set, const json_t *doc, apr_pool_t *p);

/** 403: there are no more seats. */
scim_error_t *scim_quota_full(const scim_quota_set_t *set, apr_pool_t *p) SCIM_CHECKED;

/** 403: the last one must stay. */
scim_error_t *scim_quota_last(const scim_quota_set_t *set, apr_pool_t *p) SCIM_CHECKED;

#endif
