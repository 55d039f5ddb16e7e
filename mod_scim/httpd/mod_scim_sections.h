/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_SECTIONS_H
#define MOD_SCIM_SECTIONS_H

#include "mod_scim_config.h"

/**
 * The <Location> sections of a server by their paths. A server may have one for each of thousands
 * of tenants, and the check of the configuration asks for each which others hold there.
 */
typedef struct scim_sections_t scim_sections_t;

/** One <Location> with a plain path and directives of ours. */
typedef struct scim_section_t {
    const char *path; /* as it is written */
    scim_dir_t *dir;
    int order; /* in the configuration */
} scim_section_t;

/** Those of a server, in p. */
scim_sections_t *scim_sections_make(const server_rec *s, apr_pool_t *p);

/**
 * What holds for requests to a path: the server's own directives, then those of every section
 * around the path in the order of the configuration, merged in p.
 */
const scim_dir_t *scim_sections_merge(const scim_sections_t *sections, const char *path,
                                      apr_pool_t *p);

/**
 * The sections whose path begins with len bytes of a prefix, next to each other.
 * @return the first of n, or NULL where n is 0
 */
const scim_section_t *scim_sections_from(int *n, const scim_sections_t *sections,
                                         const char *prefix, apr_size_t len);

#endif
