/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_tenant_settings.h"

#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_json.h"

typedef enum width_t { WIDTH_INT, WIDTH_UNSIGNED, WIDTH_SIZE } width_t;

typedef struct setting_t {
    const char *name;
    apr_size_t offset;
    width_t width;
} setting_t;

static const setting_t settings[] = {
    {"json.bytes", offsetof(scim_tenant_t, json.bytes), WIDTH_SIZE},
    {"json.depth", offsetof(scim_tenant_t, json.depth), WIDTH_UNSIGNED},
    {"json.members", offsetof(scim_tenant_t, json.members), WIDTH_SIZE},
    {"filter.bytes", offsetof(scim_tenant_t, filter.bytes), WIDTH_SIZE},
    {"filter.terms", offsetof(scim_tenant_t, filter.terms), WIDTH_UNSIGNED},
    {"filter.depth", offsetof(scim_tenant_t, filter.depth), WIDTH_UNSIGNED},
    {"max_document", offsetof(scim_tenant_t, max_document), WIDTH_SIZE},
    {"page_size", offsetof(scim_tenant_t, page_size), WIDTH_INT},
    {"max_page_size", offsetof(scim_tenant_t, max_page_size), WIDTH_INT},
    {"max_scan", offsetof(scim_tenant_t, max_scan), WIDTH_INT},
    {"cursor_timeout", offsetof(scim_tenant_t, cursor_timeout), WIDTH_INT},
    {"max_operations", offsetof(scim_tenant_t, max_operations), WIDTH_INT},
    {"bulk_operations", offsetof(scim_tenant_t, bulk_operations), WIDTH_INT},
    {"bulk_payload", offsetof(scim_tenant_t, bulk_payload), WIDTH_SIZE},
    {"group_reply_members", offsetof(scim_tenant_t, group_reply_members), WIDTH_INT},
    {"reject_unknown_members", offsetof(scim_tenant_t, reject_unknown_members), WIDTH_INT},
    {"reject_unknown_manager", offsetof(scim_tenant_t, reject_unknown_manager), WIDTH_INT},
    {"reject_unknown_attrs", offsetof(scim_tenant_t, reject_unknown_attrs), WIDTH_INT},
    {"patch_replace_creates", offsetof(scim_tenant_t, patch_replace_creates), WIDTH_INT},
    {"patch_needs_path", offsetof(scim_tenant_t, patch_needs_path), WIDTH_INT},
    {"patch_needs_defined", offsetof(scim_tenant_t, patch_needs_defined), WIDTH_INT},
    {"patch_replaces_whole", offsetof(scim_tenant_t, patch_replaces_whole), WIDTH_INT},
    {"patch_one_element", offsetof(scim_tenant_t, patch_one_element), WIDTH_INT},
    {"reject_other_values", offsetof(scim_tenant_t, reject_other_values), WIDTH_INT},
    {"interop_conformant", offsetof(scim_tenant_t, interop_conformant), WIDTH_INT},
    {"groups_off", offsetof(scim_tenant_t, groups_off), WIDTH_INT},
    {"audit", offsetof(scim_tenant_t, audit), WIDTH_INT},
    {"audit_days", offsetof(scim_tenant_t, audit_days), WIDTH_INT},
    {"audit_rows", offsetof(scim_tenant_t, audit_rows), WIDTH_INT},
};

#define COUNT (sizeof(settings) / sizeof(settings[0]))

static json_int_t get(const scim_tenant_t *tenant, const setting_t *s)
{
    const char *at = (const char *)tenant + s->offset;

    switch (s->width) {
    case WIDTH_SIZE:
        return (json_int_t) * (const apr_size_t *)(const void *)at;
    case WIDTH_UNSIGNED:
        return (json_int_t) * (const unsigned *)(const void *)at;
    case WIDTH_INT:
    default:
        return (json_int_t) * (const int *)(const void *)at;
    }
}

static void set(scim_tenant_t *tenant, const setting_t *s, json_int_t value)
{
    char *at = (char *)tenant + s->offset;

    switch (s->width) {
    case WIDTH_SIZE:
        *(apr_size_t *)(void *)at = (apr_size_t)value;
        break;
    case WIDTH_UNSIGNED:
        *(unsigned *)(void *)at = (unsigned)value;
        break;
    case WIDTH_INT:
    default:
        *(int *)(void *)at = (int)value;
        break;
    }
}

json_t *scim_tenant_settings(const scim_tenant_t *tenant, apr_pool_t *p)
{
    json_t *out = scim_json_own(json_object(), p);
    apr_size_t i;

    for (i = 0; i < COUNT; i++) {
        json_object_set_new(out, settings[i].name, json_integer(get(tenant, &settings[i])));
    }
    return out;
}

static const setting_t *find(const char *name)
{
    apr_size_t i;

    for (i = 0; i < COUNT; i++) {
        if (strcmp(settings[i].name, name) == 0) {
            return &settings[i];
        }
    }
    return NULL;
}

const char *scim_tenant_set(scim_tenant_t *tenant, const json_t *values, apr_pool_t *p)
{
    const char *name;
    json_t *value;

    json_object_foreach(scim_json_walk(values), name, value)
    {
        const setting_t *s = find(name);
        if (!s) {
            return apr_psprintf(p, "there is no setting %s in this version", name);
        }
        if (!json_is_integer(value) || json_integer_value(value) < 0) {
            return apr_psprintf(p, "the setting %s is no whole number", name);
        }
        set(tenant, s, json_integer_value(value));
    }
    return NULL;
}
