# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""OneLogin: bodies made from JSON templates that the admin edits; asks for application/json."""

from clients import delete, get, gone, patch, post, put
from okta_wire import URN_GROUP, URN_USER

HEADERS = {"Accept": "application/json"}
BODY_HEADERS = {"Content-Type": "application/json"}
QUERY = ""

OLD_USER = "urn:scim:schemas:core:1.0"
USER = {"schemas": [URN_USER], "userName": "one@example.com",
        "name": {"givenName": "One", "familyName": "Login"}, "displayName": "One Login",
        "emails": [{"value": "one@example.com", "type": "work", "primary": True}]}

look_up_none = get("look up", "/Users?filter=userName%20eq%20%22one@example.com%22", total=0)
create = post("create", "/Users", USER, keep={"user": "id"}, want={"userName": "one@example.com"})

SCENARIOS = {
    "test of a user that does not exist": [
        get("look up", "/Users?filter=userName%20eq%20%22nobody@example.com%22", total=0)],
    "the calls of its page": [
        look_up_none,
        create,
        get("look up", "/Users?filter=userName%20eq%20%22one@example.com%22", total=1),
        get("read", "/Users/<user>", want={"displayName": "One Login"}),
        put("update", "/Users/<user>", dict(USER, displayName="Changed", id="<user>")),
        get("read", "/Users/<user>", want={"displayName": "Changed"}),
        get("groups", "/Groups", total=0),
        post("create a group", "/Groups", {"schemas": [URN_GROUP], "displayName": "Team"},
             keep={"group": "id"}),
        patch("add a member", "/Groups/<group>", {"op": "add", "path": "members", "value": [
            {"value": "<user>"}]}),
        get("members", "/Groups/<group>", members=["<user>"]),
        get("users", "/Users", total=1),
        delete("delete", "/Users/<user>"),
        gone("/Users/<user>")],
    "removal: suspend": [
        create,
        patch("suspend", "/Users/<user>", {"op": "replace", "path": "active", "value": False}),
        get("suspended", "/Users/<user>", want={"active": False}),
        put("by PUT", "/Users/<user>", dict(USER, active=True)),
        get("back", "/Users/<user>", want={"active": True})],
    "a template with URNs of SCIM 1.1": [
        post("beside those of 2.0", "/Users", dict(USER, schemas=[OLD_USER, URN_USER]),
             keep={"user": "id"}, want={"schemas": [URN_USER]}),
        post("alone: the admin is told which is needed", "/Users",
             dict(USER, schemas=[OLD_USER], userName="two@example.com"), status=400,
             error="invalidSyntax", want={
                 "detail": "schemas must contain %s." % URN_USER})],
}
