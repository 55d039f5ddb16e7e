# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Where one policy meets another: each case is one that two of them could have got wrong."""

import pytest

import conf
from conf_together import ENDED_AFTER, ENDED_BEFORE
from env import Tenant
from load import lawful
from okta_wire import URN_USER
from scim_http import Scim
from test_241_adopt import insert, person, team
from tokens import Stored

OFF = {"op": "replace", "path": "active", "value": False}
ON = {"op": "replace", "path": "active", "value": True}


def user(login, **more):
    body = {"schemas": [URN_USER], "userName": login, "userType": "user",
            "name": {"givenName": "Given", "familyName": "Family"},
            "emails": [{"value": login, "primary": True}], "externalId": "ext-" + login}
    body.update(more)
    return body


def add(scim, login, **more):
    return scim.post("/Users", user(login, **more)).user(201)["id"]


def off(scim, uid):
    return scim.patch("/Users/" + uid, OFF).user(200)


def join(uid):
    return {"op": "add", "path": "members", "value": [{"value": uid}]}


def in_teams(env, org, column="person", table="team_people"):
    return sorted(env.db.query(
        "SELECT t.name, j.%s FROM teams t JOIN %s j ON j.team = t.id WHERE t.org = '%s'" % (
            column, table, org)))


def groups(scim, uid):
    return sorted(g["display"] for g in scim.get("/Users/" + uid).user(200).get("groups", []))


# ---- rules and tombstones ----

@pytest.mark.parametrize("flavour", ["together_move", "together_shared"])
def test_263_01_a_tombstone_is_put_back_as_it_was_read(take, flavour):
    """It lacks what rules require; a client that reads and writes cannot know better."""
    tenant = take(flavour)
    scim = tenant.scim()
    add(scim, "boss@" + tenant.name, userType="admin")
    uid = add(scim, "t@" + tenant.name)
    off(scim, uid)
    shown = scim.get("/Users/" + uid).json
    assert "userType" not in shown
    for _ in range(2):
        assert scim.put("/Users/" + uid, shown).must_be(200).json == shown
    # With active true it is a new account, which must have all.
    error = scim.put("/Users/" + uid, dict(shown, active=True)).error(400, "invalidValue")
    assert "is required" in error["detail"]
    assert scim.patch("/Users/" + uid, ON).must_be(200).json["active"] is True


def test_263_02_active_alone_is_not_enough_for_a_column_that_needs_a_value(env, take):
    tenant = take("strict_rows")
    scim = tenant.scim()
    login = "s@" + tenant.name
    uid = add(scim, login)
    off(scim, uid)
    rows = "SELECT given FROM strict WHERE login = '%s'" % login
    assert env.db.query(rows) == []
    shown = scim.get("/Users/" + uid).json
    error = scim.patch("/Users/" + uid, ON).error(400, "invalidValue")
    assert error["detail"].startswith("name.givenName is required: the application's column given")
    assert scim.get("/Users/" + uid).json == shown and env.db.query(rows) == []
    scim.put("/Users/" + uid, user(login, active=True)).user(200)
    assert env.db.query(rows) == [("Given",)]


# ---- adoption and the life cycle ----

def test_263_03_a_row_with_the_name_of_a_tombstone_that_nobody_sees_is_adopted(env, take):
    tenant = take("adopt_hidden")
    scim = tenant.scim()
    uid = add(scim, "back@x")
    off(scim, uid)
    insert(env, tenant.name, "back@x")
    team(env, tenant.name, "Sales", ["back@x"])
    before = person(env, tenant.name, "back@x", "*"), in_teams(env, tenant.name)
    found = scim.find("Users", 'userName eq "back@x"')
    assert [u["active"] for u in found] == [True] and found[0]["id"] != uid
    assert scim.find("Groups", 'displayName eq "Sales"')[0]["members"][0]["value"] == found[0]["id"]
    assert (person(env, tenant.name, "back@x", "*"), in_teams(env, tenant.name)) == before
    scim.get("/Users/" + uid).error(404)
    lawful(env)


def test_263_04_a_tombstone_that_is_seen_keeps_its_name(env, take):
    """The row beside it stays what it is until the user is active again, whose row it is then."""
    tenant = take("together_move")
    scim = tenant.scim()
    add(scim, "boss@x", userType="admin")
    uid = add(scim, "back@x")
    off(scim, uid)
    insert(env, tenant.name, "back@x")
    before = person(env, tenant.name, "back@x", "*")
    for _ in range(2):
        assert len(scim.list("Users")["Resources"]) == 2
    assert env.db.query("SELECT COUNT(*) FROM scim_link WHERE tenant = '%s'" % tenant.name) == [
        ("1",)]
    assert person(env, tenant.name, "back@x", "*") == before
    scim.put("/Users/" + uid, user("back@x", active=True)).user(200)
    assert person(env, tenant.name, "back@x") == [("Given", "CREATOR", "1", "local")]
    lawful(env)


def test_263_05_a_local_user_who_is_inactive_is_no_tombstone(env, take):
    """It is shown as it is; only a client ends it."""
    tenant = take("together_move")
    scim = tenant.scim()
    add(scim, "boss@x", userType="admin")
    insert(env, tenant.name, "idle@x", "SEAT", active=0)
    before = person(env, tenant.name, "idle@x", "*")
    found = scim.find("Users", 'userName eq "idle@x"')[0]
    assert found["active"] is False and found["userType"] == "view"
    assert person(env, tenant.name, "idle@x", "*") == before
    ended = off(scim, found["id"])
    assert "userType" not in ended
    assert person(env, tenant.name, "idle@x") == []
    lawful(env)


def test_263_06_an_account_that_was_disabled_ends_with_its_next_write(env):
    """ScimDeprovision was disable and is delete."""
    scim = Tenant("ended-later", env.base("main", "/t/ended-later/scim/v2"),
                  conf.token_of("ended-later")).scim()
    uid = add(scim, "old@x")
    scim.add_group("Sales", [uid])
    off(scim, uid)
    assert person(env, "ended-later", "old@x", "active") == [("0",)]
    assert len(in_teams(env, "ended-later")) == 1
    text = env.read("conf/httpd.conf")
    assert ENDED_BEFORE in text
    env.write("conf/httpd.conf", text.replace(ENDED_BEFORE, ENDED_AFTER))
    env.graceful()
    assert off(scim, uid).get("name") is None
    assert person(env, "ended-later", "old@x") == [] and in_teams(env, "ended-later") == []
    lawful(env)


def test_263_07_a_kept_row_in_a_group_is_no_reason_to_refuse_the_group(env, take):
    tenant = take("adopt_kept")
    scim = tenant.scim()
    kept, stays = add(scim, "kept@x"), add(scim, "stays@x")
    off(scim, kept)
    team(env, tenant.name, "Sales", ["kept@x", "stays@x"])
    found = scim.find("Groups", 'displayName eq "Sales"')
    assert [m["value"] for m in found[0]["members"]] == [stays]
    lawful(env)


# ---- adoption and groups ----

def test_263_08_adoption_moves_nobody_into_groups(env, take):
    """ScimGroupFrom begins with a user's next change; until then the application's tables stay."""
    tenant = take("adopt_from")
    scim = tenant.scim()
    insert(env, tenant.name, "a@x")
    env.db.execute("UPDATE people SET family = 'Nowhere' WHERE org = '%s'" % tenant.name)
    found = scim.find("Users", 'userName eq "a@x"')
    assert len(found) == 1 and "groups" not in found[0]
    assert in_teams(env, tenant.name) == [] and scim.list("Groups")["totalResults"] == 0
    scim.patch("/Users/" + found[0]["id"],
               {"op": "replace", "path": "name.familyName", "value": "Else"}).error(400)
    scim.patch("/Users/" + found[0]["id"], {"op": "remove", "path": "name.familyName"}).user(200)
    assert groups(scim, found[0]["id"]) == ["admin"]
    assert len(in_teams(env, tenant.name)) == 1


def test_263_09_a_post_takes_over_who_is_in_which_group(env, take):
    tenant = take("adopting")
    scim = tenant.scim()
    for login in ("a@x", "b@x", "c@x"):
        insert(env, tenant.name, login)
    team(env, tenant.name, "Sales", ["a@x", "b@x", "c@x"])
    before = in_teams(env, tenant.name)
    a, b = add(scim, "a@x"), scim.find("Users", 'userName eq "b@x"')[0]["id"]
    group = scim.add_group("Sales", [a])
    assert sorted(m["value"] for m in group["members"]) == sorted([a, b])
    c = add(scim, "c@x")
    assert groups(scim, c) == ["Sales"]
    assert in_teams(env, tenant.name) == before
    scim.patch("/Groups/" + group["id"],
               {"op": "remove", "path": 'members[value eq "%s"]' % c}).must_be(200)
    assert len(in_teams(env, tenant.name)) == 2
    lawful(env)


def test_263_10_a_group_of_the_application_s_own_is_not_called_a_race(env, take):
    """ScimGroupFrom create meets a row that is not adopted: the refusal says what is in the way."""
    tenant = take("together_from")
    scim = tenant.scim()
    add(scim, "boss@x", userType="admin", title="T")
    env.db.execute("INSERT INTO teams (org, name) VALUES ('%s', 'Taken')" % tenant.name)
    error = scim.post("/Users", user("a@x", title="Taken")).error(409, "uniqueness")
    assert "displayName" in error["detail"] and "name" in error["detail"]
    assert scim.find("Users", 'userName eq "a@x"') == []
    assert person(env, tenant.name, "a@x") == []


def test_263_11_a_tombstone_s_external_id_names_no_group(env, take):
    tenant = take("from_external")
    scim = tenant.scim()
    uid = add(scim, "a@x")
    assert groups(scim, uid) == ["ext-a@x"]
    shown = off(scim, uid)
    assert groups(scim, uid) == []
    scim.put("/Users/" + uid, dict(shown, externalId="other")).user(200)
    assert groups(scim, uid) == []
    lawful(env)


# ---- accounts that tenants share ----

def test_263_12_a_rehire_finds_the_disabled_user_behind_the_account(env, take):
    tenant = take("shared_restore")
    scim = tenant.scim()
    name = "j@" + tenant.name
    uid = add(scim, name)
    off(scim, uid)
    again = scim.post("/Users", user(name, name={"givenName": "New"})).user(201)
    assert again["id"] == uid and again["active"] is True
    assert env.db.query("SELECT given FROM accounts WHERE email = '%s'" % name) == [("New",)]
    error = scim.post("/Users", user(name)).error(409, "uniqueness")
    assert "already in use" in error["detail"]


def test_263_13_who_comes_back_to_the_team_is_back_in_the_groups(env, take):
    """With ScimDeprovision disable groups are kept, also while the application does not see it."""
    tenant = take("shared_left")
    scim = tenant.scim()
    uid = add(scim, "j@" + tenant.name)
    scim.add_group("Sales", [uid])
    before = in_teams(env, tenant.name, "account", "team_accounts")
    assert len(before) == 1
    off(scim, uid)
    assert in_teams(env, tenant.name, "account", "team_accounts") == []
    assert groups(scim, uid) == ["Sales"]
    scim.patch("/Users/" + uid, ON).user(200)
    assert in_teams(env, tenant.name, "account", "team_accounts") == before


def test_263_14_a_name_that_nobody_sees_is_free_where_the_account_was_kept(env, take):
    tenant = take("shared_kept")
    scim = tenant.scim()
    name = "j@" + tenant.name
    uid = add(scim, name)
    off(scim, uid)
    assert scim.find("Users", 'userName eq "%s"' % name) == []
    assert add(scim, name) != uid
    assert env.db.query("SELECT COUNT(*) FROM memberships WHERE org = '%s'" % tenant.name) == [
        ("1",)]
    lawful(env)


# ---- adoption and tokens of the database ----

def test_263_15_who_has_no_good_token_adopts_nothing(env, take):
    tenant = take("adopt_stored")
    insert(env, tenant.name, "a@x")
    token = Stored(env, tenant.name)
    client = Scim(tenant.base, token.secret, fresh=True)
    token.revoke()
    queries = ("/Users", "/Users?filter=userName%20eq%20%22a@x%22", "/Users/1")
    for path in queries:
        client.get(path).error(401)
        Scim(tenant.base, "sekret-unknown", fresh=True).get(path).error(401)
    assert env.db.query("SELECT id FROM scim_resource WHERE tenant = '%s'" % tenant.name) == []
    good = Scim(tenant.base, Stored(env, tenant.name).secret, fresh=True)
    assert len(good.find("Users", 'userName eq "a@x"')) == 1
    assert good.add_group("New")["displayName"] == "New"
    assert good.list("Groups")["totalResults"] == 1
