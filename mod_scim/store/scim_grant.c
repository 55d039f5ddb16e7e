/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_grant.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_id.h"
#include "scim_store_impl.h"
#include "scim_text.h"

/* So long access tokens stay after their end, and used codes and refresh tokens to be noticed. */
#define ACCESS_KEPT (apr_time_from_sec(24 * 3600))
#define USED_KEPT (apr_time_from_sec(30 * 24 * 3600))

/* Members of a code's data. */
#define DATA_REDIRECT "redirect_uri"
#define DATA_CHALLENGE "code_challenge"

/* ---- what all have in common ---- */

/* One write: what it is asked, and what came of it. */
typedef struct work_t {
    const scim_grant_rules_t *rules;
    const scim_consent_t *consent;
    const scim_grant_ask_t *ask;
    const char *client;
    const char *scope;
    scim_grant_t *out;
    scim_grant_t earlier; /* what an attempt before gave, whose COMMIT may have been done */
    const char *code;
    int foreign;
    apr_pool_t *pool; /* what comes out lives in it */
} work_t;

/*
 * Whoever else works for this client waits here. Before anything is read, so that what is read then
 * is what they left.
 */
static scim_error_t *lock_client(int *there, scim_store_t *store, const char *client, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    apr_int64_t one = 0;
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT 1 FROM scim_client c WHERE c.id = %s AND c.tenant IN (%s, "
                  "'" SCIM_CLIENT_EVERY_TENANT "') AND c.revoked IS NULL",
                  client, store->tenant->name, NULL);
    scim_sql_add(sql, scim_dbd_dialect(store->db)->for_update);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_int, &one);
    *there = one != 0;
    return err;
}

/* Into the audit trail. */
static scim_error_t *tell(scim_store_t *store, const scim_audit_who_t *who, const char *op,
                          const char *grant, const char *client, apr_pool_t *p)
{
    const char *name = NULL;
    scim_error_t *err = scim_client_name(&name, store, client, p);

    return err ? err : scim_audit_deed(store, who, op, grant, name, p);
}

static int is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/*
 * The token that was brought, with its state, if it is this client's. Behind the client's lock.
 * found: NULL where it is none of those
 */
static scim_error_t *find(scim_token_found_t **found, scim_store_t *store, const work_t *work,
                          const char *kind, apr_pool_t *p)
{
    const char *secret = work->ask->secret;
    const char *hash = scim_token_hash(secret, strlen(secret), p);
    scim_error_t *err = NULL;

    *found = NULL;
    if (hash) {
        err = scim_token_find(found, store, hash, store->tenant->name, 1, p);
    }
    if (!err && *found &&
        (!is((*found)->row.kind, kind) || !is((*found)->row.client, work->client))) {
        *found = NULL;
    }
    return err;
}

/* A token bound by what directives say of OAuth, not by ScimTokenLifetime. */
static scim_error_t *issue(const char **secret, scim_token_row_t **row, scim_store_t *store,
                           const scim_token_new_t *wanted, apr_pool_t *p)
{
    scim_token_rules_t rules = scim_token_rules_default;

    rules.limit = 0;
    rules.min_life = 1;
    rules.max_life = 0;
    rules.owner_required = 0;
    return scim_token_issue(secret, row, store, &rules, wanted, p);
}

/* The tokens that follow from a code, from a refresh token, or (row is NULL) from the client. */
static scim_error_t *give(work_t *work, scim_store_t *store, const scim_token_row_t *row,
                          apr_pool_t *p)
{
    scim_grant_t *out = work->out;
    scim_token_new_t wanted = {0};
    scim_token_row_t *made;
    scim_error_t *err;

    wanted.kind = SCIM_TOKEN_ACCESS;
    wanted.label = work->client;
    wanted.client = work->client;
    wanted.scope = row ? row->scope : work->scope;
    wanted.creator = row ? row->creator : NULL;
    wanted.owner = row ? row->owner : NULL;
    wanted.grant = row ? row->grant : NULL;
    wanted.life = work->rules->access;
    scim_store_mark(store, SCIM_MARK_AGAIN, NULL, 0); /* start() notices */
    err = issue(&out->access, &made, store, &wanted, work->pool);
    if (!err && row && work->rules->refreshing) {
        wanted.kind = SCIM_TOKEN_REFRESH;
        wanted.life = work->rules->refresh ? work->rules->refresh : SCIM_TOKEN_LIFE_NEVER;
        err = issue(&out->refresh, &made, store, &wanted, work->pool);
    }
    if (!err) {
        err = scim_token_purge(store, SCIM_TOKEN_ACCESS, apr_time_now() - ACCESS_KEPT, p);
    }
    out->outcome = SCIM_GRANT_GIVEN;
    out->scope = apr_pstrdup(work->pool, wanted.scope);
    return err;
}

/*
 * Begin, or begin again after an attempt whose COMMIT was not answered. If that was done, and the
 * client's row was locked until then, its access token is there, and with it the answer; the code
 * or refresh token would now look like one that is used a second time.
 * done: 1: it was, and *work->out says what it gave
 */
static scim_error_t *start(int *done, work_t *work, scim_store_t *store, apr_pool_t *p)
{
    const char *access = work->out->access ? work->out->access : work->earlier.access;
    scim_token_found_t *found = NULL;
    scim_error_t *err = NULL;

    if (work->out->access) {
        work->earlier = *work->out;
    }
    memset(work->out, 0, sizeof(*work->out));
    work->out->outcome = SCIM_GRANT_INVALID;
    if (access) {
        err = scim_token_find(&found, store, scim_token_hash(access, strlen(access), p),
                              store->tenant->name, 0, p);
    }
    *done = found != NULL;
    if (found) {
        *work->out = work->earlier;
    }
    return err;
}

static scim_error_t *run(scim_store_t *store, scim_store_write_fn *fn, work_t *work)
{
    scim_grant_t nothing;

    work->out = work->out ? work->out : &nothing;
    memset(work->out, 0, sizeof(*work->out));
    return scim_store_write(store, fn, work);
}

/*
 * Lock, begin, and look at what was brought.
 * found: NULL where there is nothing to be done: it is not this client's, or all was done before
 */
static scim_error_t *begin(scim_token_found_t **found, work_t *work, scim_store_t *store,
                           const char *kind, apr_pool_t *p)
{
    int there = 0;
    int done = 0;
    scim_error_t *err = lock_client(&there, store, work->client, p);

    *found = NULL;
    if (!err) {
        err = start(&done, work, store, p);
    }
    if (err || done || !there) {
        return err;
    }
    err = find(found, store, work, kind, p);
    if (!err && *found) {
        work->out->user = apr_pstrdup(work->pool, (*found)->row.creator);
    }
    return err;
}

/* ---- codes ---- */

typedef struct owner_t {
    const char *id;
    int active;
    apr_pool_t *pool;
} owner_t;

static scim_error_t *read_owner(void *baton, const char *const *cols)
{
    owner_t *owner = baton;

    owner->id = apr_pstrdup(owner->pool, cols[0]);
    owner->active = !cols[1] || apr_atoi64(cols[1]) != 0;
    return NULL;
}

/*
 * The User that whoever agreed is. An inactive one is not the same as none: who has been
 * deactivated must not get in again by a token that is bound to nobody.
 */
static scim_error_t *find_owner(const char **id, scim_store_t *store, const work_t *work,
                                apr_pool_t *p)
{
    const scim_resource_type_t *type = scim_catalog_type(store->tenant->catalog, "User");
    const scim_attr_t *unique = type ? scim_type_attr_at(type, SCIM_AT_UNIQUE) : NULL;
    const char *user = work->consent->user;
    owner_t owner = {NULL, 1, p};
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err = NULL;

    if (unique) {
        scim_sql_addv(sql,
                      "SELECT r.id, r.active FROM scim_resource r WHERE r.tenant = %s AND r.type = "
                      "%s AND r.ukey = %s",
                      store->tenant->name, type->name,
                      unique->case_exact ? user : scim_text_fold(user, p), NULL);
        err = scim_store_select(store, sql, 1, 2, read_owner, &owner);
    }
    if (!err && !owner.active) {
        err = scim_error_make(p, 403, SCIM_TYPE_NONE,
                              "Your account in this tenant is deactivated, so you cannot give "
                              "access to it.");
    }
    if (!err && !owner.id && work->rules->owner_required) {
        err = scim_error_make(p, 403, SCIM_TYPE_NONE,
                              "You have no account in this tenant, so you cannot give access to "
                              "it.");
    }
    *id = owner.id;
    return err;
}

/* What the code is bound to. */
static const char *code_data(const scim_consent_t *consent, apr_pool_t *p)
{
    json_t *data = scim_json_own(json_object(), p);

    if (consent->redirect) {
        json_object_set_new(data, DATA_REDIRECT, json_string(consent->redirect));
    }
    if (consent->challenge) {
        json_object_set_new(data, DATA_CHALLENGE, json_string(consent->challenge));
    }
    return scim_json_dump(data, NULL, p);
}

static scim_error_t *give_code(void *baton, scim_store_t *store, apr_pool_t *p)
{
    work_t *work = baton;
    const scim_consent_t *consent = work->consent;
    scim_token_new_t wanted = {0};
    scim_token_row_t *made;
    int there = 0;
    scim_error_t *err = lock_client(&there, store, work->client, p);

    if (!err && !there) {
        err = scim_error_make(p, 400, SCIM_TYPE_NONE, "The application is no longer registered.");
    }
    if (!err) {
        err = find_owner(&wanted.owner, store, work, p);
    }
    if (!err) {
        err = scim_token_purge(store, SCIM_TOKEN_CODE, apr_time_now() - USED_KEPT, p);
    }
    if (err) {
        return err;
    }
    wanted.kind = SCIM_TOKEN_CODE;
    wanted.label = work->client;
    wanted.creator = consent->user;
    wanted.client = work->client;
    wanted.grant = scim_id_make(p);
    wanted.scope = consent->scope;
    wanted.data = code_data(consent, p);
    wanted.life = work->rules->code;
    scim_store_mark(store, SCIM_MARK_AGAIN, NULL, 0); /* a code that nobody has does no harm */
    err = issue(&work->code, &made, store, &wanted, work->pool);
    if (err || !consent->who) {
        return err;
    }
    return tell(store, consent->who, SCIM_AUDIT_GRANT_CREATE, wanted.grant, work->client, p);
}

scim_error_t *scim_grant_code(const char **code, scim_store_t *store,
                              const scim_grant_rules_t *rules, const scim_consent_t *consent,
                              apr_pool_t *p)
{
    work_t work = {0};
    scim_error_t *err;

    work.rules = rules;
    work.consent = consent;
    work.client = consent->client;
    work.pool = p;
    err = run(store, give_code, &work);
    if (!err) {
        *code = work.code;
    }
    return err;
}

/* redirect_uri and code_verifier must be those of the request that the code was given for, and a
 * code without a challenge takes no verifier (RFC 9700 section 2.1.1). */
static int fits(const scim_grant_ask_t *ask, const char *text, apr_pool_t *p)
{
    json_t *data = NULL;
    const char *redirect;
    const char *challenge;

    if (!text || scim_json_load(&data, text, strlen(text), NULL, p)) {
        return 0;
    }
    redirect = json_string_value(json_object_get(data, DATA_REDIRECT));
    challenge = json_string_value(json_object_get(data, DATA_CHALLENGE));
    if (redirect && !is(redirect, ask->redirect)) {
        return 0;
    }
    return challenge ? is(challenge, ask->challenge) : ask->challenge == NULL;
}

/* ---- from one to the next ---- */

/* What can be said of a token before it is exchanged. */
static scim_error_t *judge(scim_grant_t *out, scim_store_t *store, const scim_token_found_t *found,
                           apr_pool_t *p)
{
    const scim_token_row_t *row = &found->row;

    if (row->revoked) {
        out->outcome = SCIM_GRANT_REUSED;
        return scim_token_revoke_grant(NULL, store, row->grant, p);
    }
    if (found->owner_dead) {
        out->outcome = SCIM_GRANT_OWNER;
    } else if (scim_token_is_live(row, apr_time_now())) {
        out->outcome = SCIM_GRANT_GIVEN;
    }
    return NULL;
}

static scim_error_t *redeem(void *baton, scim_store_t *store, apr_pool_t *p)
{
    work_t *work = baton;
    scim_token_found_t *found;
    scim_error_t *err = begin(&found, work, store, SCIM_TOKEN_CODE, p);

    if (err || !found) {
        return err;
    }
    err = judge(work->out, store, found, p);
    if (err || work->out->outcome != SCIM_GRANT_GIVEN) {
        return err;
    }
    err = scim_token_revoke(NULL, store, found->row.id, p);
    if (!err && !fits(work->ask, found->row.data, p)) {
        work->out->outcome = SCIM_GRANT_MISMATCH;
        return NULL;
    }
    return err ? err : give(work, store, &found->row, p);
}

scim_error_t *scim_grant_redeem(scim_grant_t *out, scim_store_t *store,
                                const scim_grant_rules_t *rules, const scim_grant_ask_t *ask,
                                apr_pool_t *p)
{
    work_t work = {0};

    work.rules = rules;
    work.ask = ask;
    work.client = ask->client;
    work.out = out;
    work.pool = p;
    return run(store, redeem, &work);
}

/* A refresh token used again at once, by one of several processes of the client or because its
 * answer was lost: only while its grant lives, which some refresh token of it then does. */
static scim_error_t *has_grace(int *grace, scim_store_t *store, const work_t *work,
                               const scim_token_row_t *row, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);
    apr_int64_t live = 0;
    scim_error_t *err;

    *grace = 0;
    if (!row->revoked || apr_time_now() - row->revoked >= apr_time_from_sec(work->rules->grace)) {
        return NULL;
    }
    scim_sql_addv(sql,
                  "SELECT COUNT(*) FROM scim_token t WHERE t.tenant = %s AND t.grant_id = %s AND "
                  "t.kind = '" SCIM_TOKEN_REFRESH "' AND t.revoked IS NULL",
                  store->tenant->name, row->grant, NULL);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_int, &live);
    *grace = live > 0;
    return err;
}

/* Refresh tokens of a grant that were used long ago: nothing is to be noticed of them any more. */
static scim_error_t *forget_used(scim_store_t *store, const scim_token_row_t *row, apr_pool_t *p)
{
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_addv(
        sql,
        "DELETE FROM scim_token WHERE tenant = %s AND grant_id = %s AND kind = '" SCIM_TOKEN_REFRESH
        "' AND revoked < %s",
        store->tenant->name, row->grant, scim_store_int((apr_time_now() - USED_KEPT) / 1000, p),
        NULL);
    return scim_store_exec(NULL, store, sql);
}

static scim_error_t *refresh(void *baton, scim_store_t *store, apr_pool_t *p)
{
    work_t *work = baton;
    scim_token_found_t *found;
    int grace = 0;
    scim_error_t *err = begin(&found, work, store, SCIM_TOKEN_REFRESH, p);

    if (!err && found) {
        err = has_grace(&grace, store, work, &found->row, p);
    }
    if (err || !found) {
        return err;
    }
    found->row.revoked = grace ? 0 : found->row.revoked;
    err = judge(work->out, store, found, p);
    if (err || work->out->outcome != SCIM_GRANT_GIVEN) {
        return err;
    }
    err = grace ? NULL : scim_token_revoke(NULL, store, found->row.id, p);
    if (!err) {
        err = forget_used(store, &found->row, p);
    }
    return err ? err : give(work, store, &found->row, p);
}

scim_error_t *scim_grant_refresh(scim_grant_t *out, scim_store_t *store,
                                 const scim_grant_rules_t *rules, const scim_grant_ask_t *ask,
                                 apr_pool_t *p)
{
    work_t work = {0};

    work.rules = rules;
    work.ask = ask;
    work.client = ask->client;
    work.out = out;
    work.pool = p;
    return run(store, refresh, &work);
}

/* ---- the client itself ---- */

static scim_error_t *give_self(void *baton, scim_store_t *store, apr_pool_t *p)
{
    work_t *work = baton;
    int there = 0;
    int done = 0;
    scim_error_t *err = lock_client(&there, store, work->client, p);

    if (!err) {
        err = start(&done, work, store, p);
    }
    return err || done || !there ? err : give(work, store, NULL, p);
}

scim_error_t *scim_grant_self(scim_grant_t *out, scim_store_t *store,
                              const scim_grant_rules_t *rules, const char *client,
                              const char *scope, apr_pool_t *p)
{
    work_t work = {0};

    work.rules = rules;
    work.client = client;
    work.scope = scope;
    work.out = out;
    work.pool = p;
    return run(store, give_self, &work);
}

/* ---- the end ---- */

static scim_error_t *revoke_token(void *baton, scim_store_t *store, apr_pool_t *p)
{
    work_t *work = baton;
    const char *hash = scim_token_hash(work->ask->secret, strlen(work->ask->secret), p);
    scim_token_found_t *found = NULL;
    int there = 0;
    scim_error_t *err = lock_client(&there, store, work->client, p);

    work->foreign = 0;
    scim_store_mark(store, SCIM_MARK_AGAIN, NULL, 0);
    if (!err && hash) {
        err = scim_token_find(&found, store, hash, store->tenant->name, 1, p);
    }
    if (err || !found) {
        return err;
    }
    if (!is(found->row.client, work->client)) {
        work->foreign = 1;
        return NULL;
    }
    return found->row.grant && !is(found->row.kind, SCIM_TOKEN_ACCESS)
               ? scim_token_revoke_grant(NULL, store, found->row.grant, p)
               : scim_token_revoke(NULL, store, found->row.id, p);
}

scim_error_t *scim_grant_revoke(int *foreign, scim_store_t *store, const char *client,
                                const char *secret, apr_pool_t *p)
{
    const scim_grant_ask_t ask = {client, secret, NULL, NULL};
    work_t work = {0};
    scim_error_t *err;

    work.ask = &ask;
    work.client = client;
    work.pool = p;
    err = run(store, revoke_token, &work);
    if (!err) {
        *foreign = work.foreign;
    }
    return err;
}

typedef struct ending_t {
    const char *client;
    const char *grant;
    const scim_audit_who_t *who;
    int ended; /* how many tokens */
} ending_t;

static scim_error_t *end_grant(void *baton, scim_store_t *store, apr_pool_t *p)
{
    ending_t *ending = baton;
    int there = 0;
    scim_error_t *err = lock_client(&there, store, ending->client, p);

    /* A client that is revoked gets nothing any more, but what it had may be ended all the same. */
    err = err ? err : scim_token_revoke_grant(&ending->ended, store, ending->grant, p);
    if (err || !ending->ended || !ending->who) {
        return err;
    }
    return tell(store, ending->who, SCIM_AUDIT_GRANT_REVOKE, ending->grant, ending->client, p);
}

scim_error_t *scim_grant_end(int *done, scim_store_t *store, const char *client, const char *grant,
                             const scim_audit_who_t *who)
{
    ending_t ending = {client, grant, who, 0};
    scim_error_t *err = scim_store_write(store, end_grant, &ending);

    if (!err) {
        *done = ending.ended > 0;
    }
    return err;
}
