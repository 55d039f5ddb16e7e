/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <apr_strings.h>

#include "scim_filter.h"
#include "scim_json.h"
#include "scim_text.h"

static void print_tree(scim_buf_t *out, const scim_filter_t *f);

static const char *op_name(scim_op_t op)
{
    static const char *const names[] = {"eq", "ne", "co", "sw",  "ew", "gt", "ge",
                                        "lt", "le", "pr", "and", "or", "not"};
    return names[op];
}

static void print_value(scim_buf_t *out, const scim_filter_t *f)
{
    switch (f->kind) {
    case JSON_STRING:
        scim_buf_puts(out, scim_json_quote(f->string, out->pool));
        break;
    case JSON_INTEGER:
        scim_buf_printf(out, "%" APR_INT64_T_FMT, f->integer);
        break;
    case JSON_REAL:
        scim_buf_puts(
            out, scim_json_dump(scim_json_own(json_real(f->real), out->pool), NULL, out->pool));
        break;
    case JSON_TRUE:
        scim_buf_puts(out, "true");
        break;
    case JSON_FALSE:
        scim_buf_puts(out, "false");
        break;
    default:
        scim_buf_puts(out, "null");
        break;
    }
}

static void print_comparison(scim_buf_t *out, const scim_filter_t *f)
{
    scim_buf_puts(out, scim_path_print(&f->path, out->pool));
    scim_buf_puts(out, " ");
    scim_buf_puts(out, op_name(f->op));
    if (f->op != SCIM_OP_PR) {
        scim_buf_puts(out, " ");
        print_value(out, f);
    }
}

/* Everything that binds tighter than `and`. */
static void print_operand(scim_buf_t *out, const scim_filter_t *f)
{
    switch (f->op) {
    case SCIM_OP_ABSENT:
        print_operand(out, f->left);
        break;
    case SCIM_OP_NOT:
        scim_buf_puts(out, "not (");
        print_tree(out, f->left);
        scim_buf_puts(out, ")");
        break;
    case SCIM_OP_PATH:
        scim_buf_puts(out, scim_path_print(&f->path, out->pool));
        scim_buf_puts(out, "[");
        print_tree(out, f->left);
        scim_buf_puts(out, "]");
        break;
    case SCIM_OP_AND:
    case SCIM_OP_OR:
        scim_buf_puts(out, "(");
        print_tree(out, f);
        scim_buf_puts(out, ")");
        break;
    default:
        print_comparison(out, f);
        break;
    }
}

/*
 * Chains lean to the right. What leans to the left was written in parentheses and gets them back,
 * so that parsing the text gives the same tree.
 */
static void print_chain(scim_buf_t *out, const scim_filter_t *f)
{
    while (f->op == SCIM_OP_AND) {
        print_operand(out, f->left);
        scim_buf_puts(out, " and ");
        f = f->right;
    }
    print_operand(out, f);
}

static void print_tree(scim_buf_t *out, const scim_filter_t *f)
{
    while (f->op == SCIM_OP_OR) {
        if (f->left->op == SCIM_OP_AND) {
            print_chain(out, f->left);
        } else {
            print_operand(out, f->left);
        }
        scim_buf_puts(out, " or ");
        f = f->right;
    }
    print_chain(out, f);
}

const char *scim_filter_print(const scim_filter_t *f, apr_pool_t *p)
{
    scim_buf_t *out = scim_buf_make(0, p);

    print_tree(out, f);
    return out->data;
}
