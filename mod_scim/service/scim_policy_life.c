/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_policy_life.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_life.h"
#include "scim_text.h"

/* What is promised to clients by the interoperability profile. */
#define NEVER_DELETES "it contradicts the tenant's ScimProfile: only DELETE deletes anything"
#define NEVER_RESTORES "it contradicts the tenant's ScimProfile: a POST for a name in use is 409"
#define ALWAYS_DELETES "it contradicts the tenant's ScimProfile: DELETE really deletes"

static scim_life_t *life_of(scim_policy_build_t *build, apr_pool_t *p)
{
    if (!build->life) {
        build->life = apr_pcalloc(p, sizeof(*build->life));
        build->tenant->life = build->life;
    }
    return build->life;
}

/* The place of a word among two, or -1. */
static int which(const char *word, const char *first, const char *second)
{
    return scim_text_ieq(word, first) ? 0 : scim_text_ieq(word, second) ? 1 : -1;
}

const char *scim_policy_add_deprovision(scim_policy_build_t *build, int argc,
                                        const char *const *argv, apr_pool_t *p)
{
    static const char *const names[] = {"disable", "delete", "unlink"};
    static const scim_deprovision_t values[] = {SCIM_DEPROVISION_DISABLE, SCIM_DEPROVISION_DELETE,
                                                SCIM_DEPROVISION_UNLINK};
    int i = 0;

    (void)argc;
    (void)p;
    while (i < 3 && !scim_text_ieq(argv[0], names[i])) {
        i++;
    }
    if (i == 3) {
        return "it must be disable, delete or unlink";
    }
    build->tenant->deprovision = values[i];
    return i && build->tenant->interop_conformant ? NEVER_DELETES : NULL;
}

const char *scim_policy_add_tombstone(scim_policy_build_t *build, int argc, const char *const *argv,
                                      apr_pool_t *p)
{
    scim_life_t *life = life_of(build, p);
    apr_size_t len = strspn(argv[0], "0123456789");
    int hide = argc > 1 ? which(argv[1], "show", "hide") : 0;

    life->seconds = 0;
    if (!scim_text_ieq(argv[0], "forever")) {
        life->seconds = len && len <= 10 && !argv[0][len] ? apr_atoi64(argv[0]) : 0;
        if (life->seconds < 1 || life->seconds > SCIM_LIFE_SECONDS_MAX) {
            return apr_psprintf(p,
                                "the life time must be forever or a whole number of seconds from "
                                "1 to %" APR_INT64_T_FMT,
                                SCIM_LIFE_SECONDS_MAX);
        }
    }
    if (hide < 0) {
        return "the second word must be show or hide";
    }
    life->hide = hide;
    return NULL;
}

const char *scim_policy_add_rehire(scim_policy_build_t *build, int argc, const char *const *argv,
                                   apr_pool_t *p)
{
    int restore = which(argv[0], "conflict", "restore");

    (void)argc;
    if (restore < 0) {
        return "it must be restore or conflict";
    }
    life_of(build, p)->restore = restore;
    return restore && build->tenant->interop_conformant ? NEVER_RESTORES : NULL;
}

const char *scim_policy_add_delete(scim_policy_build_t *build, int argc, const char *const *argv,
                                   apr_pool_t *p)
{
    int deactivates = which(argv[0], "remove", "deactivate");

    (void)argc;
    if (deactivates < 0) {
        return "it must be remove or deactivate";
    }
    life_of(build, p)->delete_deactivates = deactivates;
    return deactivates && build->tenant->interop_conformant ? ALWAYS_DELETES : NULL;
}
