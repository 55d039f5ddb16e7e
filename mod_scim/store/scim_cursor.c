/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_cursor.h"

#include <string.h>

#include <apr_encode.h>
#include <apr_siphash.h>
#include <apr_strings.h>

#include "scim_text.h"

#define FORMAT 1

/* Bytes: seal, then what is sealed: version, time, total, part, rid, kind, cut, and the key. */
#define AT_VERSION 8
#define AT_TIME 9
#define AT_TOTAL 17
#define AT_PART 25
#define AT_RID 33
#define AT_KIND 41
#define AT_CUT 42
#define AT_KEY 43

#define ENCODING (APR_ENCODE_BASE64URL | APR_ENCODE_NOPADDING)

static void put64(unsigned char *at, apr_uint64_t n)
{
    int i;

    for (i = 0; i < 8; i++) {
        at[i] = (unsigned char)(n >> (8 * i));
    }
}

static apr_uint64_t get64(const unsigned char *at)
{
    apr_uint64_t n = 0;
    int i;

    for (i = 7; i >= 0; i--) {
        n = n << 8 | at[i];
    }
    return n;
}

/* Over what follows the seal and the binding, whose length keeps the two apart. */
static apr_uint64_t seal(const unsigned char *bytes, apr_size_t n, const unsigned char *key,
                         const char *binding, apr_pool_t *p)
{
    apr_size_t bound = strlen(binding);
    unsigned char *all = apr_palloc(p, 8 + bound + n);

    put64(all, bound);
    memcpy(all + 8, binding, bound);
    memcpy(all + 8 + bound, bytes + AT_VERSION, n - AT_VERSION);
    return apr_siphash24(all, 8 + bound + n - AT_VERSION, key);
}

static apr_size_t put_key(unsigned char *at, const scim_key_t *key, unsigned char *cut)
{
    apr_size_t n;

    switch (key->kind) {
    case SCIM_KEY_STRING:
        n = strlen(key->string);
        *cut = n > SCIM_CURSOR_STRING;
        n = *cut ? SCIM_CURSOR_STRING : n;
        memcpy(at, key->string, n);
        return n;
    case SCIM_KEY_INTEGER:
        put64(at, (apr_uint64_t)key->integer);
        return 8;
    case SCIM_KEY_REAL:
        memcpy(at, &key->real, 8);
        return 8;
    default:
        return 0;
    }
}

const char *scim_cursor_encode(const scim_position_t *position,
                               const unsigned char key[SCIM_CURSOR_KEY], const char *binding,
                               apr_time_t now, apr_pool_t *p)
{
    unsigned char bytes[AT_KEY + SCIM_CURSOR_STRING];
    apr_size_t n = AT_KEY;

    bytes[AT_VERSION] = FORMAT;
    put64(bytes + AT_TIME, (apr_uint64_t)apr_time_sec(now));
    put64(bytes + AT_TOTAL, (apr_uint64_t)position->total);
    put64(bytes + AT_PART, (apr_uint64_t)position->part);
    put64(bytes + AT_RID, (apr_uint64_t)position->rid);
    bytes[AT_KIND] = (unsigned char)position->key.kind;
    bytes[AT_CUT] = 0;
    n += put_key(bytes + AT_KEY, &position->key, bytes + AT_CUT);
    put64(bytes, seal(bytes, n, key, binding, p));
    return apr_pencode_base64_binary(p, bytes, (apr_ssize_t)n, ENCODING, NULL);
}

/* The sealed content; what it says was said by us, but by which version is another matter. */
static int read_content(scim_position_t *out, const unsigned char *bytes, apr_size_t n,
                        apr_pool_t *p)
{
    memset(out, 0, sizeof(*out));
    out->total = (apr_int64_t)get64(bytes + AT_TOTAL);
    out->part = (int)get64(bytes + AT_PART);
    out->rid = (apr_int64_t)get64(bytes + AT_RID);
    out->cut = bytes[AT_CUT];
    switch (bytes[AT_KIND]) {
    case SCIM_KEY_NONE:
        out->key.kind = SCIM_KEY_NONE;
        return n == AT_KEY;
    case SCIM_KEY_STRING:
        out->key.kind = SCIM_KEY_STRING;
        out->key.string = apr_pstrmemdup(p, (const char *)bytes + AT_KEY, n - AT_KEY);
        return 1;
    case SCIM_KEY_INTEGER:
        out->key.kind = SCIM_KEY_INTEGER;
        out->key.integer = n == AT_KEY + 8 ? (apr_int64_t)get64(bytes + AT_KEY) : 0;
        return n == AT_KEY + 8;
    case SCIM_KEY_REAL:
        out->key.kind = SCIM_KEY_REAL;
        if (n == AT_KEY + 8) {
            memcpy(&out->key.real, bytes + AT_KEY, 8);
        }
        return n == AT_KEY + 8;
    default:
        return 0;
    }
}

/* Only the one text that encoding gives: the last character may have bits that are not used. */
static const unsigned char *decode(apr_size_t *n, const char *text, apr_pool_t *p)
{
    const unsigned char *bytes;
    const char *again;

    if (!*text || strlen(text) > SCIM_CURSOR_MAX) {
        return NULL;
    }
    bytes = apr_pdecode_base64_binary(p, text, APR_ENCODE_STRING, ENCODING, n);
    if (!bytes || *n < AT_KEY) {
        return NULL;
    }
    again = apr_pencode_base64_binary(p, bytes, (apr_ssize_t)*n, ENCODING, NULL);
    return again && strcmp(again, text) == 0 ? bytes : NULL;
}

scim_error_t *scim_cursor_decode(scim_position_t *out, const char *text,
                                 const unsigned char key[SCIM_CURSOR_KEY], const char *binding,
                                 apr_time_t now, int timeout, apr_pool_t *p)
{
    apr_size_t n = 0;
    const unsigned char *bytes = decode(&n, text, p);
    scim_position_t position;

    if (!bytes || get64(bytes) != seal(bytes, n, key, binding, p) || bytes[AT_VERSION] != FORMAT ||
        !read_content(&position, bytes, n, p)) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_CURSOR,
                               "The cursor is not one that this query was answered with; send "
                               "nextCursor as it came, with the other parameters unchanged.");
    }
    if (timeout > 0 &&
        apr_time_sec(now) > (apr_int64_t)get64(bytes + AT_TIME) + (apr_int64_t)timeout) {
        return scim_error_make(p, 400, SCIM_TYPE_EXPIRED_CURSOR,
                               "The cursor is older than %d seconds; begin again with the first "
                               "page.",
                               timeout);
    }
    *out = position;
    return NULL;
}
