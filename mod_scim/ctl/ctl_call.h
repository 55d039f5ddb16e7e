/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_CALL_H
#define SCIM_CTL_CALL_H

#include "ctl.h"
#include "scim_service.h"

/** The use cases of the service as a client's requests reach them, without httpd between. */

/** A request and what came of it. */
typedef struct ctl_call_t {
    scim_method_t method;
    const char *path;   /* "/Users/…", percent-encoded */
    const char *query;  /* or NULL */
    const json_t *body; /* or NULL */
    const char *id;     /* of a POST: the id that the resource shall have; NULL: a new one */
    int bare;           /* 1: no reply is wanted */
    /* set by ctl_call(): */
    scim_reply_t reply;
    json_t *json; /* the reply's body, in the call's pool; NULL: none */
} ctl_call_t;

/** Make a request of the tenant. p holds everything of it. */
scim_error_t *ctl_call(ctl_t *c, ctl_call_t *call, apr_pool_t *p) SCIM_CHECKED;

/** For the audit trail: scimctl and the account that runs it, in p. */
const scim_audit_who_t *ctl_call_who(ctl_t *c, apr_pool_t *p);

/** "/Users" and, with an id, "/Users/<id>", percent-encoded. */
const char *ctl_call_path(const scim_resource_type_t *type, const char *id, apr_pool_t *p);

/** A query's value, percent-encoded. */
const char *ctl_call_escape(const char *text, apr_pool_t *p);

/**
 * The id of the resource with a unique value, such as a user by userName.
 * @param id NULL: there is none
 */
scim_error_t *ctl_call_by_name(const char **id, ctl_t *c, const scim_resource_type_t *type,
                               const char *name, apr_pool_t *p) SCIM_CHECKED;

#endif
