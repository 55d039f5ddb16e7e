/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_rules_impl.h"

#include <apr_strings.h>

#include "scim_text.h"

/* One more thing that a rule asks. */
static void add(scim_buf_t *text, const char *words)
{
    scim_buf_puts(text, text->len ? "; " : "");
    scim_buf_puts(text, words);
}

static void add_flags(scim_buf_t *text, const scim_rule_t *rule)
{
    static const struct {
        unsigned flag;
        const char *words;
    } all[] = {
        {RULE_REQUIRED, "required"},
        {RULE_OPTIONAL, "optional"},
        {RULE_IMMUTABLE, "cannot be changed once it is set"},
        {RULE_READ_ONLY, "set here; what is sent is ignored"},
    };
    apr_size_t i;

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (rule->flags & all[i].flag) {
            add(text, all[i].words);
        }
    }
}

static void add_form(scim_buf_t *text, const scim_rule_t *rule, apr_pool_t *p)
{
    if (rule->legal_text) {
        add(text, apr_pstrcat(p, "must be ", rule->legal_text, NULL));
    }
    if (rule->min) {
        add(text, apr_psprintf(p, "at least %" APR_SIZE_T_FMT " characters", rule->min));
    }
    if (rule->max) {
        add(text, apr_psprintf(p, "at most %" APR_SIZE_T_FMT " characters", rule->max));
    }
    if (rule->forbid) {
        add(text,
            apr_pstrcat(p, "none of the characters ", scim_rules_shown(rule->forbid, p), NULL));
    }
    if (rule->format) {
        add(text, apr_pstrcat(p, "must be ", rule->format->what, NULL));
    }
    if (rule->pattern_text) {
        add(text, apr_pstrcat(p, "must match the pattern ", scim_rules_shown(rule->pattern_text, p),
                              NULL));
    }
    if (rule->fold != SCIM_FOLD_NONE) {
        add(text, rule->fold == SCIM_FOLD_LOWER ? "kept in lower case" : "kept in upper case");
    }
    if (rule->preset_text) {
        add(text, apr_pstrcat(p, "without a value it becomes ",
                              scim_rules_shown(rule->preset_text, p), NULL));
    }
}

apr_array_header_t *scim_rules_words(const scim_resource_type_t *type, apr_pool_t *p)
{
    apr_array_header_t *all = apr_array_make(p, 8, sizeof(scim_rule_words_t));
    int i;

    for (i = 0; type->rules && i < type->rules->n; i++) {
        const scim_rule_t *rule = type->rules->rules[i];
        scim_buf_t *text = scim_buf_make(0, p);

        add_flags(text, rule);
        add_form(text, rule, p);
        if (text->len) {
            scim_rule_words_t *words = apr_array_push(all);
            words->urn = rule->path.schema ? rule->path.schema->urn : NULL;
            words->attr = rule->path.attr->name;
            words->sub = rule->path.sub ? rule->path.sub->name : NULL;
            words->label = rule->path.filter ? rule->label : NULL;
            words->words = text->data;
        }
    }
    return all;
}
