/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_discovery.h"
#include "scim_id.h"
#include "scim_service_adopt.h"
#include "scim_service_audit.h"

/* What a path below the base names. */
typedef enum route_kind_t {
    ROUTE_NONE,
    ROUTE_ROOT, /* the base itself: all types */
    ROUTE_COLLECTION,
    ROUTE_SEARCH, /* .search of the root or of a type */
    ROUTE_RESOURCE,
    ROUTE_BULK,
    ROUTE_CONFIG,
    ROUTE_SCHEMAS,
    ROUTE_TYPES,
    ROUTE_ME,     /* the authenticated subject, where it is known */
    ROUTE_UNBUILT /* an endpoint of RFC 7644 that this server does not have */
} route_kind_t;

typedef struct route_t {
    route_kind_t kind;
    const scim_resource_type_t *type;
    const char *id; /* decoded second segment, or NULL */
} route_t;

/* RFC 7644 table 2. */
static int is_unbuilt(const char *segment)
{
    return scim_text_ieq(segment, "Me");
}

/* /Me of a known subject, where the tenant has users with names. */
static int is_me(const scim_tenant_t *tenant, const scim_request_t *request, const char *segment)
{
    const scim_resource_type_t *type = scim_catalog_type(tenant->catalog, "User");

    return scim_text_ieq(segment, "Me") && request->owner && type &&
           scim_type_attr_at(type, SCIM_AT_UNIQUE);
}

/* Split "/Users/<id>" at its slashes: at most two segments, a slash at the end is tolerated. */
static int split_path(const char *path, const char **first, const char **second, apr_pool_t *p)
{
    const char *slash;
    apr_size_t len;

    path += *path == '/';
    len = strlen(path);
    if (len > 0 && path[len - 1] == '/') {
        len--;
    }
    slash = memchr(path, '/', len);
    *second = NULL;
    if (slash) {
        const char *rest = slash + 1;
        *second = scim_query_unescape(rest, len - (apr_size_t)(rest - path), p);
        if (!*second || memchr(rest, '/', len - (apr_size_t)(rest - path))) {
            return 0;
        }
        len = (apr_size_t)(slash - path);
    }
    *first = scim_query_unescape(path, len, p);
    return *first && **first;
}

/* The endpoints that every service provider has, by their first segment, written in any case. */
static route_kind_t fixed_kind(const char *first, const char *id)
{
    if (is_unbuilt(first)) {
        return id ? ROUTE_NONE : ROUTE_UNBUILT;
    }
    if (scim_text_ieq(first, "Bulk")) {
        return id ? ROUTE_NONE : ROUTE_BULK;
    }
    if (scim_text_ieq(first, "ServiceProviderConfig")) {
        return id ? ROUTE_NONE : ROUTE_CONFIG;
    }
    if (scim_text_ieq(first, "Schemas")) {
        return ROUTE_SCHEMAS;
    }
    return scim_text_ieq(first, "ResourceTypes") ? ROUTE_TYPES : ROUTE_NONE;
}

static route_t route_find(const scim_tenant_t *tenant, const scim_request_t *request, apr_pool_t *p)
{
    route_t route = {ROUTE_NONE, NULL, NULL};
    const char *first;

    if (strcmp(request->path, "") == 0 || strcmp(request->path, "/") == 0) {
        route.kind = ROUTE_ROOT;
        return route;
    }
    if (!split_path(request->path, &first, &route.id, p)) {
        return route;
    }
    route.type = scim_catalog_endpoint(scim_tenant_offered(tenant), first);
    if (scim_text_ieq(route.type && route.id ? route.id : first, ".search")) {
        route.kind = route.type || !route.id ? ROUTE_SEARCH : ROUTE_NONE;
        route.id = NULL;
    } else if (route.type) {
        route.kind = route.id ? ROUTE_RESOURCE : ROUTE_COLLECTION;
    } else if (!route.id && is_me(tenant, request, first)) {
        route.kind = ROUTE_ME;
        route.type = scim_catalog_type(tenant->catalog, "User");
    } else {
        route.kind = fixed_kind(first, route.id);
    }
    return route;
}

/* "/v1", "/v1.1/Users": a version of the protocol that is not ours; our own needs no segment. */
static int other_version(const char *path)
{
    static const char digits[] = "0123456789";
    apr_size_t major;
    apr_size_t minor;

    path += *path == '/';
    major = *path == 'v' ? strspn(path + 1, digits) : 0;
    if (major == 0 || (major == 1 && path[1] == '2' && path[2] != '.')) {
        return 0;
    }
    path += 1 + major;
    if (*path == '.') {
        minor = strspn(path + 1, digits);
        path += minor ? 1 + minor : 0;
    }
    return *path == '\0' || *path == '/';
}

static scim_error_t *no_such_endpoint(const char *path, apr_pool_t *p)
{
    if (other_version(path)) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VERS,
                               "This server speaks no other version of SCIM than 2.");
    }
    return scim_error_make(p, 404, SCIM_TYPE_NONE, "There is no such SCIM endpoint.");
}

static const char *route_allow(const route_t *route)
{
    switch (route->kind) {
    case ROUTE_COLLECTION:
        return "GET, HEAD, POST";
    case ROUTE_RESOURCE:
    case ROUTE_ME:
        return "GET, HEAD, PUT, PATCH, DELETE";
    case ROUTE_BULK:
    case ROUTE_SEARCH:
        return "POST";
    case ROUTE_ROOT:
    case ROUTE_CONFIG:
    case ROUTE_SCHEMAS:
    case ROUTE_TYPES:
        return "GET, HEAD";
    case ROUTE_NONE:
    case ROUTE_UNBUILT:
    default:
        return NULL;
    }
}

const char *scim_service_allow(const scim_tenant_t *tenant, const scim_request_t *request,
                               apr_pool_t *p)
{
    route_t route = route_find(tenant, request, p);

    return route_allow(&route);
}

int scim_service_reads_one(const scim_tenant_t *tenant, const scim_request_t *request,
                           apr_pool_t *p)
{
    return request->method == SCIM_GET && route_find(tenant, request, p).kind == ROUTE_RESOURCE;
}

scim_error_t *service_not_found(const service_t *sv)
{
    return scim_error_make(sv->pool, 404, SCIM_TYPE_NONE, "There is no %s with this id.",
                           sv->type->name);
}

scim_error_t *service_view(service_t *sv)
{
    scim_error_t *err;

    err = scim_query_parse(&sv->query, sv->request->query, sv->tenant, sv->pool);
    if (err) {
        return err;
    }
    return scim_project_parse(&sv->view.projection, sv->query.attributes, sv->query.excluded,
                              sv->type, sv->pool);
}

scim_error_t *service_filter_refused(const service_t *sv, scim_error_t *err)
{
    if (err && err->type == SCIM_TYPE_SENSITIVE) {
        if (sv->request->method == SCIM_GET) {
            err->status = 403;
        } else {
            err->type = SCIM_TYPE_INVALID_FILTER;
        }
    }
    return err;
}

scim_error_t *service_stale(apr_pool_t *p)
{
    return scim_error_make(p, 412, SCIM_TYPE_NONE,
                           "The resource has changed: If-Match names another version.");
}

/* Discovery takes no filter (RFC 7644 section 4: 403), and ignores every other parameter. */
static scim_error_t *discovery(service_t *sv, const route_t *route)
{
    const char *base = sv->request->base;
    const char *filter = NULL;
    const char *text;
    scim_error_t *err;

    sv->reply->op = "discovery";
    if (route->kind == ROUTE_CONFIG) {
        text = scim_discovery_config(sv->tenant, base, sv->pool);
    } else {
        err = scim_query_filter(&filter, sv->request->query, sv->pool);
        if (err) {
            return err;
        }
        if (filter) {
            return scim_error_make(sv->pool, 403, SCIM_TYPE_NONE,
                                   "Discovery endpoints do not take a filter.");
        }
        text = route->kind == ROUTE_SCHEMAS
                   ? scim_discovery_schemas(sv->tenant, route->id, base, sv->pool)
                   : scim_discovery_types(sv->tenant, route->id, base, sv->pool);
    }
    if (!text) {
        return scim_error_make(sv->pool, 404, SCIM_TYPE_NONE, "There is no %s with this id.",
                               route->kind == ROUTE_SCHEMAS ? "schema" : "resource type");
    }
    sv->reply->status = 200;
    sv->reply->body = scim_buf_make(strlen(text) + 1, sv->pool);
    scim_buf_puts(sv->reply->body, text);
    return NULL;
}

static scim_error_t *method_not_allowed(service_t *sv, const route_t *route)
{
    sv->reply->allow = route_allow(route);
    return scim_error_make(sv->pool, 405, SCIM_TYPE_NONE,
                           "This method is not allowed here; allowed are %s.", sv->reply->allow);
}

/* RFC 7644 section 3.11: served here, and every response says where the resource really is. */
static scim_error_t *find_me(service_t *sv)
{
    scim_error_t *err = service_find_owner(sv);

    if (!err) {
        sv->reply->id = sv->id;
        sv->reply->location = scim_render_location(sv->view.base, sv->type, sv->id, sv->pool);
    }
    return err;
}

static scim_error_t *run_method(service_t *sv)
{
    switch (sv->request->method) {
    case SCIM_GET:
        return service_get(sv);
    case SCIM_PUT:
        return service_replace(sv);
    case SCIM_PATCH:
        return service_patch(sv);
    default:
        return service_delete(sv);
    }
}

/* An id that no resource has may be that of a row which the application has had before. */
static scim_error_t *run_adopting(service_t *sv)
{
    scim_error_t *err = run_method(sv);
    scim_error_t *adopting;
    int adopted = 0;

    if (!err || err->status != 404) {
        return err;
    }
    adopting = service_adopt_id(&adopted, sv, sv->id);
    if (adopting) {
        return adopting;
    }
    return adopted ? run_method(sv) : err;
}

static scim_error_t *dispatch_resource(service_t *sv, const route_t *route)
{
    scim_method_t method = sv->request->method;
    scim_error_t *err;

    if (method != SCIM_GET && method != SCIM_PUT && method != SCIM_PATCH && method != SCIM_DELETE) {
        return method_not_allowed(sv, route);
    }
    err = route->kind == ROUTE_ME ? find_me(sv) : NULL;
    if (err) {
        return err;
    }
    if (strlen(sv->id) > SCIM_ID_MAX) {
        return service_not_found(sv);
    }
    return run_adopting(sv);
}

static scim_error_t *dispatch(service_t *sv, const route_t *route)
{
    scim_method_t method = sv->request->method;

    if ((route->kind == ROUTE_COLLECTION || route->kind == ROUTE_ROOT) && method == SCIM_GET) {
        return service_list(sv);
    }
    if (route->kind == ROUTE_SEARCH) {
        return method == SCIM_POST ? service_search(sv) : method_not_allowed(sv, route);
    }
    if (route->kind == ROUTE_COLLECTION && method == SCIM_POST) {
        return service_create(sv);
    }
    if (route->kind == ROUTE_RESOURCE || route->kind == ROUTE_ME) {
        return dispatch_resource(sv, route);
    }
    if (route->kind == ROUTE_BULK && method == SCIM_POST) {
        return service_bulk(sv);
    }
    if (route->kind != ROUTE_COLLECTION && route->kind != ROUTE_BULK && method == SCIM_GET) {
        return discovery(sv, route);
    }
    return method_not_allowed(sv, route);
}

/* Everything that is known before a request is looked at any closer. */
static service_t service_begin(scim_reply_t *reply, const scim_request_t *request,
                               const scim_tenant_t *tenant, const route_t *route, apr_pool_t *p)
{
    service_t sv = {0};

    sv.request = request;
    sv.tenant = tenant;
    sv.reply = reply;
    sv.pool = p;
    sv.type = route->type;
    sv.id = route->id;
    sv.view.base = request->base;
    sv.view.type = route->type;
    memset(reply, 0, sizeof(*reply));
    reply->op = "none";
    reply->type = route->type ? route->type->name : NULL;
    reply->id = route->type ? route->id : NULL;
    return sv;
}

scim_error_t *scim_service_handle(scim_reply_t *reply, const scim_request_t *request,
                                  const scim_tenant_t *tenant, scim_store_t *store,
                                  const scim_sink_t *sink, apr_pool_t *p)
{
    route_t route = route_find(tenant, request, p);
    service_t sv = service_begin(reply, request, tenant, &route, p);
    scim_error_t *err;

    sv.store = store;
    sv.sink = sink;
    if (route.kind == ROUTE_NONE) {
        return no_such_endpoint(request->path, p);
    }
    if (route.kind == ROUTE_UNBUILT) {
        return scim_error_make(p, 501, SCIM_TYPE_NONE,
                               "This server does not offer /Me for a token without an owner.");
    }
    err = dispatch(&sv, &route);
    if (!err) {
        service_audit_tend(&sv, reply->changed);
    }
    if (err && route.kind != ROUTE_ME) {
        reply->location = NULL; /* of what would have been answered */
    }
    return err;
}

scim_error_t *service_operation(scim_reply_t *reply, const scim_request_t *request,
                                const service_t *outer, apr_pool_t *p)
{
    route_t route = route_find(outer->tenant, request, p);
    service_t sv = service_begin(reply, request, outer->tenant, &route, p);
    scim_error_t *err;

    if (route.kind != ROUTE_COLLECTION && route.kind != ROUTE_RESOURCE) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE,
                               "path must be that of a resource type, or of one of its resources.");
    }
    sv.store = scim_store_fork(outer->store, p);
    err = dispatch(&sv, &route);
    if (!err) {
        service_audit_tend(&sv, reply->changed);
    }
    return err;
}
