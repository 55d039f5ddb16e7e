/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_map_read.h"

#include <apr_strings.h>

#include "scim_map_impl.h"

/* A value is shown as far as this. */
#define VALUE_CHARS "2000"

typedef struct reading_t {
    apr_array_header_t *seen;
    int found;
    apr_pool_t *pool;
} reading_t;

static scim_error_t *read_row(void *baton, const char *const *cols)
{
    reading_t *reading = baton;
    int i;

    for (i = 0; i < reading->seen->nelts; i++) {
        scim_map_seen_t *one = &APR_ARRAY_IDX(reading->seen, i, scim_map_seen_t);
        char *text = apr_pstrdup(reading->pool, cols[i] ? cols[i] : "");
        scim_text_clean(text); /* the column is the application's: it need not hold UTF-8 */
        one->value = cols[i] && !one->hidden ? text : NULL;
    }
    reading->found = 1;
    return NULL;
}

static int is_hidden(const scim_map_column_t *column)
{
    const scim_attr_t *attr = column->path.attr;
    const scim_attr_t *sub = column->path.sub;

    return attr->returned == SCIM_RETURNED_NEVER || attr->mutability == SCIM_WRITE_ONLY ||
           (sub && (sub->returned == SCIM_RETURNED_NEVER || sub->mutability == SCIM_WRITE_ONLY));
}

static void add(const reading_t *reading, scim_sql_t *sql, const scim_store_t *store,
                const scim_map_seen_t *one)
{
    scim_sql_add(sql, reading->seen->nelts ? ", " : "SELECT ");
    if (one->hidden) {
        scim_sql_add(sql, "NULL");
    } else {
        /* A column of any size is read no further, so that the driver's buffer stays small. */
        scim_sql_add(sql, "SUBSTR(");
        scim_map_as_text(sql, store, "a", one->column);
        scim_sql_add(sql, ", 1, " VALUE_CHARS ")");
    }
    APR_ARRAY_PUSH(reading->seen, scim_map_seen_t) = *one;
}

static void add_columns(const reading_t *reading, scim_sql_t *sql, const scim_store_t *store,
                        const scim_map_table_t *t)
{
    scim_map_seen_t one = {t->table, t->key, NULL, NULL, 0};
    int i;

    add(reading, sql, store, &one);
    for (i = 0; i < t->columns->nelts; i++) {
        const scim_map_column_t *column = &APR_ARRAY_IDX(t->columns, i, scim_map_column_t);
        one.column = column->column;
        one.label = column->label;
        one.hidden = is_hidden(column);
        add(reading, sql, store, &one);
    }
}

scim_error_t *scim_map_read(apr_array_header_t **seen, scim_store_t *store, const scim_map_t *map,
                            const scim_resource_type_t *type, apr_int64_t rid, apr_pool_t *p)
{
    const scim_map_table_t *t = scim_map_table(map, type);
    reading_t reading = {apr_array_make(p, 8, sizeof(scim_map_seen_t)), 0, p};
    scim_map_target_t target = {t, t ? t->table : NULL, type->name, 0};
    scim_sql_t *sql = scim_sql_make(p);
    const char *key = NULL;
    scim_error_t *err = NULL;

    *seen = NULL;
    if (t) {
        err = scim_map_key(&key, store, t, scim_store_int(rid, p), p);
    }
    if (err || !key) {
        return err;
    }
    add_columns(&reading, sql, store, t);
    scim_sql_add(sql, " FROM ");
    scim_map_name(sql, store, NULL, t->table);
    scim_sql_add(sql, " a WHERE ");
    scim_map_name(sql, store, "a", t->key);
    scim_sql_add(sql, " = ");
    scim_sql_bind(sql, key);
    scim_map_where(sql, store, "a", t->constants);
    err = scim_map_select(store, &target, sql, reading.seen->nelts, read_row, &reading);
    *seen = !err && reading.found ? reading.seen : NULL;
    return err;
}
