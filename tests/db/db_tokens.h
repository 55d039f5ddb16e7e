/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef DB_TOKENS_H
#define DB_TOKENS_H

#include "db_env.h"
#include "scim_token.h"

/** Tokens of the environment's tenant; everything lives in the environment's pool. */

/** A request of another tenant in the same database. */
db_request_t db_stranger(db_env_t *env);

/** scim_token_create() in a request of its own. @param rules NULL: the default ones */
scim_error_t *db_token_create(db_env_t *env, const char **secret, scim_token_row_t **row,
                              const scim_token_rules_t *rules, const scim_token_new_t *wanted);

/** A token that must come to be; its secret. @param row may be NULL */
const char *db_token(db_env_t *env, scim_token_row_t **row, const char *owner, int life);

const char *db_token_hash(db_env_t *env, const char *secret);

/** scim_token_find() in a request of its own. */
scim_token_found_t *db_token_find(db_env_t *env, const char *secret, const char *of);

/** Make the User "Owner" with this id active or not. */
void db_owner_active(db_env_t *env, const char *id, int active);

#endif
