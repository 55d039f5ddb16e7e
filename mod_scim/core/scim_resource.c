/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

#include <string.h>

#include <apr_strings.h>

#include "scim_life.h"
#include "scim_path.h"
#include "scim_resource_value.h"

/*
 * A body is read in two passes. The first one sorts its members under canonical names, whatever
 * notation they came in (attribute, extension object, URN-qualified, dotted), without looking at
 * the values. The second one goes through the schema and decodes, so the result is in the schema's
 * order.
 */
typedef struct body_t {
    const scim_resource_type_t *type;
    scim_decode_t decode;
    json_t *given;  /* name -> value; extension's URN -> object of the same kind */
    json_t *dotted; /* as given, but each value is an object of sub-attributes */
    json_t *whole;  /* URN -> an extension's object that was given */
} body_t;

/* The object that an extension's attributes are in, or root itself for main and common ones. */
static json_t *part_of(json_t *root, const scim_schema_t *extension, apr_pool_t *p)
{
    json_t *part = extension ? json_object_get(root, extension->urn) : root;

    if (!part) {
        part = json_object();
        scim_value_put(root, extension->urn, part, p);
    }
    return part;
}

static scim_error_t *take_dotted(body_t *b, const scim_path_t *path, json_t *value)
{
    apr_pool_t *p = b->decode.pool;
    json_t *part = part_of(b->dotted, path->schema, p);
    json_t *subs = json_object_get(part, path->attr->name);

    if (!subs) {
        subs = json_object();
        scim_value_put(part, path->attr->name, subs, p);
    }
    if (json_object_get(subs, path->sub->name)) {
        return scim_value_twice(path->sub, path->attr, p);
    }
    scim_value_put(subs, path->sub->name, json_incref(value), p);
    return NULL;
}

static scim_error_t *take_attr(body_t *b, const scim_path_t *path, json_t *value)
{
    json_t *part = part_of(b->given, path->schema, b->decode.pool);

    if (json_object_get(part, path->attr->name)) {
        return scim_value_twice(path->attr, NULL, b->decode.pool);
    }
    scim_value_put(part, path->attr->name, json_incref(value), b->decode.pool);
    return NULL;
}

static scim_error_t *take_path(body_t *b, const scim_path_t *path, json_t *value)
{
    return path->sub ? take_dotted(b, path, value) : take_attr(b, path, value);
}

/* Whether a key is the path of an attribute; a schema's URN with a space behind it is none. */
static int is_name(scim_path_t *path, const char *key, const body_t *b)
{
    return !scim_path_parse(path, key, b->type, SCIM_TYPE_INVALID_SYNTAX, 0, b->decode.pool) &&
           path->attr;
}

/* One member of the object that a schema's URN names. */
static scim_error_t *take_inner(body_t *b, const scim_schema_t *schema, const char *key,
                                json_t *value)
{
    apr_pool_t *p = b->decode.pool;
    scim_path_t path = {schema == b->type->schema ? NULL : schema, NULL, NULL, NULL};

    path.attr = scim_attr_find(schema->attrs, schema->nattrs, key, strlen(key));
    if (path.attr) {
        return take_attr(b, &path, value);
    }
    if (!strchr(key, '.') || !is_name(&path, apr_pstrcat(p, schema->urn, ":", key, NULL), b)) {
        return scim_value_unknown_in(&b->decode, schema, key, value);
    }
    return take_path(b, &path, value);
}

static scim_error_t *take_whole(body_t *b, const scim_schema_t *schema, json_t *value)
{
    apr_pool_t *p = b->decode.pool;
    scim_error_t *err = NULL;
    const char *key;
    json_t *inner;

    if (json_object_get(b->whole, schema->urn)) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX, "%s is given more than once.",
                               schema->urn);
    }
    scim_value_put(b->whole, schema->urn, json_incref(value), p);
    if (scim_value_nothing(value)) {
        return NULL;
    }
    if (!json_is_object(value)) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "%s must be an object.",
                               schema->urn);
    }
    json_object_foreach(value, key, inner)
    {
        err = take_inner(b, schema, key, inner);
        if (err) {
            break;
        }
    }
    return err;
}

static scim_error_t *take_member(body_t *b, const char *key, json_t *value)
{
    apr_size_t len = strlen(key);
    const scim_schema_t *schema;
    scim_path_t path = {NULL, scim_type_attr(b->type, key, len), NULL, NULL};

    if (path.attr) {
        return take_attr(b, &path, value);
    }
    schema = scim_type_schema(b->type, key, len);
    if (schema) {
        return take_whole(b, schema, value);
    }
    if (!strpbrk(key, ".:") || !is_name(&path, key, b)) {
        return scim_value_unknown(&b->decode, key, value);
    }
    return take_path(b, &path, value);
}

/* Lays "name.givenName" beside the members of a "name" that was given too. */
static scim_error_t *merge_dotted_attr(json_t *part, const char *name, json_t *subs,
                                       const body_t *b)
{
    apr_pool_t *p = b->decode.pool;
    const json_t *given = json_object_get(part, name);
    json_t *merged;
    const char *key;
    json_t *value;

    if (!given || scim_value_nothing(given)) {
        scim_value_put(part, name, json_incref(subs), p);
        return NULL;
    }
    merged = json_is_object(given) ? json_copy(scim_json_walk(given)) : json_object();
    scim_value_put(part, name, merged, p);
    json_object_foreach(subs, key, value)
    {
        if (json_object_size(merged) == 0 || scim_json_get_ci(merged, key, NULL)) {
            return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX,
                                   "%s.%s is given more than once.", name, key);
        }
        scim_value_put(merged, key, json_incref(value), p);
    }
    return NULL;
}

static scim_error_t *merge_dotted(const body_t *b, const scim_schema_t *extension)
{
    apr_pool_t *p = b->decode.pool;
    const scim_schema_t *schema = extension ? extension : b->type->schema;
    json_t *from = part_of(b->dotted, extension, p);
    json_t *part = part_of(b->given, extension, p);
    scim_error_t *err = NULL;

    for (int i = 0; !err && i < schema->nattrs; i++) {
        json_t *subs = json_object_get(from, schema->attrs[i].name);

        if (subs) {
            err = merge_dotted_attr(part, schema->attrs[i].name, subs, b);
        }
    }
    return err;
}

static scim_error_t *check_schemas(body_t *b)
{
    apr_pool_t *p = b->decode.pool;
    const json_t *schemas = json_object_get(b->given, "schemas");
    scim_error_t *err = NULL;
    int found = 0;

    if (!json_is_array(schemas)) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX,
                               "schemas must be an array of strings.");
    }
    for (apr_size_t i = 0; !err && i < json_array_size(schemas); i++) {
        const char *urn = json_string_value(json_array_get(schemas, i));

        if (!urn) {
            return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX,
                                   "schemas must be an array of strings.");
        }
        if (!scim_type_schema(b->type, urn, strlen(urn))) {
            err = scim_value_unknown(&b->decode, urn, NULL);
        }
        found |= scim_text_ieq(urn, b->type->schema->urn);
    }
    if (!err && !found) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX, "schemas must contain %s.",
                               b->type->schema->urn);
    }
    return err;
}

static scim_error_t *decode_attrs(json_t *to, const json_t *given, const scim_attr_t *attrs,
                                  int nattrs, scim_decode_t *d)
{
    scim_error_t *err = NULL;

    for (int i = 0; !err && i < nattrs; i++) {
        scim_place_t place = {to, &attrs[i], NULL};
        const json_t *value = json_object_get(given, attrs[i].name);

        if (value && attrs[i].mutability != SCIM_READ_ONLY &&
            attrs[i].mutability != SCIM_WRITE_ONLY) {
            err = scim_value_decode(&place, value, 1, d);
        }
    }
    return err;
}

static scim_error_t *decode_extension(json_t *to, body_t *b, const scim_schema_t *schema)
{
    const json_t *given = json_object_get(b->given, schema->urn);
    json_t *object = part_of(to, schema, b->decode.pool);

    return decode_attrs(object, given, schema->attrs, schema->nattrs, &b->decode);
}

/* The second pass: everything that is given, in the schema's order, without finishing it. */
static scim_error_t *decode_given(json_t *to, body_t *b)
{
    const scim_resource_type_t *type = b->type;
    const scim_schema_t *schema = type->schema;
    int ncommon;
    const scim_attr_t *common = scim_common_attrs(&ncommon);
    scim_error_t *err = check_schemas(b);

    if (!err) {
        err = merge_dotted(b, NULL);
    }
    for (int i = 0; !err && i < type->nextensions; i++) {
        err = merge_dotted(b, type->extensions[i].schema);
    }
    json_object_del(b->given, "schemas"); /* rebuilt at the end */
    if (!err) {
        err = decode_attrs(to, b->given, common, ncommon, &b->decode);
    }
    if (!err) {
        err = decode_attrs(to, b->given, schema->attrs, schema->nattrs, &b->decode);
    }
    for (int i = 0; !err && i < type->nextensions; i++) {
        err = decode_extension(to, b, type->extensions[i].schema);
    }
    return err;
}

static scim_error_t *decode_body(json_t *to, const char **ignored, const json_t *body,
                                 const scim_resource_type_t *type, const scim_tenant_t *tenant,
                                 apr_pool_t *p)
{
    body_t b = {.type = type, .decode = {.tenant = tenant, .pool = p, .type = type}};
    json_t *walk = scim_json_walk(body);
    scim_error_t *err = NULL;
    const char *key;
    json_t *value;

    if (!json_is_object(body)) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX, "The body must be a JSON object.");
    }
    b.given = scim_json_own(json_object(), p);
    b.dotted = scim_json_own(json_object(), p);
    b.whole = scim_json_own(json_object(), p);
    json_object_foreach(walk, key, value)
    {
        err = take_member(&b, key, value);
        if (err) {
            return err;
        }
    }
    err = decode_given(to, &b);
    if (!err) {
        err = scim_value_refused(&b.decode);
    }
    if (!err && ignored) {
        *ignored = scim_value_ignored(&b.decode);
    }
    return err;
}

scim_error_t *scim_resource_create(json_t **out, const char **ignored, const json_t *body,
                                   const scim_resource_type_t *type, const scim_tenant_t *tenant,
                                   apr_pool_t *p)
{
    scim_ruling_t ruling = {type, NULL, SCIM_WRITE_CREATE};
    json_t *doc = scim_json_own(json_object(), p);
    scim_error_t *err = decode_body(doc, ignored, body, type, tenant, p);
    int lacks = !err && scim_life_may_lack(tenant, doc, doc, 0, type);

    if (lacks) { /* a tombstone, as an export has it: not blamed for what it lacks */
        ruling.old = scim_json_own(json_object(), p);
        ruling.write = SCIM_WRITE_PATCH;
    }
    if (!err) {
        scim_rules_shape(doc, &ruling, p);
        err = lacks ? scim_resource_finish_lacking(doc, type, p)
                    : scim_resource_finish(doc, type, p);
    }
    if (!err) {
        err = scim_rules_check(doc, &ruling, p);
    }
    if (err) {
        return err;
    }
    *out = doc;
    return NULL;
}

/* A client that reads, merges and writes back sends our own formatted name beside its new parts. */
static void drop_stale_formatted(json_t *doc, const json_t *old, const scim_resource_type_t *type)
{
    json_t *name = json_object_get(doc, "name");
    const json_t *before = json_object_get(old, "name");
    const json_t *formatted = json_object_get(name, "formatted");

    if (!type->custom && formatted && json_equal(formatted, json_object_get(before, "formatted")) &&
        !json_equal(name, before)) {
        json_object_del(name, "formatted");
    }
}

scim_error_t *scim_resource_replace(json_t **out, const char **ignored, const json_t *body,
                                    const json_t *old, const scim_resource_type_t *type,
                                    const scim_tenant_t *tenant, apr_pool_t *p)
{
    const scim_attr_t *active = scim_type_attr_at(type, SCIM_AT_ACTIVE);
    scim_ruling_t ruling = {type, old, SCIM_WRITE_REPLACE};
    json_t *doc = scim_json_own(json_object(), p);
    scim_error_t *err = decode_body(doc, ignored, body, type, tenant, p);

    if (err) {
        return err;
    }
    if (json_object_get(old, "id")) {
        scim_value_put(doc, "id", json_incref(json_object_get(old, "id")), p);
    }
    if (active && !json_object_get(doc, active->name) && json_object_get(old, active->name)) {
        scim_value_put(doc, active->name, json_incref(json_object_get(old, active->name)), p);
    }
    drop_stale_formatted(doc, old, type);
    scim_rules_shape(doc, &ruling, p);
    err = scim_value_immutables(doc, old, 1, type, p);
    if (!err && scim_life_may_lack(tenant, old, doc, 0, type)) {
        ruling.write = SCIM_WRITE_PATCH; /* not blamed for what the tombstone lacks */
        err = scim_resource_finish_lacking(doc, type, p);
    } else if (!err) {
        err = scim_resource_finish(doc, type, p);
    }
    if (!err) {
        err = scim_rules_check(doc, &ruling, p);
    }
    if (err) {
        return err;
    }
    *out = doc;
    return NULL;
}
