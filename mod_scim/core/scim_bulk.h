/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_BULK_H
#define SCIM_BULK_H

#include "scim_json.h"
#include "scim_tenant.h"

/**
 * Bulk requests (RFC 7644 section 3.7) as a pure plan: the operations, what they refer to among
 * each other, and the order in which they can run. An operation waits for those that create what it
 * refers to; apart from that the client's order stands.
 *
 * Creations that refer to each other in a circle (section 3.7.1) are done in two steps: first
 * without the references that close the circle, then those are added by a PATCH.
 */

typedef enum scim_bulk_method_t {
    SCIM_BULK_POST,
    SCIM_BULK_PUT,
    SCIM_BULK_PATCH,
    SCIM_BULK_DELETE,
    SCIM_BULK_OTHER /* not a method of Bulk: this operation fails */
} scim_bulk_method_t;

/** A string "bulkId:x" that gets the id of what the operation with bulkId x creates. */
typedef struct scim_bulk_ref_t {
    json_t *at; /* the string in data or rest; NULL: the last segment of path */
    int op;     /* the index of the POST that creates it */
    int rest;   /* 1: it closes a circle and is in rest */
} scim_bulk_ref_t;

typedef struct scim_bulk_op_t {
    scim_bulk_method_t method;
    const char *method_name; /* as the response names it */
    const char *path;        /* as the client gave it */
    const char *bulk_id;     /* or NULL */
    const char *version;     /* for PUT, PATCH, DELETE; or NULL */
    json_t *data;            /* the body of POST, PUT and PATCH, else NULL */
    json_t *rest; /* what closes a circle: the value of a PATCH add without a path; or NULL */
    const scim_bulk_ref_t *refs;
    int nrefs;
    const char *unknown; /* a bulkId that it refers to and that no POST has; or NULL */
} scim_bulk_op_t;

typedef struct scim_bulk_step_t {
    int op;   /* index */
    int rest; /* 1: add the rest of what was created in an earlier step */
} scim_bulk_step_t;

typedef struct scim_bulk_t {
    const scim_bulk_op_t *ops; /* in the request's order, which is the response's */
    int nops;
    const scim_bulk_step_t *steps;
    int nsteps;
    int fail_on_errors; /* stop after so many; 0: never */
} scim_bulk_t;

/**
 * Parse a BulkRequest. Names of members are without case. Refused as a whole, with the number of
 * the operation: what is not a BulkRequest, 400 invalidSyntax; a member that is missing or of a
 * wrong type, a bulkId that is missing or used twice, 400 invalidValue; more operations than the
 * tenant allows, 413. Time and memory go by the size of the body.
 * @param body becomes a part of the plan, which takes the rests out of it
 */
scim_error_t *scim_bulk_parse(const scim_bulk_t **out, json_t *body, const scim_tenant_t *tenant,
                              apr_pool_t *p) SCIM_CHECKED;

/**
 * Put ids where a step refers to what is created by now.
 * @param ids by operation: the id of what it created, or NULL
 * @return -1, or the index of an operation that has created nothing: this step cannot run
 */
int scim_bulk_resolve(const scim_bulk_op_t *op, int rest, const char *const *ids);

/** The operation's path with what it refers to in place of "bulkId:x"; path itself without one. */
const char *scim_bulk_path(const scim_bulk_op_t *op, const char *const *ids, apr_pool_t *p);

#endif
