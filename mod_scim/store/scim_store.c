/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

/*
 * A prepared SELECT gets a buffer for the longest value that a column may have (dbd.md A6). Of a
 * document, so many characters are read at first: enough for nearly every user in one statement,
 * in 16 kB instead of a megabyte.
 */
#define DOC_BEGINNING "SUBSTR(r.doc, 1, 4096)"
#define GROUPS_BEGINNING "SUBSTR(r.member_of, 1, 4096)"

/* Longer documents are read on in batches of so many, to hold few of them twice at a time. */
#define COMPLETE_BATCH 8

scim_store_t *scim_store_make(scim_dbd_t *db, const scim_tenant_t *tenant, apr_pool_t *p)
{
    scim_store_t *store = apr_pcalloc(p, sizeof(*store));

    store->db = db;
    store->tenant = tenant;
    store->pool = p;
    return store;
}

scim_store_t *scim_store_fork(const scim_store_t *store, apr_pool_t *p)
{
    scim_store_t *fork = scim_store_make(store->db, store->tenant, p);

    fork->guard = store->guard;
    return fork;
}

void scim_store_bookmarks(scim_store_t *store, const scim_bookmarks_t *bookmarks)
{
    store->bookmarks = bookmarks;
}

const scim_resource_type_t *scim_store_type_with(const scim_store_t *store, scim_at_t at)
{
    const scim_catalog_t *catalog = store->tenant->catalog;
    int i;

    for (i = 0; i < catalog->ntypes; i++) {
        if (scim_type_attr_at(catalog->types[i], at)) {
            return catalog->types[i];
        }
    }
    return NULL;
}

const char *scim_store_int(apr_int64_t n, apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_INT64_T_FMT, n);
}

scim_error_t *scim_store_each_rids(const apr_array_header_t *rids, scim_store_rids_fn *fn,
                                   void *baton, apr_pool_t *p)
{
    const char *list[SCIM_SQL_LIST];
    scim_error_t *err = NULL;
    apr_pool_t *chunk;
    int i = 0;

    apr_pool_create(&chunk, p);
    while (i < rids->nelts && !err) {
        int n = 0;
        for (; n < SCIM_SQL_LIST && i < rids->nelts; i++) {
            list[n++] = scim_store_int(APR_ARRAY_IDX(rids, i, apr_int64_t), chunk);
        }
        err = fn(baton, list, n, chunk);
        apr_pool_clear(chunk);
    }
    apr_pool_destroy(chunk);
    return err;
}

void scim_store_hint(scim_sql_t *sql, const scim_dialect_t *dialect, const char *index)
{
    scim_sql_add(sql, dialect->index_hint);
    scim_sql_add(sql, index);
    scim_sql_add(sql, dialect->index_end);
}

static scim_stmt_t statement(const scim_sql_t *sql, int keep, int ncols)
{
    scim_stmt_t stmt = {sql->text->data, keep, (const char *const *)(const void *)sql->args->elts,
                        sql->args->nelts, ncols};

    return stmt;
}

scim_error_t *scim_store_select(scim_store_t *store, const scim_sql_t *sql, int keep, int ncols,
                                scim_dbd_row_fn *fn, void *baton)
{
    scim_stmt_t stmt = statement(sql, keep, ncols);
    apr_pool_t *scratch;
    scim_error_t *err = scim_store_admit(store);

    if (err) {
        return err;
    }
    apr_pool_create(&scratch, store->pool);
    err = scim_dbd_select(store->db, &stmt, fn, baton, scratch);
    apr_pool_destroy(scratch);
    return err;
}

scim_error_t *scim_store_exec(int *rows, scim_store_t *store, const scim_sql_t *sql)
{
    return scim_store_exec_as(rows, store, sql, 1);
}

scim_error_t *scim_store_exec_alone(int *rows, scim_store_t *store, const scim_sql_t *sql)
{
    scim_error_t *err = scim_dbd_begin(store->db);

    if (err) {
        return err;
    }
    err = scim_store_exec(rows, store, sql);
    if (err) {
        scim_dbd_rollback(store->db);
        return err;
    }
    return scim_dbd_commit(store->db);
}

scim_error_t *scim_store_exec_as(int *rows, scim_store_t *store, const scim_sql_t *sql, int keep)
{
    scim_stmt_t stmt = statement(sql, keep, 0);
    apr_pool_t *scratch;
    scim_error_t *err = scim_store_admit(store);

    if (err) {
        return err;
    }
    if (store->mark == SCIM_MARK_NONE) {
        store->mark = SCIM_MARK_DIRTY;
    }
    store->above = NULL;
    apr_pool_create(&scratch, store->pool);
    err = scim_dbd_exec(rows, store->db, &stmt, scratch);
    apr_pool_destroy(scratch);
    return err;
}

/* The row of scim_counter that they queue for counts nothing. */
static scim_error_t *take_place(int *rows, scim_store_t *store, const char *name, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql, "UPDATE scim_counter SET n = n WHERE tenant = %s AND type = %s AND slot = 0",
                  store->tenant->name, name, NULL);
    return scim_store_exec(rows, store, sql);
}

scim_error_t *scim_store_queue(scim_store_t *store, const char *name, apr_pool_t *p)
{
    const scim_dialect_t *dialect = scim_dbd_dialect(store->db);
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;
    int rows = 0;

    if (dialect->one_writer) {
        return NULL;
    }
    err = take_place(&rows, store, name, p);
    if (err || rows) {
        return err;
    }
    scim_sql_add(sql, dialect->insert_ignore);
    scim_sql_addv(sql, " INTO scim_counter (tenant, type, slot, n) VALUES (%s, %s, 0, 0)",
                  store->tenant->name, name, NULL);
    err = scim_store_exec(NULL, store, sql);
    return err ? err : take_place(&rows, store, name, p);
}

scim_error_t *scim_store_read_int(void *baton, const char *const *cols)
{
    apr_int64_t *n = baton;

    *n = cols[0] ? apr_atoi64(cols[0]) : 0;
    return NULL;
}

scim_error_t *scim_store_read_text(void *baton, const char *const *cols)
{
    scim_store_text_t *text = baton;

    text->value = apr_pstrdup(text->pool, cols[0]);
    return NULL;
}

/* ---- row numbers ---- */

void scim_store_push_rid(apr_array_header_t *rids, apr_int64_t rid)
{
    APR_ARRAY_PUSH(rids, apr_int64_t) = rid;
}

static int compare_rids(const void *a, const void *b)
{
    apr_int64_t x = *(const apr_int64_t *)a;
    apr_int64_t y = *(const apr_int64_t *)b;

    return (x > y) - (x < y);
}

void scim_store_sort_rids(apr_array_header_t *rids)
{
    apr_int64_t *rid = (apr_int64_t *)(void *)rids->elts;
    int kept = 0;
    int i;

    qsort(rid, (size_t)rids->nelts, sizeof(*rid), compare_rids);
    for (i = 0; i < rids->nelts; i++) {
        if (kept == 0 || rid[i] != rid[kept - 1]) {
            rid[kept++] = rid[i];
        }
    }
    rids->nelts = kept;
}

int scim_store_has_rid(const apr_array_header_t *rids, apr_int64_t rid)
{
    return bsearch(&rid, rids->elts, (size_t)rids->nelts, sizeof(rid), compare_rids) != NULL;
}

scim_error_t *scim_store_read_rid(void *baton, const char *const *cols)
{
    scim_store_push_rid(baton, apr_atoi64(cols[0]));
    return NULL;
}

/* ---- rows ---- */

void scim_store_columns(scim_sql_t *sql, const scim_dialect_t *dialect, scim_store_extent_t extent)
{
    static const char *const documents[] = {
        DOC_BEGINNING ", " GROUPS_BEGINNING,
        "r.doc, " GROUPS_BEGINNING,
        /* and of member_of a group's marks */
        "CASE WHEN r.type = 'Group' THEN " DOC_BEGINNING " END, SUBSTR(r.member_of, 1, 2)",
    };

    scim_sql_add(sql, "r.rid, r.id, r.version, r.created, r.modified, r.active, r.display, ");
    scim_sql_add(sql, documents[extent]);
    scim_sql_add(sql, ", ");
    scim_sql_add(sql, dialect->doc_bytes);
    scim_sql_add(sql, ", ");
    scim_sql_add(sql, dialect->member_of_bytes);
    scim_sql_add(sql, ", r.members, r.tombstone");
}

static apr_int64_t integer(const char *text)
{
    return text ? apr_atoi64(text) : 0;
}

static void fill_row(scim_row_t *row, const char *const *cols, apr_pool_t *p)
{
    row->rid = integer(cols[0]);
    row->id = apr_pstrdup(p, cols[1]);
    row->version = integer(cols[2]);
    row->created = integer(cols[3]) * 1000;
    row->modified = integer(cols[4]) * 1000;
    row->active = cols[5] == NULL || integer(cols[5]) != 0;
    row->display = apr_pstrdup(p, cols[6]);
    row->doc = apr_pstrdup(p, cols[7] ? cols[7] : "");
    row->member_of = cols[8] && *cols[8] ? apr_pstrdup(p, cols[8]) : NULL;
    row->doc_len = (apr_size_t)integer(cols[9]);
    row->member_of_len = (apr_size_t)integer(cols[10]);
    row->members = (int)integer(cols[11]);
    row->tombstone = integer(cols[12]) * 1000;
}

/* Whether more of a document is in the database than was read. */
static int is_cut(const scim_row_t *row)
{
    return strlen(row->doc) != row->doc_len;
}

scim_error_t *scim_store_read_row(void *baton, const char *const *cols)
{
    scim_reading_t *reading = baton;

    fill_row(apr_array_push(reading->rows), cols + reading->skip, reading->pool);
    return NULL;
}

/* Long documents by rid. */
typedef struct completing_t {
    scim_row_t **rows;
    int n;
    apr_pool_t *pool;
} completing_t;

static scim_error_t *read_whole(void *baton, const char *const *cols)
{
    completing_t *c = baton;
    apr_int64_t rid = integer(cols[0]);
    int i;

    for (i = 0; i < c->n; i++) {
        if (c->rows[i]->rid == -rid) {
            fill_row(c->rows[i], cols, c->pool);
        }
    }
    return NULL;
}

static scim_error_t *truncated(const scim_store_t *store, const scim_row_t *row)
{
    const char *log = apr_psprintf(store->pool,
                                   "the document of resource %s was cut from %" APR_SIZE_T_FMT
                                   " bytes to %" APR_SIZE_T_FMT ": raise fldsz in DBDParams",
                                   row->id, row->doc_len, strlen(row->doc));

    return scim_error_internal(store->pool, 500, "SCIM2014", log,
                               "The resource could not be read completely.");
}

/* The rows are read anew as a whole: they may have changed since their beginnings were read. */
static scim_error_t *complete_batch(completing_t *c, scim_store_t *store, const char *suffix)
{
    scim_sql_t *sql = scim_sql_make(c->pool);
    const char *rids[COMPLETE_BATCH];
    scim_error_t *err;
    int i;

    for (i = 0; i < c->n; i++) {
        rids[i] = scim_store_int(c->rows[i]->rid, c->pool);
        /* Marks the row as not found until it is. */
        c->rows[i]->rid = -c->rows[i]->rid;
    }
    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, scim_dbd_dialect(store->db), 1);
    scim_sql_addv(sql, " FROM scim_resource r WHERE r.tenant = %s AND r.rid IN ",
                  store->tenant->name, NULL);
    scim_sql_list(sql, rids, c->n);
    scim_sql_add(sql, suffix);
    err = scim_store_select(store, sql, 1, SCIM_ROW_COLUMNS, read_whole, c);
    if (err) {
        return err;
    }
    for (i = 0; i < c->n; i++) {
        if (c->rows[i]->rid < 0) {
            c->rows[i]->rid = 0;
        } else if (is_cut(c->rows[i])) {
            return truncated(store, c->rows[i]);
        }
    }
    return NULL;
}

scim_error_t *scim_store_complete(scim_store_t *store, scim_row_t *rows, int n, const char *suffix,
                                  apr_pool_t *p)
{
    scim_row_t *batch[COMPLETE_BATCH];
    completing_t c = {batch, 0, p};
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < n && !err; i++) {
        if (is_cut(&rows[i])) {
            batch[c.n++] = &rows[i];
        }
        if (c.n == COMPLETE_BATCH || (c.n && i == n - 1)) {
            err = complete_batch(&c, store, suffix);
            c.n = 0;
        }
    }
    return err;
}
