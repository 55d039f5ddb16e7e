/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl_lines.h"

#include <stdlib.h>

struct ctl_lines_t {
    FILE *in;
    apr_size_t max;
    char *data; /* not of a pool: it grows, and a pool would keep every size of it */
    apr_size_t room;
    apr_uint64_t number;
    apr_uint64_t bytes;
};

static apr_status_t free_data(void *baton)
{
    free(((ctl_lines_t *)baton)->data);
    return APR_SUCCESS;
}

ctl_lines_t *ctl_lines_make(FILE *in, apr_size_t max, apr_pool_t *p)
{
    ctl_lines_t *lines = apr_pcalloc(p, sizeof(*lines));

    lines->in = in;
    lines->max = max;
    apr_pool_cleanup_register(p, lines, free_data, apr_pool_cleanup_null);
    return lines;
}

/* Room for one more byte and the NUL. */
static void grow(ctl_lines_t *lines, apr_size_t len)
{
    char *more;

    if (len + 2 <= lines->room) {
        return;
    }
    lines->room = lines->room ? lines->room * 2 : 65536;
    more = realloc(lines->data, lines->room);
    if (!more) {
        abort(); /* as APR's pools do */
    }
    lines->data = more;
}

int ctl_lines_next(const char **data, apr_size_t *len, ctl_lines_t *lines)
{
    apr_size_t n = 0;
    int too_long = 0;
    int byte = getc_unlocked(lines->in);

    if (byte == EOF) {
        return 0;
    }
    lines->number++;
    for (; byte != EOF; byte = getc_unlocked(lines->in)) {
        lines->bytes++;
        if (byte == '\n') {
            break;
        }
        if (n >= lines->max) {
            too_long = 1;
            continue;
        }
        grow(lines, n);
        lines->data[n++] = (char)byte;
    }
    grow(lines, n);
    n -= n > 0 && lines->data[n - 1] == '\r';
    lines->data[n] = '\0';
    *data = too_long ? NULL : lines->data;
    *len = n;
    return 1;
}

apr_uint64_t ctl_lines_number(const ctl_lines_t *lines)
{
    return lines->number;
}

apr_uint64_t ctl_lines_bytes(const ctl_lines_t *lines)
{
    return lines->bytes;
}
