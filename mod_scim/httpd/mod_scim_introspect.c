/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_introspect.h"

#include <string.h>

#include <openssl/evp.h>

#include <apr_escape.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "mod_scim.h"
#include "mod_scim_stats.h"
#include "scim_json.h"

/* The longest answer that is read. */
#define ANSWER_MAX 65536

/* Answers kept; a power of two. A tenant has few clients. */
#define SLOTS 128
#define HASH_BYTES 32

/* After a failure everybody is refused for so long without asking, so that a server that does not
   answer does not get hold of all threads. */
#define AWAY (APR_USEC_PER_SEC)

typedef struct slot_t {
    unsigned char hash[HASH_BYTES];
    apr_time_t until; /* 0: free */
    apr_pool_t *pool; /* what the strings live in */
    scim_jwt_identity_t who;
} slot_t;

struct scim_introspect_t {
    scim_introspect_source_t source;
    scim_fetcher_t *fetcher;
    apr_thread_mutex_t *lock; /* of all below */
    apr_time_t away_until;
    slot_t *slots; /* NULL: no cache */
};

scim_introspect_t *scim_introspect_make(const scim_introspect_source_t *source,
                                        scim_fetcher_t *fetcher, apr_pool_t *pconf)
{
    scim_introspect_t *endpoint = apr_pcalloc(pconf, sizeof(*endpoint));

    endpoint->source = *source;
    endpoint->fetcher = fetcher;
    if (source->cache > 0) {
        endpoint->slots = apr_pcalloc(pconf, SLOTS * sizeof(slot_t));
    }
    return apr_thread_mutex_create(&endpoint->lock, APR_THREAD_MUTEX_DEFAULT, pconf) == APR_SUCCESS
               ? endpoint
               : NULL;
}

/* ---- the cache ---- */

static void copy(scim_jwt_identity_t *out, const scim_jwt_identity_t *who, apr_pool_t *p)
{
    *out = *who;
    out->subject = apr_pstrdup(p, who->subject);
    out->owner = apr_pstrdup(p, who->owner);
    out->tenant = apr_pstrdup(p, who->tenant);
    out->id = apr_pstrdup(p, who->id);
}

static slot_t *slot_of(scim_introspect_t *endpoint, const unsigned char *hash)
{
    return &endpoint->slots[(hash[0] | hash[1] << 8) & (SLOTS - 1)];
}

static int recall(scim_jwt_identity_t *out, scim_introspect_t *endpoint, const unsigned char *hash,
                  apr_pool_t *p)
{
    slot_t *slot = slot_of(endpoint, hash);
    apr_time_t now = apr_time_now();
    int found;

    apr_thread_mutex_lock(endpoint->lock);
    /* Not longer than it may be kept, also if the clock was set back meanwhile. */
    found = slot->until > now && slot->until - now <= apr_time_from_sec(endpoint->source.cache) &&
            memcmp(slot->hash, hash, HASH_BYTES) == 0;
    if (found) {
        copy(out, &slot->who, p);
    }
    apr_thread_mutex_unlock(endpoint->lock);
    return found;
}

static void remember(scim_introspect_t *endpoint, const unsigned char *hash,
                     const scim_jwt_identity_t *who)
{
    slot_t *slot = slot_of(endpoint, hash);
    apr_time_t until = apr_time_now() + apr_time_from_sec(endpoint->source.cache);

    if (who->expires && apr_time_from_sec(who->expires) < until) {
        until = apr_time_from_sec(who->expires);
    }
    apr_thread_mutex_lock(endpoint->lock);
    if (slot->pool) {
        apr_pool_clear(slot->pool);
    } else {
        apr_pool_create_unmanaged_ex(&slot->pool, NULL, NULL);
    }
    memcpy(slot->hash, hash, HASH_BYTES);
    copy(&slot->who, who, slot->pool);
    slot->until = until;
    apr_thread_mutex_unlock(endpoint->lock);
}

/* ---- asking ---- */

static int is_away(scim_introspect_t *endpoint)
{
    apr_time_t now = apr_time_now();
    int away;

    apr_thread_mutex_lock(endpoint->lock);
    away = endpoint->away_until > now && endpoint->away_until - now <= AWAY;
    apr_thread_mutex_unlock(endpoint->lock);
    return away;
}

static scim_error_t *unavailable(scim_introspect_t *endpoint, const char *why, apr_pool_t *p)
{
    apr_thread_mutex_lock(endpoint->lock);
    endpoint->away_until = apr_time_now() + AWAY;
    apr_thread_mutex_unlock(endpoint->lock);
    return scim_error_internal(
        p, HTTP_SERVICE_UNAVAILABLE, "SCIM3234",
        apr_psprintf(p, "the introspection endpoint %s cannot tell: %s", endpoint->source.url, why),
        "Tokens cannot be checked at the moment; please try again.");
}

/* RFC 6749 section 2.3.1: id and secret are encoded as a form's values before they are Basic. */
static const char *form_value(const char *text, apr_pool_t *p)
{
    return apr_pescape_urlencoded(p, text);
}

static const char *ask(scim_fetched_t *got, const scim_introspect_t *endpoint, const char *token,
                       apr_size_t len, apr_pool_t *p)
{
    const scim_introspect_source_t *source = &endpoint->source;
    scim_fetch_t what = {0};

    what.url = source->url;
    what.ca_file = source->ca_file;
    what.timeout = source->timeout;
    what.max = ANSWER_MAX;
    what.user = form_value(source->client, p);
    what.password = form_value(source->secret, p);
    what.form = apr_pstrcat(p, "token=", form_value(apr_pstrmemdup(p, token, len), p),
                            "&token_type_hint=access_token", NULL);
    return scim_fetch(got, endpoint->fetcher, &what, p);
}

/* RFC 7662 section 2.2. Any status but 200 is about us, not about the token (section 2.3). */
static const char *answer_of(const json_t **answer, const scim_fetched_t *got, apr_pool_t *p)
{
    const scim_json_limits_t limits = {ANSWER_MAX, 8, 2000};
    json_t *root = NULL;

    if (got->status != HTTP_OK) {
        return apr_psprintf(p, "it answered with %d", got->status);
    }
    if (scim_json_load(&root, got->body, got->len, &limits, p) != NULL || !json_is_object(root) ||
        !json_is_boolean(json_object_get(root, "active"))) {
        return "its answer is no JSON object with a boolean named active";
    }
    *answer = root;
    return NULL;
}

scim_error_t *scim_introspect(scim_jwt_identity_t *out, const char **reason,
                              scim_introspect_t *endpoint, const scim_jwt_policy_t *policy,
                              const char *token, apr_size_t len, request_rec *r)
{
    unsigned char hash[HASH_BYTES];
    int cached = endpoint->slots && EVP_Digest(token, len, hash, NULL, EVP_sha256(), NULL) == 1;
    const json_t *answer = NULL;
    scim_fetched_t got;
    const char *wrong;

    *reason = NULL;
    if (cached) {
        int found = recall(out, endpoint, hash, r->pool);

        scim_stats_lookup(r->server, SCIM_TALLY_INTROSPECTION_HIT, found);
        if (found) {
            return NULL;
        }
    }
    if (is_away(endpoint)) {
        return scim_error_make(r->pool, HTTP_SERVICE_UNAVAILABLE, SCIM_TYPE_NONE,
                               "Tokens cannot be checked at the moment; please try again.");
    }
    wrong = ask(&got, endpoint, token, len, r->pool);
    wrong = wrong ? wrong : answer_of(&answer, &got, r->pool);
    if (wrong) {
        return unavailable(endpoint, wrong, r->pool);
    }
    *reason = json_is_true(json_object_get(answer, "active"))
                  ? scim_jwt_claims(out, answer, policy, apr_time_now(), r->pool)
                  : "the introspection endpoint says it is not active";
    if (cached && !*reason) {
        remember(endpoint, hash, out);
    }
    return NULL;
}
