/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_grouping.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_match.h"

/* One ScimGroupFrom. */
typedef struct draft_t {
    const char *at;
    scim_group_from_t from; /* without its path */
} draft_t;

struct scim_grouping_build_t {
    apr_array_header_t *drafts; /* of draft_t */
    const char *one_at;         /* where ScimOneGroupPerUser On stands, or NULL */
    scim_nested_t nested;
    apr_pool_t *pool;
};

scim_grouping_build_t *scim_grouping_build(apr_pool_t *p)
{
    scim_grouping_build_t *build = apr_pcalloc(p, sizeof(*build));

    build->drafts = apr_array_make(p, 2, sizeof(draft_t));
    build->pool = p;
    return build;
}

/* ---- words ---- */

#define ERROR "error="

/* The words behind the path and existing or create. */
static const char *add_option(scim_group_from_t *from, const char *word, apr_pool_t *p)
{
    if (scim_text_ieqn(word, strlen(ERROR), ERROR)) {
        word += strlen(ERROR);
        if (!*word || !scim_text_utf8(word, strlen(word))) {
            return "error= needs a text";
        }
        from->error = apr_pstrdup(p, word);
        return NULL;
    }
    if (!scim_text_ieq(word, "exact") && !scim_text_ieq(word, "ignore")) {
        return "behind existing or create there may be exact or ignore, and error=text";
    }
    from->exact = scim_text_ieq(word, "exact");
    return NULL;
}

const char *scim_grouping_add_from(scim_grouping_build_t *build, int argc, const char *const *argv,
                                   const char *at)
{
    draft_t draft = {at, {0}};
    scim_group_from_t *from = &draft.from;
    const char *wrong = NULL;
    int i;

    if (argc < 2 || (!scim_text_ieq(argv[1], "existing") && !scim_text_ieq(argv[1], "create"))) {
        return "it needs an attribute path, and existing or create";
    }
    from->words = apr_pstrdup(build->pool, argv[0]);
    from->create = scim_text_ieq(argv[1], "create");
    from->exact = !from->create;
    for (i = 2; i < argc && !wrong; i++) {
        wrong = add_option(from, argv[i], build->pool);
    }
    if (!wrong && from->create && from->exact) {
        wrong = "a group cannot be created by its exact name: two groups cannot differ by case "
                "alone";
    }
    if (!wrong && from->create && from->error) {
        wrong = "with create, no value is refused that could have an error";
    }
    if (!wrong) {
        APR_ARRAY_PUSH(build->drafts, draft_t) = draft;
    }
    return wrong;
}

const char *scim_grouping_set_one(scim_grouping_build_t *build, const char *word, const char *at)
{
    if (!scim_text_ieq(word, "On") && !scim_text_ieq(word, "Off")) {
        return "it must be On or Off";
    }
    build->one_at = scim_text_ieq(word, "On") ? at : NULL;
    return NULL;
}

const char *scim_grouping_set_nested(scim_grouping_build_t *build, const char *word)
{
    static const char *const words[] = {"allow", "skip", "reject"}; /* as scim_nested_t */
    int i;

    for (i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++) {
        if (scim_text_ieq(word, words[i])) {
            build->nested = (scim_nested_t)i;
            return NULL;
        }
    }
    return "it must be allow, skip or reject";
}

/* ---- the tenant ---- */

static const char *why_not(const scim_path_t *path)
{
    const scim_attr_t *leaf = path->sub ? path->sub : path->attr;

    if (!leaf) {
        return "it names a schema, not an attribute";
    }
    if (leaf->type != SCIM_ATTR_STRING && leaf->type != SCIM_ATTR_REFERENCE) {
        return "only a string can name a group";
    }
    if (path->attr->mutability == SCIM_READ_ONLY || leaf->mutability == SCIM_READ_ONLY ||
        path->attr->mutability == SCIM_WRITE_ONLY || leaf->mutability == SCIM_WRITE_ONLY) {
        return "clients cannot set it, or it is not kept";
    }
    return NULL;
}

static const char *bind_path(scim_group_from_t *from, const draft_t *draft,
                             const scim_resource_type_t *type, apr_pool_t *p)
{
    scim_error_t *err;
    const char *wrong;

    *from = draft->from;
    err = scim_path_parse(&from->path, from->words, type, SCIM_TYPE_INVALID_PATH, 1, p);
    if (!err && from->path.attr && !from->path.sub && from->path.attr->type == SCIM_ATTR_COMPLEX) {
        from->path.sub = scim_attr_sub(from->path.attr, "value");
    }
    wrong = err ? err->detail : why_not(&from->path);
    return wrong ? apr_psprintf(p, "ScimGroupFrom in %s: %s: %s", draft->at, from->words, wrong)
                 : NULL;
}

/* An attribute whose sub-attributes tell of users only: canonicalValues and referenceTypes. */
static const scim_attr_t *only_users(const scim_attr_t *attr, apr_pool_t *p)
{
    static const char *const user[] = {"User", NULL};
    scim_attr_t *copy = apr_pmemdup(p, attr, sizeof(*attr));
    scim_attr_t *subs = apr_pmemdup(p, attr->subs, (apr_size_t)attr->nsubs * sizeof(*subs));
    int i;

    for (i = 0; i < attr->nsubs; i++) {
        subs[i].canonical = subs[i].canonical ? user : NULL;
        subs[i].ref_types = subs[i].ref_types ? user : NULL;
    }
    copy->subs = subs;
    return copy;
}

/* Where groups are refused as members, the schema says so. */
static const scim_catalog_t *without_nesting(const scim_catalog_t *catalog, apr_pool_t *p)
{
    const scim_resource_type_t *type = scim_catalog_type(catalog, "Group");
    scim_resource_type_t *copy = apr_pmemdup(p, type, sizeof(*type));
    scim_schema_t *schema = apr_pmemdup(p, type->schema, sizeof(*schema));
    scim_attr_t *attrs = apr_pmemdup(p, schema->attrs, (apr_size_t)schema->nattrs * sizeof(*attrs));
    int i;

    for (i = 0; i < schema->nattrs; i++) {
        if (attrs[i].at == SCIM_AT_MEMBERS) {
            attrs[i] = *only_users(&attrs[i], p);
        }
    }
    schema->attrs = attrs;
    copy->schema = schema;
    return scim_catalog_replace(catalog, copy, p);
}

const char *scim_grouping_finish(scim_tenant_t *tenant, const scim_grouping_build_t *build,
                                 apr_pool_t *p)
{
    const scim_resource_type_t *type = scim_catalog_type(tenant->catalog, "User");
    scim_grouping_t *grouping = apr_pcalloc(p, sizeof(*grouping));
    int n = build->drafts->nelts;
    scim_group_from_t *from = apr_pcalloc(p, (apr_size_t)(n + 1) * sizeof(*from));
    const char *wrong = NULL;
    int i;

    if (n && build->one_at) {
        return apr_psprintf(p,
                            "ScimOneGroupPerUser in %s: with ScimGroupFrom, a user's attributes "
                            "say which groups it is in",
                            build->one_at);
    }
    for (i = 0; i < n && !wrong; i++) {
        wrong = bind_path(&from[i], &APR_ARRAY_IDX(build->drafts, i, draft_t), type, p);
        grouping->creates |= from[i].create;
    }
    grouping->one_group = build->one_at != NULL;
    grouping->nested = build->nested;
    grouping->from = from;
    grouping->nfrom = n;
    tenant->grouping = grouping;
    if (grouping->nested == SCIM_NESTED_REJECT) {
        tenant->catalog = without_nesting(tenant->catalog, p);
    }
    return wrong;
}

/* ---- users ---- */

static void add_name(apr_array_header_t *names, const scim_group_from_t *from, const char *value)
{
    scim_group_name_t name = {value, scim_text_fold(value, names->pool), from};
    int i;

    for (i = 0; i < names->nelts; i++) {
        const scim_group_name_t *other = &APR_ARRAY_IDX(names, i, scim_group_name_t);
        if (strcmp(other->folded, name.folded) == 0 && other->from->exact == from->exact &&
            (!from->exact || strcmp(other->name, value) == 0)) {
            return;
        }
    }
    APR_ARRAY_PUSH(names, scim_group_name_t) = name;
}

scim_error_t *scim_grouping_names(apr_array_header_t **names, const scim_grouping_t *grouping,
                                  const json_t *doc, apr_pool_t *p)
{
    apr_array_header_t *out = apr_array_make(p, 4, sizeof(scim_group_name_t));
    int i;
    int k;

    for (i = 0; i < grouping->nfrom; i++) {
        const scim_group_from_t *from = &grouping->from[i];
        const apr_array_header_t *values = scim_match_values(&from->path, doc, p);
        for (k = 0; k < values->nelts; k++) {
            const char *value = json_string_value(APR_ARRAY_IDX(values, k, const json_t *));
            if (value && *value) {
                add_name(out, from, value);
            }
            if (value && scim_text_chars(value) > SCIM_GROUP_NAME_CHARS) {
                return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE,
                                       "A value of %s is longer than the %d characters that the "
                                       "name of a group may have.",
                                       from->words, SCIM_GROUP_NAME_CHARS);
            }
            if (out->nelts > SCIM_GROUP_NAMES_MAX) {
                return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE,
                                       "%s has more than %d values, each of which names a group.",
                                       from->words, SCIM_GROUP_NAMES_MAX);
            }
        }
    }
    *names = out;
    return NULL;
}

int scim_grouping_is(const scim_group_name_t *name, const char *display, apr_pool_t *p)
{
    return name->from->exact ? strcmp(name->name, display) == 0
                             : strcmp(name->folded, scim_text_fold(display, p)) == 0;
}

scim_error_t *scim_grouping_unknown(const scim_group_from_t *from, apr_pool_t *p)
{
    return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE,
                           "The value of %s must be the name of a group that exists%s.%s%s",
                           from->words, from->exact ? ", in its exact spelling" : "",
                           from->error ? " " : "", from->error ? from->error : "");
}
