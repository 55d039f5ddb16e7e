/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_CONFIG_H
#define MOD_SCIM_CONFIG_H

#include <apr_global_mutex.h>
#include <apr_hash.h>

#include "mod_scim.h"
#include "scim_rate.h"
#include "scim_tenant.h"
#include "scim_token.h"

struct scim_schemas_t;

/** A number or switch that no directive has set. */
#define SCIM_UNSET (-1)

/** The base where neither ScimBase nor a <Location> says otherwise. */
#define SCIM_BASE_DEFAULT "/scim/v2"

/** What says whose resources a request is about (ScimTenantBy). */
typedef enum scim_tenant_by_t {
    SCIM_TENANT_BY_NAME, /* ScimTenant */
    SCIM_TENANT_BY_PATH, /* the segment {tenant} of the base */
    SCIM_TENANT_BY_TOKEN /* the token */
} scim_tenant_by_t;

/**
 * What the directives say, for a server or a <Location>. Every member is set in create and in merge
 * (tests/guard/check_merge).
 */
typedef struct scim_dir_t {
    int enable;              /* ScimEnable */
    const char *enable_at;   /* "file:line" of it, for messages */
    const char *enable_path; /* the <Location> it stands in, without a slash at the end, or NULL */
    const char *base;        /* ScimBase, without a slash at the end ("" is the root), or NULL */
    const char *tenant;      /* ScimTenant */
    apr_array_header_t *tokens; /* of scim_static_t: ScimToken and ScimTokenFile; NULL: none */
    apr_array_header_t *aliases; /* of const char *: ScimBaseAlias; NULL: none */
    int tenant_by;               /* ScimTenantBy: scim_tenant_by_t */
    int provisioning;            /* ScimProvisioning */
    int token_store;             /* ScimTokenStore */
    const scim_token_rules_t *token_life; /* ScimTokenLifetime, or NULL */
    int token_limit;                      /* ScimTokenLimit */
    int token_owner;                      /* ScimTokenOwner */
    int trust_user;                       /* ScimTrustUser */
    struct scim_jwt_conf_t *jwt; /* mod_scim_jwt_conf.h: ScimJWTIssuer and so on, or NULL */
    int require_tls;            /* ScimRequireTLS */
    int max_body;               /* ScimMaxBody */
    int max_document;           /* ScimMaxDocument */
    int page_size;              /* ScimPageSize, first value */
    int max_page_size;          /* ScimPageSize, second value */
    int max_scan;               /* ScimMaxScan */
    int cursor_timeout;         /* ScimCursorTimeout */
    int max_terms;              /* ScimMaxFilterTerms */
    int max_operations;         /* ScimMaxOperations */
    int bulk_operations;        /* ScimBulkMaxOperations */
    int bulk_payload;           /* ScimBulkMaxPayload */
    int group_reply_members;    /* ScimGroupReplyMembers */
    int reject_unknown_members; /* ScimUnknownMembers */
    int reject_unknown_manager; /* ScimUnknownManager */
    int reject_unknown_attrs;   /* ScimUnknownAttributes */
    int patch_replace_creates;  /* ScimPatchReplaceCreates */
    const struct scim_profile_t *profile; /* ScimProfile, or NULL */
    const scim_catalog_t *catalog;        /* what the profile makes of the default one, or NULL */
    struct scim_schemas_t *schemas;       /* ScimSchemaFile and ScimIndex; NULL: none */
    apr_array_header_t *policies; /* of each section that has any, from the outside to the inside:
                                     its directives of scim_policy.h (mod_scim_policy.c), or NULL */
    const scim_rate_t *rate;              /* ScimRateLimit (requests 0: Off), or NULL */
    const struct scim_oauth_conf_t *oauth; /* ScimOAuth and what belongs to it, or NULL */
    /* the audit trail: mod_scim_audit.h */
    int audit;      /* ScimAudit */
    int audit_days; /* ScimAuditKeep, first value */
    int audit_rows; /* ScimAuditKeep, second value */
    const struct scim_authz_conf_t *authz; /* mod_scim_authz_conf.h: ScimAuthzTenant and so on */

    const struct scim_console_conf_t *console; /* ScimConsole, ScimConsoleFiles; or NULL */
} scim_dir_t;

/** A place where SCIM is served, for the dump (mod_scim_dump.h). */
typedef struct scim_place_t {
    const char *base;
    const scim_dir_t *dir; /* merged as for a request to the base */
    const char *driver;    /* DBDriver */
    const char *params;    /* DBDParams */
} scim_place_t;

/** What is known of a server once its configuration has been checked; made by scim_check_run(). */
typedef struct scim_server_t {
    apr_array_header_t *bases; /* of const char *: every base that is served here */
    apr_array_header_t *places; /* of scim_place_t; empty unless a dump is wanted */
    apr_array_header_t *oauth; /* of const scim_dir_t *: every place of ScimOAuth */
    apr_array_header_t *maps;  /* mappings of its tenants (mod_scim_map.h); NULL: none */
    int tries;                 /* how often a connection is asked for before giving up */
    int warm;                  /* connections that a child keeps for a moment between requests */
    const struct scim_dbd_source_t *source; /* made in post_config where bases has any */
    apr_global_mutex_t *mutex;              /* queues SQLite's writers; one for all servers */
    apr_hash_t *kept;   /* the main server's: how tenants are kept (mod_scim_policy.c), or NULL */
    apr_hash_t *limits; /* the main server's: rate limits by tenant (mod_scim_rate.c), or NULL */
    struct scim_oauth_keys_t *oauth_keys;   /* the main server's, or NULL */
    struct scim_known_t *known; /* what this child knows of tokens; one for all servers, or NULL */
    const struct scim_bookmarks_t *bookmarks; /* of long lists; one for all servers, or NULL */
    struct scim_jwt_all_t *jwt; /* the main server's: all of them (mod_scim_jwt.c), or NULL */
    struct scim_events_all_t *events; /* the main server's: all feeds (mod_scim_events.c) or NULL */
    struct scim_audit_gate_t *audit; /* of this child, one for all servers (mod_scim_audit.c) */
    /* authorisation, mod_scim_authz_conf.h: */
    int database;   /* 1: it has a DBDriver and DBDParams that we can use */
    int authz;      /* 1: users may be looked up in its database */
    int authz_here; /* 1: Require lines or directives of its own ask for that */
    struct scim_authz_cache_t *authz_cache; /* of this child; one for all servers, or NULL */

    apr_array_header_t *consoles; /* of const scim_console_t *: every place of ScimConsole */
    /* status, metrics, health */
    struct scim_stats_t *stats;   /* mod_scim_stats.c; one for all servers, or NULL */
    struct scim_health_t *health; /* this child's, of this server (mod_scim_health.c), or NULL */
} scim_server_t;

extern const command_rec scim_config_commands[];

/** create_dir_config and merge_dir_config of the module record. */
void *scim_config_create(apr_pool_t *p, char *path);
void *scim_config_merge(apr_pool_t *p, void *outer, void *inner);

/**
 * Whether a directive may stand where it does: in a server, a virtual host, a <Location> with a
 * plain path.
 * @return NULL, or what is wrong
 */
const char *scim_config_context(cmd_parms *cmd);

/** "file:line" of a directive, for messages. */
const char *scim_config_at(const cmd_parms *cmd);

/** The path of the <Location> around a directive, without a slash at the end; NULL: none. */
const char *scim_config_location(const cmd_parms *cmd);

/**
 * Read a file that a directive names, from the ServerRoot if its path is relative.
 * @param data in ptemp, NUL-terminated behind its len bytes
 * @param max  a larger file is refused
 * @return NULL, or what is wrong, in p
 */
const char *scim_config_file(const char **data, apr_size_t *len, const char *path, apr_size_t max,
                             apr_pool_t *p, apr_pool_t *ptemp);

/**
 * A whole number within bounds.
 * @return NULL, or what is wrong, naming the directive
 */
const char *scim_config_number(int *out, const char *value, const cmd_parms *cmd, int min, int max);

/** The rate limit, the profile's where no directive sets one; requests 0: none. */
scim_rate_t scim_config_rate(const scim_dir_t *dir);

/** Where SCIM is served: the path below which everything is ours. "" is the whole server. */
const char *scim_config_base(const scim_dir_t *dir);

/** What says whose resources a request is about. */
scim_tenant_by_t scim_config_tenant_by(const scim_dir_t *dir);

/** What holds for new tokens. */
scim_token_rules_t scim_config_token_rules(const scim_dir_t *dir);

/** The largest request body. */
int scim_config_max_body(const scim_dir_t *dir);

/** 1 if plain HTTP is refused. */
int scim_config_require_tls(const scim_dir_t *dir);

/** A tenant with the schemas and the profile of a place, without anything else of it, in p. */
scim_tenant_t *scim_config_base_tenant(const scim_dir_t *dir, apr_pool_t *p);

/**
 * The tenant with everything as configured, in p. NULL where its policies were not compiled: nobody
 * should be served without them.
 */
scim_tenant_t *scim_config_tenant(const scim_dir_t *dir, apr_pool_t *p);

/** This server's own record, NULL before scim_check_run(). */
scim_server_t *scim_server_get(const server_rec *s);

/** What a message calls a server: its name, or "the main server". */
const char *scim_server_label(const server_rec *s);

#endif
