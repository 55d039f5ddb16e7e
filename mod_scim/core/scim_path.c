/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_parser.h"
#include "scim_text.h"

/* Longest name repeated in an error's detail. */
#define NAME_SHOWN 64

static int shown(apr_size_t len)
{
    return len > NAME_SHOWN ? NAME_SHOWN : (int)len;
}

static scim_error_t *unknown(const scim_parser_t *ps, const char *owner, const char *name,
                             apr_size_t len)
{
    apr_size_t at = (apr_size_t)(name - ps->lexer.text);
    scim_error_t *err;

    if (len == 0) {
        return scim_lexer_error(&ps->lexer, at, "an attribute name is expected");
    }
    err = scim_lexer_error(&ps->lexer, at, "%s has no attribute %.*s", owner, shown(len), name);
    err->undefined = 1;
    return err;
}

static scim_error_t *unknown_schema(const scim_parser_t *ps, apr_size_t len)
{
    const scim_token_t *t = &ps->lexer.token;
    scim_error_t *err = scim_lexer_error(&ps->lexer, t->at, "%s has no schema %.*s", ps->type->name,
                                         shown(len), t->text);

    err->undefined = 1;
    return err;
}

scim_error_t *scim_parser_sub(const scim_attr_t **out, scim_parser_t *ps, const scim_attr_t *attr)
{
    const scim_token_t *t = &ps->lexer.token;

    /* The lexer lets no word follow a bracket without a space, unless it starts with a dot. */
    *out = scim_attr_find(attr->subs, attr->nsubs, t->text + 1, t->len - 1);
    return *out ? NULL : unknown(ps, attr->name, t->text + 1, t->len - 1);
}

/* attr or attr.sub among a schema's attributes. */
static scim_error_t *resolve_attr(scim_path_t *out, const scim_parser_t *ps, const char *name,
                                  apr_size_t len)
{
    const char *dot = memchr(name, '.', len);
    apr_size_t head = dot ? (apr_size_t)(dot - name) : len;

    if (out->schema) {
        out->attr = scim_attr_find(out->schema->attrs, out->schema->nattrs, name, head);
    } else {
        out->attr = scim_type_attr(ps->type, name, head);
    }
    if (!out->attr) {
        return unknown(ps, ps->type->name, name, head);
    }
    if (!dot) {
        return NULL;
    }
    out->sub = scim_attr_find(out->attr->subs, out->attr->nsubs, dot + 1, len - head - 1);
    return out->sub ? NULL : unknown(ps, out->attr->name, dot + 1, len - head - 1);
}

/* Length of the URN before the last colon, or 0. URNs hold dots and colons, names do not. */
static apr_size_t prefix_length(const char *word, apr_size_t len)
{
    while (len > 0 && word[len - 1] != ':') {
        len--;
    }
    return len ? len - 1 : 0;
}

static scim_error_t *resolve_word(scim_path_t *out, const scim_parser_t *ps)
{
    const scim_token_t *t = &ps->lexer.token;
    apr_size_t prefix = prefix_length(t->text, t->len);
    const scim_schema_t *schema;

    if (prefix == 0) {
        return resolve_attr(out, ps, t->text, t->len);
    }
    schema = scim_type_schema(ps->type, t->text, t->len);
    if (schema == ps->type->schema) {
        return scim_lexer_error(&ps->lexer, t->at, "an attribute is expected after the schema");
    }
    if (schema) {
        out->schema = schema;
        return NULL;
    }
    schema = scim_type_schema(ps->type, t->text, prefix);
    if (!schema) {
        return unknown_schema(ps, prefix);
    }
    out->schema = schema == ps->type->schema ? NULL : schema;
    return resolve_attr(out, ps, t->text + prefix + 1, t->len - prefix - 1);
}

scim_error_t *scim_parser_name(scim_path_t *out, scim_parser_t *ps)
{
    const scim_token_t *t = &ps->lexer.token;

    memset(out, 0, sizeof(*out));
    if (t->kind != SCIM_TOKEN_WORD) {
        return scim_lexer_error(&ps->lexer, t->at, "an attribute name is expected");
    }
    if (!ps->element) {
        return resolve_word(out, ps);
    }
    out->attr = scim_attr_find(ps->element->subs, ps->element->nsubs, t->text, t->len);
    return out->attr ? NULL : unknown(ps, ps->element->name, t->text, t->len);
}

scim_error_t *scim_parser_any_name(scim_path_t *out, int *foreign, scim_parser_t *ps)
{
    const scim_resource_type_t *type = ps->type;
    scim_error_t *err = scim_parser_name(out, ps);
    int i;

    *foreign = 0;
    for (i = 0; err && !ps->element && ps->catalog && i < ps->catalog->ntypes; i++) {
        ps->type = ps->catalog->types[i];
        *foreign = scim_parser_name(out, ps) == NULL;
        ps->type = type;
        err = *foreign ? NULL : err;
    }
    return err;
}

static scim_error_t *parse_path(scim_path_t *out, scim_parser_t *ps, int filter_ok)
{
    const scim_token_t *t = &ps->lexer.token;
    scim_error_t *err = scim_parser_name(out, ps);

    if (!err) {
        err = scim_lexer_next(&ps->lexer);
    }
    if (!err && t->kind == SCIM_TOKEN_FROM) {
        if (!filter_ok) {
            return scim_lexer_error(&ps->lexer, t->at, "a value filter is not allowed here");
        }
        err = scim_parser_brackets(&out->filter, ps, out);
        if (!err && t->kind == SCIM_TOKEN_WORD && !t->spaced) {
            err = scim_parser_sub(&out->sub, ps, out->attr);
            if (!err) {
                err = scim_lexer_next(&ps->lexer);
            }
        }
    }
    if (!err && t->kind != SCIM_TOKEN_END) {
        err = scim_lexer_error(&ps->lexer, t->at, "the end of the path is expected");
    }
    return err;
}

scim_error_t *scim_path_parse(scim_path_t *out, const char *text, const scim_resource_type_t *type,
                              scim_error_type_t errtype, int filter_ok, apr_pool_t *p)
{
    apr_size_t len = strlen(text);
    scim_parser_t ps;
    scim_path_t path;
    scim_error_t *err;

    if (len > SCIM_PATH_MAX) {
        return scim_error_make(p, 400, errtype, "The path is longer than %d bytes.", SCIM_PATH_MAX);
    }
    scim_parser_init(&ps, NULL);
    ps.type = type;
    err = scim_lexer_start(&ps.lexer, text, len, "path", errtype, p);
    if (!err) {
        err = parse_path(&path, &ps, filter_ok);
    }
    if (err) {
        return err;
    }
    *out = path;
    return NULL;
}

const char *scim_path_print(const scim_path_t *path, apr_pool_t *p)
{
    scim_buf_t *out;

    if (!path->attr) {
        return path->schema->urn;
    }
    if (!path->schema && !path->filter && !path->sub) {
        return path->attr->name;
    }
    out = scim_buf_make(0, p);
    if (path->schema) {
        scim_buf_puts(out, path->schema->urn);
        scim_buf_puts(out, ":");
    }
    scim_buf_puts(out, path->attr->name);
    if (path->filter) {
        scim_buf_puts(out, "[");
        scim_buf_puts(out, scim_filter_print(path->filter, p));
        scim_buf_puts(out, "]");
    }
    if (path->sub) {
        scim_buf_puts(out, ".");
        scim_buf_puts(out, path->sub->name);
    }
    return out->data;
}
