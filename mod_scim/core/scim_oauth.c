/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_oauth.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_form.h"
#include "scim_json.h"
#include "scim_text.h"

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* What may stand in the query of a URL (RFC 3986 section 3.4), and the percent sign. */
#define QUERY_CHARS ALPHANUMERIC "-._~!$&'()*+,;=:@/?%"

typedef struct name_t {
    const char *name; /* in a directive or a request */
    const char *meta; /* in metadata */
    unsigned bit;
} name_t;

static const name_t grants[] = {
    {"authorization_code", "authorization_code", SCIM_OAUTH_GRANT_CODE},
    {"refresh_token", "refresh_token", SCIM_OAUTH_GRANT_REFRESH},
    {"client_credentials", "client_credentials", SCIM_OAUTH_GRANT_CLIENT},
    {NULL, NULL, 0},
};

static const name_t auths[] = {
    {"basic", "client_secret_basic", SCIM_OAUTH_AUTH_BASIC},
    {"body", "client_secret_post", SCIM_OAUTH_AUTH_BODY},
    {"private_key_jwt", "private_key_jwt", SCIM_OAUTH_AUTH_JWT},
    {NULL, NULL, 0},
};

static unsigned bit_of(const name_t *names, const char *name)
{
    for (; names->name; names++) {
        if (strcmp(names->name, name) == 0) {
            return names->bit;
        }
    }
    return 0;
}

unsigned scim_oauth_grant(const char *name)
{
    return bit_of(grants, name);
}

unsigned scim_oauth_auth(const char *name)
{
    return bit_of(auths, name);
}

int scim_oauth_scope_ok(const char *asked)
{
    const char *s = asked ? asked : SCIM_OAUTH_SCOPE;

    while (*s) {
        apr_size_t n = strcspn(s, " ");

        if (n > 0 && !(n == 4 && strncmp(s, SCIM_OAUTH_SCOPE, n) == 0) &&
            !(n == 14 && strncmp(s, "offline_access", n) == 0)) {
            return 0;
        }
        s += n;
        s += strspn(s, " ");
    }
    return 1;
}

int scim_oauth_is_challenge(const char *s)
{
    return strlen(s) == 43 && strspn(s, ALPHANUMERIC "-_") == 43;
}

int scim_oauth_is_verifier(const char *s)
{
    apr_size_t n = strlen(s);

    return n >= 43 && n <= 128 && strspn(s, ALPHANUMERIC "-._~") == n;
}

/* ---- redirects ---- */

static void add_raw(scim_buf_t *out, const char *raw)
{
    for (; *raw; raw++) {
        if (strchr(QUERY_CHARS, *raw)) {
            scim_buf_add(out, raw, 1);
        } else {
            scim_buf_printf(out, "%%%02X", (unsigned)(unsigned char)*raw);
        }
    }
}

const char *scim_oauth_redirect(const char *uri, const scim_oauth_answer_t *answer, apr_pool_t *p)
{
    scim_buf_t *out = scim_buf_make(512, p);
    const char *query = strchr(uri, '?');

    scim_buf_puts(out, uri);
    scim_buf_puts(out, !query ? "?" : query[1] ? "&" : "");
    if (answer->code) {
        scim_buf_puts(out, "code=");
        scim_buf_puts(out, scim_form_encode(answer->code, p));
    } else {
        scim_buf_puts(out, "error=");
        scim_buf_puts(out, scim_form_encode(answer->error, p));
        scim_buf_puts(out, "&error_description=");
        scim_buf_puts(out, scim_form_encode(answer->detail, p));
    }
    if (answer->state) {
        scim_buf_puts(out, "&state=");
        add_raw(out, answer->state);
    }
    return out->data;
}

/* ---- JSON ---- */

const char *scim_oauth_tokens(const char *access, int life, const char *refresh, const char *scope,
                              apr_pool_t *p)
{
    json_t *body = scim_json_own(json_object(), p);

    json_object_set_new(body, "access_token", json_string(access));
    json_object_set_new(body, "token_type", json_string("Bearer"));
    json_object_set_new(body, "expires_in", json_integer(life));
    if (refresh) {
        json_object_set_new(body, "refresh_token", json_string(refresh));
    }
    json_object_set_new(body, "scope", json_string(scope));
    return scim_json_dump(body, NULL, p);
}

const char *scim_oauth_error(const char *code, const char *detail, apr_pool_t *p)
{
    json_t *body = scim_json_own(json_object(), p);
    char *text = apr_pstrdup(p, detail);
    char *s;

    for (s = text; *s; s++) {
        if (*s < ' ' || *s > '~') {
            *s = '?';
        } else if (*s == '"' || *s == '\\') {
            *s = '\'';
        }
    }
    json_object_set_new(body, "error", json_string(code));
    json_object_set_new(body, "error_description", json_string(text));
    return scim_json_dump(body, NULL, p);
}

static json_t *names_new(const name_t *names, unsigned set)
{
    json_t *list = json_array();

    for (; names->name; names++) {
        if (set & names->bit) {
            json_array_append_new(list, json_string(names->meta));
        }
    }
    return list;
}

static json_t *one_new(const char *value)
{
    json_t *list = json_array();

    json_array_append_new(list, json_string(value));
    return list;
}

static json_t *algs_new(const apr_array_header_t *algs)
{
    json_t *list = json_array();
    int i;

    for (i = 0; i < algs->nelts; i++) {
        json_array_append_new(list, json_string(APR_ARRAY_IDX(algs, i, const char *)));
    }
    return list;
}

static void set_endpoint(json_t *body, const char *name, const char *issuer, const char *path,
                         apr_pool_t *p)
{
    json_object_set_new(body, name, json_string(apr_pstrcat(p, issuer, path, NULL)));
}

/* What an endpoint asks of clients. */
static void set_auths(json_t *body, const char *endpoint, const scim_oauth_meta_t *meta,
                      apr_pool_t *p)
{
    json_object_set_new(body, apr_pstrcat(p, endpoint, "_auth_methods_supported", NULL),
                        names_new(auths, meta->auths));
    if (meta->auths & SCIM_OAUTH_AUTH_JWT) {
        json_object_set_new(body,
                            apr_pstrcat(p, endpoint, "_auth_signing_alg_values_supported", NULL),
                            algs_new(meta->algs));
    }
}

const char *scim_oauth_metadata(const scim_oauth_meta_t *meta, apr_pool_t *p)
{
    json_t *body = scim_json_own(json_object(), p);
    int code = (meta->grants & SCIM_OAUTH_GRANT_CODE) != 0;

    json_object_set_new(body, "issuer", json_string(meta->issuer));
    if (code) {
        set_endpoint(body, "authorization_endpoint", meta->issuer, "/authorize", p);
        json_object_set_new(body, "response_modes_supported", one_new("query"));
        json_object_set_new(body, "code_challenge_methods_supported", one_new("S256"));
    }
    set_endpoint(body, "token_endpoint", meta->issuer, "/token", p);
    set_endpoint(body, "revocation_endpoint", meta->issuer, "/revoke", p);
    json_object_set_new(body, "scopes_supported", one_new(SCIM_OAUTH_SCOPE));
    json_object_set_new(body, "response_types_supported", code ? one_new("code") : json_array());
    json_object_set_new(body, "grant_types_supported", names_new(grants, meta->grants));
    set_auths(body, "token_endpoint", meta, p);
    set_auths(body, "revocation_endpoint", meta, p);
    return scim_json_dump(body, NULL, p);
}
