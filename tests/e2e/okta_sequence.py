# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The whole life of users and groups, in the order Okta's administrator would cause it."""

import concurrent.futures
import uuid

from okta_client import OktaClient, user_profile
from okta_wire import Problem, need


def people(run, dialect, n):
    """Profiles of n people that no earlier run has used."""
    return [user_profile("member%03d.%s%s@example.com" % (i, dialect, run), "Member%03d" % i,
                         dialect.upper(), "00u%s%s%04d" % (run, dialect, i)) for i in range(n)]


def create_many(client, profiles):
    """A bulk assignment: Okta sends tens of creates side by side. One line in the transcript."""
    base, session = client.wire.base, client.wire.session

    def create(part):
        quiet = OktaClient(base, "", session.verify if session.verify is not True else None,
                           client.dialect)
        quiet.wire.session.headers["Authorization"] = session.headers["Authorization"]
        try:
            return [quiet.create_user(profile)["id"] for profile in part]
        finally:
            quiet.close()

    lanes = 8
    parts = [profiles[i::lanes] for i in range(lanes)]
    with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
        made = list(pool.map(create, parts))
    client.requests += len(profiles) - 1
    with client.step("GET", "/Users?startIndex=1&count=1") as s:
        page = s.answer.list()
        need(page["itemsPerPage"] == min(1, page["totalResults"]), "itemsPerPage is not exact")
        s.means("after %d creates, 8 at a time: %d users there" % (
            len(profiles), page["totalResults"]))
    ids = [None] * len(profiles)
    for lane, part in enumerate(made):
        ids[lane::lanes] = part
    need(len(set(ids)) == len(ids), "two users with one id")
    return ids


def user_life(client, run):
    """Sections 3 and 4 of Okta's guide: one user from the lookup to the second activation."""
    login = "anna.%s%s@example.com" % (client.dialect, run)
    profile = user_profile(login, "Anna", "Okta", "00u%s%sanna" % (run, client.dialect))
    need(client.find_user(login) is None, "a login that nobody has used was found")
    user = client.create_user(profile)
    client.create_duplicate(profile)
    found = client.find_user(login.upper(), plus=True)
    need(found is not None and found["id"] == user["id"], "lookup in upper case found nobody")
    client.push_profile(user["id"], {
        "name": {"givenName": "Anne", "familyName": "Okta"}, "displayName": "Anne Okta",
        "title": "Engineer", "emails": [
            {"primary": True, "value": login, "type": "work"},
            {"primary": False, "value": "anne.home@example.org", "type": "home"}]})
    client.push_profile(user["id"], {}, clear=("title",), why="title cleared")
    client.sync_password(user["id"], "n3w-Passw0rd")
    before = client.deactivate(user["id"])
    found = client.find_user(login)
    need(found is not None and found["active"] is False, "an inactive user is hidden from lookup")
    after = client.reactivate(user["id"])
    for name in ("id", "userName", "name", "emails", "displayName", "externalId", "locale"):
        need(before.get(name) == after.get(name), "%s changed by reactivation" % name)
    client.get_missing_user("010101001010101011001010101011")
    return user["id"]


def oin_group_life(client, name, ids, anna):
    """Group Push of a catalogue app: everything by PATCH."""
    group = client.create_group(name)["id"]
    client.change_members(group, name, add=ids)
    client.get_group(group, ids, "check: all %d are in" % len(ids))
    third = ids[:len(ids) // 3]
    rest = [i for i in ids if i not in set(third)]
    client.change_members(group, name, add=[anna], remove=third)
    client.get_group(group, rest + [anna], "check: the bulk change is complete")
    client.rename_group(group, name + " renamed")
    client.get_group(group, rest + [anna], "check: members survive a rename")
    client.push_now(group, name, ids[:2])
    client.get_group(group, ids[:2], "check: exactly these two")
    client.push_now(group, name, [])
    client.get_group(group, [], "check: empty")
    client.rename_group(group, name)
    return group


def aiw_group_life(client, name, ids, anna):
    """Group Push of a wizard app: POST, GET, then PUT with all members, each time."""
    group = client.create_group(name, ids)["id"]
    client.get_group(group, ids, "check: all %d are in" % len(ids))
    members = ids[len(ids) // 3:] + [anna]
    client.push_now(group, name, members)
    client.get_group(group, members, "check: the change is complete")
    client.rename_group(group, name + " renamed", members)
    client.get_group(group, members, "check: members survive a rename")
    client.push_now(group, name, [])
    client.get_group(group, [], "check: empty")
    return group


def run_sequence(client, members=256):
    """
    Play everything. Names are new in every run, so a used tenant will do.
    @raise Problem at the first answer that Okta could not work with
    """
    run = uuid.uuid4().hex[:8]
    client.test_credentials()
    client.test_refused()
    client.test_refused("non-token")
    anna = user_life(client, run)
    ids = create_many(client, people(run, client.dialect, members))
    imported = {user["id"] for user in client.import_users()}
    need(imported >= set(ids) | {anna}, "the import lost users")
    name = "Engineering %s%s" % (client.dialect, run)
    need(client.find_group(name) is None, "a group that nobody has made was found")
    if client.dialect == "oin":
        group = oin_group_life(client, name, ids, anna)
    else:
        group = aiw_group_life(client, name, ids, anna)
    link = client.find_group(name.upper())
    if link is None:
        raise Problem("link by name in other letters found nothing")
    need(link["id"] == group, "link by name found another group")
    need(group in {g["id"] for g in client.import_groups()}, "the group import lost the group")
    client.delete_group(group)
    client.get_missing_group(group)
