/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

#include <string.h>

#include <apr_strings.h>

#include "scim_patch_impl.h"
#include "scim_resource_value.h"

static const char *label(const scim_patch_parse_t *ps, const scim_path_t *path)
{
    if (path->sub) {
        return scim_value_label(path->sub, path->attr, ps->decode.pool);
    }
    return path->attr ? path->attr->name : path->schema->urn;
}

static const scim_attr_t *leaf_of(const scim_path_t *path)
{
    return path->sub ? path->sub : path->attr;
}

static void push_step(scim_patch_parse_t *ps, scim_patch_op_t op, const scim_path_t *path,
                      const json_t *value)
{
    scim_patch_step_t *step = apr_array_push(ps->steps);

    step->op = op;
    step->path = *path;
    step->value = value;
}

/* Decode into ps->values. *out is NULL where the value is empty. */
static scim_error_t *decode(const json_t **out, scim_patch_parse_t *ps, const scim_path_t *path,
                            const json_t *given, int multi_ok)
{
    scim_place_t place = {ps->values, leaf_of(path), path->sub ? path->attr : NULL};
    apr_size_t before = json_array_size(ps->values);
    scim_error_t *err = scim_value_decode(&place, given, multi_ok, &ps->decode);

    if (!err) {
        *out = json_array_get(ps->values, before);
    }
    return err;
}

/* What a rule requires is looked at when the patch is applied: a default may stand in for it. */
static int is_required(const scim_attr_t *leaf)
{
    return leaf && leaf->required && !(leaf->ruled & SCIM_RULED_REQUIRED);
}

/* ---- remove ---- */

static scim_error_t *remove_target(scim_patch_parse_t *ps, const scim_patch_target_t *t)
{
    const scim_path_t *path = &t->step.path;
    const scim_attr_t *leaf = leaf_of(path);
    const json_t *list = NULL;
    scim_error_t *err;

    if (is_required(leaf) && (path->sub || !path->filter)) {
        return scim_error_make(ps->decode.pool, 400, SCIM_TYPE_MUTABILITY,
                               "%s is required and cannot be removed.", label(ps, path));
    }
    if (!leaf || !leaf->multi || path->filter || path->sub || !t->given || json_is_null(t->given)) {
        push_step(ps, SCIM_PATCH_REMOVE, path, NULL);
        return NULL;
    }
    if (scim_value_nothing(t->given)) {
        return NULL; /* a list of no values names none: never all */
    }
    err = decode(&list, ps, path, t->given, 1);
    if (err) {
        return err;
    }
    if (!list) {
        return scim_error_make(ps->decode.pool, 400, SCIM_TYPE_INVALID_VALUE,
                               "The value does not say which of %s to remove.", label(ps, path));
    }
    push_step(ps, SCIM_PATCH_REMOVE, path, list);
    return NULL;
}

/* ---- add and replace ---- */

/* An empty value: nothing to add, and replacing by nothing is removing. */
static scim_error_t *set_nothing(scim_patch_parse_t *ps, const scim_patch_target_t *t)
{
    const scim_attr_t *leaf = leaf_of(&t->step.path);
    scim_patch_target_t removal = *t;

    if (t->step.op == SCIM_PATCH_ADD) {
        return NULL;
    }
    if (is_required(leaf)) {
        return scim_error_make(ps->decode.pool, 400, SCIM_TYPE_INVALID_VALUE, "%s is required.",
                               label(ps, &t->step.path));
    }
    removal.step.op = SCIM_PATCH_REMOVE;
    removal.given = NULL;
    return remove_target(ps, &removal);
}

/* A name in an extension's object; *found is 0 for one that is not defined. */
static scim_error_t *resolve_inner(scim_path_t *out, int *found, scim_patch_parse_t *ps,
                                   const scim_schema_t *schema, const char *key,
                                   const json_t *value)
{
    apr_pool_t *p = ps->decode.pool;

    memset(out, 0, sizeof(*out));
    out->schema = schema == ps->type->schema ? NULL : schema;
    out->attr = scim_attr_find(schema->attrs, schema->nattrs, key, strlen(key));
    *found = out->attr || (strpbrk(key, ".[") &&
                           !scim_path_parse(out, apr_pstrcat(p, schema->urn, ":", key, NULL),
                                            ps->type, SCIM_TYPE_INVALID_PATH, 1, p));
    return *found ? NULL : scim_value_unknown_in(&ps->decode, schema, key, value);
}

/* A key in a pathless value. */
static scim_error_t *resolve_key(scim_path_t *out, int *found, scim_patch_parse_t *ps,
                                 const char *key, const json_t *value)
{
    memset(out, 0, sizeof(*out));
    out->attr = scim_type_attr(ps->type, key, strlen(key));
    *found = out->attr ||
             (strpbrk(key, ".:[") &&
              !scim_path_parse(out, key, ps->type, SCIM_TYPE_INVALID_PATH, 1, ps->decode.pool));
    return *found ? NULL : scim_value_unknown(&ps->decode, key, value);
}

/* One member of scim_patch_take_object()' object, once its path is known. */
static scim_error_t *take_once(scim_patch_parse_t *ps, const scim_patch_target_t *t,
                               apr_hash_t *seen)
{
    const char *name = scim_path_print(&t->step.path, ps->decode.pool);

    if (apr_hash_get(seen, name, APR_HASH_KEY_STRING)) {
        return scim_error_make(ps->decode.pool, 400, SCIM_TYPE_INVALID_SYNTAX,
                               "%s is given more than once.", label(ps, &t->step.path));
    }
    apr_hash_set(seen, name, APR_HASH_KEY_STRING, name);
    return scim_patch_take(ps, t);
}

/* The main schema's URN as a key, with an object of its attributes. */
static scim_error_t *take_main(scim_patch_parse_t *ps, scim_patch_op_t op, const json_t *object)
{
    if (!json_is_object(object)) {
        return scim_error_make(ps->decode.pool, 400, SCIM_TYPE_INVALID_VALUE,
                               "%s must be an object.", ps->type->schema->urn);
    }
    return scim_patch_take_object(ps, op, ps->type->schema, object);
}

/*
 * Every member of an object becomes a target of its own.
 * @param schema what the object belongs to; NULL: the resource itself
 */
scim_error_t *scim_patch_take_object(scim_patch_parse_t *ps, scim_patch_op_t op,
                                     const scim_schema_t *schema, const json_t *object)
{
    apr_hash_t *seen = apr_hash_make(ps->decode.pool);
    json_t *walk = scim_json_walk(object);
    scim_error_t *err = NULL;
    const char *key;
    json_t *value;

    json_object_foreach(walk, key, value)
    {
        scim_patch_target_t t = {{op, {NULL, NULL, NULL, NULL}, NULL}, value, 0};
        int found = 0;

        if (schema) {
            err = resolve_inner(&t.step.path, &found, ps, schema, key, value);
        } else if (scim_text_ieq(key, ps->type->schema->urn)) {
            err = take_main(ps, op, value);
        } else {
            err = resolve_key(&t.step.path, &found, ps, key, value);
        }
        if (!err && found) {
            err = take_once(ps, &t, seen);
        }
        if (err) {
            break;
        }
    }
    return err;
}

static scim_error_t *set_extension(scim_patch_parse_t *ps, const scim_patch_target_t *t)
{
    const scim_schema_t *schema = t->step.path.schema;

    if (json_is_object(t->given)) {
        return scim_patch_take_object(ps, t->step.op, schema, t->given);
    }
    if (scim_value_nothing(t->given)) {
        return set_nothing(ps, t);
    }
    return scim_error_make(ps->decode.pool, 400, SCIM_TYPE_INVALID_VALUE, "%s must be an object.",
                           schema->urn);
}

/* Each sub-attribute that is given; the others stay (RFC 7644 sections 3.5.2.1 and 3.5.2.3). */
static scim_error_t *set_subs(scim_patch_parse_t *ps, const scim_patch_target_t *t,
                              const json_t *object)
{
    const scim_attr_t *attr = t->step.path.attr;
    char *seen = apr_pcalloc(ps->decode.pool, (apr_size_t)attr->nsubs + 1);
    json_t *walk = scim_json_walk(object);
    scim_error_t *err = NULL;
    const char *key;
    json_t *value;

    json_object_foreach(walk, key, value)
    {
        const scim_attr_t *sub = scim_attr_sub(attr, key);
        scim_patch_target_t inner = {t->step, value, 0};

        if (sub && seen[sub - attr->subs]++) {
            return scim_value_twice(sub, attr, ps->decode.pool);
        }
        if (sub) {
            inner.step.path.sub = sub;
            err = scim_patch_take(ps, &inner);
        } else {
            err = scim_value_unknown_sub(&ps->decode, attr, key, value);
        }
        if (err) {
            break;
        }
    }
    return err;
}

/* A target whose value is set as one: simple, or multi-valued, or an element of it. */
static scim_error_t *set_value(scim_patch_parse_t *ps, const scim_patch_target_t *t)
{
    const scim_path_t *path = &t->step.path;
    int element = path->filter && !path->sub;
    const json_t *given = t->given;
    const json_t *value = NULL;
    scim_error_t *err;

    if (element && json_is_array(given) && json_array_size(given) == 1) {
        given = json_array_get(given, 0);
    }
    err = decode(&value, ps, path, given, !element);
    if (err) {
        return err;
    }
    if (!value) {
        return set_nothing(ps, t);
    }
    push_step(ps, t->step.op, path, value);
    return NULL;
}

/* Where the tenant takes the replacement of a complex attribute by its word: nothing stays. */
static void clear_whole(scim_patch_parse_t *ps, const scim_patch_target_t *t)
{
    if (ps->decode.tenant->patch_replaces_whole && t->step.op == SCIM_PATCH_REPLACE) {
        push_step(ps, SCIM_PATCH_REMOVE, &t->step.path, NULL);
    }
}

static scim_error_t *set_target(scim_patch_parse_t *ps, const scim_patch_target_t *t)
{
    const scim_path_t *path = &t->step.path;
    const json_t *given = t->given;

    if (!path->attr) {
        return set_extension(ps, t);
    }
    if (leaf_of(path)->type == SCIM_ATTR_COMPLEX && !path->attr->multi) {
        if (json_is_array(given) && json_array_size(given) == 1) {
            given = json_array_get(given, 0); /* Entra's manager */
        }
        if (json_is_object(given)) {
            clear_whole(ps, t);
            return set_subs(ps, t, given);
        }
    }
    return set_value(ps, t);
}

/* ---- any target ---- */

/*
 * What the client may not set: *skip for what is dropped without a word (writeOnly, readOnly inside
 * a value, schemas, which follow from the content), an error for the rest.
 */
static scim_error_t *check_mutability(int *skip, const scim_patch_parse_t *ps,
                                      const scim_patch_target_t *t)
{
    const scim_path_t *path = &t->step.path;
    int read_only;

    *skip = 0;
    if (!path->attr) {
        return NULL;
    }
    read_only = path->attr->mutability == SCIM_READ_ONLY ||
                (path->sub && path->sub->mutability == SCIM_READ_ONLY);
    if (read_only && t->explicit_path) {
        return scim_error_make(ps->decode.pool, 400, SCIM_TYPE_MUTABILITY, "%s is readOnly.",
                               label(ps, path));
    }
    *skip = read_only || path->attr->mutability == SCIM_WRITE_ONLY ||
            (path->sub && path->sub->mutability == SCIM_WRITE_ONLY) ||
            (t->step.op != SCIM_PATCH_REMOVE && strcmp(path->attr->name, "schemas") == 0);
    return NULL;
}

/* `schemas` follows from the content; a strict tenant still refuses what it does not know. */
static scim_error_t *check_urns(scim_patch_parse_t *ps, const scim_patch_target_t *t)
{
    scim_error_t *err = NULL;

    if (!ps->decode.tenant->patch_needs_defined || strcmp(t->step.path.attr->name, "schemas")) {
        return NULL;
    }
    for (apr_size_t i = 0; !err && i < json_array_size(t->given); i++) {
        const char *urn = json_string_value(json_array_get(t->given, i));

        if (!urn || !scim_type_schema(ps->type, urn, strlen(urn))) {
            err = scim_value_unknown(&ps->decode, urn ? urn : "schemas", NULL);
        }
    }
    return err;
}

scim_error_t *scim_patch_take(scim_patch_parse_t *ps, const scim_patch_target_t *t)
{
    const scim_attr_t *attr = t->step.path.attr;
    int skip;
    scim_error_t *err = check_mutability(&skip, ps, t);

    if (err) {
        return err;
    }
    if (skip) {
        return check_urns(ps, t);
    }
    if (t->step.op != SCIM_PATCH_REMOVE && !t->given) {
        return scim_error_make(ps->decode.pool, 400, SCIM_TYPE_INVALID_VALUE,
                               "An add or replace operation needs a value.");
    }
    if (attr && attr->at == SCIM_AT_MEMBERS) {
        return scim_member_plan_add(ps->members, &t->step, t->given, ps->decode.tenant);
    }
    return t->step.op == SCIM_PATCH_REMOVE ? remove_target(ps, t) : set_target(ps, t);
}
