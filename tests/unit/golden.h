/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <apr_pools.h>

#include "scim_error.h"

/**
 * Golden directories: tests/data/<part>/NNN-name/ holds `in`, maybe more input files, and exactly
 * one of `out` (success) and `err` (failure). Data is found through the environment variable
 * SCIM_TEST_DATA. The runner also counts: a case that leaves a JSON value behind fails.
 */

typedef struct golden_case_t {
    const char *name; /* "012-value-path" */
    const char *dir;  /* its full path */
    const char *in;   /* contents of `in`, without one trailing newline; NULL if there is none */
    apr_pool_t *pool; /* destroyed after the case */
} golden_case_t;

typedef enum golden_compare_t {
    GOLDEN_TEXT, /* byte for byte, but for one newline at the end of `out` */
    GOLDEN_JSON  /* `out` is JSON and so is the result: equal values, order of members aside */
} golden_compare_t;

/**
 * Run one case.
 * @param err set to the error if the code under test refused
 * @return the result, in c->pool, where there was no error
 */
typedef const char *(golden_fn)(scim_error_t **err, const golden_case_t *c, void *baton);

/**
 * Run every case of a part, in order of name. Every failure is told on stderr.
 *
 * `err` holds the status and the scimType ("400 invalidPath", "413 -"), and may hold the detail in
 * a second line, which is then compared too.
 * @return number of cases that failed; 1 if there is no case at all or the data is missing
 */
int golden_run(const char *part, golden_compare_t compare, golden_fn *fn, void *baton);

/** A file of the case without one trailing newline, or NULL if there is none. In c->pool. */
const char *golden_read(const golden_case_t *c, const char *file);

/** As golden_read() for bytes of any kind, nothing cut off. */
const char *golden_bytes(const golden_case_t *c, const char *file, apr_size_t *len);

#endif
