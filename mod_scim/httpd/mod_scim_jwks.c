/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_jwks.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include <http_log.h>

#include "mod_scim.h"
#include "mod_scim_stats.h"

/* A key set of 64 keys with certificate chains. */
#define ANSWER_MAX 524288

/* Keys that are used by some threads, the current ones or of before. */
typedef struct set_t {
    apr_pool_t *pool; /* its own */
    scim_jose_keys_t *keys;
    apr_time_t fetched;
    int users;
} set_t;

struct scim_jwks_t {
    scim_jwks_source_t source;
    scim_fetcher_t *fetcher;
    apr_thread_mutex_t *fetching; /* held during a fetch */
    apr_thread_mutex_t *lock;     /* of all below, and of users in every set */
    set_t *current;               /* or NULL */
    apr_time_t next;              /* no fetch before */
    unsigned tries;               /* fetches so far */
};

/* What a thread has in hands of it. */
typedef struct view_t {
    set_t *set; /* or NULL; to be given back */
    unsigned tries;
    int old; /* 1: it is time for new ones */
} view_t;

scim_jwks_t *scim_jwks_make(const scim_jwks_source_t *source, scim_fetcher_t *fetcher,
                            apr_pool_t *pconf)
{
    scim_jwks_t *jwks = apr_pcalloc(pconf, sizeof(*jwks));

    jwks->source = *source;
    jwks->fetcher = fetcher;
    /* Made by the parent and inherited: nobody holds one while it forks. */
    if (apr_thread_mutex_create(&jwks->fetching, APR_THREAD_MUTEX_DEFAULT, pconf) != APR_SUCCESS ||
        apr_thread_mutex_create(&jwks->lock, APR_THREAD_MUTEX_DEFAULT, pconf) != APR_SUCCESS) {
        return NULL;
    }
    return jwks;
}

/* ---- sets, under the lock ---- */

static void unuse(set_t *set)
{
    set->users--;
    if (set->users == 0) {
        apr_pool_destroy(set->pool);
    }
}

/* A clock set back is no reason to believe keys for longer. */
static apr_time_t age(const set_t *set, apr_time_t now)
{
    return now < set->fetched ? APR_INT64_MAX : now - set->fetched;
}

static view_t view(scim_jwks_t *jwks)
{
    apr_time_t now = apr_time_now();
    apr_time_t refresh = apr_time_from_sec(jwks->source.refresh);
    view_t v = {NULL, 0, 1};

    apr_thread_mutex_lock(jwks->lock);
    v.tries = jwks->tries;
    if (jwks->current &&
        age(jwks->current, now) < refresh + apr_time_from_sec(SCIM_JWKS_STALE_MAX)) {
        v.set = jwks->current;
        v.set->users++;
        v.old = age(v.set, now) >= refresh;
    }
    apr_thread_mutex_unlock(jwks->lock);
    return v;
}

static void give_back(scim_jwks_t *jwks, view_t *v)
{
    if (v->set) {
        apr_thread_mutex_lock(jwks->lock);
        unuse(v->set);
        apr_thread_mutex_unlock(jwks->lock);
        v->set = NULL;
    }
}

/* ---- fetching, under the other lock ---- */

/* New keys, used by the caller; or NULL and what is wrong. */
static set_t *fetch(const char **wrong, const scim_jwks_t *jwks, apr_pool_t *p)
{
    scim_fetch_t what = {0};
    scim_fetched_t got;
    set_t *set;
    apr_pool_t *pool;

    what.url = jwks->source.uri;
    what.ca_file = jwks->source.ca_file;
    what.timeout = jwks->source.timeout;
    what.max = ANSWER_MAX;
    *wrong = scim_fetch(&got, jwks->fetcher, &what, p);
    if (!*wrong && got.status != HTTP_OK) {
        *wrong = apr_psprintf(p, "it was answered with %d", got.status);
    }
    if (*wrong) {
        return NULL;
    }
    /* No pool's child: threads make and end these side by side. */
    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    set = apr_pcalloc(pool, sizeof(*set));
    set->pool = pool;
    set->keys = scim_jose_keys_make(pool);
    set->fetched = apr_time_now();
    set->users = 1;
    *wrong = scim_jose_add_jwks(set->keys, got.body, got.len, p);
    if (*wrong) {
        *wrong = apr_pstrdup(p, *wrong); /* it may be in the pool that goes */
        apr_pool_destroy(pool);
        return NULL;
    }
    return set;
}

/* @return NULL, or what is wrong */
static const char *renew(scim_jwks_t *jwks, apr_pool_t *p)
{
    const char *wrong = NULL;
    set_t *set = fetch(&wrong, jwks, p);

    apr_thread_mutex_lock(jwks->lock);
    jwks->tries++;
    jwks->next = apr_time_now() + apr_time_from_sec(jwks->source.wait);
    if (set) {
        if (jwks->current) {
            unuse(jwks->current);
        }
        jwks->current = set;
    }
    apr_thread_mutex_unlock(jwks->lock);
    return wrong;
}

static apr_status_t drop(void *data)
{
    scim_jwks_t *jwks = data;

    apr_thread_mutex_lock(jwks->lock);
    if (jwks->current) {
        unuse(jwks->current);
        jwks->current = NULL;
    }
    apr_thread_mutex_unlock(jwks->lock);
    return APR_SUCCESS;
}

void scim_jwks_start(scim_jwks_t *jwks, const server_rec *s, apr_pool_t *ptemp)
{
    const char *wrong = renew(jwks, ptemp);

    apr_pool_cleanup_register(apr_thread_mutex_pool_get(jwks->lock), jwks, drop,
                              apr_pool_cleanup_null);
    if (wrong) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "SCIM3231: the key set of ScimJWKSURI %s cannot be had yet, and tokens that "
                     "need it are answered with 503 until it can: %s",
                     jwks->source.uri, wrong);
    }
}

/* Whether the keys are still those of a view, and may be asked for again. A clock that was set back
 * is no reason to wait longer. */
static int may_fetch(scim_jwks_t *jwks, const view_t *v)
{
    apr_time_t now = apr_time_now();
    int may;

    apr_thread_mutex_lock(jwks->lock);
    may = jwks->tries == v->tries &&
          (now >= jwks->next || jwks->next - now > apr_time_from_sec(jwks->source.wait));
    apr_thread_mutex_unlock(jwks->lock);
    return may;
}

/*
 * Keys newer than a view, if that can be.
 * @param needed 0: a thread that fetches already is not waited for
 */
static void refresh(scim_jwks_t *jwks, const view_t *v, int needed, request_rec *r)
{
    const char *wrong = NULL;

    if (needed) {
        apr_thread_mutex_lock(jwks->fetching);
    } else if (apr_thread_mutex_trylock(jwks->fetching) != APR_SUCCESS) {
        return;
    }
    if (may_fetch(jwks, v)) {
        wrong = renew(jwks, r->pool);
    }
    apr_thread_mutex_unlock(jwks->fetching);
    if (wrong) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "SCIM3232: the key set of ScimJWKSURI %s cannot be had: %s", jwks->source.uri,
                      wrong);
    }
}

static scim_jose_result_t verify(const scim_jwt_t *jwt, const view_t *v)
{
    return scim_jose_verify(jwt, v->set ? v->set->keys : NULL);
}

scim_jwks_result_t scim_jwks_verify(scim_jwks_t *jwks, const scim_jwt_t *jwt, request_rec *r)
{
    view_t v = view(jwks);
    unsigned tries = v.tries;
    scim_jose_result_t result;

    if (v.old) {
        refresh(jwks, &v, v.set == NULL, r);
        give_back(jwks, &v);
        v = view(jwks);
    }
    result = verify(jwt, &v);
    /* Its key may be new, under a new name, an old one or none. */
    if (result != SCIM_JOSE_VALID) {
        refresh(jwks, &v, 1, r);
        give_back(jwks, &v);
        v = view(jwks);
        result = verify(jwt, &v);
    }
    scim_stats_lookup(r->server, SCIM_TALLY_JWKS_HIT, v.set && v.tries == tries);
    if (!v.set) {
        return SCIM_JWKS_UNKNOWN;
    }
    give_back(jwks, &v);
    return result == SCIM_JOSE_VALID ? SCIM_JWKS_VALID : SCIM_JWKS_INVALID;
}
