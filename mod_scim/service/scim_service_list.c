/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_service_adopt.h"
#include "scim_sort.h"

/* A list over one type or all of them (RFC 7644 sections 3.4.2 and 3.4.3). */
typedef struct list_t {
    service_t *sv;
    scim_search_part_t *parts;
    scim_view_t *views; /* of the parts */
    int n;
} list_t;

/* Without a type of its own a list is over all that the tenant has. */
static void make_parts(list_t *list, service_t *sv)
{
    const scim_catalog_t *catalog = scim_tenant_offered(sv->tenant);
    int i;

    list->sv = sv;
    list->n = sv->type ? 1 : catalog->ntypes;
    list->parts = apr_pcalloc(sv->pool, (apr_size_t)list->n * sizeof(*list->parts));
    list->views = apr_pcalloc(sv->pool, (apr_size_t)list->n * sizeof(*list->views));
    for (i = 0; i < list->n; i++) {
        list->parts[i].type = sv->type ? sv->type : catalog->types[i];
        list->views[i].base = sv->view.base;
        list->views[i].type = list->parts[i].type;
    }
}

static scim_error_t *parse_filter(list_t *list, scim_search_part_t *part)
{
    const service_t *sv = list->sv;

    if (!sv->query.filter) {
        return NULL;
    }
    if (sv->type) {
        return scim_filter_parse(&part->filter, sv->query.filter, part->type, &sv->tenant->filter,
                                 sv->pool);
    }
    return scim_filter_parse_any(&part->filter, sv->query.filter, part->type, sv->tenant->catalog,
                                 &sv->tenant->filter, sv->pool);
}

/* The attribute need not be every type's, but some type's. */
static scim_error_t *parse_sort(list_t *list)
{
    const service_t *sv = list->sv;
    scim_error_t *first = NULL;
    int known = 0;
    int i;

    for (i = 0; sv->query.sort_by && i < list->n; i++) {
        scim_path_t *path = apr_palloc(sv->pool, sizeof(*path));
        scim_error_t *err = scim_sort_parse(path, sv->query.sort_by, list->parts[i].type, sv->pool);

        if (!err) {
            list->parts[i].sort = path;
            known = 1;
        }
        first = first ? first : err;
    }
    return known ? NULL : first;
}

static scim_error_t *parse_parts(list_t *list)
{
    const service_t *sv = list->sv;
    scim_error_t *err = parse_sort(list);
    int i;

    for (i = 0; i < list->n && !err; i++) {
        err = parse_filter(list, &list->parts[i]);
        if (!err) {
            err = scim_project_parse(&list->views[i].projection, sv->query.attributes,
                                     sv->query.excluded, list->parts[i].type, sv->pool);
        }
    }
    return err;
}

/* What a cursor is bound to: where it was asked, the filter and the order. */
static const char *binding(const list_t *list)
{
    const service_t *sv = list->sv;
    scim_buf_t *text = scim_buf_make(0, sv->pool);
    int i;

    for (i = 0; i < list->n; i++) {
        const scim_search_part_t *part = &list->parts[i];

        scim_buf_quote(text, part->type->name);
        scim_buf_quote(text, part->sort ? scim_path_print(part->sort, sv->pool) : "");
    }
    scim_buf_puts(text, sv->type ? "/" : "*");
    scim_buf_quote(text, sv->query.filter ? sv->query.filter : "");
    return text->data;
}

static scim_view_t view_of(const list_t *list, const scim_row_t *row)
{
    int i = 0;

    while (i < list->n - 1 && list->parts[i].type != row->type) {
        i++;
    }
    return list->views[i];
}

/* Render a page: each resource in a scratch pool of its own, pieces going out as they fill. */
static scim_error_t *render_page(const list_t *list, const apr_array_header_t *rows)
{
    service_t *sv = list->sv;
    scim_buf_t *out = sv->reply->body;
    const scim_resource_type_t *type = sv->type;
    apr_pool_t *scratch;
    scim_error_t *err;
    int i;

    apr_pool_create(&scratch, sv->pool);
    for (i = 0; i < rows->nelts; i++) {
        const scim_row_t *row = &APR_ARRAY_IDX(rows, i, scim_row_t);

        if (i > 0) {
            scim_buf_puts(out, ",");
        }
        sv->view = view_of(list, row);
        sv->type = sv->view.type;
        err = service_render(sv, out, row, scratch);
        if (!err) {
            err = service_drain(sv, out);
        }
        if (err) {
            return err; /* it may live in scratch, which goes with the request's pool */
        }
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    sv->type = type;
    return NULL;
}

/* Whether a page is the first of its list. */
static int is_first(const scim_search_t *search)
{
    return search->offset == 0 && (!search->cursor || !*search->cursor);
}

/*
 * Rows that the application has had before become resources where a list without a filter begins,
 * and where it comes to its end; a look-up asks only where it has found nothing.
 * @param page NULL: before the search
 */
static scim_error_t *adopt(int *adopted, const list_t *list, const scim_page_t *page,
                           const scim_search_t *search)
{
    scim_error_t *err = NULL;
    int some;
    int i;

    *adopted = 0;
    if (page && page->rows->nelts && page->rows->nelts == search->limit) {
        return NULL;
    }
    for (i = 0; i < list->n && !err; i++) {
        int whole = !list->parts[i].filter;
        if (page ? (whole ? !is_first(search) : page->total == 0) : whole && is_first(search)) {
            err = service_adopt_listed(&some, list->sv, &list->parts[i]);
            *adopted += err ? 0 : some;
        }
    }
    return err;
}

/* A page, with what the application has had before. */
static scim_error_t *find_page(scim_page_t *page, const list_t *list, const scim_search_t *search)
{
    service_t *sv = list->sv;
    int adopted = 0;
    scim_error_t *err = NULL;

    if (sv->tenant->map) {
        err = adopt(&adopted, list, NULL, search);
    }
    if (!err) {
        err = scim_store_search(page, sv->store, search, sv->pool);
    }
    if (!err && sv->tenant->map) {
        err = adopt(&adopted, list, page, search);
        if (!err && adopted) {
            err = scim_store_search(page, sv->store, search, sv->pool);
        }
    }
    return err;
}

/* The query is in sv->query. */
static scim_error_t *answer(service_t *sv)
{
    const scim_query_t *q = &sv->query;
    scim_search_t search = {0};
    scim_page_t page;
    list_t list;
    scim_error_t *err;

    make_parts(&list, sv);
    err = parse_parts(&list);
    if (err) {
        return service_filter_refused(sv, err);
    }
    search.parts = list.parts;
    search.nparts = list.n;
    search.sorted = q->sort_by != NULL;
    search.descending = q->descending;
    search.offset = q->start_index - 1;
    search.limit = q->count;
    search.base = sv->view.base;
    search.cursor = q->cursor;
    search.binding = q->cursor ? binding(&list) : NULL;
    err = find_page(&page, &list, &search);
    if (err) {
        return err;
    }
    sv->reply->status = 200;
    sv->reply->body = scim_buf_make(SERVICE_PIECE / 4, sv->pool);
    scim_render_list_begin(sv->reply->body, page.total, q->cursor ? 0 : q->start_index,
                           page.rows->nelts, page.next_cursor);
    err = render_page(&list, page.rows);
    if (err) {
        return err;
    }
    scim_render_list_end(sv->reply->body);
    return NULL;
}

scim_error_t *service_list(service_t *sv)
{
    scim_error_t *err;

    sv->reply->op = "list";
    err = scim_query_parse(&sv->query, sv->request->query, sv->tenant, sv->pool);
    return err ? err : answer(sv);
}

scim_error_t *service_search(service_t *sv)
{
    json_t *body;
    scim_error_t *err;

    sv->reply->op = "list";
    err = service_body(&body, sv);
    if (!err) {
        err = scim_query_body(&sv->query, body, sv->tenant, sv->pool);
    }
    return err ? err : answer(sv);
}
