/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_INDEX_H
#define SCIM_INDEX_H

#include <apr_tables.h>
#include <apr_time.h>
#include <jansson.h>

#include "scim_path.h"
#include "scim_schema.h"

/**
 * What the store keeps of a document beside its text: the columns of scim_resource and the rows of
 * scim_value. Pure functions of the document and its schema.
 */

/** Longest value of scim_value in bytes. A longer one is cut at a code point. */
#define SCIM_INDEX_MAX 1020

/** A cut value has at least this many bytes, so a shorter operand is never mistaken for it. */
#define SCIM_INDEX_CUT (SCIM_INDEX_MAX - 3)

/** Attribute name of the row that marks a resource with a cut value. Its value is "". */
#define SCIM_INDEX_CUT_ATTR "#cut"

/**
 * Sorting walks the index too. A single-valued attribute is sorted by its own rows. A multi-valued
 * one has one more row a resource, under this prefix, with the value that counts (scim_sort.h); and
 * a resource without a value has a row under the other, so that it is found without looking at all
 * the others.
 */
#define SCIM_INDEX_SORT "#sort "
#define SCIM_INDEX_NONE "#none "

typedef struct scim_index_row_t {
    const char *attr;
    const char *value;
} scim_index_row_t;

/** The columns of scim_resource that come from the document. */
typedef struct scim_index_columns_t {
    const char *id;
    const char *ukey;
    const char *indexed;     /* the type's `indexed`, or "" */
    const char *external_id; /* or NULL */
    const char *display;     /* or NULL */
    const char *active;      /* "1", "0", or NULL */
} scim_index_columns_t;

/**
 * The name under which an attribute is in scim_value: scim_path_print() of the path without its
 * filter. NULL if the attribute is not indexed there.
 */
const char *scim_index_attr(const scim_path_t *path, apr_pool_t *p);

/**
 * The names in scim_value under which a sort by an indexed attribute finds resources with a value
 * and those without.
 * @return 1, or 0 where the index cannot sort by it
 */
int scim_index_sort(const char **with, const char **without, const scim_path_t *path,
                    apr_pool_t *p);

/**
 * Whether resources that were written under another configuration may lack the index of this
 * attribute: it may be used only where scim_store_reindex() says so.
 */
int scim_index_may_lack(const scim_attr_t *leaf, const scim_resource_type_t *type);

/** The index rows of a document, sorted and without duplicates: array of scim_index_row_t. */
apr_array_header_t *scim_index_rows(const scim_resource_type_t *type, const json_t *doc,
                                    apr_pool_t *p);

/** Attribute name of the row that a tombstone has; the value orders by when it became one. */
#define SCIM_INDEX_TOMBSTONE "#tombstone"

/** The value of that row, in p. */
const char *scim_index_tombstone(apr_time_t tombstone, apr_pool_t *p);

/** Add that row to those of a document, where it is a tombstone. @param tombstone 0: it is none */
void scim_index_add_tombstone(apr_array_header_t *rows, apr_time_t tombstone);

/** Order of two rows as in the array: below, equal or above 0. */
int scim_index_compare(const scim_index_row_t *a, const scim_index_row_t *b);

/** The columns of a document; strings may point into it. */
void scim_index_columns(scim_index_columns_t *out, const scim_resource_type_t *type,
                        const json_t *doc, apr_pool_t *p);

#endif
