/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_policy.h"

#include <apr_strings.h>

#include "scim_text.h"

/* ---- the table ---- */

static const char *add_groups(scim_policy_build_t *build, int argc, const char *const *argv,
                              apr_pool_t *p)
{
    (void)argc;
    (void)p;
    if (!scim_text_ieq(argv[0], "On") && !scim_text_ieq(argv[0], "Off")) {
        return "it must be On or Off";
    }
    build->tenant->groups_off = scim_text_ieq(argv[0], "Off");
    return NULL;
}

static const char *add_map(scim_policy_build_t *build, scim_map_add_fn *add, int argc,
                           const char *const *argv, apr_pool_t *p)
{
    if (!build->map) {
        build->map = scim_map_build_make(p);
    }
    return add(build->map, argc, argv, build->at, p);
}

static const char *add_map_table(scim_policy_build_t *build, int argc, const char *const *argv,
                                 apr_pool_t *p)
{
    return add_map(build, scim_map_add_table, argc, argv, p);
}

static const char *add_map_column(scim_policy_build_t *build, int argc, const char *const *argv,
                                  apr_pool_t *p)
{
    return add_map(build, scim_map_add_column, argc, argv, p);
}

static const char *add_map_constant(scim_policy_build_t *build, int argc, const char *const *argv,
                                    apr_pool_t *p)
{
    return add_map(build, scim_map_add_constant, argc, argv, p);
}

static const char *add_map_members(scim_policy_build_t *build, int argc, const char *const *argv,
                                   apr_pool_t *p)
{
    return add_map(build, scim_map_add_members, argc, argv, p);
}

static const char *add_map_link(scim_policy_build_t *build, int argc, const char *const *argv,
                                apr_pool_t *p)
{
    return add_map(build, scim_map_add_link, argc, argv, p);
}

static const char *add_map_event(scim_policy_build_t *build, int argc, const char *const *argv,
                                 apr_pool_t *p)
{
    return add_map(build, scim_map_add_event, argc, argv, p);
}

static const char *add_adopt(scim_policy_build_t *build, int argc, const char *const *argv,
                             apr_pool_t *p)
{
    return add_map(build, scim_map_add_adopt, argc, argv, p);
}

static const scim_policy_directive_t directives[] = {
    {"ScimGroups", 1, 1, add_groups},
    {"ScimMapTable", 3, 5, add_map_table},
    {"ScimMap", 3, 5, add_map_column},
    {"ScimMapConstant", 3, 3, add_map_constant},
    {"ScimMapMembers", 3, -1, add_map_members},
    {"ScimMapLink", 3, -1, add_map_link},
    {"ScimMapOn", 3, 3, add_map_event},
    {"ScimAdopt", 2, 2, add_adopt},
};

#define NDIRECTIVES (int)(sizeof(directives) / sizeof(directives[0]))

const scim_policy_directive_t *scim_policy_at(int i)
{
    return i >= 0 && i < NDIRECTIVES ? &directives[i] : NULL;
}

const scim_policy_directive_t *scim_policy_find(const char *name)
{
    int i;

    for (i = 0; i < NDIRECTIVES; i++) {
        if (scim_text_ieq(directives[i].name, name)) {
            return &directives[i];
        }
    }
    return NULL;
}

/* ---- compiling ---- */

static const char *add_line(scim_policy_build_t *build, const scim_policy_line_t *line,
                            apr_pool_t *p)
{
    const scim_policy_directive_t *directive = scim_policy_find(line->name);

    if (!directive) {
        return "there is no such directive";
    }
    if (line->argc < directive->min ||
        line->argc > (directive->max < 0 ? SCIM_POLICY_WORDS_MAX : directive->max)) {
        return "it has too few or too many words";
    }
    build->at = line->at;
    return directive->add(build, line->argc, line->argv, p);
}

const char *scim_policy_check_line(const scim_policy_line_t *line, apr_pool_t *p)
{
    scim_policy_build_t build = {.tenant = scim_tenant_make("", p)};

    return add_line(&build, line, p);
}

/* What the parts mean together; each part may change what the next one starts from. */
static const char *finish(scim_policy_build_t *build, apr_pool_t *p)
{
    scim_tenant_t *tenant = build->tenant;

    tenant->offered =
        tenant->groups_off ? scim_catalog_without(tenant->catalog, SCIM_AT_MEMBERS, p) : NULL;
    return scim_map_compile(tenant, build->map, p);
}

const char *scim_policy_compile(scim_tenant_t *tenant, const apr_array_header_t *lines,
                                apr_pool_t *p)
{
    scim_policy_build_t build = {.tenant = tenant};
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const scim_policy_line_t *line = &APR_ARRAY_IDX(lines, i, scim_policy_line_t);
        const char *wrong = add_line(&build, line, p);
        if (wrong) {
            return apr_psprintf(p, "%s in %s: %s", line->name, line->at, wrong);
        }
    }
    return finish(&build, p);
}
