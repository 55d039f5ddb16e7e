/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_auth.h"

#include <string.h>

#include <openssl/evp.h>

#include <apr_strings.h>

#include <http_protocol.h>

#include "mod_scim_static.h"

/* Longer than any provider's field; hashing is bounded before the token is looked at. */
#define TOKEN_BYTES_MAX 2048

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

static scim_error_t *refuse(request_rec *r, const char *challenge, const char *detail)
{
    apr_table_setn(r->err_headers_out, "WWW-Authenticate", challenge);
    return scim_error_make(r->pool, HTTP_UNAUTHORIZED, SCIM_TYPE_NONE, "%s", detail);
}

scim_error_t *scim_auth_check(scim_caller_t *out, request_rec *r, const scim_dir_t *dir)
{
    static const char invalid[] = "Bearer realm=\"scim\", error=\"invalid_token\"";
    const char *header = apr_table_get(r->headers_in, "Authorization");
    unsigned char hash[SCIM_HASH_BYTES];
    const scim_static_t *match = NULL;
    const char *token;
    apr_size_t len;

    if (!header || header[strspn(header, " \t")] == '\0') {
        return refuse(r, "Bearer realm=\"scim\"",
                      "This request needs a bearer token in its Authorization header.");
    }
    token = token_find(header, &len);
    if (len > TOKEN_BYTES_MAX) {
        return refuse(r, invalid, "The token is longer than any that was given out.");
    }
    if (EVP_Digest(token, len, hash, NULL, EVP_sha256(), NULL) == 1 && dir->tokens) {
        match = scim_static_match(dir->tokens, hash);
    }
    if (!match) {
        return refuse(r, invalid, "The token is not valid here.");
    }
    r->user = apr_pstrdup(r->pool, match->label);
    r->ap_auth_type = apr_pstrdup(r->pool, "Bearer");
    memset(out, 0, sizeof(*out));
    out->label = match->label;
    out->owner = match->owner;
    return NULL;
}

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
