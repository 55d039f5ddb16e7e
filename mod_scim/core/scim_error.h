/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_ERROR_H
#define SCIM_ERROR_H

#include <apr_pools.h>

/**
 * Errors. A function that can fail returns a scim_error_t pointer, NULL for success, and sets its
 * output arguments only on success. Whoever makes an error does not log it; the request's end does,
 * once. `detail` is what a tenant's admin reads (RFC 7644 section 3.12): one plain sentence that
 * names the attribute and the rule, never SQL, a path of this host, a secret or an attribute's
 * value.
 */

#if defined(__GNUC__)
#define SCIM_CHECKED __attribute__((warn_unused_result))
#define SCIM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SCIM_CHECKED
#define SCIM_PRINTF(fmt, args)
#endif

/** scimType of RFC 7644 table 9 and RFC 9865 section 2.1. */
typedef enum scim_error_type_t {
    SCIM_TYPE_NONE,
    SCIM_TYPE_INVALID_FILTER,
    SCIM_TYPE_TOO_MANY,
    SCIM_TYPE_UNIQUENESS,
    SCIM_TYPE_MUTABILITY,
    SCIM_TYPE_INVALID_SYNTAX,
    SCIM_TYPE_INVALID_PATH,
    SCIM_TYPE_NO_TARGET,
    SCIM_TYPE_INVALID_VALUE,
    SCIM_TYPE_INVALID_VERS,
    SCIM_TYPE_SENSITIVE,
    SCIM_TYPE_INVALID_CURSOR,
    SCIM_TYPE_EXPIRED_CURSOR,
    SCIM_TYPE_INVALID_COUNT
} scim_error_type_t;

/** What a database said, as far as the use case must know. */
typedef enum scim_db_cause_t {
    SCIM_CAUSE_NONE,
    SCIM_CAUSE_DUPLICATE, /* a unique index refused the row */
    SCIM_CAUSE_RETRY,     /* deadlock, lock wait timeout, busy: run the use case again */
    SCIM_CAUSE_GONE,      /* the connection is dead; nothing was committed */
    SCIM_CAUSE_UNKNOWN,   /* COMMIT was sent and its answer lost: look the outcome up */
    SCIM_CAUSE_TRUNCATED, /* a value is too long for its column */
    SCIM_CAUSE_FULL,      /* the database has no room */
    SCIM_CAUSE_OTHER
} scim_db_cause_t;

typedef struct scim_error_t {
    int status;             /* HTTP status */
    scim_error_type_t type; /* scimType, or SCIM_TYPE_NONE */
    int undefined;          /* 1: a path or filter names what no schema defines */
    const char *detail;     /* shown to the client */
    const char *log;        /* for the error log only, or NULL */
    const char *msgid;      /* "SCIM2003", see docs/messages.md; NULL for client errors */
    int dberr;              /* the driver's number, or 0 */
    const char *dbtext;     /* the driver's text, which may quote a value: to find a name in it,
                               never for a client or a log; or NULL */
    scim_db_cause_t cause;
} scim_error_t;

/**
 * Make an error for the client.
 * @param p      lives as long as the error
 * @param status HTTP status, 400 to 599
 * @param type   scimType, SCIM_TYPE_NONE where the RFC has none
 * @param fmt    printf format of `detail`; must not carry attribute values
 * @return never NULL
 */
scim_error_t *scim_error_make(apr_pool_t *p, int status, scim_error_type_t type, const char *fmt,
                              ...) SCIM_PRINTF(4, 5) SCIM_CHECKED;

/**
 * Make an error that an operator must see: as scim_error_make(), with a message id and a text for
 * the log (both may not be NULL; `log` is copied).
 */
scim_error_t *scim_error_internal(apr_pool_t *p, int status, const char *msgid, const char *log,
                                  const char *fmt, ...) SCIM_PRINTF(5, 6) SCIM_CHECKED;

/** The RFC's spelling of a scimType ("invalidFilter"), NULL for SCIM_TYPE_NONE. Static storage. */
const char *scim_error_type_name(scim_error_type_t type);

/**
 * The error as a SCIM message (RFC 7644 section 3.12): schemas, status as a string, scimType where
 * there is one, detail.
 * @return NUL-terminated JSON text in p
 */
const char *scim_error_render(const scim_error_t *err, apr_pool_t *p);

#endif
