/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_dbd_impl.h"

#include <apr_strings.h>

/* What each cause is to the client and to the operator. */
typedef struct meaning_t {
    scim_db_cause_t cause;
    int status;
    scim_error_type_t type;
    const char *msgid; /* NULL: the client's error, nothing for the log */
    const char *detail;
} meaning_t;

static const meaning_t meanings[] = {
    {SCIM_CAUSE_DUPLICATE, 409, SCIM_TYPE_UNIQUENESS, NULL,
     "A value that must be unique is already in use."},
    {SCIM_CAUSE_RETRY, 503, SCIM_TYPE_NONE, "SCIM2008",
     "The database is busy at the moment; try again."},
    {SCIM_CAUSE_GONE, 503, SCIM_TYPE_NONE, "SCIM2007",
     "The database is not reachable at the moment."},
    {SCIM_CAUSE_UNKNOWN, 503, SCIM_TYPE_NONE, "SCIM2010",
     "The database did not confirm the change; it may or may not have been made."},
    {SCIM_CAUSE_TRUNCATED, 400, SCIM_TYPE_INVALID_VALUE, NULL,
     "A value is longer than the database can store."},
    {SCIM_CAUSE_FULL, 503, SCIM_TYPE_NONE, "SCIM2009",
     "The database cannot store anything at the moment."},
    {SCIM_CAUSE_OTHER, 500, SCIM_TYPE_NONE, "SCIM2011",
     "The request failed because of an error in the service provider's database."},
};

/* Server errors whose text quotes a value, which must not reach a log. */
static int quotes_value(int number)
{
    static const int numbers[] = {1062, 1264, 1292, 1300, 1366, 1367, 1411, 1525, 1586, 1644, 3140};
    size_t i;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i] == number) {
            return 1;
        }
    }
    return 0;
}

static scim_error_t *from_meaning(const meaning_t *m, const char *log, apr_pool_t *p)
{
    scim_error_t *err = m->msgid ? scim_error_internal(p, m->status, m->msgid, log, "%s", m->detail)
                                 : scim_error_make(p, m->status, m->type, "%s", m->detail);

    err->cause = m->cause;
    return err;
}

static const meaning_t *meaning_of(scim_db_cause_t cause)
{
    size_t n = sizeof(meanings) / sizeof(meanings[0]);
    size_t i;

    for (i = 0; i < n - 1; i++) {
        if (meanings[i].cause == cause) {
            break;
        }
    }
    return &meanings[i];
}

scim_error_t *scim_dbd_error(const scim_dbd_t *db, int number, const char *text, const char *sql)
{
    const meaning_t *m = meaning_of(db->dialect->cause(number, text));
    const char *raw = text ? apr_pstrdup(db->pool, text) : NULL;
    scim_error_t *err;

    if (quotes_value(number)) {
        text = "its text quotes a value and is withheld";
    }
    /* The beginning of a statement tells which one it was; values are never part of it. */
    err = from_meaning(m,
                       apr_psprintf(db->pool, "%s error %d: %s (in: %.100s)", db->dialect->name,
                                    number, text && *text ? text : "no text", sql),
                       db->pool);
    err->dberr = number;
    err->dbtext = raw;
    return err;
}

scim_error_t *scim_dbd_error_unknown(const scim_dbd_t *db, const scim_error_t *err)
{
    scim_error_t *out = from_meaning(meaning_of(SCIM_CAUSE_UNKNOWN),
                                     err->log ? err->log : "COMMIT was refused", db->pool);

    out->dberr = err->dberr;
    return out;
}
