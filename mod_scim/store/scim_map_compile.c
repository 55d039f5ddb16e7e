/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_map_build.h"
#include "scim_text.h"

/* Columns of one table: each set of them that has values is a statement of its own. */
#define COLUMNS_MAX 64

/* A compilation in progress. `wrong` is the first thing that is. */
typedef struct compile_t {
    const scim_tenant_t *tenant;
    apr_array_header_t *tables; /* scim_map_table_t */
    const char *wrong;
    apr_pool_t *pool;
} compile_t;

static void fail(compile_t *c, const char *directive, const char *at, const char *what)
{
    if (!c->wrong) {
        c->wrong = apr_psprintf(c->pool, "%s in %s: %s", directive, at ? at : "?", what);
    }
}

const scim_map_table_t *scim_map_table(const scim_map_t *map, const scim_resource_type_t *type)
{
    int i;

    for (i = 0; map && i < map->tables->nelts; i++) {
        const scim_map_table_t *t = &APR_ARRAY_IDX(map->tables, i, scim_map_table_t);
        if (strcmp(t->type->name, type->name) == 0) {
            return t;
        }
    }
    return NULL;
}

/* ---- tables ---- */

static scim_map_table_t *table_named(const compile_t *c, const char *type)
{
    int i;

    for (i = 0; i < c->tables->nelts; i++) {
        scim_map_table_t *t = &APR_ARRAY_IDX(c->tables, i, scim_map_table_t);
        if (strcmp(t->type->name, type) == 0) {
            return t;
        }
    }
    return NULL;
}

/* The table that a directive of a type belongs to; NULL and c->wrong where there is none. */
static scim_map_table_t *table_for(compile_t *c, const char *directive, const char *type,
                                   const char *at)
{
    scim_map_table_t *t = table_named(c, type);

    if (!t) {
        fail(c, directive, at,
             apr_psprintf(c->pool,
                          "there is no ScimMapTable for %.64s, which names the table and "
                          "its key column",
                          type));
    }
    return t;
}

static void add_table(compile_t *c, const scim_map_raw_table_t *raw)
{
    const scim_resource_type_t *type = scim_catalog_type(c->tenant->catalog, raw->type);
    scim_map_table_t *t;

    if (!type) {
        fail(c, "ScimMapTable", raw->at,
             apr_psprintf(c->pool, "there is no resource type %.64s", raw->type));
        return;
    }
    if (table_named(c, raw->type)) {
        fail(c, "ScimMapTable", raw->at,
             apr_psprintf(c->pool, "%s has a table already", type->name));
        return;
    }
    t = apr_array_push(c->tables);
    t->type = type;
    t->table = raw->table;
    t->key = raw->key;
    t->id = raw->id;
    t->columns = apr_array_make(c->pool, 8, sizeof(scim_map_column_t));
    t->constants = apr_array_make(c->pool, 2, sizeof(scim_map_pair_t));
    t->at = raw->at;
}

/* ---- columns ---- */

static apr_array_header_t *array_of(const apr_array_header_t *array)
{
    /* Ours until the map is done. */
    return (apr_array_header_t *)(apr_uintptr_t)array;
}

/* Why nothing of this attribute is ever in a document to be written, or NULL. */
static const char *not_stored(const scim_path_t *path)
{
    const scim_attr_t *leaf = path->sub ? path->sub : path->attr;

    switch (path->attr->at) {
    case SCIM_AT_META:
    case SCIM_AT_CREATED:
    case SCIM_AT_MODIFIED:
        return "it changes with every write and is in no column";
    case SCIM_AT_MEMBERS:
    case SCIM_AT_GROUPS:
        return "who is in which group is mapped by ScimMapMembers";
    default:
        break;
    }
    if (leaf->mutability == SCIM_WRITE_ONLY || path->attr->mutability == SCIM_WRITE_ONLY) {
        return "its value is never kept";
    }
    return strcmp(path->attr->name, "schemas") == 0 ? "it cannot be mapped" : NULL;
}

/* Resolves a path down to one simple value. */
static const char *resolve(scim_path_t *path, const scim_map_raw_column_t *raw,
                           const scim_resource_type_t *type, apr_pool_t *p)
{
    scim_error_t *err = scim_path_parse(path, raw->path, type, SCIM_TYPE_INVALID_PATH, 1, p);
    const char *why;

    if (err) {
        return err->detail;
    }
    if (!path->attr) {
        return "it names an extension; name one of its attributes";
    }
    why = not_stored(path);
    if (why) {
        return apr_psprintf(p, "%.255s: %s", raw->path, why);
    }
    if (path->attr->type == SCIM_ATTR_COMPLEX && !path->sub) {
        path->sub = scim_attr_sub(path->attr, "value");
        if (!path->sub) {
            return apr_psprintf(p, "%s is complex; name one of its sub-attributes",
                                path->attr->name);
        }
    }
    return NULL;
}

static const char *check_options(const scim_map_column_t *column, const scim_map_raw_column_t *raw)
{
    const scim_attr_t *leaf = column->path.sub ? column->path.sub : column->path.attr;

    if (raw->yes && leaf->type != SCIM_ATTR_BOOLEAN) {
        return "true= and false= are for Booleans";
    }
    if (raw->words && leaf->type != SCIM_ATTR_STRING && leaf->type != SCIM_ATTR_REFERENCE) {
        return "translate= is for texts";
    }
    return NULL;
}

static int has_column(const scim_map_table_t *t, const char *name)
{
    int i;

    for (i = 0; i < t->columns->nelts; i++) {
        if (scim_text_ieq(APR_ARRAY_IDX(t->columns, i, scim_map_column_t).column, name)) {
            return 1;
        }
    }
    for (i = 0; i < t->constants->nelts; i++) {
        if (scim_text_ieq(APR_ARRAY_IDX(t->constants, i, scim_map_pair_t).column, name)) {
            return 1;
        }
    }
    return 0;
}

static void add_column(compile_t *c, const scim_map_raw_column_t *raw)
{
    scim_map_table_t *t = table_for(c, "ScimMap", raw->type, raw->at);
    scim_map_column_t column = {.label = raw->path, .column = raw->column, .at = raw->at};
    const char *wrong;

    if (!t) {
        return;
    }
    wrong = resolve(&column.path, raw, t->type, c->pool);
    if (!wrong) {
        wrong = check_options(&column, raw);
    }
    if (!wrong && has_column(t, raw->column)) {
        wrong =
            apr_psprintf(c->pool, "the column %s has a value from another directive", raw->column);
    }
    if (!wrong && t->columns->nelts == COLUMNS_MAX) {
        wrong = apr_psprintf(c->pool, "more than %d columns of one table", COLUMNS_MAX);
    }
    if (wrong) {
        fail(c, "ScimMap", raw->at, wrong);
        return;
    }
    column.words = raw->words;
    column.yes = raw->yes ? raw->yes : "1";
    column.no = raw->no ? raw->no : "0";
    APR_ARRAY_PUSH(array_of(t->columns), scim_map_column_t) = column;
}

static void add_constant(compile_t *c, const scim_map_raw_constant_t *raw)
{
    scim_map_table_t *t = table_for(c, "ScimMapConstant", raw->type, raw->pair.at);

    if (!t) {
        return;
    }
    if (has_column(t, raw->pair.column) || scim_text_ieq(t->key, raw->pair.column)) {
        fail(c, "ScimMapConstant", raw->pair.at,
             apr_psprintf(c->pool, "the column %s is the key or has a value from another directive",
                          raw->pair.column));
        return;
    }
    APR_ARRAY_PUSH(array_of(t->constants), scim_map_pair_t) = raw->pair;
}

/* ---- links, events, adoption ---- */

static void add_link(compile_t *c, const scim_map_raw_link_t *raw)
{
    scim_map_table_t *t = table_for(c, "ScimMapLink", raw->type, raw->link.at);

    if (t && t->link) {
        fail(c, "ScimMapLink", raw->link.at,
             apr_psprintf(c->pool, "%s has a link table already", t->type->name));
    } else if (t) {
        t->link = &raw->link;
    }
}

static void add_event(compile_t *c, const scim_map_raw_event_t *raw)
{
    scim_map_table_t *t = table_for(c, "ScimMapOn", raw->type, raw->event.at);

    if (!t) {
        return;
    }
    if (t->events[raw->when].at) {
        fail(c, "ScimMapOn", raw->event.at, "the event is there twice");
    } else if (raw->when != SCIM_MAP_DELETED && !scim_type_attr_at(t->type, SCIM_AT_ACTIVE)) {
        fail(c, "ScimMapOn", raw->event.at,
             apr_psprintf(c->pool, "%s has no attribute active", t->type->name));
    } else {
        t->events[raw->when] = raw->event;
    }
}

static void add_adopt(compile_t *c, const scim_map_raw_adopt_t *raw)
{
    scim_map_table_t *t = table_for(c, "ScimAdopt", raw->type, raw->at);

    if (t) {
        t->adopt = raw->on;
    }
}

/* ---- what they mean together ---- */

static const scim_map_column_t *column_of(const scim_map_table_t *t, const char *name)
{
    int i;

    for (i = 0; i < t->columns->nelts; i++) {
        const scim_map_column_t *column = &APR_ARRAY_IDX(t->columns, i, scim_map_column_t);
        if (scim_text_ieq(column->column, name)) {
            return column;
        }
    }
    return NULL;
}

static const scim_map_column_t *unique_column(const scim_map_table_t *t)
{
    const scim_attr_t *unique = scim_type_attr_at(t->type, SCIM_AT_UNIQUE);
    int i;

    for (i = 0; unique && i < t->columns->nelts; i++) {
        const scim_map_column_t *column = &APR_ARRAY_IDX(t->columns, i, scim_map_column_t);
        if (column->path.attr == unique) {
            return column;
        }
    }
    return NULL;
}

/* By which rows are found, and what must be there for it. */
static void finish_match(compile_t *c, scim_map_table_t *t, const scim_map_raw_table_t *raw)
{
    t->match = raw->match ? column_of(t, raw->match) : unique_column(t);
    if (raw->match && !t->match) {
        fail(c, "ScimMapTable", t->at,
             apr_psprintf(c->pool, "match=%s: no ScimMap of %s writes this column", raw->match,
                          t->type->name));
    } else if (t->match && (t->match->words ||
                            (t->match->path.sub ? t->match->path.sub : t->match->path.attr)->type !=
                                SCIM_ATTR_STRING)) {
        fail(c, "ScimMapTable", t->at, "rows can be found only by a text that is not translated");
    } else if (!t->match && (t->adopt || t->link)) {
        fail(c, "ScimMapTable", t->at,
             "with ScimAdopt or ScimMapLink rows must be found: map the unique attribute, or give "
             "match=column");
    } else if (t->adopt && !unique_column(t)) {
        fail(c, "ScimMapTable", t->at,
             apr_psprintf(c->pool, "ScimAdopt needs a ScimMap of %s, the name of what is adopted",
                          scim_type_attr_at(t->type, SCIM_AT_UNIQUE)
                              ? scim_type_attr_at(t->type, SCIM_AT_UNIQUE)->name
                              : "a unique attribute"));
    }
}

static void finish_events(compile_t *c, const scim_map_table_t *t)
{
    int i;

    for (i = 0; i < SCIM_MAP_EVENTS; i++) {
        if (t->events[i].action == SCIM_MAP_UNLINK && !t->link) {
            fail(c, "ScimMapOn", t->events[i].at, "unlink needs a ScimMapLink");
        }
    }
    if (c->tenant->deprovision == SCIM_DEPROVISION_UNLINK && !t->link &&
        scim_type_attr_at(t->type, SCIM_AT_ACTIVE) && !t->events[SCIM_MAP_DEACTIVATED].at) {
        fail(c, "ScimMapTable", t->at,
             "with ScimDeprovision unlink it needs a ScimMapLink, or a ScimMapOn for deactivate");
    }
}

static void finish_table(compile_t *c, scim_map_table_t *t, const scim_map_raw_table_t *raw)
{
    if (t->columns->nelts == 0) {
        fail(c, "ScimMapTable", t->at,
             apr_psprintf(c->pool, "no ScimMap of %s says what is written", t->type->name));
    }
    t->given_key = column_of(t, t->key);
    finish_match(c, t, raw);
    finish_events(c, t);
}

/* Both sides of the join table. */
static void finish_members(compile_t *c, scim_map_t *map, const scim_map_members_t *members)
{
    int i;

    for (i = 0; members && i < c->tables->nelts; i++) {
        const scim_map_table_t *t = &APR_ARRAY_IDX(c->tables, i, scim_map_table_t);
        if (scim_type_attr_at(t->type, SCIM_AT_MEMBERS)) {
            map->groups = t;
        } else if (scim_type_attr_at(t->type, SCIM_AT_GROUPS)) {
            map->users = t;
        }
    }
    if (members && (!map->groups || !map->users)) {
        fail(c, "ScimMapMembers", members->at,
             "it needs a ScimMapTable for User and one for Group");
    }
    map->members = members;
}

const char *scim_map_compile(scim_tenant_t *tenant, const scim_map_build_t *build, apr_pool_t *p)
{
    compile_t c = {tenant, apr_array_make(p, 2, sizeof(scim_map_table_t)), NULL, p};
    scim_map_t *map;
    int i;

    tenant->map = NULL;
    if (!build) {
        return NULL;
    }
    for (i = 0; i < build->tables->nelts; i++) {
        add_table(&c, &APR_ARRAY_IDX(build->tables, i, scim_map_raw_table_t));
    }
    for (i = 0; i < build->columns->nelts; i++) {
        add_column(&c, &APR_ARRAY_IDX(build->columns, i, scim_map_raw_column_t));
    }
    for (i = 0; i < build->constants->nelts; i++) {
        add_constant(&c, &APR_ARRAY_IDX(build->constants, i, scim_map_raw_constant_t));
    }
    for (i = 0; i < build->links->nelts; i++) {
        add_link(&c, &APR_ARRAY_IDX(build->links, i, scim_map_raw_link_t));
    }
    for (i = 0; i < build->events->nelts; i++) {
        add_event(&c, &APR_ARRAY_IDX(build->events, i, scim_map_raw_event_t));
    }
    for (i = 0; i < build->adopts->nelts; i++) {
        add_adopt(&c, &APR_ARRAY_IDX(build->adopts, i, scim_map_raw_adopt_t));
    }
    for (i = 0; i < c.tables->nelts && !c.wrong; i++) {
        finish_table(&c, &APR_ARRAY_IDX(c.tables, i, scim_map_table_t),
                     &APR_ARRAY_IDX(build->tables, i, scim_map_raw_table_t));
    }
    map = apr_pcalloc(p, sizeof(*map));
    map->tables = c.tables;
    finish_members(&c, map, build->members);
    tenant->map = !c.wrong && c.tables->nelts ? map : NULL;
    return c.wrong;
}
