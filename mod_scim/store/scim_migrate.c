/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_migrate.h"

#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scim_dbd_impl.h"
#include "scim_text.h"

/* ---- one statement after the other ---- */

/* Behind a comment that begins here, or at itself. */
static const char *skip_comment(const char *at)
{
    const char *end;

    if (strncmp(at, "--", 2) == 0) {
        end = strchr(at, '\n');
        return end ? end + 1 : at + strlen(at);
    }
    /* The forms that MySQL and MariaDB execute are no comments. */
    if (strncmp(at, "/*", 2) == 0 && at[2] != '!' && at[2] != 'M') {
        end = strstr(at + 2, "*/");
        return end ? end + 2 : at + strlen(at);
    }
    return at;
}

/* Behind a quoted text that begins here; a doubled quote is two texts side by side. */
static const char *skip_quoted(const char *at)
{
    const char *end = strchr(at + 1, *at);

    return end ? end + 1 : at + strlen(at);
}

const char *scim_migrate_next(const char **at, apr_pool_t *p)
{
    scim_buf_t *out = scim_buf_make(0, p);
    const char *s = *at;

    while (*s && *s != ';') {
        const char *next = skip_comment(s);
        if (next > s) {
            s = next;
            continue;
        }
        next = strchr("'\"`", *s) ? skip_quoted(s) : s + 1;
        if (out->len > 0 || !apr_isspace(*s)) {
            scim_buf_add(out, s, (apr_size_t)(next - s));
        }
        s = next;
        if (*s == ';' && out->len == 0) {
            s++; /* nothing but comments before it */
        }
    }
    *at = *s ? s + 1 : s;
    while (out->len > 0 && apr_isspace(out->data[out->len - 1])) {
        out->data[--out->len] = '\0';
    }
    if (out->len > 0) {
        return out->data;
    }
    return *s ? scim_migrate_next(at, p) : NULL;
}

/* ---- what is there ---- */

/* ER_NO_SUCH_TABLE; SQLite says it in words only. */
static int no_table(const scim_error_t *err)
{
    return err->dberr == 1146 || (err->log && strstr(err->log, "no such table"));
}

/* ER_TABLE_EXISTS_ERROR. SQLite's migrations are transactions, and need no such thing. */
static int table_exists(const scim_error_t *err)
{
    return err->dberr == 1050;
}

scim_error_t *scim_migrate_look(scim_migrate_state_t *out, scim_dbd_t *db)
{
    const char *version;
    scim_error_t *err = scim_dbd_open(db);

    if (!err) {
        err = scim_dbd_text_value(&version, db, "SELECT MAX(version) FROM scim_schema_version");
    }
    if (err && !no_table(err)) {
        return err;
    }
    out->begun = !err && !version;
    out->version = !err && version ? atoi(version) : 0;
    return NULL;
}

/* ---- applying ---- */

static int is_mysql(const scim_dbd_t *db)
{
    return strcmp(db->dialect->name, "mysql") == 0;
}

/*
 * MySQL has no transaction around CREATE TABLE: a lock of its own keeps two runs apart. A
 * migration of a large table may also take longer than a request may.
 */
static scim_error_t *lock(scim_dbd_t *db)
{
    const char *got;
    scim_error_t *err;

    if (!is_mysql(db)) {
        return NULL;
    }
    err = scim_dbd_text(db, "SET SESSION innodb_lock_wait_timeout = 50 "
                            "/*M!100100 , max_statement_time = 0 */ "
                            "/*!50708 , max_execution_time = 0 */");
    if (!err) {
        err = scim_dbd_text_value(&got, db,
                                  "SELECT GET_LOCK(LEFT(CONCAT('scim:', DATABASE()), 64), 30)");
    }
    if (!err && (!got || strcmp(got, "1") != 0)) {
        err = scim_error_make(db->pool, 503, SCIM_TYPE_NONE,
                              "Another run is changing the tables of this database.");
    }
    return err;
}

static void unlock(scim_dbd_t *db)
{
    const char *ignored;

    if (db->open && is_mysql(db)) {
        (void)!scim_dbd_text_value(&ignored, db,
                                   "SELECT RELEASE_LOCK(LEFT(CONCAT('scim:', DATABASE()), 64))");
    }
}

/* SQLite's driver takes a statement that answers with a row, as PRAGMA does, for a failed one. */
static scim_error_t *run_one(scim_dbd_t *db, const char *sql)
{
    const char *ignored;

    return scim_text_ieqn(sql, 6, "PRAGMA") ? scim_dbd_text_value(&ignored, db, sql)
                                            : scim_dbd_text(db, sql);
}

static scim_error_t *run_all(scim_migrate_done_t *done, scim_dbd_t *db, int resume,
                             const char *text, apr_pool_t *p)
{
    const char *at = text;
    const char *sql;
    scim_error_t *err = NULL;

    for (sql = scim_migrate_next(&at, p); sql && !err; sql = scim_migrate_next(&at, p)) {
        err = run_one(db, sql);
        if (err && resume && table_exists(err)) {
            done->skipped++;
            err = NULL;
        } else if (!err) {
            done->run++;
        }
    }
    if (err && !is_mysql(db)) {
        (void)!scim_dbd_text(db, "ROLLBACK"); /* may be rolled back already */
    }
    return err;
}

scim_error_t *scim_migrate_apply(scim_migrate_done_t *done, scim_dbd_t *db, int number,
                                 const char *text, apr_pool_t *p)
{
    scim_migrate_state_t state;
    scim_error_t *err = scim_dbd_open(db);

    done->run = 0;
    done->skipped = 0;
    if (!err) {
        err = lock(db);
    }
    if (!err) {
        err = scim_migrate_look(&state, db);
    }
    if (!err && state.version < number) {
        err = run_all(done, db, state.begun, text, p);
    }
    if (!err) {
        err = scim_migrate_look(&state, db);
    }
    if (!err && state.version < number) {
        err = scim_error_make(p, 500, SCIM_TYPE_NONE,
                              "The migration did not set scim_schema_version to %d.", number);
    }
    unlock(db);
    return err;
}
