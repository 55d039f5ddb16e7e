/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ruled.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

static const char *take(scim_rules_build_t *build, const char *where, const char *line,
                        apr_pool_t *p)
{
    const char *const *words;
    char **argv;
    int argc = 0;

    if (apr_tokenize_to_argv(line, &argv, p) != APR_SUCCESS) {
        abort();
    }
    while (argv[argc]) {
        argc++;
    }
    words = (const char *const *)argv + 1;
    if (strcmp(argv[0], "ScimAttributeAllow") == 0) {
        return scim_rules_allow(build, where, argc - 1, words);
    }
    if (strcmp(argv[0], "ScimOtherAttributes") == 0) {
        return scim_rules_other(build, where, argc - 1, words);
    }
    return scim_rules_attribute(build, where, argc - 1, words);
}

const char *ruled_compile(scim_tenant_t *tenant, const char *lines, apr_pool_t *p)
{
    scim_rules_build_t *build = scim_rules_build_make(p);
    char *rest = apr_pstrdup(p, lines);
    int n = 0;

    while (*rest) {
        char *line = rest;
        apr_size_t len = strcspn(line, "\n");
        const char *where = apr_psprintf(p, "line %d", ++n);
        const char *wrong;

        rest = line + len + (line[len] != '\0');
        line[len] = '\0';
        wrong = take(build, where, line, p);
        if (wrong) {
            return apr_pstrcat(p, where, ": ", wrong, NULL);
        }
    }
    return scim_rules_catalog(&tenant->catalog, build, tenant->catalog, tenant->interop_conformant);
}

const scim_resource_type_t *ruled_type(scim_tenant_t *tenant, const char *lines, const char *type,
                                       apr_pool_t *p)
{
    const char *wrong = ruled_compile(tenant, lines, p);

    if (wrong) {
        fprintf(stderr, "%s\n", wrong);
        abort();
    }
    return scim_catalog_type(tenant->catalog, type);
}
