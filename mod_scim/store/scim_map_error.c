/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_map_impl.h"

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

/* Longest name that is shown. */
#define NAME_MAX_SHOWN 64

/* ---- which column ---- */

/* Behind the last of these the drivers' texts name what refused; before it they quote values. */
static const char *refuser(const char *text)
{
    static const char *const marks[] = {"column ",       "olumn '",      "ield '",  "for key '",
                                        "FOREIGN KEY (", "CONSTRAINT `", "failed: "};
    const char *last = NULL;
    size_t i;

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const char *at = strstr(text, marks[i]);
        for (; at; at = strstr(at, marks[i])) {
            at += strlen(marks[i]);
            last = !last || at > last ? at : last;
        }
    }
    return last ? last : "";
}

/* Where a name stands in a text as a word of its own, or NULL. */
static const char *find_word(const char *text, const char *name)
{
    apr_size_t len = strlen(name);
    const char *at;

    for (at = text; *at; at++) {
        if (scim_text_ieqn(at, strnlen(at, len), name) &&
            (at == text || !strchr(NAME_CHARS, at[-1])) &&
            (!at[len] || !strchr(NAME_CHARS, at[len]))) {
            return at;
        }
    }
    return NULL;
}

/* The mapped column that stands first in a text, or NULL. */
static const scim_map_column_t *first_column(const scim_map_table_t *t, const char *text)
{
    const scim_map_column_t *first = NULL;
    const char *where = NULL;
    int i;

    for (i = 0; t && i < t->columns->nelts; i++) {
        const scim_map_column_t *column = &APR_ARRAY_IDX(t->columns, i, scim_map_column_t);
        const char *at = find_word(text, column->column);
        if (at && (!where || at < where)) {
            where = at;
            first = column;
        }
    }
    return first;
}

/* The last part of the dotted name that a text begins with: `a`.`b`.`c` is c. NULL: none. */
static const char *leading_name(const char *text, apr_pool_t *p)
{
    const char *name = NULL;

    for (;;) {
        apr_size_t len;
        text += *text == '`' || *text == '"' || *text == '\'';
        len = strspn(text, NAME_CHARS);
        if (len == 0 || len > NAME_MAX_SHOWN) {
            return name;
        }
        name = apr_pstrmemdup(p, text, len);
        text += len;
        text += *text == '`' || *text == '"';
        if (*text != '.') {
            return name;
        }
        text++;
    }
}

/* ---- what is said ---- */

typedef struct words_t {
    scim_refusal_t refusal;
    int status;
    scim_error_type_t type;
    const char *attribute; /* %s attribute, %s column */
    const char *column;    /* %s column: none of the attributes is written there */
    const char *table;     /* %s table, %s what */
} words_t;

static const words_t words[] = {
    {SCIM_REFUSAL_LONG, 400, SCIM_TYPE_INVALID_VALUE,
     "The value of %s is longer than the application's column %s can hold.",
     "A value is longer than the application's column %s can hold.",
     "The application's table %s cannot hold this %s: a value is too long."},
    {SCIM_REFUSAL_NULL, 400, SCIM_TYPE_INVALID_VALUE,
     "%s is required: the application's column %s needs a value.",
     "The application's column %s needs a value, and no attribute is mapped to it.",
     "The application's table %s cannot hold this %s: a value is missing."},
    {SCIM_REFUSAL_VALUE, 400, SCIM_TYPE_INVALID_VALUE,
     "The value of %s is none that the application's column %s can hold.",
     "A value is none that the application's column %s can hold.",
     "The application's table %s cannot hold this %s: a value is of the wrong kind."},
    {SCIM_REFUSAL_PARENT, 400, SCIM_TYPE_INVALID_VALUE,
     "The value of %s names nothing that is there in the application (column %s).",
     "A value names nothing that is there in the application (column %s).",
     "The application's table %s cannot hold this %s: it refers to something that is not there."},
    {SCIM_REFUSAL_CHILD, 409, SCIM_TYPE_NONE,
     "%s cannot be changed: other data of the application refers to it (column %s).",
     "Other data of the application refers to this one (column %s).",
     "The row of the application's table %s must stay: other data refers to this %s."},
    {SCIM_REFUSAL_CHECK, 400, SCIM_TYPE_INVALID_VALUE,
     "The value of %s breaks a rule of the application's column %s.",
     "A value breaks a rule of the application's table (%s).",
     "The application's table %s refuses this %s by a rule of its own."},
    {SCIM_REFUSAL_UNIQUE, 409, SCIM_TYPE_UNIQUENESS,
     "The value of %s is already in use in the application (column %s).",
     "A value that must be unique in the application is already in use (%s).",
     "The application's table %s has such a %s already."},
};

static const words_t *words_for(scim_refusal_t refusal)
{
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].refusal == refusal) {
            return &words[i];
        }
    }
    return NULL;
}

static scim_error_t *missing(const scim_error_t *err, const scim_store_t *store,
                             const scim_map_target_t *target)
{
    const char *log = apr_psprintf(
        store->pool, "tenant %s: the application's table %s is not as the mapping%s%s needs it: %s",
        store->tenant->name, target->name, target->table ? " in " : "",
        target->table ? target->table->at : "", err->log ? err->log : "no reason is known");

    return scim_error_internal(store->pool, 500, "SCIM2241", log,
                               "The application's tables are not as this service provider's "
                               "configuration needs them.");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static const char *sentence(const words_t *w, const scim_store_t *store,
                            const scim_map_target_t *target, const char *rest)
{
    const scim_map_column_t *column = first_column(target->table, rest);
    const char *name = column ? NULL : leading_name(rest, store->pool);
    const char *of_key = w->refusal == SCIM_REFUSAL_UNIQUE && name
                             ? scim_map_key_columns(store, target->name, name)
                             : NULL;

    if (of_key) {
        column = first_column(target->table, of_key);
    }
    if (column) {
        return apr_psprintf(store->pool, w->attribute, column->label, column->column);
    }
    if (name) {
        return apr_psprintf(store->pool, w->column, name);
    }
    return apr_psprintf(store->pool, w->table, target->name, target->what);
}

#pragma GCC diagnostic pop

scim_error_t *scim_map_refused(scim_error_t *err, const scim_store_t *store,
                               const scim_map_target_t *target)
{
    scim_refusal_t refusal;
    const words_t *w;
    scim_error_t *out;

    if (!err || err->cause == SCIM_CAUSE_RETRY || err->cause == SCIM_CAUSE_GONE ||
        err->cause == SCIM_CAUSE_UNKNOWN || err->cause == SCIM_CAUSE_FULL) {
        return err;
    }
    refusal = scim_dbd_dialect(store->db)->refusal(err->dberr, err->dbtext);
    if (refusal == SCIM_REFUSAL_PARENT && target->deletes) {
        refusal = SCIM_REFUSAL_CHILD; /* SQLite says the same of both */
    }
    if (refusal == SCIM_REFUSAL_MISSING) {
        return missing(err, store, target);
    }
    w = words_for(refusal);
    if (!w) {
        return err;
    }
    out = scim_error_make(store->pool, w->status, w->type, "%s",
                          sentence(w, store, target, refuser(err->dbtext ? err->dbtext : "")));
    /* The cause stays unknown: a duplicate here is no resource's name that is in use. */
    out->dberr = err->dberr;
    return out;
}
