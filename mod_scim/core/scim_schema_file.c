/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_schema_file.h"

#include <apr_strings.h>

#include "scim_file.h"
#include "scim_json.h"

const char *scim_schema_set_file(scim_schema_set_t *set, const char *path, apr_pool_t *p,
                                 apr_pool_t *ptemp)
{
    const scim_json_limits_t limits = {SCIM_SCHEMA_FILE_MAX, 0, 0};
    const char *data = "";
    apr_size_t len = 0;
    json_t *root;
    scim_error_t *err;
    const char *wrong = scim_file_read(&data, &len, path, SCIM_SCHEMA_FILE_MAX, p, ptemp);

    if (wrong) {
        return wrong;
    }
    err = scim_json_load(&root, data, len, &limits, ptemp);
    if (!err) {
        err = scim_schema_set_add(set, root);
    }
    return err ? apr_pstrcat(p, path, ": ", err->detail, NULL) : NULL;
}
