/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MATCH_H
#define SCIM_MATCH_H

#include <apr_tables.h>

#include "scim_filter.h"

/**
 * Evaluate a filter on JSON. The store's SQL gives the same answers (a property test holds them
 * together), so the rules are written down once, here:
 *  - eq, co, sw, ew, gt, ge, lt, le are true if some value of the attribute satisfies them; an
 *    absent or null attribute satisfies none of them;
 *  - `eq null` is true if the attribute has no value; `ne null` if it has one;
 *  - ne is the negation of eq; not is the negation of its operand;
 *  - an element of a multi-valued attribute without `primary` compares as one with `primary` false
 *    (RFC 7643 section 2.4: "if not specified, the value of primary shall be assumed to be false");
 *    `pr` and null ask what is there, and it is not;
 *  - pr is true if the attribute has a value: not null, not "", not an empty array or object, and
 *    for complex attributes some sub-attribute with a value;
 *  - strings compare by the bytes of their UTF-8, folded first where caseExact is false; dateTime
 *    as instants; co, sw, ew on other types than string and reference are refused at parse time;
 *  - `attr[filter]` is true if one element satisfies the whole filter.
 */

/** @param resource canonical names, complete: with meta, and with members or groups if the filter
 *  uses them. Temporary memory comes from p. */
int scim_match(const scim_filter_t *f, const json_t *resource, apr_pool_t *p);

/** Evaluate a value filter on one element of a multi-valued attribute. */
int scim_match_element(const scim_filter_t *f, const json_t *element, apr_pool_t *p);

/**
 * The values that a resource has at a path: of a multi-valued attribute those of all elements that
 * match the path's filter, if it has one.
 * @param resource NULL: there are none
 * @return array of const json_t *, borrowed from the resource; objects where the path ends at a
 *         complex attribute
 */
apr_array_header_t *scim_match_values(const scim_path_t *path, const json_t *resource,
                                      apr_pool_t *p);

#endif
