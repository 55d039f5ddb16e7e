/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_DIALECT_H
#define SCIM_DIALECT_H

#include "scim_error.h"

/** Why a column or table refused what it was to hold. */
typedef enum scim_refusal_t {
    SCIM_REFUSAL_NONE, /* the statement failed for another reason */
    SCIM_REFUSAL_LONG,
    SCIM_REFUSAL_NULL,
    SCIM_REFUSAL_VALUE,  /* of another type, out of range, not in an enumeration */
    SCIM_REFUSAL_PARENT, /* a foreign key: what it refers to is not there */
    SCIM_REFUSAL_CHILD,  /* a foreign key: other rows refer to this one */
    SCIM_REFUSAL_CHECK,  /* a CHECK or a trigger */
    SCIM_REFUSAL_UNIQUE,
    SCIM_REFUSAL_MISSING /* the table or a column is not there */
} scim_refusal_t;

/** What differs between the databases: a few words of SQL and the meaning of their errors. */
typedef struct scim_dialect_t {
    const char *name;       /* apr_dbd driver name: "mysql", "sqlite3" */
    const char *for_update; /* " FOR UPDATE", or "" */
    const char *for_share;  /* the same for a row that may be read but not changed by others */
    const char *insert_ignore; /* "INSERT IGNORE" / "INSERT OR IGNORE" */
    int max_binds;          /* parameters of one statement */
    int frees_statements;   /* 0: a prepared statement stays until the connection closes */
    int max_dynamic;        /* statements made for one request that a connection keeps */
    int one_writer;         /* 1: one transaction writes at a time, so writers queue for it */
    const char *begin;      /* starts a transaction that will write */
    const char *last_id;    /* expression: the rid of the row this connection inserted last */
    const char *by_rid;     /* behind scim_resource, where row numbers select: look at no index that
                               begins with the tenant; MySQL estimates each of them every time */
    const char *delete_by_rid; /* the same behind DELETE FROM scim_resource */
    const char *index_hint;  /* "use this index": between it and index_end its name */
    const char *index_end;
    const char *join_in_order; /* an inner join that is done from left to right */
    const char *doc_bytes;  /* expression: length of r.doc in bytes */
    const char *member_of_bytes;  /* the same of r.member_of */
    const char *member_of_append; /* expression: member_of and behind it a parameter */
    const char *const *session; /* statements run at a connection's first use, NULL-terminated */
    const char *charset_sql; /* a SELECT that must answer utf8mb4, or NULL */
    char quote;                 /* around the name of a table or column of the application's */
    const char *skip_duplicate; /* behind an INSERT of what may be there: up to a column's name, */
    const char *skip_again;     /* and between this name and once more it; NULL: neither */
    const char *text_type;      /* CAST(column AS this) is its value as it is read */
    const char *nocase;         /* behind a comparison of a column: without case if it can be */
    const char *columns_sql; /* SELECT of a table's columns, by database (or NULL) and name: name
                                in lower case, and 1 where the database counts it up itself */
    const char *keys_sql;    /* the same of its unique keys: a key's name, a column of it */
    /** Why the application's table refused a statement, from the driver's number and text. */
    scim_refusal_t (*refusal)(int number, const char *text);
    /** Cause of a failed statement from the driver's number and text. */
    scim_db_cause_t (*cause)(int number, const char *text);
} scim_dialect_t;

/** By apr_dbd driver name; NULL if not supported. */
const scim_dialect_t *scim_dialect_find(const char *driver);

extern const scim_dialect_t scim_dialect_mysql;
extern const scim_dialect_t scim_dialect_sqlite;

#endif
