/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <apr_strings.h>

#include "ctl_call.h"
#include "ctl_config.h"
#include "ctl_params.h"
#include "ctl_print.h"
#include "scim_json.h"

static const ctl_column_t columns[] = {{"tenant", "TENANT"}, {"server", "SERVER"},
                                       {"base", "BASE"},     {"profile", "PROFILE"},
                                       {"database", "DATABASE"}, {"at", "WHERE"},
                                       {NULL, NULL}};

static json_t *place_json(const ctl_place_t *place, apr_pool_t *p)
{
    json_t *out = scim_json_own(json_object(), p);

    json_object_set_new(out, "tenant", *place->tenant ? json_string(place->tenant) : json_null());
    json_object_set_new(out, "server",
                        json_string(apr_psprintf(p, "%s:%d", place->server, place->port)));
    json_object_set_new(out, "base", json_string(place->base));
    json_object_set(out, "profile", json_object_get(place->json, "profile"));
    json_object_set_new(out, "database",
                        json_string(ctl_params_label(place->driver, place->params, p)));
    json_object_set_new(out, "at", json_string(place->at));
    return out;
}

int ctl_tenant_list(ctl_t *c)
{
    apr_array_header_t *places;
    ctl_list_t *list;
    int i;

    if (!c->places) {
        return ctl_fail(c, CTL_USAGE, "tenants are what httpd's configuration names; without it "
                                      "there is nothing to list");
    }
    places = ctl_config_matching(c);
    list = ctl_list_begin(c, columns);
    for (i = 0; i < places->nelts; i++) {
        ctl_list_add(list, place_json(APR_ARRAY_IDX(places, i, const ctl_place_t *), c->pool));
    }
    ctl_list_end(list, "None.");
    return places->nelts ? CTL_OK : CTL_NOT_FOUND;
}

/* How many resources of a type there are. */
static scim_error_t *count_type(apr_int64_t *n, ctl_t *c, const scim_resource_type_t *type)
{
    ctl_call_t call = {.method = SCIM_GET, .query = "count=0"};
    apr_pool_t *p;
    scim_error_t *err;

    apr_pool_create(&p, c->pool);
    call.path = ctl_call_path(type, NULL, p);
    err = ctl_call(c, &call, p);
    if (!err) {
        *n = json_integer_value(json_object_get(call.json, "totalResults"));
        apr_pool_destroy(p);
    }
    return err;
}

/* The directives as they were written, secrets apart: mappings and rules hold none. */
static json_t *policies_new(const json_t *policies, apr_pool_t *p)
{
    json_t *out = json_array();
    apr_size_t i;
    apr_size_t j;

    for (i = 0; i < json_array_size(policies); i++) {
        const json_t *one = json_array_get(policies, i);
        const json_t *words = json_array_get(one, 1);
        const char *text = json_string_value(json_array_get(one, 0));
        for (j = 0; j < json_array_size(words); j++) {
            text = apr_pstrcat(p, text, " ", json_string_value(json_array_get(words, j)), NULL);
        }
        json_array_append_new(out, json_string(text));
    }
    return out;
}

int ctl_tenant_show(ctl_t *c)
{
    json_t *out = c->place ? place_json(c->place, c->pool) : scim_json_own(json_object(), c->pool);
    json_t *counts = json_object();
    scim_error_t *err = NULL;
    int i;

    json_object_set_new(out, "tenant", json_string(c->tenant->name));
    json_object_set_new(out, "resources", counts);
    for (i = 0; i < c->tenant->catalog->ntypes && !err; i++) {
        const scim_resource_type_t *type = c->tenant->catalog->types[i];
        apr_int64_t n = 0;
        err = count_type(&n, c, type);
        json_object_set_new(counts, type->name, json_integer(n));
    }
    if (err) {
        return ctl_error(c, err);
    }
    if (c->place) {
        json_object_set(out, "settings", json_object_get(c->place->json, "settings"));
        json_object_set_new(out, "policies",
                            policies_new(json_object_get(c->place->json, "policies"), c->pool));
    }
    ctl_print_object(c, out);
    return CTL_OK;
}
