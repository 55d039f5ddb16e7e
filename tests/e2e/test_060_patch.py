# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""PATCH on the wire: every client's way of saying the same thing (okta, entra, jumpcloud)."""

import pytest

from okta_wire import URN_ENTERPRISE, URN_PATCH, URN_USER, member_ids

WORK = {"value": "p@example.com", "type": "work", "primary": True}
HOME = {"value": "p@example.org", "type": "home"}


@pytest.fixture
def user(scim):
    return scim.add_user("p", title="Old", emails=[dict(WORK), dict(HOME)], **{
        URN_ENTERPRISE: {"department": "D", "manager": {"value": "boss"}}})


def apply(scim, user, *ops):
    """PATCH, and the user as the answer and a GET both show it."""
    got = scim.patch("/Users/" + user["id"], *ops).user(200)
    assert scim.get("/Users/" + user["id"]).user() == got
    return got


GOOD = [  # name, operations, what must come of it: {path of the result: value}, None: absent
    ("okta deactivates", [{"op": "replace", "value": {"active": False}}], {"active": False}),
    ("entra deactivates", [{"op": "Replace", "path": "active", "value": "False"}],
     {"active": False}),
    ("add in capitals", [{"op": "ADD", "path": "nickName", "value": "N"}], {"nickName": "N"}),
    ("attribute in capitals", [{"op": "replace", "path": "TITLE", "value": "N"}], {"title": "N"}),
    ("dotted and qualified keys", [{"op": "replace", "value": {
        "active": False, "name.givenName": "G", URN_ENTERPRISE + ":employeeNumber": "5"}}],
     {"active": False, "name": {"givenName": "G", "familyName": "Example"},
      URN_ENTERPRISE: {"department": "D", "manager": {"value": "boss"}, "employeeNumber": "5"}}),
    ("qualified core path", [{"op": "replace", "path": URN_USER + ":title", "value": "Q"}],
     {"title": "Q"}),
    ("qualified extension path", [{"op": "add", "path": URN_ENTERPRISE + ":division",
                                   "value": "V"}],
     {URN_ENTERPRISE: {"department": "D", "manager": {"value": "boss"}, "division": "V"}}),
    ("manager as a string", [{"op": "replace", "path": URN_ENTERPRISE + ":manager",
                              "value": "other"}],
     {URN_ENTERPRISE: {"department": "D", "manager": {"value": "other"}}}),
    ("remove a whole extension", [{"op": "remove", "path": URN_ENTERPRISE}],
     {URN_ENTERPRISE: None, "schemas": [URN_USER]}),
    ("value path replaces", [{"op": "replace", "path": 'emails[type eq "work"].value',
                              "value": "new@example.com"}],
     {"emails": [dict(WORK, value="new@example.com"), HOME]}),
    ("value path adds what it describes", [{"op": "add", "path": 'emails[type eq "other"].value',
                                            "value": "o@example.com"}],
     {"emails": [WORK, HOME, {"type": "other", "value": "o@example.com"}]}),
    ("value path removes", [{"op": "remove", "path": 'emails[type eq "home"]'}],
     {"emails": [WORK]}),
    ("remove with a value list", [{"op": "remove", "path": "emails", "value": [
        {"value": "p@example.org"}]}], {"emails": [WORK]}),
    ("remove all", [{"op": "remove", "path": "emails"}], {"emails": None}),
    ("add appends", [{"op": "add", "path": "emails", "value": [
        {"value": "3@example.com", "type": "other"}]}],
     {"emails": [WORK, HOME, {"value": "3@example.com", "type": "other"}]}),
    ("add of what is there", [{"op": "add", "path": "emails", "value": [HOME]}],
     {"emails": [WORK, HOME]}),
    ("a new primary unseats the old", [{"op": "add", "path": "emails", "value": [
        {"value": "3@example.com", "primary": True}]}],
     {"emails": [dict(WORK, primary=False), HOME, {"value": "3@example.com", "primary": True}]}),
    ("replace of a list", [{"op": "replace", "path": "emails", "value": [HOME]}],
     {"emails": [HOME]}),
    ("sub-attribute", [{"op": "replace", "path": "name.familyName", "value": "F"}],
     {"name": {"givenName": "P", "familyName": "F"}}),
    ("pathless complex merges", [{"op": "add", "value": {"name": {"middleName": "M"}}}],
     {"name": {"givenName": "P", "familyName": "Example", "middleName": "M"}}),
    ("pathless with readOnly members", [{"op": "replace", "value": {
        "id": "other", "meta": {"version": "x"}, "groups": [], "title": "T"}}], {"title": "T"}),
    ("null clears", [{"op": "replace", "path": "title", "value": None}], {"title": None}),
    ("empty string does not fail", [{"op": "replace", "path": "displayName", "value": ""}], {}),
    ("remove of what is not there", [{"op": "remove", "path": "nickName"}], {"nickName": None}),
    ("password is swallowed", [{"op": "replace", "value": {"password": "n3w-Passw0rd"}}],
     {"password": None, "title": "Old"}),
    ("in order", [{"op": "add", "path": "title", "value": "1"}, {"op": "remove", "path": "title"},
                  {"op": "add", "path": "title", "value": "3"}], {"title": "3"}),
    ("unknown names inside a value are ignored", [{"op": "add", "value": {
        "favouriteColour": "red", "title": "T"}}], {"title": "T", "favouriteColour": None}),
]


@pytest.mark.parametrize("ops,want", [g[1:] for g in GOOD], ids=[g[0] for g in GOOD])
def test_060_01_shapes(scim, user, ops, want):
    got = apply(scim, user, *ops)
    assert got["id"] == user["id"]
    for name, value in want.items():
        if value is None:
            assert name not in got
        elif name == "emails" and got[name] != value:
            # `primary: false` and an absent primary say the same (RFC 7643 section 2.4).
            assert [dict(e, primary=e.get("primary", False)) for e in got[name]] == [
                dict(e, primary=e.get("primary", False)) for e in value]
        else:
            assert got[name] == value


BAD = [  # name, body members or operations, status, scimType
    ("no operations", {"Operations": []}, 400, "invalidSyntax"),
    ("operations missing", {}, 400, "invalidSyntax"),
    ("operations no array", {"Operations": {"op": "add"}}, 400, "invalidSyntax"),
    ("operation no object", {"Operations": ["add"]}, 400, "invalidSyntax"),
    ("op unknown", [{"op": "move", "path": "title", "value": "x"}], 400, "invalidSyntax"),
    ("op missing", [{"path": "title", "value": "x"}], 400, "invalidSyntax"),
    ("op no string", [{"op": 1, "path": "title", "value": "x"}], 400, "invalidSyntax"),
    ("remove without path", [{"op": "remove"}], 400, "noTarget"),
    ("path no string", [{"op": "add", "path": 5, "value": "x"}], 400, "invalidPath"),
    ("path of no attribute", [{"op": "replace", "path": "colour", "value": "x"}], 400,
     "invalidPath"),
    ("path broken", [{"op": "replace", "path": "emails[type eq", "value": "x"}], 400, None),
    ("path empty", [{"op": "replace", "path": "", "value": "x"}], 400, None),
    ("value missing", [{"op": "replace", "path": "title"}], 400, None),
    ("value of a wrong type", [{"op": "replace", "path": "title", "value": {"a": 1}}], 400,
     "invalidValue"),
    ("active no boolean", [{"op": "replace", "path": "active", "value": "maybe"}], 400,
     "invalidValue"),
    ("readOnly by path", [{"op": "replace", "path": "id", "value": "x"}], 400, "mutability"),
    ("readOnly meta by path", [{"op": "replace", "path": "meta.created", "value": "x"}], 400,
     "mutability"),
    ("readOnly groups by path", [{"op": "add", "path": "groups", "value": [{"value": "g"}]}], 400,
     "mutability"),
    ("replace where nothing matches", [{"op": "replace", "path": 'emails[type eq "no"].value',
                                        "value": "x"}], 400, "noTarget"),
    ("required removed", [{"op": "remove", "path": "userName"}], 400, None),
    ("pathless no object", [{"op": "add", "value": "x"}], 400, None),
    ("schemas missing", {"schemas": [], "Operations": [
        {"op": "add", "path": "title", "value": "x"}]}, 400, "invalidSyntax"),
]


@pytest.mark.parametrize("what,status,scim_type", [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_060_02_refusals_change_nothing(scim, user, what, status, scim_type):
    good_first = {"op": "replace", "path": "nickName", "value": "half"}
    body = {"schemas": [URN_PATCH]}
    if isinstance(what, dict):
        body.update(what)
    else:
        body["Operations"] = [good_first] + what
    scim.request("PATCH", "/Users/" + user["id"], body).error(status, scim_type)
    assert scim.get("/Users/" + user["id"]).user() == user


def test_060_03_replace_creates_where_the_tenant_says_so(take):
    scim = take("replace_creates").scim()
    user = scim.add_user("entra", emails=[])
    got = scim.patch("/Users/" + user["id"], {
        "op": "Replace", "path": 'emails[type eq "work"].value', "value": "e@example.com"}).user()
    assert got["emails"] == [{"type": "work", "value": "e@example.com"}]


def test_060_04_a_rename_to_a_taken_name(scim, user):
    scim.add_user("taken")
    for value in ("taken@example.com", "TAKEN@example.com"):
        scim.patch("/Users/" + user["id"], {"op": "replace", "path": "userName", "value": value}
                   ).error(409, "uniqueness")
    assert scim.get("/Users/" + user["id"]).user() == user


def test_060_05_unknown_attributes_by_directive(take):
    scim = take("reject_attributes").scim()
    user = scim.add_user("strict")
    answer = scim.patch("/Users/" + user["id"], {"op": "add", "value": {"favouriteColour": "red"}})
    assert "favouriteColour" in answer.error(400)["detail"]
    answer = scim.post("/Users", {"schemas": [URN_USER], "userName": "x", "favouriteColour": "r"})
    assert "favouriteColour" in answer.error(400)["detail"]
    assert scim.get("/Users/" + user["id"]).user() == user


def test_060_06_no_change_no_version(scim, user):
    path = "/Users/" + user["id"]
    for op in ({"op": "replace", "path": "title", "value": "Old"},
               {"op": "add", "path": "emails", "value": [HOME]},
               {"op": "remove", "path": "nickName"},
               {"op": "replace", "value": {"active": True, "userName": user["userName"]}}):
        assert scim.patch(path, op).user()["meta"] == user["meta"]


MEMBER_OPS = [  # name, operations over members 0..3 of which 0..2 are in, who is in afterwards
    ("entra removes one", [{"op": "Remove", "path": "members", "value": [
        {"$ref": None, "value": "{0}"}]}], "12"),
    ("entra with the flag", [{"op": "remove", "path": 'members[value eq "{0}"]'}], "12"),
    ("two filters", [{"op": "remove", "path": 'members[value eq "{0}" or value eq "{2}"]'}], "1"),
    ("remove everyone", [{"op": "remove", "path": "members"}], ""),
    ("replace by nothing", [{"op": "replace", "path": "members", "value": []}], ""),
    ("replace", [{"op": "replace", "path": "members", "value": [{"value": "{3}"}]}], "3"),
    ("pathless add", [{"op": "add", "value": {"members": [{"value": "{3}"}]}}], "0123"),
    ("add one object", [{"op": "add", "path": "members", "value": {"value": "{3}"}}], "0123"),
    ("add a bare id", [{"op": "add", "path": "members", "value": ["{3}"]}], "0123"),
    ("in order", [{"op": "remove", "path": "members"},
                  {"op": "add", "path": "members", "value": [{"value": "{3}"}]},
                  {"op": "add", "path": "members", "value": [{"value": "{0}"}]},
                  {"op": "remove", "path": 'members[value eq "{3}"]'}], "0"),
    ("twice the same", [{"op": "add", "path": "members", "value": [
        {"value": "{3}"}, {"value": "{3}"}]}], "0123"),
    ("a filter that matches nobody", [{"op": "remove", "path": 'members[value eq "none"]'}],
     "012"),
    ("an empty add", [{"op": "add", "path": "members", "value": []}], "012"),
]


def fill(value, ids):
    """Put ids for {0}, {1} …"""
    if isinstance(value, dict):
        return {k: fill(v, ids) for k, v in value.items()}
    if isinstance(value, list):
        return [fill(v, ids) for v in value]
    for i, one in enumerate(ids):
        if isinstance(value, str):
            value = value.replace("{%d}" % i, one)
    return value


@pytest.mark.parametrize("ops,want", [m[1:] for m in MEMBER_OPS], ids=[m[0] for m in MEMBER_OPS])
def test_060_07_members(scim, ops, want):
    ids = [scim.add_user("g%d" % i)["id"] for i in range(4)]
    group = scim.add_group("Patched", ids[:3])["id"]
    assert scim.patch("/Groups/" + group, *fill(ops, ids)).status in (200, 204)
    got = member_ids(scim.get("/Groups/" + group).group())
    assert got == {ids[int(i)] for i in want}


def test_060_08_one_bad_operation_undoes_all(scim):
    ids = [scim.add_user("a%d" % i)["id"] for i in range(2)]
    group = scim.add_group("Atomic", ids[:1])["id"]
    scim.patch("/Groups/" + group,
               {"op": "add", "path": "members", "value": [{"value": ids[1]}]},
               {"op": "replace", "path": "displayName", "value": "Half"},
               {"op": "replace", "path": "nonsense", "value": "x"}).error(400, "invalidPath")
    got = scim.get("/Groups/" + group).group()
    assert got["displayName"] == "Atomic" and member_ids(got) == set(ids[:1])


def test_060_09_a_conflict_undoes_the_members_too(scim):
    scim.add_group("Taken")
    user = scim.add_user("late")["id"]
    group = scim.add_group("Free")["id"]
    scim.patch("/Groups/" + group, {"op": "add", "path": "members", "value": [{"value": user}]},
               {"op": "replace", "value": {"displayName": "taken"}}).error(409, "uniqueness")
    assert member_ids(scim.get("/Groups/" + group).group()) == set()


def test_060_10_too_many_operations(take):
    scim = take("few_operations").scim()
    user = scim.add_user("ops")
    op = {"op": "add", "path": "title", "value": "x"}
    assert scim.patch("/Users/" + user["id"], *[op] * 5).status == 200
    scim.patch("/Users/" + user["id"], *[dict(op, value="y")] * 6).error(413)
    assert scim.get("/Users/" + user["id"]).user()["title"] == "x"
