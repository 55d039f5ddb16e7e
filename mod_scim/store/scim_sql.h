/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SQL_H
#define SCIM_SQL_H

#include <apr_tables.h>

#include "scim_dialect.h"
#include "scim_filter.h"
#include "scim_text.h"

/** SQL text under construction with its bound values (const char *). No connection needed. */
typedef struct scim_sql_t {
    scim_buf_t *text;
    apr_array_header_t *args;
} scim_sql_t;

scim_sql_t *scim_sql_make(apr_pool_t *p);
/** Append SQL text: constants of ours only. */
void scim_sql_add(scim_sql_t *sql, const char *text);
/** Append a parameter and its value, copied. */
void scim_sql_bind(scim_sql_t *sql, const char *value);
void scim_sql_bind_int(scim_sql_t *sql, apr_int64_t value);

/**
 * Append the condition for a filter on `scim_resource r` that selects a superset of what the filter
 * matches: nothing (and *exact 0) where SQL can tell nothing.
 * @param exact 1 if the condition selects exactly what scim_match() matches
 * @return 1 if a condition was appended, else 0
 */
int scim_sql_filter(scim_sql_t *sql, int *exact, const scim_filter_t *f, const char *tenant,
                    const scim_resource_type_t *type);

#endif
