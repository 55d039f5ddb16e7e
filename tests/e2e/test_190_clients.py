# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Identity providers other than Okta: what each sends, from the tables in clients/, and the quirks
of all of them.

Where each quirk of the clients is tested:

  1  PUT echoes id, meta, groups, a stale name.formatted      030_11, 040_03, 031_04
  2  a password is always sent                                080_16, 030_15, 190_02
  3  PATCH without a path, its value holds the id             030_17, 060_01
  4  dotted and qualified keys in such a value                entra_flag, 060_01
  5  operations in any case, booleans as strings              entra, 060_01, 190_03
  6  remove with a list of values                             entra, jumpcloud, 060_07
  7  members replaced by an empty list                        060_07, 031_03, ping
  8  many members and many operations in one PATCH            050_16, 080_15
  9  200 or 204 to a PATCH                                    050_14, 190_04
 10  a limit of its own for bodies, 413                       070_07, 080_15
 11  "Bearer x", "x", "Bearer Bearer x"                       020_01; Basic is refused: 020_02
 12  an underscore in the base is not for Okta                conf/scim.conf, ScimBase
 13  GET with a Content-Type and no body                      030_05, 080_17
 14  itemsPerPage is the number of resources returned         040_10 (and every list: okta_wire.py)
 15  inactive users are in lists, lookups and GET             190_05, 030_08, entra, ping
 16  a rename to the same name changes nothing                030_16, 060_06
 17  Retry-After in whole seconds                             scim_http.py, with every 429 and 503
 18  unknown extensions and attributes in a body              190_06, 080_14; by directive: 060_05
 19  + and %20 in a query                                     030_07, entra and jumpcloud
 20  two requests for one new user                            110_01
"""

import pytest

from clients import ABSENT, entra, entra_flag, jumpcloud, onelogin, ping
from okta_client import user_profile
from okta_wire import URN_ENTERPRISE, URN_PATCH, URN_USER, member_ids

CLIENTS = (entra, entra_flag, onelogin, jumpcloud, ping)
FLAVOURS = ("replace_creates",)


def fill(value, kept):
    """Put what was kept for <name>, anywhere in a value."""
    if isinstance(value, dict):
        return {k: fill(v, kept) for k, v in value.items()}
    if isinstance(value, list):
        return [fill(v, kept) for v in value]
    if isinstance(value, str):
        for name, text in kept.items():
            value = value.replace("<%s>" % name, text)
    return value


def compare(got, want, where):
    """Fail unless `got` has what is wanted: objects may have more, lists may not."""
    if isinstance(want, dict):
        assert isinstance(got, dict), where
        for name, value in want.items():
            if value is ABSENT:
                assert name not in got, "%s: %s is there" % (where, name)
            else:
                assert name in got, "%s: %s is missing" % (where, name)
                compare(got[name], value, where + " " + name)
    elif isinstance(want, list):
        assert isinstance(got, list) and len(got) == len(want), "%s: %r" % (where, got)
        for one, value in zip(got, want):
            compare(one, value, where)
    else:
        assert type(got) is type(want) and got == want, "%s: %r, not %r" % (where, got, want)


def value_at(value, path):
    for name in path.split("."):
        value = value[name]
    return value


def judge(step, answer, kept):
    where = "%s %s (%s)" % (step.method, step.path, step.what)
    if answer.status not in step.status:
        raise AssertionError("%s: %d %s" % (where, answer.status, answer.raw.decode()))
    if step.error:
        answer.error(answer.status, step.error)
    if step.total is not None:
        page = answer.list()
        assert page["totalResults"] == len(page["Resources"]) == step.total, where
    if step.want is not None:
        compare(answer.json, fill(step.want, kept), where)
    if step.members is not None:
        assert member_ids(answer.group()) == set(fill(step.members, kept)), where
    if step.check:
        step.check(answer.json)
    for name, path in step.keep.items():
        kept[name] = value_at(answer.json, path)


def play(client, steps, tenant):
    scim, kept = tenant.scim(), {}
    for step in steps:
        path = fill(step.path, kept)
        if client.QUERY:
            path += ("&" if "?" in path else "?") + client.QUERY
        headers = dict(client.HEADERS)
        if step.body is not None:
            headers.update(client.BODY_HEADERS)
        judge(step, scim.request(step.method, path, fill(step.body, kept), headers=headers), kept)


def scenarios():
    for client in CLIENTS:
        for name in client.SCENARIOS:
            yield pytest.param(client, name, id="%s: %s" % (client.__name__.split(".")[1], name))


@pytest.mark.parametrize("client,name", scenarios())
def test_190_01_clients(take, client, name):
    flavour = name.split(": ")[0]
    play(client, client.SCENARIOS[name], take(flavour if flavour in FLAVOURS else "plain"))


def test_190_02_a_password_is_taken_by_every_verb_and_never_told(scim):
    secret = "1mz050nq"
    profile = user_profile("secret@example.com", "S", "E", "e", password=secret)
    answers = [scim.post("/Users", profile)]
    path = "/Users/" + answers[0].user(201)["id"]
    answers += [
        scim.put(path, profile), scim.put(path, dict(profile, password="")),
        scim.put(path, dict(profile, password=None)),
        scim.patch(path, {"op": "Replace", "path": "password", "value": secret}),
        scim.patch(path, {"op": "add", "value": {"password": secret, "title": "T"}}),
        scim.patch(path, {"op": "replace", "path": URN_USER + ":password", "value": secret}),
        scim.get(path), scim.get(path + "?attributes=password"), scim.get("/Users")]
    for answer in answers:
        assert answer.status in (200, 201)
        assert secret.encode() not in answer.raw and b"password" not in answer.raw


@pytest.mark.parametrize("text,value", [
    ("True", True), ("true", True), ("TRUE", True), ("False", False), ("fAlSe", False)])
def test_190_03_booleans_as_strings_by_every_verb(scim, text, value):
    body = user_profile("bool@example.com", "B", "O", "e")
    body["active"] = text
    user = scim.post("/Users", body).user(201)
    assert user["active"] is value
    path = "/Users/" + user["id"]
    for start in (True, False):
        scim.put(path, dict(body, active=start)).user()
        assert scim.put(path, dict(body, active=text)).user()["active"] is value
        for op in ({"op": "REPLACE", "path": "active", "value": text},
                   {"op": "Add", "value": {"ACTIVE": text}}):
            scim.put(path, dict(body, active=start)).user()
            assert scim.patch(path, op).user()["active"] is value
    for wrong in ("yes", "1", " true", 1):
        scim.patch(path, {"op": "replace", "path": "active", "value": wrong}
                   ).error(400, "invalidValue")
    assert scim.get(path).user()["active"] is value


def test_190_04_a_patch_answers_what_was_changed(scim):
    user = scim.add_user("answered")
    path = "/Users/" + user["id"]
    got = scim.patch(path, {"op": "replace", "path": "title", "value": "T"}).user(200)
    assert got == scim.get(path).user() and got["title"] == "T"
    group = scim.add_group("Answered")
    answer = scim.patch("/Groups/" + group["id"], {
        "op": "add", "path": "members", "value": [{"value": user["id"]}]})
    assert answer.status == 204 or member_ids(answer.group(200)) == {user["id"]}


def test_190_05_an_inactive_user_is_everywhere(scim):
    users = [scim.add_user("inactive%d" % i) for i in range(3)]
    path = "/Users/" + users[1]["id"]
    scim.patch(path, {"op": "replace", "value": {"active": False}})
    assert scim.get(path).user()["active"] is False
    assert [u["active"] for u in scim.all("Users", count=1)] == [True, False, True]
    for text in ('userName eq "inactive1@example.com"', 'externalId eq "ext-inactive1"',
                 'emails.value eq "inactive1@example.com"', 'id eq "%s"' % users[1]["id"]):
        found = scim.find("Users", text)
        assert [u["id"] for u in found] == [users[1]["id"]], text


def test_190_06_unknown_extensions_are_dropped(scim):
    unknown = "urn:example:params:scim:schemas:extension:acme:2.0:User"
    body = user_profile("unknown@example.com", "U", "N", "e", **{
        unknown: {"colour": "red", "deep": {"er": [1, 2, None]}}})
    body["schemas"] = [URN_USER, URN_ENTERPRISE, unknown]
    user = scim.post("/Users", body).user(201)
    path = "/Users/" + user["id"]
    for got in (user, scim.put(path, body).user(), scim.get(path).user()):
        assert unknown not in got and got["schemas"] == [URN_USER]
    got = scim.patch(path, {"op": "replace", "value": {unknown: {"colour": "red"},
                                                       unknown + ":colour": "red",
                                                       "title": "T"}}).user()
    assert unknown not in got and got["title"] == "T"
    scim.request("PATCH", path, {"schemas": [URN_PATCH], "Operations": [
        {"op": "add", "path": unknown + ":colour", "value": "red"}]}).error(400, "invalidPath")
    group = scim.post("/Groups", {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", "urn:okta:custom:group:1.0"],
        "displayName": "Described", "urn:okta:custom:group:1.0": {"description": "d"}}).group(201)
    assert "urn:okta:custom:group:1.0" not in group
