/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MAP_BUILD_H
#define SCIM_MAP_BUILD_H

#include "scim_map.h"

/** Private to scim_map_parse.c and scim_map_compile.c: directives, read but not yet understood. */

typedef struct scim_map_raw_table_t {
    const char *type;
    const char *table;
    const char *key;
    const char *id;    /* NULL: uuid */
    const char *match; /* NULL: the column of the type's unique attribute */
    const char *at;
} scim_map_raw_table_t;

typedef struct scim_map_raw_column_t {
    const char *type;
    const char *path;
    const char *column;
    apr_array_header_t *words; /* scim_map_word_t, or NULL */
    const char *yes;           /* or NULL */
    const char *no;
    const char *at;
} scim_map_raw_column_t;

typedef struct scim_map_raw_constant_t {
    const char *type;
    scim_map_pair_t pair;
} scim_map_raw_constant_t;

typedef struct scim_map_raw_link_t {
    const char *type;
    scim_map_link_t link;
} scim_map_raw_link_t;

typedef struct scim_map_raw_event_t {
    const char *type;
    scim_map_when_t when;
    scim_map_event_t event;
} scim_map_raw_event_t;

typedef struct scim_map_raw_adopt_t {
    const char *type;
    int on;
    const char *at;
} scim_map_raw_adopt_t;

struct scim_map_build_t {
    apr_array_header_t *tables;    /* scim_map_raw_table_t */
    apr_array_header_t *columns;   /* scim_map_raw_column_t */
    apr_array_header_t *constants; /* scim_map_raw_constant_t */
    apr_array_header_t *links;     /* scim_map_raw_link_t */
    apr_array_header_t *events;    /* scim_map_raw_event_t */
    apr_array_header_t *adopts;    /* scim_map_raw_adopt_t */
    const scim_map_members_t *members;
};

#endif
