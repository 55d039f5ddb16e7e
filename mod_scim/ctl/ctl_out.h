/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_OUT_H
#define SCIM_CTL_OUT_H

#include <apr_pools.h>
#include <apr_time.h>
#include <jansson.h>

#include "scim_text.h"

/** What scimctl shows, as text; pure but for the writing itself. */

/** One column of a table. */
typedef struct ctl_column_t {
    const char *key;   /* member of each object */
    const char *title; /* above the column; NULL: JSON only */
} ctl_column_t;

/**
 * A member's value as a table shows it, in p: "-" for none, yes and no, elements with commas
 * between. Control characters, which a terminal would obey, are shown as "?".
 */
const char *ctl_out_text(const json_t *value, apr_pool_t *p);

/** Milliseconds or microseconds are not for people: a time as "2026-11-26 05:10", UTC, in p. */
json_t *ctl_out_time_new(apr_time_t t, apr_pool_t *p);

/** Rows of texts with one width for each column. */
typedef struct ctl_rows_t ctl_rows_t;

/** An empty table. @param columns ends with key NULL. @param width of the terminal, 0: any */
ctl_rows_t *ctl_rows_make(const ctl_column_t *columns, int width, apr_pool_t *p);

/** Add an object's members. */
void ctl_rows_add(ctl_rows_t *rows, const json_t *object);

/** Append the table; the title line only the first time. Rows are forgotten, widths are not. */
void ctl_rows_flush(scim_buf_t *out, ctl_rows_t *rows);

/** How many rows there are. */
int ctl_rows_count(const ctl_rows_t *rows);

/** Append a value as "path  value" lines, one for each text, number and switch in it. */
void ctl_out_flat(scim_buf_t *out, const json_t *value, apr_pool_t *p);

/** How far a long work is. */
typedef struct ctl_progress_t {
    apr_uint64_t done;
    apr_uint64_t total; /* 0: not known */
    apr_uint64_t count; /* of what is counted, */
    const char *unit;   /* such as "lines" */
    apr_time_t seconds; /* since it began, in microseconds */
} ctl_progress_t;

/** A line of at most width columns: "[=====>     ]  42%  4,200 lines  700/s", in p. */
const char *ctl_progress_text(const ctl_progress_t *progress, int width, apr_pool_t *p);

/** A number with commas at the thousands, in p. */
const char *ctl_out_number(apr_uint64_t n, apr_pool_t *p);

#endif
