# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""A connection that breaks at every single statement of every kind of request, before the statement
and after it, COMMIT included: the client sees one success, and the database one change."""

import pytest

from load import consistent
from okta_wire import URN_GROUP, URN_USER, member_ids
from scim_http import Scim

pytestmark = pytest.mark.parametrize("env", ["mariadb"], indirect=True)

MOST = 60  # statements of one request; more means that a cut is never reached


@pytest.fixture
def cut(env):
    """The tenant whose database connections go through the proxy."""
    tenant = env.vhost("cut", "vhost-cut")
    yield tenant
    env.proxy.disarm()
    tenant.close()


def everywhere(env, log, when, request):
    """Run request(i) with a cut at its 1st, 2nd … statement until none is left to cut.

    @return the commands that were cut
    """
    log.database_lost()
    seen = []
    for i in range(1, MOST):
        env.proxy.cut_at(i, when)
        try:
            request(i)
        finally:
            fired = env.proxy.disarm()
        if fired is None:
            assert seen, "nothing was cut"
            return seen
        seen.append(fired)
    raise AssertionError("a request has %d statements or more" % MOST)


def commits(seen):
    return [text for text in seen if b"COMMIT" in text.upper()]


@pytest.mark.parametrize("when", ["before", "after"])
def test_125_01_create(env, log, cut, when):
    scim = cut.scim()
    made = {}

    def create(i):
        name = "create.%s.%d" % (when, i)
        made[name + "@example.com"] = scim.add_user(name)["id"]
    seen = everywhere(env, log, when, create)
    assert commits(seen)
    there = {u["userName"]: u["id"] for u in scim.all("Users")}
    assert {name: there.get(name) for name in made} == made
    consistent(env, cut)


@pytest.mark.parametrize("when", ["before", "after"])
def test_125_02_change(env, log, cut, when):
    scim = cut.scim()
    user = scim.add_user("change." + when)
    versions = [user["meta"]["version"]]

    def change(i):
        got = scim.patch("/Users/" + user["id"], {
            "op": "replace", "value": {"title": "t%d" % i, "userName": "c%d.%s" % (i, when)}})
        assert got.user(200)["title"] == "t%d" % i
        assert scim.get("/Users/" + user["id"]).user() == got.json
        versions.append(got.json["meta"]["version"])

    def replace(i):
        got = scim.put("/Users/" + user["id"], dict(user, nickName="n%d" % i)).user(200)
        assert got["nickName"] == "n%d" % i
        versions.append(got["meta"]["version"])
    assert commits(everywhere(env, log, when, change))
    assert commits(everywhere(env, log, when, replace))
    assert len(set(versions)) == len(versions)
    numbers = [int(v.strip('W/"')) for v in versions]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "a change twice"
    consistent(env, cut)


@pytest.mark.parametrize("when", ["before", "after"])
def test_125_03_membership(env, log, cut, when):
    scim = cut.scim()
    ids = [scim.add_user("member.%s.%d" % (when, i))["id"] for i in range(6)]
    group = scim.add_group("Cut " + when, ids[:3])["id"]

    def swap(i):
        new, old = (ids[3:], ids[:3]) if i % 2 else (ids[:3], ids[3:])
        ops = [{"op": "remove", "path": 'members[value eq "%s"]' % uid} for uid in old]
        ops.append({"op": "add", "path": "members", "value": [{"value": uid} for uid in new]})
        assert scim.patch("/Groups/" + group, *ops).status in (200, 204)
        assert member_ids(scim.get("/Groups/" + group).group()) == set(new)
    assert commits(everywhere(env, log, when, swap))

    def push(i):  # a new name, one member out and one in: the same statements each time
        wanted = [ids[i % 6], ids[(i + 1) % 6]]
        body = {"schemas": [URN_GROUP], "displayName": "Cut %s %d" % (when, i),
                "members": [{"value": uid} for uid in wanted]}
        assert scim.put("/Groups/" + group, body).status in (200, 204)
        got = scim.get("/Groups/" + group).group()
        assert got["displayName"] == body["displayName"]
        assert member_ids(got) == set(wanted)
    assert commits(everywhere(env, log, when, push))
    consistent(env, cut)


@pytest.mark.parametrize("when", ["before", "after"])
def test_125_04_delete(env, log, cut, when):
    scim = cut.scim()
    ids = [scim.add_user("delete.%s.%d" % (when, i))["id"] for i in range(MOST)]
    group = scim.add_group("Doomed " + when, ids)["id"]

    def delete(i):
        assert scim.delete("/Users/" + ids[i]).status == 204
        scim.get("/Users/" + ids[i]).error(404)
    seen = everywhere(env, log, when, delete)
    assert commits(seen)
    gone = set(ids[1:len(seen) + 2])
    assert member_ids(scim.get("/Groups/" + group).group()) == set(ids) - gone
    consistent(env, cut)


@pytest.mark.parametrize("when", ["before", "after"])
def test_125_05_reads(env, log, cut, when):
    scim = cut.scim()
    ids = [scim.add_user("read.%s.%d" % (when, i))["id"] for i in range(3)]
    group = scim.add_group("Read " + when, ids)["id"]

    def reads(_):
        assert scim.get("/Users/" + ids[0]).user()["id"] == ids[0]
        assert member_ids(scim.get("/Groups/" + group).group()) == set(ids)
        found = scim.find("Users", 'userName sw "read.%s" and title eq null' % when)
        assert [u["id"] for u in found] == ids
        assert scim.find("Groups", 'members.value eq "%s"' % ids[1])[0]["id"] == group
    everywhere(env, log, when, reads)


def test_125_06_a_conflict_stays_a_conflict(env, log, cut):
    """A retry must not take the first attempt's own row for somebody else's, nor the reverse."""
    scim = cut.scim()
    scim.add_user("conflict")
    body = {"schemas": [URN_USER], "userName": "CONFLICT@example.com"}
    for when in ("before", "after"):
        everywhere(env, log, when, lambda _: Scim(cut.base, cut.token, fresh=True).post(
            "/Users", body).error(409, "uniqueness"))
    assert len(scim.find("Users", 'userName eq "conflict@example.com"')) == 1
