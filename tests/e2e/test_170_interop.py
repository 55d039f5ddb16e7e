# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""ScimProfile interop: every row of the SCIM 2.0 Interoperability Profile, by its number.

docs/profiles.md has the rows. The tolerant default is what all other files test.
"""

import pytest

from okta_wire import (URN_ENTERPRISE, URN_GROUP, URN_PATCH, URN_USER, member_ids, quote)
from scim_http import MEDIA
from test_010_config import GOOD, configtest

URN_SPC = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"


@pytest.fixture
def strict(take):
    """A client of a fresh tenant with ScimProfile interop."""
    return take("interop").scim()


def user_body(login, **more):
    return dict({"schemas": [URN_USER], "userName": login + "@example.com",
                 "displayName": login.capitalize()}, **more)


def add_user(scim, login, **more):
    return scim.post("/Users", user_body(login, **more)).user(201)


def change(scim, resource, *operations, endpoint="Users"):
    return scim.patch("/%s/%s" % (endpoint, resource["id"]), *operations)


def replace(path, value):
    return {"op": "replace", "path": path, "value": value}


# ---- A1: announced only where it is true ----

def test_170_A1_announced(strict, scim):
    assert strict.get("/ServiceProviderConfig").json["interopProfileConformant"] is True
    assert "interopProfileConformant" not in scim.get("/ServiceProviderConfig").json


def test_170_A1_the_attribute_is_defined(strict, scim):
    schema = strict.get("/Schemas/" + URN_SPC).json
    one = {a["name"]: a for a in schema["attributes"]}["interopProfileConformant"]
    assert (one["type"], one["multiValued"], one["required"], one["mutability"],
            one["returned"]) == ("boolean", False, False, "readOnly", "default")
    assert schema in strict.list("Schemas")["Resources"]
    scim.get("/Schemas/" + URN_SPC).error(404)


@pytest.mark.parametrize("line,other", [
    ("ScimUnknownAttributes ignore", "ScimUnknownAttributes"),
    ("ScimRequireTLS Off", "ScimRequireTLS"), ("ScimPageSize 99", "ScimPageSize"),
    ("ScimPageSize 50 500", "ScimPageSize")])
def test_170_A1_a_contradiction_is_refused(tmp_path, line, other):
    code, said = configtest(tmp_path, GOOD + "ScimProfile interop\n" + line)
    about = [text for text in said.splitlines() if "SCIM3163" in text]
    assert code != 0 and len(about) == 1, said
    assert "ScimProfile interop" in about[0] and other in about[0], said


def test_170_A1_a_contradiction_of_an_outer_section_is_refused(tmp_path):
    lines = ("ScimRequireTLS Off\nScimEnable On\nScimTenant acme\nScimToken sha256:" + "ab" * 32 +
             "\n<Location /scim/v2>\nScimProfile interop\n</Location>")
    code, said = configtest(tmp_path, lines, "<VirtualHost *:9>")
    assert code != 0 and "SCIM3163" in said, said


@pytest.mark.parametrize("line", [
    "ScimUnknownAttributes reject", "ScimRequireTLS On", "ScimPageSize 100 100",
    "ScimPageSize 200 1000", "ScimPatchReplaceCreates On", "ScimRateLimit Off"])
def test_170_A1_what_agrees_is_accepted(tmp_path, line):
    code, said = configtest(tmp_path, GOOD + "ScimProfile interop\n" + line)
    assert code == 0, said


# ---- A2: discovery ----

def test_170_A2_discovery(strict):
    assert strict.get("/ServiceProviderConfig").status == 200
    schemas = {s["id"] for s in strict.list("Schemas")["Resources"]}
    for kind in strict.list("ResourceTypes")["Resources"]:
        assert kind["id"] == kind["name"]
        assert kind["schema"] in schemas
        assert {e["schema"] for e in kind["schemaExtensions"]} <= schemas
    assert schemas == {URN_USER, URN_GROUP, URN_ENTERPRISE, URN_SPC}


# ---- A3: one rule of case per attribute ----

def test_170_A3_case(strict):
    user = add_user(strict, "Case", externalId="Ext-1")
    assert [u["id"] for u in strict.find("Users", 'userName eq "CASE@EXAMPLE.COM"')] == [user["id"]]
    strict.post("/Users", user_body("cASE")).error(409, "uniqueness")
    assert strict.find("Users", 'externalId eq "Ext-1"') and \
        not strict.find("Users", 'externalId eq "ext-1"')
    add_user(strict, "other", externalId="ext-1")
    assert strict.find("Users", 'id eq "%s"' % user["id"])
    assert not strict.find("Users", 'id eq "%s"' % user["id"].upper())
    strict.get("/Users/" + user["id"].upper()).error(404)


# ---- A4: undefined names ----

UNDEFINED = [{"shoeSize": 44}, {"name": {"givenName": "A", "middle": "B"}},
             {"emails": [{"value": "a@b.example", "use": "x"}]},
             {"urn:example:ext:1.0:User": {"a": 1}}, {URN_ENTERPRISE: {"floor": 3}},
             {"schemas": [URN_USER, "urn:example:ext:1.0:User"]}]


@pytest.mark.parametrize("extra", UNDEFINED, ids=lambda e: str(e)[:40])
def test_170_A4_undefined_in_a_body(strict, extra):
    strict.post("/Users", user_body("undefined", **extra)).error(400, "invalidSyntax")
    assert strict.list("Users")["totalResults"] == 0
    user = add_user(strict, "defined")
    before = strict.get("/Users/" + user["id"]).user()
    strict.put("/Users/" + user["id"], user_body("defined", **extra)).error(400, "invalidSyntax")
    assert strict.get("/Users/" + user["id"]).user() == before


@pytest.mark.parametrize("operation", [
    replace("shoeSize", 44), replace("name.middle", "B"), replace("urn:example:ext:1.0:User:a", 1),
    replace("name", {"middle": "B"}), replace(URN_ENTERPRISE + ":floor", 3),
    replace('emails[use eq "x"].value', "a@b.example"),
    {"op": "add", "path": "emails", "value": [{"value": "a@b.example", "use": "x"}]},
    {"op": "add", "path": "schemas", "value": ["urn:example:ext:1.0:User"]},
    {"op": "remove", "path": "shoeSize"}], ids=lambda o: "%s-%s" % (o["op"], o["path"][:30]))
def test_170_A4_undefined_in_a_patch(strict, operation):
    user = add_user(strict, "patched")
    change(strict, user, replace("title", "T"), operation).error(400, "invalidSyntax")
    assert strict.get("/Users/" + user["id"]).user() == user


def test_170_A4_undefined_schema_of_a_message(strict):
    user = add_user(strict, "patched")
    strict.request("PATCH", "/Users/" + user["id"], {
        "schemas": [URN_PATCH, "urn:example:x"],
        "Operations": [replace("title", "T")]}).error(400, "invalidSyntax")


def test_170_A4_what_we_answered_can_be_sent_back(strict):
    user = add_user(strict, "echo", name={"givenName": "E"}, emails=[
        {"value": "e@example.com", "type": "work", "primary": True}])
    group = strict.post("/Groups", {"schemas": [URN_GROUP], "displayName": "G",
                                    "members": [{"value": user["id"]}]}).group(201)
    got = strict.get("/Users/" + user["id"]).user()
    assert got["groups"][0]["value"] == group["id"]
    assert strict.put("/Users/" + user["id"], got).user()["emails"] == got["emails"]
    got = strict.get("/Groups/" + group["id"]).group()
    assert member_ids(strict.put("/Groups/" + group["id"], got).group()) == {user["id"]}


# ---- A5: accepted types are published ----

def typed(scim):
    """canonicalValues of every multi-valued attribute with a type: {(schema, name): values}."""
    out = {}
    for schema in scim.list("Schemas")["Resources"]:
        for attr in schema["attributes"]:
            for sub in attr.get("subAttributes", []):
                if attr["multiValued"] and sub["name"] == "type":
                    out[schema["id"], attr["name"]] = sub.get("canonicalValues")
    return out


def test_170_A5_types_are_published(strict):
    published = typed(strict)
    assert len(published) >= 10 and all(published.values()), published


def test_170_A5_published_types_are_those_accepted(strict):
    for (urn, name), values in typed(strict).items():
        if urn != URN_USER or name == "groups":
            continue
        value = "aGVsbG8=" if name == "x509Certificates" else "https://example.com/" + name
        key = "formatted" if name == "addresses" else "value"
        for i, kind in enumerate(values):
            add_user(strict, "%s%d" % (name, i), **{name: [{key: value, "type": kind}]})
        answer = strict.post("/Users", user_body("x" + name, **{
            name: [{key: value, "type": "no-such-type"}]}))
        assert name + ".type" in answer.error(400, "invalidValue")["detail"]


# ---- A6: addresses ----

def test_170_A6_one_endpoint_and_an_id(strict):
    user = add_user(strict, "address")
    assert user["meta"]["location"] == strict.base + "/Users/" + user["id"]
    strict.get("/Groups/" + user["id"]).error(404)
    strict.get("/Users/" + quote(user["userName"])).error(404)
    endpoints = [t["endpoint"] for t in strict.list("ResourceTypes")["Resources"]]
    assert len(endpoints) == len(set(endpoints))


# ---- A7: the media type ----

def test_170_A7_media_type(strict):
    user = add_user(strict, "media")
    for answer in (strict.get("/Users"), strict.get("/Users/" + user["id"]),
                   strict.get("/Users/none"), strict.get("/Schemas"),
                   change(strict, user, replace("title", "T")), strict.post("/Users", {})):
        assert answer.headers["Content-Type"] == MEDIA


# ---- A8: filters ----

def test_170_A8_filters(strict):
    user = add_user(strict, "filter", title="Boss", externalId="f-1")
    add_user(strict, "filter2", title="Boss", externalId="f-2")
    found = strict.find("Users", 'title eq "boss" and externalId eq "f-1"')
    assert [u["id"] for u in found] == [user["id"]]
    for endpoint, text in (("Users", 'shoeSize eq "44"'), ("Users", 'name.middle eq "x"'),
                           ("Users", 'members.value eq "x"'), ("Groups", 'userName eq "x"'),
                           ("Users", 'userName eq "a" and urn:example:x:a eq "b"')):
        strict.get("/%s?filter=%s" % (endpoint, quote(text))).error(400, "invalidFilter")


# ---- A9: pages ----

def test_170_A9_pages(strict):
    for i in range(105):
        add_user(strict, "page%03d" % i)
    page = strict.list("Users")
    assert page["itemsPerPage"] == 100 and page["totalResults"] == 105
    assert strict.list("Users", "count=100")["itemsPerPage"] == 100
    assert strict.list("Users", "startIndex=101&count=100")["itemsPerPage"] == 5
    most = strict.get("/ServiceProviderConfig").json["filter"]["maxResults"]
    assert strict.list("Users", "count=%d" % (most + 1))["itemsPerPage"] == 105


# ---- A10: PATCH, with paths ----

def test_170_A10_patch_of_every_type(strict):
    for kind in strict.list("ResourceTypes")["Resources"]:
        path = kind["endpoint"]
        body = user_body("t") if kind["name"] == "User" else {
            "schemas": [kind["schema"]], "displayName": "T"}
        made = strict.post(path, body).must_be(201).json
        got = strict.patch("%s/%s" % (path, made["id"]), replace("displayName", "Changed"))
        assert got.must_be(200).json["displayName"] == "Changed"


@pytest.mark.parametrize("operation", [
    {"op": "replace", "value": {"active": False}}, {"op": "add", "value": {"title": "T"}},
    {"op": "replace", "path": "", "value": {"title": "T"}},
    {"op": "add", "path": None, "value": {"title": "T"}}, {"op": "remove"}], ids=str)
def test_170_A10_no_path_is_refused(strict, operation):
    user = add_user(strict, "pathless")
    change(strict, user, replace("title", "X"), operation).error(400, "invalidSyntax")
    assert strict.get("/Users/" + user["id"]).user() == user


# ---- A11: single values ----

def test_170_A11_add_is_replace_for_one_simple_value(strict):
    user = add_user(strict, "simple", title="A", active=True)
    assert change(strict, user, {"op": "add", "path": "title", "value": "B"}).user()["title"] == "B"
    assert change(strict, user, replace("title", "C")).user()["title"] == "C"
    assert change(strict, user, {"op": "add", "path": "active", "value": False}
                  ).user()["active"] is False


def test_170_A11_complex_values(strict):
    user = add_user(strict, "complex", name={"givenName": "G", "familyName": "F"}, **{
        URN_ENTERPRISE: {"manager": {"value": "m1", "$ref": "https://example.com/Users/m1"}}})
    got = change(strict, user, {"op": "add", "path": "name", "value": {"givenName": "H"}}).user()
    assert got["name"] == {"givenName": "H", "familyName": "F"}
    got = change(strict, user, replace("name.familyName", "E")).user()
    assert got["name"] == {"givenName": "H", "familyName": "E"}
    got = change(strict, user, replace("name", {"givenName": "J"})).user()
    assert got["name"] == {"givenName": "J"}
    got = change(strict, user, replace(URN_ENTERPRISE + ":manager", {"value": "m2"})).user()
    assert got[URN_ENTERPRISE]["manager"]["value"] == "m2"
    assert "m1" not in str(got)


# ---- A12: many values ----

MAILS = [{"value": "w@example.com", "type": "work"}, {"value": "h@example.com", "type": "home"}]


def test_170_A12_the_collection(strict):
    user = add_user(strict, "many", emails=MAILS)
    got = change(strict, user, {"op": "add", "path": "emails", "value": [
        {"value": "o@example.com", "type": "other"}]}).user()
    assert [m["value"] for m in got["emails"]] == ["w@example.com", "h@example.com",
                                                   "o@example.com"]
    got = change(strict, user, replace("emails", MAILS[:1])).user()
    assert [m["value"] for m in got["emails"]] == ["w@example.com"]


def test_170_A12_a_filter_needs_a_sub_attribute(strict):
    user = add_user(strict, "filtered", emails=MAILS)
    before = strict.get("/Users/" + user["id"]).user()
    for operation in (replace('emails[type eq "work"]', {"value": "x@example.com"}),
                      {"op": "remove", "path": 'emails[type eq "work"]'},
                      {"op": "add", "path": 'emails[type eq "work"]', "value": {"display": "x"}}):
        change(strict, user, operation).error(400, "invalidPath")
    assert strict.get("/Users/" + user["id"]).user() == before
    got = change(strict, user, replace('emails[type eq "work"].value', "x@example.com")).user()
    assert [m["value"] for m in got["emails"]] == ["x@example.com", "h@example.com"]


def test_170_A12_a_filter_matches_one(strict):
    user = add_user(strict, "several", emails=MAILS + [{"value": "v@example.com", "type": "work"}])
    before = strict.get("/Users/" + user["id"]).user()
    for operation in (replace('emails[type eq "work"].display', "x"),
                      {"op": "remove", "path": 'emails[type eq "work"].type'}):
        change(strict, user, operation).error(400, "invalidFilter")
    assert strict.get("/Users/" + user["id"]).user() == before
    change(strict, user, replace('emails[type eq "work" and value eq "v@example.com"].display',
                                 "V")).user()


def test_170_A12_members(strict):
    """The element form is refused here too; its `value` removes one member, as lists do."""
    ids = [add_user(strict, "member%d" % i)["id"] for i in range(4)]
    group = strict.post("/Groups", {"schemas": [URN_GROUP], "displayName": "Members",
                                    "members": [{"value": i} for i in ids[:3]]}).group(201)

    def patch(*operations):
        return change(strict, group, *operations, endpoint="Groups")

    patch({"op": "remove", "path": 'members[value eq "%s"]' % ids[0]}).error(400, "invalidPath")
    patch({"op": "remove", "path": 'members[type eq "User"].value'}).error(400, "invalidFilter")
    patch({"op": "remove", "path": 'members[value eq "%s" or value eq "%s"].value' % tuple(ids[:2])
           }).error(400, "invalidFilter")
    assert member_ids(strict.get("/Groups/" + group["id"]).group()) == set(ids[:3])
    got = patch({"op": "remove", "path": 'members[value eq "%s"].value' % ids[0]},
                {"op": "add", "path": "members", "value": [{"value": ids[3]}]})
    assert member_ids(got.group()) == {ids[1], ids[2], ids[3]}
    got = patch({"op": "remove", "path": "members", "value": [{"value": ids[1]}]})
    assert member_ids(got.group()) == {ids[2], ids[3]}
    got = patch(replace("members", [{"value": ids[0]}]))
    assert member_ids(got.group()) == {ids[0]}


# ---- A13: life and death ----

def test_170_A13_patch_never_deletes(strict):
    user = add_user(strict, "kept", active=True)
    change(strict, user, replace("active", False)).user()
    got = strict.get("/Users/" + user["id"]).user()
    assert got["active"] is False and got["userName"] == user["userName"]
    assert [u["id"] for u in strict.all("Users")] == [user["id"]]


def test_170_A13_delete_deletes(strict):
    user = add_user(strict, "gone")
    group = strict.post("/Groups", {"schemas": [URN_GROUP], "displayName": "Gone"}).group(201)
    for path in ("/Users/" + user["id"], "/Groups/" + group["id"]):
        assert strict.delete(path).status == 204
        strict.get(path).error(404)
        strict.delete(path).error(404)
        strict.patch(path, replace("displayName", "Back")).error(404)
    assert strict.list("Users")["totalResults"] == 0 and not strict.all("Groups")
    assert add_user(strict, "gone")["id"] != user["id"]
    strict.post("/Groups", {"schemas": [URN_GROUP], "displayName": "gone"}).group(201)


# ---- A14: conflicts ----

def test_170_A14_conflicts(strict):
    add_user(strict, "first")
    second = add_user(strict, "second")
    strict.post("/Users", user_body("First")).error(409, "uniqueness")
    change(strict, second, replace("userName", "FIRST@example.com")).error(409, "uniqueness")
    strict.post("/Groups", {"schemas": [URN_GROUP], "displayName": "One"}).group(201)
    strict.post("/Groups", {"schemas": [URN_GROUP], "displayName": "oNE"}).error(409, "uniqueness")


# ---- A15: TLS; its version is httpd's SSLProtocol ----

def test_170_A15_plain_http_is_refused(take):
    from test_020_auth import own_address
    address = own_address()
    if address is None:
        pytest.skip("this machine has no address besides loopback")
    tenant = take("interop_tls")
    tenant.base = tenant.base.replace("127.0.0.1", address)
    tenant.scim().get("/Users").error(403)
