/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_rules_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_match.h"
#include "scim_resource_value.h"

/* Values of an immutable attribute are compared in any order up to so many. */
#define UNORDERED_MAX 1000

/* ---- one text ---- */

static const char *legal_key(const scim_rule_t *rule, const char *text, apr_pool_t *p)
{
    return rule->exact ? text : scim_text_fold(text, p);
}

const char *scim_rule_spelling(const scim_rule_t *rule, const char *text, apr_pool_t *p)
{
    const char *legal;

    if (rule->fold) {
        text = scim_text_case(text, rule->fold == SCIM_FOLD_UPPER, p);
    }
    legal = rule->legal ? apr_hash_get(rule->legal, legal_key(rule, text, p), APR_HASH_KEY_STRING)
                        : NULL;
    return legal ? legal : text;
}

static int has_banned(const scim_rule_t *rule, const char *text)
{
    for (const char *const *one = rule->banned; one && *one; one++) {
        if (strstr(text, *one)) {
            return 1;
        }
    }
    return 0;
}

const char *scim_rule_wrong(const scim_rule_t *rule, const char *text, apr_pool_t *p)
{
    apr_size_t chars = rule->min || rule->max ? scim_text_chars(text) : 0;

    if (rule->legal && !apr_hash_get(rule->legal, legal_key(rule, text, p), APR_HASH_KEY_STRING)) {
        return apr_pstrcat(p, "must be ", rule->legal_text, NULL);
    }
    if (rule->max && chars > rule->max) {
        return apr_psprintf(p, "must not be longer than %" APR_SIZE_T_FMT " characters", rule->max);
    }
    if (rule->min && chars < rule->min) {
        return apr_psprintf(p, "must have at least %" APR_SIZE_T_FMT " characters", rule->min);
    }
    if (has_banned(rule, text)) {
        return apr_pstrcat(p, "must not contain any of ", scim_rules_shown(rule->forbid, p), NULL);
    }
    if (rule->format && !rule->format->is(text)) {
        return apr_pstrcat(p, "must be ", rule->format->what, NULL);
    }
    if (rule->pattern && !scim_pattern_matches(rule->pattern, text)) {
        return apr_pstrcat(p, "must match the pattern ", scim_rules_shown(rule->pattern_text, p),
                           NULL);
    }
    return NULL;
}

/* ---- where a rule's values are ---- */

typedef struct visit_t visit_t;
struct visit_t {
    const scim_rule_t *rule;
    /* Called for each place that a value may be in: holder's member of this name, or an element
       where the path ends in one. */
    void (*each)(visit_t *visit, json_t *holder, const char *name, json_t *value);
    apr_pool_t *pool;
    int found;       /* places with a value */
    int empty;       /* places without */
    json_t *values;  /* of collect() */
    const char *bad; /* of examine(): the first thing that is wrong */
    const json_t *excused;
};

static void visit_elements(visit_t *visit, json_t *array)
{
    const scim_path_t *path = &visit->rule->path;

    for (apr_size_t i = 0; i < json_array_size(array); i++) {
        json_t *element = json_array_get(array, i);

        if (!json_is_object(element) ||
            (path->filter && !scim_match_element(path->filter, element, visit->pool))) {
            continue;
        }
        if (path->sub) {
            visit->each(visit, element, path->sub->name, json_object_get(element, path->sub->name));
        } else {
            visit->each(visit, NULL, NULL, element);
        }
    }
}

/* The object that a rule's attribute is a member of, or NULL. */
static json_t *part_of(const json_t *doc, const scim_path_t *path)
{
    return path->schema ? json_object_get(doc, path->schema->urn) : scim_json_walk(doc);
}

static void visit_all(visit_t *visit, const json_t *doc)
{
    const scim_path_t *path = &visit->rule->path;
    json_t *part = part_of(doc, path);
    json_t *value = json_object_get(part, path->attr->name);

    if (path->filter || (path->sub && path->attr->multi)) {
        visit_elements(visit, value);
    } else if (path->sub) {
        visit->each(visit, value, path->sub->name, json_object_get(value, path->sub->name));
    } else {
        visit->each(visit, part, path->attr->name, value);
    }
}

/* ---- before the document is finished ---- */

/* A path of which every document has one place: no part of many elements. */
static int is_single_place(const scim_path_t *path)
{
    return !path->filter && !(path->sub && path->attr->multi);
}

/* The object that holds the place, made where it is missing. */
static json_t *holder_of(json_t *doc, const scim_path_t *path, apr_pool_t *p)
{
    const char *names[2] = {path->schema ? path->schema->urn : NULL,
                            path->sub ? path->attr->name : NULL};

    for (int i = 0; i < 2; i++) {
        json_t *inner = names[i] ? json_object_get(doc, names[i]) : doc;

        if (!inner) {
            inner = json_object();
            scim_value_put(doc, names[i], inner, p);
        }
        doc = inner;
    }
    return doc;
}

/* The stored value of a single place, or NULL. */
static json_t *stored_at(const json_t *old, const scim_path_t *path)
{
    json_t *value = json_object_get(part_of(old, path), path->attr->name);

    return path->sub ? json_object_get(value, path->sub->name) : value;
}

static void put_at(json_t *doc, const scim_rule_t *rule, const json_t *value, apr_pool_t *p)
{
    scim_value_put(holder_of(doc, &rule->path, p), rule->leaf->name, json_deep_copy(value), p);
}

/* What no client may set is as it was, whatever became of the object that it is in. */
static void restore_read_only(json_t *doc, const scim_rule_t *rule, const scim_ruling_t *ruling,
                              apr_pool_t *p)
{
    const json_t *before = stored_at(ruling->old, &rule->path);

    if (before) {
        put_at(doc, rule, before, p);
    } else if (stored_at(doc, &rule->path)) {
        json_object_del(holder_of(doc, &rule->path, p), rule->leaf->name);
    }
}

static void restore_immutable(json_t *doc, const scim_rule_t *rule, const scim_ruling_t *ruling,
                              apr_pool_t *p)
{
    const json_t *before = stored_at(ruling->old, &rule->path);

    if (before && !stored_at(doc, &rule->path)) {
        put_at(doc, rule, before, p);
    }
}

static json_t *respelled_new(const scim_rule_t *rule, const json_t *value, apr_pool_t *p)
{
    const char *text = json_string_value(value);
    const char *kept = text ? scim_rule_spelling(rule, text, p) : NULL;

    return kept && strcmp(kept, text) ? json_string(kept) : NULL;
}

/* Respells what is there, and gives what is not its default. */
static void shape_place(visit_t *visit, json_t *holder, const char *name, json_t *value)
{
    const scim_rule_t *rule = visit->rule;
    json_t *fresh;

    if (!holder) {
        return;
    }
    if ((!value || scim_value_nothing(value)) && rule->fallback) {
        scim_value_put(holder, name, json_deep_copy(rule->fallback), visit->pool);
        return;
    }
    fresh = respelled_new(rule, value, visit->pool);
    if (fresh) {
        scim_value_put(holder, name, fresh, visit->pool);
    }
    for (apr_size_t i = 0; i < json_array_size(value); i++) {
        fresh = respelled_new(rule, json_array_get(value, i), visit->pool);
        if (fresh) {
            json_array_set_new(value, i, fresh);
        }
    }
}

static void shape(json_t *doc, const scim_rule_t *rule, const scim_ruling_t *ruling, apr_pool_t *p)
{
    visit_t visit = {.rule = rule, .each = shape_place, .pool = p};

    if ((rule->flags & RULE_READ_ONLY) && ruling->old) {
        restore_read_only(doc, rule, ruling, p);
    }
    if ((rule->flags & RULE_IMMUTABLE) && ruling->write == SCIM_WRITE_REPLACE &&
        is_single_place(&rule->path)) {
        restore_immutable(doc, rule, ruling, p);
    }
    if (rule->fallback && is_single_place(&rule->path)) {
        holder_of(doc, &rule->path, p);
    }
    if (rule->fallback || rule->fold || rule->legal) {
        visit_all(&visit, doc);
    }
}

void scim_rules_shape(json_t *doc, const scim_ruling_t *ruling, apr_pool_t *p)
{
    const scim_rules_t *rules = ruling->type->rules;

    for (int i = 0; rules && i < rules->n; i++) {
        shape(doc, rules->rules[i], ruling, p);
    }
}

/* ---- values as a list ---- */

static void add_value(visit_t *visit, json_t *value)
{
    const char *text = json_string_value(value);
    json_t *copy =
        text ? json_string(scim_rule_spelling(visit->rule, text, visit->pool)) : json_incref(value);

    scim_value_put(visit->values, NULL, copy, visit->pool);
}

static void collect_place(visit_t *visit, json_t *holder, const char *name, json_t *value)
{
    (void)holder;
    (void)name;
    if (json_is_array(value)) {
        for (apr_size_t i = 0; i < json_array_size(value); i++) {
            add_value(visit, json_array_get(value, i));
        }
    } else if (value) {
        add_value(visit, value);
    }
}

/* A rule's values in a document, in the spelling that is kept. */
static json_t *collect(const scim_rule_t *rule, const json_t *doc, apr_pool_t *p)
{
    visit_t visit = {.rule = rule, .each = collect_place, .pool = p};

    visit.values = scim_json_own(json_array(), p);
    visit_all(&visit, doc);
    return visit.values;
}

static int holds(const json_t *array, const json_t *value)
{
    for (apr_size_t i = 0; i < json_array_size(array); i++) {
        if (json_equal(json_array_get(array, i), value)) {
            return 1;
        }
    }
    return 0;
}

/* The same values, in any order unless they are very many. */
static int same_values(const json_t *a, const json_t *b)
{
    apr_size_t n = json_array_size(a);

    if (json_equal(a, b)) {
        return 1;
    }
    if (n != json_array_size(b) || n > UNORDERED_MAX) {
        return 0;
    }
    for (apr_size_t i = 0; i < n; i++) {
        if (!holds(b, json_array_get(a, i)) || !holds(a, json_array_get(b, i))) {
            return 0;
        }
    }
    return 1;
}

/* ---- the finished document ---- */

static scim_error_t *refuse(const scim_rule_t *rule, scim_error_type_t type, const char *wrong,
                            apr_pool_t *p)
{
    return scim_error_make(p, 400, type, "%s %s.%s", rule->label, wrong, rule->error);
}

static void examine_text(visit_t *visit, const json_t *value)
{
    const char *text = json_string_value(value);
    const char *wrong = text ? scim_rule_wrong(visit->rule, text, visit->pool) : NULL;

    if (wrong && !holds(visit->excused, value)) {
        visit->bad = wrong;
    }
}

static void examine_place(visit_t *visit, json_t *holder, const char *name, json_t *value)
{
    (void)holder;
    (void)name;
    visit->found += value != NULL;
    visit->empty += value == NULL;
    if (json_is_string(value) && !visit->bad) {
        examine_text(visit, value);
    }
    for (apr_size_t i = 0; !visit->bad && i < json_array_size(value); i++) {
        examine_text(visit, json_array_get(value, i));
    }
}

/* Whether a required attribute is without a value, wholly or in one of its elements. */
static int is_missing(const visit_t *visit)
{
    return visit->found == 0 || (visit->empty > 0 && !visit->rule->path.filter);
}

static int was_missing(const scim_rule_t *rule, const json_t *old, apr_pool_t *p)
{
    visit_t visit = {.rule = rule, .each = examine_place, .pool = p};

    visit_all(&visit, old);
    return is_missing(&visit);
}

static scim_error_t *check_required(const visit_t *visit, const scim_ruling_t *ruling)
{
    const scim_rule_t *rule = visit->rule;
    apr_pool_t *p = visit->pool;

    if (!(rule->flags & RULE_REQUIRED) || !is_missing(visit)) {
        return NULL;
    }
    if (ruling->write != SCIM_WRITE_PATCH) {
        return refuse(rule, SCIM_TYPE_INVALID_VALUE, "is required", p);
    }
    return was_missing(rule, ruling->old, p)
               ? NULL
               : refuse(rule, SCIM_TYPE_MUTABILITY, "is required and cannot be removed", p);
}

static scim_error_t *check_immutable(const scim_rule_t *rule, const json_t *doc,
                                     const scim_ruling_t *ruling, apr_pool_t *p)
{
    const json_t *before;

    if (!(rule->flags & RULE_IMMUTABLE) || !ruling->old) {
        return NULL;
    }
    before = collect(rule, ruling->old, p);
    return json_array_size(before) == 0 || same_values(before, collect(rule, doc, p))
               ? NULL
               : refuse(rule, SCIM_TYPE_MUTABILITY, "cannot be changed once it is set", p);
}

static scim_error_t *check(const scim_rule_t *rule, const json_t *doc, const scim_ruling_t *ruling,
                           apr_pool_t *p)
{
    visit_t visit = {.rule = rule, .each = examine_place, .pool = p};
    scim_error_t *err;

    visit_all(&visit, doc);
    if (visit.bad && ruling->write == SCIM_WRITE_PATCH) {
        visit.excused = collect(rule, ruling->old, p); /* once more, as it seldom happens */
        visit.found = 0;
        visit.empty = 0;
        visit.bad = NULL;
        visit_all(&visit, doc);
    }
    if (visit.bad) {
        return refuse(rule, SCIM_TYPE_INVALID_VALUE, visit.bad, p);
    }
    err = check_required(&visit, ruling);
    return err ? err : check_immutable(rule, doc, ruling, p);
}

scim_error_t *scim_rules_check(const json_t *doc, const scim_ruling_t *ruling, apr_pool_t *p)
{
    const scim_rules_t *rules = ruling->type->rules;
    scim_error_t *err = NULL;

    for (int i = 0; rules && !err && i < rules->n; i++) {
        err = check(rules->rules[i], doc, ruling, p);
    }
    return err;
}
