/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_authz.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scim_json.h"
#include "scim_match.h"
#include "scim_text.h"

/* ---- paths ---- */

/* "[primary]" becomes "[primary eq true]". */
static const char *expand(const char *text, apr_pool_t *p)
{
    const char *open = strchr(text, '[');
    const char *close = open ? strchr(open, ']') : NULL;
    const char *at;

    if (!close || close == open + 1) {
        return text;
    }
    for (at = open + 1; at < close; at++) {
        if (!apr_isalnum(*at)) {
            return text;
        }
    }
    return apr_pstrcat(p, apr_pstrmemdup(p, text, (apr_size_t)(close - text)), " eq true", close,
                       NULL);
}

static const scim_attr_t *leaf_of(const scim_path_t *path)
{
    return path->sub ? path->sub : path->attr;
}

static const scim_attr_t *sub_value(const scim_attr_t *attr)
{
    int i;

    for (i = 0; i < attr->nsubs; i++) {
        if (strcmp(attr->subs[i].name, "value") == 0) {
            return &attr->subs[i];
        }
    }
    return NULL;
}

static scim_error_t *refuse(const char *text, const char *why, apr_pool_t *p)
{
    return scim_error_make(p, 400, SCIM_TYPE_INVALID_PATH, "%s %s", text, why);
}

scim_error_t *scim_authz_path(scim_path_t *out, const char *text, const scim_resource_type_t *type,
                              apr_pool_t *p)
{
    scim_path_t path;
    scim_error_t *err = scim_path_parse(&path, expand(text, p), type, SCIM_TYPE_INVALID_PATH, 1, p);

    if (err) {
        return err;
    }
    if (path.attr && !path.sub && path.attr->type == SCIM_ATTR_COMPLEX) {
        path.sub = sub_value(path.attr);
    }
    if (!path.attr || leaf_of(&path)->type == SCIM_ATTR_COMPLEX) {
        return refuse(text, "has no value of its own; name one of its sub-attributes", p);
    }
    if (path.attr->returned == SCIM_RETURNED_NEVER ||
        leaf_of(&path)->returned == SCIM_RETURNED_NEVER) {
        return refuse(text, "is never given out", p);
    }
    *out = path;
    return NULL;
}

/* ---- comparisons ---- */

/* A number stands in a filter without quotes, and must not be anything else. */
static int is_number(const char *value)
{
    return *value && value[strspn(value, "0123456789.+-eE")] == '\0';
}

scim_error_t *scim_authz_test(const scim_filter_t **out, const scim_path_t *path, const char *value,
                              const scim_resource_type_t *type, apr_pool_t *p)
{
    const char *name = scim_path_print(path, p);
    scim_attr_type_t kind = leaf_of(path)->type;
    int number = kind == SCIM_ATTR_INTEGER || kind == SCIM_ATTR_DECIMAL;

    if (!scim_text_utf8(value, strlen(value))) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "the value for %s is not UTF-8",
                               name);
    }
    if (number && !is_number(value)) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "the value for %s is no number",
                               name);
    }
    return scim_filter_parse(
        out, apr_pstrcat(p, name, " eq ", number ? value : scim_json_quote(value, p), NULL), type,
        NULL, p);
}

/* ---- texts ---- */

/* Bytes at s that are one control character: C0, DEL, or one of C1, which UTF-8 begins with C2. */
static apr_size_t control(const char *s)
{
    const unsigned char *u = (const unsigned char *)s;

    if (u[0] < 0x20 || u[0] == 0x7f) {
        return 1;
    }
    return u[0] == 0xc2 && u[1] >= 0x80 && u[1] <= 0x9f ? 2 : 0;
}

static void add_value(scim_buf_t *out, const char *s, int joined)
{
    while (*s) {
        apr_size_t n = control(s);
        if (n) {
            scim_buf_puts(out, " ");
            s += n;
            continue;
        }
        if (joined && (*s == ';' || *s == '\\')) {
            scim_buf_puts(out, "\\");
        }
        scim_buf_add(out, s++, 1);
    }
}

static const char *value_text(const json_t *value, apr_pool_t *p)
{
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    if (json_is_boolean(value) || json_is_number(value)) {
        return scim_json_dump(value, NULL, p);
    }
    return NULL;
}

const char *scim_authz_text(const scim_path_t *path, const json_t *resource, apr_pool_t *p)
{
    const apr_array_header_t *values = scim_match_values(path, resource, p);
    int joined = path->attr->multi || (path->sub && path->sub->multi);
    scim_buf_t *out = scim_buf_make(64, p);
    int n = 0;
    int i;

    for (i = 0; i < values->nelts; i++) {
        const char *text = value_text(APR_ARRAY_IDX(values, i, const json_t *), p);
        if (text && *text) {
            scim_buf_puts(out, n++ ? ";" : "");
            add_value(out, text, joined);
        }
    }
    return n ? out->data : NULL;
}
