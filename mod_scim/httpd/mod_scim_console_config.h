/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_CONSOLE_CONFIG_H
#define MOD_SCIM_CONSOLE_CONFIG_H

#include "mod_scim_config.h"

/** What the directives of ScimConsole say in a section, or in several that were merged. */
typedef struct scim_console_conf_t {
    int on;            /* ScimConsole */
    const char *at;    /* "file:line" of it, for messages */
    const char *path;  /* the <Location> it stands in, without a slash at the end */
    int guarded;       /* 1: a Require stands in the same <Location> */
    const char *files; /* ScimConsoleFiles, an absolute path; or NULL */
} scim_console_conf_t;

/** A place where a console is served. Made when the configuration is checked. */
typedef struct scim_console_t {
    const char *path;                 /* of the <Location> */
    const char *tenant;               /* whose admin is served */
    const char *base;                 /* path of the SCIM base that serves the tenant */
    const scim_dir_t *scim;           /* what holds there */
    const scim_dir_t *oauth;          /* of the tenant's place of ScimOAuth, or NULL */
    const char *oauth_base;           /* its path */
    const struct scim_files_t *files; /* mod_scim_console_files.h */
} scim_console_t;

/** The conf of an inner section over that of an outer one; either may be NULL. */
const scim_console_conf_t *scim_console_merge(apr_pool_t *p, const scim_console_conf_t *outer,
                                              const scim_console_conf_t *inner);

/* The directives. */
const char *scim_console_set(cmd_parms *cmd, void *config, int on);
const char *scim_console_set_files(cmd_parms *cmd, void *config, const char *value);

struct scim_sections_t;

/**
 * check_config: find every console of a server whose SCIM bases and places of ScimOAuth are known,
 * and whom it shows. Logs what is wrong.
 * @param sections the server's
 * @param quiet    1: no warnings
 * @return OK, or an error
 */
int scim_console_check(server_rec *s, const struct scim_sections_t *sections, int quiet,
                       apr_pool_t *pconf, apr_pool_t *ptemp);

#endif
