/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_policy_groups.h"

#include "scim_grouping.h"
#include "scim_quota.h"

static scim_quota_build_t *quota_of(scim_policy_build_t *build, apr_pool_t *p)
{
    build->quota = build->quota ? build->quota : scim_quota_build(p);
    return build->quota;
}

const char *scim_policy_add_seats(scim_policy_build_t *build, int argc, const char *const *argv,
                                  apr_pool_t *p)
{
    return scim_quota_add_seats(quota_of(build, p), argc, argv, build->line->at);
}

const char *scim_policy_add_keep_one(scim_policy_build_t *build, int argc, const char *const *argv,
                                     apr_pool_t *p)
{
    return scim_quota_add_keep(quota_of(build, p), argc, argv, build->line->at);
}

static scim_grouping_build_t *grouping_of(scim_policy_build_t *build, apr_pool_t *p)
{
    build->grouping = build->grouping ? build->grouping : scim_grouping_build(p);
    return build->grouping;
}

const char *scim_policy_add_one_group(scim_policy_build_t *build, int argc, const char *const *argv,
                                      apr_pool_t *p)
{
    (void)argc;
    return scim_grouping_set_one(grouping_of(build, p), argv[0], build->line->at);
}

const char *scim_policy_add_group_from(scim_policy_build_t *build, int argc,
                                       const char *const *argv, apr_pool_t *p)
{
    return scim_grouping_add_from(grouping_of(build, p), argc, argv, build->line->at);
}

const char *scim_policy_add_nested(scim_policy_build_t *build, int argc, const char *const *argv,
                                   apr_pool_t *p)
{
    (void)argc;
    return scim_grouping_set_nested(grouping_of(build, p), argv[0]);
}

const char *scim_policy_finish_groups(scim_policy_build_t *build, apr_pool_t *p)
{
    const char *wrong = NULL;

    if (build->grouping) {
        wrong = scim_grouping_finish(build->tenant, build->grouping, p);
    }
    if (!wrong && build->quota) {
        wrong = scim_quota_finish(build->tenant, build->quota, p);
    }
    return wrong;
}
