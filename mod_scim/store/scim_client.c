/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_client.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scim_store_impl.h"
#include "scim_text.h"
#include "scim_token.h"

#define ID_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
#define HASH_HEX 64

/* Between the redirect URIs in their column; none of them can hold it. */
#define SEPARATOR "\n"

/* ---- what a client may be ---- */

const char *scim_client_redirect_wrong(const char *uri)
{
    const char *host = strncmp(uri, "https://", 8) == 0  ? uri + 8
                       : strncmp(uri, "http://", 7) == 0 ? uri + 7
                                                         : NULL;
    const char *s;

    if (!host || !*host || strchr("/?:", *host)) {
        return "a redirect URI must begin with https:// or http:// and a host";
    }
    if (strlen(uri) > SCIM_CLIENT_REDIRECT_MAX) {
        return "a redirect URI must not be longer than 1000 characters";
    }
    for (s = uri; *s; s++) {
        if (*s <= ' ' || *s > '~' || strchr("\"<>\\^`{|}", *s)) {
            return "a redirect URI must hold only characters that a URI may have";
        }
    }
    if (strchr(uri, '#')) {
        return "a redirect URI must not have a fragment";
    }
    if (memchr(host, '@', strcspn(host, "/?"))) {
        return "a redirect URI must not have a user name";
    }
    return NULL;
}

static const char *redirects_wrong(const scim_client_t *client)
{
    apr_size_t bytes = 0;
    const char *wrong = NULL;
    int i;

    for (i = 0; i < client->nredirects && !wrong; i++) {
        wrong = scim_client_redirect_wrong(client->redirects[i]);
        bytes += strlen(client->redirects[i]) + 1;
    }
    if (!wrong && bytes > SCIM_CLIENT_REDIRECTS_BYTES) {
        wrong = "all redirect URIs together must not be longer than 4000 characters";
    }
    return wrong;
}

/* A public key of a kind that signs: never a secret, which a client might take for one. */
static int is_public_key(const json_t *key)
{
    const char *kty = json_string_value(json_object_get(key, "kty"));

    return kty && (strcmp(kty, "RSA") == 0 || strcmp(kty, "EC") == 0) &&
           !json_object_get(key, "d") && !json_object_get(key, "k");
}

static const char *jwks_wrong(const char *text, apr_pool_t *p)
{
    static const scim_json_limits_t limits = {SCIM_CLIENT_JWKS_BYTES, 0, 0};
    json_t *set = NULL;
    const json_t *keys;
    apr_size_t i;

    if (strlen(text) > SCIM_CLIENT_JWKS_BYTES) {
        return "a key set must not be longer than 16000 bytes";
    }
    if (scim_json_load(&set, text, strlen(text), &limits, p)) {
        return "a key set must be a JSON object";
    }
    keys = json_object_get(set, "keys");
    if (json_array_size(keys) == 0) {
        return "a key set must have an array \"keys\" with at least one key";
    }
    for (i = 0; i < json_array_size(keys); i++) {
        if (!is_public_key(json_array_get(keys, i))) {
            return "a key set must hold only public keys of the types RSA and EC";
        }
    }
    return NULL;
}

static int is_own_host(const char *uri)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    apr_size_t i;

    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        apr_size_t n = strlen(hosts[i]);

        if (strncmp(uri, hosts[i], n) == 0 && (uri[n] == ':' || uri[n] == '/')) {
            return 1;
        }
    }
    return 0;
}

/* Keys are fetched over HTTPS, or from this host itself. */
static int is_jwks_uri(const char *uri)
{
    return !scim_client_redirect_wrong(uri) &&
           (strncmp(uri, "https://", 8) == 0 || is_own_host(uri));
}

/* What it proves itself by must be there, and nothing else. */
static const char *proof_wrong(const scim_client_t *client, apr_pool_t *p)
{
    if (strcmp(client->auth, SCIM_CLIENT_SECRET) == 0) {
        if (client->jwks || client->jwks_uri) {
            return "a client with a secret has no keys";
        }
        return client->secret && strlen(client->secret) == HASH_HEX &&
                       strspn(client->secret, "0123456789abcdef") == HASH_HEX
                   ? NULL
                   : "a client with a secret needs its SHA-256";
    }
    if (strcmp(client->auth, SCIM_CLIENT_JWT) != 0) {
        return "a client proves itself by a secret or by private_key_jwt";
    }
    if (client->secret || !client->jwks == !client->jwks_uri) {
        return "a client with private_key_jwt needs a key set or the address of one, and nothing "
               "else";
    }
    if (client->jwks_uri) {
        return is_jwks_uri(client->jwks_uri) ? NULL
                                             : "the address of a key set must begin with https://";
    }
    return jwks_wrong(client->jwks, p);
}

static const char *name_wrong(const char *name)
{
    apr_size_t len = strlen(name);
    const char *s;

    if (len == 0 || !scim_text_utf8(name, len) || scim_text_chars(name) > SCIM_CLIENT_NAME_CHARS) {
        return "a client's name must be 1 to 255 characters of UTF-8";
    }
    for (s = name; *s; s++) {
        if (apr_iscntrl(*s)) {
            return "a client's name must not hold control characters";
        }
    }
    return NULL;
}

static const char *client_wrong(const scim_store_t *store, const scim_client_t *client,
                                apr_pool_t *p)
{
    apr_size_t len = strspn(client->id, ID_CHARS);
    const char *wrong;

    if (len == 0 || len > SCIM_CLIENT_ID_MAX || client->id[len] != '\0') {
        return "a client's id must be 1 to 64 of the characters A-Z a-z 0-9 . _ -";
    }
    if (strcmp(client->tenant, SCIM_CLIENT_EVERY_TENANT) != 0 &&
        strcmp(client->tenant, store->tenant->name) != 0) {
        return "a client belongs to this tenant or to every tenant";
    }
    wrong = name_wrong(client->name);
    if (!wrong) {
        wrong = redirects_wrong(client);
    }
    return wrong ? wrong : proof_wrong(client, p);
}

/* ---- reading ---- */

/* A prepared SELECT gets a buffer for all that a TEXT may hold, unless it says what it wants. */
#define COLUMNS                                                                                    \
    "c.id, c.tenant, c.name, c.secret, c.auth, SUBSTR(c.redirects, 1, 4000), "                     \
    "SUBSTR(c.jwks, 1, 16000), c.jwks_uri, c.created, c.revoked"
#define NCOLUMNS 10

typedef struct reading_t {
    apr_array_header_t *clients;
    apr_pool_t *pool;
} reading_t;

static void split_redirects(scim_client_t *client, const char *text, apr_pool_t *p)
{
    apr_array_header_t *all = apr_array_make(p, 4, sizeof(const char *));
    char *rest;
    char *one = apr_strtok(apr_pstrdup(p, text), SEPARATOR, &rest);

    for (; one; one = apr_strtok(NULL, SEPARATOR, &rest)) {
        APR_ARRAY_PUSH(all, const char *) = one;
    }
    client->redirects = (const char *const *)(const void *)all->elts;
    client->nredirects = all->nelts;
}

static scim_error_t *read_client(void *baton, const char *const *cols)
{
    reading_t *reading = baton;
    scim_client_t *client = apr_array_push(reading->clients);
    apr_pool_t *p = reading->pool;

    client->id = apr_pstrdup(p, cols[0]);
    client->tenant = apr_pstrdup(p, cols[1]);
    client->name = apr_pstrdup(p, cols[2]);
    client->secret = apr_pstrdup(p, cols[3]);
    client->auth = apr_pstrdup(p, cols[4]);
    split_redirects(client, cols[5] ? cols[5] : "", p);
    client->jwks = apr_pstrdup(p, cols[6]);
    client->jwks_uri = apr_pstrdup(p, cols[7]);
    client->created = apr_atoi64(cols[8]) * 1000;
    client->revoked = cols[9] ? apr_atoi64(cols[9]) * 1000 : 0;
    return NULL;
}

scim_error_t *scim_client_find(scim_client_t **client, scim_store_t *store, const char *id,
                               apr_pool_t *p)
{
    reading_t reading = {apr_array_make(p, 1, sizeof(scim_client_t)), p};
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err = NULL;

    if (strlen(id) <= SCIM_CLIENT_ID_MAX) {
        scim_sql_addv(sql,
                      "SELECT " COLUMNS " FROM scim_client c WHERE c.id = %s AND "
                      "c.tenant IN (%s, '" SCIM_CLIENT_EVERY_TENANT "') AND c.revoked IS NULL",
                      id, store->tenant->name, NULL);
        err = scim_store_select(store, sql, 1, NCOLUMNS, read_client, &reading);
    }
    if (!err) {
        *client = reading.clients->nelts ? &APR_ARRAY_IDX(reading.clients, 0, scim_client_t) : NULL;
    }
    return err;
}

scim_error_t *scim_client_list(apr_array_header_t **clients, scim_store_t *store, apr_pool_t *p)
{
    reading_t reading = {apr_array_make(p, 8, sizeof(scim_client_t)), p};
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT " COLUMNS
                  " FROM scim_client c WHERE c.tenant IN (%s, '" SCIM_CLIENT_EVERY_TENANT
                  "') ORDER BY c.id",
                  store->tenant->name, NULL);
    err = scim_store_select(store, sql, 1, NCOLUMNS, read_client, &reading);
    if (!err) {
        *clients = reading.clients;
    }
    return err;
}

scim_error_t *scim_client_name(const char **name, scim_store_t *store, const char *id,
                               apr_pool_t *p)
{
    scim_store_text_t text = {NULL, p};
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    scim_sql_addv(sql,
                  "SELECT c.name FROM scim_client c WHERE c.id = %s AND c.tenant IN (%s, "
                  "'" SCIM_CLIENT_EVERY_TENANT "')",
                  id, store->tenant->name, NULL);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_text, &text);
    if (!err) {
        *name = text.value;
    }
    return err;
}

/* ---- writing ---- */

static const char *join_redirects(const scim_client_t *client, apr_pool_t *p)
{
    scim_buf_t *text = scim_buf_make(256, p);
    int i;

    for (i = 0; i < client->nredirects; i++) {
        scim_buf_puts(text, i ? SEPARATOR : "");
        scim_buf_puts(text, client->redirects[i]);
    }
    return text->data;
}

/* The trail is one tenant's: what is done to clients of every tenant is not its affair. */
static const scim_audit_who_t *who_of(const scim_audit_who_t *who, const char *tenant)
{
    return strcmp(tenant, SCIM_CLIENT_EVERY_TENANT) != 0 ? who : NULL;
}

typedef struct making_t {
    const scim_client_t *client;
    const scim_audit_who_t *who;
} making_t;

static scim_error_t *insert(void *baton, scim_store_t *store, apr_pool_t *p)
{
    const making_t *making = baton;
    const scim_client_t *client = making->client;
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    scim_sql_addv(sql,
                  "INSERT INTO scim_client (id, tenant, name, auth, redirects, created, secret, "
                  "jwks, jwks_uri) VALUES (%s, %s, %s, %s, %s, %s, ",
                  client->id, client->tenant, client->name, client->auth, join_redirects(client, p),
                  scim_store_int(scim_store_now() / 1000, p), NULL);
    scim_sql_bind(sql, client->secret);
    scim_sql_add(sql, ", ");
    scim_sql_bind(sql, client->jwks);
    scim_sql_add(sql, ", ");
    scim_sql_bind(sql, client->jwks_uri);
    scim_sql_add(sql, ")");
    err = scim_store_exec(NULL, store, sql);
    if (err && err->cause == SCIM_CAUSE_DUPLICATE) {
        return scim_error_make(p, 409, SCIM_TYPE_UNIQUENESS,
                               "There is a client with this id already.");
    }
    return err ? err
               : scim_audit_deed(store, who_of(making->who, client->tenant),
                                 SCIM_AUDIT_CLIENT_CREATE, client->id, client->name, p);
}

scim_error_t *scim_client_create(scim_store_t *store, const scim_client_t *client,
                                 const scim_audit_who_t *who, apr_pool_t *p)
{
    const char *wrong = client_wrong(store, client, p);
    making_t making = {client, who};

    if (wrong) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "The client cannot be made: %s.",
                               wrong);
    }
    return scim_store_write(store, insert, &making);
}

typedef struct revoking_t {
    const char *tenant;
    const char *id;
    const scim_audit_who_t *who;
    int done;
} revoking_t;

static scim_error_t *note_revoked(scim_store_t *store, const revoking_t *revoking, apr_pool_t *p)
{
    const scim_audit_who_t *who = who_of(revoking->who, revoking->tenant);
    const char *name = NULL;
    scim_error_t *err = who ? scim_client_name(&name, store, revoking->id, p) : NULL;

    return err ? err : scim_audit_deed(store, who, SCIM_AUDIT_CLIENT_REVOKE, revoking->id, name, p);
}

static scim_error_t *revoke_client(void *baton, scim_store_t *store, apr_pool_t *p)
{
    revoking_t *revoking = baton;
    const char *now = scim_store_int(scim_store_now() / 1000, p);
    scim_sql_t *client = scim_sql_make(p);
    scim_sql_t *tokens = scim_sql_make(p);
    scim_error_t *err;

    scim_sql_addv(client,
                  "UPDATE scim_client SET revoked = %s WHERE id = %s AND tenant = %s AND revoked "
                  "IS NULL",
                  now, revoking->id, revoking->tenant, NULL);
    scim_store_mark(store, SCIM_MARK_AGAIN, NULL, 0);
    err = scim_store_exec(&revoking->done, store, client);
    if (err || !revoking->done) {
        return err;
    }
    scim_sql_addv(tokens,
                  "UPDATE scim_token SET revoked = %s WHERE client = %s AND revoked IS NULL", now,
                  revoking->id, NULL);
    /* A client's id is unique over all tenants; only one of every tenant has tokens in others. */
    if (strcmp(revoking->tenant, SCIM_CLIENT_EVERY_TENANT) != 0) {
        scim_sql_addv(tokens, " AND tenant = %s", revoking->tenant, NULL);
    }
    err = scim_store_exec(NULL, store, tokens);
    return err ? err : note_revoked(store, revoking, p);
}

scim_error_t *scim_client_revoke(int *done, scim_store_t *store, const char *tenant, const char *id,
                                 const scim_audit_who_t *who)
{
    revoking_t revoking = {tenant, id, who, 0};
    scim_error_t *err;

    if (strcmp(tenant, SCIM_CLIENT_EVERY_TENANT) != 0 && strcmp(tenant, store->tenant->name) != 0) {
        *done = 0;
        return NULL;
    }
    err = scim_store_write(store, revoke_client, &revoking);
    if (!err) {
        *done = revoking.done;
    }
    return err;
}

/* ---- assertions ---- */

typedef struct assertion_t {
    const char *client;
    const char *hash;
    const char *expires;
} assertion_t;

static scim_error_t *insert_assertion(void *baton, scim_store_t *store, apr_pool_t *p)
{
    const assertion_t *a = baton;
    scim_sql_t *old = scim_sql_make(p);
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;

    scim_sql_addv(sql,
                  "INSERT INTO scim_jti (tenant, client, jti, expires) VALUES (%s, %s, %s, %s)",
                  store->tenant->name, a->client, a->hash, a->expires, NULL);
    err = scim_store_exec(NULL, store, sql);
    if (err) {
        return err;
    }
    scim_sql_addv(old, "DELETE FROM scim_jti WHERE tenant = %s AND expires < %s",
                  store->tenant->name, scim_store_int(scim_store_now() / 1000, p), NULL);
    return scim_store_exec(NULL, store, old);
}

scim_error_t *scim_client_assert(int *fresh, scim_store_t *store, const char *client,
                                 const char *jti, apr_time_t expires, apr_pool_t *p)
{
    assertion_t a = {client, scim_token_hash(jti, strlen(jti), p),
                     scim_store_int(expires / 1000, p)};
    scim_error_t *err = scim_store_write(store, insert_assertion, &a);

    if (err && err->cause != SCIM_CAUSE_DUPLICATE) {
        return err;
    }
    *fresh = err == NULL;
    return NULL;
}
