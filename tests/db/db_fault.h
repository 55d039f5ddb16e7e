/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef DB_FAULT_H
#define DB_FAULT_H

#include <apr_dbd.h>

#include "db_env.h"

/** Between db_env.c and the wrappers around apr_dbd's calls in db_fault.c. */

/** The connection that this thread uses now. */
void db_fault_watch(apr_dbd_t *handle);
void db_fault_clear(void);

#endif
