/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_POLICY_H
#define MOD_SCIM_POLICY_H

#include "mod_scim_config.h"

/** Any directive of scim_policy.h, as httpd calls it: its words are checked and kept. */
const char *scim_policies_set(cmd_parms *cmd, void *config, const char *args);

/** The policies of an outer section and of an inner one; either may be NULL. */
apr_array_header_t *scim_policies_merge(apr_pool_t *p, apr_array_header_t *outer,
                                        apr_array_header_t *inner);

/**
 * Compile what holds in a place, once for each combination of sections. At the configuration's
 * check, for every place that requests can come to.
 * @param dir  merged as for a request there
 * @param base a tenant with the schemas and the profile of the place, living as long as the
 *             configuration; changed
 * @param p    lives as long as the configuration
 * @return NULL, or what is wrong, naming directive, file and line
 */
const char *scim_policies_compile(const scim_dir_t *dir, scim_tenant_t *base, apr_pool_t *p);

/**
 * Whether all places of one tenant keep it alike: where two of them map it otherwise, or deactivate
 * otherwise, what one writes is wrong for the other; where they tell their events otherwise, nobody
 * knows to whom. What they accept may differ.
 * @param database where the tenant is kept
 * @return NULL, or what is wrong; the other place is named
 */
const char *scim_policies_agree(server_rec *main_server, const scim_dir_t *dir,
                                const char *database, apr_pool_t *pconf);

/** What was compiled for a place; NULL where dir has no policies, or they were not compiled. */
const scim_tenant_t *scim_policies_compiled(const scim_dir_t *dir, apr_pool_t *p);

/**
 * The directives that hold in a place: of a name those of the innermost section that has any.
 * @return array of scim_policy_line_t in p
 */
apr_array_header_t *scim_policies_lines(const scim_dir_t *dir, apr_pool_t *p);

#endif
