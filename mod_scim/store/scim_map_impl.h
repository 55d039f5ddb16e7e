/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MAP_IMPL_H
#define SCIM_MAP_IMPL_H

#include "scim_map.h"
#include "scim_store_impl.h"

/** Private to scim_map*.c and to the parts of the store that change resources and members. */

/* ---- statements on the application's tables ---- */

/** What a statement is about, for whoever reads that it was refused. */
typedef struct scim_map_target_t {
    const scim_map_table_t *table; /* whose attributes the columns are; NULL: none */
    const char *name;              /* of the table in the statement */
    const char *what;              /* "User", "membership" */
    int deletes;                   /* 1: it deletes */
} scim_map_target_t;

/**
 * Run an INSERT, UPDATE or DELETE. A refused value is 400 invalidValue, or 409 uniqueness, that
 * names attribute and column.
 * @param keep 0: one of many texts. @param rows may be NULL
 */
scim_error_t *scim_map_exec(int *rows, scim_store_t *store, const scim_map_target_t *target,
                            const scim_sql_t *sql, int keep) SCIM_CHECKED;

/** Run a SELECT of a fixed text. */
scim_error_t *scim_map_select(scim_store_t *store, const scim_map_target_t *target,
                              const scim_sql_t *sql, int ncols, scim_dbd_row_fn *fn,
                              void *baton) SCIM_CHECKED;

/** What the database says of the application's table, in the client's words; scim_map_exec(). */
scim_error_t *scim_map_refused(scim_error_t *err, const scim_store_t *store,
                               const scim_map_target_t *target) SCIM_CHECKED;

/** Append a name in quotes, after "alias." where alias is not NULL. */
void scim_map_name(scim_sql_t *sql, const scim_store_t *store, const char *alias, const char *name);

/** Append " AND column = value" for each pair. @param alias or NULL */
void scim_map_where(scim_sql_t *sql, const scim_store_t *store, const char *alias,
                    const apr_array_header_t *pairs);

/** A pair's value for the store's tenant; NULL: SQL NULL. */
const char *scim_map_text(const scim_store_t *store, const char *value, apr_pool_t *p);

/** Append what an INSERT needs so that a row that is there already is no error. */
void scim_map_skip_duplicate(scim_sql_t *sql, const scim_store_t *store, const char *column);

/** Append a column's value as it is read and as scim_link has it. */
void scim_map_as_text(scim_sql_t *sql, const scim_store_t *store, const char *alias,
                      const char *column);

/* ---- links ---- */

/** The key of a resource's row; *key NULL where it has none. @param rid its number, as text */
scim_error_t *scim_map_key(const char **key, scim_store_t *store, const scim_map_table_t *t,
                           const char *rid, apr_pool_t *p) SCIM_CHECKED;

/** Link a resource. @param key NULL: of the row that this connection inserted last */
scim_error_t *scim_map_link(scim_store_t *store, const scim_map_table_t *t, const char *id,
                            const char *key, apr_pool_t *p) SCIM_CHECKED;

/* ---- rows that are there before SCIM knows of them ---- */

/** A row of the application's table. */
typedef struct scim_map_found_t {
    const char *key;
    const char *id; /* what its id column says, where it can be a resource's id; or NULL */
    int in_team;    /* with a link table: it is the tenant's already */
} scim_map_found_t;

/**
 * The row that a document's matching attribute names, locked.
 * @param found NULL where there is none, or the table is not looked into
 */
scim_error_t *scim_map_find(scim_map_found_t **found, scim_store_t *store,
                            const scim_map_table_t *t, const json_t *doc,
                            apr_pool_t *p) SCIM_CHECKED;

/**
 * Before a resource is inserted: the row that it takes over, if there is one.
 * @param doc replaced by a copy where the row has an id of its own
 * @return 409 uniqueness for a row that is in the tenant's link table already
 */
scim_error_t *scim_map_before_insert(scim_map_found_t **found, const json_t **doc,
                                     scim_store_t *store, const scim_resource_type_t *type,
                                     apr_pool_t *p) SCIM_CHECKED;

/* ---- after changes of resources ---- */

/**
 * A resource was inserted.
 * @param row   follows where memberships of the row that it takes over change it
 * @param found of scim_map_before_insert()
 */
scim_error_t *scim_map_inserted(scim_store_t *store, const scim_resource_type_t *type,
                                scim_row_t *row, const json_t *doc, const scim_map_found_t *found,
                                apr_pool_t *p) SCIM_CHECKED;

/** A resource was written over. @param row follows as that of scim_map_inserted() */
scim_error_t *scim_map_updated(scim_store_t *store, const scim_resource_type_t *type,
                               scim_row_t *row, const json_t *old, const json_t *doc,
                               apr_pool_t *p) SCIM_CHECKED;

/** A resource is about to be deleted. */
scim_error_t *scim_map_deleted(scim_store_t *store, const scim_resource_type_t *type,
                               const scim_row_t *row, apr_pool_t *p) SCIM_CHECKED;

/* ---- members ---- */

/**
 * Members came or went: the same in the join table. Two statements, whatever the group's size.
 * Whoever changes scim_member calls this in the same transaction.
 * @param rids numbers of the members as text, at most SCIM_SQL_LIST; others than users are passed
 *             over
 */
scim_error_t *scim_map_members(scim_store_t *store, const char *group_rid, const char *const *rids,
                               int n, int add, apr_pool_t *p) SCIM_CHECKED;

/** All rows of the join table of one side's key go. @param of the side's table */
scim_error_t *scim_map_members_end(scim_store_t *store, const scim_map_table_t *of, const char *key,
                                   apr_pool_t *p) SCIM_CHECKED;

/** Those in the tenant's own groups go; the account's in other tenants' groups stay. */
scim_error_t *scim_map_members_leave(scim_store_t *store, const char *key,
                                     apr_pool_t *p) SCIM_CHECKED;

/** A key changed. */
scim_error_t *scim_map_members_rename(scim_store_t *store, const scim_map_table_t *of,
                                      const char *from, const char *to, apr_pool_t *p) SCIM_CHECKED;

/** Write the memberships of a resource anew, whose row was made anew. @param rid as text */
scim_error_t *scim_map_members_restore(scim_store_t *store, const scim_map_table_t *of,
                                       const char *rid, apr_pool_t *p) SCIM_CHECKED;

/**
 * Take over from the join table who is in which group, as far as both sides are resources; the
 * other side follows when it is. The join table is not written.
 * @param any    1: somebody is in a group now, and row is no longer as it was stored last
 * @param row    of the resource
 * @param access to it, where it is a group
 * @param key    of its row in the application's table
 */
scim_error_t *scim_adopt_members(int *any, scim_store_t *store, const scim_map_table_t *t,
                                 scim_row_t *row, scim_group_access_t access, const char *key,
                                 apr_pool_t *p) SCIM_CHECKED;

/* ---- the real tables ---- */

/** scim_map_check() of the store's tenant, once for each connection. */
scim_error_t *scim_map_ready(scim_store_t *store) SCIM_CHECKED;

/** The columns of a unique key as scim_map_ready() read them, each with a blank behind; or NULL. */
const char *scim_map_key_columns(const scim_store_t *store, const char *table, const char *index);

#endif
