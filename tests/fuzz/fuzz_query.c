/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "fuzz.h"
#include "scim_query.h"
#include "scim_text.h"

const char fuzz_name[] = "query";

static void require_text(const char *s)
{
    fuzz_require(!s || scim_text_utf8(s, strlen(s)), "decoded text is UTF-8");
}

/* What the parameters select must never lose what is always returned, nor show what never is. */
static void check_projection(const scim_query_t *q, int type, apr_pool_t *p)
{
    const scim_projection_t *pr = NULL;
    json_t *resource = fuzz_resource(type, p);
    json_t *copy = scim_json_own(json_deep_copy(resource), p);
    json_t *view;
    scim_error_t *err = scim_project_parse(&pr, q->attributes, q->excluded, fuzz_type(type), p);

    if (err) {
        fuzz_require_error(err);
        return;
    }
    json_object_set_new(resource, "password", json_string("x"));
    json_object_set_new(copy, "password", json_string("x"));
    view = scim_project_apply(pr, resource, fuzz_type(type), p);
    fuzz_require(json_is_object(view), "a view is an object");
    fuzz_require(json_equal(resource, copy), "a projection changes nothing");
    fuzz_require(json_object_get(view, "id") != NULL, "id is always returned");
    fuzz_require(type != 0 || !json_object_get(view, "password"), "a password is never returned");
    scim_project_wants(pr, fuzz_type(type), SCIM_AT_MEMBERS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    const char *text = apr_pstrmemdup(p, (const char *)data, size);
    scim_tenant_t *tenant = fuzz_tenant(p);
    scim_query_t q;
    scim_error_t *err = scim_query_parse(&q, text, tenant, p);
    int type;

    if (err) {
        fuzz_require_error(err);
    } else {
        fuzz_require(q.start_index >= 1, "startIndex is at least 1");
        fuzz_require(q.count >= 0 && q.count <= tenant->max_page_size,
                     "count is within its bounds");
        require_text(q.filter);
        require_text(q.attributes);
        require_text(q.excluded);
        for (type = 0; type < FUZZ_TYPES; type++) {
            check_projection(&q, type, p);
        }
    }
    require_text(scim_query_unescape((const char *)data, size, p));
    apr_pool_destroy(p);
    return 0;
}
