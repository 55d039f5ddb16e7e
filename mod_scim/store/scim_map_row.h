/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MAP_ROW_H
#define SCIM_MAP_ROW_H

#include "scim_map_impl.h"

/** Private to scim_map_row.c and scim_map_write.c: the statements on one row. */

/** One resource's row being written. */
typedef struct scim_map_row_t {
    scim_store_t *store;
    const scim_map_table_t *table;
    scim_map_target_t target;
    scim_row_t *resource; /* NULL: it is new and has a new row, or is about to be deleted */
    const char *id;       /* of the resource */
    const char *rid;      /* its number as text; NULL: not known */
    const char *key;      /* of the row; NULL: none, or not known */
    const json_t *old;
    const json_t *doc;
    apr_pool_t *pool;
} scim_map_row_t;

/** A column that is written, and with what. */
typedef struct scim_map_cell_t {
    const char *column;
    const char *value;
} scim_map_cell_t;

/** Add a cell to an array of scim_map_cell_t, or give the column there another value. */
void scim_map_cell(apr_array_header_t *cells, const char *column, const char *value);

/** The same for each pair. @param pairs or NULL */
void scim_map_cell_pairs(apr_array_header_t *cells, const scim_map_row_t *row,
                         const apr_array_header_t *pairs);

/** Whether a column has the resource's id: it is for new rows, others keep what they have. */
int scim_map_is_id(const scim_map_column_t *column);

/**
 * Add what the document has for the mapped columns. What has no value and had none is left out: an
 * INSERT takes the column's default for it, an UPDATE leaves what the application has there.
 */
scim_error_t *scim_map_cell_columns(apr_array_header_t *cells, const scim_map_row_t *row,
                                    int is_new) SCIM_CHECKED;

/** The key that the document gives the row; NULL: the database gives it. */
scim_error_t *scim_map_row_key(const char **key, const scim_map_row_t *row) SCIM_CHECKED;

/** UPDATE by row->key. @param rows how many there were; 1 where there is nothing to be set */
scim_error_t *scim_map_row_update(int *rows, const scim_map_row_t *row,
                                  const apr_array_header_t *cells) SCIM_CHECKED;

/** INSERT into target's table. @param skip a column: a row that is there is no error; or NULL */
scim_error_t *scim_map_row_insert(const scim_map_row_t *row, const scim_map_target_t *target,
                                  const apr_array_header_t *cells, const char *skip) SCIM_CHECKED;

/** DELETE by row->key. */
scim_error_t *scim_map_row_delete(const scim_map_row_t *row) SCIM_CHECKED;

#endif
