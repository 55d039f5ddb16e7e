/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl_life.h"

#include <limits.h>
#include <string.h>

#include <apr_strings.h>

typedef struct unit_t {
    const char *name;
    apr_int64_t seconds;
} unit_t;

static const unit_t units[] = {{"", 1},      {"s", 1},      {"m", 60},      {"h", 3600},
                               {"d", 86400}, {"w", 604800}, {"y", 31536000}};

int ctl_life_parse(int *seconds, const char *text)
{
    apr_size_t len = strspn(text, "0123456789");
    apr_int64_t n = len > 0 && len <= 10 ? apr_atoi64(text) : 0;
    apr_size_t i;

    if (strcmp(text, "never") == 0) {
        *seconds = 0;
        return 1;
    }
    for (i = 0; n > 0 && i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(text + len, units[i].name) == 0 && n <= INT_MAX / units[i].seconds) {
            *seconds = (int)(n * units[i].seconds);
            return 1;
        }
    }
    return 0;
}
