/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include "fuzz.h"
#include "scim_json.h"
#include "scim_query.h"
#include "scim_sort.h"
#include "scim_text.h"

const char fuzz_name[] = "search";

static void require_text(const char *s)
{
    fuzz_require(!s || scim_text_utf8(s, strlen(s)), "text is UTF-8");
}

static void check_sort(const char *sort_by, int type, apr_pool_t *p)
{
    scim_path_t path;
    scim_key_t key;
    scim_error_t *err = scim_sort_parse(&path, sort_by, fuzz_type(type), p);

    if (err) {
        fuzz_require_error(err);
        return;
    }
    fuzz_require(path.attr && path.attr->returned != SCIM_RETURNED_NEVER, "what is shown");
    scim_sort_key(&key, &path, fuzz_resource(type, p), p);
    fuzz_require((key.kind == SCIM_KEY_STRING) == (key.string != NULL), "a string has text");
}

/* The body of a POST to .search. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    scim_tenant_t *tenant = fuzz_tenant(p);
    json_t *body = NULL;
    scim_query_t q;
    scim_error_t *err = scim_json_load(&body, (const char *)data, size, NULL, p);
    int type;

    if (!err) {
        err = scim_query_body(&q, body, tenant, p);
    }
    if (err) {
        fuzz_require_error(err);
    } else {
        fuzz_require(q.start_index >= 1, "startIndex is at least 1");
        fuzz_require(q.count >= 0 && q.count <= tenant->max_page_size, "count has its bounds");
        fuzz_require(!q.cursor || q.start_index == 1, "a cursor and no startIndex");
        require_text(q.filter);
        require_text(q.attributes);
        require_text(q.excluded);
        for (type = 0; q.sort_by && type < FUZZ_TYPES; type++) {
            check_sort(q.sort_by, type, p);
        }
    }
    apr_pool_destroy(p);
    return 0;
}
