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
    const json_t *parsed; /* of a resource to be deleted, once service_document() was called */
    struct service_moving_t *moving; /* between groups: scim_service_groups.h; NULL: not at all */
} service_change_t;

/**
 * What the tenant's policies make of a document before it is stored: they may change it, or
 * refuse it. After a deadlock it may see a document that it has changed already.
 */
scim_error_t *service_before(service_change_t *change, apr_pool_t *p) SCIM_CHECKED;

/**
 * The document of a change, after it or before it; of a deleted resource it is parsed for that,
 * once. NULL: it is not readable.
 */
const json_t *service_document(service_change_t *change, apr_pool_t *p);

/** What follows from the change, once it is stored: in other rows, in the same transaction. */
scim_error_t *service_after(service_change_t *change, apr_pool_t *p) SCIM_CHECKED;

/* ---- the life cycle (scim_life.h) ---- */

/** Whether resources of this type can be deactivated. */
int service_has_life(const service_t *sv);

/** Of an account that ends only a tombstone is stored: put it in the place of the document. */
void service_shrink(service_change_t *change, apr_pool_t *p);

/**
 * After a document's name was found to be taken: if it is by a tombstone that clients do not see,
 * delete that. Whoever else has the name keeps it, and the write fails again.
 */
scim_error_t *service_free_name(service_t *sv, const json_t *doc, apr_pool_t *p) SCIM_CHECKED;

/**
 * The same for a new resource.
 * @param restore set to the locked row of a deactivated one that shall be restored instead; NULL:
 *                there is none
 * @return 409 uniqueness that says how it is with whoever has the name
 */
scim_error_t *service_take_name(scim_row_t **restore, service_t *sv, const json_t *doc,
                                apr_pool_t *p) SCIM_CHECKED;

#endif
