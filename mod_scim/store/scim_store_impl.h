/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_STORE_IMPL_H
#define SCIM_STORE_IMPL_H

#include "scim_guard.h"
#include "scim_sql.h"
#include "scim_store.h"

/** Private to scim_store*.c. */

/** What a write left behind by which its outcome can be looked up when COMMIT's answer is lost. */
typedef enum scim_mark_kind_t {
    SCIM_MARK_NONE,   /* nothing was written */
    SCIM_MARK_DIRTY,  /* something was written, but no row of scim_resource */
    SCIM_MARK_AGAIN,  /* nothing to look up: done twice is the same as done once */
    SCIM_MARK_DELETE, /* the id is gone */
    SCIM_MARK_UPDATE, /* the row bears write_id */
    SCIM_MARK_INSERT  /* the id is there */
} scim_mark_kind_t;

struct scim_store_t {
    scim_dbd_t *db;
    const scim_tenant_t *tenant;
    apr_pool_t *pool;
    const scim_bookmarks_t *bookmarks; /* or NULL */
    scim_guard_t *guard;               /* or NULL */
    /* of the write attempt in progress: */
    scim_mark_kind_t mark;
    const char *mark_id;
    const char *write_id;
    apr_int64_t mark_version;   /* before the write */
    int adopting;               /* members are being taken over from the application's join table */
    apr_hash_t *above;          /* groups above groups, read in this request: scim_nesting.h */
    struct scim_seats_t *seats; /* what it did to sets of users: scim_seat.h; NULL: nothing */
    const apr_array_header_t *coming; /* groups that it will change: scim_store_groups.h; or NULL */
    int seats_ready;                  /* 1: scim_seat_ready() has nothing to do */
};

/** Note what a write will have left behind; of several, the one that tells most stays. */
void scim_store_mark(scim_store_t *store, scim_mark_kind_t kind, const char *id,
                     apr_int64_t version);

/** The time, cut to whole milliseconds. */
apr_time_t scim_store_now(void);

/** A row as it is after its next change: version and modified go up, also if the clock does not. */
scim_row_t *scim_store_next(const scim_row_t *old, apr_time_t now, apr_pool_t *p);

/** The tenant's resource type with an attribute stored at `at`, or NULL. */
const scim_resource_type_t *scim_store_type_with(const scim_store_t *store, scim_at_t at);

/** Columns of a row statement, after those that a statement puts in front. */
#define SCIM_ROW_COLUMNS 13

/** Rows read by a statement over `scim_resource r`. */
typedef struct scim_reading_t {
    scim_store_t *store;
    apr_array_header_t *rows; /* scim_row_t; doc may be only a beginning */
    apr_pool_t *pool;         /* what the rows live in */
    int skip;                 /* columns in front of the row's */
} scim_reading_t;

/** How much of their documents a statement reads. */
typedef enum scim_store_extent_t {
    SCIM_STORE_BEGINNING, /* the beginning of each */
    SCIM_STORE_WHOLE,
    SCIM_STORE_GROUPS /* the beginning of groups' only */
} scim_store_extent_t;

/** The SELECT list of a row. */
void scim_store_columns(scim_sql_t *sql, const scim_dialect_t *dialect, scim_store_extent_t extent);

/** scim_dbd_row_fn of a scim_reading_t. */
scim_error_t *scim_store_read_row(void *baton, const char *const *cols);

/**
 * Read on where a document was only a beginning. A row deleted since then gets rid 0.
 * @param suffix " FOR UPDATE" of the dialect inside a write, else ""
 */
scim_error_t *scim_store_complete(scim_store_t *store, scim_row_t *rows, int n, const char *suffix,
                                  apr_pool_t *p) SCIM_CHECKED;

/**
 * Read one resource, if it is there, and have the store's guard judge, both in one SELECT. The
 * guard has not judged yet.
 * @param done 0: there is no such token, so nothing was read, though the judge may have let the
 *             request in for another reason
 */
scim_error_t *scim_guard_read(int *done, scim_reading_t *reading, const scim_resource_type_t *type,
                              const char *id) SCIM_CHECKED;

/** Behind a table: use this index of it. */
void scim_store_hint(scim_sql_t *sql, const scim_dialect_t *dialect, const char *index);

/** Run a SELECT built in sql with a scratch pool of its own below p. */
scim_error_t *scim_store_select(scim_store_t *store, const scim_sql_t *sql, int keep, int ncols,
                                scim_dbd_row_fn *fn, void *baton) SCIM_CHECKED;

/** As scim_store_select() for INSERT, UPDATE, DELETE; fixed texts only. @param rows may be NULL */
scim_error_t *scim_store_exec(int *rows, scim_store_t *store, const scim_sql_t *sql) SCIM_CHECKED;

/** The same in a transaction of its own, tried once. Not inside scim_store_write(). */
scim_error_t *scim_store_exec_alone(int *rows, scim_store_t *store,
                                    const scim_sql_t *sql) SCIM_CHECKED;

/**
 * Wait until no other transaction of the tenant is in the queue of this name, and stay in it until
 * the end of this one. Inside scim_store_write().
 * @param name "#…", at most 32 bytes
 */
scim_error_t *scim_store_queue(scim_store_t *store, const char *name, apr_pool_t *p) SCIM_CHECKED;

/** The same for any text. @param keep 0: one of many texts (scim_stmt_t) */
scim_error_t *scim_store_exec_as(int *rows, scim_store_t *store, const scim_sql_t *sql,
                                 int keep) SCIM_CHECKED;

/** scim_dbd_row_fn: an integer in the first column; baton apr_int64_t. */
scim_error_t *scim_store_read_int(void *baton, const char *const *cols);

/** A text that a statement reads. */
typedef struct scim_store_text_t {
    const char *value;
    apr_pool_t *pool; /* what it lives in */
} scim_store_text_t;

/** scim_dbd_row_fn: the text in the first column. */
scim_error_t *scim_store_read_text(void *baton, const char *const *cols);

/* Row numbers: arrays of apr_int64_t. */

void scim_store_push_rid(apr_array_header_t *rids, apr_int64_t rid);

/** Sort them and keep each once. */
void scim_store_sort_rids(apr_array_header_t *rids);

/** Whether one is among them; rids is sorted. */
int scim_store_has_rid(const apr_array_header_t *rids, apr_int64_t rid);

/** scim_dbd_row_fn: pushes the number in the first column; baton is the array. */
scim_error_t *scim_store_read_rid(void *baton, const char *const *cols);

/** The numbers of a group's members, sorted; array of apr_int64_t. */
scim_error_t *scim_store_member_rids(apr_array_header_t **rids, scim_store_t *store,
                                     apr_int64_t group, apr_pool_t *p) SCIM_CHECKED;

/** The numbers of the groups a resource is in, sorted; array of apr_int64_t. */
scim_error_t *scim_store_group_rids(apr_array_header_t **rids, scim_store_t *store,
                                    apr_int64_t member, apr_pool_t *p) SCIM_CHECKED;

/**
 * Count a change of the number of a type's resources, and of the tombstones among them; one of both
 * is not 0. What goes, or becomes or was a tombstone, counts for lists as gone.
 */
scim_error_t *scim_store_count(scim_store_t *store, const scim_resource_type_t *type, int change,
                               int tombstones) SCIM_CHECKED;

/** Called for some of a list of row numbers, as text. @param p cleared after the call */
typedef scim_error_t *(scim_store_rids_fn)(void *baton, const char *const *rids, int n,
                                           apr_pool_t *p);

/**
 * Call fn for row numbers, as many at a time as one statement takes, in order. An error stops.
 * @param rids array of apr_int64_t
 */
scim_error_t *scim_store_each_rids(const apr_array_header_t *rids, scim_store_rids_fn *fn,
                                   void *baton, apr_pool_t *p) SCIM_CHECKED;

/**
 * Whether some resource of a type is indexed otherwise than the type says: it was written when
 * ScimIndex or a schema file said something else, here or on another host. The first thousand of
 * them are indexed anew before, so that the index becomes complete by being asked for.
 * Not inside scim_store_write().
 * @param stale 1: some are left, and the index of what is configured must not be used
 */
scim_error_t *scim_store_reindex(int *stale, scim_store_t *store,
                                 const scim_resource_type_t *type) SCIM_CHECKED;

/** Insert index rows of a resource. @param rid its number, or NULL: the row just inserted */
scim_error_t *scim_store_insert_values(scim_store_t *store, const scim_resource_type_t *type,
                                       const apr_array_header_t *rows,
                                       const char *rid) SCIM_CHECKED;

/** Make a row's index rows before into those after; both sorted, see scim_index_rows(). */
scim_error_t *scim_store_update_values(scim_store_t *store, const scim_resource_type_t *type,
                                       const apr_array_header_t *before,
                                       const apr_array_header_t *after,
                                       apr_int64_t number) SCIM_CHECKED;

/**
 * After what is shown of a user changed, or the user was deleted: write it into the documents of
 * the users whose manager it is. One statement finds out that there are none.
 * @param display NULL: deleted; the manager goes from the documents
 */
scim_error_t *scim_store_manager_changed(scim_store_t *store, const scim_resource_type_t *type,
                                         const char *id, const char *display,
                                         apr_pool_t *p) SCIM_CHECKED;

/** Insert a resource that is an application's row already (scim_map_adopt.h): only linked to it. */
scim_error_t *scim_store_insert_linked(scim_row_t **row, scim_store_t *store,
                                       const scim_resource_type_t *type, const json_t *doc,
                                       const char *key, apr_pool_t *p) SCIM_CHECKED;

/** An integer as text, in p. */
const char *scim_store_int(apr_int64_t n, apr_pool_t *p);

#endif
