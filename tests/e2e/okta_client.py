#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""An identity provider in the shape of Okta: every operation sends what Okta sends for it, in
Okta's two dialects, and fails with a Problem where Okta's task would fail.

 oin  an app of Okta's catalogue: PUT for a user's profile, PATCH for everything else
 aiw  an app made with the App Integration Wizard: PUT for everything

As a program it runs the whole life of users and groups against a server and prints what happened.
"""

import argparse
import contextlib
import sys

from okta_wire import (Answer, Problem, URN_GROUP, URN_PATCH, URN_USER, Wire, check_echo,
                       check_user, check_group, filter_query, member_ids, need, transcript)


def patch(*operations):
    """A PatchOp body."""
    return {"schemas": [URN_PATCH], "Operations": list(operations)}


class Step:
    """One request while it is judged."""

    def __init__(self, answer):
        self.answer = answer
        self.meaning = ""

    def means(self, text):
        self.meaning = text


class OktaClient:
    """
    @param base    the tenant's base URL, such as https://host/scim/v2
    @param token   sent as `Authorization: Bearer <token>`
    @param ca      file of the certificate authority; None: the system's
    @param dialect "oin" or "aiw"
    @param say     called with (answer, meaning, problem) after each request; None: silent
    """

    def __init__(self, base, token, ca=None, dialect="oin", say=None):
        if dialect not in ("oin", "aiw"):
            raise ValueError("dialect must be oin or aiw")
        self.dialect = dialect
        self.say = say
        self.requests = 0
        self.wire = Wire(base, token, ca)

    @contextlib.contextmanager
    def step(self, method, path, body=None, headers=None):
        """Send a request; the block judges the answer; the transcript gets its line either way."""
        self.requests += 1
        try:
            answer = self.wire.send(method, path, body, headers)
        except Problem as problem:
            self._tell(Answer(method, path, 0, {}, b""), "", problem)
            raise
        step = Step(answer)
        try:
            yield step
        except Problem as problem:
            self._tell(answer, step.meaning, problem)
            raise
        self._tell(answer, step.meaning, None)

    def _tell(self, answer, meaning, problem):
        if self.say:
            self.say(answer, meaning, problem)

    # ---- connector ----

    def test_credentials(self, groups=True):
        """The button "Test API Credentials", with Import Groups on or off."""
        with self.step("GET", "/Users?startIndex=1&count=2") as s:
            page = s.answer.list()
            need(len(page["Resources"]) <= 2, "more than the 2 users asked for")
            s.means("credentials verified, %d users there" % page["totalResults"])
        if groups:
            with self.step("GET", "/Groups?startIndex=1&count=100") as s:
                page = s.answer.list()
                s.means("groups can be imported, %d there" % page["totalResults"])

    def test_refused(self, authorization="Bearer wrong-token"):
        """The same button with credentials that are not valid must show an error."""
        headers = {"Authorization": authorization}
        with self.step("GET", "/Users?startIndex=1&count=2", headers=headers) as s:
            s.answer.error(401)
            need(s.answer.headers.get("WWW-Authenticate"), "401 without WWW-Authenticate")
            s.means("wrong credentials are refused: %s" % s.answer.detail())

    def _import(self, endpoint, check, count):
        rows, start = [], 1
        while True:
            with self.step("GET", "/%s?startIndex=%d&count=%d" % (endpoint, start, count)) as s:
                page = s.answer.list()
                total, got = page["totalResults"], page["Resources"]
                need(page["startIndex"] == start, "startIndex is %d, asked for %d" % (
                    page["startIndex"], start))
                need(len(got) <= count, "more than the %d asked for" % count)
                rows += [check(row) for row in got]
                s.means("imported %d of %d" % (len(rows), total))
                need(len(rows) >= total or got, "an empty page before the last")
            if len(rows) >= total:
                break
            start += len(got)
        ids = [row["id"] for row in rows]
        need(len(ids) == len(set(ids)), "a resource on two pages of one import")
        return rows

    def import_users(self, count=100):
        return self._import("Users", check_user, count)

    def import_groups(self, count=100):
        return self._import("Groups", check_group, count)

    # ---- users ----

    def find_user(self, user_name, plus=False):
        """Lookup before create. @return the user or None"""
        query = filter_query('userName eq "%s"' % user_name, plus)
        with self.step("GET", "/Users?" + query) as s:
            page = s.answer.list()
            need(page["totalResults"] <= 1, "two users with one userName")
            if not page["Resources"]:
                need(page["totalResults"] == 0, "a match that is not shown")
                s.means("no match: Okta will create the user")
                return None
            user = check_user(page["Resources"][0])
            need(user["userName"].casefold() == user_name.casefold(), "another user was found")
            s.means("match: Okta links %s" % user["userName"])
            return user

    def create_user(self, profile):
        """@param profile attributes as user_profile() makes them; a password is always sent"""
        with self.step("POST", "/Users", profile) as s:
            user = s.answer.user(201)
            check_echo(profile, user)
            need(user["active"] is True, "a new user that is not active")
            s.means("user created, linked to Okta's %s" % profile.get("externalId"))
            return user

    def create_duplicate(self, profile):
        """A lost race or a stale lookup: the server must stop the job, not make a second user."""
        with self.step("POST", "/Users", profile) as s:
            s.answer.error(409, "uniqueness")
            s.means("duplicate refused: %s" % s.answer.detail())

    def get_user(self, user_id, why="current profile read"):
        with self.step("GET", "/Users/" + user_id) as s:
            user = s.answer.user()
            need(user["id"] == user_id, "another user was answered")
            s.means(why)
            return user

    def get_missing_user(self, user_id):
        with self.step("GET", "/Users/" + user_id) as s:
            s.answer.error(404)
            s.means("unknown user: %s" % s.answer.detail())

    def push_profile(self, user_id, changes, clear=(), why="profile updated"):
        """Update = read, merge, PUT: our own GET body with Okta's changes laid over it."""
        body = self.get_user(user_id)
        body.update(changes)
        for name in clear:
            body.pop(name, None)
        with self.step("PUT", "/Users/" + user_id, body) as s:
            user = s.answer.user()
            need(user["id"] == user_id, "the id changed")
            check_echo(changes, user)
            for name in clear:
                need(name not in user, "%s was not cleared" % name)
            s.means(why)
            return user

    def _set(self, user_id, changes, why):
        """Life cycle: PATCH without a path in the oin dialect, full PUT in aiw."""
        if self.dialect == "aiw":
            return self.push_profile(user_id, changes, why=why)
        body = patch({"op": "replace", "value": changes})
        with self.step("PATCH", "/Users/" + user_id, body) as s:
            s.answer.must_be(200, 204)
            if s.answer.status == 200:
                check_echo(changes, s.answer.user())
            s.means(why)
        return None

    def deactivate(self, user_id):
        self._set(user_id, {"active": False}, "deactivated")
        user = self.get_user(user_id, "still there, active false")
        need(user["active"] is False, "a deactivated user is active")
        return user

    def reactivate(self, user_id):
        self._set(user_id, {"active": True}, "reactivated")
        user = self.get_user(user_id, "same id, active true")
        need(user["active"] is True, "a reactivated user is not active")
        return user

    def sync_password(self, user_id, password):
        self._set(user_id, {"password": password}, "password taken, not shown")

    # ---- groups ----

    def find_group(self, name):
        with self.step("GET", "/Groups?" + filter_query('displayName eq "%s"' % name)) as s:
            page = s.answer.list()
            need(page["totalResults"] <= 1, "two groups with one name")
            if not page["Resources"]:
                s.means("no such group: Okta will create it")
                return None
            group = check_group(page["Resources"][0])
            s.means("match: Okta links group %s" % group["displayName"])
            return group

    def create_group(self, name, members=()):
        """POST an empty group; aiw then reads it and puts the whole list."""
        body = {"schemas": [URN_GROUP], "displayName": name, "members": []}
        with self.step("POST", "/Groups", body) as s:
            group = s.answer.group(201)
            need(group["displayName"] == name, "the group's name was changed")
            s.means("group created")
        if self.dialect == "aiw":
            self.get_group(group["id"], None)
            if members:
                self.push_now(group["id"], name, members)
        elif members:
            self.change_members(group["id"], name, add=members)
        return group

    def get_group(self, group_id, members, why=None):
        """@param members ids that must be the group's members; None: not checked"""
        with self.step("GET", "/Groups/" + group_id) as s:
            group = s.answer.group()
            got = member_ids(group)
            if members is not None:
                need(got == set(members), "members differ: %d missing, %d too many" % (
                    len(set(members) - got), len(got - set(members))))
            s.means(why or "%d members" % len(got))
            return group

    def _write_group(self, method, group_id, body, why):
        with self.step(method, "/Groups/" + group_id, body) as s:
            s.answer.must_be(200, 204)
            if s.answer.status == 200:
                need(s.answer.group()["id"] == group_id, "another group was answered")
            s.means(why)

    def rename_group(self, group_id, name, members=(), why="renamed"):
        """@param members the full list, which the aiw dialect must send with every change"""
        if self.dialect == "aiw":
            self._write_group("PUT", group_id, group_body(name, members), why)
        else:
            self._write_group("PATCH", group_id, patch(
                {"op": "replace", "value": {"id": group_id, "displayName": name}}), why)

    def change_members(self, group_id, name, add=(), remove=(), chunk=256):
        """A membership change (oin): the name again, then PATCHes of at most `chunk` changes."""
        self.rename_group(group_id, name, why="name sent along, unchanged")
        add, remove = list(add), list(remove)
        while add or remove:
            gone, remove = remove[:chunk], remove[chunk:]
            new, add = add[:chunk - len(gone)], add[chunk - len(gone):]
            ops = [{"op": "remove", "path": 'members[value eq "%s"]' % i} for i in gone]
            if new:
                ops.append({"op": "add", "path": "members", "value": refs(new)})
            self._write_group("PATCH", group_id, patch(*ops), "members: %d removed, %d added" % (
                len(gone), len(new)))

    def push_now(self, group_id, name, members):
        """"Push Now": the full list replaces what is there; an empty group empties it."""
        why = "Push Now: exactly %d members" % len(members)
        if self.dialect == "aiw":
            self._write_group("PUT", group_id, group_body(name, members), why)
        else:
            self._write_group("PATCH", group_id, patch(
                {"op": "replace", "path": "members", "value": refs(members)}), why)

    def delete_group(self, group_id):
        with self.step("DELETE", "/Groups/" + group_id) as s:
            s.answer.must_be(204)
            need(not s.answer.raw, "204 with a body")
            s.means("group unlinked and deleted in the target")

    def get_missing_group(self, group_id):
        with self.step("GET", "/Groups/" + group_id) as s:
            s.answer.error(404)
            s.means("gone: %s" % s.answer.detail())

    def close(self):
        self.wire.close()


def refs(ids):
    """Members as Okta sends them: no type; display is the login, which the id stands for here."""
    return [{"value": i, "display": "member-%s@okta.local" % i[-6:]} for i in ids]


def group_body(name, members):
    return {"schemas": [URN_GROUP], "displayName": name, "members": refs(members)}


def user_profile(login, given, family, external_id, **more):
    """The body of 'create user' with Okta's default mapping."""
    profile = {
        "schemas": [URN_USER],
        "userName": login,
        "name": {"givenName": given, "familyName": family},
        "emails": [{"primary": True, "value": login, "type": "work"}],
        "displayName": "%s %s" % (given, family),
        "locale": "en-US",
        "externalId": external_id,
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    profile.update(more)
    return profile


def main():
    """Run the sequence. Exit 0 only if every answer was as Okta needs it."""
    from okta_sequence import run_sequence
    parser = argparse.ArgumentParser(description="Replay Okta's provisioning against a server.")
    parser.add_argument("--base", required=True, help="base URL, such as https://host/scim/v2")
    parser.add_argument("--token", required=True, help="bearer token of the tenant")
    parser.add_argument("--ca", help="file of the certificate authority to trust")
    parser.add_argument("--dialect", choices=("oin", "aiw", "both"), default="both")
    parser.add_argument("--members", type=int, default=256, metavar="N",
                        help="members of the big group (at least 3, default 256)")
    args = parser.parse_args()
    dialects = ("oin", "aiw") if args.dialect == "both" else (args.dialect,)
    sent, failed = 0, []
    for dialect in dialects:
        print("-- %s dialect: %s" % (dialect, "PUT for profiles, PATCH for the rest"
                                     if dialect == "oin" else "PUT for everything"))
        client = OktaClient(args.base, args.token, args.ca, dialect, transcript)
        try:
            run_sequence(client, max(3, args.members))
        except Problem as problem:
            failed.append("%s: %s" % (dialect, problem))
        sent += client.requests
        client.close()
    for text in failed:
        print("stopped in the %s" % text)
    print("%d requests, %s" % (sent, "everything as Okta needs it" if not failed else
                               "%d of %d dialects failed" % (len(failed), len(dialects))))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
