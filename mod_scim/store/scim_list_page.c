/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_index.h"
#include "scim_list_impl.h"

/* Lists in order of creation that SQL answers alone. */

/*
 * " FROM … WHERE …" for one value of an index, which has its resources in order of rid: read from
 * there there is nothing to sort, as by the condition's subquery MariaDB would, in a table on disk.
 */
static void from_lookup(scim_sql_t *sql, const scim_listing_t *l, const char *attr,
                        const char *value)
{
    const char *tenant = l->store->tenant->name;
    const char *type = l->part->type->name;

    scim_sql_add(sql, " FROM scim_value v");
    scim_sql_add(sql, scim_dbd_dialect(l->store->db)->join_in_order);
    scim_sql_addv(sql,
                  "scim_resource r ON r.rid = v.rid WHERE v.tenant = %s AND v.type = %s "
                  "AND v.attr = %s AND v.value = %s AND r.tenant = %s AND r.type = %s",
                  tenant, type, attr, value, tenant, type, NULL);
    scim_list_hide(sql, l);
}

static scim_sql_t *page_statement(const scim_listing_t *l, const scim_slice_t *slice)
{
    const scim_filter_t *filter = l->part->filter;
    scim_sql_t *sql = scim_sql_make(l->pool);
    const char *rid = "r.rid";
    const char *attr;
    const char *value;

    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, scim_dbd_dialect(l->store->db), 0);
    if (filter && scim_sql_lookup(&attr, &value, filter, l->part->type, l->pool)) {
        rid = "v.rid";
        from_lookup(sql, l, attr, value);
    } else {
        scim_sql_add(sql, " FROM scim_resource r");
        if (!filter) {
            /* Without a condition that tells more, MariaDB now and then prefers to sort. */
            scim_list_hint(sql, l, "scim_resource_list");
        }
        scim_list_where(sql, l);
    }
    if (slice->after) {
        scim_sql_add(sql, " AND ");
        scim_sql_add(sql, rid);
        scim_sql_addv(sql, " > %s", scim_store_int(slice->after, l->pool), NULL);
    }
    scim_sql_add(sql, " ORDER BY ");
    scim_sql_add(sql, rid);
    scim_sql_addv(sql, " LIMIT %s OFFSET %s", scim_store_int(slice->limit, l->pool),
                  scim_store_int(slice->offset, l->pool), NULL);
    return sql;
}

typedef struct counted_t {
    apr_int64_t n;
    apr_int64_t gone;
    apr_int64_t tombs;
} counted_t;

static apr_int64_t number(const char *text)
{
    return text ? apr_atoi64(text) : 0;
}

static scim_error_t *read_counters(void *baton, const char *const *cols)
{
    counted_t *c = baton;

    c->n = number(cols[0]);
    c->gone = number(cols[1]);
    c->tombs = number(cols[2]);
    return NULL;
}

/* All resources of a type: the counters know, so that no list of all costs a count of all. */
static scim_error_t *read_counted(counted_t *c, const scim_listing_t *l)
{
    scim_sql_t *sql = scim_sql_make(l->pool);

    memset(c, 0, sizeof(*c));
    scim_sql_addv(sql,
                  "SELECT SUM(c.n), SUM(c.gone), SUM(c.tombs) FROM scim_counter c "
                  "WHERE c.tenant = %s AND c.type = %s",
                  l->store->tenant->name, l->part->type->name, NULL);
    return scim_store_select(l->store, sql, 1, 3, read_counters, c);
}

/* Tombstones past their life time that could not be deleted yet. */
static scim_error_t *count_old(apr_int64_t *n, const scim_listing_t *l)
{
    scim_sql_t *sql = scim_sql_make(l->pool);

    scim_sql_addv(sql,
                  "SELECT COUNT(*) FROM scim_value v WHERE v.tenant = %s AND v.type = %s "
                  "AND v.attr = %s AND v.value < %s",
                  l->store->tenant->name, l->part->type->name, SCIM_INDEX_TOMBSTONE,
                  scim_index_tombstone(l->hides_before, l->pool), NULL);
    return scim_store_select(l->store, sql, 1, 1, scim_store_read_int, n);
}

static scim_sql_t *count_statement(const scim_listing_t *l)
{
    scim_sql_t *sql = scim_sql_make(l->pool);

    scim_sql_add(sql, "SELECT COUNT(*) FROM scim_resource r");
    scim_list_where(sql, l);
    return sql;
}

int scim_list_page_prepares(const scim_listing_t *l, const scim_slice_t *slice)
{
    const scim_dbd_t *db = l->store->db;

    return scim_dbd_can_prepare(db, page_statement(l, slice)->text->data) &&
           scim_dbd_can_prepare(db, count_statement(l)->text->data);
}

scim_error_t *scim_list_total(apr_int64_t *total, apr_int64_t *gone, const scim_listing_t *l)
{
    counted_t c;
    scim_error_t *err;

    if (l->part->filter) {
        return scim_store_select(l->store, count_statement(l), l->keep, 1, scim_store_read_int,
                                 total);
    }
    err = read_counted(&c, l);
    if (!err && l->hides && l->hides_before) {
        err = count_old(&c.tombs, l);
    }
    if (!err) {
        *total = c.n - (l->hides ? c.tombs : 0);
        if (gone) {
            *gone = c.gone;
        }
    }
    return err;
}

void scim_list_drop_deleted(apr_array_header_t *rows)
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

/*
 * Read the rows of a slice and add them.
 * found: how many the statement gave; last: rid of the last of them
 */
static scim_error_t *read_page(apr_array_header_t *rows, int *found, apr_int64_t *last,
                               const scim_slice_t *slice, const scim_listing_t *l)
{
    int before = rows->nelts;
    scim_reading_t reading = {l->store, rows, l->pool, 0};
    scim_error_t *err = scim_store_select(l->store, page_statement(l, slice), l->keep,
                                          SCIM_ROW_COLUMNS, scim_store_read_row, &reading);

    if (err) {
        return err;
    }
    *found = rows->nelts - before;
    *last = *found ? APR_ARRAY_IDX(rows, rows->nelts - 1, scim_row_t).rid : 0;
    return scim_store_complete(l->store, (scim_row_t *)(void *)rows->elts + before, *found, "",
                               l->pool);
}

/*
 * A client that walks through all of a type asks for each page by its number. Where the page before
 * ended is remembered, as long as nothing of the type is deleted: then its place is still the same.
 * The counters are read first: what is deleted after that shows the next time they are read.
 */
static scim_error_t *page_by_bookmark(apr_array_header_t *rows, scim_slice_t *slice,
                                      const scim_listing_t *l)
{
    const scim_bookmarks_t *b = l->store->bookmarks;
    scim_bookmark_t mark = {l->store->tenant->name, l->part->type->name, slice->offset, 0, 0};
    scim_slice_t from = *slice;
    apr_int64_t last = 0;
    int found = 0;
    scim_error_t *err = scim_list_total(&slice->total, &mark.gone, l);

    if (err) {
        return err;
    }
    if (slice->offset > 0 && b->get(&mark, b->baton)) {
        from.after = mark.rid;
        from.offset = 0;
    }
    err = read_page(rows, &found, &last, &from, l);
    if (!err && found == slice->limit) {
        mark.start = slice->offset + found;
        mark.rid = last;
        b->put(&mark, b->baton);
    }
    return err;
}

scim_error_t *scim_list_page(apr_array_header_t *rows, scim_slice_t *slice, const scim_listing_t *l)
{
    apr_int64_t last;
    int found = 0;
    /* What is hidden by its age alone moves places without anybody counting it. */
    int moves = l->part->filter || (l->hides && l->hides_before);
    scim_error_t *err = NULL;

    if (l->store->bookmarks && !moves && slice->limit > 0 && !slice->after && slice->counts) {
        return page_by_bookmark(rows, slice, l);
    }
    if (slice->limit > 0) {
        err = read_page(rows, &found, &last, slice, l);
    }
    if (err || !slice->counts) {
        return err;
    }
    /* The last page tells the total by itself. */
    if (found < slice->limit && (found > 0 || slice->offset == 0) && !slice->after) {
        slice->total = slice->offset + found;
        return NULL;
    }
    return scim_list_total(&slice->total, NULL, l);
}
