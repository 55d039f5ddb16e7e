/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_POLICY_H
#define SCIM_POLICY_H

#include <apr_tables.h>

#include "scim_map.h"
#include "scim_rules.h"
#include "scim_tenant.h"

/**
 * What a tenant's administrator decides about its resources: rules, mappings, what a life-cycle
 * event does. Said in directives, which are parsed here and not in httpd, so that scimctl obeys
 * the same. Compiled once; a request only follows pointers.
 */

/** The most words that one directive may have. */
#define SCIM_POLICY_WORDS_MAX 256

/** One directive as it was written. */
typedef struct scim_policy_line_t {
    const char *name; /* in the spelling of the table */
    int argc;
    const char *const *argv;
    const char *at; /* "file:line", for messages */
} scim_policy_line_t;

/** What is known of a tenant's directives while they are read, one after the other. */
typedef struct scim_policy_build_t {
    scim_tenant_t *tenant;          /* what plain settings are written to */
    const scim_policy_line_t *line; /* the one that is being taken */
    /* Those of the parts that have seen one of their own; else NULL. */
    scim_rules_build_t *rules;
    struct scim_life_t *life; /* tenant->life then */
    struct scim_quota_build_t *quota;
    struct scim_grouping_build_t *grouping;
    scim_map_build_t *map;
    struct scim_events_t *events;
    int events_off; /* 1: ScimEventURL Off */
} scim_policy_build_t;

/**
 * Take one directive's words.
 * @return NULL, or what is wrong with them in one sentence, without the directive's name
 */
typedef const char *(scim_policy_add_fn)(scim_policy_build_t *build, int argc,
                                         const char *const *argv, apr_pool_t *p);

typedef struct scim_policy_directive_t {
    const char *name;
    int min; /* words, at least */
    int max; /* and at most; -1: SCIM_POLICY_WORDS_MAX */
    scim_policy_add_fn *add;
} scim_policy_directive_t;

/** A directive by its name without case, or NULL. */
const scim_policy_directive_t *scim_policy_find(const char *name);

/** The directives in the table's order, for whoever lists them; NULL behind the last. */
const scim_policy_directive_t *scim_policy_at(int i);

/**
 * Whether a directive's words can be right at all, whatever else is configured.
 * @return NULL, or what is wrong in one sentence
 */
const char *scim_policy_check_line(const scim_policy_line_t *line, apr_pool_t *p);

/**
 * Make a tenant obey its directives.
 * @param tenant its catalog is that of its schemas and profile; it may get another one here
 * @param lines  array of scim_policy_line_t; of one name in the order in which they were written
 * @param p      holds everything that the tenant points to afterwards
 * @return NULL, or what is wrong: "ScimGroups in file:line: …" where one line is to blame
 */
const char *scim_policy_compile(scim_tenant_t *tenant, const apr_array_header_t *lines,
                                apr_pool_t *p);

#endif
