/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "filter_tree.h"

#include <string.h>

int filter_tree_path_equal(const scim_path_t *a, const scim_path_t *b)
{
    return a->schema == b->schema && a->attr == b->attr && a->sub == b->sub &&
           filter_tree_equal(a->filter, b->filter);
}

static int value_equal(const scim_filter_t *a, const scim_filter_t *b)
{
    if (a->kind != b->kind || a->integer != b->integer) {
        return 0;
    }
    if (a->kind == JSON_REAL && memcmp(&a->real, &b->real, sizeof(a->real)) != 0) {
        return 0;
    }
    if (a->kind == JSON_STRING) {
        return strcmp(a->string, b->string) == 0 && strcmp(a->folded, b->folded) == 0;
    }
    return !a->string && !b->string;
}

int filter_tree_equal(const scim_filter_t *a, const scim_filter_t *b)
{
    while (a && b && a->op == b->op && (a->op == SCIM_OP_AND || a->op == SCIM_OP_OR)) {
        if (!filter_tree_equal(a->left, b->left)) {
            return 0;
        }
        a = a->right;
        b = b->right;
    }
    if (!a || !b) {
        return a == b;
    }
    return a->op == b->op && filter_tree_path_equal(&a->path, &b->path) && value_equal(a, b) &&
           filter_tree_equal(a->left, b->left);
}
