/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_warm.h"

#include <string.h>

#include <apr_thread_mutex.h>

/* How long a connection counts as alive without being asked. */
#define WARM_TIME APR_USEC_PER_SEC

/* The most that may stay, so that they fit on a stack on their way back. */
#define WARM_MOST 64

typedef struct kept_t {
    void *conn;
    void *owner;
    apr_time_t since;
} kept_t;

struct scim_warm_t {
    apr_thread_mutex_t *mutex;
    scim_warm_fn *back;
    int waiting; /* threads that look for a connection elsewhere */
    int most;
    int n;
    kept_t *kept; /* in the order in which they came: the oldest is the first */
};

static apr_status_t empty_cleanup(void *data)
{
    scim_warm_empty(data);
    return APR_SUCCESS;
}

scim_warm_t *scim_warm_make(int most, scim_warm_fn *back, apr_pool_t *p)
{
    scim_warm_t *warm = apr_pcalloc(p, sizeof(*warm));

    if (most < 1 ||
        apr_thread_mutex_create(&warm->mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS) {
        return NULL;
    }
    warm->back = back;
    warm->most = most < WARM_MOST ? most : WARM_MOST;
    warm->kept = apr_palloc(p, sizeof(*warm->kept) * (apr_size_t)warm->most);
    apr_pool_pre_cleanup_register(p, warm, empty_cleanup);
    return warm;
}

/* Move the first n out. With the lock held. */
static void move_first(scim_warm_t *warm, kept_t *out, int n)
{
    memcpy(out, warm->kept, sizeof(*out) * (apr_size_t)n);
    warm->n -= n;
    memmove(warm->kept, warm->kept + n, sizeof(*out) * (apr_size_t)warm->n);
}

/* Without the lock: it may wait for mod_dbd's. */
static void give_back(const scim_warm_t *warm, const kept_t *kept, int n)
{
    int i;

    for (i = 0; i < n; i++) {
        warm->back(kept[i].conn, kept[i].owner);
    }
}

/* Take the owner's newest connection out, or NULL. With the lock held. */
static void *find_newest(scim_warm_t *warm, const void *owner, apr_time_t now)
{
    int i = warm->n - 1;
    void *conn;

    while (i >= 0 && warm->kept[i].owner != owner) {
        i--;
    }
    if (i < 0 || now - warm->kept[i].since > WARM_TIME) {
        return NULL;
    }
    conn = warm->kept[i].conn;
    warm->n--;
    memmove(warm->kept + i, warm->kept + i + 1, sizeof(kept_t) * (apr_size_t)(warm->n - i));
    return conn;
}

void *scim_warm_take(scim_warm_t *warm, void *owner)
{
    apr_time_t now = apr_time_now();
    kept_t old[WARM_MOST];
    void *conn;
    int n = 0;

    if (!warm) {
        return NULL;
    }
    apr_thread_mutex_lock(warm->mutex);
    conn = find_newest(warm, owner, now);
    warm->waiting += conn == NULL;
    while (n < warm->n && (!conn || now - warm->kept[n].since > WARM_TIME)) {
        n++;
    }
    move_first(warm, old, n);
    apr_thread_mutex_unlock(warm->mutex);
    give_back(warm, old, n);
    return conn;
}

void scim_warm_waited(scim_warm_t *warm)
{
    if (warm) {
        apr_thread_mutex_lock(warm->mutex);
        warm->waiting--;
        apr_thread_mutex_unlock(warm->mutex);
    }
}

void scim_warm_give(scim_warm_t *warm, void *owner, void *conn)
{
    kept_t kept = {conn, owner, apr_time_now()};
    int stays;

    apr_thread_mutex_lock(warm->mutex);
    stays = warm->n < warm->most && !warm->waiting;
    if (stays) {
        warm->kept[warm->n++] = kept;
    }
    apr_thread_mutex_unlock(warm->mutex);
    if (!stays) {
        give_back(warm, &kept, 1);
    }
}

void scim_warm_empty(scim_warm_t *warm)
{
    kept_t old[WARM_MOST];
    int n;

    if (warm) {
        apr_thread_mutex_lock(warm->mutex);
        n = warm->n;
        move_first(warm, old, n);
        apr_thread_mutex_unlock(warm->mutex);
        give_back(warm, old, n);
    }
}
