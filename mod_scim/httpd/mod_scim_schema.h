/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_SCHEMA_H
#define MOD_SCIM_SCHEMA_H

#include "mod_scim.h"
#include "scim_profile.h"
#include "scim_schema_file.h"

/** One attribute of a ScimIndex. */
typedef struct scim_index_line_t {
    const char *type;
    const char *path;
} scim_index_line_t;

/** What ScimSchemaFile and ScimIndex of one section say. Lives as long as the configuration. */
typedef struct scim_schemas_t {
    const char *at; /* "file:line" of the first of them, for messages */
    scim_schema_set_t *set;
    apr_array_header_t *files;   /* of const char *: what it was read from, in order */
    apr_array_header_t *indexes; /* of scim_index_line_t: ScimIndex, in order */
    apr_pool_t *pool;
    apr_array_header_t *catalogs; /* of scim_catalog_t *, one for each profile; NULL before
                                     scim_schemas_finish() */
} scim_schemas_t;

/** Nothing yet, for the section of a directive. */
scim_schemas_t *scim_schemas_make(const cmd_parms *cmd);

/** Read a file (scim_schema_file.h). @return NULL, or what is wrong: names the file */
const char *scim_schemas_file(const scim_schemas_t *schemas, const char *path, apr_pool_t *p,
                              apr_pool_t *ptemp);

/** Index an attribute of a type beside the usual ones. */
void scim_schemas_index(const scim_schemas_t *schemas, const char *type, const char *path);

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
