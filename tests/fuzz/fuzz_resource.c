/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include "fuzz.h"
#include "scim_resource.h"

const char fuzz_name[] = "resource";

static json_t *copy_of(const json_t *value, apr_pool_t *p)
{
    return scim_json_own(json_deep_copy(value), p);
}

/* The canonical form is a fixed point of everything that makes it. */
static void check_canonical(const json_t *canonical, int type, const scim_tenant_t *tenant,
                            apr_pool_t *p)
{
    const scim_resource_type_t *t = fuzz_type(type);
    json_t *finished = copy_of(canonical, p);
    json_t *loaded = NULL;
    json_t *again = NULL;
    apr_size_t len;
    const char *text = scim_json_dump(canonical, &len, p);

    fuzz_require(!scim_resource_finish(finished, t, p), "a decoded resource is finished");
    fuzz_require(json_equal(finished, canonical), "finishing twice changes nothing");
    fuzz_require(!scim_json_load(&loaded, text, len, NULL, p), "a dumped resource loads");
    fuzz_require(!scim_resource_create(&again, NULL, loaded, t, tenant, p),
                 "a dumped resource decodes");
    fuzz_require(json_equal(again, canonical), "decoding twice changes nothing");
    fuzz_require(!scim_resource_replace(&again, NULL, loaded, canonical, t, tenant, p),
                 "a resource can replace itself");
    fuzz_require(json_equal(again, canonical), "replacing by itself changes nothing");
    fuzz_require(!json_object_get(canonical, "password"), "a password is not kept");
}

static void check_body(const json_t *body, int type, const scim_tenant_t *tenant, apr_pool_t *p)
{
    json_t *before = copy_of(body, p);
    json_t *old = fuzz_resource(type, p);
    json_t *out = NULL;
    const char *ignored = NULL;
    scim_error_t *err = scim_resource_create(&out, &ignored, body, fuzz_type(type), tenant, p);

    if (err) {
        fuzz_require_error(err);
    } else {
        check_canonical(out, type, tenant, p);
    }
    json_object_del(old, "meta");
    json_object_del(old, "groups");
    json_object_del(old, "members");
    err = scim_resource_replace(&out, &ignored, body, old, fuzz_type(type), tenant, p);
    if (err) {
        fuzz_require_error(err);
    }
    fuzz_require(json_equal(body, before), "decoding does not change the body");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    scim_tenant_t *tenant = fuzz_tenant(p);
    json_t *body = NULL;
    int type;

    if (!scim_json_load(&body, (const char *)data, size, NULL, p)) {
        for (type = 0; type < FUZZ_TYPES; type++) {
            tenant->reject_unknown_attrs = 0;
            check_body(body, type, tenant, p);
            tenant->reject_unknown_attrs = 1;
            check_body(body, type, tenant, p);
        }
    }
    apr_pool_destroy(p);
    return 0;
}
