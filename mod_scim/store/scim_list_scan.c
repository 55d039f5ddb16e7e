/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_list_impl.h"
#include "scim_match.h"

/* Resources looked at one by one: what SQL leaves of a filter, and sorting by what no index has. */

/* Candidates of one statement while the matcher finishes a filter. */
#define SCAN_CHUNK 200

/* Members of one statement while a group's are loaded for the matcher. */
#define SCAN_MEMBERS 1000

typedef struct scan_t {
    const scim_listing_t *l;
    scim_list_found_fn *found;
    void *baton;
    int done;
    apr_int64_t after;
    apr_pool_t *chunk; /* cleared for each statement */
    apr_pool_t *one;   /* cleared for each candidate */
} scan_t;

scim_error_t *scim_list_too_many(const scim_listing_t *l)
{
    return scim_error_make(l->store->pool, 400, SCIM_TYPE_TOO_MANY,
                           "The %s would have to look at more than %d resources one by one; "
                           "narrow it with an attribute that is indexed, such as id%s or "
                           "externalId.",
                           l->search->sorted ? "sorted list" : "filter",
                           l->store->tenant->max_scan,
                           l->part->type->custom ? "" : ", userName, emails.value");
}

static scim_sql_t *scan_statement(const scan_t *s)
{
    scim_sql_t *sql = scim_sql_make(s->chunk);

    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, scim_dbd_dialect(s->l->store->db), 0);
    scim_sql_add(sql, " FROM scim_resource r");
    scim_list_where(sql, s->l);
    scim_sql_addv(sql, " AND r.rid > %s ORDER BY r.rid LIMIT %s",
                  scim_store_int(s->after, s->chunk), scim_store_int(SCAN_CHUNK, s->chunk), NULL);
    return sql;
}

int scim_list_scan_prepares(const scim_listing_t *l)
{
    scan_t s = {.l = l, .chunk = l->pool};

    return scim_dbd_can_prepare(l->store->db, scan_statement(&s)->text->data);
}

static scim_error_t *look(const scan_t *s, int n)
{
    *s->l->seen += n;
    return *s->l->seen > s->l->store->tenant->max_scan ? scim_list_too_many(s->l) : NULL;
}

static scim_error_t *load_members(apr_array_header_t **out, const scan_t *s, apr_int64_t group)
{
    apr_array_header_t *all = apr_array_make(s->one, 64, sizeof(scim_ref_t));
    apr_array_header_t *some;
    apr_int64_t after = 0;
    scim_error_t *err;

    do {
        err = scim_store_members(&some, &after, s->l->store, group, SCAN_MEMBERS, s->one);
        if (!err) {
            err = look(s, some->nelts);
        }
        if (err) {
            return err;
        }
        apr_array_cat(all, some);
    } while (some->nelts == SCAN_MEMBERS);
    *out = all;
    return NULL;
}

static int uses(const scim_listing_t *l, scim_at_t at)
{
    const scim_path_t *sort = l->part->sort;

    return scim_filter_uses(l->part->filter, at) || (sort && sort->attr->at == at);
}

/* Members or groups of a candidate, where the filter or the order asks for them; else NULL. */
static scim_error_t *load_refs(apr_array_header_t **refs, const scan_t *s, const scim_row_t *row)
{
    *refs = NULL;
    if (uses(s->l, SCIM_AT_MEMBERS)) {
        return load_members(refs, s, row->rid);
    }
    if (uses(s->l, SCIM_AT_GROUPS)) {
        return scim_store_groups_of(refs, s->l->store, row, s->one);
    }
    return NULL;
}

static scim_error_t *test_row(scan_t *s, scim_row_t *row)
{
    const scim_listing_t *l = s->l;
    scim_view_t view = {l->search->base ? l->search->base : "", l->part->type, NULL};
    apr_array_header_t *refs;
    json_t *tree;
    scim_error_t *err = scim_store_complete(l->store, row, 1, "", s->one);

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
    if (!l->part->filter || scim_match(l->part->filter, tree, s->one)) {
        return s->found(s->baton, row, tree, &s->done);
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
    for (i = 0; i < *found && !err && !s->done; i++) {
        err = look(s, 1);
        if (!err) {
            err = test_row(s, &row[i]);
        }
        if (!err) {
            apr_pool_clear(s->one);
        }
    }
    return err;
}

scim_error_t *scim_list_scan(const scim_listing_t *l, apr_int64_t after, scim_list_found_fn *found,
                             void *baton)
{
    scan_t s = {l, found, baton, 0, after, NULL, NULL};
    scim_error_t *err;
    int n = 0;

    apr_pool_create(&s.chunk, l->pool);
    apr_pool_create(&s.one, l->pool);
    do {
        apr_pool_clear(s.chunk);
        err = scan_chunk(&s, &n);
    } while (!err && n == SCAN_CHUNK && !s.done);
    if (err) {
        return err; /* it may live in one of the scan's pools, which go with the list's */
    }
    apr_pool_destroy(s.chunk);
    apr_pool_destroy(s.one);
    return NULL;
}

/* ---- a page in order of rid ---- */

typedef struct page_t {
    apr_array_header_t *rows;
    int first; /* rows of types before this one */
    scim_slice_t *slice;
    apr_pool_t *pool;
} page_t;

static scim_error_t *keep_row(void *baton, const scim_row_t *row, const json_t *tree, int *done)
{
    page_t *page = baton;
    const scim_slice_t *slice = page->slice;
    scim_row_t *copy;

    (void)tree;
    if (page->slice->total++ < slice->offset || page->rows->nelts - page->first >= slice->limit) {
        return NULL;
    }
    copy = apr_array_push(page->rows);
    *copy = *row;
    copy->id = apr_pstrdup(page->pool, row->id);
    copy->display = apr_pstrdup(page->pool, row->display);
    copy->doc = apr_pstrmemdup(page->pool, row->doc, row->doc_len);
    copy->member_of = apr_pstrdup(page->pool, row->member_of);
    *done = !slice->counts && page->rows->nelts - page->first == slice->limit;
    return NULL;
}

scim_error_t *scim_list_scan_page(apr_array_header_t *rows, scim_slice_t *slice,
                                  const scim_listing_t *l)
{
    page_t page = {rows, rows->nelts, slice, l->pool};

    slice->total = 0;
    return scim_list_scan(l, slice->after, keep_row, &page);
}
