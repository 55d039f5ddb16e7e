/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_hash.h>

#include "fuzz.h"
#include "scim_patch.h"
#include "scim_profile.h"

const char fuzz_name[] = "patch";

static json_t *copy_of(const json_t *value, apr_pool_t *p)
{
    return scim_json_own(json_deep_copy(value), p);
}

static void check_result(const json_t *result, int type, const scim_tenant_t *tenant, apr_pool_t *p)
{
    json_t *finished = copy_of(result, p);
    json_t *loaded = NULL;
    json_t *put = NULL;
    apr_size_t len;
    const char *text = scim_json_dump(result, &len, p);

    fuzz_require(!scim_resource_finish(finished, fuzz_type(type), p), "a result is finished");
    fuzz_require(json_equal(finished, result), "finishing a result changes nothing");
    fuzz_require(!scim_json_load(&loaded, text, len, NULL, p), "a dumped result loads");
    fuzz_require(json_equal(loaded, result), "dumping keeps the result");
    fuzz_require(!scim_resource_replace(&put, NULL, loaded, result, fuzz_type(type), tenant, p),
                 "a result can replace itself");
    fuzz_require(json_equal(put, result), "replacing a result by itself changes nothing");
    fuzz_require(!json_object_get(result, "password"), "a password is not kept");
    fuzz_require(!json_object_get(result, "members"), "a document has no members");
}

static void require_distinct(const scim_member_step_t *step, apr_pool_t *p)
{
    apr_hash_t *seen = apr_hash_make(p);
    int i;

    for (i = 0; i < step->n; i++) {
        fuzz_require(!apr_hash_get(seen, step->ids[i], APR_HASH_KEY_STRING), "ids differ");
        apr_hash_set(seen, step->ids[i], APR_HASH_KEY_STRING, "");
    }
}

static void check_members(const scim_patch_t *patch, apr_pool_t *p)
{
    int i;

    for (i = 0; i < patch->nmembers; i++) {
        const scim_member_step_t *step = &patch->members[i];

        require_distinct(step, p);
        fuzz_require((step->op == SCIM_MEMBER_FILTER) == (step->filter != NULL),
                     "a filter goes with its step");
    }
}

static void check_patch(const json_t *body, int type, const scim_tenant_t *tenant, apr_pool_t *p)
{
    json_t *before = copy_of(body, p);
    json_t *old = fuzz_resource(type, p);
    json_t *kept;
    json_t *out = NULL;
    const scim_patch_t *patch = NULL;
    scim_error_t *err = scim_patch_parse(&patch, body, fuzz_type(type), tenant, p);

    if (err) {
        fuzz_require_error(err);
        return;
    }
    check_members(patch, p);
    json_object_del(old, "meta");
    json_object_del(old, "groups");
    json_object_del(old, "members");
    kept = copy_of(old, p);
    err = scim_patch_apply(&out, old, patch, fuzz_type(type), tenant, p);
    if (err) {
        fuzz_require_error(err);
    } else {
        check_result(out, type, tenant, p);
    }
    fuzz_require(json_equal(old, kept), "the old document is not changed");
    fuzz_require(json_equal(body, before), "the body is not changed");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    scim_tenant_t *tenant = fuzz_tenant(p);
    scim_tenant_t *strict = fuzz_tenant(p);
    json_t *body = NULL;
    int type;

    scim_profile_apply(strict, scim_profile_find("interop"));
    if (!scim_json_load(&body, (const char *)data, size, NULL, p)) {
        for (type = 0; type < FUZZ_TYPES; type++) {
            tenant->reject_unknown_attrs = 0;
            tenant->patch_replace_creates = 0;
            check_patch(body, type, tenant, p);
            tenant->reject_unknown_attrs = 1;
            tenant->patch_replace_creates = 1;
            check_patch(body, type, tenant, p);
            check_patch(body, type, strict, p);
        }
    }
    apr_pool_destroy(p);
    return 0;
}
