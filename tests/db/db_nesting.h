/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef DB_NESTING_H
#define DB_NESTING_H

#include "db_env.h"

/** What the tests of groups in groups have in common. */

#define MOST 40

/** The test's environment, its pool, and the ids that nest_make() made. */
extern db_env_t *env;
extern apr_pool_t *pool;
extern const char *groups[MOST];
extern const char *users[MOST];

void nest_setup(void);
void nest_teardown(void);

/** Groups G0, G1, … and users u0, u1, … */
void nest_make(int ngroups, int nusers);

/** Changes of one step with the group's lock: 200, or the error's status, held to its form. */
int nest_change(scim_member_op_t op, const char *group, const char *const *ids, int n);
int nest_add(const char *group, const char *member);
int nest_drop(const char *group, const char *member);
int nest_remove_resource(const char *type, const char *id);
void nest_rename_to(const char *group, const char *name);

/** "A (B)": a user's direct groups, and the indirect ones in parentheses. */
const char *nest_shown(const char *user);
const char *nest_shown_by(db_request_t *r, const char *user);

scim_row_t *nest_row_of(const char *type, const char *id, db_request_t *r);
apr_int64_t nest_version_of(const char *type, const char *id);

/** A membership plan, and what became of it. */
typedef struct nest_plan_t {
    const char *group;
    scim_patch_t plan;
    int tries;
    void (*meanwhile)(void); /* called once, when the group has been read; or NULL */
} nest_plan_t;

/** A scim_store_write_fn of a nest_plan_t: the plan without the group's lock, and with it again. */
scim_error_t *nest_apply(void *baton, scim_store_t *store, apr_pool_t *p);

/**
 * A change of several steps as PATCH makes it: without the group's lock at first.
 * @param tries attempts; may be NULL
 */
int nest_patch(const char *group, const scim_member_step_t *steps, int n, int *tries);

#endif
