/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_tally_impl.h"

/* OpenMetrics 1.0, text format. Numbers are written by hand: no locale decides what a point is. */

/* One number of a family; those of a family follow each other. */
typedef struct number_t {
    const char *family;
    const char *help;
    const char *labels; /* with braces, or "" */
} number_t;

#define RETRIES "scim_database_retries", "Writes that were run again, by why"
#define TOKENS "scim_token_failures", "Requests that were not let in for their token, by why"
#define CACHE "scim_cache_lookups", "Look-ups in what processes remember, by whether it was there"
#define BULK "scim_bulk_operations", "Operations inside Bulk requests"
#define EVENTS "scim_events", "Attempts to deliver security events, and events that were dropped"

/* In the order of scim_tally_count_t. */
static const number_t numbers[SCIM_TALLY_COUNTS] = {
    {"scim_database_statements", "SQL statements without BEGIN and COMMIT", ""},
    {"scim_database_unavailable", "Times that no connection to the database could be had", ""},
    {"scim_database_lost", "Connections to the database that broke while they were used", ""},
    {RETRIES, "{reason=\"busy\"}"},
    {RETRIES, "{reason=\"connection\"}"},
    {TOKENS, "{reason=\"absent\"}"},
    {TOKENS, "{reason=\"unknown\"}"},
    {TOKENS, "{reason=\"expired\"}"},
    {TOKENS, "{reason=\"revoked\"}"},
    {TOKENS, "{reason=\"owner\"}"},
    {TOKENS, "{reason=\"tenant\"}"},
    {TOKENS, "{reason=\"issuer\"}"},
    {CACHE, "{cache=\"token\",result=\"hit\"}"},
    {CACHE, "{cache=\"token\",result=\"miss\"}"},
    {CACHE, "{cache=\"bookmark\",result=\"hit\"}"},
    {CACHE, "{cache=\"bookmark\",result=\"miss\"}"},
    {CACHE, "{cache=\"jwks\",result=\"hit\"}"},
    {CACHE, "{cache=\"jwks\",result=\"miss\"}"},
    {CACHE, "{cache=\"introspection\",result=\"hit\"}"},
    {CACHE, "{cache=\"introspection\",result=\"miss\"}"},
    {BULK, "{result=\"done\"}"},
    {BULK, "{result=\"failed\"}"},
    {BULK, "{result=\"left\"}"},
    {EVENTS, "{result=\"delivered\"}"},
    {EVENTS, "{result=\"refused\"}"},
    {EVENTS, "{result=\"away\"}"},
    {EVENTS, "{result=\"dropped\"}"},
};

static void begin(scim_buf_t *out, const char *family, const char *type, const char *help)
{
    scim_buf_printf(out, "# TYPE %s %s\n# HELP %s %s.\n", family, type, family, help);
}

/* A label's value: backslash, quote and line feed are all that has a meaning there. */
static void quote(scim_buf_t *out, const char *value)
{
    scim_buf_puts(out, "\"");
    for (; *value; value++) {
        switch (*value) {
        case '\\':
            scim_buf_puts(out, "\\\\");
            break;
        case '"':
            scim_buf_puts(out, "\\\"");
            break;
        case '\n':
            scim_buf_puts(out, "\\n");
            break;
        default:
            scim_buf_add(out, value, 1);
        }
    }
    scim_buf_puts(out, "\"");
}

static void seconds(scim_buf_t *out, apr_uint64_t microseconds)
{
    scim_buf_printf(out, "%" APR_UINT64_T_FMT ".%06d", microseconds / APR_USEC_PER_SEC,
                    (int)(microseconds % APR_USEC_PER_SEC));
}

/* ---- requests ---- */

static void place(scim_buf_t *out, const scim_tally_place_t *of)
{
    int op;
    int code;

    for (op = 0; of->named && op < SCIM_TALLY_OPS; op++) {
        for (code = 0; code < SCIM_TALLY_CODES; code++) {
            apr_uint64_t n = scim_tally_read(&of->n[op][code]);

            if (n == 0) {
                continue;
            }
            scim_buf_puts(out, "scim_requests_total{tenant=");
            quote(out, of->name);
            scim_buf_printf(out, ",op=\"%s\",code=", scim_tally_ops[op]);
            if (scim_tally_codes[code]) {
                scim_buf_printf(out, "\"%d\"", scim_tally_codes[code]);
            } else {
                scim_buf_puts(out, "\"other\"");
            }
            scim_buf_printf(out, "} %" APR_UINT64_T_FMT "\n", n);
        }
    }
}

static void requests(scim_buf_t *out, const scim_tally_t *tally)
{
    int i;

    begin(out, "scim_requests", "counter", "Requests that were answered, also by OAuth endpoints");
    for (i = 0; i < scim_tally_places(tally); i++) {
        place(out, &tally->place[i]);
    }
}

/* ---- histograms ---- */

/* The bound as a canonical number: with a point, without zeros at its end. */
static void bound(scim_buf_t *out, apr_interval_time_t of)
{
    apr_size_t least;

    seconds(out, (apr_uint64_t)of);
    least = (apr_size_t)(strrchr(out->data, '.') - out->data) + 2;
    while (out->len > least && out->data[out->len - 1] == '0') {
        out->data[--out->len] = '\0';
    }
}

/* @param label "op=\"get\"," or "" */
static void histogram(scim_buf_t *out, const char *family, const char *label,
                      const scim_tally_histogram_t *of)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i <= SCIM_TALLY_BOUNDS; i++) {
        sum += scim_tally_read(&of->n[i]);
        scim_buf_printf(out, "%s_bucket{%sle=\"", family, label);
        if (i < SCIM_TALLY_BOUNDS) {
            bound(out, scim_tally_bounds[i]);
        } else {
            scim_buf_puts(out, "+Inf");
        }
        scim_buf_printf(out, "\"} %" APR_UINT64_T_FMT "\n", sum);
    }
}

/* What a histogram has after its buckets; count is their sum, whatever is added meanwhile. */
static void totals(scim_buf_t *out, const char *family, const char *labels, apr_uint64_t count,
                   apr_uint64_t microseconds)
{
    scim_buf_printf(out, "%s_count%s %" APR_UINT64_T_FMT "\n%s_sum%s ", family, labels, count,
                    family, labels);
    seconds(out, microseconds);
    scim_buf_puts(out, "\n");
}

static void durations(scim_buf_t *out, const scim_tally_t *tally)
{
    static const char family[] = "scim_request_duration_seconds";
    int op;

    begin(out, family, "histogram", "From a request's first line to the end of its answer");
    scim_buf_printf(out, "# UNIT %s seconds\n", family);
    for (op = 0; op < SCIM_TALLY_OPS && scim_tally_ops[op]; op++) {
        scim_tally_histogram_t now = tally->took[op];
        apr_uint64_t n = scim_tally_histogram_count(&now);

        if (n) {
            const char *label = apr_psprintf(out->pool, "op=\"%s\"", scim_tally_ops[op]);

            histogram(out, family, apr_pstrcat(out->pool, label, ",", NULL), &now);
            totals(out, family, apr_pstrcat(out->pool, "{", label, "}", NULL), n, now.total);
        }
    }
}

static void waits(scim_buf_t *out, const scim_tally_t *tally)
{
    static const char family[] = "scim_database_wait_seconds";
    scim_tally_histogram_t now = tally->waited;

    begin(out, family, "histogram", "Waiting for a connection to the database");
    scim_buf_printf(out, "# UNIT %s seconds\n", family);
    histogram(out, family, "", &now);
    totals(out, family, "", scim_tally_histogram_count(&now), now.total);
}

/* ---- everything ---- */

static void plain_numbers(scim_buf_t *out, const scim_tally_t *tally)
{
    const char *family = "";
    int i;

    for (i = 0; i < SCIM_TALLY_COUNTS; i++) {
        const number_t *number = &numbers[i];

        if (strcmp(number->family, family) != 0) {
            family = number->family;
            begin(out, family, "counter", number->help);
        }
        scim_buf_printf(out, "%s_total%s %" APR_UINT64_T_FMT "\n", family, number->labels,
                        scim_tally_get(tally, (scim_tally_count_t)i));
    }
}

static void gauges(scim_buf_t *out, const scim_tally_t *tally)
{
    scim_tally_now_t now = scim_tally_now(tally);

    begin(out, "scim_processes", "gauge", "Processes of httpd that serve requests");
    scim_buf_printf(out, "scim_processes %d\n", now.children);
    begin(out, "scim_database_connections", "gauge",
          "Connections that requests use, and that are kept for a moment for the next one");
    scim_buf_printf(out,
                    "scim_database_connections{state=\"used\"} %" APR_INT64_T_FMT "\n"
                    "scim_database_connections{state=\"kept\"} %" APR_INT64_T_FMT "\n",
                    now.used, now.kept);
}

scim_buf_t *scim_tally_text(const scim_tally_t *tally, const char *version, apr_pool_t *p)
{
    scim_buf_t *out = scim_buf_make(16384, p);

    begin(out, "scim_module", "info", "The module");
    scim_buf_puts(out, "scim_module_info{version=");
    quote(out, version);
    scim_buf_puts(out, "} 1\n");
    requests(out, tally);
    durations(out, tally);
    waits(out, tally);
    plain_numbers(out, tally);
    gauges(out, tally);
    scim_buf_puts(out, "# EOF\n");
    return out;
}
