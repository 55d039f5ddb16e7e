/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_id.h"
#include "scim_map_adopt.h"
#include "scim_map_impl.h"
#include "scim_resource.h"

/* Rows that a column's collation takes for equal; of these at most one is what was asked for. */
#define ALIKE_MAX 16

/* Of a row that may be adopted, what is read before the mapped columns. */
#define FIRST_COLUMN 3

static scim_map_target_t target_of(const scim_map_table_t *t)
{
    scim_map_target_t target = {t, t->table, t->type->name, 0};

    return target;
}

static const scim_attr_t *match_leaf(const scim_map_table_t *t)
{
    return t->match->path.sub ? t->match->path.sub : t->match->path.attr;
}

/* The attribute's rule decides, not the column's collation. */
static int is_same(const scim_map_table_t *t, const char *a, const char *b, apr_pool_t *p)
{
    return match_leaf(t)->case_exact ? strcmp(a, b) == 0
                                     : strcmp(scim_text_fold(a, p), scim_text_fold(b, p)) == 0;
}

/* " FROM table a [join link k]": the shared table's rows, and whose they are. */
static void add_from(scim_sql_t *sql, const scim_store_t *store, const scim_map_table_t *t,
                     const char *join)
{
    scim_sql_add(sql, " FROM ");
    scim_map_name(sql, store, NULL, t->table);
    scim_sql_add(sql, " a");
    if (t->link) {
        scim_sql_add(sql, join);
        scim_map_name(sql, store, NULL, t->link->table);
        scim_sql_add(sql, " k ON ");
        scim_map_name(sql, store, "k", t->link->account);
        scim_sql_add(sql, " = ");
        scim_map_name(sql, store, "a", t->key);
        scim_map_where(sql, store, "k", t->link->pairs);
    }
    scim_sql_add(sql, " WHERE 1 = 1");
    scim_map_where(sql, store, "a", t->constants);
}

static void add_equal(scim_sql_t *sql, const scim_store_t *store, const char *column,
                      const char *value, const char *nocase)
{
    scim_sql_add(sql, " AND ");
    scim_map_name(sql, store, "a", column);
    scim_sql_add(sql, " = ");
    scim_sql_bind(sql, value);
    scim_sql_add(sql, nocase);
}

static const char *nocase_of(const scim_store_t *store, const scim_map_table_t *t)
{
    return match_leaf(t)->case_exact ? "" : scim_dbd_dialect(store->db)->nocase;
}

/* An id that a resource can have, or NULL. */
static const char *usable_id(const char *id, apr_pool_t *p)
{
    apr_size_t len = id ? strlen(id) : 0;

    return len > 0 && len <= SCIM_ID_MAX && scim_text_utf8(id, len) ? apr_pstrdup(p, id) : NULL;
}

/* ---- one row for a document ---- */

typedef struct finding_t {
    const scim_map_table_t *table;
    const char *value;
    scim_map_found_t *found;
    apr_pool_t *pool;
} finding_t;

/* Key, id, matching column, and of the link table whether there is a row. */
static scim_error_t *read_found(void *baton, const char *const *cols)
{
    finding_t *f = baton;

    if (!f->found && cols[0] && cols[2] && is_same(f->table, cols[2], f->value, f->pool)) {
        f->found = apr_pcalloc(f->pool, sizeof(*f->found));
        f->found->key = apr_pstrdup(f->pool, cols[0]);
        f->found->id = f->table->id ? usable_id(cols[1], f->pool) : NULL;
        f->found->in_team = f->table->link && cols[3];
    }
    return NULL;
}

scim_error_t *scim_map_find(scim_map_found_t **found, scim_store_t *store,
                            const scim_map_table_t *t, const json_t *doc, apr_pool_t *p)
{
    finding_t f = {t, NULL, NULL, p};
    scim_map_target_t target = target_of(t);
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    *found = NULL;
    if (!t->adopt && !t->link) {
        return NULL;
    }
    err = scim_map_value(&f.value, t->match, doc, p);
    if (err || !f.value) {
        return err;
    }
    scim_sql_add(sql, "SELECT ");
    scim_map_as_text(sql, store, "a", t->key);
    scim_sql_add(sql, ", ");
    scim_map_as_text(sql, store, "a", t->id ? t->id : t->key);
    scim_sql_add(sql, ", ");
    scim_map_name(sql, store, "a", t->match->column);
    scim_sql_add(sql, ", ");
    scim_map_as_text(sql, store, t->link ? "k" : "a", t->link ? t->link->account : t->key);
    add_from(sql, store, t, " LEFT JOIN ");
    add_equal(sql, store, t->match->column, f.value, nocase_of(store, t));
    scim_sql_add(sql, scim_dbd_dialect(store->db)->for_update);
    err = scim_map_select(store, &target, sql, 4, read_found, &f);
    *found = f.found;
    return err;
}

/* ---- rows without a resource ---- */

int scim_adopt_is_on(const scim_tenant_t *tenant, const scim_resource_type_t *type)
{
    const scim_map_table_t *t = scim_map_table(tenant->map, type);

    return t && t->adopt;
}

int scim_adopt_has_ids(const scim_tenant_t *tenant, const scim_resource_type_t *type)
{
    const scim_map_table_t *t = scim_map_table(tenant->map, type);

    return t && t->adopt && t->id;
}

const scim_path_t *scim_adopt_match(const scim_tenant_t *tenant, const scim_resource_type_t *type)
{
    const scim_map_table_t *t = scim_map_table(tenant->map, type);

    return t && t->adopt && !t->match->path.filter ? &t->match->path : NULL;
}

typedef struct collecting_t {
    const scim_map_table_t *table;
    const scim_adopt_query_t *query;
    apr_array_header_t *rows; /* scim_adoptable_t */
    const char *last;
    apr_pool_t *pool;
} collecting_t;

static json_t *document_of(const collecting_t *c, const char *const *cols)
{
    const scim_map_table_t *t = c->table;
    const scim_attr_t *active = scim_type_attr_at(t->type, SCIM_AT_ACTIVE);
    const char *id = t->id ? usable_id(cols[1], c->pool) : NULL;
    json_t *doc = scim_json_own(json_object(), c->pool);
    int i;

    for (i = 0; i < t->columns->nelts; i++) {
        scim_map_set(doc, &APR_ARRAY_IDX(t->columns, i, scim_map_column_t), cols[FIRST_COLUMN + i],
                     c->pool);
    }
    json_object_set_new(doc, "id", json_string(id ? id : scim_id_make(c->pool)));
    if (active && !json_object_get(doc, active->name)) {
        json_object_set_new(doc, active->name, json_true());
    }
    scim_resource_arrange(doc, t->type, c->pool);
    return doc;
}

static int is_asked_for(const collecting_t *c, const json_t *doc)
{
    const scim_attr_t *unique = scim_type_attr_at(c->table->type, SCIM_AT_UNIQUE);
    const char *value = NULL;

    if (!unique || !json_object_get(doc, unique->name)) {
        return 0;
    }
    if (!c->query->match) {
        return 1;
    }
    return !scim_map_value(&value, c->table->match, doc, c->pool) && value &&
           is_same(c->table, value, c->query->match, c->pool);
}

/* Key, id, whether it is linked, and the mapped columns. */
static scim_error_t *read_adoptable(void *baton, const char *const *cols)
{
    collecting_t *c = baton;
    scim_adoptable_t row;

    if (!cols[0]) {
        return NULL;
    }
    row.key = apr_pstrdup(c->pool, cols[0]);
    row.linked = cols[2] != NULL;
    row.doc = document_of(c, cols);
    c->last = row.key;
    if (is_asked_for(c, row.doc)) {
        APR_ARRAY_PUSH(c->rows, scim_adoptable_t) = row;
    }
    return NULL;
}

/* "(SELECT 1 of the resource that is linked to it)" */
static void add_linked(scim_sql_t *sql, const scim_store_t *store, const scim_map_table_t *t)
{
    scim_sql_addv(sql,
                  "(SELECT 1 FROM scim_link l WHERE l.tenant = %s AND l.type = %s "
                  "AND l.app_key = ",
                  store->tenant->name, t->type->name, NULL);
    scim_map_as_text(sql, store, "a", t->key);
    scim_sql_add(sql, ")");
}

static void add_unlinked(scim_sql_t *sql, const scim_store_t *store, const scim_map_table_t *t)
{
    scim_sql_add(sql, " AND NOT EXISTS ");
    add_linked(sql, store, t);
}

static void add_query(scim_sql_t *sql, const scim_store_t *store, const scim_map_table_t *t,
                      const scim_adopt_query_t *query)
{
    if (query->match) {
        add_equal(sql, store, t->match->column, query->match, nocase_of(store, t));
    }
    if (query->id) {
        add_equal(sql, store, t->id, query->id, "");
    }
    if (query->after) {
        scim_sql_add(sql, " AND ");
        scim_map_name(sql, store, "a", t->key);
        scim_sql_addv(sql, " > %s", query->after, NULL);
    }
    if (!query->match && !query->id) {
        add_unlinked(sql, store, t);
    }
    scim_sql_add(sql, " ORDER BY ");
    scim_map_name(sql, store, "a", t->key);
    scim_sql_addv(sql, " LIMIT %s",
                  scim_store_int(query->match ? ALIKE_MAX : query->limit, sql->text->pool), NULL);
}

scim_error_t *scim_adopt_find(apr_array_header_t **rows, const char **last, scim_store_t *store,
                              const scim_adopt_query_t *query, apr_pool_t *p)
{
    const scim_map_table_t *t = scim_map_table(store->tenant->map, query->type);
    collecting_t c = {t, query, apr_array_make(p, 8, sizeof(scim_adoptable_t)), NULL, p};
    scim_map_target_t target = target_of(t);
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err = scim_map_ready(store);
    int i;

    *rows = c.rows;
    *last = NULL;
    if (err || !t->adopt || (query->id && !t->id)) {
        return err;
    }
    scim_sql_add(sql, "SELECT ");
    scim_map_as_text(sql, store, "a", t->key);
    scim_sql_add(sql, ", ");
    scim_map_as_text(sql, store, "a", t->id ? t->id : t->key);
    scim_sql_add(sql, ", ");
    add_linked(sql, store, t);
    for (i = 0; i < t->columns->nelts; i++) {
        scim_sql_add(sql, ", ");
        scim_map_name(sql, store, "a", APR_ARRAY_IDX(t->columns, i, scim_map_column_t).column);
    }
    add_from(sql, store, t, " JOIN ");
    add_query(sql, store, t, query);
    err =
        scim_map_select(store, &target, sql, FIRST_COLUMN + t->columns->nelts, read_adoptable, &c);
    *last = c.last;
    return err;
}

static scim_error_t *count_rows(apr_int64_t *n, scim_store_t *store, const scim_map_table_t *t,
                                int unlinked, apr_pool_t *p)
{
    scim_map_target_t target = target_of(t);
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_add(sql, "SELECT COUNT(*)");
    add_from(sql, store, t, " JOIN ");
    if (unlinked) {
        add_unlinked(sql, store, t);
    }
    return scim_map_select(store, &target, sql, 1, scim_store_read_int, n);
}

scim_error_t *scim_adopt_count(apr_int64_t *adoptable, apr_int64_t *rows, scim_store_t *store,
                               const scim_resource_type_t *type, apr_pool_t *p)
{
    const scim_map_table_t *t = scim_map_table(store->tenant->map, type);
    scim_error_t *err = scim_map_ready(store);

    *adoptable = 0;
    *rows = 0;
    if (err || !t || !t->adopt) {
        return err;
    }
    err = count_rows(rows, store, t, 0, p);
    return err ? err : count_rows(adoptable, store, t, 1, p);
}
