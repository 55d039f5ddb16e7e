/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_service_change.h"

#include "scim_service_groups.h"

scim_error_t *service_before(service_change_t *change, apr_pool_t *p)
{
    service_t *sv = change->sv;
    scim_error_t *err;

    if (!change->doc) {
        return NULL;
    }
    service_shrink(change, p);
    err = scim_store_manager(sv->store, sv->type, change->old, change->doc, p);
    return err ? err : service_groups_before(change, p);
}

scim_error_t *service_after(service_change_t *change, apr_pool_t *p)
{
    return service_groups_after(change, p);
}
