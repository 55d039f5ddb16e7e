# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Versions (RFC 7644 section 3.14): entity tags, preconditions on every method, no lost update."""

import pytest

from load import together
from okta_client import patch
from scim_http import RawConnection, Scim

TITLE = {"op": "replace", "path": "title", "value": "T"}
MALFORMED = ["", ",", "1", "W/1", 'w/"1"', '"1', '1"', 'W/"1', 'W/ "1"', 'W/"1"x', "W/",
             'W/"1" W/"1"', 'W/"1", *', '*, W/"1"', "**", "'1'", "W/\"1\"; x", "\\\"1\\\"",
             "a" * 4000, ",".join(['"x"'] * 500)]


@pytest.fixture
def user(scim):
    return scim.add_user("versioned")


@pytest.fixture
def path(user):
    return "/Users/" + user["id"]


def writes(scim, user, **headers):
    """One of each write, that would succeed without preconditions; DELETE last."""
    path = "/Users/" + user["id"]
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    yield lambda: scim.patch(path, TITLE, headers=sent)
    yield lambda: scim.put(path, dict(user, title="P"), headers=sent)
    yield lambda: scim.delete(path, headers=sent)


def test_151_01_every_answer_has_the_version(scim):
    for endpoint, body in (("/Users", {"userName": "v"}), ("/Groups", {"displayName": "V"})):
        urn = "urn:ietf:params:scim:schemas:core:2.0:" + endpoint[1:-1]
        answer = scim.post(endpoint, dict(body, schemas=[urn]))
        assert answer.status == 201
        path = endpoint + "/" + answer.json["id"]
        seen = []
        for answer in (answer, scim.get(path), scim.put(path, dict(answer.json, externalId="x")),
                       scim.get(path), scim.patch(path, {"op": "add", "path": "externalId",
                                                         "value": "y"}), scim.get(path)):
            assert answer.headers["ETag"] == answer.json["meta"]["version"]
            assert answer.headers["ETag"].startswith('W/"')
            seen.append(answer.headers["ETag"])
        assert seen[0] == seen[1] != seen[2] == seen[3] != seen[4] == seen[5]
        head = scim.request("HEAD", path)
        assert head.status == 200 and head.headers["ETag"] == seen[-1]
        rows = scim.list(endpoint[1:])["Resources"]
        assert [row["meta"]["version"] for row in rows] == [seen[-1]]


def test_151_02_304(scim, user, path):
    etag = user["meta"]["version"]
    for method in ("GET", "HEAD"):
        answer = scim.request(method, path, headers={"If-None-Match": etag})
        assert answer.status == 304 and not answer.raw
        assert answer.headers["ETag"] == etag and "Content-Type" not in answer.headers
    for value in ("*", etag[2:], '"x", ' + etag, "%s,W/\"9\"" % etag, etag[:-1] + '-gzip"'):
        assert scim.get(path, headers={"If-None-Match": value}).status == 304, value
    scim.patch(path, TITLE)
    assert scim.get(path, headers={"If-None-Match": etag}).status == 200


def test_151_03_if_match_on_reads(scim, user, path):
    for method in ("GET", "HEAD"):
        assert scim.request(method, path, headers={"If-Match": 'W/"9"'}).status == 412
        for value in ("*", user["meta"]["version"], 'W/"9", ' + user["meta"]["version"]):
            assert scim.request(method, path, headers={"If-Match": value}).status == 200
    scim.get(path, headers={"If-Match": 'W/"9"'}).error(412)


def test_151_04_if_match_on_writes(scim, user, path):
    for write in writes(scim, user, If_Match='W/"9", "x"'):
        write().error(412)
    assert scim.get(path).json == user
    etag = user["meta"]["version"]
    for write in writes(scim, user, If_Match=etag):
        answer = write()
        assert answer.status in (200, 204)
        if answer.status == 200:
            etag = answer.headers["ETag"]
            user["meta"]["version"] = etag
            break
    scim.put(path, user, headers={"If-Match": 'W/"1"'}).error(412)
    assert scim.put(path, user, headers={"If-Match": '"x",' + etag}).status == 200
    assert scim.delete(path, headers={"If-Match": "*"}).status == 204


def test_151_05_if_none_match_on_writes(scim, user, path):
    for value in ("*", user["meta"]["version"], '"x", ' + user["meta"]["version"][2:]):
        for write in writes(scim, user, If_None_Match=value):
            write().error(412)
    assert scim.get(path).json == user
    assert [write().status for write in writes(scim, user, If_None_Match='W/"9"')] == [200, 200, 204]


def test_151_06_both(scim, user, path):
    """RFC 9110 section 13.2.2: If-Match first."""
    etag, other = user["meta"]["version"], 'W/"9"'
    for match, none, read, write in ((other, other, 412, 412), (other, etag, 412, 412),
                                     (etag, etag, 304, 412), ("*", "*", 304, 412),
                                     (etag, other, 200, 200)):
        headers = {"If-Match": match, "If-None-Match": none}
        assert scim.get(path, headers=headers).status == read
        assert scim.patch(path, TITLE, headers=headers).status == write


def test_151_07_creating_takes_none(scim):
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "n"}
    assert scim.post("/Users", body, headers={"If-None-Match": "*"}).status == 201
    scim.post("/Users", body, headers={"If-None-Match": "*"}).error(409)


def test_151_08_what_is_not_there_is_404(scim):
    for name in ("If-Match", "If-None-Match"):
        for value in ("*", 'W/"1"'):
            scim.get("/Users/none", headers={name: value}).error(404)
            scim.patch("/Users/none", TITLE, headers={name: value}).error(404)
            scim.delete("/Users/none", headers={name: value}).error(404)


@pytest.mark.parametrize("value", MALFORMED, ids=range(len(MALFORMED)))
def test_151_09_malformed_values_match_nothing(scim, user, path, value):
    scim.get(path, headers={"If-Match": value}).error(412)
    for write in writes(scim, user, If_Match=value):
        write().error(412)
    assert scim.get(path, headers={"If-None-Match": value}).status == 200


def test_151_10_bytes_that_no_library_sends(tenant, user, path):
    for value in ("\xff\xfe\"1\"", "\"\x80\"", "\t\t", "W/\"1\"\t\xe4"):
        with RawConnection(tenant.base, tenant.token) as raw:
            raw.head("GET", path, "If-Match: " + value)
            assert raw.answer().status == 412
        with RawConnection(tenant.base, tenant.token) as raw:
            raw.head("GET", path, "If-Match: W/\"7\"", "If-Match: " + user["meta"]["version"])
            assert raw.answer().status == 200  # two lines are one list


def test_151_11_groups_and_their_members(take):
    """A membership PATCH with a precondition is held to it, also beyond the size that answers."""
    scim = take("small_groups").scim()
    ids = [scim.add_user("u%d" % i)["id"] for i in range(6)]
    path = "/Groups/" + scim.add_group("G", ids[:5])["id"]
    add = {"op": "add", "path": "members", "value": [{"value": ids[5]}]}
    etag = scim.get(path).headers["ETag"]
    for headers in ({"If-Match": 'W/"9"'}, {"If-None-Match": etag}, {"If-None-Match": "*"}):
        scim.patch(path, add, headers=headers).error(412)
    assert scim.get(path).headers["ETag"] == etag
    answer = scim.patch(path, add, headers={"If-Match": etag})
    assert answer.status == 204
    assert answer.headers["ETag"] == scim.get(path).headers["ETag"] != etag


def test_151_12_compressed(take):
    """httpd's filter alters the tag; it comes back altered and must do."""
    scim = take("deflate").scim()
    user = scim.add_user("zip")
    path = "/Users/" + user["id"]
    zipped = {"Accept-Encoding": "gzip"}
    etag = scim.get(path, headers=zipped).headers["ETag"]
    assert etag in (user["meta"]["version"], user["meta"]["version"][:-1] + '-gzip"')
    assert scim.get(path, headers=dict(zipped, **{"If-None-Match": etag})).status == 304
    assert scim.patch(path, TITLE, headers=dict(zipped, **{"If-Match": etag})).status == 200
    scim.patch(path, TITLE, headers=dict(zipped, **{"If-Match": etag})).error(412)
    assert scim.delete(path).status == 204


# ---- many at once ----

def test_151_20_no_increment_is_lost(tenant, scim, path):
    """Read, modify, write with If-Match, again after 412: every increment counts."""
    scim.patch(path, dict(TITLE, value="0"))
    rounds = 5

    def increment(n):
        client = Scim(tenant.base, tenant.token)
        refused = 0
        for _ in range(rounds):
            while True:
                got = client.get(path)
                value = str(int(got.json["title"]) + 1)
                headers = {"If-Match": got.headers["ETag"]}
                if n % 2:
                    answer = client.patch(path, dict(TITLE, value=value), headers=headers)
                else:
                    answer = client.put(path, dict(got.json, title=value), headers=headers)
                if answer.status == 200:
                    assert answer.json["title"] == value
                    break
                answer.error(412)
                refused += 1
        client.close()
        return refused
    together(8, increment)
    assert scim.get(path).json["title"] == str(8 * rounds)


def test_151_21_each_write_is_whole(tenant, scim, user, path):
    """Without If-Match the last one wins, but never a mixture of two."""
    def names(n):
        return {"familyName": "F%d" % n, "givenName": "G%d" % n}

    def check(got):
        n = got["title"][1:]
        assert (got["name"]["familyName"], got["name"]["givenName"], got["nickName"]) == (
            "F" + n, "G" + n, "N" + n)

    def write(n):
        client = Scim(tenant.base, tenant.token)
        whole = dict(user, name=names(n), title="T%d" % n, nickName="N%d" % n)
        for _ in range(4):
            if n % 2:
                answer = client.put(path, whole)
            else:
                answer = client.request("PATCH", path, patch({"op": "replace", "value": {
                    "name": names(n), "title": "T%d" % n, "nickName": "N%d" % n}}))
            assert answer.status == 200
            check(answer.json)
            check(client.get(path).json)
        client.close()
        return True
    together(8, write)
    check(scim.get(path).json)
    # each of the writes counted
    assert int(scim.get(path).headers["ETag"].strip('W/"')) >= 8 + 1
