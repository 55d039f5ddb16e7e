/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_SCHEMA_H
#define MOD_SCIM_SCHEMA_H

#include "mod_scim.h"
#include "scim_profile.h"
#include "scim_schema_load.h"

/** Largest schema file in bytes. */
#define SCIM_SCHEMA_FILE_MAX 1048576

/** What ScimSchemaFile and ScimIndex of one section say. Lives as long as the configuration. */
typedef struct scim_schemas_t {
    const char *at; /* "file:line" of the first of them, for messages */
    scim_schema_set_t *set;
    apr_pool_t *pool;
    apr_array_header_t *catalogs; /* of scim_catalog_t *, one for each profile; NULL before
                                     scim_schemas_finish() */
} scim_schemas_t;

/** Nothing yet, for the section of a directive. */
scim_schemas_t *scim_schemas_make(const cmd_parms *cmd);

/**
 * Read a file of Schema and ResourceType objects.
 * @return NULL, or what is wrong: begins with the file's path
 */
const char *scim_schemas_file(const scim_schemas_t *schemas, const char *path, apr_pool_t *p,
                              apr_pool_t *ptemp);

/** Make the catalogs, unless they are made. @return NULL, or what is wrong */
const char *scim_schemas_finish(scim_schemas_t *schemas);

/**
 * The catalog as a profile wants it.
 * @param profile or NULL: as the files say
 * @return the default catalog before scim_schemas_finish()
 */
const scim_catalog_t *scim_schemas_catalog(const scim_schemas_t *schemas,
                                           const scim_profile_t *profile);

#endif
