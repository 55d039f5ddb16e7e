/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include "scim_match.h"
#include "scim_text.h"
#include "scim_time.h"

/* One comparison (or value path) being looked for in a resource. */
typedef struct probe_t {
    const scim_filter_t *f;
    const scim_attr_t *leaf;
    apr_pool_t *pool;
} probe_t;

typedef int (*value_fn)(const probe_t *probe, const json_t *value);

static int ascii_lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/*
 * Order of a document's string, folded as it is read, and a filter's folded string; with prefix,
 * only as far as the filter's string goes. Folding works on one code point at a time, so the first
 * difference decides and most comparisons need no memory.
 */
static int compare_folded(const char *value, const char *folded, int prefix, apr_pool_t *p)
{
    const unsigned char *a = (const unsigned char *)value;
    const unsigned char *b = (const unsigned char *)folded;

    for (; *a < 0x80; a++, b++) {
        if (prefix && *b == '\0') {
            return 0;
        }
        if (ascii_lower(*a) != *b) {
            return ascii_lower(*a) < *b ? -1 : 1;
        }
        if (*a == '\0') {
            return 0;
        }
    }
    value = scim_text_fold((const char *)a, p);
    return prefix ? strncmp(value, (const char *)b, strlen((const char *)b))
                  : strcmp(value, (const char *)b);
}

static int ends_with(const char *value, const char *end)
{
    size_t n = strlen(value);
    size_t m = strlen(end);

    return n >= m && memcmp(value + n - m, end, m) == 0;
}

static int by_order(scim_op_t op, int order)
{
    switch (op) {
    case SCIM_OP_GT:
        return order > 0;
    case SCIM_OP_GE:
        return order >= 0;
    case SCIM_OP_LT:
        return order < 0;
    case SCIM_OP_LE:
        return order <= 0;
    default:
        return order == 0;
    }
}

static int test_string(const probe_t *probe, const char *value)
{
    const scim_filter_t *f = probe->f;
    int exact = probe->leaf->case_exact || probe->leaf->type == SCIM_ATTR_BINARY;

    switch (f->op) {
    case SCIM_OP_CO:
        return strstr(exact ? value : scim_text_fold(value, probe->pool), f->folded) != NULL;
    case SCIM_OP_EW:
        return ends_with(exact ? value : scim_text_fold(value, probe->pool), f->folded);
    case SCIM_OP_SW:
        return exact ? strncmp(value, f->folded, strlen(f->folded)) == 0
                     : compare_folded(value, f->folded, 1, probe->pool) == 0;
    default:
        return by_order(f->op, exact ? strcmp(value, f->folded)
                                     : compare_folded(value, f->folded, 0, probe->pool));
    }
}

static int test_datetime(const probe_t *probe, const char *value)
{
    apr_time_t instant;

    return scim_time_parse(&instant, value) &&
           by_order(probe->f->op, (instant > probe->f->integer) - (instant < probe->f->integer));
}

static int test_number(const probe_t *probe, const json_t *value)
{
    const scim_filter_t *f = probe->f;

    if (f->kind == JSON_INTEGER && json_is_integer(value)) {
        json_int_t n = json_integer_value(value);
        return by_order(f->op, (n > f->integer) - (n < f->integer));
    }
    if (f->kind == JSON_REAL && json_is_number(value)) {
        double n = json_number_value(value);
        return by_order(f->op, (n > f->real) - (n < f->real));
    }
    return 0;
}

/* Whether one value satisfies a comparison; ne is asked as eq. */
static int test_value(const probe_t *probe, const json_t *value)
{
    switch (probe->f->kind) {
    case JSON_STRING:
        if (!json_is_string(value)) {
            return 0;
        }
        return probe->leaf->type == SCIM_ATTR_DATETIME
                   ? test_datetime(probe, json_string_value(value))
                   : test_string(probe, json_string_value(value));
    case JSON_TRUE:
    case JSON_FALSE:
        return json_typeof(value) == probe->f->kind;
    default:
        return test_number(probe, value);
    }
}

static int has_value(const scim_attr_t *attr, const json_t *value)
{
    int i;

    if (json_is_object(value)) {
        for (i = 0; i < attr->nsubs; i++) {
            const json_t *sub = json_object_get(value, attr->subs[i].name);
            if (sub && has_value(&attr->subs[i], sub)) {
                return 1;
            }
        }
        return 0;
    }
    if (json_is_array(value)) {
        for (i = 0; i < (int)json_array_size(value); i++) {
            if (has_value(attr, json_array_get(value, (size_t)i))) {
                return 1;
            }
        }
        return 0;
    }
    return !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0);
}

static int test_present(const probe_t *probe, const json_t *value)
{
    return has_value(probe->leaf, value);
}

static int evaluate(const scim_filter_t *f, const json_t *base, apr_pool_t *p);

static int test_element(const probe_t *probe, const json_t *value)
{
    return json_is_object(value) && evaluate(probe->f->left, value, probe->pool);
}

/* Whether the value passes the test or, of an array, some element of it. */
static int any_of(const probe_t *probe, const json_t *value, value_fn test)
{
    size_t i;

    if (!json_is_array(value)) {
        return value && test(probe, value);
    }
    for (i = 0; i < json_array_size(value); i++) {
        if (test(probe, json_array_get(value, i))) {
            return 1;
        }
    }
    return 0;
}

/* Of an element that has no `primary`: false. Static in jansson, so nobody owns it. */
static const json_t *value_or_false(const scim_filter_t *f, const json_t *value)
{
    return value || !f->absent_false ? value : json_false();
}

/* Whether some value of the comparison's attribute passes the test. */
static int any_value(const scim_filter_t *f, const json_t *base, value_fn test, apr_pool_t *p)
{
    const scim_path_t *path = &f->path;
    probe_t probe = {f, path->sub ? path->sub : path->attr, p};
    const json_t *value;
    size_t i;

    if (path->schema) {
        base = json_object_get(base, path->schema->urn);
    }
    value = json_object_get(base, path->attr->name);
    if (!path->sub) {
        return any_of(&probe, value_or_false(f, value), test);
    }
    if (!json_is_array(value)) {
        return any_of(&probe, json_object_get(value, path->sub->name), test);
    }
    for (i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        if (any_of(&probe, value_or_false(f, json_object_get(item, path->sub->name)), test)) {
            return 1;
        }
    }
    return 0;
}

static int evaluate_leaf(const scim_filter_t *f, const json_t *base, apr_pool_t *p)
{
    int null = f->kind == JSON_NULL;

    switch (f->op) {
    case SCIM_OP_ABSENT:
        return f->kind == JSON_TRUE;
    case SCIM_OP_PATH:
        return any_value(f, base, test_element, p);
    case SCIM_OP_PR:
        return any_value(f, base, test_present, p);
    case SCIM_OP_EQ:
        return null ? !any_value(f, base, test_present, p) : any_value(f, base, test_value, p);
    case SCIM_OP_NE:
        return null ? any_value(f, base, test_present, p) : !any_value(f, base, test_value, p);
    default:
        return any_value(f, base, test_value, p);
    }
}

/* Chains lean to the right, so only what was bracketed recurses. */
static int evaluate(const scim_filter_t *f, const json_t *base, apr_pool_t *p)
{
    while (f->op == SCIM_OP_AND || f->op == SCIM_OP_OR) {
        int left = evaluate(f->left, base, p);
        if (left == (f->op == SCIM_OP_OR)) {
            return left;
        }
        f = f->right;
    }
    if (f->op == SCIM_OP_NOT) {
        return !evaluate(f->left, base, p);
    }
    return evaluate_leaf(f, base, p);
}

int scim_match(const scim_filter_t *f, const json_t *resource, apr_pool_t *p)
{
    return evaluate(f, resource, p);
}

int scim_match_element(const scim_filter_t *f, const json_t *element, apr_pool_t *p)
{
    return evaluate(f, element, p);
}

/* A value, or each of an array's. */
static void push_values(apr_array_header_t *out, const json_t *value)
{
    size_t i;

    if (!json_is_array(value)) {
        if (value) {
            APR_ARRAY_PUSH(out, const json_t *) = value;
        }
        return;
    }
    for (i = 0; i < json_array_size(value); i++) {
        APR_ARRAY_PUSH(out, const json_t *) = json_array_get(value, i);
    }
}

apr_array_header_t *scim_match_values(const scim_path_t *path, const json_t *resource,
                                      apr_pool_t *p)
{
    apr_array_header_t *elements = apr_array_make(p, 4, sizeof(const json_t *));
    apr_array_header_t *out = apr_array_make(p, 4, sizeof(const json_t *));
    int i;

    if (path->schema) {
        resource = json_object_get(resource, path->schema->urn);
    }
    push_values(elements, path->attr ? json_object_get(resource, path->attr->name) : resource);
    for (i = 0; i < elements->nelts; i++) {
        const json_t *element = APR_ARRAY_IDX(elements, i, const json_t *);
        if (!path->filter || scim_match_element(path->filter, element, p)) {
            push_values(out, path->sub ? json_object_get(element, path->sub->name) : element);
        }
    }
    return out;
}
