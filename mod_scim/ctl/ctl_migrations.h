/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_MIGRATIONS_H
#define SCIM_CTL_MIGRATIONS_H

#include "ctl.h"

/** One file of sql/. */
typedef struct ctl_migration_t {
    int number;
    const char *path;
} ctl_migration_t;

/**
 * The migrations for a driver, in order, one for each number from 1 to SCIM_STORE_SCHEMA: those of
 * --sql-dir, else of the folder that make install fills.
 * @param out array of ctl_migration_t
 * @return CTL_OK, or exit code: said
 */
int ctl_migrations_find(apr_array_header_t **out, ctl_t *c, const char *driver);

#endif
