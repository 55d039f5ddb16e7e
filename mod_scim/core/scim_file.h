/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_FILE_H
#define SCIM_FILE_H

#include <apr_pools.h>

/**
 * Read the whole of a regular file of bounded size.
 * @param data in ptemp, NUL-terminated behind its len bytes
 * @param max  a larger file is refused
 * @return NULL, or what is wrong, naming the path
 */
const char *scim_file_read(const char **data, apr_size_t *len, const char *path, apr_size_t max,
                           apr_pool_t *p, apr_pool_t *ptemp);

#endif
