/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_grant_list.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_id.h"
#include "scim_store_impl.h"
#include "scim_token.h"

#define COLUMNS 8

/*
 * Of a grant's rows: what it is bound to, which is the same in all of them; whether one lives, and
 * until when (one without an end counts as the highest number); whether one was not revoked.
 */
#define NEVER "9223372036854775807"

typedef struct reading_t {
    apr_array_header_t *rows;
    apr_pool_t *pool;
} reading_t;

static apr_time_t time_of(const char *text)
{
    return text ? apr_time_from_msec(apr_atoi64(text)) : 0;
}

static scim_error_t *read_row(void *baton, const char *const *cols)
{
    reading_t *reading = baton;
    apr_pool_t *p = reading->pool;
    scim_grant_row_t *row = apr_array_push(reading->rows);
    const char *until = cols[6];

    row->id = apr_pstrdup(p, cols[0]);
    row->client = apr_pstrdup(p, cols[1]);
    row->creator = apr_pstrdup(p, cols[2]);
    row->owner = apr_pstrdup(p, cols[3]);
    row->used = time_of(cols[4]);
    row->live = until != NULL;
    row->expires = until && strcmp(until, NEVER) != 0 ? time_of(until) : 0;
    row->ended = cols[7] && apr_atoi64(cols[7]) == 0;
    /* The first rows of a grant are deleted after a month; its id keeps the time. */
    row->created = scim_id_time(row->id);
    row->created = row->created ? row->created : time_of(cols[5]);
    return NULL;
}

/* Up to a condition on the grant. */
static scim_error_t *begin(scim_sql_t **out, scim_store_t *store, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err = scim_dbd_open(store->db);

    if (err) {
        return err;
    }
    scim_sql_addv(sql,
                  "SELECT k.grant_id, MAX(k.client), MAX(k.creator), MAX(k.owner), MAX(k.used), "
                  "MIN(k.created), MAX(CASE WHEN k.revoked IS NULL AND (k.expires IS NULL OR "
                  "k.expires > %s) THEN COALESCE(k.expires, " NEVER ") END), "
                  "SUM(CASE WHEN k.revoked IS NULL THEN 1 ELSE 0 END) FROM scim_token k",
                  scim_store_int(apr_time_as_msec(scim_store_now()), p), NULL);
    *out = sql;
    return NULL;
}

scim_error_t *scim_grant_list(apr_array_header_t **rows, scim_store_t *store, const char *after,
                              int limit, apr_pool_t *p)
{
    reading_t reading = {apr_array_make(p, 16, sizeof(scim_grant_row_t)), p};
    scim_sql_t *sql;
    scim_error_t *err = begin(&sql, store, p);

    if (err) {
        return err;
    }
    /* By the tenant's own tokens: its grants are few, those of all tenants need not be. */
    scim_store_hint(sql, scim_dbd_dialect(store->db), "scim_token_list");
    scim_sql_addv(sql,
                  " WHERE k.tenant = %s AND k.kind IN ('" SCIM_TOKEN_CODE "', '" SCIM_TOKEN_ACCESS
                  "', '" SCIM_TOKEN_REFRESH "') AND k.grant_id IS NOT NULL",
                  store->tenant->name, NULL);
    if (after) {
        scim_sql_addv(sql, " AND k.grant_id < %s", after, NULL);
    }
    /* Ids begin with the time. */
    scim_sql_addv(sql, " GROUP BY k.grant_id ORDER BY k.grant_id DESC LIMIT %s",
                  scim_store_int(limit, p), NULL);
    err = scim_store_select(store, sql, 1, COLUMNS, read_row, &reading);
    if (!err) {
        *rows = reading.rows;
    }
    return err;
}

scim_error_t *scim_grant_get(scim_grant_row_t **row, scim_store_t *store, const char *id,
                             apr_pool_t *p)
{
    reading_t reading = {apr_array_make(p, 1, sizeof(scim_grant_row_t)), p};
    scim_sql_t *sql;
    scim_error_t *err = begin(&sql, store, p);

    if (err) {
        return err;
    }
    scim_sql_addv(sql, " WHERE k.tenant = %s AND k.grant_id = %s GROUP BY k.grant_id",
                  store->tenant->name, id, NULL);
    err = scim_store_select(store, sql, 1, COLUMNS, read_row, &reading);
    if (!err) {
        *row = reading.rows->nelts ? &APR_ARRAY_IDX(reading.rows, 0, scim_grant_row_t) : NULL;
    }
    return err;
}
