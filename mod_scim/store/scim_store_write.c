/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_map_impl.h"
#include "scim_seat.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

#define ATTEMPTS 3

/* Tries to reach the database again after a lost COMMIT, and the pause between them. */
#define LOOKUPS 4
#define LOOKUP_PAUSE (100 * 1000)

/* Parts of a counter; see sql/mysql/001-base.sql. */
#define SLOTS 16

/* ---- counters ---- */

static scim_error_t *create_counters(scim_store_t *store)
{
    const scim_catalog_t *catalog = store->tenant->catalog;
    scim_error_t *err = scim_dbd_begin(store->db);
    int type;
    int slot;

    for (type = 0; type < catalog->ntypes && !err; type++) {
        scim_sql_t *sql = scim_sql_make(store->pool);
        scim_sql_add(sql, scim_dbd_dialect(store->db)->insert_ignore);
        scim_sql_add(sql, " INTO scim_counter (tenant, type, slot, n) VALUES ");
        for (slot = 0; slot < SLOTS; slot++) {
            scim_sql_addv(sql, slot ? ", (%s, %s, %s, 0)" : "(%s, %s, %s, 0)", store->tenant->name,
                          catalog->types[type]->name, scim_store_int(slot, store->pool), NULL);
        }
        err = scim_store_exec(NULL, store, sql);
    }
    if (err) {
        scim_dbd_rollback(store->db);
        return err;
    }
    return scim_dbd_commit(store->db);
}

/*
 * Make sure that the tenant's counters exist, once per connection. Not when they are first missed
 * inside a write: there, many first writes at once would lock the same gap and deadlock.
 */
static scim_error_t *ensure_counters(scim_store_t *store)
{
    const char *key = apr_pstrcat(store->pool, "counters:", store->tenant->name, NULL);
    const scim_catalog_t *catalog = store->tenant->catalog;
    scim_sql_t *sql = scim_sql_make(store->pool);
    apr_int64_t n = 0;
    scim_error_t *err = scim_dbd_open(store->db);
    int i;

    if (err || scim_dbd_noted(store->db, key)) {
        return err;
    }
    scim_sql_addv(sql, "SELECT COUNT(*) FROM scim_counter c WHERE c.tenant = %s AND c.type IN (",
                  store->tenant->name, NULL);
    for (i = 0; i < catalog->ntypes; i++) {
        scim_sql_addv(sql, i ? ", %s" : "%s", catalog->types[i]->name, NULL);
    }
    scim_sql_add(sql, ")");
    err = scim_store_select(store, sql, 1, 1, scim_store_read_int, &n);
    if (!err && n < (apr_int64_t)SLOTS * catalog->ntypes) {
        err = create_counters(store);
    }
    if (!err) {
        scim_dbd_note(store->db, key);
    } else if (err->cause == SCIM_CAUSE_UNKNOWN) {
        err->cause = SCIM_CAUSE_GONE; /* it does no harm twice */
    }
    return err;
}

/* One of 16 rows, by chance, so that writes do not queue behind one. */
scim_error_t *scim_store_count(scim_store_t *store, const scim_resource_type_t *type, int change,
                               int tombstones)
{
    const char *digit = strchr("0123456789abcdef", store->write_id[0]);
    const char *slot = scim_store_int(digit ? digit - "0123456789abcdef" : 0, store->pool);
    scim_sql_t *count = scim_sql_make(store->pool);
    scim_sql_t *make = scim_sql_make(store->pool);
    scim_error_t *err;
    int rows;

    scim_sql_addv(count, "UPDATE scim_counter SET n = n + %s", scim_store_int(change, store->pool),
                  NULL);
    if (tombstones) {
        scim_sql_addv(count, ", tombs = tombs + %s", scim_store_int(tombstones, store->pool), NULL);
    }
    scim_sql_add(count, change < 0 || tombstones ? ", gone = gone + 1" : "");
    scim_sql_addv(count, " WHERE tenant = %s AND type = %s AND slot = %s", store->tenant->name,
                  type->name, slot, NULL);
    err = scim_store_exec(&rows, store, count);
    if (err || rows) {
        return err;
    }
    /* Someone took the rows away since this connection saw them. */
    scim_sql_add(make, scim_dbd_dialect(store->db)->insert_ignore);
    scim_sql_addv(make, " INTO scim_counter (tenant, type, slot, n) VALUES (%s, %s, %s, 0)",
                  store->tenant->name, type->name, slot, NULL);
    err = scim_store_exec(NULL, store, make);
    return err ? err : scim_store_exec(NULL, store, count);
}

/* ---- the outcome of a COMMIT whose answer was lost ---- */

typedef struct found_t {
    int there;
    int ours; /* bears our mark */
    apr_int64_t version;
    const char *write_id;
} found_t;

static scim_error_t *read_found(void *baton, const char *const *cols)
{
    found_t *f = baton;

    f->there = 1;
    f->version = apr_atoi64(cols[0]);
    f->ours = cols[1] && strcmp(cols[1], f->write_id) == 0;
    return NULL;
}

/*
 * FOR UPDATE waits until the lost transaction has ended: its locks go with it. So what is read is
 * final.
 */
static scim_error_t *look_up(found_t *f, scim_store_t *store)
{
    scim_sql_t *sql = scim_sql_make(store->pool);
    scim_error_t *err = scim_dbd_open(store->db);

    f->there = 0;
    f->ours = 0;
    if (err) {
        return err;
    }
    scim_sql_addv(sql,
                  "SELECT r.version, r.write_id FROM scim_resource r WHERE r.tenant = %s "
                  "AND r.id = %s",
                  store->tenant->name, store->mark_id, NULL);
    scim_sql_add(sql, scim_dbd_dialect(store->db)->for_update);
    return scim_store_select(store, sql, 1, 2, read_found, f);
}

/*
 * Whether the lost COMMIT was done. An update may have been written over by someone else since:
 * then the version tells, as long as only one other write came in between.
 * @param unknown the error to return where it cannot be told
 */
static scim_error_t *settle(int *committed, scim_store_t *store, scim_error_t *unknown)
{
    found_t f = {0, 0, 0, store->write_id};
    scim_error_t *err = unknown;
    int tries;

    *committed = store->mark == SCIM_MARK_NONE;
    if (*committed || store->mark == SCIM_MARK_AGAIN) {
        return NULL;
    }
    for (tries = 0; tries < LOOKUPS && err && store->mark != SCIM_MARK_DIRTY; tries++) {
        apr_sleep(tries * LOOKUP_PAUSE);
        err = look_up(&f, store);
    }
    if (err) {
        return unknown;
    }
    if (store->mark == SCIM_MARK_INSERT) {
        *committed = f.there;
    } else if (store->mark == SCIM_MARK_DELETE) {
        *committed = !f.there;
    } else {
        *committed = f.ours;
        if (f.there && !f.ours && f.version > store->mark_version + 1) {
            return unknown;
        }
    }
    return NULL;
}

/* ---- the write ---- */

static scim_error_t *attempt(scim_store_t *store, scim_store_write_fn *fn, void *baton)
{
    apr_pool_t *p;
    unsigned char random[16];
    scim_error_t *err = ensure_counters(store);

    if (!err) {
        err = scim_map_ready(store);
    }
    if (!err) {
        err = scim_seat_ready(store, store->pool);
    }
    if (err) {
        return err;
    }
    scim_seat_begin(store);
    store->coming = NULL;
    apr_generate_random_bytes(random, sizeof(random));
    store->write_id = apr_pescape_hex(store->pool, random, sizeof(random), 0);
    store->mark = SCIM_MARK_NONE;
    store->mark_id = NULL;
    err = scim_dbd_begin(store->db);
    if (err) {
        return err;
    }
    /* Not destroyed after a failure: the error may live in it. */
    apr_pool_create(&p, store->pool);
    err = fn(baton, store, p);
    if (!err) {
        err = scim_seat_settle(store, p);
    }
    if (err) {
        scim_dbd_rollback(store->db);
        return err;
    }
    return scim_dbd_commit(store->db);
}

/* A pause of 10 to 50 ms, longer each time, so that two that met do not meet again. */
static void pause_between(int tries)
{
    unsigned char random = 0;

    apr_generate_random_bytes(&random, 1);
    apr_sleep((apr_interval_time_t)(tries + 1) * (10000 + random * 150));
}

/*
 * After a COMMIT whose answer was lost: NULL and *done 1 if it was done, cause GONE if the write is
 * to be done again, else the error as it is.
 * @param unsure set where the write is done again although it may have been committed
 */
static scim_error_t *conclude(int *done, scim_error_t **unsure, scim_store_t *store,
                              scim_error_t *unknown)
{
    scim_error_t *err = settle(done, store, unknown);

    if (err || *done) {
        return err;
    }
    if (store->mark == SCIM_MARK_AGAIN) {
        *unsure = apr_pmemdup(store->pool, unknown, sizeof(*unknown));
    }
    /* As if the connection had been lost before. */
    unknown->cause = SCIM_CAUSE_GONE;
    unknown->detail = "The database is not reachable at the moment.";
    return unknown;
}

scim_error_t *scim_store_write(scim_store_t *store, scim_store_write_fn *fn, void *baton)
{
    scim_error_t *unsure = NULL;
    scim_error_t *err = NULL;
    int done = 0;
    int tries;

    for (tries = 0; tries < ATTEMPTS; tries++) {
        if (tries) {
            scim_dbd_again(store->db, err->cause == SCIM_CAUSE_GONE);
            pause_between(tries);
        }
        err = attempt(store, fn, baton);
        if (err && err->cause == SCIM_CAUSE_UNKNOWN) {
            err = conclude(&done, &unsure, store, err);
        }
        if (!err || (err->cause != SCIM_CAUSE_RETRY && err->cause != SCIM_CAUSE_GONE)) {
            break;
        }
    }
    /* An attempt may have been committed, so no later one's refusal says that nothing changed. */
    return err && unsure ? unsure : err;
}
