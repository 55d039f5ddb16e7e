# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""ScimGroups Off: no client sees a group, by whatever way it asks."""

import pytest

from okta_wire import URN_GROUP


@pytest.fixture
def scim(take):
    return take("no_groups").scim()


@pytest.mark.parametrize("method,path", [
    ("GET", "/Groups"), ("GET", "/groups?count=1"), ("POST", "/Groups"), ("GET", "/Groups/1"),
    ("PUT", "/Groups/1"), ("PATCH", "/Groups/1"), ("DELETE", "/Groups/1"),
    ("POST", "/Groups/.search")])
def test_195_01_the_endpoint_is_not_there(scim, method, path):
    body = {"schemas": [URN_GROUP], "displayName": "Engineering"} \
        if method not in ("GET", "DELETE") else None
    answer = scim.request(method, path, body)
    assert answer.status == 404


def test_195_02_discovery_does_not_tell_of_it(scim):
    types = [t["name"] for t in scim.list("ResourceTypes")["Resources"]]
    assert types == ["User"]
    assert URN_GROUP not in [s["id"] for s in scim.list("Schemas")["Resources"]]
    assert scim.get("/ResourceTypes/Group").status == 404
    assert scim.get("/Schemas/" + URN_GROUP).status == 404


def test_195_03_users_are_served_as_ever(scim):
    user = scim.add_user("alone")
    assert scim.get("/Users/" + user["id"]).json["userName"] == user["userName"]
    assert scim.list("")["totalResults"] == 1


def test_195_04_bulk_knows_no_groups(scim):
    answer = scim.post("/Bulk", {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{"method": "POST", "path": "/Groups", "bulkId": "g", "data": {
            "schemas": [URN_GROUP], "displayName": "Engineering"}}]})
    assert answer.json["Operations"][0]["status"] in ("400", "404")
