# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Bulk requests, and what is true of every BulkResponse (RFC 7644 section 3.7.3)."""

from okta_wire import URN_ENTERPRISE, URN_ERROR, URN_GROUP, URN_PATCH, URN_USER
from scim_http import check_sentence

URN_BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
URN_BULK_REPLY = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
MEMBERS = {"method", "bulkId", "location", "version", "status", "response"}


def message(*operations, **more):
    return dict({"schemas": [URN_BULK], "Operations": list(operations)}, **more)


def operation(method, path, data=None, bulk_id=None, version=None):
    given = {"method": method, "path": path, "bulkId": bulk_id, "data": data, "version": version}
    return {name: value for name, value in given.items() if value is not None}


def user(name, manager=None, **more):
    """POST of a user; its bulkId is its name."""
    data = dict({"schemas": [URN_USER], "userName": name + "@example.com", "externalId": name,
                 "emails": [{"value": name + "@example.com"}]}, **more)
    if manager:
        data[URN_ENTERPRISE] = {"manager": {"value": manager}, "department": "D"}
    return operation("POST", "/Users", data, name)


def group(name, *members):
    """POST of a group; its bulkId is its name."""
    data = {"schemas": [URN_GROUP], "displayName": name, "members": [{"value": m} for m in members]}
    return operation("POST", "/Groups", data, name)


def patch(path, *operations, version=None):
    return operation("PATCH", path, {"schemas": [URN_PATCH], "Operations": list(operations)},
                     version=version)


def add_member(*ids):
    return {"op": "add", "path": "members", "value": [{"value": i} for i in ids]}


def check_result(base, result):
    assert set(result) <= MEMBERS, result
    assert isinstance(result["status"], str) and result["status"].isdigit(), result
    failed = int(result["status"]) >= 400
    assert failed == ("response" in result), result
    if failed:
        error = result["response"]
        assert error["schemas"] == [URN_ERROR] and error["status"] == result["status"], result
        check_sentence(error["detail"])
        assert "version" not in result, result
    if result["method"] == "POST" and failed:
        assert "location" not in result, result
    else:
        assert result["location"].startswith(base + "/"), result
    if not failed and result["method"] != "DELETE":
        assert result["version"].startswith('W/"'), result


def results(scim, *operations, **more):
    """Send operations; the results, each checked. They come in the request's order."""
    answer = scim.post("/Bulk", message(*operations, **more))
    answer.must_be(200)
    body = answer.json
    assert set(body) == {"schemas", "Operations"} and body["schemas"] == [URN_BULK_REPLY]
    for result in body["Operations"]:
        check_result(scim.base, result)
    return body["Operations"]


def statuses(got):
    return [int(result["status"]) for result in got]


def read(scim, result):
    """The resource that a result is about."""
    got = scim.get(result["location"][len(scim.base):])
    assert got.status == 200, got.status
    assert got.json["meta"]["version"] == result["version"] == got.headers["ETag"]
    assert got.json["meta"]["location"] == result["location"]
    return got.json


def user_names(scim):
    return sorted(u["userName"].split("@")[0] for u in scim.all("Users"))
