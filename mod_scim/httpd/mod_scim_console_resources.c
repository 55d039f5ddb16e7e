/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_console_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_json.h"
#include "scim_time.h"

/* Users and groups as clients see them, for reading only. */

#define PAGE 50
#define PAGE_MAX 200

/* Members of a group at a time. */
#define MEMBERS 100
#define MEMBERS_MAX 1000

/* ---- lists ---- */

/* What a list of a type shows, and by what it is searched: one attribute after the other. */
typedef struct kind_t {
    const char *type;
    const char *name; /* of the reply's array */
    const char *attributes;
    const char *const *search; /* NULL-terminated: paths with an index */
} kind_t;

static const char *const user_search[] = {"userName", "displayName", "emails.value", NULL};
static const char *const group_search[] = {"displayName", NULL};

static const kind_t users = {"User", "users", "userName,displayName,active,meta", user_search};
static const kind_t groups = {"Group", "groups", "displayName,meta", group_search};

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
    json_t *total; /* or NULL */
} listing_t;

static json_t *member_new(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);

    return value ? json_incref(value) : json_null();
}

/* meta's times as milliseconds. */
static json_t *meta_time_new(const json_t *resource, const char *name)
{
    const char *text = json_string_value(json_object_get(json_object_get(resource, "meta"), name));
    apr_time_t t = 0;

    return text && scim_time_parse(&t, text) ? scim_console_time_new(t) : json_null();
}

static json_t *item_new(const listing_t *list, const json_t *resource)
{
    json_t *item = json_object();

    json_object_set_new(item, "id", member_new(resource, "id"));
    if (list->kind == &users) {
        json_object_set_new(item, "userName", member_new(resource, "userName"));
    }
    json_object_set_new(item, "displayName", member_new(resource, "displayName"));
    if (list->kind == &users) {
        json_object_set_new(item, "active",
                            json_boolean(!json_is_false(json_object_get(resource, "active"))));
    }
    json_object_set_new(item, "created", meta_time_new(resource, "created"));
    json_object_set_new(item, "modified", meta_time_new(resource, "lastModified"));
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

/* Ask for as many as are missing. @param next the cursor of what follows in this phase, or NULL */
static scim_error_t *list_phase(const char **next, listing_t *list)
{
    apr_pool_t *p = list->call->r->pool;
    int missing = list->count - (int)json_array_size(list->items);
    const char *query = apr_psprintf(p, "attributes=%s&count=%d&cursor=%s", list->kind->attributes,
                                     missing, scim_form_encode(list->cursor, p));
    json_t *reply;
    json_t *found;
    size_t i;
    scim_error_t *err;

    if (list->q) {
        query = apr_pstrcat(p, query, "&filter=", scim_form_encode(filter_of(list), p), NULL);
    }
    err = scim_console_get(&reply, list->call, apr_pstrcat(p, "/", list->type->endpoint, NULL),
                           query);
    if (err) {
        return err;
    }
    found = json_object_get(reply, "Resources");
    for (i = 0; i < json_array_size(found); i++) {
        json_array_append_new(list->items, item_new(list, json_array_get(found, i)));
    }
    list->total = json_object_get(reply, "totalResults");
    *next = json_string_value(json_object_get(reply, "nextCursor"));
    return NULL;
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
    listing_t list = {call, kind, NULL, NULL, 0, "", PAGE, NULL, NULL};
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
    json_object_set_new(out, "total",
                        !list.q && list.total ? json_incref(list.total) : json_null());
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

scim_error_t *scim_console_user(scim_console_call_t *call)
{
    const scim_resource_type_t *type;
    json_t *resource;
    json_t *in;
    json_t *out;
    scim_error_t *err = get_resource(&resource, &type, call, &users, NULL);

    if (err) {
        return err;
    }
    in = json_object_get(resource, "groups");
    out = json_object();
    json_object_set(out, "resource", resource);
    json_object_set_new(out, "groups", in ? json_incref(in) : json_array());
    json_object_set_new(out, "mapped", json_null());
    json_object_set_new(out, "history", json_array());
    return scim_console_reply(call, HTTP_OK, out);
}

/* A page of members: at a million of them each page costs the same. */
static scim_error_t *add_members(json_t *out, const scim_console_call_t *call,
                                 const scim_row_t *row, const char *cursor, int count)
{
    apr_int64_t after = cursor ? apr_atoi64(cursor) : 0;
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
    int count = 0;
    scim_error_t *err = scim_console_query(call, fields, 2);

    err = err ? err : scim_console_count(&count, call, &fields[1], MEMBERS, MEMBERS_MAX);
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
    err = add_members(out, call, row, fields[0].value, count);
    call->status = HTTP_OK;
    call->reply = out;
    return err;
}
