# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""conf/examples/condeco.conf behaves like Condeco: a test for each of the rows E1 to E24."""

import base64
import json

import pytest

from okta_app import EXTENSION, deactivate, login, new_token, profile, reactivate
from okta_wire import URN_USER, member_ids, quote

TENANT = "condeco"
DOMAIN = "condeco.example"
BASE = "/scim/api/V1"
CUSTOM = "urn:example:scim:schemas:extension:condeco:2.0:User"
SECRET = {"condeco-jwt.secret": "0123456789abcdef0123456789abcdef0123456789abcdef\n"}


@pytest.fixture
def example(serve):
    return serve("condeco", SECRET)


def signed(example, *options):
    """A JWT of the token provider; its claims and public id."""
    made = json.loads(example.scimctl("jwt", "issue", "--tenant", TENANT, "--subject", "okta",
                                      "--json", *options))
    part = made["token"].split(".")[1]
    return made, json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.fixture(scope="session")
def token(serve):
    return signed(serve("condeco", SECRET))[0]["token"]


@pytest.fixture
def scim(example, token):
    return example.tenant(BASE, token).scim()


@pytest.fixture
def okta(example, token):
    return example.tenant(BASE, token).okta("oin")


def person(name="eve", **more):
    return profile(login(name, DOMAIN), "Eve", "Example", **more)


def row(example, user_name, columns="first_name, last_name, email, status"):
    rows = example.db.query("SELECT %s FROM condeco_person WHERE login = '%s'" % (
        columns, user_name))
    assert len(rows) <= 1
    return rows[0] if rows else None


def test_e1_the_base_with_an_upper_case_v1(example, scim):
    user = scim.post("/Users", person("e1")).user(201)
    assert user["meta"]["location"] == example.url(BASE) + "/Users/" + user["id"]


@pytest.mark.parametrize("base", [BASE, "/scim/api/v1"])
@pytest.mark.parametrize("endpoint", ["/users", "/groups", "/serviceproviderconfig",
                                      "/resourcetypes", "/schemas"])
def test_e2_endpoints_in_lower_case(example, token, base, endpoint):
    assert example.tenant(base, token).scim().get(endpoint).status == 200


def test_e2_ids_are_opaque(scim):
    """Who was there before has the application's own number; others have what they were given."""
    user = scim.find("Users", 'userName eq "EARLY@condeco.example"')[0]
    group = scim.find("Groups", 'displayName eq "first floor"')[0]
    assert (user["id"], group["id"]) == ("265", "G602")
    assert scim.get("/users/265").user()["userName"] == "early@condeco.example"
    assert scim.patch("/groups/G602", {"op": "add", "path": "members", "value": [
        {"value": "265"}]}).status == 200
    scim.patch("/groups/G602", {"op": "remove", "path": "members"})
    assert scim.post("/Users", person("e2")).user(201)["id"] != "266"


def test_e3_a_signed_token_is_issued(example):
    made, claims = signed(example)
    assert claims["iss"] == "SCIMCondeco" and claims["aud"] == "condeco-scim-client"
    assert example.tenant(BASE, made["token"]).scim().get("/Users?count=1").status == 200


@pytest.mark.parametrize("seconds,good", [("60", True), ("315360000", True), ("59", False),
                                          ("315360001", False)])
def test_e4_life_times_are_bounded(example, seconds, good):
    if good:
        _, claims = signed(example, "--expires", seconds + "s")
        assert claims["exp"] - claims["iat"] == int(seconds)
    else:
        example.scimctl("jwt", "issue", "--tenant", TENANT, "--subject", "okta", "--expires",
                        seconds + "s", code=1)


def forge(claims, header=None, key=None):
    import hashlib
    import hmac

    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")
    text = part(header or {"alg": "HS256", "typ": "JWT"}) + b"." + part(claims)
    seal = hmac.new(key or SECRET["condeco-jwt.secret"].strip().encode(), text, hashlib.sha256)
    return (text + b"." + base64.urlsafe_b64encode(seal.digest()).rstrip(b"=")).decode()


@pytest.mark.parametrize("change", [
    {"iss": "Somebody"}, {"aud": "another-client"}, {"exp": 1}, {"aud": None}, {"exp": None},
    {"iss": None}], ids=str)
def test_e5_what_a_token_must_say(example, change):
    _, claims = signed(example)
    good = forge(claims)
    assert example.tenant(BASE, good).scim().get("/Users?count=1").status == 200
    claims = {k: v for k, v in {**claims, **change}.items() if v is not None}
    assert example.tenant(BASE, forge(claims)).scim().get("/Users?count=1").status == 401


def test_e5_algorithms_are_fixed_and_keys_are_the_providers(example):
    _, claims = signed(example)
    for bad in (forge(claims, {"alg": "none"}).rsplit(".", 1)[0] + ".",
                forge(claims, {"alg": "HS512"}), forge(claims, key=b"x" * 48)):
        assert example.tenant(BASE, bad).scim().get("/Users?count=1").status == 401


def test_e5_a_revoked_token_is_refused(example, scim):
    made, claims = signed(example, "--expires", "315360000s")
    client = example.tenant(BASE, made["token"]).scim()
    assert client.get("/Users?count=1").status == 200
    example.scimctl("jwt", "revoke", "--tenant", TENANT, claims["jti"])
    assert client.get("/Users?count=1").status == 401
    assert scim.get("/Users?count=1").status == 200


def test_e6_test_api_credentials(okta):
    okta.test_credentials()
    okta.test_refused()


def test_e7_a_user_name_is_unique(scim):
    body = person("e7")
    scim.post("/Users", body).user(201)
    error = scim.post("/Users", {**body, "externalId": "another"}).error(409, "uniqueness")
    assert "userName" in error["detail"]


def test_e8_deactivated_and_deleted(example, scim):
    user = scim.post("/Users", person("e8")).user(201)
    assert deactivate(scim, user["id"]).user()["active"] is False
    assert row(example, user["userName"])[3] == "INACTIVE"
    assert reactivate(scim, user["id"]).user()["active"] is True
    assert row(example, user["userName"])[3] == "ACTIVE"
    assert scim.delete("/Users/" + user["id"]).status == 204
    assert scim.get("/Users/" + user["id"]).status == 404


@pytest.mark.parametrize("change,name", [
    ({"userName": None}, "userName"), ({"name": {"familyName": "Example"}}, "givenName"),
    ({"name": {"givenName": "Eve"}}, "familyName"), ({"emails": None}, "emails"),
    ({"emails": [{"value": "eve@condeco.example", "type": "work"}]}, "emails"),
    ({"emails": [{"value": "not an address", "primary": True}]}, "emails")])
def test_e9_what_must_be_mapped(scim, change, name):
    body = {k: v for k, v in {**person("e9"), **change}.items() if v is not None}
    assert name in scim.post("/Users", body).error(400, "invalidValue")["detail"]


def test_e9_primary_may_be_a_string(example, scim):
    body = person("e9")
    body["emails"] = [{"value": body["userName"], "primary": "True"}]
    user = scim.post("/Users", body).user(201)
    assert user["emails"][0]["primary"] is True
    assert row(example, user["userName"])[2] == body["userName"]
    change = {"op": "replace", "path": 'emails[primary eq "True"].value',
              "value": "new." + body["userName"]}
    assert scim.patch("/Users/" + user["id"], change).status == 200
    assert row(example, user["userName"])[2] == "new." + body["userName"]


def test_e10_external_id_is_fixed_after_creation(scim, okta):
    user = scim.post("/Users", person("e10")).user(201)
    okta.push_profile(user["id"], {"name": {"givenName": "Same", "familyName": "Id"}})
    for change in (scim.put("/Users/" + user["id"], {**user, "externalId": "other"}),
                   scim.patch("/Users/" + user["id"],
                              {"op": "replace", "path": "externalId", "value": "other"})):
        assert "externalId" in change.error(400, "mutability")["detail"]
    body = person("e10")
    body.pop("externalId")
    assert "externalId" in scim.post("/Users", body).error(400, "invalidValue")["detail"]
    group = scim.post("/Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                                  "displayName": "E10", "externalId": "g1"}).group(201)
    scim.put("/Groups/" + group["id"], {**group, "externalId": "g2"}).error(400, "mutability")
    scim.delete("/Groups/" + group["id"])


def test_e11_optional_attributes(example, scim):
    more = {EXTENSION: {"department": "Rooms", "costCenter": "4711"}, "preferredLanguage": "de",
            "addresses": [{"type": "work", "country": "DE", "locality": "Berlin"}],
            "phoneNumbers": [{"type": "work", "value": "+49 30 1234", "primary": True},
                             {"type": "mobile", "value": "0151-1234"},
                             {"type": "cell", "value": "0152 1"}]}
    user = scim.post("/Users", person("e11", **more)).user(201)
    for name, value in more.items():
        assert user[name] == value
    assert row(example, user["userName"], "department, language") == ("Rooms", "de")


@pytest.mark.parametrize("language,good", [("en", True), ("en-GB", True), ("eng", False),
                                           ("English", False), ("en_GB", False), ("xx", False)])
def test_e12_a_language_of_iso_639_1(scim, language, good):
    answer = scim.post("/Users", person("e12", preferredLanguage=language))
    if good:
        assert answer.user(201)["preferredLanguage"] == language
    else:
        error = answer.error(400, "invalidValue")
        assert "preferredLanguage" in error["detail"] and language not in error["detail"].split()


def test_e13_optional_attributes_may_be_absent_and_others_are_ignored(scim):
    user = scim.post("/Users", person("e13", title="Engineer", nickName="Eve")).user(201)
    assert not {"title", "nickName", "preferredLanguage"} & set(user)


def test_e14_active_unless_told_otherwise(scim):
    assert scim.post("/Users", person("e14", active=None)).user(201)["active"] is True


def test_e15_a_schema_of_the_tenants_own(scim):
    user = scim.post("/Users", person("e15", **{CUSTOM: {"group": "A", "floor": "3"}})).user(201)
    assert user[CUSTOM] == {"group": "A", "floor": "3"}
    assert CUSTOM in [s["id"] for s in scim.list("Schemas")["Resources"]]
    types = {t["name"]: t for t in scim.list("ResourceTypes")["Resources"]}
    assert CUSTOM in [e["schema"] for e in types["User"]["schemaExtensions"]]


def test_e16_nobody_is_made_an_administrator(example, scim):
    more = {"userType": "Administrator", "roles": [{"value": "admin"}], "is_admin": True}
    user = scim.post("/Users", person("e16", **more)).user(201)
    assert row(example, user["userName"], "is_admin") == ("0",)


def test_e17_a_group_is_pushed_with_its_members(example, scim, okta):
    users = [scim.post("/Users", person("e17")).user(201) for _ in range(3)]
    group = okta.create_group("E17", [u["id"] for u in users])["id"]
    stored = example.db.query("SELECT p.login FROM condeco_group g JOIN condeco_group_member m ON "
                              "m.group_id = g.group_id JOIN condeco_person p ON p.person_id = "
                              "m.person_id WHERE g.name = 'E17'")
    assert {name for name, in stored} == {u["userName"] for u in users}
    okta.delete_group(group)


def test_e18_members_where_they_are_asked_for(scim):
    user = scim.post("/Users", person("e18")).user(201)
    group = scim.post("/Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                                  "displayName": "E18", "members": [{"value": user["id"]}]})
    ident = group.group(201)["id"]
    assert "members" not in scim.get("/Groups/" + ident).group()
    asked = scim.get("/Groups/" + ident + "?attributes=members").json
    assert member_ids(asked) == {user["id"]}
    scim.delete("/Groups/" + ident)


def test_e19_no_groups_in_groups_and_a_name_by_add_too(scim):
    inner, outer = scim.add_group("E19 inner"), scim.add_group("E19 outer")
    path = "/Groups/" + outer["id"]
    assert "member of another group" in scim.patch(path, {
        "op": "add", "path": "members", "value": [{"value": inner["id"]}]}).error(400)["detail"]
    answer = scim.patch(path, {"op": "add", "path": "displayName", "value": "E19 renamed"})
    answer.must_be(200, 204)
    assert scim.get(path).group()["displayName"] == "E19 renamed"
    for group in (inner, outer):
        scim.delete("/Groups/" + group["id"])


def test_e20_what_the_original_cannot_works_here(scim):
    user = scim.post("/Users", person("e20")).user(201)
    text = 'userName eq "%s" and not (active eq false)' % user["userName"]
    assert [u["id"] for u in scim.find("Users", text, "sortBy=userName")] == [user["id"]]
    assert "invalidFilter" == scim.get("/Users?filter=" + quote("userName near 1")).error(400)[
        "scimType"]


def test_e21_service_provider_config(scim):
    got = scim.get("/ServiceProviderConfig").json
    assert got["patch"]["supported"] is True
    assert got["bulk"]["maxOperations"] == 1000 and got["bulk"]["maxPayloadSize"] == 1048576
    assert got["filter"]["supported"] is True and got["filter"]["maxResults"] == 200
    assert got["changePassword"]["supported"] is False
    assert [s["type"] for s in got["authenticationSchemes"]] == ["oauthbearertoken"]


def test_e22_phone_numbers_come_back_as_they_were_sent(scim):
    number = "004930123456"
    user = scim.post("/Users", person("e22", phoneNumbers=[{"type": "work", "value": number}]))
    assert user.user(201)["phoneNumbers"][0]["value"] == number


def test_e23_a_second_client_is_refused(example):
    secret, ident = new_token(example, TENANT)
    example.scimctl("token", "create", "--tenant", TENANT, "--label", "second", code=1)
    assert example.tenant(BASE, secret).scim().get("/Users?count=1").status == 200
    example.scimctl("token", "revoke", "--tenant", TENANT, ident)
    _, ident = new_token(example, TENANT)
    example.scimctl("token", "revoke", "--tenant", TENANT, ident)


def test_e24_forbidden_characters(scim):
    body = person("e24")
    for bad in ("eve#1@condeco.example", "eve%@condeco.example", "eve(x)@condeco.example"):
        body["emails"] = [{"value": bad, "primary": True}]
        assert "emails" in scim.post("/Users", body).error(400, "invalidValue")["detail"]
    body = {**person("e24"), "name": {"givenName": "Eve_1", "familyName": "Example"}}
    assert "givenName" in scim.post("/Users", body).error(400, "invalidValue")["detail"]


def test_e24_one_administrator_remains(scim):
    admins = [scim.post("/Users", person("admin", userType="admin")).user(201) for _ in range(2)]
    assert deactivate(scim, admins[0]["id"]).status == 200
    for answer in (deactivate(scim, admins[1]["id"]), scim.delete("/Users/" + admins[1]["id"]),
                   scim.patch("/Users/" + admins[1]["id"],
                              {"op": "replace", "path": "userType", "value": "user"})):
        assert answer.status in (400, 403) and "userType" in answer.detail()
    assert reactivate(scim, admins[0]["id"]).status == 200
    assert deactivate(scim, admins[1]["id"]).status == 200
