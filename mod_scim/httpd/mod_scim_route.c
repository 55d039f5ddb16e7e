/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_route.h"

#include <string.h>

#include <apr_strings.h>

#include <http_core.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>

#include "mod_scim_base.h"
#include "mod_scim_console.h"
#include "mod_scim_oauth.h"

#define HANDLER "scim"

scim_route_t *scim_route_get(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &scim_module);
}

/* ---- errors of requests that never came so far ---- */

/*
 * The path in a request line that httpd gave up on: cut off, with control characters, without a
 * protocol. The line is as the client sent it.
 */
static const char *line_path(const request_rec *r)
{
    const char *line = r->the_request;

    line = line ? line + strcspn(line, " \t") : NULL;
    line = line ? line + strspn(line, " \t") : NULL;
    return line && *line ? apr_pstrmemdup(r->pool, line, strcspn(line, " \t?#")) : NULL;
}

/*
 * No Host header was read, so the virtual host is not known: any of this httpd may be meant.
 * Without a path either (HTTP/2 drops one that is too long), the server that took the connection
 * decides.
 */
static int is_ours_anywhere(const request_rec *r)
{
    const char *path = r->uri ? r->uri : line_path(r);
    const scim_server_t *server = scim_server_get(r->server);
    const server_rec *s;

    if (!path || path[0] != '/') {
        return server && server->bases->nelts > 0;
    }
    for (s = ap_server_conf; s; s = s->next) {
        if (scim_base_find(s, path)) {
            return 1;
        }
    }
    return 0;
}

int scim_route_is_ours(const request_rec *r)
{
    const scim_route_t *route;

    if (r->main) {
        return 0;
    }
    while (r->prev) {
        r = r->prev;
    }
    route = scim_route_get(r);
    return route ? route->base != NULL : is_ours_anywhere(r);
}

/* ---- hooks ---- */

/* Every status that httpd itself may end a request with. */
static const int statuses[] = {400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413,
                               414, 415, 416, 417, 421, 422, 423, 424, 426, 428, 429, 431,
                               451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511};

/*
 * An ErrorDocument must not replace a SCIM error. A text of our own takes precedence over it, and
 * the error filter then replaces the text.
 */
static void shield(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    apr_size_t i;

    if (core->response_code_exprs) {
        for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
            ap_custom_response(r, statuses[i], "SCIM");
        }
    }
}

static int post_read_request(request_rec *r)
{
    scim_route_t *route = apr_pcalloc(r->pool, sizeof(*route));

    ap_set_module_config(r->request_config, &scim_module, route);
    route->base = r->proxyreq ? NULL : scim_base_find(r->server, r->uri);
    if (route->base) {
        shield(r);
    }
    return DECLINED;
}

/*
 * The path is normalised here and not yet decoded. DONE keeps it so: an id may hold %2F, %, | or +,
 * whatever AllowEncodedSlashes says.
 */
static int pre_translate_name(request_rec *r)
{
    const scim_dir_t *dir = ap_get_module_config(r->per_dir_config, &scim_module);
    scim_route_t *route = ap_get_module_config(r->request_config, &scim_module);
    const char *base;

    if (route) {
        route->base = NULL;
    }
    if (!route || r->proxyreq || r->main || r->prev) {
        return DECLINED;
    }
    route->oauth = scim_oauth_find(r);
    if (route->oauth) {
        return DONE;
    }
    route->path = dir->enable == 1 ? scim_base_of(&base, dir, r->uri) : NULL;
    if (!route->path) {
        route->console = scim_console_find(r);
        return route->console ? DONE : DECLINED;
    }
    route->base = apr_pstrmemdup(r->pool, r->uri, (apr_size_t)(route->path - r->uri));
    route->tenant = scim_base_tenant(base, r->uri, r->pool);
    shield(r);
    return DONE;
}

static int is_routed(const request_rec *r)
{
    const scim_route_t *route = scim_route_get(r);

    return route && ((route->base && route->path) || route->oauth || route->console);
}

/* No file: other modules want a name here, but none looks for it. */
static int translate_name(request_rec *r)
{
    if (!is_routed(r)) {
        return DECLINED;
    }
    r->filename = apr_pstrcat(r->pool, "scim:", r->uri, NULL);
    return OK;
}

static int map_to_storage(request_rec *r)
{
    return is_routed(r) ? OK : DECLINED;
}

/* An id like report.gz has no media type, encoding or language. */
static int type_checker(request_rec *r)
{
    if (!is_routed(r)) {
        return DECLINED;
    }
    r->handler = HANDLER;
    return OK;
}

void scim_route_hooks(void)
{
    ap_hook_post_read_request(post_read_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_pre_translate_name(pre_translate_name, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(translate_name, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(map_to_storage, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_type_checker(type_checker, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
