/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_life.h"

#include <string.h>

#include "scim_json.h"

const scim_life_t *scim_life_of(const scim_tenant_t *tenant)
{
    static const scim_life_t defaults = {0};

    return tenant->life ? tenant->life : &defaults;
}

int scim_life_is_inactive(const json_t *doc, const scim_resource_type_t *type)
{
    const scim_attr_t *active = scim_type_attr_at(type, SCIM_AT_ACTIVE);

    return active && json_is_false(json_object_get(doc, active->name));
}

int scim_life_turn(const json_t *old, const json_t *doc, const scim_resource_type_t *type)
{
    return scim_life_is_inactive(old, type) - scim_life_is_inactive(doc, type);
}

/* Whether a tombstone has an attribute of this name. */
static int stays(const char *name, const scim_resource_type_t *type)
{
    static const scim_at_t places[] = {SCIM_AT_ID, SCIM_AT_EXTERNAL, SCIM_AT_UNIQUE,
                                       SCIM_AT_ACTIVE};

    if (strcmp(name, "schemas") == 0) {
        return 1;
    }
    for (apr_size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const scim_attr_t *attr = scim_type_attr_at(type, places[i]);

        if (attr && strcmp(name, attr->name) == 0) {
            return 1;
        }
    }
    return 0;
}

int scim_life_is_tombstone(const json_t *doc, const scim_resource_type_t *type)
{
    json_t *walk = scim_json_walk(doc);

    if (!scim_life_is_inactive(doc, type)) {
        return 0;
    }
    for (void *it = json_object_iter(walk); it; it = json_object_iter_next(walk, it)) {
        const json_t *value = json_object_iter_value(it);
        int nothing = json_is_object(value) && json_object_size(value) == 0; /* an extension */
        if (!nothing && !stays(json_object_iter_key(it), type)) {
            return 0;
        }
    }
    return 1;
}

int scim_life_ends(const scim_tenant_t *tenant, const json_t *doc, const scim_resource_type_t *type)
{
    return tenant->deprovision != SCIM_DEPROVISION_DISABLE && scim_life_is_inactive(doc, type);
}

json_t *scim_life_shrink(const json_t *doc, const scim_resource_type_t *type, apr_pool_t *p)
{
    json_t *walk = scim_json_walk(doc);
    json_t *out = scim_json_own(json_object(), p);
    json_t *schemas = json_array();
    const char *name;
    json_t *value;

    json_object_foreach(walk, name, value)
    {
        if (stays(name, type)) {
            json_object_set_new(out, name, json_deep_copy(value));
        }
    }
    json_array_append_new(schemas, json_string(type->schema->urn));
    json_object_set_new(out, "schemas", schemas);
    return out;
}

json_t *scim_life_deactivate(const json_t *doc, const scim_resource_type_t *type, apr_pool_t *p)
{
    json_t *out = scim_json_own(json_deep_copy(doc), p);

    json_object_set_new(out, scim_type_attr_at(type, SCIM_AT_ACTIVE)->name, json_false());
    return out;
}

int scim_life_may_lack(const scim_tenant_t *tenant, const json_t *old, const json_t *doc, int patch,
                       const scim_resource_type_t *type)
{
    return tenant->deprovision != SCIM_DEPROVISION_DISABLE && scim_life_is_tombstone(old, type) &&
           (patch || scim_life_is_inactive(doc, type));
}

apr_time_t scim_life_cutoff(const scim_tenant_t *tenant, apr_time_t now)
{
    apr_int64_t seconds = scim_life_of(tenant)->seconds;

    return seconds ? now - apr_time_from_sec(seconds) : 0;
}

int scim_life_is_gone(const scim_tenant_t *tenant, apr_time_t tombstone, apr_time_t now)
{
    return tombstone && tombstone < scim_life_cutoff(tenant, now);
}

int scim_life_is_hidden(const scim_tenant_t *tenant, apr_time_t tombstone, apr_time_t now)
{
    return tombstone && (scim_life_of(tenant)->hide || scim_life_is_gone(tenant, tombstone, now));
}
