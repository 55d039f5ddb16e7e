# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Groups that follow from users' attributes, one group for each user, no groups in groups."""

import itertools

import pytest

from load import consistent, together
from okta_wire import URN_GROUP, URN_USER
from scim_http import Scim

TEAM = "urn:example:scim:schemas:extension:team:1.0:Group"


@pytest.fixture
def named(take):
    return take("group_from")


@pytest.fixture
def single(take):
    return take("one_group")


def fresh(tenant):
    return Scim(tenant.base, tenant.token, fresh=True)


def user(name, country=None, locality=None, region=None, **more):
    work = {"type": "work", "country": country, "locality": locality, "region": region}
    work = {k: v for k, v in work.items() if v}
    mail = name + "@example.com"
    body = {"schemas": [URN_USER], "userName": mail, "externalId": "ext-" + name,
            "emails": [{"value": mail, "type": "work", "primary": True}], **more}
    if len(work) > 1:
        body["addresses"] = [work, {"type": "home", "country": "XX", "locality": "Elsewhere"}]
    return body


def groups(resource):
    return sorted(g["display"] for g in resource.get("groups", []))


def add(scim, *args, **more):
    return scim.post("/Users", user(*args, **more)).must_be(201).json


def join(uid):
    return {"op": "add", "path": "members", "value": [{"value": uid}]}


def leave(uid):
    return {"op": "remove", "path": 'members[value eq "%s"]' % uid}


def displays(scim):
    return sorted(g["displayName"] for g in scim.all("Groups"))


# ---- groups by attribute ----

def test_261_01_the_group_must_exist_in_its_own_spelling(named):
    scim = named.scim()
    scim.add_group("DE")
    for country in ("FR", "de"):
        answer = scim.post("/Users", user("a", country))
        assert answer.error(400, "invalidValue")["detail"] == (
            'The value of addresses[type eq "work"].country must be the name of a group that '
            "exists, in its exact spelling. Group does not exist (400.76).")
    assert scim.list("Users", "count=0")["totalResults"] == 0
    made = add(scim, "a", "DE")
    assert groups(made) == ["DE"]
    assert scim.get("/Users/" + made["id"]).json == made
    # A value that is refused later leaves everything as it was.
    answer = scim.put("/Users/" + made["id"], user("a", "FR", "Paris"))
    answer.error(400, "invalidValue")
    assert scim.get("/Users/" + made["id"]).json == made
    assert displays(scim) == ["DE"]


def test_261_02_teams_are_made_on_demand(named):
    scim = named.scim()
    one = add(scim, "one", locality="Berlin", region="North")
    two = add(scim, "two", locality="BERLIN", region="north")
    assert groups(one) == groups(two) == ["Berlin", "North"]
    assert displays(scim) == ["Berlin", "North"]
    team = scim.find("Groups", 'displayName eq "berlin"')[0]
    assert {m["value"] for m in team["members"]} == {one["id"], two["id"]}


def test_261_03_another_value_moves_and_none_takes_out(named):
    scim = named.scim()
    uid = add(scim, "one", locality="Berlin", region="North")["id"]
    answer = scim.put("/Users/" + uid, user("one", locality="Paris", region="North"))
    assert groups(answer.must_be(200).json) == ["North", "Paris"]
    answer = scim.patch("/Users/" + uid, {
        "op": "replace", "path": 'addresses[type eq "work"].locality', "value": "Rome"})
    assert groups(answer.must_be(200).json) == ["North", "Rome"]
    answer = scim.patch("/Users/" + uid, {"op": "remove", "path": "addresses"})
    assert groups(answer.must_be(200).json) == []
    assert answer.headers["ETag"] == scim.get("/Users/" + uid).headers["ETag"]
    assert displays(scim) == ["Berlin", "North", "Paris", "Rome"]


def test_261_04_other_groups_stay(named):
    scim = named.scim()
    uid = add(scim, "one", locality="Berlin")["id"]
    scim.add_group("By hand", [uid])
    answer = scim.put("/Users/" + uid, user("one", locality="Paris"))
    assert groups(answer.json) == ["By hand", "Paris"]
    scim.patch("/Users/" + uid, {"op": "replace", "path": "active", "value": False}).must_be(200)
    assert groups(scim.get("/Users/" + uid).json) == ["By hand", "Paris"]
    scim.delete("/Users/" + uid).must_be(204)
    assert all("members" not in g for g in scim.all("Groups"))


def test_261_05_new_values_at_once_make_one_group(env, named):
    def post(i):
        body = user("race%d" % i, locality=("Berlin", "BERLIN")[i % 2], region="R%d" % (i % 3))
        return fresh(named).post("/Users", body).status
    assert together(48, post) == [201] * 48
    scim = named.scim()
    assert [d.lower() for d in displays(scim)] == ["berlin", "r0", "r1", "r2"]
    assert len(scim.find("Groups", 'displayName eq "berlin"')[0]["members"]) == 48
    consistent(env, named)


def test_261_06_moving_at_once(env, named):
    scim = named.scim()
    ids = [add(scim, "user%d" % i)["id"] for i in range(12)]
    towns = ["Berlin", "Paris", "Rome"]

    def wander(i):
        client = fresh(named)
        return [client.put("/Users/" + ids[i], user(
            "user%d" % i, locality=towns[(i + step) % 3], region=towns[(i * 2 + step) % 3])).status
            for step in range(6)]
    assert {s for got in together(12, wander) for s in got} == {200}
    for i, uid in enumerate(ids):
        assert groups(scim.get("/Users/" + uid).json) == sorted(
            {towns[(i + 5) % 3], towns[(i * 2 + 5) % 3]})
    consistent(env, named)


def test_261_07_where_clients_see_no_groups(env, take):
    tenant = take("group_from_hidden")
    scim = tenant.scim()
    made = add(scim, "one", userType="Engineers")
    assert "groups" not in made
    assert "groups" not in scim.get("/Users/%s?attributes=userName,groups" % made["id"]).json
    scim.get("/Groups").must_be(404)
    assert len(env.db.query("SELECT id FROM scim_resource WHERE tenant = '%s' AND "
                            "type = 'Group' AND members = 1" % tenant.name)) == 1


# ---- one group for each user ----

def test_261_10_moved_in_either_order(single):
    scim = single.scim()
    uid = scim.add_user("mover")["id"]
    old = scim.add_group("Old", [uid])["id"]
    new = scim.add_group("New")["id"]
    for first, second in itertools.permutations(((old, leave(uid)), (new, join(uid)))):
        for group, operation in (first, second):
            assert scim.patch("/Groups/" + group, operation).status in (200, 204)
        assert groups(scim.get("/Users/" + uid).json) == ["New"]
        assert "members" not in scim.get("/Groups/" + old).json
        # And back again.
        scim.patch("/Groups/" + old, join(uid))
        assert groups(scim.get("/Users/" + uid).json) == ["Old"]


def test_261_11_a_group_that_comes_with_members_takes_them(single):
    scim = single.scim()
    ids = [scim.add_user("u%d" % i)["id"] for i in range(3)]
    old = scim.add_group("Old", ids)
    new = scim.add_group("New", ids[:1])
    assert [m["value"] for m in new["members"]] == ids[:1]
    got = scim.get("/Groups/" + old["id"])
    assert {m["value"] for m in got.json["members"]} == set(ids[1:])
    assert got.json["meta"]["version"] != old["meta"]["version"]
    scim.put("/Groups/" + new["id"], {"schemas": [URN_GROUP], "displayName": "New", "members": [
        {"value": ids[1]}]}).must_be(200)
    assert [groups(scim.get("/Users/" + i).json) for i in ids] == [[], ["New"], ["Old"]]


def test_261_12_both_requests_of_each_move_at_once(env, single):
    scim = single.scim()
    ids = [scim.add_user("u%d" % i)["id"] for i in range(12)]
    teams = [scim.add_group("T%d" % i, ids[i::3])["id"] for i in range(3)]

    def move(i):
        uid, old = ids[i // 2], (i // 2) % 3
        client = fresh(single)
        return client.patch("/Groups/" + teams[old], leave(uid)).status if i % 2 else \
            client.patch("/Groups/" + teams[(old + 1) % 3], join(uid)).status
    assert set(together(24, move)) <= {200, 204}
    for i, uid in enumerate(ids):
        assert groups(scim.get("/Users/" + uid).json) == ["T%d" % ((i + 1) % 3)]
    consistent(env, single)


def test_261_13_teams_that_want_the_same_users(env, single):
    scim = single.scim()
    ids = [scim.add_user("u%d" % i)["id"] for i in range(6)]
    teams = [scim.add_group("T%d" % i)["id"] for i in range(4)]

    def want(i):
        client = fresh(single)
        got = []
        for step in range(5):
            team = (i + step) % 4
            members = [{"value": ids[(i * k + step) % 6]} for k in (1, 2, 5)]
            if (i + step) % 3:
                got.append(client.patch("/Groups/" + teams[team], {
                    "op": "add", "path": "members", "value": members}).status)
            else:
                got.append(client.put("/Groups/" + teams[team], {
                    "schemas": [URN_GROUP], "displayName": "T%d" % team,
                    "members": members}).status)
        return got
    assert {s for got in together(10, want) for s in got} <= {200, 204}
    for uid in ids:
        assert len(groups(scim.get("/Users/" + uid).json)) <= 1
    consistent(env, single)


# ---- groups in groups, and what a group says of itself ----

def test_261_20_groups_in_groups_refused(take):
    scim = take("no_nesting").scim()
    inner = scim.add_group("Inner")["id"]
    uid = scim.add_user("one")["id"]
    answer = scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "Outer",
                                   "members": [{"value": uid}, {"value": inner}]})
    assert answer.error(400, "invalidValue")["detail"] == \
        "A group cannot be a member of another group here."
    assert displays(scim) == ["Inner"]
    outer = scim.add_group("Outer", [uid])["id"]
    scim.patch("/Groups/" + outer, join(inner)).error(400, "invalidValue")
    members = [a for a in scim.get("/Schemas/" + URN_GROUP).json["attributes"]
               if a["name"] == "members"][0]
    said = {s["name"]: s for s in members["subAttributes"]}
    assert said["type"]["canonicalValues"] == ["User"]
    assert said["$ref"]["referenceTypes"] == ["User"]
    assert len(scim.get("/Groups/" + outer).json["members"]) == 1


def test_261_21_a_description_by_an_extension(take):
    scim = take("described").scim()
    made = scim.post("/Groups", {"schemas": [URN_GROUP, TEAM], "displayName": "Engineers",
                                 TEAM: {"description": "Who builds it"}}).must_be(201).json
    assert made[TEAM] == {"description": "Who builds it"}
    assert scim.get("/Groups/" + made["id"]).json[TEAM] == {"description": "Who builds it"}
    # A client that has no extensions is not refused.
    scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "Others",
                          "description": "ignored"}).must_be(201)
