/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_form.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_text.h"

#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

const char *scim_form_decode(const char *s, apr_size_t n, int plus, const char **why, apr_pool_t *p)
{
    char *out = apr_palloc(p, n + 1);
    apr_size_t o = 0;
    apr_size_t i;

    for (i = 0; i < n; i++) {
        char c = s[i];

        if (c == '%') {
            int high = i + 2 < n ? hex_value(s[i + 1]) : -1;
            int low = i + 2 < n ? hex_value(s[i + 2]) : -1;

            if (high < 0 || low < 0) {
                *why = "a percent sign without two hexadecimal digits after it";
                return NULL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[o++] = c;
    }
    out[o] = '\0';
    if (memchr(out, '\0', o)) {
        *why = "a NUL character";
        return NULL;
    }
    if (!scim_text_utf8(out, o)) {
        *why = "bytes that are not UTF-8";
        return NULL;
    }
    return out;
}

const char *scim_form_encode(const char *s, apr_pool_t *p)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = apr_palloc(p, 3 * strlen(s) + 1);
    char *o = out;

    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (strchr(UNRESERVED, c)) {
            *o++ = *s;
        } else {
            *o++ = '%';
            *o++ = hex[c >> 4];
            *o++ = hex[c & 15];
        }
    }
    *o = '\0';
    return out;
}

/* A field that is looked for, with what was found; given is 1 from its first time on. */
typedef struct reading_t {
    scim_form_field_t *fields;
    int n;
    unsigned char *given;
    apr_pool_t *pool;
} reading_t;

static scim_error_t *put(reading_t *reading, const char *name, const char *value, const char *raw)
{
    int i;

    for (i = 0; i < reading->n; i++) {
        scim_form_field_t *field = &reading->fields[i];

        if (strcmp(field->name, name) != 0) {
            continue;
        }
        if (reading->given[i]) {
            return scim_error_make(reading->pool, 400, SCIM_TYPE_INVALID_SYNTAX,
                                   "The parameter %s is given more than once.", field->name);
        }
        reading->given[i] = 1;
        if (*value) {
            field->value = value;
            field->raw = raw;
        }
    }
    return NULL;
}

/* One name=value. Unknown parameters are decoded too: a broken text is broken as a whole. */
static scim_error_t *read_pair(reading_t *reading, const char *s, apr_size_t n)
{
    apr_pool_t *p = reading->pool;
    const char *equals = memchr(s, '=', n);
    apr_size_t name_len = equals ? (apr_size_t)(equals - s) : n;
    apr_size_t at = equals ? name_len + 1 : n;
    const char *why = NULL;
    const char *name = scim_form_decode(s, name_len, 1, &why, p);
    const char *value = name ? scim_form_decode(s + at, n - at, 1, &why, p) : NULL;

    if (!value) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX, "A parameter has %s.", why);
    }
    return put(reading, name, value, apr_pstrmemdup(p, s + at, n - at));
}

scim_error_t *scim_form_read(scim_form_field_t *fields, int n, const char *text, apr_size_t len,
                             apr_pool_t *p)
{
    reading_t reading = {fields, n, apr_pcalloc(p, (apr_size_t)n), p};
    scim_error_t *err = NULL;
    apr_size_t at = 0;
    int pairs = 0;
    int i;

    for (i = 0; i < n; i++) {
        fields[i].value = NULL;
        fields[i].raw = NULL;
    }
    while (text && at < len && !err) {
        const char *end = memchr(text + at, '&', len - at);
        apr_size_t pair = end ? (apr_size_t)(end - text) - at : len - at;

        if (pair > 0 && ++pairs > SCIM_FORM_MAX) {
            err = scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX,
                                  "There are more than %d parameters.", SCIM_FORM_MAX);
        } else if (pair > 0) {
            err = read_pair(&reading, text + at, pair);
        }
        at += pair + 1;
    }
    return err;
}
