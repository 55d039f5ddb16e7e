/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

#include "scim_resource_value.h"

/* An immutable attribute's value before and after, both or either NULL. */
static scim_error_t *check_attr(json_t *doc, const json_t *old, const scim_place_t *place, int keep,
                                apr_pool_t *p)
{
    const scim_attr_t *attr = place->attr;
    const json_t *before = json_object_get(old, attr->name);
    const json_t *after = json_object_get(doc, attr->name);

    if (attr->mutability != SCIM_IMMUTABLE || attr->ruled & SCIM_RULED_IMMUTABLE || !before ||
        (after && json_equal(before, after))) {
        return NULL;
    }
    if (!after && keep) {
        scim_value_put(doc, attr->name, json_deep_copy(before), p);
        return NULL;
    }
    return scim_error_make(p, 400, SCIM_TYPE_MUTABILITY, "%s cannot be changed once it is set.",
                           scim_value_label(attr, place->parent, p));
}

static scim_error_t *check_subs(json_t *doc, const json_t *old, const scim_attr_t *attr, int keep,
                                apr_pool_t *p)
{
    const json_t *before = json_object_get(old, attr->name);
    json_t *after = json_object_get(doc, attr->name);
    scim_error_t *err = NULL;

    if (!json_is_object(before)) {
        return NULL;
    }
    if (!after) {
        after = json_object(); /* emptied or not given: finishing takes it away if it stays so */
        scim_value_put(doc, attr->name, after, p);
    }
    for (int i = 0; !err && i < attr->nsubs; i++) {
        scim_place_t place = {NULL, &attr->subs[i], attr};

        err = check_attr(after, before, &place, keep, p);
    }
    return err;
}

static scim_error_t *check_attrs(json_t *doc, const json_t *old, const scim_schema_t *schema,
                                 int keep, apr_pool_t *p)
{
    scim_error_t *err = NULL;

    for (int i = 0; !err && i < schema->nattrs; i++) {
        scim_place_t place = {NULL, &schema->attrs[i], NULL};

        err = check_attr(doc, old, &place, keep, p);
        if (!err) {
            err = check_subs(doc, old, place.attr, keep, p);
        }
    }
    return err;
}

scim_error_t *scim_value_immutables(json_t *doc, const json_t *old, int keep,
                                    const scim_resource_type_t *type, apr_pool_t *p)
{
    scim_error_t *err = check_attrs(doc, old, type->schema, keep, p);

    for (int i = 0; !err && i < type->nextensions; i++) {
        const scim_schema_t *extension = type->extensions[i].schema;
        const json_t *before = json_object_get(old, extension->urn);
        json_t *after = json_object_get(doc, extension->urn);

        if (before && !after) {
            after = json_object();
            scim_value_put(doc, extension->urn, after, p);
        }
        if (before) {
            err = check_attrs(after, before, extension, keep, p);
        }
    }
    return err;
}
