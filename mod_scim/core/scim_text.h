/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_TEXT_H
#define SCIM_TEXT_H

#include <apr_pools.h>

/** Text helpers: ASCII case, Unicode case folding, a growing buffer. No locale anywhere. */

/** Compare two NUL-terminated strings, ASCII letters without case. Returns 1 if equal, else 0. */
int scim_text_ieq(const char *a, const char *b);

/** As scim_text_ieq() for the first n bytes of a against the whole of b. */
int scim_text_ieqn(const char *a, apr_size_t n, const char *b);

/**
 * Simple Unicode case folding (ICU u_foldCase, CaseFolding.txt status C and S), nothing else: no
 * accents, no trimming, no normalisation. The only rule by which SCIM strings with caseExact false
 * compare, in filters and in uniqueness alike.
 * @param s valid UTF-8, NUL-terminated
 * @return s itself where folding changes nothing, else a copy in p
 */
const char *scim_text_fold(const char *s, apr_pool_t *p);

/**
 * Every character in lower or upper case by Unicode's simple mapping, one by one: no language.
 * @param s valid UTF-8, NUL-terminated
 * @return s itself where nothing changes, else a copy in p
 */
const char *scim_text_case(const char *s, int upper, apr_pool_t *p);
/** FNV-1a of a text, 64 bits: short names for long texts. Nothing that anyone else may choose. */
apr_uint64_t scim_text_hash(const char *s);

/** Number of Unicode code points in valid UTF-8. */
apr_size_t scim_text_chars(const char *s);

/** 1 if the n bytes are well-formed UTF-8 without NUL (RFC 3629), else 0. */
int scim_text_utf8(const char *s, apr_size_t n);

/** 1 for well-formed UTF-8 of 1 to max code points, none of them a control character, else 0. */
int scim_text_is_line(const char *s, apr_size_t max);

/** s, or where it is longer a copy of at most max bytes in p, not cutting a character. s may be
 *  NULL, and is returned then. */
const char *scim_text_cut(const char *s, apr_size_t max, apr_pool_t *p);

/** Replace in place, by "?", every byte that is not part of well-formed UTF-8. */
void scim_text_clean(char *s);

/** A growing text buffer in a pool. */
typedef struct scim_buf_t {
    apr_pool_t *pool;
    char *data;      /* NUL-terminated after each call */
    apr_size_t len;  /* without the NUL */
    apr_size_t room; /* allocated */
} scim_buf_t;

/** An empty buffer in p with room for `hint` bytes (0: a default). */
scim_buf_t *scim_buf_make(apr_size_t hint, apr_pool_t *p);
void scim_buf_add(scim_buf_t *b, const char *data, apr_size_t len);
void scim_buf_puts(scim_buf_t *b, const char *s);
/** Append s as a JSON string with its quotes. s must be UTF-8. */
void scim_buf_quote(scim_buf_t *b, const char *s);
/** Append s as it stands inside a JSON string: escaped, without quotes. s must be UTF-8. */
void scim_buf_escape(scim_buf_t *b, const char *s);
void scim_buf_printf(scim_buf_t *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
