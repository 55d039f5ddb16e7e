# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Every error under a SCIM path is SCIM JSON, httpd's own included, whatever the operator has set.

conf.py gives the whole server an ErrorDocument for each status; check_answer() would fail on it.
"""

import json

import pytest

from scim_http import MEDIA, RawConnection

ALLOW = [
    ("/Users", "GET HEAD POST"), ("/Groups", "GET HEAD POST"),
    ("/Users/{user}", "GET HEAD PUT PATCH DELETE"),
    ("/Groups/{group}", "GET HEAD PUT PATCH DELETE"), ("/ServiceProviderConfig", "GET HEAD"),
    ("/Schemas", "GET HEAD"), ("/ResourceTypes", "GET HEAD"), ("/ResourceTypes/User", "GET HEAD"),
]
METHODS = "GET HEAD POST PUT PATCH DELETE TRACE MKCOL FOO".split()


@pytest.mark.parametrize("path,allowed", ALLOW, ids=[a[0] for a in ALLOW])
def test_070_01_methods(scim, path, allowed):
    path = path.format(user=scim.add_user("m")["id"], group=scim.add_group("g")["id"])
    for method in METHODS:
        if method in allowed.split():
            continue
        answer = scim.request(method, path, raw=b"{}" if method[0] == "P" else None)
        answer.error(405)
        assert set(answer.headers["Allow"].replace(",", " ").split()) == set(allowed.split())
    answer = scim.request("OPTIONS", path)
    assert answer.status == 204
    assert set(answer.headers["Allow"].replace(",", " ").split()) >= set(allowed.split())


def test_070_18_a_method_is_case_sensitive(tenant):
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("get", "/Users")
        raw.answer().error(405)


@pytest.mark.parametrize("path", [
    "/NoSuch", "/schema", "/NoSuch/.search", "/Users/x/.search", "/Users/a/b", "/Users/a/b/c",
    "/UsersX",
    "/ServiceProviderConfig/x", "/Schemas/nosuch", "/ResourceTypes/NoSuch", "/Users/none",
    "/Groups/none",
    "/Users%2Fnone", "/v2/Users", "/v/Users", "/v1x/Users", "/v1.x/Users", "/index.html", "/Users/" + "x" * 200, "/Bulk/x"])
def test_070_02_paths_that_are_not(scim, path):
    answer = scim.get(path)
    answer.error(404)


def test_070_19_another_version_of_the_protocol(scim):
    """RFC 7644 section 3.13: the version asked for, or a refusal."""
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "FOO"):
        for path in ("/v1", "/v1/", "/v1/Users", "/v3/Users/x", "/v1.1/Users/x/y", "/v22/Bulk"):
            answer = scim.request(method, path, raw=b"{}" if method[0] == "P" else None)
            assert "version" in answer.error(400, "invalidVers")["detail"]


@pytest.mark.parametrize("method,path", [
    ("GET", "/Me"), ("PATCH", "/Me")])
def test_070_03_endpoints_that_are_not_built(scim, method, path):
    scim.request(method, path, raw=b"{}" if method == "POST" else None).error(501)


@pytest.mark.parametrize("media", [
    "text/plain", "application/xml", "application/x-www-form-urlencoded", "json",
    "application/jsonx", "multipart/form-data; boundary=x"])
def test_070_04_media_types(scim, media):
    body = b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"m"}'
    scim.post("/Users", raw=body, headers={"Content-Type": media}).error(415)
    user = scim.add_user("m")
    scim.put("/Users/" + user["id"], raw=body, headers={"Content-Type": media}).error(415)
    assert scim.list("Users")["totalResults"] == 1


def test_070_05_a_write_without_length(tenant):
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("POST", "/Users", "Content-Type: " + MEDIA)
        answer = raw.answer()
        assert answer.status in (400, 411), answer.detail()
        answer.error(answer.status)


def test_070_06_an_empty_body(scim):
    user = scim.add_user("e")
    scim.post("/Users", raw=b"").error(400, "invalidSyntax")
    scim.put("/Users/" + user["id"], raw=b"").error(400, "invalidSyntax")
    scim.request("PATCH", "/Users/" + user["id"], raw=b"").error(400, "invalidSyntax")


def big_body(size):
    return json.dumps({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                       "userName": "big", "title": "x" * size}).encode()


@pytest.mark.parametrize("flavour", ["small_body", "limit_body"])
def test_070_07_a_body_too_large(take, flavour):
    """By our directive and by httpd's; announced, and in chunks whose end nobody knows."""
    tenant = take(flavour)
    scim = tenant.scim()
    answer = scim.post("/Users", raw=big_body(30000))
    answer.error(413)
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("POST", "/Users", "Content-Type: " + MEDIA, "Transfer-Encoding: chunked")
        piece = big_body(30000)
        raw.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(piece), piece))
        raw.answer().error(413)
    assert scim.list("Users")["totalResults"] == 0
    assert scim.post("/Users", raw=big_body(5000)).status == 201


def test_070_08_a_document_too_large(take):
    scim = take("small_document").scim()
    scim.post("/Users", raw=big_body(5000)).error(413)
    user = scim.add_user("fits")
    scim.patch("/Users/" + user["id"], {"op": "add", "path": "title", "value": "y" * 5000}
               ).error(413)
    assert scim.get("/Users/" + user["id"]).user() == user


def test_070_09_chunked_bodies_are_fine(tenant):
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("POST", "/Users", "Content-Type: " + MEDIA, "Transfer-Encoding: chunked")
        for byte in (big_body(10)[i:i + 7] for i in range(0, len(big_body(10)), 7)):
            raw.send(b"%x\r\n%s\r\n" % (len(byte), byte))
        raw.send(b"0\r\n\r\n")
        assert raw.answer("POST").user(201)["userName"] == "big"


def test_070_10_a_url_too_long(env, tenant):
    with RawConnection(env.base("vhost"), tenant.token) as raw:
        raw.head("GET", "/Users?filter=" + "x" * 9000)
        raw.answer().error(414)


RAW = [  # name, bytes of the whole request; {host} is filled in
    ("header without a colon", b"GET /scim/v2/Users HTTP/1.1\r\nHost: {host}\r\nnonsense\r\n\r\n"),
    ("header with a space before the colon",
     b"GET /scim/v2/Users HTTP/1.1\r\nHost: {host}\r\nX : y\r\n\r\n"),
    ("no host", b"GET /scim/v2/Users HTTP/1.1\r\nAccept: */*\r\n\r\n"),
    ("bad host", b"GET /scim/v2/Users HTTP/1.1\r\nHost: a b\r\n\r\n"),
    ("two hosts", b"GET /scim/v2/Users HTTP/1.1\r\nHost: {host}\r\nHost: other\r\n\r\n"),
    ("bad version", b"GET /scim/v2/Users HTTQ/1.1\r\nHost: {host}\r\n\r\n"),
    ("junk after the version", b"GET /scim/v2/Users HTTP/1.1 x\r\nHost: {host}\r\n\r\n"),
    ("two spaces", b"GET  /scim/v2/Users HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ("control character in the path", b"GET /scim/v2/Us\x01ers HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ("NUL in a header", b"GET /scim/v2/Users HTTP/1.1\r\nHost: {host}\r\nX: a\x00b\r\n\r\n"),
    ("NUL encoded in the path", b"GET /scim/v2/Users%00 HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ("broken escape in the path", b"GET /scim/v2/Users/%zz HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ("bare LF", b"GET /scim/v2/Users HTTP/1.1\nHost: {host}\n\n"),
    ("header too long", b"GET /scim/v2/Users HTTP/1.1\r\nHost: {host}\r\nX: " + b"y" * 9000 +
     b"\r\n\r\n"),
    ("too many headers", b"GET /scim/v2/Users HTTP/1.1\r\nHost: {host}\r\n" + b"X: y\r\n" * 200 +
     b"\r\n"),
    ("expectation of the unknown",
     b"GET /scim/v2/Users HTTP/1.1\r\nHost: {host}\r\nExpect: miracles\r\n\r\n"),
    ("bad length", b"POST /scim/v2/Users HTTP/1.1\r\nHost: {host}\r\nContent-Length: x\r\n\r\n"),
    ("unknown transfer coding", b"POST /scim/v2/Users HTTP/1.1\r\nHost: {host}\r\n"
     b"Transfer-Encoding: zip\r\n\r\n"),
]


@pytest.mark.parametrize("request_bytes", [r[1] for r in RAW], ids=[r[0] for r in RAW])
def test_070_11_what_is_no_http(env, log, request_bytes):
    """httpd refuses these long before a handler; here every path of the vhost is SCIM's."""
    if b"/%zz " in request_bytes:
        log.expect("AH10244")
    base = env.base("vhost")
    with RawConnection(base) as raw:
        raw.send(request_bytes.replace(b"{host}", raw.host.encode()))
        answer = raw.answer()
        assert 400 <= answer.status < 600
        answer.error(answer.status)
        assert answer.status in (400, 401, 404, 411, 417, 431, 501, 505), answer.status


def test_070_12_a_body_that_never_comes(env):
    """mod_reqtimeout ends the wait; the answer is still SCIM's."""
    tenant = env.vhost("slow", "vhost-slow")
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("POST", "/Users", "Content-Type: " + MEDIA, "Content-Length: 1000")
        raw.send(b'{"userName":')
        raw.answer().error(408)
    assert tenant.scim().list("Users")["totalResults"] == 0
    tenant.close()


def test_070_13_a_client_that_hangs_up(tenant, scim):
    for part in (0, 10):
        with RawConnection(tenant.base, tenant.token) as raw:
            raw.head("POST", "/Users", "Content-Type: " + MEDIA, "Content-Length: 1000")
            raw.send(b'{"userName":'[:part])
    assert scim.list("Users")["totalResults"] == 0


def test_070_14_broken_chunks(tenant, scim):
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("POST", "/Users", "Content-Type: " + MEDIA, "Transfer-Encoding: chunked")
        raw.send(b"zz\r\n{}\r\n0\r\n\r\n")
        raw.answer().error(400)
    assert scim.list("Users")["totalResults"] == 0


def test_070_15_expect_100_continue(tenant):
    with RawConnection(tenant.base, tenant.token) as raw:
        body = big_body(10)
        raw.head("POST", "/Users", "Content-Type: " + MEDIA, "Content-Length: %d" % len(body),
                 "Expect: 100-continue")
        raw.send(body)
        assert raw.answer("POST").user(201)


def test_070_16_the_connection_goes_on_after_an_error(tenant):
    """An unread body must not be taken for the next request."""
    with RawConnection(tenant.base, tenant.token) as raw:
        for path, status in (("/NoSuch", 404), ("/Users", 415), ("/Users/none", 415)):
            body = big_body(100)
            method = "PUT" if "none" in path else "POST"
            raw.head(method, path, "Content-Type: text/plain", "Content-Length: %d" % len(body))
            raw.send(body)
            answer = raw.answer(method)
            answer.error(answer.status)
            assert answer.status in (status, 404)
        raw.head("GET", "/Users")
        assert raw.answer().list()["totalResults"] == 0


def test_070_17_outside_the_tenants_the_operators_documents_stand(env):
    with RawConnection(env.base(path="")) as raw:
        raw.head("GET", "/not-scim")
        answer = raw.answer(check=False)
        assert answer.status == 404 and b"operator 404" in answer.raw
