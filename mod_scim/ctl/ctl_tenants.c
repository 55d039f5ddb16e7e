/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "ctl_config.h"
#include "ctl_params.h"
#include "ctl_print.h"
#include "scim_json.h"
#include "scim_tenants.h"

static const ctl_column_t columns[] = {
    {"tenant", "TENANT"},   {"state", "STATE"},       {"server", "SERVER"}, {"base", "BASE"},
    {"profile", "PROFILE"}, {"database", "DATABASE"}, {"at", "WHERE"},      {NULL, NULL}};

/* The tenants that one database knows. */
typedef struct known_t {
    const char *driver;
    const char *params;
    apr_array_header_t *rows; /* of scim_tenant_row_t; NULL: it cannot be asked */
} known_t;

/* A list in the making. */
typedef struct listing_t {
    ctl_t *c;
    ctl_list_t *list;
    apr_array_header_t *known; /* of known_t */
    int rc;
} listing_t;

/* ---- what databases know ---- */

static void ask(known_t *known, listing_t *listing)
{
    ctl_t *c = listing->c;
    scim_error_t *err = NULL;
    apr_pool_t *p;
    int rc;

    c->driver = known->driver;
    c->params = known->params;
    rc = ctl_use_database(c, known->driver, known->params);
    rc = rc == CTL_OK ? ctl_open(c) : rc;
    if (rc == CTL_OK) {
        apr_pool_create(&p, c->pool);
        err = scim_tenants_list(&known->rows, ctl_dbd(c, p), c->pool);
        rc = err ? ctl_error(c, err) : CTL_OK;
        apr_pool_destroy(p);
    }
    listing->rc = rc > listing->rc ? rc : listing->rc;
}

/* Each database is asked once. */
static const apr_array_header_t *known_by(listing_t *listing, const ctl_place_t *place)
{
    known_t *known;
    int i;

    for (i = 0; i < listing->known->nelts; i++) {
        known = &APR_ARRAY_IDX(listing->known, i, known_t);
        if (strcmp(known->driver, place->driver) == 0 &&
            strcmp(known->params, place->params) == 0) {
            return known->rows;
        }
    }
    known = apr_array_push(listing->known);
    known->driver = place->driver;
    known->params = place->params;
    known->rows = NULL;
    ask(known, listing);
    return known->rows;
}

/* ---- tenant list ---- */

static json_t *place_json(const ctl_place_t *place, const char *tenant, const char *state,
                          apr_pool_t *p)
{
    json_t *out = scim_json_own(json_object(), p);

    json_object_set_new(out, "tenant", tenant && *tenant ? json_string(tenant) : json_null());
    json_object_set_new(out, "state", state ? json_string(state) : json_null());
    json_object_set_new(out, "server", json_string(place->server));
    json_object_set_new(out, "base", json_string(place->base));
    json_object_set(out, "profile", json_object_get(place->json, "profile"));
    json_object_set_new(out, "database",
                        json_string(ctl_params_label(place->driver, place->params, p)));
    json_object_set_new(out, "at", json_string(place->at));
    return out;
}

/* @param row NULL: the database does not know it, and does not forbid it */
static const char *state_of(const ctl_place_t *place, const scim_tenant_row_t *row)
{
    int on = json_is_true(json_object_get(place->json, "provisioning"));

    return on && (!row || row->on) ? "on" : "off";
}

static const scim_tenant_row_t *find_row(const apr_array_header_t *rows, const char *name)
{
    int i;

    for (i = 0; rows && i < rows->nelts; i++) {
        const scim_tenant_row_t *row = &APR_ARRAY_IDX(rows, i, scim_tenant_row_t);
        if (strcmp(row->name, name) == 0) {
            return row;
        }
    }
    return NULL;
}

/* A place's own tenant, or all that it serves because the database knows them. */
static void list_place(listing_t *listing, const ctl_place_t *place)
{
    const apr_array_header_t *rows = known_by(listing, place);
    ctl_t *c = listing->c;
    int i;

    if (*place->tenant) {
        const char *state = rows ? state_of(place, find_row(rows, place->tenant)) : NULL;
        ctl_list_add(listing->list, place_json(place, place->tenant, state, c->pool));
        return;
    }
    for (i = 0; rows && i < rows->nelts; i++) {
        const scim_tenant_row_t *row = &APR_ARRAY_IDX(rows, i, scim_tenant_row_t);
        if (!c->opt.tenant || strcmp(c->opt.tenant, row->name) == 0) {
            ctl_list_add(listing->list,
                         place_json(place, row->name, state_of(place, row), c->pool));
        }
    }
    if (!rows || rows->nelts == 0) {
        ctl_list_add(listing->list, place_json(place, NULL, NULL, c->pool));
    }
}

int ctl_tenant_list(ctl_t *c)
{
    listing_t listing = {.c = c};
    apr_array_header_t *places;
    int i;

    if (!c->places) {
        return ctl_fail(c, CTL_USAGE,
                        "tenants are what httpd's configuration names; without it "
                        "there is nothing to list");
    }
    places = ctl_config_matching(c);
    listing.list = ctl_list_begin(c, columns);
    listing.known = apr_array_make(c->pool, 4, sizeof(known_t));
    for (i = 0; i < places->nelts; i++) {
        list_place(&listing, APR_ARRAY_IDX(places, i, const ctl_place_t *));
    }
    ctl_list_end(listing.list, "None.");
    return places->nelts ? listing.rc : CTL_NOT_FOUND;
}

/* ---- tenant create, on, off ---- */

int ctl_tenant_create(ctl_t *c)
{
    scim_error_t *err = scim_tenants_create(ctl_dbd(c, c->pool), c->args[0], c->opt.note, c->pool);

    if (err) {
        return ctl_error(c, err);
    }
    ctl_say(c, "The tenant %s is made and on.", c->args[0]);
    return CTL_OK;
}

static int named_by_place(const ctl_t *c, const char *name)
{
    int i;

    for (i = 0; c->places && i < c->places->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(c->places, i, const ctl_place_t *)->tenant, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/*
 * Where a tenant is named by ScimTenant the database need not know it yet; switching it off is
 * what makes it known.
 */
int ctl_tenant_switch(ctl_t *c)
{
    int on = strcmp(c->command->verb, "on") == 0;
    scim_dbd_t *db = ctl_dbd(c, c->pool);
    scim_error_t *err = scim_tenants_switch(db, c->args[0], on, c->pool);

    if (err && err->status == 404 && named_by_place(c, c->args[0])) {
        err = scim_tenants_create(db, c->args[0], NULL, c->pool);
        err = err ? err : scim_tenants_switch(db, c->args[0], on, c->pool);
    }
    if (err) {
        return ctl_error(c, err);
    }
    ctl_say(c,
            on ? "The tenant %s is on."
               : "The tenant %s is off: its clients get 403 from the "
                 "next request on.",
            c->args[0]);
    return CTL_OK;
}

/* ---- tenant show ---- */

/* How many resources of a type there are: asked of the store, for a list makes rows of the
 * application resources (ScimAdopt). */
static scim_error_t *count_type(apr_int64_t *n, ctl_t *c, const scim_resource_type_t *type)
{
    scim_search_part_t part = {.type = type};
    scim_search_t search = {.parts = &part, .nparts = 1};
    scim_page_t page;
    apr_pool_t *p;
    scim_error_t *err;

    apr_pool_create(&p, c->pool);
    err = scim_store_search(&page, ctl_store(c, p), &search, p);
    if (!err) {
        *n = page.total;
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

static scim_error_t *find_state(const char **state, ctl_t *c)
{
    scim_tenant_row_t *row = NULL;
    apr_pool_t *p;
    scim_error_t *err;

    apr_pool_create(&p, c->pool);
    err = scim_tenants_find(&row, ctl_dbd(c, p), c->tenant->name, c->pool);
    *state = c->place ? state_of(c->place, row) : !row || row->on ? "on" : "off";
    if (!err) {
        apr_pool_destroy(p);
    }
    return err;
}

int ctl_tenant_show(ctl_t *c)
{
    const char *state;
    json_t *out = scim_json_own(json_object(), c->pool);
    json_t *counts = json_object();
    scim_error_t *err = find_state(&state, c);
    int i;

    json_object_set_new(out, "tenant", json_string(c->tenant->name));
    json_object_set_new(out, "state", json_string(state));
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
        json_object_update(out, place_json(c->place, c->tenant->name, state, c->pool));
        json_object_set(out, "tokens", json_object_get(c->place->json, "tokens"));
        json_object_set(out, "settings", json_object_get(c->place->json, "settings"));
        json_object_set_new(out, "policies",
                            policies_new(json_object_get(c->place->json, "policies"), c->pool));
    }
    ctl_print_object(c, out);
    return CTL_OK;
}
