/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_rules_impl.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_text.h"

#define SHOWN_BYTES 80
#define LENGTH_MAX 1000000

/* One word of a ScimAttribute line. */
typedef struct word_t {
    const char *name;
    int valued; /* name=value */
    unsigned flag;
    const char *(*take)(scim_rule_t *rule, const char *value, apr_pool_t *p); /* or NULL */
} word_t;

scim_rules_build_t *scim_rules_build_make(apr_pool_t *p)
{
    scim_rules_build_t *build = apr_pcalloc(p, sizeof(*build));

    build->rules = apr_array_make(p, 8, sizeof(scim_rule_t *));
    build->allows = apr_array_make(p, 8, sizeof(scim_allow_t));
    build->others = apr_array_make(p, 2, sizeof(scim_other_line_t));
    build->pool = p;
    return build;
}

const char *scim_rules_shown(const char *s, apr_pool_t *p)
{
    apr_size_t len = strlen(s);
    char *shown;

    if (len > SHOWN_BYTES) {
        len = SHOWN_BYTES;
        while (len > 0 && ((unsigned char)s[len] & 0xC0) == 0x80) {
            len--;
        }
        shown = apr_pstrcat(p, apr_pstrmemdup(p, s, len), "…", NULL);
    } else {
        shown = apr_pstrdup(p, s);
    }
    scim_text_clean(shown);
    for (char *c = shown; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 127) {
            *c = '?';
        }
    }
    return shown;
}

/* ---- the words of ScimAttribute ---- */

/* The parts of a list between commas, without the blanks around them; "\," is a comma. */
static const char *split(apr_array_header_t *out, const char *list, apr_pool_t *p)
{
    char *part = apr_palloc(p, strlen(list) + 1);

    for (;; list++) {
        apr_size_t n = 0;

        list += strspn(list, " \t");
        for (; *list && *list != ','; list++) {
            list += list[0] == '\\' && list[1] == ',';
            part[n++] = *list;
        }
        while (n > 0 && (part[n - 1] == ' ' || part[n - 1] == '\t')) {
            n--;
        }
        if (n == 0) {
            return "values= has an empty value";
        }
        if (n > SCIM_RULES_TEXT_MAX || out->nelts >= SCIM_RULES_VALUES_MAX) {
            return apr_psprintf(p, "values= may have %d values of %d bytes at most",
                                SCIM_RULES_VALUES_MAX, SCIM_RULES_TEXT_MAX);
        }
        APR_ARRAY_PUSH(out, const char *) = apr_pstrmemdup(p, part, n);
        if (!*list) {
            return NULL;
        }
    }
}

static const char *take_values(scim_rule_t *rule, const char *value, apr_pool_t *p)
{
    apr_array_header_t *values = apr_array_make(p, 8, sizeof(const char *));
    const char *wrong = split(values, value, p);

    if (!wrong) {
        *(const char **)apr_array_push(values) = NULL;
        rule->values = (const char *const *)(const void *)values->elts;
    }
    return wrong;
}

static const char *take_pattern(scim_rule_t *rule, const char *value, apr_pool_t *p)
{
    const char *why;

    rule->pattern_text = value;
    rule->pattern = scim_pattern_make(&why, value, p);
    return rule->pattern ? NULL : apr_pstrcat(p, "pattern= is no regular expression: ", why, NULL);
}

static const char *take_format(scim_rule_t *rule, const char *value, apr_pool_t *p)
{
    rule->format = scim_format_find(value);
    return rule->format ? NULL
                        : apr_pstrcat(p, "format= must be one of ", scim_format_names(p), NULL);
}

/* A number of characters. */
static const char *take_number(apr_size_t *out, const char *value)
{
    apr_size_t len = strspn(value, "0123456789");
    long n = len > 0 && len < 8 && !value[len] ? atol(value) : 0;

    if (n < 1 || n > LENGTH_MAX) {
        return "min= and max= must be a number of characters, 1 to 1000000";
    }
    *out = (apr_size_t)n;
    return NULL;
}

static const char *take_max(scim_rule_t *rule, const char *value, apr_pool_t *p)
{
    (void)p;
    return take_number(&rule->max, value);
}

static const char *take_min(scim_rule_t *rule, const char *value, apr_pool_t *p)
{
    (void)p;
    return take_number(&rule->min, value);
}

static const char *take_forbid(scim_rule_t *rule, const char *value, apr_pool_t *p)
{
    apr_array_header_t *banned = apr_array_make(p, 16, sizeof(const char *));

    if (scim_text_chars(value) > SCIM_RULES_FORBIDDEN_MAX) {
        return apr_psprintf(p, "forbid= may have %d characters at most", SCIM_RULES_FORBIDDEN_MAX);
    }
    rule->forbid = value;
    while (*value) {
        apr_size_t n = 1;

        while (((unsigned char)value[n] & 0xC0) == 0x80) {
            n++;
        }
        APR_ARRAY_PUSH(banned, const char *) = apr_pstrmemdup(p, value, n);
        value += n;
    }
    *(const char **)apr_array_push(banned) = NULL;
    rule->banned = (const char *const *)(const void *)banned->elts;
    return NULL;
}

static const char *take_fold(scim_rule_t *rule, const char *value, apr_pool_t *p)
{
    (void)p;
    rule->fold = strcmp(value, "lower") == 0   ? SCIM_FOLD_LOWER
                 : strcmp(value, "upper") == 0 ? SCIM_FOLD_UPPER
                                               : SCIM_FOLD_NONE;
    return rule->fold ? NULL : "fold= must be lower or upper";
}

static const char *take_default(scim_rule_t *rule, const char *value, apr_pool_t *p)
{
    (void)p;
    rule->preset_text = value;
    return NULL;
}

static const char *take_returned(scim_rule_t *rule, const char *value, apr_pool_t *p)
{
    static const char *const names[] = {[SCIM_RETURNED_DEFAULT] = "default",
                                        [SCIM_RETURNED_ALWAYS] = "always",
                                        [SCIM_RETURNED_NEVER] = "never",
                                        [SCIM_RETURNED_REQUEST] = "request"};

    (void)p;
    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            rule->returned = (scim_returned_t)i;
            return NULL;
        }
    }
    return "returned= must be always, default, request or never";
}

static const char *take_error(scim_rule_t *rule, const char *value, apr_pool_t *p)
{
    apr_size_t len = strlen(value);

    if (len > SCIM_RULES_ERROR_MAX) {
        return apr_psprintf(p, "error= is longer than %d bytes", SCIM_RULES_ERROR_MAX);
    }
    if (value[strcspn(value, "\r\n")]) {
        return "error= must be one line";
    }
    rule->error = apr_pstrcat(p, " ", value, strchr(".!?", value[len - 1]) ? "" : ".", NULL);
    return NULL;
}

static const word_t words[] = {
    {"required", 0, RULE_REQUIRED, NULL},
    {"optional", 0, RULE_OPTIONAL, NULL},
    {"immutable", 0, RULE_IMMUTABLE, NULL},
    {"readonly", 0, RULE_READ_ONLY, NULL},
    {"values-exact", 0, RULE_EXACT, NULL},
    {"values", 1, 0, take_values},
    {"pattern", 1, 0, take_pattern},
    {"format", 1, 0, take_format},
    {"max", 1, 0, take_max},
    {"min", 1, 0, take_min},
    {"forbid", 1, 0, take_forbid},
    {"fold", 1, 0, take_fold},
    {"default", 1, 0, take_default},
    {"returned", 1, RULE_RETURNED, take_returned},
    {"error", 1, 0, take_error},
};

#define NWORDS (sizeof(words) / sizeof(words[0]))

static const char *unknown_word(const char *word, apr_pool_t *p)
{
    scim_buf_t *names = scim_buf_make(0, p);

    for (apr_size_t i = 0; i < NWORDS; i++) {
        scim_buf_puts(names, i == 0 ? "" : ", ");
        scim_buf_puts(names, words[i].name);
        scim_buf_puts(names, words[i].valued ? "=" : "");
    }
    return apr_psprintf(p, "\"%s\" is no rule; there are %s", scim_rules_shown(word, p),
                        names->data);
}

static const char *check_text(const char *name, const char *value, apr_pool_t *p)
{
    if (!*value) {
        return apr_pstrcat(p, name, "= needs a value", NULL);
    }
    if (!scim_text_utf8(value, strlen(value))) {
        return apr_pstrcat(p, name, "= is not in UTF-8", NULL);
    }
    if (strlen(value) > SCIM_RULES_TEXT_MAX && strcmp(name, "values") != 0) {
        return apr_psprintf(p, "%s= is longer than %d bytes", name, SCIM_RULES_TEXT_MAX);
    }
    return NULL;
}

/* @param seen bits of the words that the line had so far */
static const char *take_word(scim_rule_t *rule, unsigned *seen, const char *word, apr_pool_t *p)
{
    const char *equals = strchr(word, '=');
    apr_size_t len = equals ? (apr_size_t)(equals - word) : strlen(word);
    const char *wrong;

    for (apr_size_t i = 0; i < NWORDS; i++) {
        if (!scim_text_ieqn(word, len, words[i].name) || words[i].valued != (equals != NULL)) {
            continue;
        }
        if (*seen & 1u << i) {
            return apr_pstrcat(p, words[i].name, " is given twice", NULL);
        }
        *seen |= 1u << i;
        rule->flags |= words[i].flag;
        if (!words[i].valued) {
            return NULL;
        }
        wrong = check_text(words[i].name, equals + 1, p);
        return wrong ? wrong : words[i].take(rule, equals + 1, p);
    }
    return unknown_word(word, p);
}

/* What contradicts itself whatever the attribute is. */
static const char *check_words(const scim_rule_t *rule)
{
    unsigned flags = rule->flags;

    if ((flags & RULE_REQUIRED) && (flags & RULE_OPTIONAL)) {
        return "required and optional contradict each other";
    }
    if ((flags & RULE_READ_ONLY) && (flags & (RULE_REQUIRED | RULE_IMMUTABLE))) {
        return "readonly contradicts required and immutable: no client can give the value";
    }
    if ((flags & RULE_READ_ONLY) && scim_rule_has_form(rule)) {
        return "readonly and a rule for values contradict each other: no client can give one";
    }
    if ((flags & RULE_EXACT) && !rule->values) {
        return "values-exact needs values=";
    }
    return rule->max && rule->min > rule->max ? "min= is more than max=" : NULL;
}

const char *scim_rules_attribute(scim_rules_build_t *build, const char *where, int argc,
                                 const char *const *argv)
{
    scim_rule_t *rule = apr_pcalloc(build->pool, sizeof(*rule));
    const char *wrong = NULL;
    unsigned seen = 0;

    if (build->rules->nelts >= SCIM_RULES_MAX) {
        return apr_psprintf(build->pool, "there are more than %d rules", SCIM_RULES_MAX);
    }
    rule->where = where;
    rule->type_name = argv[0];
    rule->path_text = argv[1];
    rule->error = "";
    for (int i = 2; !wrong && i < argc; i++) {
        wrong = take_word(rule, &seen, argv[i], build->pool);
    }
    if (!wrong) {
        wrong = check_words(rule);
    }
    if (!wrong) {
        APR_ARRAY_PUSH(build->rules, scim_rule_t *) = rule;
    }
    return wrong;
}

/* ---- the other directives ---- */

const char *scim_rules_allow(scim_rules_build_t *build, const char *where, int argc,
                             const char *const *argv)
{
    for (int i = 1; i < argc; i++) {
        scim_allow_t allow = {where, argv[0], argv[i]};

        APR_ARRAY_PUSH(build->allows, scim_allow_t) = allow;
    }
    return NULL;
}

const char *scim_rules_other(scim_rules_build_t *build, const char *where, int argc,
                             const char *const *argv)
{
    scim_other_line_t line = {where, argv[0], SCIM_OTHER_IGNORE};

    (void)argc;
    if (scim_text_ieq(argv[1], "reject")) {
        line.other = SCIM_OTHER_REJECT;
    } else if (!scim_text_ieq(argv[1], "ignore")) {
        return "it must be ignore or reject";
    }
    for (int i = 0; i < build->others->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(build->others, i, scim_other_line_t).type_name, argv[0])) {
            return "it is given twice for the type";
        }
    }
    APR_ARRAY_PUSH(build->others, scim_other_line_t) = line;
    return NULL;
}
