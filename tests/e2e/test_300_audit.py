# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The audit trail: who changed what, what was refused, and what the operator sees of it."""

import json
import os
import signal
import time

import pytest

from ctl import alone
from env import wait_until
from okta_wire import URN_USER
from test_010_config import GOOD, configtest
from test_120_outage import settle
from tokens import Stored, now

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SCRIPT = "<script>alert(1)</script>"
COLUMNS = ("op", "type", "id", "name", "actor", "actor_id", "attrs", "status", "scim_type",
           "detail", "request")


def trail(env, tenant, where="1 = 1"):
    """Rows, the oldest first."""
    rows = env.db.query("SELECT %s FROM scim_audit WHERE tenant = '%s' AND %s ORDER BY seq" % (
        ", ".join(COLUMNS), tenant.name, where))
    return [dict(zip(COLUMNS, row)) for row in rows]


def refusals(env, tenant, n=1):
    """They are written when the answer is out."""
    wait_until("%d refusals in the trail" % n,
               lambda: len(trail(env, tenant, "failed = 1")) >= n)
    rows = trail(env, tenant, "failed = 1")
    assert len(rows) == n, rows
    return rows


def user(user_name, **more):
    return dict({"schemas": [URN_USER], "userName": user_name}, **more)


@pytest.fixture
def folder(env):
    path = os.path.join(env.root, "audit-%d" % now())
    os.mkdir(path)
    return path


def test_300_01_each_write_has_one_row(env, tenant, scim):
    made = scim.post("/Users", user("Ada", title="x", name={"givenName": "A"})).user(201)
    path = "/Users/" + made["id"]
    assert scim.patch(path, {"op": "replace", "path": "title", "value": "secret-title"}).status == 200
    assert scim.patch(path, {"op": "replace", "value": {"active": False}}).status == 200
    assert scim.put(path, user("Ada", active=True)).status == 200
    assert scim.delete(path).status == 204
    rows = trail(env, tenant)
    assert [row["op"] for row in rows] == ["create", "patch", "deactivate", "activate", "delete"]
    assert [row["status"] for row in rows] == ["201", "200", "200", "200", "204"]
    assert [row["attrs"] for row in rows][:3] == ["userName name.givenName title active", "title",
                                                  "active"]
    for row in rows:
        assert row["id"] == made["id"] and row["name"] == "Ada" and row["type"] == "User"
        assert row["actor"] and row["request"] and row["detail"] is None
        assert not any("secret" in (value or "") for value in row.values())
    assert len({row["request"] for row in rows}) == len(rows)


def test_300_02_reads_and_what_changes_nothing_have_none(env, tenant, scim):
    made = scim.post("/Users", user("ada")).user(201)
    path = "/Users/" + made["id"]
    assert scim.get(path).status == 200
    assert scim.get("/Users?count=1").status == 200
    scim.get("/Users/nobody").error(404)
    assert scim.put(path, user("ada")).status == 200
    assert scim.patch(path, {"op": "replace", "path": "userName", "value": "ada"}).status == 200
    assert len(trail(env, tenant)) == 1


def test_300_03_a_token_of_the_database_is_named(env, take):
    tenant = take("stored")
    token = Stored(env, tenant.name, label="Okta (production)")
    client = tenant.scim(token=token.secret)
    client.post("/Users", user("ada")).user(201)
    client.post("/Users", user("ADA")).error(409, "uniqueness")
    refusals(env, tenant)
    for row in trail(env, tenant):
        assert row["actor"] == "Okta (production)" and row["actor_id"] == token.id


def test_300_04_a_refusal_has_the_sentence_that_the_client_got(env, tenant, scim):
    made = scim.post("/Users", user("ada")).user(201)
    path = "/Users/" + made["id"]
    answers = [scim.post("/Users", user("Ada")),
               scim.patch(path, {"op": "replace", "path": "no such", "value": 1}),
               scim.put("/Users/nobody", user("bob")),
               scim.delete(path, headers={"If-Match": 'W/"77"'}),
               scim.post("/Users", raw=b"{"),
               scim.request("POST", "/Users", raw=b"x", headers={"Content-Type": "text/plain"})]
    rows = refusals(env, tenant, len(answers))
    # Each is written when its request is over; the next may be served by another child before.
    for answer in answers:
        body = answer.error(answer.status)
        found = [row for row in rows if row["detail"] == body["detail"]]
        assert len(found) == 1, (body, rows)
        assert found[0]["status"] == body["status"]
        assert found[0]["scim_type"] == body.get("scimType")
        assert found[0]["attrs"] is None and found[0]["actor"]
    of = {row["op"] + row["status"]: row for row in rows}
    assert of["create409"]["name"] == "Ada" and of["create409"]["id"] is None
    assert of["patch400"]["name"] == "ada" and of["patch400"]["id"] == made["id"]
    assert of["replace404"]["id"] == "nobody" and of["replace404"]["name"] is None
    assert of["delete412"]["name"] == "ada"
    assert len(trail(env, tenant, "failed = 0")) == 1


def test_300_05_whoever_is_not_let_in_is_nobody(env, take):
    mine, other = take("stored"), take("stored")
    foreign = Stored(env, other.name, label="a label of another tenant")
    client = mine.scim(token=foreign.secret)

    def refused():
        client.post("/Users", user("ada")).error(401)
        return len(trail(env, mine)) > 0
    wait_until("a row of a stranger", refused)  # a child writes one a second
    for row in trail(env, mine):
        assert row["op"] == "create" and row["status"] == "401"
        assert row["actor"] is None and row["actor_id"] is None and row["name"] is None
    assert trail(env, other) == []


def test_300_06_a_flood_is_bounded_and_said(env, tenant):
    stranger = tenant.scim(token="wrong")
    requests = 0

    def said():
        """Once in a minute of each child."""
        nonlocal requests
        requests += 1
        stranger.get("/Users?count=1").error(401)
        with open(env.log.path, encoding="utf-8", errors="replace") as lines:
            return any("SCIM3300: there are more refused requests" in line for line in lines)
    wait_until("a line that tells of what is left out", said)
    # The test before may have used up this second's.
    wait_until("a row", lambda: said() and trail(env, tenant))
    for _ in range(200):
        requests += 1
        stranger.get("/Users?count=1").error(401)
    assert 0 < len(trail(env, tenant)) < requests


def test_300_07_operations_of_a_bulk_request(env, tenant, scim):
    body = {"schemas": [BULK], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("ada")},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": user("Ada")},
        {"method": "DELETE", "path": "/Users/nobody"}]}
    got = scim.post("/Bulk", body)
    assert [op["status"] for op in got.json["Operations"]] == ["201", "409", "404"]
    rows = trail(env, tenant)
    assert sorted((row["op"], row["status"]) for row in rows) == [
        ("create", "201"), ("create", "409"), ("delete", "404")]
    assert len({row["request"] for row in rows}) == 1


def test_300_08_off_is_off(env, take):
    tenant = take("unaudited")
    scim = tenant.scim()
    scim.post("/Users", user("ada")).user(201)
    scim.post("/Users", user("ada")).error(409)
    scim.post("/Users", user("bob")).user(201)
    assert trail(env, tenant) == []


def test_300_09_logs_tell_the_same(env, tenant, scim, log):
    made = scim.post("/Users", user("ada", title="x")).user(201)
    row = trail(env, tenant)[0]
    line = "%s|create|%s|%s|userName title active" % (tenant.name, row["actor"], row["request"])

    def written():
        with open(os.path.join(env.root, "logs", "audit_log"), encoding="utf-8") as lines:
            return any(x.rstrip("\n") == line for x in lines)
    wait_until("the line in the access log", written)
    wait_until("the line in the error log", lambda: any(
        "SCIM3030: POST create by %s in tenant %s: type User, id %s, status 201, changed userName "
        "title active" % (row["actor"], tenant.name, made["id"]) in x for x in log.lines()))


def test_300_10_hostile_names(env, tenant, scim):
    names = [SCRIPT, "'; DROP TABLE scim_audit; --", "a|b%s%n", "\u00e4\U0001f600" * 127,
             "x" * 255]
    for name in names:
        scim.post("/Users", user(name)).user(201)
    rows = trail(env, tenant)
    assert [row["name"] for row in rows] == names


def test_300_11_old_rows_go(env, take):
    tenant = take("audit_short")
    scim = tenant.scim()
    scim.post("/Users", user("older")).user(201)
    scim.post("/Users", user("old")).user(201)
    env.db.execute("UPDATE scim_audit SET at = %d WHERE tenant = '%s' AND name = 'old'" % (
        now() - 31 * 86400000, tenant.name))
    env.db.execute("UPDATE scim_audit SET at = %d WHERE tenant = '%s' AND name = 'older'" % (
        now() - 32 * 86400000, tenant.name))
    for turn in range(40):
        operations = [{"method": "POST", "path": "/Users", "bulkId": "b%d" % i,
                       "data": user("u%d-%d" % (turn, i))} for i in range(100)]
        assert scim.post("/Bulk", {"schemas": [BULK], "Operations": operations}).status == 200
        if not trail(env, tenant, "name IN ('old', 'older')"):
            break
    assert trail(env, tenant, "name IN ('old', 'older')") == []
    assert len(trail(env, tenant)) == (turn + 1) * 100


@pytest.mark.parametrize("env", ["mariadb"], indirect=True)
def test_300_12_the_database_is_away(env, tenant, scim, log):
    scim.post("/Users", user("ada")).user(201)
    log.database_lost()
    settle(env)
    env.db.stop()
    scim.post("/Users", user("bob")).error(503)
    tenant.scim(token="wrong").post("/Users", user("bob")).error(401)
    env.db.start()
    wait_until("the database", lambda: scim.post("/Users", user("bob")).status == 201)
    assert [row["name"] for row in trail(env, tenant, "failed = 0")] == ["ada", "bob"]


def test_300_13_old_rows_go_where_all_is_refused(env, take):
    """A tenant that gets nothing but refusals keeps no row longer than another."""
    tenant = take("audit_short")
    scim = tenant.scim()
    scim.delete("/Users/nobody").error(404)
    refusals(env, tenant)
    env.db.execute("UPDATE scim_audit SET at = %d, name = 'old' WHERE tenant = '%s'" % (
        now() - 31 * 86400000, tenant.name))
    operations = [{"method": "DELETE", "path": "/Users/nobody"}] * 50

    def gone():
        assert scim.post("/Bulk", {"schemas": [BULK], "Operations": operations}).status == 200
        return not trail(env, tenant, "name = 'old'")
    wait_until("the old row to go", gone)
    assert trail(env, tenant, "failed = 0") == []
    flooded = int(time.time())
    wait_until("a second with refusals left to write", lambda: int(time.time()) > flooded)


# ---- scimctl ----

def test_300_20_scimctl_lists_it(env, tenant, scim, folder):
    made = scim.post("/Users", user("Ada")).user(201)
    scim.post("/Users", user("ada")).error(409)
    refusals(env, tenant)
    scim.post("/Users", user("bob")).user(201)
    ctl = alone(env, folder, tenant, "plain")
    rows = ctl("audit").rows()
    assert [(row["op"], row["name"], row["status"]) for row in rows] == [
        ("create", "bob", 201), ("create", "ada", 409), ("create", "Ada", 201)]
    assert rows[2]["id"] == made["id"] and rows[2]["attrs"] == ["userName", "active"]
    assert rows[1]["scimType"] == "uniqueness" and rows[1]["detail"].endswith(".")
    assert rows == ctl("audit", "list").rows()
    assert len(ctl("audit", "--user", "ADA").rows()) == 2
    assert len(ctl("audit", "--user", made["id"]).rows()) == 1
    assert len(ctl("audit", "--failed").rows()) == 1
    assert len(ctl("audit", "--op", "create", "--limit", "1").rows()) == 1
    assert ctl("audit", "--op", "delete").rows() == []
    assert len(ctl("audit", "--since", "1h").rows()) == 3
    assert ctl("audit", "--since", "2999-01-01").rows() == []
    assert len(ctl("audit", "--since", "2026-01-01 00:00").rows()) == 3
    for bad in (("--since", "yesterday"), ("--limit", "0"), ("--limit", "x"), ("--all",)):
        ctl("audit", *bad, code=2)


def test_300_21_scimctl_shows_it_to_people(env, tenant, scim, folder):
    scim.post("/Users", user("a\u001b[31mb")).user(201)
    scim.post("/Users", user("bob")).user(201)
    scim.post("/Users", user("bob")).error(409)
    refusals(env, tenant)
    shown = alone(env, folder, tenant, "plain").terminal("audit", columns=160).text
    assert "TIME (UTC)" in shown and "\u001b[31m" not in shown
    assert "bob" in shown and "userName" in shown and "already in use" in shown


def test_300_22_scimctl_follows_it(env, tenant, scim, folder):
    scim.post("/Users", user("before")).user(201)
    proc = alone(env, folder, tenant, "plain").start("audit", "--follow")
    try:
        assert json.loads(proc.stdout.readline())["name"] == "before"
        for name in ("one", "two", "three"):
            scim.post("/Users", user(name)).user(201)
        seen = [json.loads(proc.stdout.readline())["name"] for _ in range(3)]
        assert seen == ["one", "two", "three"]
    finally:
        proc.send_signal(signal.SIGTERM)
        proc.communicate(timeout=60)


def test_300_23_an_import_is_in_it(env, tenant, folder):
    ctl = alone(env, folder, tenant, "plain")
    ctl("import", data=json.dumps(user("ada")) + "\n")
    rows = trail(env, tenant)
    assert [(row["op"], row["name"]) for row in rows] == [("create", "ada")]
    assert rows[0]["actor"].startswith("scimctl")
    ctl("import", "--dry-run", data=json.dumps(user("bob")) + "\n")
    assert len(trail(env, tenant)) == 1


def test_300_24_what_an_import_was_refused_is_in_it_too(env, tenant, folder):
    ctl = alone(env, folder, tenant, "plain")
    ctl("import", data=json.dumps(user("Ada")) + "\n")
    made = trail(env, tenant)[0]
    lines = [user("ada"), user("bob", title=[1]), user("carl")]
    said = ctl("import", "--on-error", "skip", code=1,
               data="".join(json.dumps(line) + "\n" for line in lines)).err
    rows = trail(env, tenant, "failed = 1")
    assert [(row["op"], row["type"], row["name"], row["status"]) for row in rows] == [
        ("create", "User", "ada", "409"), ("create", "User", "bob", "400")]
    for row in rows:
        assert row["actor"] == made["actor"] and row["detail"] in said
    ctl("import", "--update", code=1, data=json.dumps(user("ADA", title=[1])) + "\n")
    row = trail(env, tenant, "failed = 1")[-1]
    assert (row["op"], row["id"], row["name"], row["status"]) == (
        "replace", made["id"], "Ada", "400")
    ctl("import", "--dry-run", code=1, data=json.dumps(user("eve", title=[1])) + "\n")
    ctl("user", "list", "--filter", "title", code=1)
    assert len(trail(env, tenant, "failed = 1")) == 3


def test_300_25_tokens_and_clients_of_scimctl_are_in_it(env, tenant, folder):
    ctl = alone(env, folder, tenant, "plain")
    made = ctl("token", "create", "--label", "Okta").row()
    new = ctl("client", "create", "--name", "An app").row()
    ctl("client", "revoke", new["id"])
    ctl("token", "revoke", made["id"])
    ctl("token", "revoke", made["id"])
    assert [(row["op"], row["id"], row["name"], row["status"]) for row in ctl("audit").rows()] == [
        ("token-revoke", made["id"], "Okta", 200), ("client-revoke", new["id"], "An app", 200),
        ("client-create", new["id"], "An app", 201), ("token-create", made["id"], "Okta", 201)]
    for row in ctl("audit").rows():
        assert row["actor"].startswith("scimctl") and row["type"] is None
        assert made["token"] not in str(row) and new["secret"] not in str(row)


@pytest.mark.parametrize("line", [
    "ScimAuditKeep -1", "ScimAuditKeep x", "ScimAuditKeep 1 -5", "ScimAuditKeep 1 2 3",
    "ScimAuditKeep 36501", "ScimAudit Maybe"])
def test_300_30_wrong_directives(tmp_path, line):
    code, said = configtest(tmp_path, GOOD + line)
    assert code != 0 and line.split()[0] in said


@pytest.mark.parametrize("line", [
    "ScimAuditKeep 0", "ScimAuditKeep 30", "ScimAuditKeep 365 0", "ScimAudit Off"])
def test_300_31_right_directives(tmp_path, line):
    code, said = configtest(tmp_path, GOOD + line)
    assert code == 0, said
