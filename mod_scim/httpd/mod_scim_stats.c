/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_stats.h"

#include <unistd.h>

#include <apr_shm.h>
#include <apr_strings.h>

#include <ap_mpm.h>
#include <http_protocol.h>

#include "mod_scim_route.h"

/* Tenants that are counted by name; 1.6 MB, of which only what is used takes up memory. */
#define TENANTS 512

/*
 * Key in the process's pool, with the size behind it. Another layout of the same size needs another
 * one: the module may be exchanged between two restarts.
 */
#define STATE_KEY "mod_scim tally 1 "

/* For all servers. */
struct scim_stats_t {
    scim_tally_t *tally;
    scim_tally_child_t *child; /* this process's; NULL: none, or the parent */
};

static scim_stats_t *stats_of(const server_rec *s)
{
    const scim_server_t *server = scim_server_get(s);

    return server ? server->stats : NULL;
}

/* ---- start, children ---- */

static apr_status_t find_memory(apr_shm_t **shm, const server_rec *main_server, apr_pool_t *pconf)
{
    apr_pool_t *p = main_server->process->pool;
    apr_size_t size = scim_tally_size(TENANTS);
    const char *key = apr_psprintf(pconf, STATE_KEY "%" APR_SIZE_T_FMT, size);
    void *found = NULL;
    apr_status_t rv;

    (void)apr_pool_userdata_get(&found, key, p);
    *shm = found;
    if (found) {
        return APR_SUCCESS;
    }
    rv = apr_shm_create(shm, size, NULL, p); /* anonymous: the system gives it with all bytes 0 */
    if (rv == APR_SUCCESS) {
        /* Copies the key: this module's own text may be unloaded and loaded again. */
        rv = apr_pool_userdata_set(*shm, key, NULL, p);
    }
    return rv;
}

void scim_stats_setup(apr_pool_t *pconf, server_rec *main_server)
{
    scim_stats_t *stats = apr_pcalloc(pconf, sizeof(*stats));
    apr_shm_t *shm;
    server_rec *s;
    apr_status_t rv = find_memory(&shm, main_server, pconf);

    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, main_server,
                     "SCIM3320: there is no shared memory for counters; scim-metrics and the "
                     "server's status have nothing to show");
        return;
    }
    stats->tally = scim_tally_at(apr_shm_baseaddr_get(shm), TENANTS);
    for (s = main_server; s; s = s->next) {
        scim_server_get(s)->stats = stats;
    }
}

void scim_stats_child(server_rec *main_server)
{
    scim_stats_t *stats = stats_of(main_server);

    if (stats) {
        stats->child = scim_tally_child(stats->tally, (apr_int64_t)getpid());
    }
}

/* In the parent, whatever ended the child. */
static void child_status(server_rec *s, pid_t pid, ap_generation_t gen, int slot,
                         mpm_child_status status)
{
    scim_stats_t *stats = stats_of(s);

    (void)gen;
    (void)slot;
    if (stats && status == MPM_CHILD_EXITED) {
        scim_tally_child_gone(stats->tally, (apr_int64_t)pid);
    }
}

/* ---- requests ---- */

/* A connection that was opened and said nothing in time is no request of ours. */
static int is_counted(const request_rec *r)
{
    const scim_route_t *route = scim_route_get(r);

    if (route && (route->base || route->oauth)) {
        return 1;
    }
    return apr_table_get(r->notes, "scim-tenant") ||
           (!route && r->the_request && scim_route_is_ours(r));
}

/* The page of an ErrorDocument comes behind the request itself. */
static int status_of(const request_rec *r)
{
    const request_rec *last = r;

    while (last->next) {
        last = last->next;
    }
    return ap_is_HTTP_ERROR(r->status) ? r->status : last->status;
}

static int logged(request_rec *r)
{
    scim_stats_t *stats = stats_of(r->server);
    scim_tally_request_t done;

    if (!stats || !is_counted(r)) {
        return DECLINED;
    }
    done.tenant = apr_table_get(r->notes, "scim-tenant");
    done.op = apr_table_get(r->notes, "scim-op");
    done.status = status_of(r);
    done.took = apr_time_now() - r->request_time;
    scim_tally_request(stats->tally, &done);
    return DECLINED;
}

void scim_stats_hooks(void)
{
    ap_hook_log_transaction(logged, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_status(child_status, NULL, NULL, APR_HOOK_MIDDLE);
}

/* ---- numbers ---- */

const scim_tally_t *scim_stats_tally(const server_rec *s)
{
    const scim_stats_t *stats = stats_of(s);

    return stats ? stats->tally : NULL;
}

void scim_stats_add(const server_rec *s, scim_tally_count_t which, apr_uint64_t n)
{
    scim_stats_t *stats = stats_of(s);

    if (stats) {
        scim_tally_add(stats->tally, which, n);
    }
}

void scim_stats_lookup(const server_rec *s, scim_tally_count_t hit, int found)
{
    scim_stats_add(s, found ? hit : (scim_tally_count_t)(hit + 1), 1);
}

void scim_stats_taken(const server_rec *s, apr_interval_time_t waited, int got)
{
    scim_stats_t *stats = stats_of(s);

    if (!stats) {
        return;
    }
    scim_tally_waited(stats->tally, waited);
    if (!got) {
        scim_tally_add(stats->tally, SCIM_TALLY_UNAVAILABLE, 1);
        return;
    }
    /* Readers take the difference for what is kept, so it must not fall short. */
    if (got == 1) {
        scim_tally_change(stats->child, SCIM_TALLY_OPEN, 1);
    }
    scim_tally_change(stats->child, SCIM_TALLY_USED, 1);
}

void scim_stats_given(const server_rec *s)
{
    scim_stats_t *stats = stats_of(s);

    if (stats) {
        scim_tally_change(stats->child, SCIM_TALLY_USED, -1);
    }
}

void scim_stats_back(const server_rec *s)
{
    scim_stats_t *stats = stats_of(s);

    if (stats) {
        scim_tally_change(stats->child, SCIM_TALLY_OPEN, -1);
    }
}

void scim_stats_worked(const server_rec *s, const scim_dbd_work_t *work)
{
    scim_stats_t *stats = stats_of(s);

    if (stats) {
        scim_tally_add(stats->tally, SCIM_TALLY_STATEMENTS, work->statements);
        scim_tally_add(stats->tally, SCIM_TALLY_LOST, work->lost);
        scim_tally_add(stats->tally, SCIM_TALLY_RETRY_BUSY, work->again_busy);
        scim_tally_add(stats->tally, SCIM_TALLY_RETRY_LOST, work->again_lost);
    }
}
