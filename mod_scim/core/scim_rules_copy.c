/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_rules_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_filter.h"

/* One schema of the type: the main one, or an extension. */
typedef struct part_t {
    const scim_schema_t *from;
    scim_attr_t *attrs;
    scim_attr_t **subs; /* by attribute */
} part_t;

struct scim_type_copy_t {
    scim_resource_type_t *to;
    scim_extension_t *extensions;
    part_t *parts; /* the main schema, then one for each extension */
};

static const scim_schema_t *copy_schema(part_t *part, const scim_schema_t *from, apr_pool_t *p)
{
    scim_schema_t *to = apr_pmemdup(p, from, sizeof(*from));
    apr_size_t n = (apr_size_t)from->nattrs;

    part->from = from;
    part->attrs = apr_pmemdup(p, from->attrs, n * sizeof(*part->attrs));
    part->subs = apr_pcalloc(p, n * sizeof(*part->subs));
    for (apr_size_t i = 0; i < n; i++) {
        const scim_attr_t *attr = &from->attrs[i];

        if (attr->nsubs > 0) {
            part->subs[i] =
                apr_pmemdup(p, attr->subs, (apr_size_t)attr->nsubs * sizeof(*attr->subs));
            part->attrs[i].subs = part->subs[i];
        }
    }
    to->attrs = part->attrs;
    return to;
}

scim_type_copy_t *scim_type_copy_make(const scim_resource_type_t *from, apr_pool_t *p)
{
    scim_type_copy_t *copy = apr_pcalloc(p, sizeof(*copy));
    apr_size_t n = (apr_size_t)from->nextensions;

    copy->to = apr_pmemdup(p, from, sizeof(*from));
    copy->parts = apr_pcalloc(p, (n + 1) * sizeof(*copy->parts));
    copy->extensions = apr_pcalloc(p, (n + 1) * sizeof(*copy->extensions));
    copy->to->schema = copy_schema(&copy->parts[0], from->schema, p);
    for (apr_size_t i = 0; i < n; i++) {
        copy->extensions[i] = from->extensions[i];
        copy->extensions[i].schema =
            copy_schema(&copy->parts[i + 1], from->extensions[i].schema, p);
    }
    copy->to->extensions = copy->extensions;
    return copy;
}

scim_resource_type_t *scim_type_copy_type(const scim_type_copy_t *copy)
{
    return copy->to;
}

static const part_t *part_of(const scim_type_copy_t *copy, const scim_path_t *path)
{
    int i = 0;

    while (path->schema && copy->parts[i].from != path->schema) {
        i++;
    }
    return &copy->parts[i];
}

/* Index of the path's attribute in its schema; -1 for a common one. */
static int index_of(const scim_path_t *path, const part_t *part)
{
    for (int i = 0; i < part->from->nattrs; i++) {
        if (&part->from->attrs[i] == path->attr) {
            return i;
        }
    }
    return -1;
}

scim_attr_t *scim_type_copy_attr(const scim_type_copy_t *copy, const scim_path_t *path)
{
    const part_t *part = part_of(copy, path);
    int at = index_of(path, part);

    return at < 0 ? NULL : &part->attrs[at];
}

scim_attr_t *scim_type_copy_leaf(const scim_type_copy_t *copy, const scim_path_t *path)
{
    const part_t *part = part_of(copy, path);
    int at = index_of(path, part);

    if (at < 0 || !path->sub) {
        return at < 0 ? NULL : &part->attrs[at];
    }
    return &part->subs[at][path->sub - path->attr->subs];
}

/* ---- what a rule writes ---- */

static void require(scim_attr_t *attr)
{
    attr->required = 1;
    attr->ruled |= SCIM_RULED_REQUIRED;
}

/* An attribute in an extension can only be there with it. */
static void require_extension(const scim_type_copy_t *copy, const scim_path_t *path)
{
    const part_t *part = part_of(copy, path);

    if (path->schema) {
        scim_extension_t *extension = &copy->extensions[part - copy->parts - 1];

        extension->required = 1;
        extension->ruled |= SCIM_RULED_REQUIRED;
    }
}

void scim_type_copy_rule(const scim_type_copy_t *copy, const scim_rule_t *rule)
{
    const scim_path_t *path = &rule->path;
    scim_attr_t *attr = scim_type_copy_attr(copy, path);
    scim_attr_t *leaf = scim_type_copy_leaf(copy, path);

    if (!attr) {
        return;
    }
    if (rule->flags & RULE_REQUIRED) {
        require(attr);
        require_extension(copy, path);
    }
    if (path->filter) {
        return; /* true of some elements only: no schema can say that */
    }
    if (rule->flags & RULE_REQUIRED) {
        require(leaf);
    }
    if (rule->values) {
        leaf->canonical = rule->values;
        leaf->ruled |= SCIM_RULED_VALUES;
    }
    if ((rule->flags & RULE_IMMUTABLE) && leaf->mutability == SCIM_READ_WRITE) {
        leaf->mutability = SCIM_IMMUTABLE;
        leaf->ruled |= SCIM_RULED_IMMUTABLE;
    }
    if (rule->flags & RULE_READ_ONLY) {
        leaf->mutability = SCIM_READ_ONLY;
    }
    if (rule->flags & RULE_RETURNED) {
        leaf->returned = rule->returned;
    }
}

/* ---- what is offered ---- */

/* What stays whatever a list says: the server's own, keys, and what the protocol itself needs. */
static int is_indispensable(const scim_attr_t *attr)
{
    return attr->mutability == SCIM_READ_ONLY || attr->required || attr->at == SCIM_AT_UNIQUE ||
           attr->at == SCIM_AT_ACTIVE || attr->at == SCIM_AT_MEMBERS;
}

/* Of an element, what tells it from the others. */
static int tells_apart(const scim_attr_t *attr, const scim_attr_t *sub)
{
    return attr->multi && (!strcmp(sub->name, "type") || !strcmp(sub->name, "primary"));
}

static void hide_attr(scim_attr_t *attr, scim_attr_t *subs)
{
    if (is_indispensable(attr)) {
        return;
    }
    attr->hidden = 1;
    for (int i = 0; i < attr->nsubs; i++) {
        subs[i].hidden = !is_indispensable(&subs[i]) && !tells_apart(attr, &subs[i]);
    }
}

void scim_type_copy_hide(const scim_type_copy_t *copy)
{
    for (int i = 0; i <= copy->to->nextensions; i++) {
        const part_t *part = &copy->parts[i];

        for (int j = 0; j < part->from->nattrs; j++) {
            hide_attr(&part->attrs[j], part->subs[j]);
        }
    }
}

/* The sub-attributes that a value filter compares are offered with what it is for. */
static void offer_filter(const scim_type_copy_t *copy, const scim_path_t *path,
                         const scim_filter_t *f)
{
    while (f && (f->op == SCIM_OP_AND || f->op == SCIM_OP_OR || f->op == SCIM_OP_NOT)) {
        offer_filter(copy, path, f->left);
        f = f->op == SCIM_OP_NOT ? NULL : f->right;
    }
    if (f && f->path.attr) {
        scim_path_t sub = {path->schema, path->attr, NULL, f->path.attr};

        scim_type_copy_leaf(copy, &sub)->hidden = 0;
    }
}

void scim_type_copy_offer(const scim_type_copy_t *copy, const scim_path_t *path)
{
    scim_attr_t *attr = scim_type_copy_attr(copy, path);

    if (!attr) {
        return;
    }
    attr->hidden = 0;
    offer_filter(copy, path, path->filter);
    if (path->sub) {
        scim_type_copy_leaf(copy, path)->hidden = 0;
        return;
    }
    for (int i = 0; i < attr->nsubs; i++) {
        scim_path_t sub = {path->schema, path->attr, NULL, &path->attr->subs[i]};

        scim_type_copy_leaf(copy, &sub)->hidden = 0;
    }
}

void scim_type_copy_tidy(const scim_type_copy_t *copy)
{
    for (int i = 0; i < copy->to->nextensions; i++) {
        const part_t *part = &copy->parts[i + 1];
        int offered = 0;

        for (int j = 0; j < part->from->nattrs; j++) {
            offered |= !part->attrs[j].hidden;
        }
        copy->extensions[i].hidden = !offered && !copy->extensions[i].required;
    }
}
