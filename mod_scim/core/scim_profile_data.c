/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/*
 * The schema of ServiceProviderConfig (RFC 7643 sections 5 and 8.7.2; RFC 9865 section 4 for
 * pagination, RFC 9967 for securityEvents) with interopProfileConformant, which
 * draft-zollner-scim-interop-profile-02 adds. What this server never has in the document
 * (documentationUri) is left out.
 */

#include "scim_profile.h"

/* A table and its length, so that the two cannot drift apart. */
#define SUBS(table) .subs = (table), .nsubs = (int)(sizeof(table) / sizeof((table)[0]))
#define ATTRS(table) .attrs = (table), .nattrs = (int)(sizeof(table) / sizeof((table)[0]))

static const char *const ref_external[] = {"external", NULL};
static const char *const ref_uri[] = {"uri", NULL};
static const char *const scheme_types[] = {"oauth",     "oauth2",     "oauthbearertoken",
                                           "httpbasic", "httpdigest", NULL};
static const char *const methods[] = {"cursor", "index", NULL};

static const scim_attr_t supported_subs[] = {
    {.name = "supported",
     .description = "Whether the operation is supported.",
     .type = SCIM_ATTR_BOOLEAN,
     .required = 1,
     .mutability = SCIM_READ_ONLY},
};

static const scim_attr_t bulk_subs[] = {
    {.name = "supported",
     .description = "Whether the operation is supported.",
     .type = SCIM_ATTR_BOOLEAN,
     .required = 1,
     .mutability = SCIM_READ_ONLY},
    {.name = "maxOperations",
     .description = "Most operations in one request.",
     .type = SCIM_ATTR_INTEGER,
     .required = 1,
     .mutability = SCIM_READ_ONLY},
    {.name = "maxPayloadSize",
     .description = "Largest request in bytes.",
     .type = SCIM_ATTR_INTEGER,
     .required = 1,
     .mutability = SCIM_READ_ONLY},
};

static const scim_attr_t filter_subs[] = {
    {.name = "supported",
     .description = "Whether the operation is supported.",
     .type = SCIM_ATTR_BOOLEAN,
     .required = 1,
     .mutability = SCIM_READ_ONLY},
    {.name = "maxResults",
     .description = "Most resources in one response.",
     .type = SCIM_ATTR_INTEGER,
     .required = 1,
     .mutability = SCIM_READ_ONLY},
};

static const scim_attr_t scheme_subs[] = {
    {.name = "type",
     .description = "The authentication scheme.",
     .required = 1,
     .mutability = SCIM_READ_ONLY,
     .canonical = scheme_types},
    {.name = "name",
     .description = "The scheme's name as it is shown to people.",
     .required = 1,
     .mutability = SCIM_READ_ONLY},
    {.name = "description",
     .description = "How the scheme is used here.",
     .required = 1,
     .mutability = SCIM_READ_ONLY},
    {.name = "specUri",
     .description = "URL of the scheme's specification.",
     .type = SCIM_ATTR_REFERENCE,
     .case_exact = 1,
     .mutability = SCIM_READ_ONLY,
     .ref_types = ref_external},
    {.name = "primary",
     .description = "Whether this is the preferred scheme; true at most once.",
     .type = SCIM_ATTR_BOOLEAN,
     .mutability = SCIM_READ_ONLY},
};

static const scim_attr_t pagination_subs[] = {
    {.name = "cursor",
     .description = "Whether lists can be read by cursors.",
     .type = SCIM_ATTR_BOOLEAN,
     .required = 1,
     .mutability = SCIM_READ_ONLY},
    {.name = "index",
     .description = "Whether lists can be read by indexes.",
     .type = SCIM_ATTR_BOOLEAN,
     .required = 1,
     .mutability = SCIM_READ_ONLY},
    {.name = "defaultPaginationMethod",
     .description = "The method where a request names none.",
     .mutability = SCIM_READ_ONLY,
     .canonical = methods},
    {.name = "defaultPageSize",
     .description = "Resources in a page where a request gives no count.",
     .type = SCIM_ATTR_INTEGER,
     .mutability = SCIM_READ_ONLY},
    {.name = "maxPageSize",
     .description = "Most resources in a page.",
     .type = SCIM_ATTR_INTEGER,
     .mutability = SCIM_READ_ONLY},
    {.name = "cursorTimeout",
     .description = "Seconds that a cursor can be used at least.",
     .type = SCIM_ATTR_INTEGER,
     .mutability = SCIM_READ_ONLY},
};

static const scim_attr_t event_subs[] = {
    {.name = "asyncRequest",
     .description = "How requests can be answered later.",
     .mutability = SCIM_READ_ONLY},
    {.name = "eventUris",
     .description = "URIs of the events that are sent.",
     .type = SCIM_ATTR_REFERENCE,
     .multi = 1,
     .case_exact = 1,
     .mutability = SCIM_READ_ONLY,
     .ref_types = ref_uri},
};

static const scim_attr_t config_attrs[] = {
    {.name = "patch",
     .description = "PATCH.",
     .type = SCIM_ATTR_COMPLEX,
     .required = 1,
     .mutability = SCIM_READ_ONLY,
     SUBS(supported_subs)},
    {.name = "bulk",
     .description = "Bulk requests.",
     .type = SCIM_ATTR_COMPLEX,
     .required = 1,
     .mutability = SCIM_READ_ONLY,
     SUBS(bulk_subs)},
    {.name = "filter",
     .description = "Filters.",
     .type = SCIM_ATTR_COMPLEX,
     .required = 1,
     .mutability = SCIM_READ_ONLY,
     SUBS(filter_subs)},
    {.name = "changePassword",
     .description = "Changing a password.",
     .type = SCIM_ATTR_COMPLEX,
     .required = 1,
     .mutability = SCIM_READ_ONLY,
     SUBS(supported_subs)},
    {.name = "sort",
     .description = "Sorted lists.",
     .type = SCIM_ATTR_COMPLEX,
     .required = 1,
     .mutability = SCIM_READ_ONLY,
     SUBS(supported_subs)},
    {.name = "etag",
     .description = "Versions of resources.",
     .type = SCIM_ATTR_COMPLEX,
     .required = 1,
     .mutability = SCIM_READ_ONLY,
     SUBS(supported_subs)},
    {.name = "authenticationSchemes",
     .description = "How clients can prove who they are.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     .required = 1,
     .mutability = SCIM_READ_ONLY,
     SUBS(scheme_subs)},
    {.name = "pagination",
     .description = "How lists are read in pages.",
     .type = SCIM_ATTR_COMPLEX,
     .mutability = SCIM_READ_ONLY,
     SUBS(pagination_subs)},
    {.name = "securityEvents",
     .description = "Security events.",
     .type = SCIM_ATTR_COMPLEX,
     .mutability = SCIM_READ_ONLY,
     SUBS(event_subs)},
    {.name = "interopProfileConformant",
     .description = "Whether the SCIM 2.0 Interoperability Profile is followed.",
     .type = SCIM_ATTR_BOOLEAN,
     .mutability = SCIM_READ_ONLY},
};

static const scim_schema_t config_schema = {
    .urn = SCIM_URN_SPC,
    .name = "ServiceProviderConfig",
    .description = "What the service provider supports",
    ATTRS(config_attrs),
};

const scim_schema_t *scim_profile_config_schema(void)
{
    return &config_schema;
}
