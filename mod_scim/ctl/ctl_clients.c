/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "ctl_call.h"
#include "ctl_httpd.h"
#include "ctl_print.h"
#include "ctl_tokens.h"
#include "scim_client.h"
#include "scim_id.h"
#include "scim_json.h"

static const ctl_column_t columns[] = {
    {"id", "ID"},       {"name", "NAME"},       {"tenant", "TENANT"},       {"auth", "PROVED BY"},
    {"state", "STATE"}, {"created", "CREATED"}, {"redirects", "REDIRECTS"}, {NULL, NULL}};

static json_t *client_json(const scim_client_t *client, apr_pool_t *p)
{
    json_t *redirects = json_array();
    json_t *out = scim_json_own(json_object(), p);
    int i;

    for (i = 0; i < client->nredirects; i++) {
        json_array_append_new(redirects, json_string(client->redirects[i]));
    }
    json_object_set_new(out, "id", json_string(client->id));
    json_object_set_new(out, "name", json_string(client->name));
    json_object_set_new(out, "tenant", json_string(client->tenant));
    json_object_set_new(out, "auth", json_string(client->auth));
    json_object_set_new(out, "state", json_string(client->revoked ? "revoked" : "active"));
    json_object_set_new(out, "created", ctl_out_time_new(client->created, p));
    json_object_set_new(out, "redirects", redirects);
    json_object_set_new(out, "jwksUri", ctl_token_text_new(client->jwks_uri));
    return out;
}

/* ---- create ---- */

/* Public keys, or a fresh secret: exactly one of them. */
static int find_proof(scim_client_t *client, const char **secret, ctl_t *c)
{
    int rc = CTL_OK;

    *secret = NULL;
    client->jwks_uri = c->opt.jwks_uri;
    if (c->opt.jwks && c->opt.jwks_uri) {
        return ctl_fail(c, CTL_USAGE, "--jwks and --jwks-uri contradict each other");
    }
    if (c->opt.jwks) {
        rc = ctl_httpd_file(&client->jwks, c, c->opt.jwks);
    }
    if (c->opt.jwks || c->opt.jwks_uri) {
        client->auth = SCIM_CLIENT_JWT;
        return rc;
    }
    client->auth = SCIM_CLIENT_SECRET;
    *secret = scim_token_secret(c->pool);
    client->secret = scim_token_hash(*secret, strlen(*secret), c->pool);
    return client->secret ? CTL_OK : ctl_fail(c, CTL_FAILED, "there is no memory left");
}

int ctl_client_create(ctl_t *c)
{
    const apr_array_header_t *redirects = c->opt.redirects;
    scim_client_t client = {.name = c->opt.name};
    const char *secret;
    scim_error_t *err;
    int rc;

    if (!c->opt.name) {
        return ctl_fail(c, CTL_USAGE, "client create needs --name TEXT: who is it?");
    }
    rc = find_proof(&client, &secret, c);
    if (rc != CTL_OK) {
        return rc;
    }
    client.id = c->opt.id ? c->opt.id : scim_id_make(c->pool);
    client.tenant = c->opt.every_tenant ? SCIM_CLIENT_EVERY_TENANT : c->tenant->name;
    client.redirects = redirects ? (const char *const *)(const void *)redirects->elts : NULL;
    client.nredirects = redirects ? redirects->nelts : 0;
    err = scim_client_create(ctl_store(c, c->pool), &client, ctl_call_who(c, c->pool), c->pool);
    if (err) {
        return ctl_error(c, err);
    }
    client.created = apr_time_now();
    if (secret) {
        ctl_token_show_secret(c, "secret", secret, client_json(&client, c->pool));
    } else {
        ctl_print_object(c, client_json(&client, c->pool));
    }
    return CTL_OK;
}

/* ---- list ---- */

int ctl_client_list(ctl_t *c)
{
    apr_array_header_t *clients;
    ctl_list_t *list;
    scim_error_t *err = scim_client_list(&clients, ctl_store(c, c->pool), c->pool);
    int i;

    if (err) {
        return ctl_error(c, err);
    }
    list = ctl_list_begin(c, columns);
    for (i = 0; i < clients->nelts; i++) {
        const scim_client_t *client = &APR_ARRAY_IDX(clients, i, scim_client_t);
        if (c->opt.all || !client->revoked) {
            ctl_list_add(list, client_json(client, c->pool));
        }
    }
    ctl_list_end(list, "No clients. (--all shows revoked ones.)");
    return CTL_OK;
}

/* ---- revoke ---- */

static int revoke_one(ctl_t *c, const char *id)
{
    const char *tenant = c->opt.every_tenant ? SCIM_CLIENT_EVERY_TENANT : c->tenant->name;
    scim_error_t *err;
    apr_pool_t *p;
    int done = 0;

    apr_pool_create(&p, c->pool);
    err = scim_client_revoke(&done, ctl_store(c, p), tenant, id, ctl_call_who(c, p));
    if (err) {
        return ctl_error(c, err);
    }
    apr_pool_destroy(p);
    if (!done) {
        return ctl_fail(c, CTL_NOT_FOUND, "%s has no active client %s%s",
                        c->opt.every_tenant ? "the list of clients for every tenant" : tenant, id,
                        c->opt.every_tenant ? ""
                                            : "; --every-tenant revokes one that is for every "
                                              "tenant");
    }
    ctl_say(c, "%s is revoked, and so are the tokens that it was given.", id);
    return CTL_OK;
}

int ctl_client_revoke(ctl_t *c)
{
    return ctl_token_each(c, revoke_one);
}
