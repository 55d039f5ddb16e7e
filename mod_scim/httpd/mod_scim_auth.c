/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_auth.h"

#include <string.h>

#include <openssl/evp.h>

#include <apr_escape.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include <http_protocol.h>

#include "mod_scim_jwt.h"
#include "mod_scim_known.h"
#include "mod_scim_rate.h"
#include "mod_scim_static.h"
#include "mod_scim_stats.h"
#include "scim_jwt.h"
#include "scim_jwt_revoked.h"
#include "scim_tenants.h"

/* Longer than any provider's field; hashing is bounded before the token is looked at. */
#define TOKEN_BYTES_MAX 2048

/* The same where tokens carry claims. */
#define CLAIMS_BYTES_MAX SCIM_JWT_BYTES_MAX

/* ---- the header ---- */

/* The token's first byte: behind any number of "Bearer", as people paste them. */
static const char *token_find(const char *header, apr_size_t *len)
{
    static const char bearer[] = "Bearer";
    const char *at = header;

    for (;;) {
        at += strspn(at, " \t");
        if (ap_cstr_casecmpn(at, bearer, sizeof(bearer) - 1) != 0 ||
            (at[sizeof(bearer) - 1] != ' ' && at[sizeof(bearer) - 1] != '\t')) {
            break;
        }
        at += sizeof(bearer) - 1;
    }
    *len = strlen(at);
    while (*len > 0 && (at[*len - 1] == ' ' || at[*len - 1] == '\t')) {
        (*len)--;
    }
    return at;
}

/* A name and password, which other modules look at; no token of ours begins like this. */
static int is_basic(const char *token)
{
    return ap_cstr_casecmpn(token, "Basic ", 6) == 0;
}

/* ---- answers ---- */

/* Whatever is wrong with a token, the answer is the same: it must not tell which part was right. */
static const char invalid_text[] =
    "The token is not valid here: it is mistyped, expired or revoked, or was made for another "
    "tenant.";

static const char invalid_challenge[] = "Bearer realm=\"scim\", error=\"invalid_token\"";

static scim_error_t *refuse(const request_rec *r, const char *challenge, const char *detail)
{
    apr_table_setn(r->err_headers_out, "WWW-Authenticate", challenge);
    return scim_error_make(r->pool, HTTP_UNAUTHORIZED, SCIM_TYPE_NONE, "%s", detail);
}

/* The reason is for statistics only. */
static scim_error_t *invalid(scim_auth_t *auth, scim_tally_count_t reason)
{
    auth->refusal = reason;
    return refuse(auth->r, invalid_challenge, invalid_text);
}

static scim_error_t *owner_dead(scim_auth_t *auth)
{
    auth->refusal = SCIM_TALLY_TOKEN_OWNER;
    return refuse(auth->r, invalid_challenge,
                  "The user to whom this token is bound is no longer active; another administrator "
                  "must re-authenticate.");
}

/* ---- the tenant ---- */

/*
 * The one that the place, the path or the token names, and the caller's, must be the same. Where
 * the place has many, a caller that belongs to none of them may see none.
 */
static int sets_tenant(scim_auth_t *auth)
{
    const char *own = auth->caller.tenant;
    const char *named = auth->path_tenant ? auth->path_tenant : auth->dir->tenant;

    if (scim_config_tenant_by(auth->dir) == SCIM_TENANT_BY_NAME) {
        return !own || strcmp(own, named) == 0;
    }
    /* A claim may hold anything. */
    if (!own || (named && strcmp(own, named) != 0) || !scim_tenants_is_name(own)) {
        return 0;
    }
    auth->tenant->name = apr_pstrdup(auth->r->pool, own);
    return 1;
}

static scim_error_t *switched_off(const scim_auth_t *auth)
{
    return scim_error_make(auth->r->pool, HTTP_FORBIDDEN, SCIM_TYPE_NONE,
                           "Provisioning is switched off for this tenant.");
}

static scim_error_t *unknown_tenant(const scim_auth_t *auth)
{
    return scim_error_make(auth->r->pool, HTTP_NOT_FOUND, SCIM_TYPE_NONE,
                           "There is no such tenant here.");
}

/* A tenant of the path must be known. @param found of a token of the database, else NULL */
static scim_error_t *check_tenant(const scim_auth_t *auth, const scim_token_found_t *found)
{
    int by_path = scim_config_tenant_by(auth->dir) == SCIM_TENANT_BY_PATH;
    scim_tenant_row_t *row = NULL;
    scim_error_t *err;

    if (auth->dir->provisioning == 0) {
        return switched_off(auth);
    }
    if (found || !by_path) {
        return found && found->tenant_off                 ? switched_off(auth)
               : found && by_path && !found->tenant_known ? unknown_tenant(auth)
                                                          : NULL;
    }
    err = scim_tenants_find(&row, auth->db, auth->tenant->name, auth->r->pool);
    if (err) {
        return err;
    }
    return !row ? unknown_tenant(auth) : row->on ? NULL : switched_off(auth);
}

/* The caller is known. A request is counted only now: a wrong token costs no budget. */
static scim_error_t *let_in(scim_auth_t *auth, const char *type, const scim_token_found_t *found)
{
    request_rec *r = auth->r;
    scim_error_t *err;

    if (!sets_tenant(auth)) {
        return invalid(auth, SCIM_TALLY_TOKEN_TENANT);
    }
    r->user = apr_pstrdup(r->pool, auth->caller.label);
    if (type) {
        r->ap_auth_type = apr_pstrdup(r->pool, type);
    }
    err = check_tenant(auth, found);
    return err ? err : scim_rate_check(r, auth->dir, auth->tenant->name);
}

/* ---- the ways ---- */

static int accepts_static(scim_auth_t *auth)
{
    const scim_static_t *match =
        auth->dir->tokens ? scim_static_match(auth->dir->tokens, auth->hash) : NULL;

    if (match) {
        auth->caller.label = match->label;
        auth->caller.owner = match->owner;
        auth->caller.tenant = match->tenant;
    }
    return match != NULL;
}

static int has_trusted_user(const scim_auth_t *auth)
{
    return auth->dir->trust_user == 1 && auth->r->user && *auth->r->user;
}

/* The last way, when no token was accepted. */
static scim_error_t *trust_or(scim_auth_t *auth, scim_error_t *refusal)
{
    if (!has_trusted_user(auth)) {
        return refusal;
    }
    apr_table_unset(auth->r->err_headers_out, "WWW-Authenticate");
    memset(&auth->caller, 0, sizeof(auth->caller)); /* what the refused token said */
    auth->refusal = 0;
    auth->caller.label = auth->r->user;
    auth->caller.owner = auth->r->user;
    return let_in(auth, NULL, NULL);
}

/* Tokens issued elsewhere: what remains to be asked is whether they were revoked since. */
static scim_error_t *let_in_bearer(scim_auth_t *auth, const scim_bearer_t *bearer)
{
    scim_jwt_state_t state;
    scim_error_t *err;

    if (!bearer->label) {
        return trust_or(auth, invalid(auth, SCIM_TALLY_TOKEN_ISSUER));
    }
    auth->caller.label = bearer->label;
    auth->caller.owner = bearer->owner;
    auth->caller.tenant = bearer->tenant;
    /* The tenant's own list, and its own user. */
    if (!sets_tenant(auth)) {
        return trust_or(auth, invalid(auth, SCIM_TALLY_TOKEN_TENANT));
    }
    err = scim_jwt_state(&state, auth->store, bearer->id, bearer->owner, auth->r->pool);
    if (err) {
        return err;
    }
    if (state.revoked || state.owner_dead) {
        return trust_or(auth,
                        state.revoked ? invalid(auth, SCIM_TALLY_TOKEN_REVOKED) : owner_dead(auth));
    }
    return let_in(auth, "Bearer", NULL);
}

static scim_error_t *check_signed(scim_auth_t *auth)
{
    scim_bearer_t bearer;
    scim_error_t *err =
        scim_jwt_check(&bearer, auth->r, auth->dir, auth->token, auth->token_len);

    return err ? err : let_in_bearer(auth, &bearer);
}

/* A token that nobody here knows: may be the authorization server does. */
static scim_error_t *ask_server(scim_auth_t *auth)
{
    scim_bearer_t bearer;
    scim_error_t *err;

    if (!scim_jwt_asks(auth->dir)) {
        return trust_or(auth, invalid(auth, SCIM_TALLY_TOKEN_UNKNOWN));
    }
    scim_dbd_release(auth->db, 1); /* the network may be slow */
    err = scim_jwt_introspect(&bearer, auth->r, auth->dir, auth->token, auth->token_len);
    return err ? err : let_in_bearer(auth, &bearer);
}

/* A label of the database is any text; what goes into logs as a user's name has no blanks. */
static const char *user_of(const scim_token_row_t *row, apr_pool_t *p)
{
    char *user = apr_pstrdup(p, row->label);
    apr_size_t i;

    for (i = 0; user[i]; i++) {
        if (user[i] == ' ' || user[i] == '"' || user[i] == '\\' || apr_iscntrl(user[i])) {
            user[i] = '_';
        }
    }
    return user;
}

static int opens_scim(const scim_token_row_t *row)
{
    return (strcmp(row->kind, SCIM_TOKEN_API) == 0 || strcmp(row->kind, SCIM_TOKEN_ACCESS) == 0) &&
           scim_token_is_live(row, apr_time_now());
}

/* Why a token that is there does not open SCIM. */
static scim_tally_count_t why_closed(const scim_token_row_t *row)
{
    if (row->revoked) {
        return SCIM_TALLY_TOKEN_REVOKED;
    }
    if (!scim_token_is_live(row, apr_time_now())) {
        return SCIM_TALLY_TOKEN_EXPIRED;
    }
    /* One of another kind, say a refresh token, is none here. */
    return opens_scim(row) ? SCIM_TALLY_TOKEN_OWNER : SCIM_TALLY_TOKEN_UNKNOWN;
}

static scim_known_t *known_here(const scim_auth_t *auth)
{
    return scim_server_get(auth->r->server)->known;
}

static scim_error_t *judge(void *baton, const scim_token_found_t *found)
{
    scim_auth_t *auth = baton;
    scim_token_rules_t rules = scim_config_token_rules(auth->dir);
    apr_time_t now = apr_time_now();
    apr_pool_t *p = auth->r->pool;

    if (!found) {
        return ask_server(auth);
    }
    if (!opens_scim(&found->row) || (rules.owner_required && !found->row.owner)) {
        return trust_or(auth, invalid(auth, why_closed(&found->row)));
    }
    if (found->owner_dead) {
        return trust_or(auth, owner_dead(auth));
    }
    auth->caller.label = user_of(&found->row, p);
    auth->caller.owner = found->owner_name;
    auth->caller.tenant = found->row.tenant;
    auth->caller.token = found->row.id;
    auth->caller.title = apr_pstrdup(p, found->row.label);
    if (found != auth->guard.known && !found->tenant_off) {
        scim_known_put(known_here(auth), auth->hash, found, now);
    }
    if (scim_token_is_stale(&found->row, now)) {
        auth->used = apr_pmemdup(p, &found->row, sizeof(found->row));
    }
    return let_in(auth, "Bearer", found);
}

/* Whose tokens count; NULL: anyone's. */
static const char *guarded_tenant(const scim_auth_t *auth)
{
    return scim_config_tenant_by(auth->dir) == SCIM_TENANT_BY_PATH ? auth->path_tenant
                                                                   : auth->dir->tenant;
}

static scim_error_t *ask_database(scim_auth_t *auth, int defer)
{
    apr_pool_t *p = auth->r->pool;

    auth->guard.hash = apr_pescape_hex(p, auth->hash, SCIM_HASH_BYTES, 0);
    auth->guard.known =
        defer ? scim_known_get(known_here(auth), auth->hash, apr_time_now(), p) : NULL;
    if (defer) {
        scim_stats_lookup(auth->r->server, SCIM_TALLY_KNOWN_HIT, auth->guard.known != NULL);
    }
    auth->guard.tenant = guarded_tenant(auth);
    auth->guard.owned = scim_config_token_rules(auth->dir).owner_required;
    auth->guard.judge = judge;
    auth->guard.baton = auth;
    scim_store_guard(auth->store, &auth->guard);
    /* With a server to ask, not in the midst of a read. */
    return defer && !scim_jwt_asks(auth->dir) ? NULL : scim_store_admit(auth->store);
}

/* One way after the other. */
static scim_error_t *check_token(scim_auth_t *auth, int defer)
{
    const char *token = auth->token;
    apr_size_t len = auth->token_len;

    if (len > (auth->dir->jwt ? CLAIMS_BYTES_MAX : TOKEN_BYTES_MAX)) {
        auth->refusal = SCIM_TALLY_TOKEN_UNKNOWN;
        return trust_or(auth, refuse(auth->r, invalid_challenge,
                                     "The token is longer than any that was given out."));
    }
    if (EVP_Digest(token, len, auth->hash, NULL, EVP_sha256(), NULL) != 1) {
        return trust_or(auth, invalid(auth, SCIM_TALLY_TOKEN_UNKNOWN));
    }
    if (accepts_static(auth)) {
        return let_in(auth, "Bearer", NULL);
    }
    if (has_trusted_user(auth) && is_basic(token)) {
        return trust_or(auth, invalid(auth, SCIM_TALLY_TOKEN_UNKNOWN));
    }
    if (scim_jwt_takes(auth->dir, token, len)) {
        return check_signed(auth);
    }
    return auth->dir->token_store == 1 ? ask_database(auth, defer) : ask_server(auth);
}

scim_error_t *scim_auth_check(scim_auth_t *auth, scim_store_t *store, int defer)
{
    request_rec *r = auth->r;
    const char *header = apr_table_get(r->headers_in, "Authorization");

    if (!header || header[strspn(header, " \t")] == '\0') {
        auth->refusal = SCIM_TALLY_TOKEN_ABSENT;
        return trust_or(auth,
                        refuse(r, "Bearer realm=\"scim\"",
                               "This request needs a bearer token in its Authorization header."));
    }
    auth->store = store;
    auth->token = token_find(header, &auth->token_len);
    return check_token(auth, defer);
}

/* ---- the connection ---- */

/* The connection's own peer: what a proxy says about the client's address proves nothing here. */
static int is_loopback(const conn_rec *c)
{
    return c->client_ip &&
           (strncmp(c->client_ip, "127.", 4) == 0 || strcmp(c->client_ip, "::1") == 0);
}

scim_error_t *scim_auth_transport(request_rec *r, const scim_dir_t *dir)
{
    if (!scim_config_require_tls(dir) || strcmp(ap_http_scheme(r), "https") == 0 ||
        is_loopback(r->connection)) {
        return NULL;
    }
    return scim_error_make(r->pool, HTTP_FORBIDDEN, SCIM_TYPE_NONE,
                           "SCIM is served over HTTPS only; this request came over plain HTTP.");
}
