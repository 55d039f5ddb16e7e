# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Attribute rules: what a tenant asks of values holds in POST, PUT, PATCH and Bulk alike, and its
schemas tell of it."""

import copy
import threading

import pytest

import conf
from scim_http import Scim
from okta_wire import URN_ENTERPRISE, URN_GROUP, URN_USER, quote

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
NUMBER = URN_ENTERPRISE + ":employeeNumber"


@pytest.fixture
def scim(take):
    return take("ruled").scim()


def user(**more):
    body = {"schemas": [URN_USER], "userName": "jane@example.com", "externalId": "e-1",
            "userType": "user", "name": {"givenName": "Jane", "familyName": "Doe"},
            "emails": [{"value": "jane@example.com", "type": "work", "primary": True}],
            "active": True}
    body.update(more)
    return {k: v for k, v in body.items() if v is not None}


def add(scim, **more):
    return scim.post("/Users", user(**more)).user(201)


def stored(scim, got):
    return scim.get("/Users/" + got["id"]).user(200)


# ---- one value, every way in ----

def told(answer):
    return answer.status, answer.json


def by_post(scim, name, value):
    return told(scim.post("/Users", user(**{name: value})))


def by_put(scim, name, value):
    got = add(scim)
    return told(scim.put("/Users/" + got["id"], user(**{name: value})))


def by_patch(scim, name, value):
    got = add(scim)
    return told(scim.patch("/Users/" + got["id"], {"op": "replace", "path": name, "value": value}))


def by_patch_without_path(scim, name, value):
    got = add(scim)
    return told(scim.patch("/Users/" + got["id"], {"op": "replace", "value": {name: value}}))


def by_bulk(scim, name, value):
    answer = scim.post("/Bulk", {"schemas": [BULK], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "u", "data": user(**{name: value})}]})
    done = answer.must_be(200).json["Operations"][0]
    return int(done["status"]), done.get("response")


WAYS = [by_post, by_put, by_patch, by_patch_without_path, by_bulk]
BAD = [
    ("userType", "boss", "userType must be admin, user or view. Ask for a seat (400.9)."),
    ("name", {"givenName": "J" * 21, "familyName": "Doe"},
     "name.givenName must not be longer than 20 characters."),
    ("name", {"givenName": "Jane", "familyName": "D"},
     "name.familyName must have at least 2 characters."),
    ("name", {"givenName": "Jane", "familyName": "Do_e"},
     "name.familyName must not contain any of _#%."),
    ("emails", [{"value": "not an address", "primary": True}],
     "emails[primary eq true].value must be an e-mail address."),
    ("preferredLanguage", "english", "preferredLanguage must be a language code such as en or "
                                     "en-GB."),
    ("addresses", [{"type": "work", "country": "Utopia"}],
     "addresses[type eq \"work\"].country must be a country code of two letters such as GB."),
    ("timezone", "Europe/Atlantis", "timezone must be a time zone such as Europe/London."),
    (NUMBER, "12345", "employeeNumber must match the pattern [0-9]{6}."),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name,value,said", BAD, ids=[b[0].split(":")[-1] + str(i)
                                                     for i, b in enumerate(BAD)])
def test_230_01_a_wrong_value_is_refused(scim, way, name, value, said):
    status, error = way(scim, name, value)
    assert status == 400 and error["scimType"] == "invalidValue" and error["detail"] == said
    assert scim.list("Users")["totalResults"] == (0 if way in (by_post, by_bulk) else 1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name,value,kept", [
    ("userType", "ADMIN", "admin"), ("preferredLanguage", "en-GB", "en-GB"),
    ("addresses", [{"type": "work", "country": "gb"}, {"type": "home", "country": "Utopia"}],
     [{"country": "GB", "type": "work"}, {"country": "Utopia", "type": "home"}]),
    ("timezone", "America/New_York", "America/New_York"), (NUMBER, "123456", "123456")])
def test_230_02_a_right_value_is_kept_in_its_spelling(scim, way, name, value, kept):
    assert way(scim, name, value)[0] in (200, 201)
    got = scim.list("Users")["Resources"][0]
    assert (got[URN_ENTERPRISE]["employeeNumber"] if name == NUMBER else got[name]) == kept


# ---- required ----

MISSING = [("userType", None), ("externalId", None), ("name.givenName", {"familyName": "Doe"}),
           ("name.familyName", {"givenName": "Jane"}), ("emails[primary eq true].value", None)]


@pytest.mark.parametrize("path,value", MISSING)
def test_230_03_required(scim, path, value):
    name = path.split(".")[0].split("[")[0]
    answer = scim.post("/Users", user(**{name: value}))
    assert answer.error(400, "invalidValue")["detail"].startswith(path + " is required.")
    got = add(scim)
    answer = scim.put("/Users/" + got["id"], user(**{name: value}))
    if path == "externalId":
        assert answer.user(200)["externalId"] == "e-1"  # immutable too: not given, it stays
        path = "userType"
    else:
        answer.error(400, "invalidValue")
    answer = scim.patch("/Users/" + got["id"], {"op": "remove", "path": path})
    answer.error(400, "mutability")
    assert stored(scim, got)["userType"] == "user"


def test_230_04_the_primary_address_may_say_so_in_words(scim):
    add(scim, emails=[{"value": "jane@example.com", "primary": "True"}])
    scim.post("/Users", user(userName="b", externalId="b", emails=[
        {"value": "jane@example.com", "type": "work"}])).error(400, "invalidValue")


# ---- immutable ----

def test_230_05_immutable(scim):
    got = add(scim, title="Boss")
    url = "/Users/" + got["id"]
    scim.put(url, user(externalId="e-2")).error(400, "mutability")
    scim.patch(url, {"op": "replace", "path": "externalId", "value": "e-2"}) \
        .error(400, "mutability")
    scim.patch(url, {"op": "replace", "value": {"title": "Other"}}).error(400, "mutability")
    scim.put(url, user(title="Boss", displayName="Same")).user(200)
    scim.patch(url, {"op": "replace", "path": "externalId", "value": "e-1"}).user(200, 204)
    assert scim.get(url + "?attributes=title").json["title"] == "Boss"


def test_230_06_immutable_for_groups(scim):
    body = {"schemas": [URN_GROUP], "displayName": "Sales", "externalId": "g-1"}
    got = scim.post("/Groups", body).group(201)
    scim.put("/Groups/" + got["id"], dict(body, externalId="g-2")).error(400, "mutability")
    scim.put("/Groups/" + got["id"], dict(body, displayName="Sellers")).group(200)
    scim.patch("/Groups/" + got["id"], {"op": "replace", "path": "displayName",
                                        "value": "x" * 41}).error(400, "invalidValue")


# ---- readonly, default, returned ----

def test_230_07_readonly(scim):
    got = add(scim, roles=[{"value": "root"}])
    assert "roles" not in got
    answer = scim.patch("/Users/" + got["id"], {"op": "add", "path": "roles",
                                                "value": [{"value": "root"}]})
    answer.error(400, "mutability")


def test_230_08_default(scim):
    got = add(scim)
    assert got["timezone"] == "Europe/London"
    url = "/Users/" + got["id"]
    scim.patch(url, {"op": "replace", "path": "timezone", "value": "Asia/Tokyo"})
    assert stored(scim, got)["timezone"] == "Asia/Tokyo"
    assert scim.put(url, user()).user(200)["timezone"] == "Europe/London"


def test_230_09_returned(scim):
    got = add(scim, nickName="JD", title="Boss")
    assert not {"nickName", "title"} & set(got)
    for query in ("", "?attributes=nickName,title"):
        one = scim.get("/Users/%s%s" % (got["id"], query)).json
        assert "nickName" not in one and ("title" in one) == bool(query)
    assert "nickName" not in scim.list("Users")["Resources"][0]
    assert scim.find("Users", "title eq \"boss\"")[0]["id"] == got["id"]
    scim.get("/Users?filter=" + quote("nickName eq \"JD\"")).error(403, "sensitive")


def test_230_10_members_only_on_request(scim):
    one = add(scim)
    got = scim.add_group("Sales", [one["id"]])
    assert "members" not in got
    url = "/Groups/" + got["id"]
    assert "members" not in scim.get(url).json
    assert scim.get(url + "?attributes=members").json["members"][0]["value"] == one["id"]
    assert "members" not in scim.list("Groups")["Resources"][0]
    assert stored(scim, one)["groups"][0]["value"] == got["id"]
    answer = scim.patch(url, {"op": "remove", "path": "members[value eq \"%s\"]" % one["id"]})
    answer.must_be(200, 204)
    assert "members" not in scim.get(url + "?attributes=members").json


# ---- what the schema says ----

def attributes(scim, urn=URN_USER):
    schema = scim.get("/Schemas/" + urn).json
    return {a["name"]: a for a in schema["attributes"]}


def subs(attribute):
    return {a["name"]: a for a in attribute["subAttributes"]}


def test_230_11_schemas_tell_of_the_rules(scim):
    attrs = attributes(scim)
    assert attrs["userType"]["required"] and not attrs["userType"]["caseExact"]
    assert attrs["userType"]["canonicalValues"] == ["admin", "user", "view"]
    assert attrs["name"]["required"] and subs(attrs["name"])["givenName"]["required"]
    assert attrs["emails"]["required"] and not subs(attrs["emails"])["value"]["required"]
    assert attrs["title"]["mutability"] == "immutable" and attrs["title"]["returned"] == "request"
    assert attrs["nickName"]["returned"] == "never"
    assert attrs["roles"]["mutability"] == "readOnly"
    assert attributes(scim, URN_GROUP)["members"]["returned"] == "request"


# ---- what was there before ----

def late(env, places):
    """Places of one tenant: a without rules, b with a rule, c where little is offered."""
    return (Scim(env.base(path="/t/late/%s/scim/v2" % c), conf.token_of("late")) for c in places)


def test_230_12_a_patch_is_not_blamed_for_what_was_so_before(env):
    """A tenant's data from before its rules: it has a place without them, too."""
    plain, scim = late(env, "ab")
    old = plain.add_user("old", userType="boss", title="Clerk")
    url = "/Users/" + old["id"]
    scim.patch(url, {"op": "replace", "value": {"active": False}}).must_be(200, 204)
    assert scim.get(url).json["active"] is False
    scim.patch(url, {"op": "replace", "path": "userType", "value": "chief"}) \
        .error(400, "invalidValue")
    assert scim.get(url).json["userType"] == "boss"
    scim.put(url, dict(plain.get(url).json, displayName="x")).error(400, "invalidValue")
    scim.put(url, dict(plain.get(url).json, userType="USER")).user(200)
    assert plain.get(url).json["userType"] == "user"


# ---- what is not offered ----

OTHERS = {"displayName": "Jane", "nickName": "J", "title": "Boss",
          "phoneNumbers": [{"value": "1", "type": "work"}],
          URN_ENTERPRISE: {"department": "Sales"}}
MORE = {"schemas": [URN_USER, URN_ENTERPRISE], "userName": "jane", "externalId": "e",
        "active": True, "userType": "any", "name": {"givenName": "Jane", "familyName": "Doe"},
        "emails": [{"value": "j@example.com", "type": "work", "primary": True}], **OTHERS}


def test_230_20_others_are_ignored_without_a_trace(take):
    scim = take("offered").scim()
    got = scim.post("/Users", MORE).user(201)
    assert set(got) == {"schemas", "id", "externalId", "meta", "userName", "active", "userType",
                        "name", "emails", "title"}
    assert got["name"] == {"givenName": "Jane"} and got["schemas"] == [URN_USER]
    url = "/Users/" + got["id"]
    operations = [{"op": "replace", "path": name, "value": value} for name, value in
                  (("displayName", "J"), (URN_ENTERPRISE + ":department", "x"),
                   ("phoneNumbers[type eq \"work\"].value", "2"), ("name.familyName", "D"))]
    scim.patch(url, *operations).must_be(200, 204)
    scim.put(url, MORE).user(200)
    assert set(scim.get(url).json) == set(got)


def test_230_21_others_are_refused_by_name(take):
    scim = take("offered_only").scim()
    detail = scim.post("/Users", MORE).error(400, "invalidValue")["detail"]
    for name in ("displayName", "nickName", "title", "phoneNumbers", "name.familyName",
                 URN_ENTERPRISE):
        assert name in detail
    good = {k: v for k, v in MORE.items() if k not in OTHERS}
    good = dict(copy.deepcopy(good), name={"givenName": "Jane"}, nickName=None)
    got = scim.post("/Users", good).user(201)
    url = "/Users/" + got["id"]
    scim.put(url, dict(good, title="x")).error(400, "invalidValue")
    scim.patch(url, {"op": "add", "path": "title", "value": "x"}).error(400, "invalidValue")
    scim.patch(url, {"op": "add", "value": {"title": "x"}}).error(400, "invalidValue")
    scim.put(url, scim.get(url).json).user(200)


@pytest.mark.parametrize("flavour", ["offered", "offered_only"])
def test_230_22_discovery_and_filters_do_not_know_them(take, flavour):
    scim = take(flavour).scim()
    attrs = attributes(scim)
    assert not {"displayName", "password", "phoneNumbers"} & set(attrs)
    assert ("title" in attrs) == (flavour == "offered")
    assert set(subs(attrs["name"])) == {"givenName"}
    assert scim.get("/Schemas/" + URN_ENTERPRISE).status == 404
    types = {t["name"]: t for t in scim.list("ResourceTypes")["Resources"]}
    assert types["User"]["schemaExtensions"] == []
    scim.get("/Users?filter=" + quote("displayName eq \"x\"")).error(400, "invalidFilter")
    scim.get("/Users?filter=" + quote("userName eq \"x\"")).must_be(200)


def test_230_23_a_list_can_come_and_go(env):
    plain, scim = late(env, "ac")
    old = plain.add_user("kept", nickName="K", title="Clerk")
    url = "/Users/" + old["id"]
    mail = "emails.value eq \"kept@example.com\""
    scim.patch(url, {"op": "replace", "path": "title", "value": "Head"},
               {"op": "replace", "path": "nickName", "value": "x"}).must_be(200, 204)
    scim.get("/Users?filter=" + quote(mail)).error(400, "invalidFilter")
    got = plain.find("Users", mail)
    assert [u["id"] for u in got] == [old["id"]]
    assert got[0]["nickName"] == "K" and got[0]["title"] == "Head"
    assert got[0]["emails"] == old["emails"]
    scim.put(url, {"schemas": [URN_USER], "userName": old["userName"]}).user(200)
    assert not plain.find("Users", mail) and "emails" not in plain.get(url).json


# ---- many at once ----

def test_230_30_rules_hold_for_everybody_at_once(take):
    tenant = take("ruled")
    wrong = []

    def one(i):
        scim = tenant.scim()
        for j in range(5):
            name = "u%d-%d" % (i, j)
            good = (i + j) % 2 == 0
            answer = scim.post("/Users", user(
                userName=name, externalId=name, userType="user" if good else "boss",
                **{NUMBER: "123456" if good else "12x456"}))
            if answer.status != (201 if good else 400):
                wrong.append(answer.raw)
        scim.close()

    threads = [threading.Thread(target=one, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert tenant.scim().list("Users")["totalResults"] == 20
