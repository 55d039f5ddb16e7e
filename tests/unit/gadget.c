/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "gadget.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_profile.h"

#define SUBS(table) .subs = (table), .nsubs = (int)(sizeof(table) / sizeof((table)[0]))
#define ATTRS(table) .attrs = (table), .nattrs = (int)(sizeof(table) / sizeof((table)[0]))

static const scim_attr_t origin_subs[] = {
    {.name = "place", .description = "Where.", .mutability = SCIM_IMMUTABLE},
    {.name = "note", .description = "What about it."},
    {.name = "pin", .description = "Secret.", .mutability = SCIM_WRITE_ONLY},
    {.name = "checked",
     .description = "Set by the server.",
     .type = SCIM_ATTR_BOOLEAN,
     .mutability = SCIM_READ_ONLY},
};

static const scim_attr_t part_subs[] = {
    {.name = "value", .description = "Part.", .required = 1},
    {.name = "code", .description = "Exact.", .case_exact = 1, .mutability = SCIM_IMMUTABLE},
    {.name = "size", .description = "Size.", .type = SCIM_ATTR_INTEGER},
    {.name = "made", .description = "When.", .type = SCIM_ATTR_DATETIME},
    {.name = "primary", .description = "The one.", .type = SCIM_ATTR_BOOLEAN},
};

static const scim_attr_t gadget_attrs[] = {
    {.name = "title", .description = "Title.", .required = 1, .max_chars = 10},
    {.name = "serial", .description = "Number.", .case_exact = 1, .mutability = SCIM_IMMUTABLE},
    {.name = "on", .description = "Switch.", .type = SCIM_ATTR_BOOLEAN},
    {.name = "count", .description = "How many.", .type = SCIM_ATTR_INTEGER},
    {.name = "price", .description = "How much.", .type = SCIM_ATTR_DECIMAL},
    {.name = "sold", .description = "When.", .type = SCIM_ATTR_DATETIME},
    {.name = "image", .description = "Bytes.", .type = SCIM_ATTR_BINARY, .case_exact = 1},
    {.name = "page", .description = "URI.", .type = SCIM_ATTR_REFERENCE, .case_exact = 1},
    {.name = "tags", .description = "Words.", .multi = 1},
    {.name = "sizes", .description = "Numbers.", .type = SCIM_ATTR_INTEGER, .multi = 1},
    {.name = "origin", .description = "Origin.", .type = SCIM_ATTR_COMPLEX, SUBS(origin_subs)},
    {.name = "parts",
     .description = "Parts.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(part_subs)},
};

static const scim_schema_t gadget_schema = {
    .urn = "urn:example:params:scim:schemas:Gadget",
    .name = "Gadget",
    .description = "Gadget",
    ATTRS(gadget_attrs),
};

static const scim_attr_t shelf_attrs[] = {
    {.name = "row", .description = "Row.", .type = SCIM_ATTR_INTEGER, .required = 1},
    {.name = "since",
     .description = "Since when.",
     .type = SCIM_ATTR_DATETIME,
     .mutability = SCIM_IMMUTABLE},
};

static const scim_schema_t shelf_schema = {
    .urn = "urn:example:params:scim:schemas:extension:shelf:1.0:Gadget",
    .name = "ShelfGadget",
    .description = "Where a gadget stands",
    ATTRS(shelf_attrs),
};

static const scim_extension_t gadget_extensions[] = {{.schema = &shelf_schema, .required = 1}};

const scim_resource_type_t gadget_type = {
    .name = "Gadget",
    .endpoint = "Gadgets",
    .description = "Gadget",
    .schema = &gadget_schema,
    .extensions = gadget_extensions,
    .nextensions = 1,
};

const scim_resource_type_t *gadget_type_named(const char *name)
{
    return strcmp(name, "Gadget") ? scim_catalog_type(scim_catalog_default(), name) : &gadget_type;
}

json_t *gadget_json(apr_pool_t *p, const char *text)
{
    char *copy = apr_pstrdup(p, text);
    json_error_t error;
    json_t *value;

    for (char *s = copy; *s; s++) {
        *s = *s == '\'' ? '"' : *s;
    }
    value = json_loads(copy, JSON_DECODE_ANY, &error);
    if (!value) {
        fprintf(stderr, "not JSON (%s): %s\n", error.text, copy);
        abort();
    }
    return scim_json_own(value, p);
}

json_t *gadget_jsonf(apr_pool_t *p, const char *fmt, ...)
{
    va_list ap;
    const char *text;

    va_start(ap, fmt);
    text = apr_pvsprintf(p, fmt, ap);
    va_end(ap);
    return gadget_json(p, text);
}

scim_tenant_t *gadget_tenant(const char *profile, apr_pool_t *p)
{
    scim_tenant_t *tenant = scim_tenant_make("test", p);

    if (profile) {
        scim_profile_apply(tenant, scim_profile_find(profile));
        tenant->catalog = scim_profile_catalog(scim_profile_find(profile), tenant->catalog, p);
    }
    return tenant;
}
