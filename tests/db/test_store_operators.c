/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/*
 * Every operator on every attribute of every schema that is published: the store's answer is the
 * matcher's, or the filter is refused by the rules of RFC 7644 table 3.
 */
#include "db_world.h"

#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "filter_gen.h"

#define RESOURCES 40

static db_env_t *env;
static apr_pool_t *pool;

static void setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
}

static void teardown(void)
{
    db_env_close(env);
}

/* ---- resources with every attribute now and then ---- */

static void store(filter_gen_t *g, unsigned number, const char *member, const char **id)
{
    json_t *doc = filter_gen_resource(g, number, pool);
    db_request_t r = db_request(env);
    scim_member_step_t step = {SCIM_MEMBER_ADD, &member, 1, NULL};

    json_object_del(doc, "meta");
    json_object_del(doc, "groups");
    json_object_del(doc, "members");
    *id = apr_psprintf(pool, "%s-%u", g->type->name, number);
    json_object_set_new(doc, "id", json_string(*id));
    if (strcmp(g->type->name, "Group") == 0) {
        json_object_set_new(doc, "displayName", json_string(apr_psprintf(pool, "G %u", number)));
    }
    db_ok(db_insert(NULL, &r, doc));
    if (member) {
        db_ok(db_members(NULL, NULL, &r, *id, &step));
    }
    db_request_end(&r);
}

static void fill(void)
{
    filter_gen_t users;
    filter_gen_t groups;
    const char *user[RESOURCES];
    const char *group;
    unsigned i;

    filter_gen_init(&users, 11, db_type("User"));
    filter_gen_init(&groups, 12, db_type("Group"));
    for (i = 0; i < RESOURCES; i++) {
        store(&users, i, NULL, &user[i]);
    }
    for (i = 0; i < RESOURCES / 4; i++) {
        store(&groups, i, i % 2 ? user[i] : NULL, &group);
    }
}

/* ---- operands ---- */

static const char *quoted(const json_t *value)
{
    return json_is_string(value) ? scim_json_quote(json_string_value(value), pool)
                                 : scim_json_dump(value, NULL, pool);
}

/* Some value of the attribute that is there, so that comparisons have something to find. */
static const char *some_value(const db_world_t *w, const scim_path_t *path)
{
    int i;

    for (i = 0; i < w->n; i++) {
        const json_t *value = w->trees[i];
        if (path->schema) {
            value = json_object_get(value, path->schema->urn);
        }
        value = json_object_get(value, path->attr->name);
        value = json_is_array(value) ? json_array_get(value, 0) : value;
        value = path->sub ? json_object_get(value, path->sub->name) : value;
        if (value && !json_is_object(value) && !json_is_array(value)) {
            return quoted(value);
        }
    }
    return NULL;
}

static const char *made_value(const scim_attr_t *leaf)
{
    switch (leaf->type) {
    case SCIM_ATTR_BOOLEAN:
        return "false";
    case SCIM_ATTR_INTEGER:
    case SCIM_ATTR_DECIMAL:
        return "1";
    case SCIM_ATTR_DATETIME:
        return "\"2011-05-13T04:42:34Z\"";
    default:
        return "\"a\"";
    }
}

/* RFC 7644 table 3, in words of its own. */
static int has_operator(const scim_attr_t *leaf, const char *op)
{
    int text = leaf->type == SCIM_ATTR_STRING || leaf->type == SCIM_ATTR_REFERENCE;

    if (strcmp(op, "co") == 0 || strcmp(op, "sw") == 0 || strcmp(op, "ew") == 0) {
        return text;
    }
    if (op[0] == 'g' || op[0] == 'l') {
        return leaf->type != SCIM_ATTR_BOOLEAN && leaf->type != SCIM_ATTR_BINARY;
    }
    return 1;
}

/* ---- the comparison ---- */

static int answered;
static int refused;

static void ask(const db_world_t *w, const char *text, int legal)
{
    db_request_t r = db_request(env);
    const scim_filter_t *f;
    scim_error_t *err = scim_filter_parse(&f, text, w->type, NULL, r.pool);
    scim_list_t l = {w->type, NULL, 0, 1000, NULL};
    apr_array_header_t *rows;
    apr_array_header_t *ids;
    apr_int64_t total;
    int i;

    ck_assert_msg((err == NULL) == legal, "%s: %s", text, err ? err->detail : "was not refused");
    if (err) {
        ck_assert_int_eq(err->type, strstr(err->detail, "never returned")
                                        ? SCIM_TYPE_SENSITIVE
                                        : SCIM_TYPE_INVALID_FILTER);
        refused++;
        db_request_end(&r);
        return;
    }
    l.filter = f;
    db_ok(scim_store_list(&rows, &total, r.store, &l, r.pool));
    ids = db_world_list(w, 1, &f, NULL, 0, r.pool);
    ck_assert_msg(rows->nelts == ids->nelts && total == ids->nelts, "%s: %d instead of %d", text,
                  rows->nelts, ids->nelts);
    for (i = 0; i < ids->nelts; i++) {
        ck_assert_msg(strcmp(APR_ARRAY_IDX(rows, i, scim_row_t).id,
                             APR_ARRAY_IDX(ids, i, const char *)) == 0, "%s", text);
    }
    answered++;
    db_request_end(&r);
}

static void ask_path(const db_world_t *w, const scim_path_t *path)
{
    static const char *const ops[] = {"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"};
    const scim_attr_t *leaf = path->sub ? path->sub : path->attr;
    int readable =
        path->attr->returned != SCIM_RETURNED_NEVER && leaf->returned != SCIM_RETURNED_NEVER;
    const char *name = scim_path_print(path, pool);
    const char *found = some_value(w, path);
    size_t i;

    ask(w, apr_psprintf(pool, "%s pr", name), readable);
    ask(w, apr_psprintf(pool, "not (%s pr)", name), readable);
    ask(w, apr_psprintf(pool, "%s eq null", name), readable);
    if (leaf->type == SCIM_ATTR_COMPLEX) {
        return;
    }
    for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        int legal = readable && has_operator(leaf, ops[i]);
        ask(w, apr_psprintf(pool, "%s %s %s", name, ops[i], made_value(leaf)), legal);
        ask(w, apr_psprintf(pool, "not (%s %s %s)", name, ops[i], made_value(leaf)), legal);
        if (found) {
            ask(w, apr_psprintf(pool, "%s %s %s", name, ops[i], found), legal);
        }
        if (path->sub && path->attr->multi) {
            ask(w, apr_psprintf(pool, "%s%s%s[%s %s %s]", path->schema ? path->schema->urn : "",
                                path->schema ? ":" : "", path->attr->name, path->sub->name, ops[i],
                                found ? found : made_value(leaf)), legal);
        }
    }
    db_env_drop_idle(env);
}

static void ask_attrs(const db_world_t *w, const scim_schema_t *schema, const scim_attr_t *attrs,
                      int n)
{
    int i;
    int j;

    for (i = 0; i < n; i++) {
        scim_path_t path = {schema, &attrs[i], NULL, NULL};
        ask_path(w, &path);
        for (j = 0; j < attrs[i].nsubs; j++) {
            path.sub = &attrs[i].subs[j];
            ask_path(w, &path);
        }
    }
}

START_TEST(every_operator_on_every_attribute)
{
    const scim_catalog_t *catalog = scim_catalog_default();
    const scim_attr_t *common;
    int ncommon;
    int i;
    int j;

    fill();
    common = scim_common_attrs(&ncommon);
    for (i = 0; i < catalog->ntypes; i++) {
        const scim_resource_type_t *type = catalog->types[i];
        db_world_t w = db_world(env, type->name);
        ask_attrs(&w, NULL, common, ncommon);
        ask_attrs(&w, NULL, type->schema->attrs, type->schema->nattrs);
        for (j = 0; j < type->nextensions; j++) {
            const scim_schema_t *schema = type->extensions[j].schema;
            ask_attrs(&w, schema, schema->attrs, schema->nattrs);
        }
    }
    printf("%d answered, %d refused\n", answered, refused);
    ck_assert_int_gt(answered, 1500);
    ck_assert_int_gt(refused, 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store operators");
    TCase *tc = tcase_create("operators");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 500);
    tcase_add_test(tc, every_operator_on_every_attribute);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
