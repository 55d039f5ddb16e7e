/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_authz_who.h"

#include <string.h>

#include <apr_strings.h>

#include "mod_scim_authz_cache.h"
#include "mod_scim_db.h"
#include "mod_scim_http.h"

/* A user looked up in this request. */
typedef struct scim_authz_seen_t {
    struct scim_authz_seen_t *next;
    const char *key;
    unsigned wants;
    int status; /* OK, or why it is not known */
    scim_authz_who_t who;
} scim_authz_seen_t;

/* A look-up. */
typedef struct asking_t {
    request_rec *r;
    const scim_authz_conf_t *conf;
    const char *tenant;
    scim_path_t match;
    unsigned wants;
    apr_pool_t *pool; /* the first request's */
} asking_t;

#define STATE "scim-authz"

/* The one that came from the client; others may be gone before it. */
static request_rec *first_of(request_rec *r)
{
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return r;
}

scim_authz_state_t *scim_authz_state(request_rec *r)
{
    apr_pool_t *p = first_of(r)->pool;
    void *state = NULL;

    (void)apr_pool_userdata_get(&state, STATE, p);
    if (!state) {
        state = apr_pcalloc(p, sizeof(scim_authz_state_t));
        (void)apr_pool_userdata_setn(state, STATE, NULL, p);
    }
    return state;
}

scim_path_t scim_authz_match(const scim_authz_conf_t *conf)
{
    scim_path_t path = {NULL, NULL, NULL, NULL};

    if (conf->match) {
        return conf->match->path;
    }
    path.attr =
        scim_type_attr_at(scim_catalog_type(scim_catalog_default(), "User"), SCIM_AT_UNIQUE);
    return path;
}

/* ---- asking ---- */

/* For LogFormat. */
static const char *word_for(scim_who_state_t state)
{
    static const char *const words[] = {"active", "unknown", "inactive", "ambiguous", "off"};

    return words[state];
}

static int fail(const asking_t *a, const scim_error_t *err)
{
    apr_table_setn(a->r->notes, "scim-authz", "failed");
    if (err->status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(a->r->err_headers_out, "Retry-After", SCIM_RETRY_AFTER);
    }
    /* Of what is away one line tells, where that was found out. */
    ap_log_rerror(APLOG_MARK,
                  err->status == HTTP_SERVICE_UNAVAILABLE && !err->msgid ? APLOG_DEBUG : APLOG_ERR,
                  0, a->r, "%s: who a user of tenant %s is could not be asked: %s",
                  err->msgid ? err->msgid : "SCIM3341", a->tenant,
                  err->log ? err->log : err->detail);
    return err->status;
}

static scim_error_t *ask_database(scim_who_t *out, const asking_t *a)
{
    const scim_dbd_source_t *source = scim_db_source(a->r->server);
    scim_error_t *err;
    scim_dbd_t *db;

    if (!source) {
        return scim_error_internal(a->pool, HTTP_INTERNAL_SERVER_ERROR, "SCIM3342",
                                   "this virtual host has no database that SCIM can use",
                                   "The service is not configured here.");
    }
    db = scim_dbd_make(source, a->pool);
    err = scim_who_find(out, scim_store_make(db, scim_tenant_make(a->tenant, a->pool), a->pool),
                        &a->match, a->r->user, a->wants, a->pool);
    scim_dbd_release(db, 1);
    return err;
}

static scim_error_t *ask(scim_who_t *out, const asking_t *a, const char *key)
{
    scim_authz_cache_t *cache = scim_server_get(a->r->server)->authz_cache;
    apr_time_t now = apr_time_now();
    scim_error_t *err;

    if (a->conf->cache > 0 && scim_authz_cache_get(out, cache, key, a->wants, now,
                                                   apr_time_from_sec(a->conf->cache), a->pool)) {
        return NULL;
    }
    err = ask_database(out, a);
    if (!err && a->conf->cache > 0 && out->state == SCIM_WHO_ACTIVE) {
        scim_authz_cache_put(cache, key, a->wants, out, now, a->pool);
    }
    return err;
}

static scim_error_t *make_tree(scim_authz_who_t *who, const asking_t *a)
{
    const apr_array_header_t *groups = who->found.groups;
    scim_view_t view = {"", scim_catalog_type(scim_catalog_default(), "User"), NULL};
    json_t *tree = NULL;
    scim_error_t *err;

    if (!who->found.row || !(a->wants & SCIM_WHO_DOC)) {
        return NULL;
    }
    err = scim_render_tree(&tree, who->found.row,
                           groups && groups->nelts ? (const scim_ref_t *)(const void *)groups->elts
                                                   : NULL,
                           groups ? groups->nelts : 0, &view, a->pool);
    who->tree = tree;
    return err;
}

/* Whose they are: one server's database is not another's, nor is one tenant's user. */
static const char *key_of(const asking_t *a)
{
    return apr_psprintf(a->pool, "%pp %s %s %s", (const void *)a->r->server, a->tenant,
                        a->conf->match ? a->conf->match->text : "", a->r->user);
}

static scim_authz_seen_t *look_up(const asking_t *a, const char *key)
{
    scim_authz_seen_t *seen = apr_pcalloc(a->pool, sizeof(*seen));
    scim_error_t *err = ask(&seen->who.found, a, key);

    err = err ? err : make_tree(&seen->who, a);
    seen->key = key;
    seen->wants = a->wants;
    seen->status = err ? fail(a, err) : OK;
    if (!err) {
        apr_table_setn(a->r->notes, "scim-authz", word_for(seen->who.found.state));
    }
    if (!err && seen->who.found.state != SCIM_WHO_ACTIVE) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, a->r,
                      "SCIM3343: who asks is no active user of tenant %s: %s", a->tenant,
                      word_for(seen->who.found.state));
    }
    return seen;
}

/* ---- once for a request ---- */

static unsigned exported(const scim_authz_conf_t *conf)
{
    unsigned wants = 0;
    int i;
    int j;

    for (i = 0; conf->exports && i < conf->exports->nelts; i++) {
        const scim_authz_export_t *one = &APR_ARRAY_IDX(conf->exports, i, scim_authz_export_t);
        for (j = 0; j < one->paths->nelts; j++) {
            wants |= scim_authz_wants(APR_ARRAY_IDX(one->paths, j, const scim_authz_path_t *));
        }
    }
    return wants;
}

static int no_tenant(scim_authz_state_t *state, request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "SCIM3344: nothing says whose users are asked for here: set ScimAuthzTenant");
    state->failed = HTTP_INTERNAL_SERVER_ERROR;
    return state->failed;
}

int scim_authz_who(const scim_authz_who_t **who, request_rec *r, unsigned wants)
{
    const scim_dir_t *dir = ap_get_module_config(r->per_dir_config, &scim_module);
    scim_authz_state_t *state = scim_authz_state(r);
    asking_t a = {r,     dir ? dir->authz : NULL, NULL, {NULL, NULL, NULL, NULL},
                  wants, first_of(r)->pool};
    scim_authz_seen_t *seen;
    const char *key;

    if (a.conf) {
        a.tenant = a.conf->tenant ? a.conf->tenant : dir->tenant;
    }
    if (!a.tenant) {
        return no_tenant(state, r);
    }
    key = key_of(&a);
    for (seen = state->seen; seen; seen = seen->next) {
        if (strcmp(seen->key, key) == 0 && (seen->status || (seen->wants & wants) == wants)) {
            break;
        }
    }
    if (!seen) {
        a.match = scim_authz_match(a.conf);
        a.wants |= a.conf->wants | exported(a.conf);
        seen = look_up(&a, key);
        seen->next = state->seen;
        state->seen = seen;
    }
    state->failed = seen->status;
    *who = &seen->who;
    return seen->status;
}
