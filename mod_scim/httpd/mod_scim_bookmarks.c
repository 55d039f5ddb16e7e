/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_bookmarks.h"

#include <stddef.h>
#include <string.h>

#include <apr_general.h>
#include <apr_shm.h>
#include <apr_siphash.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "mod_scim_stats.h"

/*
 * A table of fixed size. A bookmark may be in any of a few slots that its hash gives; a new one
 * takes the oldest of them. There is no lock: a slot is only believed if its checksum fits, so one
 * that is half written, or written by two at once, is none. Names are not kept, only their keyed
 * hashes, with keys that this start of httpd drew.
 */

#define SLOTS 4096
#define WAYS 4

/* Long enough for a client to do something with a page; a bookmark is worth nothing without one. */
#define LIFETIME apr_time_from_sec(60)

typedef struct slot_t {
    apr_uint64_t id[2]; /* of tenant, type and start */
    apr_int64_t gone;
    apr_int64_t rid;
    apr_int64_t made;
    apr_uint64_t check; /* over what is above */
} slot_t;

typedef struct table_t {
    const server_rec *server;
    slot_t *slots;
    unsigned char keys[3][APR_SIPHASH_KSIZE];
} table_t;

static apr_uint64_t check_of(const table_t *t, const slot_t *slot)
{
    return apr_siphash24(slot, offsetof(slot_t, check), t->keys[2]);
}

static void make_id(apr_uint64_t id[2], const table_t *t, const scim_bookmark_t *mark)
{
    char text[256];
    int n = apr_snprintf(text, sizeof(text), "%s\n%s\n%" APR_INT64_T_FMT, mark->tenant, mark->type,
                         mark->start);

    id[0] = apr_siphash24(text, (apr_size_t)n, t->keys[0]);
    id[1] = apr_siphash24(text, (apr_size_t)n, t->keys[1]);
}

static slot_t *first_way(const table_t *t, const apr_uint64_t id[2])
{
    return t->slots + id[0] % (SLOTS / WAYS) * WAYS;
}

static int get(scim_bookmark_t *mark, void *baton)
{
    const table_t *t = baton;
    apr_time_t now = apr_time_now();
    apr_uint64_t id[2];
    const slot_t *way;
    int i;

    make_id(id, t, mark);
    way = first_way(t, id);
    for (i = 0; i < WAYS; i++) {
        slot_t slot;

        memcpy(&slot, &way[i], sizeof(slot));
        if (slot.id[0] == id[0] && slot.id[1] == id[1] && slot.check == check_of(t, &slot) &&
            slot.gone == mark->gone && slot.made <= now && now - slot.made < LIFETIME) {
            mark->rid = slot.rid;
            break;
        }
    }
    scim_stats_lookup(t->server, SCIM_TALLY_BOOKMARK_HIT, i < WAYS);
    return i < WAYS;
}

static void put(const scim_bookmark_t *mark, void *baton)
{
    const table_t *t = baton;
    slot_t slot = {{0, 0}, mark->gone, mark->rid, apr_time_now(), 0};
    slot_t *way;
    slot_t *to;
    int i;

    make_id(slot.id, t, mark);
    slot.check = check_of(t, &slot);
    way = first_way(t, slot.id);
    to = way;
    for (i = 0; i < WAYS; i++) {
        if (way[i].id[0] == slot.id[0] && way[i].id[1] == slot.id[1]) {
            to = &way[i];
            break;
        }
        if (way[i].made < to->made) {
            to = &way[i];
        }
    }
    memcpy(to, &slot, sizeof(slot));
}

const scim_bookmarks_t *scim_bookmarks_make(apr_pool_t *p, const server_rec *s)
{
    scim_bookmarks_t *out = apr_pcalloc(p, sizeof(*out));
    table_t *t = apr_pcalloc(p, sizeof(*t));
    apr_shm_t *shm;
    apr_status_t rv = apr_shm_create(&shm, SLOTS * sizeof(slot_t), NULL, p);

    if (rv == APR_SUCCESS) {
        rv = apr_generate_random_bytes((unsigned char *)t->keys, sizeof(t->keys));
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, s,
                     "SCIM3100: there is no shared memory for bookmarks; late pages of long lists "
                     "will be slow");
        return NULL;
    }
    t->server = s;
    t->slots = apr_shm_baseaddr_get(shm);
    memset(t->slots, 0, SLOTS * sizeof(slot_t));
    out->get = get;
    out->put = put;
    out->baton = t;
    return out;
}
