# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""A database that is away, restarted, busy or foreign: 503 within Okta's patience, and recovery."""

import contextlib
import time

import pytest

from env import is_starting, wait_until
from load import consistent, together
from okta_wire import PATIENCE, URN_GROUP, URN_USER
from scim_http import RawConnection, Scim


# What has a server of its own; SQLite has none to stop.
with_server = pytest.mark.parametrize("env", ["mariadb"], indirect=True)


def requests_of(user, group):
    """Every kind of request that needs the database: (method, path, body)."""
    patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
             "Operations": [{"op": "replace", "value": {"displayName": "Half"}}]}
    bulk = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{"method": "DELETE", "path": "/Users/" + user},
                           {"method": "PATCH", "path": "/Groups/" + group, "data": patch}]}
    return [("POST", "/Bulk", bulk), ("GET", "/Users", None), ("GET", "/Users/" + user, None),
            ("GET", "/Users?filter=userName+eq+%22x%22", None), ("GET", "/Groups/" + group, None),
            ("POST", "/Users", {"schemas": [URN_USER], "userName": "away"}),
            ("PUT", "/Users/" + user, {"schemas": [URN_USER], "userName": "away"}),
            ("PATCH", "/Users/" + user, patch), ("PATCH", "/Groups/" + group, patch),
            ("PUT", "/Groups/" + group, {"schemas": [URN_GROUP], "displayName": "Away"}),
            ("DELETE", "/Users/" + user, None), ("DELETE", "/Groups/" + group, None)]


def settle(env):
    """Wait until httpd has looked, as it does once a second, and no child is starting.

    The test before may have made it start one. mod_dbd in a child that starts while MariaDB is away
    logs an error text that apr_dbd_mysql (1.6.3) has freed already, for which the sanitizer ends
    the child; none of our code is in that call.
    """
    def unchanged():
        before = env.children()
        time.sleep(1.5)
        return env.children() == before and not any(is_starting(pid) for pid in before)
    wait_until("httpd to start no more children", unchanged)


@contextlib.contextmanager
def away(env, log, how):
    """The database is gone inside the block, and back after it."""
    log.database_lost()
    settle(env)
    getattr(env.db, how)()
    try:
        yield
    finally:
        env.db.start()


@pytest.mark.parametrize("how", ["stop", "kill"])
@with_server
def test_120_01_away_and_back(env, tenant, scim, log, how):
    """503 with Retry-After for everything; the very first request after the restart succeeds."""
    user, group = scim.add_user("stay"), scim.add_group("Stay")
    log.expect("SCIM2001")
    with away(env, log, how):
        for method, path, body in requests_of(user["id"], group["id"]):
            answer = scim.request(method, path, body)
            assert answer.status == 503, (method, path, answer.status)
        assert scim.get("/Schemas").status == 200  # needs no database
        assert tenant.scim(token="wrong").get("/Users").status == 401
    assert scim.patch("/Users/" + user["id"], {
        "op": "replace", "path": "title", "value": "back"}).status == 200
    assert scim.get("/Users/" + user["id"]).user()["displayName"] == user["displayName"]
    assert scim.list("Users")["totalResults"] == 1
    consistent(env, tenant)


@with_server
def test_120_02_a_restart_between_requests_is_not_noticed(env, tenant, log):
    """Every pooled connection of every child is dead; no request fails for it."""
    log.database_lost()
    together(16, lambda i: tenant.scim().add_user("before%d" % i))
    settle(env)
    env.db.stop()
    env.db.start()
    together(48, lambda i: Scim(tenant.base, tenant.token, fresh=True).add_user("after%d" % i))
    assert tenant.scim().list("Users")["totalResults"] == 64
    consistent(env, tenant)


def waiting_writes(env):
    """Connections whose transaction waits for a row.

    The server refreshes this table only for readers that leave it alone for 0.1 s.
    """
    return env.db.admin("SELECT trx_mysql_thread_id FROM information_schema.innodb_trx "
                        "WHERE trx_state = 'LOCK WAIT'")


def fill_pools(env, tenant, user, n):
    """Make httpd's children open n connections at once: n writes wait for one row."""
    lock = env.db.lock(tenant.name, user)

    def one(i):
        if i < n:
            return Scim(tenant.base, tenant.token, fresh=True).patch("/Users/" + user, {
                "op": "replace", "path": "title", "value": "t%d" % i}).status
        try:
            wait_until("%d waiting writes" % n, lambda: len(waiting_writes(env)) >= n, 60, 0.2)
        finally:
            lock.close()
        return 200
    assert set(together(n + 1, one)) == {200}


def kill_connections(env):
    """End every connection of the module, as an administrator or a proxy would."""
    rows = env.db.admin("SELECT id FROM information_schema.processlist WHERE user = 'scim'")
    for (number,) in rows:
        try:
            env.db.admin("KILL " + number)
        except RuntimeError as err:
            assert "Unknown thread" in str(err)
    return len(rows)


@with_server
def test_120_03_killed_connections_are_not_noticed(env, tenant, scim, log):
    """However many connections a child's pool holds: the next request finds a live one."""
    log.database_lost()
    user = scim.add_user("popular")
    fill_pools(env, tenant, user["id"], 36)
    for turn in range(3):
        assert kill_connections(env) >= (36 if turn == 0 else 1)
        client = Scim(tenant.base, tenant.token, fresh=True)
        for i in range(6):
            client.add_user("turn%d.%d" % (turn, i))
            assert client.get("/Users?count=1").status == 200
    assert scim.list("Users")["totalResults"] == 19


@with_server
def test_120_04_killed_between_two_statements_of_a_write(env, tenant, scim, log):
    """A write waits for a row that another connection holds; there its own is killed. What was
    not committed is run again from its start: the client sees a success, and one change."""
    log.database_lost()
    user = scim.add_user("between")
    lock = env.db.lock(tenant.name, user["id"])

    def one(i):
        if i == 0:
            return Scim(tenant.base, tenant.token).patch("/Users/" + user["id"], {
                "op": "replace", "path": "title", "value": "done"})
        try:
            wait_until("the write to wait for the row", lambda: waiting_writes(env), 20, 0.2)
            for (number,) in waiting_writes(env):
                env.db.admin("KILL " + number)
        finally:
            lock.close()
        return None
    answer = together(2, one)[0]
    assert answer.status == 200 and answer.user()["title"] == "done"
    assert answer.user()["meta"]["version"] != user["meta"]["version"]
    consistent(env, tenant)


def test_120_05_a_row_that_is_locked_for_long(env, tenant, scim, log):
    """Another program holds the row: 503 in bounded time, nothing written, no thread lost."""
    log.expect("SCIM2008")
    user, other = scim.add_user("locked"), scim.add_user("free")
    lock = env.db.lock(tenant.name, user["id"])
    try:
        answer = scim.patch("/Users/" + user["id"], {
            "op": "replace", "path": "title", "value": "half"}, timeout=PATIENCE)
        assert answer.status == 503
        if env.db.name == "mariadb":
            assert scim.patch("/Users/" + other["id"], {
                "op": "replace", "path": "title", "value": "other"}).status == 200
            assert scim.get("/Users/" + user["id"]).user() == user
    finally:
        lock.close()
    assert scim.get("/Users/" + user["id"]).user() == user
    assert scim.patch("/Users/" + user["id"], {
        "op": "replace", "path": "title", "value": "now"}).user()["title"] == "now"
    consistent(env, tenant)


def test_120_06_a_short_lock_is_only_a_delay(env, tenant, scim):
    user = scim.add_user("patient")
    lock = env.db.lock(tenant.name, user["id"])

    def one(i):
        if i:
            with RawConnection(tenant.base, tenant.token) as raw:
                raw.head("GET", "/Schemas")  # another request is served meanwhile
                status = raw.answer().status
            lock.close()
            return status
        return Scim(tenant.base, tenant.token).patch("/Users/" + user["id"], {
            "op": "replace", "path": "title", "value": "late"}).status
    assert together(2, one) == [200, 200]
    assert scim.get("/Users/" + user["id"]).user()["title"] == "late"


def test_120_07_a_database_of_another_version(env, tenant, scim, log):
    """Migrations that are newer than the module: said in the log and in a clear 503."""
    log.expect("SCIM2006")
    log.tolerate("SCIM3022")
    user = scim.add_user("version")
    with schema_version(env, 999):
        # A connection is checked when it is opened: begin anew.
        env.graceful()
        answer = scim.get("/Users/" + user["id"])
        answer.error(503)
        scim.post("/Users", {"schemas": [URN_USER], "userName": "no"}).error(503)
    env.graceful()
    assert scim.get("/Users/" + user["id"]).user() == user
    assert scim.list("Users")["totalResults"] == 1


@contextlib.contextmanager
def schema_version(env, version):
    env.db.execute("INSERT INTO scim_schema_version (version) VALUES (%d)" % version)
    try:
        yield
    finally:
        env.db.execute("DELETE FROM scim_schema_version WHERE version = %d" % version)


@with_server
def test_120_08_a_group_deleted_under_a_change_of_its_members(env, tenant, scim):
    """Members change without the group's lock: it may be gone when its version is raised."""
    user = scim.add_user("nowhere")
    other = scim.add_group("Elsewhere", [user["id"]])["id"]
    group = scim.add_group("Short-lived")["id"]
    path = "/Groups/" + group
    lock = env.db.lock(tenant.name, user["id"])

    def one(i):
        if i == 0:
            return Scim(tenant.base, tenant.token).patch(path, {
                "op": "add", "path": "members", "value": [{"value": user["id"]}]}).status
        try:
            wait_until("the change to wait for the user", lambda: waiting_writes(env), 20, 0.2)
            return Scim(tenant.base, tenant.token).delete(path).status
        finally:
            lock.close()
    assert together(2, one) == [404, 204]
    assert [g["value"] for g in scim.get("/Users/" + user["id"]).user()["groups"]] == [other]
    consistent(env, tenant)


@with_server
def test_120_09_a_group_renamed_under_a_change_of_its_members(env, tenant, scim):
    """By a space at its end, which MySQL's = does not see: the user shows the new name."""
    user = scim.add_user("late")
    group = scim.add_group("Padded")["id"]
    path = "/Groups/" + group
    lock = env.db.lock(tenant.name, user["id"])

    def one(i):
        client = Scim(tenant.base, tenant.token)
        if i == 0:
            return client.patch(path, {
                "op": "add", "path": "members", "value": [{"value": user["id"]}]}).status
        try:
            wait_until("the change to wait for the user", lambda: waiting_writes(env), 20, 0.2)
            return client.patch(path, {"op": "replace", "value": {"displayName": "Padded "}}).status
        finally:
            lock.close()
    assert together(2, one) == [200, 200]
    shown = scim.get("/Users/" + user["id"]).user()["groups"]
    assert [g["display"] for g in shown] == ["Padded "]
    consistent(env, tenant)
