# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""ScimProfile ipsie: the rows of the IPSIE AL SCIM 2.0 Profile that are protocol, B2 to B10.

docs/profiles.md has the rows, and says why B1, B11 and B12 are not here.
"""

import pytest

from okta_wire import URN_GROUP, URN_USER, member_ids, quote
from test_010_config import GOOD, configtest
from test_170_interop import add_user, change, replace, user_body


@pytest.fixture
def ipsie(take):
    """A client of a fresh tenant with ScimProfile ipsie."""
    return take("ipsie").scim()


def add_group(scim, name, members=()):
    return scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": name,
                                 "members": [{"value": m} for m in members]}).group(201)


# ---- B2: the interoperability profile as well ----

def test_171_B2_interop_too(ipsie):
    assert ipsie.get("/ServiceProviderConfig").json["interopProfileConformant"] is True
    user = add_user(ipsie, "b2")
    change(ipsie, user, {"op": "replace", "value": {"active": False}}).error(400, "invalidSyntax")
    ipsie.post("/Users", user_body("b2x", shoeSize=1)).error(400, "invalidSyntax")
    change(ipsie, user, {"op": "remove", "path": 'emails[type eq "work"]'}
           ).error(400, "invalidPath")


# ---- B3: rate limits ----

def test_171_B3_the_limit_allows_a_burst(ipsie):
    """200 at once, whatever the time they take: well above 25 in a second."""
    assert {ipsie.get("/Users?count=0").status for _ in range(200)} == {200}


def test_171_B3_limits_are_on(take, log):
    scim = take("ipsie_slow").scim()
    log.expect("SCIM3161")
    for _ in range(2000):
        answer = scim.get("/ServiceProviderConfig")
        if answer.status == 429:
            assert answer.headers["Retry-After"] == "1"
            answer.error(429)
            return
    raise AssertionError("2000 requests without a pause, and none was refused")


@pytest.mark.parametrize("line,other", [
    ("ScimRateLimit Off", "ScimRateLimit"), ("ScimRateLimit 24/1 1000", "ScimRateLimit"),
    ("ScimRateLimit 1499/60", "ScimRateLimit"), ("ScimMaxOperations 49", "ScimMaxOperations"),
    ("ScimUnknownAttributes ignore", "ScimUnknownAttributes"), ("ScimRequireTLS Off", "RequireTLS"),
    ("ScimPageSize 50", "ScimPageSize")])
def test_171_B3_B5_a_contradiction_is_refused(tmp_path, line, other):
    code, said = configtest(tmp_path, GOOD + "ScimProfile ipsie\n" + line)
    about = [text for text in said.splitlines() if "SCIM3163" in text]
    assert code != 0 and len(about) == 1, said
    assert "ScimProfile ipsie" in about[0] and other in about[0], said


@pytest.mark.parametrize("line", ["", "ScimRateLimit 25/1", "ScimRateLimit 1500/60 10",
                                  "ScimMaxOperations 50"])
def test_171_B3_B5_what_agrees_is_accepted(tmp_path, line):
    code, said = configtest(tmp_path, GOOD + "ScimProfile ipsie\n" + line)
    assert code == 0, said


# ---- B4: bulk ----

def test_171_B4_bulk_is_as_announced(ipsie):
    announced = ipsie.get("/ServiceProviderConfig").json["bulk"]["supported"]
    answer = ipsie.post("/Bulk", {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{"method": "POST", "path": "/Users", "bulkId": "a",
                        "data": user_body("bulk")}]})
    assert answer.status == (200 if announced else 501)


# ---- B5: PATCH ----

def test_171_B5_several_attributes(ipsie):
    user = add_user(ipsie, "b5", emails=[{"value": "b5@example.com", "type": "work"}])
    got = change(ipsie, user, replace("title", "T"), replace("displayName", "D"),
                 replace("name.givenName", "G"), replace("active", False),
                 replace('emails[type eq "work"].value', "new@example.com")).user()
    assert (got["title"], got["displayName"], got["name"], got["active"]) == (
        "T", "D", {"givenName": "G"}, False)
    assert got["emails"][0]["value"] == "new@example.com"


def test_171_B5_fifty_member_operations(ipsie):
    ids = [add_user(ipsie, "m%02d" % i)["id"] for i in range(50)]
    group = add_group(ipsie, "Fifty", ids[:25])
    got = change(ipsie, group, *(
        [{"op": "remove", "path": 'members[value eq "%s"].value' % i} for i in ids[:25]] +
        [{"op": "add", "path": "members", "value": [{"value": i}]} for i in ids[25:]]),
                 endpoint="Groups")
    assert member_ids(got.group()) == set(ids[25:])


# ---- B6: deactivation ----

def test_171_B6_deactivate_and_reactivate(ipsie):
    user = add_user(ipsie, "b6", active=True)
    assert change(ipsie, user, replace("active", False)).user()["active"] is False
    assert ipsie.get("/Users/" + user["id"]).user()["active"] is False
    assert [u["id"] for u in ipsie.find("Users", "active eq false")] == [user["id"]]
    assert change(ipsie, user, replace("active", True)).user()["active"] is True


# ---- B7: a name is free again ----

def test_171_B7_the_same_name_again(ipsie):
    user = add_user(ipsie, "b7")
    assert ipsie.delete("/Users/" + user["id"]).status == 204
    assert add_user(ipsie, "b7")["id"] != user["id"]


# ---- B8: users by filter ----

def test_171_B8_users_by_filter(ipsie):
    user = add_user(ipsie, "b8", externalId="x-8", emails=[
        {"value": "work@example.com", "type": "work"}, {"value": "home@example.com",
                                                        "type": "home"}])
    add_user(ipsie, "b8other", externalId="x-9", emails=[
        {"value": "work@example.com", "type": "home"}, {"value": "else@example.com",
                                                        "type": "work"}])
    for text in ('userName eq "B8@example.com"', 'externalId eq "x-8"',
                 'emails[value eq "home@example.com"]',
                 'emails[type eq "work" and value eq "WORK@example.com"]'):
        assert [u["id"] for u in ipsie.find("Users", text)] == [user["id"]], text
    assert not ipsie.find("Users", 'emails[type eq "home" and value eq "none@example.com"]')


def test_171_B8_the_index_serves_type_and_value(take):
    """More users than a list may look at: the filter finds its one all the same."""
    scim = take("short_scan").scim()  # ScimMaxScan 5
    for i in range(12):
        scim.post("/Users", user_body("scan%d" % i, emails=[
            {"value": "scan%d@example.com" % i, "type": "work"}])).user(201)
    found = scim.find("Users", 'emails[type eq "work" and value eq "scan7@example.com"]')
    assert [u["userName"] for u in found] == ["scan7@example.com"]
    scim.get("/Users?filter=" + quote('emails[type eq "work"]')).error(400, "tooMany")


# ---- B9: attributes, and no password ----

def test_171_B9_no_password(ipsie):
    schema = ipsie.get("/Schemas/" + URN_USER).json
    names = {a["name"] for a in schema["attributes"]}
    assert {"userName", "displayName", "active"} <= names and "password" not in names
    answer = ipsie.post("/Users", user_body("b9", password="1mz050nq"))
    detail = answer.error(400, "invalidSyntax")["detail"]
    assert "password" in detail and "1mz050nq" not in detail
    user = add_user(ipsie, "b9", externalId="e")
    assert user["displayName"] == "B9" and user["externalId"] == "e"
    for answer in (ipsie.put("/Users/" + user["id"], user_body("b9", password="1mz050nq")),
                   change(ipsie, user, replace("password", "1mz050nq"))):
        assert "password" in answer.error(400, "invalidSyntax")["detail"]
    ipsie.get("/Users?filter=" + quote("password pr")).error(400, "invalidFilter")


# ---- B10: groups ----

def test_171_B10_groups(ipsie):
    user = add_user(ipsie, "b10")
    empty = add_group(ipsie, "Empty")
    full = ipsie.post("/Groups", {"schemas": [URN_GROUP], "displayName": "Full",
                                  "externalId": "g-1",
                                  "members": [{"value": user["id"]}]}).group(201)
    for text, found in (('displayName eq "empty"', empty), ('externalId eq "g-1"', full),
                        ('members[value eq "%s"]' % user["id"], full),
                        ('members.value eq "%s"' % user["id"], full)):
        assert [g["id"] for g in ipsie.find("Groups", text)] == [found["id"]], text
    assert not ipsie.find("Groups", 'members[value eq "none"]')
    ipsie.post("/Groups", {"schemas": [URN_GROUP], "displayName": "FULL"}).error(409, "uniqueness")
    for row in ipsie.list("Groups", "excludedAttributes=members")["Resources"]:
        assert "members" not in row and row["displayName"]
    assert "members" not in ipsie.get("/Groups/%s?excludedAttributes=members" % full["id"]).json
