/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_policy.h"

#include <apr_strings.h>

#include "scim_policy_events.h"
#include "scim_policy_groups.h"
#include "scim_policy_life.h"
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

/* ---- attribute rules ---- */

typedef const char *(rules_fn)(scim_rules_build_t *rules, const char *where, int argc,
                               const char *const *argv);

static const char *add_rules(scim_policy_build_t *build, rules_fn *take, apr_pool_t *p)
{
    const scim_policy_line_t *line = build->line;

    if (!build->rules) {
        build->rules = scim_rules_build_make(p);
    }
    return take(build->rules, apr_pstrcat(p, line->name, " in ", line->at, NULL), line->argc,
                line->argv);
}

static const char *add_attribute(scim_policy_build_t *build, int argc, const char *const *argv,
                                 apr_pool_t *p)
{
    (void)argc;
    (void)argv;
    return add_rules(build, scim_rules_attribute, p);
}

static const char *add_allow(scim_policy_build_t *build, int argc, const char *const *argv,
                             apr_pool_t *p)
{
    (void)argc;
    (void)argv;
    return add_rules(build, scim_rules_allow, p);
}

static const char *add_other(scim_policy_build_t *build, int argc, const char *const *argv,
                             apr_pool_t *p)
{
    (void)argc;
    (void)argv;
    return add_rules(build, scim_rules_other, p);
}

static const char *finish_rules(scim_policy_build_t *build)
{
    scim_tenant_t *tenant = build->tenant;

    return build->rules ? scim_rules_catalog(&tenant->catalog, build->rules, tenant->catalog,
                                             tenant->interop_conformant)
                        : NULL;
}

/* ---- mapping ---- */

static const char *add_map(scim_policy_build_t *build, scim_map_add_fn *add, int argc,
                           const char *const *argv, apr_pool_t *p)
{
    if (!build->map) {
        build->map = scim_map_build_make(p);
    }
    return add(build->map, argc, argv, build->line->at, p);
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

/* ---- all of them ---- */

static const scim_policy_directive_t directives[] = {
    {"ScimGroups", 1, 1, add_groups},
    {"ScimDeprovision", 1, 1, scim_policy_add_deprovision},
    {"ScimTombstone", 1, 2, scim_policy_add_tombstone},
    {"ScimRehire", 1, 1, scim_policy_add_rehire},
    {"ScimDelete", 1, 1, scim_policy_add_delete},
    {"ScimAttribute", 3, -1, add_attribute},
    {"ScimAttributeAllow", 2, -1, add_allow},
    {"ScimOtherAttributes", 2, 2, add_other},
    {"ScimSeats", 1, -1, scim_policy_add_seats},
    {"ScimKeepOne", 2, 2, scim_policy_add_keep_one},
    {"ScimOneGroupPerUser", 1, 1, scim_policy_add_one_group},
    {"ScimGroupFrom", 2, 4, scim_policy_add_group_from},
    {"ScimNestedGroups", 1, 1, scim_policy_add_nested},
    {"ScimMapTable", 3, 5, add_map_table},
    {"ScimMap", 3, 5, add_map_column},
    {"ScimMapConstant", 3, 3, add_map_constant},
    {"ScimMapMembers", 3, -1, add_map_members},
    {"ScimMapLink", 3, -1, add_map_link},
    {"ScimMapOn", 3, 3, add_map_event},
    {"ScimAdopt", 2, 2, add_adopt},
    {"ScimEventURL", 1, 1, scim_policy_add_event_url},
    {"ScimEventKeyFile", 1, 2, scim_policy_add_event_key},
    {"ScimEventIssuer", 1, 1, scim_policy_add_event_issuer},
    {"ScimEventAudience", 1, 1, scim_policy_add_event_audience},
    {"ScimEventTypes", 1, -1, scim_policy_add_event_types},
    {"ScimEventTokenFile", 1, 1, scim_policy_add_event_token},
    {"ScimEventCAFile", 1, 1, scim_policy_add_event_ca},
    {"ScimEventKeep", 1, 1, scim_policy_add_event_keep},
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
    build->line = line;
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
    const char *wrong = finish_rules(build);

    if (!wrong) {
        wrong = scim_policy_finish_groups(build, p);
    }
    if (!wrong) {
        wrong = scim_policy_finish_events(build);
    }

    tenant->offered =
        tenant->groups_off ? scim_catalog_without(tenant->catalog, SCIM_AT_MEMBERS, p) : NULL;
    return wrong ? wrong : scim_map_compile(tenant, build->map, p);
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
