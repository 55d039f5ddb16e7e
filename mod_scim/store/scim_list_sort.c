/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "scim_index.h"
#include "scim_list_impl.h"

/*
 * Sorted lists. First the keys: each type gives at least those of its resources that can be on the
 * page, from an index or one by one. Then they are put in order here, and the page's rows are read.
 */

/* Bytes of the keys of one type that are held; a key may be nearly as long as a document. */
#define KEYS_MOST (64 * 1024 * 1024)

typedef struct sorting_t {
    scim_listing_t *listings;
    const scim_search_t *search;
    scim_position_t *position; /* where the page before ended, or NULL */
    apr_array_header_t *entries;
    apr_int64_t total;
    apr_int64_t skip; /* entries before the page that are among them */
    int want;         /* entries of the page, one more with a cursor */
    apr_pool_t *pool;
} sorting_t;

/* ---- keys, one by one ---- */

typedef struct looking_t {
    const scim_listing_t *l;
    int part;
    apr_array_header_t *entries;
    apr_size_t bytes;    /* of all keys */
    apr_pool_t *scratch; /* for one key */
} looking_t;

static scim_error_t *take_key(void *baton, const scim_row_t *row, const json_t *tree, int *done)
{
    looking_t *looking = baton;
    scim_sort_entry_t *entry = apr_array_push(looking->entries);
    const scim_path_t *path = looking->l->part->sort;
    apr_size_t len;

    (void)done;
    memset(entry, 0, sizeof(*entry));
    entry->rid = row->rid;
    entry->part = looking->part;
    if (path) {
        scim_sort_key(&entry->key, path, tree, looking->scratch);
    }
    if (entry->key.kind == SCIM_KEY_STRING) {
        len = strlen(entry->key.string);
        entry->key.string = apr_pstrmemdup(looking->l->pool, entry->key.string, len);
        looking->bytes += len;
        apr_pool_clear(looking->scratch);
    }
    return looking->bytes > KEYS_MOST ? scim_list_too_many(looking->l) : NULL;
}

static scim_error_t *look_at_all(sorting_t *s, int part)
{
    looking_t looking = {&s->listings[part], part, s->entries, 0, NULL};
    int before = s->entries->nelts;
    scim_error_t *err;

    apr_pool_create(&looking.scratch, s->pool);
    err = scim_list_scan(looking.l, 0, take_key, &looking);
    s->total += s->entries->nelts - before;
    return err;
}

/* ---- keys from an index ---- */

/* Whether there are more than max_scan, without counting all of them. */
static scim_error_t *count_some(apr_int64_t *n, const scim_listing_t *l)
{
    scim_sql_t *sql = scim_sql_make(l->pool);

    scim_sql_add(sql, "SELECT COUNT(*) FROM (SELECT 1 AS one FROM scim_resource r");
    scim_list_where(sql, l);
    scim_sql_addv(sql, " LIMIT %s) c",
                  scim_store_int((apr_int64_t)l->store->tenant->max_scan + 1, l->pool), NULL);
    return scim_store_select(l->store, sql, 0, 1, scim_store_read_int, n);
}

/* A value that may be cut off in the index does not tell its order among its like. */
static int some_cut(const sorting_t *s, int from)
{
    int i;

    for (i = from; i < s->entries->nelts; i++) {
        const scim_key_t *key = &APR_ARRAY_IDX(s->entries, i, scim_sort_entry_t).key;

        if (key->kind == SCIM_KEY_STRING && strlen(key->string) >= SCIM_INDEX_CUT) {
            return 1;
        }
    }
    return 0;
}

/* Whether an index can be entered where the page before ended: its key is whole, and of its kind.
 */
static int can_enter(const scim_walk_t *w)
{
    const scim_position_t *from = w->position;

    if (!from || from->key.kind == SCIM_KEY_NONE || w->source == SCIM_WALK_NOTHING) {
        return 1;
    }
    if (scim_walk_kind(w) != from->key.kind || from->cut) {
        return 0;
    }
    return w->source != SCIM_WALK_VALUE || strlen(from->key.string) < SCIM_INDEX_CUT;
}

static scim_error_t *walk(sorting_t *s, const scim_walk_t *w)
{
    const scim_search_t *search = s->search;
    int many = w->l->store->tenant->max_scan;

    if (search->nparts == 1) {
        s->skip = 0; /* the database skips */
        return scim_walk_run(w, search->offset, s->want);
    }
    if (search->offset > many) {
        return scim_list_too_many(w->l);
    }
    return scim_walk_run(w, 0, (int)search->offset + s->want);
}

/* One type's keys from an index: all where its filter selects few, else only what may be shown. */
static scim_error_t *from_index(sorting_t *s, const scim_walk_t *w)
{
    const scim_listing_t *l = w->l;
    apr_int64_t n = 0;
    scim_error_t *err = NULL;

    if (!s->position) {
        err = scim_list_total(&n, NULL, l);
        s->total += n;
    } else if (l->part->filter) {
        err = count_some(&n, l);
    }
    if (err || s->want == 0) {
        return err;
    }
    return l->part->filter && n <= l->store->tenant->max_scan ? scim_walk_all(w) : walk(s, w);
}

static scim_error_t *gather(sorting_t *s, int part)
{
    int before = s->entries->nelts;
    apr_int64_t total = s->total;
    apr_int64_t skip = s->skip;
    scim_walk_t w;
    scim_error_t *err;

    scim_walk_init(&w, &s->listings[part], part, s->position, s->entries);
    if (!scim_walk_can_prepare(&w)) {
        s->listings[part].where = NULL;
        s->listings[part].exact = 0;
        s->listings[part].keep = 1;
    }
    if (w.source == SCIM_WALK_DOC || !s->listings[part].exact || !can_enter(&w)) {
        return look_at_all(s, part);
    }
    err = from_index(s, &w);
    if (err || w.source != SCIM_WALK_VALUE || !some_cut(s, before)) {
        return err;
    }
    s->entries->nelts = before;
    s->total = total;
    s->skip = skip;
    return look_at_all(s, part);
}

/* ---- the place where the page begins ---- */

/* A long key is not in the cursor as a whole; its resource has it, if it is as it was. */
static scim_error_t *complete_position(sorting_t *s)
{
    scim_position_t *from = s->position;
    int i;

    for (i = 0; from->cut && i < s->entries->nelts; i++) {
        const scim_sort_entry_t *entry = &APR_ARRAY_IDX(s->entries, i, scim_sort_entry_t);

        if (entry->rid == from->rid && entry->key.kind == SCIM_KEY_STRING &&
            strncmp(entry->key.string, from->key.string, strlen(from->key.string)) == 0) {
            from->key.string = entry->key.string;
            from->cut = 0;
        }
    }
    return !from->cut ? NULL
                      : scim_error_make(s->pool, 400, SCIM_TYPE_EXPIRED_CURSOR,
                                        "The resource at which the page before ended has changed; "
                                        "begin again with the first page.");
}

static scim_error_t *drop_before_position(sorting_t *s)
{
    scim_sort_entry_t *entry = (scim_sort_entry_t *)(void *)s->entries->elts;
    scim_error_t *err = complete_position(s);
    scim_sort_entry_t from;
    int kept = 0;
    int i;

    if (err) {
        return err;
    }
    memset(&from, 0, sizeof(from));
    from.key = s->position->key;
    from.rid = s->position->rid;
    for (i = 0; i < s->entries->nelts; i++) {
        int order = scim_sort_compare(&entry[i], &from);

        if (s->search->descending ? order < 0 : order > 0) {
            entry[kept++] = entry[i];
        }
    }
    s->entries->nelts = kept;
    return NULL;
}

/* ---- rows ---- */

typedef struct fetching_t {
    const sorting_t *s;
    const scim_sort_entry_t *first; /* of the page */
    apr_array_header_t *rows;       /* one for each entry, in their order */
    apr_hash_t *places;             /* rid to its row */
} fetching_t;

static scim_error_t *fetch_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    fetching_t *f = baton;
    scim_store_t *store = f->s->listings->store;
    apr_array_header_t *rows = apr_array_make(p, n, sizeof(scim_row_t));
    scim_reading_t reading = {store, rows, f->s->pool, 0};
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;
    int i;

    scim_sql_add(sql, "SELECT ");
    scim_store_columns(sql, scim_dbd_dialect(store->db), 0);
    scim_sql_addv(sql, " FROM scim_resource r WHERE r.tenant = %s AND r.rid IN ",
                  store->tenant->name, NULL);
    scim_sql_list(sql, rids, n);
    err = scim_store_select(store, sql, 1, SCIM_ROW_COLUMNS, scim_store_read_row, &reading);
    for (i = 0; !err && i < rows->nelts; i++) {
        const scim_row_t *row = &APR_ARRAY_IDX(rows, i, scim_row_t);
        scim_row_t *place = apr_hash_get(f->places, &row->rid, sizeof(row->rid));

        if (place) {
            const scim_resource_type_t *type = place->type;
            *place = *row;
            place->type = type;
        }
    }
    return err;
}

static scim_error_t *fetch(apr_array_header_t **out, const sorting_t *s, int first, int n)
{
    apr_array_header_t *rids = apr_array_make(s->pool, n + 1, sizeof(apr_int64_t));
    fetching_t f = {s, NULL, apr_array_make(s->pool, n + 1, sizeof(scim_row_t)),
                    apr_hash_make(s->pool)};
    scim_error_t *err;
    int i;

    for (i = first; i < first + n; i++) {
        const scim_sort_entry_t *entry = &APR_ARRAY_IDX(s->entries, i, scim_sort_entry_t);
        scim_row_t *row = apr_array_push(f.rows);

        memset(row, 0, sizeof(*row));
        row->type = s->search->parts[entry->part].type;
        APR_ARRAY_PUSH(rids, apr_int64_t) = entry->rid;
        apr_hash_set(f.places, &entry->rid, sizeof(entry->rid), row);
    }
    err = scim_store_each_rids(rids, fetch_some, &f, s->pool);
    scim_list_drop_deleted(f.rows);
    if (!err) {
        err = scim_store_complete(s->listings->store, (scim_row_t *)(void *)f.rows->elts,
                                  f.rows->nelts, "", s->pool);
    }
    *out = f.rows;
    return err;
}

static void set_last(scim_position_t *last, const scim_sort_entry_t *entry)
{
    last->part = 0;
    last->key = entry->key;
    last->cut = 0;
    last->rid = entry->rid;
}

scim_error_t *scim_list_sorted(scim_page_t *out, scim_position_t *last, int *more,
                               scim_listing_t *listings, const scim_position_t *position,
                               apr_pool_t *p)
{
    const scim_search_t *search = listings->search;
    scim_position_t from = {0};
    sorting_t s = {listings,
                   search,
                   position ? &from : NULL,
                   apr_array_make(p, 128, sizeof(scim_sort_entry_t)),
                   0,
                   search->offset,
                   search->limit + (search->cursor && search->limit > 0),
                   p};
    scim_error_t *err = NULL;
    int first;
    int n;
    int i;

    if (position) {
        from = *position;
    }
    for (i = 0; i < search->nparts && !err; i++) {
        err = gather(&s, i);
    }
    if (!err && position) {
        err = drop_before_position(&s);
    }
    if (err) {
        return err;
    }
    scim_sort_entries(s.entries, search->descending);
    first = s.skip < s.entries->nelts ? (int)s.skip : s.entries->nelts;
    n = s.entries->nelts - first < search->limit ? s.entries->nelts - first : search->limit;
    *more = s.entries->nelts > first + n && search->limit > 0;
    out->total = s.total;
    if (n > 0) {
        set_last(last, &APR_ARRAY_IDX(s.entries, first + n - 1, scim_sort_entry_t));
    }
    err = fetch(&out->rows, &s, first, n);
    if (!err) {
        scim_list_drop_deleted(out->rows);
    }
    return err;
}
