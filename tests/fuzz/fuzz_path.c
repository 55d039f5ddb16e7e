/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "filter_tree.h"
#include "fuzz.h"

const char fuzz_name[] = "path";

static void check_path(const char *text, int type, int filter_ok, apr_pool_t *p)
{
    scim_path_t path;
    scim_path_t again;
    scim_error_t *err =
        scim_path_parse(&path, text, fuzz_type(type), SCIM_TYPE_INVALID_PATH, filter_ok, p);
    const char *printed;

    if (err) {
        fuzz_require_error(err);
        fuzz_require(err->type == SCIM_TYPE_INVALID_PATH ||
                         (err->type == SCIM_TYPE_INVALID_FILTER && filter_ok && strchr(text, '[')),
                     "the caller's type of error, or a filter's");
        return;
    }
    fuzz_require(path.attr || path.schema, "a path leads somewhere");
    fuzz_require(!path.filter || filter_ok, "no value filter where none is allowed");
    printed = scim_path_print(&path, p);
    if (strlen(printed) > SCIM_PATH_MAX) {
        return; /* quotes and spaces were added to a path of nearly the longest kind */
    }
    err = scim_path_parse(&again, printed, fuzz_type(type), SCIM_TYPE_INVALID_PATH, filter_ok, p);
    if (err && path.filter && strstr(err->detail, "levels of parentheses")) {
        return; /* attr[(a or b)].sub … gained a level */
    }
    fuzz_require(!err, "a printed path parses");
    fuzz_require(filter_tree_path_equal(&path, &again), "printing keeps the path");
    fuzz_require(strcmp(scim_path_print(&again, p), printed) == 0, "printing is stable");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    const char *text = apr_pstrmemdup(p, (const char *)data, size);
    int type;

    for (type = 0; type < FUZZ_TYPES; type++) {
        check_path(text, type, 0, p);
        check_path(text, type, 1, p);
    }
    apr_pool_destroy(p);
    return 0;
}
