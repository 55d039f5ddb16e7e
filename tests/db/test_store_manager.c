/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* The manager of a user: what is shown of it follows from the user that it names. */
#include "db_env.h"

#include <pthread.h>
#include <string.h>

#include <apr_strings.h>

/* More than are read at a time. */
#define REPORTS 70

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

/* A user with a manager and a department, or without. */
static json_t *report(const char *name, const char *manager, apr_pool_t *p)
{
    json_t *doc = db_user(name, p);
    json_t *object = json_object();
    json_t *extension = json_object();

    if (manager) {
        json_object_set_new(object, "value", json_string(manager));
        json_object_set_new(extension, "department", json_string("D"));
        json_object_set_new(extension, "manager", object);
        json_object_set_new(doc, SCIM_URN_ENTERPRISE, extension);
    } else {
        json_decref(object);
        json_decref(extension);
    }
    return doc;
}

typedef struct write_t {
    const char *id; /* NULL: insert */
    json_t *doc;
    unsigned statements; /* of scim_store_manager() */
    scim_dbd_t *db;
} write_t;

static unsigned count(const scim_dbd_t *db)
{
    unsigned n;
    unsigned takes;

    scim_dbd_counts(db, &n, &takes);
    return n;
}

/* As the service does it. */
static scim_error_t *write_fn(void *baton, scim_store_t *store, apr_pool_t *p)
{
    const scim_resource_type_t *type = db_type("User");
    write_t *w = baton;
    scim_row_t *row = NULL;
    json_t *old = NULL;
    scim_error_t *err = NULL;

    if (w->id) {
        err = scim_store_lock(&row, store, type, w->id, p);
        if (!err) {
            err = scim_json_load(&old, row->doc, row->doc_len, NULL, p);
        }
    }
    w->statements = count(w->db);
    if (!err) {
        err = scim_store_manager(store, type, old, w->doc, p);
    }
    w->statements = count(w->db) - w->statements;
    if (err) {
        return err;
    }
    return w->id ? scim_store_update(&row, store, type, row, old, w->doc, p)
                 : scim_store_insert(&row, store, type, w->doc, p);
}

static int write_user(const char *id, json_t *doc, unsigned *statements)
{
    db_request_t r = db_request(env);
    write_t w = {id, doc, 0, r.db};
    scim_error_t *err;
    int status;

    if (id) {
        json_object_set_new(doc, "id", json_string(id));
    }
    err = scim_store_write(r.store, write_fn, &w);
    status = err ? err->status : 200;
    if (statements) {
        *statements = w.statements;
    }
    db_request_end(&r);
    return status;
}

static const char *put(const char *name, const char *manager)
{
    json_t *doc = report(name, manager, pool);

    ck_assert_int_eq(write_user(NULL, doc, NULL), 200);
    return db_id(doc);
}

static json_t *stored(const char *id, apr_int64_t *version)
{
    db_request_t r = db_request(env);
    scim_row_t *row;
    json_t *doc;

    db_ok(scim_store_get(&row, r.store, db_type("User"), id, pool));
    ck_assert_ptr_nonnull(row);
    db_ok(scim_json_load(&doc, row->doc, row->doc_len, NULL, pool));
    if (version) {
        *version = row->version;
    }
    db_request_end(&r);
    return doc;
}

/* The manager as it is answered, as text. */
static const char *shown(const char *id)
{
    json_t *extension = json_object_get(stored(id, NULL), SCIM_URN_ENTERPRISE);
    const json_t *manager = json_object_get(extension, "manager");

    return manager ? scim_json_dump(manager, NULL, pool) : "";
}

static const char *known(const char *id, const char *name)
{
    return apr_psprintf(pool, "{\"value\":\"%s\",\"$ref\":\"../Users/%s\",\"displayName\":\"%s\"}",
                        id, id, name);
}

static void call(const char *id, const char *name)
{
    json_t *doc = report("boss", NULL, pool);

    json_object_set_new(doc, "displayName", json_string(name));
    ck_assert_int_eq(write_user(id, doc, NULL), 200);
}

static void delete_user(const char *id)
{
    db_request_t r = db_request(env);

    db_ok(db_change(NULL, &r, "User", id, NULL));
    db_request_end(&r);
}

static int reports_of(const char *id)
{
    scim_list_t list = {db_type("User"), NULL, 0, 0, NULL};
    db_request_t r = db_request(env);
    apr_array_header_t *rows;
    apr_int64_t total;

    list.filter = db_filter(apr_psprintf(pool, SCIM_URN_ENTERPRISE ":manager.value eq \"%s\"", id),
                            "User", pool);
    db_ok(scim_store_list(&rows, &total, r.store, &list, pool));
    db_request_end(&r);
    return (int)total;
}

START_TEST(what_is_shown_follows)
{
    const char *boss = put("boss", NULL);
    const char *id = put("worker", boss);
    apr_int64_t before;
    apr_int64_t after;

    ck_assert_str_eq(shown(id), known(boss, "boss"));
    ck_assert_int_eq(reports_of(boss), 1);
    stored(id, &before);
    call(boss, "The Boss");
    ck_assert_str_eq(shown(id), known(boss, "The Boss"));
    stored(id, &after);
    ck_assert_int_eq(after, before + 1);
    call(boss, "The Boss"); /* nothing new */
    stored(id, &before);
    ck_assert_int_eq(after, before);
    delete_user(boss);
    ck_assert_str_eq(shown(id), "");
    ck_assert_int_eq(reports_of(boss), 0);
    stored(id, &after);
    ck_assert_int_eq(after, before + 1);
    /* What else the extension has stays. */
    ck_assert_ptr_nonnull(
        json_object_get(json_object_get(stored(id, NULL), SCIM_URN_ENTERPRISE), "department"));
}
END_TEST

START_TEST(changing_it)
{
    const char *one = put("one", NULL);
    const char *two = put("two", NULL);
    const char *id = put("worker", one);
    unsigned statements;

    ck_assert_int_eq(write_user(id, report("worker", two, pool), &statements), 200);
    ck_assert_uint_eq(statements, 1);
    ck_assert_str_eq(shown(id), known(two, "two"));
    /* The same again costs nothing and loses nothing. */
    ck_assert_int_eq(write_user(id, report("worker", two, pool), &statements), 200);
    ck_assert_uint_eq(statements, 0);
    ck_assert_str_eq(shown(id), known(two, "two"));
    ck_assert_int_eq(write_user(id, report("worker", "nobody", pool), NULL), 200);
    ck_assert_str_eq(shown(id), "{\"value\":\"nobody\"}");
    ck_assert_int_eq(write_user(id, report("worker", NULL, pool), &statements), 200);
    ck_assert_uint_eq(statements, 0);
    ck_assert_str_eq(shown(id), "");
    /* Its own. */
    ck_assert_int_eq(write_user(id, report("worker", id, pool), NULL), 200);
    ck_assert_str_eq(shown(id), known(id, "worker"));
    ck_assert_int_eq(write_user(id, report("other", id, pool), NULL), 200);
    ck_assert_str_eq(shown(id), known(id, "other"));
    delete_user(id);
}
END_TEST

START_TEST(unknown_managers)
{
    db_env_t *other = db_env_open(NULL);
    const char *foreign = db_put(other, db_user("foreign", pool));
    const char *group = db_put(env, db_group("group", pool));
    const char *text = "Bob Example, bob@example.com, with far more text than an id may ever have";
    const char *id;

    ck_assert_str_eq(shown(put("a", foreign)), apr_psprintf(pool, "{\"value\":\"%s\"}", foreign));
    ck_assert_str_eq(shown(put("b", group)), apr_psprintf(pool, "{\"value\":\"%s\"}", group));
    id = put("c", text);
    ck_assert_str_eq(shown(id), apr_psprintf(pool, "{\"value\":\"%s\"}", text));
    db_env_tenant(env)->reject_unknown_manager = 1;
    ck_assert_int_eq(write_user(NULL, report("d", foreign, pool), NULL), 400);
    ck_assert_int_eq(write_user(NULL, report("d", text, pool), NULL), 400);
    ck_assert_int_eq(write_user(id, report("c", "another", pool), NULL), 400);
    /* One that is stored is not judged again. */
    ck_assert_int_eq(write_user(id, report("c", text, pool), NULL), 200);
    ck_assert_int_eq(write_user(NULL, report("d", id, pool), NULL), 200);
    db_env_close(other);
}
END_TEST

START_TEST(many_reports)
{
    const char *boss = put("boss", NULL);
    const char *ids[REPORTS];
    int i;

    for (i = 0; i < REPORTS; i++) {
        ids[i] = put(apr_psprintf(pool, "worker %d", i), boss);
    }
    call(boss, "The Boss");
    for (i = 0; i < REPORTS; i++) {
        ck_assert_str_eq(shown(ids[i]), known(boss, "The Boss"));
    }
    delete_user(boss);
    for (i = 0; i < REPORTS; i++) {
        ck_assert_str_eq(shown(ids[i]), "");
    }
    ck_assert_int_eq(db_count(env, "SELECT SUM(n) FROM scim_counter WHERE tenant = %s"), REPORTS);
}
END_TEST

/* A report as large as it may be shows no name rather than refuse its manager's new one. */
START_TEST(no_room_for_the_name)
{
    const char *boss = put("boss", NULL);
    const char *id = put("worker", boss);
    char name[201];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    call(boss, "Short");
    ck_assert_str_eq(shown(id), known(boss, "Short"));
    db_env_tenant(env)->max_document = strlen(scim_json_dump(stored(id, NULL), NULL, pool)) + 100;
    call(boss, name);
    ck_assert_str_eq(shown(id),
                     apr_psprintf(pool, "{\"value\":\"%s\",\"$ref\":\"../Users/%s\"}", boss, boss));
    call(boss, "Short");
    ck_assert_str_eq(shown(id), known(boss, "Short"));
}
END_TEST

#define THREADS 8

static pthread_barrier_t barrier;
static const char *shared;
static const char *ids[THREADS];
static int statuses[THREADS];

/* The first one changes the manager's name; the others become its reports. */
static void *rename_or_report(void *baton)
{
    int i = *(int *)baton;
    apr_pool_t *p;
    json_t *doc;

    apr_pool_create(&p, NULL);
    doc = i ? report(ids[i], shared, p) : report("boss", NULL, p);
    if (i == 0) {
        json_object_set_new(doc, "displayName", json_string("New"));
    }
    pthread_barrier_wait(&barrier);
    statuses[i] = write_user(i ? ids[i] : shared, doc, NULL);
    apr_pool_destroy(p);
    return NULL;
}

START_TEST(renamed_while_reports_come)
{
    int numbers[THREADS];
    pthread_t threads[THREADS];
    int round;
    int i;

    for (round = 0; round < 5; round++) {
        shared = put(apr_psprintf(pool, "boss %d", round), NULL);
        for (i = 1; i < THREADS; i++) {
            ids[i] = put(apr_psprintf(pool, "worker %d %d", round, i), NULL);
        }
        pthread_barrier_init(&barrier, NULL, THREADS);
        for (i = 0; i < THREADS; i++) {
            numbers[i] = i;
            ck_assert_int_eq(pthread_create(&threads[i], NULL, rename_or_report, &numbers[i]), 0);
        }
        for (i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
            ck_assert_int_eq(statuses[i], 200);
        }
        pthread_barrier_destroy(&barrier);
        for (i = 1; i < THREADS; i++) {
            ck_assert_str_eq(shown(ids[i]), known(shared, "New"));
        }
        delete_user(shared);
    }
}
END_TEST

/* One change, one version; and what the reply is made of is what there is to read. */
START_TEST(their_own_manager)
{
    const char *id = put("Boss", NULL);
    apr_int64_t version;
    apr_int64_t before;

    ck_assert_int_eq(write_user(id, report("Chief", id, pool), NULL), 200);
    ck_assert_str_eq(shown(id), known(id, "Chief"));
    stored(id, &before);
    ck_assert_int_eq(write_user(id, report("President", id, pool), NULL), 200);
    ck_assert_str_eq(shown(id), known(id, "President"));
    stored(id, &version);
    ck_assert_int_eq(version, before + 1);
    delete_user(id);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store manager");
    TCase *tc = tcase_create("manager");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, what_is_shown_follows);
    tcase_add_test(tc, changing_it);
    tcase_add_test(tc, unknown_managers);
    tcase_add_test(tc, many_reports);
    tcase_add_test(tc, no_room_for_the_name);
    tcase_add_test(tc, renamed_while_reports_come);
    tcase_add_test(tc, their_own_manager);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
