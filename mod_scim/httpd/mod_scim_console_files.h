/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_CONSOLE_FILES_H
#define MOD_SCIM_CONSOLE_FILES_H

#include "mod_scim_config.h"

/**
 * The console's page and what belongs to it, read into memory when the configuration is checked:
 * what is served is one of these and nothing else, whatever a URL says.
 */
typedef struct scim_file_t {
    const char *name; /* "index.html" */
    const char *type; /* media type */
    const char *etag;
    const char *data;
    apr_size_t len;
} scim_file_t;

typedef struct scim_files_t {
    const apr_array_header_t *files; /* scim_file_t */
} scim_files_t;

/** ScimConsoleFiles where no directive says otherwise. */
#define SCIM_CONSOLE_FILES SCIM_PKGDATADIR "/console"

/**
 * Read a directory's files whose names are lower-case letters, digits, "-" and "_" and end in a
 * known suffix; others are passed by.
 * @return NULL, or what is wrong
 */
const char *scim_files_load(const scim_files_t **out, const char *path, apr_pool_t *pconf,
                            apr_pool_t *ptemp);

/** The file of a name, "" being index.html; or NULL. */
const scim_file_t *scim_files_find(const scim_files_t *files, const char *name);

#endif
