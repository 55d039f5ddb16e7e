/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_config.h"

#include <string.h>

#include <apr_strings.h>

#include "mod_scim_console_config.h"
#include "mod_scim_oauth_config.h"
#include "mod_scim_policy.h"
#include "mod_scim_schema.h"
#include "scim_profile.h"

#define MAX_BODY 8388608

void *scim_config_create(apr_pool_t *p, char *path)
{
    scim_dir_t *dir = apr_pcalloc(p, sizeof(*dir));

    (void)path;
    dir->enable = SCIM_UNSET;
    dir->enable_at = NULL;
    dir->enable_path = NULL;
    dir->base = NULL;
    dir->tenant = NULL;
    dir->tokens = NULL;
    dir->aliases = NULL;
    dir->tenant_by = SCIM_UNSET;
    dir->provisioning = SCIM_UNSET;
    dir->token_store = SCIM_UNSET;
    dir->token_life = NULL;
    dir->token_limit = SCIM_UNSET;
    dir->token_owner = SCIM_UNSET;
    dir->trust_user = SCIM_UNSET;
    dir->jwt = NULL;
    dir->require_tls = SCIM_UNSET;
    dir->max_body = SCIM_UNSET;
    dir->max_document = SCIM_UNSET;
    dir->page_size = SCIM_UNSET;
    dir->max_page_size = SCIM_UNSET;
    dir->max_scan = SCIM_UNSET;
    dir->cursor_timeout = SCIM_UNSET;
    dir->max_terms = SCIM_UNSET;
    dir->max_operations = SCIM_UNSET;
    dir->bulk_operations = SCIM_UNSET;
    dir->bulk_payload = SCIM_UNSET;
    dir->group_reply_members = SCIM_UNSET;
    dir->reject_unknown_members = SCIM_UNSET;
    dir->reject_unknown_manager = SCIM_UNSET;
    dir->reject_unknown_attrs = SCIM_UNSET;
    dir->patch_replace_creates = SCIM_UNSET;
    dir->profile = NULL;
    dir->catalog = NULL;
    dir->rate = NULL;
    dir->oauth = NULL;
    dir->console = NULL;
    dir->schemas = NULL;
    dir->policies = NULL;
    /* the audit trail */
    dir->audit = SCIM_UNSET;
    dir->audit_days = SCIM_UNSET;
    dir->audit_rows = SCIM_UNSET;
    return dir;
}

static int inner_or(int inner, int outer)
{
    return inner == SCIM_UNSET ? outer : inner;
}

void *scim_config_merge(apr_pool_t *p, void *outer, void *inner)
{
    const scim_dir_t *out = outer;
    const scim_dir_t *in = inner;
    scim_dir_t *dir = apr_palloc(p, sizeof(*dir));
    int enabled_here = in->enable != SCIM_UNSET;

    dir->enable = inner_or(in->enable, out->enable);
    dir->enable_at = enabled_here ? in->enable_at : out->enable_at;
    dir->enable_path = enabled_here ? in->enable_path : out->enable_path;
    /* A <Location> that enables SCIM is its own base, whatever the server around it has. */
    dir->base = in->base || in->enable_path ? in->base : out->base;
    dir->tenant = in->tenant ? in->tenant : out->tenant;
    /* Replaced as a whole: a token of an outer section must not open an inner tenant by surprise.
     */
    dir->tokens = in->tokens ? in->tokens : out->tokens;
    dir->aliases = in->aliases || in->enable_path ? in->aliases : out->aliases;
    dir->tenant_by = inner_or(in->tenant_by, out->tenant_by);
    dir->provisioning = inner_or(in->provisioning, out->provisioning);
    dir->token_store = inner_or(in->token_store, out->token_store);
    dir->token_life = in->token_life ? in->token_life : out->token_life;
    dir->token_limit = inner_or(in->token_limit, out->token_limit);
    dir->token_owner = inner_or(in->token_owner, out->token_owner);
    dir->trust_user = inner_or(in->trust_user, out->trust_user);
    /* As a whole: see mod_scim_jwt_conf.h. */
    dir->jwt = in->jwt ? in->jwt : out->jwt;
    dir->require_tls = inner_or(in->require_tls, out->require_tls);
    dir->max_body = inner_or(in->max_body, out->max_body);
    dir->max_document = inner_or(in->max_document, out->max_document);
    dir->page_size = inner_or(in->page_size, out->page_size);
    dir->max_page_size = inner_or(in->max_page_size, out->max_page_size);
    dir->max_scan = inner_or(in->max_scan, out->max_scan);
    dir->cursor_timeout = inner_or(in->cursor_timeout, out->cursor_timeout);
    dir->max_terms = inner_or(in->max_terms, out->max_terms);
    dir->max_operations = inner_or(in->max_operations, out->max_operations);
    dir->bulk_operations = inner_or(in->bulk_operations, out->bulk_operations);
    dir->bulk_payload = inner_or(in->bulk_payload, out->bulk_payload);
    dir->group_reply_members = inner_or(in->group_reply_members, out->group_reply_members);
    dir->reject_unknown_members = inner_or(in->reject_unknown_members, out->reject_unknown_members);
    dir->reject_unknown_manager = inner_or(in->reject_unknown_manager, out->reject_unknown_manager);
    dir->reject_unknown_attrs = inner_or(in->reject_unknown_attrs, out->reject_unknown_attrs);
    dir->patch_replace_creates = inner_or(in->patch_replace_creates, out->patch_replace_creates);
    dir->profile = in->profile ? in->profile : out->profile;
    dir->catalog = in->catalog ? in->catalog : out->catalog;
    dir->rate = in->rate ? in->rate : out->rate;
    dir->oauth = scim_oauth_merge(p, out->oauth, in->oauth);
    dir->console = scim_console_merge(p, out->console, in->console);
    /* As a whole too: the files of two sections need not fit together. */
    dir->schemas = in->schemas ? in->schemas : out->schemas;
    dir->policies = scim_policies_merge(p, out->policies, in->policies);
    /* the audit trail */
    dir->audit = inner_or(in->audit, out->audit);
    dir->audit_days = inner_or(in->audit_days, out->audit_days);
    dir->audit_rows = inner_or(in->audit_rows, out->audit_rows);
    return dir;
}

/* ---- what they mean together ---- */

const char *scim_config_base(const scim_dir_t *dir)
{
    if (dir->base) {
        return dir->base;
    }
    return dir->enable_path ? dir->enable_path : SCIM_BASE_DEFAULT;
}

int scim_config_max_body(const scim_dir_t *dir)
{
    return inner_or(dir->max_body, MAX_BODY);
}

int scim_config_require_tls(const scim_dir_t *dir)
{
    return inner_or(dir->require_tls, 1);
}

scim_rate_t scim_config_rate(const scim_dir_t *dir)
{
    static const scim_rate_t none = {0, 0, 0};

    if (dir->rate) {
        return *dir->rate;
    }
    return dir->profile ? dir->profile->rate : none;
}

scim_tenant_by_t scim_config_tenant_by(const scim_dir_t *dir)
{
    return dir->tenant_by == SCIM_UNSET ? SCIM_TENANT_BY_NAME : (scim_tenant_by_t)dir->tenant_by;
}

scim_token_rules_t scim_config_token_rules(const scim_dir_t *dir)
{
    scim_token_rules_t rules = dir->token_life ? *dir->token_life : scim_token_rules_default;

    rules.limit = inner_or(dir->token_limit, 0);
    rules.owner_required = inner_or(dir->token_owner, 0);
    return rules;
}

scim_tenant_t *scim_config_base_tenant(const scim_dir_t *dir, apr_pool_t *p)
{
    scim_tenant_t *t = scim_tenant_make("", p);

    if (dir->schemas) {
        t->catalog = scim_schemas_catalog(dir->schemas, dir->profile);
    } else if (dir->profile) {
        t->catalog = dir->catalog;
    }
    if (dir->profile) {
        scim_profile_apply(t, dir->profile);
    }
    return t;
}

/* With its policies, which were compiled when the configuration was read. */
static scim_tenant_t *policed_tenant(const scim_dir_t *dir, apr_pool_t *p)
{
    const scim_tenant_t *compiled = scim_policies_compiled(dir, p);

    if (dir->policies) {
        return compiled ? apr_pmemdup(p, compiled, sizeof(*compiled)) : NULL;
    }
    return scim_config_base_tenant(dir, p);
}

scim_tenant_t *scim_config_tenant(const scim_dir_t *dir, apr_pool_t *p)
{
    scim_tenant_t *t = policed_tenant(dir, p);

    if (!t) {
        return NULL;
    }
    t->name = dir->tenant ? dir->tenant : "";
    t->json.bytes = (apr_size_t)scim_config_max_body(dir);
    if (dir->max_document != SCIM_UNSET) {
        t->max_document = (apr_size_t)dir->max_document;
    }
    if (dir->max_terms != SCIM_UNSET) {
        t->filter.terms = (unsigned)dir->max_terms;
    }
    t->page_size = inner_or(dir->page_size, t->page_size);
    t->max_page_size = inner_or(dir->max_page_size, t->max_page_size);
    t->max_scan = inner_or(dir->max_scan, t->max_scan);
    t->cursor_timeout = inner_or(dir->cursor_timeout, t->cursor_timeout);
    t->max_operations = inner_or(dir->max_operations, t->max_operations);
    t->bulk_operations = inner_or(dir->bulk_operations, t->bulk_operations);
    if (dir->bulk_payload != SCIM_UNSET) {
        t->bulk_payload = (apr_size_t)dir->bulk_payload;
    } else if (t->bulk_payload > t->json.bytes) {
        t->bulk_payload = t->json.bytes; /* a larger body is not read anyway */
    }
    t->group_reply_members = inner_or(dir->group_reply_members, t->group_reply_members);
    t->reject_unknown_members = inner_or(dir->reject_unknown_members, 0);
    t->reject_unknown_manager = inner_or(dir->reject_unknown_manager, 0);
    t->reject_unknown_attrs = inner_or(dir->reject_unknown_attrs, t->reject_unknown_attrs);
    t->patch_replace_creates = inner_or(dir->patch_replace_creates, 0);
    /* the audit trail */
    t->audit = inner_or(dir->audit, t->audit);
    t->audit_days = inner_or(dir->audit_days, t->audit_days);
    t->audit_rows = inner_or(dir->audit_rows, t->audit_rows);
    return t;
}

scim_server_t *scim_server_get(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &scim_module);
}

const char *scim_server_label(const server_rec *s)
{
    if (s->server_hostname) {
        return s->server_hostname;
    }
    return s->is_virtual ? "a virtual host" : "the main server";
}
