/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_store_impl.h"

#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "scim_id.h"

/* Rows of one statement over groups; a page is usually one. */
#define GROUPS_BATCH SCIM_SQL_LIST

/* ---- one resource ---- */

typedef struct numbered_ref_t {
    apr_int64_t rid;
    scim_ref_t ref;
} numbered_ref_t;

/* A resource and its groups, as one statement returns them. */
typedef struct getting_t {
    scim_reading_t rows;
    apr_array_header_t *refs; /* numbered_ref_t */
} getting_t;

static scim_error_t *make_ref(scim_ref_t *ref, const scim_store_t *store, const char *const *cols,
                              apr_pool_t *p)
{
    ref->id = apr_pstrdup(p, cols[0]);
    ref->display = apr_pstrdup(p, cols[1]);
    ref->type = scim_catalog_type(store->tenant->catalog, cols[2] ? cols[2] : "");
    if (!ref->type) {
        return scim_error_internal(
            store->pool, 500, "SCIM2017",
            apr_psprintf(store->pool, "resource %s has a type that the tenant does not offer",
                         ref->id),
            "A member of the group could not be read.");
    }
    return NULL;
}

static scim_error_t *read_resource_or_group(void *baton, const char *const *cols)
{
    getting_t *g = baton;
    numbered_ref_t *n;
    const char *ref[3] = {cols[2], cols[7], cols[10]};

    if (strcmp(cols[0], "0") == 0) {
        return scim_store_read_row(&g->rows, cols);
    }
    n = apr_array_push(g->refs);
    n->rid = apr_atoi64(cols[1]);
    return make_ref(&n->ref, g->rows.store, ref, g->rows.pool);
}

static int compare_refs(const void *a, const void *b)
{
    const numbered_ref_t *x = a;
    const numbered_ref_t *y = b;

    return (x->rid > y->rid) - (x->rid < y->rid);
}

static apr_array_header_t *sorted_refs(const apr_array_header_t *numbered, apr_pool_t *p)
{
    apr_array_header_t *refs = apr_array_make(p, numbered->nelts, sizeof(scim_ref_t));
    int i;

    qsort(numbered->elts, (size_t)numbered->nelts, sizeof(numbered_ref_t), compare_refs);
    for (i = 0; i < numbered->nelts; i++) {
        APR_ARRAY_PUSH(refs, scim_ref_t) = APR_ARRAY_IDX(numbered, i, numbered_ref_t).ref;
    }
    return refs;
}

static scim_sql_t *get_statement(const scim_store_t *store, const scim_resource_type_t *type,
                                 const char *id, int with_groups, apr_pool_t *p)
{
    const char *tenant = store->tenant->name;
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_add(sql, "SELECT 0, ");
    scim_store_columns(sql, scim_dbd_dialect(store->db), 0);
    scim_sql_addv(sql,
                  ", r.type FROM scim_resource r WHERE r.tenant = %s AND r.id = %s "
                  "AND r.type = %s",
                  tenant, id, type->name, NULL);
    if (with_groups) {
        scim_sql_addv(sql,
                      " UNION ALL SELECT 1, g.rid, g.id, 0, 0, 0, 0, g.display, '', 0, g.type "
                      "FROM scim_resource r JOIN scim_member m ON m.member_rid = r.rid "
                      "JOIN scim_resource g ON g.rid = m.group_rid WHERE r.tenant = %s "
                      "AND r.id = %s AND r.type = %s AND m.tenant = %s AND g.tenant = %s",
                      tenant, id, type->name, tenant, tenant, NULL);
    }
    return sql;
}

scim_error_t *scim_store_get(scim_row_t **row, apr_array_header_t **groups, scim_store_t *store,
                             const scim_resource_type_t *type, const char *id, apr_pool_t *p)
{
    getting_t g = {{store, apr_array_make(p, 1, sizeof(scim_row_t)), p, 1},
                   apr_array_make(p, 4, sizeof(numbered_ref_t))};
    scim_row_t *found;
    scim_error_t *err;

    *row = NULL;
    if (strlen(id) > SCIM_ID_MAX) {
        return NULL;
    }
    err = scim_dbd_open(store->db);
    if (!err) {
        err = scim_store_select(store, get_statement(store, type, id, groups != NULL, p), 1,
                                SCIM_ROW_COLUMNS + 2, read_resource_or_group, &g);
    }
    if (err || g.rows.rows->nelts == 0) {
        return err;
    }
    found = &APR_ARRAY_IDX(g.rows.rows, 0, scim_row_t);
    err = scim_store_complete(store, found, 1, "", p);
    if (err) {
        return err;
    }
    if (groups) {
        *groups = sorted_refs(g.refs, p);
    }
    *row = found->rid ? found : NULL;
    return NULL;
}

/* ---- groups of a page ---- */

typedef struct grouping_t {
    const scim_store_t *store;
    apr_hash_t *by_rid; /* rid -> array of numbered_ref_t */
    apr_pool_t *pool;
} grouping_t;

static scim_error_t *read_group_of(void *baton, const char *const *cols)
{
    grouping_t *g = baton;
    apr_int64_t member = apr_atoi64(cols[0]);
    apr_array_header_t *refs = apr_hash_get(g->by_rid, &member, sizeof(member));
    numbered_ref_t *n;

    if (!refs) {
        return NULL;
    }
    n = apr_array_push(refs);
    n->rid = apr_atoi64(cols[1]);
    return make_ref(&n->ref, g->store, cols + 2, g->pool);
}

static scim_error_t *read_groups_of(grouping_t *g, scim_store_t *store, const scim_row_t *rows,
                                    int n)
{
    const char *rids[GROUPS_BATCH];
    scim_sql_t *sql = scim_sql_make(g->pool);
    int known = 0;
    int i;

    for (i = 0; i < n; i++) {
        /* A row that was inserted just now is in no group. */
        if (rows[i].rid) {
            rids[known++] = scim_store_int(rows[i].rid, g->pool);
            apr_hash_set(g->by_rid, &rows[i].rid, sizeof(rows[i].rid),
                         apr_array_make(g->pool, 4, sizeof(numbered_ref_t)));
        }
    }
    if (known == 0) {
        return NULL;
    }
    scim_sql_addv(sql,
                  "SELECT m.member_rid, g.rid, g.id, g.display, g.type FROM scim_member m "
                  "JOIN scim_resource g ON g.rid = m.group_rid "
                  "WHERE m.tenant = %s AND g.tenant = %s AND m.member_rid IN ",
                  store->tenant->name, store->tenant->name, NULL);
    scim_sql_list(sql, rids, known);
    return scim_store_select(store, sql, 1, 5, read_group_of, g);
}

scim_error_t *scim_store_groups_of(apr_array_header_t ***out, scim_store_t *store,
                                   const apr_array_header_t *rows, apr_pool_t *p)
{
    grouping_t g = {store, apr_hash_make(p), p};
    const scim_row_t *row = (const scim_row_t *)(const void *)rows->elts;
    apr_array_header_t **refs;
    scim_error_t *err;
    int n;
    int i;

    for (i = 0; i < rows->nelts; i += GROUPS_BATCH) {
        n = rows->nelts - i < GROUPS_BATCH ? rows->nelts - i : GROUPS_BATCH;
        err = read_groups_of(&g, store, row + i, n);
        if (err) {
            return err;
        }
    }
    refs = apr_pcalloc(p, sizeof(*refs) * (apr_size_t)(rows->nelts + 1));
    for (i = 0; i < rows->nelts; i++) {
        const apr_array_header_t *numbered =
            apr_hash_get(g.by_rid, &row[i].rid, sizeof(row[i].rid));
        refs[i] = numbered && numbered->nelts ? sorted_refs(numbered, p) : NULL;
    }
    *out = refs;
    return NULL;
}

/* ---- members ---- */

typedef struct members_t {
    const scim_store_t *store;
    apr_array_header_t *refs;
    apr_int64_t last;
    apr_pool_t *pool;
} members_t;

static scim_error_t *read_member(void *baton, const char *const *cols)
{
    members_t *m = baton;

    m->last = apr_atoi64(cols[0]);
    return make_ref(apr_array_push(m->refs), m->store, cols + 1, m->pool);
}

scim_error_t *scim_store_members(apr_array_header_t **refs, apr_int64_t *after, scim_store_t *store,
                                 apr_int64_t group, int limit, apr_pool_t *p)
{
    members_t m = {store, apr_array_make(p, limit < 64 ? limit + 1 : 64, sizeof(scim_ref_t)),
                   *after, p};
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT m.member_rid, u.id, u.display, u.type FROM scim_member m "
                  "JOIN scim_resource u ON u.rid = m.member_rid "
                  "WHERE m.tenant = %s AND u.tenant = %s AND m.group_rid = %s "
                  "AND m.member_rid > %s ORDER BY m.member_rid LIMIT %s",
                  store->tenant->name, store->tenant->name, scim_store_int(group, p),
                  scim_store_int(*after, p), scim_store_int(limit, p), NULL);
    err = scim_store_select(store, sql, 1, 4, read_member, &m);
    if (err) {
        return err;
    }
    *after = m.last;
    *refs = m.refs;
    return NULL;
}
