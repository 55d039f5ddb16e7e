/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SERVICE_CHANGE_H
#define SCIM_SERVICE_CHANGE_H

#include "scim_service_impl.h"

/** Private to the service's own files. */

/** One resource's change inside the write's transaction, as the tenant's policies see it. */
typedef struct service_change_t {
    service_t *sv;
    scim_row_t *row;   /* as it was, locked; NULL: a new one. As it is, once it is stored */
    const json_t *old; /* the document as it was; NULL: a new resource, or one to be deleted, of
                          which row has the text */
    json_t *doc;       /* as it will be, canonical; NULL: the resource is deleted */
} service_change_t;

/**
 * What the tenant's policies make of a document before it is stored: they may change it, or
 * refuse it. After a deadlock it may see a document that it has changed already.
 */
scim_error_t *service_before(service_change_t *change, apr_pool_t *p) SCIM_CHECKED;

/** What follows from the change, once it is stored: in other rows, in the same transaction. */
scim_error_t *service_after(service_change_t *change, apr_pool_t *p) SCIM_CHECKED;

#endif
