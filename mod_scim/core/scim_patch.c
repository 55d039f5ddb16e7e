/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

#include "scim_life.h"
#include "scim_patch_impl.h"
#include "scim_resource_value.h"

#define MAX_SPENT 2000000 /* elements looked at by one patch */

scim_error_t *scim_patch_spend(scim_patch_run_t *run, apr_size_t n)
{
    run->spent += n;
    if (run->spent <= MAX_SPENT) {
        return NULL;
    }
    return scim_error_make(run->pool, 413, SCIM_TYPE_NONE,
                           "The operations have to look at too many values; send them in several "
                           "requests.");
}

static scim_error_t *set_whole(scim_patch_run_t *run, json_t *container, const scim_attr_t *attr,
                               const scim_patch_step_t *step)
{
    if (attr->multi && step->op == SCIM_PATCH_ADD) {
        return scim_patch_list_add(run, container, attr, step->value);
    }
    run->index.array = NULL; /* it may be freed now, and its address used again */
    if (step->op == SCIM_PATCH_REMOVE && step->value) {
        return scim_patch_list_remove(run, container, attr, step->value);
    }
    if (step->op == SCIM_PATCH_REMOVE) {
        json_object_del(container, attr->name);
    } else {
        scim_value_put(container, attr->name, json_deep_copy(step->value), run->pool);
    }
    return NULL;
}

/* A sub-attribute of a single-valued complex attribute. */
static scim_error_t *set_sub(scim_patch_run_t *run, json_t *container,
                             const scim_patch_step_t *step)
{
    json_t *object = json_object_get(container, step->path.attr->name);

    if (!object && step->op == SCIM_PATCH_REMOVE) {
        return NULL;
    }
    if (!object) {
        object = json_object();
        scim_value_put(container, step->path.attr->name, object, run->pool);
    }
    return set_whole(run, object, step->path.sub, step);
}

static scim_error_t *apply_step(scim_patch_run_t *run, const scim_patch_step_t *step)
{
    const scim_path_t *path = &step->path;
    json_t *container = run->doc;

    if (path->schema && !path->attr) {
        run->index.array = NULL;
        json_object_del(run->doc, path->schema->urn);
        return NULL;
    }
    if (path->schema) {
        container = json_object_get(run->doc, path->schema->urn);
    }
    if (!container && step->op == SCIM_PATCH_REMOVE) {
        return NULL;
    }
    if (!container) {
        container = json_object();
        scim_value_put(run->doc, path->schema->urn, container, run->pool);
    }
    if (path->filter || (path->sub && path->attr->multi)) {
        return scim_patch_elements(run, container, step);
    }
    return path->sub ? set_sub(run, container, step) : set_whole(run, container, path->attr, step);
}

scim_error_t *scim_patch_apply(json_t **out, const json_t *old, const scim_patch_t *patch,
                               const scim_resource_type_t *type, const scim_tenant_t *tenant,
                               apr_pool_t *p)
{
    const scim_ruling_t ruling = {type, old, SCIM_WRITE_PATCH};
    scim_patch_run_t run = {NULL, tenant, p, NULL, 0, {NULL, NULL, NULL}};
    scim_error_t *err = NULL;

    run.doc = scim_json_own(json_deep_copy(old), p);
    apr_pool_create(&run.scratch, p);
    apr_pool_create(&run.index.pool, p);
    for (int i = 0; !err && i < patch->nsteps; i++) {
        err = apply_step(&run, &patch->steps[i]);
    }
    apr_pool_destroy(run.index.pool);
    apr_pool_destroy(run.scratch);
    if (!err && patch->nsteps > 0) {
        scim_rules_shape(run.doc, &ruling, p);
    }
    if (!err) {
        err = scim_value_immutables(run.doc, old, 0, type, p);
    }
    if (!err) {
        err = scim_life_may_lack(tenant, old, run.doc, 1, type)
                  ? scim_resource_finish_lacking(run.doc, type, p)
                  : scim_resource_finish(run.doc, type, p);
    }
    if (!err) {
        err = scim_rules_check(run.doc, &ruling, p);
    }
    if (err) {
        return err;
    }
    *out = run.doc;
    return NULL;
}
