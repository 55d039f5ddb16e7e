/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_DUMP_H
#define MOD_SCIM_DUMP_H

#include "mod_scim.h"

/** The name behind -D that asks for the dump, as DUMP_MODULES asks mod_so for its own. */
#define SCIM_DUMP "DUMP_SCIM"

/** 1 if this is `httpd -t -D DUMP_SCIM`. */
int scim_dump_wanted(void);

/**
 * test_config: print each place where SCIM is served as one line of JSON on standard output, for
 * scimctl. It holds the database's password, as the configuration does: only whoever may read that
 * can make httpd print it. No token and no hash of one is in it.
 */
void scim_dump_run(apr_pool_t *p, server_rec *main_server);

#endif
