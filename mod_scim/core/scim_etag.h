/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_ETAG_H
#define SCIM_ETAG_H

#include <apr.h>

/**
 * Preconditions on a resource's version (RFC 7644 section 3.14, RFC 9110 section 13). The version's
 * entity tag is weak, as SCIM's are, and compared weakly in both headers.
 */

/** What the preconditions of a request say of a resource that exists. */
typedef enum scim_etag_t {
    SCIM_ETAG_GO_ON,  /* serve the request */
    SCIM_ETAG_OTHER,  /* If-Match does not name this version: 412 */
    SCIM_ETAG_MATCHES /* If-None-Match names this version: 304 for GET and HEAD, else 412 */
} scim_etag_t;

/**
 * 1 if a header's value is "*" or a list of entity tags with the version's among them. A value of
 * any other form matches nothing, whatever else it holds. The suffix that httpd's compressing
 * filters put into a tag (W/"3-gzip", W/"3-br") is not looked at.
 * @param header not NULL; any bytes
 */
int scim_etag_match(const char *header, apr_int64_t version);

/**
 * Evaluate the preconditions in the order of RFC 9110 section 13.2.2.
 * @param if_match, if_none_match the headers' values, or NULL
 */
scim_etag_t scim_etag_check(const char *if_match, const char *if_none_match, apr_int64_t version);

#endif
