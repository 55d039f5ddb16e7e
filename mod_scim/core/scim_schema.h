/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_SCHEMA_H
#define SCIM_SCHEMA_H

#include <apr_pools.h>

/**
 * The schema model (RFC 7643 sections 2 and 7) as constant data. Nothing here changes after
 * configuration, so it is shared by all threads without a lock.
 */

#define SCIM_URN_USER "urn:ietf:params:scim:schemas:core:2.0:User"
#define SCIM_URN_GROUP "urn:ietf:params:scim:schemas:core:2.0:Group"
#define SCIM_URN_ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define SCIM_URN_LIST "urn:ietf:params:scim:api:messages:2.0:ListResponse"
#define SCIM_URN_ERROR "urn:ietf:params:scim:api:messages:2.0:Error"
#define SCIM_URN_SEARCH "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
#define SCIM_URN_PATCH "urn:ietf:params:scim:api:messages:2.0:PatchOp"
#define SCIM_URN_BULK "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
#define SCIM_URN_BULK_REPLY "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
#define SCIM_URN_SPC "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
#define SCIM_URN_RESOURCE_TYPE "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
#define SCIM_URN_SCHEMA "urn:ietf:params:scim:schemas:core:2.0:Schema"

typedef enum scim_attr_type_t {
    SCIM_ATTR_STRING,
    SCIM_ATTR_BOOLEAN,
    SCIM_ATTR_DECIMAL,
    SCIM_ATTR_INTEGER,
    SCIM_ATTR_DATETIME,
    SCIM_ATTR_BINARY,
    SCIM_ATTR_REFERENCE,
    SCIM_ATTR_COMPLEX
} scim_attr_type_t;

typedef enum scim_mutability_t {
    SCIM_READ_WRITE,
    SCIM_READ_ONLY,
    SCIM_IMMUTABLE,
    SCIM_WRITE_ONLY
} scim_mutability_t;

typedef enum scim_returned_t {
    SCIM_RETURNED_DEFAULT,
    SCIM_RETURNED_ALWAYS,
    SCIM_RETURNED_NEVER,
    SCIM_RETURNED_REQUEST
} scim_returned_t;

typedef enum scim_uniqueness_t {
    SCIM_UNIQUE_NONE,
    SCIM_UNIQUE_SERVER,
    SCIM_UNIQUE_GLOBAL
} scim_uniqueness_t;

/** Where the store finds an attribute's value; SCIM_AT_DOC is the document only. */
typedef enum scim_at_t {
    SCIM_AT_DOC,      /* in the document; not indexed */
    SCIM_AT_VALUE,    /* in the document and, folded, in the value index */
    SCIM_AT_INDEXED,  /* as SCIM_AT_VALUE, by ScimIndex: older resources may lack the rows */
    SCIM_AT_ID,       /* column id, exact */
    SCIM_AT_UNIQUE,   /* column of the normalised unique key: userName, Group.displayName … */
    SCIM_AT_EXTERNAL, /* column externalId, exact */
    SCIM_AT_ACTIVE,   /* column active */
    SCIM_AT_CREATED,  /* column: meta.created; not in the document */
    SCIM_AT_MODIFIED, /* column: meta.lastModified; not in the document */
    SCIM_AT_META,     /* any other part of meta: rendered, never stored */
    SCIM_AT_MEMBERS,  /* Group.members: rows of their own, never in a document */
    SCIM_AT_GROUPS    /* User.groups: derived from the same rows */
} scim_at_t;

typedef struct scim_attr_t scim_attr_t;
struct scim_attr_t {
    const char *name;
    const char *description;
    scim_attr_type_t type;
    int multi; /* multiValued */
    int required;
    int case_exact;
    scim_mutability_t mutability;
    scim_returned_t returned;
    scim_uniqueness_t uniqueness;
    const char *const *canonical; /* canonicalValues, NULL-terminated, or NULL */
    const char *const *ref_types; /* referenceTypes, NULL-terminated, or NULL */
    const scim_attr_t *subs;      /* sub-attributes, nsubs of them, complex only */
    int nsubs;
    scim_at_t at;
    apr_size_t max_chars; /* longest value in code points; 0: only the document's limit */
};

typedef struct scim_schema_t {
    const char *urn;
    const char *name;
    const char *description;
    const scim_attr_t *attrs;
    int nattrs;
} scim_schema_t;

typedef struct scim_extension_t {
    const scim_schema_t *schema;
    int required;
} scim_extension_t;

typedef struct scim_resource_type_t {
    const char *name;     /* also its id: "User" */
    const char *endpoint; /* "Users", without a slash */
    const char *description;
    const scim_schema_t *schema;
    const scim_extension_t *extensions;
    int nextensions;
    int custom;          /* 1: from a schema file; 0: User and Group */
    const char *indexed; /* names what is indexed as configured, see scim_schema_load.h; or NULL */
} scim_resource_type_t;

/** What one tenant offers: its resource types, and through them its schemas. */
typedef struct scim_catalog_t {
    const scim_resource_type_t *const *types;
    int ntypes;
} scim_catalog_t;

/** RFC 7643's User with EnterpriseUser, and Group. Static storage. */
const scim_catalog_t *scim_catalog_default(void);

/**
 * Common attributes of every resource (RFC 7643 section 3.1): schemas, id, externalId, meta.
 * @param n set to their number
 */
const scim_attr_t *scim_common_attrs(int *n);

/** Resource type by endpoint segment ("Users", in any case: clients write /users), or NULL. */
const scim_resource_type_t *scim_catalog_endpoint(const scim_catalog_t *c, const char *segment);

/** Resource type by name ("User", exact), or NULL. */
const scim_resource_type_t *scim_catalog_type(const scim_catalog_t *c, const char *name);

/** The catalog without the types that have an attribute stored at `at`; made in p. */
const scim_catalog_t *scim_catalog_without(const scim_catalog_t *c, scim_at_t at, apr_pool_t *p);

/** Schema by URN, without case, among the types' schemas and extensions; NULL if unknown. */
const scim_schema_t *scim_catalog_schema(const scim_catalog_t *c, const char *urn);

/** The type's main schema or extension with this URN (without case, first n bytes), or NULL. */
const scim_schema_t *scim_type_schema(const scim_resource_type_t *type, const char *urn,
                                      apr_size_t n);

/** Attribute of the main schema or common attribute by name without case, or NULL. */
const scim_attr_t *scim_type_attr(const scim_resource_type_t *type, const char *name, apr_size_t n);

/** Attribute among attrs by name without case, or NULL. */
const scim_attr_t *scim_attr_find(const scim_attr_t *attrs, int nattrs, const char *name,
                                  apr_size_t n);

/** Sub-attribute by name without case, or NULL. */
const scim_attr_t *scim_attr_sub(const scim_attr_t *attr, const char *name);

/** The type's attribute stored at `at`; NULL if it has none. */
const scim_attr_t *scim_type_attr_at(const scim_resource_type_t *type, scim_at_t at);

#endif
