/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_json_peek.h"

#include <string.h>

#include <apr_strings.h>
#include <jansson.h>

/* Behind the string that begins at s, or NULL. */
static const char *after_string(const char *s, const char *end)
{
    for (s++; s < end; s++) {
        if (*s == '\\') {
            s++;
        } else if (*s == '"') {
            return s + 1;
        }
    }
    return NULL;
}

/* Behind the value that begins at s, or NULL. */
static const char *after_value(const char *s, const char *end)
{
    int depth = 0;

    while (s && s < end) {
        if (*s == '"') {
            s = after_string(s, end);
        } else {
            depth += (*s == '{' || *s == '[') - (*s == '}' || *s == ']');
            s++;
        }
        if (s && depth <= 0 && (s >= end || *s == ',' || *s == '}')) {
            return s < end ? s : NULL;
        }
    }
    return NULL;
}

/* The string from its quote to the one at its end. */
static const char *decode(const char *s, apr_size_t len, apr_pool_t *p)
{
    const char *out = NULL;
    json_t *value;

    if (!memchr(s, '\\', len)) {
        return apr_pstrmemdup(p, s + 1, len - 2);
    }
    value = json_loadb(s, len, JSON_DECODE_ANY, NULL);
    if (json_is_string(value)) {
        out = apr_pstrdup(p, json_string_value(value));
    }
    json_decref(value);
    return out;
}

const char *scim_json_peek(const char *doc, apr_size_t len, const char *name, apr_pool_t *p)
{
    apr_size_t name_len = strlen(name);
    const char *end = doc + len;
    const char *s = doc;

    if (len == 0 || *s != '{') {
        return NULL;
    }
    /* Each round is at the "{" or "," in front of a member. */
    while (s && s + 1 < end && s[1] == '"' && *s != '}') {
        const char *key = s + 2;
        const char *value = after_string(s + 1, end);
        int found;

        if (!value || value >= end || *value != ':') {
            return NULL;
        }
        found = (apr_size_t)(value - 1 - key) == name_len && memcmp(key, name, name_len) == 0;
        value++;
        s = after_value(value, end);
        if (found) {
            return s && *value == '"' ? decode(value, (apr_size_t)(s - value), p) : NULL;
        }
    }
    return NULL;
}
