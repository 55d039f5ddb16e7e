/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "fuzz.h"
#include "scim_discovery.h"
#include "scim_patch.h"
#include "scim_resource.h"
#include "scim_rules.h"

const char fuzz_name[] = "rules";

#define LINES_MAX 16

/*
 * An input is lines: ScimAttribute's words between tabs, or with "+" before them
 * ScimAttributeAllow's, or with "-" ScimOtherAttributes'; behind an empty line, a body.
 */
static char *cut(char *text, const char *at)
{
    char *rest = strstr(text, at);

    if (!rest) {
        return text + strlen(text);
    }
    *rest = '\0';
    return rest + strlen(at);
}

static const char *take_line(scim_rules_build_t *build, char *line, apr_pool_t *p)
{
    const char **words = apr_pcalloc(p, 64 * sizeof(*words));
    char kind = *line;
    int n = 0;

    line += kind == '+' || kind == '-';
    while (*line && n < 64) {
        char *rest = cut(line, "\t");

        words[n++] = line;
        line = rest;
    }
    if (kind == '+') {
        return n < 2 ? NULL : scim_rules_allow(build, "line", n, words);
    }
    if (kind == '-') {
        return n != 2 ? NULL : scim_rules_other(build, "line", n, words);
    }
    return n < 3 ? NULL : scim_rules_attribute(build, "line", n, words);
}

/* NULL where the lines are wrong. */
static const scim_catalog_t *compile(char *lines, apr_pool_t *p)
{
    scim_rules_build_t *build = scim_rules_build_make(p);
    const scim_catalog_t *catalog = NULL;
    const char *wrong = NULL;

    for (int i = 0; !wrong && *lines && i < LINES_MAX; i++) {
        char *rest = cut(lines, "\n");

        wrong = take_line(build, lines, p);
        lines = rest;
    }
    wrong = wrong ? wrong : scim_rules_catalog(&catalog, build, scim_catalog_default(), 0);
    if (wrong) {
        fuzz_require(*wrong != '\0', "a mistake is told");
        return NULL;
    }
    return catalog;
}

/* What a rule let pass passes again, and nothing of it changes any more. */
static void check_stable(const json_t *doc, const scim_resource_type_t *type,
                         const scim_tenant_t *tenant, apr_pool_t *p)
{
    json_t *again = NULL;
    json_t *once = scim_json_own(json_deep_copy(doc), p);

    fuzz_require(!scim_resource_replace(&again, NULL, once, doc, type, tenant, p),
                 "a resource can replace itself");
    fuzz_require(json_equal(again, doc), "replacing by itself changes nothing");
}

static void check_patch(const json_t *body, const json_t *old, const scim_resource_type_t *type,
                        const scim_tenant_t *tenant, apr_pool_t *p)
{
    const scim_patch_t *patch;
    json_t *out = NULL;
    scim_error_t *err = scim_patch_parse(&patch, body, type, tenant, p);

    if (!err) {
        err = scim_patch_apply(&out, old, patch, type, tenant, p);
    }
    if (err) {
        fuzz_require_error(err);
    }
}

static void check_body(const json_t *body, int i, const scim_tenant_t *tenant, apr_pool_t *p)
{
    const scim_resource_type_t *type = scim_catalog_type(tenant->catalog, fuzz_type(i)->name);
    json_t *old = fuzz_resource(i, p);
    json_t *doc = NULL;
    scim_error_t *err = scim_resource_create(&doc, NULL, body, type, tenant, p);

    if (err) {
        fuzz_require_error(err);
    } else {
        check_stable(doc, type, tenant, p);
    }
    json_object_del(old, "meta");
    json_object_del(old, "groups");
    json_object_del(old, "members");
    err = scim_resource_replace(&doc, NULL, body, old, type, tenant, p);
    if (err) {
        fuzz_require_error(err);
    }
    check_patch(body, old, type, tenant, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    scim_tenant_t *tenant = fuzz_tenant(p);
    char *lines = apr_pstrmemdup(p, (const char *)data, size);
    char *text = cut(lines, "\n\n");
    json_t *body = NULL;

    tenant->catalog = compile(lines, p);
    if (tenant->catalog) {
        fuzz_require(scim_discovery_schemas(tenant, NULL, "", p) != NULL, "schemas are told");
    }
    if (tenant->catalog && !scim_json_load(&body, text, strlen(text), NULL, p)) {
        for (int i = 0; i < 2; i++) { /* User and Group */
            check_body(body, i, tenant, p);
        }
    }
    apr_pool_destroy(p);
    return 0;
}
