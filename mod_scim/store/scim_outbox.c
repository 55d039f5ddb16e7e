/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_outbox.h"

#include <apr_escape.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "scim_store_impl.h"

#define JTI_BYTES 16

/* Bytes of its column: what a client may have made of its request's id can be longer. */
#define TXN_MAX 64

/* ---- events ---- */

scim_error_t *scim_outbox_add(scim_store_t *store, const scim_event_t *event, apr_pool_t *p)
{
    unsigned char random[JTI_BYTES];
    scim_sql_t *sql = scim_sql_make(p);

    apr_generate_random_bytes(random, sizeof(random));
    scim_sql_addv(sql,
                  "INSERT INTO scim_event (tenant, jti, kind, id, at, subject, txn) "
                  "VALUES (%s, %s, %s, %s, %s, %s, ",
                  store->tenant->name, apr_pescape_hex(p, random, sizeof(random), 0), event->kind,
                  event->id, scim_store_int(apr_time_as_msec(scim_store_now()), p), event->subject,
                  NULL);
    scim_sql_bind(sql, scim_text_cut(event->txn, TXN_MAX, p));
    scim_sql_add(sql, ")");
    return scim_store_exec(NULL, store, sql);
}

scim_error_t *scim_outbox_next(const char **tenant, scim_store_t *store, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    scim_store_text_t text = {NULL, p};
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT e.tenant FROM scim_event e WHERE e.tenant > %s ORDER BY e.tenant LIMIT 1",
                  *tenant, NULL);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_text, &text);
    *tenant = text.value;
    return err;
}

static scim_error_t *read_event(void *baton, const char *const *cols)
{
    apr_array_header_t *events = baton;
    apr_pool_t *p = events->pool;
    scim_event_t *event = apr_array_push(events);

    event->seq = apr_atoi64(cols[0]);
    event->jti = apr_pstrdup(p, cols[1]);
    event->kind = apr_pstrdup(p, cols[2]);
    event->id = apr_pstrdup(p, cols[3]);
    event->at = apr_time_from_msec(apr_atoi64(cols[4]));
    event->txn = apr_pstrdup(p, cols[5]);
    event->subject = apr_pstrdup(p, cols[6]);
    event->tries = (int)apr_atoi64(cols[7]);
    event->due = apr_time_from_msec(apr_atoi64(cols[8]));
    return NULL;
}

#define EVENT_COLUMNS 9

static scim_sql_t *select_events(apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_add(sql, "SELECT e.seq, e.jti, e.kind, e.id, e.at, e.txn, e.subject, e.tries, e.due "
                      "FROM scim_event e WHERE ");
    return sql;
}

scim_error_t *scim_outbox_list(apr_array_header_t **events, scim_store_t *store, apr_int64_t after,
                               int limit, apr_pool_t *p)
{
    scim_sql_t *sql = select_events(p);

    *events = apr_array_make(p, 50, sizeof(scim_event_t));
    scim_sql_addv(sql, "e.tenant = %s AND e.seq > %s ORDER BY e.seq LIMIT %s", store->tenant->name,
                  scim_store_int(after, p), scim_store_int(limit, p), NULL);
    return scim_store_select(store, sql, 1, EVENT_COLUMNS, read_event, *events);
}

scim_error_t *scim_outbox_due(apr_array_header_t **events, scim_store_t *store, apr_time_t now,
                              apr_pool_t *p)
{
    scim_sql_t *sql = select_events(p);

    *events = apr_array_make(p, SCIM_OUTBOX_PAGE, sizeof(scim_event_t));
    scim_sql_addv(sql,
                  "e.tenant = %s AND e.due <= %s AND NOT EXISTS "
                  "(SELECT 1 FROM scim_event b WHERE b.tenant = %s AND b.id = e.id "
                  "AND b.seq < e.seq) ORDER BY e.due, e.seq LIMIT %s",
                  store->tenant->name, scim_store_int(apr_time_as_msec(now), p),
                  store->tenant->name, scim_store_int(SCIM_OUTBOX_PAGE, p), NULL);
    return scim_store_select(store, sql, 1, EVENT_COLUMNS, read_event, *events);
}

scim_error_t *scim_outbox_done(scim_store_t *store, const scim_event_t *event)
{
    scim_sql_t *sql = scim_sql_make(store->pool);

    scim_sql_addv(sql, "DELETE FROM scim_event WHERE tenant = %s AND seq = %s", store->tenant->name,
                  scim_store_int(event->seq, store->pool), NULL);
    return scim_store_exec_alone(NULL, store, sql);
}

scim_error_t *scim_outbox_postpone(scim_store_t *store, const scim_event_t *event, apr_time_t until)
{
    apr_pool_t *p = store->pool;
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql,
                  "UPDATE scim_event SET tries = tries + 1, due = %s WHERE tenant = %s AND seq = "
                  "%s",
                  scim_store_int(apr_time_as_msec(until), p), store->tenant->name,
                  scim_store_int(event->seq, p), NULL);
    return scim_store_exec_alone(NULL, store, sql);
}

typedef struct expiry_t {
    scim_store_t *store;
    int n;
} expiry_t;

static scim_error_t *delete_some(void *baton, const char *const *seqs, int n, apr_pool_t *p)
{
    expiry_t *expiry = baton;
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;
    int rows = 0;

    scim_sql_addv(sql, "DELETE FROM scim_event WHERE tenant = %s AND seq IN ",
                  expiry->store->tenant->name, NULL);
    scim_sql_list(sql, seqs, n);
    err = scim_store_exec_alone(&rows, expiry->store, sql);
    expiry->n += rows;
    return err;
}

/* By their numbers: a DELETE of a range locks out writers, and with many rows for seconds. */
scim_error_t *scim_outbox_expire(int *n, scim_store_t *store, apr_time_t before)
{
    apr_pool_t *p = store->pool;
    apr_array_header_t *seqs = apr_array_make(p, SCIM_OUTBOX_EXPIRE, sizeof(apr_int64_t));
    scim_sql_t *sql = scim_sql_make(p);
    expiry_t expiry = {store, 0};
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT e.seq FROM scim_event e WHERE e.tenant = %s AND e.at < %s ORDER BY e.at "
                  "LIMIT %s",
                  store->tenant->name, scim_store_int(apr_time_as_msec(before), p),
                  scim_store_int(SCIM_OUTBOX_EXPIRE, p), NULL);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_rid, seqs);
    if (!err) {
        err = scim_store_each_rids(seqs, delete_some, &expiry, p);
    }
    *n = expiry.n;
    return err;
}

/* ---- the lease ---- */

typedef struct reading_t {
    scim_lease_t *lease;
    apr_pool_t *pool;
} reading_t;

static scim_error_t *read_lease(void *baton, const char *const *cols)
{
    reading_t *reading = baton;

    reading->lease->holder = apr_pstrdup(reading->pool, cols[0]);
    reading->lease->beat = apr_atoi64(cols[1]);
    return NULL;
}

scim_error_t *scim_lease_read(scim_lease_t *out, scim_store_t *store, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    reading_t reading = {out, p};

    out->holder = "";
    out->beat = 0;
    scim_sql_addv(sql, "SELECT l.holder, l.beat FROM scim_event_lease l WHERE l.tenant = %s",
                  store->tenant->name, NULL);
    return scim_store_select(store, sql, 1, 2, read_lease, &reading);
}

scim_error_t *scim_lease_take(int *taken, scim_store_t *store, const scim_lease_t *seen,
                              const char *me)
{
    apr_pool_t *p = store->pool;
    scim_sql_t *sql = scim_sql_make(p);

    *taken = 0;
    if (seen->beat) {
        scim_sql_addv(sql,
                      "UPDATE scim_event_lease SET holder = %s, beat = beat + 1 WHERE tenant = %s "
                      "AND holder = %s AND beat = %s",
                      me, store->tenant->name, seen->holder, scim_store_int(seen->beat, p), NULL);
    } else {
        scim_error_t *err = scim_dbd_open(store->db);
        if (err) {
            return err;
        }
        scim_sql_add(sql, scim_dbd_dialect(store->db)->insert_ignore);
        scim_sql_addv(sql, " INTO scim_event_lease (tenant, holder, beat) VALUES (%s, %s, 1)",
                      store->tenant->name, me, NULL);
    }
    return scim_store_exec_alone(taken, store, sql);
}

scim_error_t *scim_lease_renew(int *held, scim_store_t *store, const char *me)
{
    scim_sql_t *sql = scim_sql_make(store->pool);

    *held = 0;
    scim_sql_addv(sql,
                  "UPDATE scim_event_lease SET beat = beat + 1 WHERE tenant = %s AND holder = %s",
                  store->tenant->name, me, NULL);
    return scim_store_exec_alone(held, store, sql);
}

/*
 * The row stays: where it is deleted and inserted again, InnoDB lets two that want it wait for each
 * other. And whoever saw us have it before must not take a later beat for that one, standing still.
 */
scim_error_t *scim_lease_release(scim_store_t *store, const char *me)
{
    scim_sql_t *sql = scim_sql_make(store->pool);

    scim_sql_addv(sql, "UPDATE scim_event_lease SET holder = '' WHERE tenant = %s AND holder = %s",
                  store->tenant->name, me, NULL);
    return scim_store_exec_alone(NULL, store, sql);
}
