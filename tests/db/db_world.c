/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "db_world.h"

#include <string.h>

#include "scim_match.h"

static apr_array_header_t *refs_of(const db_world_t *w, db_request_t *r, const scim_row_t *row,
                                   apr_pool_t *p)
{
    apr_array_header_t *refs;
    apr_int64_t after = 0;

    if (strcmp(w->type->name, "User") == 0) {
        db_ok(scim_store_groups_of(&refs, r->store, row, p));
    } else {
        db_ok(scim_store_members(&refs, &after, r->store, row->rid, 1000, p));
    }
    return refs;
}

db_world_t db_world(db_env_t *env, const char *type)
{
    apr_pool_t *p = db_env_pool(env);
    db_world_t w = {db_type(type), 0, NULL, NULL};
    db_request_t r = db_request(env);
    scim_list_t l = {w.type, NULL, 0, 1000, NULL};
    scim_view_t view = {"", w.type, NULL};
    apr_array_header_t *rows;
    apr_int64_t total;
    int i;

    db_ok(scim_store_list(&rows, &total, r.store, &l, p));
    w.n = rows->nelts;
    ck_assert_int_eq(total, w.n);
    w.rows = (scim_row_t *)(void *)rows->elts;
    w.trees = apr_palloc(p, sizeof(*w.trees) * (size_t)(w.n + 1));
    for (i = 0; i < w.n; i++) {
        apr_array_header_t *refs = refs_of(&w, &r, &w.rows[i], p);
        db_ok(scim_render_tree(&w.trees[i], &w.rows[i],
                               (const scim_ref_t *)(const void *)refs->elts, refs->nelts, &view,
                               p));
    }
    db_request_end(&r);
    return w;
}

apr_array_header_t *db_world_list(const db_world_t *worlds, int n,
                                  const scim_filter_t *const *filters,
                                  const scim_path_t *const *sorts, int descending, apr_pool_t *p)
{
    apr_array_header_t *entries = apr_array_make(p, 64, sizeof(scim_sort_entry_t));
    apr_array_header_t *ids = apr_array_make(p, 64, sizeof(const char *));
    int i;
    int j;

    for (i = 0; i < n; i++) {
        for (j = 0; j < worlds[i].n; j++) {
            scim_sort_entry_t *entry;
            if (filters && filters[i] && !scim_match(filters[i], worlds[i].trees[j], p)) {
                continue;
            }
            entry = apr_array_push(entries);
            memset(entry, 0, sizeof(*entry));
            entry->rid = worlds[i].rows[j].rid;
            entry->part = i * 1000 + j;
            if (sorts && sorts[i]) {
                scim_sort_key(&entry->key, sorts[i], worlds[i].trees[j], p);
            }
        }
    }
    if (sorts) {
        scim_sort_entries(entries, descending);
    }
    for (i = 0; i < entries->nelts; i++) {
        int at = APR_ARRAY_IDX(entries, i, scim_sort_entry_t).part;
        APR_ARRAY_PUSH(ids, const char *) = worlds[at / 1000].rows[at % 1000].id;
    }
    return ids;
}
