/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <openssl/evp.h>

#include <apr_escape.h>
#include <apr_strings.h>

#include "scim_token_impl.h"

/* A use is noted once in so long. */
#define USED_EVERY (60 * APR_USEC_PER_SEC)

const scim_token_rules_t scim_token_rules_default = {0, 60, 0, 0, 0};

const char *scim_token_hash(const char *token, apr_size_t len, apr_pool_t *p)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int n = 0;

    if (EVP_Digest(token, len, hash, &n, EVP_sha256(), NULL) != 1) {
        return NULL;
    }
    return apr_pescape_hex(p, hash, n, 0);
}

int scim_token_is_live(const scim_token_row_t *row, apr_time_t now)
{
    return !row->revoked && (!row->expires || row->expires > now);
}

int scim_token_is_stale(const scim_token_row_t *row, apr_time_t now)
{
    return row->used + USED_EVERY <= now;
}

const char *scim_token_time(apr_time_t t, apr_pool_t *p)
{
    return t ? scim_store_int(apr_time_as_msec(t), p) : NULL;
}

/* ---- rows ---- */

static apr_time_t time_of(const char *text)
{
    return text ? apr_time_from_msec(apr_atoi64(text)) : 0;
}

/*
 * Every read of a resource may carry these columns, so there is no more of them than decides. For
 * the same reason the tenant's state is repeated in the token's row, and the owner is only joined
 * where there may be one: each join costs a read of one resource about a tenth.
 */
void scim_token_columns(scim_sql_t *sql, int owner)
{
    scim_sql_add(sql, "k.id, k.tenant, k.kind, k.label, k.owner, k.expires, k.used, k.revoked, "
                      "k.state");
    scim_sql_add(sql, owner ? ", o.ukey, o.active" : "");
}

void scim_token_from(scim_sql_t *sql, int owner)
{
    scim_sql_add(sql, " FROM scim_token k");
    if (owner) {
        scim_sql_add(sql, " LEFT JOIN scim_resource o ON o.tenant = k.tenant AND o.id = k.owner "
                          "AND o.type = 'User'");
    }
}

void scim_token_where(scim_sql_t *sql, const char *hash, const char *tenant)
{
    scim_sql_addv(sql, " WHERE k.hash = %s", hash, NULL);
    if (tenant) {
        scim_sql_addv(sql, " AND k.tenant = %s", tenant, NULL);
    }
}

void scim_token_read(scim_token_found_t *found, const char *const *cols, int owner, apr_pool_t *p)
{
    scim_token_row_t *row = &found->row;
    int active = owner && cols[9] && (!cols[10] || apr_atoi64(cols[10]) != 0);

    memset(found, 0, sizeof(*found));
    row->id = apr_pstrdup(p, cols[0]);
    row->tenant = apr_pstrdup(p, cols[1]);
    row->kind = apr_pstrdup(p, cols[2]);
    row->label = apr_pstrdup(p, cols[3]);
    row->owner = apr_pstrdup(p, cols[4]);
    row->expires = time_of(cols[5]);
    row->used = time_of(cols[6]);
    row->revoked = time_of(cols[7]);
    found->owner_name = active ? apr_pstrdup(p, cols[9]) : NULL;
    found->owner_dead = row->owner && !active;
    found->tenant_known = cols[8] != NULL;
    found->tenant_off = cols[8] && strcmp(cols[8], "on") != 0;
}

/* What a guard does without, behind those columns. */
#define MORE_COLUMNS 6
#define ALL_COLUMNS (SCIM_TOKEN_COLUMNS + SCIM_TOKEN_OWNER_COLUMNS + MORE_COLUMNS)

static void more_columns(scim_sql_t *sql, int with_data)
{
    scim_sql_add(sql, ", k.creator, k.grant_id, k.scope, k.created, k.client, ");
    scim_sql_add(sql, with_data ? "SUBSTR(k.data, 1, 4000)" : "NULL");
}

static void read_more(scim_token_row_t *row, const char *const *cols, apr_pool_t *p)
{
    row->creator = apr_pstrdup(p, cols[0]);
    row->grant = apr_pstrdup(p, cols[1]);
    row->scope = apr_pstrdup(p, cols[2]);
    row->created = time_of(cols[3]);
    row->client = apr_pstrdup(p, cols[4]);
    row->data = apr_pstrdup(p, cols[5]);
}

typedef struct finding_t {
    apr_array_header_t *found; /* of scim_token_found_t */
    apr_pool_t *pool;
} finding_t;

static scim_error_t *read_found(void *baton, const char *const *cols)
{
    finding_t *f = baton;
    scim_token_found_t *found = apr_array_push(f->found);

    scim_token_read(found, cols, 1, f->pool);
    read_more(&found->row, cols + SCIM_TOKEN_COLUMNS + SCIM_TOKEN_OWNER_COLUMNS, f->pool);
    return NULL;
}

static scim_sql_t *begin(int with_data, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_add(sql, "SELECT ");
    scim_token_columns(sql, 1);
    more_columns(sql, with_data);
    scim_token_from(sql, 1);
    return sql;
}

static scim_error_t *select_found(apr_array_header_t **out, scim_store_t *store,
                                  const scim_sql_t *sql, apr_pool_t *p)
{
    finding_t f = {apr_array_make(p, 1, sizeof(scim_token_found_t)), p};
    scim_error_t *err = scim_store_select(store, sql, 1, ALL_COLUMNS, read_found, &f);

    *out = f.found;
    return err;
}

static scim_error_t *read_nothing(void *baton, const char *const *cols)
{
    (void)baton;
    (void)cols;
    return NULL;
}

/* Its row alone: a lock on the statement with all joins would lock its owner and its tenant too. */
static scim_error_t *lock_row(scim_store_t *store, const char *hash, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err = scim_dbd_open(store->db);

    if (err || !*scim_dbd_dialect(store->db)->for_update) {
        return err;
    }
    scim_sql_addv(sql, "SELECT k.id FROM scim_token k WHERE k.hash = %s", hash, NULL);
    scim_sql_add(sql, scim_dbd_dialect(store->db)->for_update);
    return scim_store_select(store, sql, 1, 1, read_nothing, NULL);
}

scim_error_t *scim_token_find(scim_token_found_t **found, scim_store_t *store, const char *hash,
                              const char *tenant, int lock, apr_pool_t *p)
{
    scim_sql_t *sql = begin(1, p);
    apr_array_header_t *all;
    scim_error_t *err = lock ? lock_row(store, hash, p) : NULL;

    *found = NULL;
    if (err) {
        return err;
    }
    scim_token_where(sql, hash, tenant);
    err = select_found(&all, store, sql, p);
    if (!err && all->nelts) {
        *found = &APR_ARRAY_IDX(all, 0, scim_token_found_t);
    }
    return err;
}

scim_error_t *scim_token_get(scim_token_row_t **row, scim_store_t *store, const char *id,
                             apr_pool_t *p)
{
    scim_sql_t *sql = begin(1, p);
    apr_array_header_t *all;
    scim_error_t *err;

    *row = NULL;
    scim_sql_addv(sql, " WHERE k.tenant = %s AND k.id = %s", store->tenant->name, id, NULL);
    err = select_found(&all, store, sql, p);
    if (!err && all->nelts) {
        *row = &APR_ARRAY_IDX(all, 0, scim_token_found_t).row;
    }
    return err;
}

static scim_error_t *select_rows(apr_array_header_t **rows, scim_store_t *store,
                                 const scim_sql_t *sql, apr_pool_t *p)
{
    apr_array_header_t *all;
    scim_error_t *err = select_found(&all, store, sql, p);
    int i;

    *rows = apr_array_make(p, all->nelts, sizeof(scim_token_row_t));
    for (i = 0; !err && i < all->nelts; i++) {
        APR_ARRAY_PUSH(*rows, scim_token_row_t) = APR_ARRAY_IDX(all, i, scim_token_found_t).row;
    }
    return err;
}

scim_error_t *scim_token_list(apr_array_header_t **rows, scim_store_t *store, const char *kind,
                              apr_pool_t *p)
{
    scim_sql_t *sql = begin(0, p);

    scim_sql_addv(sql, " WHERE k.tenant = %s", store->tenant->name, NULL);
    if (kind) {
        scim_sql_addv(sql, " AND k.kind = %s", kind, NULL);
    }
    scim_sql_add(sql, " ORDER BY k.created, k.id");
    return select_rows(rows, store, sql, p);
}

scim_error_t *scim_token_page(apr_array_header_t **rows, scim_store_t *store, const char *kind,
                              const scim_token_row_t *after, int limit, apr_pool_t *p)
{
    scim_sql_t *sql = begin(0, p);

    scim_sql_addv(sql, " WHERE k.tenant = %s AND k.kind = %s", store->tenant->name, kind, NULL);
    if (after) {
        const char *created = scim_store_int(apr_time_as_msec(after->created), p);
        scim_sql_addv(sql, " AND k.created <= %s AND (k.created < %s OR k.id < %s)", created,
                      created, after->id, NULL);
    }
    scim_sql_addv(sql, " ORDER BY k.created DESC, k.id DESC LIMIT %s", scim_store_int(limit, p),
                  NULL);
    return select_rows(rows, store, sql, p);
}

static scim_error_t *read_summary(void *baton, const char *const *cols)
{
    scim_token_summary_t *out = baton;

    out->live = cols[0] ? (int)apr_atoi64(cols[0]) : 0;
    out->used = time_of(cols[1]);
    return NULL;
}

scim_error_t *scim_token_summary(scim_token_summary_t *out, scim_store_t *store, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    out->live = 0;
    out->used = 0;
    scim_sql_addv(sql,
                  "SELECT SUM(CASE WHEN k.revoked IS NULL AND (k.expires IS NULL OR k.expires > "
                  "%s) THEN 1 ELSE 0 END), MAX(k.used) FROM scim_token k WHERE k.tenant = %s AND "
                  "k.kind IN ('" SCIM_TOKEN_API "', '" SCIM_TOKEN_ACCESS "')",
                  scim_store_int(apr_time_as_msec(scim_store_now()), p), store->tenant->name, NULL);
    return scim_store_select(store, sql, 1, 2, read_summary, out);
}

/* ---- owners ---- */

static scim_error_t *read_active_id(void *baton, const char *const *cols)
{
    finding_t *f = baton;

    if (!cols[1] || apr_atoi64(cols[1]) != 0) {
        APR_ARRAY_PUSH(f->found, const char *) = apr_pstrdup(f->pool, cols[0]);
    }
    return NULL;
}

scim_error_t *scim_token_owner(const char **id, scim_store_t *store, const char *user_name,
                               apr_pool_t *p)
{
    finding_t f = {apr_array_make(p, 1, sizeof(const char *)), p};
    const scim_resource_type_t *type = scim_catalog_type(store->tenant->catalog, "User");
    const scim_attr_t *unique = type ? scim_type_attr_at(type, SCIM_AT_UNIQUE) : NULL;
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    *id = NULL;
    if (!unique) {
        return NULL;
    }
    scim_sql_addv(sql,
                  "SELECT r.id, r.active FROM scim_resource r WHERE r.tenant = %s "
                  "AND r.type = 'User' AND r.ukey = %s",
                  store->tenant->name,
                  unique->case_exact ? user_name : scim_text_fold(user_name, p), NULL);
    err = scim_store_select(store, sql, 1, 2, read_active_id, &f);
    if (!err && f.found->nelts) {
        *id = APR_ARRAY_IDX(f.found, 0, const char *);
    }
    return err;
}

/* ---- changes ---- */

/* An UPDATE that does no harm if it is done twice. */
static scim_error_t *change(int *rows, scim_store_t *store, const scim_sql_t *sql)
{
    scim_store_mark(store, SCIM_MARK_AGAIN, NULL, 0);
    return scim_store_exec(rows, store, sql);
}

scim_error_t *scim_token_revoke(int *done, scim_store_t *store, const char *id, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    int rows = 0;
    scim_error_t *err;

    scim_sql_addv(sql,
                  "UPDATE scim_token SET revoked = %s WHERE tenant = %s AND id = %s "
                  "AND revoked IS NULL",
                  scim_token_time(scim_store_now(), p), store->tenant->name, id, NULL);
    err = change(&rows, store, sql);
    if (!err && done) {
        *done = rows > 0;
    }
    return err;
}

scim_error_t *scim_token_revoke_grant(int *n, scim_store_t *store, const char *grant, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql,
                  "UPDATE scim_token SET revoked = %s WHERE tenant = %s AND grant_id = %s "
                  "AND revoked IS NULL",
                  scim_token_time(scim_store_now(), p), store->tenant->name, grant, NULL);
    return change(n, store, sql);
}

typedef struct ending_t {
    const char *id;
    const scim_audit_who_t *who;
    int done;
} ending_t;

static scim_error_t *write_end(void *baton, scim_store_t *store, apr_pool_t *p)
{
    ending_t *e = baton;
    scim_token_row_t *row = NULL;
    scim_error_t *err = scim_token_revoke(&e->done, store, e->id, p);

    if (!err && e->done && e->who) {
        err = scim_token_get(&row, store, e->id, p);
    }
    return err || !row
               ? err
               : scim_audit_deed(store, e->who, SCIM_AUDIT_TOKEN_REVOKE, row->id, row->label, p);
}

scim_error_t *scim_token_end(int *done, scim_store_t *store, const char *id,
                             const scim_audit_who_t *who)
{
    ending_t e = {id, who, 0};
    scim_error_t *err = scim_store_write(store, write_end, &e);

    if (!err && done) {
        *done = e.done;
    }
    return err;
}

scim_error_t *scim_token_purge(scim_store_t *store, const char *kind, apr_time_t before,
                               apr_pool_t *p)
{
    finding_t f = {apr_array_make(p, 100, sizeof(const char *)), p};
    const char *time = scim_token_time(before, p);
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    /* The second column is for read_active_id(): any that is not 0. */
    scim_sql_addv(sql,
                  "SELECT k.id, 1 FROM scim_token k WHERE k.tenant = %s AND k.kind = %s "
                  "AND k.created < %s AND k.expires < %s ORDER BY k.created LIMIT 100",
                  store->tenant->name, kind, time, time, NULL);
    err = scim_store_select(store, sql, 1, 2, read_active_id, &f);
    if (err || f.found->nelts == 0) {
        return err;
    }
    sql = scim_sql_make(p);
    scim_sql_addv(sql, "DELETE FROM scim_token WHERE tenant = %s AND id IN ", store->tenant->name,
                  NULL);
    scim_sql_list(sql, (const char *const *)(const void *)f.found->elts, f.found->nelts);
    return change(NULL, store, sql);
}

/* ---- use ---- */

scim_error_t *scim_token_used(scim_store_t *store, const scim_token_row_t *row, apr_time_t now,
                              apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err = scim_dbd_begin(store->db);

    if (err) {
        return err;
    }
    scim_sql_addv(sql,
                  "UPDATE scim_token SET used = %s WHERE tenant = %s AND id = %s "
                  "AND (used IS NULL OR used <= %s)",
                  scim_token_time(now, p), row->tenant, row->id,
                  scim_token_time(now - USED_EVERY, p), NULL);
    err = scim_store_exec(NULL, store, sql);
    if (err) {
        scim_dbd_rollback(store->db);
        return err;
    }
    return scim_dbd_commit(store->db);
}
