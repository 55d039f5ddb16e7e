/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_map_impl.h"

#define TENANT "{tenant}"

const char *scim_map_text(const scim_store_t *store, const char *value, apr_pool_t *p)
{
    const char *hole = value ? strstr(value, TENANT) : NULL;

    if (!hole) {
        return value;
    }
    return apr_pstrcat(p, apr_pstrmemdup(p, value, (apr_size_t)(hole - value)), store->tenant->name,
                       hole + strlen(TENANT), NULL);
}

void scim_map_name(scim_sql_t *sql, const scim_store_t *store, const char *alias, const char *name)
{
    if (alias) {
        scim_sql_add(sql, alias);
        scim_sql_add(sql, ".");
    }
    scim_sql_name(sql, scim_dbd_dialect(store->db), name);
}

void scim_map_where(scim_sql_t *sql, const scim_store_t *store, const char *alias,
                    const apr_array_header_t *pairs)
{
    int i;

    for (i = 0; i < pairs->nelts; i++) {
        const scim_map_pair_t *pair = &APR_ARRAY_IDX(pairs, i, scim_map_pair_t);
        scim_sql_add(sql, " AND ");
        scim_map_name(sql, store, alias, pair->column);
        if (pair->value) {
            scim_sql_add(sql, " = ");
            scim_sql_bind(sql, scim_map_text(store, pair->value, sql->text->pool));
        } else {
            scim_sql_add(sql, " IS NULL");
        }
    }
}

void scim_map_skip_duplicate(scim_sql_t *sql, const scim_store_t *store, const char *column)
{
    const scim_dialect_t *dialect = scim_dbd_dialect(store->db);

    scim_sql_add(sql, dialect->skip_duplicate);
    if (dialect->skip_again) {
        scim_sql_name(sql, dialect, column);
        scim_sql_add(sql, dialect->skip_again);
        scim_sql_name(sql, dialect, column);
    }
}

void scim_map_as_text(scim_sql_t *sql, const scim_store_t *store, const char *alias,
                      const char *column)
{
    scim_sql_add(sql, "CAST(");
    scim_map_name(sql, store, alias, column);
    scim_sql_add(sql, " AS ");
    scim_sql_add(sql, scim_dbd_dialect(store->db)->text_type);
    scim_sql_add(sql, ")");
}

scim_error_t *scim_map_exec(int *rows, scim_store_t *store, const scim_map_target_t *target,
                            const scim_sql_t *sql, int keep)
{
    /* Where statements are never freed, a few texts too many do less harm than to refuse them. */
    int kept = keep || !scim_dbd_dialect(store->db)->frees_statements;

    return scim_map_refused(scim_store_exec_as(rows, store, sql, kept), store, target);
}

scim_error_t *scim_map_select(scim_store_t *store, const scim_map_target_t *target,
                              const scim_sql_t *sql, int ncols, scim_dbd_row_fn *fn, void *baton)
{
    return scim_map_refused(scim_store_select(store, sql, 1, ncols, fn, baton), store, target);
}

/* ---- links ---- */

static scim_error_t *read_text(void *baton, const char *const *cols)
{
    apr_array_header_t *found = baton;

    APR_ARRAY_PUSH(found, const char *) = apr_pstrdup(found->pool, cols[0]);
    return NULL;
}

scim_error_t *scim_map_key(const char **key, scim_store_t *store, const scim_map_table_t *t,
                           const char *rid, apr_pool_t *p)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(const char *));
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT l.app_key FROM scim_link l WHERE l.tenant = %s AND l.type = %s "
                  "AND l.rid = %s",
                  store->tenant->name, t->type->name, rid, NULL);
    err = scim_store_select(store, sql, 1, 1, read_text, found);
    if (!err) {
        *key = found->nelts ? APR_ARRAY_IDX(found, 0, const char *) : NULL;
    }
    return err;
}

scim_error_t *scim_map_link(scim_store_t *store, const scim_map_table_t *t, const char *id,
                            const char *key, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    scim_sql_add(sql, "INSERT INTO scim_link (tenant, type, rid, app_key) "
                      "SELECT r.tenant, r.type, r.rid, ");
    if (key) {
        scim_sql_bind(sql, key);
    } else {
        scim_sql_add(sql, scim_dbd_dialect(store->db)->last_id);
    }
    scim_sql_addv(sql, " FROM scim_resource r WHERE r.tenant = %s AND r.id = %s",
                  store->tenant->name, id, NULL);
    err = scim_store_exec(NULL, store, sql);
    if (err && err->cause == SCIM_CAUSE_DUPLICATE) {
        return scim_error_make(store->pool, 409, SCIM_TYPE_UNIQUENESS,
                               "The application's row of this %s belongs to another %s already.",
                               t->type->name, t->type->name);
    }
    return err;
}
