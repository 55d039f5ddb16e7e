# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Mappings into the application's own tables: what lands there, and what is refused."""

import subprocess
import threading

import pytest

from env import wait_until
from okta_wire import URN_USER
from test_010_config import GOOD, configtest

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def profile(name, **more):
    user = {"schemas": [URN_USER], "userName": name, "name": {"givenName": "Jane"},
            "emails": [{"value": "other@x", "type": "home"},
                       {"value": name, "type": "work", "primary": True}]}
    user.update(more)
    return user


@pytest.fixture
def mapped(take):
    tenant = take("mapped")
    return tenant, tenant.scim()


def person(env, tenant, login, columns="mail, given, role, active, floor, note"):
    rows = env.db.query("SELECT %s FROM people WHERE org = '%s' AND login = '%s'" % (
        columns, tenant.name, login))
    assert len(rows) <= 1
    return rows[0] if rows else None


def team_of(env, tenant, login):
    return sorted(row[0] for row in env.db.query(
        "SELECT t.name FROM teams t JOIN team_people j ON j.team = t.id JOIN people p "
        "ON p.id = j.person WHERE p.org = '%s' AND p.login = '%s'" % (tenant.name, login)))


def test_240_01_a_user_is_a_row_from_its_beginning_to_its_end(env, mapped):
    tenant, scim = mapped
    user = scim.post("/Users", profile("j@x", userType="Admin", **{
        ENTERPRISE: {"division": "7"}})).user(201)
    assert person(env, tenant, "j@x") == ("j@x", "Jane", "ADMIN", "1", "7", "made by scim")
    scim.patch("/Users/" + user["id"], {"op": "replace", "value": {"active": False}}).user(200)
    assert person(env, tenant, "j@x")[3] == "0"
    scim.put("/Users/" + user["id"], profile("k@x", userType="user")).user(200)
    assert person(env, tenant, "j@x") is None
    assert person(env, tenant, "k@x", "mail, role, active, floor") == (
        "k@x", "CREATOR", "0", None)
    # What a column must have cannot be taken away.
    error = scim.put("/Users/" + user["id"], profile("k@x")).error(400)
    assert "userType is required" in error["detail"] and "role" in error["detail"]
    assert scim.delete("/Users/" + user["id"]).status == 204
    assert person(env, tenant, "k@x") is None


def test_240_02_a_group_is_a_row_and_members_are_rows(env, mapped):
    tenant, scim = mapped
    users = [scim.post("/Users", profile("u%d@x" % i)).user(201)["id"] for i in range(3)]
    group = scim.add_group("Sales", users[:2])
    assert team_of(env, tenant, "u0@x") == ["Sales"]
    scim.patch("/Groups/" + group["id"],
               {"op": "remove", "path": "members[value eq \"%s\"]" % users[0]},
               {"op": "add", "path": "members", "value": [{"value": users[2]}]},
               {"op": "replace", "path": "displayName", "value": "Marketing"})
    assert [team_of(env, tenant, "u%d@x" % i) for i in range(3)] == [
        [], ["Marketing"], ["Marketing"]]
    assert scim.delete("/Users/" + users[1]).status == 204
    assert scim.delete("/Groups/" + group["id"]).status == 204
    assert team_of(env, tenant, "u2@x") == []
    assert env.db.query("SELECT COUNT(*) FROM teams WHERE org = '%s'" % tenant.name) == [("0",)]


def test_240_03_two_tenants_in_one_table(env, take):
    tenants = [take("mapped"), take("mapped")]
    for tenant in tenants:
        tenant.scim().post("/Users", profile("same@x")).user(201)
    for tenant in tenants:
        assert person(env, tenant, "same@x")
    rows = env.db.query("SELECT COUNT(*) FROM people WHERE login = 'same@x'")
    user = tenants[0].scim().find("Users", 'userName eq "same@x"')[0]
    tenants[0].scim().delete("/Users/" + user["id"])
    assert env.db.query("SELECT COUNT(*) FROM people WHERE login = 'same@x'") == [
        (str(int(rows[0][0]) - 1),)]
    assert person(env, tenants[1], "same@x")


REFUSED = [
    ("long", {"emails": [{"value": "s" * 41, "primary": True}]}, 400, "emails", "mail"),
    ("word", {"userType": "boss"}, 400, "userType", "admin, user, view"),
    ("kind", {ENTERPRISE: {"division": "many"}}, 400, "division", "floor"),
    ("twice", {"emails": [{"value": "taken@x", "primary": True}]}, 409, "emails", "mail"),
]


@pytest.mark.parametrize("what,more,status,attribute,says", REFUSED, ids=[r[0] for r in REFUSED])
def test_240_04_a_refusal_names_attribute_and_column(env, mapped, what, more, status, attribute,
                                                     says):
    tenant, scim = mapped
    scim.post("/Users", profile("taken@x")).user(201)
    error = scim.post("/Users", profile(what + "@y", **more)).error(status)
    assert attribute in error["detail"] and says in error["detail"], error
    assert "s" * 41 not in error["detail"] and "boss" not in error["detail"]
    assert error["scimType"] == ("uniqueness" if status == 409 else "invalidValue")
    # Nothing is half-written: neither in the application's table nor in ours.
    assert person(env, tenant, what + "@y") is None
    assert scim.find("Users", 'userName eq "%s@y"' % what) == []
    user = scim.post("/Users", profile(what + "@y")).user(201)
    error = scim.put("/Users/" + user["id"], profile(what + "@y", title="x", **more)).error(status)
    assert attribute in error["detail"]
    assert "title" not in scim.get("/Users/" + user["id"]).user(200)


def test_240_05_local_changes_are_overwritten_by_put(env, mapped):
    tenant, scim = mapped
    user = scim.post("/Users", profile("p@x")).user(201)
    env.db.execute("UPDATE people SET given = 'Local', note = 'mine' WHERE org = '%s'"
                   % tenant.name)
    assert scim.get("/Users/" + user["id"]).user(200)["name"]["givenName"] == "Jane"
    scim.put("/Users/" + user["id"], profile("p@x")).user(200)
    assert person(env, tenant, "p@x", "given, note") == ("Jane", "mine")


def test_240_06_a_row_that_the_application_deleted_comes_back(env, mapped):
    tenant, scim = mapped
    user = scim.post("/Users", profile("gone@x")).user(201)
    scim.add_group("Sales", [user["id"]])
    env.db.execute("DELETE FROM team_people WHERE person IN (SELECT id FROM people "
                   "WHERE org = '%s')" % tenant.name)
    env.db.execute("DELETE FROM people WHERE org = '%s'" % tenant.name)
    scim.patch("/Users/" + user["id"], {"op": "replace", "path": "title", "value": "Dr"}).user(200)
    assert person(env, tenant, "gone@x", "given") == ("Jane",)
    assert team_of(env, tenant, "gone@x") == ["Sales"]


def test_240_07_accounts_that_tenants_share(env, take):
    """P5, P6: linked and unlinked; the account lives on, other tenants do not notice."""
    one, two = take("accounts"), take("accounts")
    name = one.name + "@shared.example"
    first = one.scim().post("/Users", profile(name)).user(201)
    second = two.scim().post("/Users", profile(name)).user(201)

    def teams():
        return sorted(row[0] for row in env.db.query(
            "SELECT m.org FROM memberships m JOIN accounts a ON a.uid = m.account "
            "WHERE a.email = '%s'" % name))
    assert teams() == sorted([one.name, two.name])
    assert env.db.query("SELECT COUNT(*) FROM accounts WHERE email = '%s'" % name) == [("1",)]
    one.scim().patch("/Users/" + first["id"], {"op": "replace", "value": {"active": False}})
    assert teams() == [two.name]
    one.scim().patch("/Users/" + first["id"], {"op": "replace", "value": {"active": True}})
    assert teams() == sorted([one.name, two.name])
    two.scim().delete("/Users/" + second["id"])
    assert teams() == [one.name]


def test_240_08_a_column_dropped_later_fails_the_request_whole(env, take):
    tenant = take("changing")
    scim = tenant.scim()
    user = scim.post("/Users", profile(tenant.name + "-1")).user(201)
    env.log.expect("SCIM2241" if env.db.name == "mariadb" else "SCIM2240")
    env.log.tolerate("SCIM2240", "SCIM2241")
    env.db.execute("ALTER TABLE changing DROP COLUMN given")
    try:
        answer = scim.post("/Users", profile(tenant.name + "-2"))
        assert answer.status in (500, 503) and "given" not in answer.json["detail"]
        assert scim.find("Users", 'userName eq "%s-2"' % tenant.name) == []
        body = dict(profile(tenant.name + "-1"), name={"givenName": "New"})
        answer = scim.put("/Users/" + user["id"], body)
        assert answer.status in (500, 503)
        assert scim.get("/Users/" + user["id"]).user(200)["name"]["givenName"] == "Jane"
    finally:
        env.db.execute("ALTER TABLE changing ADD COLUMN given VARCHAR(60) NULL")
    scim.post("/Users", profile(tenant.name + "-2")).user(201)


def test_240_09_a_locked_table_is_waited_for(env, mapped):
    """A write waits for the application's lock, not beyond its bound, and then goes on."""
    tenant, scim = mapped
    user = scim.post("/Users", profile("l@x")).user(201)
    key = person(env, tenant, "l@x", "id")[0]
    if env.db.name == "sqlite":
        lock = env.db.lock(tenant.name, user["id"])
    else:
        lock = AppLock(env.db, "SELECT id FROM people WHERE id = %s FOR UPDATE" % key)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(tenant.scim().patch(
        "/Users/" + user["id"], {"op": "replace", "path": "name.givenName", "value": "L"})))
    thread.start()
    try:
        if env.db.name == "mariadb":
            wait_until("the write to wait for the lock", lambda: env.db.admin(
                "SELECT COUNT(*) FROM information_schema.processlist "
                "WHERE info LIKE 'UPDATE `people`%'")[0][0] != "0")
    finally:
        lock.close()
    thread.join()
    assert answers[0].status == 200
    assert person(env, tenant, "l@x", "given") == ("L",)


class AppLock:
    """Holds rows of the application from another connection until it is closed."""

    def __init__(self, database, sql):
        self.proc = subprocess.Popen(
            database.client() + ["--batch", "--unbuffered", "--skip-column-names"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.proc.stdin.write("BEGIN; %s;\n" % sql)
        self.proc.stdin.flush()
        assert self.proc.stdout.readline().strip()

    def close(self):
        self.proc.stdin.write("ROLLBACK;\n")
        self.proc.stdin.close()
        self.proc.wait(30)
        self.proc.stdout.close()


# ---- configuration ----

TABLE = "ScimMapTable User people key=id\nScimMap User userName login\n"
MISTAKES = [
    ("ScimMapTable User people", "ScimMapTable"),
    ("ScimMapTable User people key=id;", "no name of a column"),
    ("ScimMap User userName login", "there is no ScimMapTable for User"),
    (TABLE + "ScimMap User shoeSize x", "shoeSize"),
    (TABLE + "ScimMap User password x", "never kept"),
    (TABLE + "ScimMap User title login", "has a value from another directive"),
    (TABLE + "ScimMapOn User delete unlink", "needs a ScimMapLink"),
    (TABLE + "ScimMapMembers m group=g user=u", "one for Group"),
    (TABLE + "ScimAdopt Group On", "no ScimMapTable for Group"),
]


@pytest.mark.parametrize("lines,says", MISTAKES, ids=[m[1] for m in MISTAKES])
def test_240_10_contradictions_stop_configtest(tmp_path, lines, says):
    code, said = configtest(tmp_path, GOOD + lines)
    assert code != 0 and says in said, said
    assert "httpd.conf:" in said or "line" in said


def test_240_11_configtest_does_not_need_the_database(tmp_path):
    code, said = configtest(tmp_path, GOOD + TABLE)
    assert code == 0 and "SCIM3291" in said, said
    assert not (tmp_path / "scim.db").exists()


MISFITS = [
    ("ScimMapTable User nobody key=id\nScimMap User userName login", "no table nobody"),
    ("ScimMapTable User people key=id\nScimMap User userName nick", "no column nick"),
    ("ScimMapTable User people key=login\nScimMap User title note", "nothing gives new rows"),
]


@pytest.mark.parametrize("lines,says", MISFITS, ids=[m[1] for m in MISFITS])
def test_240_12_configtest_holds_mappings_to_the_tables(env, tmp_path, lines, says):
    """Where the database answers, a missing table or column is named with its line."""
    where = "DBDriver %s\nDBDParams \"%s\"\n<Location /scim/v2>\n%s%s\n</Location>"
    code, said = configtest(tmp_path, where % (env.db.driver, env.db.params, GOOD, lines), None)
    assert code != 0 and "SCIM3290" in said and says in said and "httpd.conf:" in said, said
    code, said = configtest(tmp_path, where % (env.db.driver, env.db.params, GOOD, TABLE), None)
    assert code == 0 and "SCIM3291" not in said, said
