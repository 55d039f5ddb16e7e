/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "widget.h"

#include <string.h>

#define SUBS(table) .subs = (table), .nsubs = (int)(sizeof(table) / sizeof((table)[0]))
#define ATTRS(table) .attrs = (table), .nattrs = (int)(sizeof(table) / sizeof((table)[0]))

static const scim_attr_t part_subs[] = {
    {.name = "value", .description = "Part."},
    {.name = "code", .description = "Exact code.", .case_exact = 1},
    {.name = "size", .description = "Size.", .type = SCIM_ATTR_INTEGER},
    {.name = "weight", .description = "Weight.", .type = SCIM_ATTR_DECIMAL},
    {.name = "made", .description = "When.", .type = SCIM_ATTR_DATETIME},
    {.name = "spare", .description = "Spare.", .type = SCIM_ATTR_BOOLEAN},
    {.name = "link", .description = "Link.", .type = SCIM_ATTR_REFERENCE, .case_exact = 1},
    {.name = "marks", .description = "Strings.", .multi = 1},
    {.name = "secret", .description = "Never shown.", .returned = SCIM_RETURNED_NEVER},
};

static const scim_attr_t shape_subs[] = {
    {.name = "form", .description = "Form."},
    {.name = "edges", .description = "Edges.", .type = SCIM_ATTR_INTEGER},
};

static const scim_attr_t widget_attrs[] = {
    {.name = "title", .description = "String."},
    {.name = "serial", .description = "Exact string.", .case_exact = 1},
    {.name = "round", .description = "Boolean.", .type = SCIM_ATTR_BOOLEAN},
    {.name = "count", .description = "Integer.", .type = SCIM_ATTR_INTEGER},
    {.name = "price", .description = "Decimal.", .type = SCIM_ATTR_DECIMAL},
    {.name = "sold", .description = "Date and time.", .type = SCIM_ATTR_DATETIME},
    {.name = "image", .description = "Binary.", .type = SCIM_ATTR_BINARY, .case_exact = 1},
    {.name = "page", .description = "Reference.", .type = SCIM_ATTR_REFERENCE, .case_exact = 1},
    {.name = "tags", .description = "Strings.", .multi = 1},
    {.name = "sizes", .description = "Integers.", .type = SCIM_ATTR_INTEGER, .multi = 1},
    {.name = "shape", .description = "Complex.", .type = SCIM_ATTR_COMPLEX, SUBS(shape_subs)},
    {.name = "shapes",
     .description = "Complex without a value.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(shape_subs)},
    {.name = "parts",
     .description = "Complex with a value.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(part_subs)},
    {.name = "secret", .description = "Never shown.", .returned = SCIM_RETURNED_NEVER},
};

static const scim_schema_t widget_schema = {
    .urn = "urn:example:params:scim:schemas:Widget",
    .name = "Widget",
    .description = "Everything a schema can hold",
    ATTRS(widget_attrs),
};

static const scim_attr_t store_attrs[] = {
    {.name = "title", .description = "Not the widget's title."},
    {.name = "place", .description = "Complex.", .type = SCIM_ATTR_COMPLEX, SUBS(shape_subs)},
    {.name = "shelves",
     .description = "Complex, many.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(part_subs)},
};

static const scim_schema_t store_schema = {
    .urn = "urn:example:params:scim:schemas:extension:store:1.0:Widget",
    .name = "StoreWidget",
    .description = "A widget in a store",
    ATTRS(store_attrs),
};

static const scim_extension_t widget_extensions[] = {{.schema = &store_schema, .required = 0}};

const scim_resource_type_t widget_type = {
    .name = "Widget",
    .endpoint = "Widgets",
    .description = "Widget",
    .schema = &widget_schema,
    .extensions = widget_extensions,
    .nextensions = 1,
};

const scim_resource_type_t *widget_type_named(const char *name)
{
    return strcmp(name, "Widget") ? scim_catalog_type(scim_catalog_default(), name) : &widget_type;
}
