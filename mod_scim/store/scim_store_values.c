/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include "scim_index.h"

/* Index rows of one statement: any number up to 16, or 64, so that there are few texts. */
#define VALUES_FEW 16
#define VALUES_MANY 64

/* Index rows deleted by one statement. */
#define DELETE_MANY 8

/* @param rid an expression of ours, or NULL: the number */
static scim_error_t *insert_values(scim_store_t *store, const scim_resource_type_t *type,
                                   const scim_index_row_t *rows, int n, const char *rid)
{
    scim_sql_t *sql = scim_sql_make(store->pool);
    int i;

    scim_sql_add(sql, "INSERT INTO scim_value (tenant, type, attr, value, rid) VALUES ");
    for (i = 0; i < n; i++) {
        scim_sql_addv(sql, i ? ", (%s, %s, %s, %s, " : "(%s, %s, %s, %s, ", store->tenant->name,
                      type->name, rows[i].attr, rows[i].value, NULL);
        if (rid) {
            scim_sql_bind(sql, rid);
        } else {
            scim_sql_add(sql, scim_dbd_dialect(store->db)->last_id);
        }
        scim_sql_add(sql, ")");
    }
    return scim_store_exec(NULL, store, sql);
}

scim_error_t *scim_store_insert_values(scim_store_t *store, const scim_resource_type_t *type,
                                       const apr_array_header_t *rows, const char *rid)
{
    const scim_index_row_t *row = (const scim_index_row_t *)(const void *)rows->elts;
    scim_error_t *err = NULL;
    int left = rows->nelts;

    while (left > 0 && !err) {
        int n = left >= VALUES_MANY ? VALUES_MANY : left >= VALUES_FEW ? VALUES_FEW : left;
        err = insert_values(store, type, row, n, rid);
        row += n;
        left -= n;
    }
    return err;
}

/* Every row by its whole primary key, so that no gap between rows is locked. */
static scim_error_t *delete_values(scim_store_t *store, const scim_resource_type_t *type,
                                   const scim_index_row_t *rows, int n, const char *rid)
{
    scim_sql_t *sql = scim_sql_make(store->pool);
    int i;

    scim_sql_addv(sql, "DELETE FROM scim_value WHERE tenant = %s AND type = %s AND rid = %s AND (",
                  store->tenant->name, type->name, rid, NULL);
    for (i = 0; i < n; i++) {
        scim_sql_addv(sql, i ? " OR (attr = %s AND value = %s)" : "(attr = %s AND value = %s)",
                      rows[i].attr, rows[i].value, NULL);
    }
    scim_sql_add(sql, ")");
    return scim_store_exec(NULL, store, sql);
}

static scim_error_t *delete_some_values(scim_store_t *store, const scim_resource_type_t *type,
                                        const apr_array_header_t *rows, const char *rid)
{
    const scim_index_row_t *row = (const scim_index_row_t *)(const void *)rows->elts;
    scim_error_t *err = NULL;
    int left = rows->nelts;

    while (left > 0 && !err) {
        int n = left < DELETE_MANY ? left : DELETE_MANY;
        err = delete_values(store, type, row, n, rid);
        row += n;
        left -= n;
    }
    return err;
}

/* Rows of a that are not in b; both sorted. */
static apr_array_header_t *difference(const apr_array_header_t *a, const apr_array_header_t *b,
                                      apr_pool_t *p)
{
    apr_array_header_t *out = apr_array_make(p, 8, sizeof(scim_index_row_t));
    int i;
    int j = 0;

    for (i = 0; i < a->nelts; i++) {
        const scim_index_row_t *row = &APR_ARRAY_IDX(a, i, scim_index_row_t);
        while (j < b->nelts &&
               scim_index_compare(&APR_ARRAY_IDX(b, j, scim_index_row_t), row) < 0) {
            j++;
        }
        if (j == b->nelts || scim_index_compare(&APR_ARRAY_IDX(b, j, scim_index_row_t), row) != 0) {
            APR_ARRAY_PUSH(out, scim_index_row_t) = *row;
        }
    }
    return out;
}

scim_error_t *scim_store_update_values(scim_store_t *store, const scim_resource_type_t *type,
                                       const apr_array_header_t *before,
                                       const apr_array_header_t *after, apr_int64_t number)
{
    apr_pool_t *p = store->pool;
    const char *rid = scim_store_int(number, p);
    scim_error_t *err = delete_some_values(store, type, difference(before, after, p), rid);

    return err ? err : scim_store_insert_values(store, type, difference(after, before, p), rid);
}
