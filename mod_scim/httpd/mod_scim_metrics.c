/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_metrics.h"

#include <string.h>

#include <apr_optional_hooks.h>
#include <apr_strings.h>

#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>

#include "mod_scim_stats.h"

#define HANDLER "scim-metrics"

/* ---- OpenMetrics ---- */

int scim_metrics_takes(request_rec *r, const char *name)
{
    if (!r->handler || strcmp(r->handler, name) != 0) {
        return DECLINED;
    }
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
    if (r->method_number == M_OPTIONS) {
        return DECLINED;
    }
    return r->method_number == M_GET ? OK : HTTP_METHOD_NOT_ALLOWED;
}

int scim_metrics_run(request_rec *r)
{
    const scim_tally_t *tally = scim_stats_tally(r->server);
    const scim_buf_t *text;
    int rc = scim_metrics_takes(r, HANDLER);

    if (rc != OK) {
        return rc;
    }
    if (!tally) {
        return HTTP_SERVICE_UNAVAILABLE; /* why was logged at the start */
    }
    text = scim_tally_text(tally, PACKAGE_VERSION, r->pool);
    ap_set_content_type(r, SCIM_TALLY_MEDIA_TYPE);
    ap_set_content_length(r, (apr_off_t)text->len);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_rwrite(text->data, (int)text->len, r);
    return OK;
}

/* ---- mod_status ---- */

/* What both forms of the page begin with. */
typedef struct line_t {
    const char *key;   /* in ?auto */
    const char *words; /* for people */
    const char *value;
} line_t;

#define LINES 12

static const char *number(apr_uint64_t n, apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_UINT64_T_FMT, n);
}

/* The mean in milliseconds, without a locale's idea of a point. */
static const char *mean(scim_tally_times_t times, apr_pool_t *p)
{
    apr_uint64_t each = times.n ? times.total / times.n : 0;

    return apr_psprintf(p, "%" APR_UINT64_T_FMT ".%03d", each / 1000, (int)(each % 1000));
}

static apr_uint64_t token_failures(const scim_tally_t *tally)
{
    apr_uint64_t n = 0;
    int i;

    for (i = SCIM_TALLY_TOKEN_ABSENT; i <= SCIM_TALLY_TOKEN_ISSUER; i++) {
        n += scim_tally_get(tally, (scim_tally_count_t)i);
    }
    return n;
}

static void make_lines(line_t lines[LINES], const scim_tally_t *tally, apr_pool_t *p)
{
    scim_tally_now_t now = scim_tally_now(tally);
    scim_tally_times_t took = scim_tally_times(tally, 0);
    const line_t all[LINES] = {
        {"ScimRequests", "Requests", number(took.n, p)},
        {"ScimRequestMs", "Milliseconds for each", mean(took, p)},
        {"ScimTokenFailures", "Tokens refused", number(token_failures(tally), p)},
        {"ScimProcesses", "Processes", number((apr_uint64_t)now.children, p)},
        {"ScimConnectionsUsed", "Database connections in use", number((apr_uint64_t)now.used, p)},
        {"ScimConnectionsKept", "Database connections kept", number((apr_uint64_t)now.kept, p)},
        {"ScimConnectionWaitMs", "Milliseconds of waiting for one",
         mean(scim_tally_times(tally, 1), p)},
        {"ScimConnectionsLost", "Database connections lost",
         number(scim_tally_get(tally, SCIM_TALLY_LOST), p)},
        {"ScimDatabaseUnavailable", "Times without a connection",
         number(scim_tally_get(tally, SCIM_TALLY_UNAVAILABLE), p)},
        {"ScimStatements", "SQL statements",
         number(scim_tally_get(tally, SCIM_TALLY_STATEMENTS), p)},
        {"ScimRetriesBusy", "Writes run again after a deadlock or lock",
         number(scim_tally_get(tally, SCIM_TALLY_RETRY_BUSY), p)},
        {"ScimRetriesLost", "Writes run again after a lost connection",
         number(scim_tally_get(tally, SCIM_TALLY_RETRY_LOST), p)},
    };

    memcpy(lines, all, sizeof(all));
}

static void short_page(request_rec *r, const scim_tally_t *tally, const line_t lines[LINES])
{
    scim_tally_sum_t sum;
    int i;

    for (i = 0; i < LINES; i++) {
        ap_rprintf(r, "%s: %s\n", lines[i].key, lines[i].value);
    }
    for (i = 0; i < scim_tally_places(tally); i++) {
        if (scim_tally_sum(&sum, tally, i)) {
            ap_rprintf(r,
                       "ScimTenant[%s]: %" APR_UINT64_T_FMT " good, %" APR_UINT64_T_FMT
                       " refused, %" APR_UINT64_T_FMT " failed\n",
                       sum.tenant, sum.good, sum.refused, sum.failed);
        }
    }
}

static void tenant_row(request_rec *r, const scim_tally_sum_t *sum, int tables)
{
    ap_rprintf(r,
               tables ? "<tr><td>%s</td><td>%" APR_UINT64_T_FMT "</td><td>%" APR_UINT64_T_FMT
                        "</td><td>%" APR_UINT64_T_FMT "</td></tr>\n"
                      : "<br />%s: %" APR_UINT64_T_FMT " good, %" APR_UINT64_T_FMT
                        " refused, %" APR_UINT64_T_FMT " failed\n",
               ap_escape_html(r->pool, sum->tenant), sum->good, sum->refused, sum->failed);
}

static void html_page(request_rec *r, const scim_tally_t *tally, const line_t lines[LINES],
                      int tables)
{
    scim_tally_sum_t sum;
    int i;

    ap_rputs("<hr />\n<h2>SCIM</h2>\n<dl>\n", r);
    for (i = 0; i < LINES; i++) {
        ap_rprintf(r, "<dt>%s: %s</dt>\n", lines[i].words, lines[i].value);
    }
    ap_rputs("</dl>\n", r);
    ap_rputs(tables ? "<table border=\"0\"><tr><th>Tenant</th><th>Good</th><th>Refused (4xx)</th>"
                      "<th>Failed (5xx)</th></tr>\n"
                    : "<p>Requests by tenant\n",
             r);
    for (i = 0; i < scim_tally_places(tally); i++) {
        if (scim_tally_sum(&sum, tally, i)) {
            tenant_row(r, &sum, tables);
        }
    }
    ap_rputs(tables ? "</table>\n" : "</p>\n", r);
}

static int status(request_rec *r, int flags)
{
    const scim_tally_t *tally = scim_stats_tally(r->server);
    line_t lines[LINES];

    if (!tally) {
        return DECLINED;
    }
    make_lines(lines, tally, r->pool);
    if (flags & AP_STATUS_SHORT) {
        short_page(r, tally, lines);
    } else {
        html_page(r, tally, lines, !(flags & AP_STATUS_NOTABLE));
    }
    return OK;
}

void scim_metrics_hooks(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, status, NULL, NULL, APR_HOOK_MIDDLE);
}
