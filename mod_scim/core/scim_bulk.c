/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_bulk.h"

#include <limits.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_bulk_impl.h"
#include "scim_query.h"

static const struct {
    const char *name;
    scim_bulk_method_t method;
} methods[] = {{"POST", SCIM_BULK_POST},
               {"PUT", SCIM_BULK_PUT},
               {"PATCH", SCIM_BULK_PATCH},
               {"DELETE", SCIM_BULK_DELETE}};

const char *scim_bulk_name(const char *value)
{
    apr_size_t len = strlen(SCIM_BULK_PREFIX);

    return strncmp(value, SCIM_BULK_PREFIX, len) == 0 ? value + len : NULL;
}

int scim_bulk_each_string(scim_bulk_plan_t *plan, json_t *value, scim_bulk_string_fn *fn,
                          void *baton)
{
    apr_array_header_t *walk = plan->walk;
    const char *key;
    json_t *inner;
    size_t at;

    apr_array_clear(walk);
    APR_ARRAY_PUSH(walk, json_t *) = value;
    for (int i = 0; i < walk->nelts; i++) {
        value = APR_ARRAY_IDX(walk, i, json_t *);
        if (json_is_string(value) && !fn(baton, value)) {
            return 0;
        }
        json_object_foreach(value, key, inner)
        {
            APR_ARRAY_PUSH(walk, json_t *) = inner;
        }
        json_array_foreach(value, at, inner)
        {
            APR_ARRAY_PUSH(walk, json_t *) = inner;
        }
    }
    return 1;
}

/* ---- the message ---- */

static scim_error_t *refuse(apr_pool_t *p, scim_error_type_t type, const char *detail)
{
    return scim_error_make(p, 400, type, "%s", detail);
}

/* The same with the operation's number, counted from 1. */
static scim_error_t *refuse_op(apr_pool_t *p, int i, const char *detail)
{
    return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "Operation %d: %s", i + 1, detail);
}

static int has_schema(const json_t *schemas)
{
    for (apr_size_t i = 0; i < json_array_size(schemas); i++) {
        const char *urn = json_string_value(json_array_get(schemas, i));

        if (urn && scim_text_ieq(urn, SCIM_URN_BULK)) {
            return 1;
        }
    }
    return 0;
}

static scim_error_t *read_threshold(int *out, const json_t *value, apr_pool_t *p)
{
    json_int_t n = json_integer_value(value);

    *out = 0;
    if (!value || json_is_null(value)) {
        return NULL;
    }
    if (n < 1) {
        return refuse(p, SCIM_TYPE_INVALID_VALUE, "failOnErrors must be an integer of at least 1.");
    }
    *out = n > INT_MAX ? INT_MAX : (int)n;
    return NULL;
}

static scim_error_t *open_message(json_t **operations, int *fail_on_errors, const json_t *body,
                                  const scim_tenant_t *tenant, apr_pool_t *p)
{
    static const char *const names[] = {"schemas", "Operations", "failOnErrors"};
    json_t *found[3];
    scim_error_t *err;

    if (!json_is_object(body)) {
        return refuse(p, SCIM_TYPE_INVALID_SYNTAX, "The body must be a JSON object.");
    }
    err = scim_json_pick(found, names, 3, body, p);
    if (err) {
        return err;
    }
    if (!has_schema(found[0])) {
        return refuse(p, SCIM_TYPE_INVALID_SYNTAX, "schemas must contain " SCIM_URN_BULK ".");
    }
    if (json_array_size(found[1]) == 0) {
        return refuse(p, SCIM_TYPE_INVALID_SYNTAX,
                      "Operations must be an array with at least one operation.");
    }
    if (json_array_size(found[1]) > (apr_size_t)tenant->bulk_operations) {
        return scim_error_make(p, 413, SCIM_TYPE_NONE,
                               "The number of operations exceeds maxOperations (%d).",
                               tenant->bulk_operations);
    }
    *operations = found[1];
    return read_threshold(fail_on_errors, found[2], p);
}

/* ---- one operation ---- */

static void read_method(scim_bulk_op_t *op, const char *name)
{
    op->method = SCIM_BULK_OTHER;
    op->method_name = name;
    for (apr_size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (scim_text_ieq(name, methods[i].name)) {
            op->method = methods[i].method;
            op->method_name = methods[i].name;
        }
    }
}

/* A string, or NULL for none or null. Sets *wrong where it is something else, or empty. */
static const char *text_of(int *wrong, const json_t *value)
{
    const char *text = json_string_value(value);

    *wrong = value && !json_is_null(value) && (!text || !*text);
    return text;
}

static int takes_data(scim_bulk_method_t method)
{
    return method == SCIM_BULK_POST || method == SCIM_BULK_PUT || method == SCIM_BULK_PATCH;
}

static scim_error_t *read_members(scim_bulk_op_t *op, json_t *const *found, int i, apr_pool_t *p)
{
    const char *method;
    int wrong;

    method = text_of(&wrong, found[0]);
    if (!method || wrong) {
        return refuse_op(p, i, "method is required and must be a string.");
    }
    read_method(op, method);
    op->path = text_of(&wrong, found[1]);
    if (!op->path || wrong) {
        return refuse_op(p, i, "path is required and must be a string.");
    }
    op->bulk_id = text_of(&wrong, found[2]);
    if (wrong) {
        return refuse_op(p, i, "bulkId must be a string that is not empty.");
    }
    if (!op->bulk_id && op->method == SCIM_BULK_POST) {
        return refuse_op(p, i, "bulkId is required where method is POST.");
    }
    op->version = text_of(&wrong, found[3]);
    if (wrong) {
        return refuse_op(p, i, "version must be a string that is not empty.");
    }
    if (takes_data(op->method)) {
        op->data = found[4];
        if (!json_is_object(op->data)) {
            return refuse_op(p, i,
                             "data is required where method is POST, PUT or PATCH, and must be an "
                             "object.");
        }
    }
    return NULL;
}

/* Read an operation, and note its bulkId. creators: bulkId -> index of a POST, or -1 of another */
static scim_error_t *read_operation(scim_bulk_plan_t *plan, int i, const json_t *operation,
                                    apr_hash_t *creators)
{
    static const char *const names[] = {"method", "path", "bulkId", "version", "data"};
    scim_bulk_op_t *op = &plan->ops[i];
    json_t *found[5];
    scim_error_t *err;
    int *creator;

    if (!json_is_object(operation)) {
        return refuse_op(plan->pool, i, "an operation must be an object.");
    }
    err = scim_json_pick(found, names, 5, operation, plan->pool);
    if (err) {
        return scim_error_make(plan->pool, err->status, err->type, "Operation %d: %s", i + 1,
                               err->detail);
    }
    err = read_members(op, found, i, plan->pool);
    if (err || !op->bulk_id) {
        return err;
    }
    if (apr_hash_get(creators, op->bulk_id, APR_HASH_KEY_STRING)) {
        return refuse_op(plan->pool, i, "its bulkId is used by an earlier operation.");
    }
    creator = apr_palloc(plan->pool, sizeof(*creator));
    *creator = op->method == SCIM_BULK_POST ? i : -1;
    apr_hash_set(creators, op->bulk_id, APR_HASH_KEY_STRING, creator);
    return NULL;
}

/* ---- what it refers to ---- */

typedef struct collect_t {
    scim_bulk_plan_t *plan;
    scim_bulk_op_t *op;
    apr_hash_t *creators;
} collect_t;

static void collect(collect_t *c, const char *name, json_t *at)
{
    const int *creator = apr_hash_get(c->creators, name, APR_HASH_KEY_STRING);
    scim_bulk_ref_t *ref;

    if (!creator || *creator < 0) {
        c->op->unknown = c->op->unknown ? c->op->unknown : name;
        return;
    }
    ref = apr_array_push(c->plan->refs);
    ref->at = at;
    ref->op = *creator;
    ref->rest = 0;
}

static int collect_string(void *baton, json_t *string)
{
    const char *name = scim_bulk_name(json_string_value(string));

    if (name) {
        collect(baton, name, string);
    }
    return 1;
}

/* What follows the path's last slash. */
static const char *last_segment(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static const char *path_name(const scim_bulk_op_t *op, apr_pool_t *p)
{
    const char *segment = last_segment(op->path);
    const char *decoded = scim_query_unescape(segment, strlen(segment), p);

    return decoded ? scim_bulk_name(decoded) : NULL;
}

static void collect_refs(scim_bulk_plan_t *plan, apr_hash_t *creators)
{
    plan->first = apr_palloc(plan->pool, sizeof(int) * ((apr_size_t)plan->nops + 1));
    for (int i = 0; i < plan->nops; i++) {
        scim_bulk_op_t *op = &plan->ops[i];
        collect_t c = {plan, op, creators};
        const char *name = op->method == SCIM_BULK_POST ? NULL : path_name(op, plan->pool);

        plan->first[i] = plan->refs->nelts;
        if (name) {
            collect(&c, name, NULL);
        }
        if (op->data) {
            (void)scim_bulk_each_string(plan, op->data, collect_string, &c);
        }
    }
    plan->first[plan->nops] = plan->refs->nelts;
}

/* ---- the plan ---- */

static const scim_bulk_t *finish(scim_bulk_plan_t *plan, int fail_on_errors)
{
    scim_bulk_t *bulk = apr_pcalloc(plan->pool, sizeof(*bulk));
    const scim_bulk_ref_t *refs = (const scim_bulk_ref_t *)(const void *)plan->refs->elts;

    for (int i = 0; i < plan->nops; i++) {
        plan->ops[i].refs = refs + plan->first[i];
        plan->ops[i].nrefs = plan->first[i + 1] - plan->first[i];
    }
    bulk->ops = plan->ops;
    bulk->nops = plan->nops;
    bulk->steps = (const scim_bulk_step_t *)(const void *)plan->steps->elts;
    bulk->nsteps = plan->steps->nelts;
    bulk->fail_on_errors = fail_on_errors;
    return bulk;
}

scim_error_t *scim_bulk_parse(const scim_bulk_t **out, json_t *body, const scim_tenant_t *tenant,
                              apr_pool_t *p)
{
    apr_hash_t *creators = apr_hash_make(p);
    scim_bulk_plan_t plan = {0};
    json_t *operations = NULL;
    int fail_on_errors = 0;
    scim_error_t *err = open_message(&operations, &fail_on_errors, body, tenant, p);

    if (err) {
        return err;
    }
    plan.pool = p;
    plan.nops = (int)json_array_size(operations);
    plan.ops = apr_pcalloc(p, sizeof(*plan.ops) * (apr_size_t)plan.nops);
    plan.refs = apr_array_make(p, plan.nops, sizeof(scim_bulk_ref_t));
    plan.steps = apr_array_make(p, plan.nops, sizeof(scim_bulk_step_t));
    plan.walk = apr_array_make(p, 64, sizeof(json_t *));
    for (int i = 0; i < plan.nops; i++) {
        err = read_operation(&plan, i, json_array_get(operations, (apr_size_t)i), creators);
        if (err) {
            return err;
        }
    }
    collect_refs(&plan, creators);
    scim_bulk_circles(&plan);
    for (int i = 0; i < plan.nops; i++) {
        scim_bulk_split(&plan, i);
    }
    scim_bulk_order(&plan);
    *out = finish(&plan, fail_on_errors);
    return NULL;
}

/* ---- while it runs ---- */

int scim_bulk_resolve(const scim_bulk_op_t *op, int rest, const char *const *ids)
{
    for (int i = 0; i < op->nrefs; i++) {
        if (op->refs[i].rest == rest && !ids[op->refs[i].op]) {
            return op->refs[i].op;
        }
    }
    for (int i = 0; i < op->nrefs; i++) {
        if (op->refs[i].rest == rest && op->refs[i].at) {
            json_string_set(op->refs[i].at, ids[op->refs[i].op]);
        }
    }
    return -1;
}

const char *scim_bulk_path(const scim_bulk_op_t *op, const char *const *ids, apr_pool_t *p)
{
    const char *segment = last_segment(op->path);

    if (op->nrefs == 0 || op->refs[0].at || !ids[op->refs[0].op]) {
        return op->path;
    }
    return apr_pstrcat(p, apr_pstrmemdup(p, op->path, (apr_size_t)(segment - op->path)),
                       ids[op->refs[0].op], NULL);
}
