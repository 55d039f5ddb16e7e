/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_profile.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_profile.h"

const char *scim_profile_set(cmd_parms *cmd, void *config, const char *name)
{
    scim_dir_t *dir = config;
    const char *wrong = scim_config_context(cmd);

    if (wrong) {
        return wrong;
    }
    dir->profile = scim_profile_find(name);
    if (!dir->profile) {
        return apr_pstrcat(cmd->pool, "ScimProfile must be ", scim_profile_names(), NULL);
    }
    dir->catalog = scim_profile_catalog(dir->profile, scim_catalog_default(), cmd->pool);
    return NULL;
}

/* ---- ScimRateLimit ---- */

/* A whole number of at most nine digits up to the end or a slash, or 0. */
static int read_number(const char **at)
{
    apr_size_t len = strspn(*at, "0123456789");
    int n = len > 0 && len <= 9 ? (int)apr_atoi64(*at) : 0;

    *at += len;
    return n;
}

static int read_rate(scim_rate_t *rate, const char *text, const char *burst)
{
    rate->requests = read_number(&text);
    if (*text != '/') {
        return 0;
    }
    text++;
    rate->seconds = read_number(&text);
    rate->burst = rate->requests;
    if (burst) {
        rate->burst = read_number(&burst);
    }
    return *text == '\0' && (!burst || *burst == '\0') && scim_rate_valid(rate);
}

const char *scim_profile_set_rate(cmd_parms *cmd, void *config, const char *text, const char *burst)
{
    scim_dir_t *dir = config;
    scim_rate_t *rate = apr_pcalloc(cmd->pool, sizeof(*rate));
    const char *wrong = scim_config_context(cmd);

    if (wrong) {
        return wrong;
    }
    dir->rate = rate;
    if (!burst && ap_cstr_casecmp(text, "Off") == 0) {
        return NULL;
    }
    if (!read_rate(rate, text, burst)) {
        return apr_psprintf(cmd->pool,
                            "ScimRateLimit must be Off, or requests/seconds (1 to %d in 1 to %d, "
                            "such as 50/1) and a burst (1 to %d) that comes back within %d days",
                            SCIM_RATE_REQUESTS_MAX, SCIM_RATE_SECONDS_MAX, SCIM_RATE_REQUESTS_MAX,
                            SCIM_RATE_REFILL_MAX / 86400);
    }
    return NULL;
}

/* ---- what contradicts a profile ---- */

static const char *check_interop(const scim_dir_t *dir)
{
    if (dir->reject_unknown_attrs == 0) {
        return "ScimUnknownAttributes ignore contradicts it: it refuses what no schema defines";
    }
    if (!scim_config_require_tls(dir)) {
        return "ScimRequireTLS Off contradicts it: it is served over TLS only";
    }
    return NULL;
}

static const char *check_numbers(const scim_dir_t *dir, const scim_profile_t *profile,
                                 apr_pool_t *p)
{
    const scim_tenant_t *tenant = scim_config_tenant(dir, p);
    scim_rate_t rate = scim_config_rate(dir);

    if (tenant->page_size < profile->min_page_size) {
        return apr_psprintf(p, "ScimPageSize contradicts it: a page has at least %d resources",
                            profile->min_page_size);
    }
    if (tenant->max_operations < profile->min_operations) {
        return apr_psprintf(p,
                            "ScimMaxOperations contradicts it: a PATCH has at least %d operations",
                            profile->min_operations);
    }
    if (profile->min_per_second && !rate.requests) {
        return "ScimRateLimit Off contradicts it: it has a rate limit";
    }
    if (!scim_rate_at_least(&rate, profile->min_per_second)) {
        return apr_psprintf(p, "ScimRateLimit contradicts it: it allows at least %d requests/s",
                            profile->min_per_second);
    }
    return NULL;
}

const char *scim_profile_check(const scim_dir_t *dir, apr_pool_t *p)
{
    const scim_profile_t *profile = dir->profile;
    const char *wrong = NULL;

    if (profile && profile->interop) {
        wrong = check_interop(dir);
    }
    if (profile && !wrong) {
        wrong = check_numbers(dir, profile, p);
    }
    return wrong ? apr_psprintf(p, "ScimProfile %s: %s", profile->name, wrong) : NULL;
}
