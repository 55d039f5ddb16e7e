/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_lexer.h"
#include "scim_text.h"

static int word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("._:@+-$", c) != NULL);
}

/* The whole text is known to be UTF-8, so every byte that does not continue one is a character. */
static unsigned long character_number(const char *text, apr_size_t at)
{
    unsigned long n = 1;
    apr_size_t i;

    for (i = 0; i < at; i++) {
        if (((unsigned char)text[i] & 0xC0) != 0x80) {
            n++;
        }
    }
    return n;
}

scim_error_t *scim_lexer_error(const scim_lexer_t *lexer, apr_size_t at, const char *fmt, ...)
{
    const char *rule;
    va_list ap;

    va_start(ap, fmt);
    rule = apr_pvsprintf(lexer->pool, fmt, ap);
    va_end(ap);
    return scim_error_make(lexer->pool, 400, lexer->errtype,
                           "The %s is wrong at character %lu: %s.", lexer->noun,
                           character_number(lexer->text, at), rule);
}

int scim_lexer_word(const scim_lexer_t *lexer, const char *word)
{
    return lexer->token.kind == SCIM_TOKEN_WORD &&
           scim_text_ieqn(lexer->token.text, lexer->token.len, word);
}

/* Four hex digits at s (limit bytes are left): their value, or -1. */
static long hex4(const char *s, apr_size_t limit)
{
    long value = 0;
    int i;

    if (limit < 4) {
        return -1;
    }
    for (i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *hit = s[i] ? strchr(digits, s[i]) : NULL;
        if (!hit) {
            return -1;
        }
        value = value * 16 + (hit - digits) % 16;
    }
    return value;
}

static char *put_utf8(char *to, unsigned long c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | (c >> 6));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | (c >> 12));
        *to++ = (char)(0x80 | ((c >> 6) & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | (c >> 18));
        *to++ = (char)(0x80 | ((c >> 12) & 0x3F));
        *to++ = (char)(0x80 | ((c >> 6) & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* A \u escape at *at (the backslash); surrogates must come in pairs. */
static scim_error_t *read_unicode(scim_lexer_t *lexer, apr_size_t *at, char **to)
{
    const char *s = lexer->text + *at;
    apr_size_t left = lexer->len - *at;
    long high = hex4(s + 2, left - 2);
    long low;

    if (high < 0) {
        return scim_lexer_error(lexer, *at, "\\u needs four hexadecimal digits");
    }
    if (high == 0) {
        return scim_lexer_error(lexer, *at, "a string must not contain NUL");
    }
    if (high < 0xD800 || high > 0xDFFF) {
        *to = put_utf8(*to, (unsigned long)high);
        *at += 6;
        return NULL;
    }
    low = left >= 12 && s[6] == '\\' && s[7] == 'u' ? hex4(s + 8, left - 8) : -1;
    if (high > 0xDBFF || low < 0xDC00 || low > 0xDFFF) {
        return scim_lexer_error(lexer, *at, "a surrogate escape needs its other half");
    }
    *to = put_utf8(*to, 0x10000UL + (((unsigned long)high & 0x3FF) << 10) +
                            ((unsigned long)low & 0x3FF));
    *at += 12;
    return NULL;
}

static scim_error_t *read_escape(scim_lexer_t *lexer, apr_size_t *at, char **to)
{
    static const char from[] = "\"\\/bfnrt";
    static const char into[] = "\"\\/\b\f\n\r\t";
    char c = *at + 1 < lexer->len ? lexer->text[*at + 1] : '\0';
    const char *hit;

    if (c == 'u') {
        return read_unicode(lexer, at, to);
    }
    hit = c ? strchr(from, c) : NULL;
    if (!hit) {
        return scim_lexer_error(lexer, *at, "this escape is not one of JSON's");
    }
    *(*to)++ = into[hit - from];
    *at += 2;
    return NULL;
}

/* Bytes up to the closing quotation mark, or to the end of the text. */
static apr_size_t string_length(const scim_lexer_t *lexer, apr_size_t at)
{
    apr_size_t end = at;

    while (end < lexer->len && lexer->text[end] != '"') {
        end += lexer->text[end] == '\\' && end + 1 < lexer->len ? 2 : 1;
    }
    return end - at;
}

static scim_error_t *read_string(scim_lexer_t *lexer)
{
    apr_size_t at = lexer->token.at + 1;
    /* An escape is never shorter than what it stands for. */
    char *start = apr_palloc(lexer->pool, string_length(lexer, at) + 1);
    char *to = start;

    while (at < lexer->len && lexer->text[at] != '"') {
        char c = lexer->text[at];

        if (c == '\\') {
            scim_error_t *err = read_escape(lexer, &at, &to);
            if (err) {
                return err;
            }
        } else if ((unsigned char)c < 0x20) {
            return scim_lexer_error(lexer, at, "a string must not contain control characters");
        } else {
            *to++ = c;
            at++;
        }
    }
    if (at >= lexer->len) {
        return scim_lexer_error(lexer, lexer->token.at, "the closing quotation mark is missing");
    }
    *to = '\0';
    lexer->token.kind = SCIM_TOKEN_STRING;
    lexer->token.text = start;
    lexer->token.len = (apr_size_t)(to - start);
    lexer->next = at + 1;
    return NULL;
}

static void read_word(scim_lexer_t *lexer)
{
    apr_size_t end = lexer->token.at;

    while (end < lexer->len && word_char(lexer->text[end])) {
        end++;
    }
    lexer->token.kind = SCIM_TOKEN_WORD;
    lexer->token.text = lexer->text + lexer->token.at;
    lexer->token.len = end - lexer->token.at;
    lexer->next = end;
}

/* Words and strings stand apart from what is before them; a sub-attribute follows its bracket. */
static int must_be_spaced(scim_token_kind_t before, char c)
{
    return before == SCIM_TOKEN_WORD || before == SCIM_TOKEN_STRING ||
           (before == SCIM_TOKEN_TO && c != '.');
}

scim_error_t *scim_lexer_next(scim_lexer_t *lexer)
{
    static const char marks[] = "()[]";
    static const scim_token_kind_t kinds[] = {SCIM_TOKEN_OPEN, SCIM_TOKEN_CLOSE, SCIM_TOKEN_FROM,
                                              SCIM_TOKEN_TO};
    scim_token_kind_t before = lexer->token.kind;
    apr_size_t at = lexer->next;
    const char *mark;
    char c;

    while (at < lexer->len && lexer->text[at] == ' ') {
        at++;
    }
    lexer->token.spaced = at == 0 || lexer->text[at - 1] == ' ';
    lexer->token.at = at;
    if (at >= lexer->len) {
        lexer->token.kind = SCIM_TOKEN_END;
        lexer->next = at;
        return NULL;
    }
    c = lexer->text[at];
    mark = strchr(marks, c);
    if (mark) {
        lexer->token.kind = kinds[mark - marks];
        lexer->next = at + 1;
        return NULL;
    }
    if (c != '"' && !word_char(c)) {
        return scim_lexer_error(lexer, at, "this character is not allowed here");
    }
    if (!lexer->token.spaced && must_be_spaced(before, c)) {
        return scim_lexer_error(lexer, at, "a space is missing");
    }
    if (c == '"') {
        return read_string(lexer);
    }
    read_word(lexer);
    return NULL;
}

scim_error_t *scim_lexer_start(scim_lexer_t *lexer, const char *text, apr_size_t len,
                               const char *noun, scim_error_type_t errtype, apr_pool_t *p)
{
    memset(lexer, 0, sizeof(*lexer));
    lexer->text = text;
    lexer->len = len;
    lexer->noun = noun;
    lexer->errtype = errtype;
    lexer->pool = p;
    if (!scim_text_utf8(text, len)) {
        return scim_error_make(p, 400, errtype, "The %s is not valid UTF-8.", noun);
    }
    return scim_lexer_next(lexer);
}
