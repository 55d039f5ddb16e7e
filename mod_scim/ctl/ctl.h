/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_H
#define SCIM_CTL_H

#include <stdio.h>

#include <apr_tables.h>
#include <jansson.h>

#include "scim_dbd_own.h"
#include "scim_store.h"
#include "scim_tenant.h"

/**
 * scimctl: the operator's command over the libraries of the module. Results go to standard output,
 * everything else to standard error.
 */

/** Exit codes, part of the interface (docs/scimctl.8). */
typedef enum ctl_exit_t {
    CTL_OK = 0,
    CTL_FAILED = 1,    /* asked for something that could not be done, or only in part */
    CTL_USAGE = 2,     /* the command line makes no sense */
    CTL_NOT_FOUND = 3, /* what was named is not there */
    CTL_AWAY = 4       /* the database cannot be reached, or is too busy */
} ctl_exit_t;

/** How results are written: as people like them on a terminal, as JSON into anything else. */
typedef enum ctl_format_t { CTL_AUTO, CTL_JSON, CTL_TABLE } ctl_format_t;

/** The command line. Strings are NULL and numbers 0 where nothing was said. */
typedef struct ctl_options_t {
    /* where */
    const char *config;          /* --config */
    const char *server_root;     /* --server-root */
    const char *httpd;           /* --httpd */
    apr_array_header_t *defines; /* --define, of const char * */
    const char *driver;          /* --driver */
    const char *params;          /* --params */
    const char *params_file;     /* --params-file */
    const char *db_user;         /* --db-user */
    const char *password_file;   /* --password-file */
    const char *tenant;          /* --tenant */
    const char *server;          /* --server */
    const char *base;            /* --base */
    /* how */
    int json;    /* --json */
    int table;   /* --table */
    int quiet;   /* --quiet */
    int help;    /* --help */
    int version; /* --version */
    /* what; each command takes some of these */
    const char *sql_dir;           /* --sql-dir */
    const char *filter;            /* --filter */
    const char *limit;             /* --limit */
    const char *type;              /* --type */
    const char *output;            /* --output */
    const char *on_error;          /* --on-error */
    int update;                    /* --update */
    int dry_run;                   /* --dry-run */
    int apply;                     /* --apply */
    int all;                       /* --all */
    const char *label;             /* --label */
    const char *creator;           /* --creator */
    const char *owner;             /* --owner */
    const char *expires;           /* --expires */
    const char *note;              /* --note */
    const char *id;                /* --id */
    const char *name;              /* --name */
    apr_array_header_t *redirects; /* --redirect, of const char * */
    const char *jwks;              /* --jwks */
    const char *jwks_uri;          /* --jwks-uri */
    int every_tenant;              /* --every-tenant */
    const char *subject;           /* --subject */
    const char *audience;          /* --audience */
    /* audit */
    const char *user;  /* --user */
    const char *op;    /* --op */
    const char *since; /* --since */
    int failed;        /* --failed */
    int follow;        /* --follow */
} ctl_options_t;

typedef struct ctl_place_t ctl_place_t;

/** One run of scimctl. */
typedef struct ctl_t {
    apr_pool_t *pool;
    ctl_options_t opt;
    const char *const *args; /* what follows the command's words */
    int nargs;
    const struct ctl_command_t *command;
    ctl_format_t format; /* never CTL_AUTO */
    int width;           /* columns of the terminal; 0: standard output is none */
    int live;            /* 1: standard error is a terminal, and may show progress */
    int errors_seen;     /* 1: something was said on standard error */

    apr_array_header_t *places; /* of ctl_place_t *: the configuration's; NULL: not read */
    const ctl_place_t *place;   /* the one that was chosen, or NULL: driver and params only */
    const char *driver;         /* of the chosen database */
    const char *params;
    scim_dbd_own_t *own;
    scim_tenant_t *tenant; /* as configured; NULL where the command needs none */
} ctl_t;

/** A command's function. @return exit code; it has said what is wrong */
typedef int(ctl_run_fn)(ctl_t *c);

/** What a command needs before it runs. */
typedef enum ctl_need_t {
    CTL_NEED_NOTHING,
    CTL_NEED_PLACES,   /* the configuration, or driver and params */
    CTL_NEED_DATABASE, /* one database */
    CTL_NEED_TENANT    /* one tenant in it */
} ctl_need_t;

/** One command. */
typedef struct ctl_command_t {
    const char *noun;
    const char *verb; /* NULL: the noun is the whole command */
    ctl_run_fn *run;
    ctl_need_t need;
    int min;           /* arguments, at least */
    int max;           /* and at most; -1: any number */
    const char *args;  /* as the usage shows them */
    const char *takes; /* options of its own, with blanks between */
    const char *what;  /* one line for the help */
} ctl_command_t;

/* ---- saying things ---- */

/** "scimctl: …" on standard error. @return code */
int ctl_fail(ctl_t *c, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** The same as a hint below, without the name before it; not with --quiet. */
void ctl_say(ctl_t *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Say an error of the libraries, with what only a log would show. @return its exit code */
int ctl_error(ctl_t *c, const scim_error_t *err);

/** The same with words before it, such as "line 7". */
int ctl_error_at(ctl_t *c, const char *where, const scim_error_t *err);

/** The exit code of an error, without a word. */
int ctl_error_code(const scim_error_t *err);

/** A whole number of an option. @param out stays where text is NULL. @return 1, or 0: said */
int ctl_number(ctl_t *c, int *out, const char *option, const char *text, int min, int max);

/* ---- using the database ---- */

/** A use of the database for a command's one step. */
scim_dbd_t *ctl_dbd(ctl_t *c, apr_pool_t *p);

/** The tenant's store for one step. */
scim_store_t *ctl_store(ctl_t *c, apr_pool_t *p);

/** Open the chosen database, or say why not. @return CTL_OK, or exit code */
int ctl_open(ctl_t *c);

/** Make c->own of c->driver and c->params. @return CTL_OK, or exit code */
int ctl_use_database(ctl_t *c, const char *driver, const char *params);

/* ---- the commands ---- */

ctl_run_fn ctl_db_init;
ctl_run_fn ctl_db_upgrade;
ctl_run_fn ctl_db_check;
ctl_run_fn ctl_tenant_list;
ctl_run_fn ctl_tenant_show;
ctl_run_fn ctl_tenant_create;
ctl_run_fn ctl_tenant_switch;
ctl_run_fn ctl_token_create;
ctl_run_fn ctl_token_list;
ctl_run_fn ctl_token_revoke;
ctl_run_fn ctl_client_create;
ctl_run_fn ctl_client_list;
ctl_run_fn ctl_client_revoke;
ctl_run_fn ctl_jwt_issue;
ctl_run_fn ctl_jwt_revoke;
ctl_run_fn ctl_resource_list;
ctl_run_fn ctl_resource_show;
ctl_run_fn ctl_adopt;
ctl_run_fn ctl_export;
ctl_run_fn ctl_import;
ctl_run_fn ctl_audit;
ctl_run_fn ctl_event_list;
ctl_run_fn ctl_event_drop;

/** Every command; noun NULL behind the last. */
extern const ctl_command_t ctl_commands[];

#endif
