/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_service_change.h"

#include "scim_outbox.h"
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

const json_t *service_document(service_change_t *change, apr_pool_t *p)
{
    json_t *doc = NULL;

    if (change->doc || change->old || !change->row) {
        return change->doc ? change->doc : change->old;
    }
    if (!change->parsed && !scim_json_load(&doc, change->row->doc, change->row->doc_len, NULL, p)) {
        change->parsed = doc;
    }
    return change->parsed;
}

/* Tell the tenant's application, where that is wanted, of an account that ended or begins anew. */
static scim_error_t *tell(service_change_t *change, apr_pool_t *p)
{
    const service_t *sv = change->sv;
    unsigned type = scim_event_of(change->old, change->doc, sv->type);
    scim_event_t event = {0};

    if (!scim_event_wanted(sv->tenant->events, type)) {
        return NULL;
    }
    event.kind = scim_event_word(type);
    event.id = change->row->id;
    event.txn = sv->request->who ? sv->request->who->request : NULL;
    event.subject = scim_event_subject(service_document(change, p), event.id, sv->type, p);
    return scim_outbox_add(sv->store, &event, p);
}

scim_error_t *service_after(service_change_t *change, apr_pool_t *p)
{
    scim_error_t *err = service_groups_after(change, p);

    return err ? err : tell(change, p);
}
