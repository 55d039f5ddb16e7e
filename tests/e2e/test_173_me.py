# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""/Me (RFC 7644 section 3.11): the User that a token belongs to, where the token says so."""

import pytest

import conf
from okta_wire import URN_USER

JANE = {"schemas": [URN_USER], "userName": "jane@example.com", "title": "T"}


@pytest.fixture
def owned(take):
    """A tenant with a token of jane's, and clients: the provider, and jane."""
    tenant = take("owners")
    return tenant, tenant.scim(), tenant.scim(token=conf.token_of(tenant.name + "-second"))


def real(answer, user):
    assert answer.headers["Location"] == user["meta"]["location"]
    return answer


def test_173_01_get(owned):
    tenant, scim, me = owned
    user = scim.post("/Users", JANE).user(201)
    answer = real(me.get("/Me"), user)
    assert answer.user() == user
    assert user["meta"]["location"] == "%s/Users/%s" % (tenant.base, user["id"])
    answer = real(me.get("/Me", headers={"If-None-Match": answer.headers["ETag"]}), user)
    assert answer.status == 304
    assert set(me.get("/Me?attributes=title").json) == {"schemas", "id", "title"}
    assert real(me.request("HEAD", "/Me"), user).status == 200
    assert me.get("/Me/").user() == user


def test_173_02_patch(owned):
    _, scim, me = owned
    user = scim.post("/Users", JANE).user(201)
    answer = real(me.patch("/Me", {"op": "replace", "path": "title", "value": "New"}), user)
    assert answer.user()["title"] == "New"
    assert scim.get("/Users/" + user["id"]).user()["title"] == "New"
    real(me.patch("/Me", {"op": "replace", "path": "nosuch", "value": "x"}), user).error(
        400, "invalidPath")
    answer = me.request("PATCH", "/Me", {"schemas": [], "Operations": []})
    real(answer, user).error(400, "invalidSyntax")


def test_173_03_put(owned):
    _, scim, me = owned
    user = scim.post("/Users", JANE).user(201)
    answer = real(me.put("/Me", dict(JANE, displayName="Jane")), user)
    assert answer.user()["displayName"] == "Jane" and answer.json["id"] == user["id"]
    answer = me.put("/Me", JANE, headers={"If-Match": 'W/"no-such-version"'})
    real(answer, user).error(412)


def test_173_04_delete(owned):
    _, scim, me = owned
    user = scim.post("/Users", JANE).user(201)
    assert real(me.delete("/Me"), user).status == 204
    scim.get("/Users/" + user["id"]).error(404)
    me.get("/Me").error(404)


def test_173_05_nobody_of_that_name(owned):
    _, scim, me = owned
    scim.post("/Users", dict(JANE, userName="jane@example.com.au")).user(201)
    for answer in (me.get("/Me"), me.put("/Me", JANE), me.delete("/Me"),
                   me.patch("/Me", {"op": "replace", "path": "title", "value": "x"}),
                   me.put("/Me", raw=b"{not json")):
        answer.error(404)
        assert "Location" not in answer.headers


def test_173_06_renamed_is_another(owned):
    """The owner is a name: who has it now is meant."""
    _, scim, me = owned
    user = scim.post("/Users", JANE).user(201)
    me.patch("/Me", {"op": "replace", "path": "userName", "value": "doe@example.com"}).user()
    me.get("/Me").error(404)
    other = scim.post("/Users", JANE).user(201)
    assert other["id"] != user["id"] and me.get("/Me").user()["id"] == other["id"]


@pytest.mark.parametrize("name", ["JANE@EXAMPLE.COM", "Jane@Example.Com"])
def test_173_07_without_case(owned, name):
    _, scim, me = owned
    user = scim.post("/Users", dict(JANE, userName=name)).user(201)
    assert me.get("/Me").user() == user


def test_173_08_a_name_of_any_kind(owned):
    tenant, scim, _ = owned
    user = scim.post("/Users", dict(JANE, userName="jörg MÜLLER")).user(201)
    third = tenant.scim(token=conf.token_of(tenant.name + "-third"))
    assert third.get("/Me").user() == user


def test_173_09_a_token_without_an_owner(owned):
    _, scim, _ = owned
    scim.post("/Users", JANE).user(201)
    for method in ("GET", "PUT", "PATCH", "POST", "DELETE"):
        scim.request(method, "/Me", raw=b"{}" if method[0] == "P" else None).error(501)


def test_173_10_other_methods_and_paths(owned):
    _, scim, me = owned
    answer = me.post("/Me", JANE)
    answer.error(405)
    assert set(answer.headers["Allow"].replace(",", " ").split()) == {
        "GET", "HEAD", "PUT", "PATCH", "DELETE"}
    assert scim.list("Users")["totalResults"] == 0
    assert me.request("OPTIONS", "/Me").status == 204
    me.get("/me").error(404)
    me.get("/Users/Me").error(404)  # an id like any other
    me.get("/Me/x").error(404)


def test_173_11_of_a_token_file(take):
    tenant = take("token_file")
    user = tenant.scim().post("/Users", JANE).user(201)
    assert tenant.scim(token=conf.token_of("in-file-owned")).get("/Me").user() == user
    tenant.scim(token=conf.token_of("in-file-1")).get("/Me").error(501)


def test_173_12_of_this_tenant_only(take):
    one, two = take("owners"), take("owners")
    one.scim().post("/Users", JANE).user(201)
    two.scim(token=conf.token_of(two.name + "-second")).get("/Me").error(404)
