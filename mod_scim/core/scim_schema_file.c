/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_schema_file.h"

#include <apr_file_io.h>
#include <apr_strings.h>

#include "scim_json.h"

/* The whole of a regular file of bounded size. */
static const char *read_file(const char **data, apr_size_t *len, const char *path, apr_pool_t *p,
                             apr_pool_t *ptemp)
{
    apr_finfo_t info;
    apr_file_t *file;
    char *bytes;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_SIZE | APR_FINFO_TYPE, ptemp);

    if (rv != APR_SUCCESS) {
        return apr_psprintf(p, "cannot read %s: %pm", path, &rv);
    }
    if (info.filetype != APR_REG) {
        return apr_psprintf(p, "%s is not a file", path);
    }
    if (info.size > SCIM_SCHEMA_FILE_MAX) {
        return apr_psprintf(p, "%s is larger than %d bytes", path, SCIM_SCHEMA_FILE_MAX);
    }
    *len = (apr_size_t)info.size;
    bytes = apr_palloc(ptemp, *len + 1);
    rv = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, ptemp);
    if (rv == APR_SUCCESS) {
        rv = *len ? apr_file_read_full(file, bytes, *len, NULL) : APR_SUCCESS;
        apr_file_close(file);
    }
    if (rv != APR_SUCCESS) {
        return apr_psprintf(p, "cannot read %s: %pm", path, &rv);
    }
    *data = bytes;
    return NULL;
}

const char *scim_schema_set_file(scim_schema_set_t *set, const char *path, apr_pool_t *p,
                                 apr_pool_t *ptemp)
{
    const scim_json_limits_t limits = {SCIM_SCHEMA_FILE_MAX, 0, 0};
    const char *data = "";
    apr_size_t len = 0;
    json_t *root;
    scim_error_t *err;
    const char *wrong = read_file(&data, &len, path, p, ptemp);

    if (wrong) {
        return wrong;
    }
    err = scim_json_load(&root, data, len, &limits, ptemp);
    if (!err) {
        err = scim_schema_set_add(set, root);
    }
    return err ? apr_pstrcat(p, path, ": ", err->detail, NULL) : NULL;
}
