/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_console_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "mod_scim_oauth_config.h"
#include "scim_client.h"
#include "scim_grant.h"
#include "scim_grant_list.h"
#include "scim_id.h"
#include "scim_json.h"
#include "scim_oauth.h"

/* OAuth clients of the tenant, and the access that they were given. */

#define PAGE 100
#define PAGE_MAX 500

#define REDIRECTS_MAX 50

/*
 * Clients of the tenant's that admins may make, with those that were revoked, whose rows stay: each
 * list reads all of them. The key sets that a child fetches are bounded for all tenants together,
 * so one must not take all of them.
 */
#define CLIENTS_MAX 500
#define CLIENTS_URI_MAX 32

/* ---- clients ---- */

static int is_shared(const scim_client_t *client)
{
    return strcmp(client->tenant, SCIM_CLIENT_EVERY_TENANT) == 0;
}

static json_t *client_new(const scim_client_t *client)
{
    json_t *redirects = json_array();
    json_t *out = json_object();
    int i;

    for (i = 0; i < client->nredirects; i++) {
        json_array_append_new(redirects, json_string(client->redirects[i]));
    }
    json_object_set_new(out, "id", json_string(client->id));
    json_object_set_new(out, "name", json_string(client->name));
    json_object_set_new(out, "auth", json_string(client->auth));
    json_object_set_new(out, "state", json_string(client->revoked ? "revoked" : "active"));
    json_object_set_new(out, "created", scim_console_time_new(client->created));
    json_object_set_new(out, "redirects", redirects);
    json_object_set_new(out, "jwksUri", scim_console_text_new(client->jwks_uri));
    json_object_set_new(out, "shared", json_boolean(is_shared(client)));
    return out;
}

scim_error_t *scim_console_clients(scim_console_call_t *call)
{
    apr_array_header_t *clients;
    json_t *list;
    json_t *out;
    int i;
    scim_error_t *err = scim_client_list(&clients, call->store, call->r->pool);

    if (err) {
        return err;
    }
    list = json_array();
    for (i = 0; i < clients->nelts; i++) {
        json_array_append_new(list, client_new(&APR_ARRAY_IDX(clients, i, scim_client_t)));
    }
    out = json_object();
    json_object_set_new(out, "clients", list);
    return scim_console_reply(call, HTTP_OK, out);
}

static scim_error_t *no_oauth(const scim_console_call_t *call)
{
    return scim_console_refuse(call, HTTP_CONFLICT,
                               "Clients cannot be made here: this server does not give tokens by "
                               "OAuth for this tenant.");
}

static scim_error_t *read_redirects(scim_client_t *client, const scim_console_call_t *call)
{
    const json_t *given = json_object_get(call->body, "redirects");
    const char **redirects;
    size_t n = json_array_size(given);
    size_t i;

    if ((given && !json_is_null(given) && !json_is_array(given)) || n > REDIRECTS_MAX) {
        return scim_console_refuse(call, HTTP_BAD_REQUEST,
                                   "redirects must be an array of at most 50 URLs.");
    }
    redirects = apr_pcalloc(call->r->pool, (n + 1) * sizeof(*redirects));
    for (i = 0; i < n; i++) {
        redirects[i] = json_string_value(json_array_get(given, i));
        if (!redirects[i]) {
            return scim_console_refuse(call, HTTP_BAD_REQUEST,
                                       "redirects must be an array of strings.");
        }
    }
    client->redirects = redirects;
    client->nredirects = (int)n;
    return NULL;
}

/*
 * Keys are an object, or its text as it was pasted. Only the operator may have the server fetch
 * them from itself: a tenant's admin would reach what listens on this host for this host alone.
 */
static scim_error_t *read_keys(scim_client_t *client, const scim_console_call_t *call)
{
    const json_t *jwks = json_object_get(call->body, "jwks");
    scim_error_t *err = scim_console_text(&client->jwks_uri, call, "jwksUri");

    if (!err && client->jwks_uri && strncmp(client->jwks_uri, "https://", 8) != 0) {
        err = scim_console_refuse(call, HTTP_BAD_REQUEST, "jwksUri must begin with https://.");
    }
    if (!err && json_is_object(jwks)) {
        client->jwks = scim_json_dump(jwks, NULL, call->r->pool);
        return NULL;
    }
    return err ? err : scim_console_text(&client->jwks, call, "jwks");
}

/* How it proves who it is must be a way that the server takes. */
static scim_error_t *read_auth(scim_client_t *client, const char **secret,
                               const scim_console_call_t *call)
{
    unsigned auths = scim_oauth_auths(call->console->oauth->oauth);
    apr_pool_t *p = call->r->pool;
    const char *auth = NULL;
    scim_error_t *err = scim_console_text(&auth, call, "auth");

    if (err) {
        return err;
    }
    if (!auth || strcmp(auth, SCIM_CLIENT_SECRET) == 0) {
        client->auth = SCIM_CLIENT_SECRET;
        *secret = scim_token_secret(p);
        client->secret = scim_token_hash(*secret, strlen(*secret), p);
        return auths & (SCIM_OAUTH_AUTH_BASIC | SCIM_OAUTH_AUTH_BODY)
                   ? NULL
                   : scim_console_refuse(call, HTTP_BAD_REQUEST,
                                         "This server takes no secrets of clients.");
    }
    if (strcmp(auth, SCIM_CLIENT_JWT) != 0) {
        return scim_console_refuse(call, HTTP_BAD_REQUEST, "auth is secret or private_key_jwt.");
    }
    client->auth = SCIM_CLIENT_JWT;
    return auths & SCIM_OAUTH_AUTH_JWT
               ? read_keys(client, call)
               : scim_console_refuse(call, HTTP_BAD_REQUEST,
                                     "This server takes no private_key_jwt of clients.");
}

static scim_error_t *check_room(const scim_console_call_t *call, const scim_client_t *wanted)
{
    apr_array_header_t *clients;
    int own = 0;
    int uris = 0;
    int i;
    scim_error_t *err = scim_client_list(&clients, call->store, call->r->pool);

    for (i = 0; !err && i < clients->nelts; i++) {
        const scim_client_t *client = &APR_ARRAY_IDX(clients, i, scim_client_t);
        own += !is_shared(client);
        uris += !is_shared(client) && client->jwks_uri != NULL;
    }
    if (!err && (own >= CLIENTS_MAX || (wanted->jwks_uri && uris >= CLIENTS_URI_MAX))) {
        err = scim_error_make(call->r->pool, HTTP_CONFLICT, SCIM_TYPE_NONE,
                              "This tenant has %d clients%s, those that were deactivated included; "
                              "ask the server's operator for another.",
                              own >= CLIENTS_MAX ? own : uris,
                              own >= CLIENTS_MAX ? "" : " with a jwksUri");
    }
    return err;
}

scim_error_t *scim_console_client_create(scim_console_call_t *call)
{
    request_rec *r = call->r;
    scim_client_t client = {.id = scim_id_make(r->pool), .tenant = call->tenant->name};
    const char *secret = NULL;
    json_t *out;
    scim_error_t *err;

    if (!call->console->oauth) {
        return no_oauth(call);
    }
    err = scim_console_text(&client.name, call, "name");
    if (!err && (!client.name || !*client.name)) {
        err = scim_console_refuse(call, HTTP_BAD_REQUEST, "A client needs a name.");
    }
    err = err ? err : read_redirects(&client, call);
    err = err ? err : read_auth(&client, &secret, call);
    err = err ? err : check_room(call, &client);
    err = err ? err : scim_client_create(call->store, &client, &call->who, r->pool);
    if (err) {
        return err;
    }
    client.created = apr_time_now();
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "SCIM3399: %s made client %s of tenant %s", r->user,
                  client.id, call->tenant->name);
    out = client_new(&client);
    if (secret) {
        json_object_set_new(out, "secret", json_string(secret));
    }
    return scim_console_reply(call, HTTP_CREATED, out);
}

static const scim_client_t *find_client(const apr_array_header_t *clients, const char *id)
{
    int i;

    for (i = 0; i < clients->nelts; i++) {
        const scim_client_t *client = &APR_ARRAY_IDX(clients, i, scim_client_t);
        if (strcmp(client->id, id) == 0) {
            return client;
        }
    }
    return NULL;
}

scim_error_t *scim_console_client_revoke(scim_console_call_t *call)
{
    request_rec *r = call->r;
    apr_array_header_t *clients;
    const scim_client_t *found;
    scim_client_t client;
    int done = 0;
    scim_error_t *err = scim_client_list(&clients, call->store, r->pool);

    if (err) {
        return err;
    }
    found = find_client(clients, call->id);
    if (!found) {
        return scim_console_refuse(call, HTTP_NOT_FOUND, "There is no client with this id.");
    }
    if (is_shared(found)) {
        return scim_console_refuse(call, HTTP_FORBIDDEN,
                                   "This client is for every tenant; only the server's operator "
                                   "can revoke it.");
    }
    client = *found;
    err = scim_client_revoke(&done, call->store, client.tenant, client.id, &call->who);
    if (err) {
        return err;
    }
    if (done) {
        client.revoked = apr_time_now();
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "SCIM3400: %s revoked client %s of tenant %s",
                      r->user, client.id, call->tenant->name);
    }
    return scim_console_reply(call, HTTP_OK, client_new(&client));
}

/* ---- grants ---- */

/* What the grants of one reply are shown with. */
typedef struct around_t {
    const apr_array_header_t *clients;
    apr_hash_t *owners;
} around_t;

static scim_error_t *find_around(around_t *around, const scim_console_call_t *call)
{
    apr_array_header_t *clients;
    scim_error_t *err = scim_client_list(&clients, call->store, call->r->pool);

    if (!err) {
        around->clients = clients;
        around->owners = apr_hash_make(call->r->pool);
    }
    return err;
}

static json_t *grant_new(const scim_console_call_t *call, const scim_grant_row_t *row,
                         const around_t *around)
{
    const scim_client_t *client = find_client(around->clients, row->client ? row->client : "");
    json_t *out = json_object();

    json_object_set_new(out, "id", json_string(row->id));
    json_object_set_new(out, "client", scim_console_text_new(row->client));
    json_object_set_new(out, "clientName", scim_console_text_new(client ? client->name : NULL));
    json_object_set_new(
        out, "owner", scim_console_text_new(scim_console_owner(call, around->owners, row->owner)));
    json_object_set_new(out, "creator", scim_console_text_new(row->creator));
    json_object_set_new(out, "created", scim_console_time_new(row->created));
    json_object_set_new(out, "used", scim_console_time_new(row->used));
    json_object_set_new(out, "expires", scim_console_time_new(row->expires));
    json_object_set_new(out, "state",
                        json_string(row->live    ? "active"
                                    : row->ended ? "revoked"
                                                 : "expired"));
    return out;
}

scim_error_t *scim_console_grants(scim_console_call_t *call)
{
    scim_form_field_t fields[] = {{"cursor", NULL, NULL}, {"count", NULL, NULL}};
    apr_array_header_t *rows;
    around_t around;
    const char *next = NULL;
    json_t *grants;
    json_t *out;
    int count = 0;
    int i;
    scim_error_t *err = scim_console_query(call, fields, 2);

    err = err ? err : scim_console_count(&count, call, &fields[1], PAGE, PAGE_MAX);
    err =
        err ? err : scim_grant_list(&rows, call->store, fields[0].value, count + 1, call->r->pool);
    err = err ? err : find_around(&around, call);
    if (err) {
        return err;
    }
    grants = json_array();
    for (i = 0; i < rows->nelts && i < count; i++) {
        const scim_grant_row_t *row = &APR_ARRAY_IDX(rows, i, scim_grant_row_t);
        json_array_append_new(grants, grant_new(call, row, &around));
        next = i == count - 1 && rows->nelts > count ? row->id : NULL;
    }
    out = json_object();
    json_object_set_new(out, "grants", grants);
    json_object_set_new(out, "next", scim_console_text_new(next));
    return scim_console_reply(call, HTTP_OK, out);
}

scim_error_t *scim_console_grant_revoke(scim_console_call_t *call)
{
    request_rec *r = call->r;
    scim_grant_row_t *row;
    around_t around;
    int done = 0;
    scim_error_t *err = scim_grant_get(&row, call->store, call->id, r->pool);

    if (!err && !row) {
        return scim_console_refuse(call, HTTP_NOT_FOUND, "There is no such access.");
    }
    err = err ? err
              : scim_grant_end(&done, call->store, row->client ? row->client : "", call->id,
                               &call->who);
    err = err ? err : scim_grant_get(&row, call->store, call->id, r->pool);
    err = err ? err : find_around(&around, call);
    if (err) {
        return err;
    }
    if (!row) {
        return scim_console_refuse(call, HTTP_NOT_FOUND, "There is no such access.");
    }
    if (done) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "SCIM3401: %s revoked what client %s was given of tenant %s", r->user,
                      row->client ? row->client : "-", call->tenant->name);
    }
    return scim_console_reply(call, HTTP_OK, grant_new(call, row, &around));
}
