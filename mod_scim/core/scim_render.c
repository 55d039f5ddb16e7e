/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_render.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_json.h"
#include "scim_time.h"

/* Unreserved characters of RFC 3986 and the colon of a URN stand for themselves. */
static int is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~:", c));
}

static void add_segment(scim_buf_t *out, const char *s)
{
    static const char hex[] = "0123456789ABCDEF";

    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (is_plain(c)) {
            scim_buf_add(out, s, 1);
        } else {
            char esc[3] = {'%', hex[c >> 4], hex[c & 15]};

            scim_buf_add(out, esc, 3);
        }
    }
}

/* The tail of a resource's URL; nothing in it needs escaping in JSON. */
static void add_tail(scim_buf_t *out, const scim_resource_type_t *type, const char *id)
{
    scim_buf_add(out, "/", 1);
    add_segment(out, type->endpoint);
    scim_buf_add(out, "/", 1);
    add_segment(out, id);
}

const char *scim_render_location(const char *base, const scim_resource_type_t *type, const char *id,
                                 apr_pool_t *p)
{
    scim_buf_t *b = scim_buf_make(strlen(base) + strlen(type->endpoint) + strlen(id) + 2, p);

    scim_buf_puts(b, base);
    add_tail(b, type, id);
    return b->data;
}

/*
 * The same as a JSON string, straight into the reply: a group's lines must not leave a string each
 * in the pool. The base comes from the request's Host, so it is escaped like anything else.
 */
static void add_location(scim_buf_t *out, const char *base, const scim_resource_type_t *type,
                         const char *id)
{
    scim_buf_add(out, "\"", 1);
    scim_buf_escape(out, base);
    add_tail(out, type, id);
    scim_buf_add(out, "\"", 1);
}

const char *scim_render_etag(apr_int64_t version, apr_pool_t *p)
{
    return apr_psprintf(p, "W/\"%" APR_INT64_T_FMT "\"", version);
}

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * What follows begins with a comma, so a document must leave at least one member before it: where
 * the stored text has none, the id stands in.
 */
void scim_render_begin(scim_buf_t *out, const scim_row_t *row)
{
    const char *start = row->doc;
    const char *end = row->doc + row->doc_len;

    while (start < end && is_space(*start)) {
        start++;
    }
    while (start < end && is_space(end[-1])) {
        end--;
    }
    end -= end > start; /* the closing brace */
    while (start < end && is_space(end[-1])) {
        end--;
    }
    if (end - start > 1) {
        scim_buf_add(out, start, (apr_size_t)(end - start));
        return;
    }
    scim_buf_puts(out, "{\"id\":");
    scim_buf_quote(out, row->id);
}

/* What `type` says of one line: see scim_render_ref(). */
static const char *ref_kind(const char *name, const scim_ref_t *ref)
{
    if (strcmp(name, "groups") == 0) {
        return ref->indirect ? "indirect" : "direct";
    }
    return ref->type->name;
}

void scim_render_ref(scim_buf_t *out, int *n, const char *name, const scim_ref_t *ref,
                     const char *base)
{
    if (*n == 0) {
        scim_buf_puts(out, ",");
        scim_buf_quote(out, name);
        scim_buf_puts(out, ":[");
    } else {
        scim_buf_puts(out, ",");
    }
    (*n)++;
    scim_buf_puts(out, "{\"value\":");
    scim_buf_quote(out, ref->id);
    scim_buf_puts(out, ",\"$ref\":");
    add_location(out, base, ref->type, ref->id);
    scim_buf_puts(out, ",\"type\":");
    scim_buf_quote(out, ref_kind(name, ref));
    if (ref->display) {
        scim_buf_puts(out, ",\"display\":");
        scim_buf_quote(out, ref->display);
    }
    scim_buf_puts(out, "}");
}

void scim_render_end(scim_buf_t *out, int n, const scim_row_t *row, const scim_view_t *view)
{
    apr_pool_t *p = out->pool;

    if (n > 0) {
        scim_buf_puts(out, "]");
    }
    scim_buf_puts(out, ",\"meta\":{\"resourceType\":");
    scim_buf_quote(out, view->type->name);
    scim_buf_printf(out, ",\"created\":\"%s\",\"lastModified\":\"%s\",\"location\":",
                    scim_time_format(row->created, p), scim_time_format(row->modified, p));
    add_location(out, view->base, view->type, row->id);
    scim_buf_printf(out, ",\"version\":\"W/\\\"%" APR_INT64_T_FMT "\\\"\"}}", row->version);
}

static json_t *refs_new(const scim_ref_t *refs, int nrefs, const char *name, const char *base,
                        apr_pool_t *p)
{
    json_t *array = json_array();
    int i;

    for (i = 0; i < nrefs; i++) {
        const char *url = scim_render_location(base, refs[i].type, refs[i].id, p);
        json_t *line = json_object();

        json_object_set_new(line, "value", json_string(refs[i].id));
        json_object_set_new(line, "$ref", json_string(url));
        json_object_set_new(line, "type", json_string(ref_kind(name, &refs[i])));
        if (refs[i].display) {
            json_object_set_new(line, "display", json_string(refs[i].display));
        }
        json_array_append_new(array, line);
    }
    return array;
}

static json_t *meta_new(const scim_row_t *row, const scim_view_t *view, apr_pool_t *p)
{
    const char *location = scim_render_location(view->base, view->type, row->id, p);
    json_t *meta = json_object();

    json_object_set_new(meta, "resourceType", json_string(view->type->name));
    json_object_set_new(meta, "created", json_string(scim_time_format(row->created, p)));
    json_object_set_new(meta, "lastModified", json_string(scim_time_format(row->modified, p)));
    json_object_set_new(meta, "location", json_string(location));
    json_object_set_new(meta, "version", json_string(scim_render_etag(row->version, p)));
    return meta;
}

/* The attribute under which a type shows its refs, or NULL. */
static const char *ref_name(const scim_resource_type_t *type)
{
    const scim_attr_t *attr = scim_type_attr_at(type, SCIM_AT_MEMBERS);

    if (!attr) {
        attr = scim_type_attr_at(type, SCIM_AT_GROUPS);
    }
    return attr ? attr->name : NULL;
}

scim_error_t *scim_render_tree(json_t **out, const scim_row_t *row, const scim_ref_t *refs,
                               int nrefs, const scim_view_t *view, apr_pool_t *p)
{
    const char *name = ref_name(view->type);
    json_t *tree = NULL;
    scim_error_t *err;

    err = scim_json_load(&tree, row->doc, row->doc_len, NULL, p);
    if (err || !json_is_object(tree)) {
        return scim_error_internal(
            p, 500, "SCIM1001",
            apr_psprintf(p, "%s %s: the stored document is not a JSON object: %s", view->type->name,
                         row->id, err ? err->detail : "another type"),
            "The stored resource cannot be read.");
    }
    if (json_object_size(tree) == 0) {
        json_object_set_new(tree, "id", json_string(row->id));
    }
    if (name && nrefs > 0) {
        json_object_set_new(tree, name, refs_new(refs, nrefs, name, view->base, p));
    }
    json_object_set_new(tree, "meta", meta_new(row, view, p));
    *out = tree;
    return NULL;
}

scim_error_t *scim_render_projected(scim_buf_t *out, const scim_row_t *row, const scim_ref_t *refs,
                                    int nrefs, const scim_view_t *view, apr_pool_t *p)
{
    json_t *tree;
    scim_error_t *err;

    err = scim_render_tree(&tree, row, refs, nrefs, view, p);
    if (err) {
        return err;
    }
    scim_json_append(out, scim_project_apply(view->projection, tree, view->type, p));
    return NULL;
}

void scim_render_list_begin(scim_buf_t *out, apr_int64_t total, apr_int64_t start, int items,
                            const char *next)
{
    scim_buf_printf(out,
                    "{\"schemas\":[\"" SCIM_URN_LIST "\"],\"totalResults\":%" APR_INT64_T_FMT,
                    total);
    if (start > 0) {
        scim_buf_printf(out, ",\"startIndex\":%" APR_INT64_T_FMT, start);
    }
    scim_buf_printf(out, ",\"itemsPerPage\":%d", items);
    if (next) {
        scim_buf_puts(out, ",\"nextCursor\":");
        scim_buf_quote(out, next);
    }
    scim_buf_puts(out, ",\"Resources\":[");
}

void scim_render_list_end(scim_buf_t *out)
{
    scim_buf_puts(out, "]}");
}
