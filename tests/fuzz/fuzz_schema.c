/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include "fuzz.h"
#include "scim_discovery.h"
#include "scim_path.h"
#include "scim_project.h"
#include "scim_schema_load.h"

const char fuzz_name[] = "schema";

static json_t *parse(const char *text, apr_pool_t *p)
{
    json_t *root = NULL;
    scim_error_t *err = scim_json_load(&root, text, strlen(text), NULL, p);

    fuzz_require(!err, "a discovery document is JSON");
    return root;
}

/* What /Schemas and /ResourceTypes show, without the schemas that are built in. */
static json_t *shown(const scim_catalog_t *catalog, apr_pool_t *p)
{
    scim_tenant_t *tenant = fuzz_tenant(p);
    json_t *all = scim_json_own(json_array(), p);
    json_t *list;
    json_t *one;
    size_t i;

    tenant->catalog = catalog;
    list = json_object_get(parse(scim_discovery_schemas(tenant, NULL, "", p), p), "Resources");
    json_array_foreach(list, i, one)
    {
        const char *urn = json_string_value(json_object_get(one, "id"));
        if (!scim_catalog_schema(scim_catalog_default(), urn)) {
            json_array_append(all, one);
        }
    }
    list = json_object_get(parse(scim_discovery_types(tenant, NULL, "", p), p), "Resources");
    json_array_extend(all, list);
    return all;
}

/* Every attribute has a path of its own, and that path leads to it. */
static void check_paths(const scim_resource_type_t *type, const scim_schema_t *schema,
                        apr_pool_t *p)
{
    for (int i = 0; i < schema->nattrs; i++) {
        scim_path_t path = {schema == type->schema ? NULL : schema, &schema->attrs[i], NULL, NULL};
        scim_path_t found;

        for (int j = -1; j < path.attr->nsubs; j++) {
            path.sub = j < 0 ? NULL : &path.attr->subs[j];
            fuzz_require(!scim_path_parse(&found, scim_path_print(&path, p), type,
                                          SCIM_TYPE_INVALID_PATH, 0, p),
                         "an attribute's path parses");
            fuzz_require(found.attr == path.attr && found.sub == path.sub,
                         "an attribute's path leads to it");
        }
    }
}

static void check_catalog(const scim_catalog_t *catalog, apr_pool_t *p)
{
    json_t *once = shown(catalog, p);
    scim_schema_set_t *set = scim_schema_set_make(p);
    const scim_catalog_t *again = NULL;

    fuzz_require(!scim_schema_set_add(set, once), "what is shown can be read");
    fuzz_require(!scim_schema_set_catalog(&again, set), "what is shown is a catalog");
    fuzz_require(json_equal(shown(again, p), once), "reading what is shown changes nothing");
    for (int i = 0; i < catalog->ntypes; i++) {
        const scim_resource_type_t *type = catalog->types[i];
        const scim_projection_t *view = NULL;

        check_paths(type, type->schema, p);
        for (int j = 0; j < type->nextensions; j++) {
            check_paths(type, type->extensions[j].schema, p);
        }
        fuzz_require(!scim_project_parse(&view, "id", NULL, type, p), "a view can be made");
        fuzz_require(strlen(type->name) <= SCIM_SCHEMA_TYPE_MAX, "a name fits its column");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    scim_schema_set_t *set = scim_schema_set_make(p);
    const scim_catalog_t *catalog = NULL;
    json_t *root = NULL;
    scim_error_t *err = scim_json_load(&root, (const char *)data, size, NULL, p);

    if (!err) {
        err = scim_schema_set_add(set, root);
        scim_schema_set_index(set, "User", "title");
        if (!err) {
            err = scim_schema_set_catalog(&catalog, set);
        }
        if (err) {
            fuzz_require_error(err);
        } else {
            check_catalog(catalog, p);
        }
    }
    apr_pool_destroy(p);
    return 0;
}
