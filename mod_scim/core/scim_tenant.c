/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_tenant.h"

#include <apr_strings.h>

scim_tenant_t *scim_tenant_make(const char *name, apr_pool_t *p)
{
    scim_tenant_t *t = apr_pcalloc(p, sizeof(*t));

    t->name = apr_pstrdup(p, name);
    t->catalog = scim_catalog_default();
    t->json.bytes = (apr_size_t)8 * 1024 * 1024;
    t->json.depth = 32;
    t->json.members = 400000;
    t->filter.bytes = 8192;
    t->filter.terms = 200;
    t->filter.depth = 32;
    t->max_document = 262144;
    t->page_size = 100;
    t->max_page_size = 500;
    t->max_scan = 10000;
    t->cursor_timeout = 3600;
    t->max_operations = 2000;
    t->bulk_operations = 1000;
    t->bulk_payload = (apr_size_t)1024 * 1024;
    t->group_reply_members = 200;
    t->audit = 1;
    t->audit_days = 90;
    t->audit_rows = 1000000;
    return t;
}

const scim_catalog_t *scim_tenant_offered(const scim_tenant_t *tenant)
{
    return tenant->offered ? tenant->offered : tenant->catalog;
}
