/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_TOKEN_IMPL_H
#define SCIM_TOKEN_IMPL_H

#include "scim_store_impl.h"
#include "scim_token.h"

/** Private to scim_token*.c and scim_guard.c. */

/** Columns of scim_token_columns(), alone and with those of the owner. */
#define SCIM_TOKEN_COLUMNS 9
#define SCIM_TOKEN_OWNER_COLUMNS 2

/** New tokens of a tenant, and the tenant's own changes, queue here (scim_store_queue()). */
#define SCIM_TOKEN_QUEUE "#token"

/** Append the SELECT list of what decides about a token. @param owner 1: of its owner too */
void scim_token_columns(scim_sql_t *sql, int owner);

/** Append " FROM scim_token k", and its owner, without a condition. */
void scim_token_from(scim_sql_t *sql, int owner);

/** Append the condition for one token. @param tenant whose it must be, or NULL */
void scim_token_where(scim_sql_t *sql, const char *hash, const char *tenant);

/**
 * Fill found from the columns of scim_token_columns(), copied. Without the owner's columns the
 * owner of a token that has one counts as dead.
 */
void scim_token_read(scim_token_found_t *found, const char *const *cols, int owner, apr_pool_t *p);

/** A time as the database keeps it, or NULL for 0. */
const char *scim_token_time(apr_time_t t, apr_pool_t *p);

#endif
