/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "counting.h"
#include "gadget.h"
#include "golden.h"
#include "scim_bulk.h"

static apr_pool_t *pool;
static scim_tenant_t *tenant;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    tenant = scim_tenant_make("test", pool);
}

/* Every test ends with this: the pool took all JSON with it. */
static void teardown(void)
{
    apr_pool_destroy(pool);
    ck_assert_int_eq(counting_live(), 0);
}

/* ---- a run of a plan in which every operation succeeds that can be tried ---- */

static json_t *step_new(const scim_bulk_t *bulk, int number, const char **ids, apr_pool_t *p)
{
    const scim_bulk_step_t *step = &bulk->steps[number];
    const scim_bulk_op_t *op = &bulk->ops[step->op];
    json_t *entry = json_object();
    int missing = op->unknown ? -2 : scim_bulk_resolve(op, step->rest, ids);

    json_object_set_new(entry, "op", json_integer(step->op));
    if (op->unknown) {
        json_object_set_new(entry, "unknown", json_string(op->unknown));
    } else if (missing >= 0) {
        json_object_set_new(entry, "missing", json_integer(missing));
    } else if (step->rest) {
        json_object_set_new(entry, "add", json_deep_copy(op->rest));
    } else {
        json_object_set_new(entry, "method", json_string(op->method_name));
        json_object_set_new(entry, "path", json_string(scim_bulk_path(op, ids, p)));
        if (op->version) {
            json_object_set_new(entry, "version", json_string(op->version));
        }
        if (op->data) {
            json_object_set_new(entry, "data", json_deep_copy(op->data));
        }
        if (op->method == SCIM_BULK_POST) {
            ids[step->op] = apr_psprintf(p, "id-%s", op->bulk_id);
        }
    }
    return entry;
}

static json_t *run(const scim_bulk_t *bulk, apr_pool_t *p)
{
    const char **ids = apr_pcalloc(p, sizeof(*ids) * (apr_size_t)bulk->nops);
    json_t *steps = scim_json_own(json_array(), p);

    for (int i = 0; i < bulk->nsteps; i++) {
        json_array_append_new(steps, step_new(bulk, i, ids, p));
    }
    return steps;
}

/* in: the BulkRequest; max: the tenant's limit of operations. out: the steps, one a line. */
static const char *bulk_case(scim_error_t **err, const golden_case_t *c, void *baton)
{
    const char *max = golden_read(c, "max");
    scim_tenant_t *t = scim_tenant_make("test", c->pool);
    const scim_bulk_t *bulk = NULL;
    const char *text = "";
    json_t *body;
    json_t *steps;
    json_t *step;
    size_t i;

    (void)baton;
    t->bulk_operations = max ? atoi(max) : t->bulk_operations;
    *err = scim_json_load(&body, c->in, strlen(c->in), NULL, c->pool);
    if (!*err) {
        *err = scim_bulk_parse(&bulk, body, t, c->pool);
    }
    if (*err) {
        return NULL;
    }
    steps = run(bulk, c->pool);
    json_array_foreach(steps, i, step)
    {
        text = apr_pstrcat(c->pool, text, i ? "\n" : "", scim_json_dump(step, NULL, c->pool), NULL);
    }
    if (bulk->fail_on_errors) {
        text = apr_psprintf(c->pool, "%s\nfailOnErrors %d", text, bulk->fail_on_errors);
    }
    return text;
}

START_TEST(golden_cases)
{
    ck_assert_int_eq(golden_run("bulk", GOLDEN_TEXT, bulk_case, NULL), 0);
}
END_TEST

/* ---- order ---- */

static json_t *message(void)
{
    return gadget_json(pool, "{'schemas':['" SCIM_URN_BULK "'],'Operations':[]}");
}

static void add_user(json_t *body, int number, json_t *data)
{
    json_t *op = json_pack("{s:s,s:s,s:o}", "method", "POST", "path", "/Users", "data", data);

    json_object_set_new(op, "bulkId", json_string(apr_psprintf(pool, "u%d", number)));
    json_array_append_new(json_object_get(body, "Operations"), op);
}

static json_t *with_manager(int number)
{
    return json_pack("{s:{s:s}}", "manager", "value", apr_psprintf(pool, "bulkId:u%d", number));
}

static const scim_bulk_t *must_parse(json_t *body)
{
    const scim_bulk_t *bulk = NULL;
    scim_error_t *err = scim_bulk_parse(&bulk, body, tenant, pool);

    ck_assert_msg(err == NULL, "%s", err ? err->detail : "");
    return bulk;
}

/* Every operation once, every step when what it needs is there, nothing left of any bulkId. */
static void check_run(const scim_bulk_t *bulk)
{
    json_t *steps = run(bulk, pool);
    int *seen = apr_pcalloc(pool, sizeof(int) * (apr_size_t)bulk->nops);
    json_t *step;
    size_t i;

    json_array_foreach(steps, i, step)
    {
        int op = (int)json_integer_value(json_object_get(step, "op"));

        ck_assert_ptr_null(json_object_get(step, "missing"));
        seen[op] += json_object_get(step, "add") ? 10 : 1;
    }
    for (int op = 0; op < bulk->nops; op++) {
        ck_assert_int_eq(seen[op], bulk->ops[op].rest ? 11 : 1);
    }
    ck_assert_ptr_null(strstr(scim_json_dump(steps, NULL, pool), "bulkId:"));
}

/* Each refers to the next: all but the last wait, and they run from the end. */
START_TEST(a_long_chain)
{
    json_t *body = message();
    const scim_bulk_t *bulk;
    int n = 20000;

    tenant->bulk_operations = n;
    for (int i = 0; i < n; i++) {
        add_user(body, i, i + 1 < n ? with_manager(i + 1) : json_object());
    }
    bulk = must_parse(body);
    ck_assert_int_eq(bulk->nsteps, n);
    for (int i = 0; i < n; i++) {
        ck_assert_int_eq(bulk->steps[i].op, n - 1 - i);
    }
    check_run(bulk);
}
END_TEST

/* One circle of all: one of them is split. */
START_TEST(a_long_circle)
{
    json_t *body = message();
    const scim_bulk_t *bulk;
    int n = 20000;

    tenant->bulk_operations = n;
    for (int i = 0; i < n; i++) {
        add_user(body, i, with_manager((i + 1) % n));
    }
    bulk = must_parse(body);
    ck_assert_int_eq(bulk->nsteps, n + 1);
    check_run(bulk);
}
END_TEST

START_TEST(many_circles)
{
    json_t *body = message();
    const scim_bulk_t *bulk;
    int n = 10000;

    tenant->bulk_operations = n;
    for (int i = 0; i < n; i++) {
        add_user(body, i, with_manager(i ^ 1));
    }
    bulk = must_parse(body);
    ck_assert_int_eq(bulk->nsteps, n + n / 2);
    for (int i = 0; i < bulk->nsteps; i += 3) {
        /* the first without its manager, the second, the first's manager */
        ck_assert_int_eq(bulk->steps[i].op, i / 3 * 2);
        ck_assert_int_eq(bulk->steps[i + 1].op, i / 3 * 2 + 1);
        ck_assert_int_eq(bulk->steps[i + 2].op, i / 3 * 2);
        ck_assert_int_eq(bulk->steps[i + 2].rest, 1);
    }
    check_run(bulk);
}
END_TEST

/* Everyone refers to everyone. */
START_TEST(all_to_all)
{
    json_t *body = message();
    int n = 100;

    for (int i = 0; i < n; i++) {
        json_t *friends = json_array();

        for (int j = 0; j < n; j++) {
            json_array_append_new(friends, json_string(apr_psprintf(pool, "bulkId:u%d", j)));
        }
        add_user(body, i, json_pack("{s:o}", "friends", friends));
    }
    check_run(must_parse(body));
}
END_TEST

/* Random references; many make circles. */
START_TEST(random_graphs)
{
    json_t *body = message();
    int n = 2 + _i % 40;

    srand((unsigned)_i);
    for (int i = 0; i < n; i++) {
        json_t *friends = json_array();

        for (int j = rand() % 4; j > 0; j--) {
            json_array_append_new(friends,
                                  json_string(apr_psprintf(pool, "bulkId:u%d", rand() % n)));
        }
        add_user(body, i, json_pack("{s:o}", "friends", friends));
    }
    check_run(must_parse(body));
}
END_TEST

/* 10,000 references in one value: to one, to many, to none. */
START_TEST(many_references)
{
    json_t *body = message();
    json_t *members = json_array();
    const scim_bulk_t *bulk;

    add_user(body, 0, json_object());
    for (int i = 0; i < 10000; i++) {
        json_array_append_new(members, json_pack("{s:s}", "value", _i ? "bulkId:u1" : "bulkId:u0"));
    }
    add_user(body, 1, json_pack("{s:o}", "members", members));
    bulk = must_parse(body);
    ck_assert_int_eq(bulk->ops[1].nrefs, 10000);
    ck_assert_int_eq(bulk->nsteps, _i ? 3 : 2);
    ck_assert_int_eq(bulk->ops[1].rest != NULL, _i);
    ck_assert_uint_eq(json_array_size(json_object_get(bulk->ops[1].rest, "members")),
                      _i ? 10000 : 0);
    check_run(bulk);
}
END_TEST

START_TEST(a_failed_creation_is_named)
{
    json_t *body = message();
    const char *ids[3] = {NULL, NULL, NULL};
    const scim_bulk_t *bulk;

    add_user(body, 0, json_object());
    add_user(body, 1, json_object());
    add_user(body, 2, json_pack("{s:[s,s]}", "friends", "bulkId:u0", "bulkId:u1"));
    bulk = must_parse(body);
    ids[0] = "a";
    ck_assert_int_eq(scim_bulk_resolve(&bulk->ops[2], 0, ids), 1);
    /* nothing was put in place by half */
    ck_assert_str_eq(scim_json_dump(bulk->ops[2].data, NULL, pool),
                     "{\"friends\":[\"bulkId:u0\",\"bulkId:u1\"]}");
    ids[1] = "b";
    ck_assert_int_eq(scim_bulk_resolve(&bulk->ops[2], 0, ids), -1);
    ck_assert_str_eq(scim_json_dump(bulk->ops[2].data, NULL, pool), "{\"friends\":[\"a\",\"b\"]}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bulk");
    TCase *tc = tcase_create("bulk");
    SRunner *runner;
    int failed;

    apr_initialize();
    counting_start();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, golden_cases);
    tcase_add_test(tc, a_long_chain);
    tcase_add_test(tc, a_long_circle);
    tcase_add_test(tc, many_circles);
    tcase_add_test(tc, all_to_all);
    tcase_add_loop_test(tc, random_graphs, 0, 200);
    tcase_add_loop_test(tc, many_references, 0, 2);
    tcase_add_test(tc, a_failed_creation_is_named);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
