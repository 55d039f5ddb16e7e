/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <errno.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_json.h"
#include "scim_parser.h"
#include "scim_text.h"
#include "scim_time.h"

/* Which operators an attribute type has (RFC 7644 table 3), and values in the attribute's type. */

static int is_number(const char *s, apr_size_t len)
{
    apr_size_t i = len && s[0] == '-' ? 1 : 0;
    apr_size_t start = i;

    while (i < len && s[i] >= '0' && s[i] <= '9') {
        i++;
    }
    if (i == start || (s[start] == '0' && i > start + 1)) {
        return 0;
    }
    if (i == len) {
        return 1;
    }
    return s[i] == '.' || s[i] == 'e' || s[i] == 'E';
}

static scim_error_t *refuse_value(const scim_parser_t *ps, const scim_attr_t *attr,
                                  const char *wanted)
{
    return scim_lexer_error(&ps->lexer, ps->lexer.token.at, "attribute %s needs %s", attr->name,
                            wanted);
}

/* An element that does not say that it is the primary one is not (RFC 7643 section 2.4). */
static int is_primary(const scim_filter_t *f, const scim_parser_t *ps, const scim_attr_t *attr)
{
    const scim_attr_t *owner = ps->element ? ps->element : f->path.sub ? f->path.attr : NULL;

    return owner && owner->multi && strcmp(attr->name, "primary") == 0;
}

static scim_error_t *set_boolean(scim_filter_t *f, const scim_parser_t *ps, const scim_attr_t *attr)
{
    const scim_token_t *t = &ps->lexer.token;

    if (scim_text_ieqn(t->text, t->len, "true")) {
        f->kind = JSON_TRUE;
    } else if (scim_text_ieqn(t->text, t->len, "false")) {
        f->kind = JSON_FALSE;
        f->absent_false = is_primary(f, ps, attr);
    } else {
        return refuse_value(ps, attr, "true or false");
    }
    return NULL;
}

static scim_error_t *set_integer(scim_filter_t *f, const scim_parser_t *ps, const scim_attr_t *attr)
{
    const scim_token_t *t = &ps->lexer.token;
    const char *text = apr_pstrmemdup(ps->lexer.pool, t->text, t->len);
    char *end = NULL;

    errno = 0;
    if (t->kind == SCIM_TOKEN_WORD && is_number(text, t->len)) {
        f->integer = apr_strtoi64(text, &end, 10);
    }
    if (!end || *end != '\0' || errno) {
        return refuse_value(ps, attr, "an integer of at most 64 bits");
    }
    f->kind = JSON_INTEGER;
    return NULL;
}

static scim_error_t *set_decimal(scim_filter_t *f, const scim_parser_t *ps, const scim_attr_t *attr)
{
    const scim_token_t *t = &ps->lexer.token;
    json_t *number = NULL;

    /* jansson reads numbers without the locale and notices overflow. */
    if (t->kind != SCIM_TOKEN_WORD || !is_number(t->text, t->len) ||
        scim_json_load(&number, t->text, t->len, NULL, ps->lexer.pool) != NULL ||
        !json_is_number(number)) {
        return refuse_value(ps, attr, "a number");
    }
    f->real = json_number_value(number);
    f->kind = JSON_REAL;
    return NULL;
}

/* A quoted string, or the unquoted word some clients send; true and false are no strings. */
static scim_error_t *set_string(scim_filter_t *f, const scim_parser_t *ps, const scim_attr_t *attr)
{
    const scim_token_t *t = &ps->lexer.token;

    if (t->kind == SCIM_TOKEN_WORD &&
        (scim_text_ieqn(t->text, t->len, "true") || scim_text_ieqn(t->text, t->len, "false") ||
         memchr(t->text, '$', t->len))) {
        return refuse_value(ps, attr, "a string in quotation marks");
    }
    f->kind = JSON_STRING;
    f->string = apr_pstrmemdup(ps->lexer.pool, t->text, t->len);
    f->folded = f->string;
    if (!attr->case_exact && attr->type != SCIM_ATTR_DATETIME && attr->type != SCIM_ATTR_BINARY) {
        f->folded = scim_text_fold(f->string, ps->lexer.pool);
    }
    return NULL;
}

static scim_error_t *set_datetime(scim_filter_t *f, const scim_parser_t *ps,
                                  const scim_attr_t *attr)
{
    apr_time_t instant;
    scim_error_t *err = set_string(f, ps, attr);

    if (err || !scim_time_parse(&instant, f->string)) {
        return refuse_value(ps, attr, "a date and time such as \"2026-01-31T08:00:00Z\"");
    }
    f->integer = instant;
    return NULL;
}

static scim_error_t *set_value(scim_filter_t *f, const scim_parser_t *ps, const scim_attr_t *attr)
{
    switch (attr->type) {
    case SCIM_ATTR_BOOLEAN:
        return set_boolean(f, ps, attr);
    case SCIM_ATTR_INTEGER:
        return set_integer(f, ps, attr);
    case SCIM_ATTR_DECIMAL:
        return set_decimal(f, ps, attr);
    case SCIM_ATTR_DATETIME:
        return set_datetime(f, ps, attr);
    default:
        return set_string(f, ps, attr);
    }
}

static int has_operator(scim_attr_type_t type, scim_op_t op)
{
    int text = type == SCIM_ATTR_STRING || type == SCIM_ATTR_REFERENCE;

    switch (op) {
    case SCIM_OP_CO:
    case SCIM_OP_SW:
    case SCIM_OP_EW:
        return text;
    case SCIM_OP_GT:
    case SCIM_OP_GE:
    case SCIM_OP_LT:
    case SCIM_OP_LE:
        return type != SCIM_ATTR_BOOLEAN && type != SCIM_ATTR_BINARY;
    default:
        return 1;
    }
}

static const scim_attr_t *leaf(const scim_path_t *path)
{
    return path->sub ? path->sub : path->attr;
}

/* "emails eq …" asks for emails.value; only the comparison with null leaves it as it is. */
static scim_error_t *descend(scim_filter_t *f, const scim_parser_t *ps)
{
    const scim_attr_t *attr = leaf(&f->path);

    if (attr->type != SCIM_ATTR_COMPLEX) {
        return NULL;
    }
    if (!f->path.sub) {
        f->path.sub = scim_attr_sub(attr, "value");
    }
    if (leaf(&f->path)->type == SCIM_ATTR_COMPLEX) {
        return scim_lexer_error(&ps->lexer, ps->lexer.token.at,
                                "attribute %s is complex; compare one of its sub-attributes",
                                attr->name);
    }
    return NULL;
}

scim_error_t *scim_parser_value(scim_filter_t *f, scim_parser_t *ps, apr_size_t op_at)
{
    const scim_token_t *t = &ps->lexer.token;
    const scim_attr_t *attr;
    scim_error_t *err;

    if (t->kind != SCIM_TOKEN_WORD && t->kind != SCIM_TOKEN_STRING) {
        return scim_lexer_error(&ps->lexer, t->at, "a value is expected");
    }
    if (scim_lexer_word(&ps->lexer, "null")) {
        if (f->op != SCIM_OP_EQ && f->op != SCIM_OP_NE) {
            return scim_lexer_error(&ps->lexer, op_at, "only eq and ne can compare with null");
        }
        return scim_lexer_next(&ps->lexer);
    }
    err = descend(f, ps);
    if (err) {
        return err;
    }
    attr = leaf(&f->path);
    if (!has_operator(attr->type, f->op)) {
        return scim_lexer_error(&ps->lexer, op_at, "attribute %s does not have this operator",
                                attr->name);
    }
    err = set_value(f, ps, attr);
    return err ? err : scim_lexer_next(&ps->lexer);
}
