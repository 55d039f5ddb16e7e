/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_etag.h"

#include <stdio.h>
#include <string.h>

#define BLANKS " \t"

static int is_suffix(const char *s, apr_size_t len)
{
    return len == 0 || (len == 5 && memcmp(s, "-gzip", len) == 0) ||
           (len == 3 && memcmp(s, "-br", len) == 0);
}

/*
 * One entity tag at s. Returns what follows, or NULL if there is none.
 * matches: set to 1 if its text between the quotes is the version's
 */
static const char *read_tag(int *matches, const char *s, const char *wanted)
{
    apr_size_t len = strlen(wanted);
    const char *end;

    s += s[0] == 'W' && s[1] == '/' ? 2 : 0;
    end = *s == '"' ? strchr(s + 1, '"') : NULL;
    if (!end) {
        return NULL;
    }
    s++;
    if ((apr_size_t)(end - s) >= len && memcmp(s, wanted, len) == 0 &&
        is_suffix(s + len, (apr_size_t)(end - s) - len)) {
        *matches = 1;
    }
    return end + 1;
}

int scim_etag_match(const char *header, apr_int64_t version)
{
    char wanted[24];
    const char *s = header + strspn(header, BLANKS);
    int matches = 0;

    if (*s == '*') {
        return s[1 + strspn(s + 1, BLANKS)] == '\0';
    }
    snprintf(wanted, sizeof(wanted), "%" APR_INT64_T_FMT, version);
    for (s += strspn(s, "," BLANKS); *s; s += strspn(s, "," BLANKS)) {
        s = read_tag(&matches, s, wanted);
        if (!s) {
            return 0;
        }
        s += strspn(s, BLANKS);
        if (*s && *s != ',') {
            return 0;
        }
    }
    return matches;
}

scim_etag_t scim_etag_check(const char *if_match, const char *if_none_match, apr_int64_t version)
{
    if (if_match && !scim_etag_match(if_match, version)) {
        return SCIM_ETAG_OTHER;
    }
    if (if_none_match && scim_etag_match(if_none_match, version)) {
        return SCIM_ETAG_MATCHES;
    }
    return SCIM_ETAG_GO_ON;
}
