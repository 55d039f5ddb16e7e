/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_TENANT_H
#define SCIM_TENANT_H

#include "scim_filter.h"
#include "scim_json.h"
#include "scim_schema.h"

struct scim_life_t;
struct scim_map_t;

/** What becomes of a user that a client sets to active false. */
typedef enum scim_deprovision_t {
    SCIM_DEPROVISION_DISABLE, /* it stays as it is, inactive */
    SCIM_DEPROVISION_DELETE,  /* its account is deleted; a tombstone stays (scim_life.h) */
    SCIM_DEPROVISION_UNLINK   /* the same, but its account lives on elsewhere */
} scim_deprovision_t;

/** Everything the core and the service need to know of one tenant; filled from directives. */
typedef struct scim_tenant_t {
    const char *name; /* 1 to 64 of [A-Za-z0-9._-] */
    const scim_catalog_t *catalog;
    const scim_catalog_t *offered;      /* what clients see of it; NULL: all */
    const scim_schema_t *config_schema; /* of ServiceProviderConfig, in /Schemas too; or NULL */
    scim_json_limits_t json;
    scim_filter_limits_t filter;
    apr_size_t max_document;    /* bytes of one stored document */
    int page_size;              /* default count of a list */
    int max_page_size;          /* larger counts are answered with so many */
    int max_scan;               /* resources the matcher may look at for one list */
    int cursor_timeout;         /* seconds that a cursor can be used; 0: always */
    int max_operations;         /* PATCH operations in one request */
    int bulk_operations;        /* operations in one Bulk request */
    apr_size_t bulk_payload;    /* bytes of one Bulk request's body */
    int group_reply_members;    /* PATCH of a group with more members answers 204 */
    int reject_unknown_members; /* 1: an unknown member id refuses the request; 0: skipped */
    int reject_unknown_manager; /* 1: a manager that is no user is 400; 0: kept as it was sent */
    int reject_unknown_attrs;   /* 1: an undefined attribute in a body is 400; 0: ignored */
    int patch_replace_creates;  /* 1: replace of an unmatched value path creates the element */
    int patch_needs_path;       /* 1: an operation without a path is 400 invalidSyntax */
    int patch_needs_defined;    /* 1: an undefined name in a PATCH's path or schemas is 400
                                   invalidSyntax; 0: invalidPath in a path, ignored in schemas */
    int patch_replaces_whole;   /* 1: replace of a complex attribute clears what is not given */
    int patch_one_element;      /* 1: a path with a filter names a sub-attribute of one element */
    int reject_other_values;    /* 1: what is not among canonicalValues is 400 invalidValue */
    int interop_conformant;     /* 1: ServiceProviderConfig says so */
    int groups_off;             /* 1: no client sees groups */
    int audit;                  /* 1: who changed what is kept (scim_audit.h) */
    int audit_days;             /* for so many days; 0: for ever */
    int audit_rows;             /* and at most so many rows of each outcome; 0: any number */
    scim_deprovision_t deprovision;
    const struct scim_life_t *life; /* NULL: every setting is its default */
    const struct scim_quota_t *quota;       /* seats, and whose last one stays; or NULL */
    const struct scim_grouping_t *grouping; /* what makes users members of groups; or NULL */
    const struct scim_map_t *map; /* into the application's tables (scim_map.h); NULL: none */
    const struct scim_events_t *events; /* told of its users' ends (scim_event.h); NULL: none */
} scim_tenant_t;

/** The resource types, and through them the schemas, that clients see. */
const scim_catalog_t *scim_tenant_offered(const scim_tenant_t *tenant);

/** A tenant with every limit at its default, allocated in p; name and catalog set. */
scim_tenant_t *scim_tenant_make(const char *name, apr_pool_t *p);

#endif
