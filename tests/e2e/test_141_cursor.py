# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Paging by cursor (RFC 9865), and walks by startIndex."""

import re
import threading

import pytest

from env import wait_until
from okta_wire import quote
from scim_http import Scim

UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")


def page(scim, query, endpoint="/Users"):
    """One page by cursor."""
    answer = scim.get("%s?%s" % (endpoint, query))
    answer.must_be(200)
    body = answer.json
    assert "startIndex" not in body
    assert body["itemsPerPage"] == len(body["Resources"])
    if "nextCursor" in body:
        assert UNRESERVED.fullmatch(body["nextCursor"])
    return body


def walk(scim, query, endpoint="/Users", between=None):
    """All resources, page by page."""
    rows, cursor = [], ""
    while cursor is not None:
        body = page(scim, "%s&cursor=%s" % (query, cursor), endpoint)
        rows += body["Resources"]
        cursor = body.get("nextCursor")
        if between:
            between(len(rows))
    return rows


def some_users(scim, n):
    return [scim.add_user("user%03d" % ((i * 7) % n), title="t%d" % (i % 3))["id"]
            for i in range(n)]


def ids(rows):
    return [r["id"] for r in rows]


def test_141_01_pages(scim):
    made = some_users(scim, 10)
    first = page(scim, "cursor&count=4")
    assert first["totalResults"] == 10 and first["itemsPerPage"] == 4
    second = page(scim, "count=4&cursor=" + first["nextCursor"])
    third = page(scim, "count=4&cursor=" + second["nextCursor"])
    assert third["itemsPerPage"] == 2 and "nextCursor" not in third
    assert third["totalResults"] == 10
    assert ids(first["Resources"] + second["Resources"] + third["Resources"]) == made


@pytest.mark.parametrize("n", [0, 3, 6])
def test_141_02_the_last_page_has_no_cursor(scim, n):
    made = some_users(scim, n)
    assert ids(walk(scim, "count=3")) == made
    assert "nextCursor" not in page(scim, "cursor=&count=100")


@pytest.mark.parametrize("query", [
    "sortBy=userName", "sortBy=userName&sortOrder=descending", "sortBy=title",
    "sortBy=emails&sortOrder=descending", "sortBy=meta.created", "sortBy=nickName",
    "filter=" + quote('userName co "user"'), "filter=" + quote('title eq "t1"'),
    "sortBy=displayName&filter=" + quote('title ne "t1"'),
    "sortBy=name.familyName&sortOrder=descending&filter=" + quote('emails pr')])
def test_141_03_same_as_by_index(scim, query):
    some_users(scim, 13)
    assert ids(walk(scim, query + "&count=3")) == ids(scim.all("Users", 200, query))


def test_141_04_count_is_bounded(take):
    scim = take("small_pages").scim()
    some_users(scim, 9)
    assert page(scim, "cursor=")["itemsPerPage"] == 3
    assert page(scim, "cursor=&count=100")["itemsPerPage"] == 7


@pytest.mark.parametrize("query", ["", "sortBy=userName&", "filter=id%20pr&"])
@pytest.mark.parametrize("count", ["0", "-1"])
def test_141_13_count_0_gives_the_total(scim, query, count):
    """RFC 9865 section 2: a negative count is 0, and 0 asks for totalResults alone."""
    some_users(scim, 3)
    body = page(scim, "%scursor=&count=%s" % (query, count))
    assert body["Resources"] == [] and body["totalResults"] == 3


@pytest.mark.parametrize("count", ["x", "1.5", ""])
def test_141_05_count_must_be_a_number(scim, count):
    scim.get("/Users?cursor=&count=" + count).error(400, "invalidCount")


def test_141_06_start_index_contradicts(scim):
    scim.get("/Users?cursor=&startIndex=2").error(400, "invalidValue")
    page(scim, "cursor=&startIndex=1")


def test_141_07_altered_and_foreign_cursors(take):
    one, two = take().scim(), take().scim()
    for scim in (one, two):
        some_users(scim, 4)
        for i in range(4):
            scim.add_group("g%d" % i)
    cursor = page(one, "count=2&cursor=")["nextCursor"]
    page(one, "count=3&cursor=" + cursor)  # another count does no harm
    for bad in ("x", cursor[:-1], cursor[1:], cursor + "A", cursor.swapcase(), cursor + "=", "%00",
                cursor[:20] + ("A" if cursor[20] != "A" else "B") + cursor[21:], "A" * 5000):
        if bad != cursor:
            answer = one.get("/Users?count=2&cursor=" + bad)
            answer.error(400, "invalidSyntax" if bad == "%00" else "invalidCursor")
    two.get("/Users?count=2&cursor=" + cursor).error(400, "invalidCursor")
    for other in ("/Groups?", "/?", "/Users?sortBy=userName&", "/Users?filter=id%20pr&"):
        one.get(other + "count=2&cursor=" + cursor).error(400, "invalidCursor")
    down = page(one, "sortBy=userName&count=2&cursor=")["nextCursor"]
    one.get("/Users?sortBy=userName&sortOrder=descending&count=2&cursor=" + down).error(
        400, "invalidCursor")


def test_141_08_expired_cursors(env, take):
    scim = take("short_cursors").scim()
    some_users(scim, 4)
    cursor = page(scim, "count=2&cursor=")["nextCursor"]
    page(scim, "count=2&cursor=" + cursor)

    def expired():
        return scim.get("/Users?count=2&cursor=" + cursor).status == 400
    wait_until("the cursor to expire", expired)
    scim.get("/Users?count=2&cursor=" + cursor).error(400, "expiredCursor")


def test_141_09_cursors_outlive_a_reload(env, tenant, scim):
    some_users(scim, 4)
    cursor = page(scim, "count=2&cursor=")["nextCursor"]
    env.graceful()
    fresh = Scim(tenant.base, tenant.token, fresh=True)
    assert page(fresh, "count=2&cursor=" + cursor)["itemsPerPage"] == 2


@pytest.mark.parametrize("query", ["", "sortBy=userName", "sortBy=title&sortOrder=descending",
                                   "filter=" + quote('userName co "user"')])
def test_141_10_while_others_write(tenant, scim, query):
    """Who is there from the beginning to the end is seen once."""
    made = some_users(scim, 40)
    gone = [scim.add_user("user9%02d" % i, title="t1")["id"] for i in range(20)]
    stop = threading.Event()
    failed = []

    def write():
        other = Scim(tenant.base, tenant.token)
        n = 0
        try:
            while not stop.is_set():
                other.add_user("user-new%d" % n, title="t%d" % (n % 3))
                if gone:
                    other.delete("/Users/" + gone.pop()).must_be(204)
                n += 1
        except Exception as err:  # handed to the test's own thread
            failed.append(err)
        finally:
            other.close()
    thread = threading.Thread(target=write)
    thread.start()
    try:
        seen = ids(walk(scim, query + "&count=3"))
    finally:
        stop.set()
        thread.join()
    assert not failed
    assert len(seen) == len(set(seen))
    assert set(made) <= set(seen)


def test_141_11_walks_by_index_and_deletions(scim):
    """Pages are right after a deletion, wherever it was."""
    made = some_users(scim, 30)

    def at(start):
        got = scim.list("Users", "startIndex=%d&count=5" % start)
        assert got["totalResults"] == len(made)
        return ids(got["Resources"])
    for victim in (2, 14, 20, 26):
        for start in range(1, len(made), 5):
            assert at(start) == made[start - 1:start + 4]
        scim.delete("/Users/" + made.pop(victim)).must_be(204)
        for start in (16, 11, 21):
            assert at(start) == made[start - 1:start + 4]
    made.append(scim.add_user("last")["id"])
    assert ids(scim.all("Users", 5)) == made


def test_141_12_is_announced(scim, take):
    got = scim.get("/ServiceProviderConfig").json["pagination"]
    assert got == {"cursor": True, "index": True, "defaultPaginationMethod": "index",
                   "defaultPageSize": 100, "maxPageSize": 500, "cursorTimeout": 3600}
    short = take("short_cursors").scim().get("/ServiceProviderConfig").json["pagination"]
    assert short["cursorTimeout"] == 3
    # By default pages are by index.
    assert scim.list("Users")["startIndex"] == 1
