# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Microsoft Entra ID without a flag in the tenant URL: capitalised operations, booleans as strings,
members removed by a list of values."""

from clients import ABSENT, delete, get, gone, patch, post, put
from okta_wire import URN_ENTERPRISE, URN_GROUP, URN_USER

HEADERS = {"Accept": "application/scim+json"}
BODY_HEADERS = {"Content-Type": "application/scim+json; charset=utf-8"}
QUERY = ""

AD_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"

USER = {
    "schemas": [URN_USER, URN_ENTERPRISE],
    "externalId": "jyoung",
    "userName": "Jo.Young@Example.com",
    "active": True,
    "emails": [{"primary": True, "type": "work", "value": "Jo.Young@Example.com"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Jo Young", "familyName": "Young", "givenName": "Jo"},
    "roles": [],
    URN_ENTERPRISE: {"department": "R&D", "employeeNumber": "00123"},
}
BOSS = dict(USER, externalId="boss", userName="boss@example.com",
            emails=[{"primary": True, "type": "work", "value": "boss@example.com"}])
GROUP = {"schemas": [URN_GROUP, AD_GROUP], "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
         "displayName": "Sales & Service", "meta": {"resourceType": "Group"}}

create = post("create", "/Users", USER, keep={"user": "id"}, want={
    "userName": "Jo.Young@Example.com", "externalId": "jyoung", "active": True})
create_boss = post("create another", "/Users", BOSS, keep={"boss": "id"})
create_group = post("create the group", "/Groups", GROUP, keep={"group": "id"}, want={
    "displayName": "Sales & Service", "externalId": GROUP["externalId"]})
delete_user = delete("delete", "/Users/<user>")


def set_active(text):
    return patch("active " + text, "/Users/<user>",
                 {"op": "Replace", "path": "active", "value": text})


def enterprise(what, op, path, value=None, manager=ABSENT):
    """A change of the manager, and what is there afterwards."""
    operation = {"op": op, "path": URN_ENTERPRISE + ":" + path}
    if value is not None:
        operation["value"] = value
    return [patch(what, "/Users/<user>", operation),
            get("and read", "/Users/<user>", want={URN_ENTERPRISE: {
                "department": "R&D", "manager": manager}})]


def no_nulls(value):
    """No null anywhere: Entra refuses a schema with one."""
    assert value is not None
    for one in value.values() if isinstance(value, dict) else value:
        if one is None or isinstance(one, (dict, list)):
            no_nulls(one)


def look_up(text, total, what="look up"):
    return get(what, "/Users?filter=" + text, total=total)


SCENARIOS = {
    "test connection": [
        look_up("userName%20eq%20%225f3b4f5c-8f0d-4d0a-9a29-2cbd9d3a2e11%22", 0),
        look_up("userName+eq+%225f3b4f5c-8f0d-4d0a-9a29-2cbd9d3a2e11%22", 0)],
    "create and look up": [
        look_up("userName+eq+%22Jo.Young%40Example.com%22", 0),
        create,
        get("read", "/Users/<user>", want={
            "userName": USER["userName"], "externalId": USER["externalId"], "name": USER["name"],
            "emails": USER["emails"], URN_ENTERPRISE: USER[URN_ENTERPRISE],
            "schemas": [URN_USER, URN_ENTERPRISE], "meta": {"resourceType": "User"}}),
        look_up("userName+eq+%22jo.young%40example.com%22", 1),
        look_up("externalId+eq+%22jyoung%22", 1),
        look_up("externalId+eq+jyoung", 1, "look up, the value without quotes"),
        look_up("externalId+eq+jyoun", 0, "look up another, without quotes"),
        look_up("emails%5Btype+eq+%22work%22%5D.value+eq+%22jo.young%40example.com%22", 1),
        look_up("emails%5Btype+eq+%22home%22%5D.value+eq+%22jo.young%40example.com%22", 0),
        look_up("externalId+eq+%22jyoung%22+and+userName+eq+%22Jo.Young%40Example.com%22", 1),
        look_up("externalId+eq+%22jyoung%22+and+userName+eq+%22other%22", 0),
        post("create again", "/Users", USER, status=409, error="uniqueness")],
    "soft delete, restore, delete": [
        create,
        set_active("False"),
        get("still there", "/Users/<user>", want={"active": False}),
        get("and found", "/Users?filter=userName+eq+%22Jo.Young%40Example.com%22", total=1,
            want={"Resources": [{"active": False}]}),
        set_active("True"),
        get("back", "/Users/<user>", want={"active": True, "userName": USER["userName"]}),
        set_active("False"),
        delete_user,
        gone("/Users/<user>"),
        look_up("userName+eq+%22Jo.Young%40Example.com%22", 0)],
    "attributes": [
        create,
        patch("several in one", "/Users/<user>",
              {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "jo@new.example"},
              {"op": "Replace", "path": "name.familyName", "value": "Old"},
              {"op": "Add", "path": "title", "value": "Dr."},
              {"op": "Add", "path": URN_ENTERPRISE + ":costCenter", "value": "77"}),
        get("all of it", "/Users/<user>", want={
            "emails": [{"primary": True, "type": "work", "value": "jo@new.example"}],
            "name": {"familyName": "Old", "givenName": "Jo"}, "title": "Dr.",
            URN_ENTERPRISE: {"costCenter": "77", "department": "R&D", "employeeNumber": "00123"}}),
        patch("elements that are not there yet", "/Users/<user>",
              {"op": "Add", "path": "addresses[type eq \"work\"].formatted", "value": "1 Way"},
              {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1 555"},
              {"op": "Add", "path": "emails[type eq \"other\"].value", "value": "o@example.com"}),
        get("they are now", "/Users/<user>", want={
            "addresses": [{"type": "work", "formatted": "1 Way"}],
            "phoneNumbers": [{"type": "mobile", "value": "+1 555"}],
            "emails": [{"type": "work", "value": "jo@new.example"},
                       {"type": "other", "value": "o@example.com"}]}),
        patch("a path that names nothing", "/Users/<user>",
              {"op": "Add", "path": URN_USER + ":role", "value": "x"},
              status=400, error="invalidPath"),
        patch("a value filter that matches nothing", "/Users/<user>",
              {"op": "Replace", "path": "emails[type eq \"home\"].value", "value": "h@example.com"},
              status=400, error="noTarget"),
        patch("a value goes", "/Users/<user>", {"op": "Remove", "path": "title"}),
        get("the rest stays", "/Users/<user>", want={
            "title": ABSENT, "addresses": [{"type": "work", "formatted": "1 Way"}]})],
    "replace_creates: replace where nothing matches": [
        create,
        patch("replace", "/Users/<user>",
              {"op": "Replace", "path": "emails[type eq \"home\"].value", "value": "h@example.com"},
              {"op": "Replace", "path": "addresses[type eq \"work\"].formatted", "value": "2 Way"}),
        get("created", "/Users/<user>", want={
            "emails": [{"type": "work"}, {"type": "home", "value": "h@example.com"}],
            "addresses": [{"type": "work", "formatted": "2 Way"}]})],
    "roles": [
        create,
        patch("the first", "/Users/<user>", {"op": "Add", "path": "roles", "value": [
            {"primary": "False", "display": "User", "value": "user"}]}),
        patch("another", "/Users/<user>", {"op": "Add", "path": "roles", "value": [
            {"primary": "True", "display": "Admin", "value": "admin"}]}),
        patch("the primary one", "/Users/<user>", {
            "op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "owner"}),
        get("both", "/Users/<user>", want={"roles": [
            {"display": "User", "value": "user"},
            {"primary": True, "display": "Admin", "value": "owner"}]}),
        put("none by PUT", "/Users/<user>", USER),
        get("none", "/Users/<user>", want={"roles": ABSENT})],
    "manager": [
        create_boss,
        create,
        *enterprise("a string", "Add", "manager", "<boss>", {"value": "<boss>"}),
        *enterprise("gone", "Remove", "manager"),
        *enterprise("an object", "Replace", "manager", {"value": "<boss>"}, {"value": "<boss>"}),
        *enterprise("another string", "Replace", "manager", "<user>", {"value": "<user>"}),
        *enterprise("an array of one", "Add", "manager", [{"$ref": None, "value": "<boss>"}],
                    {"value": "<boss>"}),
        post("a string at creation", "/Users", {
            "schemas": [URN_USER, URN_ENTERPRISE], "userName": "third@example.com", "roles": [],
            URN_ENTERPRISE: {"manager": "<boss>"}},
             want={URN_ENTERPRISE: {"manager": {"value": "<boss>"}}})],
    "groups": [
        create,
        create_boss,
        get("look up", "/Groups?excludedAttributes=members&filter=displayName+eq+"
            "%22Sales+%26+Service%22", total=0),
        create_group,
        get("look up", "/Groups?excludedAttributes=members&filter=displayName+eq+"
            "%22Sales+%26+Service%22", total=1, want={"Resources": [
                {"id": "<group>", "members": ABSENT}]}),
        post("the name is taken", "/Groups", GROUP, status=409, error="uniqueness"),
        patch("members join", "/Groups/<group>", {"op": "Add", "path": "members", "value": [
            {"$ref": None, "value": "<user>"}]}),
        patch("one by one", "/Groups/<group>", {"op": "Add", "path": "members", "value": [
            {"$ref": None, "value": "<boss>"}]}),
        get("both", "/Groups/<group>", members=["<user>", "<boss>"]),
        get("without members", "/Groups/<group>?excludedAttributes=members",
            want={"displayName": "Sales & Service", "members": ABSENT}),
        patch("one leaves", "/Groups/<group>", {"op": "Remove", "path": "members", "value": [
            {"$ref": None, "value": "<user>"}]}),
        get("the other stays", "/Groups/<group>", members=["<boss>"]),
        patch("who is no member leaves", "/Groups/<group>", {
            "op": "Remove", "path": "members", "value": [{"$ref": None, "value": "<user>"}]}),
        get("nothing happened", "/Groups/<group>", members=["<boss>"]),
        patch("rename", "/Groups/<group>",
              {"op": "Replace", "path": "displayName", "value": "Sales"}),
        get("renamed", "/Groups/<group>", members=["<boss>"], want={"displayName": "Sales"}),
        delete("delete", "/Groups/<group>"),
        gone("/Groups/<group>"),
        get("the members live", "/Users/<boss>", want={"groups": ABSENT})],
    "discovery": [
        get("schemas", "/Schemas", check=no_nulls),
        get("types", "/ResourceTypes", check=no_nulls),
        get("config", "/ServiceProviderConfig", check=no_nulls, want={
            "patch": {"supported": True}, "filter": {"supported": True}})],
    "endpoints in lower case": [
        post("create", "/users", USER, keep={"user": "id"}),
        get("read", "/users/<user>", want={"userName": USER["userName"]}),
        get("list", "/users", total=1), get("groups", "/groups", total=0),
        delete("delete", "/users/<user>"), gone("/Users/<user>")],
}
