/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_groups.h"

#include <stdlib.h>
#include <string.h>

#include "scim_id.h"
#include "scim_seat.h"

scim_error_t *scim_store_groups_named(apr_array_header_t *rows, scim_store_t *store,
                                      const apr_array_header_t *names, apr_pool_t *p)
{
    const scim_dialect_t *dialect = scim_dbd_dialect(store->db);
    const scim_resource_type_t *type = scim_store_type_with(store, SCIM_AT_MEMBERS);
    scim_reading_t reading = {store, rows, p, 0};
    scim_sql_t *sql = scim_sql_make(p);

    if (!type || names->nelts == 0) {
        return NULL;
    }
    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, dialect, SCIM_STORE_GROUPS);
    scim_sql_add(sql, " FROM scim_resource r");
    scim_store_hint(sql, dialect, "scim_resource_ukey");
    scim_sql_addv(sql, " WHERE r.tenant = %s AND r.type = %s AND r.ukey IN ", store->tenant->name,
                  type->name, NULL);
    scim_sql_list(sql, (const char *const *)(const void *)names->elts, names->nelts);
    return scim_store_select(store, sql, 1, SCIM_ROW_COLUMNS, scim_store_read_row, &reading);
}

void scim_store_groups_coming(scim_store_t *store, const apr_array_header_t *rids)
{
    store->coming = rids;
}

/* ---- groups on demand ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const scim_store_name_t *)a)->folded, ((const scim_store_name_t *)b)->folded);
}

static int is_there(const apr_array_header_t *rows, const scim_store_name_t *name, apr_pool_t *p)
{
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const char *display = APR_ARRAY_IDX(rows, i, scim_row_t).display;
        if (display && strcmp(scim_text_fold(display, p), name->folded) == 0) {
            return 1;
        }
    }
    return 0;
}

static scim_error_t *make_group(apr_array_header_t *rows, scim_store_t *store, const char *name,
                                apr_pool_t *p)
{
    const scim_resource_type_t *type = scim_store_type_with(store, SCIM_AT_MEMBERS);
    json_t *doc = scim_json_own(json_object(), p);
    json_t *schemas = json_array();
    scim_row_t *row;
    scim_error_t *err;

    json_array_append_new(schemas, json_string(type->schema->urn));
    json_object_set_new(doc, "schemas", schemas);
    json_object_set_new(doc, "id", json_string(scim_id_make(p)));
    json_object_set_new(doc, scim_type_attr_at(type, SCIM_AT_UNIQUE)->name, json_string(name));
    err = scim_store_insert(&row, store, type, doc, p);
    if (err && err->cause == SCIM_CAUSE_DUPLICATE) {
        err = scim_error_make(store->pool, 503, SCIM_TYPE_NONE,
                              "The group is being made by others; try again.");
        err->cause = SCIM_CAUSE_RETRY; /* by now it is there */
    }
    if (!err) {
        APR_ARRAY_PUSH(rows, scim_row_t) = *row;
    }
    return err;
}

scim_error_t *scim_store_groups_make(apr_array_header_t *rows, scim_store_t *store,
                                     const apr_array_header_t *names, apr_pool_t *p)
{
    apr_array_header_t *sorted = apr_array_copy(p, names);
    apr_array_header_t *folded = apr_array_make(p, names->nelts + 1, sizeof(const char *));
    apr_array_header_t *there = apr_array_make(p, names->nelts + 1, sizeof(scim_row_t));
    scim_error_t *err;
    int i;

    if (names->nelts == 0 || !scim_store_type_with(store, SCIM_AT_MEMBERS)) {
        return NULL;
    }
    qsort(sorted->elts, (size_t)sorted->nelts, sizeof(scim_store_name_t), compare_names);
    for (i = 0; i < sorted->nelts; i++) {
        APR_ARRAY_PUSH(folded, const char *) = APR_ARRAY_IDX(sorted, i, scim_store_name_t).folded;
    }
    err = scim_seat_lock(store, SCIM_SEAT_GROUPS, 0, p);
    if (!err) {
        err = scim_store_groups_named(there, store, folded, p);
    }
    apr_array_cat(rows, there);
    for (i = 0; i < sorted->nelts && !err; i++) {
        const scim_store_name_t *name = &APR_ARRAY_IDX(sorted, i, scim_store_name_t);
        if (!is_there(there, name, p)) {
            err = make_group(rows, store, name->name, p);
        }
    }
    return err;
}
