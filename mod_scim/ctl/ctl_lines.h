/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_LINES_H
#define SCIM_CTL_LINES_H

#include <stdio.h>

#include <apr_pools.h>

/** Lines of a file of any length, one at a time, in one buffer. */
typedef struct ctl_lines_t ctl_lines_t;

/** Read from an open file. @param max bytes of one line; longer ones are passed over */
ctl_lines_t *ctl_lines_make(FILE *in, apr_size_t max, apr_pool_t *p);

/**
 * The next line, without its end.
 * @param data NULL: the line was too long. Lives until the next call
 * @return 1; 0 at the end, or where the file cannot be read on (ferror())
 */
int ctl_lines_next(const char **data, apr_size_t *len, ctl_lines_t *lines);

/** Of the line that came last, from 1; and bytes that were read by then. */
apr_uint64_t ctl_lines_number(const ctl_lines_t *lines);
apr_uint64_t ctl_lines_bytes(const ctl_lines_t *lines);

#endif
