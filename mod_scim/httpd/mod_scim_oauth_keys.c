/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_oauth_keys.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include <http_main.h>

#include "mod_scim_jwt_conf.h"
#include "mod_scim_oauth_config.h"
#include "scim_oauth.h"

/* Seconds: as ScimJWKSURI and ScimHTTPTimeout by default. */
#define REFRESH 3600
#define WAIT 60
#define TIMEOUT 5

struct scim_oauth_keys_t {
    scim_fetcher_t *fetcher;
    apr_pool_t *pool;         /* of all below; used by whoever holds the lock */
    apr_thread_mutex_t *lock; /* made by the parent; nobody holds it while it forks */
    apr_hash_t *sets;         /* CA file and URI -> scim_jwks_t */
};

static int takes_assertions(const server_rec *s)
{
    const apr_array_header_t *places = scim_server_get(s)->oauth;
    int i;

    for (i = 0; i < places->nelts; i++) {
        const scim_dir_t *dir = APR_ARRAY_IDX(places, i, const scim_dir_t *);
        if (scim_oauth_auths(dir->oauth) & SCIM_OAUTH_AUTH_JWT) {
            return 1;
        }
    }
    return 0;
}

int scim_oauth_keys_setup(apr_pool_t *pconf, server_rec *main_server)
{
    struct scim_oauth_keys_t *keys;
    const server_rec *s = main_server;

    while (s && !takes_assertions(s)) {
        s = s->next;
    }
    if (!s) {
        return OK;
    }
    keys = apr_pcalloc(pconf, sizeof(*keys));
    apr_pool_create(&keys->pool, pconf);
    keys->fetcher = scim_fetcher_make(pconf);
    keys->sets = apr_hash_make(keys->pool);
    if (apr_thread_mutex_create(&keys->lock, APR_THREAD_MUTEX_DEFAULT, pconf) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                     "SCIM3266: the lock for the keys of OAuth clients cannot be made");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    scim_server_get(main_server)->oauth_keys = keys;
    return OK;
}

void scim_oauth_keys_child(apr_pool_t *pchild, server_rec *main_server)
{
    struct scim_oauth_keys_t *keys = scim_server_get(main_server)->oauth_keys;

    if (keys) {
        scim_fetcher_child(keys->fetcher, pchild);
    }
}

/* With the lock held: what is known of a source, or made to be. NULL: there are too many. */
static scim_jwks_t *find(struct scim_oauth_keys_t *keys, const scim_jwks_source_t *source)
{
    const char *ca_file = source->ca_file ? source->ca_file : "";
    scim_jwks_source_t own;
    apr_pool_t *p;
    const char *key;
    scim_jwks_t *set;

    apr_pool_create(&p, keys->pool);
    key = apr_pstrcat(p, ca_file, " ", source->uri, NULL);
    set = apr_hash_get(keys->sets, key, APR_HASH_KEY_STRING);
    if (set || apr_hash_count(keys->sets) >= SCIM_OAUTH_KEYS_MAX) {
        apr_pool_destroy(p);
        return set;
    }
    own = *source;
    own.uri = apr_pstrdup(p, source->uri);
    set = scim_jwks_make(&own, keys->fetcher, p);
    if (set) {
        apr_hash_set(keys->sets, key, APR_HASH_KEY_STRING, set);
    }
    return set;
}

static scim_jwks_source_t source_of(const char *uri, const scim_dir_t *dir)
{
    scim_jwks_source_t source = {uri, NULL, TIMEOUT, REFRESH, WAIT};

    if (dir->jwt) {
        source.ca_file = dir->jwt->ca_file;
        source.timeout = dir->jwt->timeout > 0 ? dir->jwt->timeout : TIMEOUT;
    }
    return source;
}

scim_jwks_result_t scim_oauth_keys_verify(const char *uri, const scim_jwt_t *jwt, request_rec *r,
                                          const scim_dir_t *dir)
{
    struct scim_oauth_keys_t *keys = scim_server_get(ap_server_conf)->oauth_keys;
    const scim_jwks_source_t source = source_of(uri, dir);
    scim_jwks_t *set;

    if (!keys) {
        return SCIM_JWKS_UNKNOWN;
    }
    apr_thread_mutex_lock(keys->lock);
    set = find(keys, &source);
    apr_thread_mutex_unlock(keys->lock);
    if (!set) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "SCIM3267: more than %d OAuth clients have a jwks_uri of their own",
                      SCIM_OAUTH_KEYS_MAX);
        return SCIM_JWKS_UNKNOWN;
    }
    return scim_jwks_verify(set, jwt, r);
}
