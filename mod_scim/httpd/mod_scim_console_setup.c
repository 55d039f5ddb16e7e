/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_console_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "mod_scim_http.h"
#include "mod_scim_oauth_config.h"
#include "scim_json.h"
#include "scim_quota.h"
#include "scim_rules.h"
#include "scim_token.h"

/* What to enter at the identity provider, what works of it already, and what it may send. */

/* ---- checks ---- */

static void add_check(json_t *checks, const char *name, const char *state, const char *detail)
{
    json_t *check = json_object();

    json_object_set_new(check, "name", json_string(name));
    json_object_set_new(check, "state", json_string(state));
    json_object_set_new(check, "detail", json_string(detail));
    json_array_append_new(checks, check);
}

static void check_tls(json_t *checks, const scim_console_call_t *call)
{
    if (strncmp(call->base, "https:", 6) == 0) {
        add_check(checks, "tls", "ok", "The server speaks HTTPS.");
    } else {
        add_check(checks, "tls", "missing",
                  "This page came over plain HTTP; an identity provider asks for HTTPS.");
    }
}

/* Tokens that are not in the database: nobody notes their use. */
static int has_other_tokens(const scim_dir_t *dir)
{
    return (dir->tokens && dir->tokens->nelts) || dir->jwt || dir->trust_user == 1;
}

static scim_error_t *check_tokens(json_t *checks, const scim_console_call_t *call)
{
    const scim_dir_t *dir = call->console->scim;
    scim_token_summary_t is = {0, 0};
    scim_error_t *err = NULL;

    if (dir->token_store == 1) {
        err = scim_token_summary(&is, call->store, call->r->pool);
    }
    if (err) {
        return err;
    }
    if (is.live) {
        add_check(checks, "token", "ok", "There is a token that can be used.");
    } else if (has_other_tokens(dir)) {
        add_check(checks, "token", "ok", "The server's operator set up how to sign in.");
    } else {
        add_check(checks, "token", "missing",
                  "There is no token that can be used; make one under Tokens.");
    }
    if (is.used) {
        add_check(checks, "credentials", "ok", "A token was used.");
    } else if (has_other_tokens(dir)) {
        add_check(checks, "credentials", "unknown",
                  "Of tokens that the operator set up, their use is not noted.");
    } else {
        add_check(checks, "credentials", "missing",
                  "No token was used yet; test the connection at the identity provider.");
    }
    return NULL;
}

static scim_error_t *check_users(json_t *checks, const scim_console_call_t *call)
{
    scim_list_t list = {.type = scim_catalog_type(call->tenant->catalog, "User"), .base = ""};
    apr_array_header_t *rows;
    apr_int64_t total = 0;
    scim_error_t *err = NULL;

    if (list.type) {
        err = scim_store_list(&rows, &total, call->store, &list, call->r->pool);
    }
    if (err) {
        return err;
    }
    if (total > 0) {
        add_check(checks, "user", "ok",
                  apr_psprintf(call->r->pool, "There %s %" APR_INT64_T_FMT " user%s.",
                               total == 1 ? "is" : "are", total, total == 1 ? "" : "s"));
    } else {
        add_check(checks, "user", "missing",
                  "No user was pushed yet; assign one at the identity provider.");
    }
    return NULL;
}

static scim_error_t *add_checks(json_t *out, const scim_console_call_t *call)
{
    json_t *checks = json_array();
    scim_error_t *err;

    json_object_set_new(out, "checks", checks);
    check_tls(checks, call);
    err = check_tokens(checks, call);
    return err ? err : check_users(checks, call);
}

/* ---- attributes ---- */

static const char *const type_names[] = {
    [SCIM_ATTR_STRING] = "string",       [SCIM_ATTR_BOOLEAN] = "boolean",
    [SCIM_ATTR_DECIMAL] = "decimal",     [SCIM_ATTR_INTEGER] = "integer",
    [SCIM_ATTR_DATETIME] = "dateTime",   [SCIM_ATTR_BINARY] = "binary",
    [SCIM_ATTR_REFERENCE] = "reference", [SCIM_ATTR_COMPLEX] = "complex",
};

static const char *const mutability_names[] = {
    [SCIM_READ_WRITE] = "readWrite",
    [SCIM_READ_ONLY] = "readOnly",
    [SCIM_IMMUTABLE] = "immutable",
    [SCIM_WRITE_ONLY] = "writeOnly",
};

/* The attributes of one schema of a type on their way into the reply. */
typedef struct listing_t {
    json_t *list;
    const scim_resource_type_t *type;
    const char *urn; /* of an extension; NULL: the main schema */
    const apr_array_header_t *rules;
    apr_pool_t *pool;
} listing_t;

static int is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What the tenant's rules say of it; of one with a filter, for which of its values. */
static json_t *rules_new(const listing_t *l, const scim_attr_t *attr, const scim_attr_t *sub)
{
    json_t *rules = json_array();
    int i;

    for (i = 0; i < l->rules->nelts; i++) {
        const scim_rule_words_t *rule = &APR_ARRAY_IDX(l->rules, i, scim_rule_words_t);
        if (is_same(rule->urn, l->urn) && is_same(rule->attr, attr->name) &&
            is_same(rule->sub, sub ? sub->name : NULL)) {
            json_array_append_new(
                rules,
                json_string(rule->label ? apr_pstrcat(l->pool, rule->label, ": ", rule->words, NULL)
                                        : rule->words));
        }
    }
    return rules;
}

static json_t *canonical_new(const scim_attr_t *attr)
{
    json_t *values = json_array();
    int i;

    for (i = 0; attr->canonical && attr->canonical[i]; i++) {
        json_array_append_new(values, json_string(attr->canonical[i]));
    }
    return values;
}

static void add_attribute(const listing_t *l, const scim_attr_t *attr, const scim_attr_t *sub)
{
    const scim_attr_t *leaf = sub ? sub : attr;
    json_t *out = json_object();

    json_object_set_new(out, "resource", json_string(l->type->name));
    json_object_set_new(
        out, "path",
        json_string(apr_pstrcat(l->pool, l->urn ? l->urn : "", l->urn ? ":" : "", attr->name,
                                sub ? "." : "", sub ? sub->name : "", NULL)));
    json_object_set_new(out, "type", json_string(type_names[leaf->type]));
    json_object_set_new(out, "multiValued", json_boolean(leaf->multi));
    json_object_set_new(out, "required", json_boolean(leaf->required));
    json_object_set_new(out, "mutability", json_string(mutability_names[leaf->mutability]));
    json_object_set_new(out, "canonicalValues", canonical_new(leaf));
    json_object_set_new(out, "rules", rules_new(l, attr, sub));
    json_array_append_new(l->list, out);
}

/* What a client may send: nothing that the server keeps itself. */
static int is_sent(const scim_attr_t *attr)
{
    return !attr->hidden && attr->mutability != SCIM_READ_ONLY;
}

static void add_schema(const listing_t *l, const scim_attr_t *attrs, int nattrs)
{
    int i;
    int j;

    for (i = 0; i < nattrs; i++) {
        const scim_attr_t *attr = &attrs[i];
        if (!is_sent(attr)) {
            continue;
        }
        add_attribute(l, attr, NULL);
        for (j = 0; j < attr->nsubs; j++) {
            if (is_sent(&attr->subs[j])) {
                add_attribute(l, attr, &attr->subs[j]);
            }
        }
    }
}

/* externalId is the only common attribute that is a client's. */
static void add_common(const listing_t *l)
{
    int n;
    const scim_attr_t *common = scim_common_attrs(&n);
    int i;

    for (i = 0; i < n; i++) {
        if (common[i].at == SCIM_AT_EXTERNAL) {
            add_attribute(l, &common[i], NULL);
        }
    }
}

static json_t *attributes_new(const scim_console_call_t *call)
{
    const scim_catalog_t *catalog = scim_tenant_offered(call->tenant);
    listing_t l = {json_array(), NULL, NULL, NULL, call->r->pool};
    int i;
    int j;

    for (i = 0; i < catalog->ntypes; i++) {
        l.type = catalog->types[i];
        l.rules = scim_rules_words(l.type, call->r->pool);
        l.urn = NULL;
        add_schema(&l, l.type->schema->attrs, l.type->schema->nattrs);
        add_common(&l);
        for (j = 0; j < l.type->nextensions; j++) {
            const scim_extension_t *extension = &l.type->extensions[j];
            l.urn = extension->schema->urn;
            if (!extension->hidden) {
                add_schema(&l, extension->schema->attrs, extension->schema->nattrs);
            }
        }
    }
    return l.list;
}

/* ---- seats ---- */

static scim_error_t *add_seats(json_t *out, const scim_console_call_t *call)
{
    const scim_quota_t *quota = call->tenant->quota;
    json_t *seats = json_array();
    scim_error_t *err = NULL;
    int i;

    json_object_set_new(out, "seats", seats);
    for (i = 0; quota && i < quota->nsets && !err; i++) {
        const scim_quota_set_t *set = &quota->sets[i];
        apr_int64_t used = 0;
        json_t *one;

        if (!set->seats) {
            continue;
        }
        err = scim_store_seats(&used, call->store, set, call->r->pool);
        one = json_object();
        json_object_set_new(one, "name", json_string(set->words));
        json_object_set_new(one, "used", json_integer(used));
        json_object_set_new(one, "max", json_integer(set->seats));
        json_array_append_new(seats, one);
    }
    return err;
}

/* ---- GET api/setup ---- */

static json_t *oauth_new(const scim_console_call_t *call)
{
    const scim_console_t *console = call->console;
    const char *url;
    json_t *out;

    if (!console->oauth) {
        return json_null();
    }
    url = scim_http_url(call->r, console->oauth_base);
    out = json_object();
    json_object_set_new(out, "authorizationEndpoint",
                        json_string(apr_pstrcat(call->r->pool, url, "/authorize", NULL)));
    json_object_set_new(out, "tokenEndpoint",
                        json_string(apr_pstrcat(call->r->pool, url, "/token", NULL)));
    return out;
}

scim_error_t *scim_console_setup(scim_console_call_t *call)
{
    json_t *out = scim_json_own(json_object(), call->r->pool);
    scim_error_t *err;

    json_object_set_new(out, "base", json_string(call->base));
    json_object_set_new(out, "authorization", json_string("Authorization: Bearer TOKEN"));
    err = add_checks(out, call);
    err = err ? err : add_seats(out, call);
    if (err) {
        return err;
    }
    json_object_set_new(out, "attributes", attributes_new(call));
    json_object_set_new(out, "oauth", oauth_new(call));
    call->status = HTTP_OK;
    call->reply = out;
    return NULL;
}
