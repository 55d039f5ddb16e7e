/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_who.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_index.h"
#include "scim_store_impl.h"

/* What a statement gives: the tenant's state, then either these two columns or a whole row's. */
#define STATE_COLUMNS 1
#define SLIM_COLUMNS 2

typedef struct finding_t {
    scim_reading_t reading;
    int whole; /* 1: rows are read; 0: only whether they are active */
    int n;
    int active;
    int off;
} finding_t;

static const scim_attr_t *leaf_of(const scim_path_t *path)
{
    return path->sub ? path->sub : path->attr;
}

int scim_who_can_match(const scim_path_t *path)
{
    const scim_attr_t *leaf = path->attr ? leaf_of(path) : NULL;

    if (!leaf || path->filter ||
        (leaf->type != SCIM_ATTR_STRING && leaf->type != SCIM_ATTR_REFERENCE)) {
        return 0;
    }
    return leaf->at == SCIM_AT_ID || leaf->at == SCIM_AT_UNIQUE || leaf->at == SCIM_AT_EXTERNAL ||
           leaf->at == SCIM_AT_VALUE || leaf->at == SCIM_AT_INDEXED;
}

static scim_error_t *read_found(void *baton, const char *const *cols)
{
    finding_t *f = baton;
    scim_error_t *err = NULL;
    int active;

    f->off |= cols[0] && strcmp(cols[0], "off") == 0;
    if (f->whole) {
        const scim_row_t *row;
        err = scim_store_read_row(&f->reading, cols);
        row = &APR_ARRAY_IDX(f->reading.rows, f->n, scim_row_t);
        active = row->active && !row->tombstone;
    } else {
        active = (!cols[1] || strcmp(cols[1], "0") != 0) && !cols[2];
    }
    f->n++;
    f->active += active;
    return err;
}

/* Of a value that several may have: those first who are active, and no more than tells. */
static void add_few(scim_sql_t *sql)
{
    scim_sql_add(sql, " ORDER BY COALESCE(r.active, 1) DESC LIMIT 2");
}

static void add_by_column(scim_sql_t *sql, const scim_store_t *store, const char *column,
                          const char *type, const char *value)
{
    scim_sql_addv(sql,
                  " FROM scim_resource r LEFT JOIN scim_tenant t ON t.tenant = %s "
                  "WHERE r.tenant = %s AND r.type = %s AND ",
                  store->tenant->name, store->tenant->name, type, NULL);
    scim_sql_add(sql, column);
    scim_sql_addv(sql, " = %s", value, NULL);
}

static void add_by_value(scim_sql_t *sql, const scim_store_t *store, const char *attr,
                         const char *type, const char *value)
{
    scim_sql_add(sql, " FROM scim_value v");
    scim_sql_add(sql, scim_dbd_dialect(store->db)->join_in_order);
    scim_sql_addv(sql,
                  "scim_resource r ON r.rid = v.rid AND r.tenant = %s "
                  "LEFT JOIN scim_tenant t ON t.tenant = %s "
                  "WHERE v.tenant = %s AND v.type = %s AND v.attr = %s AND v.value = %s",
                  store->tenant->name, store->tenant->name, store->tenant->name, type, attr, value,
                  NULL);
}

static scim_sql_t *statement(const scim_store_t *store, const scim_path_t *match, const char *type,
                             const char *value, int whole)
{
    scim_sql_t *sql = scim_sql_make(store->pool);
    const scim_attr_t *leaf = leaf_of(match);

    scim_sql_add(sql, "SELECT t.state, ");
    if (whole) {
        scim_store_columns(sql, scim_dbd_dialect(store->db), SCIM_STORE_BEGINNING);
    } else {
        scim_sql_add(sql, "r.active, r.tombstone");
    }
    switch (leaf->at) {
    case SCIM_AT_UNIQUE:
        add_by_column(sql, store, "r.ukey", type, value);
        break;
    case SCIM_AT_ID:
        add_by_column(sql, store, "r.id", type, value);
        break;
    case SCIM_AT_EXTERNAL:
        add_by_column(sql, store, "r.external_id", type, value);
        add_few(sql);
        break;
    default:
        add_by_value(sql, store, scim_index_attr(match, store->pool), type, value);
        add_few(sql);
    }
    return sql;
}

static scim_who_state_t state_of(const finding_t *f)
{
    if (f->n == 0) {
        return SCIM_WHO_UNKNOWN;
    }
    if (f->off) {
        return SCIM_WHO_OFF;
    }
    return f->active == 0  ? SCIM_WHO_INACTIVE
           : f->active > 1 ? SCIM_WHO_AMBIGUOUS
                           : SCIM_WHO_ACTIVE;
}

/* The one active row of those found, with what is wanted of it. */
static scim_error_t *complete(scim_who_t *out, scim_store_t *store, const finding_t *f,
                              unsigned wants, apr_pool_t *p)
{
    scim_row_t *row = &APR_ARRAY_IDX(f->reading.rows, 0, scim_row_t);
    scim_error_t *err = NULL;

    if (f->n > 1 && (!row->active || row->tombstone)) {
        row = &APR_ARRAY_IDX(f->reading.rows, 1, scim_row_t);
    }
    if (wants & SCIM_WHO_DOC) {
        err = scim_store_complete(store, row, 1, "", p);
    }
    if (err || row->rid == 0 || !row->active || row->tombstone) {
        /* Deleted or deactivated between the two statements. */
        out->state = err ? out->state : SCIM_WHO_INACTIVE;
        return err;
    }
    out->row = row;
    return wants & SCIM_WHO_GROUPS ? scim_store_groups_of(&out->groups, store, row, p) : NULL;
}

/*
 * The value as the index has it; NULL: it cannot have it. Folding can make it longer, and a value
 * of the length that others are cut to is not told from them.
 */
static const char *indexed(const scim_path_t *match, const char *value, apr_pool_t *p)
{
    apr_size_t len = strlen(value);

    if (len == 0 || len >= SCIM_INDEX_CUT || !scim_text_utf8(value, len)) {
        return NULL;
    }
    value = leaf_of(match)->case_exact ? value : scim_text_fold(value, p);
    return strlen(value) < SCIM_INDEX_CUT ? value : NULL;
}

scim_error_t *scim_who_find(scim_who_t *out, scim_store_t *store, const scim_path_t *match,
                            const char *value, unsigned wants, apr_pool_t *p)
{
    const scim_resource_type_t *type = scim_store_type_with(store, SCIM_AT_ACTIVE);
    finding_t f = {
        {store, apr_array_make(p, 2, sizeof(scim_row_t)), p, STATE_COLUMNS}, wants != 0, 0, 0, 0};
    scim_error_t *err;

    memset(out, 0, sizeof(*out));
    out->state = SCIM_WHO_UNKNOWN;
    value = indexed(match, value, p);
    if (!type || !value) {
        return NULL;
    }
    err = scim_dbd_open(store->db);
    if (err) {
        return err;
    }
    err = scim_store_select(store, statement(store, match, type->name, value, f.whole), 1,
                            STATE_COLUMNS + (f.whole ? SCIM_ROW_COLUMNS : SLIM_COLUMNS), read_found,
                            &f);
    if (err) {
        return err;
    }
    out->state = state_of(&f);
    return out->state == SCIM_WHO_ACTIVE && f.whole ? complete(out, store, &f, wants, p) : NULL;
}
