/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_discovery.h"

#include <apr_strings.h>

#include "scim_event.h"
#include "scim_json.h"

/* Names as RFC 7643 section 7 writes them, by the enums' values. */
static const char *type_name(scim_attr_type_t type)
{
    static const char *const names[] = {"string",   "boolean", "decimal",   "integer",
                                        "dateTime", "binary",  "reference", "complex"};

    return names[type];
}

static const char *mutability_name(scim_mutability_t mutability)
{
    static const char *const names[] = {"readWrite", "readOnly", "immutable", "writeOnly"};

    return names[mutability];
}

static const char *returned_name(scim_returned_t returned)
{
    static const char *const names[] = {"default", "always", "never", "request"};

    return names[returned];
}

static const char *uniqueness_name(scim_uniqueness_t uniqueness)
{
    static const char *const names[] = {"none", "server", "global"};

    return names[uniqueness];
}

static json_t *strings_new(const char *const *strings)
{
    json_t *array = json_array();

    for (; *strings; strings++) {
        json_array_append_new(array, json_string(*strings));
    }
    return array;
}

static json_t *attrs_new(const scim_attr_t *attrs, int nattrs);

/* One attribute's characteristics, those that apply to its type (RFC 7643 section 7). */
static json_t *attr_new(const scim_attr_t *attr)
{
    json_t *o = json_object();
    int text = attr->type == SCIM_ATTR_STRING || attr->type == SCIM_ATTR_REFERENCE ||
               attr->type == SCIM_ATTR_BINARY;

    json_object_set_new(o, "name", json_string(attr->name));
    json_object_set_new(o, "type", json_string(type_name(attr->type)));
    if (attr->type == SCIM_ATTR_COMPLEX) {
        json_object_set_new(o, "subAttributes", attrs_new(attr->subs, attr->nsubs));
    }
    json_object_set_new(o, "multiValued", json_boolean(attr->multi));
    if (attr->description) {
        json_object_set_new(o, "description", json_string(attr->description));
    }
    json_object_set_new(o, "required", json_boolean(attr->required));
    if (attr->canonical) {
        json_object_set_new(o, "canonicalValues", strings_new(attr->canonical));
    }
    if (text) {
        json_object_set_new(o, "caseExact", json_boolean(attr->case_exact));
    }
    json_object_set_new(o, "mutability", json_string(mutability_name(attr->mutability)));
    json_object_set_new(o, "returned", json_string(returned_name(attr->returned)));
    json_object_set_new(o, "uniqueness", json_string(uniqueness_name(attr->uniqueness)));
    if (attr->ref_types) {
        json_object_set_new(o, "referenceTypes", strings_new(attr->ref_types));
    }
    return o;
}

/* Complex attributes have no complex sub-attributes (RFC 7643 section 2.3.8): this ends. */
static json_t *attrs_new(const scim_attr_t *attrs, int nattrs)
{
    json_t *array = json_array();
    int i;

    for (i = 0; i < nattrs; i++) {
        if (!attrs[i].hidden) {
            json_array_append_new(array, attr_new(&attrs[i]));
        }
    }
    return array;
}

/* `schemas` with one URN. */
static json_t *urns_new(const char *urn)
{
    json_t *array = json_array();

    json_array_append_new(array, json_string(urn));
    return array;
}

static json_t *meta_new(const char *type, const char *location)
{
    json_t *meta = json_object();

    json_object_set_new(meta, "resourceType", json_string(type));
    json_object_set_new(meta, "location", json_string(location));
    return meta;
}

static json_t *schema_new(const scim_schema_t *schema, const char *base, apr_pool_t *p)
{
    json_t *o = json_object();
    const char *location = apr_pstrcat(p, base, "/Schemas/", schema->urn, NULL);

    json_object_set_new(o, "schemas", urns_new(SCIM_URN_SCHEMA));
    json_object_set_new(o, "id", json_string(schema->urn));
    json_object_set_new(o, "name", json_string(schema->name));
    if (schema->description) {
        json_object_set_new(o, "description", json_string(schema->description));
    }
    json_object_set_new(o, "attributes", attrs_new(schema->attrs, schema->nattrs));
    json_object_set_new(o, "meta", meta_new("Schema", location));
    return o;
}

static json_t *type_new(const scim_resource_type_t *type, const char *base, apr_pool_t *p)
{
    json_t *o = json_object();
    json_t *extensions = json_array();
    const char *location = apr_pstrcat(p, base, "/ResourceTypes/", type->name, NULL);
    int i;

    json_object_set_new(o, "schemas", urns_new(SCIM_URN_RESOURCE_TYPE));
    json_object_set_new(o, "id", json_string(type->name));
    json_object_set_new(o, "name", json_string(type->name));
    json_object_set_new(o, "endpoint", json_string(apr_pstrcat(p, "/", type->endpoint, NULL)));
    if (type->description) {
        json_object_set_new(o, "description", json_string(type->description));
    }
    json_object_set_new(o, "schema", json_string(type->schema->urn));
    json_object_set_new(o, "schemaExtensions", extensions);
    for (i = 0; i < type->nextensions; i++) {
        const scim_extension_t *e = &type->extensions[i];
        json_t *extension;

        if (e->hidden) {
            continue;
        }
        extension = json_object();
        json_object_set_new(extension, "schema", json_string(e->schema->urn));
        json_object_set_new(extension, "required", json_boolean(e->required));
        json_array_append_new(extensions, extension);
    }
    json_object_set_new(o, "meta", meta_new("ResourceType", location));
    return o;
}

/* A ListResponse with everything on one page, and its empty Resources to be filled. */
static json_t *list_make(json_t **resources, apr_pool_t *p)
{
    json_t *list = scim_json_own(json_object(), p);

    *resources = json_array();
    json_object_set_new(list, "schemas", urns_new(SCIM_URN_LIST));
    json_object_set_new(list, "totalResults", json_integer(0));
    json_object_set_new(list, "startIndex", json_integer(1));
    json_object_set_new(list, "itemsPerPage", json_integer(0));
    json_object_set_new(list, "Resources", *resources);
    return list;
}

static const char *list_text(json_t *list, const json_t *resources, apr_pool_t *p)
{
    json_int_t n = (json_int_t)json_array_size(resources);

    json_object_set_new(list, "totalResults", json_integer(n));
    json_object_set_new(list, "itemsPerPage", json_integer(n));
    return scim_json_dump(list, NULL, p);
}

static int listed(const json_t *resources, const char *urn)
{
    size_t i;
    json_t *resource;

    json_array_foreach(resources, i, resource)
    {
        if (scim_text_ieq(json_string_value(json_object_get(resource, "id")), urn)) {
            return 1;
        }
    }
    return 0;
}

/* Types may share an extension, which is listed once. */
static void list_schema(json_t *resources, const scim_schema_t *schema, const char *base,
                        apr_pool_t *p)
{
    if (!listed(resources, schema->urn)) {
        json_array_append_new(resources, schema_new(schema, base, p));
    }
}

const char *scim_discovery_schemas(const scim_tenant_t *tenant, const char *urn, const char *base,
                                   apr_pool_t *p)
{
    const scim_catalog_t *c = scim_tenant_offered(tenant);
    const scim_schema_t *schema;
    json_t *resources;
    json_t *list;
    int i;
    int j;

    if (urn) {
        schema = scim_catalog_schema(c, urn);
        if (!schema && tenant->config_schema && scim_text_ieq(urn, tenant->config_schema->urn)) {
            schema = tenant->config_schema;
        }
        return schema ? scim_json_dump(scim_json_own(schema_new(schema, base, p), p), NULL, p)
                      : NULL;
    }
    list = list_make(&resources, p);
    for (i = 0; i < c->ntypes; i++) {
        list_schema(resources, c->types[i]->schema, base, p);
        for (j = 0; j < c->types[i]->nextensions; j++) {
            const scim_extension_t *e = &c->types[i]->extensions[j];

            if (!e->hidden) {
                list_schema(resources, e->schema, base, p);
            }
        }
    }
    if (tenant->config_schema) {
        list_schema(resources, tenant->config_schema, base, p);
    }
    return list_text(list, resources, p);
}

const char *scim_discovery_types(const scim_tenant_t *tenant, const char *name, const char *base,
                                 apr_pool_t *p)
{
    const scim_catalog_t *c = scim_tenant_offered(tenant);
    const scim_resource_type_t *type;
    json_t *resources;
    json_t *list;
    int i;

    if (name) {
        type = scim_catalog_type(c, name);
        return type ? scim_json_dump(scim_json_own(type_new(type, base, p), p), NULL, p) : NULL;
    }
    list = list_make(&resources, p);
    for (i = 0; i < c->ntypes; i++) {
        json_array_append_new(resources, type_new(c->types[i], base, p));
    }
    return list_text(list, resources, p);
}

static json_t *supported_new(int supported)
{
    json_t *o = json_object();

    json_object_set_new(o, "supported", json_boolean(supported));
    return o;
}

static json_t *schemes_new(void)
{
    json_t *array = json_array();
    json_t *scheme = json_object();

    json_array_append_new(array, scheme);
    json_object_set_new(scheme, "type", json_string("oauthbearertoken"));
    json_object_set_new(scheme, "name", json_string("Bearer token"));
    json_object_set_new(
        scheme, "description",
        json_string("A token of this tenant in the Authorization header, with or without Bearer"));
    json_object_set_new(scheme, "specUri", json_string("https://www.rfc-editor.org/info/rfc6750"));
    json_object_set_new(scheme, "primary", json_true());
    return array;
}

/* RFC 9865 section 4. */
static json_t *pagination_new(const scim_tenant_t *tenant)
{
    json_t *o = json_object();
    int max = tenant->max_page_size;
    int size = tenant->page_size < max ? tenant->page_size : max;

    json_object_set_new(o, "cursor", json_true());
    json_object_set_new(o, "index", json_true());
    json_object_set_new(o, "defaultPaginationMethod", json_string("index"));
    json_object_set_new(o, "defaultPageSize", json_integer(size));
    json_object_set_new(o, "maxPageSize", json_integer(max));
    if (tenant->cursor_timeout > 0) {
        json_object_set_new(o, "cursorTimeout", json_integer(tenant->cursor_timeout));
    }
    return o;
}

/* RFC 9967. */
static json_t *events_new(const scim_events_t *events)
{
    static const unsigned types[] = {SCIM_EVENT_DEACTIVATE, SCIM_EVENT_ACTIVATE, SCIM_EVENT_DELETE};
    json_t *o = json_object();
    json_t *uris = json_array();
    apr_size_t i;

    json_object_set_new(o, "asyncRequest", json_string("none"));
    json_object_set_new(o, "eventUris", uris);
    for (i = 0; events && i < sizeof(types) / sizeof(types[0]); i++) {
        if (events->types & types[i]) {
            json_array_append_new(uris, json_string(scim_event_uri(types[i])));
        }
    }
    return o;
}

const char *scim_discovery_config(const scim_tenant_t *tenant, const char *base, apr_pool_t *p)
{
    json_t *o = scim_json_own(json_object(), p);
    json_t *bulk = supported_new(1);
    json_t *filter = supported_new(1);
    const char *location = apr_pstrcat(p, base, "/ServiceProviderConfig", NULL);

    json_object_set_new(o, "schemas", urns_new(SCIM_URN_SPC));
    json_object_set_new(o, "patch", supported_new(1));
    json_object_set_new(o, "bulk", bulk);
    json_object_set_new(bulk, "maxOperations", json_integer(tenant->bulk_operations));
    json_object_set_new(bulk, "maxPayloadSize", json_integer((json_int_t)tenant->bulk_payload));
    json_object_set_new(o, "filter", filter);
    json_object_set_new(filter, "maxResults", json_integer(tenant->max_page_size));
    json_object_set_new(o, "changePassword", supported_new(0));
    json_object_set_new(o, "sort", supported_new(1));
    json_object_set_new(o, "etag", supported_new(1));
    json_object_set_new(o, "authenticationSchemes", schemes_new());
    json_object_set_new(o, "pagination", pagination_new(tenant));
    json_object_set_new(o, "securityEvents", events_new(tenant->events));
    if (tenant->interop_conformant) {
        json_object_set_new(o, "interopProfileConformant", json_true());
    }
    json_object_set_new(o, "meta", meta_new("ServiceProviderConfig", location));
    return scim_json_dump(o, NULL, p);
}
