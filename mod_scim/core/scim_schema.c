/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

#include <string.h>

#include "scim_schema.h"
#include "scim_text.h"

const scim_resource_type_t *scim_catalog_endpoint(const scim_catalog_t *c, const char *segment)
{
    for (int i = 0; i < c->ntypes; i++) {
        if (scim_text_ieq(c->types[i]->endpoint, segment)) {
            return c->types[i];
        }
    }
    return NULL;
}

const scim_resource_type_t *scim_catalog_type(const scim_catalog_t *c, const char *name)
{
    for (int i = 0; i < c->ntypes; i++) {
        if (strcmp(c->types[i]->name, name) == 0) {
            return c->types[i];
        }
    }
    return NULL;
}

const scim_catalog_t *scim_catalog_without(const scim_catalog_t *c, scim_at_t at, apr_pool_t *p)
{
    const scim_resource_type_t **types = apr_pcalloc(p, (apr_size_t)c->ntypes * sizeof(*types));
    scim_catalog_t *out = apr_pcalloc(p, sizeof(*out));

    for (int i = 0; i < c->ntypes; i++) {
        if (!scim_type_attr_at(c->types[i], at)) {
            types[out->ntypes++] = c->types[i];
        }
    }
    out->types = types;
    return out;
}

const scim_schema_t *scim_catalog_schema(const scim_catalog_t *c, const char *urn)
{
    for (int i = 0; i < c->ntypes; i++) {
        const scim_schema_t *schema = scim_type_schema(c->types[i], urn, strlen(urn));

        if (schema) {
            return schema;
        }
    }
    return NULL;
}

const scim_schema_t *scim_type_schema(const scim_resource_type_t *type, const char *urn,
                                      apr_size_t n)
{
    if (scim_text_ieqn(urn, n, type->schema->urn)) {
        return type->schema;
    }
    for (int i = 0; i < type->nextensions; i++) {
        if (scim_text_ieqn(urn, n, type->extensions[i].schema->urn)) {
            return type->extensions[i].schema;
        }
    }
    return NULL;
}

const scim_attr_t *scim_type_attr(const scim_resource_type_t *type, const char *name, apr_size_t n)
{
    int ncommon;
    const scim_attr_t *common = scim_common_attrs(&ncommon);
    const scim_attr_t *attr = scim_attr_find(type->schema->attrs, type->schema->nattrs, name, n);

    return attr ? attr : scim_attr_find(common, ncommon, name, n);
}

const scim_attr_t *scim_attr_find(const scim_attr_t *attrs, int nattrs, const char *name,
                                  apr_size_t n)
{
    for (int i = 0; i < nattrs; i++) {
        if (scim_text_ieqn(name, n, attrs[i].name)) {
            return &attrs[i];
        }
    }
    return NULL;
}

const scim_attr_t *scim_attr_sub(const scim_attr_t *attr, const char *name)
{
    return scim_attr_find(attr->subs, attr->nsubs, name, strlen(name));
}

/* The first attribute of a list, or of their sub-attributes, that is stored at `at`. */
static const scim_attr_t *find_at(const scim_attr_t *attrs, int nattrs, scim_at_t at)
{
    for (int i = 0; i < nattrs; i++) {
        if (attrs[i].at == at) {
            return &attrs[i];
        }
    }
    for (int i = 0; i < nattrs; i++) {
        const scim_attr_t *sub = find_at(attrs[i].subs, attrs[i].nsubs, at);

        if (sub) {
            return sub;
        }
    }
    return NULL;
}

const scim_attr_t *scim_type_attr_at(const scim_resource_type_t *type, scim_at_t at)
{
    int ncommon;
    const scim_attr_t *common = scim_common_attrs(&ncommon);
    const scim_attr_t *attr = find_at(type->schema->attrs, type->schema->nattrs, at);

    for (int i = 0; !attr && i < type->nextensions; i++) {
        const scim_schema_t *schema = type->extensions[i].schema;

        attr = find_at(schema->attrs, schema->nattrs, at);
    }
    return attr ? attr : find_at(common, ncommon, at);
}
