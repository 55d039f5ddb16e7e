# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Seats and guards: how many active users there may be, and whose last one stays."""

import pytest

import conf
from load import together
from okta_wire import URN_USER
from scim_http import Scim

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
OFF = {"op": "replace", "path": "active", "value": False}
ON = {"op": "replace", "path": "active", "value": True}


@pytest.fixture
def seats(take):
    return take("seats")


@pytest.fixture
def guarded(take):
    return take("guarded")


def user(name, **more):
    return {"schemas": [URN_USER], "userName": name, **more}


def kind(value):
    return {"op": "replace", "path": "userType", "value": value}


def refused(answer):
    detail = answer.error(403)["detail"]
    assert "limit" in detail
    return detail


def active(scim):
    return scim.list("Users", "filter=active%20eq%20true&count=0")["totalResults"]


def fill(scim, n=10, **more):
    return [scim.add_user("seat%d" % i, **more)["id"] for i in range(n)]


def test_260_01_the_eleventh_is_refused_and_nothing_is_written(seats):
    scim = seats.scim()
    fill(scim)
    detail = refused(scim.post("/Users", user("late@example.com")))
    assert detail == "The limit of 10 active users is reached; deactivate another user first, " \
        "or have the limit raised."
    assert scim.find("Users", 'userName eq "late@example.com"') == []
    assert scim.list("Users", "count=0")["totalResults"] == 10


def test_260_02_deactivating_and_deleting_frees_a_seat(seats):
    scim = seats.scim()
    ids = fill(scim)
    refused(scim.post("/Users", user("late@example.com")))
    scim.patch("/Users/" + ids[0], OFF).must_be(200)
    scim.get("/Users/" + ids[0]).must_be(200)
    scim.post("/Users", user("late@example.com")).must_be(201)
    refused(scim.patch("/Users/" + ids[0], ON))
    assert scim.get("/Users/" + ids[0]).json["active"] is False
    scim.delete("/Users/" + ids[1]).must_be(204)
    scim.patch("/Users/" + ids[0], ON).must_be(200)
    assert active(scim) == 10


def test_260_03_put_counts_like_patch(seats):
    scim = seats.scim()
    ids = fill(scim)
    scim.put("/Users/" + ids[0], user("seat0@example.com", active=False)).must_be(200)
    scim.add_user("late")
    refused(scim.put("/Users/" + ids[0], user("seat0@example.com", active=True)))
    # The other users are changed as ever.
    scim.put("/Users/" + ids[1], user("seat1@example.com", title="Dr")).must_be(200)


def test_260_04_a_change_of_kind_takes_a_seat_of_that_kind(seats):
    scim = seats.scim()
    scim.add_user("one", userType="admin")
    two = scim.add_user("two", userType="ADMIN")["id"]
    three = scim.add_user("three", userType="view")["id"]
    detail = refused(scim.post("/Users", user("four@example.com", userType="admin")))
    assert detail.startswith("The limit of 2 active users with userType admin is reached")
    refused(scim.patch("/Users/" + three, kind("admin")))
    refused(scim.put("/Users/" + three, user("three@example.com", userType="Admin")))
    assert scim.get("/Users/" + three).json["userType"] == "view"
    scim.patch("/Users/" + two, kind("user")).must_be(200)
    scim.patch("/Users/" + three, kind("admin")).must_be(200)


def test_260_05_bulk_counts_one_by_one(seats):
    scim = seats.scim()
    fill(scim, 8)
    answer = scim.post("/Bulk", {"schemas": [BULK], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "b%d" % i,
         "data": user("bulk%d@example.com" % i)} for i in range(4)]})
    statuses = [op["status"] for op in answer.must_be(200).json["Operations"]]
    assert statuses == ["201", "201", "403", "403"]
    assert active(scim) == 10


def test_260_06_64_at_once_for_ten_seats(seats):
    def post(i):
        return Scim(seats.base, seats.token, fresh=True).post(
            "/Users", user("race%d@example.com" % i)).status
    assert sorted(together(64, post)) == [201] * 10 + [403] * 54
    assert active(seats.scim()) == 10


def test_260_07_reactivated_at_once(seats):
    scim = seats.scim()
    ids = fill(scim, 16, active=False)

    def switch(i):
        return Scim(seats.base, seats.token, fresh=True).patch("/Users/" + ids[i], ON).status
    assert sorted(together(16, switch)) == [200] * 10 + [403] * 6
    assert active(scim) == 10


def test_260_08_the_last_administrator_stays(guarded):
    scim = guarded.scim()
    one = scim.add_user("one", userType="admin")["id"]
    scim.add_user("two", userType="user")
    text = "At least one active user with userType admin must remain."
    for answer in (scim.patch("/Users/" + one, OFF), scim.delete("/Users/" + one),
                   scim.patch("/Users/" + one, kind("user")),
                   scim.put("/Users/" + one, user("one@example.com")),
                   scim.put("/Users/" + one, user("one@example.com", userType="admin",
                                                  active=False))):
        assert answer.error(403)["detail"] == text
    assert scim.get("/Users/" + one).json["active"] is True
    scim.patch("/Users/" + one, {"op": "replace", "path": "title", "value": "Dr"}).must_be(200)
    scim.add_user("three", userType="admin")
    scim.patch("/Users/" + one, OFF).must_be(200)


def test_260_09_two_last_ones_at_once(guarded):
    scim = guarded.scim()
    for attempt in range(10):
        ids = [scim.add_user("admin%d-%d" % (attempt, i), userType="admin")["id"]
               for i in range(2)]
        for old in scim.find("Users", 'userType eq "admin" and active eq true'):
            if old["id"] not in ids:
                scim.delete("/Users/" + old["id"]).must_be(204)

        def leave(i, ids=tuple(ids)):
            client = Scim(guarded.base, guarded.token, fresh=True)
            return client.patch("/Users/" + ids[i], OFF).status if i else \
                client.delete("/Users/" + ids[i]).status
        assert sorted(together(2, leave))[1] == 403
        left = scim.find("Users", 'userType eq "admin" and active eq true')
        assert len(left) == 1


def test_260_10_the_last_one_of_a_group(guarded):
    scim = guarded.scim()
    one = scim.add_user("one")["id"]
    two = scim.add_user("two")["id"]
    group = scim.add_group("administrators", [one, two])["id"]
    scim.patch("/Groups/" + group, {"op": "remove", "path": 'members[value eq "%s"]' % two})
    text = "At least one active user must stay in the group Administrators."
    for answer in (scim.patch("/Users/" + one, OFF), scim.delete("/Users/" + one),
                   scim.delete("/Groups/" + group),
                   scim.patch("/Groups/" + group, {"op": "remove", "path": "members"}),
                   scim.patch("/Groups/" + group,
                              {"op": "replace", "path": "displayName", "value": "Others"})):
        assert answer.error(403)["detail"] == text
    scim.patch("/Groups/" + group, {"op": "add", "path": "members", "value": [{"value": two}]})
    scim.delete("/Users/" + one).must_be(204)
    assert [m["value"] for m in scim.get("/Groups/" + group).json["members"]] == [two]


def test_260_11_a_rule_that_comes_later_counts_who_is_there(env):
    token = conf.token_of("seats-later")
    before = Scim(env.base(path="/t/seats-before/scim/v2"), token)
    after = Scim(env.base(path="/t/seats-after/scim/v2"), token)
    ids = [before.add_user("early%d" % i)["id"] for i in range(5)]
    refused(after.post("/Users", user("late@example.com")))
    # Writes without the rule in between are seen by those with it.
    before.patch("/Users/" + ids[0], OFF).must_be(200)
    before.delete("/Users/" + ids[1]).must_be(204)
    after.post("/Users", user("late@example.com")).must_be(201)
    refused(after.post("/Users", user("later@example.com")))
    after.patch("/Users/" + ids[2], {"op": "replace", "path": "title", "value": "Dr"}).must_be(200)
    assert active(after) == 4


def test_260_12_many_kinds_of_writes_at_once(seats):
    scim = seats.scim()
    ids = fill(scim, 6, userType="view")

    def work(i):
        client = Scim(seats.base, seats.token, fresh=True)
        got = []
        for step in range(6):
            which = (i + step) % 3
            if which == 0:
                made = client.post("/Users", user("own%d-%d@example.com" % (i, step)))
                got.append(made.status)
                if made.status == 201:
                    got.append(client.delete("/Users/" + made.json["id"]).status)
            elif which == 1:
                got.append(client.patch("/Users/" + ids[(i * 5 + step) % 6], kind(
                    "admin" if i % 2 else "user")).status)
            else:
                got.append(client.patch("/Users/" + ids[(i + step * 2) % 6],
                                        OFF if step % 2 else ON).status)
        return got
    assert {s for got in together(12, work) for s in got} <= {200, 201, 204, 403}
    assert len(scim.find("Users", 'userType eq "admin" and active eq true')) <= 2
    free = 10 - active(scim)
    for i in range(free):
        scim.post("/Users", user("last%d@example.com" % i)).must_be(201)
    refused(scim.post("/Users", user("toomany@example.com")))
