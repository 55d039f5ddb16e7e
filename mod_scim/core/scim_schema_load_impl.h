/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SCHEMA_LOAD_IMPL_H
#define SCIM_SCHEMA_LOAD_IMPL_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "scim_schema_load.h"

/** What the files of scim_schema_load share among themselves. */

/** A ResourceType object before its schemas are looked up. */
typedef struct scim_type_draft_t {
    const char *name;
    const char *endpoint;           /* without a slash; NULL: not given */
    const char *schema;             /* URN; NULL: not given */
    const char *description;        /* or NULL */
    apr_array_header_t *extensions; /* of scim_extension_draft_t; NULL: not given */
} scim_type_draft_t;

typedef struct scim_extension_draft_t {
    const char *schema;
    int required;
} scim_extension_draft_t;

typedef struct scim_index_draft_t {
    const char *type;
    const char *path;
} scim_index_draft_t;

struct scim_schema_set_t {
    apr_array_header_t *schemas; /* of const scim_schema_t * */
    apr_hash_t *by_urn;          /* lower case -> const scim_schema_t * */
    apr_array_header_t *types;   /* of scim_type_draft_t */
    apr_array_header_t *indexes; /* of scim_index_draft_t */
    int total;                   /* attributes so far */
    apr_pool_t *pool;
};

/** 400 invalidValue: "<where>: <what>.". */
scim_error_t *scim_schema_wrong(const scim_schema_set_t *set, const char *where, const char *fmt,
                                ...) SCIM_PRINTF(3, 4) SCIM_CHECKED;

/** A text in ASCII lower case, in the set's pool. */
const char *scim_schema_lower(const scim_schema_set_t *set, const char *s);

/** An untrusted string as a message may repeat it: printable ASCII, of bounded length. */
const char *scim_schema_shown(const scim_schema_set_t *set, const char *s);

/**
 * A string member of an object, copied.
 * @param out NULL where it is not there or null
 */
scim_error_t *scim_schema_string(const char **out, const scim_schema_set_t *set,
                                 const json_t *object, const char *member,
                                 const char *where) SCIM_CHECKED;

/** A boolean member of an object; 0 where it is not there or null. */
scim_error_t *scim_schema_boolean(int *out, const scim_schema_set_t *set, const json_t *object,
                                  const char *member, const char *where) SCIM_CHECKED;

/** The attributes of a Schema object. @param where names the schema */
scim_error_t *scim_schema_attrs(const scim_attr_t **out, int *n, scim_schema_set_t *set,
                                const json_t *array, const char *where) SCIM_CHECKED;

/** Mark what is indexed as configured, in copies of the type's schemas, and give it a name. */
scim_error_t *scim_schema_mark_indexes(scim_resource_type_t *type,
                                       const scim_schema_set_t *set) SCIM_CHECKED;

#endif
