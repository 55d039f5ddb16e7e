/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_FILTER_H
#define SCIM_FILTER_H

#include <jansson.h>

#include "scim_path.h"

/**
 * Filters: the whole grammar of RFC 7644 section 3.4.2.2, parsed to a tree, resolved against a
 * resource type, and printed back. Lenient in two points that clients need: an unquoted word of
 * letters, digits and ._@+:- as the value of a string is a string, also where it looks like a
 * number (Entra sends `externalId eq jyoung`); and `emails[type eq "work"].value eq "x"` is
 * accepted for `emails[type eq "work" and value eq "x"]`.
 *
 * Chains of one operator lean to the right: `a or b or c` is OR(a, OR(b, c)). Whoever walks a tree
 * follows `right` in a loop and recurses only into `left`, whose depth the limits bound.
 */

typedef enum scim_op_t {
    SCIM_OP_EQ,
    SCIM_OP_NE,
    SCIM_OP_CO,
    SCIM_OP_SW,
    SCIM_OP_EW,
    SCIM_OP_GT,
    SCIM_OP_GE,
    SCIM_OP_LT,
    SCIM_OP_LE,
    SCIM_OP_PR,
    SCIM_OP_AND,
    SCIM_OP_OR,
    SCIM_OP_NOT,
    SCIM_OP_PATH, /* attr[filter]: some element satisfies `left` */
    SCIM_OP_ABSENT /* `left` is on an attribute that the type does not have; `kind` is what it
                      comes to, JSON_TRUE or JSON_FALSE. Only from scim_filter_parse_any(). */
} scim_op_t;

typedef struct scim_filter_t scim_filter_t;
struct scim_filter_t {
    scim_op_t op;
    const scim_filter_t *left;  /* AND, OR, NOT, PATH */
    const scim_filter_t *right; /* AND, OR */
    /* comparisons, PR and PATH: its filter is NULL; inside attr[...] `attr` is the sub-attribute */
    scim_path_t path;
    /* comparisons: the value, already in the attribute's type */
    json_type kind;      /* JSON_STRING, _INTEGER, _REAL, _TRUE, _FALSE, _NULL */
    const char *string;  /* as given; dateTime attributes keep their text here too */
    const char *folded;  /* folded where the attribute is not caseExact, else == string */
    apr_int64_t integer; /* integer, or dateTime in microseconds */
    double real;
    int absent_false; /* an element without it has it as false: `primary` (RFC 7643 2.4) */
};

typedef struct scim_filter_limits_t {
    apr_size_t bytes; /* default 8,192 */
    unsigned terms;   /* comparisons, default 200 */
    unsigned depth;   /* parentheses, not, [ ]: default 32 */
} scim_filter_limits_t;

/**
 * Parse a filter for resources of a type. Refused with 400 invalidFilter: what the grammar does not
 * allow, an attribute that no schema of the type defines, an operator that the attribute's type
 * does not have (RFC 7644 table 3: gt, ge, lt, le on boolean and binary; co, sw, ew on other types
 * than string and reference), a value of another type. An attribute that is never returned: 400
 * sensitive.
 * A boolean attribute accepts "true" and "false" as strings in any case. A bare complex attribute
 * means its `value` sub-attribute, but for `pr`, `eq null` and `ne null`, which ask for the whole
 * (path.sub stays NULL). Only eq and ne compare with null.
 * @param limits NULL or 0 in a field: the defaults
 */
scim_error_t *scim_filter_parse(const scim_filter_t **out, const char *text,
                                const scim_resource_type_t *type,
                                const scim_filter_limits_t *limits, apr_pool_t *p) SCIM_CHECKED;

/**
 * As scim_filter_parse() for a list of several types: an attribute that only another type of the
 * catalog defines has no value in this one (RFC 7644 section 3.4.2.1), which decides the
 * comparison.
 */
scim_error_t *scim_filter_parse_any(const scim_filter_t **out, const char *text,
                                    const scim_resource_type_t *type,
                                    const scim_catalog_t *catalog,
                                    const scim_filter_limits_t *limits, apr_pool_t *p) SCIM_CHECKED;

/** As scim_filter_parse() for the filter inside attr[...]: names are attr's sub-attributes. */
scim_error_t *scim_filter_parse_value(const scim_filter_t **out, const char *text, apr_size_t len,
                                      const scim_attr_t *attr, const scim_filter_limits_t *limits,
                                      scim_error_type_t errtype, apr_pool_t *p) SCIM_CHECKED;

/** Canonical text; parsing it again gives an equal tree. */
const char *scim_filter_print(const scim_filter_t *f, apr_pool_t *p);

/** 1 if any comparison in the tree is on an attribute stored at `at`. */
int scim_filter_uses(const scim_filter_t *f, scim_at_t at);

#endif
