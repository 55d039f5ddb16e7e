/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/*
 * The bench's ceilings: what httpd and mod_dbd can do at most when a handler does nothing else.
 *   /probe/memory        1 kB from memory
 *   /probe/select/<id>   one prepared SELECT of one document
 *   /probe/page/<rid>    one prepared SELECT of the 100 documents after rid
 *   /probe/insert/<key>  one prepared INSERT of the request's body, a durable commit of its own
 * With "AuthType probe" who asks is whom the query string names: what is measured of Require lines
 * is not how somebody is authenticated.
 * The statements read scim_resource's own rows, with a bounded column, so that the driver makes no
 * megabyte buffer: the ceiling is not made low by a trap that the module avoids. But each takes its
 * connection from mod_dbd with a ping, which the module mostly saves.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <apr_dbd.h>
#include <apr_strings.h>
#include <mod_dbd.h>

#define BODY_MAX 65536

static const char *const select_sql =
    "SELECT SUBSTR(doc,1,4096) FROM scim_resource WHERE tenant=%s AND id=%s";
static const char *const page_sql =
    "SELECT SUBSTR(doc,1,4096) FROM scim_resource WHERE tenant=%s AND type=%s AND rid>%s "
    "ORDER BY rid LIMIT 100";
static const char *const insert_sql =
    "INSERT INTO probe_insert(id,uname,external_id,doc) VALUES(%s,%s,%s,%s)";

static char memory_body[1025];

static int read_body(request_rec *r, char **out)
{
    char *body = apr_palloc(r->pool, BODY_MAX + 1);
    apr_size_t len = 0;
    long got;
    int rc = ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK);

    if (rc != OK) {
        return rc;
    }
    if (ap_should_client_block(r)) {
        while (len < BODY_MAX && (got = ap_get_client_block(r, body + len, BODY_MAX - len)) > 0) {
            len += (apr_size_t)got;
        }
    }
    body[len] = '\0';
    *out = body;
    return OK;
}

static int probe_select(request_rec *r, ap_dbd_t *dbd, const char *label, const char **args,
                        int nargs)
{
    apr_dbd_prepared_t *stmt = apr_hash_get(dbd->prepared, label, APR_HASH_KEY_STRING);
    apr_dbd_results_t *res = NULL;
    apr_dbd_row_t *row = NULL;
    int rows = 0;

    if (!stmt || apr_dbd_pselect(dbd->driver, r->pool, dbd->handle, &res, stmt, 0, nargs, args)) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    while (apr_dbd_get_row(dbd->driver, r->pool, res, &row, -1) == 0) {
        ap_rputs(apr_dbd_get_entry(dbd->driver, row, 0), r);
        rows++;
    }
    return rows ? OK : HTTP_NOT_FOUND;
}

static int probe_insert(request_rec *r, ap_dbd_t *dbd, const char *key)
{
    apr_dbd_prepared_t *stmt = apr_hash_get(dbd->prepared, "probe_insert", APR_HASH_KEY_STRING);
    const char *args[4];
    char *body;
    int rows = 0;
    int rc = read_body(r, &body);

    if (rc != OK) {
        return rc;
    }
    args[0] = apr_psprintf(r->pool, "id-%s", key);
    args[1] = key;
    args[2] = apr_psprintf(r->pool, "ext-%s", key);
    args[3] = body;
    if (!stmt || apr_dbd_pquery(dbd->driver, r->pool, dbd->handle, &rows, stmt, 4, args)) {
        return HTTP_CONFLICT;
    }
    r->status = HTTP_CREATED;
    ap_rputs(body, r);
    return OK;
}

static int probe_handler(request_rec *r)
{
    APR_OPTIONAL_FN_TYPE(ap_dbd_acquire) *acquire;
    const char *args[3] = {"bench", NULL, NULL};
    const char *tail;
    ap_dbd_t *dbd;

    if (!r->handler || strcmp(r->handler, "probe") != 0) {
        return DECLINED;
    }
    ap_set_content_type(r, "application/scim+json");
    if (strcmp(r->uri, "/probe/memory") == 0) {
        ap_rwrite(memory_body, 1024, r);
        return OK;
    }
    acquire = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_acquire);
    dbd = acquire ? acquire(r) : NULL;
    if (!dbd) {
        return HTTP_SERVICE_UNAVAILABLE;
    }
    tail = strrchr(r->uri, '/') + 1;
    if (strncmp(r->uri, "/probe/insert/", 14) == 0) {
        return probe_insert(r, dbd, tail);
    }
    if (strncmp(r->uri, "/probe/page/", 12) == 0) {
        args[1] = "User";
        args[2] = tail;
        return probe_select(r, dbd, "probe_page", args, 3);
    }
    args[1] = tail;
    return probe_select(r, dbd, "probe_select", args, 2);
}

static int probe_user(request_rec *r)
{
    const char *type = ap_auth_type(r);

    if (!type || strcmp(type, "probe") != 0 || !r->args) {
        return DECLINED;
    }
    r->user = r->args;
    r->ap_auth_type = "probe";
    return OK;
}

static int probe_post_config(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    APR_OPTIONAL_FN_TYPE(ap_dbd_prepare) *prepare = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_prepare);

    (void)p;
    (void)plog;
    (void)ptemp;
    memset(memory_body, 'x', 1024);
    for (; prepare && s; s = s->next) {
        prepare(s, select_sql, "probe_select");
        prepare(s, page_sql, "probe_page");
        prepare(s, insert_sql, "probe_insert");
    }
    return OK;
}

static void probe_hooks(apr_pool_t *p)
{
    static const char *const before[] = {"mod_dbd.c", NULL};

    (void)p;
    ap_hook_check_authn(probe_user, NULL, NULL, APR_HOOK_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_handler(probe_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(probe_post_config, NULL, before, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(probe) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, probe_hooks, 0
};
