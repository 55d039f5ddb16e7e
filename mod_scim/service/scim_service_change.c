/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_service_change.h"

scim_error_t *service_before(service_change_t *change, apr_pool_t *p)
{
    service_t *sv = change->sv;

    if (!change->doc) {
        return NULL;
    }
    return scim_store_manager(sv->store, sv->type, change->old, change->doc, p);
}

scim_error_t *service_after(service_change_t *change, apr_pool_t *p)
{
    (void)change;
    (void)p;
    return NULL;
}
