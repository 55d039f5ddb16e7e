# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""RFC 9865: paging by cursor. test_9865_<section>__<number>_<words>, see docs/conformance.md."""

import re

import pytest

from env import wait_until
from okta_wire import quote
from validator_rfc import URN_SEARCH

UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]+")


@pytest.fixture
def five(scim):
    return [scim.user("u%d" % i, title="T%d" % (i % 2))["id"] for i in range(5)]


def page(scim, query="", cursor="", count=2, endpoint="/Users"):
    return scim.get("%s?%scount=%s&cursor=%s" % (endpoint, query, count, cursor)).must_be(200).json


def walk(scim, query=""):
    """The ids of each page, to the end."""
    pages, cursor = [], ""
    while cursor is not None:
        body = page(scim, query, cursor)
        pages.append([r["id"] for r in body["Resources"]])
        cursor = body.get("nextCursor")
    return pages


# ---- 2 Query Parameters and Response Attributes ----

def test_9865_2__1_cursors_need_no_escape(scim, five):
    """A cursor has only unreserved characters."""
    assert UNRESERVED.fullmatch(page(scim)["nextCursor"])


def test_9865_2__2_an_empty_cursor_is_the_first_page(scim, five):
    """The first page is asked for with an empty cursor, with or without the equals sign."""
    assert [r["id"] for r in page(scim)["Resources"]] == five[:2]
    body = scim.get("/Users?count=2&cursor").must_be(200).json
    assert [r["id"] for r in body["Resources"]] == five[:2] and body["nextCursor"]


def test_9865_2__3_a_negative_count_is_0(scim, five):
    """A negative count is taken as 0."""
    body = page(scim, count=-1)
    assert body["Resources"] == [] and body["totalResults"] == 5


def test_9865_2__4_count_0_gives_only_the_total(scim, five):
    """count 0 gives no resources, but totalResults."""
    body = page(scim, count=0)
    assert body["Resources"] == [] and body["totalResults"] == 5


@pytest.mark.parametrize("count", [1, 2, 5, 100000])
def test_9865_2__5_never_more_than_count(scim, five, count):
    """No more resources than count are returned."""
    assert [r["id"] for r in page(scim, count=count)["Resources"]] == five[:count]


def test_9865_2__6_nextcursor_leads_on(scim, five):
    """Each page but the last has a nextCursor, which gives the next one."""
    assert walk(scim) == [five[:2], five[2:4], five[4:]]
    assert walk(scim, "filter=%s&" % quote('title eq "t0"')) == [[five[0], five[2]], [five[4]]]


def test_9865_2__7_the_last_page_has_none(scim, five):
    """nextCursor is missing only where no page follows, also where the last one is full."""
    assert "nextCursor" not in page(scim, count=5)
    body = page(scim, count=4)
    body = page(scim, cursor=body["nextCursor"], count=4)
    assert len(body["Resources"]) == 1 and "nextCursor" not in body
    assert "nextCursor" not in page(scim, "filter=%s&" % quote('title eq "none"'))


def test_9865_2__8_the_first_page_has_no_previous(scim, five):
    """previousCursor is not returned with the first page."""
    assert "previousCursor" not in page(scim)


def test_9865_2__9_totalresults_counts_all(scim, five):
    """totalResults, where it is given, counts all pages."""
    body = page(scim)
    assert body["totalResults"] == 5
    assert page(scim, cursor=body["nextCursor"])["totalResults"] == 5


# ---- 2.1 Pagination Errors ----

@pytest.mark.parametrize("change", [
    lambda c: "x", lambda c: c[:-1], lambda c: c + "A", lambda c: c[::-1], lambda c: c.swapcase(),
    lambda c: "A" * len(c), lambda c: "-", lambda c: c + "%2B"])
def test_9865_2_1__1_invalidcursor(scim, five, change):
    """A cursor that is none is 400 invalidCursor."""
    cursor = page(scim)["nextCursor"]
    scim.get("/Users?count=2&cursor=" + change(cursor)).error(400, "invalidCursor")


@pytest.mark.parametrize("other", ["/Users?filter=id%20pr&", "/Groups?", "/Users?sortBy=userName&"])
def test_9865_2_1__2_a_cursor_of_another_query(scim, five, other):
    """A cursor with another query than the one that gave it is 400 invalidCursor."""
    cursor = page(scim)["nextCursor"]
    scim.get(other + "count=2&cursor=" + cursor).error(400, "invalidCursor")


def test_9865_2_1__3_expiredcursor(flavour):
    """A cursor older than cursorTimeout is 400 expiredCursor."""
    scim = flavour("short_cursors")
    for i in range(3):
        scim.user("u%d" % i)
    cursor = page(scim)["nextCursor"]
    wait_until("the cursor to expire",
               lambda: scim.get("/Users?count=2&cursor=" + cursor).status == 400)
    scim.get("/Users?count=2&cursor=" + cursor).error(400, "expiredCursor")


@pytest.mark.parametrize("count", ["x", "1.5", "", "1e3", "0x2"])
def test_9865_2_1__4_invalidcount(scim, five, count):
    """A count that is no number is 400 invalidCount."""
    scim.get("/Users?cursor=&count=" + count).error(400, "invalidCount")


# ---- 2.2 Sorting ----

def test_9865_2_2__1_pages_are_sorted(scim, five):
    """Where sorting is offered, pages by cursor are sorted as well."""
    assert sum(walk(scim, "sortBy=userName&sortOrder=descending&"), []) == five[::-1]


# ---- 2.4 Both Methods ----

def test_9865_2_4__1_the_client_chooses_the_method(scim, five):
    """startIndex asks for paging by index, cursor for paging by cursor."""
    body = scim.get("/Users?startIndex=2&count=2").must_be(200).json
    assert body["startIndex"] == 2 and "nextCursor" not in body
    assert "nextCursor" in page(scim)


def test_9865_2_4__2_index_is_the_default(scim, five):
    """A request that names no method is answered by the default one: index, as before."""
    body = scim.get("/Users?count=2").must_be(200).json
    assert body["startIndex"] == 1 and "nextCursor" not in body
    config = scim.get("/ServiceProviderConfig").json["pagination"]
    assert config["defaultPaginationMethod"] == "index"


# ---- 3 POST ----

def test_9865_3__1_cursors_in_a_body(scim, five):
    """cursor and count in the body of .search work as in a URL."""
    seen, cursor = [], ""
    while cursor is not None:
        body = scim.post("/Users/.search", {"schemas": [URN_SEARCH], "attributes": ["userName"],
                                            "filter": "userName sw \"u\"", "cursor": cursor,
                                            "count": 2}).must_be(200).json
        seen += [r["id"] for r in body["Resources"]]
        cursor = body.get("nextCursor")
    assert seen == five


# ---- 4 Service Provider Configuration ----

def test_9865_4__1_paging_is_announced(scim):
    """ServiceProviderConfig.pagination says which methods there are and their limits."""
    got = scim.get("/ServiceProviderConfig").json["pagination"]
    assert got["cursor"] is True and got["index"] is True
    assert got["defaultPageSize"] > 0 and got["maxPageSize"] > 0 and got["cursorTimeout"] > 0


def test_9865_4__2_what_is_announced_is_so(flavour):
    """defaultPageSize and maxPageSize are what a page by cursor has."""
    scim = flavour("small_pages")
    for i in range(9):
        scim.user("u%d" % i)
    config = scim.get("/ServiceProviderConfig").json["pagination"]
    assert len(scim.get("/Users?cursor=").json["Resources"]) == config["defaultPageSize"] == 3
    assert len(page(scim, count=9)["Resources"]) == config["maxPageSize"] == 7


# ---- 5 Security Considerations ----

def test_9865_5__1_a_cursor_gives_no_access(flavour):
    """A cursor of another tenant shows nothing; the answer is that of any wrong cursor."""
    one, two = flavour(), flavour()
    for scim in (one, two):
        for i in range(3):
            scim.user("u%d" % i)
    cursor = page(one)["nextCursor"]
    got = two.get("/Users?count=2&cursor=" + cursor).error(400, "invalidCursor")
    assert got == two.get("/Users?count=2&cursor=forged").error(400, "invalidCursor")


def test_9865_5__2_every_page_is_authorised(tenant, scim, five):
    """Each request of a walk needs its own authorisation."""
    cursor = page(scim)["nextCursor"]
    tenant.scim(token="wrong").get("/Users?count=2&cursor=" + cursor).error(401)


def test_9865_5__3_cursors_are_opaque(scim, five):
    """A cursor tells nothing of what it is made of."""
    cursor = page(scim, "filter=%s&" % quote("title pr"))["nextCursor"]
    assert "title" not in cursor and not any(i in cursor for i in five)
