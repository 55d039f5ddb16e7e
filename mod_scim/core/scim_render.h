/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_RENDER_H
#define SCIM_RENDER_H

#include <apr_time.h>

#include "scim_project.h"
#include "scim_text.h"

/**
 * Replies. A stored document is answered by splicing: its text without the closing brace, then
 * membership, then meta. It is parsed only where a projection asks.
 */

/** One line of Group.members or User.groups. */
typedef struct scim_ref_t {
    const char *id;
    const char *display;              /* or NULL */
    const scim_resource_type_t *type; /* of the referred resource */
    int indirect;                     /* of User.groups: through another group */
} scim_ref_t;

/** A stored resource, as the store returns it. Strings live as long as the pool they came with. */
typedef struct scim_row_t {
    apr_int64_t rid;
    const char *id;
    apr_int64_t version;
    apr_time_t created; /* whole milliseconds */
    apr_time_t modified;
    const char *display; /* what members and groups show of it */
    int active;
    apr_time_t tombstone; /* since when it is one (scim_life.h); 0: it is none */
    int members;          /* of a group: how many it has */
    const char *doc; /* JSON object text: schemas, id and attributes; no meta, members, groups */
    apr_size_t doc_len;
    const char *member_of; /* a user's groups or a group's nesting, as the store keeps them; NULL:
                              none */
    apr_size_t member_of_len;         /* more than member_of has: it is only a beginning */
    const scim_resource_type_t *type; /* in lists; elsewhere whoever asked knows, and it is NULL */
} scim_row_t;

/** What a reply needs besides the row. */
typedef struct scim_view_t {
    const char *base; /* "https://host/scim/v2", no slash at the end */
    const scim_resource_type_t *type;
    const scim_projection_t *projection; /* NULL: default view */
} scim_view_t;

/** Absolute URL of a resource, in p. The id is percent-encoded where needed. */
const char *scim_render_location(const char *base, const scim_resource_type_t *type, const char *id,
                                 apr_pool_t *p);

/** Weak entity tag of a version: W/"3", in p. */
const char *scim_render_etag(apr_int64_t version, apr_pool_t *p);

/**
 * Append one resource without a projection, up to but without its membership and its end:
 * {"schemas":…,…  A call of scim_render_end() must follow, with scim_render_ref() calls between.
 */
void scim_render_begin(scim_buf_t *out, const scim_row_t *row);

/**
 * Append one member or group: value, $ref, type, display. The type of a member is its resource type
 * (RFC 7643 section 4.2), that of a group is "direct" or "indirect" (section 4.1.2). *n counts
 * those written and opens the array at the first.
 */
void scim_render_ref(scim_buf_t *out, int *n, const char *name, const scim_ref_t *ref,
                     const char *base);

/** Close the array if *n, append meta and the final brace. */
void scim_render_end(scim_buf_t *out, int n, const scim_row_t *row, const scim_view_t *view);

/**
 * Append one resource through a projection.
 * @param refs members or groups, nrefs of them, under the type's own attribute name
 */
scim_error_t *scim_render_projected(scim_buf_t *out, const scim_row_t *row, const scim_ref_t *refs,
                                    int nrefs, const scim_view_t *view, apr_pool_t *p) SCIM_CHECKED;

/** The complete resource as a tree owned by p, for the matcher: document, meta and refs. */
scim_error_t *scim_render_tree(json_t **out, const scim_row_t *row, const scim_ref_t *refs,
                               int nrefs, const scim_view_t *view, apr_pool_t *p) SCIM_CHECKED;

/**
 * Append a ListResponse up to `"Resources":[`; numbers are JSON integers (RFC 7644 3.4.2).
 * @param start 0: the page was asked for by cursor and has no startIndex (RFC 9865)
 * @param next  nextCursor, or NULL
 */
void scim_render_list_begin(scim_buf_t *out, apr_int64_t total, apr_int64_t start, int items,
                            const char *next);
/** Append the end of a ListResponse. */
void scim_render_list_end(scim_buf_t *out);

#endif
