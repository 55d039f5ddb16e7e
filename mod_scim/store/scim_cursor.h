/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CURSOR_H
#define SCIM_CURSOR_H

#include <apr_time.h>

#include "scim_error.h"
#include "scim_sort.h"

/**
 * Cursors (RFC 9865): the place where a page ended, as a text that carries all there is to know, so
 * that no server keeps anything. A keyed checksum seals it: what was altered, or was made for
 * another query or tenant, is refused. SipHash, which apr-util has, is made for just this; its 64
 * bits are enough where a forger can only try one request at a time, and would only win a place in
 * a list that may be read anyway. Pure functions; the key comes from the database.
 */

#define SCIM_CURSOR_KEY 16

/** Longest text that is looked at. */
#define SCIM_CURSOR_MAX 2048

/** Bytes of a string key that a cursor carries. */
#define SCIM_CURSOR_STRING 1020

/** Where a page ended: behind this resource. */
typedef struct scim_position_t {
    int part;          /* of the list, where it is not sorted */
    scim_key_t key;    /* of the resource, where the list is sorted */
    int cut;           /* key.string is only the beginning of it */
    apr_int64_t rid;
    apr_int64_t total; /* totalResults, counted for the first page */
} scim_position_t;

/**
 * @param binding what the cursor is good for: tenant and query
 * @param now its age counts from here
 * @return URI-unreserved characters only, at most SCIM_CURSOR_MAX
 */
const char *scim_cursor_encode(const scim_position_t *position,
                               const unsigned char key[SCIM_CURSOR_KEY], const char *binding,
                               apr_time_t now, apr_pool_t *p);

/**
 * @param timeout seconds; 0: cursors do not expire
 * @return 400 invalidCursor: not made by scim_cursor_encode() with this key and binding; 400
 *         expiredCursor: older than timeout
 */
scim_error_t *scim_cursor_decode(scim_position_t *out, const char *text,
                                 const unsigned char key[SCIM_CURSOR_KEY], const char *binding,
                                 apr_time_t now, int timeout, apr_pool_t *p) SCIM_CHECKED;

#endif
