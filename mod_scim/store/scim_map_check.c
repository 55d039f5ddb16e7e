/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_map_check.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "scim_map_impl.h"

#define MISFIT                                                                                     \
    "The application's tables are not as this service provider's configuration needs them."

/* A column of a unique key. */
typedef struct key_column_t {
    const char *index;
    const char *column; /* in lower case */
} key_column_t;

/* What was read of a table. */
typedef struct facts_t {
    apr_hash_t *columns;      /* by their names in lower case: "1" where the database counts */
    apr_array_header_t *keys; /* of key_column_t, one key after the other; NULL: not read yet */
} facts_t;

/* A mapping being held to the tables. */
typedef struct checking_t {
    scim_dbd_t *db;
    apr_hash_t *seen;   /* of facts_t, by the table's name */
    const char *misfit; /* what does not fit; NULL: nothing yet */
    const char *table;  /* the one that is looked at */
    facts_t *facts;     /* of it */
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
    apr_hash_t *columns = baton;
    apr_pool_t *p = apr_hash_pool_get(columns);

    apr_hash_set(columns, apr_pstrdup(p, cols[0]), APR_HASH_KEY_STRING,
                 apr_pstrdup(p, cols[1] ? cols[1] : "0"));
    return NULL;
}

/* ---- tables and columns ---- */

static scim_error_t *check_table(checking_t *c, const char *directive, const char *table,
                                 const char *at)
{
    apr_pool_t *p = apr_hash_pool_get(c->seen);
    scim_error_t *err = NULL;

    c->table = table;
    c->facts = apr_hash_get(c->seen, table, APR_HASH_KEY_STRING);
    if (!c->facts) {
        c->facts = apr_pcalloc(p, sizeof(*c->facts));
        c->facts->columns = apr_hash_make(p);
        err = ask(c, scim_dbd_dialect(c->db)->columns_sql, table, read_column, c->facts->columns);
        if (!err) {
            apr_hash_set(c->seen, apr_pstrdup(p, table), APR_HASH_KEY_STRING, c->facts);
        }
    }
    if (!err && apr_hash_count(c->facts->columns) == 0) {
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
    return apr_hash_get(c->facts->columns, lower(column, c->pool), APR_HASH_KEY_STRING);
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

static const char *note_name(const char *table, const char *index, apr_pool_t *p)
{
    return apr_pstrcat(p, "map:key:", table, " ", index, NULL);
}

static scim_error_t *read_key(void *baton, const char *const *cols)
{
    apr_array_header_t *keys = baton;

    if (cols[0] && cols[1]) { /* else of an expression */
        key_column_t key = {apr_pstrdup(keys->pool, cols[0]), apr_pstrdup(keys->pool, cols[1])};
        APR_ARRAY_PUSH(keys, key_column_t) = key;
    }
    return NULL;
}

/* A refused key is called by its name: so its columns are found again. */
static void remember_keys(const checking_t *c)
{
    const apr_array_header_t *keys = c->facts->keys;
    const char *index = NULL;
    const char *columns = "";
    int i;

    for (i = 0; i < keys->nelts; i++) {
        const key_column_t *key = &APR_ARRAY_IDX(keys, i, key_column_t);
        if (!index || strcmp(index, key->index)) {
            index = key->index;
            columns = "";
        }
        columns = apr_pstrcat(c->pool, columns, key->column, " ", NULL);
        scim_dbd_remember(c->db, note_name(c->table, index, c->pool), columns);
    }
}

static scim_error_t *need_keys(const checking_t *c)
{
    apr_array_header_t *keys;
    scim_error_t *err;

    if (c->facts->keys) {
        return NULL;
    }
    keys = apr_array_make(apr_hash_pool_get(c->seen), 4, sizeof(key_column_t));
    err = ask(c, scim_dbd_dialect(c->db)->keys_sql, c->table, read_key, keys);
    if (!err) {
        c->facts->keys = keys;
        remember_keys(c);
    }
    return err;
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

/* Whether one of the keys has no column but those of the join table that are ours. */
static int has_own_key(const apr_array_header_t *keys, const scim_map_members_t *m)
{
    const char *index = NULL;
    int others = 0;
    int i;

    for (i = 0; i < keys->nelts; i++) {
        const key_column_t *key = &APR_ARRAY_IDX(keys, i, key_column_t);
        if (!index || strcmp(index, key->index)) {
            if (index && !others) {
                return 1;
            }
            index = key->index;
            others = 0;
        }
        others |= !is_ours(m, key->column);
    }
    return index && !others;
}

static scim_error_t *check_unique(checking_t *c, const scim_map_members_t *m)
{
    scim_error_t *err = need_keys(c);

    if (err || has_own_key(c->facts->keys, m)) {
        return err;
    }
    return misfit(c, "ScimMapMembers", m->at,
                  apr_psprintf(c->pool,
                               "the table %s needs a unique key over %s and %s, so that nobody is "
                               "in a group twice",
                               m->table, m->group, m->user));
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
    return err ? err : check_unique(c, m);
}

static scim_error_t *check_all(checking_t *c, const scim_map_t *map)
{
    scim_error_t *err = scim_dbd_open(c->db);
    int i;

    for (i = 0; i < map->tables->nelts && !err; i++) {
        const scim_map_table_t *t = &APR_ARRAY_IDX(map->tables, i, scim_map_table_t);
        err = check_columns(c, t);
        if (!err) {
            err = need_keys(c);
        }
        if (!err) {
            err = check_link(c, t->link);
        }
    }
    return err || !map->members ? err : check_members(c, map->members);
}

scim_error_t *scim_map_check(const char **misfit, scim_dbd_t *db, apr_hash_t *seen,
                             const scim_map_t *map, apr_pool_t *p)
{
    checking_t c = {.db = db, .seen = seen ? seen : apr_hash_make(p), .pool = p};
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
    err = scim_map_check(&misfit, store->db, NULL, map, store->pool);
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
