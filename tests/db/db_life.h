/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef DB_LIFE_H
#define DB_LIFE_H

#include "db_world.h"
#include "scim_life.h"

/** Users that die and live again, of an environment of this file's own. */

extern db_env_t *env;
extern apr_pool_t *pool;
extern scim_tenant_t *tenant;
extern scim_life_t life; /* the tenant's settings */

/** Fixtures: a tenant that deletes who is deactivated. */
void life_setup(void);
void life_teardown(void);

/** A user with a few more attributes than db_user() has. @param id NULL: a fresh one */
json_t *life_user(const char *id, const char *name);

/** Insert such a user. @return its id */
const char *life_put(const char *name);

/** Write a document over a user's. @return the new row */
scim_row_t *life_change(const char *id, const json_t *doc);

/** Make a tombstone of a user. */
scim_row_t *life_bury(const char *id, const char *name);

/** As if it had been buried so many seconds earlier. */
void life_age(const char *id, apr_int64_t seconds);

/** One resource by id, or NULL. */
scim_row_t *life_get(const char *type, const char *id);

/** Rows of "table WHERE condition" that are the tenant's; %% stands for %. */
apr_int64_t life_count(const char *what);

/** The sum of a column of the users' counters. */
apr_int64_t life_counter(const char *column);

/** How many users a filter gives, by the list's total; at most 100. @param filter NULL: all */
apr_int64_t life_found(const char *filter);

#endif
