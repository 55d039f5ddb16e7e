# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Resources of RFC 7643, section 4: nested groups, managers, and every attribute's characteristics."""

import base64
import concurrent.futures

import pytest

from okta_wire import URN_ENTERPRISE, URN_GROUP, URN_USER, member_ids, quote

MANAGER = URN_ENTERPRISE + ":manager"


def put_in(scim, group, *members):
    return scim.patch("/Groups/" + group, {"op": "add", "path": "members",
                                           "value": [{"value": m} for m in members]})


def take_out(scim, group, member):
    return scim.patch("/Groups/" + group, {
        "op": "remove", "path": 'members[value eq "%s"]' % member})


def groups_of(scim, user):
    """{display: type} of a user's groups."""
    rows = scim.get("/Users/" + user).user().get("groups", [])
    assert len({row["value"] for row in rows}) == len(rows)
    return {row["display"]: row["type"] for row in rows}


# ---- nested groups ----

def test_180_01_direct_and_indirect_groups(tenant, scim):
    user = scim.add_user("nested")["id"]
    team = scim.add_group("Team", [user])["id"]
    unit = scim.add_group("Unit", [team])["id"]
    firm = scim.add_group("Firm")["id"]
    put_in(scim, firm, unit)
    assert groups_of(scim, user) == {"Team": "direct", "Unit": "indirect", "Firm": "indirect"}
    rows = scim.get("/Users/" + user).user()["groups"]
    assert rows[0]["value"] == team
    assert all(row["$ref"] == "%s/Groups/%s" % (tenant.base, row["value"]) for row in rows)
    # A list shows the same, a part of it too, and so does a write of the user.
    assert scim.list("Users")["Resources"][0]["groups"] == rows
    got = scim.get("/Users/%s?attributes=groups.type,groups.display" % user).json
    assert [(g["display"], g["type"]) for g in got["groups"]] == [
        (row["display"], row["type"]) for row in rows]
    got = scim.patch("/Users/" + user, {"op": "replace", "path": "title", "value": "T"}).user()
    assert got["groups"] == rows
    take_out(scim, firm, unit)
    assert groups_of(scim, user) == {"Team": "direct", "Unit": "indirect"}
    scim.delete("/Groups/" + unit)
    assert groups_of(scim, user) == {"Team": "direct"}


def test_180_02_both_ways_is_direct(scim):
    user = scim.add_user("both")["id"]
    inner = scim.add_group("Inner", [user])["id"]
    scim.add_group("Outer", [inner, user])
    assert groups_of(scim, user) == {"Inner": "direct", "Outer": "direct"}


def test_180_03_no_group_contains_itself(scim):
    names = [scim.add_group("Ring %d" % i)["id"] for i in range(4)]
    for outer, inner in zip(names, names[1:]):
        assert put_in(scim, outer, inner).status == 200
    for inner in names:
        error = put_in(scim, names[-1], inner).error(400, "invalidValue")
        assert "member" in error["detail"]
    body = {"schemas": [URN_GROUP], "displayName": "Ring 3", "members": [{"value": names[0]}]}
    scim.put("/Groups/" + names[3], body).error(400, "invalidValue")
    scim.patch("/Groups/" + names[2], {"op": "replace", "path": "members",
                                       "value": [{"value": names[0]}]}).error(400, "invalidValue")
    assert member_ids(scim.get("/Groups/" + names[2]).group()) == {names[3]}
    assert not scim.get("/Groups/" + names[3]).group().get("members")
    # Beside its other members, and with nothing of them kept.
    user = scim.add_user("ring")["id"]
    put_in(scim, names[3], user, names[0]).error(400, "invalidValue")
    assert not scim.get("/Groups/" + names[3]).group().get("members")


def test_180_04_two_groups_into_each_other_at_once(tenant):
    clients = [tenant.scim(), tenant.scim()]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for i in range(10):
            a = clients[0].add_group("A%d" % i)["id"]
            b = clients[0].add_group("B%d" % i)["id"]
            answers = list(pool.map(lambda args: put_in(*args),
                                    [(clients[0], a, b), (clients[1], b, a)]))
            assert sorted(answer.status for answer in answers) == [200, 400]
            for answer in answers:
                if answer.status == 400:
                    answer.error(400, "invalidValue")


def test_180_05_the_truth_about_a_member_is_stored(scim):
    user, group = scim.add_user("truth")["id"], scim.add_group("Truth")["id"]
    body = {"schemas": [URN_GROUP], "displayName": "Wrong", "members": [
        {"value": user, "type": "Group", "display": "Other", "$ref": "https://other.example/1"},
        {"value": group, "type": "User"}]}
    wrong = scim.post("/Groups", body).group(201)["id"]
    rows = scim.get("/Groups/" + wrong).group()["members"]
    assert {row["value"]: row["type"] for row in rows} == {user: "User", group: "Group"}
    assert {row["display"] for row in rows} == {"Truth Example", "Truth"}
    assert all("other.example" not in row["$ref"] for row in rows)


def test_180_06_etags_follow_what_is_shown(scim):
    user = scim.add_user("etag")["id"]
    inner, outer = scim.add_group("Inner", [user])["id"], scim.add_group("Outer")["id"]
    path = "/Users/" + user

    def changes(act, path):
        """A client with the old entity tag gets the new state."""
        old = scim.get(path).headers["ETag"]
        assert scim.get(path, headers={"If-None-Match": old}).status == 304
        act()
        answer = scim.get(path, headers={"If-None-Match": old})
        assert answer.status == 200 and answer.headers["ETag"] != old
        return answer.json

    def rename(endpoint, value):
        return lambda: scim.patch(endpoint, {"op": "replace", "path": "displayName",
                                             "value": value})

    changes(lambda: put_in(scim, outer, inner), path)
    changes(rename("/Groups/" + outer, "Renamed"), path)
    assert groups_of(scim, user) == {"Inner": "direct", "Renamed": "indirect"}
    changes(lambda: take_out(scim, outer, inner), path)
    put_in(scim, outer, inner)
    changes(lambda: scim.delete("/Groups/" + outer), path)
    got = changes(rename(path, "New Name"), "/Groups/" + inner)
    assert [m["display"] for m in got["members"]] == ["New Name"]


def test_180_07_filters_on_indirect_groups(scim):
    one, two = scim.add_user("one")["id"], scim.add_user("two")["id"]
    scim.add_user("three")
    inner = scim.add_group("Inner", [one])["id"]
    outer = scim.add_group("Outer", [inner, two])["id"]
    for text, want in (
            ('groups.value eq "%s"' % inner, [one]),
            ('groups.value eq "%s"' % outer, [one, two]),
            ('groups[value eq "%s" and type eq "direct"]' % outer, [two]),
            ('groups[type eq "indirect"]', [one]),
            ('groups.type eq "indirect" and groups.display eq "outer"', [one]),
            ('groups.display eq "outer"', [one, two])):
        assert [u["id"] for u in scim.find("Users", text)] == want, text


def test_180_08_too_deep_is_refused(scim):
    inner = scim.add_group("Level 0")["id"]
    for i in range(1, 33):
        inner = scim.add_group("Level %d" % i, [inner])["id"]
    scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "Level 33",
                          "members": [{"value": inner}]}).error(400, "invalidValue")
    assert scim.list("Groups")["totalResults"] == 33


# ---- manager ----

def manager_of(scim, user):
    return scim.get("/Users/" + user).user().get(URN_ENTERPRISE, {}).get("manager")


def add_report(scim, name, manager):
    return scim.add_user(name, schemas=[URN_USER, URN_ENTERPRISE],
                         **{URN_ENTERPRISE: {"manager": manager}})["id"]


def test_180_10_a_manager_is_shown_by_its_name(scim):
    boss = scim.add_user("boss")["id"]
    user = add_report(scim, "worker", {"value": boss, "displayName": "Somebody Else"})
    want = {"value": boss, "$ref": "../Users/" + boss, "displayName": "Boss Example"}
    assert manager_of(scim, user) == want
    scim.patch("/Users/" + boss, {"op": "replace", "path": "displayName", "value": "Big Boss"})
    assert manager_of(scim, user) == dict(want, displayName="Big Boss")
    # As read, so written: nothing changes, not even the version.
    got = scim.get("/Users/" + user)
    again = scim.put("/Users/" + user, got.json)
    assert again.headers["ETag"] == got.headers["ETag"] and again.json == got.json
    found = scim.find("Users", '%s.value eq "%s"' % (MANAGER, boss))
    assert [u["id"] for u in found] == [user]
    scim.delete("/Users/" + boss)
    assert manager_of(scim, user) is None
    assert scim.get("/Users/" + user).user()["schemas"] == [URN_USER]


def test_180_11_unknown_managers_are_kept_by_default(scim):
    user = add_report(scim, "first", {"value": "not-yet-here"})
    assert manager_of(scim, user) == {"value": "not-yet-here"}
    boss = scim.add_user("boss")["id"]
    scim.patch("/Users/" + user, {"op": "replace", "path": MANAGER, "value": {"value": boss}})
    assert manager_of(scim, user)["displayName"] == "Boss Example"
    # Entra's string; a name instead of an id.
    scim.patch("/Users/" + user, {"op": "add", "path": MANAGER, "value": "Bob the Manager"})
    assert manager_of(scim, user) == {"value": "Bob the Manager"}
    scim.patch("/Users/" + user, {"op": "add", "path": MANAGER + ".value", "value": boss})
    assert manager_of(scim, user)["displayName"] == "Boss Example"
    scim.patch("/Users/" + user, {"op": "remove", "path": MANAGER + ".value"})
    assert manager_of(scim, user) is None
    scim.patch("/Users/" + user, {"op": "replace", "path": MANAGER + ".displayName",
                                  "value": "Me"}).error(400, "mutability")


def test_180_12_or_refused(take):
    scim = take("reject_manager").scim()
    boss = scim.add_user("boss")["id"]
    user = add_report(scim, "worker", {"value": boss})
    group = scim.add_group("Group")["id"]
    for value in ("nobody", group, "x" * 200):
        error = scim.patch("/Users/" + user, {"op": "replace", "path": MANAGER + ".value",
                                              "value": value}).error(400, "invalidValue")
        assert "manager" in error["detail"] and value not in error["detail"]
    body = {"schemas": [URN_USER, URN_ENTERPRISE], "userName": "new@example.com",
            URN_ENTERPRISE: {"manager": {"value": "nobody"}}}
    scim.post("/Users", body).error(400, "invalidValue")
    assert manager_of(scim, user)["displayName"] == "Boss Example"


def test_180_13_managers_of_each_other(scim):
    one = scim.add_user("one")["id"]
    two = add_report(scim, "two", {"value": one})
    scim.patch("/Users/" + one, {"op": "add", "path": MANAGER, "value": {"value": two}})
    assert manager_of(scim, one)["displayName"] == "Two Example"
    scim.patch("/Users/" + two, {"op": "replace", "path": "displayName", "value": "Second"})
    assert manager_of(scim, one)["displayName"] == "Second"
    assert manager_of(scim, two)["displayName"] == "One Example"
    assert scim.delete("/Users/" + one).status == 204
    assert manager_of(scim, two) is None


# ---- every attribute ----

FULL = {
    "schemas": [URN_USER, URN_ENTERPRISE],
    "userName": "bjensen@example.com", "externalId": "701984",
    "name": {"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen",
             "givenName": "Barbara", "middleName": "Jane", "honorificPrefix": "Ms.",
             "honorificSuffix": "III"},
    "displayName": "Babs Jensen", "nickName": "Babs",
    "profileUrl": "https://login.example.com/bjensen", "title": "Tour Guide",
    "userType": "Employee", "preferredLanguage": "en-US", "locale": "en-US",
    "timezone": "America/Los_Angeles", "active": True,
    "emails": [{"value": "bjensen@example.com", "type": "work", "primary": True},
               {"value": "babs@jensen.org", "display": "Babs", "type": "home"}],
    "phoneNumbers": [{"value": "555-555-%04d" % i, "type": kind} for i, kind in enumerate(
        ("work", "home", "mobile", "fax", "pager", "other"))],
    "ims": [{"value": "someaimhandle", "type": kind} for kind in (
        "aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo")],
    "photos": [{"value": "https://photos.example.com/F", "type": "photo", "primary": True},
               {"value": "https://photos.example.com/T", "type": "thumbnail"}],
    "addresses": [{"formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA",
                   "streetAddress": "100 Universal City Plaza", "locality": "Hollywood",
                   "region": "CA", "postalCode": "91608", "country": "USA", "type": "work",
                   "primary": True}, {"country": "US", "type": "home"}],
    "entitlements": [{"value": "e1", "display": "One", "type": "kind", "primary": True}],
    "roles": [{"value": "admin", "type": "kind", "primary": True}, {"value": "reader"}],
    "x509Certificates": [{"value": base64.b64encode(b"\x30\x82\x03\x43").decode(),
                          "display": "C"}],
    URN_ENTERPRISE: {"employeeNumber": "701984", "costCenter": "4130",
                     "organization": "Universal Studios", "division": "Theme Park",
                     "department": "Tour Operations"},
}


def test_180_20_every_attribute_comes_back(scim):
    got = scim.post("/Users", dict(FULL, password="t1meMa$heen")).user(201)
    for name, value in FULL.items():
        assert got[name] == value, name
    assert "password" not in got
    assert scim.get("/Users/" + got["id"]).json == got
    answer = scim.put("/Users/" + got["id"], dict(FULL))
    assert answer.json == got


@pytest.mark.parametrize("name,value", [
    ("x509Certificates", [{"value": "not base64!"}]), ("x509Certificates", [{"value": 7}]),
    ("photos", [{"value": {"a": 1}}]), ("emails", [{"value": True}]), ("active", "perhaps"),
    ("name", "Babs"), ("roles", [{"value": "a", "primary": "maybe"}]), ("title", ["a", "b"])])
def test_180_21_types_are_checked(scim, name, value):
    body = {"schemas": [URN_USER], "userName": "types@example.com", name: value}
    error = scim.post("/Users", body).error(400, "invalidValue")
    assert name in error["detail"]


def attributes(scim):
    """(endpoint, path, attribute, its parent or None) of everything that /Schemas lists."""
    for schema in scim.get("/Schemas").json["Resources"]:
        endpoint = "Groups" if schema["id"] == URN_GROUP else "Users"
        if schema["id"] not in (URN_GROUP, URN_USER, URN_ENTERPRISE):
            continue
        prefix = schema["id"] + ":" if schema["id"] == URN_ENTERPRISE else ""
        for attr in schema["attributes"]:
            yield endpoint, prefix + attr["name"], attr, None
            for sub in attr.get("subAttributes", ()):
                yield endpoint, prefix + attr["name"] + "." + sub["name"], sub, attr


def test_180_22_characteristics_are_kept(scim):
    """What /Schemas says of each attribute is what the server does."""
    boss = scim.add_user("boss")["id"]
    user = dict(FULL, **{URN_ENTERPRISE: {"manager": {"value": boss}}})
    paths = {"Users": "/Users/" + scim.post("/Users", user).user(201)["id"]}
    paths["Groups"] = "/Groups/" + scim.add_group("G", [paths["Users"][7:]])["id"]
    seen = 0
    for endpoint, path, attr, parent in attributes(scim):
        seen += 1
        read_only = "readOnly" in (attr["mutability"], parent and parent["mutability"])
        never = "never" in (attr["returned"], parent and parent["returned"])
        value = {"boolean": True, "binary": "TWFu"}.get(attr["type"], "v")
        if attr["type"] == "complex":
            value = [{"value": "v"}] if attr["multiValued"] else {"value": "v"}
        for op in ({"op": "replace", "path": path, "value": value}, {"op": "remove", "path": path}):
            if read_only:
                scim.patch(paths[endpoint], op).error(400, "mutability")
        answer = scim.get("/%s?filter=%s" % (endpoint, quote(path + " pr")))
        if never:
            answer.error(403, "sensitive")
        else:
            assert answer.status == 200, path
        got = scim.get("%s?attributes=%s" % (paths[endpoint], quote(path))).json
        shown = got.get(URN_ENTERPRISE, {}) if path.startswith("urn:") else got
        name = path.rsplit(":", 1)[-1].split(".")[0]
        assert not (never and name in shown), path
        assert {"schemas", "id"} <= set(got)
        got = scim.get("%s?excludedAttributes=%s" % (paths[endpoint], quote(path))).json
        shown = got.get(URN_ENTERPRISE, {}) if path.startswith("urn:") else got
        if not parent:
            assert (name in shown) == (attr["returned"] == "always"), path
    assert seen > 70
    got = scim.get(paths["Users"] + "?excludedAttributes=id,schemas&attributes=password").json
    assert set(got) == {"schemas", "id"}


def test_180_23_passwords_are_taken_and_never_shown(scim):
    user = scim.add_user("secret")["id"]
    for op in ({"op": "replace", "path": "password", "value": "n3w"},
               {"op": "replace", "value": {"password": "n3w"}}):
        assert "password" not in scim.patch("/Users/" + user, op).user()
    assert "password" not in scim.get("/Users/%s?attributes=password" % user).json
    for text in ('password eq "n3w"', "password pr", 'not (password sw "n")'):
        scim.get("/Users?filter=" + quote(text)).error(403, "sensitive")


def test_180_24_at_most_one_is_primary(scim):
    user = scim.add_user("primary")["id"]
    path = "/Users/" + user

    def primaries():
        return [(e["value"], e.get("primary", False)) for e in scim.get(path).user()["emails"]]

    scim.put(path, {"schemas": [URN_USER], "userName": "p", "emails": [
        {"value": "a", "primary": True}, {"value": "b", "primary": True}]})
    assert primaries() == [("a", True), ("b", False)]
    scim.patch(path, {"op": "add", "path": "emails", "value": [{"value": "c", "primary": True}]})
    assert primaries() == [("a", False), ("b", False), ("c", True)]
    scim.patch(path, {"op": "replace", "path": 'emails[value eq "b"].primary', "value": True})
    assert primaries() == [("a", False), ("b", True), ("c", False)]


def test_180_25_names_dropped_from_a_patch_are_logged(scim, log):
    user = scim.add_user("dropped")["id"]
    scim.patch("/Users/" + user, {"op": "replace", "value": {"favouriteColour": "s3cret-red"}})
    log.expect("SCIM3031")
    lines = [line for line in log.lines() if "SCIM3031" in line]
    assert len(lines) == 1 and "favouriteColour" in lines[0] and "s3cret" not in lines[0]
