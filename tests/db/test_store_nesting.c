/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Groups in groups: cycles, the indirect groups that users show, and versions that follow them. */
#include "db_nesting.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_nesting.h"

START_TEST(direct_and_indirect)
{
    nest_make(4, 3);
    ck_assert_int_eq(nest_add(groups[0], users[0]), 200);
    ck_assert_int_eq(nest_add(groups[1], groups[0]), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G0 (G1)");
    ck_assert_int_eq(nest_add(groups[2], groups[1]), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G0 (G1) (G2)");
    /* Into a group that is nested already. */
    ck_assert_int_eq(nest_add(groups[0], users[1]), 200);
    ck_assert_str_eq(nest_shown(users[1]), "G0 (G1) (G2)");
    /* In both ways: direct. */
    ck_assert_int_eq(nest_add(groups[2], users[1]), 200);
    ck_assert_str_eq(nest_shown(users[1]), "G0 G2 (G1)");
    /* By two ways, once. */
    ck_assert_int_eq(nest_add(groups[3], groups[0]), 200);
    ck_assert_int_eq(nest_add(groups[2], groups[3]), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G0 (G1) (G2) (G3)");
    ck_assert_int_eq(nest_drop(groups[1], groups[0]), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G0 (G2) (G3)");
    ck_assert_int_eq(nest_drop(groups[3], groups[0]), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G0");
    ck_assert_str_eq(nest_shown(users[1]), "G0 G2");
    ck_assert_str_eq(nest_shown(users[2]), "");
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_nesting WHERE tenant = %s"), 2);
}
END_TEST

/* In any kind of change, together with users. */
START_TEST(mixed_members)
{
    const char *list[4];

    nest_make(4, 2);
    list[0] = users[0];
    list[1] = groups[1];
    list[2] = users[1];
    list[3] = groups[2];
    nest_add(groups[1], users[0]);
    nest_add(groups[2], users[1]);
    ck_assert_int_eq(nest_change(SCIM_MEMBER_REPLACE, groups[0], list, 4), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G1 G0");
    ck_assert_str_eq(nest_shown(users[1]), "G2 G0");
    ck_assert_int_eq(nest_change(SCIM_MEMBER_REPLACE, groups[3], list + 1, 1), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G1 G0 (G3)");
    ck_assert_int_eq(nest_change(SCIM_MEMBER_REPLACE, groups[3], list + 3, 1), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G1 G0");
    ck_assert_str_eq(nest_shown(users[1]), "G2 G0 (G3)");
    ck_assert_int_eq(nest_change(SCIM_MEMBER_REMOVE, groups[0], list, 2), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G1");
    ck_assert_int_eq(nest_change(SCIM_MEMBER_ADD, groups[0], list, 4), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G1 G0");
}
END_TEST

START_TEST(several_steps)
{
    scim_member_step_t out_and_in[] = {{SCIM_MEMBER_REMOVE, &groups[0], 1, NULL},
                                       {SCIM_MEMBER_ADD, &groups[0], 1, NULL}};
    scim_member_step_t in_and_out[] = {{SCIM_MEMBER_ADD, &groups[0], 1, NULL},
                                       {SCIM_MEMBER_REMOVE, &groups[0], 1, NULL}};
    scim_member_step_t user[] = {{SCIM_MEMBER_ADD, &users[1], 1, NULL}};
    int tries;

    nest_make(3, 2);
    nest_add(groups[0], users[0]);
    ck_assert_int_eq(nest_patch(groups[1], in_and_out, 2, &tries), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G0");
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_nesting WHERE tenant = %s"), 0);
    ck_assert_int_eq(nest_patch(groups[1], out_and_in, 2, &tries), 200);
    ck_assert_int_eq(tries, 1); /* its own marks do not look like another's change */
    ck_assert_str_eq(nest_shown(users[0]), "G0 (G1)");
    ck_assert_int_eq(nest_patch(groups[1], out_and_in, 2, NULL), 200);
    /* With marks of both kinds, a change of users is done at the first try too. */
    ck_assert_int_eq(nest_add(groups[2], groups[1]), 200);
    ck_assert_int_eq(nest_patch(groups[1], user, 1, &tries), 200);
    ck_assert_int_eq(tries, 1);
    ck_assert_str_eq(nest_shown(users[1]), "G1 (G2)");
    ck_assert_int_eq(nest_drop(groups[2], groups[1]), 200);
    ck_assert_str_eq(nest_shown(users[0]), "G0 (G1)");
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_nesting WHERE tenant = %s"), 1);
}
END_TEST

START_TEST(no_cycle)
{
    const char *both[2];
    apr_int64_t version;

    nest_make(4, 1);
    ck_assert_int_eq(nest_add(groups[0], groups[0]), 400);
    ck_assert_int_eq(nest_add(groups[1], groups[0]), 200);
    ck_assert_int_eq(nest_add(groups[2], groups[1]), 200);
    ck_assert_int_eq(nest_add(groups[3], groups[2]), 200);
    version = nest_version_of("Group", groups[0]);
    ck_assert_int_eq(nest_add(groups[0], groups[1]), 400);
    ck_assert_int_eq(nest_add(groups[0], groups[3]), 400);
    ck_assert_int_eq(nest_change(SCIM_MEMBER_REPLACE, groups[0], &groups[2], 1), 400);
    both[0] = users[0];
    both[1] = groups[3];
    ck_assert_int_eq(nest_change(SCIM_MEMBER_ADD, groups[0], both, 2), 400);
    ck_assert_str_eq(nest_shown(users[0]), "");
    ck_assert_int_eq(nest_version_of("Group", groups[0]), version);
    /* What is there stays there, and may be said again. */
    ck_assert_int_eq(nest_add(groups[1], groups[0]), 200);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member WHERE tenant = %s"), 3);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_nesting WHERE tenant = %s"), 3);
    /* Opened somewhere, the ring may be closed elsewhere. */
    ck_assert_int_eq(nest_drop(groups[2], groups[1]), 200);
    ck_assert_int_eq(nest_add(groups[0], groups[3]), 200);
    ck_assert_int_eq(nest_add(groups[2], groups[1]), 400);
}
END_TEST

START_TEST(levels_have_a_bound)
{
    int i;

    nest_make(SCIM_NESTING_LEVELS + 2, 1);
    nest_add(groups[0], users[0]);
    for (i = 0; i < SCIM_NESTING_LEVELS; i++) {
        ck_assert_int_eq(nest_add(groups[i + 1], groups[i]), 200);
    }
    ck_assert_int_eq(nest_add(groups[i + 1], groups[i]), 400); /* one more above */
    ck_assert_int_eq(nest_add(groups[0], groups[i + 1]), 400); /* below */
    ck_assert_int_eq(nest_add(groups[1], groups[i + 1]), 200); /* beside */
    ck_assert_int_eq(nest_drop(groups[17], groups[16]), 200);  /* in two parts, 16 and 15 levels */
    ck_assert_int_eq(nest_add(groups[0], groups[i + 1]), 200);
    ck_assert_int_eq(nest_add(groups[17], groups[16]), 400); /* now 17 and 15, and one between */
    ck_assert_int_eq(nest_drop(groups[0], groups[i + 1]), 200);
    ck_assert_int_eq(nest_add(groups[17], groups[16]), 200);
    ck_assert_ptr_nonnull(strstr(nest_shown(users[0]), "(G32)"));
}
END_TEST

/* Whoever has the old version must get to see the new groups. */
START_TEST(versions_follow)
{
    apr_int64_t version;

    nest_make(4, 2);
    nest_add(groups[0], users[0]);
    nest_add(groups[3], users[1]);
    version = nest_version_of("User", users[0]);
    nest_add(groups[1], groups[0]);
    ck_assert_int_gt(nest_version_of("User", users[0]), version);
    version = nest_version_of("User", users[0]);
    nest_add(groups[2], groups[1]);
    ck_assert_int_gt(nest_version_of("User", users[0]), version);
    version = nest_version_of("User", users[0]);
    nest_rename_to(groups[2], "Renamed");
    ck_assert_str_eq(nest_shown(users[0]), "G0 (G1) (Renamed)");
    ck_assert_int_gt(nest_version_of("User", users[0]), version);
    version = nest_version_of("User", users[0]);
    nest_rename_to(groups[0], "Direct");
    ck_assert_str_eq(nest_shown(users[0]), "Direct (G1) (Renamed)");
    ck_assert_int_gt(nest_version_of("User", users[0]), version);
    version = nest_version_of("User", users[0]);
    nest_drop(groups[2], groups[1]);
    ck_assert_int_gt(nest_version_of("User", users[0]), version);
    nest_add(groups[2], groups[1]);
    version = nest_version_of("User", users[0]);
    nest_remove_resource("Group", groups[2]);
    ck_assert_str_eq(nest_shown(users[0]), "Direct (G1)");
    ck_assert_int_gt(nest_version_of("User", users[0]), version);
    version = nest_version_of("User", users[0]);
    nest_remove_resource("Group", groups[1]);
    ck_assert_str_eq(nest_shown(users[0]), "Direct");
    ck_assert_int_gt(nest_version_of("User", users[0]), version);
    ck_assert_int_eq(nest_version_of("User", users[1]), 2);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_nesting WHERE tenant = %s"), 0);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE type = 'Group' "
                                   "AND COALESCE(member_of, '') <> '' AND tenant = %s"),
                     0);
}
END_TEST

/* A group shows its members' names, so its version follows them. */
START_TEST(a_group_follows_its_members_names)
{
    db_request_t r = db_request(env);
    json_t *doc = db_user("u0", pool);
    apr_int64_t version;

    nest_make(3, 1);
    nest_add(groups[0], users[0]);
    nest_add(groups[1], groups[0]);
    version = nest_version_of("Group", groups[0]);
    json_object_set_new(doc, "id", json_string(users[0]));
    json_object_set_new(doc, "title", json_string("no name"));
    db_ok(db_change(NULL, &r, "User", users[0], doc));
    ck_assert_int_eq(nest_version_of("Group", groups[0]), version);
    json_object_set_new(doc, "displayName", json_string("A Name"));
    db_ok(db_change(NULL, &r, "User", users[0], doc));
    ck_assert_int_eq(nest_version_of("Group", groups[0]), version + 1);
    version = nest_version_of("Group", groups[1]);
    nest_rename_to(groups[0], "Inner");
    ck_assert_int_eq(nest_version_of("Group", groups[1]), version + 1);
    ck_assert_int_eq(nest_version_of("Group", groups[2]), 1);
    db_request_end(&r);
}
END_TEST

static unsigned statements(const db_request_t *r)
{
    unsigned n;
    unsigned takes;

    scim_dbd_counts(r->db, &n, &takes);
    return n;
}

START_TEST(costs)
{
    db_request_t r = db_request(env);
    scim_member_step_t step = {SCIM_MEMBER_ADD, users, 3, NULL};
    unsigned before;

    nest_make(3, 4);
    nest_change(SCIM_MEMBER_ADD, groups[0], users, 3);
    nest_add(groups[1], users[3]);
    nest_add(groups[2], groups[1]);
    before = statements(&r);
    nest_shown_by(&r, users[0]); /* in no nested group: its row */
    ck_assert_uint_eq(statements(&r) - before, 1);
    before = statements(&r);
    nest_shown_by(&r, users[3]); /* and the groups above */
    ck_assert_uint_eq(statements(&r) - before, 2);
    before = statements(&r);
    nest_shown_by(&r, users[3]); /* which are known by now */
    ck_assert_uint_eq(statements(&r) - before, 1);
    db_request_end(&r);
    /* Users into a nested group as into any other: lock, users' rows, members, version. */
    r = db_request(env);
    db_ok(db_members(NULL, NULL, &r, groups[1], &step));
    ck_assert_uint_le(statements(&r), 4 + 1); /* the counters' check, if the connection is new */
    db_request_end(&r);
}
END_TEST

static const char *list_ids(const char *filter)
{
    scim_list_t list = {db_type("User"), db_filter(filter, "User", pool), 0, 100, NULL};
    db_request_t r = db_request(env);
    apr_array_header_t *rows;
    apr_int64_t total;
    const char *text = "";
    int i;
    int k;

    db_ok(scim_store_list(&rows, &total, r.store, &list, pool));
    ck_assert_int_eq(total, rows->nelts);
    for (i = 0; i < rows->nelts; i++) {
        for (k = 0; k < MOST; k++) {
            if (users[k] && strcmp(users[k], APR_ARRAY_IDX(rows, i, scim_row_t).id) == 0) {
                text = apr_psprintf(pool, "%s%d", text, k);
            }
        }
    }
    db_request_end(&r);
    return text;
}

#define LIST(fmt, group) list_ids(apr_psprintf(pool, fmt, groups[group]))

START_TEST(filters)
{
    nest_make(4, 4);
    nest_add(groups[0], users[0]);
    nest_add(groups[1], users[1]);
    nest_add(groups[2], users[2]);
    ck_assert_str_eq(LIST("groups.value eq \"%s\"", 1), "1");
    nest_add(groups[1], groups[0]);
    nest_add(groups[2], groups[1]);
    ck_assert_str_eq(LIST("groups.value eq \"%s\"", 0), "0");
    ck_assert_str_eq(LIST("groups.value eq \"%s\"", 1), "01");
    ck_assert_str_eq(LIST("groups eq \"%s\"", 2), "012");
    ck_assert_str_eq(LIST("groups.value eq \"%s\"", 3), "");
    ck_assert_str_eq(LIST("groups.value ne \"%s\"", 1), "23");
    ck_assert_str_eq(LIST("not (groups.value eq \"%s\")", 2), "3");
    ck_assert_str_eq(LIST("groups[value eq \"%s\" and type eq \"direct\"]", 1), "1");
    ck_assert_str_eq(LIST("groups[value eq \"%s\" and type eq \"indirect\"]", 2), "01");
    ck_assert_str_eq(list_ids("groups[type eq \"indirect\"]"), "01");
    ck_assert_str_eq(list_ids("groups.type eq \"INDIRECT\" and userName sw \"u1\""), "1");
    ck_assert_str_eq(list_ids("groups.display eq \"g2\""), "012");
    ck_assert_str_eq(list_ids("groups pr"), "012");
}
END_TEST

/* ---- against a model ---- */

#define MODEL_GROUPS 7
#define MODEL_USERS 4
#define ROUNDS 250

static int in[MODEL_GROUPS][MODEL_GROUPS + MODEL_USERS]; /* [group][member] */

static const char *member_id(int i)
{
    return i < MODEL_GROUPS ? groups[i] : users[i - MODEL_GROUPS];
}

/* Whether a member is in a group, by any way. */
static int inside(int group, int member)
{
    int i;

    if (in[group][member]) {
        return 1;
    }
    for (i = 0; i < MODEL_GROUPS; i++) {
        if (in[group][i] && inside(i, member)) {
            return 1;
        }
    }
    return 0;
}

/* What a user shows, by the model: in order of the groups, not of joining. */
static const char *expected(int user)
{
    const char *text = "";
    int i;

    for (i = 0; i < MODEL_GROUPS; i++) {
        const char *kind = in[i][MODEL_GROUPS + user]       ? "d"
                           : inside(i, MODEL_GROUPS + user) ? "i"
                                                            : "";
        text = *kind ? apr_psprintf(pool, "%s%d%s ", text, i, kind) : text;
    }
    return text;
}

static const char *found(int user, apr_int64_t *version)
{
    db_request_t r = db_request(env);
    scim_row_t *row = nest_row_of("User", users[user], &r);
    apr_array_header_t *refs;
    const char *text = "";
    int i;
    int k;

    db_ok(scim_store_groups_of(&refs, r.store, row, r.pool));
    for (i = 0; i < MODEL_GROUPS; i++) {
        for (k = 0; k < refs->nelts; k++) {
            const scim_ref_t *ref = &APR_ARRAY_IDX(refs, k, scim_ref_t);
            if (strcmp(ref->id, groups[i]) == 0) {
                text = apr_psprintf(pool, "%s%d%s ", text, i, ref->indirect ? "i" : "d");
            }
        }
    }
    *version = row->version;
    db_request_end(&r);
    return text;
}

/* One random change, in the model and in the store; their verdicts agree. */
static void random_change(unsigned *state)
{
    int group = rand_r(state) % MODEL_GROUPS;
    int member = rand_r(state) % (MODEL_GROUPS + MODEL_USERS);
    int kind = rand_r(state) % 10;
    int i;

    if (kind == 0) {
        nest_remove_resource("Group", groups[group]);
        groups[group] = db_put(env, db_group(apr_psprintf(pool, "G%d", group), pool));
        for (i = 0; i < MODEL_GROUPS + MODEL_USERS; i++) {
            in[group][i] = 0;
        }
        for (i = 0; i < MODEL_GROUPS; i++) {
            in[i][group] = 0;
        }
    } else if (kind < 6) {
        int cycle = member == group || (member < MODEL_GROUPS && inside(member, group));
        ck_assert_int_eq(nest_add(groups[group], member_id(member)), cycle ? 400 : 200);
        in[group][member] |= !cycle;
    } else {
        ck_assert_int_eq(nest_drop(groups[group], member_id(member)), 200);
        in[group][member] = 0;
    }
}

START_TEST(as_the_model_says)
{
    const char *before[MODEL_USERS];
    apr_int64_t versions[MODEL_USERS];
    unsigned state = 20260101;
    int round;
    int i;

    nest_make(MODEL_GROUPS, MODEL_USERS);
    memset(in, 0, sizeof(in));
    for (i = 0; i < MODEL_USERS; i++) {
        before[i] = found(i, &versions[i]);
    }
    for (round = 0; round < ROUNDS; round++) {
        random_change(&state);
        for (i = 0; i < MODEL_USERS; i++) {
            apr_int64_t version;
            const char *now = found(i, &version);
            ck_assert_str_eq(now, expected(i));
            ck_assert_msg(version > versions[i] || strcmp(now, before[i]) == 0,
                          "round %d: user %d changed from %s to %s with the same version", round, i,
                          before[i], now);
            before[i] = now;
            versions[i] = version;
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store nesting");
    TCase *tc = tcase_create("nesting");

    tcase_add_checked_fixture(tc, nest_setup, nest_teardown);
    tcase_set_timeout(tc, 180);
    tcase_add_test(tc, direct_and_indirect);
    tcase_add_test(tc, mixed_members);
    tcase_add_test(tc, several_steps);
    tcase_add_test(tc, no_cycle);
    tcase_add_test(tc, levels_have_a_bound);
    tcase_add_test(tc, versions_follow);
    tcase_add_test(tc, a_group_follows_its_members_names);
    tcase_add_test(tc, costs);
    tcase_add_test(tc, filters);
    tcase_add_test(tc, as_the_model_says);
    suite_add_tcase(suite, tc);
    return db_main(suite);
}
