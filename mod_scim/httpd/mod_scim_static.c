/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_static.h"

#include <string.h>

#include <openssl/crypto.h>

#include <apr_strings.h>

#include <httpd.h>
#include <http_config.h>

#include "scim_text.h"

#define SCHEME "sha256:"
#define LABEL_MAX 64
#define OWNER "owner="
#define OWNER_CHARS_MAX 255

/* All tokens are compared for every request; more than this is a file of something else. */
#define TOKENS_MAX 1000

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

/* Sort the words behind a hash: a label, then an owner, either of them missing. */
static const char *token_words(scim_static_t *token, const char *one, const char *two,
                               apr_pool_t *p)
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
    if (token->owner && !scim_text_is_line(token->owner, OWNER_CHARS_MAX)) {
        return "a token's owner must be a userName of 1 to 255 characters in UTF-8";
    }
    return NULL;
}

const char *scim_static_add(apr_array_header_t *tokens, const char *hash, const char *one,
                            const char *two, apr_pool_t *p)
{
    scim_static_t token;
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
        if (memcmp(APR_ARRAY_IDX(tokens, i, scim_static_t).hash, token.hash, SCIM_HASH_BYTES) ==
            0) {
            return apr_psprintf(p, "this token is already given as \"%s\"",
                                APR_ARRAY_IDX(tokens, i, scim_static_t).label);
        }
    }
    if (tokens->nelts >= TOKENS_MAX) {
        return apr_psprintf(p, "more than %d tokens", TOKENS_MAX);
    }
    token.label = token.label ? apr_pstrdup(p, token.label) : apr_psprintf(p, "token-%.8s", hash);
    APR_ARRAY_PUSH(tokens, scim_static_t) = token;
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
    return scim_static_add(tokens, hash, one, two, p);
}

const char *scim_static_file(apr_array_header_t *tokens, const char *path, apr_pool_t *p,
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

/* Looks at every token whatever the outcome, so that time tells nothing of which one is near. */
const scim_static_t *scim_static_match(const apr_array_header_t *tokens, const unsigned char *hash)
{
    const scim_static_t *found = NULL;
    int i;

    for (i = 0; i < tokens->nelts; i++) {
        const scim_static_t *token = &APR_ARRAY_IDX(tokens, i, scim_static_t);
        if (CRYPTO_memcmp(token->hash, hash, SCIM_HASH_BYTES) == 0) {
            found = token;
        }
    }
    return found;
}
