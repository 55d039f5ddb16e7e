/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_IMPORT_H
#define SCIM_CTL_IMPORT_H

#include "ctl_call.h"

/** The parts of an import. */

/** A line on its way into the tenant. */
typedef struct ctl_item_t {
    const scim_resource_type_t *type;
    const char *id;        /* or NULL: it gets a new one */
    const char *name;      /* of its unique attribute, or NULL */
    json_t *body;          /* without what waits */
    const json_t *members; /* what waits for all lines: a group's members, or NULL, */
    const char *manager;   /* a user's manager that is not there yet, or NULL */
} ctl_item_t;

/**
 * What a line is.
 * @return NULL, or what is wrong with it: 400 without a message id
 */
scim_error_t *ctl_item_read(ctl_item_t *item, ctl_t *c, const char *line, apr_size_t len,
                            apr_pool_t *p) SCIM_CHECKED;

/** How an item was stored. */
typedef enum ctl_stored_t { CTL_CREATED, CTL_REPLACED } ctl_stored_t;

/**
 * Store an item, but for what waits: as a new resource, or with --update over the one that has its
 * id or its name. item->id is what it has in the tenant then.
 */
scim_error_t *ctl_item_store(ctl_stored_t *how, ctl_item_t *item, ctl_t *c,
                             apr_pool_t *p) SCIM_CHECKED;

/** Whether something of an item waits for the end of the import. */
int ctl_item_waits(const ctl_item_t *item, ctl_stored_t how);

/** The part that waits as one line of text for a file of our own. */
const char *ctl_item_wait_text(const ctl_item_t *item, ctl_stored_t how, apr_uint64_t line,
                               apr_size_t *len, apr_pool_t *p);

/**
 * Do what waited.
 * @param line    number of the line that it comes from
 * @param unknown members that are not there, and were skipped
 */
scim_error_t *ctl_item_finish(apr_uint64_t *line, int *unknown, ctl_t *c, const char *text,
                              apr_size_t len, apr_pool_t *p) SCIM_CHECKED;

#endif
