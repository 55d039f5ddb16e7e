# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""/ServiceProviderConfig, /Schemas and /ResourceTypes tell the truth, and nothing but it."""

import pytest

from okta_client import user_profile
from okta_wire import URN_ENTERPRISE, URN_GROUP, URN_USER, quote

CHARACTERISTICS = {"name", "type", "multiValued", "required", "caseExact", "mutability", "returned",
                   "uniqueness", "description"}


@pytest.fixture
def schemas(scim):
    """Schemas by URN."""
    return {s["id"]: s for s in scim.list("Schemas")["Resources"]}


def by_name(schema):
    return {a["name"]: a for a in schema["attributes"]}


def test_100_01_service_provider_config(tenant, scim):
    got = scim.get("/ServiceProviderConfig").json
    assert got["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]
    assert got["patch"] == {"supported": True}
    assert got["bulk"] == {"supported": True, "maxOperations": 1000, "maxPayloadSize": 1048576}
    assert got["sort"] == {"supported": True}
    assert got["changePassword"] == {"supported": False}
    assert got["filter"]["supported"] is True
    kinds = [a["type"] for a in got["authenticationSchemes"]]
    assert kinds == ["oauthbearertoken"] or "oauthbearertoken" in kinds
    assert got["meta"]["location"] == tenant.base + "/ServiceProviderConfig"


def test_100_02_what_it_says_is_so(scim):
    """maxResults bounds a page; etag and bulk are as announced."""
    got = scim.get("/ServiceProviderConfig").json
    user = scim.add_user("truth")
    answer = scim.get("/Users/" + user["id"])
    assert got["etag"]["supported"] is bool(answer.headers.get("ETag"))
    assert scim.list("Users", "count=1000000")["itemsPerPage"] <= got["filter"]["maxResults"]
    scim.post("/Bulk", {}).error(400, "invalidSyntax")
    big = "x" * 300
    assert got["filter"]["maxResults"] > 0 and big not in str(got)


def test_100_03_max_results_follows_the_directive(take):
    scim = take("small_pages").scim()
    assert scim.get("/ServiceProviderConfig").json["filter"]["maxResults"] == 7


def test_100_04_resource_types(tenant, scim):
    page = scim.list("ResourceTypes")
    kinds = {t["name"]: t for t in page["Resources"]}
    assert set(kinds) == {"User", "Group"} and page["totalResults"] == 2
    assert kinds["User"]["endpoint"] == "/Users" and kinds["Group"]["endpoint"] == "/Groups"
    assert kinds["User"]["schema"] == URN_USER and kinds["Group"]["schema"] == URN_GROUP
    assert kinds["User"]["schemaExtensions"] == [{"schema": URN_ENTERPRISE, "required": False}]
    for name, kind in kinds.items():
        assert kind["meta"]["location"] == "%s/ResourceTypes/%s" % (tenant.base, name)
        assert scim.get("/ResourceTypes/" + name).json == kind


def test_100_05_schemas_by_urn(tenant, scim, schemas):
    assert set(schemas) == {URN_USER, URN_GROUP, URN_ENTERPRISE}
    for urn, schema in schemas.items():
        assert schema["meta"]["location"] == "%s/Schemas/%s" % (tenant.base, urn)
        assert scim.get("/Schemas/" + urn).json == schema
        assert scim.get("/Schemas/" + urn.upper()).json == schema
    scim.get("/Schemas/" + URN_USER + "x").error(404)


def every_attribute(schemas):
    for urn, schema in schemas.items():
        for attr in schema["attributes"]:
            yield urn, attr
            for sub in attr.get("subAttributes", []):
                yield urn + ":" + attr["name"], sub


def test_100_06_every_characteristic_is_there_and_legal(schemas):
    for where, attr in every_attribute(schemas):
        label = where + "." + attr["name"]
        missing = CHARACTERISTICS - set(attr)
        if attr["type"] not in ("string", "reference", "binary"):
            missing -= {"caseExact", "uniqueness"}
        assert not missing, (label, missing)
        assert attr["type"] in ("string", "boolean", "decimal", "integer", "dateTime", "binary",
                                "reference", "complex"), label
        assert attr["mutability"] in ("readOnly", "readWrite", "immutable", "writeOnly"), label
        assert attr["returned"] in ("always", "never", "default", "request"), label
        assert attr.get("uniqueness", "none") in ("none", "server", "global"), label
        assert (attr["type"] == "complex") == bool(attr.get("subAttributes")), label
        if attr["type"] == "reference":
            assert attr["referenceTypes"], label
        assert all(value is not None for value in attr.values()), label


def test_100_07_what_is_special_about_some(schemas):
    user, group = by_name(schemas[URN_USER]), by_name(schemas[URN_GROUP])
    assert user["userName"]["required"] is True and user["userName"]["uniqueness"] == "server"
    assert user["userName"]["caseExact"] is False
    assert user["password"]["mutability"] == "writeOnly"
    assert user["password"]["returned"] == "never"
    assert user["groups"]["mutability"] == "readOnly"
    assert group["displayName"]["required"] is True
    subs = {s["name"] for s in group["members"]["subAttributes"]}
    assert {"value", "$ref", "type"} <= subs


def undefined(resource, attrs, common=()):
    """Names in a resource that no schema defines."""
    out = []
    for name, value in resource.items():
        if name in common:
            continue
        if name not in attrs:
            out.append(name)
            continue
        subs = {s["name"] for s in attrs[name].get("subAttributes", [])}
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row, dict):
                out += [name + "." + sub for sub in row if sub not in subs]
    return out


def test_100_08_every_attribute_of_an_answer_is_in_the_schemas(scim, schemas):
    profile = user_profile("disco@example.com", "D", "Isco", "ext", nickName="N", title="T", **{
        URN_ENTERPRISE: {"department": "D", "manager": {"value": "boss"}}})
    user = scim.post("/Users", profile).user(201)
    group = scim.add_group("Disco", [user["id"]])
    user = scim.get("/Users/" + user["id"]).user()
    group = scim.get("/Groups/" + group["id"]).group()
    common = ("schemas", "id", "externalId", "meta")
    enterprise = user.pop(URN_ENTERPRISE)
    assert undefined(user, by_name(schemas[URN_USER]), common) == []
    assert undefined(enterprise, by_name(schemas[URN_ENTERPRISE])) == []
    assert undefined(group, by_name(schemas[URN_GROUP]), common) == []
    assert user["groups"] and group["members"]


def test_100_09_every_announced_attribute_can_be_asked_for(scim, schemas):
    """A filter on it is legal unless it is complex or never returned."""
    scim.add_user("ask")
    for attr in schemas[URN_USER]["attributes"]:
        if attr["returned"] == "never":
            continue
        answer = scim.get("/Users?filter=" + quote(attr["name"] + " pr"))
        assert answer.list() is not None, attr["name"]
        scim.get("/Users?attributes=" + attr["name"]).list()


def test_100_10_queries_on_discovery(scim):
    """RFC 7644 section 4: a filter is refused with 403, everything else is ignored."""
    for path in ("/Schemas", "/ResourceTypes"):
        scim.get(path + "?filter=" + quote('name eq "User"')).error(403)
        assert scim.get(path + "?count=1&attributes=name").list()["totalResults"] >= 2
    assert scim.get("/ServiceProviderConfig?filter=x").status == 200
