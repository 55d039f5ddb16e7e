/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_static.h"

#include <string.h>

#include <openssl/crypto.h>

#include <apr_strings.h>

#include <httpd.h>
#include <http_config.h>

#include "scim_tenants.h"
#include "scim_text.h"

#define SCHEME "sha256:"
#define LABEL_MAX 64
#define OWNER "owner="
#define TENANT "tenant="

/* A hash, a label, an owner and a tenant. */
#define WORDS_MAX 4

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

/* One word behind a hash; a label can only be the first. */
static const char *token_word(scim_static_t *token, const char *word, int first, apr_pool_t *p)
{
    if (strncmp(word, OWNER, strlen(OWNER)) == 0) {
        token->owner = apr_pstrdup(p, word + strlen(OWNER));
        return scim_text_is_line(token->owner, OWNER_CHARS_MAX)
                   ? NULL
                   : "a token's owner must be a userName of 1 to 255 characters in UTF-8";
    }
    if (strncmp(word, TENANT, strlen(TENANT)) == 0) {
        token->tenant = apr_pstrdup(p, word + strlen(TENANT));
        return scim_tenants_is_name(token->tenant)
                   ? NULL
                   : "a token's tenant must be 1 to 64 of the characters A-Z a-z 0-9 . _ -";
    }
    if (!first) {
        return "what follows a token's label must be owner= and a userName, or tenant= and a name";
    }
    token->label = apr_pstrdup(p, word);
    return is_label(word)
               ? NULL
               : "a token's label must be 1 to 64 of the characters A-Z a-z 0-9 . _ @ + -";
}

static const char *token_words(scim_static_t *token, int argc, const char *const *argv,
                               apr_pool_t *p)
{
    const char *wrong = argc > WORDS_MAX ? "a token takes a label, an owner and a tenant, nothing "
                                           "more"
                                         : NULL;
    int i;

    for (i = 1; i < argc && !wrong; i++) {
        wrong = token_word(token, argv[i], i == 1, p);
    }
    return wrong;
}

/* Read the 64 digits behind "sha256:". */
static const char *token_hash(unsigned char *hash, const char *text, apr_pool_t *p)
{
    if (strncmp(text, SCHEME, strlen(SCHEME)) != 0) {
        return "a token must be \"sha256:\" and the 64 hexadecimal digits of the token's SHA-256; "
               "the token itself never stands in the configuration";
    }
    text += strlen(SCHEME);
    if (strlen(text) != 2 * SCIM_HASH_BYTES) {
        return apr_psprintf(p, "a token needs 64 hexadecimal digits after \"sha256:\", not %lu",
                            (unsigned long)strlen(text));
    }
    return hash_decode(hash, text)
               ? NULL
               : "a token has a character after \"sha256:\" that is not a hexadecimal digit";
}

const char *scim_static_add(apr_array_header_t *tokens, int argc, const char *const *argv,
                            apr_pool_t *p)
{
    scim_static_t token = {0};
    const char *wrong;
    int i;

    wrong = token_hash(token.hash, argc ? argv[0] : "", p);
    wrong = wrong ? wrong : token_words(&token, argc, argv, p);
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
    if (!token.label) {
        token.label = apr_psprintf(p, "token-%.8s", argv[0] + strlen(SCHEME));
    }
    APR_ARRAY_PUSH(tokens, scim_static_t) = token;
    return NULL;
}

static const char *token_line(apr_array_header_t *tokens, const char *line, apr_pool_t *p)
{
    const char *words[WORDS_MAX + 1];
    int n = 0;

    while (*line && n <= WORDS_MAX) {
        words[n++] = ap_getword_conf(p, &line);
    }
    return scim_static_add(tokens, n, words, p);
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
