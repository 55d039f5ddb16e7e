/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_STORE_H
#define SCIM_STORE_H

#include <apr_tables.h>

#include "scim_dbd.h"
#include "scim_patch.h"
#include "scim_render.h"
#include "scim_tenant.h"

/**
 * The store: a tenant's resources in the database. Every statement carries the tenant. Reads are
 * single statements; writes run inside scim_store_write().
 */
typedef struct scim_store_t scim_store_t;

/** A store for one request. No database work. */
scim_store_t *scim_store_make(scim_dbd_t *db, const scim_tenant_t *tenant, apr_pool_t *p);

/** The same store with a pool of its own, for one of several uses within a request. */
scim_store_t *scim_store_fork(const scim_store_t *store, apr_pool_t *p);

struct scim_quota_set_t;

/** Where a page of all resources of a type ended. */
typedef struct scim_bookmark_t {
    const char *tenant;
    const char *type;
    apr_int64_t start; /* resources before the page that follows */
    apr_int64_t gone;  /* resources of the type that had been deleted by then */
    apr_int64_t rid;   /* of the last one before */
} scim_bookmark_t;

/**
 * A memory of bookmarks that may forget at any time, shared by whoever serves a walk. Optional:
 * without it the database counts its way to each page.
 */
typedef struct scim_bookmarks_t {
    /** Sets rid where one with the same tenant, type, start and gone is known and not older than
     *  some seconds. Returns 1, or 0. */
    int (*get)(scim_bookmark_t *mark, void *baton);
    void (*put)(const scim_bookmark_t *mark, void *baton);
    void *baton;
} scim_bookmarks_t;

/** Give a store bookmarks to use; they must outlive it. */
void scim_store_bookmarks(scim_store_t *store, const scim_bookmarks_t *bookmarks);

/** Bytes of a tenant's key. */
#define SCIM_STORE_KEY 16

/**
 * A random key of the tenant, made when it is first asked for: the same for all hosts. Not inside
 * scim_store_write().
 * @param name what it is for, at most 32 characters; another name is another key
 */
scim_error_t *scim_store_key(unsigned char key[SCIM_STORE_KEY], scim_store_t *store,
                             const char *name) SCIM_CHECKED;

/** The newest schema version this code knows; what `scim_schema_version` must hold. */
#define SCIM_STORE_SCHEMA 1

/* ---- reading ---- */

/**
 * One resource by id, in one SELECT.
 * @param row NULL where there is none (of this tenant and type), or only a tombstone past its life
 *            time
 */
scim_error_t *scim_store_get(scim_row_t **row, scim_store_t *store,
                             const scim_resource_type_t *type, const char *id,
                             apr_pool_t *p) SCIM_CHECKED;

/**
 * The groups that a user is a member of, the direct ones first. These came with its row, unless
 * their list is longer than 4,096 characters: then one SELECT reads them. Indirect ones, which only
 * a user in a nested group has, take another SELECT, once for all users of a request that are in
 * the same groups.
 * @param refs array of scim_ref_t
 */
scim_error_t *scim_store_groups_of(apr_array_header_t **refs, scim_store_t *store,
                                   const scim_row_t *row, apr_pool_t *p) SCIM_CHECKED;

typedef struct scim_list_t {
    const scim_resource_type_t *type;
    const scim_filter_t *filter; /* NULL: all */
    apr_int64_t offset;          /* startIndex - 1 */
    int limit;                   /* 0: only the total */
    const char *base;            /* as in scim_view_t, for filters on URLs; NULL: "" */
} scim_list_t;

/**
 * A page in order of creation (rid), stable while others write.
 * A filter that SQL cannot finish is finished by scim_match() on what SQL leaves over; more than
 * tenant->max_scan such candidates: 400 tooMany.
 * @param rows array of scim_row_t, at most limit
 */
scim_error_t *scim_store_list(apr_array_header_t **rows, apr_int64_t *total, scim_store_t *store,
                              const scim_list_t *list, apr_pool_t *p) SCIM_CHECKED;

/** One type of a list. */
typedef struct scim_search_part_t {
    const scim_resource_type_t *type;
    const scim_filter_t *filter; /* NULL: all */
    const scim_path_t *sort;     /* of a sorted list; NULL: the type does not have the attribute */
} scim_search_part_t;

typedef struct scim_search_t {
    const scim_search_part_t *parts; /* one for each type */
    int nparts;                      /* at least 1 */
    int sorted;                      /* 0: in order of creation, one type after the other */
    int descending;                  /* of a sorted list */
    apr_int64_t offset;              /* startIndex - 1; 0 with a cursor */
    int limit;                       /* 0: only the total */
    const char *base;                /* as in scim_view_t, for filters on URLs; NULL: "" */
    const char *cursor;              /* NULL: none; "": the first page by cursor */
    const char *binding;             /* with a cursor: the query that it is good for */
    int uncounted;                   /* 1: nobody asks for the total, which is not counted; for one
                                        type, with a cursor, not sorted */
} scim_search_t;

/** A page of a list. */
typedef struct scim_page_t {
    apr_array_header_t *rows; /* scim_row_t with their types, at most limit */
    apr_int64_t total;        /* later pages by cursor: as it was at the first */
    const char *next_cursor;  /* NULL: none was asked for, or this is the last page */
} scim_page_t;

/**
 * A page of a list over one or more types, sorted or not, by offset or by cursor; filters as in
 * scim_store_list(). Sorted by what an index has, a page costs what its rows cost: for a filter
 * only if it selects more than tenant->max_scan resources, else they are sorted here. Sorted by
 * anything else, or by values longer than an index holds, each resource that the filter leaves is
 * looked at, and more than tenant->max_scan are 400 tooMany; so are as many before a page of a
 * sorted list over several types. 400 invalidCursor, expiredCursor: see scim_cursor.h.
 */
scim_error_t *scim_store_search(scim_page_t *out, scim_store_t *store, const scim_search_t *search,
                                apr_pool_t *p) SCIM_CHECKED;

/**
 * The next members of a group in order of rid, for reading any group in bounded memory.
 * @param refs  array of scim_ref_t, at most limit; empty at the end
 * @param after in: 0 or what the last call gave; out: for the next call
 */
scim_error_t *scim_store_members(apr_array_header_t **refs, apr_int64_t *after, scim_store_t *store,
                                 apr_int64_t group, int limit, apr_pool_t *p) SCIM_CHECKED;

/**
 * How many seats of a set are taken, counted now; beyond what there are it says one more.
 * @param set of the tenant's quota, with seats
 */
scim_error_t *scim_store_seats(apr_int64_t *used, scim_store_t *store,
                               const struct scim_quota_set_t *set, apr_pool_t *p) SCIM_CHECKED;

/* ---- writing ---- */

/**
 * The body of a write, run inside a transaction and, after a deadlock, a lock timeout or a lost
 * connection, run again from its start: it must set its results anew each time.
 * @param p scratch and results of this attempt; lives as long as the store's pool
 */
typedef scim_error_t *(scim_store_write_fn)(void *baton, scim_store_t *store, apr_pool_t *p);

/**
 * One write, one transaction: begin, fn, commit; NULL means committed and durable. An error from fn
 * rolls back. RETRY and GONE run it again, at most 3 times in all, then 503. A COMMIT whose answer
 * was lost is looked up by the write's own mark on the row; if that cannot tell, 503 with its own
 * text.
 */
scim_error_t *scim_store_write(scim_store_t *store, scim_store_write_fn *fn,
                               void *baton) SCIM_CHECKED;

/**
 * Lock a resource's row and read it. *row NULL where there is none, or only a tombstone past its
 * life time. Inside scim_store_write().
 */
scim_error_t *scim_store_lock(scim_row_t **row, scim_store_t *store,
                              const scim_resource_type_t *type, const char *id,
                              apr_pool_t *p) SCIM_CHECKED;

/**
 * Lock and read the row of another resource that has the unique attribute's value of a document, a
 * tombstone past its life time too. *row NULL where there is none. Inside scim_store_write().
 * @param doc with an id
 */
scim_error_t *scim_store_lock_holder(scim_row_t **row, scim_store_t *store,
                                     const scim_resource_type_t *type, const json_t *doc,
                                     apr_pool_t *p) SCIM_CHECKED;

/**
 * Complete a document before it is inserted or written over old: what is shown of its manager
 * follows from the user that it names (scim_manager.h). Costs a SELECT only where the document
 * names a manager that old does not name. Inside scim_store_write().
 * @param old NULL for a new resource
 * @param doc changed in place
 * @return with tenant->reject_unknown_manager, 400 invalidValue for a manager that is no user
 */
scim_error_t *scim_store_manager(scim_store_t *store, const scim_resource_type_t *type,
                                 const json_t *old, json_t *doc, apr_pool_t *p) SCIM_CHECKED;

/**
 * Insert a resource with its index rows. The unique index decides: 409 uniqueness naming the
 * attribute.
 * @param doc canonical document with id, without meta and members; serialised here. Over
 *            tenant->max_document bytes: 413. It becomes a tombstone if scim_life_is_tombstone()
 *            says so and the tenant leaves any
 * @param row the stored row; rid is 0 for types without members, where it would cost a statement
 */
scim_error_t *scim_store_insert(scim_row_t **row, scim_store_t *store,
                                const scim_resource_type_t *type, const json_t *doc,
                                apr_pool_t *p) SCIM_CHECKED;

/**
 * Write a new document over a locked row; index rows change by the difference of old and new.
 * Version and modified go up. *row is the new row. Who becomes a tombstone leaves its groups, and
 * is nobody's manager any more.
 */
scim_error_t *scim_store_update(scim_row_t **row, scim_store_t *store,
                                const scim_resource_type_t *type, const scim_row_t *old,
                                const json_t *old_doc, const json_t *doc,
                                apr_pool_t *p) SCIM_CHECKED;

/**
 * Write a locked resource's values once more into the application's row, which others may have
 * changed meanwhile (scim_map.h). Nothing where the type is not mapped.
 * @param row what the application's row has to say of groups may make a new one of it
 */
scim_error_t *scim_store_refresh(scim_store_t *store, const scim_resource_type_t *type,
                                 scim_row_t *row, const json_t *doc, apr_pool_t *p) SCIM_CHECKED;

/** Delete a locked row with its index rows and its memberships both ways. */
scim_error_t *scim_store_delete(scim_store_t *store, const scim_resource_type_t *type,
                                const scim_row_t *row, apr_pool_t *p) SCIM_CHECKED;

/**
 * Delete tombstones past their life time, a few hundred at the most. Lists do it before they count;
 * without any it costs one lookup in an index, and nothing where tombstones stay for ever.
 * Not inside scim_store_write().
 * @param left 1: some are left
 */
scim_error_t *scim_store_purge(int *left, scim_store_t *store,
                               const scim_resource_type_t *type) SCIM_CHECKED;

/**
 * Users that this attempt of a write inserts were there before, elsewhere: they have their seats
 * (ScimSeats) also where none are left. Inside scim_store_write().
 */
void scim_store_grant_seats(scim_store_t *store);

/** How a write holds a group whose members it changes. */
typedef enum scim_group_access_t {
    SCIM_GROUP_NEW,    /* inserted by this write: its version and modified stay */
    SCIM_GROUP_LOCKED, /* locked by scim_store_lock() */
    SCIM_GROUP_SHARED  /* only read: its row is waited for at the end, so that writers of one group
                          hold it only while they commit */
} scim_group_access_t;

/** A group as a change of its members sees it. */
typedef struct scim_group_t {
    scim_row_t *row; /* NULL: there is none */
    scim_group_access_t access;
    apr_hash_t *named; /* id -> apr_int64_t, its row number; NULL: not looked up */
    int groups;        /* 1: groups are among the named */
} scim_group_t;

/**
 * Read a group without locking it and, in the same SELECT, whom the plan names.
 * @param group row NULL where there is none
 */
scim_error_t *scim_store_share(scim_group_t *group, scim_store_t *store,
                               const scim_resource_type_t *type, const char *id,
                               const scim_patch_t *plan, apr_pool_t *p) SCIM_CHECKED;

/** What a change of members did. */
typedef struct scim_membership_t {
    int changed;     /* members that came or went */
    int unknown;     /* ids to add that name no user or group of this tenant, and were skipped */
    scim_row_t *row; /* the group's, as it is now; of a shared one as if only this write went on */
} scim_membership_t;

/**
 * Run a membership plan on a group; if any member came or went, its version and modified go up.
 * Cost goes by the plan's size; only a replace and a filter read the group's members, once.
 * Removing what is not there is no error. A group that would contain itself, directly or through
 * others, is refused: 400 invalidValue; with tenant->reject_unknown_members also an unknown id.
 * Adding or removing a group writes the rows of all users below it (scim_nesting.h).
 * @param group its row's marks of nesting are brought up to date
 * @return with SCIM_GROUP_SHARED an error with cause RETRY if the group is gone, or shows another
 *         name or is nested otherwise since it was read
 */
scim_error_t *scim_store_members_apply(scim_membership_t *done, scim_store_t *store,
                                       const scim_group_t *group, const scim_patch_t *plan,
                                       apr_pool_t *p) SCIM_CHECKED;

#endif
