# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Many clients at once, and the question afterwards whether the database holds together."""

import threading

import requests

from okta_wire import Problem, member_ids
from scim_http import Scim


def together(n, work):
    """Run work(0) … work(n-1), each in a thread of its own, released at the same moment.

    @return their results in order; the first exception, if any, is raised
    """
    barrier = threading.Barrier(n)
    results, errors = [None] * n, []

    def one(i):
        try:
            barrier.wait(60)
            results[i] = work(i)
        except BaseException as err:  # pylint: disable=broad-except
            errors.append(err)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
        assert not thread.is_alive(), "a request hangs"
    if errors:
        raise errors[0]
    return results


REFUSED = object()


class Load:
    """Clients that write without a pause until told to stop, and remember what was acknowledged.

    Each lane creates a user, puts it into the group, renames it, and every fourth it deletes again.
    A crash may cause a status of 503, and then nothing may have changed; and it may break the
    connection, and then the outcome is not known and the user is set aside. Any other answer is an
    error.
    """

    def __init__(self, tenant, group, lanes=8, broken_ok=True):
        self.tenant = tenant
        self.group = group
        self.broken_ok = broken_ok
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.kept = {}       # id: the body last acknowledged
        self.members = set()  # ids whose adding was acknowledged
        self.gone = set()    # ids whose deletion was acknowledged
        self.unsure = set()  # ids with a request of unknown outcome
        self.refused = set()  # names whose creation was answered with 503
        self.left_out = set()  # ids whose adding was answered with 503
        self.acknowledged = 0
        self.failed = 0
        self.errors = []
        self.threads = [threading.Thread(target=self._lane, args=(i,)) for i in range(lanes)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(120)
        assert not any(t.is_alive() for t in self.threads), "a request hangs"

    def _send(self, client, method, path, body=None):
        """A body or True when acknowledged, REFUSED after 503, None when nobody knows."""
        try:
            answer = client.request(method, path, body)
        except (requests.RequestException, Problem) as err:
            if not self.broken_ok or isinstance(err, Problem):
                raise
            answer = None
        with self.lock:
            if answer is not None and answer.status < 300:
                self.acknowledged += 1
                return answer.json if answer.raw else True
            self.failed += 1
        if answer is None:
            return None
        if not (self.broken_ok and answer.status == 503):
            raise AssertionError("%s %s: %d %s" % (method, path, answer.status, answer.detail()))
        # The one refusal that promises nothing: the answer of a COMMIT was lost with the server.
        return None if "may or may not" in answer.detail() else REFUSED

    def _life(self, client, name, number):
        """One user's requests, and what each answer promises."""
        user = self._send(client, "POST", "/Users", profile(name))
        if user is None or user is REFUSED:
            if user is REFUSED:
                self.refused.add(name)
            return
        uid = user["id"]
        self.kept[uid] = user
        added = self._send(client, "PATCH", "/Groups/" + self.group, patch_of(
            {"op": "add", "path": "members", "value": [{"value": uid}]}))
        if added is not None:
            (self.left_out if added is REFUSED else self.members).add(uid)
        changed = self._send(client, "PATCH", "/Users/" + uid, patch_of(
            {"op": "replace", "value": {"userName": name + ".renamed", "title": "T" + name}}))
        if changed is None:
            self.unsure.add(uid)
        elif changed is not REFUSED:
            self.kept[uid] = changed
        if number % 4 == 3:
            done = self._send(client, "DELETE", "/Users/" + uid)
            if done is not REFUSED:
                (self.unsure if done is None else self.gone).add(uid)

    def _lane(self, lane):
        number = 0
        client = Scim(self.tenant.base, self.tenant.token, fresh=not self.broken_ok)
        try:
            while not self.stop.is_set():
                self._life(client, "load.%d.%d" % (lane, number), number)
                number += 1
        except BaseException as err:  # pylint: disable=broad-except
            self.errors.append(err)
            self.stop.set()
        finally:
            client.close()

    def check(self, env):
        """Everything acknowledged is there, nothing refused is, the database agrees with itself."""
        if self.errors:
            raise self.errors[0]
        scim = self.tenant.scim()
        users = {u["id"]: u for u in scim.all("Users")}
        members = member_ids(scim.get("/Groups/" + self.group).group())
        for uid, sent in self.kept.items():
            if uid in self.unsure:
                continue
            if uid in self.gone:
                assert uid not in users, "a deletion was lost"
                continue
            assert uid in users, "a user was lost"
            assert own(users[uid]) == own(sent), "a change was lost"
            assert version(users[uid]) >= version(sent), "a version was lost"
        lost = self.members - self.gone - self.unsure - members
        assert not lost, "%d memberships were lost" % len(lost)
        assert not self.left_out & members, "a refused membership is there"
        names = {u["userName"] for u in users.values()}
        assert not self.refused & names, "a refused user is there"
        consistent(env, self.tenant)


def profile(name):
    return {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
            "externalId": "ext-" + name, "emails": [{"value": name + "@example.com"}]}


def patch_of(*operations):
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": list(operations)}


def own(user):
    """A user without what its groups change: them, and the version."""
    meta = {k: v for k, v in user["meta"].items() if k != "version"}
    return dict({k: v for k, v in user.items() if k != "groups"}, meta=meta)


def version(resource):
    return int(resource["meta"]["version"].strip('W/"'))


# What must be true of the tables whatever happened. Each statement lists what is wrong.
LAWS = {
    "an index row without its resource":
        "SELECT v.rid FROM scim_value v LEFT JOIN scim_resource r ON r.rid = v.rid "
        "AND r.tenant = v.tenant AND r.type = v.type WHERE r.rid IS NULL",
    "a membership without its group":
        "SELECT m.group_rid FROM scim_member m LEFT JOIN scim_resource r ON r.rid = m.group_rid "
        "AND r.tenant = m.tenant AND r.type = 'Group' WHERE r.rid IS NULL",
    "a membership without its member":
        "SELECT m.member_rid FROM scim_member m LEFT JOIN scim_resource r "
        "ON r.rid = m.member_rid AND r.tenant = m.tenant WHERE r.rid IS NULL",
    "a group's number of members that is not what scim_member says":
        "SELECT r.id FROM scim_resource r WHERE r.members <> (SELECT COUNT(*) FROM scim_member m "
        "WHERE m.group_rid = r.rid)",
    "a user's list of groups that is not as long as scim_member says":
        "SELECT r.id FROM scim_resource r WHERE LENGTH(COALESCE(r.member_of, '')) - "
        "LENGTH(REPLACE(COALESCE(r.member_of, ''), CHAR(13), '')) <> CASE WHEN r.type = 'User' "
        "THEN (SELECT COUNT(*) FROM scim_member m WHERE m.member_rid = r.rid) ELSE 0 END",
    "a user's list of groups without one that scim_member has, or with another name":
        "SELECT r.id FROM scim_member m JOIN scim_resource g ON g.rid = m.group_rid "
        "JOIN scim_resource r ON r.rid = m.member_rid WHERE r.type = 'User' AND "
        "(INSTR(COALESCE(r.member_of, ''), g.id) = 0 OR "
        "INSTR(COALESCE(r.member_of, ''), g.display) = 0)",
    "a counter that is wrong":
        "SELECT r.tenant, r.type, r.n, c.n FROM (SELECT tenant, type, COUNT(*) AS n "
        "FROM scim_resource GROUP BY tenant, type) r LEFT JOIN (SELECT tenant, type, SUM(n) AS n "
        "FROM scim_counter GROUP BY tenant, type) c ON c.tenant = r.tenant AND c.type = r.type "
        "WHERE c.n IS NULL OR c.n <> r.n",
    "a counter of tombstones that is wrong":
        "SELECT r.tenant, r.type, r.n, c.n FROM (SELECT tenant, type, COUNT(tombstone) AS n "
        "FROM scim_resource GROUP BY tenant, type) r JOIN (SELECT tenant, type, SUM(tombs) AS n "
        "FROM scim_counter GROUP BY tenant, type) c ON c.tenant = r.tenant AND c.type = r.type "
        "WHERE c.n <> r.n",
    "a tombstone in a group":
        "SELECT r.id FROM scim_resource r JOIN scim_member m ON m.member_rid = r.rid "
        "WHERE r.tombstone IS NOT NULL",
    "a tombstone with a name, or that is active":
        "SELECT r.id FROM scim_resource r WHERE r.tombstone IS NOT NULL AND "
        "(r.display IS NOT NULL OR r.active <> 0 OR r.member_of IS NOT NULL)",
    "a tombstone with index rows":
        "SELECT r.id FROM scim_resource r JOIN scim_value v ON v.rid = r.rid "
        "WHERE r.tombstone IS NOT NULL AND v.attr <> '#tombstone' AND v.attr NOT LIKE '#none%'",
    "a tombstone without the mark that finds it, or a mark without its tombstone":
        "SELECT r.id FROM scim_resource r LEFT JOIN scim_value v ON v.rid = r.rid "
        "AND v.attr = '#tombstone' WHERE (r.tombstone IS NULL) <> (v.rid IS NULL)",
    "a resource that is linked to a row and is not there":
        "SELECT l.tenant, l.rid FROM scim_link l LEFT JOIN scim_resource r ON r.rid = l.rid "
        "AND r.tenant = l.tenant AND r.type = l.type WHERE r.rid IS NULL",
    "a set with more users than its number says":
        "SELECT s.tenant, s.name FROM scim_seat s WHERE s.used < (SELECT COUNT(*) "
        "FROM scim_value v WHERE v.tenant = s.tenant AND v.attr = s.name AND v.value = '')",
    "a user in a set who is not active":
        "SELECT r.id, v.attr FROM scim_value v JOIN scim_resource r ON r.rid = v.rid "
        "WHERE v.attr LIKE '#set%' AND r.active = 0",
    "a group in a group of which scim_member has no row":
        "SELECT n.group_rid FROM scim_nesting n LEFT JOIN scim_member m ON m.tenant = n.tenant "
        "AND m.group_rid = n.group_rid AND m.member_rid = n.member_rid WHERE m.group_rid IS NULL",
    "a counter of nothing":
        "SELECT c.tenant, c.type FROM (SELECT tenant, type, SUM(n) AS n FROM scim_counter "
        "GROUP BY tenant, type) c LEFT JOIN (SELECT tenant, type, COUNT(*) AS n FROM scim_resource "
        "GROUP BY tenant, type) r ON r.tenant = c.tenant AND r.type = c.type "
        "WHERE c.n <> COALESCE(r.n, 0) AND c.type <> '#audit'",  # of rows of the audit trail
}


def lawful(env):
    """What must be true of the tables is."""
    for wrong, sql in LAWS.items():
        assert env.db.query(sql) == [], wrong


def consistent(env, tenant):
    """Documents, index lookups, memberships and counts agree; over the wire and in the tables."""
    lawful(env)
    scim = tenant.scim()
    users = {u["id"]: u for u in scim.all("Users")}
    assert scim.list("Users", "count=0")["totalResults"] == len(users)
    of_groups = set()
    for group in scim.all("Groups"):
        ids = member_ids(group)
        assert ids <= set(users), "a group with a member that is no user"
        of_groups |= {(i, group["id"]) for i in ids}
    of_users = {(u["id"], g["value"]) for u in users.values() for g in u.get("groups", [])}
    assert of_groups == of_users, "groups and users disagree about who is where"
    for uid, user in users.items():
        for text in ('userName eq "%s"' % user["userName"],
                     'externalId eq "%s"' % user["externalId"],
                     'emails.value eq "%s"' % user["emails"][0]["value"]):
            assert [u["id"] for u in scim.find("Users", text)] == [uid], "not found by " + text
    titled = {uid for uid, user in users.items() if "title" in user}
    assert {u["id"] for u in scim.all("Users", query="filter=title+pr")} == titled
