/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_schema_load_impl.h"

#include <stdarg.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scim_json.h"

/* Bytes of an untrusted string that a message repeats. */
#define SHOWN_BYTES 80

/* What a document's object is. */
typedef enum kind_t { KIND_NONE, KIND_SCHEMA, KIND_TYPE, KIND_LIST } kind_t;

scim_schema_set_t *scim_schema_set_make(apr_pool_t *p)
{
    scim_schema_set_t *set = apr_pcalloc(p, sizeof(*set));

    set->schemas = apr_array_make(p, 4, sizeof(const scim_schema_t *));
    set->by_urn = apr_hash_make(p);
    set->types = apr_array_make(p, 4, sizeof(scim_type_draft_t));
    set->indexes = apr_array_make(p, 4, sizeof(scim_index_draft_t));
    set->pool = p;
    return set;
}

scim_error_t *scim_schema_wrong(const scim_schema_set_t *set, const char *where, const char *fmt,
                                ...)
{
    const char *what;
    va_list ap;

    va_start(ap, fmt);
    what = apr_pvsprintf(set->pool, fmt, ap);
    va_end(ap);
    return scim_error_make(set->pool, 400, SCIM_TYPE_INVALID_VALUE, "%s: %s.", where, what);
}

const char *scim_schema_lower(const scim_schema_set_t *set, const char *s)
{
    char *lower = apr_pstrdup(set->pool, s);
    char *c;

    for (c = lower; *c; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c + ('a' - 'A'));
        }
    }
    return lower;
}

const char *scim_schema_shown(const scim_schema_set_t *set, const char *s)
{
    apr_size_t len = strlen(s);
    char *shown = apr_pstrmemdup(set->pool, s, len > SHOWN_BYTES ? SHOWN_BYTES : len);
    char *c;

    for (c = shown; *c; c++) {
        if (*c < ' ' || *c > '~' || *c == '"') {
            *c = '?';
        }
    }
    return shown;
}

scim_error_t *scim_schema_string(const char **out, const scim_schema_set_t *set,
                                 const json_t *object, const char *member, const char *where)
{
    const json_t *value = scim_json_get_ci(object, member, NULL);

    *out = NULL;
    if (!value || json_is_null(value)) {
        return NULL;
    }
    if (!json_is_string(value)) {
        return scim_schema_wrong(set, where, "%s must be a string", member);
    }
    if (json_string_length(value) > SCIM_SCHEMA_TEXT_MAX) {
        return scim_schema_wrong(set, where, "%s is longer than %d bytes", member,
                                 SCIM_SCHEMA_TEXT_MAX);
    }
    *out = apr_pstrdup(set->pool, json_string_value(value));
    return NULL;
}

scim_error_t *scim_schema_boolean(int *out, const scim_schema_set_t *set, const json_t *object,
                                  const char *member, const char *where)
{
    const json_t *value = scim_json_get_ci(object, member, NULL);

    if (value && !json_is_null(value) && !json_is_boolean(value)) {
        return scim_schema_wrong(set, where, "%s must be true or false", member);
    }
    *out = json_is_true(value);
    return NULL;
}

/* ---- schemas ---- */

/* Characters that paths take in a name with its schema (RFC 7644 figure 1). */
static int is_urn(const char *s)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._:-";
    apr_size_t len = strlen(s);
    const char *nid = s + 4;
    apr_size_t n;

    if (len > SCIM_SCHEMA_URN_MAX || strspn(s, allowed) != len || len < 5 ||
        !scim_text_ieqn(s, 4, "urn:")) {
        return 0;
    }
    n = strcspn(nid, ":._");
    return n >= 2 && n <= 32 && nid[n] == ':' && nid[n + 1] && s[len - 1] != ':';
}

/* The built-in schemas and the messages. */
static int is_reserved_urn(const char *urn)
{
    static const char messages[] = "urn:ietf:params:scim:api:";
    apr_size_t n = strlen(messages);

    return scim_catalog_schema(scim_catalog_default(), urn) || scim_text_ieq(urn, SCIM_URN_SPC) ||
           scim_text_ieq(urn, SCIM_URN_RESOURCE_TYPE) || scim_text_ieq(urn, SCIM_URN_SCHEMA) ||
           (strlen(urn) >= n && scim_text_ieqn(urn, n, messages));
}

static scim_error_t *check_urn(scim_schema_set_t *set, const char *urn, const char *where)
{
    if (!urn) {
        return scim_schema_wrong(set, where, "id is missing: a Schema's id is its URN");
    }
    if (!is_urn(urn)) {
        return scim_schema_wrong(set, where,
                                 "id \"%s\" must be a URN of at most %d of the characters "
                                 "A-Z a-z 0-9 . _ : - such as urn:example:scim:schemas:1.0:Device",
                                 scim_schema_shown(set, urn), SCIM_SCHEMA_URN_MAX);
    }
    if (is_reserved_urn(urn)) {
        return scim_schema_wrong(set, urn,
                                 "this schema is built in and cannot be defined anew; "
                                 "leave it out");
    }
    if (apr_hash_get(set->by_urn, scim_schema_lower(set, urn), APR_HASH_KEY_STRING)) {
        return scim_schema_wrong(set, urn, "the schema is defined twice");
    }
    if (set->schemas->nelts >= SCIM_SCHEMAS_MAX) {
        return scim_schema_wrong(set, urn, "there are more than %d schemas", SCIM_SCHEMAS_MAX);
    }
    return NULL;
}

static scim_error_t *add_schema(scim_schema_set_t *set, const json_t *object, const char *where)
{
    scim_schema_t *schema = apr_pcalloc(set->pool, sizeof(*schema));
    scim_error_t *err = scim_schema_string(&schema->urn, set, object, "id", where);

    if (!err) {
        err = check_urn(set, schema->urn, where);
    }
    if (!err) {
        err = scim_schema_string(&schema->name, set, object, "name", schema->urn);
    }
    if (!err) {
        err = scim_schema_string(&schema->description, set, object, "description", schema->urn);
    }
    if (!err) {
        err = scim_schema_attrs(&schema->attrs, &schema->nattrs, set,
                                scim_json_get_ci(object, "attributes", NULL), schema->urn);
    }
    if (err) {
        return err;
    }
    if (!schema->name || !*schema->name) {
        schema->name = strrchr(schema->urn, ':') + 1;
    }
    APR_ARRAY_PUSH(set->schemas, const scim_schema_t *) = schema;
    apr_hash_set(set->by_urn, scim_schema_lower(set, schema->urn), APR_HASH_KEY_STRING, schema);
    return NULL;
}

/* ---- resource types ---- */

static scim_error_t *read_extension(scim_type_draft_t *draft, const scim_schema_set_t *set,
                                    const json_t *object, const char *where)
{
    scim_extension_draft_t *extension;
    scim_error_t *err;
    int i;

    if (!json_is_object(object)) {
        return scim_schema_wrong(set, where, "schemaExtensions must be an array of objects");
    }
    extension = apr_array_push(draft->extensions);
    err = scim_schema_string(&extension->schema, set, object, "schema", where);
    if (!err) {
        err = scim_schema_boolean(&extension->required, set, object, "required", where);
    }
    if (err) {
        return err;
    }
    if (!extension->schema) {
        return scim_schema_wrong(set, where, "an extension has no schema");
    }
    for (i = 0; i + 1 < draft->extensions->nelts; i++) {
        if (scim_text_ieq(APR_ARRAY_IDX(draft->extensions, i, scim_extension_draft_t).schema,
                          extension->schema)) {
            return scim_schema_wrong(set, where, "the extension %s is listed twice",
                                     scim_schema_shown(set, extension->schema));
        }
    }
    return NULL;
}

static scim_error_t *read_extensions(scim_type_draft_t *draft, const scim_schema_set_t *set,
                                     const json_t *object, const char *where)
{
    const json_t *array = scim_json_get_ci(object, "schemaExtensions", NULL);
    scim_error_t *err = NULL;
    apr_size_t i;

    if (!array || json_is_null(array)) {
        return NULL;
    }
    if (!json_is_array(array)) {
        return scim_schema_wrong(set, where, "schemaExtensions must be an array of objects");
    }
    if (json_array_size(array) > SCIM_SCHEMA_EXTENSIONS_MAX) {
        return scim_schema_wrong(set, where, "there are more than %d schemaExtensions",
                                 SCIM_SCHEMA_EXTENSIONS_MAX);
    }
    draft->extensions = apr_array_make(set->pool, 4, sizeof(scim_extension_draft_t));
    for (i = 0; i < json_array_size(array) && !err; i++) {
        err = read_extension(draft, set, json_array_get(array, i), where);
    }
    return err;
}

/* A resource type's name is in URLs, in $ref's and in a column of the database. */
static int is_type_name(const char *s)
{
    apr_size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    return len > 0 && len <= SCIM_SCHEMA_TYPE_MAX && s[len] == '\0' && apr_isalpha(*s);
}

static scim_error_t *add_type(scim_schema_set_t *set, const json_t *object, const char *where)
{
    scim_type_draft_t draft = {0};
    scim_error_t *err = scim_schema_string(&draft.name, set, object, "name", where);

    if (err) {
        return err;
    }
    if (!draft.name || !is_type_name(draft.name)) {
        return scim_schema_wrong(set, where,
                                 "a ResourceType needs a name of 1 to %d of the characters "
                                 "A-Z a-z 0-9 _ - that begins with a letter",
                                 SCIM_SCHEMA_TYPE_MAX);
    }
    where = apr_pstrcat(set->pool, "resource type ", draft.name, NULL);
    if (set->types->nelts >= SCIM_SCHEMA_TYPES_MAX) {
        return scim_schema_wrong(set, where, "there are more than %d resource types",
                                 SCIM_SCHEMA_TYPES_MAX);
    }
    err = scim_schema_string(&draft.endpoint, set, object, "endpoint", where);
    if (!err) {
        err = scim_schema_string(&draft.schema, set, object, "schema", where);
    }
    if (!err) {
        err = scim_schema_string(&draft.description, set, object, "description", where);
    }
    if (!err) {
        err = read_extensions(&draft, set, object, where);
    }
    if (err) {
        return err;
    }
    if (draft.endpoint && *draft.endpoint == '/') {
        draft.endpoint++;
    }
    APR_ARRAY_PUSH(set->types, scim_type_draft_t) = draft;
    return NULL;
}

/* ---- documents ---- */

/* By `schemas`, else by what only one kind has: RFC 7643's own examples are without `schemas`. */
static kind_t kind_of(const json_t *object)
{
    const json_t *schemas = scim_json_get_ci(object, "schemas", NULL);
    apr_size_t i;

    for (i = 0; i < json_array_size(schemas); i++) {
        const char *urn = json_string_value(json_array_get(schemas, i));
        if (urn && scim_text_ieq(urn, SCIM_URN_SCHEMA)) {
            return KIND_SCHEMA;
        }
        if (urn && scim_text_ieq(urn, SCIM_URN_RESOURCE_TYPE)) {
            return KIND_TYPE;
        }
        if (urn && scim_text_ieq(urn, SCIM_URN_LIST)) {
            return KIND_LIST;
        }
    }
    if (scim_json_get_ci(object, "attributes", NULL)) {
        return KIND_SCHEMA;
    }
    if (scim_json_get_ci(object, "endpoint", NULL) || scim_json_get_ci(object, "schema", NULL) ||
        scim_json_get_ci(object, "schemaExtensions", NULL)) {
        return KIND_TYPE;
    }
    return scim_json_get_ci(object, "Resources", NULL) ? KIND_LIST : KIND_NONE;
}

static scim_error_t *add_object(scim_schema_set_t *set, const json_t *object, const char *where)
{
    switch (json_is_object(object) ? kind_of(object) : KIND_NONE) {
    case KIND_SCHEMA:
        return add_schema(set, object, where);
    case KIND_TYPE:
        return add_type(set, object, where);
    default:
        return scim_schema_wrong(set, where,
                                 "a Schema object (RFC 7643 section 7) or a ResourceType object "
                                 "(section 6) is expected");
    }
}

scim_error_t *scim_schema_set_add(scim_schema_set_t *set, const json_t *root)
{
    scim_error_t *err = NULL;
    const json_t *array = root;
    apr_size_t i;

    if (json_is_object(root)) {
        if (kind_of(root) != KIND_LIST) {
            return add_object(set, root, "document");
        }
        array = scim_json_get_ci(root, "Resources", NULL);
    }
    if (!json_is_array(array)) {
        return scim_schema_wrong(set, "document",
                                 "a Schema or ResourceType object, an array of them or a "
                                 "ListResponse is expected");
    }
    for (i = 0; i < json_array_size(array) && !err; i++) {
        err = add_object(set, json_array_get(array, i),
                         apr_psprintf(set->pool, "object %" APR_SIZE_T_FMT, i + 1));
    }
    return err;
}

void scim_schema_set_index(scim_schema_set_t *set, const char *type, const char *path)
{
    scim_index_draft_t draft = {apr_pstrdup(set->pool, type), apr_pstrdup(set->pool, path)};

    APR_ARRAY_PUSH(set->indexes, scim_index_draft_t) = draft;
}
