/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/*
 * What a request costs, counted: statements, connections, JSON documents parsed, and how much of a
 * reply is held at a time. Times are for tests/bench; these numbers must not creep back.
 */
#include "db_env.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>


#include <apr_strings.h>

#include "scim_service.h"

#define PAGE 100
#define MANY 2500
#define KB ((apr_size_t)1024)

/* A piece is passed on when it has 64 kB; one resource or a thousand members may come on top. */
#define PIECE_MOST (65536 + 400 * 1024)

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void); /* Debian's gcc lacks the header */
#endif

json_t *__real_json_loadb(const char *buffer, size_t buflen, size_t flags, json_error_t *error);
json_t *__wrap_json_loadb(const char *buffer, size_t buflen, size_t flags, json_error_t *error);

static unsigned parses;

json_t *__wrap_json_loadb(const char *buffer, size_t buflen, size_t flags, json_error_t *error)
{
    parses++;
    return __real_json_loadb(buffer, buflen, flags, error);
}

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

/* Pages that the process has mapped: Debian's APR takes the blocks of its pools with mmap(). */
static apr_size_t mapped(void)
{
    FILE *statm = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    ck_assert_ptr_nonnull(statm);
    ck_assert_int_eq(fscanf(statm, "%lu", &pages), 1);
    fclose(statm);
    return pages * (apr_size_t)sysconf(_SC_PAGESIZE);
}

/* Bytes that the process has allocated and not freed. */
static apr_size_t heap(void)
{
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes() + mapped();
#else
    return mallinfo2().uordblks + mapped();
#endif
}

/* What one request did. */
typedef struct cost_t {
    apr_size_t heap;   /* before it */
    apr_size_t memory; /* the most it held while a piece went out, or at its end */
    int status;
    unsigned statements;
    unsigned takes;
    unsigned parses;
    apr_size_t largest; /* piece of the body */
    apr_size_t bytes;   /* of the body */
} cost_t;

static scim_error_t *count_piece(void *baton, const char *data, apr_size_t len)
{
    cost_t *cost = baton;

    apr_size_t memory = heap() - cost->heap;

    (void)data;
    cost->bytes += len;
    cost->largest = len > cost->largest ? len : cost->largest;
    cost->memory = memory > cost->memory ? memory : cost->memory;
    return NULL;
}

static cost_t serve(scim_method_t method, const char *path, const char *query, const char *body)
{
    scim_request_t request = {.method = method,
                              .base = "https://host/scim/v2",
                              .path = path,
                              .query = query,
                              .body = body,
                              .body_len = body ? strlen(body) : 0};
    db_request_t r;
    cost_t cost = {.heap = heap()};
    scim_sink_t sink = {count_piece, &cost};
    scim_reply_t reply;

    r = db_request_alone(env);
    parses = 0;
    db_ok(scim_service_handle(&reply, &request, db_env_tenant(env), r.store, &sink, r.pool));
    cost.parses = parses;
    cost.status = reply.status;
    count_piece(&cost, reply.body ? reply.body->data : "", reply.body ? reply.body->len : 0);
    scim_dbd_counts(r.db, &cost.statements, &cost.takes);
    db_request_end(&r);
    return cost;
}

static void costs(cost_t cost, int status, unsigned statements, unsigned wanted_parses)
{
    ck_assert_int_eq(cost.status, status);
    ck_assert_uint_eq(cost.statements, statements);
    ck_assert_uint_eq(cost.takes, 1);
    ck_assert_uint_eq(cost.parses, wanted_parses);
}

static const char *const patch_head =
    "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[";

static const char *patch(const char *operation)
{
    return apr_pstrcat(pool, patch_head, operation, "]}", NULL);
}

static const char *make_users(int n, scim_member_step_t *step)
{
    const char **ids = apr_palloc(pool, sizeof(*ids) * (apr_size_t)n);
    int i;

    for (i = 0; i < n; i++) {
        ids[i] = db_put(env, db_user(apr_psprintf(pool, "user%05d", i), pool));
    }
    step->op = SCIM_MEMBER_ADD;
    step->ids = ids;
    step->n = n;
    return ids[0];
}

static const char *make_group(const char *name, const scim_member_step_t *step)
{
    const char *id = db_put(env, db_group(name, pool));
    db_request_t r = db_request(env);

    db_ok(db_members(NULL, NULL, &r, id, step));
    db_request_end(&r);
    return id;
}

START_TEST(reads)
{
    scim_member_step_t members = {SCIM_MEMBER_ADD, NULL, 0, NULL};
    const char *user = apr_pstrcat(pool, "/Users/", make_users(PAGE + 1, &members), NULL);

    make_group("All", &members);
    costs(serve(SCIM_GET, user, NULL, NULL), 200, 1, 0);
    costs(serve(SCIM_GET, "/Users", "filter=userName+eq+%22USER00007%22", NULL), 200, 1, 0);
    costs(serve(SCIM_GET, "/Users", "filter=emails.value+eq+%22nobody%22", NULL), 200, 1, 0);
    costs(serve(SCIM_GET, "/Users", "startIndex=1&count=100", NULL), 200, 2, 0);
    /* Only what asks for a part of a resource parses it. */
    costs(serve(SCIM_GET, user, "attributes=userName", NULL), 200, 1, 1);
    costs(serve(SCIM_GET, "/Groups", "excludedAttributes=members", NULL), 200, 1, 1);
}
END_TEST

START_TEST(writes)
{
    scim_member_step_t members = {SCIM_MEMBER_ADD, NULL, 0, NULL};
    const char *id = make_users(2, &members);
    const char *user = apr_pstrcat(pool, "/Users/", id, NULL);
    const char *body = "{\"schemas\":[\"" SCIM_URN_USER "\"],\"userName\":\"new\","
                       "\"emails\":[{\"value\":\"new@example.com\"}]}";

    /* resource, index rows, counter */
    costs(serve(SCIM_POST, "/Users", NULL, body), 201, 3, 1);
    /* lock, update; the body and the stored document are parsed */
    costs(serve(SCIM_PATCH, user, NULL, patch("{\"op\":\"replace\",\"value\":{\"active\":false}}")),
          200, 2, 2);
    /* nothing to change: lock */
    costs(serve(SCIM_PATCH, user, NULL, patch("{\"op\":\"replace\",\"value\":{\"active\":false}}")),
          200, 1, 2);
}
END_TEST

/* The same for a group of any size. */
START_TEST(one_member)
{
    scim_member_step_t members = {SCIM_MEMBER_ADD, NULL, 0, NULL};
    const char *one = db_put(env, db_user("one more", pool));
    const char *add = patch(apr_psprintf(
        pool, "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"%s\"}]}", one));
    const char *drop = patch(
        apr_psprintf(pool, "{\"op\":\"remove\",\"path\":\"members[value eq \\\"%s\\\"]\"}", one));
    int sizes[] = {300, 900};
    int i;

    make_users(sizes[1], &members);
    for (i = 0; i < 2; i++) {
        members.n = sizes[i];
        const char *group = apr_pstrcat(
            pool, "/Groups/", make_group(apr_psprintf(pool, "of %d", sizes[i]), &members), NULL);
        /* the group and the user; the member; the rows of both */
        costs(serve(SCIM_PATCH, group, NULL, add), 204, 3, 1);
        costs(serve(SCIM_PATCH, group, NULL, drop), 204, 3, 1);
        /* nothing to change */
        costs(serve(SCIM_PATCH, group, NULL, drop), 204, 2, 1);
    }
}
END_TEST

/* What a request holds at the most, once the connection has its statements. */
static apr_size_t memory(scim_method_t method, const char *path, const char *query,
                         const char *body)
{
    serve(method, path, query, body);
    return serve(method, path, query, body).memory;
}

static apr_size_t group_memory(const char *name, scim_member_step_t *members, int n)
{
    members->n = n;
    return memory(SCIM_GET, apr_pstrcat(pool, "/Groups/", make_group(name, members), NULL), NULL,
                  NULL);
}

START_TEST(bytes)
{
    scim_member_step_t members = {SCIM_MEMBER_ADD, NULL, 0, NULL};
    const char *user = apr_pstrcat(pool, "/Users/", make_users(MANY, &members), NULL);
    const char *on = patch("{\"op\":\"replace\",\"value\":{\"active\":true}}");
    const char *group = apr_pstrcat(pool, "/Groups/", make_group("one", &members), NULL);
    const char *add = patch(apr_psprintf(
        pool, "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"%s\"}]}",
        members.ids[0]));

    ck_assert_uint_lt(memory(SCIM_GET, user, NULL, NULL), 16 * KB);
    ck_assert_uint_lt(memory(SCIM_PATCH, user, NULL, on), 32 * KB);
    ck_assert_uint_lt(memory(SCIM_PATCH, group, NULL, add), 32 * KB);
    ck_assert_uint_lt(memory(SCIM_GET, "/Users", "filter=userName+eq+%22USER00007%22", NULL),
                      56 * KB);
    /* Groups of any size, by a thousand members at a time. */
    ck_assert_uint_lt(group_memory("small", &members, 1100), 576 * KB);
    ck_assert_uint_lt(group_memory("large", &members, MANY), 576 * KB);
    ck_assert_uint_lt(memory(SCIM_GET, "/Users", "count=100", NULL), 400 * KB);
}
END_TEST

/* A reply of any size goes out in pieces. */
START_TEST(pieces)
{
    scim_member_step_t members = {SCIM_MEMBER_ADD, NULL, 0, NULL};
    cost_t cost;
    const char *group;

    make_users(MANY, &members);
    group = make_group("Large", &members);
    cost = serve(SCIM_GET, apr_pstrcat(pool, "/Groups/", group, NULL), NULL, NULL);
    costs(cost, 200, 1 + MANY / 1000 + 1, 0);
    ck_assert_uint_gt(cost.bytes, MANY * 100);
    ck_assert_uint_lt(cost.largest, PIECE_MOST);
    cost = serve(SCIM_GET, "/Users", "count=500", NULL);
    costs(cost, 200, 2, 0);
    ck_assert_uint_gt(cost.bytes, 500 * 200);
    ck_assert_uint_lt(cost.largest, PIECE_MOST);
}
END_TEST

static void delete_group(void *baton)
{
    db_request_t r = db_request(env);

    db_ok(db_change(NULL, &r, "Group", baton, NULL));
    db_request_end(&r);
}

/* A change that turns out to change nothing waits for nobody: the group may be gone at its end. */
START_TEST(gone_before_the_answer)
{
    const char *group = db_put(env, db_group("Short-lived", pool));
    const char *user = db_put(env, db_user("nowhere", pool));
    db_fault_t fault = {DB_FAULT_CALL, "DELETE FROM scim_member", 0, 1, delete_group,
                        apr_pstrdup(pool, group)};
    const char *body = patch(apr_psprintf(
        pool, "{\"op\":\"remove\",\"path\":\"members[value eq \\\"%s\\\"]\"}", user));
    scim_request_t request = {.method = SCIM_PATCH,
                              .base = "https://host/scim/v2",
                              .path = apr_pstrcat(pool, "/Groups/", group, NULL),
                              .body = body,
                              .body_len = strlen(body)};
    db_request_t r = db_request(env);
    scim_reply_t reply;

    db_fault(env, &fault);
    ck_assert_int_eq(scim_service_handle(&reply, &request, db_env_tenant(env), r.store, NULL,
                                         r.pool)->status,
                     404);
    ck_assert_int_eq(db_fault_count(env), 1);
    db_request_end(&r);
}
END_TEST

/* A Bulk request: one connection and one parse for all; each creation costs what it costs alone. */
START_TEST(bulk)
{
    const char *body = "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:BulkRequest\"],"
                       "\"Operations\":[";
    int n = 50;

    for (int i = 0; i < n; i++) {
        body = apr_psprintf(pool,
                            "%s%s{\"method\":\"POST\",\"path\":\"/Users\",\"bulkId\":\"b%d\","
                            "\"data\":{\"schemas\":[\"" SCIM_URN_USER "\"],"
                            "\"userName\":\"bulk%d\",\"emails\":[{\"value\":\"%d@b.c\"}]}}",
                            body, i ? "," : "", i, i, i);
    }
    db_put(env, db_user("first", pool)); /* the counters are there */
    costs(serve(SCIM_POST, "/Bulk", NULL, apr_pstrcat(pool, body, "]}", NULL)), 200,
          3 * (unsigned)n, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service costs");
    TCase *tc = tcase_create("costs");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, reads);
    tcase_add_test(tc, writes);
    tcase_add_test(tc, one_member);
    tcase_add_test(tc, bytes);
    tcase_add_test(tc, pieces);
    if (db_is_mariadb()) {
        tcase_add_test(tc, gone_before_the_answer); /* SQLite has one writer at a time */
    }
    tcase_add_test(tc, bulk);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
