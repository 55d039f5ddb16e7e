/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_BYTES ((apr_size_t)8 * 1024 * 1024)
#define DEFAULT_DEPTH 32
#define DEFAULT_MEMBERS 400000

static apr_status_t release(void *root)
{
    json_decref(root);
    return APR_SUCCESS;
}

/* What APR does when memory ends: its abort function, or the process. */
static void out_of_memory(apr_pool_t *p) __attribute__((noreturn));

static void out_of_memory(apr_pool_t *p)
{
    apr_abortfunc_t fn = apr_pool_abort_get(p);

    if (fn) {
        fn(APR_ENOMEM);
    }
    abort();
}

json_t *scim_json_own(json_t *fresh, apr_pool_t *p)
{
    if (!fresh) {
        out_of_memory(p);
    }
    apr_pool_cleanup_register(p, fresh, release, apr_pool_cleanup_null);
    return fresh;
}

/* What the scan before parsing has seen. */
typedef struct scan_t {
    unsigned depth; /* open containers */
    unsigned deepest;
    apr_size_t members; /* members and elements */
    int any;            /* there is something beside white space */
    int opened;         /* the last token opened a container: it is empty so far */
} scan_t;

/* Takes s past the closing quote of a string, or to the end. */
static const char *scan_string(const char *s, const char *end)
{
    while (s < end && *s != '"') {
        s += *s == '\\' && s + 1 < end ? 2 : 1;
    }
    return s < end ? s + 1 : s;
}

static void scan_token(scan_t *scan, char c)
{
    int closes = c == '}' || c == ']';

    if (scan->opened && !closes) {
        scan->members++;
    }
    scan->opened = 0;
    if (c == '{' || c == '[') {
        scan->opened = 1;
        scan->depth++;
        scan->deepest = scan->depth > scan->deepest ? scan->depth : scan->deepest;
    } else if (closes) {
        scan->depth -= scan->depth > 0;
    } else if (c == ',') {
        scan->members++;
    }
}

/*
 * One pass over the bytes, without recursion and without memory: jansson recurses by depth and
 * allocates by members, so both are bounded before it starts. What is not JSON is left to it.
 */
static scan_t scan_document(const char *s, apr_size_t len)
{
    const char *end = s + len;
    scan_t scan = {0, 0, 0, 0, 0};

    while (s < end) {
        char c = *s++;

        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            continue;
        }
        scan.any = 1;
        scan_token(&scan, c);
        if (c == '"') {
            s = scan_string(s, end);
        }
    }
    return scan;
}

static scim_error_t *check_limits(const char *data, apr_size_t len,
                                  const scim_json_limits_t *limits, apr_pool_t *p)
{
    apr_size_t bytes = limits && limits->bytes ? limits->bytes : DEFAULT_BYTES;
    unsigned depth = limits && limits->depth ? limits->depth : DEFAULT_DEPTH;
    apr_size_t members = limits && limits->members ? limits->members : DEFAULT_MEMBERS;
    scan_t scan;

    if (len > bytes) {
        return scim_error_make(p, 413, SCIM_TYPE_NONE,
                               "The request body is larger than %" APR_SIZE_T_FMT " bytes.", bytes);
    }
    scan = scan_document(data, len);
    if (!scan.any) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX, "The JSON document is empty.");
    }
    if (scan.deepest > depth) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX,
                               "The JSON document is nested deeper than %u levels.", depth);
    }
    if (scan.members > members) {
        return scim_error_make(
            p, 400, SCIM_TYPE_INVALID_SYNTAX,
            "The JSON document has more than %" APR_SIZE_T_FMT " members and elements.", members);
    }
    return NULL;
}

/* jansson's own texts quote the input, and the input may hold a secret: only the place is told. */
static scim_error_t *load_error(const json_error_t *error, apr_pool_t *p)
{
    const char *what;

    switch (json_error_code(error)) {
    case json_error_out_of_memory:
        out_of_memory(p);
    case json_error_duplicate_key:
        what = "The JSON document has a duplicate key in an object";
        break;
    case json_error_invalid_utf8:
        what = "The JSON document is not valid UTF-8";
        break;
    case json_error_null_character:
    case json_error_null_byte_in_key:
        what = "The JSON document has a NUL character in a string";
        break;
    case json_error_numeric_overflow:
        what = "The JSON document has a number that is too large";
        break;
    case json_error_premature_end_of_input:
        what = "The JSON document ends too early";
        break;
    case json_error_end_of_input_expected:
        what = "The JSON document is followed by more text";
        break;
    default:
        what = "The JSON document is malformed";
        break;
    }
    if (error->line <= 0) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX, "%s.", what);
    }
    return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX, "%s (line %d, column %d).", what,
                           error->line, error->column);
}

scim_error_t *scim_json_load(json_t **out, const char *data, apr_size_t len,
                             const scim_json_limits_t *limits, apr_pool_t *p)
{
    scim_error_t *err;
    json_error_t error;
    json_t *root;

    err = check_limits(data, len, limits, p);
    if (err) {
        return err;
    }
    root = json_loadb(data, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!root) {
        return load_error(&error, p);
    }
    *out = scim_json_own(root, p);
    return NULL;
}

static int dump_piece(const char *piece, size_t size, void *buf)
{
    scim_buf_add(buf, piece, size);
    return 0;
}

void scim_json_append(scim_buf_t *out, const json_t *value)
{
    /* Values made by jansson from UTF-8, without cycles, fail for want of memory only. */
    if (json_dump_callback(value, dump_piece, out, JSON_COMPACT | JSON_ENCODE_ANY)) {
        out_of_memory(out->pool);
    }
}

const char *scim_json_dump(const json_t *value, apr_size_t *len, apr_pool_t *p)
{
    scim_buf_t *b = scim_buf_make(0, p);

    scim_json_append(b, value);
    if (len) {
        *len = b->len;
    }
    return b->data;
}

const char *scim_json_quote(const char *s, apr_pool_t *p)
{
    scim_buf_t *b = scim_buf_make(strlen(s) + 2, p);

    scim_buf_quote(b, s);
    return b->data;
}

json_t *scim_json_walk(const json_t *object)
{
    return (json_t *)(uintptr_t)object;
}

json_t *scim_json_get_ci(const json_t *object, const char *name, const char **key)
{
    json_t *walk = scim_json_walk(object);
    void *iter = json_object_iter_at(walk, name);

    if (!iter) {
        iter = json_object_iter(walk);
        while (iter && !scim_text_ieq(json_object_iter_key(iter), name)) {
            iter = json_object_iter_next(walk, iter);
        }
    }
    if (!iter) {
        return NULL;
    }
    if (key) {
        *key = json_object_iter_key(iter);
    }
    return json_object_iter_value(iter);
}

scim_error_t *scim_json_pick(json_t **found, const char *const *names, int n, const json_t *object,
                             apr_pool_t *p)
{
    json_t *walk = scim_json_walk(object);
    const char *key;
    json_t *value;

    memset(found, 0, sizeof(*found) * (apr_size_t)n);
    json_object_foreach(walk, key, value)
    {
        for (int i = 0; i < n; i++) {
            if (!scim_text_ieq(key, names[i])) {
                continue;
            }
            if (found[i]) {
                return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX,
                                       "%s is given more than once.", names[i]);
            }
            found[i] = value;
        }
    }
    return NULL;
}
