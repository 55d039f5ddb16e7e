/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_console_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_audit.h"
#include "scim_json.h"
#include "scim_json_peek.h"
#include "scim_map_read.h"

/* Users and groups as clients see them, for reading only. */

#define PAGE 50
#define PAGE_MAX 200

/* Members of a group at a time. */
#define MEMBERS 100
#define MEMBERS_MAX 1000

/* Rows of the audit trail beside a resource. */
#define HISTORY 20

/* ---- lists ---- */

/* By what a list of a type is searched: one attribute after the other. */
typedef struct kind_t {
    const char *type;
    const char *name;          /* of the reply's array */
    const char *const *search; /* NULL-terminated: paths with an index */
} kind_t;

static const char *const user_search[] = {"userName", "displayName", "emails.value", NULL};
static const char *const group_search[] = {"displayName", NULL};

static const kind_t users = {"User", "users", user_search};
static const kind_t groups = {"Group", "groups", group_search};

/* A list on its way. */
typedef struct listing_t {
    scim_console_call_t *call;
    const kind_t *kind;
    const scim_resource_type_t *type;
    const char *q;      /* what is looked for, or NULL */
    int phase;          /* of kind->search, where q is given */
    const char *cursor; /* within the phase; "" at its beginning */
    int count;
    json_t *items;
    apr_int64_t total;
} listing_t;

/* An attribute that the tenant offers, and that is shown without being asked for. */
static int is_shown(const listing_t *list, const char *name)
{
    const scim_attr_t *attr = scim_type_attr(list->type, name, strlen(name));

    return attr &&
           (attr->returned == SCIM_RETURNED_DEFAULT || attr->returned == SCIM_RETURNED_ALWAYS);
}

static json_t *shown_new(const listing_t *list, const scim_row_t *row, const char *name,
                         apr_pool_t *p)
{
    return scim_console_text_new(
        is_shown(list, name) ? scim_json_peek(row->doc, row->doc_len, name, p) : NULL);
}

static json_t *item_new(const listing_t *list, const scim_row_t *row, apr_pool_t *p)
{
    json_t *item = json_object();

    json_object_set_new(item, "id", json_string(row->id));
    if (list->kind == &users) {
        json_object_set_new(item, "userName", shown_new(list, row, "userName", p));
    }
    json_object_set_new(item, "displayName", shown_new(list, row, "displayName", p));
    if (list->kind == &users) {
        json_object_set_new(item, "active", json_boolean(row->active));
    }
    json_object_set_new(item, "created", scim_console_time_new(row->created));
    json_object_set_new(item, "modified", scim_console_time_new(row->modified));
    return item;
}

/* What begins with q in this phase and in none before. */
static const char *filter_of(const listing_t *list)
{
    apr_pool_t *p = list->call->r->pool;
    const char *quoted = scim_json_quote(list->q, p);
    const char *text = apr_pstrcat(p, list->kind->search[list->phase], " sw ", quoted, NULL);
    int i;

    for (i = 0; i < list->phase; i++) {
        text = apr_pstrcat(p, text, " and not (", list->kind->search[i], " sw ", quoted, ")", NULL);
    }
    return text;
}

/*
 * Ask for as many as are missing. Not by the service: what a list shows needs no document parsed.
 * next: the cursor of what follows in this phase, or NULL
 */
static scim_error_t *list_phase(const char **next, listing_t *list)
{
    const scim_console_call_t *call = list->call;
    apr_pool_t *p = call->r->pool;
    const char *text = list->q ? filter_of(list) : "";
    scim_search_part_t part = {.type = list->type};
    scim_search_t search = {.parts = &part, .nparts = 1, .base = call->base};
    scim_page_t page;
    scim_error_t *err = NULL;
    int i;

    if (list->q) {
        err = scim_filter_parse(&part.filter, text, list->type, &call->tenant->filter, p);
    }
    if (err) {
        return err;
    }
    search.limit = list->count - (int)json_array_size(list->items);
    search.uncounted = list->q != NULL; /* a total of three searches would say nothing */
    search.cursor = list->cursor;
    search.binding = apr_pstrcat(p, "console ", list->type->name, " ", text, NULL);
    err = scim_store_search(&page, scim_store_fork(call->store, p), &search, p);
    for (i = 0; !err && i < page.rows->nelts; i++) {
        json_array_append_new(list->items,
                              item_new(list, &APR_ARRAY_IDX(page.rows, i, scim_row_t), p));
    }
    if (!err) {
        list->total = page.total;
        *next = page.next_cursor;
    }
    return err;
}

/* An attribute that the tenant does not offer is searched by nobody. */
static int is_searched(const listing_t *list, const char *path)
{
    return scim_type_attr(list->type, path, strcspn(path, ".")) != NULL;
}

static int next_phase(const listing_t *list, int phase)
{
    while (list->kind->search[phase] && !is_searched(list, list->kind->search[phase])) {
        phase++;
    }
    return phase;
}

/* One attribute after the other, until the page is full. @param next or NULL: that was all */
static scim_error_t *list_phases(const char **next, listing_t *list)
{
    apr_pool_t *p = list->call->r->pool;
    const char *within = NULL;

    *next = NULL;
    list->phase = next_phase(list, list->phase);
    while (list->kind->search[list->phase]) {
        scim_error_t *err = list_phase(&within, list);
        if (err) {
            return err;
        }
        if (within) {
            *next = apr_psprintf(p, "%d.%s", list->phase, within);
            return NULL;
        }
        list->phase = next_phase(list, list->phase + 1);
        list->cursor = "";
        if ((int)json_array_size(list->items) >= list->count && list->kind->search[list->phase]) {
            *next = apr_psprintf(p, "%d.", list->phase);
            return NULL;
        }
    }
    return NULL;
}

/* "phase.cursor"; the cursor is sealed, and is good for this query only. */
static scim_error_t *read_cursor(listing_t *list, const char *text)
{
    if (!text) {
        return NULL;
    }
    if (text[0] < '0' || text[0] > '2' || text[1] != '.') {
        return scim_console_refuse(list->call, HTTP_BAD_REQUEST,
                                   "The cursor is not one of the console's.");
    }
    for (; list->phase < text[0] - '0' && list->kind->search[list->phase]; list->phase++) {
    }
    list->cursor = text + 2;
    return NULL;
}

static scim_error_t *check_q(const listing_t *list)
{
    return !list->q || scim_text_is_line(list->q, SCIM_CONSOLE_QUERY_CHARS)
               ? NULL
               : scim_console_refuse(list->call, HTTP_BAD_REQUEST,
                                     "What is looked for has at most 200 characters, and no "
                                     "control characters.");
}

static scim_error_t *no_type(const scim_console_call_t *call)
{
    return scim_console_refuse(call, HTTP_NOT_FOUND, "This tenant does not have them.");
}

static scim_error_t *send_list(scim_console_call_t *call, const kind_t *kind)
{
    scim_form_field_t fields[] = {{"q", NULL, NULL}, {"cursor", NULL, NULL}, {"count", NULL, NULL}};
    listing_t list = {.call = call, .kind = kind, .cursor = "", .count = PAGE};
    const char *next = NULL;
    json_t *out;
    scim_error_t *err = scim_console_query(call, fields, 3);

    list.type = scim_catalog_type(scim_tenant_offered(call->tenant), kind->type);
    if (!err && !list.type) {
        return no_type(call);
    }
    list.q = fields[0].value;
    err = err ? err : check_q(&list);
    err = err ? err : scim_console_count(&list.count, call, &fields[2], PAGE, PAGE_MAX);
    err = err ? err : read_cursor(&list, fields[1].value);
    if (err) {
        return err;
    }
    list.items = scim_json_own(json_array(), call->r->pool);
    err = list.q ? list_phases(&next, &list) : list_phase(&next, &list);
    if (err) {
        return err;
    }
    if (next && !list.q) {
        next = apr_pstrcat(call->r->pool, "0.", next, NULL);
    }
    out = json_object();
    json_object_set(out, kind->name, list.items);
    json_object_set_new(out, "total", list.q ? json_null() : json_integer(list.total));
    json_object_set_new(out, "next", scim_console_text_new(next));
    return scim_console_reply(call, HTTP_OK, out);
}

scim_error_t *scim_console_users(scim_console_call_t *call)
{
    return send_list(call, &users);
}

scim_error_t *scim_console_groups(scim_console_call_t *call)
{
    return send_list(call, &groups);
}

/* ---- one resource ---- */

static scim_error_t *get_resource(json_t **out, const scim_resource_type_t **type,
                                  const scim_console_call_t *call, const kind_t *kind,
                                  const char *query)
{
    apr_pool_t *p = call->r->pool;

    *type = scim_catalog_type(scim_tenant_offered(call->tenant), kind->type);
    if (!*type) {
        return no_type(call);
    }
    return scim_console_get(
        out, call, apr_pstrcat(p, "/", (*type)->endpoint, "/", scim_form_encode(call->id, p), NULL),
        query);
}

static json_t *mapped_new(const apr_array_header_t *seen)
{
    json_t *list = json_array();
    int i;

    for (i = 0; i < seen->nelts; i++) {
        const scim_map_seen_t *one = &APR_ARRAY_IDX(seen, i, scim_map_seen_t);
        json_t *item = json_object();
        json_object_set_new(item, "table", json_string(one->table));
        json_object_set_new(item, "column", json_string(one->column));
        json_object_set_new(item, "attribute", scim_console_text_new(one->label));
        json_object_set_new(item, "value", scim_console_text_new(one->value));
        json_object_set_new(item, "hidden", json_boolean(one->hidden));
        json_array_append_new(list, item);
    }
    return list;
}

/* Where its values are in the application's table; null where they are in none. */
static scim_error_t *add_mapped(json_t *out, const scim_console_call_t *call,
                                const scim_resource_type_t *type)
{
    apr_array_header_t *seen = NULL;
    scim_row_t *row = NULL;
    scim_error_t *err = NULL;

    if (call->map) {
        err = scim_store_get(&row, call->store, type, call->id, call->r->pool);
    }
    if (!err && row) {
        err = scim_map_read(&seen, call->store, call->map, type, row->rid, call->r->pool);
    }
    if (!err) {
        json_object_set_new(out, "mapped", seen ? mapped_new(seen) : json_null());
    }
    return err;
}

/* What the audit trail has of it, the newest first. */
static scim_error_t *add_history(json_t *out, const scim_console_call_t *call)
{
    const scim_audit_filter_t filter = {call->id, NULL, -1, 0, 0, HISTORY};
    apr_int64_t next;
    json_t *rows;
    scim_error_t *err = scim_console_trail(&rows, &next, call, &filter);

    if (!err) {
        json_object_set(out, "history", rows);
    }
    return err;
}

scim_error_t *scim_console_user(scim_console_call_t *call)
{
    const scim_resource_type_t *type;
    json_t *resource;
    json_t *in;
    json_t *out = scim_json_own(json_object(), call->r->pool);
    scim_error_t *err = get_resource(&resource, &type, call, &users, NULL);

    if (err) {
        return err;
    }
    in = json_object_get(resource, "groups");
    json_object_set(out, "resource", resource);
    json_object_set_new(out, "groups", in ? json_incref(in) : json_array());
    err = add_mapped(out, call, type);
    err = err ? err : add_history(out, call);
    call->status = HTTP_OK;
    call->reply = out;
    return err;
}

/* Where a page of members ended: a number. */
static scim_error_t *read_after(apr_int64_t *after, const scim_console_call_t *call,
                                const char *cursor)
{
    apr_size_t len = cursor ? strlen(cursor) : 0;

    *after = cursor ? apr_atoi64(cursor) : 0;
    return len <= 18 && (!cursor || strspn(cursor, "0123456789") == len)
               ? NULL
               : scim_console_refuse(call, HTTP_BAD_REQUEST,
                                     "The cursor is not one of the console's.");
}

/* A page of members: at a million of them each page costs the same. */
static scim_error_t *add_members(json_t *out, const scim_console_call_t *call,
                                 const scim_row_t *row, apr_int64_t after, int count)
{
    json_t *members = json_array();
    apr_array_header_t *refs;
    scim_error_t *err;
    int i;

    json_object_set_new(out, "members", members);
    err = scim_store_members(&refs, &after, call->store, row->rid, count, call->r->pool);
    for (i = 0; !err && i < refs->nelts; i++) {
        const scim_ref_t *ref = &APR_ARRAY_IDX(refs, i, scim_ref_t);
        json_t *member = json_object();
        json_object_set_new(member, "id", json_string(ref->id));
        json_object_set_new(member, "display", scim_console_text_new(ref->display));
        json_object_set_new(member, "type", json_string(ref->type->name));
        json_array_append_new(members, member);
    }
    if (!err) {
        json_object_set_new(out, "total", json_integer(row->members));
        json_object_set_new(out, "next",
                            refs->nelts < count ? json_null()
                                                : json_string(apr_psprintf(
                                                      call->r->pool, "%" APR_INT64_T_FMT, after)));
    }
    return err;
}

scim_error_t *scim_console_group(scim_console_call_t *call)
{
    scim_form_field_t fields[] = {{"cursor", NULL, NULL}, {"count", NULL, NULL}};
    const scim_resource_type_t *type;
    scim_row_t *row = NULL;
    json_t *resource;
    json_t *out;
    apr_int64_t after = 0;
    int count = 0;
    scim_error_t *err = scim_console_query(call, fields, 2);

    err = err ? err : scim_console_count(&count, call, &fields[1], MEMBERS, MEMBERS_MAX);
    err = err ? err : read_after(&after, call, fields[0].value);
    err = err ? err : get_resource(&resource, &type, call, &groups, "excludedAttributes=members");
    err = err ? err : scim_store_get(&row, call->store, type, call->id, call->r->pool);
    if (!err && !row) {
        err = scim_console_refuse(call, HTTP_NOT_FOUND, "There is no Group with this id.");
    }
    if (err) {
        return err;
    }
    out = scim_json_own(json_object(), call->r->pool);
    json_object_set(out, "resource", resource);
    err = add_members(out, call, row, after, count);
    err = err || fields[0].value ? err : add_mapped(out, call, type);
    err = err || fields[0].value ? err : add_history(out, call);
    call->status = HTTP_OK;
    call->reply = out;
    return err;
}
