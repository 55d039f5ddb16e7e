/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_TENANTS_H
#define SCIM_TENANTS_H

#include <apr_tables.h>
#include <apr_time.h>

#include "scim_dbd.h"

/**
 * The tenants that the database knows by name (scim_tenant). A place whose tenant comes from the
 * path serves only these; elsewhere a tenant need not be here, and is on.
 */

#define SCIM_TENANT_NAME_MAX 64
#define SCIM_TENANT_NOTE_CHARS 255

typedef struct scim_tenant_row_t {
    const char *name;
    int on; /* 0: every request is answered with 403 */
    apr_time_t created;
    const char *note; /* or NULL */
} scim_tenant_row_t;

/** 1 if a text can be a tenant's name: 1 to 64 of A-Z a-z 0-9 . _ - */
int scim_tenants_is_name(const char *name);

/** One by name. @param row NULL: there is none */
scim_error_t *scim_tenants_find(scim_tenant_row_t **row, scim_dbd_t *db, const char *name,
                                apr_pool_t *p) SCIM_CHECKED;

/** All, by name. @param rows array of scim_tenant_row_t */
scim_error_t *scim_tenants_list(apr_array_header_t **rows, scim_dbd_t *db,
                                apr_pool_t *p) SCIM_CHECKED;

/**
 * Make one, switched on. A transaction of its own.
 * @param note or NULL
 * @return 400 invalidValue for a name or note that cannot be, 409 where the name is taken
 */
scim_error_t *scim_tenants_create(scim_dbd_t *db, const char *name, const char *note,
                                  apr_pool_t *p) SCIM_CHECKED;

/** Switch one on or off; holds on the next request. 404 where there is none. */
scim_error_t *scim_tenants_switch(scim_dbd_t *db, const char *name, int on,
                                  apr_pool_t *p) SCIM_CHECKED;

#endif
