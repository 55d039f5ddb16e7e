# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Adoption: rows that the application had before SCIM become resources, and stay untouched."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from okta_wire import URN_USER


def insert(env, org, login, role="ADMIN", active=1):
    env.db.execute(
        "INSERT INTO people (org, login, mail, given, role, active, note) "
        "VALUES ('%s', '%s', '%s', 'Local', '%s', %d, 'local')" % (
            org, login, login, role, active))


def person(env, org, login, columns="given, role, active, note"):
    return env.db.query("SELECT %s FROM people WHERE org = '%s' AND login = '%s'" % (
        columns, org, login))


def team(env, org, name, logins):
    env.db.execute("INSERT INTO teams (org, name) VALUES ('%s', '%s')" % (org, name))
    for login in logins:
        env.db.execute(
            "INSERT INTO team_people (team, person) SELECT t.id, p.id FROM teams t, people p "
            "WHERE t.org = '%s' AND t.name = '%s' AND p.org = '%s' AND p.login = '%s'" % (
                org, name, org, login))


@pytest.fixture
def adopting(take):
    tenant = take("adopting")
    return tenant, tenant.scim()


def test_241_01_a_look_up_finds_a_local_user(env, adopting):
    tenant, scim = adopting
    insert(env, tenant.name, "local@x")
    before = person(env, tenant.name, "local@x", "*")
    found = scim.find("Users", 'userName eq "LOCAL@x"')
    assert len(found) == 1
    assert found[0]["userName"] == "local@x" and found[0]["userType"] == "admin"
    assert found[0]["emails"] == [{"value": "local@x", "primary": True}]
    again = scim.get("/Users/" + found[0]["id"]).user(200)
    assert again["id"] == found[0]["id"]
    assert person(env, tenant.name, "local@x", "*") == before


def test_241_02_okta_takes_over_whom_it_finds(env, adopting):
    tenant, scim = adopting
    insert(env, tenant.name, "saml@x", "SEAT")
    found = scim.find("Users", 'userName eq "saml@x"')[0]
    body = {"schemas": [URN_USER], "userName": "saml@x", "name": {"givenName": "Okta"},
            "userType": "user", "active": True}
    scim.put("/Users/" + found["id"], body).user(200)
    assert person(env, tenant.name, "saml@x") == [("Okta", "CREATOR", "1", "local")]


def test_241_03_a_list_shows_all_and_touches_none(env, adopting):
    tenant, scim = adopting
    for i in range(5):
        insert(env, tenant.name, "l%d@x" % i)
    before = env.db.query("SELECT * FROM people WHERE org = '%s' ORDER BY id" % tenant.name)
    assert scim.list("Users", "startIndex=1&count=2")["totalResults"] == 5
    assert len(scim.all("Users", 2)) == 5
    assert env.db.query("SELECT * FROM people WHERE org = '%s' ORDER BY id" % tenant.name) == before


def test_241_04_other_tenants_rows_are_not_found(env, take):
    mine, other = take("adopting"), take("adopting")
    insert(env, other.name, "theirs@x")
    assert mine.scim().find("Users", 'userName eq "theirs@x"') == []
    assert mine.scim().list("Users")["totalResults"] == 0
    assert len(other.scim().find("Users", 'userName eq "theirs@x"')) == 1


def test_241_05_a_linked_group_keeps_its_members(env, adopting):
    """S12: found by its name, with an id that stays and the members it has had."""
    tenant, scim = adopting
    for login in ("a@x", "b@x"):
        insert(env, tenant.name, login)
    team(env, tenant.name, "Sales", ["a@x", "b@x"])
    users = scim.all("Users")
    group = scim.find("Groups", 'displayName eq "SALES"')[0]
    assert sorted(m["value"] for m in group["members"]) == sorted(u["id"] for u in users)
    insert(env, tenant.name, "c@x")
    new = scim.find("Users", 'userName eq "c@x"')[0]
    scim.patch("/Groups/" + group["id"],
               {"op": "add", "path": "members", "value": [{"value": new["id"]}]})
    rows = env.db.query("SELECT COUNT(*) FROM team_people j JOIN teams t ON t.id = j.team "
                        "WHERE t.org = '%s'" % tenant.name)
    assert rows == [("3",)]
    assert scim.get("/Groups/" + group["id"]).group(200)["id"] == group["id"]


def test_241_06_many_posts_adopt_one_row_once(env, adopting):
    tenant, scim = adopting
    insert(env, tenant.name, "busy@x")
    body = {"schemas": [URN_USER], "userName": "busy@x"}
    with ThreadPoolExecutor(32) as pool:
        clients = [tenant.scim() for _ in range(32)]
        answers = list(pool.map(lambda client: client.post("/Users", body).status, clients))
    assert sorted(answers) == [201] + [409] * 31
    assert len(person(env, tenant.name, "busy@x")) == 1
    assert scim.list("Users")["totalResults"] == 1


def test_241_07_ids_of_the_application_s_own(env, take):
    """P14: opaque ids, percent-encoded in paths."""
    tenant = take("own_ids")
    scim = tenant.scim()
    mail = tenant.name + "@own.example"
    uid = "samlp|" + tenant.name
    env.db.execute("INSERT INTO accounts (uid, email) VALUES ('%s', '%s')" % (uid, mail))
    assert scim.get("/Users/samlp%7C" + tenant.name).user(200)["id"] == uid
    assert scim.find("Users", 'userName eq "%s"' % mail)[0]["id"] == uid
    scim.patch("/Users/samlp%7C" + tenant.name,
               {"op": "replace", "path": "name.givenName", "value": "Own"}).user(200)
    assert env.db.query("SELECT given FROM accounts WHERE uid = '%s'" % uid) == [("Own",)]
    assert scim.get("/Users/nobody").status == 404


def test_241_08_a_member_of_before_is_adopted_and_not_made_twice(env, take):
    """P10, P11: found by look-up; a POST says that it is in the team already."""
    tenant = take("accounts")
    scim = tenant.scim()
    mail = tenant.name + "@old.example"
    env.db.execute("INSERT INTO accounts (uid, email) VALUES ('%s', '%s')" % (tenant.name, mail))
    body = {"schemas": [URN_USER], "userName": mail}
    assert scim.find("Users", 'userName eq "%s"' % mail) == []  # not of this team
    env.db.execute("INSERT INTO memberships (org, account, role) VALUES ('%s', '%s', 'admin')" % (
        tenant.name, tenant.name))
    # The link row of this mapping says "user": one with another role is not the tenant's own.
    env.db.execute("UPDATE memberships SET role = 'user' WHERE org = '%s'" % tenant.name)
    error = scim.post("/Users", body).error(409)
    assert "already exists in the database and in the team" in error["detail"]
    assert len(scim.find("Users", 'userName eq "%s"' % mail)) == 1
    assert scim.post("/Users", body).status == 409


def test_241_09_adoption_takes_old_rows_out_of_the_audit_trail(env, adopting):
    """Each leaves a row there; a tenant that adopts and writes nothing keeps none for ever."""
    tenant, scim = adopting
    old = "tenant = '%s' AND name = 'old@x'" % tenant.name
    insert(env, tenant.name, "old@x")
    assert len(scim.find("Users", 'userName eq "old@x"')) == 1
    env.db.execute("UPDATE scim_audit SET at = at - %d WHERE %s" % (91 * 86400000, old))
    people = ["('%s', 'p%d', 'p%d')" % (tenant.name, i, i) for i in range(3000)]
    for i in range(0, len(people), 500):
        env.db.execute("INSERT INTO people (org, login, mail) VALUES " + ", ".join(people[i:i + 500]))
    while scim.list("Users", "count=0")["totalResults"] < 3001:
        pass  # each makes resources of some hundred rows
    assert env.db.query("SELECT seq FROM scim_audit WHERE " + old) == []
