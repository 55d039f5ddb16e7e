# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Microsoft Entra ID with aadOptscim062020 in the tenant URL: operations in lower case, booleans,
one pathless value with dotted and qualified keys, members removed by a filter. The flag is a query
parameter that reaches the server with every request."""

from clients import ABSENT, delete, get, gone, patch
from clients.entra import create, create_boss, create_group, look_up
from okta_wire import URN_ENTERPRISE

HEADERS = {"Accept": "application/scim+json"}
BODY_HEADERS = {"Content-Type": "application/scim+json; charset=utf-8"}
QUERY = "aadOptscim062020"

SCENARIOS = {
    "test connection": [look_up("userName+eq+%225f3b4f5c-8f0d-4d0a-9a29-2cbd9d3a2e11%22", 0)],
    "create and look up": [
        look_up("externalId+eq+%22jyoung%22", 0), create, look_up("externalId+eq+%22jyoung%22", 1),
        get("read", "/Users/<user>", want={"externalId": "jyoung"})],
    "dotted and qualified keys": [
        create,
        create_boss,
        patch("replace", "/Users/<user>", {"op": "replace", "value": {
            "active": False, "name.givenName": "A", "displayName": "A Young",
            URN_ENTERPRISE + ":employeeNumber": "5", URN_ENTERPRISE + ":manager": "<boss>"}}),
        get("read", "/Users/<user>", want={
            "active": False, "displayName": "A Young",
            "name": {"givenName": "A", "familyName": "Young"},
            URN_ENTERPRISE: {"employeeNumber": "5", "department": "R&D",
                             "manager": {"value": "<boss>"}}}),
        patch("add", "/Users/<user>", {"op": "add", "value": {
            "title": "Dr.", "name.honorificPrefix": "Dr."}}),
        patch("an element by a filter", "/Users/<user>",
              {"op": "replace", "path": 'emails[type eq "work"].value', "value": "a@example.com"}),
        patch("a value goes", "/Users/<user>", {"op": "remove", "path": "title"}),
        get("read", "/Users/<user>", want={
            "title": ABSENT, "name": {"honorificPrefix": "Dr.", "givenName": "A"},
            "emails": [{"type": "work", "value": "a@example.com", "primary": True}]})],
    "soft delete, restore, delete": [
        create,
        patch("off", "/Users/<user>", {"op": "replace", "value": {"active": False}}),
        get("still there", "/Users/<user>", want={"active": False}),
        look_up("userName+eq+%22Jo.Young%40Example.com%22", 1),
        patch("on", "/Users/<user>", {"op": "replace", "path": "active", "value": True}),
        get("back", "/Users/<user>", want={"active": True}),
        delete("delete", "/Users/<user>"),
        gone("/Users/<user>")],
    "members": [
        create,
        create_boss,
        create_group,
        patch("join", "/Groups/<group>", {"op": "add", "path": "members", "value": [
            {"value": "<user>"}, {"value": "<boss>"}]}),
        get("both", "/Groups/<group>", members=["<user>", "<boss>"]),
        patch("one leaves", "/Groups/<group>",
              {"op": "remove", "path": "members[value eq \"<user>\"]"}),
        get("the other stays", "/Groups/<group>", members=["<boss>"]),
        patch("rename", "/Groups/<group>", {"op": "replace", "value": {"displayName": "Sales"}}),
        get("renamed", "/Groups/<group>", want={"displayName": "Sales"}, members=["<boss>"])],
}
