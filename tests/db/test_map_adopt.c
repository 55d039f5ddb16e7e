/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Adoption: rows that the application had before become resources, each once. */
#include "db_map.h"

#include <pthread.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_map_adopt.h"

#define THREADS 32

#define MAPPED                                                                                     \
    "ScimMapTable User app_user key=id\n"                                                          \
    "ScimMap User userName login\n"                                                                \
    "ScimMap User name.givenName given\n"                                                          \
    "ScimMap User \"emails[type eq \\\"work\\\"].value\" mail\n"                                   \
    "ScimMap User userType role translate=admin:ADMIN,user:CREATOR,view:SEAT\n"                    \
    "ScimMap User active active\n"                                                                 \
    "ScimMapTable Group app_team key=id\n"                                                         \
    "ScimMap Group displayName name\n"                                                             \
    "ScimMapMembers app_in_team group=team user=member\n"
#define ADOPTING MAPPED "ScimAdopt User On\nScimAdopt Group On\n"

static db_env_t *env;
static apr_pool_t *pool;

static void setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
    db_app_create(env);
    db_sql(env, "INSERT INTO app_user (id, login, given, mail, role, active, note) VALUES "
                "(11, 'Jane', 'Jane', 'jane@x', 'ADMIN', 1, 'local'), "
                "(12, 'joe', NULL, NULL, 'OWNER', 0, 'local')");
    db_sql(env, "INSERT INTO app_team (id, name) VALUES (21, 'Sales'), (22, 'Empty')");
    db_sql(env, "INSERT INTO app_in_team (team, member) VALUES (21, 11), (21, 12)");
}

static void teardown(void)
{
    db_env_close(env);
}

static db_answer_t look_up(const char *endpoint, const char *attr, const char *value)
{
    return db_serve(env, SCIM_GET, endpoint, db_eq(env, attr, value), NULL);
}

static apr_int64_t total(const db_answer_t *a)
{
    return json_integer_value(json_object_get(a->body, "totalResults"));
}

static const json_t *first(const db_answer_t *a)
{
    return json_array_get(json_object_get(a->body, "Resources"), 0);
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static apr_int64_t resources(void)
{
    return db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s");
}

static const char *app_rows(void)
{
    return db_value(env, db_env_is_mysql(env)
                             ? "SELECT GROUP_CONCAT(CONCAT_WS('|', id, login, role, active, note) "
                               "ORDER BY id) FROM app_user"
                             : "SELECT GROUP_CONCAT(id||'|'||login||'|'||role||'|'||active||'|'"
                               "||note) FROM app_user");
}

START_TEST(a_look_up_adopts)
{
    const char *before = app_rows();
    db_answer_t a;
    const char *id;

    db_policy(env, ADOPTING);
    a = look_up("/Users", "userName", "JANE");
    ck_assert_int_eq(a.status, 200);
    ck_assert_int_eq(total(&a), 1);
    ck_assert_str_eq(text(first(&a), "userName"), "Jane");
    ck_assert_str_eq(text(first(&a), "userType"), "admin");
    ck_assert_str_eq(text(json_array_get(json_object_get(first(&a), "emails"), 0), "type"), "work");
    id = text(first(&a), "id");
    a = look_up("/Users", "userName", "jane");
    ck_assert_str_eq(text(first(&a), "id"), id);
    ck_assert_int_eq(resources(), 1);
    ck_assert_str_eq(app_rows(), before);
    a = look_up("/Users", "userName", "nobody");
    ck_assert_int_eq(total(&a), 0);
}
END_TEST

START_TEST(a_hit_costs_nothing_and_a_miss_one_statement)
{
    unsigned hit;
    unsigned miss;

    db_policy(env, MAPPED);
    db_post_user(env, "there", NULL);
    hit = look_up("/Users", "userName", "there").statements;
    miss = look_up("/Users", "userName", "missing").statements;
    db_policy(env, ADOPTING);
    look_up("/Users", "userName", "nobody"); /* the connection's check of the tables */
    ck_assert_uint_eq(look_up("/Users", "userName", "there").statements, hit);
    ck_assert_uint_eq(look_up("/Users", "userName", "missing").statements, miss + 1);
}
END_TEST

START_TEST(without_the_directive_nothing_is_adopted)
{
    db_answer_t a;

    db_policy(env, MAPPED);
    a = look_up("/Users", "userName", "jane");
    ck_assert_int_eq(total(&a), 0);
    a = db_serve(env, SCIM_GET, "/Users", NULL, NULL);
    ck_assert_int_eq(total(&a), 0);
}
END_TEST

START_TEST(a_list_adopts_all)
{
    const char *before = app_rows();
    db_answer_t a;

    db_policy(env, ADOPTING);
    a = db_serve(env, SCIM_GET, "/Users", "count=1", NULL);
    ck_assert_int_eq(total(&a), 2);
    a = db_serve(env, SCIM_GET, "/Users", "filter=active%20eq%20false", NULL);
    ck_assert_int_eq(total(&a), 1);
    /* What no translation has stays the application's, also when the user is changed. */
    ck_assert_ptr_null(text(first(&a), "userType"));
    ck_assert_int_eq(db_serve(env, SCIM_PATCH,
                              apr_psprintf(pool, "/Users/%s", text(first(&a), "id")), NULL,
                              db_patch(env, "replace", "name.givenName", "\"Joe\""))
                         .status,
                     200);
    ck_assert_str_eq(app_rows(), before);
    ck_assert_str_eq(db_value(env, "SELECT given FROM app_user WHERE id = 12"), "Joe");
}
END_TEST

START_TEST(a_row_of_the_application_s_own_id)
{
    db_answer_t a;

    db_policy(env, MAPPED "ScimAdopt User On\n");
    ck_assert_int_eq(db_serve(env, SCIM_GET, "/Users/11", NULL, NULL).status, 404);
    ck_assert_ptr_null(
        db_policy_wrong(env, "ScimMapTable User app_user key=id id=login\n"
                             "ScimMap User userName login\nScimMap User name.givenName given\n"
                             "ScimAdopt User On\n"));
    db_sql(env, "UPDATE app_user SET login = 'samlp|x|joe@x' WHERE id = 12");
    a = db_serve(env, SCIM_GET, "/Users/samlp%7Cx%7Cjoe%40x", NULL, NULL);
    ck_assert_int_eq(a.status, 200);
    ck_assert_str_eq(a.id, "samlp|x|joe@x");
    a = db_serve(env, SCIM_PATCH, "/Users/Jane", NULL,
                 db_patch(env, "replace", "name.givenName", "\"J\""));
    ck_assert_int_eq(a.status, 200);
    ck_assert_str_eq(db_value(env, "SELECT given FROM app_user WHERE id = 11"), "J");
    a = look_up("/Users", "id", "Jane");
    ck_assert_int_eq(total(&a), 1);
}
END_TEST

START_TEST(a_post_takes_the_row_over)
{
    db_answer_t a;

    db_policy(env, ADOPTING);
    a = db_post_user(env, "jane", "\"userType\":\"view\",\"name\":{\"givenName\":\"J\"}");
    ck_assert_int_eq(a.status, 201);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_user"), 2);
    ck_assert_str_eq(db_value(env, "SELECT role FROM app_user WHERE id = 11"), "SEAT");
    ck_assert_str_eq(db_value(env, "SELECT note FROM app_user WHERE id = 11"), "local");
    ck_assert_int_eq(db_post_user(env, "JANE", NULL).status, 409);
}
END_TEST

START_TEST(a_group_keeps_its_members)
{
    const char *before;
    db_answer_t g;
    const json_t *group;

    db_policy(env, ADOPTING);
    g = db_serve(env, SCIM_GET, "/Users", NULL, NULL);
    ck_assert_int_eq(total(&g), 2);
    g = look_up("/Groups", "displayName", "sales");
    group = first(&g);
    ck_assert_str_eq(text(group, "displayName"), "Sales");
    ck_assert_uint_eq(json_array_size(json_object_get(group, "members")), 2);
    before = text(group, "id");
    g = look_up("/Groups", "displayName", "Sales");
    ck_assert_str_eq(text(first(&g), "id"), before);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_in_team"), 2);
    /* A client adds who is there already, and the application has it already. */
    g = db_serve(env, SCIM_GET, apr_psprintf(pool, "/Groups/%s", before), NULL, NULL);
    ck_assert_int_eq(g.status, 200);
}
END_TEST

START_TEST(a_user_who_comes_later_finds_his_group)
{
    db_answer_t g;
    db_answer_t u;

    db_policy(env, ADOPTING);
    g = look_up("/Groups", "displayName", "Sales");
    ck_assert_uint_eq(json_array_size(json_object_get(first(&g), "members")), 0);
    u = look_up("/Users", "userName", "joe");
    ck_assert_uint_eq(json_array_size(json_object_get(first(&u), "groups")), 1);
    g = look_up("/Groups", "displayName", "Sales");
    ck_assert_uint_eq(json_array_size(json_object_get(first(&g), "members")), 1);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_in_team"), 2);
}
END_TEST

START_TEST(a_resource_of_before_the_mapping_is_linked)
{
    db_answer_t a = db_post_user(env, "jane", NULL);
    const char *id = a.id;

    db_policy(env, ADOPTING);
    a = db_serve(env, SCIM_GET, "/Users", NULL, NULL);
    ck_assert_int_eq(total(&a), 2);
    a = db_serve(env, SCIM_PATCH, apr_psprintf(pool, "/Users/%s", id), NULL,
                 db_patch(env, "replace", "name.givenName", "\"J\""));
    ck_assert_int_eq(a.status, 200);
    ck_assert_str_eq(db_value(env, "SELECT given FROM app_user WHERE id = 11"), "J");
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_user"), 2);
}
END_TEST

START_TEST(many_rows_are_adopted_by_a_walk)
{
    db_answer_t a;
    int i;

    db_policy(env, ADOPTING);
    for (i = 0; i < 620; i++) {
        db_sql(env, apr_psprintf(pool, "INSERT INTO app_user (id, login) VALUES (%d, 'w%d')",
                                 100 + i, i));
    }
    a = db_serve(env, SCIM_GET, "/Users", "count=200", NULL);
    ck_assert_int_eq(total(&a), 500);
    a = db_serve(env, SCIM_GET, "/Users", "count=200&startIndex=401", NULL);
    ck_assert_int_eq(total(&a), 622);
    ck_assert_uint_eq(json_array_size(json_object_get(a.body, "Resources")), 200);
}
END_TEST

START_TEST(a_dry_run_counts)
{
    db_request_t r = db_request(env);
    apr_int64_t adoptable;
    apr_int64_t rows;

    db_policy(env, ADOPTING);
    look_up("/Users", "userName", "jane");
    db_ok(scim_adopt_count(&adoptable, &rows, r.store, db_type("User"), r.pool));
    ck_assert_int_eq(rows, 2);
    ck_assert_int_eq(adoptable, 1);
    db_request_end(&r);
}
END_TEST

/* ---- at once ---- */

static pthread_barrier_t barrier;
static int statuses[THREADS];
static apr_int64_t totals[THREADS];

/* Made before the threads: they have no pool in common. */
static const char *query;
#define JANE "{\"schemas\":[\"" SCIM_URN_USER "\"],\"userName\":\"jane\"}"

static void *post_one(void *number)
{
    pthread_barrier_wait(&barrier);
    statuses[*(int *)number] = db_serve(env, SCIM_POST, "/Users", NULL, JANE).status;
    return NULL;
}

static void *look_up_one(void *number)
{
    db_answer_t a;

    pthread_barrier_wait(&barrier);
    a = db_serve(env, SCIM_GET, "/Users", query, NULL);
    statuses[*(int *)number] = a.status;
    totals[*(int *)number] = a.status == 200 ? total(&a) : 0;
    return NULL;
}

static void run(void *(*fn)(void *))
{
    static int numbers[THREADS];
    pthread_t threads[THREADS];
    int i;

    pthread_barrier_init(&barrier, NULL, THREADS);
    for (i = 0; i < THREADS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fn, &numbers[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&barrier);
}

START_TEST(of_many_posts_one_adopts)
{
    int made = 0;
    int refused = 0;
    int i;

    db_policy(env, ADOPTING);
    run(post_one);
    for (i = 0; i < THREADS; i++) {
        made += statuses[i] == 201;
        refused += statuses[i] == 409;
    }
    ck_assert_int_eq(made, 1);
    ck_assert_int_eq(refused, THREADS - 1);
    ck_assert_int_eq(resources(), 1);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_link WHERE tenant = %s"), 1);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_user"), 2);
}
END_TEST

START_TEST(of_many_look_ups_one_adopts)
{
    int i;

    db_policy(env, ADOPTING);
    query = db_eq(env, "userName", "jane");
    run(look_up_one);
    for (i = 0; i < THREADS; i++) {
        ck_assert_int_eq(statuses[i], 200);
        ck_assert_int_eq(totals[i], 1);
    }
    ck_assert_int_eq(resources(), 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("map_adopt");
    TCase *tc = tcase_create("adopt");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_look_up_adopts);
    tcase_add_test(tc, a_hit_costs_nothing_and_a_miss_one_statement);
    tcase_add_test(tc, without_the_directive_nothing_is_adopted);
    tcase_add_test(tc, a_list_adopts_all);
    tcase_add_test(tc, a_row_of_the_application_s_own_id);
    tcase_add_test(tc, a_post_takes_the_row_over);
    tcase_add_test(tc, a_group_keeps_its_members);
    tcase_add_test(tc, a_user_who_comes_later_finds_his_group);
    tcase_add_test(tc, a_resource_of_before_the_mapping_is_linked);
    tcase_add_test(tc, many_rows_are_adopted_by_a_walk);
    tcase_add_test(tc, a_dry_run_counts);
    tcase_add_test(tc, of_many_posts_one_adopts);
    tcase_add_test(tc, of_many_look_ups_one_adopts);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    return db_main(suite());
}
