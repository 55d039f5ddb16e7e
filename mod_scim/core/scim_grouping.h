/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_GROUPING_H
#define SCIM_GROUPING_H

#include <apr_tables.h>

#include "scim_tenant.h"

/**
 * What makes users members of groups beside a client that says so: values of their attributes
 * (ScimGroupFrom), that a user is in one group only (ScimOneGroupPerUser), and whether groups may
 * be in groups (ScimNestedGroups).
 */

/** An attribute whose values name the groups that a user is in. */
typedef struct scim_group_from_t {
    const char *words; /* the path as it was written, for messages */
    scim_path_t path;
    int create;        /* 1: a group that is not there is made; 0: the value is refused */
    int exact;         /* 1: the name must be that of the group to the byte; 0: without case */
    const char *error; /* behind the detail of a refusal, or NULL */
} scim_group_from_t;

typedef enum scim_nested_t {
    SCIM_NESTED_ALLOW,
    SCIM_NESTED_SKIP,  /* a group among the members to add is passed over */
    SCIM_NESTED_REJECT /* the request is refused */
} scim_nested_t;

typedef struct scim_grouping_t {
    int one_group; /* 1: a user that gets into a group leaves the one it was in */
    scim_nested_t nested;
    const scim_group_from_t *from;
    int nfrom;
    int creates; /* 1: some of them make groups */
} scim_grouping_t;

/** A group's name that a user's attribute has. */
typedef struct scim_group_name_t {
    const char *name;
    const char *folded;
    const scim_group_from_t *from;
} scim_group_name_t;

/** The most values of one user that name groups; more are refused. */
#define SCIM_GROUP_NAMES_MAX 64

/** Characters of a group's name that a value may have; what groups show of theirs has so many. */
#define SCIM_GROUP_NAME_CHARS 255

/** A tenant's directives while they are read. */
typedef struct scim_grouping_build_t scim_grouping_build_t;

scim_grouping_build_t *scim_grouping_build(apr_pool_t *p);

/**
 * Take the words of one directive.
 * @param at where it stands, for the messages of scim_grouping_finish()
 * @return NULL, or what is wrong
 */
const char *scim_grouping_add_from(scim_grouping_build_t *build, int argc, const char *const *argv,
                                   const char *at);
const char *scim_grouping_set_one(scim_grouping_build_t *build, const char *word, const char *at);
const char *scim_grouping_set_nested(scim_grouping_build_t *build, const char *word);

/**
 * Bind the directives to the tenant's User: sets tenant->grouping and, where groups are refused as
 * members, tenant->catalog.
 * @param p holds what the tenant points to
 * @return NULL, or what is wrong, with the directive and where it stands
 */
const char *scim_grouping_finish(scim_tenant_t *tenant, const scim_grouping_build_t *build,
                                 apr_pool_t *p);

/**
 * The groups that a user's document names, each once.
 * @param names array of scim_group_name_t
 * @param doc   NULL: none
 * @return 400 invalidValue for more than SCIM_GROUP_NAMES_MAX, or a longer one than may be
 */
scim_error_t *scim_grouping_names(apr_array_header_t **names, const scim_grouping_t *grouping,
                                  const json_t *doc, apr_pool_t *p) SCIM_CHECKED;

/** Whether a group with this displayName is the one that is named. */
int scim_grouping_is(const scim_group_name_t *name, const char *display, apr_pool_t *p);

/** 400 invalidValue: there is no such group. */
scim_error_t *scim_grouping_unknown(const scim_group_from_t *from, apr_pool_t *p) SCIM_CHECKED;

#endif
