/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_error.h"

#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_text.h"

/* A detail may name an attribute as the client wrote it, and a client may write megabytes. */
#define DETAIL_MAX 1024

#define ERROR_URN "urn:ietf:params:scim:api:messages:2.0:Error"

static const char *detail_make(apr_pool_t *p, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

static const char *detail_make(apr_pool_t *p, const char *fmt, va_list args)
{
    char *detail = apr_pvsprintf(p, fmt, args);
    apr_size_t len = strlen(detail);

    if (len > DETAIL_MAX) {
        len = DETAIL_MAX;
        /* Never cut inside a UTF-8 sequence. */
        while (len > 0 && ((unsigned char)detail[len] & 0xC0) == 0x80) {
            len--;
        }
        detail[len] = '\0';
    }
    /* Names cut short by their callers may end inside a sequence; the reply must still be JSON. */
    scim_text_clean(detail);
    return detail;
}

scim_error_t *scim_error_make(apr_pool_t *p, int status, scim_error_type_t type, const char *fmt,
                              ...)
{
    scim_error_t *err = apr_pcalloc(p, sizeof(*err));
    va_list args;

    err->status = status;
    err->type = type;
    va_start(args, fmt);
    err->detail = detail_make(p, fmt, args);
    va_end(args);
    return err;
}

scim_error_t *scim_error_internal(apr_pool_t *p, int status, const char *msgid, const char *log,
                                  const char *fmt, ...)
{
    scim_error_t *err = apr_pcalloc(p, sizeof(*err));
    va_list args;

    err->status = status;
    err->type = SCIM_TYPE_NONE;
    err->msgid = msgid;
    err->log = apr_pstrdup(p, log);
    va_start(args, fmt);
    err->detail = detail_make(p, fmt, args);
    va_end(args);
    return err;
}

const char *scim_error_type_name(scim_error_type_t type)
{
    switch (type) {
    case SCIM_TYPE_NONE:
        return NULL;
    case SCIM_TYPE_INVALID_FILTER:
        return "invalidFilter";
    case SCIM_TYPE_TOO_MANY:
        return "tooMany";
    case SCIM_TYPE_UNIQUENESS:
        return "uniqueness";
    case SCIM_TYPE_MUTABILITY:
        return "mutability";
    case SCIM_TYPE_INVALID_SYNTAX:
        return "invalidSyntax";
    case SCIM_TYPE_INVALID_PATH:
        return "invalidPath";
    case SCIM_TYPE_NO_TARGET:
        return "noTarget";
    case SCIM_TYPE_INVALID_VALUE:
        return "invalidValue";
    case SCIM_TYPE_INVALID_VERS:
        return "invalidVers";
    case SCIM_TYPE_SENSITIVE:
        return "sensitive";
    case SCIM_TYPE_INVALID_CURSOR:
        return "invalidCursor";
    case SCIM_TYPE_EXPIRED_CURSOR:
        return "expiredCursor";
    case SCIM_TYPE_INVALID_COUNT:
        return "invalidCount";
    }
    return NULL;
}

const char *scim_error_render(const scim_error_t *err, apr_pool_t *p)
{
    scim_buf_t *b = scim_buf_make(256, p);
    const char *type = scim_error_type_name(err->type);

    /* The status is a string by RFC 7644 section 3.12. */
    scim_buf_printf(b, "{\"schemas\":[\"%s\"],\"status\":\"%d\"", ERROR_URN, err->status);
    if (type) {
        scim_buf_printf(b, ",\"scimType\":\"%s\"", type);
    }
    if (err->detail) {
        scim_buf_puts(b, ",\"detail\":");
        scim_buf_quote(b, err->detail);
    }
    scim_buf_puts(b, "}");
    return b->data;
}
