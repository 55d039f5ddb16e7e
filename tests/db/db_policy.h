/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef DB_POLICY_H
#define DB_POLICY_H

#include "db_env.h"
#include "scim_service.h"

/** What the tests of policies have in common: directives, and requests as the service has them. */

/** The test's environment and its pool. */
extern db_env_t *env;
extern apr_pool_t *pool;

void policy_setup(void);
void policy_teardown(void);

/**
 * From now on the tenant has these directives and no others.
 * @param text lines of words, separated by single spaces; _ in a word is a space
 */
void policy_use(const char *text);

/** The answer to a request. */
typedef struct policy_answer_t {
    int status;
    const char *text; /* the body, or the error's detail; "" for none */
    unsigned statements;
} policy_answer_t;

/** @param p holds the answer; a thread has one of its own */
policy_answer_t policy_send(scim_method_t method, const char *path, const char *body,
                            apr_pool_t *p);

/** As policy_send() in the test's pool; only the status. */
int policy_status(scim_method_t method, const char *path, const char *body);

/** The body of a User: its name, and more members of the object, or "". */
const char *policy_user(const char *name, const char *more, apr_pool_t *p);

/** POST of a User or Group; the test fails unless it is 201. @return the id */
const char *policy_add_user(const char *name, const char *more);
const char *policy_add_group(const char *name);

/** PATCH of one operation, as JSON; the status. */
int policy_patch(const char *type, const char *id, const char *operation);
int policy_patch_by(const char *type, const char *id, const char *operation, apr_pool_t *p);

/** The operation that adds or removes one member. */
const char *policy_add_member(const char *id, apr_pool_t *p);
const char *policy_drop_member(const char *id, apr_pool_t *p);

/** The display names of a user's groups, sorted, separated by commas. */
const char *policy_groups_of(const char *user);

/** Rows of scim_member and what users and groups say of them agree; the test fails if not. */
void policy_check_members(void);

/** Run fn in n threads that begin together; each gets a pointer to its number. */
void policy_run(int n, void *(*fn)(void *));
void policy_wait(void);

#endif
