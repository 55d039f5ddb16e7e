# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Races and crashes: uniqueness, membership, and what was acknowledged."""

import os
import signal

import pytest

from env import wait_until
from load import Load, consistent, together
from okta_client import user_profile
from okta_wire import URN_GROUP, member_ids
from scim_http import RawConnection, Scim
from test_120_outage import settle


def fresh(tenant):
    return Scim(tenant.base, tenant.token, fresh=True)


def test_110_01_64_identical_posts(env, tenant):
    profile = user_profile("same@example.com", "Same", "User", "00usame")

    def post(_):
        return fresh(tenant).post("/Users", profile)
    answers = together(64, post)
    assert sorted(a.status for a in answers) == [201] + [409] * 63
    for answer in answers:
        if answer.status == 409:
            assert "userName" in answer.error(409, "uniqueness")["detail"]
    assert tenant.scim().list("Users")["totalResults"] == 1
    consistent(env, tenant)


def test_110_02_64_identical_groups(env, tenant):
    def post(i):
        name = "Same" if i % 2 else "SAME"
        return fresh(tenant).post("/Groups", {"schemas": [URN_GROUP], "displayName": name}).status
    assert sorted(together(64, post)) == [201] + [409] * 63


def test_110_03_32_clients_add_different_members(env, tenant, scim):
    ids = [scim.add_user("member%d" % i)["id"] for i in range(64)]
    group = scim.add_group("Popular")["id"]

    def add(i):
        client = fresh(tenant)
        return [client.patch("/Groups/" + group, {
            "op": "add", "path": "members", "value": [{"value": uid}]}).status
            for uid in (ids[i], ids[i + 32])]
    assert {s for pair in together(32, add) for s in pair} <= {200, 204}
    assert member_ids(scim.get("/Groups/" + group).group()) == set(ids)


def test_110_04_adds_and_removes_of_different_members(env, tenant, scim):
    ids = [scim.add_user("member%d" % i)["id"] for i in range(32)]
    group = scim.add_group("Changing", ids[:16])["id"]

    def change(i):
        op = {"op": "add", "path": "members", "value": [{"value": ids[i]}]}
        if i < 16:
            op = {"op": "remove", "path": 'members[value eq "%s"]' % ids[i]}
        return fresh(tenant).patch("/Groups/" + group, op).status
    assert set(together(32, change)) <= {200, 204}
    assert member_ids(scim.get("/Groups/" + group).group()) == set(ids[16:])


def test_110_05_different_attributes_of_one_user(env, tenant, scim):
    """Unlocked read-modify-write would lose all but one of them."""
    user = scim.add_user("busy")
    names = ["title", "nickName", "userType", "locale", "timezone", "preferredLanguage",
             "profileUrl", "displayName"]

    def change(i):
        return fresh(tenant).patch("/Users/" + user["id"], {
            "op": "replace", "path": names[i], "value": "v%d" % i}).status
    assert together(len(names), change) == [200] * len(names)
    got = scim.get("/Users/" + user["id"]).user()
    assert [got[name] for name in names] == ["v%d" % i for i in range(len(names))]


def test_110_06_one_etag_one_winner(env, tenant, scim):
    user = scim.add_user("etag")

    def change(i):
        return fresh(tenant).patch(
            "/Users/" + user["id"], {"op": "replace", "path": "title", "value": "t%d" % i},
            headers={"If-Match": user["meta"]["version"]}).status
    assert sorted(together(16, change)) == [200] + [412] * 15


def test_110_07_a_member_deleted_while_it_is_added(env, tenant, scim):
    ids = [scim.add_user("brief%d" % i)["id"] for i in range(12)]
    group = scim.add_group("Race")["id"]

    def race(i):
        client = fresh(tenant)
        if i % 2:
            return client.delete("/Users/" + ids[i // 2]).status
        return client.patch("/Groups/" + group, {
            "op": "add", "path": "members", "value": [{"value": ids[i // 2]}]}).status
    assert set(together(24, race)) <= {200, 204}
    assert member_ids(scim.get("/Groups/" + group).group()) == set()
    consistent(env, tenant)


def test_110_08_moves_between_two_groups_in_either_order(env, tenant, scim):
    """Requests that lock the same rows in different order: a deadlock is retried, never shown."""
    ids = [scim.add_user("mover%d" % i)["id"] for i in range(8)]
    groups = [scim.add_group("Left")["id"], scim.add_group("Right")["id"]]

    def move(i):
        client = fresh(tenant)
        out = []
        for turn in range(4):
            members = ids if (i + turn) % 2 else ids[::-1]
            for group in groups if i % 2 else groups[::-1]:
                out.append(client.patch("/Groups/" + group, {
                    "op": "replace", "path": "members", "value": [
                        {"value": uid} for uid in members]}).status)
        return out
    assert {s for part in together(12, move) for s in part} <= {200, 204}
    for group in groups:
        assert member_ids(scim.get("/Groups/" + group).group()) == set(ids)
    consistent(env, tenant)


def enough(load, n):
    """Wait until n more writes were acknowledged."""
    goal = load.acknowledged + n
    wait_until("%d acknowledged writes" % n, lambda: load.acknowledged >= goal or load.errors, 120)


# httpd wonders at the killing; a new child may find SQLite recovering from it.
CHILDREN_KILLED = ("AH10392", "SCIM3022", "SCIM2008")


@pytest.mark.parametrize("round", [1, 2])
def test_110_09_the_database_is_killed_during_writes(env, tenant, log, round):
    """mariadbd -9; SQLite lives in httpd's children, so there they are killed."""
    group = tenant.scim().add_group("Survivors")["id"]
    with Load(tenant, group) as load:
        enough(load, 60)
        if env.db.name == "mariadb":
            log.database_lost()
            settle(env)
            env.db.kill()
            failed = load.failed
            wait_until("a refused write", lambda: load.failed > failed or load.errors)
            env.db.start()
        else:
            log.tolerate(*CHILDREN_KILLED)
            for pid in env.children():
                os.kill(pid, signal.SIGKILL)
        enough(load, 60)
    load.check(env)


def test_110_10_killed_children_leave_the_rest_alone(env, tenant, log):
    """On both databases: whatever a child held (locks, transactions) is free again."""
    log.tolerate(*CHILDREN_KILLED)
    group = tenant.scim().add_group("Children")["id"]
    with Load(tenant, group) as load:
        for _ in range(3):
            enough(load, 30)
            os.kill(env.children()[0], signal.SIGKILL)
        enough(load, 30)
    load.check(env)
    wait_until("httpd to replace its children", lambda: len(env.children()) >= 3)


def test_110_11_slow_readers_hold_no_database_connection(env):
    """Each child of the vhost has one connection; no reply waits for its client with it."""
    tenant = env.vhost("slow", "vhost-slow")
    scim = tenant.scim()
    ids = [scim.add_user("large%d" % i, title="x" * 40000)["id"] for i in range(250)]
    readers = [RawConnection(tenant.base, tenant.token, timeout=60) for _ in range(24)]
    for reader in readers:
        reader.head("GET", "/Users?count=250")
    for reader in readers:
        assert reader.sock.recv(9) == b"HTTP/1.1 "
    for uid in ids[:40]:
        assert fresh(tenant).get("/Users/" + uid, timeout=15).user()["id"] == uid
    for reader in readers:
        reader.close()
    for uid in ids:
        scim.delete("/Users/" + uid)
    tenant.close()


def test_110_12_connections_that_nobody_keeps(env):
    """With DBDPersist Off each request has a connection of its own, which ends with it."""
    tenant = env.vhost("once", "vhost-once")
    scim = tenant.scim()
    ids = [scim.add_user("once%d" % i)["id"] for i in range(5)]
    for uid in ids * 4:
        assert fresh(tenant).get("/Users/" + uid).user()["id"] == uid
    for uid in ids:
        assert scim.delete("/Users/" + uid).status == 204
    consistent(env, tenant)
    tenant.close()
