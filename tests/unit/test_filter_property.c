/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "filter_gen.h"
#include "filter_tree.h"
#include "scim_json.h"
#include "scim_match.h"
#include "scim_text.h"
#include "widget.h"

/*
 * Laws that hold for every filter and every resource, on random ones. SCIM_TEST_SEED and
 * SCIM_TEST_ROUNDS choose others; a failure names the seed of its round.
 */

#define ROUNDS 4000
#define RESOURCES 8

static apr_uint64_t first_seed(void)
{
    const char *text = getenv("SCIM_TEST_SEED");

    return text ? strtoull(text, NULL, 10) : 1;
}

static unsigned rounds(void)
{
    const char *text = getenv("SCIM_TEST_ROUNDS");

    return text ? (unsigned)strtoul(text, NULL, 10) : ROUNDS;
}

/* One round: a seed, a type, a filter text and its tree, some resources. */
typedef struct round_t {
    apr_uint64_t seed;
    apr_pool_t *pool;
    filter_gen_t gen;
    const char *text;
    const scim_filter_t *f;
    json_t *resources[RESOURCES];
} round_t;

static const scim_filter_t *parse(const round_t *r, const char *text)
{
    const scim_filter_limits_t limits = {1 << 20, 10000, 1000};
    const scim_filter_t *f = NULL;
    scim_error_t *err = scim_filter_parse(&f, text, r->gen.type, &limits, r->pool);

    ck_assert_msg(err == NULL, "seed %" APR_UINT64_T_FMT ": %s\n%s", r->seed, text,
                  err ? err->detail : "");
    return f;
}

static void begin(round_t *r, apr_uint64_t seed)
{
    static const char *const names[] = {"User", "Group", "Widget"};
    int i;

    r->seed = seed;
    apr_pool_create(&r->pool, NULL);
    filter_gen_init(&r->gen, seed, widget_type_named(names[seed % 3]));
    r->text = filter_gen_filter(&r->gen, r->pool);
    r->f = parse(r, r->text);
    for (i = 0; i < RESOURCES; i++) {
        r->resources[i] = filter_gen_resource(&r->gen, (unsigned)i, r->pool);
    }
}

/* f and g give the same answers, or opposite ones, on all resources of the round. */
static void check_answers(const round_t *r, const scim_filter_t *g, int negated, const char *law)
{
    int i;

    for (i = 0; i < RESOURCES; i++) {
        int expected = scim_match(r->f, r->resources[i], r->pool) ^ negated;

        ck_assert_msg(scim_match(g, r->resources[i], r->pool) == expected,
                      "seed %" APR_UINT64_T_FMT ", %s, resource %d: %s\n%s", r->seed, law, i,
                      r->text, scim_json_dump(r->resources[i], NULL, r->pool));
    }
}

static void check_print(const round_t *r)
{
    const char *printed = scim_filter_print(r->f, r->pool);
    const scim_filter_t *again = parse(r, printed);
    const char *twice = scim_filter_print(again, r->pool);

    ck_assert_msg(filter_tree_equal(r->f, again),
                  "seed %" APR_UINT64_T_FMT ": another tree: %s\n%s", r->seed, r->text, printed);
    ck_assert_msg(strcmp(printed, twice) == 0, "seed %" APR_UINT64_T_FMT ": %s\n%s\n%s", r->seed,
                  r->text, printed, twice);
    check_answers(r, again, 0, "print");
}

static void check_boolean_laws(const round_t *r)
{
    const char *t = r->text;
    const char *fold = apr_psprintf(r->pool, "(%s) and (%s) or id eq null and (%s)", t, t, t);

    check_answers(r, parse(r, apr_psprintf(r->pool, "not (%s)", t)), 1, "not");
    check_answers(r, parse(r, apr_psprintf(r->pool, "not (not (%s))", t)), 0, "not not");
    check_answers(r, parse(r, fold), 0, "and, or");
    check_answers(r, parse(r, apr_psprintf(r->pool, "not (not (%s) and not (%s))", t, t)), 0,
                  "de Morgan");
}

START_TEST(every_filter)
{
    apr_uint64_t seed = first_seed();
    unsigned n = rounds();

    while (n-- > 0) {
        round_t r;

        begin(&r, seed++);
        check_print(&r);
        check_boolean_laws(&r);
        apr_pool_destroy(r.pool);
    }
}
END_TEST

/* The law with A and V replaced by an attribute and a value. */
static const char *fill_in(const char *law, const char *name, const char *value, apr_pool_t *p)
{
    scim_buf_t *out = scim_buf_make(0, p);

    for (; *law; law++) {
        if (*law == 'A') {
            scim_buf_puts(out, name);
        } else if (*law == 'V') {
            scim_buf_puts(out, value);
        } else {
            scim_buf_add(out, law, 1);
        }
    }
    return out->data;
}

/* eq and ne, lt and ge, … as laws, for an attribute that has exactly one value or none. */
static void check_operators(const round_t *r, const char *name, const char *value, int i)
{
    static const char *const laws[][2] = {
        {"A eq V", "not (A ne V)"},
        {"A le V", "A lt V or A eq V"},
        {"A ge V", "A gt V or A eq V"},
        {"A pr and not (A gt V)", "A pr and A le V"},
        {"A pr and not (A ge V)", "A pr and A lt V"},
        {"A eq V and A sw V and A ew V and A co V", "A eq V"},
        {"A sw V or A ew V or A co V", "A co V"},
        {"A eq null", "not (A pr)"},
        {"A ne null", "A pr"},
    };
    size_t law;

    for (law = 0; law < sizeof(laws) / sizeof(laws[0]); law++) {
        const char *left = fill_in(laws[law][0], name, value, r->pool);
        const char *right = fill_in(laws[law][1], name, value, r->pool);

        ck_assert_msg(scim_match(parse(r, left), r->resources[i], r->pool) ==
                          scim_match(parse(r, right), r->resources[i], r->pool),
                      "seed %" APR_UINT64_T_FMT ": %s = %s\n%s", r->seed, left, right,
                      scim_json_dump(r->resources[i], NULL, r->pool));
    }
}

START_TEST(every_operator)
{
    static const char *const names[] = {"userName",   "title",
                                        "externalId", "name.familyName",
                                        "profileUrl", SCIM_URN_ENTERPRISE ":department"};
    apr_uint64_t seed = first_seed();
    unsigned n = rounds() / 10 + 1;

    while (n-- > 0) {
        round_t r;
        int i;

        begin(&r, 3 * seed++);
        for (i = 0; i < RESOURCES; i++) {
            const char *value = filter_gen_string(&r.gen, r.pool);
            const char *name = names[filter_gen_below(&r.gen, 6)];
            check_operators(&r, name, scim_json_quote(value, r.pool), i);
        }
        apr_pool_destroy(r.pool);
    }
}
END_TEST

/* The generator is worth something only if filters do hit and do miss, and cover every operator. */
START_TEST(generator_covers)
{
    apr_uint64_t seed = first_seed();
    unsigned hits[2] = {0, 0};
    unsigned kinds[SCIM_OP_PATH + 1] = {0};
    int op;
    int i;
    unsigned n;

    for (n = 0; n < 1000; n++) {
        round_t r;

        begin(&r, seed++);
        for (i = 0; i < RESOURCES; i++) {
            hits[scim_match(r.f, r.resources[i], r.pool)]++;
        }
        kinds[r.f->op]++;
        apr_pool_destroy(r.pool);
    }
    ck_assert_uint_gt(hits[0], 1000);
    ck_assert_uint_gt(hits[1], 1000);
    for (op = 0; op <= SCIM_OP_PATH; op++) {
        ck_assert_msg(kinds[op] > 0, "operator %d was never at the root", op);
    }
}
END_TEST

START_TEST(generator_repeats)
{
    round_t a;
    round_t b;

    begin(&a, 42);
    begin(&b, 42);
    ck_assert_str_eq(a.text, b.text);
    ck_assert_int_eq(json_equal(a.resources[RESOURCES - 1], b.resources[RESOURCES - 1]), 1);
    apr_pool_destroy(a.pool);
    apr_pool_destroy(b.pool);
}
END_TEST

static Suite *property_suite(void)
{
    Suite *s = suite_create("filter_property");
    TCase *tc = tcase_create("filter_property");

    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, every_filter);
    tcase_add_test(tc, every_operator);
    tcase_add_test(tc, generator_covers);
    tcase_add_test(tc, generator_repeats);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner;
    int failed;

    apr_initialize();
    runner = srunner_create(property_suite());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
