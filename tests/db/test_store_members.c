/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Group membership. */
#include "db_env.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#define MANY 1000

static db_env_t *env;
static apr_pool_t *pool;
static const char *group;
static const char *ids[MANY + 1];

static void setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
    group = db_put(env, db_group("Group", pool));
}

static void teardown(void)
{
    db_env_close(env);
}

static void make_users(int n)
{
    int i;

    for (i = 0; i < n; i++) {
        ids[i] = db_put(env, db_user(apr_psprintf(pool, "user%04d", i), pool));
    }
}

typedef struct result_t {
    scim_error_t *err;
    int changed;
    int unknown;
    unsigned statements;
} result_t;

static result_t apply_to(const char *to, scim_member_op_t op, const char *const *list, int n,
                         const char *filter)
{
    db_request_t r = db_request(env);
    scim_member_step_t step = {op, list, n, NULL};
    result_t result = {NULL, -1, -1, 0};
    const scim_attr_t *attr = scim_type_attr_at(db_type("Group"), SCIM_AT_MEMBERS);
    unsigned takes;

    if (filter) {
        db_ok(scim_filter_parse_value(&step.filter, filter, strlen(filter), attr, NULL,
                                      SCIM_TYPE_INVALID_PATH, pool));
    }
    result.err = db_members(&result.changed, &result.unknown, &r, to, &step);
    if (result.err) {
        result.err = apr_pmemdup(pool, result.err, sizeof(*result.err));
        result.err->detail = apr_pstrdup(pool, result.err->detail);
    }
    scim_dbd_counts(r.db, &result.statements, &takes);
    db_request_end(&r);
    return result;
}

static result_t apply(scim_member_op_t op, const char *const *list, int n)
{
    result_t result = apply_to(group, op, list, n, NULL);

    db_ok(result.err);
    return result;
}

/* The members of a group by reading pages of a given size. */
static apr_array_header_t *members_of(const char *id, int page)
{
    apr_array_header_t *all = apr_array_make(pool, 16, sizeof(scim_ref_t));
    db_request_t r = db_request(env);
    apr_array_header_t *refs;
    apr_int64_t after = 0;
    scim_row_t *row;

    db_ok(scim_store_get(&row, r.store, db_type("Group"), id, pool));
    do {
        db_ok(scim_store_members(&refs, &after, r.store, row->rid, page, pool));
        ck_assert_int_le(refs->nelts, page);
        apr_array_cat(all, refs);
    } while (refs->nelts);
    db_request_end(&r);
    return all;
}

static int count(void)
{
    return (int)db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s");
}

START_TEST(add_and_read)
{
    apr_array_header_t *all;
    result_t result;
    const char *other = db_put(env, db_group("Inner", pool));
    int i;

    make_users(25);
    ids[25] = other;
    result = apply(SCIM_MEMBER_ADD, ids, 26);
    ck_assert_int_eq(result.changed, 26);
    ck_assert_int_eq(result.unknown, 0);
    all = members_of(group, 10);
    ck_assert_int_eq(all->nelts, 26);
    /* In order of creation; the inner group was made first. */
    ck_assert_ptr_eq(APR_ARRAY_IDX(all, 0, scim_ref_t).type, db_type("Group"));
    ck_assert_str_eq(APR_ARRAY_IDX(all, 0, scim_ref_t).display, "Inner");
    for (i = 0; i < 25; i++) {
        ck_assert_str_eq(APR_ARRAY_IDX(all, i + 1, scim_ref_t).id, ids[i]);
        ck_assert_ptr_eq(APR_ARRAY_IDX(all, i + 1, scim_ref_t).type, db_type("User"));
    }
    result = apply(SCIM_MEMBER_ADD, ids, 26);
    ck_assert_int_eq(result.changed, 0);
    ck_assert_int_eq(result.unknown, 0);
    ck_assert_int_eq(count(), 26);
}
END_TEST

START_TEST(a_thousand_in_few_statements)
{
    result_t result;

    make_users(MANY);
    result = apply(SCIM_MEMBER_ADD, ids, MANY);
    ck_assert_int_eq(result.changed, MANY);
    /* lock; for each 255 their numbers, the members, and the users' rows */
    ck_assert_uint_eq(result.statements, 1 + 3 * 4);
    ck_assert_int_eq(members_of(group, 300)->nelts, MANY);
    /* One more costs the same in a large group. */
    ids[MANY] = db_put(env, db_user("one more", pool));
    result = apply(SCIM_MEMBER_ADD, ids + MANY, 1);
    ck_assert_uint_eq(result.statements, 4); /* lock, number, insert, the rows */
    result = apply(SCIM_MEMBER_REMOVE, ids, 1);
    ck_assert_uint_eq(result.statements, 4);
    ck_assert_int_eq(result.changed, 1);
    result = apply(SCIM_MEMBER_REPLACE, ids + 1, MANY - 1);
    ck_assert_int_eq(result.changed, 1);
    result = apply(SCIM_MEMBER_REMOVE, ids, MANY);
    ck_assert_int_eq(result.changed, MANY - 1);
    ck_assert_int_eq(count(), 0);
}
END_TEST

START_TEST(replace_is_a_difference)
{
    result_t result;

    make_users(10);
    apply(SCIM_MEMBER_ADD, ids, 6);
    result = apply(SCIM_MEMBER_REPLACE, ids + 4, 6);
    ck_assert_int_eq(result.changed, 8); /* four out, four in */
    ck_assert_int_eq(members_of(group, 100)->nelts, 6);
    ck_assert_str_eq(APR_ARRAY_IDX(members_of(group, 100), 0, scim_ref_t).id, ids[4]);
    result = apply(SCIM_MEMBER_REPLACE, ids + 4, 6);
    ck_assert_int_eq(result.changed, 0);
    result = apply(SCIM_MEMBER_REPLACE, NULL, 0);
    ck_assert_int_eq(result.changed, 6);
    ck_assert_int_eq(count(), 0);
}
END_TEST

START_TEST(unknown_ids)
{
    db_env_t *other = db_env_open(NULL);
    char longer[100];
    const char *list[5];
    result_t result;

    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    make_users(2);
    list[0] = ids[0];
    list[1] = "no-such-id";
    list[2] = longer;
    /* Another tenant's user, in the same database where there is one server. */
    list[3] = db_put(other, db_user("stranger", pool));
    list[4] = ids[1];
    result = apply(SCIM_MEMBER_ADD, list, 5);
    ck_assert_int_eq(result.changed, 2);
    ck_assert_int_eq(result.unknown, 3);
    result = apply(SCIM_MEMBER_REPLACE, list, 4);
    ck_assert_int_eq(result.changed, 1);
    ck_assert_int_eq(result.unknown, 3);
    /* To remove who is not there is done already. */
    result = apply(SCIM_MEMBER_REMOVE, list, 4);
    ck_assert_int_eq(result.changed, 1);
    ck_assert_int_eq(result.unknown, 0);

    db_env_tenant(env)->reject_unknown_members = 1;
    result = apply_to(group, SCIM_MEMBER_ADD, list, 5, NULL);
    ck_assert_int_eq(result.err->status, 400);
    ck_assert_int_eq(result.err->type, SCIM_TYPE_INVALID_VALUE);
    ck_assert_int_eq(count(), 0);
    db_ok(apply_to(group, SCIM_MEMBER_REMOVE, list, 5, NULL).err);
    db_env_close(other);
}
END_TEST

START_TEST(a_group_does_not_contain_itself)
{
    result_t result = apply_to(group, SCIM_MEMBER_ADD, &group, 1, NULL);

    ck_assert_int_eq(result.err->status, 400);
    ck_assert_int_eq(result.err->type, SCIM_TYPE_INVALID_VALUE);
    result = apply_to(group, SCIM_MEMBER_REPLACE, &group, 1, NULL);
    ck_assert_int_eq(result.err->status, 400);
    ck_assert_int_eq(count(), 0);
    db_ok(apply_to(group, SCIM_MEMBER_REMOVE, &group, 1, NULL).err);
}
END_TEST

START_TEST(remove_by_filter)
{
    const char *inner = db_put(env, db_group("Inner", pool));
    result_t result;

    make_users(20);
    apply(SCIM_MEMBER_ADD, ids, 20);
    apply(SCIM_MEMBER_ADD, &inner, 1);
    result = apply_to(group, SCIM_MEMBER_FILTER, NULL, 0, "display sw \"USER001\"");
    db_ok(result.err);
    ck_assert_int_eq(result.changed, 10);
    result = apply_to(group, SCIM_MEMBER_FILTER, NULL, 0, "type eq \"Group\"");
    ck_assert_int_eq(result.changed, 1);
    result = apply_to(group, SCIM_MEMBER_FILTER, NULL, 0, "type eq \"Group\"");
    db_ok(result.err);
    ck_assert_int_eq(result.changed, 0);
    ck_assert_int_eq(count(), 10);
}
END_TEST

START_TEST(several_steps_in_order)
{
    scim_member_step_t none = {SCIM_MEMBER_ADD, NULL, 0, NULL};
    result_t result;
    const char *list[2];
    db_request_t r = db_request(env);

    make_users(3);
    list[0] = ids[0];
    list[1] = ids[0]; /* twice in one list: no harm */
    result = apply(SCIM_MEMBER_ADD, list, 2);
    ck_assert_int_eq(result.changed, 1);
    ck_assert_int_eq(db_members(NULL, NULL, &r, ids[0], &none)->status, 404); /* a user */
    db_request_end(&r);
}
END_TEST

static scim_error_t *plan_fn(void *baton, scim_store_t *store, apr_pool_t *p)
{
    const scim_patch_t *plan = baton;
    scim_group_t locked = {.access = SCIM_GROUP_LOCKED};
    scim_membership_t done;
    scim_error_t *err = scim_store_lock(&locked.row, store, db_type("Group"), group, p);

    return err ? err : scim_store_members_apply(&done, store, &locked, plan, p);
}

/* Operations times members is what a client can make the store do while the group is locked. */
START_TEST(filters_have_a_bound)
{
    static scim_member_step_t steps[1200];
    const scim_attr_t *attr = scim_type_attr_at(db_type("Group"), SCIM_AT_MEMBERS);
    scim_patch_t few = {NULL, 0, steps, 100, NULL};
    scim_patch_t many = {NULL, 0, steps, 1200, NULL};
    db_request_t r = db_request(env);
    scim_error_t *err;
    size_t i;

    make_users(MANY);
    apply(SCIM_MEMBER_ADD, ids, MANY);
    for (i = 0; i < 1200; i++) {
        steps[i].op = SCIM_MEMBER_FILTER;
        db_ok(scim_filter_parse_value(&steps[i].filter, "display eq \"nobody\"", 19, attr, NULL,
                                      SCIM_TYPE_INVALID_PATH, pool));
    }
    db_ok(scim_store_write(r.store, plan_fn, &few));
    err = scim_store_write(r.store, plan_fn, &many);
    ck_assert_ptr_nonnull(err);
    ck_assert_int_eq(err->status, 413);
    ck_assert_int_eq(count(), MANY);
    db_request_end(&r);
}
END_TEST

START_TEST(deleting_a_group)
{
    const char *inner = db_put(env, db_group("Inner", pool));
    db_request_t r = db_request(env);

    make_users(3);
    db_ok(apply_to(inner, SCIM_MEMBER_ADD, ids, 3, NULL).err);
    apply(SCIM_MEMBER_ADD, &inner, 1);
    ck_assert_int_eq(count(), 4);
    db_ok(db_change(NULL, &r, "Group", inner, NULL));
    ck_assert_int_eq(count(), 0);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), 4);
    db_request_end(&r);
}
END_TEST

START_TEST(lists_by_membership)
{
    apr_array_header_t *rows;
    apr_int64_t total;
    scim_list_t l = {db_type("Group"), NULL, 0, 10, NULL};
    db_request_t r = db_request(env);

    make_users(3);
    apply(SCIM_MEMBER_ADD, ids, 2);
    l.filter = db_filter(apr_psprintf(pool, "members.value eq \"%s\"", ids[1]), "Group", pool);
    db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
    ck_assert_int_eq(total, 1);
    l.filter = db_filter(apr_psprintf(pool, "members eq \"%s\"", ids[2]), "Group", pool);
    db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
    ck_assert_int_eq(total, 0);
    l.filter = db_filter("members.display eq \"USER0001\"", "Group", pool);
    db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
    ck_assert_int_eq(total, 1);
    l.type = db_type("User");
    l.filter = db_filter("groups[display eq \"group\" and type eq \"direct\"]", "User", pool);
    db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
    ck_assert_int_eq(total, 2);
    l.filter = db_filter(apr_psprintf(pool, "groups.value eq \"%s\"", group), "User", pool);
    db_ok(scim_store_list(&rows, &total, r.store, &l, pool));
    ck_assert_int_eq(total, 2);
    /* Members looked at one by one count as well. */
    db_env_tenant(env)->max_scan = 2;
    l.type = db_type("Group");
    l.filter = db_filter("members.display eq \"x\"", "Group", pool);
    ck_assert_int_eq(scim_store_list(&rows, &total, r.store, &l, pool)->type, SCIM_TYPE_TOO_MANY);
    db_request_end(&r);
}
END_TEST

/* ---- what a user's row repeats of it ---- */

static void add_to(const char *to, const char *id)
{
    db_ok(apply_to(to, SCIM_MEMBER_ADD, &id, 1, NULL).err);
}

/* The names of the groups that a user shows, each in brackets. */
static const char *groups_shown(const char *id)
{
    db_request_t r = db_request(env);
    apr_array_header_t *refs;
    const char *shown = "";
    scim_row_t *row;
    int i;

    db_ok(scim_store_get(&row, r.store, db_type("User"), id, pool));
    db_ok(scim_store_groups_of(&refs, r.store, row, pool));
    for (i = 0; i < refs->nelts; i++) {
        shown =
            apr_pstrcat(pool, shown, "[", APR_ARRAY_IDX(refs, i, scim_ref_t).display, "]", NULL);
    }
    db_request_end(&r);
    return shown;
}

static void rename_to(json_t *doc, const char *name)
{
    db_request_t r = db_request(env);

    json_object_set_new(doc, "displayName", json_string(name));
    db_ok(db_change(NULL, &r, "Group", db_id(doc), doc));
    db_request_end(&r);
}

START_TEST(a_user_shows_its_groups)
{
    json_t *doc = db_group("Second", pool);
    const char *second = db_put(env, doc);
    db_request_t r = db_request(env);

    make_users(3);
    add_to(group, ids[0]);
    add_to(second, ids[0]);
    add_to(second, ids[1]);
    add_to(second, ids[1]);
    ck_assert_str_eq(groups_shown(ids[0]), "[Group][Second]");
    ck_assert_str_eq(groups_shown(ids[1]), "[Second]");
    ck_assert_str_eq(groups_shown(ids[2]), "");
    rename_to(doc, "Renamed");
    ck_assert_str_eq(groups_shown(ids[0]), "[Group][Renamed]");
    ck_assert_str_eq(groups_shown(ids[1]), "[Renamed]");
    db_ok(apply_to(second, SCIM_MEMBER_REPLACE, ids + 1, 2, NULL).err);
    ck_assert_str_eq(groups_shown(ids[0]), "[Group]");
    ck_assert_str_eq(groups_shown(ids[2]), "[Renamed]");
    db_ok(db_change(NULL, &r, "Group", second, NULL));
    ck_assert_str_eq(groups_shown(ids[0]), "[Group]");
    ck_assert_str_eq(groups_shown(ids[1]), "");
    db_ok(apply_to(group, SCIM_MEMBER_REPLACE, NULL, 0, NULL).err);
    ck_assert_str_eq(groups_shown(ids[0]), "");
    db_request_end(&r);
}
END_TEST

static apr_int64_t version_of(const char *type, const char *id)
{
    db_request_t r = db_request(env);
    apr_int64_t version;
    scim_row_t *row;

    db_ok(scim_store_get(&row, r.store, db_type(type), id, pool));
    version = row->version;
    db_request_end(&r);
    return version;
}

/* Else a client would be told that nothing has changed. */
START_TEST(versions_follow_what_is_shown)
{
    json_t *doc = db_group("Second", pool);
    const char *second = db_put(env, doc);
    db_request_t r = db_request(env);
    apr_int64_t before;

    make_users(2);
    add_to(second, ids[0]);
    ck_assert_int_eq(version_of("User", ids[0]), 2);
    ck_assert_int_eq(version_of("User", ids[1]), 1);
    add_to(second, ids[0]);
    ck_assert_int_eq(version_of("User", ids[0]), 2);
    rename_to(doc, "Renamed");
    ck_assert_int_eq(version_of("User", ids[0]), 3);
    db_ok(apply_to(second, SCIM_MEMBER_REPLACE, ids, 2, NULL).err);
    ck_assert_int_eq(version_of("User", ids[0]), 3);
    ck_assert_int_eq(version_of("User", ids[1]), 2);
    add_to(group, second); /* from now on its users are in both */
    ck_assert_int_eq(version_of("User", ids[0]), 4);
    before = version_of("Group", second);
    db_ok(db_change(NULL, &r, "User", ids[1], NULL));
    ck_assert_int_eq(version_of("Group", second), before + 1);
    before = version_of("Group", group);
    db_ok(db_change(NULL, &r, "Group", second, NULL));
    ck_assert_int_eq(version_of("User", ids[0]), 5);
    ck_assert_int_eq(version_of("Group", group), before + 1);
    db_request_end(&r);
}
END_TEST

/* Names with every character of the entries' form, and one that holds another group's entry. */
START_TEST(names_cannot_look_like_entries)
{
    const char *odd = "a\\b\nc\rd\\n \\";
    const char *entry = apr_psprintf(pool, "x\r\n%s Group\r", group);
    const char *first = db_put(env, db_group(odd, pool));
    const char *second = db_put(env, db_group(entry, pool));

    make_users(1);
    add_to(first, ids[0]);
    add_to(second, ids[0]);
    add_to(group, ids[0]);
    ck_assert_str_eq(groups_shown(ids[0]),
                     apr_pstrcat(pool, "[", odd, "][", entry, "][Group]", NULL));
    db_ok(apply_to(group, SCIM_MEMBER_REMOVE, ids, 1, NULL).err);
    ck_assert_str_eq(groups_shown(ids[0]), apr_pstrcat(pool, "[", odd, "][", entry, "]", NULL));
    db_ok(apply_to(second, SCIM_MEMBER_REMOVE, ids, 1, NULL).err);
    ck_assert_str_eq(groups_shown(ids[0]), apr_pstrcat(pool, "[", odd, "]", NULL));
}
END_TEST

/* More than is read at first; a nested group has no list of groups but its marks. */
START_TEST(a_user_in_many_groups)
{
    const char *inner = db_put(env, db_group("Inner", pool));
    const char *shown = "";
    int i;

    make_users(1);
    for (i = 0; i < 40; i++) {
        const char *name = apr_psprintf(pool, "%0200d", i);
        add_to(db_put(env, db_group(name, pool)), ids[0]);
        shown = apr_pstrcat(pool, shown, "[", name, "]", NULL);
    }
    ck_assert_str_eq(groups_shown(ids[0]), shown);
    add_to(group, inner);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE type = 'Group' "
                                   "AND LENGTH(member_of) > 1 AND tenant = %s"),
                     0);
}
END_TEST

/* A group made with members: what its creator is told is what there is to read. */
typedef struct creating_t {
    const json_t *doc;
    const scim_patch_t *plan;
    scim_row_t *row;
} creating_t;

static scim_error_t *create_fn(void *baton, scim_store_t *store, apr_pool_t *p)
{
    creating_t *c = baton;
    scim_group_t g = {.access = SCIM_GROUP_NEW};
    scim_membership_t done;
    scim_error_t *err = scim_store_insert(&g.row, store, db_type("Group"), c->doc, p);

    apr_sleep(5000); /* a later millisecond */
    if (!err) {
        err = scim_store_members_apply(&done, store, &g, c->plan, p);
    }
    c->row = err ? NULL : done.row;
    return err;
}

START_TEST(a_new_group_is_as_it_was_said)
{
    scim_member_step_t step = {SCIM_MEMBER_ADD, ids, 300, NULL};
    scim_patch_t plan = {.members = &step, .nmembers = 1};
    creating_t c = {db_group("New", pool), &plan, NULL};
    db_request_t r = db_request(env);
    scim_row_t *row;

    make_users(300);
    db_ok(scim_store_write(r.store, create_fn, &c));
    db_ok(scim_store_get(&row, r.store, db_type("Group"), db_id(c.doc), pool));
    ck_assert_int_eq(row->version, 1);
    ck_assert_int_eq(row->version, c.row->version);
    ck_assert_int_eq(row->members, 300);
    ck_assert_int_eq(row->members, c.row->members);
    ck_assert_int_eq(row->created, c.row->created);
    ck_assert_int_eq(row->modified, c.row->modified);
    db_request_end(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store members");
    TCase *tc = tcase_create("members");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, add_and_read);
    tcase_add_test(tc, a_thousand_in_few_statements);
    tcase_add_test(tc, replace_is_a_difference);
    tcase_add_test(tc, unknown_ids);
    tcase_add_test(tc, a_group_does_not_contain_itself);
    tcase_add_test(tc, remove_by_filter);
    tcase_add_test(tc, several_steps_in_order);
    tcase_add_test(tc, filters_have_a_bound);
    tcase_add_test(tc, deleting_a_group);
    tcase_add_test(tc, lists_by_membership);
    tcase_add_test(tc, a_user_shows_its_groups);
    tcase_add_test(tc, versions_follow_what_is_shown);
    tcase_add_test(tc, names_cannot_look_like_entries);
    tcase_add_test(tc, a_user_in_many_groups);
    tcase_add_test(tc, a_new_group_is_as_it_was_said);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
