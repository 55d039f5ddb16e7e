/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_index.h"
#include "scim_list_impl.h"

/*
 * The keys of a sorted list, out of the indexes: for each resource its key and its rid, no
 * document. The order is that of scim_sort.h. It is read in legs, each of which is one range of one
 * index in its own order: behind a place these are the rest of the equals, what is beyond them, and
 * the resources without a value. So a page costs the same wherever it is.
 */

/* Columns that have an index in their order below (tenant, type). */
typedef struct scim_walk_column_t {
    scim_at_t at;
    const char *name;
    const char *index;
    int unique; /* within a type */
    int nullable;
    int milliseconds; /* else text */
} scim_walk_column_t;

static const scim_walk_column_t columns[] = {
    {SCIM_AT_ID, "r.id", "scim_resource_id", 1, 0, 0}, /* passes by other types */
    {SCIM_AT_UNIQUE, "r.ukey", "scim_resource_ukey", 1, 0, 0},
    {SCIM_AT_EXTERNAL, "r.external_id", "scim_resource_external", 0, 1, 0},
    {SCIM_AT_CREATED, "r.created", "scim_resource_created", 0, 0, 1},
    {SCIM_AT_MODIFIED, "r.modified", "scim_resource_modified", 0, 0, 1},
};

typedef enum range_t { ALL, EQUALS, BEYOND } range_t;

typedef struct leg_t {
    int with; /* resources with a value */
    range_t range;
} leg_t;

#define MAX_LEGS 3

static const char *const rid_name[] = {"r.rid", "v.rid"};

void scim_walk_init(scim_walk_t *w, const scim_listing_t *l, int part,
                    const scim_position_t *position, apr_array_header_t *entries)
{
    const scim_path_t *path = l->part->sort;
    const scim_attr_t *leaf;
    apr_size_t i;

    memset(w, 0, sizeof(*w));
    w->l = l;
    w->part = part;
    w->position = position;
    w->entries = entries;
    if (!path) {
        return; /* SCIM_WALK_NOTHING */
    }
    leaf = path->sub ? path->sub : path->attr;
    w->source = SCIM_WALK_DOC;
    for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (columns[i].at == leaf->at) {
            w->source = SCIM_WALK_COLUMN;
            w->column = &columns[i];
        }
    }
    if (l->unsorted && scim_index_may_lack(leaf, l->part->type)) {
        w->source = SCIM_WALK_DOC;
        w->column = NULL;
    } else if (scim_index_sort(&w->with, &w->without, path, l->pool)) {
        w->source = SCIM_WALK_VALUE;
    }
}

scim_key_kind_t scim_walk_kind(const scim_walk_t *w)
{
    return w->column && w->column->milliseconds ? SCIM_KEY_INTEGER : SCIM_KEY_STRING;
}

/* ---- statements ---- */

static int descending(const scim_walk_t *w)
{
    return w->l->search->descending;
}

static int by_value(const scim_walk_t *w)
{
    return w->source == SCIM_WALK_VALUE;
}

static const char *key_name(const scim_walk_t *w)
{
    return by_value(w) ? "v.value" : w->column ? w->column->name : "r.id";
}

/* Whether the resources' own rows tell which of them are in the list. */
static int needs_rows(const scim_walk_t *w)
{
    return w->l->part->filter || w->l->hides;
}

/* " FROM … WHERE …" over the rows of scim_value, and the resources' only where they are needed. */
static void from_value(scim_sql_t *sql, const scim_walk_t *w, int with)
{
    const scim_listing_t *l = w->l;
    const char *const v[] = {l->store->tenant->name, l->part->type->name,
                             with ? w->with : w->without};

    scim_sql_add(sql, " FROM scim_value v");
    if (needs_rows(w)) {
        scim_sql_add(sql, scim_dbd_dialect(l->store->db)->join_in_order);
        scim_sql_add(sql, "scim_resource r ON r.rid = v.rid");
        scim_list_where(sql, l);
    }
    scim_sql_add(sql, needs_rows(w) ? " AND " : " WHERE ");
    scim_sql_addv(sql, "v.tenant = %s AND v.type = %s AND v.attr = %s", v[0], v[1], v[2], NULL);
    if (!with) {
        scim_sql_add(sql, " AND v.value = ''");
    }
}

static void from_resource(scim_sql_t *sql, const scim_walk_t *w, int with)
{
    scim_sql_add(sql, " FROM scim_resource r");
    scim_list_hint(sql, w->l, w->column ? w->column->index : "scim_resource_list");
    scim_list_where(sql, w->l);
    if (w->column && w->column->nullable) {
        scim_sql_add(sql, " AND ");
        scim_sql_add(sql, w->column->name);
        scim_sql_add(sql, with ? " IS NOT NULL" : " IS NULL");
    }
}

static void add_comparison(scim_sql_t *sql, const char *name, const char *op, const char *value)
{
    scim_sql_add(sql, " AND ");
    scim_sql_add(sql, name);
    scim_sql_add(sql, op);
    scim_sql_bind(sql, value);
}

static const char *bound_key(const scim_walk_t *w)
{
    const scim_key_t *key = &w->position->key;

    if (key->kind != SCIM_KEY_STRING) {
        return scim_store_int(
            w->column && w->column->milliseconds ? key->integer / 1000 : key->integer, w->l->pool);
    }
    return key->string;
}

/* The leg's conditions beside FROM's. */
static void add_range(scim_sql_t *sql, const scim_walk_t *w, leg_t leg)
{
    const char *beyond = descending(w) ? " < " : " > ";

    if (leg.with && leg.range != ALL) {
        add_comparison(sql, key_name(w), leg.range == EQUALS ? " = " : beyond, bound_key(w));
    }
    if (leg.range == EQUALS || (leg.range == BEYOND && !leg.with)) {
        add_comparison(sql, rid_name[by_value(w)], beyond,
                       scim_store_int(w->position->rid, w->l->pool));
    }
}

static int is_unique(const scim_walk_t *w)
{
    return w->column && w->column->unique;
}

static void add_order(scim_sql_t *sql, const scim_walk_t *w, leg_t leg)
{
    const char *direction = descending(w) ? " DESC" : "";
    int by_key = leg.with && leg.range != EQUALS;

    scim_sql_add(sql, " ORDER BY ");
    if (by_key) {
        scim_sql_add(sql, key_name(w));
        scim_sql_add(sql, direction);
    }
    /* MariaDB does not see that a unique index is in this order, too, and would sort. */
    if (!by_key || !is_unique(w)) {
        scim_sql_add(sql, by_key ? ", " : "");
        scim_sql_add(sql, rid_name[by_value(w)]);
        scim_sql_add(sql, direction);
    }
}

static scim_sql_t *leg_statement(const scim_walk_t *w, leg_t leg, int count)
{
    scim_sql_t *sql = scim_sql_make(w->l->pool);

    scim_sql_add(sql, "SELECT ");
    if (count) {
        scim_sql_add(sql, "COUNT(*)");
    } else {
        scim_sql_add(sql, key_name(w));
        scim_sql_add(sql, ", ");
        scim_sql_add(sql, rid_name[by_value(w)]);
    }
    if (by_value(w)) {
        from_value(sql, w, leg.with);
    } else {
        from_resource(sql, w, leg.with);
    }
    add_range(sql, w, leg);
    return sql;
}

/* ---- rows ---- */

typedef struct reading_t {
    const scim_walk_t *w;
    int with;
} reading_t;

static scim_error_t *read_entry(void *baton, const char *const *cols)
{
    const reading_t *reading = baton;
    const scim_walk_t *w = reading->w;
    scim_sort_entry_t *entry = apr_array_push(w->entries);

    memset(entry, 0, sizeof(*entry));
    entry->rid = apr_atoi64(cols[1]);
    entry->part = w->part;
    if (!reading->with || !cols[0]) {
        return NULL;
    }
    if (w->column && w->column->milliseconds) {
        entry->key.kind = SCIM_KEY_INTEGER;
        entry->key.integer = apr_atoi64(cols[0]) * 1000;
    } else {
        entry->key.kind = SCIM_KEY_STRING;
        entry->key.string = apr_pstrdup(w->l->pool, cols[0]);
    }
    return NULL;
}

static scim_error_t *select_entries(const scim_walk_t *w, const scim_sql_t *sql, int with)
{
    reading_t reading = {w, with};

    return scim_store_select(w->l->store, sql, !w->l->part->filter, 2, read_entry, &reading);
}

static scim_error_t *run_leg(const scim_walk_t *w, leg_t leg, apr_int64_t offset, int n)
{
    scim_sql_t *sql = leg_statement(w, leg, 0);

    add_order(sql, w, leg);
    scim_sql_addv(sql, " LIMIT %s OFFSET %s", scim_store_int(n, w->l->pool),
                  scim_store_int(offset, w->l->pool), NULL);
    return select_entries(w, sql, leg.with);
}

/* ---- the walk ---- */

static int some_have(const scim_walk_t *w)
{
    return w->source != SCIM_WALK_NOTHING;
}

static int some_lack(const scim_walk_t *w)
{
    return w->source == SCIM_WALK_NOTHING || by_value(w) || (w->column && w->column->nullable);
}

/* The legs of those with a value, from a place among them or, without one, all. */
static int plan_with(leg_t *legs, const scim_walk_t *w, int from_here)
{
    int n = 0;

    if (!some_have(w)) {
        return 0;
    }
    if (!from_here) {
        legs[n++] = (leg_t){1, ALL};
        return n;
    }
    /* Another type may have an equal of what is unique in each. */
    if (!is_unique(w) || w->l->search->nparts > 1) {
        legs[n++] = (leg_t){1, EQUALS};
    }
    legs[n++] = (leg_t){1, BEYOND};
    return n;
}

/* The same of those without. */
static int plan_without(leg_t *legs, const scim_walk_t *w, int from_here)
{
    legs[0] = (leg_t){0, from_here ? BEYOND : ALL};
    return some_lack(w);
}

/* The legs in the order of the list: what comes before the place is left out. */
static int plan(leg_t legs[MAX_LEGS], const scim_walk_t *w)
{
    const scim_position_t *from = w->position;
    int in_with = from && from->key.kind != SCIM_KEY_NONE;
    int in_without = from && !in_with;
    int n = 0;

    if (descending(w)) {
        n += in_with ? 0 : plan_without(legs, w, in_without);
        return n + plan_with(legs + n, w, in_with);
    }
    n += in_without ? 0 : plan_with(legs, w, in_with);
    return n + plan_without(legs + n, w, in_without);
}

scim_error_t *scim_walk_run(const scim_walk_t *w, apr_int64_t offset, int n)
{
    leg_t legs[MAX_LEGS];
    int nlegs = plan(legs, w);
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < nlegs && n > 0 && !err; i++) {
        int before = w->entries->nelts;
        apr_int64_t passed = offset;

        err = run_leg(w, legs[i], offset, n);
        n -= w->entries->nelts - before;
        if (!err && offset > 0 && w->entries->nelts == before && i + 1 < nlegs) {
            err = scim_store_select(w->l->store, leg_statement(w, legs[i], 1), !w->l->part->filter,
                                    1, scim_store_read_int, &passed);
        }
        offset = passed < offset ? offset - passed : 0;
    }
    return err;
}

/*
 * Few enough to be sorted here: the database looks for what the filter selects, not for the order.
 */
static scim_sql_t *all_statement(const scim_walk_t *w)
{
    const scim_listing_t *l = w->l;
    scim_sql_t *sql = scim_sql_make(l->pool);

    scim_sql_add(sql, "SELECT ");
    scim_sql_add(sql, key_name(w));
    scim_sql_add(sql, ", r.rid FROM scim_resource r");
    if (by_value(w)) {
        scim_sql_add(sql, " LEFT JOIN scim_value v");
        scim_list_hint(sql, l, "scim_value_rid");
        scim_sql_addv(sql, " ON v.rid = r.rid AND v.tenant = %s AND v.type = %s AND v.attr = %s",
                      l->store->tenant->name, l->part->type->name, w->with, NULL);
    }
    scim_list_where(sql, l);
    return sql;
}

scim_error_t *scim_walk_all(const scim_walk_t *w)
{
    return select_entries(w, all_statement(w), some_have(w));
}

int scim_walk_can_prepare(const scim_walk_t *w)
{
    /* A count, and the legs or all of them. */
    return !w->l->part->filter || scim_dbd_room(w->l->store->db, 2 + 2 * MAX_LEGS);
}
