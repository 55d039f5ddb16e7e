/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl_out.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "scim_json.h"

#define GAP 2        /* blanks between columns */
#define CELL_MAX 200 /* characters of one value that a table shows */

struct ctl_rows_t {
    const ctl_column_t *columns; /* with a title, in order */
    int n;
    int width;
    apr_pool_t *pool;
    apr_pool_t *cells;        /* of the rows since the last flush */
    apr_array_header_t *rows; /* of const char **: n texts each */
    apr_size_t *widths;
    int titled; /* 1: the title line is written */
};

/* ---- values as text ---- */

/* Replace what a terminal would obey: C0, DEL, and C1, which is two bytes in UTF-8. */
static char *printable(char *s)
{
    unsigned char *at = (unsigned char *)s;

    for (; *at; at++) {
        if (*at < 0x20 || *at == 0x7f) {
            *at = '?';
        } else if (*at == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f) {
            *at = '?';
            at[1] = '?';
        }
    }
    return s;
}

static const char *array_text(const json_t *array, apr_pool_t *p)
{
    scim_buf_t *out = scim_buf_make(0, p);
    apr_size_t i;

    for (i = 0; i < json_array_size(array) && out->len < 4 * CELL_MAX; i++) {
        scim_buf_puts(out, i ? ", " : "");
        scim_buf_puts(out, ctl_out_text(json_array_get(array, i), p));
    }
    return out->len ? out->data : "-";
}

const char *ctl_out_text(const json_t *value, apr_pool_t *p)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        return *json_string_value(value) ? printable(apr_pstrdup(p, json_string_value(value)))
                                         : "-";
    case JSON_TRUE:
        return "yes";
    case JSON_FALSE:
        return "no";
    case JSON_NULL:
        return "-";
    case JSON_ARRAY:
        return array_text(value, p);
    default:
        return printable(apr_pstrdup(p, scim_json_dump(value, NULL, p)));
    }
}

json_t *ctl_out_time_new(apr_time_t t, apr_pool_t *p)
{
    apr_time_exp_t e;

    if (t == 0 || apr_time_exp_gmt(&e, t) != APR_SUCCESS) {
        return json_null();
    }
    return json_string(apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", e.tm_year + 1900,
                                    e.tm_mon + 1, e.tm_mday, e.tm_hour, e.tm_min, e.tm_sec));
}

/* ---- tables ---- */

ctl_rows_t *ctl_rows_make(const ctl_column_t *columns, int width, apr_pool_t *p)
{
    ctl_rows_t *rows = apr_pcalloc(p, sizeof(*rows));
    ctl_column_t *shown;
    int i;

    for (i = 0; columns[i].key; i++) {
        rows->n += columns[i].title != NULL;
    }
    shown = apr_pcalloc(p, sizeof(*shown) * (apr_size_t)(rows->n + 1));
    rows->columns = shown;
    rows->widths = apr_pcalloc(p, sizeof(*rows->widths) * (apr_size_t)(rows->n + 1));
    for (i = 0; columns[i].key; i++) {
        if (columns[i].title) {
            rows->widths[shown - rows->columns] = scim_text_chars(columns[i].title);
            *shown++ = columns[i];
        }
    }
    rows->width = width;
    rows->pool = p;
    apr_pool_create(&rows->cells, p);
    rows->rows = apr_array_make(p, 64, sizeof(const char **));
    return rows;
}

/* The first n characters of valid UTF-8, the last of them "…" where there is more. */
static const char *shorten(const char *text, apr_size_t n, apr_pool_t *p)
{
    const char *at = text;
    apr_size_t seen;

    if (scim_text_chars(text) <= n || n == 0) {
        return text;
    }
    for (seen = 0; seen < n - 1; seen++) {
        at++;
        while ((*at & 0xc0) == 0x80) {
            at++;
        }
    }
    return apr_pstrcat(p, apr_pstrmemdup(p, text, (apr_size_t)(at - text)), "\xe2\x80\xa6", NULL);
}

void ctl_rows_add(ctl_rows_t *rows, const json_t *object)
{
    const char **cells = apr_pcalloc(rows->cells, sizeof(*cells) * (apr_size_t)(rows->n + 1));
    int i;

    for (i = 0; i < rows->n; i++) {
        apr_size_t chars;
        cells[i] = shorten(ctl_out_text(json_object_get(object, rows->columns[i].key), rows->cells),
                           CELL_MAX, rows->cells);
        chars = scim_text_chars(cells[i]);
        rows->widths[i] = chars > rows->widths[i] ? chars : rows->widths[i];
    }
    APR_ARRAY_PUSH(rows->rows, const char **) = cells;
}

static void pad(scim_buf_t *out, apr_size_t n)
{
    while (n-- > 0) {
        scim_buf_add(out, " ", 1);
    }
}

/* One line; the last column is cut to the terminal, and nothing is padded behind it. */
static void add_line(scim_buf_t *out, const ctl_rows_t *rows, const char *const *cells)
{
    apr_size_t used = 0;
    int i;

    for (i = 0; i < rows->n; i++) {
        const char *text = cells[i];
        if (i == rows->n - 1) {
            apr_size_t width = (apr_size_t)rows->width;
            scim_buf_puts(out, width > used + 8 ? shorten(text, width - used, rows->cells) : text);
            break;
        }
        scim_buf_puts(out, text);
        pad(out, rows->widths[i] - scim_text_chars(text) + GAP);
        used += rows->widths[i] + GAP;
    }
    scim_buf_puts(out, "\n");
}

void ctl_rows_flush(scim_buf_t *out, ctl_rows_t *rows)
{
    int i;

    if (!rows->titled) {
        const char **titles = apr_pcalloc(rows->pool, sizeof(*titles) * (apr_size_t)(rows->n + 1));
        for (i = 0; i < rows->n; i++) {
            titles[i] = rows->columns[i].title;
        }
        add_line(out, rows, titles);
        rows->titled = 1;
    }
    for (i = 0; i < rows->rows->nelts; i++) {
        add_line(out, rows, APR_ARRAY_IDX(rows->rows, i, const char **));
    }
    apr_array_clear(rows->rows);
    apr_pool_clear(rows->cells);
}

int ctl_rows_count(const ctl_rows_t *rows)
{
    return rows->rows->nelts;
}

/* ---- one thing ---- */

typedef struct flat_t {
    const char *path;
    const char *text;
} flat_t;

static void flatten(apr_array_header_t *lines, const char *path, const json_t *value, apr_pool_t *p)
{
    const char *name;
    json_t *inner;
    apr_size_t i;
    flat_t line;

    if (json_is_object(value)) {
        json_object_foreach(scim_json_walk(value), name, inner)
        {
            /* An extension's URN is told from its attribute by a colon, as in a filter. */
            const char *dot = strchr(path, ':') && !strchr(strrchr(path, ':'), '.') ? ":" : ".";
            flatten(lines, *path ? apr_pstrcat(p, path, dot, name, NULL) : name, inner, p);
        }
        return;
    }
    if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
        for (i = 0; i < json_array_size(value); i++) {
            flatten(lines, apr_psprintf(p, "%s[%" APR_SIZE_T_FMT "]", path, i),
                    json_array_get(value, i), p);
        }
        return;
    }
    line.path = printable(apr_pstrdup(p, path));
    line.text = ctl_out_text(value, p);
    APR_ARRAY_PUSH(lines, flat_t) = line;
}

void ctl_out_flat(scim_buf_t *out, const json_t *value, apr_pool_t *p)
{
    apr_array_header_t *lines = apr_array_make(p, 32, sizeof(flat_t));
    apr_size_t width = 0;
    int i;

    flatten(lines, "", value, p);
    for (i = 0; i < lines->nelts; i++) {
        apr_size_t chars = scim_text_chars(APR_ARRAY_IDX(lines, i, flat_t).path);
        width = chars > width ? chars : width;
    }
    for (i = 0; i < lines->nelts; i++) {
        const flat_t *line = &APR_ARRAY_IDX(lines, i, flat_t);
        scim_buf_puts(out, line->path);
        pad(out, width - scim_text_chars(line->path) + GAP);
        scim_buf_puts(out, line->text);
        scim_buf_puts(out, "\n");
    }
}

/* ---- progress ---- */

const char *ctl_out_number(apr_uint64_t n, apr_pool_t *p)
{
    const char *digits = apr_psprintf(p, "%" APR_UINT64_T_FMT, n);
    apr_size_t len = strlen(digits);
    scim_buf_t *out = scim_buf_make(32, p);
    apr_size_t i;

    for (i = 0; i < len; i++) {
        scim_buf_puts(out, i > 0 && (len - i) % 3 == 0 ? "," : "");
        scim_buf_add(out, digits + i, 1);
    }
    return out->data;
}

static int percent(const ctl_progress_t *progress)
{
    if (progress->done >= progress->total) {
        return 100;
    }
    return (int)((double)progress->done * 100.0 / (double)progress->total);
}

const char *ctl_progress_text(const ctl_progress_t *progress, int width, apr_pool_t *p)
{
    scim_buf_t *out = scim_buf_make(128, p);
    apr_time_t ms = progress->seconds / 1000;
    const char *right = apr_psprintf(
        p, "%s %s  %s/s", ctl_out_number(progress->count, p), progress->unit,
        ctl_out_number(ms > 0 ? progress->count * 1000 / (apr_uint64_t)ms : progress->count, p));
    int room = width - (int)strlen(right) - 10; /* brackets, percent, blanks */
    int full;
    int i;

    if (progress->total > 0 && room >= 10) {
        room = room > 40 ? 40 : room;
        full = percent(progress) * room / 100;
        scim_buf_puts(out, "[");
        for (i = 0; i < room; i++) {
            scim_buf_puts(out, i < full ? "=" : i == full ? ">" : " ");
        }
        scim_buf_puts(out, "] ");
    }
    if (progress->total > 0) {
        scim_buf_printf(out, "%3d%%  ", percent(progress));
    }
    scim_buf_puts(out, right);
    return out->data;
}
