/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Filters: SQL and the matcher give the same answers. */
#include "db_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "filter_gen.h"
#include "scim_index.h"
#include "scim_match.h"
#include "scim_sql.h"
#include "scim_time.h"

#define USERS 320
#define GROUPS 25

static db_env_t *env;
static apr_pool_t *pool;

static void setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
    db_env_tenant(env)->max_scan = 1000000;
}

static void teardown(void)
{
    db_env_close(env);
}

/* ---- random resources ---- */

static const char *time_text(const json_t *doc, const char *name)
{
    const char *text = json_string_value(json_object_get(json_object_get(doc, "meta"), name));
    apr_time_t t;

    ck_assert_int_eq(scim_time_parse(&t, text), 1);
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, t / 1000);
}

/* A resource of the generator as it is stored; its times are put aside. */
static json_t *make(filter_gen_t *g, unsigned number, const char **created, const char **modified)
{
    json_t *doc = filter_gen_resource(g, number, pool);

    *created = time_text(doc, "created");
    *modified = time_text(doc, "lastModified");
    json_object_del(doc, "meta");
    json_object_del(doc, "groups");
    json_object_del(doc, "members");
    json_object_set_new(doc, "id", json_string(apr_psprintf(pool, "%s-%s", g->type->name,
                                                            db_id(doc))));
    if (strcmp(g->type->name, "Group") == 0) {
        const char *name = json_string_value(json_object_get(doc, "displayName"));
        json_object_set_new(doc, "displayName",
                            json_string(apr_psprintf(pool, "%s %u", name, number)));
    } else if (number % 40 == 7) {
        /* Longer than the first statement reads. */
        char *title = apr_pcalloc(pool, 6001);
        memset(title, 'l', 6000);
        json_object_set_new(doc, "title", json_string(title));
    }
    return doc;
}

typedef struct filling_t {
    filter_gen_t *users;
    filter_gen_t *groups;
    const char **ids;
    scim_dbd_t *db;
} filling_t;

/* All in one write: a commit each would take longer than all the rest. */
static scim_error_t *fill_fn(void *baton, scim_store_t *store, apr_pool_t *p)
{
    const filling_t *f = baton;
    scim_error_t *err = NULL;
    int i;

    for (i = 0; i < USERS + GROUPS && !err; i++) {
        filter_gen_t *g = i < USERS ? f->users : f->groups;
        const char *args[4];
        json_t *doc = make(g, (unsigned)i, &args[0], &args[1]);
        scim_stmt_t times = {"UPDATE scim_resource SET created = %s, modified = %s "
                             "WHERE tenant = %s AND id = %s", 1, args, 4, 0};
        scim_row_t *row;
        args[2] = db_env_tenant(env)->name;
        args[3] = f->ids[i] = db_id(doc);
        err = scim_store_insert(&row, store, g->type, doc, p);
        if (!err) {
            err = scim_dbd_exec(NULL, f->db, &times, p);
        }
    }
    return err;
}

static void fill(filter_gen_t *users, filter_gen_t *groups)
{
    static const char *ids[USERS + GROUPS];
    const char *some[20];
    db_request_t r = db_request(env);
    filling_t f = {users, groups, ids, r.db};
    int i;
    int n;

    db_ok(scim_store_write(r.store, fill_fn, &f));
    for (i = USERS; i < USERS + GROUPS; i++) {
        scim_member_step_t step = {SCIM_MEMBER_ADD, some, 0, NULL};
        n = (int)filter_gen_below(groups, 20);
        while (step.n < n) {
            some[step.n++] = ids[filter_gen_below(groups, (unsigned)i)];
        }
        db_ok(db_members(NULL, NULL, &r, ids[i], &step));
    }
    db_request_end(&r);
    /* Filters on references ask for ids that exist. */
    users->ids = ids + USERS - 5;
    users->nids = 20;
    groups->ids = ids + USERS - 30;
    groups->nids = 40;
}

/* ---- the reference ---- */

typedef struct world_t {
    const scim_resource_type_t *type;
    int n;
    const char **ids;
    json_t **trees;
} world_t;

static apr_array_header_t *refs_of(const world_t *w, db_request_t *r, const scim_row_t *row)
{
    apr_array_header_t *refs;
    apr_int64_t after = 0;

    if (strcmp(w->type->name, "User") == 0) {
        db_ok(scim_store_groups_of(&refs, r->store, row, pool));
        return refs;
    }
    db_ok(scim_store_members(&refs, &after, r->store, row->rid, 1000, pool));
    return refs;
}

static world_t load(const char *type)
{
    world_t w = {db_type(type), 0, NULL, NULL};
    db_request_t r = db_request(env);
    scim_list_t l = {w.type, NULL, 0, 1000, NULL};
    scim_view_t view = {"", w.type, NULL};
    apr_array_header_t *rows;
    apr_int64_t total;
    int i;

    db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
    w.n = rows->nelts;
    w.ids = apr_palloc(pool, sizeof(*w.ids) * (size_t)w.n);
    w.trees = apr_palloc(pool, sizeof(*w.trees) * (size_t)w.n);
    for (i = 0; i < w.n; i++) {
        const scim_row_t *row = &APR_ARRAY_IDX(rows, i, scim_row_t);
        apr_array_header_t *refs = refs_of(&w, &r, row);
        w.ids[i] = row->id;
        db_ok(scim_render_tree(&w.trees[i], row,
                               refs ? (const scim_ref_t *)(const void *)refs->elts : NULL,
                               refs ? refs->nelts : 0, &view, pool));
    }
    db_request_end(&r);
    return w;
}

/* ---- the comparison ---- */

typedef enum kind_t { UNTRANSLATED, PARTIAL, EXACT } kind_t;

static int kinds[3]; /* filters compared of each kind */

static kind_t kind_of(const scim_filter_t *f, const scim_resource_type_t *type, apr_pool_t *p)
{
    int exact;

    if (!scim_sql_filter(scim_sql_make(p), &exact, f, "t", type)) {
        return UNTRANSLATED;
    }
    return exact ? EXACT : PARTIAL;
}

static void check_page(const world_t *w, const char *text, const scim_filter_t *f, int offset,
                       int limit)
{
    db_request_t r = db_request(env);
    scim_list_t l = {w->type, f, offset, limit, NULL};
    apr_array_header_t *rows;
    apr_int64_t total;
    int matched = 0;
    int shown = 0;
    int i;

    db_ok(scim_store_list(&rows, &total, r.store, &l, r.pool));
    for (i = 0; i < w->n; i++) {
        if (!scim_match(f, w->trees[i], r.pool)) {
            continue;
        }
        if (matched >= offset && shown < limit) {
            ck_assert_msg(shown < rows->nelts, "%s: %s is missing", text, w->ids[i]);
            ck_assert_msg(strcmp(APR_ARRAY_IDX(rows, shown, scim_row_t).id, w->ids[i]) == 0,
                          "%s: %s instead of %s", text, APR_ARRAY_IDX(rows, shown, scim_row_t).id,
                          w->ids[i]);
            shown++;
        }
        matched++;
    }
    ck_assert_msg(rows->nelts == shown, "%s: %d rows instead of %d", text, rows->nelts, shown);
    ck_assert_msg(total == matched, "%s: total %d instead of %d", text, (int)total, matched);
    db_request_end(&r);
}

/*
 * @param some 1: leave out most of the filters that SQL has no part in
 * @return 1 if the filter was compared
 */
static int check_filter(const world_t *w, const char *text, int some)
{
    static unsigned left_out;
    apr_pool_t *p;
    const scim_filter_t *f;
    scim_error_t *err;
    kind_t kind;

    apr_pool_create(&p, pool);
    err = scim_filter_parse(&f, text, w->type, NULL, p);
    ck_assert_msg(err == NULL, "%s: %s", text, err ? err->detail : "");
    kind = kind_of(f, w->type, p);
    if (some && kind == UNTRANSLATED && left_out++ % 8 != 0) {
        apr_pool_destroy(p);
        return 0;
    }
    kinds[kind]++;
    check_page(w, text, f, 0, 1000);
    if (kind == EXACT) {
        check_page(w, text, f, 1, 2);
    }
    apr_pool_destroy(p);
    return 1;
}

static apr_uint64_t seed(void)
{
    const char *given = getenv("SCIM_TEST_SEED");
    apr_uint64_t value = given ? strtoull(given, NULL, 10)
                               : (apr_uint64_t)apr_time_now() ^ (apr_uint64_t)getpid();

    printf("SCIM_TEST_SEED=%llu\n", (unsigned long long)value);
    return value;
}

static int rounds(void)
{
    const char *given = getenv("SCIM_TEST_FILTERS");

    return given ? atoi(given) : 2000;
}

static void compare_random(int n, filter_gen_t *users, filter_gen_t *groups)
{
    world_t user_world = load("User");
    world_t group_world = load("Group");
    apr_pool_t *p;
    int i;
    int done = 0;

    apr_pool_create(&p, pool);
    for (i = 0; done < n; i++) {
        int user = i % 4 != 3;
        done += check_filter(user ? &user_world : &group_world,
                             filter_gen_filter(user ? users : groups, p), 1);
        if (i % 100 == 99) {
            /* SQLite keeps all statements of a connection, and takes only so many. */
            db_env_drop_idle(env);
            apr_pool_clear(p);
        }
    }
    apr_pool_destroy(p);
}

START_TEST(random_filters)
{
    apr_uint64_t s = seed();
    filter_gen_t users;
    filter_gen_t groups;
    int n = rounds();

    filter_gen_init(&users, s, db_type("User"));
    filter_gen_init(&groups, s + 1, db_type("Group"));
    fill(&users, &groups);
    compare_random(n, &users, &groups);
    printf("%d exact, %d narrowed, %d left to the matcher\n", kinds[EXACT], kinds[PARTIAL],
           kinds[UNTRANSLATED]);
    /* Each way is really gone. */
    ck_assert_int_gt(kinds[EXACT], n / 20);
    ck_assert_int_gt(kinds[PARTIAL], n / 20);
    ck_assert_int_gt(kinds[UNTRANSLATED], n / 20);
}
END_TEST

/* Values too long for the index: SQL alone cannot answer `co` and `ew` any more. */
START_TEST(random_filters_with_cut_values)
{
    static const char *const tails[] = {"alice", "WORK", "\xf0\x9f\x98\x80", "a", "x@example.com"};
    apr_uint64_t s = seed();
    filter_gen_t users;
    filter_gen_t groups;
    int i;

    filter_gen_init(&users, s, db_type("User"));
    filter_gen_init(&groups, s + 1, db_type("Group"));
    fill(&users, &groups);
    for (i = 0; i < 5; i++) {
        json_t *doc = db_user(apr_psprintf(pool, "long%d", i), pool);
        scim_buf_t *b = scim_buf_make(0, pool);
        while (b->len < (size_t)(1015 + i)) {
            scim_buf_puts(b, i % 2 ? "\xc3\x89" : "B");
        }
        scim_buf_puts(b, tails[i]);
        json_object_set_new(doc, "displayName", json_string(b->data));
        db_put(env, doc);
    }
    compare_random(rounds() / 4, &users, &groups);
}
END_TEST

START_TEST(operands_around_the_index_limit)
{
    static const int lengths[] = {1015, 1016, 1017, 1018, 1019, 1020, 1021, 1025};
    static const char *const ops[] = {"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"};
    world_t w;
    size_t i;
    size_t j;

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        json_t *doc = db_user(apr_psprintf(pool, "u%d", (int)i), pool);
        char *text = apr_pcalloc(pool, (size_t)lengths[i] + 1);
        memset(text, 'a', (size_t)lengths[i]);
        json_object_set_new(doc, "displayName", json_string(text));
        db_put(env, doc);
        doc = db_user(apr_psprintf(pool, "v%d", (int)i), pool);
        text = apr_pstrdup(pool, text);
        text[lengths[i] - 1] = 'b';
        json_object_set_new(doc, "displayName", json_string(text));
        db_put(env, doc);
        /* Cut before its last character, wherever that begins. */
        doc = db_user(apr_psprintf(pool, "w%d", (int)i), pool);
        text[lengths[i] - 1] = 'a';
        text = apr_pstrcat(pool, text, "\xf0\x9f\x98\x80", NULL);
        json_object_set_new(doc, "displayName", json_string(text));
        db_put(env, doc);
    }
    w = load("User");
    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char *text = apr_pcalloc(pool, (size_t)lengths[i] + 1);
        memset(text, 'A', (size_t)lengths[i]);
        for (j = 0; j < sizeof(ops) / sizeof(ops[0]); j++) {
            check_filter(&w, apr_psprintf(pool, "displayName %s \"%s\"", ops[j], text), 0);
            check_filter(&w, apr_psprintf(pool, "not (displayName %s \"%s\")", ops[j], text + 1000),
                         0);
        }
    }
}
END_TEST

/* Written cases for what random filters rarely hit. */
START_TEST(written_filters)
{
    static const char *const filters[] = {
        "externalId ne \"x\"", "externalId eq null", "externalId ne null", "not (externalId pr)",
        "externalId eq \"\"", "externalId co \"\"", "externalId ew \"\"", "externalId sw \"\"",
        "not (externalId sw \"\")", "not (externalId co \"100%\")", "userName sw \"100%\"",
        "userName co \"_\"", "userName co \"%\"", "userName ew \"%\"", "active eq true",
        "active ne true", "active eq false", "not (active eq false)", "active pr",
        "not (active pr)", "emails pr", "not (emails pr)", "emails co \"EXAMPLE\"",
        "emails[value co \"example\" and type eq \"work\"]",
        "not (emails[value co \"example\" and type eq \"work\"])",
        "emails[value eq \"u@example.com\"]", "not (emails[value eq \"u@example.com\"])",
        "emails[not (value eq \"u@example.com\")]", "emails[value ne \"u@example.com\"]",
        "emails[value sw \"u\" or value sw \"v\"]", "emails.value gt \"u\"",
        "emails.value le \"U@example.com\"", "emails.value ew \"\xc3\x84@EXAMPLE.com\"",
        "meta.created gt \"2011-05-13T04:42:34Z\"", "meta.created eq \"2011-05-13T04:42:34.0001Z\"",
        "not (meta.created eq \"2011-05-13T04:42:34.0001Z\")",
        "meta.lastModified le \"2999-01-01T00:00:00Z\" and id pr",
        "meta.lastModified ge \"1969-12-31T23:59:59.9995Z\"",
        "meta.created lt \"1969-12-31T23:59:59.9995Z\"",
        "meta.created le \"1969-12-31T23:59:59.9995Z\"",
        "meta.created gt \"1969-12-31T23:59:59.9985Z\"",
        "meta.created ge \"1969-12-31T23:59:59.9985Z\"",
        "meta.created ge \"2011-05-13T04:42:34.0005Z\"",
        "meta.created gt \"2011-05-13T04:42:34.0005Z\"",
        "meta.created lt \"2011-05-13T04:42:34.0005Z\"",
        "meta.created le \"2011-05-13T04:42:34.0005Z\"",
        "not (meta.created le \"2011-05-13T04:42:34.0005Z\")",
        "emails[value sw \"one\" and value sw \"two\"]",
        "emails[value sw \"one\" and value ew \"com\"]",
        "emails.value sw \"one\" and emails.value sw \"two\"", "groups pr", "not (groups pr)",
        "groups.display co \"g\"", "groups[type eq \"direct\"]",
        "not (groups[display eq \"G\"])", "groups.value ne \"x\"",
        "title pr and (userName sw \"u\" or title eq \"x\")",
        "not (title pr and userName sw \"u\")", "not (title pr or not (userName sw \"u\"))",
        "userName sw \"u\" and not (externalId eq \"e\" or title eq \"t\")",
        "userName gt \"u\" and userName lt \"v\"", "id pr", "not (id pr)", "id eq \"x\"",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"R&D\"",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department ne \"R&D\"",
        "schemas co \"enterprise\"", "meta.resourceType eq \"User\"",
        "name.familyName sw \"fam\" and name.givenName eq \"GIVEN\"",
        "userName eq \"u\" or emails.value eq \"v\xc3\x84@example.com\"",
        "emails[value eq \"u@example.com\"] or emails.value eq \"one@x.com\" or id eq \"x\"",
        "not (userName eq \"u\" or emails.value eq \"u_x@example.com\")",
        "(externalId eq \"e\" or name.givenName eq \"given\") and active eq true",
        "externalId eq \"\" or emails.value eq \"nobody\"",
        "externalId eq null or emails.value eq \"u@example.com\"",
        "emails.value eq \"u@example.com\" or emails.value ne \"u@example.com\"",
        "emails.value eq \"u@example.com\" or title eq \"t\""};
    static const char *const names[] = {"u", "U%", "u_x", "v\xc3\xa4", "100%", "w \\ w"};
    static const char *const created[] = {"-2", "-1", "0", "1305261754000", "1305261754001",
                                          "1795395723456"};
    const char *group = db_put(env, db_group("G", pool));
    db_request_t r = db_request(env);
    world_t w;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_t *doc = db_user(names[i], pool);
        const char *id;
        if (i % 2) {
            json_object_set_new(doc, "externalId", json_string(i == 1 ? "" : "e"));
            json_object_set_new(doc, "title", json_string("T"));
            json_object_del(doc, "active");
        }
        if (i == 2) {
            json_object_set_new(doc, "active", json_false());
            json_object_del(doc, "emails");
            json_object_set_new(doc, SCIM_URN_ENTERPRISE, json_pack("{s:s}", "department", "r&d"));
        }
        if (i == 3) {
            json_object_set_new(doc, "emails", json_pack("[{s:s}, {s:s}]", "value", "one@x.com",
                                                         "value", "two@x.com"));
        }
        id = db_put(env, doc);
        db_sql(env, apr_psprintf(pool, "UPDATE scim_resource SET created = %s WHERE id = '%s'",
                                 created[i], id));
        if (i < 2) {
            scim_member_step_t add = {SCIM_MEMBER_ADD, &id, 1, NULL};
            db_ok(db_members(NULL, NULL, &r, group, &add));
        }
    }
    db_request_end(&r);
    w = load("User");
    ck_assert_int_eq(w.n, (int)(sizeof(names) / sizeof(names[0])));
    for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        check_filter(&w, filters[i], 0);
    }
}
END_TEST

/* As many terms as are allowed, all by way of the index: the planner must not drown in joins. */
START_TEST(many_terms)
{
    static const char *const joints[] = {" and ", " or "};
    scim_buf_t *b;
    world_t w;
    int i;
    int j;

    for (i = 0; i < 5; i++) {
        db_put(env, db_user(apr_psprintf(pool, "u%d", i), pool));
    }
    w = load("User");
    for (j = 0; j < 2; j++) {
        b = scim_buf_make(0, pool);
        for (i = 0; i < 200; i++) {
            scim_buf_puts(b, i ? joints[j] : "");
            scim_buf_printf(b, i % 2 ? "emails.value sw \"u\"" : "not (name.familyName eq \"%d\")",
                            i);
        }
        check_filter(&w, b->data, 0);
    }
}
END_TEST

/* More different filters than a connection keeps statements. */
START_TEST(more_filters_than_statements)
{
    world_t w;
    int i;

    for (i = 0; i < 8; i++) {
        db_put(env, db_user(apr_psprintf(pool, "u%d", i), pool));
    }
    w = load("User");
    for (i = 1; i < 400; i++) {
        scim_buf_t *b = scim_buf_make(0, pool);
        int bit;
        scim_buf_puts(b, "userName pr");
        for (bit = 0; bit < 9; bit++) {
            scim_buf_printf(b, i >> bit & 1 ? " and not (userName eq \"u%d\")"
                                            : " and userName co \"u\"", bit);
        }
        check_filter(&w, b->data, 0);
    }
    ck_assert_int_eq(db_env_connections(env), 1);
}
END_TEST

START_TEST(after_a_prefix)
{
    static const char *const cases[][2] = {
        {"a", "b"}, {"az", "a{"}, {"\x7f", "\xc2\x80"}, {"\xdf\xbf", "\xe0\xa0\x80"},
        {"\xed\x9f\xbf", "\xee\x80\x80"}, {"\xef\xbf\xbf", "\xf0\x90\x80\x80"},
        {"a\xf4\x8f\xbf\xbf", "b"}, {"\xf4\x8f\xbf\xbf", NULL}, {"", NULL}};
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *got = scim_sql_after_prefix(cases[i][0], pool);
        if (cases[i][1]) {
            ck_assert_str_eq(got, cases[i][1]);
        } else {
            ck_assert_ptr_null(got);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store filter");
    TCase *tc = tcase_create("filters");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 500);
    tcase_add_test(tc, random_filters);
    tcase_add_test(tc, random_filters_with_cut_values);
    tcase_add_test(tc, operands_around_the_index_limit);
    tcase_add_test(tc, written_filters);
    tcase_add_test(tc, many_terms);
    tcase_add_test(tc, more_filters_than_statements);
    tcase_add_test(tc, after_a_prefix);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
