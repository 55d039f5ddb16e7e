/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_schema.h"

#include <apr_strings.h>

#include <http_config.h>
#include <util_cfgtree.h>

#include "mod_scim_config.h"

scim_schemas_t *scim_schemas_make(const cmd_parms *cmd)
{
    scim_schemas_t *schemas = apr_pcalloc(cmd->pool, sizeof(*schemas));

    schemas->at = scim_config_at(cmd);
    schemas->pool = cmd->pool;
    schemas->set = scim_schema_set_make(cmd->pool);
    schemas->files = apr_array_make(cmd->pool, 2, sizeof(const char *));
    schemas->indexes = apr_array_make(cmd->pool, 2, sizeof(scim_index_line_t));
    return schemas;
}

const char *scim_schemas_file(const scim_schemas_t *schemas, const char *path, apr_pool_t *p,
                              apr_pool_t *ptemp)
{
    APR_ARRAY_PUSH(schemas->files, const char *) = path;
    return scim_schema_set_file(schemas->set, path, p, ptemp);
}

void scim_schemas_index(const scim_schemas_t *schemas, const char *type, const char *path)
{
    scim_index_line_t line = {type, path};

    APR_ARRAY_PUSH(schemas->indexes, scim_index_line_t) = line;
    scim_schema_set_index(schemas->set, type, path);
}

const char *scim_schemas_finish(scim_schemas_t *schemas)
{
    const scim_catalog_t *catalog;
    scim_error_t *err;
    int i;

    if (schemas->catalogs) {
        return NULL;
    }
    err = scim_schema_set_catalog(&catalog, schemas->set);
    if (err) {
        return err->detail;
    }
    schemas->catalogs = apr_array_make(schemas->pool, 4, sizeof(const scim_catalog_t *));
    APR_ARRAY_PUSH(schemas->catalogs, const scim_catalog_t *) = catalog;
    for (i = 0; scim_profile_at(i); i++) {
        APR_ARRAY_PUSH(schemas->catalogs, const scim_catalog_t *) =
            scim_profile_catalog(scim_profile_at(i), catalog, schemas->pool);
    }
    return NULL;
}

const scim_catalog_t *scim_schemas_catalog(const scim_schemas_t *schemas,
                                           const scim_profile_t *profile)
{
    int i = 0;

    if (!schemas->catalogs) {
        return scim_catalog_default();
    }
    while (profile && scim_profile_at(i) && scim_profile_at(i) != profile) {
        i++;
    }
    return APR_ARRAY_IDX(schemas->catalogs, profile ? i + 1 : 0, const scim_catalog_t *);
}
