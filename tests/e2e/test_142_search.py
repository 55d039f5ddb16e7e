# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""POST to .search (RFC 7644 section 3.4.3), and lists over all resource types."""

import pytest

from okta_wire import URN_ENTERPRISE, URN_GROUP, URN_USER, quote

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


def search(scim, path, **members):
    return scim.post(path + "/.search", dict({"schemas": [SEARCH]}, **members))


@pytest.fixture
def things(scim):
    """Two users, two groups, one of them with a member; made in turn."""
    a = scim.add_user("ann", displayName="Zed", title="Boss",
                      **{URN_ENTERPRISE: {"department": "Sales"}})
    g = scim.add_group("Beta", [a["id"]])
    b = scim.add_user("bob", displayName="alpha")
    h = scim.add_group("gamma")
    scim.made = {"ann": a["id"], "Beta": g["id"], "bob": b["id"], "gamma": h["id"]}
    return scim


def found(scim, page):
    by_id = {v: k for k, v in scim.made.items()}
    return [by_id[r["id"]] for r in page["Resources"]]


# ---- .search ----

@pytest.mark.parametrize("query,members", [
    ("", {}),
    ("attributes=userName,emails.value", {"attributes": ["userName", "emails.value"]}),
    ("attributes=userName,title", {"attributes": "userName,title"}),
    ("excludedAttributes=emails,name", {"excludedAttributes": ["emails", "name"]}),
    ("filter=" + quote('userName sw "a"'), {"filter": 'userName sw "a"'}),
    ("sortBy=userName&sortOrder=descending", {"sortBy": "userName", "sortOrder": "descending"}),
    ("startIndex=2&count=1", {"startIndex": 2, "count": 1}),
    ("count=0", {"count": 0}),
])
@pytest.mark.parametrize("path", ["/Users", ""])
def test_142_01_answers_as_get_does(things, path, query, members):
    got = things.get((path or "/") + ("?" + query if query else ""))
    assert search(things, path, **members).list() == got.list()


def test_142_02_by_cursor(things):
    first = search(things, "/Users", cursor="", count=1).json
    second = search(things, "/Users", cursor=first["nextCursor"], count=1).json
    assert found(things, first) + found(things, second) == ["ann", "bob"]
    assert "nextCursor" not in second
    # A cursor of a GET is one of the same query by POST.
    cursor = things.get("/Users?cursor=&count=1").json["nextCursor"]
    assert search(things, "/Users", cursor=cursor).json["Resources"] == second["Resources"]


@pytest.mark.parametrize("members,kind", [
    ({"attributes": 1}, "invalidValue"), ({"count": "1"}, "invalidValue"),
    ({"startIndex": 1.5}, "invalidValue"), ({"filter": ["x"]}, "invalidValue"),
    ({"sortBy": 1}, "invalidValue"), ({"cursor": 1}, "invalidValue"),
    ({"filter": "nosuch eq 1"}, "invalidFilter"), ({"sortBy": "nosuch"}, "invalidPath"),
    ({"schemas": []}, "invalidSyntax"), ({"schemas": [URN_USER]}, "invalidSyntax"),
    ({"cursor": "x"}, "invalidCursor")])
def test_142_03_what_is_refused(scim, members, kind):
    search(scim, "/Users", **members).error(400, kind)
    search(scim, "", **members).error(400, kind)


def test_142_04_bodies_and_methods(scim):
    scim.post("/.search", raw=b"").error(400)
    scim.post("/.search", raw=b"[]").error(400, "invalidSyntax")
    scim.post("/Users/.search", raw=b"{").error(400, "invalidSyntax")
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        for path in ("/.search", "/Users/.search", "/Groups/.search"):
            answer = scim.request(method, path, raw=b"{}" if method in ("PUT", "PATCH") else None)
            answer.error(405)
            assert answer.headers["Allow"] == "POST"
    scim.request("POST", "/").error(405)
    scim.request("DELETE", "").error(405)


def test_142_05_a_search_is_no_change(log, scim):
    scim.add_user("one")
    search(scim, "/Users").list()
    search(scim, "").list()
    said = [line for line in log.lines() if "SCIM3030" in line]
    assert len(said) == 1 and "create" in said[0]


# ---- all types ----

def test_142_06_everything(things):
    for path in ("", "/", "?count=100", "/?startIndex=1"):
        page = things.get(path).list()
        assert page["totalResults"] == 4
        assert sorted(found(things, page)) == sorted(things.made)
        for resource in page["Resources"]:
            kind = resource["meta"]["resourceType"]
            assert resource == things.get("/%ss/%s" % (kind, resource["id"])).json


@pytest.mark.parametrize("text,names", [
    ('meta.resourceType eq "User"', "ann bob"),
    ('meta.resourceType eq "Group"', "Beta gamma"),
    ('meta.resourceType ne "User"', "Beta gamma"),
    ('meta.resourceType eq "user"', ""),
    ('meta.resourceType eq "User" and displayName eq "zed"', "ann"),
    ('displayName sw "a" or displayName sw "b"', "Beta bob"),
    ('displayName co "m"', "gamma"),
    ('userName pr', "ann bob"),
    ('userName eq "ann@example.com" or members pr', "ann Beta"),
    ('title eq "boss"', "ann"),
    ('not (title pr)', "Beta bob gamma"),
    ('title ne "boss"', "Beta bob gamma"),
    ('members eq null', "ann bob gamma"),
    ('emails[value co "ann"]', "ann"),
    ('not (emails[value co "ann"])', "Beta bob gamma"),
    (URN_ENTERPRISE + ':department eq "sales"', "ann"),
    ('externalId sw "ext-"', "ann bob"),
    ('id pr', "ann Beta bob gamma"),
])
def test_142_07_filters(things, text, names):
    page = things.get("/?filter=" + quote(text)).list()
    assert sorted(found(things, page)) == sorted(names.split())
    assert page["totalResults"] == len(names.split())


@pytest.mark.parametrize("text,kind", [
    ("nosuch pr", "invalidFilter"), ("password pr", "sensitive"),
    ("userName eq", "invalidFilter"), ('active co "x"', "invalidFilter"),
    ("urn:x:y:title pr", "invalidFilter")])
def test_142_08_filters_of_no_type(scim, text, kind):
    scim.get("/?filter=" + quote(text)).error(403 if kind == "sensitive" else 400, kind)


def test_142_09_orders(things):
    def order(query):
        return found(things, things.get("/?" + query).list())
    assert order("sortBy=displayName") == ["bob", "Beta", "gamma", "ann"]
    assert order("sortBy=displayName&sortOrder=descending") == ["ann", "gamma", "Beta", "bob"]
    assert order("sortBy=meta.created") == ["ann", "Beta", "bob", "gamma"]
    assert order("sortBy=meta.created&startIndex=2&count=2") == ["Beta", "bob"]
    assert order("sortBy=userName") == ["ann", "bob", "Beta", "gamma"]
    assert order("sortBy=meta.resourceType") == ["Beta", "gamma", "ann", "bob"]
    things.get("/?sortBy=nosuch").error(400, "invalidPath")


@pytest.mark.parametrize("query", ["", "sortBy=displayName", "sortBy=id&sortOrder=descending",
                                   "sortBy=title", "filter=" + quote("displayName pr")])
def test_142_10_pages(things, query):
    whole = found(things, things.get("/?" + query).list())
    by_index = []
    for start in range(1, 5):
        by_index += found(things, things.get("/?%s&startIndex=%d&count=1" % (query, start)).list())
    assert by_index == whole and len(whole) == 4
    by_cursor, cursor = [], ""
    while cursor is not None:
        page = things.get("/?%s&count=1&cursor=%s" % (query, cursor)).json
        by_cursor += found(things, page)
        cursor = page.get("nextCursor")
    assert by_cursor == whole


def test_142_11_attributes_by_type(things):
    page = things.get("/?attributes=userName,members.value," + quote(URN_GROUP) +
                      ":displayName").list()
    by_id = {r["id"]: r for r in page["Resources"]}
    assert by_id[things.made["ann"]] == {
        "schemas": [URN_USER, URN_ENTERPRISE], "id": things.made["ann"],
        "userName": "ann@example.com"}
    assert by_id[things.made["Beta"]] == {
        "schemas": [URN_GROUP], "id": things.made["Beta"], "displayName": "Beta",
        "members": [{"value": things.made["ann"]}]}


def test_142_12_discovery_ignores_what_it_does_not_take(scim):
    for path in ("/Schemas", "/ResourceTypes", "/Schemas/" + URN_USER, "/ResourceTypes/User"):
        plain = scim.get(path).json
        assert scim.get(path + "?sortBy=x&sortOrder=y&count=abc&cursor=z&attributes=id").json == plain
        scim.get(path + "?filter=id%20pr").error(403)


@pytest.mark.parametrize("text", [
    " or ".join(['userName eq "a"'] * 10000),
    "(" * 10000 + 'userName eq "a"' + ")" * 10000,
    "not (" * 10000 + 'userName eq "a"' + ")" * 10000,
    "emails[" * 10000 + 'value eq "a"' + "]" * 10000,
    " or ".join(['id pr'] * 700),  # as many bytes as are read, but too many terms
], ids=["terms", "depth", "not", "brackets", "short terms"])
@pytest.mark.parametrize("path", ["", "/Users"])
def test_142_30_filters_without_end(things, path, text):
    """Refused at once, whatever a URL's length would have kept away."""
    search(things, path, filter=text).error(400, "invalidFilter")
    assert search(things, path, filter='id eq "x"').list()["totalResults"] == 0
