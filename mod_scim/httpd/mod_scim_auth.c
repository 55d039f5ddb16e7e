/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_auth.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <http_protocol.h>

#include "scim_text.h"

#define SCHEME "sha256:"
#define LABEL_MAX 64
#define OWNER "owner="
#define OWNER_CHARS_MAX 255

/* All tokens are compared for every request; more than this is a file of something else. */
#define TOKENS_MAX 1000

/* Longer than any provider's field; hashing is bounded before the token is looked at. */
#define TOKEN_BYTES_MAX 2048

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

static int hash_decode(unsigned char *hash, const char *hex)
{
    int i;

    for (i = 0; i < SCIM_HASH_BYTES; i++) {
        int high = hex_value(hex[2 * i]);
        int low = high < 0 ? -1 : hex_value(hex[2 * i + 1]);
        if (low < 0) {
            return 0;
        }
        hash[i] = (unsigned char)(high * 16 + low);
    }
    return 1;
}

/* Labels go into logs and into the user field of the access log. */
static int is_label(const char *label)
{
    apr_size_t len = strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789._@+-");

    return len > 0 && len <= LABEL_MAX && label[len] == '\0';
}

/* A userName, which may hold nearly anything. */
static int is_owner(const char *name)
{
    apr_size_t len = strlen(name);
    apr_size_t i;

    for (i = 0; i < len; i++) {
        if (apr_iscntrl(name[i])) {
            return 0;
        }
    }
    return len > 0 && scim_text_utf8(name, len) && scim_text_chars(name) <= OWNER_CHARS_MAX;
}

/* Sort the words behind a hash: a label, then an owner, either of them missing. */
static const char *token_words(scim_token_t *token, const char *one, const char *two, apr_pool_t *p)
{
    const char *last = two ? two : one;

    token->label = NULL;
    token->owner = NULL;
    if (last && strncmp(last, OWNER, strlen(OWNER)) == 0) {
        token->owner = apr_pstrdup(p, last + strlen(OWNER));
        last = NULL;
    }
    token->label = two ? one : last;
    if (two && !token->owner) {
        return "what follows a token's label must be owner= and a userName";
    }
    if (token->label && !is_label(token->label)) {
        return "a token's label must be 1 to 64 of the characters A-Z a-z 0-9 . _ @ + -";
    }
    if (token->owner && !is_owner(token->owner)) {
        return "a token's owner must be a userName of 1 to 255 characters in UTF-8";
    }
    return NULL;
}

const char *scim_token_add(apr_array_header_t *tokens, const char *hash, const char *one,
                           const char *two, apr_pool_t *p)
{
    scim_token_t token;
    const char *wrong;
    int i;

    if (strncmp(hash, SCHEME, strlen(SCHEME)) != 0) {
        return "a token must be \"sha256:\" and the 64 hexadecimal digits of the token's SHA-256; "
               "the token itself never stands in the configuration";
    }
    hash += strlen(SCHEME);
    if (strlen(hash) != 2 * SCIM_HASH_BYTES) {
        return apr_psprintf(p, "a token needs 64 hexadecimal digits after \"sha256:\", not %lu",
                            (unsigned long)strlen(hash));
    }
    if (!hash_decode(token.hash, hash)) {
        return "a token has a character after \"sha256:\" that is not a hexadecimal digit";
    }
    wrong = token_words(&token, one, two, p);
    if (wrong) {
        return wrong;
    }
    for (i = 0; i < tokens->nelts; i++) {
        if (memcmp(APR_ARRAY_IDX(tokens, i, scim_token_t).hash, token.hash, SCIM_HASH_BYTES) == 0) {
            return apr_psprintf(p, "this token is already given as \"%s\"",
                                APR_ARRAY_IDX(tokens, i, scim_token_t).label);
        }
    }
    if (tokens->nelts >= TOKENS_MAX) {
        return apr_psprintf(p, "more than %d tokens", TOKENS_MAX);
    }
    token.label = token.label ? apr_pstrdup(p, token.label) : apr_psprintf(p, "token-%.8s", hash);
    APR_ARRAY_PUSH(tokens, scim_token_t) = token;
    return NULL;
}

static const char *token_line(apr_array_header_t *tokens, const char *line, apr_pool_t *p)
{
    const char *hash = ap_getword_conf(p, &line);
    const char *one = *line ? ap_getword_conf(p, &line) : NULL;
    const char *two = *line ? ap_getword_conf(p, &line) : NULL;

    if (*line) {
        return "a line takes a token, a label and an owner, nothing more";
    }
    return scim_token_add(tokens, hash, one, two, p);
}

const char *scim_token_file(apr_array_header_t *tokens, const char *path, apr_pool_t *p,
                            apr_pool_t *ptemp)
{
    char line[2048];
    ap_configfile_t *file;
    const char *wrong = NULL;
    apr_status_t rv = ap_pcfg_openfile(&file, ptemp, path);

    if (rv != APR_SUCCESS) {
        return apr_psprintf(p, "cannot read %s: %pm", path, &rv);
    }
    for (;;) {
        rv = ap_cfg_getline(line, sizeof(line), file);
        if (rv != APR_SUCCESS) {
            break;
        }
        if (line[0] == '\0' || line[0] == '#') {
            continue;
        }
        wrong = token_line(tokens, line, p);
        if (wrong) {
            break;
        }
    }
    if (!wrong && rv != APR_EOF) {
        wrong = rv == APR_ENOSPC ? "the line is too long"
                                 : apr_psprintf(p, "cannot be read further: %pm", &rv);
    }
    if (wrong) {
        wrong = apr_psprintf(p, "%s line %u: %s", path, file->line_number, wrong);
    }
    ap_cfg_closefile(file);
    return wrong;
}

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

/* Looks at every token whatever the outcome, so that time tells nothing of which one is near. */
static const scim_token_t *token_match(const apr_array_header_t *tokens, const unsigned char *hash)
{
    const scim_token_t *found = NULL;
    int i;

    for (i = 0; i < tokens->nelts; i++) {
        const scim_token_t *token = &APR_ARRAY_IDX(tokens, i, scim_token_t);
        if (CRYPTO_memcmp(token->hash, hash, SCIM_HASH_BYTES) == 0) {
            found = token;
        }
    }
    return found;
}

static scim_error_t *refuse(request_rec *r, const char *challenge, const char *detail)
{
    apr_table_setn(r->err_headers_out, "WWW-Authenticate", challenge);
    return scim_error_make(r->pool, HTTP_UNAUTHORIZED, SCIM_TYPE_NONE, "%s", detail);
}

scim_error_t *scim_auth_check(const scim_token_t **out, request_rec *r, const scim_dir_t *dir)
{
    static const char invalid[] = "Bearer realm=\"scim\", error=\"invalid_token\"";
    const char *header = apr_table_get(r->headers_in, "Authorization");
    unsigned char hash[SCIM_HASH_BYTES];
    const scim_token_t *match = NULL;
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
        match = token_match(dir->tokens, hash);
    }
    if (!match) {
        return refuse(r, invalid, "The token is not valid here.");
    }
    r->user = apr_pstrdup(r->pool, match->label);
    r->ap_auth_type = apr_pstrdup(r->pool, "Bearer");
    *out = match;
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
