/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl_params.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* What ends a value; nothing quotes it. */
#define ENDS " \t\r\n;|,"

int ctl_params_secret(const char *params)
{
    const char *equals;

    for (equals = strchr(params, '='); equals; equals = strchr(equals + 1, '=')) {
        const char *key = equals;
        apr_size_t len = 0;

        while (key > params && apr_isspace(key[-1])) {
            key--;
        }
        while (key > params && apr_isalpha(key[-1])) {
            key--;
            len++;
        }
        /* The driver takes the beginning of a key's name for it: "p=x" is a password too. */
        if (len > 0 && strncmp("pass", key, len) == 0) {
            return 1;
        }
    }
    return 0;
}

static int can_say(const char *value)
{
    return strcspn(value, ENDS) == strlen(value);
}

const char *ctl_params_account(const char *params, const char *user, const char *password,
                               apr_pool_t *p)
{
    if (!*user || !can_say(user) || (password && !can_say(password))) {
        return NULL;
    }
    /* The password last: an empty one would else be followed by what the driver takes for it. */
    return apr_pstrcat(p, params, " user=", user, " pass=", password ? password : "", NULL);
}

/* The last value of a key that is written out, or NULL. */
static const char *value_of(const char *params, const char *key, apr_pool_t *p)
{
    apr_size_t len = strlen(key);
    const char *found = NULL;
    const char *at;

    for (at = strstr(params, key); at; at = strstr(at + len, key)) {
        if ((at == params || !apr_isalpha(at[-1])) && at[len] == '=') {
            found = apr_pstrmemdup(p, at + len + 1, strcspn(at + len + 1, ENDS));
        }
    }
    return found;
}

const char *ctl_params_label(const char *driver, const char *params, apr_pool_t *p)
{
    const char *name;
    const char *where;

    if (strcmp(driver, "mysql") != 0) {
        return apr_pstrdup(p, params);
    }
    name = value_of(params, "dbname", p);
    where = value_of(params, "sock", p);
    where = where ? where : value_of(params, "host", p);
    return apr_pstrcat(p, name ? name : "?", " at ", where ? where : "localhost", NULL);
}
