/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "ctl_config.h"
#include "ctl_httpd.h"
#include "ctl_migrations.h"
#include "ctl_params.h"
#include "ctl_print.h"
#include "scim_json.h"
#include "scim_map_check.h"
#include "scim_migrate.h"

static const ctl_column_t database_columns[] = {
    {"database", "DATABASE"}, {"version", "VERSION"}, {"state", "STATE"}, {NULL, NULL}};

static const ctl_column_t place_columns[] = {{"place", "PLACE"},       {"tenant", "TENANT"},
                                             {"database", "DATABASE"}, {"version", "VERSION"},
                                             {"state", "STATE"},       {NULL, NULL}};

/* One database that the command is about. */
typedef struct database_t {
    const char *driver;
    const char *params;
    int found;   /* whether the version is known */
    int version; /* of its tables */
    int begun;
    int rc;            /* exit code of what was done with it */
    const char *state; /* in words */
} database_t;

/* ---- which ---- */

static void add_database(apr_array_header_t *out, const char *driver, const char *params)
{
    database_t *one;
    int i;

    for (i = 0; i < out->nelts; i++) {
        one = &APR_ARRAY_IDX(out, i, database_t);
        if (strcmp(one->driver, driver) == 0 && strcmp(one->params, params) == 0) {
            return;
        }
    }
    one = apr_array_push(out);
    memset(one, 0, sizeof(*one));
    one->driver = driver;
    one->params = params;
}

/* Every database of the places that the options leave, each once. */
static int find_databases(apr_array_header_t **out, ctl_t *c)
{
    apr_array_header_t *places;
    int rc;
    int i;

    *out = apr_array_make(c->pool, 4, sizeof(database_t));
    if (!c->places || c->opt.params || c->opt.params_file || c->opt.driver) {
        rc = ctl_config_choose(c);
        if (rc == CTL_OK) {
            add_database(*out, c->driver, c->params);
        }
        return rc;
    }
    places = ctl_config_matching(c);
    if (places->nelts == 0) {
        return ctl_config_choose(c); /* says so */
    }
    for (i = 0; i < places->nelts; i++) {
        const ctl_place_t *place = APR_ARRAY_IDX(places, i, const ctl_place_t *);
        add_database(*out, place->driver, place->params);
    }
    return CTL_OK;
}

static json_t *database_json(const database_t *database, apr_pool_t *p)
{
    json_t *out = scim_json_own(json_object(), p);

    json_object_set_new(out, "database",
                        json_string(ctl_params_label(database->driver, database->params, p)));
    json_object_set_new(out, "version",
                        database->found ? json_integer(database->version) : json_null());
    json_object_set_new(out, "state", json_string(database->state));
    return out;
}

/* ---- looking ---- */

static void say_error(database_t *database, ctl_t *c, const scim_error_t *err)
{
    const char *why = err->cause == SCIM_CAUSE_GONE ? scim_dbd_own_error(c->own) : NULL;

    database->rc = ctl_error_code(err);
    database->state = why ? why : err->log ? err->log : err->detail;
}

static const char *missing_file(const database_t *database, apr_pool_t *p)
{
    apr_finfo_t info;

    return strcmp(database->driver, "sqlite3") == 0 &&
                   apr_stat(&info, database->params, APR_FINFO_TYPE, p) != APR_SUCCESS
               ? "there is no such file"
               : NULL;
}

/* Connect, and read which version of the tables is there. @return 1, or 0: see rc and state */
static int look(database_t *database, ctl_t *c, scim_dbd_t **db, apr_pool_t *p)
{
    scim_migrate_state_t state;
    scim_error_t *err;

    database->rc = ctl_use_database(c, database->driver, database->params);
    if (database->rc != CTL_OK) {
        database->state = "see above";
        return 0;
    }
    *db = ctl_dbd(c, p);
    scim_dbd_any_schema(*db);
    err = scim_migrate_look(&state, *db);
    if (err) {
        say_error(database, c, err);
        return 0;
    }
    database->found = 1;
    database->version = state.version;
    database->begun = state.begun;
    return 1;
}

/* ---- db check ---- */

static void judge_version(database_t *database, apr_pool_t *p)
{
    if (database->version == SCIM_STORE_SCHEMA) {
        database->state = "ok";
        return;
    }
    database->rc = CTL_FAILED;
    if (database->begun) {
        database->state = "a db init did not come to its end: run it again";
    } else if (database->version == 0) {
        database->state = "has no tables of mod_scim: run scimctl db init";
    } else if (database->version < SCIM_STORE_SCHEMA) {
        database->state = apr_psprintf(p,
                                       "its tables are older than version %d: run scimctl db "
                                       "upgrade",
                                       SCIM_STORE_SCHEMA);
    } else {
        database->state = apr_psprintf(p,
                                       "its tables are newer than version %d, which this "
                                       "scimctl knows",
                                       SCIM_STORE_SCHEMA);
    }
}

static void check_database(database_t *database, ctl_t *c)
{
    const char *missing = missing_file(database, c->pool);
    scim_dbd_t *db;
    apr_pool_t *p;

    if (missing) {
        database->rc = CTL_AWAY;
        database->state = missing;
        return;
    }
    apr_pool_create(&p, c->pool);
    if (look(database, c, &db, p)) {
        judge_version(database, c->pool);
    }
    database->state = apr_pstrdup(c->pool, database->state);
    apr_pool_destroy(p);
}

static const database_t *database_of(const apr_array_header_t *databases, const ctl_place_t *place)
{
    int i;

    for (i = 0; i < databases->nelts; i++) {
        const database_t *one = &APR_ARRAY_IDX(databases, i, database_t);
        if (strcmp(one->driver, place->driver) == 0 && strcmp(one->params, place->params) == 0) {
            return one;
        }
    }
    return NULL;
}

/* Whether the tables and columns that a place's mapping names are there. NULL: they are. */
static const char *check_mapping(int *rc, ctl_t *c, const ctl_place_t *place)
{
    scim_tenant_t *tenant;
    const char *misfit = ctl_config_compile(&tenant, place, c->pool);
    scim_error_t *err = NULL;
    apr_pool_t *p;

    if (!misfit && tenant->map) {
        ctl_use_database(c, place->driver, place->params);
        apr_pool_create(&p, c->pool);
        err = scim_map_check(&misfit, ctl_dbd(c, p), NULL, tenant->map, c->pool);
        misfit = err ? err->log ? err->log : err->detail : misfit;
        misfit = misfit ? apr_pstrdup(c->pool, misfit) : NULL;
        apr_pool_destroy(p);
    }
    *rc = misfit && *rc == CTL_OK ? CTL_FAILED : *rc;
    return misfit;
}

static json_t *place_json(const ctl_place_t *place, const database_t *database, apr_pool_t *p)
{
    json_t *out = database_json(database, p);

    json_object_set_new(out, "place",
                        json_string(apr_pstrcat(p, place->server, place->base, NULL)));
    json_object_set_new(out, "tenant", *place->tenant ? json_string(place->tenant) : json_null());
    return out;
}

/* The databases of a configuration, by the places that use them. */
static int list_places(ctl_t *c, const apr_array_header_t *databases)
{
    apr_array_header_t *places = ctl_config_matching(c);
    ctl_list_t *list = ctl_list_begin(c, place_columns);
    int rc = CTL_OK;
    int i;

    for (i = 0; i < places->nelts; i++) {
        const ctl_place_t *place = APR_ARRAY_IDX(places, i, const ctl_place_t *);
        const database_t *database = database_of(databases, place);
        json_t *row = place_json(place, database, c->pool);
        const char *misfit = database->rc == CTL_OK ? check_mapping(&rc, c, place) : NULL;

        if (misfit) {
            json_object_set_new(row, "state", json_string(misfit));
        }
        ctl_list_add(list, row);
    }
    ctl_list_end(list, NULL);
    return rc;
}

static void list_databases(ctl_t *c, const apr_array_header_t *databases)
{
    ctl_list_t *list = ctl_list_begin(c, database_columns);
    int i;

    for (i = 0; i < databases->nelts; i++) {
        ctl_list_add(list, database_json(&APR_ARRAY_IDX(databases, i, database_t), c->pool));
    }
    ctl_list_end(list, NULL);
}

/* The worst of all. */
static int worst(const apr_array_header_t *databases)
{
    int rc = CTL_OK;
    int i;

    for (i = 0; i < databases->nelts; i++) {
        int one = APR_ARRAY_IDX(databases, i, database_t).rc;
        rc = one > rc ? one : rc;
    }
    return rc;
}

int ctl_db_check(ctl_t *c)
{
    apr_array_header_t *databases;
    int rc = find_databases(&databases, c);
    int i;

    if (rc != CTL_OK) {
        return rc;
    }
    for (i = 0; i < databases->nelts; i++) {
        check_database(&APR_ARRAY_IDX(databases, i, database_t), c);
    }
    if (c->places && !c->driver) {
        rc = list_places(c, databases);
    } else {
        list_databases(c, databases);
    }
    i = worst(databases);
    return i > rc ? i : rc;
}

/* ---- db init, db upgrade ---- */

static scim_error_t *apply_one(scim_migrate_done_t *all, ctl_t *c, scim_dbd_t *db,
                               const ctl_migration_t *migration, apr_pool_t *p)
{
    scim_migrate_done_t done;
    const char *text;
    scim_error_t *err;

    if (ctl_httpd_file(&text, c, migration->path) != CTL_OK) {
        return scim_error_make(p, 500, SCIM_TYPE_NONE, "The migration %d cannot be read.",
                               migration->number);
    }
    err = scim_migrate_apply(&done, db, migration->number, text, p);
    all->run += done.run;
    all->skipped += done.skipped;
    return err;
}

/* All that the database lacks. */
static void apply(database_t *database, ctl_t *c, scim_dbd_t *db,
                  const apr_array_header_t *migrations, apr_pool_t *p)
{
    scim_migrate_done_t done = {0, 0};
    scim_error_t *err = NULL;
    int before = database->version;
    int i;

    for (i = before; i < migrations->nelts && !err; i++) {
        err = apply_one(&done, c, db, &APR_ARRAY_IDX(migrations, i, ctl_migration_t), p);
        database->version = err ? database->version : i + 1;
    }
    if (err) {
        say_error(database, c, err);
        return;
    }
    database->state =
        done.skipped
            ? apr_psprintf(p, "completed: %d tables were there of a run before", done.skipped)
        : before ? apr_psprintf(p, "upgraded from version %d", before)
                 : "made";
}

static void say_owner(ctl_t *c, const database_t *database)
{
    if (strcmp(database->driver, "sqlite3") == 0 && geteuid() == 0) {
        ctl_say(c,
                "The file is root's: give it, and its folder, to the account that httpd's "
                "children run as, such as\n    chown www-data: %s",
                database->params);
    }
}

static void init_database(database_t *database, ctl_t *c, const apr_array_header_t *migrations,
                          apr_pool_t *p)
{
    int fresh = missing_file(database, p) != NULL;
    scim_dbd_t *db;

    if (!look(database, c, &db, p)) {
        return;
    }
    if (database->version > 0) {
        database->rc = CTL_FAILED;
        database->state = "has its tables already: nothing was done; scimctl db upgrade brings "
                          "them up to date";
        return;
    }
    apply(database, c, db, migrations, p);
    if (database->rc == CTL_OK && fresh) {
        say_owner(c, database);
    }
}

static void upgrade_database(database_t *database, ctl_t *c, const apr_array_header_t *migrations,
                             apr_pool_t *p)
{
    scim_dbd_t *db;

    if (missing_file(database, p)) {
        database->rc = CTL_AWAY;
        database->state = "there is no such file; scimctl db init makes it";
        return;
    }
    if (!look(database, c, &db, p)) {
        return;
    }
    if (database->version == 0 || database->version > SCIM_STORE_SCHEMA) {
        judge_version(database, p);
    } else if (database->version == SCIM_STORE_SCHEMA) {
        database->state = "is up to date: nothing was done";
    } else {
        apply(database, c, db, migrations, p);
    }
}

typedef void(change_fn)(database_t *database, ctl_t *c, const apr_array_header_t *migrations,
                        apr_pool_t *p);

/* One after the other; the files are looked for before anything is opened. */
static void change_one(database_t *database, ctl_t *c, change_fn *change)
{
    apr_array_header_t *migrations;
    apr_pool_t *p;

    database->state = "nothing was done";
    database->rc = ctl_migrations_find(&migrations, c, database->driver);
    if (database->rc == CTL_OK) {
        apr_pool_create(&p, c->pool);
        change(database, c, migrations, p);
        database->state = apr_pstrdup(c->pool, database->state);
        apr_pool_destroy(p);
    }
}

static int change_databases(ctl_t *c, change_fn *change)
{
    apr_array_header_t *databases;
    int rc = find_databases(&databases, c);
    int i;

    if (rc != CTL_OK) {
        return rc;
    }
    for (i = 0; i < databases->nelts; i++) {
        change_one(&APR_ARRAY_IDX(databases, i, database_t), c, change);
    }
    list_databases(c, databases);
    return worst(databases);
}

int ctl_db_init(ctl_t *c)
{
    return change_databases(c, init_database);
}

int ctl_db_upgrade(ctl_t *c)
{
    return change_databases(c, upgrade_database);
}
