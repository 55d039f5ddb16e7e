/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Many writers at once, each with a connection of its own. */
#include "db_env.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#define THREADS 32

static db_env_t *env;
static apr_pool_t *pool;
static pthread_barrier_t barrier;
static const char *group;
static const char *ids[THREADS];
static int statuses[THREADS];
static int unknowns[THREADS];

static void setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
}

static void teardown(void)
{
    db_env_close(env);
}

/* Runs fn in n threads, which begin together. */
static void run(int n, void *(*fn)(void *))
{
    static int numbers[THREADS];
    pthread_t threads[THREADS];
    int i;

    pthread_barrier_init(&barrier, NULL, (unsigned)n);
    for (i = 0; i < n; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fn, &numbers[i]), 0);
    }
    for (i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&barrier);
}

static int status_of(const scim_error_t *err)
{
    return err ? err->status : 200;
}

static int with_status(int n, int status)
{
    int found = 0;
    int i;

    for (i = 0; i < n; i++) {
        found += statuses[i] == status;
    }
    return found;
}

static void check_counts(int n)
{
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), n);
    ck_assert_int_eq(db_count(env, "SELECT SUM(n) FROM scim_counter WHERE tenant = %s"), n);
}

static void *insert_same(void *baton)
{
    db_request_t r = db_request(env);
    int i = *(int *)baton;
    json_t *doc = db_user(i % 2 ? "The Same" : "THE SAME", r.pool);

    pthread_barrier_wait(&barrier);
    statuses[i] = status_of(db_insert(NULL, &r, doc));
    db_request_end(&r);
    return NULL;
}

START_TEST(one_of_many_equal)
{
    run(THREADS, insert_same);
    ck_assert_int_eq(with_status(THREADS, 200), 1);
    ck_assert_int_eq(with_status(THREADS, 409), THREADS - 1);
    check_counts(1);
}
END_TEST

static void *insert_own(void *baton)
{
    db_request_t r = db_request(env);
    int i = *(int *)baton;
    json_t *doc = db_user(apr_psprintf(r.pool, "user %d", i), r.pool);

    pthread_barrier_wait(&barrier);
    statuses[i] = status_of(db_insert(NULL, &r, doc));
    db_request_end(&r);
    return NULL;
}

/* The first writes of a tenant at all: they must not deadlock over its counters. */
START_TEST(all_of_many_different)
{
    run(THREADS, insert_own);
    ck_assert_int_eq(with_status(THREADS, 200), THREADS);
    check_counts(THREADS);
}
END_TEST

static void *add_own(void *baton)
{
    db_request_t r = db_request(env);
    int i = *(int *)baton;
    scim_member_step_t step = {SCIM_MEMBER_ADD, &ids[i], 1, NULL};

    pthread_barrier_wait(&barrier);
    statuses[i] = status_of(db_members(NULL, &unknowns[i], &r, group, &step));
    db_request_end(&r);
    return NULL;
}

START_TEST(everyone_gets_into_the_group)
{
    db_request_t r = db_request(env);
    scim_row_t *row;
    int i;

    group = db_put(env, db_group("everyone", pool));
    for (i = 0; i < THREADS; i++) {
        ids[i] = db_put(env, db_user(apr_psprintf(pool, "user %d", i), pool));
    }
    run(THREADS, add_own);
    ck_assert_int_eq(with_status(THREADS, 200), THREADS);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s"), THREADS);
    db_ok(scim_store_get(&row, r.store, db_type("Group"), group, pool));
    ck_assert_int_eq(row->version, THREADS + 1);
    db_request_end(&r);
}
END_TEST

static void *delete_own(void *baton)
{
    db_request_t r = db_request(env);
    int i = *(int *)baton;

    pthread_barrier_wait(&barrier);
    statuses[i] = status_of(db_change(NULL, &r, "User", ids[i], NULL));
    db_request_end(&r);
    return NULL;
}

/* Even numbers add a member, odd ones delete the same user. */
static void *add_or_delete(void *baton)
{
    int i = *(int *)baton;
    int user = i / 2 * 2;
    db_request_t r = db_request(env);
    scim_member_step_t step = {SCIM_MEMBER_ADD, &ids[user], 1, NULL};

    pthread_barrier_wait(&barrier);
    statuses[i] = status_of(i % 2 ? db_change(NULL, &r, "User", ids[user], NULL)
                                  : db_members(NULL, &unknowns[i], &r, group, &step));
    db_request_end(&r);
    return NULL;
}

START_TEST(deleted_while_being_added)
{
    int i;

    group = db_put(env, db_group("everyone", pool));
    for (i = 0; i < THREADS; i++) {
        ids[i] = db_put(env, db_user(apr_psprintf(pool, "user %d", i), pool));
    }
    run(THREADS, add_or_delete);
    ck_assert_int_eq(with_status(THREADS, 200), THREADS);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s"), 0);
    check_counts(1 + THREADS / 2);
    /* And those that are left, all at once. */
    for (i = 0; i < THREADS / 2; i++) {
        ids[i] = ids[i * 2 + 1];
    }
    run(THREADS / 2, delete_own);
    ck_assert_int_eq(with_status(THREADS / 2, 200), THREADS / 2);
    check_counts(1);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_value WHERE tenant = %s"), 0);
}
END_TEST

static void *update_all(void *baton)
{
    int me = *(int *)baton;
    int i;

    statuses[me] = 200;
    pthread_barrier_wait(&barrier);
    for (i = 0; i < 8; i++) {
        db_request_t r = db_request(env);
        json_t *doc = db_user(apr_psprintf(r.pool, "by %d %d", me, i), r.pool);
        scim_error_t *err;
        json_object_set_new(doc, "id", json_string(ids[(me + i) % 8]));
        json_object_set_new(doc, "displayName",
                            json_string(apr_psprintf(r.pool, "%d %d", me, i)));
        err = db_change(NULL, &r, "User", db_id(doc), doc);
        if (err) {
            statuses[me] = err->status;
        }
        db_request_end(&r);
    }
    return NULL;
}

/* Neighbours in the index change at once: each change is in, one after the other. */
START_TEST(updates_do_not_get_lost)
{
    int i;

    for (i = 0; i < 8; i++) {
        ids[i] = db_put(env, db_user(apr_psprintf(pool, "user %d", i), pool));
    }
    run(8, update_all);
    ck_assert_int_eq(with_status(8, 200), 8);
    ck_assert_int_eq(db_count(env, "SELECT SUM(version) FROM scim_resource WHERE tenant = %s"),
                     8 + 8 * 8);
    /* Four index rows each: given and family name, address, displayName. */
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_value WHERE tenant = %s "
                                   "AND SUBSTR(attr, 1, 1) <> '#'"), 32);
}
END_TEST

typedef struct crossing_t {
    const char *first;
    const char *second;
    int tries;
} crossing_t;

static scim_error_t *change_title(scim_store_t *store, scim_row_t *row, apr_pool_t *p)
{
    json_t *old;
    json_t *doc;
    scim_error_t *err = scim_json_load(&old, row->doc, row->doc_len, NULL, p);

    if (err) {
        return err;
    }
    doc = scim_json_own(json_deep_copy(old), p);
    json_object_set_new(doc, "title", json_sprintf("the %" APR_INT64_T_FMT "th", row->version));
    return scim_store_update(&row, store, db_type("User"), row, old, doc, p);
}

static scim_error_t *cross(void *baton, scim_store_t *store, apr_pool_t *p)
{
    crossing_t *c = baton;
    scim_row_t *row;
    scim_error_t *err = scim_store_lock(&row, store, db_type("User"), c->first, p);

    if (!err && c->tries++ == 0) {
        pthread_barrier_wait(&barrier);
    }
    if (!err) {
        err = scim_store_lock(&row, store, db_type("User"), c->second, p);
    }
    return err ? err : change_title(store, row, p);
}

static int crossings[2];

static void *cross_over(void *baton)
{
    int i = *(int *)baton;
    crossing_t c = {ids[i], ids[1 - i], 0};
    db_request_t r = db_request(env);

    statuses[i] = status_of(scim_store_write(r.store, cross, &c));
    crossings[i] = c.tries;
    db_request_end(&r);
    return NULL;
}

/* A real deadlock: one of the two is chosen, and does its write again. */
START_TEST(deadlock_is_resolved)
{
    ids[0] = db_put(env, db_user("one", pool));
    ids[1] = db_put(env, db_user("two", pool));
    run(2, cross_over);
    ck_assert_int_eq(with_status(2, 200), 2);
    ck_assert_int_ge(crossings[0] + crossings[1], 3);
    ck_assert_int_eq(db_count(env, "SELECT SUM(version) FROM scim_resource WHERE tenant = %s"), 4);
}
END_TEST

#define SHARED 600
#define SHARERS 8

static const char *shared[SHARED];
static const char *groups[SHARERS];

/* Each begins elsewhere, and every other one goes backwards. */
static void *change_shared(void *baton)
{
    db_request_t r = db_request(env);
    int i = *(int *)baton;
    const char *list[SHARED];
    scim_member_step_t add = {SCIM_MEMBER_ADD, list, SHARED, NULL};
    scim_member_step_t remove = {SCIM_MEMBER_REMOVE, list, SHARED, NULL};
    int k;

    for (k = 0; k < SHARED; k++) {
        int at = (k + i * (SHARED / SHARERS)) % SHARED;
        list[k] = shared[i % 2 ? SHARED - 1 - at : at];
    }
    pthread_barrier_wait(&barrier);
    statuses[i] = status_of(db_members(NULL, NULL, &r, groups[i], &add));
    pthread_barrier_wait(&barrier);
    if (statuses[i] == 200 && i % 4 == 0) {
        statuses[i] = status_of(db_members(NULL, NULL, &r, groups[i], &remove));
    }
    db_request_end(&r);
    return NULL;
}

START_TEST(groups_share_their_users)
{
    int i;

    for (i = 0; i < SHARED; i++) {
        shared[i] = db_put(env, db_user(apr_psprintf(pool, "shared %d", i), pool));
    }
    for (i = 0; i < SHARERS; i++) {
        groups[i] = db_put(env, db_group(apr_psprintf(pool, "group %d", i), pool));
    }
    run(SHARERS, change_shared);
    ck_assert_int_eq(with_status(SHARERS, 200), SHARERS);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s"),
                     SHARED * (SHARERS - SHARERS / 4));
}
END_TEST

typedef struct mixed_t {
    const char *group;
    const scim_patch_t *plan;
} mixed_t;

#define MIXED 60
#define ROUNDS 12

static scim_error_t *apply_plan(void *baton, scim_store_t *store, apr_pool_t *p)
{
    const mixed_t *m = baton;
    scim_group_t held;
    scim_membership_t done;
    scim_error_t *err = scim_store_share(&held, store, db_type("Group"), m->group, m->plan, p);

    return err ? err : scim_store_members_apply(&done, store, &held, m->plan, p);
}

/* Half of the users go, the other half comes, in every group another one; then all at once. */
static void *mix_shared(void *baton)
{
    db_request_t r = db_request(env);
    int i = *(int *)baton;
    const char *out[MIXED / 2];
    const char *in[MIXED / 2];
    scim_member_step_t steps[] = {{SCIM_MEMBER_REMOVE, out, MIXED / 2, NULL},
                                  {SCIM_MEMBER_ADD, in, MIXED / 2, NULL}};
    scim_member_step_t all = {SCIM_MEMBER_REPLACE, in, MIXED / 2, NULL};
    scim_patch_t plan;
    mixed_t m = {groups[i], &plan};
    unsigned state = (unsigned)i + 1;
    int round;
    int k;

    statuses[i] = 200;
    pthread_barrier_wait(&barrier);
    for (round = 0; round < ROUNDS && statuses[i] == 200; round++) {
        for (k = 0; k < MIXED / 2; k++) {
            int swap = rand_r(&state) % 2;
            out[k] = shared[2 * k + swap];
            in[k] = shared[2 * k + !swap];
        }
        plan = round % 3 ? (scim_patch_t){NULL, 0, steps, 2, NULL}
                         : (scim_patch_t){NULL, 0, &all, 1, NULL};
        statuses[i] = status_of(scim_store_write(r.store, apply_plan, &m));
    }
    db_request_end(&r);
    return NULL;
}

/* Requests that take users out and put others in lock them in one order: none gives up. */
START_TEST(users_come_and_go_in_many_groups)
{
    int i;

    for (i = 0; i < MIXED; i++) {
        shared[i] = db_put(env, db_user(apr_psprintf(pool, "shared %d", i), pool));
    }
    for (i = 0; i < SHARERS; i++) {
        groups[i] = db_put(env, db_group(apr_psprintf(pool, "group %d", i), pool));
    }
    run(SHARERS, mix_shared);
    ck_assert_int_eq(with_status(SHARERS, 200), SHARERS);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s"),
                     SHARERS * MIXED / 2);
}
END_TEST

typedef struct big_t {
    const scim_patch_t *plan;
    db_env_t *other;
    const char *other_user; /* of the other environment's tenant */
    const char *user;       /* of this one, not in the plan */
} big_t;

static int touch(db_env_t *of, const char *id)
{
    db_request_t r = db_request(of);
    json_t *doc = db_user("touched", r.pool);
    int status;

    json_object_set_new(doc, "id", json_string(id));
    status = status_of(db_change(NULL, &r, "User", id, doc));
    db_request_end(&r);
    return status;
}

/* With the change made and not yet committed, others write. */
static scim_error_t *big_change(void *baton, scim_store_t *store, apr_pool_t *p)
{
    const big_t *b = baton;
    scim_group_t locked = {.access = SCIM_GROUP_LOCKED};
    scim_membership_t done;
    scim_error_t *err = scim_store_lock(&locked.row, store, db_type("Group"), group, p);

    if (!err) {
        err = scim_store_members_apply(&done, store, &locked, b->plan, p);
    }
    if (!err) {
        statuses[0] = touch(env, b->user);
        statuses[1] = touch(b->other, b->other_user);
    }
    return err;
}

/* A database may find many members by a walk through the whole table; it must not lock it. */
START_TEST(a_big_change_locks_its_own_rows)
{
    scim_member_step_t step = {SCIM_MEMBER_ADD, shared, SHARED, NULL};
    scim_patch_t plan = {NULL, 0, &step, 1, NULL};
    big_t b = {&plan, db_env_open(NULL), NULL, NULL};
    db_request_t r = db_request(env);
    int i;

    for (i = 0; i < SHARED; i++) {
        shared[i] = db_put(env, db_user(apr_psprintf(pool, "shared %d", i), pool));
    }
    group = db_put(env, db_group("Group", pool));
    b.user = db_put(env, db_user("beside", pool));
    b.other_user = db_put(b.other, db_user("elsewhere", pool));
    db_ok(scim_store_write(r.store, big_change, &b));
    ck_assert_int_eq(statuses[0], 200);
    ck_assert_int_eq(statuses[1], 200);
    db_request_end(&r);
    db_env_close(b.other);
}
END_TEST

/* So many of all there are that MariaDB walks through the table for them. */
#define WALKED 250

static void leave_only_these(void)
{
    db_sql(env, apr_psprintf(pool, "DELETE FROM scim_resource WHERE tenant <> '%s'",
                             db_env_tenant(env)->name));
    ck_assert_ptr_nonnull(db_value(env, "ANALYZE TABLE scim_resource"));
}

typedef struct slow_t {
    scim_patch_t plan;
    int slow; /* not committed before the other one waits for it */
} slow_t;

/* A statement of somebody else that has been running for so long that it waits for a lock. */
static void wait_for_a_waiter(void)
{
    int tries;

    for (tries = 0; tries < 200; tries++) {
        if (db_int(env, "SELECT COUNT(*) FROM information_schema.processlist WHERE "
                        "info LIKE '%scim_%' AND id <> CONNECTION_ID() AND time_ms > 100")) {
            return;
        }
        apr_sleep(50000);
    }
    ck_abort_msg("nobody waits");
}

static scim_error_t *slow_change(void *baton, scim_store_t *store, apr_pool_t *p)
{
    const slow_t *s = baton;
    scim_group_t held;
    scim_membership_t done;
    scim_error_t *err = scim_store_share(&held, store, db_type("Group"), group, &s->plan, p);

    if (!err) {
        err = scim_store_members_apply(&done, store, &held, &s->plan, p);
    }
    if (s->slow) {
        pthread_barrier_wait(&barrier);
        wait_for_a_waiter();
    }
    return err;
}

static scim_member_op_t first_op;

/* One user, and not committed yet; then all of them in the other direction. */
static void *change_both_ways(void *baton)
{
    int first = *(int *)baton == 0;
    scim_member_op_t other = first_op == SCIM_MEMBER_ADD ? SCIM_MEMBER_REMOVE : SCIM_MEMBER_ADD;
    scim_member_step_t step = {first ? first_op : other, shared, first ? 1 : WALKED, NULL};
    slow_t s = {{NULL, 0, &step, 1, NULL}, first};
    db_request_t r = db_request(env);

    if (!first) {
        pthread_barrier_wait(&barrier);
    }
    statuses[!first] = status_of(scim_store_write(r.store, slow_change, &s));
    db_request_end(&r);
    return NULL;
}

/*
 * Where many ids are found by a walk through the table, an UPDATE passes by a row whose last
 * committed state it is not looking for, instead of waiting for who is changing it.
 */
START_TEST(a_walk_waits_for_uncommitted_members)
{
    int i;

    first_op = _i ? SCIM_MEMBER_ADD : SCIM_MEMBER_REMOVE;
    for (i = 0; i < WALKED; i++) {
        shared[i] = db_put(env, db_user(apr_psprintf(pool, "shared %d", i), pool));
    }
    group = db_put(env, db_group("Group", pool));
    leave_only_these();
    if (first_op == SCIM_MEMBER_REMOVE) {
        scim_member_step_t step = {SCIM_MEMBER_ADD, shared, 1, NULL};
        db_request_t r = db_request(env);
        db_ok(db_members(NULL, NULL, &r, group, &step));
        db_request_end(&r);
    }
    run(2, change_both_ways);
    ck_assert_int_eq(with_status(2, 200), 2);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource u WHERE u.tenant = %s AND "
                                   "u.type = 'User' AND (COALESCE(u.member_of, '') <> '') <> "
                                   "EXISTS (SELECT 1 FROM scim_member m WHERE m.member_rid = "
                                   "u.rid)"),
                     0);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s"),
                     first_op == SCIM_MEMBER_REMOVE ? WALKED : 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store concurrency");
    TCase *tc = tcase_create("concurrency");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, one_of_many_equal);
    tcase_add_test(tc, all_of_many_different);
    tcase_add_test(tc, everyone_gets_into_the_group);
    tcase_add_test(tc, deleted_while_being_added);
    tcase_add_test(tc, updates_do_not_get_lost);
    tcase_add_test(tc, groups_share_their_users);
    tcase_add_test(tc, users_come_and_go_in_many_groups);
    if (db_is_mariadb()) {
        tcase_add_test(tc, deadlock_is_resolved); /* SQLite has one writer at a time */
        tcase_add_test(tc, a_big_change_locks_its_own_rows);
        tcase_add_loop_test(tc, a_walk_waits_for_uncommitted_members, 0, 2);
    }
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
