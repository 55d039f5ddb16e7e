/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_tenants.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_text.h"
#include "scim_token_impl.h"

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

typedef struct change_t {
    scim_dbd_t *db;
    apr_pool_t *pool;
    const char *name;
} change_t;

static scim_error_t *exec(int *rows, const change_t *c, const char *sql, const char *const *args,
                          int nargs)
{
    scim_stmt_t stmt = {sql, 1, args, nargs, 0};
    apr_pool_t *scratch;
    scim_error_t *err;

    apr_pool_create(&scratch, c->pool);
    err = scim_dbd_exec(rows, c->db, &stmt, scratch);
    apr_pool_destroy(scratch);
    return err;
}

/* Begin, in the queue of those who copy a tenant's state into its tokens. */
static scim_error_t *begin(const change_t *c)
{
    scim_error_t *err = scim_dbd_begin(c->db);
    scim_store_t *store;

    if (err) {
        return err;
    }
    store = scim_store_make(c->db, scim_tenant_make(c->name, c->pool), c->pool);
    err = scim_store_queue(store, SCIM_TOKEN_QUEUE, c->pool);
    if (err) {
        scim_dbd_rollback(c->db);
    }
    return err;
}

/* Copy the state into the tenant's tokens, and commit. */
static scim_error_t *finish(const change_t *c, const char *state, scim_error_t *err)
{
    const char *args[] = {state, c->name};

    if (!err) {
        err = exec(NULL, c, "UPDATE scim_token SET state = %s WHERE tenant = %s", args, 2);
    }
    if (err) {
        scim_dbd_rollback(c->db);
        return err;
    }
    return scim_dbd_commit(c->db);
}

scim_error_t *scim_tenants_create(scim_dbd_t *db, const char *name, const char *note, apr_pool_t *p)
{
    const change_t c = {db, p, name};
    const char *args[] = {name, NULL, note};
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
    args[1] = scim_store_int(apr_time_as_msec(apr_time_now()), p);
    err = begin(&c);
    if (err) {
        return err;
    }
    err = finish(&c, "on",
                 exec(NULL, &c,
                      "INSERT INTO scim_tenant (tenant, state, created, note) "
                      "VALUES (%s, 'on', %s, %s)",
                      args, 3));
    if (err && err->cause == SCIM_CAUSE_DUPLICATE) {
        return scim_error_make(p, 409, SCIM_TYPE_UNIQUENESS, "There is a tenant with this name.");
    }
    return err;
}

scim_error_t *scim_tenants_switch(scim_dbd_t *db, const char *name, int on, apr_pool_t *p)
{
    const change_t c = {db, p, name};
    const char *args[] = {on ? "on" : "off", name};
    scim_tenant_row_t *row;
    scim_error_t *err = scim_tenants_find(&row, db, name, p);

    if (!err && !row) {
        return scim_error_make(p, 404, SCIM_TYPE_NONE, "There is no tenant with this name.");
    }
    err = err ? err : begin(&c);
    if (err) {
        return err;
    }
    return finish(&c, args[0],
                  exec(NULL, &c, "UPDATE scim_tenant SET state = %s WHERE tenant = %s", args, 2));
}
