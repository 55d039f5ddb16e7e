/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_tenants.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_text.h"

int scim_tenants_is_name(const char *name)
{
    apr_size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-");

    return len > 0 && len <= SCIM_TENANT_NAME_MAX && name[len] == '\0';
}

/* ---- reading ---- */

typedef struct reading_t {
    apr_array_header_t *rows;
    apr_pool_t *pool;
} reading_t;

static scim_error_t *read_row(void *baton, const char *const *cols)
{
    reading_t *reading = baton;
    scim_tenant_row_t *row = apr_array_push(reading->rows);

    row->name = apr_pstrdup(reading->pool, cols[0]);
    row->on = strcmp(cols[1], "on") == 0;
    row->created = apr_time_from_msec(apr_atoi64(cols[2]));
    row->note = apr_pstrdup(reading->pool, cols[3]);
    return NULL;
}

static scim_error_t *read_rows(apr_array_header_t **rows, scim_dbd_t *db, const char *sql,
                               const char *name, apr_pool_t *p)
{
    reading_t reading = {apr_array_make(p, 4, sizeof(scim_tenant_row_t)), p};
    scim_stmt_t stmt = {sql, 1, &name, name ? 1 : 0, 4};
    scim_error_t *err;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, p);
    err = scim_dbd_select(db, &stmt, read_row, &reading, scratch);
    apr_pool_destroy(scratch);
    *rows = reading.rows;
    return err;
}

scim_error_t *scim_tenants_find(scim_tenant_row_t **row, scim_dbd_t *db, const char *name,
                                apr_pool_t *p)
{
    apr_array_header_t *rows;
    scim_error_t *err = read_rows(&rows, db,
                                  "SELECT t.tenant, t.state, t.created, t.note FROM scim_tenant t "
                                  "WHERE t.tenant = %s",
                                  name, p);

    *row = !err && rows->nelts ? &APR_ARRAY_IDX(rows, 0, scim_tenant_row_t) : NULL;
    return err;
}

scim_error_t *scim_tenants_list(apr_array_header_t **rows, scim_dbd_t *db, apr_pool_t *p)
{
    return read_rows(rows, db,
                     "SELECT t.tenant, t.state, t.created, t.note FROM scim_tenant t "
                     "ORDER BY t.tenant",
                     NULL, p);
}

/* ---- writing ---- */

/* One statement, one transaction. @param rows what it changed; may be NULL */
static scim_error_t *write_one(int *rows, scim_dbd_t *db, const char *sql, const char *const *args,
                               int nargs, apr_pool_t *p)
{
    scim_stmt_t stmt = {sql, 1, args, nargs, 0};
    scim_error_t *err = scim_dbd_begin(db);
    apr_pool_t *scratch;

    if (err) {
        return err;
    }
    apr_pool_create(&scratch, p);
    err = scim_dbd_exec(rows, db, &stmt, scratch);
    apr_pool_destroy(scratch);
    if (err) {
        scim_dbd_rollback(db);
        return err;
    }
    return scim_dbd_commit(db);
}

scim_error_t *scim_tenants_create(scim_dbd_t *db, const char *name, const char *note, apr_pool_t *p)
{
    const char *args[] = {
        name, apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_as_msec(apr_time_now())), note};
    scim_error_t *err;

    if (!scim_tenants_is_name(name)) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE,
                               "A tenant's name is 1 to 64 of the characters A-Z a-z 0-9 . _ -");
    }
    if (note && !scim_text_is_line(note, SCIM_TENANT_NOTE_CHARS)) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE,
                               "A tenant's note has 1 to 255 characters, and no control "
                               "characters.");
    }
    err = write_one(NULL, db,
                    "INSERT INTO scim_tenant (tenant, state, created, note) "
                    "VALUES (%s, 'on', %s, %s)",
                    args, 3, p);
    if (err && err->cause == SCIM_CAUSE_DUPLICATE) {
        return scim_error_make(p, 409, SCIM_TYPE_UNIQUENESS, "There is a tenant with this name.");
    }
    return err;
}

scim_error_t *scim_tenants_switch(scim_dbd_t *db, const char *name, int on, apr_pool_t *p)
{
    const char *args[] = {on ? "on" : "off", name};
    scim_tenant_row_t *row;
    scim_error_t *err = scim_tenants_find(&row, db, name, p);

    if (!err && !row) {
        return scim_error_make(p, 404, SCIM_TYPE_NONE, "There is no tenant with this name.");
    }
    return err ? err
               : write_one(NULL, db, "UPDATE scim_tenant SET state = %s WHERE tenant = %s", args, 2,
                           p);
}
