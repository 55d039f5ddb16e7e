# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""PingFederate and PingOne: PUT only; users are found by userName or by e-mail; two primary e-mails
may come in one body; removal is Disable or Delete."""

from clients import delete, get, gone, post, put
from okta_wire import URN_GROUP, URN_USER

HEADERS = {"Accept": "application/scim+json"}
BODY_HEADERS = {"Content-Type": "application/scim+json"}
QUERY = ""

USER = {"schemas": [URN_USER], "userName": "ping@example.com", "active": True,
        "name": {"givenName": "Ping", "familyName": "One"},
        "emails": [{"value": "ping@example.com", "type": "work", "primary": True}]}
TWO = [{"value": "ping@example.com", "type": "work", "primary": True},
       {"value": "ping@example.org", "type": "home", "primary": True}]
ONE_PRIMARY = [dict(TWO[0]), dict(TWO[1], primary=False)]

create = post("create", "/Users", USER, keep={"user": "id"})

SCENARIOS = {
    "look up, create, change": [
        get("by name", "/Users?filter=userName%20eq%20%22ping%40example.com%22", total=0),
        create,
        get("by name", "/Users?filter=userName%20eq%20%22ping%40example.com%22", total=1),
        get("by mail", "/Users?filter=emails%20eq%20%22ping%40example.com%22", total=1,
            want={"Resources": [{"id": "<user>"}]}),
        get("by another mail", "/Users?filter=emails%20eq%20%22pong%40example.com%22", total=0),
        put("change", "/Users/<user>", dict(USER, title="Dr."), want={"title": "Dr."}),
        get("read", "/Users/<user>", want={"title": "Dr.", "emails": USER["emails"]})],
    "two primary e-mails": [
        post("create", "/Users", dict(USER, emails=TWO), keep={"user": "id"},
             want={"emails": ONE_PRIMARY}),
        put("change", "/Users/<user>", dict(USER, emails=TWO), want={"emails": ONE_PRIMARY}),
        get("the first stays", "/Users/<user>", want={"emails": ONE_PRIMARY}),
        get("both are found", "/Users?filter=emails%20eq%20%22ping%40example.org%22", total=1)],
    "removal: disable": [
        create,
        put("disable", "/Users/<user>", dict(USER, active=False), want={"active": False}),
        get("still there", "/Users/<user>", want={"active": False}),
        get("and found", "/Users?filter=userName%20eq%20%22ping%40example.com%22", total=1),
        put("enable", "/Users/<user>", USER, want={"active": True})],
    "removal: delete": [
        create, delete("delete", "/Users/<user>"), gone("/Users/<user>"),
        put("PUT does not bring it back", "/Users/<user>", USER, status=404),
        post("create does", "/Users", USER)],
    "groups by PUT": [
        create,
        post("create", "/Groups", {"schemas": [URN_GROUP], "displayName": "Pongs"},
             keep={"group": "id"}),
        put("members", "/Groups/<group>", {"schemas": [URN_GROUP], "displayName": "Pongs",
                                           "members": [{"value": "<user>"}]}),
        get("one", "/Groups/<group>", members=["<user>"]),
        put("none", "/Groups/<group>", {"schemas": [URN_GROUP], "displayName": "Pongs",
                                        "members": []}),
        get("none", "/Groups/<group>", members=[])],
}
