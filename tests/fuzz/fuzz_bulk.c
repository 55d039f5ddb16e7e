/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include "fuzz.h"
#include "scim_bulk.h"

const char fuzz_name[] = "bulk";

static int count_rests(const scim_bulk_op_t *op)
{
    int n = 0;

    for (int i = 0; i < op->nrefs; i++) {
        n += op->refs[i].rest;
    }
    return n;
}

static void check_op(const scim_bulk_t *bulk, const scim_bulk_op_t *op)
{
    int takes = op->method <= SCIM_BULK_PATCH;

    fuzz_require(op->path && *op->path, "every operation has a path");
    fuzz_require(op->method != SCIM_BULK_POST || op->bulk_id, "a creation has a bulkId");
    fuzz_require(json_is_object(op->data) == takes, "data goes with its methods");
    fuzz_require((op->rest != NULL) == (count_rests(op) > 0), "rest is what closes a circle");
    fuzz_require(!op->rest || op->method == SCIM_BULK_POST, "only creations are in circles");
    fuzz_require(!op->rest || json_object_size(op->rest) > 0, "a rest is not empty");
    for (int i = 0; i < op->nrefs; i++) {
        int target = op->refs[i].op;

        fuzz_require(target >= 0 && target < bulk->nops, "a reference is to an operation");
        fuzz_require(bulk->ops[target].method == SCIM_BULK_POST, "that creates something");
        fuzz_require(!op->refs[i].at || json_is_string(op->refs[i].at), "and stands in a string");
    }
}

/* Each operation in one step, its rest in another, both when what they need is there. */
static void check_steps(const scim_bulk_t *bulk, apr_pool_t *p)
{
    const char **ids = apr_pcalloc(p, sizeof(*ids) * (apr_size_t)bulk->nops);
    int *seen = apr_pcalloc(p, sizeof(int) * (apr_size_t)bulk->nops);

    for (int i = 0; i < bulk->nsteps; i++) {
        const scim_bulk_step_t *step = &bulk->steps[i];
        const scim_bulk_op_t *op = &bulk->ops[step->op];

        fuzz_require(seen[step->op] == step->rest, "a rest comes second, and all only once");
        seen[step->op]++;
        fuzz_require(scim_bulk_resolve(op, step->rest, ids) == -1, "what it needs is there");
        fuzz_require(scim_bulk_path(op, ids, p) != NULL, "it has a path");
        if (op->method == SCIM_BULK_POST) {
            ids[step->op] = "id";
        }
    }
    for (int i = 0; i < bulk->nops; i++) {
        fuzz_require(seen[i] == (bulk->ops[i].rest ? 2 : 1), "every operation has its steps");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    scim_tenant_t *tenant = fuzz_tenant(p);
    const scim_bulk_t *bulk = NULL;
    json_t *body = NULL;
    scim_error_t *err;

    if (!scim_json_load(&body, (const char *)data, size, NULL, p)) {
        err = scim_bulk_parse(&bulk, body, tenant, p);
        if (err) {
            fuzz_require_error(err);
        } else {
            for (int i = 0; i < bulk->nops; i++) {
                check_op(bulk, &bulk->ops[i]);
            }
            check_steps(bulk, p);
        }
    }
    apr_pool_destroy(p);
    return 0;
}
