/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_FORM_H
#define SCIM_FORM_H

#include <apr_pools.h>

#include "scim_error.h"

/** Parameters of a query string or of a body that is application/x-www-form-urlencoded. */

/** Parameters in one text; more are refused. */
#define SCIM_FORM_MAX 100

/** One parameter that is looked for. */
typedef struct scim_form_field_t {
    const char *name;  /* compared exactly */
    const char *value; /* out: decoded; NULL where it is not there or empty */
    const char *raw;   /* out: as it was sent, still encoded; NULL where value is */
} scim_form_field_t;

/**
 * Find parameters by name (RFC 6749 section 3.1): one without a value counts as not there, unknown
 * ones are ignored. Refused with 400 invalidSyntax: one of the fields given twice; more than
 * SCIM_FORM_MAX parameters; in any of them a broken %-escape, a NUL, bytes that are not UTF-8.
 * @param fields name set; value and raw are set here, in p
 * @param text   without the "?"; NULL: nothing. A NUL among its len bytes is refused
 */
scim_error_t *scim_form_read(scim_form_field_t *fields, int n, const char *text, apr_size_t len,
                             apr_pool_t *p) SCIM_CHECKED;

/**
 * Percent-decode n bytes.
 * @param plus 1: "+" is a space
 * @param why  set, where NULL is returned, to what is wrong: words that go on from "has"
 * @return in p, or NULL
 */
const char *scim_form_decode(const char *s, apr_size_t n, int plus, const char **why,
                             apr_pool_t *p);

/** Percent-encode everything but the unreserved characters of RFC 3986 section 2.3, in p. */
const char *scim_form_encode(const char *s, apr_pool_t *p);

#endif
