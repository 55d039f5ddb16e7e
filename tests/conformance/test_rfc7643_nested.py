# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""RFC 7643 sections 4.1.2, 4.2 and 4.3: nested groups, and managers that are users."""

import urllib.parse

from okta_wire import URN_ENTERPRISE, URN_GROUP, member_ids


def test_7643_4_1_2__5_indirect_membership(scim):
    """A membership through another group has the type indirect, a direct one the type direct."""
    user = scim.user("u")
    inner = scim.add_group("Inner", [user["id"]])
    outer = scim.add_group("Outer", [inner["id"]])
    kinds = {g["value"]: g["type"] for g in scim.read(user)["groups"]}
    assert kinds == {inner["id"]: "direct", outer["id"]: "indirect"}
    scim.patch(scim.path(outer), {"op": "remove", "path": "members"})
    assert [g["value"] for g in scim.read(user)["groups"]] == [inner["id"]]


def test_7643_4_2__4_groups_may_have_groups(scim):
    """A member may be a group; type and $ref say so."""
    inner = scim.add_group("Inner")
    outer = scim.read(scim.post("/Groups", {
        "schemas": [URN_GROUP], "displayName": "Outer",
        "members": [{"value": inner["id"], "type": "Group"}]}).group(201))
    assert member_ids(outer) == {inner["id"]}
    assert outer["members"][0]["type"] == "Group"
    assert outer["members"][0]["$ref"] == inner["meta"]["location"]


def test_7643_4_3__3_the_manager_is_a_user(scim):
    """manager.value is the id of a user, $ref that user's URI, displayName that user's name."""
    boss = scim.user("boss", displayName="The Boss")
    user = scim.user("u", **{URN_ENTERPRISE: {"manager": {"value": boss["id"]}}})
    got = scim.read(user)[URN_ENTERPRISE]["manager"]
    assert got["value"] == boss["id"]
    assert urllib.parse.urljoin(user["meta"]["location"], got["$ref"]) == boss["meta"]["location"]
    assert got["displayName"] == "The Boss"
