/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_TOKEN_IMPL_H
#define SCIM_TOKEN_IMPL_H

#include "scim_store_impl.h"
#include "scim_token.h"

/** Private to scim_token*.c and scim_guard.c. */

/** Columns of scim_token_columns(). */
#define SCIM_TOKEN_COLUMNS 12

/** Append the SELECT list of what decides about a token: of its row, its owner, its tenant. */
void scim_token_columns(scim_sql_t *sql);

/** Append " FROM scim_token k" and what it depends on, without a condition. */
void scim_token_from(scim_sql_t *sql);

/** Append the condition for one token. @param tenant whose it must be, or NULL */
void scim_token_where(scim_sql_t *sql, const char *hash, const char *tenant);

/** Fill found from the columns of scim_token_columns(), copied. */
void scim_token_read(scim_token_found_t *found, const char *const *cols, apr_pool_t *p);

/** A time as the database keeps it, or NULL for 0. */
const char *scim_token_time(apr_time_t t, apr_pool_t *p);

#endif
