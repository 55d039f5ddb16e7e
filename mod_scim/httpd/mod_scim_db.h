/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_DB_H
#define MOD_SCIM_DB_H

#include "mod_scim_config.h"
#include "scim_dbd.h"

/** 1 if mod_dbd is loaded. Valid once all modules are. */
int scim_db_available(void);

/** pre_config: register the lock for the Mutex directive. */
int scim_db_register(apr_pool_t *pconf);

/** post_config: make every server's source, and the lock that queues SQLite's writers. */
int scim_db_setup(apr_pool_t *pconf, server_rec *main_server);

/**
 * child_init: reopen the lock and look at every database that SCIM uses here: a missing or foreign
 * schema is logged now, not at the first request. Never stops the child.
 */
void scim_db_child(apr_pool_t *pchild, server_rec *main_server);

/** Connections of a server's mod_dbd pool; NULL where SCIM is not served. Lives as the server. */
const scim_dbd_source_t *scim_db_source(const server_rec *s);

/**
 * The same for whoever only asks whether the database is there: also where SCIM is not served, if
 * the server has a database. NULL: it has none.
 */
const scim_dbd_source_t *scim_db_probe_source(server_rec *s, apr_pool_t *p);

/**
 * The level at which something is logged that could not be written, and will be some other time:
 * APLOG_INFO where only the database was away, of which another line tells; else APLOG_WARNING.
 */
int scim_db_log_level(const scim_error_t *err);

#endif
