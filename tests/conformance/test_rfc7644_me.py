# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""RFC 7644 section 3.11: /Me of a token that belongs to a user (else: 501, test_errors.py)."""

import pytest

import conf
from client import checked
from okta_wire import URN_USER


@pytest.fixture
def owned(take):
    """A client of the provider, a client of the user jane@example.com, and that user."""
    tenant = take("owners")
    scim = checked(tenant)
    user = scim.user("jane@example.com", title="T")
    tenant.token = conf.token_of(tenant.name + "-second")
    return scim, checked(tenant), user


def test_7644_3_11__1_me_is_the_resource(owned):
    """/Me stands for the resource of the authenticated subject, for GET, PUT, PATCH and DELETE."""
    scim, me, user = owned
    assert me.get("/Me").must_be(200).json == user
    got = me.patch("/Me", {"op": "replace", "path": "title", "value": "P"}).must_be(200).json
    assert got == scim.read(user) and got["title"] == "P"
    got = me.put("/Me", {"schemas": [URN_USER], "userName": "jane@example.com", "title": "U"})
    assert got.must_be(200).json == scim.read(user) and got.json["title"] == "U"
    me.delete("/Me").must_be(204)
    scim.get(scim.path(user)).error(404)


def test_7644_3_11__2_the_location_is_the_resources_own(owned):
    """Every response to /Me names the permanent location in Location."""
    _, me, user = owned
    for answer in (me.get("/Me"), me.get("/Me?attributes=title"),
                   me.patch("/Me", {"op": "replace", "path": "title", "value": "P"})):
        assert answer.headers["Location"] == user["meta"]["location"]
