/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

#include <string.h>

#include "scim_patch_impl.h"

/* The frame of a PatchOp message (RFC 7644 section 3.5.2); scim_patch_target.c does the rest. */

static scim_error_t *refuse(const scim_patch_parse_t *ps, scim_error_type_t type,
                            const char *detail)
{
    return scim_error_make(ps->decode.pool, 400, type, "%s", detail);
}

static int read_op(scim_patch_op_t *out, const json_t *value)
{
    static const struct {
        const char *name;
        scim_patch_op_t op;
    } ops[] = {
        {"add", SCIM_PATCH_ADD}, {"replace", SCIM_PATCH_REPLACE}, {"remove", SCIM_PATCH_REMOVE}};
    const char *text = json_string_value(value);

    for (apr_size_t i = 0; text && i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (scim_text_ieq(text, ops[i].name)) {
            *out = ops[i].op;
            return 1;
        }
    }
    return 0;
}

static scim_error_t *take_pathless(scim_patch_parse_t *ps, scim_patch_op_t op, const json_t *value)
{
    if (ps->decode.tenant->patch_needs_path) {
        return refuse(ps, SCIM_TYPE_INVALID_SYNTAX, "Each operation needs a path here.");
    }
    if (op == SCIM_PATCH_REMOVE) {
        return refuse(ps, SCIM_TYPE_NO_TARGET, "A remove operation needs a path.");
    }
    if (!json_is_object(value)) {
        return refuse(ps, SCIM_TYPE_INVALID_VALUE,
                      "The value of an operation without a path must be an object.");
    }
    return scim_patch_take_object(ps, op, NULL, value);
}

/*
 * The operation's path, and what the tenant asks of it. *taken is 1 where it names what the tenant
 * does not offer, so that there is nothing more to do.
 */
static scim_error_t *read_path(scim_path_t *out, int *taken, scim_patch_parse_t *ps,
                               const json_t *value, const json_t *given)
{
    const scim_tenant_t *tenant = ps->decode.tenant;
    scim_error_t *err;

    *taken = 0;
    if (!json_is_string(value)) {
        return refuse(ps, SCIM_TYPE_INVALID_PATH, "path must be a string.");
    }
    err = scim_path_parse(out, json_string_value(value), ps->type, SCIM_TYPE_INVALID_PATH, 1,
                          ps->decode.pool);
    if (err && err->undefined) {
        scim_error_t *refused =
            scim_value_unknown_path(taken, &ps->decode, json_string_value(value), given);

        if (*taken) {
            return refused;
        }
    }
    if (err && err->undefined && tenant->patch_needs_defined) {
        err->type = SCIM_TYPE_INVALID_SYNTAX;
    }
    if (!err && out->filter && !out->sub && tenant->patch_one_element) {
        err = scim_error_make(ps->decode.pool, 400, SCIM_TYPE_INVALID_PATH,
                              "A path with a filter must name a sub-attribute of %s here, as in "
                              "%s[…].%s.",
                              out->attr->name, out->attr->name, out->attr->subs[0].name);
    }
    return err;
}

static scim_error_t *take_operation(scim_patch_parse_t *ps, const json_t *operation)
{
    static const char *const names[] = {"op", "path", "value"};
    scim_patch_target_t t = {{SCIM_PATCH_ADD, {NULL, NULL, NULL, NULL}, NULL}, NULL, 1};
    json_t *found[3];
    int taken;
    scim_error_t *err;

    if (!json_is_object(operation)) {
        return refuse(ps, SCIM_TYPE_INVALID_SYNTAX, "Each of Operations must be an object.");
    }
    err = scim_json_pick(found, names, 3, operation, ps->decode.pool);
    if (err) {
        return err;
    }
    if (!read_op(&t.step.op, found[0])) {
        return refuse(ps, SCIM_TYPE_INVALID_SYNTAX, "op must be add, replace or remove.");
    }
    if (!found[1] || (!json_is_array(found[1]) && scim_value_nothing(found[1]))) {
        return take_pathless(ps, t.step.op, found[2]);
    }
    err = read_path(&t.step.path, &taken, ps, found[1], found[2]);
    if (err || taken) {
        return err;
    }
    t.given = found[2];
    return scim_patch_take(ps, &t);
}

static int has_patch_schema(const json_t *schemas)
{
    for (apr_size_t i = 0; i < json_array_size(schemas); i++) {
        const char *urn = json_string_value(json_array_get(schemas, i));

        if (urn && scim_text_ieq(urn, SCIM_URN_PATCH)) {
            return 1;
        }
    }
    return 0;
}

/* Whether the message's schemas are no more than what they should be. */
static int has_other_schema(const json_t *schemas)
{
    for (apr_size_t i = 0; i < json_array_size(schemas); i++) {
        const char *urn = json_string_value(json_array_get(schemas, i));

        if (!urn || !scim_text_ieq(urn, SCIM_URN_PATCH)) {
            return 1;
        }
    }
    return 0;
}

/* The message's frame: its schema and its list of operations. */
static scim_error_t *open_message(const json_t **operations, const scim_patch_parse_t *ps,
                                  const json_t *body)
{
    static const char *const names[] = {"schemas", "Operations"};
    json_t *found[2];
    scim_error_t *err;

    if (!json_is_object(body)) {
        return refuse(ps, SCIM_TYPE_INVALID_SYNTAX, "The body must be a JSON object.");
    }
    err = scim_json_pick(found, names, 2, body, ps->decode.pool);
    if (err) {
        return err;
    }
    if (!has_patch_schema(found[0])) {
        return refuse(ps, SCIM_TYPE_INVALID_SYNTAX, "schemas must contain " SCIM_URN_PATCH ".");
    }
    if (ps->decode.tenant->patch_needs_defined && has_other_schema(found[0])) {
        return refuse(ps, SCIM_TYPE_INVALID_SYNTAX,
                      "schemas must not contain anything but " SCIM_URN_PATCH ".");
    }
    if (json_array_size(found[1]) == 0) {
        return refuse(ps, SCIM_TYPE_INVALID_SYNTAX,
                      "Operations must be an array with at least one operation.");
    }
    if (json_array_size(found[1]) > (apr_size_t)ps->decode.tenant->max_operations) {
        return scim_error_make(ps->decode.pool, 413, SCIM_TYPE_NONE,
                               "Operations must not hold more than %d operations.",
                               ps->decode.tenant->max_operations);
    }
    *operations = found[1];
    return NULL;
}

scim_error_t *scim_patch_parse(const scim_patch_t **out, const json_t *body,
                               const scim_resource_type_t *type, const scim_tenant_t *tenant,
                               apr_pool_t *p)
{
    scim_patch_parse_t ps = {.type = type, .decode = {.tenant = tenant, .pool = p, .type = type}};
    const json_t *operations = NULL;
    scim_error_t *err = open_message(&operations, &ps, body);
    scim_patch_t *patch;

    if (err) {
        return err;
    }
    ps.steps = apr_array_make(p, (int)json_array_size(operations), sizeof(scim_patch_step_t));
    ps.members = scim_member_plan_make(p);
    ps.values = scim_json_own(json_array(), p);
    for (apr_size_t i = 0; !err && i < json_array_size(operations); i++) {
        err = take_operation(&ps, json_array_get(operations, i));
    }
    if (!err) {
        err = scim_value_refused(&ps.decode);
    }
    if (err) {
        return err;
    }
    patch = apr_pcalloc(p, sizeof(*patch));
    patch->steps = (const scim_patch_step_t *)ps.steps->elts;
    patch->nsteps = ps.steps->nelts;
    patch->members = scim_member_plan_steps(&patch->nmembers, ps.members);
    patch->ignored = scim_value_ignored(&ps.decode);
    *out = patch;
    return NULL;
}
