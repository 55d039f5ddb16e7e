/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MAP_H
#define SCIM_MAP_H

#include <apr_tables.h>
#include <jansson.h>

#include "scim_path.h"
#include "scim_tenant.h"

/**
 * Mappings: which of a resource's attributes are written to which columns of the application's own
 * tables, in the transaction that writes the resource. Compiled from directives, never changed
 * afterwards. Names of tables and columns are letters, digits and underscores; values are bound.
 */

/** A column and what it is set to, or must be: of ScimMapConstant, ScimMapLink and others. */
typedef struct scim_map_pair_t {
    const char *column;
    const char *value; /* NULL: SQL NULL; "{tenant}" in it stands for the tenant's name */
    const char *at;    /* of the directive, for messages */
} scim_map_pair_t;

/** A word of the attribute and the word of the column that means the same. */
typedef struct scim_map_word_t {
    const char *scim;
    const char *column;
} scim_map_word_t;

/** One ScimMap. */
typedef struct scim_map_column_t {
    scim_path_t path;
    const char *label; /* the path as it was written, for messages */
    const char *column;
    const apr_array_header_t *words; /* scim_map_word_t; NULL: values are written as they are */
    const char *yes;                 /* what true and false are in the column */
    const char *no;
    const char *at;
} scim_map_column_t;

/** What an event of a resource's life does to its row. */
typedef enum scim_map_action_t {
    SCIM_MAP_DEFAULT, /* as ScimDeprovision says */
    SCIM_MAP_KEEP,    /* nothing */
    SCIM_MAP_DELETE,  /* the row goes */
    SCIM_MAP_UNLINK,  /* the row of the link table goes */
    SCIM_MAP_SET      /* columns get values */
} scim_map_action_t;

typedef struct scim_map_event_t {
    scim_map_action_t action;
    const apr_array_header_t *sets; /* scim_map_pair_t */
    const char *at;                 /* NULL: the directive is not there */
} scim_map_event_t;

typedef enum scim_map_when_t {
    SCIM_MAP_DEACTIVATED,
    SCIM_MAP_ACTIVATED,
    SCIM_MAP_DELETED,
    SCIM_MAP_EVENTS /* how many there are */
} scim_map_when_t;

/** ScimMapLink: rows of this table make rows of a table that tenants share the tenant's. */
typedef struct scim_map_link_t {
    const char *table;
    const char *account;             /* column with the key of the shared table */
    const apr_array_header_t *pairs; /* scim_map_pair_t */
    const char *at;
} scim_map_link_t;

/** One resource type's table. */
typedef struct scim_map_table_t {
    const scim_resource_type_t *type;
    const char *table; /* "name" or "database.name" */
    const char *key;
    const char *id; /* column with the ids of adopted rows; NULL: they get new ones */
    const scim_map_column_t *match;      /* by which rows are found; NULL: none is looked for */
    const scim_map_column_t *given_key;  /* the ScimMap of the key; NULL: the database counts */
    const apr_array_header_t *columns;   /* scim_map_column_t */
    const apr_array_header_t *constants; /* scim_map_pair_t */
    const scim_map_link_t *link;         /* or NULL */
    scim_map_event_t events[SCIM_MAP_EVENTS];
    int adopt;
    const char *at;
} scim_map_table_t;

/** ScimMapMembers: who is in which group. */
typedef struct scim_map_members_t {
    const char *table;
    const char *group;
    const char *user;
    const apr_array_header_t *pairs; /* scim_map_pair_t */
    const char *at;
} scim_map_members_t;

typedef struct scim_map_t {
    const apr_array_header_t *tables;  /* scim_map_table_t */
    const scim_map_members_t *members; /* or NULL */
    const scim_map_table_t *users;     /* of members: the tables of its two sides */
    const scim_map_table_t *groups;
} scim_map_t;

/** The table of a resource type, or NULL; also for a tenant without mappings (map NULL). */
const scim_map_table_t *scim_map_table(const scim_map_t *map, const scim_resource_type_t *type);

/* ---- from directives ---- */

/** The directives of a tenant while they are read. */
typedef struct scim_map_build_t scim_map_build_t;

scim_map_build_t *scim_map_build_make(apr_pool_t *p);

/**
 * Take one directive's words. Nothing is looked up yet.
 * @param at "file:line", kept
 * @return NULL, or what is wrong with them in one sentence
 */
typedef const char *(scim_map_add_fn)(scim_map_build_t *build, int argc, const char *const *argv,
                                      const char *at, apr_pool_t *p);
scim_map_add_fn scim_map_add_table;    /* ScimMapTable type table key=column [id=…] [match=…] */
scim_map_add_fn scim_map_add_column;   /* ScimMap type path column [translate=…] [true= false=] */
scim_map_add_fn scim_map_add_constant; /* ScimMapConstant type column value */
scim_map_add_fn scim_map_add_members;  /* ScimMapMembers table group= user= [column=value]… */
scim_map_add_fn scim_map_add_link;     /* ScimMapLink type table account=column [column=value]… */
scim_map_add_fn scim_map_add_event;    /* ScimMapOn type event action */
scim_map_add_fn scim_map_add_adopt;    /* ScimAdopt type On|Off */

/**
 * Put the directives together: types and paths are looked up in the tenant's catalog, and what
 * contradicts is refused. Sets tenant->map; NULL where there is no mapping.
 * @param build NULL: no directive was there
 * @return NULL, or "ScimMap in file:line: …" in one sentence
 */
const char *scim_map_compile(scim_tenant_t *tenant, const scim_map_build_t *build, apr_pool_t *p);

/* ---- values ---- */

/**
 * What a column gets from a document.
 * @param value NULL where the attribute has no value
 * @return 400 invalidValue for a value without a translation
 */
scim_error_t *scim_map_value(const char **value, const scim_map_column_t *column, const json_t *doc,
                             apr_pool_t *p) SCIM_CHECKED;

/**
 * Put a column's value into a document: what scim_map_value() would make into this text. What no
 * value of the attribute is made into leaves the document as it is.
 */
void scim_map_set(json_t *doc, const scim_map_column_t *column, const char *value, apr_pool_t *p);

#endif
