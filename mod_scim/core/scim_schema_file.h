/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SCHEMA_FILE_H
#define SCIM_SCHEMA_FILE_H

#include "scim_schema_load.h"

/** Largest schema file in bytes. */
#define SCIM_SCHEMA_FILE_MAX 1048576

/**
 * Read a file of Schema and ResourceType objects into a set; httpd and scimctl alike.
 * @param p     holds the message
 * @param ptemp holds the file's content
 * @return NULL, or what is wrong: begins with the file's path, or with "cannot read"
 */
const char *scim_schema_set_file(scim_schema_set_t *set, const char *path, apr_pool_t *p,
                                 apr_pool_t *ptemp);

#endif
