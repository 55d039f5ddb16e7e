/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_JSON_H
#define SCIM_JSON_H

#include <apr_pools.h>
#include <jansson.h>

#include "scim_error.h"
#include "scim_text.h"

/**
 * JSON ownership: every root is owned by exactly one pool, from the moment it is made. All other
 * code sees borrowed pointers and never calls json_decref(). Subtrees are built with the stealing
 * calls (json_object_set_new(), json_array_append_new()) from fresh values. A function that returns
 * a new reference ends in _new and is used only where its result is stolen or owned at once.
 */

/** Bounds on a document from outside. 0 in a field means the default of that field. */
typedef struct scim_json_limits_t {
    apr_size_t bytes; /* default 8 MiB */
    unsigned depth;   /* nested objects and arrays, default 32 */
    apr_size_t members; /* object members and array elements altogether, default 400,000 */
} scim_json_limits_t;

/**
 * Give a fresh root to a pool, which releases it when it is cleared.
 * @param fresh a new reference; NULL (jansson out of memory) ends the process as APR does
 * @return fresh, borrowed from now on
 */
json_t *scim_json_own(json_t *fresh, apr_pool_t *p);

/**
 * Parse a document. Refused with 400 invalidSyntax: malformed JSON, duplicate keys, bytes that are
 * not UTF-8, NUL in a string, too deep, too many members; with 413: too many bytes. Depth is
 * checked before jansson sees the bytes.
 * @param out borrowed root, owned by p; any JSON type
 */
scim_error_t *scim_json_load(json_t **out, const char *data, apr_size_t len,
                             const scim_json_limits_t *limits, apr_pool_t *p) SCIM_CHECKED;

/**
 * Compact text of a value, in insertion order, non-ASCII as UTF-8, NUL-terminated, in p.
 * @param len may be NULL
 */
const char *scim_json_dump(const json_t *value, apr_size_t *len, apr_pool_t *p);

/** Append the compact text of a value, as scim_json_dump() makes it. */
void scim_json_append(scim_buf_t *out, const json_t *value);

/** A string as a JSON string with its quotes, in p. s must be UTF-8. */
const char *scim_json_quote(const char *s, apr_pool_t *p);

/**
 * The same object without const, for json_object_foreach(): jansson's iteration changes nothing but
 * does not say so in its types. The result must not be changed.
 */
json_t *scim_json_walk(const json_t *object);

/**
 * Member of an object by name, ASCII letters without case (RFC 7643 section 2.1).
 * @param key set to the member's own spelling when found; may be NULL
 * @return borrowed value, or NULL
 */
json_t *scim_json_get_ci(const json_t *object, const char *name, const char **key);

/**
 * The members of an object by name, ASCII letters without case; others are ignored. Two with the
 * same name: 400 invalidSyntax.
 * @param found n borrowed values; NULL for a name that the object does not have
 */
scim_error_t *scim_json_pick(json_t **found, const char *const *names, int n, const json_t *object,
                             apr_pool_t *p) SCIM_CHECKED;

#endif
