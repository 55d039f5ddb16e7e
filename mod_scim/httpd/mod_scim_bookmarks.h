/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_BOOKMARKS_H
#define MOD_SCIM_BOOKMARKS_H

#include "mod_scim.h"
#include "scim_store.h"

/**
 * post_config: shared memory for the bookmarks of walks through long lists, used by all children.
 * @return bookmarks that live as long as p, or NULL where there is no such memory: lists are then
 *         only slower
 */
const scim_bookmarks_t *scim_bookmarks_make(apr_pool_t *p, const server_rec *s);

#endif
