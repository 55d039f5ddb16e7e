/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SORT_H
#define SCIM_SORT_H

#include <apr_tables.h>
#include <jansson.h>

#include "scim_path.h"

/**
 * Sorting (RFC 7644 section 3.4.2.3). Ascending is: resources with a value, by the value, then
 * those without; among equals by rid. Descending is exactly the reverse. Strings order by the bytes
 * of their UTF-8, folded first where caseExact is false; false before true; numbers and times by
 * their value. Of a multi-valued attribute the primary element counts, else the first.
 */

typedef enum scim_key_kind_t {
    SCIM_KEY_NONE, /* no value */
    SCIM_KEY_STRING,
    SCIM_KEY_INTEGER, /* integer; boolean as 0 or 1; dateTime in microseconds */
    SCIM_KEY_REAL
} scim_key_kind_t;

/** What a resource is ordered by. */
typedef struct scim_key_t {
    scim_key_kind_t kind;
    const char *string; /* already folded */
    apr_int64_t integer;
    double real;
} scim_key_t;

/** One resource of a list that is being sorted. */
typedef struct scim_sort_entry_t {
    scim_key_t key;
    apr_int64_t rid;
    int part; /* its type's number in the list; the core does not look at it */
} scim_sort_entry_t;

/**
 * Parse and check sortBy. A complex attribute stands for its `value`.
 * Refused with 400 invalidPath, the keyword for an attribute path that is wrong: one that the type
 * does not define, one with a value filter, a schema alone, a complex attribute without `value`,
 * an attribute that is never returned (its order would tell what it hides).
 */
scim_error_t *scim_sort_parse(scim_path_t *out, const char *text, const scim_resource_type_t *type,
                              apr_pool_t *p) SCIM_CHECKED;

/**
 * A resource's key.
 * @param resource canonical names; with meta, members or groups where the path is in them
 * @param p folded strings; others are borrowed from the resource
 */
void scim_sort_key(scim_key_t *out, const scim_path_t *path, const json_t *resource, apr_pool_t *p);

/** The element of a multi-valued attribute that counts: the primary one, else the first; or NULL */
const json_t *scim_sort_element(const json_t *values);

/** Ascending order of two entries: below, equal or above 0. */
int scim_sort_compare(const scim_sort_entry_t *a, const scim_sort_entry_t *b);

/** Sort an array of scim_sort_entry_t in place. */
void scim_sort_entries(apr_array_header_t *entries, int descending);

#endif
