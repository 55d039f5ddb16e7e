/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_audit.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_store_impl.h"

/* Bytes of the columns that hold bytes. */
#define REQUEST_MAX 64
#define ID_MAX 64
#define KEY_MAX 255
#define WORD_MAX 32
#define OP_MAX 16

/* No seq is as large. */
#define SEQ_MAX "9223372036854775807"

/* ---- texts as columns take them ---- */

/* At most max characters of what is UTF-8 afterwards: a user's name may come from anywhere. */
static const char *cut_chars(const char *s, apr_size_t max, apr_pool_t *p)
{
    apr_size_t chars = 0;
    apr_size_t i;

    if (!s) {
        return NULL;
    }
    if (!scim_text_utf8(s, strlen(s))) {
        char *clean = apr_pstrdup(p, s);
        scim_text_clean(clean);
        s = clean;
    }
    for (i = 0; s[i]; i++) {
        chars += ((unsigned char)s[i] & 0xC0) != 0x80;
        if (chars > max) {
            return apr_pstrmemdup(p, s, i);
        }
    }
    return s;
}

/* What a name is found by. */
static const char *name_key(const char *name, apr_pool_t *p)
{
    return name ? scim_text_cut(scim_text_fold(name, p), KEY_MAX, p) : NULL;
}

/* ---- adding ---- */

static scim_sql_t *insertion(const scim_store_t *store, const scim_audit_row_t *row, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    const char *name = cut_chars(row->name, SCIM_AUDIT_NAME_CHARS, p);
    const char *const values[] = {
        store->tenant->name,
        scim_store_int(apr_time_as_msec(scim_store_now()), p),
        scim_text_cut(row->request, REQUEST_MAX, p),
        cut_chars(row->actor, SCIM_AUDIT_NAME_CHARS, p),
        scim_text_cut(row->actor_id, ID_MAX, p),
        scim_text_cut(row->op, OP_MAX, p),
        scim_text_cut(row->type, WORD_MAX, p),
        scim_text_cut(row->id, ID_MAX, p),
        name,
        name_key(name, p),
        cut_chars(row->attrs, SCIM_AUDIT_ATTRS_CHARS, p),
        scim_store_int(row->status, p),
        row->status >= 400 ? "1" : "0",
        scim_text_cut(row->scim_type, WORD_MAX, p),
        cut_chars(row->detail, SCIM_AUDIT_DETAIL_CHARS, p),
    };
    apr_size_t i;

    scim_sql_add(sql, "INSERT INTO scim_audit (tenant, at, request, actor, actor_id, op, type, id, "
                      "name, name_key, attrs, status, failed, scim_type, detail) VALUES (");
    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        scim_sql_add(sql, i ? ", " : "");
        scim_sql_bind(sql, values[i]);
    }
    scim_sql_add(sql, ")");
    return sql;
}

scim_error_t *scim_audit_add(scim_store_t *store, const scim_audit_row_t *row, apr_pool_t *p)
{
    return scim_store_exec(NULL, store, insertion(store, row, p));
}

scim_error_t *scim_audit_deed(scim_store_t *store, const scim_audit_who_t *who, const char *op,
                              const char *id, const char *name, apr_pool_t *p)
{
    scim_audit_row_t row = {.op = op, .id = id, .name = name};
    const char *deed = strchr(op, '-');

    if (!who || !store->tenant->audit) {
        return NULL;
    }
    row.request = who->request;
    row.actor = who->actor;
    row.actor_id = who->actor_id;
    row.status = deed && strcmp(deed, "-create") == 0 ? 201 : 200;
    return scim_audit_add(store, &row, p);
}

/* Not scim_store_write(): what that needs to be ready may be what the request was refused for. */
scim_error_t *scim_audit_add_alone(scim_store_t *store, const scim_audit_row_t *row)
{
    return scim_store_exec_alone(NULL, store, insertion(store, row, store->pool));
}

/* ---- listing ---- */

#define COLUMNS 13

typedef struct reading_t {
    apr_array_header_t *rows;
    apr_pool_t *pool;
} reading_t;

static scim_error_t *read_row(void *baton, const char *const *cols)
{
    reading_t *reading = baton;
    apr_pool_t *p = reading->pool;
    scim_audit_row_t *row = apr_array_push(reading->rows);

    row->seq = apr_atoi64(cols[0]);
    row->at = apr_time_from_msec(apr_atoi64(cols[1]));
    row->request = apr_pstrdup(p, cols[2]);
    row->actor = apr_pstrdup(p, cols[3]);
    row->actor_id = apr_pstrdup(p, cols[4]);
    row->op = apr_pstrdup(p, cols[5]);
    row->type = apr_pstrdup(p, cols[6]);
    row->id = apr_pstrdup(p, cols[7]);
    row->name = apr_pstrdup(p, cols[8]);
    row->attrs = apr_pstrdup(p, cols[9]);
    row->status = (int)apr_atoi64(cols[10]);
    row->scim_type = apr_pstrdup(p, cols[11]);
    row->detail = apr_pstrdup(p, cols[12]);
    return NULL;
}

/* One list on its way into SQL. */
typedef struct listing_t {
    scim_sql_t *sql;
    const scim_store_t *store;
    const scim_audit_filter_t *filter;
    const char *limit;
    apr_pool_t *pool;
} listing_t;

/* " WHERE … ORDER BY … LIMIT …" over `scim_audit b`, with one more condition on a column. */
static void add_where(const listing_t *l, const char *column, const char *value)
{
    const scim_audit_filter_t *f = l->filter;

    scim_sql_addv(l->sql, " WHERE b.tenant = %s", l->store->tenant->name, NULL);
    if (column) {
        scim_sql_add(l->sql, " AND b.");
        scim_sql_add(l->sql, column);
        scim_sql_addv(l->sql, " = %s", value, NULL);
    }
    if (f->op) {
        scim_sql_addv(l->sql, " AND b.op = %s", f->op, NULL);
    }
    if (f->failed >= 0) {
        scim_sql_addv(l->sql, " AND b.failed = %s", f->failed ? "1" : "0", NULL);
    }
    scim_sql_addv(l->sql, " AND b.seq < %s AND b.seq > %s ORDER BY b.seq",
                  f->before ? scim_store_int(f->before, l->pool) : SEQ_MAX,
                  scim_store_int(f->after, l->pool), NULL);
    scim_sql_add(l->sql, f->after ? "" : " DESC");
    scim_sql_addv(l->sql, " LIMIT %s", l->limit, NULL);
}

/* The rows of one index: as many of each as a page may need. */
static void add_branch(const listing_t *l, const char *column, const char *value)
{
    const scim_dialect_t *dialect = scim_dbd_dialect(l->store->db);

    scim_sql_add(l->sql, "SELECT * FROM (SELECT b.seq FROM scim_audit b");
    scim_store_hint(l->sql, dialect, apr_pstrcat(l->pool, "scim_audit_", column, NULL));
    add_where(l, strcmp(column, "name") == 0 ? "name_key" : column, value);
    scim_sql_add(l->sql, ") k_");
    scim_sql_add(l->sql, column);
}

/* Whose rows: those of the resource by its id or its name, and those of the actor. */
static void add_who(const listing_t *l)
{
    const char *who = l->filter->who;

    add_branch(l, "id", who);
    scim_sql_add(l->sql, " UNION ");
    add_branch(l, "name", name_key(who, l->pool));
    scim_sql_add(l->sql, " UNION ");
    add_branch(l, "actor", who);
}

/* Any row: by the index that leaves the fewest. */
static void add_any(const listing_t *l)
{
    const scim_dialect_t *dialect = scim_dbd_dialect(l->store->db);
    const scim_audit_filter_t *f = l->filter;

    scim_sql_add(l->sql, "SELECT b.seq FROM scim_audit b");
    if (f->op && f->failed <= 0) {
        scim_store_hint(l->sql, dialect, "scim_audit_op");
    } else if (f->failed >= 0) {
        scim_store_hint(l->sql, dialect, "scim_audit_failed");
    }
    add_where(l, NULL, NULL);
}

scim_error_t *scim_audit_list(apr_array_header_t **rows, scim_store_t *store,
                              const scim_audit_filter_t *filter, apr_pool_t *p)
{
    reading_t reading = {apr_array_make(p, 32, sizeof(scim_audit_row_t)), p};
    listing_t l = {scim_sql_make(p), store, filter, scim_store_int(filter->limit, p), p};
    scim_error_t *err = scim_dbd_open(store->db);

    if (err) {
        return err;
    }
    scim_sql_add(l.sql, "SELECT a.seq, a.at, a.request, a.actor, a.actor_id, a.op, a.type, a.id, "
                        "a.name, a.attrs, a.status, a.scim_type, a.detail FROM (");
    if (filter->who) {
        add_who(&l);
    } else {
        add_any(&l);
    }
    scim_sql_add(l.sql, ") k JOIN scim_audit a ON a.seq = k.seq");
    scim_sql_addv(l.sql, " WHERE a.tenant = %s ORDER BY a.seq", store->tenant->name, NULL);
    scim_sql_add(l.sql, filter->after ? "" : " DESC");
    scim_sql_addv(l.sql, " LIMIT %s", l.limit, NULL);
    err = scim_store_select(store, l.sql, 1, COLUMNS, read_row, &reading);
    if (!err) {
        *rows = reading.rows;
    }
    return err;
}
