# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Tenants see nothing of each other: another tenant's id is 404, another tenant's token 401."""

import pytest

from okta_wire import URN_GROUP, URN_USER, member_ids, quote


@pytest.fixture
def two(take):
    """Two tenants; the first has a user and a group, the second tries to get at them."""
    mine, other = take(), take()
    scim = mine.scim()
    user = scim.add_user("mine", title="Secret title")
    group = scim.add_group("Mine", [user["id"]])
    return mine, other, scim.get("/Users/" + user["id"]).user(), group


def walk(user, group):
    """Every endpoint and method that names a resource: (method, path, body)."""
    patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [
        {"op": "replace", "path": "displayName", "value": "Taken over"}]}
    for path, body in (("/Users/" + user["id"], {"schemas": [URN_USER], "userName": "t"}),
                       ("/Groups/" + group["id"], {"schemas": [URN_GROUP], "displayName": "t"})):
        yield "GET", path, None
        yield "HEAD", path, None
        yield "GET", path + "?attributes=id", None
        yield "PUT", path, body
        yield "PATCH", path, patch
        yield "DELETE", path, None


def everything(scim):
    """All a tenant has, as text."""
    return [scim.all("Users"), scim.all("Groups")]


def test_090_01_ids_of_another_tenant(two):
    mine, other, user, group = two
    before = everything(mine.scim())
    client = other.scim()
    for method, path, body in walk(user, group):
        assert client.request(method, path, body).status == 404, (method, path)
    assert everything(mine.scim()) == before


def test_090_02_a_token_of_another_tenant(two):
    mine, other, user, group = two
    before = everything(mine.scim())
    client = mine.scim(token=other.token)
    paths = list(walk(user, group)) + [
        ("GET", "/Users", None), ("GET", "/Groups", None), ("GET", "/Schemas", None),
        ("GET", "/ResourceTypes", None), ("GET", "/ServiceProviderConfig", None),
        ("POST", "/Users", {"schemas": [URN_USER], "userName": "t"}),
        ("POST", "/Groups", {"schemas": [URN_GROUP], "displayName": "t"})]
    for method, path, body in paths:
        assert client.request(method, path, body).status == 401, (method, path)
    assert everything(mine.scim()) == before


def test_090_03_lists_and_filters(two):
    _, other, user, group = two
    client = other.scim()
    assert everything(client) == [[], []]
    for endpoint, text in (
            ("Users", 'userName eq "%s"' % user["userName"]), ("Users", 'id eq "%s"' % user["id"]),
            ("Users", 'externalId eq "ext-mine"'), ("Users", 'title eq "secret title"'),
            ("Users", 'title pr or userName pr'), ("Users", "not (title eq \"none\")"),
            ("Users", 'groups.value eq "%s"' % group["id"]), ("Users", 'emails.value co "mine"'),
            ("Groups", 'displayName eq "mine"'), ("Groups", 'members.value eq "%s"' % user["id"]),
            ("Groups", "members pr")):
        page = client.list(endpoint, "filter=" + quote(text))
        assert page["totalResults"] == 0 and page["Resources"] == [], text


def test_090_04_a_member_of_another_tenant_is_nobody(two):
    mine, other, user, group = two
    client = other.scim()
    theirs = client.add_group("Thieves", [user["id"], group["id"]])
    assert member_ids(client.get("/Groups/" + theirs["id"]).group()) == set()
    client.patch("/Groups/" + theirs["id"], {
        "op": "add", "path": "members", "value": [{"value": user["id"]}]})
    assert member_ids(client.get("/Groups/" + theirs["id"]).group()) == set()
    groups = mine.scim().get("/Users/" + user["id"]).user()["groups"]
    assert [g["value"] for g in groups] == [group["id"]]


def test_090_05_the_same_names_in_both(two):
    mine, other, user, _ = two
    client = other.scim()
    twin = client.add_user("mine")
    assert twin["id"] != user["id"]
    client.add_group("Mine", [twin["id"]])
    assert mine.scim().find("Users", 'userName eq "%s"' % user["userName"])[0]["id"] == user["id"]
    client.delete("/Users/" + twin["id"])
    assert mine.scim().get("/Users/" + user["id"]).user() == user


def test_090_06_locations_stay_in_their_tenant(two):
    _, other, _, _ = two
    user = other.scim().add_user("located")
    assert user["meta"]["location"].startswith(other.base + "/Users/")
