/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_console_files.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "scim_file.h"
#include "scim_token.h"

#define INDEX "index.html"
#define FILES_MAX 64
#define FILE_BYTES_MAX 1048576

/* Characters of a file's hash in its ETag. */
#define ETAG_CHARS 32

static const struct {
    const char *suffix;
    const char *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
};

/* The media type of a name that is served, or NULL. */
static const char *type_of(const char *name)
{
    apr_size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    apr_size_t i;

    for (i = 0; len > 0 && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(name + len, types[i].suffix) == 0) {
            return types[i].type;
        }
    }
    return NULL;
}

static const char *load_file(scim_file_t *file, const char *path, const char *name,
                             apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const char *full = apr_pstrcat(ptemp, path, "/", name, NULL);
    const char *wrong = scim_file_read(&file->data, &file->len, full, FILE_BYTES_MAX, ptemp, pconf);
    const char *hash;

    if (wrong) {
        return wrong;
    }
    hash = scim_token_hash(file->data, file->len, ptemp);
    file->name = apr_pstrdup(pconf, name);
    file->type = type_of(name);
    file->etag = apr_psprintf(pconf, "\"%.*s\"", ETAG_CHARS, hash ? hash : "");
    return NULL;
}

static const char *load_all(apr_array_header_t *files, apr_dir_t *dir, const char *path,
                            apr_pool_t *pconf, apr_pool_t *ptemp)
{
    apr_finfo_t entry;
    const char *wrong = NULL;

    while (!wrong && apr_dir_read(&entry, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (!type_of(entry.name)) {
            continue;
        }
        if (files->nelts == FILES_MAX) {
            return apr_psprintf(ptemp, "there are more than %d files in %s", FILES_MAX, path);
        }
        wrong = load_file(apr_array_push(files), path, entry.name, pconf, ptemp);
    }
    return wrong;
}

const char *scim_files_load(const scim_files_t **out, const char *path, apr_pool_t *pconf,
                            apr_pool_t *ptemp)
{
    scim_files_t *made = apr_palloc(pconf, sizeof(*made));
    apr_array_header_t *files = apr_array_make(pconf, 8, sizeof(scim_file_t));
    apr_dir_t *dir;
    const char *wrong;

    if (apr_dir_open(&dir, path, ptemp) != APR_SUCCESS) {
        return apr_psprintf(ptemp,
                            "the console's files cannot be read: no directory %s "
                            "(ScimConsoleFiles)",
                            path);
    }
    wrong = load_all(files, dir, path, pconf, ptemp);
    (void)apr_dir_close(dir);
    if (wrong) {
        return apr_psprintf(ptemp, "the console's files cannot be read: %s (ScimConsoleFiles)",
                            wrong);
    }
    made->files = files;
    if (!scim_files_find(made, "")) {
        return apr_psprintf(ptemp, "there is no " INDEX " in %s (ScimConsoleFiles)", path);
    }
    *out = made;
    return NULL;
}

const scim_file_t *scim_files_find(const scim_files_t *files, const char *name)
{
    int i;

    name = *name ? name : INDEX;
    for (i = 0; i < files->files->nelts; i++) {
        const scim_file_t *file = &APR_ARRAY_IDX(files->files, i, scim_file_t);
        if (strcmp(file->name, name) == 0) {
            return file;
        }
    }
    return NULL;
}
