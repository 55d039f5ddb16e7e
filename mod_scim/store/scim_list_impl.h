/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_LIST_IMPL_H
#define SCIM_LIST_IMPL_H

#include "scim_cursor.h"
#include "scim_store_impl.h"

/** Private to scim_store_list.c and scim_list_*.c: how lists are answered. */

/** One type's share of a list. */
typedef struct scim_listing_t {
    scim_store_t *store;
    const scim_search_t *search;
    const scim_search_part_t *part;
    scim_sql_t *where;       /* condition of the filter, or NULL */
    int exact;               /* where is all of the filter */
    int keep;                /* the statements' texts are among a fixed few */
    int unsorted;            /* the index to sort by lacks some resources */
    int hides;               /* tombstones are not shown: all of them, or with hides_before */
    apr_time_t hides_before; /* those that are older; 0: all */
    apr_int64_t *seen;       /* what the list has looked at one by one, over all its types */
    apr_pool_t *pool;
} scim_listing_t;

/** Which part of a listing is wanted, in order of rid. */
typedef struct scim_slice_t {
    apr_int64_t offset;
    int limit;
    apr_int64_t after; /* rid; 0: from the beginning */
    int counts;        /* total is wanted */
    apr_int64_t total;
} scim_slice_t;

/** Work out where, exact, keep, unsorted and which tombstones are hidden. */
scim_error_t *scim_list_condition(scim_listing_t *l) SCIM_CHECKED;

/** Append " WHERE r.tenant = … AND r.type = …" with the condition. */
void scim_list_where(scim_sql_t *sql, const scim_listing_t *l);

/** Append the condition on r that leaves hidden tombstones out; nothing where none is hidden. */
void scim_list_hide(scim_sql_t *sql, const scim_listing_t *l);

/** Append that the table named last is to be read by this index. */
void scim_list_hint(scim_sql_t *sql, const scim_listing_t *l, const char *index);

/** How many there are, by the counters or by COUNT(*). @param gone deletions so far; may be NULL */
scim_error_t *scim_list_total(apr_int64_t *total, apr_int64_t *gone,
                              const scim_listing_t *l) SCIM_CHECKED;

/** Whether the statements of a page, or of a scan, can be prepared: see scim_dbd_can_prepare(). */
int scim_list_page_prepares(const scim_listing_t *l, const scim_slice_t *slice);
int scim_list_scan_prepares(const scim_listing_t *l);

/** Append the slice's rows where SQL does it all. */
scim_error_t *scim_list_page(apr_array_header_t *rows, scim_slice_t *slice,
                             const scim_listing_t *l) SCIM_CHECKED;

/** The same where the matcher finishes the filter. */
scim_error_t *scim_list_scan_page(apr_array_header_t *rows, scim_slice_t *slice,
                                  const scim_listing_t *l) SCIM_CHECKED;

/**
 * Called for each resource that matches, in order of rid; the row and the tree go with the call.
 * @param tree with what the filter and the sort path need
 * @param done set to end the scan
 */
typedef scim_error_t *(scim_list_found_fn)(void *baton, const scim_row_t *row, const json_t *tree,
                                           int *done);

/** Look at the candidates one by one. More than tenant->max_scan of them: 400 tooMany. */
scim_error_t *scim_list_scan(const scim_listing_t *l, apr_int64_t after, scim_list_found_fn *found,
                             void *baton) SCIM_CHECKED;

/** The same as scim_list_scan() says it. */
scim_error_t *scim_list_too_many(const scim_listing_t *l) SCIM_CHECKED;

/** Rows deleted between a list's statements have rid 0; they go. */
void scim_list_drop_deleted(apr_array_header_t *rows);

/** What one type is sorted by, and how its keys are found. */
typedef enum scim_walk_source_t {
    SCIM_WALK_NOTHING, /* the type does not have the attribute */
    SCIM_WALK_COLUMN,
    SCIM_WALK_VALUE, /* by way of scim_value */
    SCIM_WALK_DOC    /* only the documents tell */
} scim_walk_source_t;

typedef struct scim_walk_t {
    const scim_listing_t *l;
    int part; /* number of the type, for the entries */
    scim_walk_source_t source;
    const struct scim_walk_column_t *column;
    const char *with; /* names in scim_value */
    const char *without;
    const scim_position_t *position; /* or NULL */
    apr_array_header_t *entries;     /* scim_sort_entry_t; they are added here */
} scim_walk_t;

/** Find the source of a type's keys. */
void scim_walk_init(scim_walk_t *w, const scim_listing_t *l, int part,
                    const scim_position_t *position, apr_array_header_t *entries);

/** The kind of its keys, where it has any. */
scim_key_kind_t scim_walk_kind(const scim_walk_t *w);

/** Add the next n entries in the list's order, from the index, after skipping offset of them. */
scim_error_t *scim_walk_run(const scim_walk_t *w, apr_int64_t offset, int n) SCIM_CHECKED;

/** Add all that the filter selects, in no order. */
scim_error_t *scim_walk_all(const scim_walk_t *w) SCIM_CHECKED;

/** 0 where the driver cannot prepare the statements of this walk any more. */
int scim_walk_can_prepare(const scim_walk_t *w);

/**
 * A sorted list.
 * @param listings one for each type
 * @param position where the page before ended, or NULL
 * @param last where this page ends; more: whether there is a next one
 */
scim_error_t *scim_list_sorted(scim_page_t *out, scim_position_t *last, int *more,
                               scim_listing_t *listings, const scim_position_t *position,
                               apr_pool_t *p) SCIM_CHECKED;

/** The tenant's key for cursors, made when it is first needed. */
scim_error_t *scim_store_cursor_key(unsigned char key[SCIM_CURSOR_KEY],
                                    scim_store_t *store) SCIM_CHECKED;

#endif
