/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_rate.h"

#include <string.h>

#include <apr_atomic.h>
#include <apr_hash.h>
#include <apr_shm.h>
#include <apr_strings.h>

#include <http_core.h>
#include <http_main.h>

#include "scim_time.h"

/* Key in the process's pool; another layout of account_t needs another key. */
#define STATE_KEY "mod_scim rate limits 2"

#define NAME_ROOM 72 /* a tenant's name has 64 at most */
#define SLOTS_MIN 64

/*
 * Tenants that a path or a token names are not known at the start. They find their account by the
 * hash of their name among so many, at most so many places further on.
 */
#define MANY 4096
#define MANY_PROBES 32
#define MANY_KEY "" /* is no tenant's name */

/* So often a tenant that is held back is worth a line in the log. */
#define LOG_EVERY ((apr_int64_t)10 * 1000000000)

/*
 * In shared memory. The name is written before there are children that know the account; the rest
 * relies on 64-bit operations that are atomic between processes, as those of 64-bit hosts are.
 */
typedef struct account_t {
    volatile apr_uint64_t paid_at;   /* what scim_rate_ask() keeps */
    volatile apr_uint64_t logged_at; /* 0: never */
    volatile apr_uint64_t hash;      /* of the name, among MANY; 0: free */
    volatile apr_uint32_t refused;   /* since then */
    char name[NAME_ROOM];
} account_t;

/* The parent's, over all restarts: accounts of tenants that came and went. */
typedef struct state_t {
    apr_shm_t *shm;
    apr_shm_t *many; /* NULL: not needed so far */
    int used;
    int slots;
} state_t;

/* ---- the configuration ---- */

/* What is noted of a tenant; its account from scim_rate_setup() on. */
typedef struct limit_t {
    scim_rate_t rate;
    account_t *account;
} limit_t;

static int is_same(const scim_rate_t *a, const scim_rate_t *b)
{
    return a->requests == b->requests && a->seconds == b->seconds && a->burst == b->burst;
}

const char *scim_rate_note(server_rec *main_server, const scim_dir_t *dir, apr_pool_t *pconf)
{
    scim_server_t *server = scim_server_get(main_server);
    scim_rate_t rate = scim_config_rate(dir);
    const char *tenant = dir->tenant ? dir->tenant : MANY_KEY;
    limit_t *limit;

    if (!dir->tenant && !rate.requests) {
        return NULL;
    }
    if (!server->limits) {
        server->limits = apr_hash_make(pconf);
    }
    limit = apr_hash_get(server->limits, tenant, APR_HASH_KEY_STRING);
    if (!limit) {
        limit = apr_pcalloc(pconf, sizeof(*limit));
        apr_hash_set(server->limits, tenant, APR_HASH_KEY_STRING, limit);
    }
    if (dir->tenant && limit->rate.requests && rate.requests && !is_same(&limit->rate, &rate)) {
        return "ScimRateLimit differs from that of another place with the same ScimTenant, and "
               "they share one account; give both the same";
    }
    limit->rate = rate.requests ? rate : limit->rate;
    return NULL;
}

/* ---- shared memory ---- */

static state_t *find_state(const server_rec *main_server)
{
    apr_pool_t *p = main_server->process->pool;
    void *found = NULL;
    state_t *state;

    (void)apr_pool_userdata_get(&found, STATE_KEY, p);
    if (found) {
        return found;
    }
    state = apr_pcalloc(p, sizeof(*state));
    /* Copies the key: this module's own text may be unloaded and loaded again. */
    (void)apr_pool_userdata_set(state, STATE_KEY, NULL, p);
    return state;
}

static account_t *accounts(const state_t *state)
{
    return state->shm ? apr_shm_baseaddr_get(state->shm) : NULL;
}

/*
 * Room for n more accounts. The memory is only made anew when it is full: children of before a
 * reload then go on with what they have while they finish their last requests.
 */
static apr_status_t make_room(state_t *state, int n, const server_rec *main_server)
{
    int slots = (state->used + n) * 2;
    apr_size_t size;
    apr_shm_t *shm;
    apr_status_t rv;

    if (n == 0 || state->used + n <= state->slots) {
        return APR_SUCCESS;
    }
    slots = slots < SLOTS_MIN ? SLOTS_MIN : slots;
    size = sizeof(account_t) * (apr_size_t)slots;
    rv = apr_shm_create(&shm, size, NULL, main_server->process->pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    memset(apr_shm_baseaddr_get(shm), 0, size);
    if (state->shm) {
        memcpy(apr_shm_baseaddr_get(shm), accounts(state),
               sizeof(account_t) * (apr_size_t)state->used);
        (void)apr_shm_destroy(state->shm);
    }
    state->shm = shm;
    state->slots = slots;
    return APR_SUCCESS;
}

/* Existing accounts by name. */
static apr_hash_t *index_accounts(const state_t *state, apr_pool_t *p)
{
    apr_hash_t *index = apr_hash_make(p);

    for (int i = 0; i < state->used; i++) {
        account_t *account = accounts(state) + i;

        apr_hash_set(index, account->name, APR_HASH_KEY_STRING, account);
    }
    return index;
}

/* The accounts of tenants that are not known yet; what is in them stays over reloads too. */
static apr_status_t make_many(state_t *state, apr_hash_t *limits, const server_rec *main_server)
{
    limit_t *limit = apr_hash_get(limits, MANY_KEY, APR_HASH_KEY_STRING);
    apr_status_t rv;

    if (!limit) {
        return APR_SUCCESS;
    }
    if (!state->many) {
        rv = apr_shm_create(&state->many, sizeof(account_t) * MANY, NULL,
                            main_server->process->pool);
        if (rv != APR_SUCCESS) {
            state->many = NULL;
            return rv;
        }
        memset(apr_shm_baseaddr_get(state->many), 0, sizeof(account_t) * MANY);
    }
    limit->account = apr_shm_baseaddr_get(state->many);
    return APR_SUCCESS;
}

static int count_missing(const state_t *state, apr_hash_t *limits, apr_pool_t *p)
{
    apr_hash_t *index = index_accounts(state, p);
    int n = 0;

    for (apr_hash_index_t *it = apr_hash_first(p, limits); it; it = apr_hash_next(it)) {
        const char *name = apr_hash_this_key(it);

        n += *name && apr_hash_get(index, name, APR_HASH_KEY_STRING) == NULL;
    }
    return n;
}

static void give_accounts(state_t *state, apr_hash_t *limits, apr_pool_t *p)
{
    apr_hash_t *index = index_accounts(state, p);

    for (apr_hash_index_t *it = apr_hash_first(p, limits); it; it = apr_hash_next(it)) {
        limit_t *limit = apr_hash_this_val(it);

        if (limit->account) {
            continue; /* the first of many */
        }
        limit->account = apr_hash_get(index, apr_hash_this_key(it), APR_HASH_KEY_STRING);
        if (!limit->account) {
            limit->account = accounts(state) + state->used++;
            apr_cpystrn(limit->account->name, apr_hash_this_key(it), NAME_ROOM);
        }
    }
}

int scim_rate_setup(apr_pool_t *pconf, server_rec *main_server)
{
    apr_hash_t *limits = scim_server_get(main_server)->limits;
    state_t *state = find_state(main_server);
    apr_status_t rv;

    if (!limits) {
        return OK;
    }
    rv = make_room(state, count_missing(state, limits, pconf), main_server);
    rv = rv == APR_SUCCESS ? make_many(state, limits, main_server) : rv;
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, main_server,
                     "SCIM3160: the shared memory for rate limits cannot be made");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    give_accounts(state, limits, pconf);
    return OK;
}

/* ---- requests ---- */

/* One line for many refusals: a client that is held back must not fill the log. */
static void log_refusal(account_t *account, apr_int64_t at, request_rec *r, const char *tenant)
{
    apr_uint64_t before = apr_atomic_read64(&account->logged_at);

    apr_atomic_inc32(&account->refused);
    if ((before && at - (apr_int64_t)before < LOG_EVERY) ||
        apr_atomic_cas64(&account->logged_at, (apr_uint64_t)at, before) != before) {
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "SCIM3161: tenant %s sends more requests than its ScimRateLimit allows; refused "
                  "since the last such line: %u",
                  tenant, apr_atomic_xchg32(&account->refused, 0));
}

static scim_error_t *refuse(apr_int64_t wait, request_rec *r)
{
    int seconds = scim_rate_seconds(wait);

    apr_table_setn(r->headers_out, "Retry-After", apr_itoa(r->pool, seconds));
    return scim_error_make(r->pool, HTTP_TOO_MANY_REQUESTS, SCIM_TYPE_NONE,
                           "There are too many requests; the next one is welcome in %d second%s.",
                           seconds, seconds == 1 ? "" : "s");
}

/* FNV-1a, never 0. Two names that share a hash would share a limit: so be it. */
static apr_uint64_t hash_of(const char *name)
{
    apr_uint64_t hash = 14695981039346656037ULL;

    for (; *name; name++) {
        hash = (hash ^ (unsigned char)*name) * 1099511628211ULL;
    }
    return hash ? hash : 1;
}

/* The account of a tenant among MANY. Where its neighbourhood is full it shares one. */
static account_t *account_among(account_t *many, const char *tenant)
{
    apr_uint64_t hash = hash_of(tenant);
    account_t *account = many;
    apr_uint64_t i;

    for (i = 0; i < MANY_PROBES; i++) {
        apr_uint64_t is;

        account = many + (hash + i) % MANY;
        is = apr_atomic_read64(&account->hash);
        is = is ? is : apr_atomic_cas64(&account->hash, hash, 0);
        if (is == 0 || is == hash) {
            break;
        }
    }
    return account;
}

static account_t *account_of(const char *tenant, const scim_dir_t *dir)
{
    apr_hash_t *limits = scim_server_get(ap_server_conf)->limits;
    const limit_t *limit =
        limits ? apr_hash_get(limits, dir->tenant ? tenant : MANY_KEY, APR_HASH_KEY_STRING) : NULL;

    if (!limit || !limit->account) {
        return NULL;
    }
    return dir->tenant ? limit->account : account_among(limit->account, tenant);
}

scim_error_t *scim_rate_check(request_rec *r, const scim_dir_t *dir, const char *tenant)
{
    scim_rate_t rate = scim_config_rate(dir);
    account_t *account;

    if (!rate.requests) {
        return NULL;
    }
    account = account_of(tenant, dir);
    if (!account) {
        return scim_error_internal(r->pool, HTTP_INTERNAL_SERVER_ERROR, "SCIM3162",
                                   "ScimRateLimit holds here for a tenant that no place with "
                                   "ScimEnable has",
                                   "The server's limits are not set up for this place.");
    }
    for (;;) {
        apr_uint64_t before = apr_atomic_read64(&account->paid_at);
        /* After it was read: never before the time it was made by. */
        apr_int64_t at = scim_time_steady();
        apr_int64_t next = 0;
        apr_int64_t wait = scim_rate_ask(&next, (apr_int64_t)before, at, &rate);

        if (wait) {
            log_refusal(account, at, r, tenant);
            return refuse(wait, r);
        }
        if (apr_atomic_cas64(&account->paid_at, (apr_uint64_t)next, before) == before) {
            return NULL;
        }
    }
}
