/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_PRINT_H
#define SCIM_CTL_PRINT_H

#include "ctl.h"
#include "ctl_out.h"

/** Results on standard output: tables for people, lines of JSON for programs. */

typedef struct ctl_list_t ctl_list_t;

/** Begin a list. @param columns ends with key NULL; what JSON has is up to the objects */
ctl_list_t *ctl_list_begin(ctl_t *c, const ctl_column_t *columns);

/** One more. */
void ctl_list_add(ctl_list_t *list, const json_t *object);

/** The end. @param none what is said on standard error where there was none; NULL: nothing */
void ctl_list_end(ctl_list_t *list, const char *none);

/** A time as RFC 3339, in a table as "2026-11-26 05:10:11"; always UTC. A new reference. */
json_t *ctl_time_new(const ctl_t *c, apr_time_t at, apr_pool_t *p);

/** One object. */
void ctl_print_object(ctl_t *c, const json_t *object);

/** Progress of a long work, on standard error where that is a terminal. */
typedef struct ctl_bar_t {
    ctl_t *c;
    ctl_progress_t progress;
    apr_time_t began;
    apr_time_t drawn; /* 0: never */
} ctl_bar_t;

/** Nothing is done yet. @param total 0: not known */
void ctl_bar_begin(ctl_bar_t *bar, ctl_t *c, apr_uint64_t total, const char *unit);

/** So far; drawn some times a second. */
void ctl_bar_set(ctl_bar_t *bar, apr_uint64_t done, apr_uint64_t count);

/** Make room for a line on standard error; the next ctl_bar_set() draws it again. */
void ctl_bar_hide(ctl_bar_t *bar);

/** The last state stays. */
void ctl_bar_end(ctl_bar_t *bar);

#endif
