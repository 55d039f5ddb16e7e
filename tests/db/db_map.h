/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef DB_MAP_H
#define DB_MAP_H

#include "db_env.h"
#include "scim_service.h"

/** Tests of mappings: an application's tables beside the store's own, and whole requests. */

/**
 * The application's tables, made anew: app_user, app_team, app_in_team, and for accounts that
 * tenants share app_account and app_seat.
 */
void db_app_create(db_env_t *env);

/** Let the environment's tenant obey directives, one a line; the test fails if they do not fit. */
void db_policy(db_env_t *env, const char *lines);
/** The same; NULL or what is wrong. */
const char *db_policy_wrong(db_env_t *env, const char *lines);

/** What a request was answered. */
typedef struct db_answer_t {
    int status;
    const char *detail; /* of an error */
    const char *msgid;
    const char *log;
    const json_t *body;
    const char *id;
    unsigned statements;
} db_answer_t;

db_answer_t db_serve(db_env_t *env, scim_method_t method, const char *path, const char *query,
                     const char *body);
/** POST of a user, with more members of the JSON object (`"active":false`) or NULL. */
db_answer_t db_post_user(db_env_t *env, const char *name, const char *more);
/** The body of a PATCH with one operation. */
const char *db_patch(db_env_t *env, const char *op, const char *path, const char *value);
/** A filter on one attribute by eq, as a query string. */
const char *db_eq(db_env_t *env, const char *attr, const char *value);

#endif
