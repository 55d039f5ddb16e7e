/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_QUERY_IMPL_H
#define SCIM_QUERY_IMPL_H

#include "scim_query.h"

/** Private to scim_query*.c: what a query says, before it is understood; NULL: not given. */
typedef struct scim_query_raw_t {
    const char *filter;
    const char *attributes;
    const char *excluded;
    const char *start_index;
    const char *count;
    const char *sort_by;
    const char *sort_order;
    const char *cursor;
} scim_query_raw_t;

/** Understand and check it. */
scim_error_t *scim_query_finish(scim_query_t *out, const scim_query_raw_t *raw,
                                const scim_tenant_t *tenant, apr_pool_t *p) SCIM_CHECKED;

#endif
