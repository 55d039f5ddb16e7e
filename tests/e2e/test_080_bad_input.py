# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Hostile and broken input: the right status, the right scimType, one sentence, nothing written."""

import json

import pytest

from okta_wire import URN_GROUP, URN_PATCH, URN_USER, quote
from scim_http import MEDIA, RawConnection

HEAD = '{"schemas":["%s"],"userName":"bad",' % URN_USER

BODIES = [  # name, bytes, scimType
    ("not JSON", b"not json", "invalidSyntax"),
    ("cut off", b'{"userName":"x"', "invalidSyntax"),
    ("trailing text", (HEAD + '"title":"x"} x').encode(), "invalidSyntax"),
    ("two documents", (HEAD + '"title":"x"}{}').encode(), "invalidSyntax"),
    ("single quotes", b"{'userName':'x'}", "invalidSyntax"),
    ("comment", (HEAD + '/* */"title":"x"}').encode(), "invalidSyntax"),
    ("NaN", (HEAD + '"title":NaN}').encode(), "invalidSyntax"),
    ("huge number", (HEAD + '"title":' + "9" * 400 + "}").encode(), None),
    ("UTF-16", (HEAD + '"title":"x"}').encode("utf-16"), "invalidSyntax"),
    ("byte order mark only", b"\xef\xbb\xbf", "invalidSyntax"),
    ("not UTF-8", HEAD.encode() + b'"title":"\xff\xfe"}', "invalidSyntax"),
    ("overlong UTF-8", HEAD.encode() + b'"title":"\xc0\xaf"}', "invalidSyntax"),
    ("a surrogate in UTF-8", HEAD.encode() + b'"title":"\xed\xa0\x80"}', "invalidSyntax"),
    ("half a surrogate pair", (HEAD + '"title":"\\ud800"}').encode(), "invalidSyntax"),
    ("NUL byte", HEAD.encode() + b'"title":"a\x00b"}', "invalidSyntax"),
    ("NUL escaped", (HEAD + '"title":"a\\u0000b"}').encode(), "invalidSyntax"),
    ("NUL in a name", (HEAD + '"ti\\u0000tle":"x"}').encode(), "invalidSyntax"),
    ("control character", HEAD.encode() + b'"title":"a\x01b"}', "invalidSyntax"),
    ("duplicate key", (HEAD + '"title":"a","title":"b"}').encode(), "invalidSyntax"),
    ("duplicate key in another case", (HEAD + '"title":"a","TITLE":"b"}').encode(),
     "invalidSyntax"),
    ("duplicate key inside", (HEAD + '"name":{"givenName":"a","givenName":"b"}}').encode(),
     "invalidSyntax"),
    ("deep arrays", (HEAD + '"title":' + "[" * 100 + "]" * 100 + "}").encode(), "invalidSyntax"),
    ("very deep", b"[" * 1000000, "invalidSyntax"),
    ("very deep objects", b'{"a":' * 200000, "invalidSyntax"),
    ("an array", b"[]", "invalidSyntax"),
    ("a string", b'"x"', "invalidSyntax"),
    ("null", b"null", "invalidSyntax"),
    ("too many members", (HEAD + '"emails":[' + ",".join(["{}"] * 500000) + "]}").encode(),
     "invalidSyntax"),
]


@pytest.mark.parametrize("body,scim_type", [b[1:] for b in BODIES], ids=[b[0] for b in BODIES])
def test_080_01_bodies(scim, body, scim_type):
    user = scim.add_user("there")
    scim.post("/Users", raw=body).error(400, scim_type)
    scim.put("/Users/" + user["id"], raw=body).error(400, scim_type)
    scim.request("PATCH", "/Users/" + user["id"], raw=body).error(400)
    scim.post("/Groups", raw=body).error(400)
    assert scim.get("/Users/" + user["id"]).user() == user
    assert scim.list("Users")["totalResults"] == 1
    assert scim.list("Groups")["totalResults"] == 0


VALUES = [  # name, members laid over a good user, scimType, what the sentence must name
    ("userName missing", {"userName": None}, "invalidValue", "userName"),
    ("userName empty", {"userName": ""}, "invalidValue", "userName"),
    ("userName a number", {"userName": 5}, "invalidValue", "userName"),
    ("userName an object", {"userName": {"a": "b"}}, "invalidValue", "userName"),
    ("userName an array", {"userName": ["a"]}, "invalidValue", "userName"),
    ("active a word", {"active": "perhaps"}, "invalidValue", "active"),
    ("active a number", {"active": 1}, "invalidValue", "active"),
    ("name a string", {"name": "x"}, "invalidValue", "name"),
    ("emails a number", {"emails": 5}, "invalidValue", "emails"),
    ("emails with a number", {"emails": [5]}, "invalidValue", "emails"),
    ("emails.value an object", {"emails": [{"value": {}}, {"value": {"a": 1}}]}, "invalidValue",
     "emails"),
    ("emails.primary a word", {"emails": [{"value": "a@b", "primary": "maybe"}]}, "invalidValue",
     "primary"),
    ("title an array", {"title": ["x"]}, "invalidValue", "title"),
    ("schemas missing", {"schemas": None}, None, "schemas"),
    ("schemas of a group", {"schemas": [URN_GROUP]}, None, "schemas"),
    ("schemas a string", {"schemas": 5}, None, "schemas"),
    ("userName too long", {"userName": "x" * 5000}, "invalidValue", "userName"),
    ("externalId too long", {"externalId": "x" * 5000}, "invalidValue", "externalId"),
]


@pytest.mark.parametrize("change,scim_type,named", [v[1:] for v in VALUES],
                         ids=[v[0] for v in VALUES])
def test_080_02_values(scim, change, scim_type, named):
    user = scim.add_user("there")
    body = {"schemas": [URN_USER], "userName": "good"}
    body.update(change)
    body = {k: v for k, v in body.items() if v is not None}
    for answer in (scim.post("/Users", body), scim.put("/Users/" + user["id"], body)):
        assert named in answer.error(400, scim_type)["detail"]
    assert [u["id"] for u in scim.all("Users")] == [user["id"]]
    assert scim.get("/Users/" + user["id"]).user() == user


FILTERS = [
    "", " ", "userName", "userName eq", "eq \"x\"", "userName eq \"x", "userName eq 'x'",
    "userName is \"x\"", "userName eq \"x\" and", "and userName eq \"x\"", "(userName eq \"x\"",
    "userName eq \"x\")", "()", "not", "not userName eq \"x\"", "userName pr \"x\"",
    "nosuch eq \"x\"", "name.nosuch eq \"x\"", "emails[type eq \"x\"", "emails[]",
    "emails[nosuch pr]",
    "emails[type eq \"a\"].value eq", "active eq \"maybe\"", "active gt true",
    "active co \"t\"", "meta.created gt \"yesterday\"", "userName eq \"\\x\"",
    "userName eq \"a\x01\"",
    "urn:nosuch:userName eq \"x\"", "userName eq \"x\" xor title pr", "userName eq {}",
    "userName eq [\"a\"]", "userName.first eq \"x\"", "1userName eq \"x\"",
    "userName eq \"x\"; DROP TABLE x", "(" * 2000, "not (" * 40 + "title pr" + ")" * 40,
    "id pr or " * 210 + "title pr",
]


@pytest.mark.parametrize("text", FILTERS, ids=[repr(f)[:40] for f in FILTERS])
def test_080_03_filters(scim, text):
    scim.add_user("someone")
    path = "/Users?filter=" + quote(text)
    if len(path) > 7000:
        pytest.fail("a request line too long for httpd tests nothing here")
    answer = scim.get(path)
    answer.error(400, "invalidFilter")


@pytest.mark.parametrize("text", ["password eq \"x\"", "title pr or not (PASSWORD pr)",
                                  URN_USER + ":password sw \"x\""])
def test_080_18_a_password_in_a_url(scim, text):
    """Nothing can be learnt from it, and the sender is told what is wrong (RFC 7644, 7.5.2)."""
    scim.add_user("secret", password="x")
    assert "password" in scim.get("/Users?filter=" + quote(text)).error(403, "sensitive")["detail"]


def test_080_04_filter_terms_directive(take):
    scim = take("few_terms").scim()
    scim.add_user("someone")
    five = " or ".join(['title eq "x"'] * 5)
    assert scim.find("Users", five) == []
    scim.get("/Users?filter=" + quote(five + ' or title eq "y"')).error(400, "invalidFilter")


def test_080_05_a_scan_too_long(take):
    """What SQL cannot narrow is matched row by row, up to a bound."""
    scim = take("short_scan").scim()
    for i in range(5):
        scim.add_user("u%d" % i)
    text = 'phoneNumbers[type eq "work" and value co "1"] or addresses.locality co "x"'
    assert scim.find("Users", text) == []
    scim.add_user("u5")
    scim.get("/Users?filter=" + quote(text)).error(400, "tooMany")
    assert len(scim.find("Users", 'userName eq "u5@example.com"')) == 1


INJECTIONS = ["' OR '1'='1", "\" or \"\"=\"", "x'; DROP TABLE scim_resource; --", "%", "_",
              "%s%s%n",
              "\\", "!%", "\u202e", "a" * 250, "${jndi:ldap://x}", "\U0001f40e", "İıẞß", "?", ":x"]


@pytest.mark.parametrize("text", INJECTIONS, ids=[repr(t)[:20] for t in INJECTIONS])
def test_080_06_values_are_only_values(scim, text):
    scim.add_user("other")
    user = scim.add_user("inject", userName=text, externalId=text, title=text, nickName=text)
    assert user["title"] == text
    literal = json.dumps(text, ensure_ascii=False)
    for name in ("userName", "externalId", "title", "nickName"):
        for op in ("eq", "sw", "ew", "co"):
            found = scim.find("Users", "%s %s %s" % (name, op, literal))
            assert [u["id"] for u in found] == [user["id"]], (name, op)
    again = scim.patch("/Users/" + user["id"], {
        "op": "replace", "path": "title", "value": text + "2"}).user()
    assert again["title"] == text + "2"


IDS = ["a|b", "a@b", "a+b", "100%25", "%7C", "%40", "%2B", "a%20b", "%C3%A9", "'", "%22", "..%2f..",
       "~x", "a;b", "a,b", "a=b&c", "*", "%25s", "NULL", "0", "-1", "x" * 64, "x" * 65,
       "x" * 4000, "Users", "%E2%80%AE"]


@pytest.mark.parametrize("kind", ["Users", "Groups"])
@pytest.mark.parametrize("one", IDS, ids=[i[:20] for i in IDS])
def test_080_07_ids_that_name_nothing(scim, kind, one):
    path = "/%s/%s" % (kind, one)
    body = {"schemas": [URN_USER if kind == "Users" else URN_GROUP], "userName": "x",
            "displayName": "x"}
    scim.get(path).error(404)
    scim.put(path, body).error(404)
    scim.patch(path, {"op": "replace", "path": "displayName", "value": "x"}).error(404)
    scim.delete(path).error(404)


def test_080_11_dot_segments_are_resolved(scim):
    """RFC 3986, section 6.2.2.3: below the base they name the base, and never anything above it."""
    user = scim.add_user("dots")
    for path in ("/Users/%2e%2e", "/Users/..", "/Users/./../"):
        assert [r["id"] for r in scim.get(path).list()["Resources"]] == [user["id"]]
        scim.put(path, user).error(405)


@pytest.mark.parametrize("one", ["%", "%2", "%zz", "%ff", "%C3", "%c0%af", "%ed%a0%80"])
def test_080_08_broken_escapes_in_a_path(env, tenant, log, one):
    if one in ("%", "%2", "%zz"):
        log.expect("AH10244")  # httpd's own; it logs this one as an error
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("GET", "/Users/" + one)
        answer = raw.answer()
        assert answer.status in (400, 404)
        answer.error(answer.status)


@pytest.mark.parametrize("query", [
    "filter=%", "filter=%zz", "filter=userName+eq+%22%ff%22", "filter=userName+eq+%22%00%22",
    "attributes=%c0%af"])
def test_080_09_broken_escapes_in_a_query(tenant, query):
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("GET", "/Users?" + query)
        answer = raw.answer()
        answer.error(400)


@pytest.mark.parametrize("query", [
    "", "&&&", "=", "x", "nosuch=1", "attributes=", "excludedAttributes=", "attributes=,,,",
    "sortOrder=abc", "filter&", "count=5&x=%22%27"])
def test_080_10_queries_that_mean_nothing(scim, query):
    scim.add_user("someone")
    if query == "filter&":
        scim.get("/Users?" + query).error(400, "invalidFilter")
    else:
        assert scim.list("Users", query)["totalResults"] == 1


@pytest.mark.parametrize("query", ["startIndex=99999999999999999999", "count=99999999999999999999",
                                   "startIndex=9223372036854775807",
                                   "startIndex=-99999999999999999999"])
def test_080_11_numbers_beyond_all_bounds(scim, query):
    scim.add_user("someone")
    answer = scim.get("/Users?" + query)
    if answer.status == 400:
        answer.error(400, "invalidValue")
    else:
        assert answer.list()["totalResults"] == 1


MEMBERS = [  # members value, 201 or 400
    ([{"value": "a|b"}, {"value": "x@y"}, {"value": "1+1"}, {"value": "50%"}], 201),
    ([{"value": "x" * 3000}], 201), ([{"value": "Ünïcode"}], 201), ([{"display": "no value"}], 400),
    ([{"value": 5}], 400), ([{"value": None}], 400), ("x", 201), (5, 400), ([5], 400), ([[]], None),
]


@pytest.mark.parametrize("members,status", MEMBERS, ids=[str(m[0])[:24] for m in MEMBERS])
def test_080_12_members_that_are_nobody(scim, members, status):
    answer = scim.post("/Groups", {"schemas": [URN_GROUP], "displayName": "Odd",
                                   "members": members})
    assert answer.status == status if status else answer.status in (201, 400)
    if answer.status == 201:
        assert not scim.get("/Groups/" + answer.json["id"]).group().get("members")


def test_080_13_group_values(scim):
    for body in ({"schemas": [URN_GROUP]}, {"schemas": [URN_GROUP], "displayName": ""},
                 {"schemas": [URN_GROUP], "displayName": 5},
                 {"schemas": [URN_GROUP], "displayName": "x" * 5000}):
        assert "displayName" in scim.post("/Groups", body).error(400, "invalidValue")["detail"]
    assert scim.list("Groups")["totalResults"] == 0


def test_080_14_unknown_attributes_are_ignored(scim):
    """And do not come back: nothing is stored that no schema defines."""
    user = scim.add_user("unknown", favouriteColour="red", **{
        "urn:example:custom:1.0:User": {"a": 1}, "schemas": [
            URN_USER, "urn:example:custom:1.0:User"]})
    assert "favouriteColour" not in user and "urn:example:custom:1.0:User" not in user
    assert user["schemas"] == [URN_USER]
    got = scim.put("/Users/" + user["id"], dict(user, favouriteColour="blue")).user()
    assert "favouriteColour" not in got


def test_080_15_a_patch_as_large_as_allowed(scim):
    """1,000 operations in one body are work, not an error; 100,000 are refused before any."""
    user = scim.add_user("ops")
    ops = [{"op": "replace", "path": "title", "value": "t%d" % i} for i in range(1000)]
    assert scim.patch("/Users/" + user["id"], *ops).user()["title"] == "t999"
    body = {"schemas": [URN_PATCH], "Operations": [{"op": "remove", "path": "title"}] * 30000}
    scim.request("PATCH", "/Users/" + user["id"], body).error(413)
    assert scim.get("/Users/" + user["id"]).user()["title"] == "t999"


def test_080_16_passwords_never_come_back(scim):
    user = scim.add_user("secret", password="1mz050nq")
    path = "/Users/" + user["id"]
    answers = [scim.get(path), scim.get("/Users"), scim.get(path + "?attributes=password"),
               scim.put(path, dict(user, password="n3w-Passw0rd")),
               scim.patch(path, {"op": "add", "path": "password", "value": "n3w-Passw0rd"})]
    for answer in answers:
        assert b"assw" not in answer.raw.replace(b"\"password\"", b"") and b"1mz" not in answer.raw
    scim.get("/Users?filter=" + quote('password eq "1mz050nq"')).error(403)


def test_080_17_media_type_of_a_bodiless_request(scim):
    for media in (MEDIA, "text/plain", "nonsense"):
        assert scim.get("/Users", headers={"Content-Type": media}).status == 200
        user = scim.add_user("m")
        assert scim.delete("/Users/" + user["id"], headers={"Content-Type": media}).status == 204
