/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_rules_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_resource.h"

/* So much of a list of legal values stands in a message. */
#define LISTED_VALUES 20
#define LISTED_BYTES 200

static int is_common(const scim_attr_t *attr)
{
    int n;
    const scim_attr_t *common = scim_common_attrs(&n);

    return attr >= common && attr < common + n;
}

int scim_rule_has_form(const scim_rule_t *rule)
{
    return rule->values || rule->pattern || rule->format || rule->min || rule->max ||
           rule->forbid || rule->fold;
}

static int is_text(const scim_attr_t *attr)
{
    return attr->type == SCIM_ATTR_STRING || attr->type == SCIM_ATTR_REFERENCE;
}

/* ---- whether the attribute can have such a rule at all; NULL: yes ---- */

static int is_either(const scim_rule_t *rule, scim_mutability_t mutability)
{
    return rule->path.attr->mutability == mutability || rule->leaf->mutability == mutability;
}

/* Of what the server keeps itself, only whether it is shown can be said. */
static const char *check_kept(const scim_rule_t *rule)
{
    const scim_path_t *path = &rule->path;
    int more = (rule->flags & ~RULE_RETURNED) || rule->preset_text || scim_rule_has_form(rule);

    if (is_either(rule, SCIM_WRITE_ONLY)) {
        return "it is writeOnly: what is given is not kept, and there is nothing to rule";
    }
    if (is_common(path->attr) && path->attr->at != SCIM_AT_EXTERNAL) {
        return "the server keeps it, so there is nothing to rule";
    }
    if (is_common(path->attr) &&
        ((rule->flags & (RULE_READ_ONLY | RULE_RETURNED)) || rule->preset_text)) {
        return "it can be required, optional, immutable, and have rules for its value";
    }
    if (path->attr->at == SCIM_AT_MEMBERS && (more || path->sub)) {
        return "of members, only returned= can be said";
    }
    if (is_either(rule, SCIM_READ_ONLY) && more) {
        return "it is readOnly: no client can give it a value";
    }
    return NULL;
}

static const char *check_type(const scim_rule_t *rule)
{
    if (rule->leaf->type == SCIM_ATTR_COMPLEX && (scim_rule_has_form(rule) || rule->preset_text)) {
        return "it is complex; name one of its sub-attributes";
    }
    if (!is_text(rule->leaf) && scim_rule_has_form(rule)) {
        return "rules for values are for strings and references";
    }
    return NULL;
}

static const char *check_parts(const scim_rule_t *rule)
{
    const scim_path_t *path = &rule->path;

    if (path->filter && !path->attr->multi) {
        return "only an attribute of many values can have a filter";
    }
    if (path->filter && (rule->flags & (RULE_READ_ONLY | RULE_RETURNED))) {
        return "readonly and returned= cannot depend on a filter";
    }
    if (path->sub && path->attr->multi && (rule->flags & RULE_READ_ONLY)) {
        return "a part of an attribute of many values cannot be readonly; name the whole";
    }
    return NULL;
}

static const char *check_schema(const scim_rule_t *rule)
{
    const scim_attr_t *leaf = rule->leaf;
    int required = leaf->required && !rule->path.filter;

    if (required && (rule->flags & RULE_OPTIONAL)) {
        return "its schema says that it is required; it cannot be optional";
    }
    if (required && (rule->flags & RULE_READ_ONLY)) {
        return "its schema says that it is required; it cannot be readonly";
    }
    if (leaf->at == SCIM_AT_UNIQUE && (rule->flags & RULE_RETURNED) &&
        (rule->returned == SCIM_RETURNED_NEVER || rule->returned == SCIM_RETURNED_REQUEST)) {
        return "clients know resources by it; it must be returned";
    }
    if (leaf->max_chars && rule->min > leaf->max_chars) {
        return "min= is more than the attribute may have";
    }
    return NULL;
}

/* ---- legal values and the default ---- */

/* "admin, user or view"; of many, the first ones. */
static const char *list_values(const scim_rule_t *rule, apr_pool_t *p)
{
    scim_buf_t *text = scim_buf_make(0, p);
    int n = 0;
    int i;

    while (rule->values[n]) {
        n++;
    }
    for (i = 0; i < n && i < LISTED_VALUES && text->len < LISTED_BYTES; i++) {
        scim_buf_puts(text, i == 0 ? "" : i + 1 == n ? " or " : ", ");
        scim_buf_puts(text, scim_rules_shown(rule->values[i], p));
    }
    if (i < n) {
        scim_buf_printf(text, " or one of %d more", n - i);
    }
    return text->data;
}

static const char *index_values(scim_rule_t *rule, apr_pool_t *p)
{
    rule->exact = (rule->flags & RULE_EXACT) || rule->leaf->case_exact;
    rule->legal = apr_hash_make(p);
    for (const char *const *value = rule->values; *value; value++) {
        const char *key = rule->exact ? *value : scim_text_fold(*value, p);

        if (apr_hash_get(rule->legal, key, APR_HASH_KEY_STRING)) {
            return apr_psprintf(p, "values= has %s twice", scim_rules_shown(*value, p));
        }
        apr_hash_set(rule->legal, key, APR_HASH_KEY_STRING, *value);
    }
    rule->legal_text = list_values(rule, p);
    return NULL;
}

/* A value that the line itself gives must be one that it lets pass. */
static const char *check_own(const scim_rule_t *rule, const char *what, const char *value,
                             apr_pool_t *p)
{
    const char *wrong = scim_rule_wrong(rule, value, p);
    apr_size_t max = rule->leaf->max_chars;

    if (!wrong && max && scim_text_chars(value) > max) {
        wrong = apr_psprintf(p, "must not be longer than %" APR_SIZE_T_FMT " characters", max);
    }
    if (wrong) {
        return apr_psprintf(p, "%s %s contradicts the line's other rules: a value %s", what,
                            scim_rules_shown(value, p), wrong);
    }
    if (rule->fold && strcmp(value, scim_text_case(value, rule->fold == SCIM_FOLD_UPPER, p)) != 0) {
        return apr_psprintf(p, "%s %s contradicts fold=", what, scim_rules_shown(value, p));
    }
    return NULL;
}

static const char *check_values(scim_rule_t *rule, apr_pool_t *p)
{
    const char *wrong = NULL;

    if (!rule->values) {
        return NULL;
    }
    wrong = index_values(rule, p);
    for (const char *const *value = rule->values; !wrong && *value; value++) {
        wrong = check_own(rule, "the legal value", *value, p);
    }
    return wrong;
}

/* default= in the attribute's type, as a body's value is taken. */
static const char *read_preset(scim_rule_t *rule, apr_pool_t *p)
{
    const scim_tenant_t *tenant = scim_tenant_make("", p);
    json_t *given = scim_json_own(json_string(rule->preset_text), p);
    json_t *value = NULL;
    scim_error_t *err = scim_resource_value_new(&value, given, rule->leaf, 1, tenant, p);

    if (err || !value) {
        return err ? apr_pstrcat(p, "the default is no value: ", err->detail, NULL)
                   : "the default is empty";
    }
    rule->fallback = scim_json_own(value, p);
    return is_text(rule->leaf) ? check_own(rule, "the default", rule->preset_text, p) : NULL;
}

/* ---- all of it ---- */

const char *scim_rules_label(const scim_path_t *path, apr_pool_t *p)
{
    scim_path_t plain = *path;

    plain.schema = NULL;
    return scim_path_print(&plain, p);
}

static const char *check_all(scim_rule_t *rule, apr_pool_t *p)
{
    const char *wrong = check_kept(rule);

    if (!wrong) {
        wrong = check_type(rule);
    }
    if (!wrong) {
        wrong = check_parts(rule);
    }
    if (!wrong) {
        wrong = check_schema(rule);
    }
    if (!wrong) {
        wrong = check_values(rule, p);
    }
    if (!wrong && rule->preset_text) {
        wrong = read_preset(rule, p);
    }
    return wrong;
}

const char *scim_rule_resolve(scim_rule_t *rule, const scim_resource_type_t *type, apr_pool_t *p)
{
    scim_error_t *err =
        scim_path_parse(&rule->path, rule->path_text, type, SCIM_TYPE_INVALID_PATH, 1, p);
    const char *wrong;

    if (err) {
        return err->detail;
    }
    if (!rule->path.attr) {
        return "it names a schema, not an attribute";
    }
    rule->leaf = rule->path.sub ? rule->path.sub : rule->path.attr;
    rule->label = scim_rules_label(&rule->path, p);
    wrong = check_all(rule, p);
    return wrong ? apr_pstrcat(p, rule->label, ": ", wrong, NULL) : NULL;
}
