/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_PARSER_H
#define SCIM_PARSER_H

#include "scim_filter.h"
#include "scim_lexer.h"

/** State of one parse, shared by scim_filter (the grammar), its values and scim_path (names). */
typedef struct scim_parser_t {
    scim_lexer_t lexer;
    const scim_resource_type_t *type; /* defines the names outside of brackets */
    const scim_catalog_t *catalog;    /* or NULL: its other types define names, too */
    const scim_attr_t *element;       /* inside attr[...]: defines the names; else NULL */
    int filter;                       /* a filter of its own, not one in a path */
    scim_filter_limits_t limits;
    unsigned terms;
    unsigned depth;
} scim_parser_t;

/** A parser without a text, with every limit that is 0 or not given at its default. */
void scim_parser_init(scim_parser_t *ps, const scim_filter_limits_t *limits);

/**
 * The current token as a name: resolved against the resource type, or inside brackets against the
 * attribute's sub-attributes. The token stays current.
 */
scim_error_t *scim_parser_name(scim_path_t *out, scim_parser_t *ps) SCIM_CHECKED;

/** As scim_parser_name(). *foreign: 1 if only another type of the catalog defines the name. */
scim_error_t *scim_parser_any_name(scim_path_t *out, int *foreign, scim_parser_t *ps) SCIM_CHECKED;

/** A token ".name" after a bracket: a sub-attribute of attr. The token stays current. */
scim_error_t *scim_parser_sub(const scim_attr_t **out, scim_parser_t *ps,
                              const scim_attr_t *attr) SCIM_CHECKED;

/**
 * "[filter]" for an attribute; the current token is the opening bracket, afterwards the one behind
 * the closing bracket.
 */
scim_error_t *scim_parser_brackets(const scim_filter_t **out, scim_parser_t *ps,
                                   const scim_path_t *path) SCIM_CHECKED;

/**
 * Check a comparison's operator and give it its value, in the attribute's type. The current token
 * is the value; afterwards the one behind it.
 * @param f op and path are set; the rest is set here
 * @param op_at where the operator stands
 */
scim_error_t *scim_parser_value(scim_filter_t *f, scim_parser_t *ps, apr_size_t op_at) SCIM_CHECKED;

#endif
