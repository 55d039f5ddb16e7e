/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl_migrations.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

static int is_folder(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS && info.filetype == APR_DIR;
}

/* "001-base.sql": 1; anything else: 0. */
static int number_of(const char *name)
{
    apr_size_t len = strlen(name);

    return strspn(name, "0123456789") == 3 && name[3] == '-' && len > 8 &&
                   strcmp(name + len - 4, ".sql") == 0
               ? atoi(name)
               : 0;
}

static int by_number(const void *a, const void *b)
{
    return ((const ctl_migration_t *)a)->number - ((const ctl_migration_t *)b)->number;
}

static apr_status_t read_folder(apr_array_header_t *out, const char *folder, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_dir_t *dir;
    apr_status_t rv = apr_dir_open(&dir, folder, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        ctl_migration_t one = {number_of(info.name), apr_pstrcat(p, folder, "/", info.name, NULL)};
        if (one.number > 0 && one.number <= SCIM_STORE_SCHEMA) {
            APR_ARRAY_PUSH(out, ctl_migration_t) = one;
        }
    }
    apr_dir_close(dir);
    qsort(out->elts, (apr_size_t)out->nelts, sizeof(ctl_migration_t), by_number);
    return APR_SUCCESS;
}

int ctl_migrations_find(apr_array_header_t **out, ctl_t *c, const char *driver)
{
    const char *top = c->opt.sql_dir ? c->opt.sql_dir : SCIM_PKGDATADIR "/sql";
    const char *name = strcmp(driver, "mysql") == 0 ? "mysql" : "sqlite";
    const char *folder = apr_pstrcat(c->pool, top, "/", name, NULL);
    apr_status_t rv;
    int i;

    if (!is_folder(folder, c->pool)) {
        folder = top; /* perhaps it is the folder itself */
    }
    *out = apr_array_make(c->pool, 4, sizeof(ctl_migration_t));
    rv = read_folder(*out, folder, c->pool);
    if (rv != APR_SUCCESS) {
        return ctl_fail(c, CTL_FAILED, "cannot read the migrations in %s: %s; say --sql-dir DIR",
                        folder, apr_psprintf(c->pool, "%pm", &rv));
    }
    for (i = 0; i < SCIM_STORE_SCHEMA; i++) {
        if (i >= (*out)->nelts || APR_ARRAY_IDX(*out, i, ctl_migration_t).number != i + 1) {
            return ctl_fail(c, CTL_FAILED, "%s has not exactly one migration %03d-….sql", folder,
                            i + 1);
        }
    }
    if ((*out)->nelts != SCIM_STORE_SCHEMA) {
        return ctl_fail(c, CTL_FAILED, "%s has two migrations of one number", folder);
    }
    return CTL_OK;
}
