/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_QUERY_H
#define SCIM_QUERY_H

#include "scim_filter.h"
#include "scim_project.h"
#include "scim_tenant.h"

/** The largest startIndex; larger ones mean this. JSON's integers are safe up to here. */
#define SCIM_QUERY_START_MAX APR_INT64_C(9007199254740991)

/** A query string, decoded and checked (RFC 7644 section 3.4.2). */
typedef struct scim_query_t {
    const char *filter;     /* text, or NULL */
    const char *attributes; /* text, or NULL */
    const char *excluded;   /* text, or NULL */
    const char *sort_by;    /* text, or NULL */
    int descending;         /* sortOrder; 0 without sortBy */
    const char *cursor;     /* NULL: index paging; "": the first page by cursor (RFC 9865) */
    apr_int64_t start_index; /* 1 to SCIM_QUERY_START_MAX */
    int count;               /* 0 to max_page_size */
} scim_query_t;

/**
 * Decode a query string: "+" and %20 are spaces, names without case, unknown parameters ignored, of
 * a parameter given twice the first counts. Refused with 400 invalidValue: a startIndex or count
 * that is not an integer; with 400 invalidSyntax: a broken %-escape, bytes that are not UTF-8, NUL.
 * startIndex below 1 is 1, count below 0 is 0 (RFC 7644 table 6). A sortOrder other than ascending
 * and descending is 400 invalidValue, and ignored without sortBy. With a cursor (RFC 9865): a count
 * that is not a whole number is 400 invalidCount; one above the maximum is answered with
 * the maximum, as without a cursor; a startIndex above 1 contradicts it, 400 invalidValue.
 * @param text without the "?"; NULL is an empty query
 */
scim_error_t *scim_query_parse(scim_query_t *out, const char *text, const scim_tenant_t *tenant,
                               apr_pool_t *p) SCIM_CHECKED;

/** Only the filter of a query string, or NULL; for endpoints that take none and ignore the rest. */
scim_error_t *scim_query_filter(const char **filter, const char *text, apr_pool_t *p) SCIM_CHECKED;

/**
 * The same from the body of a POST to .search (RFC 7644 section 3.4.3): `schemas` must name
 * SearchRequest; attributes and excludedAttributes are arrays of strings, or one string with commas
 * as in a query. Refused with 400 invalidSyntax: no object, a member given twice, no schema; with
 * 400 invalidValue: a member of another JSON type. Unknown members are ignored, null is absent.
 * @param body the parsed body; NULL: none
 */
scim_error_t *scim_query_body(scim_query_t *out, const json_t *body, const scim_tenant_t *tenant,
                              apr_pool_t *p) SCIM_CHECKED;

/**
 * Percent-decode n bytes ("+" stays). NULL for a broken escape, a NUL or bytes that are not UTF-8.
 * Used for path segments.
 */
const char *scim_query_unescape(const char *s, apr_size_t n, apr_pool_t *p);

#endif
