/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "scim_id.h"
#include "scim_text.h"
#include "scim_token_impl.h"

#define SECRET_PREFIX "scim_"
#define SECRET_CHARS 43

/* Bytes of the columns that hold ids. */
#define ID_BYTES 64

/*
 * The prefix is for people and for scanners that look for lost secrets; nothing depends on it.
 * Each byte makes one of 64 characters, so the last two bits of it are not used.
 */
const char *scim_token_secret(apr_pool_t *p)
{
    static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char random[SECRET_CHARS];
    char text[SECRET_CHARS + 1];
    int i;

    /* A secret that can be guessed is worse than none. */
    if (apr_generate_random_bytes(random, sizeof(random)) != APR_SUCCESS) {
        abort();
    }
    for (i = 0; i < SECRET_CHARS; i++) {
        text[i] = chars[random[i] & 63];
    }
    text[SECRET_CHARS] = '\0';
    return apr_pstrcat(p, SECRET_PREFIX, text, NULL);
}

static scim_error_t *refuse(scim_store_t *store, const char *detail)
{
    return scim_error_make(store->pool, 400, SCIM_TYPE_INVALID_VALUE, "%s", detail);
}

/* ---- texts ---- */

static int is_plain(const char *text)
{
    return scim_text_is_line(text, SCIM_TOKEN_LABEL_CHARS);
}

static int is_id(const char *text)
{
    return !text || (is_plain(text) && strlen(text) <= ID_BYTES);
}

static scim_error_t *check_texts(scim_store_t *store, const scim_token_new_t *wanted)
{
    if (!wanted->label || !is_plain(wanted->label)) {
        return refuse(store, "A token needs a label of 1 to 255 characters without control "
                             "characters.");
    }
    if ((wanted->creator && !is_plain(wanted->creator)) ||
        (wanted->scope && !is_plain(wanted->scope))) {
        return refuse(store, "The creator and the scope of a token have at most 255 characters, "
                             "and no control characters.");
    }
    if (!is_id(wanted->owner) || !is_id(wanted->client) || !is_id(wanted->grant)) {
        return refuse(store, "The owner, client and grant of a token are ids of at most 64 bytes.");
    }
    if (wanted->data && (strlen(wanted->data) > SCIM_TOKEN_DATA_CHARS ||
                         !scim_text_utf8(wanted->data, strlen(wanted->data)))) {
        return refuse(store, "What a token is bound to is too long.");
    }
    return NULL;
}

/* ---- life time ---- */

/* Codes and refresh tokens live as the OAuth endpoints say, not as the bounds for access do. */
static int is_bounded(const char *kind)
{
    return strcmp(kind, SCIM_TOKEN_API) == 0 || strcmp(kind, SCIM_TOKEN_ACCESS) == 0;
}

static scim_error_t *check_life(int *life, scim_store_t *store, const scim_token_rules_t *rules,
                                const scim_token_new_t *wanted, const char *kind)
{
    int max = rules->max_life ? rules->max_life : SCIM_TOKEN_LIFE_MAX;

    *life = wanted->life == SCIM_TOKEN_LIFE_DEFAULT ? rules->default_life : wanted->life;
    if (!is_bounded(kind)) {
        return *life < 0 ? refuse(store, "A token cannot live for less than no time.") : NULL;
    }
    if (*life == SCIM_TOKEN_LIFE_NEVER) {
        return rules->max_life
                   ? scim_error_make(store->pool, 400, SCIM_TYPE_INVALID_VALUE,
                                     "A token must expire here, after %d to %d seconds.",
                                     rules->min_life, max)
                   : NULL;
    }
    if (*life < rules->min_life || *life > max) {
        return scim_error_make(store->pool, 400, SCIM_TYPE_INVALID_VALUE,
                               "A token must expire after %d to %d seconds%s.", rules->min_life,
                               max, rules->max_life ? "" : ", or never");
    }
    return NULL;
}

/* ---- owner ---- */

static scim_error_t *check_owner(scim_store_t *store, const scim_token_rules_t *rules,
                                 const scim_token_new_t *wanted, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    apr_int64_t n = 0;
    scim_error_t *err;

    if (!wanted->owner) {
        return rules->owner_required
                   ? refuse(store, "A token must be bound to a User here (ScimTokenOwner).")
                   : NULL;
    }
    scim_sql_addv(sql,
                  "SELECT COUNT(*) FROM scim_resource r WHERE r.tenant = %s AND r.id = %s "
                  "AND r.type = 'User' AND (r.active IS NULL OR r.active <> 0)",
                  store->tenant->name, wanted->owner, NULL);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_int, &n);
    return err ? err : n ? NULL : refuse(store, "The owner of a token must be an active User.");
}

/* ---- how many ---- */

static scim_error_t *check_limit(scim_store_t *store, const scim_token_rules_t *rules,
                                 const char *kind, apr_time_t now, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    apr_int64_t n = 0;
    scim_error_t *err;

    if (!rules->limit || strcmp(kind, SCIM_TOKEN_API) != 0) {
        return NULL;
    }
    scim_sql_addv(sql,
                  "SELECT COUNT(*) FROM scim_token k WHERE k.tenant = %s AND k.kind = %s "
                  "AND k.revoked IS NULL AND (k.expires IS NULL OR k.expires > %s)",
                  store->tenant->name, kind, scim_token_time(now, p), NULL);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_int, &n);
    if (!err && n >= rules->limit) {
        return scim_error_make(store->pool, 409, SCIM_TYPE_NONE,
                               "This tenant may have %d active token%s, and has; revoke one before "
                               "another is made.",
                               rules->limit, rules->limit == 1 ? "" : "s");
    }
    return err;
}

/* ---- the row ---- */

/* The tenant's state is copied in the queue, in which it is changed too. */
static scim_error_t *insert(scim_store_t *store, const scim_token_row_t *row, const char *hash,
                            apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    const char *const values[] = {row->id,
                                  row->tenant,
                                  hash,
                                  row->kind,
                                  row->label,
                                  row->creator,
                                  row->owner,
                                  row->client,
                                  row->grant,
                                  row->scope,
                                  row->data,
                                  scim_token_time(row->created, p),
                                  scim_token_time(row->expires, p)};
    apr_size_t i;

    scim_sql_add(sql, "INSERT INTO scim_token (id, tenant, hash, kind, label, creator, owner, "
                      "client, grant_id, scope, data, created, expires, state) VALUES (");
    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        scim_sql_add(sql, i ? ", " : "");
        scim_sql_bind(sql, values[i]);
    }
    scim_sql_addv(sql, ", (SELECT t.state FROM scim_tenant t WHERE t.tenant = %s))", row->tenant,
                  NULL);
    return scim_store_exec(NULL, store, sql);
}

scim_error_t *scim_token_issue(const char **secret, scim_token_row_t **row, scim_store_t *store,
                               const scim_token_rules_t *rules, const scim_token_new_t *wanted,
                               apr_pool_t *p)
{
    const char *kind = wanted->kind ? wanted->kind : SCIM_TOKEN_API;
    scim_token_row_t *made = apr_pcalloc(p, sizeof(*made));
    const char *text = scim_token_secret(p);
    const char *hash = scim_token_hash(text, strlen(text), p);
    apr_time_t now = scim_store_now();
    int life = 0;
    scim_error_t *err = check_texts(store, wanted);

    err = err ? err : check_life(&life, store, rules, wanted, kind);
    err = err ? err : check_owner(store, rules, wanted, p);
    err = err ? err : scim_store_queue(store, SCIM_TOKEN_QUEUE, p);
    err = err ? err : check_limit(store, rules, kind, now, p);
    if (err) {
        return err;
    }
    made->id = scim_id_make(p);
    made->tenant = apr_pstrdup(p, store->tenant->name);
    made->kind = apr_pstrdup(p, kind);
    made->label = apr_pstrdup(p, wanted->label);
    made->creator = apr_pstrdup(p, wanted->creator);
    made->owner = apr_pstrdup(p, wanted->owner);
    made->client = apr_pstrdup(p, wanted->client);
    made->grant = apr_pstrdup(p, wanted->grant);
    made->scope = apr_pstrdup(p, wanted->scope);
    made->data = apr_pstrdup(p, wanted->data);
    made->created = now;
    made->expires = life ? now + apr_time_from_sec(life) : 0;
    if (!hash) {
        return scim_error_internal(store->pool, 500, "SCIM2200", "SHA-256 cannot be computed",
                                   "A token cannot be made at the moment.");
    }
    err = insert(store, made, hash, p);
    err = err ? err
              : scim_audit_deed(store, wanted->who, SCIM_AUDIT_TOKEN_CREATE, made->id, made->label,
                                p);
    if (!err) {
        *secret = text;
        *row = made;
    }
    return err;
}

typedef struct creating_t {
    const scim_token_rules_t *rules;
    const scim_token_new_t *wanted;
    const char *secret;
    scim_token_row_t *row;
    apr_pool_t *pool;
} creating_t;

static scim_error_t *write_create(void *baton, scim_store_t *store, apr_pool_t *p)
{
    creating_t *c = baton;

    (void)p;
    return scim_token_issue(&c->secret, &c->row, store, c->rules, c->wanted, c->pool);
}

scim_error_t *scim_token_create(const char **secret, scim_token_row_t **row, scim_store_t *store,
                                const scim_token_rules_t *rules, const scim_token_new_t *wanted,
                                apr_pool_t *p)
{
    creating_t c = {rules, wanted, NULL, NULL, p};
    scim_error_t *err = scim_store_write(store, write_create, &c);

    if (!err) {
        *secret = c.secret;
        *row = c.row;
    }
    return err;
}
