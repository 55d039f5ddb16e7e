# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""RFC 7644 section 3.7: Bulk. test_7644_<section>__<number>_<words>, see docs/conformance.md."""

import json

import pytest

from okta_wire import URN_ENTERPRISE, URN_GROUP, URN_PATCH, URN_USER, member_ids
from validator_rfc import URN_BULK_REQUEST, URN_BULK_RESPONSE


def message(*operations, **more):
    return dict({"schemas": [URN_BULK_REQUEST], "Operations": list(operations)}, **more)


def post_user(bulk_id, name=None, **more):
    data = dict({"schemas": [URN_USER], "userName": name or bulk_id}, **more)
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data}


def post_group(bulk_id, *members):
    return {"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": {
        "schemas": [URN_GROUP], "displayName": bulk_id, "members": [{"value": m} for m in members]}}


def patch_title(path, title="T"):
    return {"method": "PATCH", "path": path, "data": {
        "schemas": [URN_PATCH], "Operations": [{"op": "add", "path": "title", "value": title}]}}


@pytest.fixture
def bulk(scim):
    """Send operations; the response's operations, each in its request's place."""
    def run(*operations, **more):
        answer = scim.post("/Bulk", message(*operations, **more)).must_be(200)
        assert answer.json["schemas"] == [URN_BULK_RESPONSE]
        return answer.json["Operations"]
    return run


def statuses(operations):
    return [o["status"] for o in operations]


def target(scim, operation):
    """The resource that an operation's location names."""
    return scim.get(operation["location"][len(scim.base):]).must_be(200).json


@pytest.mark.parametrize("schemas", [..., [], ["urn:x"], [URN_PATCH], 5])
def test_7644_3_7__1_a_request_says_what_it_is(scim, schemas):
    """A bulk request has the BulkRequest schema."""
    body = message(post_user("a"), schemas=schemas)
    if schemas is ...:
        del body["schemas"]
    scim.post("/Bulk", body).error(400, "invalidSyntax")
    assert scim.list("Users")["totalResults"] == 0


def test_7644_3_7__2_a_response_says_what_it_is(bulk):
    """A bulk job is answered with 200 and the BulkResponse schema."""
    assert statuses(bulk(post_user("a"))) == ["201"]


@pytest.mark.parametrize("operations", [..., [], None, {}, "x", ["x"]])
def test_7644_3_7__3_operations_are_required(scim, operations):
    """Operations is an array of objects, and required."""
    body = message()
    body["Operations"] = operations
    if operations is ...:
        del body["Operations"]
    scim.post("/Bulk", body).error(400)


def test_7644_3_7__4_every_method(scim, bulk):
    """POST, PUT, PATCH and DELETE work, each as the single request would."""
    one, two, three = (scim.user(n) for n in ("one", "two", "three"))
    got = bulk(post_user("a"), {"method": "PUT", "path": scim.path(one), "data": {
        "schemas": [URN_USER], "userName": "one", "title": "T"}}, patch_title(scim.path(two)),
        {"method": "DELETE", "path": scim.path(three)})
    assert statuses(got) == ["201", "200", "200", "204"]
    assert target(scim, got[0])["userName"] == "a"
    assert scim.read(one)["title"] == scim.read(two)["title"] == "T"
    scim.get(scim.path(three)).error(404)


def refused(scim, operation):
    """An operation is refused, alone or with the whole request; nothing happens."""
    answer = scim.post("/Bulk", message(operation))
    if answer.status == 200:
        assert statuses(answer.json["Operations"])[0].startswith("4")
    else:
        answer.error(400)
    assert scim.list("Users")["totalResults"] == 0


@pytest.mark.parametrize("name,value", [
    ("method", ...), ("method", "GET"), ("method", 5), ("path", ...), ("path", 5), ("path", "/x"),
    ("data", ...), ("data", "x"), ("bulkId", ...), ("bulkId", 5)])
def test_7644_3_7__5_required_members(scim, name, value):
    """method, path, data and with POST bulkId are required, and of their types."""
    operation = post_user("a")
    operation[name] = value
    if value is ...:
        del operation[name]
    refused(scim, operation)


def test_7644_3_7__6_a_failure_is_explained(scim, bulk):
    """An operation that fails has its status and the error in `response`."""
    scim.user("taken")
    got = bulk(post_user("a", "taken"), patch_title("/Users/none"))
    assert statuses(got) == ["409", "404"]
    assert got[0]["response"]["scimType"] == "uniqueness"
    assert all(o["response"]["status"] == o["status"] and o["response"]["detail"] for o in got)


def test_7644_3_7__7_failures_do_not_stop_the_others(scim, bulk):
    """As many changes as possible are made, whatever fails."""
    scim.user("taken")
    got = bulk(post_user("a"), post_user("b", "taken"), patch_title("/Users/none"), post_user("c"))
    assert statuses(got) == ["201", "409", "404", "201"]
    assert scim.list("Users")["totalResults"] == 3


@pytest.mark.parametrize("most,done", [(1, 2), (2, 4), (3, 6)])
def test_7644_3_7__8_failonerrors(scim, bulk, most, done):
    """failOnErrors ends the job after so many errors; what was done before stays."""
    scim.user("taken")
    operations = [post_user("n%d" % i, "taken" if i % 2 else None) for i in range(6)]
    got = bulk(*operations, failOnErrors=most)
    assert len(got) == done and statuses(got) == ["201", "409"] * (done // 2)
    assert scim.list("Users")["totalResults"] == 1 + done // 2


def test_7644_3_7__9_bulkid_comes_back(bulk):
    """The bulkId is returned with what was created."""
    got = bulk(post_user("x"), post_user("y"))
    assert [o["bulkId"] for o in got] == ["x", "y"]


def test_7644_3_7__10_the_clients_intent_is_kept(scim, bulk):
    """Whatever the order of execution, the result is that of the client's order."""
    user = scim.user("u")
    got = bulk(patch_title(scim.path(user), "1"), patch_title(scim.path(user), "2"),
               {"method": "DELETE", "path": scim.path(scim.user("gone"))},
               post_user("again", "gone"))
    assert statuses(got) == ["200", "200", "204", "201"]
    assert scim.read(user)["title"] == "2"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_7644_3_7__11_versions(scim, bulk, method):
    """version is a condition of PUT, PATCH and DELETE; a version is returned."""
    user = scim.user("u")
    operation = {"method": method, "path": scim.path(user), "version": 'W/"none"',
                 "data": {"PUT": {"schemas": [URN_USER], "userName": "u", "title": "T"},
                          "PATCH": patch_title("")["data"]}.get(method)}
    if method == "DELETE":
        del operation["data"]
    assert statuses(bulk(operation)) == ["412"]
    assert scim.read(user) == user
    got = bulk(dict(operation, version=user["meta"]["version"]))
    assert statuses(got) == ["204" if method == "DELETE" else "200"]
    if method != "DELETE":
        assert got[0]["version"] == scim.read(user)["meta"]["version"]


def test_7644_3_7_1__1_references_in_a_circle(scim, bulk):
    """Resources that refer to each other in a circle are created, or refused with 409."""
    got = bulk(post_group("A", "bulkId:B"), post_group("B", "bulkId:A"))
    if "409" in statuses(got):
        assert scim.list("Groups")["totalResults"] < 2
        return
    assert statuses(got) == ["201", "201"]
    a, b = (target(scim, o) for o in got)
    assert member_ids(a) == {b["id"]} and member_ids(b) == {a["id"]}


@pytest.mark.parametrize("backwards", [False, True])
def test_7644_3_7_2__1_bulkid_becomes_the_id(scim, bulk, backwards):
    """"bulkId:x" is replaced by the id of what was created, whichever comes first."""
    operations = [post_user("x"), post_group("G", "bulkId:x")]
    got = bulk(*(operations[::-1] if backwards else operations))
    user, group = (target(scim, o) for o in (got[::-1] if backwards else got))
    assert member_ids(group) == {user["id"]}


def test_7644_3_7_2__2_bulkid_in_extensions(scim, bulk):
    """References in extensions are replaced in the same way."""
    got = bulk(post_user("boss"), post_user("u", schemas=[URN_USER, URN_ENTERPRISE], **{
        URN_ENTERPRISE: {"employeeNumber": "11250", "manager": {"value": "bulkId:boss"}}}))
    boss, user = (target(scim, o) for o in got)
    assert user[URN_ENTERPRISE]["manager"]["value"] == boss["id"]


def test_7644_3_7_3__1_every_operation_has_a_result(scim, bulk):
    """The response has the result of each operation that was processed."""
    user = scim.user("u")
    got = bulk(post_user("a"), patch_title(scim.path(user)), patch_title("/Users/none"))
    assert [o["method"] for o in got] == ["POST", "PATCH", "PATCH"]


def test_7644_3_7_3__2_locations(scim, bulk):
    """Each operation but a failed POST has its location."""
    user, taken = scim.user("u"), scim.user("taken")
    got = bulk(post_user("a"), post_user("b", "taken"), patch_title(scim.path(user)),
               patch_title("/Users/none"), {"method": "DELETE", "path": scim.path(taken)})
    assert got[0]["location"] == target(scim, got[0])["meta"]["location"]
    assert "location" not in got[1]
    assert got[2]["location"] == user["meta"]["location"]
    assert got[3]["location"] == scim.base + "/Users/none"
    assert got[4]["location"] == taken["meta"]["location"]


def test_7644_3_7_3__3_the_status_of_the_single_request(scim, bulk):
    """Each operation has the status, as a string, that its single request would have had."""
    scim.user("taken")
    cases = [("POST", "/Users", {"schemas": [URN_USER]}), ("PUT", "/Users/none", {
        "schemas": [URN_USER], "userName": "x"}), ("DELETE", "/Groups/none", None),
        ("POST", "/Users", {"schemas": [URN_USER], "userName": "taken"})]
    for method, path, data in cases:
        single = scim.request(method, path, data)
        operation = {"method": method, "path": path, "bulkId": "q", "data": data}
        got = bulk({k: v for k, v in operation.items() if v is not None})[0]
        assert got["status"] == str(single.status)
        assert got["response"].get("scimType") == single.json.get("scimType")


def test_7644_3_7_4__1_the_limits_are_announced(scim):
    """The maximum of operations and of bytes is in ServiceProviderConfig."""
    got = scim.get("/ServiceProviderConfig").json["bulk"]
    assert got["supported"] is True and got["maxOperations"] > 0 and got["maxPayloadSize"] > 0


def test_7644_3_7_4__2_too_many_operations(flavour):
    """More operations than allowed are 413, and the text names the limit."""
    scim = flavour("small_bulk")
    most = scim.get("/ServiceProviderConfig").json["bulk"]["maxOperations"]
    operations = [post_user("u%d" % i) for i in range(most + 1)]
    assert str(most) in scim.post("/Bulk", message(*operations)).error(413)["detail"]
    assert scim.list("Users")["totalResults"] == 0
    scim.post("/Bulk", message(*operations[:most])).must_be(200)
    assert scim.list("Users")["totalResults"] == most


def test_7644_3_7_4__3_too_many_bytes(flavour):
    """A larger body than allowed is 413, and the text names the limit."""
    scim = flavour("small_bulk")
    most = scim.get("/ServiceProviderConfig").json["bulk"]["maxPayloadSize"]
    raw = json.dumps(message(post_user("a"))).encode()
    answer = scim.post("/Bulk", raw=raw + b" " * (most + 1 - len(raw)))
    assert str(most) in answer.error(413)["detail"]
    assert scim.list("Users")["totalResults"] == 0
    scim.post("/Bulk", raw=raw + b" " * (most - len(raw))).must_be(200)


@pytest.mark.parametrize("raw", [b"{", b"", b"[]", b"{}", b"x"])
def test_7644_3_12__23_invalidsyntax_bulk(scim, raw):
    """invalidSyntax on Bulk: the body's structure is not the message's."""
    scim.post("/Bulk", raw=raw).error(400, "invalidSyntax")


def test_7644_3_12__24_scimtypes_inside_bulk(scim, bulk):
    """The scimTypes of single requests appear in a bulk operation's response."""
    scim.user("taken")
    user = scim.user("u")

    def patch(op, path, value="x"):
        return {"method": "PATCH", "path": scim.path(user), "data": {
            "schemas": [URN_PATCH], "Operations": [{"op": op, "path": path, "value": value}]}}
    got = bulk(post_user("a", "taken"), post_user("b", active="maybe"), patch("add", "id"),
               patch("add", "nosuch"), patch("add", 'emails[x eq "y"]'),
               patch("replace", 'emails[type eq "x"].value'),
               {"method": "PUT", "path": scim.path(user), "data": {"userName": "u"}})
    assert [o["response"]["scimType"] for o in got] == [
        "uniqueness", "invalidValue", "mutability", "invalidPath", "invalidFilter", "noTarget",
        "invalidSyntax"]
    assert scim.read(user) == user
