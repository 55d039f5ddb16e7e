/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_sql.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_index.h"

/*
 * A filter as a condition on `scim_resource r`.
 *
 * Every condition made here is true or false, never NULL, and true for at least the resources that
 * the filter matches. `not` is carried down to the comparisons (De Morgan), where `neg` asks for
 * the negation; a negated comparison is only made where the plain one is exact. What cannot be said
 * in SQL is left out of an `and`, which stays a superset, and takes a whole `or` with it.
 */

/* So many conditions by way of scim_value may become joins; a database's planner tries out the
 * orders of joins, and a filter of 200 terms must not keep it busy. */
#define MAX_JOINS 4

/* Lookups of one `or`, each a part of a UNION. */
#define MAX_LOOKUPS 50

typedef struct context_t {
    scim_sql_t *sql;
    const char *tenant;
    const scim_resource_type_t *type;
    const scim_path_t *parent; /* inside attr[...]: the attribute */
    int exact;
    int joins;
    apr_pool_t *pool;
} context_t;

/* A comparison with ne and null worked into op and neg: what is left is pr, or a value. */
typedef struct leaf_t {
    const scim_filter_t *f;
    scim_path_t path;
    const scim_attr_t *attr; /* what is compared: the sub-attribute if there is one */
    scim_op_t op;
    int neg;
} leaf_t;

static int add_condition(context_t *c, const scim_filter_t *f, int neg);

/* ---- text that can be taken back ---- */

typedef struct mark_t {
    apr_size_t len;
    int nargs;
} mark_t;

static mark_t mark(const context_t *c)
{
    mark_t m = {c->sql->text->len, c->sql->args->nelts};

    return m;
}

static int take_back(context_t *c, mark_t m)
{
    c->sql->text->len = m.len;
    c->sql->text->data[m.len] = '\0';
    c->sql->args->nelts = m.nargs;
    c->exact = 0;
    return 0;
}

/* ---- comparisons of one column ---- */

static const char *order_word(scim_op_t op)
{
    switch (op) {
    case SCIM_OP_GT:
        return " > ";
    case SCIM_OP_GE:
        return " >= ";
    case SCIM_OP_LT:
        return " < ";
    case SCIM_OP_LE:
        return " <= ";
    default:
        return " = ";
    }
}

static void add_prefix(context_t *c, const char *column, const char *value)
{
    const char *after = scim_sql_after_prefix(value, c->pool);

    /* A range, so that an index serves; LIKE ignores case in SQLite. */
    scim_sql_add(c->sql, column);
    scim_sql_addv(c->sql, " >= %s", value, NULL);
    if (after) {
        scim_sql_add(c->sql, " AND ");
        scim_sql_add(c->sql, column);
        scim_sql_addv(c->sql, " < %s", after, NULL);
    }
}

/* "column op value" on a column that is not NULL, byte by byte in both databases. */
static void add_comparison(context_t *c, const char *column, scim_op_t op, const char *value)
{
    scim_sql_t *sql = c->sql;

    if (op == SCIM_OP_PR) {
        scim_sql_add(sql, column);
        scim_sql_add(sql, " <> ''");
    } else if ((op == SCIM_OP_CO || op == SCIM_OP_SW || op == SCIM_OP_EW) && !*value) {
        scim_sql_add(sql, "1 = 1");
    } else if (op == SCIM_OP_CO) {
        scim_sql_add(sql, "INSTR(");
        scim_sql_add(sql, column);
        scim_sql_addv(sql, ", %s) > 0", value, NULL);
    } else if (op == SCIM_OP_SW) {
        add_prefix(c, column, value);
    } else if (op == SCIM_OP_EW) {
        /* Bytes in MySQL and characters in SQLite, but of both arguments alike. */
        scim_sql_add(sql, "SUBSTR(");
        scim_sql_add(sql, column);
        scim_sql_addv(sql, ", -LENGTH(%s)) = %s", value, value, NULL);
    } else {
        scim_sql_add(sql, column);
        scim_sql_add(sql, order_word(op));
        scim_sql_bind(sql, value);
    }
}

/* A column of scim_resource that may be NULL. */
static int add_column(context_t *c, const leaf_t *leaf, const char *column)
{
    scim_sql_add(c->sql, "(");
    scim_sql_add(c->sql, column);
    scim_sql_add(c->sql, leaf->neg ? " IS NULL OR NOT (" : " IS NOT NULL AND (");
    add_comparison(c, column, leaf->op, leaf->f->folded);
    scim_sql_add(c->sql, "))");
    return 1;
}

static int add_active(context_t *c, const leaf_t *leaf)
{
    if (leaf->op == SCIM_OP_PR) {
        scim_sql_add(c->sql, leaf->neg ? "r.active IS NULL" : "r.active IS NOT NULL");
        return 1;
    }
    scim_sql_add(c->sql, leaf->neg ? "(r.active IS NULL OR r.active <> "
                                   : "(r.active IS NOT NULL AND r.active = ");
    scim_sql_add(c->sql, leaf->f->kind == JSON_TRUE ? "1)" : "0)");
    return 1;
}

static int add_constant(context_t *c, int truth)
{
    scim_sql_add(c->sql, truth ? "1 = 1" : "1 = 0");
    return 1;
}

/* The same for every resource of the type: lists over all types ask for it. */
static int add_resource_type(context_t *c, const leaf_t *leaf)
{
    int order;

    if (leaf->attr != leaf->path.sub || strcmp(leaf->attr->name, "resourceType") != 0) {
        return 0;
    }
    if (leaf->op != SCIM_OP_PR && leaf->op != SCIM_OP_EQ) {
        return 0;
    }
    order = leaf->op == SCIM_OP_PR ? 0 : strcmp(c->type->name, leaf->f->folded);
    return add_constant(c, (order == 0) != leaf->neg);
}

/* Columns hold milliseconds, filters microseconds. */
static int add_time(context_t *c, const leaf_t *leaf, const char *column)
{
    apr_int64_t us = leaf->f->integer;
    apr_int64_t rest = leaf->op == SCIM_OP_PR ? 0 : (us % 1000 + 1000) % 1000;
    apr_int64_t ms = (us - rest) / 1000; /* rounded down */

    if (leaf->op == SCIM_OP_PR || (leaf->op == SCIM_OP_EQ && rest)) {
        return add_constant(c, (leaf->op == SCIM_OP_PR) != leaf->neg);
    }
    if (rest && (leaf->op == SCIM_OP_GE || leaf->op == SCIM_OP_LT)) {
        ms++;
    }
    scim_sql_add(c->sql, leaf->neg ? "NOT (" : "(");
    scim_sql_add(c->sql, column);
    scim_sql_add(c->sql, order_word(leaf->op));
    scim_sql_bind_int(c->sql, ms);
    scim_sql_add(c->sql, ")");
    return 1;
}

/* ---- by way of other tables ---- */

/* Opens "(r.rid [NOT] IN (…"; past MAX_JOINS the OR at its end keeps it from becoming a join. */
static int open_in(context_t *c, int neg)
{
    scim_sql_add(c->sql, neg ? "(r.rid NOT IN (" : "(r.rid IN (");
    return c->joins++ >= MAX_JOINS;
}

static void close_in(context_t *c, int no_join)
{
    scim_sql_add(c->sql, no_join ? ") OR r.rid = 0)" : "))");
}

static void add_value_select(context_t *c, const char *attr)
{
    scim_sql_addv(c->sql,
                  "SELECT v.rid FROM scim_value v WHERE v.tenant = %s AND v.type = %s "
                  "AND v.attr = %s",
                  c->tenant, c->type->name, attr, NULL);
}

static int add_value(context_t *c, const leaf_t *leaf)
{
    const char *attr = scim_index_attr(&leaf->path, c->pool);
    int cut_matters = leaf->op == SCIM_OP_CO || leaf->op == SCIM_OP_EW;
    int no_join;

    if (!attr || (leaf->op != SCIM_OP_PR && strlen(leaf->f->folded) >= SCIM_INDEX_CUT)) {
        return 0;
    }
    c->sql->asks_cut |= cut_matters;
    cut_matters = cut_matters && c->sql->any_cut;
    if (cut_matters && leaf->neg) {
        return 0;
    }
    if (cut_matters) {
        scim_sql_add(c->sql, "(r.rid IN (");
        add_value_select(c, SCIM_INDEX_CUT_ATTR);
        scim_sql_add(c->sql, ") OR ");
        c->exact = 0;
    }
    no_join = open_in(c, leaf->neg);
    add_value_select(c, attr);
    scim_sql_add(c->sql, " AND ");
    add_comparison(c, "v.value", leaf->op, leaf->f->folded);
    close_in(c, no_join);
    if (cut_matters) {
        scim_sql_add(c->sql, ")");
    }
    return 1;
}

/*
 * The members of the groups whose id compares so, and of those inside them: User.groups has the
 * indirect groups too.
 */
static void add_nested_members(context_t *c, const leaf_t *leaf)
{
    scim_sql_addv(c->sql,
                  "SELECT m.member_rid FROM scim_member m WHERE m.tenant = %s AND m.group_rid IN ("
                  "WITH RECURSIVE walk (rid) AS (SELECT u.rid FROM scim_resource u "
                  "WHERE u.tenant = %s AND u.type = %s AND ",
                  c->tenant, c->tenant, "Group", NULL);
    add_comparison(c, "u.id", leaf->op, leaf->f->folded);
    scim_sql_addv(c->sql,
                  " UNION SELECT n.member_rid FROM walk w JOIN scim_nesting n "
                  "ON n.group_rid = w.rid WHERE n.tenant = %s) SELECT w.rid FROM walk w)",
                  c->tenant, NULL);
}

/* Those who have a member, or are in a group, whose id compares so. */
static void add_linked(context_t *c, const leaf_t *leaf, int members)
{
    c->sql->asks_nested |= !members;
    if (!members && c->sql->any_nested) {
        add_nested_members(c, leaf);
        return;
    }
    scim_sql_add(c->sql, members ? "SELECT m.group_rid FROM scim_member m "
                                   "JOIN scim_resource u ON u.rid = m.member_rid"
                                 : "SELECT m.member_rid FROM scim_member m "
                                   "JOIN scim_resource u ON u.rid = m.group_rid");
    scim_sql_addv(c->sql, " WHERE m.tenant = %s AND u.tenant = %s AND ", c->tenant, c->tenant,
                  NULL);
    add_comparison(c, "u.id", leaf->op, leaf->f->folded);
}

/* Group.members and User.groups: the same rows, read from either side. */
static int add_membership(context_t *c, const leaf_t *leaf)
{
    int members = leaf->attr->at == SCIM_AT_MEMBERS;
    int by_id = strcmp(leaf->attr->name, "value") == 0;
    int present = leaf->op == SCIM_OP_PR && (by_id || leaf->attr == leaf->path.attr);
    int no_join;

    if (!by_id && !present && leaf->neg) {
        return 0;
    }
    no_join = open_in(c, leaf->neg);
    if (by_id && !present) {
        add_linked(c, leaf, members);
    } else {
        /* Of another sub-attribute only this much is known: without members, none has it. */
        scim_sql_add(c->sql, members ? "SELECT m.group_rid FROM scim_member m"
                                     : "SELECT m.member_rid FROM scim_member m");
        scim_sql_addv(c->sql, " WHERE m.tenant = %s", c->tenant, NULL);
        c->exact &= present;
    }
    close_in(c, no_join);
    return 1;
}

/* ---- the tree ---- */

static leaf_t make_leaf(const context_t *c, const scim_filter_t *f, int neg)
{
    leaf_t leaf = {f, f->path, NULL, f->op, neg};

    if (c->parent) {
        leaf.path = *c->parent;
        leaf.path.sub = f->path.attr;
    }
    leaf.attr = leaf.path.sub ? leaf.path.sub : leaf.path.attr;
    if (leaf.op == SCIM_OP_NE) {
        leaf.op = SCIM_OP_EQ;
        leaf.neg = !leaf.neg;
    }
    if (leaf.op == SCIM_OP_EQ && f->kind == JSON_NULL) {
        leaf.op = SCIM_OP_PR;
        leaf.neg = !leaf.neg;
    }
    return leaf;
}

/* What is indexed as configured may be used where every resource of the type is indexed so. */
static int is_complete(const context_t *c, const leaf_t *leaf)
{
    if (!scim_index_may_lack(leaf->attr, c->type)) {
        return 1;
    }
    c->sql->asks_stale = 1;
    return !c->sql->any_stale;
}

static int add_leaf(context_t *c, const leaf_t *leaf)
{
    if (!is_complete(c, leaf)) {
        return 0;
    }
    switch (leaf->attr->at) {
    case SCIM_AT_ID:
        return add_column(c, leaf, "r.id");
    case SCIM_AT_UNIQUE:
        return add_column(c, leaf, "r.ukey");
    case SCIM_AT_EXTERNAL:
        return add_column(c, leaf, "r.external_id");
    case SCIM_AT_ACTIVE:
        return add_active(c, leaf);
    case SCIM_AT_CREATED:
        return add_time(c, leaf, "r.created");
    case SCIM_AT_MODIFIED:
        return add_time(c, leaf, "r.modified");
    case SCIM_AT_META:
        return add_resource_type(c, leaf);
    case SCIM_AT_VALUE:
    case SCIM_AT_INDEXED:
        return add_value(c, leaf);
    case SCIM_AT_MEMBERS:
    case SCIM_AT_GROUPS:
        return add_membership(c, leaf);
    default:
        return 0;
    }
}

static int is_leaf(const scim_filter_t *f)
{
    return f->op != SCIM_OP_AND && f->op != SCIM_OP_OR && f->op != SCIM_OP_NOT &&
           f->op != SCIM_OP_PATH && f->op != SCIM_OP_ABSENT;
}

/*
 * attr[...]: with one comparison inside it is that comparison. With more, the conditions together
 * are a superset: they may hold in different elements. An element without the sub-attribute has no
 * row, so nothing negative can be said inside.
 */
static int add_path(context_t *c, const scim_filter_t *f, int neg)
{
    int done = 0;

    c->parent = &f->path;
    if (is_leaf(f->left)) {
        leaf_t leaf = make_leaf(c, f->left, 0);
        if (!leaf.neg) {
            leaf.neg = neg;
            done = add_leaf(c, &leaf);
        }
    } else if (!neg) {
        done = add_condition(c, f->left, 0);
        c->exact = 0;
    }
    c->parent = NULL;
    return done;
}

/* ---- or, over several indexes ---- */

/* Whether a part of an `or` is one value looked up in one index; leaf is set. */
static int is_lookup(leaf_t *leaf, context_t *c, const scim_filter_t *f)
{
    const scim_filter_t *inner = f->op == SCIM_OP_PATH ? f->left : f;

    if (!is_leaf(inner)) {
        return 0;
    }
    c->parent = f->op == SCIM_OP_PATH ? &f->path : NULL;
    *leaf = make_leaf(c, inner, 0);
    c->parent = NULL;
    if (leaf->op != SCIM_OP_EQ || leaf->neg || !is_complete(c, leaf)) {
        return 0;
    }
    switch (leaf->attr->at) {
    case SCIM_AT_ID:
    case SCIM_AT_UNIQUE:
    case SCIM_AT_EXTERNAL:
        return 1;
    case SCIM_AT_VALUE:
        return scim_index_attr(&leaf->path, c->pool) != NULL &&
               strlen(leaf->f->folded) < SCIM_INDEX_CUT;
    default:
        return 0;
    }
}

static void add_lookup(context_t *c, const leaf_t *leaf)
{
    if (leaf->attr->at == SCIM_AT_VALUE) {
        add_value_select(c, scim_index_attr(&leaf->path, c->pool));
        scim_sql_addv(c->sql, " AND v.value = %s", leaf->f->folded, NULL);
        return;
    }
    scim_sql_addv(c->sql,
                  "SELECT o.rid FROM scim_resource o WHERE o.tenant = %s AND o.type = %s AND ",
                  c->tenant, c->type->name, NULL);
    scim_sql_add(c->sql, leaf->attr->at == SCIM_AT_ID       ? "o.id"
                         : leaf->attr->at == SCIM_AT_UNIQUE ? "o.ukey"
                                                            : "o.external_id");
    scim_sql_addv(c->sql, " = %s", leaf->f->folded, NULL);
}

/*
 * Values looked up in several indexes: one after the other, and the resources by what they give. As
 * conditions joined by OR they would make the database look at every resource.
 */
static int add_lookups(context_t *c, const scim_filter_t *chain)
{
    const scim_filter_t *f;
    int values = 0;
    int n = 0;
    leaf_t leaf;

    for (f = chain; f; f = f->op == SCIM_OP_OR ? f->right : NULL, n++) {
        if (n == MAX_LOOKUPS || !is_lookup(&leaf, c, f->op == SCIM_OP_OR ? f->left : f)) {
            return 0;
        }
        values += leaf.attr->at == SCIM_AT_VALUE;
    }
    if (values == 0) {
        return 0; /* columns of one table: the database merges their indexes itself */
    }
    scim_sql_add(c->sql, "r.rid IN (SELECT l.rid FROM (");
    for (f = chain, n = 0; f; f = f->op == SCIM_OP_OR ? f->right : NULL) {
        scim_sql_add(c->sql, n++ ? " UNION ALL " : "");
        (void)is_lookup(&leaf, c, f->op == SCIM_OP_OR ? f->left : f);
        add_lookup(c, &leaf);
    }
    scim_sql_add(c->sql, ") l)");
    c->joins++;
    return 1;
}

static int add_chain(context_t *c, const scim_filter_t *f, int neg)
{
    scim_op_t op = f->op;
    int all = (op == SCIM_OP_AND) == neg; /* an OR in effect: every part is needed */
    mark_t begin = mark(c);
    int parts = 0;

    if (op == SCIM_OP_OR && !neg && !c->parent && add_lookups(c, f)) {
        return 1;
    }
    scim_sql_add(c->sql, "(");
    for (; f; f = f->op == op ? f->right : NULL) {
        mark_t before = mark(c);
        if (parts) {
            scim_sql_add(c->sql, all ? " OR " : " AND ");
        }
        if (add_condition(c, f->op == op ? f->left : f, neg)) {
            parts++;
        } else if (all) {
            return take_back(c, begin);
        } else {
            take_back(c, before);
        }
    }
    scim_sql_add(c->sql, ")");
    return parts ? 1 : take_back(c, begin);
}

/* Appends a condition for f (or its negation) and returns 1, or appends nothing and returns 0. */
static int add_condition(context_t *c, const scim_filter_t *f, int neg)
{
    leaf_t leaf;

    switch (f->op) {
    case SCIM_OP_AND:
    case SCIM_OP_OR:
        return add_chain(c, f, neg);
    case SCIM_OP_NOT:
        return c->parent ? 0 : add_condition(c, f->left, !neg);
    case SCIM_OP_PATH:
        return add_path(c, f, neg);
    case SCIM_OP_ABSENT:
        return add_constant(c, (f->kind == JSON_TRUE) != neg);
    default:
        leaf = make_leaf(c, f, neg);
        return c->parent && leaf.neg ? 0 : add_leaf(c, &leaf);
    }
}

int scim_sql_lookup(const char **attr, const char **value, const scim_filter_t *f,
                    const scim_resource_type_t *type, apr_pool_t *p)
{
    context_t c = {scim_sql_make(p), "", type, NULL, 1, 0, p};
    leaf_t leaf;

    if (!is_lookup(&leaf, &c, f) || leaf.attr->at != SCIM_AT_VALUE) {
        return 0;
    }
    *attr = scim_index_attr(&leaf.path, p);
    *value = leaf.f->folded;
    return 1;
}

int scim_sql_filter(scim_sql_t *sql, int *exact, const scim_filter_t *f, const char *tenant,
                    const scim_resource_type_t *type)
{
    context_t c = {sql, tenant, type, NULL, 1, 0, sql->text->pool};
    int done = add_condition(&c, f, 0);

    *exact = done && c.exact;
    return done;
}
