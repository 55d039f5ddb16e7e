/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_known.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

/* Tokens; each has one place, where the last one stays. */
#define PLACES 1024

/* As long as a use need not be noted again. */
#define FRESH (60 * APR_USEC_PER_SEC)

#define ID_ROOM 65
#define LABEL_ROOM 256

typedef struct place_t {
    unsigned char hash[SCIM_KNOWN_HASH];
    apr_time_t since; /* 0: empty */
    apr_time_t expires;
    int tenant_known;
    char id[ID_ROOM];
    char tenant[ID_ROOM];
    char kind[ID_ROOM];
    char owner[ID_ROOM]; /* "": none */
    char label[LABEL_ROOM];
} place_t;

struct scim_known_t {
    apr_thread_mutex_t *mutex;
    place_t places[PLACES];
};

scim_known_t *scim_known_make(apr_pool_t *p)
{
    scim_known_t *known = apr_pcalloc(p, sizeof(*known));

    return apr_thread_mutex_create(&known->mutex, APR_THREAD_MUTEX_DEFAULT, p) == APR_SUCCESS
               ? known
               : NULL;
}

/* The hash is as good as random. */
static place_t *place_of(scim_known_t *known, const unsigned char *hash)
{
    return &known->places[(hash[0] << 8 | hash[1]) % PLACES];
}

const scim_token_found_t *scim_known_get(scim_known_t *known,
                                         const unsigned char hash[SCIM_KNOWN_HASH], apr_time_t now,
                                         apr_pool_t *p)
{
    const place_t *place;
    place_t copy;
    scim_token_found_t *found;

    if (!known) {
        return NULL;
    }
    place = place_of(known, hash);
    apr_thread_mutex_lock(known->mutex);
    copy = *place;
    apr_thread_mutex_unlock(known->mutex);
    if (!copy.since || now < copy.since || now - copy.since >= FRESH ||
        memcmp(copy.hash, hash, sizeof(copy.hash)) != 0) {
        return NULL;
    }
    found = apr_pcalloc(p, sizeof(*found));
    found->row.id = apr_pstrdup(p, copy.id);
    found->row.tenant = apr_pstrdup(p, copy.tenant);
    found->row.kind = apr_pstrdup(p, copy.kind);
    found->row.label = apr_pstrdup(p, copy.label);
    found->row.owner = *copy.owner ? apr_pstrdup(p, copy.owner) : NULL;
    found->row.expires = copy.expires;
    found->row.used = copy.since;
    found->tenant_known = copy.tenant_known;
    return found;
}

static int fits(const char *text, apr_size_t room)
{
    return !text || strlen(text) < room;
}

void scim_known_put(scim_known_t *known, const unsigned char hash[SCIM_KNOWN_HASH],
                    const scim_token_found_t *found, apr_time_t now)
{
    const scim_token_row_t *row = &found->row;
    place_t *place;

    if (!known || !fits(row->id, ID_ROOM) || !fits(row->tenant, ID_ROOM) ||
        !fits(row->kind, ID_ROOM) || !fits(row->owner, ID_ROOM) || !fits(row->label, LABEL_ROOM)) {
        return;
    }
    place = place_of(known, hash);
    apr_thread_mutex_lock(known->mutex);
    memcpy(place->hash, hash, sizeof(place->hash));
    place->since = now;
    place->expires = row->expires;
    place->tenant_known = found->tenant_known;
    apr_cpystrn(place->id, row->id, ID_ROOM);
    apr_cpystrn(place->tenant, row->tenant, ID_ROOM);
    apr_cpystrn(place->kind, row->kind, ID_ROOM);
    apr_cpystrn(place->owner, row->owner ? row->owner : "", ID_ROOM);
    apr_cpystrn(place->label, row->label, LABEL_ROOM);
    apr_thread_mutex_unlock(known->mutex);
}
