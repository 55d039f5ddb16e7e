/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_life.h"
#include "scim_map_row.h"

/*
 * What a resource's row in the application's table is to be like follows from its document alone;
 * what is to be done, from the documents before and after. So an event needs no call of its own,
 * and a write that is run again does the same again.
 */
typedef enum state_t {
    ROW_FULL,     /* the row has the document's values */
    ROW_KEPT,     /* it is left alone */
    ROW_SET,      /* it has the values of ScimMapOn deactivate, and else what it had before */
    ROW_UNLINKED, /* it is not the tenant's: the link row is gone */
    ROW_GONE      /* there is none */
} state_t;

static int is_inactive(const scim_map_table_t *t, const json_t *doc)
{
    const scim_attr_t *active = scim_type_attr_at(t->type, SCIM_AT_ACTIVE);

    return active && json_is_false(json_object_get(doc, active->name));
}

static state_t state_of(const scim_store_t *store, const scim_map_table_t *t, const json_t *doc)
{
    scim_deprovision_t policy = store->tenant->deprovision;

    if (!is_inactive(t, doc)) {
        return ROW_FULL;
    }
    switch (t->events[SCIM_MAP_DEACTIVATED].action) {
    case SCIM_MAP_KEEP:
        return ROW_KEPT;
    case SCIM_MAP_DELETE:
        return ROW_GONE;
    case SCIM_MAP_UNLINK:
        return ROW_UNLINKED;
    case SCIM_MAP_SET:
        /* What else is left of the document is no account any more. */
        return policy == SCIM_DEPROVISION_DISABLE ? ROW_FULL : ROW_SET;
    default:
        return policy == SCIM_DEPROVISION_DISABLE ? ROW_FULL : t->link ? ROW_UNLINKED : ROW_GONE;
    }
}

/*
 * What the row is like before a change. Who was inactive before accounts ended with it, or before
 * the row was adopted, still has one.
 */
static state_t state_before(const scim_store_t *store, const scim_map_table_t *t, const json_t *old)
{
    if (store->tenant->deprovision != SCIM_DEPROVISION_DISABLE &&
        !scim_life_is_tombstone(old, t->type)) {
        return ROW_FULL;
    }
    return state_of(store, t, old);
}

/* ---- what is set ---- */

static const apr_array_header_t *sets_of(const scim_map_row_t *row, scim_map_when_t when)
{
    const scim_map_event_t *event = &row->table->events[when];

    return event->action == SCIM_MAP_SET ? event->sets : NULL;
}

/* What an activation or deactivation sets beside what the document says. */
static void push_events(apr_array_header_t *cells, const scim_map_row_t *row)
{
    int is = is_inactive(row->table, row->doc);
    int was = row->old ? is_inactive(row->table, row->old) : 0;

    if (is != was) {
        scim_map_cell_pairs(cells, row,
                            sets_of(row, is ? SCIM_MAP_DEACTIVATED : SCIM_MAP_ACTIVATED));
    }
}

/* ---- the link table ---- */

static scim_map_target_t link_target(const scim_map_row_t *row)
{
    scim_map_target_t target = {NULL, row->table->link->table, row->table->type->name, 0};

    return target;
}

static scim_error_t *read_key(scim_map_row_t *row)
{
    scim_sql_t *sql = scim_sql_make(row->pool);
    apr_int64_t rid = 0;
    scim_error_t *err = NULL;

    if (!row->rid) {
        scim_sql_addv(sql, "SELECT r.rid FROM scim_resource r WHERE r.tenant = %s AND r.id = %s",
                      row->store->tenant->name, row->id, NULL);
        err = scim_store_select(row->store, sql, 1, 1, scim_store_read_int, &rid);
        row->rid = scim_store_int(rid, row->pool);
    }
    return err ? err : scim_map_key(&row->key, row->store, row->table, row->rid, row->pool);
}

/* The row becomes the tenant's; that it is already is no error. */
static scim_error_t *insert_link(scim_map_row_t *row)
{
    apr_array_header_t *cells = apr_array_make(row->pool, 4, sizeof(scim_map_cell_t));
    scim_map_target_t target;
    scim_error_t *err = NULL;

    if (!row->table->link) {
        return NULL;
    }
    if (!row->key) {
        err = read_key(row);
    }
    if (err) {
        return err;
    }
    target = link_target(row);
    scim_map_cell(cells, row->table->link->account, row->key);
    scim_map_cell_pairs(cells, row, row->table->link->pairs);
    return scim_map_row_insert(row, &target, cells, row->table->link->account);
}

static scim_error_t *delete_link(const scim_map_row_t *row)
{
    scim_sql_t *sql = scim_sql_make(row->pool);
    scim_map_target_t target;

    if (!row->table->link) {
        return NULL;
    }
    target = link_target(row);
    target.deletes = 1;
    scim_sql_add(sql, "DELETE FROM ");
    scim_map_name(sql, row->store, NULL, target.name);
    scim_sql_add(sql, " WHERE ");
    scim_map_name(sql, row->store, NULL, row->table->link->account);
    scim_sql_add(sql, " = ");
    scim_sql_bind(sql, row->key);
    scim_map_where(sql, row->store, NULL, row->table->link->pairs);
    return scim_map_exec(NULL, row->store, &target, sql, 1);
}

/* The resource has no row any more. */
static scim_error_t *forget(const scim_map_row_t *row)
{
    scim_sql_t *sql = scim_sql_make(row->pool);

    scim_sql_addv(sql, "DELETE FROM scim_link WHERE tenant = %s AND type = %s AND rid = %s",
                  row->store->tenant->name, row->table->type->name, row->rid, NULL);
    return scim_store_exec(NULL, row->store, sql);
}

/*
 * A tombstone keeps the account that it was, where there still is one, so that active true finds it
 * again. A new resource for the same account takes it over.
 */
static scim_error_t *release(const scim_map_row_t *row)
{
    scim_sql_t *sql = scim_sql_make(row->pool);

    if (row->store->tenant->deprovision == SCIM_DEPROVISION_DISABLE) {
        return NULL;
    }
    scim_sql_addv(sql,
                  "DELETE FROM scim_link WHERE tenant = %s AND type = %s AND app_key = %s "
                  "AND rid IN (SELECT r.rid FROM scim_resource r WHERE r.tenant = %s "
                  "AND r.active = 0)",
                  row->store->tenant->name, row->table->type->name, row->key,
                  row->store->tenant->name, NULL);
    return scim_store_exec(NULL, row->store, sql);
}

/* ---- making a row ---- */

static scim_error_t *insert_row(scim_map_row_t *row)
{
    apr_array_header_t *cells = apr_array_make(row->pool, 16, sizeof(scim_map_cell_t));
    scim_error_t *err;

    row->old = NULL; /* whatever was there before is not in the new row */
    err = scim_map_cell_columns(cells, row, 1);
    if (!err) {
        scim_map_cell_pairs(cells, row, row->table->constants);
        push_events(cells, row);
        err = scim_map_row_insert(row, &row->target, cells, NULL);
    }
    if (!err) {
        err = scim_map_row_key(&row->key, row);
    }
    if (!err) {
        err = scim_map_link(row->store, row->table, row->id, row->key, row->pool);
    }
    return err ? err : insert_link(row);
}

/*
 * Behind an UPDATE that may have changed the key itself, by which others know the row.
 * @param linked 1: scim_link has the old one
 */
static scim_error_t *follow_key(scim_map_row_t *row, int linked)
{
    scim_sql_t *sql = scim_sql_make(row->pool);
    const char *key = NULL;
    scim_error_t *err = NULL;

    if (row->table->given_key && !scim_map_is_id(row->table->given_key)) {
        err = scim_map_row_key(&key, row);
    }
    if (err || !key || strcmp(key, row->key) == 0) {
        return err;
    }
    if (linked) {
        scim_sql_addv(sql,
                      "UPDATE scim_link SET app_key = %s WHERE tenant = %s AND type = %s "
                      "AND rid = %s",
                      key, row->store->tenant->name, row->table->type->name, row->rid, NULL);
        err = scim_store_exec(NULL, row->store, sql);
    }
    if (!err) {
        err = scim_map_members_rename(row->store, row->table, row->key, key, row->pool);
    }
    row->key = key;
    return err;
}

/* A row that was there before becomes the resource's, with the resource's values. */
static scim_error_t *take_over(scim_map_row_t *row, const scim_map_found_t *found)
{
    apr_array_header_t *cells = apr_array_make(row->pool, 16, sizeof(scim_map_cell_t));
    scim_error_t *err;
    int rows;

    row->key = found->key;
    row->old = NULL;
    err = scim_map_cell_columns(cells, row, 0);
    if (!err) {
        push_events(cells, row);
        err = release(row);
    }
    if (!err) {
        err = scim_map_row_update(&rows, row, cells);
    }
    if (!err) {
        err = follow_key(row, 0);
    }
    if (!err) {
        err = scim_map_link(row->store, row->table, row->id, row->key, row->pool);
    }
    return err ? err : insert_link(row);
}

scim_error_t *scim_map_before_insert(scim_map_found_t **found, const json_t **doc,
                                     scim_store_t *store, const scim_resource_type_t *type,
                                     apr_pool_t *p)
{
    const scim_map_table_t *t = scim_map_table(store->tenant->map, type);
    scim_error_t *err;
    json_t *copy;

    *found = NULL;
    if (!t || state_of(store, t, *doc) != ROW_FULL) {
        return NULL;
    }
    err = scim_map_find(found, store, t, *doc, p);
    if (err || !*found) {
        return err;
    }
    if ((*found)->in_team) {
        err = scim_error_make(p, 409, SCIM_TYPE_UNIQUENESS,
                              "%s already exists in the database and in the team.", type->name);
        err->cause = SCIM_CAUSE_DUPLICATE; /* it may be a resource of ours that can come back */
        return err;
    }
    if ((*found)->id) {
        copy = scim_json_own(json_copy((json_t *)(apr_uintptr_t)*doc), p);
        json_object_set_new(copy, "id", json_string((*found)->id));
        *doc = copy;
    }
    return NULL;
}

/* Who is in which of the application's groups is so here too. The resource's row follows. */
static scim_error_t *adopt_groups(const scim_map_row_t *row, scim_group_access_t access)
{
    scim_row_t *now = NULL;
    scim_error_t *err;
    int any;

    if (!row->table->adopt) {
        return NULL;
    }
    err = scim_adopt_members(&any, row->store, row->table, row->resource, access, row->key,
                             row->pool);
    if (!err && any) {
        err = scim_store_get(&now, row->store, row->table->type, row->id, row->pool);
    }
    if (now) {
        *row->resource = *now;
    }
    return err;
}

static scim_map_row_t row_for(scim_store_t *store, const scim_map_table_t *t, const scim_row_t *row,
                              apr_pool_t *p)
{
    scim_map_row_t out = {.store = store,
                          .table = t,
                          .target = {t, t->table, t->type->name, 0},
                          .id = row->id,
                          .rid = row->rid ? scim_store_int(row->rid, p) : NULL,
                          .pool = p};

    return out;
}

scim_error_t *scim_map_inserted(scim_store_t *store, const scim_resource_type_t *type,
                                scim_row_t *made, const json_t *doc, const scim_map_found_t *found,
                                apr_pool_t *p)
{
    const scim_map_table_t *t = scim_map_table(store->tenant->map, type);
    scim_map_row_t row;
    scim_error_t *err;

    if (!t || state_of(store, t, doc) != ROW_FULL) {
        return NULL;
    }
    row = row_for(store, t, made, p);
    row.doc = doc;
    if (!found) {
        return insert_row(&row);
    }
    row.resource = made;
    err = take_over(&row, found);
    return err ? err : adopt_groups(&row, SCIM_GROUP_NEW);
}

/* ---- changes ---- */

/* The application has deleted the row: it is made anew, with its memberships. */
static scim_error_t *make_anew(scim_map_row_t *row)
{
    scim_error_t *err = forget(row);

    if (!err) {
        err = insert_row(row);
    }
    return err ? err : scim_map_members_restore(row->store, row->table, row->rid, row->pool);
}

/* A resource without a row: of before the mapping, or of after its account was deleted. */
static scim_error_t *begin_row(scim_map_row_t *row)
{
    scim_map_found_t *found;
    scim_error_t *err = scim_map_find(&found, row->store, row->table, row->doc, row->pool);

    if (!err) {
        err = found ? take_over(row, found) : insert_row(row);
    }
    if (!err && found) {
        err = adopt_groups(row, SCIM_GROUP_LOCKED);
    }
    return err ? err : scim_map_members_restore(row->store, row->table, row->rid, row->pool);
}

/* It is the tenant's again. In groups it is where a deactivation leaves nobody out of them. */
static scim_error_t *link_again(scim_map_row_t *row)
{
    scim_error_t *err = insert_link(row);

    return err || row->store->tenant->deprovision != SCIM_DEPROVISION_DISABLE
               ? err
               : scim_map_members_restore(row->store, row->table, row->rid, row->pool);
}

static scim_error_t *write_row(scim_map_row_t *row)
{
    apr_array_header_t *cells = apr_array_make(row->pool, 16, sizeof(scim_map_cell_t));
    scim_error_t *err;
    int rows;

    if (!row->key) {
        return begin_row(row);
    }
    err = scim_map_cell_columns(cells, row, 0);
    if (!err) {
        push_events(cells, row);
        err = scim_map_row_update(&rows, row, cells);
    }
    if (!err && !rows) {
        return make_anew(row);
    }
    if (!err) {
        err = follow_key(row, 1);
    }
    if (!err && row->table->link && is_inactive(row->table, row->old) &&
        !is_inactive(row->table, row->doc)) {
        err = link_again(row);
    }
    return err;
}

static scim_error_t *set_row(const scim_map_row_t *row, scim_map_when_t when)
{
    apr_array_header_t *cells = apr_array_make(row->pool, 4, sizeof(scim_map_cell_t));
    int rows;

    scim_map_cell_pairs(cells, row, sets_of(row, when));
    return scim_map_row_update(&rows, row, cells);
}

static scim_error_t *end_row(const scim_map_row_t *row)
{
    scim_error_t *err = scim_map_members_end(row->store, row->table, row->key, row->pool);

    if (!err) {
        err = delete_link(row);
    }
    if (!err) {
        err = scim_map_row_delete(row);
    }
    return err ? err : forget(row);
}

static scim_error_t *unlink_row(const scim_map_row_t *row)
{
    scim_error_t *err = scim_map_members_leave(row->store, row->key, row->pool);

    return err ? err : delete_link(row);
}

/* What a deactivation leaves of the row where the account ends: it is in none of our groups. */
static scim_error_t *leave_row(const scim_map_row_t *row, state_t is)
{
    scim_error_t *err = is == ROW_SET ? set_row(row, SCIM_MAP_DEACTIVATED) : NULL;

    return err || row->store->tenant->deprovision == SCIM_DEPROVISION_DISABLE
               ? err
               : scim_map_members_leave(row->store, row->key, row->pool);
}

scim_error_t *scim_map_updated(scim_store_t *store, const scim_resource_type_t *type,
                               scim_row_t *next, const json_t *old, const json_t *doc,
                               apr_pool_t *p)
{
    const scim_map_table_t *t = scim_map_table(store->tenant->map, type);
    state_t was = t ? state_before(store, t, old) : ROW_KEPT;
    state_t is = t ? state_of(store, t, doc) : ROW_KEPT;
    scim_error_t *err;
    scim_map_row_t row;

    if (!t || (is == was && is != ROW_FULL)) {
        return NULL;
    }
    row = row_for(store, t, next, p);
    row.resource = next;
    row.old = old;
    row.doc = doc;
    err = scim_map_key(&row.key, store, t, row.rid, p);
    if (err || (!row.key && is != ROW_FULL)) {
        return err;
    }
    switch (is) {
    case ROW_FULL:
        return write_row(&row);
    case ROW_KEPT:
    case ROW_SET:
        return leave_row(&row, is);
    case ROW_UNLINKED:
        return unlink_row(&row);
    default:
        return end_row(&row);
    }
}

/*
 * What the event does to the row. Where an account ends with its deactivation, what that has left
 * of the row stays when the tombstone goes, unless a directive says otherwise.
 */
static scim_map_action_t deletion(const scim_store_t *store, const scim_map_table_t *t,
                                  const scim_row_t *gone)
{
    scim_map_action_t action = t->events[SCIM_MAP_DELETED].action;
    int ended = !gone->active && store->tenant->deprovision != SCIM_DEPROVISION_DISABLE;

    if (action != SCIM_MAP_DEFAULT) {
        return action;
    }
    return ended || t->link ? SCIM_MAP_UNLINK : SCIM_MAP_DELETE;
}

scim_error_t *scim_map_deleted(scim_store_t *store, const scim_resource_type_t *type,
                               const scim_row_t *gone, apr_pool_t *p)
{
    const scim_map_table_t *t = scim_map_table(store->tenant->map, type);
    scim_map_action_t action;
    scim_error_t *err;
    scim_map_row_t row;

    if (!t) {
        return NULL;
    }
    action = deletion(store, t, gone);
    row = row_for(store, t, gone, p);
    err = scim_map_key(&row.key, store, t, row.rid, p);
    if (err || !row.key) {
        return err;
    }
    if (action == SCIM_MAP_DELETE) {
        return end_row(&row);
    }
    if (action == SCIM_MAP_SET) {
        err = set_row(&row, SCIM_MAP_DELETED);
    }
    if (!err) {
        err = scim_type_attr_at(type, SCIM_AT_MEMBERS) ? scim_map_members_end(store, t, row.key, p)
                                                       : scim_map_members_leave(store, row.key, p);
    }
    if (!err && action == SCIM_MAP_UNLINK) {
        err = delete_link(&row);
    }
    return err ? err : forget(&row);
}
