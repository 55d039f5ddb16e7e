/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_sql.h"

#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

scim_sql_t *scim_sql_make(apr_pool_t *p)
{
    scim_sql_t *sql = apr_pcalloc(p, sizeof(*sql));

    sql->text = scim_buf_make(512, p);
    sql->args = apr_array_make(p, 16, sizeof(const char *));
    return sql;
}

void scim_sql_add(scim_sql_t *sql, const char *text)
{
    scim_buf_puts(sql->text, text);
}

void scim_sql_name(scim_sql_t *sql, const scim_dialect_t *dialect, const char *name)
{
    const char *dot = strchr(name, '.');

    scim_buf_add(sql->text, &dialect->quote, 1);
    if (dot) {
        scim_buf_add(sql->text, name, (apr_size_t)(dot - name));
        scim_buf_add(sql->text, &dialect->quote, 1);
        scim_buf_add(sql->text, ".", 1);
        scim_buf_add(sql->text, &dialect->quote, 1);
    }
    scim_buf_puts(sql->text, dot ? dot + 1 : name);
    scim_buf_add(sql->text, &dialect->quote, 1);
}

static void push(scim_sql_t *sql, const char *value)
{
    APR_ARRAY_PUSH(sql->args, const char *) = apr_pstrdup(sql->text->pool, value);
}

void scim_sql_bind(scim_sql_t *sql, const char *value)
{
    scim_buf_puts(sql->text, "%s");
    push(sql, value);
}

void scim_sql_bind_int(scim_sql_t *sql, apr_int64_t value)
{
    scim_buf_puts(sql->text, "%s");
    push(sql, apr_psprintf(sql->text->pool, "%" APR_INT64_T_FMT, value));
}

void scim_sql_addv(scim_sql_t *sql, const char *text, ...)
{
    va_list args;
    const char *value;

    scim_buf_puts(sql->text, text);
    va_start(args, text);
    for (value = va_arg(args, const char *); value; value = va_arg(args, const char *)) {
        push(sql, value);
    }
    va_end(args);
}

int scim_sql_list_size(int n)
{
    return n <= 2 ? n : n <= 8 ? 8 : n <= 64 ? 64 : SCIM_SQL_LIST;
}

void scim_sql_list(scim_sql_t *sql, const char *const *values, int n)
{
    int size = scim_sql_list_size(n);
    int i;

    scim_sql_add(sql, "(");
    for (i = 0; i < size; i++) {
        if (i) {
            scim_sql_add(sql, ",");
        }
        scim_sql_bind(sql, values[i < n ? i : n - 1]);
    }
    scim_sql_add(sql, ")");
}

/* The code point that ends at s[end]; *begin is set to its first byte. */
static unsigned long last_code_point(const char *s, apr_size_t end, apr_size_t *begin)
{
    apr_size_t i = end - 1;
    unsigned char first;
    unsigned long cp;

    while (i > 0 && ((unsigned char)s[i] & 0xC0) == 0x80) {
        i--;
    }
    *begin = i;
    first = (unsigned char)s[i];
    cp = first < 0x80 ? first : first < 0xE0 ? first & 0x1FUL : first < 0xF0 ? first & 0x0FUL
                                                                           : first & 0x07UL;
    for (i++; i < end; i++) {
        cp = cp << 6 | ((unsigned char)s[i] & 0x3FUL);
    }
    return cp;
}

static void put_code_point(scim_buf_t *b, unsigned long cp)
{
    char out[4];
    apr_size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    apr_size_t i;

    for (i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (cp & 0x3F));
        cp >>= 6;
    }
    out[0] = (char)(lead[n] | cp);
    scim_buf_add(b, out, n);
}

const char *scim_sql_after_prefix(const char *s, apr_pool_t *p)
{
    apr_size_t end = strlen(s);

    /* The order of UTF-8's bytes is that of the code points: raise the last one that can be. */
    while (end > 0) {
        apr_size_t begin;
        unsigned long cp = last_code_point(s, end, &begin);
        if (cp < 0x10FFFF) {
            scim_buf_t *b = scim_buf_make(end + 4, p);
            scim_buf_add(b, s, begin);
            put_code_point(b, cp + 1 == 0xD800 ? 0xE000 : cp + 1);
            return b->data;
        }
        end = begin;
    }
    return NULL;
}
