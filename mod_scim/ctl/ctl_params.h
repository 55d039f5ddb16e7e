/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_PARAMS_H
#define SCIM_CTL_PARAMS_H

#include <apr_pools.h>

/** DBDParams as the MySQL driver of apr_dbd reads them: of a key given twice the last counts. */

/** 1 if they hold a password. */
int ctl_params_secret(const char *params);

/**
 * Params with another account.
 * @param password NULL: none
 * @return NULL for a name or password that params cannot say: nothing quotes a value
 */
const char *ctl_params_account(const char *params, const char *user, const char *password,
                               apr_pool_t *p);

/**
 * What to call a database: "scim at db.example.com", or the file's path. Never with a password.
 */
const char *ctl_params_label(const char *driver, const char *params, apr_pool_t *p);

#endif
