/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_map_row.h"

#include <apr_strings.h>

/* ---- values ---- */

void scim_map_cell(apr_array_header_t *cells, const char *column, const char *value)
{
    scim_map_cell_t *cell;
    int i;

    for (i = 0; i < cells->nelts; i++) {
        cell = &APR_ARRAY_IDX(cells, i, scim_map_cell_t);
        if (scim_text_ieq(cell->column, column)) {
            cell->value = value;
            return;
        }
    }
    cell = apr_array_push(cells);
    cell->column = column;
    cell->value = value;
}

void scim_map_cell_pairs(apr_array_header_t *cells, const scim_map_row_t *row,
                         const apr_array_header_t *pairs)
{
    int i;

    for (i = 0; pairs && i < pairs->nelts; i++) {
        const scim_map_pair_t *pair = &APR_ARRAY_IDX(pairs, i, scim_map_pair_t);
        scim_map_cell(cells, pair->column, scim_map_text(row->store, pair->value, row->pool));
    }
}

/* Whether the attribute had a value that the column may still have. */
static int had_value(const scim_map_row_t *row, const scim_map_column_t *column)
{
    const char *value;
    scim_error_t *err = row->old ? scim_map_value(&value, column, row->old, row->pool) : NULL;

    return row->old && (err || value);
}

/* The id is for new rows: one that was there before keeps what it has. */
int scim_map_is_id(const scim_map_column_t *column)
{
    return column->path.attr->at == SCIM_AT_ID;
}

/*
 * What has no value and had none is left out: an INSERT takes the column's default for it, an
 * UPDATE leaves what the application has there.
 */
scim_error_t *scim_map_cell_columns(apr_array_header_t *cells, const scim_map_row_t *row,
                                    int is_new)
{
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < row->table->columns->nelts && !err; i++) {
        const scim_map_column_t *column = &APR_ARRAY_IDX(row->table->columns, i, scim_map_column_t);
        const char *value;

        if (scim_map_is_id(column) && !is_new) {
            continue;
        }
        err = scim_map_value(&value, column, row->doc, row->pool);
        if (!err && (value || had_value(row, column))) {
            scim_map_cell(cells, column->column, value);
        }
    }
    return err;
}

/* The key that the document gives the row, or NULL: the database gives it. */
scim_error_t *scim_map_row_key(const char **key, const scim_map_row_t *row)
{
    *key = NULL;
    return row->table->given_key ? scim_map_value(key, row->table->given_key, row->doc, row->pool)
                                 : NULL;
}

/* ---- statements ---- */

static void key_condition(scim_sql_t *sql, const scim_map_row_t *row)
{
    scim_sql_add(sql, " WHERE ");
    scim_map_name(sql, row->store, NULL, row->table->key);
    scim_sql_add(sql, " = ");
    scim_sql_bind(sql, row->key);
    scim_map_where(sql, row->store, NULL, row->table->constants);
}

/* @param rows 1 where there is nothing to be set */
scim_error_t *scim_map_row_update(int *rows, const scim_map_row_t *row,
                                  const apr_array_header_t *cells)
{
    scim_sql_t *sql = scim_sql_make(row->pool);
    int i;

    *rows = 1;
    if (cells->nelts == 0) {
        return NULL;
    }
    scim_sql_add(sql, "UPDATE ");
    scim_map_name(sql, row->store, NULL, row->table->table);
    for (i = 0; i < cells->nelts; i++) {
        const scim_map_cell_t *cell = &APR_ARRAY_IDX(cells, i, scim_map_cell_t);
        scim_sql_add(sql, i ? ", " : " SET ");
        scim_map_name(sql, row->store, NULL, cell->column);
        scim_sql_add(sql, " = ");
        scim_sql_bind(sql, cell->value);
    }
    key_condition(sql, row);
    return scim_map_exec(rows, row->store, &row->target, sql, 0);
}

scim_error_t *scim_map_row_insert(const scim_map_row_t *row, const scim_map_target_t *target,
                                  const apr_array_header_t *cells, const char *skip)
{
    scim_sql_t *sql = scim_sql_make(row->pool);
    int i;

    scim_sql_add(sql, "INSERT INTO ");
    scim_map_name(sql, row->store, NULL, target->name);
    for (i = 0; i < cells->nelts; i++) {
        scim_sql_add(sql, i ? ", " : " (");
        scim_map_name(sql, row->store, NULL, APR_ARRAY_IDX(cells, i, scim_map_cell_t).column);
    }
    for (i = 0; i < cells->nelts; i++) {
        scim_sql_add(sql, i ? ", " : ") VALUES (");
        scim_sql_bind(sql, APR_ARRAY_IDX(cells, i, scim_map_cell_t).value);
    }
    scim_sql_add(sql, ")");
    if (skip) {
        scim_map_skip_duplicate(sql, row->store, skip);
    }
    return scim_map_exec(NULL, row->store, target, sql, 0);
}

scim_error_t *scim_map_row_delete(const scim_map_row_t *row)
{
    scim_map_target_t target = row->target;
    scim_sql_t *sql = scim_sql_make(row->pool);

    target.deletes = 1;
    scim_sql_add(sql, "DELETE FROM ");
    scim_map_name(sql, row->store, NULL, row->table->table);
    key_condition(sql, row);
    return scim_map_exec(NULL, row->store, &target, sql, 1);
}
