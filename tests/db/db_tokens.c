/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "db_tokens.h"

#include <string.h>

#include <apr_strings.h>

db_request_t db_stranger(db_env_t *env)
{
    db_request_t r = db_request(env);

    r.store = scim_store_make(
        r.db,
        scim_tenant_make(apr_pstrcat(db_env_pool(env), db_env_tenant(env)->name, "-b", NULL),
                         db_env_pool(env)),
        r.pool);
    return r;
}

scim_error_t *db_token_create(db_env_t *env, const char **secret, scim_token_row_t **row,
                              const scim_token_rules_t *rules, const scim_token_new_t *wanted)
{
    db_request_t r = db_request(env);
    scim_error_t *err = scim_token_create(
        secret, row, r.store, rules ? rules : &scim_token_rules_default, wanted, db_env_pool(env));

    if (err) {
        err = scim_error_make(db_env_pool(env), err->status, err->type, "%s", err->detail);
    }
    db_request_end(&r);
    return err;
}

const char *db_token(db_env_t *env, scim_token_row_t **row, const char *owner, int life)
{
    scim_token_new_t wanted = {
        .label = "Okta, production", .creator = "admin@example.com", .owner = owner, .life = life};
    const char *secret = NULL;
    scim_token_row_t *made = NULL;

    db_ok(db_token_create(env, &secret, &made, NULL, &wanted));
    if (row) {
        *row = made;
    }
    return secret;
}

const char *db_token_hash(db_env_t *env, const char *secret)
{
    return scim_token_hash(secret, strlen(secret), db_env_pool(env));
}

scim_token_found_t *db_token_find(db_env_t *env, const char *secret, const char *of)
{
    db_request_t r = db_request(env);
    scim_token_found_t *found = NULL;

    db_ok(scim_token_find(&found, r.store, db_token_hash(env, secret), of, 0, db_env_pool(env)));
    db_request_end(&r);
    return found;
}

void db_owner_active(db_env_t *env, const char *id, int active)
{
    db_request_t r = db_request(env);
    json_t *doc = db_user("Owner", r.pool);

    json_object_set_new(doc, "id", json_string(id));
    json_object_set_new(doc, "active", json_boolean(active));
    db_ok(db_change(NULL, &r, "User", id, doc));
    db_request_end(&r);
}
