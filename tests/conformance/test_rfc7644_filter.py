# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""RFC 7644 section 3.4.2: lists, filters, index paging and attributes."""

import datetime

import pytest

from okta_wire import URN_ENTERPRISE, URN_USER, quote
from validator_rfc import URN_LIST


@pytest.fixture
def people(scim):
    """Four users that filters tell apart; a function from a filter to their numbers."""
    made = [
        scim.user("anna", title="Boss", active=True, externalId="E1",
                  emails=[{"value": "anna@example.com", "type": "work", "primary": True},
                          {"value": "anna@home.example", "type": "home"}],
                  name={"familyName": "O'Malley", "givenName": "Anna"}, userType="Employee"),
        scim.user("bert", title="boss's \"aide\" \\ 1", active=False, externalId="e1",
                  emails=[{"value": "bert@home.example", "type": "work"}], userType="Intern"),
        scim.user("Carl", nickName="C", userType="Employee",
                  x509Certificates=[{"value": "QQ=="}],
                  ims=[{"type": "xmpp", "value": "c@foo.com"}],
                  **{URN_ENTERPRISE: {"department": "R&D", "employeeNumber": "10"}}),
        scim.user("dora", profileUrl="https://example.com/Dora", nickName="")]
    ids = [u["id"] for u in made]

    def found(text):
        return "".join(str(ids.index(i)) for i in scim.search("Users", text))
    found.users = made
    return found


def created(people, condition):
    """The numbers of the users whose meta.created fulfils a condition."""
    return "".join(str(i) for i, u in enumerate(people.users) if condition(u["meta"]["created"]))


def all_of(people, *cases):
    wrong = ["%s: %s instead of %s" % (text, people(text), want) for text, want in cases
             if people(text) != want]
    assert not wrong, "\n".join(wrong)


# ---- 3.4.2 Query Resources ----

@pytest.mark.parametrize("query", ["nosuch=1", "x", "%20=%20", "filterx=zzz", "_=1&_=2"])
def test_7644_3_4_2__1_unknown_parameters_are_ignored(scim, query):
    """Query parameters that are not known are ignored."""
    user = scim.user("u")
    assert [u["id"] for u in scim.list("Users", query)["Resources"]] == [user["id"]]


def test_7644_3_4_2__2_lists_say_what_they_are(scim):
    """A query's answer has the ListResponse schema and no other."""
    for path in ("/Users", "/Groups", "/Schemas", "/ResourceTypes"):
        assert scim.get(path).json["schemas"] == [URN_LIST]


def test_7644_3_4_2__3_totalresults_counts_all(scim):
    """totalResults counts all matches, on every page."""
    for i in range(5):
        scim.user("u%d" % i, title="T" if i else "S")
    for start in (1, 3, 5, 9):
        assert scim.list("Users", "startIndex=%d&count=2" % start)["totalResults"] == 5
        assert scim.list("Users", "startIndex=%d&count=2&filter=%s" % (
            start, quote('title eq "t"')))["totalResults"] == 4


def test_7644_3_4_2__4_resources_hold_the_matches(scim):
    """Resources holds the resources that were asked for."""
    ids = [scim.user("u%d" % i)["id"] for i in range(3)]
    body = scim.get("/Users").json
    assert [u["id"] for u in body["Resources"]] == ids


def test_7644_3_4_2__5_a_part_says_where_it_begins(scim):
    """startIndex is in every answer that is a part of the results."""
    for i in range(3):
        scim.user("u%d" % i)
    body = scim.get("/Users?startIndex=2&count=1").json
    assert body["startIndex"] == 2 and body["totalResults"] == 3


def test_7644_3_4_2__6_a_part_says_how_long_it_is(scim):
    """itemsPerPage is the number of resources in this answer."""
    for i in range(3):
        scim.user("u%d" % i)
    for query, n in (("count=2", 2), ("startIndex=3&count=2", 1), ("startIndex=7", 0)):
        assert scim.get("/Users?" + query).json["itemsPerPage"] == n


def test_7644_3_4_2__7_no_match_is_success(scim):
    """A query without a match is 200 with totalResults 0."""
    body = scim.get("/Users?filter=" + quote('userName eq "none"')).must_be(200).json
    assert body["totalResults"] == 0 and not body.get("Resources")


def test_7644_3_4_2_1__1_too_many_results(flavour):
    """A query that would look at too many resources is 400 tooMany."""
    scim = flavour("short_scan")
    for i in range(8):
        scim.user("u%d" % i, nickName="N")
    scim.get("/Users?filter=" + quote('nickName ew "n"')).error(400, "tooMany")
    assert len(scim.search("Users", 'userName eq "u1"')) == 1


# ---- 3.4.2.2 Filtering ----

def test_7644_3_4_2_2__1_only_matches_are_returned(people):
    """Only resources that match the filter are returned."""
    all_of(people, ('title pr', "01"), ('userName eq "dora"', "3"), ('userName eq "x"', ""))


def test_7644_3_4_2_2__2_names_and_operators_have_no_case(people):
    """Attribute names and operators are case insensitive."""
    all_of(people, ('userName Eq "anna"', "0"), ('USERNAME EQ "anna"', "0"),
           ('Username eq "anna" AND title PR', "0"), ('NOT (title pr) Or userName SW "a"', "023"),
           ('EMAILS[TYPE eq "home"]', "0"))


@pytest.mark.parametrize("text", ["", " ", "()", "and", "not"])
def test_7644_3_4_2_2__3_a_filter_has_an_expression(scim, text):
    """A filter contains at least one expression."""
    scim.get("/Users?filter=" + quote(text)).error(400, "invalidFilter")


@pytest.mark.parametrize("text", ["userName", '"anna"', 'eq "anna"', "userName eq", "pr",
                                  'userName "anna"', "userName pr pr"])
def test_7644_3_4_2_2__4_an_expression_is_name_operator_value(scim, text):
    """An expression is an attribute name, an operator, and a value where the operator takes one."""
    scim.get("/Users?filter=" + quote(text)).error(400, "invalidFilter")


def test_7644_3_4_2_2__5_eq(people):
    """eq: the values are identical."""
    all_of(people, ('userName eq "anna"', "0"), ('userName eq "ann"', ""),
           ('active eq false', "1"), ('title eq "boss\'s \\"aide\\" \\\\ 1"', "1"),
           (URN_ENTERPRISE + ':employeeNumber eq "10"', "2"), ('emails.primary eq true', "0"))


def test_7644_3_4_2_2__6_ne(people):
    """ne: the values are not identical."""
    all_of(people, ('userName ne "anna"', "123"), ('userType ne "Employee" and userType pr', "1"),
           ('active ne false', "023"))


def test_7644_3_4_2_2__7_co(people):
    """co: the operator's value is a part of the attribute's."""
    all_of(people, ('userName co "nn"', "0"), ('name.familyName co "O\'Malley"', "0"),
           ('emails.value co "@home"', "01"), ('userName co "anna2"', ""))


def test_7644_3_4_2_2__8_sw(people):
    """sw: the attribute's value begins so, or is that."""
    all_of(people, ('userName sw "b"', "1"), ('userName sw "anna"', "0"), ('userName sw "nna"', ""))


def test_7644_3_4_2_2__9_ew(people):
    """ew: the attribute's value ends so, or is that."""
    all_of(people, ('userName ew "a"', "03"), ('userName ew "dora"', "3"),
           ('userName ew "dor"', ""))


def test_7644_3_4_2_2__10_pr(people):
    """pr: the attribute has a value that is not empty; a complex one has a non-empty part."""
    all_of(people, ('title pr', "01"), ('nickName pr', "2"), ('name pr', "0"), ('emails pr', "01"),
           ('name.middleName pr', ""), (URN_ENTERPRISE + ':department pr', "2"), ('id pr', "0123"),
           ('meta pr', "0123"))


def test_7644_3_4_2_2__11_gt(people):
    """gt: greater; strings compare lexicographically, dates in time."""
    all_of(people, ('userName gt "bert"', "23"), ('userName gt "BERT"', "23"),
           ('meta.created gt "2020-01-01T00:00:00Z"', "0123"),
           ('meta.created gt "2999-01-01T00:00:00Z"', ""))


def test_7644_3_4_2_2__12_ge(people):
    """ge: greater or equal."""
    all_of(people, ('userName ge "bert"', "123"), ('meta.created ge "2999-01-01T00:00:00Z"', ""),
           ('meta.created ge "%s"' % people.users[0]["meta"]["created"], "0123"))


def test_7644_3_4_2_2__13_lt(people):
    """lt: less."""
    all_of(people, ('userName lt "carl"', "01"), ('meta.created lt "2020-01-01T00:00:00Z"', ""),
           ('meta.lastModified lt "2999-01-01T00:00:00Z"', "0123"))


def test_7644_3_4_2_2__14_le(people):
    """le: less or equal."""
    first = people.users[0]["meta"]["created"]
    all_of(people, ('userName le "carl"', "012"), ('meta.created le "2020-01-01T00:00:00Z"', ""),
           ('meta.created le "%s"' % first, created(people, lambda other: other <= first)))


@pytest.mark.parametrize("op", ["gt", "ge", "lt", "le"])
def test_7644_3_4_2_2__15_no_order_of_booleans_and_binaries(scim, op):
    """gt, ge, lt and le on a boolean or a binary are 400 invalidFilter."""
    for text in ("active %s true", "emails.primary %s true", 'emails[primary %s false]',
                 'x509Certificates.value %s "QQ=="', 'x509Certificates[value %s "QQ=="]'):
        scim.get("/Users?filter=" + quote(text % op)).error(400, "invalidFilter")


@pytest.mark.parametrize("shift,hours", [("+02:00", 2), ("-05:00", -5), ("Z", 0)])
def test_7644_3_4_2_2__16_dates_compare_in_time(people, shift, hours):
    """Dates are compared as points in time, in whatever zone they are written."""
    utc = people.users[1]["meta"]["created"]
    when = datetime.datetime.fromisoformat(utc.replace("Z", "+00:00"))
    local = (when + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.")
    text = local + "%03d" % (when.microsecond // 1000) + shift
    all_of(people, ('meta.created eq "%s"' % text, created(people, lambda other: other == utc)),
           ('meta.created le "%s"' % text, created(people, lambda other: other <= utc)),
           ('meta.created gt "%s"' % text, created(people, lambda other: other > utc)))


def test_7644_3_4_2_2__17_logical_operators(people):
    """and: both; or: either; not: the expression is false."""
    all_of(people, ('title pr and active eq true', "0"), ('nickName pr or active eq false', "12"),
           ('not (userType eq "Employee")', "13"), ('not (not (title pr))', "01"))


def test_7644_3_4_2_2__18_round_brackets_group(people):
    """Round brackets change the order of operations."""
    all_of(people, ('(userName eq "anna" or userName eq "bert") and active eq false', "1"),
           ('userName eq "anna" or (userName eq "bert" and active eq true)', "0"),
           ('((((title pr))))', "01"))


def test_7644_3_4_2_2__19_square_brackets_are_about_one_value(people):
    """Expressions in square brackets apply to the same value of the attribute before them."""
    all_of(people, ('emails[type eq "work" and value co "home"]', "1"),
           ('emails.type eq "work" and emails.value co "home"', "01"),
           ('emails[type eq "home" or primary eq true]', "0"),
           ('emails[not (type eq "work")]', "0"),
           ('emails[type eq "work" and (value sw "b" or value sw "a")]', "01"))


@pytest.mark.parametrize("text", ["emails[]", 'emails[nosuch eq "x"]', 'emails[type eq]',
                                  'userName[value eq "x"]', 'emails[type eq "work"',
                                  'emails[emails.type eq "work"]', 'emails[type[x eq 1]]'])
def test_7644_3_4_2_2__20_square_brackets_hold_a_filter(scim, text):
    """What is in square brackets is a valid filter on sub-attributes of the attribute."""
    scim.get("/Users?filter=" + quote(text)).error(400, "invalidFilter")


@pytest.mark.parametrize("text", [
    'userName eq "anna', "userName eq 'anna'", 'userName eq "a" and', 'and userName eq "a"',
    'userName eq "a" userName eq "b"', '(userName pr', 'userName pr)', 'not userName pr extra',
    'userName == "a"', 'user Name pr', '1name eq "x"', 'userName eq "\\x"', 'userName.x.y eq "a"',
    'userName eq "a" && title pr', 'emails[type eq "a"] pr', 'userName eq ["a"]',
    'userName eq {"a":1}', 'name eq "x"', 'userName..x eq "a"', '.userName eq "a"'])
def test_7644_3_4_2_2__21_filters_follow_the_abnf(scim, text):
    """A filter that does not follow the ABNF is 400 invalidFilter."""
    scim.get("/Users?filter=" + quote(text)).error(400, "invalidFilter")


def test_7644_3_4_2_2__22_precedence(people):
    """not goes before and, and before or."""
    all_of(people, ('title pr or nickName pr and active eq false', "01"),
           ('not (title pr) and nickName pr or userName eq "dora"', "23"),
           ('userName eq "dora" or userName eq "anna" and title pr', "03"))


def test_7644_3_4_2_2__23_any_value_is_enough(people):
    """A multi-valued attribute matches if any of its values does."""
    all_of(people, ('emails.value eq "anna@home.example"', "0"),
           ('emails eq "anna@home.example"', "0"), ('emails.type eq "work"', "01"))


def test_7644_3_4_2_2__24_complex_attributes_need_their_sub_attribute(scim, people):
    """A comparison of a complex attribute names one of its sub-attributes."""
    all_of(people, ('name.givenName eq "anna"', "0"))
    scim.get("/Users?filter=" + quote('name eq "Anna"')).error(400, "invalidFilter")


def test_7644_3_4_2_2__25_defaults_count_as_returned(scim):
    """A defaulted attribute matches by the value that was returned."""
    user = scim.user("u")
    assert user["active"] is True
    assert scim.search("Users", "active eq true") == [user["id"]]
    assert scim.search("Users", "active pr") == [user["id"]]
    assert scim.search("Users", "active eq false") == []


@pytest.mark.parametrize("op", ["regex", "like", "in", "~", "=", "has", "eqq", "e"])
def test_7644_3_4_2_2__26_unknown_operators(scim, op):
    """An operator that is not known is 400 invalidFilter, with a text that says where."""
    answer = scim.get("/Users?filter=" + quote('userName %s "a"' % op))
    assert "wrong at character 10" in answer.error(400, "invalidFilter")["detail"]


def test_7644_3_4_2_2__27_caseexact_decides(people):
    """Strings compare by the attribute's caseExact."""
    all_of(people, ('userName eq "CARL"', "2"), ('title eq "BOSS"', "0"),
           ('externalId eq "E1"', "0"), ('externalId eq "e1"', "1"), ('externalId sw "E"', "0"),
           ('profileUrl eq "https://example.com/dora"', ""),
           ('profileUrl eq "https://example.com/Dora"', "3"))


def test_7644_3_4_2_2__28_by_schema(people):
    """Resources can be found by the schemas they use."""
    all_of(people, ('schemas eq "%s"' % URN_ENTERPRISE, "2"),
           ('schemas eq "%s"' % URN_USER, "0123"),
           ('schemas eq "urn:example:none"', ""))


FIGURE_2 = [
    'userName eq "bjensen"', "name.familyName co \"O'Malley\"", 'userName sw "J"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"', "title pr",
    'meta.lastModified gt "2011-05-13T04:42:34Z"', 'meta.lastModified ge "2011-05-13T04:42:34Z"',
    'meta.lastModified lt "2011-05-13T04:42:34Z"', 'meta.lastModified le "2011-05-13T04:42:34Z"',
    'title pr and userType eq "Employee"', 'title pr or userType eq "Intern"',
    'schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
    'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
    'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
    'userType eq "Employee" and (emails.type eq "work")',
    'userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
    'emails[type eq "work" and value co "@example.com"] or '
    'ims[type eq "xmpp" and value co "@foo.com"]',
]
FIGURE_2_FINDS = ["", "0", "", "", "01", "0123", "0123", "", "", "0", "01", "2", "0", "13", "0",
                  "0", "02"]


@pytest.mark.parametrize("number", range(len(FIGURE_2)))
def test_7644_3_4_2_2__29_the_rfcs_examples(people, number):
    """Every example filter of figure 2 is accepted and finds what it should."""
    all_of(people, (FIGURE_2[number], FIGURE_2_FINDS[number]))


# ---- 3.4.2.4 Pagination ----

@pytest.fixture
def ten(scim):
    return [scim.user("u%d" % i)["id"] for i in range(10)]


def page_ids(scim, query):
    return [u["id"] for u in scim.list("Users", query)["Resources"]]


@pytest.mark.parametrize("start", ["0", "-1", "-100000000000000000000"])
def test_7644_3_4_2_4__1_startindex_below_1_is_1(scim, ten, start):
    """A startIndex below 1 is taken as 1."""
    page = scim.list("Users", "count=2&startIndex=" + start)
    assert page["startIndex"] == 1 and [u["id"] for u in page["Resources"]] == ten[:2]


@pytest.mark.parametrize("count", ["-1", "-100000000000000000000"])
def test_7644_3_4_2_4__2_a_negative_count_is_0(scim, ten, count):
    """A negative count is taken as 0."""
    page = scim.list("Users", "count=" + count)
    assert page["Resources"] == [] and page["totalResults"] == 10


def test_7644_3_4_2_4__3_count_0_gives_only_the_total(scim, ten):
    """count 0 gives no resources, but totalResults."""
    page = scim.list("Users", "count=0")
    assert page["Resources"] == [] and page["totalResults"] == len(ten)


@pytest.mark.parametrize("count", [1, 3, 9, 10, 11, 100000])
def test_7644_3_4_2_4__4_never_more_than_count(scim, ten, count):
    """No more resources than count are returned."""
    assert page_ids(scim, "count=%d" % count) == ten[:count]


def test_7644_3_4_2_4__5_the_provider_bounds_a_page(flavour):
    """Without count, and above its own maximum, the provider decides, and says its maximum."""
    scim = flavour("small_pages")
    for i in range(9):
        scim.user("u%d" % i)
    assert scim.list("Users")["itemsPerPage"] == 3
    most = scim.get("/ServiceProviderConfig").json["filter"]["maxResults"]
    assert scim.list("Users", "count=9")["itemsPerPage"] == most == 7


def test_7644_3_4_2_4__6_startindex_counts_from_1(scim, ten):
    """startIndex is 1-based, in the request and in the answer; pages follow each other."""
    for start in (1, 4, 7, 10, 11):
        page = scim.list("Users", "startIndex=%d&count=3" % start)
        assert page["startIndex"] == start
        assert [u["id"] for u in page["Resources"]] == ten[start - 1:start + 2]


# ---- 3.4.2.5 Attributes ----

def test_7644_3_4_2_5__1_attributes_in_lists(scim, ten):
    """`attributes` chooses what each resource of a list shows."""
    rows = scim.list("Users", "attributes=userName")["Resources"]
    assert all(set(r) == {"schemas", "id", "userName"} for r in rows) and len(rows) == len(ten)


def test_7644_3_4_2_5__2_excluded_attributes_in_lists(scim, ten):
    """`excludedAttributes` takes away from what each resource of a list shows."""
    rows = scim.list("Users", "excludedAttributes=meta,active")["Resources"]
    assert all(set(r) == {"schemas", "id", "userName"} for r in rows) and len(rows) == len(ten)


def test_7644_3_4_2_5__3_always_cannot_be_excluded(scim, ten):
    """excludedAttributes has no effect on attributes of returned always."""
    rows = scim.list("Users", "excludedAttributes=id,schemas,ID")["Resources"]
    assert [r["id"] for r in rows] == ten and all(r["schemas"] == [URN_USER] for r in rows)
