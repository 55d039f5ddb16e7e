/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_rules_impl.h"

#include <string.h>

#include <unicode/uregex.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>

#include <apr_strings.h>

/*
 * What one match may cost: ICU's unit of time is about a millisecond, that of memory a byte. A
 * clone does not take them over.
 */
#define MATCH_TIME 50
#define MATCH_STACK 1000000

struct scim_pattern_t {
    URegularExpression *regex;
};

static apr_status_t close_pattern(void *data)
{
    scim_pattern_t *pattern = data;

    uregex_close(pattern->regex);
    return APR_SUCCESS;
}

/* Where a pattern is wrong, for whoever wrote it. */
static const char *explain(const UParseError *at, UErrorCode status, apr_pool_t *p)
{
    return apr_psprintf(p, "%s at character %d", u_errorName(status), (int)at->offset + 1);
}

const scim_pattern_t *scim_pattern_make(const char **why, const char *text, apr_pool_t *p)
{
    scim_pattern_t *pattern = apr_pcalloc(p, sizeof(*pattern));
    int32_t room = (int32_t)strlen(text) + 1;
    UChar *chars = apr_palloc(p, (apr_size_t)room * sizeof(*chars));
    UErrorCode status = U_ZERO_ERROR;
    UParseError at = {0, 0, {0}, {0}};
    int32_t len = 0;

    u_strFromUTF8(chars, room, &len, text, -1, &status);
    pattern->regex = uregex_open(chars, len, 0, &at, &status);
    if (U_FAILURE(status)) {
        *why = explain(&at, status, p);
        uregex_close(pattern->regex);
        return NULL;
    }
    apr_pool_cleanup_register(p, pattern, close_pattern, apr_pool_cleanup_null);
    return pattern;
}

int scim_pattern_matches(const scim_pattern_t *pattern, const char *text)
{
    UErrorCode status = U_ZERO_ERROR;
    URegularExpression *mine = uregex_clone(pattern->regex, &status);
    UText *chars = utext_openUTF8(NULL, text, -1, &status);
    int yes;

    uregex_setTimeLimit(mine, MATCH_TIME, &status);
    uregex_setStackLimit(mine, MATCH_STACK, &status);
    uregex_setUText(mine, chars, &status);
    yes = uregex_matches64(mine, -1, &status) && U_SUCCESS(status);
    utext_close(chars);
    uregex_close(mine);
    return yes;
}
