/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_JWT_CONF_H
#define MOD_SCIM_JWT_CONF_H

#include "mod_scim_config.h"
#include "mod_scim_introspect.h"
#include "mod_scim_jwks.h"

/**
 * What a section says of tokens issued elsewhere: ScimJWT*, ScimJWKS*, ScimIntrospection* and
 * ScimHTTP*. A section's are one whole: one of them in an inner section replaces all of the outer
 * ones, for keys of the one with the issuer of the other would be a hole.
 */
typedef struct scim_jwt_conf_t {
    const char *at; /* "file:line" of the first of them */
    scim_jwt_policy_t policy;
    apr_array_header_t *audiences; /* policy.audiences, or NULL */
    scim_jose_keys_t *keys;        /* of files; may be empty */
    const char *secret_file;       /* ScimJWTSecretFile, or NULL */
    const char *secret;            /* its content */
    apr_size_t secret_len;
    int revocation;                /* 1: tokens may be on the list of revoked ones */
    scim_jwks_source_t source;     /* uri NULL: none */
    scim_introspect_source_t endpoint; /* url NULL: none */
    const char *ca_file;
    int timeout;
    int finished; /* 1: checked; the sources are complete */
    /* From scim_jwt_setup() on: */
    scim_jwks_t *jwks;
    scim_introspect_t *introspect;
} scim_jwt_conf_t;

/** Any directive of these. */
const char *scim_jwt_conf_set(cmd_parms *cmd, void *config, const char *value);
const char *scim_jwt_conf_key_file(cmd_parms *cmd, void *config, const char *path, const char *kid);
const char *scim_jwt_conf_uri(cmd_parms *cmd, void *config, const char *uri, const char *one,
                              const char *two);
const char *scim_jwt_conf_revocation(cmd_parms *cmd, void *config, int on);
const char *scim_jwt_conf_introspection(cmd_parms *cmd, void *config, const char *url,
                                        const char *client, const char *path);

/** 1 if there are keys for JSON Web Tokens. */
int scim_jwt_conf_has_keys(const scim_jwt_conf_t *conf);

/**
 * Check what a section's directives mean together, once.
 * @return NULL, or what is wrong
 */
const char *scim_jwt_conf_finish(scim_jwt_conf_t *conf, apr_pool_t *p);

#endif
