/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "db_nesting.h"

#include <string.h>

#include <apr_strings.h>

db_env_t *env;
apr_pool_t *pool;
const char *groups[MOST];
const char *users[MOST];

void nest_setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
}

void nest_teardown(void)
{
    db_env_close(env);
}

void nest_make(int ngroups, int nusers)
{
    int i;

    for (i = 0; i < ngroups; i++) {
        groups[i] = db_put(env, db_group(apr_psprintf(pool, "G%d", i), pool));
    }
    for (i = 0; i < nusers; i++) {
        users[i] = db_put(env, db_user(apr_psprintf(pool, "u%d", i), pool));
    }
}

/* The status of a change; the sentence must be one that names members. */
static int nest_status_of(const scim_error_t *err)
{
    if (err && err->status == 400) {
        ck_assert_int_eq(err->type, SCIM_TYPE_INVALID_VALUE);
        ck_assert_msg(strstr(err->detail, "member") != NULL, "%s", err->detail);
    }
    return err ? err->status : 200;
}

int nest_change(scim_member_op_t op, const char *group, const char *const *ids, int n)
{
    db_request_t r = db_request(env);
    scim_member_step_t step = {op, ids, n, NULL};
    int status = nest_status_of(db_members(NULL, NULL, &r, group, &step));

    db_request_end(&r);
    return status;
}

int nest_add(const char *group, const char *member)
{
    return nest_change(SCIM_MEMBER_ADD, group, &member, 1);
}

int nest_drop(const char *group, const char *member)
{
    return nest_change(SCIM_MEMBER_REMOVE, group, &member, 1);
}

scim_row_t *nest_row_of(const char *type, const char *id, db_request_t *r)
{
    scim_row_t *row;

    db_ok(scim_store_get(&row, r->store, db_type(type), id, r->pool));
    ck_assert_ptr_nonnull(row);
    return row;
}

const char *nest_shown_by(db_request_t *r, const char *user)
{
    apr_array_header_t *refs;
    const char *text = "";
    int i;

    db_ok(scim_store_groups_of(&refs, r->store, nest_row_of("User", user, r), r->pool));
    for (i = 0; i < refs->nelts; i++) {
        const scim_ref_t *ref = &APR_ARRAY_IDX(refs, i, scim_ref_t);
        ck_assert_ptr_eq(ref->type, db_type("Group"));
        text = apr_pstrcat(pool, text, i ? " " : "", ref->indirect ? "(" : "", ref->display,
                           ref->indirect ? ")" : "", NULL);
    }
    return text;
}

/* "A (B)": direct groups, and indirect ones in parentheses. */
const char *nest_shown(const char *user)
{
    db_request_t r = db_request(env);
    const char *text = nest_shown_by(&r, user);

    db_request_end(&r);
    return text;
}

apr_int64_t nest_version_of(const char *type, const char *id)
{
    db_request_t r = db_request(env);
    apr_int64_t version = nest_row_of(type, id, &r)->version;

    db_request_end(&r);
    return version;
}

void nest_rename_to(const char *group, const char *name)
{
    db_request_t r = db_request(env);
    json_t *doc = db_group(name, r.pool);

    json_object_set_new(doc, "id", json_string(group));
    db_ok(db_change(NULL, &r, "Group", group, doc));
    db_request_end(&r);
}

int nest_remove_resource(const char *type, const char *id)
{
    db_request_t r = db_request(env);
    int status = nest_status_of(db_change(NULL, &r, type, id, NULL));

    db_request_end(&r);
    return status;
}

/* Without the group's lock, as PATCH does it first. */
scim_error_t *nest_apply(void *baton, scim_store_t *store, apr_pool_t *p)
{
    nest_plan_t *b = baton;
    const scim_resource_type_t *type = db_type("Group");
    scim_group_t group = {.access = SCIM_GROUP_LOCKED};
    scim_membership_t done;
    scim_error_t *err = b->tries ? scim_store_lock(&group.row, store, type, b->group, p)
                                 : scim_store_share(&group, store, type, b->group, &b->plan, p);

    if (b->tries++ == 0 && b->meanwhile && !err) {
        b->meanwhile();
    }
    return err ? err : scim_store_members_apply(&done, store, &group, &b->plan, p);
}

int nest_patch(const char *group, const scim_member_step_t *steps, int n, int *tries)
{
    nest_plan_t b = {group, {NULL, 0, steps, n, NULL}, 0, NULL};
    db_request_t r = db_request(env);
    int status = nest_status_of(scim_store_write(r.store, nest_apply, &b));

    db_request_end(&r);
    if (tries) {
        *tries = b.tries;
    }
    return status;
}
