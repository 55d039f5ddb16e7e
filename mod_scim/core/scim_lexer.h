/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_LEXER_H
#define SCIM_LEXER_H

#include "scim_error.h"

/** Tokens of filters and paths (RFC 7644 figures 1 and 7). Private to scim_filter and scim_path. */

typedef enum scim_token_kind_t {
    SCIM_TOKEN_END,
    SCIM_TOKEN_WORD,   /* a name, an operator, a number, true, false, null or an unquoted value */
    SCIM_TOKEN_STRING, /* a JSON string; text is decoded */
    SCIM_TOKEN_OPEN,   /* ( */
    SCIM_TOKEN_CLOSE,  /* ) */
    SCIM_TOKEN_FROM,   /* [ */
    SCIM_TOKEN_TO      /* ] */
} scim_token_kind_t;

typedef struct scim_token_t {
    scim_token_kind_t kind;
    apr_size_t at;    /* offset of its first byte */
    int spaced;       /* a space stands before it, or it is the first */
    const char *text; /* words (not NUL-terminated) and strings (NUL-terminated) */
    apr_size_t len;
} scim_token_t;

typedef struct scim_lexer_t {
    const char *text;
    apr_size_t len;
    apr_size_t next;    /* first byte after the current token */
    scim_token_t token; /* the current token */
    const char *noun;   /* what error details call the text: "filter", "path" */
    scim_error_type_t errtype;
    apr_pool_t *pool;
} scim_lexer_t;

/**
 * Start on a text and read its first token. Refused: bytes that are not UTF-8, NUL.
 * @param text must outlive the lexer; need not be NUL-terminated
 */
scim_error_t *scim_lexer_start(scim_lexer_t *lexer, const char *text, apr_size_t len,
                               const char *noun, scim_error_type_t errtype,
                               apr_pool_t *p) SCIM_CHECKED;

/** Read the next token. At the end SCIM_TOKEN_END comes again and again. */
scim_error_t *scim_lexer_next(scim_lexer_t *lexer) SCIM_CHECKED;

/** 1 if the current token is this word, without case. */
int scim_lexer_word(const scim_lexer_t *lexer, const char *word);

/**
 * An error at byte offset `at`: "The filter is wrong at character 7: <message>."
 * @param fmt the rule, without a full stop; must not carry values of the text
 */
scim_error_t *scim_lexer_error(const scim_lexer_t *lexer, apr_size_t at, const char *fmt, ...)
    SCIM_PRINTF(3, 4) SCIM_CHECKED;

#endif
