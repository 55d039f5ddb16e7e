/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_schema_load_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_path.h"
#include "scim_text.h"

/* Bytes of scim_value's column attr. */
#define INDEX_NAME_MAX 255

/* Goes into every name of an index; another way of writing index rows has another number. */
#define INDEX_FORM "1"

/* One type whose attributes are being marked. */
typedef struct marking_t {
    const scim_schema_set_t *set;
    const scim_resource_type_t *type; /* as it was */
    apr_hash_t *chosen;               /* of its attributes, by address */
    int usual;                        /* the type has the schema that is copied everywhere */
    apr_uint64_t sum;                 /* of what is indexed */
    int any;
} marking_t;

/*
 * What is kept of an attribute, into the name; in any order. What may have several values has one
 * row more, for sorting.
 */
static void add_to_name(marking_t *m, const scim_path_t *path)
{
    const scim_attr_t *leaf = path->sub ? path->sub : path->attr;
    const char *text = apr_pstrcat(m->set->pool, INDEX_FORM, leaf->case_exact ? "=" : "~",
                                   leaf->at == SCIM_AT_UNIQUE ? "!" : "",
                                   path->attr->multi || leaf->multi ? "*" : "",
                                   scim_path_print(path, m->set->pool), NULL);

    m->sum += scim_text_hash(text);
    m->any = 1;
}

/* ---- what the directive names ---- */

static const char *why_not(const scim_path_t *path, apr_pool_t *p)
{
    const scim_attr_t *leaf = path->sub ? path->sub : path->attr;

    if (!leaf) {
        return "it names a schema, not an attribute";
    }
    if (leaf->type == SCIM_ATTR_COMPLEX) {
        return "it is complex; name one of its sub-attributes";
    }
    if (leaf->at == SCIM_AT_META || leaf->at == SCIM_AT_MEMBERS || leaf->at == SCIM_AT_GROUPS) {
        return "it is not part of what is stored";
    }
    if (leaf->mutability == SCIM_WRITE_ONLY || path->attr->mutability == SCIM_WRITE_ONLY) {
        return "it is not kept";
    }
    if (leaf->at == SCIM_AT_DOC && leaf->type != SCIM_ATTR_STRING &&
        leaf->type != SCIM_ATTR_REFERENCE) {
        return "only strings and references can be indexed";
    }
    if (strcmp(path->attr->name, "schemas") == 0) {
        return "it follows from what is stored";
    }
    return strlen(scim_path_print(path, p)) > INDEX_NAME_MAX ? "its name is too long" : NULL;
}

/* What is indexed anyway may be named too. */
static scim_error_t *choose(marking_t *m, const char *text)
{
    apr_pool_t *p = m->set->pool;
    const char *where =
        apr_psprintf(p, "index of %s, \"%s\"", m->type->name, scim_schema_shown(m->set, text));
    const char *wrong;
    const scim_attr_t *leaf;
    scim_path_t path;
    scim_error_t *err = scim_path_parse(&path, text, m->type, SCIM_TYPE_INVALID_PATH, 0, p);

    if (err) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "%s: %s", where, err->detail);
    }
    wrong = why_not(&path, p);
    if (wrong) {
        return scim_schema_wrong(m->set, where, "%s", wrong);
    }
    leaf = path.sub ? path.sub : path.attr;
    if (leaf->at == SCIM_AT_DOC) {
        apr_hash_set(m->chosen, apr_pmemdup(p, &leaf, sizeof(leaf)), sizeof(leaf), leaf);
    }
    return NULL;
}

/* ---- copies with the marks ---- */

/* A built-in extension is always indexed on its own type; another type may lose it again. */
static int is_indexed(const marking_t *m, const scim_attr_t *attr)
{
    return apr_hash_get(m->chosen, &attr, sizeof(attr)) != NULL ||
           (!m->usual && attr->at == SCIM_AT_VALUE);
}

static int is_usual(const scim_resource_type_t *type, const scim_schema_t *schema)
{
    const scim_resource_type_t *core = scim_catalog_type(scim_catalog_default(), type->name);

    return core && scim_type_schema(core, schema->urn, strlen(schema->urn)) == schema;
}

static const scim_attr_t *copy_subs(marking_t *m, const scim_schema_t *extension,
                                    const scim_attr_t *attr)
{
    scim_attr_t *subs =
        apr_pmemdup(m->set->pool, attr->subs, (apr_size_t)attr->nsubs * sizeof(*subs));
    int i;

    for (i = 0; i < attr->nsubs; i++) {
        const scim_attr_t *old = &attr->subs[i];
        scim_path_t path = {extension, attr, NULL, &subs[i]};

        if (is_indexed(m, old)) {
            subs[i].at = SCIM_AT_INDEXED;
            add_to_name(m, &path);
        }
    }
    return subs;
}

/* Whether an attribute or one of its sub-attributes is to be marked. */
static int any_indexed(const marking_t *m, const scim_attr_t *attrs, int nattrs)
{
    int i;

    for (i = 0; i < nattrs; i++) {
        if (is_indexed(m, &attrs[i]) || any_indexed(m, attrs[i].subs, attrs[i].nsubs)) {
            return 1;
        }
    }
    return 0;
}

/* The schema itself where nothing of it is marked: types share their schemas. */
static const scim_schema_t *mark_schema(marking_t *m, const scim_schema_t *schema, int extension)
{
    apr_pool_t *p = m->set->pool;
    scim_schema_t *copy;
    scim_attr_t *attrs;
    int i;

    m->usual = is_usual(m->type, schema);
    if (!any_indexed(m, schema->attrs, schema->nattrs)) {
        return schema;
    }
    copy = apr_pmemdup(p, schema, sizeof(*schema));
    attrs = apr_pmemdup(p, schema->attrs, (apr_size_t)schema->nattrs * sizeof(*attrs));
    for (i = 0; i < schema->nattrs; i++) {
        const scim_attr_t *old = &schema->attrs[i];
        scim_path_t path = {extension ? schema : NULL, &attrs[i], NULL, NULL};

        if (is_indexed(m, old)) {
            attrs[i].at = SCIM_AT_INDEXED;
            add_to_name(m, &path);
        }
        attrs[i].subs = old->nsubs ? copy_subs(m, path.schema, old) : NULL;
    }
    copy->attrs = attrs;
    return copy;
}

scim_error_t *scim_schema_mark_indexes(scim_resource_type_t *type, const scim_schema_set_t *set)
{
    const scim_resource_type_t old = *type;
    marking_t m = {set, &old, apr_hash_make(set->pool), 0, 0, 0};
    scim_path_t unique = {NULL, NULL, NULL, NULL};
    scim_extension_t *extensions;
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < set->indexes->nelts && !err; i++) {
        const scim_index_draft_t *draft = &APR_ARRAY_IDX(set->indexes, i, scim_index_draft_t);
        err = strcmp(draft->type, type->name) == 0 ? choose(&m, draft->path) : NULL;
    }
    if (err) {
        return err;
    }
    unique.attr = type->custom ? scim_type_attr_at(type, SCIM_AT_UNIQUE) : NULL;
    if (unique.attr) {
        add_to_name(&m, &unique);
    }
    type->schema = mark_schema(&m, old.schema, 0);
    extensions = apr_pcalloc(set->pool, (apr_size_t)(old.nextensions + 1) * sizeof(*extensions));
    for (i = 0; i < old.nextensions; i++) {
        extensions[i].schema = mark_schema(&m, old.extensions[i].schema, 1);
        extensions[i].required = old.extensions[i].required;
    }
    type->extensions = extensions;
    if (m.any) {
        type->indexed = apr_psprintf(set->pool, "%016" APR_UINT64_T_HEX_FMT, m.sum);
    }
    return NULL;
}
