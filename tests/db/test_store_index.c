/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Indexes by configuration: whatever other configurations wrote before, no answer is wrong. */
#include "db_env.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_id.h"
#include "scim_schema_load.h"
#include "scim_sort.h"

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

/* ---- configurations ---- */

#define DEVICE "urn:example:schemas:Device"
#define DEVICE_TYPE "{\"name\":\"Device\",\"endpoint\":\"/Devices\",\"schema\":\"" DEVICE "\"}"
#define PLAIN_DEVICE                                                                               \
    "[{\"id\":\"" DEVICE                                                                           \
    "\",\"attributes\":[{\"name\":\"serial\",\"required\":true}]}," DEVICE_TYPE "]"
#define UNIQUE_DEVICE                                                                              \
    "[{\"id\":\"" DEVICE "\",\"attributes\":[{\"name\":\"serial\",\"required\":true,"              \
    "\"uniqueness\":\"server\"}]}," DEVICE_TYPE "]"

/* A type as a tenant has it with these schema files and indexed attributes (ended by NULL). */
static const scim_resource_type_t *type_of(const char *name, const char *schemas,
                                           const char *const *paths)
{
    scim_schema_set_t *set = scim_schema_set_make(pool);
    const scim_catalog_t *catalog;
    json_t *root;

    db_ok(scim_json_load(&root, schemas, strlen(schemas), NULL, pool));
    db_ok(scim_schema_set_add(set, root));
    for (; paths && *paths; paths++) {
        scim_schema_set_index(set, name, *paths);
    }
    db_ok(scim_schema_set_catalog(&catalog, set));
    return scim_catalog_type(catalog, name);
}

static const scim_resource_type_t *user_with(const char *one, const char *two)
{
    const char *paths[] = {one, two, NULL};

    return type_of("User", "[]", paths);
}

/* ---- what a request of a type does ---- */

typedef struct change_t {
    const scim_resource_type_t *type;
    const char *id;    /* NULL: insert */
    const json_t *doc; /* NULL: delete */
    scim_row_t *row;
} change_t;

static scim_error_t *change_fn(void *baton, scim_store_t *store, apr_pool_t *p)
{
    change_t *c = baton;
    scim_row_t *old;
    json_t *old_doc;
    scim_error_t *err;

    if (!c->id) {
        return scim_store_insert(&c->row, store, c->type, c->doc, p);
    }
    err = scim_store_lock(&old, store, c->type, c->id, p);
    if (err) {
        return err;
    }
    ck_assert_ptr_nonnull(old);
    if (!c->doc) {
        return scim_store_delete(store, c->type, old, p);
    }
    err = scim_json_load(&old_doc, old->doc, old->doc_len, NULL, p);
    return err ? err : scim_store_update(&c->row, store, c->type, old, old_doc, c->doc, p);
}

static scim_error_t *try_change(const scim_resource_type_t *type, const char *id, const json_t *doc)
{
    change_t c = {type, id, doc, NULL};
    db_request_t r = db_request(env);
    scim_error_t *err = scim_store_write(r.store, change_fn, &c);
    scim_error_t *kept = err ? apr_pmemdup(pool, err, sizeof(*err)) : NULL;

    if (kept) {
        kept->detail = apr_pstrdup(pool, err->detail);
    }
    db_request_end(&r);
    return kept;
}

static json_t *titled(const char *name, const char *title)
{
    json_t *doc = db_user(name, pool);

    if (title) {
        json_object_set_new(doc, "title", json_string(title));
    }
    return doc;
}

static const char *put(const scim_resource_type_t *type, json_t *doc)
{
    db_ok(try_change(type, NULL, doc));
    return db_id(doc);
}

/* A copy with another title, under the same id. */
static void retitle(const scim_resource_type_t *type, const json_t *doc, const char *title)
{
    json_t *copy = scim_json_own(json_deep_copy(doc), pool);

    json_object_set_new(copy, "title", json_string(title));
    db_ok(try_change(type, db_id(doc), copy));
}

static scim_error_t *try_count(apr_int64_t *total, unsigned *statements,
                               const scim_resource_type_t *type, const char *filter)
{
    db_request_t r = db_request(env);
    scim_list_t l = {.type = type, .limit = 2000};
    apr_array_header_t *rows;
    scim_error_t *err;
    unsigned takes;

    db_ok(scim_filter_parse(&l.filter, filter, type, NULL, pool));
    err = scim_store_list(&rows, total, r.store, &l, pool);
    scim_dbd_counts(r.db, statements, &takes);
    if (!err) {
        ck_assert_int_eq(rows->nelts, *total);
    }
    if (err) {
        err = scim_error_make(pool, err->status, err->type, "%s", err->detail);
    }
    db_request_end(&r);
    return err;
}

static int count(const scim_resource_type_t *type, const char *filter)
{
    apr_int64_t total = -1;
    unsigned statements;

    db_ok(try_count(&total, &statements, type, filter));
    return (int)total;
}

static int rows_of(const char *attr)
{
    return (int)db_count(env, apr_psprintf(pool,
                                           "SELECT COUNT(*) FROM scim_value WHERE attr = '%s' "
                                           "AND tenant = %%s",
                                           attr));
}

static int stale(const scim_resource_type_t *type)
{
    return (int)db_count(env, apr_psprintf(pool,
                                           "SELECT COUNT(*) FROM scim_resource WHERE type = '%s' "
                                           "AND indexed <> '%s' AND tenant = %%s",
                                           type->name, type->indexed ? type->indexed : ""));
}

/* ---- tests ---- */

START_TEST(empty_tenant_is_complete)
{
    const scim_resource_type_t *type = user_with("title", NULL);
    apr_int64_t total;
    unsigned statements;

    db_env_tenant(env)->max_scan = 1; /* a scan would be refused */
    put(type, titled("one", "Boss"));
    put(type, titled("two", "boss"));
    put(type, titled("three", NULL));
    db_ok(try_count(&total, &statements, type, "title eq \"BOSS\""));
    ck_assert_int_eq(total, 2);
    ck_assert_uint_eq(statements, 2); /* is it complete, and the page */
    ck_assert_int_eq(count(type, "title ne \"boss\""), 1);
    ck_assert_int_eq(count(type, "title sw \"b\" and title co \"os\""), 2);
    ck_assert_int_eq(count(type, "not (title pr)"), 1);
    ck_assert_int_eq(rows_of("title"), 2);
    /* What is indexed anyway costs no look at it. */
    db_ok(try_count(&total, &statements, type, "emails.value eq \"one@example.com\""));
    ck_assert_int_eq(total, 1);
    ck_assert_uint_eq(statements, 1);
}
END_TEST

START_TEST(older_resources_are_indexed_when_asked_for)
{
    const scim_resource_type_t *before = user_with(NULL, NULL);
    const scim_resource_type_t *type = user_with("title", NULL);

    ck_assert_ptr_null(before->indexed);
    put(before, titled("one", "boss"));
    put(before, titled("two", "clerk"));
    ck_assert_int_eq(rows_of("title"), 0);
    ck_assert_int_eq(stale(type), 2);
    ck_assert_int_eq(count(type, "userName eq \"one\""), 1);
    ck_assert_int_eq(stale(type), 2);
    ck_assert_int_eq(count(type, "title eq \"boss\""), 1);
    ck_assert_int_eq(stale(type), 0);
    ck_assert_int_eq(rows_of("title"), 2);
    ck_assert_int_eq(rows_of("emails.value"), 2);
    ck_assert_int_eq(db_count(env, "SELECT MAX(version) FROM scim_resource WHERE tenant = %s"), 1);
}
END_TEST

START_TEST(many_are_indexed_by_and_by)
{
    const scim_resource_type_t *before = user_with(NULL, NULL);
    const scim_resource_type_t *type = user_with("title", NULL);
    apr_int64_t total;
    unsigned statements;
    scim_error_t *err;

    for (int i = 0; i < 1100; i++) {
        put(before, titled(apr_psprintf(pool, "u%d", i), i % 100 ? "clerk" : "boss"));
    }
    db_env_tenant(env)->max_scan = 1000;
    err = try_count(&total, &statements, type, "title eq \"boss\"");
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->type, SCIM_TYPE_TOO_MANY);
    ck_assert_int_eq(stale(type), 100);
    ck_assert_int_eq(count(type, "title eq \"boss\""), 11);
    ck_assert_int_eq(stale(type), 0);
    ck_assert_int_eq(rows_of("title"), 1100);
}
END_TEST

/* While some are not indexed, the rest of the filter still narrows. */
START_TEST(incomplete_index_narrows_by_the_rest)
{
    const scim_resource_type_t *before = user_with(NULL, NULL);
    const scim_resource_type_t *type = user_with("title", NULL);
    db_fault_t fault = {DB_FAULT_NUMBER, "UPDATE scim_resource SET ukey", 1, 100, NULL, NULL};

    put(before, titled("one", "boss"));
    put(type, titled("two", "boss"));
    put(before, titled("three", "clerk"));
    /* Indexing anew is refused: the list goes on without. */
    fault.number = db_env_is_mysql(env) ? 1205 : 5;
    db_fault(env, &fault);
    ck_assert_int_eq(count(type, "title eq \"boss\""), 2);
    ck_assert_int_eq(count(type, "title eq \"boss\" and userName sw \"o\""), 1);
    ck_assert_int_eq(count(type, "title ne \"boss\" or userName eq \"two\""), 2);
    ck_assert_int_gt(db_fault_count(env), 0);
    ck_assert_int_eq(stale(type), 2);
}
END_TEST

START_TEST(writers_with_other_configurations)
{
    const scim_resource_type_t *none = user_with(NULL, NULL);
    const scim_resource_type_t *title = user_with("title", NULL);
    const scim_resource_type_t *nick = user_with("nickName", NULL);
    json_t *doc = titled("one", "x");

    put(title, doc);
    retitle(none, doc, "y"); /* takes the row of x along */
    ck_assert_int_eq(rows_of("title"), 0);
    ck_assert_int_eq(stale(none), 0);
    ck_assert_int_eq(count(title, "title eq \"x\""), 0);
    ck_assert_int_eq(count(title, "title eq \"y\""), 1);
    retitle(nick, doc, "x");
    retitle(title, doc, "x");
    retitle(none, doc, "y");
    retitle(title, doc, "x");
    ck_assert_int_eq(count(title, "title eq \"x\""), 1);
    ck_assert_int_eq(count(title, "title eq \"y\""), 0);
    ck_assert_int_eq(rows_of("title"), 1);
    ck_assert_int_eq(rows_of("emails.value"), 1);
    db_ok(try_change(nick, db_id(doc), NULL));
    ck_assert_int_eq(rows_of("title"), 0);
}
END_TEST

/* What is always indexed stays so in rows that a tenant without the extension wrote. */
START_TEST(extension_taken_away_and_back)
{
    const scim_resource_type_t *bare =
        type_of("User", "{\"name\":\"User\",\"schemaExtensions\":[]}", NULL);
    const char *filter = SCIM_URN_ENTERPRISE ":department eq \"Sales\"";
    json_t *doc = titled("one", "x");
    json_t *extension = json_object();

    json_object_set_new(extension, "department", json_string("Sales"));
    json_object_set_new(doc, SCIM_URN_ENTERPRISE, extension);
    put(db_type("User"), doc);
    retitle(bare, doc, "y"); /* a PATCH: the extension is still there */
    ck_assert_int_eq(count(db_type("User"), filter), 1);
    json_object_del(doc, SCIM_URN_ENTERPRISE);
    retitle(bare, doc, "z"); /* a PUT: it is not */
    ck_assert_int_eq(count(db_type("User"), filter), 0);
}
END_TEST

/* ---- types of the tenant's own ---- */

static json_t *device(const char *serial)
{
    json_t *doc = scim_json_own(json_object(), pool);
    json_t *schemas = json_array();

    json_object_set_new(doc, "schemas", schemas);
    json_array_append_new(schemas, json_string(DEVICE));
    json_object_set_new(doc, "id", json_string(scim_id_make(pool)));
    json_object_set_new(doc, "serial", json_string(serial));
    return doc;
}

START_TEST(type_without_a_unique_attribute)
{
    const scim_resource_type_t *type = type_of("Device", PLAIN_DEVICE, NULL);

    put(type, device("A1"));
    put(type, device("A1"));
    ck_assert_int_eq(count(type, "serial eq \"a1\""), 2);
}
END_TEST

START_TEST(unique_attribute)
{
    const scim_resource_type_t *type = type_of("Device", UNIQUE_DEVICE, NULL);
    json_t *one = device("A1");
    json_t *two = device("A2");
    json_t *changed;
    scim_error_t *err;

    db_env_tenant(env)->max_scan = 1;
    put(type, one);
    put(type, two);
    put(db_type("User"), db_user("A1", pool));
    err = try_change(type, NULL, device("a1"));
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 409);
    ck_assert_str_eq(err->detail, "The value of serial is already in use by another Device.");
    changed = scim_json_own(json_deep_copy(two), pool);
    json_object_set_new(changed, "serial", json_string("A1"));
    err = try_change(type, db_id(two), changed);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->type, SCIM_TYPE_UNIQUENESS);
    ck_assert_int_eq(count(type, "serial eq \"a1\""), 1);
    ck_assert_int_eq(count(type, "serial sw \"A\""), 2);
}
END_TEST

/* An attribute that becomes unique when there are resources already. */
START_TEST(unique_attribute_comes_later)
{
    const scim_resource_type_t *plain = type_of("Device", PLAIN_DEVICE, NULL);
    const scim_resource_type_t *type = type_of("Device", UNIQUE_DEVICE, NULL);
    scim_error_t *err;

    put(plain, device("A1"));
    put(plain, device("A2"));
    ck_assert_int_eq(count(type, "serial eq \"a1\""), 1);
    ck_assert_int_eq(stale(type), 0);
    err = try_change(type, NULL, device("A1"));
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 409);
    /* Two have it: the second one cannot be indexed so, and is found all the same. */
    put(plain, device("A3"));
    put(plain, device("A3"));
    ck_assert_int_eq(count(type, "serial eq \"A3\""), 2);
    ck_assert_int_eq(count(type, "serial eq \"A1\""), 1);
    ck_assert_int_eq(count(type, "serial pr"), 4);
}
END_TEST

/* ---- any order of configurations ---- */

#define PEOPLE 12

static const char *const titles[] = {"boss", "clerk", "cook"};

typedef struct model_t {
    json_t *docs[PEOPLE]; /* NULL: not there */
    int title[PEOPLE];
} model_t;

static void random_step(model_t *m, const scim_resource_type_t *type, int step)
{
    int who = rand() % PEOPLE;
    int title = rand() % 3;

    if (!m->docs[who]) {
        m->docs[who] = titled(apr_psprintf(pool, "p%d-%d", who, step), titles[title]);
        put(type, m->docs[who]);
    } else if (rand() % 5 == 0) {
        db_ok(try_change(type, db_id(m->docs[who]), NULL));
        m->docs[who] = NULL;
    } else {
        retitle(type, m->docs[who], titles[title]);
    }
    m->title[who] = title;
}

START_TEST(any_order_of_configurations)
{
    const scim_resource_type_t *types[] = {user_with(NULL, NULL), user_with("title", NULL),
                                           user_with("title", "nickName"),
                                           user_with("nickName", NULL)};
    model_t m = {{NULL}, {0}};

    srand(7);
    for (int step = 0; step < 400; step++) {
        const scim_resource_type_t *type = types[rand() % 4];

        random_step(&m, types[rand() % 4], step);
        for (int t = 0; t < 3 && step % 3 == 0; t++) {
            int expected = 0;

            for (int i = 0; i < PEOPLE; i++) {
                expected += m.docs[i] && m.title[i] == t;
            }
            ck_assert_int_eq(count(type, apr_psprintf(pool, "title eq \"%s\"", titles[t])),
                             expected);
        }
    }
}
END_TEST

/* The first resources of a list in the order of one attribute. */
static int count_sorted(const scim_resource_type_t *type, const char *attr)
{
    db_request_t r = db_request(env);
    scim_path_t path;
    scim_search_part_t part = {type, NULL, &path};
    scim_search_t search = {&part, 1, 1, 0, 0, 100, NULL, NULL, NULL, 0};
    scim_page_t page;
    int n;

    db_ok(scim_sort_parse(&path, attr, type, pool));
    db_ok(scim_store_search(&page, r.store, &search, pool));
    n = page.rows->nelts;
    ck_assert_int_eq(page.total, n);
    db_request_end(&r);
    return n;
}

#define TAGGED_DEVICE(multi)                                                                       \
    "[{\"id\":\"" DEVICE "\",\"attributes\":[{\"name\":\"serial\",\"multiValued\":" multi          \
    "}]}," DEVICE_TYPE "]"

/* Sorting has a row more for what may have several values, so one that comes to have is new. */
START_TEST(an_attribute_becomes_multi_valued)
{
    const char *paths[] = {"serial", NULL};
    const scim_resource_type_t *one = type_of("Device", TAGGED_DEVICE("false"), paths);
    const scim_resource_type_t *many = type_of("Device", TAGGED_DEVICE("true"), paths);
    json_t *values = json_array();
    json_t *doc = device("x");

    json_array_append_new(values, json_string("B1"));
    json_object_set_new(doc, "serial", values);
    put(one, device("A1"));
    put(many, doc);
    ck_assert_int_eq(count_sorted(many, "serial"), 2);
    ck_assert_int_eq(count_sorted(one, "serial"), 2);
    ck_assert_int_eq(count_sorted(many, "serial"), 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store_index");
    TCase *tc = tcase_create("store_index");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, empty_tenant_is_complete);
    tcase_add_test(tc, older_resources_are_indexed_when_asked_for);
    tcase_add_test(tc, many_are_indexed_by_and_by);
    tcase_add_test(tc, incomplete_index_narrows_by_the_rest);
    tcase_add_test(tc, writers_with_other_configurations);
    tcase_add_test(tc, extension_taken_away_and_back);
    tcase_add_test(tc, type_without_a_unique_attribute);
    tcase_add_test(tc, unique_attribute);
    tcase_add_test(tc, unique_attribute_comes_later);
    tcase_add_test(tc, any_order_of_configurations);
    tcase_add_test(tc, an_attribute_becomes_multi_valued);
    suite_add_tcase(s, tc);
    return db_main(s);
}
