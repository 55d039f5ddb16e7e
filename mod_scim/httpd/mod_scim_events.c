/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>
#include <unistd.h>

#include <apr_atomic.h>
#include <apr_general.h>
#include <apr_network_io.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "mod_scim_dump.h"
#include "mod_scim_events_impl.h"
#include "mod_scim_policy.h"

/* Files of keys and certificates, and of a token. */
#define FILE_MAX 524288
#define TOKEN_MAX 4096

/* ---- the configuration ---- */

/* A file of a directive. @return NULL, or what is wrong, naming the directive */
static const char *read_file(const char **data, apr_size_t *len, const char *directive,
                             const char *path, apr_size_t max, apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const char *wrong = scim_config_file(data, len, path, max, pconf, ptemp);

    return wrong ? apr_pstrcat(pconf, directive, ": ", wrong, NULL) : NULL;
}

static const char *read_key(scim_feed_t *feed, const scim_events_t *events, apr_pool_t *pconf,
                            apr_pool_t *ptemp)
{
    const char *data;
    apr_size_t len;
    scim_jose_signer_t *signer = NULL;
    const char *wrong =
        read_file(&data, &len, "ScimEventKeyFile", events->key_file, FILE_MAX, pconf, ptemp);

    if (wrong) {
        return wrong;
    }
    wrong = scim_jose_signer_make(&signer, data, len, events->kid, pconf);
    feed->signer = signer;
    return wrong ? apr_pstrcat(pconf, "ScimEventKeyFile ", events->key_file, ": ", wrong, NULL)
                 : NULL;
}

static const char *read_token(scim_feed_t *feed, const scim_events_t *events, apr_pool_t *pconf,
                              apr_pool_t *ptemp)
{
    const char *data;
    apr_size_t len;
    const char *wrong =
        read_file(&data, &len, "ScimEventTokenFile", events->token_file, TOKEN_MAX, pconf, ptemp);

    if (wrong) {
        return wrong;
    }
    feed->token = apr_pstrmemdup(pconf, data, strcspn(data, "\r\n"));
    /* RFC 6750 section 2.1 */
    if (!*feed->token || strlen(feed->token) + strspn(data + strlen(feed->token), "\r\n") != len ||
        strspn(feed->token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                            "-._~+/=") != strlen(feed->token)) {
        return apr_pstrcat(pconf, "ScimEventTokenFile ", events->token_file,
                           " holds no token: one line of letters, digits and -._~+/=", NULL);
    }
    return NULL;
}

static const char *read_ca(scim_feed_t *feed, const scim_events_t *events, apr_pool_t *pconf,
                           apr_pool_t *ptemp)
{
    const char *data;
    apr_size_t len;
    const char *wrong =
        read_file(&data, &len, "ScimEventCAFile", events->ca_file, FILE_MAX, pconf, ptemp);

    if (wrong) {
        return wrong;
    }
    feed->ca_file = ap_server_root_relative(pconf, events->ca_file);
    return strstr(data, "-----BEGIN CERTIFICATE-----")
               ? NULL
               : apr_pstrcat(pconf, "ScimEventCAFile ", events->ca_file,
                             " holds no certificate in PEM", NULL);
}

/* What is read goes with a pool of its own: many tenants may trust one large file. */
static const char *read_files(scim_feed_t *feed, const scim_events_t *events, apr_pool_t *pconf)
{
    const char *wrong = scim_fetch_refuses(events->url, pconf);
    apr_pool_t *ptemp;

    if (wrong) {
        return apr_pstrcat(pconf, "ScimEventURL: the URL ", wrong, NULL);
    }
    apr_pool_create(&ptemp, pconf);
    wrong = read_key(feed, events, pconf, ptemp);
    if (!wrong && events->token_file) {
        wrong = read_token(feed, events, pconf, ptemp);
    }
    if (!wrong && events->ca_file) {
        wrong = read_ca(feed, events, pconf, ptemp);
    }
    apr_pool_destroy(ptemp);
    return wrong;
}

static int is_noted(const scim_events_all_t *all, const char *tenant, const char *database)
{
    int i;

    for (i = 0; i < all->feeds->nelts; i++) {
        const scim_feed_t *feed = &APR_ARRAY_IDX(all->feeds, i, scim_feed_t);
        if (strcmp(feed->tenant->name, tenant) == 0 && strcmp(feed->database, database) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *scim_events_note(server_rec *main_server, server_rec *s, const scim_dir_t *dir,
                             const char *database, apr_pool_t *pconf)
{
    scim_server_t *server = scim_server_get(main_server);
    const scim_tenant_t *compiled = scim_policies_compiled(dir, pconf);
    scim_feed_t feed = {.server = s, .database = database};
    const char *wrong;

    if (!compiled || !compiled->events) {
        return NULL;
    }
    if (scim_config_tenant_by(dir) != SCIM_TENANT_BY_NAME) {
        return "ScimEventURL needs a place of one tenant, and ScimTenantBy is not name; give each "
               "tenant that has events a <Location> of its own";
    }
    if (!server->events) {
        server->events = apr_pcalloc(pconf, sizeof(*server->events));
        server->events->feeds = apr_array_make(pconf, 4, sizeof(scim_feed_t));
    }
    if (is_noted(server->events, dir->tenant, database)) {
        return NULL;
    }
    /* Whoever lists the configuration need not be allowed to read keys. */
    wrong = scim_dump_wanted() ? NULL : read_files(&feed, compiled->events, pconf);
    feed.tenant = scim_config_tenant(dir, pconf);
    APR_ARRAY_PUSH(server->events->feeds, scim_feed_t) = feed;
    return wrong;
}

/* ---- the start ---- */

void scim_events_setup(apr_pool_t *pconf, server_rec *main_server)
{
    scim_events_all_t *all = scim_server_get(main_server)->events;

    if (all) {
        all->fetcher = scim_fetcher_make(pconf);
    }
}

scim_store_t *scim_events_store(const scim_events_all_t *all, const scim_feed_t *feed,
                                apr_pool_t *p)
{
    return scim_store_make(all->db, feed->tenant, p);
}

/* Unlike any other's, of this host and of others, before a restart and after. */
static void name_me(scim_events_all_t *all, apr_pool_t *p)
{
    char host[APRMAXHOSTLEN + 1];
    unsigned char random[4];

    if (apr_gethostname(host, sizeof(host), p) != APR_SUCCESS) {
        apr_cpystrn(host, "host", sizeof(host));
    }
    apr_generate_random_bytes(random, sizeof(random));
    apr_snprintf(all->me, sizeof(all->me), "%.30s/%ld/%02x%02x%02x%02x", host, (long)getpid(),
                 random[0], random[1], random[2], random[3]);
}

/* Before anything that the thread uses is gone. */
static apr_status_t stop(void *data)
{
    scim_events_all_t *all = data;
    apr_status_t rv;

    apr_atomic_set32(&all->stop, 1);
    (void)apr_thread_join(&rv, all->thread);
    apr_pool_destroy(all->pool);
    return APR_SUCCESS;
}

/*
 * mod_dbd opens connections in pools below the child's. Where a child serves with one thread
 * (prefork) their allocator has no lock, and with ours there are two. Nested: that MPM ends a child
 * out of a signal handler, which may have come while the lock was held.
 */
static apr_status_t lock_allocator(apr_pool_t *pchild)
{
    apr_allocator_t *allocator = apr_pool_allocator_get(pchild);
    apr_thread_mutex_t *mutex;
    apr_status_t rv;

    if (apr_allocator_mutex_get(allocator)) {
        return APR_SUCCESS;
    }
    /* It has to outlive pchild, which takes its lock away before it is the last one there. */
    rv = apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_NESTED, apr_pool_parent_get(pchild));
    if (rv == APR_SUCCESS) {
        apr_allocator_mutex_set(allocator, mutex);
    }
    return rv;
}

static apr_status_t start(scim_events_all_t *all, apr_pool_t *pchild)
{
    apr_status_t rv = lock_allocator(pchild);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* No pool's child: other threads make and end those of the child's side by side. */
    apr_pool_create_unmanaged_ex(&all->pool, NULL, NULL);
    rv = apr_thread_create(&all->thread, NULL, scim_events_run, all, all->pool);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(all->pool);
        return rv;
    }
    apr_pool_pre_cleanup_register(pchild, all, stop);
    return APR_SUCCESS;
}

/* Behind the last of those before it that are of the same database, or as the first of it. */
static void join(scim_events_all_t *all, int i)
{
    scim_feed_state_t *state = &all->states[i];
    int j = i - 1;

    while (j >= 0 && strcmp(all->states[j].feed->database, state->feed->database) != 0) {
        j--;
    }
    state->first = j < 0;
    if (j >= 0) {
        all->states[j].next = state;
    }
}

void scim_events_child(apr_pool_t *pchild, server_rec *main_server)
{
    scim_events_all_t *all = scim_server_get(main_server)->events;
    apr_status_t rv;
    int i;

    if (!all) {
        return;
    }
    all->states = apr_pcalloc(pchild, sizeof(scim_feed_state_t) * (apr_size_t)all->feeds->nelts);
    for (i = 0; i < all->feeds->nelts; i++) {
        all->states[i].feed = &APR_ARRAY_IDX(all->feeds, i, scim_feed_t);
        join(all, i);
    }
    name_me(all, pchild);
    scim_fetcher_child(all->fetcher, pchild);
    rv = start(all, pchild);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, main_server,
                     "SCIM3367: this child has no thread for security events; they wait for "
                     "another one's");
    }
}
