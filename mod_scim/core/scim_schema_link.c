/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_schema_load_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_text.h"

/* A catalog being made of a set. */
typedef struct linking_t {
    scim_schema_set_t *set;
    apr_array_header_t *types; /* of const scim_resource_type_t * */
    apr_hash_t *used;          /* of the set's schemas, by address */
    int builtin;               /* so many of the types are built in */
} linking_t;

static const char *where_of(const linking_t *l, const char *name)
{
    return apr_pstrcat(l->set->pool, "resource type ", name, NULL);
}

/* A schema by URN: of the set, or an extension that is built in; NULL: there is none. */
static const scim_schema_t *find_schema(const linking_t *l, const char *urn)
{
    const char *lower = scim_schema_lower(l->set, urn);
    const scim_schema_t *schema = apr_hash_get(l->set->by_urn, lower, APR_HASH_KEY_STRING);

    if (schema) {
        apr_hash_set(l->used, &schema->urn, sizeof(schema->urn), schema);
        return schema;
    }
    return scim_catalog_schema(scim_catalog_default(), urn);
}

static int is_builtin(const scim_schema_t *schema)
{
    return scim_catalog_schema(scim_catalog_default(), schema->urn) == schema;
}

/* ---- one type ---- */

static scim_error_t *check_extension(const linking_t *l, const scim_resource_type_t *type,
                                     const scim_schema_t *schema, const char *urn)
{
    const char *where = where_of(l, type->name);
    const scim_resource_type_t *core =
        schema ? scim_catalog_type(scim_catalog_default(), schema->name) : NULL;
    int i;

    if (!schema) {
        return scim_schema_wrong(l->set, where, "the extension %s is not defined by any file",
                                 scim_schema_shown(l->set, urn));
    }
    if (schema == type->schema || (core && core->schema == schema)) {
        return scim_schema_wrong(l->set, where, "%s is a type's own schema and cannot extend one",
                                 schema->urn);
    }
    for (i = 0; i < schema->nattrs; i++) {
        if (schema->attrs[i].uniqueness != SCIM_UNIQUE_NONE) {
            return scim_schema_wrong(l->set, where,
                                     "attribute %s of the extension %s cannot be unique; its "
                                     "uniqueness must be none",
                                     schema->attrs[i].name, schema->urn);
        }
    }
    return NULL;
}

static scim_error_t *link_extensions(scim_resource_type_t *type, linking_t *l,
                                     const scim_type_draft_t *draft)
{
    int n = draft->extensions ? draft->extensions->nelts : 0;
    scim_extension_t *extensions =
        apr_pcalloc(l->set->pool, (apr_size_t)(n + 1) * sizeof(*extensions));
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < n && !err; i++) {
        const scim_extension_draft_t *e =
            &APR_ARRAY_IDX(draft->extensions, i, scim_extension_draft_t);
        extensions[i].schema = find_schema(l, e->schema);
        extensions[i].required = e->required;
        err = check_extension(l, type, extensions[i].schema, e->schema);
    }
    type->extensions = extensions;
    type->nextensions = n;
    return err;
}

/* "urn:a:b" with an attribute c, and a schema "urn:a:b:c": a path could mean either. */
static scim_error_t *check_ambiguity(const linking_t *l, const scim_resource_type_t *type,
                                     const scim_schema_t *one, const scim_schema_t *other)
{
    apr_size_t len = strlen(one->urn);
    const char *rest = other->urn + len + 1;

    if (strlen(other->urn) > len + 1 && scim_text_ieqn(other->urn, len, one->urn) &&
        other->urn[len] == ':' &&
        scim_attr_find(one->attrs, one->nattrs, rest, strcspn(rest, "."))) {
        return scim_schema_wrong(l->set, where_of(l, type->name),
                                 "%s is the name of a schema and of an attribute of %s", other->urn,
                                 one->urn);
    }
    return NULL;
}

static const scim_schema_t *nth_schema(const scim_resource_type_t *type, int i)
{
    return i == 0 ? type->schema : type->extensions[i - 1].schema;
}

static scim_error_t *check_names(const linking_t *l, const scim_resource_type_t *type)
{
    scim_error_t *err = NULL;
    int n = type->nextensions + 1;
    int i;

    for (i = 0; i < n * n && !err; i++) {
        err = check_ambiguity(l, type, nth_schema(type, i / n), nth_schema(type, i % n));
    }
    return err;
}

static scim_error_t *check_unique(const linking_t *l, const scim_resource_type_t *type)
{
    const scim_attr_t *first = NULL;
    int i;

    for (i = 0; i < type->schema->nattrs; i++) {
        const scim_attr_t *attr = &type->schema->attrs[i];
        if (attr->at == SCIM_AT_UNIQUE && first) {
            return scim_schema_wrong(l->set, where_of(l, type->name),
                                     "attributes %s and %s of %s cannot both be unique: one unique "
                                     "key is kept for each resource",
                                     first->name, attr->name, type->schema->urn);
        }
        first = attr->at == SCIM_AT_UNIQUE ? attr : first;
    }
    return NULL;
}

/* ---- built-in types with other extensions ---- */

static scim_error_t *check_override(const linking_t *l, const scim_resource_type_t *old,
                                    const scim_type_draft_t *draft)
{
    const char *where = where_of(l, old->name);

    if (strcmp(draft->name, old->name) != 0) {
        return scim_schema_wrong(l->set, where, "the name is written %s", old->name);
    }
    if (old != scim_catalog_type(scim_catalog_default(), old->name)) {
        return scim_schema_wrong(l->set, where, "the type is given twice");
    }
    if ((draft->endpoint && strcmp(draft->endpoint, old->endpoint) != 0) ||
        (draft->schema && !scim_text_ieq(draft->schema, old->schema->urn))) {
        return scim_schema_wrong(l->set, where,
                                 "the type is built in: endpoint and schema must be /%s and %s",
                                 old->endpoint, old->schema->urn);
    }
    if (!draft->extensions) {
        return scim_schema_wrong(l->set, where,
                                 "the type is built in; only its schemaExtensions can be given, "
                                 "and they are missing");
    }
    return NULL;
}

static scim_error_t *override_type(linking_t *l, int at, const scim_type_draft_t *draft)
{
    const scim_resource_type_t *old = APR_ARRAY_IDX(l->types, at, const scim_resource_type_t *);
    scim_resource_type_t *type = apr_pmemdup(l->set->pool, old, sizeof(*old));
    scim_error_t *err = check_override(l, old, draft);

    if (!err) {
        err = link_extensions(type, l, draft);
    }
    if (!err) {
        err = check_names(l, type);
    }
    APR_ARRAY_IDX(l->types, at, const scim_resource_type_t *) = type;
    return err;
}

/* ---- new types ---- */

static int is_endpoint(const char *s)
{
    apr_size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    return len > 0 && len <= SCIM_SCHEMA_NAME_MAX && s[len] == '\0';
}

/* RFC 7644 table 2. */
static int is_reserved_endpoint(const char *s)
{
    static const char *const reserved[] = {"Bulk", "Me", "Schemas", "ResourceTypes",
                                           "ServiceProviderConfig"};
    apr_size_t i;

    for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (scim_text_ieq(s, reserved[i])) {
            return 1;
        }
    }
    return 0;
}

static scim_error_t *check_endpoint(const linking_t *l, const scim_type_draft_t *draft)
{
    const char *where = where_of(l, draft->name);
    int i;

    if (!draft->endpoint || !is_endpoint(draft->endpoint)) {
        return scim_schema_wrong(l->set, where,
                                 "endpoint must be a slash and 1 to %d of the characters "
                                 "A-Z a-z 0-9 _ -, such as /Devices",
                                 SCIM_SCHEMA_NAME_MAX);
    }
    if (is_reserved_endpoint(draft->endpoint)) {
        return scim_schema_wrong(l->set, where, "the endpoint /%s has a meaning of its own",
                                 draft->endpoint);
    }
    for (i = 0; i < l->types->nelts; i++) {
        const scim_resource_type_t *other =
            APR_ARRAY_IDX(l->types, i, const scim_resource_type_t *);
        if (scim_text_ieq(draft->endpoint, other->endpoint)) {
            return scim_schema_wrong(l->set, where, "the endpoint /%s is that of resource type %s",
                                     draft->endpoint, other->name);
        }
    }
    return NULL;
}

static scim_error_t *check_schema(const linking_t *l, const scim_type_draft_t *draft,
                                  const scim_schema_t *schema)
{
    const char *where = where_of(l, draft->name);

    if (!draft->schema) {
        return scim_schema_wrong(l->set, where, "schema is missing");
    }
    if (!schema) {
        return scim_schema_wrong(l->set, where, "the schema %s is not defined by any file",
                                 scim_schema_shown(l->set, draft->schema));
    }
    if (is_builtin(schema)) {
        return scim_schema_wrong(
            l->set, where, "the schema %s is built in and belongs to another type", schema->urn);
    }
    return NULL;
}

static scim_error_t *add_type(linking_t *l, const scim_type_draft_t *draft)
{
    scim_resource_type_t *type = apr_pcalloc(l->set->pool, sizeof(*type));
    scim_error_t *err = check_endpoint(l, draft);

    if (err) {
        return err;
    }
    type->name = draft->name;
    type->endpoint = draft->endpoint;
    type->description = draft->description;
    type->schema = draft->schema ? find_schema(l, draft->schema) : NULL;
    type->custom = 1;
    err = check_schema(l, draft, type->schema);
    if (!err) {
        err = check_unique(l, type);
    }
    if (!err) {
        err = link_extensions(type, l, draft);
    }
    if (!err) {
        err = check_names(l, type);
    }
    if (!err) {
        APR_ARRAY_PUSH(l->types, const scim_resource_type_t *) = type;
    }
    return err;
}

/* ---- all of them ---- */

static scim_error_t *take_draft(linking_t *l, const scim_type_draft_t *draft)
{
    int i;

    for (i = 0; i < l->types->nelts; i++) {
        const scim_resource_type_t *type = APR_ARRAY_IDX(l->types, i, const scim_resource_type_t *);
        if (!scim_text_ieq(type->name, draft->name)) {
            continue;
        }
        if (i < l->builtin) {
            return override_type(l, i, draft);
        }
        return scim_schema_wrong(l->set, where_of(l, draft->name), "the type is given twice");
    }
    return add_type(l, draft);
}

static scim_error_t *check_used(const linking_t *l)
{
    int i;

    for (i = 0; i < l->set->schemas->nelts; i++) {
        const scim_schema_t *schema = APR_ARRAY_IDX(l->set->schemas, i, const scim_schema_t *);
        if (!apr_hash_get(l->used, &schema->urn, sizeof(schema->urn))) {
            return scim_schema_wrong(l->set, schema->urn,
                                     "no resource type uses this schema; list it in the "
                                     "schemaExtensions of one, such as User");
        }
    }
    return NULL;
}

static scim_error_t *mark_types(const linking_t *l)
{
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < l->types->nelts && !err; i++) {
        const scim_resource_type_t *old = APR_ARRAY_IDX(l->types, i, const scim_resource_type_t *);
        scim_resource_type_t *type = apr_pmemdup(l->set->pool, old, sizeof(*old));
        err = scim_schema_mark_indexes(type, l->set);
        APR_ARRAY_IDX(l->types, i, const scim_resource_type_t *) = type;
    }
    return err;
}

static scim_error_t *check_indexes(const linking_t *l, const scim_catalog_t *catalog)
{
    int i;

    for (i = 0; i < l->set->indexes->nelts; i++) {
        const char *name = APR_ARRAY_IDX(l->set->indexes, i, scim_index_draft_t).type;
        if (!scim_catalog_type(catalog, name)) {
            return scim_schema_wrong(l->set, "index", "there is no resource type %s",
                                     scim_schema_shown(l->set, name));
        }
    }
    return NULL;
}

scim_error_t *scim_schema_set_catalog(const scim_catalog_t **out, scim_schema_set_t *set)
{
    const scim_catalog_t *builtin = scim_catalog_default();
    linking_t l = {set, apr_array_make(set->pool, 8, sizeof(const scim_resource_type_t *)),
                   apr_hash_make(set->pool), builtin->ntypes};
    scim_catalog_t *catalog = apr_pcalloc(set->pool, sizeof(*catalog));
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < builtin->ntypes; i++) {
        APR_ARRAY_PUSH(l.types, const scim_resource_type_t *) = builtin->types[i];
    }
    for (i = 0; i < set->types->nelts && !err; i++) {
        err = take_draft(&l, &APR_ARRAY_IDX(set->types, i, scim_type_draft_t));
    }
    if (!err) {
        err = check_used(&l);
    }
    if (!err) {
        err = mark_types(&l);
    }
    if (err) {
        return err;
    }
    catalog->types = (const scim_resource_type_t *const *)(const void *)l.types->elts;
    catalog->ntypes = l.types->nelts;
    err = check_indexes(&l, catalog);
    if (!err) {
        *out = catalog;
    }
    return err;
}
