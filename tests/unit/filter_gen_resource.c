/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "filter_gen.h"

#include <apr_strings.h>

#include "scim_json.h"
#include "scim_time.h"

/* Milliseconds around the instants that filters ask for. */
static const apr_int64_t instants[] = {1305261754000, 1305261754001, 1582934400000, -1,
                                       1795395723456};

static int chance(filter_gen_t *g, unsigned percent)
{
    return filter_gen_below(g, 100) < percent;
}

static json_t *string_new(filter_gen_t *g, const scim_attr_t *attr, apr_pool_t *p)
{
    if (attr->canonical && chance(g, 70)) {
        return json_string(attr->canonical[0]);
    }
    if (attr->case_exact && chance(g, 60)) {
        return json_string(g->ids[filter_gen_below(g, (unsigned)g->nids)]);
    }
    return json_string(chance(g, 3) ? "" : filter_gen_string(g, p));
}

static json_t *simple_new(filter_gen_t *g, const scim_attr_t *attr, apr_pool_t *p)
{
    static const double reals[] = {0, 1, -2.5, 100, 0.1, 0.01, 7};

    switch (attr->type) {
    case SCIM_ATTR_BOOLEAN:
        return json_boolean(chance(g, 50));
    case SCIM_ATTR_INTEGER:
        return json_integer((int)filter_gen_below(g, 9) - 4);
    case SCIM_ATTR_DECIMAL:
        return json_real(reals[filter_gen_below(g, 7)]);
    case SCIM_ATTR_DATETIME:
        return json_string(scim_time_format(instants[filter_gen_below(g, 5)] * 1000, p));
    case SCIM_ATTR_BINARY:
        return json_string(chance(g, 50) ? "QUJD" : "qujd");
    default:
        return string_new(g, attr, p);
    }
}

/* Whether a client's body can set it, or it is one of the parts that the server puts in. */
static int stored(const scim_attr_t *attr)
{
    if (attr->returned == SCIM_RETURNED_NEVER) {
        return 0;
    }
    return attr->mutability != SCIM_READ_ONLY || attr->at != SCIM_AT_DOC;
}

static json_t *value_new(filter_gen_t *g, const scim_attr_t *attr, apr_pool_t *p);

/* An object with at least one member. Complex attributes hold no complex ones (RFC 7643, 2.3.8). */
static json_t *complex_new(filter_gen_t *g, const scim_attr_t *attr, int primary_ok, apr_pool_t *p)
{
    json_t *object = json_object();
    int i;

    while (json_object_size(object) == 0) {
        for (i = 0; i < attr->nsubs; i++) {
            const scim_attr_t *sub = &attr->subs[i];
            if (stored(sub) && chance(g, 60)) {
                json_object_set_new(object, sub->name, value_new(g, sub, p));
            }
        }
        if (!primary_ok && json_is_true(json_object_get(object, "primary"))) {
            json_object_set_new(object, "primary", json_false());
        }
    }
    return object;
}

static json_t *element_new(filter_gen_t *g, const scim_attr_t *attr, int primary_ok, apr_pool_t *p)
{
    return attr->type == SCIM_ATTR_COMPLEX ? complex_new(g, attr, primary_ok, p)
                                           : simple_new(g, attr, p);
}

static json_t *value_new(filter_gen_t *g, const scim_attr_t *attr, apr_pool_t *p)
{
    json_t *array;
    unsigned n;
    unsigned i;

    if (!attr->multi) {
        return element_new(g, attr, 1, p);
    }
    array = json_array();
    n = 1 + filter_gen_below(g, 3);
    for (i = 0; i < n; i++) {
        json_array_append_new(array, element_new(g, attr, i == 0, p));
    }
    return array;
}

static void add_attrs(filter_gen_t *g, json_t *object, const scim_schema_t *schema, unsigned number,
                      apr_pool_t *p)
{
    int i;

    for (i = 0; i < schema->nattrs; i++) {
        const scim_attr_t *attr = &schema->attrs[i];

        if (attr->uniqueness != SCIM_UNIQUE_NONE) {
            json_object_set_new(
                object, attr->name,
                json_string(apr_psprintf(p, "%s-%u", filter_gen_string(g, p), number)));
        } else if (stored(attr) && (attr->required || chance(g, 50))) {
            json_object_set_new(object, attr->name, value_new(g, attr, p));
        }
    }
}

static json_t *meta_new(filter_gen_t *g, unsigned number, apr_pool_t *p)
{
    apr_time_t created = instants[filter_gen_below(g, 5)] * 1000;
    apr_time_t modified = created + filter_gen_below(g, 2) * 1000;
    const char *location =
        apr_psprintf(p, "https://localhost/%s/gen-%u", g->type->endpoint, number);

    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "resourceType", g->type->name, "created",
                     scim_time_format(created, p), "lastModified", scim_time_format(modified, p),
                     "location", location, "version",
                     apr_psprintf(p, "W/\"%u\"", 1 + filter_gen_below(g, 3)));
}

json_t *filter_gen_resource(filter_gen_t *g, unsigned number, apr_pool_t *p)
{
    json_t *root = scim_json_own(json_object(), p);
    json_t *schemas = json_array();
    int i;

    json_object_set_new(root, "schemas", schemas);
    json_array_append_new(schemas, json_string(g->type->schema->urn));
    json_object_set_new(root, "id", json_string(apr_psprintf(p, "gen-%u", number)));
    if (chance(g, 60)) {
        json_object_set_new(root, "externalId", json_string(filter_gen_string(g, p)));
    }
    add_attrs(g, root, g->type->schema, number, p);
    for (i = 0; i < g->type->nextensions; i++) {
        const scim_schema_t *schema = g->type->extensions[i].schema;
        json_t *extension = scim_json_own(json_object(), p);

        add_attrs(g, extension, schema, number, p);
        if (json_object_size(extension) > 0) {
            json_array_append_new(schemas, json_string(schema->urn));
            json_object_set(root, schema->urn, extension);
        }
    }
    json_object_set_new(root, "meta", meta_new(g, number, p));
    return root;
}
