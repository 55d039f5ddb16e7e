/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/*
 * RFC 7643's User, Group and EnterpriseUser (sections 3.1, 4 and 8.7.1) as data. Where section
 * 8.7.1's listing and the text disagree, the text counts: references and binaries are case exact
 * (2.3.6, 2.3.7), Group.displayName is required (4.2), addresses have `primary` (2.4, 8.2),
 * members have `display` (2.4), manager.value is not required (4.3), and whatever holds another
 * resource's id compares as `id` does, case exact (3.1).
 *
 * Deliberately otherwise than the RFC: Group.displayName is unique, as providers match groups by
 * it; externalId and the names that are unique have the lengths that the tables hold; schemas
 * is returned always, as no client can read a resource without it. `$ref` of members, groups and
 * manager is the server's: what a client sends for it is not stored where the id names a resource.
 * members.type too: the stored member's own type is shown, whatever the client said.
 */

#include "scim_schema.h"

/* A table and its length, so that the two cannot drift apart. */
#define SUBS(table) .subs = (table), .nsubs = (int)(sizeof(table) / sizeof((table)[0]))
#define ATTRS(table) .attrs = (table), .nattrs = (int)(sizeof(table) / sizeof((table)[0]))

static const char *const ref_external[] = {"external", NULL};
static const char *const ref_uri[] = {"uri", NULL};
static const char *const ref_user[] = {"User", NULL};
static const char *const ref_user_group[] = {"User", "Group", NULL};

static const char *const place_types[] = {"work", "home", "other", NULL};
static const char *const phone_types[] = {"work", "home", "mobile", "fax", "pager", "other", NULL};
static const char *const im_types[] = {"aim",   "gtalk", "icq",   "xmpp", "msn",
                                       "skype", "qq",    "yahoo", NULL};
static const char *const photo_types[] = {"photo", "thumbnail", NULL};
static const char *const group_types[] = {"direct", "indirect", NULL};
static const char *const member_types[] = {"User", "Group", NULL};

/* ---- common attributes (section 3.1) ---- */

static const scim_attr_t meta_subs[] = {
    {.name = "resourceType",
     .description = "Name of the resource's type.",
     .case_exact = 1,
     .mutability = SCIM_READ_ONLY,
     .at = SCIM_AT_META},
    {.name = "created",
     .description = "When the service provider added the resource.",
     .type = SCIM_ATTR_DATETIME,
     .mutability = SCIM_READ_ONLY,
     .at = SCIM_AT_CREATED},
    {.name = "lastModified",
     .description = "When the resource last changed at the service provider.",
     .type = SCIM_ATTR_DATETIME,
     .mutability = SCIM_READ_ONLY,
     .at = SCIM_AT_MODIFIED},
    {.name = "location",
     .description = "URI of the resource.",
     .type = SCIM_ATTR_REFERENCE,
     .case_exact = 1,
     .mutability = SCIM_READ_ONLY,
     .ref_types = ref_uri,
     .at = SCIM_AT_META},
    {.name = "version",
     .description = "Version of the resource, the same as its entity tag.",
     .case_exact = 1,
     .mutability = SCIM_READ_ONLY,
     .at = SCIM_AT_META},
};

static const scim_attr_t common_attrs[] = {
    {.name = "schemas",
     .description = "URIs of the schemas whose attributes the resource has.",
     .type = SCIM_ATTR_REFERENCE,
     .multi = 1,
     .required = 1,
     .returned = SCIM_RETURNED_ALWAYS,
     .ref_types = ref_uri},
    {.name = "id",
     .description = "Identifier that the service provider gave the resource; it never changes.",
     .required = 1,
     .case_exact = 1,
     .mutability = SCIM_READ_ONLY,
     .returned = SCIM_RETURNED_ALWAYS,
     .uniqueness = SCIM_UNIQUE_SERVER,
     .at = SCIM_AT_ID},
    {.name = "externalId",
     .description = "Identifier that the client gave the resource.",
     .case_exact = 1,
     .at = SCIM_AT_EXTERNAL,
     .max_chars = 255},
    {.name = "meta",
     .description = "Data about the resource itself, kept by the service provider.",
     .type = SCIM_ATTR_COMPLEX,
     .mutability = SCIM_READ_ONLY,
     SUBS(meta_subs),
     .at = SCIM_AT_META},
};

/* ---- User (section 4.1) ---- */

static const scim_attr_t name_subs[] = {
    {.name = "formatted", .description = "The whole name as it is shown, with all its parts."},
    {.name = "familyName", .description = "Family name, or last name.", .at = SCIM_AT_VALUE},
    {.name = "givenName", .description = "Given name, or first name.", .at = SCIM_AT_VALUE},
    {.name = "middleName", .description = "Middle name or names."},
    {.name = "honorificPrefix", .description = "Title before the name, such as Dr."},
    {.name = "honorificSuffix", .description = "Suffix after the name, such as III."},
};

static const scim_attr_t email_subs[] = {
    {.name = "value", .description = "E-mail address.", .at = SCIM_AT_VALUE},
    {.name = "display", .description = "The address as it is shown to people."},
    {.name = "type", .description = "What the address is for.", .canonical = place_types},
    {.name = "primary",
     .description = "Whether this is the preferred address; true at most once.",
     .type = SCIM_ATTR_BOOLEAN},
};

static const scim_attr_t phone_subs[] = {
    {.name = "value", .description = "Telephone number."},
    {.name = "display", .description = "The number as it is shown to people."},
    {.name = "type", .description = "What the number is for.", .canonical = phone_types},
    {.name = "primary",
     .description = "Whether this is the preferred number; true at most once.",
     .type = SCIM_ATTR_BOOLEAN},
};

static const scim_attr_t im_subs[] = {
    {.name = "value", .description = "Instant messaging address."},
    {.name = "display", .description = "The address as it is shown to people."},
    {.name = "type", .description = "The messaging service.", .canonical = im_types},
    {.name = "primary",
     .description = "Whether this is the preferred address; true at most once.",
     .type = SCIM_ATTR_BOOLEAN},
};

static const scim_attr_t photo_subs[] = {
    {.name = "value",
     .description = "URL of an image of the user.",
     .type = SCIM_ATTR_REFERENCE,
     .case_exact = 1,
     .ref_types = ref_external},
    {.name = "display", .description = "The photo's name as it is shown to people."},
    {.name = "type", .description = "Full photo or thumbnail.", .canonical = photo_types},
    {.name = "primary",
     .description = "Whether this is the preferred photo; true at most once.",
     .type = SCIM_ATTR_BOOLEAN},
};

static const scim_attr_t address_subs[] = {
    {.name = "formatted", .description = "The whole address as it is shown or printed."},
    {.name = "streetAddress", .description = "Street, house number, post office box."},
    {.name = "locality", .description = "City or town."},
    {.name = "region", .description = "State, county or region."},
    {.name = "postalCode", .description = "Postal code."},
    {.name = "country", .description = "Country, as a code of two letters (ISO 3166-1)."},
    {.name = "type", .description = "What the address is for.", .canonical = place_types},
    {.name = "primary",
     .description = "Whether this is the preferred address; true at most once.",
     .type = SCIM_ATTR_BOOLEAN},
};

static const scim_attr_t group_ref_subs[] = {
    {.name = "value",
     .description = "The group's id.",
     .case_exact = 1,
     .mutability = SCIM_READ_ONLY,
     .at = SCIM_AT_GROUPS},
    {.name = "$ref",
     .description = "The group's URI.",
     .type = SCIM_ATTR_REFERENCE,
     .case_exact = 1,
     .mutability = SCIM_READ_ONLY,
     .ref_types = ref_user_group,
     .at = SCIM_AT_GROUPS},
    {.name = "display",
     .description = "The group's name as it is shown to people.",
     .mutability = SCIM_READ_ONLY,
     .at = SCIM_AT_GROUPS},
    {.name = "type",
     .description = "Whether the user is a member directly or through another group.",
     .mutability = SCIM_READ_ONLY,
     .canonical = group_types,
     .at = SCIM_AT_GROUPS},
};

static const scim_attr_t entitlement_subs[] = {
    {.name = "value", .description = "The entitlement."},
    {.name = "display", .description = "The entitlement as it is shown to people."},
    {.name = "type", .description = "Kind of the entitlement."},
    {.name = "primary",
     .description = "Whether this is the preferred entitlement; true at most once.",
     .type = SCIM_ATTR_BOOLEAN},
};

static const scim_attr_t role_subs[] = {
    {.name = "value", .description = "The role."},
    {.name = "display", .description = "The role as it is shown to people."},
    {.name = "type", .description = "Kind of the role."},
    {.name = "primary",
     .description = "Whether this is the preferred role; true at most once.",
     .type = SCIM_ATTR_BOOLEAN},
};

static const scim_attr_t certificate_subs[] = {
    {.name = "value",
     .description = "DER-encoded X.509 certificate, in base64.",
     .type = SCIM_ATTR_BINARY,
     .case_exact = 1},
    {.name = "display", .description = "The certificate's name as it is shown to people."},
    {.name = "type", .description = "What the certificate is for."},
    {.name = "primary",
     .description = "Whether this is the preferred certificate; true at most once.",
     .type = SCIM_ATTR_BOOLEAN},
};

static const scim_attr_t user_attrs[] = {
    {.name = "userName",
     .description = "Name by which the user signs in; unique among all users.",
     .required = 1,
     .uniqueness = SCIM_UNIQUE_SERVER,
     .at = SCIM_AT_UNIQUE,
     .max_chars = 255},
    {.name = "name",
     .description = "Parts of the user's name.",
     .type = SCIM_ATTR_COMPLEX,
     SUBS(name_subs)},
    {.name = "displayName",
     .description = "The user's name as it is shown to people.",
     .at = SCIM_AT_VALUE},
    {.name = "nickName", .description = "Informal name by which the user is called."},
    {.name = "profileUrl",
     .description = "URL of the user's online profile.",
     .type = SCIM_ATTR_REFERENCE,
     .case_exact = 1,
     .ref_types = ref_external},
    {.name = "title", .description = "Job title."},
    {.name = "userType",
     .description = "Relation between the organisation and the user, such as Contractor."},
    {.name = "preferredLanguage",
     .description = "Preferred languages, as in HTTP's Accept-Language."},
    {.name = "locale", .description = "Locale for numbers, dates and currency, such as en-US."},
    {.name = "timezone", .description = "Time zone by its Olson name, such as Europe/Berlin."},
    {.name = "active",
     .description = "Whether the account may be used.",
     .type = SCIM_ATTR_BOOLEAN,
     .at = SCIM_AT_ACTIVE},
    {.name = "password",
     .description = "Clear text password; accepted but never returned.",
     .mutability = SCIM_WRITE_ONLY,
     .returned = SCIM_RETURNED_NEVER},
    {.name = "emails",
     .description = "E-mail addresses.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(email_subs)},
    {.name = "phoneNumbers",
     .description = "Telephone numbers.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(phone_subs)},
    {.name = "ims",
     .description = "Instant messaging addresses.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(im_subs)},
    {.name = "photos",
     .description = "URLs of photos of the user.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(photo_subs)},
    {.name = "addresses",
     .description = "Postal addresses.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(address_subs)},
    {.name = "groups",
     .description = "Groups that the user belongs to; changed only through the groups.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     .mutability = SCIM_READ_ONLY,
     SUBS(group_ref_subs),
     .at = SCIM_AT_GROUPS},
    {.name = "entitlements",
     .description = "Things that the user has a right to.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(entitlement_subs)},
    {.name = "roles",
     .description = "Roles of the user.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(role_subs)},
    {.name = "x509Certificates",
     .description = "X.509 certificates of the user.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(certificate_subs)},
};

static const scim_schema_t user_schema = {
    .urn = SCIM_URN_USER,
    .name = "User",
    .description = "User Account",
    ATTRS(user_attrs),
};

/* ---- EnterpriseUser (section 4.3) ---- */

static const scim_attr_t manager_subs[] = {
    {.name = "value",
     .description = "The manager's id.",
     .case_exact = 1,
     .at = SCIM_AT_VALUE},
    {.name = "$ref",
     .description = "The manager's URI.",
     .type = SCIM_ATTR_REFERENCE,
     .case_exact = 1,
     .ref_types = ref_user},
    {.name = "displayName",
     .description = "The manager's name as it is shown to people.",
     .mutability = SCIM_READ_ONLY},
};

static const scim_attr_t enterprise_attrs[] = {
    {.name = "employeeNumber",
     .description = "Number or code that the organisation gave the person.",
     .at = SCIM_AT_VALUE},
    {.name = "costCenter", .description = "Name of the cost center."},
    {.name = "organization", .description = "Name of the organisation."},
    {.name = "division", .description = "Name of the division."},
    {.name = "department", .description = "Name of the department.", .at = SCIM_AT_VALUE},
    {.name = "manager",
     .description = "The user's manager.",
     .type = SCIM_ATTR_COMPLEX,
     SUBS(manager_subs)},
};

static const scim_schema_t enterprise_schema = {
    .urn = SCIM_URN_ENTERPRISE,
    .name = "EnterpriseUser",
    .description = "Attributes of a user who belongs to an organisation",
    ATTRS(enterprise_attrs),
};

/* ---- Group (section 4.2) ---- */

static const scim_attr_t member_subs[] = {
    {.name = "value",
     .description = "The member's id.",
     .case_exact = 1,
     .mutability = SCIM_IMMUTABLE,
     .at = SCIM_AT_MEMBERS},
    {.name = "$ref",
     .description = "The member's URI.",
     .type = SCIM_ATTR_REFERENCE,
     .case_exact = 1,
     .mutability = SCIM_IMMUTABLE,
     .ref_types = ref_user_group,
     .at = SCIM_AT_MEMBERS},
    {.name = "display",
     .description = "The member's name as it is shown to people.",
     .mutability = SCIM_READ_ONLY,
     .at = SCIM_AT_MEMBERS},
    {.name = "type",
     .description = "Whether the member is a user or a group.",
     .mutability = SCIM_IMMUTABLE,
     .canonical = member_types,
     .at = SCIM_AT_MEMBERS},
};

static const scim_attr_t group_attrs[] = {
    {.name = "displayName",
     .description = "The group's name as it is shown to people; unique among all groups.",
     .required = 1,
     .uniqueness = SCIM_UNIQUE_SERVER,
     .at = SCIM_AT_UNIQUE,
     .max_chars = 255},
    {.name = "members",
     .description = "Members of the group.",
     .type = SCIM_ATTR_COMPLEX,
     .multi = 1,
     SUBS(member_subs),
     .at = SCIM_AT_MEMBERS},
};

static const scim_schema_t group_schema = {
    .urn = SCIM_URN_GROUP,
    .name = "Group",
    .description = "Group of users",
    ATTRS(group_attrs),
};

/* ---- resource types (section 6) ---- */

static const scim_extension_t user_extensions[] = {
    {.schema = &enterprise_schema, .required = 0},
};

static const scim_resource_type_t user_type = {
    .name = "User",
    .endpoint = "Users",
    .description = "User Account",
    .schema = &user_schema,
    .extensions = user_extensions,
    .nextensions = (int)(sizeof(user_extensions) / sizeof(user_extensions[0])),
};

static const scim_resource_type_t group_type = {
    .name = "Group",
    .endpoint = "Groups",
    .description = "Group of users",
    .schema = &group_schema,
};

static const scim_resource_type_t *const default_types[] = {&user_type, &group_type};

static const scim_catalog_t default_catalog = {
    .types = default_types,
    .ntypes = (int)(sizeof(default_types) / sizeof(default_types[0])),
};

const scim_catalog_t *scim_catalog_default(void)
{
    return &default_catalog;
}

const scim_attr_t *scim_common_attrs(int *n)
{
    *n = (int)(sizeof(common_attrs) / sizeof(common_attrs[0]));
    return common_attrs;
}
