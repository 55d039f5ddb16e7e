/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_PATCH_H
#define SCIM_PATCH_H

#include "scim_resource.h"

/**
 * PATCH (RFC 7644 section 3.5.2) as a pure function. Parsing resolves every operation against the
 * schema, so an invalid request is refused before the database is asked. Operations on
 * Group.members are split off into a membership plan: a group's document has no members.
 */

typedef enum scim_patch_op_t {
    SCIM_PATCH_ADD,
    SCIM_PATCH_REPLACE,
    SCIM_PATCH_REMOVE
} scim_patch_op_t;

/** One operation with a resolved target. A pathless operation is parsed into one per key. */
typedef struct scim_patch_step_t {
    scim_patch_op_t op;
    scim_path_t path;
    const json_t *value; /* decoded and canonical, owned by the patch; NULL: remove it all */
} scim_patch_step_t;

typedef enum scim_member_op_t {
    SCIM_MEMBER_ADD,     /* ids */
    SCIM_MEMBER_REMOVE,  /* ids */
    SCIM_MEMBER_REPLACE, /* exactly these ids from now on; n may be 0 */
    SCIM_MEMBER_FILTER   /* remove those that match filter (not a plain `value eq`) */
} scim_member_op_t;

typedef struct scim_member_step_t {
    scim_member_op_t op;
    const char *const *ids; /* without duplicates, in first-seen order */
    int n;
    const scim_filter_t *filter;
} scim_member_step_t;

typedef struct scim_patch_t {
    const scim_patch_step_t *steps;
    int nsteps;
    const scim_member_step_t *members; /* in order; neighbours of one kind are merged */
    int nmembers;
    const char *ignored; /* undefined names dropped, as in scim_resource_create(); NULL: none */
} scim_patch_t;

/**
 * Parse a PatchOp body. op in any case (Entra); schemas URN required without case; readOnly
 * targets inside a pathless value are dropped, as an explicit path they are 400 mutability;
 * undefined attributes: 400 invalidPath as a path, dropped inside a pathless value unless the
 * tenant rejects them; dotted and URN-qualified keys in a pathless value are paths; `remove` with
 * a value list on a multi-valued attribute removes just those elements (Entra); writeOnly targets
 * (password) are accepted and dropped.
 * More operations than the tenant allows: 413.
 * A tenant may be stricter (scim_tenant_t): no operation without a path; undefined names in paths
 * and in the message's schemas 400 invalidSyntax; a path with a filter ends in a sub-attribute
 * (else 400 invalidPath) and matches one element (else 400 invalidFilter, here for members, or by
 * scim_patch_apply()), where members[value eq "…"].value removes that member; `replace` of a
 * complex attribute clears what is not given.
 */
scim_error_t *scim_patch_parse(const scim_patch_t **out, const json_t *body,
                               const scim_resource_type_t *type, const scim_tenant_t *tenant,
                               apr_pool_t *p) SCIM_CHECKED;

/**
 * Apply the document's part of a patch.
 * @param out a new canonical document owned by p; old is not changed. json_equal(out, old) tells
 *            a no-op. 413 where operations times values is more than one request may cost.
 */
scim_error_t *scim_patch_apply(json_t **out, const json_t *old, const scim_patch_t *patch,
                               const scim_resource_type_t *type, const scim_tenant_t *tenant,
                               apr_pool_t *p) SCIM_CHECKED;

/** The ids in a canonical `members` array (or NULL for none), without duplicates. */
scim_error_t *scim_member_ids(const char *const **ids, int *n, const json_t *members,
                              apr_pool_t *p) SCIM_CHECKED;

#endif
