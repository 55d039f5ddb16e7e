/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_audit.h"

#include <apr_strings.h>

#include "scim_store_impl.h"

/*
 * How many rows there are is never counted as a whole. A row of scim_counter for each outcome (its
 * slot is the column `failed`) holds how many there are up to a seq; each call goes on from there
 * and takes off what it deletes. Rows younger than a minute are left for later: a transaction that
 * still runs may have one with a smaller seq.
 */
#define COUNTER "#audit"
#define SETTLED (apr_time_from_sec(60))

typedef struct purge_t {
    const char *failed;
    apr_int64_t counted; /* rows up to seq */
    apr_int64_t seq;
    int found; /* 1: the counter's row is there */
} purge_t;

/* ---- the counter ---- */

static scim_error_t *read_counter(void *baton, const char *const *cols)
{
    purge_t *purge = baton;

    purge->counted = apr_atoi64(cols[0]);
    purge->seq = apr_atoi64(cols[1]);
    purge->found = 1;
    return NULL;
}

/* Lock the counter, so that calls of this tenant come one after the other. */
static scim_error_t *look(purge_t *purge, scim_store_t *store, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    purge->found = 0;
    purge->counted = 0;
    purge->seq = 0;
    scim_sql_addv(sql,
                  "SELECT c.n, c.gone FROM scim_counter c WHERE c.tenant = %s AND c.type = "
                  "'" COUNTER "' AND c.slot = %s",
                  store->tenant->name, purge->failed, NULL);
    scim_sql_add(sql, scim_dbd_dialect(store->db)->for_update);
    return scim_store_select(store, sql, 1, 2, read_counter, purge);
}

static scim_error_t *lock_counter(purge_t *purge, scim_store_t *store, apr_pool_t *p)
{
    scim_error_t *err = look(purge, store, p);
    scim_sql_t *sql = scim_sql_make(p);

    if (err || purge->found) {
        return err;
    }
    scim_sql_add(sql, scim_dbd_dialect(store->db)->insert_ignore);
    scim_sql_addv(sql,
                  " INTO scim_counter (tenant, type, slot, n) VALUES (%s, '" COUNTER "', %s, 0)",
                  store->tenant->name, purge->failed, NULL);
    err = scim_store_exec(NULL, store, sql);
    return err ? err : look(purge, store, p);
}

static scim_error_t *write_counter(const purge_t *purge, scim_store_t *store, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql,
                  "UPDATE scim_counter SET n = %s, gone = %s WHERE tenant = %s AND type = "
                  "'" COUNTER "' AND slot = %s",
                  scim_store_int(purge->counted, p), scim_store_int(purge->seq, p),
                  store->tenant->name, purge->failed, NULL);
    return scim_store_exec(NULL, store, sql);
}

/* ---- rows ---- */

/* Some rows of an outcome, the oldest first. */
typedef struct oldest_t {
    apr_array_header_t *seqs; /* of apr_int64_t */
    apr_array_header_t *ages; /* of apr_int64_t: at, in milliseconds */
} oldest_t;

static scim_error_t *read_oldest(void *baton, const char *const *cols)
{
    oldest_t *oldest = baton;

    scim_store_push_rid(oldest->seqs, apr_atoi64(cols[0]));
    scim_store_push_rid(oldest->ages, apr_atoi64(cols[1]));
    return NULL;
}

static scim_error_t *find_oldest(oldest_t *out, const purge_t *purge, scim_store_t *store,
                                 apr_int64_t after, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    out->seqs = apr_array_make(p, SCIM_AUDIT_PURGE, sizeof(apr_int64_t));
    out->ages = apr_array_make(p, SCIM_AUDIT_PURGE, sizeof(apr_int64_t));
    scim_sql_add(sql, "SELECT a.seq, a.at FROM scim_audit a");
    scim_store_hint(sql, scim_dbd_dialect(store->db), "scim_audit_failed");
    scim_sql_addv(sql,
                  " WHERE a.tenant = %s AND a.failed = %s AND a.seq > %s ORDER BY a.seq LIMIT %s",
                  store->tenant->name, purge->failed, scim_store_int(after, p),
                  scim_store_int(SCIM_AUDIT_PURGE, p), NULL);
    return scim_store_select(store, sql, 1, 2, read_oldest, out);
}

/* Count on from where the counter stands. */
static scim_error_t *count_on(purge_t *purge, scim_store_t *store, apr_pool_t *p)
{
    apr_int64_t settled = apr_time_as_msec(scim_store_now() - SETTLED);
    oldest_t rows;
    scim_error_t *err = find_oldest(&rows, purge, store, purge->seq, p);
    int i;

    for (i = 0; !err && i < rows.seqs->nelts; i++) {
        if (APR_ARRAY_IDX(rows.ages, i, apr_int64_t) > settled) {
            break;
        }
        purge->seq = APR_ARRAY_IDX(rows.seqs, i, apr_int64_t);
        purge->counted++;
    }
    return err;
}

static scim_error_t *delete_some(void *baton, const char *const *seqs, int n, apr_pool_t *p)
{
    scim_store_t *store = baton;
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql, "DELETE FROM scim_audit WHERE tenant = %s AND seq IN ", store->tenant->name,
                  NULL);
    scim_sql_list(sql, seqs, n);
    return scim_store_exec(NULL, store, sql);
}

/* Rows that the counter has, as far as they are too old or too many. */
static scim_error_t *delete_oldest(purge_t *purge, scim_store_t *store, apr_pool_t *p)
{
    const scim_tenant_t *tenant = store->tenant;
    apr_time_t life = apr_time_from_sec((apr_int64_t)tenant->audit_days * 86400);
    apr_int64_t cutoff = tenant->audit_days ? apr_time_as_msec(scim_store_now() - life) : 0;
    apr_int64_t surplus = tenant->audit_rows ? purge->counted - tenant->audit_rows : 0;
    oldest_t rows;
    scim_error_t *err = find_oldest(&rows, purge, store, 0, p);
    int n = 0;

    while (!err && n < rows.seqs->nelts && APR_ARRAY_IDX(rows.seqs, n, apr_int64_t) <= purge->seq &&
           (n < surplus || APR_ARRAY_IDX(rows.ages, n, apr_int64_t) < cutoff)) {
        n++;
    }
    if (err || !n) {
        return err;
    }
    rows.seqs->nelts = n;
    purge->counted -= n;
    return scim_store_each_rids(rows.seqs, delete_some, store, p);
}

static scim_error_t *purge_outcome(purge_t *purge, scim_store_t *store, apr_pool_t *p)
{
    apr_int64_t counted;
    apr_int64_t seq;
    scim_error_t *err = lock_counter(purge, store, p);

    counted = purge->counted;
    seq = purge->seq;
    if (!err) {
        err = count_on(purge, store, p);
    }
    if (!err) {
        err = delete_oldest(purge, store, p);
    }
    if (err || (counted == purge->counted && seq == purge->seq)) {
        return err;
    }
    return write_counter(purge, store, p);
}

static scim_error_t *purge_tx(void *baton, scim_store_t *store, apr_pool_t *p)
{
    purge_t done = {.failed = "0"};
    purge_t refused = {.failed = "1"};
    scim_error_t *err;

    (void)baton;
    /* Done twice, the second finds little left to do. */
    scim_store_mark(store, SCIM_MARK_AGAIN, NULL, 0);
    err = purge_outcome(&done, store, p);
    return err ? err : purge_outcome(&refused, store, p);
}

scim_error_t *scim_audit_purge(scim_store_t *store)
{
    return scim_store_write(store, purge_tx, NULL);
}
