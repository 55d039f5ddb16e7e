/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_DBD_OWN_H
#define SCIM_DBD_OWN_H

#include "scim_dbd.h"

/**
 * A connection of one's own, where there is no httpd to lend one: scimctl's. One thread uses it at
 * a time; it is opened when it is first wanted, kept, and replaced when it died.
 */
typedef struct scim_dbd_own_t scim_dbd_own_t;

/** Load what apr_dbd needs; once in a process, before anything else here. @return APR's status */
apr_status_t scim_dbd_own_start(apr_pool_t *p);

/**
 * Nothing is opened yet.
 * @param driver name of an apr_dbd driver: mysql, sqlite3
 * @param params as DBDParams has them
 * @param p      closes the connection in the end
 */
scim_dbd_own_t *scim_dbd_own_make(const char *driver, const char *params, apr_pool_t *p);

/** It as a source; lives as long as it. */
const scim_dbd_source_t *scim_dbd_own_source(scim_dbd_own_t *own);

/** Why the last attempt to connect failed, in the driver's words, or NULL if none did. */
const char *scim_dbd_own_error(const scim_dbd_own_t *own);

#endif
