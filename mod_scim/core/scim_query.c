/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_query_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_form.h"
#include "scim_text.h"

const char *scim_query_unescape(const char *s, apr_size_t n, apr_pool_t *p)
{
    const char *why;

    return scim_form_decode(s, n, 0, &why, p);
}

/* Where a parameter goes, or NULL for one that is not known. */
static const char **slot_of(scim_query_raw_t *raw, const char *name)
{
    struct {
        const char *name;
        const char **slot;
    } const known[] = {
        {"filter", &raw->filter},
        {"attributes", &raw->attributes},
        {"excludedAttributes", &raw->excluded},
        {"startIndex", &raw->start_index},
        {"count", &raw->count},
        {"sortBy", &raw->sort_by},
        {"sortOrder", &raw->sort_order},
        {"cursor", &raw->cursor},
    };
    apr_size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (scim_text_ieq(name, known[i].name)) {
            return known[i].slot;
        }
    }
    return NULL;
}

/* One name=value. Unknown parameters are decoded too: a broken query is broken as a whole. */
static scim_error_t *read_pair(scim_query_raw_t *raw, const char *s, apr_size_t n, apr_pool_t *p)
{
    const char *equals = memchr(s, '=', n);
    apr_size_t name_len = equals ? (apr_size_t)(equals - s) : n;
    apr_size_t value_at = equals ? name_len + 1 : n;
    const char *why = NULL;
    const char *name = scim_form_decode(s, name_len, 1, &why, p);
    const char *value = name ? scim_form_decode(s + value_at, n - value_at, 1, &why, p) : NULL;
    const char **slot;

    if (!value) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX, "The query string has %s.", why);
    }
    slot = slot_of(raw, name);
    if (slot && !*slot) {
        *slot = value;
    }
    return NULL;
}

static scim_error_t *read_pairs(scim_query_raw_t *raw, const char *text, apr_pool_t *p)
{
    while (*text) {
        apr_size_t n = strcspn(text, "&");

        if (n > 0) {
            scim_error_t *err = read_pair(raw, text, n, p);

            if (err) {
                return err;
            }
        }
        text += n;
        text += *text == '&';
    }
    return NULL;
}

/* An integer held between min and max, however many digits it has. */
static scim_error_t *read_integer(apr_int64_t *out, const char *text, const char *name,
                                  apr_int64_t min, apr_int64_t max, apr_pool_t *p)
{
    int negative = *text == '-';
    const char *s = text + negative;
    apr_int64_t value = 0;

    if (!*s || s[strspn(s, "0123456789")]) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "%s must be an integer.", name);
    }
    for (; *s; s++) {
        value = value > max / 10 ? max : value * 10 + (*s - '0');
    }
    if (negative) {
        value = -value;
    }
    value = value > max ? max : value;
    *out = value < min ? min : value;
    return NULL;
}

/* What paging by cursor adds to the rules (RFC 9865 section 2). */
static scim_error_t *check_cursor(const scim_query_t *q, const scim_error_t *bad_count,
                                  apr_pool_t *p)
{
    if (bad_count) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_COUNT,
                               "With a cursor, count must be a whole number.");
    }
    if (q->start_index > 1) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE,
                               "startIndex and cursor exclude each other.");
    }
    return NULL;
}

static scim_error_t *read_paging(scim_query_t *q, const scim_query_raw_t *raw,
                                 const scim_tenant_t *tenant, apr_pool_t *p)
{
    apr_int64_t count = tenant->page_size;
    scim_error_t *err = NULL;

    q->start_index = 1;
    if (raw->start_index) {
        err = read_integer(&q->start_index, raw->start_index, "startIndex", 1, SCIM_QUERY_START_MAX,
                           p);
    }
    if (err) {
        return err;
    }
    if (raw->count) {
        err = read_integer(&count, raw->count, "count", 0, tenant->max_page_size, p);
    }
    if (q->cursor) {
        err = check_cursor(q, err, p);
    }
    q->count = (int)(count > tenant->max_page_size ? tenant->max_page_size : count);
    return err;
}

static scim_error_t *read_order(scim_query_t *q, const scim_query_raw_t *raw, apr_pool_t *p)
{
    const char *order = raw->sort_order;

    q->sort_by = raw->sort_by && *raw->sort_by ? raw->sort_by : NULL;
    if (!q->sort_by || !order || scim_text_ieq(order, "ascending")) {
        return NULL;
    }
    q->descending = 1;
    return scim_text_ieq(order, "descending")
               ? NULL
               : scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE,
                                 "sortOrder must be ascending or descending.");
}

scim_error_t *scim_query_finish(scim_query_t *out, const scim_query_raw_t *raw,
                                const scim_tenant_t *tenant, apr_pool_t *p)
{
    scim_query_t q;
    scim_error_t *err;

    memset(&q, 0, sizeof(q));
    q.filter = raw->filter;
    q.attributes = raw->attributes;
    q.excluded = raw->excluded;
    q.cursor = raw->cursor;
    err = read_paging(&q, raw, tenant, p);
    if (!err) {
        err = read_order(&q, raw, p);
    }
    if (!err) {
        *out = q;
    }
    return err;
}

scim_error_t *scim_query_filter(const char **filter, const char *text, apr_pool_t *p)
{
    scim_query_raw_t raw = {0};
    scim_error_t *err = read_pairs(&raw, text ? text : "", p);

    if (!err) {
        *filter = raw.filter;
    }
    return err;
}

scim_error_t *scim_query_parse(scim_query_t *out, const char *text, const scim_tenant_t *tenant,
                               apr_pool_t *p)
{
    scim_query_raw_t raw = {0};
    scim_error_t *err = read_pairs(&raw, text ? text : "", p);

    return err ? err : scim_query_finish(out, &raw, tenant, p);
}
