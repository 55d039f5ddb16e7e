/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "ctl_call.h"
#include "ctl_print.h"
#include "scim_id.h"
#include "scim_json.h"

#define PAGE 200 /* resources read at a time */

static const ctl_column_t user_columns[] = {{"userName", "USERNAME"},
                                            {"displayName", "NAME"},
                                            {"active", "ACTIVE"},
                                            {"email", "EMAIL"},
                                            {"id", "ID"},
                                            {NULL, NULL}};

static const ctl_column_t group_columns[] = {
    {"displayName", "NAME"}, {"externalId", "EXTERNALID"}, {"id", "ID"}, {NULL, NULL}};

/* "user" is the type User. NULL: said. */
static const scim_resource_type_t *type_of(ctl_t *c)
{
    const char *name = strcmp(c->command->noun, "user") == 0 ? "User" : "Group";
    const scim_resource_type_t *type = scim_catalog_type(c->tenant->catalog, name);

    if (!type) {
        ctl_fail(c, CTL_FAILED, "the tenant has no resource type %s", name);
    }
    return type;
}

/* ---- list ---- */

/* The primary value of a multi-valued attribute, else the first. */
static const char *chosen_value(const json_t *array)
{
    const json_t *chosen = json_array_get(array, 0);
    apr_size_t i;

    for (i = 0; i < json_array_size(array); i++) {
        if (json_is_true(json_object_get(json_array_get(array, i), "primary"))) {
            chosen = json_array_get(array, i);
        }
    }
    return json_string_value(json_object_get(chosen, "value"));
}

/* What the table shows of a resource; as JSON it is shown as it is. */
static void add_resource(ctl_list_t *list, ctl_t *c, json_t *resource)
{
    const char *email = chosen_value(json_object_get(resource, "emails"));

    if (c->format == CTL_TABLE && email) {
        json_object_set_new(resource, "email", json_string(email));
    }
    ctl_list_add(list, resource);
}

static const char *list_query(const ctl_t *c, const char *cursor, int count,
                              const scim_resource_type_t *type, apr_pool_t *p)
{
    const scim_attr_t *members = scim_type_attr_at(type, SCIM_AT_MEMBERS);
    const char *query = apr_psprintf(p, "cursor=%s&count=%d", ctl_call_escape(cursor, p), count);

    if (c->opt.filter) {
        query = apr_pstrcat(p, query, "&filter=", ctl_call_escape(c->opt.filter, p), NULL);
    }
    /* A list names groups; who is in one is what show is for. */
    return members ? apr_pstrcat(p, query, "&excludedAttributes=", members->name, NULL) : query;
}

/* One page. @param cursor "" first; afterwards the next one in the command's pool, NULL: the end */
static scim_error_t *list_page(int *n, const char **cursor, ctl_t *c, ctl_list_t *list,
                               const scim_resource_type_t *type, int count)
{
    ctl_call_t call = {.method = SCIM_GET};
    const json_t *resources;
    const char *next;
    apr_pool_t *p;
    scim_error_t *err;
    apr_size_t i;

    apr_pool_create(&p, c->pool);
    call.path = ctl_call_path(type, NULL, p);
    call.query = list_query(c, *cursor, count, type, p);
    err = ctl_call(c, &call, p);
    if (err) {
        return err; /* lives in p, which ends with the run */
    }
    resources = json_object_get(call.json, "Resources");
    for (i = 0; i < json_array_size(resources); i++) {
        add_resource(list, c, json_array_get(resources, i));
    }
    *n = (int)json_array_size(resources);
    next = json_string_value(json_object_get(call.json, "nextCursor"));
    *cursor = next ? apr_pstrdup(c->pool, next) : NULL;
    apr_pool_destroy(p);
    return NULL;
}

int ctl_resource_list(ctl_t *c)
{
    const scim_resource_type_t *type = type_of(c);
    const char *cursor = "";
    int left = 1000000000;
    ctl_list_t *list;
    scim_error_t *err = NULL;
    int n;

    if (!type || !ctl_number(c, &left, "limit", c->opt.limit, 1, 1000000000)) {
        return type ? CTL_USAGE : CTL_FAILED;
    }
    list = ctl_list_begin(c, strcmp(type->name, "User") == 0 ? user_columns : group_columns);
    while (!err && cursor && left > 0) {
        err = list_page(&n, &cursor, c, list, type, left < PAGE ? left : PAGE);
        left -= err ? 0 : n;
    }
    ctl_list_end(list, err ? NULL : "None.");
    return err ? ctl_error(c, err) : CTL_OK;
}

/* ---- show ---- */

int ctl_resource_show(ctl_t *c)
{
    const scim_resource_type_t *type = type_of(c);
    ctl_call_t call = {.method = SCIM_GET};
    const char *what = c->args[0];
    const char *id = NULL;
    scim_error_t *err;

    if (!type) {
        return CTL_FAILED;
    }
    if (!scim_text_utf8(what, strlen(what))) {
        return ctl_fail(c, CTL_USAGE, "the name is not UTF-8");
    }
    err = ctl_call_by_name(&id, c, type, what, c->pool);
    if (!err) {
        call.path = ctl_call_path(type, id ? id : what, c->pool);
        err = ctl_call(c, &call, c->pool);
    }
    if (err && err->status == 404) {
        return ctl_fail(c, CTL_NOT_FOUND, "the tenant %s has no %s \"%s\", by name or by id",
                        c->tenant->name, c->command->noun, what);
    }
    if (err) {
        return ctl_error(c, err);
    }
    ctl_print_object(c, call.json);
    return CTL_OK;
}
