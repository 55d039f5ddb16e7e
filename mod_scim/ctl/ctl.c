/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "ctl_config.h"
#include "ctl_httpd.h"
#include "ctl_options.h"
#include "ctl_out.h"
#include "ctl_params.h"
#include "scim_tenants.h"

const ctl_command_t ctl_commands[] = {
    {"db", "init", ctl_db_init, CTL_NEED_PLACES, 0, 0, NULL, "sql-dir",
     "Make the tables in an empty database"},
    {"db", "upgrade", ctl_db_upgrade, CTL_NEED_PLACES, 0, 0, NULL, "sql-dir",
     "Bring the tables up to this version"},
    {"db", "check", ctl_db_check, CTL_NEED_PLACES, 0, 0, NULL, NULL,
     "Tell whether databases and tables are as the configuration wants them"},
    {"tenant", "list", ctl_tenant_list, CTL_NEED_PLACES, 0, 0, NULL, NULL,
     "List the places that httpd's configuration serves, and the tenants"},
    {"tenant", "create", ctl_tenant_create, CTL_NEED_DATABASE, 1, 1, "NAME", "note",
     "Make a tenant that places by path or by token serve"},
    {"tenant", "on", ctl_tenant_switch, CTL_NEED_DATABASE, 1, 1, "NAME", NULL,
     "Serve a tenant's clients again"},
    {"tenant", "off", ctl_tenant_switch, CTL_NEED_DATABASE, 1, 1, "NAME", NULL,
     "Answer a tenant's clients with 403"},
    {"tenant", "show", ctl_tenant_show, CTL_NEED_TENANT, 0, 0, NULL, NULL,
     "Show a tenant's settings and how much it has"},
    {"token", "create", ctl_token_create, CTL_NEED_TENANT, 0, 0, NULL,
     "label creator owner expires", "Make a token, and show it this once"},
    {"token", "list", ctl_token_list, CTL_NEED_TENANT, 0, 0, NULL, "all", "List tokens"},
    {"token", "revoke", ctl_token_revoke, CTL_NEED_TENANT, 1, -1, "ID...", NULL,
     "Revoke tokens for ever, from the next request on"},
    {"client", "create", ctl_client_create, CTL_NEED_TENANT, 0, 0, NULL,
     "name id redirect jwks jwks-uri every-tenant", "Register an OAuth client"},
    {"client", "list", ctl_client_list, CTL_NEED_TENANT, 0, 0, NULL, "all", "List OAuth clients"},
    {"client", "revoke", ctl_client_revoke, CTL_NEED_TENANT, 1, -1, "ID...", "every-tenant",
     "Revoke clients for ever, and every token that they were given"},
    {"jwt", "issue", ctl_jwt_issue, CTL_NEED_TENANT, 0, 0, NULL, "subject audience owner expires",
     "Sign a token with the place's ScimJWTSecretFile, and show it this once"},
    {"jwt", "revoke", ctl_jwt_revoke, CTL_NEED_TENANT, 1, -1, "JTI...", "expires",
     "Revoke signed tokens for ever, by their jti"},
    {"user", "list", ctl_resource_list, CTL_NEED_TENANT, 0, 0, NULL, "filter limit", "List users"},
    {"user", "show", ctl_resource_show, CTL_NEED_TENANT, 1, 1, "USERNAME|ID", NULL, "Show a user"},
    {"group", "list", ctl_resource_list, CTL_NEED_TENANT, 0, 0, NULL, "filter limit",
     "List groups"},
    {"group", "show", ctl_resource_show, CTL_NEED_TENANT, 1, 1, "NAME|ID", NULL,
     "Show a group with its members"},
    {"audit", "list", ctl_audit, CTL_NEED_TENANT, 0, 0, NULL, "user op failed since limit follow",
     "List who changed what and what was refused, the newest first"},
    {"audit", NULL, ctl_audit, CTL_NEED_TENANT, 0, 0, NULL, "user op failed since limit follow",
     "The same"},
    {"event", "list", ctl_event_list, CTL_NEED_TENANT, 0, 0, NULL, "limit",
     "List security events that wait for being delivered, the oldest first"},
    {"event", "drop", ctl_event_drop, CTL_NEED_TENANT, 0, 0, NULL, NULL,
     "Drop all that wait; they are told to nobody"},
    {"export", NULL, ctl_export, CTL_NEED_TENANT, 0, 0, NULL, "type output",
     "Write every resource of a tenant as a line of JSON"},
    {"import", NULL, ctl_import, CTL_NEED_TENANT, 0, 1, "[FILE]", "update on-error dry-run",
     "Create resources from lines of JSON"},
    {"adopt", NULL, ctl_adopt, CTL_NEED_TENANT, 0, 0, NULL, "apply type limit",
     "Make resources of rows that the application had before"},
    {0},
};

/* ---- saying things ---- */

int ctl_fail(ctl_t *c, int code, const char *fmt, ...)
{
    va_list args;

    fflush(stdout);
    c->errors_seen = 1;
    fputs("scimctl: ", stderr);
    va_start(args, fmt);
    fputs(apr_pvsprintf(c->pool, fmt, args), stderr);
    va_end(args);
    fputc('\n', stderr);
    return code;
}

void ctl_say(ctl_t *c, const char *fmt, ...)
{
    va_list args;

    if (c->opt.quiet) {
        return;
    }
    va_start(args, fmt);
    fputs(apr_pvsprintf(c->pool, fmt, args), stderr);
    va_end(args);
    fputc('\n', stderr);
}

int ctl_error_code(const scim_error_t *err)
{
    if (!err) {
        return CTL_OK;
    }
    if (err->cause == SCIM_CAUSE_GONE || err->cause == SCIM_CAUSE_RETRY) {
        return CTL_AWAY;
    }
    return err->status == 404 ? CTL_NOT_FOUND : CTL_FAILED;
}

int ctl_error_at(ctl_t *c, const char *where, const scim_error_t *err)
{
    const char *type = scim_error_type_name(err->type);
    const char *why = err->cause == SCIM_CAUSE_GONE && c->own ? scim_dbd_own_error(c->own) : NULL;

    ctl_fail(c, 0, "%s%s%s%s%s", where, *where ? ": " : "", type ? type : "", type ? ": " : "",
             err->detail);
    if (why || err->log) {
        ctl_fail(c, 0, "%s", why ? why : err->log);
    }
    return ctl_error_code(err);
}

int ctl_error(ctl_t *c, const scim_error_t *err)
{
    return ctl_error_at(c, "", err);
}

int ctl_number(ctl_t *c, int *out, const char *option, const char *text, int min, int max)
{
    apr_size_t len = text ? strspn(text, "0123456789") : 0;
    apr_int64_t n = len > 0 && len <= 10 ? apr_atoi64(text) : -1;

    if (!text) {
        return 1;
    }
    if (text[len] != '\0' || n < min || n > max) {
        ctl_fail(c, CTL_USAGE, "--%s is a whole number from %d to %d", option, min, max);
        return 0;
    }
    *out = (int)n;
    return 1;
}

/* ---- using the database ---- */

scim_dbd_t *ctl_dbd(ctl_t *c, apr_pool_t *p)
{
    return scim_dbd_make(scim_dbd_own_source(c->own), p);
}

scim_store_t *ctl_store(ctl_t *c, apr_pool_t *p)
{
    return scim_store_make(ctl_dbd(c, p), c->tenant, p);
}

int ctl_use_database(ctl_t *c, const char *driver, const char *params)
{
    const char *password = NULL;
    int rc;

    if (c->opt.db_user) {
        if (strcmp(driver, "mysql") != 0) {
            return ctl_fail(c, CTL_USAGE, "--db-user is for mysql: a SQLite file has no accounts");
        }
        rc = ctl_httpd_password(&password, c, c->opt.db_user);
        if (rc != CTL_OK) {
            return rc;
        }
        params = ctl_params_account(params, c->opt.db_user, password, c->pool);
        if (!params) {
            return ctl_fail(c, CTL_USAGE,
                            "the driver cannot be given a name or password with "
                            "blanks, commas, semicolons or bars; put it into a group "
                            "of my.cnf and say group= in the parameters");
        }
    }
    c->own = scim_dbd_own_make(driver, params, c->pool);
    return CTL_OK;
}

int ctl_open(ctl_t *c)
{
    apr_finfo_t info;
    apr_pool_t *p;
    int rc = CTL_OK;
    scim_error_t *err;

    /* SQLite would make the file. */
    if (strcmp(c->driver, "sqlite3") == 0 &&
        apr_stat(&info, c->params, APR_FINFO_TYPE, c->pool) != APR_SUCCESS) {
        return ctl_fail(c, CTL_AWAY, "there is no database file %s; scimctl db init makes it",
                        c->params);
    }
    apr_pool_create(&p, c->pool);
    err = scim_dbd_open(ctl_dbd(c, p));
    if (err) {
        rc = ctl_error(c, err);
    }
    apr_pool_destroy(p);
    return rc;
}

/* ---- the run ---- */

/* A place whose tenant is in the path serves only those that the database knows. */
static int check_known(ctl_t *c)
{
    const char *by = c->place ? json_string_value(json_object_get(c->place->json, "tenantBy")) : "";
    scim_tenant_row_t *row = NULL;
    scim_error_t *err;
    apr_pool_t *p;

    if (!by || strcmp(by, "path") != 0) {
        return CTL_OK;
    }
    apr_pool_create(&p, c->pool);
    err = scim_tenants_find(&row, ctl_dbd(c, p), c->tenant->name, c->pool);
    if (err) {
        return ctl_error(c, err);
    }
    apr_pool_destroy(p);
    return row ? CTL_OK
               : ctl_fail(c, CTL_NOT_FOUND,
                          "there is no tenant %s; scimctl tenant create %s makes it",
                          c->tenant->name, c->tenant->name);
}

static int prepare(ctl_t *c)
{
    ctl_need_t need = c->command->need;
    int rc = need >= CTL_NEED_PLACES ? ctl_config_read(c) : CTL_OK;

    if (rc == CTL_OK && need == CTL_NEED_DATABASE) {
        rc = ctl_config_choose_database(c);
    }
    if (rc == CTL_OK && need == CTL_NEED_TENANT) {
        rc = ctl_config_choose(c);
    }
    if (rc == CTL_OK && need == CTL_NEED_TENANT) {
        rc = ctl_config_tenant(c);
    }
    if (rc == CTL_OK && need >= CTL_NEED_DATABASE) {
        rc = ctl_use_database(c, c->driver, c->params);
    }
    if (rc == CTL_OK && need >= CTL_NEED_DATABASE) {
        rc = ctl_open(c);
    }
    if (rc == CTL_OK && need == CTL_NEED_TENANT) {
        rc = check_known(c);
    }
    return rc;
}

static void look_at_terminals(ctl_t *c)
{
    struct winsize size;
    int tty = isatty(STDOUT_FILENO);

    c->format = c->opt.json || (!tty && !c->opt.table) ? CTL_JSON : CTL_TABLE;
    c->live = isatty(STDERR_FILENO) && !c->opt.quiet;
    if (tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        c->width = size.ws_col;
    }
}

static int run(ctl_t *c, int argc, const char *const *argv)
{
    int rc = ctl_options_parse(c, argc, argv);

    if (rc != CTL_OK) {
        return rc;
    }
    if (c->opt.version) {
        puts("scimctl " PACKAGE_VERSION);
        return CTL_OK;
    }
    if (c->opt.help) {
        ctl_options_help(c, stdout);
        return CTL_OK;
    }
    look_at_terminals(c);
    rc = prepare(c);
    return rc == CTL_OK ? c->command->run(c) : rc;
}

int main(int argc, const char *const *argv, const char *const *env)
{
    ctl_t c = {0};
    int rc;

    if (apr_app_initialize(&argc, &argv, &env) != APR_SUCCESS) {
        fputs("scimctl: the runtime library cannot be started\n", stderr);
        return CTL_FAILED;
    }
    atexit(apr_terminate);
    apr_pool_create(&c.pool, NULL);
    json_object_seed(0);
    if (scim_dbd_own_start(c.pool) != APR_SUCCESS) {
        return ctl_fail(&c, CTL_FAILED, "the database drivers cannot be started");
    }
    rc = run(&c, argc, argv);
    /* A result that did not arrive is no result. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && rc == CTL_OK) {
        rc = ctl_fail(&c, CTL_FAILED, "the result cannot be written");
    }
    apr_pool_destroy(c.pool);
    return rc;
}
