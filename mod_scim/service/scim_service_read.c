/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include "scim_service_impl.h"

scim_error_t *service_drain(service_t *sv, scim_buf_t *out)
{
    scim_error_t *err;

    if (!sv->sink || out->len < SERVICE_PIECE) {
        return NULL;
    }
    err = sv->sink->write(sv->sink->baton, out->data, out->len);
    out->len = 0;
    return err;
}

/* Default view of a group: its members stream by in chunks, whatever the group's size. */
static scim_error_t *render_members(service_t *sv, scim_buf_t *out, int *n, const scim_row_t *row,
                                    apr_pool_t *p)
{
    const char *name = scim_type_attr_at(sv->type, SCIM_AT_MEMBERS)->name;
    apr_array_header_t *refs;
    apr_int64_t after = 0;
    apr_pool_t *scratch;
    scim_error_t *err = NULL;
    int i;

    apr_pool_create(&scratch, p);
    do {
        apr_pool_clear(scratch);
        err = scim_store_members(&refs, &after, sv->store, row->rid, SERVICE_MEMBER_CHUNK, scratch);
        for (i = 0; !err && i < refs->nelts; i++) {
            scim_render_ref(out, n, name, &APR_ARRAY_IDX(refs, i, scim_ref_t), sv->view.base);
        }
        if (!err) {
            err = service_drain(sv, out);
        }
    } while (!err && refs->nelts == SERVICE_MEMBER_CHUNK);
    if (!err) {
        apr_pool_destroy(scratch);
    }
    return err;
}

/* All members at once, for a projection that shows them. */
static scim_error_t *all_members(apr_array_header_t **out, service_t *sv, const scim_row_t *row,
                                 apr_pool_t *p)
{
    apr_array_header_t *all = apr_array_make(p, 16, sizeof(scim_ref_t));
    apr_array_header_t *refs;
    apr_int64_t after = 0;
    scim_error_t *err;

    do {
        err = scim_store_members(&refs, &after, sv->store, row->rid, SERVICE_MEMBER_CHUNK, p);
        if (err) {
            return err;
        }
        apr_array_cat(all, refs);
    } while (refs->nelts == SERVICE_MEMBER_CHUNK);
    *out = all;
    return NULL;
}

static int shows_members(const service_t *sv)
{
    return scim_type_attr_at(sv->type, SCIM_AT_MEMBERS) &&
           scim_project_wants(sv->view.projection, sv->type, SCIM_AT_MEMBERS);
}

static int shows_groups(const service_t *sv)
{
    return !sv->tenant->groups_off && scim_type_attr_at(sv->type, SCIM_AT_GROUPS) &&
           scim_project_wants(sv->view.projection, sv->type, SCIM_AT_GROUPS);
}

/* The groups it is in, where the view shows them; else none. */
static scim_error_t *own_groups(apr_array_header_t **refs, const service_t *sv,
                                const scim_row_t *row, apr_pool_t *p)
{
    if (shows_groups(sv)) {
        return scim_store_groups_of(refs, sv->store, row, p);
    }
    *refs = apr_array_make(p, 1, sizeof(scim_ref_t));
    return NULL;
}

static scim_error_t *render_projected(service_t *sv, scim_buf_t *out, const scim_row_t *row,
                                      apr_pool_t *p)
{
    apr_array_header_t *refs;
    scim_error_t *err;

    err = shows_members(sv) ? all_members(&refs, sv, row, p) : own_groups(&refs, sv, row, p);
    if (err) {
        return err;
    }
    return scim_render_projected(out, row, (const scim_ref_t *)(const void *)refs->elts,
                                 refs->nelts, &sv->view, p);
}

scim_error_t *service_render(service_t *sv, scim_buf_t *out, const scim_row_t *row, apr_pool_t *p)
{
    apr_array_header_t *groups;
    scim_error_t *err;
    int n = 0;
    int i;

    if (sv->view.projection) {
        return render_projected(sv, out, row, p);
    }
    scim_render_begin(out, row);
    if (shows_members(sv)) {
        err = render_members(sv, out, &n, row, p);
        if (err) {
            return err;
        }
    } else if (row->member_of) {
        err = own_groups(&groups, sv, row, p);
        if (err) {
            return err;
        }
        for (i = 0; i < groups->nelts; i++) {
            scim_render_ref(out, &n, scim_type_attr_at(sv->type, SCIM_AT_GROUPS)->name,
                            &APR_ARRAY_IDX(groups, i, scim_ref_t), sv->view.base);
        }
    }
    scim_render_end(out, n, row, &sv->view);
    return NULL;
}

scim_error_t *service_get(service_t *sv)
{
    const scim_request_t *request = sv->request;
    scim_row_t *row;
    scim_etag_t is;
    scim_error_t *err;

    sv->reply->op = "get";
    err = service_view(sv);
    if (err) {
        return err;
    }
    err = scim_store_get(&row, sv->store, sv->type, sv->id, sv->pool);
    if (err) {
        return err;
    }
    if (!row) {
        return service_not_found(sv);
    }
    is = scim_etag_check(request->if_match, request->if_none_match, row->version);
    if (is == SCIM_ETAG_OTHER) {
        return service_stale(sv->pool);
    }
    sv->reply->etag = scim_render_etag(row->version, sv->pool);
    sv->reply->location = scim_render_location(sv->view.base, sv->type, row->id, sv->pool);
    if (is == SCIM_ETAG_MATCHES) {
        sv->reply->status = 304;
        return NULL;
    }
    sv->reply->status = 200;
    sv->reply->body = scim_buf_make(row->doc_len + 512, sv->pool);
    return service_render(sv, sv->reply->body, row, sv->pool);
}

scim_error_t *service_find_owner(service_t *sv)
{
    scim_filter_t filter = {.op = SCIM_OP_EQ, .kind = JSON_STRING, .string = sv->request->owner};
    scim_list_t list = {.type = sv->type, .filter = &filter, .limit = 2, .base = sv->view.base};
    apr_array_header_t *rows;
    apr_int64_t total;
    scim_error_t *err;

    filter.path.attr = scim_type_attr_at(sv->type, SCIM_AT_UNIQUE);
    filter.folded =
        filter.path.attr->case_exact ? filter.string : scim_text_fold(filter.string, sv->pool);
    err = scim_store_list(&rows, &total, sv->store, &list, sv->pool);
    if (err) {
        return err;
    }
    if (rows->nelts == 0) {
        return scim_error_make(sv->pool, 404, SCIM_TYPE_NONE,
                               "The owner of this token is not a %s here.", sv->type->name);
    }
    sv->id = APR_ARRAY_IDX(rows, 0, scim_row_t).id;
    return NULL;
}
