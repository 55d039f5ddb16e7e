/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_tally.h"

#include <stddef.h>
#include <string.h>

#include <apr_atomic.h>
#include <apr_strings.h>

#include "scim_tally_impl.h"

/* A tenant finds its place by the hash of its name, at most so many further on. */
#define PROBES 64

/* By how often they come. "other" is what none of them is. */
const char *const scim_tally_ops[SCIM_TALLY_OPS] = {
    "get",          "list",           "patch",   "create", "replace",     "delete",
    "bulk",         "discovery",      "options", "none",   "oauth-token", "oauth-authorize",
    "oauth-revoke", "oauth-metadata", "console", "other",
};

const short scim_tally_codes[SCIM_TALLY_CODES] = {
    200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 412, 429, 500, 503, 408,
    411, 413, 414, 415, 417, 421, 428, 431, 501, 502, 504, 505, 202, 302, 303,
};

const apr_interval_time_t scim_tally_bounds[SCIM_TALLY_BOUNDS] = {
    500,    1000,   2500,   5000,    10000,   25000,   50000,
    100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

apr_size_t scim_tally_size(int tenants)
{
    return offsetof(scim_tally_t, place) + sizeof(scim_tally_place_t) * ((apr_size_t)tenants + 2);
}

static void name_place(scim_tally_place_t *place, const char *name)
{
    if (!apr_atomic_read32(&place->named)) {
        apr_cpystrn(place->name, name, sizeof(place->name));
        apr_atomic_set32(&place->named, 1);
    }
}

/* The two behind the tenants'. */
static scim_tally_place_t *other_place(scim_tally_t *tally)
{
    return &tally->place[tally->tenants];
}

static scim_tally_place_t *none_place(scim_tally_t *tally)
{
    return &tally->place[tally->tenants + 1];
}

scim_tally_t *scim_tally_at(void *memory, int tenants)
{
    scim_tally_t *tally = memory;

    tally->tenants = tenants;
    name_place(other_place(tally), "(other)");
    name_place(none_place(tally), "(none)");
    return tally;
}

/* ---- counting ---- */

static scim_tally_place_t *place_of(scim_tally_t *tally, const char *tenant)
{
    apr_uint64_t hash;
    apr_uint64_t i;

    if (!tenant || !*tenant || strcmp(tenant, "-") == 0) {
        return none_place(tally);
    }
    hash = scim_text_hash(tenant);
    hash = hash ? hash : 1;
    for (i = 0; i < PROBES && i < (apr_uint64_t)tally->tenants; i++) {
        scim_tally_place_t *place = &tally->place[(hash + i) % (apr_uint64_t)tally->tenants];
        apr_uint64_t is = apr_atomic_read64(&place->hash);

        is = is ? is : apr_atomic_cas64(&place->hash, hash, 0);
        if (is == 0 || is == hash) {
            name_place(place, tenant);
            return place;
        }
    }
    return other_place(tally);
}

static int op_index(const char *op)
{
    int i = 0;

    op = op ? op : "none";
    while (scim_tally_ops[i + 1] && strcmp(scim_tally_ops[i], op) != 0) {
        i++;
    }
    return i;
}

static int code_index(int status)
{
    int i = 0;

    while (scim_tally_codes[i] && scim_tally_codes[i] != status) {
        i++;
    }
    return i;
}

static void measure(scim_tally_histogram_t *histogram, apr_interval_time_t took)
{
    int i = 0;

    took = took < 0 ? 0 : took;
    while (i < SCIM_TALLY_BOUNDS && took > scim_tally_bounds[i]) {
        i++;
    }
    apr_atomic_inc64(&histogram->n[i]);
    apr_atomic_add64(&histogram->total, (apr_uint64_t)took);
}

void scim_tally_request(scim_tally_t *tally, const scim_tally_request_t *request)
{
    int op = op_index(request->op);

    apr_atomic_inc64(&place_of(tally, request->tenant)->n[op][code_index(request->status)]);
    measure(&tally->took[op], request->took);
}

void scim_tally_add(scim_tally_t *tally, scim_tally_count_t which, apr_uint64_t n)
{
    if (n) {
        apr_atomic_add64(&tally->counts[which], n);
    }
}

void scim_tally_waited(scim_tally_t *tally, apr_interval_time_t took)
{
    measure(&tally->waited, took);
}

/* ---- processes ---- */

/*
 * Let readers look so far. Before the place is taken: a process may be counted too late, never
 * forgotten.
 */
static void reach(scim_tally_t *tally, apr_uint32_t n)
{
    apr_uint32_t is = apr_atomic_read32(&tally->children);

    while (is < n) {
        apr_uint32_t was = apr_atomic_cas32(&tally->children, n, is);

        if (was == is) {
            return;
        }
        is = was;
    }
}

static void clear(scim_tally_child_t *child)
{
    int i;

    for (i = 0; i < SCIM_TALLY_GAUGES; i++) {
        apr_atomic_set64(&child->n[i], 0);
    }
}

scim_tally_child_t *scim_tally_child(scim_tally_t *tally, apr_int64_t pid)
{
    apr_uint32_t i;

    scim_tally_child_gone(tally, pid); /* of an earlier process with this number */
    for (i = 0; i < SCIM_TALLY_CHILDREN; i++) {
        scim_tally_child_t *child = &tally->child[i];

        reach(tally, i + 1);
        if (apr_atomic_cas64(&child->pid, (apr_uint64_t)pid, 0) == 0) {
            clear(child);
            return child;
        }
    }
    return NULL;
}

void scim_tally_child_gone(scim_tally_t *tally, apr_int64_t pid)
{
    apr_uint32_t n = apr_atomic_read32(&tally->children);
    apr_uint32_t i;

    for (i = 0; i < n; i++) {
        if (apr_atomic_read64(&tally->child[i].pid) == (apr_uint64_t)pid) {
            clear(&tally->child[i]);
            apr_atomic_set64(&tally->child[i].pid, 0);
        }
    }
}

void scim_tally_change(scim_tally_child_t *child, scim_tally_gauge_t which, int by)
{
    if (child) {
        apr_atomic_add64(&child->n[which], (apr_uint64_t)(apr_int64_t)by);
    }
}

/* ---- reading ---- */

/* APR's readers take no pointers to const. */
apr_uint64_t scim_tally_read(const volatile apr_uint64_t *n)
{
    return *n;
}

apr_uint64_t scim_tally_get(const scim_tally_t *tally, scim_tally_count_t which)
{
    return scim_tally_read(&tally->counts[which]);
}

scim_tally_now_t scim_tally_now(const scim_tally_t *tally)
{
    scim_tally_now_t now = {0, 0, 0};
    apr_uint32_t n = tally->children;
    apr_uint32_t i;

    for (i = 0; i < n; i++) {
        const scim_tally_child_t *child = &tally->child[i];
        apr_int64_t used;
        apr_int64_t open;

        if (!scim_tally_read(&child->pid)) {
            continue;
        }
        used = (apr_int64_t)scim_tally_read(&child->n[SCIM_TALLY_USED]);
        open = (apr_int64_t)scim_tally_read(&child->n[SCIM_TALLY_OPEN]);
        now.children++;
        now.used += used > 0 ? used : 0;
        now.kept += open > used ? open - used : 0; /* read one after the other */
    }
    return now;
}

int scim_tally_places(const scim_tally_t *tally)
{
    return tally->tenants + 2;
}

int scim_tally_sum(scim_tally_sum_t *sum, const scim_tally_t *tally, int place)
{
    const scim_tally_place_t *of = &tally->place[place];
    int op;
    int code;

    memset(sum, 0, sizeof(*sum));
    sum->tenant = of->name;
    for (op = 0; of->named && op < SCIM_TALLY_OPS; op++) {
        for (code = 0; code < SCIM_TALLY_CODES; code++) {
            int status = scim_tally_codes[code];
            apr_uint64_t n = scim_tally_read(&of->n[op][code]);

            if (status == 0 || status >= 500) {
                sum->failed += n;
            } else if (status >= 400) {
                sum->refused += n;
            } else {
                sum->good += n;
            }
        }
    }
    return sum->good || sum->refused || sum->failed;
}

apr_uint64_t scim_tally_histogram_count(const scim_tally_histogram_t *histogram)
{
    apr_uint64_t n = 0;
    int i;

    for (i = 0; i <= SCIM_TALLY_BOUNDS; i++) {
        n += scim_tally_read(&histogram->n[i]);
    }
    return n;
}

scim_tally_times_t scim_tally_times(const scim_tally_t *tally, int waits)
{
    scim_tally_times_t times = {0, 0};
    int op;

    if (waits) {
        times.n = scim_tally_histogram_count(&tally->waited);
        times.total = scim_tally_read(&tally->waited.total);
        return times;
    }
    for (op = 0; op < SCIM_TALLY_OPS; op++) {
        times.n += scim_tally_histogram_count(&tally->took[op]);
        times.total += scim_tally_read(&tally->took[op].total);
    }
    return times;
}
