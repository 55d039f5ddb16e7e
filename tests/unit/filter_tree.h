/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef FILTER_TREE_H
#define FILTER_TREE_H

#include "scim_filter.h"

/** 1 if two trees are equal in every field that means something, else 0. NULL equals NULL. */
int filter_tree_equal(const scim_filter_t *a, const scim_filter_t *b);

/** 1 if two paths are equal, their filters included. */
int filter_tree_path_equal(const scim_path_t *a, const scim_path_t *b);

#endif
