# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""What RFC 7643 and RFC 7644 themselves define and no server publishes, as data."""

URN_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
URN_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
URN_BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
URN_BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
URN_SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
URN_CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
URN_RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
URN_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
MESSAGES = "urn:ietf:params:scim:api:"


def attribute(name, kind="string", **more):
    """An attribute's characteristics, with the defaults of RFC 7643 section 2.2."""
    attr = {"name": name, "type": kind, "multiValued": False, "required": False,
            "caseExact": False, "mutability": "readWrite", "returned": "default",
            "uniqueness": "none"}
    attr.update(more)
    return attr


# Common attributes, section 3.1.
COMMON = [
    attribute("schemas", "reference", multiValued=True, required=True, caseExact=True,
              returned="always", referenceTypes=["uri"]),
    attribute("id", required=True, caseExact=True, mutability="readOnly", returned="always",
              uniqueness="server"),
    attribute("externalId", caseExact=True),
    attribute("meta", "complex", mutability="readOnly", subAttributes=[
        attribute("resourceType", caseExact=True, mutability="readOnly"),
        attribute("created", "dateTime", mutability="readOnly"),
        attribute("lastModified", "dateTime", mutability="readOnly"),
        attribute("location", "reference", caseExact=True, mutability="readOnly",
                  referenceTypes=["uri"]),
        attribute("version", caseExact=True, mutability="readOnly")]),
]

# The tables below: name -> (type, required). A type is a Python type, "uri", a tuple of allowed
# values, a list with the type of the elements, or a table of its own.

META = {"resourceType": (str, True), "location": ("uri", True), "created": (str, False),
        "lastModified": (str, False), "version": (str, False)}

# Section 5.
CONFIG = {
    "schemas": ([str], True), "id": (str, False), "externalId": (str, False), "meta": (META, False),
    "documentationUri": ("uri", False),
    "patch": ({"supported": (bool, True)}, True),
    "bulk": ({"supported": (bool, True), "maxOperations": (int, True),
              "maxPayloadSize": (int, True)}, True),
    "filter": ({"supported": (bool, True), "maxResults": (int, True)}, True),
    "changePassword": ({"supported": (bool, True)}, True),
    "sort": ({"supported": (bool, True)}, True),
    "etag": ({"supported": (bool, True)}, True),
    "authenticationSchemes": ([{
        "type": (("oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"), True),
        "name": (str, True), "description": (str, True), "specUri": ("uri", False),
        "documentationUri": ("uri", False), "primary": (bool, False)}], True),
}

# What later documents add: RFC 9865 section 4, RFC 9967, the interoperability profile.
CONFIG_EXTRA = {
    "pagination": {"cursor": (bool, True), "index": (bool, True),
                   "defaultPaginationMethod": (("cursor", "index"), False),
                   "defaultPageSize": (int, False), "maxPageSize": (int, False),
                   "cursorTimeout": (int, False)},
    "securityEvents": {"asyncRequest": (str, True), "eventUris": ([str], True)},
    "interopProfileConformant": bool,
}

# Section 6.
RESOURCE_TYPE = {
    "schemas": ([str], True), "id": (str, False), "meta": (META, False), "name": (str, True),
    "description": (str, True), "endpoint": ("uri", True), "schema": ("uri", True),
    "schemaExtensions": ([{"schema": ("uri", True), "required": (bool, True)}], False),
}

# Section 7.
SCHEMA = {
    "schemas": ([str], True), "id": ("uri", True), "meta": (META, False), "name": (str, True),
    "description": (str, True), "attributes": ([dict], True),
}
SCHEMA_ATTRIBUTE = {
    "name": (str, True), "type": (str, True), "subAttributes": ([dict], False),
    "multiValued": (bool, True), "description": (str, True), "required": (bool, True),
    "canonicalValues": ([str], False), "caseExact": (bool, False),
    "mutability": (("readOnly", "readWrite", "immutable", "writeOnly"), True),
    "returned": (("always", "never", "default", "request"), True),
    "uniqueness": (("none", "server", "global"), False), "referenceTypes": ([str], False),
}

# Section 8.7.1: the attributes of the published schemas, as "name:type" with * for multi-valued.
CORE = {
    "urn:ietf:params:scim:schemas:core:2.0:User":
        "userName name:complex displayName nickName profileUrl:reference title userType "
        "preferredLanguage locale timezone active:boolean password emails:complex* "
        "phoneNumbers:complex* ims:complex* photos:complex* addresses:complex* groups:complex* "
        "entitlements:complex* roles:complex* x509Certificates:complex*",
    "urn:ietf:params:scim:schemas:core:2.0:Group": "displayName members:complex*",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
        "employeeNumber costCenter organization division department manager:complex",
}
CORE_SUBS = {
    "name": "formatted familyName givenName middleName honorificPrefix honorificSuffix",
    "emails": "value display type primary:boolean",
    "phoneNumbers": "value display type primary:boolean",
    "ims": "value display type primary:boolean",
    "photos": "value:reference display type primary:boolean",
    "addresses": "formatted streetAddress locality region postalCode country type",
    "groups": "value $ref:reference display type",
    "entitlements": "value display type primary:boolean",
    "roles": "value display type primary:boolean",
    "x509Certificates": "value:binary display type primary:boolean",
    "members": "value $ref:reference type",
    "manager": "value $ref:reference displayName",
}
