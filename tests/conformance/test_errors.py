# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""RFC 7644 section 3.12: every status and every scimType, provoked on each method where it occurs.

What /.search, /Bulk and cursors add is in their own files.
"""

import json

import pytest

from okta_wire import URN_GROUP, URN_PATCH, URN_USER, quote
from validator_rfc import URN_ERROR

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
WRITES = ["POST", "PUT", "PATCH", "DELETE"]


def user_body(name="new", /, **more):
    return dict({"schemas": [URN_USER], "userName": name}, **more)


def patch_body(op="add", path="title", value="T"):
    return {"schemas": [URN_PATCH], "Operations": [{"op": op, "path": path, "value": value}]}


def body_of(method):
    """A body that is right for a user."""
    return {"POST": user_body(), "PUT": user_body(), "PATCH": patch_body()}.get(method)


def path_of(method, user):
    return "/Users" if method == "POST" else "/Users/" + user


@pytest.fixture
def user(scim):
    return scim.user("u", emails=[{"value": "u@example.com", "type": "work"}])


# ---- the form of an error ----

@pytest.mark.parametrize("path,status", [("/Users/none", 404), ("/Users?count=x", 400),
                                         ("/Schemas?filter=x", 403), ("/nosuch", 404)])
def test_7644_3_12__1_errors_are_json(scim, path, status):
    """An error is in the body, as JSON with the Error schema and a text for people."""
    body = scim.get(path).error(status)
    assert body["schemas"] == [URN_ERROR] and body["detail"]


def test_7644_3_12__2_the_status_is_a_string(scim):
    """The body's status is HTTP's, as a string."""
    assert json.loads(scim.get("/Users/none").raw)["status"] == "404"


# ---- table 8: statuses ----

@pytest.mark.parametrize("method", METHODS)
def test_7644_3_12__3_400_bad_request(scim, user, method):
    """400: the request is unparsable, syntactically incorrect, or violates the schema."""
    if method == "GET":
        answers = [scim.get("/Users?count=x"), scim.get("/Users?filter=x"),
                   scim.get("/Users?filter=%ff")]
    elif method == "DELETE":
        answers = [scim.delete("/v1/Users/" + user["id"])]
    else:
        path = path_of(method, user["id"])
        answers = [scim.request(method, path, raw=raw) for raw in (b"{", b"[]", b"", b"\xff{}")]
        answers.append(scim.request(method, path, {"schemas": ["urn:x"]}))
    for answer in answers:
        answer.error(400)
    assert scim.read(user) == user


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("token", ["", "wrong", "tok-plain-"])
def test_7644_3_12__4_401_unauthorized(tenant, scim, user, method, token):
    """401: the authorization header is invalid or missing."""
    answer = tenant.scim(token=token).request(method, path_of(method, user["id"]), body_of(method))
    answer.error(401)
    assert answer.headers["WWW-Authenticate"]
    assert scim.read(user) == user


@pytest.mark.parametrize("method", METHODS)
def test_7644_3_12__5_403_forbidden(take, scim, log, method):
    """403: the operation is not permitted; here to anybody, by the operator."""
    log.expect("AH01630")
    tenant = take("denied")
    tenant.scim().request(method, path_of(method, "x"), body_of(method)).error(403)
    if method == "GET":
        for path in ("/Schemas", "/ResourceTypes"):
            scim.get(path + "?filter=" + quote('id eq "x"')).error(403)


@pytest.mark.parametrize("method", METHODS)
def test_7644_3_12__6_404_not_found(scim, method):
    """404: the resource or the endpoint does not exist."""
    if method != "POST":
        scim.request(method, "/Users/none", body_of(method)).error(404)
        scim.request(method, "/Groups/none", body_of(method)).error(404)
    for path in ("/NoSuch", "/NoSuch/x", "/Users/a/b"):
        scim.request(method, path, body_of(method)).error(404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_7644_3_12__7_409_conflict(scim, user, method):
    """409: a duplicate is refused."""
    other = scim.user("other")
    scim.request(method, path_of(method, user["id"]), {
        "POST": user_body("OTHER"), "PUT": user_body("Other"),
        "PATCH": patch_body("replace", "userName", "other")}[method]).error(409)
    assert scim.read(user) == user and scim.read(other) == other


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_7644_3_12__8_412_precondition_failed(scim, user, method):
    """412: the resource has changed on the server."""
    old = user["meta"]["version"]
    new = scim.patch(scim.path(user), {"op": "add", "path": "title", "value": "x"}).user()
    scim.request(method, scim.path(user), body_of(method), headers={"If-Match": old}).error(412)
    assert scim.read(user) == new


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_7644_3_12__9_413_payload_too_large(flavour, method):
    """413: the body is larger than the provider takes; the limit is in the text."""
    if method == "POST":
        scim = flavour("small_body")
        answer = scim.post("/Users", user_body(title="x" * 30000))
        assert "20000" in answer.error(413)["detail"]
        assert scim.list("Users")["totalResults"] == 0
        return
    scim = flavour("small_document")
    user = scim.user("u")
    body = {"PUT": user_body(title="x" * 5000), "PATCH": patch_body(value="x" * 5000)}[method]
    scim.request(method, scim.path(user), body).error(413)
    assert scim.read(user) == user


@pytest.fixture
def broken(env, log):
    """A function that takes a table away until the test ends."""
    log.expect("SCIM2011")
    gone = []

    def take_away():
        env.db.execute("ALTER TABLE scim_resource RENAME TO scim_resource_away")
        gone.append(1)
    yield take_away
    if gone:
        env.db.execute("ALTER TABLE scim_resource_away RENAME TO scim_resource")


@pytest.mark.parametrize("method", METHODS)
def test_7644_3_12__10_500_internal_error(scim, user, broken, method):
    """500: an internal error, in words that tell nothing of the inside."""
    broken()
    scim.request(method, path_of(method, user["id"]), body_of(method)).error(500)
    if method == "GET":
        scim.get("/Users").error(500)


@pytest.mark.parametrize("method", METHODS)
def test_7644_3_12__11_501_not_implemented(scim, method):
    """501: the provider does not support the operation: /Me of a token that stands for nobody."""
    scim.request(method, "/Me", body_of(method)).error(501)


# ---- table 9: scimTypes ----

def test_7644_3_12__12_invalidfilter_get(scim, user):
    """invalidFilter on GET: syntax, an undefined attribute, an operator the attribute lacks."""
    for text in ('userName eq', 'nosuch eq "x"', "active gt true", 'userName ~ "x"', "("):
        scim.get("/Users?filter=" + quote(text)).error(400, "invalidFilter")
        scim.get("/Groups?filter=" + quote(text)).error(400, "invalidFilter")


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
@pytest.mark.parametrize("inside", ["type eq", 'nosuch eq "x"', "primary gt true", 'type ~ "x"',
                                    'type eq "work" and', "", "value eq 'x'"])
def test_7644_3_12__13_invalidfilter_patch(scim, user, op, inside):
    """invalidFilter on PATCH: the same in the filter of a path."""
    for path in ("emails[%s]", "emails[%s].value"):
        scim.request("PATCH", scim.path(user), patch_body(op, path % inside, "x")
                     ).error(400, "invalidFilter")
    assert scim.read(user) == user


def test_7644_3_12__14_toomany(flavour):
    """tooMany on GET: the filter makes the server look at more than it is willing to."""
    scim = flavour("short_scan")
    for i in range(8):
        scim.user("u%d" % i, nickName="N")
    scim.get("/Users?filter=" + quote('nickName ew "n"')).error(400, "tooMany")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("endpoint", ["/Users", "/Groups"])
def test_7644_3_12__15_uniqueness(scim, method, endpoint):
    """uniqueness on POST, PUT and PATCH: a value is in use."""
    name, urn = {"/Users": ("userName", URN_USER), "/Groups": ("displayName", URN_GROUP)}[endpoint]
    first, second = [scim.post(endpoint, {"schemas": [urn], name: n}).must_be(201).json
                     for n in ("first", "second")]
    path = endpoint if method == "POST" else scim.path(second)
    body = {"schemas": [urn], name: "FIRST"}
    if method == "PATCH":
        body = patch_body("replace", name, "FIRST")
    scim.request(method, path, body).error(409, "uniqueness")
    assert scim.read(first) == first and scim.read(second) == second


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
def test_7644_3_12__16_mutability(scim, user, op):
    """mutability on PATCH: a readOnly attribute, an immutable value, a required one removed."""
    for path in ("id", "groups", "meta.version"):
        scim.request("PATCH", scim.path(user), patch_body(op, path, "x")).error(400, "mutability")
    group = scim.add_group("G", [user["id"]])
    path = 'members[value eq "%s"].value' % user["id"]
    scim.request("PATCH", scim.path(group), patch_body(op, path, "x")).error(400, "mutability")
    if op == "remove":
        scim.request("PATCH", scim.path(user), patch_body(op, "userName")).error(400, "mutability")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("raw", [b"{", b"not json", b"[]", b'"x"', b"", b'{"schemas":[]}',
                                 b'{"a":1,"a":2}', b"{}", b'{"schemas":["urn:x"]}'])
def test_7644_3_12__17_invalidsyntax(scim, user, method, raw):
    """invalidSyntax on POST, PUT and PATCH: the body's structure is not the message's."""
    scim.request(method, path_of(method, user["id"]), raw=raw).error(400, "invalidSyntax")
    assert scim.read(user) == user


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
@pytest.mark.parametrize("path", ["nosuch", "emails.nosuch", "title.x", "a b", "urn:x:title",
                                  "emails[type eq \"work\"].nosuch", ".", "1"])
def test_7644_3_12__18_invalidpath(scim, user, op, path):
    """invalidPath on PATCH: the path is malformed or leads to no attribute."""
    scim.request("PATCH", scim.path(user), patch_body(op, path, "x")).error(400, "invalidPath")
    assert scim.read(user) == user


def test_7644_3_12__19_notarget(scim, user):
    """noTarget on PATCH: a filter that yields no match, and remove without a path."""
    for body in (patch_body("replace", 'emails[type eq "none"].value', "x"),
                 patch_body("replace", 'emails[type eq "none"]', {"value": "x"}),
                 {"schemas": [URN_PATCH], "Operations": [{"op": "remove"}]}):
        scim.request("PATCH", scim.path(user), body).error(400, "noTarget")
    assert scim.read(user) == user


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
def test_7644_3_12__20_invalidvalue(scim, user, method):
    """invalidValue: a required value is missing, or one does not fit the attribute."""
    if method == "GET":
        for query in ("count=x", "startIndex=1.5", "count="):
            scim.get("/Users?" + query).error(400, "invalidValue")
        return
    path = path_of(method, user["id"])
    for name, value in (("active", "maybe"), ("title", 5), ("emails", 5), ("name", "x"),
                        ("userName", None)):
        body = user_body(**{name: value})
        if method == "PATCH":
            body = patch_body("replace", name, value)
        scim.request(method, path, body).error(400, "invalidValue")
    assert scim.read(user) == user


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("version", ["v1", "v1.1", "v3", "v20"])
def test_7644_3_12__21_invalidvers(scim, user, method, version):
    """invalidVers on every method: another version of the protocol is asked for in the path."""
    path = "/%s%s" % (version, path_of(method, user["id"]))
    scim.request(method, path, body_of(method)).error(400, "invalidVers")
    assert scim.read(user) == user


@pytest.mark.parametrize("text", ['password eq "1mz050nq"', "password pr", 'PASSWORD sw "a"',
                                  'userName eq "u" and password eq "x"',
                                  URN_USER + ':password eq "x"'])
def test_7644_3_12__22_sensitive(scim, user, text):
    """sensitive on GET: a password in a URL is 403."""
    scim.get("/Users?filter=" + quote(text)).error(403, "sensitive")
