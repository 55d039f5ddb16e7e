/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_rules_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_filter.h"

/* One type of the catalog on its way. */
typedef struct compile_t {
    const scim_rules_build_t *build;
    const scim_resource_type_t *from;
    const scim_resource_type_t *to;
    int strict;
    apr_pool_t *pool;
} compile_t;

static const char *blame(const char *where, const char *wrong, apr_pool_t *p)
{
    return apr_pstrcat(p, where, ": ", wrong, NULL);
}

/* ---- which lines are the type's ---- */

static const scim_other_line_t *other_line(const scim_rules_build_t *build, const char *type)
{
    for (int i = 0; i < build->others->nelts; i++) {
        const scim_other_line_t *line = &APR_ARRAY_IDX(build->others, i, scim_other_line_t);

        if (strcmp(line->type_name, type) == 0) {
            return line;
        }
    }
    return NULL;
}

static int has_list(const scim_rules_build_t *build, const char *type)
{
    for (int i = 0; i < build->allows->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(build->allows, i, scim_allow_t).type_name, type) == 0) {
            return 1;
        }
    }
    return other_line(build, type) != NULL;
}

static apr_array_header_t *rules_of(const compile_t *c)
{
    apr_array_header_t *rules = apr_array_make(c->pool, 8, sizeof(scim_rule_t *));

    for (int i = 0; i < c->build->rules->nelts; i++) {
        scim_rule_t *rule = APR_ARRAY_IDX(c->build->rules, i, scim_rule_t *);

        if (strcmp(rule->type_name, c->from->name) == 0) {
            APR_ARRAY_PUSH(rules, scim_rule_t *) = rule;
        }
    }
    return rules;
}

/* ---- rules ---- */

static const char *check_once(const apr_array_header_t *rules, int n, apr_pool_t *p)
{
    const scim_rule_t *rule = APR_ARRAY_IDX(rules, n, scim_rule_t *);
    const char *name = scim_path_print(&rule->path, p);

    for (int i = 0; i < n; i++) {
        const scim_rule_t *other = APR_ARRAY_IDX(rules, i, scim_rule_t *);

        if (strcmp(scim_path_print(&other->path, p), name) == 0) {
            return blame(rule->where,
                         apr_psprintf(p, "%s has a line already, %s; write all of its rules in one",
                                      rule->label, other->where),
                         p);
        }
    }
    return NULL;
}

/* @param type the one that the rules' paths shall lead into */
static const char *resolve(const compile_t *c, apr_array_header_t *rules,
                           const scim_resource_type_t *type)
{
    const char *wrong = NULL;

    for (int i = 0; !wrong && i < rules->nelts; i++) {
        scim_rule_t *rule = APR_ARRAY_IDX(rules, i, scim_rule_t *);

        wrong = scim_rule_resolve(rule, type, c->pool);
        wrong = wrong ? blame(rule->where, wrong, c->pool) : check_once(rules, i, c->pool);
    }
    return wrong;
}

/* The same paths in the copy. The rules themselves were found right. */
static const char *lead_into(const compile_t *c, const apr_array_header_t *rules,
                             const scim_resource_type_t *type)
{
    for (int i = 0; i < rules->nelts; i++) {
        scim_rule_t *rule = APR_ARRAY_IDX(rules, i, scim_rule_t *);
        scim_error_t *err =
            scim_path_parse(&rule->path, rule->path_text, type, SCIM_TYPE_INVALID_PATH, 1, c->pool);

        if (err) {
            return blame(rule->where, err->detail, c->pool);
        }
        rule->leaf = rule->path.sub ? rule->path.sub : rule->path.attr;
    }
    return NULL;
}

/* ---- what is offered ---- */

static const char *offer_line(const compile_t *c, const scim_type_copy_t *copy,
                              const scim_allow_t *allow)
{
    scim_path_t path;
    scim_error_t *err =
        scim_path_parse(&path, allow->path_text, c->from, SCIM_TYPE_INVALID_PATH, 1, c->pool);

    if (err) {
        return blame(allow->where, err->detail, c->pool);
    }
    if (path.attr) {
        scim_type_copy_offer(copy, &path);
        return NULL;
    }
    for (int i = 0; i < path.schema->nattrs; i++) {
        scim_path_t one = {path.schema, &path.schema->attrs[i], NULL, NULL};

        scim_type_copy_offer(copy, &one);
    }
    return NULL;
}

static const char *offer(const compile_t *c, const scim_type_copy_t *copy,
                         const apr_array_header_t *rules)
{
    const char *wrong = NULL;

    scim_type_copy_hide(copy);
    for (int i = 0; i < rules->nelts; i++) {
        scim_type_copy_offer(copy, &APR_ARRAY_IDX(rules, i, scim_rule_t *)->path);
    }
    for (int i = 0; !wrong && i < c->build->allows->nelts; i++) {
        const scim_allow_t *allow = &APR_ARRAY_IDX(c->build->allows, i, scim_allow_t);

        wrong = strcmp(allow->type_name, c->from->name) == 0 ? offer_line(c, copy, allow) : NULL;
    }
    scim_type_copy_tidy(copy);
    return wrong;
}

/* ---- one type ---- */

static scim_other_t other_of(const compile_t *c)
{
    const scim_other_line_t *line = other_line(c->build, c->from->name);

    if (c->strict) {
        return SCIM_OTHER_UNDEFINED;
    }
    return line ? line->other : SCIM_OTHER_IGNORE;
}

/* The rules that a write has to do with; what others say is in the catalog. */
static void fill(scim_rules_t *table, const apr_array_header_t *rules, apr_pool_t *p)
{
    const scim_rule_t **kept =
        apr_palloc(p, ((apr_size_t)rules->nelts + 1) * sizeof(const scim_rule_t *));

    for (int i = 0; i < rules->nelts; i++) {
        const scim_rule_t *rule = APR_ARRAY_IDX(rules, i, scim_rule_t *);

        if ((rule->flags & (RULE_REQUIRED | RULE_IMMUTABLE | RULE_READ_ONLY)) || rule->fallback ||
            scim_rule_has_form(rule)) {
            kept[table->n++] = rule;
        }
    }
    table->rules = kept;
}

static const char *compile_type(compile_t *c, apr_array_header_t *rules)
{
    scim_type_copy_t *copy = scim_type_copy_make(c->from, c->pool);
    scim_resource_type_t *to = scim_type_copy_type(copy);
    scim_rules_t *table = apr_pcalloc(c->pool, sizeof(*table));
    const char *wrong = resolve(c, rules, c->from);

    if (!wrong && has_list(c->build, c->from->name)) {
        wrong = offer(c, copy, rules);
    }
    for (int i = 0; !wrong && i < rules->nelts; i++) {
        scim_type_copy_rule(copy, APR_ARRAY_IDX(rules, i, scim_rule_t *));
    }
    if (!wrong) {
        wrong = lead_into(c, rules, to);
    }
    table->whole = c->from;
    fill(table, rules, c->pool);
    table->other = other_of(c);
    to->rules = table;
    c->to = to;
    return wrong;
}

/* ---- all of them ---- */

static const char *check_type_name(const scim_catalog_t *catalog, const char *where,
                                   const char *name, apr_pool_t *p)
{
    const char *names = "";

    if (scim_catalog_type(catalog, name)) {
        return NULL;
    }
    for (int i = 0; i < catalog->ntypes; i++) {
        names = apr_pstrcat(p, names, i == 0 ? "" : ", ", catalog->types[i]->name, NULL);
    }
    return apr_psprintf(p, "%s: there is no resource type %s; there are %s", where,
                        scim_rules_shown(name, p), names);
}

static const char *check_names(const scim_rules_build_t *build, const scim_catalog_t *catalog,
                               int strict)
{
    apr_pool_t *p = build->pool;
    const char *wrong = NULL;

    for (int i = 0; !wrong && i < build->rules->nelts; i++) {
        const scim_rule_t *rule = APR_ARRAY_IDX(build->rules, i, scim_rule_t *);

        wrong = check_type_name(catalog, rule->where, rule->type_name, p);
    }
    for (int i = 0; !wrong && i < build->allows->nelts; i++) {
        const scim_allow_t *allow = &APR_ARRAY_IDX(build->allows, i, scim_allow_t);

        wrong = check_type_name(catalog, allow->where, allow->type_name, p);
    }
    for (int i = 0; !wrong && i < build->others->nelts; i++) {
        const scim_other_line_t *line = &APR_ARRAY_IDX(build->others, i, scim_other_line_t);

        wrong = check_type_name(catalog, line->where, line->type_name, p);
        if (!wrong && strict && line->other == SCIM_OTHER_IGNORE) {
            wrong = blame(line->where,
                          "ignore contradicts ScimProfile, which refuses what no schema shows", p);
        }
    }
    return wrong;
}

const char *scim_rules_catalog(const scim_catalog_t **out, scim_rules_build_t *build,
                               const scim_catalog_t *from, int strict)
{
    apr_pool_t *p = build->pool;
    const scim_resource_type_t **types = apr_pcalloc(p, (apr_size_t)from->ntypes * sizeof(*types));
    scim_catalog_t *catalog = apr_pmemdup(p, from, sizeof(*from));
    const char *wrong = check_names(build, from, strict);
    int changed = 0;

    for (int i = 0; !wrong && i < from->ntypes; i++) {
        compile_t c = {build, from->types[i], from->types[i], strict, p};
        apr_array_header_t *rules = rules_of(&c);

        if (rules->nelts > 0 || has_list(build, c.from->name)) {
            wrong = compile_type(&c, rules);
            changed = 1;
        }
        types[i] = c.to;
    }
    if (wrong) {
        return wrong;
    }
    catalog->types = types;
    *out = changed ? catalog : from;
    return NULL;
}

scim_other_t scim_rules_other_of(const scim_resource_type_t *type)
{
    return type->rules ? type->rules->other : SCIM_OTHER_UNDEFINED;
}

const scim_resource_type_t *scim_rules_whole(const scim_resource_type_t *type)
{
    return type->rules ? type->rules->whole : type;
}
