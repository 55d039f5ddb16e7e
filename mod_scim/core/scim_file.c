/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_file.h"

#include <apr_file_io.h>
#include <apr_strings.h>

const char *scim_file_read(const char **data, apr_size_t *len, const char *path, apr_size_t max,
                           apr_pool_t *p, apr_pool_t *ptemp)
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
    if (info.size > (apr_off_t)max) {
        return apr_psprintf(p, "%s is larger than %" APR_SIZE_T_FMT " bytes", path, max);
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
    bytes[*len] = '\0';
    *data = bytes;
    return NULL;
}
