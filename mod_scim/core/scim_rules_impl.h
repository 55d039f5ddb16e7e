/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_RULES_IMPL_H
#define SCIM_RULES_IMPL_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "scim_path.h"
#include "scim_rules.h"

/** What the files of scim_rules share among themselves. */

#define RULE_REQUIRED 1u
#define RULE_OPTIONAL 2u
#define RULE_IMMUTABLE 4u
#define RULE_READ_ONLY 8u
#define RULE_EXACT 16u    /* the case of legal values matters, whatever the attribute says */
#define RULE_RETURNED 32u /* `returned` is given */

typedef enum scim_fold_t { SCIM_FOLD_NONE, SCIM_FOLD_LOWER, SCIM_FOLD_UPPER } scim_fold_t;

/* ---- forms of values ---- */

/** A regular expression of ICU, compiled. */
typedef struct scim_pattern_t scim_pattern_t;

/** NULL: it is none; *why says so. Closed with p. */
const scim_pattern_t *scim_pattern_make(const char **why, const char *text, apr_pool_t *p);

/**
 * Whether the pattern matches a whole text, in bounded time and memory; what would take more does
 * not match. Patterns are shared by threads.
 */
int scim_pattern_matches(const scim_pattern_t *pattern, const char *text);

/** A well-known form: its name, how a message describes it, and who has it. */
typedef struct scim_format_t {
    const char *name;
    const char *what; /* "a language code such as en or en-GB" */
    int (*is)(const char *text);
} scim_format_t;

/** By name, or NULL. Static storage. */
const scim_format_t *scim_format_find(const char *name);

/** "language, country, …", for a message. */
const char *scim_format_names(apr_pool_t *p);

/* ---- rules ---- */

typedef struct scim_rule_t {
    const char *where; /* the line */
    const char *type_name;
    const char *path_text;
    scim_path_t path;
    const scim_attr_t *leaf; /* what the path ends in */
    const char *label;       /* the attribute as messages name it */
    unsigned flags;          /* RULE_… */
    scim_returned_t returned;
    const char *const *values; /* NULL-terminated, or NULL */
    apr_hash_t *legal;         /* value as it compares -> its spelling */
    const char *legal_text;    /* "admin, user or view" */
    int exact;                 /* legal values compare with case */
    const scim_pattern_t *pattern;
    const char *pattern_text;
    const scim_format_t *format;
    apr_size_t min;            /* characters; 0: any */
    apr_size_t max;            /* 0: any */
    const char *forbid;        /* as given, or NULL */
    const char *const *banned; /* its characters one by one, NULL-terminated */
    scim_fold_t fold;
    const char *preset_text; /* default= */
    const json_t *fallback;    /* the same in the attribute's type */
    const char *error;       /* a sentence of its own, with a blank before it; or "" */
} scim_rule_t;

/** One type's. */
typedef struct scim_rules_t {
    const scim_resource_type_t *whole; /* the type before */
    const scim_rule_t *const *rules;
    int n;
    scim_other_t other;
} scim_rules_t;

struct scim_rules_build_t {
    apr_array_header_t *rules; /* of scim_rule_t *; path, leaf and what follows from them not set */
    apr_array_header_t *allows; /* of scim_allow_t */
    apr_array_header_t *others; /* of scim_other_line_t */
    apr_pool_t *pool;
};

typedef struct scim_allow_t {
    const char *where;
    const char *type_name;
    const char *path_text;
} scim_allow_t;

typedef struct scim_other_line_t {
    const char *where;
    const char *type_name;
    scim_other_t other;
} scim_other_line_t;

/** A configured text as a message may repeat it: printable, of bounded length. */
const char *scim_rules_shown(const char *s, apr_pool_t *p);

/** A path without its URN, as messages name it: `addresses[type eq "work"].country`. */
const char *scim_rules_label(const scim_path_t *path, apr_pool_t *p);

/**
 * What a rule finds wrong with a text, as the end of a sentence ("must be admin or user"); NULL:
 * nothing.
 */
const char *scim_rule_wrong(const scim_rule_t *rule, const char *text, apr_pool_t *p);

/** Whether a rule says anything about what a value looks like. */
int scim_rule_has_form(const scim_rule_t *rule);

/** A text in the spelling that is kept. */
const char *scim_rule_spelling(const scim_rule_t *rule, const char *text, apr_pool_t *p);

/* ---- compiling ---- */

/** Resolve a rule's path and say what contradicts it; NULL: nothing. Sets all that is left. */
const char *scim_rule_resolve(scim_rule_t *rule, const scim_resource_type_t *type, apr_pool_t *p);

/**
 * A copy of a type with all of its attributes, to be changed in place. Paths of the type lead to
 * the same places in the copy.
 */
typedef struct scim_type_copy_t scim_type_copy_t;

scim_type_copy_t *scim_type_copy_make(const scim_resource_type_t *from, apr_pool_t *p);

/** The copy itself, and its attribute that a path of `from` names: the leaf, or what it is part of.
 *  NULL for a common attribute, which no copy has. */
scim_resource_type_t *scim_type_copy_type(const scim_type_copy_t *copy);
scim_attr_t *scim_type_copy_attr(const scim_type_copy_t *copy, const scim_path_t *path);
scim_attr_t *scim_type_copy_leaf(const scim_type_copy_t *copy, const scim_path_t *path);

/** Write a rule's characteristics into the copy. */
void scim_type_copy_rule(const scim_type_copy_t *copy, const scim_rule_t *rule);

/** Hide everything that a client could set, but what no resource can be without. */
void scim_type_copy_hide(const scim_type_copy_t *copy);

/** Offer what a path names. */
void scim_type_copy_offer(const scim_type_copy_t *copy, const scim_path_t *path);

/** Hide the extensions of which nothing is offered. */
void scim_type_copy_tidy(const scim_type_copy_t *copy);

#endif
