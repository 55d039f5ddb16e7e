/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_dialect.h"

#include <stddef.h>
#include <string.h>

/* No busy_timeout: SQLite would sleep inside the driver's process-wide mutex, and the holder of the
 * write lock could not go on. The driver itself waits outside of it. */
static const char *const session[] = {"PRAGMA foreign_keys = ON", NULL};

/* SQLITE_BUSY and SQLITE_LOCKED, which the driver passes on in places. */
#define BUSY 5
#define LOCKED 6

typedef struct text_t {
    const char *text;
    scim_db_cause_t cause;
} text_t;

/* The driver's number is 1 for nearly everything, so SQLite's own words decide. */
static const text_t texts[] = {
    {"UNIQUE constraint failed", SCIM_CAUSE_DUPLICATE},
    {"CHECK constraint failed: too_long", SCIM_CAUSE_TRUNCATED},
    {"string or blob too big", SCIM_CAUSE_TRUNCATED},
    {"database is locked", SCIM_CAUSE_RETRY},
    {"database table is locked", SCIM_CAUSE_RETRY},
    {"database schema has changed", SCIM_CAUSE_GONE}, /* statements must be prepared again */
    {"database schema is locked", SCIM_CAUSE_RETRY},
    {"unable to open database", SCIM_CAUSE_GONE},
    {"disk I/O error", SCIM_CAUSE_GONE},
    {"database or disk is full", SCIM_CAUSE_FULL},
    {"attempt to write a readonly database", SCIM_CAUSE_FULL},
    {"out of memory", SCIM_CAUSE_FULL},
};

static scim_db_cause_t cause(int number, const char *text)
{
    size_t i;

    if (number == 0) {
        return SCIM_CAUSE_NONE;
    }
    if (number == BUSY || number == LOCKED) {
        return SCIM_CAUSE_RETRY;
    }
    if (number == 1 && text && strcmp(text, "not an error") == 0) {
        /* An expired statement, which did not even begin: it must be prepared again. */
        return SCIM_CAUSE_GONE;
    }
    for (i = 0; text && i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strstr(text, texts[i].text)) {
            return texts[i].cause;
        }
    }
    return SCIM_CAUSE_OTHER;
}

typedef struct refusal_t {
    const char *text;
    scim_refusal_t refusal;
} refusal_t;

static const refusal_t refusals[] = {
    {"NOT NULL constraint failed", SCIM_REFUSAL_NULL},
    {"UNIQUE constraint failed", SCIM_REFUSAL_UNIQUE},
    {"PRIMARY KEY must be unique", SCIM_REFUSAL_UNIQUE},
    {"FOREIGN KEY constraint failed", SCIM_REFUSAL_PARENT},
    {"CHECK constraint failed", SCIM_REFUSAL_CHECK},
    {"cannot store", SCIM_REFUSAL_VALUE}, /* a STRICT table */
    {"datatype mismatch", SCIM_REFUSAL_VALUE},
    {"string or blob too big", SCIM_REFUSAL_LONG},
    {"no such column", SCIM_REFUSAL_MISSING},
    {"has no column named", SCIM_REFUSAL_MISSING},
    {"no such table", SCIM_REFUSAL_MISSING},
    {"unknown database", SCIM_REFUSAL_MISSING},
};

static scim_refusal_t refusal(int number, const char *text)
{
    size_t i;

    for (i = 0; number && text && i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (strstr(text, refusals[i].text)) {
            return refusals[i].refusal;
        }
    }
    return SCIM_REFUSAL_NONE;
}

const scim_dialect_t scim_dialect_sqlite = {
    .name = "sqlite3",
    .for_update = "",
    .for_share = "",
    .insert_ignore = "INSERT OR IGNORE",
    .max_binds = 32766,
    .frees_statements = 0,
    .max_dynamic = 256,
    .one_writer = 1,
    .begin = "BEGIN IMMEDIATE",
    .last_id = "last_insert_rowid()",
    .by_rid = "",
    .delete_by_rid = "",
    .index_hint = " INDEXED BY ",
    .index_end = "",
    .join_in_order = " CROSS JOIN ",
    .doc_bytes = "LENGTH(CAST(r.doc AS BLOB))",
    .member_of_bytes = "LENGTH(CAST(r.member_of AS BLOB))",
    .member_of_append = "COALESCE(member_of, '') || %s",
    .session = session,
    .charset_sql = NULL,
    .quote = '"',
    .skip_duplicate = " ON CONFLICT DO NOTHING",
    .skip_again = NULL,
    .text_type = "TEXT",
    .nocase = " COLLATE NOCASE",
    /* In this order: a pragma's table needs its arguments first. SQLite counts up the one key
     * column that is INTEGER. */
    .columns_sql = "SELECT LOWER(c.name), CASE WHEN c.pk = 1 AND LOWER(c.type) = 'integer' "
                   "AND (SELECT MAX(k.pk) FROM pragma_table_info(t.name, t.base) k) = 1 "
                   "THEN 1 ELSE 0 END FROM (SELECT COALESCE(%s, 'main') AS base, %s AS name) t "
                   "CROSS JOIN pragma_table_info(t.name, t.base) c",
    .keys_sql = "SELECT i.name, LOWER(c.name) "
                "FROM (SELECT COALESCE(%s, 'main') AS base, %s AS name) t "
                "CROSS JOIN pragma_index_list(t.name, t.base) i "
                "CROSS JOIN pragma_index_info(i.name, t.base) c WHERE i.\"unique\" = 1 "
                "AND i.partial = 0 ORDER BY i.name, c.seqno",
    .refusal = refusal,
    .cause = cause,
};
