/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_LIFE_H
#define SCIM_LIFE_H

#include <apr_time.h>
#include <jansson.h>

#include "scim_tenant.h"

/**
 * The life cycle of a user. Where the tenant says so (ScimDeprovision), active false ends its
 * account: what stays is a tombstone, with which clients still find the id and see that it is not
 * active. It has what matching needs and nothing else of the person: schemas, id, externalId,
 * userName, active. active true ends it: the id has an account again, of what the client sends.
 * Only types with an attribute `active` of the store's (SCIM_AT_ACTIVE) have a life cycle: User.
 */
typedef struct scim_life_t {
    int hide;               /* 1: lists and look-ups do not show tombstones */
    apr_int64_t seconds;    /* that a tombstone stays; 0: for ever */
    int restore;            /* 1: a POST for a deactivated user restores it; 0: 409 */
    int delete_deactivates; /* 1: DELETE does what active false does */
} scim_life_t;

/** The longest life of a tombstone, in seconds: a hundred years. */
#define SCIM_LIFE_SECONDS_MAX APR_INT64_C(3155760000)

/** A tenant's settings; the defaults where it has none. Never NULL. */
const scim_life_t *scim_life_of(const scim_tenant_t *tenant);

/** Whether a document says active false. 0 for a type without a life cycle. */
int scim_life_is_inactive(const json_t *doc, const scim_resource_type_t *type);

/**
 * What a change of a document does to the user.
 * @return 1: it is active again; -1: it is not any more; 0: neither
 */
int scim_life_turn(const json_t *old, const json_t *doc, const scim_resource_type_t *type);

/** Whether a canonical document is inactive and has nothing but what a tombstone has. */
int scim_life_is_tombstone(const json_t *doc, const scim_resource_type_t *type);

/** Whether a document, stored for this tenant, must be shrunk to a tombstone before. */
int scim_life_ends(const scim_tenant_t *tenant, const json_t *doc,
                   const scim_resource_type_t *type);

/** The tombstone of a canonical document; a new one, owned by p. */
json_t *scim_life_shrink(const json_t *doc, const scim_resource_type_t *type, apr_pool_t *p);

/** A copy of a canonical document that says active false, owned by p. */
json_t *scim_life_deactivate(const json_t *doc, const scim_resource_type_t *type, apr_pool_t *p);

/**
 * Whether a document may lack what is required, because it comes from a tombstone, which lacks it:
 * by PATCH, so that active true alone can begin the account, by PUT only while it stays inactive.
 * @param old as it was stored
 */
int scim_life_may_lack(const scim_tenant_t *tenant, const json_t *old, const json_t *doc, int patch,
                       const scim_resource_type_t *type);

/** Tombstones from before this time are gone; 0: none is. */
apr_time_t scim_life_cutoff(const scim_tenant_t *tenant, apr_time_t now);

/** Whether a row's tombstone is past its life time: for clients there is no such resource. */
int scim_life_is_gone(const scim_tenant_t *tenant, apr_time_t tombstone, apr_time_t now);

/** Whether a row's tombstone keeps nobody from using its name: it is gone, or hidden. */
int scim_life_is_hidden(const scim_tenant_t *tenant, apr_time_t tombstone, apr_time_t now);

#endif
