/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#define BUF_DEFAULT 1024

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

int scim_text_ieq(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

int scim_text_ieqn(const char *a, apr_size_t n, const char *b)
{
    apr_size_t i;

    for (i = 0; i < n; i++) {
        if (b[i] == '\0' || lower(a[i]) != lower(b[i])) {
            return 0;
        }
    }
    return b[n] == '\0';
}

/* ICU's macro narrows an int inside; it is kept in this one place. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#endif
/* The code point at s[*i], negative for a malformed one; *i moves past it. */
static UChar32 next_char(const char *s, apr_size_t *i, apr_size_t len)
{
    UChar32 c;

    U8_NEXT(s, *i, len, c);
    return c;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

static UChar32 fold_char(UChar32 c)
{
    return u_foldCase(c, U_FOLD_CASE_DEFAULT);
}

/* Maps what is left of s from its first byte that changes on. */
static const char *map_rest(const char *s, apr_size_t len, apr_size_t same,
                            UChar32 (*map)(UChar32 c), apr_pool_t *p)
{
    /* A simple mapping makes one code point of one; the worst growth is two bytes to three. */
    char *out = apr_palloc(p, len + len / 2 + 1);
    apr_size_t in = same;
    apr_size_t o = same;

    memcpy(out, s, same);
    while (in < len) {
        apr_size_t start = in;
        UChar32 c = next_char(s, &in, len);

        if (c < 0) {
            memcpy(out + o, s + start, in - start);
            o += in - start;
            continue;
        }
        c = map(c);
        U8_APPEND_UNSAFE(out, o, c);
    }
    out[o] = '\0';
    return o == len && memcmp(out, s, len) == 0 ? s : out;
}

const char *scim_text_fold(const char *s, apr_pool_t *p)
{
    apr_size_t i;
    char *out;

    for (i = 0; s[i]; i++) {
        if ((signed char)s[i] < 0) {
            return map_rest(s, i + strlen(s + i), i, fold_char, p);
        }
        if (s[i] >= 'A' && s[i] <= 'Z') {
            break;
        }
    }
    if (!s[i]) {
        return s;
    }
    apr_size_t len = i + strlen(s + i);
    apr_size_t same = i;
    for (; i < len; i++) {
        if ((signed char)s[i] < 0) {
            return map_rest(s, len, same, fold_char, p);
        }
    }
    out = apr_palloc(p, len + 1);
    memcpy(out, s, same);
    for (i = same; i < len; i++) {
        out[i] = (char)lower(s[i]);
    }
    out[len] = '\0';
    return out;
}

const char *scim_text_case(const char *s, int upper, apr_pool_t *p)
{
    return map_rest(s, strlen(s), 0, upper ? u_toupper : u_tolower, p);
}

apr_uint64_t scim_text_hash(const char *s)
{
    apr_uint64_t hash = APR_UINT64_C(14695981039346656037);

    for (; *s; s++) {
        hash = (hash ^ (unsigned char)*s) * APR_UINT64_C(1099511628211);
    }
    return hash;
}

apr_size_t scim_text_chars(const char *s)
{
    apr_size_t n = 0;

    for (; *s; s++) {
        if (((unsigned char)*s & 0xC0) != 0x80) {
            n++;
        }
    }
    return n;
}

int scim_text_utf8(const char *s, apr_size_t n)
{
    apr_size_t i = 0;

    while (i < n) {
        if (next_char(s, &i, n) <= 0) {
            return 0;
        }
    }
    return 1;
}

int scim_text_is_line(const char *s, apr_size_t max)
{
    apr_size_t len = strlen(s);
    apr_size_t i;

    for (i = 0; i < len; i++) {
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) {
            return 0;
        }
    }
    return len > 0 && scim_text_utf8(s, len) && scim_text_chars(s) <= max;
}

const char *scim_text_cut(const char *s, apr_size_t max, apr_pool_t *p)
{
    if (!s || strlen(s) <= max) {
        return s;
    }
    while (max > 0 && ((unsigned char)s[max] & 0xC0) == 0x80) {
        max--;
    }
    return apr_pstrmemdup(p, s, max);
}

void scim_text_clean(char *s)
{
    apr_size_t len = strlen(s);
    apr_size_t i = 0;

    while (i < len) {
        apr_size_t start = i;

        if (next_char(s, &i, len) < 0) {
            memset(s + start, '?', i - start);
        }
    }
}

scim_buf_t *scim_buf_make(apr_size_t hint, apr_pool_t *p)
{
    scim_buf_t *b = apr_palloc(p, sizeof(*b));

    b->pool = p;
    b->room = (hint ? hint : BUF_DEFAULT - 1) + 1;
    b->data = apr_palloc(p, b->room);
    b->data[0] = '\0';
    b->len = 0;
    return b;
}

/* Room for n more bytes and the NUL. */
static void grow(scim_buf_t *b, apr_size_t n)
{
    apr_size_t room = b->room;
    char *data;

    if (n < room - b->len) {
        return;
    }
    if (n > (APR_SIZE_MAX >> 2) - b->len) {
        abort(); /* no such memory on any machine; a wrong length must not wrap around */
    }
    while (room - b->len <= n) {
        room *= 2;
    }
    data = apr_palloc(b->pool, room);
    memcpy(data, b->data, b->len + 1);
    b->data = data;
    b->room = room;
}

void scim_buf_add(scim_buf_t *b, const char *data, apr_size_t len)
{
    grow(b, len);
    memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void scim_buf_puts(scim_buf_t *b, const char *s)
{
    scim_buf_add(b, s, strlen(s));
}

void scim_buf_printf(scim_buf_t *b, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(b->data + b->len, b->room - b->len, fmt, args);
    va_end(args);
    if (n < 0) {
        b->data[b->len] = '\0';
        return;
    }
    if ((apr_size_t)n >= b->room - b->len) {
        b->data[b->len] = '\0';
        grow(b, (apr_size_t)n);
        va_start(args, fmt);
        n = vsnprintf(b->data + b->len, b->room - b->len, fmt, args);
        va_end(args);
    }
    b->len += (apr_size_t)n;
}

static void quote_control(scim_buf_t *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char *const named[] = {"\b",  "\\b", "\t",  "\\t", "\n",   "\\n", "\f",
                                        "\\f", "\r",  "\\r", "\"",  "\\\"", "\\",  "\\\\"};
    char esc[7] = "\\u00xx";
    apr_size_t i;

    for (i = 0; i < sizeof(named) / sizeof(named[0]); i += 2) {
        if ((unsigned char)named[i][0] == c) {
            scim_buf_add(b, named[i + 1], 2);
            return;
        }
    }
    esc[4] = hex[c >> 4];
    esc[5] = hex[c & 15];
    scim_buf_add(b, esc, 6);
}

void scim_buf_escape(scim_buf_t *b, const char *s)
{
    const char *plain = s;

    for (; *s; s++) {
        if ((unsigned char)*s < 0x20 || *s == '"' || *s == '\\') {
            scim_buf_add(b, plain, (apr_size_t)(s - plain));
            quote_control(b, (unsigned char)*s);
            plain = s + 1;
        }
    }
    scim_buf_add(b, plain, (apr_size_t)(s - plain));
}

void scim_buf_quote(scim_buf_t *b, const char *s)
{
    scim_buf_add(b, "\"", 1);
    scim_buf_escape(b, s);
    scim_buf_add(b, "\"", 1);
}
