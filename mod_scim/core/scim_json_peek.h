/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_JSON_PEEK_H
#define SCIM_JSON_PEEK_H

#include <apr_pools.h>

/**
 * A string of a stored document's top level, read without parsing the document: for lists that show
 * a few of many attributes.
 * @param doc  as scim_json_dump() made it: an object, compact
 * @param name of the member, exactly
 * @return decoded, in p; NULL: there is no such member, it is no string, or doc is no such text
 */
const char *scim_json_peek(const char *doc, apr_size_t len, const char *name, apr_pool_t *p);

#endif
