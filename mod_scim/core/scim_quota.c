/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_quota.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "scim_match.h"

/* What the names of sets begin with; no attribute's name has a #. */
#define SET "#set "
#define GROUP "#group "

/* Bytes of a group's name that its resource's `display` has for sure. */
#define GROUP_MAX 200

#define SEATS_MAX 100000000

/* One directive. */
typedef struct draft_t {
    const char *directive;
    const char *at;
    int seats; /* 0: ScimKeepOne */
    int npairs;
    const char *const *paths;
    const char *const *values;
} draft_t;

struct scim_quota_build_t {
    apr_array_header_t *drafts; /* of draft_t */
    apr_pool_t *pool;
};

/* A set being made. */
typedef struct making_t {
    const scim_resource_type_t *type;
    const draft_t *draft;
    apr_pool_t *pool;
} making_t;

scim_quota_build_t *scim_quota_build(apr_pool_t *p)
{
    scim_quota_build_t *build = apr_pcalloc(p, sizeof(*build));

    build->drafts = apr_array_make(p, 4, sizeof(draft_t));
    build->pool = p;
    return build;
}

/* ---- words ---- */

/* "path=value": the first = outside of a value filter. */
static const char *split_pair(const char **path, const char **value, const char *word,
                              apr_pool_t *p)
{
    const char *at;
    int inside = 0;

    for (at = word; *at && (inside || *at != '='); at++) {
        inside += (*at == '[') - (*at == ']');
    }
    if (*at != '=' || at == word || at[1] == '\0') {
        return "after the number, each word must be path=value";
    }
    *path = apr_pstrmemdup(p, word, (apr_size_t)(at - word));
    *value = apr_pstrdup(p, at + 1);
    return NULL;
}

static const char *parse_number(int *out, const char *word)
{
    apr_size_t len = strspn(word, "0123456789");
    apr_int64_t n = len > 0 && len <= 9 && word[len] == '\0' ? apr_atoi64(word) : 0;

    if (n < 1 || n > SEATS_MAX) {
        return "the number of seats must be a whole number from 1 to 100000000";
    }
    *out = (int)n;
    return NULL;
}

const char *scim_quota_add_seats(scim_quota_build_t *build, int argc, const char *const *argv,
                                 const char *at)
{
    apr_size_t size = (apr_size_t)argc * sizeof(const char *);
    const char **paths = apr_palloc(build->pool, size);
    const char **values = apr_palloc(build->pool, size);
    draft_t draft = {"ScimSeats", at, 0, argc - 1, paths, values};
    const char *wrong = parse_number(&draft.seats, argv[0]);
    int i;

    for (i = 1; i < argc && !wrong; i++) {
        wrong = split_pair(&paths[i - 1], &values[i - 1], argv[i], build->pool);
    }
    if (!wrong) {
        APR_ARRAY_PUSH(build->drafts, draft_t) = draft;
    }
    return wrong;
}

const char *scim_quota_add_keep(scim_quota_build_t *build, int argc, const char *const *argv,
                                const char *at)
{
    const char **words = apr_palloc(build->pool, 2 * sizeof(*words));
    draft_t draft = {"ScimKeepOne", at, 0, 1, &words[0], &words[1]};

    if (argc != 2 || !*argv[0] || !*argv[1]) {
        return "it needs a path and a value";
    }
    words[0] = apr_pstrdup(build->pool, argv[0]);
    words[1] = apr_pstrdup(build->pool, argv[1]);
    APR_ARRAY_PUSH(build->drafts, draft_t) = draft;
    return NULL;
}

/* ---- sets ---- */

static const char *blame(const draft_t *draft, const char *why, apr_pool_t *p)
{
    return apr_psprintf(p, "%s in %s: %s", draft->directive, draft->at, why);
}

/* Whether what a filter looks at is in the stored document. */
static int is_stored(const scim_filter_t *f)
{
    static const scim_at_t elsewhere[] = {SCIM_AT_META, SCIM_AT_CREATED, SCIM_AT_MODIFIED,
                                          SCIM_AT_MEMBERS, SCIM_AT_GROUPS};
    apr_size_t i;

    for (i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        if (scim_filter_uses(f, elsewhere[i])) {
            return 0;
        }
    }
    return 1;
}

/* A value as a filter has it; folded where it compares so, for one name of one set. */
static const char *literal(const scim_path_t *path, const char *value, apr_pool_t *p)
{
    const scim_attr_t *leaf = path->sub ? path->sub : path->attr;

    if (leaf && (leaf->type == SCIM_ATTR_INTEGER || leaf->type == SCIM_ATTR_DECIMAL)) {
        return value;
    }
    if (leaf && leaf->type == SCIM_ATTR_STRING && !leaf->case_exact) {
        value = scim_text_fold(value, p);
    }
    return scim_json_quote(value, p);
}

/* One condition's filter as text. */
static const char *condition(const char **text, const making_t *m, const char *path,
                             const char *value)
{
    apr_pool_t *p = m->pool;
    const scim_filter_t *f;
    scim_path_t parsed;
    scim_error_t *err;

    if (!scim_text_utf8(value, strlen(value))) {
        return "a value must be UTF-8";
    }
    err = scim_path_parse(&parsed, path, m->type, SCIM_TYPE_INVALID_PATH, 1, p);
    if (!err) {
        *text =
            apr_psprintf(p, "%s eq %s", scim_path_print(&parsed, p), literal(&parsed, value, p));
        err = scim_filter_parse(&f, *text, m->type, NULL, p);
    }
    if (err) {
        return apr_psprintf(p, "%s: %s", path, err->detail);
    }
    return is_stored(f) ? NULL
                        : apr_psprintf(p, "%s is not part of what is stored of a user", path);
}

/* Of sets with another rule of case the rows in the index differ, so their names do. */
static int looks_at_case(const scim_filter_t *f)
{
    for (; f; f = f->right) {
        const scim_attr_t *leaf = f->path.sub ? f->path.sub : f->path.attr;
        if ((f->left && looks_at_case(f->left)) || (leaf && leaf->case_exact)) {
            return 1;
        }
    }
    return 0;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *make_words(const draft_t *draft, apr_pool_t *p)
{
    const char *words = "";
    int i;

    for (i = 0; i < draft->npairs; i++) {
        words =
            apr_pstrcat(p, words, i ? " and " : "", draft->paths[i], " ", draft->values[i], NULL);
    }
    return words;
}

/* The set of users that meet a directive's conditions. */
static const char *make_set(scim_quota_set_t *set, const making_t *m)
{
    const draft_t *draft = m->draft;
    const char **texts = apr_palloc(m->pool, (apr_size_t)(draft->npairs + 1) * sizeof(*texts));
    const char *all = NULL;
    const char *wrong = NULL;
    scim_error_t *err;
    int i;

    for (i = 0; i < draft->npairs && !wrong; i++) {
        wrong = condition(&texts[i], m, draft->paths[i], draft->values[i]);
    }
    if (wrong) {
        return wrong;
    }
    qsort(texts, (apr_size_t)draft->npairs, sizeof(*texts), compare_texts);
    for (i = 0; i < draft->npairs; i++) {
        all = all ? apr_pstrcat(m->pool, all, " and ", texts[i], NULL) : texts[i];
    }
    set->name = SET "active";
    if (all) {
        err = scim_filter_parse(&set->filter, all, m->type, NULL, m->pool);
        if (err) {
            return err->detail;
        }
        set->name = apr_pstrcat(m->pool, SET, looks_at_case(set->filter) ? "= " : "",
                                scim_filter_print(set->filter, m->pool), NULL);
    }
    set->words = make_words(draft, m->pool);
    return strlen(set->name) > SCIM_QUOTA_NAME_MAX ? "its conditions are too long" : NULL;
}

/* The set of a group's users. */
static const char *make_group(scim_quota_set_t *set, const making_t *m)
{
    const char *name = m->draft->values[0];

    if (strlen(name) > GROUP_MAX || !scim_text_utf8(name, strlen(name))) {
        return "the name of the group must be at most 200 bytes of UTF-8";
    }
    set->group = scim_text_fold(name, m->pool);
    set->name = apr_pstrcat(m->pool, GROUP, set->group, NULL);
    set->words = name;
    return strlen(set->name) > SCIM_QUOTA_NAME_MAX ? "the name of the group is too long" : NULL;
}

/* Two directives about one set are one rule, unless they say the same thing twice. */
static const char *add_set(apr_array_header_t *sets, const scim_quota_set_t *set)
{
    int i;

    for (i = 0; i < sets->nelts; i++) {
        scim_quota_set_t *other = &APR_ARRAY_IDX(sets, i, scim_quota_set_t);
        if (strcmp(other->name, set->name) != 0) {
            continue;
        }
        if ((other->seats && set->seats) || (other->keep && set->keep)) {
            return "another line says how many of the same users there may be";
        }
        other->seats += set->seats;
        other->keep += set->keep;
        return NULL;
    }
    if (sets->nelts == SCIM_QUOTA_SETS_MAX) {
        return "there are too many lines of ScimSeats and ScimKeepOne";
    }
    APR_ARRAY_PUSH(sets, scim_quota_set_t) = *set;
    return NULL;
}

static const char *add_draft(apr_array_header_t *sets, const making_t *m)
{
    const draft_t *draft = m->draft;
    scim_quota_set_t set = {0};
    const char *wrong;

    set.seats = draft->seats;
    set.keep = draft->seats == 0;
    wrong = set.keep && scim_text_ieq(draft->paths[0], "groups") ? make_group(&set, m)
                                                                 : make_set(&set, m);
    wrong = wrong ? wrong : add_set(sets, &set);
    return wrong ? blame(draft, wrong, m->pool) : NULL;
}

static int compare_sets(const void *a, const void *b)
{
    return strcmp(((const scim_quota_set_t *)a)->name, ((const scim_quota_set_t *)b)->name);
}

/* ---- the tenant ---- */

/* The type with its sets: what is kept of it in the index has another name now. */
static const scim_resource_type_t *with_sets(const scim_resource_type_t *type,
                                             const scim_quota_t *quota, apr_pool_t *p)
{
    scim_resource_type_t *copy = apr_pmemdup(p, type, sizeof(*type));
    const char *text = type->indexed ? type->indexed : "";
    int indexed = 0;
    int i;

    copy->quota = quota;
    for (i = 0; i < quota->nsets; i++) {
        if (!quota->sets[i].group) {
            text = apr_pstrcat(p, text, "\n", quota->sets[i].name, NULL);
            indexed = 1;
        }
    }
    if (indexed) {
        copy->indexed = apr_psprintf(p, "%016" APR_UINT64_T_HEX_FMT, scim_text_hash(text));
    }
    return copy;
}

const char *scim_quota_finish(scim_tenant_t *tenant, scim_quota_build_t *build, apr_pool_t *p)
{
    apr_array_header_t *sets = apr_array_make(p, 4, sizeof(scim_quota_set_t));
    const scim_resource_type_t *type = scim_catalog_type(tenant->catalog, "User");
    scim_quota_t *quota = apr_pcalloc(p, sizeof(*quota));
    const char *wrong = NULL;
    int i;

    for (i = 0; i < build->drafts->nelts && !wrong; i++) {
        making_t m = {type, &APR_ARRAY_IDX(build->drafts, i, draft_t), p};
        wrong = add_draft(sets, &m);
    }
    if (wrong || sets->nelts == 0) {
        return wrong;
    }
    qsort(sets->elts, (apr_size_t)sets->nelts, sizeof(scim_quota_set_t), compare_sets);
    quota->sets = (const scim_quota_set_t *)(const void *)sets->elts;
    quota->nsets = sets->nelts;
    for (i = 0; i < quota->nsets; i++) {
        quota->groups |= quota->sets[i].group != NULL;
    }
    tenant->quota = quota;
    tenant->catalog = scim_catalog_replace(tenant->catalog, with_sets(type, quota, p), p);
    return NULL;
}

/* ---- users ---- */

int scim_quota_holds(const scim_quota_set_t *set, const json_t *doc, apr_pool_t *p)
{
    return !set->group && !json_is_false(json_object_get(doc, "active")) &&
           (!set->filter || scim_match(set->filter, doc, p));
}

scim_error_t *scim_quota_full(const scim_quota_set_t *set, apr_pool_t *p)
{
    return scim_error_make(p, 403, SCIM_TYPE_NONE,
                           "The limit of %d active users%s%s is reached; deactivate another user "
                           "first, or have the limit raised.",
                           set->seats, *set->words ? " with " : "", set->words);
}

scim_error_t *scim_quota_last(const scim_quota_set_t *set, apr_pool_t *p)
{
    return scim_error_make(p, 403, SCIM_TYPE_NONE,
                           set->group ? "At least one active user must stay in the group %s."
                                      : "At least one active user with %s must remain.",
                           set->words);
}
