/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_base.h"

#include <string.h>

#include <apr_strings.h>

#define TENANT_LEN (sizeof(SCIM_BASE_TENANT) - 1)

/* ---- as a directive's value ---- */

/* What is wrong with a base, without the name of its directive. Braces have been looked at. */
static const char *wrong_path(const char *value)
{
    apr_size_t len = strlen(value);

    if (value[0] != '/') {
        return "must begin with a slash";
    }
    if (len > 1 && value[len - 1] == '/') {
        return "must not end with a slash";
    }
    if (strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                      "-._~!$&'()*+,;=:@/{}") != len) {
        return "must be a plain URL path without percent-encoding, blanks, ? or #";
    }
    if (strstr(value, "//") || strstr(value, "/./") || strstr(value, "/../") ||
        (len > 1 && strcmp(value + len - 2, "/.") == 0) ||
        (len > 2 && strcmp(value + len - 3, "/..") == 0)) {
        return "must not have empty, . or .. segments";
    }
    return NULL;
}

/* The segment for the tenant, or NULL. */
static const char *tenant_segment(const char *base)
{
    const char *at = strstr(base, "/" SCIM_BASE_TENANT);

    return at && (at[1 + TENANT_LEN] == '\0' || at[1 + TENANT_LEN] == '/') ? at + 1 : NULL;
}

static int has_other_braces(const char *base)
{
    const char *segment = tenant_segment(base);
    const char *rest = segment ? segment + TENANT_LEN : base;

    return (segment && memchr(base, '{', (apr_size_t)(segment - base))) ||
           (segment && memchr(base, '}', (apr_size_t)(segment - base))) || strpbrk(rest, "{}");
}

const char *scim_base_check(const char *value, const cmd_parms *cmd)
{
    const char *wrong = wrong_path(value);

    if (!wrong && has_other_braces(value)) {
        wrong = "may have braces only as one whole segment " SCIM_BASE_TENANT;
    }
    return wrong ? apr_pstrcat(cmd->pool, cmd->cmd->name, " ", wrong, NULL) : NULL;
}

/* ---- paths ---- */

int scim_base_has_tenant(const char *base)
{
    return tenant_segment(base) != NULL;
}

apr_size_t scim_base_fixed(const char *base)
{
    const char *segment = tenant_segment(base);

    return segment ? (apr_size_t)(segment - base) : strlen(base);
}

/* What follows the first n bytes of a base, or NULL. */
static const char *after(const char *base, apr_size_t n, const char *path)
{
    if (strncmp(path, base, n) != 0 || (base[n] == '\0' && path[n] != '\0' && path[n] != '/')) {
        return NULL;
    }
    return path + n;
}

const char *scim_base_below(const char *base, const char *path)
{
    const char *segment = tenant_segment(base);
    apr_size_t len;

    if (!segment) {
        return after(base, strlen(base), path);
    }
    path = after(base, (apr_size_t)(segment - base), path);
    len = path ? strcspn(path, "/") : 0;
    return len ? after(segment + TENANT_LEN, strlen(segment + TENANT_LEN), path + len) : NULL;
}

int scim_base_meets(const char *base, const char *path)
{
    const char *segment = tenant_segment(base);
    const char *below = scim_base_below(base, path);
    apr_size_t len;

    if (below || !segment) {
        return below && *below;
    }
    path = after(base, (apr_size_t)(segment - base), path);
    len = path ? strcspn(path, "/") : 0;
    if (!len) {
        return 0;
    }
    segment += TENANT_LEN;
    path += len;
    len = strlen(path);
    return strncmp(segment, path, len) == 0 && (segment[len] == '\0' || segment[len] == '/');
}

const char *scim_base_tenant(const char *base, const char *path, apr_pool_t *p)
{
    const char *segment = tenant_segment(base);

    if (!segment) {
        return NULL;
    }
    path += segment - base;
    return apr_pstrmemdup(p, path, strcspn(path, "/"));
}

const char *scim_base_find(const server_rec *s, const char *path)
{
    const scim_server_t *server = scim_server_get(s);
    int i;

    for (i = 0; path && server && i < server->bases->nelts; i++) {
        const char *base = APR_ARRAY_IDX(server->bases, i, const char *);
        if (scim_base_below(base, path)) {
            return base;
        }
    }
    return NULL;
}

const char *scim_base_of(const char **base, const scim_dir_t *dir, const char *path)
{
    const char *rest;
    int i;

    *base = scim_config_base(dir);
    rest = scim_base_below(*base, path);
    for (i = 0; !rest && dir->aliases && i < dir->aliases->nelts; i++) {
        *base = APR_ARRAY_IDX(dir->aliases, i, const char *);
        rest = scim_base_below(*base, path);
    }
    return rest;
}
