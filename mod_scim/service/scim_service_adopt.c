/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_service_adopt.h"

#include <apr_time.h>

#include "scim_life.h"
#include "scim_service_audit.h"
#include "scim_service_change.h"

/* Rows that one list without a filter makes resources, and how many it looks at at a time. */
#define LISTED_MAX 500
#define LISTED_BATCH 100

typedef struct adopting_t {
    service_t sv; /* of the row's type, with a store of its own */
    const scim_adoptable_t *found;
    int adopted; /* 0: someone else was faster */
} adopting_t;

/*
 * The row as it is: neither is an inactive one ended, nor anybody put into groups. What policies
 * make of a user begins with a client's next change.
 */
static scim_error_t *adopt_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    adopting_t *a = baton;
    apr_time_t tombstone;
    scim_row_t *row;
    int there;
    scim_error_t *err = scim_adopt_namesake(&there, &tombstone, store, a->sv.type, a->found, p);

    if (!err && scim_life_is_hidden(a->sv.tenant, tombstone, apr_time_now())) {
        err = service_free_name(&a->sv, a->found->doc, p);
        there = 0;
    }
    a->adopted = !err && !there;
    if (!a->adopted) {
        return err;
    }
    err = scim_store_manager(store, a->sv.type, NULL, a->found->doc, p);
    if (!err) {
        err = scim_adopt(&row, store, a->sv.type, a->found, p);
    }
    return err ? err : service_audit_adopted(&a->sv, row, a->found->doc, p);
}

static scim_error_t *adopt_row(const service_t *sv, const scim_resource_type_t *type,
                               const scim_adoptable_t *found, apr_pool_t *p)
{
    adopting_t a = {*sv, found, 0};
    scim_error_t *err;

    a.sv.type = type;
    a.sv.pool = p;
    a.sv.store = scim_store_fork(sv->store, p);
    a.sv.unknown_groups = NULL;
    a.sv.groups_adopted = 0;
    err = service_write(&a.sv, adopt_tx, &a);
    if (!err) {
        service_audit_tend(sv, a.adopted); /* what it says outlives p */
    }
    return err;
}

/* One row; it stays what it is where someone else was faster or a policy is against it. */
static scim_error_t *adopt_one(const service_t *sv, const scim_resource_type_t *type,
                               const scim_adoptable_t *found)
{
    apr_pool_t *p;
    scim_error_t *err;

    if (found->linked) {
        return NULL;
    }
    apr_pool_create(&p, sv->pool);
    err = adopt_row(sv, type, found, p);
    if (err && err->status >= 500) {
        return err; /* it may live in p */
    }
    apr_pool_destroy(p);
    return NULL;
}

/* The rows of one query, in batches. Each counts, also where someone else was faster. */
static scim_error_t *adopt_all(int *found, service_t *sv, scim_adopt_query_t *query, int most)
{
    apr_array_header_t *rows;
    const char *last;
    scim_error_t *err;
    int looked = 0;
    int i;

    *found = 0;
    query->limit = LISTED_BATCH;
    do {
        err = scim_adopt_find(&rows, &last, sv->store, query, sv->pool);
        for (i = 0; !err && i < rows->nelts; i++) {
            err = adopt_one(sv, query->type, &APR_ARRAY_IDX(rows, i, scim_adoptable_t));
        }
        *found += err ? 0 : rows->nelts;
        query->after = last;
        looked += LISTED_BATCH;
    } while (!err && last && looked < most);
    return err;
}

scim_error_t *service_adopt_id(int *found, service_t *sv, const char *id)
{
    scim_adopt_query_t query = {.type = sv->type, .id = id};

    *found = 0;
    if (!scim_adopt_has_ids(sv->tenant, sv->type)) {
        return NULL;
    }
    return adopt_all(found, sv, &query, 1);
}

const scim_resource_type_t *service_group_type(const scim_tenant_t *tenant)
{
    const scim_catalog_t *catalog = tenant->catalog;
    int i;

    for (i = 0; i < catalog->ntypes; i++) {
        if (scim_type_attr_at(catalog->types[i], SCIM_AT_MEMBERS)) {
            return catalog->types[i];
        }
    }
    return NULL;
}

scim_error_t *service_write(service_t *sv, scim_store_write_fn *fn, void *baton)
{
    scim_error_t *err = scim_store_write(sv->store, fn, baton);
    scim_error_t *adopting = NULL;
    int i;

    if (!err || !sv->unknown_groups || sv->groups_adopted) {
        return err;
    }
    sv->groups_adopted = 1;
    for (i = 0; i < sv->unknown_groups->nelts && !adopting; i++) {
        scim_adopt_query_t query = {.type = service_group_type(sv->tenant)};
        int found;

        query.match = APR_ARRAY_IDX(sv->unknown_groups, i, const char *);
        adopting = adopt_all(&found, sv, &query, 1);
    }
    return adopting ? adopting : scim_store_write(sv->store, fn, baton);
}

/* The value that a filter compares by eq with an attribute, whatever else must be true; or NULL. */
static const char *compared(const scim_filter_t *f, const scim_path_t *path)
{
    for (; f; f = f->right) {
        const scim_filter_t *one = f->op == SCIM_OP_AND ? f->left : f;

        if (one->op == SCIM_OP_EQ && one->kind == JSON_STRING && one->path.attr == path->attr &&
            one->path.sub == path->sub && !one->path.filter) {
            return one->string;
        }
        if (f->op != SCIM_OP_AND) {
            break;
        }
    }
    return NULL;
}

scim_error_t *service_adopt_listed(int *found, service_t *sv, const scim_search_part_t *part)
{
    scim_adopt_query_t query = {.type = part->type};
    const scim_path_t *match = scim_adopt_match(sv->tenant, part->type);
    scim_path_t id = {NULL, scim_type_attr_at(part->type, SCIM_AT_ID), NULL, NULL};

    *found = 0;
    if (!scim_adopt_is_on(sv->tenant, part->type)) {
        return NULL;
    }
    if (!part->filter) {
        return adopt_all(found, sv, &query, LISTED_MAX);
    }
    query.match = match ? compared(part->filter, match) : NULL;
    if (!query.match && scim_adopt_has_ids(sv->tenant, part->type)) {
        query.id = compared(part->filter, &id);
    }
    return query.match || query.id ? adopt_all(found, sv, &query, 1) : NULL;
}

scim_error_t *scim_service_adopt(const char **after, const scim_adopt_watch_t *watch,
                                 const scim_tenant_t *tenant, scim_store_t *store,
                                 const scim_resource_type_t *type, apr_pool_t *p)
{
    scim_request_t request = {
        .method = SCIM_METHOD_OTHER, .base = "", .path = "", .who = watch->who};
    scim_reply_t reply = {0};
    service_t sv = {.request = &request,
                    .tenant = tenant,
                    .store = store,
                    .reply = &reply,
                    .pool = p,
                    .type = type};
    scim_adopt_query_t query = {.type = type, .after = *after, .limit = LISTED_BATCH};
    apr_array_header_t *rows;
    scim_error_t *err = scim_adopt_find(&rows, after, store, &query, p);
    int i;

    for (i = 0; !err && i < rows->nelts; i++) {
        const scim_adoptable_t *found = &APR_ARRAY_IDX(rows, i, scim_adoptable_t);
        scim_error_t *refused = watch->dry ? NULL : adopt_row(&sv, type, found, p);

        if (refused && refused->status >= 500) {
            return refused;
        }
        watch->row(watch->baton, found, refused);
    }
    return err;
}
