/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <jansson.h>

#include "counting.h"

const char *golden_bytes(const golden_case_t *c, const char *file, apr_size_t *len)
{
    const char *path = apr_pstrcat(c->pool, c->dir, "/", file, NULL);
    apr_file_t *f;
    apr_finfo_t info;
    char *data;

    if (apr_file_open(&f, path, APR_FOPEN_READ | APR_FOPEN_BINARY, 0, c->pool)) {
        return NULL;
    }
    if (apr_file_info_get(&info, APR_FINFO_SIZE, f)) {
        fprintf(stderr, "%s: cannot be read\n", path);
        abort();
    }
    data = apr_palloc(c->pool, (apr_size_t)info.size + 1);
    if (info.size > 0 && apr_file_read_full(f, data, (apr_size_t)info.size, len)) {
        fprintf(stderr, "%s: cannot be read\n", path);
        abort();
    }
    *len = (apr_size_t)info.size;
    data[*len] = '\0';
    apr_file_close(f);
    return data;
}

const char *golden_read(const golden_case_t *c, const char *file)
{
    apr_size_t len;
    const char *data = golden_bytes(c, file, &len);

    if (data && len > 0 && data[len - 1] == '\n') {
        return apr_pstrmemdup(c->pool, data, len - 1);
    }
    return data;
}

static int differs(const golden_case_t *c, const char *what, const char *expected,
                   const char *actual)
{
    fprintf(stderr, "%s: %s differs\n  expected: %s\n  actual:   %s\n", c->dir, what, expected,
            actual);
    return 1;
}

/* Compact, with sorted keys, so that a failure shows texts that can be compared by eye. */
static const char *normal_json(const golden_case_t *c, const char *text)
{
    const size_t flags = JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT;
    json_error_t error;
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    size_t len;
    char *dump;

    if (!value) {
        return apr_psprintf(c->pool, "(not JSON: %s) %s", error.text, text);
    }
    len = json_dumpb(value, NULL, 0, flags);
    dump = apr_palloc(c->pool, len + 1);
    json_dumpb(value, dump, len, flags);
    dump[len] = '\0';
    json_decref(value);
    return dump;
}

static int check_error(const golden_case_t *c, const scim_error_t *err, const char *expected)
{
    const char *type = scim_error_type_name(err->type);
    const char *actual = apr_psprintf(c->pool, "%d %s", err->status, type ? type : "-");

    if (strchr(expected, '\n')) {
        actual = apr_pstrcat(c->pool, actual, "\n", err->detail, NULL);
    }
    return strcmp(actual, expected) ? differs(c, "err", expected, actual) : 0;
}

static int check_case(const golden_case_t *c, golden_compare_t compare, golden_fn *fn, void *baton)
{
    const char *out = golden_read(c, "out");
    const char *refused = golden_read(c, "err");
    scim_error_t *err = NULL;
    const char *result;

    if (!out == !refused) {
        fprintf(stderr, "%s: needs exactly one of out and err\n", c->dir);
        return 1;
    }
    result = fn(&err, c, baton);
    if (err && out) {
        return differs(c, "success", out, err->detail);
    }
    if (err) {
        return check_error(c, err, refused);
    }
    if (refused) {
        return differs(c, "failure", refused, result ? result : "(nothing)");
    }
    if (!result) {
        return differs(c, "out", out, "(nothing)");
    }
    if (compare == GOLDEN_JSON) {
        out = normal_json(c, out);
        result = normal_json(c, result);
    }
    return strcmp(out, result) ? differs(c, "out", out, result) : 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static apr_array_header_t *list_cases(const char *dir, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 64, sizeof(char *));
    apr_dir_t *d;
    apr_finfo_t info;

    if (apr_dir_open(&d, dir, p)) {
        return names;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, d) == APR_SUCCESS) {
        if (info.name[0] >= '0' && info.name[0] <= '9') {
            *(const char **)apr_array_push(names) = apr_pstrdup(p, info.name);
        }
    }
    apr_dir_close(d);
    qsort(names->elts, (size_t)names->nelts, sizeof(char *), by_name);
    return names;
}

/* One directory, in a pool of its own, which must take all its JSON values with it. */
static int run_case(const char *dir, const char *name, golden_compare_t compare, golden_fn *fn,
                    void *baton)
{
    long before = counting_live();
    golden_case_t c;
    int failed;

    apr_pool_create(&c.pool, NULL);
    c.name = apr_pstrdup(c.pool, name);
    c.dir = apr_pstrcat(c.pool, dir, "/", name, NULL);
    c.in = golden_read(&c, "in");
    failed = check_case(&c, compare, fn, baton);
    apr_pool_destroy(c.pool);
    if (counting_live() != before) {
        fprintf(stderr, "%s/%s: %ld JSON blocks are left after the pool\n", dir, name,
                counting_live() - before);
        failed = 1;
    }
    return failed;
}

int golden_run(const char *part, golden_compare_t compare, golden_fn *fn, void *baton)
{
    const char *data = getenv("SCIM_TEST_DATA");
    apr_pool_t *p;
    apr_array_header_t *names;
    const char *dir;
    int failed = 0;
    int i;

    if (!data) {
        fprintf(stderr, "SCIM_TEST_DATA is not set\n");
        return 1;
    }
    counting_start();
    apr_pool_create(&p, NULL);
    dir = apr_pstrcat(p, data, "/", part, NULL);
    names = list_cases(dir, p);
    if (names->nelts == 0) {
        fprintf(stderr, "%s: no cases found\n", dir);
        failed = 1;
    }
    for (i = 0; i < names->nelts; i++) {
        failed += run_case(dir, ((const char **)names->elts)[i], compare, fn, baton);
    }
    apr_pool_destroy(p);
    return failed;
}
