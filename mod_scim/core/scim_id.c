/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_id.h"

#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

const char *scim_id_make(apr_pool_t *p)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char b[16];
    apr_time_t now = apr_time_now();
    apr_uint64_t ms = (apr_uint64_t)(now / 1000);
    unsigned fraction = (unsigned)(now % 1000) * 4096 / 1000;
    char *id = apr_palloc(p, 37);
    char *o = id;
    int i;

    /* An id that can be guessed or drawn twice is worse than none. */
    if (apr_generate_random_bytes(b + 8, 8) != APR_SUCCESS) {
        abort();
    }
    for (i = 0; i < 6; i++) {
        b[i] = (unsigned char)(ms >> (40 - 8 * i));
    }
    /* RFC 9562 section 6.2, method 3: finer time first, so ids of one process grow. */
    b[6] = (unsigned char)(0x70 | (fraction >> 8));
    b[7] = (unsigned char)fraction;
    b[8] = (unsigned char)(0x80 | (b[8] & 0x3F));
    for (i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *o++ = '-';
        }
        *o++ = hex[b[i] >> 4];
        *o++ = hex[b[i] & 15];
    }
    *o = '\0';
    return id;
}

apr_time_t scim_id_time(const char *id)
{
    static const char hex[] = "0123456789abcdef";
    apr_int64_t ms = 0;
    int i;

    if (strlen(id) != 36 || strspn(id, "0123456789abcdef-") != 36 || id[8] != '-' ||
        id[14] != '7') {
        return 0;
    }
    for (i = 0; i < 13; i++) {
        const char *digit = i == 8 ? NULL : strchr(hex, id[i]);
        ms = digit ? ms * 16 + (digit - hex) : ms;
    }
    return apr_time_from_msec(ms);
}
