/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_dialect.h"

#include <stddef.h>

/*
 * SET NAMES because client libraries default differently; READ COMMITTED because a change of many
 * rows, which the planner may find by a walk through the whole table, would otherwise keep all that
 * it passed locked, other tenants' rows too; strict mode because without it the server stores
 * cut-off values; a short lock wait because the client of a request does not wait for 50 s; a bound
 * on each statement because the driver has no time limit of its own (MariaDB reads the one comment,
 * MySQL the other, where it bounds reads only).
 */
static const char *const session[] = {
    "SET NAMES utf8mb4",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION innodb_lock_wait_timeout = 5, lock_wait_timeout = 5, "
    "sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES') "
    "/*M!100100 , max_statement_time = 20 */ /*!50708 , max_execution_time = 20000 */",
    NULL,
};

typedef struct code_t {
    int number;
    scim_db_cause_t cause;
} code_t;

/* MySQL's and MariaDB's server codes (1xxx and up) and client codes (2xxx). */
static const code_t codes[] = {
    {1062, SCIM_CAUSE_DUPLICATE}, /* duplicate entry */
    {1586, SCIM_CAUSE_DUPLICATE}, /* duplicate entry, the text with the key's name */

    {1020, SCIM_CAUSE_RETRY}, /* record has changed since last read (innodb_snapshot_isolation) */
    {1205, SCIM_CAUSE_RETRY}, /* lock wait timeout */
    {1213, SCIM_CAUSE_RETRY}, /* deadlock */
    {1317, SCIM_CAUSE_RETRY}, /* KILL QUERY */
    {1969, SCIM_CAUSE_RETRY}, /* max_statement_time */
    {3024, SCIM_CAUSE_RETRY}, /* max_execution_time */
    {3572, SCIM_CAUSE_RETRY}, /* lock not available at once */

    {1047, SCIM_CAUSE_GONE}, /* Galera node not ready */
    {1053, SCIM_CAUSE_GONE}, /* server shutdown */
    {1152, SCIM_CAUSE_GONE}, /* aborted connection */
    {1158, SCIM_CAUSE_GONE}, /* network errors, read and write, until 1161 */
    {1159, SCIM_CAUSE_GONE},
    {1160, SCIM_CAUSE_GONE},
    {1161, SCIM_CAUSE_GONE},
    {1184, SCIM_CAUSE_GONE}, /* aborted connection */
    {1243, SCIM_CAUSE_GONE}, /* unknown prepared statement: the connection was reset under us */
    {1615, SCIM_CAUSE_GONE}, /* prepared statement must be prepared again */
    {1927, SCIM_CAUSE_GONE}, /* connection was killed (MariaDB) */
    {2002, SCIM_CAUSE_GONE}, /* cannot connect through the socket */
    {2003, SCIM_CAUSE_GONE}, /* cannot connect */
    {2005, SCIM_CAUSE_GONE}, /* unknown host */
    {2006, SCIM_CAUSE_GONE}, /* server has gone away */
    {2012, SCIM_CAUSE_GONE}, /* error in the handshake */
    {2013, SCIM_CAUSE_GONE}, /* lost connection during query */
    {2014, SCIM_CAUSE_GONE}, /* commands out of sync: nothing more can be had from it */
    {2026, SCIM_CAUSE_GONE}, /* TLS */
    {2027, SCIM_CAUSE_GONE}, /* malformed packet */
    {2030, SCIM_CAUSE_GONE}, /* statement not prepared: it died with an old connection */
    {2055, SCIM_CAUSE_GONE}, /* lost connection, with the system's error */
    {2056, SCIM_CAUSE_GONE}, /* statement closed indirectly */
    {3169, SCIM_CAUSE_GONE}, /* session was killed (MySQL) */
    {4031, SCIM_CAUSE_GONE}, /* disconnected for inactivity (MySQL) */

    {1406, SCIM_CAUSE_TRUNCATED}, /* data too long for column */

    {1021, SCIM_CAUSE_FULL}, /* disk full */
    {1026, SCIM_CAUSE_FULL}, /* error writing file */
    {1030, SCIM_CAUSE_FULL}, /* error from storage engine */
    {1037, SCIM_CAUSE_FULL}, /* out of memory */
    {1038, SCIM_CAUSE_FULL}, /* out of sort memory */
    {1041, SCIM_CAUSE_FULL}, /* out of resources */
    {1114, SCIM_CAUSE_FULL}, /* table is full */
    {1206, SCIM_CAUSE_FULL}, /* lock table is full */
    {1226, SCIM_CAUSE_FULL}, /* the account's resource limit */
    {1290, SCIM_CAUSE_FULL}, /* --read-only */
    {1461, SCIM_CAUSE_FULL}, /* max_prepared_stmt_count */
    {1637, SCIM_CAUSE_FULL}, /* too many concurrent transactions */
    {1792, SCIM_CAUSE_FULL}, /* read only transaction */
    {1836, SCIM_CAUSE_FULL}, /* read only mode */
};

static scim_db_cause_t cause(int number, const char *text)
{
    size_t i;

    (void)text;
    if (number == 0) {
        return SCIM_CAUSE_NONE;
    }
    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].number == number) {
            return codes[i].cause;
        }
    }
    return SCIM_CAUSE_OTHER;
}

typedef struct refusal_t {
    int number;
    scim_refusal_t refusal;
} refusal_t;

static const refusal_t refusals[] = {
    {1406, SCIM_REFUSAL_LONG},
    {1048, SCIM_REFUSAL_NULL},    /* cannot be null */
    {1364, SCIM_REFUSAL_NULL},    /* has no default */
    {1264, SCIM_REFUSAL_VALUE},   /* out of range */
    {1265, SCIM_REFUSAL_VALUE},   /* data truncated: not in an ENUM, not a number */
    {1292, SCIM_REFUSAL_VALUE},   /* wrong date or number */
    {1366, SCIM_REFUSAL_VALUE},   /* wrong number or characters */
    {1367, SCIM_REFUSAL_VALUE},   /* illegal number */
    {1411, SCIM_REFUSAL_VALUE},   /* wrong date */
    {3140, SCIM_REFUSAL_VALUE},   /* not JSON (MySQL) */
    {1906, SCIM_REFUSAL_VALUE},   /* a generated column (MariaDB) */
    {3105, SCIM_REFUSAL_VALUE},   /* a generated column (MySQL) */
    {1216, SCIM_REFUSAL_PARENT},
    {1452, SCIM_REFUSAL_PARENT},
    {1217, SCIM_REFUSAL_CHILD},
    {1451, SCIM_REFUSAL_CHILD},
    {3819, SCIM_REFUSAL_CHECK},   /* MySQL */
    {4025, SCIM_REFUSAL_CHECK},   /* MariaDB */
    {1644, SCIM_REFUSAL_CHECK},   /* SIGNAL in a trigger */
    {1062, SCIM_REFUSAL_UNIQUE},
    {1586, SCIM_REFUSAL_UNIQUE},
    {1054, SCIM_REFUSAL_MISSING}, /* unknown column */
    {1146, SCIM_REFUSAL_MISSING}, /* no such table */
    {1049, SCIM_REFUSAL_MISSING}, /* no such database */
    {1142, SCIM_REFUSAL_MISSING}, /* no right on the table */
    {1143, SCIM_REFUSAL_MISSING}, /* no right on the column */
};

static scim_refusal_t refusal(int number, const char *text)
{
    size_t i;

    (void)text;
    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (refusals[i].number == number) {
            return refusals[i].refusal;
        }
    }
    return SCIM_REFUSAL_NONE;
}

const scim_dialect_t scim_dialect_mysql = {
    .name = "mysql",
    .for_update = " FOR UPDATE",
    .for_share = " LOCK IN SHARE MODE",
    .insert_ignore = "INSERT IGNORE",
    .max_binds = 65535,
    .frees_statements = 1,
    .max_dynamic = 64,
    .one_writer = 0,
    .begin = "START TRANSACTION",
    .last_id = "LAST_INSERT_ID()",
    .by_rid = " FORCE INDEX (PRIMARY)",
    .delete_by_rid = " USING scim_resource FORCE INDEX (PRIMARY)",
    .index_hint = " FORCE INDEX (",
    .index_end = ")",
    .join_in_order = " STRAIGHT_JOIN ",
    .doc_bytes = "OCTET_LENGTH(r.doc)",
    .member_of_bytes = "OCTET_LENGTH(r.member_of)",
    .member_of_append = "CONCAT(COALESCE(member_of, ''), %s)",
    .session = session,
    .charset_sql = "SELECT CASE WHEN @@character_set_client = @@character_set_connection "
                   "AND @@character_set_client = @@character_set_results "
                   "THEN @@character_set_client ELSE 'mixed' END",
    .quote = '`',
    .skip_duplicate = " ON DUPLICATE KEY UPDATE ",
    .skip_again = " = ",
    .text_type = "CHAR",
    .nocase = "",
    .columns_sql = "SELECT LOWER(c.column_name), "
                   "CASE WHEN INSTR(LOWER(c.extra), 'auto_increment') > 0 THEN 1 ELSE 0 END "
                   "FROM information_schema.columns c "
                   "WHERE c.table_schema = COALESCE(%s, DATABASE()) AND c.table_name = %s",
    .keys_sql = "SELECT s.index_name, LOWER(s.column_name) FROM information_schema.statistics s "
                "WHERE s.table_schema = COALESCE(%s, DATABASE()) AND s.table_name = %s "
                "AND s.non_unique = 0 ORDER BY s.index_name, s.seq_in_index",
    .refusal = refusal,
    .cause = cause,
};
