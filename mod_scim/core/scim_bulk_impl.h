/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_BULK_IMPL_H
#define SCIM_BULK_IMPL_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "scim_bulk.h"

/** Private to scim_bulk*.c. */

/** What a value begins with that refers to an operation. */
#define SCIM_BULK_PREFIX "bulkId:"

/** A plan in the making. */
typedef struct scim_bulk_plan_t {
    scim_bulk_op_t *ops;
    int nops;
    int *first;               /* by operation: where its refs begin; first[nops]: their number */
    int *circle;              /* by operation: the same number for those in circles together */
    apr_array_header_t *refs; /* of scim_bulk_ref_t, by operation */
    apr_array_header_t *steps;
    apr_array_header_t *walk; /* of json_t *: values that are looked at */
    apr_pool_t *pool;
} scim_bulk_plan_t;

/** The bulkId that a value refers to, or NULL. */
const char *scim_bulk_name(const char *value);

/** Called for each string in a value. Returns 0 to stop. */
typedef int(scim_bulk_string_fn)(void *baton, json_t *string);

/** Visit the strings of a value, outer ones first, without recursion. Returns 0 if fn did. */
int scim_bulk_each_string(scim_bulk_plan_t *plan, json_t *value, scim_bulk_string_fn *fn,
                          void *baton);

/** Find the references that close a circle and mark them; set plan->circle. */
void scim_bulk_circles(scim_bulk_plan_t *plan);

/** Move the values with a marked reference from an operation's data to its rest. */
void scim_bulk_split(scim_bulk_plan_t *plan, int op);

/** Put the steps in an order in which each comes after those it needs. */
void scim_bulk_order(scim_bulk_plan_t *plan);

#endif
