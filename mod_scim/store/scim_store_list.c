/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_index.h"
#include "scim_match.h"

/* Candidates of one statement while the matcher finishes a filter. */
#define SCAN_CHUNK 200

/* Members of one statement while a group's are loaded for the matcher. */
#define SCAN_MEMBERS 1000

/* A list being answered. */
typedef struct listing_t {
    scim_store_t *store;
    const scim_list_t *list;
    scim_sql_t *where; /* condition of the filter, or NULL */
    int exact;         /* where is all of the filter */
    int keep;          /* the statements' texts are among a fixed few */
    apr_pool_t *pool;
} listing_t;

/* ---- the condition ---- */

static int count_terms(const scim_filter_t *f)
{
    int n = 0;

    for (; f; f = f->right) {
        if (f->op != SCIM_OP_AND && f->op != SCIM_OP_OR) {
            return n + (f->left ? count_terms(f->left) : 1);
        }
        n += count_terms(f->left);
    }
    return n;
}

/* Whether the tenant has any cut value in the index: a lookup of one row, nearly always of none. */
static scim_error_t *find_cut(int *any, const listing_t *l)
{
    scim_sql_t *sql = scim_sql_make(l->pool);
    apr_int64_t found = 0;
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT 1 FROM scim_value v WHERE v.tenant = %s AND v.type = %s "
                  "AND v.attr = %s LIMIT 1",
                  l->store->tenant->name, l->list->type->name, SCIM_INDEX_CUT_ATTR, NULL);
    err = scim_store_select(l->store, sql, 1, 1, scim_store_read_int, &found);
    *any = found != 0;
    return err;
}

static scim_error_t *make_condition(listing_t *l)
{
    const scim_filter_t *f = l->list->filter;
    scim_sql_t *sql = scim_sql_make(l->pool);
    scim_error_t *err = NULL;
    int cut = 0;
    int stale = 0;

    l->keep = 1;
    l->exact = 1;
    l->where = NULL;
    if (!f) {
        return NULL;
    }
    if (scim_sql_filter(sql, &l->exact, f, l->store->tenant->name, l->list->type)) {
        l->where = sql;
        /* Comparisons alone are few texts; combinations are as many as clients think of. */
        l->keep = count_terms(f) == 1;
    }
    if (sql->asks_cut) {
        err = find_cut(&cut, l);
    }
    if (!err && sql->asks_stale) {
        err = scim_store_reindex(&stale, l->store, l->list->type);
    }
    if (!err && (cut || stale)) {
        sql = scim_sql_make(l->pool);
        sql->any_cut = cut;
        sql->any_stale = stale;
        l->where = scim_sql_filter(sql, &l->exact, f, l->store->tenant->name, l->list->type)
                       ? sql
                       : NULL;
    }
    return err;
}

/* Append " FROM … WHERE …" with the condition. */
static void add_from(scim_sql_t *sql, const listing_t *l)
{
    int i;

    scim_sql_addv(sql, " FROM scim_resource r WHERE r.tenant = %s AND r.type = %s",
                  l->store->tenant->name, l->list->type->name, NULL);
    if (l->where) {
        scim_sql_add(sql, " AND ");
        scim_sql_add(sql, l->where->text->data);
        for (i = 0; i < l->where->args->nelts; i++) {
            APR_ARRAY_PUSH(sql->args, const char *) =
                APR_ARRAY_IDX(l->where->args, i, const char *);
        }
    }
}

/* ---- all in SQL ---- */

static scim_sql_t *page_statement(const listing_t *l)
{
    scim_sql_t *sql = scim_sql_make(l->pool);

    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, scim_dbd_dialect(l->store->db), 0);
    add_from(sql, l);
    scim_sql_addv(sql, " ORDER BY r.rid LIMIT %s OFFSET %s",
                  scim_store_int(l->list->limit, l->pool), scim_store_int(l->list->offset, l->pool),
                  NULL);
    return sql;
}

/* All resources of a type: the counters know, so that no list of all costs a count of all. */
static scim_sql_t *total_statement(const listing_t *l)
{
    scim_sql_t *sql = scim_sql_make(l->pool);

    if (l->list->filter) {
        scim_sql_add(sql, "SELECT COUNT(*)");
        add_from(sql, l);
    } else {
        scim_sql_addv(sql,
                      "SELECT SUM(c.n) FROM scim_counter c WHERE c.tenant = %s AND c.type = %s",
                      l->store->tenant->name, l->list->type->name, NULL);
    }
    return sql;
}

/* Rows deleted between a page's statement and the one that read on have rid 0. */
static void drop_deleted(apr_array_header_t *rows)
{
    scim_row_t *row = (scim_row_t *)(void *)rows->elts;
    int kept = 0;
    int i;

    for (i = 0; i < rows->nelts; i++) {
        if (row[i].rid) {
            row[kept++] = row[i];
        }
    }
    rows->nelts = kept;
}

static scim_error_t *list_page(apr_array_header_t *rows, apr_int64_t *total, const listing_t *l)
{
    scim_reading_t reading = {l->store, rows, l->pool, 0};
    const scim_list_t *list = l->list;
    scim_error_t *err = NULL;
    int found;

    if (list->limit > 0) {
        err = scim_store_select(l->store, page_statement(l), l->keep, SCIM_ROW_COLUMNS,
                                scim_store_read_row, &reading);
    }
    if (err) {
        return err;
    }
    found = rows->nelts;
    err = scim_store_complete(l->store, (scim_row_t *)(void *)rows->elts, found, "", l->pool);
    if (err) {
        return err;
    }
    drop_deleted(rows);
    /* The last page tells the total by itself. */
    if (found < list->limit && (found > 0 || list->offset == 0)) {
        *total = list->offset + found;
        return NULL;
    }
    return scim_store_select(l->store, total_statement(l), l->keep, 1, scim_store_read_int, total);
}

/* ---- finished by the matcher ---- */

typedef struct scan_t {
    const listing_t *l;
    apr_array_header_t *kept; /* rows of the page */
    apr_int64_t matched;
    apr_int64_t seen; /* candidates looked at, and members of groups among them */
    apr_int64_t after;
    apr_pool_t *chunk; /* cleared for each statement */
    apr_pool_t *one;   /* cleared for each candidate */
} scan_t;

static scim_error_t *too_many(const scan_t *s)
{
    return scim_error_make(s->l->store->pool, 400, SCIM_TYPE_TOO_MANY,
                           "The filter would have to look at more than %d resources one by one; "
                           "narrow it with an attribute that is indexed, such as id%s or "
                           "externalId.",
                           s->l->store->tenant->max_scan,
                           s->l->list->type->custom ? "" : ", userName, emails.value");
}

static scim_sql_t *scan_statement(const scan_t *s)
{
    scim_sql_t *sql = scim_sql_make(s->chunk);

    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, scim_dbd_dialect(s->l->store->db), 0);
    add_from(sql, s->l);
    scim_sql_addv(sql, " AND r.rid > %s ORDER BY r.rid LIMIT %s",
                  scim_store_int(s->after, s->chunk), scim_store_int(SCAN_CHUNK, s->chunk), NULL);
    return sql;
}

static scim_error_t *load_members(apr_array_header_t **out, scan_t *s, apr_int64_t group)
{
    apr_array_header_t *all = apr_array_make(s->one, 64, sizeof(scim_ref_t));
    apr_array_header_t *some;
    apr_int64_t after = 0;
    scim_error_t *err;

    do {
        err = scim_store_members(&some, &after, s->l->store, group, SCAN_MEMBERS, s->one);
        if (err) {
            return err;
        }
        s->seen += some->nelts;
        if (s->seen > s->l->store->tenant->max_scan) {
            return too_many(s);
        }
        apr_array_cat(all, some);
    } while (some->nelts == SCAN_MEMBERS);
    *out = all;
    return NULL;
}

static void keep(scan_t *s, const scim_row_t *row)
{
    const scim_list_t *list = s->l->list;
    apr_pool_t *p = s->l->pool;
    scim_row_t *copy;

    if (s->matched++ < list->offset || s->kept->nelts >= list->limit) {
        return;
    }
    copy = apr_array_push(s->kept);
    *copy = *row;
    copy->id = apr_pstrdup(p, row->id);
    copy->display = apr_pstrdup(p, row->display);
    copy->doc = apr_pstrmemdup(p, row->doc, row->doc_len);
    copy->member_of = apr_pstrdup(p, row->member_of);
}

/* Members or groups of a candidate, where the filter asks for them; else NULL. */
static scim_error_t *load_refs(apr_array_header_t **refs, scan_t *s, const scim_row_t *row)
{
    const scim_filter_t *filter = s->l->list->filter;

    *refs = NULL;
    if (scim_filter_uses(filter, SCIM_AT_MEMBERS)) {
        return load_members(refs, s, row->rid);
    }
    if (scim_filter_uses(filter, SCIM_AT_GROUPS)) {
        return scim_store_groups_of(refs, s->l->store, row, s->one);
    }
    return NULL;
}

static scim_error_t *test_row(scan_t *s, scim_row_t *row)
{
    const scim_list_t *list = s->l->list;
    scim_view_t view = {list->base ? list->base : "", list->type, NULL};
    apr_array_header_t *refs;
    json_t *tree;
    scim_error_t *err = scim_store_complete(s->l->store, row, 1, "", s->one);

    if (err || row->rid == 0) {
        return err;
    }
    err = load_refs(&refs, s, row);
    if (err) {
        return err;
    }
    err = scim_render_tree(&tree, row, refs ? (const scim_ref_t *)(const void *)refs->elts : NULL,
                           refs ? refs->nelts : 0, &view, s->one);
    if (err) {
        return err;
    }
    if (scim_match(list->filter, tree, s->one)) {
        keep(s, row);
    }
    return NULL;
}

static scim_error_t *scan_chunk(scan_t *s, int *found)
{
    apr_array_header_t *rows = apr_array_make(s->chunk, SCAN_CHUNK, sizeof(scim_row_t));
    scim_reading_t reading = {s->l->store, rows, s->chunk, 0};
    scim_row_t *row;
    scim_error_t *err = scim_store_select(s->l->store, scan_statement(s), s->l->keep,
                                          SCIM_ROW_COLUMNS, scim_store_read_row, &reading);
    int i;

    if (err) {
        return err;
    }
    row = (scim_row_t *)(void *)rows->elts;
    *found = rows->nelts;
    if (*found) {
        s->after = row[*found - 1].rid;
    }
    for (i = 0; i < *found && !err; i++) {
        if (++s->seen > s->l->store->tenant->max_scan) {
            return too_many(s);
        }
        err = test_row(s, &row[i]);
        if (!err) {
            apr_pool_clear(s->one);
        }
    }
    return err;
}

static scim_error_t *list_scan(apr_array_header_t *rows, apr_int64_t *total, const listing_t *l)
{
    scan_t s = {l, rows, 0, 0, 0, NULL, NULL};
    scim_error_t *err;
    int found = 0;

    apr_pool_create(&s.chunk, l->pool);
    apr_pool_create(&s.one, l->pool);
    do {
        apr_pool_clear(s.chunk);
        err = scan_chunk(&s, &found);
    } while (!err && found == SCAN_CHUNK);
    if (err) {
        return err; /* it may live in one of the scan's pools, which go with the list's */
    }
    apr_pool_destroy(s.chunk);
    apr_pool_destroy(s.one);
    *total = s.matched;
    return NULL;
}

/* Where the driver never frees a statement there may be no room for the texts of this filter. */
static int can_prepare(const listing_t *l)
{
    const scim_dbd_t *db = l->store->db;
    scan_t s = {.l = l, .chunk = l->pool};

    if (l->keep) {
        return 1;
    }
    if (!l->exact) {
        return scim_dbd_can_prepare(db, scan_statement(&s)->text->data);
    }
    return scim_dbd_can_prepare(db, page_statement(l)->text->data) &&
           scim_dbd_can_prepare(db, total_statement(l)->text->data);
}

scim_error_t *scim_store_list(apr_array_header_t **rows, apr_int64_t *total, scim_store_t *store,
                              const scim_list_t *list, apr_pool_t *p)
{
    listing_t l = {store, list, NULL, 1, 1, p};
    int size = list->limit < 128 ? list->limit + 1 : 128;
    apr_array_header_t *out = apr_array_make(p, size, sizeof(scim_row_t));
    apr_int64_t count = 0;
    scim_error_t *err = scim_dbd_open(store->db);

    if (!err) {
        err = make_condition(&l);
    }
    if (err) {
        return err;
    }
    if (!can_prepare(&l)) {
        l.where = NULL;
        l.exact = 0;
        l.keep = 1;
    }
    err = l.exact ? list_page(out, &count, &l) : list_scan(out, &count, &l);
    if (err) {
        return err;
    }
    *rows = out;
    *total = count;
    return NULL;
}
