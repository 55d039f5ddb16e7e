/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "fuzz.h"

/*
 * Replays inputs without libFuzzer: the files and folders given, or the target's corpus. Each input
 * is in a block of its own exact size, so that a sanitizer sees a read behind its end.
 */

static int replay_file(const char *path, apr_pool_t *p)
{
    apr_file_t *file;
    apr_finfo_t info;
    uint8_t *data;

    if (apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, 0, p) ||
        apr_file_info_get(&info, APR_FINFO_SIZE, file)) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    data = malloc(info.size > 0 ? (size_t)info.size : 1);
    if (!data || (info.size > 0 && apr_file_read_full(file, data, (apr_size_t)info.size, NULL))) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    apr_file_close(file);
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(data, (size_t)info.size);
    free(data);
    return 1;
}

static int replay(const char *path, apr_pool_t *parent)
{
    apr_pool_t *p;
    apr_dir_t *dir;
    apr_finfo_t info;
    int n = 0;

    apr_pool_create(&p, parent);
    if (apr_dir_open(&dir, path, p)) {
        n = replay_file(path, p);
    } else {
        while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
            if (info.name[0] != '.') {
                n += replay_file(apr_pstrcat(p, path, "/", info.name, NULL), p);
            }
        }
        apr_dir_close(dir);
    }
    apr_pool_destroy(p);
    return n;
}

int main(int argc, char **argv)
{
    apr_pool_t *p = fuzz_pool();
    const char *root = getenv("SCIM_SRCDIR");
    int n = 0;
    int i;

    for (i = 1; i < argc; i++) {
        n += replay(argv[i], p);
    }
    if (argc < 2) {
        n = replay(apr_pstrcat(p, root ? root : ".", "/tests/fuzz/corpus/", fuzz_name, NULL), p);
    }
    printf("%s: %d inputs replayed\n", fuzz_name, n);
    apr_pool_destroy(p);
    return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
