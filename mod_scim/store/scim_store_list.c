/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "scim_index.h"
#include "scim_life.h"
#include "scim_list_impl.h"

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

/* Runs a SELECT that finds one row or none. */
static scim_error_t *find_any(int *any, const scim_listing_t *l, const scim_sql_t *sql)
{
    apr_int64_t found = 0;
    scim_error_t *err = scim_store_select(l->store, sql, 1, 1, scim_store_read_int, &found);

    *any = found != 0;
    return err;
}

/* Whether the tenant has any cut value in the index: a lookup of one row, nearly always of none. */
static scim_error_t *find_cut(int *any, const scim_listing_t *l)
{
    scim_sql_t *sql = scim_sql_make(l->pool);

    scim_sql_addv(sql,
                  "SELECT 1 FROM scim_value v WHERE v.tenant = %s AND v.type = %s "
                  "AND v.attr = %s LIMIT 1",
                  l->store->tenant->name, l->part->type->name, SCIM_INDEX_CUT_ATTR, NULL);
    return find_any(any, l, sql);
}

/* Whether the tenant has groups in groups. */
static scim_error_t *find_nested(int *any, const scim_listing_t *l)
{
    scim_sql_t *sql = scim_sql_make(l->pool);

    scim_sql_addv(sql, "SELECT 1 FROM scim_nesting n WHERE n.tenant = %s LIMIT 1",
                  l->store->tenant->name, NULL);
    return find_any(any, l, sql);
}

/* Whether the filter or the order asks for an index that some resources may lack. */
static int asks_stale(const scim_listing_t *l, const scim_sql_t *sql)
{
    const scim_path_t *sort = l->part->sort;

    return sql->asks_stale ||
           (sort && scim_index_may_lack(sort->sub ? sort->sub : sort->attr, l->part->type));
}

/*
 * Which tombstones a list leaves out. Before all of a type are counted, those past their life time
 * are deleted, so that the counters are right; a filter is told to leave them out.
 */
static scim_error_t *find_hidden(scim_listing_t *l)
{
    const scim_tenant_t *tenant = l->store->tenant;
    int hides = scim_life_of(tenant)->hide;
    apr_time_t cutoff = scim_life_cutoff(tenant, apr_time_now());
    scim_error_t *err = NULL;
    int left = 0;

    if (!scim_type_attr_at(l->part->type, SCIM_AT_ACTIVE)) {
        return NULL;
    }
    if (cutoff && l->part->filter) {
        left = 1;
    } else if (cutoff) {
        err = scim_store_purge(&left, l->store, l->part->type);
    }
    l->hides = hides || left;
    l->hides_before = hides ? 0 : cutoff;
    return err;
}

scim_error_t *scim_list_condition(scim_listing_t *l)
{
    const scim_filter_t *f = l->part->filter;
    const scim_resource_type_t *type = l->part->type;
    scim_sql_t *sql = scim_sql_make(l->pool);
    scim_error_t *err = find_hidden(l);
    int cut = 0;
    int stale = 0;
    int nested = 0;

    if (err) {
        return err;
    }
    l->keep = 1;
    l->exact = 1;
    l->where = NULL;
    if (f && scim_sql_filter(sql, &l->exact, f, l->store->tenant->name, type)) {
        l->where = sql;
        /* Comparisons alone are few texts; combinations are as many as clients think of. */
        l->keep = count_terms(f) == 1;
    }
    if (sql->asks_cut) {
        err = find_cut(&cut, l);
    }
    if (!err && sql->asks_nested) {
        err = find_nested(&nested, l);
    }
    if (!err && asks_stale(l, sql)) {
        err = scim_store_reindex(&stale, l->store, type);
    }
    l->unsorted = stale;
    if (!err && f && (cut || stale || nested)) {
        sql = scim_sql_make(l->pool);
        sql->any_cut = cut;
        sql->any_stale = stale;
        sql->any_nested = nested;
        l->where = scim_sql_filter(sql, &l->exact, f, l->store->tenant->name, type) ? sql : NULL;
    }
    return err;
}

void scim_list_hide(scim_sql_t *sql, const scim_listing_t *l)
{
    if (l->hides && l->hides_before) {
        scim_sql_addv(sql, " AND (r.tombstone IS NULL OR r.tombstone >= %s)",
                      scim_store_int(l->hides_before / 1000, l->pool), NULL);
    } else if (l->hides) {
        scim_sql_add(sql, " AND r.tombstone IS NULL");
    }
}

void scim_list_where(scim_sql_t *sql, const scim_listing_t *l)
{
    int i;

    scim_sql_addv(sql, " WHERE r.tenant = %s AND r.type = %s", l->store->tenant->name,
                  l->part->type->name, NULL);
    scim_list_hide(sql, l);
    if (l->where) {
        scim_sql_add(sql, " AND ");
        scim_sql_add(sql, l->where->text->data);
        for (i = 0; i < l->where->args->nelts; i++) {
            APR_ARRAY_PUSH(sql->args, const char *) =
                APR_ARRAY_IDX(l->where->args, i, const char *);
        }
    }
}

void scim_list_hint(scim_sql_t *sql, const scim_listing_t *l, const char *index)
{
    scim_store_hint(sql, scim_dbd_dialect(l->store->db), index);
}

/* Where the driver never frees a statement there may be no room for the texts of this filter. */
static void give_up_condition(scim_listing_t *l, const scim_slice_t *slice)
{
    int can = l->exact ? scim_list_page_prepares(l, slice) : scim_list_scan_prepares(l);

    if (!l->keep && !can) {
        l->where = NULL;
        l->exact = 0;
        l->keep = 1;
    }
}

/* ---- in order of creation ---- */

static void set_types(apr_array_header_t *rows, int from, const scim_resource_type_t *type)
{
    for (; from < rows->nelts; from++) {
        APR_ARRAY_IDX(rows, from, scim_row_t).type = type;
    }
}

static scim_error_t *list_part(apr_array_header_t *rows, scim_slice_t *slice, scim_listing_t *l)
{
    int before = rows->nelts;
    scim_error_t *err;

    give_up_condition(l, slice);
    err = l->exact ? scim_list_page(rows, slice, l) : scim_list_scan_page(rows, slice, l);
    if (!err) {
        set_types(rows, before, l->part->type);
    }
    return err;
}

static int part_of(const scim_search_t *search, const scim_resource_type_t *type)
{
    int i = 0;

    while (i < search->nparts - 1 && search->parts[i].type != type) {
        i++;
    }
    return i;
}

/* One row more than the page tells that there is a next one; it is not shown. */
static void cut_page(scim_position_t *last, int *more, apr_array_header_t *rows,
                     const scim_search_t *search)
{
    const scim_row_t *row;
    int i;

    *more = rows->nelts > search->limit;
    if (!*more) {
        return;
    }
    rows->nelts = search->limit;
    /* Those at the end that were deleted meanwhile are in nobody's way. */
    for (i = search->limit - 1; i >= 0; i--) {
        row = &APR_ARRAY_IDX(rows, i, scim_row_t);
        if (row->rid) {
            last->rid = row->rid;
            last->part = part_of(search, row->type);
            return;
        }
    }
}

/* One type after the other: what comes before the page in one is passed over in the next. */
static scim_error_t *list_unsorted(scim_page_t *out, scim_position_t *last, int *more,
                                   scim_listing_t *listings, const scim_position_t *position,
                                   apr_pool_t *p)
{
    const scim_search_t *search = listings->search;
    int want = search->limit + (search->cursor && search->limit > 0);
    apr_int64_t offset = search->offset;
    int i;

    out->rows = apr_array_make(p, want < 128 ? want + 1 : 128, sizeof(scim_row_t));
    for (i = position ? position->part : 0; i < search->nparts; i++) {
        scim_slice_t slice = {offset, want - out->rows->nelts, 0, !position && !search->uncounted,
                              0};
        scim_error_t *err;

        if (position && i == position->part) {
            slice.after = position->rid;
        }
        if (position && slice.limit == 0) {
            break;
        }
        err = list_part(out->rows, &slice, &listings[i]);
        if (err) {
            return err;
        }
        out->total += slice.total;
        offset = offset > slice.total ? offset - slice.total : 0;
    }
    if (search->cursor && search->limit > 0) {
        cut_page(last, more, out->rows, search);
    }
    scim_list_drop_deleted(out->rows);
    return NULL;
}

/* ---- a page ---- */

/* What a cursor is good for: this tenant, this query. */
static const char *bound_to(const scim_store_t *store, const scim_search_t *search, apr_pool_t *p)
{
    return apr_pstrcat(p, store->tenant->name, "\n", search->sorted ? "sorted" : "plain",
                       search->descending ? " down\n" : "\n", search->binding, NULL);
}

static scim_error_t *open_cursor(scim_position_t **out, unsigned char *key, scim_store_t *store,
                                 const scim_search_t *search, apr_pool_t *p)
{
    scim_position_t *position;
    scim_error_t *err = scim_store_cursor_key(key, store);

    *out = NULL;
    if (err || !*search->cursor) {
        return err;
    }
    position = apr_pcalloc(p, sizeof(*position));
    err = scim_cursor_decode(position, search->cursor, key, bound_to(store, search, p),
                             apr_time_now(), store->tenant->cursor_timeout, p);
    if (!err && (position->part < 0 || position->part >= search->nparts)) {
        err = scim_error_make(p, 400, SCIM_TYPE_INVALID_CURSOR,
                              "The cursor is of a list over other resource types.");
    }
    if (!err) {
        *out = position;
    }
    return err;
}

static scim_error_t *make_listings(scim_listing_t **out, scim_store_t *store,
                                   const scim_search_t *search, apr_pool_t *p)
{
    scim_listing_t *l = apr_pcalloc(p, (apr_size_t)search->nparts * sizeof(*l));
    apr_int64_t *seen = apr_pcalloc(p, sizeof(*seen));
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < search->nparts && !err; i++) {
        l[i] = (scim_listing_t){
            .store = store, .search = search, .part = &search->parts[i], .seen = seen, .pool = p};
        err = scim_list_condition(&l[i]);
    }
    *out = l;
    return err;
}

scim_error_t *scim_store_search(scim_page_t *out, scim_store_t *store, const scim_search_t *search,
                                apr_pool_t *p)
{
    unsigned char key[SCIM_CURSOR_KEY];
    scim_position_t *position = NULL;
    scim_position_t last = {0};
    scim_page_t page = {NULL, 0, NULL};
    scim_listing_t *listings;
    int more = 0;
    scim_error_t *err = scim_dbd_open(store->db);

    if (!err && search->cursor) {
        err = open_cursor(&position, key, store, search, p);
    }
    if (!err) {
        err = make_listings(&listings, store, search, p);
    }
    if (!err && position) {
        last = *position;
    }
    if (!err) {
        /* A total alone has no order. */
        err = search->sorted && search->limit > 0
                  ? scim_list_sorted(&page, &last, &more, listings, position, p)
                  : list_unsorted(&page, &last, &more, listings, position, p);
    }
    if (err) {
        return err;
    }
    page.total = position ? position->total : page.total;
    if (search->cursor && more) {
        last.total = page.total;
        page.next_cursor =
            scim_cursor_encode(&last, key, bound_to(store, search, p), apr_time_now(), p);
    }
    *out = page;
    return NULL;
}

scim_error_t *scim_store_list(apr_array_header_t **rows, apr_int64_t *total, scim_store_t *store,
                              const scim_list_t *list, apr_pool_t *p)
{
    scim_search_part_t part = {list->type, list->filter, NULL};
    scim_search_t search = {.parts = &part,
                            .nparts = 1,
                            .offset = list->offset,
                            .limit = list->limit,
                            .base = list->base};
    scim_page_t page;
    scim_error_t *err = scim_store_search(&page, store, &search, p);

    if (!err) {
        *rows = page.rows;
        *total = page.total;
    }
    return err;
}
