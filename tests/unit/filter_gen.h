/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef FILTER_GEN_H
#define FILTER_GEN_H

#include <jansson.h>

#include "scim_schema.h"

/**
 * Random filters and random resources of a type, for property tests. The same seed gives the same
 * sequence on every machine. Values of both come from one small pool, so that filters hit: words in
 * several scripts and spellings, wildcards and quotes of SQL, spaces at the ends, instants.
 */
typedef struct filter_gen_t {
    apr_uint64_t state; /* of the generator; set by filter_gen_init() */
    const scim_resource_type_t *type;
    const char *const *ids; /* what id, members, groups and manager refer to; may be replaced */
    int nids;
} filter_gen_t;

void filter_gen_init(filter_gen_t *g, apr_uint64_t seed, const scim_resource_type_t *type);

/** A random number from 0 to n - 1. */
unsigned filter_gen_below(filter_gen_t *g, unsigned n);

/** A random filter that scim_filter_parse() takes with default limits. */
const char *filter_gen_filter(filter_gen_t *g, apr_pool_t *p);

/** A random filter for the inside of attr[...]. */
const char *filter_gen_value_filter(filter_gen_t *g, const scim_attr_t *attr, apr_pool_t *p);

/** A random string, often one that is in resources too; without control characters. */
const char *filter_gen_string(filter_gen_t *g, apr_pool_t *p);

/**
 * A random canonical resource, complete: with id, meta, and members or groups. Without the latter
 * three it can be stored.
 * @param number makes id and every attribute with uniqueness differ from other numbers'
 * @return a tree owned by p
 */
json_t *filter_gen_resource(filter_gen_t *g, unsigned number, apr_pool_t *p);

#endif
