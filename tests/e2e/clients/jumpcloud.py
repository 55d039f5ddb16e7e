# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""JumpCloud: activation makes a test user and a test group and deletes them again; groups are
matched by name; members leave by a list of values; disassociation deactivates."""

from clients import delete, get, gone, patch, post, put
from okta_wire import URN_GROUP, URN_USER

HEADERS = {"Accept": "application/scim+json"}
BODY_HEADERS = {"Content-Type": "application/scim+json"}
QUERY = ""

USER = {"schemas": [URN_USER], "userName": "jumped@example.com", "externalId": "5f0c",
        "name": {"givenName": "Jump", "familyName": "Cloud"}, "active": True,
        "emails": [{"value": "jumped@example.com", "type": "work", "primary": True}]}
OTHER = dict(USER, userName="other@example.com", externalId="5f0d")

SCENARIOS = {
    "activation": [
        get("look up", "/Users?filter=userName%20eq%20%22jumped%40example.com%22", total=0),
        post("test user", "/Users", USER, keep={"user": "id"}),
        get("read", "/Users/<user>", want={"active": True}),
        put("change", "/Users/<user>", dict(USER, id="<user>", active=False)),
        post("test group", "/Groups", {
            "schemas": [URN_GROUP], "displayName": "Test", "members": [{"value": "<user>"}]},
             keep={"group": "id"}),
        get("read", "/Groups/<group>", members=["<user>"]),
        delete("test group goes", "/Groups/<group>"),
        delete("test user goes", "/Users/<user>"),
        gone("/Groups/<group>"),
        gone("/Users/<user>"),
        get("nothing is left", "/Users", total=0),
        get("of groups either", "/Groups", total=0)],
    "groups and disassociation": [
        post("a user", "/Users", USER, keep={"user": "id"}),
        post("another", "/Users", OTHER, keep={"other": "id"}),
        get("the group by name", "/Groups?filter=displayName%20eq%20%22All%22", total=0),
        post("create it", "/Groups", {"schemas": [URN_GROUP], "displayName": "All", "members": [
            {"value": "<user>"}, {"value": "<other>"}]}, keep={"group": "id"}),
        get("the group by name", "/Groups?filter=displayName%20eq%20%22all%22", total=1,
            want={"Resources": [{"id": "<group>"}]}),
        patch("a member leaves", "/Groups/<group>", {
            "op": "remove", "path": "members", "value": [{"value": "<user>"}]}),
        get("the other stays", "/Groups/<group>", members=["<other>"]),
        patch("and joins again", "/Groups/<group>", {
            "op": "add", "path": "members", "value": [{"value": "<user>"}]}),
        patch("the user is disassociated", "/Users/<user>",
              {"op": "replace", "path": "active", "value": False}),
        get("inactive, not gone", "/Users/<user>", want={"active": False}),
        get("and still a member", "/Groups/<group>", members=["<user>", "<other>"])],
}
