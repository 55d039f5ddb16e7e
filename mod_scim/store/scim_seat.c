/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_seat.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_grouping.h"
#include "scim_quota.h"

/* So many times one request indexes a thousand users that are not counted yet. */
#define ROUNDS 20

/* What a write did to one set. */
typedef struct noted_t {
    int taken; /* seats */
    int left;  /* somebody went who may have been the last */
} noted_t;

struct scim_seats_t {
    noted_t *sets; /* as many as the quota has */
    int recount;
    int granted; /* scim_store_grant_seats() */
};

/* ---- what a write did ---- */

static const scim_quota_t *quota_of(const scim_store_t *store)
{
    return store->tenant->quota;
}

void scim_seat_begin(scim_store_t *store)
{
    store->seats = NULL;
}

static struct scim_seats_t *seats_of(scim_store_t *store)
{
    apr_size_t n = (apr_size_t)quota_of(store)->nsets;

    if (!store->seats) {
        store->seats = apr_pcalloc(store->pool, sizeof(*store->seats));
        store->seats->sets = apr_pcalloc(store->pool, n * sizeof(noted_t));
    }
    return store->seats;
}

void scim_store_grant_seats(scim_store_t *store)
{
    if (quota_of(store)) {
        seats_of(store)->granted = 1;
    }
}

void scim_seat_recount(scim_store_t *store, const scim_resource_type_t *type)
{
    if (type->quota) {
        seats_of(store)->recount = 1;
    }
}

static scim_error_t *read_any(void *baton, const char *const *cols)
{
    int *any = baton;

    (void)cols;
    *any = 1;
    return NULL;
}

/* Whether there is an active user in the group of a guard. */
static scim_error_t *group_has_any(int *any, scim_store_t *store, const scim_quota_set_t *set,
                                   apr_pool_t *p)
{
    const scim_resource_type_t *group = scim_store_type_with(store, SCIM_AT_MEMBERS);
    const scim_resource_type_t *user = scim_store_type_with(store, SCIM_AT_GROUPS);
    const char *tenant = store->tenant->name;
    scim_sql_t *sql = scim_sql_make(p);

    *any = 0;
    if (!group || !user) {
        return NULL;
    }
    scim_sql_addv(sql,
                  "SELECT r.rid FROM scim_resource g JOIN scim_member m ON m.group_rid = g.rid "
                  "JOIN scim_resource r ON r.rid = m.member_rid WHERE g.tenant = %s "
                  "AND g.type = %s AND g.ukey = %s AND m.tenant = %s AND r.tenant = %s "
                  "AND r.type = %s AND COALESCE(r.active, 1) = 1 LIMIT 1",
                  tenant, group->name, set->group, tenant, tenant, user->name, NULL);
    return scim_store_select(store, sql, 1, 1, read_any, any);
}

/* Who leaves a group without any active user leaves no last one. */
static scim_error_t *note_group(scim_store_t *store, int i, apr_pool_t *p)
{
    const scim_quota_set_t *set = &quota_of(store)->sets[i];
    int any = 0;
    scim_error_t *err;

    if (store->seats && store->seats->sets[i].left) {
        return NULL;
    }
    err = group_has_any(&any, store, set, p);
    if (!err && any) {
        seats_of(store)->sets[i].left = 1;
    }
    return err;
}

scim_error_t *scim_seat_group(scim_store_t *store, const scim_row_t *group, apr_pool_t *p)
{
    const scim_quota_t *quota = quota_of(store);
    const char *name;
    scim_error_t *err = NULL;
    int i;

    if (!quota || !quota->groups || !group->display) {
        return NULL;
    }
    name = scim_text_fold(group->display, p);
    for (i = 0; i < quota->nsets && !err; i++) {
        if (quota->sets[i].group && strcmp(quota->sets[i].group, name) == 0) {
            err = note_group(store, i, p);
        }
    }
    return err;
}

static int is_active(const json_t *doc)
{
    return doc && !json_is_false(json_object_get(doc, "active"));
}

scim_error_t *scim_seat_change(scim_store_t *store, const scim_resource_type_t *type,
                               const json_t *old, const json_t *doc, apr_pool_t *p)
{
    const scim_quota_t *quota = type->quota;
    scim_error_t *err = NULL;
    int i;

    for (i = 0; quota && i < quota->nsets && !err; i++) {
        const scim_quota_set_t *set = &quota->sets[i];
        if (set->group) {
            err = is_active(old) && !is_active(doc) ? note_group(store, i, p) : NULL;
        } else {
            int before = old && scim_quota_holds(set, old, p);
            int after = doc && scim_quota_holds(set, doc, p);
            if (before != after) {
                seats_of(store)->sets[i].taken += after;
                seats_of(store)->sets[i].left |= before;
            }
        }
    }
    return err;
}

scim_error_t *scim_seat_delete(scim_store_t *store, const scim_resource_type_t *type,
                               const scim_row_t *row, apr_pool_t *p)
{
    json_t *old;
    scim_error_t *err;

    if (scim_type_attr_at(type, SCIM_AT_MEMBERS)) {
        return scim_seat_group(store, row, p);
    }
    if (!type->quota) {
        return NULL;
    }
    err = scim_json_load(&old, row->doc, row->doc_len, NULL, p);
    return err ? err : scim_seat_change(store, type, old, NULL, p);
}

/* ---- rows ---- */

static scim_error_t *make_row(scim_store_t *store, const char *name, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_add(sql, scim_dbd_dialect(store->db)->insert_ignore);
    scim_sql_addv(sql, " INTO scim_seat (tenant, name, used) VALUES (%s, %s, NULL)",
                  store->tenant->name, name, NULL);
    return scim_store_exec(NULL, store, sql);
}

static scim_error_t *take_lock(int *there, scim_store_t *store, const char *name, int shared,
                               apr_pool_t *p)
{
    const scim_dialect_t *dialect = scim_dbd_dialect(store->db);
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql, "SELECT s.name FROM scim_seat s WHERE s.tenant = %s AND s.name = %s",
                  store->tenant->name, name, NULL);
    scim_sql_add(sql, shared ? dialect->for_share : dialect->for_update);
    *there = 0;
    return scim_store_select(store, sql, 1, 1, read_any, there);
}

scim_error_t *scim_seat_lock(scim_store_t *store, const char *name, int shared, apr_pool_t *p)
{
    scim_error_t *err;
    int there;

    if (scim_dbd_dialect(store->db)->one_writer) {
        return NULL;
    }
    err = take_lock(&there, store, name, shared, p);
    if (err || there) {
        return err;
    }
    /* Someone took the row away since this connection saw it. */
    err = make_row(store, name, p);
    return err ? err : take_lock(&there, store, name, shared, p);
}

/* ---- before a transaction ---- */

/* The names of the rows that a tenant needs. */
static apr_array_header_t *row_names(const scim_tenant_t *tenant, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 8, sizeof(const char *));
    int i;

    for (i = 0; tenant->quota && i < tenant->quota->nsets; i++) {
        APR_ARRAY_PUSH(names, const char *) = tenant->quota->sets[i].name;
    }
    if (tenant->grouping && tenant->grouping->creates) {
        APR_ARRAY_PUSH(names, const char *) = SCIM_SEAT_GROUPS;
    }
    if (tenant->grouping && tenant->grouping->one_group) {
        APR_ARRAY_PUSH(names, const char *) = SCIM_SEAT_MOVES;
    }
    return names;
}

/* Outside of writes: there, many first ones at once would lock the same gap and deadlock. */
static scim_error_t *make_rows(scim_store_t *store, const apr_array_header_t *names, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    apr_int64_t n = 0;
    scim_error_t *err;
    int i;

    scim_sql_addv(sql, "SELECT COUNT(*) FROM scim_seat s WHERE s.tenant = %s AND s.name IN ",
                  store->tenant->name, NULL);
    scim_sql_list(sql, (const char *const *)(const void *)names->elts, names->nelts);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_int, &n);
    if (err || n >= names->nelts) {
        return err;
    }
    err = scim_dbd_begin(store->db);
    for (i = 0; i < names->nelts && !err; i++) {
        err = make_row(store, APR_ARRAY_IDX(names, i, const char *), p);
    }
    if (err) {
        scim_dbd_rollback(store->db);
        return err;
    }
    return scim_dbd_commit(store->db);
}

/* Users that were written when there was no such rule get into the index that says who is counted.
 */
static scim_error_t *index_all(scim_store_t *store, const scim_resource_type_t *type)
{
    scim_store_t *other = scim_store_fork(store, store->pool);
    scim_error_t *err = NULL;
    int stale = 1;
    int i;

    other->seats_ready = 1; /* by being made so */
    for (i = 0; i < ROUNDS && stale && !err; i++) {
        err = scim_store_reindex(&stale, other, type);
    }
    if (!err && stale) {
        err = scim_error_make(store->pool, 503, SCIM_TYPE_NONE,
                              "The users are being counted for the first time since there is a "
                              "limit on them; try again in a minute.");
    }
    return err;
}

scim_error_t *scim_seat_ready(scim_store_t *store, apr_pool_t *p)
{
    const scim_resource_type_t *type = scim_store_type_with(store, SCIM_AT_GROUPS);
    const apr_array_header_t *names = row_names(store->tenant, p);
    const char *key;
    scim_error_t *err;

    if (names->nelts == 0 || store->seats_ready) {
        return NULL;
    }
    key = apr_psprintf(p, "seats:%s:%s:%d", store->tenant->name,
                       type && type->indexed ? type->indexed : "", names->nelts);
    if (scim_dbd_noted(store->db, key)) {
        return NULL;
    }
    err = make_rows(store, names, p);
    if (!err && type && type->quota) {
        err = index_all(store, type);
    }
    if (!err) {
        scim_dbd_note(store->db, key);
    } else if (err->cause == SCIM_CAUSE_UNKNOWN) {
        err->cause = SCIM_CAUSE_GONE; /* it does no harm twice */
    }
    return err;
}

/* ---- before COMMIT ---- */

static scim_error_t *forget_all(scim_store_t *store, apr_pool_t *p)
{
    const scim_quota_t *quota = quota_of(store);
    const char *names[SCIM_QUOTA_SETS_MAX];
    scim_sql_t *sql = scim_sql_make(p);
    int i;

    for (i = 0; i < quota->nsets; i++) {
        names[i] = quota->sets[i].name;
    }
    scim_sql_addv(sql, "UPDATE scim_seat SET used = NULL WHERE tenant = %s AND name IN ",
                  store->tenant->name, NULL);
    scim_sql_list(sql, names, quota->nsets);
    return scim_store_exec(NULL, store, sql);
}

/* Seats for users that were there before anyone counted: as many as they are. */
static scim_error_t *give_seats(scim_store_t *store, const scim_quota_set_t *set, int n,
                                apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(sql, "UPDATE scim_seat SET used = used + %s WHERE tenant = %s AND name = %s",
                  scim_store_int(n, p), store->tenant->name, set->name, NULL);
    return scim_store_exec(NULL, store, sql);
}

/* The users in a set, as far as most + 1; those that this write puts there too. */
static scim_error_t *count_set(apr_int64_t *n, scim_store_t *store, const scim_quota_set_t *set,
                               int most, apr_pool_t *p)
{
    const scim_resource_type_t *type = scim_store_type_with(store, SCIM_AT_GROUPS);
    scim_sql_t *sql = scim_sql_make(p);

    *n = 0;
    scim_sql_addv(sql,
                  "SELECT COUNT(*) FROM (SELECT v.rid FROM scim_value v WHERE v.tenant = %s "
                  "AND v.type = %s AND v.attr = %s AND v.value = '' LIMIT %s) c",
                  store->tenant->name, type ? type->name : "", set->name,
                  scim_store_int((apr_int64_t)most + 1, p), NULL);
    return scim_store_select(store, sql, 1, 1, scim_store_read_int, n);
}

scim_error_t *scim_store_seats(apr_int64_t *used, scim_store_t *store,
                               const struct scim_quota_set_t *set, apr_pool_t *p)
{
    return count_set(used, store, set, set->seats, p);
}

static scim_error_t *count_anew(scim_store_t *store, const scim_quota_set_t *set, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    apr_int64_t n;
    scim_error_t *err = scim_seat_lock(store, set->name, 0, p);

    if (!err) {
        err = count_set(&n, store, set, set->seats, p);
    }
    if (!err && n > set->seats) {
        err = scim_quota_full(set, store->pool);
    }
    if (err) {
        return err;
    }
    scim_sql_addv(sql, "UPDATE scim_seat SET used = %s WHERE tenant = %s AND name = %s",
                  scim_store_int(n, p), store->tenant->name, set->name, NULL);
    return scim_store_exec(NULL, store, sql);
}

static scim_error_t *take_seats(scim_store_t *store, const scim_quota_set_t *set, int n,
                                apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;
    int rows = 0;

    scim_sql_addv(sql,
                  "UPDATE scim_seat SET used = used + %s WHERE tenant = %s AND name = %s "
                  "AND used <= %s",
                  scim_store_int(n, p), store->tenant->name, set->name,
                  scim_store_int((apr_int64_t)set->seats - n, p), NULL);
    err = scim_store_exec(&rows, store, sql);
    return err || rows ? err : count_anew(store, set, p);
}

/* Two that are the last of a set together wait for each other here, and the second one sees it. */
static scim_error_t *keep_one(scim_store_t *store, const scim_quota_set_t *set, apr_pool_t *p)
{
    apr_int64_t n = 0;
    int any = 0;
    scim_error_t *err = scim_seat_lock(store, set->name, 0, p);

    if (!err && set->group) {
        err = group_has_any(&any, store, set, p);
    } else if (!err) {
        err = count_set(&n, store, set, 0, p);
        any = n > 0;
    }
    return err || any ? err : scim_quota_last(set, store->pool);
}

scim_error_t *scim_seat_settle(scim_store_t *store, apr_pool_t *p)
{
    const struct scim_seats_t *seats = store->seats;
    const scim_quota_t *quota = quota_of(store);
    scim_error_t *err = seats && seats->recount ? forget_all(store, p) : NULL;
    int i;

    for (i = 0; seats && i < quota->nsets && !err; i++) {
        const scim_quota_set_t *set = &quota->sets[i];
        const noted_t *noted = &seats->sets[i];
        if (set->seats && noted->taken) {
            err = seats->granted ? give_seats(store, set, noted->taken, p)
                                 : take_seats(store, set, noted->taken, p);
        }
        if (!err && set->keep && noted->left) {
            err = keep_one(store, set, p);
        }
    }
    return err;
}
