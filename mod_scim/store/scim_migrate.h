/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_MIGRATE_H
#define SCIM_MIGRATE_H

#include "scim_dbd.h"

/**
 * The schema's migrations (sql/README.md), run statement by statement. The handle of a database
 * here must have scim_dbd_any_schema() set.
 */

/** What of the schema a database has. */
typedef struct scim_migrate_state_t {
    int version; /* the newest migration that was applied to its end; 0: none */
    int begun;   /* 1: scim_schema_version is there, and no version in it */
} scim_migrate_state_t;

/** Look. A database without our tables is no error: version 0. */
scim_error_t *scim_migrate_look(scim_migrate_state_t *out, scim_dbd_t *db) SCIM_CHECKED;

/**
 * The next statement of a file of SQL, without comments around it and without its semicolon.
 * Knows comments and quoted texts, not the blocks of triggers: a migration must have none.
 * @param at where to go on; moved behind the statement
 * @return in p, or NULL at the end
 */
const char *scim_migrate_next(const char **at, apr_pool_t *p);

/** What one run did. */
typedef struct scim_migrate_done_t {
    int run;     /* statements */
    int skipped; /* tables that were there, of an earlier run that did not come to its end */
} scim_migrate_done_t;

/**
 * Apply one migration, unless the database has it by now: two that run at once do not disturb each
 * other. SQLite: all or nothing. MariaDB and MySQL commit every table by itself, so one that failed
 * half-way goes on here where it stopped: tables that are there are skipped, provided that
 * scim_schema_version has no version yet.
 * @param number of the migration; what scim_schema_version holds afterwards
 * @param text   the file's content
 * @return with detail and log for the operator, who reads both
 */
scim_error_t *scim_migrate_apply(scim_migrate_done_t *done, scim_dbd_t *db, int number,
                                 const char *text, apr_pool_t *p) SCIM_CHECKED;

#endif
