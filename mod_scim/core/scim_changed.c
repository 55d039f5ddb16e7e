/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_changed.h"

#include <string.h>

#include "scim_text.h"

/* The names so far, and what stands in front of the next one. */
typedef struct naming_t {
    scim_buf_t *out;
    const char *urn;  /* of an extension; or NULL */
    const char *attr; /* of a sub-attribute; or NULL */
} naming_t;

static void add_name(const naming_t *n, const char *name)
{
    scim_buf_puts(n->out, n->out->len ? " " : "");
    if (n->urn) {
        scim_buf_puts(n->out, n->urn);
        scim_buf_puts(n->out, ":");
    }
    if (n->attr) {
        scim_buf_puts(n->out, n->attr);
        scim_buf_puts(n->out, ".");
    }
    scim_buf_puts(n->out, name);
}

static int differ(const json_t *old, const json_t *now)
{
    return old != now && !(old && now && json_equal(old, now));
}

/* References ($ref) follow from the value beside them. */
static int is_nameable(const scim_attr_t *attr)
{
    return attr->mutability != SCIM_READ_ONLY && attr->at != SCIM_AT_ID &&
           attr->at != SCIM_AT_META && *attr->name != '$' && strcmp(attr->name, "schemas") != 0;
}

/* Of one value, or of none before or now. json_object_get() of what is no object is NULL. */
static void add_subs(const naming_t *n, const scim_attr_t *attr, const json_t *old,
                     const json_t *now)
{
    naming_t inner = {n->out, n->urn, attr->name};
    int i;

    for (i = 0; i < attr->nsubs; i++) {
        const scim_attr_t *sub = &attr->subs[i];
        if (is_nameable(sub) &&
            differ(json_object_get(old, sub->name), json_object_get(now, sub->name))) {
            add_name(&inner, sub->name);
        }
    }
}

static void add_attrs(const naming_t *n, const scim_attr_t *attrs, int nattrs, const json_t *old,
                      const json_t *now)
{
    int i;

    for (i = 0; i < nattrs; i++) {
        const scim_attr_t *attr = &attrs[i];
        const json_t *before = json_object_get(old, attr->name);
        const json_t *after = json_object_get(now, attr->name);

        if (!is_nameable(attr) || !differ(before, after)) {
            continue;
        }
        if (attr->type == SCIM_ATTR_COMPLEX && !attr->multi) {
            add_subs(n, attr, before, after);
        } else {
            add_name(n, attr->name);
        }
    }
}

const char *scim_changed_names(const json_t *old, const json_t *doc,
                               const scim_resource_type_t *type, apr_pool_t *p)
{
    naming_t n = {scim_buf_make(256, p), NULL, NULL};
    const scim_attr_t *common;
    int ncommon;
    int i;

    if (!doc) {
        return NULL;
    }
    common = scim_common_attrs(&ncommon);
    add_attrs(&n, common, ncommon, old, doc);
    add_attrs(&n, type->schema->attrs, type->schema->nattrs, old, doc);
    for (i = 0; i < type->nextensions; i++) {
        const scim_schema_t *schema = type->extensions[i].schema;
        n.urn = schema->urn;
        add_attrs(&n, schema->attrs, schema->nattrs, json_object_get(old, schema->urn),
                  json_object_get(doc, schema->urn));
    }
    return n.out->len ? n.out->data : NULL;
}

const char *scim_changed_label(const json_t *doc, const scim_resource_type_t *type)
{
    const scim_attr_t *unique = scim_type_attr_at(type, SCIM_AT_UNIQUE);
    const char *name = unique ? json_string_value(json_object_get(doc, unique->name)) : NULL;

    return name && *name ? name : json_string_value(json_object_get(doc, "displayName"));
}
