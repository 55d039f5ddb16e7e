/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/*
 * Every operation on every attribute and sub-attribute of every schema, in every notation of its
 * path, by walking the schema tables: what a PATCH does follows from the attribute's
 * characteristics alone.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "counting.h"
#include "gadget.h"
#include "scim_patch.h"

static apr_pool_t *pool;
static scim_tenant_t *tenant;
static int walked; /* paths seen, so that an empty walk is no success */

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    tenant = scim_tenant_make("test", pool);
    walked = 0;
}

/* Every test ends with this: the pool took all JSON with it. */
static void teardown(void)
{
    apr_pool_destroy(pool);
    ck_assert_int_eq(counting_live(), 0);
}

/* One target, and the notation it is written in. */
typedef struct walk_t {
    const scim_resource_type_t *type;
    scim_path_t path;
    const char *text;
} walk_t;

/* ---- values and documents ---- */

/* One of two different values of an attribute's type; complex ones have every writable part. */
static json_t *sample(const scim_attr_t *attr, int variant)
{
    json_t *object;

    switch (attr->type) {
    case SCIM_ATTR_BOOLEAN:
        return scim_json_own(json_boolean(variant), pool);
    case SCIM_ATTR_INTEGER:
        return scim_json_own(json_integer(variant + 5), pool);
    case SCIM_ATTR_DECIMAL:
        return scim_json_own(json_real(variant + 0.5), pool);
    case SCIM_ATTR_DATETIME:
        return gadget_json(pool, variant ? "'2026-01-01T00:00:00Z'" : "'2025-01-01T00:00:00Z'");
    case SCIM_ATTR_BINARY:
        return gadget_json(pool, variant ? "'YWJj'" : "'ZGVm'");
    case SCIM_ATTR_COMPLEX:
        break;
    default:
        return gadget_json(pool, variant ? "'one'" : "'zero'");
    }
    object = scim_json_own(json_object(), pool);
    for (int i = 0; i < attr->nsubs; i++) {
        if (attr->subs[i].mutability != SCIM_READ_ONLY &&
            attr->subs[i].mutability != SCIM_WRITE_ONLY) {
            json_object_set(object, attr->subs[i].name, sample(&attr->subs[i], variant));
        }
    }
    return object;
}

static json_t *listed(const scim_attr_t *attr, json_t *value)
{
    json_t *array = scim_json_own(json_array(), pool);

    json_array_append(array, value);
    return attr->multi ? array : value;
}

/* The smallest document of a type. */
static json_t *smallest(const scim_resource_type_t *type)
{
    if (type == &gadget_type) {
        return gadget_json(pool, "{'schemas':['urn:example:params:scim:schemas:Gadget',"
                                 "'urn:example:params:scim:schemas:extension:shelf:1.0:Gadget'],"
                                 "'id':'1','title':'t',"
                                 "'urn:example:params:scim:schemas:extension:shelf:1.0:Gadget':"
                                 "{'row':1}}");
    }
    return strcmp(type->name, "User")
               ? gadget_json(pool, "{'schemas':['" SCIM_URN_GROUP "'],'id':'1',"
                                   "'displayName':'g'}")
               : gadget_json(pool, "{'schemas':['" SCIM_URN_USER "'],'id':'1','userName':'u'}");
}

/* The smallest document with a value set for the path's attribute. */
static json_t *with_value(const walk_t *w, json_t *value)
{
    json_t *doc = smallest(w->type);
    json_t *part = doc;

    if (w->path.schema) {
        part = json_object_get(doc, w->path.schema->urn);
        if (!part) {
            part = json_object();
            json_object_set_new(doc, w->path.schema->urn, part);
        }
    }
    json_object_set(part, w->path.attr->name, listed(w->path.attr, value));
    ck_assert_ptr_null(scim_resource_finish(doc, w->type, pool));
    return doc;
}

static json_t *attr_of(const walk_t *w, const json_t *doc)
{
    const json_t *part = w->path.schema ? json_object_get(doc, w->path.schema->urn) : doc;

    return json_object_get(part, w->path.attr->name);
}

/* ---- operations ---- */

static json_t *message(const char *op, const char *path, json_t *value)
{
    json_t *body =
        gadget_jsonf(pool, "{'schemas':['" SCIM_URN_PATCH "'],'Operations':[{'op':'%s'}]}", op);
    json_t *operation = json_array_get(json_object_get(body, "Operations"), 0);

    if (path) {
        json_object_set_new(operation, "path", json_string(path));
    }
    if (value) {
        json_object_set(operation, "value", value);
    }
    return body;
}

static json_t *pathless(const char *op, const char *key, json_t *value)
{
    json_t *object = scim_json_own(json_object(), pool);

    json_object_set(object, key, value);
    return message(op, NULL, object);
}

static scim_error_t *run(json_t **out, const walk_t *w, const json_t *old, const json_t *body)
{
    const scim_patch_t *patch = NULL;
    scim_error_t *err = scim_patch_parse(&patch, body, w->type, tenant, pool);

    *out = NULL;
    return err ? err : scim_patch_apply(out, old, patch, w->type, tenant, pool);
}

static json_t *must(const walk_t *w, const json_t *old, const json_t *body)
{
    json_t *doc;
    scim_error_t *err = run(&doc, w, old, body);

    ck_assert_msg(err == NULL, "%s: %s", w->text, err ? err->detail : "");
    return doc;
}

static void must_not(const walk_t *w, const json_t *old, const json_t *body, scim_error_type_t type)
{
    json_t *doc;
    scim_error_t *err = run(&doc, w, old, body);

    ck_assert_msg(err != NULL, "%s was accepted", w->text);
    ck_assert_msg(err->status == 400 && err->type == type, "%s: %d %s", w->text, err->status,
                  err->detail);
}

static void equal(const walk_t *w, const json_t *actual, const json_t *expected)
{
    ck_assert_msg(actual && json_equal(actual, expected), "%s: %s, not %s", w->text,
                  actual ? scim_json_dump(actual, NULL, pool) : "nothing",
                  scim_json_dump(expected, NULL, pool));
}

static void all_mutability(const walk_t *w, const json_t *old, json_t *value)
{
    must_not(w, old, message("add", w->text, value), SCIM_TYPE_MUTABILITY);
    must_not(w, old, message("replace", w->text, value), SCIM_TYPE_MUTABILITY);
    must_not(w, old, message("remove", w->text, NULL), SCIM_TYPE_MUTABILITY);
}

static void all_ignored(const walk_t *w, const json_t *old, json_t *value)
{
    equal(w, must(w, old, message("add", w->text, value)), old);
    equal(w, must(w, old, message("replace", w->text, value)), old);
    equal(w, must(w, old, message("remove", w->text, NULL)), old);
}

/* ---- whole attributes ---- */

static void walk_writable(const walk_t *w)
{
    const scim_attr_t *attr = w->path.attr;
    const json_t *absent = smallest(w->type);
    json_t *one = listed(attr, sample(attr, 1));
    json_t *zero = listed(attr, sample(attr, 0));
    int required = attr->required;
    const json_t *doc = must(w, absent, message("add", w->text, one));

    equal(w, attr_of(w, doc), one);
    equal(w, attr_of(w, must(w, absent, pathless("add", w->text, one))), one);
    equal(w, attr_of(w, must(w, absent, message("replace", w->text, one))), one);
    equal(w, must(w, doc, message("add", w->text, one)), doc);
    if (attr->mutability == SCIM_IMMUTABLE) {
        must_not(w, doc, message("replace", w->text, zero), SCIM_TYPE_MUTABILITY);
        must_not(w, doc, message("remove", w->text, NULL), SCIM_TYPE_MUTABILITY);
    } else if (required) {
        equal(w, attr_of(w, must(w, doc, message("replace", w->text, zero))), zero);
        must_not(w, doc, message("remove", w->text, NULL), SCIM_TYPE_MUTABILITY);
        must_not(w, doc, pathless("replace", w->text, gadget_json(pool, "null")),
                 SCIM_TYPE_INVALID_VALUE);
    }
}

/* 1 if some part cannot be changed or removed, so that the whole cannot either. */
static int has_immutable(const scim_attr_t *attr)
{
    for (int i = 0; i < attr->nsubs; i++) {
        if (attr->subs[i].mutability == SCIM_IMMUTABLE && !attr->multi) {
            return 1;
        }
    }
    return attr->mutability == SCIM_IMMUTABLE;
}

static void walk_changeable(const walk_t *w)
{
    const scim_attr_t *attr = w->path.attr;
    const json_t *absent = smallest(w->type);
    json_t *zero = listed(attr, sample(attr, 0));
    const json_t *doc = with_value(w, sample(attr, 1));

    equal(w, attr_of(w, must(w, doc, message("replace", w->text, zero))), zero);
    equal(w, attr_of(w, must(w, doc, pathless("Replace", w->text, zero))), zero);
    equal(w, must(w, doc, message("remove", w->text, NULL)), absent);
    equal(w, must(w, absent, message("remove", w->text, NULL)), absent);
    equal(w, must(w, doc, pathless("replace", w->text, gadget_json(pool, "null"))), absent);
    if (attr->multi) {
        equal(w, must(w, doc, message("remove", w->text, listed(attr, sample(attr, 1)))), absent);
        equal(w, must(w, doc, message("remove", w->text, zero)), doc);
    }
}

static void walk_members(const walk_t *w)
{
    static const scim_member_op_t expected[] = {SCIM_MEMBER_ADD, SCIM_MEMBER_REPLACE,
                                                SCIM_MEMBER_REPLACE};
    static const char *const ops[] = {"add", "replace", "remove"};
    const scim_attr_t *attr = w->path.attr;

    for (int i = 0; i < 3; i++) {
        json_t *value = i < 2 ? listed(attr, sample(attr, 1)) : NULL;
        const scim_patch_t *patch = NULL;
        scim_error_t *err =
            scim_patch_parse(&patch, message(ops[i], w->text, value), w->type, tenant, pool);

        ck_assert_ptr_null(err);
        ck_assert_int_eq(patch->nsteps, 0);
        ck_assert_int_eq(patch->nmembers, 1);
        ck_assert_int_eq(patch->members[0].op, expected[i]);
        ck_assert_int_eq(patch->members[0].n, i < 2);
    }
}

static void walk_attr(const walk_t *w)
{
    const scim_attr_t *attr = w->path.attr;
    const json_t *old = smallest(w->type);
    json_t *value = listed(attr, sample(attr, 1));

    walked++;
    if (attr->mutability == SCIM_READ_ONLY) {
        all_mutability(w, old, value);
        equal(w, must(w, old, pathless("replace", w->text, value)), old);
    } else if (attr->mutability == SCIM_WRITE_ONLY) {
        all_ignored(w, old, value);
    } else if (strcmp(attr->name, "schemas") == 0) {
        equal(w, must(w, old, message("replace", w->text, value)), old);
        must_not(w, old, message("remove", w->text, NULL), SCIM_TYPE_MUTABILITY);
    } else if (attr->at == SCIM_AT_MEMBERS) {
        walk_members(w);
    } else {
        walk_writable(w);
        if (!attr->required && !has_immutable(attr)) {
            walk_changeable(w);
        }
    }
}

/* ---- sub-attributes ---- */

static json_t *sub_of(const walk_t *w, const json_t *doc)
{
    const json_t *value = attr_of(w, doc);

    return json_object_get(json_is_array(value) ? json_array_get(value, 0) : value,
                           w->path.sub->name);
}

static void walk_changeable_sub(const walk_t *w, const json_t *doc)
{
    const scim_attr_t *sub = w->path.sub;
    json_t *zero = sample(sub, 0);
    const json_t *without = with_value(w, sample(w->path.attr, 1));

    json_object_del(json_is_array(attr_of(w, without)) ? json_array_get(attr_of(w, without), 0)
                                                       : attr_of(w, without),
                    sub->name);
    equal(w, sub_of(w, must(w, doc, message("replace", w->text, zero))), zero);
    equal(w, sub_of(w, must(w, doc, message("add", w->text, zero))), zero);
    equal(w, sub_of(w, must(w, doc, pathless("replace", w->text, zero))), zero);
    if (sub->required) {
        must_not(w, doc, message("remove", w->text, NULL), SCIM_TYPE_MUTABILITY);
        return;
    }
    equal(w, must(w, doc, message("remove", w->text, NULL)), without);
    equal(w, must(w, without, message("remove", w->text, NULL)), without);
    equal(w, must(w, without, message("replace", w->text, sample(sub, 1))), doc);
    equal(w, must(w, without, message("add", w->text, sample(sub, 1))), doc);
}

static void walk_sub(const walk_t *w)
{
    const scim_attr_t *attr = w->path.attr;
    const scim_attr_t *sub = w->path.sub;
    json_t *zero = sample(sub, 0);
    const json_t *doc;

    walked++;
    if (attr->at == SCIM_AT_MEMBERS || attr->mutability == SCIM_READ_ONLY) {
        all_mutability(w, smallest(w->type), zero);
        return;
    }
    doc = with_value(w, sample(attr, 1));
    if (sub->mutability == SCIM_READ_ONLY) {
        all_mutability(w, doc, zero);
    } else if (sub->mutability == SCIM_WRITE_ONLY) {
        all_ignored(w, doc, zero);
    } else if (sub->mutability == SCIM_IMMUTABLE) {
        all_mutability(w, doc, zero);
        equal(w, must(w, doc, message("replace", w->text, sample(sub, 1))), doc);
    } else {
        walk_changeable_sub(w, doc);
    }
}

/* The same through attr[filter].sub and attr[filter], where the filter is on another part. */
static void walk_filtered(const walk_t *w)
{
    const scim_attr_t *attr = w->path.attr;
    const scim_attr_t *other = &attr->subs[w->path.sub == attr->subs];
    walk_t filtered = *w;
    json_t *doc;

    if (!attr->multi || attr->at == SCIM_AT_MEMBERS || attr->mutability == SCIM_READ_ONLY) {
        return;
    }
    filtered.text =
        apr_pstrcat(pool, w->path.schema ? w->path.schema->urn : "", w->path.schema ? ":" : "",
                    attr->name, "[", other->name, " pr].", w->path.sub->name, NULL);
    walk_sub(&filtered);
    filtered.text =
        apr_pstrmemdup(pool, filtered.text, strlen(filtered.text) - strlen(w->path.sub->name) - 1);
    doc = with_value(w, sample(attr, 1));
    equal(&filtered,
          attr_of(w, must(&filtered, doc, message("replace", filtered.text, sample(attr, 0)))),
          listed(attr, sample(attr, 0)));
    equal(&filtered, must(&filtered, doc, message("remove", filtered.text, NULL)),
          smallest(w->type));
}

/* ---- the walk ---- */

static const char *in_capitals(const char *text)
{
    char *copy = apr_pstrdup(pool, text);

    for (char *s = copy; *s; s++) {
        *s = (char)toupper((unsigned char)*s);
    }
    return copy;
}

/* The path in each of its notations. */
static void walk_path(walk_t *w, const scim_schema_t *schema)
{
    const char *plain = scim_path_print(&w->path, pool);
    const char *qualified = plain;

    if (schema && !w->path.schema) {
        qualified = apr_pstrcat(pool, schema->urn, ":", plain, NULL);
    }
    for (int i = 0; i < 3; i++) {
        w->text = i == 0 ? plain : i == 1 ? qualified : in_capitals(qualified);
        if (w->path.sub) {
            walk_sub(w);
        } else {
            walk_attr(w);
        }
    }
    if (w->path.sub) {
        walk_filtered(w);
    }
}

static void walk_attrs(const scim_resource_type_t *type, const scim_schema_t *schema,
                       const scim_attr_t *attrs, int nattrs)
{
    for (int i = 0; i < nattrs; i++) {
        walk_t w = {type, {NULL, &attrs[i], NULL, NULL}, NULL};

        w.path.schema = schema == type->schema ? NULL : schema;
        walk_path(&w, schema);
        for (int j = 0; j < attrs[i].nsubs; j++) {
            w.path.sub = &attrs[i].subs[j];
            walk_path(&w, schema);
        }
    }
}

static void walk_type(const scim_resource_type_t *type)
{
    int n;
    const scim_attr_t *attrs = scim_common_attrs(&n);

    walk_attrs(type, NULL, attrs, n);
    walk_attrs(type, type->schema, type->schema->attrs, type->schema->nattrs);
    for (int i = 0; i < type->nextensions; i++) {
        const scim_schema_t *schema = type->extensions[i].schema;

        walk_attrs(type, schema, schema->attrs, schema->nattrs);
    }
}

START_TEST(users)
{
    walk_type(gadget_type_named("User"));
    ck_assert_int_gt(walked, 250);
}
END_TEST

START_TEST(groups)
{
    walk_type(gadget_type_named("Group"));
    ck_assert_int_gt(walked, 40);
}
END_TEST

START_TEST(gadgets)
{
    walk_type(&gadget_type);
    ck_assert_int_gt(walked, 80);
}
END_TEST

static Suite *walk_suite(void)
{
    Suite *s = suite_create("patch_walk");
    TCase *tc = tcase_create("patch_walk");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, users);
    tcase_add_test(tc, groups);
    tcase_add_test(tc, gadgets);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner;
    int failed;

    counting_start();
    apr_initialize();
    runner = srunner_create(walk_suite());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
