/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_project.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_path.h"
#include "scim_text.h"

/* What the view does with one attribute. */
typedef struct attr_view_t {
    int shown;
    const unsigned char *subs; /* per sub-attribute: shown or not; NULL: all are shown */
} attr_view_t;

/* The attributes of one schema, or the common ones. */
typedef struct scope_t {
    const scim_schema_t *schema; /* NULL: the common attributes */
    const scim_attr_t *attrs;
    int nattrs;
    attr_view_t *views;
} scope_t;

/*
 * The two parameters are worked out once, per attribute of the schemas; so the cost per resource
 * does not depend on how many names a client lists.
 */
struct scim_projection_t {
    int selects;     /* `attributes` was given */
    scope_t *scopes; /* main schema, common attributes, then one per extension */
    int nscopes;
};

#define SCOPE_MAIN 0
#define SCOPE_COMMON 1
#define SCOPE_EXTENSIONS 2

/* What one parameter names of one attribute. */
typedef struct mark_t {
    int whole;
    unsigned char *subs; /* NULL: none by name */
} mark_t;

/* One parameter. */
typedef struct marks_t {
    int given;
    int *scopes;    /* per scope: named by its URN */
    mark_t **attrs; /* per scope and attribute */
} marks_t;

static scim_projection_t *projection_make(const scim_resource_type_t *type, apr_pool_t *p)
{
    scim_projection_t *pr = apr_pcalloc(p, sizeof(*pr));
    scope_t *common;
    int i;

    pr->nscopes = SCOPE_EXTENSIONS + type->nextensions;
    pr->scopes = apr_pcalloc(p, (apr_size_t)pr->nscopes * sizeof(*pr->scopes));
    pr->scopes[SCOPE_MAIN].schema = type->schema;
    for (i = 0; i < type->nextensions; i++) {
        pr->scopes[SCOPE_EXTENSIONS + i].schema = type->extensions[i].schema;
    }
    for (i = 0; i < pr->nscopes; i++) {
        if (pr->scopes[i].schema) {
            pr->scopes[i].attrs = pr->scopes[i].schema->attrs;
            pr->scopes[i].nattrs = pr->scopes[i].schema->nattrs;
        }
    }
    common = &pr->scopes[SCOPE_COMMON];
    common->attrs = scim_common_attrs(&common->nattrs);
    return pr;
}

static void marks_init(marks_t *marks, const scim_projection_t *pr, apr_pool_t *p)
{
    int i;

    marks->given = 0;
    marks->scopes = apr_pcalloc(p, (apr_size_t)pr->nscopes * sizeof(*marks->scopes));
    marks->attrs = apr_pcalloc(p, (apr_size_t)pr->nscopes * sizeof(*marks->attrs));
    for (i = 0; i < pr->nscopes; i++) {
        apr_size_t n = (apr_size_t)pr->scopes[i].nattrs;

        marks->attrs[i] = apr_pcalloc(p, n * sizeof(mark_t));
    }
}

/* Index of attr in a list, or -1. */
static int index_of(const scim_attr_t *attrs, int n, const scim_attr_t *attr)
{
    int i;

    for (i = 0; i < n; i++) {
        if (&attrs[i] == attr) {
            return i;
        }
    }
    return -1;
}

static void mark_attr(mark_t *mark, const scim_attr_t *attr, const scim_attr_t *sub, apr_pool_t *p)
{
    int at;

    if (!sub) {
        mark->whole = 1;
        return;
    }
    at = index_of(attr->subs, attr->nsubs, sub);
    if (!mark->subs) {
        mark->subs = apr_pcalloc(p, (apr_size_t)attr->nsubs);
    }
    if (at >= 0) {
        mark->subs[at] = 1;
    }
}

static void mark_path(marks_t *marks, const scim_projection_t *pr, const scim_path_t *path,
                      apr_pool_t *p)
{
    int i;

    for (i = 0; i < pr->nscopes; i++) {
        const scope_t *scope = &pr->scopes[i];
        int at = index_of(scope->attrs, scope->nattrs, path->attr);

        if (at >= 0) {
            mark_attr(&marks->attrs[i][at], path->attr, path->sub, p);
            return;
        }
    }
}

static void mark_schema(marks_t *marks, const scim_projection_t *pr, const scim_schema_t *schema)
{
    int i;

    for (i = 0; i < pr->nscopes; i++) {
        if (pr->scopes[i].schema == schema) {
            marks->scopes[i] = 1;
        }
    }
}

static void mark_name(marks_t *marks, const scim_projection_t *pr, const char *name, int filter_ok,
                      const scim_resource_type_t *type, apr_pool_t *p)
{
    const scim_schema_t *schema = scim_type_schema(type, name, strlen(name));
    scim_path_t path;

    marks->given = 1;
    if (schema) {
        mark_schema(marks, pr, schema);
        return;
    }
    /* A name that no schema of the type defines selects nothing; that is no error. */
    if (!scim_path_parse(&path, name, type, SCIM_TYPE_INVALID_VALUE, filter_ok, p) && path.attr) {
        mark_path(marks, pr, &path, p);
    }
}

static void mark_list(marks_t *marks, const scim_projection_t *pr, const char *list, int filter_ok,
                      const scim_resource_type_t *type, apr_pool_t *p)
{
    while (list && *list) {
        apr_size_t n = strcspn(list, ",");
        const char *start = list;
        const char *end = list + n;

        while (start < end && (*start == ' ' || *start == '\t')) {
            start++;
        }
        while (end > start && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }
        if (end > start) {
            mark_name(marks, pr, apr_pstrmemdup(p, start, (apr_size_t)(end - start)), filter_ok,
                      type, p);
        }
        list += n;
        list += *list == ',';
    }
}

static int attr_shown(const scim_projection_t *pr, const scim_attr_t *attr, const mark_t *in,
                      int in_scope, int out)
{
    if (attr->returned == SCIM_RETURNED_NEVER || attr->returned == SCIM_RETURNED_ALWAYS) {
        return attr->returned == SCIM_RETURNED_ALWAYS;
    }
    if (out) {
        return 0;
    }
    if (in->whole || in->subs) {
        return 1;
    }
    return attr->returned == SCIM_RETURNED_DEFAULT && (in_scope || !pr->selects);
}

static int sub_shown(const scim_attr_t *sub, int named, int only_named, int out)
{
    if (sub->returned == SCIM_RETURNED_NEVER || sub->returned == SCIM_RETURNED_ALWAYS) {
        return sub->returned == SCIM_RETURNED_ALWAYS;
    }
    if (out || named) {
        return !out;
    }
    return sub->returned == SCIM_RETURNED_DEFAULT && !only_named;
}

static const unsigned char *subs_shown(const scim_attr_t *attr, const mark_t *in, int whole,
                                       const mark_t *out, apr_pool_t *p)
{
    unsigned char *shown = apr_pcalloc(p, (apr_size_t)attr->nsubs + 1);
    int only_named = in->subs && !whole && attr->returned != SCIM_RETURNED_ALWAYS;
    int all = 1;
    int i;

    for (i = 0; i < attr->nsubs; i++) {
        int named = in->subs && in->subs[i];
        int excluded = out->subs && out->subs[i];

        shown[i] = (unsigned char)sub_shown(&attr->subs[i], named, only_named, excluded);
        all = all && shown[i];
    }
    return all ? NULL : shown;
}

/* Turns the marks of both parameters into the view of each attribute. */
static void projection_finish(scim_projection_t *pr, const marks_t *in, const marks_t *out,
                              apr_pool_t *p)
{
    int s;
    int i;

    pr->selects = in->given;
    for (s = 0; s < pr->nscopes; s++) {
        scope_t *scope = &pr->scopes[s];

        scope->views = apr_pcalloc(p, (apr_size_t)scope->nattrs * sizeof(*scope->views));
        for (i = 0; i < scope->nattrs; i++) {
            const mark_t *on = &in->attrs[s][i];
            const mark_t *off = &out->attrs[s][i];
            const scim_attr_t *attr = &scope->attrs[i];

            scope->views[i].shown =
                attr_shown(pr, attr, on, in->scopes[s], off->whole || out->scopes[s]);
            scope->views[i].subs = subs_shown(attr, on, on->whole || in->scopes[s], off, p);
        }
    }
}

static int any_not_default(const scim_attr_t *attrs, int nattrs)
{
    int i;

    for (i = 0; i < nattrs; i++) {
        int kept = attrs[i].mutability != SCIM_WRITE_ONLY;

        if (attrs[i].returned == SCIM_RETURNED_REQUEST ||
            (attrs[i].returned == SCIM_RETURNED_NEVER && kept) ||
            any_not_default(attrs[i].subs, attrs[i].nsubs)) {
            return 1;
        }
    }
    return 0;
}

/* Whether the default view hides something that a stored document may hold. */
static int default_hides(const scim_projection_t *pr)
{
    int i;

    for (i = 0; i < pr->nscopes; i++) {
        if (any_not_default(pr->scopes[i].attrs, pr->scopes[i].nattrs)) {
            return 1;
        }
    }
    return 0;
}

/* given: set to whether one of the parameters names anything; may be NULL */
static const scim_projection_t *projection_parse(int *given, const char *attributes,
                                                 const char *excluded,
                                                 const scim_resource_type_t *type, apr_pool_t *p)
{
    scim_projection_t *pr = projection_make(type, p);
    marks_t in;
    marks_t out;

    marks_init(&in, pr, p);
    marks_init(&out, pr, p);
    mark_list(&in, pr, attributes, 1, type, p);
    mark_list(&out, pr, excluded, 0, type, p);
    projection_finish(pr, &in, &out, p);
    if (given) {
        *given = in.given || out.given;
    }
    return pr;
}

scim_error_t *scim_project_parse(const scim_projection_t **out, const char *attributes,
                                 const char *excluded, const scim_resource_type_t *type,
                                 apr_pool_t *p)
{
    int given;
    const scim_projection_t *pr = projection_parse(&given, attributes, excluded, type, p);

    *out = given || default_hides(pr) ? pr : NULL;
    return NULL;
}

/* Whether a scope shows attr, one of its own or a sub-attribute of one: 1 or 0; -1: not in it. */
static int scope_wants(const scope_t *scope, const scim_attr_t *attr)
{
    int i;

    for (i = 0; i < scope->nattrs; i++) {
        const attr_view_t *view = &scope->views[i];
        int at;

        if (&scope->attrs[i] == attr) {
            return view->shown;
        }
        at = index_of(scope->attrs[i].subs, scope->attrs[i].nsubs, attr);
        if (at >= 0) {
            return view->shown && (!view->subs || view->subs[at]);
        }
    }
    return -1;
}

int scim_project_wants(const scim_projection_t *pr, const scim_resource_type_t *type, scim_at_t at)
{
    const scim_attr_t *attr;
    int i;

    if (!pr) {
        return 1;
    }
    attr = scim_type_attr_at(type, at);
    for (i = 0; attr && i < pr->nscopes; i++) {
        int wants = scope_wants(&pr->scopes[i], attr);

        if (wants >= 0) {
            return wants;
        }
    }
    return 0;
}

/* Fills out with the sub-attributes of one complex value that are shown. */
static void fill_element(json_t *out, json_t *value, const scim_attr_t *attr,
                         const unsigned char *subs)
{
    const char *key;
    json_t *member;

    json_object_foreach(value, key, member)
    {
        const scim_attr_t *sub = scim_attr_sub(attr, key);

        if (sub && subs[sub - attr->subs]) {
            json_object_set(out, key, member);
        }
    }
}

/* Fills out with the elements of a multi-valued attribute, those that keep something. */
static void fill_array(json_t *out, const json_t *value, const scim_attr_t *attr,
                       const unsigned char *subs)
{
    size_t i;
    json_t *element;

    json_array_foreach(value, i, element)
    {
        json_t *shown = json_object();

        json_array_append_new(out, shown);
        fill_element(shown, element, attr, subs);
        if (json_object_size(shown) == 0) {
            json_array_remove(out, json_array_size(out) - 1);
        }
    }
}

/* Puts a value into out as far as the view shows it; not at all where nothing is left. */
static void put_value(json_t *out, const char *key, json_t *value, const scim_attr_t *attr,
                      const attr_view_t *view)
{
    json_t *shown;

    if (!view->subs) {
        json_object_set(out, key, value);
        return;
    }
    shown = json_is_array(value) ? json_array() : json_object();
    json_object_set_new(out, key, shown);
    if (json_is_array(value)) {
        fill_array(shown, value, attr, view->subs);
    } else {
        fill_element(shown, value, attr, view->subs);
    }
    if (json_array_size(shown) == 0 && json_object_size(shown) == 0) {
        json_object_del(out, key);
    }
}

/* Puts a member into out if it is an attribute of the scope and shown. 0: it is another's. */
static int put_member(json_t *out, const char *key, json_t *value, const scope_t *scope)
{
    const scim_attr_t *attr = scim_attr_find(scope->attrs, scope->nattrs, key, strlen(key));
    const attr_view_t *view;

    if (!attr) {
        return 0;
    }
    view = &scope->views[attr - scope->attrs];
    if (view->shown) {
        put_value(out, key, value, attr, view);
    }
    return 1;
}

/* Puts an extension's object into out, as far as it is shown. 0: key is no extension. */
static int put_extension(json_t *out, const char *key, json_t *value, const scim_projection_t *pr)
{
    const scope_t *scope = NULL;
    const char *name;
    json_t *member;
    json_t *shown;
    int i;

    for (i = SCOPE_EXTENSIONS; i < pr->nscopes && !scope; i++) {
        scope = scim_text_ieq(key, pr->scopes[i].schema->urn) ? &pr->scopes[i] : NULL;
    }
    if (!scope) {
        return 0;
    }
    shown = json_object();
    json_object_set_new(out, key, shown);
    json_object_foreach(value, name, member)
    {
        put_member(shown, name, member, scope);
    }
    if (json_object_size(shown) == 0) {
        json_object_del(out, key);
    }
    return 1;
}

json_t *scim_project_apply(const scim_projection_t *pr, const json_t *resource,
                           const scim_resource_type_t *type, apr_pool_t *p)
{
    json_t *out = scim_json_own(json_object(), p);
    const char *key;
    json_t *value;

    if (!pr) {
        pr = projection_parse(NULL, NULL, NULL, type, p);
    }
    json_object_foreach(scim_json_walk(resource), key, value)
    {
        if (!put_member(out, key, value, &pr->scopes[SCOPE_MAIN]) &&
            !put_member(out, key, value, &pr->scopes[SCOPE_COMMON]) &&
            !put_extension(out, key, value, pr) && !pr->selects) {
            json_object_set(out, key, value);
        }
    }
    return out;
}
