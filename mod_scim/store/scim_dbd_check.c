/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_dbd_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_store.h"

#define NOT_READY "The database is not set up for this service provider."

static scim_error_t *check_session(scim_dbd_t *db)
{
    const char *const *sql;

    for (sql = db->dialect->session; *sql; sql++) {
        scim_error_t *err = scim_dbd_text(db, *sql);
        if (err) {
            return err;
        }
    }
    return NULL;
}

static scim_error_t *check_charset(scim_dbd_t *db)
{
    const char *charset;
    scim_error_t *err;

    if (!db->dialect->charset_sql) {
        return NULL;
    }
    err = scim_dbd_text_value(&charset, db, db->dialect->charset_sql);
    if (err) {
        return err;
    }
    if (!charset || strcmp(charset, "utf8mb4") != 0) {
        return scim_error_internal(
            db->pool, 503, "SCIM2003",
            apr_psprintf(db->pool, "the connection's character set is %s and must be utf8mb4",
                         charset ? charset : "unknown"),
            NOT_READY);
    }
    return NULL;
}

static scim_error_t *wrong_version(scim_dbd_t *db, apr_int64_t found)
{
    const char *folder = strcmp(db->dialect->name, "mysql") == 0 ? "sql/mysql" : "sql/sqlite";

    if (found < SCIM_STORE_SCHEMA) {
        return scim_error_internal(
            db->pool, 503, "SCIM2005",
            apr_psprintf(db->pool,
                         "the database has schema version %" APR_INT64_T_FMT
                         " and this module needs %d: apply the migrations of %s up to %03d",
                         found, SCIM_STORE_SCHEMA, folder, SCIM_STORE_SCHEMA),
            NOT_READY);
    }
    return scim_error_internal(
        db->pool, 503, "SCIM2006",
        apr_psprintf(db->pool,
                     "the database has schema version %" APR_INT64_T_FMT
                     ", newer than the %d of this module: install the module it was made for",
                     found, SCIM_STORE_SCHEMA),
        NOT_READY);
}

static scim_error_t *check_schema(scim_dbd_t *db)
{
    const char *version;
    scim_error_t *err =
        scim_dbd_text_value(&version, db, "SELECT MAX(version) FROM scim_schema_version");

    if (err && err->cause == SCIM_CAUSE_OTHER) {
        return scim_error_internal(
            db->pool, 503, "SCIM2004",
            apr_psprintf(db->pool,
                         "the database has no mod_scim schema, run scimctl db init or apply "
                         "%s/001-base.sql; %s",
                         strcmp(db->dialect->name, "mysql") == 0 ? "sql/mysql" : "sql/sqlite",
                         err->log),
            NOT_READY);
    }
    if (err) {
        return err;
    }
    if (apr_atoi64(version ? version : "0") != SCIM_STORE_SCHEMA) {
        return wrong_version(db, apr_atoi64(version ? version : "0"));
    }
    return NULL;
}

scim_error_t *scim_dbd_check(scim_dbd_t *db)
{
    scim_error_t *err = check_session(db);

    if (!err) {
        err = check_charset(db);
    }
    return err || db->any_schema ? err : check_schema(db);
}

static scim_error_t *read_nothing(void *baton, const char *const *cols)
{
    (void)baton;
    (void)cols;
    return NULL;
}

scim_error_t *scim_dbd_probe(scim_dbd_t *db, apr_pool_t *p)
{
    static const scim_stmt_t stmt = {"SELECT MAX(version) FROM scim_schema_version", 1, NULL, 0, 1};

    return scim_dbd_select(db, &stmt, read_nothing, NULL, p);
}
