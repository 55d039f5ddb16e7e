# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""RFC 7644: queries of the root (3.4.2.1), sorting (3.4.2.3), /.search (3.4.3); with them what RFC
7643 2.4 says of `primary`. test_<rfc>_<section>__<number>_<words>, see docs/conformance.md.
"""

import pytest

from okta_wire import URN_ENTERPRISE, URN_USER, quote
from validator_rfc import URN_LIST, URN_SEARCH


def ids(answer):
    return [r["id"] for r in answer.must_be(200).json["Resources"]]


def by_query(scim, text, endpoint=""):
    return ids(scim.get(endpoint + "/?" + text if not endpoint else endpoint + "?" + text))


def search(scim, endpoint="/Users", **more):
    return scim.post(endpoint + "/.search", dict({"schemas": [URN_SEARCH]}, **more))


def test_7643_2_4__3_primary_not_given_is_false(scim):
    """An element that does not say primary is taken as not primary."""
    user = scim.user("u", emails=[{"value": "a@example.com"}])
    other = scim.user("v", emails=[{"value": "b@example.com", "primary": True}])
    assert scim.search("Users", "emails[primary eq false]") == [user["id"]]
    assert scim.search("Users", "emails.primary eq false") == [user["id"]]
    assert scim.search("Users", "emails[primary ne true]") == [user["id"]]
    assert scim.search("Users", "emails[primary eq true]") == [other["id"]]
    path = "emails[primary eq false].type"
    got = scim.patch(scim.path(user), {"op": "replace", "path": path, "value": "home"}).user()
    assert got["emails"] == [{"value": "a@example.com", "type": "home"}]


# ---- 3.4.2.1 Query Endpoints ----

def test_7644_3_4_2_1__2_the_root_has_all_resources(scim):
    """A query of the server root is about all resources."""
    made = {scim.user("u")["id"], scim.user("v")["id"], scim.add_group("G")["id"]}
    body = scim.get("/").must_be(200).json
    assert {r["id"] for r in body["Resources"]} == made and body["totalResults"] == 3
    assert set(by_query(scim, "filter=" + quote("id pr"))) == made
    assert set(ids(search(scim, "", filter="id pr"))) == made


def test_7644_3_4_2_1__3_types_can_be_chosen(scim):
    """meta.resourceType in a filter of the root chooses the types."""
    user, group = scim.user("u"), scim.add_group("G")
    one = 'meta.resourceType eq "User"'
    assert by_query(scim, "filter=" + quote(one)) == [user["id"]]
    both = '(meta.resourceType eq User) or (meta.resourceType eq "Group")'
    assert set(by_query(scim, "filter=" + quote(both))) == {user["id"], group["id"]}


def test_7644_3_4_2_1__4_attributes_of_another_type_have_no_value(scim):
    """In a query of several types, an attribute that a type does not have has no value there."""
    user = scim.user("u", displayName="Same", title="T")
    group = scim.post("/Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                                  "displayName": "Same"}).group(201)
    for text, want in (('displayName eq "same"', {user["id"], group["id"]}),
                       ("title pr", {user["id"]}), ('userName eq "u"', {user["id"]}),
                       ("members pr", set()), ('not (userName pr)', {group["id"]}),
                       (URN_USER + ':title eq "T"', {user["id"]})):
        assert set(by_query(scim, "filter=" + quote(text))) == want, text


@pytest.mark.parametrize("endpoint", ["/", "/Users"])
def test_7644_3_4_2_1__5_too_many_results(flavour, endpoint):
    """A query that would look at too many resources is 400 tooMany, at the root as well."""
    scim = flavour("short_scan")
    for i in range(8):
        scim.user("u%d" % i, nickName="N")
    scim.get(endpoint + "?filter=" + quote('nickName ew "n"')).error(400, "tooMany")


# ---- 3.4.2.3 Sorting ----

@pytest.fixture
def people(scim):
    made = [scim.user(name, **more) for name, more in (
        ("Bert", {"title": "b", "externalId": "b", "name": {"givenName": "Zoe"},
                  "emails": [{"value": "z@example.com"},
                             {"value": "a@example.com", "primary": True}]}),
        ("anna", {"title": "A", "externalId": "C", "name": {"givenName": "adam"},
                  "emails": [{"value": "m@example.com"}, {"value": "a@example.com"}]}),
        ("Émile", {"title": "c", "externalId": "a"}),
        ("carl", {}))]
    numbers = {u["id"]: str(i) for i, u in enumerate(made)}

    def order(query):
        return "".join(numbers[i] for i in by_query(scim, query, "/Users"))
    return order


def test_7644_3_4_2_3__1_sorting_is_announced(scim):
    """Sorting is announced in ServiceProviderConfig."""
    assert scim.get("/ServiceProviderConfig").json["sort"] == {"supported": True}


def test_7644_3_4_2_3__2_by_a_single_value(people):
    """sortBy orders by the value of a singular attribute, sub-attributes by their path."""
    assert people("sortBy=userName") == "1032"
    assert people("sortBy=name.givenName")[:2] == "10"
    assert people("sortBy=meta.created") == "0123"
    assert people("sortBy=" + URN_USER + ":userName") == "1032"


def test_7644_3_4_2_3__3_by_the_primary_or_first_value(people):
    """Of a multi-valued attribute the primary value counts, else the first."""
    assert people("sortBy=emails.value")[:2] == "01"
    assert people("sortBy=emails")[:2] == "01"


def test_7644_3_4_2_3__4_without_a_value_last_or_first(people):
    """Resources without a value are last if ascending and first if descending."""
    assert people("sortBy=title") == "1023"
    assert people("sortBy=title&sortOrder=descending") == "3201"


def test_7644_3_4_2_3__5_ascending_is_the_default(people):
    """sortOrder is ascending unless it says descending."""
    assert people("sortBy=userName") == people("sortBy=userName&sortOrder=ascending") == "1032"
    assert people("sortBy=userName&sortOrder=descending") == "2301"


def test_7644_3_4_2_3__6_by_the_attributes_type(people):
    """Case counts in the order only of attributes that are case exact."""
    assert people("sortBy=title")[:3] == "102"  # A, b, c
    assert people("sortBy=externalId")[:3] == "120"  # C, a, b


def test_7644_3_4_2_3__7_wrong_orders_are_refused(scim):
    """sortOrder has two values."""
    scim.get("/Users?sortBy=userName&sortOrder=upwards").error(400, "invalidValue")


# ---- 3.4.3 Querying Using POST ----

@pytest.mark.parametrize("endpoint", ["", "/Users", "/Groups"])
def test_7644_3_4_3__1_search_is_a_query(scim, endpoint):
    """POST to .search below the root or an endpoint is a query and creates nothing."""
    user, group = scim.user("u"), scim.add_group("G")
    want = {"": {user["id"], group["id"]}, "/Users": {user["id"]}, "/Groups": {group["id"]}}
    answer = search(scim, endpoint)
    assert set(ids(answer)) == want[endpoint] and answer.json["schemas"] == [URN_LIST]
    assert scim.list("Users")["totalResults"] == scim.list("Groups")["totalResults"] == 1


@pytest.mark.parametrize("schemas", [..., [], ["urn:x"], [URN_LIST], 5])
def test_7644_3_4_3__2_a_request_says_what_it_is(scim, schemas):
    """A query's body has the SearchRequest schema."""
    body = {"schemas": schemas, "count": 1}
    if schemas is ...:
        del body["schemas"]
    scim.post("/Users/.search", body).error(400, "invalidSyntax")


def test_7644_3_4_3__3_attributes(scim):
    """attributes and excludedAttributes choose what is shown, but for what is always returned."""
    scim.user("u", title="T")
    got = search(scim, attributes=["userName", "TITLE"]).json["Resources"][0]
    assert set(got) == {"schemas", "id", "userName", "title"}
    got = search(scim, excludedAttributes=["meta", "id", "active"]).json["Resources"][0]
    assert set(got) == {"schemas", "id", "userName", "title"}


def test_7644_3_4_3__4_filter(scim):
    """filter is a filter of section 3.4.2.2."""
    user = scim.user("u", title="T", **{URN_ENTERPRISE: {"department": "R&D"}})
    scim.user("v")
    for text in ('title eq "t"', 'not (userName eq "v")', URN_ENTERPRISE + ':department eq "R&D"'):
        assert ids(search(scim, filter=text)) == [user["id"]]


def test_7644_3_4_3__5_sorting(scim):
    """sortBy and sortOrder order the results."""
    made = [scim.user(name)["id"] for name in ("b", "a", "c")]
    assert ids(search(scim, sortBy="userName")) == [made[1], made[0], made[2]]
    assert ids(search(scim, sortBy="userName", sortOrder="descending")) == [
        made[2], made[0], made[1]]


def test_7644_3_4_3__6_paging(scim):
    """startIndex and count page, as in a URL."""
    made = [scim.user("u%d" % i)["id"] for i in range(5)]
    body = search(scim, startIndex=2, count=2).json
    assert [r["id"] for r in body["Resources"]] == made[1:3]
    assert body["totalResults"] == 5 and body["startIndex"] == 2 and body["itemsPerPage"] == 2
    assert search(scim, count=0).json["totalResults"] == 5
    assert ids(search(scim, startIndex=-1, count=-1)) == []


def test_7644_3_4_3__7_the_same_as_by_get(scim):
    """The answer is the one that GET would give."""
    for i in range(3):
        scim.user("u%d" % i)
    query = {"filter": "userName pr", "sortBy": "userName", "sortOrder": "descending", "count": 2}
    url = "&".join("%s=%s" % (k, quote(str(v))) for k, v in query.items())
    assert search(scim, **query).json == scim.get("/Users?" + url).json


# ---- 3.12 Errors ----

@pytest.mark.parametrize("endpoint", ["", "/Users", "/Groups"])
@pytest.mark.parametrize("text", ["userName eq", 'nosuch eq "x"', "active gt true", "", "("])
def test_7644_3_12__25_invalidfilter_search(scim, endpoint, text):
    """invalidFilter on .search."""
    if text == "active gt true" and endpoint == "/Groups":
        text = "displayName gt"
    search(scim, endpoint, filter=text).error(400, "invalidFilter")


def test_7644_3_12__26_toomany_search(flavour):
    """tooMany on .search."""
    scim = flavour("short_scan")
    for i in range(8):
        scim.user("u%d" % i, nickName="N")
    search(scim, filter='nickName ew "n"').error(400, "tooMany")


@pytest.mark.parametrize("raw", [b"{", b"", b"[]", b"{}", b"x"])
def test_7644_3_12__27_invalidsyntax_search(scim, raw):
    """invalidSyntax on .search: the body's structure is not the message's."""
    scim.post("/Users/.search", raw=raw).error(400, "invalidSyntax")


@pytest.mark.parametrize("name,value", [("count", "x"), ("count", 1.5), ("startIndex", []),
                                        ("filter", 5), ("sortBy", 5), ("attributes", 5)])
def test_7644_3_12__28_invalidvalue_search(scim, name, value):
    """invalidValue (or for a filter invalidFilter) on .search: a parameter of a wrong type."""
    error = search(scim, **{name: value}).error(400)
    assert error["scimType"] in ("invalidValue", "invalidFilter", "invalidSyntax")


def test_7644_3_12__29_a_password_in_a_body(scim):
    """In a body a filter on a password is not sensitive, but not offered either."""
    scim.user("u", password="x")
    search(scim, filter='password eq "x"').error(400, "invalidFilter")
