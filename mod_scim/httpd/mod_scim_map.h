/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_MAP_H
#define MOD_SCIM_MAP_H

#include "mod_scim_config.h"
#include "scim_dbd.h"

/**
 * Mappings are held to the application's tables three times: when httpd is started or its
 * configuration tested, if the database answers then; when a child starts, into the log; and before
 * a connection's first write, which is then refused.
 */

/** Remember a place's mapping for the children. @param pconf holds the list */
void scim_mapped_note(server_rec *s, const scim_tenant_t *tenant, apr_pool_t *pconf);

/** Connections to the databases of one check of the configuration. */
typedef struct scim_mapped_t scim_mapped_t;

/** None yet. They are closed when p is destroyed. */
scim_mapped_t *scim_mapped_make(apr_pool_t *p);

/**
 * Compare it now. Each database is connected to once, and each of its tables is read once.
 * @param driver  DBDriver. @param params DBDParams
 * @param unknown why the database could not be asked, which is no fault of the configuration; NULL
 *                if it was
 * @param p       holds what is returned
 * @return NULL, or what does not fit
 */
const char *scim_mapped_compare(const char **unknown, scim_mapped_t *mapped,
                                const scim_tenant_t *tenant, const char *driver, const char *params,
                                apr_pool_t *p);

/**
 * Compare those of a server on a child's first connection; what does not fit is logged.
 * @return NULL, or that the database went away meanwhile, which is no fault of any mapping's
 */
scim_error_t *scim_mapped_child(const server_rec *s, scim_dbd_t *db, apr_pool_t *p) SCIM_CHECKED;

#endif
