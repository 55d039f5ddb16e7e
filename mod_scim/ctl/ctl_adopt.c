/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <limits.h>

#include <apr_strings.h>

#include "ctl_call.h"
#include "ctl_print.h"
#include "scim_json.h"
#include "scim_service.h"

static const ctl_column_t columns[] = {{"type", "TYPE"}, {"key", "KEY"},     {"name", "NAME"},
                                       {"id", "ID"},     {"state", "STATE"}, {NULL, NULL}};

typedef struct adopt_t {
    ctl_t *c;
    ctl_list_t *list;
    const scim_resource_type_t *type;
    int left;    /* rows that may still be looked at */
    int adopted; /* or would be */
    int refused;
} adopt_t;

/* Ids that are made for rows are made anew in each run: a dry one has none to show. */
static json_t *shown_new(const adopt_t *a, const scim_adoptable_t *found)
{
    json_t *copy = json_copy(found->doc);

    if (!a->c->opt.apply && !scim_adopt_has_ids(a->c->tenant, a->type)) {
        json_object_del(copy, "id");
    }
    return copy;
}

static void on_row(void *baton, const scim_adoptable_t *found, const scim_error_t *refused)
{
    adopt_t *a = baton;
    const scim_attr_t *unique = scim_type_attr_at(a->type, SCIM_AT_UNIQUE);
    json_t *shown;
    json_t *row;
    apr_pool_t *p;

    apr_pool_create(&p, a->c->pool);
    shown = scim_json_own(shown_new(a, found), p);
    row = scim_json_own(json_object(), p);
    json_object_set_new(row, "type", json_string(a->type->name));
    json_object_set_new(row, "key", json_string(found->key));
    json_object_set(row, "name", unique ? json_object_get(found->doc, unique->name) : NULL);
    json_object_set_new(row, "id", json_null()); /* unless there is one to show */
    json_object_set(row, "id", json_object_get(shown, "id"));
    json_object_set_new(row, "state",
                        json_string(refused           ? refused->detail
                                    : a->c->opt.apply ? "adopted"
                                                      : "would be adopted"));
    if (!a->c->opt.apply) {
        json_object_set(row, "resource", shown);
    }
    ctl_list_add(a->list, row);
    a->adopted += !refused;
    a->refused += refused != NULL;
    a->left--;
    apr_pool_destroy(p);
}

/* All rows of a type, batch by batch. */
static scim_error_t *adopt_type(adopt_t *a)
{
    scim_adopt_watch_t watch = {!a->c->opt.apply, on_row, a, ctl_call_who(a->c, a->c->pool)};
    const char *after = NULL;
    scim_error_t *err;
    apr_pool_t *p;

    do {
        apr_pool_create(&p, a->c->pool);
        err = scim_service_adopt(&after, &watch, a->c->tenant, ctl_store(a->c, p), a->type, p);
        if (err) {
            return err;
        }
        after = after ? apr_pstrdup(a->c->pool, after) : NULL;
        apr_pool_destroy(p);
    } while (after && a->left > 0);
    return NULL;
}

/* Users before groups: only then a group's members are there to be taken over. */
static scim_error_t *adopt_all(adopt_t *a, int *types)
{
    const scim_catalog_t *catalog = a->c->tenant->catalog;
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < catalog->ntypes && !err; i++) {
        a->type = catalog->types[i];
        if (scim_adopt_is_on(a->c->tenant, a->type) &&
            (!a->c->opt.type || scim_text_ieq(a->c->opt.type, a->type->name))) {
            (*types)++;
            err = adopt_type(a);
        }
    }
    return err;
}

int ctl_adopt(ctl_t *c)
{
    adopt_t a = {.c = c, .left = INT_MAX};
    scim_error_t *err;
    int types = 0;

    if (!ctl_number(c, &a.left, "limit", c->opt.limit, 1, INT_MAX)) {
        return CTL_USAGE;
    }
    a.list = ctl_list_begin(c, columns);
    err = adopt_all(&a, &types);
    ctl_list_end(a.list, NULL);
    if (err) {
        return ctl_error(c, err);
    }
    if (types == 0) {
        return ctl_fail(c, CTL_FAILED,
                        "the tenant adopts nothing: its directives have no "
                        "ScimMapTable with ScimAdopt On");
    }
    if (c->opt.apply) {
        ctl_say(c, "%d rows are resources now, %d stay what they are.", a.adopted, a.refused);
    } else {
        ctl_say(c, "%d rows would become resources. Nothing was changed; --apply does it.",
                a.adopted);
    }
    return a.refused ? CTL_FAILED : CTL_OK;
}
