/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_profile.h"

#include <string.h>

#include "scim_text.h"

static const scim_profile_t profiles[] = {
    {.name = "tolerant"},
    {.name = "interop", .interop = 1, .min_page_size = 100},
    {.name = "ipsie",
     .interop = 1,
     .no_credentials = 1,
     .min_page_size = 100,
     .min_operations = 50,
     .min_per_second = 25,
     .rate = {.requests = 100, .seconds = 1, .burst = 200}},
};

const scim_profile_t *scim_profile_find(const char *name)
{
    for (apr_size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        if (scim_text_ieq(name, profiles[i].name)) {
            return &profiles[i];
        }
    }
    return NULL;
}

const scim_profile_t *scim_profile_at(int i)
{
    return i < (int)(sizeof(profiles) / sizeof(profiles[0])) ? &profiles[i] : NULL;
}

const char *scim_profile_names(void)
{
    return "tolerant, interop or ipsie";
}

void scim_profile_apply(scim_tenant_t *tenant, const scim_profile_t *profile)
{
    if (!profile->interop) {
        return;
    }
    tenant->config_schema = scim_profile_config_schema();
    tenant->reject_unknown_attrs = 1;
    tenant->patch_needs_path = 1;
    tenant->patch_needs_defined = 1;
    tenant->patch_replaces_whole = 1;
    tenant->patch_one_element = 1;
    tenant->reject_other_values = 1;
    tenant->interop_conformant = 1;
}

/* ---- the catalog ---- */

/* RFC 7643 section 2.4's own examples of what `type` says, and what it has for other attributes. */
static const char *const general_types[] = {"work", "home", "other", NULL};

/* A multi-valued attribute whose `type` could be any word gets general_types for it. */
static void add_types(scim_attr_t *attr, apr_pool_t *p)
{
    const scim_attr_t *type = attr->multi ? scim_attr_sub(attr, "type") : NULL;
    apr_size_t size = sizeof(*type) * (apr_size_t)attr->nsubs;
    scim_attr_t *subs;

    if (!type || type->type != SCIM_ATTR_STRING || type->canonical) {
        return;
    }
    subs = apr_palloc(p, size);
    memcpy(subs, attr->subs, size);
    subs[type - attr->subs].canonical = general_types;
    attr->subs = subs;
}

static const scim_schema_t *vary_schema(const scim_profile_t *profile, const scim_schema_t *from,
                                        apr_pool_t *p)
{
    scim_schema_t *to = apr_palloc(p, sizeof(*to));
    scim_attr_t *attrs = apr_palloc(p, sizeof(*attrs) * (apr_size_t)from->nattrs);

    *to = *from;
    to->attrs = attrs;
    to->nattrs = 0;
    for (int i = 0; i < from->nattrs; i++) {
        if (!profile->no_credentials || from->attrs[i].mutability != SCIM_WRITE_ONLY) {
            attrs[to->nattrs] = from->attrs[i];
            add_types(&attrs[to->nattrs], p);
            to->nattrs++;
        }
    }
    return to;
}

static const scim_resource_type_t *vary_type(const scim_profile_t *profile,
                                             const scim_resource_type_t *from, apr_pool_t *p)
{
    scim_resource_type_t *to = apr_palloc(p, sizeof(*to));
    scim_extension_t *extensions =
        apr_palloc(p, sizeof(*extensions) * (apr_size_t)from->nextensions);

    *to = *from;
    to->schema = vary_schema(profile, from->schema, p);
    to->extensions = extensions;
    for (int i = 0; i < from->nextensions; i++) {
        extensions[i] = from->extensions[i];
        extensions[i].schema = vary_schema(profile, from->extensions[i].schema, p);
    }
    return to;
}

const scim_catalog_t *scim_profile_catalog(const scim_profile_t *profile,
                                           const scim_catalog_t *from, apr_pool_t *p)
{
    const scim_resource_type_t **types;
    scim_catalog_t *to;

    if (!profile->interop && !profile->no_credentials) {
        return from;
    }
    to = apr_palloc(p, sizeof(*to));
    types = apr_palloc(p, sizeof(*types) * (apr_size_t)from->ntypes);
    *to = *from;
    to->types = types;
    for (int i = 0; i < from->ntypes; i++) {
        types[i] = vary_type(profile, from->types[i], p);
    }
    return to;
}
