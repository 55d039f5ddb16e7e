/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_authz_cache.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "scim_text.h"

/* Entries; each key may be in one of a few places, and takes that of the oldest. */
#define PLACES 1024
#define WAYS 4

/* The longest entry, with its key. */
#define ENTRY_MAX 16384

typedef struct entry_t {
    apr_uint64_t hash;
    apr_time_t since;
    unsigned wants;
    scim_row_t row; /* its numbers; the texts are in data */
    apr_size_t ngroups;
    apr_size_t len; /* of data: key, id, display, doc; then id, mark and name of each group */
    char data[];
} entry_t;

struct scim_authz_cache_t {
    apr_thread_mutex_t *mutex;
    entry_t *places[PLACES];
};

static apr_status_t empty(void *data)
{
    scim_authz_cache_t *cache = data;
    int i;

    for (i = 0; i < PLACES; i++) {
        free(cache->places[i]);
        cache->places[i] = NULL;
    }
    return APR_SUCCESS;
}

scim_authz_cache_t *scim_authz_cache_make(apr_pool_t *p)
{
    scim_authz_cache_t *cache = apr_pcalloc(p, sizeof(*cache));

    if (apr_thread_mutex_create(&cache->mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS) {
        return NULL;
    }
    apr_pool_cleanup_register(p, cache, empty, apr_pool_cleanup_null);
    return cache;
}

static entry_t **ways_of(scim_authz_cache_t *cache, apr_uint64_t hash)
{
    return cache->places + hash % (PLACES / WAYS) * WAYS;
}

static int is_of(const entry_t *entry, apr_uint64_t hash, const char *key)
{
    return entry && entry->hash == hash && strcmp(entry->data, key) == 0;
}

/* ---- getting ---- */

/* The text at *at, which moves behind it. Entries are made here, so they are whole. */
static const char *next_text(const char **at)
{
    const char *text = *at;

    *at += strlen(text) + 1;
    return text;
}

static void unpack_groups(scim_who_t *out, const entry_t *entry, const char *at, apr_pool_t *p)
{
    const scim_resource_type_t *type = scim_catalog_type(scim_catalog_default(), "Group");
    apr_size_t i;

    out->groups = apr_array_make(p, (int)entry->ngroups + 1, sizeof(scim_ref_t));
    for (i = 0; i < entry->ngroups; i++) {
        scim_ref_t *ref = apr_array_push(out->groups);
        const char *marked;
        ref->id = next_text(&at);
        marked = next_text(&at);
        ref->indirect = *marked == '+';
        ref->display = marked + 1;
        ref->type = type;
    }
}

/* @param entry a copy that lives as long as out */
static void unpack(scim_who_t *out, const entry_t *entry, apr_pool_t *p)
{
    scim_row_t *row = apr_pmemdup(p, &entry->row, sizeof(entry->row));
    const char *at = entry->data;

    next_text(&at);
    row->id = next_text(&at);
    row->display = next_text(&at);
    row->doc = next_text(&at);
    row->member_of = NULL;
    out->row = row;
    if (entry->wants & SCIM_WHO_GROUPS) {
        unpack_groups(out, entry, at, p);
    }
}

int scim_authz_cache_get(scim_who_t *out, scim_authz_cache_t *cache, const char *key,
                         unsigned wants, apr_time_t now, apr_interval_time_t age, apr_pool_t *p)
{
    apr_uint64_t hash = scim_text_hash(key);
    const entry_t *copy = NULL;
    entry_t **ways;
    int found = 0;
    int i;

    if (!cache) {
        return 0;
    }
    ways = ways_of(cache, hash);
    apr_thread_mutex_lock(cache->mutex);
    for (i = 0; i < WAYS && !found; i++) {
        const entry_t *entry = ways[i];
        found = is_of(entry, hash, key) && now >= entry->since && now - entry->since < age &&
                (entry->wants & wants) == wants;
        if (found && wants) {
            copy = apr_pmemdup(p, entry, sizeof(*entry) + entry->len);
        }
    }
    apr_thread_mutex_unlock(cache->mutex);
    if (found) {
        memset(out, 0, sizeof(*out));
        out->state = SCIM_WHO_ACTIVE;
    }
    if (copy) {
        unpack(out, copy, p);
    }
    return found;
}

/* ---- putting ---- */

static void add_text(scim_buf_t *b, const char *text)
{
    scim_buf_add(b, text ? text : "", strlen(text ? text : "") + 1);
}

static scim_buf_t *pack(const char *key, const scim_who_t *who, apr_pool_t *p)
{
    scim_buf_t *b = scim_buf_make(1024, p);
    int i;

    add_text(b, key);
    if (who->row) {
        add_text(b, who->row->id);
        add_text(b, who->row->display);
        add_text(b, who->row->doc);
    }
    for (i = 0; who->groups && i < who->groups->nelts; i++) {
        const scim_ref_t *ref = &APR_ARRAY_IDX(who->groups, i, scim_ref_t);
        add_text(b, ref->id);
        scim_buf_puts(b, ref->indirect ? "+" : "-");
        add_text(b, ref->display);
    }
    return b;
}

/* The key's own place, else an empty one, else that of the oldest. */
static entry_t **place_for(entry_t **ways, const entry_t *entry)
{
    entry_t **place = ways;
    int i;

    for (i = 0; i < WAYS; i++) {
        if (is_of(ways[i], entry->hash, entry->data)) {
            return &ways[i];
        }
        if (*place && (!ways[i] || ways[i]->since < (*place)->since)) {
            place = &ways[i];
        }
    }
    return place;
}

void scim_authz_cache_put(scim_authz_cache_t *cache, const char *key, unsigned wants,
                          const scim_who_t *who, apr_time_t since, apr_pool_t *p)
{
    scim_buf_t *b = cache ? pack(key, who, p) : NULL;
    entry_t *entry;
    entry_t **place;
    entry_t *old;

    if (!b || sizeof(*entry) + b->len > ENTRY_MAX) {
        return;
    }
    entry = calloc(1, sizeof(*entry) + b->len);
    if (!entry) {
        return;
    }
    entry->hash = scim_text_hash(key);
    entry->since = since;
    entry->wants = wants;
    if (who->row) {
        entry->row = *who->row;
    }
    entry->ngroups = who->groups ? (apr_size_t)who->groups->nelts : 0;
    entry->len = b->len;
    memcpy(entry->data, b->data, b->len);
    apr_thread_mutex_lock(cache->mutex);
    place = place_for(ways_of(cache, entry->hash), entry);
    old = *place;
    /* Another thread may have asked later and answered sooner, or know more. */
    if (is_of(old, entry->hash, key) && old->since > since) {
        old = entry;
    } else {
        *place = entry;
    }
    apr_thread_mutex_unlock(cache->mutex);
    free(old);
}
