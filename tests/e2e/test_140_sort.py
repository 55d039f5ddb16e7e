# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""sortBy and sortOrder (RFC 7644 section 3.4.2.3)."""

import pytest

from okta_wire import URN_ENTERPRISE, URN_GROUP, quote


def names(page):
    return [r.get("userName", r.get("displayName")).split("@")[0] for r in page["Resources"]]


def ordered(scim, by, order=None, more="", endpoint="Users"):
    query = "sortBy=" + quote(by) + ("&sortOrder=" + order if order else "") + more
    return names(scim.list(endpoint, query))


@pytest.fixture
def people(scim):
    """Five users, made in this order: d, B, a, C, e."""
    scim.add_user("d", displayName="bob", title="x", emails=[
        {"value": "z@example.com"}, {"value": "A@example.com", "primary": True}])
    scim.add_user("B", displayName="Bob", title="X", emails=[
        {"value": "C@example.com"}, {"value": "0@example.com"}],
        **{URN_ENTERPRISE: {"department": "Sales"}})
    scim.add_user("a", displayName="ärger", emails=[{"value": "b@example.com"}], active=False)
    scim.add_user("C", displayName=None, emails=[], **{URN_ENTERPRISE: {"department": "R&D"}})
    scim.add_user("e", displayName="Ängstlich", title="w", emails=[{"value": "d@example.com"}])
    return scim


def test_140_01_by_user_name_without_case(people):
    assert ordered(people, "userName") == ["a", "B", "C", "d", "e"]
    assert ordered(people, "USERNAME", "Ascending") == ["a", "B", "C", "d", "e"]
    assert ordered(people, "userName", "descending") == ["e", "d", "C", "B", "a"]


def test_140_02_equals_by_age_and_those_without_last(people):
    assert ordered(people, "displayName") == ["d", "B", "e", "a", "C"]
    assert ordered(people, "displayName", "descending") == ["C", "a", "e", "B", "d"]


def test_140_03_the_primary_value_else_the_first(people):
    for by in ("emails", "emails.value"):
        assert ordered(people, by) == ["d", "a", "B", "e", "C"]
        assert ordered(people, by, "descending") == ["C", "e", "B", "a", "d"]


def test_140_04_extension_attributes(people):
    by = URN_ENTERPRISE + ":department"
    assert ordered(people, by) == ["C", "B", "d", "a", "e"]
    assert ordered(people, by, "descending") == ["e", "a", "d", "B", "C"]


def test_140_05_what_no_index_has(people):
    assert ordered(people, "title") == ["e", "d", "B", "a", "C"]
    assert ordered(people, "active") == ["a", "d", "B", "C", "e"]
    assert ordered(people, "name.givenName") == ["a", "B", "C", "d", "e"]


def test_140_06_times_and_ids(people):
    by_age = ["d", "B", "a", "C", "e"]
    assert ordered(people, "meta.created") == by_age
    assert ordered(people, "meta.created", "descending") == by_age[::-1]
    first = people.find("Users", 'userName eq "d@example.com"')[0]
    people.patch("/Users/" + first["id"], {"op": "replace", "path": "title", "value": "y"})
    assert ordered(people, "meta.lastModified")[-1] == "d"
    ids = [r["id"] for r in people.list("Users", "sortBy=id")["Resources"]]
    assert ids == sorted(ids)


def test_140_07_with_filter_and_paging(people):
    more = "&filter=" + quote('emails pr and not (userName sw "e")')
    assert ordered(people, "userName", "descending", more) == ["d", "B", "a"]
    page = people.list("Users", "sortBy=userName&startIndex=2&count=2")
    assert names(page) == ["B", "C"]
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 2, 2)
    page = people.list("Users", "sortBy=emails&startIndex=4&count=3")
    assert names(page) == ["e", "C"]
    assert people.list("Users", "sortBy=userName&count=0")["totalResults"] == 5
    assert people.list("Users", "sortBy=userName&startIndex=9")["Resources"] == []


def test_140_08_groups(scim):
    for name in ("b", "A", "c"):
        scim.add_group(name)
    assert ordered(scim, "displayName", endpoint="Groups") == ["A", "b", "c"]
    assert ordered(scim, "members", endpoint="Groups") == ["b", "A", "c"]


@pytest.mark.parametrize("by", [
    "nosuch", "password", "name", "addresses", "name.nosuch", "urn:x:y:z",
    'emails[type eq "work"].value', "members", URN_GROUP, URN_GROUP + ":displayName"])
def test_140_09_what_cannot_be_sorted_by(scim, by):
    scim.get("/Users?sortBy=" + quote(by)).error(400, "invalidPath")


def test_140_10_order_words(scim):
    scim.get("/Users?sortBy=userName&sortOrder=up").error(400, "invalidValue")
    scim.get("/Users?sortOrder=up").list()


def test_140_11_too_many_to_sort(take):
    scim = take("short_scan").scim()
    for i in range(6):
        scim.add_user("u%d" % i, title="t")
    assert ordered(scim, "userName", "descending")[0] == "u5"
    detail = scim.get("/Users?sortBy=title").error(400, "tooMany")["detail"]
    assert "5" in detail
    assert scim.list("Users", "sortBy=title&count=0")["totalResults"] == 6
    assert ordered(scim, "title", more="&filter=" + quote('userName sw "u1"')) == ["u1"]
