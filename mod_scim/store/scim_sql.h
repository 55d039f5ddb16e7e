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
    int any_cut;     /* set by the caller: some value of the index is cut off (scim_index.h) */
    int asks_cut;    /* set by scim_sql_filter(): the condition depends on any_cut */
    int any_stale;   /* set by the caller: some resource is indexed otherwise than its type says */
    int asks_stale;  /* set by scim_sql_filter(): the condition depends on any_stale */
    int any_nested;  /* set by the caller: there are groups in groups (scim_nesting.h) */
    int asks_nested; /* set by scim_sql_filter(): the condition depends on any_nested */
} scim_sql_t;

scim_sql_t *scim_sql_make(apr_pool_t *p);
/** Append SQL text: constants of ours only. */
void scim_sql_add(scim_sql_t *sql, const char *text);
/** Append the name of one of the application's tables or columns in the dialect's quotes: "a" or,
 *  of a table, "database.a". The parts are letters, digits and underscores (scim_map.h). */
void scim_sql_name(scim_sql_t *sql, const scim_dialect_t *dialect, const char *name);
/** Append a parameter and its value, copied; NULL is SQL NULL. */
void scim_sql_bind(scim_sql_t *sql, const char *value);
void scim_sql_bind_int(scim_sql_t *sql, apr_int64_t value);

/** Append SQL text with a parameter for each %s in it, in order: values, ended by NULL. */
void scim_sql_addv(scim_sql_t *sql, const char *text, ...) __attribute__((sentinel));

/**
 * Append "(%s, %s, …)" for n values, filled up with the last one to the next of a few sizes, so
 * that lists of any length make few statement texts.
 * @param n at least 1, at most SCIM_SQL_LIST
 */
void scim_sql_list(scim_sql_t *sql, const char *const *values, int n);

/** The size to which scim_sql_list() fills up a list of n. */
int scim_sql_list_size(int n);
#define SCIM_SQL_LIST 256

/**
 * Append the condition for a filter on `scim_resource r` that selects a superset of what the filter
 * matches: nothing (and *exact 0) where SQL can tell nothing.
 * @param exact 1 if the condition selects exactly what scim_match() matches
 * @return 1 if a condition was appended, else 0
 */
int scim_sql_filter(scim_sql_t *sql, int *exact, const scim_filter_t *f, const char *tenant,
                    const scim_resource_type_t *type);

/**
 * Whether a filter is nothing but one value looked up in scim_value.
 * @param attr  set to its name there, and value to the value
 */
int scim_sql_lookup(const char **attr, const char **value, const scim_filter_t *f,
                    const scim_resource_type_t *type, apr_pool_t *p);

/**
 * The smallest string that is larger than every string that begins with s, byte by byte; NULL if
 * there is none. s is valid UTF-8, and so is the answer.
 */
const char *scim_sql_after_prefix(const char *s, apr_pool_t *p);

#endif
