# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""What active false, DELETE and a second POST do, by the tenant's policy, as Okta meets it."""

import json

import pytest

from load import lawful, together
from okta_client import patch, user_profile
from okta_wire import URN_ENTERPRISE, URN_USER, check_echo, filter_query, member_ids

HOUR = 3600
LEFT = {"schemas", "id", "externalId", "userName", "active", "meta"}
ENDING = ["life_delete", "life_unlink"]  # policies that leave a tombstone
DIALECTS = ["oin", "aiw"]
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def full(name, **more):
    """A profile with something to lose in every place."""
    profile = user_profile(name + "@example.com", "Secretgiven", "Secretfamily", "00u" + name,
                           title="Secrettitle", nickName="Secretnick", **more)
    profile["schemas"].append(URN_ENTERPRISE)
    profile[URN_ENTERPRISE] = {"department": "Secretdepartment"}
    return profile


def check_tombstone(user, profile):
    assert set(user) == LEFT
    assert user["schemas"] == [URN_USER]
    assert user["active"] is False
    assert user["userName"] == profile["userName"]
    assert user["externalId"] == profile["externalId"]


def traces(env, tenant):
    """Rows of a tenant's tables that still have something of full(), or show a name."""
    found = []
    for table, columns in (("scim_resource", ("doc", "display", "member_of", "ukey")),
                           ("scim_value", ("value",))):
        for column in columns:
            found += env.db.query(
                "SELECT '%s', %s FROM %s WHERE tenant = '%s' AND LOWER(%s) LIKE '%%secret%%'"
                % (column, column, table, tenant.name, column))
    return found


def age(env, user_id, seconds):
    """Make a tombstone older: what a life time is, is not waited for."""
    (rid, since), = env.db.query(
        "SELECT rid, tombstone FROM scim_resource WHERE id = '%s'" % user_id)
    since = int(since) - seconds * 1000
    env.db.execute("UPDATE scim_resource SET tombstone = %d WHERE rid = %s" % (since, rid))
    env.db.execute("UPDATE scim_value SET value = '%016d' WHERE attr = '#tombstone' AND rid = %s"
                   % (since, rid))


def switch(scim, user_id, active):
    return scim.patch("/Users/" + user_id, {"op": "replace", "value": {"active": active}})


# ---- deactivation ----

@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("flavour", ENDING)
def test_250_01_a_tombstone_is_all_that_stays(take, env, flavour, dialect):
    tenant = take(flavour)
    okta, scim = tenant.okta(dialect), tenant.scim()
    profile = full("anna")
    user = okta.create_user(profile)
    group = okta.create_group("Team", [user["id"]])
    assert traces(env, tenant)
    if dialect == "oin":
        answer = switch(scim, user["id"], False)
    else:
        answer = scim.put("/Users/" + user["id"], dict(okta.get_user(user["id"]), active=False))
    check_tombstone(answer.user(200), profile)
    check_tombstone(okta.get_user(user["id"]), profile)
    check_tombstone(okta.find_user("ANNA@example.com"), profile)
    check_tombstone(okta.import_users()[0], profile)
    assert okta.get_user(user["id"])["meta"]["created"] == user["meta"]["created"]
    okta.get_group(group["id"], [])
    assert traces(env, tenant) == []
    for what in ("name.familyName pr", 'title eq "Secrettitle"', 'emails.value co "anna"'):
        assert scim.find("Users", what) == []
    # Deactivated once more, nothing changes.
    before = scim.get("/Users/" + user["id"]).headers["ETag"]
    assert switch(scim, user["id"], False).headers["ETag"] == before


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("flavour", ENDING)
def test_250_02_reactivated_under_the_same_id(take, flavour, dialect):
    okta = take(flavour).okta(dialect)
    profile = full("bert")
    user = okta.create_user(profile)
    group = okta.create_group("Team", [user["id"]])
    okta.deactivate(user["id"])
    back = okta.reactivate(user["id"])
    assert set(back) == LEFT  # an account of its own, of nothing but what was sent
    okta.get_group(group["id"], [])
    again = okta.push_profile(user["id"], profile)
    assert again["id"] == user["id"]
    check_echo(profile, okta.get_user(user["id"]))
    okta.push_now(group["id"], "Team", [user["id"]])
    assert okta.get_user(user["id"])["groups"][0]["display"] == "Team"


@pytest.mark.parametrize("flavour", ENDING)
def test_250_03_assigned_again_after_the_link_was_lost(take, flavour):
    """Okta looks the name up, links the tombstone and puts the whole profile."""
    okta = take(flavour).okta()
    profile = full("carl")
    user = okta.create_user(profile)
    okta.deactivate(user["id"])
    found = okta.find_user("carl@example.com")
    changed = dict(profile, title="Other", externalId="00uother")
    okta.push_profile(found["id"], changed)
    check_echo(changed, okta.get_user(user["id"]))


@pytest.mark.parametrize("flavour", ENDING)
def test_250_04_a_tombstone_takes_no_profile(take, flavour):
    tenant = take(flavour)
    okta, scim = tenant.okta(), tenant.scim()
    profile = full("dora")
    path = "/Users/" + okta.create_user(profile)["id"]
    switch(scim, path[7:], False)
    before = scim.get(path)
    answer = scim.patch(path, {"op": "replace", "value": {"title": "x", "displayName": "y"}})
    check_tombstone(answer.user(200), profile)
    check_tombstone(scim.put(path, dict(profile, active=False)).user(200), profile)
    check_tombstone(scim.put(path, before.json).user(200), profile)
    assert scim.get(path).headers["ETag"] == before.headers["ETag"]
    # A new name, for whom Okta renames while it is deactivated.
    renamed = dict(profile, userName="new@example.com", externalId="00unew", active=False)
    check_tombstone(scim.put(path, renamed).user(200), renamed)
    assert okta.find_user("dora@example.com") is None
    assert okta.find_user("new@example.com")["id"] == path[7:]


@pytest.mark.parametrize("flavour", ENDING)
def test_250_05_made_inactive(take, flavour):
    scim = take(flavour).scim()
    profile = full("emil", active=False)
    user = scim.post("/Users", profile).user(201)
    check_tombstone(user, profile)
    assert scim.list("Users")["totalResults"] == 1
    switch(scim, user["id"], True).user(200)
    assert scim.find("Users", "active eq true")[0]["id"] == user["id"]


def test_250_06_disabled_only_by_default(okta, scim, env, tenant):
    profile = full("fred")
    user = okta.create_user(profile)
    group = okta.create_group("Team", [user["id"]])
    okta.deactivate(user["id"])
    check_echo(dict(profile, active=False), okta.get_user(user["id"]))
    okta.get_group(group["id"], [user["id"]])
    check_echo(profile, okta.reactivate(user["id"]))
    assert env.db.query("SELECT COUNT(*) FROM scim_resource WHERE tenant = '%s' AND tombstone "
                        "IS NOT NULL" % tenant.name) == [("0",)]


# ---- groups and managers ----

@pytest.mark.parametrize("flavour", ENDING)
def test_250_07_groups_lose_it_and_take_it_no_more(take, flavour):
    tenant = take(flavour)
    okta, scim = tenant.okta(), tenant.scim()
    one, two = (okta.create_user(full(name))["id"] for name in ("gina", "hugo"))
    teams = [okta.create_group(name, [one, two])["id"] for name in ("Red", "Blue")]
    before = scim.get("/Groups/" + teams[0]).headers["ETag"]
    okta.deactivate(one)
    assert scim.get("/Groups/" + teams[0]).headers["ETag"] != before
    for team in teams:
        okta.get_group(team, [two])
    # It is skipped as whoever does not exist is, however it is added.
    okta.change_members(teams[0], "Red", add=[one])
    okta.get_group(teams[0], [two])
    okta.push_now(teams[0], "Red", [one, two])
    okta.get_group(teams[0], [two])
    okta.change_members(teams[0], "Red", remove=[one, two])
    okta.get_group(teams[0], [])
    assert scim.add_group("Green", [one, two])["members"][0]["value"] == two
    okta.reactivate(one)
    okta.change_members(teams[1], "Blue", add=[one])
    okta.get_group(teams[1], [one, two])


@pytest.mark.parametrize("flavour", ENDING)
def test_250_08_nobody_shows_it_as_manager(take, env, flavour):
    tenant = take(flavour)
    scim = tenant.scim()
    boss = scim.post("/Users", full("boss")).user(201)["id"]
    report = scim.add_user("report", **{"schemas": [URN_USER, URN_ENTERPRISE], URN_ENTERPRISE: {
        "manager": {"value": boss}, "department": "D"}})
    assert report[URN_ENTERPRISE]["manager"]["displayName"] == "Secretgiven Secretfamily"
    switch(scim, boss, False)
    assert scim.get("/Users/" + report["id"]).json[URN_ENTERPRISE] == {"department": "D"}
    assert traces(env, tenant) == []


# ---- who comes back by POST ----

@pytest.mark.parametrize("flavour,active,inactive", [
    ("plain", "The value of userName is already in use by another User.",
     "The value of userName is already in use by another User, which is deactivated."),
    ("life_delete", "The value of userName is already in use by another User.",
     "The value of userName is already in use by another User, which is deactivated."),
    ("life_unlink", "A User with this userName already exists in the database and in this team.",
     "A User with this userName already exists in the database, but was taken out of this team.")])
def test_250_09_a_conflict_says_how_it_is(take, flavour, active, inactive):
    tenant = take(flavour)
    okta, scim = tenant.okta(), tenant.scim()
    profile = full("ines")
    user = okta.create_user(profile)
    assert scim.post("/Users", profile).error(409, "uniqueness")["detail"] == active
    okta.deactivate(user["id"])
    before = scim.get("/Users/" + user["id"])
    assert scim.post("/Users", profile).error(409, "uniqueness")["detail"] == inactive
    assert scim.get("/Users/" + user["id"]).raw == before.raw
    # A name that another one has already is refused to who is renamed, too.
    other = okta.create_user(full("jana"))
    scim.put("/Users/" + other["id"], dict(other, userName="INES@example.com")).error(
        409, "uniqueness")


@pytest.mark.parametrize("flavour", ["life_restore", "life_new_restore"])
def test_250_10_rehired(take, flavour):
    tenant = take(flavour)
    okta, scim = tenant.okta(), tenant.scim()
    user = okta.create_user(full("karl"))
    group = okta.create_group("Team", [user["id"]])
    okta.create_duplicate(full("karl"))  # while active it is a conflict as ever
    okta.deactivate(user["id"])
    before = scim.get("/Users/" + user["id"])
    profile = user_profile("KARL@example.com", "New", "Name", "00uagain")
    answer = scim.post("/Users", profile)
    back = answer.user(201)
    assert back["id"] == user["id"]
    assert answer.headers["Location"].endswith("/Users/" + user["id"])
    assert answer.headers["ETag"] != before.headers["ETag"]
    check_echo(profile, back)
    assert "title" not in back and URN_ENTERPRISE not in back
    assert scim.get("/Users/" + user["id"]).raw == answer.raw
    assert scim.list("Users")["totalResults"] == 1
    # Who was only disabled never left; who was deleted did.
    okta.get_group(group["id"], [user["id"]] if flavour == "life_restore" else [])
    okta.create_duplicate(profile)


def test_250_11_rehired_inactive_stays_so(take):
    scim = take("life_restore").scim()
    user = scim.post("/Users", full("lena", active=False)).user(201)
    profile = dict(full("lena", active=False), title="Other")
    back = scim.post("/Users", profile).user(201)
    assert back["id"] == user["id"] and back["title"] == "Other" and back["active"] is False
    # Who does not say is active.
    del profile["active"]
    assert scim.post("/Users", profile).user(201)["active"] is True


def test_250_12_many_rehire_one(take):
    """One of them restores the user; for the others it is there by then."""
    tenant = take("life_restore")
    scim = tenant.scim()
    user = scim.post("/Users", full("mona")).user(201)
    switch(scim, user["id"], False)

    def hire(number):
        client = tenant.scim(fresh=True)
        return client.post("/Users", dict(full("mona"), title="Hired by %d" % number))
    answers = together(8, hire)
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    back, = [answer.json for answer in answers if answer.status == 201]
    assert back["id"] == user["id"]
    assert scim.get("/Users/" + user["id"]).json["title"] == back["title"]


# ---- hidden tombstones ----

def test_250_13_hidden_from_lookups(take, env):
    tenant = take("life_hide")
    okta, scim = tenant.okta(), tenant.scim()
    profile = full("nils")
    user = okta.create_user(profile)
    okta.create_user(full("olga"))
    okta.deactivate(user["id"])  # who has the id still gets it
    assert okta.find_user("nils@example.com") is None
    assert [u["userName"] for u in okta.import_users()] == ["olga@example.com"]
    for query in ('id eq "%s"' % user["id"], "active eq false", 'externalId eq "00unils"',
                  "not (title pr)"):
        assert scim.find("Users", query) == []
    assert scim.list("", "sortBy=userName")["totalResults"] == 1
    # Okta finds nobody and makes a new one; of the old one nothing is left.
    new = okta.create_user(profile)
    assert new["id"] != user["id"]
    okta.get_missing_user(user["id"])
    assert scim.list("Users")["totalResults"] == 2
    assert env.db.query("SELECT COUNT(*) FROM scim_resource WHERE tenant = '%s'"
                        % tenant.name) == [("2",)]


def test_250_14_hidden_and_reactivated_by_its_id(take):
    okta = take("life_hide").okta()
    user = okta.create_user(full("paul"))
    okta.deactivate(user["id"])
    okta.reactivate(user["id"])
    assert okta.find_user("paul@example.com")["id"] == user["id"]
    okta.create_duplicate(full("paul"))


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_250_15_a_hidden_name_is_free_for_who_is_renamed(take, method):
    scim = take("life_hide").scim()
    gone = scim.post("/Users", full("quin")).user(201)
    other = scim.post("/Users", full("rosa")).user(201)
    switch(scim, gone["id"], False)
    path = "/Users/" + other["id"]
    if method == "PUT":
        answer = scim.put(path, dict(other, userName="Quin@example.com"))
    else:
        answer = scim.patch(path, {"op": "replace", "path": "userName",
                                   "value": "Quin@example.com"})
    assert answer.user(200)["userName"] == "Quin@example.com"
    assert scim.get("/Users/" + gone["id"]).status == 404
    assert scim.list("Users")["totalResults"] == 1


def test_250_16_many_take_a_hidden_name(take):
    tenant = take("life_hide")
    scim = tenant.scim()
    gone = scim.post("/Users", full("sven")).user(201)
    switch(scim, gone["id"], False)
    answers = together(8, lambda _: tenant.scim(fresh=True).post("/Users", full("sven")))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    assert scim.list("Users")["totalResults"] == 1


def test_250_17_walks_while_users_are_hidden(take):
    """By number and by cursor, while who was on the first page goes and comes back."""
    scim = take("life_hide").scim()
    ids = [scim.add_user("walk%02d" % i)["id"] for i in range(23)]

    def page(start):
        got = scim.list("Users", "startIndex=%d&count=5" % start)
        return got["totalResults"], [u["id"] for u in got["Resources"]]
    assert page(1) == (23, ids[:5])
    assert page(6) == (23, ids[5:10])
    switch(scim, ids[2], False)
    left = ids[:2] + ids[3:]
    assert page(11) == (22, left[10:15])
    assert page(16) == (22, left[15:20])
    switch(scim, ids[2], True)
    assert page(21) == (23, ids[20:])
    assert page(6) == (23, ids[5:10])
    seen, cursor = [], ""
    while cursor is not None:
        got = scim.get("/Users?count=5&sortBy=userName&cursor=" + cursor).json
        seen += [u["id"] for u in got["Resources"]]
        cursor = got.get("nextCursor")
        if len(seen) == 5:
            switch(scim, ids[1], False)
            switch(scim, ids[12], False)
    assert seen == ids[:12] + ids[13:]
    assert [u["id"] for u in scim.all("Users", 4)] == ids[:1] + ids[2:12] + ids[13:]


# ---- past the life time ----

def test_250_18_past_its_life_time(take, env):
    tenant = take("life_short")
    okta, scim = tenant.okta(), tenant.scim()
    profile = full("tina")
    user, other = okta.create_user(profile), okta.create_user(full("uwe"))
    okta.deactivate(user["id"])
    age(env, user["id"], HOUR - 100)
    assert okta.find_user("tina@example.com")["id"] == user["id"]
    age(env, user["id"], 200)
    okta.get_missing_user(user["id"])
    for method, body in (("PUT", profile), ("PATCH", patch({"op": "add", "value": {"title": "t"}})),
                         ("DELETE", None)):
        scim.request(method, "/Users/" + user["id"], body).error(404)
    assert okta.find_user("tina@example.com") is None
    assert [u["id"] for u in okta.import_users()] == [other["id"]]
    assert env.db.query("SELECT COUNT(*) FROM scim_resource WHERE tenant = '%s'"
                        % tenant.name) == [("1",)]
    assert okta.create_user(profile)["id"] != user["id"]


def test_250_19_its_name_is_free_before_any_list(take, env):
    scim = take("life_short").scim()
    users = [scim.post("/Users", full(name)).user(201) for name in ("vera", "willi", "xena")]
    for user in users[:2]:
        switch(scim, user["id"], False)
        age(env, user["id"], 2 * HOUR)
    assert scim.post("/Users", full("vera")).user(201)["id"] != users[0]["id"]
    renamed = dict(users[2], userName="willi@example.com")
    scim.put("/Users/" + users[2]["id"], renamed).user(200)
    assert scim.list("Users")["totalResults"] == 2


# ---- DELETE ----

@pytest.mark.parametrize("flavour", ENDING)
def test_250_20_delete_deletes(take, env, flavour):
    tenant = take(flavour)
    okta, scim = tenant.okta(), tenant.scim()
    for tombstone in (False, True):
        user = okta.create_user(full("yara"))
        if tombstone:
            okta.deactivate(user["id"])
        assert scim.delete("/Users/" + user["id"]).status == 204
        okta.get_missing_user(user["id"])
        assert okta.find_user("yara@example.com") is None
        assert scim.list("Users")["totalResults"] == 0
    assert env.db.query("SELECT COUNT(*) FROM scim_value WHERE tenant = '%s'"
                        % tenant.name) == [("0",)]


@pytest.mark.parametrize("flavour", ["life_keep", "life_keep_little"])
def test_250_21_delete_deactivates(take, flavour):
    tenant = take(flavour)
    okta, scim = tenant.okta(), tenant.scim()
    profile = full("zoe")
    user = okta.create_user(profile)
    group = okta.create_group("Team", [user["id"]])
    path = "/Users/" + user["id"]
    assert scim.delete(path, headers={"If-Match": 'W/"99"'}).status == 412
    assert scim.delete(path).status == 204
    left = okta.get_user(user["id"])
    if flavour == "life_keep":
        check_echo(dict(profile, active=False), left)
    else:
        check_tombstone(left, profile)
    before = scim.get(path).headers["ETag"]
    assert scim.delete(path).status == 204
    assert scim.get(path).headers["ETag"] == before
    okta.delete_group(group["id"])  # groups are not active or inactive
    okta.get_missing_group(group["id"])
    assert scim.delete("/Users/nobody").status == 404


# ---- Bulk ----

def bulk(scim, *operations):
    body = {"schemas": [BULK], "Operations": list(operations)}
    return [(op["status"], op.get("location", "").rsplit("/", 1)[-1])
            for op in scim.post("/Bulk", body).json["Operations"]]


def test_250_22_the_same_in_bulk(take):
    scim = take("life_new_restore").scim()
    profile = full("bulk")
    user = scim.post("/Users", profile).user(201)
    path = "/Users/" + user["id"]
    off = {"method": "PATCH", "path": path,
           "data": patch({"op": "replace", "value": {"active": False}})}
    hire = {"method": "POST", "path": "/Users", "bulkId": "again", "data": profile}
    assert bulk(scim, off) == [("200", user["id"])]
    check_tombstone(scim.get(path).json, profile)
    assert bulk(scim, hire) == [("201", user["id"])]
    check_echo(profile, scim.get(path).json)
    assert bulk(scim, hire)[0][0] == "409"


def test_250_23_bulk_undoes_what_it_made_for_good(take):
    """Two users who are each other's manager, the second of which is not to be had."""
    scim = take("life_keep").scim()
    scim.add_user("taken")
    one = full("one")
    one[URN_ENTERPRISE]["manager"] = {"value": "bulkId:two"}
    two = dict(full("two"), userName="taken@example.com")
    two[URN_ENTERPRISE] = {"manager": {"value": "bulkId:one"}}
    got = bulk(scim, {"method": "POST", "path": "/Users", "bulkId": "one", "data": one},
               {"method": "POST", "path": "/Users", "bulkId": "two", "data": two},
               {"method": "DELETE", "path": "/Users/" + scim.find(
                   "Users", 'userName eq "taken@example.com"')[0]["id"]})
    assert [status for status, _ in got] == ["409", "409", "204"]
    assert [u["userName"] for u in scim.all("Users")] == ["taken@example.com"]
    assert scim.all("Users")[0]["active"] is False


# ---- other tenants ----

def test_250_24_a_name_of_another_tenant_is_in_nobodys_way(take):
    one, two = take("life_new_restore").scim(), take("life_new_restore").scim()
    user = one.post("/Users", full("same")).user(201)
    switch(one, user["id"], False)
    assert two.post("/Users", full("same")).user(201)["id"] != user["id"]
    assert json.loads(one.get("/Users/" + user["id"]).raw)["active"] is False
    assert one.get("/Users?" + filter_query('userName eq "same@example.com"')).list()[
        "totalResults"] == 1


# ---- races ----

@pytest.mark.parametrize("flavour", ENDING)
def test_250_25_deactivated_while_groups_change(take, env, log, flavour):
    """All want the same few rows in different orders: 503 for who met too many, and nothing half."""
    log.tolerate("SCIM2008", "SCIM2019")
    tenant = take(flavour)
    scim = tenant.scim()
    boss = scim.add_user("boss")["id"]
    ids = [scim.add_user("busy%02d" % i, **{
        "schemas": [URN_USER, URN_ENTERPRISE],
        URN_ENTERPRISE: {"manager": {"value": boss}}})["id"] for i in range(12)] + [boss]
    groups = [scim.add_group(name, ids)["id"] for name in ("Left", "Right")]

    def change(lane):
        client, out = tenant.scim(fresh=True), []
        for turn in range(6):
            uid, group = ids[(lane + turn) % 13], groups[(lane + turn) % 2]
            if lane % 2:
                out += [switch(client, uid, active).status for active in (False, True)]
                continue
            op = {"op": "add" if turn % 2 else "remove", "path": "members",
                  "value": [{"value": i} for i in ids[turn:turn + 3]]}
            out.append(client.patch("/Groups/" + group, op).status)
        return out
    assert {status for lane in together(12, change) for status in lane} <= {200, 204, 503}
    lawful(env)
    for uid in ids:
        switch(scim, uid, False)
    for group in groups:
        assert member_ids(scim.get("/Groups/" + group).group()) == set()
    lawful(env)


def test_250_26_many_lists_delete_what_is_too_old(take, env):
    tenant = take("life_short")
    scim = tenant.scim()
    users = [scim.add_user("old%02d" % i)["id"] for i in range(60)]
    kept = scim.add_user("kept")["id"]
    for uid in users:
        switch(scim, uid, False)
        age(env, uid, 2 * HOUR)

    def read(_):
        return [u["id"] for u in tenant.scim(fresh=True).all("Users", 100)]
    assert together(8, read) == [[kept]] * 8
    assert env.db.query("SELECT COUNT(*) FROM scim_resource WHERE tenant = '%s'"
                        % tenant.name) == [("1",)]
    lawful(env)
