/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl_print.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scim_json.h"
#include "scim_time.h"

#define CHUNK 500                      /* rows that decide a table's widths together */
#define REDRAW (APR_USEC_PER_SEC / 10) /* of a bar */
#define BAR_COLUMNS 79                 /* where the terminal does not tell its width */

struct ctl_list_t {
    ctl_t *c;
    ctl_rows_t *rows; /* NULL: JSON */
    int any;
};

ctl_list_t *ctl_list_begin(ctl_t *c, const ctl_column_t *columns)
{
    ctl_list_t *list = apr_pcalloc(c->pool, sizeof(*list));

    list->c = c;
    if (c->format == CTL_TABLE) {
        list->rows = ctl_rows_make(columns, c->width, c->pool);
    }
    return list;
}

static void flush_rows(ctl_list_t *list)
{
    apr_pool_t *p;
    scim_buf_t *out;

    apr_pool_create(&p, list->c->pool);
    out = scim_buf_make(0, p);
    ctl_rows_flush(out, list->rows);
    fwrite(out->data, 1, out->len, stdout);
    apr_pool_destroy(p);
}

void ctl_list_add(ctl_list_t *list, const json_t *object)
{
    apr_pool_t *p;
    const char *text;
    apr_size_t len;

    list->any = 1;
    if (list->rows) {
        ctl_rows_add(list->rows, object);
        if (ctl_rows_count(list->rows) >= CHUNK) {
            flush_rows(list);
        }
        return;
    }
    apr_pool_create(&p, list->c->pool);
    text = scim_json_dump(object, &len, p);
    fwrite(text, 1, len, stdout);
    fputc('\n', stdout);
    apr_pool_destroy(p);
}

void ctl_list_end(ctl_list_t *list, const char *none)
{
    if (!list->any) {
        if (none && list->rows) {
            ctl_say(list->c, "%s", none);
        }
    } else if (list->rows) {
        flush_rows(list);
    }
}

json_t *ctl_time_new(const ctl_t *c, apr_time_t at, apr_pool_t *p)
{
    char *text = apr_pstrdup(p, scim_time_format(at, p));

    if (c->format == CTL_TABLE) {
        text[10] = ' ';
        text[19] = '\0';
    }
    return json_string(text);
}

void ctl_print_object(ctl_t *c, const json_t *object)
{
    scim_buf_t *out = scim_buf_make(0, c->pool);

    if (c->format == CTL_JSON) {
        scim_json_append(out, object);
        scim_buf_puts(out, "\n");
    } else {
        ctl_out_flat(out, object, c->pool);
    }
    fwrite(out->data, 1, out->len, stdout);
}

/* ---- progress ---- */

static int columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) {
        return size.ws_col - 1;
    }
    return BAR_COLUMNS;
}

static void draw(ctl_bar_t *bar, const char *end)
{
    apr_pool_t *p;

    apr_pool_create(&p, bar->c->pool);
    bar->progress.seconds = apr_time_now() - bar->began;
    fprintf(stderr, "\r%s\033[K%s", ctl_progress_text(&bar->progress, columns(), p), end);
    fflush(stderr);
    apr_pool_destroy(p);
}

void ctl_bar_begin(ctl_bar_t *bar, ctl_t *c, apr_uint64_t total, const char *unit)
{
    ctl_progress_t none = {0};

    bar->c = c;
    bar->progress = none;
    bar->progress.total = total;
    bar->progress.unit = unit;
    bar->began = apr_time_now();
    bar->drawn = 0;
}

void ctl_bar_set(ctl_bar_t *bar, apr_uint64_t done, apr_uint64_t count)
{
    apr_time_t now;

    bar->progress.done = done;
    bar->progress.count = count;
    if (!bar->c->live) {
        return;
    }
    now = apr_time_now();
    if (now - bar->drawn >= REDRAW) {
        bar->drawn = now;
        draw(bar, "");
    }
}

void ctl_bar_hide(ctl_bar_t *bar)
{
    if (bar->drawn) {
        fputs("\r\033[K", stderr);
        bar->drawn = 0;
    }
}

void ctl_bar_end(ctl_bar_t *bar)
{
    if (bar->c->live) {
        draw(bar, "\n");
    }
}
