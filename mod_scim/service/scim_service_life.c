/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <apr_time.h>

#include "scim_life.h"
#include "scim_service_change.h"

void service_shrink(service_change_t *change, apr_pool_t *p)
{
    const service_t *sv = change->sv;

    if (change->doc && scim_life_ends(sv->tenant, change->doc, sv->type)) {
        change->doc = scim_life_shrink(change->doc, sv->type, p);
    }
}

int service_has_life(const service_t *sv)
{
    return scim_type_attr_at(sv->type, SCIM_AT_ACTIVE) != NULL;
}

/* Whether the name of a resource is not taken for clients: they do not see who has it. */
static int is_hidden(const service_t *sv, const scim_row_t *holder)
{
    return scim_life_is_hidden(sv->tenant, holder->tombstone, apr_time_now());
}

scim_error_t *service_free_name(service_t *sv, const json_t *doc, apr_pool_t *p)
{
    scim_row_t *holder;
    scim_error_t *err = scim_store_lock_holder(&holder, sv->store, sv->type, doc, p);

    if (err || !holder || !is_hidden(sv, holder)) {
        return err;
    }
    return scim_store_delete(sv->store, sv->type, holder, p);
}

/*
 * What the tenant's administrator has to know to find out what is in the way. Where accounts live
 * on without the tenant, it matters whether the other user is in it.
 */
static scim_error_t *refuse_name(const service_t *sv, const scim_row_t *holder, apr_pool_t *p)
{
    const char *name = scim_type_attr_at(sv->type, SCIM_AT_UNIQUE)->name;
    const char *type = sv->type->name;

    if (sv->tenant->deprovision == SCIM_DEPROVISION_UNLINK) {
        return scim_error_make(
            p, 409, SCIM_TYPE_UNIQUENESS, "A %s with this %s already exists in the database%s.",
            type, name, holder->active ? " and in this team" : ", but was taken out of this team");
    }
    return scim_error_make(p, 409, SCIM_TYPE_UNIQUENESS,
                           "The value of %s is already in use by another %s%s.", name, type,
                           holder->active ? "" : ", which is deactivated");
}

scim_error_t *service_take_name(scim_row_t **restore, service_t *sv, const json_t *doc,
                                apr_pool_t *p)
{
    scim_row_t *holder;
    scim_error_t *err = scim_store_lock_holder(&holder, sv->store, sv->type, doc, p);

    *restore = NULL;
    if (err || !holder) {
        return err;
    }
    if (is_hidden(sv, holder)) {
        return scim_store_delete(sv->store, sv->type, holder, p);
    }
    if (!holder->active && scim_life_of(sv->tenant)->restore) {
        *restore = holder;
        return NULL;
    }
    return refuse_name(sv, holder, p);
}
