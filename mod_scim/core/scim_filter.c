/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include "scim_parser.h"
#include "scim_text.h"

/*
 * Recursive descent, one function per level of binding: or, and, operand. Chains of one operator
 * are read in a loop and lean to the right, so only brackets, parentheses and `not` recurse, and
 * those are counted.
 */

#define DEFAULT_BYTES 8192
#define DEFAULT_TERMS 200
#define DEFAULT_DEPTH 32

void scim_parser_init(scim_parser_t *ps, const scim_filter_limits_t *limits)
{
    memset(ps, 0, sizeof(*ps));
    if (limits) {
        ps->limits = *limits;
    }
    if (!ps->limits.bytes) {
        ps->limits.bytes = DEFAULT_BYTES;
    }
    if (!ps->limits.terms) {
        ps->limits.terms = DEFAULT_TERMS;
    }
    if (!ps->limits.depth) {
        ps->limits.depth = DEFAULT_DEPTH;
    }
}

static scim_error_t *parse_or(const scim_filter_t **out, scim_parser_t *ps);

static scim_filter_t *make_node(scim_parser_t *ps, scim_op_t op)
{
    scim_filter_t *f = apr_pcalloc(ps->lexer.pool, sizeof(*f));

    f->op = op;
    f->kind = JSON_NULL;
    return f;
}

static scim_error_t *enter(scim_parser_t *ps)
{
    if (ps->depth >= ps->limits.depth) {
        return scim_lexer_error(&ps->lexer, ps->lexer.token.at,
                                "more than %u levels of parentheses and brackets are not allowed",
                                ps->limits.depth);
    }
    ps->depth++;
    return scim_lexer_next(&ps->lexer);
}

/* The closing mark of what enter() opened. */
static scim_error_t *leave(scim_parser_t *ps, scim_token_kind_t kind)
{
    if (ps->lexer.token.kind != kind) {
        return scim_lexer_error(&ps->lexer, ps->lexer.token.at, "and, or or %s is expected",
                                kind == SCIM_TOKEN_TO ? "]" : ")");
    }
    ps->depth--;
    return scim_lexer_next(&ps->lexer);
}

static scim_error_t *parse_parentheses(const scim_filter_t **out, scim_parser_t *ps)
{
    scim_error_t *err = enter(ps);

    if (!err) {
        err = parse_or(out, ps);
    }
    return err ? err : leave(ps, SCIM_TOKEN_CLOSE);
}

static scim_error_t *parse_not(const scim_filter_t **out, scim_parser_t *ps)
{
    scim_filter_t *f = make_node(ps, SCIM_OP_NOT);
    scim_error_t *err = scim_lexer_next(&ps->lexer);

    if (err) {
        return err;
    }
    if (ps->lexer.token.kind != SCIM_TOKEN_OPEN) {
        return scim_lexer_error(&ps->lexer, ps->lexer.token.at, "( is expected after not");
    }
    *out = f;
    return parse_parentheses(&f->left, ps);
}

/*
 * What is never returned must not be guessed letter by letter either. A filter of its own may be in
 * a URL, where a secret has no business; a path's filter never is.
 */
static scim_error_t *check_readable(const scim_parser_t *ps, const scim_attr_t *attr)
{
    scim_error_t *err;

    if (attr->returned != SCIM_RETURNED_NEVER) {
        return NULL;
    }
    err = scim_lexer_error(&ps->lexer, ps->lexer.token.at,
                           "attribute %s is never returned and cannot be asked for", attr->name);
    if (ps->filter) {
        err->type = SCIM_TYPE_SENSITIVE;
    }
    return err;
}

static int find_operator(scim_op_t *out, const scim_lexer_t *lexer)
{
    static const struct {
        const char *name;
        scim_op_t op;
    } ops[] = {{"eq", SCIM_OP_EQ}, {"ne", SCIM_OP_NE}, {"co", SCIM_OP_CO}, {"sw", SCIM_OP_SW},
               {"ew", SCIM_OP_EW}, {"gt", SCIM_OP_GT}, {"ge", SCIM_OP_GE}, {"lt", SCIM_OP_LT},
               {"le", SCIM_OP_LE}, {"pr", SCIM_OP_PR}};
    size_t i;

    for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (scim_lexer_word(lexer, ops[i].name)) {
            *out = ops[i].op;
            return 1;
        }
    }
    return 0;
}

/* "eq value" or "pr" for an attribute that is already read. */
static scim_error_t *parse_comparison(const scim_filter_t **out, scim_parser_t *ps,
                                      const scim_path_t *path)
{
    scim_filter_t *f = make_node(ps, SCIM_OP_PR);
    apr_size_t at = ps->lexer.token.at;
    scim_error_t *err;

    f->path = *path;
    if (!find_operator(&f->op, &ps->lexer)) {
        return scim_lexer_error(&ps->lexer, at,
                                "eq, ne, co, sw, ew, gt, ge, lt, le or pr is expected");
    }
    if (ps->terms >= ps->limits.terms) {
        return scim_lexer_error(&ps->lexer, at, "more than %u comparisons are not allowed",
                                ps->limits.terms);
    }
    ps->terms++;
    err = scim_lexer_next(&ps->lexer);
    if (!err && f->op != SCIM_OP_PR) {
        err = scim_parser_value(f, ps, at);
    }
    if (!err) {
        *out = f;
    }
    return err;
}

scim_error_t *scim_parser_brackets(const scim_filter_t **out, scim_parser_t *ps,
                                   const scim_path_t *path)
{
    apr_size_t at = ps->lexer.token.at;
    scim_error_type_t outside = ps->lexer.errtype;
    scim_error_t *err;

    if (ps->element || path->sub || !path->attr || path->attr->type != SCIM_ATTR_COMPLEX) {
        return scim_lexer_error(&ps->lexer, at, "[ is allowed only after a complex attribute");
    }
    if (ps->lexer.token.spaced) {
        return scim_lexer_error(&ps->lexer, at, "no space is allowed before [");
    }
    /* In a PATCH's path too a filter's faults are invalidFilter (RFC 7644 table 9). */
    ps->lexer.errtype = SCIM_TYPE_INVALID_FILTER;
    err = enter(ps);
    if (!err) {
        ps->element = path->attr;
        err = parse_or(out, ps);
        ps->element = NULL;
    }
    ps->lexer.errtype = outside;
    return err ? err : leave(ps, SCIM_TOKEN_TO);
}

/*
 * attr[filter], and beyond the RFC's grammar attr[filter].sub eq value, which Entra-like clients
 * send: one element satisfies both.
 */
static scim_error_t *parse_value_path(const scim_filter_t **out, scim_parser_t *ps,
                                      const scim_path_t *path)
{
    scim_filter_t *f = make_node(ps, SCIM_OP_PATH);
    scim_filter_t *both;
    scim_path_t sub;
    scim_error_t *err;

    f->path = *path;
    err = scim_parser_brackets(&f->left, ps, path);
    if (err) {
        return err;
    }
    *out = f;
    if (ps->lexer.token.kind != SCIM_TOKEN_WORD || ps->lexer.token.spaced) {
        return NULL;
    }
    memset(&sub, 0, sizeof(sub));
    err = scim_parser_sub(&sub.attr, ps, path->attr);
    if (!err) {
        err = check_readable(ps, sub.attr);
    }
    if (!err) {
        err = scim_lexer_next(&ps->lexer);
    }
    if (err) {
        return err;
    }
    both = make_node(ps, SCIM_OP_AND);
    both->left = f->left;
    f->left = both;
    ps->element = path->attr;
    err = parse_comparison(&both->right, ps, &sub);
    ps->element = NULL;
    return err;
}

/* A comparison of an attribute that is not there, as the matcher would decide it. */
static const scim_filter_t *make_absent(const scim_filter_t *f, scim_parser_t *ps)
{
    scim_filter_t *absent = make_node(ps, SCIM_OP_ABSENT);
    int null = f->kind == JSON_NULL;

    absent->left = f;
    absent->kind = (f->op == SCIM_OP_EQ && null) || (f->op == SCIM_OP_NE && !null) ? JSON_TRUE
                                                                                    : JSON_FALSE;
    return absent;
}

/* What follows an attribute: brackets or a comparison. */
static scim_error_t *parse_attribute(const scim_filter_t **out, scim_parser_t *ps)
{
    scim_path_t path;
    apr_size_t at = ps->lexer.token.at;
    int foreign;
    scim_error_t *err = scim_parser_any_name(&path, &foreign, ps);

    if (err) {
        return err;
    }
    if (!path.attr) {
        return scim_lexer_error(&ps->lexer, at, "an attribute is expected, not a schema alone");
    }
    err = check_readable(ps, path.attr);
    if (!err && path.sub) {
        err = check_readable(ps, path.sub);
    }
    if (!err) {
        err = scim_lexer_next(&ps->lexer);
    }
    if (err) {
        return err;
    }
    err = ps->lexer.token.kind == SCIM_TOKEN_FROM ? parse_value_path(out, ps, &path)
                                                  : parse_comparison(out, ps, &path);
    if (!err && foreign) {
        *out = make_absent(*out, ps);
    }
    return err;
}

static scim_error_t *parse_operand(const scim_filter_t **out, scim_parser_t *ps)
{
    if (ps->lexer.token.kind == SCIM_TOKEN_OPEN) {
        return parse_parentheses(out, ps);
    }
    if (scim_lexer_word(&ps->lexer, "not")) {
        return parse_not(out, ps);
    }
    return parse_attribute(out, ps);
}

static scim_error_t *parse_and(const scim_filter_t **out, scim_parser_t *ps)
{
    for (;;) {
        scim_error_t *err = parse_operand(out, ps);
        scim_filter_t *f;

        if (err || !scim_lexer_word(&ps->lexer, "and")) {
            return err;
        }
        f = make_node(ps, SCIM_OP_AND);
        f->left = *out;
        *out = f;
        out = &f->right;
        err = scim_lexer_next(&ps->lexer);
        if (err) {
            return err;
        }
    }
}

static scim_error_t *parse_or(const scim_filter_t **out, scim_parser_t *ps)
{
    for (;;) {
        scim_error_t *err = parse_and(out, ps);
        scim_filter_t *f;

        if (err || !scim_lexer_word(&ps->lexer, "or")) {
            return err;
        }
        f = make_node(ps, SCIM_OP_OR);
        f->left = *out;
        *out = f;
        out = &f->right;
        err = scim_lexer_next(&ps->lexer);
        if (err) {
            return err;
        }
    }
}

static scim_error_t *parse_all(const scim_filter_t **out, scim_parser_t *ps, const char *text,
                               apr_size_t len, scim_error_type_t errtype, apr_pool_t *p)
{
    const scim_filter_t *f = NULL;
    scim_error_t *err;

    if (len > ps->limits.bytes) {
        return scim_error_make(p, 400, errtype,
                               "The filter is longer than %" APR_SIZE_T_FMT " bytes.",
                               ps->limits.bytes);
    }
    err = scim_lexer_start(&ps->lexer, text, len, "filter", errtype, p);
    if (!err) {
        err = parse_or(&f, ps);
    }
    if (err) {
        return err;
    }
    if (ps->lexer.token.kind != SCIM_TOKEN_END) {
        return scim_lexer_error(&ps->lexer, ps->lexer.token.at, "and, or or the end is expected");
    }
    *out = f;
    return NULL;
}

scim_error_t *scim_filter_parse(const scim_filter_t **out, const char *text,
                                const scim_resource_type_t *type,
                                const scim_filter_limits_t *limits, apr_pool_t *p)
{
    scim_parser_t ps;

    scim_parser_init(&ps, limits);
    ps.type = type;
    ps.filter = 1;
    return parse_all(out, &ps, text, strlen(text), SCIM_TYPE_INVALID_FILTER, p);
}

scim_error_t *scim_filter_parse_any(const scim_filter_t **out, const char *text,
                                    const scim_resource_type_t *type,
                                    const scim_catalog_t *catalog,
                                    const scim_filter_limits_t *limits, apr_pool_t *p)
{
    scim_parser_t ps;

    scim_parser_init(&ps, limits);
    ps.type = type;
    ps.catalog = catalog;
    ps.filter = 1;
    return parse_all(out, &ps, text, strlen(text), SCIM_TYPE_INVALID_FILTER, p);
}

scim_error_t *scim_filter_parse_value(const scim_filter_t **out, const char *text, apr_size_t len,
                                      const scim_attr_t *attr, const scim_filter_limits_t *limits,
                                      scim_error_type_t errtype, apr_pool_t *p)
{
    scim_parser_t ps;

    scim_parser_init(&ps, limits);
    ps.element = attr;
    return parse_all(out, &ps, text, len, errtype, p);
}

/* A sub-attribute without a place of its own is where its attribute is. */
static int path_uses(const scim_path_t *path, scim_at_t at)
{
    if (path->sub && path->sub->at != SCIM_AT_DOC) {
        return path->sub->at == at;
    }
    return path->attr->at == at;
}

int scim_filter_uses(const scim_filter_t *f, scim_at_t at)
{
    while (f) {
        if (f->op == SCIM_OP_AND || f->op == SCIM_OP_OR) {
            if (scim_filter_uses(f->left, at)) {
                return 1;
            }
            f = f->right;
        } else if (f->op == SCIM_OP_NOT) {
            f = f->left;
        } else if (f->op == SCIM_OP_ABSENT) {
            f = NULL;
        } else {
            if (path_uses(&f->path, at)) {
                return 1;
            }
            f = f->op == SCIM_OP_PATH ? f->left : NULL;
        }
    }
    return 0;
}
