# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Tenants with many policies at once: rules, life cycle, mapping, adoption, seats, groups.

Clients do by chance, all at once, what identity providers do; afterwards the tables of the module
and of the application must say the same.
"""

import json
import random

import pytest

from load import lawful, together
from okta_client import patch as patch_of
from okta_wire import URN_GROUP, URN_PATCH, URN_USER, quote
from scim_http import Scim

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
ROLES = {"admin": "ADMIN", "user": "CREATOR", "view": "SEAT"}
CLIENTS = 10
STEPS = 30
NAMES = 14
FLAVOURS = ("together_move", "together_from", "together_off", "together_shared",
            "together_adopt")
EXPECTED = {200, 201, 204, 400, 403, 404, 409}


def set_active(value):
    return {"op": "replace", "path": "active", "value": value}


class Client:
    """One client's steps. What it does follows from its seed, in which order all do it does not."""

    def __init__(self, env, tenant, flavour, seed):
        self.env = env
        self.flavour = flavour
        self.name = tenant.name
        self.random = random.Random(seed)
        self.scim = Scim(tenant.base, tenant.token, fresh=True)
        self.seen = []  # (method, path, status, detail)

    def send(self, method, path, body=None):
        answer = self.scim.request(method, path, body)
        self.seen.append((method, path, answer.status,
                          answer.detail() if answer.status >= 400 else ""))
        return answer

    # ---- what they send ----

    def login(self):
        return "u%d@%s.example" % (self.random.randrange(NAMES), self.name)

    def profile(self, login, **more):
        kind = self.random.choice(("admin", "user", "view", "user"))
        user = {"schemas": [URN_USER], "userName": login, "userType": kind, "externalId": login,
                "name": {"givenName": "G%d" % self.random.randrange(9), "familyName": "F"},
                "emails": [{"value": login, "type": "work", "primary": True}],
                "active": self.random.random() < 0.8}
        if self.flavour in ("together_from", "together_off"):
            user["title"] = "T%d" % self.random.randrange(4)
        if self.flavour == "together_from" and self.random.random() < 0.3:
            user["nickName"] = self.random.choice(("Fixed", "Fixed", "None"))
        user.update(more)
        return user

    # ---- whom they know ----

    def find(self, endpoint, text):
        answer = self.send("GET", "/%s?filter=%s" % (endpoint, quote(text)))
        rows = answer.json["Resources"] if answer.status == 200 else []
        return rows[0] if rows else None

    def some_user(self):
        return self.find("Users", 'userName eq "%s"' % self.login())

    def group_name(self):
        return "Group %d" % self.random.randrange(4)

    def some_group(self):
        return self.find("Groups", 'displayName eq "%s"' % self.group_name())

    # ---- what they do ----

    def create(self):
        self.send("POST", "/Users", self.profile(self.login()))

    def put(self):
        user = self.some_user()
        if user:
            self.send("PUT", "/Users/" + user["id"], self.profile(
                user["userName"], externalId=user.get("externalId")))

    def put_back(self):
        """What it read, as some clients do."""
        user = self.some_user()
        if user:
            self.send("PUT", "/Users/" + user["id"], user)

    def switch(self):
        user = self.some_user()
        if user:
            self.send("PATCH", "/Users/" + user["id"], patch_of(
                set_active(self.random.random() < 0.5)))

    def change(self):
        user = self.some_user()
        if user:
            key, value = self.random.choice((
                ("userName", self.login()), ("userType", self.random.choice(list(ROLES))),
                ("name.givenName", "N"), ("title", "T%d" % self.random.randrange(4))))
            self.send("PATCH", "/Users/" + user["id"], patch_of(
                {"op": "replace", "path": key, "value": value}))

    def delete(self):
        user = self.some_user()
        if user:
            self.send("DELETE", "/Users/" + user["id"])

    def regroup(self):
        """Some come and some go."""
        group, user, other = self.some_group(), self.some_user(), self.some_user()
        if group and user and other:
            self.send("PATCH", "/Groups/" + group["id"], patch_of(
                {"op": "add", "path": "members", "value": [{"value": user["id"]}]},
                {"op": "remove", "path": 'members[value eq "%s"]' % other["id"]}))

    def push(self):
        """All of a group, with its name."""
        group, user, other = self.some_group(), self.some_user(), self.some_user()
        if group and user and other:
            self.send("PUT", "/Groups/" + group["id"], {
                "schemas": [URN_GROUP], "displayName": self.group_name(),
                "members": [{"value": user["id"]}, {"value": other["id"]}]})

    def make_group(self):
        self.send("POST", "/Groups", {"schemas": [URN_GROUP], "displayName": self.group_name()})

    def drop_group(self):
        group = self.some_group()
        if group and self.random.random() < 0.3:
            self.send("DELETE", "/Groups/" + group["id"])

    def bulk(self):
        user, group = self.some_user(), self.some_group()
        operations = [{"method": "POST", "path": "/Users", "bulkId": "b",
                       "data": self.profile(self.login())}]
        if user:
            operations.append({"method": "PATCH", "path": "/Users/" + user["id"],
                               "data": patch_of(set_active(False))})
        if group and self.has_groups():
            operations.append({"method": "PATCH", "path": "/Groups/" + group["id"], "data": {
                "schemas": [URN_PATCH], "Operations": [
                    {"op": "add", "path": "members", "value": [{"value": "bulkId:b"}]}]}})
        answer = self.send("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
        for one in answer.json.get("Operations", []):
            self.seen.append((one["method"], "in Bulk", int(one["status"]),
                              one.get("response", {}).get("detail", "")))

    def listing(self):
        self.send("GET", "/Users?count=3")
        if self.has_groups():
            self.send("GET", "/Groups?count=3")

    def locally(self):
        """The application makes a row of its own, perhaps in a group."""
        org, login = self.name, self.login()
        # Unlike MariaDB's default level, this one takes no lock on rows that are not there.
        insert = {"sqlite": "INSERT OR IGNORE",
                  "mariadb": "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; "
                             "INSERT IGNORE"}[self.env.db.name]
        self.env.db.execute(
            insert + " INTO people (org, login, mail, given, role, active, note) SELECT '%s', '%s', "
            "'%s', 'Local', 'SEAT', %d, 'local' FROM (SELECT 1 AS one) AS once WHERE NOT EXISTS "
            "(SELECT 1 FROM people p WHERE p.org = '%s' AND (p.login = '%s' OR p.mail = '%s'))" % (
                org, login, login, self.random.random() < 0.8, org, login, login))

    def has_groups(self):
        return self.flavour != "together_off"

    def run(self):
        steps = [self.create, self.create, self.put, self.put_back, self.switch, self.switch,
                 self.change, self.delete, self.bulk, self.listing]
        if self.has_groups():
            steps += [self.regroup, self.regroup, self.push, self.make_group, self.drop_group]
        if self.flavour in ("together_move", "together_adopt"):
            steps += [self.locally]
        for _ in range(STEPS):
            self.random.choice(steps)()
        self.scim.close()
        return self.seen


# ---- what must be true afterwards ----

class Tables:
    """What both sides have of one tenant."""

    def __init__(self, env, name):
        query = env.db.query
        self.users, self.groups = {}, {}
        for rid, kind, active, tombstone, doc in query(
                "SELECT rid, type, active, tombstone, doc FROM scim_resource WHERE tenant = '%s'"
                % name):
            row = {"active": active != "0", "tombstone": tombstone, "doc": json.loads(doc)}
            (self.users if kind == "User" else self.groups)[rid] = row
        self.link = {kind: dict(query(
            "SELECT rid, app_key FROM scim_link WHERE tenant = '%s' AND type = '%s'"
            % (name, kind))) for kind in ("User", "Group")}
        self.members = set(query(
            "SELECT group_rid, member_rid FROM scim_member WHERE tenant = '%s'" % name))
        self.sets = query("SELECT attr, rid FROM scim_value WHERE tenant = '%s' "
                          "AND attr LIKE '#set%%'" % name)
        self.used = dict(query("SELECT name, used FROM scim_seat WHERE tenant = '%s'" % name))
        self.teams = dict(query("SELECT id, name FROM teams WHERE org = '%s'" % name))
        self.people = {row[0]: row[1:] for row in query(
            "SELECT id, login, mail, given, role, active, note FROM people WHERE org = '%s'"
            % name)}
        self.accounts = {row[0]: row[1:] for row in query(
            "SELECT uid, email, given FROM accounts WHERE email LIKE '%%@%s.example'" % name)}
        self.team = {row[0] for row in query(
            "SELECT account FROM memberships WHERE org = '%s'" % name)}
        self.join = set(query(
            "SELECT j.team, j.person FROM team_people j JOIN teams t ON t.id = j.team "
            "WHERE t.org = '%s' UNION ALL SELECT j.team, j.account FROM team_accounts j "
            "JOIN teams t ON t.id = j.team WHERE t.org = '%s'" % (name, name)))

    def active(self):
        return {rid: row for rid, row in self.users.items() if row["active"]}


def check_seats(t, flavour):
    active = set(t.active())
    admins = {rid for rid, row in t.active().items() if row["doc"].get("userType") == "admin"}
    rows = {name: {rid for attr, rid in t.sets if attr == name}
            for name in ("#set active", '#set userType eq "admin"')}
    assert rows["#set active"] == active
    assert rows['#set userType eq "admin"'] == admins
    assert admins, "the last admin is gone"
    for name, rids in rows.items():
        assert t.used[name] is None or int(t.used[name]) >= len(rids), name
    if flavour not in ("together_move", "together_adopt"):  # who is adopted needs no seat
        assert len(active) <= 9 and len(admins) <= 3


def check_person(row, person):
    """What a document lacks, after active true alone, the row has of its own or not at all."""
    doc = row["doc"]
    login, mail, given, role, active, _ = person
    assert login == doc["userName"]
    assert "emails" not in doc or mail == doc["emails"][0]["value"]
    assert "name" not in doc or given == doc["name"]["givenName"]
    assert "userType" not in doc or role == ROLES[doc["userType"]]
    assert active == ("1" if row["active"] else "0")


def check_people(t, flavour):
    """Each user who has an account is its row; there are no others but what was never linked."""
    # Who was adopted inactive keeps the row, also where accounts end with a deactivation.
    keeps = flavour in ("together_move", "together_adopt")
    for rid, row in t.users.items():
        key = t.link["User"].get(rid)
        if row["active"] or (keeps and not row["tombstone"]):
            assert key in t.people, "a user without a row"
            check_person(row, t.people[key])
            assert row["active"] or flavour == "together_adopt" or t.people[key][-1] == "local"
        else:
            assert key is None, "an ended account with a row"
    linked = set(t.link["User"].values())
    assert linked <= set(t.people)
    for key in set(t.people) - linked:
        assert t.people[key][-1] == "local", "a row that nobody knows of"


def check_accounts(t):
    for rid, row in t.users.items():
        key = t.link["User"].get(rid)
        if row["active"]:
            email, given = t.accounts[key]
            assert email == row["doc"]["userName"]
            assert "name" not in row["doc"] or given == row["doc"]["name"]["givenName"]
            assert key in t.team
        else:
            assert row["tombstone"] and key not in t.team
    assert t.team == {t.link["User"][rid] for rid in t.active()}


def check_groups(t, flavour):
    for rid, row in t.groups.items():
        assert t.teams[t.link["Group"][rid]] == row["doc"]["displayName"]
    assert set(t.link["Group"].values()) == set(t.teams)
    gone = {rid for rid in t.users if not t.users[rid]["active"]} \
        if flavour == "together_off" else set()
    assert t.join == {(t.link["Group"][g], t.link["User"][u]) for g, u in t.members
                      if u not in gone}
    if flavour == "together_move":
        users = [u for _, u in t.members]
        assert len(users) == len(set(users)), "a user in two groups"
    if flavour in ("together_from", "together_off"):
        check_named(t)


def check_named(t):
    """Users are in the groups that their titles name, and nobody else is."""
    wanted = {(row["doc"]["title"].lower(), rid) for rid, row in t.users.items()
              if "title" in row["doc"]}
    names = {rid: row["doc"]["displayName"].lower() for rid, row in t.groups.items()}
    assert {(names[g], u) for g, u in t.members if names[g].startswith("t")} == wanted


def check_answers(seen):
    odd = [one for one in seen if one[2] not in EXPECTED]
    assert not odd, odd[:5]
    statuses = {one[2] for one in seen}
    assert {200, 201} <= statuses and statuses & {403, 409}, "they did not meet: %s" % statuses


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_262_01_all_policies_at_once(env, take, flavour):
    tenant = take(flavour)
    scim = tenant.scim()
    first = Client(env, tenant, flavour, 0)
    scim.post("/Users", first.profile(first.login(), userType="admin", active=True)).must_be(201)
    if flavour != "together_off":
        for name in ("Group 0", "Group 1", "Fixed"):
            scim.add_group(name)

    seed = random.SystemRandom().randrange(1 << 32)
    print("seed", seed)
    clients = [Client(env, tenant, flavour, seed + i) for i in range(CLIENTS)]
    seen = [one for some in together(CLIENTS, lambda i: clients[i].run()) for one in some]

    # A list adopts what is there by now.
    scim.list("Users", "count=100")
    lawful(env)
    t = Tables(env, tenant.name)
    if flavour == "together_shared":
        check_accounts(t)
    else:
        check_people(t, flavour)
    check_groups(t, flavour)
    check_seats(t, flavour)
    check_answers(seen)
