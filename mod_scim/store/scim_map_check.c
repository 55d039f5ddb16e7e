/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_map_check.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "scim_map_impl.h"

#define MISFIT                                                                                     \
    "The application's tables are not as this service provider's configuration needs them."

/* A mapping being held to the tables. */
typedef struct checking_t {
    scim_dbd_t *db;
    const char *misfit;  /* what does not fit; NULL: nothing yet */
    const char *table;   /* the one whose columns were read */
    apr_hash_t *columns; /* its columns in lower case: "1" where the database counts */
    apr_pool_t *pool;
} checking_t;

/* Something does not fit: there is no use in looking on. */
static scim_error_t *misfit(checking_t *c, const char *directive, const char *at, const char *what)
{
    c->misfit = apr_psprintf(c->pool, "%s in %s: %s", directive, at ? at : "?", what);
    return scim_error_make(c->pool, 503, SCIM_TYPE_NONE, "%s", MISFIT);
}

static const char *lower(const char *name, apr_pool_t *p)
{
    char *out = apr_pstrdup(p, name);
    char *c;

    for (c = out; *c; c++) {
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
    }
    return out;
}

/* Run a SELECT of the dialect's about a table. */
static scim_error_t *ask(const checking_t *c, const char *sql, const char *table,
                         scim_dbd_row_fn *fn, void *baton)
{
    const char *dot = strchr(table, '.');
    const char *args[2];
    scim_stmt_t stmt = {sql, 1, args, 2, 2};
    apr_pool_t *scratch;
    scim_error_t *err;

    args[0] = dot ? apr_pstrmemdup(c->pool, table, (apr_size_t)(dot - table)) : NULL;
    args[1] = dot ? dot + 1 : table;
    apr_pool_create(&scratch, c->pool);
    err = scim_dbd_select(c->db, &stmt, fn, baton, scratch);
    apr_pool_destroy(scratch);
    return err;
}

static scim_error_t *read_column(void *baton, const char *const *cols)
{
    checking_t *c = baton;

    apr_hash_set(c->columns, apr_pstrdup(c->pool, cols[0]), APR_HASH_KEY_STRING,
                 apr_pstrdup(c->pool, cols[1] ? cols[1] : "0"));
    return NULL;
}

/* ---- tables and columns ---- */

static scim_error_t *check_table(checking_t *c, const char *directive, const char *table,
                                 const char *at)
{
    scim_error_t *err;

    c->table = table;
    c->columns = apr_hash_make(c->pool);
    err = ask(c, scim_dbd_dialect(c->db)->columns_sql, table, read_column, c);
    if (!err && apr_hash_count(c->columns) == 0) {
        err = misfit(c, directive, at,
                     apr_psprintf(c->pool,
                                  "there is no table %s in the database, or no right to "
                                  "use it",
                                  table));
    }
    return err;
}

static const char *column_info(const checking_t *c, const char *column)
{
    return apr_hash_get(c->columns, lower(column, c->pool), APR_HASH_KEY_STRING);
}

static scim_error_t *check_column(checking_t *c, const char *directive, const char *column,
                                  const char *at)
{
    if (column_info(c, column)) {
        return NULL;
    }
    return misfit(c, directive, at,
                  apr_psprintf(c->pool, "the table %s has no column %s", c->table, column));
}

static scim_error_t *check_pairs(checking_t *c, const char *directive,
                                 const apr_array_header_t *pairs)
{
    scim_error_t *err = NULL;
    int i;

    for (i = 0; pairs && i < pairs->nelts && !err; i++) {
        const scim_map_pair_t *pair = &APR_ARRAY_IDX(pairs, i, scim_map_pair_t);
        err = check_column(c, directive, pair->column, pair->at);
    }
    return err;
}

static scim_error_t *check_key(checking_t *c, const scim_map_table_t *t)
{
    scim_error_t *err = check_column(c, "ScimMapTable", t->key, t->at);
    const char *info = column_info(c, t->key);

    if (!err && !t->given_key && strcmp(info, "1")) {
        err = misfit(c, "ScimMapTable", t->at,
                     apr_psprintf(c->pool,
                                  "nothing gives new rows of %s their key: the database does not "
                                  "count %s up, and no ScimMap writes it",
                                  t->table, t->key));
    }
    return err;
}

static scim_error_t *check_columns(checking_t *c, const scim_map_table_t *t)
{
    scim_error_t *err = check_table(c, "ScimMapTable", t->table, t->at);
    int i;

    if (!err) {
        err = check_key(c, t);
    }
    if (!err && t->id) {
        err = check_column(c, "ScimMapTable", t->id, t->at);
    }
    for (i = 0; i < t->columns->nelts && !err; i++) {
        const scim_map_column_t *column = &APR_ARRAY_IDX(t->columns, i, scim_map_column_t);
        err = check_column(c, "ScimMap", column->column, column->at);
    }
    if (!err) {
        err = check_pairs(c, "ScimMapConstant", t->constants);
    }
    for (i = 0; i < SCIM_MAP_EVENTS && !err; i++) {
        err = check_pairs(c, "ScimMapOn", t->events[i].sets);
    }
    return err;
}

/* ---- unique keys ---- */

/* The unique keys of a table, one after the other. */
typedef struct uniques_t {
    const checking_t *checking;
    const scim_map_members_t *members; /* of the join table; or NULL */
    const char *index;                 /* the key whose columns are coming */
    const char *columns;               /* those that came */
    int others;                        /* it has columns that are not among ours */
    int fits;                          /* a key before had none */
} uniques_t;

static const char *note_name(const char *table, const char *index, apr_pool_t *p)
{
    return apr_pstrcat(p, "map:key:", table, " ", index, NULL);
}

static int is_ours(const scim_map_members_t *m, const char *column)
{
    int i;

    for (i = 0; i < m->pairs->nelts; i++) {
        if (scim_text_ieq(APR_ARRAY_IDX(m->pairs, i, scim_map_pair_t).column, column)) {
            return 1;
        }
    }
    return scim_text_ieq(m->group, column) || scim_text_ieq(m->user, column);
}

static scim_error_t *read_unique(void *baton, const char *const *cols)
{
    uniques_t *u = baton;
    const checking_t *c = u->checking;

    if (!cols[0] || !cols[1]) {
        return NULL; /* of an expression */
    }
    if (!u->index || strcmp(u->index, cols[0])) {
        u->fits |= u->index && !u->others;
        u->index = apr_pstrdup(c->pool, cols[0]);
        u->others = 0;
        u->columns = "";
    }
    /* A refused key is called by its name: so its columns are found again. */
    u->columns = apr_pstrcat(c->pool, u->columns, cols[1], " ", NULL);
    scim_dbd_remember(c->db, note_name(c->table, u->index, c->pool), u->columns);
    u->others |= u->members && !is_ours(u->members, cols[1]);
    return NULL;
}

static scim_error_t *check_uniques(checking_t *c, const scim_map_members_t *members)
{
    uniques_t u = {c, members, NULL, "", 0, 0};
    scim_error_t *err = ask(c, scim_dbd_dialect(c->db)->keys_sql, c->table, read_unique, &u);

    if (err || !members) {
        return err;
    }
    if (u.fits || (u.index && !u.others)) {
        return NULL;
    }
    return misfit(c, "ScimMapMembers", members->at,
                  apr_psprintf(c->pool,
                               "the table %s needs a unique key over %s and %s, so that nobody is "
                               "in a group twice",
                               members->table, members->group, members->user));
}

/* ---- all of it ---- */

static scim_error_t *check_link(checking_t *c, const scim_map_link_t *link)
{
    scim_error_t *err;

    if (!link) {
        return NULL;
    }
    err = check_table(c, "ScimMapLink", link->table, link->at);
    if (!err) {
        err = check_column(c, "ScimMapLink", link->account, link->at);
    }
    return err ? err : check_pairs(c, "ScimMapLink", link->pairs);
}

static scim_error_t *check_members(checking_t *c, const scim_map_members_t *m)
{
    scim_error_t *err = check_table(c, "ScimMapMembers", m->table, m->at);

    if (!err) {
        err = check_column(c, "ScimMapMembers", m->group, m->at);
    }
    if (!err) {
        err = check_column(c, "ScimMapMembers", m->user, m->at);
    }
    if (!err) {
        err = check_pairs(c, "ScimMapMembers", m->pairs);
    }
    return err ? err : check_uniques(c, m);
}

static scim_error_t *check_all(checking_t *c, const scim_map_t *map)
{
    scim_error_t *err = scim_dbd_open(c->db);
    int i;

    for (i = 0; i < map->tables->nelts && !err; i++) {
        const scim_map_table_t *t = &APR_ARRAY_IDX(map->tables, i, scim_map_table_t);
        err = check_columns(c, t);
        if (!err) {
            err = check_uniques(c, NULL);
        }
        if (!err) {
            err = check_link(c, t->link);
        }
    }
    return err || !map->members ? err : check_members(c, map->members);
}

scim_error_t *scim_map_check(const char **misfit, scim_dbd_t *db, const scim_map_t *map,
                             apr_pool_t *p)
{
    checking_t c = {db, NULL, NULL, NULL, p};
    scim_error_t *err = check_all(&c, map);

    *misfit = c.misfit;
    return c.misfit ? NULL : err;
}

scim_error_t *scim_map_ready(scim_store_t *store)
{
    const scim_map_t *map = store->tenant->map;
    const char *misfit;
    const char *key;
    scim_error_t *err;

    if (!map) {
        return NULL;
    }
    err = scim_dbd_open(store->db);
    if (err) {
        return err;
    }
    key = apr_psprintf(store->pool, "map:%pp", (const void *)map);
    if (scim_dbd_noted(store->db, key)) {
        return NULL;
    }
    err = scim_map_check(&misfit, store->db, map, store->pool);
    if (!err && misfit) {
        return scim_error_internal(
            store->pool, 503, "SCIM2240",
            apr_psprintf(store->pool, "tenant %s, %s", store->tenant->name, misfit), "%s", MISFIT);
    }
    if (!err) {
        scim_dbd_note(store->db, key);
    }
    return err;
}

const char *scim_map_key_columns(const scim_store_t *store, const char *table, const char *index)
{
    return scim_dbd_recall(store->db, note_name(table, index, store->pool));
}
