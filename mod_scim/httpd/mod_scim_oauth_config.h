/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_OAUTH_CONFIG_H
#define MOD_SCIM_OAUTH_CONFIG_H

#include "mod_scim_config.h"
#include "scim_grant.h"

/** What the directives of ScimOAuth say in a section, or in several that were merged. */
typedef struct scim_oauth_conf_t {
    int on;             /* ScimOAuth */
    const char *at;     /* "file:line" of it, for messages */
    const char *path;   /* the <Location> it stands in, without a slash at the end */
    const char *base;   /* ScimOAuthBase, or NULL; may have a segment for the tenant */
    const char *issuer; /* ScimOAuthIssuer, or NULL */
    unsigned auths;     /* ScimOAuthClientAuth: SCIM_OAUTH_AUTH_*; 0: not set */
    unsigned grants;    /* ScimOAuthGrants: SCIM_OAUTH_GRANT_*; 0: not set */
    int access;         /* ScimOAuthLifetime, in seconds */
    int refresh;        /* 0: never ends */
    int code;
    int grace; /* ScimOAuthRefreshGrace, in seconds */
} scim_oauth_conf_t;

/** The conf of an inner section over that of an outer one; either may be NULL. */
const scim_oauth_conf_t *scim_oauth_merge(apr_pool_t *p, const scim_oauth_conf_t *outer,
                                          const scim_oauth_conf_t *inner);

/* The directives. */
const char *scim_oauth_set(cmd_parms *cmd, void *config, int on);
const char *scim_oauth_set_base(cmd_parms *cmd, void *config, const char *value);
const char *scim_oauth_set_issuer(cmd_parms *cmd, void *config, const char *value);
const char *scim_oauth_set_auth(cmd_parms *cmd, void *config, const char *value);
const char *scim_oauth_set_grant(cmd_parms *cmd, void *config, const char *value);
const char *scim_oauth_set_lifetime(cmd_parms *cmd, void *config, const char *access,
                                    const char *refresh, const char *code);
const char *scim_oauth_set_grace(cmd_parms *cmd, void *config, const char *value);

/** 1 if dir serves OAuth. */
int scim_oauth_is_on(const scim_dir_t *dir);

/** The path that the endpoints are below, as scim_base_below() takes it. */
const char *scim_oauth_base(const scim_oauth_conf_t *conf);

/** How clients prove who they are: set of SCIM_OAUTH_AUTH_*. */
unsigned scim_oauth_auths(const scim_oauth_conf_t *conf);

/** What is granted: set of SCIM_OAUTH_GRANT_*. */
unsigned scim_oauth_grants(const scim_oauth_conf_t *conf);

/** The same and the life times, for the store. */
scim_grant_rules_t scim_oauth_rules(const scim_dir_t *dir);

/** Where a section with ScimOAuth On has its endpoints. @return NULL, or what is wrong */
const char *scim_oauth_check_path(const scim_dir_t *own, apr_pool_t *p);

/**
 * What the directives mean together.
 * @param dir   merged as for a request to the place
 * @param below the SCIM base of the server that the place is below, or NULL
 * @return NULL, or what is wrong
 */
const char *scim_oauth_check(const scim_dir_t *dir, const char *below, apr_pool_t *p);

#endif
