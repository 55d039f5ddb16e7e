/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_AUTHZ_CONF_H
#define MOD_SCIM_AUTHZ_CONF_H

#include <ap_expr.h>

#include "mod_scim_config.h"
#include "scim_path.h"

/**
 * How the rest of the fleet is authorised: Require lines and directives, parsed when the
 * configuration is read. Which schemas there are is known only when all of it has been, so paths
 * are resolved by scim_authz_check().
 */

/** A path of a user's. */
typedef struct scim_authz_path_t {
    const char *text;
    scim_path_t path;                 /* once resolved; attr is NULL before */
    const scim_resource_type_t *type; /* by which it was */
} scim_authz_path_t;

/** A value of a Require line. */
typedef struct scim_authz_value_t {
    const char *text;
    const ap_expr_info_t *expr; /* with "%{" in it: evaluated for each request; else NULL */
    const char *folded;         /* of a constant, as names of groups compare */
    const scim_filter_t *test;  /* of a constant of scim-attribute, once resolved */
} scim_authz_value_t;

/** A Require line. */
typedef struct scim_authz_line_t {
    scim_authz_path_t *path;    /* of scim-attribute, else NULL */
    apr_array_header_t *values; /* of scim_authz_value_t */
} scim_authz_line_t;

/** A variable of ScimExportEnv. */
typedef struct scim_authz_export_t {
    const char *name;
    apr_array_header_t *paths; /* of scim_authz_path_t *: the first that has a value counts */
} scim_authz_export_t;

/** What a section says, or several that were merged. */
typedef struct scim_authz_conf_t {
    const char *tenant;             /* ScimAuthzTenant, or NULL */
    const scim_authz_path_t *match; /* ScimAuthzMatch, or NULL: userName */
    int cache;                      /* ScimAuthzCache, or SCIM_UNSET */
    apr_array_header_t *exports;    /* of scim_authz_export_t; NULL: none */
    int requires;                   /* 1: there are Require lines */
    unsigned wants;                 /* what they need of a user: SCIM_WHO_* */
} scim_authz_conf_t;

/** The conf of an inner section over that of an outer one; either may be NULL. */
const scim_authz_conf_t *scim_authz_merge(apr_pool_t *p, const scim_authz_conf_t *outer,
                                          const scim_authz_conf_t *inner);

/* The directives. */
const char *scim_authz_set_tenant(cmd_parms *cmd, void *config, const char *value);
const char *scim_authz_set_match(cmd_parms *cmd, void *config, const char *value);
const char *scim_authz_set_cache(cmd_parms *cmd, void *config, const char *value);
const char *scim_authz_set_export(cmd_parms *cmd, void *config, int argc, char *const argv[]);

/** parse_require_line of the three providers; *parsed is a scim_authz_line_t. */
const char *scim_authz_parse_user(cmd_parms *cmd, const char *args, const void **parsed);
const char *scim_authz_parse_group(cmd_parms *cmd, const char *args, const void **parsed);
const char *scim_authz_parse_attribute(cmd_parms *cmd, const char *args, const void **parsed);

/**
 * Once all is read: resolve every path, and note at the servers what may be asked of their
 * databases (scim_server_t.authz). Logs what is wrong.
 * @return OK or an HTTP status
 */
int scim_authz_check(server_rec *main_server, apr_pool_t *pconf);

/** What of a user a path needs: SCIM_WHO_*. */
unsigned scim_authz_wants(const scim_authz_path_t *path);

#endif
