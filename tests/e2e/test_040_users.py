# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""/Users: the whole surface of RFC 7644 section 3 on the wire."""

import re

import pytest
import requests

from okta_client import user_profile
from okta_wire import URN_ENTERPRISE, URN_USER, Answer
from scim_http import RawConnection, check_answer

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def some_users(scim, n):
    return [scim.add_user("user%03d" % i)["id"] for i in range(n)]


def test_040_01_create_answers_the_resource(tenant, scim):
    answer = scim.post("/Users", user_profile("a@example.com", "A", "B", "ext"))
    user = answer.user(201)
    url = "%s/Users/%s" % (tenant.base, user["id"])
    assert answer.headers["Location"] == url == user["meta"]["location"]
    assert answer.headers["ETag"] == user["meta"]["version"]
    assert TIME.fullmatch(user["meta"]["created"])
    assert user["meta"]["lastModified"] == user["meta"]["created"]
    got = scim.get("/Users/" + user["id"])
    assert got.user() == user and got.headers["ETag"] == answer.headers["ETag"]


def test_040_02_create_with_the_least(scim):
    user = scim.post("/Users", {"schemas": [URN_USER], "userName": "least"}).user(201)
    assert user["userName"] == "least" and "name" not in user and "emails" not in user


def test_040_03_what_the_client_must_not_set_is_ignored(scim):
    user = scim.add_user("readonly", id="my-id", meta={"resourceType": "Group", "version": "x"},
                         groups=[{"value": "g"}])
    assert user["id"] != "my-id" and user["meta"]["resourceType"] == "User"
    assert not user.get("groups")


def test_040_04_every_attribute_comes_back_untransformed(scim):
    sent = {
        "schemas": [URN_USER, URN_ENTERPRISE], "userName": "Full.User@Example.COM",
        "externalId": "Ext-1", "name": {
            "formatted": "Dr. Zoë Ångström III", "familyName": "Ångström", "givenName": "Zoë",
            "middleName": "Q.", "honorificPrefix": "Dr.", "honorificSuffix": "III"},
        "displayName": "Zoë 🐎", "nickName": "Zo", "profileUrl": "https://example.com/zoë",
        "title": "Head \"of\" \\ Things\n2", "userType": "Employee", "preferredLanguage": "sv",
        "locale": "sv-SE", "timezone": "Europe/Stockholm", "active": True,
        "emails": [{"value": "zoe@example.com", "type": "work", "primary": True},
                   {"value": "zoe@example.org", "type": "home", "display": "Home"}],
        "phoneNumbers": [{"value": "tel:+46-8-123456", "type": "work"}],
        "ims": [{"value": "zoe", "type": "xmpp"}],
        "photos": [{"value": "https://example.com/p.png", "type": "photo"}],
        "addresses": [{"type": "work", "streetAddress": "Gatan 1", "locality": "Stockholm",
                       "region": "SE", "postalCode": "111 22", "country": "SE",
                       "formatted": "Gatan 1\n111 22 Stockholm", "primary": True}],
        "entitlements": [{"value": "e1"}], "roles": [{"value": "admin", "primary": True}],
        "x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkG"}],
        URN_ENTERPRISE: {"employeeNumber": "701984", "costCenter": "4130",
                         "organization": "Universal", "division": "Park", "department": "Tour",
                         "manager": {"value": "26118915"}}}
    user = scim.post("/Users", sent).user(201)
    again = scim.get("/Users/" + user["id"]).user()
    for got in (user, again):
        for name, value in sent.items():
            assert got[name] == value, name


def test_040_05_names_are_case_insensitive(scim):
    user = scim.post("/Users", {
        "SCHEMAS": [URN_USER.upper()], "USERNAME": "Case", "Name": {"GIVENNAME": "G"},
        "EMAILS": [{"VALUE": "c@example.com", "Primary": True}]}).user(201)
    assert user["userName"] == "Case" and user["name"] == {"givenName": "G"}
    assert user["emails"] == [{"value": "c@example.com", "primary": True}]


def test_040_06_replace(scim):
    user = scim.add_user("replace", title="Old", nickName="Gone")
    answer = scim.put("/Users/" + user["id"], {
        "schemas": [URN_USER], "userName": "replaced", "title": "New"})
    got = answer.user(200)
    assert got["title"] == "New" and "nickName" not in got and "emails" not in got
    assert got["id"] == user["id"] and got["active"] is True
    assert answer.headers["ETag"] != user["meta"]["version"]
    assert got["meta"]["created"] == user["meta"]["created"]
    assert scim.get("/Users/" + user["id"]).user() == got


def test_040_07_delete(scim):
    user = scim.add_user("delete")
    assert scim.delete("/Users/" + user["id"]).status == 204
    for method in ("GET", "DELETE"):
        scim.request(method, "/Users/" + user["id"]).error(404)
    scim.put("/Users/" + user["id"], user).error(404)
    scim.patch("/Users/" + user["id"], {"op": "replace", "path": "title", "value": "x"}).error(404)
    assert scim.list("Users")["totalResults"] == 0
    again = scim.add_user("delete")
    assert again["id"] != user["id"]


def test_040_08_head(scim):
    user = scim.add_user("head")
    for path in ("/Users", "/Users/" + user["id"]):
        got, head = scim.get(path), scim.request("HEAD", path)
        assert head.status == 200 and not head.raw
        assert head.headers["Content-Type"] == got.headers["Content-Type"]
        assert head.headers.get("ETag") == got.headers.get("ETag")
    assert scim.request("HEAD", "/Users/none").status == 404


def test_040_09_conditional_requests(scim):
    user = scim.add_user("etag")
    path, etag = "/Users/" + user["id"], user["meta"]["version"]
    assert scim.get(path, headers={"If-None-Match": etag}).status == 304
    assert scim.get(path, headers={"If-None-Match": '"other", %s' % etag}).status == 304
    assert scim.get(path, headers={"If-None-Match": 'W/"999"'}).status == 200
    op = {"op": "replace", "path": "title", "value": "x"}
    scim.patch(path, op, headers={"If-Match": 'W/"999"'}).error(412)
    assert "title" not in scim.get(path).user()
    assert scim.patch(path, op, headers={"If-Match": etag}).status == 200
    scim.patch(path, op, headers={"If-Match": etag}).error(412)
    scim.delete(path, headers={"If-Match": etag}).error(412)
    assert scim.delete(path, headers={"If-Match": "*"}).status == 204


PAGES = [  # query, first row (from 0), rows, startIndex answered
    ("", 0, 10, 1), ("startIndex=1&count=2", 0, 2, 1), ("count=1&startIndex=1", 0, 1, 1),
    ("startIndex=9&count=5", 8, 2, 9), ("startIndex=10", 9, 1, 10), ("startIndex=11", 10, 0, 11),
    ("startIndex=1000&count=1000", 10, 0, 1000), ("startIndex=0", 0, 10, 1),
    ("startIndex=-7&count=3", 0, 3, 1), ("count=0", 0, 0, 1), ("count=-1", 0, 0, 1),
    ("startIndex=5&count=0", 0, 0, 5), ("count=100000", 0, 10, 1),
    ("STARTINDEX=2&COUNT=2", 1, 2, 2), ("startIndex=2&startIndex=5&count=1", 1, 1, 2),
    ("startIndex=3&count=2&aadOptscim062020", 2, 2, 3), ("startIndex=%33&count=%32", 2, 2, 3),
]


def test_040_10_paging(scim):
    made = some_users(scim, 10)
    for query, first, rows, start in PAGES:
        page = scim.list("Users", query)
        assert page["totalResults"] == 10, query
        assert page["itemsPerPage"] == rows, query
        assert page["startIndex"] == start, query
        assert [u["id"] for u in page["Resources"]] == made[first:first + rows], query


@pytest.mark.parametrize("query", ["count=two", "count=1.5", "startIndex=1e3", "count=",
                                   "count=0x10", "count=1;2"])
def test_040_11_numbers_that_are_none(scim, query):
    scim.add_user("only")
    scim.get("/Users?" + query).error(400, "invalidValue")


def test_040_12_page_size_directive(take):
    scim = take("small_pages").scim()
    made = some_users(scim, 9)
    assert scim.list("Users")["itemsPerPage"] == 3
    page = scim.list("Users", "count=500")
    assert page["itemsPerPage"] == 7 and page["totalResults"] == 9
    assert [u["id"] for u in scim.all("Users", count=500)] == made


def test_040_13_order_is_stable_while_rows_change(scim):
    made = some_users(scim, 8)
    scim.patch("/Users/" + made[5], {"op": "replace", "path": "userName", "value": "aaa"})
    scim.delete("/Users/" + made[2])
    rest = made[:2] + made[3:]
    assert [u["id"] for u in scim.all("Users", count=3)] == rest
    last = scim.add_user("zz")["id"]
    assert [u["id"] for u in scim.all("Users", count=2)] == rest + [last]


FILTERS = [  # filter, numbers of the users it gives
    ('userName eq "anna@example.com"', "0"), ('USERNAME EQ "ANNA@EXAMPLE.COM"', "0"),
    ('userName eq "nobody"', ""), ('userName ne "anna@example.com"', "123"),
    ('userName sw "an"', "0"), ('userName co "@EXAMPLE"', "0123"), ('userName ew ".com"', "0123"),
    ('userName gt "bert@example.com"', "23"), ('userName le "bert@example.com"', "01"),
    ('externalId eq "ext-bert"', "1"), ('externalId eq "EXT-BERT"', ""),
    ('emails.value eq "carl@example.com"', "2"), ('emails eq "carl@example.com"', "2"),
    ('emails[type eq "home" and value ew ".org"]', "1"),
    ('emails[type eq "work" and value ew ".org"]', ""), ('active eq true', "012"),
    ('active eq false', "3"), ('active eq "False"', "3"), ('not (active eq true)', "3"),
    ('title pr', "1"), ('not (title pr)', "023"), ('title eq null', "023"), ('title ne null', "1"),
    ('title eq "boss" or userName sw "c"', "12"), ('title eq "BOSS" and active eq true', "1"),
    ('title pr or active eq false and userName sw "d"', "13"),
    ('(title pr or active eq false) and userName sw "d"', "3"),
    ('name.familyName eq "example"', "0123"), ('displayName co "carl"', "2"),
    (URN_USER + ':userName eq "carl@example.com"', "2"),
    (URN_ENTERPRISE + ':department eq "R&D"', "2"), (URN_ENTERPRISE + ':department pr', "2"),
    ('meta.resourceType eq "User"', "0123"), ('meta.created gt "2020-01-01T00:00:00Z"', "0123"),
    ('meta.lastModified lt "2020-01-01T00:00:00Z"', ""), ('externalId eq ext-dora', "3"),
    ('nickName eq "100%"', "0"), ('nickName co "0%"', "0"), ('nickName co "_"', "1"),
    ('nickName sw "under_"', "1"), ('nickName co "\\\\"', "2"), ('nickName eq "ZOË 🐎"', "3"),
    ('nickName eq "zoe 🐎"', ""),
]


def filter_users(scim):
    """Four users that the filters tell apart."""
    extra = [
        {"nickName": "100%"},
        {"title": "Boss", "nickName": "under_score", "emails": [
            {"value": "bert@example.com", "type": "work", "primary": True},
            {"value": "bert@home.org", "type": "home"}]},
        {"nickName": "back\\slash", URN_ENTERPRISE: {"department": "R&D"}},
        {"nickName": "Zoë 🐎"}]
    made = [scim.add_user(name, **more)["id"]
            for name, more in zip(("anna", "bert", "carl", "dora"), extra)]
    scim.patch("/Users/" + made[3], {"op": "replace", "value": {"active": False}})
    return made


def test_040_14_filters(scim):
    made = filter_users(scim)
    wrong = []
    for text, want in FILTERS:
        got = "".join(str(made.index(u["id"])) for u in scim.find("Users", text))
        if got != want:
            wrong.append("%s: %s instead of %s" % (text, got, want))
    assert not wrong, "\n".join(wrong)


def test_040_15_a_filter_pages_too(scim):
    made = some_users(scim, 9)
    odd = made[1::2]
    for user in odd:
        scim.patch("/Users/" + user, {"op": "add", "path": "title", "value": "Odd"},
                   {"op": "add", "path": "nickName", "value": "N"})
    for text in ("title eq \"odd\"", "nickName co \"n\"", "title pr and nickName sw \"N\""):
        from_filter = []
        for start in range(1, 6, 2):
            page = scim.list("Users", "count=2&startIndex=%d&filter=%s" % (
                start, text.replace(" ", "+").replace('"', "%22")))
            assert page["totalResults"] == len(odd), text
            from_filter += [u["id"] for u in page["Resources"]]
        assert from_filter == odd, text


def test_040_16_changes_are_found_at_once(scim):
    user = scim.add_user("moving", title="Before", emails=[{"value": "before@example.com"}])
    path = "/Users/" + user["id"]
    scim.patch(path, {"op": "replace", "value": {
        "userName": "moved", "title": "After", "externalId": "new-ext",
        "emails": [{"value": "after@example.com"}]}})
    for text, n in (('title eq "before"', 0), ('title eq "after"', 1), ('userName eq "moved"', 1),
                    ('userName eq "moving@example.com"', 0), ('externalId eq "new-ext"', 1),
                    ('externalId eq "ext-moving"', 0), ('emails.value eq "after@example.com"', 1),
                    ('emails.value eq "before@example.com"', 0)):
        assert len(scim.find("Users", text)) == n, text
    scim.delete(path)
    assert scim.find("Users", 'emails.value eq "after@example.com"') == []


VIEWS = [  # query, attribute names of the answer
    ("attributes=userName", "id schemas userName"),
    ("attributes=USERNAME,name.givenname", "id schemas userName name.givenName"),
    ("attributes=emails.value", "id schemas emails.value"),
    ("attributes=" + URN_USER + ":userName", "id schemas userName"),
    ("attributes=" + URN_ENTERPRISE + ":department",
     "id schemas " + URN_ENTERPRISE + ".department"),
    ("attributes=nosuch", "id schemas"), ("attributes=meta.location", "id schemas meta.location"),
    ("attributes=password", "id schemas"),
]


def names_of(user):
    """Top-level names, with the sub-attributes of complex ones."""
    out = set()
    for name, value in user.items():
        rows = value if isinstance(value, list) else [value]
        subs = {sub for row in rows if isinstance(row, dict) for sub in row}
        out |= {name + "." + sub for sub in subs} or {name}
    return out


@pytest.mark.parametrize("query,names", VIEWS, ids=[v[0][:40] for v in VIEWS])
def test_040_17_attributes(scim, query, names):
    user = scim.add_user("view", **{URN_ENTERPRISE: {"department": "D", "division": "V"}})
    for got in (scim.get("/Users/%s?%s" % (user["id"], query)).json,
                scim.list("Users", query)["Resources"][0]):
        assert names_of(got) == set(names.split())


def test_040_18_excluded_attributes(scim):
    user = scim.add_user("less", title="T", **{URN_ENTERPRISE: {"department": "D"}})
    path = "/Users/%s?excludedAttributes=" % user["id"]
    got = scim.get(path + "emails,name.familyName,TITLE").json
    assert "emails" not in got and "title" not in got and got["name"] == {"givenName": "Less"}
    got = scim.get(path + "id,userName").json
    assert got["id"] == user["id"] and "userName" not in got
    got = scim.get(path + "meta").json
    assert "meta" not in got and got["userName"]
    got = scim.get(path + URN_ENTERPRISE + ":department").json
    assert "department" not in got.get(URN_ENTERPRISE, {})


def test_040_19_views_of_writes(scim):
    answer = scim.post("/Users?attributes=userName", user_profile("v@x", "V", "X", "e"))
    assert names_of(answer.json) == {"id", "schemas", "userName"}
    path = "/Users/" + answer.json["id"]
    got = scim.put(path + "?excludedAttributes=emails", user_profile("v@x", "W", "X", "e")).json
    assert got["name"]["givenName"] == "W" and "emails" not in got
    got = scim.patch(path + "?attributes=title", {"op": "add", "path": "title", "value": "T"})
    assert got.status == 200 and names_of(got.json) == {"id", "schemas", "title"}


def test_040_20_unique_names_fold_case_and_nothing_else(scim):
    scim.post("/Users", {"schemas": [URN_USER], "userName": "Straße Björn"}).user(201)
    for same in ("STRAßE BJÖRN", "straße björn"):
        scim.post("/Users", {"schemas": [URN_USER], "userName": same}).error(409, "uniqueness")
    for other in ("Strasse Björn", "Straße Bjorn", "Straße Björn ", " Straße Björn",
                  "Straße  Björn"):
        scim.post("/Users", {"schemas": [URN_USER], "userName": other}).user(201)


def test_040_21_external_ids_may_repeat(scim):
    first = scim.add_user("first", externalId="same")
    second = scim.add_user("second", externalId="same")
    assert [u["id"] for u in scim.find("Users", 'externalId eq "same"')] == [
        first["id"], second["id"]]


def test_040_22_vhost_with_the_default_base(env):
    tenant = env.vhost("vhost", "vhost-a")
    scim = tenant.scim()
    user = scim.add_user("of-%s-a" % env.db.name)
    assert user["meta"]["location"] == tenant.base + "/Users/" + user["id"]
    other = env.vhost("other", "vhost-b", "/api/scim")
    assert other.scim().find("Users", 'userName eq "%s"' % user["userName"]) == []
    other.scim().get("/Users/" + user["id"]).error(404)
    other.scim(token=tenant.token).get("/Users").error(401)
    tenant.close()
    other.close()


def test_040_23_a_trailing_slash_is_no_other_place(scim):
    user = scim.add_user("slash")
    assert scim.get("/Users/").list()["totalResults"] == 1
    assert scim.get("/Users/%s/" % user["id"]).user()["id"] == user["id"]


def test_040_24_http_1_0_and_pipelining(tenant, scim):
    made = some_users(scim, 3)
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("GET", "/Users", version="HTTP/1.0")
        assert [u["id"] for u in raw.answer().list()["Resources"]] == made
    with RawConnection(tenant.base, tenant.token) as raw:
        for user in made:
            raw.head("GET", "/Users/" + user)
        with raw.sock.makefile("rb") as answers:
            got = [read_answer(answers).user()["id"] for _ in made]
    assert got == made


def test_040_25_content_location(scim):
    """Whatever shows one resource names it in the header too (RFC 7643 section 3.1)."""
    answer = scim.post("/Users?attributes=userName", user_profile("l@x", "L", "X", "e"))
    path = "/Users/" + answer.json["id"]
    etag = scim.get(path).headers["ETag"]
    for answer in (answer, scim.get(path), scim.get(path + "?attributes=userName"),
                   scim.request("HEAD", path), scim.get(path, headers={"If-None-Match": etag}),
                   scim.put(path, user_profile("l@x", "L", "Y", "e")),
                   scim.patch(path, {"op": "add", "path": "title", "value": "T"})):
        assert answer.headers["Content-Location"] == scim.base + path
        assert answer.headers["Location"] == scim.base + path
    for answer in (scim.get("/Users"), scim.get(path + "x"), scim.delete(path)):
        assert "Content-Location" not in answer.headers and "Location" not in answer.headers


def read_answer(stream):
    """One of several answers on a connection."""
    status = int(stream.readline().split()[1])
    headers = requests.structures.CaseInsensitiveDict(
        (name.decode(), value.decode().strip()) for name, value in
        (line.split(b":", 1) for line in iter(stream.readline, b"\r\n")))
    return check_answer(Answer("GET", "(raw)", status, headers, read_body(stream, headers)))


def read_body(stream, headers):
    if "Content-Length" in headers:
        return stream.read(int(headers["Content-Length"]))
    assert headers["Transfer-Encoding"] == "chunked"
    body = b""
    while True:
        piece = stream.read(int(stream.readline(), 16))
        stream.readline()
        if not piece:
            return body
        body += piece
